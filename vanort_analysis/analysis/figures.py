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
from ..data.quantity import UNKNOWN, Quantity, are_known, exact, share, to_records
from .chain import NO_YEAR

if TYPE_CHECKING:
    from . import Year

ENOUGH_FOR_A_LINE = 3
# what the survey states, by the name of its fact
SURVEY = {"answered": "answered:all", "nordic": "municipalities_with_twin_towns:nordic"}
SURVEY |= {"towns": "twin_towns:all", "change": "change_since_previous:all"}
SURVEY |= {"active": "activity_share:active", "dormant": "activity_share:dormant"}
GIVEN = ("grant", "handed_over")  # relations in which the municipality pays
NEAR = 3  # years between numbers that are added, compared or divided
NOT_MENTIONED = Quantity(reason="not_mentioned")


def member_counts(year: Year) -> pd.DataFrame:
    """One row is a present place: town, members, year, of_known (its share of the known members).

    Largest first, the unknown last. While a place is unknown a share is that of the known members;
    numbers of years that are far apart, or of a year that is unknown, have no shares.
    """
    towns, members = year.present["town"], year.present["members"]
    known = are_known(members)
    known_total = exact(sum(members[known]))
    shares = [share(number, known_total).in_unit("percent", "share_of_known") for number in members]
    newest = newest_rows(to_records(year.known.used["membership"]), "town", "members")
    years = [newest[town]["year"] if town in newest else NO_YEAR for town in towns]
    counted = [date.low for date, is_known in zip(years, known, strict=True) if is_known]
    comparable = known & (max(counted, default=0) - min(counted, default=0) <= NEAR)
    of_known = pd.Series(shares, members.index).where(comparable, UNKNOWN)
    frame = year.present[["town", "members"]].assign(year=years, of_known=of_known)
    order = members.map(lambda number: -number.low if number.is_known else math.inf)
    return frame.loc[order.sort_values(kind="stable").index]


def dated_values(rows: pd.DataFrame, by: str, value: str) -> dict[str, dict[float, Quantity]]:
    """The known values of each thing in the column `by`, by their year as a number."""
    dated: dict[str, dict[float, Quantity]] = {}
    for row in to_records(rows):
        year = row["year"].value
        if row[value].is_known and year is not None:
            dated.setdefault(row[by], {})[year] = row[value]
    return dated


def stated_figures(known: Known, measure: str, about: str | None = None) -> pd.DataFrame:
    """The rows of one measure in the table `figures`, or those of them that are about one thing."""
    rows = known.used["figures"]
    rows = rows[rows["measure"] == measure]
    return rows if about is None else rows[rows["about"].str.lower() == about]


def _home_country(year: Year) -> str:
    """The home town's country as the table `figures` names it: "sweden"."""
    towns = year.known.used["towns"].set_index("town")
    return str(towns.at[year.home, "area_en"]).lower()


def nearest_value(dated: dict[float, Quantity], year: float, within: float = math.inf) -> Quantity:
    """The value dated nearest to a year, at most `within` years away; unknown if there is none."""
    near = [date for date in dated if abs(date - year) <= within]
    return dated[min(near, key=lambda date: abs(date - year))] if near else UNKNOWN


def support_amounts(year: Year) -> pd.DataFrame:
    """One row is a present place: town, amount, rate, local, relation, year, per_member,
    per_inhabitant, counted (the members that `per_member` is divided by).

    `local`, `per_member` and `per_inhabitant` are in the home town's `currency`, at the average
    rate of the year of the amount; unknown sum, none and not mentioned stay apart in `amount`.
    Inhabitants are those of the municipality that pays: for a group or a minority none are used.
    """
    known, currency = year.known, year.currency
    newest = newest_rows(to_records(known.used["support"]), "town", "amount")
    rates = dated_values(stated_figures(known, "exchange_rate"), "about", "value")
    members = dated_values(known.used["membership"], "town", "members")
    rows = []
    for town, kind in year.present[["town", "kind"]].itertuples(index=False):
        row = newest.get(town, {"amount": NOT_MENTIONED, "year": NO_YEAR, "relation": ""})
        amount, date = row["amount"], row["year"]
        rate = local = per_member = per_inhabitant = counted = UNKNOWN
        if amount.is_known and amount.high > 0:
            paid_in = math.nan if date.value is None else date.value
            rate, local = exact(1), amount.in_unit(currency)
            if amount.unit not in ("", currency):
                rate = rates.get(f"{amount.unit}/{currency}", {}).get(paid_in, UNKNOWN)
                inverse = rates.get(f"{currency}/{amount.unit}", {}).get(paid_in, UNKNOWN)
                rate = exact(1) / inverse if inverse.is_known and not rate.is_known else rate
                local = (amount * rate).in_unit(currency, "in_home_currency")
            counted = nearest_value(members.get(town, {}), paid_in)
            per_member = (local / counted).in_unit(f"{currency}_each", "per_member")
            if local.is_known and kind == "town":
                per_inhabitant = amount_per_inhabitant(year, town, local, date.low)
        relation = row["relation"] or ("grant" if amount.is_known and amount.high > 0 else "")
        each = per_member, per_inhabitant, counted
        rows.append((town, amount, rate, local, relation, date, *each))
    columns = ["town", "amount", "rate", "local", "relation", "year"]
    return pd.DataFrame(rows, columns=[*columns, "per_member", "per_inhabitant", "counted"])


def municipal_populations(year: Year) -> dict[str, dict[float, Quantity]]:
    """The dated populations of municipalities, by town and year."""
    rows = stated_figures(year.known, "population")
    return dated_values(rows[rows["definition"] == "municipality"], "about", "value")


def amount_per_inhabitant(year: Year, town: str, amount: Quantity, date: float) -> Quantity:
    """The amount per inhabitant in the nearest year with a known population, if one is near."""
    unit = f"{year.currency}_each"
    population = nearest_value(year.populations.get(town, {}), date, NEAR)
    if not population.is_known:
        return replace(UNKNOWN, unit=unit)
    return (amount / population).in_unit(unit, "per_inhabitant")


def survey_facts(year: Year) -> dict[str, Quantity]:
    """What the latest survey that counted Nordic twin towns says, and what follows from it, by
    name; unknown where an input is missing.

    The silent are no random sample, so the share of all municipalities is bounded, not estimated:
    none of them, or all of them, may have a Nordic twin town.
    """
    rows = year.known.used["survey"].assign(name=lambda rows: rows["measure"] + ":" + rows["group"])
    counted = (rows["name"] == "municipalities_with_twin_towns:nordic") & are_known(rows["value"])
    if not counted.any():
        return {}
    wave, last = int(rows.loc[counted, "wave"].max()), int(rows["wave"].max())
    refs = rows.drop_duplicates("wave").set_index("wave")["ref"]
    values = rows[rows["wave"] == wave].set_index("name")["value"]
    stated = {f"survey_{name}": values.get(key, UNKNOWN) for name, key in SURVEY.items()}
    answered, nordic, towns, change, *_ = stated.values()
    counts = to_records(stated_figures(year.known, "municipalities", _home_country(year)))
    by_then = newest_rows((row for row in counts if row["year"].low <= wave), "measure", "value")
    every = next((row["value"] for row in by_then.values()), UNKNOWN)
    is_bounded = answered.high <= every.low
    silent = (every - answered).in_unit("", "survey_silent") if is_bounded else UNKNOWN
    possible = nordic + silent if is_bounded else UNKNOWN
    before = (towns - change).in_unit("twin_towns", "survey_before")
    fewer = 0 - change
    previous = dated_values(stated_figures(year.known, "survey_previous"), "measure", "value")
    return stated | {
        "survey_municipalities": every,
        "survey_silent": silent,
        "survey_answer_rate": share(answered, every).in_unit("percent", "survey_answer_rate"),
        "survey_nordic_share": share(nordic, answered).in_unit("percent", "survey_nordic_share"),
        "survey_nordic_low": share(nordic, every).in_unit("percent", "survey_nordic_low"),
        "survey_nordic_high": share(possible, every).in_unit("percent", "survey_nordic_high"),
        "survey_nordic_all": replace(possible, low=nordic.low).in_unit("", "survey_nordic_all"),
        "survey_since": nearest_value(previous.get("survey_previous", {}), wave, 0).in_unit("year"),
        "survey_before": before if towns.is_known and change.is_known else UNKNOWN,
        "survey_change_pct": (change / before * 100).in_unit("percent", "survey_change_pct"),
        "survey_year": exact(wave, "year", (refs[wave],)),
        "survey_later": exact(last, "year", (refs[last],)) if last > wave else UNKNOWN,
        "survey_fewer": fewer if fewer.low > 0 else UNKNOWN,
    }


def national_members(year: Year) -> pd.DataFrame:
    """One row is a stated number of members in the home country, oldest first: year, value, ref."""
    rows = stated_figures(year.known, "norden_members", _home_country(year))
    start = [date.low if date.low > -math.inf else date.high - 1 for date in rows["year"]]
    rows = rows.assign(start=start).sort_values("start", kind="stable", ignore_index=True)
    return rows[["year", "value", "ref"]]
