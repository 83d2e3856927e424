"""Figures in time: members, support, the survey, the movement. Pure.

Every computed number is a `Quantity` that carries its doubt, its raw rows and the name of its
formula. Two values are two values: nothing here draws a line through fewer than three.
"""

from __future__ import annotations

import pandas as pd

from .chain import NO_YEAR, members_total, places
from .evidence import Known, newest
from .quantity import UNKNOWN, Quantity, exact, share
from .spelling import column

ENOUGH_FOR_A_LINE = 3


def membership(known: Known, home: str) -> pd.DataFrame:
    """One row is a present place: town, year, members, of_known (its share of the known members).

    Largest first, the unknown last. While a place is unknown a share is that of the known members.
    """
    present = places(known, home).query("role != 'former'")
    latest = newest(known.used["membership"], "town", "members")
    stated = [number for number in present["members"] if number.known]
    known_total = sum(stated, exact(0, "members"))
    frame = present[["town", "members"]].assign(
        year=column(latest, "year").reindex(present["town"], fill_value=NO_YEAR).to_numpy(),
        of_known=[
            share(number, known_total).to("percent", "share_of_known") if number.known else UNKNOWN
            for number in present["members"]
        ],
    )
    by_size = frame["members"].map(lambda number: -(number.value or -1))
    return frame.loc[by_size.sort_values(kind="stable").index]


def members_at(known: Known, town: str, year: float) -> Quantity:
    """The known members of an association in the year nearest to `year`."""
    rows = known.used["membership"]
    rows = rows[
        (rows["town"] == town) & rows["year"].notna() & (rows["members_doubt"] != "unknown")
    ]
    if not len(rows) or pd.isna(year):
        return UNKNOWN
    nearest = (rows["year"] - year).abs().sort_values(kind="stable").index[0]
    return column(rows.loc[[nearest]], "members").iloc[0].to("members")


def rate(known: Known, currency: str, into: str, year: float) -> Quantity:
    """The average rate of `year` for one `currency` in `into`; unknown where none is published."""
    if currency == into:
        return exact(1)
    rows = known.used["figures"].query(
        "measure == 'exchange_rate' and about == @pair and year == @year",
        local_dict={"pair": f"{currency}/{into}", "year": year},
    )
    return column(rows, "value").iloc[0] if len(rows) else UNKNOWN


GIVEN = ("grant", "handed_over")  # relations in which the municipality pays


def support(known: Known, home: str, currency: str) -> pd.DataFrame:
    """One row is a present place: town, year, amount, relation, rate, local, per_member.

    `local` and `per_member` are in the home town's `currency`, at the average rate of the year of
    the amount; unknown sum, none and not mentioned stay apart in `amount`.
    """
    present = places(known, home).query("role != 'former'").set_index("town")
    stated = newest(known.used["support"], "town", "amount")
    silent = Quantity(reason="not_mentioned")
    amount = column(stated, "amount").reindex(present.index, fill_value=silent)
    amount = amount.map(lambda number: number.to(currency) if number.doubt == "none" else number)
    years = stated["year"].reindex(present.index)
    rates = pd.Series(
        [
            rate(known, number.unit, currency, year) if number.unit else exact(1)
            for number, year in zip(amount, years, strict=True)
        ],
        index=present.index,
    )
    money = amount.map(lambda number: number.known and number.low > 0)
    members = [
        members_at(known, town, year) for town, year in zip(present.index, years, strict=True)
    ]
    local = (amount * rates).map(lambda number: number.to(currency, "in_home_currency"))
    each = (amount * rates / pd.Series(members, index=present.index, dtype=object)).map(
        lambda number: number.to(f"{currency}_each", "per_member")
    )
    frame = pd.DataFrame({"amount": amount, "rate": rates, "local": local, "per_member": each})
    for computed in ("rate", "local", "per_member"):
        frame[computed] = frame[computed].where(money, UNKNOWN)
    frame["relation"] = stated["relation"].reindex(present.index, fill_value="")
    frame["year"] = column(stated, "year").reindex(present.index, fill_value=NO_YEAR)
    return frame.reset_index(names="town")


def survey(known: Known, wave: int) -> dict[str, Quantity]:
    """What one wave says and what follows from it, by name; unknown where an input is missing.

    The silent are no random sample, so the share of all municipalities is bounded, not estimated:
    none of them, or all of them, may have a Nordic twin town.
    """
    rows = known.used["survey"].query("wave == @wave")
    said = dict(zip(rows["measure"] + ":" + rows["group"], column(rows, "value"), strict=True))
    get = lambda name: said.get(name, UNKNOWN)  # noqa: E731
    answered, nordic = get("answered:all"), get("municipalities_with_twin_towns:nordic")
    towns, change = get("twin_towns:all"), get("change_since_previous:all")
    every = _municipalities(known, wave)
    silent = (every - answered).to("", "survey_silent")
    before = (towns - change).to("twin_towns", "survey_before")
    active, dormant = get("activity_share:active"), get("activity_share:dormant")
    return {
        "answered": answered,
        "municipalities": every,
        "silent": silent,
        "nordic": nordic,
        "answer_rate": share(answered, every).to("percent", "survey_answer_rate"),
        "nordic_share": share(nordic, answered).to("percent", "survey_nordic_share"),
        "nordic_low": share(nordic, every).to("percent", "survey_nordic_low"),
        "nordic_high": share(nordic + silent, every).to("percent", "survey_nordic_high"),
        "towns": towns,
        "before": before if towns.known and change.known else UNKNOWN,
        "change": change,
        "change_pct": (change / before * 100).to("percent", "survey_change_pct"),
        "per_municipality": (towns / nordic).to("ratio", "survey_per_municipality"),
        "active": active,
        "dormant": dormant,
        "sporadic": (exact(100, "percent") - active - dormant).to("percent", "survey_sporadic"),
    }


def _municipalities(known: Known, wave: int) -> Quantity:
    rows = known.used["figures"].query("measure == 'municipalities' and year <= @wave")
    return column(rows.sort_values("year").tail(1), "value").iloc[0] if len(rows) else UNKNOWN


def national(known: Known, measure: str = "norden_members", about: str = "sweden") -> pd.DataFrame:
    """One row is a stated national figure, oldest first: year (may be an interval), value, ref."""
    rows = known.used["figures"].query("measure == @measure and about == @about")
    frame = pd.DataFrame(
        {"year": column(rows, "year"), "value": column(rows, "value"), "ref": rows["ref"]}
    )
    start = frame["year"].map(lambda at: at.low if at.low > float("-inf") else at.high - 1)
    return frame.loc[start.sort_values(kind="stable").index].reset_index(drop=True)


def members_known(known: Known, home: str) -> dict[str, Quantity]:
    """The chain's members: total ("at least"), the places it rests on, the places missing."""
    present = places(known, home).query("role != 'former'")
    whole = members_total(present)
    stated = [number for number in present["members"] if number.known]
    refs = tuple(ref for number in present["members"] for ref in number.refs)
    return {
        "members_total": whole,
        "members_places": exact(len(stated), "", refs).to("places", "members_places"),
        "members_missing": exact(len(present) - len(stated), "", refs).to(
            "places", "members_missing"
        ),
    }
