"""A claim of an earlier report, and what the tables say of the same thing. Pure.

The placeholders and places of its sentence say what a claim is about. What it says is what its own
source states, whatever other source is used today; the other rows are its witnesses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from ...data.quantity import UNKNOWN, Quantity
from ...data.schema import TABLES
from ...language import PLACEHOLDER
from . import chain
from .facts import Facts, stated
from .frames import Known, column

HOLDS, BOUND, OPEN, AGAINST = "holds", "holds_as_bound", "not_checkable", "contradicted"


class Finding(NamedTuple):
    """A verdict, and the sentence (`evidence.<key>`) with the values that give the reason."""

    verdict: str
    key: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """A claim: its `row`, what its source states (`own`), and all that is `known` today.

    `then` is the part of `known` that is dated up to the year of the claim's report.
    """

    row: pd.Series
    own: Facts
    known: Known
    then: Known
    facts: Mapping[str, Any]
    home: str

    @cached_property
    def sentence(self) -> str:
        """The claim in every language it is told in."""
        return " ".join(said for name, said in self.row.items() if str(name).startswith("text_"))

    @cached_property
    def towns(self) -> list[str]:
        """The places of the chain that the sentence names."""
        towns = self.known.used["towns"].set_index("town")
        spellings = towns[["name", "name_en", "local_name", "aliases"]].agg("|".join, axis=1)
        found = []
        for town in chain.entries(self.known).index:
            names = "|".join(re.escape(name) for name in spellings[town].split("|") if name)
            if re.search(rf"\b(?:{names})s?\b", self.sentence):
                found.append(town)
        return found

    @cached_property
    def said(self) -> dict[str, Quantity]:
        """The values that the sentence names, and the same of every other place it names."""
        names = PLACEHOLDER.findall(self.sentence)
        names += [f"{name.split(':')[0]}:{town}" for name in names for town in self.towns]
        found = ((name, self.own.get(name)) for name in dict.fromkeys(names))
        return {name: value for name, value in found if isinstance(value, Quantity)}

    @property
    def number(self) -> Quantity:
        """The first number that the sentence names, years apart."""
        return next((value for value in self.said.values() if value.unit != "year"), UNKNOWN)

    @property
    def period(self) -> Quantity:
        """The time that the number is about."""
        years = (self.own.get(f"{name}.year") for name in self.said)
        return next((year for year in years if isinstance(year, Quantity)), UNKNOWN)

    @property
    def wave(self) -> int:
        """The survey that the sentence names, or the last before its report."""
        named = [int(name.split(":")[1]) for name in self.said if name.startswith("survey:")]
        waves = self.known.used["survey"]["wave"]
        return next(iter(named + sorted(waves[waves <= self.then.year], reverse=True)), 0)

    def sources(self, refs: Iterable[str]) -> list[str]:
        """The sources of raw rows."""
        return list(dict.fromkeys(self.known.row(ref)["source"] for ref in refs))

    def others(self, about: Quantity, what: str, **also: Iterable[str]) -> list[Quantity]:
        """What other sources say of the thing and time that a stated number is about."""
        if not about.refs:
            return []
        table, own = about.refs[0].split(":")[0], self.known.row(about.refs[0])
        rows = self.known.rows[table]
        years = column(rows, "year") if "year" in TABLES[table].key else None
        same = {name: [own[name]] for name in TABLES[table].key if name != "year"} | also
        rows = rows[rows["source"] != self.row["source"]]
        for name, allowed in same.items():
            rows = rows[rows[name].isin(list(allowed))]
        if years is not None:
            then = years[own.name]
            rows = rows.loc[[place for place in rows.index if meet(years[place], then)]]
        return [number for number in column(rows, what) if number.is_known]


def claims(known: Known, facts: Mapping[str, Any], home: str) -> list[Claim]:
    """Every claim used in the year, with what there is to check it against."""
    rows = known.used["claims"]
    stating = {source: own(known, source) for source in rows["source"].unique()}
    then = {year: until(known, int(year)) for year in rows["report_year"].unique()}
    return [
        Claim(row, stating[row["source"]], known, then[row["report_year"]], facts, home)
        for _, row in rows.iterrows()
    ]


def own(known: Known, source: str) -> Facts:
    """What one source states, by name, whatever other source is used."""
    rows = {name: frame[frame["source"] == source] for name, frame in known.rows.items()}
    return stated(replace(known, used=rows))


def until(known: Known, year: int) -> Known:
    """Of what is known, that which is dated up to a year; the undated stays."""
    used = {
        name: frame[~(frame["year_low"] > year)] if "year_low" in frame else frame
        for name, frame in known.used.items()
    }
    return replace(known, year=year, used=used)


def meet(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities can be the same."""
    return one.low <= other.high and other.low <= one.high


def within(said: Quantity, found: Quantity) -> str:
    """What is found lies in what is said, misses it, shares a bound with it, or tells nothing."""
    if not (said.is_known and found.is_known):
        return OPEN
    if said.low <= found.low and found.high <= said.high:
        return HOLDS
    if not meet(said, found):
        return AGAINST
    shared = {said.low, said.high} & {found.low, found.high} - {0.0, math.inf, -math.inf}
    return BOUND if shared else OPEN


def distinct(numbers: Iterable[Quantity]) -> list[Quantity]:
    """Equal numbers once, with the rows of all."""
    found: dict[tuple[float, float, bool], Quantity] = {}
    for number in numbers:
        key = (number.low, number.high, number.about)
        refs = found[key].refs if key in found else ()
        found[key] = replace(number, refs=tuple(dict.fromkeys(refs + number.refs)))
    return list(found.values())


def agreement(claim: Claim, pairs: list[tuple[Quantity, Quantity]]) -> Finding:
    """What the claim says beside what other sources say: one that differs contradicts it."""
    against = [(said, other) for said, other in pairs if not meet(said, other)]
    ours, theirs = zip(*(against or pairs), strict=True) if pairs else ((), ())
    values = {
        "said": distinct(ours),
        "other": distinct(theirs),
        "sources": claim.sources(ref for other in theirs for ref in other.refs),
    }
    if not pairs:
        return Finding(OPEN, "one_source", {"said": distinct(claim.said.values())})
    return Finding(*((AGAINST, "sources_differ") if against else (HOLDS, "sources_agree")), values)


def not_checkable(_: Claim) -> Finding:
    """No table holds what the claim is about."""
    return Finding(OPEN, "not_checkable", {})


def agrees(what: str, **also: Iterable[str]) -> Callable[[Claim], Finding]:
    """A check that every other source says the same of what the sentence names."""

    def check(claim: Claim) -> Finding:
        said = claim.said.values()
        pairs = [(one, other) for one in said for other in claim.others(one, what, **also)]
        return agreement(claim, [(one, other.to(one.unit)) for one, other in pairs])

    return check
