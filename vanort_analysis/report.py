"""The analyst's door: `load(year)` gives the tables as of a year, and every piece of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from .analysis import legacy
from .analysis.legacy import claims, criteria, facts, frames, proposal  # noqa: F401
from .analysis.year import Year
from .data.clean import Dataset, read_dataset
from .data.evidence import as_of
from .data.fingerprint import fingerprint
from .data.quantity import exact
from .errors import Fault, WrongCommand, WrongData
from .language import Missing, Text, languages
from .pages import (
    blocks,
    differences,
    listing,
    masthead,
    memo,
    options,
    picture,
    quality,
    records,
    wording,
)
from .pages import sources as references
from .pages.blocks import Block, Citations
from .pages.cards import cards as all_cards
from .pages.context import Story

TABLES = listing.TABLES | records.TABLES | quality.TABLES | differences.TABLES | options.TABLES


def load(year: int = 0, language: str = "", data: str | Path = "") -> Report:
    """The report of a year: what is left out is taken from `municipality.toml`.

    `data` is a data folder (with `raw/`); without it, the project's own. Raises `UserError`.
    """
    return build_report(read_dataset(data), year, language)


class Report(Story):
    """What is known at the end of a year, as tables and as pieces of pages in one language.

    A table is an attribute (`report.membership`): one row per key, the values chosen. All rows,
    also those not used, stand in `report.known.rows`; `report.facts` are what sentences may name.
    """

    statements = wording.statements
    chart = picture.chart
    map = picture.static_map
    interactive_map = picture.interactive_map
    cards = all_cards
    brief = memo.brief
    points = memo.points
    follow_up = memo.follow_up
    questions = memo.questions
    mended = wording.mended
    declaration = wording.declaration
    news = wording.news
    sources = references.sources
    trace = references.trace
    say = Story.amount

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(frame)}" for name, frame in self.known.used.items())
        return f"Report of {self.known.year} ({self.text.language}): {sizes}"

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables = self.known.used if "year" in self.__dict__ else {}
        if name in tables:
            return tables[name].copy()
        raise AttributeError(name)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.known.used]

    def page(self, name: str) -> Block:
        """The top of a page: its title, what it is, and what the exporter needs to know."""
        lead = self.text.paragraphs(f"page.{name}.lead", self.facts)
        head = blocks.heading(self.html(f"page.{name}.heading"), 1)
        head += blocks.paragraphs(lead, "lead")
        return Block(head.html, head.plain, masthead.about_page(self, name))

    def key_figures(self, name: str) -> Block:
        """The large figures of a page."""
        shown = [
            (self.text.marked(self.facts[key["fact"]]), self.text.html_of(key["what"], self.facts))
            for key in self.text.get(f"key.{name}")
            if key["fact"] in self.facts
        ]
        return blocks.key_figures(shown)

    def section(self, name: str, *topics: str, level: int = 2) -> Block:
        """A heading, the general sentences under it, and the municipality's own on these topics.

        The page leaves out a heading with nothing under it.
        """
        try:
            head = self.html(f"section.{name}.heading")
        except Missing:  # the heading names what this municipality does not have
            return Block(Markup(""))
        under = self.text.paragraphs(f"section.{name}.text", self.facts)
        top = blocks.heading(head, level, name.replace("_", "-")) + blocks.paragraphs(under)
        return top + self.statements(*topics)

    def table(self, name: str) -> Block:
        """A named table: `places`, `members`, `support`, … (`api.TABLES` lists them)."""
        frame = TABLES[name](self)
        if not len(frame):
            return Block(Markup(""))
        return blocks.titled(frame, name, self.text, self.facts)


def build_report(dataset: Dataset, year: int = 0, language: str = "") -> Report:
    """The report of a year of a data folder that is read already."""
    municipality = dataset.municipality
    year, language = year or municipality.year, language or municipality.language
    check_language(language)
    check_year(dataset, year)
    made = [earlier for earlier in municipality.made if earlier < year]
    before = as_of(dataset.tables, made[-1]) if made else None
    what = as_of(dataset.tables, year)
    return _told(dataset, Year(what, municipality.home, dataset.currency, before), language)


def _told(dataset: Dataset, year: Year, language: str) -> Report:
    """The report of what is known in a year; raises `WrongData` for prose that names no fact."""
    what, home = year.known, year.home
    spread = legacy.frames.spread(what)
    if wrong := legacy.criteria.unknown_indicators(what.rows["criteria"]):
        raise WrongData(wrong)
    towns = what.used["towns"].set_index("town")
    translated = towns.get(f"name_{language}", towns["name"])
    names = dict(translated.where(translated != "", towns["name"]))
    found = dict(year.facts)
    decision = legacy.proposal.decide(spread, home, found)
    found |= legacy.proposal.named(spread, decision, found)
    said = legacy.facts.named(found, names, language, dataset.municipality)
    register, citations = what.register, Citations()
    disputed = zip(register["used_ref"], register["column"].str.endswith("year"), strict=True)
    text = Text(language, citations.cite, frozenset(disputed))
    about = (dataset.municipality, citations, dataset.notes, decision)
    mark = fingerprint(legacy.frames.spread(what, refs=False), dataset.municipality, None)
    report = Report(year, spread, said, names, text, *about, mark)
    said |= quality.measured(report)
    if wrong := legacy.facts.unnamed(what.rows, said) + legacy.claims.unknown_checks(
        what.rows["claims"]
    ):
        raise WrongData(wrong)
    tried = (
        legacy.claims.verdicts(spread, said, home)["verdict"] if len(what.used["claims"]) else []
    )
    if len(tried):
        said["claims_tried"] = exact(len(tried))
        said["claims_contradicted"] = exact(sum(verdict == "contradicted" for verdict in tried))
    return report


def check_language(language: str) -> None:
    """Raise `WrongCommand` where there is no such language."""
    if language not in languages():
        near = ", ".join(languages())
        raise WrongCommand(Fault("C002", value=language, details={"near": near}))


def check_year(dataset: Dataset, year: int) -> None:
    """Raise `WrongCommand` where there can be no report for `year`."""
    years = dataset.years
    if year not in years:
        near = f"{years[0]}–{years[-1]}" if years else ""
        raise WrongCommand(Fault("C003", value=str(year), details={"near": near}))
