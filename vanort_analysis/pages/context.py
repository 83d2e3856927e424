"""What a page is told from: the facts of one year in one language, and how to say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis.legacy.proposal import Decision
from ..analysis.year import Year
from ..data.evidence import Known
from ..data.files import Municipality
from ..data.quantity import Quantity
from ..errors import Fault
from ..language import Text
from .blocks import Citations


@dataclass(frozen=True, eq=False)
class Story:
    """Passed to everything that shows something; holds no logic of its own but names and prose."""

    year: Year
    legacy: Any  # what is known, as the old engines read it
    facts: dict[str, Any]
    names: dict[str, str]
    text: Text
    municipality: Municipality
    citations: Citations
    notes: list[Fault]
    decision: Decision
    fingerprint: str = ""

    @property
    def known(self) -> Known:
        """What is known in the year, all that the report rests on."""
        return self.year.known

    @property
    def currency(self) -> str:
        return self.year.currency

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

    def list_of(self, towns: list[str]) -> str:
        """Towns in one line: "Herning, Husby och Kangasala"."""
        return self.text.shown([self.name(town) for town in towns]) if towns else ""

    def area(self, place: Mapping[str, Any]) -> str:
        """The country or area of a place in the language of the page."""
        english = self.text.language == "en" and place["area_en"]
        return str(place["area_en"] if english else place["area"])

    def prose(self, row: Mapping[str, Any], column: str = "text") -> Markup:
        """A municipality's own sentence; in the other language, and marked so, if it has none."""
        language = self.text.language
        own = row.get(f"{column}_{language}", "")
        if own:
            return self.text.html_of(own, self.facts)
        for key, said in row.items():
            if str(key).startswith(f"{column}_") and said:
                other = str(key).removeprefix(f"{column}_")
                filled = self.text.html_of(said, self.facts)
                return Markup('<span lang="{}">{}</span>').format(other, filled)
        return Markup("")

    def titles(self, refs: Iterable[str]) -> list[str]:
        """The titles of the sources behind raw rows, each once."""
        return list(dict.fromkeys(self.title(self.known.row(ref)) for ref in refs))

    def origin(
        self, rows: Iterable[Mapping[str, Any]], titled: bool = True, located: bool = True
    ) -> Markup:
        """Where rows come from: each source (its title, if `titled`) with its places, once."""
        if isinstance(rows, pd.DataFrame):
            rows = rows.to_dict("records")
        places: dict[str, list[str]] = {}
        for row in rows:
            found = places.setdefault(self.title(row), [])
            if located and row.get("locator") and row["locator"] not in found:
                found.append(row["locator"])
        said = [
            ": ".join(filter(None, [title * titled, "; ".join(found)]))
            for title, found in places.items()
        ]
        return self.cited(" · ".join(filter(None, said)))

    def title(self, row: Mapping[str, Any]) -> str:
        """The title of the source of a raw row, or of a source itself."""
        return str(self.known.sources[row["source"]]["title"])

    def publishers(self, cells: Iterable[Any]) -> list[Markup]:
        """Who has published what the numbers among these rest on, each once."""
        numbers = [n for c in cells for n in (c if isinstance(c, list) else [c])]
        refs = [ref for n in numbers if isinstance(n, Quantity) for ref in n.refs]
        sources = [self.known.source(ref) for ref in dict.fromkeys(refs)]
        named = dict.fromkeys(source["publisher"] or source["title"] for source in sources)
        return [self.cited(name) for name in named]

    def cited(self, title: str) -> Markup:
        """A title, marked as being in the municipality's own language; nothing if it is empty."""
        own = self.municipality.language
        language = Markup("") if own == self.text.language else Markup(' lang="{}"').format(own)
        return Markup("<cite{}>{}</cite>").format(language, title) if title else Markup("")

    def plain(self, key: str, **more: Any) -> str:
        """A general sentence as plain text."""
        return self.text.plain(key, self.facts | more)

    def html(self, key: str) -> Markup:
        """A general sentence for the page, its numbers leading to their sources."""
        return self.text.html(key, self.facts)

    def amount(self, quantity: Quantity) -> str:
        """A quantity in words, without a link."""
        return self.text.amount(quantity)
