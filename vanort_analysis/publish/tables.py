"""The report's tables for other programs: CSV files with their description, a workbook, GeoJSON.

CSV files have text as the sources have it. In the workbook a cell is a number, a boolean or text,
never a formula: what begins with = + - or @ is text, and remains so when somebody edits it.
"""

import io
import math
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import geopandas
import pandas as pd
import xlsxwriter

from ..data import files
from ..data.clean import Dataset
from ..data.quantity import Doubt, to_numbers
from ..data.schema import KINDS, QUANTITIES, TABLES, TEXT, Column
from ..pages.context import Context
from ..report import fact_table
from .recipe import lock_folder

PARTS = {"": "number", "low": "number", "high": "number"}  # columns of a quantity, by suffix
PARTS |= dict.fromkeys(("doubt", "unit", "text"), "string")
DOUBTS = get_args(Doubt)
HEAD = 2  # the row of the headings in a sheet, counted from one; the row above explains them
MAX_WIDTH = 420  # of a column, in pixels
LITERAL = dict.fromkeys(("strings_to_formulas", "strings_to_numbers", "strings_to_urls"), False)
FORMATS: dict[str, dict[str, Any]] = {
    "number": {},
    "text": {"num_format": "@", "text_wrap": True},  # remains text when somebody edits it
    "head": {"bold": True, "bottom": 1},
    "meaning": {"num_format": "@", "text_wrap": True, "italic": True, "font_size": 9},
    "title": {"bold": True, "font_size": 15},
    "link": {"underline": 1, "font_color": "#0B4F7A"},
}
NUMBERS = ("admitted", "contact", "left", "members", "distance_km")  # of a place
NOT_APPLICABLE = {"left": ["home", "member"], "members": ["former"], "distance_km": ["home"]}
COMPUTED = {  # tables that the analysis makes of the others
    "facts": dict.fromkeys(("fact", "about", "words", "formula", "rows"), TEXT)
    | {"year": Column("year"), "value": Column("quantity")},
    "answers": {"check": TEXT, "holds": TEXT, "at": Column("year"), "value": Column("quantity")},
}
CONTRACT = {name: table.columns for name, table in TABLES.items()} | COMPUTED
Frames = Mapping[str, pd.DataFrame]  # by table


def table_fields(context: Context, table: str) -> list[dict[str, Any]]:
    """The columns of a published table in order, as a Data Package describes them."""
    fields = [{"name": "row", "type": "integer", "description": context.plain("forms.part.row")}]
    for column, rule in CONTRACT[table].items():
        parts = PARTS if rule.kind in QUANTITIES else {"": KINDS[rule.kind].get("type", "string")}
        for part, kind in parts.items():
            field: dict[str, Any] = {"name": f"{column}_{part}" if part else column, "type": kind}
            field["description"] = context.text.describe_column(table, column)
            if part:
                field["description"] += f" {context.plain(f'forms.part.{part}')}"
            codes = DOUBTS if part == "doubt" else rule.allowed
            if codes:
                field["constraints"] = {"enum": list(codes)}
            fields.append(field)
    return fields


def write_processed(dataset: Dataset) -> None:
    """Write the valid tables of all years to `data/processed`: every row, doubt and source; and to
    `changes.csv` each cell that is read as another text than its file has."""
    folder = dataset.folder / "processed"
    frames = {name: spread_quantities(name, frame) for name, frame in dataset.tables.items()}
    frames["changes"] = dataset.changes.set_index("file")
    contents = {folder / f"{name}.csv": files.to_csv(frame) for name, frame in frames.items()}
    with lock_folder(folder):
        files.write_files(contents)


def spread_quantities(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table with each quantity as columns: number, bounds, doubt, unit and text."""
    columns = [
        as_columns(frame[column], column) if rule.kind in QUANTITIES else frame[column]
        for column, rule in CONTRACT[table].items()
    ]
    return pd.concat(columns, axis=1)


def as_columns(quantities: pd.Series, name: str) -> pd.DataFrame:
    """Quantities as the columns of a file: `name` (the number), and `name` with _low, _high (empty
    = unbounded), _doubt, _unit and _text."""
    exact_bounds = ("exact", "none", "between")
    lows, highs = [], []
    for quantity in quantities:
        doubt = quantity.doubt
        # "ca 100" gets no invented width
        has_low = doubt in exact_bounds or (doubt == "at_least" and not quantity.about)
        has_high = doubt in exact_bounds or doubt == "at_most"
        lows.append(quantity.low if has_low else math.nan)
        highs.append(quantity.high if has_high else math.nan)
    columns = {"": to_numbers(quantities), "_low": lows, "_high": highs}
    for part in ("doubt", "unit", "text"):
        columns[f"_{part}"] = [getattr(quantity, part) for quantity in quantities]
    return pd.DataFrame(columns, index=quantities.index).add_prefix(name)


def base_name(context: Context) -> str:
    """The name, without suffix, of files that hold the whole report: home town and year."""
    return f"{context.year.home[:60]}-{context.known.year}"


def published_tables(context: Context) -> dict[str, pd.DataFrame]:
    """By table, every row known in the year, with the columns of the contract; `row` is the index.
    Of later sources, such as a register of places, only those in use."""
    sources = context.known.rows["sources"]
    in_use = sources["source"].isin(context.known.used["sources"]["source"])
    public = in_use | (sources["known_since"] <= context.known.year)
    rows = context.known.rows | {"sources": sources[public]}
    for name, frame in (("facts", fact_table(context)), ("answers", context.year.checks)):
        rows[name] = frame.set_axis(range(2, len(frame) + 2))  # as in a file under its heading
    return {
        table: spread_quantities(table, rows[table]).convert_dtypes().rename_axis("row")
        for table in CONTRACT
    }


def write_tables(context: Context, folder: Path) -> None:
    """Write the tables into `data/` of the report's folder: CSV files with their description, a
    workbook, and the places as points."""
    frames = published_tables(context)
    folder /= "data"
    stem = base_name(context)
    contents = {folder / f"{table}.csv": files.to_csv(frame) for table, frame in frames.items()}
    contents[folder / "datapackage.json"] = files.to_json(describe_package(context, frames))
    contents[folder / f"{stem}.geojson"] = make_geojson(context)
    files.write_files(contents | {folder / f"{stem}.xlsx": make_workbook(context, frames)})


def describe_package(context: Context, frames: Frames) -> dict[str, Any]:
    """The description of the CSV files (Data Package), made from the contract."""
    sources = frames["sources"]
    titles = sorted(set(sources["licence"]) - {""})
    licences = [{"name": re.sub(r"[^A-Za-z0-9.]+", "-", title), "title": title} for title in titles]
    origins = [
        {"title": source.title} | ({"path": source.url} if source.url.startswith("http") else {})
        for source in sources.itertuples()
    ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"{base_name(context)}-{context.text.language}",
        "title": context.plain("forms.title"),
        "description": " ".join(context.plain(f"forms.about.{part}") for part in ("what", "terms")),
        "version": str(context.known.year),
        "licenses": licences,
        "sources": origins,
        "resources": [_describe_table(context, table) for table in frames],
    }


def _describe_table(context: Context, table: str) -> dict[str, Any]:
    foreign_keys = []
    for column, rule in CONTRACT[table].items():
        if rule.kind == "ref":
            resource = "" if rule.refers == table else rule.refers
            reference = {"resource": resource, "fields": list(TABLES[rule.refers].key)}
            foreign_keys.append({"fields": [column], "reference": reference})
    fields = table_fields(context, table)
    return {
        "name": table,
        "title": context.plain(f"tables.{table}"),
        "path": f"{table}.csv",
        "type": "table",
        "schema": {"fields": fields, "primaryKey": ["row"], "foreignKeys": foreign_keys},
    }


def make_workbook(context: Context, frames: Frames) -> bytes:
    """The tables as one workbook: a cover, and a sheet for each table."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True} | LITERAL) as book:
        day = datetime(context.known.year, 12, 31)  # noqa: DTZ001  XlsxWriter takes no time zone
        book.set_properties({"title": context.plain("forms.title"), "created": day})
        formats = {name: book.add_format({"valign": "top"} | FORMATS[name]) for name in FORMATS}
        _add_cover(context, book, formats, frames)
        for table, frame in frames.items():
            _add_sheet(context, book, formats, table, frame)
    return content.getvalue()


def _add_cover(context: Context, book: Any, formats: Any, frames: Frames) -> None:
    """Add a sheet that says what the workbook is and what the codes of doubt mean, with links."""
    sheet = book.add_worksheet(context.plain("forms.cover.sheet"))
    sheet.set_column(0, 0, 90)
    sheet.write_string(0, 0, context.plain("forms.title"), formats["title"])
    lines = [context.plain(f"forms.about.{part}") for part in ("what", "doubt", "formula", "terms")]
    lines += [f"{doubt}: {context.plain(f'forms.doubt.{doubt}')}" for doubt in DOUBTS]
    lines += [context.plain("forms.cite"), context.plain("forms.cover.contents")]
    sheet.write_column(1, 0, lines, formats["text"])
    for row, (table, frame) in enumerate(frames.items(), start=len(lines) + 1):
        name = context.plain(f"tables.{table}")
        sheet.write_url(row, 0, f"internal:'{name}'!A1", formats["link"], name)
        sheet.write_number(row, 1, len(frame))


def _add_sheet(context: Context, book: Any, formats: Any, table: str, frame: pd.DataFrame) -> None:
    """Add a table under its headings, without columns that add nothing to their number."""
    sheet = book.add_worksheet(context.plain(f"tables.{table}"))
    fields = table_fields(context, table)
    fields = [field for field in fields if not _is_redundant(frame, field["name"])]
    cells = frame.reset_index().astype(object)
    cells = cells.where(cells.notna(), None)
    for column, field in enumerate(fields):
        kind = "text" if field["type"] in ("string", "date") else "number"
        sheet.write_column(HEAD, column, cells[field["name"]], formats[kind])
    sheet.write_row(HEAD - 1, 0, [field["name"] for field in fields], formats["head"])
    sheet.autofilter(HEAD - 1, 0, HEAD - 1 + len(frame), len(fields) - 1)
    sheet.autofit(MAX_WIDTH)  # before the meanings, which are wrapped
    sheet.write_row(HEAD - 2, 0, [field["description"] for field in fields], formats["meaning"])
    sheet.set_row(HEAD - 2, 75)
    sheet.freeze_panes(HEAD, 2)


def _is_redundant(frame: pd.DataFrame, name: str) -> bool:
    """Whether a part of a quantity says no more than its number, in every row."""
    column, _, part = name.rpartition("_")
    if part in ("low", "high"):
        return bool((frame[name].isna() | (frame[name] == frame[column]).fillna(False)).all())
    return part == "unit" and frame[name].nunique() <= 1


def make_geojson(context: Context) -> str:
    """The places of the chain as points (RFC 7946), with what is known of them: an unknown number
    is null, a place without coordinates has no geometry."""
    places = context.year.places.set_index("town", drop=False)
    frame = places[["town", "local_name", "country", "role"]].assign(
        name=places["town"].map(context.place_name),
        area=places["area"].map(context.place_name),
        role_text=("role." + places["role"]).map(context.plain),
        approximate=places["approximate"].astype("bool"),
    )
    refs = places["ref"].map(lambda ref: [ref])
    for column in NUMBERS:
        quantities = places.loc[~places["role"].isin(NOT_APPLICABLE.get(column, [])), column]
        frame[column] = pd.Series(to_numbers(quantities), quantities.index, "float").round(1)
        frame[f"{column}_text"] = quantities.map(context.text.format_quantity)
        for town, quantity in quantities.items():
            refs[town] += quantity.refs
    titles = refs.map(lambda rows: [context.known.source(ref)["title"] for ref in rows])
    frame["sources"] = titles.map(dict.fromkeys).map(list)
    located = places.dropna(subset="lat")
    points = geopandas.GeoSeries.from_xy(located["lon"], located["lat"])
    return files.to_json(geopandas.GeoDataFrame(frame, geometry=points).to_geo_dict(na="null"))
