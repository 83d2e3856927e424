"""A picture as a block of a page: its words, its drawings, its source, its numbers as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..language import Missing
from . import blocks
from .blocks import Block
from .context import Context


def chart(
    context: Context,
    key: str,
    draw: Callable[..., str],
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    words: dict[str, str] | None = None,
    many: bool = False,
    cells: Iterable[Any] = (),
) -> Block:
    """A frame drawn for a wide and a narrow page, and the tables with the same numbers in a fold.

    Of each wording under `key` the first whose facts are there; without one nothing is known that
    the picture could say, and there is none. `many`: no alternative text that names places.
    The source is that of the first table, or of `cells` where there is none.
    """
    if frame.empty:
        return Block()
    words = words_of(context, f"{key}.words") if words is None else words
    shown = {name: table for name, table in (tables or {}).items() if len(table)}
    try:
        alts = ("alt_plain",) if many else ("alt_former", "alt", "alt_plain")
        alt = _first(context, context.plain, key, alts)
        title = _first(context, context.html, key, ("finding_old", "finding", "finding_plain"))
        what = _first(context, context.html, key, ("what_old", "what", "what_plain"))
    except Missing:
        return Block()
    lines = [context.html(f"{key}.note")] if context.text.has(f"{key}.note") else []
    drawn = next((table.to_numpy().flat for table in shown.values()), cells)
    sources = context.sources_of(drawn)
    if who := dict.fromkeys(source["publisher"] or source["title"] for source in sources):
        listed = Markup("; ").join(map(context.cited, who))
        lines.append(context.html("chart.source", count=exact(len(who)), sources=listed))
    wide, narrow = (draw(frame, words, narrow=small) for small in (False, True))
    note = Markup("<br>").join(lines)
    picture = blocks.figure(wide, narrow, alt, title=title, what=what, note=note)
    said = [context.table(each, name) for name, each in shown.items()]
    return picture + blocks.fold(context.plain("chart.data"), *said) if said else picture


def _first(context: Context, say: Callable[[str], Any], key: str, variants: Iterable[str]) -> Any:
    """The first of these wordings that the language has and whose facts are there."""
    for variant in filter(context.text.has, [f"{key}.{variant}" for variant in variants]):
        with suppress(Missing):
            return say(variant)
    raise Missing(key)


def words_of(context: Context, key: str) -> dict[str, str]:
    """The words of a picture whose facts are there, and the year of the report."""
    found = {"until": str(context.known.year)}
    for word in context.text.get(key) if context.text.has(key) else ():
        with suppress(Missing):
            found[word] = context.plain(f"{key}.{word}")
    return found


def placed(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by town get its name, and whether it is the home town."""
    names = [context.name(town) for town in frame["town"]]
    return frame.assign(place=names, home=frame["town"] == context.home)


def filled(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns as a table shows them; an unknown stays only where it says more than that."""
    unknown = frame[list(columns)].map(
        lambda q: isinstance(q, Quantity) and not q.is_known and q.reason in ("", "missing")
    )
    return frame[list(columns)].mask(unknown, "")
