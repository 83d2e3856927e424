"""The chart of the chain's size: each step with its year and who came or left."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .drawing import ACCENT, FORMER, INK, PAPER, SECONDARY
from .labels import apart, place
from .sheet import LINE, Sheet, Words, body, drawn, width, wrap

Label = tuple[str, str, str]  # the year, who came or left, the colour
SIDES = "NE W E SE SW NW S N"
ASIDE = "NW W SE E NE S"  # of the other count


@drawn
def chain_size(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> Sheet:
    """How many places there were. Columns: by ('admitted' or 'contact'), year, places, label.

    Words: until (report year), contact_label (for the dashed line, where contact years differ).
    Wide: years across. Narrow: years down the page, so that every name has a line of its own.
    """
    until = int(words["until"])
    steps = frame[frame["year"] <= until].sort_values("year", kind="stable")
    main = steps[steps["by"] == "admitted"].reset_index(drop=True)
    other = steps[steps["by"] == "contact"].reset_index(drop=True)
    if main.empty:
        main, other = other, main
    room = 176 if narrow else 230
    before = [0, *main["places"][:-1]]
    labels: list[Label] = []
    anchors = []
    for step, was in zip(main.itertuples(), before, strict=True):
        gone = step.places < was
        lead = width(f"{step.year} ", body(narrow)[1], "bold") + 3
        text = wrap(step.label, room - lead, body(narrow)[1])
        labels.append((str(step.year), text, FORMER if gone else INK))
        anchors.append((step.year, step.places, max(step.places, was), gone))
    aside = _differs(main, other, until)
    if len(aside):
        small = body(narrow)[1]
        own = other[other["year"].isin(aside[:, 0]) & (other["label"] != "")]
        lines = [wrap(words["contact_label"], room, small)]
        lines += [wrap(f"{s.year} {s.label}", room, small, lines=1) for s in own.itertuples()]
        labels.append(("", "\n".join(lines), SECONDARY))
        anchors.append((*aside[1], aside[1][1], None))
    path = [(main["year"].min(), 0)] if len(main) else []
    for step, was in zip(main.itertuples(), before, strict=True):
        path += [(step.year, was), (step.year, step.places)]
    path += [(until, path[-1][1])] if path else []
    most = max([1, *(a[2] for a in anchors)])
    return (_down if narrow else _across)(np.array(path), aside, anchors, labels, most, until)


def _differs(main: pd.DataFrame, other: pd.DataFrame, until: int) -> np.ndarray:
    """The corners of the other count, from where it leaves the main one to where they meet."""
    level = lambda steps, year: ([0, *steps["places"][steps["year"] <= year]])[-1]  # noqa: E731
    out: list[tuple[int, int]] = []
    years = sorted({*main["year"], *other["year"], until}) if len(other) else []
    for start, end in pairwise(years):
        here = level(other, start)
        if here != level(main, start):
            last = out[-1][1] if out and out[-1][0] == start else level(main, start - 1)
            out += [(start, last), (start, here), (end, here)]
    return np.array(out).reshape(-1, 2)


def _lines(ax: Axes, path: np.ndarray, aside: np.ndarray, turned: int) -> None:
    """The step line, and the other count beside it, thin and dashed."""
    look = {"estimator": None, "sort": False, "ax": ax, "legend": False}
    for points, own in (
        (aside, {"color": SECONDARY, "linewidth": 1.4, "linestyle": (0, (4, 2.5))}),
        (path, {"color": ACCENT, "linewidth": 2.6}),
    ):
        if len(points):
            x, y = points.T[::turned]
            sns.lineplot(x=x, y=y, **look, **own)


def _mark(sheet: Sheet, x: float, y: float, gone: bool) -> None:
    look = {"mfc": PAPER, "mec": FORMER, "mew": 2} if gone else {"mfc": ACCENT, "mec": PAPER}
    sheet.over.plot(x, y, "o", ms=9 if gone else 8, **look)


def _say(sheet: Sheet, x: float, middle: float, label: Label) -> None:
    year, text, colour = label
    sheet.write(x + _lead(sheet, year), middle, text, color=colour)
    first = middle + text.count("\n") / 2 * sheet.small * LINE
    sheet.write(x, first, year, color=colour, weight="bold")


def _lead(sheet: Sheet, year: str) -> float:
    return width(year, sheet.small, "bold") + 5 if year else 0.0


def _size(sheet: Sheet, label: Label) -> tuple[float, float]:
    wide = _lead(sheet, label[0]) + width(label[1], sheet.small)
    return wide, (label[1].count("\n") + 1) * sheet.small * LINE


def _across(
    path: np.ndarray, aside: np.ndarray, anchors: list, labels: list[Label], most: int, until: int
) -> Sheet:
    sheet = Sheet(410, False)
    first = path[0][0] if len(path) else until - 1
    left, bottom, right, _ = at = (26, 30, sheet.width - 28, sheet.height - 36)
    ax = sheet.axes(at, (first - 0.5, max(until, first + 1)), (0, most))
    px = lambda points: ax.transData.transform(np.reshape(points, (-1, 2)))  # noqa: E731
    for tick in MaxNLocator(5, integer=True).tick_values(0, most):
        if 0 <= tick <= most:
            y = px((first, tick))[0][1]
            sheet.rule((left, right), (y, y))
            sheet.write(left - 8, y, f"{tick:.0f}", ha="right")
    for tick in MaxNLocator(8, integer=True).tick_values(first, until):
        if first <= tick <= until:
            sheet.write(px((tick, 0))[0][0], bottom - 16, f"{tick:.0f}", ha="center")
    sheet.over.plot((left, right), (bottom, bottom), color=INK, linewidth=1)
    _lines(ax, path, aside, 1)
    for artist in ax.lines:
        artist.set_clip_on(False)
    spots = px([a[:2] for a in anchors]) if anchors else np.empty((0, 2))
    marks = [(x - 5, y - 5, x + 5, y + 5) for x, y in spots]
    taken = np.vstack([_dotted(px(p)) for p in (path, aside) if len(p)] or [np.empty((0, 2))])
    sizes = [_size(sheet, label) for label in labels]
    sides = [ASIDE if a[3] is None else SIDES for a in anchors]
    boxes = place(marks, sizes, sides, (0, bottom + 2, sheet.width, sheet.height), taken)
    for (x, y), anchor, label, box in zip(spots, anchors, labels, boxes, strict=True):
        near = np.clip((x, y), box[:2], box[2:])
        if np.hypot(*(near - (x, y))) > 16:
            sheet.rule((x, near[0]), (y, near[1]), color=SECONDARY, linewidth=0.8)
        if anchor[3] is not None:
            _mark(sheet, x, y, anchor[3])
        sheet.clear(box)
        _say(sheet, box[0], (box[1] + box[3]) / 2, label)
    _end(sheet, px(path[-1])[0] + (8, 0), path[-1], "left") if len(path) else None
    return sheet


def _end(sheet: Sheet, at: np.ndarray, last: np.ndarray, ha: str = "center") -> None:
    """At the end of the line how many there are."""
    look: dict[str, Any] = {"color": ACCENT, "weight": "bold", "ha": ha}
    sheet.write(at[0], at[1], str(int(last[1])), sheet.size + 3, **look)


def _dotted(line: np.ndarray) -> np.ndarray:
    """Points along a line, four pixels apart."""
    parts = [np.linspace(a, b, max(2, int(np.hypot(*(b - a)) / 4))) for a, b in pairwise(line)]
    return np.vstack([line[:1], *parts])


def _down(
    path: np.ndarray, aside: np.ndarray, anchors: list, labels: list[Label], most: int, until: int
) -> Sheet:
    sheet = Sheet(100, True)
    heights = [_size(sheet, label)[1] + 7 for label in labels]
    sheet = Sheet(max(480.0, sum(heights) + 70), True)
    first = path[0][0] if len(path) else until - 1
    left, bottom, right, top = at = (38, 24, 140, sheet.height - 34)
    ax = sheet.axes(at, (0, most), (max(until, first + 1), first))
    px = lambda points: ax.transData.transform(np.reshape(points, (-1, 2)))  # noqa: E731
    for tick in MaxNLocator(8, integer=True).tick_values(first, until):
        if first <= tick <= until:
            y = px((0, tick))[0][1]
            sheet.rule((left, right), (y, y))
            sheet.write(left - 6, y, f"{tick:.0f}", ha="right")
    for tick in MaxNLocator(3, integer=True).tick_values(0, most):
        if 0 <= tick <= most:
            x = px((tick, first))[0][0]
            sheet.rule((x, x), (bottom, top))
            sheet.write(x, top + 18, f"{tick:.0f}", ha="center")
    sheet.over.plot((left, left), (bottom, top), color=INK, linewidth=1)
    _lines(ax, path, aside, -1)
    for artist in ax.lines:
        artist.set_clip_on(False)
    order = sorted(range(len(labels)), key=lambda i: (anchors[i][0], anchors[i][3] is None))
    wanted = [px((anchors[i][2], anchors[i][0]))[0][1] for i in order]
    middles = apart(wanted, [heights[i] for i in order], 0, sheet.height - 2)
    for i, y, middle in zip(order, wanted, middles, strict=True):
        x = px((anchors[i][2], anchors[i][0]))[0][0]
        sheet.rule((x, right + 4, right + 18), (y, y, middle), color=SECONDARY, linewidth=0.8)
        if anchors[i][3] is not None:
            _mark(sheet, px((anchors[i][1], 0))[0][0], y, anchors[i][3])
        _say(sheet, right + 22, middle, labels[i])
    _end(sheet, px(path[-1][::-1])[0] - (0, 12), path[-1]) if len(path) else None
    return sheet
