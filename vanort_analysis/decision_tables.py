"""The tables a proposal is decided by: criteria, alternatives, recommendations."""

from __future__ import annotations

from .contract import ID, ORIGIN, TEXT, WHOLE, YEAR, Column, Table, code, said

CRITERIA = Column("refs", refers="criteria")  # `!x`: must not be met

DECISION: dict[str, Table] = {
    "criteria": Table(
        {
            "criterion": ID,
            "order": WHOLE,
            "indicator": ID,
            "direction": code("at_least", "at_most"),
            "threshold": Column("quantity", True),
            "set_by": Column("ref", True, refers="sources"),
            **said("name", "text", "yes", "no", "unknown"),
            **ORIGIN,
        },
        key=("criterion",),
    ),
    "alternatives": Table(
        {
            "alternative": ID,
            "order": WHOLE,
            "requires": CRITERIA,
            **said("name", "text", "takes", "risk", "example", "unknown"),
            "yearly_cost": Column("quantity", unit="money a year"),
            **ORIGIN,
        },
        key=("alternative",),
    ),
    "recommendations": Table(
        {
            "recommendation": ID,
            "order": WHOLE,
            "alternative": Column("refs", refers="alternatives"),
            "requires": CRITERIA,
            **said("text"),
            "amount": Column("quantity", unit="money a year"),
            **said("conditions"),
            "first_made": YEAR,
            **dict.fromkeys(("decided", "done", "evaluated"), TEXT),
            **dict.fromkeys(("account", "report"), Column(default="")),  # of a grant: received?
            "used": Column("quantity", unit="money a year", default=""),
            **ORIGIN,
        },
        key=("recommendation",),
    ),
}
