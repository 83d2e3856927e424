"""What a page function may use: the facts of one year in one language, and how to say them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis.year import Year
from ..data.evidence import Known
from ..data.files import Municipality
from ..data.quantity import Quantity
from ..errors import Fault
from ..language import PLACEHOLDER, Text
from . import blocks
from .blocks import Block
from .prose import Prose


@dataclass(frozen=True, eq=False)
class Context:
    """One year, one language; passed to everything that shows something."""

    year: Year
    text: Text
    municipality: Municipality
    names: Mapping[str, str]
    facts: Mapping[str, Any]
    prose: Prose
    notes: list[Fault]
    fingerprint: str = ""

    @property
    def known(self) -> Known:
        return self.year.known

    @property
    def home(self) -> str:
        return self.municipality.home

    def name(self, town: str) -> str:
        """A town's name in the language of the page."""
        return self.names.get(town, town)

    def word(self, code: str) -> str:
        """What a code or a short name of the data means to a reader."""
        if code in self.names:
            return self.names[code]
        return self.plain(f"word.{code}") if self.text.has(f"word.{code}") else code

    def list_of(self, towns: Iterable[str]) -> str:
        """Towns in one line: "Herning, Husby och Kangasala"."""
        return self.text.shown([self.name(town) for town in towns])

    def area(self, place: Mapping[str, Any]) -> str:
        """The country or area of a place in the language of the page."""
        english = self.text.language == "en" and place["area_en"]
        return str(place["area_en"] if english else place["area"])

    def said(self, row: Mapping[str, Any], column: str = "text") -> Markup:
        """A municipality's own sentence in a table; in the other language, and marked so, if it
        has none in this. A fact that is not there this year is said to be missing."""
        own = f"{column}_{self.text.language}"
        others = sorted(key for key in row if str(key).startswith(f"{column}_") and row[key])
        key = own if row.get(own) else next(iter(others), own)
        sentence, gap = row.get(key, ""), self.plain("quantity.unknown.missing")
        facts = {name: self.facts.get(name) or gap for name in PLACEHOLDER.findall(sentence)}
        filled = self.text.html_of(sentence, facts)
        return filled if key == own else blocks.in_language(filled, key.removeprefix(f"{column}_"))

    def said_of(self, rows: pd.DataFrame) -> list[Markup]:
        """The municipality's own sentence of each row."""
        return [self.said(row) for row in rows.to_dict("records")]

    def title(self, row: Mapping[str, Any]) -> str:
        """The title of the source of a raw row, or of a source itself."""
        return str(self.known.sources[row["source"]]["title"])

    def cited(self, title: str) -> Markup:
        """A title, marked as being in the municipality's own language; nothing if it is empty."""
        own = self.municipality.language
        language = "" if own == self.text.language else own
        return blocks.in_language(title, language, "cite") if title else Markup("")

    def origin(self, row: Mapping[str, Any]) -> Markup:
        """Where a row comes from: its source, and the place in it."""
        return self.cited(": ".join(filter(None, [self.title(row), row.get("locator")])))

    def sources_of(self, cells: Iterable[Any]) -> list[dict[str, Any]]:
        """The sources that the numbers among these rest on."""
        numbers = [n for c in cells for n in (c if isinstance(c, list) else [c])]
        refs = [ref for n in numbers if isinstance(n, Quantity) for ref in n.refs]
        return [self.known.source(ref) for ref in dict.fromkeys(refs)]

    def table(self, frame: pd.DataFrame, name: str) -> Block:
        """A table, with the words that the language file has for its name."""
        return blocks.table(frame, name, self.text, self.facts)

    def plain(self, key: str, **more: Any) -> str:
        """A general sentence of the language file as plain text."""
        return self.text.plain(key, {**self.facts, **more})

    def html(self, key: str, **more: Any) -> Markup:
        """A general sentence of the language file, its numbers leading to their sources."""
        return self.text.html(key, {**self.facts, **more})

    def amount(self, quantity: Quantity) -> str:
        """A quantity in words, without a link."""
        return self.text.amount(quantity)


Draw = Callable[[Context, "pd.DataFrame | None"], Block]
SECTIONS: dict[str, Draw] = {}


def section(key: str) -> Callable[[Draw], Draw]:
    """Registers what the section `key` shows under its text. It is given the analyst's frame,
    whose index selects the rows of the year's own."""

    def register(draw: Draw) -> Draw:
        SECTIONS[key] = draw
        return draw

    return register


def chosen(rows: pd.DataFrame, frame: pd.DataFrame | None) -> pd.DataFrame:
    """The rows of the year's own frame that the analyst's frame still has, in its order."""
    return rows if frame is None else rows.loc[frame.index]
