"""What the tables say of a claim about the chain: places, entries, members, support. Pure.

Each check takes a claim and gives a `Finding`; it is named in `claims.csv`.
"""

from __future__ import annotations

import pandas as pd

from ...data.quantity import Quantity, exact
from . import chain, figures
from .frames import Known, column, newest
from .witness import (
    AGAINST,
    BOUND,
    HOLDS,
    OPEN,
    Claim,
    Finding,
    agrees,
    distinct,
    not_checkable,
    within,
)

NORDIC = {"DK", "FI", "IS", "NO", "SE"}
SELF_GOVERNING = {"AX", "FO", "GL"}
ENTRY = ("admitted", "contact")  # the report's caption calls its contact years the time of entry


def members_sum(claim: Claim) -> Finding:
    """The known members of the present places; one unknown makes the sum a lower bound."""
    found = figures.members_known(claim.then, claim.home)
    verdict = within(claim.number, found["members_total"])
    return Finding(verdict, "members_sum", {n: v for n, v in found.items() if v.low > 0})


def belonging(known: Known, year: float) -> pd.DataFrame:
    """The places of the chain at the end of a year, with the rows that say so."""
    left = chain.events(known, "left")
    gone = [town for town, when in left.items() if when.low <= year]
    came = {town: when for town, when in chain.entries(known).items() if when.low <= year}
    towns = known.used["towns"]
    frame = towns[towns["town"].isin(came) & ~towns["town"].isin(gone)]
    refs = [(*came[town].refs, ref) for town, ref in zip(frame["town"], frame["ref"], strict=True)]
    return frame.assign(refs=refs)


def counted(frame: pd.DataFrame) -> Quantity:
    """How many places there are, and the rows that say so."""
    refs = tuple(dict.fromkeys(ref for refs in frame["refs"] for ref in refs))
    return exact(len(frame), refs=refs)


def count_places(claim: Claim) -> Finding:
    present = belonging(claim.then, claim.then.year)
    several = list(present.loc[present["kind"] != "town", "town"])
    found = counted(present)
    values = {"found": found, "towns": list(present["town"]), "several": several}
    return Finding(within(claim.number, found), "count_places", values)


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
    since = next((year for year in claim.said.values() if year.unit == "year"), None)
    if since is None:
        return not_checkable(claim)
    at = belonging(claim.then, since.low)
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
    """Places that all sources let in during the period, up to those that some source does."""
    rows, period = claim.known.rows["chain"], claim.period
    rows = rows[rows["event"].isin(ENTRY) & (rows["year_doubt"] != "unknown")]
    years = column(rows, "year")
    inside = rows.loc[[place for place, at in years.items() if within(period, at) == HOLDS]]
    some = list(dict.fromkeys(inside["town"]))
    unsure = set(rows.loc[~rows.index.isin(inside.index), "town"]) & set(some)
    found = Quantity(len(some) - len(unsure), len(some), refs=tuple(inside["ref"]))
    split = [town for town in some if len(distinct(years[rows["town"] == town])) > 1]
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
        and stated.at[t, "relation"] in figures.GIVEN
        and (amounts[t].low > 0 or not amounts[t].is_known)
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
    rows = rows.loc[[i for i, towns in rows["towns"].items() if partners & set(towns.split("|"))]]
    paid = rows.query("municipal_role == 'funded'")
    towns = dict.fromkeys(t for cell in paid["towns"] for t in cell.split("|") if t in partners)
    values = {"years": list(column(paid, "year")), "towns": list(towns)}
    if len(paid):
        return Finding(AGAINST, "municipal_paid", values)
    return Finding(BOUND, "municipal_silent", {}) if len(rows) else not_checkable(claim)
