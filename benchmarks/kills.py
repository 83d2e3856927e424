"""What is left of a report when its run is killed, its disk is full, or many start at once.

    python -m benchmarks.kills --kills 200 --full 50 --starts 20 --forms all

Each trial is the real command on an invented chain and small notebooks, in a process of its own.
Root is needed for a disk that is really full (a small tmpfs); without, files have a largest size.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "tests" / "data" / "invented_bare_chain" / "raw"
PAGES = ["04_decision_memo", "01_data_quality", "02_chain_map", "03_trends", "05_background"]
PARAMETERS = 'year = 2014\nlanguage = "sv"\ndata = ""'
SHOWS = 'import vanort_analysis\nvanort_analysis.load(year, language, data).page("{}")'
HALF = ".writing-"
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
DISK_MB = 24
HANGS_S = 120  # what has not ended by then on any machine, is left


class Place:
    """A folder with data and reports, and the command that makes them: `vanort report`."""

    def __init__(self, root: Path, forms: str) -> None:
        from vanort_analysis import load
        from vanort_analysis.publish.recipe import Order

        self.root, self.log = root, root / "log.txt"
        shutil.copytree(DATA, root / "data" / "raw")
        load(2020, "sv", root / "data")  # once, for every process that is started
        (root / "tmp").mkdir()
        self.words = ["report", "--year", "2020", "--language", "sv", "--forms", forms]
        self.words += ["--data", str(root / "data"), "--out", str(root / "out")]
        self.order = Order(root / "data", 2020, "sv", root / "out", forms == "all")
        started = time.monotonic()
        assert self.ended(self.start()) == 0, self.log.read_text("utf-8")
        self.takes, self.good = time.monotonic() - started, self.made(self.order.target)

    @staticmethod
    def made(folder: Path) -> dict[str, str]:
        """The files of a report, if they are what its manifest says; a notebook keeps the time."""
        from vanort_analysis.publish.recipe import hash_files, read_manifest

        found = hash_files(folder)
        whole = found == read_manifest(folder).get("outputs")
        return {name: of for name, of in found.items() if whole and not name.startswith("run/")}

    def start(self, *more: str, before: Callable[[], object] = bool) -> int:
        """A process that runs the command; its number."""
        if number := os.fork():
            return number
        before()
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.root / "tmp")
        out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        from vanort_analysis.cli import main

        try:
            main([*self.words, *more])
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(int(end.code or 0))
        os._exit(99)

    def ended(self, number: int) -> int:
        """The exit code of a process, once neither it nor any that it started is there."""
        code, until = 0, time.monotonic() + HANGS_S
        while time.monotonic() < until:
            try:
                found, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return code
            code = os.waitstatus_to_exitcode(status) if found == number else code
            until = time.monotonic() + HANGS_S if found or not code else until
            time.sleep(0.005 * (not found))
        raise RuntimeError("a process is left")

    def previous(self) -> str:
        """Where the previous report is, whole."""
        for name, path in (("stands", self.order.target), ("put back", self.order.staging / "old")):
            if path.is_dir() and self.made(path) == self.good:
                return name
        return "BROKEN"

    def next_run(self) -> str:
        """Whether the next run is good, and leaves nothing behind."""
        code = self.ended(self.start())
        left = [*self.root.rglob(f"{HALF}*"), *(self.root / "tmp").iterdir()]
        left += [self.order.staging] if self.order.staging.exists() else []
        if code or self.made(self.order.target) != self.good:
            return f"FAILED {code}: {self.log.read_text('utf-8', 'replace')[-300:]}"
        return f"LEFT {[path.name for path in left]}" if left else "good"


def killed(place: Place, chance: random.Random, at_swap: bool) -> tuple[str, ...]:
    """Kill a run at a random moment, or while the new report takes the place of the old."""
    number, until = place.start("--force"), time.monotonic() + place.takes
    moment = time.monotonic() + chance.random() * place.takes
    while time.monotonic() < (until if at_swap else moment):
        if at_swap and ((place.order.staging / "old").exists() or not place.order.target.exists()):
            break
        time.sleep(0 if at_swap else 0.001)
    os.kill(number, signal.SIGKILL)
    place.ended(number)
    return place.previous(), place.next_run()


def full_disk(place: Place, chance: random.Random, mounted: bool) -> tuple[str, ...]:
    """Run where there is less room than it needs."""
    sizes = [path.stat().st_size for path in place.order.target.rglob("*") if path.is_file()]
    filler, room = place.root / "filler", int(chance.random() * sum(sizes))
    if mounted:
        with filler.open("wb") as file:
            free = shutil.disk_usage(place.root).free
            os.posix_fallocate(file.fileno(), 0, max(free - room, 1))
        code = place.ended(place.start("--force"))
    else:
        size = (chance.randrange(max(sizes)), resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        code = place.ended(
            place.start("--force", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, size))
        )
    previous = place.previous()
    filler.unlink(missing_ok=True)
    said = place.log.read_text("utf-8", "replace")
    fault = f"exit {code}" + " B012" * ("B012" in said) + " TRACEBACK" * ("Traceback" in said)
    return fault, previous, place.next_run()


def at_once(place: Place, starts: int) -> tuple[str, ...]:
    """Many starts at the same moment, where no report is yet."""
    shutil.rmtree(place.order.out)
    numbers = [place.start() for _ in range(starts)]
    codes = Counter(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers)
    ends = ", ".join(f"{count} × exit {code}" for code, count in sorted(codes.items()))
    return ends, place.previous(), place.next_run()


def trials(aside: Path, asked: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    """Every trial: its kind, and how it ended."""
    chance = random.Random(asked.seed)
    places = [Place(aside / "pages", "pages")]
    places.append(Place(aside / "forms", "all") if asked.forms == "all" else places[0])
    if asked.starts:
        yield f"{asked.starts} starts", *at_once(places[0], asked.starts)
    for at in range(asked.kills):
        place, at_swap = places[at % 4 == 1], at % 4 == 0
        yield "killed at the swap" if at_swap else "killed", *killed(place, chance, at_swap)
    if not asked.full:
        return
    disk = aside / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
    mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        place = Place(disk / "place", asked.forms)
        for _ in range(asked.full):
            yield "disk full" if mounted else "file cut", *full_disk(place, chance, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def counted(aside: Path, asked: argparse.Namespace) -> dict[str, Counter[str]]:
    """How often each kind of trial ended in which way, up to the time that is given."""
    found, until = dict[str, Counter[str]](), time.monotonic() + asked.minutes * 60
    with closing(trials(aside, asked)) as ended:
        for number, (kind, *ends) in enumerate(ended, 1):
            found.setdefault(kind, Counter())[" · ".join(ends)] += 1
            sys.stderr.write(" · ".join((str(number), kind, *ends)) + "\n")
            if time.monotonic() > until:
                sys.stderr.write("The time is over.\n")
                break
    return found


def program(aside: Path, forms: str) -> None:
    """The package as it is installed, with small notebooks inside."""
    import nbformat

    away = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "vanort_analysis", aside / "vanort_analysis", ignore=away)
    (aside / "vanort_analysis" / "notebooks").mkdir()
    for name in PAGES if forms == "all" else PAGES[:1]:
        cells = [nbformat.v4.new_code_cell(code) for code in (PARAMETERS, SHOWS.format(name[3:]))]
        cells[0].metadata["tags"] = ["parameters"]
        about = {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=about)
        nbformat.write(notebook, aside / "vanort_analysis" / "notebooks" / f"{name}.ipynb")
    sys.path.insert(0, str(aside))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    for name, least in (("kills", 3), ("full", 2), ("starts", 3), ("seed", 1)):
        asked.add_argument(f"--{name}", type=int, default=least)
    asked.add_argument("--forms", choices=("pages", "all"), default="pages")
    asked.add_argument("--minutes", type=float, default=60, help="stop after these, and tell")
    with tempfile.TemporaryDirectory() as folder:
        told = asked.parse_args()
        program(Path(folder), told.forms)
        from vanort_analysis.publish import run  # once, for every process

        run.PATIENCE_S = HANGS_S  # with which a run waits for another, on a busy machine too
        run.warm_up("folium", "vanort_analysis.publish.documents")
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1)
        found = counted(Path(folder), told)
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
