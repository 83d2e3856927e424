"""Every fact a sentence or a check may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known), `event:town`,
`members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`; `.year` is its year.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids or years. What is
not known is not there.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import Known, newest
from ..data.quantity import Quantity, are_known, exact, numbers
from ..data.schema import TABLES
from . import activity, chain, figures

if TYPE_CHECKING:
    from .year import Year

Facts = dict[str, Any]  # Quantity, or a list of towns or years
NORDIC = {"DK", "FI", "IS", "NO", "SE"}
PREMISE = {"yes": "holds", "no": "fails", "unknown": "untold"}  # an answer → `holds:<check>`
OF_TOWNS = ["members", "members_before", "support", "support_local", "support_each"]
OF_TOWNS += ["meeting", "funded_years"]
COMPUTED = f"""
    report_year places_now places_ever partners present former partners_list approximate areas
    areas_en merged_places undated_places areas_now all_nordic_year first_year founders chain_age
    last_change last_joined last_joined_year farthest farthest_km nearest nearest_km members_total
    members_places members_missing members_unknown members_largest members_largest_count
    members_largest_share members_year members_oldest members_newest members_stale
    members_stale_places members_one_year members_home members_home_year members_home_change
    never_hosted waited_longest waited_longest_year waited_longest_years meeting_last
    meeting_last_year meeting_stale hosted_home any_meeting_last_year participants_last
    participants_last_year participants_last_town meetings_announced years_since_meeting
    planning_meetings support_given support_count support_silent support_dormant support_stale
    support_highest support_highest_place support_highest_each support_highest_each_place
    points_year points_now points_old grant_now grant_decided grant_paid first_made grant
    grant_per_inhabitant grant_each support_highest_year support_highest_each_year
    grant_share_year grant_share_each_year
    grant_compared grant_share grant_share_each requests_waiting national_first national_first_year
    national_last national_last_year survey_year survey_fewer survey_later survey_answered
    survey_municipalities survey_silent survey_nordic survey_answer_rate survey_nordic_share
    survey_nordic_low survey_nordic_high survey_nordic_all survey_towns survey_before survey_change
    survey_change_pct survey_per_municipality survey_active survey_dormant survey_sporadic
    meeting_years round_years meeting_rate active_places municipal_alive contacts_none
    agreements_in_force claims_tried claims_contradicted claims_hold claims_fail claims_unknown
    premises_hold premises_fail premises_unknown points_hold points_fail points_unknown
    outcome_known_count outcome_unknown_count meetings_known since_year since_new since_changed
    since_joined since_left since_merged since_members since_agreements since_met
    {" ".join(f"{name} {name}_count" for name in activity.NAMES)}
""".split()


def fact_names(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Every name a fact may have in some year of these tables."""
    names = {f"{name}:{town}" for name in OF_TOWNS for town in tables["towns"]["town"]}
    names |= {f"{name}.year" for name in names}
    names |= {f"{name}:{check}" for name in PREMISE.values() for check in tables["checks"]["check"]}
    years = [at // 10 * 10 for at in numbers(tables["chain"]["year"]) if not math.isnan(at)]
    return names.union(COMPUTED, stated_facts(tables), [f"joined_in:{at:.0f}" for at in years])


def is_fact_name(name: str, tables: dict[str, pd.DataFrame]) -> bool:
    """Whether a fact may have this name in some year of these tables."""
    return name in fact_names(tables)


def fact_table(facts: Facts) -> pd.DataFrame:
    """One row is a fact: name, about (what follows the colon), year, value, formula, refs."""
    rows = []
    for name, fact in facts.items():
        of = fact if isinstance(fact, Quantity) else Quantity()
        year = facts.get(f"{name}.year", facts.get(f"{name}_year"))
        rows.append((name, name.partition(":")[2], year, fact, of.formula, of.refs))
    return pd.DataFrame(rows, columns=["name", "about", "year", "value", "formula", "refs"])


def stated_facts(used: dict[str, pd.DataFrame]) -> Facts:
    """What the tables state, by name."""
    facts: Facts = {}
    rows, happened = used["figures"], used["chain"]
    rows = rows.assign(at=[year.low for year in rows["year"]]).sort_values("at", kind="stable")
    for row in rows.itertuples():
        name = f"{row.measure}:{row.about}" if row.about else row.measure
        facts[name] = row.value.to("year") if row.definition == "year" else row.value
        facts[f"{name}.year"] = row.year
    for event, town, at in zip(*(happened[c] for c in ("event", "town", "year")), strict=True):
        facts[f"{event}:{town}"] = at
    for row in used["survey"].itertuples():
        facts[f"survey:{row.wave}:{row.measure}:{row.group}"] = row.value
    for name, table in (("members", "membership"), ("support", "support")):
        what = TABLES[table].compared[0]
        latest = newest(used[table], "town", what)
        for town, value, at in zip(latest.index, latest[what], latest["year"], strict=True):
            facts |= {f"{name}:{town}": value, f"{name}:{town}.year": at}
    held = used["meetings"][used["meetings"]["status"] == "held"]
    return facts | {f"meeting:{t}": at for t, at in newest(held, "town")["year"].items() if t}


def computed_facts(year: Year) -> Facts:
    """What follows from the tables, by name."""
    facts: Facts = {"report_year": exact(year.known.year, "year")}
    facts |= _chain_facts(year) | _size_facts(year) | _distance_facts(year)
    facts |= _member_facts(year) | _host_facts(year) | _meeting_facts(year)
    facts |= _support_facts(year) | _grant_facts(year) | _own_facts(year)
    facts |= _national_facts(year.national) | _survey_facts(year.known)
    facts |= activity.activity_facts(year.known, year.activity, year.round)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def check_facts(year: Year) -> Facts:
    """What the checks answer, what is proposed, and what is known of earlier points."""
    rows, points, earlier = year.checks, year.points, year.follow_up
    premises, claims = (rows[rows["about"] == about] for about in ("proposal", "earlier_report"))
    answers = zip(premises["holds"], premises["check"], strict=True)
    facts: Facts = {f"{PREMISE[answer]}:{name}": exact(1) for answer, name in answers}
    for name, frame in (("claims", claims), ("premises", premises), ("points", points)):
        for end, answer in (("hold", "yes"), ("fail", "no"), ("unknown", "unknown")):
            if len(frame):  # none of none is nothing to tell
                facts[f"{name}_{end}"] = exact(int((frame["holds"] == answer).sum()))
    if len(claims):
        facts["claims_tried"] = facts["claims_hold"] + facts["claims_fail"]
        facts["claims_contradicted"] = facts["claims_fail"]
    for made in points["first_made"].head(1):
        now = year.points_year == year.known.year
        facts |= {"points_year": made, "points_now" if now else "points_old": made}
        facts |= {"grant_now": year.base["grant"]} if now and "grant" in year.base else {}
    granted = points[are_known(points["amount"])]
    for amount, decided, done in zip(
        granted["amount"], granted["decided"], granted["done"], strict=True
    ):
        if (decided or done) and amount.low > 0:  # a grant refused is none
            facts["grant_paid" if done else "grant_decided"] = amount
    for name, count in (earlier["state"] != "unknown").value_counts().items():
        facts[f"outcome_{'known' if name else 'unknown'}_count"] = exact(int(count))
    return facts


def _chain_facts(year: Year) -> Facts:
    places, present, home = year.places, year.present, year.home
    former, away = places[places["role"] == "former"], present[present["town"] != home]
    came = tuple(ref for at in chain.entries(year.known).values() for ref in at.refs)
    now = came + tuple(ref for at in former["left"] for ref in at.refs)
    merged = [town for town, at in chain.events(year.known, "merged").items() if at.is_known]
    dated = set(present["town"][are_known(present["admitted"]) | are_known(present["contact"])])
    partners = exact(len(away), "", now).to("places", "partners")
    return ({"partners": partners} if len(away) else {}) | {
        "places_now": exact(len(present), "", now).to("places", "chain_size"),
        "places_ever": exact(len(places), "", came).to("places", "places_ever"),
        "areas_now": exact(present["area"].nunique(), "", now).to("", "areas_now"),
        "present": list(present["town"]),
        "former": list(former["town"]),
        "partners_list": list(away["town"]),
        "merged_places": [town for town in present["town"] if town in merged],
        "undated_places": [town for town in present["town"] if town not in dated],
        "approximate": list(places.loc[places["approximate"].astype("bool"), "town"]),
        "areas": list(dict.fromkeys(away["area"])),
        "areas_en": list(dict.fromkeys(away["area_en"])),
    }


def _size_facts(year: Year) -> Facts:
    steps = year.size
    if not len(steps):
        return {}
    first, joined = steps["year"].iloc[0], steps[steps["joined"].astype("bool")]
    facts: Facts = {
        "first_year": first,
        "founders": steps["joined"].iloc[0],
        "chain_age": (year.known.year - first).to("years", "chain_age"),
        "last_change": steps["year"].iloc[-1],
        "last_joined": joined["joined"].iloc[-1],
        "last_joined_year": joined["year"].iloc[-1],
    }
    countries = dict(zip(year.places["town"], year.places["country"], strict=True))
    missing = set(NORDIC)
    for at, towns in zip(joined["year"], joined["joined"], strict=True):
        decade, came = f"joined_in:{at.low // 10 * 10:.0f}", exact(len(towns), "", at.refs)
        facts[decade] = (facts.get(decade, exact(0)) + came).to("", "joined_in")
        if missing and not (missing := missing - {countries[town] for town in towns}):
            facts["all_nordic_year"] = at
    return facts


def _distance_facts(year: Year) -> Facts:
    lengths = dict(zip(year.present["town"], year.present["distance_km"], strict=True))
    away = sorted((of.low, town) for town, of in lengths.items() if of.is_known and of.low > 0)
    facts: Facts = {}
    for name, at in (("nearest", 0), ("farthest", -1)) if away else ():
        town = away[at][1]
        facts |= {name: [town], f"{name}_km": lengths[town]}
    return facts


def _member_facts(year: Year) -> Facts:
    facts: Facts = dict(figures.members_known(year.present))
    table = year.members
    stated = table[are_known(table["members"])]
    facts["members_unknown"] = list(table["town"][~are_known(table["members"])])
    facts |= _members_before(year)
    if not len(stated):
        return facts
    top = stated.iloc[0]
    facts |= {
        "members_largest": [top["town"]],
        "members_largest_count": top["members"],
        "members_largest_share": top["of_known"],
    }
    for row in stated[stated["town"] == year.home].itertuples():
        facts |= {"members_home": row.members, "members_home_year": row.year}
    dated = sorted(stated["year"], key=lambda at: at.low)
    oldest, latest, now = dated[0], dated[-1], year.known.year
    if oldest.low == -math.inf:  # nobody knows which year one of them is of
        return facts
    one = oldest.low == latest.low
    spans = {"members_oldest": oldest, "members_newest": latest}
    facts |= {"members_year": oldest} if one else spans
    if oldest.low < now - 1:
        stale = stated["town"][[at.low < now - 1 for at in stated["year"]]]
        facts |= {"members_stale": oldest, "members_stale_places": list(stale)}
    rows = year.known.used["membership"]
    counts = rows["town"][rows["year"].map(lambda at: at.doubt == "exact").astype("bool")]
    if one and (counts.value_counts() < figures.ENOUGH_FOR_A_LINE).all():
        facts["members_one_year"] = oldest
    return facts


def _members_before(year: Year) -> Facts:
    """The number of members before the newest, of each association that has two of known years."""
    rows, facts = year.known.used["membership"], Facts()
    rows = rows[are_known(rows["members"])].assign(at=lambda known: numbers(known["year"]))
    rows = rows[rows["year"].map(lambda at: at.doubt == "exact").astype("bool")]
    for town, own in rows.sort_values("at", kind="stable").groupby("town"):
        if len(own) > 1:
            before, last = own["members"].iloc[-2], own["members"].iloc[-1]
            facts |= {f"members_before:{town}": before}
            facts[f"members_before:{town}.year"] = own["year"].iloc[-2]
            if town == year.home and before.doubt == last.doubt == "exact":
                facts["members_home_change"] = last - before
    return facts


def _host_facts(year: Year) -> Facts:
    table = year.hosting
    known = are_known(table["last"])
    dated, facts = table[known], Facts(never_hosted=list(table["town"][~known]))
    for at in dated.loc[dated["town"] == year.home, "last"]:
        facts["hosted_home"] = at
    if not len(dated):
        return facts
    longest, latest = dated.iloc[0], dated.iloc[-1]
    facts |= {
        "waited_longest": [longest["town"]],
        "waited_longest_year": longest["last"],
        "waited_longest_years": longest["waited"],
        "meeting_last": [latest["town"]],
        "meeting_last_year": latest["last"],
    }
    if latest["last"].low < year.known.year - 1:
        facts["meeting_stale"] = latest["last"]
    return facts


def _meeting_facts(year: Year) -> Facts:
    """Of the meetings of all kinds: the last, who came, what is announced."""
    table = year.meetings
    announced = table.loc[table["status"] == "announced", "year"]
    facts: Facts = {"meetings_announced": [at for at in announced if at.value in year.round]}
    held = table[are_known(table["year"])]
    held = held[held["status"] == "held"]
    for at in held["year"].tail(1):
        gap = (year.known.year - at).to("years", "years_since_meeting")
        facts |= {"any_meeting_last_year": at, "years_since_meeting": replace(gap, low=0.0)}
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
        "support_count": exact(len(given), "", refs).to("places", "support_count"),
        "support_silent": list(table.loc[silent, "town"]),
        "support_dormant": list(table.loc[table["relation"] == "dormant_agreement", "town"]),
    }
    for row in given.itertuples():
        facts[f"support_local:{row.town}"] = row.local
        facts[f"support_each:{row.town}"] = row.per_member
    stated = given[are_known(given["amount"])]
    newest_year = max(stated["year"], key=lambda at: at.low, default=chain.NO_YEAR)
    if newest_year.is_known and newest_year.low < year.known.year - 1:
        facts["support_stale"] = newest_year
    for name, part in (("support_highest", "local"), ("support_highest_each", "per_member")):
        known = stated[are_known(stated[part])].to_dict("records")
        for top in sorted(known, key=lambda row: row[part].low)[-1:]:
            facts |= {name: top[part], f"{name}_place": [top["town"]], f"{name}_year": top["year"]}
    return facts


def _grant_facts(year: Year) -> Facts:
    """The grant of the newest points, per member and beside the support in the chain."""
    made, facts = year.known.used["recommendations"], Facts()
    years = [at for at in made["first_made"] if at.doubt == "exact"]
    facts |= {"first_made": min(years, key=lambda at: at.low)} if years else {}
    newest_made = made["first_made"].map(lambda at: at.low) == year.points_year
    proposed = [amount for amount in made.loc[newest_made, "amount"] if amount.is_known]
    if not proposed:
        return facts
    grant = facts["grant"] = proposed[0]
    facts["grant_per_inhabitant"] = year.per_inhabitant(grant)
    own, table = year.members.set_index("town")["members"].get(year.home), year.support
    if own is not None and own.is_known:
        each = facts["grant_each"] = (grant / own).to(f"{year.currency}_each", "per_member")
        given = table[table["relation"].isin(figures.GIVEN)]
        paid = list(zip(given["town"], given["local"], given["per_member"], strict=True))
        more = [town for town, whole, _ in paid if whole.low > grant.low]
        less = [town for town, _, part in paid if part.high < each.low]
        facts["grant_compared"] = more if more == less else []
    highest = _support_facts(year)
    for end, formula in (("", "of_highest"), ("_each", "of_highest_each")):
        ours, theirs = facts.get(f"grant{end}"), highest.get(f"support_highest{end}")
        if ours and theirs:
            facts[f"grant_share{end}"] = (ours / theirs * 100).to("percent", formula)
            facts[f"grant_share{end}_year"] = highest[f"support_highest{end}_year"]
    return facts


def _own_facts(year: Year) -> Facts:
    """What the municipality is asked and has paid for: at least, as not all is recorded."""
    now, used, facts = year.known.year, year.known.used, Facts()
    for name, unit, table, column, word in (
        ("requests_waiting", "requests", "activities", "status", "waiting"),
        ("planning_meetings", "seminars", "meetings", "kind", "seminar"),
    ):
        rows = used[table][used[table][column].str.endswith(word)]
        refs = tuple(row.ref for row in rows.itertuples() if row.year.value == now)
        facts[name] = Quantity(len(refs), unit=unit, refs=refs, formula=name)
    acts = used["activities"]
    for row in acts[acts["municipal_role"] == "funded"].itertuples():
        for town in set(row.towns.split("|")) - {year.home}:
            facts.setdefault(f"funded_years:{town}", []).append(row.year)
    return facts


def _national_facts(table: pd.DataFrame) -> Facts:
    dated = table["year"].map(lambda at: at.low > -math.inf).astype("bool")
    rows = table[dated]  # no change from a figure of any age
    facts: Facts = {}
    for name, at in (("national_first", 0), ("national_last", -1)) if len(rows) > 1 else ():
        facts |= {name: rows["value"].iloc[at], f"{name}_year": rows["year"].iloc[at]}
    return facts


def _survey_facts(known: Known) -> Facts:
    wave, rows = figures.latest_wave(known), known.used["survey"]
    if not wave:
        return {}
    found = figures.survey(known, wave)
    facts: Facts = {f"survey_{name}": value for name, value in found.items()}
    for name, at in (("survey_year", wave), ("survey_later", int(rows["wave"].max()))):
        if name == "survey_year" or at > wave:
            facts[name] = exact(at, "year", tuple(rows.loc[rows["wave"] == at, "ref"].head(1)))
    fewer = exact(0) - found["change"]
    return facts | ({"survey_fewer": fewer} if fewer.low > 0 else {})
