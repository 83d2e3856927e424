"""The report in other forms: nothing is lost on the way, nothing runs, and each opens elsewhere."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import frictionless
import geopandas
import openpyxl
import pytest
from bs4 import BeautifulSoup
from vanort_analysis.pages.wording import FILES

from vanort_analysis import load
from vanort_analysis.data.schema import TABLES
from vanort_analysis.language import Text
from vanort_analysis.pages import wording
from vanort_analysis.publish import pdf, word
from vanort_analysis.publish import run as forms
from vanort_analysis.publish import tables as exchange
from vanort_analysis.publish import tables as geojson
from vanort_analysis.publish import tables as workbook
from vanort_analysis.report import Report

from .conftest import CURE
from .test_maps import HOSTILE as MARKUP
from .test_other_chains import pages

HERE = Path(__file__).parent
PAGES = [FILES[page].removesuffix(".html") for page in wording.PAGES]
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(1,1)", '=HYPERLINK("x","y")', "_x003D_1+1", "\ufffe\x7f"]
HOSTILE = [*(" ".join(text.split()) for text in MARKUP), *FORMULAS]
KEPT = {  # columns of text that mean something to the program
    ("sources", "published"),
    ("towns", "country"),
    ("towns", "aliases"),
    ("survey", "group"),
    *(("figures", column) for column in ("about", "base", "definition")),
    ("statements", "topic"),
}
NO_TYPE = (
    "NO TYPEFACE as wide as Arial, so the pages of the memo were not counted. Cure: install "
    "Liberation (Debian and Ubuntu: apt-get install fonts-liberation) and run the tests again."
)
NO_OFFICE = (
    "NO LIBREOFFICE, so no Word file was opened. Cure: install it (Debian and Ubuntu: "
    "apt-get install libreoffice-writer-nogui) and run the tests again."
)
NO_POPPLER = (
    "NO PDFINFO, so no PDF was looked into. Cure: install Poppler (Debian and Ubuntu: "
    "apt-get install poppler-utils) and run the tests again."
)
NAMES = {"t": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
         "b": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
         "s": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"}  # fmt: skip


def bare(text: str) -> str:
    """Text without blanks, arrows and hyphens (a line may end at one), to hold forms together."""
    return re.sub(r"[\s↑-]", "", text)


def soup_of(page: Path) -> Any:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# The tables


@pytest.fixture
def report() -> Report:
    return load(2014, "sv")


def sheets(folder: Path) -> Any:
    return openpyxl.load_workbook(next((folder / "data").glob("*.xlsx")))


def test_the_workbook_has_a_cover_notes_and_every_table(report: Report, tmp_path: Path) -> None:
    workbook.write_workbook(report, tmp_path)
    exchange.write_package(report, tmp_path)
    book, text = sheets(tmp_path), Text("sv")
    cover, notes, *tables = book
    assert [sheet.title for sheet in tables] == [text.plain(f"tables.{table}") for table in TABLES]
    said = "\n".join(str(cell.value) for row in cover for cell in row if cell.value)
    assert "Vänersborgs vänortskedja 2014" in said
    assert "Ange så här: Vänersborgs kommun" in said
    ways = {cell.hyperlink.location for row in cover for cell in row if cell.hyperlink}
    assert ways == {f"'{sheet.title}'!A1" for sheet in tables}
    assert {row[2].value for row in notes} >= {text.meaning("membership", "members")}
    for sheet, table in zip(tables, TABLES, strict=True):
        head, *rows = cells(tmp_path / "data" / f"{table}.csv")
        assert sheet.max_row == workbook.HEAD + len(rows)
        named = {cell.value: place for place, cell in enumerate(sheet[workbook.HEAD])}
        assert set(TABLES[table].columns) <= set(named)
        assert all(cell.value for cell in sheet[workbook.HEAD - 1])  # each heading has its meaning
        shown = list(sheet.iter_rows(min_row=workbook.HEAD + 1, values_only=True))
        for column in TABLES[table].columns:
            for row, line in zip(rows, shown, strict=True):
                assert same(line[named[column]], row[head.index(column)])


def same(cell: object, written: str) -> bool:
    """Whether a cell of the workbook says what a field of a CSV file says."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(cell) == pytest.approx(float(written))
    return ("" if cell is None else str(cell)) == written


def test_a_number_is_a_number_and_unknown_is_an_empty_cell(report: Report, tmp_path: Path) -> None:
    workbook.write_workbook(report, tmp_path)
    sheet = sheets(tmp_path)[Text("sv").plain("tables.membership")]
    head, *rows = sheet.iter_rows(min_row=workbook.HEAD, values_only=True)
    said = {row[head.index("town")]: dict(zip(head, row, strict=True)) for row in rows[:10]}
    assert said["husby"]["members"] == 340
    assert said["eidi"]["members"] is None
    assert said["eidi"]["members_doubt"] == "unknown"
    assert said["eidi"]["members_text"] == "Uppgift saknas"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_csv_files_are_what_their_description_says(language: str, tmp_path: Path) -> None:
    exchange.write_package(load(2014, language), tmp_path)
    described = tmp_path / "data" / "datapackage.json"
    found = frictionless.validate(described)
    assert found.flatten(["title", "fieldName", "rowNumber", "note"]) == []
    assert found.stats["tasks"] == len(TABLES)
    package = json.loads(described.read_text("utf-8"))
    meanings = {f["description"] for r in package["resources"] for f in r["schema"]["fields"]}
    assert Text(language).meaning("chain", "event") in meanings
    assert any("geonames" in source.get("path", "") for source in package["sources"])
    spoilt = described.parent / "membership.csv"
    spoilt.write_text(spoilt.read_text("utf-8").replace("husby", "nowhere"), encoding="utf-8")
    assert not frictionless.validate(described).valid


def test_a_later_source_leaves_the_tables_of_a_year_as_they_were(
    report: Report, data_folder: Path, tmp_path: Path
) -> None:
    late = data_folder / "raw" / "sources.csv"
    line = late.read_text("utf-8").splitlines()[1].replace("report-2014-table", "late")
    row = next(csv.reader([line]))
    row[5] = "2025"
    with late.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(row)
    for story, folder in ((report, "before"), (load(2014, "sv", data_folder), "after")):
        exchange.write_package(story, tmp_path / folder)
    assert _bytes(tmp_path / "before") == _bytes(tmp_path / "after")


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_places_are_on_their_points_and_unknown_is_null(report: Report, tmp_path: Path) -> None:
    geojson.write_geojson(report, tmp_path)
    path = tmp_path / "data" / "vanersborg-2014.geojson"
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
    assert all(about["sources"] for about in written.values())
    assert 0 not in [value for about in written.values() for value in about.values() if value]


def test_a_place_without_a_point_is_still_told_of(data_folder: Path, tmp_path: Path) -> None:
    towns = data_folder / "raw" / "towns.csv"
    towns.write_text(towns.read_text("utf-8").replace("56.13615,8.97662", ","), encoding="utf-8")
    geojson.write_geojson(load(2014, "sv", data_folder), tmp_path)
    frame = geopandas.read_file(tmp_path / "data" / "vanersborg-2014.geojson").set_index("town")
    assert frame.geometry["herning"] is None
    assert frame["distance_km_text"]["herning"] == "uppgift saknas"


def test_a_chain_with_hardly_any_facts_has_tables_too(tmp_path: Path) -> None:
    shutil.copytree(HERE / "data" / "invented_small_chain", tmp_path / "data")
    story = load(2020, "sv", tmp_path / "data")
    for write in (exchange.write_package, workbook.write_workbook, geojson.write_geojson):
        write(story, tmp_path / "out")
    assert frictionless.validate(tmp_path / "out" / "data" / "datapackage.json").valid
    assert len(sheets(tmp_path / "out").worksheets) == 2 + len(TABLES)
    assert len(geopandas.read_file(next((tmp_path / "out" / "data").glob("*.geojson")))) == 3


# Hostile text


@pytest.fixture
def hostile(data_folder: Path) -> Path:
    """A data folder with something hostile in every column of free text."""
    for table, contract in TABLES.items():
        path = data_folder / "raw" / f"{table}.csv"
        head, *rows = cells(path)
        for name, rule in contract.columns.items():
            if rule.kind != "text" or (table, name) in KEPT:
                continue
            at = head.index(name)
            prose = name.endswith(("_sv", "_en"))
            bad = [said for said in HOSTILE if not (prose and re.search("[{}]", said))]
            for number, row in enumerate(rows):
                alone = table == "towns" or name in contract.key  # such a text may stand once
                row[at] = bad[number % len(bad)] + (f" {at} {number}" if alone else "")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return data_folder


def test_hostile_text_is_text_in_workbook_csv_and_geojson(hostile: Path, tmp_path: Path) -> None:
    story = load(2014, "sv", hostile)
    for write in (exchange.write_package, workbook.write_workbook, geojson.write_geojson):
        write(story, tmp_path)
    book = sheets(tmp_path)
    for sheet in book:
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "b"}  # no formula
    for table, sheet in zip(TABLES, book.worksheets[2:], strict=True):
        head, *rows = cells(tmp_path / "data" / f"{table}.csv")
        raw_head, *raw = cells(hostile / "raw" / f"{table}.csv")
        named = [cell.value for cell in sheet[workbook.HEAD]]
        shown = list(sheet.iter_rows(min_row=workbook.HEAD + 1))
        for column in (name for name, rule in TABLES[table].columns.items() if rule.kind == "text"):
            for row, cell in zip(rows, (line[named.index(column)] for line in shown), strict=True):
                written = raw[int(row[0]) - 2][raw_head.index(column)]
                assert row[head.index(column)] == written
                assert _decoded(cell.value or "") == written
                assert cell.value is None or cell.number_format == "@"  # text, also when edited
    assert frictionless.validate(tmp_path / "data" / "datapackage.json").valid
    names = {row[1] for row in cells(hostile / "raw" / "towns.csv")}
    frame = geopandas.read_file(tmp_path / "data" / "vanersborg-2014.geojson")
    assert len(frame) == 10
    assert set(frame["name"]) <= names


def _decoded(value: str) -> str:
    """A cell as a spreadsheet shows it: openpyxl leaves the escapes of the format as they are."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), value)


def test_hostile_text_is_text_in_word(hostile: Path, tmp_path: Path) -> None:
    for stem, html in pages(hostile, 2014, "sv").items():
        (tmp_path / f"{stem}.html").write_text(html, encoding="utf-8")
    word.write(load(2014, "sv", hostile), tmp_path)
    for stem in PAGES:
        document = docx.Document(str(tmp_path / f"{stem}.docx"))
        said = bare("".join(document.element.body.itertext()))
        page = soup_of(tmp_path / f"{stem}.html").main.get_text()
        for text in HOSTILE[:-1]:  # the last holds a sign that no XML may hold
            assert (bare(text) in said) >= (bare(text) in bare(page))
        links = [rel.target_ref for rel in document.part.rels.values() if rel.is_external]
        assert all(link.startswith(("http://", "https://")) for link in links)
        assert stem not in ("01_data_quality", "02_chain_map") or bare(MARKUP[0]) in said


def test_word_is_made_in_the_c_locale_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch
) -> None:
    folder = tmp_path / "Vänort å"
    shutil.copytree(Path(word.__file__).parent / "template", folder / "template")
    monkeypatch.setattr(word, "files", lambda _: folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("LC_ALL", "C")
    (folder / "page.docx").write_bytes(word._converted("<p>Vänersborg</p>", "sv-SE"))
    assert docx.Document(str(folder / "page.docx")).paragraphs[0].text == "Vänersborg"


# The pages on paper


def told(*words: str | Path) -> str:
    """What a program of Poppler says of a PDF."""
    if not shutil.which("pdfinfo"):
        pytest.skip(NO_POPPLER)
    done = subprocess.run(words, capture_output=True, check=True, encoding="utf-8")
    assert not done.stderr
    return done.stdout


def count_of_pages(path: Path) -> int:
    return int(re.search(r"Pages: +(\d+)", told("pdfinfo", path))[1])


@pytest.fixture(scope="module")
def made(reports: Callable[[int, str], Path]) -> Callable[[str], Path]:
    """The report of 2014 in a language, with its PDF files."""
    if not pdf.browser():
        pytest.skip(CURE)
    return lambda language: reports(2014, language)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("stem", PAGES)
def test_a_page_is_a_tagged_pdf_with_all_that_is_on_it(made, stem: str, language: str) -> None:
    path, page = made(language) / f"{stem}.pdf", soup_of(made(language) / f"{stem}.html")
    about = told("pdfinfo", path)
    assert re.search(r"Tagged: +yes", about)
    assert re.search(r"JavaScript: +no", about)
    assert re.search(r"Page size: .*A4", about)
    assert re.search(r"CreationDate: +Wed Dec 31 00:00:00 2014", about)
    assert page.title.get_text() in about
    latin = path.read_bytes().decode("latin-1")
    assert f"/Lang ({language})" in latin
    assert "file:" not in latin
    outline = re.findall(
        r"<item[^>]*>(.*)</item>", told("pdftohtml", "-xml", "-i", "-stdout", path)
    )
    pdf.for_paper(page)
    headings = [head.get_text() for head in page.main.find_all(re.compile("^h[1-3]$"))]
    titles = [BeautifulSoup(title, "html.parser").get_text() for title in outline]
    assert list(map(bare, titles)) == list(map(bare, headings))
    tags = re.findall(r"^ *(\w+)", told("pdfinfo", "-struct", path), re.MULTILINE)
    assert tags.count("Table") == len(page.find_all("table"))
    in_hex = re.findall(r"/Alt <(\w+)>", latin)
    in_ascii = re.findall(r"/Alt \(((?:[^()\\]|\\.)*)\)", latin)
    alts = {bytes.fromhex(said).decode("utf-16") for said in in_hex}
    alts |= {re.sub(r"\\(.)", r"\1", said) for said in in_ascii}
    assert alts >= {image["alt"] for image in page.find_all("img")}
    for tag in page.select(".vh, sup"):
        tag.decompose()
    printed = bare(told("pdftotext", path, "-"))
    for tag in page.select("td, h1, h2, h3, figcaption, .finding"):
        for text in tag.find_all(string=True):
            assert all(bare(word) in printed for word in text.split()), tag
    assert count_of_pages(path) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("year", [2014, 2024])
def test_the_memo_is_at_most_six_pages(reports, year: int, language: str) -> None:
    if not pdf.browser():
        pytest.skip(CURE)
    if shutil.which("fc-match") and not re.search(
        "Arial|Helvetica|Liberation", told("fc-match", "Arial")
    ):
        pytest.skip(NO_TYPE)
    assert count_of_pages(reports(year, language) / "04_decision_memo.pdf") <= 6


# The pages in a word processor


@pytest.fixture(scope="module")
def opened(reports, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The Word files of a language as LibreOffice has read them and written them down again."""
    if not (office := shutil.which("soffice") or shutil.which("libreoffice")):
        pytest.skip(NO_OFFICE)
    folders: dict[str, Path] = {}

    def read(language: str) -> Path:
        if language not in folders:
            folders[language] = into = tmp_path_factory.mktemp(language)
            profile = f"-env:UserInstallation={(into / 'profile').as_uri()}"
            files = [reports(2014, language) / f"{stem}.docx" for stem in PAGES]
            words = [office, profile, "--headless", "--convert-to", "fodt", "--outdir", into]
            subprocess.run([*words, *files], capture_output=True, check=True, timeout=180)
        return folders[language]

    return read


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("stem", PAGES)
def test_a_word_file_opens_with_all_that_is_on_the_page(
    reports, opened, stem: str, language: str
) -> None:
    page = soup_of(reports(2014, language) / f"{stem}.html")
    pdf.for_paper(page)
    for tag in page.select("nav, .vh, noscript, script, style"):
        tag.decompose()
    raw = (opened(language) / f"{stem}.fodt").read_text("utf-8")
    written = ElementTree.fromstring(raw)
    said = bare("".join(written.find(".//{*}body").itertext()))
    assert bare(page.title.get_text()) in bare("".join(written.find(".//{*}header").itertext()))
    heads = written.findall(".//t:h", NAMES)
    level = f"{{{NAMES['t']}}}outline-level"
    assert [(bare("".join(h.itertext())), int(h.get(level))) for h in heads] == [
        (bare(head.get_text()), int(head.name[1]))
        for head in page.main.find_all(re.compile("^h[1-3]$"))
    ]
    tables = page.main.find_all("table")
    assert len(written.findall(".//b:table", NAMES)) == len(tables)
    assert len(written.findall(".//b:table-header-rows", NAMES)) == len(tables)
    alts = [alt.text for alt in written.findall(".//s:desc", NAMES)]
    assert alts == [image["alt"] for image in page.main.find_all("img")]
    for block in page.main.find_all(["p", "li", "dt", "dd", "th", "td", "caption"]):
        for text in block.find_all(string=True):
            assert bare(text) in said
    assert f'fo:language="{language}"' in raw
    links = re.findall(r'xlink:href="([^"]*)"', "".join(re.findall("<text:a [^>]*>", raw)))
    assert len(links) > 20
    assert all(link.startswith(("http://", "https://", "#k", "#")) for link in links)
    assert any(re.fullmatch(r"#k\d+", link) for link in links)  # a number, to its source
    marks = set(re.findall(r'<text:bookmark(?:-start)? text:name="([^"]*)"', raw))
    assert {link[1:] for link in links if link.startswith("#")} <= marks


# What is there, what is not


@pytest.mark.slow
def test_the_index_leads_to_every_form_there_is(reports) -> None:
    folder = reports(2014, "sv")
    links = [link["href"] for link in soup_of(folder / "index.html").select(".forms a")]
    there = [f"{stem}{kind}" for stem in PAGES for kind in (".pdf", ".docx")]
    named = [f"data/vanersborg-2014.{kind}" for kind in ("xlsx", "geojson")]
    wanted = {*there, *named, "data/datapackage.json"}
    assert set(links) == {link for link in wanted if (folder / link).is_file()}
    assert {"data/datapackage.json", *named} <= set(links)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(links) <= set(manifest["outputs"])


def test_a_missing_browser_or_extra_is_one_sentence_and_no_stop(monkeypatch) -> None:
    monkeypatch.setenv(pdf.OWN, "no-such-browser")
    monkeypatch.setattr(word, "NEEDED", ("no_such_package",))
    said: list[Any] = []
    assert set(forms.possible(said)) == {"tables", "workbook", "places"}
    assert [fault.code for fault in said] == ["P005", "P007"]
    for language, cure in (("sv", "installera Chromium"), ("en", "install Chromium")):
        assert cure in Text(language).fault(said[0])
        assert "run.py word" in Text(language).fault(said[1])


@pytest.mark.skipif(not shutil.which("false"), reason="needs a program that fails")
def test_a_browser_that_fails_is_told_of_and_leaves_nothing(report, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv(pdf.OWN, shutil.which("false"))
    for stem in PAGES:
        (tmp_path / f"{stem}.html").write_text("<title>x</title><p>x", encoding="utf-8")
    said: list[Any] = []
    forms.possible(said)["pdf"](report, tmp_path)
    assert [fault.code for fault in said if fault.code != "P007"] == ["P006"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{stem}.html" for stem in PAGES
    )
