"""A second reader of the files, by the standard library and simple rules: what is written there.

It shares nothing with the package but the contract of the tables. It holds what the package read
against what it reads itself, and says where they differ.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

Value = tuple[float, float, str]  # low, high, unit
INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
BLANK = re.compile(r"[\s\u00a0\u202f\u2009]+")
TRUTH = {"sant": "true", "falskt": "false", "true": "true", "false": "false"}


@dataclass
class Sheet:
    """A table as its file has it: rows by the number a spreadsheet shows, the header's number."""

    head: list[str]
    rows: dict[int, list[str]]


def text_of(content: bytes) -> str:
    """The text of a file: marked as Unicode, or UTF-8, or UTF-16 by its zeros, or Windows-1252."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content.count(0) * 4 > len(content):
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def sheet_of(content: bytes, columns: list[str]) -> Sheet:
    """The rows of a CSV file under the first row that has most of the names of columns."""
    text = text_of(content)
    first = text.split("\n", 1)[0]
    mark = max(",;\t|", key=lambda sign: sum(plain(of) in columns for of in first.split(sign)))
    if first.strip().startswith("sep="):
        mark = first.strip()[4:5] or mark
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    known = [sum(header(cell) in columns for cell in found) for found in records[:10]]
    at = known.index(max(known))
    return Sheet([header(cell) for cell in records[at]], dict(enumerate(records[at + 1 :], at + 2)))


def plain(cell: str) -> str:
    """A cell without what cannot be seen: blanks around it, invisible signs, how it is composed."""
    seen = "".join(sign for sign in unicodedata.normalize("NFC", cell) if sign not in INVISIBLE)
    return BLANK.sub(" ", seen).strip()


def header(cell: str) -> str:
    """A header as the name of a column."""
    return re.sub("[ -]+", "_", plain(cell).lower().rstrip(":*"))


# by the words before a number: whether they leave it open below, above
WORDS = dict.fromkeys(("ca", "c:a", "ca.", "~", "cirka", "um"), (False, False))
WORDS |= dict.fromkeys(("minst", "över", ">", "drygt"), (False, True))
WORDS |= dict.fromkeys(("högst", "<", "nästan", "under"), (True, False))
ROUNDED = re.compile(r"(ca|c:a|ca\.|cirka|ungefär|runt) ")  # may follow another of the words
UNKNOWN = ("", "-", "–", "—", "?", "n/a", "x", ".", "..", "...", "nämns inte")
UNITS = {"kr": "kr", "sek": "SEK", "dkk": "DKK", "nok": "NOK", "€": "EUR", "%": "percent"}
UNITS |= {"‰": "per_mille", "tkr": "kr", "mkr": "kr"}
UNITS |= dict.fromkeys(("", "st", "st.", "personer", "per år", "enskilda", "år"), "")
UNITS |= {"person": "", "%personer": "percent", "kr per år": "kr"}
TIMES = {"tkr": 1000.0, "mkr": 1_000_000.0}
NUMBER = re.compile(r"([-+]?) ?(\d{1,3}(?: \d{3})+|\d+)(?:[.,](\d+))?(?: ?(\D+))?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
RANGE = re.compile(r"(\d[\d ]*?) ?[-–—] ?(\d.*)")


def value_of(cell: str) -> Value | None:
    """A count or an amount by simple rules; none where they do not reach."""
    said = plain(cell).replace("−", "-").lower()
    if said in UNKNOWN:
        return 0.0, math.inf, ""
    if DAY.fullmatch(said):
        with suppress(ValueError):
            day = float(date.fromisoformat(said).toordinal())
            return day, day, "date"
        return None
    word = next((of for of in WORDS if re.match(rf"{re.escape(of)}(\b|(?=\W))", said)), "")
    below, above = WORDS.get(word, (False, said.endswith("+")))
    said = ROUNDED.sub("", said.removeprefix(word).removesuffix("+").strip(), count=1)
    ends = RANGE.fullmatch(said)
    numbers = [_number(of) for of in (ends.groups() if ends else [said])]
    if None in numbers:
        return None
    (low, _), (high, unit) = numbers[0], numbers[-1]
    return 0.0 if below else low, math.inf if above else high, unit


def _number(said: str) -> tuple[float, str] | None:
    match = NUMBER.fullmatch(said)
    if not match or (unit := (match[4] or "").strip()) not in UNITS:
        return None
    number = float(f"{match[2].replace(' ', '')}.{match[3] or 0}") * TIMES.get(unit, 1)
    return -number if match[1] == "-" else number, UNITS[unit]


def year_of(cell: str) -> Value | None:
    """A year or an interval of years by simple rules."""
    said = plain(cell).replace("−", "-")
    if not said:
        return -math.inf, math.inf, "year"
    if decade := re.fullmatch(r"(\d{3}0)(-talet|-tal|s)", said):
        return float(decade[1]), float(decade[1]) + 9, "year"
    first, dash, last = (
        part.strip() for part in re.fullmatch(r"([^-–—]*)([-–—]?)(.*)", said).groups()
    )
    if any(of and not re.fullmatch(r"[12][0-9]{3}", of) for of in (first, last)):
        return None
    low = float(first) if first else -math.inf
    return low, float(last) if last else math.inf if dash else low, "year"


def differences(
    name: str, content: bytes, kinds: Mapping[str, str], dataset: Any, known: Mapping[Any, Value]
) -> Iterator[str]:
    """Where the tables of a data set differ from what the file of one of them says, untold.

    `kinds` has the kind of each column; `known` the values of cells that were there before.
    """
    raw, table = dataset.raw[name], dataset.tables[name]
    notes = [note for note in dataset.notes if note.file.startswith(f"{name}.")]
    told = {cell[:2]: cell for note in notes for cell in note.details.get("cells", ())}
    skipped = [plain(note.value) for note in notes if note.code == "M011"]
    named = "\n".join(f"{note.column} {note.value}" for note in notes).casefold()
    sheet = sheet_of(content, list(kinds))
    filled = {row: cells for row, cells in sheet.rows.items() if any(map(str.strip, cells))}
    totals = {note.row for note in notes if note.code == "M012"}
    for row, cells in filled.items():
        if (
            row not in raw.index
            and row not in totals
            and not any(plain(" ".join(cells)) in said for said in skipped)
        ):
            yield f"row {row} is lost: {cells[:4]}"
    for row in set(raw.index) - set(filled):
        yield f"row {row} is invented"
    blank = len(sheet.rows) - len(filled)
    if blank and not any(note.code == "M006" for note in notes):
        yield f"{blank} blank rows skipped untold"
    for column in dict.fromkeys(sheet.head):
        if column and column not in kinds and column not in named:
            yield f"column {column} unread and untold"
    for column, kind in kinds.items():
        if column not in sheet.head and column not in named:
            yield f"column {column} is not in the file, untold"
            continue
        at = sheet.head.index(column) if column in sheet.head else None
        for row in sorted(set(raw.index) & set(filled)):
            cells = filled[row]
            says = cells[at] if at is not None and at < len(cells) else ""
            read = raw.at[row, column]
            if read != says and not _told(told.get((row, column)), says, read, kind):
                yield f"row {row}, {column}: {says!r} read as {read!r}, untold"
            held = table.at[row, column]
            if wrong := _misread(
                read, held, kind, known.get((name, column, read)), dataset.currency
            ):
                yield f"row {row}, {column}: {wrong}"


def _told(cell: Any, says: str, read: str, kind: str) -> bool:
    """Whether a change is told, and loses nothing."""
    if cell is None or (cell[2], cell[3]) != (says, read):
        return False
    same = plain(says)
    return read in (
        same,
        same.replace(",", ".") if kind == "degrees" else same,
        TRUTH.get(same.lower()),
    )


def _misread(cell: str, held: Any, kind: str, before: Value | None, currency: str) -> str:
    """What is held of a cell if it is not what the cell says."""
    if kind in ("count", "quantity", "year"):
        says = before or (year_of if kind == "year" else value_of)(cell)
        holds = (held.low, held.high, held.unit)
        no_money = says == (0.0, 0.0, "") and held.unit == currency  # nothing, in whatever currency
        if says and (says[2] == "kr" or no_money):
            says = (*says[:2], currency)
        if says is None:
            return f"{cell!r}, which no simple rule reads, is held as {holds}"
        return "" if says == holds else f"{cell!r} is held as {holds}, not {says}"
    if kind in ("whole", "degrees", "flag"):
        expected = {"whole": int, "degrees": float, "flag": {"true": True, "false": False}.get}
        is_none = str(held) in ("<NA>", "nan", "None")
        says = None if not cell else expected[kind](cell)
        return (
            ""
            if (is_none if says is None else not is_none and held == says)
            else f"{cell!r} is held as {held}"
        )
    return "" if held == cell else f"{cell!r} is held as {held!r}"


def letters(said: str) -> str:
    """The letters and facts of a line of prose, without its marks, links and sources."""
    bare = re.sub(r"\[@[^\]]*\]|\]\([^)]*\)|\{[#?!][^}]*\}|<[^>]*>", "", plain(said))
    return "".join(sign for sign in bare if sign.isalnum() or sign in "{}:?!")


def lost_lines(content: bytes, manuscript: Any) -> Iterator[str]:
    """Lines and sources of a text that the manuscript does not hold, and those it has invented."""
    said = text_of(content)
    lines = [line for of in manuscript.sections.values() for line in of]
    holds = sorted("".join(letters(unescape(re.sub("<[^>]*>", "", line.html))) for line in lines))
    says = sorted("".join(map(letters, said.splitlines())))
    if says != holds:
        more = len(says) - len(holds)
        yield f"the text has {more} letters more than what is read of it"
    sources = set(re.findall(r"(?<!\w)@([\w-]+)", said))
    named = set(re.findall(r"\{([^?!#}|][^}|]*)", said))
    # and what must be known, or must not, unless a sentence also shows it
    sources |= set(re.findall(r"\{[?!]([^}]*)\}", said)) - named
    held = {source for line in lines for source, _ in line.cites}
    held |= {of for line in lines for of in line.needs | line.excludes} - named
    if sources != held:
        yield f"sources {sorted(sources ^ held)}"


def other_settings(content: bytes, municipality: Any) -> Iterator[str]:
    """The settings that are held otherwise than `municipality.toml` has them."""
    says = tomllib.loads(text_of(content))
    report, names = says.get("report", {}), dict(says["municipality"])
    expected = {
        "home": names.pop("home"),
        "names": names,
        "year": report.get("year", 0),
        "language": report.get("language", "sv"),
        "made": tuple(sorted(report.get("made", ()))),
        "contact": {way: at for way, at in says.get("contact", {}).items() if at.strip()},
        "memo": says.get("memo", {}),
    }
    for name, setting in expected.items():
        if getattr(municipality, name) != setting:
            yield f"{name} is held as {getattr(municipality, name)!r}, not {setting!r}"
