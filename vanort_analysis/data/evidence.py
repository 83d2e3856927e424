"""The only place that judges sources: what is known in a year, which is used, what disagrees.

A report for year Y uses rows whose source was public by 31 December Y. Where sources disagree a
correction wins, then the lower `rank`, then the later `known_since`; of two values in one source
the first row is used, and the register shows both. Only `fingerprint` reads a file (the lock).
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any, Self

import pandas as pd

from ..errors import Fault, refuse_errors
from . import files
from .quantity import Quantity, exact, group_by_key
from .schema import TABLES, Row, Table, keyed_rows

REGISTER_COLUMNS = ["table", "key", "column", "used", "used_ref", "other", "other_ref", "rule"]
CHANGE_COLUMNS = ["what", "table", "key", "column", "before_ref", "now_ref"]
# columns of a source by which its rows are judged
JUDGED = {"known_since": "int64", "rank": "int64", "reference": "bool", "corrects": "bool"}
# in what two rows of one key differ, and so why the winner is used: the first difference counts
RULES = {"corrects": "correction", "rank": "rank", "known_since": "later", "source": "tie"}
NOT_BEFORE = ("year", "wave", "first_made")  # a row of a later year is not known yet
# what a report calls new, by the name of its fact: events of the chain, and rows of tables
NEWS = {"joined": "admitted", "left": "left", "merged": "merged", "members": "membership"}
NEWS |= {"agreements": "agreements", "met": "meetings", "support": "support"}
NO_NEWS = ("sources", "towns", "checks")  # tables about the sources, the map and the questions
ROUNDING = 0.05  # by which a number may differ from a rounded one ("ca 60") that says the same


@dataclass(frozen=True, eq=False)
class Known:
    """What is known at the end of `year`.

    `used`: per table one row per key with the values chosen; `<column>_ref` is the row that each
    compared value came from. `rows`: every row known, also those that lose, with `known_since`,
    `rank` and `reference` of their source; `keyed`: the same as dicts, each with its key.
    `register`: one row is a disagreement (columns `REGISTER_COLUMNS`).
    """

    year: int
    used: dict[str, pd.DataFrame]
    rows: dict[str, pd.DataFrame]
    keyed: dict[str, list[Row]]
    register: pd.DataFrame

    @property
    def basis(self) -> dict[str, pd.DataFrame]:
        """The rows a report rests on: `rows`, but only the sources that they name."""
        return self.rows | {"sources": self.used["sources"]}

    @cached_property
    def records(self) -> dict[str, Row]:
        """Every row known, by its reference such as `membership:3`."""
        return {row["ref"]: row for rows in self.keyed.values() for row in rows}

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Every source by its id."""
        return {row["source"]: row for row in self.keyed["sources"]}

    def source(self, ref: str) -> Row:
        """The source of a raw row."""
        return self.sources[self.records[ref]["source"]]

    def until(self, year: int) -> Self:
        """The same knowledge without the used rows of years after `year`; undated rows stay."""
        used = {name: _drop_later(frame, year) for name, frame in self.used.items()}
        return replace(self, year=year, used=used)


def as_of(tables: dict[str, pd.DataFrame], year: int) -> Known:
    """Return what a report of `year` may use; raises `DataError` where two sources tie."""
    sources = tables["sources"].set_index("source")
    sources = sources.assign(corrects=sources["kind"] == "correction").astype(JUDGED)[[*JUDGED]]
    used: dict[str, pd.DataFrame] = {}
    rows: dict[str, pd.DataFrame] = {"sources": tables["sources"]}
    keyed = {"sources": keyed_rows("sources", tables["sources"])}
    disagreements: list[tuple[Any, ...]] = []
    for name, frame in tables.items():
        if name == "sources":
            continue
        positions = sources.index.get_indexer(frame["source"])  # a join takes three times as long
        judged = {column: sources[column].to_numpy()[positions] for column in JUDGED}
        is_public = (judged["known_since"] <= year) | judged["reference"]
        rows[name] = frame.assign(**judged)[is_public]
        if not TABLES[name].may_be_future:
            rows[name] = _drop_later(rows[name], year)
        keyed[name] = keyed_rows(name, rows[name])
        if TABLES[name].amended:
            used[name] = _amend_rows(rows[name], keyed[name], TABLES[name])
        else:
            used[name], table_disagreements = _choose_rows(rows[name], keyed[name], TABLES[name])
            disagreements += table_disagreements
    cited = {source for frame in rows.values() if "locator" in frame for source in frame["source"]}
    used["sources"] = rows["sources"][rows["sources"]["source"].isin(cited)]
    register = pd.DataFrame(disagreements, columns=REGISTER_COLUMNS)
    known = Known(year, used, rows, keyed, register)
    ties = []
    for case in register[register["rule"] == "tie"].itertuples():
        row, first = known.records[case.other_ref]["row"], known.records[case.used_ref]["row"]
        details = {"row": first, "year": year}
        ties.append(Fault("D030", f"{case.table}.csv", row, case.column, str(case.other), details))
    refuse_errors(ties)
    return known


def _drop_later(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """The rows that are not of a later year, and no bound beyond it; undated rows stay."""
    for column in NOT_BEFORE:
        if column in frame:
            frame = frame.loc[[getattr(cell, "low", cell) <= year for cell in frame[column]]]
    dated = zip(frame["year"], frame["known_since"], strict=True) if "year" in frame else ()
    ends = [  # "–2018" in an earlier year; "2018–" told in 2018 itself
        cell.doubt == "at_most" or since <= year == cell.low < cell.high == math.inf
        for cell, since in dated
    ]
    if any(ends):
        cut = [replace(cell, high=min(cell.high, year)) for cell in frame["year"]]
        frame = frame.assign(year=frame["year"].where([not end for end in ends], cut))
    return frame


def _choose_rows(
    frame: pd.DataFrame, rows: list[Row], contract: Table
) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
    """Return one row per key, each compared column from the best row that has a value for it, and
    the disagreements (`REGISTER_COLUMNS`). `rows` are the frame's as dicts."""
    disagreements = []
    rows = sorted(rows, key=lambda row: (not row["corrects"], row["rank"], -row["known_since"]))
    by_key = group_by_key((row["key"], row) for row in rows)
    groups = sorted(by_key.values(), key=lambda group: group[0]["row"])
    if contract is TABLES["agreements"]:
        groups = list(map(_drop_overtaken, groups))
    used = frame.loc[[group[0]["row"] for group in groups]]
    for column in contract.compared:
        decisive = contract.compared[0] if contract.together else column
        best = [_best_row(group, decisive) for group in groups]
        used[column] = pd.Series([row[column] for row in best], used.index, frame[column].dtype)
        used[f"{column}_ref"] = [row["ref"] for row in best]
        for group, winner in zip(groups, best, strict=True):
            others = [row for row in group if differs(row, winner, column)]
            if column in contract.states and not winner["corrects"]:  # what was so before
                others = [row for row in others if row["known_since"] >= winner["known_since"]]
            disagreements += [_disagreement(winner, other, column) for other in others]
    if column := contract.furthest_wins:
        stage = contract.columns[column].allowed.index
        # only corrections count where there are any
        counted = ([row for row in group if row["corrects"]] or group for group in groups)
        furthest = [max(rows, key=lambda row: stage(row[column])) for rows in counted]
        for group, winner in zip(groups, furthest, strict=True):  # what a correction takes back
            others = [row for row in group if stage(row[column]) > stage(winner[column])]
            disagreements += [_disagreement(winner, other, column) for other in others]
        for cell in (column, "year"):  # which its source has too
            used[cell] = pd.Series([row[cell] for row in furthest], used.index, frame[cell].dtype)
        used[f"{column}_ref"] = [row["ref"] for row in furthest]
    return used.reset_index(drop=True), disagreements


def _drop_overtaken(rows: list[Row]) -> list[Row]:
    """The rows but for those that found no agreement before one was made."""
    made = max(row["from_year"].low for row in rows)
    return [row for row in rows if row["known_since"] >= made or row["status"] != "none_found"]


def _best_row(group: list[Row], column: str) -> Row:
    """The first row with a value, or the row of the same source that says most."""
    # a correction may say that a number is not known
    stated = (
        row
        for row in group
        if _has_value(row[column]) or (row["corrects"] and getattr(row[column], "text", ""))
    )
    best = next(stated, group[0])
    for row in group:
        if row["source"] == best["source"] and _says_more(row[column], best[column]):
            best = row
    return best


def _says_more(cell: Any, other: Any) -> bool:
    """Whether a text has all words of another, and more: "Husby (Sydslesvig)", "Sydslesvig"."""
    if isinstance(cell, Quantity):
        return False
    texts = cell.casefold(), other.casefold()
    words, other_words = (set(re.findall(r"\d[\d-]*|\w+", text)) for text in texts)
    return words > other_words  # a date is one word


def differs(row: Row, winner: Row, column: str) -> bool:
    """Whether a row contradicts the one used, and does not only say less or more of the same."""
    cell, used = row[column], winner[column]
    if row["ref"] == winner["ref"] or not _has_value(cell):
        return False
    if isinstance(cell, Quantity):
        slack = ROUNDING if (cell.about or used.about) and row.get("definition") != "year" else 0.0
        pairs = (cell.low, used.low), (cell.high, used.high)
        is_same = all(math.isclose(*pair, rel_tol=slack) for pair in pairs)
        return cell.unit != used.unit or not is_same
    return cell != used and not _says_more(cell, used) and not _says_more(used, cell)


def _disagreement(winner: Row, other: Row, column: str) -> tuple[Any, ...]:
    """One row of the register, and the rule by which the winner is used."""
    decisive = (rule for column, rule in RULES.items() if winner[column] != other[column])
    rule = next(decisive, "first_row")
    used, stated = _cell_text(winner[column]), _cell_text(other[column])
    return winner["table"], winner["key"], column, used, winner["ref"], stated, other["ref"], rule


def _has_value(cell: Any) -> bool:
    return cell.is_known if isinstance(cell, Quantity) else not pd.isna(cell) and cell != ""


def _cell_text(cell: Any) -> Any:
    return cell.text if isinstance(cell, Quantity) else cell


def _amend_rows(frame: pd.DataFrame, rows: list[Row], contract: Table) -> pd.DataFrame:
    """Return one row per key, in the order of the points of each year; a later row fills blanks and
    replaces values, never the year first made. `<column>_ref` is the row of each compared value,
    `proposed` the amount of the first, `own` false where no row says whose it is."""
    amended: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["known_since"], not row["first_made"].is_known)):
        refs = {f"{column}_ref": row["ref"] for column in contract.compared}
        cells = amended.setdefault(row[contract.key[0]], row | refs | {"proposed": row["amount"]})
        for column in contract.inherited:
            if _has_value(row[column]):
                cells |= {column: row[column], f"{column}_ref": row["ref"]}
    columns = [*frame.columns, *(f"{column}_ref" for column in contract.compared), "proposed"]
    used = pd.DataFrame(list(amended.values()), columns=columns).astype(frame.dtypes.to_dict())
    used["own"] = used["own"].fillna(False).astype("bool")
    used = used.sort_values("order", kind="stable")
    years = used["first_made"].map(lambda made: made.low).sort_values(kind="stable")
    return used.loc[years.index].reset_index(drop=True)


def newest_rows(rows: Iterable[Row], by: str, value: str) -> dict[str, Row]:
    """Return the latest row about each thing, by its cell in the column `by`, oldest first.

    A row that knows `value` is preferred, even if its year is unknown; "–2017" may be long ago.
    """
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row[value].is_known, row["year"].low)):
        newest.pop(row[by], None)  # so that it moves to the end
        newest[row[by]] = row
    return newest


def list_changes(before: Known, now: Known) -> pd.DataFrame:
    """One row is a new fact or a changed value (columns `CHANGE_COLUMNS`, with raw rows as refs).

    Reference data (exchange rates) are no news. A fact is never lost: sources only add up.
    """
    changes = []
    for table in (name for name in now.used if name not in NO_NEWS):
        contract = TABLES[table]
        compared = [*contract.compared, *filter(None, [contract.furthest_wins])]
        main_column = "text_sv" if contract.amended or not compared else compared[0]
        frames = [known.used[table] for known in (before, now)]
        older, newer = (frame[~frame["reference"]] for frame in frames)
        old_rows = {row["key"]: row for row in keyed_rows(table, older)}
        for row in keyed_rows(table, newer):
            if not (old := old_rows.get(row["key"])):
                ref = row.get(f"{contract.furthest_wins}_ref", row["ref"])
                changes.append(("new", table, row["key"], main_column, "", ref))
                continue
            for column in compared:
                if _cell_text(row[column]) != _cell_text(old[column]):
                    ref = f"{column}_ref"
                    changes.append(("changed", table, row["key"], column, old[ref], row[ref]))
    return pd.DataFrame(changes, columns=CHANGE_COLUMNS)


def change_facts(changes: pd.DataFrame, since: int, now: Known) -> dict[str, Quantity | list[str]]:
    """Return the facts of what is new since an earlier report (`list_changes`), by name."""
    facts: dict[str, Quantity | list[str]] = {"since_year": exact(since, "year")}
    for what, count in changes["what"].value_counts().items():
        facts[f"since_{what}"] = exact(int(count))
    is_figure = (changes["what"] == "new") & (changes["table"] == "figures")
    if is_figure.any():  # most of what is new may say nothing of the chain
        facts["since_figures"] = exact(int(is_figure.sum()))
    told = changes[(changes["what"] == "new") | (changes["table"] != "chain")]
    rows = [now.records[ref] for ref in told["now_ref"]]
    towns = group_by_key((row.get("event", row["table"]), row.get("town")) for row in rows)
    for name, topic in NEWS.items():
        facts[f"since_{name}"] = list(dict.fromkeys(filter(None, towns.get(topic, ()))))
    return facts


def fingerprint(known: Known, municipality: files.Municipality, texts: Iterable[bytes]) -> str:
    """Return the SHA-256 of all a report rests on: its rows, texts, parameters, lock and version.

    It is the same in every language, and no row that the report may not use changes it. Where two
    differ, the pages may differ.
    """
    earlier = [year for year in municipality.made if year < known.year]
    parameters = asdict(municipality) | {"year": known.year, "made": earlier}
    locks = [folder / "requirements.lock" for folder in (files.PACKAGE, files.PROJECT)]
    lock = next((path.read_text("utf-8") for path in locks if path.is_file()), "")  # or a bare copy
    parts = [version("vanort_analysis"), lock, json.dumps(parameters, sort_keys=True, default=str)]
    parts += [f"{name}\n{files.to_csv(frame)}" for name, frame in sorted(known.basis.items())]
    return hashlib.sha256(b"\0".join([*map(str.encode, parts), *texts])).hexdigest()


def unused_rows(tables: dict[str, pd.DataFrame], year: int) -> pd.DataFrame:
    """One row is a raw row that a report of `year` does not use: table, row, reason, detail.

    Reasons: `not_public` (detail: since when its source is), `later` (the year it is of),
    `outranked` (the row used instead), `not_cited` (a source that no row known by then names).
    """
    known = as_of(tables, year)
    unused = []
    sources = tables["sources"].set_index("source")
    is_public = sources["reference"] | (sources["known_since"] <= year)
    for name, frame in tables.items():
        used, public = known.used[name], set(known.rows[name]["ref"])
        refs = public if TABLES[name].amended else {*used.filter(regex="(^|_)ref$").stack()}
        winners = {row["key"]: row["ref"] for row in keyed_rows(name, used)}
        for row in keyed_rows(name, frame[~frame["ref"].isin(refs)]):
            if name == "sources":
                reason, detail = "not_cited", ""
            elif row["ref"] in public:
                reason, detail = "outranked", winners[row["key"]]
            elif is_public[row["source"]]:
                years = (_cell_text(row[column]) for column in NOT_BEFORE if column in row)
                reason, detail = "later", str(next(years))
            else:
                reason, detail = "not_public", str(sources.at[row["source"], "known_since"])
            unused.append((name, row["row"], reason, detail))
    return pd.DataFrame(unused, columns=["table", "row", "reason", "detail"])
