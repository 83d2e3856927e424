"""What is known, with quantities spread into columns, as the engines here expect it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from ...data.evidence import Known as Known_
from ...data.quantity import as_columns
from ...data.schema import QUANTITIES, TABLES
from ...data.spelling import parse, parse_year


@dataclass(frozen=True)
class Known:
    year: int
    used: dict[str, pd.DataFrame]
    rows: dict[str, pd.DataFrame]
    register: pd.DataFrame

    @property
    def basis(self) -> dict[str, pd.DataFrame]:
        return self.rows | {"sources": self.used["sources"]}

    def row(self, ref: str) -> pd.Series:
        table, number = ref.split(":")
        return self.rows[table].loc[int(number)]


def spread(known: Known_, refs: bool = True) -> Known:
    used = {name: _spread(name, frame, refs) for name, frame in known.used.items()}
    rows = {name: _spread(name, frame, refs) for name, frame in known.rows.items()}
    return Known(known.year, used, rows, known.register)


def _spread(name: str, frame: pd.DataFrame, refs: bool) -> pd.DataFrame:
    parts = []
    for column in frame:
        rule = TABLES[name].columns.get(str(column))
        if rule is not None and rule.kind in QUANTITIES:
            parts.append(as_columns(frame[column], str(column)))
            ref = [q.refs[0] if q.refs else "" for q in frame[column]]
            if refs and f"{column}_ref" not in frame:
                parts.append(pd.Series(ref, index=frame.index, name=f"{column}_ref", dtype="str"))
        else:
            parts.append(frame[column])
    return pd.concat(parts, axis=1)


def newest(frame: pd.DataFrame, by: str, value: str = "") -> pd.DataFrame:
    dated = frame[frame["year"].notna()].sort_values("year", kind="stable")
    if value:
        gap = dated[f"{value}_doubt"] == "unknown"
        dated = pd.concat([dated[gap], dated[~gap]])
    return dated.drop_duplicates(by, keep="last").set_index(by)


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    nothing = pd.Series("", index=frame.index)
    refs = frame.get(f"{name}_ref", frame.get("ref", nothing)).fillna("")
    units = frame.get(f"{name}_unit", nothing)
    return pd.Series(
        [
            replace(
                (parse_year if unit == "year" else parse)(text),
                unit=unit,
                refs=(ref,) if ref else (),
            )
            for text, unit, ref in zip(frame[f"{name}_text"], units, refs, strict=True)
        ],
        index=frame.index,
        dtype=object,
    )
