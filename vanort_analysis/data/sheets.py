"""The bytes of one file → a table of text: encodings, CSV, Excel, its header and its rows.

Repairs only what can be repaired without loss, and reports every repair; refuses the rest.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from string import ascii_uppercase
from typing import Any

import pandas as pd

from ..errors import Findings, closest_word, format_rows, refuse_errors
from .files import LARGEST_MB, MB
from .quantity import group_by_key
from .schema import FILE_WORDS, TEXT, Table
from .spelling import MAX_NUMBER, Unreadable, decode, find_damage, normalise, parse_quantity

Cells = list[str]
Records = list[tuple[int, Cells]]  # each row with the number that a spreadsheet shows

LONGEST_TEXT = 5000
MAX_ROWS, MAX_CELLS = 50_000, 1_000_000  # of a sheet
LARGEST_UNPACKED_MB, MAX_COMPRESSION = 50, 100  # times its size
HEADER_WITHIN = 10  # rows
csv.field_size_limit(LARGEST_MB * MB)  # a text that is too long is reported with its cell
XLSX, PROTECTED = "Excel (.xlsx)", "protected"
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
DECIMAL_COMMA = re.compile(r"^(-?\d+),(\d+)$")
# what a number format shows as it stands: quoted, escaped, in brackets; and blanks of a width
LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^]]*\]')
LETTERS = [first + last for first in ("", *ascii_uppercase) for last in ascii_uppercase]
SEPARATORS = ",;\t|"
SEPARATOR = re.compile(rf"[{SEPARATORS}](?=\S|$)")  # in prose a blank follows a comma
# what matches personal data: "headers", "mail", "phone", "identity", and what may be one, "suspect"
PERSON = {what: re.compile("|".join(of), re.I) for what, of in FILE_WORDS["person"].items()}


def read_table(name: str, content: bytes, contract: Table) -> tuple[pd.DataFrame, Findings]:
    """The rows of one file as text, and all that was found in it; raises `DataError`.

    The columns are those of the contract, then the file's others; the index is the row number that
    a spreadsheet shows.
    """
    findings = Findings(name)
    records = _read_records(content, contract, findings)
    rows = [(row, cells) for row, cells in records if any(map(str.strip, cells))]
    if len(rows) < len(records):
        findings.add("M006", value=len(records) - len(rows))
    top = _find_header(rows, contract, findings)
    row, cells = rows[top]
    header, body = _drop_blank_columns([normalise(cell) for cell in cells], rows[top + 1 :])
    columns = [contract.header_names.get(_to_name(cell), _to_name(cell)) for cell in header]
    notes = [cells for _, cells in rows[:top]] + _pop_footer(columns, body, contract, findings)
    if notes:
        findings.add("M011", value="; ".join(" ".join(cells).strip() for cells in notes))
    written = dict(zip(header, columns, strict=True))
    known = [pair for pair in written.items() if pair[1] in contract.columns]
    if renamed := [f"{cell} → {column}" for cell, column in known if cell != column]:
        findings.add("M010", value=", ".join(renamed))
    if len(body) > MAX_ROWS:
        raise findings.refusal("D035", value=len(body), near=MAX_ROWS)
    _check_header(row, written, contract, findings)
    for column in sorted({column for column in columns if column and columns.count(column) > 1}):
        findings.add("D007", row, column)
    if not body:
        findings.add("D003", level="error" if contract.required else "warning")
    for number, cells in body:
        _check_row(number, columns, cells, contract, findings)
    refuse_errors(findings)
    return _to_frame(columns, body, contract, findings), findings


@lru_cache(maxsize=10_000)
def _to_name(header: str) -> str:
    return re.sub(r"[\s-]+", "_", normalise(header).casefold().rstrip(":*."))


def _count_known(cells: Cells, contract: Table) -> int:
    """How many of the cells are names of columns."""
    short = (cell.strip(' "\r\n') for cell in cells if len(cell) < 100)
    return len({*map(_to_name, short)} & contract.header_names.keys())


def _find_header(rows: Records, contract: Table, findings: Findings) -> int:
    """The index of that of the first rows which has the most names of columns."""
    names = ",".join(contract.columns)
    if not rows:
        raise findings.refusal("D002", expected=names)
    counts = [_count_known(cells, contract) for _, cells in rows[:HEADER_WITHIN]]
    if max(counts) < 2:
        row, cells = rows[0]
        raise findings.refusal("D084", row, expected=names, found=", ".join(map(normalise, cells)))
    return counts.index(max(counts))


def _drop_blank_columns(header: Cells, body: Records) -> tuple[Cells, Records]:
    """The table without empty columns; a column without a header gets its letter as one."""
    width = len(header)
    columns = list(zip_longest(header, *(cells for _, cells in body), fillvalue=""))[:width]
    used = [i for i, column in enumerate(columns) if any(map(str.strip, column))]
    narrow = [[cells[i] for i in used if i < len(cells)] + cells[width:] for _, cells in body]
    named = [header[i] or LETTERS[i % len(LETTERS)] for i in used]
    return named, [(row, cells) for (row, _), cells in zip(body, narrow, strict=True)]


def _pop_footer(columns: Cells, body: Records, contract: Table, findings: Findings) -> list[Cells]:
    """Remove notes and the total from the end of `body`; return the notes, report a wrong total."""
    notes: list[Cells] = []
    if not contract.annotated:
        return notes
    while body and not any(body[-1][1][1:]) and re.search("[ :*]", body[-1][1][0].strip()):
        notes.insert(0, body.pop()[1])
    if not body:
        return notes
    row, cells = body[-1]
    totals = {of: cell for of, cell in zip(columns[1:], cells[1:], strict=False) if cell.strip()}
    label = normalise(cells[0]).casefold().rstrip(":")
    totals.pop("year" if label else "", None)  # a year alone is no label
    kinds = {contract.columns.get(column, TEXT).kind for column in totals}
    is_total = not {label, label.split(" ")[0]}.isdisjoint(FILE_WORDS["total"]["words"])
    if is_total and totals and kinds <= {"count", "quantity"}:
        body.pop()
        findings.add("M012", row, value=", ".join(totals.values()))
        for column, cell in totals.items():
            index = columns.index(column)
            total = sum(_amount(cells[index]) for _, cells in body if len(cells) > index)
            if round(total - _amount(cell), 6):  # but for the noise of binary fractions
                findings.add("D085", row, column, cell, near=f"{total:g}")
    return notes


def _amount(cell: str) -> float:
    with suppress(Unreadable):
        return parse_quantity(cell).value or 0
    return 0


def _check_header(row: int, written: dict[str, str], contract: Table, findings: Findings) -> None:
    """Report columns missing or read by nobody; `written`: the column by cell of the header."""
    names = contract.header_names
    unread = {cell: column for cell, column in written.items() if column not in contract.columns}
    unknown = {cell: names.get(closest_word(column, names), "") for cell, column in unread.items()}
    for column, rule in contract.columns.items():
        if column not in written.values() and rule.default is None:
            near = next((cell for cell, likely in unknown.items() if likely == column), "")
            unknown.pop(near, "")  # a misspelt column is reported once
            findings.add("D006", row, column, near=near, found=", ".join(written))
    for cell in unknown:
        findings.add("D048" if PERSON["headers"].fullmatch(cell) else "D050", row, cell)


def _check_row(row: int, columns: Cells, cells: Cells, contract: Table, findings: Findings) -> None:
    """Report a row that has swallowed others, is of another width, or has damaged letters."""
    width = len(columns)
    swallowed = [line for cell in cells for line in cell.splitlines()[1:]]
    if any(len(SEPARATOR.findall(line)) >= width - 1 for line in swallowed):
        findings.add("D009", row)
    elif len(cells) != width:
        absent = [contract.columns.get(column, TEXT) for column in columns[len(cells) :]]
        is_harmless = all(rule.kind == "text" and not rule.required for rule in absent)
        level = "warning" if absent and is_harmless else "error"
        surplus = ", ".join(cells[width:])
        findings.add("D008", row, value=surplus, level=level, found=len(cells), expected=width)
    else:
        for column, cell in zip(columns, cells, strict=True):
            code, restored = find_damage(cell)
            if code:
                findings.add(code, row, column, cell, near=restored)
            elif len(cell) > LONGEST_TEXT:
                findings.add("D036", row, column, cell)


def _to_frame(columns: Cells, body: Records, contract: Table, findings: Findings) -> pd.DataFrame:
    """The cells as tidy text; each kind of repair is reported once, with its cells."""
    texts: dict[str, list[str]] = {}
    repairs = []
    for index, column in enumerate(columns):
        kind = contract.columns.get(column, TEXT).kind
        texts[column] = []
        for row, cells in body:
            cell = cells[index] if index < len(cells) else ""
            text, code = _repair_cell(cell, kind)
            texts[column].append(text)
            if code:
                repairs.append((code, (row, column, cell, text, FILE_WORDS["repair"][code])))
    for code, changes in group_by_key(repairs).items():
        rows = format_rows(row for row, *_ in changes)
        findings.add(code, changes[0][0], value=len(changes), rows=rows, cells=changes)
    defaults = {column: rule.default or "" for column, rule in contract.columns.items()}
    if absent := [column for column in defaults if column not in texts]:
        findings.add("M017", 1, value=", ".join(absent))
    index = pd.Index([row for row, _ in body], name="row")
    return pd.DataFrame(defaults | texts, index, dtype="str")


def _repair_cell(cell: str, kind: str) -> tuple[str, str]:
    """The text of a cell of this kind, and the code of its repair; no code if it is unchanged."""
    plain = text = normalise(cell)
    if kind == "degrees":
        text = DECIMAL_COMMA.sub(r"\1.\2", plain)
    elif kind == "flag":
        text = FILE_WORDS["flag"].get(plain.casefold(), plain)
    elif kind == "refs":
        text = re.sub(r"\s*\|\s*", "|", plain)
    if text == cell:
        return text, ""
    codes = {"degrees": "M014", "flag": "M015"} if text != plain else {}
    return text, codes.get(kind, "M007")


def _read_records(content: bytes, contract: Table, findings: Findings) -> Records:
    """The rows of a CSV file or workbook, the empty ones too; raises `DataError`."""
    if not content.strip():
        return []
    is_workbook = findings.file.casefold().endswith(".xlsx")
    expected = XLSX if is_workbook else ""
    if (kind := _detect_kind(content)) != expected:
        raise findings.refusal("D073" if kind == PROTECTED else "D005", value=kind or "CSV")
    return (_read_excel if is_workbook else _read_csv)(content, contract, findings)


def _detect_kind(content: bytes) -> str:
    """What kind of file this is, whatever its name; empty if it may be text."""
    if content.startswith(b"PK\x03\x04"):
        with suppress(*BROKEN_ZIP):
            parts = zipfile.ZipFile(io.BytesIO(content)).namelist()
            kinds = FILE_WORDS["inside"].items()
            return next((kind for part, kind in kinds if part in parts), "zip")
        return XLSX  # cut off, which is reported when it is opened
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
        return PROTECTED
    signatures = FILE_WORDS["begins"].items()
    return next((kind for sign, kind in signatures if start.startswith(sign.encode("latin-1"))), "")


def _read_csv(content: bytes, contract: Table, findings: Findings) -> Records:
    if not (text := decode(content, findings)).strip():
        return []
    if line_ends := sorted(set(re.findall("\r\n?", text))):
        findings.add("M013", value=", ".join(line_ends).replace("\r", "CR").replace("\n", "LF"))
    lines = list(io.StringIO(text, newline=""))  # `splitlines` would split at U+2028 too
    has_separator_line = lines[0].strip(' "\r\n,;\t|').casefold() == "sep="
    if has_separator_line:
        lines[0] = "\n"  # the rows under it keep their numbers
        findings.add("M005", 1)
    tops = lines[:HEADER_WITHIN]
    separator = max(
        SEPARATORS, key=lambda mark: max(_count_known(line.split(mark), contract) for line in tops)
    )
    if separator != ",":
        findings.add("M004", value="tab" if separator == "\t" else separator)
    records: Records = []
    try:
        records.extend(enumerate(csv.reader(lines, delimiter=separator, strict=True), 1))
    except csv.Error:  # in the row after those that `records` has got
        raise findings.refusal("D009", len(records) + 1) from None
    _refuse_one_column(records, contract, findings)
    return records[1:] if has_separator_line else records


def _refuse_one_column(records: Records, contract: Table, findings: Findings) -> None:
    """Refuse rows that are whole in their first cell, as Excel makes them of a CSV file."""
    inner = {
        row: next(csv.reader(cells[0].splitlines()), [])
        for row, cells in records
        if cells and "," in cells[0] and not any(cells[1:])
    }
    tops = [cells for _, cells in records[:HEADER_WITHIN]] + list(inner.values())[:HEADER_WITHIN]
    width = len(max(tops, key=lambda cells: _count_known(cells, contract)))
    for row, cells in inner.items():
        if len(cells) == width:
            raise findings.refusal("D070", row, value=",".join(cells))


def _read_excel(content: bytes, contract: Table, findings: Findings) -> Records:
    """The rows of the only sheet of a workbook, or of the one named like the table."""
    _check_archive(content, findings)
    book = _open_workbook(content, findings, values=False)
    titles = [sheet.title for sheet in book.worksheets]
    table = findings.file.rpartition(".")[0].casefold()
    wanted = [title for title in titles if title.casefold() == table or len(titles) == 1]
    if not wanted:
        raise findings.refusal("D071", found=", ".join(titles))
    if others := ", ".join(title for title in titles if title != wanted[0]):
        findings.add("D079", value=others)
    sheet = book[wanted[0]]
    size = sheet.max_row * sheet.max_column  # a cell far away costs as much as all before it
    if size > MAX_CELLS or sheet.max_column > len(LETTERS):
        raise findings.refusal(
            "D035", value=sheet.dimensions, cells=MAX_CELLS, columns=len(LETTERS)
        )
    cells = [cell for row in sheet.iter_rows() for cell in row]
    for cell in cells:
        _check_cell(cell, contract, findings)
    if formulas := [cell for cell in cells if cell.data_type == "f"]:
        sheet = _open_workbook(content, findings, values=True)[wanted[0]]
    for cell in formulas:
        stored = sheet[cell.coordinate]
        if stored.value is None and stored.data_type != "str":  # an empty text is a value
            formula = getattr(cell.value, "text", cell.value)
            findings.add("D077", cell.row, cell.column_letter, formula)
    for merged in sheet.merged_cells.ranges:
        filled = sum(cell.value is not None for cell in sheet[merged.min_row])
        if merged.min_row < merged.max_row or filled > 1:  # else a title or a note
            findings.add("D076", merged.min_row, value=merged.coord)
    records = [(row[0].row, [_format_cell(cell) for cell in row]) for row in sheet.iter_rows()]
    hidden = [str(row) for row, cells in records if any(cells) and sheet.row_dimensions[row].hidden]
    for letter, group in sheet.column_dimensions.items():
        if group.hidden and group.min <= sheet.max_column:
            hidden.append(f"{group.min}–{group.max}" if group.max > group.min else letter)
    if hidden:
        findings.add("D078", value=", ".join(hidden))
    return records


def _check_cell(cell: Any, contract: Table, findings: Findings) -> None:
    """Report what its text does not tell: raised or struck-out marks, a day, a comment."""
    is_day = isinstance(cell.value, date) and "y" not in LITERAL.sub("", cell.number_format).lower()
    text, plain, is_struck = str(cell.value).strip(), "", False
    for run in cell.value if isinstance(cell.value, list) else [cell.value]:  # of one look each
        font = getattr(run, "font", None) or cell.font
        is_struck |= bool(font.strike)
        if not (font.strike or font.vertAlign in ("superscript", "subscript")):
            plain += str(run)
    plain = plain.strip()
    if cell.value is not None and (is_day or plain != text):
        above = range(1, min(cell.row, HEADER_WITHIN + 1))
        heads = (_to_name(str(cell.parent.cell(row, cell.column).value)) for row in above)
        column = next(filter(None, map(contract.header_names.get, heads)), "")
        kind = contract.columns.get(column, TEXT).kind
        is_marked = column and plain != text and (is_struck or kind != "text")
        beside = [other for other in cell.parent[cell.row] if other.value is not None]
        if column and is_day and kind not in ("date", "when"):
            findings.add("D039", cell.row, column, _format_cell(cell))
        elif is_marked and all(other.font.strike for other in beside):  # one fault, of the row
            findings.add("D098", cell.row, whole=findings.file)
        elif is_marked:
            findings.add("D098", cell.row, column, text, near=plain)
    if cell.comment:  # whose words may name a person
        findings.add("D101", cell.row, cell.column_letter, _format_cell(cell))


def _open_workbook(content: bytes, findings: Findings, *, values: bool) -> Any:
    """The workbook with its formulas, or with the `values` they had when it was saved."""
    import openpyxl

    try:
        with warnings.catch_warnings(action="ignore"):  # about parts that no value depends on
            kinds = {"data_only": values, "keep_links": False, "rich_text": True}
            return openpyxl.load_workbook(io.BytesIO(content), **kinds)
    except Exception:  # noqa: BLE001  a damaged file raises errors of any kind
        raise findings.refusal("D072") from None


def _check_archive(content: bytes, findings: Findings) -> None:
    """Refuse a workbook that unpacks to far too much, has a document type or merges too much."""
    from xml.etree import ElementTree  # both slow to import

    from openpyxl.utils import range_boundaries

    merged = 0
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        size = sum(part.file_size for part in archive.infolist())
        if size > LARGEST_UNPACKED_MB * MB or size > max(MB, MAX_COMPRESSION * len(content)):
            raise findings.refusal("D074", found=f"{size // MB} MB")
        for name in archive.namelist():
            markup = archive.read(name) if name.endswith((".xml", ".rels")) else b""
            letters = markup.replace(b"\0", b"")  # of UTF-16 too
            if b"<!DOCTYPE" in letters:
                raise findings.refusal("D075", value=name)
            elements = ElementTree.fromstring(markup).iter() if b"sheetData" in letters else ()
            large = ("}mergeCell", "}hyperlink")  # of which openpyxl makes every cell
            areas = [each.get("ref", "") for each in elements if each.tag.endswith(large)]
            for left, top, right, bottom in map(range_boundaries, areas):
                merged += (right - left + 1) * (bottom - top + 1)
            if merged > MAX_CELLS:
                raise findings.refusal("D076", value=areas[0])
    except (*BROKEN_ZIP, ElementTree.ParseError):
        raise findings.refusal("D072") from None
    except RuntimeError:  # the zip itself has a password
        raise findings.refusal("D073") from None


def _format_cell(cell: Any) -> str:
    """What a cell shows, as it would be written in a CSV file of ours."""
    value = cell.value
    number_format = str(cell.number_format)
    if isinstance(value, bool):
        return str(value).lower()
    has_time = isinstance(value, datetime) and value.time() != time.min
    if isinstance(value, date) and not has_time:
        parts = set(LITERAL.sub("", number_format).lower()) & set("ymd")
        length = {"my": 7, "y": 4}.get("".join(sorted(parts)), 10)  # of 2014-05-31
        return value.isoformat()[:length]
    if isinstance(value, int | float) and abs(value) <= MAX_NUMBER:  # else it is refused as text
        return _format_number(value, number_format)
    text = "" if value is None else str(value)
    text = re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a pair is lost


def _format_number(value: float, number_format: str) -> str:
    """A number without the noise of binary fractions, with the unit that the cell shows."""
    number_format = number_format.partition(";")[0]  # then that of negative numbers, of zero
    if re.search(r"\[[<=>]", number_format):  # the cell may show it in another unit
        number_format = ""
    signs = LITERAL.sub("", number_format)
    value /= 1000 ** len("".join(re.findall(r"(?<=[0#?]),+(?![0#?,])", signs)))
    literals = re.findall(r"\[\$([^]-]+)|\"([^\"]*)\"|\\(.)", number_format)
    unit = "".join(map("".join, literals)).strip()
    if "%" in signs:
        value *= 100
        unit = "%"
    digits = format(Decimal(format(value, ".15g")), "f")
    if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", digits):
        digits += "0"  # or "1.234" could be thousands
    return f"{digits} {unit}".strip()
