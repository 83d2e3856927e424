"""Raw frame → valid table. Pure: takes frames, gives frames and faults, the caller's unchanged.

What no single table shows: whether the tables fit together. Pure; gives faults.

The data made ready: read, clean, check, save. Depends on `data/raw` alone.
"""

from __future__ import annotations
from collections.abc import Callable
from datetime import date
import pandas as pd
import pandera.errors
from babel.numbers import get_territory_currencies
from .schema import QUANTITIES, Column, Table, schema
from ..errors import Fault, meant
from .quantity import Quantity, spread
from .spelling import Unreadable, parse, parse_year
from .schema import TABLES
import math
from dataclasses import dataclass
from pathlib import Path
from . import files
from ..errors import Fault, WrongData
from .quantity import Quantity, exact
from .files import Municipality


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


FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla


def across(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """Unknown names, the same thing twice, impossible orders in time, implausible numbers."""
    faults = _references(tables) + _twice(tables) + _aliases(tables["towns"])
    faults += _times(tables) + _plausible(tables)
    if home not in set(tables["towns"]["town"]):
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif home not in set(tables["chain"]["town"]):
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    return faults


def _references(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        for column, rule in TABLES[name].columns.items():
            if not rule.refers:
                continue
            known = set(tables[rule.refers][TABLES[rule.refers].key[0]])
            for row, cell in frame[column].items():
                items = cell.replace("!", "").split("|") if rule.kind == "refs" else [cell]
                for item in filter(None, items):
                    if item not in known:
                        details = {"near": meant(item, known), "table": rule.refers}
                        where = (f"{name}.csv", int(str(row)), column, item)
                        faults.append(Fault("D026", *where, details=details))
    return faults


def _twice(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        key = key_columns(name, frame)
        if name not in ("sources", "towns"):
            key = key.assign(source=frame["source"], locator=frame["locator"])
        for row in frame.index[key.duplicated()]:
            first = frame.index[(key == key.loc[row]).all(axis=1)][0]
            shown = " ".join(str(cell) for cell in key.loc[row, list(TABLES[name].key)])
            where = (f"{name}.csv", int(row), TABLES[name].key[0], shown)
            faults.append(Fault("D025", *where, details={"row": int(first)}))
    return faults


def _aliases(towns: pd.DataFrame) -> list[Fault]:
    spelt = (towns["name"] + "|" + towns["local_name"] + "|" + towns["aliases"]).str.split("|")
    faults: list[Fault] = []
    seen: dict[str, object] = {}
    for row, name in spelt.explode().items():
        first = seen.setdefault(str(name).casefold(), row) if name else row
        if first != row:
            where = ("towns.csv", int(str(row)), "name", str(name))
            faults.append(Fault("D031", *where, details={"row": int(str(first))}))
    return faults


def _times(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    known_since = tables["sources"].set_index("source")["known_since"]
    exempt = set(tables["sources"].query("reference")["source"])
    for name, frame in tables.items():
        if "year" not in frame or "source" not in frame or TABLES[name].ahead:
            continue
        earliest = frame["year_low"]
        late = earliest > frame["source"].map(known_since).astype("float64")
        for row in frame.index[late & ~frame["source"].isin(exempt)]:
            where = (f"{name}.csv", int(row), "year", frame.at[row, "year_text"])
            details = {"near": int(known_since[frame.at[row, "source"]])}
            faults.append(Fault("D029", *where, details=details))
    chain = tables["chain"]
    entered = chain[chain["event"].isin(["contact", "admitted"])].groupby("town")["year"].min()
    left = chain[chain["event"] == "left"]
    for row in left.index[left["year"] < left["town"].map(entered)]:
        where = ("chain.csv", int(row), "year", chain.at[row, "year_text"])
        details = {"near": int(entered[chain.at[row, "town"]])}
        faults.append(Fault("D027", *where, details=details))
    entry = chain[chain["event"].isin(["contact", "admitted"])]
    for row in entry.index[entry["year"] < FIRST_TWINNING]:
        where = ("chain.csv", int(row), "year", chain.at[row, "year_text"])
        faults.append(Fault("D052", *where, level="warning"))
    return faults


def _plausible(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults: list[Fault] = []
    sources = tables["sources"]
    for row in sources.index[~sources["url"].str.match(r"https?://|$")]:
        where = ("sources.csv", int(row), "url", sources.at[row, "url"])
        faults.append(Fault("D028", *where, level="warning"))
    members = tables["membership"]
    for row in members.index[members["members"] == 0]:
        faults.append(Fault("D051", "membership.csv", int(row), "members", "0", "warning"))
    for row in members.index[~members["town"].isin(tables["chain"]["town"])]:
        faults.append(Fault("D037", "membership.csv", int(row), "town", members.at[row, "town"]))
    figures = tables["figures"].query("measure == 'population'")
    most = members["town"].map(figures.groupby("about")["value"].max())
    for row in members.index[members["members"] > most]:
        where = ("membership.csv", int(row), "members", members.at[row, "members_text"])
        faults.append(Fault("D034", *where, details={"near": int(most[row])}))
    waves = tables["survey"].set_index(["wave", "measure", "group"])["value"]
    for row, case in tables["survey"].iterrows():
        answered = waves.get((case["wave"], "answered", "all"), float("inf"))
        most = answered.max() if isinstance(answered, pd.Series) else answered
        if case["measure"] == "municipalities_with_twin_towns" and case["value"] > most:
            where = ("survey.csv", int(str(row)), "value", case["value_text"])
            faults.append(Fault("D040", *where, details={"near": int(most)}))
    shares = tables["survey"].query("value_unit == 'percent'")
    over = shares.groupby(["wave", "measure"])["value"].sum() > 100
    for key in over[over].index:
        row = shares.groupby(["wave", "measure"]).groups[key][-1]
        faults.append(Fault("D033", "survey.csv", int(row), "value", shares.at[row, "value_text"]))
    return faults


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
    folder = files.folder(data)
    municipality = files.municipality(folder)
    raw, notes = files.read(folder)
    currency = currency_of(raw["towns"], municipality.home)
    tables, faults = {}, []
    for name, frame in raw.items():
        tables[name], found = table(name, frame, currency)
        faults += found
    faults += across(tables, municipality.home)
    if any(fault.level == "error" for fault in faults):
        raise WrongData(faults)
    if not municipality.contact:
        notes.append(Fault("C017", "municipality.toml", column="contact", level="warning"))
    return Prepared(folder, tables, municipality, currency, notes + faults)


def save(prepared: Prepared) -> None:
    """Write the valid tables to `data/processed`: every row, doubt and source kept."""
    folder = prepared.data / "processed"
    files.write(
        {folder / f"{name}.csv": files.as_csv(frame) for name, frame in prepared.tables.items()}
    )
