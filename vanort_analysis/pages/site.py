"""What holds the pages together: their files, title, navigation and sources; and the pages that are
mostly prose: index, background, accessibility."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..data.schema import read_toml
from ..language import MissingFact
from . import prose
from .blocks import Block, make_block, render_macro, wrap_blocks
from .context import Context, add_place_names, blank_unknown, section
from .memo import show_summary

PAGES = ("decision_memo", "background", "chain_map", "trends", "data_quality")  # in reading order
STEMS = {stem.partition("_")[2] or stem: stem for stem in prose.PAGES}  # of their texts
FILES = {name: f"{stem}.html" for name, stem in STEMS.items()}
FORMS = {  # the files beside the pages, in the order of the list
    "memo": "04_decision_memo.[dp]*",  # docx and pdf
    "report": "*-[0-9]*.*",
    "workbook": "data/*.xlsx",
    "package": "data/datapackage.json",
    "geojson": "data/*.geojson",
}
# what the tests measure on every page: widths, schemes, rules, tools, findings, and when
MEASURES = read_toml("pages/accessibility.toml")
CONTACT = ("email", "phone", "page")  # a municipality may leave out any of them


def page_top(context: Context, name: str) -> Block:
    """A page's title and lead, and the metadata of the page for the exporter."""
    heading = context.prose.heading(STEMS[name])
    top = heading + context.prose.section(STEMS[name])
    top += make_block("paragraphs", context.text.sentences("site.stale", context.facts))
    if name in PAGES:
        top += make_block("paragraphs", [context.plain("site.numbers")], "hint")
    title = heading.html.striptags()
    if name != "index":
        title = context.plain("site.title", heading=title)
    page: dict[str, Any] = {"language": context.text.language, "name": name.replace("_", "-")}
    page |= {"title": title, "description": context.plain(f"page.{name}.description")}
    page |= {"site": context.plain("site.name"), "footer": _list_footer(context)}
    page |= {"file": FILES[name], "pages": [(each, FILES[each]) for each in ("index", *PAGES)]}
    return Block(top.html, page)


def _list_footer(context: Context) -> list[str]:
    """How to cite the report, what its fingerprint means, and who keeps the reference data."""
    sources = context.known.used["sources"]
    sources = sources[sources["kind"] == "reference data"].drop_duplicates("publisher")
    terms = (" (" + sources["licence"] + ")").where(sources["licence"].str.startswith("CC"), "")
    fingerprint = context.fingerprint[:12]  # enough to tell two reports apart by eye
    facts = {
        **context.facts,
        "fingerprint": Markup('<data value="{0}">{0}</data>').format(fingerprint),
        "reference_sources": (sources["publisher"] + terms).map(context.cite).to_list(),
        "statement": _link_page(context, "accessibility"),
    }
    return list(map(str, context.text.sentences("site.footer", facts)))


def _link_page(context: Context, name: str) -> Markup:
    return render_macro("link", context.plain(f"page.{name}.nav"), FILES[name])


def show_key_figures(context: Context, name: str) -> Block:
    """The large figures of a page whose facts are known, each with what it is a figure of."""
    figures = []
    for template in context.text.get("key").get(name, []):
        fact = context.facts.get(template["fact"])
        if isinstance(fact, Quantity) and fact.is_known:
            with suppress(MissingFact):
                what = context.text.fill_html(template["what"], context.facts)
                figures.append((context.text.quantity_html(fact), what))
    return make_block("key_figures", figures)


def show_sources(context: Context) -> Block:
    """The place for the notes, and the catalogue they are made from: one text, as a notebook takes
    long to check and to write each of its cells."""
    catalogue = json.dumps(source_catalogue(context), ensure_ascii=False)
    return Block(render_macro("sources", context.text), {"catalogue": catalogue})


def source_catalogue(context: Context) -> dict[str, Any]:
    """What notes may cite: `titles` by source; `rows` by reference, each as its source, its place
    in it and what other sources say instead; `lang`, the language of both if not the page's."""
    known = context.known
    rows = {ref: [row["source"], row.get("locator", "")] for ref, row in known.records.items()}
    disputed = context.plain("quantity.disputed")
    for case in known.register.itertuples():
        row = known.records[case.other_ref]
        other, source = context.describe_cell(row, case.column), context.cite_row(row)
        rows[case.used_ref].append(Markup("{}: {} ({})").format(disputed, other, source))
    titles = {source: context.source_title(row) for source, row in known.sources.items()}
    return {"rows": rows, "titles": titles, "lang": context.source_language}


def index_page(context: Context, folder: Path) -> list[Block]:
    """The first page: the memo and its answer, the other forms in `folder`, the other pages."""
    memo, *others = (
        _link_page(context, name) + " " + context.html(f"page.{name}.description") for name in PAGES
    )
    forms = make_block("items", list(_list_forms(context, folder)), "ul", "forms")
    pages = make_block("items", others, "ul", "pages")
    return [
        page_top(context, "index"),
        make_block("items", [memo], "ul", "pages first"),
        show_summary(context),
        show_key_figures(context, "index"),
        context.prose.section_with_heading("index", "forms", forms) if forms.html else Block(),
        context.prose.section_with_heading("index", "pages", pages),
        show_sources(context),
    ]


def _list_forms(context: Context, folder: Path) -> Iterator[Markup]:
    """Links to the files in the folder beside the pages, with kind and size."""
    for form, pattern in FORMS.items():
        what = context.plain(f"forms.{form}")
        for path in sorted(folder.glob(pattern), reverse=True):
            kind = context.plain(f"forms.kind.{path.suffix[1:]}")
            size = exact(max(1, round(path.stat().st_size / 1000)), "kB")
            label = context.html("forms.link", what=what, kind=kind, size=size)
            yield render_macro("link", label, path.relative_to(folder).as_posix())


@section("agreements", lambda year: year.known.used["agreements"])
def show_agreements(context: Context, rows: pd.DataFrame) -> Block:
    """Agreements within the chain; the text says if none was found."""
    rows = rows[(rows["status"] != "none_found") & rows["town"].isin(context.year.places["town"])]
    rows = add_place_names(context, rows)
    rows["status"] = [context.describe_agreement(row) for row in rows.to_dict("records")]
    level = rows["level"].mask(rows["town"] == context.year.home, "own")
    rows["level"] = ("agreement." + level).map(context.plain)
    shown = blank_unknown(rows, "place", "level", "status", "from_year", "to_year")
    return context.table(shown, "agreements")


@section("activities", lambda year: year.known.used["activities"])
def show_activities(context: Context, rows: pd.DataFrame) -> Block:
    """Exchanges, requests and minutes, newest first, in a fold."""
    first_years = rows["year"].map(lambda year: year.low)
    rows = rows.loc[first_years.iloc[::-1].sort_values(ascending=False, kind="stable").index]
    is_past = (rows["status"] == "done") | ~rows["municipal_role"].isin(["funded", "took_part"])
    roles = rows["municipal_role"].where(is_past, "").replace("", "none")
    shown = rows[["year"]].assign(
        what=context.render_row_texts(rows),
        status=("status." + rows["status"]).map(context.plain),
        role=("municipal_role." + roles).map(context.plain),
    )
    return wrap_blocks("fold", context.plain("fold.activities"), context.table(shown, "activities"))


def accessibility_page(context: Context) -> list[Block]:
    """The accessibility statement that the law requires, from what the tests measure."""
    page = STEMS["accessibility"]
    shown = {"tests": _show_tests(context)}
    return [page_top(context, "accessibility")] + [
        context.prose.section_with_heading(page, key, shown.get(key, Block()))
        for key in context.prose.section_keys(page)
    ]


def accessibility_facts(contact: Mapping[str, str], country: str) -> dict[str, Any]:
    """The facts of the accessibility statement; `contact` is where readers report faults. Only the
    law of Sweden, and who supervises it, is known."""
    facts: dict[str, Any] = {f"contact_{name}": contact.get(name) for name in CONTACT}
    if contact.get("page", "").startswith(("http://", "https://")):
        facts["contact_page"] = Markup('<a href="{0}">{0}</a>').format(contact["page"])
    return facts | {
        "access_day": exact(MEASURES["assessed"].toordinal(), "date"),
        "access_findings": exact(MEASURES["findings"]),
        "access_widths": list(map(exact, MEASURES["widths"])),
        "access_browser": MEASURES["browser"]["tool"],
        "access_law": exact(1) if country == "SE" else None,
    }


def _show_tests(context: Context) -> Block:
    """One row is a test: what, the tool with its version where that matters, the findings."""
    rows = []
    for test in context.text.get("access_test"):
        tool = MEASURES[test["by"]]
        what = context.text.fill_html(test["what"], context.facts)
        name = f"{tool['tool']} {tool['version']}".strip()
        rows.append({"test": what, "tool": name, "findings": context.facts["access_findings"]})
    return context.table(pd.DataFrame(rows), "access_tests")
