"""Raw frame → valid table. Pure: takes frames, gives frames and faults, the caller's unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pandera.errors
from babel.numbers import get_territory_currencies

from .contract import QUANTITIES, Column, Table, schema
from .errors import Fault, meant
from .quantity import Quantity, spread
from .spelling import Unreadable, parse, parse_year
from .tables import TABLES

_UNREADABLE = {"words": "D014", "ambiguous": "D015", "lookalike": "D016", "year": "D019"}


def table(name: str, raw: pd.DataFrame, currency: str = "kr") -> tuple[pd.DataFrame, list[Fault]]:
    """One table with its types, and every fault in it.

    `raw` is all text, its index the row of the file. A count, amount or year becomes `x`, `x_low`,
    `x_high`, `x_doubt`, `x_unit`, `x_text`; "kr" is read as `currency`.
    """
    file, contract = f"{name}.csv", TABLES[name]
    parts: list[pd.DataFrame | pd.Series] = []
    faults: list[Fault] = []
    for column, rule in contract.columns.items():
        cells = raw[column].fillna("")
        if rule.kind in QUANTITIES:
            read = parse_year if rule.kind == "year" else parse
            quantities, wrong = _each(cells, file, read, Quantity())
            wrong += _dates(quantities, file) if column != "value" else []
            parts.append(spread(quantities, column).replace({f"{column}_unit": {"kr": currency}}))
        elif rule.kind in _READERS:
            values, wrong = _each(cells, file, _READERS[rule.kind], None)
            parts.append(values.astype(_TYPES[rule.kind]))
        else:
            parts.append(cells)
            wrong = []
        faults += wrong
    frame = pd.concat(parts, axis=1)
    return frame, faults + _against(schema(contract), frame, raw, contract, file)


def _each(
    cells: pd.Series, file: str, read: Callable[[str], object], otherwise: object
) -> tuple[pd.Series, list[Fault]]:
    values, faults = [], []
    for row, cell in cells.items():
        try:
            values.append(read(cell))
        except Unreadable as error:
            values.append(otherwise)
            code = _UNREADABLE.get(error.code, error.code)
            where = (file, int(str(row)), str(cells.name), cell)
            faults.append(Fault(code, *where, details={"near": error.hint}))
    return pd.Series(values, index=cells.index, name=cells.name, dtype=object), faults


def _dates(quantities: pd.Series, file: str) -> list[Fault]:
    """Counts and amounts that a spreadsheet has turned into dates."""
    return [
        Fault("D039", file, int(str(row)), str(quantities.name), quantity.text)
        for row, quantity in quantities.items()
        if quantity.unit == "date"
    ]


def _whole(cell: str) -> int | None:
    if cell and not cell.lstrip("-").isdigit():
        raise Unreadable("D013")
    return int(cell) if cell else None


def _degrees(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ".")) if cell else None
    except ValueError:
        raise Unreadable("D021") from None


def _flag(cell: str) -> bool:
    if cell.casefold() not in ("true", "false"):
        raise Unreadable("D023", "true, false")
    return cell.casefold() == "true"


def _date(cell: str) -> str:
    try:
        return date.fromisoformat(cell).isoformat() if cell else ""
    except ValueError:
        raise Unreadable("D020") from None


_READERS: dict[str, Callable[[str], object]] = {
    "whole": _whole,
    "degrees": _degrees,
    "flag": _flag,
    "date": _date,
}
_TYPES = {"whole": "Int64", "degrees": "float64", "flag": "boolean", "date": "str"}


def _against(
    check: pandera.pandas.DataFrameSchema,
    frame: pd.DataFrame,
    raw: pd.DataFrame,
    contract: Table,
    file: str,
) -> list[Fault]:
    try:
        check.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        faults = []
        for case in errors.failure_cases.itertuples():
            column = str(case.column).removesuffix("_text")
            row = int(case.index)
            cell = raw.at[row, column]
            rule = contract.columns[column]
            code = str(case.check) if str(case.check).startswith("D0") else "D024"
            code = "D024" if code in ("D022", "D023") and not cell else code
            faults.append(Fault(code, file, row, column, cell, details={"near": _near(cell, rule)}))
        return faults
    return []


def _near(cell: str, rule: Column) -> str:
    if rule.between:
        return f"{rule.between[0]}–{rule.between[1]}"
    return meant(cell, rule.allowed) or ", ".join(rule.allowed)


def currency_of(raw_towns: pd.DataFrame, home: str) -> str:
    """The currency "kr" stands for: that of the home town's country."""
    country = raw_towns.loc[raw_towns["town"] == home, "country"]
    currencies = get_territory_currencies(country.iloc[0]) if len(country) else []
    return currencies[0] if currencies else "kr"


def key_columns(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The key of each row as text; a code that may repeat takes its year into the key."""
    contract = TABLES[name]
    written = [contract.written(column) for column in contract.key]
    key = frame[written].astype("str").set_axis(list(contract.key), axis=1)
    for column in (c for c in contract.key if contract.columns[c].kind == "year"):
        key[column] = key[column].str.replace(r"\s*[-—]\s*", "–", regex=True)
    if contract.repeats:
        again = key[contract.key[-1]].isin(contract.repeats)
        key["year"] = frame["year_text"].where(again, "")
    return key
