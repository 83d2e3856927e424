"""The data made ready: read, clean, check, save. Depends on `data/raw` alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import clean, consistency, store
from .errors import Fault, WrongCommand, WrongData
from .language import languages
from .quantity import Quantity, exact
from .store import Municipality


@dataclass(frozen=True)
class Prepared:
    """Valid tables of all years, the municipality they are about, and what was noted on the way."""

    data: Path
    tables: dict[str, pd.DataFrame]
    municipality: Municipality
    currency: str
    notes: list[Fault]

    @property
    def years(self) -> range:
        """The years there can be a report for: from the first source that has the home town in
        the chain to one after the last source of all."""
        public = self.tables["sources"].set_index("source")["known_since"]
        told = self.tables["chain"].query(
            "town == @home", local_dict={"home": self.municipality.home}
        )
        if not len(told):
            return range(0)
        newest = public[~self.tables["sources"].set_index("source")["reference"]].max()
        return range(int(public[told["source"]].min()), int(newest) + 2)


def prepare(data: str | Path = "") -> Prepared:
    """Every table of a data folder, valid; raises `WrongData` with all faults at once."""
    folder = store.folder(data)
    municipality = store.municipality(folder)
    raw, notes = store.read(folder)
    currency = clean.currency_of(raw["towns"], municipality.home)
    tables, faults = {}, []
    for name, frame in raw.items():
        tables[name], found = clean.table(name, frame, currency)
        faults += found
    faults += consistency.across(tables, municipality.home)
    if any(fault.level == "error" for fault in faults):
        raise WrongData(faults)
    if not municipality.contact:
        notes.append(Fault("C017", "municipality.toml", column="contact", level="warning"))
    return Prepared(folder, tables, municipality, currency, notes + faults)


def save(prepared: Prepared) -> None:
    """Write the valid tables to `data/processed`: every row, doubt and source kept."""
    folder = prepared.data / "processed"
    store.write(
        {folder / f"{name}.csv": store.as_csv(frame) for name, frame in prepared.tables.items()}
    )


def check_language(language: str) -> None:
    """Raise `WrongCommand` where there is no such language."""
    if language not in languages():
        near = ", ".join(languages())
        raise WrongCommand(Fault("C002", value=language, details={"near": near}))


def check_year(prepared: Prepared, year: int) -> None:
    """Raise `WrongCommand` where there can be no report for `year`."""
    years = prepared.years
    if year not in years:
        near = f"{years[0]}–{years[-1]}" if years else ""
        raise WrongCommand(Fault("C003", value=str(year), details={"near": near}))


def check_grant(prepared: Prepared, asked: object = 0) -> Quantity | None:
    """The yearly grant to try: that asked for, or `grant_sek` of `municipality.toml`, or none.

    Raises `WrongCommand` for what is no amount.
    """
    grant = asked or prepared.municipality.parameters.get("grant_sek", 0)
    if isinstance(grant, bool) or not isinstance(grant, int | float) or not 0 <= grant < math.inf:
        raise WrongCommand(Fault("C016", column="grant_sek", value=str(grant)))
    return exact(grant, prepared.currency) if grant else None
