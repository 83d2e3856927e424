"""The decision memo, in the form of a *tjänsteskrivelse*: head, points, state, money, premises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, are_known, exact
from ..pictures import charts as pictures
from ..pictures.map import small_map
from . import blocks
from .blocks import Block, Said
from .charts import chart, placed, words_of
from .context import Context, section

PAGE = "04_decision_memo"
HEAD = ("municipality", "office", "officer", "date", "diary_number", "to")
OUTCOMES = ("decided", "done", "evaluated")
HELD = {"twin_town_meeting": "meeting", "conference": "conference"}  # any other is a seminar
QUESTIONS = (  # in the order they are asked, each a section of the text
    *("alive", "cost", "end", "merger", "new", "alone", "turn", "entry", "agreements", "own"),
    *("others", "peers", "survey", "left_out", "account", "after", "who", "members", "sources"),
)
Frame = pd.DataFrame | None


def _chosen(rows: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """The rows of the year's own frame that the analyst's frame still has, in its order."""
    return rows if frame is None else rows.loc[frame.index]


def _proposes(context: Context) -> bool:
    """Whether somebody has written points for the very year of the report."""
    return bool(context.year.points_year == context.known.year)


@section("head")
def head(context: Context, _: Frame) -> Block:
    """Who writes to whom; what the municipality has not filled in is a blank."""
    own = context.municipality.memo
    given = {name: _own_words(context, own.get(name, "")) for name in HEAD}
    given["municipality"] = str(context.facts.get("municipality", ""))
    labels = [(context.plain(f"memo.head.{name}"), said) for name, said in given.items()]
    return blocks.head(labels, context.plain("memo.blank"))


def _own_words(context: Context, said: Any) -> str:
    """Words of `municipality.toml`: in the language of the page, else in the one there is."""
    if not isinstance(said, dict):
        return str(said)
    return str(said.get(context.text.language) or next(iter(said.values()), ""))


@section("summary")
def summary(context: Context, _: Frame) -> Block:
    """The answer in a box: what, why, the cost, the main doubt, and what no longer holds."""
    failed = _premises(context, "no") if _proposes(context) else []
    fails = blocks.paragraphs([context.plain("memo.fails_top")]) + blocks.items(failed)
    answer = context.prose.section(PAGE, "answer")
    return blocks.framed("answer", answer, fails if failed else Block())


def _premises(context: Context, holds: str, names: list[str] | None = None) -> list[Markup]:
    """The premises with this answer, each in its own words; of all points or of those named."""
    checks = context.year.checks
    rows = checks[(checks["about"] == "proposal") & (checks["holds"] == holds)]
    used = names if names is not None else [n for each in context.year.points["premises"] for n in each]
    return [_premise(context, row) for row in rows.to_dict("records") if row["check"] in used]


def _premise(context: Context, row: Mapping[str, Any]) -> Markup:
    """A premise; one that fails with the value that says so, and its year."""
    said = context.said(row)
    if row["holds"] != "no":
        return said
    return context.html("memo.failed", premise=said, value=row["value"], year=_at(context, row))


def _at(context: Context, row: Mapping[str, Any]) -> Quantity:
    """The year of a value: its own, or that of the report."""
    own = row["at"]
    return own if own.is_known else context.facts["report_year"]


@section("proposal")
def points(context: Context, frame: Frame) -> Block:
    """The points to decide; each says what is the officer's own and which premise fails."""
    if not _proposes(context):
        return Block()
    rows = _chosen(context.year.points, frame).to_dict("records")
    return blocks.points(
        {
            "point": row["recommendation"],
            "holds": row["holds"],
            "said": context.said(row),
            "details": [detail for detail in _details(context, row) if detail],
        }
        for row in rows
    )


def _details(context: Context, row: Mapping[str, Any]) -> list[Said]:
    own = context.plain("memo.own") if row["own"] else ""
    found: list[Said] = [context.said(row, "conditions"), own]
    for answer in ("no", "unknown"):
        if premises := _premises(context, answer, row["premises"]):
            said = Markup(" ").join(premises)
            found.append(context.html(f"memo.point.{answer}", premises=said))
    return found


@section("state")
def state(context: Context, frame: Frame) -> Block:
    """The ties on a small map and in one table, and the row of the latest meetings."""
    rows = _chosen(context.year.present, frame)
    status = context.year.activity.set_index(["town", "level"])["status"]
    return _map(context, rows, status) + _ties(context, rows, status) + _meeting_row(context)


def _map(context: Context, rows: pd.DataFrame, status: pd.Series) -> Block:
    drawn = rows.dropna(subset=["lat", "lon"])
    shown = drawn[["lat", "lon", "role"]].assign(
        label=[context.name(town) for town in drawn["town"]],
        area=[context.area(place) for place in drawn.to_dict("records")],
        members=[_number(count) for count in drawn["members"]],
        distance_text=[context.amount(length) for length in drawn["distance_km"]],
        status=[status.get((town, "civil"), "") for town in drawn["town"]],
    )
    return chart(context, "chart.ties", small_map, shown)


def _ties(context: Context, rows: pd.DataFrame, status: pd.Series) -> Block:
    support = context.year.support.set_index("town")
    cells = [_tie(context, place, status, support) for place in rows.to_dict("records")]
    return blocks.table(pd.DataFrame(cells), "ties", context.text, context.facts)


def _tie(
    context: Context, place: Mapping[str, Any], status: pd.Series, support: pd.DataFrame
) -> dict[str, Any]:
    town, since, contact = place["town"], place["admitted"], place["contact"]
    if not since.is_known:
        since = contact
    elif contact.is_known and contact.low != since.low:
        since = context.html("memo.since", since=since, contact=contact)
    levels = {level: _state(context, status.get((town, level), "")) for level in ("municipal", "civil")}
    if support.at[town, "relation"] == "dormant_agreement":
        agreed = {"state": levels["municipal"], "year": support.at[town, "year"]}
        levels["municipal"] = context.html("memo.dormant_agreement", **agreed)
    return {
        "place": context.name(town),
        "since": since,
        "members": _members(context, town, place["members"]),
        "last_meeting": context.facts.get(f"meeting:{town}", ""),
        **levels,
    }


def _state(context: Context, status: str) -> Said:
    if not status:
        return ""
    return blocks.state(context.plain(f"mark.{status}"), context.plain(f"status.{status}"))


def _members(context: Context, town: str, count: Quantity) -> Said:
    """A count of members with its year, since "as of the report" must not look like news."""
    years = context.year.members.set_index("town")["year"]
    if not count.is_known:
        return context.text.number(count)
    return context.html("memo.members", members=count, year=years[town])


def _meeting_row(context: Context) -> Block:
    """The meetings of the latest round and their hosts; a year without a record is a "?"."""
    met = context.year.meetings
    met = met[[year.low in context.year.round and year.doubt == "exact" for year in met["year"]]]
    met = met.assign(at=[int(year.low) for year in met["year"]], held=met["status"] == "held")
    met = met[met["held"] | ~met["at"].isin(met.loc[met["held"], "at"])]
    kinds = [
        HELD.get(kind, "seminar") if held else "announced"
        for kind, held in zip(met["kind"], met["held"], strict=True)
    ]
    drawn = placed(context, met).assign(year=met["at"], kind=kinds).rename(columns={"place": "host"})
    if len(drawn) and drawn["year"].max() < context.known.year:
        now = {"year": context.known.year, "host": "", "kind": "unknown", "home": False}
        drawn = pd.concat([drawn, pd.DataFrame([now])], ignore_index=True)
    cells = list(met["year"])
    columns = ["year", "host", "kind", "home"]
    return chart(context, "chart.meeting_row", pictures.meeting_row, drawn[columns], cells=cells)


@section("economy")
def economy(context: Context, frame: Frame) -> Block:
    """The known support and the proposed grant, in all and per member."""
    rows = _chosen(context.year.support, frame)
    rows = rows[are_known(rows["local"])]
    drawn = [
        _bar(context, town, local, each)
        for town, local, each in zip(rows["town"], rows["local"], rows["per_member"], strict=True)
    ]
    grant, each = context.facts.get("grant"), context.facts.get("grant_each")
    if _proposes(context) and grant and each:
        drawn.append(_bar(context, context.home, grant, each) | {"proposed": True})
    key = "chart.money" if _proposes(context) else "chart.money_then"
    cells, words = [*rows["local"], *rows["per_member"]], words_of(context, "chart.money.words")
    return chart(context, key, pictures.money, pd.DataFrame(drawn), words=words, cells=cells)


def _bar(context: Context, town: str, local: Quantity, each: Quantity) -> dict[str, Any]:
    members = context.facts.get(f"members:{town}")
    named = {"place": context.name(town), "members": members}
    return {
        "place": context.plain("memo.receiver", **named) if members else context.name(town),
        "proposed": False,
        "local": _number(local),
        "each": _number(each),
        "shown_local": context.amount(local),
        "shown_each": context.amount(each),
        "why": "",
        "zero": local.doubt == "none",
        "dated": True,
    }


def _number(of: Quantity) -> float:
    return math.nan if of.value is None else of.value


@section("premises")
def premises(context: Context, frame: Frame) -> Block:
    """Each premise: whether it holds, the value it is judged by, and of which year."""
    checks = context.year.checks
    rows = _chosen(checks[checks["about"] == "proposal"], frame)
    shown = pd.DataFrame(
        {
            "premise": [context.said(row) for row in rows.to_dict("records")],
            "holds": [
                blocks.state(context.plain(f"mark.{answer}"), context.plain(f"holds.{answer}"))
                for answer in rows["holds"]
            ],
            "value": [context.text.number(value) if value.is_known else "" for value in rows["value"]],
            "at": [
                _at(context, row) if row["value"].is_known else "" for row in rows.to_dict("records")
            ],
            "threshold": [_limit(context, row) for row in rows.to_dict("records")],
        }
    )
    return blocks.table(shown, "premises", context.text, context.facts)


def _limit(context: Context, row: Mapping[str, Any]) -> str:
    """The officer's own threshold: "at least …", "at most …"."""
    if not row["relation"] or not row["threshold"].is_known:
        return ""
    limit = context.amount(row["threshold"])
    return context.plain(f"memo.limit.{row['relation']}", limit=limit)


@section("follow_up")
def follow_up(context: Context, frame: Frame) -> Block:
    """What became of the latest points: a line where something is known, one for the rest."""
    rows = _chosen(context.year.follow_up, frame)
    if not len(rows):
        return Block()
    known = (rows[list(OUTCOMES)] != "").any(axis="columns")
    told = [
        context.said(row) + " " + Markup(" ").join(context.text.paragraphs("memo.outcome", _given(row)))
        for row in rows[known].to_dict("records")
    ]
    rest = rows[~known]
    listed = blocks.items([context.said(row) for row in rest.to_dict("records")], ordered=True)
    if not len(rest):
        return blocks.items(told)
    of_rest = context.html("memo.rest" if told else "memo.none", points=exact(len(rest)))
    return blocks.items(told) + blocks.paragraphs([of_rest]) + listed


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a point: the words a sentence may name."""
    return {name: row[name] for name in (*OUTCOMES, "amount") if row[name] and str(row[name])}


@section("recipients")
def recipients(context: Context, _: Frame) -> Block:
    """Who gets the decision."""
    given = context.municipality.memo.get("copies_to", [])
    return blocks.items(_own_words(context, said) for said in given)


@section("questions")
def questions(context: Context, _: Frame) -> Block:
    """The questions politicians ask, each folded over its answer."""
    each = []
    for name in QUESTIONS:
        question = context.prose.heading(PAGE, f"q_{name}").html.striptags()
        each.append(blocks.fold(question, context.prose.section(PAGE, f"q_{name}")))
    return blocks.framed("appendix", *each)


@section("places")
def places(context: Context, frame: Frame) -> Block:
    """One paragraph a place: what is known of it, in the words of the language file."""
    told = [
        Markup(" ").join(context.text.paragraphs("memo.place", _of_place(context, place)))
        for place in _chosen(context.year.places, frame).to_dict("records")
    ]
    return blocks.framed("appendix", blocks.paragraphs(told))


def _of_place(context: Context, place: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one place; what is not known is not there, and its sentence falls away."""
    town, former = place["town"], place["role"] == "former"
    given = context.year.support.set_index("town")
    names = ("admitted", "contact", "left", "members", "meeting")
    found = {name: context.facts.get(f"{name}:{town}") for name in names}
    values = {name: q for name, q in found.items() if q is not None and q.is_known}
    first, entered = values.get("contact"), values.get("admitted")
    if first and entered and first.low == entered.low:
        values.pop("contact")
    years = context.year.members.set_index("town")["year"]
    values |= {"members_year": years[town]} if "members" in values and not former else {}
    if town in given.index and given.at[town, "year"].is_known:  # an unknown sum is support too
        values |= {"support": given.at[town, "amount"], "support_year": given.at[town, "year"]}
    values |= {"distance": place["distance_km"]} if place["role"] == "member" else {}
    unknown = [name for name in ("members", "meeting", "support") if name not in values]
    said = [context.plain(f"memo.unknown.{name}") for name in unknown]
    values |= {"unknown": said} if said and not former else {}
    return {"name": context.name(town), "area": context.area(place)} | values
