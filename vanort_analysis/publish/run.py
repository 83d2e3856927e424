"""Run, aside, check, swap: notebooks become a folder with a report in every form, whole or not at
all, and a manifest that says what it was made from."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock, Timeout
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from ..data import files
from ..data.clean import Dataset
from ..errors import Fault, NotBuilt, WrongPlace
from ..pages import site
from ..pages.blocks import Block
from ..pages.site import FILES, PAGES
from ..report import Report
from . import documents, page, tables

MANIFEST = "manifest.json"
PACKAGES = ("pandas", "geopandas", "folium", "matplotlib", "papermill", "nbconvert", "typst")
AWAY = {"__pycache__", ".ruff_cache", ".mypy_cache"}  # of tools, no part of the program
FORMS = (tables.write_package, tables.write_workbook, tables.write_geojson, documents.write)
WITHIN = files.PACKAGE / "notebooks"  # in an installed package
NOTEBOOKS = WITHIN if WITHIN.is_dir() else files.PROJECT / "notebooks"
SLOWEST_CELL_S = 120
PATIENCE_S = 30
AT_ONCE = 2  # notebooks, each with a kernel of its own
logging.getLogger("papermill").addHandler(logging.NullHandler())  # we tell of its faults ourselves


def publish(
    report: Report, out: Path, step: Callable[[str], None] = lambda name: None, force: bool = False
) -> Path:
    """Make a report in every form; gives the folder of its pages.

    It is built aside, checked, and swapped in by two renames: at every moment the previous report
    stands or the next start puts it back. Nothing is made anew that is already right, unless
    `force`. Raises `UserError`.
    """
    dataset, text = report.dataset, report.context.text
    folder = out / str(report.context.known.year)
    with _alone(folder, text.language):
        target, recipe = folder / text.language, recipe_of(report, NOTEBOOKS)
        if force or not stands(target, recipe):
            tables.write_processed(dataset)
            building = folder / f".building-{text.language}"
            building.mkdir()
            _build(report, building, step)
            seal(building, recipe, report)
            _swap(building, target)
    _overview(out, dataset)
    return target


def recipe_of(report: Report, notebooks: Path) -> dict[str, Any]:
    """Everything the files depend on, so that a report can be told to be up to date."""
    code = hashlib.sha256()
    for path in sorted([*files.PACKAGE.rglob("*"), *notebooks.glob("*.ipynb")]):
        if path.is_file() and not AWAY.intersection(path.parts):
            code.update(path.read_bytes())
    return {
        "year": report.context.known.year,
        "language": report.context.text.language,
        "inputs": hashes(report.dataset.folder / "raw"),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "program": f"vanort_analysis {version('vanort_analysis')} {code.hexdigest()[:16]}",
    }


def stands(target: Path, recipe: Mapping[str, Any]) -> bool:
    """Whether a report stands as it was made, from this very recipe."""
    try:
        manifest = json.loads((target / MANIFEST).read_text("utf-8"))
        return bool(manifest["recipe"] == recipe and manifest["outputs"] == hashes(target))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file in a folder, by name; none of the manifest and of hidden files."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST and path.name[0] not in ".~"
    }


def seal(folder: Path, recipe: Mapping[str, Any], report: Report) -> None:
    """Write the manifest of a finished folder: inputs, outputs, versions, when, what was noted."""
    content = {
        "fingerprint": report.context.fingerprint,
        "recipe": recipe,
        "outputs": hashes(folder),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": [report.context.text.fault(note) for note in report.dataset.notes],
    }
    files.write({folder / MANIFEST: tables.as_json(content)})


@contextmanager
def _alone(folder: Path, language: str) -> Iterator[None]:
    """One run at a time for a year and language; what an earlier one left is put right."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{language}.lock", timeout=PATIENCE_S):
            old, target, building = (folder / f"{p}{language}" for p in (".old-", "", ".building-"))
            if old.exists() and not target.exists():
                old.rename(target)
            for stale in (old, building):
                shutil.rmtree(stale, ignore_errors=True)
            try:
                yield
            finally:
                shutil.rmtree(building, ignore_errors=True)
    except Timeout:
        raise WrongPlace(Fault("P004", file=str(folder), value=language)) from None
    except OSError as error:
        where = str(error.filename or folder)
        raise WrongPlace(Fault("P003", file=where, value=error.strerror or "")) from None


def _build(report: Report, into: Path, step: Callable[[str], None]) -> None:
    """Write every file of a report: its pages, then its other forms, then what leads to them."""
    context = report.context
    parameters = {
        "year": context.known.year,
        "language": context.text.language,
        "data": str(report.dataset.folder),
    }
    pages: dict[Path, str | bytes] = {}

    def run(name: str) -> None:
        file = FILES[name]
        source = NOTEBOOKS / file.replace(".html", ".ipynb")
        executed = execute(source, parameters)
        pages[into / "run" / source.name] = nbformat.writes(executed) + "\n"
        pages[into / file] = page.build(*page.gather(executed, file), name=file)
        step(name)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as kernels:
        list(kernels.map(run, PAGES))
    files.write(pages)
    for write in FORMS:
        write(context, into)
    step("index")
    last = {"accessibility": site.accessibility(context), "index": site.index(context, into)}
    files.write({into / FILES[name]: _whole(blocks, FILES[name]) for name, blocks in last.items()})


def _whole(blocks: list[Block], name: str) -> str:
    """A page that is no notebook, from its blocks and what they say of the page."""
    about: dict[str, Any] = {}
    for block in blocks:
        about |= block.page or {}
    return page.build([str(block.html) for block in blocks], about, name)


def _overview(out: Path, dataset: Dataset) -> None:
    """`index.html` of all reports there are."""
    reports = out.glob("[0-9]*/*/index.html")
    blocks = site.overview(reports, out, dataset.municipality.language)
    files.write({out / "index.html": _whole(blocks, "index")})


def execute(notebook: Path, parameters: Mapping[str, Any]) -> nbformat.NotebookNode:
    """Run a notebook with parameters it declares; raises `NotBuilt`."""
    try:
        known = papermill.inspect_notebook(notebook)
        for name in parameters:
            if name not in known:
                raise NotBuilt(Fault("C005", file=notebook.name, value=name))
        return _executed(notebook, dict(parameters))
    except PapermillExecutionError as error:
        fault = Fault("B001", file=notebook.name, value=f"{error.ename}: {error.evalue}")
        raise NotBuilt(fault) from error
    except CellTimeoutError as error:
        raise NotBuilt(Fault("B010", file=notebook.name)) from error
    except RuntimeError as error:  # the kernel died, or never answered
        raise NotBuilt(Fault("B013", file=notebook.name)) from error
    except (PapermillException, ValueError, OSError) as error:
        raise NotBuilt(Fault("B011", file=notebook.name, value=str(error)[:200])) from error


def _executed(notebook: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
    options = {"kernel_name": "python3", "cwd": str(NOTEBOOKS), "progress_bar": False}
    options |= {"execution_timeout": SLOWEST_CELL_S, "parameters": parameters}
    options |= {"extra_arguments": ["--log-level=50"]}  # else the kernel talks to the user
    try:
        return papermill.execute_notebook(notebook, None, **options)
    except DeadKernelError:
        raise
    except RuntimeError:  # no kernel came up: now and then another program takes its port first
        return papermill.execute_notebook(notebook, None, **options)


def _swap(building: Path, target: Path) -> None:
    old = target.with_name(f".old-{target.name}")
    if target.exists():
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)
