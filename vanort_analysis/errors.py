"""Kinds of user error: a code and the values it speaks of, no sentence, and an exit code each.

`text` turns a fault into a sentence (`error.<code>`), so that it can be said in any language.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MOST_ROWS_NAMED = 12
OF_WHOLE_FILES = ("D011", "D012", "D039")  # done to one cell, they are done to many of the file
WARNINGS = {  # stop nothing; what is mended has a code of its own, M
    *("C017", "D028", "D050", "D051", "D052", "D053", "D054", "D055", "D056", "D057", "D058"),
    *("D059", "D067", "D078", "D079", "D081", "D082", "D085", "D089", "D090", "D092"),
}
Level = Literal["error", "warning", "repaired"]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in the input, and where: `row` is the number a spreadsheet shows."""

    code: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    level: Level = "error"
    details: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        """Sorts faults the way a person would walk through the files."""
        return self.file, self.row or 0, self.column, self.code


def closest_word(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word most like one that is not known; empty where none is like it."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return near[0] if near else ""


def merge_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Faults in the order of their places; the same in many rows is one, its `rows` in its details.

    Letters that are broken in one cell are broken in the whole file, and so are numbers that have
    become dates, whatever stands in each.
    """
    groups: dict[tuple[str, ...], list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: fault.sort_key):
        what = ["", ""] if fault.code in OF_WHOLE_FILES else [fault.column, fault.value]
        row = "" if fault.code.startswith("D") else str(fault.row)  # in a text, each is its own
        groups.setdefault((fault.level, fault.code, fault.file, *what, row), []).append(fault)
    told = []
    for first, *others in groups.values():
        said = {"rows": format_rows(fault.row for fault in (first, *others))}
        told.append(replace(first, details={**first.details, **said}) if others else first)
    return told


def format_rows(rows: Iterable[int | None]) -> str:
    """Rows as a message names them, each once, and only the first of very many."""
    each = list(dict.fromkeys(map(str, rows)))
    return ", ".join(each[:MOST_ROWS_NAMED]) + "…" * (len(each) > MOST_ROWS_NAMED)


def level_of(code: str) -> Level:
    """How grave a fault is, by its code."""
    return "repaired" if code.startswith("M") else "warning" if code in WARNINGS else "error"


def have_errors(faults: Iterable[Fault]) -> bool:
    """Whether there is an error among them."""
    return any(fault.level == "error" for fault in faults)


class UserError(Exception):
    """Something the user can mend. The faults say what; the class says how the program ends."""

    exit_code = 1

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = merge_faults([faults] if isinstance(faults, Fault) else faults)
        super().__init__(", ".join(fault.code for fault in self.faults))

    def __reduce__(self) -> tuple[type[UserError], tuple[list[Fault]]]:
        return type(self), (self.faults,)  # on its way from another process


class Findings(list[Fault]):
    """All that is found in one file, in order: what stops it, what is noted, what was mended."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def add(
        self, code: str, row: int | None = None, column: str = "", value: object = "", **said: Any
    ) -> None:
        """One more; how grave it is follows from its code unless `level` is said."""
        level: Level = said.pop("level", level_of(code))
        self.append(Fault(code, self.file, row, column, str(value), level, said))

    def refusal(self, code: str, row: int | None = None, **said: Any) -> DataError:
        """The error of a file that cannot be read any further, with all found till then."""
        self.add(code, row, **said)
        return DataError(self)


class CommandError(UserError):
    """A wrong command, parameter or configuration: nothing has run."""

    exit_code = 2


class DataError(UserError):
    """The tables are faulty: nothing is written."""

    exit_code = 3


class BuildError(UserError):
    """The report could not be built; the previous one stands."""

    exit_code = 4


class MachineError(UserError):
    """The machine stands in the way: disk, rights, lock, a missing program."""

    exit_code = 5


def write_failure(error: OSError, place: object) -> MachineError:
    """The error of a file that could not be written: of a copy, the one it was to be; the place
    where the machine names no file."""
    where = str(error.filename2 or error.filename or place)
    return MachineError(Fault("P003", file=where, value=error.strerror or ""))
