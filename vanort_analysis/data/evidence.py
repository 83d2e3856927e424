"""The only place that judges sources: what is known in a year, which is used, what disagrees.

A report for year Y stands at 31 December Y: it uses rows whose source was public by then. Where
sources disagree the lower `rank` wins, then the later `known_since`; two values in one source: the
first row is used, and the register shows both. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from ..errors import Fault, WrongData
from .clean import key_of
from .quantity import Quantity, exact, numbers
from .schema import ORIGIN, TABLES, Table

REGISTER = ["table", "key", "column"]
REGISTER += ["used", "used_ref", "other", "other_ref", "rule", "independent"]
NOT_BEFORE = ("year", "wave", "first_made")  # a row of a later year is not known yet
CHANGES = ["what", "table", "key", "column", "before_ref", "now_ref"]
NO_NEWS = ("sources", "towns", "checks")  # who says it, where it lies, what is asked: no news


@dataclass(frozen=True, eq=False)
class Known:
    """What is known at the end of `year`.

    `used`: per table one row per key, values chosen, `<column>_ref` the row each compared value
    came from. `rows`: every row known, losers too, with what their source is (`known_since`,
    `rank`, `reference`, `origin`). `register`: one row is a disagreement (columns `REGISTER`).
    """

    year: int
    used: dict[str, pd.DataFrame]
    rows: dict[str, pd.DataFrame]
    register: pd.DataFrame

    @property
    def basis(self) -> dict[str, pd.DataFrame]:
        """The rows a report rests on: `rows`, but of the sources only those that they name."""
        return self.rows | {"sources": self.used["sources"]}

    @cached_property
    def _records(self) -> dict[str, dict[str, Any]]:
        return {
            record["ref"]: record
            for frame in self.rows.values()
            for record in frame.to_dict("records")
        }

    def row(self, ref: str) -> dict[str, Any]:
        """The raw row behind a reference such as `membership:3`."""
        return self._records[ref]

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Every source by its id."""
        return {record["source"]: record for record in self.rows["sources"].to_dict("records")}

    def source(self, ref: str) -> dict[str, Any]:
        """The source of a raw row."""
        return self.sources[self.row(ref)["source"]]

    def until(self, year: int) -> Known:
        """Of what is known, what is dated up to a year; the undated stays."""
        if year >= self.year:
            return self
        used = {
            name: frame.loc[[at.low <= year for at in frame["year"]]] if "year" in frame else frame
            for name, frame in self.used.items()
        }
        return replace(self, year=year, used=used)


def as_of(tables: dict[str, pd.DataFrame], year: int) -> Known:
    """What a report of `year` may use; raises `WrongData` where two sources tie."""
    sources = tables["sources"].set_index("source", drop=False)
    origins = {source: _origin(source, sources["same_origin_as"]) for source in sources.index}
    used: dict[str, pd.DataFrame] = {}
    rows: dict[str, pd.DataFrame] = {"sources": tables["sources"]}
    register: list[dict[str, object]] = []
    faults: list[Fault] = []
    for name, frame in tables.items():
        if name == "sources":
            continue
        rows[name] = _public_rows(frame, TABLES[name], sources, year).assign(
            origin=lambda public: public["source"].map(origins)
        )
        if TABLES[name].amended:
            used[name] = _amend(rows[name], TABLES[name])
            continue
        used[name], disagreements, ties = _choose(name, rows[name])
        register += disagreements
        faults += ties
    if faults:
        raise WrongData(faults)
    cited = {source for frame in rows.values() if "locator" in frame for source in frame["source"]}
    used["sources"] = rows["sources"][rows["sources"]["source"].isin(cited)]
    return Known(year, used, rows, pd.DataFrame(register, columns=REGISTER))


def _origin(source: str, same_origin_as: pd.Series) -> str:
    """The first of a line of sources that each build on another: one testimony together."""
    line = [source]
    while (older := same_origin_as[line[-1]]) and older not in line:
        line.append(older)
    return line[-1]


def _public_rows(
    frame: pd.DataFrame, contract: Table, sources: pd.DataFrame, year: int
) -> pd.DataFrame:
    """The rows public at the end of `year`, with the rank and date of their source."""
    of = sources.loc[frame["source"], ["known_since", "rank", "reference", "kind"]]
    frame = frame.assign(
        known_since=of["known_since"].to_numpy(),
        rank=of["rank"].to_numpy(),
        reference=of["reference"].to_numpy(),
        corrects=(of["kind"] == "correction").to_numpy(),
    )
    public = (frame["known_since"] <= year) | frame["reference"]
    if not contract.may_be_future:
        for column in (c for c in NOT_BEFORE if c in contract.columns):
            public &= ~frame[column].map(lambda value: _starts_after(value, year)).astype("bool")
    return frame[public.astype("bool")]


def _starts_after(value: Any, year: int) -> bool:
    first = value.low if isinstance(value, Quantity) else value
    return bool(pd.notna(first) and first > year)


def _choose(
    name: str, frame: pd.DataFrame
) -> tuple[pd.DataFrame, list[dict[str, object]], list[Fault]]:
    """One row per key; each compared column from the best row that says something about it."""
    contract = TABLES[name]
    by_strength = sorted(zip(frame["rank"], -frame["known_since"], range(len(frame)), strict=True))
    keys, cells = key_of(name, frame), Cells(frame, contract)
    groups: dict[str, list[int]] = {}
    for _, _, place in by_strength:
        groups.setdefault(keys[place], []).append(place)
    first = sorted(places[0] for places in groups.values())
    chosen = frame.iloc[first].copy()
    order = [groups[keys[place]] for place in first]
    found: list[dict[str, object]] = []
    ties: list[Fault] = []
    strongest = [place for _, _, place in by_strength]
    for column in contract.compared:
        winners = [cells.best(places, column) for places in order]
        best = dict(zip([keys[place] for place in winners], winners, strict=True))
        values, kind = [cells.cell(place, column) for place in winners], frame[column].dtype
        chosen[column] = pd.Series(values, index=chosen.index, dtype=kind)
        chosen[f"{column}_ref"] = [cells.cell(place, "ref") for place in winners]
        for place in strongest:
            winner = best[keys[place]]
            if not cells.differ(place, winner, column):
                continue
            entry = cells.disagreement(winner, place, column)
            if entry["rule"] == "tie":
                details = {"row": int(frame.index[winner])}
                where = (f"{name}.csv", int(frame.index[place]), column, str(entry["other"]))
                ties.append(Fault("D030", *where, details=details))
            found.append({"table": name, "key": keys[place], "column": column} | entry)
    if contract.furthest_wins:
        chosen[contract.furthest_wins] = _furthest(frame, contract, order)
    return chosen.reset_index(drop=True), found, ties


class Cells:
    """The cells of a frame by place, and what two of them have to do with each other."""

    def __init__(self, frame: pd.DataFrame, contract: Table) -> None:
        self._columns = {column: frame[column].tolist() for column in frame}
        kinds = {column: rule.kind for column, rule in contract.columns.items()}
        self._in_words = {column for column in kinds if kinds[column] in ("text", "refs")}

    def cell(self, place: int, column: str) -> Any:
        return self._columns[column][place]

    def _says_more(self, place: int, other: int, column: str) -> bool:
        """Whether a cell says all that another does, and more: "Husby (Sydslesvig)"."""
        said, less = (_words(self.cell(at, column)) for at in (place, other))
        return column in self._in_words and said > less

    def best(self, places: list[int], column: str) -> int:
        """The first row that says something, or another of the same source that says more."""
        best = next((place for place in places if _speaks(self.cell(place, column))), places[0])
        for place in places:
            own = self.cell(place, "source") == self.cell(best, "source")
            if own and self._says_more(place, best, column):
                best = place
        return best

    def differ(self, place: int, winner: int, column: str) -> bool:
        """Whether a row says another thing than the one used, not only less or rounded."""
        said, used = self.cell(place, column), self.cell(winner, column)
        if place == winner or not _speaks(said):
            return False
        if isinstance(said, Quantity):
            return (said.low, said.high, said.unit) != (used.low, used.high, used.unit)
        part = self._says_more(place, winner, column) or self._says_more(winner, place, column)
        return said != used and not part

    def disagreement(self, winner: int, other: int, column: str) -> dict[str, object]:
        return {
            "used": _written(self.cell(winner, column)),
            "used_ref": self.cell(winner, "ref"),
            "other": _written(self.cell(other, column)),
            "other_ref": self.cell(other, "ref"),
            "rule": self._rule(winner, other),
            "independent": self.cell(winner, "origin") != self.cell(other, "origin"),
        }

    def _rule(self, winner: int, other: int) -> str:
        for column, rule in (("rank", "rank"), ("known_since", "later")):
            if self.cell(winner, column) != self.cell(other, column):
                return rule
        same = self.cell(winner, "source") == self.cell(other, "source")
        return "first_row" if same else "tie"


def _speaks(cell: Any) -> bool:
    return cell.is_known if isinstance(cell, Quantity) else not pd.isna(cell) and cell != ""


def _words(cell: Any) -> set[str]:
    return set(re.findall(r"\w+", cell.casefold())) if isinstance(cell, str) else set()


def _written(cell: Any) -> Any:
    return cell.text if isinstance(cell, Quantity) else cell


def _amend(frame: pd.DataFrame, contract: Table) -> pd.DataFrame:
    """One row per key; a later row fills blanks and renews values, never the year first made.

    `<column>_ref` is the row of each compared value.
    """
    kept = {*contract.key, *ORIGIN, "first_made"}
    found: dict[str, dict[str, Any]] = {}
    for row in frame.sort_values("known_since", kind="stable").to_dict("records"):
        refs = {f"{column}_ref": row["ref"] for column in contract.compared}
        thing = found.setdefault(row[contract.key[0]], row | refs)
        new = [name for name in contract.columns if name not in kept and _speaks(row[name])]
        thing |= {name: row[name] for name in new}
        thing |= {f"{name}_ref": row["ref"] for name in new if name in contract.compared}
    columns = [*frame.columns, *(f"{column}_ref" for column in contract.compared)]
    return pd.DataFrame(list(found.values()), columns=columns).astype(frame.dtypes.to_dict())


def _furthest(frame: pd.DataFrame, contract: Table, order: list[list[int]]) -> list[str]:
    """How far each thing has come; a correction may also take back."""
    stages = contract.columns[contract.furthest_wins].allowed
    reached = frame[contract.furthest_wins].map(stages.index).tolist()
    corrects = frame["corrects"].tolist()
    final = []
    for places in order:
        corrections = [place for place in places if corrects[place]]
        final.append(stages[max(reached[place] for place in corrections or places)])
    return final


def newest(frame: pd.DataFrame, by: str, value: str = "") -> pd.DataFrame:
    """Of the rows about one thing the latest, but one that knows `value` before a gap."""
    at, things = numbers(frame["year"]), frame[by].tolist()
    known = [cell.is_known for cell in frame[value]] if value else [True] * len(frame)
    dated = [place for place in range(len(frame)) if not math.isnan(at[place])]
    dated.sort(key=lambda place: (known[place], at[place]))
    last = {things[place]: place for place in dated}
    return frame.iloc[list(last.values())].set_index(by)


def changes(before: Known, now: Known) -> pd.DataFrame:
    """One row is a fact that is new, or a value that changed (columns `CHANGES`, raw rows as refs).

    Reference data (exchange rates) is no news either. A fact is never lost: sources only add up.
    """
    rows = []
    for table in now.used:
        if table in NO_NEWS:
            continue
        compared = TABLES[table].compared
        older, newer = (_by_key(table, known.used[table]) for known in (before, now))
        for key, row in newer.items():
            if row["reference"]:
                continue
            if key not in older:
                tells = compared[0] if compared else "text_sv"
                rows.append(("new", table, key, tells, "", row["ref"]))
                continue
            for column in compared:
                if _written(row[column]) != _written(older[key][column]):
                    refs = older[key][f"{column}_ref"], row[f"{column}_ref"]
                    rows.append(("changed", table, key, column, *refs))
    return pd.DataFrame(rows, columns=CHANGES)


def _by_key(table: str, frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return dict(zip(key_of(table, frame), frame.to_dict("records"), strict=True))


def news(before: Known, now: Known) -> dict[str, Quantity | list[str]]:
    """What is new since the report before, by name."""
    changed = changes(before, now)
    kinds = changed["what"].value_counts()
    return {
        "since_year": exact(before.year, "year"),
        "since_new": exact(int(kinds.get("new", 0))),
        "since_changed": exact(int(kinds.get("changed", 0))),
        "since_joined": _changed_towns(changed, now, "chain", "admitted"),
        "since_left": _changed_towns(changed, now, "chain", "left"),
        "since_merged": _changed_towns(changed, now, "chain", "merged"),
        "since_members": _changed_towns(changed, now, "membership"),
        "since_agreements": _changed_towns(changed, now, "agreements"),
        "since_met": _changed_towns(changed, now, "meetings"),
    }


def _changed_towns(changed: pd.DataFrame, now: Known, table: str, event: str = "") -> list[str]:
    """The towns with something new or changed in a table (of the chain: of one event)."""
    found = [now.row(ref) for ref in changed.loc[changed["table"] == table, "now_ref"]]
    towns = [row["town"] for row in found if not event or row["event"] == event]
    return list(dict.fromkeys(filter(None, towns)))
