"""The report's tables for other programs: CSV files with their description, a workbook, GeoJSON.

In CSV files text stands as it is written in the sources. In the workbook a cell is a number, a
truth or text, never a formula: what begins with = + - or @ stays the text it is, and stays so when
somebody opens the cell and closes it again.
"""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import xlsxwriter

from ..data import files
from ..data.clean import Dataset
from ..data.quantity import Doubt, as_columns
from ..data.schema import QUANTITIES, QUANTITY, TABLES, TEXT, YEAR
from ..pages.context import Context
from ..pages.sources import fact_table
from .recipe import lock_folder

FOLDER = "data"
PARTS = ("", "low", "high", "doubt", "unit", "text")  # columns of a quantity; first the number
DOUBTS = get_args(Doubt)
TYPES = {"whole": "integer", "date": "date", "degrees": "number", "flag": "boolean"}
TYPES |= dict.fromkeys(QUANTITIES, "number")
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
HEAD = 2  # the row of the headings; over them stand their meanings
WIDEST = 420  # pixels of a column
LITERAL = dict.fromkeys(("strings_to_formulas", "strings_to_numbers", "strings_to_urls"), False)
LOOKS: dict[str, dict[str, Any]] = {
    "number": {},
    "text": {"num_format": "@", "text_wrap": True},  # stays text when somebody edits it
    "head": {"bold": True, "bottom": 1},
    "meaning": {"num_format": "@", "text_wrap": True, "italic": True, "font_size": 9},
    "title": {"bold": True, "font_size": 15},
    "link": {"underline": 1, "font_color": "#0B4F7A"},
}
SENSELESS = {"home": ("left", "distance_km"), "member": ("left",), "former": ("members",)}
COMPUTED = {  # tables that follow from the others
    "facts": dict.fromkeys(("fact", "about", "said", "formula", "rows"), TEXT)
    | {"year": YEAR, "value": QUANTITY},
    "answers": {"check": TEXT, "holds": TEXT, "at": YEAR, "value": QUANTITY},
}
CONTRACT = {name: table.columns for name, table in TABLES.items()} | COMPUTED


def table_fields(context: Context, table: str) -> list[dict[str, Any]]:
    """The columns of a published table in order, as a Data Package describes them."""
    found = [{"name": "row", "type": "integer", "description": context.plain("forms.part.row")}]
    for column, rule in CONTRACT[table].items():
        for part in PARTS if rule.kind in QUANTITIES else PARTS[:1]:
            words = part in ("doubt", "unit", "text")
            said: dict[str, Any] = {"name": f"{column}_{part}" if part else column}
            said["type"] = "string" if words else TYPES.get(rule.kind, "string")
            said["description"] = context.text.describe_column(table, column)
            if part:
                said["description"] += f" {context.plain(f'forms.part.{part}')}"
            if allowed := DOUBTS if part == "doubt" else rule.allowed:
                said["constraints"] = {"enum": list(allowed)}
            found.append(said)
    return found


def write_processed(dataset: Dataset) -> None:
    """Write the valid tables of all years to `data/processed`: every row, doubt and source kept,
    and in `changes.csv` each cell that is read as another text than its file has."""
    folder = dataset.folder / "processed"
    frames = {name: spread_quantities(name, frame) for name, frame in dataset.tables.items()}
    frames["changes"] = dataset.changes.set_index("file")
    with lock_folder(folder):
        files.write_files(
            {folder / f"{name}.csv": files.to_csv(frame) for name, frame in frames.items()}
        )


def spread_quantities(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table with its quantities as columns: number, bounds, doubt, unit and text."""
    parts = [
        as_columns(frame[column], column) if rule.kind in QUANTITIES else frame[column]
        for column, rule in CONTRACT[table].items()
    ]
    return pd.concat(parts, axis=1)


def base_name(context: Context) -> str:
    """What the files that hold the whole chain are called: the home town and the year."""
    return f"{context.year.home[:60]}-{context.known.year}"


def published_tables(context: Context) -> dict[str, pd.DataFrame]:
    """Every row known in the year by table, the columns those of the contract; `row` is the index.

    Of the sources only those that are used, and what these build on: a later one changes nothing.
    """
    sources = context.known.rows["sources"]
    older = dict(zip(sources["source"], sources["same_origin_as"], strict=True))
    wanted = set(context.known.used["sources"]["source"])
    while more := {older[source] for source in wanted} - wanted - {""}:
        wanted |= more
    rows = context.known.rows | {"sources": sources[sources["source"].isin(wanted)]}
    for name, frame in (("facts", fact_table(context)), ("answers", context.year.checks)):
        rows[name] = frame.set_axis(range(2, len(frame) + 2))  # as in a file under its heading
    return {
        table: spread_quantities(table, rows[table]).convert_dtypes().rename_axis("row")
        for table in CONTRACT
    }


def write_tables(context: Context, folder: Path) -> None:
    """Write the tables into the report's folder: CSV files with their description, a workbook, and
    the places as points."""
    frames, into, stem = published_tables(context), folder / FOLDER, base_name(context)
    files.write_files(
        {into / f"{table}.csv": files.to_csv(frame) for table, frame in frames.items()}
    )
    files.write_files({into / "datapackage.json": files.to_json(describe_package(context, frames))})
    files.write_files({into / f"{stem}.xlsx": make_workbook(context, frames)})
    files.write_files({into / f"{stem}.geojson": make_geojson(context)})


def describe_package(context: Context, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The description of the CSV files (Data Package), made from the contract."""
    sources = frames["sources"]
    licences = sorted(set(sources["licence"]) - {""})
    origins = [
        {"title": source.title} | ({"path": source.url} if source.url.startswith("http") else {})
        for source in sources.itertuples()
    ]
    return {
        "$schema": PROFILE,
        "name": f"{base_name(context)}-{context.text.language}",
        "title": context.plain("forms.title"),
        "description": " ".join(context.plain(f"forms.about.{part}") for part in ("what", "terms")),
        "version": str(context.known.year),
        "licenses": [{"name": re.sub(r"[^A-Za-z0-9.]+", "-", of), "title": of} for of in licences],
        "sources": origins,
        "resources": [_resource(context, table) for table in frames],
    }


def _resource(context: Context, table: str) -> dict[str, Any]:
    keys = []
    for column, rule in CONTRACT[table].items():
        if rule.kind == "ref":
            other = "" if rule.refers == table else rule.refers
            reference = {"resource": other, "fields": list(TABLES[rule.refers].key)}
            keys.append({"fields": [column], "reference": reference})
    return {
        "name": table,
        "title": context.plain(f"tables.{table}"),
        "path": f"{table}.csv",
        "type": "table",
        "schema": {
            "fields": table_fields(context, table),
            "primaryKey": ["row"],
            "foreignKeys": keys,
        },
    }


def make_workbook(context: Context, frames: Mapping[str, pd.DataFrame]) -> bytes:
    """The tables as one workbook: a cover, and a sheet for each table."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True} | LITERAL) as book:
        day = datetime(context.known.year, 12, 31)  # noqa: DTZ001  of no time zone
        book.set_properties({"title": context.plain("forms.title"), "created": day})
        looks = {kind: book.add_format({"valign": "top"} | look) for kind, look in LOOKS.items()}
        _cover(context, book, looks, frames)
        for table, frame in frames.items():
            _sheet(context, book, looks, table, frame)
    return raw.getvalue()


def _cover(context: Context, book: Any, looks: Any, frames: Mapping[str, pd.DataFrame]) -> None:
    """What the workbook is, what its words of doubt mean, and a link to each sheet."""
    sheet = book.add_worksheet(context.plain("forms.cover.sheet"))
    sheet.set_column(0, 0, 90)
    sheet.write_string(0, 0, context.plain("forms.title"), looks["title"])
    lines = [context.plain(f"forms.about.{part}") for part in ("what", "doubt", "formula", "terms")]
    lines += [f"{doubt}: {context.plain(f'forms.doubt.{doubt}')}" for doubt in DOUBTS]
    lines += [context.plain("forms.cite"), context.plain("forms.cover.contents")]
    sheet.write_column(1, 0, lines, looks["text"])
    for row, (table, frame) in enumerate(frames.items(), start=len(lines) + 1):
        name = context.plain(f"tables.{table}")
        sheet.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], name)
        sheet.write_number(row, 1, len(frame))


def _sheet(context: Context, book: Any, looks: Any, table: str, frame: pd.DataFrame) -> None:
    """A table under its headings; a column that adds nothing to its number is left out."""
    sheet = book.add_worksheet(context.plain(f"tables.{table}"))
    shown = [
        field for field in table_fields(context, table) if not _adds_nothing(frame, field["name"])
    ]
    cells = frame.reset_index().astype(object)
    cells = cells.where(cells.notna(), None)
    for at, field in enumerate(shown):
        look = "text" if field["type"] in ("string", "date") else "number"
        sheet.write_column(HEAD, at, cells[field["name"]], looks[look])
    heads = [context.plain("forms.row"), *(field["name"] for field in shown[1:])]
    sheet.write_row(HEAD - 1, 0, heads, looks["head"])
    sheet.autofilter(HEAD - 1, 0, HEAD - 1 + len(frame), len(shown) - 1)
    sheet.autofit(WIDEST)  # before the meanings, which are wrapped
    sheet.write_row(HEAD - 2, 0, [field["description"] for field in shown], looks["meaning"])
    sheet.set_row(HEAD - 2, 75)
    sheet.freeze_panes(HEAD, 2)


def _adds_nothing(frame: pd.DataFrame, name: str) -> bool:
    """Whether a part of a number says no more than the number itself, in every row."""
    column, _, part = name.rpartition("_")
    if part in ("low", "high"):
        return bool((frame[name].isna() | (frame[name] == frame[column])).all())
    return part == "unit" and frame[name].nunique() <= 1


def make_geojson(context: Context) -> str:
    """The places of the chain as points (RFC 7946), with what is known of them.

    A number is null where there is none; a place without a point has no geometry.
    """
    features = [_feature(context, place) for place in context.year.places.to_dict("records")]
    return files.to_json({"type": "FeatureCollection", "features": features})


def _feature(context: Context, place: Mapping[Any, Any]) -> dict[str, Any]:
    about = {key: place[key] for key in ("town", "local_name", "country", "role")}
    about |= {"name": context.place_name(place["town"]), "area": context.place_name(place["area"])}
    about |= {"role_text": context.plain(f"role.{place['role']}")}
    about |= {"approximate": bool(place["approximate"])}
    refs = [place["ref"]]
    for key in ("admitted", "contact", "left", "members", "distance_km"):
        said = None if key in SENSELESS[place["role"]] else place[key]
        about |= {key: None, f"{key}_text": said and context.text.format_quantity(said)}
        if said:
            about[key] = None if said.value is None else round(said.value, 1)
            refs += said.refs
    about["sources"] = list(dict.fromkeys(context.known.source(ref)["title"] for ref in refs))
    here = None if pd.isna(place["lat"]) else [place["lon"], place["lat"]]
    return {
        "type": "Feature",
        "id": place["town"],
        "geometry": here and {"type": "Point", "coordinates": here},
        "properties": about,
    }
