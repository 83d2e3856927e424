"""Which ties are alive: active, sporadic, dormant or without a record, at two levels. Pure.

The terms are those of the SKL survey: active is regular contact and joint projects, sporadic is
irregular contact, dormant is a source stating that there is no activity; where no source says
anything there is no record. No source says how often "regular" is: `REGULAR` is our own choice.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import Known
from ..data.quantity import UNKNOWN, Quantity, exact, group_by_key, refs_of, to_numbers
from .chain import NO_YEAR

if TYPE_CHECKING:
    from . import Year

LEVELS = ("municipal", "civil")
STATUSES = ("active", "sporadic", "dormant", "no_record")
STATUS_FACTS = [f"status_{level}_{status}" for level in LEVELS for status in STATUSES]
REGULAR = 0.5  # of the years of a round, in which each place hosts once: at least every other year
MUNICIPAL_ROLES = ("took_part", "registered")  # the municipality itself; to pay is no contact
NO_CONTACT = {"agreement", "nothing"}


def _signs_of_life(known: Known) -> list[tuple[Any, ...]]:
    """Each sign of life of one place, or source stating that there is none: town, level, what
    (hosted, represented, activity, agreement, nothing), last (the last year in which it shows
    contact), refs. Money is none: a grant says nothing of contact."""
    used = known.used
    rows: list[tuple[Any, ...]] = []
    for meeting in _rows_with(used["meetings"], "status", "held"):
        year = meeting.year
        guests = set(meeting.represented.split("|")) - {meeting.town}
        rows.append((meeting.town, "civil", "hosted", year.low, year.refs))
        rows += [(town, "civil", "represented", year.low, year.refs) for town in sorted(guests)]
    for activity in _rows_with(used["activities"], "status", "done", "none"):
        year = activity.year
        role = activity.municipal_role
        what = "nothing" if activity.status == "none" else "activity"
        # a source that states the municipality's role speaks of it even where nothing was done
        is_municipal = role in MUNICIPAL_ROLES or (what == "nothing" and role != "")
        level = "municipal" if is_municipal else "civil"
        rows += [(town, level, what, year.low, year.refs) for town in activity.towns.split("|")]
    for agreement in _agreements_in_force(known):
        level = "municipal" if agreement.level == "municipal" else "civil"
        rows.append((agreement.town, level, "agreement", known.year, (agreement.ref,)))
    return rows


def _agreements_in_force(known: Known) -> list[Any]:
    active = _rows_with(known.used["agreements"], "status", "active")
    return [row for row in active if row.from_year.low <= known.year <= row.to_year.high]


def _rows_with(frame: pd.DataFrame, column: str, *codes: str) -> list[Any]:
    return [row for row in frame.itertuples() if getattr(row, column) in codes]


def tie_status(year: Year) -> pd.DataFrame:
    """One row is a present place and level: town, level, status, last (the year of what is newest
    of it, also that there is nothing), refs.

    At civil level a place that has hosted in a round of regular meetings is active; one that has
    hosted or is named as present is sporadic. At municipal level regular contact and an agreement
    in force make a tie active; an agreement alone is no contact.
    """
    enough_years = REGULAR * len(year.round)
    often_met = year.meeting_years.low >= enough_years
    all_signs = _signs_of_life(year.known)
    signs_of_tie = group_by_key(((town, level), sign) for town, level, *sign in all_signs)
    rows = []
    for town, level in product(year.partners, LEVELS):
        signs = signs_of_tie.get((town, level), [])
        recent = [(what, last) for what, last, _ in signs if last >= year.round[0]]
        kinds = {what for what, _ in recent}
        if level == "municipal":
            contact_years = {last for what, last in recent if what not in NO_CONTACT}
            active = "agreement" in kinds and len(contact_years) >= enough_years
        else:
            active = "hosted" in kinds and often_met
        if active:
            status = "active"
        elif kinds - NO_CONTACT:
            status = "sporadic"
        else:
            status = "dormant" if "nothing" in kinds else "no_record"
        refs = [ref for *_, refs in signs for ref in refs]
        told = [sign for sign in signs if sign[0] != "agreement" and sign[1] > -math.inf]
        dated = [exact(last, "year", refs) for _, last, refs in told]
        newest = max(dated, key=lambda date: date.low, default=NO_YEAR)
        rows.append((town, level, status, newest, refs))
    return pd.DataFrame(rows, columns=["town", "level", "status", "last", "refs"])


def meeting_years(year: Year) -> Quantity:
    """The number of years of the round with a meeting: a minimum, as some may be unknown; a year
    whose known meetings were all cancelled had none."""
    meetings = year.known.used["meetings"]
    meetings = meetings.assign(at=to_numbers(meetings["year"]))
    meetings = meetings[meetings["at"].isin(year.round)].drop_duplicates(["at", "status"])
    held = meetings[meetings["status"] == "held"]
    cancelled = set(meetings.loc[meetings["status"] == "cancelled", "at"]) - set(held["at"])
    is_bounded = bool(cancelled) or len(held) == len(year.round)
    high = len(year.round) - len(cancelled) if is_bounded else math.inf
    return Quantity(len(held), high, refs=refs_of(held["year"])).in_unit("years", "meeting_years")


def activity_facts(year: Year) -> dict[str, Any]:
    """The facts about the ties. Nothing is known of a tie without a record, so it may count."""
    ties = year.activity
    met = year.meeting_years
    agreements = _agreements_in_force(year.known)
    in_force = [row for row in agreements if row.level == "municipal" and row.town in year.partners]
    absent = _rows_with(year.known.used["agreements"], "status", "none_found")
    not_found = [row.town for row in absent if row.level == "municipal"]
    facts: dict[str, Any] = {
        "meeting_years": met,
        "round_years": exact(len(year.round), "years", formula="round_years"),
        "meeting_rate": (met / len(year.round) * 100).in_unit("percent", "meeting_rate"),
        "agreement_places": [row.town for row in in_force],
        "agreement_home": [row.town for row in agreements if row.town == year.home],
        "agreement_none": [town for town in not_found if town in year.partners],
        "agreements_in_force": Quantity(len(in_force), refs=tuple(row.ref for row in in_force)),
    }
    names = "status_" + ties["level"] + "_" + ties["status"]
    towns_by_name = group_by_key(zip(names, ties["town"], strict=True))
    for name in STATUS_FACTS:
        towns = towns_by_name.get(name, [])
        facts |= {name: towns, f"{name}_count": exact(len(towns), "places")}
    municipal = ties[ties["level"] == "municipal"]
    unknown = len(facts["status_municipal_no_record"])
    newest = max(municipal["last"], key=lambda last: last.low, default=NO_YEAR)
    counted = {"active_places": ["active"], "municipal_alive": ["active", "sporadic"]}
    for name, statuses in counted.items():
        alive = municipal[municipal["status"].isin(statuses)]
        refs = tuple(ref for refs_of_tie in alive["refs"] for ref in refs_of_tie)
        facts[name] = Quantity(len(alive), len(alive) + unknown, refs=refs).in_unit("places", name)
        facts[f"{name}_year"] = newest
    facts["municipal_stale"] = year.if_old(newest)
    facts["meetings_known"] = met if met.low else UNKNOWN
    return facts
