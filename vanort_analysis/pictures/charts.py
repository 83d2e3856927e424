"""Charts of the chain: a frame and words to SVG text, in a wide drawing and one for phones.

Every word in a chart comes from its frame or from `words`. The unknown is hatched grey; what is
about fades, what lies between bounds is pale. What a chart finds stands beside it, not in it.
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

from .colours import ACCENT, FORMER, GRID, HALF, HOME, INK, PALE, PAPER, SECONDARY, TRACK, tint
from .style import PX, style, svg

Words = Mapping[str, str]
THICK = 0.58  # of a bar, where a row is 1
SMALL: dict[str, Any] = {"fontsize": 12, "va": "center_baseline"}
SHAPES = {"meeting": "o", "seminar": "D", "conference": "s", "announced": "o"}


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
            return svg(fig)

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
        label.set(ha="left", color=HOME if own else INK, weight="bold" if own else "normal")
    ax.tick_params(axis="y", pad=max(label.get_window_extent().width for label in labels) + 10)


def name_panel(ax: Axes, name: str) -> None:
    wide = 32 if ax.figure.bbox.width < 400 else 40
    ax.set_title(cut(name, wide), loc="left", fontsize=13, color=SECONDARY, weight="bold")


def years_below(ax: Axes, years: Iterable[float], most: int) -> None:
    """Ticks at whole years, none of them outside."""
    years = list(years)
    ticks = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]).tick_values(min(years), max(years))
    ax.set_xticks([tick for tick in ticks if min(years) <= tick <= max(years)])
    ax.xaxis.set_major_formatter("{x:.0f}")


def bars(ax: Axes, rows: pd.DataFrame, narrow: bool) -> None:
    """Bars from a zero line, one a row, each with its words at the end.

    `rows`: place, value (NaN unknown), shown; and if need be home, low, high, about, dated, zero.
    """
    flags = {"about": False, "dated": True, "zero": False, "home": False}
    rows = rows.reindex(columns=["place", "value", "shown", "low", "high", *flags])
    flagged = {flag: rows[flag].eq(not usual) for flag, usual in flags.items()}
    name_rows(ax, rows["place"], narrow, flagged["home"])
    value = rows["value"].astype(float)
    low, high = (rows[bound].astype(float).fillna(value) for bound in ("low", "high"))
    known = value.notna() | (low.gt(0) & np.isfinite(high))
    solid = low.where(known, 0.0)
    ends = high.where(known & np.isfinite(high), solid)
    limit = max(0.0, *ends) or 1.0
    px = limit / (170 if narrow else 560 / ax.get_gridspec().ncols)
    for i, shown in enumerate(rows["shown"]):
        about, undated, zero, home = (flagged[flag][i] for flag in flags)
        end, colour = ends[i], HOME if home else ACCENT
        if known[i]:
            soft = px * (9 if about else 20 if np.isposinf(high[i]) else 0)
            look = pale(colour) if undated else {"facecolor": colour}
            ax.barh(i, solid[i] + soft, height=THICK, **look)
            if end > solid[i]:
                ax.barh(i, end - solid[i], left=solid[i], height=THICK, **pale(colour))
            if soft:  # the bar grows paler, and its outline ends
                edges = np.linspace(max(0.0, end - soft * about), end + soft, 5, endpoint=False)
                veil = {"color": PAPER, "alpha": 0.45, "linewidth": 0, "height": THICK * 1.04}
                ax.barh(i, (end + soft - edges) * 1.01, left=edges, **veil)
        else:
            end = px * (4 if zero else 26)
            look = (
                {"facecolor": FORMER}
                if zero
                else pale(FORMER) | {"facecolor": PAPER, "hatch": "////"}
            )
            ax.barh(i, end, height=THICK, **look)
        look = {"color": INK if known[i] else SECONDARY, "ha": "left", "va": "center"}
        say(ax, shown, (end, i), (8, 0), wide=24 if narrow else 40, **look)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlim=(0, limit), xticks=[])


def pale(colour: str, line: Any = (0, (3, 2))) -> dict[str, Any]:
    """The look of what is between bounds or about: the colour paler, without transparency."""
    return {"facecolor": tint(colour, PALE), "edgecolor": colour, "linestyle": line}


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
    of an unknown number), zero (known to be none), proposed; dated (False: of an unknown year, so
    paler, and said). Words: sum, each (headings), proposed, undated.
    """
    frame = frame.assign(dated=frame["dated"].ne(False) if "dated" in frame else True)
    stated = frame["why"].fillna("") == ""
    frames = frame, frame[stated] if narrow and stated.any() else frame.assign(why="")
    heights = [34 * len(rows) + 36 for rows in frames]
    panels = {"nrows": 2, "height_ratios": heights} if narrow else {"ncols": 2}
    fig, axes = sheet(sum(heights) if narrow else heights[0], narrow, **panels)
    for ax, rows, column in zip(axes, frames, ("local", "each"), strict=True):
        shown = rows[f"shown_{column}"].astype(str)
        for which, word in ((rows["proposed"], "proposed"), (~rows["dated"], "undated")):
            shown = shown.where(~which, shown + f" ({words.get(word, '')})")
        shown = shown.where(rows[column].notna(), rows["why"])
        look = {"value": rows[column], "shown": shown, "home": rows["proposed"]}
        bars(ax, rows.assign(**look).reset_index(drop=True), narrow)
        name_panel(ax, words["sum" if column == "local" else column])
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
    years = [until, *frame["year"].dropna()]
    first = min(*years, until - 1)
    px = (until - first) / (215 if narrow else 640)  # years in a pixel
    high = 30 * len(places)
    fig, (ax, below) = sheet(high + 118, narrow, nrows=2, sharex=True, height_ratios=[high, 70])
    name_rows(ax, places.groups, narrow, places["home"].any())
    ax.set_xlim(first, until + 1e-9)
    for y, (_, marks) in enumerate(places):
        _membership(ax, y, marks, px)
    _count(below, frame, words, until, px)
    for each in (ax, below):
        years_below(each, (first, until), 4 if narrow else 6)
        each.grid(axis="x")
    ax.tick_params(labelbottom=False)
    return fig


def _membership(ax: Axes, y: int, marks: pd.DataFrame, px: float) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    first, until = ax.get_xlim()
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
            ax.barh(y, high - low, left=low, height=THICK, **look)
    merged = [at for at in sorted(year.get("merged", [])) if begin <= at <= end]
    for at in merged:
        ax.plot(at, y, "o", ms=6, mfc=PAPER, mec=colour, mew=1.2)
    inside = {"color": INK if gone or not starts else PAPER}
    _say_beside(ax, y, (first, begin, sure, last, end, until), said, px, inside)
    room = _width(said.get("merged", "")) + _width(said.get("entered", ""))
    if merged and (merged[0] - sure) / px > room:
        say(ax, said["merged"], (merged[0], y), (-8, 0), ha="right", **SMALL, **inside)


def _say_beside(
    ax: Axes, y: int, years: Sequence[float], said: Mapping[str, str], px: float, inside: Any
) -> None:
    """The year of entry before the bar, else in it, else with the year of exit behind it."""
    first, begin, sure, last, end, until = years
    entered, behind = (cut(said.get(what), 30) for what in ("entered", "left"))
    free = (until - end) / px
    if (begin - first) / px > _width(entered):
        say(ax, entered, (begin, y), (-6, 0), ha="right", **SMALL)
    elif (last - sure) / px > _width(entered) + _width(behind) * (_width(behind) > free):
        say(ax, entered, (sure, y), (6, 0), ha="left", **SMALL, **inside)
    else:
        behind = cut(", ".join(filter(None, [entered, behind])), 30)
    if behind and free > _width(behind):
        say(ax, behind, (end, y), (6, 0), ha="left", color=SECONDARY, **SMALL)
    elif behind:
        look = inside if (last - sure) / px > _width(behind) else {"backgroundcolor": PAPER}
        at_end = (end - first) / px > _width(behind)
        place, away, side = (end, -6, "right") if at_end else (begin, 6, "left")
        say(ax, behind, (place, y), (away, 0), ha=side, **SMALL, **look)


def _width(words: str) -> float:
    """About how many pixels small words take, and the room around them."""
    return 6.2 * len(words) + 12 if words else 0.0


def _count(ax: Axes, frame: pd.DataFrame, words: Words, until: float, px: float) -> None:
    """How many places there were at the end of each year, in steps."""
    change = frame["kind"].map({"entered": 1, "left": -1}).fillna(0)
    steps = change.groupby(frame["year"]).sum().loc[lambda by: by != 0].cumsum()
    years, counts = [*steps.index, until], list(steps)
    ax.set_ylim(0, max([1, *counts]) * 1.5)
    ax.set_yticks([])
    name_panel(ax, words["count"])
    for start, end, count in zip(years, years[1:], counts, strict=False):
        ax.bar(start, count, end - start, align="edge", color=TRACK, linewidth=0)
        if (end - start) / px > 22:
            say(ax, f"{count:.0f}", ((start + end) / 2, count), (0, 5), weight="bold")
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
    ax.grid()
    key: dict[str, Any] = {}
    for y, (_, own) in enumerate(places):
        colour, said = HOME if own["home"].any() else ACCENT, np.inf
        held = own["year"][own["kind"] == "meeting"].max()
        if held < until:
            ax.plot((held, until), (y, y), color=tint(colour, HALF), zorder=1)
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


@drawn
def meeting_row(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Each year's host in one row, on a phone one below the other; an unknown one is a "?".

    A row is a meeting: year, host ("" unknown), kind (meeting, conference, seminar, announced,
    unknown), home. A year between without a row is drawn as unknown. Words: a word for each kind.
    """
    years = range(int(frame["year"].min()), int(frame["year"].max()) + 1)
    none, last = pd.DataFrame([{"host": "", "kind": "unknown", "home": False}]), len(years) - 1
    frame.loc[(frame["host"] == "") | (frame["kind"] == "unknown"), ["host", "kind"]] = (
        "",
        "unknown",
    )
    held = [own if len(own := frame[frame["year"] == year]) else none for year in years]
    said = [_host_lines(own, words, 34 if narrow else max(7, 112 // len(years))) for own in held]
    tall = 16 * max(text.count("\n") for text in said)
    fig, (ax,) = sheet(34 * len(years) + 8 if narrow else 78 + tall, narrow)
    ax.set(xticks=[], yticks=[], xlim=(-0.5, last + 0.5), ylim=(-42 - tall, 36))
    if narrow:
        ax.set(xlim=(0, 340), ylim=(last + 0.5, -0.5))
    ax.plot(*([(60, 60), (0, last)] if narrow else [(0, last), (0, 0)]), color=GRID, zorder=0)
    look = {"ha": "left", "va": "center"} if narrow else {"ha": "center", "va": "top"}
    for i, (year, own, text) in enumerate(zip(years, held, said, strict=True)):
        for n, row in enumerate(own.drop_duplicates(["host", "kind"]).itertuples()):
            at = (60 + 15 * n, i) if narrow else (i + 0.17 * n, 0)
            colour = HOME if row.home else ACCENT if row.host else FORMER
            full = row.host and row.kind != "announced"
            mark = {"ms": 12 if row.host else 17, "mec": colour, "mfc": colour if full else PAPER}
            ax.plot(*at, SHAPES.get(row.kind, "o"), mew=1.6, **mark)
            if not row.host:
                say(ax, "?", at, (0, 0), color=FORMER, weight="bold", va="center_baseline")
        start, under = ((60, i), (15 * len(own), 0)) if narrow else ((i, 0), (0, -15))
        ax.annotate(text, start, under, textcoords="offset points", **look)
        say(ax, year, start, (-48, 0) if narrow else (0, 29), weight="bold", **look)
    return fig


def _host_lines(own: pd.DataFrame, words: Words, wide: int) -> str:
    """Who were hosts in a year; what it was is said where it was not only the meeting itself."""
    lines = []
    for host, kinds in own.groupby("host", sort=False)["kind"]:
        what = [words[kind] for kind in kinds.unique()] if {*kinds} != {"meeting"} else []
        lines.append(cut(", ".join([host] * bool(host) + what), wide, 4))
    return "\n".join(lines)
