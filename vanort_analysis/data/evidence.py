"""The only place that judges sources: what is known in a year, which is used, what disagrees.

A report for year Y stands at 31 December Y: it uses rows whose source was public by then. Where
sources disagree the lower `rank` wins, then the later `known_since`; two values in one source: the
first row is used, and the register shows both. Pure.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, Fault
from . import files
from .consistency import keyed_rows
from .quantity import Quantity, exact, group_by_key, to_records
from .schema import TABLES, Table

REGISTER = ["table", "key", "column", "used", "used_ref", "other", "other_ref", "rule"]
JUDGED = ("known_since", "rank", "reference", "corrects")  # by this of a source its rows are
NOT_BEFORE = ("year", "wave", "first_made")  # a row of a later year is not known yet
TOLD = (  # of what is new, the towns: `since_<name>`, a table, and of the chain one event
    *(("joined", "chain", "admitted"), ("left", "chain", "left"), ("merged", "chain", "merged")),
    *(("members", "membership", ""), ("agreements", "agreements", ""), ("met", "meetings", "")),
    ("support", "support", ""),
)
LOCK = "requirements.lock"
CHANGES = ["what", "table", "key", "column", "before_ref", "now_ref"]
NO_NEWS = ("sources", "towns", "checks")  # who says it, where it lies, what is asked: no news


@dataclass(frozen=True, eq=False)
class Known:
    """What is known at the end of `year`.

    `used`: per table one row per key, values chosen, `<column>_ref` the row each compared value
    came from. `rows`: every row known, losers too, with what their source is (`known_since`,
    `rank`, `reference`). `register`: one row is a disagreement (columns `REGISTER`).
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
    def records(self) -> dict[str, dict[str, Any]]:
        return {row["ref"]: row for frame in self.rows.values() for row in to_records(frame)}

    def row(self, ref: str) -> dict[str, Any]:
        """The raw row behind a reference such as `membership:3`."""
        return self.records[ref]

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Every source by its id."""
        return {record["source"]: record for record in to_records(self.rows["sources"])}

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
    """What a report of `year` may use; raises `DataError` where two sources tie."""
    sources = tables["sources"].set_index("source", drop=False)
    sources = sources.assign(corrects=sources["kind"] == "correction")
    used: dict[str, pd.DataFrame] = {}
    rows: dict[str, pd.DataFrame] = {"sources": tables["sources"]}
    found: list[tuple[Any, ...]] = []
    for name, frame in tables.items():
        if name == "sources":
            continue
        rows[name] = _public_rows(frame, TABLES[name], sources, year)
        if TABLES[name].amended:
            used[name] = _amend_rows(rows[name], TABLES[name])
        else:
            used[name], disagreements = _choose_rows(name, rows[name])
            found += disagreements
    register = pd.DataFrame(found, columns=REGISTER)
    if ties := [_tie_fault(case) for case in register[register["rule"] == "tie"].itertuples()]:
        raise DataError(ties)
    cited = {of for table in rows.values() if "locator" in table for of in table["source"].tolist()}
    used["sources"] = rows["sources"][rows["sources"]["source"].isin(cited)]
    return Known(year, used, rows, register)


def _public_rows(
    frame: pd.DataFrame, contract: Table, sources: pd.DataFrame, year: int
) -> pd.DataFrame:
    """The rows public at the end of `year`, with the rank and date of their source."""
    place = sources.index.get_indexer(frame["source"])
    of = {name: sources[name].to_numpy()[place] for name in JUDGED}
    public = (of["known_since"] <= year) | of["reference"]
    for column in () if contract.may_be_future else set(NOT_BEFORE) & set(frame):
        starts = [getattr(first, "low", first) <= year for first in frame[column].tolist()]
        public = public & np.array(starts, "bool")
    return frame.assign(**of)[public.astype("bool")]


def _choose_rows(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
    """One row per key; each compared column from the best row that says something about it."""
    contract, rows, found = TABLES[name], keyed_rows(name, frame), []
    rows.sort(key=lambda row: (row["rank"], -row["known_since"]))
    by_key = group_by_key((row["key"], row) for row in rows)
    things = sorted(by_key.values(), key=lambda thing: thing[0]["row"])
    used = frame.loc[[thing[0]["row"] for thing in things]]
    for column in contract.compared:
        best = [_best_row(thing, column, contract) for thing in things]
        used[column] = pd.Series([row[column] for row in best], used.index, frame[column].dtype)
        used[f"{column}_ref"] = [row["ref"] for row in best]
        for thing, winner in zip(things, best, strict=True):
            others = (row for row in thing if _differ(winner, row, column, contract))
            found += [(name, *_disagreement(winner, other, column)) for other in others]
    if contract.furthest_wins:
        used[contract.furthest_wins] = [_furthest_stage(thing, contract) for thing in things]
    return used.reset_index(drop=True), found


def _tie_fault(case: Any) -> Fault:
    row, first = (int(ref.partition(":")[2]) for ref in (case.other_ref, case.used_ref))
    place = f"{case.table}.csv", row, case.column, str(case.other)
    return Fault("D030", *place, details={"row": first})


def _best_row(thing: list[dict[str, Any]], column: str, contract: Table) -> dict[str, Any]:
    """The first row that says something, or another of the same source that says more."""
    if len(thing) == 1:
        return thing[0]
    best = next((row for row in thing if _has_value(row[column])), thing[0])
    for row in thing:
        if row["source"] == best["source"] and _says_more(row, best, column, contract):
            best = row
    return best


def _says_more(row: dict[str, Any], other: dict[str, Any], column: str, contract: Table) -> bool:
    """Whether words say all that others do, and more: "Husby (Sydslesvig)", "Sydslesvig"."""
    if contract.columns[column].kind not in ("text", "refs"):
        return False
    said, less = (set(re.findall(r"\w+", of[column].casefold())) for of in (row, other))
    return said > less


def _differ(winner: dict[str, Any], other: dict[str, Any], column: str, contract: Table) -> bool:
    """Whether a row says another thing than the one used, not only less or rounded."""
    said, used = other[column], winner[column]
    if other["ref"] == winner["ref"] or not _has_value(said):
        return False
    if isinstance(said, Quantity):
        return (said.low, said.high, said.unit) != (used.low, used.high, used.unit)
    pairs = ((winner, other), (other, winner))
    return said != used and not any(_says_more(*pair, column, contract) for pair in pairs)


def _disagreement(winner: dict[str, Any], other: dict[str, Any], column: str) -> tuple[Any, ...]:
    rule = "rank" if winner["rank"] != other["rank"] else "later"
    if (winner["rank"], winner["known_since"]) == (other["rank"], other["known_since"]):
        rule = "first_row" if winner["source"] == other["source"] else "tie"
    said = _cell_text(winner[column]), winner["ref"], _cell_text(other[column]), other["ref"]
    return winner["key"], column, *said, rule


def _furthest_stage(thing: list[dict[str, Any]], contract: Table) -> str:
    """How far a thing has come; a correction may also take back."""
    stages = contract.columns[contract.furthest_wins].allowed
    said = [row for row in thing if row["corrects"]] or thing
    return stages[max(stages.index(row[contract.furthest_wins]) for row in said)]


def _has_value(cell: Any) -> bool:
    return cell.is_known if isinstance(cell, Quantity) else not pd.isna(cell) and cell != ""


def _cell_text(cell: Any) -> Any:
    return cell.text if isinstance(cell, Quantity) else cell


def _amend_rows(frame: pd.DataFrame, contract: Table) -> pd.DataFrame:
    """One row per key; a later row fills blanks and renews values, never the year first made.

    `<column>_ref` is the row of each compared value.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(to_records(frame), key=lambda row: row["known_since"]):
        refs = {f"{column}_ref": row["ref"] for column in contract.compared}
        thing = found.setdefault(row[contract.key[0]], row | refs)
        for name in contract.inherited:
            if _has_value(row[name]):
                thing |= {name: row[name], f"{name}_ref": row["ref"]}
    columns = [*frame.columns, *(f"{column}_ref" for column in contract.compared)]
    return pd.DataFrame(list(found.values()), columns=columns).astype(frame.dtypes.to_dict())


def newest_rows(
    rows: Iterable[dict[str, Any]], by: str, value: str = ""
) -> dict[str, dict[str, Any]]:
    """Of the rows about each thing the latest, but one that knows `value` before a gap, even if
    its year is not known; oldest first."""

    def strength(row: dict[str, Any]) -> tuple[bool, float]:
        at = row["year"].value
        return not value or row[value].is_known, -math.inf if at is None else at

    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=strength):
        if value or row["year"].value is not None:
            found.pop(row[by], None)
            found[row[by]] = row
    return found


def list_changes(before: Known, now: Known) -> pd.DataFrame:
    """One row is a fact that is new, or a value that changed (columns `CHANGES`, raw rows as refs).

    Reference data (exchange rates) is no news either. A fact is never lost: sources only add up.
    """
    rows = []
    for table in (name for name in now.used if name not in NO_NEWS):
        compared = TABLES[table].compared
        frames = [known.used[table] for known in (before, now)]
        older, newer = (frame[~frame["reference"].astype("bool")] for frame in frames)
        told = {row["key"]: row for row in keyed_rows(table, older)}
        for row in keyed_rows(table, newer):
            if not (then := told.get(key := row["key"])):
                rows.append(("new", table, key, [*compared, "text_sv"][0], "", row["ref"]))
                continue
            for column in compared:
                if _cell_text(row[column]) != _cell_text(then[column]):
                    refs = then[f"{column}_ref"], row[f"{column}_ref"]
                    rows.append(("changed", table, key, column, *refs))
    return pd.DataFrame(rows, columns=CHANGES)


def change_facts(before: Known, now: Known) -> dict[str, Quantity | list[str]]:
    """What is new since the report before, by name."""
    changed = list_changes(before, now)
    kinds = changed["what"].value_counts()
    facts: dict[str, Quantity | list[str]] = {"since_year": exact(before.year, "year")}
    facts |= {f"since_{what}": exact(int(count)) for what, count in kinds.items()}
    for name, table, event in TOLD:
        found = [now.row(ref) for ref in changed.loc[changed["table"] == table, "now_ref"]]
        towns = [row["town"] for row in found if not event or row["event"] == event]
        facts[f"since_{name}"] = list(dict.fromkeys(filter(None, towns)))
    return facts


def fingerprint(known: Known, municipality: files.Municipality, texts: Iterable[bytes]) -> str:
    """SHA-256 over all a report rests on: its rows, texts and parameters, the lock, our version.

    The same in every language. Another one means that the pages may differ; a row that the report
    may not use does not change it.
    """
    from importlib.metadata import version

    earlier = [year for year in municipality.made if year < known.year]
    parameters = asdict(municipality) | {"year": known.year, "made": earlier}
    locks = [path / LOCK for path in (files.PACKAGE, files.PROJECT)]  # a bare copy may have none
    parts = [
        version("vanort_analysis"),
        next((path.read_text("utf-8") for path in locks if path.is_file()), ""),
        json.dumps(parameters, sort_keys=True, default=str),
        *(f"{name}\n{files.to_csv(frame)}" for name, frame in sorted(known.basis.items())),
    ]
    return hashlib.sha256(b"\0".join([*map(str.encode, parts), *texts])).hexdigest()


def unused_rows(tables: dict[str, pd.DataFrame], year: int) -> pd.DataFrame:
    """One row is a raw row that a report of `year` does not use: table, row, reason, detail.

    Reasons: `not_public` (detail: since when its source is), `later` (the year it is of),
    `outranked` (the row used instead), `not_cited` (a source that no row known by then names).
    """
    known, found = as_of(tables, year), []
    sources = tables["sources"].set_index("source")
    waiting = sources["known_since"].mask(sources["reference"] | (sources["known_since"] <= year))
    for name, frame in tables.items():
        used, public = known.used[name], set(known.rows[name]["ref"])
        refs = public if TABLES[name].amended else {*used.filter(regex="(^|_)ref$").stack()}
        instead = {row["key"]: row["ref"] for row in keyed_rows(name, used)}
        for row in keyed_rows(name, frame[~frame["ref"].isin(refs)]):
            since = waiting[row["source"]]
            if row["ref"] in public:
                why = ("not_cited", "") if name == "sources" else ("outranked", instead[row["key"]])
            elif pd.isna(since):
                why = "later", str(next(_cell_text(row[of]) for of in NOT_BEFORE if of in row))
            else:
                why = "not_public", str(since)
            found.append((name, row["row"], *why))
    return pd.DataFrame(found, columns=["table", "row", "reason", "detail"])
