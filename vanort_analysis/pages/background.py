"""The page with the background: prose, and under it what the tables hold of agreements and
exchanges."""

from __future__ import annotations

import pandas as pd

from . import blocks
from .blocks import Block
from .context import Context, chosen, section


@section("agreements")
def show_agreements(context: Context, frame: pd.DataFrame | None) -> Block:
    """Agreements within the chain; that none was found is said in the text."""
    rows = chosen(context.known.used["agreements"], frame)
    rows = rows[(rows["status"] != "none_found") & rows["town"].isin(context.year.places["town"])]
    shown = pd.DataFrame({"place": [context.name(town) for town in rows["town"]]})
    for column in ("level", "status"):
        shown[column] = [context.plain(f"agreement.{code}") for code in rows[column]]
    shown["from_year"] = [year if year.is_known else "" for year in rows["from_year"]]
    return blocks.table(shown, "agreements", context.text, context.facts)


@section("activities")
def show_activities(context: Context, frame: pd.DataFrame | None) -> Block:
    """Exchanges, requests and minutes, newest first, in a fold."""
    rows = chosen(context.known.used["activities"], frame).iloc[::-1]
    shown = pd.DataFrame({"year": list(rows["year"])})
    shown["what"] = [context.said(row) for row in rows.to_dict("records")]
    shown["status"] = [context.plain(f"status.{code}") for code in rows["status"]]
    roles = rows["municipal_role"].replace("", "none")
    shown["role"] = [context.plain(f"municipal_role.{code}") for code in roles]
    table = blocks.table(shown, "activities", context.text, context.facts)
    return blocks.fold(context.plain("fold.activities"), table)
