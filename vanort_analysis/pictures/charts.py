"""Charts of the chain: a frame and words to SVG text, in a wide drawing and one for phones.

Every word in a chart comes from its frame or from `words`. The unknown is hatched grey; what is
about fades, what lies between bounds is pale. What a chart finds stands beside it, not in it.
"""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from . import style
from .style import BOLD, GREY, MIDDLE, Look, Sheet, width

Words = Mapping[str, str]
EDGE, BELOW = 3, 23  # pixels left free around a picture; for the years under a panel
ROW, APART = 34, 22  # pixels: a row of bars, from the words of a panel to the next
THICK = 0.58  # of a bar, where a row is 1
PALE, HALF = "0.22", "0.45"  # how much of a colour is left in a tint
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # years between two lines
SHAPES = {"seminar": "diamond", "conference": "square"}  # other meetings are discs
OPEN = ("announced", "unknown")  # drawn as rings
KINDS = ("meeting", "conference", "seminar", "announced")  # as they stand in the key
OWN: Look = {"fill": style.HOME} | BOLD
GRID: Look = {"stroke": style.GRID}


def drawn(draw: Callable[..., Sheet]) -> Callable[..., str]:
    """A function that fills a sheet becomes one that returns SVG text."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: dict[str, str], *, narrow: bool = False) -> str:
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

    def bar(self, row: int, start: float, end: float, **look: Any) -> None:
        """A piece of a row's bar, from pixel to pixel."""
        thick = THICK * (self.bottom - self.top) / self.rows
        self.sheet.bar(start, self.y(row) - thick / 2, end - start, thick, **look)

    def fits(self, words: str, start: float, end: float) -> bool:
        """Whether there is room for small words between two years."""
        return bool(width(words, size=12) + 12 < self.pixels(end - start))

    def name(self, name: str, narrow: bool) -> None:
        self.sheet.say(cut(name, 32 if narrow else 40), self.left, self.top - 11, **GREY, **BOLD)

    def named(self, names: Iterable[Any], narrow: bool, home: Iterable[Any]) -> Panel:
        """Names of the rows at the left, the home town's in its colour; what is beside them."""
        widest = 0.0
        for i, (name, own) in enumerate(zip(names, home, strict=True)):
            said = cut(name, 16 if narrow else 28, 2)
            self.sheet.say(said, EDGE, self.y(i), **OWN if own else {})
            widest = max(widest, width(said, "bold" if own else "normal"))
        return self._replace(left=EDGE + widest + 13)

    def years(self, narrow: bool, said: bool = True) -> None:
        """Lines at four or six whole years, and the years below."""
        span = self.last - self.first
        step = next(each for each in STEPS if each * (4 if narrow else 6) >= span)
        for year in range(step * math.ceil(self.first / step), math.floor(self.last) + 1, step):
            x = self.x(year)
            self.sheet.line([(x, self.top), (x, self.bottom)], **GRID)
            if said:  # the last stands in the picture
                x = min(x, self.sheet.wide - EDGE - width(f"{year}") / 2)
                self.sheet.say(f"{year}", x, self.bottom + 12, **MIDDLE, **GREY)


def room(wide: float, panels: Iterable[pd.DataFrame]) -> float:
    """How many pixels the longest bar of each may have, for all words to fit beside each other."""
    tried = np.arange(wide)
    needs = [np.outer(tried, rows["end"]) + rows["need"].to_numpy() for rows in panels]
    taken = sum(APART + np.maximum(tried, need.max(axis=1)) for need in needs)
    return float(tried[taken <= wide + APART].max(initial=0))


def pale(colour: str) -> Look:
    """The look of what lies between bounds: the colour paler, with a dashed edge."""
    return {"fill": colour, "fill_opacity": PALE, "stroke": colour, "stroke_dasharray": "3 2"}


def measure(rows: pd.DataFrame, narrow: bool) -> pd.DataFrame:
    """Rows of bars: place, value (NaN unknown), shown, home, zero; low, high and about if need be.

    Columns more: known, solid and end (shares of the longest bar), more (pixels after the end: a
    stub, or what fades), words, need (pixels from the end of the bar to that of its words).
    """
    value = rows["value"].astype(float)
    low, high = (rows.get(bound, value).fillna(value) for bound in ("low", "high"))
    none, about = rows["zero"].astype(bool), rows.get("about", False)
    known = value.notna() | (low.gt(0) & np.isfinite(high))
    solid = low.where(known, 0.0)
    end = high.where(known & np.isfinite(high), solid)
    limit, stub = end.max() or 1.0, 18 if narrow else 28
    more = np.select([none, ~known, about, np.isposinf(high)], [4, stub, 12, 24], 0)
    words = [cut(text, 28 if narrow else 40, 2) for text in rows["shown"]]
    rows = rows.assign(known=known, solid=solid / limit, end=end / limit, more=more, words=words)
    return rows.assign(need=more + 8 + rows["words"].map(width))


def bars(panel: Panel, rows: pd.DataFrame) -> None:
    """Bars from a zero line, one a row, each with its words at the end."""
    for i, row in enumerate(rows.itertuples()):
        colour, end = style.HOME if row.home else style.ACCENT, panel.x(row.end)
        beyond = end + row.more
        if row.zero:
            panel.bar(i, end, beyond, fill=style.FORMER)
        elif not row.known:
            _hatched(panel, i, end, beyond)
        else:
            solid, half = panel.x(row.solid), (end + beyond) / 2
            panel.bar(i, panel.left, solid, fill=colour)
            if end > solid:
                panel.bar(i, solid, end, **pale(colour))
            if row.more:
                panel.bar(i, end, half, fill=colour, fill_opacity=HALF)
                panel.bar(i, half, beyond, fill=colour, fill_opacity=PALE)
        panel.sheet.say(row.words, beyond + 8, panel.y(i), **{} if row.known else GREY)
    panel.sheet.line([(panel.left, panel.top), (panel.left, panel.bottom)], stroke=style.INK)


def _hatched(panel: Panel, row: int, start: float, end: float) -> None:
    """A stub that stands for an unknown number."""
    panel.bar(row, start, end, **pale(style.FORMER) | {"fill": "none"})
    wide, thick = end - start, THICK * (panel.bottom - panel.top) / panel.rows
    foot, lines = panel.y(row) + thick / 2, []
    for at in np.arange(4, wide + thick, 6):  # how far from the right corner, along the edges
        ends = max(0, at - thick), min(at, wide)
        lines.append([(end - along, foot - at + along) for along in ends])
    panel.sheet.line(*lines, stroke=style.FORMER)


def _panels(parts: Sequence[pd.DataFrame], narrow: bool, titles: Sequence[str]) -> Sheet:
    """Bars in panels side by side, whose names stand once; on a phone one below the other."""
    top, around = (19, 36) if any(titles) else (EDGE, 8)
    heights = [ROW * len(rows) + around for rows in parts]
    page = sheet(sum(heights) if narrow else heights[0], narrow)
    tops = np.cumsum([0, *heights]) if narrow else [0] * len(parts)
    panels = [
        Panel(page, EDGE, 0, start + top, start + high - EDGE, len(rows))
        for start, high, rows in zip(tops, heights, parts, strict=False)
    ]
    pairs = list(zip(panels, parts, strict=True))[: None if narrow else 1]
    left = max(panel.named(of["place"], narrow, of["home"]).left for panel, of in pairs)
    beside = [[rows] for rows in parts] if narrow else [parts]
    wide = min(room(page.wide - EDGE - left, each) for each in beside)
    for whole, rows, title in zip(panels, parts, titles, strict=True):
        panel = whole._replace(left=left, right=left + wide)
        bars(panel, rows)
        if title:
            panel.name(title, narrow)
        left += 0 if narrow else APART + max(wide, *(rows["end"] * wide + rows["need"]))
    return page


@drawn
def members(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Members of each place."""
    rows = frame.assign(value=frame["members"], zero=False)
    return _panels([measure(rows, narrow)], narrow, [""])


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


@drawn
def history(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """A bar for each place from entry to exit, and under them how many there were.

    A row is a mark: place, home, kind (entered, left, merged; entered_or, left_or: years that
    another source gives), year, said (of the first mark of a kind).
    """
    until, places = float(words["until"]), defaultdict[str, list[Mapping[str, Any]]](list)
    for mark in frame.to_dict("records"):
        places[mark["place"]].append(mark)
    first = min([until - 1, *frame["year"].dropna()])
    page, low = sheet(30 * len(places) + 118, narrow), 30 * len(places) + EDGE
    panel = Panel(page, EDGE, page.wide - EDGE, EDGE, low, len(places), first, until)
    home = [any(mark["home"] for mark in marks) for marks in places.values()]
    panel = panel.named(places, narrow, home)
    below = panel._replace(top=low + 22, bottom=page.high - BELOW)
    panel.years(narrow, said=False)
    for row, (marks, own) in enumerate(zip(places.values(), home, strict=True)):
        _membership(panel, row, marks, own)
    below.years(narrow)
    _count(below, frame)
    below.name(words["count"], narrow)
    return page


def _membership(panel: Panel, row: int, marks: Iterable[Mapping[str, Any]], home: bool) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    first, until = panel.first, panel.last
    year, said = defaultdict[str, list[float]](list), dict[str, str]()
    for mark in marks:
        said.setdefault(mark["kind"], mark["said"])
        year[mark["kind"]] += [mark["year"]] if mark["year"] > 0 else []
    gone, starts = "left" in said, year["entered"] + year["entered_or"]
    ends = year["left"] + year["left_or"] or [until]
    begin, sure = (min(starts), max(starts)) if starts else (first, until)
    begin, sure, last, end = np.clip((begin, sure, min(ends), max(ends)), first, until)
    colour = style.HOME if home else style.FORMER if gone else style.ACCENT
    dashed = pale(colour)
    solid = dashed | {"stroke_dasharray": "none"} if gone else {"fill": colour}
    for low, high, look in ((begin, sure, dashed), (last, end, dashed), (sure, last, solid)):
        if low < high:
            panel.bar(row, panel.x(low), panel.x(high), **look)
    for at in (at for at in sorted(year["merged"]) if begin <= at <= end):
        disc: Look = {"fill": style.PAPER, "stroke": colour, "stroke_width": 1.2}
        panel.sheet.dot(panel.x(at), panel.y(row), 3, **disc)
    words = cut(", ".join(said[n] for n in ("entered", "left", "merged") if n in said), 30)
    inside = {"fill": style.INK if gone or not starts else style.PAPER}
    spots: list[Any] = [(sure, last, inside), (end, until, GREY), (begin, first, {})]
    spots.append((first, until, {"paper": not gone}))  # a pale bar may be written on
    at, to, look = next((at for at in spots if panel.fits(words, *sorted(at[:2]))), spots[-1])
    away, side = (6, "start") if at <= to else (-6, "end")
    panel.sheet.say(words, panel.x(at) + away, panel.y(row), 12, text_anchor=side, **look)


def _count(panel: Panel, frame: pd.DataFrame) -> None:
    """How many places there were at the end of each year, in steps."""
    change = frame["kind"].map({"entered": 1, "left": -1}).fillna(0)
    steps = change.groupby(frame["year"]).sum().loc[lambda by: by != 0].cumsum()
    years, counts = [*steps.index, panel.last], list(steps)
    unit = (panel.bottom - panel.top) / (max([1, *counts]) * 1.5)
    line: list[tuple[float, float]] = []
    for start, end, count in zip(years, years[1:], counts, strict=False):
        (left, right), top = panel.x(np.array([start, end])), panel.bottom - count * unit
        panel.sheet.bar(left, top, right - left, panel.bottom - top, fill=style.TRACK)
        line += [(left, top), (right, top)]
        if panel.fits("", start, end):
            panel.sheet.say(f"{count:.0f}", (left + right) / 2, top - 10, **MIDDLE, **BOLD)
    if line:
        panel.sheet.line(line, stroke=style.ACCENT, stroke_width=2)
    ground = [(panel.left, panel.bottom), (panel.right, panel.bottom)]
    panel.sheet.line(ground, stroke=style.INK)


def meeting(page: Sheet, x: float, y: float, kind: str, colour: str, size: float) -> None:
    """The mark of a meeting; a ring if it was only announced, or nobody knows of one."""
    look = {"fill": style.PAPER if kind in OPEN else colour, "stroke": colour, "stroke_width": 1.6}
    page.dot(x, y, size / 2, SHAPES.get(kind, "disc"), **look)


@drawn
def hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Sheet:
    """Who has hosted when; lines run from the last known meeting to the report year.

    A row is a meeting: place, home, kind, year (NaN for a place that has not hosted).
    """
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    page = sheet(40 * len(places) + (110 if narrow else 64), narrow)
    key = [kind for kind in KINDS if kind in {*frame.dropna(subset="year")["kind"]}]
    spots = page.spread([cut(words[kind], 36) for kind in key], (6.5, 6.5))
    for kind, (x, y) in zip(key, spots, strict=True):
        meeting(page, x, y, kind, style.ACCENT, 8)
    top = max(y for _, y in [(0, 6.5), *spots]) + 15.5
    pad = max(1.0, np.ptp(years) * 0.03)
    right, span = page.wide - EDGE - (6 if narrow else 0), (min(years) - pad, max(years) + pad)
    panel = Panel(page, EDGE, right, top, page.high - BELOW, len(places), *span)
    panel = panel.named(places.groups, narrow, places["home"].any())
    panel.years(narrow)
    for row, (_, own) in enumerate(places):
        y = panel.y(row)
        page.line([(panel.left, y), (panel.right, y)], **GRID)
        if own["year"].isna().all():
            x = panel.x(min(years))
            meeting(page, x, y, "unknown", style.FORMER, 9)
            page.say(cut(words["never"], 34, 2), x + 10, y, paper=True, **GREY)
        _hosted(panel, row, own, until)
    return page


def _hosted(panel: Panel, row: int, own: pd.DataFrame, until: float) -> None:
    """The meetings of one place, the years beside them where there is room."""
    colour, said = style.HOME if own["home"].any() else style.ACCENT, np.inf
    held = own["year"][own["kind"] == "meeting"].max()
    if held < until:
        since = [(panel.x(held), panel.y(row)), (panel.x(until), panel.y(row))]
        panel.sheet.line(since, stroke=colour, stroke_opacity=HALF, stroke_width=2)
    for year, kinds in reversed(list(own.groupby("year")["kind"])):
        for i, kind in enumerate(kinds):
            meeting(panel.sheet, panel.x(year), panel.y(row + i * 0.3), kind, colour, 8)
        if panel.fits(f"{year:.0f}", year, said):
            said = year
            panel.sheet.say(f"{year:.0f}", panel.x(year), panel.y(row) - 11, 12, **MIDDLE)


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
    page.line([spots[0], spots[-1]], stroke=style.GRID, stroke_width=2)
    for (x, y), row, text in zip(spots, frame.itertuples(), texts, strict=True):
        unknown = row.kind == "unknown"
        colour = style.FORMER if unknown else style.HOME if row.home else style.ACCENT
        meeting(page, x, y, row.kind, colour, 17 if unknown else 12)
        if unknown:
            page.say("?", x, y, fill=style.FORMER, **MIDDLE, **BOLD)
        half = style.SIZE * style.LEADING / 2 * text.count("\n")  # of the lines after the first
        (left, over), (right, under) = (
            ((x - 48, y), (x + 15, y)) if narrow else ((x, y - 24), (x, y + 20 + half))
        )
        look = {} if narrow else MIDDLE
        page.say(f"{row.year}", left, over, **BOLD, **look)
        page.say(text, right, under, **look)
    return page
