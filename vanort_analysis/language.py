"""One language: its sentences, and how it writes numbers, doubt, money and lists (Babel).

Only this module reads the language files. A sentence names what it needs as `{name}`, and inflects
a word by a number or a list as `{name|one|other}`: a form for each plural the language has (CLDR).
A sentence whose facts are missing is left out, so one file serves any municipality and year.
Whatever is filled in is escaped; a number names the rows it rests on, and the exporter turns that
into a link to its source.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache, cached_property, reduce
from itertools import groupby
from operator import getitem
from typing import Any

from babel import Locale
from babel.dates import format_date, format_interval
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_decimal, is_currency
from markupsafe import Markup, escape

from .data.quantity import Quantity
from .data.schema import read_toml
from .errors import Fault, UserError

PLACEHOLDER = re.compile(r"\{([^{}|\s]+)(?:\|[^{}]+)?\}")
SHOWN = re.compile(r"\{([^{}|\s]+)\}")  # as itself, not as the form of a word
FIRST = re.compile(rf'(?:^|[.!?] )(?:<[^>]*>|[”"(])*{SHOWN.pattern}')  # begins a sentence
DECIMALS = {"km": "#,##0", "ratio": "#,##0.00", "percent": "#,##0.#"}
MILLION = 1e6
SMALL = range(2, 13)  # numbers that running text writes as words
Stated = tuple[str, float, float]  # a number as its raw row and its bounds
NO_BREAK, MINUS = "\u00a0", "\u2212"
ENCODINGS = {"utf8": "UTF-8", "utf16": "UTF-16", "cp1252": "Windows-1252"}


class MissingFact(LookupError):
    """A sentence names a fact that is missing."""


@cache
def plural_categories(language: str) -> list[str]:
    """The plural categories of a language in CLDR's order, such as `one` and `other`."""
    tags = {*Locale.parse(language).plural_form.tags, "other"}
    return [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in tags]


class Text:
    """One language file, and what Babel knows of the language. `disputed`: numbers that get a small
    mark, as another source disagrees with them, each as its raw row and its bounds."""

    def __init__(self, language: str, disputed: frozenset[Stated] = frozenset()) -> None:
        self.language, self.disputed = language, disputed

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.get("locale"))

    def get(self, key: str) -> Any:
        """What the language file holds under a dotted key; raises `KeyError`."""
        return reduce(getitem, key.split("."), read_toml(f"languages/{self.language}.toml"))

    def has(self, key: str) -> bool:
        """Whether the language file has the key."""
        with suppress(KeyError, TypeError):
            return self.get(key) is not None
        return False

    def plain(self, key: str, values: Mapping[str, Any] | None = None) -> str:
        """A sentence without mark-up: for pictures, alternative texts and the console."""
        return self.fill(self.get(key), values or {}, self.format_value)

    def fill(self, template: str, values: Mapping[str, Any], show: Callable[[Any], str]) -> str:
        """`template` with each `{name}` replaced; raises `MissingFact`."""

        def replacement(match: re.Match[str]) -> str:
            name, *forms = match[0].strip("{}").split("|")
            if values.get(name) in (None, []):
                raise MissingFact(name)
            if not forms:
                return show(values[name])
            return forms[min(self._plural_index(values[name]), len(forms) - 1)]

        return PLACEHOLDER.sub(replacement, template)

    def _plural_index(self, value: Any) -> int:
        """Which of the forms of a word goes with a value; words take the last."""
        if isinstance(value, Quantity):
            value = value.low if math.isinf(value.high) else value.high
        try:
            number = len(value) if isinstance(value, list) else float(value)
        except ValueError:
            return len(plural_categories(self.language)) - 1
        return plural_categories(self.language).index(self.locale.plural_form(round(number, 6)))

    def format_value(self, value: Any) -> str:
        """A value as plain text."""
        if isinstance(value, Quantity):
            return self.format_quantity(value)
        if isinstance(value, list):
            return format_list([self.format_value(item) for item in value], locale=self.locale)
        return str(value)

    def format_quantity(self, quantity: Quantity, in_table: bool = False) -> str:
        """A quantity in words: "minst 1 135", "ca 13 %"; in a table without a unit but money's."""
        doubt = quantity.doubt
        is_year = quantity.unit == "year"
        if doubt == "unknown":
            kind = "year.unknown" if is_year else f"unknown.{quantity.reason or 'missing'}"
            return self.plain(f"quantity.{kind}")
        if doubt == "none" and is_currency(quantity.unit):
            return self.plain("quantity.no_money")
        key = "quantity.year" if is_year else "quantity"
        low = self._format_number(quantity.low, quantity)
        high = self._format_number(quantity.high, quantity)
        words = high if doubt == "at_most" else low
        if doubt == "between":
            words = self.plain(f"{key}.between", {"low": low, "high": high})
        if not in_table or is_currency(quantity.unit.removesuffix("_each")):
            words = self._add_unit(words, quantity)
        if quantity.about and doubt != "about":
            words = self.plain("quantity.about", {"n": words})
        if doubt in ("exact", "none", "between"):
            return words
        bound = doubt if is_year else quantity.word or doubt
        return self.plain(f"{key}.{bound}", {"n": words})

    def _format_number(self, number: float, quantity: Quantity) -> str:
        if math.isinf(number):
            return ""
        if quantity.unit == "year":
            return f"{number:.0f}"
        if quantity.unit == "numeral":
            return str(self.get("numerals")[SMALL.index(int(number))])
        if quantity.unit == "date":
            return format_date(date.fromordinal(int(number)), "long", self.locale)
        if MILLION <= abs(number) < 1000 * MILLION and number % (MILLION / 10) == 0:
            return format_compact_decimal(
                int(number), format_type="long", locale=self.locale, fraction_digits=1
            )
        digits = format_decimal(number, _number_pattern(quantity), self.locale)
        return digits.replace(" ", NO_BREAK).replace("-", MINUS)

    def _unit_template(self, quantity: Quantity) -> str:
        """How the unit is written with a number; empty for what is only counted."""
        unit = quantity.unit.removesuffix("_each")
        key = f"unit.{unit}" if self.has(f"unit.{unit}") else "unit.currency"
        return str(self.get(key)) if key != "unit.currency" or is_currency(unit) else ""

    def _add_unit(self, words: str, quantity: Quantity) -> str:
        template = self._unit_template(quantity).replace("{n}", words)
        values = {"n": quantity, "code": quantity.unit.removesuffix("_each")}  # `n` inflects it
        return self.fill(template, values, str).replace(" ", NO_BREAK) if template else words

    def html(self, key: str, values: Mapping[str, Any] | None = None) -> Markup:
        """A sentence for the page: what is filled in is escaped, numbers lead to their source."""
        return self.fill_html(self.get(key), values or {})

    def fill_html(self, template: str, values: Mapping[str, Any]) -> Markup:
        """A template that is not in the language file (municipal prose), for the page."""
        return Markup(self.fill(str(escape(template)), values, self.value_html))

    def fill_prose(self, html: str, values: Mapping[str, Any]) -> Markup:
        """A sentence of running text; its counts are words, if all are small and none begins it."""
        shown = {name: values.get(name) for name in SHOWN.findall(html)}
        counts = {n: f for n, f in shown.items() if isinstance(f, Quantity) and self._is_count(f)}
        are_small = all(fact.doubt == "exact" and fact.low in SMALL for fact in counts.values())
        if counts and are_small and counts.keys().isdisjoint(FIRST.findall(html)):
            values = {**values, **{name: fact.in_unit("numeral") for name, fact in counts.items()}}
        return Markup(self.fill(html, values, self.value_html))

    def _is_count(self, quantity: Quantity) -> bool:
        return quantity.unit not in ("year", "date") and not self._unit_template(quantity)

    def sentences(self, key: str, values: Mapping[str, Any]) -> list[Markup]:
        """The sentences of a list in the language file, if it has one, whose facts are known."""
        sentences = []
        for template in self.get(key) if self.has(key) else []:
            with suppress(MissingFact):
                sentences.append(self.fill_html(template, values))
        return sentences

    def value_html(self, value: Any) -> Markup:
        """A value in the page: a number with its source, anything else escaped."""
        if isinstance(value, Quantity):
            return self.quantity_html(value)
        if isinstance(value, list):
            items = [str(self.value_html(item)) for item in value]
            return Markup(format_list(items, locale=self.locale))
        return escape(value)

    def quantity_html(self, quantity: Quantity, in_table: bool = False) -> Markup:
        """A quantity for the page: `<data>` or `<time>`, in a link that names its rows."""
        words = self.format_quantity(quantity, in_table)
        if quantity.unit == "date" and quantity.doubt == "exact":
            day = date.fromordinal(int(quantity.low))
            html = Markup('<time datetime="{}">{}</time>').format(day, words)
        elif quantity.unit == "year" and quantity.doubt == "exact":
            html = Markup("<time>{}</time>").format(words)
        else:
            value = "" if quantity.value is None else f"{quantity.value:.10g}"
            html = Markup('<data value="{}">{}</data>').format(value, words)
        if not quantity.refs:
            return html
        stated = [(ref, quantity.low, quantity.high) for ref in quantity.refs]
        if not self.disputed.isdisjoint(stated) and not quantity.formula:
            html += self.disputed_mark
        how = Markup(' data-how="{}"').format(quantity.formula) if quantity.formula else ""
        rows = " ".join(sorted(quantity.refs))  # the same rows share a note
        return Markup('<a class="n" data-ref="{}"{}>{}</a>').format(rows, how, html)

    @property
    def disputed_mark(self) -> Markup:
        """The sign of a value that another source disagrees with, and its words."""
        mark = Markup('<sup aria-hidden="true">≠</sup><span class="vh"> ({})</span>')
        return mark.format(self.plain("quantity.disputed"))

    def date_html(self, start: str, end: str = "") -> Markup:
        """A day, or the days from one to another, as `<time>`; `start` and `end` are ISO dates."""
        first, last = date.fromisoformat(start), date.fromisoformat(end or start)
        words = format_interval(first, last, "yMMMMd", locale=self.locale)
        return Markup('<time datetime="{}">{}</time>').format(start, words)

    def pick_words(self, words: Any) -> str:
        """The words in this language, else in the first there is; words without one as they are."""
        by_language = words if isinstance(words, dict) else {"": str(words)}
        return by_language.get(self.language) or next(iter(by_language.values()), "")

    def heading(self, table: str, column: str, values: Mapping[str, Any] | None = None) -> str:
        """The heading of a column: of this table, or the one all tables share."""
        key = f"table.{table}.columns.{column}"
        return self.plain(key if self.has(key) else f"columns.{column}", values)

    def describe_column(self, table: str, column: str) -> str:
        """What a column of the data means."""
        key = f"column.{table}.{column}"
        return self.plain(key if self.has(key) else f"column.any.{column}")

    def format_fault(self, fault: Fault) -> str:
        """A fault as a person reads it: where it is, what is wrong, how to fix it."""
        row = fault.details.get("rows", fault.row)
        place = {"file": fault.file, "row": row, "column": fault.column}
        values = {part: escape_control(value, 200) for part, value in place.items() if value}
        if fault.value:
            # of a file that cannot be written, why the system refuses
            why = self.get("system").get(fault.details.get("errno"), fault.value)
            values["value"] = escape_control(why, 60)
        keys = {"column": "cell"} if fault.code.startswith("B") else {}  # of a notebook
        parts = [self.plain(f"fault.{keys.get(part, part)}", values) for part in values]
        lines = [f"{self.plain(f'fault.{fault.level}')} {fault.code}  {', '.join(parts)}"]
        # by the name of its table, a sentence is said of that table alone
        said = {**ENCODINGS, fault.file.partition(".")[0]: fault.file, **values, **fault.details}
        said = {name: escape_control(of, 500) for name, of in said.items() if of not in (None, "")}
        for template in self.get(f"error.{fault.code}"):
            with suppress(MissingFact):
                lines.append(f"    {self.fill(template, said, str)}")
        return "\n".join(lines)


UserError.phrase = staticmethod(lambda fault, language: Text(language).format_fault(fault))


def _number_pattern(quantity: Quantity) -> str:
    """How many decimals to show: all of a stated number, fewer of a computed or rounded one."""
    unit = quantity.unit
    if unit == "percent" and not any(sign.isdigit() for sign in quantity.text):
        return "#,##0" if quantity.about else "#,##0.0"
    if unit.endswith("_each"):
        if quantity.low >= 100:  # decimals of a large mean say nothing
            return "#,##0"
        return "#,##0.#" if quantity.high >= 1 else "@@"  # no mean rounds to zero
    if is_currency(unit):
        return "#,##0" if quantity.formula else "#,##0.##"
    return DECIMALS.get(unit, "#,##0.######")


def escape_control(value: object, longest: int) -> str:
    """Text that is safe to write to a terminal: control characters escaped, cut at `longest`."""
    start = str(value)[: longest + 1]
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in start)
    return shown if len(shown) <= longest else shown[:longest] + "…"


def format_row_runs(numbers: Iterable[int]) -> str:
    """Row numbers, neighbours joined: "2–5, 9"."""
    runs = []
    # within a run, a number and its position differ by the same amount
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        rows = [number for _, number in run]
        runs.append(f"{rows[0]}–{rows[-1]}" if len(rows) > 1 else f"{rows[0]}")
    return ", ".join(runs)
