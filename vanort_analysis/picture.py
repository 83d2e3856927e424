"""Charts and maps as blocks of a page: the frame each draws, its words, its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from markupsafe import Markup

from . import blocks, chain, charts, frames, listing, maps, records, timelines, webmap
from .blocks import Block
from .language import Missing
from .quantity import exact
from .story import Story

TABLES = listing.TABLES | records.TABLES


def chart(story: Story, name: str) -> Block:
    """A named chart in two drawings, with the same numbers as a table one click away."""
    frame = frames.FRAMES[name](story)
    if not len(frame):
        return Block(Markup(""))
    key = f"chart.{name}"
    words = frames.words(story, f"{key}.words")
    draw = getattr(timelines if hasattr(timelines, name) else charts, name)
    tables = {table: TABLES[table](story) for table in frames.TABLES_OF[name]}
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
    story: Story, key: str, draw: Callable[[bool], str], sources: Sequence[Markup] = ()
) -> Block:
    note = story.html(f"{key}.note")
    if sources:
        count = exact(len(sources))
        values = {"count": count, "sources": Markup("; ").join(sources)}
        note += Markup("<br>") + story.text.html("chart.source", values)
    return blocks.figure(
        draw(False),
        draw(True),
        _first(story.plain, story, key, "alt_former", "alt", "alt_plain"),
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


def _places(story: Story) -> pd.DataFrame:
    """The places as the maps want them: everything to be printed is said here."""
    frame = chain.places(story.known, story.home).dropna(subset=["lat", "lon"])
    rows = []
    for _, place in frame.iterrows():
        area, distance = story.area(place), story.amount(place["distance_km"])
        entered = story.amount(place["admitted"])
        left = {"left": story.amount(place["left"])} if place["role"] == "former" else {}
        lines = [
            story.plain("map.line.role", area=area, role=story.plain(f"role.{place['role']}")),
            story.plain(f"map.line.entered{'_left' * bool(left)}", admitted=entered, **left),
        ]
        if not left:
            lines.append(story.plain("map.line.members", members=story.amount(place["members"])))
        if place["role"] != "home":
            lines.append(story.plain("map.line.distance", distance=distance))
        rows.append(
            {
                **{name: place[name] for name in ("town", "lat", "lon", "role", "kind")},
                "label": story.name(place["town"]),
                "area": area,
                "members": frames.number(place["members"]),
                "members_text": story.amount(place["members"]),
                "distance_km": frames.number(place["distance_km"]),
                "distance_text": distance,
                "year": int(place["admitted"].low) if place["admitted"].doubt == "exact" else 0,
                "lines": lines,
            }
        )
    return pd.DataFrame(rows)


def static_map(story: Story) -> Block:
    """The chain on one equal-area picture."""
    places = _places(story)
    words = frames.words(story, "map.words")
    return _figure(story, "map", lambda narrow: maps.static_map(places, words, narrow=narrow))


def interactive_map(story: Story) -> Block:
    """The chain on a map to click in."""
    fragment = webmap.interactive_map(_places(story), frames.words(story, "map.words"), key="chain")
    return blocks.scripted(f'<div class="map">{fragment}</div>', story.plain("map.words.label"))
