"""What the tables say of a claim about the chain: places, entries, meetings, support. Pure.

Each check takes a claim and gives a `Finding`; it is named in `claims.csv`.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from . import chain, trends
from .evidence import Known, newest
from .quantity import Quantity, exact
from .spelling import column
from .witness import (
    AGAINST,
    BOUND,
    HOLDS,
    OPEN,
    Claim,
    Finding,
    agreement,
    agrees,
    distinct,
    meet,
    not_checkable,
    within,
)

NORDIC = {"DK", "FI", "IS", "NO", "SE"}
SELF_GOVERNING = {"AX", "FO", "GL"}
ENTRY = ("admitted", "contact")  # the report's caption calls its contact years the time of entry
GIVEN = ("grant", "handed_over")


def members_sum(claim: Claim) -> Finding:
    found = trends.members_known(claim.then, claim.home)
    return Finding(within(claim.number, found["members_total"]), "members_sum", found)


def belonging(known: Known, year: float) -> pd.DataFrame:
    """The places of the chain at the end of a year, with the rows that say so."""
    left = chain.events(known, "left")
    gone = [town for town, when in left.items() if when.low <= year]
    came = {town: when for town, when in chain.entries(known).items() if when.low <= year}
    towns = known.used["towns"]
    frame = towns[towns["town"].isin(came) & ~towns["town"].isin(gone)]
    refs = [(*came[town].refs, ref) for town, ref in zip(frame["town"], frame["ref"], strict=True)]
    return frame.assign(refs=refs)


def counted(frame: pd.DataFrame, more: int = 0) -> Quantity:
    """How many rows there are, or from that to `more` of them, and what they rest on."""
    refs = tuple(dict.fromkeys(ref for refs in frame["refs"] for ref in refs))
    return Quantity(len(frame), len(frame) + more, unit="places", refs=refs)


def count_places(claim: Claim) -> Finding:
    present = belonging(claim.then, claim.then.year)
    several = list(present.loc[present["kind"] != "town", "town"])
    values = {"found": counted(present), "towns": list(present["town"]), "several": several}
    return Finding(within(claim.number, values["found"]), "count_places", values)


def countries_covered(claim: Claim) -> Finding:
    present = belonging(claim.then, claim.then.year)
    there, minorities = set(present["country"]), list(present.query("kind == 'minority'")["town"])
    values = {
        "found": counted(present),
        "countries": sorted(NORDIC & there),
        "areas": sorted(SELF_GOVERNING & there),
        "minorities": minorities,
        "missing": sorted((NORDIC | SELF_GOVERNING) - there),
    }
    whole = minorities and not values["missing"]
    return Finding(HOLDS if whole else AGAINST, "countries_covered", values)


def countries_complete(claim: Claim) -> Finding:
    since = next(year for year in claim.said.values() if year.unit == "year")
    at = belonging(claim.known, since.low)
    nordic = at[at["country"].isin(NORDIC)]
    found = exact(nordic["country"].nunique(), refs=counted(nordic).refs)
    later = [year for year in chain.size(claim.then)["year"] if year.low > since.low]
    lacking = {y: NORDIC - set(belonging(claim.then, y.low)["country"]) for y in later}
    values = {
        "year": since,
        "found": found,
        "countries": sorted(set(nordic["country"])),
        "missing": sorted(set().union(*lacking.values())),
        "gap": [year for year, countries in lacking.items() if countries],
    }
    return Finding(within(claim.number, found), "countries_complete", values)


def new_partners_counted(claim: Claim) -> Finding:
    """Places whose entry all sources put in the period, or that some do and others do not."""
    rows = claim.known.rows["chain"].query("event in @ENTRY", local_dict={"ENTRY": ENTRY})
    rows = rows.assign(at=column(rows, "year"))
    rows = rows[[year.known for year in rows["at"]]]
    period = claim.period
    inside = rows[[within(period, year) == HOLDS for year in rows["at"]]]
    refs = tuple(inside["ref"])
    some = list(dict.fromkeys(inside["town"]))
    unsure = set(rows.loc[~rows.index.isin(inside.index), "town"]) & set(some)
    split = [
        t for t in some if rows.loc[rows["town"] == t, "at"].map(lambda y: y.low).nunique() > 1
    ]
    found = Quantity(len(some) - len(unsure), len(some), refs=refs)
    values = {"period": period, "found": found, "towns": some, "split": split}
    return Finding(within(claim.number, found), "new_partners", values)


def members_trend(claim: Claim) -> Finding:
    rows = claim.then.used["membership"].query("town == @home", local_dict={"home": claim.home})
    stated = column(rows, "members")
    dated = rows[(rows["members_doubt"] == "exact") & (rows["year_doubt"] == "exact")]
    dated = dated.sort_values("year")
    if dated["year"].nunique() < 2:
        return Finding(OPEN, "members_trend_open", {"stated": distinct(stated)})
    (first, *_, last), (start, *_, end) = column(dated, "members"), column(dated, "year")
    values = {"first": first, "last": last, "start": start, "end": end}
    return Finding(HOLDS if last.low > first.low else AGAINST, "members_trend", values)


def unbroken(claim: Claim, *kinds: str) -> pd.DataFrame:
    """The held meetings of these kinds in the last years without a gap."""
    held = claim.then.used["meetings"].query("status == 'held' and year_doubt == 'exact'")
    held = held[held["kind"].isin(kinds) if kinds else held["kind"] != ""].sort_values("year")
    years = sorted(held["year"].unique(), reverse=True)
    run = [year for i, year in enumerate(years) if year == years[0] - i]
    return held[held["year"].isin(run)]


def _hosting(claim: Claim, held: pd.DataFrame) -> dict[str, object]:
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
    regular = held["year"].nunique() >= trends.ENOUGH_FOR_A_LINE
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
    rows = claim.then.used["meetings"]
    rows = rows[rows["kind"].str.endswith("seminar") & rows["town"].isin(claim.towns)]
    rows = rows[(rows["year"] == claim.then.year) & (rows["date_from"] != "")]
    if not len(rows):
        return not_checkable(claim)
    seminar = rows.iloc[0]
    key = f"{seminar['year_text']} {seminar['town']}"
    cases = claim.known.register.query("table == 'meetings' and key == @key")
    outside = cases[cases["independent"].astype("bool")]
    first, last = (date.fromisoformat(seminar[f"date_{end}"]) for end in ("from", "to"))
    days = exact((last - first).days + 1, refs=(seminar["ref"],))
    sources = [claim.origin(ref)["source"] for ref in outside["other_ref"]]
    values = {"days": days, "other": list(outside["other"]), "sources": sources}
    values["unclear"] = list(cases.loc[~cases.index.isin(outside.index), "other"])
    if len(outside) or not meet(days, claim.number):
        return Finding(AGAINST, "seminar", values)
    sure = seminar["status"] == "held" and not len(cases)
    return Finding(HOLDS if sure else BOUND, "seminar", values)


def count_grants(claim: Claim) -> Finding:
    present = list(belonging(claim.then, claim.then.year)["town"])
    stated = newest(claim.then.used["support"], "town")
    stated = stated[stated.index.isin(present)]
    amounts = column(stated, "amount")
    silent = [t for t in present if t not in amounts or amounts[t].reason == "not_mentioned"]
    given = [
        t
        for t in amounts.index
        if t not in silent
        and stated.at[t, "relation"] in GIVEN
        and (amounts[t].low > 0 or not amounts[t].known)
    ]
    refs = tuple(ref for t in given for ref in amounts[t].refs)
    found = Quantity(len(given), len(given) + len(silent), refs=refs)
    none = [t for t in amounts.index if t not in given + silent]
    values = {"found": found, "given": given, "none": none, "silent": silent}
    return Finding(within(claim.number, found), "count_grants", values)


def handed_over_agrees(claim: Claim) -> Finding:
    rows = claim.known.rows["support"].query("relation == 'handed_over'")
    if not set(rows["town"]) & set(claim.towns):
        return not_checkable(claim)
    return agrees("year")(claim)


def municipal_dormant(claim: Claim) -> Finding:
    """Money of the municipality for an exchange within the chain is contact, if irregular."""
    partners = set(belonging(claim.then, claim.then.year)["town"]) - {claim.home}
    rows = claim.then.used["activities"].query("status == 'done'")
    rows = rows[[bool(partners & set(towns.split("|"))) for towns in rows["towns"]]]
    paid = rows.query("municipal_role == 'funded'")
    towns = dict.fromkeys(t for cell in paid["towns"] for t in cell.split("|") if t in partners)
    values = {"years": list(column(paid, "year")), "towns": list(towns)}
    if len(paid):
        return Finding(AGAINST, "municipal_paid", values)
    return Finding(BOUND, "municipal_silent", {}) if len(rows) else not_checkable(claim)
