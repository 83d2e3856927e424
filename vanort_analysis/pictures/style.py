"""What all pictures share: the typeface, the colours by day and night, the drawing to work on.

A picture has its colours as plain attributes, so that it can stand alone in a document; a page's
style sheet replaces them in a dark scheme. Text stays text: a page embeds the typeface once.
"""

import base64
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from font_source_sans_pro import font_files_ttf

FONT_FILES = [Path(font_files_ttf[name]) for name in ("SourceSansPro", "SourceSansProBold")]
Look = dict[str, Any]  # attributes as SVG names them: fill, stroke, stroke_width
# Colours by day and in a dark scheme. Contrast: 4.5:1 for text, 3:1 for marks.
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

EM = 13  # usual text size, in CSS pixels
LINE_HEIGHT = 1.08  # as a share of the text size
BASELINE = 0.356  # how far it is below the middle of a line, as a share of the text size
NOT_IN_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HALO: Look = {"stroke": PAPER, "stroke_width": 3, "stroke_opacity": 0.8, "paint_order": "stroke"}
GREY: Look = {"fill": SECONDARY}
BOLD: Look = {"font_weight": "bold"}
MIDDLE: Look = {"text_anchor": "middle"}


class Typeface(NamedTuple):
    """`css`: style sheet for a page with pictures, with the fonts (only our letters) and the dark
    colours. `advances`: width of each letter as a share of the text size, by weight."""

    css: str
    advances: dict[str, dict[int, float]]


@cache
def load_typeface() -> Typeface:
    """Load the typeface, once for this process and its forks."""
    from fontTools import subset  # both take long to import
    from jinja2 import Template

    options = subset.Options(flavor="woff", hinting=False)
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB"]  # slow to subset, of little use
    fonts = {}
    advances = {}
    for file, (name, weight) in zip(FONT_FILES, {"normal": 400, "bold": 700}.items(), strict=True):
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=LETTERS)
        woff = io.BytesIO()
        with subset.load_font(str(file), options) as font:
            em = font["head"].unitsPerEm
            letters = font.getBestCmap().items()
            advances[name] = {letter: font["hmtx"][glyph][0] / em for letter, glyph in letters}
            subsetter.subset(font)
            subset.save_font(font, woff, options)
        fonts[weight] = base64.b64encode(woff.getvalue()).decode()
    template = Template(Path(__file__).with_name("picture.css.j2").read_text("utf-8"))
    css = template.render(family=FAMILY, fonts=fonts, dark=DARK)
    return Typeface(f"{css}\n", advances)


@lru_cache(maxsize=4096)
def text_width(text: str, weight: str = "normal", size: float = EM) -> float:
    """Width in pixels of the longest line; letters that the typeface lacks count as square."""
    advances = load_typeface().advances[weight]
    lines = text.split("\n")
    return size * max(sum(advances.get(ord(letter), 1) for letter in line) for line in lines)


class Drawing:
    """A picture `width` by `height` CSS pixels; x counts from the left, y from the top.

    Later shapes cover earlier ones, and text covers all shapes. `halo`: text gets a pale outline,
    to be legible on a coast.
    """

    def __init__(self, width: float, height: float, *, halo: bool = False) -> None:
        self.width, self.height = width, height
        self.halo = HALO if halo else {}
        self.shapes, self.texts = ET.Element("g"), ET.Element("g")

    def add_bar(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        _add_element(self.shapes, "rect", x=x, y=y, width=width, height=height, **look)

    def add_line(self, *lines: Any, **look: Any) -> None:
        """Lines, each a sequence of points, as one shape; with a `fill` they become areas."""
        rounded = [np.round(points, 1).tolist() for points in lines]
        path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in points) for points in rounded)
        _add_element(self.shapes, "path", d=path, **{"fill": "none"} | look)

    def add_mark(self, x: float, y: float, radius: float, shape: str = "disc", **look: Any) -> None:
        """A mark centred on a point: a disc, its left half, a square or a diamond."""
        if shape == "disc":
            _add_element(self.shapes, "circle", cx=x, cy=y, r=radius, **look)
        elif shape == "half":
            arc = f"M{x:.1f} {y - radius:.1f}a{radius:.1f} {radius:.1f} 0 0 0 0 {2 * radius:.1f}z"
            _add_element(self.shapes, "path", d=arc, **look)
        else:
            if shape == "diamond":
                look["transform"] = f"rotate(45 {x:.1f} {y:.1f})"
            self.add_bar(x - radius, y - radius, 2 * radius, 2 * radius, **look)

    def add_text(
        self, text: str, x: float, y: float, size: float = EM, *, paper: bool = False, **look: Any
    ) -> None:
        """Lines of text, centred vertically on y; `paper` hides the shapes behind them."""
        lines = text.split("\n")
        if paper:
            height = LINE_HEIGHT * size * len(lines)
            width = text_width(text, size=size) + 8
            self.add_bar(x - 4, y - height / 2, width, height, fill=PAPER)
        if size != EM:
            look["font_size"] = size
        for i, line in enumerate(lines):
            baseline = y + size * (BASELINE + LINE_HEIGHT * (i - (len(lines) - 1) / 2))
            if writable := NOT_IN_XML.sub("", line):
                _add_element(self.texts, "text", writable, x=x, y=baseline, **look, **self.halo)

    def add_key(self, labels: Iterable[str], start: Any, size: float = EM, **look: Any) -> list:
        """The labels of a key, left to right and line by line; returns where their marks go."""
        left, y = start
        x = left
        spots = []
        for label in labels:
            width = text_width(label, size=size)
            if x > left and x + 1.35 * size + width > self.width:
                x = left
                y += 1.3 * size
            self.add_text(label, x + 1.35 * size, y, size, **look)
            spots.append((x, y))
            x += width + 3.8 * size
        return spots

    def add_window(self, left: float, top: float, right: float, bottom: float) -> Self:
        """A part of this drawing with the same coordinates, which clips what is drawn in it."""
        area: Look = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        view_box = " ".join(map(_format_number, area.values()))
        window = copy(self)
        window.shapes = _add_element(self.shapes, "svg", viewBox=view_box, **area)
        return window

    def to_svg(self) -> str:
        """The picture as SVG for a page; equal drawings give equal text."""
        view_box = f"0 0 {_format_number(self.width)} {_format_number(self.height)}"
        attributes = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": view_box}
        attributes |= {"class": "picture", "fill": INK, "font-size": str(EM)}
        attributes |= {"stroke-linejoin": "round", "font-family": f"{FAMILY}, sans-serif"}
        root = ET.Element("svg", attributes)
        root.extend([self.shapes, self.texts])
        return ET.tostring(root, encoding="unicode")


def _add_element(parent: ET.Element, tag: str, text: str = "", **look: Any) -> ET.Element:
    """Add an SVG element; numbers are rounded to tenths of a pixel."""
    attributes = {name.replace("_", "-"): _format_number(value) for name, value in look.items()}
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _format_number(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
