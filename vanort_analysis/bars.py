"""Bars that show doubt, the same way in every chart.

What is unknown is hatched, what is about fades out, what is derived is hatched in its own colour,
an interval is pale between its bounds.
"""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from .drawing import FORMER, INK, PAPER
from .labels import Box
from .sheet import Sheet, width, wrap

STUB = 26  # length of what is drawn for an unknown value
TRACK = "#edf0f2"  # what the bars are a part of
SOFT = 9  # how far an end that is only about fades, each way


def bars(sheet: Sheet, at: Box, rows: pd.DataFrame, most: float = 0, thick: float = 0.58) -> float:
    """Bars from a zero line, one a row, each with its words at the end; returns pixels per unit.

    `rows`: value (NaN unknown), shown, colour; and if need be low, high, about, derived, zero.
    `most`: what the bars are a part of, drawn behind them.
    """
    left, bottom, right, top = at
    room, n = right - left, len(rows)
    blank = pd.Series(np.nan, rows.index)
    value = rows["value"].astype(float)
    low, high = (rows.get(c, blank).astype(float) for c in ("low", "high"))
    said = value.notna()
    known = said | (low.gt(0) & np.isfinite(high))
    about, derived = (rows.get(c, blank).eq(True) & said for c in ("about", "derived"))
    zero = rows.get("zero", blank).eq(True) & ~known
    open_end = said & np.isposinf(high)
    base = value.where(said & ~low.lt(value), low).where(known, 0.0)
    far = base.where(~(known & np.isfinite(high)), np.maximum(base, high))
    shown = [wrap(text, max(90, room * 0.5), sheet.size) for text in rows["shown"]]
    spare = [room - width(t, sheet.size, "bold") - 16 - 2 * SOFT for t in shown]
    fits = [s / f for s, f in zip(spare, far, strict=True) if f > 0]
    scale = min([*fits, room / most] if most else fits, default=1.0)
    ax = sheet.axes(at, (0, room / scale), (n - 0.5, -0.5))
    into = TRACK if most else PAPER
    ax.barh(range(n), most, height=thick, color=TRACK, linewidth=0)
    soft = SOFT / scale
    ends = base + soft * about
    frame = pd.DataFrame({"y": range(n), "x": ends.where(~derived, 0), "hue": rows["colour"]})
    palette = {colour: colour for colour in rows["colour"]}
    look = {"orient": "h", "palette": palette, "saturation": 1, "width": thick, "legend": False}
    sns.barplot(frame, x="x", y="y", hue="hue", ax=ax, errorbar=None, linewidth=0, **look)
    ax.set(xlim=(0, room / scale), ylim=(n - 0.5, -0.5))
    for i, colour in enumerate(rows["colour"]):
        end = max(float(far[i]), float(ends[i]))
        if derived[i]:
            ax.barh(i, ends[i], height=thick, **hatched(colour))
        if far[i] > base[i]:
            pale = {"facecolor": tint(colour), "edgecolor": colour, "linestyle": (0, (3, 2))}
            ax.barh(i, far[i] - base[i], left=base[i], height=thick, linewidth=1, **pale)
        if open_end[i]:
            end = base[i] + 4 * soft
            ax.barh(i, end - base[i], left=base[i], height=thick, color=colour, linewidth=0)
            fade(ax, base[i], end, i, thick, into)
        elif about[i]:
            fade(ax, max(base[i] - soft, 0), end, i, thick, into)
        if zero[i]:
            end = 4 / scale
            ax.barh(i, end, height=thick, color=FORMER, linewidth=0)
        elif not known[i]:
            end = STUB / scale
            ax.barh(i, end, height=thick, **hatched(FORMER))
        mid = top - (top - bottom) / n * (i + 0.5)
        look = {"color": INK, "weight": "bold"} if known[i] else {}
        sheet.write(left + end * scale + 8, mid, shown[i], sheet.size, **look)
    sheet.over.plot((left, left), (bottom, top), color=INK, linewidth=1)
    return scale


def tint(colour: str) -> Any:
    """The colour, pale, without transparency."""
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(0.22 * c + 0.78 for c in rgb)


def hatched(colour: str) -> dict[str, Any]:
    """The look of what is not stated: hatched, within a dashed line."""
    return {"facecolor": PAPER, "edgecolor": colour, "hatch": "////", "linestyle": (0, (3, 2))}


def fade(ax: Axes, start: float, end: float, y: float, thick: float, into: str = PAPER) -> None:
    """Let what is drawn there grow paler towards its end (or from it, where `end` comes first)."""
    pixels = float(np.diff(ax.transData.transform([(start, y), (end, y)])[:, 0])[0]) or 1.0
    beyond = end + 2 * (end - start) / abs(pixels)  # no outline is left
    steps = int(np.clip(abs(pixels) / 2, 8, 24))  # more would be lost in whole shades
    for edge in np.linspace(start, end, steps, endpoint=False):
        look = {"color": into, "alpha": 1 - 0.03 ** (1 / steps), "linewidth": 0}
        ax.barh(y, beyond - edge, left=edge, height=thick + 0.4 * (thick > 1), **look)
    ax.barh(y, beyond - end, left=end, height=thick + 2 * (thick > 1), color=into, linewidth=0)
