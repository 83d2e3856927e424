"""Makes the reports of a list side by side: in forks of this process, or on a Dask cluster.

One that fails stops no other; one that is up to date is kept, so an interrupted list goes on.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from ..data.schema import Column, Table
from ..data.sheets import read_table
from ..errors import DataError, Fault, UserError
from ..language import Text, available_languages
from .recipe import MANIFEST, Order, is_up_to_date

COLUMNS = {
    "data": Column(required=True),
    "year": Column("whole", required=True),
    "language": Column(required=True),
}
LIST = Table(COLUMNS, key=tuple(COLUMNS), required=True)
TIMEOUT_S = 1800  # a report that takes longer hangs
RETRIES = 3  # of a report whose worker in a cluster died


@dataclass(frozen=True)
class Row:
    """A row of a list; `data` is a folder or its address, `name` that of its folder below `out`."""

    data: str
    year: int
    language: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What became of a row: `kind` is made, unchanged or failed, `message` says why it failed."""

    row: Row
    kind: str
    seconds: float = 0
    message: str = ""


def read_list(path: Path) -> list[Row]:
    """Read a list; relative folders are relative to the list. Raises `DataError`."""
    frame, _ = read_table(path.name, path.read_bytes(), LIST)
    rows: dict[tuple[int, str, str], Row] = {}
    faults: list[Fault] = []
    for number, data, year, language in frame[[*COLUMNS]].itertuples():
        blank = [column for column in COLUMNS if not frame.at[number, column]]
        if blank or not re.fullmatch("[1-9][0-9]{0,3}", year):
            wrong = Fault("D013", path.name, number, "year", year)
            faults += [Fault("D024", path.name, number, column) for column in blank] or [wrong]
            continue
        address = data.rstrip("/") if "://" in data else str((path.parent / data).resolve())
        last = next((part for part in reversed(address.split("/")) if part not in ("", "data")), "")
        name = re.sub(r"[^\w.-]", "-", last).strip(".") or "-"
        key = (int(year), language, name)
        if key in rows:
            faults.append(Fault("C020", path.name, number, "data", data))
        rows[key] = Row(address, int(year), language, name)
    if faults:
        raise DataError(faults)
    return list(rows.values())


def make_here(rows: list[Row], out: Path, forms: bool) -> Iterator[Outcome]:
    """Make the reports of a list in forks of this process, as many at once as there are cores."""
    from . import engine, run

    run.warm_up("folium", f"{__package__}.documents")
    row_of: dict[engine.Job, Row] = {}
    for row in rows:
        order = Order(Path(row.data), row.year, row.language, out / row.name, forms)
        row_of[engine.Job(order, "report", partial(_make_report, row, order))] = row
    with closing(engine.run_jobs(row_of, os.cpu_count() or 1, timeout_s=TIMEOUT_S)) as results:
        for job, result in results:
            failed = isinstance(result, Exception)
            yield _failed(row_of[job], result) if failed else result


def _failed(row: Row, error: BaseException) -> Outcome:
    """The outcome of an error, in the language of the row or, if there is no such one, Swedish."""
    language = row.language if row.language in available_languages() else "sv"
    faults = error.faults if isinstance(error, UserError) else ()
    last_line = str(error).strip().rpartition("\n")[2]
    message = "\n".join(map(Text(language).format_fault, faults)) or last_line
    return Outcome(row, "failed", message=message)


def _make_report(row: Row, order: Order, _: Any) -> Outcome:
    from ..report import load
    from . import run

    started = monotonic()
    if is_up_to_date(order):
        return Outcome(row, "unchanged", monotonic() - started)
    run.publish_reports({order: load(order.year, order.language, order.data)}, at_once=1)
    return Outcome(row, "made", monotonic() - started)


def make_on_cluster(rows: list[Row], out: str, forms: bool, address: str) -> Iterator[Outcome]:
    """Make the reports of a list, each as a whole, on the workers of a Dask cluster; one that dies
    costs only the time of its report. Data and `out` are at addresses of fsspec, such as `s3://`.
    """
    from distributed import Client, as_completed

    with Client(address) as client:
        options = {"pure": False, "retries": RETRIES}
        row_of = {client.submit(make_elsewhere, row, out, forms, **options): row for row in rows}
        for future in as_completed(row_of):
            error = future.exception()
            yield _failed(row_of[future], error) if error else future.result()


def make_elsewhere(row: Row, out: str, forms: bool) -> Outcome:
    """Fetch the data, make the report in a process of its own, and store it below `out`."""
    import fsspec

    started = monotonic()
    with TemporaryDirectory() as folder:
        order = Order(Path(folder, "data"), row.year, row.language, Path(folder, "reports"), forms)
        source, raw = fsspec.url_to_fs(f"{row.data}/raw")
        store, target = fsspec.url_to_fs(f"{out}/{row.name}/{row.year}/{row.language}")
        source.get(raw, str(order.data / "raw"), recursive=True)
        if store.exists(f"{target}/{MANIFEST}"):
            store.get(target, str(order.target), recursive=True)
        if is_up_to_date(order):
            return Outcome(row, "unchanged", monotonic() - started)
        command = [sys.executable, "-m", "vanort_analysis", "report", "--year", str(row.year)]
        command += ["--language", row.language, "--forms", "all" if forms else "pages"]
        command += ["--data", str(order.data), "--out", str(order.out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return Outcome(row, "failed", monotonic() - started, done.stderr.strip())
        paths = [path for path in order.target.rglob("*") if path.is_file()]
        # the manifest last, as it declares the report complete
        for path in sorted(paths, key=lambda path: path.name == MANIFEST):
            store.put(str(path), f"{target}/{path.relative_to(order.target).as_posix()}")
        return Outcome(row, "made", monotonic() - started)
