"""Publishes reports: notebooks become a folder with the report in every form and a manifest.

The folder is built beside the previous report, checked, and swapped in whole or not at all.
"""

import gc
import importlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import nbformat
import papermill
from bs4 import BeautifulSoup
from filelock import FileLock, Timeout
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from ..data import files
from ..errors import BuildError, CommandError, Fault, MachineError, write_failure
from ..pages import site
from ..pages.blocks import Block, load_templates
from ..pictures import style
from ..report import Report, load
from . import engine, page, recipe
from .recipe import FORMS, Order, hash_files, lock_folder, unchanged_parts

PATIENCE_S = 30  # how long to wait for another run of the same report
QUICK = ("01_data_quality", "05_background", "tables")  # draw nothing: started last, to fill gaps
Progress = Callable[[str], None]
logging.getLogger("papermill").addHandler(logging.NullHandler())  # its errors become faults of ours


def publish_reports(
    reports: Mapping[Order, Report],
    on_part: Progress = lambda part: None,
    force: bool = False,
    forked: bool = engine.FORK,
    at_once: int = os.cpu_count() or 1,
) -> None:
    """Make reports in every form that is asked for, side by side.

    Each is built in its staging folder, checked, and swapped in by two renames; after a crash the
    next run restores the previous one. Parts that are up to date are kept, unless `force`.
    Notebooks run in forks of this process or, if not `forked`, in kernels. Raises `UserError`.
    """
    if forked:
        warm_up()
    with ExitStack() as locks:
        jobs: list[engine.Job] = []
        recipes: dict[Order, dict[str, Any]] = {}
        for order in sorted(reports, key=lambda order: order.target):
            locks.enter_context(_lock_report(order))
            # before anything is made: an input saved meanwhile is not what the report is made from
            recipes[order] = recipe.make_recipe(order)
            reports = {**reports, order: load(order.year, order.language, order.data)}
            kept = {} if force else unchanged_parts(order, recipes[order])
            for name in chain.from_iterable(kept.values()):
                (order.draft / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(order.target / name, order.draft / name)
            every_job = _make_jobs(order, reports[order], forked)
            jobs += [job for job in every_job if job.part not in kept]
            # here, as it needs no other part and fills caches that every fork then has
            accessibility = site.accessibility_page(reports[order].context)
            _write_page(order.draft, "accessibility", accessibility)
        jobs.sort(key=lambda job: (len(job.after), job.part in QUICK))
        with closing(engine.run_jobs(jobs, at_once, forked)) as results:
            for job, result in results:
                if isinstance(result, Exception):
                    raise result
                on_part(job.part)
        for order, report in reports.items():
            _finish_report(order, report, recipes[order])


def compare_rebuilt(target: Path, data: Path) -> tuple[str, list[str], list[str]]:
    """Rebuild a finished report in a temporary folder and compare.

    Returns its language, the names of the inputs, versions or program it was made from that have
    changed, and the names of the files that differ. Raises `UserError`.
    """
    try:
        old_recipe = recipe.read_manifest(target)["recipe"]
        year, language = old_recipe["year"], old_recipe["language"]
        old = _list_sources(old_recipe)
    except (KeyError, TypeError):
        raise CommandError(Fault("C019", file=str(target))) from None
    with tempfile.TemporaryDirectory() as folder:
        data_copy = Path(folder, "data")  # so that `processed/` is not written into the original
        for name in hash_files(data / "raw"):
            files.write_files({data_copy / "raw" / name: (data / "raw" / name).read_bytes()})
        order = Order(data_copy, year, language, Path(folder), any(target.glob("*.pdf")))
        publish_reports({order: load(year, language, data_copy)})
        new = _list_sources(recipe.make_recipe(order))
        differences = hash_files(target).items() ^ hash_files(order.target).items()
    changed = {name for name in old | new if old.get(name) != new.get(name)}
    different = {name for name, _ in differences if not name.startswith("run/")}
    return language, sorted(changed), sorted(different)


def _list_sources(made_from: Mapping[str, Any]) -> dict[str, str]:
    """All that a report was made from, by name: hashes and versions out of its recipe."""
    return {**made_from["inputs"], **made_from["versions"], "program": made_from["program"]}


def warm_up(*libraries: str) -> None:
    """Import and prepare what most pages need, and further libraries, once for all forks."""
    for library in ("geopandas", "vanort_analysis.pictures.map", *libraries):
        importlib.import_module(library)
    style.load_typeface()
    nbformat.validate(nbformat.v4.new_notebook())
    BeautifulSoup("&nbsp;", "html.parser")  # builds its table of named entities
    for name in load_templates().list_templates(["j2"]):
        load_templates().get_template(name)
    gc.freeze()  # a collection in a fork would touch, and so copy, the memory it shares with us


def _make_jobs(order: Order, report: Report, forked: bool) -> list[engine.Job]:
    """A job for each part of a report but the index; forms wait for the pages they are made of."""
    jobs = {}
    for name in order.pages:
        jobs[name] = engine.Job(order, name, partial(_make_page, order, name, forked))
    for form in FORMS if order.forms else ():
        pages = [jobs[name] for name in order.source_pages(form)]
        jobs[form] = engine.Job(order, form, partial(_make_form, order, report, form), pages)
    return list(jobs.values())


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


def _finish_report(order: Order, report: Report, made_from: Mapping[str, Any]) -> None:
    """Write the index and, once all files are checked, the manifest; swap the report in, and list
    it in the overview of all reports."""
    context = report.context
    _write_page(order.draft, "index", site.index_page(context, order.draft))
    manifest = recipe.list_outputs(order) | {
        "recipe": made_from,
        "fingerprint": context.fingerprint,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": [context.text.format_fault(note) for note in report.dataset.notes],
    }
    files.write_files({order.draft / recipe.MANIFEST: files.to_json(manifest)})
    if order.target.exists():
        order.target.rename(order.staging / "old")
    order.draft.rename(order.target)
    with lock_folder(order.out):
        indexes = order.out.glob("[0-9]*/*/index.html")
        overview = site.overview_page(indexes, order.out, context.municipality.language)
        _write_page(order.out, "index", overview)


@contextmanager
def _lock_report(order: Order) -> Iterator[None]:
    """Let only one run make the report of a year and language; clean up before and after it.

    Temporary files, those of kernels too, go to its staging folder meanwhile: where the report has
    room they have room, and they are cleared away with it, even after a power cut.
    """
    folder = order.target.parent
    owner = order.staging / "by"
    temporary = order.staging / "tmp"
    old_tempdir = tempfile.tempdir
    old_variable = os.environ.get("TMPDIR", "")  # empty is as good as none
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
                tempfile.tempdir = old_tempdir
                os.environ["TMPDIR"] = old_variable
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
        old.rename(order.target)
    shutil.rmtree(order.staging, ignore_errors=True)
    if any((order.data / "processed").glob(f"{files.HALF}*")):
        with lock_folder(order.data / "processed"):
            pass  # taking the lock has removed them


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
    settings |= {"parameters": dict(parameters), "execution_timeout": engine.TIMEOUT_S}
    settings |= options or {"extra_arguments": ["--log-level=50"]}  # or the kernel logs to stderr
    execute = partial(papermill.execute_notebook, notebook, None, **settings)
    try:
        declared = papermill.inspect_notebook(notebook)
        for name in parameters:
            if name not in declared:
                raise BuildError(Fault("C005", file=notebook.name, value=name))
        try:
            return execute()
        except DeadKernelError:
            raise
        except RuntimeError:  # no kernel came up: now and then another program takes its port first
            return execute()
    except PapermillExecutionError as error:
        cell = page.cell_name(error.source)
        message = f"{error.ename}: {error.evalue}"
        fault = Fault("B001", file=notebook.name, column=cell, value=message)
        raise BuildError(fault) from error
    except CellTimeoutError as error:
        raise BuildError(Fault("B010", file=notebook.name)) from error
    except RuntimeError as error:  # the kernel died, or never answered
        raise BuildError(Fault("B013", file=notebook.name)) from error
    except (PapermillException, ValueError) as error:
        raise BuildError(Fault("B011", file=notebook.name, value=str(error)[:200])) from error
