"""A report is made whole or not at all: aside, checked, swapped in, by one run at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from filelock import FileLock

from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import NotBuilt, WrongPlace
from vanort_analysis.publish import run
from vanort_analysis.report import Report, build_report


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(read_dataset(), 2014, "sv")


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Runs make a folder with one small file instead of pages; each folder that was built."""
    built: list[Path] = []

    def build(_: Report, into: Path, step: Any) -> None:
        built.append(into)
        (into / "index.html").write_text(f"made {len(built)}", encoding="utf-8")
        step("index")

    monkeypatch.setattr(run, "_build", build)
    monkeypatch.setattr(run.tables, "write_processed", lambda dataset: None)
    return built


def test_a_report_that_is_right_is_not_made_again(report, building, tmp_path: Path) -> None:
    target = run.publish(report, tmp_path)
    assert target == tmp_path / "2014" / "sv"
    assert (target / "index.html").read_text() == "made 1"
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert manifest["fingerprint"] == report.context.fingerprint
    assert {"membership.csv", "municipality.toml"} <= set(manifest["recipe"]["inputs"])
    assert any(name.endswith(".md") for name in manifest["recipe"]["inputs"])
    run.publish(report, tmp_path)
    assert len(building) == 1
    run.publish(report, tmp_path, force=True)
    (target / "index.html").write_text("damaged")
    run.publish(report, tmp_path)
    (target / "manifest.json").write_text("no json")
    run.publish(report, tmp_path)
    assert (target / "index.html").read_text() == "made 4"
    assert sorted(p.name for p in (tmp_path / "2014").iterdir() if p.is_dir()) == ["sv"]
    assert 'href="2014/sv/index.html"' in (tmp_path / "index.html").read_text("utf-8")


def test_a_changed_row_or_text_is_another_recipe(data_folder: Path) -> None:
    recipes = []
    for name in ("", "membership.csv", "texts/04_decision_memo.sv.md"):
        if name:
            path = data_folder / "raw" / name
            path.write_bytes(path.read_bytes() + b"\n")
        recipes.append(run.hashes(data_folder / "raw"))
    assert len({json.dumps(recipe) for recipe in recipes}) == len(recipes)


def test_a_run_that_fails_leaves_the_previous_report(
    report, building, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = run.publish(report, tmp_path)

    def fails(_: Report, into: Path, step: Any) -> None:
        (into / "index.html").write_text("half")
        raise OSError(28, "No space left on device", str(into / "index.html"))

    monkeypatch.setattr(run, "_build", fails)
    with pytest.raises(WrongPlace) as stopped:
        run.publish(report, tmp_path, force=True)
    assert [fault.code for fault in stopped.value.faults] == ["P003"]
    assert (target / "index.html").read_text() == "made 1"
    assert sorted(p.name for p in (tmp_path / "2014").iterdir() if p.is_dir()) == ["sv"]


def test_a_report_that_was_being_swapped_is_put_back(report, building, tmp_path: Path) -> None:
    run.publish(report, tmp_path)
    folder = tmp_path / "2014"
    (folder / "sv").rename(folder / ".old-sv")  # as after a power cut between the two renames
    (folder / ".building-sv").mkdir()
    run.publish(report, tmp_path)
    assert (folder / "sv" / "index.html").read_text() == "made 1"
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["sv"]


def test_two_runs_of_a_report_do_not_meet(report, building, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(run, "PATIENCE_S", 0.1)
    (tmp_path / "2014").mkdir()
    with FileLock(tmp_path / "2014" / ".sv.lock"), pytest.raises(WrongPlace) as stopped:
        run.publish(report, tmp_path)
    assert [fault.code for fault in stopped.value.faults] == ["P004"]
    assert building == []


def notebook(path: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, path)
    return path


def test_a_parameter_the_notebook_does_not_declare_is_refused(tmp_path: Path) -> None:
    source = notebook(tmp_path / "x.ipynb", "year = 0")
    with pytest.raises(NotBuilt) as stopped:
        run.execute(source, {"yaer": 2014})
    (fault,) = stopped.value.faults
    assert (fault.code, fault.value) == ("C005", "yaer")


@pytest.mark.slow
def test_a_notebook_that_fails_is_a_fault_in_words(tmp_path: Path) -> None:
    source = notebook(tmp_path / "x.ipynb", "year = 0", "1 / year")
    with pytest.raises(NotBuilt) as stopped:
        run.execute(source, {"year": 0})
    (fault,) = stopped.value.faults
    assert fault.code == "B001"
    assert "ZeroDivisionError" in fault.value


@pytest.mark.slow
def test_every_form_is_there_and_the_index_leads_to_it(reports) -> None:
    folder, year = reports(2014, "sv"), 2014
    index = (folder / "index.html").read_text("utf-8")
    forms = [f"04_decision_memo.{kind}" for kind in ("pdf", "docx")]
    forms += [f"vanersborg-{year}.{kind}" for kind in ("pdf", "docx")]
    forms += [f"data/vanersborg-{year}.{kind}" for kind in ("xlsx", "geojson")]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for form in [*forms, "data/datapackage.json"]:
        assert (folder / form).stat().st_size > 1000
        assert f'href="{form}"' in index
        assert form in manifest["outputs"]
