"""How a page is opened in a browser, from disk and without a network, and what is seen there.

Widths, schemes, sizes and rules are those that the accessibility statement names, read from the
same file: the statement cannot say more than is tested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT as AXE
from playwright.sync_api import Browser, Page, expect

from vanort_analysis.pages.site import FILES, MEASURES

VIEWS = tuple(zip(MEASURES["widths"], MEASURES["schemes"], strict=True))
LOOKED_AT = {(2014, "sv", name): VIEWS[:2] for name in FILES}  # axe, in each scheme
LOOKED_AT |= {  # what is on them otherwise is seen on the others
    (year, language, name): VIEWS[1:2] if language == "sv" else VIEWS[2:]
    for year, language in ((2014, "en"), (2024, "sv"))
    for name in ("decision_memo", "trends")
}
ROLES = {"table", "caption", "row", "columnheader", "rowheader", "cell"}
SMALLEST = 10.9  # CSS pixels of a word in a picture
HANGS_MS = 120_000  # what a browser has not done by then on any machine, it never does
expect.set_options(timeout=HANGS_MS)


@dataclass
class Visit:
    """An open page, what it asked the network for, and what stands in its console."""

    page: Page
    file: Path
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    views: Sequence[tuple[int, str]] = ()


@contextmanager
def visit(
    browser: Browser, file: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Visit]:
    """Open a file as a double click would, on a machine without a network."""
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    ) as context:
        context.set_default_timeout(HANGS_MS)
        page = context.new_page()
        seen = Visit(page, file)
        page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
        context.on("request", lambda request: seen.requests.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        settle(page)
        yield seen


def settle(page: Page) -> None:
    """Let the page itself come to what a script of it starts a little later, and be drawn once."""
    page.evaluate("""() => new Promise(
        done => setTimeout(() => requestAnimationFrame(() => setTimeout(done)), 150))""")


def stand_still(page: Page) -> None:
    """Wait until the map has moved to where an open pop-up has room."""
    expect(page.locator(".leaflet-pan-anim")).to_have_count(0)


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


def barriers(page: Page, within: str | None = None) -> list[str]:
    """What axe finds, with the element: nobody may be shut out."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    rules = MEASURES["axe"]["rules"]
    options = {"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]}
    found = page.evaluate("([within, how]) => axe.run(within ?? document, how)", [within, options])
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
    page.locator(".leaflet-container").first.scroll_into_view_if_needed()
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


def shut_out(seen: Visit, views: Sequence[tuple[int, str]] = VIEWS[:2]) -> dict[str, list[str]]:
    """What is in somebody's way, by width and scheme; only what is wrong stands in it.

    What is folded is looked into once, as it is the same in every view. axe, which is slow, looks
    at the page in the views that are asked for.
    """
    page, found = seen.page, {"elsewhere": elsewhere(seen), "console": seen.console}
    for width, scheme in VIEWS:
        look(page, width, scheme, is_open=scheme == "dark")
        found[f"{width} {scheme}"] = barriers(page) if (width, scheme) in views else []
        look(page, width, scheme)
        found[f"{width} sideways"] = sideways(page)
        found[f"{width} by keyboard"] = out_of_reach(page)
        found[f"{width} too small"] = too_small(page)
    return {view: faults for view, faults in found.items() if faults}
