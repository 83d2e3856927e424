"""The chain on one picture: equal-area, lines from the home town, labels beside the marks.

`places` has one row per place: label, area, lat, lon (degrees, WGS 84), role (home, member, former;
one place is home), members (number, NaN unknown), distance_text ("3 304 km").
Names are data: they are drawn as they are written. The plane is in km; labels are in CSS pixels,
upwards. A box is left, bottom, right, top.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform
from pyproj import CRS, Geod

from . import style

Words = Mapping[str, str]
Box = Sequence[float] | np.ndarray
EVERYWHERE = (-1e5, -1e5, 1e5, 1e5)  # km
AWAY = (4, 8, 14, 22, 32, 44, 60, 80)  # pixels between a mark and its label, and 16 directions
ON_LINE, AMISS = 5, 60  # a point of a line under a label; read as another mark's name
FORBIDDEN = 1e9
FEW, NEAR = 60, 14  # more labels are not moved about; they stand near their mark or not at all


@cache
def outlines() -> gpd.GeoDataFrame:
    """Countries of the shipped window: id (ISO numeric), name, polygons in degrees."""
    return gpd.read_file(files(__package__) / "basemap" / "nordic.geojson")


def projection(places: pd.DataFrame) -> CRS:
    """Lambert equal-area in km: the Nordic view if it holds every place, else centred on them."""
    spots = places[["lon", "lat"]].to_numpy()
    middle = np.round((spots.min(axis=0) + spots.max(axis=0)) / 2, 1)
    lon, lat = (-14, 62) if within(spots, outlines().total_bounds).all() else middle
    return CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=km")


@cache
def land(crs: CRS, tolerance: float, view: tuple = EVERYWHERE) -> list[list[np.ndarray]]:
    """Rings of land, lines of borders: km, in `view`, simplified; no island below `tolerance`."""
    flat = outlines().to_crs(crs).simplify_coverage(tolerance)
    whole = flat.union_all(method="coverage")
    borders = shapely.line_merge(flat.boundary.union_all().difference(whole.boundary))
    islands = shapely.get_parts(whole)
    islands = shapely.clip_by_rect(islands[shapely.area(islands) > tolerance**2], *view)
    rings = shapely.get_rings(shapely.get_parts(islands))
    lines = shapely.get_parts(shapely.clip_by_rect(borders, *view))
    return [[shapely.get_coordinates(s) for s in shapes] for shapes in (rings, lines)]


def project(places: pd.DataFrame, crs: CRS) -> np.ndarray:
    """The points (columns lat, lon, degrees) in the plane: x, y in km, one row each."""
    points = gpd.points_from_xy(places["lon"], places["lat"], crs=4326)
    return shapely.get_coordinates(points.to_crs(crs))


def great_circles(places: pd.DataFrame, crs: CRS) -> gpd.GeoSeries:
    """The shortest way over the globe from the home town to each other place, in the plane."""
    is_home, globe = places["role"] == "home", Geod(ellps="WGS84")
    ((x, y),) = places.loc[is_home, ["lon", "lat"]].to_numpy()
    ends = places.loc[~is_home, ["lon", "lat"]].to_numpy()
    ways = [shapely.LineString([(x, y), *globe.npts(x, y, a, b, 60), (a, b)]) for a, b in ends]
    return gpd.GeoSeries(ways, index=places.index[~is_home], crs=4326).to_crs(crs)


def crowd(points: np.ndarray, near: float) -> np.ndarray:
    """Which points are in the largest group where each has a neighbour within `near`; 3 or none."""
    dots = shapely.points(points)
    groups = shapely.get_parts(shapely.union_all(shapely.buffer(dots, near / 2)))
    members = shapely.contains(groups[:, None], dots)
    largest = members[members.sum(axis=1).argmax()]
    return largest & (largest.sum() >= 3)


def look_at(points: np.ndarray, size: Sequence[float], pad: Box) -> np.ndarray:
    """The box of the plane that a picture of `size` shows: the points with `pad` pixels around.

    The points stand in the middle from side to side; spare height lies south of them.
    """
    middle, span = np.ptp(points, axis=0) / 2 + points.min(axis=0), np.ptp(points, axis=0)
    span = np.maximum(span, 300)
    km = max(span / np.subtract(size, np.add(pad[:2], pad[2:])))  # to a pixel
    left = middle[0] - (size[0] + pad[0] - pad[2]) / 2 * km
    top = middle[1] + span[1] / 2 + pad[3] * km
    return np.array([left, top - size[1] * km, left + size[0] * km, top])


def within(points: np.ndarray, box: Box) -> np.ndarray:
    """Which points lie in the box; with many boxes, a row for each."""
    left, bottom, right, top = np.asarray(box).T[..., None]
    x, y = points.T
    return (x > left) & (x < right) & (y > bottom) & (y < top)


def place_labels(
    anchors: np.ndarray, radii: np.ndarray, sizes: np.ndarray, bounds: Box, taken: Any, avoid: Any
) -> np.ndarray:
    """A box for each label: beside its own mark, on no mark, no other label and nothing `taken`.

    All in pixels. Points to `avoid` (of lines) are avoided, not forbidden; near places are better
    than far ones. A label for which there is no such place gets NaN; the first come first.
    """
    marks = np.hstack([anchors - radii[:, None], anchors + radii[:, None]])
    fixed = np.vstack([marks, np.reshape(taken, (-1, 4))])
    away, turn = (grid.ravel() for grid in np.meshgrid(AWAY, range(16)))
    side = np.column_stack([np.cos(turn * np.pi / 8), np.sin(turn * np.pi / 8)])
    tried = np.empty((len(anchors), len(away), 4))
    cost = np.tile(1.5 * away + np.minimum(turn, 16 - turn) / 4, (len(anchors), 1))
    for i, half in enumerate(sizes / 2):
        middle = anchors[i] + side * (radii[i] + away)[:, None] + half * np.clip(1.6 * side, -1, 1)
        tried[i] = np.hstack([middle - half, middle + half])
        beyond = np.hstack([bounds[:2] - tried[i, :, :2], tried[i, :, 2:] - bounds[2:]])
        apart = np.clip(anchors, tried[i, :, None, :2], tried[i, :, None, 2:]) - anchors
        gaps = np.hypot(*apart.T).T - radii
        wrong = beyond.clip(0).sum(axis=1) + _shared(tried[i], fixed)
        cost[i] += np.where(wrong > 0, FORBIDDEN, 0) + 1e3 * wrong
        cost[i] += AMISS * (gaps < gaps[:, [i]]).any(axis=1)
        cost[i] += ON_LINE * within(np.reshape(avoid, (-1, 2)), tried[i]).sum(axis=1)
    if len(anchors) > FEW:
        cost[1:, away > NEAR] = FORBIDDEN  # but the first, the home town, may stand far away
    boxes = tried[range(len(anchors)), cost.argmin(axis=1)]
    for i in range(len(anchors)):
        stand, later = boxes[:i][~np.isnan(boxes[:i, 0])], boxes[i + 1 :][:FEW]
        clash = FORBIDDEN * (_shared(tried[i], stand) > 0) + 1e3 * _shared(tried[i], later)
        total = cost[i] + clash
        boxes[i] = tried[i, total.argmin()] if total.min() < FORBIDDEN else np.nan
    return boxes


def _shared(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area that each box has in common with the others."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    return (np.minimum(boxes[:, None, 2:], others[:, 2:]) - low).clip(0).prod(axis=2).sum(axis=1)


MANY = 200  # more places than these are small, their lines thin, and not every one has a name
WAY = {"fill": False, "edgecolor": style.LINE, "linewidth": 1.3}
GONE = WAY | {"edgecolor": style.FORMER, "linewidth": 1, "linestyle": (0, (3, 3))}
SHORE = {"facecolor": style.LAND, "edgecolor": style.COAST, "linewidth": 0.6}
BORDERS = {"fill": False, "edgecolor": style.BORDER}
DISC = {"facecolor": style.ACCENT, "edgecolor": style.PAPER, "linewidth": 0.8}
RING = {"facecolor": style.PAPER, "edgecolor": style.ACCENT, "linewidth": 1.8}
DASHED = RING | {"edgecolor": style.FORMER, "linewidth": 1.5, "linestyle": (0, (2, 1.5))}
SIGNS = {"home": DISC | {"facecolor": style.HOME}, "unknown": RING, "former": DASHED}
SIGNS |= {"member": DISC, "active": DISC, "sporadic": RING, "dormant": RING, "no_record": DASHED}


def radius(members: Any, most: float, largest: float) -> Any:
    """The radius of a mark whose area stands for the members; a set one where they are unknown."""
    area = np.divide(np.asarray(members, float), most or 1)
    return np.where(np.isnan(area), 5.5, np.maximum(largest * np.sqrt(area), 2.5))


def mark(ax: Axes, sign: str, r: Any, label: str = "", at: Any = (np.nan, np.nan)) -> Any:
    """A disc; the home town a square; unknown or dormant an open ring; former a dashed ring.

    Sporadic is half a disc; where there is no record, the ring holds a question mark.
    """
    home, shape = sign == "home", "s" if sign == "home" else "o"
    look = SIGNS[sign] | {"s": (np.pi if home else 4) * r**2, "zorder": 4 + home}  # of equal area
    drawn = ax.scatter(*at, label=label, marker=shape, **look)
    if sign == "sporadic":
        ax.scatter(*at, marker=MarkerStyle("o", "left"), **look | {"facecolor": style.ACCENT})
    if sign == "no_record":
        for x, y in np.transpose(at):
            about = {"ha": "center", "va": "center_baseline", "zorder": 6, "color": style.FORMER}
            ax.text(x, y, "?", fontsize=12, weight="bold", **about)
    return drawn


TITLE, GAP = 24, 12  # pixels: height of the inset's title, room around the inset

# CSS pixels: the map of the whole chain, room around its places, the inset, how near a crowd is,
# height and columns of the key, type in two sizes, radius of the mark with most members
Size = namedtuple("Size", "over pad inset near key columns big small largest")
WIDE = Size((960, 528), (64, 40, 104, 50), (360, 268), 90, 40, 5, 16, 14, 13)
NARROW = Size((340, 170), (34, 26, 34, 34), (340, 384), 60, 54, 2, 13, 12, 9)
SMALL_WIDE = Size((800, 270), (64, 50, 84, 30), (0, 0), 0.1, 0, 1, 14, 13, 7)
SMALL_NARROW = NARROW._replace(inset=(340, 340), key=0, largest=7)


def static_map(places: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
    """The map as SVG text: 960 CSS pixels wide, or 340 for phones, a drawing of its own.

    Words: inset_title, home_key, members_key, unknown_key, former_key, unnamed_key.
    """
    known = places["members"].notna() | (places["role"] != "member")
    away = places["distance_text"].where(places["role"] != "home", "")
    says = (places["area"] + " · " + away).str.strip(" ·")
    places = places.assign(sign=places["role"].where(known, "unknown"), says=says)
    return _picture(places, words, NARROW if narrow else WIDE)


def small_map(places: pd.DataFrame, words: Words, *, narrow: bool = False) -> str:
    """The chain with the state of each tie, as a sign and in a word; who has left is not there.

    A column more: status (active, sporadic, dormant, no_record; any for the home town).
    Words: inset_title, home_key, and a word for each status.
    """
    places = places[places["role"] != "former"]
    sign = places["status"].where(places["role"] != "home", "home")
    says = sign.map({**words, "home": words["home_key"]})
    places = places.assign(sign=sign, says=says, members=1.0)
    return _picture(places, words, SMALL_NARROW if narrow else SMALL_WIDE)


def _picture(places: pd.DataFrame, words: Words, size: Size) -> str:
    """The map, with columns sign and says (under the name).

    An inset shows the largest crowd, in an empty southern corner or, on phones, below the map.
    """
    narrow, places = size.over[0] == NARROW.over[0], places.reset_index(drop=True)
    (width, height), (wide, high), low = size.over, size.inset, size.key
    crs = projection(places)
    points = project(places, crs)
    view = look_at(points, size.over, size.pad)
    km = (view[2] - view[0]) / width  # to a pixel
    close = crowd(points, size.near * km) & (len(places) <= MANY)
    lefts = ([0] if narrow else [GAP, width - GAP - wide]) if close.any() else []
    corners = [np.array([x, low + GAP, x + wide, low + GAP + high + TITLE]) for x in lefts]
    if narrow and corners:
        low += high + TITLE + 2 * GAP
    at = (points - view[:2]) / km + (0, low)
    around = np.array([-30, -30, 30, 30])
    empty = [box for box in corners if not within(at, box + around).any()]
    inches = (width * style.PX, (low + height) * style.PX)
    with style.drawing():
        figure = Figure(figsize=inches, facecolor=style.PAPER)
        FigureCanvasAgg(figure)  # measures type
        pen = Pen(figure, size, places, points, great_circles(places, crs))
        over = pen.panel((0, low, width, low + height), view)
        if empty:
            named = pen.inset(over, empty[0], close, words["inset_title"])
        else:
            named = pen.names(over, np.full(len(places), True))
        if size.key:
            pen.key(over, words, len(places) - len(named))
        return style.svg(figure, halo=True)


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
        ax = self.figure.add_axes(spot, facecolor=style.SEA, **limits)
        ax.spines[:].set(visible=False, color=style.SECONDARY)
        km = (view[2] - view[0]) / (at[2] - at[0])  # to a pixel
        around = tuple(np.add(view, np.multiply(km, (-4, -4, 4, 4))))
        lines = land(self.ways.crs, 1.2 * km, around)
        thin = {"linewidth": 0.8, "alpha": 0.35} if self.many else {}
        ways = shapely.clip_by_rect(self.ways.simplify(km if self.many else km / 5), *around)
        gone = (self.places["role"] == "former").reindex(self.ways.index).to_numpy()
        parts = [shapely.get_parts(some) for some in (ways[~gone], ways[gone])]
        lines = lines + [[shapely.get_coordinates(way) for way in some] for some in parts]
        for some, look in zip(lines, (SHORE, BORDERS, WAY | thin, GONE | thin), strict=True):
            if paths := [Path(line) for line in some if len(line)]:
                ax.add_artist(PathPatch(Path.make_compound_path(*paths), **look))
        return ax

    def inset(self, over: Axes, box: np.ndarray, close: np.ndarray, title: str) -> set[int]:
        """The crowd nearer, with names; then the names and dots of the whole map."""
        view = look_at(self.points[close], self.size.inset, (96, 30, 96, 34))
        near, shown = self.panel(box - (0, 0, 0, TITLE), view), within(self.points, view)
        frame = shapely.box(*view).exterior
        over.plot(*frame.xy, color=style.SECONDARY, linewidth=1)
        near.spines[:].set_visible(True)
        wide, high = self.size.inset
        look = {"facecolor": style.PAPER, "edgecolor": style.SECONDARY, "clip_on": False}
        near.add_artist(Rectangle((0, 1), 1, TITLE / high, transform=near.transAxes, **look))
        look = {"fontsize": self.size.small, "weight": "bold", "color": style.SECONDARY}
        near.set_title(title, loc="left", x=8 / wide, pad=7, **look)
        home = (self.places["role"] == "home").to_numpy()
        return self.names(near, shown) | self.names(over, ~shown | home, [box], [frame])

    def names(
        self, ax: Axes, named: np.ndarray, taken: Sequence[Any] = (), frame: Sequence[Any] = ()
    ) -> set[int]:
        """The marks of a panel, and labels beside the marks of the `named`; others are mere dots.

        Which have a label: all, but where it is so crowded that a name would stand on another.
        """
        at, dots = ax.transData.transform(self.points), ~named
        seen, signs = within(at, ax.bbox.extents), self.places["sign"].mask(dots, "member")
        r = np.where(dots, 3, self.radius(self.places["members"]))
        for sign, some in self.places[seen].groupby(signs[seen]).groups.items():
            mark(ax, sign, r[some], at=self.points[some].T)
        taken = [*taken, *np.hstack([at - r[:, None], at + r[:, None]])[seen & ~named]]
        drawn = [*frame] if self.many else [*self.ways, *frame]  # a label may stand on thin lines
        dense = shapely.segmentize(drawn, 4 * np.ptp(ax.get_xlim()) / ax.bbox.width)
        lines = ax.transData.transform(shapely.get_coordinates(dense))
        ours = np.flatnonzero(seen & named)
        big, small = self.size.big, self.size.small
        at_pixel: dict[str, Any] = {"transform": IdentityTransform(), "ha": "center"}
        colours = {"home": style.HOME, "former": style.FORMER}
        texts = []
        for place in self.places.loc[ours].itertuples():
            bold = {"weight": "bold", "color": colours.get(place.role, style.INK)}
            name = self.figure.text(0, 0, place.label, fontsize=big, **bold, **at_pixel)
            grey = {"fontsize": small, "color": style.SECONDARY}
            texts.append((name, self.figure.text(0, 0, place.says, **grey, **at_pixel)))
        wide = [max(text.get_window_extent().width for text in pair) + 6 for pair in texts]
        sizes = np.array([(w, big + 1.5 * small) for w in wide]).reshape(-1, 2)
        edge = np.add(ax.bbox.extents, (5, 3, -5, -3))
        boxes = place_labels(at[ours], r[ours], sizes, edge, taken, lines)
        told = ~np.isnan(boxes).any(axis=1)
        for i, box, (name, under), free in zip(ours, boxes, texts, told, strict=True):
            if not free:
                name.remove()
                under.remove()
                continue
            name.set(x=(box[0] + box[2]) / 2, y=box[3] - big)
            under.set(x=(box[0] + box[2]) / 2, y=box[3] - big - 1.2 * small)
            near = np.clip(at[i], box[:2], box[2:])
            if (gap := np.hypot(*(near - at[i]))) > r[i] + 12:  # a thin line between them
                ends = np.array([at[i] + (near - at[i]) * r[i] / gap, near]).T
                ax.plot(*ends, color=style.SECONDARY, linewidth=0.8, transform=IdentityTransform())
        return set(ours[told])

    def key(self, ax: Axes, words: Words, unnamed: int) -> None:
        """What the marks mean; only those that are there. And how many have no name."""
        most, there = self.places["members"].max(), {*self.places["sign"]}
        signs = [("home", 5.0, words["home_key"])]
        if most > 0:
            some = max(1, int(float(f"{most:.0e}")))  # a round number
            signs.append(("member", float(self.radius(some)), f"{some} {words['members_key']}"))
        signs += [(n, 5.5, words[f"{n}_key"]) for n in ("unknown", "former") if n in there]
        if unnamed:
            signs.append(("member", 0.0, f"{words['unnamed_key']}: {unnamed}"))
        look = {"fontsize": self.size.small, "labelcolor": style.SECONDARY, "loc": "lower left"}
        look |= {"handlelength": 1.7, "handletextpad": 0.5, "columnspacing": 1.6}
        look |= {"ncols": self.size.columns, "borderaxespad": 0.4, "scatteryoffsets": [0.5]}
        self.figure.legend(handles=[mark(ax, *sign) for sign in signs], **look)
