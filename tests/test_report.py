"""The report as a reader gets it: files, figures, sources, the same bytes twice, all or nothing."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from vanort_analysis import load
from vanort_analysis.data.files import OWN_DATA
from vanort_analysis.pages import site

from . import pages
from .conftest import PROJECT, add_rows, new_source

pytestmark = pytest.mark.slow
PAGES = (
    *("index", "01_data_quality", "02_chain_map", "03_trends", "04_decision_memo"),
    *("05_background", "06_accessibility"),
)


def words_of(name: str, year: int = 2014, language: str = "sv") -> str:
    soup = BeautifulSoup(pages.made(year, language, name), "html.parser")
    return re.sub(r"\s+", " ", soup.body.get_text().replace("\u00a0", " "))


def files(folder: Path) -> dict[str, bytes]:
    """What a reader gets, by name: all but the executed notebooks, which tell when they ran."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "run"]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if path.name != "manifest.json"
    }


def test_every_file_is_there_and_the_manifest_knows_it(reports) -> None:
    folder = reports(2014, "sv")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for page in PAGES:
        content = (folder / f"{page}.html").read_bytes()
        assert manifest["outputs"][f"{page}.html"] == hashlib.sha256(content).hexdigest()
    assert {"membership.csv", "municipality.toml"} <= set(manifest["recipe"]["inputs"])
    assert manifest["recipe"]["year"] == 2014
    required = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in required["dependencies"]}
    assert names <= {name.lower() for name in manifest["recipe"]["versions"]}
    assert (folder / "data" / "membership.csv").exists()
    assert (folder / "run" / "04_decision_memo.ipynb").exists()


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("chain_map", ["minst 1 135", "3 304", "ca 495", "uppgift saknas", "1976"]),
        ("trends", ["minst 1 135", "30,0", "51,2 %", "20 505 kr", "42 718 kr", "89,2", "126"]),
        ("decision_memo", ["15 000 kr", "20 505 kr", "42 718 kr", "150 kr", "126"]),
    ],
)
def test_the_figures_of_the_back_test_stand_in_the_pages(name: str, figures: list[str]) -> None:
    said = words_of(name)
    assert [figure for figure in figures if figure not in said] == []


def test_a_page_says_how_to_cite_it_and_nothing_of_the_run(reports) -> None:
    folder = reports(2014, "sv")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    of_the_run = [manifest["made"], manifest["recipe"]["versions"]["python"]]
    of_the_run += [*manifest["outputs"].values(), *manifest["recipe"]["inputs"].values()]
    for page in PAGES:
        html = (folder / f"{page}.html").read_text("utf-8")
        footer = BeautifulSoup(html, "html.parser").footer
        assert manifest["fingerprint"][:12] in footer.get_text()
        assert footer.find("a", href="06_accessibility.html")
        assert [word for word in of_the_run if word in html] == []


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Files that are not the same."""
    return [name for name in one if one[name] != other[name]]


STRANGE = {  # another machine: its clock, its languages, the order of its sets, no place for files
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "tr_TR",
    "PYTHONHASHSEED": "4711",
    "HOME": "/dev/null/home",
    "TMPDIR": "/dev/null/tmp",
    "MPLCONFIGDIR": "",
}


def test_a_damaged_report_is_made_anew_on_another_machine_to_the_same_bytes(
    reports, tmp_path: Path
) -> None:
    """All that a reader gets, papers too, from a copy of the data in a folder of another name."""
    first, there = reports(2014, "sv"), tmp_path / "mapp å, två"
    target = there / "out" / "2014" / "sv"
    shutil.copytree(first, target)
    shutil.copytree(OWN_DATA / "raw", there / "data" / "raw")
    before = (target / "manifest.json").read_bytes()
    (target / "manifest.json").write_text("{}", encoding="utf-8")
    (target / "index.html").write_text("half a pa", encoding="utf-8")
    words = ["--year", "2014", "--language", "sv", "--data", "data", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-m", "vanort_analysis", "report", *words],
        env=os.environ | {"PYTHONPATH": str(PROJECT)} | STRANGE,
        cwd=there,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (target / "manifest.json").read_bytes() != before  # it was made anew: it says when
    made = files(target)
    assert {Path(name).suffix for name in made} >= {
        *(".html", ".csv", ".json", ".geojson", ".xlsx", ".pdf", ".docx"),
    }
    assert made.keys() == files(first).keys()
    assert differing(made, files(first)) == []


def test_a_run_says_where_the_pages_are_and_no_library_speaks(reports) -> None:
    said = (reports(2014, "sv").parent.parent / "said.txt").read_text("utf-8")
    assert "Klart. Öppna" in said
    for word in ("Warning", "Traceback", "ERROR", "Kernel"):
        assert word not in said


def test_a_source_of_2025_leaves_the_report_of_2014_the_same_bytes(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", new_source(2025))
    add_rows(
        data_folder / "raw" / "membership.csv",
        {"town": "husby", "year": "2013", "members": "999", "source": "invented"},
        {"town": "eidi", "year": "2013", "members": "50", "source": "invented"},
        {"town": "arsuk", "year": "2013", "members": "0", "source": "invented"},
    )
    add_rows(
        data_folder / "raw" / "chain.csv",
        {"town": "arsuk", "event": "left", "year": "2010", "source": "invented"},
    )
    later = load(2014, "sv", data_folder)
    for name in site.PAGES:
        assert pages.html(later, name) == pages.made(2014, "sv", name)
