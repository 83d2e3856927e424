"""The other ways to make the same pages: python -m benchmarks.peers pool|script JOB.json

A job is a JSON file: the reports (data folder, year, language), the stems of their notebooks or
pages, the folder for what is made, and the number of workers.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"


class Report(NamedTuple):
    """What a report is of."""

    data: str  # the data folder
    year: int
    language: str

    @property
    def place(self) -> str:
        """Where its pages go, in the folder of a run."""
        return f"{Path(self.data).name}/{self.year}/{self.language}"


class Job(NamedTuple):
    reports: list[Report]
    stems: list[str]
    into: str
    workers: int = 1


def read_job(path: str) -> Job:
    job = Job(**json.loads(Path(path).read_text("utf-8")))
    return job._replace(reports=[Report(*each) for each in job.reports])


def pool(job: Job) -> None:
    """papermill's default engine, a kernel a notebook, in a pool of processes."""
    from concurrent.futures import ProcessPoolExecutor

    exporter()  # before the processes part, so that none has to import it
    with ProcessPoolExecutor(job.workers) as processes:
        tasks = [
            processes.submit(run_notebook, report, stem, job.into)
            for report, stem in product(job.reports, job.stems)
        ]
        for task in tasks:
            task.result()  # or what went wrong there


@cache
def exporter() -> Any:
    from vanort_analysis.publish import page

    return page.ReportExporter()


def run_notebook(report: Report, stem: str, into: str) -> None:
    """One notebook run and exported; what was run is kept too."""
    import papermill

    folder = Path(into) / report.place
    folder.mkdir(parents=True, exist_ok=True)
    executed = papermill.execute_notebook(
        NOTEBOOKS / f"{stem}.ipynb",
        folder / f"{stem}.ipynb",
        parameters=parameters(report),
        kernel_name="python3",
        progress_bar=False,
    )
    html, _ = exporter().from_notebook_node(executed)
    (folder / f"{stem}.html").write_text(html, encoding="utf-8", newline="\n")


def parameters(report: Report) -> dict[str, Any]:
    return {"year": report.year, "language": report.language, "data": report.data}


def script(job: Job) -> None:
    """The limit: everything in one process, loaded once; no kernel, and no notebook is kept."""
    from tests.pages import html
    from vanort_analysis import load
    from vanort_analysis.pages.site import FILES

    for report in job.reports:
        loaded, folder = load(report.year, report.language, report.data), Path(job.into)
        (folder / report.place).mkdir(parents=True, exist_ok=True)
        for name, file in FILES.items():
            if file.removesuffix(".html") in job.stems:
                page = html(loaded, name)
                (folder / report.place / file).write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    {"pool": pool, "script": script}[sys.argv[1]](read_job(sys.argv[2]))
