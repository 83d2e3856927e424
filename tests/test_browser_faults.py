"""What looks at pages sees: a page of our own without a fault, and the same page with one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from .browser import (
    Visit,
    barriers,
    cut_off,
    drawn,
    elsewhere,
    is_tagged,
    out_of_reach,
    settle,
    sideways,
    too_small,
    unsaid,
    visit,
)

pytestmark = [pytest.mark.browser]

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
    settle(phone.page)
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
