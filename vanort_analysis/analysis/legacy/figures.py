"""Figures in time: members, support, the survey, the movement. Pure.

Every computed number is a `Quantity` that carries its doubt, its raw rows and the name of its
formula. Two values are two values: nothing here draws a line through fewer than three.

Support and the proposed grant: in one currency, per member, per inhabitant, and years ahead.

Pure. A sum in another currency is converted at the average rate of its own year; `span` says how
far other years' known rates would move it.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ...data.quantity import UNKNOWN, Quantity, exact, share
from .chain import NO_YEAR, members_total, places
from .frames import Known, column, newest

ENOUGH_FOR_A_LINE = 3


def membership(known: Known, home: str) -> pd.DataFrame:
    """One row is a present place: town, year, members, of_known (its share of the known members).

    Largest first, the unknown last. While a place is unknown a share is that of the known members.
    """
    present = places(known, home).query("role != 'former'")
    latest = newest(known.used["membership"], "town", "members")
    stated = [number for number in present["members"] if number.is_known]
    known_total = sum(stated, exact(0, "members"))
    frame = present[["town", "members"]].assign(
        year=column(latest, "year").reindex(present["town"], fill_value=NO_YEAR).to_numpy(),
        of_known=[
            share(number, known_total).to("percent", "share_of_known")
            if number.is_known
            else UNKNOWN
            for number in present["members"]
        ],
    )
    by_size = frame["members"].map(lambda number: -(number.value or -1))
    return frame.loc[by_size.sort_values(kind="stable").index]


def members_at(known: Known, town: str, year: float) -> Quantity:
    """The known members of an association in the year nearest to `year`."""
    rows = known.used["membership"]
    rows = rows[
        (rows["town"] == town) & rows["year"].notna() & (rows["members_doubt"] != "unknown")
    ]
    if not len(rows) or pd.isna(year):
        return UNKNOWN
    nearest = (rows["year"] - year).abs().sort_values(kind="stable").index[0]
    return column(rows.loc[[nearest]], "members").iloc[0].to("members")


def rate(known: Known, currency: str, into: str, year: float) -> Quantity:
    """The average rate of `year` for one `currency` in `into`; unknown where none is published."""
    if currency == into:
        return exact(1)
    rows = known.used["figures"].query(
        "measure == 'exchange_rate' and about == @pair and year == @year",
        local_dict={"pair": f"{currency}/{into}", "year": year},
    )
    return column(rows, "value").iloc[0] if len(rows) else UNKNOWN


GIVEN = ("grant", "handed_over")  # relations in which the municipality pays


def support(known: Known, home: str, currency: str) -> pd.DataFrame:
    """One row is a present place: town, year, amount, relation, rate, local, per_member.

    `local` and `per_member` are in the home town's `currency`, at the average rate of the year of
    the amount; unknown sum, none and not mentioned stay apart in `amount`.
    """
    present = places(known, home).query("role != 'former'").set_index("town")
    stated = newest(known.used["support"], "town", "amount")
    silent = Quantity(reason="not_mentioned")
    amount = column(stated, "amount").reindex(present.index, fill_value=silent)
    amount = amount.map(lambda number: number.to(currency) if number.doubt == "none" else number)
    years = stated["year"].reindex(present.index)
    rates = pd.Series(
        [
            rate(known, number.unit, currency, year) if number.unit else exact(1)
            for number, year in zip(amount, years, strict=True)
        ],
        index=present.index,
    )
    money = amount.map(lambda number: number.is_known and number.low > 0)
    members = [
        members_at(known, town, year) for town, year in zip(present.index, years, strict=True)
    ]
    local = (amount * rates).map(lambda number: number.to(currency, "in_home_currency"))
    each = (amount * rates / pd.Series(members, index=present.index, dtype=object)).map(
        lambda number: number.to(f"{currency}_each", "per_member")
    )
    frame = pd.DataFrame({"amount": amount, "rate": rates, "local": local, "per_member": each})
    for computed in ("rate", "local", "per_member"):
        frame[computed] = frame[computed].where(money, UNKNOWN)
    frame["relation"] = stated["relation"].reindex(present.index, fill_value="")
    frame["year"] = column(stated, "year").reindex(present.index, fill_value=NO_YEAR)
    return frame.reset_index(names="town")


def survey(known: Known, wave: int) -> dict[str, Quantity]:
    """What one wave says and what follows from it, by name; unknown where an input is missing.

    The silent are no random sample, so the share of all municipalities is bounded, not estimated:
    none of them, or all of them, may have a Nordic twin town.
    """
    rows = known.used["survey"].query("wave == @wave")
    said = dict(zip(rows["measure"] + ":" + rows["group"], column(rows, "value"), strict=True))
    get = lambda name: said.get(name, UNKNOWN)  # noqa: E731
    answered, nordic = get("answered:all"), get("municipalities_with_twin_towns:nordic")
    towns, change = get("twin_towns:all"), get("change_since_previous:all")
    every = _municipalities(known, wave)
    silent = (every - answered).to("", "survey_silent")
    before = (towns - change).to("twin_towns", "survey_before")
    active, dormant = get("activity_share:active"), get("activity_share:dormant")
    return {
        "answered": answered,
        "municipalities": every,
        "silent": silent,
        "nordic": nordic,
        "answer_rate": share(answered, every).to("percent", "survey_answer_rate"),
        "nordic_share": share(nordic, answered).to("percent", "survey_nordic_share"),
        "nordic_low": share(nordic, every).to("percent", "survey_nordic_low"),
        "nordic_high": share(nordic + silent, every).to("percent", "survey_nordic_high"),
        "towns": towns,
        "before": before if towns.is_known and change.is_known else UNKNOWN,
        "change": change,
        "change_pct": (change / before * 100).to("percent", "survey_change_pct"),
        "per_municipality": (towns / nordic).to("ratio", "survey_per_municipality"),
        "active": active,
        "dormant": dormant,
        "sporadic": (exact(100, "percent") - active - dormant).to("percent", "survey_sporadic"),
    }


def _municipalities(known: Known, wave: int) -> Quantity:
    rows = known.used["figures"].query("measure == 'municipalities' and year <= @wave")
    return column(rows.sort_values("year").tail(1), "value").iloc[0] if len(rows) else UNKNOWN


def national(known: Known, measure: str = "norden_members", about: str = "sweden") -> pd.DataFrame:
    """One row is a stated national figure, oldest first: year (may be an interval), value, ref."""
    rows = known.used["figures"].query("measure == @measure and about == @about")
    frame = pd.DataFrame(
        {"year": column(rows, "year"), "value": column(rows, "value"), "ref": rows["ref"]}
    )
    start = frame["year"].map(lambda at: at.low if at.low > float("-inf") else at.high - 1)
    return frame.loc[start.sort_values(kind="stable").index].reset_index(drop=True)


def members_known(known: Known, home: str) -> dict[str, Quantity]:
    """The chain's members: total ("at least"), the places it rests on, the places missing."""
    present = places(known, home).query("role != 'former'")
    whole = members_total(present)
    stated = [number for number in present["members"] if number.is_known]
    refs = tuple(ref for number in present["members"] for ref in number.refs)
    return {
        "members_total": whole,
        "members_places": exact(len(stated), "", refs).to("places", "members_places"),
        "members_missing": exact(len(present) - len(stated), "", refs).to(
            "places", "members_missing"
        ),
    }


YEARS_AHEAD = 3
NEAR = 3  # years between an amount and the population it is divided by
SCENARIOS = {  # what the amount and the members are multiplied by
    "as_proposed": (1.0, 1.0),
    "half_amount": (0.5, 1.0),
    "double_amount": (2.0, 1.0),
    "half_members": (1.0, 0.5),
    "double_members": (1.0, 2.0),
}


def support_amounts(known: Known, home: str, currency: str) -> pd.DataFrame:
    """`trends.support` with span (at other known rates) and per_inhabitant, both `Quantity`.

    Inhabitants are those of the municipality that pays: for a group or a minority none are used.
    """
    frame = support(known, home, currency)
    kinds = known.used["towns"].set_index("town")["kind"]
    frame["span"] = [
        _span(known, amount, currency) if local.is_known else UNKNOWN
        for amount, local in zip(frame["amount"], frame["local"], strict=True)
    ]
    frame["per_inhabitant"] = [
        per_inhabitant(known, town, local, year.low, currency)
        if local.is_known and kinds[town] == "town"
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
    if highest.is_known:
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
    table = support_amounts(known, home, currency).set_index("town")
    relations = table["relation"].isin(GIVEN)
    paid = table["amount"].map(lambda amount: not amount.is_known or amount.low > 0).astype("bool")
    given = list(table.index[relations & paid])
    silent = table["amount"].map(lambda amount: amount.reason == "not_mentioned").astype("bool")
    refs = tuple(ref for town in given for ref in table.at[town, "amount"].refs)
    facts: dict[str, Quantity | list[str]] = {
        "support_given": given,
        "support_count": exact(len(given), "places", refs).to("places", "support_count"),
        "support_silent": list(table.index[silent]),
    }
    stated = [town for town in given if table.at[town, "amount"].is_known]
    dated = [table.at[town, "year"].low for town in stated]
    if dated and max(dated) < known.year - 1:
        facts["support_stale"] = table.at[stated[dated.index(max(dated))], "year"]
    for town in given:
        facts[f"support_local:{town}"] = table.at[town, "local"]
        facts[f"support_each:{town}"] = table.at[town, "per_member"]
    for name, part in (("support_highest", "local"), ("support_highest_each", "per_member")):
        top = max(
            (town for town in stated if table.at[town, part].is_known),
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
    if head.is_known:
        facts["grant_per_inhabitant"] = head
    own = membership(known, home).query("town == @home", local_dict={"home": home})
    if len(own) and own["members"].iloc[0].is_known:
        each = (grant / own["members"].iloc[0]).to(f"{currency}_each", "per_member")
        given = table[table["relation"].isin(GIVEN)]
        more = [t for t in given.index if given.at[t, "local"].low > grant.low]
        less = [t for t in given.index if given.at[t, "per_member"].high < each.low]
        facts |= {"grant_each": each, "grant_compared": more if more == less else []}
    return facts
