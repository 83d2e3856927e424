"""How a reader gets around: by keyboard, through folds, on the map, from the index to each page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from vanort_analysis.pages.site import FILES

from . import pages
from .browser import VIEWS, barriers, drawn, elsewhere, stand_still, visit

FOCUS = "document.activeElement"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_keyboard_goes_past_the_menu_or_to_every_link(browser, written):
    """On a page that has all there is to reach: links, notes, a fold, tables that scroll."""
    with visit(browser, written(2014, "sv", "data_quality")) as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate(f"{FOCUS}.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.locator(".skip").focus()
        count = page.evaluate(
            """stops => {
            window.stops = [...document.querySelectorAll(stops)]
                .filter(e => e.checkVisibility({visibilityProperty: true}))
            window.reached = [0]
            addEventListener('focusin', ({target}) => {
                const {outlineStyle, outlineWidth} = getComputedStyle(target)
                const ringed = outlineStyle !== 'none' && parseFloat(outlineWidth) > 1
                window.reached.push(ringed ? window.stops.indexOf(target) : target.outerHTML)
            })
            return window.stops.length
        }""",
            "a[href], summary, [tabindex='0']",
        )
        assert count > 50
        for _ in range(1, count):
            page.keyboard.press("Tab")
        assert page.evaluate("window.reached") == list(range(count))


def test_what_is_folded_opens_by_key(browser, written):
    with visit(browser, written(2014, "sv", "decision_memo"), 390) as seen:
        page = seen.page
        for place, key in ((".site", "Enter"), (".contents", "Space"), ("main", "Enter")):
            folded = page.locator(f"{place} details").first
            links = folded.locator("a, p").first
            expect(links).to_be_hidden()
            folded.locator("summary").focus()
            page.keyboard.press(key)
            expect(links).to_be_visible()
        link = page.locator(".contents a").last
        link.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("#sources$"))
        note = page.locator(".sources li").first
        page.locator("a.n").first.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"#{note.get_attribute('id')}$"))
        note.locator("a").last.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("#r1$"))
        expect(page.locator("#r1")).to_be_in_viewport()  # it is scrolled to with the next frame
        assert page.locator("#r1").evaluate("e => e.getBoundingClientRect().top >= 0")


@pytest.mark.parametrize(("width", "scheme"), VIEWS[:2])  # 320: `test_map_browser`
def test_the_map_is_drawn_and_its_places_open(browser, written, width, scheme):
    with visit(browser, written(2014, "sv", "chain_map"), width, scheme) as seen:
        assert drawn(seen.page) >= 9  # outlines of countries, and a line to each friend
        places = seen.page.locator(".leaflet-marker-icon")
        assert places.count() >= 9
        places.first.focus()
        seen.page.keyboard.press("Enter")
        popup = seen.page.locator(".leaflet-popup")
        expect(popup).to_have_css("opacity", "1")  # faded in: half-drawn text is pale
        stand_still(seen.page)
        opened = seen.page.locator(".leaflet-popup-content").bounding_box()
        assert opened["width"] > 200  # the page's own style once broke every word
        assert barriers(seen.page, ".leaflet-container") == []
        seen.page.keyboard.press("Escape")
        expect(popup).to_have_count(0)
        assert elsewhere(seen) == []
        assert seen.console == []


def test_the_map_goes_through_the_years_and_stays_off_the_paper(browser, written):
    with visit(browser, written(2014, "sv", "chain_map")) as seen:
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
        expect(slider).to_be_visible()
        seen.page.emulate_media(media="print")
        expect(slider).to_be_hidden()
        assert seen.console == []


def test_the_index_leads_to_every_page(browser, written):
    files = {name: written(2014, "sv", name) for name in FILES}
    with visit(browser, files.pop("index")) as seen:
        for file in files.values():
            link = seen.page.locator(f':is(main, footer) a[href="{file.name}"]').first
            assert len(link.inner_text().strip()) >= 5
            link.click()
            expect(seen.page).to_have_url(file.as_uri())
            seen.page.go_back()


LAB_AT_NIGHT = """<style>
.jp-RenderedHTMLCommon { color: #eee; background: #111; }
.jp-RenderedHTMLCommon table, .jp-RenderedHTMLCommon code { color: #eee; }
</style><div class="jp-RenderedHTMLCommon">"""  # as JupyterLab 4.6 has it in its dark theme


def test_a_table_in_a_dark_lab_can_be_read(browser, tmp_path):
    shown = pages.own(2014, "sv").section("mergers")._repr_mimebundle_()["text/html"]
    file = tmp_path / "lab.html"
    file.write_text(f"<meta charset=utf-8>{LAB_AT_NIGHT}{shown}</div>", "utf-8")
    with visit(browser, file) as seen:
        inks = seen.page.locator("h2, caption, th, td").evaluate_all(
            "all => [...new Set(all.map(each => getComputedStyle(each).color))]"
        )
    assert inks == ["rgb(27, 42, 54)"]
