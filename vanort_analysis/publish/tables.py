"""The report's tables for other programs: CSV files with their description, a workbook, GeoJSON.

In CSV files text stands as it is written in the sources. In the workbook a cell is a number, a
truth or text, never a formula: what begins with = + - or @ stays the text it is, and stays so when
somebody opens the cell and closes it again.
"""

from __future__ import annotations

import io
import json
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import xlsxwriter

from ..data import files
from ..data.clean import Dataset
from ..data.quantity import UNKNOWN, Doubt, Quantity, as_columns
from ..data.schema import QUANTITIES, QUANTITY, TABLES, TEXT, YEAR, Column
from ..language import Missing
from ..pages.context import Context
from ..pages.site import SHORT

FOLDER = "data"
PARTS = ("low", "high", "doubt", "unit", "text")
DOUBTS = get_args(Doubt)
TYPES = {"whole": "integer", "date": "date", "degrees": "number", "flag": "boolean"}
TYPES |= dict.fromkeys(QUANTITIES, "number")
PROFILES = "https://datapackage.org/profiles/2.0"
HEAD = 4  # the row of the headings: over them the title, a line on the table, the meanings
WIDEST = 420  # pixels of a column
A4 = 9
LITERAL = dict.fromkeys(("strings_to_formulas", "strings_to_numbers", "strings_to_urls"), False)
LOOKS: dict[str, dict[str, Any]] = {  # text stays text also when somebody edits it
    "whole": {"num_format": "@"},
    "text": {"num_format": "@", "text_wrap": True},
    "bold": {"bold": True, "text_wrap": True},
    "small": {"num_format": "@", "italic": True, "font_size": 9, "text_wrap": True},
    "title": {"bold": True, "font_size": 15, "font_color": "#0B3C5D"},
    "link": {"underline": 1, "font_color": "#0B4F7A"},
}
Looks = dict[str, Any]
Names = dict[str, str]
Frames = dict[str, pd.DataFrame]
COMPUTED = {  # tables that follow from the others
    "facts": dict.fromkeys(("fact", "about", "said", "formula", "rows"), TEXT)
    | {"year": YEAR, "value": QUANTITY},
    "answers": {"check": TEXT, "holds": TEXT, "at": YEAR, "value": QUANTITY},
}
CONTRACT = {name: table.columns for name, table in TABLES.items()} | COMPUTED


def write_processed(dataset: Dataset) -> None:
    """Write the valid tables of all years to `data/processed`: every row, doubt and source kept."""
    folder = dataset.folder / "processed"
    frames = {name: spread(name, frame) for name, frame in dataset.tables.items()}
    files.write({folder / f"{name}.csv": files.as_csv(frame) for name, frame in frames.items()})


def spread(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table with its quantities as columns: number, bounds, doubt, unit and text."""
    parts = [
        as_columns(frame[column], column) if rule.kind in QUANTITIES else frame[column]
        for column, rule in CONTRACT[table].items()
    ]
    return pd.concat(parts, axis=1)


def base_name(context: Context) -> str:
    """What the files that hold the whole chain are called: the home town and the year."""
    return f"{context.home}-{context.known.year}"


def tables(context: Context) -> dict[str, pd.DataFrame]:
    """Every row known in the year by table, the columns those of the contract; `row` is the index.

    Of the sources only those that are used, and what these build on: a later one changes nothing.
    """
    sources = context.known.rows["sources"]
    older = dict(zip(sources["source"], sources["same_origin_as"], strict=True))
    wanted = set(context.known.used["sources"]["source"])
    while more := {older[source] for source in wanted} - wanted - {""}:
        wanted |= more
    rows = context.known.rows | {"sources": sources[sources["source"].isin(wanted)]}
    for name, frame in (("facts", _facts(context)), ("answers", context.year.checks)):
        rows[name] = frame.set_axis(range(2, len(frame) + 2))  # as in a file under its heading
    return {
        table: spread(table, rows[table]).convert_dtypes().rename_axis("row") for table in CONTRACT
    }


def _facts(context: Context) -> pd.DataFrame:
    """One row is a fact that sentences may name; a list has its words and no number."""
    facts = context.year.fact_table
    said = [
        context.amount(fact) if isinstance(fact, Quantity) else context.list_of(fact)
        for fact in facts["value"]
    ]
    numbers = [fact if isinstance(fact, Quantity) else UNKNOWN for fact in facts["value"]]
    years = [year if isinstance(year, Quantity) else UNKNOWN for year in facts["year"]]
    rows = facts["refs"].map(", ".join)
    return facts.assign(fact=facts["name"], value=numbers, year=years, said=said, rows=rows)


def columns(table: str) -> list[tuple[str, str, str, Column]]:
    """The columns of a published table: name, column of the contract, part of it, its rule."""
    found = []
    for column, rule in CONTRACT[table].items():
        found.append((column, column, "", rule))
        if rule.kind in QUANTITIES:
            found += [(f"{column}_{part}", column, part, rule) for part in PARTS]
    return found


def meaning(context: Context, table: str, column: str, part: str = "") -> str:
    """What a column of a published table means; `part` is one of `PARTS`."""
    whole = context.text.meaning(table, column)
    return f"{whole} {context.plain(f'forms.part.{part}')}" if part else whole


def localised(context: Context, key: str) -> str:
    """A sentence, or nothing where the municipality has not said what it names."""
    try:
        return context.plain(key, fingerprint=context.fingerprint[:SHORT])
    except Missing:
        return ""


def write_package(context: Context, folder: Path) -> None:
    """Write the tables and their description into the report's folder."""
    into = folder / FOLDER
    frames = tables(context)
    written = {into / f"{table}.csv": files.as_csv(frame) for table, frame in frames.items()}
    files.write(written | {into / "datapackage.json": as_json(datapackage(context, frames))})


def as_json(content: dict[str, Any]) -> str:
    """JSON as text: unknown is null, and no number that JSON has no word for."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def datapackage(context: Context, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The description of the CSV files (Data Package), made from the contract."""
    sources, by = frames["sources"], localised(context, "forms.by")
    licences = sorted(set(sources["licence"]) - {""})
    named = [re.sub(r"[^A-Za-z0-9.]+", "-", title) for title in licences]
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": f"{base_name(context)}-{context.text.language}",
        "title": context.plain("forms.title"),
        "description": " ".join(context.plain(f"forms.about.{part}") for part in ("what", "terms")),
        "version": str(context.known.year),
        "contributors": [{"title": by, "roles": ["publisher"]}] if by else [],
        "licenses": [
            {"name": name, "title": title} for name, title in zip(named, licences, strict=True)
        ],
        "sources": [
            {"title": row.title, "path": row.url}
            if row.url.startswith(("http://", "https://"))
            else {"title": row.title}
            for row in sources.itertuples()
        ],
        "resources": [_resource(context, table) for table in frames],
    }


def _resource(context: Context, table: str) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": "row", "type": "integer", "description": context.plain("forms.part.row")}
    ]
    fields += [_field(context, table, *column) for column in columns(table)]
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


def _is_number(part: str, rule: Column) -> bool:
    """Whether a column of a published table holds numbers."""
    if rule.kind in QUANTITIES:
        return part in ("", "low", "high")
    return rule.kind in ("whole", "degrees", "flag")


def _field(context: Context, table: str, here: str, column: str, part: str, rule: Column) -> Any:
    limits: dict[str, Any] = {}
    if rule.required and rule.kind not in QUANTITIES:
        limits["required"] = True
    if allowed := list(DOUBTS) if part == "doubt" else list(rule.allowed):
        limits["enum"] = allowed
    if rule.between:
        limits |= dict(zip(("minimum", "maximum"), rule.between, strict=True))
    field = {
        "name": here,
        "type": "string" if part in ("doubt", "unit", "text") else TYPES.get(rule.kind, "string"),
        "description": meaning(context, table, column, part),
    }
    return field | ({"constraints": limits} if limits else {})


def write_workbook(context: Context, folder: Path) -> None:
    """Write the tables as one workbook: a cover, notes, and a sheet for each table."""
    raw, frames = io.BytesIO(), tables(context)
    with xlsxwriter.Workbook(raw, {"in_memory": True} | LITERAL) as book:
        day = datetime(context.known.year, 12, 31)  # noqa: DTZ001  of no time zone
        about = {"title": context.plain("forms.title"), "author": localised(context, "forms.by")}
        book.set_properties(about | {"created": day})
        sheets = {table: context.plain(f"tables.{table}") for table in frames}
        looks = {kind: book.add_format({"valign": "top"} | look) for kind, look in LOOKS.items()}
        _cover(context, book, looks, frames, sheets)
        _notes(context, book, looks, sheets)
        for table, frame in frames.items():
            _sheet(context, book, looks, table, frame)
    files.write({folder / FOLDER / f"{base_name(context)}.xlsx": raw.getvalue()})


def _cover(context: Context, book: Any, looks: Looks, frames: Frames, sheets: Names) -> None:
    sheet = _titled(book, looks, context.plain("forms.cover.sheet"), context.plain("forms.title"))
    about = [context.plain(f"forms.about.{part}") for part in ("what", "doubt", "formula", "terms")]
    lines = [*about, localised(context, "forms.cite"), context.plain("forms.cover.contents")]
    sheet.write_column(1, 0, lines, looks["text"])
    heads = {context.plain("forms.cover.table"): "text", context.plain("forms.cover.rows"): ""}
    body = [[sheets[table], len(frame)] for table, frame in frames.items()]
    first = len(lines) + 1
    _table(sheet, looks, first, heads, body, "contents")
    for row, name in enumerate(sheets.values(), start=first + 1):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], name)
    sheet.set_column(0, 0, 90)


def _notes(context: Context, book: Any, looks: Looks, sheets: Names) -> None:
    sheet = _titled(
        book, looks, context.plain("forms.notes.sheet"), context.plain("forms.notes.heading")
    )
    lines = [f"{doubt}: {context.plain(f'forms.doubt.{doubt}')}" for doubt in DOUBTS]
    heads = ("table", "column", "meaning", "kind", "allowed", "unit")
    body = []
    for table, name in sheets.items():
        for here, rule in CONTRACT[table].items():
            kind, what = context.plain(f"column_kind.{rule.kind}"), meaning(context, table, here)
            body.append([name, here, what, kind, ", ".join(rule.allowed), rule.unit])
    said = {context.plain(f"forms.notes.{head}"): "text" for head in heads}
    _table(sheet, looks, len(lines) + 2, said, body, "notes")
    sheet.autofit(WIDEST)
    sheet.write_column(1, 0, lines, looks["whole"])


def _sheet(context: Context, book: Any, looks: Looks, table: str, frame: pd.DataFrame) -> None:
    """A table; a column that adds nothing to the number before it is left out."""
    name = context.plain(f"tables.{table}")
    sheet = _titled(book, looks, name, name.capitalize())
    shown = [said for said in columns(table) if not _adds_nothing(frame, *said[:3])]
    names = [column[0] for column in shown]
    heads = {context.plain("forms.row"): ""}
    heads |= {here: "" if _is_number(part, rule) else "text" for here, _, part, rule in shown}
    body = [list(row) for row in frame[names].itertuples()]
    _table(sheet, looks, HEAD - 1, heads, body, table)
    sheet.autofit(WIDEST)
    sheet.write_string(1, 0, context.plain("forms.about.table"), looks["whole"])
    meanings = [meaning(context, table, column, part) for _, column, part, _ in shown]
    sheet.write_row(HEAD - 2, 0, [context.plain("forms.part.row"), *meanings], looks["small"])
    sheet.set_row(HEAD - 2, 60)
    sheet.freeze_panes(HEAD, 2)
    sheet.repeat_rows(HEAD - 1)


def _titled(book: Any, looks: Looks, name: str, heading: str) -> Any:
    """A new sheet with a heading, landscape and one page wide."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, heading, looks["title"])
    return sheet


def _table(
    sheet: Any, looks: Looks, head: int, heads: Names, body: list[list[Any]], name: str
) -> None:
    """One table; `heads` names the look of each column. An empty one has an empty row."""
    head_look = {"header_format": looks["bold"]}
    columns = [
        {"header": said, "format": looks.get(look)} | head_look for said, look in heads.items()
    ]
    rows = [[_plain(value) for value in row] for row in body]
    style = {"name": f"t_{name}", "style": "Table Style Light 1", "banded_rows": False}
    end = head + max(len(body), 1), len(heads) - 1
    sheet.add_table(head, 0, *end, style | {"columns": columns, "data": rows})


def _plain(value: Any) -> Any:
    """A cell's value as Python knows it; nothing for what is unknown or empty."""
    if pd.isna(value) or value == "":
        return None
    return value.item() if hasattr(value, "item") else value


def _adds_nothing(frame: pd.DataFrame, here: str, column: str, part: str) -> bool:
    """Whether a part of a number says no more than the number itself, in every row."""
    if part in ("low", "high"):
        return bool((frame[here].isna() | (frame[here] == frame[column])).all())
    return part == "unit" and frame[here].nunique() <= 1


def write_geojson(context: Context, folder: Path) -> None:
    """Write the chain into the report's folder."""
    path = folder / FOLDER / f"{base_name(context)}.geojson"
    files.write({path: as_json(geojson(context))})


def geojson(context: Context) -> dict[str, Any]:
    """The places of the chain as points (RFC 7946): a number, or null where there is none, with
    what is said of it in words; a place without a point has no geometry."""
    places = context.year.places
    return {
        "type": "FeatureCollection",
        "title": context.plain("forms.title"),
        "description": context.plain("forms.about.geojson"),
        "features": [_feature(context, place) for _, place in places.iterrows()],
    }


def _feature(context: Context, place: pd.Series) -> dict[str, Any]:
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
        "name": context.name(place["town"]),
        "local_name": place["local_name"] or None,
        "area": context.area(place),
        "country": place["country"],
        "role": place["role"],
        "role_text": context.plain(f"role.{place['role']}"),
        "approximate": bool(place["approximate"]),
    }
    for key, said in stated.items():
        about |= {key: _number(said), f"{key}_text": context.amount(said) if said else None}
    about["sources"] = list(dict.fromkeys(context.title(context.known.row(r)) for r in refs))
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
