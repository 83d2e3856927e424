"""What the tables say of a claim about meetings, the survey, other numbers, the grant. Pure.

Each check takes a claim and gives a `Finding`; it is named in `claims.csv`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from ...data.quantity import Quantity, exact, total
from . import figures
from .chain_checks import belonging
from .frames import column
from .witness import (
    AGAINST,
    BOUND,
    HOLDS,
    OPEN,
    Claim,
    Finding,
    agreement,
    distinct,
    meet,
    not_checkable,
    within,
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
    regular = held["year"].nunique() >= figures.ENOUGH_FOR_A_LINE
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


def survey_bounds(claim: Claim) -> Finding:
    """Of all municipalities: none of the silent may have what is counted, or all of them."""
    said = figures.survey(claim.known, claim.wave)
    upper = said["nordic"] + said["silent"]
    found = Quantity(said["nordic"].low, upper.high, refs=upper.refs)
    lists = claim.known.used["figures"].query("measure == 'nordic_twin_municipalities'")
    values = {"found": found, "listed": list(column(lists, "value"))}
    values |= {name: said[name] for name in ("municipalities", "silent")}
    return Finding(within(claim.number, found), "survey_bounds", values)


def survey_previous_level(claim: Claim) -> Finding:
    said = figures.survey(claim.known, claim.wave)
    rows = claim.known.used["survey"].query("measure == 'twin_towns' and group == 'all'")
    rows = rows[(rows["wave"] < claim.wave) & (rows["source"] != claim.row["source"])]
    before = [number for number in column(rows.sort_values("wave"), "value") if number.is_known][
        -1:
    ]
    if not before:
        return Finding(OPEN, "survey_level_open", {"before": said["before"]})
    change = replace(said["towns"] - before[0], unit=claim.number.unit)
    values = {"before": before[0], "towns": said["towns"], "found": change}
    return Finding(within(claim.number, change), "survey_level", values)


def survey_shares_base(claim: Claim) -> Finding:
    said = list(claim.said.values())
    if not said:
        return not_checkable(claim)
    whole = total(said, "percent")
    rest = (exact(100, "percent") - whole).to("percent", "survey_sporadic")
    bases = list(dict.fromkeys(claim.known.row(share.refs[0])["base"] for share in said))
    values = {"whole": whole, "rest": rest, "base": [base for base in bases if base]}
    if whole.low > 100:
        return Finding(AGAINST, "shares_too_large", values)
    return Finding(*((BOUND, "shares") if all(bases) else (OPEN, "shares_open")), values)


def survey_falls(claim: Claim) -> Finding:
    said = figures.survey(claim.known, claim.wave)
    change = said["change"]
    verdict = HOLDS if change.high < 0 else AGAINST if change.low >= 0 else OPEN
    values = {name: said[name] for name in ("before", "towns", "change")}
    return Finding(verdict if change.is_known else OPEN, "survey_falls", values)


def figure_bound(claim: Claim) -> Finding:
    """The newest other source decides; an older one that differs leaves a reservation."""
    others = claim.others(claim.number, "value")
    if not others:
        return not_checkable(claim)
    inside = [other for other in others if within(claim.number, other) == HOLDS]
    outside = [other for other in others if other not in inside]
    latest = max(others, key=lambda other: claim.known.row(other.refs[0])["known_since"])
    values = {
        "inside": distinct(inside),
        "sources": claim.sources(other.refs[0] for other in inside),
        "outside": distinct(outside),
        "other_sources": claim.sources(other.refs[0] for other in outside),
    }
    verdict = AGAINST if latest in outside else BOUND if outside else HOLDS
    return Finding(verdict, "figure_bound", values)


def grant_small(claim: Claim) -> Finding:
    """Below what others are known to get: in all, and per member."""
    facts, asked = claim.facts, ("grant", "grant_each")
    known = [
        [v for name, v in facts.items() if name.startswith(of) and v.is_known and v.low > 0]
        for of in ("support_local:", "support_each:")
    ]
    below = [
        facts[own].high < other.low
        for own, others in zip(asked, known, strict=True)
        if own in facts
        for other in others
    ]
    if not below:
        return not_checkable(claim)
    values = {name: facts.get(name) for name in asked} | {"all": known[0], "each": known[1]}
    return Finding(HOLDS if all(below) else BOUND if any(below) else AGAINST, "grant", values)
