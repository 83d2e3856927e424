"""One short card per place: what is known of it, what is not, and where from."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity
from .blocks import Block
from .context import Story


def cards(story: Story) -> Block:
    """One short card per place: what is known of it, and what is not."""
    frame = story.year.places
    hosting = story.year.hosting.set_index("town")
    support = story.year.support.set_index("town")
    each = [_card(story, place, hosting, support) for _, place in frame.iterrows()]
    html = Markup('<div class="cards">\n{}\n</div>').format(Markup("\n").join(each))
    return Block(html, "\n".join(story.name(town) for town in frame["town"]))


def _card(story: Story, place: pd.Series, hosting: pd.DataFrame, support: pd.DataFrame) -> Markup:
    town, known = place["town"], story.known
    present = place["role"] != "former"
    events = known.used["chain"]
    merged = events.loc[(events["event"] == "merged") & (events["town"] == town), "year"]
    said = known.used["agreements"].query("town == @town", local_dict={"town": town})
    agreed = [
        f"{story.plain(f'agreement.{status}')} ({story.text.shown(levels)})"
        for status, levels in (
            (status, [story.plain(f"agreement.{level}") for level in rows["level"]])
            for status, rows in said.groupby("status", sort=False)
        )
    ]
    lines: list[tuple[str, Any]] = [
        ("local_name", place["local_name"] if place["local_name"] != story.name(town) else ""),
        ("admitted", place["admitted"]),
        ("contact", place["contact"] if place["contact"].low != place["admitted"].low else ""),
        ("left", place["left"] if not present else ""),
        ("members", place["members"] if present else ""),
        ("hosted", hosting.at[town, "hosted"] if present else ""),
        ("last", hosting.at[town, "last"] if present else ""),
        ("support", support.at[town, "amount"] if present else ""),
        ("agreements", "; ".join(agreed)),
        ("merged", [year for year in merged if year.doubt == "exact"]),
        ("distance_km", place["distance_km"] if place["role"] != "home" else ""),
    ]
    shown = [(key, value) for key, value in lines if not _nothing(value)]
    unknown = [
        story.plain(f"card.unknown_{key}")
        for key in ("members", "hosted", "support", "agreements")
        if present
        and key not in dict(shown)
        and not (key == "agreements" and place["role"] == "home")
    ]
    rows = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(
            story.plain(f"card.{key}"), story.text.marked(value)
        )
        for key, value in shown
    )
    notes = known.used["statements"].query("topic == @topic", local_dict={"topic": f"place:{town}"})
    prose = Markup(" ").join(story.prose(row) for _, row in notes.iterrows())
    missing = Markup("<p><b>{}:</b> {}</p>").format(
        story.plain("card.unknown"), story.text.shown(unknown)
    )
    where = story.plain(
        "card.where_role", area=story.area(place), role=story.plain(f"role.{place['role']}")
    )
    facts = pd.concat([f[f["town"] == town] for f in (known.rows["chain"], known.rows["membership"],
                       known.rows["support"], known.rows["meetings"])] + [notes])  # fmt: skip
    return Markup(
        '<section class="card {role}"><h3>{name}</h3><p class="where">{where}</p><dl>{rows}</dl>'
        '{prose}{missing}<p class="note">{label}: {origin}</p></section>'
    ).format(
        role=place["role"],
        name=story.name(town),
        where=where,
        rows=rows,
        prose=Markup("<p>{}</p>").format(prose) if prose else "",
        missing=missing if unknown else "",
        label=story.plain("card.sources"),
        origin=story.origin(facts, located=False),
    )


def _nothing(value: Any) -> bool:
    return not value.is_known if isinstance(value, Quantity) and not value.reason else not value
