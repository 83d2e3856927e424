"""Reads the files of a data folder, and writes files whole or not at all."""

import errno
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep
from typing import Any

from ..errors import CommandError, Fault, Findings, MachineError, closest_word, write_failure
from .schema import FILE_WORDS, YEARS
from .spelling import HIDDEN, find_damaged_lines

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGES = sorted(path.stem for path in PACKAGE.glob("languages/*.toml"))
# a clone has its own data and reports; an installed package uses the current folder
PROJECT = PACKAGE.parent if (PACKAGE.parent / "notebooks").is_dir() else Path.cwd()
OWN_DATA = PROJECT / "data"
MB = 1_000_000
LARGEST_MB = 10
LONGEST_SETTING = 300
HALF = ".writing-"  # prefix of a file that is still being written
UNSEEN = re.compile(r"(?i)(^|/)([.~]|__pycache__|(desktop\.ini|thumbs\.db)$)")  # by no person
TRIES, PAUSE_S = 30, 0.1  # to rename what another program has open
# the kinds of setting that may hold several values, and the kind of each value
ITEM_KINDS = {dict: {"names": "name", "texts": "text"}, list: {"years": "year", "list": "texts"}}


@dataclass(frozen=True)
class Municipality:
    """`municipality.toml`: the home town, its names, and the report's defaults."""

    home: str
    names: dict[str, Any] = field(default_factory=dict)  # a text, or texts by language
    year: int = 0
    language: str = "sv"
    made: tuple[int, ...] = ()  # years that have a report
    contact: dict[str, str] = field(default_factory=dict)  # email, phone, page for feedback
    memo: dict[str, Any] = field(default_factory=dict)  # its heading: texts, or texts by language


def find_folder(data: str | Path = "") -> Path:
    """Return the named data folder, or the project's own; raises `CommandError`."""
    with suppress(OSError, RuntimeError, ValueError):  # raised for a name no folder can have
        path = Path(data).expanduser().resolve() if str(data) else OWN_DATA
        if (path / "raw").is_dir():
            return path
    raise CommandError(Fault("C010", file=str(data) or str(OWN_DATA)))


def read_municipality(data: Path) -> Municipality:
    """Read `municipality.toml`; raises `CommandError` with every faulty line."""
    name = "municipality.toml"
    present = list_names(data / "raw")
    if name not in present:
        near = next((other for other in present if "municipality" in other.casefold()), "")
        raise CommandError(Fault("C011", name, details={"near": near}))
    try:
        text = read_bytes(data / "raw", name).decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise CommandError(Fault("T010", name)) from None
    except (ValueError, RecursionError) as error:
        lines = text.splitlines()
        position = re.search(r"at line (\d+)", str(error))
        row = int(position[1]) if position else len(lines)  # something is open at the end
        raise CommandError(Fault("C012", name, row, value=lines[row - 1])) from None
    if faults := [*_check_settings(content, text), *find_damaged_lines(name, text)]:
        raise CommandError(faults)
    names = content["municipality"]
    home = names.pop("home")
    defaults = content.get("report", {})
    defaults["made"] = tuple(sorted(defaults.get("made", ())))
    contact = {kind: value for kind, value in content.get("contact", {}).items() if value.strip()}
    return Municipality(home, names, contact=contact, memo=content.get("memo", {}), **defaults)


def _check_settings(content: Mapping[str, Any], text: str) -> Iterator[Fault]:
    """Yield a fault for each setting that is unknown, missing or of the wrong kind."""
    sections: dict[str, dict[str, str]] = FILE_WORDS["setting"]
    settings: dict[tuple[str, str], Any] = {}
    for section, value in content.items():
        if isinstance(value, dict) and section in sections:
            settings |= {(section, key): value[key] for key in value}
        else:
            settings["", section] = value
    # a misspelt `home` is reported as unknown, not also as missing
    if not any(closest_word(".".join(names), ["municipality.home"], 0.92) for names in settings):
        settings["municipality", "home"] = ""
    for (section, key), value in settings.items():
        kinds: Mapping[str, Any] = sections[section] if section else sections
        if section and key in kinds and _is_valid(value, kinds[key]):
            continue
        start = max(text.find(f"[{section}]"), 0)
        line = re.compile(rf"^[ \t\['\"]*{re.escape(key)}[\s'\"\].=]", re.MULTILINE)
        match = line.search(text, start)
        row = text.count("\n", 0, match.start()) + 1 if match else None
        written = "…"
        with suppress(ValueError, RecursionError):  # of thousands of digits, or of parts
            written = str(value)
        code = "C013" if key in kinds else "C016"
        path = f"{section}.{key}" if section else key
        near = {"near": closest_word(key, kinds)}
        yield Fault(code, "municipality.toml", row, path, written, details=near)


def _is_valid(value: Any, kind: str) -> bool:
    """Whether a setting, or one value of it, is of its kind in `file_words.toml`."""
    if kind == "year":
        return type(value) is int and YEARS[0] <= value <= YEARS[1]
    if isinstance(value, list | dict):
        item_kind = ITEM_KINDS[type(value)].get(kind, "")
        items = value.values() if isinstance(value, dict) else value
        are_valid = [_is_valid(item, item_kind) for item in items] or [kind != "names"]
        return bool(item_kind) and all(are_valid)
    if not isinstance(value, str) or kind in ("years", "list"):
        return False
    is_wrong = kind.startswith("name") and not value.strip()
    is_wrong |= kind == "language" and value not in LANGUAGES
    return not is_wrong and len(value) <= LONGEST_SETTING and not HIDDEN.search(value)


def list_names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        raise MachineError(Fault("P002", file=folder.name)) from None


def read_bytes(raw: Path, name: str) -> bytes:
    """Read a file of the folder; raises `DataError` for a link that leads out of it or nowhere and
    for a file that is too large, `MachineError` for what is no file or may not be read."""
    path = raw / name
    try:
        real = path.resolve()  # a drive in memory or a cloud's on Windows knows no strict one
        if not real.is_relative_to(raw.resolve()):
            raise Findings(name).refusal("D083", value=real)
        size = real.stat().st_size
        if not real.is_file():
            raise MachineError(Fault("P001", name))
        if size > LARGEST_MB * MB:
            raise Findings(name).refusal("D035", value=f"{size // MB} MB", near=f"{LARGEST_MB} MB")
        return real.read_bytes()
    except (OSError, RuntimeError) as error:
        # before Python 3.13 a link to itself raises RuntimeError
        if isinstance(error, RuntimeError) or error.errno in (errno.ENOENT, errno.ELOOP):
            raise Findings(name).refusal("D083") from None
        raise MachineError(Fault("P002", name)) from None


def read_text_files(data: Path) -> tuple[dict[str, str], list[Fault]]:
    """Return `municipality.toml` and the folder's own texts by name, and a fault for each folder
    among the texts; raises `DataError` and `MachineError` as `read_bytes` does."""
    raw = data / "raw"
    faults = []
    contents = {"municipality.toml": read_bytes(raw, "municipality.toml")}
    names = list_names(raw / "texts") if "texts" in list_names(raw) else []
    for name in names:
        if (raw / "texts" / name).is_dir() and "." not in name:
            faults.append(Fault("D081", f"raw/texts/{name}"))
        elif not UNSEEN.search(name):
            contents[f"raw/texts/{name}"] = read_bytes(raw, f"texts/{name}")
    return {name: content.decode("utf-8", "replace") for name, content in contents.items()}, faults


def name_workbooks(faults: Iterable[Fault], data: Path) -> list[Fault]:
    """Return the faults with a table's file named `.xlsx` where it is a workbook."""
    paths = [path for path in (data / "raw").iterdir() if path.suffix.casefold() == ".xlsx"]
    books = {f"{path.stem.casefold()}.csv": path.name for path in paths}
    return [replace(fault, file=books.get(fault.file, fault.file)) for fault in faults]


def refuse_place(path: Path, data: Path, *marks: str) -> None:
    """Raise `CommandError` for a place among the data and, if there are `marks` by which our files
    are known, for a file that holds none of them and for what is no file, such as a device."""
    path = path.resolve()
    folders = [(data / name).resolve() for name in ("raw", "processed")]
    if path == data.resolve() or any(map(path.is_relative_to, folders)):
        raise CommandError(Fault("C025", str(path)))
    if marks and path.exists():
        content = path.read_bytes() if path.is_file() else None
        if content != b"" and not (content and any(mark.encode() in content for mark in marks)):
            raise CommandError(Fault("C026", str(path)))


def write_files(files: Mapping[Path, str | bytes]) -> None:
    """Write files, text as UTF-8, each whole or not at all; raises `MachineError`."""
    odd = "backslashreplace"  # so JSON keeps the names of files that are not UTF-8
    for path, content in files.items():
        partial = path.with_name(f"{HALF}{os.getpid()}-{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content.encode("utf-8", odd) if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            move(partial, path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            own = OSError(error.errno, error.strerror or "", str(path))  # not of the partial file
            raise write_failure(own, path, f"{len(content) // 1000 + 1} kB") from None


def move(source: Path, place: Path, tries: int = TRIES) -> None:
    """Rename a file or folder; what Windows refuses as it is open is waited for, at last named."""
    try:
        (source.rename if source.is_dir() else source.replace)(place)
    except PermissionError as error:
        if tries:
            sleep(PAUSE_S)
            return move(source, place, tries - 1)
        for path in filter(Path.is_file, source.rglob("*")):
            path.rename(path)  # refused where it is open
        raise PermissionError(error.errno, error.strerror, str(source)) from None


def to_json(content: dict[str, Any]) -> str:
    """JSON as text: what is unknown is null; raises `ValueError` for NaN and infinity."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def to_csv(frame: Any) -> str:
    """A table as text: comma, one header row, the raw row number first."""
    return str(frame.to_csv(lineterminator="\n"))


def folder_stamp(data: Path) -> tuple[object, ...]:
    """A value that changes when a file of the folder does."""
    raw = data / "raw"
    paths = [*map(raw.joinpath, list_names(raw)), *raw.glob("texts/*")]
    stats = [(path, path.lstat()) for path in paths]
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)
