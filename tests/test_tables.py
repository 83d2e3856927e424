"""The tables for other programs: nothing is lost on the way, and text stays text."""

from __future__ import annotations

import csv
import json
import shutil
import time
from pathlib import Path
from typing import Any

import frictionless
import geopandas
import openpyxl
import pytest

from vanort_analysis import load
from vanort_analysis.data.schema import TABLES
from vanort_analysis.language import Text
from vanort_analysis.pages.context import Context
from vanort_analysis.publish import tables

from . import chain, pages

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def report() -> Context:
    return pages.own(2014, "sv").context


@pytest.fixture(scope="module")
def made(report: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of 2014 in every form, in a report's folder."""
    folder = tmp_path_factory.mktemp("tables")
    tables.write_tables(report, folder)
    return folder / "data"


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def book(folder: Path) -> Any:
    return openpyxl.load_workbook(next(folder.glob("*.xlsx")))


def same(cell: object, written: str) -> bool:
    """Whether a cell of the workbook says what a field of a CSV file says."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(cell) == pytest.approx(float(written))
    return ("" if cell is None else str(cell)) == written


def test_the_workbook_has_a_cover_and_every_table(report: Context, made: Path) -> None:
    text = Text("sv")
    cover, *sheets = book(made)
    assert [sheet.title for sheet in sheets] == [text.plain(f"tables.{t}") for t in tables.CONTRACT]
    said = "\n".join(str(cell.value) for row in cover for cell in row if cell.value)
    assert "Vänersborgs vänortskedja 2014" in said
    assert "Ange så här: Vänersborgs kommun" in said
    ways = {cell.hyperlink.location for row in cover for cell in row if cell.hyperlink}
    assert ways == {f"'{sheet.title}'!A1" for sheet in sheets}
    for sheet, table in zip(sheets, tables.CONTRACT, strict=True):
        head, *rows = cells(made / f"{table}.csv")
        (count,) = [row[1].value for row in cover if row[0].value == sheet.title]
        assert count == len(rows)
        named = {cell.value: place for place, cell in enumerate(sheet[tables.HEAD])}
        assert set(tables.CONTRACT[table]) <= set(named)
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row))
        assert sheet.freeze_panes == "C3"  # the headings and the first column stay
        meanings = [cell.value for cell in sheet[tables.HEAD - 1]]
        assert all(meanings)
        assert text.describe_column(table, next(iter(tables.CONTRACT[table]))) in meanings
        shown = list(sheet.iter_rows(min_row=tables.HEAD + 1, values_only=True))
        for column in tables.CONTRACT[table]:
            for row, line in zip(rows, shown, strict=True):
                assert same(line[named[column]], row[head.index(column)]), (table, column)


def test_a_number_is_a_number_and_unknown_is_an_empty_cell(made: Path) -> None:
    sheet = book(made)[Text("sv").plain("tables.membership")]
    head, *rows = sheet.iter_rows(min_row=tables.HEAD, values_only=True)
    said = {row[head.index("town")]: dict(zip(head, row, strict=True)) for row in rows[:10]}
    assert said["husby"]["members"] == 340
    assert said["eidi"]["members"] is None
    assert said["eidi"]["members_doubt"] == "unknown"
    assert said["eidi"]["members_text"] == "Uppgift saknas"


def test_every_fact_and_every_answer_has_a_row(report: Context, made: Path) -> None:
    head, *rows = cells(made / "facts.csv")
    named = {row[head.index("fact")]: row for row in rows}
    assert set(named) == set(report.year.facts)
    assert named["members_total"][head.index("value")] == "1135.0"
    assert named["members_total"][head.index("value_doubt")] == "at_least"
    assert "membership:2" in named["members_total"][head.index("rows")]
    assert named["members_total"][head.index("formula")] == "members_total"
    assert named["members:husby"][head.index("about")] == "husby"
    assert named["members_home"][head.index("year")] == "2013"
    head, *rows = cells(made / "answers.csv")
    assert {row[head.index("holds")] for row in rows} <= {"yes", "no", "unknown"}
    assert len(rows) == len(report.year.checks)


def test_the_workbook_has_the_bounds_where_there_is_no_one_number(made: Path) -> None:
    sheet = book(made)[Text("sv").plain("tables.figures")]
    head, *rows = sheet.iter_rows(min_row=tables.HEAD, values_only=True)
    years = [row[head.index("year_low") : head.index("year_high") + 1] for row in rows]
    assert (2007, 2017) in years


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_csv_files_are_what_their_description_says(language: str, tmp_path: Path) -> None:
    tables.write_tables(pages.own(2014, language).context, tmp_path)
    described = tmp_path / "data" / "datapackage.json"
    found = frictionless.validate(described)
    assert found.flatten(["title", "fieldName", "rowNumber", "note"]) == []
    assert found.stats["tasks"] == len(tables.CONTRACT)
    package = json.loads(described.read_text("utf-8"))
    meanings = {f["description"] for r in package["resources"] for f in r["schema"]["fields"]}
    assert Text(language).describe_column("chain", "event") in meanings
    assert any("geonames" in source.get("path", "") for source in package["sources"])
    spoilt = described.parent / "membership.csv"
    spoilt.write_text(spoilt.read_text("utf-8").replace("husby", "nowhere"), encoding="utf-8")
    assert not frictionless.validate(described).valid


def test_the_same_tables_are_the_same_bytes(report: Context, made: Path, tmp_path: Path) -> None:
    time.sleep(max(0.0, 2 + made.stat().st_mtime - time.time()))  # a zip tells it in such steps
    tables.write_tables(report, tmp_path)
    for path in made.iterdir():
        assert (tmp_path / "data" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_later_source_leaves_the_tables_of_a_year_as_they_were(
    made: Path, data_folder: Path, tmp_path: Path
) -> None:
    late = data_folder / "raw" / "sources.csv"
    line = late.read_text("utf-8").splitlines()[1].replace("report-2014-table", "late")
    row = next(csv.reader([line]))
    row[5] = "2025"
    with late.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(row)
    tables.write_tables(load(2014, "sv", data_folder).context, tmp_path / "out")
    for path in (tmp_path / "out" / "data").iterdir():
        assert path.read_bytes() == (made / path.name).read_bytes(), path.name


def test_the_places_are_on_their_points_and_unknown_is_null(made: Path) -> None:
    path = made / "vanersborg-2014.geojson"
    frame = geopandas.read_file(path).set_index("town")
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry["arsuk"].coords[0] == pytest.approx((-48.450556, 61.174444))
    assert round(frame["distance_km"]["arsuk"]) == 3304
    assert frame["members"].sum() == 1135
    assert frame["members_text"]["eidi"] == "uppgift saknas"
    assert frame["distance_km_text"]["aland15"] == "ca 495\u00a0km"
    assert frame["role_text"]["utajarvi"] == "tidigare vänort"
    written = {f["id"]: f["properties"] for f in json.loads(path.read_text("utf-8"))["features"]}
    assert written["eidi"]["members"] is None
    assert written["vanersborg"]["distance_km"] is None
    assert written["utajarvi"]["members_text"] is None  # has left: there is nothing to know
    assert all(about["sources"] for about in written.values())


def test_what_is_read_of_each_table_and_what_was_changed_is_written_beside_it(
    tmp_path: Path,
) -> None:
    dataset = load(2014, "sv", chain.folder(tmp_path / "data")).dataset
    tables.write_processed(dataset)
    made = {path.stem: cells(path) for path in (tmp_path / "data" / "processed").glob("*.csv")}
    assert set(made) == {*TABLES, "changes"}
    assert {name: len(made[name]) - 1 for name in TABLES} == {
        name: len(frame) for name, frame in dataset.tables.items()
    }
    changed = [dict(zip(made["changes"][0], row, strict=True)) for row in made["changes"][1:]]
    assert "5 000 kr (SEK)" in [row["read"] for row in changed if row["why"] == "currency"]


def test_a_place_without_a_point_is_still_told_of(data_folder: Path, tmp_path: Path) -> None:
    towns = data_folder / "raw" / "towns.csv"
    towns.write_text(towns.read_text("utf-8").replace("56.13615,8.97662", ","), encoding="utf-8")
    tables.write_tables(load(2014, "sv", data_folder).context, tmp_path)
    frame = geopandas.read_file(tmp_path / "data" / "vanersborg-2014.geojson").set_index("town")
    assert frame.geometry["herning"] is None
    assert frame["distance_km_text"]["herning"] == "uppgift saknas"


def test_a_chain_with_hardly_any_facts_has_tables_too(tmp_path: Path) -> None:
    shutil.copytree(HERE / "data" / "invented_small_chain", tmp_path / "data")
    context = load(2020, "sv", tmp_path / "data").context
    tables.write_tables(context, tmp_path / "out")
    assert frictionless.validate(tmp_path / "out" / "data" / "datapackage.json").valid
    assert len(book(tmp_path / "out" / "data").worksheets) == 1 + len(tables.CONTRACT)
    assert len(geopandas.read_file(next((tmp_path / "out" / "data").glob("*.geojson")))) == 3
