"""Every page as a reader meets it: in a browser, from disk, without a network.

What is looked at, and how, stands in `tests/browser.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from vanort_analysis.pages.site import FILES

from .browser import (
    LOOKED_AT,
    MEASURES,
    Visit,
    cut_off,
    heard,
    is_tagged,
    look,
    shut_out,
    sideways,
    unsaid,
    visit,
)

PAPER = 642  # CSS pixels: A4 within its margins
PAPERS = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 25, 31)"}

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module", params=LOOKED_AT, ids=lambda of: "-".join(map(str, of)))
def seen(request: pytest.FixtureRequest, browser: Browser, written: Any) -> Iterator[Visit]:
    """Each page in turn, opened once for all that is looked at."""
    with visit(browser, written(*request.param)) as opened:
        opened.views = LOOKED_AT[request.param]
        yield opened


def test_the_statement_covers_what_was_promised():
    assert {1280, 390, 320} <= set(MEASURES["widths"])
    assert {"light", "dark"} <= set(MEASURES["schemes"])
    promised = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"}
    assert promised <= set(MEASURES["axe"]["rules"])
    assert MEASURES["findings"] == 0


@pytest.mark.slow
def test_a_page_stands_alone_and_shuts_nobody_out(seen):
    assert seen.page.locator("html").get_attribute("lang") == seen.file.parent.name
    assert seen.page.locator("h1").count() == 1
    found = shut_out(seen, seen.views)
    assert sum(map(len, found.values())) == MEASURES["findings"], found
    kind = "map" if seen.file.name == FILES["chain_map"] else "other"
    assert seen.file.stat().st_size <= MEASURES["size"][kind]


@pytest.mark.slow
def test_a_phone_shows_the_answer_first_and_a_table_is_still_a_table_to_who_listens(seen):
    page, is_first = seen.page, len(seen.views) > 1  # the others have the same mark-up
    look(page)
    wide = heard(page) if is_first else None
    look(page, 390)
    assert cut_off(page) == []
    assert wide is None or heard(page) == wide
    if seen.file.name == FILES["decision_memo"]:
        look(page, 390, is_open=False)
        page.evaluate("scrollTo(0, 0)")
        box = page.locator(".answer p").first.bounding_box()
        assert box["y"] + box["height"] < 780


@pytest.mark.slow
def test_each_picture_says_what_it_shows(seen):
    pictures = seen.page.locator(".drawings").count()
    assert pictures == seen.page.locator("figure").count()
    assert pictures or seen.file.name not in [FILES[n] for n in ("decision_memo", "trends")]
    assert unsaid(seen.page) == []


@pytest.mark.slow
def test_large_text_and_forced_colours_lose_nothing(seen):
    page = seen.page
    look(page)
    said = page.locator("main").inner_text()
    for scheme, paper in PAPERS.items():
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        assert page.locator("main").inner_text() == said
        for picture in page.locator(".drawings").all():  # its ink needs its own paper
            assert picture.evaluate("e => getComputedStyle(e).backgroundColor") == paper
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (1280, 390):
        look(page, width)
        assert sideways(page) == []
    page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.slow
def test_paper_shows_all_that_is_folded_and_nothing_to_click(seen):
    page = seen.page
    look(page, PAPER, is_open=False)
    page.emulate_media(media="print")
    folded = page.locator("main details > :not(summary)")
    assert folded.count() == folded.filter(visible=True).count()
    assert sideways(page) == []
    assert cut_off(page) == []
    to_click = page.locator("nav, .skip, .hint, .leaflet-container, input, button")
    assert not to_click.filter(visible=True).count()
    for fold in page.locator("main .fold").all():  # a question stays over its answer
        is_table = fold.locator("table").count() > 0
        assert fold.locator("summary").is_visible() != is_table
    if seen.file.name == FILES["decision_memo"]:  # the one that people print
        assert is_tagged(page.pdf(tagged=True, outline=True))
