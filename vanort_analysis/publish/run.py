"""Publishes reports: notebooks become a folder with the report in every form and a manifest.

The folder is built beside the previous report, checked, and swapped in whole or not at all. The
reports of a list are made side by side, in forks of this process or on a Dask cluster: one that
fails stops no other, and one that is up to date is kept, so an interrupted list goes on.
"""

import gc
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock, Timeout
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from ..data import files
from ..data.clean import clean_table
from ..data.schema import Column, Table
from ..data.sheets import read_table
from ..errors import BuildError, CommandError, Fault, MachineError, refuse_errors, write_failure
from ..language import Text
from ..pages import site
from ..pages.blocks import Block, load_templates
from ..pages.prose import TEXTS, read_manuscripts
from ..pictures import style
from ..report import Report, load
from . import engine, page, recipe
from .recipe import FORMS, Order, hash_files, lock_folder, unchanged_parts

LIST_COLUMNS = {"data": Column(required=True), "year": Column("whole", True, between=(1, 9999))}
LIST_COLUMNS["language"] = Column("code", True, allowed=files.LANGUAGES)
LIST = Table(LIST_COLUMNS, key=[*LIST_COLUMNS], required=True, annotated=False)
REPORT_LIMIT_S = 1800  # a report that takes longer hangs
RETRIES = 3  # of a report whose worker in a cluster died
PATIENCE_S = 30  # how long to wait for another run of the same report
CONNECT_S = 10  # how long to wait for a cluster to answer, or for killed forks to end
Progress = Callable[[str], None]
Outcome = tuple[str, str | Exception]  # of a row: made, unchanged or failed, and why it failed


@dataclass(frozen=True)
class Row:
    """A row of a list; `data` is a folder or its address, `name` that of its folder below `out`."""

    data: str
    year: int
    language: str
    name: str


def publish_reports(
    orders: Collection[Order],
    on_part: Progress = lambda part: None,
    force: bool = False,
    forked: bool = engine.FORK,
    at_once: int = engine.CORES,
) -> dict[Order, Report]:
    """Make reports in every form that is asked for, side by side.

    Each is built in its staging folder, checked, and swapped in by two renames; after a crash the
    next run restores the previous one. Parts that are up to date are kept, unless `force`.
    Notebooks run in forks of this process or, if not `forked`, in kernels. Raises `UserError`.
    """
    # before anything is read: an input saved meanwhile is not what the report is made from
    recipes = {order: recipe.make_recipe(order) for order in orders}
    reports = {order: load(order.year, order.language, order.data) for order in orders}
    if forked:
        warm_up()
    with ExitStack() as locks:
        jobs: list[engine.Job] = []
        for order in sorted(orders, key=lambda order: order.target):
            locks.enter_context(_lock_report(order))
            kept = {} if force else unchanged_parts(order, recipes[order])
            _begin_report(order, reports[order], chain.from_iterable(kept.values()))
            jobs += _make_jobs(order, reports[order], forked, kept)
        jobs.sort(key=lambda job: len(job.after))
        with closing(engine.run_jobs(jobs, at_once, forked)) as results:
            for job, result in results:
                if isinstance(result, Exception):
                    _refuse_changed(job.order, recipes[job.order])  # which may be why
                    raise result
                on_part(job.part)
        for order, report in reports.items():
            _finish_report(order, report, recipes[order])
    return reports


def compare_rebuilt(target: Path, data: Path) -> tuple[str, list[str], list[str]]:
    """Rebuild a finished report in a temporary folder. Returns its language, the names of what it
    was made from that has changed, and of the files that differ; raises `UserError`."""
    manifest = recipe.read_manifest(target)
    try:
        made_from, outputs = manifest["recipe"], manifest["outputs"]
        old = _list_sources(made_from)
        year, language = made_from["year"], made_from["language"]
        forms = bool(FORMS.keys() & manifest["files"])
        if type(year) is not int or language not in files.LANGUAGES:
            raise TypeError
    except (KeyError, TypeError):
        raise CommandError(Fault("C019", file=str(target))) from None
    if manifest.get("home") not in (None, files.read_municipality(data).home):
        raise CommandError(Fault("C028", str(target), value=str(manifest["home"])))
    with tempfile.TemporaryDirectory() as folder:
        data_copy = Path(folder, "data")  # so that `processed/` is not written into the original
        for name in hash_files(data / "raw"):
            files.write_files({data_copy / "raw" / name: (data / "raw" / name).read_bytes()})
        order = Order(data_copy, year, language, Path(folder), forms)
        publish_reports([order])
        again = recipe.read_manifest(order.target)
        new = _list_sources(again["recipe"])
    rebuilt = again["outputs"]  # what lies in run/ holds times: as the manifest has it, here too
    rebuilt |= {name: outputs.get(name) for name in rebuilt if name.startswith("run/")}
    changed = {name for name in old | new if old.get(name) != new.get(name)}
    different = {name for name, _ in hash_files(target).items() ^ rebuilt.items()}
    free = ("made", "recipe", "notes") if changed else ("made",)  # follows from what is named
    if again | {key: manifest.get(key) for key in free} != manifest:
        different.add(recipe.MANIFEST)
    return language, sorted(changed), sorted(different)


def _list_sources(made_from: Mapping[str, Any]) -> dict[str, str]:
    """All that a report was made from, by name: hashes and versions out of its recipe."""
    return {**made_from["inputs"], **made_from["versions"], "program": made_from["program"]}


def warm_up(*libraries: str) -> None:
    """Import and prepare what most pages need, and further libraries, once for all forks."""
    needed = [f"IPython.core.{name}" for name in ("application", "completerlib", "oinspect")]
    for library in (*needed, *libraries):
        importlib.import_module(library)
    for language in files.LANGUAGES:
        Text(language).plain("locale")  # reads its file
    importlib.import_module("vanort_analysis.pictures.map").load_outlines()
    style.load_typeface()
    read_manuscripts([TEXTS])
    recipe.package_versions()
    nbformat.validate(nbformat.v4.new_notebook())
    for name in load_templates().list_templates(["j2"]):
        load_templates().get_template(name)
    gc.freeze()  # a collection in a fork would touch, and so copy, the memory it shares with us


def _make_jobs(
    order: Order, report: Report, forked: bool, kept: Collection[str] = ()
) -> list[engine.Job]:
    """A job for each part that is not `kept`, but the index; forms wait for their pages."""
    jobs = {}
    for name in order.pages:
        jobs[name] = engine.Job(order, name, partial(_make_page, order, name, forked))
    for form in FORMS if order.forms else ():
        pages = [jobs[name] for name in order.source_pages(form)]
        jobs[form] = engine.Job(order, form, partial(_make_form, order, report, form), pages)
    return [job for part, job in jobs.items() if part not in kept]


def _make_page(order: Order, name: str, forked: bool, on_cell: Progress) -> None:
    source, file = order.notebooks / f"{name}.ipynb", f"{name}.html"
    parameters = {"year": order.year, "language": order.language, "data": str(order.data)}
    options = {"engine_name": engine.NAME, "on_cell": on_cell} if forked else {}
    executed = execute_notebook(source, parameters, **options)
    html = page.build_page(page.page_pieces(executed, source.name), file)
    notebook = nbformat.writes(executed) + "\n"
    files.write_files({order.draft / "run" / source.name: notebook, order.draft / file: html})


def _make_form(order: Order, report: Report, form: str, _: Progress) -> None:
    from . import documents, tables

    if form == "tables":
        tables.write_processed(report.dataset)
        tables.write_tables(report.context, order.draft)
    else:
        pages = site.PAGES[:1] if form == "memo" else site.PAGES
        documents.write_documents(report.context, order.draft, pages)


def _begin_report(order: Order, report: Report, kept: Iterable[str]) -> None:
    """Copy what is kept to the draft; raises `CommandError` for another municipality's report."""
    other = recipe.read_manifest(order.target).get("home")  # an older one does not say
    if other not in (None, report.context.municipality.home):
        raise CommandError(Fault("C027", str(order.target), value=str(other)))
    for name in kept:
        (order.draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(order.target / name, order.draft / name)
    # already now, as it needs no other part and fills caches that every fork then has
    _write_page(order.draft, "accessibility", site.accessibility_page(report.context))


def _refuse_changed(order: Order, made_from: Mapping[str, Any]) -> None:
    """Raise `MachineError` if anything a report is made from was saved after it was begun."""
    if recipe.make_recipe(order) != made_from:
        raise MachineError(Fault("P005", file=str(order.data)))


def _finish_report(order: Order, report: Report, made_from: Mapping[str, Any]) -> None:
    """Write the index, check all files, write the manifest, and swap the report in."""
    context = report.context
    _write_page(order.draft, "index", site.index_page(context, order.draft))
    _refuse_changed(order, made_from)  # its parts could be of two states
    manifest = recipe.list_outputs(order) | {
        "recipe": made_from,
        "home": context.municipality.home,
        "fingerprint": context.fingerprint,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": [context.text.format_fault(note) for note in report.dataset.notes],
    }
    files.write_files({order.draft / recipe.MANIFEST: files.to_json(manifest)})
    if order.target.exists():
        _keep_foreign(order)
        files.move(order.target, order.staging / "old")
    files.move(order.draft, order.target)


def _keep_foreign(order: Order) -> None:
    """Copy to the new report what no report has made, such as minutes that somebody saved there;
    raises `CommandError` for what has the name of a file of the report."""
    ours = recipe.read_manifest(order.target).get("outputs")
    if ours is None:  # a damaged manifest does not tell; without one nothing is ours
        ours = hash_files(order.draft) if (order.target / recipe.MANIFEST).exists() else {}
    for path in order.target.rglob("*") if order.target.is_dir() else [order.target]:
        name = path.relative_to(order.target).as_posix()
        is_read = path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK)
        if name in {*ours, recipe.MANIFEST} or is_read:
            continue
        if (copy := order.draft / name).exists():
            raise CommandError(Fault("C026", str(path)))
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)


@contextmanager
def _lock_report(order: Order) -> Iterator[None]:
    """Let only one run make the report of a year and language; clean up before and after it.

    Temporary files, those of kernels too, go to its staging folder meanwhile: where the report has
    room they have room, and they are cleared away with it, even after a power cut.
    """
    folder = order.target.parent
    owner = order.staging / "by"
    temporary = order.staging / "tmp"
    before = tempfile.tempdir, os.environ.get("TMPDIR", "")  # empty is as good as none
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{order.staging}.lock", timeout=PATIENCE_S):
            _recover(order)
            try:
                temporary.mkdir(parents=True)
                owner.write_text(f"{os.getpid()}, {datetime.now().astimezone():%H:%M}")
                tempfile.tempdir = os.environ["TMPDIR"] = str(temporary.resolve())
                yield
            finally:
                tempfile.tempdir, os.environ["TMPDIR"] = before
                with suppress(OSError):  # the next run removes what is in use
                    _recover(order)
    except Timeout:
        holder = owner.read_text() if owner.exists() else "?"
        raise MachineError(Fault("P004", file=str(folder), value=holder)) from None
    except OSError as error:
        raise write_failure(error, folder) from None


def _recover(order: Order) -> None:
    """Put the previous report back if a swap was cut off, and remove everything half made."""
    old = order.staging / "old"
    if old.exists() and not order.target.exists():
        files.move(old, order.target)
    if order.staging.exists():
        shutil.rmtree(order.staging, onerror=_remove_read_only)
    if any((order.data / "processed").glob(f"{files.HALF}*")):
        with lock_folder(order.data / "processed"):
            pass  # taking the lock has removed them


def _remove_read_only(remove: Callable[[str], object], path: str, error: Any) -> None:
    """Remove what is read-only or in such a folder; a folder that cannot be read stays as it is."""
    if remove not in (os.unlink, os.rmdir):
        raise error[1]
    with suppress(FileNotFoundError):  # a kernel that ends removes its files too
        for place in (Path(path).parent, Path(path)):
            if not place.is_symlink():  # what it leads to is not ours
                place.chmod(place.stat().st_mode | 0o700)
        remove(path)


def _write_page(folder: Path, name: str, blocks: list[Block]) -> None:
    """Write a page that no notebook makes."""
    pieces = [{"html": str(block.html)} | (block.page or {}) for block in blocks]
    files.write_files({folder / site.FILES[name]: page.build_page(pieces, site.FILES[name])})


def execute_notebook(
    notebook: Path, parameters: Mapping[str, Any], **options: Any
) -> nbformat.NotebookNode:
    """Run a notebook with parameters that it declares, in a kernel unless papermill's `options`
    name another engine; raises `BuildError`."""
    settings = {"kernel_name": "python3", "cwd": str(notebook.parent), "progress_bar": False}
    settings |= dict.fromkeys(("execution_timeout", "iopub_timeout"), engine.TIMEOUT_S)
    settings |= options or {"extra_arguments": ["--log-level=50"]}  # or the kernel logs to stderr
    execute = partial(papermill.execute_notebook, notebook, None, dict(parameters), **settings)
    try:
        declared = papermill.inspect_notebook(notebook)
        if unknown := sorted(parameters.keys() - declared.keys()):
            raise BuildError(Fault("C005", file=notebook.name, value=unknown[0]))
        try:
            return execute()
        except DeadKernelError:
            raise
        except RuntimeError:  # no kernel came up: now and then another program takes its port first
            return execute()
    except PapermillExecutionError as error:
        cell, message = page.cell_name(error.source), f"{error.ename}: {error.evalue}"
        raise BuildError(Fault("B001", notebook.name, None, cell, message)) from error
    except CellTimeoutError as error:
        raise BuildError(Fault("B010", notebook.name)) from error
    except RuntimeError as error:  # the kernel died, or never answered
        raise BuildError(Fault("B013", notebook.name)) from error
    except (PapermillException, ValueError) as error:
        raise BuildError(Fault("B011", file=notebook.name, value=str(error)[:200])) from error


def read_list(path: Path) -> tuple[list[Row], list[Fault]]:
    """The rows of a list, relative to its folder, and all found in it; raises `DataError`."""
    raw, findings = read_table(path.name, path.read_bytes(), LIST)
    frame, faults = clean_table(path.stem, raw, "", LIST)
    findings += [replace(fault, file=path.name) for fault in faults]
    rows: dict[tuple[int, str, str], Row] = {}
    good = frame.drop([each.row for each in findings if each.level == "error"], errors="ignore")
    for number, data, year, language in good[[*LIST_COLUMNS]].itertuples():
        address = data.rstrip("/") if "://" in data else str((path.parent / data).resolve())
        last = ["", *(part for part in re.split(r"[/\\]", address) if part not in ("", "data"))][-1]
        name = re.sub(r"[^\w.-]", "-", last).strip(".") or "-"
        key = (int(year), language, name.casefold())  # there are disks that see no capitals
        if key in rows:
            findings.add("C020", number, "data", data)
        rows[key] = Row(address, int(year), language, name)
    refuse_errors(findings)
    return list(rows.values()), findings


def make_here(rows: list[Row], out: Path, forms: bool) -> Iterator[tuple[Row, Outcome]]:
    """Make the reports of a list: in forks as many at once as there are cores, else one by one."""
    warm_up("folium", f"{__package__}.documents")
    row_of: dict[engine.Job, Row] = {}
    for row in rows:
        order = Order(Path(row.data), row.year, row.language, out / row.name, forms)
        row_of[engine.Job(order, "report", partial(_make_report, order))] = row
    try:
        at_once = engine.CORES if engine.FORK else 1  # threads share a folder of temporary files
        with closing(engine.run_jobs(row_of, at_once, timeout_s=REPORT_LIMIT_S)) as results:
            for job, result in results:
                yield row_of[job], ("failed", result) if isinstance(result, Exception) else result
    finally:  # a fork that was killed has left its staging folder, unless it is another run's
        for order in [job.order for job in row_of if job.order.staging.exists()]:
            with suppress(OSError), FileLock(f"{order.staging}.lock", timeout=CONNECT_S):
                _recover(order)


def _make_report(order: Order, _: Any) -> Outcome:
    if recipe.is_up_to_date(order):
        return "unchanged", ""
    publish_reports([order], at_once=1 if engine.FORK else engine.CORES)
    return "made", ""


def make_on_cluster(
    rows: list[Row], out: str, forms: bool, address: str
) -> Iterator[tuple[Row, Outcome]]:
    """Make the reports of a list, each as a whole, on the workers of a Dask cluster; one that dies
    costs only the time of its report. Data and `out` are at addresses of fsspec, such as `s3://`.
    """
    with ExitStack() as clients:
        try:
            from distributed import Client, as_completed

            client = clients.enter_context(Client(address, timeout=CONNECT_S))
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except (ImportError, OSError, ValueError) as error:
            raise MachineError(Fault("P006", file=address, value=str(error))) from None
        options = {"pure": False, "retries": RETRIES}
        row_of = {client.submit(make_elsewhere, row, out, forms, **options): row for row in rows}
        for future in as_completed(row_of):
            code = "P006" if future.cancelled() else "P007"  # as the scheduler is gone
            fault = Fault(code, file=row_of[future].data, value=str(future.exception() or address))
            done = future.status == "finished"
            yield row_of[future], future.result() if done else ("failed", MachineError(fault))


def make_elsewhere(row: Row, out: str, forms: bool) -> Outcome:
    """Fetch the data, make the report in a process of its own, and store it below `out`."""
    import fsspec

    with tempfile.TemporaryDirectory() as folder:
        order = Order(Path(folder, "data"), row.year, row.language, Path(folder, "reports"), forms)
        source, raw = fsspec.url_to_fs(f"{row.data}/raw")
        store, target = fsspec.url_to_fs(f"{out}/{row.name}/{row.year}/{row.language}")
        store.auto_mkdir = True  # that of a folder on disk is the only one that would not
        source.get(raw, str(order.data / "raw"), recursive=True)
        if store.exists(f"{target}/{recipe.MANIFEST}"):
            store.get(target, str(order.target), recursive=True)
        previous = recipe.read_manifest(order.target).get("outputs", {})
        if recipe.is_up_to_date(order):
            return "unchanged", ""
        command = [sys.executable, "-m", "vanort_analysis", "report", "--year", str(row.year)]
        command += ["--language", row.language, "--forms", "all" if forms else "pages"]
        command += ["--data", str(order.data), "--out", str(order.out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return "failed", done.stderr.strip()
        # the manifest last, as it declares the report complete
        names = [*hash_files(order.target), recipe.MANIFEST]
        gone = {f"{target}/{name}" for name in previous.keys() - {*names}}
        for name in gone & {*store.find(target)}:  # of the previous report alone
            store.rm_file(name)
        for name in names:
            store.put(str(order.target / name), f"{target}/{name}")
        return "made", ""
