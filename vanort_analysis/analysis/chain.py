"""The chain in space and time: who belongs, since when, how far away, who has hosted. Pure.

Frames in, frames out; counts, years and lengths are `Quantity`. Lengths are geodesic (WGS 84), km.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from geographiclib.geodesic import Geodesic

from ..data.evidence import Known, newest_rows
from ..data.quantity import (
    UNKNOWN,
    Quantity,
    are_exact,
    exact,
    group_by_key,
    to_numbers,
    to_records,
)

if TYPE_CHECKING:
    from .year import Year

NO_YEAR = Quantity(float("-inf"), float("inf"), unit="year")


def event_years(known: Known, event: str) -> dict[str, Quantity]:
    """The year of `event` for each town that has one."""
    rows = known.used["chain"]
    return rows[rows["event"] == event].set_index("town")["year"].to_dict()


def entry_years(known: Known) -> dict[str, Quantity]:
    """The year each place entered: when it was admitted, else its year of contact. A place of
    which no source has told where it is, is not known to be one."""
    admitted, contact = event_years(known, "admitted"), event_years(known, "contact")
    entered = admitted | {town: year for town, year in contact.items() if town not in admitted}
    told = set(known.used["towns"]["town"])
    return {town: year for town, year in entered.items() if town in told}


def chain_places(year: Year) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the home town first.

    Columns: town, name, name_en, local_name, area, area_en, country, kind, lat, lon (degrees, WGS
    84), approximate (the point is a mean of parts), role (home, member, former), admitted, contact,
    left (years), members, distance_km (from the home town).
    """
    known, home = year.known, year.home
    towns, entered, left = locate_towns(known), entry_years(known), event_years(known, "left")
    order = [town for town in towns.index if town in entered]
    order.sort(key=lambda town: (town != home, entered[town].low))
    roles = {home: "home"} | dict.fromkeys(left.keys() - {home}, "former")
    counted = newest_rows(to_records(known.used["membership"]), "town", "members")
    members = {town: row["members"].in_unit("members") for town, row in counted.items()}
    years = {event: event_years(known, event) for event in ("admitted", "contact", "left")}
    frame = towns.loc[order]
    return frame.reset_index(drop=True).assign(
        **{event: [of.get(town, NO_YEAR) for town in order] for event, of in years.items()},
        role=[roles.get(town, "member") for town in order],
        members=[members.get(town, UNKNOWN) for town in order],
        distance_km=_distances(frame, home),
    )


def locate_towns(known: Known) -> pd.DataFrame:
    """The towns by id, each with its point; a group without one gets the mean of its parts."""
    towns = known.used["towns"].set_index("town", drop=False).assign(approximate=False)
    for group, parts in towns[towns["part_of"] != ""].groupby("part_of"):
        if group in towns.index and pd.isna(towns.at[group, "lat"]):
            towns.loc[group, ["lat", "lon"]] = parts[["lat", "lon"]].mean()
            towns.at[group, "approximate"] = True
    return towns


def _distances(places: pd.DataFrame, home: str) -> list[Quantity]:
    start, found = places.loc[home], []
    columns = (places[of].tolist() for of in ("ref", "approximate", "lat", "lon"))
    for ref, rough, *point in zip(*columns, strict=True):
        line = Geodesic.WGS84.Inverse(start["lat"], start["lon"], *point, Geodesic.DISTANCE)
        refs, km = tuple(dict.fromkeys((start["ref"], ref))), line["s12"] / 1000
        length = Quantity(km, km, rough, "km", refs=refs, formula="distance")
        found.append(replace(UNKNOWN, unit="km") if math.isnan(km) else length)
    return found


def place_presence(year: Year) -> pd.DataFrame:
    """`places` with the years a place is there: entered, and since and until as numbers.

    A number is NaN where there is none, and of a year in doubt the earliest. entered_other,
    left_other: years that some source gives instead; merged: years of mergers. `dated`: all years
    that a place needs are known. `disputed`: there is another year, of a source or of contact.
    """
    frame, known = year.places, year.known
    entered, others = entry_years(known), _other_years(known)
    happened = known.used["chain"]
    happened = happened[(happened["event"] == "merged") & are_exact(happened["year"])]
    merged = group_by_key(zip(happened["town"], happened["year"], strict=True))
    admitted = event_years(known, "admitted")
    entry = {town: "admitted" if town in admitted else "contact" for town in entered}
    frame = frame.assign(
        entered=frame["town"].map(entered),
        entered_other=[others.get(f"{town} {entry[town]}", []) for town in frame["town"]],
        left_other=[others.get(f"{town} left", []) for town in frame["town"]],
        merged=[merged.get(town, []) for town in frame["town"]],
        since=lambda rows: rows["entered"].map(_first_year),
        until=frame["left"].map(_first_year),
    )
    contact = frame["contact"].map(_first_year)
    disputed = frame["entered_other"].astype("bool") | frame["left_other"].astype("bool")
    over = frame["until"].notna() | (frame["role"] != "former")
    return frame.assign(
        disputed=disputed | (contact.notna() & (contact != frame["since"])),
        dated=frame["since"].notna() & over,
    )


def _first_year(year: Quantity) -> float:
    return next((bound for bound in (year.low, year.high) if math.isfinite(bound)), math.nan)


def _other_years(known: Known) -> dict[str, list[Quantity]]:
    """The years of events that some source gives instead of the one used, by key of the event."""
    found: dict[str, dict[float, Quantity]] = {}
    for case in to_records(known.register):
        if case["table"] == "chain":
            year = known.row(case["other_ref"])["year"]
            found.setdefault(case["key"], {})[year.low] = year
    return {key: list(years.values()) for key, years in found.items()}


def chain_history(year: Year) -> pd.DataFrame:
    """One row is a place that is or was in the chain, in the order of entry, the undated last.

    Columns as in `presence`: town, entered, left, entered_other, left_other, merged.
    """
    rows = year.presence.set_index("town", drop=False).loc[list(entry_years(year.known))]
    rows = rows.sort_values("since", kind="stable", ignore_index=True)
    return rows[["town", "entered", "left", "entered_other", "left_other", "merged"]]


def chain_size(year: Year) -> pd.DataFrame:
    """The rows of `year_by_year` in which the chain changed; a year in doubt is none."""
    frame = year.history
    years = [frame["entered"], frame["left"]]
    since, until = (of.map(_first_year).where(are_exact(of)) for of in years)
    rows = year_by_year(frame.assign(since=since, until=until), year.known.year)
    changed = rows["joined"].astype("bool") | rows["left"].astype("bool")
    return rows[changed].reset_index(drop=True)


def year_by_year(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row is a year up to `last`: year, joined and left (towns), places (count at its end).

    `frame` is that of `presence`, of the places to count; the first year is that of the first.
    """
    rows, there = [], exact(0, "places")
    places = to_records(frame)
    came = group_by_key((place["since"], (place["town"], place["entered"])) for place in places)
    went = group_by_key((place["until"], (place["town"], place["left"])) for place in places)
    first = frame["since"].min()
    for at in range(last + 1 if math.isnan(first) else int(first), last + 1):
        joined, left = came.get(at, []), went.get(at, [])
        refs = tuple(ref for _, year in joined + left for ref in year.refs)
        there = there + exact(len(joined) - len(left), "places", refs)
        towns = ([town for town, _ in of] for of in (joined, left))
        rows.append((exact(at, "year", refs), *towns, replace(there, formula="chain_size")))
    return pd.DataFrame(rows, columns=["year", "joined", "left", "places"])


def hosting_record(year: Year) -> pd.DataFrame:
    """One row is a present member: town, hosted (count of known meetings), last (year).

    A seminar or conference of the chain is a meeting too. Who has waited longest since a *known*
    one comes first; whose turn it is, is in no source.
    """
    held = [row for row in to_records(year.known.used["meetings"]) if row["status"] == "held"]
    own, rows = group_by_key((row["town"], row["year"]) for row in held), []
    for town in year.present["town"]:
        met = own.get(town, [])
        last = max((at for at in met if at.is_known), key=lambda at: at.low, default=NO_YEAR)
        refs = tuple(ref for at in met for ref in at.refs)
        rows.append((town, exact(len(met), "meetings", refs), last))
    rows.sort(key=lambda row: row[2].low if row[2].is_known else math.inf)
    return pd.DataFrame(rows, columns=["town", "hosted", "last"])


def known_meetings(year: Year) -> pd.DataFrame:
    """One row is a known meeting, oldest first: year, town, kind, place, status, participants."""
    used = year.known.used["meetings"]
    used = used.assign(at=to_numbers(used["year"])).sort_values(
        "at", kind="stable", ignore_index=True
    )
    return used[
        ["town", "kind", "place", "status", "date_from", "date_to", "ref", "year", "participants"]
    ]
