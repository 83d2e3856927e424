"""Figures in time: members, support and grant, the survey, the movement. Pure.

Every computed number is a `Quantity` that carries its doubt, its raw rows and the name of its
formula. A sum in another currency is converted at the average rate of its own year.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from ..data.evidence import Known, newest
from ..data.quantity import UNKNOWN, Quantity, are_known, exact, numbers, share
from .chain import NO_YEAR, members_total

ENOUGH_FOR_A_LINE = 3
GIVEN = ("grant", "handed_over")  # relations in which the municipality pays
NEAR = 3  # years between an amount and the population it is divided by
NOT_MENTIONED = Quantity(reason="not_mentioned")


def membership(known: Known, present: pd.DataFrame) -> pd.DataFrame:
    """One row is a present place: town, members, year, of_known (its share of the known members).

    Largest first, the unknown last. While a place is unknown a share is that of the known members.
    """
    years = newest(known.used["membership"], "town", "members")["year"]
    stated = [number for number in present["members"] if number.is_known]
    known_total = sum(stated, exact(0, "members"))
    frame = present[["town", "members"]].assign(
        year=[years.get(town, NO_YEAR) for town in present["town"]],
        of_known=[
            share(number, known_total).to("percent", "share_of_known")
            if number.is_known
            else UNKNOWN
            for number in present["members"]
        ],
    )
    by_size = frame["members"].map(lambda number: -(number.value or -1))
    return frame.loc[by_size.sort_values(kind="stable").index]


def members_known(present: pd.DataFrame) -> dict[str, Quantity]:
    """The chain's members: total ("at least"), the places it rests on, the places missing."""
    stated = [number for number in present["members"] if number.is_known]
    refs = tuple(ref for number in present["members"] for ref in number.refs)
    missing = exact(len(present) - len(stated), "", refs)
    return {
        "members_total": members_total(present),
        "members_places": exact(len(stated), "", refs).to("places", "members_places"),
        "members_missing": missing.to("places", "members_missing"),
    }


def members_at(known: Known) -> dict[str, list[tuple[float, Quantity]]]:
    """The dated, known numbers of members of each association: year and members."""
    found: dict[str, list[tuple[float, Quantity]]] = {}
    rows = known.used["membership"]
    for town, year, count in zip(rows["town"], rows["year"], rows["members"], strict=True):
        if year.value is not None and count.is_known:
            found.setdefault(town, []).append((year.value, count))
    return found


def nearest(dated: list[tuple[float, Quantity]], year: Quantity) -> Quantity:
    """Of dated values the one nearest to a year; unknown where there is none."""
    if not dated or year.value is None:
        return UNKNOWN
    at = year.value
    return min(dated, key=lambda item: abs(item[0] - at))[1]


def exchange_rates(known: Known) -> dict[str, dict[float, Quantity]]:
    """The known yearly average rates by pair of currencies, such as `DKK/SEK`, and year."""
    rows = known.used["figures"]
    rows = rows[rows["measure"] == "exchange_rate"]
    found: dict[str, dict[float, Quantity]] = {}
    for pair, year, value in zip(rows["about"], numbers(rows["year"]), rows["value"], strict=True):
        found.setdefault(pair, {})[year] = value
    return found


def support(known: Known, present: pd.DataFrame, currency: str) -> pd.DataFrame:
    """One row is a present place: town, amount, rate, local, per_member, relation, year,
    per_inhabitant.

    `local`, `per_member` and `per_inhabitant` are in the home town's `currency`, at the average
    rate of the year of the amount; unknown sum, none and not mentioned stay apart in `amount`.
    Inhabitants are those of the municipality that pays: for a group or a minority none are used.
    """
    stated = newest(known.used["support"], "town", "amount").to_dict("index")
    rates, counted = exchange_rates(known), members_at(known)
    people = inhabitants(known)
    rows = []
    for town, kind in zip(present["town"], present["kind"], strict=True):
        said = stated.get(town, {"amount": NOT_MENTIONED, "year": NO_YEAR, "relation": ""})
        amount, year = said["amount"], said["year"]
        if amount.doubt == "none":
            amount = amount.to(currency)
        row = {"town": town, "amount": amount, "rate": UNKNOWN, "local": UNKNOWN}
        row |= {"per_member": UNKNOWN, "relation": said["relation"], "year": year}
        row["per_inhabitant"] = UNKNOWN
        if amount.is_known and amount.low > 0:
            row["rate"] = _rate(rates, amount.unit, currency, year)
            local = amount * row["rate"]
            members = nearest(counted.get(town, []), year)
            row["local"] = local.to(currency, "in_home_currency")
            row["per_member"] = (local / members).to(f"{currency}_each", "per_member")
            if row["local"].is_known and kind == "town":
                dated = people.get(town, [])
                row["per_inhabitant"] = per_inhabitant(dated, row["local"], year.low, currency)
        rows.append(row)
    return pd.DataFrame(rows)


def _rate(
    rates: dict[str, dict[float, Quantity]], currency: str, into: str, year: Quantity
) -> Quantity:
    """The average rate of `year` for one `currency` in `into`; unknown where none is published."""
    if currency in ("", into):
        return exact(1)
    at = math.nan if year.value is None else year.value
    return rates.get(f"{currency}/{into}", {}).get(at, UNKNOWN)


def inhabitants(known: Known) -> dict[str, list[tuple[float, Quantity]]]:
    """The dated populations of municipalities, by town: year and inhabitants."""
    rows = known.used["figures"]
    rows = rows[(rows["measure"] == "population") & (rows["definition"] == "municipality")]
    found: dict[str, list[tuple[float, Quantity]]] = {}
    for town, year, count in zip(rows["about"], numbers(rows["year"]), rows["value"], strict=True):
        if not math.isnan(year):
            found.setdefault(town, []).append((year, count))
    return found


def per_inhabitant(
    dated: list[tuple[float, Quantity]], amount: Quantity, year: float, currency: str
) -> Quantity:
    """A sum a head of the municipality's population in the nearest year, if one is near."""
    near = [(at, count) for at, count in dated if abs(at - year) <= NEAR]
    if not near:
        return replace(UNKNOWN, unit=f"{currency}_each")
    people = min(near, key=lambda item: abs(item[0] - year))[1]
    return (amount / people).to(f"{currency}_each", "per_inhabitant")


def latest_wave(known: Known) -> int:
    """The latest survey that counted municipalities with Nordic twin towns; 0 if there is none."""
    rows = known.used["survey"]
    nordic = rows[rows["measure"] + ":" + rows["group"] == "municipalities_with_twin_towns:nordic"]
    waves = nordic.loc[are_known(nordic["value"]), "wave"]
    return int(waves.max()) if len(waves) else 0


def survey(known: Known, wave: int) -> dict[str, Quantity]:
    """What one wave says and what follows from it, by name; unknown where an input is missing.

    The silent are no random sample, so the share of all municipalities is bounded, not estimated:
    none of them, or all of them, may have a Nordic twin town.
    """
    rows = known.used["survey"]
    rows = rows[rows["wave"] == wave]
    said = dict(zip(rows["measure"] + ":" + rows["group"], rows["value"], strict=True))
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
        "nordic_all": replace(nordic, high=(nordic + silent).high).to("", "survey_nordic_all"),
        "towns": towns,
        "before": before if towns.is_known and change.is_known else UNKNOWN,
        "change": change,
        "change_pct": (change / before * 100).to("percent", "survey_change_pct"),
        "per_municipality": (towns / nordic).to("ratio", "survey_per_municipality"),
        "active": active,
        "dormant": dormant,
        "sporadic": (exact(100, "percent") - active - dormant).to("percent", "survey_sporadic"),
    }


def _municipalities(known: Known, wave: int) -> Quantity:
    rows = known.used["figures"]
    rows = rows[rows["measure"] == "municipalities"]
    dated = list(zip(numbers(rows["year"]), rows["value"], strict=True))
    dated = sorted((item for item in dated if item[0] <= wave), key=lambda item: item[0])
    return dated[-1][1] if dated else UNKNOWN


def national(known: Known, measure: str = "norden_members", about: str = "sweden") -> pd.DataFrame:
    """One row is a stated national figure, oldest first: year (may be an interval), value, ref."""
    rows = known.used["figures"]
    rows = rows[(rows["measure"] == measure) & (rows["about"] == about)]
    start = [at.low if at.low > float("-inf") else at.high - 1 for at in rows["year"]]
    frame = rows[["year", "value", "ref"]].assign(start=start)
    frame = frame.sort_values("start", kind="stable", ignore_index=True)
    return frame.drop(columns="start")
