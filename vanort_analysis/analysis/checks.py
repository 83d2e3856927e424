"""Premises of a proposal and claims of an earlier report, answered from what is known. Pure.

A check compares a fact with a value and has three answers: yes, no, and unknown where the bounds
of what is known decide nothing. Nothing is guessed: a fact that is missing is unknown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.evidence import Known
from ..data.quantity import UNKNOWN, Quantity, group_by_key, to_records
from ..data.schema import TABLES
from ..errors import DataError, Fault
from .chain import NO_YEAR

if TYPE_CHECKING:
    from . import Year

STATES = ("evaluated", "done", "decided")  # of a recommendation, the latest stage first
WORST_FIRST = ("no", "unknown", "yes")
COLUMNS = ["check", "about", "fact", "relation", "threshold", "value", "at", "holds"]
COLUMNS += ["text_sv", "text_en", "source", "locator", "note", "ref"]


def answer_check(fact: Any, relation: str, threshold: Quantity, known: Known) -> str:
    """Whether a fact is as a check says: `yes`, `no` or `unknown`."""
    if not isinstance(fact, Quantity):
        return "unknown"
    if relation == "agrees":
        return _answer_agreement(fact.refs, known)
    limits = (threshold.low, threshold.high)
    if fact.about and any(fact.low <= limit <= fact.high for limit in limits):
        return "unknown"  # rounded, and too near the limit to tell
    low = -math.inf if relation == "at_most" else threshold.low
    high = math.inf if relation == "at_least" else threshold.high
    if low <= fact.low and fact.high <= high:
        return "yes"
    return "no" if fact.high < low or fact.low > high else "unknown"


def _answer_agreement(refs: tuple[str, ...], known: Known) -> str:
    """Whether other sources say the same as these rows; unknown while no other source does."""
    sources: list[int] = []  # how many there are of each number
    for table in {ref.partition(":")[0] for ref in refs}:
        column = (TABLES[table].compared or ["ref"])[0]  # of a row that does not know, no answer
        rows = [row for row in known.keyed[table] if getattr(row[column], "is_known", True)]
        keys = {row["key"] for row in rows if row["ref"] in refs}
        if not keys.isdisjoint(known.register.loc[known.register["table"] == table, "key"]):
            return "no"
        by_key = group_by_key((row["key"], row["source"]) for row in rows if row["key"] in keys)
        sources += [len({*names}) for names in by_key.values()]
    return "yes" if sources and min(sources) > 1 else "unknown"


def answered_checks(year: Year) -> pd.DataFrame:
    """One row is a check: its sentence, fact, relation and threshold, and what is found.

    `value` is the fact, `at` its year where it has one of its own, `holds` yes, no or unknown. A
    claim of an earlier report is held against what is dated up to that report.
    """
    rows = []
    for check in to_records(year.known.used["checks"]):
        facts = year.base
        if check["about"] == "earlier_report":
            facts = year.at(year.known.sources[check["source"]]["known_since"]).base
        name, threshold = check["fact"], check["value"]
        fact = facts.get(name)
        value = fact if isinstance(fact, Quantity) else UNKNOWN
        at = facts.get(f"{name}.year", facts.get(f"{name}_year", NO_YEAR))
        # a share or an amount needs a limit that has a unit
        has_unit = value.unit == "percent" or value.unit[:3].isupper()
        differs = threshold.unit not in value.unit or (has_unit and not threshold.unit)
        if differs and value.is_known and threshold.doubt not in ("unknown", "none"):
            row = year.known.records[check["ref"]]["row"]
            raise DataError(Fault("D095", "checks.csv", row, "value", threshold.text))
        holds = answer_check(fact, check["relation"], threshold, year.known)
        rows.append(check | {"threshold": threshold, "value": value, "at": at, "holds": holds})
    return pd.DataFrame(rows, columns=COLUMNS)


def points_year(year: Year) -> int | None:
    """The newest year in which points were proposed."""
    years = year.known.used["recommendations"]["first_made"]
    return max((int(made.low) for made in years if math.isfinite(made.low)), default=None)


def newest_points(year: Year) -> pd.DataFrame:
    """One row is a point of the newest proposal, in its order: whether its premises hold, and the
    amount `proposed`, where `amount` is that decided if it is another."""
    rows = year.known.used["recommendations"]
    rows = rows.loc[[made.low == year.points_year for made in rows["first_made"]]]
    answers = dict(zip(year.checks["check"], year.checks["holds"], strict=True))
    premises = [[name for name in cell.split("|") if name] for cell in rows["premises"]]
    holds = [
        min((answers.get(name, "unknown") for name in names), key=WORST_FIRST.index, default="yes")
        for names in premises
    ]
    return rows.assign(premises=premises, holds=holds).reset_index(drop=True)


def earlier_points(year: Year) -> pd.DataFrame:
    """One row is a point of an earlier year, without premises; `state`: of `STATES`, or unknown."""
    rows = year.known.used["recommendations"]
    is_earlier = [made.high < year.known.year for made in rows["first_made"]]
    rows = rows.loc[is_earlier].reset_index(drop=True)
    reached = rows[list(STATES)].astype("bool").assign(unknown=True)
    return rows.assign(state=reached.idxmax(axis=1), premises=[[] for _ in rows.index])
