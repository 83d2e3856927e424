"""Every fact a sentence may name, by name. Pure.

From the tables: `measure:about` (a row of `figures`, the newest known) and its `.year`,
`event:town`, `members:town`, `support:town`, `meeting:town`, `survey:wave:measure:group`.
Computed: the rest, each a `Quantity` with its formula, or a list of town ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from . import chain
from .errors import Fault, meant
from .evidence import Known, newest
from .findings import Facts
from .language import PLACEHOLDER
from .spelling import column
from .store import Municipality

WORDS = ("_sv", "_en")  # the columns that hold a municipality's own words


def stated(known: Known) -> Facts:
    """What the tables state, by name."""
    facts: Facts = {}
    figures = known.used["figures"]
    order = figures["year_low"].fillna(float("-inf")).sort_values(kind="stable")
    figures = figures.loc[order.index]
    values, years = column(figures, "value"), column(figures, "year")
    for place, row in figures.iterrows():
        name = f"{row['measure']}:{row['about']}" if row["about"] else row["measure"]
        value = values[place]
        facts[name] = value.to("year") if row["definition"] == "year" else value
        facts[f"{name}.year"] = years[place]
    for event in ("contact", "admitted", "left", "merged", "renamed"):
        for town, year in chain.events(known, event).items():
            facts[f"{event}:{town}"] = year
    survey = known.used["survey"]
    for (_, row), value in zip(survey.iterrows(), column(survey, "value"), strict=True):
        facts[f"survey:{row['wave']}:{row['measure']}:{row['group']}"] = value
    for table, what in (("membership", "members"), ("support", "amount")):
        latest = newest(known.used[table], "town", what)
        for town, value in column(latest, what).items():
            facts[f"{'members' if what == 'members' else 'support'}:{town}"] = value
    held = known.used["meetings"].query("status == 'held'")
    for town, year in column(newest(held, "town"), "year").items():
        facts[f"meeting:{town}"] = year
    return facts


def named(
    found: Facts, names: Mapping[str, str], language: str, about: Municipality
) -> dict[str, Any]:
    """Facts as sentences use them: ids as names, the municipality's own words added."""
    values: dict[str, Any] = {
        name: [names.get(item, item) for item in value] if isinstance(value, list) else value
        for name, value in found.items()
    }
    if language == "en":
        values["areas"] = values["areas_en"]
    for word, said in about.names.items():
        values["home" if word == "name" else word] = said.get(language) or next(iter(said.values()))
    values.setdefault("home", names[about.home])
    values["home_genitive"] = values.pop("genitive", values["home"])
    return values | {f"contact_{way}": at for way, at in about.contact.items()}


def unnamed(rows: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> list[Fault]:
    """The placeholders in municipal prose that name no fact."""
    faults = []
    for name, frame in rows.items():
        for column_name in (c for c in frame if str(c).endswith(WORDS)):
            for row, said in frame[column_name].items():
                for word in PLACEHOLDER.findall(said):
                    if word not in facts:
                        where = (f"{name}.csv", int(str(row)), str(column_name), word)
                        details = {"near": meant(word, facts)}
                        faults.append(Fault("D032", *where, details=details))
    return faults
