"""The house stands as its plan says: data goes one way, and each thing has one home."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "vanort_analysis"
README = PACKAGE.parent / "README.md"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__"))


def imports(module: str) -> set[str]:
    """What a module imports: own modules by name, others by their first word."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def reading_order() -> list[str]:
    """The modules in the order the README gives."""
    part = README.read_text("utf-8").split("## The modules, in reading order")[1].split("\n## ")[0]
    rows = [row.split("|")[2] for row in part.splitlines() if row.startswith("|")]
    return [name for cell in rows for name in re.findall(r"`(\w+)`", cell)]


def test_the_readme_names_every_module_once() -> None:
    assert sorted(reading_order()) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_before_it(module: str) -> None:
    order = reading_order()
    later = set(order[order.index(module) :])
    assert not imports(module) & later


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("folium", {"webmap"}),
        ("papermill", {"publish"}),
        ("babel", {"language", "text", "clean"}),
        ("pandera", {"contract", "clean"}),
        ("click", {"cli"}),
        ("nbconvert", {"page"}),
        ("csv", {"dialect"}),
        ("openpyxl", {"workbook"}),
        ("pypandoc", {"word"}),
        ("subprocess", {"pdf"}),
    ],
)
def test_a_library_has_one_home(library: str, only: set[str]) -> None:
    assert {module for module in MODULES if library in imports(module)} == only


def test_only_the_pictures_touch_matplotlib() -> None:
    drawing = {module for module in MODULES if {"matplotlib", "seaborn"} & imports(module)}
    assert drawing <= {"drawing", "charts", "timelines", "bars", "marks", "maps", "geography"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_read_in_one_sitting(module: str) -> None:
    lines = (PACKAGE / f"{module}.py").read_text("utf-8").splitlines()
    assert len(lines) <= 200
    assert lines[0].startswith('"""')


@pytest.mark.parametrize("module", MODULES)
def test_no_reader_meets_a_sentence_typed_in_code(module: str) -> None:
    """A Swedish letter in a string outside a docstring is a sentence that belongs to `text`."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
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
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    letters = re.compile(r"[a-zåäö]{2,}[ ][a-zåäö]*[åäö]|[åäö][a-zåäö]*[ ][a-zåäö]{2,}")
    assert not [text for text in said if letters.search(text)]
