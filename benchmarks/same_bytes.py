"""Whether a report is the same bytes elsewhere: python -m benchmarks.same_bytes [--python PATH]

The report is made in every form, then again under another clock, language, order of sets, folder
and working directory, then its pages in kernels; with --python, by the Python of another
environment too. Every file a reader gets is held against the first. What differs is printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from vanort_analysis.data.files import OWN_DATA, PROJECT
from vanort_analysis.publish.recipe import hash_files

HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
THERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR", "PYTHONHASHSEED": "4711"}


@dataclass(frozen=True)
class Way:
    """How a report is made, and what of it is then held against the first."""

    name: str
    folder: str = "here"
    env: dict[str, str] = field(default_factory=lambda: HERE)
    more: tuple[str, ...] = ()
    python: str = sys.executable


def made(way: Way, aside: Path, year: int, language: str) -> dict[str, str]:
    """The SHA-256 of every file a reader gets, by name; raises where the command fails."""
    folder = aside / way.folder
    data = folder / "data"
    if not data.exists():
        shutil.copytree(OWN_DATA / "raw", data / "raw")
    words = ["report", "--year", str(year), "--language", language, "--force", *way.more]
    out = folder / f"out {way.name}"
    command = [way.python, "-m", "vanort_analysis", *words, "--data", str(data), "--out", str(out)]
    env = os.environ | {"PYTHONPATH": str(PROJECT)} | way.env
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    found = hash_files(out / str(year) / language)
    return {name: of for name, of in found.items() if not name.startswith("run/")}


def main() -> int:
    """Make them all, and tell what differs from the first."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--year", type=int, default=2014)
    told.add_argument("--language", default="sv")
    told.add_argument("--python", default="", help="the Python of another environment")
    asked = told.parse_args()
    ways = [
        Way("first"),
        Way("elsewhere", "mapp å, två", THERE),
        Way("kernels", more=("--forms", "pages", "--engine", "kernel")),
    ]
    if asked.python:
        ways.append(Way("other Python", python=asked.python))
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="same-bytes-") as aside:
        first: dict[str, str] = {}
        for way in ways:
            found = made(way, Path(aside), asked.year, asked.language)
            first = first or found
            # the index lists the forms there are, so that one of pages only is another
            names = {*found} - ({"index.html"} if "pages" in way.more else set())
            other = sorted(name for name in names if found[name] != first.get(name))
            missing = [] if "pages" in way.more else sorted({*first} - {*found})
            print(f"{way.name}: {len(names)} files, differing: {other + missing or 'none'}")  # noqa: T201
            wrong += len(other + missing)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
