"""Every fact a sentence or a check may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known) and its `.year`,
`event:town`, `members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from ..data.evidence import Known, newest
from ..data.quantity import Quantity, exact, numbers
from . import chain, figures

if TYPE_CHECKING:
    from .year import Year

Facts = dict[str, Quantity | list[str]]
EVENTS = ("contact", "admitted", "left", "merged", "renamed")


def stated_facts(used: dict[str, pd.DataFrame]) -> Facts:
    """What the tables state, by name."""
    return _figure_facts(used["figures"]) | _table_facts(used)


def _figure_facts(figures: pd.DataFrame) -> Facts:
    facts: Facts = {}
    start = [year.low for year in figures["year"]]
    rows = figures.assign(start=start).sort_values("start", kind="stable")
    for row in rows.itertuples():
        name = f"{row.measure}:{row.about}" if row.about else row.measure
        facts[name] = row.value.to("year") if row.definition == "year" else row.value
        facts[f"{name}.year"] = row.year
    return facts


def _table_facts(used: dict[str, pd.DataFrame]) -> Facts:
    facts: Facts = {}
    chain = used["chain"]
    for event in EVENTS:
        rows = chain[chain["event"] == event]
        facts |= {f"{event}:{t}": y for t, y in zip(rows["town"], rows["year"], strict=True)}
    for row in used["survey"].itertuples():
        facts[f"survey:{row.wave}:{row.measure}:{row.group}"] = row.value
    for table, what, name in (
        ("membership", "members", "members"),
        ("support", "amount", "support"),
    ):
        latest = newest(used[table], "town", what)[what]
        facts |= {f"{name}:{town}": value for town, value in latest.items()}
    held = used["meetings"]
    latest = newest(held[held["status"] == "held"], "town")["year"]
    return facts | {f"meeting:{town}": year for town, year in latest.items()}


def computed_facts(year: Year) -> Facts:
    """What follows from the tables, by name."""
    facts: Facts = {"report_year": exact(year.known.year, "year")}
    facts |= _chain_facts(year) | _size_facts(year) | _distance_facts(year)
    facts |= _member_facts(year) | _host_facts(year) | _support_facts(year) | _grant_facts(year)
    facts |= _compared_grant(facts) | _national_facts(year.known) | _survey_facts(year.known)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def _chain_facts(year: Year) -> Facts:
    places, present, home = year.places, year.present, year.home
    former = places[places["role"] == "former"]
    refs = tuple(ref for at in chain.entries(year.known).values() for ref in at.refs)
    left = tuple(ref for at in former["left"] for ref in at.refs)
    away = present[present["town"] != home]
    return {
        "places_now": exact(len(present), "places", refs + left).to("places", "chain_size"),
        "places_ever": exact(len(places), "places", refs).to("places", "places_ever"),
        "partners": exact(len(present) - 1, "places", refs + left).to("places", "partners"),
        "present": list(present["town"]),
        "former": list(former["town"]),
        "partners_list": list(away["town"]),
        "approximate": list(places.loc[places["approximate"].astype("bool"), "town"]),
        "areas": list(dict.fromkeys(away["area"])),
        "areas_en": list(dict.fromkeys(away["area_en"])),
    }


def _size_facts(year: Year) -> Facts:
    steps = year.size
    if not len(steps):
        return {}
    first, joined = steps["year"].iloc[0], steps[steps["joined"].astype("bool")]
    return {
        "first_year": first,
        "founders": steps["joined"].iloc[0],
        "chain_age": (year.known.year - first).to("years", "chain_age"),
        "last_change": steps["year"].iloc[-1],
        "last_joined": joined["joined"].iloc[-1],
        "last_joined_year": joined["year"].iloc[-1],
    }


def _distance_facts(year: Year) -> Facts:
    away = [
        (town, length)
        for town, length in zip(year.present["town"], year.present["distance_km"], strict=True)
        if length.is_known and length.low > 0
    ]
    if not away:
        return {}
    farthest = max(away, key=lambda place: place[1].low)
    nearest = min(away, key=lambda place: place[1].low)
    return {
        "farthest": [farthest[0]],
        "farthest_km": farthest[1],
        "nearest": [nearest[0]],
        "nearest_km": nearest[1],
    }


def _member_facts(year: Year) -> Facts:
    facts: Facts = dict(figures.members_known(year.present))
    table, now = year.members, year.known.year
    stated = table[[number.is_known for number in table["members"]]]
    facts["members_unknown"] = list(table.loc[~table.index.isin(stated.index), "town"])
    if not len(stated):
        return facts
    top = stated.iloc[0]
    facts |= {
        "members_largest": [top["town"]],
        "members_largest_count": top["members"],
        "members_largest_share": top["of_known"],
    }
    dated = sorted((at for at in stated["year"] if at.low > -math.inf), key=lambda at: at.low)
    oldest, latest = dated[0], dated[-1]
    if oldest.low == latest.low:
        facts |= {"members_year": oldest}
    else:
        facts |= {"members_oldest": oldest, "members_newest": latest}
    if oldest.low < now - 1:
        facts["members_stale"] = oldest
        facts["members_stale_places"] = [
            town
            for town, at in zip(stated["town"], stated["year"], strict=True)
            if at.low < now - 1
        ]
    rows = year.known.used["membership"]
    several = rows[[at.doubt == "exact" for at in rows["year"]]].groupby("town").size()
    if not (several >= figures.ENOUGH_FOR_A_LINE).any() and "members_year" in facts:
        facts["members_one_year"] = facts["members_year"]
    own = stated[stated["town"] == year.home]
    if len(own):
        facts["members_home"] = own["members"].iloc[0]
        facts["members_home_year"] = own["year"].iloc[0]
    return facts


def _host_facts(year: Year) -> Facts:
    table, used = year.hosting, year.known.used["meetings"]
    held = used[used["status"] == "held"]
    held = held.assign(at=numbers(held["year"])).sort_values("at", kind="stable")
    dated = table[[at.doubt == "exact" for at in table["last"]]]
    facts: Facts = {"never_hosted": list(table.loc[~table.index.isin(dated.index), "town"])}
    if len(dated):
        longest, latest = dated.iloc[0], dated.iloc[-1]
        facts |= {
            "waited_longest": [longest["town"]],
            "waited_longest_year": longest["last"],
            "waited_longest_years": longest["waited"],
            "waited_announced": _announced(used, longest["town"], longest["last"]),
            "meeting_last": [latest["town"]],
            "meeting_last_year": latest["last"],
        }
        if latest["last"].low < year.known.year - 1:
            facts["meeting_stale"] = latest["last"]
    own = dated[dated["town"] == year.home]
    if len(own):
        facts["hosted_home"] = own["last"].iloc[0]
    if len(held):
        facts["any_meeting_last_year"] = held["year"].iloc[-1]
    counted = held[[count.is_known for count in held["participants"]]]
    if len(counted):
        last = counted.iloc[-1]
        facts["participants_last"] = last["participants"]
        facts["participants_last_year"] = last["year"]
        facts["participants_last_town"] = [last["town"]]
    return facts


def _announced(meetings: pd.DataFrame, town: str, last: Quantity) -> Quantity:
    rows = meetings[(meetings["status"] == "announced") & (meetings["town"] == town)]
    later = [year for year in rows["year"] if year.low > last.low]
    return later[-1] if later else Quantity()


def _support_facts(year: Year) -> Facts:
    table = year.support.set_index("town")
    given = [
        town
        for town, row in table.iterrows()
        if row["relation"] in figures.GIVEN
        and (not row["amount"].is_known or row["amount"].low > 0)
    ]
    refs = tuple(ref for town in given for ref in table.at[town, "amount"].refs)
    facts: Facts = {
        "support_given": [str(town) for town in given],
        "support_count": exact(len(given), "places", refs).to("places", "support_count"),
        "support_silent": [
            str(town)
            for town, amount in table["amount"].items()
            if amount.reason == "not_mentioned"
        ],
    }
    stated = [town for town in given if table.at[town, "amount"].is_known]
    dated = [table.at[town, "year"] for town in stated]
    if dated and max(at.low for at in dated) < year.known.year - 1:
        facts["support_stale"] = max(dated, key=lambda at: at.low)
    for town in given:
        facts[f"support_local:{town}"] = table.at[town, "local"]
        facts[f"support_each:{town}"] = table.at[town, "per_member"]
    for name, part in (("support_highest", "local"), ("support_highest_each", "per_member")):
        known = [town for town in stated if table.at[town, part].is_known]
        if known:
            top = max(known, key=lambda town: table.at[town, part].low)
            facts |= {name: table.at[top, part], f"{name}_place": [str(top)]}
    return facts


def _grant_facts(year: Year) -> Facts:
    made, table = year.known.used["recommendations"], year.support.set_index("town")
    facts: Facts = {}
    years = [at for at in made["first_made"] if at.doubt == "exact"]
    if years:
        facts["first_made"] = min(years, key=lambda at: at.low)
    proposed = [amount for amount in made["amount"] if amount.is_known]
    if not proposed:
        return facts
    grant = facts["grant"] = proposed[0]
    head = year.per_inhabitant(grant)
    if head.is_known:
        facts["grant_per_inhabitant"] = head
    own = year.members.set_index("town")["members"].get(year.home)
    if own is not None and own.is_known:
        each = (grant / own).to(f"{year.currency}_each", "per_member")
        given = table[table["relation"].isin(figures.GIVEN)]
        more = [str(t) for t in given.index if given.at[t, "local"].low > grant.low]
        less = [str(t) for t in given.index if given.at[t, "per_member"].high < each.low]
        facts |= {"grant_each": each, "grant_compared": more if more == less else []}
    return facts


def _compared_grant(facts: Facts) -> Facts:
    """The grant as a part of the highest known support, in all and per member."""
    found: Facts = {}
    for name, grant, highest, formula in (
        ("grant_share", "grant", "support_highest", "of_highest"),
        ("grant_share_each", "grant_each", "support_highest_each", "of_highest_each"),
    ):
        ours, theirs = facts.get(grant), facts.get(highest)
        if isinstance(ours, Quantity) and isinstance(theirs, Quantity):
            found[name] = (ours / theirs * 100).to("percent", formula)
    return found


def _national_facts(known: Known) -> Facts:
    table = figures.national(known)
    # a figure of any age has no place in a change
    table = table[[year.low > -math.inf for year in table["year"]]]
    if len(table) < 2:
        return {}
    first, last = table.iloc[0], table.iloc[-1]
    return {
        "national_first": first["value"],
        "national_first_year": first["year"],
        "national_last": last["value"],
        "national_last_year": last["year"],
    }


def _survey_facts(known: Known) -> Facts:
    used = known.used["survey"]
    waves = sorted(set(used["wave"]))
    told = {wave: figures.survey(known, wave) for wave in waves}
    answered = [wave for wave in waves if told[wave]["nordic"].is_known]
    if not answered:
        return {}
    wave = answered[-1]
    refs = tuple(used.loc[used["wave"] == wave, "ref"].head(1))
    facts: Facts = {f"survey_{name}": value for name, value in told[wave].items()}
    facts["survey_year"] = exact(float(wave), "year", refs)
    change = told[wave]["change"]
    if change.high < 0:
        facts["survey_fewer"] = exact(0) - change
    if waves[-1] > wave:
        later = tuple(used.loc[used["wave"] == waves[-1], "ref"].head(1))
        facts["survey_later"] = exact(float(waves[-1]), "year", later)
    return facts
