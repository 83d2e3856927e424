"""The house stands as its plan says: five rooms on one stair, and no room grows without a word."""

import ast
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "vanort_analysis"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("data", "analysis", "pictures", "pages", "publish")


def lines(module: Path) -> list[str]:
    return module.read_text("utf-8").splitlines()


def test_the_rooms_import_only_what_lies_below_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; lint_imports()"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_house_keeps_its_size() -> None:
    subjects = [module for module in MODULES if not module.stem.startswith("__")]
    assert len(subjects) <= 35
    assert sum(len(lines(module)) for module in MODULES) <= 9115
    assert [module.name for module in MODULES if len(lines(module)) > 450] == []


def test_every_room_says_in_one_sentence_what_it_owns() -> None:
    for room in ROOMS:
        said = lines(PACKAGE / room / "__init__.py")[0]
        assert re.fullmatch(r'""".+\."""', said), room


def test_a_library_has_one_home() -> None:
    homes = {
        "folium": {"webmap"},
        "papermill": {"run", "engine"},
        "nbconvert": {"page"},
        "click": {"cli"},
        "csv": {"sheets"},
        "openpyxl": {"sheets"},
        "typst": {"documents"},
        "xlsxwriter": {"tables"},
        "markdown_it": {"prose"},
        "fontTools": {"style"},
        "babel": {"language", "consistency"},
    }
    for library, allowed in homes.items():
        found = {
            m.stem
            for m in MODULES
            if re.search(rf"^\s*(from|import) {library}\b", m.read_text("utf-8"), re.M)
        }
        assert found, library
        assert found <= allowed, library


def test_no_reader_meets_a_sentence_typed_in_code() -> None:
    """A Swedish letter in a string outside a docstring belongs in a text or a language file."""
    letters = re.compile(r"[a-zåäö]{2,}[ ][a-zåäö]*[åäö]|[åäö][a-zåäö]*[ ][a-zåäö]{2,}")
    for module in MODULES:
        tree = ast.parse(module.read_text("utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        said = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
        ]
        assert not [text for text in said if letters.search(text)], module
