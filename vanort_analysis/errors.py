"""User errors: each fault is a code and its values, each class of error an exit code.

There are no sentences here: `language` phrases a fault (`error.<code>`), in any language.
"""

import difflib
import errno
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MAX_ROWS_LISTED = 12
FILE_WIDE = ("D011", "D012", "D039")  # broken letters, dates for numbers: one fault of the file
WARNINGS = {"C017", "D028", "D067", "D078", "D079", "D081", "D082", "D085", "D089", "D090", "D092"}
WARNINGS |= {f"D{number:03}" for number in (*range(50, 60), 97, 101)} - {"D056"}
INTERRUPTED: list[object] = []  # signals that end us


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in the input, and where: `row` is the number a spreadsheet shows."""

    code: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)
    level: Literal["error", "warning", "repaired"] | None = None  # that of its code, unless given

    def __post_init__(self) -> None:
        if self.level is None:
            level = "repaired" if self.code.startswith("M") else "error"
            object.__setattr__(self, "level", "warning" if self.code in WARNINGS else level)

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        """Sorts faults in the order in which a person would walk through the files."""
        return self.file, self.row or 0, self.column, self.code


def closest_word(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word most similar to `word`; empty if none is similar enough."""
    for form in dict.fromkeys((word, word.lower())):
        if matches := difflib.get_close_matches(form, known, n=1, cutoff=cutoff):
            return matches[0]
    return ""


def merge_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Faults sorted by place; one in many rows is listed once, with `rows` in its details."""
    groups: dict[tuple[object, ...], list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: fault.sort_key):
        cell = () if fault.code in FILE_WIDE else (fault.column, fault.value, str(fault.details))
        # rows are alike only in tables: each line of a text has its own fault
        row = None if fault.code.startswith("D") else fault.row
        groups.setdefault((fault.level, fault.code, fault.file, row, cell), []).append(fault)
    for group in groups.values():
        if len(group) > 1:
            rows = format_rows(fault.row for fault in group)
            group[0] = replace(group[0], details={**group[0].details, "rows": rows})
    return [group[0] for group in groups.values()]


def format_rows(rows: Iterable[int | None]) -> str:
    """Row numbers as a message lists them: each once, and only the first of very many."""
    numbers = list(dict.fromkeys(str(row) for row in rows if row))  # a whole file has none
    listed = ", ".join(numbers[:MAX_ROWS_LISTED])
    return f"{listed}…" if len(numbers) > MAX_ROWS_LISTED else listed


class UserError(Exception):
    """Something the user can correct: `faults` lists what, the class sets the exit code."""

    exit_code = 1
    language = "sv"  # of a message in Python: that of the report loaded last
    # set by `language`, which has the words
    phrase: Callable[[Fault, str], str] = staticmethod(lambda fault, _language: fault.code)

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = merge_faults([faults] if isinstance(faults, Fault) else faults)
        super().__init__(self.faults)  # by which it is made again after its way between processes

    def __str__(self) -> str:
        faults = [fault for fault in self.faults if fault.level == "error"] or self.faults
        return "\n".join(self.phrase(fault, self.language) for fault in faults)

    def _render_traceback_(self) -> list[str]:  # what a notebook shows: no line of ours
        return str(self).splitlines()


class CommandError(UserError):
    """A wrong command, parameter or configuration: nothing has run."""

    exit_code = 2


class DataError(UserError):
    """The tables are faulty: nothing is written."""

    exit_code = 3


class BuildError(UserError):
    """The report could not be built; the previous one is kept."""

    exit_code = 4


class MachineError(UserError):
    """The machine prevents the run: disk, permissions, lock, a missing program."""

    exit_code = 5


class Findings(list[Fault]):
    """Everything found in one file, in order: errors, warnings and repairs."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def add(
        self, code: str, row: int | None = None, column: str = "", value: object = "", **extra: Any
    ) -> None:
        """Append a fault of this file; what is `extra` are its details, but for its `level`."""
        level = extra.pop("level", None)
        self.append(Fault(code, self.file, row, column, str(value), extra, level))

    def refusal(self, code: str, row: int | None = None, **extra: Any) -> DataError:
        """The error to raise where the file cannot be read any further, with all found so far."""
        self.add(code, row, **extra)
        return DataError(self)


def refuse_errors(faults: Collection[Fault]) -> None:
    """Raise `DataError` with all the faults if any of them is an error."""
    if any(fault.level == "error" for fault in faults):
        raise DataError(faults)


def refuse_unknown(names: Iterable[str], known: Collection[str], code: str = "C018") -> None:
    """Raise `CommandError` for the first name that is not known, with the likely one or all."""
    for name in names:
        if name not in known:
            near = closest_word(str(name), known) or ", ".join(known)
            raise CommandError(Fault(code, value=str(name), details={"near": near}))


def write_failure(error: OSError, place: object, size: str = "") -> MachineError:
    """The error for a file that could not be written; `place` where the system names no file."""
    path = str(error.filename2 or error.filename or place)  # the first is the target of a copy
    why = {"errno": errno.errorcode.get(error.errno or 0), "found": size}
    return MachineError(Fault("P003", file=path, value=error.strerror or "", details=why))


def end_run(number: int, _: object) -> None:
    """Handle a signal that ends us; C code may swallow the exception, but not the entry."""
    INTERRUPTED.append(number)  # an event has a lock, on which a second signal would wait
    sys.unraisablehook = lambda _: None  # a destructor prints the exception that it swallows
    threading.excepthook = lambda _: None  # and so does a thread
    raise KeyboardInterrupt
