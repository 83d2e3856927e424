"""What holds the pages together: their files, title and navigation; and the pages that are mostly
prose: index, background, accessibility."""

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..language import MissingFact, Text, available_languages
from . import blocks, prose
from .blocks import Block
from .context import Context, add_place_names, blank_unknown, section
from .sources import show_sources

PAGES = ("decision_memo", "background", "chain_map", "trends", "data_quality")  # as read
STEMS = {stem.partition("_")[2] or stem: stem for stem in prose.PAGES}  # of their texts
FILES = {name: f"{stem}.html" for name, stem in STEMS.items()}
FORMS = {  # what lies beside the pages, in the order it is listed
    "memo": "04_decision_memo.pdf",
    "memo_word": "04_decision_memo.docx",
    "report": "*-[0-9]*.pdf",
    "report_word": "*-[0-9]*.docx",
    "workbook": "data/*.xlsx",
    "package": "data/datapackage.json",
    "geojson": "data/*.geojson",
}
CONTACT = ("email", "phone", "page")  # that a municipality may not have
SHORT = 12  # signs of the fingerprint: enough to tell two reports apart by eye
LINK = Markup('<a href="{0}">{0}</a>')  # no template is read before there is a page
SUPERVISOR = "https://www.digg.se/tdosanmalan"


def page_top(context: Context, name: str) -> Block:
    """A page's title and lead, and what the exporter needs to know of the page."""
    heading = context.prose.heading(STEMS[name])
    head = heading + context.prose.section(STEMS[name])
    head += blocks.make_block("paragraphs", context.text.sentences("site.stale", context.facts))
    if name in PAGES:
        head += blocks.make_block("paragraphs", [context.plain("site.numbers")], "hint")
    said = heading.html.striptags()
    title = said if name == "index" else context.plain("site.title", heading=said)
    about = describe_page(context.text, name, title, context.facts)
    about |= {"site": context.plain("site.name"), "footer": _footer(context)}
    return Block(head.html, head.plain, about | {"pages": _navigation(context, name)})


def describe_page(text: Text, name: str, title: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the exporter needs to know of any page."""
    words = {key: text.plain(f"site.{key}") for key in ("skip", "contents")}
    words["pages_label"] = text.plain("site.pages")
    words["description"] = text.plain(f"page.{name}.description", facts)
    about = {"language": text.language, "name": name.replace("_", "-"), "title": title}
    return about | words | {"site": title, "pages": [], "footer": []}


def _navigation(context: Context, name: str) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = [
        {"href": FILES[page], "label": context.plain(f"page.{page}.nav"), "current": page == name}
        for page in ("index", *PAGES)
    ]
    for other in available_languages():
        if other != context.text.language:
            label = Text(other).plain("site.own_language")
            pages.append({"href": f"../{other}/{FILES[name]}", "label": label, "language": other})
    return pages


def _footer(context: Context) -> list[str]:
    """How to cite the report, what its fingerprint means, who keeps the reference data."""
    used, mark = context.known.used["sources"], context.fingerprint[:SHORT]
    kept = used[used["kind"] == "reference data"].drop_duplicates("publisher")
    terms = (" (" + kept["licence"] + ")").where(kept["licence"].str.startswith("CC"), "")
    facts = {
        **context.facts,
        "fingerprint": Markup('<data value="{0}">{0}</data>').format(mark),
        "reference_sources": (kept["publisher"] + terms).map(context.cite).to_list(),
        "statement": _link(context, "accessibility"),
    }
    return list(map(str, context.text.sentences("site.footer", facts)))


def _link(context: Context, name: str) -> Markup:
    return blocks.render_macro("link", context.plain(f"page.{name}.nav"), FILES[name])


def show_key_figures(context: Context, name: str) -> Block:
    """The large figures of a page whose facts are there, each with what it is a figure of."""
    shown = []
    for key in context.text.get(f"key.{name}"):
        figure = context.facts.get(key["fact"])
        if isinstance(figure, Quantity) and figure.is_known:
            with suppress(MissingFact):
                what = context.text.fill_html(key["what"], context.facts)
                shown.append((context.text.quantity_html(figure), what))
    return blocks.make_block("key_figures", shown)


def index_page(context: Context, folder: Path) -> list[Block]:
    """The first page: the memo first, then the other forms in `folder`, then the other pages."""
    prose = context.prose
    described = [context.html(f"page.{name}.description") for name in PAGES]
    links = [_link(context, name) + " " + said for name, said in zip(PAGES, described, strict=True)]
    return [
        page_top(context, "index"),
        blocks.make_block("items", links[:1], "ul", "pages first"),
        show_key_figures(context, "index"),
        prose.section_with_heading("index", "forms", _forms(context, folder)),
        prose.section_with_heading(
            "index", "pages", blocks.make_block("items", links[1:], "ul", "pages")
        ),
        show_sources(context),
    ]


def _forms(context: Context, folder: Path) -> Block:
    links = []
    for kind, pattern in FORMS.items():
        what, of = context.plain(f"forms.{kind}"), context.plain(f"forms.kind.{kind}")
        for path in sorted(folder.glob(pattern)):
            size = exact(max(1, round(path.stat().st_size / 1000)), "kB")
            said = context.html("forms.link", what=what, kind=of, size=size)
            links.append(blocks.render_macro("link", said, path.relative_to(folder).as_posix()))
    return blocks.make_block("items", links, "ul", "forms")


@section("agreements", lambda year: year.known.used["agreements"])
def show_agreements(context: Context, rows: pd.DataFrame) -> Block:
    """Agreements within the chain; that none was found is said in the text."""
    rows = rows[(rows["status"] != "none_found") & rows["town"].isin(context.year.places["town"])]
    said = {of: ("agreement." + rows[of]).map(context.plain) for of in ("level", "status")}
    shown = blank_unknown(
        add_place_names(context, rows.assign(**said)), "place", *said, "from_year"
    )
    return context.table(shown, "agreements")


@section("activities", lambda year: year.known.used["activities"])
def show_activities(context: Context, rows: pd.DataFrame) -> Block:
    """Exchanges, requests and minutes, newest first, in a fold."""
    rows = rows.iloc[::-1]
    shown = rows[["year"]].assign(
        what=context.own_sentences(rows),
        status=("status." + rows["status"]).map(context.plain),
        role=("municipal_role." + rows["municipal_role"].replace("", "none")).map(context.plain),
    )
    return blocks.fold_blocks(context.plain("fold.activities"), context.table(shown, "activities"))


def accessibility_page(context: Context) -> list[Block]:
    """How accessible the pages are, as the law wants it said, from what the tests measure."""
    page, prose = STEMS["accessibility"], context.prose
    under = {"tests": [_tests(context)]}
    sections = [
        prose.section_with_heading(page, key, *under.get(key, []))
        for key in prose.section_keys(page)
    ]
    return [page_top(context, "accessibility"), *sections]


@cache
def accessibility_results() -> dict[str, Any]:
    """What the tests measure on every page: widths, schemes, rules, tools, findings, and when."""
    found = files(__package__) / "accessibility.toml"
    return tomllib.loads(found.read_text("utf-8"))


def accessibility_facts(contact: Mapping[str, str]) -> dict[str, Any]:
    """What the statement's sentences name, `contact` being whom a reader may tell of a fault."""
    given: dict[str, Any] = {f"contact_{way}": contact.get(way) for way in CONTACT}
    if (web := contact.get("page", "")).startswith(("http://", "https://")):
        given["contact_page"] = LINK.format(web)
    return given | {
        "access_day": exact(accessibility_results()["assessed"].toordinal(), "date"),
        "access_findings": exact(accessibility_results()["findings"]),
        "access_pages": exact(len(FILES)),
        "access_widths": list(map(exact, accessibility_results()["widths"])),
        "access_browser": accessibility_results()["browser"]["tool"],
        "access_supervisor": LINK.format(SUPERVISOR),
    }


def _tests(context: Context) -> Block:
    """What was tested with what: a row each, the tool with its version where that decides."""
    rows, found = [], context.facts["access_findings"]
    for test in context.text.get("access_test"):
        what, by = (
            context.text.fill_html(test["what"], context.facts),
            accessibility_results()[test["by"]],
        )
        rows.append((what, f"{by['tool']} {by['version']}".strip(), found))
    return context.table(pd.DataFrame(rows, columns=["test", "tool", "findings"]), "access_tests")


def overview_page(reports: Iterable[Path], out: Path, language: str) -> list[Block]:
    """The page that lists all reports, newest first."""
    text, links = Text(language), []
    title, lead = text.plain("page.reports.heading"), text.plain("page.reports.lead")
    for path in sorted(reports, reverse=True):
        year, of = path.parent.parent.name, path.parent.name
        if of in available_languages():
            said = f"{year} – {Text(of).get('name')}"
            links.append(blocks.render_macro("link", said, path.relative_to(out).as_posix(), of))
    shown = blocks.make_block("heading", title, 1) + blocks.make_block("paragraphs", [lead], "lead")
    shown += blocks.make_block("items", links)
    return [Block(shown.html, page=describe_page(text, "reports", title, {}))]
