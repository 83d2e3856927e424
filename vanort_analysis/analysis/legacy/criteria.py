"""The questions that decide, answered from the data: yes, no or "cannot be answered". Pure.

A criterion compares an indicator with a threshold. An indicator is a `Quantity`, so what is only
known as a bound answers where the bound is enough, and nothing is guessed where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from ...data.quantity import UNKNOWN, Quantity, exact
from ...errors import Fault
from . import activity
from .facts import Facts
from .frames import Known, column

ONLY_GROWS = ("chain_age",)  # such an indicator, once past its threshold, stays there


def _number(facts: Facts, name: str) -> Quantity:
    found = facts.get(name, UNKNOWN)
    return found if isinstance(found, Quantity) else UNKNOWN


def _fact(name: str) -> Callable[[Known, str, Facts], Quantity]:
    return lambda known, home, facts: _number(facts, name)


def meeting_rate(known: Known, home: str, facts: Facts) -> Quantity:
    """Years of the latest round with a known meeting, per cent: at least, as a gap is no no."""
    met, years = (_number(facts, name) for name in ("meeting_years", "round_years"))
    high = met.high if met.low == years.low else math.inf
    return (replace(met, high=high, unit="") / years.low * 100).to("percent", "meeting_rate")


def years_since_meeting(known: Known, home: str, facts: Facts) -> Quantity:
    """Years since the latest known meeting; at most, as a later one may be unknown."""
    last = _number(facts, "any_meeting_last_year")
    if not last.is_known:
        return replace(UNKNOWN, unit="years")
    return replace((known.year - last).to("years", "years_since_meeting"), low=0.0)


def willing_share(known: Known, home: str, facts: Facts) -> Quantity:
    """Partner municipalities that have an agreement, per cent: the others' will is not known."""
    agreed = activity.agreeing(known)
    agreed = agreed[agreed["town"].isin(facts["partners_list"])]
    willing = Quantity(low=float(len(agreed)), refs=tuple(agreed["ref"]))
    return (willing / max(_number(facts, "partners").low, 1) * 100).to("percent", "willing_share")


def requests_waiting(known: Known, home: str, facts: Facts) -> Quantity:
    """Requests of the report year that await an answer: at least, as not all are recorded."""
    rows = known.used["activities"].query("status == 'waiting'")
    rows = rows[rows["year"] == known.year]
    waiting = Quantity(low=float(len(rows)), refs=tuple(rows["ref"]))
    return waiting.to("requests", "requests_waiting")


def planning_meetings(known: Known, home: str, facts: Facts) -> Quantity:
    """Seminars of the report year in place of a meeting."""
    rows = known.used["meetings"].query("kind in ('planning_seminar', 'board_seminar')")
    rows = rows[rows["year"] == known.year]
    return exact(len(rows), "", tuple(rows["ref"])).to("seminars", "planning_meetings")


def budget(known: Known, home: str, facts: Facts) -> Quantity:
    """What the municipality has set aside for twin-town work of its own."""
    rows = known.used["figures"].query("measure == 'twin_town_budget' and about == @home")
    return column(rows.sort_values("year").tail(1), "value").iloc[0] if len(rows) else UNKNOWN


INDICATORS: Mapping[str, Callable[[Known, str, Facts], Quantity]] = {
    "places": _fact("places_now"),
    "chain_age": _fact("chain_age"),
    "survey_change": _fact("survey_change_pct"),
    "home_members": _fact("members_home"),
    "meeting_rate": meeting_rate,
    "years_since_meeting": years_since_meeting,
    "active_places": _fact("active_places"),
    "willing_share": willing_share,
    "grant_of_highest": _fact("grant_share"),
    "requests_waiting": requests_waiting,
    "planning_meetings": planning_meetings,
    "budget": budget,
}


def answer(value: Quantity, direction: str, threshold: Quantity) -> str:
    """Whether `value` is at least, or at most, the threshold: yes, no or unknown."""
    if direction == "at_most":
        value, threshold = -1 * value, -1 * threshold
    if value.low >= threshold.high:
        return "yes"
    return "no" if value.high < threshold.low else "unknown"


def criteria(known: Known, home: str, facts: Facts) -> pd.DataFrame:
    """One row is a criterion, by name and in order: its columns, value, limit, answer.

    `value` and `limit` are `Quantity`; empty without a table of criteria.
    """
    frame = known.used["criteria"].sort_values("order", kind="stable").set_index("criterion")
    values = [INDICATORS[name](known, home, facts) for name in frame["indicator"]]
    limits = [
        limit if limit.unit else replace(limit, unit=value.unit)
        for limit, value in zip(column(frame, "threshold"), values, strict=True)
    ]
    told = zip(values, frame["direction"], limits, strict=True)
    return frame.assign(
        value=pd.Series(values, index=frame.index, dtype=object),
        limit=pd.Series(limits, index=frame.index, dtype=object),
        answer=[answer(*each) for each in told],
    )


def unknown_indicators(rows: pd.DataFrame) -> list[Fault]:
    """Criteria whose indicator is no function of this module."""
    wrong = rows[~rows["indicator"].isin(set(INDICATORS))]
    return [
        Fault("D042", "criteria.csv", int(str(row)), "indicator", name,
              details={"near": ", ".join(INDICATORS)})
        for row, name in wrong["indicator"].items()
    ]  # fmt: skip
