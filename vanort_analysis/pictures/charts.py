"""Charts of the chain: a frame and words to SVG text, in a wide drawing and one for phones.

Every word in a chart comes from its frame or from `words`. The unknown is hatched grey; what is
about fades, what lies between bounds is pale. What a chart finds stands beside it, not in it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from . import style
from .style import Sheet, width

Words = Mapping[str, str]
EDGE, BELOW = 3, 23  # pixels left free around a picture; for the years under a panel
THICK = 0.58  # of a bar, where a row is 1
SMALL: dict[str, Any] = {"fontsize": 12, "va": "center_baseline"}
LEFT: dict[str, Any] = {"ha": "left", "va": "center"}
SHAPES = {"seminar": "D", "conference": "s"}  # other meetings are discs
OPEN = ("announced", "unknown")  # drawn as rings
KINDS = ("meeting", "conference", "seminar", "announced")  # as they stand in the key
GRID: dict[str, Any] = {"color": style.GRID, "linewidth": 1, "zorder": 0.5}


def drawn(draw: Callable[..., Sheet]) -> Callable[..., str]:
    """A function that fills a sheet becomes one that returns SVG text in our style."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: dict[str, str], *, narrow: bool = False) -> str:
        with style.drawing():
            return draw(frame.reset_index(drop=True), words, narrow).svg()

    return finished


def sheet(high: float, narrow: bool) -> Sheet:
    """A picture for a page or a phone, so many pixels high."""
    return Sheet(340 if narrow else 800, high)


def cut(text: Any, wide: int, lines: int = 1) -> str:
    """The text as it is, in so many lines of so many characters at most."""
    plain = "" if pd.isna(text) else str(text)
    kept = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in plain)
    return textwrap.fill(kept, wide, max_lines=lines, placeholder="…")


class Panel(NamedTuple):
    """A part of a sheet: rows below each other, and values from left to right."""

    sheet: Sheet
    left: float
    right: float
    top: float
    bottom: float
    rows: int = 1
    first: float = 0  # the value at the left
    last: float = 1

    def x(self, value: Any) -> Any:
        return self.left + self.pixels(value - self.first)

    def y(self, row: float) -> float:
        return self.top + (row + 0.5) * (self.bottom - self.top) / self.rows

    def pixels(self, values: Any) -> Any:
        """How far apart two values are that differ by so much."""
        return values * (self.right - self.left) / (self.last - self.first)

    def bar(self, row: int, x: float, wide: float, **look: Any) -> None:
        """A piece of a row's bar, from `x`; both in pixels."""
        thick = THICK * (self.bottom - self.top) / self.rows
        self.sheet.bar(x, self.y(row) - thick / 2, wide, thick, **look)

    def line(self, x: Any, y: Any, **look: Any) -> None:
        """A line between values, at a height in pixels."""
        self.sheet.line(self.x(np.array(x)), y, **look)

    def fits(self, words: str, start: float, end: float) -> bool:
        """Whether there is room for small words between two years."""
        return bool(width(words, size=12) + 12 < self.pixels(end - start))

    def name(self, name: str, narrow: bool) -> None:
        look = {"va": "center_baseline", "color": style.SECONDARY, "weight": "bold"}
        self.sheet.say(cut(name, 32 if narrow else 40), self.left, self.top - 11, **look)

    def years(self, narrow: bool, said: bool = True, zorder: float = 3) -> None:
        """Lines at whole years, and the years below."""
        from matplotlib.ticker import MaxNLocator

        ticks = MaxNLocator(4 if narrow else 6, integer=True, steps=[1, 2, 5, 10])
        for year in ticks.tick_values(self.first, self.last):
            if self.first <= year <= self.last:
                self.line([year, year], (self.top, self.bottom), **GRID)
                look = {"ha": "center", "va": "top", "color": style.SECONDARY, "zorder": zorder}
                text, edge = f"{year:.0f}", self.sheet.wide - EDGE
                if said:
                    at = min(self.x(year), edge - width(text) / 2)  # the last stands in the picture
                    self.sheet.say(text, at, self.bottom + 7, **look)


def name_rows(panel: Panel, names: Iterable[Any], narrow: bool, home: Iterable[Any]) -> Panel:
    """The names of the rows at the left; a home town's stands out. The panel begins after them."""
    said = [cut(name, 16 if narrow else 28, 2) for name in names]
    weights = ["bold" if own else "normal" for own in home]
    for i, (name, weight) in enumerate(zip(said, weights, strict=True)):
        look = {"weight": weight, "color": style.HOME if weight == "bold" else style.INK}
        panel.sheet.say(name, EDGE, panel.y(i), va="center_baseline", **look)
    widest = max(width(*each) for each in zip(said, weights, strict=True))
    return panel._replace(left=EDGE + widest + 13)


def room(wide: float, apart: float, *panels: tuple[Any, Any]) -> float:
    """How wide each panel may be, for all its words to fit into `wide` with the other panels.

    Of the words in a panel: where they begin, as a share of it, and pixels from there to their end.
    """
    low, high = 0.0, wide / len(panels)
    for _ in range(16):
        middle = (low + high) / 2
        need = sum(apart + max(middle, *(share * middle + more)) for share, more in panels)
        low, high = (middle, high) if need <= wide else (low, middle)
    return low


def pale(colour: str, line: Any = (0, (3, 2))) -> dict[str, Any]:
    """The look of what lies between bounds: the colour paler, without transparency."""
    return {"facecolor": style.tint(colour, style.PALE), "edgecolor": colour, "linestyle": line}


def measure(rows: pd.DataFrame, narrow: bool) -> pd.DataFrame:
    """Rows of bars: place, value (NaN unknown), shown, home; if need be low, high, about, zero.

    Columns more: known, solid and end (shares of the longest bar), more (pixels after the end: a
    stub, or what fades), words, need (pixels from the end of the bar to that of its words).
    """
    usual = {"low": np.nan, "high": np.nan, "about": False, "zero": False}
    rows = rows.assign(**{column: usual[column] for column in usual if column not in rows})
    value = rows["value"].astype(float)
    low, high = rows["low"].fillna(value), rows["high"].fillna(value)
    known = value.notna() | (low.gt(0) & np.isfinite(high))
    none, endless = rows["zero"].astype(bool), np.isposinf(high)
    solid = low.where(known & ~none, 0.0)
    ends = high.where(known & ~none & ~endless, solid)
    limit = max(0.0, *ends) or 1.0
    why = [none, ~known, rows["about"].astype(bool), endless]
    more = np.select(why, [4, 18 if narrow else 28, 12, 24], 0)
    words = [cut(text, 28 if narrow else 40, 2) for text in rows["shown"]]
    need = more + 8 + np.array([width(text) for text in words])
    shares = {"known": known, "solid": solid / limit, "end": ends / limit}
    return rows.assign(**shares, more=more, words=words, need=need).reset_index(drop=True)


def bars(panel: Panel, rows: pd.DataFrame) -> None:
    """Bars from a zero line, one a row, each with its words at the end."""
    wide = panel.right - panel.left
    for i, row in enumerate(rows.itertuples()):
        colour, end = style.HOME if row.home else style.ACCENT, panel.left + row.end * wide
        if row.zero:
            panel.bar(i, end, row.more, facecolor=style.FORMER)
        elif not row.known:
            look = pale(style.FORMER) | {"facecolor": style.PAPER, "hatch": "////"}
            panel.bar(i, end, row.more, **look)
        else:
            panel.bar(i, panel.left, row.solid * wide, facecolor=colour)
            if row.end > row.solid:
                panel.bar(i, panel.x(row.solid), (row.end - row.solid) * wide, **pale(colour))
            for half, share in enumerate((style.HALF, style.PALE) if row.more else ()):
                fade = {"facecolor": style.tint(colour, share)}
                panel.bar(i, end + half * row.more / 2, row.more / 2, **fade)
        look = LEFT | {"color": style.INK if row.known else style.SECONDARY}
        panel.sheet.say(row.words, end + row.more + 8, panel.y(i), **look)
    zero = panel.left, panel.left
    panel.sheet.line(zero, (panel.top, panel.bottom), color=style.INK, linewidth=1)


def _panels(parts: Sequence[pd.DataFrame], narrow: bool, titles: Sequence[str] = ()) -> Sheet:
    """Bars in panels side by side, whose names stand once; on a phone one below the other."""
    heights = [34 * len(rows) + (36 if titles else 8) for rows in parts]
    page, top = sheet(sum(heights) if narrow else heights[0], narrow), 19 if titles else EDGE
    tops = np.cumsum([0, *heights]) if narrow else [0] * len(parts)
    panels = [
        Panel(page, EDGE, 0, start + top, start + high - EDGE, len(rows))
        for start, high, rows in zip(tops, heights, parts, strict=False)
    ]
    named = list(zip(panels, parts, strict=True))[: None if narrow else 1]
    left = max(name_rows(panel, of["place"], narrow, of["home"]).left for panel, of in named)
    free, sizes = page.wide - EDGE - left, [(rows["end"], rows["need"]) for rows in parts]
    wide = min(room(free, 0, size) for size in sizes) if narrow else room(free + 22, 22, *sizes)
    for whole, rows, title in zip_longest(panels, parts, titles):
        panel = whole._replace(left=left, right=left + wide)
        bars(panel, rows)
        if title:
            panel.name(title, narrow)
        left += 0 if narrow else 22 + max(wide, *(rows["end"] * wide + rows["need"]))
    return page


@drawn
def members(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Members of each place."""
    return _panels([measure(frame.assign(value=frame["members"]), narrow)], narrow)


@drawn
def support(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Money in all and for each member, side by side; the proposal in the home town's colour.

    A row is a place: local, each (numbers, NaN unknown), shown_local, shown_each, why (said instead
    of an unknown number), zero (known to be none), proposed. Words: sum, each (headings), proposed.
    """
    stated, parts = frame["why"] == "", []
    frames = frame, frame[stated] if narrow and stated.any() else frame.assign(why="")
    for rows, column in zip(frames, ("local", "each"), strict=True):
        shown = rows[f"shown_{column}"].astype(str)
        shown = shown.where(~rows["proposed"], shown + f" ({words.get('proposed', '')})")
        shown = shown.where(rows[column].notna(), rows["why"])
        look = {"value": rows[column], "shown": shown, "home": rows["proposed"]}
        parts.append(measure(rows.assign(**look), narrow))
    return _panels(parts, narrow, [words["sum"], words["each"]])


money = support  # the memo's: a few receivers beside the proposal


@drawn
def history(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """A bar for each place from entry to exit, and under them how many there were.

    A row is a mark: place, home, kind (entered, left, merged; entered_or, left_or: years that
    another source gives), year, said (of the first mark of a kind).
    """
    until, places = float(words["until"]), dict[str, list[Mapping[str, Any]]]()
    for mark in frame.to_dict("records"):
        places.setdefault(mark["place"], []).append(mark)
    first = min([until - 1, *frame["year"].dropna()])
    page, low = sheet(30 * len(places) + 118, narrow), 30 * len(places) + EDGE
    panel = Panel(page, EDGE, page.wide - EDGE, EDGE, low, len(places), first, until)
    home = [any(mark["home"] for mark in marks) for marks in places.values()]
    panel = name_rows(panel, places, narrow, home)
    below = panel._replace(top=low + 22, bottom=page.high - BELOW)
    for y, (marks, own) in enumerate(zip(places.values(), home, strict=True)):
        _membership(panel, y, marks, own)
    panel.years(narrow, said=False)
    below.years(narrow)
    _count(below, frame)
    below.name(words["count"], narrow)
    return page


def _membership(panel: Panel, y: int, marks: Iterable[Mapping[str, Any]], home: bool) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    first, until = panel.first, panel.last
    year: dict[str, list[float]] = {}
    said: dict[str, str] = {}
    for mark in marks:
        said.setdefault(mark["kind"], mark["said"])
        year.setdefault(mark["kind"], []).extend([mark["year"]] if mark["year"] > 0 else [])
    gone, starts = "left" in said, [*year.get("entered", []), *year.get("entered_or", [])]
    ends = [*year.get("left", []), *year.get("left_or", [])] or [until]
    begin, sure = (min(starts), max(starts)) if starts else (first, until)
    begin, sure, last, end = np.clip((begin, sure, min(ends), max(ends)), first, until)
    colour = style.HOME if home else style.FORMER if gone else style.ACCENT
    solid, dashed = pale(colour, "-") if gone else {"facecolor": colour}, pale(colour)
    for low, high, look in ((begin, sure, dashed), (last, end, dashed), (sure, last, solid)):
        if low < high:
            panel.bar(y, panel.x(low), panel.pixels(high - low), **look)
    for at in (at for at in sorted(year.get("merged", [])) if begin <= at <= end):
        disc = {"ms": 6, "mfc": style.PAPER, "mec": colour, "mew": 1.2}
        panel.line([at], [panel.y(y)], marker="o", **disc)
    words = cut(", ".join(said[n] for n in ("entered", "left", "merged") if n in said), 30)
    inside = {"color": style.INK if gone or not starts else style.PAPER}
    spots: list[Any] = [(sure, last, "left", inside)]
    spots += [(end, until, "left", {"color": style.SECONDARY}), (first, begin, "right", {})]
    over = {} if gone else {"backgroundcolor": style.PAPER}  # a pale bar may be written on
    spots.append((first, until, "left", over))
    start, _, side, shown = next((at for at in spots if panel.fits(words, *at[:2])), spots[-1])
    at, away = (start, 6) if side == "left" else (begin, -6)
    panel.sheet.say(words, panel.x(at) + away, panel.y(y), ha=side, **SMALL, **shown)


def _count(panel: Panel, frame: pd.DataFrame) -> None:
    """How many places there were at the end of each year, in steps."""
    change = frame["kind"].map({"entered": 1, "left": -1}).fillna(0)
    steps = change.groupby(frame["year"]).sum().loc[lambda by: by != 0].cumsum()
    years, counts = [*steps.index, panel.last], list(steps)
    unit = (panel.bottom - panel.top) / (max([1, *counts]) * 1.5)
    tops = [panel.bottom - count * unit for count in counts]
    for start, end, top, count in zip(years, years[1:], tops, counts, strict=False):
        size = panel.pixels(end - start), panel.bottom - top
        panel.sheet.bar(panel.x(start), top, *size, facecolor=style.TRACK)
        if panel.fits("", start, end):
            middle = panel.x((start + end) / 2)
            panel.sheet.say(f"{count:.0f}", middle, top - 5, ha="center", weight="bold")
    if counts:
        panel.line(np.repeat(years, 2)[1:-1], np.repeat(tops, 2), color=style.ACCENT)
    ends, ground = (panel.left, panel.right), (panel.bottom, panel.bottom)
    panel.sheet.line(ends, ground, color=style.INK, linewidth=1)


def meeting(page: Sheet, x: float, y: float, kind: str, colour: str, size: float) -> None:
    """The mark of a meeting; a ring if it was only announced, or nobody knows of one."""
    look = {"ms": size, "mew": 1.6, "mec": colour, "mfc": style.PAPER if kind in OPEN else colour}
    page.line([x], [y], marker=SHAPES.get(kind, "o"), **look)


@drawn
def hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Who has hosted when; lines run from the last known meeting to the report year.

    A row is a meeting: place, home, kind, year (NaN for a place that has not hosted).
    """
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    page = sheet(40 * len(places) + (110 if narrow else 64), narrow)
    key = [kind for kind in KINDS if kind in {*frame.dropna(subset="year")["kind"]}]
    spots = page.spread([cut(words[kind], 36) for kind in key], (6.5, 6.5), 20, zorder=4)
    for kind, (x, y) in zip(key, spots, strict=True):
        meeting(page, x, y, kind, style.ACCENT, 8)
    top = max(y for _, y in [(0, 6.5), *spots]) + 15.5
    pad = max(1.0, np.ptp(years) * 0.03)
    panel = Panel(page, EDGE, page.wide - EDGE - (6 if narrow else 0), top, page.high - BELOW)
    panel = panel._replace(rows=len(places), first=min(years) - pad, last=max(years) + pad)
    panel = name_rows(panel, places.groups, narrow, places["home"].any())
    panel.years(narrow, zorder=2.9)
    for i, (_, own) in enumerate(places):
        y = panel.y(i)
        page.line((panel.left, panel.right), (y, y), **GRID)
        if own["year"].isna().all():
            x = panel.x(min(years))
            meeting(page, x, y, "unknown", style.FORMER, 9)
            beside = LEFT | {"backgroundcolor": style.PAPER, "color": style.SECONDARY}
            page.say(cut(words["never"], 34, 2), x + 10, y, **beside)
        _hosted(panel, i, own, until)
    return page


def _hosted(panel: Panel, y: int, own: pd.DataFrame, until: float) -> None:
    """The meetings of one place, the years beside them where there is room."""
    colour, said = style.HOME if own["home"].any() else style.ACCENT, np.inf
    held = own["year"][own["kind"] == "meeting"].max()
    if held < until:
        tint = style.tint(colour, style.HALF)
        panel.line([held, until], [panel.y(y)] * 2, color=tint, zorder=1)
    for year, kinds in reversed(list(own.groupby("year")["kind"])):
        for i, kind in enumerate(kinds):
            meeting(panel.sheet, panel.x(year), panel.y(y + i * 0.3), kind, colour, 8)
        if panel.fits(f"{year:.0f}", year, said):
            said = year
            spot = panel.x(year), panel.y(y) - 7
            panel.sheet.say(f"{year:.0f}", *spot, fontsize=12, ha="center")


@drawn
def meeting_row(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Each year's host in one row, on a phone one below the other; an unknown one is a "?".

    A row is a year: year, host ("" unknown), kind (meeting, conference, seminar, announced,
    unknown), home. Words: a word for each kind.
    """
    wide, count = 34 if narrow else max(7, 112 // len(frame)), len(frame)
    kinds = frame["kind"].map(words).mask(frame["kind"] == "meeting", "")
    pairs = zip(frame["host"], kinds, strict=True)
    texts = [cut(", ".join(filter(None, pair)), wide, 2 if narrow else 4) for pair in pairs]
    page = sheet(34 * count + 8 if narrow else 78 + 16 * max(t.count("\n") for t in texts), narrow)
    panel = Panel(page, EDGE, page.wide - EDGE, EDGE, page.high - EDGE, count, -0.5, count - 0.5)
    spots = [(62, panel.y(i)) if narrow else (panel.x(i), 37) for i in range(count)]
    page.line(*np.transpose([spots[0], spots[-1]]), color=style.GRID, zorder=0)
    look = LEFT if narrow else {"ha": "center", "va": "top"}
    for (x, y), row, text in zip(spots, frame.itertuples(), texts, strict=True):
        unknown = row.kind == "unknown"
        colour = style.FORMER if unknown else style.HOME if row.home else style.ACCENT
        meeting(page, x, y, row.kind, colour, 17 if unknown else 12)
        if unknown:
            sign = {"ha": "center", "va": "center_baseline", "weight": "bold"}
            page.say("?", x, y, color=style.FORMER, **sign)
        over, under = ((x - 48, y), (x + 15, y)) if narrow else ((x, y - 29), (x, y + 15))
        page.say(f"{row.year}", *over, weight="bold", **look)
        page.say(text, *under, **look)
    return page
