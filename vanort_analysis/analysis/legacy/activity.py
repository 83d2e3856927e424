"""Which ties are alive: active, sporadic or dormant, place by place, at two levels. Pure.

The words are those of the SKL survey: active is regular contact and joint projects, sporadic is
irregular contact, dormant is no activity. No source says how often "regular" is: here it is at
least every other year of the latest round, a round being as many years as the chain has places,
since each hosts once in it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...data.quantity import Quantity, exact
from . import chain, figures
from .frames import Known, column

LEVELS = ("municipal", "civil")
REGULAR = 0.5  # of the years of a round; section.memo_status says it in words
OWN_PART = ("funded", "registered")  # what the municipality has done itself


def window(known: Known, home: str) -> range:
    """The years of the latest round, the report year the last of them."""
    present = chain.places(known, home).query("role != 'former'")
    return range(known.year - len(present) + 1, known.year + 1)


def evidence(known: Known) -> pd.DataFrame:
    """One row is a sign of life of one place.

    Columns: town, level, what (hosted, represented, activity, agreement, support), year
    (`Quantity`), first and last (the years it shows contact in; support shows none), refs.
    """
    rows: list[tuple[object, ...]] = []
    held = known.used["meetings"].query("status == 'held'")
    for (_, meeting), year in zip(held.iterrows(), column(held, "year"), strict=True):
        there = set(filter(None, meeting["represented"].split("|"))) - {meeting["town"]}
        for what, towns in (("hosted", {meeting["town"]}), ("represented", sorted(there))):
            rows += [(town, "civil", what, year, year.low, year.low, year.refs) for town in towns]
    done = known.used["activities"].query("status == 'done'")
    for (_, act), year in zip(done.iterrows(), column(done, "year"), strict=True):
        level = "municipal" if act["municipal_role"] in OWN_PART else "civil"
        for town in filter(None, act["towns"].split("|")):
            rows.append((town, level, "activity", year, year.low, year.low, year.refs))
    agreed = known.used["agreements"].query("status == 'active'")
    starts, ends = column(agreed, "from_year"), column(agreed, "to_year")
    for place, row in agreed.iterrows():
        level = "municipal" if row["level"] == "municipal" else "civil"
        last = min(ends[place].high, known.year)
        span = (starts[place], starts[place].low, last)
        rows.append((row["town"], level, "agreement", *span, (row["ref"],)))
    given = known.used["support"]
    given = given[given["relation"].isin(figures.GIVEN) & (given["amount_doubt"] != "none")]
    for place, row in given.iterrows():
        year = column(given.loc[[place]], "year").iloc[0]
        nothing = (year, float("inf"), float("-inf"))
        rows.append((row["town"], "municipal", "support", *nothing, (row["ref"],)))
    columns = ["town", "level", "what", "year", "first", "last", "refs"]
    return pd.DataFrame(rows, columns=columns)


def status(known: Known, home: str) -> pd.DataFrame:
    """One row is a present place and level: town, level, status, signs (rows of `evidence`).

    At civil level a place that has hosted in a round of regular meetings is active; one that has
    been host or is named as present is sporadic. At municipal level regular contact and an
    agreement in force make a tie active.
    """
    signs, years = evidence(known), window(known, home)
    partners = chain.places(known, home).query("role == 'member'")["town"]
    regular = meeting_years(known, years).low >= REGULAR * len(years)
    rows = []
    for town in partners:
        for level in LEVELS:
            own = signs[(signs["town"] == town) & (signs["level"] == level)]
            kinds = set(own.loc[own["last"] >= years[0], "what"])
            contact = own[own["what"] != "agreement"]
            busy = sum(((contact["first"] <= y) & (contact["last"] >= y)).any() for y in years)
            often = busy >= REGULAR * len(years) and "agreement" in kinds
            active = often if level == "municipal" else regular and "hosted" in kinds
            found = "active" if active else "sporadic" if kinds else "dormant"
            rows.append((town, level, found, own))
    return pd.DataFrame(rows, columns=["town", "level", "status", "signs"])


def meeting_years(known: Known, years: range) -> Quantity:
    """In how many of the years a meeting of the chain is known to have been held."""
    held = known.used["meetings"].query("status == 'held'")
    inside = held[held["year"].isin(list(years))]
    count = inside["year"].nunique()
    return exact(count, "", tuple(inside["ref"])).to("years", "meeting_years")


def verdicts(known: Known) -> dict[str, str]:
    """The earlier report's verdict by level, from statements of the topic verdict:level:status."""
    topics = known.used["statements"]["topic"]
    told = [topic.split(":") for topic in topics if topic.startswith("verdict:")]
    return {level: found for _, level, found in told}


def named(known: Known, home: str) -> dict[str, Any]:
    """What the status says, by name, and where it differs from the earlier report's verdict."""
    frame, said, years = status(known, home), verdicts(known), window(known, home)
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
            other = own[own["status"] != said[level]]
            facts[f"verdict_differs_{level}"] = list(other["town"])
    planned = known.used["meetings"].query("status == 'announced'")
    planned = planned[planned["year"].isin(list(years))].sort_values("year")
    partners = list(dict.fromkeys(frame["town"]))
    topics, agreed = set(known.used["statements"]["topic"]), set(agreeing(known)["town"])
    if partners and not any(topic.startswith("contact:") for topic in topics):
        facts["contacts_none"] = exact(len(partners))
    return facts | {
        "meetings_announced": list(column(planned, "year")),
        "contacts_known": [town for town in partners if f"contact:{town}" in topics],
        "will_known": [town for town in partners if town in agreed],
        "will_unknown": [town for town in partners if town not in agreed],
    }


def agreeing(known: Known) -> pd.DataFrame:
    """The agreements in force between municipalities, one for each town."""
    agreed = known.used["agreements"].query("level == 'municipal' and status == 'active'")
    return agreed.drop_duplicates("town")
