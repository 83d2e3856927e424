"""Charts of the chain as SVG text: wide for a page, or narrow for a phone.

Every word in a chart comes from its frame or from `words`. The unknown is an empty bar, the
approximate fades out, the range between two bounds is pale. A chart has no title and no finding:
they stand beside it on the page.
"""

import math
import textwrap
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from . import style
from .style import BOLD, GREY, MIDDLE, Drawing, Look, text_width

Words = Mapping[str, str]
WIDE, NARROW = 800, 340  # pixels
EDGE, AXIS, GAP = 3, 23, 22  # pixels: around a picture, for the years, between panels
BAR_ROW, HISTORY_ROW = 34, 30  # pixels
MANY = 200  # more places have no bar each
BAR = 0.58  # thickness as a share of the row
PALE, HALF = "0.22", "0.45"  # opacity of a tint
YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # between two grid lines
HELD = ("meeting", "conference", "seminar")
MEETINGS = (*HELD, "announced", "cancelled")  # the weightiest first
SHAPES = {"conference": "square", "seminar": "diamond"}  # of their marks; else a disc
HOME_NAME: Look = {"fill": style.HOME} | BOLD
GRID: Look = {"stroke": style.GRID}


def shorten(text: Any, width: int, lines: int = 1) -> str:
    """The text on at most so many lines of `width` characters, ending in … if it is longer."""
    plain = "" if pd.isna(text) else str(text)
    printable = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in plain)
    return textwrap.fill(printable, width, max_lines=lines, placeholder="…")


class Panel(NamedTuple):
    """A part of a drawing in pixels: rows below each other, values from left to right."""

    drawing: Drawing
    left: float
    right: float
    top: float
    bottom: float
    rows: int = 1
    first: float = 0  # the value at the left
    last: float = 1  # the value at the right

    def x(self, value: Any) -> Any:
        span = self.last - self.first
        return self.left + (value - self.first) * (self.right - self.left) / span

    def y(self, row: float) -> float:
        return self.top + (row + 0.5) * (self.bottom - self.top) / self.rows

    def add_bar(self, row: int, start: float, end: float, **look: Any) -> None:
        """A piece of a row's bar, between two x in pixels."""
        height = BAR * (self.bottom - self.top) / self.rows
        self.drawing.add_bar(start, self.y(row) - height / 2, end - start, height, **look)

    def has_room(self, text: str, start: float, end: float) -> bool:
        """Whether small text fits between two values."""
        return text_width(text, size=12) + 12 < self.x(end) - self.x(start)

    def add_title(self, title: str, narrow: bool) -> None:
        short = shorten(title, 32 if narrow else 40)
        self.drawing.add_text(short, self.left, self.top - 11, **GREY, **BOLD)

    def add_names(self, names: Iterable[Any], narrow: bool, home: Iterable[Any]) -> Self:
        """Write the names of the rows at the left; returns the panel beside them."""
        widest = 0.0
        for row, (name, is_home) in enumerate(zip(names, home, strict=True)):
            short = shorten(name, 16 if narrow else 28, 2)
            self.drawing.add_text(short, EDGE, self.y(row), **HOME_NAME if is_home else {})
            widest = max(widest, text_width(short, "bold" if is_home else "normal"))
        return self._replace(left=EDGE + widest + 13)

    def add_years(self, narrow: bool, until: float = math.inf, labelled: bool = True) -> None:
        """Grid lines at four to six round years, none after `until`, with the years below."""
        span = self.last - self.first
        step = next(step for step in YEAR_STEPS if step * (4 if narrow else 6) >= span)
        first = step * math.ceil(self.first / step)
        for year in range(first, math.floor(min(self.last, until)) + 1, step):
            x = self.x(year)
            self.drawing.add_line([(x, self.top), (x, self.bottom)], **GRID)
            if labelled:  # the last label must not cross the picture's edge
                x = min(x, self.drawing.width - EDGE - text_width(f"{year}") / 2)
                self.drawing.add_text(f"{year}", x, self.bottom + 12, **MIDDLE, **GREY)


def _pale_look(colour: str) -> Look:
    """The look of a range between bounds: pale with a dashed outline."""
    return {"fill": colour, "fill_opacity": PALE, "stroke": colour, "stroke_dasharray": "3 2"}


def _measure_bars(rows: pd.DataFrame, narrow: bool) -> pd.DataFrame:
    """The rows of `draw_amounts` with the measures of their bars.

    Adds none and known (whether the amount is zero, is known), solid and end (shares of the panel's
    longest bar), tail (pixels after the end: a stub, or what fades out), label, and needed (pixels
    from the end of the bar to the end of its label).
    """
    low, high = rows["low"].astype(float), rows["high"].astype(float)
    none = high.eq(0)
    bounded = np.isfinite(high)
    known = bounded | low.gt(0)
    end = high.where(bounded, low)
    longest = end.groupby(rows["panel"]).transform("max").replace(0, 1)
    tail = np.select([none, ~known, rows["about"], ~bounded], [4, 18 if narrow else 28, 12, 24], 0)
    rows = rows.assign(none=none, known=known, solid=low / longest, end=end / longest, tail=tail)
    rows["label"] = [shorten(text, 28 if narrow else 40, 2) for text in rows["shown"]]
    return rows.assign(needed=tail + 8 + rows["label"].map(text_width))


def _draw_bars(panel: Panel, rows: pd.DataFrame) -> None:
    """Bars from a zero line, one a row, each with its label at the end."""
    for i, row in enumerate(rows.itertuples()):
        colour = style.HOME if row.home else style.ACCENT
        solid, end = panel.x(row.solid), panel.x(row.end)
        tail_end = end + row.tail
        if row.none:
            panel.add_bar(i, end, tail_end, fill=style.FORMER)
        elif not row.known:
            panel.add_bar(i, end, tail_end, **_pale_look(style.FORMER) | {"fill": "none"})
        else:
            panel.add_bar(i, panel.left, solid, fill=colour)
            if end > solid:
                panel.add_bar(i, solid, end, **_pale_look(colour))
            if row.tail:
                middle = end + row.tail / 2
                panel.add_bar(i, end, middle, fill=colour, fill_opacity=HALF)
                panel.add_bar(i, middle, tail_end, fill=colour, fill_opacity=PALE)
        panel.drawing.add_text(row.label, tail_end + 8, panel.y(i), **{} if row.known else GREY)
    panel.drawing.add_line([(panel.left, panel.top), (panel.left, panel.bottom)], stroke=style.INK)


def draw_amounts(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
    """Bars in panels side by side that share the places' names; if narrow, below each other.

    A row is a bar: panel (key of its title in `words`, "" for none), place, home, low and high (0
    and infinity: unknown), about (approximate), shown (the label; "" where another panel has it;
    such a row is left out if narrow). A later panel in which nothing is known is left out.
    """
    rows = _measure_bars(frame[frame["shown"] != ""] if narrow else frame, narrow)
    first, *others = (part for _, part in rows.groupby("panel", sort=False))
    parts = [first, *(part for part in others if part["known"].any())]
    columns = 1 if narrow else len(parts)
    titles = [words.get(part["panel"].iloc[0], "") for part in parts]
    title_height = 22 if any(titles) else EDGE
    heights = [title_height + BAR_ROW * len(part) + EDGE for part in parts]
    drawing = Drawing(NARROW if narrow else WIDE, sum(heights[::columns]))
    right = drawing.width - EDGE
    panels = []
    left = 0.0
    for i, part in enumerate(parts):
        top = title_height + sum(heights[: i // columns])
        panels.append(Panel(drawing, EDGE, right, top, top + BAR_ROW * len(part), len(part)))
        if i % columns == 0:
            left = max(left, panels[i].add_names(part["place"], narrow, part["home"]).left)
    width = (right - left + GAP) / columns
    longest = min(((width - GAP - part["needed"]) / part["end"]).min() for part in parts)
    longest = float(np.clip(longest, 0, width))
    for i, (panel, part, title) in enumerate(zip(panels, parts, titles, strict=True)):
        start = left + i % columns * width
        bars = panel._replace(left=start, right=start + longest)
        _draw_bars(bars, part)
        bars.add_title(title, narrow)
    return drawing.to_svg()


def draw_history(
    frame: pd.DataFrame, words: Words, *, counts: pd.Series, narrow: bool = False
) -> str:
    """A bar for each place from entry to exit and, under them, how many places there were.

    A row is a place: place, home, gone (whether it has left), entered and left (lists of the years
    that sources give), merged (list of years), parts (of its label, the last left out for want of
    room). No bars for more than MANY places. `counts`: how many there were after each change.
    """
    until = float(words["until"])
    if len(frame) > MANY:
        frame = frame[:0]
    before = (year - 1 for year in chain(*frame["left"]))  # who leaves was there before
    years = chain(*frame["entered"], *frame["merged"], before)
    first = min([until - 1, *counts.index, *years])
    bottom = HISTORY_ROW * len(frame) + EDGE
    drawing = Drawing(NARROW if narrow else WIDE, bottom + (AXIS if counts.empty else 115))
    panel = Panel(drawing, EDGE, drawing.width - EDGE, EDGE, bottom, len(frame), first, until + 1)
    panel = panel.add_names(frame["place"], narrow, frame["home"])
    panel.add_years(narrow, until, labelled=counts.empty)
    for row, place in enumerate(frame.itertuples()):
        _draw_membership(panel, row, place)
    if len(counts):
        below = panel._replace(top=bottom + 22, bottom=drawing.height - AXIS)
        below.add_years(narrow, until)
        _draw_counts(below, counts)
        below.add_title(words["count"], narrow)
    return drawing.to_svg()


def _draw_membership(panel: Panel, row: int, place: Any) -> None:
    """One bar: solid while all sources agree, dashed where they differ, pale if it has left."""
    first, until = panel.first, panel.last
    leaves = min(place.left, default=until)
    gone = max(place.left, default=until)
    enters = min(place.entered, default=first)
    present = max(place.entered, default=leaves)
    enters, present, leaves, gone = np.clip((enters, present, leaves, gone), first, until)
    colour = style.FORMER if place.gone else style.ACCENT
    if place.home:
        colour = style.HOME
    dashed = _pale_look(colour)
    solid = dashed | {"stroke_dasharray": "none"} if place.gone else {"fill": colour}
    pieces = [(enters, present, dashed), (leaves, gone, dashed), (present, leaves, solid)]
    for start, end, look in pieces:
        if start < end:
            panel.add_bar(row, panel.x(start), panel.x(end), **look)
    for year in place.merged:
        if enters <= year <= gone:
            disc: Look = {"fill": style.PAPER, "stroke": colour, "stroke_width": 1.2}
            panel.drawing.add_mark(panel.x(year), panel.y(row), 3, **disc)

    on_pale = place.gone or not place.entered
    inside = {"fill": style.INK if on_pale else style.PAPER}
    before_disc = min([leaves, *(year for year in place.merged if year > present)])
    # From a year towards another: on the solid bar, after it, before it.
    spots: list[Any] = [(present, before_disc, inside), (gone, until, GREY), (enters, first, {})]
    texts = [shorten(text, 1000) for text in accumulate(place.parts, "{}, {}".format)]
    fitting = [
        (text, start, end, look)
        for text in reversed(texts)
        for start, end, look in spots
        if panel.has_room(text, min(start, end), max(start, end))
    ]
    across = {"paper": not place.gone}  # a pale bar can be written on
    fitting.append((shorten("".join(place.parts[:1]), 44), first, until, across))
    text, start, end, look = fitting[0]
    offset, anchor = (6, "start") if start <= end else (-6, "end")
    x = panel.x(start) + offset
    panel.drawing.add_text(text, x, panel.y(row), 12, text_anchor=anchor, **look)


def _draw_counts(panel: Panel, counts: pd.Series) -> None:
    """Steps: how many places there were at the end of each year."""
    bottom = panel.bottom
    unit = (bottom - panel.top) / (max(counts) * 1.5)
    line = []
    ends = [*counts.index[1:], panel.last]
    for start, end, count in zip(counts.index, ends, counts, strict=True):
        left, right = panel.x(start), panel.x(end)
        top = bottom - count * unit
        panel.drawing.add_bar(left, top, right - left, bottom - top, fill=style.TRACK)
        line += [(left, top), (right, top)]
        if panel.has_room("", start, end) or end == panel.last:
            x = min((left + right) / 2, panel.right - text_width(f"{count:.0f}", "bold") / 2)
            panel.drawing.add_text(f"{count:.0f}", x, top - 10, **MIDDLE, **BOLD)
    panel.drawing.add_line(line, stroke=style.ACCENT, stroke_width=2)
    panel.drawing.add_line([(panel.left, bottom), (panel.right, bottom)], stroke=style.INK)


def _add_meeting(drawing: Drawing, x: float, y: float, kind: str, colour: str, size: float) -> None:
    """The mark of a meeting: a ring if none is known to have been held."""
    fill = colour if kind in HELD else style.PAPER
    shape = SHAPES.get(kind, "disc")
    drawing.add_mark(x, y, size / 2, shape, fill=fill, stroke=colour, stroke_width=1.6)


def draw_hosts(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
    """Who hosted when; a line runs from a place's last known meeting to the report year. A row is a
    meeting: place, home, kind, year (NaN for a place that has not hosted)."""
    frame = frame.drop_duplicates(["place", "year", "kind"])
    until = float(words["until"])
    dated = frame.dropna(subset="year")
    years = [until, *dated["year"]]
    places = frame.groupby("place", sort=False)
    drawing = Drawing(NARROW if narrow else WIDE, 40 * len(places) + (110 if narrow else 64))
    kinds = [kind for kind in MEETINGS if dated["kind"].eq(kind).any()]
    spots = drawing.add_key([shorten(words[kind], 36) for kind in kinds], (6.5, 6.5))
    for kind, (x, y) in zip(kinds, spots, strict=True):
        _add_meeting(drawing, x, y, kind, style.ACCENT, 8)
    top = max([6.5, *(y for _, y in spots)]) + 15.5
    right = drawing.width - EDGE - (6 if narrow else 0)
    pad = max(1.0, np.ptp(years) * 0.03)
    span = min(years) - pad, max(years) + pad
    panel = Panel(drawing, EDGE, right, top, drawing.height - AXIS, len(places), *span)
    panel = panel.add_names(places.groups, narrow, places["home"].any())
    panel.add_years(narrow, max(years))
    for row, (_, meetings) in enumerate(places):
        y = panel.y(row)
        drawing.add_line([(panel.left, y), (panel.right, y)], **GRID)
        if meetings["year"].isna().all():
            x = panel.x(min(years))
            drawing.add_text(shorten(words["never"], 34, 2), x, y, paper=True, **GREY)
        _draw_hosted(panel, row, meetings, until)
    return drawing.to_svg()


def _draw_hosted(panel: Panel, row: int, meetings: pd.DataFrame, until: float) -> None:
    """The meetings of one place, with their years where there is room."""
    colour = style.HOME if meetings["home"].any() else style.ACCENT
    last = meetings["year"][meetings["kind"].isin(HELD)].max()
    if last < until:
        since = [(panel.x(last), panel.y(row)), (panel.x(until), panel.y(row))]
        panel.drawing.add_line(since, stroke=colour, stroke_opacity=HALF, stroke_width=2)
    labelled: list[float] = []
    by_year = meetings.groupby("year")["kind"]
    for year, kinds in sorted(by_year, key=lambda group: (group[0] != last, -group[0])):
        x = panel.x(year)
        for i, kind in enumerate(kinds):
            _add_meeting(panel.drawing, x, panel.y(row + i * 0.3), kind, colour, 8)
        if all(panel.has_room(f"{year:.0f}", *sorted((year, other))) for other in labelled):
            labelled.append(year)
            panel.drawing.add_text(f"{year:.0f}", x, panel.y(row) - 11, 12, **MIDDLE)


def draw_meeting_row(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
    """Each year's host in one row, or below each other if narrow; an unknown one is a "?". A row is
    a year: year, host ("" if unknown), kind (meeting, conference, seminar, announced, cancelled,
    unknown: the keys of `words`), home."""
    count = len(frame)
    width = 34 if narrow else max(7, 126 // count)
    kinds = frame["kind"].map(words).mask(frame["kind"] == "meeting", "")
    pairs = zip(frame["host"], kinds, strict=True)
    texts = [shorten(", ".join(filter(None, pair)), width, 2 if narrow else 4) for pair in pairs]
    height = 34 * count + 8 if narrow else 78 + 16 * max(text.count("\n") for text in texts)
    drawing = Drawing(NARROW if narrow else WIDE, height)
    span = -0.5, count - 0.5
    panel = Panel(drawing, EDGE, drawing.width - EDGE, EDGE, height - EDGE, count, *span)
    spots = [(62, panel.y(i)) if narrow else (panel.x(i), 37) for i in range(count)]
    drawing.add_line([spots[0], spots[-1]], stroke=style.GRID, stroke_width=2)
    for (x, y), row, text in zip(spots, frame.itertuples(), texts, strict=True):
        if row.kind == "unknown":
            _add_meeting(drawing, x, y, row.kind, style.FORMER, 17)
            drawing.add_text("?", x, y, fill=style.FORMER, **MIDDLE, **BOLD)
        else:
            _add_meeting(drawing, x, y, row.kind, style.HOME if row.home else style.ACCENT, 12)
        if narrow:
            drawing.add_text(f"{row.year}", x - 48, y, **BOLD)
            drawing.add_text(text, x + 15, y)
        else:
            drawing.add_text(f"{row.year}", x, y - 24, **BOLD, **MIDDLE)
            # Text is centred on y: further lines would reach up into the mark.
            down = style.EM * style.LINE_HEIGHT / 2 * text.count("\n")
            drawing.add_text(text, x, y + 20 + down, **MIDDLE)
    return drawing.to_svg()
