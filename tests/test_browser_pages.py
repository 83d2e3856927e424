"""Every page as a reader meets it: in a browser, from disk, without a network.

Widths, schemes and rules are those that the accessibility statement names, read from the same
file: the statement cannot say more than is tested here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from vanort_analysis.pages.wording import FILES
from vanort_analysis.publish.site import measured

PAGES = tuple(file.removesuffix(".html") for file in FILES.values())
LANGUAGES = ("sv", "en")
MEASURES = measured()
VIEWS = list(product(MEASURES["widths"], MEASURES["schemes"]))
PAPER = 642  # CSS pixels: A4 within its margins
PLACEHOLDER = "No description has been provided for this image"  # nbconvert's own
WHITE = "rgb(255, 255, 255)"
ROLES = {"table", "caption", "row", "columnheader", "rowheader", "cell"}

pytestmark = [pytest.mark.browser]
every_page = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_width = pytest.mark.parametrize("width", MEASURES["widths"])


@dataclass
class Visit:
    """An open page, what it asked the network for, and what stands in its console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


@contextmanager
def visit(
    browser: Browser, file: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Visit]:
    """Open a file as a double click would, on a machine without a network."""
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    ) as context:
        page = context.new_page()
        seen = Visit(page)
        page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
        context.on("request", lambda request: seen.requests.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(200)  # what a script starts a little later is seen too
        yield seen


def elsewhere(seen: Visit, file: Path) -> list[str]:
    """The requests but for the file itself and what it carries within."""
    return [url for url in seen.requests if url != file.as_uri() and not url.startswith("data:")]


def barriers(page: Page) -> list[str]:
    """What axe finds, with the element: nobody may be shut out."""
    rules = MEASURES["axe"]["rules"]
    options = {"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response
    assert found["testEngine"] == {"name": "axe-core", "version": MEASURES["axe"]["version"]}
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """The elements that make the page itself scroll sideways; a table may scroll in its own box."""
    return page.evaluate("""() => {
        const page = document.scrollingElement, wide = page.clientWidth
        if (page.scrollWidth <= wide) return []
        const out = [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > wide + 1)
            .map(e => e.outerHTML.slice(0, 120))
        return out.length ? out.slice(0, 5) : [`${page.scrollWidth} px in ${wide} px`]
    }""")


def unsaid(page: Page) -> list[str]:
    """The pictures that say nothing, or just what another one says, to who cannot see them."""
    pictures = page.locator("img, svg[role=img]").evaluate_all("""found => found.map(e => [
        (e.getAttribute('alt') ?? e.getAttribute('aria-label') ?? '').trim(),
        e.checkVisibility(), e.outerHTML.slice(0, 120)])""")
    heard: list[str] = []
    faults = []
    for alt, is_shown, html in pictures:
        again = is_shown and alt in heard
        if len(alt) < 20 or PLACEHOLDER in alt or again:
            faults.append(html)
        heard += [alt] if is_shown else []
    return faults


def drawn(page: Page) -> int:
    """How many lines, outlines or canvases the interactive map has drawn."""
    page.locator(".leaflet-container").first.scroll_into_view_if_needed(timeout=5000)
    strokes = page.locator(".leaflet-container :is(path, canvas)")
    return strokes.evaluate_all("""found => found.filter(e => {
        const box = e.getBoundingClientRect()
        return e.checkVisibility() && box.width + box.height > 4
    }).length""")


def is_tagged(pdf: bytes) -> bool:
    return all(mark in pdf for mark in (b"%PDF-", b"/StructTreeRoot", b"/Marked true", b"/Lang"))


def out_of_reach(page: Page) -> list[str]:
    """What can be clicked but not reached by keyboard; what scrolls for a mouse alone."""
    return page.evaluate("""() => [...document.querySelectorAll('body *')].filter(e => {
        if (!e.checkVisibility()) return false
        const clicked = e.matches('a, button, summary, select, input, [role=button], [onclick]')
        const slides = ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
        const scrolls = slides && e.scrollWidth > e.clientWidth
        return (clicked || scrolls) && e.tabIndex < 0
    }).map(e => e.outerHTML.slice(0, 120))""")


def heard(page: Page) -> Counter[str]:
    """How many tables, rows and cells a screen reader is told of."""
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
    return Counter(role for role in roles if role in ROLES)


# The pages


def test_the_statement_covers_what_was_promised():
    assert {1280, 390, 320} <= set(MEASURES["widths"])
    assert {"light", "dark"} <= set(MEASURES["schemes"])
    promised = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"}
    assert promised <= set(MEASURES["axe"]["rules"])


def shut_out(seen: Visit) -> dict[str, list[str]]:
    """What is in somebody's way, by width and scheme; only what is wrong stands in it."""
    page, found = seen.page, {}
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found[f"{width} {scheme}"] = barriers(page)
        found[f"{width} sideways"] = sideways(page)
        found[f"{width} by keyboard"] = out_of_reach(page)
    return {view: faults for view, faults in found.items() if faults}


@pytest.mark.slow
@every_page
@every_language
def test_a_page_stands_alone_and_shuts_nobody_out(reports, browser, language, name):
    file = reports(2014, language) / f"{name}.html"
    with visit(browser, file) as seen:
        assert seen.page.locator("html").get_attribute("lang") == language
        assert seen.page.locator("h1").count() == 1
        found = shut_out(seen)
        assert sum(map(len, found.values())) == MEASURES["findings"], found
        assert elsewhere(seen, file) == []
        assert seen.console == []


@pytest.mark.slow
def test_the_list_of_reports_shuts_nobody_out(reports, browser):
    file = reports(2014, "sv").parent.parent / "index.html"
    with visit(browser, file) as seen:
        assert shut_out(seen) == {}
        assert elsewhere(seen, file) == []
        assert seen.console == []


@pytest.mark.slow
@every_page
@every_language
def test_a_table_on_a_phone_is_still_a_table_to_who_listens(reports, browser, language, name):
    with visit(browser, reports(2014, language) / f"{name}.html") as seen:
        wide = heard(seen.page)
        seen.page.set_viewport_size({"width": 390, "height": 900})
        assert heard(seen.page) == wide
        boxes = "e => e.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
        assert seen.page.locator(".table:visible").evaluate_all(boxes) == []


@pytest.mark.slow
@every_page
@every_language
def test_each_picture_says_what_it_shows(reports, browser, language, name):
    file = reports(2014, language) / f"{name}.html"
    assert PLACEHOLDER not in file.read_text(encoding="utf-8")
    with visit(browser, file) as seen:
        if name in {"02_chain_map", "03_trends"}:
            assert seen.page.locator("img").count() >= 1
        assert unsaid(seen.page) == []


@pytest.mark.slow
@every_page
@every_language
def test_large_text_paper_and_forced_colours_lose_nothing(reports, browser, language, name):
    with visit(browser, reports(2014, language) / f"{name}.html") as seen:
        page = seen.page
        said = page.locator("main").inner_text()
        page.emulate_media(forced_colors="active", color_scheme="dark")
        assert page.locator("main").inner_text() == said
        for picture in page.locator("figure img:visible").all():  # dark ink needs its light card
            assert picture.evaluate("e => getComputedStyle(e).backgroundColor") == WHITE
        page.emulate_media(forced_colors="none", color_scheme="light")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert sideways(page) == []
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": PAPER, "height": 900})
        assert sideways(page) == []
        cut = "e => e.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
        assert page.locator(".table:visible, figure:visible").evaluate_all(cut) == []
        assert (
            not page.locator("nav, .skip, summary, .back, .leaflet-container")
            .filter(visible=True)
            .count()
        )


@pytest.mark.slow
@every_language
def test_the_keyboard_goes_past_the_menu_or_through_it(reports, browser, language):
    with visit(browser, reports(2014, language) / "01_data_quality.html") as seen:
        page, focus = seen.page, "document.activeElement"
        page.keyboard.press("Tab")
        assert page.evaluate(f"{focus}.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate(f"{focus}.id") == "main"
        contents = page.locator("nav.contents a").all()
        for link in contents:
            page.keyboard.press("Tab")
            while page.evaluate(f"{focus}.matches('.lead *, .key *')"):
                page.keyboard.press("Tab")
            assert link.evaluate(f"e => e === {focus}")
        page.keyboard.press("Enter")
        assert page.url.endswith("#sources")
        for stop in page.locator(".table").all():
            stop.focus()
            assert stop.evaluate(f"e => e === {focus}")


@pytest.mark.slow
@every_page
@every_language
def test_a_page_can_be_printed_and_the_print_be_read_aloud(reports, browser, language, name):
    with visit(browser, reports(2014, language) / f"{name}.html") as seen:
        assert is_tagged(seen.page.pdf(tagged=True, outline=True))


@pytest.mark.slow
@every_width
@every_language
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_and_its_places_open(reports, browser, language, width, scheme):
    file = reports(2014, language) / "02_chain_map.html"
    assert file.stat().st_size <= 800_000
    with visit(browser, file, width, scheme) as seen:
        assert drawn(seen.page) >= 9  # outlines of countries, and a line to each friend
        places = seen.page.locator(".leaflet-marker-icon")
        assert places.count() >= 9
        places.first.focus()
        seen.page.keyboard.press("Enter")
        seen.page.locator(".leaflet-popup").wait_for(timeout=2000)
        seen.page.wait_for_timeout(400)  # until it has faded in: half-drawn text is pale
        assert barriers(seen.page) == []
        seen.page.keyboard.press("Escape")
        seen.page.locator(".leaflet-popup").wait_for(state="detached", timeout=2000)
        assert elsewhere(seen, file) == []
        assert seen.console == []


@pytest.mark.slow
@every_language
def test_the_map_goes_through_the_years_and_stays_off_the_paper(reports, browser, language):
    file = reports(2014, language) / "02_chain_map.html"
    with visit(browser, file) as seen:
        slider, said = seen.page.get_by_role("slider"), seen.page.get_by_role("status")
        place = seen.page.get_by_role("button", name="Utajärvi")
        places = {"1948": 1, "1975": 1, "1976": 1, "1977": 0, "2014": 0}
        for year, count in places.items():
            slider.fill(year)
            assert said.inner_text().startswith(f"{year}: ")
            assert place.count() == count
        slider.fill("1976")
        assert "Utajärvi" in said.inner_text()
        assert "4" in said.inner_text().removeprefix("1976")  # places are left
        assert barriers(seen.page) == []
        heading = seen.page.locator("#map-interactive")
        assert heading.is_visible()
        seen.page.emulate_media(media="print")
        assert not heading.is_visible()
        assert not slider.is_visible()
        assert seen.console == []


@pytest.mark.slow
@every_language
def test_the_index_leads_to_every_page(reports, browser, language):
    file = reports(2014, language) / "index.html"
    with visit(browser, file) as seen:
        for name in PAGES[1:]:
            link = seen.page.locator(f':is(main, footer) a[href="{name}.html"]').first
            assert len(link.inner_text().strip()) >= 5
            link.click()
            assert seen.page.url == file.with_name(f"{name}.html").as_uri()
            seen.page.go_back()


# What looks, sees: a page of our own without a fault, and the same page with one


GOOD = """<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>Prov</title>
<meta name="viewport" content="width=device-width"><!--head--></head>
<body><main><h1>Prov</h1><p>Text.</p>
<img alt="En ruta som bara finns för detta prov" width="20" height="20"
 src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<div class="leaflet-container"><svg aria-hidden="true" width="90" height="90">
<path d="M0 0L80 80" stroke="#000"/></svg></div><!--body--></main></body></html>"""

FAULTS = {
    "a picture from the net": ("elsewhere", '<img alt="" src="https://example.org/a.png">'),
    "a picture from beside": ("elsewhere", '<img alt="" src="a.png">'),
    "a word in the console": ("console", "<script>console.info('hej')</script>"),
    "a script that breaks": ("console", "<script>setTimeout(() => nowhere(), 50)</script>"),
    "pale text": ("barriers", '<p style="color:#bbb;background:#fff">Blekt</p>'),
    "a step in the headings": ("barriers", "<h4>För djup</h4>"),
    "a broad box": ("sideways", '<div style="width:2000px">bred</div>'),
    "a picture without a word": ("unsaid", '<img src="data:image/gif;base64,R0lGOD">'),
    "nbconvert's word": ("unsaid", f'<img alt="{PLACEHOLDER}" src="data:image/gif;base64,R0lGOD">'),
    "the same word twice": (
        "unsaid",
        '<img alt="En ruta som bara finns för detta prov" src="data:image/gif;base64,R0lGOD">',
    ),
    "no map": ("drawn", "<script>document.querySelector('path').remove()</script>"),
}


def faults(browser: Browser, file: Path) -> set[str]:
    with visit(browser, file, 390) as seen:
        found = {
            "barriers": barriers(seen.page),
            "sideways": sideways(seen.page),
            "unsaid": unsaid(seen.page),
            "drawn": [] if drawn(seen.page) else ["nothing"],
            "elsewhere": elsewhere(seen, file),
            "console": seen.console,
        }
    return {kind for kind, what in found.items() if what}


def test_a_page_without_a_fault_has_none(browser, tmp_path):
    file = tmp_path / "en sida på prov.html"
    file.write_text(GOOD, encoding="utf-8")
    assert faults(browser, file) == set()
    with visit(browser, file) as seen:
        assert is_tagged(seen.page.pdf(tagged=True, outline=True))
        assert not is_tagged(seen.page.pdf(tagged=False))


@pytest.mark.parametrize(("kind", "html"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_seen(browser, tmp_path, kind, html):
    file = tmp_path / "prov.html"
    file.write_text(GOOD.replace("<!--body-->", html), encoding="utf-8")
    assert kind in faults(browser, file)


def test_axe_runs_in_a_page_that_allows_no_script(browser, tmp_path):
    file = tmp_path / "prov.html"
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    file.write_text(GOOD.replace("<!--head-->", head), encoding="utf-8")
    assert faults(browser, file) == set()
