"""The pages of a report without kernels: each notebook's cells are run here, and exported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup
from filelock import FileLock

from vanort_analysis import load
from vanort_analysis.pages import site
from vanort_analysis.pages.blocks import PAGE_MIME, Block
from vanort_analysis.publish import page
from vanort_analysis.report import Report

SHARED: list[Path] = []  # a test run's folder of pages, if there is one
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LOAD = "report = vanort_analysis.load(year, language, data)"
BESIDE = {  # pages without a notebook
    "index": lambda report: site.index_page(report.context, NOTEBOOKS),  # where no other forms are
    "accessibility": lambda report: site.accessibility_page(report.context),
}


def shown(report: Report, name: str) -> Iterator[Any]:
    """What each cell of a page's notebook shows, the cells of the analyst included."""
    if name in BESIDE:
        yield from BESIDE[name](report)
        return
    notebook = nbformat.read(NOTEBOOKS / site.FILES[name].replace(".html", ".ipynb"), 4)
    names = {"report": report, "language": report.context.text.language}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            *lines, last = cell.source.replace(LOAD, "").strip().splitlines()
            exec("\n".join(lines), names)
            yield eval(last, names)


def html(report: Report, name: str) -> str:
    """A page as its reader gets it."""
    notebook = nbformat.v4.new_notebook()
    for block in shown(report, name):
        if isinstance(block, Block):
            data = {PAGE_MIME: block._repr_mimebundle_()[PAGE_MIME]}
            cell = nbformat.v4.new_code_cell()
            cell.outputs = [nbformat.v4.new_output("display_data", data)]
            notebook.cells.append(cell)
    return page.build_page(page.page_pieces(notebook, name), name)


def copied(to: Path) -> Path:
    """A copy of the project's tables and texts; gives its `raw`."""
    return Path(shutil.copytree(NOTEBOOKS.parent / "data" / "raw", to / "raw"))


@cache
def own(year: int, language: str) -> Report:
    """A report of the project's own data, made once."""
    return load(year, language)


@cache
def made(year: int, language: str, name: str) -> str:
    """A page of the project's own data, made once; parse it anew to change it."""
    if SHARED:
        return file_of(year, language, name).read_text("utf-8")
    return html(own(year, language), name)


def file_of(year: int, language: str, name: str) -> Path:
    """That page in the folder of pages which all workers of a test run share."""
    file = SHARED[0] / str(year) / language / site.FILES[name]
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(SHARED[0] / f"{year}-{language}-{name}.lock"):
        if not file.exists():
            file.write_text(html(own(year, language), name), encoding="utf-8")
    return file


def soup(report: Report, name: str) -> BeautifulSoup:
    return BeautifulSoup(html(report, name), "html.parser")
