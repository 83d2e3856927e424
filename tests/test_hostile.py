"""Text of a data folder is text: nothing in it runs, and it is shown as it was written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from vanort_analysis import load
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import WrongData
from vanort_analysis.pages import site

from . import pages

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
)
KNOWN = (  # must be one there is, or of one form
    *(("checks", "fact"), ("towns", "country")),
    *(("towns", "geonameid"), ("towns", "wikidata")),
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


def test_all_is_shown_as_written(made: dict[str, str]) -> None:
    said = {name: BeautifulSoup(html, "html.parser").get_text() for name, html in made.items()}
    for text in HOSTILE:
        assert [name for name, words in said.items() if text in words], text
    for name in set(said) - {"index", "accessibility"}:
        assert sum(text in said[name] for text in HOSTILE) >= 4, name
    for html in made.values():
        page = BeautifulSoup(html, "html.parser")
        assert page.select("main :is(b[onclick], i, img:not([alt]), [href^=javascript])") == []


@pytest.mark.browser
def test_nothing_runs(made: dict[str, str], browser: Browser, tmp_path: Path) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for name, html in made.items():
        file = tmp_path / f"{name}.html"
        # without the policy too: what would run is seen to be no mark-up, not just held back
        file.write_text(html.replace("Content-Security-Policy", "x-none"), encoding="utf-8")
        page.goto(file.as_uri())
        for mark in page.locator(".leaflet-marker-icon").all()[:4]:
            mark.press("Enter")
            page.keyboard.press("Escape")
        assert page.evaluate("typeof hacked") == "undefined", name
        assert page.locator("main :is(b[onclick], i, img:not([alt]))").count() == 0
    page.close()
    assert [url for url in asked if not url.startswith(tmp_path.as_uri())] == []


def test_a_hostile_text_is_refused_each_on_its_line(data_folder: Path) -> None:
    text = data_folder / "raw" / "texts" / "05_background.sv.md"
    lines = text.read_text("utf-8").splitlines()
    said = [f"\nEtt {hostile} till." for hostile in HOSTILE]
    text.write_text("\n".join([*lines, *said]) + "\n", encoding="utf-8")
    with pytest.raises(WrongData) as caught:
        load(2014, "sv", data_folder)
    assert {fault.code[0] for fault in caught.value.faults} == {"T"}
    at = {fault.row for fault in caught.value.faults}
    assert at == {len(lines) + 2 * number for number in range(1, len(said) + 1)}


def test_a_text_with_odd_signs_is_shown_as_text(data_folder: Path) -> None:
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
    with pytest.raises(WrongData) as caught:
        load(2014, "sv", data_folder)
    assert {fault.file: fault.row for fault in caught.value.faults} == rows
    assert len(caught.value.faults) == len(rows)
    told = {(fault.code, fault.column, fault.value) for fault in caught.value.faults}
    assert told == {("D032", "text_en", "hacked")}


def test_a_check_of_a_fact_that_never_is_is_refused(data_folder: Path) -> None:
    path = data_folder / "raw" / "checks.csv"
    path.write_text(path.read_text("utf-8").replace(",places_now,", ",place_now,"), "utf-8")
    with pytest.raises(WrongData) as caught:
        load(2014, "sv", data_folder)
    assert {(fault.code, fault.details["near"]) for fault in caught.value.faults} == {
        ("D038", "places_now")
    }
