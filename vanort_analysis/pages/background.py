"""The page with the background: prose, and under it what the tables hold of agreements and
exchanges."""

import pandas as pd

from . import blocks
from .blocks import Block
from .context import Context, filled, placed, section


@section("agreements", lambda year: year.known.used["agreements"])
def show_agreements(context: Context, rows: pd.DataFrame) -> Block:
    """Agreements within the chain; that none was found is said in the text."""
    rows = rows[(rows["status"] != "none_found") & rows["town"].isin(context.year.places["town"])]
    said = {of: ("agreement." + rows[of]).map(context.plain) for of in ("level", "status")}
    shown = filled(placed(context, rows.assign(**said)), "place", *said, "from_year")
    return context.table(shown, "agreements")


@section("activities", lambda year: year.known.used["activities"])
def show_activities(context: Context, rows: pd.DataFrame) -> Block:
    """Exchanges, requests and minutes, newest first, in a fold."""
    rows = rows.iloc[::-1]
    shown = rows[["year"]].assign(
        what=context.said_of(rows),
        status=("status." + rows["status"]).map(context.plain),
        role=("municipal_role." + rows["municipal_role"].replace("", "none")).map(context.plain),
    )
    return blocks.fold(context.plain("fold.activities"), context.table(shown, "activities"))
