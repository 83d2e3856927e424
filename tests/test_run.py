"""A report is made whole or not at all: aside, checked, swapped in, by one run at a time; and only
what has changed is made."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock

from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.files import OWN_DATA
from vanort_analysis.errors import BuildError, CommandError, MachineError
from vanort_analysis.language import Text
from vanort_analysis.publish import engine, run
from vanort_analysis.publish.recipe import (
    Order,
    hash_files,
    is_up_to_date,
    make_recipe,
    unchanged_parts,
)
from vanort_analysis.report import build_report

from . import chain

MEMO = "04_decision_memo"
SHOWS = 'import vanort_analysis\nvanort_analysis.load(year, language, data).page("decision_memo")'


def notebook(path: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, path)
    return path


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """A report of one page, from one small notebook."""
    parameters = 'year = 0\nlanguage = ""\ndata = ""'
    notebook(tmp_path / f"{MEMO}.ipynb", parameters, SHOWS)
    return Order(OWN_DATA, 2014, "sv", tmp_path / "out", forms=False, notebooks=tmp_path)


def publish(order: Order, force: bool = False, forked: bool = engine.FORK) -> list[str]:
    """The parts that were made."""
    made: list[str] = []
    report = build_report(read_dataset(order.data), order.year, order.language)
    run.publish_reports({order: report}, made.append, force, forked)
    return made


def folders(order: Order) -> list[str]:
    return sorted(path.name for path in order.target.parent.iterdir() if path.is_dir())


def test_a_report_that_is_right_is_not_made_again(order: Order) -> None:
    assert not is_up_to_date(order)
    assert publish(order) == [MEMO]
    assert is_up_to_date(order)
    manifest = json.loads((order.target / "manifest.json").read_text("utf-8"))
    assert {"membership.csv", "municipality.toml"} <= set(manifest["recipe"]["inputs"])
    assert any(name.endswith(".md") for name in manifest["recipe"]["inputs"])
    assert publish(order) == []
    assert publish(order, force=True) == [MEMO]
    (order.target / f"{MEMO}.html").write_text("damaged")
    assert not is_up_to_date(order)
    assert publish(order) == [MEMO]
    (order.target / "manifest.json").write_text("no json")
    assert publish(order) == [MEMO]
    assert folders(order) == ["sv"]


def test_only_the_page_whose_notebook_changed_is_made(order: Order) -> None:
    source = order.notebooks / f"{MEMO}.ipynb"
    other = order.notebooks / "05_background.ipynb"
    other.write_text(source.read_text("utf-8").replace("decision_memo", "background"), "utf-8")
    assert sorted(publish(order)) == [MEMO, "05_background"]
    kept = (order.target / f"{MEMO}.html").read_bytes()
    before = make_recipe(replace(order, forms=True))["parts"]
    changed = nbformat.read(other, 4)
    changed.cells.append(nbformat.v4.new_markdown_cell("Another cell."))
    nbformat.write(changed, other)
    after = make_recipe(replace(order, forms=True))["parts"]
    assert {part for part in after if after[part] != before[part]} == {
        *("05_background", "paper", "index")
    }
    assert list(unchanged_parts(order, make_recipe(order))) == [MEMO]
    assert publish(order) == ["05_background"]
    assert (order.target / f"{MEMO}.html").read_bytes() == kept


def test_forms_that_are_asked_for_later_leave_the_pages(order: Order) -> None:
    assert publish(order) == [MEMO]
    order = replace(order, forms=True)
    assert MEMO in unchanged_parts(order, make_recipe(order))


def test_what_a_form_alone_rests_on_leaves_the_pages(tmp_path: Path, monkeypatch) -> None:
    """Another look on paper, or another language's texts, is no reason to draw a page anew."""
    order = Order(OWN_DATA, 2014, "sv", tmp_path)
    package = tmp_path / "package"
    shutil.copytree(run.files.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(run.files, "PACKAGE", package)

    def changed(name: str, old: str = "\n", new: str = "\n\n") -> set[str]:
        before = make_recipe(order)["parts"]
        text = (package / name).read_text("utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new, 1), "utf-8")
        after = make_recipe(order)["parts"]
        return {part for part in before if before[part] != after[part]}

    assert changed("pages/templates/paper.typ") == {"memo", "paper"}
    assert changed("publish/tables.py") == {"tables", "memo", "paper"}
    assert changed("languages/en.toml", '"In English"', '"English"') == {*order.parts}  # a link
    assert changed("pages/texts/03_trends.en.md") == set()
    assert changed("pages/texts/03_trends.sv.md") == {*order.parts}
    assert changed("languages/sv.toml") == {*order.parts}


@pytest.mark.parametrize("then", ["", "1 / 0"])
def test_a_table_saved_during_a_run_makes_no_report_of_two_states(
    then: str, order: Order, data_folder: Path
) -> None:
    """An analyst saves a table while the report is made, which may make a notebook fail too."""
    publish(order := replace(order, data=data_folder))
    before = hash_files(order.target)
    table = data_folder / "raw" / "membership.csv"
    saves = f"with open({str(table)!r}, 'a') as file: file.write('\\n')\n{then}"
    notebook(order.notebooks / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', SHOWS, saves)
    with pytest.raises(MachineError) as stopped:
        publish(order)
    assert [(fault.code, fault.file) for fault in stopped.value.faults] == [
        ("P005", str(data_folder))
    ]
    assert hash_files(order.target) == before


def test_data_that_vanish_during_a_run_are_told_as_that(order: Order, data_folder: Path) -> None:
    order = replace(order, data=data_folder)
    vanish = f"import os; os.rename({str(data_folder)!r}, {str(data_folder) + '-moved'!r})"
    notebook(order.notebooks / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', vanish, SHOWS)
    with pytest.raises(MachineError) as stopped:
        publish(order)
    assert [fault.code for fault in stopped.value.faults] == ["P005"]


def test_what_is_saved_between_reading_and_making_is_in_pages_and_tables_alike(
    tmp_path: Path, order: Order, monkeypatch
) -> None:
    for form in ("memo", "paper"):
        monkeypatch.delitem(run.FORMS, form)
    order = replace(order, data=chain.folder(tmp_path / "data"), forms=True)
    report = build_report(read_dataset(order.data), order.year, order.language)
    table = order.data / "raw" / "membership.csv"
    table.write_text(table.read_text("utf-8").replace("beta,2013,200", "beta,2013,201"), "utf-8")
    run.publish_reports({order: report})
    assert ",201," in (order.target / "data" / "membership.csv").read_text("utf-8")
    pages = [(order.target / f"{name}.html").read_text("utf-8") for name in (MEMO, "index")]
    (stamp,) = {re.search(r'<data value="([0-9a-f]{12})">', page)[1] for page in pages}
    manifest = json.loads((order.target / "manifest.json").read_text("utf-8"))
    assert manifest["fingerprint"].startswith(stamp)


def test_a_changed_row_or_text_is_another_recipe(data_folder: Path) -> None:
    recipes = []
    for name in ("", "membership.csv", "texts/04_decision_memo.sv.md"):
        if name:
            path = data_folder / "raw" / name
            path.write_bytes(path.read_bytes() + b"\n")
        recipes.append(hash_files(data_folder / "raw"))
    assert len({json.dumps(recipe) for recipe in recipes}) == len(recipes)


def test_a_run_that_fails_leaves_the_previous_report(order: Order) -> None:
    publish(order)
    before = hash_files(order.target)
    notebook(order.notebooks / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', "1 / 0")
    with pytest.raises(BuildError) as stopped:
        publish(order)
    (fault,) = stopped.value.faults
    assert (fault.code, fault.file) == ("B001", f"{MEMO}.ipynb")
    assert "ZeroDivisionError" in fault.value
    assert hash_files(order.target) == before
    assert folders(order) == ["sv"]


def test_a_full_disk_is_said_and_leaves_the_previous_report(order: Order) -> None:
    publish(order)
    before = hash_files(order.target)
    full = f'{SHOWS}\nraise OSError(28, "No space left on device", "x.html")'
    notebook(order.notebooks / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', full)
    with pytest.raises((BuildError, MachineError)) as stopped:
        publish(order)
    assert "No space left" in stopped.value.faults[0].value
    assert hash_files(order.target) == before


def test_a_report_that_was_being_swapped_is_put_back(order: Order, tmp_path: Path) -> None:
    order = replace(order, data=chain.folder(tmp_path / "data"))
    publish(order)
    folder, half = order.target.parent, order.data / "processed" / f"{run.files.HALF}1-towns.csv"
    (folder / ".sv" / "new").mkdir(parents=True)
    (folder / "sv").rename(folder / ".sv" / "old")  # as after a power cut between the two renames
    half.parent.mkdir()
    half.write_text("half a ta")
    assert publish(order) == []
    assert not half.exists()
    assert is_up_to_date(order)
    (folder / ".sv").mkdir()  # as after one amidst the making
    assert not is_up_to_date(order)
    publish(order)
    assert (folder / "sv" / "index.html").is_file()
    assert folders(order) == ["sv"]


def test_what_somebody_saved_in_a_report_stays_there(order: Order, monkeypatch) -> None:
    """A report that is made anew, even after a power cut, loses none of what it did not make."""
    publish(order)
    (order.target / "own").mkdir()
    (order.target / "own" / "minutes.pdf").write_text("minutes")
    (order.target / ".hidden").write_text("hidden")
    (order.target / "link").symlink_to("own")
    assert is_up_to_date(order)
    for manifest in ("", "", "no json"):
        if manifest:
            (order.target / "manifest.json").write_text(manifest)
        assert publish(order, force=True) == [MEMO]
        assert (order.target / "own" / "minutes.pdf").read_text() == "minutes"
        assert (order.target / ".hidden").read_text() == "hidden"
        assert (order.target / "link").readlink() == Path("own")
    made = json.loads((order.target / "manifest.json").read_text("utf-8"))["outputs"]
    assert "own/minutes.pdf" not in made
    order.staging.mkdir()
    order.target.rename(order.staging / "old")  # as after a power cut between the two renames
    assert publish(order) == []
    assert (order.target / "own" / "minutes.pdf").read_text() == "minutes"


@pytest.mark.parametrize("place", ["2014/sv", "2014/sv/index.html"])
def test_what_is_not_ours_is_never_written_over(place: str, order: Order) -> None:
    foreign = order.out / place
    foreign.parent.mkdir(parents=True)
    foreign.write_text("<p>Somebody's own page")
    with pytest.raises(CommandError) as stopped:
        publish(order)
    assert [(fault.code, fault.file) for fault in stopped.value.faults] == [("C026", str(foreign))]
    assert [path for path in order.out.rglob("[!.]*") if path.is_file()] == [foreign]
    assert foreign.read_text() == "<p>Somebody's own page"


def test_a_form_that_somebody_made_by_hand_is_not_written_over(order: Order) -> None:
    publish(order)
    before = hash_files(order.target)
    other = order.notebooks / "05_background.ipynb"
    source = (order.notebooks / f"{MEMO}.ipynb").read_text("utf-8")
    other.write_text(source.replace("decision_memo", "background"), "utf-8")
    own = order.target / "05_background.html"
    own.write_text("by hand")
    with pytest.raises(CommandError) as stopped:
        publish(order)
    assert [(fault.code, fault.file) for fault in stopped.value.faults] == [("C026", str(own))]
    assert own.read_text() == "by hand"
    own.unlink()
    assert hash_files(order.target) == before


def test_the_report_of_another_municipality_is_not_replaced(order: Order, tmp_path: Path) -> None:
    publish(order)
    before = hash_files(order.target)
    other = replace(order, data=chain.folder(tmp_path / "data"))
    with pytest.raises(CommandError) as stopped:
        publish(other)
    (fault,) = stopped.value.faults
    assert (fault.code, fault.file, fault.value) == ("C027", str(order.target), "vanersborg")
    assert "vanersborg" in Text("sv").format_fault(fault)
    assert hash_files(order.target) == before
    shutil.rmtree(order.target)
    assert publish(other) == [MEMO]


def test_two_runs_of_a_report_do_not_meet(order: Order, monkeypatch) -> None:
    """And who comes second is told whose run it is, and since when."""
    monkeypatch.setattr(run, "PATIENCE_S", 0.1)
    by, told = order.staging / "by", list[str]()
    run.publish_reports([order], lambda _: told.append(by.read_text()))
    assert re.fullmatch(rf"{os.getpid()}, \d\d:\d\d", *told)
    shutil.rmtree(order.target)
    order.staging.mkdir(parents=True)
    by.write_text("4711, 08:15")
    lock = FileLock(order.target.parent / ".sv.lock")
    with lock, pytest.raises(MachineError) as stopped:
        publish(order)
    (fault,) = stopped.value.faults
    assert (fault.code, fault.value) == ("P004", "4711, 08:15")
    assert not order.target.exists()


def test_a_half_written_file_is_never_published(order: Order, monkeypatch) -> None:
    whole = run.page.build_page
    monkeypatch.setattr(run.page, "build_page", lambda *of, **name: whole(*of, **name)[:-20])
    with pytest.raises(BuildError) as stopped:
        publish(order)
    assert [fault.code for fault in stopped.value.faults] == ["B015"]
    assert not order.target.exists()


def test_a_half_written_workbook_is_never_published(
    order: Order, tmp_path: Path, monkeypatch
) -> None:
    for form in ("memo", "paper"):
        monkeypatch.delitem(run.FORMS, form)
    monkeypatch.setattr("vanort_analysis.publish.tables.make_workbook", lambda *_: b"PK half")
    order = replace(order, data=chain.folder(tmp_path / "data"), forms=True)
    with pytest.raises(BuildError) as stopped:
        publish(order)
    assert [fault.code for fault in stopped.value.faults] == ["B015"]
    assert not order.target.exists()


def test_a_parameter_the_notebook_does_not_declare_is_refused(tmp_path: Path) -> None:
    source = notebook(tmp_path / "x.ipynb", "year = 0")
    with pytest.raises(BuildError) as stopped:
        run.execute_notebook(source, {"yaer": 2014})
    (fault,) = stopped.value.faults
    assert (fault.code, fault.value) == ("C005", "yaer")


@pytest.mark.slow
def test_a_notebook_that_fails_is_a_fault_in_words(tmp_path: Path) -> None:
    source = notebook(tmp_path / "x.ipynb", "year = 0", "1 / year")
    with pytest.raises(BuildError) as stopped:
        run.execute_notebook(source, {"year": 0})
    (fault,) = stopped.value.faults
    assert fault.code == "B001"
    assert "ZeroDivisionError" in fault.value


@pytest.mark.slow
def test_outputs_that_come_long_after_their_cell_are_waited_for(tmp_path: Path) -> None:
    """As a kernel sends them from a thread of its own, which may wait on a busy machine."""
    wait = "import sys, time\nget_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(5))"
    wait += "\nsys.stdout.flush = sys.stderr.flush = lambda: None  # or they would wait for it"
    source = notebook(tmp_path / "x.ipynb", "year = 0", f"{wait}\n'late'")
    (output,) = run.execute_notebook(source, {"year": 0}).cells[-1].outputs
    assert output.data["text/plain"] == "'late'"


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
    order = Order(OWN_DATA, year, "sv", folder.parents[1])
    assert is_up_to_date(order)
    assert is_up_to_date(replace(order, forms=False))
    assert not [path for path in folder.rglob("*") if path.name.startswith((".", "tmp"))]
