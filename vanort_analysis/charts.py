"""Charts of the chain: frame and words to SVG text, in a wide drawing and one for phones.

`frames` makes the frames; every word in a chart comes from its frame or from `words`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .bars import (
    SURE,
    UNKNOWN,
    bars,
    cut,
    drawn,
    name_rows,
    pale,
    ranged,
    ruled,
    say,
    sheet,
    years_below,
)
from .drawing import ACCENT, INK, SECONDARY

Words = Mapping[str, str]


@drawn
def members(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Members of each place."""
    fig, (ax,) = sheet(34 * len(frame) + 8, narrow)
    bars(ax, frame.assign(value=frame["members"]), "place", narrow)
    return fig


@drawn
def support(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Support a year, as a whole and for each member, beside what is proposed.

    Why there is no sum is said once, beside the sums.
    """
    stated = frame["why"].fillna("") == ""
    frames = frame, frame[stated] if narrow and stated.any() else frame.assign(why="")
    heights = [34 * len(rows) + 36 for rows in frames]
    panels = {"nrows": 2, "height_ratios": heights} if narrow else {"ncols": 2}
    fig, axes = sheet(sum(heights) if narrow else heights[0], narrow, **panels)
    for ax, rows, column, title in zip(
        axes, frames, ("local", "each"), ("sum", "each"), strict=True
    ):
        shown = rows[f"shown_{column}"].astype(str)
        shown = shown.where(~rows["proposed"], shown + f" ({words['proposed']})")
        shown = shown.where(rows[column].notna(), rows["why"])
        look = {"value": rows[column], "shown": shown, "home": rows["proposed"]}
        bars(ax, rows.assign(**look).reset_index(drop=True), "place", narrow)
        ax.set_title(cut(words[title], 40), loc="left", fontsize=13, color=SECONDARY, gid="strong")
    axes[1].tick_params(labelleft=narrow)
    return fig


@drawn
def survey_towns(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Two waves as two values and a difference."""
    fig, (ax,) = sheet(34 * len(frame) + 56, narrow)
    bars(ax, frame, "wave", narrow, derived=words["derived"])
    if len(frame) == 2 and frame["value"].notna().all():
        before, now = frame["value"]
        ax.set_ylim(2.4, -0.5)
        ax.vlines([before, now], [0.3, 1.3], 1.8, color=SECONDARY, lw=1, linestyle=(0, (2, 2)))
        ax.plot([before, now], [1.75, 1.75], color=INK, lw=1)
        ax.plot(now, 1.75, marker=">" if now > before else "<", ms=5, color=INK)
        say(ax, words["change"], ((before + now) / 2, 1.8), (0, -6), va="top", gid="strong")
    return fig


@drawn
def survey_shares(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Shares of one whole."""
    fig, (ax,) = sheet(34 * len(frame) + 8, narrow)
    rows = frame.assign(value=frame["share"])
    bars(ax, rows, "group", narrow, 100, words["derived"])
    return fig


@drawn
def survey_bounds(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """A share as a point, or between two bounds."""
    fig, (ax,) = sheet(58 * len(frame) + 34, narrow)
    name_rows(ax, frame["label"], narrow)
    ax.set(xlim=(0, 100), xticks=range(0, 101, 25))
    ax.xaxis.set_major_formatter(lambda tick, _: cut(words["percent"], 9).format(f"{tick:.0f}"))
    ruled(ax, "x")
    for i, row in enumerate(frame.itertuples()):
        ends = (row.low, row.high) if pd.isna(row.value) else (row.value, row.value)
        ends, look = (ends, pale(ACCENT, "-")) if ends[0] <= ends[1] else ((0, 0), UNKNOWN)
        ranged(ax, i + 0.15, ends, 0.22, SURE if ends[0] == ends[1] > 0 else look)
        ha = "left" if look is UNKNOWN else "center"
        say(ax, row.shown, (sum(ends) / 2, i + 0.15), (0, 15), ha=ha, gid="strong")
    return fig


@drawn
def national(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Stated figures: at a year, over the years they may be of; a ring is an unknown one."""
    fig, (ax,) = sheet(420 if narrow else 360, narrow)
    years = frame[["low_year", "high_year"]].to_numpy(float)
    finite = [*years[np.isfinite(years)], float(words["until"])]
    more, most = max(2.0, np.ptp(finite) * 0.2), max(1.0, *frame["value"].fillna(0))
    last = max(finite) + (more if np.isposinf(years).any() else 0.5)
    ax.set(xlim=(min(finite) - more, last), ylim=(0, most * 1.04))
    years_below(ax, finite, 4 if narrow else 7)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    gap = words.get("thousands", "\u00a0")[:1]
    ax.yaxis.set_major_formatter(lambda tick, _: f"{tick:,.0f}".replace(",", gap))
    ruled(ax, "y")
    ax.axhline(0, color=INK, linewidth=1)
    for row in frame.drop_duplicates().itertuples():
        known, ends = pd.notna(row.value), (row.low_year, row.high_year)
        y = row.value if known else most * 0.03
        look = UNKNOWN if not known else pale(ACCENT) if row.about else SURE
        ranged(ax, y, ends, most * 0.025, look)
        closed = [year for year in ends if np.isfinite(year)] or [last]
        at, ha = (np.mean(closed), y), "right" if ends[0] == -np.inf else "left"
        look = {"ha": "center" if len(closed) == 2 else ha, "va": "baseline"}
        up = ends[0] != ends[1] or y < most / 4  # a year's words stand under those of a range
        say(ax, row.shown, at, (0, 27 if up else -21), gid="strong", **look)
        say(ax, row.year_shown, at, (0, 12 if up else -36), color=SECONDARY, **look)
    return fig
