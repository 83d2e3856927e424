"""The chain in space and time: who belongs, since when, how far away, who has hosted. Pure.

Frames in, frames out; counts, years and lengths are `Quantity`. Lengths are geodesic (WGS 84), km.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
from pyproj import Geod

from ..data.evidence import Known, newest
from ..data.quantity import UNKNOWN, Quantity, exact, numbers

GEOD = Geod(ellps="WGS84")
NO_YEAR = Quantity(float("-inf"), float("inf"), unit="year")


def events(known: Known, event: str) -> dict[str, Quantity]:
    """The year of `event` for each town that has one."""
    rows = known.used["chain"]
    rows = rows[rows["event"] == event]
    return dict(zip(rows["town"], rows["year"], strict=True))


def entries(known: Known) -> dict[str, Quantity]:
    """The year each place entered: when it was admitted, else its year of contact."""
    admitted, contact = events(known, "admitted"), events(known, "contact")
    return admitted | {town: year for town, year in contact.items() if town not in admitted}


def places(known: Known, home: str) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the home town first.

    Columns: town, name, name_en, local_name, area, area_en, country, kind, lat, lon (degrees, WGS
    84), approximate (the point is a mean of parts), role (home, member, former), admitted, contact,
    left (years), members, distance_km (from the home town).
    """
    towns, entered, left = located(known), entries(known), events(known, "left")
    order = [town for town in towns.index if town in entered]
    order.sort(key=lambda town: (town != home, entered[town].low))
    frame = towns.loc[order]
    for event in ("admitted", "contact", "left"):
        years = events(known, event)
        frame[event] = pd.Series([years.get(town, NO_YEAR) for town in order], order)
    roles = {home: "home"} | dict.fromkeys(left.keys() - {home}, "former")
    frame["role"] = [roles.get(town, "member") for town in order]
    counted = members(known)
    frame["members"] = pd.Series([counted.get(town, UNKNOWN) for town in order], order)
    frame["distance_km"] = _distances(frame, home)
    return frame.reset_index(drop=True)


def located(known: Known) -> pd.DataFrame:
    """The towns by id, each with its point; a group without one gets the mean of its parts."""
    towns = known.used["towns"].set_index("town", drop=False).assign(approximate=False)
    for group, parts in towns[towns["part_of"] != ""].groupby("part_of"):
        if group in towns.index and pd.isna(towns.at[group, "lat"]):
            towns.loc[group, ["lat", "lon"]] = parts[["lat", "lon"]].mean()
            towns.at[group, "approximate"] = True
    return towns


def _distances(places: pd.DataFrame, home: str) -> list[Quantity]:
    start, count = places.loc[home], len(places)
    starts = [start["lon"]] * count, [start["lat"]] * count
    *_, metres = GEOD.inv(*starts, list(places["lon"]), list(places["lat"]))
    found = []
    for place, km in zip(places.itertuples(), (metre / 1000 for metre in metres), strict=True):
        refs = tuple(dict.fromkeys((start["ref"], place.ref)))
        length = Quantity(km, km, place.approximate, "km", refs=refs, formula="distance")
        found.append(replace(UNKNOWN, unit="km") if math.isnan(km) else length)
    return found


def members(known: Known) -> dict[str, Quantity]:
    """The newest stated number of members of each association, by town."""
    latest = newest(known.used["membership"], "town", "members")
    return {town: number.to("members") for town, number in latest["members"].items()}


def size(known: Known) -> pd.DataFrame:
    """One row is a year in which the chain changed: year, joined and left (towns), places (count).

    The count is that at the end of the year.
    """
    steps: dict[float, list[tuple[str, Quantity, int]]] = {}
    for years, step in ((entries(known), 1), (events(known, "left"), -1)):
        for town, year in years.items():
            if year.doubt == "exact":
                steps.setdefault(year.low, []).append((town, year, step))
    rows, now = [], exact(0, "places")
    for low, changed in sorted(steps.items()):
        refs = tuple(ref for _, year, _ in changed for ref in year.refs)
        now = now + exact(sum(step for _, _, step in changed), "places", refs)
        joined, gone = ([town for town, _, step in changed if step == way] for way in (1, -1))
        rows.append((exact(low, "year", refs), joined, gone, replace(now, formula="chain_size")))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def hosting(known: Known, present: pd.DataFrame) -> pd.DataFrame:
    """One row is a present member: town, hosted (count of known meetings), last (year), waited.

    A seminar or conference of the chain is a meeting too. `waited` is the number of years since
    the last *known* one; whose turn it is, is in no source.
    """
    held = known.used["meetings"]
    held = held[held["status"] == "held"]
    own, rows = held.groupby("town")["year"].agg(list), []
    for town in present["town"]:
        met = own.get(town, [])
        last = max((year for year in met if year.is_known), key=lambda at: at.low, default=NO_YEAR)
        waited = (known.year - last).to("years", "waited") if last.is_known else NO_YEAR
        refs = tuple(ref for year in met for ref in year.refs)
        rows.append((town, exact(len(met), "meetings", refs), last, waited))
    rows.sort(key=lambda row: row[2].low if row[2].is_known else math.inf)
    return pd.DataFrame(rows, columns=["town", "hosted", "last", "waited"])


def meetings(known: Known) -> pd.DataFrame:
    """One row is a known meeting, oldest first: year, town, kind, place, status, participants."""
    used = known.used["meetings"]
    used = used.assign(at=numbers(used["year"])).sort_values("at", kind="stable", ignore_index=True)
    return used[
        ["town", "kind", "place", "status", "date_from", "date_to", "ref", "year", "participants"]
    ]


def history(known: Known, home: str) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry.

    Columns: town, entered, left (years), entered_other, left_other, merged (lists of years, the
    others those that some source gives instead).
    """
    entered, left = entries(known), events(known, "left")
    admitted, others = events(known, "admitted"), _other_years(known)
    happened = known.used["chain"]
    dated = happened["year"].map(lambda year: year.doubt == "exact").astype("bool")
    merged = happened[dated & (happened["event"] == "merged")].groupby("town")["year"].agg(list)
    rows = []
    for town in sorted(entered, key=lambda town: (_start(entered[town]), town != home)):
        entry = "admitted" if town in admitted else "contact"
        others_of = [others.get(f"{town} {event}", []) for event in (entry, "left")]
        rows.append(
            (town, entered[town], left.get(town, NO_YEAR), *others_of, merged.get(town, []))
        )
    columns = ["town", "entered", "left", "entered_other", "left_other", "merged"]
    return pd.DataFrame(rows, columns=columns)


def _start(year: Quantity) -> float:
    return year.low if math.isfinite(year.low) else math.inf


def _other_years(known: Known) -> dict[str, list[Quantity]]:
    """The years of events that some source gives instead of the one used, by key of the event."""
    found: dict[str, dict[float, Quantity]] = {}
    for case in known.register.itertuples():
        if case.table == "chain" and case.column == "year":
            year = known.row(case.other_ref)["year"]
            found.setdefault(case.key, {})[year.low] = year
    return {key: list(years.values()) for key, years in found.items()}


def year_by_year(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row is a year up to `last`: year, joined and left (towns), places (count at its end).

    `frame` is that of `presence`. A place that is not `dated` is not counted; without any that
    is, there is no row.
    """
    dated = frame[frame["dated"]]
    came, gone = (dated.groupby(column)["town"].agg(list) for column in ("since", "until"))
    rows, there = [], 0
    for year in range(int(came.index.min()) if len(came) else last + 1, last + 1):
        joined, left = came.get(year, []), gone.get(year, [])
        there += len(joined) - len(left)
        rows.append((year, joined, left, there))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def presence(known: Known, frame: pd.DataFrame) -> pd.DataFrame:
    """`places` with the years a place is there: since, until (number, NaN where there is none).

    A year in doubt counts from its earliest. `dated`: all years that it needs are known.
    `disputed`: there is another year too, of contact or of another source.
    """
    entered, register = entries(known), known.register
    other = set(register.loc[register["table"] == "chain", "used_ref"])
    since = [_first_year(entered[town]) for town in frame["town"]]
    until = [_first_year(year) for year in frame["left"]]
    disputed = [
        not other.isdisjoint(place.admitted.refs + place.left.refs)
        or (place.contact.is_known and _first_year(place.contact) != first)
        for place, first in zip(frame.itertuples(), since, strict=True)
    ]
    frame = frame.assign(since=since, until=until, disputed=disputed)
    over = frame["until"].notna() | (frame["role"] != "former")
    return frame.assign(dated=frame["since"].notna() & over)


def _first_year(year: Quantity) -> float:
    return next((bound for bound in (year.low, year.high) if math.isfinite(bound)), math.nan)
