"""The claims of an earlier report, each with a verdict computed from what is known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ...data.quantity import Quantity
from ...errors import Fault, meant
from . import chain_checks, figure_checks
from .frames import Known
from .witness import Claim, Finding, agrees, claims, not_checkable

Check = Callable[[Claim], Finding]
CHECKS: dict[str, Check] = {
    "not_checkable": not_checkable,
    "entry_years_agree": agrees("year", event=chain_checks.ENTRY),
    "exit_years_agree": agrees("year"),
    "members_agree": agrees("members"),
    "figure_agrees": agrees("value"),
    "members_over_stated": chain_checks.members_sum,
    "members_sum_printed": chain_checks.members_sum,
} | {
    check.__name__: check
    for check in (
        *(chain_checks.count_places, chain_checks.countries_covered),
        *(chain_checks.countries_complete, chain_checks.new_partners_counted),
        *(chain_checks.members_trend, chain_checks.count_grants),
        *(chain_checks.handed_over_agrees, chain_checks.municipal_dormant),
        *(figure_checks.hosts_rotate, figure_checks.meetings_every_year),
        *(figure_checks.meeting_confirmed, figure_checks.seminar_agrees),
        *(figure_checks.survey_bounds, figure_checks.survey_previous_level),
        *(figure_checks.survey_shares_base, figure_checks.survey_falls),
        *(figure_checks.figure_bound, figure_checks.grant_small),
    )
}
COLUMNS = ["claim", "row", "said", "verdict", "evidence", "refs"]


def verdicts(known: Known, facts: Mapping[str, Any], home: str) -> pd.DataFrame:
    """One row is a claim: claim, row, said, verdict, evidence (key, values), refs.

    `said` are the values of the sentence as the claim's own source states them. A list in the
    evidence holds numbers, ids of places and sources, codes, or text as written.
    """
    found = []
    for claim in claims(known, facts, home):
        verdict, key, values = CHECKS[claim.row["check"]](claim)
        lists = (value if isinstance(value, list) else [value] for value in values.values())
        numbers = [item for items in lists for item in items if isinstance(item, Quantity)]
        refs = tuple(dict.fromkeys(ref for number in numbers for ref in number.refs))
        found.append((claim.row["claim"], claim.row, claim.said, verdict, (key, values), refs))
    return pd.DataFrame(found, columns=COLUMNS)


def unknown_checks(rows: pd.DataFrame) -> list[Fault]:
    """The rows of the claims table that name a check there is not."""
    wrong = rows.loc[~rows["check"].isin(list(CHECKS)), "check"]
    return [
        Fault("D038", "claims.csv", int(str(row)), "check", name,
              details={"near": meant(name, CHECKS)})
        for row, name in wrong.items()
    ]  # fmt: skip
