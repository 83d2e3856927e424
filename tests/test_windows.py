"""What Windows does otherwise, as far as it can be played elsewhere: what a program has open is
neither renamed nor removed, what is read-only is not removed, and there are no forks."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vanort_analysis.data import files
from vanort_analysis.errors import DataError, MachineError
from vanort_analysis.language import Text
from vanort_analysis.publish import engine, run
from vanort_analysis.publish.documents import run_pandoc
from vanort_analysis.publish.recipe import Order, hash_files, is_up_to_date

from .test_run import MEMO, folders, publish
from .test_run import order as order  # noqa: PLC0414  a fixture

REFUSED = "Åtkomst nekad"


class Opened(dict[Path, int]):
    """The files that another program has open, and how often it is asked in vain to let go."""

    def refuse(self, *paths: Any) -> None:
        """Raise as Windows does where one of these is open, or is a folder with one in it."""
        for path in map(Path, paths):
            for held, times in self.items():
                if times and held.exists() and held.is_relative_to(path):
                    self[held] -= 1
                    other = str(paths[-1]) if len(paths) > 1 else None
                    raise PermissionError(errno.EACCES, REFUSED, str(paths[0]), 32, other)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    held = Opened()
    monkeypatch.setattr(files, "PAUSE_S", 0)

    def moves(move: Callable[..., None]) -> Callable[..., None]:
        def refusing(source: Any, place: Any, **folders: Any) -> None:
            held.refuse(source, place)
            move(source, place, **folders)

        return refusing

    def removes(remove: Callable[..., None]) -> Callable[..., None]:
        def refusing(path: Any, *, dir_fd: int | None = None) -> None:
            status = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
            if not status.st_mode & stat.S_IWRITE:
                raise PermissionError(errno.EACCES, REFUSED, str(path), 5)
            there = (file for file in held if file.exists())
            held.refuse(*(file for file in there if os.path.samestat(file.stat(), status)))
            remove(path, dir_fd=dir_fd)

        return refusing

    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, moves(getattr(os, name)))
    for name in ("unlink", "remove"):
        monkeypatch.setattr(os, name, removes(getattr(os, name)))
    return held


def refusal(order: Order) -> tuple[str, str]:
    """The file that stops a report, and what is said of it."""
    with pytest.raises(MachineError) as stopped:
        publish(order, force=True)
    (fault,) = stopped.value.faults
    assert fault.code == "P003"
    return fault.file, Text("sv").format_fault(fault)


@pytest.mark.parametrize("name", [f"{MEMO}.html", "own/minutes.docx"])
def test_a_file_that_is_open_is_named_and_nothing_is_lost(
    name: str,
    order: Order,
    opened: Opened,
) -> None:
    publish(order)
    path = order.target / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    before = hash_files(order.target)
    opened[path] = 10_000
    file, said = refusal(order)
    assert file == str(path)
    assert "stäng filer som är öppna" in said
    assert REFUSED not in said
    assert (hash_files(order.target), folders(order)) == (before, ["sv"])
    opened.clear()
    assert publish(order, force=True) == [MEMO]
    assert path.exists()


def test_a_new_report_that_is_held_open_leaves_the_previous_one(
    order: Order,
    opened: Opened,
) -> None:
    publish(order)
    before = hash_files(order.target)
    held = order.draft / f"{MEMO}.html"
    opened[held] = 10_000
    assert refusal(order)[0] == str(held)
    assert hash_files(order.target) == before
    assert (order.staging / "new").is_dir()  # it could not be removed
    # and is still open; Python 3.13 names the folder, but not on Windows
    assert refusal(order)[0] in (str(held), str(order.draft))
    assert hash_files(order.target) == before
    opened.clear()
    assert publish(order) == []
    assert folders(order) == ["sv"]


def test_an_old_report_that_is_held_open_is_removed_by_the_next_run(
    order: Order, opened: Opened
) -> None:
    publish(order)
    opened[order.staging / "old" / f"{MEMO}.html"] = 10_000
    assert publish(order, force=True) == [MEMO]
    assert (order.staging / "old").is_dir()
    opened.clear()
    assert publish(order) == []
    assert folders(order) == ["sv"]


def test_a_folder_that_may_not_be_read_stops_a_report_before_it_is_moved_away(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what is in it, so it could not be kept."""
    publish(order)
    own = order.target / "own"
    own.mkdir()
    (own / "minutes.pdf").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != own)
    assert refusal(order)[0] == str(own)
    assert (own / "minutes.pdf").exists()
    assert folders(order) == ["sv"]


def test_what_a_virus_scanner_reads_is_waited_for(
    order: Order,
    opened: Opened,
) -> None:
    publish(order)
    opened |= {order.target / "index.html": 3, order.out / "index.html": 3}
    opened[order.draft / f"{MEMO}.html"] = 3
    assert publish(order, force=True) == [MEMO]
    assert folders(order) == ["sv"]
    assert is_up_to_date(order)


def test_a_table_that_is_held_while_a_report_is_asked_for_is_not_said_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, read = tmp_path / "towns.csv", Path.read_bytes
    held.touch()

    def read_bytes(path: Path) -> bytes:
        if path == held:
            raise PermissionError(errno.EACCES, REFUSED, str(path), 32)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(MachineError) as stopped:
        hash_files(tmp_path)
    assert [(fault.code, fault.file) for fault in stopped.value.faults] == [("P002", str(held))]


def test_a_list_that_is_open_in_excel_is_named(tmp_path: Path, opened: Opened) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("old", "utf-8")
    opened[listed] = 10_000
    with pytest.raises(MachineError) as stopped:
        files.write_files({listed: "new"})
    assert [(fault.code, fault.file) for fault in stopped.value.faults] == [("P003", str(listed))]
    assert [path.name for path in tmp_path.iterdir()] == [listed.name]
    assert listed.read_text("utf-8") == "old"


def test_what_is_read_only_is_no_matter(order: Order, opened: Opened) -> None:
    publish(order)
    own = order.target / "minutes.pdf"
    own.touch()
    for path in (own, order.target / "index.html"):
        path.chmod(0o444)
    for _ in range(2):
        assert publish(order, force=True) == [MEMO]
        assert folders(order) == ["sv"]
        assert own.exists()
    assert not opened


@pytest.mark.skipif(os.name == "nt", reason="Windows lets a folder be read-only to no effect.")
def test_what_is_in_a_read_only_folder_is_removed_and_one_that_cannot_be_read_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Linux, to whoever may not do all; a link there leads to what is not ours."""
    opening, removing = os.open, os.unlink
    staging, kept = tmp_path / "staging", tmp_path / "minutes.pdf"
    (staging / "own").mkdir(parents=True)
    (staging / "own" / "minutes.pdf").touch()
    (staging / "own" / "link.pdf").symlink_to(kept)
    kept.touch(0o444)

    def ask(folder: int | Path, mode: int) -> None:
        if not os.stat(folder).st_mode & mode:  # noqa: PTH116  also by its number
            raise PermissionError(errno.EACCES, REFUSED)

    def unlink(path: Any, *, dir_fd: int | None = None) -> None:
        ask(Path(path).parent if dir_fd is None else dir_fd, stat.S_IWUSR)
        removing(path, dir_fd=dir_fd)

    def open_(path: Any, *how: int, dir_fd: int | None = None) -> int:
        if Path(path).name == "own":
            ask(staging / "own", stat.S_IRUSR)
        return opening(path, *how, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink)
    monkeypatch.setattr(os, "open", open_)
    (staging / "own").chmod(0o355)
    with pytest.raises(PermissionError, match=REFUSED):
        shutil.rmtree(staging, onerror=run._remove_read_only)
    (staging / "own").chmod(0o555)
    shutil.rmtree(staging, onerror=run._remove_read_only)
    assert not staging.exists()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444


def test_without_forks_a_list_is_made_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads share the folder that a report has for its temporary files."""
    asked: list[int] = []

    def run_jobs(jobs: Any, at_once: int, **limits: float) -> Iterator[Any]:
        asked.append(at_once)
        yield from ((job, job.work(asked.append)) for job in jobs)

    monkeypatch.setattr(engine, "FORK", False)
    monkeypatch.setattr(engine, "run_jobs", run_jobs)
    monkeypatch.setattr(run, "warm_up", lambda *libraries: None)
    monkeypatch.setattr(run.recipe, "is_up_to_date", lambda order: False)
    made = lambda orders, at_once: asked.append(at_once)  # noqa: E731
    monkeypatch.setattr(run, "publish_reports", made)
    rows = [run.Row(str(tmp_path), 2014, "sv", name) for name in "ab"]
    assert [outcome for _, outcome in run.make_here(rows, tmp_path, False)] == [("made", "")] * 2
    assert asked == [1, engine.CORES, engine.CORES]


def test_what_windows_puts_into_a_folder_is_nobodys_file(tmp_path: Path) -> None:
    for name in ("desktop.ini", "Thumbs.db", "~$minutes.docx", "minutes.docx", "THUMBS.DB.csv"):
        (tmp_path / name).touch()
    assert {*hash_files(tmp_path)} == {"THUMBS.DB.csv", "minutes.docx"}


def test_a_drive_that_knows_no_strict_path_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a drive in memory, or some of a cloud: only what is strict is an error then."""

    def resolve(path: Path, strict: bool = False) -> Path:
        if strict:
            raise OSError(errno.EINVAL, "Felaktig funktion", str(path), 1)
        return path.absolute()

    (tmp_path / "towns.csv").write_bytes(b"town")
    monkeypatch.setattr(Path, "resolve", resolve)
    assert files.read_bytes(tmp_path, "towns.csv") == b"town"
    with pytest.raises(DataError, match="D083"):
        files.read_bytes(tmp_path, "nowhere.csv")


@pytest.mark.skipif(os.name == "nt", reason="Windows runs no such script.")
def test_a_pandoc_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As RStudio and Quarto bring one, and pypandoc takes the newest it finds."""
    other = tmp_path / "pandoc"
    other.write_text("#!/bin/sh\necho pandoc 99.1\n", "utf-8")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert run_pandoc("--to=plain", text="hej", cwd=tmp_path).strip() == "hej"


def test_a_thread_that_is_interrupted_says_nothing() -> None:
    """Where there are no forks a report of a list is made in one."""
    program = (
        "import signal, threading; from vanort_analysis.errors import end_run\n"
        "def made():\n"
        "    ready.wait()\n"
        "    raise KeyboardInterrupt\n"
        "ready = threading.Event(); thread = threading.Thread(target=made); thread.start()\n"
        "try:\n"
        "    end_run(signal.SIGINT, None)\n"
        "except KeyboardInterrupt:\n"
        "    ready.set(); thread.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
