"""How the chain has developed: size, members, hosts, support, mergers, the movement."""

import math
from functools import partial

import pandas as pd

from ..data.evidence import newest_rows
from ..data.quantity import UNKNOWN, Quantity, are_known, to_numbers, to_records
from ..pictures import charts
from .blocks import Block
from .context import Context, Row, add_place_names, blank_unknown, section, show_chart

KINDS = {"twin_town_meeting": "meeting", "conference": "conference"}  # all others are seminars
GRANT = {"amount": "grant", "local": "grant", "per_member": "grant_each"}
GRANT |= {"per_inhabitant": "grant_per_inhabitant", "counted": "grant_members"}  # facts of its row
LONGEST_ROW = 12  # years in the row of meetings, however many places a round has


@section("size", lambda year: year.history)
def show_size(context: Context, rows: pd.DataFrame) -> Block:
    """Each place's time in the chain."""
    rows = add_place_names(context, rows)
    if not are_known(rows["entered"]).any():
        return Block()
    others = blank_unknown(rows, "entered_other", "left", "left_other", "merged")
    size = context.year.size
    counts = pd.Series(to_numbers(size["places"]), to_numbers(size["year"]))
    size = size.assign(**size[["joined", "left"]].map(context.list_places))
    bars = pd.DataFrame([_describe_bar(context, place) for place in rows.to_dict("records")])
    tables = {"history": rows[["place", "entered"]].join(others), "chain_size": size}
    several = rows[["entered_other", "left_other"]].astype("bool").any(axis=1).to_numpy()
    named = {
        "differing": [*bars["place"][several]],
        "gone": [*bars["place"][bars["gone"]]],
        "undated": [*bars["place"][~bars["entered"].astype("bool")]],
        "merged_drawn": [*bars["place"][bars["merged"].astype("bool")]],
    }
    key = "chart.history" if len(rows) <= charts.MANY else "chart.chain_size"
    draw = partial(charts.draw_history, counts=counts)
    return show_chart(context, key, draw, bars, tables, many=bool(named["undated"]), named=named)


def _describe_bar(context: Context, place: Row) -> Row:
    """The row with its years by all sources as numbers, gone (whether it left), and parts."""
    texts = []
    has_left = bool(place["left"].refs)
    choose = partial(context.choose_sentence, context.plain)
    for end in ("entered", "left") if has_left else ("entered",):
        others = ", ".join(map(context.text.format_value, place[f"{end}_other"]))
        keys = (f"chart.history.or_{end}", f"chart.history.{end}")
        texts.append(choose(*keys, year=place[end], other=others or None))
    texts.append(choose("chart.history.merged", years=place["merged"]))
    return {
        **place,
        "gone": has_left,
        "merged": _list_years(place["merged"]),
        "parts": [*filter(None, texts)],
        "entered": _list_years([place["entered"], *place["entered_other"]]),
        "left": _list_years([place["left"], *place["left_other"]]),
    }


def _list_years(years: list[Quantity]) -> list[float]:
    """The years as numbers: two of "1975–1976"."""
    return [bound for year in years for bound in {year.low, year.high} if math.isfinite(bound)]


@section("members", lambda year: year.members)
def show_members(context: Context, rows: pd.DataFrame) -> Block:
    """Members of each association, also earlier ones, and inhabitants where they are known."""
    rows = add_place_names(context, rows)
    if not are_known(rows["members"]).any():
        return Block()
    tables = {
        "members": rows[["place", "members"]].join(blank_unknown(rows, "year", "of_known")),
        "members_earlier": _list_earlier(context, rows["town"], "membership", "members"),
        "inhabitants": _list_inhabitants(context, rows["town"]),
    }
    labels = rows["members"].map(context.text.format_quantity)
    if "members_year" not in context.facts:
        years = " (" + rows["year"].map(context.text.format_quantity) + ")"
        labels += years.where(are_known(rows["members"]), "")
    bars = _to_bars(rows, rows["members"], labels, "")
    named = {"members_unknown": [*rows["place"][~are_known(rows["members"])]]}
    return show_chart(context, "chart.members", charts.draw_amounts, bars, tables, named=named)


def _to_bars(rows: pd.DataFrame, amounts: pd.Series, labels: pd.Series, panel: str) -> pd.DataFrame:
    """One row is a bar: place, home, low, high, about, amount, shown (its label), panel."""
    bounds = [(amount.low, amount.high, amount.about) for amount in amounts]
    bars = pd.DataFrame(bounds, rows.index, columns=["low", "high", "about"])
    return rows[["place", "home"]].join(bars).assign(amount=amounts, shown=labels, panel=panel)


def _list_earlier(context: Context, towns: pd.Series, table: str, column: str) -> pd.DataFrame:
    """The dated numbers of the places that have more than one, oldest first."""
    rows = context.known.used[table]
    rows = rows[rows["town"].isin(towns) & are_known(rows[column])]
    rows = rows.loc[[year.doubt == "exact" for year in rows["year"]]]
    rows = rows.assign(at=to_numbers(rows["year"]))
    several = rows[rows.groupby("town")["at"].transform("nunique") > 1]
    earlier = add_place_names(context, several).sort_values(["place", "at"])
    return earlier[["place", column, "year"]]


def _list_inhabitants(context: Context, towns: pd.Series) -> pd.DataFrame:
    """The newest known population of each place: place, inhabitants, year, counted (of what)."""
    figures = context.known.used["figures"]
    figures = figures[(figures["measure"] == "population") & figures["about"].isin(towns)]
    newest = newest_rows(to_records(figures), "about", "value").values()
    rows = pd.DataFrame(newest, columns=[*figures])
    rows = rows.rename(columns={"about": "town", "value": "inhabitants"})
    rows = add_place_names(context, rows.sort_values("town", ignore_index=True))
    present = context.year.present
    minority = rows["town"].isin(present.loc[present["kind"] == "minority", "town"])
    definitions = rows["definition"].mask(minority, "minority")
    rows["counted"] = [context.describe_code(code, "population") for code in definitions]
    return blank_unknown(rows, "place", "inhabitants", "year", "counted")


@section("hosts", lambda year: year.hosting)
def show_hosts(context: Context, rows: pd.DataFrame) -> Block:
    """The latest meetings in a row, and every known meeting by place and year."""
    met = meeting_table(context)
    cases = context.known.register
    disputed = met["place_ref"].isin(cases.loc[cases["column"] == "place", "used_ref"])
    marked = met["place"].map(lambda place: place + context.text.disputed_mark)
    listed = met.assign(place=met["place"].mask(disputed, marked))
    columns = ("host", "what", "status", "when", "place", "participants")
    table = blank_unknown(listed, *columns).iloc[::-1]
    if are_known(met["year"]).any():
        table.insert(0, "year", met["year"])
    if not met["at"].notna().any():  # no year to draw
        return context.table(table, "meetings")
    planned = met[met["kind"] != "cancelled"]
    dots = rows[["town"]].merge(planned, how="left")  # keeps a place without a meeting
    dots = add_place_names(context, dots.fillna({"kind": "meeting"}).assign(year=dots["at"]))
    latest = yearly_meetings(context)
    row = show_chart(context, "chart.meeting_row", charts.draw_meeting_row, latest)
    return row + show_chart(context, "chart.hosts", charts.draw_hosts, dots, {"meetings": table})


def meeting_table(context: Context) -> pd.DataFrame:
    """`year.meetings`, and: kind as it is drawn, at (the year as a number), host (its name), and
    what, status and when in words."""
    met = context.year.meetings
    drawn = met["status"].map({"cancelled": "cancelled"}).fillna("announced")
    days = zip(met["date_from"], met["date_to"], strict=True)
    return met.assign(
        kind=met["kind"].map(KINDS).fillna("seminar").where(met["status"] == "held", drawn),
        at=to_numbers(met["year"]),
        host=met["town"].map(context.place_name),
        place=met["place"].map(context.translate_venue),
        what=("kind." + met["kind"]).map(context.plain),
        status=("status." + met["status"]).map(context.plain),
        when=[context.text.date_html(start, end) if start else "" for start, end in days],
    )


def yearly_meetings(context: Context) -> pd.DataFrame:
    """One row is a year of the latest round up to the report year, none if no meeting is known:
    year, host (or where it was), kind (cancelled; unknown where no meeting is known), home."""
    met = meeting_table(context)
    last = context.known.year
    before = last - min(len(context.year.round), LONGEST_ROW)
    met = met[met["at"] > before]
    by_weight = charts.MEETINGS.index  # of several meetings in a year, the weightiest
    met = met.sort_values("kind", key=lambda kinds: kinds.map(by_weight), kind="stable")
    met = met.drop_duplicates("at").set_index("at")
    met["home"] = met["town"] == context.year.home
    met["host"] = met["host"].where(met["town"] != "", met["place"])
    years = pd.RangeIndex(before + 1 if len(met) else last + 1, last + 1, name="year")
    unknown = {"host": "", "kind": "unknown", "home": False}
    return met[[*unknown]].reindex(years).fillna(unknown).reset_index()


@section("mergers", lambda year: year.known.used["chain"])
def show_mergers(context: Context, rows: pd.DataFrame) -> Block:
    """Mergers and new names of the municipalities of the chain."""
    rows = rows[rows["event"].isin(["merged", "renamed"])]
    rows = add_place_names(context, rows).assign(what=context.render_row_texts(rows))
    return context.table(blank_unknown(rows, "place", "year", "what"), "mergers")


@section("support", lambda year: year.support)
def show_support(context: Context, rows: pd.DataFrame) -> Block:
    """What the municipalities give, and the grant that is or was proposed."""
    earlier = _list_earlier(context, rows["town"], "support", "amount")
    mentioned = [amount.reason != "not_mentioned" for amount in rows["amount"]]
    rows = add_place_names(context, rows.loc[mentioned])
    if rows.empty:
        return Block()
    order = rows["local"].map(lambda amount: -amount.low).sort_values(kind="stable").index
    relation = ("relation." + rows["relation"].replace("", "none")).map(context.plain)
    rows = rows.assign(proposed="", relation=relation).loc[order]
    if "grant" in context.facts:
        stage = "proposed" if "points_now" in context.facts else "proposed_then"
        words = context.plain(f"relation.{stage}", year=context.year.points_year)
        rows = add_grant(context, rows, words)
    columns = ("place", "amount", "year", "local", "per_member", "per_inhabitant", "relation")
    table = blank_unknown(rows, *columns)
    table["local"] = [cell if getattr(cell, "formula", "") else "" for cell in table["local"]]
    if not are_known(rows["amount"]).any():  # no bar to draw
        return context.table(table, "support")
    tables = {"support": table, "support_earlier": earlier}
    bars = money_bars(context, rows)
    return show_chart(context, "chart.support", charts.draw_amounts, bars, tables)


def add_grant(context: Context, rows: pd.DataFrame, stage: str) -> pd.DataFrame:
    """The support, and last the grant proposed for the home town's association, as `stage` says."""
    grant = {column: context.facts.get(fact, UNKNOWN) for column, fact in GRANT.items()}
    home = context.year.home
    grant |= {"town": home, "place": context.place_name(home)}
    grant |= {"relation": stage, "proposed": f" ({stage})"}
    grant["year"] = UNKNOWN  # for which year it is meant, the proposal says
    return pd.concat([rows, pd.DataFrame([grant])], ignore_index=True)


def money_bars(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """The bars of money in two panels: in total (where an amount that is none or unknown is
    written out instead) and per member. Columns as in `_to_bars`."""
    rows = rows.assign(home=rows["proposed"] != "").reset_index(drop=True)
    write = context.text.format_quantity
    given = rows["amount"].map(lambda amount: amount.is_known and amount.high > 0).astype("bool")
    local = rows["local"].where(given, rows["amount"])
    each = rows["per_member"].where(given, rows["amount"])
    total_label = local.map(write).where(are_known(local), rows["amount"].map(write))
    each_label = each.map(write).where(given, "")
    totals = _to_bars(rows, local, total_label + rows["proposed"], "sum")
    return pd.concat([totals, _to_bars(rows, each, each_label + rows["proposed"], "each")])


@section("national", lambda year: year.national)
def show_national(context: Context, rows: pd.DataFrame) -> Block:
    """What sources say of the movement's members in the whole country."""
    if not context.facts["movement"]:  # a municipality need not name it
        return Block()
    sources = [context.cite_row(context.known.records[ref]) for ref in rows["ref"]]
    return context.table(rows[["year", "value"]].assign(source=sources), "national")
