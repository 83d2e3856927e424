"""Run ways in turn, hold what they made against each other, and keep every time.

A figure counts only if the very runs that were timed made the same: the bytes of each page, and
with them the number of pictures, which may not be none. Otherwise it is void, and says why.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import clock
from .peers import PROJECT
from .ways import Way

MADE = (".html", ".pdf", ".docx", ".xlsx", ".csv", ".json", ".geojson")
NEVER_ALIKE = ("manifest.json", "job.json", "list.csv")  # say when, or where, they were made


class File(NamedTuple):
    """A file that was made."""

    digest: str
    size: int
    pictures: int


class Run(NamedTuple):
    """What one run took and made; times of several commands are added up."""

    wall: float
    processor: float | None  # seconds; None where some of it cannot be told
    memory: float  # MB of the largest process
    files: dict[str, File]
    said: str = ""


class Stopped(Exception):
    """A command did not end as it has to."""


def run(way: Way, folder: Path) -> Run:
    """Run a way in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    said, result = folder / "said.txt", folder / "clock.txt"
    env = os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"}
    told = []
    with said.open("w+", encoding="utf-8") as heard:
        for words in way.commands(folder):
            timed = [sys.executable, clock.__file__, str(result), *words]
            subprocess.run(
                timed, cwd=folder, env=env, stdout=heard, stderr=subprocess.STDOUT, check=True
            )
            told.append(json.loads(result.read_text("utf-8")))
            if told[-1]["exit"] != way.exit:
                last = said.read_text("utf-8")[-2000:]
                raise Stopped(f"{way.name}: exit code {told[-1]['exit']}\n{last}")
    whole = all(one["whole"] for one in told)
    processor = sum(one["processor"] for one in told) if whole else None
    memory = max(one["memory"] for one in told)
    wall = sum(one["wall"] for one in told)
    return Run(wall, processor, memory, files_of(folder), said.read_text("utf-8"))


def files_of(folder: Path) -> dict[str, File]:
    """What a run made, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in MADE and path.name not in NEVER_ALIKE:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            file = File(digest, len(content), content.count(b"<svg"))
            found[path.relative_to(folder).as_posix()] = file
    return found


def rounds(ways: Sequence[Way], number: int) -> list[list[Run]]:
    """So many runs of each way, in turn, every other round the other way about.

    A run of each goes before them that is not counted: it fills what is cached on disk.
    """
    found: list[list[Run]] = [[] for _ in ways]
    for n in range(number + 1):
        order = list(enumerate(ways))
        for place, way in order[::-1] if n % 2 else order:
            with tempfile.TemporaryDirectory() as scratch:
                done = run(way, way.folder or Path(scratch) / "run")
            sys.stderr.write(f"{way.name}: {done.wall:.2f} s{' (not counted)' * (not n)}\n")
            if n:
                found[place].append(done)
    return found


def void(over: Sequence[Run], under: Sequence[Run], wanted: Iterable[str] | None) -> str:
    """Why the times of two ways may not be compared; "" where they may.

    `wanted` are the files that both have to have made alike; without them, all that either made.
    """
    for runs in (over, under):
        for other in runs[1:]:
            if wrong := unlike(runs[0].files, other.files, {*runs[0].files, *other.files}):
                return f"two runs of the same way differ: {wrong}"
    for one, other in zip(over, under, strict=True):
        names = {*one.files, *other.files} if wanted is None else set(wanted)
        if wrong := unlike(one.files, other.files, names):
            return f"not the same: {wrong}"
        if names and not sum(one.files[name].pictures for name in names):
            return "no pictures"
    return ""


def unlike(one: dict[str, File], other: dict[str, File], names: set[str]) -> str:
    """The files that are not in both, or not the same in both."""
    wrong = [name for name in sorted(names) if name not in one or one[name] != other.get(name)]
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return ", ".join(wrong[:3]) + more


def figure(
    what: str,
    over: tuple[Way, Sequence[Run]],
    under: tuple[Way, Sequence[Run]],
    wanted: str,
    aim: str,
    alike: Iterable[str] | None = (),
) -> dict[str, Any]:
    """A ratio of two ways, with every time it comes from, as it is kept and told.

    `wanted` and `aim` are bounds, as "≥ 5" or "≤ 1.3". `alike` as `void`'s `wanted`.
    """
    (a, a_runs), (b, b_runs) = over, under
    names = None if alike is None else list(alike)
    first = a_runs[0].files
    shown = [first[name] for name in (first if names is None else names) if name in first]
    return {
        "what": what,
        "unit": "s",
        "over": side(a, a_runs),
        "under": side(b, b_runs),
        "wanted": wanted,
        "aim": aim,
        "files": len(shown),
        "pictures": sum(file.pictures for file in shown),
        "void": void(a_runs, b_runs, names),
    }


def side(way: Way, runs: Sequence[Run]) -> dict[str, Any]:
    """A way's times, each for one report of those it makes."""
    return {
        "name": way.name,
        "reports": way.reports,
        "wall": [round(run.wall / way.reports, 7) for run in runs],
        "processor": [
            None if run.processor is None else round(run.processor / way.reports, 7) for run in runs
        ],
        "memory": [round(run.memory) for run in runs],
    }
