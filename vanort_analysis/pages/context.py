"""What a page function may use: the facts of one year in one language, and how to say them."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis.year import Year
from ..data import evidence
from ..data.evidence import Known
from ..data.files import Municipality
from ..data.quantity import Quantity, exact
from ..errors import Fault
from ..language import PLACEHOLDER, MissingFact, Text
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

    @cached_property
    def fingerprint(self) -> str:
        return evidence.fingerprint(self.known, self.municipality, self.prose.own)

    @property
    def known(self) -> Known:
        return self.year.known

    def place_name(self, town: str) -> str:
        """The name of a town, a country or an area in the language of the page."""
        return self.names.get(town, town)

    def describe_code(self, code: str) -> str:
        """What a code or a short name of the data means to a reader."""
        return self.names.get(code) or self.first_sentence(self.plain, "word", code) or code

    def list_places(self, towns: Iterable[str]) -> str:
        """Towns in one line: "Herning, Husby och Kangasala"."""
        return self.text.format_value([self.place_name(town) for town in towns])

    def translate_venue(self, place: str) -> str:
        """Where something was: the areas in its name in the language of the page."""
        for area in self.year.places["area"].unique():
            said = self.place_name(area).replace("\\", r"\\")
            place = re.sub(rf"\b{re.escape(area)}\b", said, place)
        return place

    def own_sentence(self, row: Mapping[str, Any], column: str = "text") -> Markup:
        """A municipality's own sentence in a table; in the other language, and marked so, if it
        has none in this. A fact that is not there this year is said to be missing."""
        own = f"{column}_{self.text.language}"
        others = sorted(key for key in row if str(key).startswith(f"{column}_") and row[key])
        key = own if row.get(own) else next(iter(others), own)
        sentence, gap = row.get(key, ""), self.plain("quantity.unknown.missing")
        facts = {name: self.facts.get(name) or gap for name in PLACEHOLDER.findall(sentence)}
        said, language = self.text.fill_html(sentence, facts), key.removeprefix(f"{column}_")
        return said if key == own else blocks.render_macro("in_language", said, language)

    def own_sentences(self, rows: pd.DataFrame) -> list[Markup]:
        """The municipality's own sentence of each row."""
        return [self.own_sentence(row) for row in rows.to_dict("records")]

    def cite(self, title: str) -> Markup:
        """A title, marked as being in the municipality's own language; nothing if it is empty."""
        own = self.municipality.language
        language = "" if own == self.text.language else own
        return blocks.render_macro("in_language", title, language, "cite") if title else Markup("")

    def cite_row(self, row: Mapping[str, Any]) -> Markup:
        """Where a row comes from: its source, and the place in it."""
        title = self.known.sources[row["source"]]["title"]
        return self.cite(": ".join(filter(None, [title, row.get("locator")])))

    def sources_of(self, cells: Iterable[Any]) -> list[dict[str, Any]]:
        """The sources that the numbers among these rest on."""
        numbers = [n for c in cells for n in (c if isinstance(c, list) else [c])]
        refs = [ref for n in numbers if isinstance(n, Quantity) for ref in n.refs]
        return [self.known.source(ref) for ref in dict.fromkeys(refs)]

    def table(self, frame: pd.DataFrame, name: str) -> Block:
        """A table, with the words that the language file has for its name."""
        return blocks.make_table(frame, name, self.text, self.facts)

    def plain(self, key: str, **more: Any) -> str:
        """A general sentence of the language file as plain text."""
        return self.text.plain(key, {**self.facts, **more})

    def html(self, key: str, **more: Any) -> Markup:
        """A general sentence of the language file, its numbers leading to their sources."""
        return self.text.html(key, {**self.facts, **more})

    def first_sentence(self, say: Callable[..., Any], under: str, *keys: str, **more: Any) -> Any:
        """The first sentence of these `under` a key, `plain` or `html`, whose facts are there."""
        for key in filter(self.text.has, [f"{under}.{key}" for key in keys]):
            with suppress(MissingFact):
                return say(key, **more)
        return ""


Rows = Callable[[Year], pd.DataFrame]
SECTIONS: dict[str, Callable[[Context, pd.DataFrame | None], Block]] = {}


def section(key: str, rows: Rows | None = None) -> Callable[[Callable[..., Block]], Any]:
    """Registers what the section `key` shows under its text: the year's `rows`, if it has any, or
    those of them that the analyst's frame still has, in its order."""

    def register(draw: Callable[..., Block]) -> Callable[..., Block]:
        def drawn(context: Context, frame: pd.DataFrame | None) -> Block:
            if rows is None:
                return draw(context)
            own = rows(context.year)
            return draw(context, own if frame is None else own.loc[frame.index])

        SECTIONS[key] = drawn
        return draw

    return register


def show_chart(
    context: Context,
    key: str,
    draw: Callable[..., str],
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] = {},
    *,
    many: bool = False,
    named: Mapping[str, Any] = {},
    cells: Iterable[Any] = (),
) -> Block:
    """A frame drawn for a wide and a narrow page, and the tables with the same numbers in a fold.

    Of each wording under `key` the first whose facts are there; without one nothing is known that
    the picture could say, and there is none. `named` are facts for its note, of which each sentence
    whose facts are there is said. `many`: no alternative text that names places. The source is that
    of the first table, or of `cells` where there is none.
    """
    title = context.first_sentence(context.html, key, "finding_old", "finding", "finding_plain")
    whats = ("what_plain",) if many else ("what_old", "what", "what_plain")
    what = context.first_sentence(context.html, key, *whats)
    alts = ("alt_plain",) if many else ("alt_former", "alt", "alt_plain")
    alt = context.first_sentence(context.plain, key, *alts)
    if frame.empty or not title or not alt:
        return Block()
    drawn = next((table.to_numpy().flat for table in tables.values()), cells)
    sources = context.sources_of(drawn)
    note, about = f"{key}.note", {**context.facts, **named}
    notes = context.text.sentences(note, about) if context.text.has(note) else []
    lines = [Markup(" ").join(notes)]
    if who := dict.fromkeys(source["publisher"] or source["title"] for source in sources):
        listed = Markup("; ").join(map(context.cite, who))
        lines.append(context.html("chart.source", count=exact(len(who)), sources=listed))
    words = picture_words(context, key)
    wide, narrow = (draw(frame, words, narrow=small) for small in (False, True))
    under = Markup("<br>").join(filter(None, lines))
    picture = blocks.make_figure(wide, narrow, alt, title=title, what=what, note=under)
    said = [context.table(each, name) for name, each in tables.items()]
    return picture + blocks.fold_blocks(context.plain("chart.data"), *said)


def picture_words(context: Context, key: str) -> dict[str, str]:
    """The words of a picture, and the year of the report."""
    return {"until": str(context.known.year), **context.text.get(key).get("words", {})}


def add_place_names(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by town get its name, and whether it is the home town."""
    names = [context.place_name(town) for town in frame["town"]]
    return frame.assign(place=names, home=frame["town"] == context.year.home)


def blank_unknown(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns as a table shows them; an unknown stays only where it says more than that."""
    unknown = frame[list(columns)].map(
        lambda q: isinstance(q, Quantity) and not q.is_known and q.reason in ("", "missing")
    )
    return frame[list(columns)].mask(unknown, "")
