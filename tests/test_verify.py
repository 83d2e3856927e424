"""`vanort verify`: a report is made again, aside, and what differs or has changed is named."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from vanort_analysis import cli
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.files import OWN_DATA
from vanort_analysis.publish import run
from vanort_analysis.publish.recipe import Order, hash_files
from vanort_analysis.report import build_report

from . import chain
from .test_run import MEMO, SHOWS, notebook


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Order:
    """A finished report of one page."""
    folder = tmp_path_factory.mktemp("first")
    notebook(folder / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', SHOWS)
    order = Order(OWN_DATA, 2014, "sv", folder / "out", forms=False, notebooks=folder)
    run.publish_reports({order: build_report(read_dataset(OWN_DATA), 2014, "sv")})
    return order


@pytest.fixture
def made(first: Order, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """A copy of it, and of its data, that a test may spoil."""
    shutil.copytree(first.out, tmp_path / "out")
    monkeypatch.setattr(run, "Order", partial(Order, notebooks=first.notebooks))
    return replace(first, data=data_folder, out=tmp_path / "out")


def verified(order: Order, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[str]:
    """What the command says of a report, which it never writes into; it must end so."""
    before, ended = hash_files(order.target.parent), 0
    try:
        cli.main(["verify", str(order.target), "--data", str(order.data)])
    except SystemExit as stopped:
        ended = int(stopped.code or 0)
    assert hash_files(order.target.parent) == before
    said = capsys.readouterr()
    assert ended == code, said
    return [*said.out.splitlines(), *said.err.splitlines()]


def test_nothing_has_changed(made: Order, capsys) -> None:
    assert len(verified(made, capsys)) == 1


def test_a_page_changed_by_hand_is_named(made: Order, capsys) -> None:
    page = made.target / f"{MEMO}.html"
    page.write_text(page.read_text("utf-8").replace("Tjänsteskrivelse", "Tjänsteskrift"), "utf-8")
    (made.target / "added.txt").write_text("by hand")
    (made.target / "06_accessibility.html").unlink()
    *named, _ = verified(made, capsys, 1)
    wrong = ["04_decision_memo.html", "06_accessibility.html", "added.txt"]
    assert [line.rpartition(" ")[2] for line in named] == wrong


def test_a_changed_input_is_named_with_the_pages_that_it_changes(made: Order, capsys) -> None:
    membership = made.data / "raw" / "membership.csv"
    text = membership.read_text("utf-8")
    membership.write_text(text + "\n", "utf-8")  # of no consequence
    changed, same = verified(made, capsys)
    assert "membership.csv" in changed
    membership.write_text(text.replace(",340,", ",341,"), "utf-8")
    changed, *named, _ = verified(made, capsys, 1)
    assert "membership.csv" in changed
    assert any(f"{MEMO}.html" in line for line in named)
    assert same not in named


def test_data_that_are_refused_now_are_told_as_ever(made: Order, capsys) -> None:
    membership = made.data / "raw" / "membership.csv"
    membership.write_text(membership.read_text("utf-8").replace(",340,", ",many,"), "utf-8")
    assert any("membership.csv" in line for line in verified(made, capsys, 3))


def test_an_executed_notebook_that_is_gone_or_forged_or_added_is_named(made: Order, capsys) -> None:
    executed = made.target / "run" / f"{MEMO}.ipynb"
    executed.rename(executed.with_name("other.ipynb"))
    *named, _ = verified(made, capsys, 1)
    wrong = [f"run/{MEMO}.ipynb", "run/other.ipynb"]
    assert [line.rpartition(" ")[2] for line in named] == wrong
    executed.write_text("forged")
    (made.target / "run" / "other.ipynb").unlink()
    assert f"run/{MEMO}.ipynb" in verified(made, capsys, 1)[0]


def test_documents_that_are_gone_are_named(made: Order, capsys, monkeypatch) -> None:
    """What forms the report has is known from its manifest, not from what is left of them."""
    monkeypatch.setattr(run, "FORMS", {"tables": run.FORMS["tables"]})
    monkeypatch.setattr(run.recipe, "FORMS", run.FORMS)
    made = replace(made, forms=True)
    run.publish_reports({made: build_report(read_dataset(made.data), 2014, "sv")})
    assert len(verified(made, capsys)) == 1
    shutil.rmtree(made.target / "data")
    assert any(line.endswith("data/membership.csv") for line in verified(made, capsys, 1))


RECIPE = {"year": 2014, "language": "sv", "inputs": {}, "versions": {}, "program": ""}
WHOLE = {"recipe": RECIPE, "files": {}, "outputs": {}}
WRONG = [{"year": 2020.0}, {"year": []}, {"language": None}, {"language": []}, {"inputs": None}]
BROKEN = [json.dumps(WHOLE | {"recipe": RECIPE | wrong}) for wrong in WRONG]
BROKEN += [json.dumps(WHOLE | {"files": None}), json.dumps(WHOLE | {"outputs": []})]
BROKEN += ["no json", "{}", '{"recipe": {}}', '{"recipe": "x"}', "[" * 100_000]


@pytest.mark.parametrize("content", [None, *BROKEN])
def test_a_folder_that_holds_no_report_is_said_to_be_none(
    content: str | None, tmp_path: Path, data_folder: Path, capsys
) -> None:
    order = Order(data_folder, 2014, "sv", tmp_path)
    order.target.mkdir(parents=True)
    if content is not None:
        (order.target / "manifest.json").write_text(content)
    assert "C019" in verified(order, capsys, 2)[0]


def test_a_report_of_another_municipality_needs_its_own_data(made: Order, tmp_path, capsys) -> None:
    """Else all that it was made from would be said to have changed."""
    other = replace(made, data=chain.folder(tmp_path / "other"))
    said = "\n".join(verified(other, capsys, 2))
    assert "C028" in said
    assert "vanersborg" in said
    assert "--data" in said
    assert "membership.csv" not in said


@pytest.mark.parametrize(
    ("key", "forged"),
    [
        ("notes", ["nothing"]),
        ("fingerprint", "0" * 64),
        ("files", {}),
        ("home", None),
        ("more", 1),
        ("outputs", {"index.html": "0" * 64}),
        ("recipe", {"parts": {}}),
    ],
)
def test_a_manifest_that_was_rewritten_is_named(key: str, forged: object, made, capsys) -> None:
    manifest = made.target / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content[key] = content[key] | forged if key in ("outputs", "recipe") else forged
    if forged is None:
        del content[key]
    manifest.write_text(json.dumps(content))
    named, _ = verified(made, capsys, 1)
    assert named.endswith("manifest.json")


def test_a_manifest_of_another_version_is_told(made: Order, capsys) -> None:
    manifest = made.target / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["recipe"]["versions"]["pandas"] = "0.0"
    manifest.write_text(json.dumps(content))
    assert "pandas" in verified(made, capsys)[0]
