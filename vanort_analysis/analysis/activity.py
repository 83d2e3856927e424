"""Which ties are alive: active, sporadic, dormant or without a record, at two levels. Pure.

The words are those of the SKL survey: active is regular contact and joint projects, sporadic is
irregular contact, dormant is no activity, said by a source; where no source says anything there is
no record. No source says how often "regular" is: `REGULAR` is our own choice.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ..data.evidence import Known
from ..data.quantity import Quantity, exact
from . import figures

LEVELS = ("municipal", "civil")
STATES = ("active", "sporadic", "dormant", "no_record")
REGULAR = 0.5  # of the years of a round, in which each place hosts once: at least every other year
OWN_PART = ("funded", "registered")  # what the municipality has done itself
COLUMNS = ["town", "level", "what", "year", "first", "last", "refs"]


def latest_round(known: Known, present: pd.DataFrame) -> range:
    """The years of the latest round, as many as there are places, the report year the last."""
    return range(known.year - len(present) + 1, known.year + 1)


def signs_of_life(known: Known) -> pd.DataFrame:
    """One row is a sign of life of one place, or a source's word that there is none.

    Columns: town, level, what (hosted, represented, activity, agreement, support, nothing), year
    (`Quantity`), first and last (the years it shows contact in; support shows none), refs.
    """
    rows = [*_met(known), *_done(known), *_agreed(known), *_paid(known)]
    return pd.DataFrame([row for row in rows if row[0]], columns=COLUMNS)


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
    for act in acts[acts["status"].isin(["done", "none"])].itertuples():
        nothing, at = act.status == "none", act.year.low
        own = act.municipal_role in OWN_PART or (nothing and act.municipal_role)
        level, what = "municipal" if own else "civil", "nothing" if nothing else "activity"
        for town in act.towns.split("|"):
            rows.append((town, level, what, act.year, at, at, act.year.refs))
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
    enough = REGULAR * len(years)
    of = dict(iter(signs.groupby(["town", "level"], sort=False)))
    nothing = signs.iloc[:0]
    rows = []
    for town in partners:
        for level in LEVELS:
            own = of.get((town, level), nothing)
            kinds = set(own.loc[own["last"] >= years[0], "what"])
            often = "agreement" in kinds and _busy_years(own, years) >= enough
            met = "hosted" in kinds and meeting_years.low >= enough
            active = often if level == "municipal" else met
            silent = "dormant" if kinds else "no_record"
            found = "active" if active else "sporadic" if kinds - {"nothing"} else silent
            rows.append((town, level, found, own))
    return pd.DataFrame(rows, columns=["town", "level", "status", "signs"])


def _busy_years(signs: pd.DataFrame, years: range) -> int:
    """In how many of the years there was contact; an agreement alone is none."""
    contact = signs[~signs["what"].isin(["agreement", "nothing"])]
    spans = list(zip(contact["first"], contact["last"], strict=True))
    return sum(any(first <= year <= last for first, last in spans) for year in years)


def meeting_years(known: Known, years: range) -> Quantity:
    """In how many of the years a meeting was held: at least, as one may be unknown.

    A year whose known meetings were all cancelled had none.
    """
    rows: dict[str, dict[float, str]] = {"held": {}, "cancelled": {}}
    used = known.used["meetings"]
    for year, status, ref in zip(used["year"], used["status"], used["ref"], strict=True):
        if year.value in years and status in rows:
            rows[status].setdefault(year.value, ref)
    held, off = rows["held"], rows["cancelled"].keys() - rows["held"].keys()
    open_ended = len(held) < len(years) and not off
    high = math.inf if open_ended else float(len(years) - len(off))
    return Quantity(
        len(held), high, False, "years", refs=tuple(held.values()), formula="meeting_years"
    )


def agreeing(known: Known) -> pd.DataFrame:
    """The agreements in force between municipalities, one for each town."""
    agreed = known.used["agreements"]
    agreed = agreed[(agreed["level"] == "municipal") & (agreed["status"] == "active")]
    return agreed.drop_duplicates("town")


def activity_facts(known: Known, frame: pd.DataFrame, years: range) -> dict[str, Any]:
    """What `status` says, by name."""
    met = meeting_years(known, years)
    partners, agreed = list(dict.fromkeys(frame["town"])), agreeing(known)
    agreed = agreed[agreed["town"].isin(partners)]
    facts: dict[str, Any] = {
        "meeting_years": met,
        "round_years": exact(len(years)).to("years", "round_years"),
        "meeting_rate": (met.to("") / len(years) * 100).to("percent", "meeting_rate"),
        "will_known": list(agreed["town"]),
        "will_unknown": [town for town in partners if town not in set(agreed["town"])],
        "agreements_in_force": Quantity(low=float(len(agreed)), refs=tuple(agreed["ref"])),
    }
    for level in LEVELS:
        own = frame[frame["level"] == level]
        for state in STATES:
            towns = list(own.loc[own["status"] == state, "town"])
            whole = len(towns) == len(own) > 0
            facts[f"status_{level}_{state}"] = towns
            facts[f"status_{level}_{state}_count"] = exact(len(towns), "places")
            facts |= (
                {f"all_{level}_{state}": exact(len(towns))}
                if whole
                else {f"some_{level}_{state}": towns}
            )
        facts |= _counts(own, level)
    quiet = [s[s["what"] == "nothing"] for s in frame.loc[frame["level"] == "municipal", "signs"]]
    silent = sum(bool(rows["last"].isin(list(years)).any()) for rows in quiet)
    return facts | ({"contacts_none": exact(silent)} if silent else {})


def _counts(own: pd.DataFrame, level: str) -> dict[str, Quantity]:
    """How many ties are active, and how many show any life: a tie without a record may."""
    unknown = int((own["status"] == "no_record").sum())
    found = {}
    for name, states in ((f"{level}_active", STATES[:1]), (f"{level}_alive", STATES[:2])):
        rows = own[own["status"].isin(states)]
        refs = tuple(ref for s in rows["signs"] for part in s["refs"] for ref in part)
        count = Quantity(len(rows), len(rows) + unknown, refs=refs)
        found[name] = count.to("places", "active_places")
    return found | ({"active_places": found[f"{level}_active"]} if level == "municipal" else {})
