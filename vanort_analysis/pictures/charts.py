"""Charts of the chain: a frame and words to SVG text, in a wide drawing and one for phones.

Every word in a chart comes from its frame or from `words`. The unknown is hatched grey; what is
about fades, what lies between bounds is pale. What a chart finds stands beside it, not in it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from . import style
from .style import BOLD, GREY, MIDDLE, Drawing, Look, text_width

Words = Mapping[str, str]
WIDE = {False: 800, True: 340}  # pixels: a picture for a page, and for a phone
EDGE, BELOW = 3, 23  # pixels left free around a picture; for the years under a panel
ROW, LOW, APART = 34, 30, 22  # pixels: a row of bars, a low one, from panel to panel
MANY = 200  # more places have no bar each
LONGEST = 1000  # signs of a text that is measured
THICK = 0.58  # of a bar, where a row is 1
PALE, HALF = "0.22", "0.45"  # how much of a colour is left in a tint
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # years between two lines
SHAPES = {"seminar": "diamond", "conference": "square"}  # other meetings are discs
OPEN = ("announced", "unknown")  # drawn as rings
KINDS = ("meeting", "conference", "seminar", "announced")  # as they stand in the key
OWN: Look = {"fill": style.HOME} | BOLD
GRID: Look = {"stroke": style.GRID}


def as_svg(draw: Callable[..., Drawing]) -> Callable[..., str]:
    """A function that fills a sheet becomes one that returns SVG text."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: Words, *, narrow: bool = False, **more: Any) -> str:
        return draw(frame.reset_index(drop=True), words, narrow, **more).to_svg()

    return finished


def shorten(text: Any, wide: int, lines: int = 1) -> str:
    """The text as it is, in so many lines of so many characters at most."""
    plain = "" if pd.isna(text) else str(text)
    kept = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in plain)
    return textwrap.fill(kept, wide, max_lines=lines, placeholder="…")


class Panel(NamedTuple):
    """A part of a sheet: rows below each other, and values from left to right."""

    sheet: Drawing
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

    def add_bar(self, row: int, start: float, end: float, **look: Any) -> None:
        """A piece of a row's bar, from pixel to pixel."""
        thick = THICK * (self.bottom - self.top) / self.rows
        self.sheet.add_bar(start, self.y(row) - thick / 2, end - start, thick, **look)

    def fits(self, words: str, start: float, end: float) -> bool:
        """Whether there is room for small words between two years."""
        return bool(text_width(words, size=12) + 12 < self.pixels(end - start))

    def add_title(self, name: str, narrow: bool) -> None:
        self.sheet.add_text(
            shorten(name, 32 if narrow else 40), self.left, self.top - 11, **GREY, **BOLD
        )

    def name_rows(self, names: Iterable[Any], narrow: bool, home: Iterable[Any]) -> Panel:
        """Names of the rows at the left, the home town's in its colour; what is beside them."""
        widest = 0.0
        for i, (name, own) in enumerate(zip(names, home, strict=True)):
            said = shorten(name, 16 if narrow else 28, 2)
            self.sheet.add_text(said, EDGE, self.y(i), **OWN if own else {})
            widest = max(widest, text_width(said, "bold" if own else "normal"))
        return self._replace(left=EDGE + widest + 13)

    def add_years(self, narrow: bool, until: float = math.inf, said: bool = True) -> None:
        """Lines at four or six whole years, none after `until`, and the years below."""
        span, end = self.last - self.first, math.floor(min(self.last, until))
        step = next(each for each in STEPS if each * (4 if narrow else 6) >= span)
        for year in range(step * math.ceil(self.first / step), end + 1, step):
            x = self.x(year)
            self.sheet.add_line([(x, self.top), (x, self.bottom)], **GRID)
            if said:  # the last stands in the picture
                x = min(x, self.sheet.wide - EDGE - text_width(f"{year}") / 2)
                self.sheet.add_text(f"{year}", x, self.bottom + 12, **MIDDLE, **GREY)


def pale_look(colour: str) -> Look:
    """The look of what lies between bounds: the colour paler, with a dashed edge."""
    return {"fill": colour, "fill_opacity": PALE, "stroke": colour, "stroke_dasharray": "3 2"}


def _measure_bars(rows: pd.DataFrame, narrow: bool) -> pd.DataFrame:
    """Rows of bars as they are drawn.

    Columns more: none, known, solid and end (shares of the panel's longest bar), more (pixels after
    the end: a stub, or what fades), words, need (pixels from the end of the bar to that of its
    words).
    """
    low, high = rows["low"].astype(float), rows["high"].astype(float)
    none, bounded = high.eq(0), np.isfinite(high)
    known = bounded | low.gt(0)
    end = high.where(bounded, low)
    limit = end.groupby(rows["panel"]).transform("max").replace(0, 1)
    more = np.select([none, ~known, rows["about"], ~bounded], [4, 18 if narrow else 28, 12, 24], 0)
    words = [shorten(text, 28 if narrow else 40, 2) for text in rows["shown"]]
    found = {"none": none, "known": known, "solid": low / limit, "end": end / limit}
    rows = rows.assign(**found, more=more, words=words)
    return rows.assign(need=more + 8 + rows["words"].map(text_width))


def _draw_bars(panel: Panel, rows: pd.DataFrame) -> None:
    """Bars from a zero line, one a row, each with its words at the end."""
    for i, row in enumerate(rows.itertuples()):
        colour = style.HOME if row.home else style.ACCENT
        solid, end = panel.x(row.solid), panel.x(row.end)
        half, beyond = end + row.more / 2, end + row.more
        if row.none:
            panel.add_bar(i, end, beyond, fill=style.FORMER)
        elif not row.known:
            _draw_unknown(panel, i, end, beyond)
        else:
            panel.add_bar(i, panel.left, solid, fill=colour)
            if end > solid:
                panel.add_bar(i, solid, end, **pale_look(colour))
            if row.more:
                panel.add_bar(i, end, half, fill=colour, fill_opacity=HALF)
                panel.add_bar(i, half, beyond, fill=colour, fill_opacity=PALE)
        panel.sheet.add_text(row.words, beyond + 8, panel.y(i), **{} if row.known else GREY)
    panel.sheet.add_line([(panel.left, panel.top), (panel.left, panel.bottom)], stroke=style.INK)


def _draw_unknown(panel: Panel, row: int, start: float, end: float) -> None:
    """A stub that stands for an unknown number."""
    panel.add_bar(row, start, end, **pale_look(style.FORMER) | {"fill": "none"})
    wide, thick = end - start, THICK * (panel.bottom - panel.top) / panel.rows
    foot, lines = panel.y(row) + thick / 2, []
    for at in np.arange(4, wide + thick, 6):  # how far from the right corner, along the edges
        ends = max(0, at - thick), min(at, wide)
        lines.append([(end - along, foot - at + along) for along in ends])
    panel.sheet.add_line(*lines, stroke=style.FORMER)


@as_svg
def draw_amounts(frame: pd.DataFrame, words: Words, narrow: bool) -> Drawing:
    """Bars in panels side by side, whose names stand once; on a phone one panel below the other.

    A row is a bar: panel (whose heading is among the words, "" without), place, home, low and high
    (0 and infinity: unknown), about, shown (in words; "" where another panel says it, which is left
    out on a phone). A panel after the first in which nothing is known is left out.
    """
    rows = _measure_bars(frame[frame["shown"] != ""] if narrow else frame, narrow)
    first, *others = (part for _, part in rows.groupby("panel", sort=False))
    parts = [first, *(part for part in others if part["known"].any())]
    titles = [words.get(part["panel"].iloc[0], "") for part in parts]
    top = 22 if any(titles) else EDGE
    highs = [top + ROW * len(part) + EDGE for part in parts]
    page = Drawing(WIDE[narrow], sum(highs) if narrow else highs[0])
    tops = [start + top for start in accumulate(highs, initial=0)] if narrow else [top] * len(parts)
    panels = [
        Panel(page, EDGE, page.wide - EDGE, at, at + ROW * len(part), len(part))
        for at, part in zip(tops, parts, strict=False)
    ]
    for panel, part in zip(panels, parts if narrow else parts[:1], strict=False):
        left = panel.name_rows(part["place"], narrow, part["home"]).left
    column = (page.wide - EDGE - left + APART) / (1 if narrow else len(parts))
    room = [((column - APART - of["need"]) / of["end"]).min() for of in parts]
    wide = float(np.clip(min(room), 0, column))
    for i, (panel, part, title) in enumerate(zip(panels, parts, titles, strict=True)):
        start = left if narrow else left + i * column
        beside = panel._replace(left=start, right=start + wide)
        _draw_bars(beside, part)
        beside.add_title(title, narrow)
    return page


@as_svg
def draw_history(frame: pd.DataFrame, words: Words, narrow: bool, counts: pd.Series) -> Drawing:
    """A bar for each place from entry to exit, and under them how many there were.

    A row is a place: place, home, gone (whether it has left), entered and left (the years that
    sources give), merged (years), said (a list: what there is no room for is left out, the last
    first); of very many no bars are drawn. `counts`: how many at the end of each year that changed
    it.
    """
    until, frame = float(words["until"]), frame if len(frame) <= MANY else frame[:0]
    low = LOW * len(frame) + EDGE
    before = (year - 1 for year in chain(*frame["left"]))  # who leaves has been there
    years = chain(*frame["entered"], *frame["merged"], before)
    first = min([until - 1, *counts.index, *years])
    page = Drawing(WIDE[narrow], low + (115 if len(counts) else BELOW))
    whole = Panel(page, EDGE, page.wide - EDGE, EDGE, low, len(frame), first, until)
    panel = whole.name_rows(frame["place"], narrow, frame["home"])
    panel.add_years(narrow, said=counts.empty)
    for row, place in enumerate(frame.itertuples()):
        _draw_membership(panel, row, place)
    if len(counts):
        below = panel._replace(top=low + 22, bottom=page.high - BELOW)
        below.add_years(narrow)
        _draw_counts(below, counts)
        below.add_title(words["count"], narrow)
    return page


def _draw_membership(panel: Panel, row: int, place: Any) -> None:
    """One bar: solid while all agree, dashed where years differ, pale if the place has left."""
    first, until = panel.first, panel.last
    last, end = min(place.left, default=until), max(place.left, default=until)
    begin, sure = min(place.entered, default=first), max(place.entered, default=last)
    begin, sure, last, end = np.clip((begin, sure, last, end), first, until)
    colour = style.HOME if place.home else style.FORMER if place.gone else style.ACCENT
    dashed = pale_look(colour)
    solid = dashed | {"stroke_dasharray": "none"} if place.gone else {"fill": colour}
    for low, high, look in ((begin, sure, dashed), (last, end, dashed), (sure, last, solid)):
        if low < high:
            panel.add_bar(row, panel.x(low), panel.x(high), **look)
    for at in (at for at in place.merged if begin <= at <= end):
        disc: Look = {"fill": style.PAPER, "stroke": colour, "stroke_width": 1.2}
        panel.sheet.add_mark(panel.x(at), panel.y(row), 3, **disc)
    on_bar = place.gone or not place.entered
    inside = {"fill": style.INK if on_bar else style.PAPER}
    said = [shorten(words, LONGEST) for words in accumulate(place.said, "{}, {}".format)]
    spots: list[Any] = [(sure, last, inside), (end, until, GREY), (begin, first, {})]
    tried: list[Any] = [(words, *spot) for words in reversed(said) for spot in spots]
    fitting = [spot for spot in tried if panel.fits(spot[0], *sorted(spot[1:3]))]
    across = {"paper": not place.gone}  # a pale bar may be written on
    fitting.append((shorten("".join(place.said[:1]), 44), first, until, across))
    words, at, to, look = fitting[0]
    away, side = (6, "start") if at <= to else (-6, "end")
    panel.sheet.add_text(words, panel.x(at) + away, panel.y(row), 12, text_anchor=side, **look)


def _draw_counts(panel: Panel, counts: pd.Series) -> None:
    """How many places there were at the end of each year, in steps."""
    unit, line = (panel.bottom - panel.top) / (max(counts) * 1.5), list[tuple[float, float]]()
    for start, end, count in zip(
        counts.index, [*counts.index[1:], panel.last], counts, strict=True
    ):
        (left, right), top = panel.x(np.array([start, end])), panel.bottom - count * unit
        panel.sheet.add_bar(left, top, right - left, panel.bottom - top, fill=style.TRACK)
        line += [(left, top), (right, top)]
        if panel.fits("", start, end):
            panel.sheet.add_text(f"{count:.0f}", (left + right) / 2, top - 10, **MIDDLE, **BOLD)
    panel.sheet.add_line(line, stroke=style.ACCENT, stroke_width=2)
    panel.sheet.add_line(
        [(panel.left, panel.bottom), (panel.right, panel.bottom)], stroke=style.INK
    )


def draw_meeting(page: Drawing, x: float, y: float, kind: str, colour: str, size: float) -> None:
    """The mark of a meeting; a ring if it was only announced, or nobody knows of one."""
    look = {"fill": style.PAPER if kind in OPEN else colour, "stroke": colour, "stroke_width": 1.6}
    page.add_mark(x, y, size / 2, SHAPES.get(kind, "disc"), **look)


@as_svg
def draw_hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Drawing:
    """Who has hosted when; lines run from the last known meeting to the report year.

    A row is a meeting: place, home, kind, year (NaN for a place that has not hosted).
    """
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    page = Drawing(WIDE[narrow], 40 * len(places) + (110 if narrow else 64))
    key = [kind for kind in KINDS if kind in {*frame.dropna(subset="year")["kind"]}]
    spots = page.add_key([shorten(words[kind], 36) for kind in key], (6.5, 6.5))
    for kind, (x, y) in zip(key, spots, strict=True):
        draw_meeting(page, x, y, kind, style.ACCENT, 8)
    top = max(y for _, y in [(0, 6.5), *spots]) + 15.5
    pad = max(1.0, np.ptp(years) * 0.03)
    right, span = page.wide - EDGE - (6 if narrow else 0), (min(years) - pad, max(years) + pad)
    panel = Panel(page, EDGE, right, top, page.high - BELOW, len(places), *span)
    panel = panel.name_rows(places.groups, narrow, places["home"].any())
    panel.add_years(narrow, max(years))
    for row, (_, own) in enumerate(places):
        y = panel.y(row)
        page.add_line([(panel.left, y), (panel.right, y)], **GRID)
        if own["year"].isna().all():
            x = panel.x(min(years))
            draw_meeting(page, x, y, "unknown", style.FORMER, 9)
            page.add_text(shorten(words["never"], 34, 2), x + 10, y, paper=True, **GREY)
        _draw_hosted(panel, row, own, until)
    return page


def _draw_hosted(panel: Panel, row: int, own: pd.DataFrame, until: float) -> None:
    """The meetings of one place, the years beside them where there is room."""
    colour, said = style.HOME if own["home"].any() else style.ACCENT, np.inf
    held = own["year"][own["kind"] == "meeting"].max()
    if held < until:
        since = [(panel.x(held), panel.y(row)), (panel.x(until), panel.y(row))]
        panel.sheet.add_line(since, stroke=colour, stroke_opacity=HALF, stroke_width=2)
    for year, kinds in reversed(list(own.groupby("year")["kind"])):
        for i, kind in enumerate(kinds):
            draw_meeting(panel.sheet, panel.x(year), panel.y(row + i * 0.3), kind, colour, 8)
        if panel.fits(f"{year:.0f}", year, said):
            said = year
            panel.sheet.add_text(f"{year:.0f}", panel.x(year), panel.y(row) - 11, 12, **MIDDLE)


@as_svg
def draw_meeting_row(frame: pd.DataFrame, words: Words, narrow: bool) -> Drawing:
    """Each year's host in one row, on a phone one below the other; an unknown one is a "?".

    A row is a year: year, host ("" unknown), kind (meeting, conference, seminar, announced,
    unknown), home. Words: a word for each kind.
    """
    wide, count = 34 if narrow else max(7, 112 // len(frame)), len(frame)
    kinds = frame["kind"].map(words).mask(frame["kind"] == "meeting", "")
    pairs = zip(frame["host"], kinds, strict=True)
    texts = [shorten(", ".join(filter(None, pair)), wide, 2 if narrow else 4) for pair in pairs]
    high = 34 * count + 8 if narrow else 78 + 16 * max(text.count("\n") for text in texts)
    page = Drawing(WIDE[narrow], high)
    panel = Panel(page, EDGE, page.wide - EDGE, EDGE, page.high - EDGE, count, -0.5, count - 0.5)
    spots = [(62, panel.y(i)) if narrow else (panel.x(i), 37) for i in range(count)]
    page.add_line([spots[0], spots[-1]], stroke=style.GRID, stroke_width=2)
    for (x, y), row, text in zip(spots, frame.itertuples(), texts, strict=True):
        unknown = row.kind == "unknown"
        colour = style.FORMER if unknown else style.HOME if row.home else style.ACCENT
        draw_meeting(page, x, y, row.kind, colour, 17 if unknown else 12)
        if unknown:
            page.add_text("?", x, y, fill=style.FORMER, **MIDDLE, **BOLD)
        if narrow:
            page.add_text(f"{row.year}", x - 48, y, **BOLD)
            page.add_text(text, x + 15, y)
        else:
            below = style.SIZE * style.LEADING / 2 * text.count("\n")  # the lines after the first
            page.add_text(f"{row.year}", x, y - 24, **BOLD, **MIDDLE)
            page.add_text(text, x, y + 20 + below, **MIDDLE)
    return page
