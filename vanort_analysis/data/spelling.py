"""Text as people write it: values → `Quantity`, and letters damaged by a wrong encoding restored.

The words it knows are in `vocabulary.toml`.
"""

import codecs
import math
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any

from ..errors import Findings
from .quantity import Quantity
from .schema import read_toml


@dataclass(eq=False)
class Unreadable(ValueError):
    """A value that cannot be read without guessing: the `code` of the fault, what may be meant."""

    code: str = "D014"
    hint: str = ""


_VOCABULARY = read_toml("data/vocabulary.toml")
# what each phrase means, by role: {"tkr": {"times": 1000, "unit": "kr"}}
_MEANINGS = {word: meaning for meaning in _VOCABULARY["phrase"] for word in meaning.pop("words")}
_REASONS = {phrase: why for why, phrases in _VOCABULARY["unknown"].items() for phrase in phrases}
_FOOTNOTE = re.compile(r"(.*\d.*?)(?:\s*[*†‡]+|(?<=\d)[¹²³⁰-⁹]+|\s*\[\w\]|\s+\(?\d\))")
_YEAR = r"(?:1[89]|2\d)\d\d"  # an older one is a slip of the pen
_ONE_YEAR = re.compile(_VOCABULARY["dated"]["year"].replace("YEAR", _YEAR), re.I)
_DECADE = "|".join(map(re.escape, _VOCABULARY["decade"]["words"])).replace(r"\-", "[-–—]")
# what is counted and is no person; a column of persons cannot use it
_THINGS = [word for word, meaning in _MEANINGS.items() if "things" in meaning]
THINGS = re.compile(rf"(?<!\w)(?:{'|'.join(_THINGS)})(?!\w)", re.IGNORECASE)
AND = ("och", "and", "og", "und")  # between two numbers only after "mellan"
_NUMBER = r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_PHRASE = "|".join(map(re.escape, sorted(_MEANINGS, key=len, reverse=True)))
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<phrase>(?:{_PHRASE})(?!(?<=\w)\w))"  # none ends in a word
    rf"|(?P<to>[-–—]|(?:till|to|{'|'.join(AND)})(?!\w))|\s+|(?P<unknown>.)"
)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}|.*[.,].*[.,].*")
MAX_NUMBER = 1e15  # that any source can mean
_LOOKALIKES = str.maketrans("lIOo", "1100")
_LOOKALIKE = re.compile(r"\b[lIOo]*\d[\dlIOo]*\b")  # a word of digits and such letters

_ENCODINGS = ("Windows-1252", "CP850", "Mac Roman")  # legacy, by names that Python knows
_LETTERS = {what: set(letters) for what, letters in _VOCABULARY["letters"].items()}
_BROKEN = re.compile(r"(?<=[^\W\d_])[„†‡Œ™ŠšŽ€‚›¾¿¯®•](?=[^\W\d_])")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
# bidi too, and what no XML may hold
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
# soft hyphen, joiners, direction marks; characters that reverse the text are refused instead
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff]")


def _check_characters(text: str) -> str:
    """The text normalised, with plain minus; refuses footnote marks and digits of other scripts."""
    written = normalise(text).replace("\u2212", "-")
    if footnote := _FOOTNOTE.fullmatch(written):
        raise Unreadable("D046", footnote[1])
    plain = "".join(str(unicodedata.decimal(c, c)) for c in written)
    if plain != written:
        raise Unreadable("D016", plain)
    return written


@lru_cache(maxsize=100_000)
def parse_quantity(text: str) -> Quantity:
    """Read a value as people write it: "ca 100", "16 800 DKK", "70–80", "Uppgift saknas".

    Raises `Unreadable` (D014, D015, D016, D046, D099) rather than guess.
    """
    written = _check_characters(text)
    folded = written.casefold()
    if not folded or folded in _REASONS:
        return Quantity(text=written, reason=_REASONS.get(folded, "missing"))
    if folded in _VOCABULARY["none"]["words"]:
        return Quantity(0, 0, text=written)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", folded):
        with suppress(ValueError):  # an impossible date is refused below, as three numbers
            day = date.fromisoformat(folded).toordinal()
            return Quantity(day, day, unit="date", text=written)
    numbers, meaning = _read_tokens(written)
    numbers += [float(meaning["number"])] if "number" in meaning and written[0] != "(" else []
    doubt = meaning.get("doubt", "")
    is_range = "to" in meaning
    if len(numbers) != (2 if is_range else 1) or numbers[0] > numbers[-1]:
        raise Unreadable
    if numbers[0] < 0 and (is_range or doubt == "at_most"):
        raise Unreadable  # in "-5–3" it is not certain which number is negative
    if doubt == "between" and not is_range:
        raise Unreadable  # "mellan 5" and what?
    if not meaning.get("to", {}).items() <= meaning.items():
        raise Unreadable  # the ends of "5 %–7" and "5 tkr–7000 kr" differ in unit or scale
    scale = 1e6 if numbers[-1] >= 1e6 else 1000  # "5–6000" may be 5000 to 6000
    if not meaning.get("to") and 0 < numbers[0] < 1000 and scale * numbers[0] < numbers[-1]:
        full = f"{numbers[0] * scale:,.0f}–{numbers[-1]:,.0f}"
        raise Unreadable("D099", full.replace(",", " "))
    times = meaning.get("times", 1)
    if max(map(abs, numbers)) * times > MAX_NUMBER:
        raise Unreadable
    low = 0.0 if doubt == "at_most" else numbers[0] * times
    high = math.inf if doubt == "at_least" else numbers[-1] * times
    unit, word = meaning.get("unit", ""), meaning.get("word", "")
    return Quantity(low, high, "about" in meaning, unit, written, word=word)


def _read_tokens(written: str) -> tuple[list[float], dict[str, Any]]:
    """The numbers in a text, and the meaning of its words by role; raises `Unreadable`."""
    folded = re.sub(r"^\+(?=\d)", "", written.casefold())
    sign = 1
    if re.fullmatch(r"\(.+\)", folded):  # how bookkeepers write negative numbers
        folded = folded[1:-1]
        sign = -1
    numbers: list[float] = []
    meaning: dict[str, Any] = {}
    for token in _TOKEN.finditer(folded):
        if token["unknown"]:
            digits = _LOOKALIKE.sub(lambda word: word[0].translate(_LOOKALIKES), written)
            raise Unreadable("D016", digits) if digits != written else Unreadable
        is_between = meaning.get("doubt") == "between"
        if token["number"]:
            if _AMBIGUOUS.fullmatch(token["number"]):
                raise Unreadable("D015", token["number"])
            numbers.append(sign * float(token["number"].replace(" ", "").replace(",", ".")))
        elif token["to"] and numbers and (token["to"] not in AND or is_between):
            # a unit or scale before "to" must be repeated, or be given only after both numbers
            repeated = [role for role in ("unit", "times") if role in meaning]
            meaning["to"] = {role: meaning.pop(role) for role in repeated}
        elif token["to"]:
            if sign < 0 or token["to"].isalpha():  # "--5"
                raise Unreadable
            sign = -1
        elif token["phrase"]:
            added = _MEANINGS[token["phrase"]]
            is_contradictory = meaning | added != added | meaning  # two units, or "högst 100+"
            if is_contradictory or (token["phrase"] == "+" and not numbers):  # "-+5"
                raise Unreadable
            meaning |= added
    return numbers, meaning


@lru_cache(maxsize=100_000)
def parse_year(text: str) -> Quantity:
    """Read a year: `2014`, `2014–2018`, `2020–`, `–2014`, "1940-talet", or nothing; raises
    `Unreadable` (D016, D019, D046)."""
    if not (written := _check_characters(text)):
        return Quantity(-math.inf, math.inf, unit="year", reason="missing")
    if decade := re.fullmatch(rf"((?:18|19|2\d)[1-9]0)(?:{_DECADE})", written, re.I):  # no century
        return Quantity(float(decade[1]), float(decade[1]) + 9, unit="year", text=written)
    match = re.fullmatch(rf"({_YEAR})?(?:\s?([-–—])\s?({_YEAR})?)?", written)
    first, dash, last = match.groups() if match else (None, None, None)
    low = float(first or -math.inf)
    high = float(last or (math.inf if dash else low))
    if not (first or last) or low > high:
        raise Unreadable("D019", "".join(_ONE_YEAR.findall(written)))
    return Quantity(low, high, unit="year", text=written)


def normalise(text: str) -> str:
    """The text with composed letters, single plain spaces and no invisible characters."""
    if text.isascii():
        return " ".join(text.split())
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def _score_reading(text: str) -> tuple[int, bool]:
    """How much a text looks like words, and (to break ties) whether it has Nordic letters."""
    score = 0
    for match in islice(re.finditer(r"[^\x00-\x7f]", text), 10_000):
        char = match[0]
        before = text[match.start() - 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        if not char.isalpha():
            expected = "joining" if before.isalpha() and after.isalpha() else "signs"
            score += 2 if char in _LETTERS[expected] else -1
            continue
        is_alone = not before.isalpha() and not after.isalpha()
        if char.isupper():
            is_misplaced = before.islower() or (before.isalpha() and after.islower())
        else:
            is_misplaced = before.isupper() and after.isupper()
        if is_misplaced or (is_alone and (before + after).isalnum()):
            score -= 1
        else:
            score += 2 if char in _LETTERS["nordic"] and not is_alone else 1
    return score, not _LETTERS["nordic"].isdisjoint(text)


def guess_encoding(content: bytes) -> str:
    """The legacy encoding in which bytes look most like words."""
    return max(_ENCODINGS, key=lambda name: _score_reading(content.decode(name, "replace")))


def decode(content: bytes, findings: Findings) -> str:
    """The text of a CSV file, in whichever encoding it is; raises `DataError`."""
    encoding, code = "utf-8", ""
    if b"\0" * 4 in content:  # in no encoding, but what a power cut leaves
        raise findings.refusal("D072")
    if content.startswith(codecs.BOM_UTF8):
        encoding, code = "utf-8-sig", "M001"
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, code = "utf-16", "M002"
    elif content.count(0) > len(content) // 4:
        encoding, code = ("utf-16-le" if content[1:2] == b"\0" else "utf-16-be"), "M002"
    with suppress(UnicodeDecodeError):
        text = content.decode(encoding)
        if code:
            findings.add(code)
        return text
    text = content.decode("utf-8", "replace")
    if len(re.findall(r"[^\x00-\x7f\ufffd]", text)) > text.count("\ufffd"):  # two encodings, mixed
        raise findings.refusal("D004", text[: text.index("\ufffd")].count("\n") + 1)
    likely = "" if code else guess_encoding(content)
    if likely != "Windows-1252":
        raise findings.refusal("D004", near=likely)
    try:
        text = content.decode(likely)
    except UnicodeDecodeError:
        raise findings.refusal("D004") from None
    findings.add("M003")
    if words := re.findall(r"[^\s,;]*[^\x00-\x7f\xa0][^\s,;]*", text)[:3]:
        findings.add("D053", value=", ".join(words))
    return text


def restore_letters(text: str) -> str:
    """The text as it was before its letters were read in a wrong encoding, if they were."""
    if text.isascii():
        return text
    restored = re.sub(r"[^\x00-\x7f]{2,}", lambda run: _restore_utf8(run[0]), text)
    if restored == text and _BROKEN.search(text) and _score_reading(text)[0] < 0:
        with suppress(UnicodeError):
            content = text.encode("cp1252")
            return content.decode(guess_encoding(content), "replace")
    return restored


def _restore_utf8(run: str) -> str:
    """Characters that are the bytes of UTF-8 in a legacy encoding, as the letters they encode."""
    for encoding in _ENCODINGS:
        with suppress(UnicodeError):
            content = b"".join(
                bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode(encoding) for c in run
            )
            letters = unicodedata.normalize("NFC", content.decode("utf-8"))
            letters.encode("cp1252")  # which has all letters of the sources
            return restore_letters(letters)
    return run


def find_damage(text: str, hidden: re.Pattern[str] = CONTROL) -> tuple[str, str]:
    """The code of the damage to the letters of a text, if any, and the likely original."""
    restored = restore_letters(text)
    if "\ufffd" in text:
        return "D012", restored
    if restored != text:
        return "D011", restored
    return "D010" if hidden.search(text) else "", restored


def find_damaged_lines(name: str, text: str, hidden: re.Pattern[str] = CONTROL) -> Findings:
    """The lines of a text file whose letters are damaged."""
    findings = Findings(name)
    for row, line in enumerate(text.split("\n"), 1):
        code, restored = find_damage(line, hidden)
        if code:
            findings.add(code, row, value=line, near=restored)
    return findings
