"""One style for every picture: sizes in CSS pixels, glyphs as paths, the same bytes each time."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.figure import Figure

INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME, THIRD = "#0b3c5d", "#b03a00", "#00705a"  # places, the home town, a third thing
SEA, LAND, COAST = "#e8f1f8", "#f3f0e6", "#8a8778"
FORMER, GRID, PAPER = "#6b6b6b", "#dfe3e6", "#ffffff"
COLOURS = ("#0173b2", "#d55e00", "#029e73", "#949494", "#cc78bc")  # colour-blind safe, 3:1 on white

PX = 1 / 72  # a figure of 960 * PX inches is 960 CSS pixels wide; font sizes are CSS pixels too
TYPEFACE = "Source Sans Pro"
STYLE: Mapping[str, Any] = MappingProxyType(
    {
        "font.family": [TYPEFACE, "DejaVu Sans"],  # the second ships with matplotlib: other scripts
        "font.size": 13,
        "text.color": INK,
        "text.parse_math": False,  # a name with $ in it is a name
        "svg.fonttype": "path",
        "svg.hashsalt": "vanort",
        "figure.dpi": 72,
        "figure.facecolor": "none",
        "savefig.dpi": 72,
        "savefig.facecolor": "auto",
        "axes.facecolor": "none",
        "axes.edgecolor": COAST,
        "axes.labelcolor": SECONDARY,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "axes.prop_cycle": mpl.cycler(color=[ACCENT, HOME, THIRD, *COLOURS]),
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": SECONDARY,
        "ytick.color": SECONDARY,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "patch.linewidth": 0.8,
        "lines.linewidth": 2,
        "legend.frameon": False,
    }
)


@cache
def _typeface() -> None:
    """Make matplotlib know the typeface that the package font-source-sans-pro brings."""
    (found,) = entry_points(group="fonts_ttf", name="sourcesansttf")
    files = found.load()
    fonts = font_manager.fontManager
    for name in ("SourceSansPro", "SourceSansProIt", "SourceSansProBold"):
        fonts.addfont(files[name])
        fonts.ttflist.insert(0, fonts.ttflist.pop())  # ahead of one the machine may have


@contextmanager
def style() -> Iterator[None]:
    """Draw inside `with style():`; what was set before is set again afterwards."""
    _typeface()
    with mpl.rc_context(dict(STYLE)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # drawn as an empty box
        yield


def svg(fig: Figure) -> str:
    """The figure as compact SVG text, the same for the same figure; closes the figure.

    No date, no version, one decimal of a pixel; width and height are CSS pixels.
    Call it inside `with style():`.
    """
    out = io.StringIO()
    fig.savefig(out, format="svg", metadata={"Date": None})
    plt.close(fig)
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.S)
    text = text[text.index("<svg") :].replace('pt"', '"', 2)
    text = re.sub(r' d="([^"]*)"', lambda m: f' d="{_short_path(m[1])}"', text)
    text = re.sub(r'\b([xy]|transform)="[^"]*"', lambda m: _one_decimal(m[0]), text)
    for n, glyph in enumerate(re.findall(r'<path id="([^"]+)"', text)):
        text = text.replace(f'"{glyph}"', f'"g{n}"').replace(f'"#{glyph}"', f'"#g{n}"')
    return re.sub(r"\s*\n\s*", "\n", text)


def _one_decimal(text: str) -> str:
    """Coordinates cut to one decimal; scales and rotations are left whole."""
    if "scale" in text or "rotate" in text or "matrix" in text:
        whole = re.split(r"((?:scale|rotate|matrix)\([^)]*\))", text)
        return "".join(p if i % 2 else _one_decimal(p) for i, p in enumerate(whole))
    return re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.1f}".replace("-0.0", "0"), text)


def _short_path(path: str) -> str:
    """A path in steps of tenths of a pixel, each from the point before: a third of the length."""
    words, out, last = path.split(), [], ""
    at = start = (0, 0)
    i = 0
    while i < len(words):
        letter = words[i]
        many = {"M": 1, "L": 1, "Q": 2, "C": 3, "z": 0}[letter]
        numbers = [round(10 * float(word)) for word in words[i + 1 : i + 1 + 2 * many]]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        i += 1 + 2 * many
        if letter == "z":
            out.append("z")
            at, last = start, ""
            continue
        if letter == "L" and points[0] == at:
            continue
        steps = [_tenths(b - a) for point in points for a, b in zip(at, point, strict=True)]
        text = "".join(step if step[0] == "-" else f" {step}" for step in steps)
        out.append(text if letter.lower() == last else letter.lower() + text.lstrip())
        at, last = points[-1], "l" if letter == "M" else letter.lower()
        start = at if letter == "M" else start
    return "".join(out)


def _tenths(value: int) -> str:
    """A whole number of tenths, written short."""
    whole, tenth = divmod(abs(value), 10)
    return ("-" if value < 0 else "") + (f"{whole or ''}.{tenth}" if tenth else f"{whole}")
