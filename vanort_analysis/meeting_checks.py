"""What the tables say of a claim about the meetings of the chain. Pure.

Each check takes a claim and gives a `Finding`; it is named in `claims.csv`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from .chain_checks import belonging
from .quantity import exact
from .spelling import column
from .trends import ENOUGH_FOR_A_LINE
from .witness import (
    AGAINST,
    BOUND,
    HOLDS,
    Claim,
    Finding,
    agreement,
    meet,
    not_checkable,
)


def unbroken(claim: Claim, *kinds: str) -> pd.DataFrame:
    """The held meetings of these kinds in the last years without a gap."""
    held = claim.then.used["meetings"].query("status == 'held' and year_doubt == 'exact'")
    held = held[held["kind"].isin(kinds) if kinds else held["kind"] != ""].sort_values("year")
    years = sorted(held["year"].unique(), reverse=True)
    run = [year for i, year in enumerate(years) if year == years[0] - i]
    return held[held["year"].isin(run)]


def _hosting(claim: Claim, held: pd.DataFrame) -> dict[str, Any]:
    years, present = column(held, "year"), belonging(claim.then, claim.then.year)["town"]
    hosts = list(held["town"])
    return {
        "years": list(years),
        "first": years.iloc[0],
        "last": years.iloc[-1],
        "hosts": hosts,
        "never": [town for town in present if town not in hosts],
        "again": sorted({town for town in hosts if hosts.count(town) > 1}),
    }


def hosts_rotate(claim: Claim) -> Finding:
    held = unbroken(claim, "twin_town_meeting")
    if len(held) < 2:
        return not_checkable(claim)
    values = _hosting(claim, held)
    verdict = HOLDS if not values["never"] else AGAINST if values["again"] else BOUND
    return Finding(verdict, "hosts_rotate", values)


def meetings_every_year(claim: Claim) -> Finding:
    """Regular: three years in a row or more, up to the report or the year before it."""
    held = unbroken(claim)
    if not len(held) or held["year"].max() < claim.then.year - 1:
        return not_checkable(claim)
    regular = held["year"].nunique() >= ENOUGH_FOR_A_LINE
    return Finding(HOLDS if regular else BOUND, "meetings_every_year", _hosting(claim, held))


def meeting_confirmed(claim: Claim) -> Finding:
    """The last meeting before the report was where the sentence says, and another source knows."""
    last = unbroken(claim, "twin_town_meeting")
    last = last[last["year"] == last["year"].max()]
    if not len(last):
        return not_checkable(claim)
    years = column(last, "year")
    if set(last["town"]) != set(claim.towns):
        values = {"hosts": list(last["town"]), "year": years.iloc[0]}
        return Finding(AGAINST, "last_host", values)
    pairs = [(y, other) for y in years for other in claim.others(y, "year", status=["held"])]
    return agreement(claim, pairs)


def seminar_agrees(claim: Claim) -> Finding:
    """Its days are as many as stated, it was held, and no other source puts it otherwise."""
    rows = claim.then.used["meetings"]
    rows = rows[rows["kind"].str.endswith("seminar") & rows["town"].isin(claim.towns)]
    rows = rows[(rows["year"] == claim.then.year) & (rows["date_from"] != "")]
    if not len(rows):
        return not_checkable(claim)
    seminar, register = rows.iloc[0], claim.known.register
    same = register["key"] == f"{seminar['year_text']} {seminar['town']}"
    cases = register[same & (register["table"] == "meetings")]
    outside = cases[cases["independent"].astype("bool")]
    first, last = (date.fromisoformat(seminar[f"date_{end}"]) for end in ("from", "to"))
    values: dict[str, Any] = {
        "days": exact((last - first).days + 1, refs=(seminar["ref"],)),
        "other": list(outside["other"]),
        "sources": claim.sources(outside["other_ref"]),
        "unclear": list(cases.loc[~cases.index.isin(outside.index), "other"]),
    }
    if len(outside) or not meet(values["days"], claim.number):
        return Finding(AGAINST, "seminar", values)
    sure = seminar["status"] == "held" and not len(cases)
    return Finding(HOLDS if sure else BOUND, "seminar", values)
