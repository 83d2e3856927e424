"""What is measured: which ways are run in turn, and which ratios of theirs are told.

The bounds are those the project was asked to keep: at least, and what to aim for.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import ways
from .compare import Run, figure, rounds, run, void
from .many_ties import LAST, data_folder
from .peers import PROJECT, Report
from .ways import BESIDE, PAGES, STEMS, Way

YEAR, LANGUAGE, OTHER = 2014, "sv", "en"
WRONG_OPTION = 2  # its exit code
LONG = 3  # rounds at most of what takes minutes
TIES = (9, 687, 10_000)  # of Wikidata's 687 ties, over again where more are asked for
STEPS = {"load": "s", "map page": "s", "weight of the map page": "MB"}
INVENTED = "Påhittade Orten {}"  # a municipality of a batch
Figures = list[dict[str, Any]]


class Size(NamedTuple):
    """How much is measured."""

    pairs: int  # rounds that count
    reports: int  # of a batch
    sample: int  # reports of the pool of default engines that the batch is held against


def single(size: Size, scratch: Path) -> Figures:
    """One report, one language, its pages only, against the three other ways."""
    report = Report(str(copied(scratch / "data")), YEAR, LANGUAGE)
    own = ways.ours(report, *PAGES, "--force")
    five, seven = ways.pages([report]), ways.pages([report], (*STEMS, *BESIDE))
    what = "one report, one language, its pages"
    found = []
    for peer, wanted, aim in (
        (ways.plain_commands(report), "≥ 5", "≥ 8"),
        (ways.pool([report], 2), "≥ 2.5", "≥ 4"),
    ):
        theirs, mine = rounds([peer, own], size.pairs)
        found.append(figure(what, (peer, theirs), (own, mine), wanted, aim, five))
    limit = ways.script([report])
    mine, theirs = rounds([own, limit], size.pairs)
    return [*found, figure(what, (own, mine), (limit, theirs), "≤ 1.3", "≤ 1", seven)]


def forms(size: Size, scratch: Path) -> Figures:
    """Every form of both languages, and a report that has not changed."""
    report = Report(str(copied(scratch / "data")), YEAR, LANGUAGE)
    every = ways.ours(report._replace(language=""), "--force", name="both languages, every form")
    some = ways.ours(report, *PAGES, "--force", name="one language, pages only")
    all_runs, some_runs = rounds([every, some], size.pairs)
    both = figure(
        "both languages and every form",
        (every, all_runs),
        (some, some_runs),
        "≤ 3",
        "≤ 2",
        ways.pages([report]),
    )
    two = [report, report._replace(language=OTHER)]
    both["void"] = both["void"] or unlike_the_script(all_runs, two, scratch)
    whole = ways.ours(report, "--force", name="one language, every form")
    again = ways.ours(report, name="nothing changed", folder=scratch / "stands")
    again_runs, whole_runs = rounds([again, whole], size.pairs)
    sides = (again, again_runs), (whole, whole_runs)
    return [both, figure("nothing changed", *sides, "≤ 0.05", "≤ 0.025", None)]


def batch(size: Size, scratch: Path) -> Figures:
    """Many reports at once: against a pool of default engines, and against a single report."""
    reports = municipalities(scratch / "data", size.reports)
    sample, workers = reports[: size.sample], os.cpu_count() or 1
    many, peer = ways.batch(reports, *PAGES), ways.pool(sample, workers)
    one = ways.ours(sample[0], *PAGES, "--force", name="ours, a single report")
    many_runs, peer_runs, one_runs = rounds([many, peer, one], min(size.pairs, LONG))
    mine = many, many_runs
    pages, own = ways.pages(sample), ways.pages(sample[:1])
    what = "a report of a batch"
    found = [
        figure(what, (peer, peer_runs), mine, "≥ 4", "≥ 7", pages),
        figure(what, mine, (one, one_runs), "≤ 0.45", "≤ 0.3", own),
    ]
    wrong = unlike_the_script(many_runs, reports, scratch)  # the whole batch, not the sample alone
    return [each | {"void": each["void"] or wrong} for each in found]


def unlike_the_script(runs: Sequence[Run], reports: Sequence[Report], scratch: Path) -> str:
    """What is unlike the plain script's, which makes every page once more and is not timed."""
    made = run(ways.script(reports, STEMS), scratch / "reference")
    return void(runs, [made] * len(runs), ways.pages(reports))


def growth(size: Size, scratch: Path) -> Figures:
    """Loading, the map page and its weight, for each tie of a chain of many."""
    chains = [_chain(number, scratch) for number in TIES]
    found = list(zip(chains, rounds(chains, min(size.pairs, LONG)), strict=True))
    figures = []
    for step, unit in STEPS.items():
        (small, middle, large) = [(way, [_step(run, step) for run in runs]) for way, runs in found]
        what = f"{step}, for each tie"
        figures.append(figure(what, large, middle, "≤ 1", "") | {"unit": unit})
        figures.append(figure(what, middle, small, "≤ 1", "") | {"unit": unit})
    return figures


def _chain(number: int, scratch: Path) -> Way:
    data = str(data_folder(scratch / str(number), number))
    words = "-m", "benchmarks.growth", data, str(LAST)
    name, python = f"{number:,} ties", ways.PYTHON
    return Way(name, lambda into: [[python, *words, str(into / "map.html")]], number)


def _step(run: Run, step: str) -> Run:
    """A step of a run as if it were a run of its own; megabytes stand for seconds of a weight."""
    took = json.loads(run.said)
    size = run.files["map.html"].size / 1e6
    wall, processor = took.get(step, (size, None))
    return run._replace(wall=wall, processor=processor)


def startup(size: Size, scratch: Path) -> Figures:
    """What answers at once: help, a wrong option, and a data folder looked over."""
    pandas = ways.command('`python -c "import pandas"`', "-c", "import pandas")
    program, data = ("-m", "vanort_analysis"), str(copied(scratch / "data"))
    wrong = (*program, "report", "--yaer", str(YEAR))
    found = []
    for own, wanted, aim in (
        (ways.command("`--help`", *program, "--help"), "≤ 0.5", "≤ 0.25"),
        (ways.command("a wrong option", *wrong, exit=WRONG_OPTION), "≤ 0.5", "≤ 0.25"),
        (ways.command("`check`", *program, "check", "--data", data), "≤ 3", "≤ 2"),
    ):
        mine, theirs = rounds([own, pandas], size.pairs)
        found.append(figure("start-up", (own, mine), (pandas, theirs), wanted, aim))
    return found


def copied(folder: Path) -> Path:
    """A copy of the project's data, so that nothing is written in the work tree."""
    shutil.copytree(PROJECT / "data" / "raw", folder / "raw")
    (folder / "processed").mkdir()
    return folder


def municipalities(folder: Path, number: int) -> list[Report]:
    """Reports of invented municipalities: the project's own data under another name, each in both
    languages."""
    reports = []
    for n in range(1, -(-number // 2) + 1):
        data = copied(folder / f"invented-{n}")
        for path in (data / "raw" / "municipality.toml", data / "raw" / "towns.csv"):
            said = path.read_text("utf-8").replace("Vänersborg", INVENTED.format(n))
            path.write_text(said, encoding="utf-8", newline="\n")
        reports += [Report(str(data), YEAR, language) for language in ("sv", "en")]
    return reports[:number]


PARTS = {"single": single, "forms": forms, "batch": batch, "growth": growth, "startup": startup}


def measured(parts: Sequence[str], size: Size, scratch: Path) -> dict[str, Figures]:
    """The figures of each part asked for."""
    return {part: PARTS[part](size, scratch / part) for part in parts}
