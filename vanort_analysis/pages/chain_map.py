"""The page with the chain on the map: printed, as a table, to click in, and a card a place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis import chain
from ..data.quantity import Quantity, exact
from ..pictures import map as maps
from ..pictures import webmap
from . import blocks, charts
from .blocks import Block
from .context import Context, chosen, section

KEPT = ["town", "lat", "lon", "role", "since", "until", "dated", "disputed"]
CSS = {"home": "home", "member": "friend", "former": "former"}
ASKED = ("members", "last", "support")  # what a card says is not known, if another card tells it
MOST_NAMES = 6  # in a sentence; of more, only their number is said
PAGE = "02_chain_map"


def known_of(context: Context, place: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a place, for its card and its pop-up."""
    town, year, role = place["town"], context.year, place["role"]
    history = year.history.set_index("town").loc[town]
    found = {
        "local_name": place["local_name"].replace(context.name(town), ""),
        "admitted": history["entered"],
        "other_years": history["entered_other"],
        "left": place["left"],
        "merged": history["merged"],
        "distance_km": place["distance_km"] if role != "home" else "",
    }
    if role != "former":
        of = {n: getattr(year, n).set_index("town").loc[town] for n in ("members", "support")}
        found["members"] = of["members"]["members"]
        found["members_year"] = of["members"]["year"] if _says(found["members"]) else ""
        found["last"] = year.hosting.set_index("town").at[town, "last"]
        found["support"] = of["support"]["amount"]
    return {what: value for what, value in found.items() if _says(value)}


def _says(value: Any) -> bool:
    """Whether anything is known; that a sum is unknown says that there is one."""
    if isinstance(value, Quantity):
        return value.is_known or value.reason == "unknown_sum"
    return bool(value)


def where(context: Context, place: Mapping[str, Any]) -> str:
    """The country or area, with its country if that is another; what is no town is said."""
    area = context.area(place)
    country = context.text.locale.territories.get(place["country"], area)
    whole = area if country == area else f"{area} ({country})"
    kind = f"place_kind.{place['kind']}"
    return context.plain(kind, area=whole) if context.text.has(kind) else whole


def on_map(context: Context, places: pd.DataFrame) -> pd.DataFrame:
    """The places as the maps want them: everything to be printed is said here."""
    rows = []
    for place in places.dropna(subset=["lat", "lon"]).to_dict("records"):
        told = known_of(context, place)
        refs = (ref for value in told.values() for ref in getattr(value, "refs", ()))
        members = place["members"].value
        role = context.plain(f"role.{place['role']}")
        said = {
            "label": context.name(place["town"]),
            "area": context.area(place),
            "members": float("nan") if members is None else members,
            "distance_text": context.amount(place["distance_km"]),
            "lines": [
                context.plain("card.where_role", area=where(context, place), role=role),
                *(
                    f"{context.plain(f'card.{n}')}: {context.text.shown(v)}"
                    for n, v in told.items()
                ),
            ],
            "sources": [*dict.fromkeys(context.title(context.known.row(ref)) for ref in refs)],
        }
        rows.append({name: place[name] for name in KEPT} | said)
    return pd.DataFrame(rows)


@section("map")
def show_map(context: Context, frame: pd.DataFrame | None) -> Block:
    """The chain on one equal-area picture."""
    rows = on_map(context, chosen(context.year.presence, frame))
    return charts.chart(context, "map", maps.static_map, rows, many=len(rows) > maps.MANY)


@section("place_table")
def show_places(context: Context, frame: pd.DataFrame | None) -> Block:
    """One row is a place: where it is, since when, its members, how far away."""
    rows = chosen(context.year.places, frame)
    history = context.year.history.set_index("town").loc[rows["town"]]
    shown = {
        "place": [context.name(town) for town in rows["town"]],
        "area": [where(context, place) for place in rows.to_dict("records")],
        "admitted": list(history["entered"]),
        "other_years": list(history["entered_other"]),
        "left": rows["left"].where(rows["role"] == "former", ""),
        "members": rows["members"].where(rows["role"] != "former", ""),
        "distance_km": rows["distance_km"].where(rows["role"] != "home", ""),
    }
    return blocks.table(pd.DataFrame(shown), "places", context.text, context.facts)


@section("interactive_map")
def show_interactive_map(context: Context, frame: pd.DataFrame | None) -> Block:
    """The chain on a map to click in, year by year."""
    rows = on_map(context, chosen(context.year.presence, frame))
    if rows.empty:
        return Block()
    steps = chain.year_by_year(rows, context.known.year).itertuples()
    begins = bool(rows["dated"].all())  # else an earlier place may have no year
    years = {step.year: _year(context, step, begins and not at) for at, step in enumerate(steps)}
    which = {"gone": rows["until"].notna(), "disputed": rows["disputed"], "undated": ~rows["dated"]}
    named = {name: context.list_of(rows.loc[of, "town"]) or None for name, of in which.items()}
    html = webmap.interactive_map(
        rows,
        charts.words_of(context, "map.words"),
        key="chain",
        years=years,
        notes=context.text.paragraphs("map.notes", named),
        cited_in=context.municipality.language,
    )
    whole = f'<div class="map no-print">{html}</div>'
    return blocks.scripted(whole, context.plain("map.words.label"))


def _year(context: Context, step: Any, begins: bool) -> str:
    """What changed in a year and how many places there were at its end."""
    kind = "begins" if begins else "_".join(n for n in ("joined", "left") if getattr(step, n))
    said = {name: _named(context, getattr(step, name)) for name in ("joined", "left")}
    said["places"] = context.plain("map.places", places=exact(step.places))
    return context.plain(f"map.year.{kind or 'same'}", year=exact(step.year, "year"), **said)


def _named(context: Context, towns: list[str]) -> str:
    if len(towns) <= MOST_NAMES:
        return context.list_of(towns)
    return context.plain("map.places", places=exact(len(towns)))


@section("cards")
def show_cards(context: Context, frame: pd.DataFrame | None) -> Block:
    """A short card a place: what is known of it, and last what is not."""
    places = chosen(context.year.places, frame).to_dict("records")
    told = [known_of(context, place) for place in places]
    asked = [what for what in ASKED if any(what in one for one in told)]
    cards = []
    for place, one in zip(places, told, strict=True):
        role = context.plain(f"role.{place['role']}")
        present = place["role"] != "former"
        unknown = [context.plain(f"card.unknown_{w}") for w in asked if present and w not in one]
        pairs = [(context.plain(f"card.{w}"), context.text.marked(v)) for w, v in one.items()]
        cards.append(
            {
                "name": context.name(place["town"]),
                "css": CSS[place["role"]],
                "where": context.plain("card.where_role", area=where(context, place), role=role),
                "pairs": pairs,
                "sentences": _sentences(context, place["town"]),
                "note": context.plain("card.unknown", missing=unknown) if unknown else "",
            }
        )
    return blocks.cards(cards)


def _sentences(context: Context, town: str) -> list[Markup]:
    """The municipality's own paragraphs about a place."""
    html = context.prose.section(PAGE, town).html if town in context.prose.keys(PAGE) else ""
    return [Markup(said) for said in re.findall(r"<p>(.*?)</p>", html, re.DOTALL)]
