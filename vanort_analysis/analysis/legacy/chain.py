"""The chain in space and time: who belongs, since when, how far away, who has hosted. Pure.

Frames in, frames out; counts, years and lengths are `Quantity`. Lengths are geodesic (WGS 84), km.

The years each place is in the chain: entry, exit, mergers, and the doubt about them. Pure.

Frames in, frames out; a year is a `Quantity` where doubt matters, a number where it is drawn.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
from pyproj import Geod

from ...data.quantity import UNKNOWN, Quantity, exact, total
from .frames import Known, column, newest

GEOD = Geod(ellps="WGS84")
NO_YEAR = Quantity(float("-inf"), float("inf"), unit="year")


def events(known: Known, event: str) -> pd.Series:
    """The year of `event` for each town, by town."""
    rows = known.used["chain"]
    return column(rows[rows["event"] == event].set_index("town"), "year")


def entries(known: Known) -> pd.Series:
    """The year each place entered: when it was admitted, else its year of contact."""
    admitted, contact = events(known, "admitted"), events(known, "contact")
    return pd.concat([admitted, contact[~contact.index.isin(admitted.index)]])


def places(known: Known, home: str) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the home town first.

    Columns: town, name, name_en, local_name, area, area_en, country, kind, lat, lon (degrees, WGS
    84), approximate (the point is a mean of parts), role (home, member, former), admitted, contact,
    left (years), members, distance_km (from the home town).
    """
    towns = known.used["towns"].set_index("town", drop=False)
    entered = entries(known)
    frame = towns.loc[[town for town in towns.index if town in entered.index]].copy()
    points = located(known).reindex(frame.index)
    frame[["lat", "lon"]] = points[["lat", "lon"]]
    frame["approximate"] = points["approximate"]
    for event in ("admitted", "contact", "left"):
        frame[event] = events(known, event).reindex(frame.index, fill_value=NO_YEAR)
    gone = frame["left"].map(lambda year: year is not NO_YEAR)
    frame["role"] = ["former" if former else "member" for former in gone]
    frame.loc[frame["town"] == home, "role"] = "home"
    frame["members"] = members(known).reindex(frame.index, fill_value=UNKNOWN)
    frame["distance_km"] = [_distance(frame.loc[home], there) for _, there in frame.iterrows()]
    order = sorted(frame.index, key=lambda town: (town != home, entered[town].low))
    return frame.loc[order].reset_index(drop=True)


def located(known: Known) -> pd.DataFrame:
    """Each town's point; a group without one gets the mean of its parts. Columns lat, lon, refs."""
    towns = known.used["towns"].set_index("town")
    points = towns[["lat", "lon"]].assign(refs=[(ref,) for ref in towns["ref"]], approximate=False)
    for group, parts in towns[towns["part_of"] != ""].groupby("part_of"):
        if group in points.index and pd.isna(points.at[group, "lat"]):
            points.loc[group, ["lat", "lon"]] = parts[["lat", "lon"]].mean()
            points.at[group, "refs"] = tuple(parts["ref"])
            points.at[group, "approximate"] = True
    return points


def _distance(home: pd.Series, there: pd.Series) -> Quantity:
    if pd.isna(there["lat"]) or pd.isna(home["lat"]):
        return replace(UNKNOWN, unit="km")
    _, _, metres = GEOD.inv(home["lon"], home["lat"], there["lon"], there["lat"])
    refs = tuple(dict.fromkeys((home["ref"], there["ref"])))
    return replace(
        exact(metres / 1000, "km", refs), about=bool(there["approximate"]), formula="distance"
    )


def members(known: Known) -> pd.Series:
    """The newest stated number of members of each association, by town."""
    if "membership" not in known.used:
        return pd.Series(dtype=object)
    latest = newest(known.used["membership"], "town", "members")
    return column(latest, "members").map(lambda number: number.to("members"))


def size(known: Known) -> pd.DataFrame:
    """One row is a year in which the chain changed: year, joined and left (towns), places (count).

    The count is that at the end of the year.
    """
    steps = pd.concat(
        [
            pd.DataFrame({"year": years, "town": years.index, "step": step})
            for years, step in ((entries(known), 1), (events(known, "left"), -1))
        ]
    )
    steps = steps[[year.doubt == "exact" for year in steps["year"]]]
    rows, now = [], exact(0, "places")
    for low, group in steps.groupby(steps["year"].map(lambda year: year.low)):
        refs = tuple(ref for year in group["year"] for ref in year.refs)
        now = now + exact(float(group["step"].sum()), "places", refs)
        year = exact(low, "year", refs)
        joined, gone = (list(group.loc[group["step"] == step, "town"]) for step in (1, -1))
        rows.append((year, joined, gone, replace(now, formula="chain_size")))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def hosting(known: Known, home: str) -> pd.DataFrame:
    """One row is a present member: town, hosted (count of known meetings), last (year), waited.

    `waited` is the number of years since the last *known* meeting; whose turn it is, is in no
    source. Seminars held instead of a meeting are not counted.
    """
    present = places(known, home).query("role != 'former'")
    held = known.used["meetings"].query("kind == 'twin_town_meeting' and status == 'held'")
    rows = []
    for town in present["town"]:
        own = held[held["town"] == town]
        refs = tuple(own["ref"])
        years = column(own, "year")
        last = max(years, key=lambda year: year.low) if len(own) else NO_YEAR
        waited = replace((known.year - last).to("years"), formula="waited") if len(own) else NO_YEAR
        rows.append((town, exact(len(own), "meetings", refs), last, waited))
    rows.sort(key=lambda row: float("inf") if row[2] is NO_YEAR else row[2].low)
    return pd.DataFrame(rows, columns=["town", "hosted", "last", "waited"])


def meetings(known: Known) -> pd.DataFrame:
    """One row is a known meeting, oldest first: year, town, kind, place, status, participants."""
    used = known.used["meetings"].sort_values("year", kind="stable", ignore_index=True)
    frame = used[["town", "kind", "place", "status", "date_from", "date_to", "ref"]]
    return frame.assign(year=column(used, "year"), participants=column(used, "participants"))


def members_total(present: pd.DataFrame) -> Quantity:
    """The members of the present places together; "at least" while one is unknown."""
    return replace(total(present["members"], "members"), formula="members_total")


def history(known: Known, home: str) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry.

    Columns: town, entered, left (years), entered_other, left_other, merged (lists of years, the
    others those that some source gives instead).
    """
    entered, left = entries(known), events(known, "left")
    rows, register = known.rows["chain"].set_index("ref", drop=False), known.register
    register = register[(register["table"] == "chain") & (register["column"] == "year")]
    stated = column(rows, "year")
    admitted = events(known, "admitted").index

    def others(town: str, event: str) -> list[Quantity]:
        refs = register.loc[register["key"] == f"{town} {event}", "other_ref"]
        return list({stated[ref].low: stated[ref] for ref in refs}.values())

    mergers = known.used["chain"].query("event == 'merged'")
    merged = column(mergers, "year")
    found = [
        {
            "town": town,
            "entered": year,
            "left": left.get(town, NO_YEAR),
            "entered_other": others(town, "admitted" if town in admitted else "contact"),
            "left_other": others(town, "left"),
            "merged": [y for y in merged[mergers["town"] == town] if y.doubt == "exact"],
        }
        for town, year in entered.items()
    ]
    found.sort(key=lambda place: (_start(place["entered"]), place["town"] != home))
    return pd.DataFrame(found)


def _start(year: Quantity) -> float:
    return year.low if math.isfinite(year.low) else math.inf


def year_by_year(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row is a year up to `last`: year, joined and left (towns), places (count at its end).

    `frame` is that of `presence`. A place that is not `dated` is not counted; without any that
    is, there is no row.
    """
    dated = frame[frame["dated"]]
    rows = []
    for year in range(int(dated["since"].min()) if len(dated) else last + 1, last + 1):
        there = (dated["since"] <= year) & ~(dated["until"] <= year)
        joined, left = (list(dated.loc[dated[c] == year, "town"]) for c in ("since", "until"))
        rows.append((year, joined, left, int(there.sum())))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def presence(known: Known, frame: pd.DataFrame) -> pd.DataFrame:
    """`places` with the years a place is there: since, until (number, NaN where there is none).

    A year in doubt counts from its earliest. `dated`: all years that it needs are known.
    `disputed`: there is another year too, of contact or of another source.
    """
    entered, register = entries(known), known.register
    other = set(register.loc[register["table"] == "chain", "used_ref"])
    stated = [frame["town"].map(entered), frame["left"]]
    since, until = (years.map(_first_year).astype(float) for years in stated)
    disputed = [
        not other.isdisjoint(place.admitted.refs + place.left.refs)
        or (place.contact.is_known and _first_year(place.contact) != first)
        for place, first in zip(frame.itertuples(), since, strict=True)
    ]
    dated = since.notna() & (until.notna() | (frame["role"] != "former"))
    return frame.assign(since=since, until=until, dated=dated, disputed=disputed)


def _first_year(year: Quantity) -> float:
    return next((bound for bound in (year.low, year.high) if math.isfinite(bound)), math.nan)
