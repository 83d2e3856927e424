"""Every fact a sentence or a check may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known), `event:town`,
`members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`, some with a `.year`.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids or years. What is
not known is not there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import Known, newest
from ..data.quantity import Quantity, exact
from . import activity, chain, figures

if TYPE_CHECKING:
    from .year import Year

Facts = dict[str, Any]  # Quantity | list[str] | list[Quantity]
EVENTS = ("contact", "admitted", "left", "merged", "renamed")
COMPUTED = frozenset(
    re.findall(
        r"\w+",
        """
    report_year places_now places_ever partners present former partners_list approximate areas
    areas_en areas_now all_nordic_year first_year founders chain_age last_change last_joined
    last_joined_year farthest farthest_km nearest nearest_km members_total members_places
    members_missing members_unknown members_largest members_largest_count members_largest_share
    members_year members_oldest members_newest members_stale members_stale_places
    members_one_year members_home members_home_year members_home_change never_hosted
    waited_longest waited_longest_year waited_longest_years waited_announced meeting_last
    meeting_last_year meeting_stale hosted_home any_meeting_last_year participants_last
    participants_last_year participants_last_town meetings_announced years_since_meeting
    planning_meetings host_smallest host_smallest_year host_smallest_members
    host_smallest_members_year support_given support_count support_silent support_dormant
    support_stale support_highest support_highest_place support_highest_year
    support_highest_each support_highest_each_place support_highest_each_year points_year
    first_made grant grant_per_inhabitant grant_each grant_compared grant_share
    grant_share_each grant_share_year grant_share_each_year requests_waiting national_first national_first_year national_last
    national_last_year survey_year survey_fewer survey_later survey_answered
    survey_municipalities survey_silent survey_nordic survey_answer_rate survey_nordic_share
    survey_nordic_low survey_nordic_high survey_nordic_all survey_towns survey_before
    survey_change survey_change_pct survey_per_municipality survey_active survey_dormant
    survey_sporadic meeting_years round_years meeting_rate active_places municipal_active
    municipal_alive civil_active civil_alive contacts_none will_known will_unknown
    agreements_in_force claims_tried claims_contradicted claims_hold claims_fail
    claims_unknown premises_hold premises_fail premises_unknown points_count points_hold
    points_fail points_unknown decided_count done_count evaluated_count
    outcome_unknown_count outcome_known_count points_now points_old grant_now grant_then
    grant_decided grant_paid meetings_known since_year since_new since_changed since_joined since_left
    since_merged since_members since_agreements since_met
        """,
    )
) | {
    f"{kind}_{level}_{state}{count}"
    for level in activity.LEVELS
    for state in activity.STATES
    for kind, count in (("all", ""), ("some", ""), ("status", ""), ("status", "_count"))
}
OF_TOWNS = ("support_local", "support_each", "members_before", "agreement", "funded_years")
OF_TOWNS += ("members", "support", "meeting")
PREMISE = {"yes": "holds", "no": "fails", "unknown": "untold"}  # its answer → the fact's name
OF_YEARS = ("meeting_from", "meeting_to", "joined_in")


def fact_names(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Every name a fact may have in some year of these tables."""
    years = {at.low for at in tables["meetings"]["year"]} | {
        at.low for at in tables["chain"]["year"]
    }
    years |= {at // 10 * 10 for at in years if math.isfinite(at)}
    names = {f"{name}:{town}" for name in OF_TOWNS for town in tables["towns"]["town"]}
    names |= {f"{name}.year" for name in names}
    names |= {f"{name}:{year:.0f}" for name in OF_YEARS for year in years}
    names |= {f"{name}:{check}" for name in PREMISE.values() for check in tables["checks"]["check"]}
    return names | COMPUTED | set(stated_facts(tables))


def is_fact_name(name: str, tables: dict[str, pd.DataFrame]) -> bool:
    """Whether a fact may have this name in some year of these tables."""
    return name in COMPUTED or name in fact_names(tables)


def fact_table(facts: Facts) -> pd.DataFrame:
    """One row is a fact: name, about (what follows the colon), year, value, formula, refs."""
    rows = [
        (name, name.partition(":")[2], facts.get(f"{name}.year", facts.get(f"{name}_year")), fact)
        for name, fact in facts.items()
        if not name.endswith(".year")
    ]
    frame = pd.DataFrame(rows, columns=["name", "about", "year", "value"])
    known = [fact if isinstance(fact, Quantity) else Quantity() for fact in frame["value"]]
    return frame.assign(formula=[of.formula for of in known], refs=[of.refs for of in known])


def stated_facts(used: dict[str, pd.DataFrame]) -> Facts:
    """What the tables state, by name."""
    facts: Facts = {}
    rows = used["figures"]
    for row in rows.assign(at=_starts(rows["year"])).sort_values("at", kind="stable").itertuples():
        name = f"{row.measure}:{row.about}" if row.about else row.measure
        facts[name] = row.value.to("year") if row.definition == "year" else row.value
        facts[f"{name}.year"] = row.year
    happened = used["chain"]
    for event, town, at in zip(*(happened[c] for c in ("event", "town", "year")), strict=True):
        facts[f"{event}:{town}"] = at
    for row in used["survey"].itertuples():
        facts[f"survey:{row.wave}:{row.measure}:{row.group}"] = row.value
    for table, what, name in (
        ("membership", "members", "members"),
        ("support", "amount", "support"),
    ):
        for town, row in newest(used[table], "town", what)[[what, "year"]].iterrows():
            facts |= {f"{name}:{town}": row[what], f"{name}:{town}.year": row["year"]}
    held = used["meetings"]
    latest = newest(held[held["status"] == "held"], "town")["year"]
    return facts | {f"meeting:{town}": year for town, year in latest.items() if town}


def _starts(years: Iterable[Quantity]) -> list[float]:
    return [year.low for year in years]


def computed_facts(year: Year) -> Facts:
    """What follows from the tables, by name."""
    facts: Facts = {"report_year": exact(year.known.year, "year")}
    facts |= _chain_facts(year) | _size_facts(year) | _distance_facts(year)
    facts |= _member_facts(year) | _host_facts(year) | _meeting_facts(year.known)
    facts |= _support_facts(year) | _grant_facts(year) | _own_facts(year)
    facts |= _compared_grant(facts) | _national_facts(year.national) | _survey_facts(year.known)
    facts |= activity.activity_facts(year.known, year.activity, year.round)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def check_facts(year: Year) -> Facts:
    """How many checks and points hold, and what is known of earlier points."""
    rows, points, earlier = year.checks, year.points, year.follow_up
    claims = rows[rows["about"] == "earlier_report"]
    facts: Facts = {}
    for row in rows[rows["about"] == "proposal"].itertuples():
        facts[f"{PREMISE[row.holds]}:{row.check}"] = exact(1)
    for name, frame in (
        ("claims", claims),
        ("premises", rows[rows["about"] == "proposal"]),
        ("points", points),
    ):
        for end, answer in (("hold", "yes"), ("fail", "no"), ("unknown", "unknown")):
            if len(frame):
                facts[f"{name}_{end}"] = exact(int((frame["holds"] == answer).sum()))
    if len(claims):
        facts |= {"claims_tried": exact(len(claims)), "claims_contradicted": facts["claims_fail"]}
    if year.points_year:
        made = points["first_made"].iloc[0]
        facts |= {"points_count": exact(len(points)), "points_year": made}
        now = year.points_year == year.known.year
        facts |= {"points_now": facts["points_count"]} if now else {"points_old": made}
        if "grant" in year.base:
            facts["grant_now" if now else "grant_then"] = year.base["grant"]
    if len(earlier):
        for state in ("decided", "done", "evaluated"):
            facts[f"{state}_count"] = exact(int((earlier[state] != "").sum()))
        facts["outcome_unknown_count"] = exact(int((earlier["state"] == "unknown").sum()))
    return facts | _outcome_facts(year)


def _outcome_facts(year: Year) -> Facts:
    """What is known of earlier points and of recent meetings; nothing known is no fact."""
    earlier, met = year.follow_up, year.base.get("meeting_years")
    facts: Facts = {"meetings_known": met} if met and met.low > 0 else {}
    if known := int((earlier["state"] != "unknown").sum()):
        facts["outcome_known_count"] = exact(known)
    for row in earlier.itertuples():
        if row.amount.is_known and row.state != "unknown":
            facts["grant_paid" if row.done else "grant_decided"] = row.amount
    return facts


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
        "areas_now": exact(present["area"].nunique(), "", refs + left).to("", "areas_now"),
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
    facts = {
        "first_year": first,
        "founders": steps["joined"].iloc[0],
        "chain_age": (year.known.year - first).to("years", "chain_age"),
        "last_change": steps["year"].iloc[-1],
        "last_joined": joined["joined"].iloc[-1],
        "last_joined_year": joined["year"].iloc[-1],
    }
    countries = dict(zip(year.places["town"], year.places["country"], strict=True))
    missing = {"DK", "FI", "IS", "NO", "SE"}
    decades: dict[int, Quantity] = {}
    for at, towns in zip(joined["year"], joined["joined"], strict=True):
        decade = int(at.low) // 10 * 10
        came = exact(len(towns), "", at.refs)
        decades[decade] = (decades.get(decade, exact(0)) + came).to("", "joined_in")
        gone = missing - {countries[town] for town in towns}
        if missing and not gone:
            facts["all_nordic_year"] = at
        missing = gone
    return facts | {f"joined_in:{decade}": count for decade, count in decades.items()}


def _distance_facts(year: Year) -> Facts:
    pairs = zip(year.present["town"], year.present["distance_km"], strict=True)
    away = sorted((length.low, town) for town, length in pairs if length.is_known and length.low)
    of = dict(zip(year.present["town"], year.present["distance_km"], strict=True))
    ends = (("nearest", away[0][1]), ("farthest", away[-1][1])) if away else ()
    return {n: f for name, town in ends for n, f in ((name, [town]), (f"{name}_km", of[town]))}


def _member_facts(year: Year) -> Facts:
    facts: Facts = dict(figures.members_known(year.present))
    table, now = year.members, year.known.year
    stated = table.loc[[number.is_known for number in table["members"]]]
    facts["members_unknown"] = list(table.loc[~table.index.isin(stated.index), "town"])
    for town, dated in figures.members_at(year.known).items():
        years = sorted(dated, key=lambda item: item[0])
        if len({at for at, _ in years}) > 1:
            at, before = [item for item in years if item[0] < years[-1][0]][-1]
            name = f"members_before:{town}"
            facts |= {name: before, f"{name}.year": exact(at, "year", before.refs)}
            if town == year.home and before.doubt == years[-1][1].doubt == "exact":
                facts["members_home_change"] = years[-1][1] - before
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
        old = [at.low < now - 1 for at in stated["year"]]
        facts["members_stale_places"] = list(stated.loc[old, "town"])
    rows = year.known.used["membership"]
    several = rows.loc[[at.doubt == "exact" for at in rows["year"]]].groupby("town").size()
    if not (several >= figures.ENOUGH_FOR_A_LINE).any() and "members_year" in facts:
        facts["members_one_year"] = facts["members_year"]
    for row in stated[stated["town"] == year.home].itertuples():
        facts |= {"members_home": row.members, "members_home_year": row.year}
    return facts


def _host_facts(year: Year) -> Facts:
    table, counted = year.hosting, figures.members_at(year.known)
    dated = table.loc[[at.doubt == "exact" for at in table["last"]]]
    facts: Facts = {"never_hosted": list(table.loc[~table.index.isin(dated.index), "town"])}
    if len(dated):
        longest, latest = dated.iloc[0], dated.iloc[-1]
        facts |= {
            "waited_longest": [longest["town"]],
            "waited_longest_year": longest["last"],
            "waited_longest_years": longest["waited"],
            "meeting_last": [latest["town"]],
            "meeting_last_year": latest["last"],
        }
        used = year.known.used["meetings"]
        planned = used[(used["status"] == "announced") & (used["town"] == longest["town"])]
        later = [at for at in planned["year"] if at.low > longest["last"].low]
        facts |= {"waited_announced": later[-1]} if later else {}
        if latest["last"].low < year.known.year - 1:
            facts["meeting_stale"] = latest["last"]
    for at in dated.loc[dated["town"] == year.home, "last"]:
        facts["hosted_home"] = at
    met = chain.meetings(year.known)
    met = met[(met["status"] == "held") & met["town"].isin(list(counted))]
    hosts = [
        (size.low, at.low, town, at, size)
        for town, at in zip(met["town"], met["year"], strict=True)
        if (size := figures.nearest(counted[town], at)).is_known
    ]
    if hosts:
        *_, town, at, size = min(hosts, key=lambda host: host[:2])
        facts |= {"host_smallest": [town], "host_smallest_year": at, "host_smallest_members": size}
        facts["host_smallest_members_year"] = year.known.row(size.refs[0])["year"]
    return facts


def _meeting_facts(known: Known) -> Facts:
    """Of the meetings of all kinds: the last, their days, who came, what is announced."""
    table, facts = chain.meetings(known), {}
    held = table.loc[[at.is_known for at in table["year"]]]
    held = held[held["status"] == "held"]
    for at in held["year"].tail(1):
        gap = (known.year - at).to("years", "years_since_meeting")
        facts |= {"any_meeting_last_year": at, "years_since_meeting": replace(gap, low=0.0)}
    for row in held.loc[[count.is_known for count in held["participants"]]].tail(1).itertuples():
        facts |= {"participants_last": row.participants, "participants_last_year": row.year}
        facts["participants_last_town"] = [row.town]
    for row in table.itertuples():
        for end, day in (("from", row.date_from), ("to", row.date_to)):
            if day and row.year.value is not None:
                at = date.fromisoformat(day).toordinal()
                facts[f"meeting_{end}:{row.year.value:.0f}"] = exact(at, "date", (row.ref,))
    return facts


def _support_facts(year: Year) -> Facts:
    table = year.support
    amounts = table["amount"]
    given = table.loc[
        [
            relation in figures.GIVEN and (not amount.is_known or amount.low > 0)
            for relation, amount in zip(table["relation"], amounts, strict=True)
        ]
    ]
    refs = tuple(ref for amount in given["amount"] for ref in amount.refs)
    silent = [amount.reason == "not_mentioned" for amount in amounts]
    facts: Facts = {
        "support_given": list(given["town"]),
        "support_count": exact(len(given), "places", refs).to("places", "support_count"),
        "support_silent": list(table.loc[silent, "town"]),
        "support_dormant": list(table.loc[table["relation"] == "dormant_agreement", "town"]),
    }
    for row in given.itertuples():
        facts[f"support_local:{row.town}"] = row.local
        facts[f"support_each:{row.town}"] = row.per_member
    stated = given.loc[[amount.is_known for amount in given["amount"]]]
    dated = sorted(stated["year"], key=lambda at: at.low)
    if dated and dated[-1].low < year.known.year - 1:
        facts["support_stale"] = dated[-1]
    for name, part in (("support_highest", "local"), ("support_highest_each", "per_member")):
        known = stated.loc[[amount.is_known for amount in stated[part]]]
        if len(known):
            top = max(known.to_dict("records"), key=lambda row: row[part].low)
            facts |= {name: top[part], f"{name}_place": [top["town"]], f"{name}_year": top["year"]}
    return facts


def _grant_facts(year: Year) -> Facts:
    made = year.known.used["recommendations"]
    years = [at for at in made["first_made"] if at.doubt == "exact"]
    facts: Facts = {"first_made": min(years, key=lambda at: at.low)} if years else {}
    proposed = [amount for amount in made["amount"] if amount.is_known]
    if not proposed:
        return facts
    grant = facts["grant"] = proposed[0]
    facts["grant_per_inhabitant"] = year.per_inhabitant(grant)
    own, table = year.members.set_index("town")["members"].get(year.home), year.support
    if own is not None and own.is_known:
        each = (grant / own).to(f"{year.currency}_each", "per_member")
        given = table[table["relation"].isin(figures.GIVEN)]
        paid = list(zip(given["town"], given["local"], given["per_member"], strict=True))
        paid = list(zip(given["town"], given["local"], given["per_member"], strict=True))
        more = [town for town, whole, _ in paid if whole.low > grant.low]
        less = [town for town, _, part in paid if part.high < each.low]
        facts |= {"grant_each": each, "grant_compared": more if more == less else []}
    return facts


def _own_facts(year: Year) -> Facts:
    """What the municipality does and is asked: at least, as not all is recorded."""
    now, used = year.known.year, year.known.used
    acts, meetings, agreed = used["activities"], used["meetings"], activity.agreeing(year.known)
    waiting = acts.loc[[at.value == now for at in acts["year"]]]
    seminars = meetings.loc[[at.value == now for at in meetings["year"]]]
    facts: Facts = {
        name: Quantity(len(rows), unit=unit, refs=tuple(rows["ref"]), formula=name)
        for name, unit, rows in (
            ("requests_waiting", "requests", waiting[waiting["status"] == "waiting"]),
            ("planning_meetings", "seminars", seminars[seminars["kind"].str.endswith("seminar")]),
        )
    }
    since = zip(agreed["town"], agreed["from_year"], strict=True)
    facts |= {f"agreement:{town}": at for town, at in since}
    for row in acts[acts["municipal_role"] == "funded"].itertuples():
        for town in row.towns.split("|"):
            facts.setdefault(f"funded_years:{town}", []).append(row.year)
    announced = meetings.loc[meetings["status"] == "announced", "year"]
    recent = [at for at in announced if at.value in year.round]
    return facts | {"meetings_announced": sorted(recent, key=lambda at: at.low)}


def _compared_grant(facts: Facts) -> Facts:
    """The grant as a part of the highest known support, in all and per member."""
    found: Facts = {}
    for name, grant, highest, formula in (
        ("grant_share", "grant", "support_highest", "of_highest"),
        ("grant_share_each", "grant_each", "support_highest_each", "of_highest_each"),
    ):
        if grant in facts and highest in facts:
            found[name] = (facts[grant] / facts[highest] * 100).to("percent", formula)
            found[f"{name}_year"] = facts[f"{highest}_year"]
    return found


def _national_facts(table: pd.DataFrame) -> Facts:
    # a figure of any age has no place in a change
    rows = [row for row in table.itertuples() if row.year.low > -math.inf]
    if len(rows) < 2:
        return {}
    return {
        name: fact
        for end, row in (("first", rows[0]), ("last", rows[-1]))
        for name, fact in ((f"national_{end}", row.value), (f"national_{end}_year", row.year))
    }


def _survey_facts(known: Known) -> Facts:
    used = known.used["survey"]
    waves = sorted(set(used["wave"]))
    told = {wave: figures.survey(known, wave) for wave in waves}
    answered = [wave for wave in waves if told[wave]["nordic"].is_known]
    if not answered:
        return {}
    found, wave = told[answered[-1]], answered[-1]
    refs = {wave: tuple(used.loc[used["wave"] == wave, "ref"].head(1)) for wave in waves}
    facts: Facts = {f"survey_{name}": value for name, value in found.items()}
    upper = found["nordic"] + found["silent"].to(found["nordic"].unit)
    every = Quantity(found["nordic"].low, upper.high, refs=upper.refs)
    facts |= {"survey_year": exact(wave, "year", refs[wave]), "survey_nordic_all": every}
    if found["change"].high < 0:
        facts["survey_fewer"] = exact(0) - found["change"]
    if waves[-1] > wave:
        facts["survey_later"] = exact(waves[-1], "year", refs[waves[-1]])
    return facts
