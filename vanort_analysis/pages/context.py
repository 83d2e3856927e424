"""What a page function works with: the facts of one year in one language, and ways to word them."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from ..analysis import Year
from ..data import evidence
from ..data.evidence import Known
from ..data.files import LANGUAGES, Municipality, to_csv
from ..data.quantity import UNKNOWN, Quantity, exact
from ..errors import Fault
from ..language import PLACEHOLDER, MissingFact, Text
from .blocks import Block, make_block, make_table, mark_language, render_macro, wrap_blocks
from .prose import Prose

VARIANTS = ("_old", "_former", "", "_plain")  # of a chart's wording, the most telling first
FOLD_LABEL = Markup('{}<span class="vh">: {}</span>')  # of a chart's table: what it shows is heard
Row = Mapping[str, Any]  # of a frame, or of a raw table


@dataclass(frozen=True, eq=False)
class Context:
    """One year in one language; every function that makes a block takes one."""

    year: Year
    text: Text
    municipality: Municipality
    names: Mapping[str, str]
    facts: Mapping[str, Any]
    prose: Prose
    notes: list[Fault]

    @cached_property
    def fingerprint(self) -> str:
        sources = self.known.rows["sources"]  # only tables name those of `basis`
        cited = sources[sources["source"].isin(self.prose.cited_sources)]
        texts = [*self.prose.municipal_files, to_csv(cited).encode()]
        return evidence.fingerprint(self.known, self.municipality, texts)

    @property
    def known(self) -> Known:
        return self.year.known

    @property
    def source_language(self) -> str:
        """The language that titles and places of sources are in; empty if it is the page's."""
        language = self.municipality.language
        return "" if language == self.text.language else language

    def place_name(self, town: str) -> str:
        """The name of a town, a country or an area in the language of the page."""
        return self.names.get(town, town)

    def describe_code(self, code: str, kind: str = "word") -> str:
        """What a code or a short name of the data means to a reader."""
        words = self.names.get(code) or self.choose_sentence(self.plain, f"{kind}.{code}")
        return words or code.replace("_", " ")

    def describe_cell(self, row: Row, column: str) -> str:
        """A cell of a raw row in words, a number as it is written."""
        cell = row[column]
        if column == "place":
            return self.translate_venue(cell)
        if column == "represented":
            return self.list_places(cell.split("|")) if cell else ""
        if column == "status":
            return self.describe_agreement(row) if "level" in row else self.plain(f"status.{cell}")
        return cell.text if isinstance(cell, Quantity) else self.describe_code(str(cell))

    def describe_agreement(self, row: Row) -> str:
        """The state of an agreement this year in words: one in force may be over, or to come."""
        year, state = self.known.year, row["status"]
        if state == "active" and not row["from_year"].low <= year <= row["to_year"].high:
            state = "ended" if row["to_year"].high < year else "to_come"
        return self.plain(f"agreement.{state}")

    def list_places(self, towns: Iterable[str]) -> str:
        """Towns in one line: "Herning, Husby och Kangasala"."""
        return self.text.format_value([self.place_name(town) for town in towns])

    def translate_venue(self, place: str) -> str:
        """A venue, the areas in its name translated to the language of the page."""
        areas = "|".join(map(re.escape, self.year.places["area"].unique()))
        return re.sub(rf"\b(?:{areas})\b", lambda area: self.place_name(area[0]), place)

    def render_row_text(self, row: Row, column: str = "text") -> Markup:
        """The sentence a municipality wrote in a row; in another language, and marked so, if the
        row has none in that of the page. A fact that is not known this year reads as missing; what
        was proposed in an earlier year has the numbers of that year."""
        languages = [self.text.language, self.municipality.language, *LANGUAGES]
        language = next((code for code in languages if row.get(f"{column}_{code}")), languages[0])
        sentence = row.get(f"{column}_{language}", "")
        missing = Text(language).plain("quantity.unknown.missing")
        proposed = row.get("proposed", row.get("amount", UNKNOWN))
        own = {} if proposed.reason == "missing" else {"grant": proposed}  # of several points
        made = row.get("first_made", UNKNOWN)
        facts_then = self.year.at(int(made.value)).facts if made.value else {}
        then = {name: fact for name, fact in facts_then.items() if isinstance(fact, Quantity)}
        known = {**self.facts, **then, **own}
        facts = {name: known.get(name) or missing for name in PLACEHOLDER.findall(sentence)}
        filled = Text(language, self.text.disputed).fill_html(sentence, facts)
        return mark_language(filled, language, self.text.language)

    def render_row_texts(self, rows: pd.DataFrame) -> list[Markup]:
        """The sentence of each row."""
        return [self.render_row_text(row) for row in rows.to_dict("records")]

    def quote(self, cell: Any) -> Any:
        """A cell of a table; text with its language, if that is not the page's."""
        if isinstance(cell, Quantity):
            return cell
        return mark_language(escape(cell), self.source_language, "")

    def cite(self, title: str) -> Markup:
        """A title in a `<cite>` with its language; empty for no title."""
        return render_macro("in_language", title, self.source_language, "cite")

    def source_title(self, source: Row) -> Markup:
        """The publisher and title of a source, a link if it has an address; a report is known by
        its title, and the officer's own choices are called so in each language."""
        if source["kind"] == "own choice":
            return render_macro("in_language", self.plain("section.sources.own"), "", "cite")
        title, publisher = source["title"], source["publisher"]
        is_known = source["kind"] == "report" or publisher in title
        cited = self.cite(title if is_known else f"{publisher}, {title}")
        is_on_the_web = source["url"].startswith(("http://", "https://"))
        return render_macro("link", cited, source["url"]) if is_on_the_web else cited

    def cite_row(self, row: Row) -> Markup:
        """Where a row comes from: its source, and the place in it."""
        title = self.source_title(self.known.sources[row["source"]])
        return Markup(": ").join(filter(None, [title, self.quote(row.get("locator", ""))]))

    def find_sources(self, cells: Iterable[Any]) -> list[dict[str, Any]]:
        """The source of every row that the quantities among these cells, or lists, rest on."""
        values = [value for cell in cells for value in (cell if isinstance(cell, list) else [cell])]
        refs = [ref for value in values if isinstance(value, Quantity) for ref in value.refs]
        return [self.known.source(ref) for ref in dict.fromkeys(refs)]

    def table(self, frame: pd.DataFrame, name: str) -> Block:
        """A table, with the words that the language file has for its name."""
        return make_table(frame, name, self.text, self.facts)

    def plain(self, key: str, **values: Any) -> str:
        """A sentence of the language file as plain text."""
        return self.text.plain(key, {**self.facts, **values})

    def html(self, key: str, **values: Any) -> Markup:
        """A sentence of the language file as HTML, its numbers linked to their sources."""
        return self.text.html(key, {**self.facts, **values})

    def choose_sentence(self, render: Callable[..., Any], *keys: str, **values: Any) -> Any:
        """The first sentence whose facts are all known, by `plain` or `html`; empty if none is."""
        for key in filter(self.text.has, keys):
            with suppress(MissingFact):
                return render(key, **values)
        return ""


Rows = Callable[[Year], pd.DataFrame]
Draw = Callable[..., Block]
SECTIONS: dict[str, tuple[Rows | None, Draw]] = {}


def section(key: str, rows: Rows | None = None) -> Callable[[Draw], Draw]:
    """Register what the section `key` shows under its text, made from the year's `rows` if any."""

    def register(draw: Draw) -> Draw:
        SECTIONS[key] = rows, draw
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
) -> Block:
    """A frame drawn for a wide and a narrow page, and `tables` of the same numbers in a fold.

    Each wording under `key` is the first variant whose facts are known; without a title or an
    alternative text nothing is drawn. `many`: too many places to name in the wording. `named`:
    more facts for that and the note. The sources are those of the first table, else of the frame.
    """
    variants = VARIANTS[-1:] if many else VARIANTS
    title = context.choose_sentence(context.html, *(f"{key}.finding{end}" for end in VARIANTS))
    what = context.choose_sentence(context.html, *(f"{key}.what{end}" for end in variants))
    alt = context.choose_sentence(context.plain, *(f"{key}.alt{end}" for end in variants), **named)
    if frame.empty or not title or not alt:
        return Block()
    notes = [Markup(" ").join(context.text.sentences(f"{key}.note", {**context.facts, **named}))]
    first_table = next(iter(tables.values()), frame)
    sources = context.find_sources(first_table.to_numpy().flat)
    if publishers := dict.fromkeys(source["publisher"] or source["title"] for source in sources):
        listed = Markup("; ").join(map(context.cite, publishers))
        notes.append(context.html("chart.source", count=exact(len(publishers)), sources=listed))
    note = Markup("<br>").join(filter(None, notes))
    words = picture_words(context, key)
    wide, narrow = (Markup(draw(frame, words, narrow=narrow)) for narrow in (False, True))
    figure = make_block("figure", wide, narrow, alt, title, what, note)
    shown = [context.table(table, name) for name, table in tables.items()]
    shown_in = Markup(re.sub(r"</?a\b[^>]*>", "", title))  # a label holds no link
    label = FOLD_LABEL.format(context.plain("chart.data"), shown_in)
    return figure + wrap_blocks("fold", label, *shown)


def picture_words(context: Context, key: str) -> dict[str, str]:
    """The words of a picture, and the year of the report."""
    return {"until": str(context.known.year), **context.text.get(key).get("words", {})}


def add_place_names(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by town with two more columns: place (its name), home (whether it is the home town)."""
    towns = frame["town"]
    return frame.assign(place=towns.map(context.place_name), home=towns == context.year.home)


def blank_unknown(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns for a table: an unknown becomes blank unless it has a reason of its own."""
    shown = frame[list(columns)]
    return shown.mask(shown.map(_is_without_reason), "")


def _is_without_reason(cell: Any) -> bool:
    return isinstance(cell, Quantity) and not cell.is_known and cell.reason in ("", "missing")
