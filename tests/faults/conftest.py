"""The invented chain in a folder of its own, which a test may spoil, and what is said of it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests import chain
from vanort_analysis.data.clean import Dataset, read_dataset
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text


def rows_of(fault: Fault) -> list[int]:
    """The rows that a fault names: that of its cell, or all that it lists."""
    return [int(row) for row in str(fault.details.get("rows", fault.row)).split(", ")]


class Trial:
    """A data folder; rows are numbered as a spreadsheet shows them."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def table(self, name: str, /) -> list[list[str]]:
        with self._path(name).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def write(self, name: str, rows: Iterable[Iterable[str]]) -> None:
        with self._path(name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def put(self, name: str, row: int, /, **cells: str) -> None:
        """Write cells of a row; of the one below the last, a new row."""
        rows = self.table(name)
        if row > len(rows):
            rows.append([""] * len(rows[0]))
        for column, cell in cells.items():
            rows[row - 1][rows[0].index(column)] = cell
        self.write(name, rows)

    def add(self, name: str, /, **cells: str) -> int:
        """A new row from the report, else empty; gives its number."""
        row = len(self.table(name)) + 1
        self.put(name, row, **({"source": "report"} | cells))
        return row

    def read(self) -> Dataset:
        return read_dataset(self.data)

    def faults(self) -> list[Fault]:
        """What is said of the folder, wrong or only noted; each in every language."""
        try:
            found = self.read().notes
        except UserError as error:
            found = error.faults
        for fault in found:
            assert all(fault.code in Text(language).format_fault(fault) for language in LANGUAGES)
        return found

    def errors(self) -> set[tuple[str, str, int | None, str]]:
        """Code, table, row and column of each error."""
        wrong = [fault for fault in self.faults() if fault.level == "error"]
        return {(f.code, f.file.split(".")[0], f.row, f.column) for f in wrong}

    def refuses(self, table: str, column: str, codes: dict[str, str], **cells: str) -> None:
        """A new row for each way to write a cell: it is refused with its code, or read (empty)."""
        rows = {
            self.add(table, **cells, **{column: written}, locator=f"place {at}"): code
            for at, (written, code) in enumerate(codes.items())
        }
        found = {
            row: fault.code
            for fault in self.faults()
            if fault.level == "error" and (fault.file, fault.column) == (f"{table}.csv", column)
            for row in rows_of(fault)
        }
        assert {row: found.get(row, "") for row in rows} == rows

    def told(self, code: str) -> list[Fault]:
        """What is said with a code."""
        return [fault for fault in self.faults() if fault.code == code]

    def warning(self, code: str) -> Fault:
        """The one warning with a code, of a folder that is read."""
        (found,) = [note for note in self.read().notes if note.code == code]
        assert found.level == "warning"
        return found

    def _path(self, name: str) -> Path:
        return self.data / "raw" / f"{name}.csv"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(chain.folder(tmp_path / "data"))


@pytest.fixture(scope="session")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chain.folder(tmp_path_factory.mktemp("whole") / "data")


@pytest.fixture
def data(tmp_path: Path, _whole: Path) -> Path:
    """The invented chain in a folder that a test may spoil."""
    return Path(shutil.copytree(_whole, tmp_path / "data"))
