"""One word tells whether two reports rest on the same: its rows, parameters, lock and version."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vanort_analysis import load
from vanort_analysis.data import files as store
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.report import build_report

from . import pages
from .conftest import add_rows, new_source


def of(data: Path, year: int = 2014, language: str = "sv") -> str:
    return load(year, language, data).context.fingerprint


def own() -> str:
    """That of the project's own data, which each test has a copy of."""
    return pages.own(2014, "sv").context.fingerprint


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    def put(raw: Path) -> None:
        text = (raw / file).read_text("utf-8")
        assert old in text
        (raw / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return put


def test_both_languages_have_the_same_and_each_year_its_own(data_folder: Path) -> None:
    assert of(data_folder) == of(data_folder, language="en") == own()
    assert len({of(data_folder, year) for year in (2014, 2018, 2024)}) == 3


def test_line_ends_change_nothing(data_folder: Path) -> None:
    """Git or an editor on Windows may write others; what a page says of it is another matter."""
    for file in (path for path in data_folder.rglob("*") if path.is_file()):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert of(data_folder) == own()


@pytest.mark.parametrize(
    "other",
    [
        change("membership.csv", "husby,2013,340", "husby,2013,341"),
        change("sources.csv", "Rapport om den nordiska", "Rapport om den norska"),
        change("sources.csv", "cemr-2009,", "cemr-2009,The "),  # which only a text names
        change("municipality.toml", 'sv = "Vänersborgs kommun"', 'sv = "Vänersborgs stad"'),
        change("municipality.toml", 'language = "sv"', 'language = "en"'),
        change("texts/05_background.sv.md", "Kedjan", "Vår kedja"),
        change("texts/04_decision_memo.2014.sv.md", "Bidraget", "Pengarna"),
    ],
)
def test_it_changes_with_a_row_or_a_parameter_that_is_used(
    data_folder: Path, other: Callable[[Path], None]
) -> None:
    before = own()
    other(data_folder / "raw")
    assert of(data_folder) != before


def test_a_row_that_is_not_used_does_not_change_it(data_folder: Path) -> None:
    before = own()
    texts = data_folder / "raw" / "texts"
    shutil.copy(texts / "04_decision_memo.2014.sv.md", texts / "04_decision_memo.2025.sv.md")
    settings = data_folder / "raw" / "municipality.toml"
    written = settings.read_text("utf-8")
    settings.write_text(re.sub(r"(?m)^made = \[.*\]", "made = [2014]", written), "utf-8")
    assert settings.read_text("utf-8") != written
    add_rows(data_folder / "raw" / "sources.csv", new_source(2025))
    row = {"town": "husby", "year": "2013", "members": "999", "source": "invented"}
    add_rows(data_folder / "raw" / "membership.csv", row)
    assert of(data_folder) == before
    assert of(data_folder, 2025) != before
    # which reports were made before decides what is new in a later one
    assert of(data_folder, 2024) != pages.own(2024, "sv").context.fingerprint


def test_it_changes_with_the_lock_and_stands_without_one(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = read_dataset(data_folder)
    seen = {build_report(data, 2014).context.fingerprint}
    monkeypatch.setattr(store, "PROJECT", tmp_path)
    seen.add(build_report(data, 2014).context.fingerprint)
    (tmp_path / "requirements.lock").write_text("pandas==99", encoding="utf-8")
    seen.add(build_report(data, 2014).context.fingerprint)
    assert len(seen) == 3
