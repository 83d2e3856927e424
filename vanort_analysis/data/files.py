"""The data folder: its files → tables of text, and nothing half-written.

Repairs only what can be repaired without loss, and reports every repair.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Fault, Level, WrongCommand, WrongData, WrongPlace, meant
from .schema import QUANTITIES, TABLES, YEARS, Column, Table
from .sheets import (
    HIDDEN,
    LARGEST_MB,
    MB,
    STRANGE,
    Rows,
    as_frame,
    as_name,
    cells,
    known_columns,
    spoilt,
    spoilt_lines,
    tidy,
    words,
)
from .spelling import Unreadable, parse

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(__file__).resolve().parents[1]
# a clone has its own data and reports; where the package is installed, they are where one stands
PROJECT = PACKAGE.parent if (PACKAGE.parent / "notebooks").is_dir() else Path.cwd()
OWN_DATA = PROJECT / "data"
TABLE_KINDS = (".csv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers")
NEAR_KINDS = (*TABLE_KINDS, ".txt", ".tsv", ".bak", "")
OURS = ("municipality.toml", "texts", "desktop.ini", "thumbs.db")
LONGEST_NAME, LONGEST_TEXT, MOST_ROWS = 300, 5000, 50_000
HALF = ".writing-"  # how the name of a file begins until it is whole
HEADER_WITHIN = 10  # rows
COMMAS = re.compile(r"[,;\t|](?=\S|$)")  # between fields; in prose a blank follows


@dataclass(frozen=True)
class Municipality:
    """`municipality.toml`: the home town, its names, and the report's defaults."""

    home: str
    names: dict[str, Any] = field(default_factory=dict)  # each in words or words by language
    year: int = 0
    language: str = "sv"
    made: tuple[int, ...] = ()  # the years there are reports for
    contact: dict[str, str] = field(default_factory=dict)  # email, phone, page: whom to tell
    memo: dict[str, Any] = field(default_factory=dict)  # its head, in words or words by language


def folder(data: str | Path = "") -> Path:
    """The data folder: the one named, or the project's own; raises `WrongCommand`."""
    with suppress(OSError, RuntimeError, ValueError):  # a name that no folder can have
        path = Path(data).expanduser().resolve() if str(data) else OWN_DATA
        if (path / "raw").is_dir():
            return path
    raise WrongCommand(Fault("C010", file=str(data) or str(OWN_DATA)))


def municipality(data: Path) -> Municipality:
    """Read `municipality.toml`; raises `WrongCommand` with the lines that are wrong."""
    name = "municipality.toml"
    present = _names(data / "raw")
    if name not in present:
        near = [other for other in present if "municipality" in other.casefold()]
        raise WrongCommand(Fault("C011", name, details={"near": (near or [""])[0]}))
    try:
        text = _bytes(data / "raw", name).decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise WrongCommand(Fault("T010", name)) from None
    except (ValueError, RecursionError) as error:
        lines = text.splitlines()
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else _unfinished(lines)
        raise WrongCommand(Fault("C012", name, line, value=lines[line - 1])) from None
    if wrong := [*_wrong_settings(content, text), *spoilt_lines(name, text)]:
        raise WrongCommand(wrong)
    report, names = content.get("report", {}), dict(content["municipality"])
    return Municipality(
        names.pop("home"),
        names,
        report.get("year", 0),
        report.get("language", "sv"),
        tuple(sorted(report.get("made", ()))),
        {way: at for way, at in content.get("contact", {}).items() if at.strip()},
        content.get("memo", {}),
    )


def _unfinished(lines: list[str]) -> int:
    """The line on which that begins which the end of the file leaves open."""
    for many in reversed(range(1, len(lines))):
        with suppress(ValueError, RecursionError):
            tomllib.loads("\n".join(lines[:many]))
            return many + 1
    return 1


def _wrong_settings(content: Mapping[str, Any], text: str) -> Iterator[Fault]:
    """The settings that nobody reads, that are missing, or that are of the wrong kind."""
    sections: dict[str, dict[str, str]] = words()["setting"]
    found: dict[tuple[str, str], Any] = {}
    for section, said in content.items():
        inside = isinstance(said, dict) and section in sections
        found |= {(section, key): said[key] for key in said} if inside else {("", section): said}
    if not any(meant(".".join(path), ["municipality.home"], 0.92) for path in found):
        found["municipality", "home"] = None  # one misspelt is told as that
    for (section, key), said in found.items():
        kinds: Mapping[str, Any] = sections[section] if section else sections
        if section and key in kinds and _is_right(kinds[key], said):
            continue
        line = re.search(rf"^[ \t\[]*{re.escape(key)}[\s\].=]", text, re.MULTILINE)
        row = text.count("\n", 0, line.start()) + 1 if line else None
        place = ("municipality.toml", row, f"{section}.{key}".removeprefix("."))
        value = "" if said is None else str(said)
        code = "C013" if key in kinds else "C016"
        yield Fault(code, *place, value, details={"near": meant(key, kinds)})


def _is_right(kind: str, said: Any) -> bool:
    if kind == "year":
        return type(said) is int and YEARS[0] <= said <= YEARS[1]
    if isinstance(said, list):
        part = {"years": "year", "list": "texts"}.get(kind)
        return part is not None and all(_is_right(part, of) for of in said)
    if isinstance(said, dict):
        part = {"names": "name", "texts": "text"}.get(kind)
        return part is not None and all(_is_right(part, of) for of in said.values())
    is_text = isinstance(said, str) and kind != "years" and len(said) <= LONGEST_NAME
    shown = is_text and not HIDDEN.search(said)
    return shown and bool(said.strip() or not kind.startswith("name"))


def _names(raw: Path) -> list[str]:
    try:
        return sorted(path.name for path in raw.iterdir())
    except OSError:
        raise WrongPlace(Fault("P002", file=raw.name)) from None


def _bytes(raw: Path, name: str) -> bytes:
    """A file of the folder itself; raises `WrongData` for a link that leads out of it, and for one
    too large; `WrongPlace` where it is none, or may not be read."""
    path = raw / name
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(raw.resolve()):
            raise WrongData(Fault("D083", name, value=str(real)))
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise WrongPlace(Fault("P001", name))
        if about.st_size > LARGEST_MB * MB:
            limit = {"near": f"{LARGEST_MB} MB"}
            raise WrongData(Fault("D035", name, value=f"{about.st_size // MB} MB", details=limit))
        return path.read_bytes()
    except (OSError, RuntimeError) as error:
        # a link to nothing, or to itself: before Python 3.13 no error of the system
        if isinstance(error, RuntimeError) or error.errno in (errno.ENOENT, errno.ELOOP):
            raise WrongData(Fault("D083", name)) from None
        raise WrongPlace(Fault("P002", name)) from None


def read(data: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Every raw table as text; one row is a row of the file, its index the row a spreadsheet shows.

    Returns the frames and what was mended on the way; raises `WrongData` with all faults at once.
    """
    import pandas as pd  # where files lie is known without

    raw, frames, none = data / "raw", {}, []
    notes: list[Fault] = []
    wrong: list[Fault] = []
    of_table, others = _sorted_out(_names(raw))
    for table, contract in TABLES.items():
        frames[table] = pd.DataFrame(columns=list(contract.columns), dtype="str")
        file, names = f"{table}.csv", of_table[table]
        if names:
            try:
                frames[table], found = _read_one(raw, table, names)
                notes += found
            except WrongData as fault:
                wrong += fault.faults
            continue
        near = next((name for name in others if _near(name) == file), "")
        if near or contract.required:
            wrong.append(Fault("D001", file, details={"near": near, "found": str(raw)}))
            others = [name for name in others if name != near]
        else:
            none.append(file)
    if none:
        notes.append(Fault("D082", value=", ".join(none), level="warning"))
    for name in others:
        notes.append(Fault("D081", name, level="warning", details={"near": _near(name)}))
    if wrong:
        raise WrongData(wrong)
    return frames, notes


def _read_one(raw: Path, table: str, names: list[str]) -> tuple[pd.DataFrame, list[Fault]]:
    """The table in the only file of its name, however the name is cased."""
    name, kind = names[0], Path(names[0]).suffix.casefold()
    if len(names) > 1:
        raise WrongData(Fault("D080", name, details={"found": ", ".join(names)}))
    if kind not in (".csv", ".xlsx"):
        raise WrongData(Fault("D041", f"{table}.csv", details={"near": name}))
    frame, notes = rows(name, _bytes(raw, name), TABLES[table])
    return frame, notes + ([_mended("M016", name, table + kind)] if name != table + kind else [])


def _sorted_out(names: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The files of each table, however their names are cased, and those that nobody reads."""
    of_table: dict[str, list[str]] = {table: [] for table in TABLES}
    others = []
    for name in names:
        plain = Path(unicodedata.normalize("NFC", name).casefold())
        stem, kind = plain.stem, plain.suffix
        if stem in TABLES and kind in TABLE_KINDS:
            of_table[stem].append(name)
        elif name[0] not in ".~" and stem + kind not in OURS and not stem.startswith("readme"):
            others.append(name)
    return of_table, others


def _near(name: str) -> str:
    """The file that one of nearly its name may have been meant for."""
    stem, kind = Path(name.casefold()).stem, Path(name.casefold()).suffix
    if "municipality" in stem:
        return "municipality.toml"
    known = [meant(word, TABLES, 0.8) for word in re.findall("[a-z]+", stem)]
    table = next(filter(None, known), "") if kind in NEAR_KINDS else ""
    return f"{table}.csv" if table else ""


def missing(notes: Iterable[Fault]) -> list[Fault]:
    """What is said of tables that are not there, which may be why another names what is not."""
    return [note for note in notes if note.code == "D082"]


def as_named(faults: Iterable[Fault], data: Path) -> list[Fault]:
    """Faults of a table that is a workbook, under the name of its file."""
    books = {f"{path.stem.casefold()}.csv": path.name for path in (data / "raw").glob("*.xlsx")}
    return [replace(fault, file=books.get(fault.file, fault.file)) for fault in faults]


def write(files: Mapping[Path, str | bytes]) -> None:
    """Write files, text as UTF-8, each whole or not at all; raises `WrongPlace`."""
    for path, content in files.items():
        aside = path.with_name(f"{HALF}{os.getpid()}-{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            why, needs = error.strerror or "", {"found": f"{len(content) // 1000 + 1} kB"}
            raise WrongPlace(Fault("P003", str(path), value=why, details=needs)) from None


def as_json(content: dict[str, Any]) -> str:
    """JSON as text: unknown is null, and no number that JSON has no word for."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def as_csv(frame: pd.DataFrame) -> str:
    """A table as text: comma, one header row, the raw row number first."""
    return str(frame.to_csv(lineterminator="\n"))


def stamp(data: Path) -> tuple[object, ...]:
    """Changes when a file of the folder does."""
    raw = data / "raw"
    stats = [
        (path, path.lstat()) for path in (*map(raw.joinpath, _names(raw)), *raw.glob("texts/*"))
    ]
    return tuple((path, of.st_mtime_ns, of.st_size) for path, of in stats)


def rows(name: str, content: bytes, contract: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """The rows of one file as text, and what was mended; raises `WrongData`."""
    names = _names_of(contract)
    records, notes = cells(name, content, names) if content.strip() else ([], [])
    filled = [(row, found) for row, found in records if any(map(str.strip, found))]
    if dropped := len(records) - len(filled):
        notes.append(_mended("M006", name, str(dropped)))
    at = _header_at(name, filled, names, contract)
    (row, head), above = filled[at], [found for _, found in filled[:at]]
    head, body = _cut([tidy(cell) for cell in head], filled[at + 1 :])
    header = [names.get(as_name(cell), as_name(cell)) for cell in head]
    body, total, below = _without_foot(name, header, body, contract)
    if around := [" ".join(found).strip() for found in above + below]:
        notes.append(_mended("M011", name, "; ".join(around)))
    pairs = zip(head, header, strict=True)
    if renamed := [f"{cell} → {column}" for cell, column in pairs if cell != column]:
        notes.append(_mended("M010", name, ", ".join(renamed)))
    if len(body) > MOST_ROWS:
        raise WrongData(Fault("D035", name, value=str(len(body)), details={"near": MOST_ROWS}))
    faults = _header_faults(name, row, dict(zip(head, header, strict=True)), contract)
    twice = {column for column in header if header.count(column) > 1 and column}
    faults += [Fault("D007", name, row, column) for column in sorted(twice)]
    if not body:
        faults.append(Fault("D003", name, level="error" if contract.required else "warning"))
    for number, found in body:
        faults += _row_faults(name, number, header, found, contract)
    if any(fault.level == "error" for fault in faults):
        raise WrongData(faults)
    flags = {word: truth for truth, said in words()["flag"].items() for word in [*said, truth]}
    frame, mended = as_frame(name, header, body, contract, flags)
    return frame, notes + mended + faults + total


def _header_at(name: str, filled: Rows, names: Mapping[str, str], contract: Table) -> int:
    """Which of the first rows has the most names of columns."""
    details = {"expected": ",".join(contract.columns)}
    if not filled:
        raise WrongData(Fault("D002", name, details=details))
    tops = [known_columns(found, names) for _, found in filled[:HEADER_WITHIN]]
    if max(tops) < 2:
        row, found = filled[0]
        details["found"] = ", ".join(map(tidy, found))
        raise WrongData(Fault("D084", name, row, details=details))
    return tops.index(max(tops))


def _mended(code: str, name: str, value: str, row: int | None = None) -> Fault:
    return Fault(code, name, row, value=value, level="mended")


def _names_of(contract: Table) -> dict[str, str]:
    """The columns of a table, under every name that a header may give them."""
    known = {name: name for name in contract.columns}
    for column in set(contract.columns).intersection(words()["column"]):
        known = dict.fromkeys(words()["column"][column], column) | known
    return known


def _cut(head: list[str], body: Rows) -> tuple[list[str], Rows]:
    """Without the columns last in the file that have neither a header nor a cell."""
    rows = [head, *(found for _, found in body)]
    used = max(at for found in rows for at, cell in enumerate(found, 1) if cell.strip())
    whole = len(head)
    cut = [(row, found[:used] if len(found) == whole else found) for row, found in body]
    return head[:used], cut


def _without_foot(
    name: str, header: list[str], body: Rows, contract: Table
) -> tuple[Rows, list[Fault], list[list[str]]]:
    """The rows without notes and a sum under them; what was said of the sum, and the notes."""
    notes = []
    while body and not any(body[-1][1][1:]) and re.search("[ :*]", body[-1][1][0].strip()):
        notes.append(body[-1][1])
        body = body[:-1]
    row, last = body[-1] if body else (0, ["-"])
    filled = {column: cell for column, cell in zip(header, last, strict=False) if cell.strip()}
    filled.pop(header[0] if last[0].strip() else "", "")
    counted = {of for of, rule in contract.columns.items() if rule.kind in QUANTITIES[:2]}
    is_total = tidy(last[0]).casefold() in words()["total"]["words"]
    if not (is_total and filled and filled.keys() <= counted):
        return body, [], notes[::-1]
    said = [_mended("M012", name, ", ".join(filled.values()), row)]
    for column, cell in filled.items():
        at = header.index(column)
        total = sum(_value(found[at]) for _, found in body[:-1] if len(found) > at)
        if total != _value(cell):
            near = {"near": f"{total:g}"}
            said.append(Fault("D085", name, row, column, cell, "warning", near))
    return body[:-1], said, notes[::-1]


def _value(cell: str) -> float:
    with suppress(Unreadable):
        return parse(cell).value or 0
    return 0


def _header_faults(name: str, row: int, head: Mapping[str, str], contract: Table) -> list[Fault]:
    """Columns that are missing, and those nobody reads; `head` has the names by what is written."""
    names, faults = _names_of(contract), []
    strange = {
        cell or chr(ord("A") + at): names.get(meant(column, names), "")
        for at, (cell, column) in enumerate(head.items())
        if column not in contract.columns
    }
    for column, rule in contract.columns.items():
        if column not in head.values() and rule.default is None:
            near = next((cell for cell, likely in strange.items() if likely == column), "")
            strange.pop(near, "")  # one fault is told once
            details = {"near": near, "found": ", ".join(head)}
            faults.append(Fault("D006", name, row, column, details=details))
    return faults + [Fault("D050", name, row, cell, level="warning") for cell in strange]


def _row_faults(
    name: str, row: int, header: list[str], found: list[str], contract: Table
) -> list[Fault]:
    swallowed = [line for cell in found for line in cell.splitlines()[1:]]
    if any(len(COMMAS.findall(line)) >= len(header) - 1 for line in swallowed):
        return [Fault("D009", name, row)]
    if len(found) != len(header):
        rules = [contract.columns.get(column, Column()) for column in header[len(found) :]]
        trailing = bool(rules) and not any(rule.required or rule.kind != "text" for rule in rules)
        widths = {"found": len(found), "expected": len(header)}
        surplus = ", ".join(found[len(header) :])
        level: Level = "warning" if trailing else "error"
        return [Fault("D008", name, row, "", surplus, level, widths)]
    whole = "\n".join(found)
    if len(whole) <= LONGEST_TEXT and not STRANGE.search(whole):
        return []
    faults = []
    for column, cell in zip(header, found, strict=True):
        code, likely = spoilt(cell)
        if code := code or "D036" * (len(cell) > LONGEST_TEXT):
            faults.append(Fault(code, name, row, column, cell, details={"near": likely}))
    return faults
