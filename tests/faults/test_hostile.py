"""F79–F85: text of a data folder is text: nothing in it runs, and it is shown as it was written.

`benchmarks/hostile.py` does the same with very many strings and every form of a report.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path

import docx
import frictionless
import geopandas
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from markupsafe import escape
from playwright.sync_api import Browser

from tests import pages
from tests.test_documents import MEMO, paper
from tests.test_documents import said as told
from tests.test_tables import book, cells
from vanort_analysis import load
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import DataError
from vanort_analysis.pages import site
from vanort_analysis.publish import tables
from vanort_analysis.publish.recipe import Order

from .folder import only, place, put, save, workbook

HOSTILE = (
    "<script>hacked = 1</script>",
    "<img src=x onerror=hacked=1>",
    "${hacked = 1}",
    "`+(hacked = 1)+`",
    "</script><svg onload=hacked=1>",
    "\"'><b onclick=hacked=1>",
    "--><!--><i>\\u003ci",
    "$x^2$ & &amp; \\frac{1 }{2 }",
    "[x](javascript:hacked=1) ![x](x)",
    "`${ hacked = 1 }` #panic() @x <y>",
    "{{ x {%- raw {# y",
    "../../x C:\\CON %s%n",
    "]]></text></style><style>*{}",
)
KNOWN = (  # must be one there is, or of one form
    *(("checks", "fact"), ("towns", "country")),
    *(("towns", "geonameid"), ("towns", "wikidata")),
)


FORMULAS = [  # and what else a spreadsheet would read as something else
    *("=1+1", "+1", "-1+1", "@SUM(1,1)", '=HYPERLINK("x","y")', "_x003D_1+1"),
    *("<script>alert(1)</script>", "${alert(1)}", "http://example.org/x", "00123"),
]
FREE = (  # columns of free text
    *(("sources", "title"), ("towns", "note"), ("meetings", "place")),
    *(("membership", "note"), ("agreements", "note")),
)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's data with one of them after every text, in every row of every table, and after
    every name of the municipality."""
    folder = tmp_path_factory.mktemp("poisoned")
    raw = pages.copied(folder / "data")
    count = 0
    for table, contract in TABLES.items():
        frame = pd.read_csv(raw / f"{table}.csv", dtype=str, keep_default_na=False)
        for column, rule in contract.columns.items():
            if rule.kind != "text" or column in contract.key or (table, column) in KNOWN:
                continue
            if column in frame:
                frame[column] = [
                    f"{text} {HOSTILE[(count + row) % len(HOSTILE)]}" if text else ""
                    for row, text in enumerate(frame[column])
                ]
                count += 1
        frame.to_csv(raw / f"{table}.csv", index=False, lineterminator="\n")
    assert count > 30
    about = raw / "municipality.toml"
    head, rest = about.read_text("utf-8").split("[report]")
    names = iter(range(1000))

    def after(found: re.Match[str]) -> str:
        said = f"{found[2]} {HOSTILE[next(names) % len(HOSTILE)]}"
        return found[1] + json.dumps(said, ensure_ascii=False)

    head = re.sub(r'((?:sv|en) = |^  )"([^"]+)"', after, head, flags=re.MULTILINE)
    about.write_text(f"{head}[report]{rest}", encoding="utf-8")
    return folder / "data"


@pytest.fixture(scope="module")
def made(poisoned: Path) -> dict[str, str]:
    """The pages of 2014, and those of 2024 that say something else."""
    first, later = load(2014, "sv", poisoned), load(2024, "en", poisoned)
    found = {name: pages.html(first, name) for name in site.FILES}
    return found | {f"{n}_later": pages.html(later, n) for n in ("data_quality", "decision_memo")}


def test_F79_all_is_shown_as_written(made: dict[str, str]) -> None:
    said = {name: BeautifulSoup(html, "html.parser").get_text() for name, html in made.items()}
    for text in HOSTILE:
        assert [name for name, words in said.items() if text in words], text
    for name in set(said) - {"index", "accessibility"}:
        assert sum(text in said[name] for text in HOSTILE) >= 4, name
    for html in made.values():
        page = BeautifulSoup(html, "html.parser")
        assert page.select("main :is(b[onclick], i, img:not([alt]), [href^=javascript])") == []


EVERY_YEAR = """slider => {
    let said = ''
    for (slider.value = slider.min; ; slider.stepUp()) {
        slider.dispatchEvent(new Event('input'))
        said += document.querySelector('output').textContent
        if (slider.value === slider.max) return said
    }
}"""


@pytest.mark.browser
def test_F79_F80_nothing_runs_and_a_template_is_text_in_every_popup(
    made: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    """folium puts what it is given inside a template of JavaScript; ours never reaches it."""
    asked, popups = [], []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    for name, html in made.items():
        file = tmp_path / f"{name}.html"
        # without the policy too: what would run is seen to be no mark-up, not just held back
        file.write_text(html.replace("Content-Security-Policy", "x-none"), encoding="utf-8")
        page.goto(file.as_uri())
        if name == "chain_map":
            for mark in page.locator(".leaflet-marker-icon").all():
                mark.press("Enter")
                popups.append(page.locator(".leaflet-popup-content").last.inner_text())
                page.keyboard.press("Escape")
            years = page.get_by_role("slider").evaluate(EVERY_YEAR)
        assert page.evaluate("typeof hacked") == "undefined", name
        assert page.locator("main :is(b[onclick], i, img:not([alt]))").count() == 0
    page.close()
    assert [url for url in asked if not url.startswith(tmp_path.as_uri())] == []
    assert len(popups) > 8
    assert {"${hacked = 1}", "`+(hacked = 1)+`"} <= {
        text for text in HOSTILE if text in "\n".join(popups)
    }
    assert sum(text in years for text in HOSTILE) >= 10  # one to each name


def test_F81_mark_up_in_a_table_is_text(made: dict[str, str]) -> None:
    cells = [
        cell
        for html in made.values()
        for cell in BeautifulSoup(html, "html.parser").select("td, th, caption, dd, li")
    ]
    for text in (text for text in HOSTILE if "<" in text):
        assert any(text in cell.get_text() for cell in cells), text
    assert not [cell for cell in cells if cell.select("script, svg, style, b[onclick], y")]


def test_F82_mark_up_of_other_programs_is_text_on_paper(tmp_path: Path) -> None:
    """Pandoc and Typst have languages of their own; in a PDF no blank is sure."""
    said = [text.replace("  ", " ") for text in HOSTILE]
    cells = "".join(f"<p>{escape(text)}</p>" for text in said)
    document = paper(tmp_path, MEMO.replace("<p>De har", f"{cells}<p>De har"))
    (tmp_path / "x.pdf").write_bytes(document.make_pdf())
    (tmp_path / "x.docx").write_bytes(document.make_word())
    printed = "".join(told("pdftotext", tmp_path / "x.pdf", "-").split())
    assert [text for text in said if "".join(text.split()) not in printed] == []
    written = "\n".join(part.text for part in docx.Document(tmp_path / "x.docx").paragraphs)
    assert [text for text in said if text not in written] == []


def test_F82_a_hostile_text_is_refused_each_on_its_line(data_folder: Path) -> None:
    text = data_folder / "raw" / "texts" / "05_background.sv.md"
    lines = text.read_text("utf-8").splitlines()
    said = [f"\nEtt {hostile} till." for hostile in HOSTILE]
    text.write_text("\n".join([*lines, *said]) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(2014, "sv", data_folder)
    assert {fault.code[0] for fault in caught.value.faults} == {"T"}
    at = {fault.row for fault in caught.value.faults}
    assert at == {len(lines) + 2 * number for number in range(1, len(said) + 1)}


def test_F82_a_text_with_odd_signs_is_shown_as_text(data_folder: Path) -> None:
    odd = "\"'> & onload=hacked $x^y$ javascript:hacked --> %s"
    text = data_folder / "raw" / "texts" / "05_background.sv.md"
    text.write_text(text.read_text("utf-8") + f"\nEtt {odd} till.\n", encoding="utf-8")
    page = pages.soup(load(2014, "sv", data_folder), "background")
    assert f"Ett {odd} till." in page.get_text()


def test_a_sentence_of_a_table_that_names_no_fact_is_refused(data_folder: Path) -> None:
    rows = {}
    for table in ("checks", "recommendations", "chain", "activities"):
        path = data_folder / "raw" / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        row = frame.index[frame["text_en"] != ""][-1]
        frame.loc[row, "text_en"] += " {hacked}"
        frame.to_csv(path, index=False, lineterminator="\n")
        rows[f"{table}.csv"] = row + 2
    with pytest.raises(DataError) as caught:
        load(2014, "sv", data_folder)
    assert {fault.file: fault.row for fault in caught.value.faults} == rows
    assert len(caught.value.faults) == len(rows)
    told = {(fault.code, fault.column, fault.value) for fault in caught.value.faults}
    assert told == {("D032", "text_en", "hacked")}


@pytest.mark.parametrize(
    ("sentence", "code", "value"),
    [
        ("Ger { grant }.", "T008", "{ grant"),
        ("Ger {grant kronor.", "T008", "{grant"),
        ("Ger {grant|en|två|tre}.", "T007", "{grant|en|två|tre}"),
    ],
)
def test_a_fact_in_a_sentence_of_a_table_is_written_as_in_a_text(
    data_folder: Path, sentence: str, code: str, value: str
) -> None:
    path = data_folder / "raw" / "recommendations.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "text_sv"] = sentence
    frame.to_csv(path, index=False, lineterminator="\n")
    with pytest.raises(DataError) as caught:
        load(2014, "sv", data_folder)
    (fault,) = caught.value.faults
    assert (fault.code, fault.column, fault.value) == (code, "text_sv", value)
    assert (fault.file, fault.row) == ("recommendations.csv", 2)


def test_a_check_of_a_fact_that_never_is_is_refused(data_folder: Path) -> None:
    path = data_folder / "raw" / "checks.csv"
    path.write_text(path.read_text("utf-8").replace(",places_now,", ",place_now,"), "utf-8")
    facts = [row[2] for row in cells(path)]
    with pytest.raises(DataError) as caught:
        load(2014, "sv", data_folder)
    told = [(fault.code, fault.file, fault.column, fault.value) for fault in caught.value.faults]
    assert {*told} == {("D038", "checks.csv", "fact", "place_now")}
    assert {fault.details["near"] for fault in caught.value.faults} == {"places_now"}
    assert caught.value.faults[0].row == facts.index("place_now") + 1


def test_F83_a_formula_is_text_in_workbook_csv_and_geojson(
    data_folder: Path, tmp_path: Path
) -> None:
    for table, column in FREE:
        path = data_folder / "raw" / f"{table}.csv"
        head, *rows = cells(path)
        for number, row in enumerate(rows):
            row[head.index(column)] = FORMULAS[number % len(FORMULAS)]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    context = load(2014, "sv", data_folder).context
    tables.write_tables(context, tmp_path / "out")
    made = tmp_path / "out" / "data"
    sheets = dict(zip(TABLES, book(made).worksheets[1:], strict=False))
    seen = set()
    for table, column in FREE:
        head, *rows = cells(made / f"{table}.csv")
        raw_head, *raw = cells(data_folder / "raw" / f"{table}.csv")
        place = [cell.value for cell in sheets[table][tables.HEAD]].index(column)
        shown = list(sheets[table].iter_rows(min_row=tables.HEAD + 1))
        for row, cell in zip(rows, (line[place] for line in shown), strict=True):
            written = raw[int(row[0]) - 2][raw_head.index(column)]
            assert row[head.index(column)] == written
            assert written in (cell.value, _decoded(cell.value))
            assert cell.data_type == "s"  # no formula, no number
            assert cell.number_format == "@"  # text also when it is edited
            assert not cell.hyperlink
            seen.add(written)
    assert seen == set(FORMULAS)
    assert frictionless.validate(made / "datapackage.json").valid
    frame = geopandas.read_file(made / "vanersborg-2014.geojson")
    assert set(frame["sources"].explode()) <= set(FORMULAS)


def _decoded(value: str) -> str:
    """A cell as a spreadsheet shows it: openpyxl leaves most escapes of the format as they are."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), value)


def test_F84_an_address_that_is_none_of_the_web_is_no_link(data_folder: Path) -> None:
    path = data_folder / "raw" / "sources.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    odd = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", " JavaScript:x"]
    frame["url"] = [odd[row % len(odd)] for row in range(len(frame))]
    frame.to_csv(path, index=False, lineterminator="\n")
    report = load(2014, "sv", data_folder)
    warned = [note for note in report.dataset.notes if note.code == "D028"]
    assert {note.value for note in warned} == {text.strip() for text in odd}
    for name in ("background", "decision_memo"):
        links = pages.soup(report, name).select("a[href]")
        assert links
        assert not [
            a["href"] for a in links if re.match(r"(?i)\s*(javascript|file|data):", a["href"])
        ]


def test_F85_a_document_type_in_a_workbook_is_refused(data: Path) -> None:
    made = save(data, "membership", workbook(data, "membership"))
    with zipfile.ZipFile(made, "a") as book:
        book.writestr("xl/evil.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode("utf-16"))
    assert place(only(data)) == ("D075", "membership.xlsx", None, "")


def test_a_notebook_in_a_data_folder_is_told_of_and_never_run(data: Path) -> None:
    """The notebooks are the project's own, whatever a folder brings."""
    put(data, "04_decision_memo.ipynb", '{"cells": []}')
    (data / "notebooks").mkdir()
    (data / "notebooks" / "04_decision_memo.ipynb").write_text("{}")
    notes = [(note.code, note.file) for note in read_dataset(data).notes]
    assert ("D081", "04_decision_memo.ipynb") in notes
    order = Order(data, 2014, "sv", data)
    assert order.notebooks == pages.NOTEBOOKS
    assert "04_decision_memo" in order.pages
