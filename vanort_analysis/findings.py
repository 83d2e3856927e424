"""What follows from the tables, by name: the computed facts that sentences may name. Pure."""

from __future__ import annotations

import pandas as pd

from . import chain, money, trends
from .evidence import Known
from .quantity import Quantity, exact
from .spelling import column

Facts = dict[str, Quantity | list[str]]


def computed(known: Known, home: str, currency: str, grant: Quantity | None = None) -> Facts:
    """What follows from the tables, by name; `grant` in place of the recommended one."""
    facts: Facts = {"report_year": exact(known.year, "year")}
    places = chain.places(known, home)
    present = places[places["role"] != "former"]
    former = places[places["role"] == "former"]
    steps = chain.size(known)
    refs = tuple(ref for year in chain.entries(known) for ref in year.refs)
    left = tuple(ref for year in former["left"] for ref in year.refs)
    facts |= {
        "places_now": exact(len(present), "places", refs + left).to("places", "chain_size"),
        "places_ever": exact(len(places), "places", refs).to("places", "places_ever"),
        "partners": exact(len(present) - 1, "places", refs + left).to("places", "partners"),
        "present": list(present["town"]),
        "former": list(former["town"]),
        "partners_list": [town for town in present["town"] if town != home],
        "approximate": list(places.loc[places["approximate"].astype("bool"), "town"]),
        "areas": list(dict.fromkeys(present.loc[present["town"] != home, "area"])),
        "areas_en": list(dict.fromkeys(present.loc[present["town"] != home, "area_en"])),
    }
    if len(steps):
        first, joined = steps["year"].iloc[0], steps[steps["joined"].astype("bool")]
        facts |= {
            "first_year": first,
            "founders": steps["joined"].iloc[0],
            "chain_age": (known.year - first).to("years", "chain_age"),
            "last_change": steps["year"].iloc[-1],
            "last_joined": joined["joined"].iloc[-1],
            "last_joined_year": joined["year"].iloc[-1],
        }
    away = present[[distance.known and distance.low > 0 for distance in present["distance_km"]]]
    if len(away):
        by_distance = away["distance_km"].map(lambda distance: distance.low)
        facts |= {
            "farthest": [away.loc[by_distance.idxmax(), "town"]],
            "farthest_km": away.loc[by_distance.idxmax(), "distance_km"],
            "nearest": [away.loc[by_distance.idxmin(), "town"]],
            "nearest_km": away.loc[by_distance.idxmin(), "distance_km"],
        }
    facts |= (
        _members(known, home) | _hosting(known, home) | money.named(known, home, currency, grant)
    )
    facts |= _national(known) | _survey(known)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.known}


def _members(known: Known, home: str) -> Facts:
    facts: Facts = dict(trends.members_known(known, home))
    table = trends.membership(known, home)
    stated = table[[number.known for number in table["members"]]]
    several = known.used["membership"].query("year_doubt == 'exact'").groupby("town").size()
    facts["members_unknown"] = list(table.loc[~table.index.isin(stated.index), "town"])
    if len(stated):
        top = stated.iloc[0]
        facts |= {
            "members_largest": [top["town"]],
            "members_largest_count": top["members"],
            "members_largest_share": top["of_known"],
        }
        oldest, newest_of_all = _span(stated["year"])
        if oldest.low == newest_of_all.low:
            facts |= {"members_year": oldest}
        else:
            facts |= {"members_oldest": oldest, "members_newest": newest_of_all}
        if oldest.low < known.year - 1:
            old = [year.low < known.year - 1 for year in stated["year"]]
            facts["members_stale"] = oldest
            facts["members_stale_places"] = list(stated.loc[old, "town"])
        if not (several >= trends.ENOUGH_FOR_A_LINE).any() and "members_year" in facts:
            facts["members_one_year"] = facts["members_year"]
        own = stated[stated["town"] == home]
        if len(own):
            facts |= {
                "members_home": own["members"].iloc[0],
                "members_home_year": own["year"].iloc[0],
            }
    return facts


def _span(years: pd.Series) -> tuple[Quantity, Quantity]:
    dated = sorted((year for year in years if year.low > float("-inf")), key=lambda year: year.low)
    return dated[0], dated[-1]


def _hosting(known: Known, home: str) -> Facts:
    table = chain.hosting(known, home)
    held = known.used["meetings"].query("status == 'held'").sort_values("year", kind="stable")
    counted = held[held["participants_doubt"] != "unknown"].tail(1)
    dated = table[[year.doubt == "exact" for year in table["last"]]]
    facts: Facts = {"never_hosted": list(table.loc[~table.index.isin(dated.index), "town"])}
    if len(dated):
        longest, latest = dated.iloc[0], dated.iloc[-1]
        facts |= {
            "waited_longest": [longest["town"]],
            "waited_longest_year": longest["last"],
            "waited_longest_years": longest["waited"],
            "waited_announced": _announced(known, longest["town"], longest["last"]),
            "meeting_last": [latest["town"]],
            "meeting_last_year": latest["last"],
        }
        if latest["last"].low < known.year - 1:
            facts["meeting_stale"] = latest["last"]
    own = dated[dated["town"] == home]
    if len(own):
        facts["hosted_home"] = own["last"].iloc[0]
    if len(held):
        facts["any_meeting_last_year"] = column(held.tail(1), "year").iloc[0]
    for row, place in counted["town"].items():
        facts |= {
            "participants_last": column(counted, "participants")[row],
            "participants_last_year": column(counted, "year")[row],
            "participants_last_town": [place],
        }
    return facts


def _announced(known: Known, town: str, last: Quantity) -> Quantity:
    used = known.used["meetings"].query("status == 'announced' and town == @town")
    later = [year for year in column(used, "year") if year.low > last.low]
    return later[-1] if later else Quantity()


def _national(known: Known) -> Facts:
    table = trends.national(known)
    begun = [year.low > float("-inf") for year in table["year"]]
    table = table[begun]  # a figure of any age has no place in a change
    if len(table) < 2:
        return {}
    first, last = table.iloc[0], table.iloc[-1]
    return {
        "national_first": first["value"],
        "national_first_year": first["year"],
        "national_last": last["value"],
        "national_last_year": last["year"],
    }


def _survey(known: Known) -> Facts:
    waves = sorted(set(known.used["survey"]["wave"]))
    answered = [wave for wave in waves if trends.survey(known, wave)["nordic"].known]
    facts: Facts = {}
    if answered:
        wave = answered[-1]
        refs = tuple(known.used["survey"].query("wave == @wave")["ref"].head(1))
        facts = {f"survey_{name}": value for name, value in trends.survey(known, wave).items()}
        facts["survey_year"] = exact(float(wave), "year", refs)
        change = trends.survey(known, wave)["change"]
        if change.high < 0:
            facts["survey_fewer"] = exact(0) - change
        if waves[-1] > wave:
            later = known.used["survey"].query("wave == @waves[-1]")
            facts["survey_later"] = exact(float(waves[-1]), "year", tuple(later["ref"].head(1)))
    return facts
