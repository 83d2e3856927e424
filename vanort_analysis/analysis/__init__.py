"""What follows from the tables of one year: frames and facts, pure, no word for a reader."""

from __future__ import annotations

from functools import cached_property, lru_cache

import pandas as pd

from ..data.clean import Dataset
from ..data.evidence import Known, as_of, change_facts, list_changes
from ..data.quantity import UNKNOWN, Quantity, group_by_key, to_records
from . import activity as ties
from . import chain, facts, figures
from . import checks as premises
from .facts import Facts


@lru_cache(maxsize=8)
def build_year(dataset: Dataset, year: int) -> Year:
    """The year of a data folder, with what the report made before it knew."""
    municipality = dataset.municipality
    earlier = [made for made in municipality.made if made < year]
    before = as_of(dataset.tables, earlier[-1]) if earlier else None
    return Year(as_of(dataset.tables, year), municipality.home, dataset.currency, before)


class Year:
    """What follows about the chain of `home` from what is `known` at the end of a year; `before` is
    what the previous report knew. Amounts are compared in `currency`, that of the home town's
    country. The function behind each frame documents its rows."""

    def __init__(self, known: Known, home: str, currency: str, before: Known | None = None) -> None:
        self.known, self.home, self.currency, self.before = known, home, currency, before
        self._earlier: dict[int, Year] = {}

    events = cached_property(chain.event_years)
    entered = cached_property(chain.entry_years)
    places = cached_property(chain.chain_places)
    presence = cached_property(chain.place_presence)
    history = cached_property(chain.chain_history)
    size = cached_property(chain.chain_size)
    hosting = cached_property(chain.hosting_record)
    meetings = cached_property(chain.known_meetings)
    members = cached_property(figures.member_counts)
    support = cached_property(figures.support_amounts)
    populations = cached_property(figures.municipal_populations)
    national = cached_property(figures.national_members)
    meeting_years = cached_property(ties.meeting_years)
    activity = cached_property(ties.tie_status)
    checks = cached_property(premises.answered_checks)
    points = cached_property(premises.newest_points)
    points_year = cached_property(premises.points_year)
    follow_up = cached_property(premises.earlier_points)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row is what is new since the report before, if any (`evidence.list_changes`)."""
        return list_changes(self.before or self.known, self.known)

    @cached_property
    def present(self) -> pd.DataFrame:
        """The places that are in the chain today."""
        return self.places[self.places["role"] != "former"]

    @cached_property
    def partners(self) -> list[str]:
        """The home town's twin towns today."""
        return list(self.places.loc[self.places["role"] == "member", "town"])

    @cached_property
    def round(self) -> range:
        """The years of the latest round, as many as there are places, the report year the last."""
        return range(self.known.year - len(self.present) + 1, self.known.year + 1)

    def if_old(self, date: Quantity) -> Quantity:
        """A date that must be said, as it is older than the year before; else unknown."""
        return date if date.low < self.known.year - 1 else UNKNOWN

    @cached_property
    def base(self) -> Facts:
        """The facts that the checks are answered from."""
        rows = {name: to_records(self.known.used[name]) for name in facts.STATING}
        return facts.stated_facts(rows) | facts.computed_facts(self)

    @cached_property
    def facts(self) -> Facts:
        """Every fact, by name: a `Quantity`, or a list of towns or years."""
        news = change_facts(self.changes, self.before.year, self.known) if self.before else {}
        return self.base | facts.check_facts(self) | news

    def at(self, year: int) -> Year:
        """The same chain as of an earlier year, by what is known today."""
        if year >= self.known.year:
            return self
        if year not in self._earlier:
            self._earlier[year] = Year(self.known.until(year), self.home, self.currency)
        return self._earlier[year]

    @cached_property
    def stated(self) -> dict[str, Facts]:
        """The facts as each source states them, even where another source is used instead."""
        records = self.known.records.values()
        rows = group_by_key((row["source"], (row["table"], row)) for row in records)
        return {source: facts.stated_facts(group_by_key(own)) for source, own in rows.items()}
