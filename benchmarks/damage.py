"""One damage to one file of a data folder, of many kinds, each from a seed.

A table's file is damaged in a cell, a row, a column or its bytes; a text and `municipality.toml` in
a line or their bytes. The site is where the damaged file has it: the row that a spreadsheet shows.
"""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

Cells = list[list[str]]
PROSE = ("text_sv", "text_en", "note", "locator", "title", "licence", "publisher")


@dataclass(frozen=True)
class Damage:
    """What a damaged file holds, and where the damage is, if it is in one place."""

    kind: str
    file: str
    content: bytes
    row: int | None = None
    column: str = ""
    was: str = ""
    now: str = ""


def written(rows: Cells, mark: str = ",") -> str:
    """Rows as the text of a CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    return out.getvalue()


def somewhere(dice: random.Random, said: str, put: str) -> str:
    """Text with something put into it."""
    at = dice.randrange(len(said) + 1)
    return said[:at] + put + said[at:]


def instead(dice: random.Random, said: str, of: str, by: str) -> str:
    """Text with one of some signs replaced, where it has any; else with the new one at its end."""
    places = [at for at, sign in enumerate(said) if sign in of]
    at = dice.choice(places) if places else len(said)
    sign = by[of.index(said[at]) % len(by)] if places else by[0]
    return said[:at] + sign + said[at + 1 :]


def _slip(dice: random.Random, said: str) -> str:
    """A sign left out, doubled, or changed for the one after it."""
    at = dice.randrange(len(said))
    new = dice.choice(["", said[at] * 2, said[at : at + 2][::-1]])
    return said[:at] + new + said[at + max(1, len(new) if new != said[at] * 2 else 1) :]


def _thousands(dice: random.Random, said: str) -> str:
    sign = dice.choice([" ", "\u00a0", "\u202f", "'", "’", ".", ",", "\u2009"])
    return (
        re.sub(r"(\d)(\d{3})(?!\d)", rf"\1{sign}\2", said)
        if re.search(r"\d{4}", said)
        else (f"1{sign}{dice.randrange(1000):03}")
    )


def _mojibake(dice: random.Random, said: str) -> str:
    odd = somewhere(dice, said, dice.choice("åäöÅÖéæø–")) if said.isascii() else said
    return odd.encode().decode(dice.choice(["cp1252", "mac_roman", "cp850"]), "replace")


def _decimal(dice: random.Random, said: str) -> str:
    return re.sub(r"[.](?=\d)", ",", said) if "." in said else f"{said},{dice.randrange(100)}"


Of = Callable[[random.Random, str], str]
_UNITS = ["kr", "SEK", "DKK", "%", "st", "tkr", "km", "€", "personer", "per år", "mkr", "‰", "USD"]
_SHEET_ERRORS = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#SAKNAS!", "########", "#NAME?", "Err:502"]
_FORMULAS = ["=1+1", '=HYPERLINK("https://a.example";"a")', "+1+1", "@SUM(A1)", "=A1", "-1+1"]
_DATES = ["nov-46", "2013-01-05", "41640", "05/01/2013", "31.9.2014", "jan 2014", "2014-02-30"]
_CONTROL = ["\x07", "\x1b[31m", "\x7f", "\x85", "\x9b", "\x01", "\x0b", "\x1f"]
_HTML = ["<b>x</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&amp;", "${a}"]
_DOUBTS = ["ca", "minst", "högst", "över", "nästan", "mellan", "kanske", "c:a", "<", ">", "~", "±"]
CELL: dict[str, Of] = {
    "cell: blanked": lambda dice, said: "",
    "cell: unit": lambda dice, said: said + dice.choice(["", " "]) + dice.choice(_UNITS),
    "cell: sign": lambda dice, said: dice.choice(["-", "−", "+", "–", "- "]) + said,
    "cell: second sign": lambda dice, said: dice.choice(["--", "+-", "-+", "−-", "- -"]) + said,
    "cell: brackets": lambda dice, said: f"({said})",
    "cell: quotation mark": lambda dice, said: somewhere(dice, said, dice.choice("\"'”«")),
    "cell: BOM": lambda dice, said: somewhere(dice, said, "\ufeff"),
    "cell: NUL": lambda dice, said: somewhere(dice, said, "\0"),
    "cell: HTML": lambda dice, said: somewhere(dice, said, dice.choice(_HTML)),
    "cell: formula": lambda dice, said: dice.choice(_FORMULAS),
    "cell: control character": lambda dice, said: somewhere(dice, said, dice.choice(_CONTROL)),
    "cell: bidi override": lambda dice, said: somewhere(
        dice, said, dice.choice("\u202e\u2066\u202b")
    ),
    "cell: look-alike": lambda dice, said: instead(
        dice, said, "01aeopcABE", "Olаеорс\u0391\u0392\u0395"
    ),
    "cell: foreign digit": lambda dice, said: instead(
        dice,
        said,
        "0123456789",
        dice.choice(["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "²³¹"]),
    ),
    "cell: thousands sign": _thousands,
    "cell: decimal comma": _decimal,
    "cell: mojibake": _mojibake,
    "cell: lost letter": lambda dice, said: somewhere(dice, said, "\ufffd"),
    "cell: error of a spreadsheet": lambda dice, said: dice.choice(_SHEET_ERRORS),
    "cell: made a date": lambda dice, said: dice.choice(_DATES),
    "cell: exponent": lambda dice, said: dice.choice(["1,00E+02", "2,62042E+06", "1e3", "3.4E5"]),
    "cell: doubt": lambda dice, said: f"{dice.choice(_DOUBTS)} {said}",
    "cell: range": lambda dice, said: f"{said}{dice.choice('–-—/')}{dice.randrange(3000)}",
    "cell: footnote": lambda dice, said: said + dice.choice(["*", "¹", " 1)", "†", " [a]", "²"]),
    "cell: blanks": lambda dice, said: dice.choice([f" {said}", f"{said}  ", f"\u00a0{said}\t"]),
    "cell: invisible sign": lambda dice, said: somewhere(
        dice, said, dice.choice("\u00ad\u200b\u200d\u2060\u200e\u200f")
    ),
    "cell: other form of letters": lambda dice, said: unicodedata.normalize("NFD", said + "å"),
    "cell: capitals": lambda dice, said: said.swapcase(),
    "cell: slip of the pen": _slip,
    "cell: line break": lambda dice, said: somewhere(dice, said, dice.choice(["\n", "\r\n", "\r"])),
    "cell: far too long": lambda dice, said: said + " x" * 2600,
    "cell: a word for a number": lambda dice, said: dice.choice(
        ["sjuttio", "två", "flera", "many"]
    ),
    "cell: about a person": lambda dice, said: f"{said} anna.test@a.example",
    "cell: no value": lambda dice, said: dice.choice(
        ["nan", "None", "NULL", "NA", "-", "?", "0", "N/A"]
    ),
}


def _two(dice: random.Random, many: int) -> tuple[int, int]:
    one, other = dice.sample(range(many), 2)
    return one, other


def _drop_cell(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    del rows[row][at]


def _double_cell(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    rows[row].insert(at, rows[row][at])


def _shift(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    rows[row] = [*rows[row][:at], "", *rows[row][at:-1]]


def _shift_back(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    rows[row] = [*rows[row][:at], *rows[row][at + 1 :], ""]


def _swap_in_row(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    other = dice.choice([of for of in range(len(rows[row])) if of != at])
    rows[row][at], rows[row][other] = rows[row][other], rows[row][at]


def _swap_in_column(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    other = dice.choice([of for of in range(1, len(rows)) if of != row])
    rows[row][at], rows[other][at] = rows[other][at], rows[row][at]


def _swap_rows(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    other = dice.choice([of for of in range(1, len(rows)) if of != row])
    rows[row], rows[other] = rows[other], rows[row]


def _total(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    counted = [
        sum(int(cell) for cell in column if cell.isdigit()) for column in zip(*rows, strict=True)
    ]
    word = dice.choice(["Summa", "", "Totalt", "Sum"])
    rows.append([word, *(str(number or "") for number in counted[1:])])


def _join_rows(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    row = min(row, len(rows) - 2)
    rows[row] += rows.pop(row + 1)


def _split_row(dice: random.Random, rows: Cells, row: int, at: int) -> None:
    rows[row : row + 1] = [rows[row][: at or 1], rows[row][at or 1 :]]


RowDamage = Callable[[random.Random, Cells, int, int], None]
ROW: dict[str, RowDamage] = {
    "row: cell dropped": _drop_cell,
    "row: cell doubled": _double_cell,
    "row: cells shifted": _shift,
    "row: cells shifted back": _shift_back,
    "row: two cells swapped": _swap_in_row,
    "rows: two cells of a column swapped": _swap_in_column,
    "rows: swapped": _swap_rows,
    "row: dropped": lambda dice, rows, row, at: rows.pop(row) and None,
    "row: doubled": lambda dice, rows, row, at: rows.insert(row, rows[row]),
    "row: total": _total,
    "rows: blank": lambda dice, rows, row, at: (
        [rows.insert(row, dice.choice([[], [""] * len(rows[0]), [" "]])) for _ in range(2)] and None
    ),
    "row: header again": lambda dice, rows, row, at: rows.insert(row, rows[0]),
    "row: title above": lambda dice, rows, row, at: rows.insert(0, ["Tabell 1: vänorter"]),
    "row: note below": lambda dice, rows, row, at: rows.append(["Källa: kommunens arkiv"]),
    "rows: joined": _join_rows,
    "row: split": _split_row,
}


def _column(rows: Cells, at: int, to: int | None = None) -> None:
    for row in rows:
        cell = row.pop(at)
        if to is not None:
            row.insert(to, cell)


def _swap_under_header(dice: random.Random, rows: Cells, at: int) -> None:
    other = dice.choice([of for of in range(len(rows[0])) if of != at])
    for row in rows[1:]:
        row[at], row[other] = row[other], row[at]


def _swap_headers(dice: random.Random, rows: Cells, at: int) -> None:
    other = dice.choice([of for of in range(len(rows[0])) if of != at])
    rows[0][at], rows[0][other] = rows[0][other], rows[0][at]


def _add_column(dice: random.Random, rows: Cells, at: int) -> None:
    name, filled = dice.choice(["extra", "", "kommun"]), dice.random() < 0.5
    for number, row in enumerate(rows):
        row.insert(at, "" if number and not filled else name if not number else "x")


def _rename(dice: random.Random, rows: Cells, at: int) -> None:
    rows[0][at] = dice.choice([_slip(dice, rows[0][at]), rows[0][at].upper(), "kolumn", ""])


ColumnDamage = Callable[[random.Random, Cells, int], None]
COLUMN: dict[str, ColumnDamage] = {
    "column: dropped": lambda dice, rows, at: _column(rows, at),
    "column: doubled": lambda dice, rows, at: [row.insert(at, row[at]) for row in rows] and None,
    "column: renamed": _rename,
    "column: moved": lambda dice, rows, at: _column(rows, at, dice.randrange(len(rows[0]) - 1)),
    "columns: swapped under their headers": _swap_under_header,
    "columns: headers swapped": _swap_headers,
    "column: added": _add_column,
    "column: emptied": lambda dice, rows, at: (
        [row.__setitem__(at, "") for row in rows[1:]] and None
    ),
}


def _twice(content: bytes) -> bytes:
    return content.decode().encode().decode("latin-1").encode()


def _other_byte(dice: random.Random, content: bytes) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + bytes([dice.randrange(256)]) + content[at + 1 :]


def _flipped_bit(dice: random.Random, content: bytes) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]


def _block(dice: random.Random, content: bytes, by: Callable[[bytes], bytes]) -> bytes:
    start = dice.randrange(len(content))
    end = min(len(content), start + dice.randrange(1, 200))
    return content[:start] + by(content[start:end]) + content[end:]


def _bare_quote(dice: random.Random, content: bytes) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + b'"' + content[at:]


FileDamage = Callable[[random.Random, bytes], bytes]
BYTES: dict[str, FileDamage] = {  # of any file
    "file: Windows-1252": lambda dice, content: content.decode().encode("cp1252", "replace"),
    "file: UTF-16": lambda dice, content: content.decode().encode("utf-16"),
    "file: UTF-16 without a mark": lambda dice, content: content.decode().encode(
        dice.choice(["utf-16-le", "utf-16-be"])
    ),
    "file: CP850": lambda dice, content: content.decode().encode("cp850", "replace"),
    "file: Mac Roman": lambda dice, content: content.decode().encode("mac_roman", "replace"),
    "file: BOM": lambda dice, content: b"\xef\xbb\xbf" + content,
    "file: encoded twice": lambda dice, content: _twice(content),
    "file: line ends": lambda dice, content: content.replace(b"\n", dice.choice([b"\r\n", b"\r"])),
    "file: mixed line ends": lambda dice, content: content.replace(
        b"\n", b"\r\n", dice.randrange(1, 9)
    ),
    "file: cut": lambda dice, content: content[: dice.randrange(len(content))],
    "file: cut from the left": lambda dice, content: content[dice.randrange(len(content)) :],
    "file: byte changed": _other_byte,
    "file: bit flipped": _flipped_bit,
    "file: block of NUL": lambda dice, content: _block(dice, content, lambda of: bytes(len(of))),
    "file: block lost": lambda dice, content: _block(dice, content, lambda of: b""),
    "file: block doubled": lambda dice, content: _block(dice, content, lambda of: of * 2),
    "file: bare quotation mark": _bare_quote,
    "file: emptied": lambda dice, content: dice.choice([b"", b"\n", b"\xef\xbb\xbf", b" \n \n"]),
}
SEPARATORS = {
    "file: semicolons": ";",
    "file: tabs": "\t",
    "file: vertical bars": "|",
    "file: sep= above": ",",
}
Line = Callable[[random.Random, str], str]
TEXT: dict[str, Line] = {  # of a line of prose
    "text: unknown fact": lambda dice, said: somewhere(dice, said, "{no_such_fact}"),
    "text: misspelt fact": lambda dice, said: re.sub(r"\{[?!]?\w", r"\g<0>q", said, count=1),
    "text: unknown source": lambda dice, said: said.split(" [@")[0] + " [@no-such-source, sida 3]",
    "text: digit": lambda dice, said: said + f" {dice.randrange(10_000)}.",
    "text: mark-up": lambda dice, said: (
        said
        + dice.choice(
            [" <b>x</b>", " ![a](b.png)", " `x`", " [a](javascript:b)", " ~~x~~", "|a|b|"]
        )
    ),
    "text: brace": lambda dice, said: somewhere(dice, said, dice.choice("{}")),
    "text: bracket": lambda dice, said: somewhere(dice, said, dice.choice(["[@", "[", "]", "[@a"])),
    "text: control character": lambda dice, said: somewhere(dice, said, dice.choice(_CONTROL)),
    "text: NUL": lambda dice, said: somewhere(dice, said, "\0"),
    "text: bidi override": lambda dice, said: somewhere(dice, said, "\u202e"),
    "text: lost letter": lambda dice, said: somewhere(dice, said, "\ufffd"),
    "text: mojibake": _mojibake,
    "text: slip of the pen": _slip,
    "text: line dropped": lambda dice, said: "",
    "text: line doubled": lambda dice, said: f"{said}\n{said}",
    "text: heading": lambda dice, said: f"## {said}",
    "text: about a person": lambda dice, said: f"{said} anna.test@a.example",
}
SETTING: dict[str, Line] = {  # of a line of municipality.toml
    "setting: misspelt": _slip,
    "setting: bare": lambda dice, said: said.replace('"', ""),
    "setting: quotation mark": lambda dice, said: instead(dice, said, '"', "'"),
    "setting: another kind": lambda dice, said: re.sub(
        "=.*", dice.choice(["= 5", "= []", "= true", '= "2014"', "= {}", "= -1", "= 1.5"]), said
    ),
    "setting: blank": lambda dice, said: re.sub("=.*", '= ""', said),
    "setting: twice": lambda dice, said: f"{said}\n{said}",
    "setting: dropped": lambda dice, said: "",
    "setting: HTML": lambda dice, said: re.sub('="?', dice.choice(_HTML), said, count=1),
    "setting: control character": lambda dice, said: somewhere(dice, said, dice.choice(_CONTROL)),
    "setting: unknown section": lambda dice, said: f"[parameters]\n{said}",
}
OF_TABLES = (*CELL, *ROW, *COLUMN, *SEPARATORS, *BYTES)
KINDS = (*OF_TABLES, *TEXT, *SETTING)


def damage(kind: str, file: str, content: bytes, dice: random.Random) -> Damage:
    """A file damaged in one way."""
    if kind in BYTES:
        return Damage(kind, file, BYTES[kind](dice, content))
    if kind in TEXT or kind in SETTING:
        return _in_line(kind, file, content.decode(), dice)
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    if kind in SEPARATORS:
        sep = "sep=,\n" if kind == "file: sep= above" else ""
        return Damage(kind, file, (sep + written(rows, SEPARATORS[kind])).encode())
    row, at = _cell(dice, rows, filled=kind not in ("cell: formula",))
    column, was = rows[0][at], rows[row][at]
    if kind in CELL:
        rows[row][at] = CELL[kind](dice, was)
        return Damage(kind, file, written(rows).encode(), row + 1, column, was, rows[row][at])
    if kind in COLUMN:
        COLUMN[kind](dice, rows, at)
        return Damage(kind, file, written(rows).encode(), None, column)
    ROW[kind](dice, rows, row, at)
    site = len(rows) if kind in ("row: total", "row: note below") else row + 1
    return Damage(kind, file, written(rows).encode(), site, "", was)


def _cell(dice: random.Random, rows: Cells, *, filled: bool) -> tuple[int, int]:
    """A cell under the header; half of the time one that counts: no prose, and with a digit."""
    places = [(row, at) for row in range(1, len(rows)) for at in range(len(rows[0]))]
    if filled:
        places = [(row, at) for row, at in places if rows[row][at]]
    counting = [
        (row, at)
        for row, at in places
        if rows[0][at] not in PROSE and any(map(str.isdigit, rows[row][at]))
    ]
    return dice.choice(counting if counting and dice.random() < 0.5 else places)


def _in_line(kind: str, file: str, said: str, dice: random.Random) -> Damage:
    lines = said.split("\n")
    settings = kind in SETTING
    places = [at for at, line in enumerate(lines) if line and (not settings or line[0] != "#")]
    if kind == "text: misspelt fact":
        places = [at for at in places if "{" in lines[at]]
    at = dice.choice(places)
    was, lines[at] = lines[at], (SETTING if settings else TEXT)[kind](dice, lines[at])
    return Damage(kind, file, "\n".join(lines).encode(), at + 1, "", was, lines[at])
