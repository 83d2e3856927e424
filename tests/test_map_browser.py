"""The moving map in a real browser: no request, names, years, the keyboard's way, hostile names."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from benchmarks.many_ties import LAST
from benchmarks.many_ties import data_folder as many_ties
from vanort_analysis import load
from vanort_analysis.pictures.webmap import draw_interactive_map

from .browser import HANGS_MS, Visit, barriers, elsewhere, stand_still, visit
from .pages import html
from .test_maps import HOSTILE, WORDS, chain, hostile

YEARS = {year: f"said of {year}" for year in range(1946, 1991)}
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
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """`opened(places)` is a page with the map alone; `page.heard` what it asked or said."""
    contexts = []

    def open_page(
        places: pd.DataFrame, *, width: int = 1280, said: Any = YEARS, **context: object
    ) -> Page:
        file = tmp_path / "map.html"
        fragment = draw_interactive_map(places, WORDS, said, ())
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        around = "<title>still</title><button id=before>a</button>{}<button id=after>b</button>"
        whole = f"<!doctype html>{head}{around.format(fragment)}"
        file.write_text(whole, encoding="utf-8")
        size = {"width": width, "height": 800}
        contexts.append(browser.new_context(viewport=size, **context))
        contexts[-1].set_default_timeout(HANGS_MS)
        page = contexts[-1].new_page()
        page.heard = []
        for event in ("request", "console", "pageerror", "dialog"):
            page.on(event, lambda said: page.heard.append(str(said)))
        page.goto(file.as_uri())
        assert "map.html" in page.heard.pop(0)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "places"), [(1280, 9), (320, 6)])
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
    assert len(page.evaluate(SEEN)) == 9  # the one that left is gone


def test_the_keyboard_goes_through_the_map_and_back(opened: Opener) -> None:
    """On a phone, where most places are out of sight until they are reached."""
    page, places = opened(chain(), width=390), chain()[:9]
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name=WORDS["year"], exact=True)).to_be_focused()
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
        expect(popup).to_have_accessible_description(re.compile(re.escape(place.lines[0])))
        expect(popup.locator("cite[lang=sv]")).to_have_text(place.sources)
        expect(popup.get_by_role("button", name=WORDS["close"], exact=True)).to_be_focused()
        page.keyboard.press("Escape" if i % 3 else "Enter")
        expect(page.locator(".leaflet-popup")).to_have_count(0)
        expect(mark).to_be_focused()
    for name in ("zoom_in", "zoom_out"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=WORDS[name], exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#after")).to_be_focused()
    for name in (WORDS["zoom_out"], WORDS["zoom_in"], *places["label"][::-1]):  # and back
        page.keyboard.press("Shift+Tab")
        expect(page.locator(":focus")).to_have_accessible_name(re.compile(f"^{name}"))
    for found in (page.get_by_role("group"), page.locator(".vm-skip"), page.get_by_role("slider")):
        page.keyboard.press("Shift+Tab")
        expect(found).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#before")).to_be_focused()
    page.locator(".vm-skip").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#after")).to_be_focused()


def shown(page: Page) -> dict[str, str]:
    """The places to be seen, and how each is drawn."""
    return page.evaluate("""Object.fromEntries([...document.querySelectorAll('.vm-place')]
      .filter(e => e.checkVisibility())
      .map(e => [e.lastChild.textContent, e.firstChild.className.replace('vm-mark vm-', '')]))""")


def lines(page: Page) -> int:
    return page.locator("path[fill=none]:not(.vm-border):visible").count()


def to_next(page: Page, year: int) -> None:
    """One key further, to a year, which is said last of all that then changes."""
    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text(f"said of {year}")


def test_the_years_are_gone_through_by_keyboard(opened: Opener) -> None:
    page = opened(chain())
    slider, output = page.get_by_role("slider"), page.get_by_role("status")
    assert page.get_by_label(WORDS["year"]).bounding_box()["height"] >= 44
    expect(output).to_have_text("said of 1990")
    assert output.get_attribute("aria-live") == "off"  # the slider itself says it
    expect(slider).to_have_attribute("aria-valuetext", "said of 1990")
    today = ["Vänersborg", "Herning", "Holmestrand", "Siglufjörður", "Kangasala"]
    today += ["Ålands kommuner", "Eiði", "Arsuk", "Husby"]
    assert list(shown(page)) == today
    expect(page.get_by_text(WORDS["former_key"], exact=True)).to_be_hidden()
    slider.press("Home")
    expect(output).to_have_text("said of 1946")
    expect(slider).to_have_attribute("aria-valuetext", "said of 1946")
    assert list(shown(page)) == ["Vänersborg", "Herning", "Husby"]  # no year is known of the last
    assert lines(page) == 2
    to_next(page, 1947)
    assert "Holmestrand" in shown(page)
    assert "Utajärvi" not in shown(page)
    to_next(page, 1948)
    assert shown(page)["Utajärvi"] == "unknown"
    for year in range(1949, 1977):
        to_next(page, year)
    assert shown(page)["Utajärvi"] == "former"  # leaves
    expect(page.get_by_text(WORDS["former_key"], exact=True)).to_be_visible()
    assert lines(page) == len(shown(page)) - 1
    to_next(page, 1977)
    assert "Utajärvi" not in shown(page)
    assert "Kangasala" in shown(page)
    slider.press("End")
    expect(output).to_have_text("said of 1990")
    assert list(shown(page)) == today  # and in the same order for the keyboard
    expect(slider).to_be_focused()
    assert page.heard == []


def test_another_year_closes_what_is_open_and_keeps_the_focus(opened: Opener) -> None:
    page = opened(chain())
    page.locator(".vm-place").first.press("Enter")
    expect(page.locator(".leaflet-popup")).to_have_count(1)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(page.get_by_role("slider")).to_be_focused()


def test_names_keep_apart_in_every_year(opened: Opener) -> None:
    page = opened(chain())
    for year in range(1946, 1991, 4):
        page.get_by_role("slider").fill(str(year))
        seen = [place for place in page.evaluate(SEEN) if place["size"]]
        boxes = [shapely.box(*box) for place in seen for box in place["boxes"]]
        total = pytest.approx(sum(box.area for box in boxes), rel=1e-3)
        assert shapely.union_all(boxes).area == total, year


def spread(page: Page) -> float:
    """How far apart two places are on the screen."""
    one, other = (page.locator(".vm-place").nth(n).bounding_box() for n in (0, 7))
    return abs(one["x"] - other["x"])


def test_a_wheel_or_a_finger_goes_past_the_map(opened: Opener) -> None:
    page = opened(chain())
    page.set_viewport_size({"width": 1280, "height": 300})
    page.locator(".vm-map").hover()
    before, top = spread(page), page.evaluate("scrollY")
    page.mouse.wheel(0, -50)
    page.wait_for_function("top => scrollY < top", arg=top)
    assert spread(page) == pytest.approx(before)
    assert opened(chain()).locator(".leaflet-touch-drag").count() == 1
    phone = opened(chain(), width=390, is_mobile=True, has_touch=True)
    assert phone.locator(".leaflet-touch-drag").count() == 0


def test_a_window_made_narrow_shows_what_one_shows_that_was(opened: Opener) -> None:
    page = opened(chain())
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_function(f"({SEEN.rstrip(';')}).length === 6")  # as above


@pytest.mark.parametrize("data", [chain()[:1], chain()[9:].assign(role="home")])
def test_a_map_of_one_year_has_no_slider(opened: Opener, data: pd.DataFrame) -> None:
    page = opened(data, said={})
    assert page.get_by_role("slider").count() == 0
    assert page.heard == []


def test_hostile_names_run_nothing_and_are_shown_as_written(opened: Opener) -> None:
    page, places = opened(hostile(), said=dict(enumerate(HOSTILE, 1981))), hostile()
    for i, name in enumerate(HOSTILE):
        mark = page.locator(".vm-place").nth(i)
        assert mark.evaluate("e => e.textContent") == name
        assert mark.get_attribute("aria-label") == f"{name}, {places['area'][i]}"
        mark.press("Enter")
        expect(page.locator(".leaflet-popup")).to_have_count(1)
        assert page.locator(".leaflet-popup-content p").all_text_contents()[:2] == [name, name]
        assert page.locator(".leaflet-popup-content cite").text_content() == name
        page.keyboard.press("Escape")
        expect(page.locator(".leaflet-popup")).to_have_count(0)
    for year, name in enumerate(HOSTILE, 1981):
        page.get_by_role("slider").fill(str(year))
        assert page.get_by_role("status").text_content() == name
    assert page.title() == "still"
    assert page.heard == []


@pytest.fixture(scope="module")
def crowded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The map page of a few hundred ties, open."""
    folder = tmp_path_factory.mktemp("many")
    made = html(load(LAST, "sv", many_ties(folder / "data", 210)), "chain_map")
    (folder / "map.html").write_text(made, encoding="utf-8")
    with visit(browser, folder / "map.html") as seen:
        yield seen


def test_a_pop_up_does_not_stay_outside_a_map_that_is_turned(opened: Opener) -> None:
    page = opened(chain())
    page.get_by_role("button", name="Husby").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.set_viewport_size({"width": 800, "height": 400})
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_map_stands_still_for_who_asks_for_less_motion(opened: Opener) -> None:
    page = opened(chain(), width=600, reduced_motion="reduce")
    still = page.evaluate("""() => new Promise(done => {
      const moved = document.createElement("p"), animation = new L.PosAnimation();
      const start = performance.now();
      animation.on("end", () => done(performance.now() - start));
      animation.run(moved, L.point(900, 900), 5);
    })""")
    assert still < 1000  # not the five seconds asked for


def test_a_dot_among_hundreds_opens_where_it_is_clicked(crowded: Visit) -> None:
    canvas = crowded.page.locator(".vm-map canvas")
    at = canvas.evaluate("""async canvas => {
      for (;; await new Promise(requestAnimationFrame)) {  // until it is drawn
        const ink = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        for (let i = 0; i < ink.length; i += 4)
          if (ink[i] === 255 && ink[i + 1] === 255 && ink[i + 2] === 255 && ink[i + 3] === 255)
            return [i / 4 % canvas.width, Math.floor(i / 4 / canvas.width)];
      }
    }""")
    scale = canvas.evaluate("e => e.getBoundingClientRect().width / e.width")
    canvas.click(position={"x": at[0] * scale, "y": at[1] * scale}, force=True)
    expect(crowded.page.get_by_role("dialog")).to_be_visible()
    crowded.page.keyboard.press("Escape")
    expect(crowded.page.get_by_role("dialog")).to_have_count(0)


def test_hundreds_of_places_are_one_layer_and_a_list(crowded: Visit) -> None:
    assert crowded.file.stat().st_size <= 1_100_000
    page = crowded.page
    assert page.locator(".vm-place").count() == 1  # the home town
    assert page.locator(".vm-map canvas").count() == 1
    find = page.get_by_label("Välj ort")
    assert find.locator("option").count() == 211
    assert page.evaluate("document.querySelectorAll('*').length") < 30_000
    find.focus()
    page.keyboard.type("Täby")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text(find.locator("option:checked").inner_text().split(",")[0])
    expect(popup.get_by_role("button")).to_be_focused()
    stand_still(page)
    assert barriers(page, ".vm") == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Visa på kartan")).to_be_focused()
    slider = page.get_by_role("slider")
    slider.press("Home")
    expect(slider).to_have_value(slider.get_attribute("min"))
    there = find.locator("option:enabled").all_inner_texts()
    assert len(there) < 30
    assert find.locator("option:checked").inner_text() in there
    page.get_by_role("button", name="Visa på kartan").click()
    expect(popup).to_contain_text(there[0].split(",")[0])
    assert crowded.console == []
    assert elsewhere(crowded) == []


def test_without_script_one_sentence_and_in_print_nothing(opened: Opener) -> None:
    page = opened(chain(), java_script_enabled=False)
    expect(page.locator("#chain-box")).to_be_hidden()
    expect(page.locator("noscript p")).to_be_visible()
    page = opened(chain(), color_scheme="dark")
    expect(page.locator(".vm-map")).to_have_css("background-color", "rgb(22, 35, 45)")
    page.emulate_media(media="print")
    expect(page.locator("#chain-box")).to_be_hidden()


def test_forced_colours_leave_the_map_and_its_key_readable(opened: Opener) -> None:
    page = opened(chain(), forced_colors="active", color_scheme="dark")
    expect(page.locator(".vm-key")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator(".vm-key")).to_have_css("color", "rgb(27, 42, 54)")
    expect(page.locator(".vm-map")).to_have_css("background-color", "rgb(232, 241, 248)")
    expect(page.get_by_role("slider")).to_have_css("appearance", "auto")
