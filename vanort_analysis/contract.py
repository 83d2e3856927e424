"""What a contract is: kinds of columns, and the check made from them (pandera).

The tables themselves stand in `tables`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandera.pandas as pa

Kind = Literal[
    "id",  # the name of a thing, used as a key: lower-case letters, digits, _ and -
    "text",  # free text
    "code",  # a word of a closed list
    "ref",  # names a row of another table
    "refs",  # several of them, separated by |
    "count",  # a whole number of things, as written, with its doubt
    "quantity",  # any number, as written, with its doubt and unit
    "year",  # 2014, 2014–2018, 2020–, –2014, or empty with the reason in `note`
    "date",  # ISO date
    "degrees",  # WGS 84
    "flag",  # true or false
    "whole",  # a plain whole number
]
QUANTITIES = ("count", "quantity", "year")


@dataclass(frozen=True)
class Column:
    """One column: its kind, and what its cells may hold."""

    kind: Kind = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    refers: str = ""
    unit: str = ""
    between: tuple[float, float] | None = None
    default: str | None = None  # a column with a default may be left out of the file


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, its key, and which columns sources may disagree about.

    `compared`: columns judged by `evidence`. `repeats`: codes of the key's last column that may
    happen many times, so that their year belongs to the key. `progress`: a column whose furthest
    value wins, whatever the rank (announced → held). `ahead`: rows may lie after the report year.
    """

    columns: dict[str, Column]
    key: tuple[str, ...]
    compared: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    progress: str = ""
    ahead: bool = False
    required: bool = False

    def written(self, column: str) -> str:
        """The column of the valid table that holds a value as it was written."""
        return f"{column}_text" if self.columns[column].kind in QUANTITIES else column


ID, TEXT, YEAR, DATE = Column("id", True), Column(), Column("year"), Column("date")
NAMED = Column(required=True)
QUANTITY, WHOLE = Column("quantity"), Column("whole")
TOWN = Column("ref", True, refers="towns")
ORIGIN = {"source": Column("ref", True, refers="sources"), "locator": TEXT, "note": TEXT}


def code(*allowed: str, required: bool = True) -> Column:
    """A column of a closed list of words."""
    return Column("code", required, allowed)


def said(*what: str) -> dict[str, Column]:
    """Columns for a municipality's own words, one per language."""
    return {f"{name}_{language}": TEXT for name in what for language in ("sv", "en")}


def schema(contract: Table) -> pa.DataFrameSchema:
    """The pandera check of a cleaned table; each check is named by its fault code."""
    columns = {}
    for name, column in contract.columns.items():
        checks = []
        if column.allowed:
            allowed = column.allowed + (() if column.required else ("",))
            checks.append(pa.Check.isin(allowed, error="D023"))
        if column.kind == "id":
            checks.append(pa.Check.str_matches(r"^[a-z0-9][a-z0-9_-]*$", error="D022"))
        if column.between:
            checks.append(pa.Check.in_range(*column.between, error="D021"))
        if column.kind == "count":
            checks.append(pa.Check(lambda number: number % 1 == 0, error="D017"))
        if column.kind == "count":
            checks.append(pa.Check.ge(0, error="D018"))
        if column.required and column.kind in ("text", "ref", "refs"):
            checks.append(pa.Check.ne("", error="D024"))
        if column.kind in QUANTITIES and column.required:
            columns[f"{name}_text"] = pa.Column(checks=pa.Check.ne("", error="D024"))
        columns[name] = pa.Column(
            checks=checks,
            nullable=column.kind not in ("id", "code", "ref", "text", "flag"),
            name=name,
        )
    return pa.DataFrameSchema(columns)
