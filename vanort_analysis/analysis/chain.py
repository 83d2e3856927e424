"""The chain in space and time: who belongs, since when, how far away, who has hosted. Pure.

Frames in, frames out; counts, years and lengths are `Quantity`. Lengths are geodesic (WGS 84), km.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from geographiclib.geodesic import Geodesic

from ..data.evidence import Known, newest_rows
from ..data.quantity import UNKNOWN, Quantity, exact, group_by_key, refs_of, to_records
from ..data.schema import TABLES

if TYPE_CHECKING:
    from . import Year

NO_YEAR = Quantity(-math.inf, math.inf, unit="year")
EVENTS = TABLES["chain"].columns["event"].allowed


def event_years(year: Year) -> dict[str, dict[str, Quantity]]:
    """The year of each kind of event, by town."""
    years: dict[str, dict[str, Quantity]] = {event: {} for event in EVENTS}
    for row in to_records(year.known.used["chain"]):
        years[row["event"]][row["town"]] = row["year"]
    return years


def entry_years(year: Year) -> dict[str, Quantity]:
    """The year each place entered: when it was admitted, else its year of contact; no year if it is
    only known to have left. A town that no source has located yet is not counted."""
    admitted, contact = year.events["admitted"], year.events["contact"]
    left = {town: replace(NO_YEAR, refs=date.refs) for town, date in year.events["left"].items()}
    entered = admitted | left | contact | admitted  # admitted wins and is first
    located = set(year.known.used["towns"]["town"])
    return {town: date for town, date in entered.items() if town in located}


def chain_places(year: Year) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the home town first.

    Columns: town, name, name_en, local_name, area, area_en, country, kind, lat, lon (degrees, WGS
    84), approximate (the point is a mean of parts), role (home, member, former), admitted, contact,
    left (years), members, distance_km (from the home town).
    """
    known, home = year.known, year.home
    towns = locate_towns(known)
    order = [town for town in towns.index if town in year.entered]
    order.sort(key=lambda town: (town != home, year.entered[town].low))
    left = {town: replace(date, reason="left") for town, date in year.events["left"].items()}
    years = {"admitted": year.events["admitted"], "contact": year.events["contact"], "left": left}
    roles = {home: "home"} | dict.fromkeys(left.keys() - {home}, "former")
    counts = newest_rows(to_records(known.used["membership"]), "town", "members")
    members = {town: row["members"].in_unit("members") for town, row in counts.items()}
    places, home_row = towns.loc[order], towns.loc[home]
    return places.reset_index(drop=True).assign(
        **{event: [years[event].get(town, NO_YEAR) for town in order] for event in years},
        role=[roles.get(town, "member") for town in order],
        members=[members.get(town, UNKNOWN) for town in order],
        distance_km=[_distance(home_row, place) for place in places.itertuples()],
    )


def locate_towns(known: Known) -> pd.DataFrame:
    """The towns by id, each with its point and the rows that state it (`placed_by`); a group
    without one gets the mean of its parts."""
    towns = known.used["towns"].set_index("town", drop=False)
    towns = towns.assign(approximate=False, placed_by=[(ref,) for ref in towns["ref"]])
    for group, parts in towns[towns["part_of"] != ""].dropna(subset="lat").groupby("part_of"):
        if group in towns.index and pd.isna(towns.at[group, "lat"]):
            towns.loc[group, ["lat", "lon"]] = parts[["lat", "lon"]].mean()
            towns.at[group, "approximate"] = True
            towns.at[group, "placed_by"] = tuple(parts["ref"])
    return towns


def _distance(home: pd.Series, place: Any) -> Quantity:
    line = Geodesic.WGS84.Inverse(home["lat"], home["lon"], place.lat, place.lon, Geodesic.DISTANCE)
    km = line["s12"] / 1000
    if math.isnan(km):
        return replace(UNKNOWN, unit="km")
    refs = tuple(dict.fromkeys(home["placed_by"] + place.placed_by))
    return Quantity(km, km, place.approximate, "km", refs=refs, formula="distance")


def place_presence(year: Year) -> pd.DataFrame:
    """`places` with the years a place is there: entered, and since and until as numbers.

    A number is NaN where there is none, and of a year in doubt the earliest. entered_other,
    left_other: years that some source gives instead; merged: years of mergers. `dated`: all years
    that a place needs are known. `disputed`: some source gives another year.
    """
    places, known = year.places, year.known
    others: dict[str, dict[float, Quantity]] = {}  # by the key of the event and the year
    for case in known.register.itertuples():
        if case.table == "chain":
            other = known.records[case.other_ref]["year"]
            others.setdefault(case.key, {})[other.low] = other
    events = to_records(known.used["chain"])
    merged = [row for row in events if row["event"] == "merged" and row["year"].doubt == "exact"]
    mergers = group_by_key((row["town"], row["year"]) for row in merged)
    frame = places.assign(entered=places["town"].map(year.entered))
    frame["entered_other"] = [_other_entries(place, others) for place in frame.itertuples()]
    frame["left_other"] = [[*others.get(f"{town} left", {}).values()] for town in frame["town"]]
    frame["merged"] = [mergers.get(town, []) for town in frame["town"]]
    frame["since"] = frame["entered"].map(_earliest_year)
    frame["until"] = frame["left"].map(_earliest_year)
    frame["disputed"] = frame["entered_other"].astype("bool") | frame["left_other"].astype("bool")
    has_end = frame["until"].notna() | (frame["role"] != "former")
    frame["dated"] = frame["since"].notna() & has_end
    return frame


def _other_entries(place: Any, others: dict[str, dict[float, Quantity]]) -> list[Quantity]:
    """Other years of entry; also those of its contact, if that was in the same year."""
    years: dict[float, Quantity] = {}
    for event in ("admitted", "contact"):
        if getattr(place, event).low == place.entered.low:
            years |= others.get(f"{place.town} {event}", {})
    return list(years.values())


def _earliest_year(year: Quantity) -> float:
    return next((bound for bound in (year.low, year.high) if math.isfinite(bound)), math.nan)


def chain_history(year: Year) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the undated last; of
    `presence` the columns town, entered, left, entered_other, left_other, merged."""
    rows = year.presence.set_index("town", drop=False).loc[list(year.entered)]
    rows = rows.sort_values("since", kind="stable", ignore_index=True)
    return rows[["town", "entered", "left", "entered_other", "left_other", "merged"]]


def chain_size(year: Year) -> pd.DataFrame:
    """The rows of `year_by_year` in which the chain changed; years in doubt are not counted."""
    years = year.history[["entered", "left"]]
    years = years.map(lambda year: year.low if year.doubt == "exact" else math.nan)
    places = year.history.assign(since=years["entered"], until=years["left"])
    rows = year_by_year(places, year.known.year)
    changed = rows["joined"].astype("bool") | rows["left"].astype("bool")
    return rows[changed].reset_index(drop=True)


def year_by_year(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row is a year up to `last`: year, joined and left (towns), places (count at its end).

    `frame` has the columns of `presence`, for the places to count; the years begin with the first
    of `since`. A place that left in a year that is not known does not count.
    """
    rows = []
    count = exact(0, "places")
    joining = group_by_key((place.since, place) for place in frame.itertuples())
    leaving = group_by_key((place.until, place) for place in frame.itertuples())
    first = frame["since"].min()
    for year in range(last + 1 if math.isnan(first) else int(first), last + 1):
        joined, left = joining.get(year, []), leaving.get(year, [])
        refs = refs_of([place.entered for place in joined] + [place.left for place in left])
        counted = [place for place in left if not math.isnan(place.since)]
        stay = [place for place in joined if not place.left.refs or place.until >= year]
        count += exact(len(stay) - len(counted), "places", refs)
        towns = [[place.town for place in places] for places in (joined, left)]
        rows.append((exact(year, "year", refs), *towns, count.in_unit("places", "chain_size")))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def hosting_record(year: Year) -> pd.DataFrame:
    """One row is a present member: town, hosted (count of known meetings), last (year).

    A seminar or conference of the chain is a meeting too. Who has waited longest since a *known*
    one comes first; no source says whose turn it is.
    """
    meetings = year.known.used["meetings"]
    held = meetings[meetings["status"] == "held"]
    years_hosted = group_by_key(zip(held["town"], held["year"], strict=True))
    rows = []
    for town in year.present["town"]:
        years = years_hosted.get(town, [])
        known = [hosted for hosted in years if hosted.is_known]
        last = max(known, key=lambda hosted: hosted.low, default=NO_YEAR)
        rows.append((town, exact(len(years), "meetings", refs_of(years)), last))
    rows.sort(key=lambda row: row[2].low if row[2].is_known else math.inf)
    return pd.DataFrame(rows, columns=["town", "hosted", "last"])


def known_meetings(year: Year) -> pd.DataFrame:
    """One row is a known meeting, first those without a year, then the oldest: year, town, kind,
    place, status, participants."""
    meetings = year.known.used["meetings"]
    years = meetings["year"].map(_earliest_year).sort_values(kind="stable", na_position="first")
    return meetings.loc[years.index].reset_index(drop=True)
