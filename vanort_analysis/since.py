"""What differs between two report years: new facts, changed values and why. Pure."""

from __future__ import annotations

import pandas as pd

from .clean import key_columns
from .evidence import Known
from .quantity import Quantity, exact
from .tables import TABLES

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


def towns(changed: pd.DataFrame, now: Known, table: str, event: str = "") -> list[str]:
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
        "since_joined": towns(changed, now, "chain", "admitted"),
        "since_left": towns(changed, now, "chain", "left"),
        "since_merged": towns(changed, now, "chain", "merged"),
        "since_members": towns(changed, now, "membership"),
        "since_agreements": towns(changed, now, "agreements"),
        "since_met": towns(changed, now, "meetings"),
    }
