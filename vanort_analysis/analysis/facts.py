"""Every fact a sentence or a check may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known), `event:town`,
`members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`; `.year` is its year.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids or years. What is
not known is not there.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import newest_rows
from ..data.quantity import Quantity, are_known, exact, group_by_key, to_numbers, to_records, total
from ..data.schema import TABLES
from . import activity, chain, figures

if TYPE_CHECKING:
    from .year import Year

Facts = dict[str, Any]  # Quantity, or a list of towns or years
Rows = dict[str, list[dict[str, Any]]]  # of each table
NORDIC = {"DK", "FI", "IS", "NO", "SE"}
PREMISE = {"yes": "holds", "no": "fails", "unknown": "untold"}  # an answer → `holds:<check>`
STATING = ["figures", "chain", "survey", "membership", "support", "meetings"]
STATED = [("members", "membership", "members"), ("support", "support", "amount")]
OF_TOWNS = ["members", "members_before", "support", "support_local", "support_each"]
OF_TOWNS += ["meeting", "funded_years"]
COMPUTED = Path(__file__).with_name("computed_facts.txt").read_text("utf-8").split()
COMPUTED += [name + kind for name in activity.STATUS_FACTS for kind in ("", "_count")]


def fact_names(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Every name a fact may have in some year of these tables."""
    names = {f"{name}:{town}" for name in OF_TOWNS for town in tables["towns"]["town"]}
    names |= {f"{name}.year" for name in names}
    names |= {f"{name}:{check}" for name in PREMISE.values() for check in tables["checks"]["check"]}
    years = [at // 10 * 10 for at in to_numbers(tables["chain"]["year"]) if not math.isnan(at)]
    stated, decades = stated_facts(stating_rows(tables)), [f"joined_in:{at:.0f}" for at in years]
    return names.union(COMPUTED, stated, decades)


def table_of(name: str) -> str:
    """The table that would state a fact of this name, if it is one that tables state."""
    kind, about, _ = name.partition(":")
    events = dict.fromkeys(TABLES["chain"].columns["event"].allowed, "chain")
    tables = {"survey": "survey", **events, **dict.fromkeys(OF_TOWNS, "towns")}
    return tables.get(kind, "figures") if about else ""


def stating_rows(tables: dict[str, pd.DataFrame]) -> Rows:
    """The rows of the tables that state facts."""
    return {name: to_records(tables[name]) for name in STATING}


def stated_facts(used: Rows) -> Facts:
    """What rows state, by name."""
    facts: Facts = {}
    for row in sorted(used["figures"], key=lambda row: row["year"].low):
        name = f"{row['measure']}:{row['about']}" if row["about"] else row["measure"]
        facts[name] = row["value"].in_unit("year") if row["definition"] == "year" else row["value"]
        facts[f"{name}.year"] = row["year"]
    for row in used["chain"]:
        facts[f"{row['event']}:{row['town']}"] = row["year"]
    for row in used["survey"]:
        facts[f"survey:{row['wave']}:{row['measure']}:{row['group']}"] = row["value"]
    for name, table, what in STATED:
        for town, row in newest_rows(used[table], "town", what).items():
            facts |= {f"{name}:{town}": row[what], f"{name}:{town}.year": row["year"]}
    held = newest_rows((row for row in used["meetings"] if row["status"] == "held"), "town")
    return facts | {f"meeting:{town}": row["year"] for town, row in held.items() if town}


def computed_facts(year: Year) -> Facts:
    """What follows from the tables, by name."""
    facts: Facts = {"report_year": exact(year.known.year, "year")}
    facts |= _chain_facts(year) | _size_facts(year) | _distance_facts(year)
    facts |= _member_facts(year) | _host_facts(year) | _meeting_facts(year)
    facts |= _support_facts(year) | _own_facts(year) | _national_facts(year.national)
    facts |= {f"survey_{name}": of for name, of in figures.survey_figures(year.known).items()}
    facts |= activity.activity_facts(year)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def check_facts(year: Year) -> Facts:
    """What the checks answer, what is proposed, and what is known of earlier points."""
    rows, points = year.checks, year.points
    claims = rows.loc[rows["about"] == "earlier_report", "holds"]
    premises = rows[rows["about"] == "proposal"]
    answers = zip(premises["holds"], premises["check"], strict=True)
    facts: Facts = {f"{PREMISE[answer]}:{name}": exact(1) for answer, name in answers}
    counted = {"tried": ("yes", "no"), "contradicted": ("no",), "unknown": ("unknown",)}
    for name, those in counted.items():
        if count := int(claims.isin(those).sum()):
            facts[f"claims_{name}"] = exact(count)
    for made in points["first_made"].head(1):
        now = year.points_year == year.known.year
        facts |= {"points_year": made, "points_now" if now else "points_old": made}
    for point in points[are_known(points["amount"])].itertuples():
        if (point.decided or point.done) and point.amount.low > 0:  # a grant refused is none
            facts["grant_paid" if point.done else "grant_decided"] = point.amount
    for known, count in (year.follow_up["state"] != "unknown").value_counts().items():
        facts[f"outcome_{'known' if known else 'unknown'}_count"] = exact(int(count))
    return facts


def _chain_facts(year: Year) -> Facts:
    places, present = year.places, year.present
    former, away = places[places["role"] == "former"], present[present["town"] != year.home]
    came = tuple(ref for at in chain.entry_years(year.known).values() for ref in at.refs)
    now = came + tuple(ref for at in former["left"] for ref in at.refs)
    merged = [town for town, at in chain.event_years(year.known, "merged").items() if at.is_known]
    dated = are_known(present["admitted"]) | are_known(present["contact"])
    facts: Facts = {
        "places_now": exact(len(present), "", now).in_unit("places", "chain_size"),
        "places_ever": exact(len(places), "", came).in_unit("places", "places_ever"),
        "areas_now": exact(present["area"].nunique(), "", now).in_unit("", "areas_now"),
        "former": list(former["town"]),
        "partners_list": list(away["town"]),
        "merged_places": list(present.loc[present["town"].isin(merged), "town"]),
        "undated_places": list(present.loc[~dated, "town"]),
        "approximate": list(places.loc[places["approximate"].astype("bool"), "town"]),
    }
    if len(away):
        facts["partners"] = exact(len(away), "", now).in_unit("places", "partners")
    return facts


def _size_facts(year: Year) -> Facts:
    steps = year.size
    if not len(steps):
        return {}
    first, joined = steps["year"].iloc[0], steps[steps["joined"].astype("bool")]
    facts: Facts = {
        "first_year": first,
        "founders": steps["joined"].iloc[0],
        "last_joined": joined["joined"].iloc[-1],
        "last_joined_year": joined["year"].iloc[-1],
        "later_joined": joined["joined"].iloc[-1] if len(joined) > 1 else [],
    }
    countries = dict(zip(year.places["town"], year.places["country"], strict=True))
    missing = set(NORDIC)
    for at, towns in zip(joined["year"], joined["joined"], strict=True):
        decade, came = f"joined_in:{at.low // 10 * 10:.0f}", exact(len(towns), "", at.refs)
        facts[decade] = (facts.get(decade, exact(0)) + came).in_unit("", "joined_in")
        if missing and not (missing := missing - {countries[town] for town in towns}):
            facts["all_nordic_year"] = at
    return facts


def _distance_facts(year: Year) -> Facts:
    all_of = zip(year.present["town"], year.present["distance_km"], strict=True)
    away = sorted((km.low, town, km) for town, km in all_of if km.is_known and km.low > 0)
    facts: Facts = {}
    for name, of in (("nearest", away[:1]), ("farthest", away[-1:])):
        for _, town, km in of:
            facts |= {name: [town], f"{name}_km": km}
    return facts


def _member_facts(year: Year) -> Facts:
    table, now = year.members, year.known.year
    stated = table[are_known(table["members"])]
    refs = tuple(ref for number in year.present["members"] for ref in number.refs)
    facts: Facts = {
        "members_total": total(year.present["members"], "members").in_unit(
            "members", "members_total"
        ),
        "members_places": exact(len(stated), "", refs).in_unit("places", "members_places"),
        "members_unknown": list(table.loc[~are_known(table["members"]), "town"]),
        **_members_before(year),
    }
    for top in stated.head(1).itertuples():
        facts |= {"members_largest": [top.town], "members_largest_count": top.members}
    for row in stated[stated["town"] == year.home].itertuples():
        facts |= {"members_home": row.members, "members_home_year": row.year}
    dated = sorted(stated["year"], key=lambda at: at.low)
    if not dated or dated[0].low == -math.inf:  # nobody knows which year one of them is of
        return facts
    oldest, latest = dated[0], dated[-1]
    if oldest.low < now - 1:
        stale = stated["town"][[at.low < now - 1 for at in stated["year"]]]
        facts |= {"members_stale": oldest, "members_stale_places": list(stale)}
    if oldest.low < latest.low:
        return facts | {"members_oldest": oldest, "members_newest": latest}
    return facts | {"members_year": oldest}


def _members_before(year: Year) -> Facts:
    """The number of members before the newest, of each association that has two of known years,
    and those that have enough for a line."""
    rows, facts = year.known.used["membership"], Facts()
    exactly = [r for r in to_records(rows) if r["members"].is_known and r["year"].doubt == "exact"]
    exactly.sort(key=lambda row: row["year"].low)
    for town, own in sorted(group_by_key((row["town"], row) for row in exactly).items()):
        if len(own) >= figures.ENOUGH_FOR_A_LINE:
            facts.setdefault("members_in_line", []).append(town)
        if len(own) > 1:
            before, last = (row["members"] for row in own[-2:])
            facts |= {f"members_before:{town}": before}
            facts[f"members_before:{town}.year"] = own[-2]["year"]
            if town == year.home and before.doubt == last.doubt == "exact":
                facts["members_home_change"] = last - before
    return facts


def _host_facts(year: Year) -> Facts:
    table = year.hosting
    dated = table[are_known(table["last"])]
    facts: Facts = {"never_hosted": list(table.loc[~are_known(table["last"]), "town"])}
    for name, of in (("waited_longest", dated[:-1].head(1)), ("meeting_last", dated.tail(1))):
        for row in of.itertuples():
            facts |= {name: [row.town], f"{name}_year": row.last}
    for at in dated.loc[dated["town"] == year.home, "last"]:
        facts["hosted_home"] = at
    for at in dated["last"].tail(1):
        facts |= {"meeting_stale": at} if at.low < year.known.year - 1 else {}
    return facts


def _meeting_facts(year: Year) -> Facts:
    """Of the meetings of all kinds: the last, who came, what is announced."""
    table = year.meetings
    announced = table.loc[table["status"] == "announced", "year"]
    facts: Facts = {"meetings_announced": [at for at in announced if at.value in year.round]}
    held = table[are_known(table["year"]) & (table["status"] == "held")]
    for at in held["year"].tail(1):
        facts["any_meeting_last_year"] = at
    for row in held[are_known(held["participants"])].tail(1).itertuples():
        facts |= {"participants_last": row.participants, "participants_last_year": row.year}
        facts["participants_last_town"] = [row.town]
    return facts


def _support_facts(year: Year) -> Facts:
    table = year.support
    given = table[table["relation"].isin(figures.GIVEN)]
    given = given[given["amount"].map(lambda of: of.high > 0).astype("bool")]
    silent = [of.reason == "not_mentioned" for of in table["amount"]]
    refs = tuple(ref for amount in given["amount"] for ref in amount.refs)
    facts: Facts = {
        "support_given": list(given["town"]),
        "support_count": exact(len(given), "", refs).in_unit("places", "support_count"),
        "support_silent": list(table.loc[silent, "town"]),
    }
    for row in given.itertuples():
        facts[f"support_local:{row.town}"] = row.local
        facts[f"support_each:{row.town}"] = row.per_member
    stated = given[are_known(given["amount"])]
    for row in stated[stated["town"] == year.home].itertuples():
        facts["grant_paid"] = row.amount  # no new cost, and not to be compared with itself
    stated = stated[stated["town"] != year.home]
    newest_year = max(stated["year"], key=lambda at: at.low, default=chain.NO_YEAR)
    if newest_year.is_known and newest_year.low < year.known.year - 1:
        facts["support_stale"] = newest_year
    if whole := [row for row in stated.itertuples() if row.local.is_known]:
        top = max(whole, key=lambda row: row.local.low)
        facts |= {"support_highest": top.local, "support_highest_place": [top.town]}
        facts["support_highest_year"] = top.year
    if each := [amount for amount in stated["per_member"] if amount.is_known]:
        facts["support_highest_each"] = max(each, key=lambda amount: amount.low)
    return facts | _grant_facts(year, facts)


def _grant_facts(year: Year, given: Facts) -> Facts:
    """The grant of the newest points, per member and beside the support that is given."""
    made, facts = year.known.used["recommendations"], Facts()
    years = [at for at in made["first_made"] if at.doubt == "exact"]
    facts |= {"first_made": min(years, key=lambda at: at.low)} if years else {}
    newest_made = made["first_made"].map(lambda at: at.low) == year.points_year
    proposed = [amount for amount in made.loc[newest_made, "amount"] if amount.is_known]
    if not proposed:
        return facts
    grant = facts["grant"] = proposed[0]
    people = figures.municipal_populations(year.known).get(year.home, {})
    facts["grant_per_inhabitant"] = figures.amount_per_inhabitant(
        people, grant, year.known.year, year.currency
    )
    own = year.members.set_index("town")["members"].get(year.home)
    if own is not None and own.is_known:
        each = facts["grant_each"] = (grant / own).in_unit(f"{year.currency}_each", "per_member")
        others = year.support[year.support["town"] != year.home]
        paid = list(others[others["relation"].isin(figures.GIVEN)].itertuples())
        more = [row.town for row in paid if row.local.low > grant.low]
        less = [row.town for row in paid if row.per_member.high < each.low]
        facts["grant_compared"] = more if more == less else []
    if highest := given.get("support_highest"):
        facts["grant_share"] = (grant / highest * 100).in_unit("percent", "of_highest")
        facts["grant_share_year"] = given["support_highest_year"]
    return facts


def _own_facts(year: Year) -> Facts:
    """What the municipality is asked and has paid for: at least, as not all is recorded."""
    used, facts = year.known.used, Facts()
    for name, unit, table, column, word in (
        ("requests_waiting", "requests", "activities", "status", "waiting"),
        ("planning_meetings", "seminars", "meetings", "kind", "seminar"),
    ):
        now = [row for row in to_records(used[table]) if row["year"].value == year.known.year]
        refs = tuple(row["ref"] for row in now if row[column].endswith(word))
        facts[name] = Quantity(len(refs), unit=unit, refs=refs, formula=name)
    for row in to_records(used["activities"]):
        towns = set(row["towns"].split("|")) if row["municipal_role"] == "funded" else set()
        for town in sorted(towns - {year.home}):
            facts.setdefault(f"funded_years:{town}", []).append(row["year"])
    return facts


def _national_facts(table: pd.DataFrame) -> Facts:
    dated = [at.low > -math.inf for at in table["year"]]
    rows, facts = table.loc[dated], Facts()  # no change from a figure of any age
    for name, at in (("national_first", 0), ("national_last", -1)) if len(rows) > 1 else ():
        facts |= {name: rows["value"].iloc[at], f"{name}_year": rows["year"].iloc[at]}
    return facts
