"""How long it takes to import, to load, and to draw every piece, and how it grows with the ties.

PYTHONPATH=. python benchmarks/loading.py   (in the test environment; on a machine that is calm)

Each time is the median of several fresh processes, in turns with what it is compared with, and the
least and the most; processor time stands beside it, as it suffers less from what else the machine
does. A load counts what it imports itself. The ties are those of `many_ties`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.many_ties import LAST, data_folder

TIMES = 7
COMMANDS = {  # whole processes, in turns
    '`python -c "import pandas"`': ["-c", "import pandas"],
    "`vanort check`": ["-m", "vanort_analysis", "check"],
}
GROWTH = (0, 1_000, 5_000, 10_000)  # ties; 0: each of the 687 once
PAGES = ("decision_memo", "background", "chain_map", "trends", "data_quality")
Spent = tuple[float, float]  # seconds by the clock, and of the processor


def timed(do: Callable[[], object]) -> Spent:
    """What a call takes."""
    wall, processor = time.perf_counter(), time.process_time()
    do()
    return time.perf_counter() - wall, time.process_time() - processor


def of_a_process(year: int, data: str, whole: bool) -> dict[str, Spent]:
    """The times of one process: the package imported, a first and a second load, every piece."""
    start = time.perf_counter() - time.process_time()  # what the interpreter took is counted too
    found = {}
    found["import pandas"] = timed(lambda: __import__("pandas"))
    found["the rest of the imports"] = timed(lambda: __import__("vanort_analysis.report"))
    import vanort_analysis

    loaded = []
    found["load"] = timed(lambda: loaded.append(vanort_analysis.load(year, "sv", data)))
    found["load once more"] = timed(lambda: vanort_analysis.load(year, "sv", data))
    if whole:
        from tests import pages

        for name in PAGES:
            found[f"draw {name}"] = timed(lambda name=name: list(pages.shown(loaded[0], name)))
        found["the whole process"] = time.perf_counter() - start, time.process_time()
    return found


Spread = tuple[float, float, float]  # median, least, most


def spread(times: list[float]) -> Spread:
    """The median of times, the least and the most."""
    return statistics.median(times), min(times), max(times)


def several(
    year: int, data: str = "", whole: bool = False, times: int = TIMES
) -> dict[str, tuple[Spread, Spread]]:
    """Several fresh processes, step by step: by the clock, and of the processor."""
    words = [sys.executable, __file__, str(year), data, "whole" * whole]
    runs = [json.loads(subprocess.check_output(words)) for _ in range(times)]
    return {step: tuple(spread([run[step][n] for run in runs]) for n in (0, 1)) for step in runs[0]}


def commands() -> dict[str, Spread]:
    """The processor time of whole commands, one after the other in turns."""
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(TIMES):
        for name, words in COMMANDS.items():
            before = os.times()
            subprocess.run([sys.executable, *words], check=True, capture_output=True)
            after = os.times()
            used = after.children_user + after.children_system
            found[name].append(used - before.children_user - before.children_system)
    return {name: spread(times) for name, times in found.items()}


def import_time(module: str) -> float:
    """The seconds Python itself tells for an import, the best of several fresh processes."""
    words = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    told = [subprocess.run(words, capture_output=True, text=True, check=True) for _ in range(TIMES)]
    last = [run.stderr.strip().splitlines()[-1].split("|") for run in told]
    return min(int(line[1]) for line in last) / 1e6


def said(times: Spread) -> str:
    """A time with its spread."""
    return f"{times[0]:.3f} s ({times[1]:.3f}–{times[2]:.3f})"


def main() -> None:
    """Print the times as two tables."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    lines = [f"load of the machine before: {busy:.1f}", "", "| | by the clock | processor |"]
    lines.append("|---|---|---|")
    for module in ("pandas", "vanort_analysis", "vanort_analysis.report"):
        lines.append(f"| `-X importtime`, import {module} | {import_time(module):.3f} s | |")
    real = several(2014, whole=True)
    lines += [f"| {step} | {said(wall)} | {said(own)} |" for step, (wall, own) in real.items()]
    lines += [f"| {name} | | {said(own)} |" for name, own in commands().items()]
    lines += ["", "| ties | load | load once more | a tie |", "|---|---|---|---|"]
    first, again = (real[step][1][0] for step in ("load", "load once more"))
    lines.append(f"| the real data | {first:.3f} s | {again:.4f} s | |")
    for number in GROWTH:
        with tempfile.TemporaryDirectory() as scratch:
            data = data_folder(Path(scratch) / "data", number)
            ties = len((data / "raw" / "chain.csv").read_text("utf-8").splitlines()) - 2
            found = several(LAST, str(data), times=3 if number <= 1_000 else 1)
        first, again = (found[step][1][0] for step in ("load", "load once more"))
        each = first / ties * 1000
        lines.append(f"| {ties:,} | {first:.3f} s | {again:.4f} s | {each:.2f} ms |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(of_a_process(int(sys.argv[1]), sys.argv[2], bool(sys.argv[3]))))
    else:
        main()
