"""Every sentence a reader or the analyst sees, as the page and the console show it.

A sentence whose facts are not there is left out, so one language file serves any municipality
and any year. Whatever is filled in is escaped; a number leads to its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from babel.dates import format_interval
from babel.lists import format_list
from markupsafe import Markup, escape

from .errors import Fault
from .language import Language, Missing
from .quantity import Quantity

ENCODINGS = {"utf8": "UTF-8", "utf16": "UTF-16", "cp1252": "Windows-1252"}


class Text(Language):
    """One language. `cite` numbers the entry in the source list that a number leads to, and which
    of the entry's places this is; without it numbers are plain.

    `disputed`: raw rows another source disagrees with, and whether about a year; such numbers
    carry a small mark.
    """

    def __init__(
        self,
        language: str,
        cite: Callable[[Quantity], tuple[int, int]] | None = None,
        disputed: frozenset[tuple[str, bool]] = frozenset(),
    ) -> None:
        super().__init__(language)
        self.disputed = disputed
        self._cite = cite

    def html(self, key: str, values: Mapping[str, Any] | None = None) -> Markup:
        """A sentence for the page: what is filled in is escaped, numbers lead to their source."""
        return self.html_of(self.get(key), values or {})

    def html_of(self, template: str, values: Mapping[str, Any]) -> Markup:
        """A template that is not in the language file (municipal prose), for the page."""
        return Markup(self.fill(str(escape(template)), values, self.marked))

    def paragraphs(self, key: str, values: Mapping[str, Any]) -> list[Markup]:
        """The sentences of a list in the language file whose facts are all there."""
        return self.paragraphs_of(self.get(key), values)

    def paragraphs_of(self, sentences: Iterable[str], values: Mapping[str, Any]) -> list[Markup]:
        """Those sentences whose facts are all there."""
        kept = []
        for sentence in sentences:
            try:
                kept.append(self.html_of(sentence, values))
            except Missing:
                continue
        return kept

    def marked(self, value: Any) -> Markup:
        """A value in the page: a number with its source, anything else escaped."""
        if isinstance(value, Quantity):
            return self.number(value)
        if isinstance(value, list):
            return Markup(format_list([str(self.marked(v)) for v in value], locale=self.locale))
        return escape(value)

    def number(self, of: Quantity, unit: bool = True) -> Markup:
        """A number for the page: `<data>` or `<time>`, linked to its source."""
        said = escape(self.amount(of, unit))
        refs = escape(_rows(of.refs))
        if of.unit in ("year", "date") and of.doubt == "exact":
            day = of.unit == "date" and date.fromordinal(int(of.low)).isoformat()
            when = Markup(' datetime="{}"').format(day) if day else ""  # a year says itself
            inner = Markup('<time{} data-ref="{}">{}</time>').format(when, refs, said)
        else:
            value = "" if of.value is None else f"{of.value:.10g}"
            inner = Markup('<data value="{}" data-ref="{}">{}</data>').format(value, refs, said)
        if not of.refs or self._cite is None:
            return inner
        entry, place = self._cite(of)
        if (
            len(of.refs) == 1
            and not of.formula
            and (of.refs[0], of.unit == "year") in self.disputed
        ):
            mark = Markup('<sup aria-hidden="true">≠</sup><span class="vh"> ({})</span>')
            inner += mark.format(self.plain("quantity.disputed"))
        return Markup('<a class="n" href="#{0}" id="{0}-{1}">{2}</a>').format(entry, place, inner)

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


def runs(numbers: Iterable[int]) -> str:
    """Row numbers, neighbours joined: "2–5, 9"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in runs)


def _rows(refs: Iterable[str]) -> str:
    """Raw rows for a machine, a word for each table: "chain:20–24,26 membership:2"."""
    tables: dict[str, list[int]] = {}
    for table, number in (ref.split(":") for ref in refs):
        tables.setdefault(table, []).append(int(number))
    return " ".join(f"{table}:{runs(rows).replace(' ', '')}" for table, rows in tables.items())
