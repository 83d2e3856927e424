"""The moving map in a real browser: no request, names, the keyboard's way, hostile names."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from vanort_analysis.webmap import interactive_map

from .test_maps import HOSTILE, WORDS, chain, hostile

Opener = Callable[..., Page]
SEEN = """[...document.querySelectorAll('.vm-place')].flatMap(e => {
  const frame = e.closest('.vm-map').getBoundingClientRect(), r = e.getBoundingClientRect();
  const hit = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
  const inside = r.left >= frame.left && r.right <= frame.right && r.top >= frame.top
    && r.bottom <= frame.bottom;
  const boxes = [...e.children].map(c => c.getBoundingClientRect())
    .map(b => [b.left, b.top, b.right, b.bottom]);
  return inside ? [{free: e.contains(hit), size: Math.min(r.width, r.height), boxes}] : [];
})"""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opener:
    """`opened(places)` is a page with the map alone; `page.heard` what it asked or said."""

    def open_page(places: pd.DataFrame, *, width: int = 1280, **context: object) -> Page:
        file = tmp_path / "map.html"
        fragment = interactive_map(places, WORDS, key="chain")
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        around = "<title>still</title><button id=before>a</button>{}<button id=after>b</button>"
        html = f"<!doctype html>{head}{around.format(fragment)}"
        file.write_text(html, encoding="utf-8")
        page = browser.new_context(viewport={"width": width, "height": 800}, **context).new_page()
        page.heard = []
        for event in ("request", "console", "pageerror", "dialog"):
            page.on(event, lambda said: page.heard.append(str(said)))
        page.goto(file.as_uri())
        assert "map.html" in page.heard.pop(0)
        return page

    return open_page


@pytest.mark.parametrize(("width", "places"), [(1280, 10), (390, 7), (320, 7)])
def test_each_place_is_named_and_can_be_touched(opened: Opener, width: int, places: int) -> None:
    page = opened(chain(), width=width)
    assert page.heard == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seen = page.evaluate(SEEN)
    assert len(seen) == places  # a phone starts where they lie close
    assert all(place["free"] and place["size"] >= 24 for place in seen)
    boxes = [shapely.box(*box) for place in seen for box in place["boxes"]]
    assert len(boxes) == 2 * places  # a mark and a name each, and all apart
    assert shapely.union_all(boxes).area == pytest.approx(sum(b.area for b in boxes), rel=1e-3)
    out = page.locator(".leaflet-control-zoom-out:not(.leaflet-disabled)")
    while out.count():
        out.click()
    assert len(page.evaluate(SEEN)) == 10


@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_goes_through_the_map_and_back(opened: Opener, width: int) -> None:
    page, places = opened(chain(), width=width), chain()
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".vm-skip")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name=WORDS["label"])).to_be_focused()
    for i, place in enumerate(places.itertuples()):
        page.keyboard.press("Tab")
        mark = page.get_by_role("button", name=f"{place.label}, {place.area}", exact=True)
        expect(mark).to_be_focused()
        expect(mark).to_be_in_viewport()
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
        assert page.locator(".leaflet-popup-content p").all_text_contents() == [name, name]
        page.keyboard.press("Escape")
    assert page.title() == "still"
    assert page.heard == []


def test_without_script_one_sentence_in_print_nothing_in_the_dark_light(opened: Opener) -> None:
    page = opened(chain(), java_script_enabled=False)
    expect(page.locator("#chain-box")).to_be_hidden()
    expect(page.locator("noscript p")).to_be_visible()
    page = opened(chain(), color_scheme="dark")
    expect(page.locator(".vm-map")).to_have_css("background-color", "rgb(232, 241, 248)")
    page.emulate_media(media="print")
    expect(page.locator("#chain-box")).to_be_hidden()
