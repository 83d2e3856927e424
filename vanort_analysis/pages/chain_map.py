"""The page with the chain on the map: a picture, a table, an interactive map, and place cards."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis import chain
from ..data.quantity import UNKNOWN, Quantity, are_known, exact
from .blocks import MOST_ROWS, Block, Inline, has_content, make_block, make_scripted
from .context import Context, Row, picture_words, section, show_chart

ASKED = ("members", "support", "last")  # of a place in the chain; said to be unknown if so
MOST_NAMES = 6  # named in a sentence
PAGE = "02_chain_map"


def known_of_places(context: Context, rows: pd.DataFrame) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each place, and what is known of it, for a card or pop-up."""
    support = context.year.support.set_index("town")["amount"]
    hosted = context.year.hosting.set_index("town")["last"]
    for place in rows.to_dict("records"):
        town = place["town"]
        known = {
            "local_name": place["local_name"].replace(context.place_name(town), ""),
            "admitted" if place["admitted"].is_known else "contact": place["entered"],
            "other_years": place["entered_other"],
            "left": place["left"],
            "members": place["members"] if place["role"] != "former" else "",
            "support": support.get(town, ""),
            "last": hosted.get(town, ""),
            "merged": place["merged"],
            "distance_km": place["distance_km"] if place["role"] != "home" else "",
        }
        yield place, {name: value for name, value in known.items() if has_content(value)}


def describe_place(
    context: Context, place: Row, known: Row, render: Callable[[Any], Inline]
) -> Iterator[tuple[str, Inline]]:
    """What is known of a place as label and words; a number that has a year with its year."""
    for name, value in known.items():
        words = render(value)
        year = context.facts.get(f"{name}:{place['town']}.year", UNKNOWN)
        if year.is_known:
            words = Markup("{} ({})").format(words, render(year))
        yield context.plain(f"card.{name}"), words


def describe_location(context: Context, place: Row) -> str:
    """The area, with its country if that is another; also the kind of a place that is no town."""
    area = context.place_name(place["area"])
    country = context.text.locale.territories.get(place["country"], area)
    location = area if area in country else f"{area} ({country})"
    kind = f"place_kind.{place['kind']}"
    return context.choose_sentence(context.plain, kind, area=location) or location


def _describe_role(context: Context, place: Row) -> str:
    role = context.plain(f"role.{place['role']}")
    return context.plain("card.where_role", area=describe_location(context, place), role=role)


def map_rows(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """One row is a place with a point, as both maps draw it; of an interval, the middle."""
    frame = frame.dropna(subset=["lat", "lon"]).reset_index(drop=True)
    lines, titles = [], []
    for place, known in known_of_places(context, frame):
        pairs = describe_place(context, place, known, context.text.format_value)
        facts = [f"{name}: {words}" for name, words in pairs]
        lines.append([_describe_role(context, place), *facts])
        sources = context.find_sources(known.values())
        titles.append(list(dict.fromkeys(source["title"] for source in sources)))
    area = frame["area"].map(context.place_name)
    distance = frame["distance_km"].map(context.text.format_quantity)
    distance = distance.where(frame["role"] != "home", "")
    sizes = [(m.low + m.high) / 2 if m.doubt == "between" else m.value for m in frame["members"]]
    uncounted = (frame["role"] == "member") & ~are_known(frame["members"])
    return frame[["town", "lat", "lon", "role", "since", "until", "dated", "disputed"]].assign(
        label=frame["town"].map(context.place_name),
        area=area,
        detail=(area + " · " + distance).str.strip(" ·"),
        sign=frame["role"].mask(uncounted, "unknown"),
        members=pd.Series(sizes, dtype="float"),
        lines=lines,
        sources=titles,
    )


@section("map", lambda year: year.presence)
def show_map(context: Context, places: pd.DataFrame) -> Block:
    """The chain on an equal-area map."""
    from ..pictures import map as maps  # slow to import

    rows = map_rows(context, places)
    return show_chart(context, "map", maps.draw_map, rows, many=len(rows) > maps.MANY)


@section("place_table", lambda year: year.presence)
def show_places(context: Context, rows: pd.DataFrame) -> Block:
    """One row is a place: where it is, since when, its members, how far away."""
    members = rows["members"]
    if "members_year" not in context.facts:
        members = rows.apply(partial(dated_members, context), axis="columns")
    shown = {
        "place": rows["town"].map(context.place_name),
        "area": [describe_location(context, place) for place in rows.to_dict("records")],
        "admitted": rows["entered"],
        "other_years": rows["entered_other"],
        "left": rows["left"].where(rows["role"] == "former", ""),
        "members": members.where(rows["role"] != "former", ""),
        "distance_km": rows["distance_km"].where(rows["role"] != "home", ""),
    }
    return context.table(pd.DataFrame(shown), "places")


def dated_members(context: Context, place: Row) -> Inline | Quantity:
    """The members of a place with their year, or as they are where none are known."""
    if not (members := place["members"]).is_known:
        return members
    year = context.facts[f"members:{place['town']}.year"]
    return context.html("memo.members", members=members, year=year)


@section("interactive_map", lambda year: year.presence)
def show_interactive_map(context: Context, places: pd.DataFrame) -> Block:
    """The chain on an interactive map, year by year."""
    from ..pictures import webmap  # folium is slow to import

    rows = map_rows(context, places)
    if rows.empty:
        return Block()
    counted = places[places["dated"] & places["lat"].notna()]
    places_key = "map.places" if len(counted) == len(places) else "map.counted_places"
    years = {
        int(step.year.low): _describe_year(context, step, places_key)
        for step in chain.year_by_year(counted, context.known.year).itertuples()
    }
    named = {
        "gone": [*rows["label"][rows["until"].notna()]],
        "disputed": [*rows["label"][rows["disputed"]]],
        "undated": [*rows["label"][rows["since"].isna()]],
        "left_undated": [*rows["label"][(rows["role"] == "former") & rows["until"].isna()]],
    }
    words = picture_words(context, "map") | {"cited_in": context.municipality.language}
    notes = context.text.sentences("map.notes", named)
    html = webmap.draw_interactive_map(rows, words, years, notes)
    return make_scripted(f'<div class="map no-print">{html}</div>')


def _describe_year(context: Context, step: Any, places_key: str) -> str:
    """How many places there were at the end of a year, and which came and went in it."""
    places = context.plain(places_key, places=exact(step.places.low))
    sentences = [context.plain("map.year.places", year=exact(step.year.low, "year"), places=places)]
    for change, towns in (("joined", step.joined), ("left", step.left)):
        if 0 < len(towns) <= MOST_NAMES:
            sentences.append(context.plain(f"map.year.{change}", towns=context.list_places(towns)))
    return " ".join(sentences)


@section("cards", lambda year: year.presence)
def show_cards(context: Context, rows: pd.DataFrame) -> Block:
    """A short card for each place: what is known of it, and last what is not."""
    cards = list(list_cards(context, rows.head(MOST_ROWS)))
    block = make_block("cards", cards)
    if len(cards) < len(rows):
        cut = context.plain("cut.cards", shown=exact(len(cards)), rows=exact(len(rows)))
        block += make_block("paragraphs", [cut])
    return block


def list_cards(
    context: Context, rows: pd.DataFrame, skipped: Iterable[str] = ()
) -> Iterator[dict[str, Any]]:
    """What a card says of each place, without what is `skipped`."""
    for place, known in known_of_places(context, rows):
        shown = {name: value for name, value in known.items() if name not in skipped}
        asked = ASKED if place["role"] != "former" else ()
        missing = [context.plain(f"card.unknown_{name}") for name in asked if name not in known]
        yield {
            "name": context.place_name(place["town"]),
            "css": place["role"],
            "where": _describe_role(context, place),
            "pairs": list(describe_place(context, place, shown, context.text.value_html)),
            "text": context.prose.section(PAGE, place["town"]).html,
            "note": context.choose_sentence(context.plain, "card.unknown", missing=missing),
        }
