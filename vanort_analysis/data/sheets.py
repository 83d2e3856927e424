"""The bytes of one file → rows of cells, as a spreadsheet shows them: encodings, CSV, Excel.

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
from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Findings, listed
from .schema import TEXT, Table

if TYPE_CHECKING:
    import pandas as pd

Rows = list[tuple[int, list[str]]]  # each with the number that a spreadsheet shows

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
_LEGACY = {"cp1252": "Windows-1252", "cp850": "CP850", "mac_roman": "Mac Roman"}
_NORDIC, _SIGNS = set("åäöæøéÅÄÖÆØÉ"), set("’”“„–—…•·§°«»´×²³½¼±€£©®\u00a0")
_JOINING = set("’–\u00a0")  # signs that may stand between two letters
BROKEN = re.compile(r"[^\W\d_][„†‡Œ™ŠšŽ€‚›¾¿¯®•][^\W\d_]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # bidi too
STRANGE = re.compile(f"{CONTROL.pattern}|\ufffd|[^\x00-\x7f]{{2}}|{BROKEN.pattern}")
WHY = {"M007": "blanks", "M008": "form of letters", "M009": "invisible signs"}
WHY |= {"M014": "decimal comma", "M015": "true or false"}  # in the log of changes
MENDED_OF = {"degrees": "M014", "flag": "M015"}
DECIMAL_COMMA = re.compile(r"^(-?\d+),(\d+)$")
# soft hyphen, joiners, marks of direction; what turns text around is refused instead
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff]")


@cache
def words() -> dict[str, Any]:
    """The words of the files in a data folder."""
    return tomllib.loads(Path(__file__).with_name("file_words.toml").read_text("utf-8"))


@cache
def persons(what: str) -> re.Pattern[str]:
    """What a header, or a text, has that tells of a person."""
    return re.compile("|".join(words()["person"][what]), re.IGNORECASE)


def tidy(cell: str) -> str:
    """Composed letters, plain blanks, none around, no invisible signs."""
    if cell.isascii():
        return " ".join(cell.split())
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", cell)).split())


def as_frame(header: list[str], body: Rows, contract: Table, found: Findings) -> pd.DataFrame:
    """The cells as text, tidy; what is mended in them is told of once a kind, with its cells."""
    import pandas as pd

    columns: dict[str, list[str]] = {}
    mended: dict[str, list[tuple[int, str, str, str, str]]] = {}
    rows = [row for row, _ in body]
    for at, column in enumerate(header):
        kind = contract.columns.get(column, TEXT).kind
        written = [cells[at] if at < len(cells) else "" for _, cells in body]
        columns[column] = read = [_as_read(cell, kind) for cell in written]
        for row, old, new in zip(rows, written, read, strict=True) if read != written else ():
            if old != new:
                shape = "M007" if unicodedata.normalize("NFC", old) == old else "M008"
                signs = "M009" if INVISIBLE.search(old) else shape
                code = signs if tidy(old) == new else MENDED_OF[kind]
                mended.setdefault(code, []).append((row, column, old, new, WHY[code]))
    for code, cells in mended.items():
        said = listed(row for row, *_ in cells)
        found.add(code, cells[0][0], value=len(cells), rows=said, cells=cells)
    absent = [column for column in contract.columns if column not in columns]
    if absent:
        found.add("M017", 1, value=", ".join(absent))
    for column in absent:
        columns[column] = [contract.columns[column].default or ""] * len(rows)
    wanted = {column: columns[column] for column in [*contract.columns, *columns]}
    return pd.DataFrame(wanted, pd.Index(rows, name="row"), dtype="str")


def _as_read(cell: str, kind: str) -> str:
    plain = tidy(cell)
    if kind == "degrees":
        return DECIMAL_COMMA.sub(r"\1.\2", plain)
    return words()["flag"].get(plain.casefold(), plain) if kind == "flag" else plain


@lru_cache(maxsize=10_000)
def as_name(header: str) -> str:
    """A header as a column's name is written."""
    return re.sub(r"[\s-]+", "_", tidy(header).casefold().rstrip(":*"))


def cells(content: bytes, columns: Collection[str], found: Findings) -> Rows:
    """The rows of a file whose header knows `columns`; raises `WrongData`."""
    book = found.file.casefold().endswith(".xlsx")
    if (kind := _true_kind(content)) != (XLSX if book else ""):
        raise found.refused("D073" if kind == PROTECTED else "D005", value=kind)
    return _excel(content, found) if book else _csv(content, columns, found)


def _true_kind(content: bytes) -> str:
    """What a file is, whatever it is called; nothing where it may be text."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PK\x03\x04"):
        with suppress(*_BROKEN_ZIP):
            names = zipfile.ZipFile(io.BytesIO(content)).namelist()
            kinds = words()["inside"].items()
            return next((kind for inside, kind in kinds if inside in names), "zip")
        return XLSX  # cut off: that is said when it is opened
    if start.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
        return PROTECTED
    begins = start[:4].decode("latin-1")
    return next((kind for sign, kind in words()["begins"].items() if begins.startswith(sign)), "")


def _csv(content: bytes, columns: Collection[str], found: Findings) -> Rows:
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
    tops = lines[:10]
    comma = max(
        ",;\t|", key=lambda mark: max(known_columns(top.split(mark), columns) for top in tops)
    )
    if comma != ",":
        found.add("M004", value=comma)
    records: Rows = []
    try:
        for row, record in enumerate(csv.reader(lines, delimiter=comma, strict=True), 1):
            records.append((row, record))
    except csv.Error:
        raise found.refused("D009", len(records) + 1) from None
    _refuse_one_column(records, columns, found)
    return records[names_comma:]


def known_columns(found: list[str], columns: Collection[str]) -> int:
    """How many of the cells of a row are names of columns."""
    short = (cell.strip(' "\r\n') for cell in found if len(cell) < 100)
    return len({*map(as_name, short)} & set(columns))


def _refuse_one_column(records: Rows, columns: Collection[str], found: Findings) -> None:
    """Rows that lie whole in their first cell: opened in Excel by a double-click, and saved."""
    inner = {
        row: next(csv.reader([cells[0]]), [])
        for row, cells in records
        if cells and "," in cells[0] and not any(cells[1:])
    }
    tops = [*(cells for _, cells in records[:10]), *islice(inner.values(), 10)]
    width = len(max(tops, key=lambda cells: known_columns(cells, columns)))
    if whole := [row for row, cells in inner.items() if len(cells) == width]:
        raise found.refused("D070", whole[0], value=",".join(inner[whole[0]]))


def _text_of(content: bytes, found: Findings) -> str:
    encoding, code = next(rest for bom, *rest in _MARKED if content.startswith(bom))
    if not code and content.count(0) > len(content) // 4:
        encoding, code = ("utf-16-le" if content[1] == 0 else "utf-16-be"), "M002"
    with suppress(UnicodeDecodeError):
        text = content.decode(encoding)
        if code:
            found.add(code)
        return text
    best = max(_LEGACY, key=lambda other: _likely(content.decode(other, "replace")))
    try:
        text = content.decode("ascii" if code or best != "cp1252" else best)
    except UnicodeDecodeError:
        likely = "" if code or best == "cp1252" else _LEGACY[best]
        raise found.refused("D004", near=likely) from None
    found.add("M003")
    if words := re.findall(r"[^\s,;]*[^\x00-\x7f\xa0][^\s,;]*", text)[:3]:
        found.add("D053", value=", ".join(words))
    return text


def _likely(text: str) -> tuple[int, bool]:
    """How much a reading looks like words: letters where letters stand, signs where signs do; and
    whether it has letters of the Nordic languages, before which any doubt is told."""
    score, nordic = 0, False
    for match in islice(re.finditer(r"[^\x00-\x7f]", text), 10_000):
        sign, at = match[0], match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        inside = before.isalpha() and after.isalpha()
        if not sign.isalpha():
            score += 2 if sign in (_JOINING if inside else _SIGNS) else -1
            continue
        alone = not before.isalpha() and not after.isalpha()
        capital = before.islower() or (before.isalpha() and after.islower())
        small = before.isupper() and after.isupper()
        wrong = (capital if sign.isupper() else small) or (alone and (before + after).isalnum())
        score += -1 if wrong else 2 if sign in _NORDIC and not alone else 1
        nordic = nordic or (sign in _NORDIC and not wrong)
    return score, nordic


def restored(cell: str) -> str:
    """A cell as it was before its letters were read in a wrong encoding, if they were."""
    if cell.isascii():
        return cell
    whole = re.sub(r"[^\x00-\x7f]{2,}", lambda run: _read_once_more(run[0]), cell)
    if whole == cell and BROKEN.search(cell) and _likely(cell)[0] < 0:
        with suppress(UnicodeError):
            written = cell.encode("cp1252")
            readings = [written.decode(encoding, "replace") for encoding in _LEGACY]
            return max(readings, key=_likely)
    return whole


def _read_once_more(run: str) -> str:
    """Signs that are the bytes of UTF-8 in another encoding, as the letters they stand for."""
    for encoding in _LEGACY:
        with suppress(UnicodeError):
            written = b"".join(
                bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode(encoding) for c in run
            )
            read = unicodedata.normalize("NFC", written.decode("utf-8"))
            read.encode("cp1252")
            return restored(read)
    return run


def spoilt(said: str, hidden: re.Pattern[str] = CONTROL) -> tuple[str, str]:
    """The code of what has become of the letters of a text, and how it was likely written."""
    likely = restored(said)
    code = "D012" if "\ufffd" in said else "D011" if likely != said else ""
    return code or "D010" * bool(hidden.search(said)), likely


def spoilt_lines(name: str, text: str, hidden: re.Pattern[str] = CONTROL) -> Findings:
    """The lines of a text whose letters are spoilt."""
    found = Findings(name)
    for row, line in enumerate(text.split("\n"), 1):
        code, likely = spoilt(line, hidden)
        if code:
            found.add(code, row, value=line, near=likely)
    return found


def _excel(content: bytes, found: Findings) -> Rows:
    """The rows of the only sheet of a workbook, or of the one that is called as the table."""
    has_formulas = _refuse_unsafe(content, found)
    try:
        book = _workbook(content, values=True)
        formulas = _workbook(content, values=False) if has_formulas else book
    except Exception:  # noqa: BLE001  a library's many errors on a file that it cannot read
        raise found.refused("D072") from None
    sheets = [sheet.title for sheet in book.worksheets]
    table = found.file.rpartition(".")[0].casefold()
    wanted = [title for title in sheets if title.casefold() == table or len(sheets) == 1]
    if not wanted:
        raise found.refused("D071", found=", ".join(sheets))
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


def _hidden(sheet: Any, rows: Rows) -> list[str]:
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
            raise found.refused("D074", found=f"{size // MB} MB")
        parts = {
            part: book.read(part) for part in book.namelist() if part.endswith((".xml", ".rels"))
        }
    except _BROKEN_ZIP:
        raise found.refused("D072") from None
    except RuntimeError:  # a password on the zip itself
        raise found.refused("D073") from None
    for part, said in parts.items():
        if b"<!DOCTYPE" in said.replace(b"\0", b""):
            raise found.refused("D075", value=part)
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
