"""One language: its sentences, and how it writes numbers, doubt, money and lists (Babel).

Only this module reads the language files. A sentence names what it needs as `{name}`, and bends a
word after a number or a list as `{name|one|other}`: a form for each plural the language has (CLDR).
A sentence whose facts are not there is left out, so one file serves any municipality and year.
Whatever is filled in is escaped; a number names the rows it rests on, and the exporter turns that
into a link to its source.
"""

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_interval
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup, escape

from .data.quantity import Quantity
from .errors import CommandError, Fault

LANGUAGES = Path(__file__).parent / "languages"
PLACEHOLDER = re.compile(r"\{([^{}|\s]+)(?:\|[^{}]+)?\}")
DECIMALS = {"km": "#,##0", "ratio": "#,##0.00", "percent": "#,##0.#"}
MILLION = 1e6
NO_BREAK, MINUS = "\u00a0", "\u2212"
ENCODINGS = {"utf8": "UTF-8", "utf16": "UTF-16", "cp1252": "Windows-1252"}


def is_currency(unit: str) -> bool:
    """Whether a unit is a currency code (ISO 4217)."""
    return len(unit) == len("SEK") and unit.isupper()


class MissingFact(LookupError):
    """A sentence names a fact that is not there."""


def available_languages() -> list[str]:
    """The languages there is a file for."""
    return sorted(file.stem for file in LANGUAGES.glob("*.toml"))


def check_language(language: str) -> None:
    """Raise `CommandError` where there is no such language."""
    if language not in available_languages():
        near = ", ".join(available_languages())
        raise CommandError(Fault("C002", value=language, details={"near": near}))


@cache
def _sentences(language: str) -> dict[str, Any]:
    return tomllib.loads((LANGUAGES / f"{language}.toml").read_text("utf-8"))


class Text:
    """One language file, and what Babel knows of the language.

    `disputed`: raw rows another source disagrees with, and whether about a year; such numbers
    carry a small mark.
    """

    def __init__(self, language: str, disputed: frozenset[tuple[str, bool]] = frozenset()) -> None:
        self.language, self.disputed = language, disputed

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.get("locale"))

    def get(self, key: str) -> Any:
        """What the language file holds under a dotted key; raises `KeyError`."""
        found: Any = _sentences(self.language)
        for part in key.split("."):
            found = found[part]
        return found

    def has(self, key: str) -> bool:
        """Whether the language file has the key."""
        try:
            self.get(key)
        except (KeyError, TypeError):
            return False
        return True

    def plain(self, key: str, values: Mapping[str, Any] | None = None) -> str:
        """A sentence without mark-up: for pictures, alternative texts and the console."""
        return self.fill(self.get(key), values or {}, self.format_value)

    def fill(self, template: str, values: Mapping[str, Any], show: Callable[[Any], str]) -> str:
        """`template` with each `{name}` replaced; raises `Missing` where a fact is not there."""

        def filled(match: re.Match[str]) -> str:
            name, *forms = match[0].strip("{}").split("|")
            if values.get(name) in (None, []):
                raise MissingFact(name)
            return forms[self._plural(values[name])] if forms else show(values[name])

        return PLACEHOLDER.sub(filled, template)

    @property
    def plurals(self) -> list[str]:
        """The plural categories of the language in CLDR's order, such as `one` and `other`."""
        has = {*Locale.parse(self.language).plural_form.tags, "other"}
        return [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in has]

    def _plural(self, value: Any) -> int:
        if isinstance(value, Quantity):
            value = value.low if math.isinf(value.high) else value.high
        try:
            number = len(value) if isinstance(value, list) else float(value)
        except ValueError:  # words
            return -1
        return self.plurals.index(self.locale.plural_form(round(number, 6)))

    def format_value(self, value: Any) -> str:
        """A value as plain text."""
        if isinstance(value, Quantity):
            return self.format_quantity(value)
        if isinstance(value, list):
            return format_list([self.format_value(item) for item in value], locale=self.locale)
        return str(value)

    def format_quantity(self, of: Quantity, unit: bool = True) -> str:
        """A number in words of this language: "minst 1 135", "ca 13 %", "uppgift saknas"."""
        if of.doubt == "unknown":
            kind = "year.unknown" if of.unit == "year" else f"unknown.{of.reason or 'missing'}"
            return self.plain(f"quantity.{kind}")
        if of.doubt == "none" and is_currency(of.unit):
            return self.plain("quantity.no_money")
        key = "quantity.year" if of.unit == "year" else "quantity"
        low, high = self._figure(of.low, of), self._figure(of.high, of)
        said = high if of.doubt == "at_most" else low
        if of.doubt == "between":
            said = self.plain(f"{key}.between", {"low": low, "high": high})
        said = self._with_unit(said, of) if unit else said
        if of.about and of.doubt != "about":
            said = self.plain("quantity.about", {"n": said})
        if of.doubt in ("exact", "none", "between"):
            return said
        word = of.doubt if of.unit == "year" else of.word or of.doubt
        return self.plain(f"{key}.{word}", {"n": said})

    def _figure(self, number: float, of: Quantity) -> str:
        if math.isinf(number):
            return ""
        if of.unit == "year":
            return f"{number:.0f}"
        if of.unit == "date":
            return format_date(date.fromordinal(int(number)), "long", self.locale)
        if abs(number) >= MILLION and number % (MILLION / 10) == 0:
            return format_compact_decimal(
                number, format_type="long", locale=self.locale, fraction_digits=1
            )
        shown = format_decimal(number, self._pattern(of), self.locale)
        return shown.replace(" ", NO_BREAK).replace("-", MINUS)

    @staticmethod
    def _pattern(of: Quantity) -> str:
        """How many decimals to show: what is stated as it is, what is rounded without."""
        if of.unit == "percent" and not any(sign.isdigit() for sign in of.text):
            return "#,##0" if of.about else "#,##0.0"
        if of.unit.endswith("_each"):
            return "#,##0" if of.low >= 100 else "#,##0.#"  # so much of a mean says nothing
        return DECIMALS.get(of.unit, "#,##0" if is_currency(of.unit) else "#,##0.######")

    def _with_unit(self, said: str, of: Quantity) -> str:
        unit = of.unit.removesuffix("_each")
        key = f"unit.{unit}" if self.has(f"unit.{unit}") else "unit.currency"
        if key == "unit.currency" and not is_currency(unit):
            return said
        template = self.get(key).replace("{n}", said)
        whole = self.fill(template, {"n": of, "code": unit}, str)  # `n` bends the unit
        return whole.replace(" ", NO_BREAK)

    def html(self, key: str, values: Mapping[str, Any] | None = None) -> Markup:
        """A sentence for the page: what is filled in is escaped, numbers lead to their source."""
        return self.fill_html(self.get(key), values or {})

    def fill_html(self, template: str, values: Mapping[str, Any]) -> Markup:
        """A template that is not in the language file (municipal prose), for the page."""
        return Markup(self.fill(str(escape(template)), values, self.value_html))

    def sentences(self, key: str, values: Mapping[str, Any]) -> list[Markup]:
        """The sentences of a list in the language file whose facts are all there."""
        kept = []
        for sentence in self.get(key):
            with suppress(MissingFact):
                kept.append(self.fill_html(sentence, values))
        return kept

    def value_html(self, value: Any) -> Markup:
        """A value in the page: a number with its source, anything else escaped."""
        if isinstance(value, Quantity):
            return self.quantity_html(value)
        if isinstance(value, list):
            return Markup(format_list([str(self.value_html(v)) for v in value], locale=self.locale))
        return escape(value)

    def quantity_html(self, of: Quantity, unit: bool = True) -> Markup:
        """A number for the page: `<data>` or `<time>`, in a link that names its rows."""
        said = escape(self.format_quantity(of, unit))
        if of.unit == "date" and of.doubt == "exact":
            day = date.fromordinal(int(of.low))
            inner = Markup('<time datetime="{}">{}</time>').format(day, said)
        elif of.unit == "year" and of.doubt == "exact":
            inner = Markup("<time>{}</time>").format(said)
        else:
            value = "" if of.value is None else f"{of.value:.10g}"
            inner = Markup('<data value="{}">{}</data>').format(value, said)
        if not of.refs:
            return inner
        alone = len(of.refs) == 1 and not of.formula
        if alone and (of.refs[0], of.unit == "year") in self.disputed:
            mark = Markup('<sup aria-hidden="true">≠</sup><span class="vh"> ({})</span>')
            inner += mark.format(self.plain("quantity.disputed"))
        how = Markup(' data-how="{}"').format(of.formula) if of.formula else ""
        rows = " ".join(sorted(of.refs))  # the same rows share a note
        return Markup('<a class="n" data-ref="{}"{}>{}</a>').format(rows, how, inner)

    def date_html(self, start: str, end: str = "") -> Markup:
        """A day, or the days from one to another, as `<time>`; ISO in, words out."""
        first, last = date.fromisoformat(start), date.fromisoformat(end or start)
        shown = format_interval(first, last, "yMMMMd", locale=self.locale)
        return Markup('<time datetime="{}">{}</time>').format(start, shown)

    def pick_words(self, said: Any) -> str:
        """Of words given by language those of this one, else the first there are."""
        by_language = said if isinstance(said, dict) else {"": str(said)}
        return by_language.get(self.language) or next(iter(by_language.values()), "")

    def heading(self, table: str, column: str, values: Mapping[str, Any] | None = None) -> str:
        """The heading of a column: of this table, or the one all tables share."""
        own = f"table.{table}.columns.{column}"
        return self.plain(own if self.has(own) else f"columns.{column}", values)

    def describe_column(self, table: str, column: str) -> str:
        """What a column of the data means."""
        own = f"column.{table}.{column}"
        return self.plain(own if self.has(own) else f"column.any.{column}")

    def format_fault(self, fault: Fault) -> str:
        """A fault as a person reads it: where it is, what is wrong, how to mend it."""
        row = fault.details.get("rows", fault.row)
        named = {"file": fault.file, "row": row, "column": fault.column}
        values = {part: escape_control(said, 200) for part, said in named.items() if said}
        values |= {"value": escape_control(fault.value, 60)} if fault.value else {}
        of = {"column": "cell"} if fault.code.startswith("B") else {}  # of a notebook
        place = [self.plain(f"fault.{of.get(part, part)}", values) for part in values]
        lines = [f"{self.plain(f'fault.{fault.level}')} {fault.code}  {', '.join(place)}"]
        given = {**ENCODINGS, **values, **fault.details}
        facts = {
            name: escape_control(said, 500)
            for name, said in given.items()
            if said not in (None, "")
        }
        for line in self.get(f"error.{fault.code}"):
            with suppress(MissingFact):
                lines.append(f"    {self.fill(line, facts, self.format_value)}")
        return "\n".join(lines)


def escape_control(said: object, longest: int) -> str:
    """Text as it may be written to a terminal: nothing in it that acts, and an end to it."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(said)[: longest + 1])
    return shown if len(shown) <= longest else shown[:longest] + "…"


def format_row_runs(numbers: Iterable[int]) -> str:
    """Row numbers, neighbours joined: "2–5, 9"."""
    found = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda place: place[1] - place[0]):
        rows = [number for _, number in run]
        found.append(f"{rows[0]}–{rows[-1]}" if len(rows) > 1 else f"{rows[0]}")
    return ", ".join(found)
