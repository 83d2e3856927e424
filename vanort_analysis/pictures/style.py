"""One look for every picture: the typeface, the colours by day and night, the sheet to draw on.

A picture's colours are plain attributes, so it can stand alone in a document; a page's style sheet
turns them over in the dark. Text stays text: a page brings the typeface once.
"""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

WEIGHTS = {"normal": 400, "bold": 700}
Look = dict[str, Any]  # what SVG calls it: fill, stroke, stroke_width
# Colours by day and in a dark scheme: text 4.5:1, marks 3:1.
INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME = "#0b3c5d", "#b03a00"  # places, the home town
SEA, LAND, COAST, BORDER, LINE = "#e8f1f8", "#f3f0e6", "#8a8778", "#d3cdba", "#0b5c8a"
FORMER, GRID, TRACK, PAPER = "#6b6b6b", "#dfe3e6", "#edf0f2", "#ffffff"
DARK = {INK: "#e6ebef", SECONDARY: "#b3bdc6", ACCENT: "#9fcdf0", HOME: "#ffb088"}
DARK |= {SEA: "#16232d", LAND: "#2a3138", COAST: "#7d8a95", BORDER: "#4a555e", LINE: "#6db4e6"}
DARK |= {FORMER: "#a3abb2", GRID: "#37424c", TRACK: "#222d36", PAPER: "#12191f"}
FAMILY = "Source Sans Pro"
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2023), 0x2026, 0x202F, 0x2030]
LETTERS += [0x20AC, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265]
DEAR = ("BASE", "GDEF", "GPOS", "GSUB")  # ligatures and kerning: slow to cut, of little use here

SIZE = 13  # of type, in CSS pixels
RISE, LEADING = 0.356, 1.08  # of that: from a line's middle to its foot, and to the next line
UNWRITABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HALO: Look = {"stroke": PAPER, "stroke_width": 3, "stroke_opacity": 0.8, "paint_order": "stroke"}
GREY: Look = {"fill": SECONDARY}
BOLD: Look = {"font_weight": "bold"}
MIDDLE: Look = {"text_anchor": "middle"}


@cache
def font_files() -> list[Path]:
    """The typeface that the package font-source-sans-pro brings: regular and bold."""
    from font_source_sans_pro import font_files_ttf as files

    return [Path(files[name]) for name in ("SourceSansPro", "SourceSansProBold")]


@dataclass(frozen=True)
class Typeface:
    """The typeface as pages with pictures need it once: its style sheet, cut to our letters, with
    the dark, and how far each letter reaches, as a share of the size, by weight."""

    css: str
    advances: dict[str, dict[int, float]]


@cache
def load_typeface() -> Typeface:
    """The typeface, read once for this process and its forks."""
    from fontTools import subset

    faces, advances, options = "", {}, subset.Options(flavor="woff", hinting=False)
    options.drop_tables += DEAR
    for file, (name, weight) in zip(font_files(), WEIGHTS.items(), strict=True):
        cutter, out = subset.Subsetter(options), io.BytesIO()
        cutter.populate(unicodes=LETTERS)
        with subset.load_font(str(file), options) as font:
            em, reach = font["head"].unitsPerEm, font["hmtx"].metrics
            letters = font.getBestCmap().items()
            advances[name] = {letter: reach[glyph][0] / em for letter, glyph in letters}
            cutter.subset(font)
            subset.save_font(font, out, options)
        data = base64.b64encode(out.getvalue()).decode()
        faces += f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
        faces += f"src:url(data:font/woff;base64,{data}) format('woff')}}\n"
    rules = "".join(
        f'.picture[{what}="{day}"],.picture [{what}="{day}"]{{{what}:{night}}}'
        for day, night in DARK.items()
        for what in ("fill", "stroke")
    )
    sheet = ".picture{display:block;width:100%;height:auto}\n"
    dark = f"@media screen and (prefers-color-scheme:dark){{{rules}}}\n"
    return Typeface(faces + sheet + dark, advances)


@lru_cache(maxsize=4096)
def text_width(text: str, weight: str = "normal", size: float = SIZE) -> float:
    """How many pixels wide the longest line of a text is; letters of other scripts are square."""
    advances = load_typeface().advances[weight]
    lines = text.split("\n")
    return size * max(sum(advances.get(ord(letter), 1) for letter in line) for line in lines)


class Drawing:
    """A picture so many CSS pixels wide and high; x counts from the left, y from the top.

    What is drawn later lies over what was drawn before, and words over all the rest. `halo`: words
    have a pale edge, so that they can be read on a coast.
    """

    def __init__(self, wide: float, high: float, *, halo: bool = False) -> None:
        self.wide, self.high, self.halo = wide, high, HALO if halo else {}
        self.marks, self.words = ET.Element("g"), ET.Element("g")

    def add_bar(self, x: float, y: float, wide: float, high: float, **look: Any) -> None:
        _add_element(self.marks, "rect", x=x, y=y, width=wide, height=high, **look)

    def add_line(self, *lines: Any, **look: Any) -> None:
        """Lines through points as one shape; a `fill` makes areas of them."""
        way = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in np.round(at, 1)) for at in lines)
        _add_element(self.marks, "path", d=way, **{"fill": "none"} | look)

    def add_mark(self, x: float, y: float, radius: float, shape: str = "disc", **look: Any) -> None:
        """A mark around a point: a disc, its left half, a square or a diamond."""
        if shape == "disc":
            _add_element(self.marks, "circle", cx=x, cy=y, r=radius, **look)
        elif shape == "half":
            arc = f"M{x:.1f} {y - radius:.1f}a{radius:.1f} {radius:.1f} 0 0 0 0 {2 * radius:.1f}z"
            _add_element(self.marks, "path", d=arc, **look)
        else:
            look |= {"transform": f"rotate(45 {x:.1f} {y:.1f})"} if shape == "diamond" else {}
            self.add_bar(x - radius, y - radius, 2 * radius, 2 * radius, **look)

    def add_text(
        self, text: str, x: float, y: float, size: float = SIZE, *, paper: bool = False, **look: Any
    ) -> None:
        """Lines of words with their middle at a height; on `paper`, nothing is seen behind them."""
        lines = text.split("\n")
        if paper:
            high = LEADING * size * len(lines)
            self.add_bar(x - 4, y - high / 2, text_width(text, size=size) + 8, high, fill=PAPER)
        look |= {"font_size": size} if size != SIZE else {}
        for i, line in enumerate(lines):
            base = y + size * (RISE + LEADING * (i - (len(lines) - 1) / 2))
            if shown := UNWRITABLE.sub("", line):
                _add_element(self.words, "text", shown, x=x, y=base, **look, **self.halo)

    def add_key(self, words: Iterable[str], start: Any, size: float = SIZE, **look: Any) -> Any:
        """The words of a key from left to right, line by line; gives where their marks stand."""
        (x, y), spots = start, []
        for word in words:
            wide = text_width(word, size=size)
            if x > start[0] and x + 1.35 * size + wide > self.wide:
                x, y = start[0], y + 1.3 * size
            self.add_text(word, x + 1.35 * size, y, size, **look)
            spots.append((x, y))
            x += wide + 3.8 * size
        return spots

    def add_window(self, left: float, top: float, right: float, bottom: float) -> Drawing:
        """A part of the sheet, measured as the whole; what is drawn there ends at its edges."""
        at: Look = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        part, box = copy(self), " ".join(map(_short_number, at.values()))
        part.marks = _add_element(self.marks, "svg", viewBox=box, **at)
        return part

    def to_svg(self) -> str:
        """The picture as SVG to stand in a page, the same each time."""
        box = f"0 0 {_short_number(self.wide)} {_short_number(self.high)}"
        about = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "class": "picture"}
        look = {"fill": INK, "font-size": f"{SIZE}", "stroke-linejoin": "round"}
        root = ET.Element("svg", about | look | {"font-family": f"{FAMILY}, sans-serif"})
        root.extend([self.marks, self.words])
        return ET.tostring(root, encoding="unicode")


def _add_element(to: ET.Element, tag: str, text: str = "", **look: Any) -> ET.Element:
    """An SVG element; of numbers, tenths of a pixel are written."""
    shown = {name.replace("_", "-"): _short_number(value) for name, value in look.items()}
    element = ET.SubElement(to, tag, shown)
    element.text = text
    return element


def _short_number(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
