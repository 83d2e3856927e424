"""The tables as one workbook: a cover, notes, and a sheet for each table.

A cell is a number, a truth or text, never a formula: what begins with = + - or @ stays the text it
is, and stays so when somebody opens the cell and closes it again.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
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
WHOLE = Alignment(vertical="top")
TYPEFACE = "Calibri"
WIDEST, NARROWEST, LINE = 60, 12, 15
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
    for sheet in book:
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToHeight = 0
    book.properties.title = story.plain("forms.title")
    book.properties.creator = exchange.said(story, "forms.by")
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
    about = [story.plain(f"forms.about.{part}") for part in ("what", "doubt", "formula", "terms")]
    lines = [*about, exchange.said(story, "forms.cite"), story.plain("forms.cover.contents")]
    _heading(sheet, story.plain("forms.title"))
    for row, line in enumerate(lines, start=2):
        _put(sheet, row, 1, line)
    first = len(lines) + 2
    heads = [story.plain(f"forms.cover.{head}") for head in ("table", "rows")]
    body = [[sheets[table], len(frame)] for table, frame in frames.items()]
    _rows(sheet, first, heads, body, "contents")
    for row, table in enumerate(frames, start=first + 1):
        cell = sheet.cell(row, 1)
        cell.hyperlink = Hyperlink(cell.coordinate, location=f"'{sheets[table]}'!A1")
        cell.font = Font(name=TYPEFACE, underline="single", color="0B4F7A")
    _fit(sheet, 2, 90)


def _notes(story: Story, sheet: Worksheet, sheets: dict[str, str]) -> None:
    _heading(sheet, story.plain("forms.notes.heading"))
    for row, doubt in enumerate(exchange.DOUBTS, start=2):
        _put(sheet, row, 1, f"{doubt}: {story.plain(f'forms.doubt.{doubt}')}", WHOLE)
    said = [
        [
            sheets[table],
            here,
            exchange.meaning(story, table, column),
            story.plain(f"column_kind.{rule.kind}"),
            ", ".join(rule.allowed),
            rule.unit,
        ]
        for table in TABLES
        for here, column, part, rule in exchange.columns(table)
        if not part
    ]
    heads = ("table", "column", "meaning", "kind", "allowed", "unit")
    first = len(exchange.DOUBTS) + 3
    _rows(sheet, first, [story.plain(f"forms.notes.{head}") for head in heads], said, "notes")
    _fit(sheet, first, WIDEST)


def _table(story: Story, sheet: Worksheet, table: str, frame: pd.DataFrame) -> None:
    shown = [said for said in exchange.columns(table) if not _adds_nothing(frame, *said[:3])]
    names = [column[0] for column in shown]
    _heading(sheet, story.plain(f"tables.{table}").capitalize())
    _put(sheet, 2, 1, story.plain("forms.about.table"), WHOLE)
    meanings = [exchange.meaning(story, table, column, part) for _, column, part, _ in shown]
    for place, said in enumerate([story.plain("forms.part.row"), *meanings], start=1):
        _put(sheet, HEAD - 1, place, said)
        sheet.cell(HEAD - 1, place).font = Font(name=TYPEFACE, italic=True, size=9)
    body = [list(row) for row in frame[names].itertuples()]
    _rows(sheet, HEAD, [story.plain("forms.row"), *names], body, table)
    _fit(sheet, HEAD - 1, WIDEST)
    sheet.freeze_panes = sheet.cell(HEAD + 1, 3)
    sheet.print_title_rows = f"{HEAD}:{HEAD}"


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
    for cell in sheet[head]:
        cell.font = Font(name=TYPEFACE, bold=True)
    corner = sheet.cell(head + max(len(body), 1), len(heads)).coordinate
    table = Table(displayName=f"t_{name}", ref=f"A{head}:{corner}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(table)


def _put(sheet: Worksheet, row: int, column: int, value: Any, how: Alignment = WRAPPED) -> None:
    if pd.isna(value) or value == "":
        return
    cell = sheet.cell(row, column)
    cell.alignment = how
    if isinstance(value, str):
        cell.value = UNWRITABLE.sub(lambda hit: f"_x{ord(hit[0]):04X}_", value)
        cell.data_type, cell.number_format = "s", "@"  # else openpyxl takes "=1+1" for a formula
    else:
        cell.value = value.item() if hasattr(value, "item") else value


def _heading(sheet: Worksheet, said: str) -> None:
    _put(sheet, 1, 1, said, WHOLE)
    sheet.cell(1, 1).font = Font(name=TYPEFACE, bold=True, size=15, color="0B3C5D")


def _fit(sheet: Worksheet, first: int, widest: int) -> None:
    """Columns as wide as their text, within reason, and rows as high as it then needs."""
    widths = {}
    for column in sheet.iter_cols(min_row=max(first, HEAD)):
        longest = max(len(str(cell.value or "")) for cell in column) + 2
        widths[column[0].column] = min(max(longest, NARROWEST), widest)
        sheet.column_dimensions[column[0].column_letter].width = widths[column[0].column]
    for row in sheet.iter_rows(min_row=first):
        lines = max(len(str(cell.value or "")) / widths[cell.column] * 1.1 for cell in row)
        sheet.row_dimensions[row[0].row].height = LINE * max(1, math.ceil(lines))
