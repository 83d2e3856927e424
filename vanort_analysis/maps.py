"""The chain on one picture: equal-area, lines from the home town, labels beside the marks.

`places` has one row per place: label, area, lat, lon (degrees, WGS 84), role (home, member, former;
one place is home), members (number, NaN unknown), distance_text ("3 304 km").
Names are data: they are drawn as they are written.
`words` used here: inset_title, home_key, members_key, unknown_key, former_key, unnamed_key.
"""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from . import geography
from .drawing import COAST, INK, LAND, PAPER, PX, SEA, SECONDARY, style, svg
from .geography import Box, within
from .marks import BORDER, COLOUR, GONE, MANY, WAY, mark, radius

SHORE = {"facecolor": LAND, "edgecolor": COAST, "linewidth": 0.6}
OUTLINES = SHORE, {"fill": False, "edgecolor": BORDER}
TITLE, GAP = 24, 12  # pixels: height of the inset's title, room around the inset

# CSS pixels: the map of the whole chain, room around its places, the inset, how near a crowd is,
# height and columns of the key, type in two sizes, radius of the mark with most members
Size = namedtuple("Size", "over pad inset near key columns big small largest")
WIDE = Size((960, 528), (64, 40, 104, 50), (360, 268), 90, 40, 5, 15, 13, 13)
NARROW = Size((340, 170), (34, 26, 34, 34), (340, 384), 60, 72, 2, 12.5, 11.5, 9)


def static_map(places: pd.DataFrame, words: Mapping[str, str], *, narrow: bool = False) -> str:
    """The map as SVG text: 960 CSS pixels wide, or 340 for phones, a drawing of its own."""
    with style():
        return svg(draw(places, words, narrow=narrow))


def draw(places: pd.DataFrame, words: Mapping[str, str], *, narrow: bool = False) -> Figure:
    """The map as a figure; call it inside `style()`.

    An inset shows the largest crowd, in an empty southern corner or, on phones, below the map.
    """
    size, places = NARROW if narrow else WIDE, places.reset_index(drop=True)
    (width, height), (wide, high), low = size.over, size.inset, size.key
    crs = geography.projection(places)
    points = geography.project(places, crs)
    view = geography.look_at(points, size.over, size.pad)
    km = (view[2] - view[0]) / width  # to a pixel
    close = geography.crowd(points, size.near * km) & (len(places) <= MANY)
    corners = [(0, low)] if narrow else [(x, low + GAP) for x in (GAP, width - GAP - wide)]
    low += (high + TITLE + GAP) * bool(narrow and close.any())
    at = (points - view[:2]) / km + (0, low)
    taken = [np.array([x, y, x + wide, y + high + TITLE]) for x, y in corners if close.any()]
    taken = [b for b in taken if narrow or not within(at, np.add(b, (-30, -30, 30, 30))).any()][:1]
    figure = Figure(figsize=(width * PX, (low + height) * PX), facecolor=PAPER)
    FigureCanvasAgg(figure)  # measures type
    pen = Pen(figure, size, places, points, geography.great_circles(places, crs))
    over, shown, frame = pen.panel((0, low, width, low + height), view), close & False, []
    named: list[int] = []
    if taken:
        view = geography.look_at(points[close], size.inset, (96, 30, 96, 34))
        inset = pen.panel(taken[0] - (0, 0, 0, TITLE), view)
        shown, frame = within(points, view), [shapely.box(*view).exterior]
        over.plot(*frame[0].xy, color=SECONDARY, linewidth=1)
        inset.spines[:].set_visible(True)
        bar = Rectangle((0, 1), 1, TITLE / high, transform=inset.transAxes, clip_on=False)
        inset.add_artist(bar).set(facecolor=PAPER, edgecolor=SECONDARY)
        look = {"fontsize": size.small, "weight": "bold", "color": SECONDARY}
        inset.set_title(words["inset_title"], loc="left", x=8 / wide, pad=7, **look)
        named = pen.names(inset, shown, close & False)
    dots = shown & (places["role"] != "home").to_numpy()
    all_named = {*named, *pen.names(over, ~dots, dots, taken, frame)}
    pen.key(over, words, len(places) - len(all_named))
    return figure


class Pen(NamedTuple):
    """What the panels of one picture share."""

    figure: Figure
    size: Size
    places: pd.DataFrame
    points: np.ndarray  # km
    ways: gpd.GeoSeries  # from the home town to each other place

    @property
    def many(self) -> bool:
        return len(self.places) > MANY

    def radius(self, members: Any) -> Any:
        """The radius of a mark whose area stands for the members."""
        return radius(members, self.places["members"].max(), self.size.largest) / (1 + self.many)

    def panel(self, at: Box, view: Box) -> Axes:
        """A map of the `view` (km) that fills the box `at` (pixels): sea, land, borders, lines."""
        spot = np.divide((*at[:2], *np.subtract(at[2:], at[:2])), (*self.figure.bbox.size,) * 2)
        limits = {"xlim": view[::2], "ylim": view[1::2], "xticks": [], "yticks": []}
        ax = self.figure.add_axes(spot, facecolor=SEA, **limits)
        ax.spines[:].set(visible=False, color=SECONDARY)
        km = (view[2] - view[0]) / (at[2] - at[0])  # to a pixel
        around = tuple(np.add(view, np.multiply(km, (-4, -4, 4, 4))))
        outlines = geography.land(self.ways.crs, 1.2 * km, around)
        for lines, look in zip(outlines, OUTLINES, strict=True):
            ax.add_artist(PathPatch(Path.make_compound_path(*map(Path, lines)), **look))
        thin = {"linewidth": 0.8, "alpha": 0.35} if self.many else {}
        ways = shapely.clip_by_rect(self.ways.simplify(km if self.many else km / 5), *around)
        gone = (self.places["role"] == "former").reindex(self.ways.index).to_numpy()
        for some, look in ((ways[~gone], WAY | thin), (ways[gone], GONE | thin)):
            paths = [Path(shapely.get_coordinates(way)) for way in shapely.get_parts(some)]
            if paths := [path for path in paths if len(path)]:
                ax.add_artist(PathPatch(Path.make_compound_path(*paths), **look))
        return ax

    def names(
        self, ax: Axes, named: np.ndarray, dots: np.ndarray, taken: Any = (), frame: Any = ()
    ) -> list[int]:
        """The marks of a panel, some as mere dots, and labels beside the marks of the `named`.

        Which have a label: all, but where it is so crowded that a name would stand on another.
        """
        at, members = ax.transData.transform(self.points), self.places["members"]
        seen, known = within(at, ax.bbox.extents), members.notna() | dots
        r = np.where(dots, 3, self.radius(members))
        for (role, sure), some in self.places[seen].groupby(["role", known[seen]]).groups.items():
            sizes = r[some][0] if np.ptp(r[some]) == 0 else r[some]  # one size is drawn once
            mark(ax, role, sizes, at=self.points[some].T, known=sure)
        taken = [*taken, *np.hstack([at - r[:, None], at + r[:, None]])[seen & ~named]]
        drawn = [*frame] if self.many else [*self.ways, *frame]  # a label may stand on thin lines
        dense = shapely.segmentize(drawn, 4 * np.ptp(ax.get_xlim()) / ax.bbox.width)
        lines = ax.transData.transform(shapely.get_coordinates(dense))
        ours = np.flatnonzero(seen & named)
        texts = [self.label(self.places.loc[i]) for i in ours]
        wide = [max(text.get_window_extent().width for text in pair) + 6 for pair in texts]
        sizes = np.array([(w, self.size.big + 1.5 * self.size.small) for w in wide]).reshape(-1, 2)
        edge = np.add(ax.bbox.extents, (5, 3, -5, -3))
        boxes = geography.place_labels(at[ours], r[ours], sizes, edge, taken, lines)
        told = ~np.isnan(boxes).any(axis=1)
        for i, box, (name, under), free in zip(ours, boxes, texts, told, strict=True):
            if not free:
                name.remove()
                under.remove()
                continue
            near, middle = np.clip(at[i], box[:2], box[2:]), (box[0] + box[2]) / 2
            if (gap := np.hypot(*(near - at[i]))) > r[i] + 12:  # a thin line between them
                ends = np.array([at[i] + (near - at[i]) * r[i] / gap, near]).T
                ax.plot(*ends, color=SECONDARY, linewidth=0.8, transform=IdentityTransform())
            side = int(np.sign(middle - at[i][0])) * (abs(middle - at[i][0]) >= 12)
            x = middle - side * ((box[2] - box[0]) / 2 - 3)
            name.set(x=x, y=box[3] - self.size.big, ha=("center", "left", "right")[side])
            under.set(x=x, y=name.get_position()[1] - 1.2 * self.size.small, ha=name.get_ha())
        return list(ours[told])

    def label(self, place: pd.Series) -> tuple[Any, Any]:
        """The name, and what stands under it: area and distance."""
        role, off = place["role"], IdentityTransform()
        name = self.figure.text(0, 0, place["label"], transform=off, color=COLOUR.get(role, INK))
        name.set(fontsize=self.size.big, weight="bold")
        under = " · ".join(filter(None, [place["area"], place["distance_text"] * (role != "home")]))
        look = {"fontsize": self.size.small, "color": SECONDARY}
        return name, self.figure.text(0, 0, under, transform=off, **look)

    def key(self, ax: Axes, words: Mapping[str, str], unnamed: int) -> None:
        """What the marks mean; only those that are there. And how many have no name."""
        members, former = self.places["members"], self.places["role"] == "former"
        most, signs = members.max(), [mark(ax, "home", 5, words["home_key"])]
        if most > 0:
            little, large = (max(1, int(float(f"{most / part:.0e}"))) for part in (7, 1))
            for value, unit in {little: "", large: f" {words['members_key']}"}.items():
                r = float(self.radius(value))
                signs.append(mark(ax, "member", r, f"{value}{unit}"))
        if members[~former].isna().any():
            signs.append(mark(ax, "member", 5.5, words["unknown_key"], known=False))
        if former.any():
            signs.append(mark(ax, "former", 5.5, words["former_key"]))
        if unnamed:
            signs.append(mark(ax, "member", 0, f"{words['unnamed_key']}: {unnamed}"))
        look = {"fontsize": self.size.small, "labelcolor": SECONDARY, "ncols": self.size.columns}
        look |= {"handlelength": 1.7, "handletextpad": 0.5, "columnspacing": 1.6}
        look |= {"loc": "lower left", "borderaxespad": 0.4, "scatteryoffsets": [0.5]}
        self.figure.legend(handles=signs, **look)
