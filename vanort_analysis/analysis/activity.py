"""Which ties are alive: active, sporadic, dormant or without a record, at two levels. Pure.

The words are those of the SKL survey: active is regular contact and joint projects, sporadic is
irregular contact, dormant is no activity, said by a source; where no source says anything there is
no record. No source says how often "regular" is: `REGULAR` is our own choice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import Known
from ..data.quantity import Quantity, exact, group_by_key
from . import figures

if TYPE_CHECKING:
    from .year import Year

LEVELS = ("municipal", "civil")
STATES = ("active", "sporadic", "dormant", "no_record")
REGULAR = 0.5  # of the years of a round, in which each place hosts once: at least every other year
OWN_PART = ("funded", "registered")  # what the municipality has done itself
NAMES = [f"status_{level}_{state}" for level in LEVELS for state in STATES]
NO_CONTACT = {"agreement", "nothing"}
COLUMNS = ["town", "level", "what", "last", "refs"]


def signs_of_life(known: Known) -> pd.DataFrame:
    """One row is a sign of life of one place, or a source's word that there is none.

    Columns: town, level, what (hosted, represented, activity, agreement, support, nothing), last
    (the last year it shows contact in; support shows none), refs.
    """
    used, rows = known.used, list[tuple[Any, ...]]()
    for meeting in _rows(used["meetings"], "status", ["held"]):
        there = set(meeting.represented.split("|")) - {meeting.town}
        rows.append((meeting.town, "civil", "hosted", meeting.year))
        rows += [(town, "civil", "represented", meeting.year) for town in sorted(there)]
    for act in _rows(used["activities"], "status", ["done", "none"]):
        nothing = act.status == "none"
        own = act.municipal_role in OWN_PART or (nothing and act.municipal_role)
        level, what = "municipal" if own else "civil", "nothing" if nothing else "activity"
        rows += [(town, level, what, act.year) for town in act.towns.split("|")]
    rows = [(*row, year.low, year.refs) for *row, year in rows]
    for agreed in _rows(used["agreements"], "status", ["active"]):
        level = "municipal" if agreed.level == "municipal" else "civil"
        last = min(agreed.to_year.high, known.year)
        rows.append((agreed.town, level, "agreement", last, (agreed.ref,)))
    for gift in _rows(used["support"], "relation", figures.GIVEN):
        if gift.amount.doubt != "none":
            rows.append((gift.town, "municipal", "support", -math.inf, (gift.ref,)))
    return pd.DataFrame([row for row in rows if row[0]], columns=COLUMNS)


def _rows(frame: pd.DataFrame, column: str, codes: Sequence[str]) -> Iterable[Any]:
    return frame[frame[column].isin(codes)].itertuples()


def tie_status(year: Year) -> pd.DataFrame:
    """One row is a present place and level: town, level, status, signs (of life, a list), refs.

    At civil level a place that has hosted in a round of regular meetings is active; one that has
    been host or is named as present is sporadic. At municipal level regular contact and an
    agreement in force make a tie active.
    """
    signs, years, met_in = signs_of_life(year.known), year.round, meeting_years(year)
    enough, rows = REGULAR * len(years), []
    of = group_by_key(((sign.town, sign.level), sign) for sign in signs.itertuples())
    for town, level in product(year.partners, LEVELS):
        own = of.get((town, level), [])
        recent = [sign for sign in own if sign.last >= years[0]]
        kinds = {sign.what for sign in recent}
        busy = {sign.last for sign in recent if sign.what not in NO_CONTACT}
        often = "agreement" in kinds and len(busy) >= enough
        met = "hosted" in kinds and met_in.low >= enough
        active = often if level == "municipal" else met
        silent = "dormant" if kinds else "no_record"
        found = "active" if active else "sporadic" if kinds - {"nothing"} else silent
        refs = [ref for sign in own for ref in sign.refs]
        rows.append((town, level, found, [*dict.fromkeys(sign.what for sign in own)], refs))
    return pd.DataFrame(rows, columns=["town", "level", "status", "signs", "refs"])


def meeting_years(year: Year) -> Quantity:
    """In how many of the years a meeting was held: at least, as one may be unknown.

    A year whose known meetings were all cancelled had none.
    """
    used, years = year.known.used["meetings"], year.round
    first: dict[str, dict[float, str]] = {"held": {}, "cancelled": {}}
    for at, status, ref in zip(*(used[of] for of in ("year", "status", "ref")), strict=True):
        if at.value in years and status in first:
            first[status].setdefault(at.value, ref)
    held, off = first["held"], first["cancelled"].keys() - first["held"]
    open_ended = len(held) < len(years) and not off
    high = math.inf if open_ended else len(years) - len(off)
    found = Quantity(len(held), high, refs=tuple(held.values()))
    return found.in_unit("years", "meeting_years")


def activity_facts(year: Year) -> dict[str, Any]:
    """What `status` says, by name. Of a tie without a record nothing is known, so it may count."""
    frame, met, agreed = year.activity, meeting_years(year), year.known.used["agreements"]
    agreed = agreed[(agreed["level"] == "municipal") & (agreed["status"] == "active")]
    agreed = agreed[agreed["town"].isin(frame["town"])].drop_duplicates("town")
    facts: dict[str, Any] = {
        "meeting_years": met,
        "round_years": exact(len(year.round)).in_unit("years", "round_years"),
        "meeting_rate": (met.in_unit("") / len(year.round) * 100).in_unit(
            "percent", "meeting_rate"
        ),
        "agreements_in_force": Quantity(low=float(len(agreed)), refs=tuple(agreed["ref"])),
    }
    states = "status_" + frame["level"] + "_" + frame["status"]
    ties = group_by_key(zip(states, frame["town"], strict=True))
    for name in NAMES:
        towns = ties.get(name, [])
        facts |= {name: towns, f"{name}_count": exact(len(towns), "places")}
    own = frame[frame["level"] == "municipal"]
    unknown = len(facts["status_municipal_no_record"])
    for name, states in (("active_places", STATES[:1]), ("municipal_alive", STATES[:2])):
        alive = own["refs"][own["status"].isin(states)]
        refs = tuple(ref for of in alive for ref in of)
        found = Quantity(len(alive), len(alive) + unknown, refs=refs)
        facts[name] = found.in_unit("places", "active_places")
    return facts | ({"meetings_known": met} if met.low else {})
