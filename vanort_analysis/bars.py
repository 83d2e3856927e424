"""What the charts share: words cut to their room, rows with names, marks that show doubt.

The unknown is hatched grey, the derived hatched; what is about fades, an interval is pale.
"""

import textwrap
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .drawing import ACCENT, FORMER, GRID, HOME, INK, PAPER, PX, SECONDARY, style, svg

TRACK, THICK = "#edf0f2", 0.58  # what bars are a part of; of a bar, where a row is 1
SURE = {"facecolor": ACCENT, "edgecolor": ACCENT}
UNKNOWN = {"facecolor": PAPER, "edgecolor": FORMER}
HATCHED = {"facecolor": PAPER, "hatch": "////"}  # what is not stated


def drawn(draw: Callable[..., Figure]) -> Callable[..., str]:
    """A function that draws a figure becomes one that returns SVG text in our style."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: dict[str, str], *, narrow: bool = False) -> str:
        with style():
            fig = draw(frame.reset_index(drop=True), words, narrow)
            for artist in fig.findobj(include_self=False):
                artist.set_clip_on(False)  # all is within, and each frame would be written
            fig.get_layout_engine().execute(fig)
            fig.set_layout_engine(None)  # once is enough
            return svg(fig, halo=False)

    return finished


def sheet(height: float, narrow: bool, **grid: Any) -> tuple[Figure, list[Axes]]:
    """A figure for a page or a phone, so many pixels high, and its axes without lines."""
    fig = Figure(figsize=((340 if narrow else 800) * PX, height * PX), layout="constrained")
    fig.get_layout_engine().set(wspace=0.06)
    axes = list(fig.subplots(squeeze=False, **grid).flat)
    for ax in axes:
        ax.spines[:].set_visible(False)
    return fig, axes


def cut(text: Any, wide: int, lines: int = 1) -> str:
    """The text as it is, in so many lines of so many characters at most."""
    plain = "" if pd.isna(text) else str(text)
    kept = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in plain)
    return textwrap.fill(kept, wide, max_lines=lines, placeholder="…")


def say(ax: Axes, text: Any, at: Any, away: Any, wide: Any = 34, **look: Any) -> None:
    """Words some pixels away from a point."""
    look = {"ha": "center", "textcoords": "offset points", "annotation_clip": False} | look
    ax.annotate(cut(text, wide, 2), at, away, **look)


def name_rows(ax: Axes, names: Iterable[Any], narrow: bool, home: Iterable[Any] = ()) -> None:
    """The names of the rows at the left, from the top down; a home town's stands out."""
    said = [cut(name, 16 if narrow else 28, 2) for name in names]
    ax.set_yticks(range(len(said)), said)
    ax.set_ylim(len(said) - 0.5, -0.5)
    labels = ax.get_yticklabels()
    for label, own in zip_longest(labels, home):
        label.set(ha="left", color=HOME if own else INK, gid="strong" if own else None)
    ax.tick_params(axis="y", pad=max(label.get_window_extent().width for label in labels) + 10)


def years_below(ax: Axes, years: Iterable[float], most: int) -> None:
    """Ticks at whole years, none of them outside."""
    years = list(years)
    ticks = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]).tick_values(min(years), max(years))
    ax.set_xticks([tick for tick in ticks if min(years) <= tick <= max(years)])
    ax.xaxis.set_major_formatter("{x:.0f}")


def ruled(ax: Axes, axes: str) -> None:
    """Light lines at the ticks of the x or y axis or both, drawn in one stroke."""
    look = {"color": GRID, "linewidth": 1, "zorder": 0.5}
    if "x" in axes:
        ax.vlines(ax.get_xticks(), 0, 1, transform=ax.get_xaxis_transform(), **look)
    if "y" in axes:
        low, high = sorted(ax.get_ylim())
        within = [tick for tick in ax.get_yticks() if low <= tick <= high]
        ax.hlines(within, 0, 1, transform=ax.get_yaxis_transform(), **look)


def bars(
    ax: Axes, rows: pd.DataFrame, name: str, narrow: bool, most: float = 0, derived: str = ""
) -> None:
    """Bars from a zero line, one a row, each with its words at the end.

    `rows`: value (NaN unknown), shown; and if need be home, low, high, about, derived, zero.
    `most`: what the bars are a part of, drawn behind them; `derived`: said after a derived value.
    """
    flags = ["about", "derived", "zero", "home"]
    rows = rows.reindex(columns=[name, "value", "shown", "low", "high", *flags])
    rows[flags] = rows[flags].eq(True)
    name_rows(ax, rows[name], narrow, rows["home"])
    value = rows["value"].astype(float)
    low, high = (rows[bound].astype(float).fillna(value) for bound in ("low", "high"))
    known = value.notna() | (low.gt(0) & np.isfinite(high))
    solid = low.where(known, 0.0)
    ends = high.where(known & np.isfinite(high), solid)
    limit = most or max(0.0, *ends) or 1.0
    px = limit / (170 if narrow else 560 / ax.get_gridspec().ncols)
    if most:
        ax.barh(range(len(rows)), most, height=THICK, color=TRACK, linewidth=0)
    for i, row in enumerate(rows.itertuples()):
        end, colour = ends[i], HOME if row.home else ACCENT
        if known[i]:
            soft = px * (9 if row.about else 20 if np.isposinf(high[i]) else 0)
            look = pale(colour) | HATCHED if row.derived else {"facecolor": colour}
            ax.barh(i, solid[i] + soft, height=THICK, **look)
            if end > solid[i]:
                ax.barh(i, end - solid[i], left=solid[i], height=THICK, **pale(colour))
            if soft:
                start, end = max(0.0, end - soft * row.about), end + soft
                fade(ax, i, start, end, THICK, TRACK if most else PAPER)
        else:
            end = px * (4 if row.zero else 26)
            look = {"facecolor": FORMER} if row.zero else pale(FORMER) | HATCHED
            ax.barh(i, end, height=THICK, **look)
        said = f"{row.shown} ({derived})" if row.derived and known[i] else row.shown
        look = {"color": INK if known[i] else SECONDARY, "ha": "left", "va": "center"}
        say(ax, said, (end, i), (8, 0), wide=24 if narrow else 40, **look)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlim=(0, limit), xticks=[])


def ranged(ax: Axes, y: float, ends: tuple[float, float], thick: float, look: Any) -> None:
    """A value between two ends: a point if they are one, else a bar that fades at an open end."""
    low, high = np.clip(ends, *ax.get_xlim())
    if low == high:
        ax.plot(low, y, "o", ms=11, mfc=look["facecolor"], mec=look["edgecolor"], mew=1.6)
        return
    ax.barh(y, high - low, left=low, height=thick, linewidth=1.2, **look)
    soft = min(high - low, np.ptp(ax.get_xlim()) / 9)
    for end, inwards in ((low, soft), (high, -soft)):
        if end not in ends:
            fade(ax, y, end + inwards, end, thick * 1.2)


def fade(ax: Axes, y: float, start: float, end: float, thick: float, into: str = PAPER) -> None:
    """Let what is drawn there grow paler from start to end, and its outline end."""
    edges = np.linspace(start, end, 5, endpoint=False)
    ax.barh(y, (end - edges) * 1.01, thick * 1.04, edges, color=into, alpha=0.45, linewidth=0)


def pale(colour: str, line: Any = (0, (3, 2)), share: float = 0.22) -> dict[str, Any]:
    """The look of what is between bounds or about: the colour paler, without transparency."""
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    tint = tuple(share * c + 1 - share for c in rgb)
    return {"facecolor": tint, "edgecolor": colour, "linestyle": line}
