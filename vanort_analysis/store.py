"""Every file opened under the data folder: bytes → rows, and nothing half-written."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .dialect import rows
from .errors import Fault, WrongCommand, WrongData, WrongPlace, meant
from .tables import TABLES

PACKAGE = Path(__file__).resolve().parent
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
    parameters: dict[str, object] = field(default_factory=dict)
    made: tuple[int, ...] = ()  # the years there are reports for
    contact: dict[str, str] = field(default_factory=dict)  # email, phone, page: whom to tell


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
    about, report = content.get("municipality", {}), content.get("report", {})
    if not isinstance(about, dict) or not isinstance(about.get("home"), str):
        raise WrongCommand(Fault("C013", file=path.name, column="municipality.home"))
    if not isinstance(report, dict) or type(report.get("year", 0)) is not int:
        raise WrongCommand(Fault("C013", file=path.name, column="report.year"))
    names = {key: value for key, value in about.items() if isinstance(value, dict)}
    language = str(report.get("language", "sv"))
    made = report.get("made", [])
    if not isinstance(made, list) or not all(type(year) is int for year in made):
        raise WrongCommand(Fault("C013", file=path.name, column="report.made"))
    contact = content.get("contact", {})
    if not isinstance(contact, dict) or not all(isinstance(at, str) for at in contact.values()):
        raise WrongCommand(Fault("C013", file=path.name, column="contact"))
    contact = {way: at for way, at in contact.items() if at.strip()}
    parameters = content.get("parameters", {})
    about_report = (report.get("year", 0), language, parameters, tuple(sorted(made)))
    return Municipality(about["home"], names, *about_report, contact)


def read(data: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Every raw table as text; one row is a row of the file, its index the row a spreadsheet shows.

    Returns the frames and what was mended on the way; raises `WrongData` with all faults at once.
    """
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
            frames[table], mended = rows(name, _content(data / "raw" / name), contract)
            notes += mended
        except WrongData as fault:
            wrong += fault.faults
    if wrong:
        raise WrongData(wrong)
    return frames, notes


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise WrongPlace(Fault("P001", file=path.name)) from None
    except PermissionError:
        raise WrongPlace(Fault("P002", file=path.name)) from None


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


def file_hashes(data: Path) -> dict[str, str]:
    """SHA-256 of each table and of `municipality.toml`, by file name."""
    names = [*(f"{table}.csv" for table in TABLES), "municipality.toml"]
    paths = [data / "raw" / name for name in sorted(names)]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.exists()}
