"""Charts and maps as blocks of a page: the frame each draws, its words, its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis import chain
from ..data.quantity import exact
from ..language import Missing
from ..pictures import charts, webmap
from ..pictures import map as maps
from ..pictures import map as marks
from . import blocks, frames, listing, records
from .blocks import Block
from .context import Story

TABLES = listing.TABLES | records.TABLES
KEPT = ("town", "lat", "lon", "role", "since", "until", "dated", "disputed")
YEARS = ("admitted", "left")
MOST_NAMES = 6  # in a sentence; of more, only their number is said
ALTS = ("alt_former", "alt", "alt_plain")  # the first whose facts are there


def chart(story: Story, name: str) -> Block:
    """A named chart in two drawings, with the same numbers as a table one click away."""
    frame = frames.FRAMES[name](story)
    if not len(frame):
        return Block(Markup(""))
    key = f"chart.{name}"
    words = frames.words(story, f"{key}.words")
    draw = getattr(charts, name)
    tables = {table: TABLES[table](story) for table in frames.TABLES_OF.get(name, (name,))}
    cells = [cell for table in tables.values() for cell in table.to_numpy().flat]
    try:
        picture = _figure(
            story, key, lambda narrow: draw(frame, words, narrow=narrow), story.publishers(cells)
        )
    except Missing:  # nothing is known that the chart could say
        return Block(Markup(""))
    shown = [
        blocks.titled(table, title, story.text, story.facts).html
        for title, table in tables.items()
        if len(table)
    ]
    fold = Markup("<details><summary>{}</summary>{}</details>").format(
        story.plain("chart.data"), Markup("").join(shown)
    )
    return picture + Block(fold)


def _figure(
    story: Story,
    key: str,
    draw: Callable[[bool], str],
    sources: Sequence[Markup] = (),
    alts: tuple[str, ...] = ALTS,
) -> Block:
    note = story.html(f"{key}.note")
    if sources:
        count = exact(len(sources))
        values = {"count": count, "sources": Markup("; ").join(sources)}
        note += Markup("<br>") + story.text.html("chart.source", values)
    return blocks.figure(
        draw(False),
        draw(True),
        _first(story.plain, story, key, *alts),
        title=_first(story.html, story, key, "finding", "finding_plain"),
        what=_first(story.html, story, key, "what", "what_plain"),
        note=note,
    )


def _first(say: Callable[[str], str], story: Story, key: str, *variants: str) -> str:
    """The first wording whose facts are there."""
    for variant in variants:
        if story.text.has(f"{key}.{variant}"):
            try:
                return say(f"{key}.{variant}")
            except Missing:
                continue
    raise Missing(key)


def places(story: Story) -> pd.DataFrame:
    """The places as the maps want them: everything to be printed is said here."""
    frame = story.year.presence.dropna(subset=["lat", "lon"])
    hosted = story.year.hosting.set_index("town")["last"]
    rows = []
    for _, place in frame.iterrows():
        former, away = place["role"] == "former", place["role"] != "home"
        last = hosted.get(place["town"], chain.NO_YEAR)
        told = {"admitted": place["admitted"]}
        told |= {"left": place["left"]} if former else {"members": place["members"]}
        met = {"contact": place["contact"]} if place["contact"].low != place["since"] else {}
        told |= {name: year for name, year in (met | {"last": last}).items() if year.is_known}
        told |= {"distance": place["distance_km"]} if away else {}
        said = {name: story.amount(quantity) for name, quantity in told.items()}
        lines = [story.plain("map.line.entered_left" if former else "map.line.entered", **said)]
        lines += [story.plain(f"map.line.{n}", **said) for n in said if n not in YEARS]
        role = story.plain(f"role.{place['role']}")
        area = story.area(place)
        rows.append(
            {
                **{name: place[name] for name in KEPT},
                "label": story.name(place["town"]),
                "area": area,
                "members": frames.number(place["members"]),
                "distance_text": story.amount(place["distance_km"]),
                "lines": [story.plain("map.line.role", area=area, role=role), *lines],
                "sources": story.titles(ref for q in told.values() for ref in q.refs),
            }
        )
    return pd.DataFrame(rows)


def static_map(story: Story) -> Block:
    """The chain on one equal-area picture."""
    frame, words = places(story), frames.words(story, "map.words")
    alts = ALTS[-1:] if len(frame) > marks.MANY else ALTS  # nobody listens to hundreds of names
    return _figure(
        story, "map", lambda narrow: maps.static_map(frame, words, narrow=narrow), alts=alts
    )


def interactive_map(story: Story) -> Block:
    """The chain on a map to click in, year by year, under a heading of its own."""
    frame, words = places(story), frames.words(story, "map.words")
    steps = chain.year_by_year(frame, story.known.year).itertuples()
    years = {step.year: _year(story, step, begins=not i) for i, step in enumerate(steps)}
    which = {"gone": frame["until"].notna(), "disputed": frame["disputed"]}
    which |= {"undated": ~frame["dated"]}
    named = {name: story.list_of(list(frame.loc[of, "town"])) for name, of in which.items()}
    notes = story.text.paragraphs("map.notes", {n: said or None for n, said in named.items()})
    fragment = webmap.interactive_map(
        frame, words, key="chain", years=years, notes=notes, cited_in=story.municipality.language
    )
    head = blocks.heading(story.html("section.map_interactive.heading"), 2, "map-interactive")
    head += blocks.paragraphs(story.text.paragraphs("section.map_interactive.text", story.facts))
    html = f'<div class="map no-print">{head.html}{fragment}</div>'
    return blocks.scripted(html, story.plain("map.words.label"))


def _year(story: Story, step: Any, begins: bool) -> str:
    """What changed in a year and how many places there were at its end."""
    kind = "begins" if begins else "_".join(n for n in ("joined", "left") if getattr(step, n))
    said = {name: _named(story, getattr(step, name)) for name in ("joined", "left")}
    said["places"] = _counted(story, step.places)
    return story.plain(f"map.year.{kind or 'same'}", year=exact(step.year, "year"), **said)


def _named(story: Story, towns: list[str]) -> str:
    return story.list_of(towns) if len(towns) <= MOST_NAMES else _counted(story, len(towns))


def _counted(story: Story, number: int) -> str:
    plural = story.text.locale.plural_form(number)
    return story.plain(f"map.places.{plural}", places=exact(number))
