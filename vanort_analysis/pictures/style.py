"""One look for every picture: the typeface, the colours by day and night, small SVG with real text.

A picture's colours are plain attributes, so it can stand alone in a document; a page's style sheet
turns them over in the dark. Text stays text: a page brings the typeface once, by `font_css`.
"""

from __future__ import annotations

import base64
import html
import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

# Colours by day and in a dark scheme: text 4.5:1, marks 3:1.
INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME = "#0b3c5d", "#b03a00"  # places, the home town
SEA, LAND, COAST, BORDER, LINE = "#e8f1f8", "#f3f0e6", "#8a8778", "#d3cdba", "#0b5c8a"
FORMER, GRID, TRACK, PAPER = "#6b6b6b", "#dfe3e6", "#edf0f2", "#ffffff"
DARK = {INK: "#e6ebef", SECONDARY: "#b3bdc6", ACCENT: "#9fcdf0", HOME: "#ffb088"}
DARK |= {SEA: "#16232d", LAND: "#2a3138", COAST: "#7d8a95", BORDER: "#4a555e", LINE: "#6db4e6"}
DARK |= {FORMER: "#a3abb2", GRID: "#37424c", TRACK: "#222d36", PAPER: "#12191f"}
PALE, HALF = 0.22, 0.45  # how much of a colour is left in a tint


def tint(colour: str, share: float, paper: str = PAPER) -> str:
    """A paler colour without transparency: so much of it, the rest paper."""
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * one + (1 - share) * other):02x}" for one, other in pairs)


TINTS = {
    tint(each, share): tint(DARK[each], share, DARK[PAPER])
    for each in (ACCENT, HOME, FORMER)
    for share in (PALE, HALF)
}

FAMILY = "Source Sans Pro"
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2023), 0x2026, 0x202F, 0x2030]
LETTERS += [0x20AC, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265]

PX = 1 / 72  # a figure of 960 * PX inches is 960 CSS pixels wide; font sizes are CSS pixels too
SIZE = 13
STYLE: dict[str, Any] = {"font.family": [FAMILY, "DejaVu Sans"]}  # the second: other scripts
STYLE |= {"font.size": SIZE, "text.color": INK, "xtick.color": SECONDARY, "ytick.color": SECONDARY}
STYLE |= {"text.parse_math": False}  # a name with $ in it is a name
STYLE |= {"svg.fonttype": "none", "svg.hashsalt": "vanort", "figure.dpi": 72, "grid.color": GRID}
STYLE |= {"figure.facecolor": "none", "axes.facecolor": "none", "axes.axisbelow": True}
STYLE |= {"xtick.bottom": False, "ytick.left": False, "lines.linewidth": 2, "grid.linewidth": 1}
STYLE |= {"hatch.linewidth": 1, "legend.frameon": False}
NEEDLESS = {"style", "version", "font-family", "stroke-linejoin", "stroke-linecap"}
UNWRITABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HALO = {"stroke": PAPER, "stroke-width": "3", "stroke-opacity": ".8", "paint-order": "stroke"}


@cache
def font_files() -> list[Path]:
    """The typeface that the package font-source-sans-pro brings: regular and bold."""
    (found,) = entry_points(group="fonts_ttf", name="sourcesansttf")
    files = found.load()
    return [Path(files[name]) for name in ("SourceSansPro", "SourceSansProBold")]


@cache
def font_css() -> str:
    """What a page with pictures needs once: the typeface, cut to our letters, and the dark."""
    from fontTools import subset

    faces, options = "", subset.Options(flavor="woff", layout_features=["kern"], hinting=False)
    options.drop_tables += ["BASE", "GSUB"]  # no feature of theirs is kept
    for file, weight in zip(font_files(), (400, 700), strict=True):
        cutter, out = subset.Subsetter(options), io.BytesIO()
        cutter.populate(unicodes=LETTERS)
        with subset.load_font(str(file), options) as font:
            named = font["name"]
            del font["name"]  # to look for names in every other table takes as long as all the rest
            cutter.subset(font)
            font["name"] = named
            named.names = [n for n in named.names if n.nameID < 7 and n.langID == 0x409]
            subset.save_font(font, out, options)
        data = base64.b64encode(out.getvalue()).decode()
        faces += f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
        faces += f"src:url(data:font/woff;base64,{data}) format('woff')}}\n"
    rules = "".join(
        f'.picture[{what}="{day}"],.picture [{what}="{day}"]{{{what}:{night}}}'
        for day, night in (DARK | TINTS).items()
        for what in ("fill", "stroke")
    )
    sheet = ".picture{display:block;width:100%;height:auto}\n"
    return f"{faces}{sheet}@media screen and (prefers-color-scheme:dark){{{rules}}}\n"


def prepare() -> None:
    """Read the typeface, once for all forks of this process."""
    font_css()
    _typeface()


@cache
def _typeface() -> None:
    """Make matplotlib know the typeface, ahead of one the machine may have."""
    from matplotlib import font_manager

    fonts = font_manager.fontManager
    for file in font_files():
        fonts.addfont(file)
        fonts.ttflist.insert(0, fonts.ttflist.pop())


@contextmanager
def drawing() -> Iterator[None]:
    """Draw inside `with drawing():`; what was set before is set again afterwards."""
    import matplotlib as mpl

    _typeface()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's may have it
        yield


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, weight: str) -> tuple[float, float, float]:
    """Width, height and descent of a line in pixels: the slow part of every drawing of words."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)


def width(text: str, weight: str = "normal", size: float = SIZE) -> float:
    """How many pixels wide the longest line of a text is; call it inside `drawing()`."""
    return max(_measured(line, size, weight)[0] if line else 0 for line in text.split("\n"))


class Sheet:
    """A picture so many CSS pixels wide and high; x counts from the left, y from the top.

    Words, bars, lines and marks stand where they are put: no axes, whose ticks and layout cost
    more than all the rest. Make and fill it inside `drawing()`. `upwards`: y from the bottom.
    """

    def __init__(self, wide: float, high: float, upwards: bool = False, **look: Any) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.wide, self.high = wide, high
        self.figure = Figure(figsize=(wide * PX, high * PX), **look)
        self.way = Affine2D() if upwards else Affine2D.from_values(1, 0, 0, -1, 0, high)

    def say(self, text: str, x: float, y: float, **look: Any) -> None:
        self.figure.text(x, y, text, transform=self.way, **look)

    def spread(self, words: Iterable[str], start: Any, step: float, **look: Any) -> list[Any]:
        """The words of a key from left to right, line by line; gives where their marks stand."""
        (x, y), size, spots = start, look.get("fontsize", SIZE), []
        for word in words:
            wide = width(word, size=size)
            if x > start[0] and x + 1.35 * size + wide > self.wide:
                x, y = start[0], y + step
            self.say(word, x + 1.35 * size, y, va="center_baseline", **look)
            spots.append((x, y))
            x += wide + 3.8 * size
        return spots

    def bar(self, x: float, y: float, wide: float, high: float, **look: Any) -> None:
        from matplotlib.patches import Rectangle

        self.figure.add_artist(Rectangle((x, y), wide, high, transform=self.way, **look))

    def line(self, x: Any, y: Any, marker: str = "", **look: Any) -> None:
        """A line through points or, with a `marker`, marks at them."""
        from matplotlib.lines import Line2D

        look = {"linestyle": "none"} | look if marker else look
        self.figure.add_artist(Line2D(x, y, marker=marker, transform=self.way, **look))

    def dots(self, at: Any, area: Any, *shape: str, **look: Any) -> None:
        """Marks of one shape and look, each of its own size: the area of the square around it."""
        from matplotlib import collections, markers, transforms

        sign = markers.MarkerStyle(*shape)
        paths = [sign.get_path().transformed(sign.get_transform())]
        look |= {"offsets": at, "offset_transform": self.way}
        look["transform"] = transforms.IdentityTransform()
        self.figure.add_artist(collections.PathCollection(paths, area, **look))

    def outline(self, lines: Sequence[Any], within: Any, **look: Any) -> None:
        """Lines as one shape, of which only what is within a box is seen."""
        from matplotlib import patches, path, transforms

        whole = path.Path.make_compound_path(*map(path.Path, lines))
        shape = self.figure.add_artist(patches.PathPatch(whole, transform=self.way, **look))
        shape.set_clip_box(transforms.Bbox.from_extents(*within))

    def svg(self, halo: bool = False) -> str:
        """The picture as SVG to stand in a page, the same each time.

        Ids begin with a digest of the picture, so two pictures share none. `halo`: text has a pale
        edge, so that it can be read on a coast.
        """
        out = io.StringIO()
        size = self.figure.bbox.size
        renderer = _writer()(*size, out, image_dpi=72, metadata={"Date": None, "Creator": None})
        self.figure.draw(renderer)
        renderer.finalize()
        text = UNWRITABLE.sub("", out.getvalue())
        salt = "p" + sha256(text.encode()).hexdigest()[:7]
        called = dict.fromkeys(re.findall(r'(?: xlink:href="|url\()#(\w+)', text))
        names = {name: f"{salt}{n}" for n, name in enumerate(called)}
        root = ET.fromstring(text)
        for mark in root.findall(".//{*}defs/{*}path"):
            mark.attrib.pop("style", None)  # what uses it says its colours, which the dark turns
        inner = "".join(_markup(node, names, HALO if halo else {}) for node in root)
        look = f'class="picture" fill="{INK}" font-family="{FAMILY}, sans-serif" font-size="{SIZE}"'
        box = f'xmlns="http://www.w3.org/2000/svg" viewBox="{root.get("viewBox")}"'
        return f'<svg {box} {look} stroke-linejoin="round">{inner}</svg>'


@cache
def _writer() -> type:
    """matplotlib's own writer of SVG, measuring each text once and not once a drawing."""
    from matplotlib.backends.backend_svg import RendererSVG

    class Writer(RendererSVG):
        def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
            return _measured(s, prop.get_size_in_points(), prop.get_weight())

    return Writer


def _markup(node: ET.Element, names: Mapping[str, str], halo: Mapping[str, str]) -> str:
    """An element with its look as attributes, tenths of a pixel, and no id that nothing calls."""
    tag, look = node.tag.split("}")[-1], {k.split("}")[-1]: v for k, v in node.items()}
    if tag in {"metadata", "style"}:
        return ""
    look |= dict(part.split(": ") for part in look.get("style", "").split("; ") if part)
    look["id"] = names.get(look.get("id", ""), "")
    for key in look.keys() & {"d", "x", "y", "transform"}:
        tenths = re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), look[key])
        look[key] = re.sub(r"\s*([MLCQz])\s*", r"\1", tenths).replace(" -", "-").strip()
    for key in look:
        if key == "href" or look[key].startswith("url("):
            look[key] = re.sub(r"#(\w+)", lambda of: f"#{names[of[1]]}", look[key])
    inner = html.escape(node.text or "", quote=False) if tag == "text" else ""
    look |= halo if inner else {}
    inner += "".join(_markup(child, names, halo) for child in node)
    if tag in {"g", "defs", "text"} and not inner:
        return ""
    pairs = [f' {key}="{said}"' for key, said in look.items() if said and key not in NEEDLESS]
    return f"<{tag}{''.join(pairs)}>{inner}</{tag}>" if pairs or tag != "g" else inner
