"""Charts of the chain: frame and words to SVG text, in a wide drawing and one for phones.

Every word comes from the frame or from `words`; each chart names the keys it takes.
"""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from .bars import bars
from .drawing import ACCENT, FORMER, HOME, INK, PAPER, SECONDARY
from .labels import shared
from .national_chart import national
from .sheet import Rows, Sheet, Words, body, drawn, width, wrap
from .size_chart import chain_size
from .survey_charts import survey_bounds, survey_shares, survey_towns

__all__ = [
    "chain_size",
    "hosts",
    "members",
    "national",
    "support",
    "survey_bounds",
    "survey_shares",
    "survey_towns",
]
BEHIND = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # of type on a line
SHAPES = {"meeting": "o", "seminar": "D", "conference": "s", "announced": "o"}


@drawn
def members(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Members of each place. Columns: place, members, low, high, shown, home; if known, about.

    Words: none.
    """
    rows = Rows(frame["place"], frame["home"], narrow)
    sheet = Sheet(rows.height + 8, narrow)
    rows.names(sheet, sheet.height - 4)
    at = (rows.width, 4, sheet.width, sheet.height - 4)
    bars(sheet, at, frame.assign(value=frame["members"], colour=_colours(frame["home"])))
    return sheet


@drawn
def support(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Support a year, as a whole and for each member, beside the proposal.

    Columns: place, local, each, shown_local, shown_each, why (said where there is no number),
    proposed, zero. Words: sum, each (over the panels), proposed (after its sum).
    """
    rows = Rows(frame["place"], frame["proposed"], narrow)
    title = 30
    panels = 2 if narrow else 1
    sheet = Sheet(panels * (rows.height + title) + (panels - 1) * 18 + 4, narrow)
    split = rows.width + (sheet.width - rows.width) * 0.52
    for i, (column, title_word) in enumerate((("local", "sum"), ("each", "each"))):
        top = sheet.height - title - (i * (rows.height + title + 18) if narrow else 0)
        left, right = rows.width, sheet.width
        if not narrow:
            left, right = (left, split - 20) if i == 0 else (split, right)
        if narrow or i == 0:
            rows.names(sheet, top)
        over = wrap(words[title_word], right - (0 if narrow else left), sheet.small, "bold", 1)
        sheet.write(0 if narrow else left, top + 13, over, weight="bold")
        shown = frame[f"shown_{column}"].where(frame[column].notna(), frame["why"])
        said = frame["proposed"] & frame[column].notna()
        shown = shown.where(~said, shown.astype(str) + f" ({words['proposed']})")
        look = {"value": frame[column], "shown": shown, "colour": _colours(frame["proposed"])}
        bars(sheet, (left, top - rows.height, right, top), frame.assign(**look))
    return sheet


@drawn
def hosts(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Who has hosted when. Columns: place (in order), year (NaN: none known), kind, home.

    Words: meeting, seminar, conference, announced (the key), never; and with `since`, which says
    what they mean, lines run from the last known meeting to `until`, the report year.
    """
    frame = frame.drop_duplicates(["place", "year", "kind"]).reset_index(drop=True)
    places = list(dict.fromkeys(frame["place"]))
    homes = [bool(frame["home"][frame["place"] == p].any()) for p in places]
    rows = Rows(places, homes, narrow, above=26 if narrow else 0)
    known = frame[frame["year"].notna()].assign(
        row=lambda f: f["place"].map(places.index), colour=lambda f: _colours(f["home"])
    )
    until = float(words["until"]) if words.get("since") else np.nan
    key, high = _key(known, words, narrow)
    sheet = Sheet(rows.height + high + 34, narrow)
    top, bottom = sheet.height - high, 34.0
    rows.names(sheet, top)
    _explain(sheet, key)
    years = [*known["year"], *([until] if np.isfinite(until) else [])]
    first, last = (min(years), max(years)) if years else (0.0, 0.0)
    pad = max(1.0, 0.02 * (last - first))
    span = (rows.width + 6, bottom, sheet.width - (12 if narrow else 24), top)
    ax = sheet.axes(span, (first - pad, last + pad), (bottom, top))
    xs = lambda year: float(ax.transData.transform((year, 0))[0])  # noqa: E731
    for tick in MaxNLocator(5 if narrow else 9, integer=True).tick_values(first, last):
        if years and first <= tick <= last:
            sheet.rule((xs(tick),) * 2, (bottom, top))
            sheet.write(xs(tick), bottom - 14, f"{tick:.0f}", ha="center")
    middles = rows.middles(top)
    for i, y in enumerate(middles):
        mine = known[known["row"] == i]
        dotted: dict[str, Any] = {"color": FORMER, "linestyle": (0, (2, 4))}
        sheet.rule((span[0], span[2]), (y, y), **(dotted if mine.empty else {}))
        if mine.empty:
            sheet.over.plot(span[0] + 8, y, "o", ms=9, mfc=PAPER, mec=FORMER, mew=1.6)
            text = wrap(words["never"], span[2] - span[0] - 30, sheet.small, lines=1)
            sheet.write(span[0] + 20, y, text, bbox=BEHIND)
        held = mine["year"][mine["kind"] == "meeting"]
        if len(held) and np.isfinite(until):
            colour = mine["colour"].iloc[0]
            ends = xs(held.max()), xs(until)
            sheet.rule(ends, (y, y), color=colour, linewidth=2, alpha=0.45)
    if len(known):
        same = known.groupby(["row", "year"])["kind"]
        aside = same.rank(method="first") - (same.transform("size") + 1) / 2
        known = known.assign(y=known["row"].map(dict(enumerate(middles))), aside=aside * 11)
        known = known.assign(at=known["y"] - known["aside"])
        look: dict[str, Any] = {
            "hue": "colour",
            "style": "kind",
            "markers": SHAPES,
            "legend": False,
        }
        look |= {"palette": {c: c for c in known["colour"]}, "clip_on": False, "s": 90}
        sns.scatterplot(known, x="year", y="at", ax=ax, **look)
        unsure = known[known["kind"] == "announced"]
        ax.scatter(unsure["year"], unsure["at"], s=34, color=PAPER, zorder=3, clip_on=False)
        _years(sheet, known.assign(x=[xs(year) for year in known["year"]]), rows, top)
    return sheet


def _years(sheet: Sheet, marks: pd.DataFrame, rows: Rows, top: float) -> None:
    """The year beside each mark, the latest first; where there is no room the axis must do."""
    taken = [(m.x - 6, m.at - 6, m.x + 6, m.at + 6) for m in marks.itertuples()]
    taken += rows.boxes(sheet, top)
    latest = marks.sort_values(["year", "row"], ascending=False, kind="stable")
    for mark in latest.drop_duplicates(["row", "year"]).itertuples():
        text = f"{mark.year:.0f}"
        wide = width(text, sheet.small)
        beside, over = (mark.x - 10 - wide, mark.y), (mark.x - wide / 2, mark.y + 15)
        for x, y in (beside, (mark.x + 10, mark.y), *([over] if rows.above else [])):
            box = (x - 3, y - 7, x + wide + 3, y + 7)
            if box[0] >= 0 and box[2] <= sheet.width and not any(shared(box, t) for t in taken):
                taken.append(box)
                sheet.write(x, y, text, color=INK, bbox=BEHIND)
                break


def _key(known: pd.DataFrame, words: Words, narrow: bool) -> tuple[list, float]:
    """What each shape means, in lines over the chart; only the shapes that are there."""
    small, room = body(narrow)[1], 340 if narrow else 800
    kinds = [kind for kind in SHAPES if (known["kind"] == kind).any()]
    kinds += ["since"] if words.get("since") and (known["kind"] == "meeting").any() else []
    out, x, y = [], 0.0, 12.0
    for kind in kinds:
        sign = 34 if kind == "since" else 20
        text = wrap(words[kind], room - sign, small, lines=1)
        wide = sign + width(text, small)
        if x and x + wide > room:
            x, y = 0.0, y + 22
        out.append((kind, text, x, y))
        x += wide + 22
    return out, y + 18 if out else 0.0


def _explain(sheet: Sheet, key: list) -> None:
    for kind, text, x, down in key:
        y, sign = sheet.height - down, 34 if kind == "since" else 20
        if kind == "since":
            sheet.over.plot((x, x + 26), (y, y), color=ACCENT, linewidth=2, alpha=0.45)
        else:
            fill = PAPER if kind == "announced" else SECONDARY
            sheet.over.plot(x + 7, y, SHAPES[kind], ms=8.5, mfc=fill, mec=SECONDARY, mew=1.8)
        sheet.write(x + sign, y, text)


def _colours(home: pd.Series) -> list[str]:
    return [HOME if h else ACCENT for h in home]
