"""The decision memo, in the form of a *tjänsteskrivelse*: points, state of the chain, money."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import UNKNOWN, Quantity, are_known, exact, group_by_key
from ..pictures import charts
from . import chain_map, trends
from .blocks import Block, Inline, has_content, make_block, render_macro, wrap_blocks
from .context import Context, Row, picture_words, section, show_chart

PAGE = "04_decision_memo"
HEAD = ("municipality", "office", "officer", "date", "diary_number", "to")
# what the table of ties tells of a place, or the map page
IN_TABLE = ("local_name", "admitted", "contact", "members", "last", "distance_km")
PROPOSED = "points_now"  # the fact that there is a proposal this year


@section("head")
def show_head(context: Context) -> Block:
    """Who writes to whom; what the municipality has not filled in is a blank."""
    given = {"municipality": context.facts["municipality"], **context.municipality.memo}
    words = [context.text.pick_words(given.get(name, "")) for name in HEAD]
    labels = [context.plain(f"memo.head.{name}") for name in HEAD]
    return make_block("head", zip(labels, words, strict=True), context.plain("memo.blank"))


@section("summary")
def show_summary(context: Context) -> Block:
    """The answer in a box: what, why, the cost, the main doubt, and what no longer holds."""
    premises = context.year.points["premises"].explode() if PROPOSED in context.facts else []
    failed = list(_list_premises(context, "no", premises))
    fails = context.plain("memo.fails_top", failed=exact(len(failed)))
    warning = make_block("paragraphs", [fails] if failed else [])
    answer = context.prose.section(PAGE, "answer")
    return wrap_blocks("framed", "answer", answer, warning, make_block("items", failed))


def _list_premises(context: Context, holds: str, names: Iterable[str]) -> Iterator[Markup]:
    """The named premises with this answer in words; a failed one with the value that refutes it."""
    checks = context.year.checks
    rows = checks[(checks["holds"] == holds) & checks["check"].isin(list(names))]
    for row in rows.to_dict("records"):
        premise = context.render_row_text(row)
        if holds == "no":
            year = _value_year(context, row)
            premise = context.html("memo.failed", premise=premise, value=row["value"], year=year)
        yield premise


def _value_year(context: Context, check: Row) -> Quantity:
    return check["at"] if check["at"].is_known else exact(context.known.year, "year")


@section("proposal", lambda year: year.points)
def show_points(context: Context, rows: pd.DataFrame) -> Block:
    """The points to decide; each says what is the officer's own and which premise fails."""
    if PROPOSED not in context.facts:
        return Block()
    details = [_list_details(context, row) for row in rows.to_dict("records")]
    rows = rows.assign(sentence=context.render_row_texts(rows), details=details)
    return make_block("points", rows.to_dict("records"))


def _list_details(context: Context, point: Row) -> list[Markup]:
    """Its conditions, its amount, what was decided and done, whose it is, which premises fail."""
    details = [context.render_row_text(point, "conditions")]
    if point["own"]:
        details.append(context.html("memo.own"))
    texts = point["text_sv"] + point["text_en"]
    shown = point[f"text_{context.text.language}"] or texts
    cells = {name: point[name] for name in ("decided", "done", "evaluated")}
    cells["proposed"] = "" if "{grant}" in shown else point["proposed"]
    cells["account"] = "" if point["account"] in texts else point["account"]
    cells["granted"] = "" if point["amount"] == point["proposed"] else point["amount"]
    known = {name: context.quote(cell) for name, cell in cells.items() if has_content(cell)}
    details += context.text.sentences("memo.details", known)
    for holds in ("no", "unknown"):
        if premises := Markup(" ").join(_list_premises(context, holds, point["premises"])):
            details.append(context.html(f"memo.point.{holds}", premises=premises))
    return [detail for detail in details if detail]


@section("state", lambda year: year.places)
def show_ties(context: Context, rows: pd.DataFrame) -> Block:
    """The ties on a small map and in one table, and the row of the latest meetings."""
    from ..pictures.map import draw_map  # slow to import

    rows = rows[rows["role"] != "former"]
    if len(rows) < 2:  # no tie
        return Block()
    ties = {(tie.town, tie.level): tie for tie in context.year.activity.itertuples()}
    status = {town: tie.status for (town, level), tie in ties.items() if level == "civil"}
    places = chain_map.map_rows(context, context.year.presence.loc[rows.index]).assign(members=1.0)
    places["sign"] = [status.get(town, "home") for town in places["town"]]
    places["detail"] = places["sign"].map(picture_words(context, "chart.ties"))
    tie_map = show_chart(context, "chart.ties", partial(draw_map, small=True), places)
    shown = pd.DataFrame([_describe_tie(context, row, ties) for row in rows.to_dict("records")])
    if not any(isinstance(since, Markup) for since in shown["since"]):  # no contact year beside
        shown = shown.rename(columns={"since": "admitted"})
    met = trends.yearly_meetings(context)
    key = "chart.memo_meetings"
    kinds = met["kind"].map(picture_words(context, key))
    years = met["year"].astype("str") + " " + kinds + " " + met["host"]
    named = {"years": [*years.str.strip()]}
    meetings = show_chart(context, key, charts.draw_meeting_row, met, named=named)
    return tie_map + context.table(shown, "ties") + meetings


def _describe_tie(context: Context, place: Row, ties: Mapping[tuple[str, str], Any]) -> Row:
    """A row of the table of ties: place, since, members, last_meeting, municipal, civil."""
    town, since, contact = place["town"], place["admitted"], place["contact"]
    if not since.is_known:
        since = contact
    elif contact.is_known and contact.low != since.low:
        since = context.html("memo.since", since=since, contact=contact)
    municipal = _render_tie(context, ties.get((town, "municipal")))
    support = context.year.support.set_index("town").loc[town]
    if support["relation"] == "dormant_agreement":
        municipal = context.html("memo.dormant_agreement", state=municipal, year=support["year"])
    return {
        "place": context.place_name(town),
        "since": since,
        "members": chain_map.dated_members(context, place),
        "last_meeting": context.facts.get(f"meeting:{town}", UNKNOWN),
        "municipal": municipal,
        "civil": _render_tie(context, ties.get((town, "civil"))),
    }


def _render_tie(context: Context, tie: Any) -> Inline:
    """The state of a tie; between municipalities with the year it was last told of, if long ago."""
    if not tie:
        return "–"
    sign = render_macro("state", context.text, "status", tie.status)
    is_old = context.year.if_old(tie.last).is_known
    if tie.level != "municipal" or tie.status == "no_record" or not is_old:
        return sign
    return context.html("memo.old_state", state=sign, year=tie.last)


@section("economy", lambda year: year.support)
def show_economy(context: Context, rows: pd.DataFrame) -> Block:
    """The known support and the proposed grant, in total and per member."""
    unknown = rows["amount"].map(lambda amount: amount.reason == "unknown_sum").astype("bool")
    rows = rows[are_known(rows["amount"]) | unknown].assign(proposed="")
    is_proposed = PROPOSED in context.facts and "grant" in context.facts
    if is_proposed:
        rows = trends.add_grant(context, rows, context.plain("memo.proposal"))
    counts = [count if count.is_known else None for count in rows["counted"]]
    beside = [context.choose_sentence(context.plain, "memo.counted", members=n) for n in counts]
    rows["place"] = rows["town"].map(context.place_name) + beside
    key = "chart.money" if is_proposed else "chart.money_then"
    bars = trends.money_bars(context, rows)
    shown = bars[bars["shown"] != ""].itertuples()
    named = group_by_key((bar.panel, f"{bar.place}: {bar.shown}") for bar in shown)
    return show_chart(context, key, charts.draw_amounts, bars, named=named)


@section("premises", lambda year: year.checks[year.checks["about"] == "proposal"])
def show_premises(context: Context, rows: pd.DataFrame) -> Block:
    """Each premise: whether it holds, the value it is judged by, of which year, the threshold."""
    premises = []
    named = context.year.points["premises"].explode()
    for row in rows[rows["check"].isin(named)].to_dict("records"):
        value, limit = row["value"], row["threshold"]
        shown = value.is_known and (row["holds"] != "unknown" or value.doubt != "at_most")
        limit_key = f"memo.limit.{row['relation']}"
        premise = {
            "premise": context.render_row_text(row),
            "at": _value_year(context, row) if shown else "",
            "holds": render_macro("state", context.text, "holds", row["holds"]),
            "value": context.text.quantity_html(value) if shown else "",
            "threshold": context.plain(limit_key, limit=limit) if limit.is_known else "",
        }
        premises.append(premise)
    return context.table(pd.DataFrame(premises), "premises")


@section("follow_up", lambda year: year.follow_up)
def show_follow_up(context: Context, rows: pd.DataFrame) -> Block:
    """What became of earlier points: a line where something is known, one for all the rest."""
    lines, rest = list[Markup](), list[Markup]()
    for row in rows.to_dict("records"):
        point = context.render_row_text(row)
        is_known = row["state"] != "unknown"
        if is_known:
            point = context.html("memo.earlier", year=row["first_made"], point=point)
        sentences = Markup(" ").join([point, *_list_details(context, row)])
        (lines if is_known else rest).append(sentences)
    block = make_block("items", lines)
    if rest:
        years = {made.low: made for made in rows.loc[rows["state"] == "unknown", "first_made"]}
        key, tag = ("memo.rest", "ul") if lines else ("memo.none", "ol")
        lead = context.html(key, points=exact(len(rest)), points_year=list(years.values()))
        block += make_block("paragraphs", [lead]) + make_block("items", rest, tag)
    return block


@section("questions")
def show_questions(context: Context) -> Block:
    """The questions politicians ask, each folded over its answer."""
    prose = context.prose
    questions = [
        wrap_blocks("fold", prose.heading(PAGE, key).html.striptags(), prose.section(PAGE, key))
        for key in prose.section_keys(PAGE)
        if key.startswith("q_")
    ]
    return wrap_blocks("framed", "appendix", *questions)


@section("places", lambda year: year.presence)
def show_place_notes(context: Context, rows: pd.DataFrame) -> Block:
    """A paragraph for each place: what is known of it beside the table of ties, and what is not."""
    cards = chain_map.list_cards(context, rows, IN_TABLE)
    return wrap_blocks("framed", "appendix", make_block("place_notes", cards))
