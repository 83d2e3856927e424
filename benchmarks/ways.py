"""The ways to make reports: for each the commands that are timed, and the pages they make."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .peers import NOTEBOOKS, Job, Report, parameters

PYTHON = sys.executable
STEMS = sorted(path.stem for path in NOTEBOOKS.glob("0[1-9]_*.ipynb"))
BESIDE = ["06_accessibility", "index"]  # pages without a notebook
PAGES = ["--forms", "pages"]
Commands = list[list[str]]


@dataclass(frozen=True)
class Way:
    """A way to make something: what it is called, its commands, and where they are run."""

    name: str
    commands: Callable[[Path], Commands]  # in a folder; run one after another
    reports: int = 1  # how many it makes, or the unit its time is told for
    exit: int = 0  # the code it has to end with
    folder: Path | None = None  # where it is run; without one, in a new folder each time


def ours(report: Report, *words: str, name: str = "ours", folder: Path | None = None) -> Way:
    """Our own command; without a language, the report in every language."""

    def commands(into: Path) -> Commands:
        said = ["--year", str(report.year), "--data", report.data]
        said += ["--language", report.language] if report.language else []
        out = ["--out", str(into / Path(report.data).name)]
        return [[PYTHON, "-m", "vanort_analysis", "report", *said, *out, *words]]

    return Way(name, commands, folder=folder)


def plain_commands(report: Report, stems: Sequence[str] = STEMS) -> Way:
    """The papermill command for each notebook, then one nbconvert command for all of them."""

    def commands(into: Path) -> Commands:
        folder = into / report.place
        folder.mkdir(parents=True)
        said = [word for pair in parameters(report).items() for word in ("-p", *map(str, pair))]
        made = [str(folder / f"{stem}.ipynb") for stem in stems]
        run = [
            [PYTHON, "-m", "papermill", str(NOTEBOOKS / Path(path).name), path, *said]
            for path in made
        ]
        return [*run, [PYTHON, "-m", "nbconvert", "--to", "vanort-report", *made]]

    return Way("papermill + nbconvert commands", commands)


def pool(reports: Sequence[Report], workers: int, stems: Sequence[str] = STEMS) -> Way:
    """papermill's default engine in so many processes at once."""
    return _peer("pool", f"{workers} default engines at once", reports, stems, workers)


def script(reports: Sequence[Report], stems: Sequence[str] = (*STEMS, *BESIDE)) -> Way:
    """The plain script: one process, loaded once, no kernel."""
    return _peer("script", "plain script", reports, stems, 1)


def _peer(kind: str, name: str, reports: Sequence[Report], stems: Sequence[str], at: int) -> Way:
    def commands(into: Path) -> Commands:
        job = Job(list(reports), list(stems), str(into), at)
        (into / "job.json").write_text(json.dumps(job._asdict()), encoding="utf-8")
        return [[PYTHON, "-m", "benchmarks.peers", kind, str(into / "job.json")]]

    return Way(name, commands, len(reports))


def batch(reports: Sequence[Report], *words: str) -> Way:
    """Our own command for a list of reports."""

    def commands(into: Path) -> Commands:
        rows = ["data,year,language", *(",".join(map(str, report)) for report in reports)]
        (into / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        made = ["batch", str(into / "list.csv"), "--out", str(into), *words]
        return [[PYTHON, "-m", "vanort_analysis", *made]]

    return Way(f"ours, a batch of {len(reports)}", commands, len(reports))


def command(name: str, *words: str, exit: int = 0) -> Way:
    """Any Python command."""
    return Way(name, lambda _: [[PYTHON, *words]], exit=exit)


def pages(reports: Sequence[Report], stems: Sequence[str] = STEMS) -> list[str]:
    """The pages that reports have to have made, as named in the folder of a run."""
    return [f"{report.place}/{stem}.html" for report in reports for stem in stems]
