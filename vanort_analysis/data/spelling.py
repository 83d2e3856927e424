"""Text as people write it: a value → `Quantity`, and letters as they were before a program spoilt
them. The words it knows stand in `vocabulary.toml`."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from contextlib import suppress
from datetime import date
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

from ..errors import Findings
from .quantity import Quantity


class Unreadable(ValueError):
    """A value that cannot be read without guessing: `code` says why, `hint` what may be meant."""

    def __init__(self, code: str, hint: str = "") -> None:
        super().__init__(code)
        self.code, self.hint = code, hint


_VOCABULARY: dict[str, dict[str, Any]] = tomllib.loads(
    files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
)
_MEANING: dict[str, dict[str, Any]] = {}
for _role in ("number", "rounded", "share", "times", "unit"):
    for _phrase, _means in _VOCABULARY[_role].items():
        _MEANING.setdefault(_phrase, {})[_role] = _means
for _doubt, _phrases in _VOCABULARY["doubt"].items():
    _MEANING |= {phrase: {"doubt": _doubt} for phrase in _phrases}
_MEANING |= {phrase: {"about": True} for phrase in _VOCABULARY["about"]["words"]}
_MEANING |= {phrase: {} for phrase in _VOCABULARY["noun"]["words"]}
_REASON = {phrase: why for why, phrases in _VOCABULARY["unknown"].items() for phrase in phrases}
_LOWER, _UPPER = ("at_least", "over", "just_over"), ("at_most", "under", "nearly")
_FOOTNOTE = re.compile(r"(.*\d)(?:\s*[*†‡]+|[¹²³⁰-⁹]+|\s*\[\w\]|\s+\(?\d\))")
_DECADE = "|".join(map(re.escape, _VOCABULARY["decade"]["words"]))
_NUMBER = r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_PHRASE = "|".join(
    re.escape(phrase) + (r"(?!\w)" if phrase[-1].isalpha() else "")
    for phrase in sorted(_MEANING, key=len, reverse=True)
)
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<to>[-–—]|(?:till|to|och|and|og|und)(?!\w))|(?P<phrase>{_PHRASE})"
    r"|(?P<plus>\+)|\s+"
)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}|.*[.,].*[.,].*")
_LOOKALIKE = str.maketrans("lIOo", "1100")

LEGACY = {"cp1252": "Windows-1252", "cp850": "CP850", "mac_roman": "Mac Roman"}  # encodings
_NORDIC, _SIGNS = set("åäöæøéÅÄÖÆØÉ"), set("’”“„–—…•·§°«»´×²³½¼±€£©®\u00a0")
_JOINING = set("’–\u00a0")  # signs that may stand between two letters
_BROKEN = re.compile(r"[^\W\d_][„†‡Œ™ŠšŽ€‚›¾¿¯®•][^\W\d_]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # bidi too
STRANGE = re.compile(f"{CONTROL.pattern}|\ufffd|[^\x00-\x7f]{{2}}|{_BROKEN.pattern}")
# soft hyphen, joiners, marks of direction; what turns text around is refused instead
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff]")


def _check_characters(text: str) -> str:
    """Text with a minus that can be typed; refuses footnotes, and the digits of other scripts,
    full-width ones too: they cannot be searched for."""
    written = normalise(text).replace("\u2212", "-")
    if marked := _FOOTNOTE.fullmatch(written):
        raise Unreadable("footnote", marked[1])
    plain = "".join(str(unicodedata.decimal(c, c)) for c in written)
    if plain != written:
        raise Unreadable("lookalike", plain)
    return written


@lru_cache(maxsize=100_000)
def parse_quantity(text: str) -> Quantity:
    """Read a value as people write it: "ca 100", "16 800 DKK", "70–80", "Uppgift saknas".

    Raises `Unreadable` (codes `words`, `lookalike`, `ambiguous`) rather than guess.
    """
    written = _check_characters(text)
    folded = written.casefold()
    if not folded or folded in _REASON:
        return Quantity(text=written, reason=_REASON.get(folded, "missing"))
    if folded in _VOCABULARY["none"]["words"]:
        return Quantity(0, 0, text=written)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", folded):
        try:
            day = date.fromisoformat(folded).toordinal()
        except ValueError:
            raise Unreadable("words") from None
        return Quantity(day, day, unit="date", text=written)
    numbers, found = _read_tokens(written)
    for kind in ("number", "rounded", "share"):
        if kind in found:
            numbers.append(float(found[kind]))
    doubt, is_range = found.get("doubt", ""), "to" in found
    if len(numbers) != 1 + is_range or numbers[0] > numbers[-1] or (is_range and numbers[0] < 0):
        raise Unreadable("words")  # of "-5–3" it is not sure which number is below nothing
    if doubt == "between" and not is_range:
        raise Unreadable("words")  # "mellan 5" and what?
    if any(found.get(role) != said for role, said in found.get("to", {}).items()):
        raise Unreadable("words")  # "5 %–7" and "5 tkr–7000 kr" are of two things
    low, high = (number * found.get("times", 1) for number in (numbers[0], numbers[-1]))
    return Quantity(
        low=0.0 if doubt in _UPPER else low,
        high=math.inf if doubt in _LOWER else high,
        about=bool({"about", "rounded", "share"} & set(found)),
        unit="percent" if "share" in found else found.get("unit", ""),
        text=written,
        word=doubt if doubt in (*_LOWER[1:], *_UPPER[1:]) else "",
    )


def _read_tokens(written: str) -> tuple[list[float], dict[str, Any]]:
    """The numbers in a text, and what its words mean; raises `Unreadable` at the first unknown."""
    folded = re.sub(r"^\+(?=\d)", "", written.casefold())
    in_brackets = re.fullmatch(r"\(.+\)", folded)  # how bookkeepers write less than nothing
    folded, sign = (folded[1:-1], -1) if in_brackets else (folded, 1)
    numbers: list[float] = []
    found: dict[str, Any] = {}
    position = 0
    while position < len(folded):
        token = _TOKEN.match(folded, position)
        if token is None:
            swapped = written.translate(_LOOKALIKE)
            like = any(c.isdigit() for c in written) and re.fullmatch(_NUMBER, swapped)
            raise Unreadable("lookalike", swapped) if like else Unreadable("words")
        position = token.end()
        if token["number"]:
            if _AMBIGUOUS.fullmatch(token["number"]):
                raise Unreadable("ambiguous", token["number"])
            numbers.append(sign * float(token["number"].replace(" ", "").replace(",", ".")))
        elif token["to"] and numbers:
            # what is said of the first number has to be said again, or only after both
            found["to"] = {role: found.pop(role) for role in ("unit", "times") if role in found}
        elif token["to"]:
            if sign < 0 or token["to"].isalpha():  # less than nothing is said once: not "--5"
                raise Unreadable("words")
            sign = -1
        elif token["plus"]:
            if not numbers:  # "-+5"; one plus before a number says nothing
                raise Unreadable("words")
            found["doubt"] = "at_least"
        elif token["phrase"]:
            if found | (means := _MEANING[token["phrase"]]) != means | found:
                raise Unreadable("words")  # two units, or doubts that contradict each other
            found |= means
    return numbers, found


@lru_cache(maxsize=100_000)
def parse_year(text: str) -> Quantity:
    """Read a year: `2014`, `2014–2018`, `2020–`, `–2014`, "1940-talet", or nothing; raises
    `Unreadable`."""
    written = _check_characters(text)
    if not written:
        return Quantity(-math.inf, math.inf, unit="year", reason="missing")
    if decade := re.fullmatch(rf"([12]\d[1-9]0)(?:{_DECADE})", written):  # "1900-talet" is longer
        return Quantity(float(decade[1]), float(decade[1]) + 9, unit="year", text=written)
    match = re.fullmatch(r"([12]\d{3})?(?:\s?([-–—])\s?([12]\d{3})?)?", written)
    first, dash, last = match.groups() if match else ("", "", "")
    if not (first or last) or (first and last and first > last):
        guess = re.search(r"\b[12]\d{3}\b", written)
        raise Unreadable("year", guess[0] if guess else "")
    low = float(first) if first else -math.inf
    high = float(last) if last else (math.inf if dash else low)
    return Quantity(low, high, unit="year", text=written)


def normalise(cell: str) -> str:
    """Composed letters, plain blanks, none around, no invisible signs."""
    if cell.isascii():
        return " ".join(cell.split())
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", cell)).split())


def score_reading(text: str) -> tuple[int, bool]:
    """How much a reading looks like words: letters where letters stand, signs where signs do; and
    whether it has letters of the Nordic languages, before which any doubt is told."""
    score, nordic = 0, False
    for match in islice(re.finditer(r"[^\x00-\x7f]", text), 10_000):
        sign, at = match[0], match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        inside = before.isalpha() and after.isalpha()
        if not sign.isalpha():
            score += 2 if sign in (_JOINING if inside else _SIGNS) else -1
            continue
        alone = not before.isalpha() and not after.isalpha()
        capital = before.islower() or (before.isalpha() and after.islower())
        small = before.isupper() and after.isupper()
        wrong = (capital if sign.isupper() else small) or (alone and (before + after).isalnum())
        score += -1 if wrong else 2 if sign in _NORDIC and not alone else 1
        nordic = nordic or (sign in _NORDIC and not wrong)
    return score, nordic


def restore_letters(cell: str) -> str:
    """A cell as it was before its letters were read in a wrong encoding, if they were."""
    if cell.isascii():
        return cell
    whole = re.sub(r"[^\x00-\x7f]{2,}", lambda run: _decode_again(run[0]), cell)
    if whole == cell and _BROKEN.search(cell) and score_reading(cell)[0] < 0:
        with suppress(UnicodeError):
            written = cell.encode("cp1252")
            readings = [written.decode(encoding, "replace") for encoding in LEGACY]
            return max(readings, key=score_reading)
    return whole


def _decode_again(run: str) -> str:
    """Signs that are the bytes of UTF-8 in another encoding, as the letters they stand for."""
    for encoding in LEGACY:
        with suppress(UnicodeError):
            written = b"".join(
                bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode(encoding) for c in run
            )
            read = unicodedata.normalize("NFC", written.decode("utf-8"))
            read.encode("cp1252")
            return restore_letters(read)
    return run


def find_damage(said: str, hidden: re.Pattern[str] = CONTROL) -> tuple[str, str]:
    """The code of what has become of the letters of a text, and how it was likely written."""
    meant = restore_letters(said)
    code = "D012" if "\ufffd" in said else "D011" if meant != said else ""
    return code or "D010" * bool(hidden.search(said)), meant


def find_damaged_lines(name: str, text: str, hidden: re.Pattern[str] = CONTROL) -> Findings:
    """The lines of a text whose letters are spoilt."""
    found = Findings(name)
    for row, line in enumerate(text.split("\n"), 1):
        code, meant = find_damage(line, hidden)
        if code:
            found.add(code, row, value=line, near=meant)
    return found
