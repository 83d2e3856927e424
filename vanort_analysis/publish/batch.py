"""Many reports from a list, side by side: in forks of this process, or on a Dask cluster.

One that fails stops no other, and one that stands is not made again, so that a list that was
interrupted goes on where it was.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from ..data.schema import Column, Table
from ..data.sheets import read_table as read_rows
from ..errors import DataError, Fault, UserError
from ..language import Text, available_languages
from .recipe import MANIFEST, Order, is_up_to_date

LIST = Table(
    {
        "data": Column(required=True),
        "year": Column("whole", required=True),
        "language": Column(required=True),
    },
    key=("data", "year", "language"),
    required=True,
)
SLOWEST_S = 1800  # a report that takes longer hangs
TRIES = 3  # of a report whose worker died


@dataclass(frozen=True)
class Row:
    """A row of a list: a data folder or its address, and below `out` the folder of its reports."""

    data: str
    year: int
    language: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What became of a row: made, unchanged or failed, in how many seconds, and why."""

    row: Row
    kind: str
    seconds: float
    said: str = ""


def read_list(path: Path) -> list[Row]:
    """The reports of a list; a folder is sought from the list's own. Raises `DataError`."""
    frame, _ = read_rows(path.name, path.read_bytes(), LIST)
    rows, wrong = dict[tuple[int, str, str], Row](), list[Fault]()
    for at, data, year, language in frame.itertuples():
        if not (year.isascii() and year.isdigit()):
            wrong.append(Fault("D013", path.name, at, "year", year))
            continue
        place = data.rstrip("/") if "://" in data else str((path.parent / data).resolve())
        last = next(part for part in reversed(place.split("/")) if part not in ("", "data"))
        name = re.sub(r"[^\w.-]", "-", last).strip(".") or "-"  # becomes a folder below `out`
        row = Row(place, int(year), language, name)
        if (row.year, language, name) in rows:
            wrong.append(Fault("C020", path.name, at, "data", data))
        rows[row.year, language, name] = row
    if wrong:
        raise DataError(wrong)
    return list(rows.values())


def make_here(rows: list[Row], out: Path, forms: bool) -> Iterator[Outcome]:
    """Make the reports of a list in forks of this process, as many at once as there are cores."""
    from . import engine, run

    run.warm_up("folium", f"{__package__}.documents")
    of = {Order(Path(r.data), r.year, r.language, out / r.name, forms): r for r in rows}
    jobs = [engine.Job(order, "report", partial(_make, order)) for order in of]
    for job, result in engine.run_jobs(jobs, os.cpu_count() or 1, slowest_s=SLOWEST_S):
        failed = isinstance(result, Exception)
        told = ("failed", 0, _said(result, job.order.language)) if failed else result
        yield Outcome(of[job.order], *told)


def _said(error: Exception, language: str) -> str:
    known = language if language in available_languages() else available_languages()[-1]
    faults = error.faults if isinstance(error, UserError) else ()
    return "\n".join(map(Text(known).format_fault, faults)) or str(error)


def _make(order: Order, _: Any) -> tuple[str, float]:
    from ..report import load
    from . import run

    started = monotonic()
    if is_up_to_date(order):
        return "unchanged", monotonic() - started
    run.publish_reports({order: load(order.year, order.language, order.data)}, at_once=1)
    return "made", monotonic() - started


def make_on_cluster(rows: list[Row], out: str, forms: bool, address: str) -> Iterator[Outcome]:
    """Hand whole reports to the workers of a Dask cluster; data and reports lie at addresses that
    fsspec knows, such as `s3://`. A worker that dies costs the time of its report only."""
    from distributed import Client, as_completed

    with Client(address) as client:
        options = {"pure": False, "retries": TRIES}
        asked = {client.submit(make_elsewhere, row, out, forms, **options): row for row in rows}
        for future in as_completed(asked):
            error = future.exception()
            result = ("failed", 0, str(error)) if error else future.result()
            yield Outcome(asked[future], *result)


def make_elsewhere(row: Row, out: str, forms: bool) -> tuple[str, float, str]:
    """Fetch the data, make the report in a process of its own, and put it where it belongs."""
    import fsspec

    started = monotonic()
    with TemporaryDirectory() as aside:
        here = Order(Path(aside, "data"), row.year, row.language, Path(aside, "reports"), forms)
        source, raw = fsspec.url_to_fs(f"{row.data}/raw")
        store, target = fsspec.url_to_fs(f"{out}/{row.name}/{row.year}/{row.language}")
        source.get(raw, str(here.data / "raw"), recursive=True)
        if store.exists(f"{target}/{MANIFEST}"):
            store.get(target, str(here.target), recursive=True)
        if is_up_to_date(here):
            return "unchanged", monotonic() - started, ""
        words = ["report", "--year", str(row.year), "--language", row.language]
        words += ["--data", str(here.data), "--out", str(here.out)]
        words += ["--forms", "all" if forms else "pages"]
        command = [sys.executable, "-m", "vanort_analysis", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return "failed", monotonic() - started, done.stderr.strip()
        made = sorted(here.target.rglob("*"), key=lambda path: path.name == MANIFEST)
        for path in filter(Path.is_file, made):  # the manifest last: with it the report stands
            store.put(str(path), f"{target}/{path.relative_to(here.target).as_posix()}")
        return "made", monotonic() - started, ""
