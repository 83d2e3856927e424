"""Every fact a sentence or a check may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known), `event:town`,
`members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`; `.year` is its year.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids or years. What is
not known is left out.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import newest_rows
from ..data.quantity import UNKNOWN, Quantity, are_known, exact, group_by_key, refs_of, to_records
from . import activity, chain, figures

if TYPE_CHECKING:
    from . import Year

Facts = dict[str, Any]  # Quantity, or a list of towns or years
NORDIC = {"DK", "FI", "IS", "NO", "SE"}
ANSWER_FACTS = {"yes": "holds", "no": "fails", "unknown": "undecided"}  # as in `holds:<check>`
STATED = {"members": ("membership", "members"), "support": ("support", "amount")}  # of a town
STATING = ["figures", "chain", "survey", "meetings", *(table for table, _ in STATED.values())]
TOWN_FACTS = [*STATED, "members_before", "support_local", "support_each", "meeting"]
COMPUTED = Path(__file__).with_name("computed_facts.txt").read_text("utf-8").split()
COMPUTED += [name + kind for name in activity.STATUS_FACTS for kind in ("", "_count")]


def fact_names(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Every name a fact may have in some year of these tables."""
    names = {f"{name}:{town}" for name in TOWN_FACTS for town in tables["towns"]["town"]}
    names |= {f"{name}.year" for name in names}
    checks = tables["checks"]["check"]
    names |= {f"{name}:{check}" for name in ANSWER_FACTS.values() for check in checks}
    years = [date.value for date in tables["chain"]["year"] if date.value is not None]
    names |= {f"joined_in:{year // 10 * 10:.0f}" for year in years}
    return names.union(COMPUTED, stated_facts({name: to_records(tables[name]) for name in STATING}))


def stated_facts(stating: dict[str, list[dict[str, Any]]]) -> Facts:
    """The facts that the rows of tables state, by name."""
    rows = {table: stating.get(table, []) for table in STATING}
    facts: Facts = {}
    for row in sorted(rows["figures"], key=lambda row: (row["value"].is_known, row["year"].low)):
        name = f"{row['measure']}:{row['about']}" if row["about"] else row["measure"]
        facts[name] = row["value"].in_unit("year") if row["definition"] == "year" else row["value"]
        facts[f"{name}.year"] = row["year"]
    for row in sorted(rows["chain"], key=lambda row: row["year"].low):
        facts[f"{row['event']}:{row['town']}"] = row["year"]
    for row in rows["survey"]:
        facts[f"survey:{row['wave']}:{row['measure']}:{row['group']}"] = row["value"]
    for name, (table, column) in STATED.items():
        for town, row in newest_rows(rows[table], "town", column).items():
            facts |= {f"{name}:{town}": row[column], f"{name}:{town}.year": row["year"]}
    held = [row for row in rows["meetings"] if row["status"] == "held" and row["year"].is_known]
    last = newest_rows(held, "town", "year")
    return facts | {f"meeting:{town}": row["year"] for town, row in last.items() if town}


def computed_facts(year: Year) -> Facts:
    """The facts that follow from the tables, by name."""
    facts: Facts = {"report_year": exact(year.known.year, "year")}
    facts |= _chain_facts(year) | _size_facts(year) | _distance_facts(year)
    facts |= _member_facts(year) | _host_facts(year) | _meeting_facts(year)
    facts |= _support_facts(year) | _municipal_facts(year) | _national_facts(year.national)
    facts |= figures.survey_facts(year) | activity.activity_facts(year)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def check_facts(year: Year) -> Facts:
    """What the checks answer, what is proposed, and what became of earlier points."""
    checks, points = to_records(year.checks), year.points
    claims = [row["holds"] for row in checks if row["about"] == "earlier_report"]
    answers = [(row["holds"], row["check"]) for row in checks if row["about"] == "proposal"]
    facts: Facts = {f"{ANSWER_FACTS[answer]}:{name}": exact(1) for answer, name in answers}
    counted = {"tried": ["yes", "no"], "contradicted": ["no"], "unknown": ["unknown"]}
    for name, counted_answers in counted.items():
        if count := sum(answer in counted_answers for answer in claims):
            facts[f"claims_{name}"] = exact(count)
    if len(points):
        name = "points_now" if year.points_year == year.known.year else "points_old"
        facts["points_year"] = facts[name] = points["first_made"].iloc[0]
    for point in grant_point(points).itertuples():
        row = year.known.records[point.amount_ref]  # a decision without an amount may be a refusal
        if (row["decided"] or row["done"]) and point.amount.high > 0:
            facts["grant_paid" if row["done"] else "grant_decided"] = point.amount
    if known := (year.follow_up["state"] != "unknown").sum():
        facts["outcomes_known"] = exact(int(known))
    made = year.follow_up["first_made"].map(lambda made: made.low)
    states = year.follow_up.loc[made == made.max(), "state"]
    for known, count in (states != "unknown").value_counts().items():
        facts[f"outcome_{'known' if known else 'unknown'}_count"] = exact(int(count))
    return facts


def _chain_facts(year: Year) -> Facts:
    places, present, partners = year.places, year.present, year.partners
    former = places[places["role"] == "former"]
    ever = refs_of(year.entered.values())
    now = ever + refs_of(former["left"])
    merged = [town for town, merger in year.events["merged"].items() if merger.is_known]
    dated = places["town"].map(lambda town: year.entered[town].doubt == "exact")
    return {
        "places_now": exact(len(present), "places", now, "chain_size"),
        "places_ever": exact(len(places), "places", ever, "places_ever"),
        "areas_now": exact(present["area"].nunique(), "", tuple(present["ref"]), "areas_now"),
        "former": list(former["town"]),
        "partners_list": partners,
        "merged_places": list(present.loc[present["town"].isin(merged), "town"]),
        "undated_places": list(places.loc[~dated, "town"]),
        "unplaced": list(present.loc[present["lat"].isna(), "town"]),
        "approximate": list(places.loc[places["approximate"].astype("bool"), "town"]),
        "partners": exact(len(partners), "places", now, "partners") if partners else UNKNOWN,
    }


def _size_facts(year: Year) -> Facts:
    if (changes := year.size).empty:
        return {}
    joined = changes[changes["joined"].astype("bool")]
    first, last = changes.iloc[0], joined.iloc[-1]
    facts: Facts = {
        "first_year": first["year"],
        "founders": first["joined"],
        "last_joined": last["joined"],
        "last_joined_year": last["year"],
        "later_joined": last["joined"] if len(joined) > 1 else [],
    }
    countries = dict(zip(year.places["town"], year.places["country"], strict=True))
    missing = set(NORDIC)
    for date, towns in zip(joined["year"], joined["joined"], strict=True):
        name = f"joined_in:{date.low // 10 * 10:.0f}"
        count = facts.get(name, 0) + exact(len(towns), "", date.refs)
        facts[name] = count.in_unit("", "joined_in")
        missing -= {countries[town] for town in towns}
        if not missing and all(entered.doubt == "exact" for entered in year.history["entered"]):
            facts.setdefault("all_nordic_year", date)
    return facts


def _distance_facts(year: Year) -> Facts:
    distances = zip(year.present["town"], year.present["distance_km"], strict=True)
    away = sorted((km.low, town, km) for town, km in distances if km.is_known and km.low > 0)
    if not away:
        return {}
    _, nearest, nearest_km = away[0]
    _, farthest, farthest_km = away[-1]
    facts = {"nearest": [nearest], "nearest_km": nearest_km} if len(away) > 1 else {}
    return facts | {"farthest": [farthest], "farthest_km": farthest_km}


def _member_facts(year: Year) -> Facts:
    table, members = year.members, year.present["members"]
    known = are_known(table["members"])
    stated = table[known]
    facts: Facts = {
        "members_total": exact(sum(members)).in_unit("members", "members_total"),
        "members_places": exact(len(stated), "places", refs_of(members), "members_places"),
        "members_unknown": list(table.loc[~known, "town"]),
        **_earlier_member_facts(year),
    }
    if len(stated):
        most = stated["members"].iloc[0]
        as_many = [(cell.low, cell.high) == (most.low, most.high) for cell in stated["members"]]
        facts["members_largest"] = list(stated.loc[as_many, "town"])
        facts["members_largest_count"] = most
    for row in stated[stated["town"] == year.home].itertuples():
        facts |= {"members_home": row.members, "members_home_year": row.year}
    dated = _year_facts(year, "members", list(stated["year"]))
    if "members_year" in dated:
        facts["members_total_year"] = dated["members_year"]
    elif "members_oldest" in dated:
        oldest, newest = dated["members_oldest"], dated["members_newest"]
        if newest.low - oldest.low > figures.NEAR:
            del facts["members_total"]  # numbers of different times have no sum
    return facts | dated


def _year_facts(year: Year, name: str, dates: list[Quantity]) -> Facts:
    """The year of all the numbers, or the first and last; the first if old. All must be known."""
    dates = sorted(dates, key=lambda date: (date.low, date.high))
    first, last = (dates[0], dates[-1]) if dates else (UNKNOWN, UNKNOWN)
    if not first.is_known or first.low == -math.inf:
        return {}
    facts = {f"{name}_stale": year.if_old(first)}
    if (first.low, first.high) != (last.low, last.high):
        return facts | {f"{name}_oldest": first, f"{name}_newest": last}
    return facts | {f"{name}_year": first}


def _earlier_member_facts(year: Year) -> Facts:
    """The number before the newest, of associations with two; those with enough for a line."""
    facts: Facts = {}
    rows = to_records(year.known.used["membership"])
    dated = [row for row in rows if row["members"].is_known and row["year"].doubt == "exact"]
    dated.sort(key=lambda row: row["year"].low)
    for town, counts in sorted(group_by_key((row["town"], row) for row in dated).items()):
        if len(counts) >= figures.ENOUGH_FOR_A_LINE:
            facts.setdefault("members_in_line", []).append(town)
        if len(counts) > 1:
            before, newest = (row["members"] for row in counts[-2:])
            facts[f"members_before:{town}"] = before
            facts[f"members_before:{town}.year"] = counts[-2]["year"]
            if town == year.home and before.doubt == newest.doubt == "exact":
                facts["members_home_change"] = newest - before
    return facts


def _host_facts(year: Year) -> Facts:
    hosts = to_records(year.hosting)
    dated = [row for row in hosts if row["last"].is_known]
    facts: Facts = {"never_hosted": [row["town"] for row in hosts if not row["hosted"].low]}
    if not dated:
        return facts
    first, last = dated[0], dated[-1]
    if len(dated) > 1:
        longest = [row["town"] for row in dated if row["last"].low == first["last"].low]
        facts |= {"waited_longest": longest, "waited_longest_year": first["last"]}
    facts |= {"meeting_last": [last["town"]], "meeting_last_year": last["last"]}
    facts["hosted_home"] = {row["town"]: row["last"] for row in hosts}.get(year.home, UNKNOWN)
    return facts


def _meeting_facts(year: Year) -> Facts:
    """Of the meetings of all kinds: the last, who came, what is announced."""
    meetings = year.meetings
    announced = meetings[meetings["status"].isin(["announced", "planned"])]
    missed = [date for date in announced["year"] if date.value in year.round]
    coming = announced.loc[[date.low > year.known.year for date in announced["year"]]]
    facts: Facts = {"meetings_announced": missed, "meetings_coming": list(coming["year"])}
    facts["meetings_coming_hosts"] = [*dict.fromkeys(filter(None, coming["town"]))]
    facts["hosting_home"] = list(coming.loc[coming["town"] == year.home, "year"])
    held = meetings[are_known(meetings["year"]) & (meetings["status"] == "held")]
    for date in held["year"].tail(1):
        facts |= {"any_meeting_last_year": date, "meeting_stale": year.if_old(date)}
    for row in held[are_known(held["participants"])].tail(1).itertuples():
        facts |= {"participants_last": row.participants, "participants_last_year": row.year}
        facts["participants_last_town"] = [row.town]
    return facts


def _support_facts(year: Year) -> Facts:
    table = to_records(year.support)
    given = [row for row in table if row["relation"] in figures.GIVEN and row["amount"].high > 0]
    stated = [row for row in given if row["town"] != year.home and row["amount"].is_known]
    refs = refs_of(row["amount"] for row in given)
    facts: Facts = {
        "support_given": [row["town"] for row in given],
        "support_count": exact(len(given), "places", refs, "support_count"),
        "support_silent": [row["town"] for row in table if row["amount"].reason == "not_mentioned"],
        "support_unknown": [row["town"] for row in given if not row["amount"].is_known],
        "support_unconverted": [row["town"] for row in stated if not row["local"].is_known],
        **_year_facts(year, "support", [row["year"] for row in given]),
    }
    for row in given:
        facts[f"support_local:{row['town']}"] = row["local"]
        facts[f"support_each:{row['town']}"] = row["per_member"]
        if row["town"] == year.home:
            facts |= {"support_home": row["amount"], "support_home_year": row["year"]}
    # no new cost, not to be compared with itself; a later year without a grant takes nothing back
    rows = to_records(year.known.used["support"])
    paid = [row for row in rows if row["amount"].is_known and row["amount"].high > 0]
    made = [made.low for made in year.known.used["recommendations"]["first_made"] if made.is_known]
    proposed = min(made, default=math.inf)  # a source of that year may tell of a grant before it
    paid = [row for row in paid if row["year"].low >= proposed and row["known_since"] > proposed]
    if own := newest_rows(paid, "town", "amount").get(year.home):
        facts |= {"grant_paid": own["amount"], "grant_paid_year": own["year"]}
    if stated and all(row["local"].is_known for row in stated):  # a larger one may have no rate
        highest = max(stated, key=lambda row: row["local"].low)
        facts |= {"support_highest": highest["local"], "support_highest_place": [highest["town"]]}
        facts["support_highest_year"] = highest["year"]
        facts["support_highest_each"] = highest["per_member"]
    then = year.at(year.points_year or year.known.year)  # with whose support it is compared
    return _grant_facts(then, facts if then is year else then.base) | facts


def grant_point(points: pd.DataFrame) -> pd.DataFrame:
    """The point that proposes the association's grant, one row or none: the first with an amount
    that names the association, else it may be for somebody else."""
    asked = points[are_known(points["proposed"])]
    sentences = asked["text_sv"] + asked["text_en"]
    return asked[sentences.str.contains("{association}", regex=False)].head(1)


def _grant_facts(year: Year, support: Facts) -> Facts:
    """The grant of the newest points, per member and compared with the support that is given."""
    points = year.known.used["recommendations"]
    dates = [date for date in points["first_made"] if date.doubt == "exact"]
    facts: Facts = {"first_made": min(dates, key=lambda date: date.low, default=chain.NO_YEAR)}
    newest = points.loc[[date.low == year.points_year for date in points["first_made"]]]
    costs = [cost for cost in newest["proposed"] if cost.is_known or cost.reason == "unknown_sum"]
    known_costs = [cost for cost in costs if cost.is_known]
    units = {cost.unit for cost in costs} - {""}
    if known_costs:
        facts["points_with_amount"] = exact(len(known_costs))
    if known_costs and len(units) < 2:
        total = exact(sum(costs)).in_unit(known_costs[0].unit, "grant_total")
        facts["grant_total"] = total if len(costs) > 1 else known_costs[0]
    for point in grant_point(newest).itertuples():
        facts |= {"grant": point.proposed, "grant_year": point.first_made}
        facts |= _compare_grant(year, support, point.proposed)
    return facts


def _compare_grant(year: Year, support: Facts, grant: Quantity) -> Facts:
    facts: Facts = {}
    if grant.unit not in ("", year.currency):  # there may be no rate
        return facts
    each = figures.amount_per_inhabitant(year, year.home, grant, year.known.year)
    facts["grant_per_inhabitant"] = each
    for row in year.members[year.members["town"] == year.home].itertuples():
        facts |= {"grant_members": row.members, "grant_members_year": row.year}
    if facts.get("grant_members", UNKNOWN).is_known:
        each = (grant / facts["grant_members"]).in_unit(f"{year.currency}_each", "per_member")
        paid = year.support[year.support["relation"].isin(figures.GIVEN)]
        others = list(paid[paid["town"] != year.home].itertuples())
        more_in_all = [row.town for row in others if row.local.low > grant.low]
        less_per_member = [row.town for row in others if row.per_member.high < each.low]
        facts["grant_each"] = each
        is_less = "support_highest" in support and more_in_all == less_per_member
        facts["grant_compared"] = more_in_all if is_less else []
    if "support_highest" in support:
        highest = support["support_highest"]
        facts["grant_share"] = (grant / highest * 100).in_unit("percent", "of_highest")
        facts["grant_share_year"] = support["support_highest_year"]
    return facts


def _municipal_facts(year: Year) -> Facts:
    """What the municipality is asked: a minimum, as not all is recorded."""
    activities = to_records(year.known.used["activities"])
    meetings = [row for row in to_records(year.meetings) if row["status"] != "cancelled"]
    waiting = [row for row in activities if row["status"] == "waiting"]
    seminars = [row for row in meetings if row["kind"].endswith("seminar")]
    asked = year.points_year or year.known.year  # a premise is about the year of its proposal
    facts: Facts = {"planning_meetings_year": exact(asked, "year")}
    for name, unit, rows, counted in (
        ("requests_waiting", "requests", waiting, year.known.year),
        ("planning_meetings", "seminars", seminars, asked),
    ):
        refs = tuple(row["ref"] for row in rows if row["year"].value == counted)
        facts[name] = Quantity(len(refs), unit=unit, refs=refs, formula=name)
    return facts


def _national_facts(table: pd.DataFrame) -> Facts:
    """The first and the last stated number of members; an undated one shows no change."""
    dated = table.loc[[date.low > -math.inf for date in table["year"]]]
    if len(dated) < 2:
        return {}
    first, last = dated.iloc[0], dated.iloc[-1]
    facts = {"national_first": first["value"], "national_first_year": first["year"]}
    return facts | {"national_last": last["value"], "national_last_year": last["year"]}
