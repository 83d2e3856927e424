"""Every file under the data folder: bytes → rows of cells, and nothing half-written.

Repairs only what can be repaired without loss, and reports every repair.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Fault, WrongCommand, WrongData, WrongPlace, meant
from .schema import TABLES, Column, Table

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(__file__).resolve().parents[1]
# a clone has its own data and reports; where the package is installed, they are where one stands
PROJECT = PACKAGE.parent if (PACKAGE.parent / "notebooks").is_dir() else Path.cwd()
OWN_DATA = PROJECT / "data"


@dataclass(frozen=True)
class Municipality:
    """`municipality.toml`: the home town, its names, and the report's defaults."""

    home: str
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    year: int = 0
    language: str = "sv"
    made: tuple[int, ...] = ()  # the years there are reports for
    contact: dict[str, str] = field(default_factory=dict)  # email, phone, page: whom to tell
    memo: dict[str, Any] = field(default_factory=dict)  # its head, in words or words by language


def folder(data: str | Path = "") -> Path:
    """The data folder: the one named, or the project's own; raises `WrongCommand`."""
    path = Path(data).expanduser().resolve() if str(data) else OWN_DATA
    if not (path / "raw").is_dir():
        raise WrongCommand(Fault("C010", file=str(path)))
    return path


def municipality(data: Path) -> Municipality:
    """Read `municipality.toml`; raises `WrongCommand` with the line that is wrong."""
    path = data / "raw" / "municipality.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise WrongCommand(Fault("C011", file=path.name)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongCommand(Fault("C012", file=path.name, value=str(error))) from None
    names = ("municipality", "report", "contact", "memo")
    about, report, contact, memo = (content.get(name, {}) for name in names)
    made = report.get("made", []) if isinstance(report, dict) else ()
    right = {
        "municipality.home": isinstance(about, dict) and isinstance(about.get("home"), str),
        "report.year": isinstance(report, dict) and type(report.get("year", 0)) is int,
        "report.made": isinstance(made, list) and all(type(year) is int for year in made),
        "contact": isinstance(contact, dict) and all(type(at) is str for at in contact.values()),
        "memo": isinstance(memo, dict) and all(map(_are_words, memo.values())),
    }
    for column, is_right in right.items():
        if not is_right:
            raise WrongCommand(Fault("C013", file=path.name, column=column))
    return Municipality(
        about["home"],
        {key: value for key, value in about.items() if isinstance(value, dict)},
        report.get("year", 0),
        str(report.get("language", "sv")),
        tuple(sorted(made)),
        {way: at for way, at in contact.items() if at.strip()},
        memo,
    )


def _are_words(said: object) -> bool:
    """Whether it is text, text by language, or a list of such."""
    if isinstance(said, list | dict):
        return all(map(_are_words, said.values() if isinstance(said, dict) else said))
    return isinstance(said, str)


def read(data: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Every raw table as text; one row is a row of the file, its index the row a spreadsheet shows.

    Returns the frames and what was mended on the way; raises `WrongData` with all faults at once.
    """
    import pandas as pd  # where files lie is known without

    frames: dict[str, pd.DataFrame] = {}
    notes: list[Fault] = []
    wrong: list[Fault] = []
    present = {path.name for path in (data / "raw").glob("*.csv") if not path.name.startswith("~$")}
    for table, contract in TABLES.items():
        name = f"{table}.csv"
        if name not in present:
            if saved := sorted((data / "raw").glob(f"{table}.[xo][ld]*")):
                wrong.append(Fault("D041", file=name, details={"near": saved[0].name}))
            elif contract.required:
                wrong.append(Fault("D001", file=name, details={"near": meant(name, present)}))
            frames[table] = pd.DataFrame(columns=list(contract.columns), dtype="str")
            continue
        try:
            frames[table], mended = rows(name, (data / "raw" / name).read_bytes(), contract)
            notes += mended
        except WrongData as fault:
            wrong += fault.faults
        except IsADirectoryError:
            raise WrongPlace(Fault("P001", file=name)) from None
        except PermissionError:
            raise WrongPlace(Fault("P002", file=name)) from None
    if wrong:
        raise WrongData(wrong)
    return frames, notes


def write(files: Mapping[Path, str | bytes]) -> None:
    """Write files, text as UTF-8, each whole or not at all; raises `WrongPlace`."""
    for path, content in files.items():
        aside = path.with_name(f".writing-{os.getpid()}-{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            raise WrongPlace(Fault("P003", file=str(path), value=error.strerror or "")) from None


def as_csv(frame: pd.DataFrame) -> str:
    """A table as text: comma, one header row, the raw row number first."""
    return str(frame.to_csv(lineterminator="\n"))


def stamp(data: Path) -> tuple[object, ...]:
    """Changes when a table or `municipality.toml` does."""
    paths = sorted((data / "raw").glob("*.[ct]*"))
    stats = [(path.name, path.stat()) for path in paths]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


LARGEST_MB, MOST_ROWS, LONGEST = 10, 50_000, 5_000
_MAGIC = {
    b"PK\x03\x04": "Excel (.xlsx)",
    b"\xd0\xcf\x11\xe0": "Excel (.xls)",
    b"<": "HTML",
    b"%PDF": "PDF",
}
_MARKED = (
    (b"\xef\xbb\xbf", "utf-8-sig", "M001"),
    (b"\xff\xfe", "utf-16", "M002"),
    (b"\xfe\xff", "utf-16", "M002"),
    (b"", "utf-8", ""),
)
_MOJIBAKE = ("Ã¤", "Ã¥", "Ã¶", "Ã„", "Ã…", "Ã–", "Ã©", "Ã°", "Ã¸")
_STRANGE = re.compile("|".join(["\ufffd", *_MOJIBAKE]))
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def rows(name: str, content: bytes, contract: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """The rows of one file as text, and what was mended; raises `WrongData`."""
    import pandas as pd

    text, notes = _decode(name, content)
    lines = list(io.StringIO(text, newline=""))  # not at U+2028 and its like
    if lines and lines[0].strip().casefold().startswith("sep="):
        lines, notes = ["\n", *lines[1:]], [*notes, Fault("M005", name, 1, level="mended")]
    expected = list(contract.columns)
    comma = max(",;\t|", key=lambda mark: _fits(lines, mark, expected))
    if comma != ",":
        notes.append(Fault("M004", name, value=comma, level="mended"))
    records: list[tuple[int, list[str]]] = []
    try:
        for cells in csv.reader(lines, delimiter=comma, strict=True):
            records.append((len(records) + 1, cells))
    except csv.Error:
        raise WrongData(Fault("D009", file=name, row=len(records) + 1)) from None
    filled = [(row, cells) for row, cells in records if any(cell.strip() for cell in cells)]
    if dropped := len(records) - len(filled):
        notes.append(Fault("M006", name, value=str(dropped), level="mended"))
    if not filled:
        raise WrongData(Fault("D002", file=name))
    (_, head), body = filled[0], filled[1:]
    header = [_tidy(cell).casefold().replace(" ", "_") for cell in head]
    faults = _header_faults(name, header, contract.columns)
    if not body and contract.required:
        faults.append(Fault("D003", file=name))
    if len(body) > MOST_ROWS:
        faults.append(Fault("D035", file=name, value=str(len(body))))
    for row, cells in body:
        faults += _row_faults(name, row, header, cells)
    if any(fault.level == "error" for fault in faults):
        raise WrongData(faults)
    tidy = [[_tidy(cell) for cell in cells] for _, cells in body]
    index = pd.Index([row for row, _ in body], name="row")
    columns = dict(zip(header, map(list, zip(*tidy, strict=True)), strict=False))
    frame = {column: columns.get(column, contract.columns[column].default) for column in expected}
    pairs = zip(tidy, (cells for _, cells in body), strict=True)
    if changed := sum(new != old for pair in pairs for new, old in zip(*pair, strict=True)):
        notes.append(Fault("M007", name, value=str(changed), level="mended"))
    return pd.DataFrame(frame, index, dtype="str"), notes + faults


def _fits(lines: list[str], mark: str, expected: list[str]) -> int:
    parted = [{cell.strip(' "\r\n').casefold() for cell in line.split(mark)} for line in lines[:10]]
    return max((len(cells & set(expected)) for cells in parted), default=0)


def _decode(name: str, content: bytes) -> tuple[str, list[Fault]]:
    if not content.strip():
        raise WrongData(Fault("D002", file=name))
    if len(content) > LARGEST_MB * 1_000_000:
        raise WrongData(Fault("D035", file=name, value=f"{len(content) // 1_000_000} MB"))
    for magic, kind in _MAGIC.items():
        if content.lstrip().startswith(magic):
            raise WrongData(Fault("D005", file=name, value=kind))
    unread = WrongData(Fault("D004", file=name))
    encoding, code = next(rest for bom, *rest in _MARKED if content.startswith(bom))
    try:
        return content.decode(encoding), [Fault(code, name, level="mended")] if code else []
    except UnicodeDecodeError:
        if code:
            raise unread from None
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise unread from None
    # Old Mac and DOS files also decode as Windows-1252, but then Nordic letters turn into signs.
    letters = {c for c in text if ord(c) > 127}
    if letters - set("åäöÅÄÖéÉæøÆØðÐþÞüÜáíóúýÁÍÓÚ–—’“”€…·§°½"):
        raise unread
    words = [word for word in text.replace(",", " ").split() if any(ord(c) > 127 for c in word)][:3]
    return text, [
        Fault("M003", name, level="mended"),
        Fault("D053", name, value=", ".join(words), level="warning"),
    ]


def _header_faults(name: str, header: list[str], columns: dict[str, Column]) -> list[Fault]:
    twice = sorted({column for column in header if column and header.count(column) > 1})
    faults = [Fault("D007", name, 1, column) for column in twice]
    for column, rule in columns.items():
        if column not in header and rule.default is None:
            details = {"near": meant(column, header, 0.5), "found": ", ".join(header)}
            faults.append(Fault("D006", name, 1, column, details=details))
    unread = [column for column in header if column not in columns]
    return faults + [Fault("D050", name, 1, column, level="warning") for column in unread]


def _row_faults(name: str, row: int, header: list[str], cells: list[str]) -> list[Fault]:
    if len(cells) != len(header):
        surplus = ", ".join(cells[len(header) :])
        details = {"found": len(cells), "expected": len(header)}
        return [Fault("D008", name, row, value=surplus, details=details)]
    if _CONTROL.search(whole := "\n".join(cells)):
        return [Fault("D010", name, row)]
    faults: list[Fault] = []
    if len(whole) <= LONGEST and not _STRANGE.search(whole):
        return faults
    for column, cell in zip(header, cells, strict=True):
        if "\ufffd" in cell:
            faults.append(Fault("D012", name, row, column, cell))
        elif any(mark in cell for mark in _MOJIBAKE):
            likely = ""
            with suppress(UnicodeError):
                likely = cell.encode("cp1252").decode("utf-8")
            faults.append(Fault("D011", name, row, column, cell, details={"near": likely}))
        elif len(cell) > LONGEST:
            faults.append(Fault("D036", name, row, column, cell))
    return faults


def _tidy(cell: str) -> str:
    composed = unicodedata.normalize("NFC", cell)
    for invisible in ("\u00ad", "\u200b", "\ufeff"):
        composed = composed.replace(invisible, "")
    return " ".join(composed.split())
