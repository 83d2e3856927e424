"""What a report is made from, part by part, and which parts of a finished report are up to date.

Imports no heavy library, so that a report to which nothing has happened costs next to nothing.
"""

import hashlib
import json
import platform
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..data import files
from ..errors import BuildError, Fault, MachineError, refuse_unknown

MANIFEST = "manifest.json"
INSTALLED_NOTEBOOKS = files.PACKAGE / "notebooks"  # a clone has them beside the package
NOTEBOOKS = INSTALLED_NOTEBOOKS if INSTALLED_NOTEBOOKS.is_dir() else files.PROJECT / "notebooks"
MEMO = "04_decision_memo"
INDEX = "index"  # with the accessibility statement: rewritten whenever anything is
TABLES = "publish/tables.py"
TEMPLATES = ("paper.html.j2", "paper.typ", "reference.docx", "notes.lua", "paper.lua", "papers.lua")
PAPER_TEMPLATES = [f"pages/templates/{name}" for name in TEMPLATES]
PAPER_SOURCES = ["publish/documents.py", TABLES, *PAPER_TEMPLATES]
# the forms besides the pages, with the program files of each that no page depends on
FORMS = {"tables": [TABLES], "memo": PAPER_SOURCES, "paper": PAPER_SOURCES}
FILES = {  # of the parts but the pages, as patterns below the folder of the report
    INDEX: [f"{INDEX}.html", "06_accessibility.html"],
    "tables": ["data/*"],
    "memo": [f"{MEMO}.pdf", f"{MEMO}.docx"],
    "paper": ["*-[0-9]*.pdf", "*-[0-9]*.docx"],
}


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that several runs write to, cleared of half-written files."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for half_written in folder.glob(f"{files.HALF}*"):
            half_written.unlink()
        yield


@dataclass(frozen=True)
class Order:
    """A requested report: `data` is a folder with `raw/` in it, `out` collects the reports."""

    data: Path
    year: int
    language: str
    out: Path
    forms: bool = True  # whether PDF, Word and tables are wanted besides the pages
    notebooks: Path = NOTEBOOKS

    def __post_init__(self) -> None:
        refuse_unknown([self.language], files.LANGUAGES, "C002")  # names folders that are removed

    @property
    def target(self) -> Path:
        """The folder of the finished report."""
        return self.out / str(self.year) / self.language

    @property
    def staging(self) -> Path:
        """The folder of a run in progress, absent otherwise: the report as it is built (`new`), the
        `old` one during the swap, temporary files (`tmp`), and who runs since when (`by`)."""
        return self.target.with_name(f".{self.language}")

    @property
    def draft(self) -> Path:
        """The folder in which the report is built."""
        return self.staging / "new"

    @property
    def pages(self) -> list[str]:
        """The names of the notebooks that make the pages."""
        return [path.stem for path in sorted(self.notebooks.glob("0[1-9]_*.ipynb"))]

    @property
    def parts(self) -> list[str]:
        """The names of all parts: pages, forms if wanted, and the index."""
        return [*self.pages, *(FORMS if self.forms else ()), INDEX]

    def source_pages(self, form: str) -> list[str]:
        """The pages that a form is made from; none for the tables."""
        return [page for page in self.pages if form == "paper" or (form, page) == ("memo", MEMO)]


def make_recipe(order: Order) -> dict[str, Any]:
    """Inputs, versions, a hash of the program, and for each part a hash of all it is made from."""
    basis = {
        "year": order.year,
        "language": order.language,
        "inputs": hash_files(order.data / "raw"),
        "versions": package_versions(),
    }
    # of the program's texts in other languages a page shows nothing; of their words links and units
    is_other = re.compile(rf"pages/texts/(?!.*\.{order.language}\.md$)").match
    program = {name: own for name, own in hash_files(files.PACKAGE).items() if not is_other(name)}
    forms_only = {name: program.pop(name) for name in PAPER_SOURCES}
    notebooks = {page: _hash_file(order.notebooks / f"{page}.ipynb") for page in order.pages}
    parts = {page: _hash([basis, program, notebook]) for page, notebook in notebooks.items()}
    parts[INDEX] = _hash(parts)
    for form, sources in FORMS.items():
        pages = [parts[page] for page in order.source_pages(form)]
        parts[form] = _hash([basis, program, pages, [forms_only[name] for name in sources]])
    return basis | {"program": _hash([program, forms_only, notebooks]), "parts": parts}


@cache
def package_versions() -> dict[str, str]:
    """The versions of Python, of this package and of those it requires, by name."""
    required = [line for line in requires("vanort_analysis") or () if "extra ==" not in line]
    packages = ["vanort_analysis", *(re.split(r"[^\w-]", line)[0] for line in required)]
    return {name: version(name) for name in packages} | {"python": platform.python_version()}


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _hash_file(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except PermissionError:
        raise MachineError(Fault("P002", str(path))) from None


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file below a folder, by relative path; no manifest, cache or hidden file."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST]
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: _hash_file(path) for name, path in names.items() if not files.UNSEEN.search(name)}


def read_manifest(target: Path) -> dict[str, Any]:
    """The manifest of a finished report; empty if it is missing or unreadable."""
    try:
        manifest = json.loads((target / MANIFEST).read_text("utf-8"))
        return manifest if isinstance(manifest["outputs"], dict) else {}
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return {}


def unchanged_parts(order: Order, recipe: Mapping[str, Any]) -> dict[str, list[str]]:
    """The files of each part of the finished report that this very recipe made, all intact."""
    manifest = read_manifest(order.target)
    try:
        made = manifest["outputs"].items() & hash_files(order.target).items()
        intact = {name for name, _ in made}
        made_from = manifest["recipe"]["parts"]
        same = [part for part in order.parts if made_from.get(part) == recipe["parts"][part]]
        names_of = {part: manifest["files"].get(part) for part in same}
        return {part: names for part, names in names_of.items() if names and intact >= {*names}}
    except (KeyError, TypeError, AttributeError):
        return {}


def is_up_to_date(order: Order) -> bool:
    """Whether the report is complete, as it would be made now, and no run of it was cut off."""
    complete = set(order.parts) <= unchanged_parts(order, make_recipe(order)).keys()
    return complete and not order.staging.exists()


def list_outputs(order: Order) -> dict[str, Any]:
    """Hashes and parts of the built files; raises `BuildError` if one is missing or cut off."""
    names: dict[str, list[str]] = {}
    for part in order.parts:
        paths: list[Path] = []
        for pattern in FILES.get(part, [f"{part}.html", f"run/{part}.ipynb"]):
            matches = list(order.draft.glob(pattern))
            if not matches or not all(map(_is_complete, matches)):
                raise BuildError(Fault("B015", file=pattern))
            paths += matches
        names[part] = sorted(path.relative_to(order.draft).as_posix() for path in paths)
    return {"outputs": hash_files(order.draft), "files": names}


def _is_complete(path: Path) -> bool:
    """Whether a file is not empty and ends as its type must."""
    if path.suffix in (".docx", ".xlsx"):
        return zipfile.is_zipfile(path)
    content = path.read_bytes()
    ending = {".html": b"</html>", ".pdf": b"%%EOF"}.get(path.suffix, b"")
    return bool(content) and content.rstrip().endswith(ending)
