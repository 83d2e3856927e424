"""The tables, said once: every column, its kind, unit and allowed values.

What a column means is said per language in `column.<table>.<column>`. The check (`clean`), the
data dictionary, the files for other programs and the tests all read this module; none repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "id",  # the name of a thing, used as a key: lower-case letters, digits, _ and -
    "text",  # free text
    "code",  # a word of a closed list
    "ref",  # names a row of another table
    "refs",  # several of them, separated by |
    "count",  # a whole number of things, as written, with its doubt
    "quantity",  # any number, as written, with its doubt and unit
    "year",  # 2014, 2014–2018, 2020–, –2014, or empty with the reason in `note`
    "date",  # ISO date
    "when",  # ISO date, or only its year and month, or its year
    "degrees",  # WGS 84
    "flag",  # true or false
    "whole",  # a plain whole number
]
QUANTITIES = ("count", "quantity", "year")
YEARS = (1900, 2100)


@dataclass(frozen=True)
class Column:
    """One column: its kind, and what its cells may hold."""

    kind: Kind = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    refers: str = ""
    unit: str = ""
    between: tuple[float, float] | None = None
    dated: bool = False  # may be a day
    form: str = ""  # a regular expression that the whole cell must fit
    default: str | None = None  # a column with a default may be left out of the file


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, its key, and which columns sources may disagree about.

    `compared`: columns judged by `evidence`. `repeatable`: codes of the key's last column that may
    happen many times, so that their year belongs to the key. `furthest_wins`: a column whose
    furthest value wins, whatever the rank (announced → held). `may_be_future`: rows may lie after
    the report year. `amended`: a later row about the same thing says only what is new.
    """

    columns: dict[str, Column]
    key: tuple[str, ...]
    compared: tuple[str, ...] = ()
    repeatable: tuple[str, ...] = ()
    furthest_wins: str = ""
    may_be_future: bool = False
    amended: bool = False
    required: bool = False


ID, TEXT, YEAR = Column("id", True), Column(), Column("year")
NAMED, QUANTITY = Column(required=True), Column("quantity")
TOWN = Column("ref", True, refers="towns")
ORIGIN = {"source": Column("ref", True, refers="sources"), "locator": TEXT, "note": TEXT}


def code(*allowed: str, required: bool = True) -> Column:
    """A column of a closed list of words."""
    return Column("code", required, allowed)


def texts(*names: str) -> dict[str, Column]:
    """Columns of free text."""
    return dict.fromkeys(names, TEXT)


TABLES: dict[str, Table] = {
    "sources": Table(
        {
            "source": ID,
            "title": NAMED,
            "publisher": TEXT,
            "kind": code(
                *("report", "survey", "statistics", "municipal page", "association page"),
                *("history", "newspaper", "encyclopaedia", "reference data", "correction"),
                "own choice",
            ),
            "published": Column("when"),
            "known_since": Column("whole", True, between=YEARS),
            "dating": code("published", "inferred", "read"),  # read: known since it was read
            "rank": Column("whole", True, between=(1, 5)),
            "same_origin_as": Column("ref", refers="sources"),
            "reference": Column("flag", True),
            **texts("url", "licence", "note"),
        },
        key=("source",),
        required=True,
    ),
    "towns": Table(
        {
            "town": ID,
            "name": NAMED,
            **texts("name_en", "local_name", "aliases"),
            "area": NAMED,
            "area_en": TEXT,
            "country": NAMED,
            "lat": Column("degrees", between=(-90, 90), unit="° N"),
            "lon": Column("degrees", between=(-180, 180), unit="° E"),
            "kind": code("town", "group", "minority"),
            "part_of": Column("ref", refers="towns", default=""),
            "geonameid": Column(form="[1-9][0-9]*"),
            "wikidata": Column(form="Q[1-9][0-9]*"),
        },
        key=("town",),
        required=True,
    ),
    "chain": Table(
        {
            "town": TOWN,
            "event": code("contact", "admitted", "left", "merged", "renamed"),
            "year": YEAR,
            **texts("text_sv", "text_en"),
        },
        key=("town", "event"),
        compared=("year",),
        repeatable=("merged", "renamed"),
        required=True,
    ),
    "membership": Table(
        {"town": TOWN, "year": YEAR, "members": Column("count", unit="members")},
        key=("town", "year"),
        compared=("members",),
    ),
    "survey": Table(
        {
            "wave": Column("whole", True, between=YEARS),
            "measure": ID,
            "group": TEXT,
            "value": QUANTITY,
            "base": TEXT,
        },
        key=("wave", "measure", "group"),
        compared=("value",),
    ),
    "meetings": Table(
        {
            "year": YEAR,
            **dict.fromkeys(("date_from", "date_to"), Column("date")),
            "town": Column("ref", refers="towns"),  # empty: the source names no host
            "place": TEXT,
            "kind": code("twin_town_meeting", "conference", "planning_seminar", "board_seminar"),
            "participants": Column("count", unit="persons"),
            "represented": Column("refs", refers="towns", default=""),
            "status": code("cancelled", "announced", "planned", "held"),
        },
        key=("year", "town"),
        compared=("kind", "place", "date_from", "date_to", "participants", "represented"),
        furthest_wins="status",
        may_be_future=True,
    ),
    "agreements": Table(
        {
            "town": TOWN,
            "level": code("municipal", "association"),
            "status": code("active", "dormant", "ended", "none_found"),
            **dict.fromkeys(("from_year", "to_year"), YEAR),
        },
        key=("town", "level"),
        compared=("status", "from_year", "to_year"),
    ),
    "support": Table(
        {
            "town": TOWN,
            "year": YEAR,
            "amount": Column("quantity", unit="money"),
            "relation": code("grant", "handed_over", "dormant_agreement", required=False),
        },
        key=("town", "year"),
        compared=("amount",),
    ),
    "activities": Table(
        {
            "year": YEAR,
            "date": Column("when"),
            **texts("text_sv", "text_en"),
            "towns": Column("refs", refers="towns"),
            "municipal_role": code("funded", "registered", "none_recorded", required=False),
            "status": code("done", "waiting", "planned", "none"),  # none: nothing happens
        },
        key=("year", "text_sv"),
    ),
    "figures": Table(
        {
            "measure": ID,
            "about": TEXT,
            "year": YEAR,
            "value": Column("quantity", dated=True),
            **texts("base", "definition"),
        },
        key=("measure", "about", "year", "definition"),
        compared=("value",),
    ),
    "checks": Table(
        {
            "check": ID,
            "about": code("proposal", "earlier_report"),
            "fact": TEXT,  # empty: no fact can answer it
            "relation": code("at_least", "at_most", "equals", "agrees", required=False),
            "value": QUANTITY,
            **texts("text_sv", "text_en"),
        },
        key=("check",),
    ),
    "recommendations": Table(
        {
            "recommendation": ID,
            "order": Column("whole"),
            **texts("text_sv", "text_en"),
            "premises": Column("refs", refers="checks"),
            "amount": Column("quantity", unit="money a year"),
            **texts("account", "conditions_sv", "conditions_en"),
            "first_made": YEAR,
            **texts("decided", "done", "evaluated"),
            "own": Column("flag", default=""),
        },
        key=("recommendation",),
        compared=("amount", "decided", "done", "evaluated"),
        amended=True,
    ),
}
for _name, _table in TABLES.items():  # every other row says which source it is from
    if _name != "sources":
        TABLES[_name] = replace(_table, columns=_table.columns | ORIGIN)
