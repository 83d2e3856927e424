"""Raw rows → valid tables whose numbers are `Quantity`; finds what is wrong in a single cell.

`consistency` finds what only several cells show.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import pandas as pd

from ..errors import DataError, Fault, closest_word, merge_faults, refuse_errors, refuse_unknown
from . import files
from .consistency import ENTRIES, check_consistency, currency_of_country
from .quantity import Quantity, group_by_key, to_records
from .schema import FILE_WORDS, KINDS, QUANTITIES, TABLES, Column, Table
from .sheets import PERSON, read_table
from .spelling import HIDDEN, THINGS, Unreadable, parse_quantity, parse_year

PRINTABLE = re.compile(FILE_WORDS["printable"]["letters"])
CELL = {what: re.compile(pattern) for what, pattern in FILE_WORDS["cell"].items()}
CROWNS = ("SEK", "DKK", "NOK", "ISK", "kr")  # what "kr" may be; "kr" of a country unknown
YEARS_AHEAD = 10  # of the last source, for which there can be a report
_WRONG_KIND = {"whole": "D013", "degrees": "D021", "flag": "D023", "date": "D020", "when": "D020"}
PERSONAL = {"D086": PERSON["mail"], "D087": PERSON["phone"], "D088": PERSON["identity"]}
Change = tuple[Any, ...]  # a cell read as another text: row, column, raw, read, why
NewRows = Mapping[str, Sequence[Mapping[str, str]]]  # by table: rows as they would be in a file


@dataclass(frozen=True, eq=False)
class Dataset:
    """The valid tables of all years, their municipality, and the notes of the check.

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
        """The years that can have a report: from the first in which the home town is known to be in
        the chain to `YEARS_AHEAD` after the last source; such a report says how old its data are.
        Reference data belong to no year."""
        home = self.municipality.home
        towns = self.tables["towns"].set_index("town")
        chain = self.tables["chain"]
        sources = self.tables["sources"].set_index("source")
        since = sources["known_since"].astype("float").mask(sources["reference"], -math.inf)
        entries = to_records(chain[(chain["town"] == home) & chain["event"].isin(ENTRIES)])
        entered = min(max(since[row["source"]], row["year"].low) for row in entries)
        first = max(entered, since[towns.at[home, "source"]], sources["known_since"].min())
        return range(int(first), int(max(first, since.max())) + 1 + YEARS_AHEAD)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row is a cell read as another text than its file has: file, row, column, raw, read,
        why. A number keeps its text, so "ca 70" is no change; a blank that inherits is.
        """
        changes = [(of.file, *cell) for of in self.notes for cell in of.details.get("cells", ())]
        since = self.tables["sources"].set_index("source")["known_since"]
        for name, raw in self.raw.items():
            cells = [*_currency_changes(self.tables[name], TABLES[name])]
            if TABLES[name].amended:
                cells += _inherited_cells(raw, since, TABLES[name])
            changes += [(f"{name}.csv", *cell) for cell in cells]
        return pd.DataFrame(changes, columns=["file", "row", "column", "raw", "read", "why"])


def _currency_changes(table: pd.DataFrame, contract: Table) -> Iterator[Change]:
    """Yield the amounts in "kr", which are read in the home town's currency."""
    amounts = [column for column, rule in contract.columns.items() if rule.kind == "quantity"]
    for column in amounts:
        for row, amount in table[column].items():
            if parse_quantity(amount.text).unit == "kr":
                yield row, column, amount.text, f"{amount.text} ({amount.unit})", "currency"


def _inherited_cells(raw: pd.DataFrame, since: pd.Series, contract: Table) -> Iterator[Change]:
    """Yield the blanks that an earlier row with the same key fills."""
    oldest_first = raw["source"].map(since).sort_values(kind="stable").index
    cells = raw.loc[oldest_first, contract.inherited].replace("", pd.NA)
    filled = cells.groupby(raw[contract.key[0]]).ffill().where(cells.isna())
    for (row, column), cell in filled.stack().dropna().items():
        yield row, column, "", cell, "inherited"


def read_dataset(data: str | Path = "", more: NewRows | None = None) -> Dataset:
    """Read every table of a data folder, with `more` rows to try a change in memory; raises
    `DataError` with all faults at once. An unchanged folder is read only once."""
    folder = files.find_folder(data)
    return _read_folder(folder, more) if more else _read_once(folder, files.folder_stamp(folder))


@lru_cache(maxsize=4)
def _read_once(folder: Path, _stamp: object) -> Dataset:
    return _read_folder(folder, {})


def _read_folder(folder: Path, more: NewRows) -> Dataset:
    municipality = files.read_municipality(folder)
    texts, notes = files.read_text_files(folder)
    raw, table_notes = read_tables(folder)
    notes += table_notes
    for name, rows in more.items():
        refuse_unknown([name], TABLES)
        refuse_unknown([column for row in rows for column in row], TABLES[name].columns)
        first = max([1, *raw[name].index]) + 1
        added = pd.DataFrame(rows, range(first, first + len(rows)), raw[name].columns, "object")
        raw[name] = pd.concat([raw[name], added.astype("str")]).fillna("")
    countries = raw["towns"].set_index("town")["country"].to_dict()
    currency = currency_of_country(countries.get(municipality.home, ""))
    faults = check_free_text(raw, texts)
    tables = {}
    for name, frame in raw.items():
        tables[name], table_faults = clean_table(name, frame, currency)
        faults += table_faults
    # else rows would refer to what could not be read
    if not any(note.level == "error" for note in notes):
        unread = {(each.file, each.row, each.column) for each in faults if each.level == "error"}
        found = check_consistency(tables, municipality.home)
        faults += [fault for fault in found if (fault.file, fault.row, fault.column) not in unread]
    if not municipality.contact:
        notes.append(Fault("C017", "municipality.toml", column="contact"))
    notes = merge_faults(_blame_width(notes + files.name_workbooks(faults, folder)))
    refuse_errors(notes)
    return Dataset(folder, tables, municipality, currency, notes, raw)


def _blame_width(faults: list[Fault]) -> list[Fault]:
    """The faults; of a row with a field too few or too many that alone, as an error."""
    wrong = {(fault.file, fault.row) for fault in faults if fault.level == "error"}
    explained = wrong & {(fault.file, fault.row) for fault in faults if fault.code == "D008"}
    return [
        replace(fault, level="error") if (fault.file, fault.row) in explained else fault
        for fault in faults
        if fault.code == "D008" or (fault.file, fault.row) not in explained
    ]


def read_tables(data: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read every raw table as text; one row is a row of the file, its index the spreadsheet's row.

    Returns the frames by table, an empty one where its file is absent or faulty, and all faults.
    """
    raw = data / "raw"
    frames = {}
    faults: list[Fault] = []
    absent = []
    names_by_table = group_by_key((_classify_name(name), name) for name in files.list_names(raw))
    strays = {name: _guess_file(name) for name in names_by_table.get("", ())}
    for table, contract in TABLES.items():
        frames[table] = pd.DataFrame(columns=list(contract.columns), dtype="str")
        file = f"{table}.csv"
        near = next((name for name, guess in strays.items() if guess == file), "")
        name, *others = names_by_table.get(table, [""])
        suffix = Path(name).suffix.casefold()
        if others:
            faults.append(Fault("D080", name, details={"found": ", ".join([name, *others])}))
        elif suffix in (".csv", ".xlsx"):
            try:
                frames[table], findings = read_table(name, files.read_bytes(raw, name), contract)
                faults += findings
                if name != table + suffix:
                    faults.append(Fault("M016", name, value=table + suffix))
            except DataError as error:
                faults += error.faults
        elif name:
            faults.append(Fault("D041", file, details={"near": name}))
        elif near or contract.required:
            faults.append(Fault("D001", file, details={"near": near, "found": str(raw)}))
            strays.pop(near, "")
        else:
            absent.append(file)
    if absent:
        faults.append(Fault("D082", value=", ".join(absent)))
    faults += [Fault("D081", name, details={"near": guess}) for name, guess in strays.items()]
    return frames, faults


def _classify_name(name: str) -> str:
    """The table a file holds, in any case; "expected" for others that belong here; else empty."""
    path = Path(normalize("NFC", name).casefold())
    if path.stem in TABLES and path.suffix in FILE_WORDS["file"]["table"]:
        return path.stem
    is_other = path.name in FILE_WORDS["file"]["other"] or path.stem.startswith("readme")
    return "expected" if is_other or files.UNSEEN.search(name) else ""


def _guess_file(name: str) -> str:
    """The file that one with a similar name may have been meant for."""
    path = Path(name.casefold())
    words = re.findall("[a-z]+", path.stem) if path.suffix in FILE_WORDS["file"]["misnamed"] else ()
    tables = (closest_word(word, TABLES, 0.8) for word in words)
    return next((f"{table}.csv" for table in tables if table), "")


def clean_table(
    name: str, raw: pd.DataFrame, currency: str, contract: Table | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return a table with its types, and every fault in it; "kr" is read as `currency`.

    `raw` is all text, its index the row of the file. Equal cells are read once.
    """
    columns: dict[str, Any] = {}
    faults: list[Fault] = []
    refs = [f"{name}:{row}" for row in raw.index]
    for column, rule in (contract or TABLES[name]).columns.items():
        cells = raw[column].tolist()
        readings = {cell: _read_cell(cell, rule, currency) for cell in dict.fromkeys(cells)}
        values = []
        for row, ref, cell in zip(raw.index, refs, cells, strict=True):
            value, code, details = readings[cell]
            if code == "D024" and column == "known_since":
                code = "D069"
            if code:
                faults.append(Fault(code, f"{name}.csv", int(row), column, cell, details, "error"))
            if rule.kind in QUANTITIES:
                value = value.with_source(ref, currency)
                if value.doubt == "none" and rule.money:
                    value = replace(value, unit=value.unit or currency)  # "inget bidrag"
            values.append(value)
        columns[column] = pd.array(values, dtype=KINDS[rule.kind].get("dtype", "str"))
    return pd.DataFrame(columns | {"ref": refs}, raw.index), faults


def _read_cell(cell: str, rule: Column, currency: str) -> tuple[Any, str, dict[str, str]]:
    """Return what a cell holds, the code of its fault, and (as `near`) what may have been meant."""
    near = ""
    try:
        _refuse_spoiled(cell, rule)
        value: Any = _parse_cell(cell, rule.kind)
        if rule.kind == "quantity" and value.unit == "kr" and currency not in CROWNS:
            raise Unreadable("D054", currency)
        if code := _find_broken_rule(cell, value, rule):
            near = "–".join(map(str, rule.between)) or ", ".join(rule.allowed)
    except Unreadable as error:
        value, code, near = _parse_cell("", rule.kind), error.code, error.hint
    if code and cell and rule.kind == "degrees":
        value = math.inf  # wrong degrees are not the same as none
    return value, code, {"near": near}


def _refuse_spoiled(cell: str, rule: Column) -> None:
    """Refuse invisible characters, a formula's error, and a number shortened by Excel."""
    if HIDDEN.search(cell):
        raise Unreadable("D010")
    if cell[:1] in ("#", "E") and CELL["formula_error"].fullmatch(cell):
        raise Unreadable("D060")
    is_shortened = cell[:1].isdigit() and CELL["shortened"].fullmatch(cell)
    if is_shortened and rule.kind in ("text", "id") and (rule.form or "+" in cell):
        raise Unreadable("D047")


def _find_broken_rule(cell: str, value: object, rule: Column) -> str:
    if not cell:
        return "D024" if rule.required else ""
    if rule.allowed and cell not in rule.allowed:
        return "D023"
    if rule.kind == "id" and not CELL["id"].fullmatch(cell):
        return "D022"
    if rule.form and not re.fullmatch(rule.form, cell):
        return "D047"
    low, high = rule.between or (-math.inf, math.inf)
    if isinstance(value, int | float) and not low <= value <= high:
        return "D021"
    return _find_broken_number(value, rule) if isinstance(value, Quantity) else ""


def _find_broken_number(value: Quantity, rule: Column) -> str:
    """The code of a date made by Excel, of a negative or fractional number, of a wrong unit."""
    if value.unit == "date" and not rule.dated:
        return "D039"
    if not value.is_known or not (rule.money or rule.kind == "count"):
        return ""
    if math.copysign(1, value.low) < 0:  # "-0" too
        return "D018"
    is_other = value.unit if not rule.money else value.unit in ("percent", "per_mille")
    if is_other or (not rule.money and THINGS.search(value.text)):
        return "D042"
    if rule.money:
        return "" if value.unit or value.high == 0 else "D043"
    return "D017" if any(bound % 1 for bound in (value.low, value.high) if bound < math.inf) else ""


def _parse_cell(cell: str, kind: str) -> object:
    """Return what a cell of a kind holds, nothing where it is empty; raises `Unreadable`."""
    if kind in QUANTITIES:
        return parse_year(cell) if kind == "year" else parse_quantity(cell)
    if kind not in _WRONG_KIND or not cell:
        return None if "dtype" in KINDS[kind] else cell
    with suppress(ValueError):
        if kind == "flag" and cell.casefold() in ("true", "false"):
            return cell.casefold() == "true"
        if kind == "degrees" and CELL["degrees"].match(cell):
            return float(cell.replace(",", "."))
        if kind == "whole" and CELL["whole"].match(cell):
            return int(cell)
        day = cell
        if kind == "when":  # a year or a month is checked as its first day
            day += {len("2014"): "-01-01", len("2014-05"): "-01"}.get(len(cell), "")
        if kind in ("date", "when") and date.fromisoformat(day).isoformat() == day:  # no ISO week
            return cell
    raise Unreadable(_WRONG_KIND[kind], "true, false" if kind == "flag" else "")


def find_personal_data(text: str) -> str:
    """Return the code of the fault if a text has a person's address (D086), telephone (D087) or
    what may be an identity number (D088); links are not searched."""
    text = CELL["link"].sub(" ", text)
    patterns = PERSONAL.items() if PERSON["suspect"].search(text) else ()
    return next((code for code, pattern in patterns if pattern.search(text)), "")


def unprintable_letters(text: str) -> list[str]:
    """Return the letters of a text that no typeface on paper has, each once."""
    letters = [] if text.isascii() else sorted({*normalize("NFC", text)})
    return [c for c in letters if not PRINTABLE.match(c) or (c > "ͷ" and category(c) in "CnCo")]


def check_free_text(raw: dict[str, pd.DataFrame], texts: Mapping[str, str]) -> list[Fault]:
    """Return a fault for each cell or line of text with personal data, which must not be published,
    and a warning for each that cannot be printed whole."""
    faults: list[Fault] = []
    for name, text in texts.items():
        faults += _check_lines(name, "", [*enumerate(text.removeprefix("\ufeff").split("\n"), 1)])
    for name, frame in raw.items():
        rules = TABLES[name].columns
        for column in frame:
            if column not in rules or rules[column].kind == "text":
                cells = [*frame[column].items()]
                faults += _check_lines(f"{name}.csv", column, cells, is_printed=column in rules)
    return faults


def _check_lines(file: str, column: str, lines: list, is_printed: bool = True) -> Iterator[Fault]:
    whole = "\n".join(line for _, line in lines)  # in most there is nothing to find
    if file != "municipality.toml" and find_personal_data(whole):  # where an address is meant
        for row, line in lines:
            if code := find_personal_data(line):
                yield Fault(code, file, row, column)
    if is_printed and unprintable_letters(whole):
        for row, line in lines:
            if letters := "".join(unprintable_letters(line)):
                yield Fault("D092", file, row, column, line, {"found": letters})
