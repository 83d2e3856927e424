"""Where a number comes from: the notes of a page, and the rows that each fact rests on.

A block of a page only names the rows it rests on. Once the page is whole, they are numbered in
reading order, and each gets a note from the `catalogue` that the page brings along.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from ..data.quantity import UNKNOWN, Quantity, group_by_key
from ..language import Text, format_row_runs
from .blocks import Block, mark_language, render_macro
from .context import Context


def show_sources(context: Context) -> Block:
    """The place for the notes, and the catalogue they are made from."""
    heading = context.plain("section.sources.heading")
    lead = context.plain("section.sources.text")
    catalogue = {"catalogue": source_catalogue(context)}
    return Block(render_macro("sources", heading, lead), lead, catalogue)


def source_catalogue(context: Context) -> dict[str, Any]:
    """What notes may cite: `titles` by source; `rows` by reference, each as its source, its place
    in it and what other sources say instead; `lang`, the language of both if not the page's."""
    known = context.known
    rows = {ref: [row["source"], row.get("locator", "")] for ref, row in known.records.items()}
    disputed = context.plain("quantity.disputed")
    for case in known.register.itertuples():
        other = context.describe_code(case.other)
        source = context.cite_row(known.records[case.other_ref])
        rows[case.used_ref].append(Markup("{}: {} ({})").format(disputed, other, source))
    titles = {source: context.cite(row["title"]) for source, row in known.sources.items()}
    return {"rows": rows, "titles": titles, "lang": context.source_language}


def number_notes(soup: Any, page: Mapping[str, Any]) -> None:
    """Number the links to sources in the order of the page, and write the notes.

    Links to the same rows or the same place in a source share a note. On a page without a section
    for notes the links are removed.
    """
    from bs4 import BeautifulSoup, Tag  # only pages need it

    section = soup.find("section", class_="sources")
    links = soup.main.find_all("a", class_=["n", "cite"])
    if section is None:
        for link in links:
            link.decompose() if "cite" in link["class"] else link.unwrap()
        return
    if not links:
        section.decompose()
        return
    text = Text(page["language"])
    numbers: dict[tuple[str, ...], int] = {}
    notes: list[Markup] = []
    for link in links:
        source, place = link.get("data-source", ""), link.get("data-place", "")
        refs, formula = link.get("data-ref", ""), link.get("data-how", "")
        number = numbers.setdefault((source, place, refs, formula), len(notes) + 1)
        link["href"] = f"#n{number}"
        if "cite" in link["class"]:
            before = link.previous_sibling  # two notes must not read as one number
            follows = isinstance(before, Tag) and "cite" in (before.get("class") or "")
            link.string = f", {number}" if follows else str(number)
        if number > len(notes):
            link["id"] = f"r{number}"
            notes.append(_render_note(text, page["catalogue"], source, place, refs, formula))
    html = render_macro("notes", notes, text.plain("section.sources.back"))
    section.append(BeautifulSoup(html, "html.parser"))


def _render_note(
    text: Text, catalogue: Mapping[str, Any], source: str, place: str, refs: str, formula: str
) -> Markup:
    """A note on a sentence: its source and the place in it. Or on a number, with raw rows as `refs`
    ("chain:20 chain:21"): its sources with places and rows, and how it was computed."""
    if source:
        return _cite_place(catalogue, source, place)
    rows = catalogue["rows"]
    by_row = sorted(refs.split(), key=lambda ref: int(ref.partition(":")[2]))
    groups = group_by_key(((ref.partition(":")[0], rows[ref][0]), ref) for ref in by_row)
    parts = [escape(text.plain(f"formula.{formula}"))] if formula else []
    for (table, origin), group in sorted(groups.items()):
        places = dict.fromkeys(rows[ref][1] for ref in group if not formula)
        numbers = [int(ref.partition(":")[2]) for ref in group]
        values = {"file": f"{table}.csv", "rows": format_row_runs(numbers), "count": len(numbers)}
        citation = _cite_place(catalogue, origin, "; ".join(filter(None, places)))
        parts.append(citation + f" ({text.plain('section.sources.rows', values)})")
    if len(by_row) == 1 and not formula:
        parts += [Markup(rival) for rival in rows[by_row[0]][2:]]
    return Markup(" · ").join(parts)


def _cite_place(catalogue: Mapping[str, Any], source: str, place: str) -> Markup:
    title = Markup(catalogue["titles"][source])
    return title + ": " + mark_language(escape(place), catalogue["lang"], "") if place else title


def fact_table(context: Context) -> pd.DataFrame:
    """One row is a fact that sentences may name: fact, about (what follows its colon), year, value
    (`Quantity`; unknown for a list), words, formula, rows (those it rests on)."""
    rows = []
    columns = ["fact", "about", "year", "value", "words", "formula", "rows"]
    for name, fact in context.year.facts.items():
        year = context.year.facts.get(f"{name}.year", context.year.facts.get(f"{name}_year"))
        value, year = (each if isinstance(each, Quantity) else UNKNOWN for each in (fact, year))
        words = context.text.format_quantity(fact) if value is fact else context.list_places(fact)
        about = name.partition(":")[2]
        rows.append((name, about, year, value, words, value.formula, ", ".join(value.refs)))
    return pd.DataFrame(rows, columns=columns)
