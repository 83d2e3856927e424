"""Where a number comes from: the notes of a page, and the rows that each fact rests on.

A piece of a page only names the rows it rests on. When the page is whole they are numbered in the
order they are read, and each gets a note from the `catalogue` that the page brings along.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from ..data.quantity import UNKNOWN, Quantity, group_by_key
from ..language import Text, format_row_runs
from . import blocks
from .blocks import Block
from .context import Context


def show_sources(context: Context) -> Block:
    """The place of the notes, and the catalogue they are made from."""
    head = blocks.make_block("heading", context.plain("section.sources.heading"), 2, "sources")
    lead = blocks.make_block("paragraphs", [context.plain("section.sources.text")])
    html = Markup('<section class="sources">{}{}</section>').format(head.html, lead.html)
    return Block(
        html, context.plain("section.sources.text"), {"catalogue": source_catalogue(context)}
    )


def source_catalogue(context: Context) -> dict[str, Any]:
    """What a note may say: the title of each source, and of each raw row its source, its place
    in it and what other sources say instead."""
    known = context.known
    rows = {ref: [row["source"], row.get("locator", "")] for ref, row in known.records.items()}
    differ = context.plain("quantity.disputed")
    for case in known.register.itertuples():
        other, origin = (
            context.describe_code(case.other),
            context.cite_row(known.row(case.other_ref)),
        )
        rows[case.used_ref].append(Markup("{}: {} ({})").format(differ, other, origin))
    titles = {source: context.cite(row["title"]) for source, row in known.sources.items()}
    own = context.municipality.language  # in which the places in a source are written
    return {"rows": rows, "titles": titles, "lang": "" if own == context.text.language else own}


def number_notes(soup: Any, page: Mapping[str, Any]) -> None:
    """Number what rests on a source in the order of the page, and write the notes.

    The same rows or the same place in a source share a note. A page without notes links nothing.
    """
    from bs4 import BeautifulSoup, Tag  # for who makes a page

    place = soup.find("section", class_="sources")
    links = soup.main.find_all("a", class_=["n", "cite"])
    if place is None:
        for link in links:
            link.decompose() if "cite" in link["class"] else link.unwrap()
        return
    text, catalogue = Text(page["language"]), page.get("catalogue", {})
    numbers: dict[tuple[str, ...], int] = {}
    notes: list[Markup] = []
    for link in links:
        cited = "cite" in link["class"]
        about = ("data-source", "data-place") if cited else ("data-ref", "data-how")
        rests_on = [link.get(name, "") for name in about]
        number = numbers.setdefault((about[0], *rests_on), len(notes) + 1)
        link["href"] = f"#n{number}"
        if cited:
            beside = link.previous_sibling  # two notes must not read as one number
            noted = isinstance(beside, Tag) and "cite" in (beside.get("class") or "")
            link.string = f", {number}" if noted else str(number)
        if number > len(notes):
            link["id"] = f"r{number}"
            write = _citation_note if cited else partial(_number_note, text)
            notes.append(write(catalogue, *rests_on))
    listed = blocks.render_macro("notes", notes, text.plain("section.sources.back"))
    place.append(BeautifulSoup(listed, "html.parser")) if notes else place.decompose()


def _number_note(text: Text, found: Mapping[str, Any], refs: str, how: str = "") -> Markup:
    """A note on a number: its sources with their places and rows, and how it was computed.

    `refs` are raw rows ("chain:20 chain:21"), `found` is a catalogue.
    """
    rows = sorted(refs.split(), key=lambda ref: int(ref.partition(":")[2]))
    groups = group_by_key(((ref.split(":")[0], found["rows"][ref][0]), ref) for ref in rows)
    said = [escape(text.plain(f"formula.{how}"))] if how else []
    for (table, source), group in sorted(groups.items()):
        places = dict.fromkeys(found["rows"][ref][1] for ref in group if not how)
        lines = [int(ref.split(":")[1]) for ref in group]
        values = {"file": f"{table}.csv", "rows": format_row_runs(lines), "count": len(lines)}
        cited = _citation_note(found, source, "; ".join(filter(None, places)))
        said.append(cited + f" ({text.plain('section.sources.rows', values)})")
    if len(rows) == 1 and not how:
        said += [Markup(rival) for rival in found["rows"][rows[0]][2:]]
    return Markup(" · ").join(said)


def _citation_note(found: Mapping[str, Any], source: str, place: str) -> Markup:
    """A note on a sentence: its source, and the place in it."""
    said, language = Markup(found["titles"][source]), found["lang"]
    marked = blocks.render_macro("in_language", place, language) if language else place
    return said + ": " + marked if place else said


def fact_table(context: Context) -> pd.DataFrame:
    """One row is a fact that sentences may name: fact, about (what follows its colon), year, value
    (`Quantity`; a list has no number), said (in words), formula, rows (those it rests on)."""
    facts, rows = context.year.facts, []
    for name, fact in facts.items():
        year = facts.get(f"{name}.year", facts.get(f"{name}_year"))
        of, when = (each if isinstance(each, Quantity) else UNKNOWN for each in (fact, year))
        said = context.text.format_quantity(fact) if of is fact else context.list_places(fact)
        about = name.partition(":")[2]
        rows.append((name, about, when, of, said, of.formula, ", ".join(of.refs)))
    return pd.DataFrame(rows, columns=["fact", "about", "year", "value", "said", "formula", "rows"])
