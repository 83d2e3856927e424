"""Raw rows → valid tables whose numbers are `Quantity`: what is wrong in one cell.

What only several cells show is `consistency`'s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from operator import mul
from pathlib import Path
from typing import Any, cast
from unicodedata import category

import pandas as pd

from ..errors import CommandError, DataError, Fault, closest_word, have_errors, merge_faults
from . import files
from .consistency import ENTRIES, check_consistency, currency_of_country
from .quantity import Quantity, to_records
from .schema import QUANTITIES, TABLES, Column, Table
from .sheets import person_pattern
from .spelling import HIDDEN, Unreadable, parse_quantity, parse_year

# letters that some typeface on paper has: Latin, Greek, Cyrillic, Hebrew, common signs
PRINTED = re.compile(
    "[\t\n\r -~\xa0-\u0482\u048a-\u04ff\u05d0-\u05ea\u1e00-\u1fff\u2000-\u2040\u2044-\u20c0"
    "\u2100-\u211e\u2122\u2126-\u2184\u2190-\u23ff\u2460-\u2606\ufb00-\ufb06\ufffd]"
)
# the error of a formula in any language of a spreadsheet; a column too narrow for its number
FORMULA_ERROR = re.compile("#[A-ZÅÄÆÖØ]+(/[A0T][!?]?|[!?])|Err:[0-9]{3}|#{3,}")
SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[Ee][+-]?[0-9]+")  # 2,62042E+06, written by Excel
FLAGS = {"true": True, "false": False}
ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
AHEAD = 10  # years after the last source that there can be a report for
_UNREADABLE = {"words": "D014", "ambiguous": "D015", "lookalike": "D016", "year": "D019"}
_UNREADABLE |= {"footnote": "D046"}
_NO = {"whole": "D013", "degrees": "D021", "flag": "D023", "date": "D020", "when": "D020"}
_TYPES = {"whole": "Int64", "degrees": "float64", "flag": "boolean"}
LINK = re.compile(r"https?://\S+")
MAY_BE_PERSONAL = re.compile(r"\w@\w|\d(?:[\s()/+-]{0,3}\d){5}")
WITHIN = 40  # signs around it are looked at closer, which takes long
FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
NORWEGIAN = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The valid tables of all years, the municipality they are about, and what was noted.

    A table has the columns of its contract and `ref` ("membership:3"); its index is the row a
    spreadsheet shows. Counts, amounts and years are `Quantity` that know their row. `raw` has the
    same rows as text.
    """

    folder: Path
    tables: dict[str, pd.DataFrame]
    municipality: files.Municipality
    currency: str
    notes: list[Fault]
    raw: dict[str, pd.DataFrame]

    @cached_property
    def years(self) -> range:
        """The years there can be a report for: from the first that knows of the home town in the
        chain to some years after the last source of all; it then says how old that is.
        Reference data are of no year."""
        sources = self.tables["sources"].set_index("source")
        since = sources["known_since"].astype("float").mask(sources["reference"], -math.inf)
        tables = (self.tables["towns"], self.tables["chain"])
        of_home = (frame[frame["town"] == self.municipality.home] for frame in tables)
        (town,), events = map(to_records, of_home)
        entries = (row for row in events if row["event"] in ENTRIES)
        entered = min(max(since[row["source"]], row["year"].low) for row in entries)
        first = max(entered, since[town["source"]], sources["known_since"].min())
        return range(int(first), int(max(first, since.max())) + 1 + AHEAD)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row is a cell that is read as another text than its file has: file, row, column,
        raw, read, why. A number keeps its text, so "ca 70" is no change; a blank that inherits is.
        """
        mended = [(note.file, note.details.get("cells", ())) for note in self.notes]
        found = [(file, *cell) for file, cells in mended for cell in cast("list[Any]", cells)]
        since = self.tables["sources"].set_index("source")["known_since"]
        for name, raw in self.raw.items():
            cells = [*_in_currency(self.tables[name], TABLES[name])]
            cells += _inherited(raw, since, TABLES[name]) if TABLES[name].amended else []
            found += [(f"{name}.csv", *cell) for cell in cells]
        return pd.DataFrame(found, columns=["file", "row", "column", "raw", "read", "why"])


def _in_currency(table: pd.DataFrame, contract: Table) -> Iterator[tuple[Any, ...]]:
    """The amounts in "kr", which are read in the home town's currency."""
    for column in (of for of, rule in contract.columns.items() if rule.kind in QUANTITIES[:2]):
        for row, of in table[column].items():
            if parse_quantity(of.text).unit == "kr":
                yield row, column, of.text, f"{of.text} ({of.unit})", "currency"


def _inherited(raw: pd.DataFrame, since: pd.Series, contract: Table) -> Iterator[tuple[Any, ...]]:
    """The blanks that an earlier row about the same thing fills."""
    oldest_first = raw["source"].map(since).sort_values(kind="stable").index
    cells = raw.loc[oldest_first, contract.inherited].mask(lambda of: of == "")
    filled = cells.groupby(raw[contract.key[0]]).ffill().where(cells.isna())
    for (row, column), cell in filled.stack().dropna().items():
        yield row, column, "", cell, "inherited"


NewRows = Mapping[str, Sequence[Mapping[str, str]]]  # by table: rows as they would stand in a file


def read_dataset(data: str | Path = "", more: NewRows | None = None) -> Dataset:
    """Every table of a data folder, valid, with `more` rows to try a change in memory; raises
    `DataError` with all faults at once. A folder that has not changed is read once."""
    folder = files.find_folder(data)
    return _read_with(folder, more) if more else _read_once(folder, files.folder_stamp(folder))


@lru_cache(maxsize=4)
def _read_once(folder: Path, _: object) -> Dataset:
    return _read_with(folder, {})


def _read_with(folder: Path, more: NewRows) -> Dataset:
    municipality = files.read_municipality(folder)
    texts, notes = files.read_text_files(folder)
    raw, found = files.read_tables(folder)
    notes += found
    for name, rows in more.items():
        _refuse_unknown([name], TABLES)
        _refuse_unknown([column for row in rows for column in row], TABLES[name].columns)
        first = max([1, *raw[name].index]) + 1
        under = pd.DataFrame(rows, range(first, first + len(rows)), raw[name].columns, "str")
        raw[name] = pd.concat([raw[name], under]).fillna("")
    country = raw["towns"].set_index("town")["country"].to_dict().get(municipality.home, "")
    currency = currency_of_country(country)
    tables, faults = {}, check_free_text(raw, texts)
    for name, frame in raw.items():
        tables[name], wrong = clean_table(name, frame, currency)
        faults += wrong
    if not have_errors(notes):  # else rows would name what could not be read
        faults += check_consistency(tables, municipality.home)
    if not municipality.contact:
        notes.append(Fault("C017", "municipality.toml", column="contact", level="warning"))
    notes += merge_faults(files.name_workbooks(faults, folder))
    if have_errors(notes):
        raise DataError(notes)
    return Dataset(folder, tables, municipality, currency, notes, raw)


def _refuse_unknown(words: Collection[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            near = closest_word(word, known) or ", ".join(known)
            raise CommandError(Fault("C018", value=word, details={"near": near}))


def clean_table(name: str, raw: pd.DataFrame, currency: str) -> tuple[pd.DataFrame, list[Fault]]:
    """One table with its types, and every fault in it; "kr" is read as `currency`.

    `raw` is all text, its index the row of the file. Equal cells are read once.
    """
    columns: dict[str, Any] = {}
    faults: list[Fault] = []
    refs = [f"{name}:{row}" for row in raw.index]
    for column, rule in TABLES[name].columns.items():
        cells = raw[column].tolist()
        read = {cell: _judge(cell, rule) for cell in dict.fromkeys(cells)}
        for row, cell in zip(raw.index, cells, strict=True):
            _, code, hint = read[cell]
            if code:
                code = "D069" if (code, column) == ("D024", "known_since") else code
                place = (f"{name}.csv", int(row), column, cell)
                faults.append(Fault(code, *place, details={"near": hint}))
        values: list[Any] = [read[cell][0] for cell in cells]
        if rule.kind in QUANTITIES:
            values = [of.with_source(ref, currency) for of, ref in zip(values, refs, strict=True)]
        kind = _TYPES.get(rule.kind, "object" if rule.kind in QUANTITIES else "str")
        columns[column] = pd.array(values, dtype=kind)
    return pd.DataFrame(columns | {"ref": refs}, raw.index), faults


def _judge(cell: str, rule: Column) -> tuple[Any, str, str]:
    """What a cell holds, the code of what is wrong with it, and what may be meant."""
    value, code, near = _read("", rule.kind), _spoilt(cell, rule), ""
    if not code:
        try:
            value = _read(cell, rule.kind)
            code = _broken_rule(cell, value, rule)
            near = closest_word(cell, rule.allowed) or ", ".join(rule.allowed) if code else ""
            near = "–".join(map(str, rule.between)) if code and rule.between else near
        except Unreadable as error:
            code, near = _UNREADABLE.get(error.code, error.code), error.hint
    if code and cell and rule.kind == "degrees":
        value = math.inf  # not the same as none
    return value, code, near


def _spoilt(cell: str, rule: Column) -> str:
    """Signs nobody sees, the error of a formula, a number that a spreadsheet has shortened."""
    if HIDDEN.search(cell):
        return "D010"
    if cell[:1] in ("#", "E") and FORMULA_ERROR.fullmatch(cell):
        return "D060"
    shortened = rule.kind in ("text", "id") and cell[:1].isdigit() and SCIENTIFIC.fullmatch(cell)
    return "D047" if shortened and (rule.form or "+" in cell) else ""


def _broken_rule(cell: str, value: object, rule: Column) -> str:
    if not cell:
        return "D024" if rule.required else ""
    wrong = {
        "D023": rule.allowed and cell not in rule.allowed,
        "D022": rule.kind == "id" and not ID.fullmatch(cell),
        "D047": rule.form and not re.fullmatch(rule.form, cell),
    }
    if rule.between and isinstance(value, int | float):
        wrong["D021"] = not rule.between[0] <= value <= rule.between[1]
    code = next((code for code, is_wrong in wrong.items() if is_wrong), "")
    return code or (_broken_number(value, rule) if isinstance(value, Quantity) else "")


def _broken_number(value: Quantity, rule: Column) -> str:
    """What is wrong with a number: made a date by Excel; if a count or an amount, below nothing,
    halved, or of another unit."""
    if value.unit == "date" and not rule.dated:
        return "D039"
    money = rule.unit.startswith("money")
    if not value.is_known or not (money or rule.kind == "count"):
        return ""
    number, of_whole = value.value or 0, value.unit in ("percent", "per_mille")
    if number < 0:
        return "D018"
    if money:
        return "D042" if of_whole else "" if value.unit or value.high == 0 else "D043"
    return "D042" if value.unit else "D017" if number % 1 else ""


def _read(cell: str, kind: str) -> object:
    """What a cell of a kind holds, nothing where it is empty; raises `Unreadable`."""
    if kind in QUANTITIES:
        return parse_year(cell) if kind == "year" else parse_quantity(cell)
    if kind not in _NO or not cell:
        return None if kind in _TYPES else cell
    try:
        if kind == "flag":
            return FLAGS[cell.casefold()]
        if kind in ("date", "when"):
            day = cell + "-01-01"[len(cell) - 4 :] if kind == "when" else cell
            return {date.fromisoformat(day).isoformat(): cell}[day]  # no ISO week
        if kind == "degrees":
            return float(re.findall(r"^-?[0-9]{1,3}(?:[.,][0-9]+)?$", cell)[0].replace(",", "."))
        return int(re.findall("^-?[0-9]{1,9}$", cell)[0])  # `int` alone takes "1_000" too
    except (ValueError, LookupError):
        raise Unreadable(_NO[kind], "true, false" if kind == "flag" else "") from None


def find_personal_data(text: str) -> str:
    """The code of the fault that a text is if it tells of a person: by an address, a telephone or
    an identity number. A number counts only if its date and its check digits are right, so that
    years, amounts and coordinates pass."""
    bare = LINK.sub(" ", text)
    for may in MAY_BE_PERSONAL.finditer(bare):
        near = bare[max(may.start() - WITHIN, 0) : may.end() + WITHIN]
        if person_pattern("mail").search(near):
            return "D086"
        if any(
            _is_identity(*match.groups()) for match in person_pattern("identity").finditer(near)
        ):
            return "D088"
        if person_pattern("phone").search(near):
            return "D087"
    return ""


def _is_identity(born: str, mark: str, rest: str) -> bool:
    """Whether it is a number of a person, as Sweden, Finland, Denmark, Iceland or Norway gives."""
    day, month = int(born[:2]), int(born[2:4])
    if not rest.isdigit():  # Finland: a letter checks the others
        return _is_day(day, month) and FINNISH[int(born + rest[:3]) % len(FINNISH)] == rest[3:]
    digits = [int(digit) for digit in born + rest]
    if len(digits) == len(NORWEGIAN[1]):  # a number lent to a visitor has 40 more
        checks = (sum(map(mul, weights, digits)) % 11 for weights in NORWEGIAN)
        return _is_day(day % 40, month) and not any(checks)
    doubled = (sum(divmod(digit * (2 - at % 2), 10)) for at, digit in enumerate(digits))
    if _is_day(int(born[4:]) % 60, month) and sum(doubled) % 10 == 0:  # Sweden; 60 more, lent
        return True
    icelandic = sum(map(mul, (3, 2, 7, 6, 5, 4, 3, 2, 1), digits)) % 11 == 0
    return _is_day(day, month) and (mark == "-" or (not mark and icelandic))  # Denmark: no check


def _is_day(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12


def unprintable_letters(text: str) -> list[str]:
    """The letters of a text that no typeface on paper has, each once."""
    odd = [] if text.isascii() else sorted({*text})
    return [c for c in odd if not PRINTED.match(c) or (c > "\u0377" and category(c) == "Cn")]


def check_free_text(raw: dict[str, pd.DataFrame], texts: Mapping[str, str]) -> list[Fault]:
    """Cells, and lines of the texts, that tell of a person: none may be in data that are published;
    and, as warnings, those that cannot be printed whole."""
    lines = {name: dict(enumerate(text.split("\n"), 1)) for name, text in texts.items()}
    told = [(name, "", rows, True) for name, rows in lines.items()]  # the last: it is printed
    for name, frame in raw.items():
        rules = TABLES[name].columns  # other kinds hold nothing but what they may
        free = [of for of in frame if of not in rules or rules[of].kind == "text"]
        told += [(f"{name}.csv", of, frame[of].to_dict(), of in rules) for of in free]
    faults = []
    for file, column, rows, is_printed in told:
        whole = "\n".join(rows.values())
        if file != "municipality.toml" and find_personal_data(whole):
            of_persons = {row: find_personal_data(text) for row, text in rows.items()}
            faults += [Fault(code, file, row, column) for row, code in of_persons.items() if code]
        for row, text in rows.items() if is_printed and unprintable_letters(whole) else ():
            if odd := "".join(unprintable_letters(text)):
                faults.append(Fault("D092", file, row, column, text, "warning", {"found": odd}))
    return faults
