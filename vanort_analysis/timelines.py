"""Charts along the years: who has belonged to the chain and when, who has hosted and when.

Frame and words to SVG text, as in `charts`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .bars import THICK, TRACK, cut, drawn, name_rows, pale, ruled, say, sheet, years_below
from .drawing import ACCENT, FORMER, HOME, INK, PAPER, SECONDARY

Words = Mapping[str, str]
SMALL: Mapping[str, Any] = {"fontsize": 12, "va": "center_baseline"}
SHAPES = {"meeting": "o", "seminar": "D", "conference": "s", "announced": "o"}


@drawn
def history(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """A bar for each place from entry to exit, and under them how many there were.

    A row is a mark: place, home, kind (entered, left, merged; entered_or, left_or: years that
    another source gives), year, said (of the first mark of a kind).
    """
    until, places = float(words["until"]), frame.groupby("place", sort=False)
    years = [until, *frame["year"].dropna()]
    first = min(*years, until - 1)
    px = (until - first) / (215 if narrow else 640)  # years in a pixel
    high = 30 * len(places)
    fig, (ax, below) = sheet(high + 118, narrow, nrows=2, sharex=True, height_ratios=[high, 70])
    name_rows(ax, places.groups, narrow, places["home"].any())
    ax.set_xlim(first, until + 1e-9)
    for y, (_, marks) in enumerate(places):
        _membership(ax, y, marks, first, until, px)
    _count(below, frame, words, (first, until), px)
    for each in (ax, below):
        years_below(each, (first, until), 4 if narrow else 6)
        ruled(each, "x")
    ax.tick_params(labelbottom=False)
    return fig


def _membership(
    ax: Axes, y: int, marks: pd.DataFrame, first: float, until: float, px: float
) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    year = marks.dropna(subset="year").groupby("kind")["year"].agg(list)
    said = marks.groupby("kind")["said"].first().to_dict()
    gone, starts = "left" in said, [*year.get("entered", []), *year.get("entered_or", [])]
    ends = [*year.get("left", []), *year.get("left_or", [])] or [until]
    begin, sure = (min(starts), max(starts)) if starts else (first, until)
    begin, sure, last, end = np.clip((begin, sure, min(ends), max(ends)), first, until)
    colour = HOME if marks["home"].any() else FORMER if gone else ACCENT
    solid, dashed = pale(colour, "-") if gone else {"facecolor": colour}, pale(colour)
    for low, high, look in ((begin, sure, dashed), (last, end, dashed), (sure, last, solid)):
        if low < high:
            above = 2 - (look is solid)  # so that equal bars are drawn in one stroke
            ax.barh(y, high - low, left=low, height=THICK, zorder=above, **look)
    merged = [at for at in sorted(year.get("merged", [])) if begin <= at <= end]
    for at in merged:
        ax.plot(at, y, "o", ms=6, mfc=PAPER, mec=colour, mew=1.2)
    inside = {"color": INK if gone or not starts else PAPER}
    _say_beside(ax, y, (first, begin, sure, last, end, until), said, px, inside)
    if merged and (merged[0] - sure) / px > _width(said["merged"]) + _width(
        said.get("entered", "")
    ):
        say(ax, said["merged"], (merged[0], y), (-8, 0), ha="right", **SMALL, **inside)


def _say_beside(
    ax: Axes, y: int, years: Sequence[float], said: Mapping[str, str], px: float, inside: Any
) -> None:
    """The year of entry before the bar, else in it, else with the year of exit behind it."""
    first, begin, sure, last, end, until = years
    entered, behind = (cut(said.get(what), 30) for what in ("entered", "left"))
    if (begin - first) / px > _width(entered):
        say(ax, entered, (begin, y), (-6, 0), ha="right", **SMALL)
    elif (last - sure) / px > _width(entered):
        say(ax, entered, (sure, y), (6, 0), ha="left", **SMALL, **inside)
    else:
        behind = cut(", ".join(filter(None, [entered, behind])), 30)
    if behind and (until - end) / px > _width(behind):
        say(ax, behind, (end, y), (6, 0), ha="left", color=SECONDARY, **SMALL)
    elif behind:
        say(ax, behind, (end, y), (-6, 0), ha="right", **SMALL)


def _width(words: str) -> float:
    """About how many pixels small words take, and the room around them."""
    return 6.2 * len(words) + 12


def _count(
    ax: Axes, frame: pd.DataFrame, words: Words, span: tuple[float, float], px: float
) -> None:
    """How many places there were at the end of each year, in steps."""
    change = frame["kind"].map({"entered": 1, "left": -1}).fillna(0)
    steps = change.groupby(frame["year"]).sum().loc[lambda by: by != 0].cumsum()
    years, counts = [*steps.index, span[1]], list(steps)
    ax.set_ylim(0, max([1, *counts]) * 1.5)
    ax.set_yticks([])
    title = {"loc": "left", "fontsize": 13, "color": SECONDARY, "gid": "strong"}
    ax.set_title(cut(words["count"], 40), **title)
    for start, end, count in zip(years, years[1:], counts, strict=False):
        ax.bar(start, count, end - start, align="edge", color=TRACK, linewidth=0)
        if (end - start) / px > 22:
            say(ax, f"{count:.0f}", ((start + end) / 2, count), (0, 5), gid="strong")
    if counts:
        ax.step(years, [*counts, counts[-1]], where="post", color=ACCENT)
    ax.axhline(0, color=INK, linewidth=1)


@drawn
def hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Who has hosted when; lines run from the last known meeting to the report year."""
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    fig, (ax,) = sheet(40 * len(places) + (110 if narrow else 64), narrow)
    name_rows(ax, places.groups, narrow, places["home"].any())
    pad = max(1.0, np.ptp(years) * 0.03)
    ax.set_xlim(min(years) - pad, max(years) + pad)
    years_below(ax, years, 4 if narrow else 6)
    ruled(ax, "xy")
    key: dict[str, Any] = {}
    for y, (_, own) in enumerate(places):
        colour, said = HOME if own["home"].any() else ACCENT, np.inf
        held = own["year"][own["kind"] == "meeting"].max()
        if held < until:
            ax.plot((held, until), (y, y), color=pale(colour, "-", 0.45)["facecolor"], zorder=1)
        if own["year"].isna().all():
            ax.plot(min(years), y, "o", ms=9, mfc=PAPER, mec=FORMER, mew=1.6)
            beside = {"ha": "left", "va": "center", "backgroundcolor": PAPER}
            say(ax, words["never"], (min(years), y), (10, 0), color=SECONDARY, **beside)
        for year, kinds in reversed(list(own.groupby("year")["kind"])):
            for i, kind in enumerate(kinds):
                look = {"ms": 8, "mec": colour, "mfc": PAPER if kind == "announced" else colour}
                (mark,) = ax.plot(year, y + i * 0.3, SHAPES[kind], mew=1.6, **look)
                key = {words[kind]: mark} | key
            if said - year > np.ptp(years) / (6 if narrow else 17):  # what its words take
                said = year
                say(ax, f"{year:.0f}", (year, y), (0, 7), fontsize=12)
    names = [cut(word, 20 if narrow else 36, 2) for word in key]
    columns = 2 if narrow else 5 if len("".join(names)) < 110 else 3
    look = {"handlelength": 1, "borderaxespad": 0, "borderpad": 0, "ncols": columns}
    fig.legend(key.values(), names, loc="outside upper left", **look)
    return fig
