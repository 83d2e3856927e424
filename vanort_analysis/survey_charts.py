"""Charts of the survey of municipalities.

Every word comes from the frame or from `words`; each chart names the keys it takes.
"""

import numpy as np
import pandas as pd
import seaborn as sns

from .bars import bars, tint
from .drawing import ACCENT, FORMER, GRID, INK, PAPER, SECONDARY
from .sheet import (
    Rows,
    Sheet,
    Words,
    drawn,
    width,
    wrap,
)


@drawn
def survey_towns(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Two waves as two values and a difference. Columns: wave, value, shown, derived.

    Words: change (the difference, ready to print), derived (said after a derived value).
    """
    rows = Rows(frame["wave"], [False] * len(frame), narrow)
    low = 40
    sheet = Sheet(rows.height + low + 4, narrow)
    left, top = rows.width, sheet.height - 4
    rows.names(sheet, top)
    scale = bars(sheet, (left, low, sheet.width, top), _said(frame, words))
    ends = (left + scale * frame["value"].dropna().tail(2)).tolist()
    if len(ends) > 1 and frame["value"].tail(2).notna().all():
        y = low - 4
        for end, from_row in zip(ends, rows.middles(top)[-2:], strict=True):
            sheet.rule((end, end), (y, from_row), color=SECONDARY, linestyle=(0, (2, 2)))
        arrow = {"arrowstyle": "->", "color": INK, "shrinkA": 0, "shrinkB": 0}
        sheet.over.annotate("", (ends[1], y), (ends[0], y), arrowprops=arrow)
        text = wrap(words["change"], sheet.width, sheet.size, "bold", 1)
        half = width(text, sheet.size, "bold") / 2
        x = float(np.clip(sum(ends) / 2, half, sheet.width - half))
        sheet.write(x, y - 18, text, sheet.size, ha="center", color=INK, weight="bold")
    return sheet


@drawn
def survey_shares(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Shares of one whole. Columns: group, share (per cent), shown, about, derived.

    Words: derived (said after a derived share).
    """
    rows = Rows(frame["group"], [False] * len(frame), narrow)
    sheet = Sheet(rows.height + 8, narrow)
    rows.names(sheet, sheet.height - 4)
    at = (rows.width, 4, sheet.width, sheet.height - 4)
    bars(sheet, at, _said(frame.assign(value=frame["share"]), words), 100)
    return sheet


def _said(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    derived = frame["derived"].astype(bool) & frame["value"].notna()
    said = frame["shown"].astype(str)
    said = said.where(~derived, said + f" ({words.get('derived', '')})")
    return frame.assign(shown=said, colour=ACCENT)


@drawn
def survey_bounds(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """A share as a point, or between two bounds. Columns: label, low, high, value, shown.

    `value` is NaN where only the bounds are known. Words: percent (how a tick is said: "{} %").
    """
    rows = Rows(frame["label"], [False] * len(frame), narrow)
    rows.each = max(rows.each, 56.0)
    rows.height = rows.each * len(frame)
    sheet = Sheet(rows.height + 34, narrow)
    left, bottom, right, top = at = (rows.width + 8, 30, sheet.width - 24, sheet.height - 4)
    rows.names(sheet, top)
    most = max([100.0, *frame[["low", "high", "value"]].max().dropna()])
    ax = sheet.axes(at, (0, most), (bottom, top))
    per_cent = (right - left) / most
    for tick in (0, 25, 50, 75, 100):
        x = left + tick * per_cent
        sheet.rule((x, x), (bottom, top), color=INK if tick == 0 else GRID)
        sheet.write(x, bottom - 15, words.get("percent", "{}").format(tick), ha="center")
    for row, middle in zip(frame.itertuples(), rows.middles(top), strict=True):
        y = middle - 11
        low, high = (row.value, row.value) if row.value == row.value else (row.low, row.high)
        if not low <= high:
            sheet.over.plot(left + 8, y, "o", ms=11, mfc=PAPER, mec=FORMER, mew=1.8)
            low = high = 8 / per_cent
        elif low == high:
            look = {"color": ACCENT, "s": 130, "ax": ax, "legend": False, "clip_on": False}
            sns.scatterplot(x=[low], y=[y], **look)
        else:
            low, high = max(low, 0), min(high, most)
            look = {"facecolor": tint(ACCENT), "edgecolor": ACCENT, "linewidth": 0}
            ax.barh(y, high - low, left=low, height=13, **look)
            ax.vlines((low, high), y - 9, y + 9, color=ACCENT, linewidth=2.4)
        text = wrap(row.shown, right - left, sheet.size, "bold", 1)
        half = width(text, sheet.size, "bold") / 2
        x = float(np.clip(left + (low + high) / 2 * per_cent, left + half + 4, right - half))
        sheet.write(x, middle + 11, text, sheet.size, ha="center", color=INK, weight="bold")
    return sheet
