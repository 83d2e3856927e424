"""What a report is made from, part by part, and which parts stand as they would be made now.

No library is needed to tell, so that a report to which nothing has happened costs next to nothing.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..data import files
from ..errors import BuildError, Fault

MANIFEST = "manifest.json"
PACKAGES = ("pandas", "geopandas", "folium", "fonttools", "papermill", "nbconvert", "typst")
AWAY = {"__pycache__", ".ruff_cache", ".mypy_cache"}  # of tools, no part of the program
WITHIN = files.PACKAGE / "notebooks"  # in an installed package
NOTEBOOKS = WITHIN if WITHIN.is_dir() else files.PROJECT / "notebooks"
MEMO = "04_decision_memo"
INDEX = "index"  # with the accessibility statement: made anew whenever anything is
TABLES, TEMPLATES = "publish/tables.py", "pages/templates"
ON_PAPER = ["publish/documents.py", TABLES]
PAPER_TEMPLATES = ("paper.typ", "notes.lua", "paper.lua", "reference.docx")
ON_PAPER += [f"{TEMPLATES}/{name}" for name in PAPER_TEMPLATES]
FORMS = {  # beside the pages: their files, and what of the program no page rests on
    "tables": (("data/*",), [TABLES]),
    "memo": ((f"{MEMO}.pdf", f"{MEMO}.docx"), ON_PAPER),
    "paper": (("*-[0-9]*.pdf", "*-[0-9]*.docx"), ON_PAPER),
}


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """One run at a time in a folder that several write to; what a killed one left half is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for left in folder.glob(f"{files.HALF}*"):
            left.unlink()
        yield


@dataclass(frozen=True)
class Order:
    """A report that is asked for: `data` has `raw/` in it, `out` collects the reports."""

    data: Path
    year: int
    language: str
    out: Path
    forms: bool = True  # or only the pages
    notebooks: Path = NOTEBOOKS

    @property
    def target(self) -> Path:
        """Where the report is to be."""
        return self.out / str(self.year) / self.language

    @property
    def aside(self) -> Path:
        """All that is on the way to it: `new`, the `old` one while they are swapped, `tmp`, and
        `by`, which says who makes it since when; nothing where nobody does."""
        return self.target.with_name(f".{self.language}")

    @property
    def building(self) -> Path:
        """Where it is built."""
        return self.aside / "new"

    @property
    def pages(self) -> list[str]:
        """The notebooks of its pages."""
        return [path.stem for path in sorted(self.notebooks.glob("0[1-9]_*.ipynb"))]

    @property
    def parts(self) -> list[str]:
        """All that it is made of."""
        return [*self.pages, *(FORMS if self.forms else ()), INDEX]

    def rests_on(self, form: str) -> list[str]:
        """The pages that a form is made from; the tables are from none."""
        return [page for page in self.pages if form == "paper" or (form, page) == ("memo", MEMO)]

    def patterns(self, part: str) -> tuple[str, ...]:
        """The files of a part, below its folder."""
        if part == INDEX:
            return (f"{INDEX}.html", "06_accessibility.html")
        return FORMS[part][0] if part in FORMS else (f"{part}.html", f"run/{part}.ipynb")


def make_recipe(order: Order) -> dict[str, Any]:
    """Inputs and versions, and of each part the hash of these and of the program it rests on."""
    versions = {name: version(name) for name in ("vanort_analysis", *PACKAGES)}
    whole = {
        "year": order.year,
        "language": order.language,
        "inputs": hash_files(order.data / "raw"),
        "versions": {"python": platform.python_version()} | versions,
    }
    program = _program(order.language)
    apart = {name: program.pop(name) for name in ON_PAPER}
    notebooks = {page: hash_file(order.notebooks / f"{page}.ipynb") for page in order.pages}
    parts = {page: _hash([whole, program, notebook]) for page, notebook in notebooks.items()}
    parts[INDEX] = _hash(parts)
    for form, (_, names) in FORMS.items():
        rests_on = [parts[page] for page in order.rests_on(form)]
        parts[form] = _hash([whole, program, rests_on, [apart[name] for name in names]])
    return whole | {"program": _hash([program, apart, notebooks]), "parts": parts}


def _program(language: str) -> dict[str, str]:
    """The hash of each file of the program; of other languages only what they call themselves."""
    found = {}
    for path in sorted(files.PACKAGE.rglob("*")):
        name = path.relative_to(files.PACKAGE).as_posix()
        if not path.is_file() or AWAY.intersection(path.parts):
            continue
        if path.parent.name == "languages" and path.stem != language:
            found[name] = tomllib.loads(path.read_text("utf-8"))["site"]["own_language"]
        elif path.parent.name != "texts" or path.stem.endswith(f".{language}"):
            found[name] = hash_file(path)
    return found


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file in a folder, by name; none of the manifest and of hidden files."""
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST and path.name[0] not in ".~"
    }


def read_manifest(target: Path) -> dict[str, Any]:
    """The manifest of a finished report; empty where there is none that can be read."""
    try:
        return json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def unchanged_parts(order: Order, recipe: Mapping[str, Any]) -> dict[str, list[str]]:
    """The files of each part that stands as it was made, from this very recipe."""
    manifest = read_manifest(order.target)
    try:
        then, made, own = manifest["recipe"]["parts"], manifest["outputs"], manifest["files"]
        found = hash_files(order.target)
        right = {name for name in made if found.get(name) == made[name]}
        same = [part for part in order.parts if then.get(part) == recipe["parts"][part]]
        return {part: own[part] for part in same if own[part] and right.issuperset(own[part])}
    except (KeyError, TypeError, AttributeError):
        return {}


def is_up_to_date(order: Order) -> bool:
    """Whether the report is there, whole, as it would be made now, and nothing half made by it."""
    whole = set(order.parts) <= unchanged_parts(order, make_recipe(order)).keys()
    return whole and not order.aside.exists()


def list_outputs(order: Order) -> dict[str, Any]:
    """What the manifest says of the files that are built: their hashes, and whose part they are.

    Raises `BuildError` where one is missing or cut off.
    """
    made = {part: list[str]() for part in order.parts}
    for part, names in made.items():
        for pattern in order.patterns(part):
            found = list(order.building.glob(pattern))
            if not found or not all(map(_is_whole, found)):
                raise BuildError(Fault("B015", file=pattern))
            names += [path.relative_to(order.building).as_posix() for path in found]
        names.sort()
    return {"outputs": hash_files(order.building), "files": made}


def _is_whole(path: Path) -> bool:
    """Whether a file is what its name says, to its end."""
    if path.suffix in (".docx", ".xlsx"):
        return zipfile.is_zipfile(path)
    content = path.read_bytes()
    end = {".html": b"</html>", ".pdf": b"%%EOF"}.get(path.suffix, b"")
    return bool(content) and content.rstrip().endswith(end)
