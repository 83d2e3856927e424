"""Support and the proposed grant: in one currency, per member, per inhabitant, and years ahead.

Pure. A sum in another currency is converted at the average rate of its own year; `span` says how
far other years' known rates would move it.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from . import trends
from .evidence import Known
from .quantity import UNKNOWN, Quantity, exact
from .spelling import column

YEARS_AHEAD = 3
NEAR = 3  # years between an amount and the population it is divided by
SCENARIOS = {  # what the amount and the members are multiplied by
    "as_proposed": (1.0, 1.0),
    "half_amount": (0.5, 1.0),
    "double_amount": (2.0, 1.0),
    "half_members": (1.0, 0.5),
    "double_members": (1.0, 2.0),
}


def support(known: Known, home: str, currency: str) -> pd.DataFrame:
    """`trends.support` with span (at other known rates) and per_inhabitant, both `Quantity`.

    Inhabitants are those of the municipality that pays: for a group or a minority none are used.
    """
    frame = trends.support(known, home, currency)
    kinds = known.used["towns"].set_index("town")["kind"]
    frame["span"] = [
        _span(known, amount, currency) if local.known else UNKNOWN
        for amount, local in zip(frame["amount"], frame["local"], strict=True)
    ]
    frame["per_inhabitant"] = [
        per_inhabitant(known, town, local, year.low, currency)
        if local.known and kinds[town] == "town"
        else UNKNOWN
        for town, local, year in zip(frame["town"], frame["local"], frame["year"], strict=True)
    ]
    return frame


def _span(known: Known, amount: Quantity, into: str) -> Quantity:
    if amount.unit == into:
        return UNKNOWN
    rows = known.used["figures"].query(
        "measure == 'exchange_rate' and about == @pair and value_doubt != 'unknown'",
        local_dict={"pair": f"{amount.unit}/{into}"},
    )
    sums = [amount * rate for rate in column(rows, "value")]
    if len(sums) < 2:
        return UNKNOWN
    refs = tuple(dict.fromkeys(ref for each in sums for ref in each.refs))
    low, high = min(each.low for each in sums), max(each.high for each in sums)
    return Quantity(low, high, refs=refs).to(into, "rate_span")


def per_inhabitant(
    known: Known, town: str, amount: Quantity, year: float, currency: str
) -> Quantity:
    """A sum a head of the municipality's population in the nearest year, if one is near."""
    rows = known.used["figures"].query(
        "measure == 'population' and about == @town and definition == 'municipality'"
    )
    rows = rows[(rows["year"] - year).abs() <= NEAR]
    if not len(rows):
        return replace(UNKNOWN, unit=f"{currency}_each")
    near = (rows["year"] - year).abs().sort_values(kind="stable").index[0]
    people = column(rows.loc[[near]], "value").iloc[0]
    return (amount / people).to(f"{currency}_each", "per_inhabitant")


def outlook(known: Known, grant: Quantity) -> pd.DataFrame:
    """One row is a year ahead: year, phase (trial, if_continued), grant, in_all.

    After the trial year nothing is decided: from nothing up to the grant.
    """
    rows, sums = [], exact(0, grant.unit)
    for ahead in range(1, YEARS_AHEAD + 1):
        trial = ahead == 1
        paid = grant if trial else replace(grant, low=0.0, text="", formula="if_continued")
        sums = sums + paid
        year = exact(known.year + ahead, "year")
        in_all = sums.to(grant.unit, "outlook")
        rows.append((year, "trial" if trial else "if_continued", paid, in_all))
    return pd.DataFrame(rows, columns=["year", "phase", "grant", "in_all"])


def what_if(grant: Quantity, members: Quantity, highest: Quantity, currency: str) -> pd.DataFrame:
    """One row is a case: case, grant, members, per_member, of_highest.

    `highest` is the largest known support a member in the chain; the last case is the grant that
    would equal it.
    """
    rows = []
    for case, (more, people) in SCENARIOS.items():
        paid = grant if more == 1 else (grant * more).to(currency, "scenario")
        there = members if people == 1 else (members * people).to("members", "scenario")
        rows.append((case, paid, there))
    if highest.known:
        rows.append(
            ("same_as_highest", (highest * members).to(currency, "same_as_highest"), members)
        )
    frame = pd.DataFrame(rows, columns=["case", "grant", "members"])
    each = [
        (paid / there).to(f"{currency}_each", "per_member")
        for paid, there in zip(frame["grant"], frame["members"], strict=True)
    ]
    compared = [(one / highest * 100).to("percent", "of_highest_each") for one in each]
    return frame.assign(per_member=each, of_highest=compared)


def named(
    known: Known, home: str, currency: str, other: Quantity | None = None
) -> dict[str, Quantity | list[str]]:
    """Support and grant as facts, by name; `other` is a grant to try in place of the proposed."""
    table = support(known, home, currency).set_index("town")
    relations = table["relation"].isin(trends.GIVEN)
    paid = table["amount"].map(lambda amount: not amount.known or amount.low > 0).astype("bool")
    given = list(table.index[relations & paid])
    silent = table["amount"].map(lambda amount: amount.reason == "not_mentioned").astype("bool")
    refs = tuple(ref for town in given for ref in table.at[town, "amount"].refs)
    facts: dict[str, Quantity | list[str]] = {
        "support_given": given,
        "support_count": exact(len(given), "places", refs).to("places", "support_count"),
        "support_silent": list(table.index[silent]),
    }
    stated = [town for town in given if table.at[town, "amount"].known]
    dated = [table.at[town, "year"].low for town in stated]
    if dated and max(dated) < known.year - 1:
        facts["support_stale"] = table.at[stated[dated.index(max(dated))], "year"]
    for town in given:
        facts[f"support_local:{town}"] = table.at[town, "local"]
        facts[f"support_each:{town}"] = table.at[town, "per_member"]
    for name, part in (("support_highest", "local"), ("support_highest_each", "per_member")):
        top = max(
            (town for town in stated if table.at[town, part].known),
            key=lambda town: table.at[town, part].low,
            default="",
        )
        if top:
            facts |= {name: table.at[top, part], f"{name}_place": [top]}
    facts |= _grant(known, home, currency, table, other)
    grant, each = facts.get("grant"), facts.get("grant_each")
    highest, highest_each = facts.get("support_highest"), facts.get("support_highest_each")
    if isinstance(grant, Quantity) and isinstance(highest, Quantity):
        facts["grant_share"] = (grant / highest * 100).to("percent", "of_highest")
    if isinstance(each, Quantity) and isinstance(highest_each, Quantity):
        share = (each / highest_each * 100).to("percent", "of_highest_each")
        facts["grant_share_each"] = share
    return facts


def _grant(
    known: Known, home: str, currency: str, table: pd.DataFrame, other: Quantity | None
) -> dict[str, Quantity | list[str]]:
    made = known.used["recommendations"]
    facts: dict[str, Quantity | list[str]] = {}
    years = [year for year in column(made, "first_made") if year.doubt == "exact"]
    if years:
        facts["first_made"] = min(years, key=lambda year: year.low)
    proposed = made[made["amount_doubt"] != "unknown"]
    if not len(proposed):
        return facts
    recommended = column(proposed, "amount").iloc[0]
    grant = other or recommended
    facts["grant"] = grant
    if other is not None:
        facts["grant_recommended"] = recommended
    head = per_inhabitant(known, home, grant, known.year, currency)
    if head.known:
        facts["grant_per_inhabitant"] = head
    own = trends.membership(known, home).query("town == @home", local_dict={"home": home})
    if len(own) and own["members"].iloc[0].known:
        each = (grant / own["members"].iloc[0]).to(f"{currency}_each", "per_member")
        given = table[table["relation"].isin(trends.GIVEN)]
        more = [t for t in given.index if given.at[t, "local"].low > grant.low]
        less = [t for t in given.index if given.at[t, "per_member"].high < each.low]
        facts |= {"grant_each": each, "grant_compared": more if more == less else []}
    return facts
