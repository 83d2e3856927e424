"""What follows from the tables, by name: the computed facts that sentences may name. Pure.

Every fact a sentence may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known) and its `.year`,
`event:town`, `members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...data.files import Municipality
from ...data.quantity import Quantity, exact
from ...errors import Fault, meant
from ...language import PLACEHOLDER
from . import chain, figures
from .frames import Known, column, newest

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
    away = present[[distance.is_known and distance.low > 0 for distance in present["distance_km"]]]
    if len(away):
        by_distance = away["distance_km"].map(lambda distance: distance.low)
        facts |= {
            "farthest": [away.loc[by_distance.idxmax(), "town"]],
            "farthest_km": away.loc[by_distance.idxmax(), "distance_km"],
            "nearest": [away.loc[by_distance.idxmin(), "town"]],
            "nearest_km": away.loc[by_distance.idxmin(), "distance_km"],
        }
    facts |= (
        _members(known, home) | _hosting(known, home) | figures.named(known, home, currency, grant)
    )
    facts |= _national(known) | _survey(known)
    return {name: fact for name, fact in facts.items() if isinstance(fact, list) or fact.is_known}


def _members(known: Known, home: str) -> Facts:
    facts: Facts = dict(figures.members_known(known, home))
    table = figures.membership(known, home)
    stated = table[[number.is_known for number in table["members"]]]
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
        if not (several >= figures.ENOUGH_FOR_A_LINE).any() and "members_year" in facts:
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
    table = figures.national(known)
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
    answered = [wave for wave in waves if figures.survey(known, wave)["nordic"].is_known]
    facts: Facts = {}
    if answered:
        wave = answered[-1]
        refs = tuple(known.used["survey"].query("wave == @wave")["ref"].head(1))
        facts = {f"survey_{name}": value for name, value in figures.survey(known, wave).items()}
        facts["survey_year"] = exact(float(wave), "year", refs)
        change = figures.survey(known, wave)["change"]
        if change.high < 0:
            facts["survey_fewer"] = exact(0) - change
        if waves[-1] > wave:
            later = known.used["survey"].query("wave == @waves[-1]")
            facts["survey_later"] = exact(float(waves[-1]), "year", tuple(later["ref"].head(1)))
    return facts


WORDS = ("_sv", "_en")  # the columns that hold a municipality's own words


def stated(known: Known) -> Facts:
    """What the tables state, by name."""
    facts: Facts = {}
    figures = known.used["figures"]
    order = figures["year_low"].fillna(float("-inf")).sort_values(kind="stable")
    figures = figures.loc[order.index]
    values, years = column(figures, "value"), column(figures, "year")
    for place, row in figures.iterrows():
        name = f"{row['measure']}:{row['about']}" if row["about"] else row["measure"]
        value = values[place]
        facts[name] = value.to("year") if row["definition"] == "year" else value
        facts[f"{name}.year"] = years[place]
    for event in ("contact", "admitted", "left", "merged", "renamed"):
        for town, year in chain.events(known, event).items():
            facts[f"{event}:{town}"] = year
    survey = known.used["survey"]
    for (_, row), value in zip(survey.iterrows(), column(survey, "value"), strict=True):
        facts[f"survey:{row['wave']}:{row['measure']}:{row['group']}"] = value
    for table, what in (("membership", "members"), ("support", "amount")):
        latest = newest(known.used[table], "town", what)
        for town, value in column(latest, what).items():
            facts[f"{'members' if what == 'members' else 'support'}:{town}"] = value
    held = known.used["meetings"].query("status == 'held'")
    for town, year in column(newest(held, "town"), "year").items():
        facts[f"meeting:{town}"] = year
    return facts


def named(
    found: Facts, names: Mapping[str, str], language: str, about: Municipality
) -> dict[str, Any]:
    """Facts as sentences use them: ids as names, the municipality's own words added."""
    values: dict[str, Any] = {
        name: [names.get(item, item) for item in value] if isinstance(value, list) else value
        for name, value in found.items()
    }
    if language == "en":
        values["areas"] = values["areas_en"]
    for word, said in about.names.items():
        values["home" if word == "name" else word] = said.get(language) or next(iter(said.values()))
    values.setdefault("home", names[about.home])
    values["home_genitive"] = values.pop("genitive", values["home"])
    return values | {f"contact_{way}": at for way, at in about.contact.items()}


def unnamed(rows: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> list[Fault]:
    """The placeholders in municipal prose that name no fact."""
    faults = []
    for name, frame in rows.items():
        for column_name in (c for c in frame if str(c).endswith(WORDS)):
            for row, said in frame[column_name].items():
                for word in PLACEHOLDER.findall(said):
                    if word not in facts:
                        where = (f"{name}.csv", int(str(row)), str(column_name), word)
                        details = {"near": meant(word, facts)}
                        faults.append(Fault("D032", *where, details=details))
    return faults
