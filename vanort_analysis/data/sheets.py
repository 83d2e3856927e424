"""The bytes of one file → a table of text: encodings, CSV, Excel, its header and its rows.

Mends only what loses nothing, and tells of it. What cannot be read for certain is refused.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, Findings, closest_word, format_rows, have_errors
from .quantity import group_by_key
from .schema import QUANTITIES, TEXT, Table
from .spelling import (
    INVISIBLE,
    LEGACY,
    STRANGE,
    Unreadable,
    find_damage,
    normalise,
    parse_quantity,
    score_reading,
)

if TYPE_CHECKING:
    import pandas as pd

Records = list[tuple[int, list[str]]]  # each with the number that a spreadsheet shows

MB = 1_000_000
LARGEST_MB, LARGEST_UNPACKED_MB, MOST_PACKED = 10, 50, 100
csv.field_size_limit(LARGEST_MB * MB)  # that a text is too long is told with its cell
XLSX, PROTECTED = "Excel (.xlsx)", "protected"
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_MARKED = (
    (b"\xef\xbb\xbf", "utf-8-sig", "M001"),
    (b"\xff\xfe", "utf-16", "M002"),
    (b"\xfe\xff", "utf-16", "M002"),
    (b"", "utf-8", ""),
)
WHY = {"M007": "blanks", "M008": "form of letters", "M009": "invisible signs"}
WHY |= {"M014": "decimal comma", "M015": "true or false"}  # in the log of changes
MENDED_OF = {"degrees": "M014", "flag": "M015"}
DECIMAL_COMMA = re.compile(r"^(-?\d+),(\d+)$")
LONGEST_TEXT, MOST_ROWS = 5000, 50_000
HEADER_WITHIN = 10  # rows
COMMAS = re.compile(r"[,;\t|](?=\S|$)")  # between fields; in prose a blank follows


@cache
def file_words() -> dict[str, Any]:
    """The words of the files in a data folder."""
    return tomllib.loads(Path(__file__).with_name("file_words.toml").read_text("utf-8"))


@cache
def person_pattern(what: str) -> re.Pattern[str]:
    """What a header, or a text, has that tells of a person."""
    return re.compile("|".join(file_words()["person"][what]), re.IGNORECASE)


def read_table(name: str, content: bytes, contract: Table) -> tuple[pd.DataFrame, Findings]:
    """The rows of one file as text, and what was found in it; raises `DataError`."""
    names, found = _names_of(contract), Findings(name)
    records = _cells(content, names, found) if content.strip() else []
    filled = [(row, said) for row, said in records if any(map(str.strip, said))]
    if dropped := len(records) - len(filled):
        found.add("M006", value=dropped)
    at = _header_at(filled, names, contract, found)
    (row, head), above = filled[at], [said for _, said in filled[:at]]
    head, body = _cut([normalise(cell) for cell in head], filled[at + 1 :])
    header = [names.get(_as_name(cell), _as_name(cell)) for cell in head]
    body, below = _without_foot(header, body, contract, found)
    if around := [" ".join(said).strip() for said in above + below]:
        found.add("M011", value="; ".join(around))
    pairs = dict(zip(head, header, strict=True))
    if renamed := [f"{cell} → {column}" for cell, column in pairs.items() if cell != column]:
        found.add("M010", value=", ".join(renamed))
    if len(body) > MOST_ROWS:
        raise found.refusal("D035", value=len(body), near=MOST_ROWS)
    _check_header(row, pairs, names, contract, found)
    for column in sorted({column for column in header if header.count(column) > 1 and column}):
        found.add("D007", row, column)
    if not body:
        found.add("D003", level="error" if contract.required else "warning")
    for number, said in body:
        _check_row(number, header, said, contract, found)
    if have_errors(found):
        raise DataError(found)
    return _as_frame(header, body, contract, found), found


def _header_at(filled: Records, names: Mapping[str, str], contract: Table, found: Findings) -> int:
    """Which of the first rows has the most names of columns."""
    expected = ",".join(contract.columns)
    if not filled:
        raise found.refusal("D002", expected=expected)
    tops = [_known_columns(said, names) for _, said in filled[:HEADER_WITHIN]]
    if max(tops) < 2:
        row, said = filled[0]
        raise found.refusal("D084", row, expected=expected, found=", ".join(map(normalise, said)))
    return tops.index(max(tops))


def _names_of(contract: Table) -> dict[str, str]:
    """The columns of a table, under every name that a header may give them."""
    others = file_words()["column"]
    known = {name: column for column in contract.columns for name in others.get(column, ())}
    return known | {column: column for column in contract.columns}


def _cut(head: list[str], body: Records) -> tuple[list[str], Records]:
    """Without the columns last in the file that have neither a header nor a cell."""
    rows = [head, *(cells for _, cells in body)]
    used = max(at for cells in rows for at, cell in enumerate(cells, 1) if cell.strip())
    cut = [(row, said[:used] if len(said) == len(head) else said) for row, said in body]
    return head[:used], cut


def _without_foot(
    header: list[str], body: Records, contract: Table, found: Findings
) -> tuple[Records, list[list[str]]]:
    """The rows without the notes and a sum under them, and the notes; the sum is held against
    what it sums."""
    notes: list[list[str]] = []
    while body and not any(body[-1][1][1:]) and re.search("[ :*]", body[-1][1][0].strip()):
        notes.insert(0, body[-1][1])
        body = body[:-1]
    row, last = body[-1] if body else (0, ["-"])
    sums = {column: cell for column, cell in zip(header, last, strict=False) if cell.strip()}
    sums.pop(header[0] if last[0].strip() else "", "")
    counted = {of for of, rule in contract.columns.items() if rule.kind in QUANTITIES[:2]}
    is_total = normalise(last[0]).casefold() in file_words()["total"]["words"]
    if not (is_total and sums and sums.keys() <= counted):
        return body, notes
    found.add("M012", row, value=", ".join(sums.values()))
    for column, cell in sums.items():
        at = header.index(column)
        total = sum(_value(cells[at]) for _, cells in body[:-1] if len(cells) > at)
        if total != _value(cell):
            found.add("D085", row, column, cell, near=f"{total:g}")
    return body[:-1], notes


def _value(cell: str) -> float:
    with suppress(Unreadable):
        return parse_quantity(cell).value or 0
    return 0


def _check_header(
    row: int, head: Mapping[str, str], names: Mapping[str, str], contract: Table, found: Findings
) -> None:
    """Columns that are missing, and those nobody reads; `head` has the names by what is written."""
    strange = {
        cell or chr(ord("A") + at): names.get(closest_word(column, names), "")
        for at, (cell, column) in enumerate(head.items())
        if column not in contract.columns
    }
    for column, rule in contract.columns.items():
        if column not in head.values() and rule.default is None:
            near = next((cell for cell, likely in strange.items() if likely == column), "")
            strange.pop(near, "")  # one fault is told once
            found.add("D006", row, column, near=near, found=", ".join(head))
    for cell in strange:
        found.add("D048" if person_pattern("headers").fullmatch(cell) else "D050", row, cell)


def _check_row(
    row: int, header: list[str], cells: list[str], contract: Table, found: Findings
) -> None:
    swallowed = [line for cell in cells for line in cell.splitlines()[1:]]
    if any(len(COMMAS.findall(line)) >= len(header) - 1 for line in swallowed):
        found.add("D009", row)
    elif len(cells) != len(header):
        absent = [contract.columns.get(column, TEXT) for column in header[len(cells) :]]
        is_text = bool(absent) and not any(of.required or of.kind != "text" for of in absent)
        level, surplus = "warning" if is_text else "error", ", ".join(cells[len(header) :])
        widths: dict[str, Any] = {"found": len(cells), "expected": len(header)}
        found.add("D008", row, value=surplus, level=level, **widths)
    elif len(whole := "\n".join(cells)) > LONGEST_TEXT or STRANGE.search(whole):
        for column, cell in zip(header, cells, strict=True):
            code, likely = find_damage(cell)
            if code := code or "D036" * (len(cell) > LONGEST_TEXT):
                found.add(code, row, column, cell, near=likely)


def _as_frame(header: list[str], body: Records, contract: Table, found: Findings) -> pd.DataFrame:
    """The cells as text, tidy; what is mended in them is told of once a kind, with its cells."""
    import pandas as pd

    columns: dict[str, str | list[str]] = {}
    mended = []
    rows = [row for row, _ in body]
    for at, column in enumerate(header):
        kind = contract.columns.get(column, TEXT).kind
        written = [cells[at] if at < len(cells) else "" for _, cells in body]
        columns[column] = read = [_as_read(cell, kind) for cell in written]
        for row, old, new in zip(rows, written, read, strict=True) if read != written else ():
            if old != new:
                code = _why(old, new, kind)
                mended.append((code, (row, column, old, new, WHY[code])))
    for code, cells in group_by_key(mended).items():
        said = format_rows(row for row, *_ in cells)
        found.add(code, cells[0][0], value=len(cells), rows=said, cells=cells)
    of_all = {column: rule.default or "" for column, rule in contract.columns.items()}
    if absent := [column for column in of_all if column not in columns]:
        found.add("M017", 1, value=", ".join(absent))
    return pd.DataFrame(of_all | columns, pd.Index(rows, name="row"), dtype="str")


def _as_read(cell: str, kind: str) -> str:
    plain = normalise(cell)
    if kind == "degrees":
        return DECIMAL_COMMA.sub(r"\1.\2", plain)
    return file_words()["flag"].get(plain.casefold(), plain) if kind == "flag" else plain


def _why(old: str, new: str, kind: str) -> str:
    """The code of what is mended in a cell."""
    if normalise(old) != new:
        return MENDED_OF[kind]
    if INVISIBLE.search(old):
        return "M009"
    return "M007" if unicodedata.normalize("NFC", old) == old else "M008"


@lru_cache(maxsize=10_000)
def _as_name(header: str) -> str:
    """A header as a column's name is written."""
    return re.sub(r"[\s-]+", "_", normalise(header).casefold().rstrip(":*"))


def _cells(content: bytes, columns: Collection[str], found: Findings) -> Records:
    """The rows of a file whose header knows `columns`; raises `DataError`."""
    book = found.file.casefold().endswith(".xlsx")
    if (kind := _true_kind(content)) != (XLSX if book else ""):
        raise found.refusal("D073" if kind == PROTECTED else "D005", value=kind)
    return _excel(content, found) if book else _csv(content, columns, found)


def _true_kind(content: bytes) -> str:
    """What a file is, whatever it is called; nothing where it may be text."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PK\x03\x04"):
        with suppress(*_BROKEN_ZIP):
            names = zipfile.ZipFile(io.BytesIO(content)).namelist()
            kinds = file_words()["inside"].items()
            return next((kind for inside, kind in kinds if inside in names), "zip")
        return XLSX  # cut off: that is said when it is opened
    if start.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
        return PROTECTED
    begins = start[:4].decode("latin-1")
    return next(
        (kind for sign, kind in file_words()["begins"].items() if begins.startswith(sign)), ""
    )


def _csv(content: bytes, columns: Collection[str], found: Findings) -> Records:
    text = _text_of(content, found)
    if not text.strip():
        return []
    lines = list(io.StringIO(text, newline=""))  # not at U+2028 and its like
    if ends := {line[len(line.rstrip("\r\n")) :] for line in lines} - {"", "\n"}:
        said = ", ".join(sorted(end.replace("\r", "CR").replace("\n", "LF") for end in ends))
        found.add("M013", value=said)
    if names_comma := lines[0].strip(' "\r\n,;\t|').casefold() == "sep=":
        lines[0] = "\n"  # the rows under it keep their numbers
        found.add("M005", 1)
    tops = lines[:HEADER_WITHIN]
    comma = max(
        ",;\t|", key=lambda mark: max(_known_columns(top.split(mark), columns) for top in tops)
    )
    if comma != ",":
        found.add("M004", value=comma)
    records: Records = []
    try:
        records.extend(enumerate(csv.reader(lines, delimiter=comma, strict=True), 1))
    except csv.Error:
        raise found.refusal("D009", len(records) + 1) from None
    _refuse_one_column(records, columns, found)
    return records[names_comma:]


def _known_columns(found: list[str], columns: Collection[str]) -> int:
    """How many of the cells of a row are names of columns."""
    short = (cell.strip(' "\r\n') for cell in found if len(cell) < 100)
    return len({*map(_as_name, short)} & set(columns))


def _refuse_one_column(records: Records, columns: Collection[str], found: Findings) -> None:
    """Records that lie whole in their first cell: opened in Excel by a double-click, and saved."""
    inner = {
        row: next(csv.reader([cells[0]]), [])
        for row, cells in records
        if cells and "," in cells[0] and not any(cells[1:])
    }
    tops = [cells for _, cells in records[:HEADER_WITHIN]]
    tops += islice(inner.values(), HEADER_WITHIN)
    width = len(max(tops, key=lambda cells: _known_columns(cells, columns)))
    if whole := [row for row, cells in inner.items() if len(cells) == width]:
        raise found.refusal("D070", whole[0], value=",".join(inner[whole[0]]))


def _text_of(content: bytes, found: Findings) -> str:
    encoding, code = next(rest for bom, *rest in _MARKED if content.startswith(bom))
    if not code and content.count(0) > len(content) // 4:
        encoding, code = ("utf-16-le" if content[1] == 0 else "utf-16-be"), "M002"
    with suppress(UnicodeDecodeError):
        text = content.decode(encoding)
        if code:
            found.add(code)
        return text
    best = max(LEGACY, key=lambda other: score_reading(content.decode(other, "replace")))
    try:
        text = content.decode("ascii" if code or best != "cp1252" else best)
    except UnicodeDecodeError:
        likely = "" if code or best == "cp1252" else LEGACY[best]
        raise found.refusal("D004", near=likely) from None
    found.add("M003")
    if words := re.findall(r"[^\s,;]*[^\x00-\x7f\xa0][^\s,;]*", text)[:3]:
        found.add("D053", value=", ".join(words))
    return text


def _excel(content: bytes, found: Findings) -> Records:
    """The rows of the only sheet of a workbook, or of the one that is called as the table."""
    has_formulas = _refuse_unsafe(content, found)
    try:
        book = _workbook(content, values=True)
        formulas = _workbook(content, values=False) if has_formulas else book
    except Exception:  # noqa: BLE001  a library's many errors on a file that it cannot read
        raise found.refusal("D072") from None
    sheets = [sheet.title for sheet in book.worksheets]
    table = found.file.rpartition(".")[0].casefold()
    wanted = [title for title in sheets if title.casefold() == table or len(sheets) == 1]
    if not wanted:
        raise found.refusal("D071", found=", ".join(sheets))
    if others := ", ".join(title for title in sheets if title != wanted[0]):
        found.add("D079", value=others)
    sheet = book[wanted[0]]
    for row in formulas[sheet.title].iter_rows() if has_formulas else ():
        for cell in row:
            if cell.data_type == "f" and sheet[cell.coordinate].value is None:
                found.add("D077", cell.row, cell.column_letter, cell.value)
    for of in sheet.merged_cells.ranges:  # a title or a note alone on its row may be
        filled = sum(cell.value is not None for cell in sheet[of.min_row])
        if of.min_row < of.max_row or filled > 1:
            found.add("D076", of.min_row, value=of.coord)
    rows = [(row[0].row, [_said(cell) for cell in row]) for row in sheet.iter_rows()]
    if hidden := _hidden(sheet, rows):
        found.add("D078", value=", ".join(hidden))
    return rows


def _hidden(sheet: Any, rows: Records) -> list[str]:
    """The rows that hold something and the columns that nobody sees."""
    columns = [
        f"{of.min}–{of.max}" if of.max > of.min else letter
        for letter, of in sheet.column_dimensions.items()
        if of.hidden and of.min <= sheet.max_column
    ]
    seen = sheet.row_dimensions
    return [str(row) for row, cells in rows if any(cells) and seen[row].hidden] + columns


def _workbook(content: bytes, *, values: bool) -> Any:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what no value depends on
        return openpyxl.load_workbook(io.BytesIO(content), data_only=values, keep_links=False)


def _refuse_unsafe(content: bytes, found: Findings) -> bool:
    """Refuse, before it is opened, what would unpack to far more than it is, or has a document
    type inside; tells whether the workbook has formulas."""
    try:
        book = zipfile.ZipFile(io.BytesIO(content))
        size = sum(part.file_size for part in book.infolist())
        if size > LARGEST_UNPACKED_MB * MB or size > max(MB, MOST_PACKED * len(content)):
            raise found.refusal("D074", found=f"{size // MB} MB")
        parts = {
            part: book.read(part) for part in book.namelist() if part.endswith((".xml", ".rels"))
        }
    except _BROKEN_ZIP:
        raise found.refusal("D072") from None
    except RuntimeError:  # a password on the zip itself
        raise found.refusal("D073") from None
    for part, said in parts.items():
        if b"<!DOCTYPE" in said.replace(b"\0", b""):
            raise found.refusal("D075", value=part)
    return any(b"<f" in said for part, said in parts.items() if "worksheets/" in part)


def _said(cell: Any) -> str:
    """What a cell shows, as it would stand in a CSV file of ours."""
    value, form = cell.value, str(cell.number_format)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime) and value.time() == time.min:
        value = value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        shown = set(re.sub(r"\[[^]]*\]", "", form).lower()) & set("ymd")
        return value.isoformat()[: {("m", "y"): 7, ("y",): 4}.get(tuple(sorted(shown)), 10)]
    if isinstance(value, int | float):
        return _number(value, form)
    return "" if value is None else str(value)


def _number(value: float, form: str) -> str:
    """A number without what binary fractions add to it, with the unit that the cell shows."""
    percent = "%" in form
    said = format(Decimal(format(value * 100 if percent else value, ".15g")), "f")
    said += "0" * bool(re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", said))  # or it may be thousands
    unit = re.search(r"\[\$([^\]-]+)|\"([^\"]+)\"", form)
    shown = "%" if percent else (unit[1] or unit[2]).strip() if unit else ""
    return f"{said} {shown}".strip()
