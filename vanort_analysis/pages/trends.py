"""How the chain has developed: size, members, hosts, support, mergers, the movement."""

import math
from functools import partial

import pandas as pd

from ..data.evidence import newest_rows
from ..data.quantity import UNKNOWN, Quantity, are_known, to_numbers, to_records
from ..pictures import charts as pictures
from .blocks import Block
from .context import Context, add_place_names, blank_unknown, section, show_chart

KINDS = {"twin_town_meeting": "meeting", "conference": "conference"}  # all others are seminars
FIRST = ("meeting", "conference", "seminar", "announced")  # of several meetings in a year
PROPOSAL = {"amount": "grant", "local": "grant", "year": "first_made", "per_member": "grant_each"}
PROPOSAL |= {"per_inhabitant": "grant_per_inhabitant"}
ENDS = {"entered": ("entered_or", "entered"), "left": ("left_or", "left")}  # how each is said
SPAN = 12  # years at most in the row of meetings, however many places a round has


@section("size", lambda year: year.history)
def show_size(context: Context, rows: pd.DataFrame) -> Block:
    """Each place's time in the chain."""
    rows = add_place_names(context, rows)
    if not are_known(rows["entered"]).any():
        return Block()
    others = blank_unknown(rows, "entered_other", "left", "left_other", "merged")
    steps = context.year.size
    changes = steps.assign(
        **{way: steps[way].map(context.list_places) for way in ("joined", "left")}
    )
    tables = {"history": rows[["place", "entered"]].join(others), "chain_size": changes}
    counts = pd.Series(to_numbers(steps["places"]), to_numbers(steps["year"]))
    bars, draw = _timeline(context, rows), partial(pictures.draw_history, counts=counts)
    several = bars[["entered", "left"]].map(lambda years: len({*years}) > 1).any(axis=1)
    which = {"differing": several, "gone": bars["gone"], "undated": ~bars["entered"].astype("bool")}
    named = {name: bars.loc[of, "place"].tolist() for name, of in which.items()}
    key = "chart.history" if len(rows) <= pictures.MANY else "chart.chain_size"
    return show_chart(context, key, draw, bars, tables, many=bool(named["undated"]), named=named)


def _timeline(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """One row is a place: the years that sources give for its bar, and what it says."""
    bars, say = [], partial(context.first_sentence, context.plain, "chart.history")
    for place in rows.to_dict("records"):
        ends = {kind: [place[kind], *place[f"{kind}_other"]] for kind in ENDS}
        bar = {"gone": bool(place["left"].refs), "merged": _named(place["merged"])}
        said = [say("merged", years=place["merged"])]
        for kind in ("left", "entered") if bar["gone"] else ("entered",):
            year, *others = ends[kind]
            either = {
                "year": year,
                "other": ", ".join(map(context.text.format_value, others)) or None,
            }
            said.insert(0, say(*ENDS[kind], **either))
        bar |= {"said": [*filter(None, said)], **{kind: _named(of) for kind, of in ends.items()}}
        bars.append({"place": place["place"], "home": place["home"], **bar})
    return pd.DataFrame(bars)


def _named(years: list[Quantity]) -> list[float]:
    """The years that are named: two of "1975–1976"."""
    return [bound for year in years for bound in {year.low, year.high} if math.isfinite(bound)]


@section("members", lambda year: year.members)
def show_members(context: Context, rows: pd.DataFrame) -> Block:
    """Members of each association, earlier numbers too, and inhabitants where they are known."""
    rows = add_place_names(context, rows)
    if not are_known(rows["members"]).any():
        return Block()
    tables = {
        "members": rows[["place", "members"]].join(blank_unknown(rows, "year", "of_known")),
        "members_earlier": _earlier(context, rows["town"]),
        "inhabitants": _inhabitants(context, rows["town"]),
    }
    drawn = _bars(rows, rows["members"], rows["members"].map(context.text.format_quantity))
    return show_chart(context, "chart.members", pictures.draw_amounts, drawn, tables)


def _bars(rows: pd.DataFrame, of: pd.Series, shown: pd.Series, panel: str = "") -> pd.DataFrame:
    """What a bar of each amount needs."""
    bounds = [(amount.low, amount.high, amount.about) for amount in of]
    drawn = pd.DataFrame(bounds, rows.index, columns=["low", "high", "about"])
    return rows[["place", "home"]].join(drawn).assign(shown=shown, panel=panel)


def _earlier(context: Context, towns: pd.Series) -> pd.DataFrame:
    """The dated numbers of the associations that have more than one, oldest first."""
    used = context.known.used["membership"]
    used = used.assign(at=[y.low if y.doubt == "exact" else math.nan for y in used["year"]])
    used = used[used["at"].notna() & used["town"].isin(towns) & are_known(used["members"])]
    several = used[used.groupby("town")["at"].transform("nunique") > 1]
    return add_place_names(context, several).sort_values(["place", "at"])[
        ["place", "members", "year"]
    ]


def _inhabitants(context: Context, towns: pd.Series) -> pd.DataFrame:
    """The newest known population of each place, and what it is counted on."""
    used = context.known.used["figures"]
    used = used[(used["measure"] == "population") & used["about"].isin(towns)]
    rows = pd.DataFrame(newest_rows(to_records(used), "about", "value").values(), columns=[*used])
    rows = rows.rename(columns={"about": "town"}).sort_values("town", ignore_index=True)
    rows = add_place_names(context, rows).rename(columns={"value": "inhabitants"})
    present = context.year.present
    minority = rows["town"].isin(present.loc[present["kind"] == "minority", "town"])
    of = rows["definition"].mask(minority, "minority")
    rows["counted"] = [
        context.first_sentence(context.plain, "population", key) or key for key in of
    ]
    return blank_unknown(rows, "place", "inhabitants", "year", "counted")


@section("hosts", lambda year: year.hosting)
def show_hosts(context: Context, rows: pd.DataFrame) -> Block:
    """The latest meetings in a row, and every known meeting by place and year."""
    met = meeting_table(context)
    table = blank_unknown(met, "host", "what", "status", "when", "place", "participants").iloc[::-1]
    if not met["at"].notna().any():  # no year to draw or to show
        return context.table(table, "meetings")
    table.insert(0, "year", met["year"])
    dots = rows[["town"]].merge(met, how="left")  # a place without a meeting stays
    dots = add_place_names(context, dots.fillna({"kind": "meeting"}).assign(year=dots["at"]))
    row = show_chart(
        context, "chart.meeting_row", pictures.draw_meeting_row, yearly_meetings(context)
    )
    return row + show_chart(context, "chart.hosts", pictures.draw_hosts, dots, {"meetings": table})


def meeting_table(context: Context) -> pd.DataFrame:
    """`year.meetings` that were not cancelled, and: kind as it is drawn, at (the year as a number),
    host (its name), and what, status and when in words."""
    met = context.year.meetings
    met = met[met["status"] != "cancelled"]
    held, days = met["status"] == "held", zip(met["date_from"], met["date_to"], strict=True)
    return met.assign(
        kind=met["kind"].map(KINDS).fillna("seminar").where(held, "announced"),
        at=to_numbers(met["year"]),
        host=met["town"].map(context.place_name),
        place=met["place"].map(context.translate_venue),
        what=[context.plain(f"kind.{kind}") for kind in met["kind"]],
        status=["" if of == "held" else context.plain(f"status.{of}") for of in met["status"]],
        when=[context.text.date_html(*each) if each[0] else "" for each in days],
    )


def yearly_meetings(context: Context) -> pd.DataFrame:
    """One row is a year from the first known meeting of the latest round to the report year:
    year, host (or where it was), kind (unknown where no meeting is known), home."""
    met, until = meeting_table(context), context.known.year
    met = met[met["at"] > until - min(len(context.year.round), SPAN)]
    met = met.sort_values("kind", key=lambda kind: kind.map(FIRST.index), kind="stable")
    met = met.drop_duplicates("at").set_index("at")
    rows = met.assign(home=met["town"] == context.year.home)
    rows["host"] = rows["host"].where(rows["town"] != "", rows["place"])
    years = pd.RangeIndex(int(met.index.min()) if len(met) else until + 1, until + 1, name="year")
    none = {"host": "", "kind": "unknown", "home": False}
    return rows[[*none]].reindex(years).fillna(none).reset_index()


@section("mergers", lambda year: (rows := year.known.used["chain"])[rows["event"] == "merged"])
def show_mergers(context: Context, rows: pd.DataFrame) -> Block:
    """Mergers of the municipalities of the chain."""
    rows = add_place_names(context, rows).assign(what=context.own_sentences(rows))
    return context.table(blank_unknown(rows, "place", "year", "what"), "mergers")


@section("support", lambda year: year.support)
def show_support(context: Context, rows: pd.DataFrame) -> Block:
    """What the municipalities give, and the grant that is proposed, was proposed or is decided."""
    mentioned = [amount.reason != "not_mentioned" for amount in rows["amount"]]
    rows = add_place_names(context, rows.loc[mentioned])
    if rows.empty:
        return Block()
    order = rows["local"].map(lambda q: -q.low).sort_values(kind="stable").index
    relation = ("relation." + rows["relation"].replace("", "none")).map(context.plain)
    rows = rows.assign(proposed="", relation=relation).loc[order]
    if "grant" in context.facts:
        rows = add_grant(context, rows, stage := _stage(context)).fillna({"relation": stage})
    columns = ("place", "amount", "year", "local", "per_member", "per_inhabitant", "relation")
    drawn, tables = money_bars(context, rows), {"support": blank_unknown(rows, *columns)}
    if not are_known(rows["amount"]).any():  # no bar to draw
        return context.table(tables["support"], "support")
    return show_chart(context, "chart.support", pictures.draw_amounts, drawn, tables)


def _stage(context: Context) -> str:
    """How far the grant has come, in words."""
    made = context.year.points_year
    stage = "proposed" if made == context.known.year else "proposed_then"
    stage = next((of for of in ("paid", "decided") if f"grant_{of}" in context.facts), stage)
    return context.plain(f"relation.{stage}", year=made)


def add_grant(context: Context, rows: pd.DataFrame, stage: str) -> pd.DataFrame:
    """The support, and last the grant to the home town's association, `proposed` or further."""
    row = {name: context.facts.get(fact, UNKNOWN) for name, fact in PROPOSAL.items()}
    row |= {
        "town": context.year.home,
        "place": context.place_name(context.year.home),
        "proposed": stage,
    }
    return pd.concat([rows, pd.DataFrame([row])], ignore_index=True)


def money_bars(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """What the bars of money need; in all, an amount that is none or unknown is said instead."""
    rows, say = (
        rows.assign(home=rows["proposed"] != "").reset_index(drop=True),
        context.text.format_quantity,
    )
    stage = rows["proposed"].map(lambda words: f" ({words})" if words else "")
    given = rows["amount"].map(lambda q: q.is_known and q.low > 0).astype("bool")
    local, each = (rows[of].where(given, rows["amount"]) for of in ("local", "per_member"))
    said = local.map(say).where(are_known(local), rows["amount"].map(say))
    a_head = each.map(say).where(given, "")
    panels = (local, said + stage, "sum"), (each, a_head + stage, "each")
    return pd.concat([_bars(rows, *panel) for panel in panels])


@section("national", lambda year: year.national)
def show_national(context: Context, rows: pd.DataFrame) -> Block:
    """What sources say of the movement's members in the whole country."""
    if not context.facts["movement"]:  # whose members, a municipality need not say
        return Block()
    sources = [context.cite_row(context.known.row(ref)) for ref in rows["ref"]]
    return context.table(rows[["year", "value"]].assign(source=sources), "national")
