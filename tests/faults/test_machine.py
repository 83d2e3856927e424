"""F86–F92: kills, Ctrl-C, a full disk, two runs at once, notebooks that hang or leave, strange
machines: the previous report stands, and what stopped a run is said in a sentence."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from tests.conftest import PROJECT
from tests.test_run import MEMO, SHOWS, notebook, publish
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import BuildError
from vanort_analysis.language import Text
from vanort_analysis.publish import engine, run
from vanort_analysis.publish.recipe import Order
from vanort_analysis.report import build_report

HANGS_S = 600  # what has not ended by then on any machine, hangs
PARAMETERS = 'year = 0\nlanguage = ""\ndata = ""'
ENGINE = pytest.mark.skipif(not engine.FORK, reason="NO FORK here: nothing is killed so.")
MAKE = """
import sys
from tests.test_run import publish
from vanort_analysis.publish.recipe import Order
from pathlib import Path
data, out, notebooks = map(Path, sys.argv[1:4])
publish(Order(data, 2014, "sv", out, forms=False, notebooks=notebooks), forked=False)
"""


def vanort(*words: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "vanort_analysis", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(command, **pipes | options)  # type: ignore[call-overload]


@pytest.fixture
def order(data: Path, tmp_path: Path) -> Order:
    """A report of one page, from one small notebook."""
    notebook(tmp_path / f"{MEMO}.ipynb", PARAMETERS, SHOWS)
    return Order(data, 2014, "sv", tmp_path / "out", forms=False, notebooks=tmp_path)


@ENGINE
@pytest.mark.slow
def test_F86_F88_F89_what_is_killed_or_full_or_started_at_once_harms_nothing() -> None:
    """A slice of `benchmarks/kills.py`; the whole is told in docs/reliability.md."""
    command = [sys.executable, str(PROJECT / "benchmarks" / "kills.py")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    found = json.loads(done.stdout)
    assert sum(n for kind, ends in found.items() if "killed" in kind for n in ends.values()) == 3
    assert found["3 starts"] == {"3 × exit 0 · stands · good": 1}
    for kind, ends in found.items():
        for end in ends:
            assert end.split(" · ")[-2] in ("stands", "put back"), (kind, end)
            assert end.endswith(" · good"), (kind, end)
            assert "B012" not in end, (kind, end)
            assert "TRACEBACK" not in end, (kind, end)


@ENGINE
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "said"), [("report", "cli.interrupted"), ("batch", "cli.interrupted_batch")]
)
def test_F87_who_interrupts_gets_one_line_and_nothing_is_left(
    command: str, said: str, kind: signal.Signals, data: Path, tmp_path: Path
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # CI may have us ignore it
    folder = tmp_path / "out" / (tmp_path.name if command == "batch" else "") / "2014"
    running, mark = folder / ".sv" / "by", f"VANORT_TEST={tmp_path}"
    (tmp_path / "list.csv").write_text("data,year,language\ndata,2014,sv\n")
    words = ["--year", "2014", "--language", "sv", "--data", str(data)]
    words = [str(tmp_path / "list.csv")] if command == "batch" else words
    environment = os.environ | dict([mark.split("=")])
    started = vanort(command, *words, "--out", str(tmp_path / "out"), env=environment)
    while not running.exists() and started.poll() is None:
        time.sleep(0.01)
    started.send_signal(kind)
    out, err = started.communicate(timeout=HANGS_S)
    assert started.returncode == 130
    assert out == ""
    assert err.splitlines() == [Text("sv").plain(said)]  # and there is no bar in a log
    assert not processes_with(mark)
    assert [path.name for path in folder.iterdir()] == [".sv.lock"]


def test_F87_what_a_destructor_swallows_is_no_traceback() -> None:
    program = (
        "import os, signal; from vanort_analysis.errors import end_run\n"
        "class Held:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGTERM)\n"
        "signal.signal(signal.SIGTERM, end_run); Held()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def processes_with(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [path.parent.name] if mark.encode() in path.read_bytes() else []
        except OSError:  # it has ended, or is another's
            continue
    return found


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="There is no device that is full.")
@pytest.mark.parametrize("words", [["--help"], ["check", "--data", ""]])
def test_F88_nobody_to_tell_is_no_fault_of_the_program(words: list[str], data: Path) -> None:
    with Path("/dev/full").open("w") as full:
        started = vanort(*(word or str(data) for word in words), stdout=full)
        _, err = started.communicate(timeout=HANGS_S)
    assert started.returncode == 5
    assert "P003" in err
    assert "disken är full" in err  # not "No space left on device"
    assert "Traceback" not in err


def test_F88_a_place_that_cannot_be_written_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    words = ["--year", "2014", "--language", "sv", "--data", str(data), "--forms", "pages"]
    started = vanort("report", *words, "--out", str(tmp_path / "out"))
    _, err = started.communicate(timeout=HANGS_S)
    assert started.returncode == 5
    assert str(tmp_path / "out") in err
    assert (tmp_path / "out").read_text() == "a file"


@ENGINE
@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([SHOWS, "import sys; sys.exit()"], "B001"),
        ([SHOWS, "raise ValueError('deliberate')"], "B001"),
        ([SHOWS, "import os; os._exit(0)"], "B013"),
        (["while True: open('hangs', 'a').write('x')"], "B010"),
    ],
)
def test_F90_a_notebook_that_leaves_is_named_with_its_cell(
    cells: list[str], code: str, order: Order, late_once: Callable[[Path], None]
) -> None:
    late_once(order.notebooks / "hangs")
    path = notebook(order.notebooks / f"{MEMO}.ipynb", PARAMETERS, *cells)
    report = build_report(read_dataset(order.data), order.year, order.language)
    order.staging.mkdir(parents=True)
    ((_, error),) = engine.run_jobs(run._make_jobs(order, report, True), 1)
    assert isinstance(error, BuildError)
    (fault,) = error.faults
    assert (fault.code, fault.column) == (code, cells[-1])
    assert fault.file == path.name
    assert list(order.draft.glob("*.html")) == []


@ENGINE
def test_F91_what_a_notebook_has_kept_of_earlier_runs_does_not_count(order: Order) -> None:
    path = order.notebooks / f"{MEMO}.ipynb"
    kept = nbformat.read(path, 4)
    publish(order)
    page = (order.target / f"{MEMO}.html").read_bytes()
    kept.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="left over")]
    kept.cells[0].execution_count, kept.cells[1].execution_count = 7, 3
    kept.metadata["kernelspec"] = {"name": "elsewhere", "language": "python", "display_name": "E"}
    nbformat.write(kept, path)
    assert publish(order) == [MEMO]
    assert (order.target / f"{MEMO}.html").read_bytes() == page
    kept.metadata.clear()
    nbformat.write(kept, path)
    with pytest.raises(BuildError) as stopped:
        publish(order)
    assert [(f.code, f.file) for f in stopped.value.faults] == [("B011", path.name)]
    assert (order.target / f"{MEMO}.html").read_bytes() == page


@pytest.fixture
def no_room(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that has room for a file, and for nothing in it to speak of."""
    disk = tmp_path / "no room"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("NOT ROOT on Linux here: no disk is full.")
    (disk / "filler").write_bytes(b"x" * 4096)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@ENGINE
def test_F88_what_finds_no_room_is_named_and_not_what_it_is_a_copy_of(
    order: Order, no_room: Path
) -> None:
    large = order.notebooks / "large"
    large.write_bytes(b"x" * 20_000)
    job = engine.Job(order, "copy", lambda _: shutil.copy(large, no_room))
    ((_, error),) = engine.run_jobs([job], 1)
    assert error.exit_code == 5
    assert [fault.file for fault in error.faults] == [str(no_room / "large")]


def test_F92_a_temporary_folder_without_room_stops_no_report(order: Order, no_room: Path) -> None:
    places = map(str, (order.data, order.out, order.notebooks))
    command = [sys.executable, "-c", MAKE, *places]
    little = {"TMPDIR": str(no_room), "HOME": "/dev/null/home", "PYTHONPATH": str(PROJECT)}
    little["PYTHONWARNINGS"] = "ignore"  # as the command has it
    done = subprocess.run(command, env=os.environ | little, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert not done.stderr or b"ZMQStream" in done.stderr  # a kernel, ended while it spoke
    assert [path.name for path in no_room.iterdir()] == ["filler"]


def test_F92_who_verifies_without_room_is_told_where(order: Order, no_room: Path) -> None:
    publish(order)
    words = ["verify", str(order.target), "--data", str(order.data)]
    started = vanort(*words, env=os.environ | {"TMPDIR": str(no_room)})
    out, err = started.communicate(timeout=HANGS_S)
    assert (started.returncode, out) == (5, "")
    assert f"P003  {no_room}" in err
    assert "Traceback" not in err
    assert [path.name for path in no_room.iterdir()] == ["filler"]


def test_F92_a_console_of_few_letters_and_a_home_that_is_none(data: Path) -> None:
    strange = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "HOME": "/dev/null/home"}
    strange["LC_ALL"] = "C.UTF-8"  # it is the console that has few letters, not the disk
    started = vanort("check", "--data", str(data), env=os.environ | strange, encoding="cp1252")
    out, err = started.communicate(timeout=HANGS_S)
    assert (started.returncode, err) == (0, "")
    assert str(data) in out


@pytest.mark.skipif(os.name != "posix", reason="A shell of Windows closes no stream.")
def test_F88_a_program_without_a_console_does_its_work(data: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    command = shlex.join([sys.executable, "-m", "vanort_analysis", "check", "--data", str(data)])
    done = subprocess.run(
        f"{command} --csv {shlex.quote(str(listed))} >&- 2>{tmp_path / 'err'}",
        shell=True,
        check=False,
    )
    assert (done.returncode, (tmp_path / "err").read_text()) == (0, "")
    assert listed.exists()
