"""The chain on one picture: equal-area, lines from the home town, labels beside the marks.

`places` has one row per place: town (ASCII id), label, area, lat, lon (degrees, WGS 84), role
(home, member, former; one place is home), kind (town, group, minority), members (number, NaN
unknown), members_text, distance_km, distance_text ("3 304 km"), year (entered), lines (list of
str, what a pop-up says). Names are data: they are drawn as they are written.
`words` used here: inset_title, home_key, members_key, unknown_key, former_key.
"""

import re
from collections.abc import Mapping
from itertools import count

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .cartography import TITLE, Pen
from .drawing import PAPER, PX, style, svg
from .geography import Box, Panel, crowd, great_circles, look_at, outlines, project, projection


def static_map(places: pd.DataFrame, words: Mapping[str, str], *, narrow: bool = False) -> str:
    """The map as SVG text, 960 CSS pixels wide or, `narrow`, 340: a drawing of its own for phones.

    See the module for the columns of `places` and for `words`. Where the map is crowded an inset
    shows the largest crowd: in an empty corner of the map, or on phones below it.
    """
    width, big, small, near, largest = (340, 12.5, 11.5, 60, 9) if narrow else (960, 15, 13, 90, 13)
    pad = (34, 26, 34, 34) if narrow else (64, 40, 124, 50)
    key = 56 if narrow else 40
    places, crs = places.reset_index(drop=True), projection(places)
    points = project(places, crs)
    window = outlines().to_crs(crs).total_bounds + np.array([8, 8, -8, -8])
    window = window if Panel(window, window).holds(points).all() else None
    over = look_at(points, (0, key, width, key + 528), pad, window)
    close = crowd(points, near / over.scale)
    corner = None if narrow or not close.any() else _corner(over, points, (360, 292))
    if corner is None:
        low = key + (420 if narrow and close.any() else 0)
        need = np.ptp(points[:, 1]) * over.scale + pad[1] + pad[3]
        over = look_at(points, (0, low, width, low + min(528, max(need, 170))), pad, window)
        corner = (0, key, width, low - 12) if low > key else None
    is_home, within = (places["role"] == "home").to_numpy(), np.zeros(len(places), bool)
    inset = None
    if corner is not None:
        inset = look_at(points[close], (*corner[:3], corner[3] - TITLE), (96, 30, 96, 34), window)
        within = inset.holds(points)
    with style():
        figure = Figure(figsize=(width * PX, over.at[3] * PX), facecolor=PAPER)
        ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, over.at[3]))
        ax.set_axis_off()
        ruler = FigureCanvasAgg(figure).get_renderer()
        lines = great_circles(places, crs, 90)
        draw = Pen(ax, ruler, places, points, lines, crs, big, small, largest)
        dots = within & ~is_home
        draw.panel(over, ~dots, dots, inset)
        if inset is not None:
            draw.panel(inset, within, within & False)
            draw.title(inset, words["inset_title"])
        draw.key(words, key - 20)
        return _halo(svg(figure))


def _corner(panel: Panel, points: np.ndarray, size: tuple[float, float]) -> Box | None:
    """A corner of the panel for the inset where no place lies; the southern corners first."""
    left, bottom, right, top = np.add(panel.at, (12, 12, -12, -12))
    at = panel.px(points)
    for low in (bottom, top - size[1]):
        for first in (left, right - size[0]):
            box = (first, low, first + size[0], low + size[1])
            if not ((at > np.subtract(box[:2], 30)) & (at < np.add(box[2:], 30))).all(axis=1).any():
                return box
    return None


def _halo(text: str) -> str:
    """Under every line of type the same line, wide and pale: it stays readable on a coast."""

    lines = count()

    def twice(found: re.Match[str]) -> str:
        wide = f"stroke: {PAPER}; stroke-width: {round(2.6 * 64 / float(found[2]))}; opacity: .75"
        name = f"t{next(lines)}"
        under = f'<use xlink:href="#{name}" style="{wide}"/>'
        return f'{found[1]}{found[3] or ""}{under}<g id="{name}">\n{found[4]}</g>\n'

    type_set = r'(<g style="[^"]*" transform="[^"]*scale\(([.\d]+) [^"]*">\n)'
    return re.sub(type_set + r"(<defs>.*?</defs>\n)?((?:<use [^>]*>\n)+)", twice, text, flags=re.S)
