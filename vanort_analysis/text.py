"""Every sentence a reader or the analyst sees, per language; numbers and dates by Babel.

Only this module reads the language files. A sentence names what it needs as `{name}`; a sentence
whose facts are not there is left out, so one file serves any municipality and any year.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date, format_interval
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup, escape

from .errors import Fault
from .quantity import Quantity

PLACEHOLDER = re.compile(r"\{([^{}\s]+)\}")
DECIMALS = {"km": "#,##0", "ratio": "#,##0.00", "percent": "#,##0.#"}
MILLION = 1e6
NO_BREAK, MINUS = "\u00a0", "\u2212"
ENCODINGS = {"utf8": "UTF-8", "utf16": "UTF-16", "cp1252": "Windows-1252"}


def is_currency(unit: str) -> bool:
    """Whether a unit is a currency code (ISO 4217)."""
    return len(unit) == len("SEK") and unit.isupper()


class Missing(LookupError):
    """A sentence names a fact that is not there."""


def languages() -> list[str]:
    """The languages there is a file for."""
    folder = files(__package__) / "languages"
    return sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
    )


@cache
def _sentences(language: str) -> dict[str, Any]:
    found = files(__package__) / "languages" / f"{language}.toml"
    return tomllib.loads(found.read_text("utf-8"))


class Text:
    """One language. `cite` gives the link a number leads to; without it numbers are plain.

    `disputed`: the raw rows another source disagrees with; their numbers carry a small mark.
    """

    def __init__(
        self,
        language: str,
        cite: Callable[[Quantity], tuple[str, str]] | None = None,
        disputed: frozenset[str] = frozenset(),
    ) -> None:
        self.language = language
        self.disputed = disputed
        self.locale = Locale.parse(self.get("locale"))
        self._cite = cite

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
        return self.fill(self.get(key), values or {}, self.shown)

    def html(self, key: str, values: Mapping[str, Any] | None = None) -> Markup:
        """A sentence for the page: what is filled in is escaped, numbers lead to their source."""
        return self.html_of(self.get(key), values or {})

    def html_of(self, template: str, values: Mapping[str, Any]) -> Markup:
        """A template that is not in the language file (municipal prose), for the page."""
        return Markup(self.fill(str(escape(template)), values, self.marked))

    def paragraphs(self, key: str, values: Mapping[str, Any]) -> list[Markup]:
        """The sentences of a list whose facts are all there."""
        kept = []
        for sentence in self.get(key):
            try:
                kept.append(self.html_of(sentence, values))
            except Missing:
                continue
        return kept

    def fill(self, template: str, values: Mapping[str, Any], show: Callable[[Any], str]) -> str:
        """`template` with each `{name}` replaced; raises `Missing` where a fact is not there."""

        def one(match: re.Match[str]) -> str:
            value = values.get(match[1])
            if value is None or (isinstance(value, list) and not value):
                raise Missing(match[1])
            return show(value)

        return PLACEHOLDER.sub(one, template)

    def marked(self, value: Any) -> Markup:
        """A value in the page: a number with its source, anything else escaped."""
        if isinstance(value, Quantity):
            return self.number(value)
        if isinstance(value, list):
            return Markup(format_list([str(self.marked(v)) for v in value], locale=self.locale))
        return escape(value)

    def shown(self, value: Any) -> str:
        """A value as plain text."""
        if isinstance(value, Quantity):
            return self.amount(value)
        if isinstance(value, list):
            return format_list([self.shown(item) for item in value], locale=self.locale)
        return str(value)

    def number(self, of: Quantity, unit: bool = True) -> Markup:
        """A number for the page: `<data>` or `<time>`, linked to its source."""
        said = escape(self.amount(of, unit))
        refs = escape(" ".join(of.refs))
        if of.unit in ("year", "date") and of.doubt == "exact":
            when = (
                date.fromordinal(int(of.low)).isoformat() if of.unit == "date" else f"{of.low:.0f}"
            )
            inner = Markup('<time datetime="{}" data-ref="{}">{}</time>').format(when, refs, said)
        else:
            value = "" if of.value is None else f"{of.value:.10g}"
            inner = Markup('<data value="{}" data-ref="{}">{}</data>').format(value, refs, said)
        if not of.refs or self._cite is None:
            return inner
        entry, place = self._cite(of)
        if len(of.refs) == 1 and of.refs[0] in self.disputed:
            mark = Markup('<sup aria-hidden="true">≠</sup><span class="vh"> ({})</span>')
            inner += mark.format(self.plain("quantity.disputed"))
        return Markup('<a class="n" href="#{}" id="{}">{}</a>').format(entry, place, inner)

    def amount(self, of: Quantity, unit: bool = True) -> str:
        """A number in words of this language: "minst 1 135", "ca 13 %", "uppgift saknas"."""
        if of.doubt == "unknown":
            kind = f"quantity.unknown.{of.reason or 'missing'}"
            return self.plain("quantity.year.unknown" if of.unit == "year" else kind)
        of_year = "quantity.year." if of.unit == "year" else "quantity."
        low, high = self._figure(of.low, of), self._figure(of.high, of)
        if of.doubt == "between":
            said = self.plain(f"{of_year}between", {"low": low, "high": high})
            return self._with_unit(said, of.unit if unit else "")
        said = self._with_unit(high if of.doubt == "at_most" else low, of.unit if unit else "")
        if of.about and of.doubt != "about":
            said = self.plain("quantity.about", {"n": said})
        if of.doubt in ("exact", "none"):
            return said
        return self.plain(f"{of_year}{of.doubt}", {"n": said})

    def _figure(self, number: float, of: Quantity) -> str:
        if math.isinf(number):
            return ""
        if of.unit == "year":
            return f"{number:.0f}"
        if of.unit == "date":
            return format_date(date.fromordinal(int(number)), "long", self.locale)
        if abs(number) >= MILLION:
            return format_compact_decimal(
                number, format_type="long", locale=self.locale, fraction_digits=1
            )
        pattern = self._pattern(of)
        shown = str(format_decimal(number, pattern, self.locale))
        return shown.replace(" ", NO_BREAK).replace("-", MINUS)

    @staticmethod
    def _pattern(of: Quantity) -> str:
        """How many decimals to show: what is stated as it is, what is rounded without."""
        if of.unit == "percent" and not any(sign.isdigit() for sign in of.text):
            return "#,##0" if of.about else "#,##0.0"
        if of.unit.endswith("_each"):
            return "#,##0.#"
        return DECIMALS.get(of.unit, "#,##0" if is_currency(of.unit) else "#,##0.######")

    def _with_unit(self, said: str, unit: str) -> str:
        unit = unit.removesuffix("_each")
        key = unit if self.has(f"unit.{unit}") else "currency" * is_currency(unit)
        if not key:
            return said
        return self.plain(f"unit.{key}", {"n": said, "code": unit}).replace(" ", NO_BREAK)

    def plural(self, key: str, number: float) -> str:
        """The form of a word that goes with a number: `key.one`, `key.other`, …"""
        return str(self.get(key)[self.locale.plural_form(number)])

    def date(self, start: str, end: str = "") -> Markup:
        """A day, or the days from one to another, as `<time>`; ISO in, words out."""
        first, last = date.fromisoformat(start), date.fromisoformat(end or start)
        shown = format_interval(first, last, "yMMMMd", locale=self.locale)
        return Markup('<time datetime="{}">{}</time>').format(start, shown)

    def column(self, table: str, column: str, values: Mapping[str, Any] | None = None) -> str:
        """The heading of a column: of this table, or the one all tables share."""
        own = f"table.{table}.columns.{column}"
        return self.plain(own if self.has(own) else f"columns.{column}", values)

    def meaning(self, table: str, column: str) -> str:
        """What a column of the data means."""
        own = f"column.{table}.{column}"
        return self.plain(own if self.has(own) else f"column.any.{column}")

    @staticmethod
    def link(title: str, url: str) -> Markup:
        """A title, linked if its address is one of the web."""
        if not url.startswith(("http://", "https://")):
            return escape(title)
        return Markup('<a href="{}">{}</a>').format(url, title)

    def fault(self, fault: Fault) -> str:
        """A fault as a person reads it: where it is, what is wrong, how to mend it."""
        shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in fault.value)
        values = {
            **ENCODINGS,
            "file": fault.file,
            "row": fault.row or "",
            "column": fault.column,
            "value": shown if len(shown) <= 60 else shown[:60] + "…",
        }
        place = [self.plain(f"fault.{part}", values) for part in ("file", "row", "column", "value")
                 if getattr(fault, part)]  # fmt: skip
        head = f"{self.plain(f'fault.{fault.level}')} {fault.code}  {', '.join(place)}"
        said = values | {name: str(value) for name, value in fault.details.items()}
        lines = [self._optional(line, said) for line in self.get(f"error.{fault.code}")]
        return "\n".join([head, *(f"    {line}" for line in lines if line)])

    def _optional(self, line: str, values: Mapping[str, Any]) -> str:
        given = {name: value for name, value in values.items() if value != ""}
        try:
            return self.fill(line, given, self.shown)
        except Missing:
            return ""
