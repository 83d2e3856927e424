"""The years each place is in the chain: entry, exit, mergers, and the doubt about them. Pure.

Frames in, frames out; a year is a `Quantity` where doubt matters, a number where it is drawn.
"""

from __future__ import annotations

import math

import pandas as pd

from .chain import NO_YEAR, entries, events
from .evidence import Known
from .quantity import Quantity
from .spelling import column


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
        or (place.contact.known and _first_year(place.contact) != first)
        for place, first in zip(frame.itertuples(), since, strict=True)
    ]
    dated = since.notna() & (until.notna() | (frame["role"] != "former"))
    return frame.assign(since=since, until=until, dated=dated, disputed=disputed)


def _first_year(year: Quantity) -> float:
    return next((bound for bound in (year.low, year.high) if math.isfinite(bound)), math.nan)
