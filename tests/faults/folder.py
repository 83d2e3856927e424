"""The invented small chain in a folder that a test damages in one place, and what is said of it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from vanort_analysis.data import clean
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text


def change(data: Path, table: str, how: Callable[[str], str], encoding: str = "utf-8") -> None:
    """Change the text of a table's file."""
    path = data / "raw" / f"{table}.csv"
    path.write_bytes(how(path.read_text("utf-8")).encode(encoding))


def swap(data: Path, table: str, old: str, new: str) -> None:
    """Put something in the place of what stands first in a table's file."""
    text = (data / "raw" / f"{table}.csv").read_text("utf-8")
    assert old in text
    change(data, table, lambda said: said.replace(old, new, 1))


def put(data: Path, name: str, content: bytes | str) -> Path:
    """Put a file into the folder."""
    path = data / "raw" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(data: Path, table: str, keep: bool = False) -> openpyxl.Workbook:
    """A table as a workbook of text, not yet saved, instead of its CSV file."""
    path = data / "raw" / f"{table}.csv"
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(path.read_text("utf-8"), newline="")):
        book.active.append(row)
    book.active.title = table
    if not keep:
        path.unlink()
    return book


def save(data: Path, table: str, book: openpyxl.Workbook) -> Path:
    """Save a workbook as the table."""
    path = data / "raw" / f"{table}.xlsx"
    book.save(path)
    return path


def refused(data: Path, exit_code: int = 3) -> list[Fault]:
    """The errors for which a folder is refused; each is said in every language."""
    with pytest.raises(UserError) as refusal:
        read_dataset(data)
    assert refusal.value.exit_code == exit_code, refusal.value.faults
    for fault in refusal.value.faults:
        for language in LANGUAGES:
            said = Text(language).format_fault(fault)
            assert fault.file in said
            assert len(said.splitlines()) > 1, said
    return [fault for fault in refusal.value.faults if fault.level == "error"]


def only(data: Path, exit_code: int = 3) -> Fault:
    """The one error for which a folder is refused: one fault, one message."""
    (fault,) = refused(data, exit_code)
    return fault


def tables(data: Path) -> dict[str, pd.DataFrame]:
    """The text of every table of a folder that is read."""
    return clean.read_tables(data)[0]


def noted(data: Path) -> dict[str, Fault]:
    """What is said of the files of a folder that is read, by its code."""
    return {note.code: note for note in clean.read_tables(data)[1]}


def place(fault: Fault) -> tuple[str, str, int | None, str]:
    """A fault's code, and where it is."""
    return fault.code, fault.file, fault.row, fault.column
