"""A sheet to draw a chart on: measured and wrapped type, and the names of rows.

All in CSS pixels."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from .drawing import GRID, HOME, INK, PAPER, PX, SECONDARY, style, svg
from .labels import Box

Words = Mapping[str, str]
LINE = 1.22  # height of a line of type, of its size


def drawn(draw: Callable[..., "Sheet"]) -> Callable[..., str]:
    """A function that draws on a sheet becomes one that returns SVG text in our style."""

    @wraps(draw)
    def finished(frame: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
        with style():
            return svg(draw(frame.reset_index(drop=True), words, narrow=narrow).figure)

    return finished


@cache
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, 72)


def width(text: str, size: float, weight: str = "normal") -> float:
    """How wide the widest line of the text is."""
    font = FontProperties(size=size, weight=weight)
    measure = _ruler().get_text_width_height_descent
    return max((float(measure(line, font, False)[0]) for line in text.split("\n")), default=0.0)


def wrap(text: Any, room: float, size: float, weight: str = "normal", lines: int = 2) -> str:
    """The text in so many lines of so many pixels at most; an ellipsis for what is left out."""
    plain = "" if pd.isna(text) else str(text)
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in plain)
    out: list[str] = [""]
    for word in kept.split(" "):
        longer = f"{out[-1]} {word}".strip()
        if width(longer, size, weight) <= room or not out[-1]:
            out[-1] = longer
        else:
            out.append(word)
    if len(out) > lines:
        out = [*out[: lines - 1], f"{out[lines - 1]}…"]
    return "\n".join(_cut(line, room, size, weight) for line in out)


def _cut(line: str, room: float, size: float, weight: str) -> str:
    while len(line) > 1 and width(line, size, weight) > room:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line


class Sheet:
    """A figure of a set size in pixels, with one layer in pixels over all its axes."""

    def __init__(self, height: float, narrow: bool) -> None:
        self.width, self.height, self.narrow = (340.0 if narrow else 800.0), height, narrow
        self.figure = Figure(figsize=(self.width * PX, height * PX))
        FigureCanvasAgg(self.figure)
        whole = (0, 0, self.width, height), (0, self.width), (0, height)
        self.under, self.over = self.axes(*whole, zorder=-1), self.axes(*whole, zorder=5)

    def axes(self, at: Box, x: Sequence[float], y: Sequence[float], **look: Any) -> Axes:
        """Axes without any line of their own."""
        left, bottom, right, top = np.divide(at, (self.width, self.height) * 2)
        ax = self.figure.add_axes((left, bottom, right - left, top - bottom), **look)
        ax.set(xlim=x, ylim=y)
        ax.set_axis_off()
        return ax

    def write(self, x: float, y: float, words: str, size: float = 0, **look: Any) -> None:
        """Lines of type whose middle is at a point; small and secondary unless told."""
        size, lines = size or self.small, words.split("\n")
        look = {"color": SECONDARY, "fontsize": size} | look
        for i, line in enumerate(lines):
            down = (i - (len(lines) - 1) / 2) * size * LINE + 0.34 * size
            self.over.text(x, y - down, line, **look)

    def clear(self, box: Box) -> None:
        """Paper under a label, so that no thin line runs through it."""
        left, bottom, right, top = box
        look = {"color": PAPER, "linewidth": 0, "zorder": 3}
        self.under.barh((bottom + top) / 2, right - left + 4, top - bottom, left - 2, **look)

    @property
    def size(self) -> float:
        return body(self.narrow)[0]

    @property
    def small(self) -> float:
        return body(self.narrow)[1]

    def rule(self, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
        """A thin line under everything."""
        self.under.plot(x, y, **({"color": GRID, "linewidth": 1} | look))


def body(narrow: bool) -> tuple[float, float]:
    """Sizes of type: what is read first, and the rest."""
    return (13, 12) if narrow else (15, 13.5)


class Rows:
    """The names of a chart's rows: wrapped, in a column, and how high a row is for them."""

    def __init__(
        self, labels: Iterable[object], home: Iterable[bool], narrow: bool, above: float = 0
    ) -> None:
        """`above`: the names stand over their rows, which need so many pixels for themselves."""
        size, most = body(narrow)[0], 340 if above else 112 if narrow else 230
        self.home = [bool(h) for h in home]
        weights = ["bold" if h else "normal" for h in self.home]
        self.text = [wrap(t, most, size, w) for t, w in zip(labels, weights, strict=True)]
        both = zip(self.text, weights, strict=True)
        self.width = 0 if above else max([width(t, size, w) for t, w in both], default=0.0) + 12
        deep = max([t.count("\n") + 1 for t in self.text], default=1)
        self.each = deep * size * LINE + 8 + above if above else max(34.0, deep * size * LINE + 10)
        self.above = above
        self.height = self.each * len(self.text)

    def middles(self, top: float) -> list[float]:
        """How high each row's marks stand."""
        own = self.above or self.each
        return [top - self.each * (i + 1) + own / 2 for i in range(len(self.text))]

    def boxes(self, sheet: "Sheet", top: float) -> list[Box]:
        """Where the names stand."""
        own = self.each - self.above
        ends = [width(t, sheet.size, "bold") if self.above else self.width for t in self.text]
        tops = [top - self.each * i for i in range(len(ends))]
        return [(0, y - own, x, y) for x, y in zip(ends, tops, strict=True)]

    def names(self, sheet: Sheet, top: float) -> None:
        for i, (text, home) in enumerate(zip(self.text, self.home, strict=True)):
            y = top - self.each * i - (self.each - self.above) / 2
            look = {"color": HOME, "weight": "bold"} if home else {"color": INK}
            sheet.write(0, y, text, sheet.size, **look)
