"""The pages that are no notebook: the index, the accessibility statement, the list of reports."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data import files
from ..data.quantity import exact
from ..language import Text, languages
from ..pages import blocks, masthead, wording
from ..pages.blocks import Block
from ..report import Report
from . import page

PARTS = ("status", "shortcomings", "untested", "tests", "contact", "supervision", "outside")
LISTED = ("shortcomings", "untested")
SUPERVISOR = "https://www.digg.se/tdosanmalan"
FORMS = {  # what may lie beside the pages, in the order it is listed
    "pdf": "*.pdf",
    "word": "*.docx",
    "workbook": "data/*.xlsx",
    "package": "data/datapackage.json",
    "geojson": "data/*.geojson",
}


def _index(report: Report, folder: Path | None = None) -> str:
    """The pages, and the other forms that lie in the report's folder."""
    top = report.page("index")
    text, facts = report.text, report.facts
    links = [
        Markup('<a href="{}">{}</a> {}').format(
            wording.FILES[name],
            text.plain(f"page.{name}.nav", facts),
            text.plain(f"page.{name}.description", facts),
        )
        for name in wording.PAGES
    ]
    about = blocks.paragraphs(text.paragraphs("page.index.about", facts), "note")
    pages = blocks.items(links, css="pages")
    other = _forms(text, facts, folder) if folder else Block(Markup(""))
    return _whole("index", top, report.key_figures("index"), pages, about, other, report.sources())


def _forms(text: Text, facts: Mapping[str, Any], folder: Path) -> Block:
    """What lies beside the pages: each file with its kind and size."""
    names = {Path(file).stem: f"page.{page}.nav" for page, file in wording.FILES.items()}
    order = {Path(wording.FILES[page]).stem: place for place, page in enumerate(wording.PAGES)}
    links = []
    for kind, pattern in FORMS.items():
        for path in sorted(folder.glob(pattern), key=lambda path: order.get(path.stem, 0)):
            said = {
                "what": text.plain(names.get(path.stem, f"forms.{kind}"), facts),
                "kind": text.plain(f"forms.kind.{kind}"),
                "size": exact(max(1, round(path.stat().st_size / 1000)), "kB"),
            }
            link = Markup('<a href="{}">{}</a>').format(
                path.relative_to(folder).as_posix(), text.html("forms.link", said)
            )
            links.append(link)
    if not links:
        return Block(Markup(""))
    head = blocks.heading(text.plain("forms.heading"), 2, "forms")
    lead = blocks.paragraphs(text.paragraphs("forms.text", facts))
    return head + lead + blocks.items(links, css="forms")


def _statement(report: Report, _: Path | None = None) -> str:
    """How accessible the pages are, with what a statement must have by law, from what is tested."""
    text, facts = report.text, report.facts | _facts(report)
    pieces = [report.page("accessibility")]
    for part in PARTS:
        key = f"section.access_{part}"
        said = text.paragraphs(f"{key}.text", facts)
        pieces += [
            blocks.heading(text.plain(f"{key}.heading"), 2, f"access-{part}"),
            blocks.items(said) if part in LISTED else blocks.paragraphs(said),
        ]
        if part == "tests":
            pieces.append(blocks.titled(_tests(text, facts), "access_tests", text, facts))
    return _whole("accessibility", *pieces)


@cache
def measured() -> dict[str, Any]:
    """What the tests measure on every page: widths, schemes, rules, tools, findings, and when."""
    return tomllib.loads((files.PACKAGE / "pages" / "accessibility.toml").read_text("utf-8"))


def _facts(report: Report) -> dict[str, Any]:
    """What the statement's sentences name; a contact that is not given leaves its sentence out."""
    measures, text = measured(), report.text
    given = {name: at for name, at in report.facts.items() if name.startswith("contact_")}
    facts: dict[str, Any] = {
        name: Markup('<data value="{0}">{0}</data>').format(at) for name, at in given.items()
    }
    if web := given.get("contact_page"):
        facts["contact_page"] = text.link(web, web)
    if not given:
        facts["contact_missing"] = text.plain("section.access_contact.missing")
    return facts | {
        "access_day": exact(float(measures["assessed"].toordinal()), "date"),
        "access_findings": exact(float(measures["findings"])),
        "access_pages": exact(float(len(wording.FILES))),
        "access_widths": [exact(float(width)) for width in measures["widths"]],
        "access_browser": measures["browser"]["tool"],
        "access_supervisor": text.link(SUPERVISOR, SUPERVISOR),
    }


def _tests(text: Text, facts: dict[str, Any]) -> pd.DataFrame:
    """What was tested with what: a row each, the tool with its version where that decides."""
    measures = measured()
    rows = []
    for test in text.get("access_test"):
        tool = measures[test["by"]]
        rows.append(
            {
                "test": text.html_of(test["what"], facts),
                "tool": f"{tool['tool']} {tool['version']}".strip(),
                "findings": facts["access_findings"],
            }
        )
    return pd.DataFrame(rows)


def _whole(name: str, top: Block, *pieces: Block) -> str:
    shown = [str(piece.html) for piece in (top, *pieces)]
    return page.build(shown, top.page or {}, wording.FILES[name])


def overview(out: Path, language: str) -> None:
    """`index.html` of all reports: every year and language there is, newest first."""
    found = sorted(out.glob("[0-9]*/*/index.html"), reverse=True)
    text = Text(language)
    links = [
        Markup('<a href="{}" hreflang="{}">{} – {}</a>').format(
            path.relative_to(out).as_posix(),
            path.parent.name,
            path.parent.parent.name,
            Text(path.parent.name).get("name"),
        )
        for path in found
        if path.parent.name in languages()
    ]
    head = blocks.heading(text.plain("page.reports.heading"), 1)
    lead = blocks.paragraphs(text.paragraphs("page.reports.lead", {}), "lead")
    pieces = [str(piece.html) for piece in (head, lead, blocks.items(links))]
    files.write({out / "index.html": page.build(pieces, masthead.about_overview(text), "index")})


PAGES: dict[str, Callable[..., str]] = {"index": _index, "accessibility": _statement}
