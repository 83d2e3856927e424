"""The moving map in a real browser: no request, names, the keyboard's way, hostile names."""

import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from test_maps import HOSTILE, WORDS, chain, hostile

from vanort_analysis.webmap import interactive_map

Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opener:
    """`opened(places)` is a page with the map alone; `page.heard` what it asked or said."""

    def open_page(places: pd.DataFrame, *, width: int = 1280, **context: object) -> Page:
        file = tmp_path / "map.html"
        fragment = interactive_map(places, WORDS, key="chain")
        file.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>still</title>'
            '<meta name="viewport" content="width=device-width">'
            f'<body><button id="before">before</button>{fragment}<button id="after">after</button>',
            encoding="utf-8",
        )
        page = browser.new_context(viewport={"width": width, "height": 800}, **context).new_page()
        page.heard = []
        page.on("request", lambda request: page.heard.append(request.url))
        page.on("console", lambda message: page.heard.append(message.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on("dialog", lambda dialog: page.heard.append(dialog.message))
        page.goto(file.as_uri())
        return page

    return open_page


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_it_asks_for_nothing_says_nothing_and_fits(opened: Opener, width: int) -> None:
    page = opened(chain(), width=width)
    assert [url for url in page.heard if not url.endswith("map.html")] == []
    frame = page.locator(".vm-map").bounding_box()
    marks = page.locator(".vm-place")
    expect(marks).to_have_count(len(chain()))
    for i in range(len(chain())):
        box = marks.nth(i).bounding_box()
        assert box["x"] >= frame["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert min(box["width"], box["height"]) >= 28
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_visible_names_keep_apart(opened: Opener) -> None:
    page = opened(chain())
    boxes = page.evaluate(
        """[...document.querySelectorAll('.vm-place:not([data-side=none])')].flatMap(p =>
        [p.firstChild, p.lastChild]).map(e => e.getBoundingClientRect().toJSON())"""
    )
    assert len(boxes) == 2 * len(chain())  # room for every name on a wide screen
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = a["right"] <= b["left"] or b["right"] <= a["left"]
            assert apart or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]


def test_the_keyboard_goes_through_the_map_and_back(opened: Opener) -> None:
    page, places = opened(chain()), chain()
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".vm-skip")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name=WORDS["label"])).to_be_focused()
    for i, place in enumerate(places.itertuples()):
        page.keyboard.press("Tab")
        mark = page.get_by_role("button", name=f"{place.label}, {place.area}", exact=True)
        expect(mark).to_be_focused()
        page.keyboard.press("Enter" if i % 2 else "Space")
        popup = page.get_by_role("dialog", name=place.label, exact=True)
        expect(popup).to_be_visible()
        expect(popup).to_contain_text(place.lines[0])
        expect(popup.get_by_role("button", name=WORDS["close"], exact=True)).to_be_focused()
        page.keyboard.press("Escape" if i % 3 else "Enter")
        expect(page.locator(".leaflet-popup")).to_have_count(0)
        expect(mark).to_be_focused()
    for name in ("zoom_in", "zoom_out"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=WORDS[name], exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#after")).to_be_focused()
    page.locator(".vm-skip").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#after")).to_be_focused()


def test_hostile_names_run_nothing_and_are_shown_as_written(opened: Opener) -> None:
    page, places = opened(hostile()), hostile()
    for i, name in enumerate(HOSTILE):
        mark = page.locator(".vm-place").nth(i)
        assert mark.evaluate("e => e.textContent") == name
        assert mark.get_attribute("aria-label") == f"{name}, {places['area'][i]}"
        mark.press("Enter")
        lines = page.locator(".leaflet-popup-content p").evaluate_all(
            "a => a.map(e => e.textContent)"
        )
        assert lines == [name, name]
        page.keyboard.press("Escape")
    assert page.title() == "still"
    assert [said for said in page.heard if not said.endswith("map.html")] == []


def test_without_script_there_is_one_sentence_and_no_empty_box(opened: Opener) -> None:
    page = opened(chain(), java_script_enabled=False)
    expect(page.locator("#chain-box")).to_be_hidden()
    expect(page.locator("noscript p")).to_be_visible()


def test_it_is_not_printed_and_stays_light_in_the_dark(opened: Opener) -> None:
    page = opened(chain(), color_scheme="dark")
    colour = page.locator(".vm-map").evaluate("e => getComputedStyle(e).backgroundColor")
    assert re.findall(r"\d+", colour) == ["232", "241", "248"]
    page.emulate_media(media="print")
    expect(page.locator("#chain-box")).to_be_hidden()


def test_two_maps_on_a_page_do_not_disturb_each_other(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("".join(interactive_map(chain(), WORDS, key=key) for key in ("one", "two")))
    expect(page.locator("#one-box .vm-place")).to_have_count(len(chain()))
    expect(page.locator("#two-box .vm-place")).to_have_count(len(chain()))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert escape(WORDS["label"]) in page.content()
