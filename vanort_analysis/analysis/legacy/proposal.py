"""The one rule: which alternative and which points follow from the answers; what would change it.

The proposal is the first alternative, in order, whose `requires` are all met; its points are its
recommendations whose `requires` are met. "Cannot be answered" counts as not met. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ...data.quantity import UNKNOWN, Quantity, exact, total
from . import criteria as judged
from .facts import Facts
from .frames import Known, column

OTHER = {"yes": "no", "no": "yes", "unknown": "yes"}


@dataclass(frozen=True)
class Proposal:
    """What follows from the answers: an alternative (none: empty) and points, by name."""

    alternative: str
    points: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """How the proposal came about: the criteria with their answers, and what would change it."""

    criteria: pd.DataFrame
    proposal: Proposal
    flips: pd.DataFrame


def decide(known: Known, home: str, facts: Facts) -> Decision:
    """The criteria answered from what is known, and what follows."""
    frame = judged.criteria(known, home, facts)
    return Decision(frame, propose(known, frame["answer"]), flips(known, frame))


def requirements(cell: str) -> list[tuple[str, bool]]:
    """The criteria of a `requires` cell, and whether each must be met or must not."""
    return [(name.removeprefix("!"), name[0] != "!") for name in filter(None, cell.split("|"))]


def missed(cell: str, answers: pd.Series) -> list[str]:
    """The criteria of a `requires` cell that are not as they must be."""
    return [name for name, must in requirements(cell) if (answers.get(name) == "yes") != must]


def propose(known: Known, answers: pd.Series) -> Proposal:
    """The proposal that follows from the answers (yes, no, unknown by criterion)."""
    for name, needs in alternatives(known)["requires"].items():
        if not missed(needs, answers):
            return Proposal(str(name), points_of(known, str(name), answers))
    return Proposal("", ())


def alternatives(known: Known) -> pd.DataFrame:
    """The alternatives by name, in order."""
    frame = known.used["alternatives"].sort_values("order", kind="stable")
    return frame.set_index("alternative")


def recommendations(known: Known) -> pd.DataFrame:
    """The recommendations by name, in order."""
    frame = known.used["recommendations"].sort_values("order", kind="stable")
    return frame.set_index("recommendation")


def earlier(known: Known) -> pd.DataFrame:
    """The recommendations first made in a year before the report's."""
    frame = recommendations(known)
    return frame[(frame["first_made"] < known.year).fillna(False).astype("bool")]


def recommended(known: Known) -> str:
    """The alternative that all recommendations of earlier years belong to; empty if none does."""
    rows = earlier(known)["alternative"].str.split("|")
    held = [name for name in alternatives(known).index if all(name in row for row in rows)]
    return str(held[-1]) if len(rows) and held else ""


def points_of(known: Known, alternative: str, answers: pd.Series) -> tuple[str, ...]:
    """The points of an alternative: its recommendations whose criteria are met."""
    frame = recommendations(known)
    return tuple(
        str(name)
        for name, row in frame.iterrows()
        if alternative in row["alternative"].split("|") and not missed(row["requires"], answers)
    )


def cost(known: Known, alternative: str, answers: pd.Series, grant: Quantity) -> Quantity:
    """What an alternative costs a year if its criteria are met: its own cost and its grant."""
    chosen = alternatives(known).loc[[alternative]]
    needs = requirements(chosen["requires"].iloc[0])
    answers = pd.Series(dict(answers) | {name: "yes" if must else "no" for name, must in needs})
    frame = recommendations(known).loc[list(points_of(known, alternative, answers))]
    paid = [grant for written in frame["amount_text"] if written]
    parts = [column(chosen, "yearly_cost").iloc[0], *paid]
    return total(part.to("") for part in parts).to(grant.unit, "alternative_cost")


def flips(known: Known, criteria: pd.DataFrame) -> pd.DataFrame:
    """One row is a criterion whose crossing of its threshold, the others held, changes something.

    What only grows with time cannot fall back and is left out. Columns: criterion, becomes (its new
    answer), alternative (then proposed), gone and new (points as lists), distance (how far the
    value is from the threshold, a share of the threshold).
    """
    now = propose(known, criteria["answer"])
    rows = []
    for name, row in criteria.iterrows():
        if row["answer"] == "yes" and row["indicator"] in judged.ONLY_GROWS:
            continue
        answers = criteria["answer"].copy()
        answers[name] = OTHER[row["answer"]]
        then = propose(known, answers)
        if then == now:
            continue
        gone = [point for point in now.points if point not in then.points]
        new = [point for point in then.points if point not in now.points]
        rows.append((name, answers[name], then.alternative, gone, new, _distance(row)))
    columns = ["criterion", "becomes", "alternative", "gone", "new", "distance"]
    return pd.DataFrame(rows, columns=columns)


def _distance(row: pd.Series) -> float:
    value, limit = row["value"], row["limit"]
    if not value.is_known:
        return math.inf
    at = value.low if row["direction"] == "at_least" else value.high
    return abs(at - limit.low) / max(abs(limit.low), 1.0)


def nearest(changes: pd.DataFrame, point: str) -> str:
    """The criterion that, of those whose crossing takes a point away, is nearest to its limit."""
    own = changes[[point in gone for gone in changes["gone"]]]
    return "" if own.empty else str(own.sort_values("distance", kind="stable")["criterion"].iloc[0])


def rests_on(known: Known, proposal: Proposal, point: str = "") -> list[str]:
    """The criteria a proposal rests on, or one of its points, in the order they are required."""
    names = [
        name for name, _ in requirements(alternatives(known)["requires"][proposal.alternative])
    ]
    if point:
        names += [name for name, _ in requirements(recommendations(known)["requires"][point])]
    return list(dict.fromkeys(names))


def stoppers(known: Known, proposal: Proposal, answers: pd.Series) -> list[str]:
    """The criteria that stopped the alternatives tried earlier, the last of them first."""
    tried = alternatives(known)["requires"]
    before = list(tried.index).index(proposal.alternative)
    return list(
        dict.fromkeys(
            name
            for needs in reversed(tried.iloc[:before].tolist())
            for name in missed(needs, answers)
        )
    )


def named(known: Known, decision: Decision, facts: Facts) -> Facts:
    """The decision as facts, by name: the indicators, and the cost of what is proposed."""
    found: Facts = {
        f"indicator:{name}": value for name, value in decision.criteria["value"].items()
    }
    if not decision.proposal.alternative:
        return found
    kinds = known.rows["sources"].set_index("source")["kind"]
    ours = decision.criteria["set_by"].map(kinds) == "own choice"
    found |= {"criteria_count": exact(len(ours)), "criteria_own": exact(int(ours.sum()))}
    grant = facts.get("grant", UNKNOWN)
    if isinstance(grant, Quantity):
        answers = decision.criteria["answer"]
        spent = cost(known, decision.proposal.alternative, answers, grant)
        found["proposed_free" if spent.doubt == "none" else "proposed_cost"] = spent
        paid = known.used["recommendations"].set_index("recommendation")["amount_text"]
        granted = any(paid[point] for point in decision.proposal.points)
        found["proposed_grant" if granted else "grant_not_proposed"] = grant
    return found
