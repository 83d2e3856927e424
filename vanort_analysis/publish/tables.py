"""The tables as of a year for other programs: CSV files and their description, a Data Package.

Text stands as it is written in the sources, also where a spreadsheet would take it for a formula:
for spreadsheets there is the workbook.

The tables as one workbook: a cover, notes, and a sheet for each table.

A cell is a number, a truth or text, never a formula: what begins with = + - or @ stays the text it
is, and stays so when somebody opens the cell and closes it again.

The chain as GeoJSON (RFC 7946), for programs that draw maps.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from ..data import files
from ..data import files as store
from ..data.clean import Dataset
from ..data.fingerprint import SHORT
from ..data.quantity import Doubt, Quantity, as_columns
from ..data.schema import QUANTITIES, TABLES, Column
from ..language import Missing
from ..pages.context import Story

FOLDER = "data"
PARTS = ("low", "high", "doubt", "unit", "text")
DOUBTS = get_args(Doubt)
TYPES = {"whole": "integer", "date": "date", "degrees": "number", "flag": "boolean"}
PROFILES = "https://datapackage.org/profiles/2.0"


def write_processed(dataset: Dataset) -> None:
    """Write the valid tables of all years to `data/processed`: every row, doubt and source kept."""
    folder = dataset.folder / "processed"
    frames = {name: spread(name, frame) for name, frame in dataset.tables.items()}
    store.write({folder / f"{name}.csv": store.as_csv(frame) for name, frame in frames.items()})


def spread(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table with its quantities as columns: number, bounds, doubt, unit and text."""
    parts = [
        as_columns(frame[column], column) if rule.kind in QUANTITIES else frame[column]
        for column, rule in TABLES[table].columns.items()
    ]
    return pd.concat(parts, axis=1)


def base_name(story: Story) -> str:
    """What the files that hold the whole chain are called: the home town and the year."""
    return f"{story.home}-{story.known.year}"


def tables(story: Story) -> dict[str, pd.DataFrame]:
    """Every row known in the year by table, the columns those of the contract; `row` is the index.

    Of the sources only those that are used, and what these build on: a later one changes nothing.
    """
    sources = story.known.rows["sources"]
    older = dict(zip(sources["source"], sources["same_origin_as"], strict=True))
    wanted = set(story.known.used["sources"]["source"])
    while more := {older[source] for source in wanted} - wanted - {""}:
        wanted |= more
    rows = story.known.rows | {"sources": sources[sources["source"].isin(wanted)]}
    return {
        table: spread(table, rows[table]).convert_dtypes().rename_axis("row") for table in TABLES
    }


def columns(table: str) -> list[tuple[str, str, str, Column]]:
    """The columns of a published table: name, column of the contract, part of it, its rule."""
    found = []
    for column, rule in TABLES[table].columns.items():
        found.append((column, column, "", rule))
        if rule.kind in QUANTITIES:
            found += [(f"{column}_{part}", column, part, rule) for part in PARTS]
    return found


def meaning(story: Story, table: str, column: str, part: str = "") -> str:
    """What a column of a published table means; `part` is one of `PARTS`."""
    whole = story.text.meaning(table, column)
    return f"{whole} {story.plain(f'forms.part.{part}')}" if part else whole


def localised(story: Story, key: str) -> str:
    """A sentence, or nothing where the municipality has not said what it names."""
    try:
        return story.plain(key, fingerprint=story.fingerprint[:SHORT])
    except Missing:
        return ""


def write_package(story: Story, folder: Path) -> None:
    """Write the tables and their description into the report's folder."""
    into = folder / FOLDER
    frames = tables(story)
    files = {into / f"{table}.csv": store.as_csv(frame) for table, frame in frames.items()}
    files[into / "datapackage.json"] = as_json(datapackage(story, frames))
    store.write(files)


def as_json(content: dict[str, Any]) -> str:
    """JSON as text: unknown is null, and no number that JSON has no word for."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def datapackage(story: Story, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The description of the CSV files (Data Package), made from the contract."""
    sources = frames["sources"]
    by = localised(story, "forms.by")
    licences = sorted(set(sources["licence"]) - {""})
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": f"{base_name(story)}-{story.text.language}",
        "title": story.plain("forms.title"),
        "description": " ".join(story.plain(f"forms.about.{part}") for part in ("what", "terms")),
        "version": str(story.known.year),
        "contributors": [{"title": by, "roles": ["publisher"]}] if by else [],
        "licenses": [
            {"name": re.sub(r"[^A-Za-z0-9.]+", "-", title), "title": title} for title in licences
        ],
        "sources": [_source(row) for _, row in sources.iterrows()],
        "resources": [_resource(story, table) for table in frames],
    }


def _source(row: pd.Series) -> dict[str, str]:
    path = row["url"] if row["url"].startswith(("http://", "https://")) else ""
    about = {"title": row["title"], "path": path, "licence": row["licence"]}
    return {key: value for key, value in about.items() if value}


def _resource(story: Story, table: str) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": "row", "type": "integer", "description": story.plain("forms.part.row")}
    ]
    fields += [_field(story, table, *column) for column in columns(table)]
    keys = [
        {
            "fields": [column],
            "reference": {
                "resource": "" if rule.refers == table else rule.refers,
                "fields": list(TABLES[rule.refers].key),
            },
        }
        for column, rule in TABLES[table].columns.items()
        if rule.kind == "ref"
    ]
    return {
        "name": table,
        "title": story.plain(f"tables.{table}"),
        "path": f"{table}.csv",
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": fields,
            "missingValues": [""],
            "primaryKey": ["row"],
            "foreignKeys": keys,
        },
    }


def _field(story: Story, table: str, here: str, column: str, part: str, rule: Column) -> Any:
    number = rule.kind in QUANTITIES and part in ("", "low", "high")
    limits: dict[str, Any] = {}
    if rule.required and not part and rule.kind not in QUANTITIES:
        limits["required"] = True
    if rule.allowed:
        limits["enum"] = list(rule.allowed)
    if rule.between:
        limits |= dict(zip(("minimum", "maximum"), rule.between, strict=True))
    if part == "doubt":
        limits["enum"] = list(DOUBTS)
    field = {
        "name": here,
        "type": "number" if number else "string" if part else TYPES.get(rule.kind, "string"),
        "description": meaning(story, table, column, part),
    }
    return field | ({"constraints": limits} if limits else {})


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


def write_workbook(story: Story, folder: Path) -> None:
    """Write the workbook into the report's folder."""
    book = Workbook()
    frames = tables(story)
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
    book.properties.creator = localised(story, "forms.by")
    book.properties.language = str(story.text.get("locale")).replace("_", "-")
    raw = io.BytesIO()
    book.save(raw)
    path = folder / FOLDER / f"{base_name(story)}.xlsx"
    files.write({path: rewritten(raw.getvalue(), story.known.year)})


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
    lines = [*about, localised(story, "forms.cite"), story.plain("forms.cover.contents")]
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
    for row, doubt in enumerate(DOUBTS, start=2):
        _put(sheet, row, 1, f"{doubt}: {story.plain(f'forms.doubt.{doubt}')}", WHOLE)
    said = [
        [
            sheets[table],
            here,
            meaning(story, table, column),
            story.plain(f"column_kind.{rule.kind}"),
            ", ".join(rule.allowed),
            rule.unit,
        ]
        for table in TABLES
        for here, column, part, rule in columns(table)
        if not part
    ]
    heads = ("table", "column", "meaning", "kind", "allowed", "unit")
    first = len(DOUBTS) + 3
    _rows(sheet, first, [story.plain(f"forms.notes.{head}") for head in heads], said, "notes")
    _fit(sheet, first, WIDEST)


def _table(story: Story, sheet: Worksheet, table: str, frame: pd.DataFrame) -> None:
    shown = [said for said in columns(table) if not _adds_nothing(frame, *said[:3])]
    names = [column[0] for column in shown]
    _heading(sheet, story.plain(f"tables.{table}").capitalize())
    _put(sheet, 2, 1, story.plain("forms.about.table"), WHOLE)
    meanings = [meaning(story, table, column, part) for _, column, part, _ in shown]
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


def write_geojson(story: Story, folder: Path) -> None:
    """Write the chain into the report's folder."""
    path = folder / FOLDER / f"{base_name(story)}.geojson"
    files.write({path: as_json(geojson(story))})


def geojson(story: Story) -> dict[str, Any]:
    """The places of the chain as points (RFC 7946): a number, or null where there is none, with
    what is said of it in words; a place without a point has no geometry."""
    places = story.year.places
    return {
        "type": "FeatureCollection",
        "title": story.plain("forms.title"),
        "description": story.plain("forms.about.geojson"),
        "features": [_feature(story, place) for _, place in places.iterrows()],
    }


def _feature(story: Story, place: pd.Series) -> dict[str, Any]:
    gone = place["role"] == "former"
    stated: dict[str, Quantity | None] = {
        "admitted": place["admitted"],
        "contact": place["contact"],
        "left": place["left"] if gone else None,
        "members": None if gone else place["members"],
        "distance_km": None if place["role"] == "home" else place["distance_km"],
    }
    here = None if pd.isna(place["lat"]) else [float(place["lon"]), float(place["lat"])]
    refs = [place["ref"], *(ref for said in stated.values() if said for ref in said.refs)]
    about = {
        "town": place["town"],
        "name": story.name(place["town"]),
        "local_name": place["local_name"] or None,
        "area": story.area(place),
        "country": place["country"],
        "role": place["role"],
        "role_text": story.plain(f"role.{place['role']}"),
        "approximate": bool(place["approximate"]),
    }
    for key, said in stated.items():
        about |= {key: _number(said), f"{key}_text": story.amount(said) if said else None}
    about["sources"] = story.titles(refs)
    return {
        "type": "Feature",
        "id": place["town"],
        "geometry": here and {"type": "Point", "coordinates": here},
        "properties": about,
    }


def _number(of: Quantity | None) -> float | int | None:
    value = of.value if of else None
    if value is None or math.isinf(value):
        return None
    return int(value) if value == int(value) else round(value, 1)
