"""The page with the background: prose, and under it what the tables hold of exchanges."""

from __future__ import annotations

import pandas as pd

from . import blocks
from .blocks import Block
from .context import Context, chosen, section


@section("activities")
def show_activities(context: Context, frame: pd.DataFrame | None) -> Block:
    """Exchanges, requests and minutes, newest first."""
    rows = chosen(context.known.used["activities"], frame).iloc[::-1]
    shown = pd.DataFrame(
        {
            "year": rows["year"],
            "what": [context.said(row) for row in rows.to_dict("records")],
            "status": [context.plain(f"status.{status}") for status in rows["status"]],
            "role": [context.plain(f"municipal_role.{role or 'none'}") for role in rows["municipal_role"]],
        }
    )  # fmt: skip
    return blocks.table(shown, "activities", context.text, context.facts)


@section("agreements")
def show_agreements(context: Context, frame: pd.DataFrame | None) -> Block:
    """Agreements that are known; that none was found is said in the text."""
    rows = chosen(context.known.used["agreements"], frame)
    rows = rows[rows["status"] != "none_found"]
    shown = pd.DataFrame(
        {
            "place": [context.name(town) for town in rows["town"]],
            "level": [context.plain(f"agreement.{level}") for level in rows["level"]],
            "status": [context.plain(f"agreement.{status}") for status in rows["status"]],
            "from_year": [year if year.is_known else "" for year in rows["from_year"]],
        }
    )
    return blocks.table(shown, "agreements", context.text, context.facts)
