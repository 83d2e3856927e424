"""The only place that judges sources: what is known in a year, which is used, what disagrees.

A report for year Y stands at 31 December Y: it uses rows whose source was public by then. Where
sources disagree the lower `rank` wins, then the later `known_since`; two values in one source: the
first row is used, and the register shows both. Pure.

What differs between two report years: new facts, changed values and why. Pure.
"""

from __future__ import annotations
from dataclasses import dataclass
import pandas as pd
from .clean import key_columns
from .schema import QUANTITIES, Table
from ..errors import Fault, WrongData
from .schema import TABLES
from .quantity import Quantity, exact


REGISTER = [
    "table",
    "key",
    "column",
    "used",
    "used_ref",
    "other",
    "other_ref",
    "rule",
    "independent",
]


@dataclass(frozen=True)
class Known:
    """What is known at the end of `year`.

    `used`: per table one row per key, values chosen, `<column>_ref` the row each came from and
    `ref` the first of them. `rows`: every row known, losers too, with `ref`. `register`: one row
    is a disagreement (columns `REGISTER`).
    """

    year: int
    used: dict[str, pd.DataFrame]
    rows: dict[str, pd.DataFrame]
    register: pd.DataFrame

    @property
    def basis(self) -> dict[str, pd.DataFrame]:
        """The rows a report rests on: `rows`, but of the sources only those that they name."""
        return self.rows | {"sources": self.used["sources"]}

    def row(self, ref: str) -> pd.Series:
        """The raw row behind a reference such as `membership:3`."""
        table, number = ref.split(":")
        return self.rows[table].loc[int(number)]


def known(tables: dict[str, pd.DataFrame], year: int) -> Known:
    """What a report of `year` may use; raises `WrongData` where two sources tie."""
    sources = tables["sources"].set_index("source", drop=False)
    used: dict[str, pd.DataFrame] = {}
    rows: dict[str, pd.DataFrame] = {"sources": _with_refs(tables["sources"], "sources")}
    found: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for name, frame in tables.items():
        if name == "sources":
            continue
        current = _current(_with_refs(frame, name), TABLES[name], sources, year)
        rows[name] = current
        used[name], disagreements, ties = _choose(name, current)
        found.append(disagreements)
        faults += ties
    if faults:
        raise WrongData(faults)
    cited = {source for frame in rows.values() if "locator" in frame for source in frame["source"]}
    used["sources"] = rows["sources"][rows["sources"]["source"].isin(cited)]
    register = pd.concat(
        [frame for frame in found if len(frame)] or [pd.DataFrame(columns=REGISTER)]
    )
    return Known(year, used, rows, register.reset_index(drop=True))


def _with_refs(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(ref=[f"{name}:{row}" for row in frame.index])


def _current(
    frame: pd.DataFrame, contract: Table, sources: pd.DataFrame, year: int
) -> pd.DataFrame:
    """The rows public at the end of `year`, with the rank and date of their source."""
    of = sources.loc[frame["source"], ["known_since", "rank", "reference"]]
    frame = frame.assign(**{column: of[column].to_numpy() for column in of})
    frame["corrects"] = (sources.loc[frame["source"], "kind"] == "correction").to_numpy()
    frame["origin"] = [_origin(source, sources) for source in frame["source"]]
    public = (frame["known_since"] <= year) | frame["reference"]
    dated = [c for c in ("year", "wave", "first_made", "report_year") if c in contract.columns]
    for column in dated if not contract.ahead else []:
        first = frame.get(f"{column}_low", frame[column])
        public &= ~(first > year).fillna(False).astype("bool")
    return frame[public.astype("bool")]


def _choose(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """One row per key; each compared column from the best row that says something about it."""
    contract = TABLES[name]
    key = key_columns(name, frame)
    frame = frame.assign(_key=key.agg(" ".join, axis=1).str.strip() if len(frame) else "")
    ordered = frame.assign(_row=frame.index, _late=-frame["known_since"].astype("float64"))
    ordered = ordered.sort_values(["rank", "_late", "_row"], kind="stable")
    chosen = ordered.drop_duplicates("_key").sort_values("_row").set_index("_key")
    found: list[tuple[object, ...]] = []
    ties: list[Fault] = []
    for column in contract.compared:
        rule, shown = contract.columns[column], contract.written(column)
        group = [c for c in frame if c == column or c.startswith(f"{column}_")]
        said = (
            ordered[f"{column}_doubt"] != "unknown"
            if rule.kind in QUANTITIES
            else ordered[column] != ""
        )
        speaking = pd.concat([ordered[said], ordered[~said]])
        best = speaking.drop_duplicates("_key").set_index("_key")
        chosen[group] = best[group].reindex(chosen.index)
        chosen[f"{column}_ref"] = best["ref"].reindex(chosen.index)
        same = _meaning(speaking, column, rule.kind)
        for place, row in speaking[said.reindex(speaking.index)].iterrows():
            winner = best.loc[row["_key"]]
            if same[place] == same[winner["_row"]]:
                continue
            rule_used = _rule(winner, row)
            if rule_used == "tie":
                details = {"row": int(winner["_row"])}
                where = (f"{name}.csv", int(row["_row"]), column, str(row[shown]))
                ties.append(Fault("D030", *where, details=details))
            mine, theirs = (winner[shown], winner["ref"]), (row[shown], row["ref"])
            known_by = (rule_used, winner["origin"] != row["origin"])
            found.append((name, row["_key"], column, *mine, *theirs, *known_by))
    if contract.progress:
        stages = contract.columns[contract.progress].allowed
        final = ordered.groupby("_key")["corrects"].transform("any")
        ordered = ordered[ordered["corrects"] | ~final]  # a correction may also take back
        reached = ordered[contract.progress].map(stages.index).groupby(ordered["_key"]).max()
        chosen[contract.progress] = reached.reindex(chosen.index).map(lambda stage: stages[stage])
    register = pd.DataFrame(found, columns=REGISTER)
    return chosen.reset_index(drop=True), register, ties


def _meaning(frame: pd.DataFrame, column: str, kind: str) -> pd.Series:
    """What a cell says, apart from how it is spelled."""
    if kind not in QUANTITIES:
        return frame[column]
    parts = [column, f"{column}_low", f"{column}_high", f"{column}_doubt", f"{column}_unit"]
    return frame[parts].map(str).agg(" ".join, axis=1) if len(frame) else frame[column].map(str)


def _rule(winner: pd.Series, other: pd.Series) -> str:
    if winner["rank"] != other["rank"]:
        return "rank"
    if winner["known_since"] != other["known_since"]:
        return "later"
    return "first_row" if winner["source"] == other["source"] else "tie"


def _origin(source: str, sources: pd.DataFrame) -> str:
    """The first of a line of sources that each build on another: one testimony together."""
    line = [source]
    while (older := sources.at[line[-1], "same_origin_as"]) and older not in line:
        line.append(older)
    return line[-1]


def newest(frame: pd.DataFrame, by: str, value: str = "") -> pd.DataFrame:
    """Of the rows about one thing the latest, but one that knows `value` before a gap."""
    dated = frame[frame["year"].notna()].sort_values("year", kind="stable")
    if value:
        gap = dated[f"{value}_doubt"] == "unknown"
        dated = pd.concat([dated[gap], dated[~gap]])
    return dated.drop_duplicates(by, keep="last").set_index(by)


COLUMNS = ["what", "table", "key", "column", "before_ref", "now_ref"]
UNTOLD = ("sources", "towns", "claims")  # who says it and where it lies is no news


def changes(before: Known, now: Known) -> pd.DataFrame:
    """One row is a fact that is new, or a value that changed (columns `COLUMNS`, raw rows as refs).

    Reference data (exchange rates) is no news either. A fact is never lost: sources only add up.
    """
    rows = []
    for table in now.used:
        if table in UNTOLD:
            continue
        older, newer = (_by_key(table, known.used[table]) for known in (before, now))
        for key, row in newer[~newer["reference"].astype("bool")].iterrows():
            if key not in older.index:
                rows.append(("new", table, key, _tells(table), "", row["ref"]))
                continue
            for column in TABLES[table].compared:
                shown = TABLES[table].written(column)
                if row[shown] != older.at[key, shown]:
                    refs = older.at[key, f"{column}_ref"], row[f"{column}_ref"]
                    rows.append(("changed", table, key, column, *refs))
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_key(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    key = key_columns(table, frame).agg(" ".join, axis=1).str.strip() if len(frame) else []
    return frame.set_axis(pd.Index(key), axis=0)


def _tells(table: str) -> str:
    """The column that says what a row is about."""
    compared = TABLES[table].compared
    return compared[0] if compared else "text_sv"


def changed_towns(changed: pd.DataFrame, now: Known, table: str, event: str = "") -> list[str]:
    """The towns with something new or changed in a table (of the chain: of one event)."""
    rows = changed[changed["table"] == table]
    used = now.rows[table].set_index("ref")
    found = used.loc[rows["now_ref"]]
    if event:
        found = found[found["event"] == event]
    return list(dict.fromkeys(found["town"]))


def news(before: Known, now: Known) -> dict[str, Quantity | list[str]]:
    """What is new since the report before, by name."""
    changed = changes(before, now)
    kinds = changed["what"].value_counts()
    return {
        "since_year": exact(before.year, "year"),
        "since_new": exact(int(kinds.get("new", 0))),
        "since_changed": exact(int(kinds.get("changed", 0))),
        "since_joined": changed_towns(changed, now, "chain", "admitted"),
        "since_left": changed_towns(changed, now, "chain", "left"),
        "since_merged": changed_towns(changed, now, "chain", "merged"),
        "since_members": changed_towns(changed, now, "membership"),
        "since_agreements": changed_towns(changed, now, "agreements"),
        "since_met": changed_towns(changed, now, "meetings"),
    }
