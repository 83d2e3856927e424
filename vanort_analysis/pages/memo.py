"""The decision memo, in the form of a *tjänsteskrivelse*: points, state of the chain, money."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, are_known, exact
from ..pictures import charts as pictures
from . import blocks, chain_map, trends
from .blocks import Block, Said
from .context import Context, picture_words, section, show_chart

PAGE = "04_decision_memo"
HEAD = ("municipality", "office", "officer", "date", "diary_number", "to")
IN_TABLE = ("local_name", "admitted", "members", "last", "distance_km")  # or on the map page
OUTCOMES = ("decided", "done", "evaluated")
Row = Mapping[str, Any]


def _proposes(context: Context) -> bool:
    return bool(context.year.points_year == context.known.year)


@section("head")
def show_head(context: Context) -> Block:
    """Who writes to whom; what the municipality has not filled in is a blank."""
    given = {"municipality": context.facts["municipality"], **context.municipality.memo}
    said = [context.text.pick_words(given.get(name, "")) for name in HEAD]
    labels = [context.plain(f"memo.head.{name}") for name in HEAD]
    return blocks.make_block("head", zip(labels, said, strict=True), context.plain("memo.blank"))


@section("summary")
def show_summary(context: Context) -> Block:
    """The answer in a box: what, why, the cost, the main doubt, and what no longer holds."""
    used = context.year.points["premises"].explode()
    failed = _premises(context, "no", used) if _proposes(context) else []
    top = blocks.make_block("paragraphs", [context.plain("memo.fails_top")] if failed else [])
    answer = context.prose.section(PAGE, "answer")
    return blocks.frame_blocks("answer", answer, top, blocks.make_block("items", failed))


def _premises(context: Context, holds: str, names: Iterable[str]) -> list[Said]:
    """Those of the premises with this answer, in words; failed ones with the value that says so."""
    checks, said = context.year.checks, list[Said]()
    rows = checks[(checks["holds"] == holds) & checks["check"].isin(list(names))]
    for row in rows.to_dict("records"):
        of = {
            "premise": context.own_sentence(row),
            "value": row["value"],
            "year": _at(context, row),
        }
        said.append(context.html("memo.failed", **of) if holds == "no" else of["premise"])
    return said


def _at(context: Context, row: Row) -> Quantity:
    return row["at"] if row["at"].is_known else exact(context.known.year, "year")


@section("proposal", lambda year: year.points)
def show_points(context: Context, rows: pd.DataFrame) -> Block:
    """The points to decide; each says what is the officer's own and which premise fails."""
    if not _proposes(context):
        return Block()
    rows = rows.rename(columns={"recommendation": "point"})
    rows["said"] = context.own_sentences(rows)
    rows["details"] = [_details(context, row) for row in rows.to_dict("records")]
    return blocks.make_block("points", rows.to_dict("records"))


def _details(context: Context, row: Row) -> list[Said]:
    found: list[Said] = [context.own_sentence(row, "conditions")]
    found += [context.plain("memo.own")] if row["own"] else []
    for answer in ("no", "unknown"):
        if said := Markup(" ").join(_premises(context, answer, row["premises"])):
            found.append(context.html(f"memo.point.{answer}", premises=said))
    return [detail for detail in found if detail]


@section("state", lambda year: year.places)
def show_ties(context: Context, rows: pd.DataFrame) -> Block:
    """The ties on a small map and in one table, and the row of the latest meetings."""
    from ..pictures.map import draw_map  # for who draws one

    rows = rows[rows["role"] != "former"]
    if len(rows) < 2:  # no tie
        return Block()
    status = dict(context.year.activity.set_index(["town", "level"])["status"])
    on_map = chain_map.map_rows(context, context.year.presence.loc[rows.index])
    on_map["sign"] = [status.get((town, "civil"), "home") for town in on_map["town"]]
    on_map["says"] = on_map["sign"].map(picture_words(context, "chart.ties"))
    draw = partial(draw_map, small=True)
    cells = [_tie(context, place, status) for place in rows.to_dict("records")]
    drawn = show_chart(context, "chart.ties", draw, on_map.assign(members=1.0))
    met = show_chart(
        context, "chart.memo_meetings", pictures.draw_meeting_row, trends.yearly_meetings(context)
    )
    return drawn + context.table(pd.DataFrame(cells), "ties") + met


def _tie(context: Context, place: Row, status: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    town, since, contact = place["town"], place["admitted"], place["contact"]
    if not since.is_known:
        since = contact
    elif contact.is_known and contact.low != since.low:
        since = context.html("memo.since", since=since, contact=contact)
    members = place["members"]
    if members.is_known:
        counted = context.year.members.set_index("town").at[town, "year"]
        members = context.html("memo.members", members=members, year=counted)
    levels = ("municipal", "civil")
    states = {of: _sign(context, "status", status.get((town, of), "")) for of in levels}
    support = context.year.support.set_index("town").loc[town]
    if support["relation"] == "dormant_agreement":
        agreed = {"state": states["municipal"], "year": support["year"]}
        states["municipal"] = context.html("memo.dormant_agreement", **agreed)
    met = context.facts.get(f"meeting:{town}", "")
    said = {
        "place": context.place_name(town),
        "since": since,
        "members": members,
        "last_meeting": met,
    }
    return said | states


def _sign(context: Context, kind: str, state: str) -> Said:
    """A state as a sign and a word; the home town has no state of a tie."""
    words = [context.plain(f"{of}.{state}") for of in ("mark", kind) if state]
    return blocks.render_macro("state", *words) if words else ""


@section("economy", lambda year: year.support)
def show_economy(context: Context, rows: pd.DataFrame) -> Block:
    """The known support and the proposed grant, in all and per member."""
    rows = rows[are_known(rows["local"])].assign(proposed="")
    cells = [*rows["local"], *rows["per_member"]]
    if _proposes(context) and "grant_each" in context.facts:
        rows = trends.add_grant(context, rows, context.plain("memo.proposal"))
    drawn = trends.money_bars(
        context, rows.assign(place=[_receiver(context, at) for at in rows["town"]])
    )
    key = "chart.money" if _proposes(context) else "chart.money_then"
    return show_chart(context, key, pictures.draw_amounts, drawn, cells=cells)


def _receiver(context: Context, town: str) -> str:
    place, members = context.place_name(town), context.facts.get(f"members:{town}")
    return context.plain("memo.receiver", place=place, members=members) if members else place


@section("premises", lambda year: year.checks[year.checks["about"] == "proposal"])
def show_premises(context: Context, rows: pd.DataFrame) -> Block:
    """Each premise: whether it holds, the value it is judged by, of which year, the threshold."""
    cells = []
    for row in rows.to_dict("records"):
        limit, is_known = row["threshold"], row["value"].is_known
        said = context.plain(f"memo.limit.{row['relation']}", limit=limit) if limit.is_known else ""
        holds = _sign(context, "holds", row["holds"])
        value = context.text.quantity_html(row["value"]) if is_known else ""
        cells.append(
            (context.own_sentence(row), holds, value, _at(context, row) if is_known else "", said)
        )
    columns = ["premise", "holds", "value", "at", "threshold"]
    return context.table(pd.DataFrame(cells, columns=columns), "premises")


@section("follow_up", lambda year: year.follow_up)
def show_follow_up(context: Context, rows: pd.DataFrame) -> Block:
    """What became of earlier points: a line where something is known, one for all the rest."""
    known, told = rows["state"] != "unknown", []
    for row in rows[known].to_dict("records"):
        outcome = {name: row[name] for name in OUTCOMES if row[name]}
        said = [context.own_sentence(row), *context.text.sentences("memo.outcome", outcome)]
        told.append(Markup(" ").join(said))
    shown, rest = blocks.make_block("items", told), context.own_sentences(rows[~known])
    if rest:
        which = context.html(f"memo.{'rest' if told else 'none'}", points=exact(len(rest)))
        shown += blocks.make_block("paragraphs", [which]) + blocks.make_block("items", rest, "ol")
    return shown


@section("recipients")
def show_recipients(context: Context) -> Block:
    """Who gets the decision, and what is appended."""
    given = context.municipality.memo.get("copies_to", [])
    names = context.list_places(map(context.text.pick_words, given))
    said = f"{names}. {context.plain('memo.appendices')}"
    return blocks.make_block("paragraphs", [said] if names else [])


@section("questions")
def show_questions(context: Context) -> Block:
    """The questions politicians ask, each folded over its answer."""
    prose, keys = (
        context.prose,
        [key for key in context.prose.section_keys(PAGE) if key.startswith("q_")],
    )
    asked = [prose.heading(PAGE, key).html.striptags() for key in keys]
    answers = [prose.section(PAGE, key) for key in keys]
    return blocks.frame_blocks("appendix", *map(blocks.fold_blocks, asked, answers))


@section("places", lambda year: year.presence)
def show_place_notes(context: Context, rows: pd.DataFrame) -> Block:
    """One paragraph a place: what is known of it beside the table of ties, and what is not."""
    said = [_place(context, row) for row in rows.to_dict("records")]
    return blocks.frame_blocks("appendix", blocks.make_block("paragraphs", said))


def _place(context: Context, place: Row) -> Markup:
    known = chain_map.known_of_place(context, place)
    beside = {what: value for what, value in known.items() if what not in IN_TABLE}
    told = chain_map.describe_place(context, beside, context.text.value_html)
    said: list[Said] = [context.html("memo.pair", what=what, said=shown) for what, shown in told]
    missing = chain_map.list_unknown(context, place, [n for n in chain_map.ASKED if n not in known])
    words = Markup(" ").join(filter(None, [*said, missing]))
    name, where = context.place_name(place["town"]), chain_map.describe_location(context, place)
    name = blocks.render_macro("in_language", name, "", "b")
    return context.html("memo.place", name=name, where=where, known=words)
