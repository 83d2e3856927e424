"""The analyst's door: `load(year)` gives the tables as of a year, and every piece of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from . import (
    blocks,
    cards,
    differences,
    listing,
    masthead,
    memo,
    options,
    picture,
    quality,
    records,
    references,
    tabular,
    wording,
)
from .blocks import Block
from .evidence import Known, known
from .language import Missing
from .prepare import Prepared, check_grant, check_language, check_year, prepare
from .quantity import Quantity
from .setting import story_of
from .text import Text

TABLES = listing.TABLES | records.TABLES | quality.TABLES | differences.TABLES | options.TABLES


def load(year: int = 0, language: str = "", data: str | Path = "", grant_sek: float = 0) -> Report:
    """The report of a year: what is left out is taken from `municipality.toml`.

    `data` is a data folder (with `raw/`); without it, the project's own. `grant_sek` is a yearly
    grant to try in place of the recommended one, in the home currency. Raises `UserError`.
    """
    prepared = prepare(data)
    year = year or prepared.municipality.year
    language = language or prepared.municipality.language
    check_language(language)
    check_year(prepared, year)
    made = [earlier for earlier in prepared.municipality.made if earlier < year]
    before = known(prepared.tables, made[-1]) if made else None
    grant = check_grant(prepared, grant_sek)
    return Report(prepared, known(prepared.tables, year), before, language, grant)


class Report:
    """What is known at the end of a year, as tables and as pieces of pages in one language.

    A table is an attribute (`report.membership`): one row per key, the values chosen. All rows,
    also those not used, stand in `report.known.rows`; `report.facts` are what sentences may name.
    """

    def __init__(
        self,
        prepared: Prepared,
        what: Known,
        before: Known | None,
        language: str,
        grant: Quantity | None = None,
    ) -> None:
        self.story = story_of(prepared, what, before, language, grant)
        self.known, self.year, self.facts = what, what.year, self.story.facts
        self.decision = self.story.decision
        self.fingerprint = self.story.fingerprint

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(frame)}" for name, frame in self.known.used.items())
        return f"Report of {self.year} ({self.story.text.language}): {sizes}"

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables = self.__dict__["known"].used if "known" in self.__dict__ else {}
        if name in tables:
            return tables[name].copy()
        raise AttributeError(name)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.known.used]

    def page(self, name: str) -> Block:
        """The top of a page: its title, what it is, and what the exporter needs to know."""
        story = self.story
        lead = story.text.paragraphs(f"page.{name}.lead", story.facts)
        head = blocks.heading(story.html(f"page.{name}.heading"), 1)
        head += blocks.paragraphs(lead, "lead")
        return Block(head.html, head.plain, masthead.about_page(story, name))

    def key_figures(self, name: str) -> Block:
        """The large figures of a page."""
        text, known_facts = self.story.text, self.facts
        shown = [
            (text.marked(known_facts[key["fact"]]), text.html_of(key["what"], known_facts))
            for key in text.get(f"key.{name}")
            if key["fact"] in known_facts
        ]
        return blocks.key_figures(shown)

    def section(self, name: str, *topics: str, level: int = 2) -> Block:
        """A heading, the general sentences under it, and the municipality's own on these topics.

        The page leaves out a heading with nothing under it.
        """
        story = self.story
        try:
            head = story.html(f"section.{name}.heading")
        except Missing:  # the heading names what this municipality does not have
            return Block(Markup(""))
        under = story.text.paragraphs(f"section.{name}.text", story.facts)
        top = blocks.heading(head, level, name.replace("_", "-")) + blocks.paragraphs(under)
        return top + wording.statements(story, *topics)

    @property
    def text(self) -> Text:
        """How things are said in the report's language."""
        return self.story.text

    def statements(self, *topics: str, listed: bool = False) -> Block:
        """The municipality's own sentences on these topics, and where they come from."""
        return wording.statements(self.story, *topics, listed=listed)

    def table(self, name: str) -> Block:
        """A named table: `places`, `members`, `support`, … (`api.TABLES` lists them)."""
        frame = TABLES[name](self.story)
        if not len(frame):
            return Block(Markup(""))
        return tabular.titled(frame, name, self.story.text, self.facts)

    def chart(self, name: str) -> Block:
        """A named chart (`picture.FRAMES` lists them), its numbers as a table a click away."""
        return picture.chart(self.story, name)

    def map(self) -> Block:
        """The chain on a static map."""
        return picture.static_map(self.story)

    def interactive_map(self) -> Block:
        """The chain on a map to click in; it says nothing that map and table do not say."""
        return picture.interactive_map(self.story)

    def cards(self) -> Block:
        """One short card per place."""
        return cards.cards(self.story)

    def brief(self) -> Block:
        """The memo in a few lines: proposal, reasons, cost, doubt."""
        return memo.brief(self.story)

    def points(self) -> Block:
        """The numbered points a committee can adopt."""
        return memo.points(self.story)

    def follow_up(self) -> Block:
        """What came of the recommendations of earlier years, as far as it is known."""
        return memo.follow_up(self.story)

    def questions(self) -> Block:
        """What politicians ask about twin towns, each answered or told that it cannot be."""
        return memo.questions(self.story)

    def mended(self) -> Block:
        """What was put right while reading, and what was noted."""
        return wording.mended(self.story)

    def declaration(self) -> Block:
        """The quality declaration: a line for each of Statistics Sweden's components."""
        return wording.declaration(self.story)

    def news(self) -> Block:
        """What differs from the previous report, in a few lines; or that there is none."""
        return wording.news(self.story)

    def sources(self) -> Block:
        """Where every number shown so far comes from, with links back."""
        return references.sources(self.story)

    def trace(self, what: str, thing: str) -> str:
        """The way of a number, from the raw row through the rule to the facts of the pages."""
        return references.trace(self.story, what, thing)

    def say(self, quantity: Quantity) -> str:
        """A quantity in words of the report's language."""
        return self.story.amount(quantity)
