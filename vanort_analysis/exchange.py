"""The tables as of a year for other programs: CSV files and their description, a Data Package.

Text stands as it is written in the sources, also where a spreadsheet would take it for a formula:
for spreadsheets there is the workbook.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from . import store
from .contract import QUANTITIES, Column
from .fingerprint import SHORT
from .language import Missing
from .quantity import Doubt
from .story import Story
from .tables import TABLES

FOLDER = "data"
PARTS = ("low", "high", "doubt", "unit", "text")
DOUBTS = get_args(Doubt)
TYPES = {"whole": "integer", "date": "date", "degrees": "number", "flag": "boolean"}
PROFILES = "https://datapackage.org/profiles/2.0"


def name(story: Story) -> str:
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
        table: rows[table][[column for column, *_ in columns(table)]]
        .convert_dtypes()
        .rename_axis("row")
        for table in TABLES
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


def said(story: Story, key: str) -> str:
    """A sentence, or nothing where the municipality has not said what it names."""
    try:
        return story.plain(key, fingerprint=story.fingerprint[:SHORT])
    except Missing:
        return ""


def write(story: Story, folder: Path) -> None:
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
    by = said(story, "forms.by")
    licences = sorted(set(sources["licence"]) - {""})
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": f"{name(story)}-{story.text.language}",
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
