"""A benchmark counts only what was made alike, and takes in all that a command starts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import tell, ways
from benchmarks.compare import File, Run, files_of, run, void
from benchmarks.peers import Job, Report, script

PAGE = "data/2014/sv/04_decision_memo.html"
BURN = "import time\nwhile time.process_time() < 0.5: pass"
LEAVE = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"


def made(digest: str = "a", pictures: int = 3, name: str = PAGE) -> Run:
    return Run(1.0, 1.0, 1.0, {name: File(digest, 100, pictures)})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([made(), made()], [made(), made("b")]),  # another page in one of the pairs
        ([made("b"), made("b")], [made(), made()]),
        ([made(), made()], [made(), made(name="another.html")]),  # none at all
        ([made(pictures=0)], [made(pictures=0)]),  # alike, as both have lost their pictures
    ],
)
def test_a_figure_is_void_unless_every_run_made_the_same(
    ours: list[Run], theirs: list[Run]
) -> None:
    assert void(ours, theirs, [PAGE])
    assert not void([made()], [made()], [PAGE])


def test_a_void_figure_is_told_without_its_number() -> None:
    side = {"name": "ours", "reports": 1, "wall": [4.125], "processor": [4.125], "memory": [90]}
    kept = {"what": "a report", "unit": "s", "over": side, "under": side, "files": 1}
    kept |= {"pictures": 3, "wanted": "≥ 5", "aim": "≥ 8", "void": ""}
    assert "1 [1–1]" in tell.row_of_ratio(kept)
    assert "1 [1–1]" not in tell.row_of_ratio(kept | {"void": "not the same: index.html"})
    assert "index.html" in tell.row_of_ratio(kept | {"void": "not the same: index.html"})


def test_the_figures_replace_only_what_stands_between_their_marks() -> None:
    page = f"before\n{tell.MARKS[0]}\nold\n{tell.MARKS[1]}\nafter\n"
    written = tell.put_between(tell.put_between(page, "new\n"), "newer\n")
    assert "new\n" not in written.replace("newer\n", "")
    assert "old" not in written
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert tell.MARKS[0] in tell.PAGE.read_text("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to who asks for them")
def test_the_processor_time_of_what_a_command_leaves_behind_is_counted(tmp_path: Path) -> None:
    took = run(ways.command("leaves a process", "-c", LEAVE), tmp_path)
    assert took.processor is not None
    assert took.processor >= 0.5


@pytest.mark.slow
def test_every_way_makes_the_same_page(reports, project: Path, tmp_path: Path) -> None:
    """What the benchmark would time, for one notebook: the ecosystem's own commands, from another
    folder, and the plain script, against ours."""
    report, stem = Report(str(project / "data"), 2014, "sv"), Path(PAGE).stem
    made = {"commands": run(ways.plain_commands(report, [stem]), tmp_path / "commands")}
    script(Job([report], [stem], str(tmp_path / "script")))  # here, where the data are read already
    made["plain script"] = Run(0, 0, 0, files_of(tmp_path / "script"))
    own = Run(0, 0, 0, {PAGE: files_of(reports(2014, "sv"))[f"{stem}.html"]})
    assert {name: void([theirs], [own], [PAGE]) for name, theirs in made.items()} == dict.fromkeys(
        made, ""
    )
