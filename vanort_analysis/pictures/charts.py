"""What the charts share: words cut to their room, rows with names, marks that show doubt.

The unknown is hatched grey, the derived hatched; what is about fades, an interval is pale.

Charts of the chain: frame and words to SVG text, in a wide drawing and one for phones.

`frames` makes the frames; every word in a chart comes from its frame or from `words`.

Charts along the years: who has belonged to the chain and when, who has hosted and when.

Frame and words to SVG text, as in `charts`.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import ACCENT, FORMER, GRID, HOME, INK, PAPER, PX, SECONDARY, style, svg

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
