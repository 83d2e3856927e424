"""Run, aside, check, swap: notebooks become a folder with a report in every form, whole or not at
all, and a manifest that says what it was made from."""

from __future__ import annotations

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
from ..pages.site import FILES, PAGES
from ..pictures import style
from ..report import Report, load
from . import engine, page, recipe
from .engine import Job
from .recipe import FORMS, Order, hash_files, lock_folder, unchanged_parts

PATIENCE_S = 30
QUICK = ("01_data_quality", "05_background", "tables")  # draw nothing, and fill the end
Step = Callable[[str], None]
logging.getLogger("papermill").addHandler(logging.NullHandler())  # we tell of its faults ourselves


def publish_reports(
    reports: Mapping[Order, Report],
    step: Step = lambda part: None,
    force: bool = False,
    forked: bool = engine.FORK,
    at_once: int = os.cpu_count() or 1,
) -> None:
    """Make reports in every form that is asked for, side by side.

    Each is built aside, checked, and swapped in by two renames: at every moment the previous one
    stands or the next start puts it back. A part that is right already is kept, unless `force`.
    Notebooks run in forks of this process or, if not `forked`, in kernels. Raises `UserError`.
    """
    if forked:
        warm_up()
    with ExitStack() as locks:
        jobs, recipes = list[Job](), dict[Order, dict[str, Any]]()
        for order in sorted(reports, key=lambda order: order.target):
            locks.enter_context(_lock_report(order))
            # before anything is made: what changes meanwhile is not what it is made from
            recipes[order] = recipe.make_recipe(order)
            kept = {} if force else unchanged_parts(order, recipes[order])
            for name in [name for names in kept.values() for name in names]:
                (order.building / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(order.target / name, order.building / name)
            jobs += [job for job in _jobs(order, reports[order], forked) if job.part not in kept]
            # rests on no other, and has done once what each fork would have to do
            _write_page(
                order.building, "accessibility", site.accessibility_page(reports[order].context)
            )
        jobs.sort(key=lambda job: (len(job.after), job.part in QUICK))
        with closing(engine.run_jobs(jobs, at_once, forked)) as done:
            for job, result in done:
                if isinstance(result, Exception):
                    raise result
                step(job.part)
        for order, report in reports.items():
            _seal_report(order, report, recipes[order])


def compare_rebuilt(target: Path, data: Path) -> tuple[str, list[str], list[str]]:
    """Make a finished report again, aside: its language, what it was made from that is no longer
    the same (inputs, versions, program), and the files that come out otherwise."""
    try:
        was = recipe.read_manifest(target)["recipe"]
        year, language, then = was["year"], was["language"], _rests_on(was)
    except (KeyError, TypeError):
        raise CommandError(Fault("C019", file=str(target))) from None
    with tempfile.TemporaryDirectory() as aside:
        own = Path(aside, "data")  # the data stay untouched
        for name in hash_files(data / "raw"):
            files.write_files({own / "raw" / name: (data / "raw" / name).read_bytes()})
        order = Order(own, year, language, Path(aside), any(target.glob("*.pdf")))
        publish_reports({order: load(year, language, own)})
        found, made, now = (
            hash_files(target),
            hash_files(order.target),
            _rests_on(recipe.make_recipe(order)),
        )
    changed = {name for name in then | now if then.get(name) != now.get(name)}
    different = {name for name in found | made if found.get(name) != made.get(name)}
    return order.language, sorted(changed), sorted(n for n in different if n[:4] != "run/")


def _rests_on(found: Mapping[str, Any]) -> dict[str, str]:
    """What a report was made from, by name, as its recipe has it."""
    return {**found["inputs"], **found["versions"], "program": found["program"]}


def warm_up(*more: str) -> None:
    """Import and prepare what most pages need, and `more` libraries, once for all forks."""
    for library in ("geopandas", "vanort_analysis.pictures.map", *more):
        importlib.import_module(library)
    style.load_typeface()
    nbformat.validate(nbformat.v4.new_notebook())
    BeautifulSoup("&nbsp;", "html.parser")  # the table of signs with names is made
    for name in load_templates().list_templates(["j2"]):
        load_templates().get_template(name)
    gc.freeze()  # what is here stays: no fork looks it through, which would copy it


def _jobs(order: Order, report: Report, forked: bool) -> list[Job]:
    """What there is to do for a report, part by part; papers rest on pages."""
    jobs = {
        stem: Job(order, stem, partial(_make_page, order, stem, forked)) for stem in order.pages
    }
    for form in FORMS if order.forms else ():
        after = [jobs[page] for page in order.rests_on(form)]
        jobs[form] = Job(order, form, partial(_make_form, order, report, form), after)
    return list(jobs.values())


def _make_page(order: Order, stem: str, forked: bool, tell: Step) -> None:
    """Run a notebook, and write its page and the notebook as it was run."""
    source, file, into = order.notebooks / f"{stem}.ipynb", f"{stem}.html", order.building
    told = {"year": order.year, "language": order.language, "data": str(order.data)}
    options = {"engine_name": engine.NAME, "tell": tell} if forked else {}
    executed = execute_notebook(source, told, **options)
    html = page.build_page(page.page_pieces(executed, source.name), file)
    files.write_files(
        {into / "run" / source.name: nbformat.writes(executed) + "\n", into / file: html}
    )


def _make_form(order: Order, report: Report, form: str, _: Step) -> None:
    from . import documents, tables

    if form == "tables":
        tables.write_processed(report.dataset)
        tables.write_tables(report.context, order.building)
    else:
        documents.write_documents(
            report.context, order.building, PAGES[:1] if form == "memo" else PAGES
        )


def _seal_report(order: Order, report: Report, made_from: Mapping[str, Any]) -> None:
    """Write what leads to the parts, look the whole over, seal it, and swap it in."""
    into, context = order.building, report.context
    _write_page(into, "index", site.index_page(context, into))
    about = recipe.list_outputs(order) | {
        "recipe": made_from,
        "fingerprint": context.fingerprint,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": [context.text.format_fault(note) for note in report.dataset.notes],
    }
    files.write_files({into / recipe.MANIFEST: files.to_json(about)})
    if order.target.exists():
        order.target.rename(order.aside / "old")
    into.rename(order.target)
    with lock_folder(order.out):
        made = order.out.glob("[0-9]*/*/index.html")
        _write_page(
            order.out, "index", site.overview_page(made, order.out, context.municipality.language)
        )


@contextmanager
def _lock_report(order: Order) -> Iterator[None]:
    """One run at a time for a year and language; what an earlier one left is put right."""
    folder, by, tmp = order.target.parent, order.aside / "by", order.aside / "tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{order.aside}.lock", timeout=PATIENCE_S):
            _recover(order)
            try:
                tmp.mkdir(parents=True)
                by.write_text(f"{os.getpid()}, {datetime.now().astimezone():%H:%M}")
                with _temporary_in(tmp):
                    yield
            finally:
                _recover(order)
    except Timeout:
        who = by.read_text() if by.exists() else "?"
        raise MachineError(Fault("P004", file=str(folder), value=who)) from None
    except OSError as error:
        raise write_failure(error, folder) from None


@contextmanager
def _temporary_in(folder: Path) -> Iterator[None]:
    """Temporary files lie in a folder meanwhile, those of kernels too: there is room where the
    report has room, and they are cleared away with it, even after a power cut."""
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder.resolve())
    try:
        yield
    finally:
        tempfile.tempdir, was = before
        os.environ.pop("TMPDIR", None)
        os.environ |= {"TMPDIR": was} if was is not None else {}


def _recover(order: Order) -> None:
    """The previous report stands where a swap did not end, and nothing half made is left."""
    old = order.aside / "old"
    if old.exists() and not order.target.exists():
        old.rename(order.target)
    shutil.rmtree(order.aside, ignore_errors=True)
    if any((order.data / "processed").glob(f"{files.HALF}*")):
        with lock_folder(order.data / "processed"):
            pass  # they are gone now


def _write_page(folder: Path, name: str, blocks: list[Block]) -> None:
    """Write a page that is no notebook."""
    pieces = [{"html": str(block.html)} | (block.page or {}) for block in blocks]
    files.write_files({folder / FILES[name]: page.build_page(pieces, FILES[name])})


def execute_notebook(
    notebook: Path, parameters: Mapping[str, Any], **options: Any
) -> nbformat.NotebookNode:
    """Run a notebook with parameters it declares; raises `BuildError`."""
    try:
        known = papermill.inspect_notebook(notebook)
        for name in parameters:
            if name not in known:
                raise BuildError(Fault("C005", file=notebook.name, value=name))
        return _executed(notebook, dict(parameters), options)
    except PapermillExecutionError as error:
        where, said = page.cell_name(error.source), f"{error.ename}: {error.evalue}"
        fault = Fault("B001", file=notebook.name, column=where, value=said)
        raise BuildError(fault) from error
    except CellTimeoutError as error:
        raise BuildError(Fault("B010", file=notebook.name)) from error
    except RuntimeError as error:  # the kernel died, or never answered
        raise BuildError(Fault("B013", file=notebook.name)) from error
    except (PapermillException, ValueError) as error:
        raise BuildError(Fault("B011", file=notebook.name, value=str(error)[:200])) from error


def _executed(
    notebook: Path, parameters: dict[str, Any], own: dict[str, Any]
) -> nbformat.NotebookNode:
    options = {"kernel_name": "python3", "cwd": str(notebook.parent), "progress_bar": False}
    options |= {"parameters": parameters, "execution_timeout": engine.SLOWEST_S}
    options |= own or {"extra_arguments": ["--log-level=50"]}  # else the kernel talks to the user
    try:
        return papermill.execute_notebook(notebook, None, **options)
    except DeadKernelError:
        raise
    except RuntimeError:  # no kernel came up: now and then another program takes its port first
        return papermill.execute_notebook(notebook, None, **options)
