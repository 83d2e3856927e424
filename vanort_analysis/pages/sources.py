"""Where a number comes from: the source list of a page, and the way from raw row to page."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from ..data.quantity import Quantity
from ..data.schema import TABLES
from ..language import runs
from . import blocks
from .blocks import Block
from .context import Story


def sources(story: Story) -> Block:
    """Where every number shown so far comes from, with links back to it.

    Numbers as stated stand under their source, in the order of the alphabet, computed ones last,
    under how they are computed.
    """
    groups: dict[tuple[bool, Markup], list[Markup]] = {}
    for number, ((refs, formula), shown) in enumerate(story.citations.entries.items(), start=1):
        rows = [story.known.row(ref) for ref in refs]
        titles = dict.fromkeys(story.title(row) for row in rows)
        stated = not formula and len(titles) == 1
        how = f"formula.{formula}" if formula else "section.sources.calculated"
        head = story.cited(*titles) if stated else escape(story.plain(how))
        back = Markup(" ").join(
            Markup('<a href="#{}-{}">↑{}</a>').format(number, i, i)
            for i in range(1, len(shown) + 1)
        )
        origin = Markup(" · ").join([*_references(story, refs, stated), *_others(story, refs)])
        item = Markup('<li id="{0}">{1} {2}</li>').format(number, origin, back)
        groups.setdefault((not stated, head), []).append(item)
    order = sorted(groups, key=lambda group: (group[0], story.text.order(group[1].striptags())))
    entries = [
        Markup("<li>{}\n<ul>\n{}\n</ul></li>").format(group[1], Markup("\n").join(groups[group]))
        for group in order
    ]
    html = Markup('<section class="sources">{}<ul>\n{}\n</ul></section>').format(
        blocks.heading(story.plain("section.sources.heading"), 2, "sources").html
        + blocks.paragraphs(story.text.paragraphs("section.sources.text", {})).html,
        Markup("\n").join(entries),
    )
    return Block(html, f"{len(story.citations.entries)}")


def _references(story: Story, refs: tuple[str, ...], stated: bool) -> list[Markup]:
    """Raw rows, those of one table and source in one breath: title, place in it, file and rows.

    `stated`: the title stands above already.
    """
    rows = [(ref.split(":")[0], int(ref.split(":")[1]), story.known.row(ref)) for ref in refs]
    rows.sort(key=lambda item: (item[0], item[2]["source"], item[1]))
    said = []
    for (table, _), group in groupby(rows, key=lambda item: (item[0], item[2]["source"])):
        found = list(group)
        numbers = story.plain(
            "section.sources.rows",
            file=f"{table}.csv",
            rows=runs(n for _, n, _ in found),
            count=len(found),
        )
        origin = story.origin([row for _, _, row in found], titled=not stated, located=stated)
        said.append(Markup("{} ({})").format(origin, numbers) if origin else escape(numbers))
    return said


def _others(story: Story, refs: tuple[str, ...]) -> list[Markup]:
    """What other sources say of the same, if this is a number as stated."""
    register = story.known.register
    cases = register[(register["used_ref"] == refs[0]) & (len(refs) == 1)]
    return [
        Markup("{}: {} ({})").format(
            story.plain("quantity.disputed"),
            story.word(case.other),
            story.origin([story.known.row(case.other_ref)]),
        )
        for case in cases.itertuples()
    ]


def trace(story: Story, what: str, thing: str) -> str:
    """The way of what is said of a thing: raw row, source, rule, the facts that rest on it.

    `what` is a table or one of its columns (`members`), `thing` a town or another short name.
    """
    table = (
        what if what in TABLES else next(name for name in TABLES if what in TABLES[name].columns)
    )
    rows = story.known.rows[table]
    key = next(column for column in ("town", "measure", "source") if column in rows)
    return "\n\n".join(
        "\n".join(_way(story, table, row)) for row in rows[rows[key] == thing].to_dict("records")
    )


def _way(story: Story, table: str, row: Mapping[str, Any]) -> list[str]:
    ref, register = row["ref"], story.known.register
    cells = [
        f"{column} = {_written(row[column])!r}"
        for column in TABLES[table].columns
        if column not in ("source", "locator", "note")
    ]
    lines = [
        story.plain("section.sources.rows", file=f"{table}.csv", rows=ref.split(":")[1], count=1),
        "  " + ", ".join(cells),
        f"  {story.plain('columns.source')}: {story.origin([row]).striptags()}",
    ]
    for key, own, than in (("trace.not_used", "other", "used"), ("trace.used", "used", "other")):
        for _, case in register[register[f"{own}_ref"] == ref].iterrows():
            rule = story.plain(f"rule.{case['rule']}")
            said = {"value": case[than], "ref": case[f"{than}_ref"], "rule": rule}
            lines.append("  " + story.plain(key, **said))
    on_it = [
        f"{name} = {story.amount(fact)}"
        for name, fact in story.facts.items()
        if isinstance(fact, Quantity) and ref in fact.refs
    ]
    return lines + [f"  {story.plain('trace.facts')}: {'; '.join(on_it)}"] * bool(on_it)


def _written(cell: Any) -> Any:
    return cell.text if isinstance(cell, Quantity) else cell
