"""What a report was made from, and whether it still stands as it was made.

The other forms of a report that can be made on this machine, and why the rest cannot.

The tables always can. PDF needs a browser and Word the extra `word`: where one is missing or fails,
the report is made all the same, and the user is told once.

Run, aside, check, swap: notebooks become a folder of pages, whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock, Timeout
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from .. import report as api
from ..data import files
from ..data.clean import Dataset
from ..errors import Fault, NotBuilt, WrongPlace
from ..language import Text
from ..pages import wording
from ..pages.context import Story
from . import page, pdf, site, tables, word

PACKAGES = ("pandas", "geopandas", "folium", "matplotlib", "papermill", "nbconvert")
NAME = "manifest.json"
AWAY = {"__pycache__", ".ruff_cache", ".mypy_cache"}  # of tools, no part of the program


def seal(folder: Path, recipe: Mapping[str, Any], notes: Sequence[str], fingerprint: str) -> None:
    """Write the manifest of a finished folder: inputs, outputs, versions, when, what was noted."""
    content = {
        "fingerprint": fingerprint,
        "recipe": recipe,
        "outputs": hashes(folder),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": list(notes),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    files.write({folder / NAME: text + "\n"})


def recipe_of(dataset: Dataset, year: int, language: str, notebooks: Path) -> dict[str, Any]:
    """Everything the pages depend on, so that a report can be told to be up to date."""
    package = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted([*package.rglob("*"), *notebooks.glob("*.ipynb")]):
        if path.is_file() and not AWAY.intersection(path.parts):
            code.update(path.read_bytes())
    return {
        "year": year,
        "language": language,
        "inputs": files.file_hashes(dataset.folder),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "program": f"vanort_analysis {version('vanort_analysis')} {code.hexdigest()[:16]}",
    }


def stands(target: Path, recipe: Mapping[str, Any]) -> bool:
    """Whether a report stands as it was made, from this very recipe."""
    try:
        manifest = json.loads((target / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(manifest, dict):
        return False
    return manifest.get("recipe") == dict(recipe) and manifest.get("outputs") == hashes(target)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }


Form = Callable[[Story, Path], None]


def possible(told: list[Fault]) -> dict[str, Form]:
    """What makes each form in a report's folder, by name; `told` gets what the user should know."""
    forms: dict[str, Form] = {"tables": tables.write_package, "workbook": tables.write_workbook}
    forms["places"] = tables.write_geojson
    if pdf.browser():
        forms["pdf"] = _tried(pdf.write, told)
    else:
        told.append(Fault("P005", level="warning", details={"near": pdf.OWN}))
    if word.possible():
        forms["word"] = _tried(word.write, told)
    else:
        told.append(Fault("P007", level="warning", details={"near": _install()}))
    return forms


def _tried(make: Form, told: list[Fault]) -> Form:
    def attempt(story: Story, folder: Path) -> None:
        try:
            make(story, folder)
        except WrongPlace as error:
            told.extend(error.faults)

    return attempt


def _install() -> str:
    if not (files.PROJECT / "run.py").is_file():
        return 'pip install "vanort_analysis[word]"'
    return f"{'python' if os.name == 'nt' else 'python3'} run.py word"


WITHIN = files.PACKAGE / "notebooks"  # in an installed package
NOTEBOOKS = WITHIN if WITHIN.is_dir() else files.PROJECT / "notebooks"
SLOWEST_CELL_S = 120
PATIENCE_S = 30
AT_ONCE = 2  # notebooks, each with a kernel of its own; then forms
logging.getLogger("papermill").addHandler(logging.NullHandler())  # we tell of its faults ourselves


def publish(
    dataset: Dataset,
    year: int,
    language: str,
    out: Path,
    step: Callable[[str], None] = lambda name: None,
    force: bool = False,
    forms: Mapping[str, Callable[[Story, Path], None]] | None = None,
) -> Path:
    """Make the report of a year in a language, and `forms` of it; gives the folder of its pages.

    The pages are built aside, checked, and swapped in by two renames: at every moment the previous
    report stands or the next start puts it back. Nothing is made anew that is already right,
    unless `force`. Raises `UserError`.
    """
    folder = out / str(year)
    with _alone(folder, language):
        target, recipe = folder / language, recipe_of(dataset, year, language, NOTEBOOKS)
        recipe["forms"] = sorted(forms or {})
        if not force and stands(target, recipe):
            site.overview(out, dataset.municipality.language)
            return target
        tables.write_processed(dataset)
        building = folder / f".building-{language}"
        building.mkdir()
        fingerprint = _build(dataset, year, language, building, step, forms or {})
        notes = [Text(language).fault(note) for note in dataset.notes]
        seal(building, recipe, notes, fingerprint)
        _swap(building, target)
    site.overview(out, dataset.municipality.language)
    return target


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


def _build(
    dataset: Dataset,
    year: int,
    language: str,
    into: Path,
    step: Callable[[str], None],
    forms: Mapping[str, Callable[[Story, Path], None]],
) -> str:
    """Write every file of a report; gives its fingerprint."""
    parameters = {"year": year, "language": language, "data": str(dataset.folder)}
    pages: dict[Path, str] = {}

    def one(name: str) -> None:
        source = NOTEBOOKS / wording.FILES[name].replace(".html", ".ipynb")
        executed = execute(source, parameters)
        pages[into / "run" / source.name] = nbformat.writes(executed) + "\n"
        file = wording.FILES[name]
        pages[into / file] = page.build(*page.gather(executed, file), name=file)
        step(name)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as kernels:
        list(kernels.map(one, wording.PAGES))
    files.write(pages)
    report = api.build_report(dataset, year, language)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as programs:
        list(programs.map(lambda make: make(report, into), forms.values()))
    step("index")
    shown = {name: show(report, into) for name, show in site.PAGES.items()}
    files.write({into / wording.FILES[name]: html for name, html in shown.items()})
    return report.fingerprint


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
    run = partial(
        papermill.execute_notebook,
        notebook,
        None,
        parameters=parameters,
        kernel_name="python3",
        progress_bar=False,
        cwd=str(NOTEBOOKS),
        execution_timeout=SLOWEST_CELL_S,
        extra_arguments=["--log-level=50"],  # else the kernel talks on the user's console
    )
    try:
        return run()
    except DeadKernelError:
        raise
    except RuntimeError:  # no kernel came up: now and then another program takes its port first
        return run()


def _swap(building: Path, target: Path) -> None:
    old = target.with_name(f".old-{target.name}")
    if target.exists():
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)
