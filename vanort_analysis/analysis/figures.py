"""Figures in time: members, support and grant, the survey, the movement. Pure.

Every computed number is a `Quantity` that carries its doubt, its raw rows and the name of its
formula. A sum in another currency is converted at the average rate of its own year.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from ..data.evidence import Known, newest_rows
from ..data.quantity import (
    UNKNOWN,
    Quantity,
    are_known,
    exact,
    share,
    to_numbers,
    to_records,
    total,
)
from .chain import NO_YEAR

if TYPE_CHECKING:
    from .year import Year

ENOUGH_FOR_A_LINE = 3
SURVEY = ["answered:all", "municipalities_with_twin_towns:nordic", "twin_towns:all"]
SURVEY += ["change_since_previous:all", "activity_share:active", "activity_share:dormant"]
GIVEN = ("grant", "handed_over")  # relations in which the municipality pays
NEAR = 3  # years between an amount and the population it is divided by
NOT_MENTIONED = Quantity(reason="not_mentioned")


def member_counts(year: Year) -> pd.DataFrame:
    """One row is a present place: town, members, year, of_known (its share of the known members).

    Largest first, the unknown last. While a place is unknown a share is that of the known members.
    """
    present = year.present
    counted = newest_rows(to_records(year.known.used["membership"]), "town", "members")
    known_total = total(present.loc[are_known(present["members"]), "members"], "members")
    frame = present[["town", "members"]].assign(
        year=[counted[town]["year"] if town in counted else NO_YEAR for town in present["town"]],
        of_known=[
            share(of, known_total).in_unit("percent", "share_of_known") if of.is_known else UNKNOWN
            for of in present["members"]
        ],
    )
    by_size = frame["members"].map(lambda number: -(number.value or -1))
    return frame.loc[by_size.sort_values(kind="stable").index]


def dated_values(rows: pd.DataFrame, by: str, value: str) -> dict[str, dict[float, Quantity]]:
    """The known values of each thing, by their year as a number."""
    found: dict[str, dict[float, Quantity]] = {}
    for thing, year, of in zip(rows[by], to_numbers(rows["year"]), rows[value], strict=True):
        if of.is_known and not math.isnan(year):
            found.setdefault(thing, {})[year] = of
    return found


def stated_figures(known: Known, measure: str) -> pd.DataFrame:
    """The rows of one measure in the table `figures`."""
    rows = known.used["figures"]
    return rows[rows["measure"] == measure]


def nearest_value(dated: dict[float, Quantity], year: float, within: float = math.inf) -> Quantity:
    """Of dated values the one nearest to a year; unknown where there is none."""
    near = [at for at in dated if abs(at - year) <= within]
    return dated[min(near, key=lambda at: abs(at - year))] if near else UNKNOWN


def support_amounts(year: Year) -> pd.DataFrame:
    """One row is a present place: town, amount, rate, local, per_member, relation, year,
    per_inhabitant.

    `local`, `per_member` and `per_inhabitant` are in the home town's `currency`, at the average
    rate of the year of the amount; unknown sum, none and not mentioned stay apart in `amount`.
    Inhabitants are those of the municipality that pays: for a group or a minority none are used.
    """
    known, currency = year.known, year.currency
    stated = newest_rows(to_records(known.used["support"]), "town", "amount")
    rates = dated_values(stated_figures(known, "exchange_rate"), "about", "value")
    counted = dated_values(known.used["membership"], "town", "members")
    people, rows = municipal_populations(known), []
    for town, kind in year.present[["town", "kind"]].itertuples(index=False):
        said = stated.get(town, {"amount": NOT_MENTIONED, "year": NO_YEAR, "relation": ""})
        amount, when = said["amount"], said["year"]
        rate = local = each = a_head = UNKNOWN
        if amount.doubt == "none":
            amount = amount.in_unit(currency)
        elif amount.is_known:
            at = math.nan if when.value is None else when.value
            rate = exact(1)
            if amount.unit not in ("", currency):
                rate = rates.get(f"{amount.unit}/{currency}", {}).get(at, UNKNOWN)
            local = (amount * rate).in_unit(currency, "in_home_currency")
            members = nearest_value(counted.get(town, {}), at)
            each = (amount * rate / members).in_unit(f"{currency}_each", "per_member")
            if local.is_known and kind == "town":
                a_head = amount_per_inhabitant(people.get(town, {}), local, when.low, currency)
        rows.append((town, amount, rate, local, each, said["relation"], when, a_head))
    columns = ["town", "amount", "rate", "local", "per_member", "relation", "year"]
    return pd.DataFrame(rows, columns=[*columns, "per_inhabitant"])


def municipal_populations(known: Known) -> dict[str, dict[float, Quantity]]:
    """The dated populations of municipalities, by town and year."""
    rows = stated_figures(known, "population")
    return dated_values(rows[rows["definition"] == "municipality"], "about", "value")


def amount_per_inhabitant(
    dated: dict[float, Quantity], amount: Quantity, year: float, currency: str
) -> Quantity:
    """A sum a head of the municipality's population in the nearest year, if one is near."""
    people, unit = nearest_value(dated, year, NEAR), f"{currency}_each"
    if not people.is_known:
        return replace(UNKNOWN, unit=unit)
    return (amount / people).in_unit(unit, "per_inhabitant")


def survey_figures(known: Known) -> dict[str, Quantity]:
    """What the latest survey that counted Nordic twin towns says, and what follows from it, by
    name; unknown where an input is missing.

    The silent are no random sample, so the share of all municipalities is bounded, not estimated:
    none of them, or all of them, may have a Nordic twin town.
    """
    rows = known.used["survey"]
    names = rows["measure"] + ":" + rows["group"]
    counted = (names == "municipalities_with_twin_towns:nordic") & are_known(rows["value"])
    if not counted.any():
        return {}
    wave, later = int(rows.loc[counted, "wave"].max()), int(rows["wave"].max())
    first = rows.drop_duplicates("wave").set_index("wave")["ref"]
    made = {at: exact(at, "year", (first[at],)) for at in (wave, later)}
    said = rows.assign(name=names)[rows["wave"] == wave].set_index("name")["value"]
    answered, nordic, towns, change, active, dormant = (said.get(name, UNKNOWN) for name in SURVEY)
    stated = to_records(stated_figures(known, "municipalities"))
    by_then = newest_rows((row for row in stated if row["year"].low <= wave), "measure", "value")
    every = next((row["value"] for row in by_then.values()), UNKNOWN)
    silent = (every - answered).in_unit("", "survey_silent")
    before = (towns - change).in_unit("twin_towns", "survey_before")
    fewer = exact(0) - change
    return {
        "answered": answered,
        "municipalities": every,
        "silent": silent,
        "nordic": nordic,
        "answer_rate": share(answered, every).in_unit("percent", "survey_answer_rate"),
        "nordic_share": share(nordic, answered).in_unit("percent", "survey_nordic_share"),
        "nordic_low": share(nordic, every).in_unit("percent", "survey_nordic_low"),
        "nordic_high": share(nordic + silent, every).in_unit("percent", "survey_nordic_high"),
        "nordic_all": replace(nordic, high=(nordic + silent).high).in_unit("", "survey_nordic_all"),
        "towns": towns,
        "before": before if towns.is_known and change.is_known else UNKNOWN,
        "change": change,
        "change_pct": (change / before * 100).in_unit("percent", "survey_change_pct"),
        "active": active,
        "dormant": dormant,
        "year": made[wave],
        "later": made[later] if later > wave else UNKNOWN,
        "fewer": fewer if fewer.low > 0 else UNKNOWN,
    }


def national_members(year: Year) -> pd.DataFrame:
    """One row is a stated number of members in Sweden, oldest first: year (may be an interval),
    value, ref."""
    rows = stated_figures(year.known, "norden_members")
    rows = rows[rows["about"] == "sweden"]
    start = [at.low if at.low > -math.inf else at.high - 1 for at in rows["year"]]
    ordered = rows.assign(start=start).sort_values("start", kind="stable", ignore_index=True)
    return ordered[["year", "value", "ref"]]
