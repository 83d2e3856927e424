"""The page with the chain on the map: printed, as a table, to click in, and a card a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis import chain
from ..analysis.year import Year
from ..data.quantity import are_known, exact, to_numbers
from . import blocks
from .blocks import Block, Said, has_content
from .context import Context, picture_words, section, show_chart

Place = Mapping[str, Any]
CSS = {"home": "home", "member": "friend", "former": "former"}
DATED = ("members", "amount")  # told with the year they are of
ASKED = (*DATED, "last")  # what a card says is not known, where another card tells it
MOST_NAMES = 6  # in a sentence; of more, only their number is said
PAGE = "02_chain_map"


def known_of_place(context: Context, place: Place) -> dict[str, Any]:
    """What is known of a place, for its card and its pop-up; a dated number with its year."""
    town, of = place["town"], _by_town(context.year)
    found = {
        "local_name": place["local_name"].replace(context.place_name(town), ""),
        "admitted": place["entered"],
        "other_years": place["entered_other"],
        "left": place["left"],
    }
    if place["role"] != "former":
        for what in DATED:
            row = of[what][town]
            found[what] = [row[what], row["year"]] if has_content(row[what]) else []
        found["last"] = of["last"][town]["last"]
    found["merged"] = place["merged"]
    found["distance_km"] = place["distance_km"] if place["role"] != "home" else ""
    return {what: value for what, value in found.items() if has_content(value)}


@lru_cache(maxsize=4)
def _by_town(year: Year) -> dict[str, dict[Any, dict[str, Any]]]:
    """The frames that cards are made of, each as the row of every town."""
    frames = {"members": year.members, "amount": year.support, "last": year.hosting}
    return {what: frame.set_index("town").to_dict("index") for what, frame in frames.items()}


def describe_place(
    context: Context, known: Place, show: Callable[[Any], Said]
) -> list[tuple[str, Said]]:
    """What is known of a place in words: what it is, and what is so."""
    said: list[tuple[str, Said]] = []
    for what, value in known.items():
        number, *year = value if what in DATED else [value]
        shown = show(number)
        if year and year[0].is_known:
            shown = Markup("{} ({})").format(shown, show(year[0]))
        said.append((context.plain(f"card.{what}"), shown))
    return said


def describe_location(context: Context, place: Place) -> str:
    """The country or area, with its country if that is another; what is no town is said."""
    area = context.place_name(place["area"])
    country = context.text.locale.territories.get(place["country"], area)
    whole = area if area in country else f"{area} ({country})"
    return context.first_sentence(context.plain, "place_kind", place["kind"], area=whole) or whole


def _what(context: Context, place: Place) -> str:
    role = context.plain(f"role.{place['role']}")
    return context.plain("card.where_role", area=describe_location(context, place), role=role)


def map_rows(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """The places as the maps want them: everything to be printed is said here."""
    frame = frame.dropna(subset=["lat", "lon"]).reset_index(drop=True)
    places = frame.to_dict("records")
    known = [known_of_place(context, place) for place in places]
    sources = [context.sources_of(each.values()) for each in known]
    words = [describe_place(context, each, context.text.format_value) for each in known]
    lines = [[f"{what}: {said}" for what, said in each] for each in words]
    kept = frame[["town", "lat", "lon", "role", "since", "until", "dated", "disputed"]]
    away = frame["distance_km"].map(context.text.format_quantity).where(frame["role"] != "home", "")
    area = frame["area"].map(context.place_name)
    silent = (frame["role"] == "member") & ~are_known(frame["members"])
    return kept.assign(
        label=frame["town"].map(context.place_name),
        area=area,
        says=(area + " · " + away).str.strip(" ·"),
        sign=frame["role"].mask(silent, "unknown"),
        members=to_numbers(frame["members"]),
        lines=[[_what(context, p), *each] for p, each in zip(places, lines, strict=True)],
        sources=[list(dict.fromkeys(source["title"] for source in each)) for each in sources],
    )


@section("map", lambda year: year.presence)
def show_map(context: Context, places: pd.DataFrame) -> Block:
    """The chain on one equal-area picture."""
    rows = map_rows(context, places)
    from ..pictures import map as maps  # for who draws one

    return show_chart(context, "map", maps.draw_map, rows, many=len(rows) > maps.MANY)


@section("place_table", lambda year: year.presence)
def show_places(context: Context, rows: pd.DataFrame) -> Block:
    """One row is a place: where it is, since when, its members, how far away."""
    shown = {
        "place": rows["town"].map(context.place_name),
        "area": [describe_location(context, place) for place in rows.to_dict("records")],
        "admitted": rows["entered"],
        "other_years": rows["entered_other"],
        "left": rows["left"].where(rows["role"] == "former", ""),
        "members": rows["members"].where(rows["role"] != "former", ""),
        "distance_km": rows["distance_km"].where(rows["role"] != "home", ""),
    }
    return context.table(pd.DataFrame(shown), "places")


@section("interactive_map", lambda year: year.presence)
def show_interactive_map(context: Context, places: pd.DataFrame) -> Block:
    """The chain on a map to click in, year by year."""
    from ..pictures import webmap  # folium takes long to import

    rows = map_rows(context, places)
    if rows.empty:
        return Block()
    counted = places[places["dated"] & places["lat"].notna()]
    steps = chain.year_by_year(counted, context.known.year).itertuples()
    begins = bool(rows["dated"].all())  # else an earlier place may have no year
    years = {
        int(step.year.low): _year(context, step, begins and not at) for at, step in enumerate(steps)
    }
    which = {"gone": rows["until"].notna(), "disputed": rows["disputed"], "undated": ~rows["dated"]}
    named = {name: context.list_places(rows.loc[of, "town"]) or None for name, of in which.items()}
    words, notes = picture_words(context, "map"), context.text.sentences("map.notes", named)
    own = context.municipality.language
    html = webmap.draw_interactive_map(
        rows, words, key="chain", years=years, notes=notes, cited_in=own
    )
    whole = f'<div class="map no-print">{html}</div>'
    return blocks.make_scripted(whole, context.plain("map.words.label"))


def _year(context: Context, step: Any, begins: bool) -> str:
    """What changed in a year and how many places there were at its end."""
    kind = "begins" if begins else "_".join(n for n in ("joined", "left") if getattr(step, n))
    said = {name: _few(context, getattr(step, name)) for name in ("joined", "left")}
    said["places"] = context.plain("map.places", places=exact(step.places.low))
    return context.plain(f"map.year.{kind or 'same'}", year=exact(step.year.low, "year"), **said)


def _few(context: Context, towns: list[str]) -> str:
    many = len(towns) > MOST_NAMES
    return (
        context.plain("map.places", places=exact(len(towns)))
        if many
        else context.list_places(towns)
    )


@section("cards", lambda year: year.presence)
def show_cards(context: Context, rows: pd.DataFrame) -> Block:
    """A short card a place: what is known of it, and last what is not."""
    places = rows.head(blocks.MOST_ROWS).to_dict("records")
    known = [known_of_place(context, place) for place in places]
    asked = [what for what in ASKED if any(what in each for each in known)]
    cards = [
        {
            "name": context.place_name(place["town"]),
            "css": CSS[place["role"]],
            "where": _what(context, place),
            "pairs": describe_place(context, each, context.text.value_html),
            "text": context.prose.section(PAGE, place["town"]).html,
            "note": list_unknown(context, place, [what for what in asked if what not in each]),
        }
        for place, each in zip(places, known, strict=True)
    ]
    cut = {"shown": exact(len(cards)), "rows": exact(len(rows))}
    left_out = [context.plain("cut.cards", **cut)] if len(cards) < len(rows) else []
    return blocks.make_block("cards", cards) + blocks.make_block("paragraphs", left_out)


def list_unknown(context: Context, place: Place, names: list[str]) -> str:
    """What is not known of a place that is in the chain, in a sentence."""
    missing = [context.plain(f"card.unknown_{n}") for n in names if place["role"] != "former"]
    return context.plain("card.unknown", missing=missing) if missing else ""
