"""The data folder: its files → tables of text, and nothing half-written.

Repairs only what can be repaired without loss, and reports every repair.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CommandError, DataError, Fault, Findings, MachineError, closest_word
from .quantity import group_by_key
from .schema import TABLES, YEARS
from .sheets import LARGEST_MB, MB, file_words, read_table
from .spelling import HIDDEN, find_damaged_lines

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(__file__).resolve().parents[1]
# a clone has its own data and reports; where the package is installed, they are where one stands
PROJECT = PACKAGE.parent if (PACKAGE.parent / "notebooks").is_dir() else Path.cwd()
OWN_DATA = PROJECT / "data"
TABLE_KINDS = (".csv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers")
NEAR_KINDS = (*TABLE_KINDS, ".txt", ".tsv", ".bak", "")
OURS = ("municipality.toml", "texts", "desktop.ini", "thumbs.db")
LONGEST_NAME = 300
HALF = ".writing-"  # how the name of a file begins until it is whole
PARTS = {"names": ("name", dict), "texts": ("text", dict), "years": ("year", list)}  # of a setting
PARTS["list"] = ("texts", list)


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


def find_folder(data: str | Path = "") -> Path:
    """The data folder: the one named, or the project's own; raises `CommandError`."""
    with suppress(OSError, RuntimeError, ValueError):  # a name that no folder can have
        path = Path(data).expanduser().resolve() if str(data) else OWN_DATA
        if (path / "raw").is_dir():
            return path
    raise CommandError(Fault("C010", file=str(data) or str(OWN_DATA)))


def read_municipality(data: Path) -> Municipality:
    """Read `municipality.toml`; raises `CommandError` with the lines that are wrong."""
    name = "municipality.toml"
    present = _names(data / "raw")
    if name not in present:
        near = [other for other in present if "municipality" in other.casefold()]
        raise CommandError(Fault("C011", name, details={"near": (near or [""])[0]}))
    try:
        text = _bytes(data / "raw", name).decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise CommandError(Fault("T010", name)) from None
    except (ValueError, RecursionError) as error:
        lines = text.splitlines()
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else _unfinished(lines)
        raise CommandError(Fault("C012", name, line, value=lines[line - 1])) from None
    if wrong := [*_wrong_settings(content, text), *find_damaged_lines(name, text)]:
        raise CommandError(wrong)
    names, defaults = content["municipality"], content.get("report", {})
    defaults["made"] = tuple(sorted(defaults.get("made", ())))
    contact = {way: at for way, at in content.get("contact", {}).items() if at.strip()}
    memo = content.get("memo", {})
    return Municipality(names.pop("home"), names, **defaults, contact=contact, memo=memo)


def _unfinished(lines: list[str]) -> int:
    """The line on which that begins which the end of the file leaves open."""
    for many in reversed(range(1, len(lines))):
        with suppress(ValueError, RecursionError):
            tomllib.loads("\n".join(lines[:many]))
            return many + 1
    return 1


def _wrong_settings(content: Mapping[str, Any], text: str) -> Iterator[Fault]:
    """The settings that nobody reads, that are missing, or that are of the wrong kind."""
    sections: dict[str, dict[str, str]] = file_words()["setting"]
    found: dict[tuple[str, str], Any] = {}
    for section, said in content.items():
        inside = isinstance(said, dict) and section in sections
        found |= {(section, key): said[key] for key in said} if inside else {("", section): said}
    if not any(closest_word(".".join(path), ["municipality.home"], 0.92) for path in found):
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
        yield Fault(code, *place, value, details={"near": closest_word(key, kinds)})


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
        raise MachineError(Fault("P002", file=raw.name)) from None


def _bytes(raw: Path, name: str) -> bytes:
    """A file of the folder itself; raises `DataError` for a link that leads out of it, and for one
    too large; `MachineError` where it is none, or may not be read."""
    path = raw / name
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(raw.resolve()):
            raise DataError(Fault("D083", name, value=str(real)))
        if not real.is_file():
            raise MachineError(Fault("P001", name))
        if (size := real.stat().st_size) > LARGEST_MB * MB:
            limit = {"near": f"{LARGEST_MB} MB"}
            raise DataError(Fault("D035", name, value=f"{size // MB} MB", details=limit))
        return real.read_bytes()
    except (OSError, RuntimeError) as error:
        # a link to nothing, or to itself: before Python 3.13 no error of the system
        if isinstance(error, RuntimeError) or error.errno in (errno.ENOENT, errno.ELOOP):
            raise DataError(Fault("D083", name)) from None
        raise MachineError(Fault("P002", name)) from None


def read_text_files(data: Path) -> tuple[dict[str, str], Findings]:
    """The text of `municipality.toml` and of each of the folder's own texts, and what lies beside
    them that is none; raises `MachineError` where one may not be read."""
    raw, found = data / "raw", Findings("")
    read = {"municipality.toml": _bytes(raw, "municipality.toml")}
    for name in _names(raw / "texts") if "texts" in _names(raw) else ():
        if (raw / "texts" / name).is_dir() and "." not in name:
            found.append(Fault("D081", f"texts/{name}", level="warning"))
        elif name[0] not in ".~":
            read[name] = _bytes(raw, f"texts/{name}")
    return {name: content.decode("utf-8", "replace") for name, content in read.items()}, found


def read_tables(data: Path) -> tuple[dict[str, pd.DataFrame], Findings]:
    """Every raw table as text; one row is a row of the file, its index the row a spreadsheet shows.

    Returns the frames, one without rows where its file is wrong, and all that was found.
    """
    import pandas as pd  # where files lie is known without

    raw, frames, found, none = data / "raw", {}, Findings(""), []
    of_table = group_by_key((_kind_of(name), name) for name in _names(raw))
    others = {name: _near(name) for name in of_table.get("", ())}
    for table, contract in TABLES.items():
        frames[table] = pd.DataFrame(columns=list(contract.columns), dtype="str")
        file = f"{table}.csv"
        near = next((name for name, likely in others.items() if likely == file), "")
        if names := of_table.get(table):
            try:
                frames[table], more = _read_one(raw, table, names)
                found += more
            except DataError as fault:
                found += fault.faults
        elif near or contract.required:
            found.append(Fault("D001", file, details={"near": near, "found": str(raw)}))
            others.pop(near, "")
        else:
            none.append(file)
    if none:
        found.add("D082", value=", ".join(none))
    for name, likely in others.items():
        found.append(Fault("D081", name, level="warning", details={"near": likely}))
    return frames, found


def _read_one(raw: Path, table: str, names: list[str]) -> tuple[pd.DataFrame, Findings]:
    """The table in the only file of its name, however the name is cased."""
    name, kind = names[0], Path(names[0]).suffix.casefold()
    if len(names) > 1:
        raise Findings(name).refusal("D080", found=", ".join(names))
    if kind not in (".csv", ".xlsx"):
        raise Findings(f"{table}.csv").refusal("D041", near=name)
    frame, found = read_table(name, _bytes(raw, name), TABLES[table])
    if name != table + kind:
        found.add("M016", value=table + kind)
    return frame, found


def _kind_of(name: str) -> str:
    """The table that a file is, however its name is cased; "ours" if it is none and yet known."""
    plain = Path(unicodedata.normalize("NFC", name).casefold())
    if plain.stem in TABLES and plain.suffix in TABLE_KINDS:
        return plain.stem
    is_ours = name[0] in ".~" or plain.name in OURS or plain.stem.startswith("readme")
    return "ours" if is_ours else ""


def _near(name: str) -> str:
    """The file that one of nearly its name may have been meant for."""
    stem, kind = Path(name.casefold()).stem, Path(name.casefold()).suffix
    if "municipality" in stem:
        return "municipality.toml"
    known = [closest_word(word, TABLES, 0.8) for word in re.findall("[a-z]+", stem)]
    table = next(filter(None, known), "") if kind in NEAR_KINDS else ""
    return f"{table}.csv" if table else ""


def name_workbooks(faults: Iterable[Fault], data: Path) -> list[Fault]:
    """Faults of a table that is a workbook, under the name of its file."""
    books = {f"{path.stem.casefold()}.csv": path.name for path in (data / "raw").glob("*.xlsx")}
    return [replace(fault, file=books.get(fault.file, fault.file)) for fault in faults]


def write_files(files: Mapping[Path, str | bytes]) -> None:
    """Write files, text as UTF-8, each whole or not at all; raises `MachineError`."""
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
            raise MachineError(Fault("P003", str(path), value=why, details=needs)) from None


def to_json(content: dict[str, Any]) -> str:
    """JSON as text: unknown is null, and no number that JSON has no word for."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def to_csv(frame: pd.DataFrame) -> str:
    """A table as text: comma, one header row, the raw row number first."""
    return str(frame.to_csv(lineterminator="\n"))


def folder_stamp(data: Path) -> tuple[object, ...]:
    """Changes when a file of the folder does."""
    raw = data / "raw"
    paths = (*map(raw.joinpath, _names(raw)), *raw.glob("texts/*"))
    stats = [(path, path.lstat()) for path in paths]
    return tuple((path, of.st_mtime_ns, of.st_size) for path, of in stats)
