"""The tables, said once: every column, type, unit and allowed value.

What a column means is said per language in `column.<table>.<column>`; the check (pandera), the
data dictionary and the tests all read this module, and none repeats it.
"""

from __future__ import annotations

from .contract import (
    DATE,
    ID,
    NAMED,
    ORIGIN,
    QUANTITY,
    TEXT,
    TOWN,
    WHOLE,
    YEAR,
    Column,
    Table,
    code,
    said,
)
from .decision_tables import DECISION

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
            "published": TEXT,
            "known_since": Column("whole", True, between=(1900, 2100)),
            "dating": code("published", "inferred"),
            "rank": Column("whole", True, between=(1, 5)),
            "same_origin_as": Column("ref", refers="sources"),
            "reference": Column("flag", True),
            "url": TEXT,
            "licence": TEXT,
            "note": TEXT,
        },
        key=("source",),
        required=True,
    ),
    "towns": Table(
        {
            "town": ID,
            "name": NAMED,
            "name_en": TEXT,
            "local_name": TEXT,
            "aliases": TEXT,
            "area": NAMED,
            "area_en": TEXT,
            "country": NAMED,
            "lat": Column("degrees", between=(-90, 90), unit="° N"),
            "lon": Column("degrees", between=(-180, 180), unit="° E"),
            "kind": code("town", "group", "minority"),
            "part_of": Column("ref", refers="towns", default=""),
            "geonameid": TEXT,
            "wikidata": TEXT,
            **ORIGIN,
        },
        key=("town",),
        required=True,
    ),
    "chain": Table(
        {
            "town": TOWN,
            "event": code("contact", "admitted", "left", "merged", "renamed"),
            "year": YEAR,
            **said("text"),
            **ORIGIN,
        },
        key=("town", "event"),
        compared=("year",),
        repeats=("merged", "renamed"),
        required=True,
    ),
    "membership": Table(
        {"town": TOWN, "year": YEAR, "members": Column("count", unit="members"), **ORIGIN},
        key=("town", "year"),
        compared=("members",),
    ),
    "survey": Table(
        {
            "wave": Column("whole", True, between=(1900, 2100)),
            "measure": ID,
            "group": TEXT,
            "value": QUANTITY,
            "base": TEXT,
            **ORIGIN,
        },
        key=("wave", "measure", "group"),
        compared=("value",),
    ),
    "meetings": Table(
        {
            "year": Column("year", True),
            "date_from": DATE,
            "date_to": DATE,
            "town": TOWN,
            "place": TEXT,
            "kind": code("twin_town_meeting", "conference", "planning_seminar", "board_seminar"),
            "participants": Column("count", unit="persons"),
            "represented": Column("refs", refers="towns", default=""),
            "status": code("cancelled", "announced", "planned", "held"),
            **ORIGIN,
        },
        key=("year", "town"),
        compared=("kind", "place", "date_from", "date_to", "participants", "represented"),
        progress="status",
        ahead=True,
    ),
    "agreements": Table(
        {
            "town": TOWN,
            "level": code("municipal", "association"),
            "status": code("active", "dormant", "ended", "none_found"),
            "from_year": YEAR,
            "to_year": YEAR,
            **ORIGIN,
        },
        key=("town", "level"),
        compared=("status", "from_year", "to_year"),
    ),
    "support": Table(
        {
            "town": TOWN,
            "year": YEAR,
            "amount": Column("quantity", unit="money a year"),
            "relation": code("grant", "handed_over", "dormant_agreement", required=False),
            **ORIGIN,
        },
        key=("town", "year"),
        compared=("amount",),
    ),
    "activities": Table(
        {
            "year": YEAR,
            "date": TEXT,
            **said("text"),
            "towns": Column("refs", refers="towns"),
            "municipal_role": code("funded", "registered", "none_recorded", required=False),
            "status": code("done", "waiting", "planned"),
            **ORIGIN,
        },
        key=("year", "text_sv"),
    ),
    "figures": Table(
        {
            "measure": ID,
            "about": TEXT,
            "year": YEAR,
            "value": QUANTITY,
            "base": TEXT,
            "definition": TEXT,
            **ORIGIN,
        },
        key=("measure", "about", "year", "definition"),
        compared=("value",),
    ),
    "statements": Table(
        {"topic": NAMED, "order": WHOLE, **said("text"), **ORIGIN}, key=("topic", "order")
    ),
    **DECISION,
    "claims": Table(
        {
            "claim": ID,
            **said("text"),
            "check": ID,
            "report_year": Column("whole", True, between=(1900, 2100)),
            **ORIGIN,
        },
        key=("claim",),
    ),
}
