"""The chart of a figure that is stated now and then, some of it with no more than about when."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from .bars import fade, tint
from .drawing import ACCENT, FORMER, INK, PAPER
from .labels import place
from .sheet import LINE, Sheet, Words, drawn, width, wrap


@drawn
def national(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """Stated figures over time. Columns: low_year, high_year (may be infinite), value, about,
    shown, year_shown.

    A point is one year, a bar all the years the figure may be of, an open ring an unknown figure.
    Words: until (report year), thousands (what stands between thousands on the axis).
    """
    frame = frame.drop_duplicates().reset_index(drop=True)
    sheet = Sheet(420 if narrow else 380, narrow)
    ends = frame[["low_year", "high_year"]].to_numpy(float)
    until = float(words["until"])
    finite = [*ends[np.isfinite(ends)], until]
    most = max([1.0, *frame["value"].dropna()])
    ticks = [t for t in MaxNLocator(4, integer=True).tick_values(0, most) if 0 <= t <= most * 1.15]
    gap = words.get("thousands", "\u00a0")
    said = [f"{t:,.0f}".replace(",", gap) for t in ticks]
    said = [wrap(text, 90, sheet.small, lines=1) for text in said]
    edge = max(width(t, sheet.small) for t in said) + 10
    left, bottom, right, top = at = (edge, 34, sheet.width - 12, sheet.height - 54)
    more = max(2.0, (max(finite) - min(finite)) * 0.14)
    span = min(finite) - more, max(finite) + (more if np.isposinf(ends).any() else 1)
    ax = sheet.axes(at, span, (0, most))
    px = lambda x, y: ax.transData.transform((x, y))  # noqa: E731
    for tick, text in zip(ticks, said, strict=True):
        y = px(0, tick)[1]
        if y <= top + 1:
            sheet.rule((left, right), (y, y))
            sheet.write(left - 8, y, text, ha="right")
    sheet.over.plot((left, right), (bottom, bottom), color=INK, linewidth=1)
    for tick in MaxNLocator(4 if narrow else 8, integer=True).tick_values(*span):
        if min(finite) <= tick <= max(finite):
            sheet.write(px(tick, 0)[0], bottom - 16, f"{tick:.0f}", ha="center")
    marks, labels = [], []
    for row in frame.itertuples():
        x0, x1 = px(row.low_year, 0)[0], px(row.high_year, 0)[0]
        known = pd.notna(row.value)
        y = px(0, row.value)[1] if known else bottom + 14
        look: dict[str, Any] = {"about": bool(row.about), "y": y, "known": known}
        marks.append(_stated(sheet, max(x0, left), min(x1, right), np.isfinite((x0, x1)), **look))
        labels.append(
            (
                wrap(row.shown, 150, sheet.size, "bold", 1),
                wrap(row.year_shown, 150, sheet.small, lines=1),
            )
        )
    sizes = [
        (
            max(width(a, sheet.size, "bold"), width(b, sheet.small)),
            (sheet.size + sheet.small) * LINE,
        )
        for a, b in labels
    ]
    within = (left + 2, bottom + 3, sheet.width, sheet.height)
    boxes = place(marks, sizes, ["N S NE NW SE SW E W"] * len(marks), within, np.empty((0, 2)))
    for box, mark, (shown, year) in zip(boxes, marks, labels, strict=True):
        sheet.clear(box)
        middle = (box[0] + box[2]) / 2
        align = "left" if box[0] >= mark[2] - 2 else "right" if box[2] <= mark[0] + 2 else "center"
        x = {"left": box[0], "right": box[2], "center": middle}[align]
        sheet.write(
            x, box[3] - sheet.size * LINE / 2, shown, sheet.size, ha=align, color=INK, weight="bold"
        )
        sheet.write(x, box[1] + sheet.small * LINE / 2, year, ha=align)
    return sheet


def _stated(
    sheet: Sheet, x0: float, x1: float, closed: np.ndarray, *, y: float, about: bool, known: bool
) -> tuple[float, float, float, float]:
    """A figure's mark: a point, or a bar that fades where its years have no end; its box."""
    look: dict[str, Any] = {
        "facecolor": tint(ACCENT),
        "edgecolor": ACCENT,
        "linestyle": (0, (3, 2)),
    }
    look = look if about else {"facecolor": ACCENT, "edgecolor": ACCENT}
    if not known:  # an open ring at the years it is said of, and no height
        look = {"facecolor": PAPER, "edgecolor": FORMER}
        x0 = x1 = float(np.clip(x0 if closed[0] else x1, x0, x1))
    ax = sheet.over
    if x1 - x0 < 6:
        x = (x0 + x1) / 2
        ax.plot(x, y, "o", ms=12, mfc=look["facecolor"], mec=look["edgecolor"], mew=1.6)
        return x - 7, y - 7, x + 7, y + 7
    ax.barh(y, x1 - x0, left=x0, height=10, linewidth=1.2, **look)
    third = (x1 - x0) * 0.6
    if not closed[0]:
        fade(ax, x0 + third, x0, y, 10)
    if not closed[1]:
        fade(ax, x1 - third, x1, y, 10)
    return x0, y - 6, x1, y + 6
