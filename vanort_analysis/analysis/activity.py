"""Which ties are alive: active, sporadic or dormant, place by place, at two levels. Pure.

The words are those of the SKL survey: active is regular contact and joint projects, sporadic is
irregular contact, dormant is no activity. No source says how often "regular" is: here it is at
least every other year of the latest round, a round being as many years as the chain has places,
since each hosts once in it.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ..data.evidence import Known
from ..data.quantity import Quantity, exact, numbers
from . import figures

LEVELS = ("municipal", "civil")
REGULAR = 0.5  # of the years of a round
OWN_PART = ("funded", "registered")  # what the municipality has done itself
COLUMNS = ["town", "level", "what", "year", "first", "last", "refs"]


def latest_round(known: Known, present: pd.DataFrame) -> range:
    """The years of the latest round, the report year the last of them."""
    return range(known.year - len(present) + 1, known.year + 1)


def signs_of_life(known: Known) -> pd.DataFrame:
    """One row is a sign of life of one place.

    Columns: town, level, what (hosted, represented, activity, agreement, support), year
    (`Quantity`), first and last (the years it shows contact in; support shows none), refs.
    """
    rows = _met(known) + _done(known) + _agreed(known) + _paid(known)
    return pd.DataFrame(rows, columns=COLUMNS)


def _met(known: Known) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    held = known.used["meetings"]
    for meeting in held[held["status"] == "held"].itertuples():
        year, at = meeting.year, meeting.year.low
        there = set(filter(None, meeting.represented.split("|"))) - {meeting.town}
        rows.append((meeting.town, "civil", "hosted", year, at, at, year.refs))
        rows += [(town, "civil", "represented", year, at, at, year.refs) for town in sorted(there)]
    return rows


def _done(known: Known) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    acts = known.used["activities"]
    for act in acts[acts["status"] == "done"].itertuples():
        level = "municipal" if act.municipal_role in OWN_PART else "civil"
        at = act.year.low
        for town in filter(None, act.towns.split("|")):
            rows.append((town, level, "activity", act.year, at, at, act.year.refs))
    return rows


def _agreed(known: Known) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    agreements = known.used["agreements"]
    for row in agreements[agreements["status"] == "active"].itertuples():
        level = "municipal" if row.level == "municipal" else "civil"
        last = min(row.to_year.high, known.year)
        span = (row.from_year, row.from_year.low, last)
        rows.append((row.town, level, "agreement", *span, (row.ref,)))
    return rows


def _paid(known: Known) -> list[tuple[object, ...]]:
    never = (math.inf, -math.inf)
    return [
        (row.town, "municipal", "support", row.year, *never, (row.ref,))
        for row in known.used["support"].itertuples()
        if row.relation in figures.GIVEN and row.amount.doubt != "none"
    ]


def status(
    signs: pd.DataFrame, partners: list[str], years: range, meeting_years: Quantity
) -> pd.DataFrame:
    """One row is a present place and level: town, level, status, signs (rows of `signs_of_life`).

    At civil level a place that has hosted in a round of regular meetings is active; one that has
    been host or is named as present is sporadic. At municipal level regular contact and an
    agreement in force make a tie active.
    """
    regular = meeting_years.low >= REGULAR * len(years)
    of = dict(iter(signs.groupby(["town", "level"], sort=False)))
    nothing = signs.iloc[:0]
    rows = []
    for town in partners:
        for level in LEVELS:
            own = of.get((town, level), nothing)
            kinds = set(own.loc[own["last"] >= years[0], "what"])
            often = _busy_years(own, years) >= REGULAR * len(years) and "agreement" in kinds
            active = often if level == "municipal" else regular and "hosted" in kinds
            found = "active" if active else "sporadic" if kinds else "dormant"
            rows.append((town, level, found, own))
    return pd.DataFrame(rows, columns=["town", "level", "status", "signs"])


def _busy_years(signs: pd.DataFrame, years: range) -> int:
    """In how many of the years there was contact; an agreement alone is none."""
    spans = [
        (first, last)
        for what, first, last in zip(signs["what"], signs["first"], signs["last"], strict=True)
        if what != "agreement"
    ]
    return sum(any(first <= year <= last for first, last in spans) for year in years)


def meeting_years(known: Known, years: range) -> Quantity:
    """In how many of the years a meeting of the chain is known to have been held."""
    held = known.used["meetings"]
    held = held[held["status"] == "held"]
    at = numbers(held["year"])
    inside = [(year, ref) for year, ref in zip(at, held["ref"], strict=True) if year in years]
    refs = tuple(ref for _, ref in inside)
    return exact(len({year for year, _ in inside}), "", refs).to("years", "meeting_years")


def verdicts(known: Known) -> dict[str, str]:
    """The earlier report's verdict by level, from statements of the topic verdict:level:status."""
    topics = known.used["statements"]["topic"]
    told = [topic.split(":") for topic in topics if topic.startswith("verdict:")]
    return {level: found for _, level, found in told}


def agreeing(known: Known) -> pd.DataFrame:
    """The agreements in force between municipalities, one for each town."""
    agreed = known.used["agreements"]
    agreed = agreed[(agreed["level"] == "municipal") & (agreed["status"] == "active")]
    return agreed.drop_duplicates("town")


def activity_facts(known: Known, frame: pd.DataFrame, years: range) -> dict[str, Any]:
    """What `status` says, by name, and where it differs from the earlier report's verdict."""
    said = verdicts(known)
    close = frame[(frame["level"] == "municipal") & (frame["status"] == "active")]
    shown_by = tuple(ref for signs in close["signs"] for refs in signs["refs"] for ref in refs)
    facts: dict[str, Any] = {
        "meeting_years": meeting_years(known, years),
        "round_years": exact(len(years)).to("years", "round_years"),
        "active_places": exact(len(close), "", shown_by).to("places", "active_places"),
    }
    for level in LEVELS:
        own = frame[frame["level"] == level]
        for code in ("active", "sporadic", "dormant"):
            towns = list(own.loc[own["status"] == code, "town"])
            facts[f"status_{level}_{code}"] = towns
            if len(towns) == len(own) > 0:
                facts[f"all_{level}_{code}"] = exact(len(towns))
            else:
                facts[f"some_{level}_{code}"] = towns
        if level in said:
            facts[f"verdict_differs_{level}"] = list(own.loc[own["status"] != said[level], "town"])
    partners = list(dict.fromkeys(frame["town"]))
    topics, agreed = set(known.used["statements"]["topic"]), set(agreeing(known)["town"])
    if partners and not any(topic.startswith("contact:") for topic in topics):
        facts["contacts_none"] = exact(len(partners))
    return facts | {
        "meetings_announced": _announced(known, years),
        "contacts_known": [town for town in partners if f"contact:{town}" in topics],
        "will_known": [town for town in partners if town in agreed],
        "will_unknown": [town for town in partners if town not in agreed],
    }


def _announced(known: Known, years: range) -> list[Quantity]:
    planned = known.used["meetings"]
    planned = planned[planned["status"] == "announced"]
    inside = [year for year in planned["year"] if year.value in years]
    return sorted(inside, key=lambda year: year.low)
