"""The tables, said once: every column, type, unit and allowed value.

What a column means is said per language in `column.<table>.<column>`; the check (pandera), the
data dictionary and the tests all read this module, and none repeats it.
"""

from __future__ import annotations

from .contract import Column, Table

ID, TEXT, YEAR, DATE = Column("id", True), Column(), Column("year"), Column("date")
NAMED = Column(required=True)
QUANTITY, WHOLE = Column("quantity"), Column("whole")
TOWN = Column("ref", True, refers="towns")
PROSE = {"text_sv": TEXT, "text_en": TEXT}
ORIGIN = {"source": Column("ref", True, refers="sources"), "locator": TEXT, "note": TEXT}


def _code(*allowed: str, required: bool = True) -> Column:
    return Column("code", required, allowed)


TABLES: dict[str, Table] = {
    "sources": Table(
        {
            "source": ID,
            "title": NAMED,
            "publisher": TEXT,
            "kind": _code(
                *(
                    "report",
                    "survey",
                    "statistics",
                    "municipal page",
                    "association page",
                    "history",
                ),
                *("newspaper", "encyclopaedia", "reference data", "correction"),
            ),
            "published": TEXT,
            "known_since": Column("whole", True, between=(1900, 2100)),
            "dating": _code("published", "inferred"),
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
            "kind": _code("town", "group", "minority"),
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
            "event": _code("contact", "admitted", "left", "merged", "renamed"),
            "year": YEAR,
            **PROSE,
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
            "kind": _code("twin_town_meeting", "conference", "planning_seminar", "board_seminar"),
            "participants": Column("count", unit="persons"),
            "status": _code("cancelled", "announced", "planned", "held"),
            **ORIGIN,
        },
        key=("year", "town"),
        compared=("kind", "place", "date_from", "date_to", "participants"),
        progress="status",
        ahead=True,
    ),
    "agreements": Table(
        {
            "town": TOWN,
            "level": _code("municipal", "association"),
            "status": _code("active", "dormant", "ended", "none_found"),
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
            "relation": _code("grant", "handed_over", "dormant_agreement", required=False),
            **ORIGIN,
        },
        key=("town", "year"),
        compared=("amount",),
    ),
    "activities": Table(
        {
            "year": YEAR,
            "date": TEXT,
            **PROSE,
            "towns": Column("refs", refers="towns"),
            "municipal_role": _code("funded", "registered", "none_recorded", required=False),
            "status": _code("done", "waiting", "planned"),
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
        {"topic": NAMED, "order": WHOLE, **PROSE, **ORIGIN}, key=("topic", "order")
    ),
    "recommendations": Table(
        {
            "recommendation": ID,
            "order": WHOLE,
            "alternative": TEXT,
            "requires": TEXT,
            **PROSE,
            "amount": Column("quantity", unit="money a year"),
            "conditions_sv": TEXT,
            "conditions_en": TEXT,
            "first_made": Column("year", True),
            "decided": TEXT,
            "done": TEXT,
            "evaluated": TEXT,
            **ORIGIN,
        },
        key=("recommendation",),
    ),
    "claims": Table(
        {
            "claim": ID,
            **PROSE,
            "check": ID,
            "report_year": Column("whole", True, between=(1900, 2100)),
            **ORIGIN,
        },
        key=("claim",),
    ),
}
