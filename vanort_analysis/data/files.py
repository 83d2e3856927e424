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

from ..errors import Fault, Findings, WrongCommand, WrongData, WrongPlace, are_wrong, meant
from .schema import QUANTITIES, TABLES, TEXT, YEARS, Table
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
    persons,
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
PARTS = {"names": ("name", dict), "texts": ("text", dict), "years": ("year", list)}  # of a setting
PARTS["list"] = ("texts", list)
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
    part, whole = PARTS.get(kind, ("", ()))
    if isinstance(said, list | dict):
        parts = list(said.values()) if isinstance(said, dict) else said
        return isinstance(said, whole) and all(_is_right(part, of) for of in parts)
    is_text = isinstance(said, str) and kind != "years" and len(said) <= LONGEST_NAME
    return is_text and not HIDDEN.search(said) and bool(said.strip() or kind[:4] != "name")


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


def texts(data: Path) -> tuple[dict[str, str], Findings]:
    """The text of `municipality.toml` and of each of the folder's own texts, and what lies beside
    them that is none; raises `WrongPlace` where one may not be read."""
    raw, found = data / "raw", Findings("")
    read = {"municipality.toml": _bytes(raw, "municipality.toml")}
    for name in _names(raw / "texts") if "texts" in _names(raw) else ():
        if (raw / "texts" / name).is_dir() and "." not in name:
            found.append(Fault("D081", f"texts/{name}", level="warning"))
        elif name[0] not in ".~":
            read[name] = _bytes(raw, f"texts/{name}")
    return {name: content.decode("utf-8", "replace") for name, content in read.items()}, found


def read(data: Path) -> tuple[dict[str, pd.DataFrame], Findings]:
    """Every raw table as text; one row is a row of the file, its index the row a spreadsheet shows.

    Returns the frames, one without rows where its file is wrong, and all that was found.
    """
    import pandas as pd  # where files lie is known without

    raw, frames, found, none = data / "raw", {}, Findings(""), []
    of_table, others = _sorted_out(_names(raw))
    for table, contract in TABLES.items():
        frames[table] = pd.DataFrame(columns=list(contract.columns), dtype="str")
        file = f"{table}.csv"
        near = next((name for name in others if _near(name) == file), "")
        if names := of_table[table]:
            try:
                frames[table], more = _read_one(raw, table, names)
            except WrongData as fault:
                found += fault.faults
            else:
                found += more
        elif near or contract.required:
            found.append(Fault("D001", file, details={"near": near, "found": str(raw)}))
            others = [name for name in others if name != near]
        else:
            none.append(file)
    if none:
        found.add("D082", value=", ".join(none))
    for name in others:
        found.append(Fault("D081", name, level="warning", details={"near": _near(name)}))
    return frames, found


def _read_one(raw: Path, table: str, names: list[str]) -> tuple[pd.DataFrame, Findings]:
    """The table in the only file of its name, however the name is cased."""
    name, kind = names[0], Path(names[0]).suffix.casefold()
    if len(names) > 1:
        raise Findings(name).refused("D080", found=", ".join(names))
    if kind not in (".csv", ".xlsx"):
        raise Findings(f"{table}.csv").refused("D041", near=name)
    frame, found = rows(name, _bytes(raw, name), TABLES[table])
    if name != table + kind:
        found.add("M016", value=table + kind)
    return frame, found


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
    paths = (*map(raw.joinpath, _names(raw)), *raw.glob("texts/*"))
    stats = [(path, path.lstat()) for path in paths]
    return tuple((path, of.st_mtime_ns, of.st_size) for path, of in stats)


def rows(name: str, content: bytes, contract: Table) -> tuple[pd.DataFrame, Findings]:
    """The rows of one file as text, and what was found in it; raises `WrongData`."""
    names, found = _names_of(contract), Findings(name)
    records = cells(content, names, found) if content.strip() else []
    filled = [(row, said) for row, said in records if any(map(str.strip, said))]
    if dropped := len(records) - len(filled):
        found.add("M006", value=dropped)
    at = _header_at(filled, names, contract, found)
    (row, head), above = filled[at], [said for _, said in filled[:at]]
    head, body = _cut([tidy(cell) for cell in head], filled[at + 1 :])
    header = [names.get(as_name(cell), as_name(cell)) for cell in head]
    body, below = _without_foot(header, body, contract, found)
    if around := [" ".join(said).strip() for said in above + below]:
        found.add("M011", value="; ".join(around))
    pairs = dict(zip(head, header, strict=True))
    if renamed := [f"{cell} → {column}" for cell, column in pairs.items() if cell != column]:
        found.add("M010", value=", ".join(renamed))
    if len(body) > MOST_ROWS:
        raise found.refused("D035", value=len(body), near=MOST_ROWS)
    _check_header(row, pairs, names, contract, found)
    for column in sorted({column for column in header if header.count(column) > 1 and column}):
        found.add("D007", row, column)
    if not body:
        found.add("D003", level="error" if contract.required else "warning")
    for number, said in body:
        _check_row(number, header, said, contract, found)
    if are_wrong(found):
        raise WrongData(found)
    return as_frame(header, body, contract, found), found


def _header_at(filled: Rows, names: Mapping[str, str], contract: Table, found: Findings) -> int:
    """Which of the first rows has the most names of columns."""
    expected = ",".join(contract.columns)
    if not filled:
        raise found.refused("D002", expected=expected)
    tops = [known_columns(said, names) for _, said in filled[:HEADER_WITHIN]]
    if max(tops) < 2:
        row, said = filled[0]
        raise found.refused("D084", row, expected=expected, found=", ".join(map(tidy, said)))
    return tops.index(max(tops))


def _names_of(contract: Table) -> dict[str, str]:
    """The columns of a table, under every name that a header may give them."""
    known = {name: name for name in contract.columns}
    for column in set(contract.columns).intersection(words()["column"]):
        known = dict.fromkeys(words()["column"][column], column) | known
    return known


def _cut(head: list[str], body: Rows) -> tuple[list[str], Rows]:
    """Without the columns last in the file that have neither a header nor a cell."""
    rows = [head, *(cells for _, cells in body)]
    used = max(at for cells in rows for at, cell in enumerate(cells, 1) if cell.strip())
    cut = [(row, said[:used] if len(said) == len(head) else said) for row, said in body]
    return head[:used], cut


def _without_foot(
    header: list[str], body: Rows, contract: Table, found: Findings
) -> tuple[Rows, list[list[str]]]:
    """The rows without the notes and a sum under them, and the notes; the sum is held against
    what it sums."""
    notes: list[list[str]] = []
    while body and not any(body[-1][1][1:]) and re.search("[ :*]", body[-1][1][0].strip()):
        notes.insert(0, body[-1][1])
        body = body[:-1]
    row, last = body[-1] if body else (0, ["-"])
    sums = {column: cell for column, cell in zip(header, last, strict=False) if cell.strip()}
    sums.pop(header[0] if last[0].strip() else "", "")
    counted = {of for of, rule in contract.columns.items() if rule.kind in QUANTITIES[:2]}
    is_total = tidy(last[0]).casefold() in words()["total"]["words"]
    if not (is_total and sums and sums.keys() <= counted):
        return body, notes
    found.add("M012", row, value=", ".join(sums.values()))
    for column, cell in sums.items():
        at = header.index(column)
        total = sum(_value(cells[at]) for _, cells in body[:-1] if len(cells) > at)
        if total != _value(cell):
            found.add("D085", row, column, cell, near=f"{total:g}")
    return body[:-1], notes


def _value(cell: str) -> float:
    with suppress(Unreadable):
        return parse(cell).value or 0
    return 0


def _check_header(
    row: int, head: Mapping[str, str], names: Mapping[str, str], contract: Table, found: Findings
) -> None:
    """Columns that are missing, and those nobody reads; `head` has the names by what is written."""
    strange = {
        cell or chr(ord("A") + at): names.get(meant(column, names), "")
        for at, (cell, column) in enumerate(head.items())
        if column not in contract.columns
    }
    for column, rule in contract.columns.items():
        if column not in head.values() and rule.default is None:
            near = next((cell for cell, likely in strange.items() if likely == column), "")
            strange.pop(near, "")  # one fault is told once
            found.add("D006", row, column, near=near, found=", ".join(head))
    for cell in strange:
        found.add("D048" if persons("headers").fullmatch(cell) else "D050", row, cell)


def _check_row(
    row: int, header: list[str], cells: list[str], contract: Table, found: Findings
) -> None:
    swallowed = [line for cell in cells for line in cell.splitlines()[1:]]
    if any(len(COMMAS.findall(line)) >= len(header) - 1 for line in swallowed):
        found.add("D009", row)
        return
    if len(cells) != len(header):
        rules = [contract.columns.get(column, TEXT) for column in header[len(cells) :]]
        trailing = bool(rules) and not any(rule.required or rule.kind != "text" for rule in rules)
        widths: dict[str, Any] = {"found": len(cells), "expected": len(header)}
        surplus = ", ".join(cells[len(header) :])
        level = "warning" if trailing else "error"
        found.add("D008", row, value=surplus, level=level, **widths)
        return
    whole = "\n".join(cells)
    if len(whole) <= LONGEST_TEXT and not STRANGE.search(whole):
        return
    for column, cell in zip(header, cells, strict=True):
        code, likely = spoilt(cell)
        if code := code or "D036" * (len(cell) > LONGEST_TEXT):
            found.add(code, row, column, cell, near=likely)
