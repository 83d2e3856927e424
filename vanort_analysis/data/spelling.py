"""A value as people write it → `Quantity`. The words it knows stand in `vocabulary.toml`."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

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
_SPACES = re.compile(r"[\s\u00ad\u200b]+")
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


def normal(text: object) -> str:
    """Text as one would type it: composed letters, plain spaces and minus, nothing around it."""
    if text is None or text != text:  # noqa: PLR0124  NaN alone differs from itself
        return ""
    composed = unicodedata.normalize("NFC", str(text)).replace("\u2212", "-")
    return _SPACES.sub(" ", composed).strip()


def _plain(text: str) -> str:
    """Text without footnotes, and without the digits of other scripts, full-width ones too: they
    cannot be searched for."""
    written = normal(text)
    if marked := _FOOTNOTE.fullmatch(written):
        raise Unreadable("footnote", marked[1])
    plain = "".join(str(unicodedata.decimal(c, c)) for c in written)
    if plain != written:
        raise Unreadable("lookalike", plain)
    return written


@lru_cache(maxsize=100_000)
def parse(text: str) -> Quantity:
    """Read a value as people write it: "ca 100", "16 800 DKK", "70–80", "Uppgift saknas".

    Raises `Unreadable` (codes `words`, `lookalike`, `ambiguous`) rather than guess.
    """
    written = _plain(text)
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
    numbers, found = _read(written)
    for kind in ("number", "rounded", "share"):
        if kind in found:
            numbers.append(float(found[kind]))
    is_range = "to" in found
    if len(numbers) != 1 + is_range or numbers[0] > numbers[-1] or (is_range and numbers[0] < 0):
        raise Unreadable("words")  # of "-5–3" it is not sure which number is below nothing
    low, high = (number * found.get("times", 1) for number in (numbers[0], numbers[-1]))
    doubt = found.get("doubt", "")
    return Quantity(
        low=0.0 if doubt in _UPPER else low,
        high=math.inf if doubt in _LOWER else high,
        about=bool({"about", "rounded", "share"} & set(found)),
        unit="percent" if "share" in found else found.get("unit", ""),
        text=written,
        word=doubt if doubt in (*_LOWER[1:], *_UPPER[1:]) else "",
    )


def _read(written: str) -> tuple[list[float], dict[str, Any]]:
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
            found["to"] = True
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
    written = _plain(text)
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
