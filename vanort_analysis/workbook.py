"""The tables as one workbook: a cover, notes, and a sheet for each table.

A cell is a number, a truth or text, never a formula: what begins with = + - or @ stays the text it
is, and stays so when somebody opens the cell and closes it again.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from . import exchange, store
from .story import Story
from .tables import TABLES

# What XML cannot hold, and what a spreadsheet would read as such: written as spreadsheets do.
UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)"
)
DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
PROPERTIES = "docProps/core.xml"
WRAPPED = Alignment(wrap_text=True, vertical="top")
WIDEST, NARROWEST = 60, 9
HEAD = 4  # the row of the headings: over them the title, a line on the table, the meanings


def write(story: Story, folder: Path) -> None:
    """Write the workbook into the report's folder."""
    book = Workbook()
    frames = exchange.tables(story)
    sheets = {table: story.plain(f"tables.{table}") for table in frames}
    _cover(story, book.active, frames, sheets)
    _notes(story, book.create_sheet(story.plain("forms.notes.sheet")), sheets)
    for table, frame in frames.items():
        _table(story, book.create_sheet(sheets[table]), table, frame)
    book.properties.title = story.plain("forms.title")
    book.properties.creator = story.plain("forms.by")
    book.properties.language = str(story.text.get("locale")).replace("_", "-")
    raw = io.BytesIO()
    book.save(raw)
    path = folder / exchange.FOLDER / f"{exchange.name(story)}.xlsx"
    store.write({path: rewritten(raw.getvalue(), story.known.year)})


def rewritten(
    archive: bytes, year: int, edits: Mapping[str, Callable[[str], str]] | None = None
) -> bytes:
    """An office file with the end of the report's year for every date in it, so that it is the
    same each time; `edits` change the parts they name."""
    settled = io.BytesIO()
    edits = edits or {}
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(settled, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name in edits:
                content = edits[name](content.decode()).encode()
            if name == PROPERTIES:
                content = DATES.sub(rb"\g<1>%d-12-31T00:00:00Z" % year, content)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            new.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return settled.getvalue()


def _cover(
    story: Story, sheet: Worksheet, frames: dict[str, pd.DataFrame], sheets: dict[str, str]
) -> None:
    sheet.title = story.plain("forms.cover.sheet")
    lines = [story.plain("forms.title")]
    lines += [story.plain(f"forms.about.{part}") for part in ("what", "doubt", "formula", "terms")]
    lines += [story.plain("forms.cite"), story.plain("forms.cover.contents")]
    for row, line in enumerate(lines, start=1):
        _put(sheet, row, 1, line)
    _heading(sheet, 1, 16)
    _heading(sheet, len(lines), 12)
    first = len(lines) + 1
    heads = ("table", "rows")
    _rows(
        sheet,
        first,
        [story.plain(f"forms.cover.{head}") for head in heads],
        [[sheets[table], len(frame)] for table, frame in frames.items()],
        "contents",
    )
    for row, table in enumerate(frames, start=first + 1):
        sheet.cell(row, 1).hyperlink = f"#'{sheets[table]}'!A1"
        sheet.cell(row, 1).font = Font(underline="single", color="0B4F7A")
    sheet.column_dimensions["A"].width = 90
    sheet.column_dimensions["B"].width = 12


def _notes(story: Story, sheet: Worksheet, sheets: dict[str, str]) -> None:
    _put(sheet, 1, 1, story.plain("forms.notes.heading"))
    _heading(sheet, 1, 14)
    for row, doubt in enumerate(exchange.DOUBTS, start=2):
        _put(sheet, row, 1, f"{doubt}: {story.plain(f'forms.doubt.{doubt}')}")
    said = [
        [
            sheets[table],
            here,
            exchange.meaning(story, table, column, part),
            story.plain(f"column_kind.{rule.kind}"),
            ", ".join(rule.allowed),
            rule.unit,
        ]
        for table in TABLES
        for here, column, part, rule in exchange.columns(table)
        if not part
    ]
    heads = ("table", "column", "meaning", "kind", "allowed", "unit")
    words = [story.plain(f"forms.notes.{head}") for head in heads]
    _rows(sheet, len(exchange.DOUBTS) + 3, words, said, "notes")
    _widths(sheet, len(exchange.DOUBTS) + 3)


def _table(story: Story, sheet: Worksheet, table: str, frame: pd.DataFrame) -> None:
    shown = [said for said in exchange.columns(table) if not _adds_nothing(frame, *said[:3])]
    _put(sheet, 1, 1, story.plain(f"tables.{table}").capitalize())
    _heading(sheet, 1, 14)
    _put(sheet, 2, 1, story.plain("forms.about.table"))
    _put(sheet, HEAD - 1, 1, story.plain("forms.part.row"))
    for place, (_, column, part, _) in enumerate(shown, start=2):
        _put(sheet, HEAD - 1, place, exchange.meaning(story, table, column, part))
    for cell in sheet[HEAD - 1]:
        cell.alignment, cell.font = WRAPPED, Font(italic=True, size=9)
    names = [column[0] for column in shown]
    body = [list(row) for row in frame[names].itertuples()]
    _rows(sheet, HEAD, [story.plain("forms.row"), *names], body, table)
    _widths(sheet, HEAD)
    sheet.freeze_panes = sheet.cell(HEAD + 1, 3)


def _adds_nothing(frame: pd.DataFrame, here: str, column: str, part: str) -> bool:
    """Whether a part of a number says no more than the number itself, in every row."""
    if part in ("low", "high"):
        return bool((frame[here].isna() | (frame[here] == frame[column])).all())
    return part == "unit" and frame[here].nunique() <= 1


def _rows(sheet: Worksheet, head: int, heads: list[str], body: list[list[Any]], name: str) -> None:
    """One table with its headings; an empty one has an empty row, as spreadsheets demand it."""
    for down, row in enumerate([heads, *body], start=head):
        for across, value in enumerate(row, start=1):
            _put(sheet, down, across, value)
    corner = sheet.cell(head + max(len(body), 1), len(heads)).coordinate
    table = Table(displayName=f"t_{name}", ref=f"A{head}:{corner}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(table)


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if pd.isna(value) or value == "":
        return
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = UNWRITABLE.sub(lambda hit: f"_x{ord(hit[0]):04X}_", value)
        cell.data_type, cell.number_format = "s", "@"  # else openpyxl takes "=1+1" for a formula
        cell.alignment = WRAPPED
    else:
        cell.value = value.item() if hasattr(value, "item") else value
        cell.alignment = Alignment(vertical="top")


def _heading(sheet: Worksheet, row: int, size: int) -> None:
    sheet.cell(row, 1).font = Font(bold=True, size=size, color="0B3C5D")
    sheet.cell(row, 1).alignment = Alignment(wrap_text=False)


def _widths(sheet: Worksheet, head: int) -> None:
    for column in sheet.iter_cols(min_row=head):
        widest = max(len(str(cell.value or "")) for cell in column) + 2
        letter = column[0].column_letter
        sheet.column_dimensions[letter].width = min(max(widest, NARROWEST), WIDEST)
