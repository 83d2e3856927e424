"""Premises of a proposal and claims of an earlier report, answered from what is known. Pure.

A check compares a fact with a value, with three answers: yes, no, and unknown where the bounds of
what is known decide nothing. Nothing is guessed: a fact that is not there is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.consistency import row_keys
from ..data.evidence import Known
from ..data.quantity import UNKNOWN, Quantity, group_by_key, to_records
from ..errors import Fault, closest_word
from .chain import NO_YEAR

if TYPE_CHECKING:
    from .year import Year

STATES = ("evaluated", "done", "decided")  # what may have become of a recommendation, latest first
COLUMNS = ["check", "about", "fact", "relation", "threshold", "value", "at", "holds"]
COLUMNS += ["text_sv", "text_en", "source", "locator", "note", "ref"]


def answer_check(found: Any, relation: str, value: Quantity, known: Known) -> str:
    """Whether a fact is as a check says: `yes`, `no` or `unknown`."""
    if not isinstance(found, Quantity):
        return "unknown"
    if relation == "agrees":
        return _agrees(found.refs, known)
    low = -math.inf if relation == "at_most" else value.low
    high = math.inf if relation == "at_least" else value.high
    sure = low <= found.low and found.high <= high
    never = found.high < low or found.low > high
    limits = (value.low, value.high)
    at_the_limit = found.about and any(found.low <= at <= found.high for at in limits)
    return "unknown" if at_the_limit else "yes" if sure else "no" if never else "unknown"


def _agrees(refs: tuple[str, ...], known: Known) -> str:
    """Whether other sources say the same as rows; unknown while there is no other source."""
    disputed = set(zip(known.register["table"], known.register["key"], strict=True))
    alone = False
    for table in {ref.split(":")[0] for ref in refs}:
        rows, keys = known.rows[table], row_keys(table, known.rows[table])
        sources = group_by_key(zip(keys, rows["source"], strict=True))
        for key in (key for key, ref in zip(keys, rows["ref"], strict=True) if ref in refs):
            if (table, key) in disputed:
                return "no"
            alone = alone or len(set(sources[key])) < 2
    return "yes" if refs and not alone else "unknown"


def answered_checks(year: Year) -> pd.DataFrame:
    """One row is a check: its sentence, fact, relation and threshold, and what is found.

    `value` is the fact, `at` its year where it has one of its own, `holds` yes, no or unknown. A
    claim of an earlier report is held against what is dated up to that report.
    """
    rows = []
    for row in to_records(year.known.used["checks"]):
        earlier = row["about"] == "earlier_report"
        then = year.at(year.known.sources[row["source"]]["known_since"]) if earlier else year
        name, limit = row["fact"], row["value"]
        found, own_year = then.base.get(name), then.base.get(f"{name}_year", NO_YEAR)
        at = then.base.get(f"{name}.year", own_year)
        value = found if isinstance(found, Quantity) else UNKNOWN
        answer = answer_check(found, row["relation"], limit, year.known)
        rows.append(row | {"threshold": limit, "value": value, "at": at, "holds": answer})
    return pd.DataFrame(rows, columns=COLUMNS)


def points_year(year: Year) -> int | None:
    """The newest year in which points were proposed."""
    years = year.known.used["recommendations"]["first_made"]
    return max((int(at.low) for at in years if math.isfinite(at.low)), default=None)


def newest_points(year: Year) -> pd.DataFrame:
    """One row is a point of the newest proposal, in its order, and whether its premises hold."""
    rows = year.known.used["recommendations"]
    rows = rows.loc[[at.low == year.points_year for at in rows["first_made"]]]
    rows = rows.sort_values("order", kind="stable", ignore_index=True)
    answers = dict(zip(year.checks["check"], year.checks["holds"], strict=True))
    premises = [[name for name in cell.split("|") if name] for cell in rows["premises"]]
    together = [{answers.get(name, "unknown") for name in names} for names in premises]
    found = [next((a for a in ("no", "unknown") if a in those), "yes") for those in together]
    own = rows["own"].fillna(False).astype("bool")
    return rows.assign(premises=premises, holds=found, own=own)


def earlier_points(year: Year) -> pd.DataFrame:
    """One row is a recommendation of an earlier year and its `state`: evaluated, done, decided or
    unknown."""
    rows = year.known.used["recommendations"]
    rows = rows.loc[[at.high < year.known.year for at in rows["first_made"]]]
    rows = rows.sort_values("order", kind="stable", ignore_index=True)
    told = zip(*(rows[state] for state in STATES), strict=True)
    states = [[state for state, said in zip(STATES, row, strict=True) if said] for row in told]
    return rows.assign(state=[[*found, "unknown"][0] for found in states])


def check_fact_names(checks: pd.DataFrame, names: Collection[str]) -> list[Fault]:
    """The checks that name a fact there never is; `names` are the facts there may be."""
    return [
        Fault("D038", "checks.csv", row, "fact", name, details={"near": closest_word(name, names)})
        for row, name in zip(checks.index, checks["fact"].tolist(), strict=True)
        if name and name not in names
    ]
