"""The page with the background: prose, and under it what the tables hold of agreements and
exchanges."""

from __future__ import annotations

import pandas as pd

from . import blocks
from .blocks import Block
from .context import Context, chosen, filled, placed, section


@section("agreements")
def show_agreements(context: Context, frame: pd.DataFrame | None) -> Block:
    """Agreements within the chain; that none was found is said in the text."""
    rows = chosen(context.known.used["agreements"], frame)
    rows = rows[(rows["status"] != "none_found") & rows["town"].isin(context.year.places["town"])]
    said = {of: ("agreement." + rows[of]).map(context.plain) for of in ("level", "status")}
    shown = filled(placed(context, rows.assign(**said)), "place", *said, "from_year")
    return context.table(shown, "agreements")


@section("activities")
def show_activities(context: Context, frame: pd.DataFrame | None) -> Block:
    """Exchanges, requests and minutes, newest first, in a fold."""
    rows = chosen(context.known.used["activities"], frame).iloc[::-1]
    shown = rows[["year"]].assign(
        what=context.said_of(rows),
        status=("status." + rows["status"]).map(context.plain),
        role=("municipal_role." + rows["municipal_role"].replace("", "none")).map(context.plain),
    )
    return blocks.fold(context.plain("fold.activities"), context.table(shown, "activities"))
