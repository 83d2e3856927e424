"""The notebooks are thin, clean, and run from any folder with the ecosystem's own commands."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from vanort_analysis.pages import prose

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def test_there_are_six() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["00", "01", "02", "03", "04", "05"]


@every_notebook
def test_a_notebook_holds_no_output_no_function_and_reads_no_file(path: Path) -> None:
    assert all(not cell.outputs and cell.execution_count is None for cell in code(path))
    source = "\n".join(cell.source for cell in code(path))
    assert not re.search(
        r"\bdef |\blambda|\bopen\(|read_csv|Path\(|^\s*(if|for|while) ", source, re.M
    )


@every_notebook
def test_a_notebook_is_short_and_says_what_each_cell_is_for(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    assert sum(len(cell.source.splitlines()) for cell in code(path)) <= 40
    assert all(len(cell.source.splitlines()) <= 6 for cell in code(path))
    kernel = notebook.metadata.kernelspec
    assert (kernel.name, kernel.language) == ("python3", "python")  # nobody else's
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+-[a-z0-9-]+", name) for name in ids)
    if path.stem != "00_explore":
        pieces = re.compile(r"report\.(sections?|key_figures|sources)\(")
        assert 6 <= sum(bool(pieces.search(cell.source)) for cell in code(path)) <= 10
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                assert "analyst" in cell.metadata.tags


@every_notebook
def test_a_section_is_drawn_from_the_frame_shown_before_it(path: Path) -> None:
    cells = [cell.source for cell in code(path)]
    for frame, drawn in pairwise(cells):
        if found := re.search(r"report\.section\(\"\w+\", (\w+)", drawn):
            assert re.search(rf"^{found[1]}\b", frame, re.MULTILINE), drawn


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.stem)
def test_a_page_shows_every_section_that_its_text_has(path: Path) -> None:
    """Else what is written and drawn is on no page, and nobody is told; "answer" is in the box."""
    shown = " ".join(cell.source for cell in code(path))
    calls = re.findall(r"report\.sections?\(([^)]*)\)", shown)
    keys = {key for call in calls for key in re.findall(r"\"(\w+)\"", call)}
    text = (prose.TEXTS / f"{path.stem}.sv.md").read_text("utf-8")
    assert keys | {"answer"} == {"answer"} | set(re.findall(r"(?m)^## .*\{#(\w+)\}", text))


@every_notebook
def test_no_digit_is_typed_outside_the_parameters(path: Path) -> None:
    for cell in code(path):
        if "parameters" not in cell.metadata.get("tags", []):
            assert not re.search(r"\d", re.sub(r"level=\d", "", cell.source))


@pytest.mark.slow
def test_the_plain_command_works_from_any_folder(tmp_path: Path) -> None:
    """A notebook that becomes a page is run and exported so in `test_benchmarks`."""
    papermill = [sys.executable, "-m", "papermill", str(NOTEBOOKS[0]), "out.ipynb"]
    done = subprocess.run(
        [*papermill, "-p", "year", "2014", "-p", "other", "2024"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = code(tmp_path / "out.ipynb")
    assert "error" not in {output.output_type for cell in shown for output in cell.outputs}
    assert "members_total" in said_of_the_guess(shown)


STOPPED = """
import os, pathlib, sys
if "ipykernel_launcher" in sys.orig_argv:
    marks = pathlib.Path(__file__).with_name("starts")
    marks.mkdir(exist_ok=True)
    (marks / str(os.getpid())).touch()
    if len(list(marks.iterdir())) != 2:
        os._exit(1)
"""
EXECUTE = """
from pathlib import Path
from vanort_analysis.errors import BuildError
from vanort_analysis.publish.run import execute_notebook
for _ in range(2):
    try:
        execute_notebook(Path("small.ipynb"), {"year": 2014})
        print("made")
    except BuildError as error:
        print([(fault.code, fault.file) for fault in error.faults])
"""


@pytest.mark.slow
def test_a_kernel_that_does_not_come_up_is_tried_once_more_and_then_told_of(tmp_path: Path) -> None:
    """Of four kernels only the second comes up."""
    (tmp_path / "sitecustomize.py").write_text(STOPPED, encoding="utf-8")
    cells = [nbformat.v4.new_code_cell("year = 0", metadata={"tags": ["parameters"]})]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "small.ipynb")
    paths = os.pathsep.join((str(tmp_path), str(NOTEBOOKS[0].parent.parent)))
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "made\n[('B013', 'small.ipynb')]\n"
    assert len(list((tmp_path / "starts").iterdir())) == 4


@pytest.mark.slow
def test_the_tour_has_an_answer_in_an_early_year_too(tmp_path: Path) -> None:
    """Where the source of the guess is not public yet, it changes nothing."""
    tour = nbformat.read(NOTEBOOKS[0], 4)
    parameters = next(cell for cell in tour.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source = re.sub(r"year = \d+", "year = 2011", parameters.source)
    shown = NotebookClient(tour, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "members_total" not in said_of_the_guess(shown.cells)


def said_of_the_guess(cells: list[nbformat.NotebookNode]) -> str:
    """What the tour shows of a number that is tried."""
    (tried,) = [cell for cell in cells if cell.id == "explore-tried"]
    return tried.outputs[0].data["text/plain"]
