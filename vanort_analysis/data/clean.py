"""Raw rows → valid tables whose numbers are `Quantity`; one table at a time, then across them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from babel import Locale
from babel.numbers import get_territory_currencies

from ..errors import Fault, Level, WrongCommand, WrongData, meant
from . import files
from .files import Municipality
from .quantity import Quantity, are_known, numbers
from .schema import QUANTITIES, TABLES, YEARS, Column
from .spelling import Unreadable, parse, parse_year

FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla
LAST_YEAR = datetime.now(UTC).year + 2  # what is later is a slip of the pen
WARNINGS = ("D028", "D051", "D052", "D067")  # of those below; all others stop the run
NEAR = 20  # degrees: towns of a chain are rarely further from all the others
LANGUAGES = ("sv", "da", "nb", "fi", "is", "de", "en")  # a country may be named in
HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # bidi too
CODE = "[A-Z]{2}"  # of a country (ISO 3166)
FORMULA_ERROR = re.compile("#[A-ZÅÄÆÖØ]+(/[A0T][!?]?|[!?])")  # of any language of a spreadsheet
ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_UNREADABLE = {"words": "D014", "ambiguous": "D015", "lookalike": "D016", "year": "D019"}
_NO = {"whole": ["D013"], "degrees": ["D021"], "flag": ["D023", "true, false"], "date": ["D020"]}
_TYPES = {"whole": "Int64", "degrees": "float64", "flag": "boolean"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """The valid tables of all years, the municipality they are about, and what was noted.

    A table has the columns of its contract and `ref` ("membership:3"); its index is the row a
    spreadsheet shows. Counts, amounts and years are `Quantity` that know their row.
    """

    folder: Path
    tables: dict[str, pd.DataFrame]
    municipality: Municipality
    currency: str
    notes: list[Fault]

    @cached_property
    def years(self) -> range:
        """The years there can be a report for: from the first source that has the home town in
        the chain to one after the last source of all."""
        sources = self.tables["sources"].set_index("source")
        chain = self.tables["chain"]
        first = sources["known_since"][chain.loc[chain["town"] == self.municipality.home, "source"]]
        if not len(first):
            return range(0)
        newest = sources.loc[~sources["reference"], "known_since"].max()
        return range(int(first.min()), int(newest) + 2)


Rows = Mapping[str, Sequence[Mapping[str, str]]]  # by table: rows as they would stand in a file


def read_dataset(data: str | Path = "", more: Rows | None = None) -> Dataset:
    """Every table of a data folder, valid, with `more` rows to try a change in memory; raises
    `WrongData` with all faults at once. A folder that has not changed is read once."""
    folder = files.folder(data)
    return _read_with(folder, more) if more else _read_once(folder, files.stamp(folder))


@lru_cache(maxsize=4)
def _read_once(folder: Path, _: object) -> Dataset:
    return _read_with(folder, {})


def _read_with(folder: Path, more: Rows) -> Dataset:
    municipality = files.municipality(folder)
    raw, notes = files.read(folder)
    for name, rows in more.items():
        _refuse_unknown([name], TABLES)
        _refuse_unknown([column for row in rows for column in row], TABLES[name].columns)
        first = max([1, *raw[name].index]) + 1
        under = pd.DataFrame(rows, range(first, first + len(rows)), raw[name].columns, "str")
        raw[name] = pd.concat([raw[name], under]).fillna("")
    currency = home_currency(raw["towns"], municipality.home)
    tables, faults = {}, []
    for name, frame in raw.items():
        tables[name], found = clean_table(name, frame, currency)
        faults += found
    faults += check_across(tables, municipality.home)
    if any(fault.level == "error" for fault in faults):
        raise WrongData(faults)
    if not municipality.contact:
        notes.append(Fault("C017", "municipality.toml", column="contact", level="warning"))
    return Dataset(folder, tables, municipality, currency, notes + faults)


def _refuse_unknown(words: Collection[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            near = meant(word, known) or ", ".join(known)
            raise WrongCommand(Fault("C018", value=word, details={"near": near}))


def home_currency(raw_towns: pd.DataFrame, home: str) -> str:
    """The currency "kr" stands for: that of the home town's country."""
    country = raw_towns.loc[raw_towns["town"] == home, "country"]
    return _currency(country.iloc[0]) if len(country) else "kr"


def _currency(country: str) -> str:
    return str((get_territory_currencies(country) or ["kr"])[0])


def clean_table(
    name: str, raw: pd.DataFrame, currency: str = "kr"
) -> tuple[pd.DataFrame, list[Fault]]:
    """One table with its types, and every fault in it; "kr" is read as `currency`.

    `raw` is all text, its index the row of the file.
    """
    columns: dict[str, Any] = {}
    faults: list[Fault] = []
    raw, refs = raw.fillna(""), [f"{name}:{row}" for row in raw.index]
    for column, rule in TABLES[name].columns.items():
        cells = raw[column].tolist()
        read = {cell: _value(cell, rule) for cell in dict.fromkeys(cells)}  # the same, read once
        values = [read[cell][0] for cell in cells]
        if any(wrong for _, wrong in read.values()):
            for row, cell in zip(raw.index, cells, strict=True):
                if wrong := read[cell][1]:
                    place = (f"{name}.csv", int(row), column, cell)
                    faults.append(Fault(wrong.code, *place, details={"near": wrong.hint}))
        if rule.kind in QUANTITIES:
            values = [_of_row(of, currency, ref) for of, ref in zip(values, refs, strict=True)]
        kind = _TYPES.get(rule.kind, "object" if rule.kind in QUANTITIES else "str")
        columns[column] = pd.array(values, dtype=kind)
    return pd.DataFrame(columns | {"ref": refs}, raw.index), faults


def _value(cell: str, rule: Column) -> tuple[Any, Unreadable | None]:
    """What a cell holds, and what is wrong with it; of a point that cannot be read, not nothing."""
    value: object = Quantity() if rule.kind in QUANTITIES else None
    value = math.inf if rule.kind == "degrees" else value
    try:
        value = _read(cell, rule.kind)
        if code := _spoilt(cell, value, rule) or _broken_rule(cell, value, rule):
            return value, Unreadable(code, _nearest_allowed(cell, rule))
    except Unreadable as error:
        return value, Unreadable(_UNREADABLE.get(error.code, error.code), error.hint)
    return value, None


def _of_row(value: Quantity, currency: str, ref: str) -> Quantity:
    return replace(value, unit=currency if value.unit == "kr" else value.unit, refs=(ref,))


def _spoilt(cell: str, value: object, rule: Column) -> str:
    """Signs nobody sees, the error of a formula, a year too far ahead."""
    formula = rule.kind == "text" and FORMULA_ERROR.fullmatch(cell)
    year = value.low if isinstance(value, Quantity) else value
    is_year = rule.kind == "year" or rule.between == YEARS
    late = is_year and isinstance(year, int | float) and year > LAST_YEAR
    return "D010" if HIDDEN.search(cell) else "D060" if formula else "D065" if late else ""


def _broken_rule(cell: str, value: object, rule: Column) -> str:
    if not cell:
        return "D024" if rule.required else ""
    if rule.allowed and cell not in rule.allowed:
        return "D023"
    if rule.kind == "id" and not ID.fullmatch(cell):
        return "D022"
    if rule.between and isinstance(value, int | float):
        return "" if rule.between[0] <= value <= rule.between[1] else "D021"
    if isinstance(value, Quantity) and value.unit == "date" and not rule.dated:
        return "D039"  # a count that a spreadsheet has made a date
    money = rule.unit.startswith("money")
    if isinstance(value, Quantity) and value.is_known and (money or rule.kind == "count"):
        return _broken_number(value, money=money)
    return ""


def _broken_number(value: Quantity, *, money: bool) -> str:
    """What is wrong with a known count or amount: below nothing, halved, or of another unit."""
    number, of_whole = value.value or 0, value.unit in ("percent", "per_mille")
    if number < 0:
        return "D018"
    if money:
        return "D042" if of_whole else "" if value.unit or value.high == 0 else "D043"
    return "D042" if value.unit else "D017" if number % 1 else ""


def _nearest_allowed(cell: str, rule: Column) -> str:
    if rule.between:
        return f"{rule.between[0]}–{rule.between[1]}"
    return meant(cell, rule.allowed) or ", ".join(rule.allowed)


def _read(cell: str, kind: str) -> object:
    """What a cell of a kind holds, nothing where it is empty; raises `Unreadable`."""
    if kind in QUANTITIES:
        return parse_year(cell) if kind == "year" else parse(cell)
    if kind not in _NO or not cell:
        return None if kind in _TYPES else cell
    try:
        if kind == "flag":
            return {"true": True, "false": False}[cell.casefold()]
        if kind == "date":
            return {date.fromisoformat(cell).isoformat(): cell}[cell]  # no ISO week
        if kind == "degrees":
            return float(cell.replace(",", "."))
        return int(re.findall("^-?[0-9]{1,9}$", cell)[0])  # `int` alone takes "1_000" too
    except (ValueError, LookupError):
        raise Unreadable(*_NO[kind]) from None


def key_of(name: str, frame: pd.DataFrame) -> list[str]:
    """The key of each row as text; a code that may repeat takes its year into the key."""
    contract = TABLES[name]
    parts = [_key_part(frame[column]) for column in contract.key]
    if contract.repeatable:
        years = _key_part(frame["year"])
        again = frame[contract.key[-1]].isin(contract.repeatable)
        parts.append([year if twice else "" for year, twice in zip(years, again, strict=True)])
    return [" ".join(words).strip() for words in zip(*parts, strict=True)]


def _key_part(cells: pd.Series) -> list[str]:
    return [
        re.sub(r"\s*[-—]\s*", "–", cell.text) if isinstance(cell, Quantity) else str(cell)
        for cell in cells.tolist()
    ]


def check_across(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """What no single table shows: unknown names, the same thing twice, impossible orders in time,
    implausible numbers."""
    faults = _check_references(tables) + _check_twice(tables) + _check_aliases(tables["towns"])
    faults += _check_one_source("chain", tables["chain"], "year")
    faults += _check_one_source("membership", tables["membership"], "members")
    faults += _check_places(tables["towns"]) + _check_times(tables)
    faults += _check_chain(tables["chain"]) + _check_members(tables)
    faults += _check_survey(tables) + _check_checks(tables["checks"])
    faults += _check_crowns(tables["support"], tables["towns"])
    links = tables["sources"]["url"]
    faults += _wrong("D028", "sources", links[~links.str.match("https?://|$")])
    if home not in tables["towns"]["town"].tolist():
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif home not in tables["chain"]["town"].tolist():
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    return faults


def _wrong(code: str, table: str, cells: pd.Series, near: Any = None) -> list[Fault]:
    """A fault in each cell of a column; `near` has the whole number that it should keep to."""
    level: Level = "warning" if code in WARNINGS else "error"
    faults = []
    for row, cell in cells.items() if len(cells) else ():
        place = f"{table}.csv", int(str(row)), str(cells.name)
        value = cell.text if isinstance(cell, Quantity) else str(cell)
        details = {} if near is None else {"near": int(near[row])}
        faults.append(Fault(code, *place, value, level, details))
    return faults


def _check_references(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    columns = [(t, c, rule) for t in tables for c, rule in TABLES[t].columns.items() if rule.refers]
    for table, column, rule in columns:
        known = {"", *tables[rule.refers][TABLES[rule.refers].key[0]].tolist()}
        cells = tables[table][column]
        for row, cell in zip(cells.index, cells.tolist(), strict=True):
            for item in [] if cell in known else [of for of in cell.split("|") if of not in known]:
                place = (f"{table}.csv", int(row), column, item)
                details = {"near": meant(item, known), "table": rule.refers}
                faults.append(Fault("D026", *place, details=details))
    return faults


def _check_twice(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """The same thing twice in a table, or, where sources may differ, in one place of a source."""
    faults = []
    for name, frame in tables.items():
        one_testimony = ["source", "locator"] if name not in ("sources", "towns") else []
        keys = [key_of(name, frame), *(frame[of].tolist() for of in one_testimony)]
        seen: dict[tuple[str, ...], int] = {}
        for row, *key in () if TABLES[name].amended else zip(frame.index, *keys, strict=True):
            if (first := seen.setdefault(tuple(key), row)) != row:
                place = (f"{name}.csv", int(row), TABLES[name].key[0], key[0])
                faults.append(Fault("D025", *place, details={"row": int(first)}))
    return faults


def _check_one_source(name: str, frame: pd.DataFrame, column: str) -> list[Fault]:
    """Two numbers for the same thing from one source, which cannot both be what it says."""
    seen: dict[tuple[str, str], tuple[int, float, str]] = {}
    cells = [frame[of].tolist() for of in ("source", "locator", "year")]
    rows = zip(frame.index, key_of(name, frame), numbers(frame[column]), *cells, strict=True)
    faults = []
    for row, key, at, source, locator, year in rows:
        if year.is_known and not math.isnan(at):
            first, other, place = seen.setdefault((key, source), (row, at, locator))
            if at != other and locator != place:
                fault = _wrong("D025", name, frame.loc[[row], column])[0]
                faults.append(replace(fault, details={"row": int(first)}))
    return faults


def _check_aliases(towns: pd.DataFrame) -> list[Fault]:
    spelt = (towns["name"] + "|" + towns["local_name"] + "|" + towns["aliases"]).tolist()
    names = [(row, name) for row, of in zip(towns.index, spelt, strict=True) for name in of.split("|")]
    numbered = dict(towns["geonameid"] + towns["wikidata"] != "")  # it says which place it is
    faults: dict[tuple[int, int], Fault] = {}
    seen: dict[str, tuple[int, str]] = {}
    for row, name in filter(lambda named: named[1], names):
        folded = name.casefold()
        slips = [folded[:at] + folded[at + 1 :] for at in range(len(folded))]
        counted = any(map(str.isdigit, folded))  # numbered names are meant to differ
        for spelling in [folded, *(slips if len(folded) > 4 and not counted else [])]:
            before, other = seen.setdefault(spelling, (row, folded))
            code = "D031" if other == folded else "D061"
            if row != before and not (code == "D061" and numbered[row] and numbered[before]):
                place = ("towns.csv", int(row), "name", name)
                faults.setdefault((row, before), Fault(code, *place, details={"row": int(before)}))
    return list(faults.values())


def _check_places(towns: pd.DataFrame) -> list[Fault]:
    """Countries that no code stands for, and points that cannot be where the town is."""
    faults = []
    unpaid = [bool(of) and not get_territory_currencies(of) for of in towns["country"].tolist()]
    for row, country in towns["country"][unpaid].items():  # few: to read all names takes long
        codes = [code for code in map(str, Locale("en").territories) if re.fullmatch(CODE, code)]
        if country in codes:
            continue
        names = (Locale(language).territories.items() for language in LANGUAGES)
        meanings = {name.casefold(): code for language in names for code, name in language}
        place = ("towns.csv", int(str(row)), "country", country)
        near = country.upper() if country.upper() in codes else meanings.get(country.casefold())
        faults.append(Fault("D062", *place, details={"near": near}))
    points = towns[["lat", "lon"]].to_numpy()
    lost = (np.isnan(points).sum(axis=1) == 1) | ~points.any(axis=1)
    swapped = []
    for at, point in enumerate(points):
        others = np.delete(points, at, axis=0)
        near_as = [(abs(others - way).max(axis=1) < NEAR).any() for way in (point, point[::-1])]
        swapped.append(near_as == [False, True])
    faults += _wrong("D063", "towns", towns["lat"][lost])
    return faults + _wrong("D064", "towns", towns["lat"][swapped])


def _check_times(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """Days that contradict their row; rows that tell of a year after their source was public."""
    sources, meetings = tables["sources"], tables["meetings"]
    since = sources["known_since"].mask(sources["reference"]).astype("float64").fillna(math.inf)
    known_since = dict(zip(sources["source"].tolist(), since.tolist(), strict=True))
    days = {of: meetings[of].fillna("").tolist() for of in ("date_from", "date_to")}
    both = zip(*days.values(), strict=True)
    late = [until != "" and until < start for start, until in both]
    faults = _wrong("D066", "meetings", meetings["date_to"][late])
    for column, dates in days.items():
        of_row = zip(dates, meetings["year"], strict=True)
        other = [day != "" and not year.low <= int(day[:4]) <= year.high for day, year in of_row]
        faults += _wrong("D066", "meetings", meetings[column][other])
    for name, frame in tables.items():
        if "year" in frame and not TABLES[name].may_be_future:
            public = [known_since.get(source, math.inf) for source in frame["source"].tolist()]
            late = [year.low > since for year, since in zip(frame["year"], public, strict=True)]
            near = dict(zip(frame.index, public, strict=True))
            faults += _wrong("D029", name, frame["year"][late], near)
    return faults


def _check_chain(chain: pd.DataFrame) -> list[Fault]:
    """Places that left before they came, or came before there were twin towns."""
    at = chain.assign(at=numbers(chain["year"]), high=[of.high for of in chain["year"]])
    entry, left = at[at["event"].isin(["contact", "admitted"])], at[at["event"] == "left"]
    entered = left["town"].map(entry.groupby("town")["at"].min())
    faults = _wrong("D027", "chain", left["year"][left["high"] < entered], entered)
    return faults + _wrong("D052", "chain", entry["year"][entry["at"] < FIRST_TWINNING])


def _check_members(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """Associations of nobody, of a place outside the chain, or of more than live there."""
    towns, cells, figures = *(tables["membership"][of] for of in ("town", "members")), tables["figures"]
    people = figures[figures["measure"] == "population"]
    most = pd.Series(numbers(people["value"]), people.index).groupby(people["about"]).max()
    most, members = towns.map(most), pd.Series(numbers(cells), cells.index)
    least = towns.map(members[members > 0].groupby(towns).min())
    faults = _wrong("D067", "membership", cells[members >= 10 * least], least)
    faults += _wrong("D051", "membership", cells[members == 0])
    faults += _wrong("D037", "membership", towns[~towns.isin(tables["chain"]["town"])])
    return faults + _wrong("D034", "membership", cells[members > most], most)


def _check_crowns(support: pd.DataFrame, towns: pd.DataFrame) -> list[Fault]:
    """Amounts in "kr" for places whose own currency is another than the home town's."""
    country, faults = dict(zip(towns["town"], towns["country"], strict=True)), []
    for row, town, amount in zip(support.index, support["town"], support["amount"], strict=True):
        own = _currency(country.get(town, ""))
        if amount.text and own not in ("kr", amount.unit) and parse(amount.text).unit == "kr":
            place = ("support.csv", int(row), "amount", amount.text)
            details = {"near": own, "found": amount.unit}
            faults.append(Fault("D054", *place, level="warning", details=details))
    return faults


def _check_survey(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """More municipalities with twin towns than answered, or that answered than there are; shares
    of more than all."""
    rows, asked = tables["survey"], tables["figures"]
    asked = asked[asked["measure"] == "municipalities"]
    rows = rows.assign(at=numbers(rows["value"]))
    asked = asked.assign(at=numbers(asked["value"]), wave=numbers(asked["year"]))
    answered = rows[(rows["measure"] == "answered") & (rows["group"] == "all")]
    most = rows["wave"].map(answered.groupby("wave")["at"].max())
    twinned = rows["measure"] == "municipalities_with_twin_towns"
    faults = _wrong("D040", "survey", rows["value"][twinned & (rows["at"] > most)], most)
    there_are = answered["wave"].map(asked.groupby("wave")["at"].max())
    more = answered["value"][answered["at"] > there_are]
    faults += _wrong("D068", "survey", more, there_are)
    of_whole = pd.Series([value.unit == "percent" for value in rows["value"]], rows.index)
    shares = rows[of_whole & ~rows["measure"].str.startswith("change")]  # a change may be below 0
    beyond = ~shares["at"].fillna(0).between(0, 100)
    faults += _wrong("D044", "survey", shares["value"][beyond])
    known = are_known(rows["value"]) & (rows["at"] != 0)  # none is none in any unit
    is_share = rows["measure"].isin(shares["measure"]) | rows["measure"].str.endswith("_share")
    faults += _wrong("D045", "survey", rows["value"][is_share & ~of_whole & known])
    parts: dict[tuple[int, str], list[tuple[float, int]]] = {}
    each = zip(shares["wave"], shares["measure"], shares["at"].fillna(0), shares.index, strict=True)
    for wave, measure, at, row in each:
        parts.setdefault((wave, measure), []).append((at, row))
    over = [of[-1][1] for of in parts.values() if sum(at for at, _ in of) > 100]
    return faults + _wrong("D033", "survey", shares["value"].loc[over])


def _check_checks(checks: pd.DataFrame) -> list[Fault]:
    """Checks of a fact that do not say what it is held against."""
    relations, values = checks["relation"], checks["value"]
    asked = checks["fact"] != ""
    bare = asked & ~relations.isin(["", "agrees"]) & ~are_known(values)
    free = relations[asked & (relations == "")]
    return _wrong("D024", "checks", free) + _wrong("D024", "checks", values[bare])
