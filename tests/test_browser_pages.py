"""Every page as a reader meets it: in a browser, from disk, without a network.

Widths, schemes, sizes and rules are those that the accessibility statement names, read from the
same file: the statement cannot say more than is tested here.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from vanort_analysis.pages.site import FILES, measured
from vanort_analysis.publish import run

MEASURES = measured()
VIEWS = list(zip(MEASURES["widths"], MEASURES["schemes"], strict=True))
LOOKED_AT = [(2014, "sv", name) for name in FILES]
LOOKED_AT += [
    (year, language, name)
    for year, language in ((2014, "en"), (2024, "sv"))
    for name in ("decision_memo", "trends")
]
PAPER = 642  # CSS pixels: A4 within its margins
PAPERS = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 25, 31)"}
ROLES = {"table", "caption", "row", "columnheader", "rowheader", "cell"}
FOCUS = "document.activeElement"
SMALLEST = 10.9  # CSS pixels of a word in a picture

pytestmark = [pytest.mark.browser]


@dataclass
class Visit:
    """An open page, what it asked the network for, and what stands in its console."""

    page: Page
    file: Path
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
        seen = Visit(page, file)
        page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
        context.on("request", lambda request: seen.requests.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(150)  # what a script starts a little later is seen too
        yield seen


@pytest.fixture(scope="module", params=LOOKED_AT, ids=lambda of: "-".join(map(str, of)))
def seen(request: pytest.FixtureRequest, browser: Browser, written: Any) -> Iterator[Visit]:
    """Each page in turn, opened once for all that is looked at."""
    with visit(browser, written(*request.param)) as opened:
        yield opened


def look(page: Page, width: int = 1280, scheme: Any = "light", is_open: bool = True) -> None:
    """See the page on a screen, its folds open or closed."""
    page.emulate_media(media="screen", color_scheme=scheme, forced_colors="none")
    page.set_viewport_size({"width": width, "height": 900})
    fold = "open => document.querySelectorAll('details').forEach(e => e.open = open)"
    page.evaluate(fold, is_open)


def elsewhere(seen: Visit) -> list[str]:
    """The requests but for the file itself and what it carries within."""
    own = seen.file.as_uri()
    return [url for url in seen.requests if url != own and not url.startswith("data:")]


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


def cut_off(page: Page) -> list[str]:
    """The tables and pictures that are not seen whole."""
    boxes = page.locator(":is(.table, figure):visible")
    cut = "e => e.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    return boxes.evaluate_all(cut)


def unsaid(page: Page) -> list[str]:
    """The pictures that say nothing, or just what another one says, to who cannot see them."""
    pictures = page.locator("img, [role=img]:not(.blank)").evaluate_all("""found => found.map(e => [
        (e.getAttribute('alt') ?? e.getAttribute('aria-label') ?? '').trim(),
        e.outerHTML.slice(0, 120)])""")
    count = Counter(alt for alt, _ in pictures)
    return [html for alt, html in pictures if len(alt) < 20 or count[alt] > 1]


def too_small(page: Page) -> list[str]:
    """The words in pictures that are hard to read, as they stand on the screen."""
    return page.evaluate(
        """least => [...document.querySelectorAll('.drawings svg')]
        .filter(svg => svg.checkVisibility()).flatMap(svg => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
            return [...svg.querySelectorAll('text')]
                .filter(e => parseFloat(getComputedStyle(e).fontSize) * scale < least)
                .map(e => e.textContent)
        })""",
        SMALLEST,
    )


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
    session.send("Accessibility.disable")
    session.detach()
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
    return Counter(role for role in roles if role in ROLES)


# The pages


def test_the_statement_covers_what_was_promised():
    assert {1280, 390, 320} <= set(MEASURES["widths"])
    assert {"light", "dark"} <= set(MEASURES["schemes"])
    promised = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"}
    assert promised <= set(MEASURES["axe"]["rules"])
    assert MEASURES["findings"] == 0


def shut_out(seen: Visit) -> dict[str, list[str]]:
    """What is in somebody's way, by width and scheme; only what is wrong stands in it.

    What is folded is looked into once, as it is the same in every view.
    """
    page, found = seen.page, {"elsewhere": elsewhere(seen), "console": seen.console}
    for width, scheme in VIEWS:
        look(page, width, scheme, is_open=scheme == "dark")
        found[f"{width} {scheme}"] = barriers(page)
        look(page, width, scheme)
        found[f"{width} sideways"] = sideways(page)
        found[f"{width} by keyboard"] = out_of_reach(page)
        found[f"{width} too small"] = too_small(page)
    return {view: faults for view, faults in found.items() if faults}


@pytest.mark.slow
def test_a_page_stands_alone_and_shuts_nobody_out(seen):
    assert seen.page.locator("html").get_attribute("lang") == seen.file.parent.name
    assert seen.page.locator("h1").count() == 1
    found = shut_out(seen)
    assert sum(map(len, found.values())) == MEASURES["findings"], found
    kind = "map" if seen.file.name == FILES["chain_map"] else "other"
    assert seen.file.stat().st_size <= MEASURES["size"][kind]


@pytest.mark.slow
def test_a_table_on_a_phone_is_still_a_table_to_who_listens(seen):
    look(seen.page)
    wide = heard(seen.page)
    look(seen.page, 390)
    assert heard(seen.page) == wide
    assert cut_off(seen.page) == []


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
    to_click = page.locator("nav, .skip, summary, .hint, .leaflet-container, input, button")
    assert not to_click.filter(visible=True).count()
    if seen.file.name == FILES["decision_memo"]:  # the one that people print
        assert is_tagged(page.pdf(tagged=True, outline=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["decision_memo", "data_quality"])
def test_the_keyboard_goes_past_the_menu_or_to_every_link(browser, written, name):
    with visit(browser, written(2014, "sv", name)) as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate(f"{FOCUS}.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate(f"{FOCUS}.id") == "main"
        page.locator(".skip").focus()
        stops = "a[href], summary, [tabindex='0']"
        count = page.evaluate(f"""() => {{
            window.stops = [...document.querySelectorAll("{stops}")]
                .filter(e => e.checkVisibility({{visibilityProperty: true}}))
            return window.stops.length
        }}""")
        assert count > 50
        for place in range(1, count):
            page.keyboard.press("Tab")
            assert page.evaluate(
                f"""place => {FOCUS} === window.stops[place] &&
                parseFloat(getComputedStyle({FOCUS}).outlineWidth) > 1""",
                place,
            ), page.evaluate(f"place => {FOCUS}.outerHTML + window.stops[place].outerHTML", place)


@pytest.mark.slow
def test_what_is_folded_opens_by_key(browser, written):
    with visit(browser, written(2014, "sv", "decision_memo"), 390) as seen:
        page = seen.page
        for place, key in ((".site", "Enter"), (".contents", "Space"), ("main", "Enter")):
            folded = page.locator(f"{place} details").first
            links = folded.locator("a, p").first
            assert not links.is_visible()
            folded.locator("summary").focus()
            page.keyboard.press(key)
            assert links.is_visible()
        link = page.locator(".contents a").last
        link.focus()
        page.keyboard.press("Enter")
        assert page.url.endswith("#sources")
        note = page.locator(".sources li").first
        page.locator("a.n").first.focus()
        page.keyboard.press("Enter")
        assert page.url.endswith(f"#{note.get_attribute('id')}")
        note.locator("a").last.focus()
        page.keyboard.press("Enter")
        assert page.url.endswith("#r1")
        assert page.locator("#r1").evaluate("e => e.getBoundingClientRect().top >= 0")


@pytest.mark.slow
def test_the_answer_stands_on_the_first_screen_of_a_phone(browser, written):
    for year, language in ((2014, "sv"), (2014, "en"), (2024, "sv")):
        with visit(browser, written(year, language, "decision_memo"), 390) as seen:
            box = seen.page.locator(".answer p").first.bounding_box()
            assert box["y"] + box["height"] < 780


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_map_is_drawn_and_its_places_open(browser, written, width, scheme):
    with visit(browser, written(2014, "sv", "chain_map"), width, scheme) as seen:
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
        assert elsewhere(seen) == []
        assert seen.console == []


@pytest.mark.slow
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
        assert slider.is_visible()
        seen.page.emulate_media(media="print")
        assert not slider.is_visible()
        assert seen.console == []


@pytest.mark.slow
def test_the_index_leads_to_every_page(browser, written):
    files = {name: written(2014, "sv", name) for name in FILES}
    with visit(browser, files.pop("index")) as seen:
        for file in files.values():
            link = seen.page.locator(f':is(main, footer) a[href="{file.name}"]').first
            assert len(link.inner_text().strip()) >= 5
            link.click()
            assert seen.page.url == file.as_uri()
            seen.page.go_back()


@pytest.mark.slow
def test_the_list_of_reports_shuts_nobody_out(browser, written, tmp_path):
    folder = tmp_path / "2014" / "sv"
    folder.mkdir(parents=True)
    shutil.copy(written(2014, "sv", "index"), folder)
    run._overview(tmp_path, "sv")
    with visit(browser, tmp_path / "index.html") as seen:
        assert shut_out(seen) == {}
        assert seen.page.locator("main a").first.get_attribute("href") == "2014/sv/index.html"


# What looks, sees: a page of our own without a fault, and the same page with one


GOOD = """<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>Prov</title>
<meta name="viewport" content="width=device-width"><!--head--></head>
<body><main><h1>Prov</h1><p>Text.</p>
<img alt="En ruta som bara finns för detta prov" width="20" height="20"
 src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<div class="drawings"><svg aria-hidden="true" viewBox="0 0 90 90" width="90" height="90">
<text y="50" font-size="12">Ord</text></svg></div>
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
    "a broad table": ("cut_off", '<div class="table"><p style="width:2000px">bred</p></div>'),
    "a picture without a word": ("unsaid", '<img src="data:image/gif;base64,R0lGOD">'),
    "a drawing without a word": ("unsaid", '<div role="img" class="drawings">Ord</div>'),
    "the same word twice": (
        "unsaid",
        '<img alt="En ruta som bara finns för detta prov" src="data:image/gif;base64,R0lGOD">',
    ),
    "small words": (
        "too_small",
        '<div class="drawings"><svg viewBox="0 0 90 90" width="45" height="45">'
        '<text y="50" font-size="12">Ord</text></svg></div>',
    ),
    "a click for a mouse": ("out_of_reach", '<button tabindex="-1">Tryck</button>'),
    "no map": ("drawn", "<script>document.querySelector('path').remove()</script>"),
}
SEES = {
    "elsewhere": elsewhere,
    "console": lambda seen: seen.console,
    "drawn": lambda seen: [] if drawn(seen.page) else ["nothing"],
} | {
    look.__name__: lambda seen, look=look: look(seen.page)
    for look in (barriers, sideways, cut_off, unsaid, too_small, out_of_reach)
}


@pytest.fixture(scope="module")
def phone(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """A phone on which those that look are tried, one page after the other."""
    file = tmp_path_factory.mktemp("phone") / "en sida på prov.html"
    file.write_text(GOOD, encoding="utf-8")
    with visit(browser, file, 390) as opened:
        yield opened


def faults(phone: Visit, html: str, *kinds: str) -> list[str]:
    """What those that look for these kinds of faults see in a page."""
    phone.file.write_text(html, encoding="utf-8")
    phone.page.goto("about:blank")
    phone.requests.clear()
    phone.console.clear()
    phone.page.goto(phone.file.as_uri(), wait_until="load")
    phone.page.wait_for_timeout(150)
    return [fault for kind in kinds for fault in SEES[kind](phone)]


def test_a_page_without_a_fault_has_none(phone):
    assert faults(phone, GOOD, *SEES) == []
    assert is_tagged(phone.page.pdf(tagged=True, outline=True))
    assert not is_tagged(phone.page.pdf(tagged=False))


@pytest.mark.parametrize(("kind", "html"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_seen(phone, kind, html):
    assert faults(phone, GOOD.replace("<!--body-->", html), kind)


def test_axe_runs_in_a_page_that_allows_no_script(phone):
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    assert faults(phone, GOOD.replace("<!--head-->", head), *SEES) == []
