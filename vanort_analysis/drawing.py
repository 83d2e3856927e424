"""One style for every picture: sizes in CSS pixels, glyphs as paths, the same bytes each time."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from .vector import compact

INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME = "#0b3c5d", "#b03a00"  # places, the home town
SEA, LAND, COAST = "#e8f1f8", "#f3f0e6", "#8a8778"
FORMER, GRID, PAPER = "#6b6b6b", "#dfe3e6", "#ffffff"

PX = 1 / 72  # a figure of 960 * PX inches is 960 CSS pixels wide; font sizes are CSS pixels too
STYLE: Mapping[str, Any] = {
    "font.family": ["Source Sans Pro", "DejaVu Sans"],  # the second for other scripts
    "font.size": 13,
    "text.color": INK,
    "text.parse_math": False,  # a name with $ in it is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "vanort",
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 1,
    "xtick.color": SECONDARY,
    "ytick.color": SECONDARY,
    "xtick.bottom": False,
    "ytick.left": False,
    "lines.linewidth": 2,
    "legend.frameon": False,
}


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


def svg(fig: Figure, halo: bool = True) -> str:
    """The figure as compact SVG text in CSS pixels, the same each time; call it inside `style()`.

    `halo`: type has a pale edge. Type with the gid "strong" is drawn thicker.
    """
    out = io.StringIO()
    fig.savefig(out, format="svg", metadata={"Date": None})
    text = re.sub(r"<!--.*?-->| xmlns=\S+|xlink:(?=href)", "", out.getvalue(), flags=re.S)
    text = text[text.index("<svg") :].replace('pt"', '"', 2)
    return compact(text, INK, PAPER if halo else "")
