"""The analyst's entry: `load(year)` gives the frames as of a year, and every piece of the pages."""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .analysis import Year, build_year
from .analysis.facts import STATING, fact_names
from .data import files
from .data.clean import Dataset, read_dataset
from .data.quantity import UNKNOWN, Quantity, to_records
from .errors import CommandError, DataError, Fault, UserError, closest_word, refuse_unknown
from .language import Stated, Text
from .pages import chain_map, memo, prose, quality, site, trends  # noqa: F401
from .pages.blocks import Block
from .pages.context import SECTIONS, Context, Rows

if TYPE_CHECKING:
    import geopandas

PARAMETERS = ("data", "language", "year")
ASSIGNED = re.compile(r"^(\w+) *=", re.MULTILINE)  # a name in a cell
OPTIONAL_WORDS = ("association", "movement", "commissioner")  # a municipality may leave these out
COMPUTED = ["members", "support", "hosting", "history", "size", "national", "activity", "checks"]
COMPUTED += ["points", "follow_up", "changes"]
FRAMES: dict[str, Rows] = {name: operator.attrgetter(name) for name in COMPUTED}
FRAMES |= {"missing": quality.find_gaps, "register": operator.attrgetter("known.register")}
FRAMES["documents"] = lambda year: year.known.used["sources"]


def load(year: int = 0, language: str = "", data: str | Path = "") -> Report:
    """The report of a year: what is left out is taken from `municipality.toml`.

    `data` is a data folder (with `raw/`); without it, the project's own. Raises `UserError`.
    """
    refuse_unknown([language or UserError.language], files.LANGUAGES, "C002")
    UserError.language = language or UserError.language
    _refuse_unknown_parameters()
    return build_report(read_folder(data or ""), year, language)


def read_folder(data: str | Path) -> Dataset:
    """The data of a folder. Raises `DataError`, which names the faults in its texts too."""
    folder = files.find_folder(data)
    try:
        return read_dataset(folder)
    except DataError as error:
        files.read_text_files(folder)  # raises its own error if the texts may not be read
        texts = prose.read_manuscripts([prose.TEXTS, folder / "raw" / "texts"])
        in_texts = [fault for text in texts for fault in text.faults]
        raise DataError(error.faults + in_texts) from None


def build_report(dataset: Dataset, year: int = 0, language: str = "") -> Report:
    """The report of a year from data that are read already; raises `UserError`."""
    language = language or dataset.municipality.language
    refuse_unknown([language], files.LANGUAGES, "C002")
    UserError.language = language
    year = _choose_year(dataset, year)
    try:
        return Report(_build_context(dataset, year, language), dataset)
    except DataError as error:
        raise DataError(files.name_workbooks(error.faults, dataset.folder)) from None


def _build_context(dataset: Dataset, year: int, language: str) -> Context:
    municipality, chain_year = dataset.municipality, build_year(dataset, year)
    known = chain_year.known
    if gone := chain_year.events["left"].get(municipality.home):
        row = known.records[gone.refs[0]]["row"]
        raise DataError(Fault("D056", "chain.csv", row, "town", municipality.home))
    towns = to_records(known.used["towns"])
    names = {row["area"]: name for row in towns if (name := row.get(f"area_{language}"))}
    names |= {town["town"]: town.get(f"name_{language}") or town["name"] for town in towns}
    text = Text(language, _find_disputed(chain_year))
    facts = _sentence_facts(chain_year, names, text, municipality)
    country = {row["town"]: row["country"] for row in towns}[municipality.home]
    facts |= quality.quality_facts(chain_year)
    facts |= site.accessibility_facts(municipality.contact, country)
    texts = prose.read_manuscripts([prose.TEXTS, dataset.folder / "raw" / "texts"], language)
    if faults := _find_unknown_names(dataset, texts, frozenset(facts)):
        raise DataError(faults)
    public = {name for name, source in known.sources.items() if source["known_since"] <= year}
    shown = prose.Prose(texts, year, text, facts, chain_year.stated, public)
    return Context(chain_year, text, municipality, names, facts, shown, dataset.notes)


def _find_disputed(year: Year) -> frozenset[Stated]:
    """The numbers that another source disagrees with; an entry also by the same year of contact."""
    register, records = year.known.register, year.known.records
    sides = zip(register["used_ref"], register["column"], strict=True)
    used = ((ref, records[ref][column]) for ref, column in sides)
    disputed = {(ref, cell.low, cell.high) for ref, cell in used if isinstance(cell, Quantity)}
    for town, contact in year.events["contact"].items():
        entry = year.events["admitted"].get(town, contact)
        if entry.low == contact.low and (contact.refs[0], contact.low, contact.high) in disputed:
            disputed.add((entry.refs[0], entry.low, entry.high))
    return frozenset(disputed)


def _choose_year(dataset: Dataset, year: int) -> int:
    """The year asked for or set; raises `CommandError` if there can be no report of it."""
    years = dataset.years
    own = dataset.municipality.year
    file, column = ("municipality.toml", "report.year") if year in (0, own) else ("", "")
    year = year or own
    if not year:
        raise CommandError(Fault("C022", file, None, column))
    try:
        year = operator.index(year)
    except TypeError:  # text from papermill, 2014.0
        raise CommandError(Fault("C004", value=str(year))) from None
    if year not in years:
        near = {"near": f"{years[0]}–{years[-1]}"}
        raise CommandError(Fault("C003", file, None, column, str(year), details=near))
    return year


@lru_cache(maxsize=8)
def _find_unknown_names(
    dataset: Dataset, texts: tuple[prose.Manuscript, ...], facts: frozenset[str]
) -> list[Fault]:
    """The names in texts, checks and the sentences of tables that no year has a fact for."""
    tables = dataset.tables
    computed = fact_names(tables)
    names = computed | facts
    faults = prose.check_texts(texts, names, tables)
    for row, name in tables["checks"]["fact"].items():
        if name and name not in computed:
            near = {"near": closest_word(name, computed)}
            faults.append(Fault("D038", "checks.csv", row, "fact", name, details=near))
    points = " ".join(tables["recommendations"][["text_sv", "text_en"]].to_numpy().flat)
    for name in OPTIONAL_WORDS:
        if f"{{{name}}}" in points and name not in dataset.municipality.names:
            faults.append(Fault("C013", "municipality.toml", column=f"municipality.{name}"))
    empty = ", ".join(f"{table}.csv" for table in STATING if tables[table].empty)
    unknown = [fault for fault in faults if empty and fault.code in ("D032", "D038", "T001")]
    told = {name.partition(":")[0] for name in names}  # of which some row says something
    lost = {fault: fault.value for fault in unknown if fault.value.partition(":")[0] not in told}
    if lost := {fault: name for fault, name in lost.items() if ":" in name}:
        of = {"names": ", ".join(dict.fromkeys(lost.values()))}
        faults = [fault for fault in faults if fault not in lost]
        faults.append(Fault("D082", value=empty, details=of, level="error"))
    return faults


def _sentence_facts(
    year: Year, names: Mapping[str, str], text: Text, municipality: files.Municipality
) -> dict[str, Any]:
    """Facts as sentences use them: ids as names, the municipality's own words added."""
    facts: dict[str, Any] = {
        name: [names.get(item, item) for item in fact] if isinstance(fact, list) else fact
        for name, fact in year.facts.items()
    }
    words = {name: text.pick_words(value) for name, value in municipality.names.items()}
    home = words.pop("name", names[municipality.home])
    key = "genitive_of_s" if home.lower().endswith(("s", "x", "z")) else "genitive"
    genitive = words.pop("genitive", text.plain(f"site.{key}", {"home": home}))
    facts |= {"municipality": home, "chain": text.plain("site.chain")}
    facts |= dict.fromkeys(OPTIONAL_WORDS)
    facts["copies_to"] = [*map(text.pick_words, municipality.memo.get("copies_to", []))]
    return facts | words | {"home": home, "home_genitive": genitive}


def _refuse_unknown_parameters() -> None:
    """papermill sets any parameter, in a cell of its own; a misspelt one would go unnoticed. In a
    notebook that does not set all of ours the cell is the analyst's, who may set what she likes."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cells = shell.user_ns.get("In", []) if shell else []
    injected = [cell for cell in cells if cell.startswith("# Parameters\n")]
    own = {name for cell in cells if cell not in injected for name in ASSIGNED.findall(cell)}
    given = set().union(*map(ASSIGNED.findall, injected))
    refuse_unknown(sorted(given - own if own >= {*PARAMETERS} else ()), PARAMETERS, "C005")


class Report:
    """A year's frames, and the pieces of its pages in one language.

    Every frame is an attribute: what follows from the tables (`members`, `support`, `hosting`,
    `activity`, `checks`, …) and the tables as used (`membership`, `meetings`, …; `sources` as
    `documents`). Names stand for ids, and plain numbers; beside them `x_low` and `x_high` where
    there is doubt (empty: no bound), `x_doubt` where some are rounded ("ca 100"), `x_unit` where
    units differ or are currencies. `report.context.year` has each number as a `Quantity`.
    """

    def __init__(self, context: Context, dataset: Dataset) -> None:
        self.context, self.dataset = context, dataset
        self.extra: dict[str, list[Mapping[str, str]]] = {}  # rows added in memory, by table

    def __repr__(self) -> str:
        known = self.context.known
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in known.used.items())
        return f"Report of {known.year} ({self.context.text.language}): {rows}"

    def __dir__(self) -> Iterable[str]:
        return {*super().__dir__(), *FRAMES, *self.context.known.used}

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name == "context":  # while a report is copied
            raise AttributeError(name)
        year = self.context.year
        if name in FRAMES:
            return self._plain(FRAMES[name](year))
        if name in year.known.used:
            return self._plain(year.known.used[name])
        near = closest_word(name, dir(self))
        hint = f"; did you mean {near!r}?" if near else ""
        raise AttributeError(f"no frame {name!r}{hint}")

    @property
    def places(self) -> geopandas.GeoDataFrame:
        """One row is a place that is or was in the chain, a point where its place is known."""
        import geopandas

        frame = self._plain(self.context.year.places)
        points = geopandas.points_from_xy(frame["lon"], frame["lat"])
        return geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")

    @property
    def facts(self) -> pd.DataFrame:
        """One row is a fact a sentence may name: fact, about, year, value, words, formula, rows."""
        return self._plain(fact_table(self.context))

    def find(self, word: object) -> pd.DataFrame:
        """The facts about a place or subject: those with the word in name, value or place."""
        facts = self.facts
        names = facts["about"].str.removesuffix(".year").map(self.context.place_name)
        searched = facts["fact"] + "\n" + facts["words"] + "\n" + names
        return facts[searched.str.contains(str(word), case=False, regex=False)]

    def compare(self, year: int | Report) -> pd.DataFrame:
        """The facts that differ from those of another year's report (with the same rows), or of
        another report: fact, then, now; `then` is the earlier year, of one year this report."""
        language = self.context.text.language
        other = year if isinstance(year, Report) else build_report(self.dataset, year, language)
        reports = sorted((self, other), key=lambda report: report.context.known.year)
        then, now = (report.facts.set_index("fact")["words"] for report in reports)
        facts = pd.DataFrame({"then": then, "now": now}).fillna("")
        return facts[facts["then"] != facts["now"]].reset_index()

    def with_rows(self, table: str, rows: Iterable[Any] | Mapping[str, Any]) -> Report:
        """The same report with more rows in a table (a dict, several or a frame), as in its file,
        which does not change. As a real row, one may be refused (`DataError`), and one that a
        stronger source contradicts is only in `register`."""
        added = pd.DataFrame([rows] if isinstance(rows, Mapping) else rows, dtype="object")
        extra = {**self.extra, table: [*self.extra.get(table, ()), *added.to_dict("records")]}
        dataset = read_dataset(self.dataset.folder, extra)
        report = build_report(dataset, self.context.known.year, self.context.text.language)
        report.extra = extra
        return report

    def page(self, name: str) -> Block:
        """The top of a page: its title, what it is, and what the exporter needs to know."""
        refuse_unknown([name], site.STEMS)
        return site.page_top(self.context, name)

    def key_figures(self, name: str) -> Block:
        """The large figures of a page whose facts are there."""
        refuse_unknown([name], site.STEMS)
        return site.show_key_figures(self.context, name)

    def section(self, key: str, frame: pd.DataFrame | None = None) -> Block:
        """A heading, the prose under it, and the picture or table drawn from the frame.

        Empty where a chain has neither. Raises `CommandError` for a key that no page has, and for a
        frame with other rows or changed cells, which would not be what is drawn.
        """
        texts = self.context.prose
        shown = self._draw(key, frame) if key in SECTIONS else Block()
        return texts.section_with_heading(texts.page_of(key), key, shown)

    def _draw(self, key: str, frame: pd.DataFrame | None) -> Block:
        list_rows, draw = SECTIONS[key]
        if list_rows is None:
            return draw(self.context)
        rows = list_rows(self.context.year)
        if frame is None:
            return draw(self.context, rows)
        if not _is_part_of(frame, self._plain(rows)):
            raise CommandError(Fault("C023", value=key))
        return draw(self.context, rows.loc[frame.index]) if len(frame) else Block()

    def sections(self, *keys: str) -> Block:
        """Several sections of prose, one after another."""
        return sum((self.section(key) for key in keys), Block())

    def sources(self) -> Block:
        """The notes: where every number and sentence of the page comes from."""
        return site.show_sources(self.context)

    def _plain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame as an analyst wants it: names, numbers, bounds where there is doubt."""
        columns: dict[Any, Any] = {}
        for name, cells in frame.items():
            if any(isinstance(cell, Quantity) for cell in cells):
                columns |= _number_columns(str(name), cells)
            elif name in ("town", "towns"):
                heading = "host" if "place" in frame else "place"  # of a meeting it is the venue
                columns[heading] = [self._join(cell) for cell in cells]
            else:
                columns[name] = [self._join(c) if isinstance(c, list | tuple) else c for c in cells]
        return pd.DataFrame(columns, index=frame.index)

    def _join(self, names: Iterable[str]) -> str:
        ids = names.split("|") if isinstance(names, str) else names
        return ", ".join(self.context.list_places([name]) for name in ids if name)


def _is_part_of(frame: Any, own: pd.DataFrame) -> bool:
    """Whether a frame is some of the rows of its own frame, in any order, with no cell changed."""
    is_frame = isinstance(frame, pd.DataFrame) and frame.index.is_unique
    if not is_frame or not {*frame.index} <= {*own.index}:
        return False
    shared = [*frame.columns.intersection(own.columns)]
    given, true = frame[shared], own.loc[frame.index, shared]
    if true.equals(given):  # as they mostly are; else a cell may be of another type
        return bool(shared) or not len(frame)
    given, true = (each.astype("object") for each in (given, true))
    return given.where(given.notna()).equals(true.where(true.notna()))


def _number_columns(name: str, cells: pd.Series) -> Iterator[tuple[str, Any]]:
    """A number, with what else there is to say: whole numbers as such, the unknown empty."""
    quantities = [cell if isinstance(cell, Quantity) and cell.is_known else None for cell in cells]
    known = [*filter(None, quantities)]
    parts = {name: "value"}
    if any(each.low != each.high for each in known):
        parts |= {f"{name}_low": "low", f"{name}_high": "high"}
    for heading, part in parts.items():
        bounds = (getattr(each, part, None) for each in quantities)
        numbers = [None if n is None or math.isinf(n) else n for n in bounds]
        is_whole = all(n % 1 == 0 and n <= 2**53 for n in numbers if n)
        yield heading, pd.array(numbers, "Int64" if is_whole else "Float64")
    units = {each.unit for each in known}
    if len(units) > 1 or any(map(str.isupper, units)):
        yield f"{name}_unit", [each.unit if each else "" for each in quantities]
    if any(each.about for each in known):
        yield f"{name}_doubt", [each.doubt if each else "" for each in quantities]


def fact_table(context: Context) -> pd.DataFrame:
    """One row is a fact that sentences may name: fact, about (what follows its colon), year, value
    (`Quantity`; unknown for a list), words, formula, rows (those it rests on)."""
    rows = []
    columns = ["fact", "about", "year", "value", "words", "formula", "rows"]
    for name, fact in context.year.facts.items():
        year = context.year.facts.get(f"{name}.year", context.year.facts.get(f"{name}_year"))
        value, year = (each if isinstance(each, Quantity) else UNKNOWN for each in (fact, year))
        words = context.text.format_quantity(fact) if value is fact else context.list_places(fact)
        about = name.partition(":")[2]
        rows.append((name, about, year, value, words, value.formula, ", ".join(value.refs)))
    return pd.DataFrame(rows, columns=columns)
