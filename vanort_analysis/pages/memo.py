"""The decision memo, in the form of a *tjänsteskrivelse*: points, state of the chain, money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, are_known, exact, numbers
from ..pictures import charts as pictures
from ..pictures.map import small_map
from . import blocks, chain_map, trends
from .blocks import Block, Said
from .charts import chart, words_of
from .context import Context, chosen, section

PAGE = "04_decision_memo"
HEAD = ("municipality", "office", "officer", "date", "diary_number", "to")
IN_TABLE = ("local_name", "admitted", "members", "last", "distance_km")  # or on the map page
OUTCOMES = ("decided", "done", "evaluated")
Row = Mapping[str, Any]


def _proposes(context: Context) -> bool:
    """Whether somebody has written points for the very year of the report."""
    return bool(context.year.points_year == context.known.year)


@section("head")
def head(context: Context, _: pd.DataFrame | None) -> Block:
    """Who writes to whom; what the municipality has not filled in is a blank."""
    given = {"municipality": context.facts.get("municipality", ""), **context.municipality.memo}
    given = {name: _own_words(context, given.get(name, "")) for name in HEAD}
    labels = [(context.plain(f"memo.head.{name}"), said) for name, said in given.items()]
    return blocks.head(labels, context.plain("memo.blank"))


def _own_words(context: Context, said: Any) -> str:
    """Words of `municipality.toml`: in the language of the page, else in the one there is."""
    by_language = said if isinstance(said, dict) else {"": str(said)}
    return by_language.get(context.text.language) or next(iter(by_language.values()), "")


@section("summary")
def summary(context: Context, _: pd.DataFrame | None) -> Block:
    """The answer in a box: what, why, the cost, the main doubt, and what no longer holds."""
    used = [name for names in context.year.points["premises"] for name in names]
    failed = _premises(context, "no", used) if _proposes(context) else []
    top = blocks.paragraphs([context.plain("memo.fails_top")]) if failed else Block()
    answer = context.prose.section(PAGE, "answer")
    return blocks.framed("answer", answer, top, blocks.items(failed))


def _premises(context: Context, holds: str, names: Iterable[str]) -> list[Said]:
    """Those of the premises with this answer, one that fails with the value that says so."""
    checks = context.year.checks
    rows = checks[(checks["holds"] == holds) & checks["check"].isin(list(names))]
    said = []
    for row in rows.to_dict("records"):
        shown = {"premise": context.said(row), "value": row["value"], "year": _at(context, row)}
        said.append(context.html("memo.failed", **shown) if holds == "no" else shown["premise"])
    return said


def _at(context: Context, row: Row) -> Quantity:
    """The year of a value: its own, or that of the report."""
    return row["at"] if row["at"].is_known else exact(context.known.year, "year")


@section("proposal")
def points(context: Context, frame: pd.DataFrame | None) -> Block:
    """The points to decide; each says what is the officer's own and which premise fails."""
    if not _proposes(context):
        return Block()
    rows = chosen(context.year.points, frame).to_dict("records")
    said = [{"said": context.said(row), "details": _details(context, row)} for row in rows]
    names = [{"point": row["recommendation"], "holds": row["holds"]} for row in rows]
    return blocks.points(name | words for name, words in zip(names, said, strict=True))


def _details(context: Context, row: Row) -> list[Said]:
    found: list[Said] = [context.said(row, "conditions")]
    found += [context.plain("memo.own")] if row["own"] else []
    for answer in ("no", "unknown"):
        if said := Markup(" ").join(_premises(context, answer, row["premises"])):
            found.append(context.html(f"memo.point.{answer}", premises=said))
    return [detail for detail in found if detail]


@section("state")
def state(context: Context, frame: pd.DataFrame | None) -> Block:
    """The ties on a small map and in one table, and the row of the latest meetings."""
    rows = chosen(context.year.places, frame)
    rows = rows[rows["role"] != "former"]
    if len(rows) < 2:  # no tie
        return Block()
    status = context.year.activity.set_index(["town", "level"])["status"]
    on_map = chain_map.on_map(context, context.year.presence.loc[rows.index])
    on_map["status"] = [status.get((town, "civil"), "") for town in on_map["town"]]
    cells = [_tie(context, place, status) for place in rows.to_dict("records")]
    met = trends.meeting_row(context)
    return (
        chart(context, "chart.ties", small_map, on_map)
        + blocks.table(pd.DataFrame(cells), "ties", context.text, context.facts)
        + chart(context, "chart.memo_meetings", pictures.meeting_row, met)
    )


def _tie(context: Context, place: Row, status: pd.Series) -> dict[str, Any]:
    """A row of the table: since when, members, the latest meeting, the state of both levels."""
    town, since, contact = place["town"], place["admitted"], place["contact"]
    if since.is_known and contact.is_known and contact.low != since.low:
        since = context.html("memo.since", since=since, contact=contact)
    elif not since.is_known:
        since = contact
    count = place["members"]
    counted = context.year.members.set_index("town").at[town, "year"]
    told = context.html("memo.members", members=count, year=counted)
    municipal, civil = (_state(context, status, town, of) for of in ("municipal", "civil"))
    support = context.year.support.set_index("town").loc[town]
    if support["relation"] == "dormant_agreement":
        agreed = {"state": municipal, "year": support["year"]}
        municipal = context.html("memo.dormant_agreement", **agreed)
    return {
        "place": context.name(town),
        "since": since,
        "members": told if count.is_known else count,
        "last_meeting": context.facts.get(f"meeting:{town}", ""),
        "municipal": municipal,
        "civil": civil,
    }


def _state(context: Context, status: pd.Series, town: str, level: str) -> Said:
    """The state of a tie as a sign and a word; the home town has none."""
    found = status.get((town, level), "")
    return _sign(context, f"status.{found}") if found else ""


def _sign(context: Context, state: str) -> Markup:
    return blocks.state(context.plain(f"mark.{state.split('.')[1]}"), context.plain(state))


@section("economy")
def economy(context: Context, frame: pd.DataFrame | None) -> Block:
    """The known support and the proposed grant, in all and per member."""
    rows = chosen(context.year.support, frame)
    rows = rows[are_known(rows["local"])]
    drawn = [_bar(context, *row) for row in rows[["town", "local", "per_member"]].to_numpy()]
    grant, each = context.facts.get("grant"), context.facts.get("grant_each")
    if _proposes(context) and grant and each:
        drawn.append(_bar(context, context.home, grant, each) | {"proposed": True})
    key = "chart.money" if _proposes(context) else "chart.money_then"
    words, cells = words_of(context, "chart.money.words"), [*rows["local"], *rows["per_member"]]
    return chart(context, key, pictures.money, pd.DataFrame(drawn), words=words, cells=cells)


def _bar(context: Context, town: str, local: Quantity, each: Quantity) -> dict[str, Any]:
    """A receiver with its members beside its name, and what it gets."""
    place, members = context.name(town), context.facts.get(f"members:{town}")
    named = context.plain("memo.receiver", place=place, members=members) if members else place
    bar = {"place": named, "proposed": False, "why": "", "zero": local.doubt == "none"}
    for name, amount in (("local", local), ("each", each)):
        bar |= {name: numbers([amount])[0], f"shown_{name}": context.amount(amount)}
    return bar


@section("premises")
def premises(context: Context, frame: pd.DataFrame | None) -> Block:
    """Each premise: whether it holds, the value it is judged by, of which year, the threshold."""
    checks = context.year.checks
    rows = chosen(checks[checks["about"] == "proposal"], frame)
    cells = []
    for row in rows.to_dict("records"):
        answer, limit = f"holds.{row['holds']}", row["threshold"]
        cell: dict[str, Any] = {"premise": context.said(row), "holds": _sign(context, answer)}
        if row["value"].is_known:
            cell |= {"value": context.text.number(row["value"]), "at": _at(context, row)}
        if limit.is_known:
            cell["threshold"] = context.plain(f"memo.limit.{row['relation']}", limit=limit)
        cells.append(cell)
    return blocks.table(pd.DataFrame(cells).fillna(""), "premises", context.text, context.facts)


@section("follow_up")
def follow_up(context: Context, frame: pd.DataFrame | None) -> Block:
    """What became of earlier points: a line where something is known, one for all the rest."""
    rows = chosen(context.year.follow_up, frame)
    if rows.empty:
        return Block()
    known = rows["state"] != "unknown"
    told = []
    for row in rows[known].to_dict("records"):
        outcome = {name: row[name] for name in OUTCOMES if row[name]}
        said = [context.said(row), *context.text.paragraphs("memo.outcome", outcome)]
        told.append(Markup(" ").join(said))
    rest = [context.said(row) for row in rows[~known].to_dict("records")]
    which = context.html(f"memo.{'rest' if told else 'none'}", points=exact(len(rest)))
    after = blocks.paragraphs([which]) if rest else Block()
    return blocks.items(told) + after + blocks.items(rest, ordered=True)


@section("recipients")
def recipients(context: Context, _: pd.DataFrame | None) -> Block:
    """Who gets the decision, and what is appended."""
    given = context.municipality.memo.get("copies_to", [])
    names = context.list_of(_own_words(context, said) for said in given)
    said = f"{names}. {context.plain('memo.appendices')}"
    return blocks.paragraphs([said] if names else [])


@section("questions")
def questions(context: Context, _: pd.DataFrame | None) -> Block:
    """The questions politicians ask, each folded over its answer."""
    each = []
    for key in context.prose.keys(PAGE):
        if key.startswith("q_"):
            question = context.prose.heading(PAGE, key).html.striptags()
            each.append(blocks.fold(question, context.prose.section(PAGE, key)))
    return blocks.framed("appendix", *each)


@section("places")
def places(context: Context, frame: pd.DataFrame | None) -> Block:
    """One paragraph a place: what is known of it beside the table of ties, and what is not."""
    rows = chosen(context.year.places, frame).to_dict("records")
    return blocks.framed("appendix", blocks.paragraphs([_place(context, row) for row in rows]))


def _place(context: Context, place: Row) -> Markup:
    known = chain_map.known_of(context, place)
    beside = {what: value for what, value in known.items() if what not in IN_TABLE}
    told = chain_map.told(context, beside, context.text.marked)
    said = [context.html("memo.pair", what=what, said=shown) for what, shown in told]
    missing = [name for name in chain_map.ASKED if name not in known and place["role"] != "former"]
    if missing:
        names = [context.plain(f"card.unknown_{name}") for name in missing]
        said.append(Markup(context.plain("card.unknown", missing=names)))
    name = Markup("<b>{}</b>").format(context.name(place["town"]))
    named = {"name": name, "where": chain_map.where(context, place)}
    return context.html("memo.place", **named, known=Markup(" ").join(said))
