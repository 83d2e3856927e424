"""The analyst's door: `load(year)` gives the frames as of a year, and every piece of the pages."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .analysis.checks import check_fact_names
from .analysis.facts import fact_names, table_of
from .analysis.year import Year, year_of
from .data import files
from .data.clean import Dataset, read_dataset
from .data.files import Municipality, name_workbooks
from .data.quantity import Quantity, to_records
from .errors import CommandError, DataError, Fault, closest_word
from .language import PLACEHOLDER, Text, available_languages, check_language
from .pages import chain_map, memo, quality, site, trends  # noqa: F401
from .pages import sources as notes
from .pages.blocks import Block
from .pages.context import SECTIONS, Context
from .pages.prose import TEXTS, Manuscript, Prose, check_manuscripts, read_manuscripts

if TYPE_CHECKING:
    import geopandas

PARAMETERS = {"year", "language", "data"}
WORDS = ("association", "movement", "commissioner")  # that a municipality may leave out
FRAMES = ["members", "support", "hosting", "history", "size", "national", "activity"]
FRAMES += ["checks", "points", "follow_up"]


def load(year: int = 0, language: str = "", data: str | Path = "") -> Report:
    """The report of a year: what is left out is taken from `municipality.toml`.

    `data` is a data folder (with `raw/`); without it, the project's own. Raises `UserError`.
    """
    _refuse_unknown_parameters()
    folder = files.find_folder(data)
    general = tuple((path, path.stat().st_mtime_ns) for path in sorted(TEXTS.iterdir()))
    return _load_once(folder, (files.folder_stamp(folder), general), year, language)


@lru_cache(maxsize=8)
def _load_once(folder: Path, _: object, year: int, language: str) -> Report:
    """What has not changed is not read again, in this process and its forks: data and texts."""
    return build_report(read_folder(folder), year, language)


def read_folder(data: str | Path) -> Dataset:
    """The data of a folder; where its tables are wrong, what is wrong in its texts is told too.

    Raises `DataError`.
    """
    folder = files.find_folder(data)
    try:
        return read_dataset(folder)
    except DataError as error:
        files.read_text_files(folder)  # raises if what is wrong is that they may not be read
        texts = read_manuscripts([TEXTS, folder / "raw" / "texts"], available_languages())
        raise DataError([*error.faults, *(of for text in texts for of in text.faults)]) from None


def build_report(dataset: Dataset, year: int = 0, language: str = "") -> Report:
    """The report of a year of a data folder that is read already."""
    municipality = dataset.municipality
    asked, year, language = year, year or municipality.year, language or municipality.language
    check_language(language)
    if year not in (years := dataset.years):
        near = f"{years[0]}–{years[-1]}"
        where = ("", None, "") if asked else ("municipality.toml", None, "report.year")
        raise CommandError(Fault("C003", *where, str(year), details={"near": near}))
    of_year = year_of(dataset, year)
    known = of_year.known
    towns = to_records(known.used["towns"])
    named = f"area_{language}"
    names = {town["area"]: town[named] for town in towns if town.get(named)}
    names |= {town["town"]: town.get(f"name_{language}") or town["name"] for town in towns}
    disputed = zip(known.register["used_ref"], known.register["column"], strict=True)
    text = Text(language, frozenset((ref, column.endswith("year")) for ref, column in disputed))
    facts = _words(of_year, names, text, municipality) | quality.quality_facts(of_year)
    facts |= site.accessibility_facts(municipality.contact)
    texts = tuple(
        read_manuscripts([TEXTS, dataset.folder / "raw" / "texts"], available_languages())
    )
    if wrong := _wrong_names(dataset, texts, frozenset(facts)):
        absent = [note for note in dataset.notes if note.code == "D082"]  # may be why
        raise DataError(name_workbooks(wrong, dataset.folder) + absent)
    public = {of for of, source in known.sources.items() if source["known_since"] <= year}
    prose = Prose(texts, year, text, facts, of_year.stated_by.__getitem__, public.__contains__)
    context = Context(of_year, text, municipality, names, facts, prose, dataset.notes)
    return Report(context, dataset)


@lru_cache(maxsize=8)
def _wrong_names(
    dataset: Dataset, texts: tuple[Manuscript, ...], facts: frozenset[str]
) -> list[Fault]:
    """Whatever texts, checks and the sentences in tables name that there never is."""
    tables = dataset.tables
    names, sources, towns = fact_names(tables) | facts, tables["sources"], tables["towns"]
    faults = check_manuscripts(texts, names, set(sources["source"]), set(towns["town"]))
    faults += check_fact_names(tables["checks"], names)
    for table, frame in tables.items():
        for column in (of for of in frame if of.startswith(("text_", "conditions_"))):
            for row, said in zip(frame.index, frame[column].tolist(), strict=True):
                for name in set(PLACEHOLDER.findall(said)) - names:
                    where = f"{table}.csv", int(row), column, name
                    faults.append(
                        Fault("D032", *where, details={"near": closest_word(name, names)})
                    )
    return [replace(of, details={**of.details, "table": table_of(of.value)}) for of in faults]


def _words(year: Year, names: Mapping[str, str], text: Text, about: Municipality) -> dict[str, Any]:
    """Facts as sentences use them: ids as names, the municipality's own words added."""
    facts: dict[str, Any] = {
        name: [names.get(item, item) for item in fact] if isinstance(fact, list) else fact
        for name, fact in year.facts.items()
    }
    own = {word: text.pick_words(said) for word, said in about.names.items()}
    home = own.pop("name", names[about.home])
    key = "genitive_of_s" if home.lower().endswith(("s", "x", "z")) else "genitive"
    genitive = own.pop("genitive", text.plain(f"site.{key}", {"home": home}))
    general = {"municipality": home, "chain": text.plain("site.chain"), **dict.fromkeys(WORDS)}
    return facts | general | own | {"home": home, "home_genitive": genitive}


def _refuse_unknown_parameters() -> None:
    """papermill sets any parameter it is given, in a cell of its own; a misspelt one would do
    nothing, and nobody would notice."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cells = shell.user_ns.get("In", []) if shell else []
    given = "\n".join(cell for cell in cells if cell.startswith("# Param"))
    for name in set(re.findall(r"^(\w+) *=", given, re.MULTILINE)) - PARAMETERS:
        near = closest_word(name, PARAMETERS) or ", ".join(sorted(PARAMETERS))
        raise CommandError(Fault("C005", value=name, details={"near": near}))


class Report:
    """A year's frames, and the pieces of its pages in one language.

    Every frame is an attribute: what follows from the tables (`members`, `support`, `hosting`,
    `activity`, `checks`, …) and the tables as used (`membership`, `meetings`, …), with names for
    ids and plain numbers, `x_low` and `x_high` beside each number in doubt. `report.context.year`
    has the same frames with a `Quantity` for each number.
    """

    def __init__(self, context: Context, dataset: Dataset) -> None:
        self.context, self.dataset = context, dataset

    def __repr__(self) -> str:
        known = self.context.known
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in known.used.items())
        return f"Report of {known.year} ({self.context.text.language}): {rows}"

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *FRAMES, *quality.FRAMES, *self.context.known.used]

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name == "context":  # while a report is copied
            raise AttributeError(name)
        year = self.context.year
        if name in FRAMES:
            return self._plain(getattr(year, name))
        if name in quality.FRAMES:
            return self._plain(quality.FRAMES[name](year))
        if name in year.known.used:
            return self._plain(year.known.used[name])
        near = closest_word(name, dir(self))
        raise AttributeError(f"no frame {name!r}{f'; did you mean {near!r}?' if near else ''}")

    @property
    def places(self) -> geopandas.GeoDataFrame:
        """One row is a place that is or was in the chain, a point where its place is known."""
        import geopandas

        frame = self._plain(self.context.year.places)
        points = geopandas.points_from_xy(frame["lon"], frame["lat"])
        return geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")

    @property
    def facts(self) -> pd.DataFrame:
        """One row is a fact a sentence may name: name, value, said, formula, rows."""
        facts = self.context.year.facts.values()
        counts = [fact.value if isinstance(fact, Quantity) else len(fact) for fact in facts]
        table = notes.fact_table(self.context).assign(value=counts)
        return table[["fact", "value", "said", "formula", "rows"]]

    def find(self, word: str) -> pd.DataFrame:
        """The facts about a place or subject; the word stands in their name or in what is said."""
        facts = self.facts
        said = facts["fact"] + "\n" + facts["said"]
        return facts[said.str.contains(word, case=False, regex=False)]

    def compare(self, year: int) -> pd.DataFrame:
        """The facts that differ from those of another year's report: fact, then, now."""
        other = build_report(self.dataset, year, self.context.text.language)
        then, now = (report.facts.set_index("fact")["said"] for report in (other, self))
        both = pd.DataFrame({"then": then, "now": now}).fillna("")
        return both[both["then"] != both["now"]].reset_index()

    def with_rows(self, table: str, rows: Iterable[Mapping[str, str]]) -> Report:
        """The same report with more rows in a table, as they would stand in its file; nothing is
        written. Raises `DataError` like a real row."""
        dataset = read_dataset(self.dataset.folder, {table: list(rows)})
        return build_report(dataset, self.context.known.year, self.context.text.language)

    def page(self, name: str) -> Block:
        """The top of a page: its title, what it is, and what the exporter needs to know."""
        return site.page_top(self.context, name)

    def key_figures(self, name: str) -> Block:
        """The large figures of a page whose facts are there."""
        return site.show_key_figures(self.context, name)

    def section(self, key: str, frame: pd.DataFrame | None = None) -> Block:
        """A heading, the prose under it, and the picture or table drawn from the frame.

        Nothing at all where a chain has neither. Raises `LookupError` for a key of no page.
        """
        prose = self.context.prose
        shown = SECTIONS[key](self.context, frame) if key in SECTIONS else Block()
        return prose.section_with_heading(prose.page_of(key), key, shown)

    def sections(self, *keys: str) -> Block:
        """Several sections of prose, one after another."""
        return sum((self.section(key) for key in keys), Block())

    def sources(self) -> Block:
        """The notes: where every number and sentence of the page comes from."""
        return notes.show_sources(self.context)

    def _plain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame as an analyst wants it: names, numbers, bounds where there is doubt."""
        columns: dict[str, Any] = {}
        for name, cells in frame.items():
            if any(isinstance(cell, Quantity) for cell in cells):
                columns |= _numbers(str(name), cells)
            elif name in ("town", "towns"):
                columns["place"] = [self._named(cell) for cell in cells]
            else:
                said = [self._named(cell) if isinstance(cell, list) else cell for cell in cells]
                columns[str(name)] = said
        return pd.DataFrame(columns, index=frame.index)

    def _named(self, cell: str | list[str]) -> str:
        towns = cell if isinstance(cell, list) else cell.split("|")
        return self.context.list_places(filter(None, towns))


def _numbers(name: str, cells: pd.Series) -> dict[str, list[float | None]]:
    """A number and, where any is in doubt, its bounds."""
    known = [cell if isinstance(cell, Quantity) and cell.is_known else None for cell in cells]
    parts = {name: "value"}
    if any(of and of.low != of.high for of in known):
        parts |= {f"{name}_low": "low", f"{name}_high": "high"}
    return {of: [getattr(q, part) if q else None for q in known] for of, part in parts.items()}
