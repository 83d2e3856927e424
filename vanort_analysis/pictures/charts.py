"""Charts of the chain: a frame and words to SVG text, in a wide drawing and one for phones.

Every word in a chart comes from its frame or from `words`. The unknown is hatched grey; what is
about fades, what lies between bounds is pale. What a chart finds stands beside it, not in it.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from . import style

Words = Mapping[str, str]
THICK = 0.58  # of a bar, where a row is 1
SMALL: dict[str, Any] = {"fontsize": 12, "va": "center_baseline"}
SHAPES = {"seminar": "D", "conference": "s"}  # other meetings are discs
OPEN = ("announced", "unknown")  # drawn as rings


def drawn(draw: Callable[..., Figure]) -> Callable[..., str]:
    """A function that draws a figure becomes one that returns SVG text in our style."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: dict[str, str], *, narrow: bool = False) -> str:
        with style.drawing():
            fig = draw(frame.reset_index(drop=True), words, narrow)
            for artist in fig.findobj(include_self=False):
                artist.set_clip_on(False)  # all is within, and each frame would be written
            for _ in range(2):  # long words at the end of a bar need a second look
                fig.get_layout_engine().execute(fig)
            fig.set_layout_engine(None)
            return style.svg(fig)

    return finished


def sheet(height: float, narrow: bool, **grid: Any) -> tuple[Figure, list[Axes]]:
    """A figure for a page or a phone, so many pixels high, and its axes without lines."""
    wide = 340 if narrow else 800
    fig = Figure(figsize=(wide * style.PX, height * style.PX), layout="constrained")
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


def name_rows(ax: Axes, names: Iterable[Any], narrow: bool, home: Iterable[Any]) -> None:
    """The names of the rows at the left, from the top down; a home town's stands out."""
    said = [cut(name, 16 if narrow else 28, 2) for name in names]
    ax.set_yticks(range(len(said)), said, ha="left")
    ax.set_ylim(len(said) - 0.5, -0.5)
    labels = ax.get_yticklabels()
    for label, own in zip(labels, home, strict=True):
        label.set(color=style.HOME if own else style.INK, weight="bold" if own else "normal")
    ax.tick_params(axis="y", pad=max(label.get_window_extent().width for label in labels) + 10)


def name_panel(ax: Axes, name: str, narrow: bool) -> None:
    look = {"loc": "left", "fontsize": 13, "color": style.SECONDARY, "weight": "bold"}
    ax.set_title(cut(name, 32 if narrow else 40), **look)


def years_below(ax: Axes, narrow: bool) -> None:
    """Ticks and lines at whole years."""
    most = 4 if narrow else 6
    ax.xaxis.set_major_locator(MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.grid(axis="x")


def pale(colour: str, line: Any = (0, (3, 2))) -> dict[str, Any]:
    """The look of what lies between bounds: the colour paler, without transparency."""
    return {"facecolor": style.tint(colour, style.PALE), "edgecolor": colour, "linestyle": line}


def bars(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    """Bars from a zero line, one a row, each with its words at the end.

    `rows`: place, value (NaN unknown), shown, home; and if need be low, high, about, zero.
    """
    usual = {"low": np.nan, "high": np.nan, "about": False, "zero": False}
    rows = rows.assign(**{column: usual[column] for column in usual if column not in rows})
    name_rows(ax, rows["place"], narrow, rows["home"])
    value = rows["value"].astype(float)
    low, high = rows["low"].fillna(value), rows["high"].fillna(value)
    known = value.notna() | (low.gt(0) & np.isfinite(high))
    solid = low.where(known, 0.0)
    ends = high.where(known & np.isfinite(high), solid)
    limit = max(0.0, *ends) or 1.0
    px = limit / (170 if narrow else 560 / ax.get_gridspec().ncols)
    for i, row in enumerate(rows.itertuples()):
        colour, fade = style.HOME if row.home else style.ACCENT, 0
        if row.zero:
            pieces = [(4 * px, {"facecolor": style.FORMER})]
        elif not known[i]:
            look = pale(style.FORMER) | {"facecolor": style.PAPER, "hatch": "////"}
            pieces = [(26 * px, look)]
        else:
            fade = 12 if row.about else 24 if np.isposinf(high[i]) else 0
            pieces = [(solid[i], {"facecolor": colour}), (ends[i] - solid[i], pale(colour))]
            fades = [{"facecolor": style.tint(colour, of)} for of in (style.HALF, style.PALE)]
            pieces += [(fade / 2 * px, look) for look in fades]
        end = 0.0
        for length, look in pieces:
            if length:
                ax.barh(i, length, left=end, height=THICK, **look)
            end += length
        look = {"color": style.INK if known[i] else style.SECONDARY, "ha": "left", "va": "center"}
        say(ax, row.shown, (end, i), (8, 0), wide=28 if narrow else 40, **look)
    ax.axvline(0, color=style.INK, linewidth=1)
    ax.set(xlim=(0, limit), xticks=[])


@drawn
def members(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Members of each place."""
    fig, (ax,) = sheet(34 * len(frame) + 8, narrow)
    bars(ax, frame.assign(value=frame["members"]), narrow)
    return fig


@drawn
def support(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Money in all and for each member, side by side; the proposal in the home town's colour.

    A row is a place: local, each (numbers, NaN unknown), shown_local, shown_each, why (said instead
    of an unknown number), zero (known to be none), proposed. Words: sum, each (headings), proposed.
    """
    stated = frame["why"] == ""
    frames = frame, frame[stated] if narrow and stated.any() else frame.assign(why="")
    heights = [34 * len(rows) + 36 for rows in frames]
    panels = {"nrows": 2, "height_ratios": heights} if narrow else {"ncols": 2}
    fig, axes = sheet(sum(heights) if narrow else heights[0], narrow, **panels)
    for ax, rows, column in zip(axes, frames, ("local", "each"), strict=True):
        shown = rows[f"shown_{column}"].astype(str)
        shown = shown.where(~rows["proposed"], shown + f" ({words.get('proposed', '')})")
        shown = shown.where(rows[column].notna(), rows["why"])
        look = {"value": rows[column], "shown": shown, "home": rows["proposed"]}
        bars(ax, rows.assign(**look).reset_index(drop=True), narrow)
        name_panel(ax, words["sum" if column == "local" else column], narrow)
    axes[1].tick_params("y", labelleft=narrow, pad=axes[0].yaxis.get_tick_params()["pad"])
    return fig


money = support  # the memo's: a few receivers beside the proposal


@drawn
def history(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """A bar for each place from entry to exit, and under them how many there were.

    A row is a mark: place, home, kind (entered, left, merged; entered_or, left_or: years that
    another source gives), year, said (of the first mark of a kind).
    """
    until, places = float(words["until"]), frame.groupby("place", sort=False)
    first = min([until - 1, *frame["year"].dropna()])
    high = 30 * len(places)
    fig, (ax, below) = sheet(high + 118, narrow, nrows=2, sharex=True, height_ratios=[high, 70])
    name_rows(ax, places.groups, narrow, places["home"].any())
    ax.set_xlim(first, until)
    for y, (_, marks) in enumerate(places):
        _membership(ax, y, marks)
    _count(below, frame, words["count"], narrow)
    for each in (ax, below):
        years_below(each, narrow)
    ax.tick_params(labelbottom=False)
    return fig


def _membership(ax: Axes, y: int, marks: pd.DataFrame) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    first, until = ax.get_xlim()
    year = marks.dropna(subset="year").groupby("kind")["year"].agg(list)
    said = marks.groupby("kind")["said"].first()
    gone, starts = "left" in said, [*year.get("entered", []), *year.get("entered_or", [])]
    ends = [*year.get("left", []), *year.get("left_or", [])] or [until]
    begin, sure = (min(starts), max(starts)) if starts else (first, until)
    begin, sure, last, end = np.clip((begin, sure, min(ends), max(ends)), first, until)
    colour = style.HOME if marks["home"].any() else style.FORMER if gone else style.ACCENT
    solid, dashed = pale(colour, "-") if gone else {"facecolor": colour}, pale(colour)
    for low, high, look in ((begin, sure, dashed), (last, end, dashed), (sure, last, solid)):
        if low < high:
            ax.barh(y, high - low, left=low, height=THICK, **look)
    merged = [at for at in sorted(year.get("merged", [])) if begin <= at <= end]
    for at in merged:
        ax.plot(at, y, "o", ms=6, mfc=style.PAPER, mec=colour, mew=1.2)
    words = cut(", ".join(said.reindex(["entered", "left", "merged"]).dropna()), 30)
    inside = {"color": style.INK if gone or not starts else style.PAPER}
    spots: list[Any] = [(sure, last, "left", inside)]
    spots += [(end, until, "left", {"color": style.SECONDARY}), (first, begin, "right", {})]
    over = {} if gone else {"backgroundcolor": style.PAPER}  # a pale bar may be written on
    spots.append((first, until, "left", over))
    start, _, side, shown = next((at for at in spots if _fits(ax, words, *at[:2])), spots[-1])
    at, away = (start, 6) if side == "left" else (begin, -6)
    say(ax, words, (at, y), (away, 0), ha=side, **SMALL, **shown)


def _fits(ax: Axes, words: str, start: float, end: float) -> bool:
    """Whether there is room for small words between two years."""
    pixels = (ax.figure.bbox.width - 130) / np.ptp(ax.get_xlim())
    return bool(6.2 * len(words) + 12 < (end - start) * pixels)


def _count(ax: Axes, frame: pd.DataFrame, name: str, narrow: bool) -> None:
    """How many places there were at the end of each year, in steps."""
    change = frame["kind"].map({"entered": 1, "left": -1}).fillna(0)
    steps = change.groupby(frame["year"]).sum().loc[lambda by: by != 0].cumsum()
    years, counts = [*steps.index, ax.get_xlim()[1]], list(steps)
    ax.set(ylim=(0, max([1, *counts]) * 1.5), yticks=[])
    name_panel(ax, name, narrow)
    if counts:
        ax.stairs(counts, years, fill=True, color=style.TRACK)
        ax.stairs(counts, years, baseline=None, color=style.ACCENT, linewidth=2)
    for start, end, count in zip(years, years[1:], counts, strict=False):
        if _fits(ax, "", start, end):
            say(ax, f"{count:.0f}", ((start + end) / 2, count), (0, 5), weight="bold")
    ax.axhline(0, color=style.INK, linewidth=1)


def meeting(ax: Axes, at: Any, kind: str, colour: str, size: float) -> Line2D:
    """The mark of a meeting; a ring if it was only announced, or nobody knows of one."""
    look = {"ms": size, "mew": 1.6, "mec": colour, "mfc": style.PAPER if kind in OPEN else colour}
    return ax.plot(*at, SHAPES.get(kind, "o"), **look)[0]


@drawn
def hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Who has hosted when; lines run from the last known meeting to the report year.

    A row is a meeting: place, home, kind, year (NaN for a place that has not hosted).
    """
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    fig, (ax,) = sheet(40 * len(places) + (110 if narrow else 64), narrow)
    name_rows(ax, places.groups, narrow, places["home"].any())
    pad = max(1.0, np.ptp(years) * 0.03)
    ax.set_xlim(min(years) - pad, max(years) + pad)
    years_below(ax, narrow)
    ax.grid(axis="y")
    key: dict[str, Any] = {}
    for y, (_, own) in enumerate(places):
        colour, said = style.HOME if own["home"].any() else style.ACCENT, np.inf
        held = own["year"][own["kind"] == "meeting"].max()
        if held < until:
            ax.plot((held, until), (y, y), color=style.tint(colour, style.HALF), zorder=1)
        if own["year"].isna().all():
            meeting(ax, (min(years), y), "unknown", style.FORMER, 9)
            beside = {"ha": "left", "va": "center", "backgroundcolor": style.PAPER}
            say(ax, words["never"], (min(years), y), (10, 0), color=style.SECONDARY, **beside)
        for year, kinds in reversed(list(own.groupby("year")["kind"])):
            for i, kind in enumerate(kinds):
                mark = meeting(ax, (year, y + i * 0.3), kind, colour, 8)
                key = {words[kind]: mark} | key
            if _fits(ax, f"{year:.0f}", year, said):
                said = year
                say(ax, f"{year:.0f}", (year, y), (0, 7), fontsize=12)
    names = [cut(word, 20 if narrow else 36, 2) for word in key]
    columns = 2 if narrow else 5 if len("".join(names)) < 110 else 3
    look = {"handlelength": 1, "borderaxespad": 0, "borderpad": 0, "ncols": columns}
    fig.legend(key.values(), names, loc="outside upper left", **look)
    return fig


@drawn
def meeting_row(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Each year's host in one row, on a phone one below the other; an unknown one is a "?".

    A row is a year: year, host ("" unknown), kind (meeting, conference, seminar, announced,
    unknown), home. Words: a word for each kind.
    """
    wide, last = 34 if narrow else max(7, 112 // len(frame)), len(frame) - 1
    kinds = frame["kind"].map(words).mask(frame["kind"] == "meeting", "")
    pairs = zip(frame["host"], kinds, strict=True)
    texts = [cut(", ".join(filter(None, pair)), wide, 4) for pair in pairs]
    tall = 16 * max(text.count("\n") for text in texts)
    fig, (ax,) = sheet(34 * len(frame) + 8 if narrow else 78 + tall, narrow)
    ax.set(xticks=[], yticks=[])
    if narrow:  # pixels to the right, years downwards
        ax.set(xlim=(0, 340), ylim=(last + 0.5, -0.5))
        ax.plot((60, 60), (0, last), color=style.GRID, zorder=0)
        look, under, over = {"ha": "left", "va": "center"}, (15, 0), (-48, 0)
    else:  # years to the right, pixels upwards
        ax.set(xlim=(-0.5, last + 0.5), ylim=(-42 - tall, 36))
        ax.plot((0, last), (0, 0), color=style.GRID, zorder=0)
        look, under, over = {"va": "top"}, (0, -15), (0, 29)
    for i, row in enumerate(frame.itertuples()):
        at, unknown = (60, i) if narrow else (i, 0), row.kind == "unknown"
        colour = style.FORMER if unknown else style.HOME if row.home else style.ACCENT
        meeting(ax, at, row.kind, colour, 17 if unknown else 12)
        if unknown:
            say(ax, "?", at, (0, 0), color=style.FORMER, weight="bold", va="center_baseline")
        say(ax, row.year, at, over, weight="bold", **look)
        ax.annotate(texts[i], at, under, textcoords="offset points", **{"ha": "center"} | look)
    return fig
