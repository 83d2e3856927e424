"""What holds the pages together: their files, title and navigation, index, accessibility."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..language import Missing, Text, languages
from . import blocks
from .blocks import Block
from .context import Context
from .sources import sources

PAGES = ("decision_memo", "background", "chain_map", "trends", "data_quality")  # as read
FILES = {
    "index": "index.html",
    "data_quality": "01_data_quality.html",
    "chain_map": "02_chain_map.html",
    "trends": "03_trends.html",
    "decision_memo": "04_decision_memo.html",
    "background": "05_background.html",
    "accessibility": "06_accessibility.html",
}
FORMS = {  # what lies beside the pages, in the order it is listed
    "memo": "04_decision_memo.pdf",
    "memo_word": "04_decision_memo.docx",
    "report": "*-[0-9]*.pdf",
    "report_word": "*-[0-9]*.docx",
    "workbook": "data/*.xlsx",
    "package": "data/datapackage.json",
    "geojson": "data/*.geojson",
}
STEMS = {name: Path(file).stem for name, file in FILES.items()}  # of their texts
FACTS = {"contact_email", "contact_phone", "contact_page"}  # that a municipality may not have
SHORT = 12  # signs of the fingerprint: enough to tell two reports apart by eye
SUPERVISOR = "https://www.digg.se/tdosanmalan"


def top(context: Context, name: str) -> Block:
    """A page's title and lead, and what the exporter needs to know of the page."""
    head = context.prose.heading(STEMS[name]) + context.prose.section(STEMS[name])
    if name in PAGES:
        head += blocks.paragraphs([context.plain("site.numbers")], "hint")
    return Block(head.html, head.plain, about_page(context, name))


def about_page(context: Context, name: str) -> dict[str, Any]:
    """A page's language, title, navigation and footer."""
    text, title = context.text, context.prose.heading(STEMS[name]).html.striptags()
    pages: list[dict[str, Any]] = [
        {"href": FILES[page], "label": context.plain(f"page.{page}.nav"), "current": page == name}
        for page in ("index", *PAGES)
    ]
    pages += [
        {
            "href": f"../{other}/{FILES[name]}",
            "label": Text(other).plain("site.own_language"),
            "current": False,
            "language": other,
        }
        for other in languages()
        if other != text.language
    ]
    whole = title if name == "index" else context.plain("site.title", heading=title)
    return {
        "language": text.language,
        "name": name.replace("_", "-"),
        "title": whole,
        "description": context.plain(f"page.{name}.description"),
        "site": context.plain("site.name"),
        "skip": text.plain("site.skip"),
        "pages_label": text.plain("site.pages"),
        "contents": text.plain("site.contents"),
        "pages": pages,
        "footer": _footer(context),
    }


def _footer(context: Context) -> list[str]:
    """How to cite the report, what its fingerprint means, who keeps the reference data."""
    text, used = context.text, context.known.used["sources"]
    kept = used[used["kind"] == "reference data"].drop_duplicates("publisher")
    terms = [f" ({said})" if said.startswith("CC") else "" for said in kept["licence"]]
    facts = dict(context.facts) | {
        "report_year": Markup("<time>{}</time>").format(context.known.year),
        "fingerprint": Markup('<data value="{0}">{0}</data>').format(context.fingerprint[:SHORT]),
        "reference_sources": [
            context.cited(f"{who}{said}")
            for who, said in zip(kept["publisher"], terms, strict=True)
        ],
        "statement": Markup('<a href="{}">{}</a>').format(
            FILES["accessibility"], context.plain("page.accessibility.nav")
        ),
    }
    return [str(line) for line in text.paragraphs("site.footer", facts)]


def key_figures(context: Context, name: str) -> Block:
    """The large figures of a page whose facts are there, each with what it is a figure of."""
    shown = []
    for key in context.text.get(f"key.{name}"):
        figure = context.facts.get(key["fact"])
        if isinstance(figure, Quantity) and figure.is_known:
            try:
                what = context.text.html_of(key["what"], context.facts)
            except Missing:
                continue
            shown.append((context.text.number(figure), what))
    return blocks.key_figures(shown) if shown else Block()


def index(context: Context, folder: Path) -> list[Block]:
    """The first page: the memo first, then the other forms in `folder`, then the other pages."""
    prose = context.prose
    links = [
        Markup('<a href="{}">{}</a> {}').format(
            FILES[name], context.plain(f"page.{name}.nav"), context.html(f"page.{name}.description")
        )
        for name in PAGES
    ]
    return [
        top(context, "index"),
        blocks.items(links[:1], css="pages first"),
        key_figures(context, "index"),
        prose.heading("index", "forms") + prose.section("index", "forms") + _forms(context, folder),
        prose.heading("index", "pages")
        + prose.section("index", "pages")
        + blocks.items(links[1:], css="pages"),
        sources(context),
    ]


def _forms(context: Context, folder: Path) -> Block:
    """What lies beside the pages: each file with its kind and size."""
    links = []
    for kind, pattern in FORMS.items():
        for path in sorted(folder.glob(pattern)):
            size = exact(max(1, round(path.stat().st_size / 1000)), "kB")
            named = {name: context.plain(f"forms.{name}") for name in (kind, f"kind.{kind}")}
            said = context.html(
                "forms.link", what=named[kind], kind=named[f"kind.{kind}"], size=size
            )
            where = path.relative_to(folder).as_posix()
            links.append(Markup('<a href="{}">{}</a>').format(where, said))
    return blocks.items(links, css="forms")


def accessibility(context: Context) -> list[Block]:
    """How accessible the pages are, as the law wants it said, from what the tests measure."""
    pieces = [top(context, "accessibility")]
    page = STEMS["accessibility"]
    for key in context.prose.keys(page):
        pieces += [context.prose.heading(page, key), context.prose.section(page, key)]
        if key == "tests":
            pieces.append(_tests(context))
    return pieces


@cache
def measured() -> dict[str, Any]:
    """What the tests measure on every page: widths, schemes, rules, tools, findings, and when."""
    found = files(__package__) / "accessibility.toml"
    return tomllib.loads(found.read_text("utf-8"))


def accessibility_facts(contact: Mapping[str, str]) -> dict[str, Any]:
    """What the statement's sentences name, `contact` being whom a reader may tell of a fault."""
    measures = measured()
    given: dict[str, Any] = {f"contact_{way}": at for way, at in contact.items()}
    if web := contact.get("page"):
        given["contact_page"] = Text.link(web, web)
    return given | {
        "access_day": exact(float(measures["assessed"].toordinal()), "date"),
        "access_findings": exact(float(measures["findings"])),
        "access_pages": exact(float(len(FILES))),
        "access_widths": [exact(float(width)) for width in measures["widths"]],
        "access_browser": measures["browser"]["tool"],
        "access_supervisor": Text.link(SUPERVISOR, SUPERVISOR),
    }


def _tests(context: Context) -> Block:
    """What was tested with what: a row each, the tool with its version where that decides."""
    rows = [
        {
            "test": context.text.html_of(test["what"], context.facts),
            "tool": f"{measured()[test['by']]['tool']} {measured()[test['by']]['version']}".strip(),
            "findings": context.facts["access_findings"],
        }
        for test in context.text.get("access_test")
    ]
    return blocks.table(pd.DataFrame(rows), "access_tests", context.text, context.facts)


def overview(reports: Iterable[Path], out: Path, language: str) -> tuple[dict[str, Any], Block]:
    """The page that lists all reports, newest first: what the exporter needs, and its body."""
    text = Text(language)
    title = text.plain("page.reports.heading")
    links = [
        Markup('<a href="{}" hreflang="{}">{} – {}</a>').format(
            path.relative_to(out).as_posix(),
            path.parent.name,
            path.parent.parent.name,
            Text(path.parent.name).get("name"),
        )
        for path in sorted(reports, reverse=True)
        if path.parent.name in languages()
    ]
    about = {
        "skip": text.plain("site.skip"),
        "language": language,
        "name": "reports",
        "title": title,
        "site": title,
        "description": text.plain("page.reports.description"),
        "pages_label": text.plain("site.pages"),
        "contents": "",
        "pages": [],
        "footer": [],
    }
    lead = blocks.paragraphs([text.plain("page.reports.lead")], "lead")
    return about, blocks.heading(title, 1) + lead + blocks.items(links)
