"""Notebooks run in forks give what a kernel gives; what hangs or dies is ended and told of."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from vanort_analysis.errors import BuildError, DataError, Fault, MachineError
from vanort_analysis.publish import engine
from vanort_analysis.publish.engine import Job
from vanort_analysis.publish.recipe import Order

pytestmark = pytest.mark.skipif(not engine.FORK, reason="NO FORK here: kernels do the work.")

FROM_C = "from the shell"
CELLS = (
    "print('one'); import sys; print('two', file=sys.stderr)\n1 + 1",
    "import pandas as pd\npd.DataFrame({'a': range(3)} | {f'c{i}': 1 for i in range(25)})",
    "import os; os.system('echo from the shell')",
    "from IPython.display import display, Markdown, clear_output\n"
    "handle = display(Markdown('first'), display_id=True); print('between'); display('last')",
    "handle.update(Markdown('second'))",
    "print('gone'); clear_output(); print('stays')",
    "import asyncio; await asyncio.sleep(0); 'awaited';",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "pd.Series([1, 2]).plot(); 3",
    "{}['nothing']",
)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    made = Order(tmp_path, 2014, "sv", tmp_path)
    made.staging.mkdir(parents=True)
    return made


def outcomes(jobs: list[Job], **options: Any) -> dict[str, Any]:
    return {job.part: result for job, result in engine.run_jobs(jobs, 2, **options)}


def executed(source: Path, out: Path, **options: Any) -> nbformat.NotebookNode:
    silent = {"progress_bar": False, "kernel_name": "python3", "iopub_timeout": engine.TIMEOUT_S}
    with pytest.raises(papermill.PapermillExecutionError):
        papermill.execute_notebook(source, out, **silent, **options)
    return nbformat.read(out, 4)


@pytest.mark.slow
def test_a_fork_gives_what_a_kernel_gives(order: Order, tmp_path: Path, monkeypatch) -> None:
    """Tables, text of every way out, pictures, updates, and the error a notebook ends with."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # a kernel that sees it keeps no output of C code
    source = tmp_path / "source.ipynb"
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    about = {"name": "python3", "language": "python", "display_name": "P"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": about}), source)

    def work(step: Callable[[str], None]) -> None:
        executed(source, tmp_path / "fork.ipynb", engine_name=engine.NAME, on_cell=step)

    assert outcomes([Job(order, "x", work)]) == {"x": None}
    in_fork = nbformat.read(tmp_path / "fork.ipynb", 4)
    in_kernel = executed(source, tmp_path / "kernel.ipynb")
    kept = [output for cell in in_fork.cells for output in cell.get("outputs", [])]
    assert sum(FROM_C in output.get("text", "") for output in kept) == 1
    count = 0
    for here, there in zip(in_fork.cells, in_kernel.cells, strict=True):
        if here.cell_type != "code":
            continue
        assert shapes(here) == shapes(there)
        assert here.get("execution_count") == there.get("execution_count")
        count += sum("image/png" in output.get("data", {}) for output in here.outputs)
    assert count == 2


def shapes(cell: nbformat.NotebookNode) -> list[Any]:
    """Outputs, but for paths in a traceback, and what a kernel is often too late to keep at all, or
    keeps with the next cell's."""
    for said in cell.outputs:
        if said.output_type == "stream":
            said.text = said.text.replace(f"{FROM_C}\n", "")
    return [
        (said["ename"], said["evalue"]) if said.output_type == "error" else dict(said)
        for said in cell.outputs
        if said.get("text") != ""
    ]


def test_what_hangs_is_ended_with_all_it_started(
    order: Order, tmp_path: Path, late_once: Callable[[Path], None]
) -> None:
    def hangs(tell: Callable[[str], None]) -> None:
        tell("the third cell")
        os.chdir(tmp_path)
        os.system("echo $$ > child; exec sleep 600")
        Path("awake").touch()

    late_once(tmp_path / "child")
    found = outcomes([Job(order, "x.ipynb", hangs)])["x.ipynb"]
    assert not (tmp_path / "awake").exists()
    assert isinstance(found, BuildError)
    (fault,) = found.faults
    assert (fault.code, fault.file, fault.column) == ("B010", "x.ipynb", "the third cell")
    child, until = int((tmp_path / "child").read_text()), time.monotonic() + 60
    while not has_ended(child) and time.monotonic() < until:
        time.sleep(0.01)  # it is killed; on a busy machine it takes a moment to be gone
    assert has_ended(child)


@pytest.mark.parametrize(
    ("end", "kind", "code"),
    [
        (lambda: os._exit(3), BuildError, "B013"),
        (lambda: os.kill(os.getpid(), 9), BuildError, "B013"),
        (lambda: raises(DataError([Fault("D001", "a.csv"), Fault("D002")])), DataError, "D002"),
        (lambda: raises(OSError(28, "No space", "b.html")), MachineError, "P003"),
    ],
)
def test_how_a_job_ends_is_told(end: Any, kind: type, code: str, order: Order) -> None:
    found = outcomes([Job(order, "x", lambda _: end()), Job(order, "y", lambda _: None)])
    assert isinstance(found["x"], kind)
    assert found["x"].faults[0].code == code
    assert found["y"] is None


def raises(error: Exception) -> None:
    raise error


def test_a_job_waits_for_those_it_rests_on_and_others_do_not(order: Order, tmp_path: Path) -> None:
    def mark(name: str, *needs: Job) -> Job:
        def work(_: Any) -> None:
            assert all((tmp_path / need.part).exists() for need in needs)
            time.sleep(0.1 * (name == "first"))
            (tmp_path / name).touch()

        return Job(order, name, work, needs)

    first, second = mark("first"), mark("second")
    ended = outcomes([mark("last", first, second), first, second, mark("free")])
    assert set(ended.values()) == {None}
    assert list(ended).index("last") > max(map(list(ended).index, ("first", "second")))


def test_who_stops_asking_stops_the_work(order: Order, tmp_path: Path) -> None:
    def endless(_: Any) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(600)

    jobs = [Job(order, "quick", lambda _: None), Job(order, "endless", endless)]
    running = engine.run_jobs(jobs, 2)
    next(running)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    running.close()
    assert has_ended(int((tmp_path / "pid").read_text()))


def has_ended(process: int) -> bool:
    """Gone, or dead and not yet buried by whoever inherited it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # the second, if it goes as it is looked at
        return True
