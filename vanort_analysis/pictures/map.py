"""The chain on one picture: equal-area, lines from the home town, labels beside the marks.

`places` has one row per place: label, says (in words under it), lat, lon (degrees, WGS 84), role
(home, member, former; one place is home), sign (of `SIGNS`), members (number, NaN unknown).
Names are data: they are drawn as they are written. The plane is in km, northwards; a picture is in
CSS pixels, downwards. A box is the least x and y, then the greatest.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from . import style
from .style import BOLD, GREY, MIDDLE, Drawing, Look

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

Words = Mapping[str, str]
Box = Sequence[float] | np.ndarray
EVERYWHERE = (-1e5, -1e5, 1e5, 1e5)  # km
# Where a label is tried: pixels from its mark, in 16 directions; the best first.
AWAY, TURN = (grid.ravel() for grid in np.meshgrid((4, 8, 14, 22, 32, 44, 60, 80), range(16)))
SIDE = np.column_stack([np.cos(TURN * np.pi / 8), -np.sin(TURN * np.pi / 8)])
COST = 1.5 * AWAY + np.minimum(TURN, 16 - TURN) / 4
ON_LINE, AMISS = 5, 60  # a point of a line under a label; read as another mark's name
FORBIDDEN = 1e9
FEW, NEAR = 60, 14  # more labels stand near their mark or not at all


@cache
def load_outlines() -> gpd.GeoDataFrame:
    """Countries of the shipped window: id (ISO numeric), name, polygons in degrees."""
    import geopandas as gpd

    return gpd.read_file(files(__package__) / "basemap" / "nordic.geojson")


def choose_projection(places: pd.DataFrame) -> CRS:
    """Lambert equal-area in km: the Nordic view if it holds every place, else centred on them."""
    from pyproj import CRS

    spots = places[["lon", "lat"]].to_numpy()
    middle = np.round((spots.min(axis=0) + spots.max(axis=0)) / 2, 1)
    lon, lat = (-14, 62) if points_within(spots, load_outlines().total_bounds).all() else middle
    return CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=km")


@cache
def _flat_countries(crs: CRS) -> tuple[gpd.GeoSeries, Any]:
    """The countries in the plane, and the lines that two of them share."""
    flat = load_outlines().geometry.to_crs(crs)
    edges = np.asarray(flat.boundary)
    one, other = shapely.STRtree(edges).query(edges, "intersects")
    pair = one < other
    shared = shapely.intersection(edges[one[pair]], edges[other[pair]])
    return flat, shapely.line_merge(shapely.union_all(shared))


@cache
def simplify_land(crs: CRS, tolerance: float, view: tuple = EVERYWHERE) -> list[list[np.ndarray]]:
    """Rings of land, lines of borders: km, in `view`, simplified; no island below `tolerance`."""
    flat, borders = _flat_countries(crs)
    flat = flat[flat.intersects(shapely.box(*view))].simplify_coverage(tolerance)
    islands = shapely.get_parts(flat.union_all(method="coverage"))
    islands = shapely.clip_by_rect(islands[shapely.area(islands) > tolerance**2], *view)
    lines = shapely.clip_by_rect(shapely.simplify(borders, tolerance), *view)
    rings = shapely.get_rings(shapely.get_parts(islands))
    return [[shapely.get_coordinates(s) for s in of] for of in (rings, shapely.get_parts(lines))]


def project_points(places: pd.DataFrame, crs: CRS) -> np.ndarray:
    """The points (columns lat, lon, degrees) in the plane: x, y in km, one row each."""
    import geopandas as gpd

    points = gpd.points_from_xy(places["lon"], places["lat"], crs=4326)
    return shapely.get_coordinates(points.to_crs(crs))


def great_circles(places: pd.DataFrame, crs: CRS) -> gpd.GeoSeries:
    """The shortest way over the globe from the home town to each other place, in the plane."""
    import geopandas as gpd
    from pyproj import Geod

    is_home, globe = places["role"] == "home", Geod(ellps="WGS84")
    ((x, y),) = places.loc[is_home, ["lon", "lat"]].to_numpy()
    ends, steps = places.loc[~is_home, ["lon", "lat"]].to_numpy(), 60 if len(places) <= MANY else 12
    ways = [shapely.LineString([(x, y), *globe.npts(x, y, a, b, steps), (a, b)]) for a, b in ends]
    return gpd.GeoSeries(ways, index=places.index[~is_home], crs=4326).to_crs(crs)


def find_crowd(points: np.ndarray, near: float) -> np.ndarray:
    """Which points are in the largest group where each has a neighbour within `near`; 3 or none."""
    dots = shapely.points(points)
    groups = shapely.get_parts(shapely.union_all(shapely.buffer(dots, near / 2)))
    members = shapely.contains(groups[:, None], dots)
    largest = members[members.sum(axis=1).argmax()]
    return largest & (largest.sum() >= 3)


def fit_view(points: np.ndarray, box: Box, pad: Box) -> View:
    """The part of the plane that a box of a picture shows: the points with `pad` pixels around.

    The points stand in the middle from side to side; spare height lies south of them.
    """
    size = np.subtract(box[2:], box[:2])
    middle, span = np.ptp(points, axis=0) / 2 + points.min(axis=0), np.ptp(points, axis=0)
    span = np.maximum(span, 300)
    km = max(span / np.subtract(size, np.add(pad[:2], pad[2:])))  # to a pixel
    left = middle[0] - (size[0] + pad[0] - pad[2]) / 2 * km
    top = middle[1] + span[1] / 2 + pad[3] * km
    part = np.array([left, top - size[1] * km, left + size[0] * km, top])
    return View(np.asarray(box), part)


def points_within(points: np.ndarray, box: Box) -> np.ndarray:
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
    fixed = np.vstack([_squares(anchors, radii), np.reshape(taken, (-1, 4))])
    near = (AWAY <= NEAR) | (len(anchors) <= FEW)
    tried = []
    for i, half in enumerate(sizes / 2):
        some = near | (i == 0)  # the first, the home town, may stand far away
        middle = anchors[i] + SIDE[some] * (radii[i] + AWAY[some])[:, None]
        middle = middle + half * np.clip(1.6 * SIDE[some], -1, 1)
        boxes = np.hstack([middle - half, middle + half])
        beyond = np.hstack([bounds[:2] - boxes[:, :2], boxes[:, 2:] - bounds[2:]])
        apart = np.clip(anchors, boxes[:, None, :2], boxes[:, None, 2:]) - anchors
        gaps = np.hypot(*apart.T).T - radii
        wrong = beyond.clip(0).sum(axis=1) + _shared_area(boxes, fixed)
        cost = COST[some] + np.where(wrong > 0, FORBIDDEN, 0) + 1e3 * wrong
        cost += AMISS * (gaps < gaps[:, [i]]).any(axis=1)
        cost += ON_LINE * points_within(np.reshape(avoid, (-1, 2)), boxes).sum(axis=1)
        tried.append((boxes, cost))
    found = np.reshape([boxes[cost.argmin()] for boxes, cost in tried], (-1, 4))
    for i, (boxes, cost) in enumerate(tried):
        stand = found[:i][~np.isnan(found[:i, 0])]
        total = cost + 1e3 * _shared_area(boxes, found[i + 1 :])
        total += FORBIDDEN * (_shared_area(boxes, stand) > 0)
        found[i] = boxes[total.argmin()] if total.min() < FORBIDDEN else np.nan
    return found


def _squares(middles: np.ndarray, radii: np.ndarray) -> np.ndarray:
    return np.hstack([middles - radii[:, None], middles + radii[:, None]])


def _shared_area(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area that each box has in common with the others."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    others = others[((others[:, 2:] > low) & (others[:, :2] < high)).all(axis=1)]
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    return (np.minimum(boxes[:, None, 2:], others[:, 2:]) - low).clip(0).prod(axis=2).sum(axis=1)


MANY = 200  # more places are small, their lines thin, and few of them have a name
CELL = 60, 30  # pixels: of many places, one in each such cell may have a name
WAY: Look = {"stroke": style.LINE, "stroke_width": 1.3}
GONE: Look = {"stroke": style.FORMER, "stroke_dasharray": "3 3"}
SHORE: Look = {"fill": style.LAND, "stroke": style.COAST, "stroke_width": 0.6}
BORDERS: Look = {"stroke": style.BORDER}
DISC: Look = {"fill": style.ACCENT, "stroke": style.PAPER, "stroke_width": 0.8}
RING: Look = {"fill": style.PAPER, "stroke": style.ACCENT, "stroke_width": 1.8}
DASHED = RING | {"stroke": style.FORMER, "stroke_width": 1.5, "stroke_dasharray": "3 2.3"}
SIGNS = {"unknown": RING, "former": DASHED, "member": DISC, "active": DISC, "sporadic": RING}
SIGNS |= {"dormant": RING, "no_record": DASHED, "home": DISC | {"fill": style.HOME}}


def mark_radius(members: Any, most: float, largest: float) -> Any:
    """The radius of a mark whose area stands for the members; a set one where they are unknown."""
    area = np.divide(np.asarray(members, float), most or 1)
    return np.where(np.isnan(area), 5.5, np.maximum(largest * np.sqrt(area), 2.5))


def draw_mark(sheet: Drawing, sign: str, r: float, x: float, y: float) -> None:
    """A disc; the home town a square; unknown or dormant an open ring; former a dashed ring.

    Sporadic is half a disc; where there is no record, the ring holds a question mark.
    """
    if sign == "home":
        sheet.add_mark(x, y, r * np.pi**0.5 / 2, "square", **SIGNS[sign])  # of the same area
        return
    sheet.add_mark(x, y, r, **SIGNS[sign])
    if sign == "sporadic":
        sheet.add_mark(x, y, r, "half", **RING | {"fill": style.ACCENT})
    if sign == "no_record":
        sheet.add_text("?", x, y, 12, fill=style.FORMER, **MIDDLE, **BOLD)


TITLE, GAP = 24, 12  # pixels: height of the inset's title, room under the inset

# CSS pixels: the map of the whole chain, room around its places, the inset, where it may stand, how
# near a crowd is, height of the key, type in two sizes, radius of the mark with most members
Size = namedtuple("Size", "over pad inset corners near key big small largest")
SOUTH = (12, 224), (588, 224)
WIDE = Size((960, 528), (64, 40, 104, 50), (360, 268), SOUTH, 90, 40, 16, 14, 13)
NARROW = Size((340, 170), (34, 26, 34, 34), (340, 384), [(0, 182)], 60, 54, 13, 12, 9)
SMALL = Size((800, 270), (64, 50, 84, 30), (0, 0), (), 0, 0, 14, 13, 7)
SMALL_NARROW = NARROW._replace(inset=(340, 340), key=0, largest=7)
SIZES = {False: (WIDE, NARROW), True: (SMALL, SMALL_NARROW)}
ROUND = (96, 30, 96, 34)  # pixels around the places of an inset


def draw_map(
    places: pd.DataFrame, words: Words, *, narrow: bool = False, small: bool = False
) -> str:
    """The map as SVG text: 960 CSS pixels wide (small: 800), or another of 340 for phones.

    An inset shows the largest crowd, in an empty southern corner or, on phones, below the map.
    Words: inset_title and, for the key that a small map has not, home_key, members_key,
    unknown_key, former_key, unnamed_key.
    """
    size = SIZES[small][narrow]
    (width, height), (wide, high) = size.over, size.inset
    places = places.reset_index(drop=True)
    r = mark_radius(places["members"], places["members"].max(), size.largest)
    names = [style.text_width(name, "bold", size.big) for name in places["label"]]
    told = [style.text_width(said, size=size.small) for said in places["says"]]
    places = places.assign(
        r=r / (2 if len(places) > MANY else 1),
        wide=np.maximum(names, told) + 5,
        high=size.big + 1.5 * size.small,
    )
    crs = choose_projection(places)
    points = project_points(places, crs)
    over = fit_view(points, (0, 0, width, height), size.pad)
    spots = size.corners if len(places) <= MANY else ()
    close = find_crowd(points, size.near * over.km) if spots else np.full(len(places), False)
    corners = [np.array([x, y, x + wide, y + TITLE + high]) for x, y in spots if close.any()]
    around = np.array([-30, -30, 30, 30])
    empty = [
        box for box in corners if not points_within(over.to_pixels(points), box + around).any()
    ]
    lowest = max([height, *(box[3] + GAP for box in corners)])
    sheet = Drawing(width, lowest + size.key, halo=True)
    sheet.add_bar(0, 0, sheet.wide, sheet.high, fill=style.PAPER)
    pen = MapPainter(sheet, size, places, points, great_circles(places, crs))
    pen.draw_panel(over)
    if empty:
        named = pen.draw_inset(over, empty[0], close, words["inset_title"])
    else:
        named = pen.draw_names(over, np.full(len(places), True))
    if size.key:
        pen.draw_key(words, len(places) - len(named))
    return sheet.to_svg()


class View(NamedTuple):
    """A part of the plane (km), and where it stands in a picture (pixels)."""

    box: np.ndarray
    part: np.ndarray

    @property
    def km(self) -> float:
        """Kilometres to a pixel."""
        return float((self.part[2] - self.part[0]) / (self.box[2] - self.box[0]))

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        return (points - self.part[[0, 3]]) * (1, -1) / self.km + self.box[:2]


class MapPainter(NamedTuple):
    """What the panels of one picture share."""

    sheet: Drawing
    size: Size
    places: pd.DataFrame
    points: np.ndarray  # km
    ways: gpd.GeoSeries  # from the home town to each other place

    def draw_panel(self, view: View) -> None:
        """A map of a part of the plane: sea, land, borders, lines."""
        ground = self.sheet.add_window(*view.box)
        ground.add_bar(0, 0, ground.wide, ground.high, fill=style.SEA)
        around = tuple(view.part + np.multiply(view.km, (-4, -4, 4, 4)))
        many = len(self.places) > MANY
        ways = self.ways.simplify(view.km if many else view.km / 5)
        ways = shapely.clip_by_rect(ways, *around)
        gone = (self.places["role"] == "former").reindex(self.ways.index).to_numpy()
        parts = [shapely.get_parts(some) for some in (ways[~gone], ways[gone])]
        lines = simplify_land(self.ways.crs, 1.2 * view.km, around)
        lines = lines + [[shapely.get_coordinates(way) for way in some] for some in parts]
        thin = {"stroke_width": 0.8, "stroke_opacity": "0.35"} if many else {}
        for some, look in zip(lines, (SHORE, BORDERS, WAY | thin, GONE | thin), strict=True):
            if shown := [view.to_pixels(line) for line in some if len(line)]:
                ground.add_line(*shown, **look)

    def draw_inset(self, over: View, box: np.ndarray, close: np.ndarray, title: str) -> set[int]:
        """The crowd nearer, with names; then the names and dots of the whole map."""
        near = fit_view(self.points[close], np.add(box, (0, TITLE, 0, 0)), ROUND)
        frame, shown = shapely.box(*near.part).exterior, points_within(self.points, near.part)
        self.sheet.add_line(over.to_pixels(shapely.get_coordinates(frame)), stroke=style.SECONDARY)
        self.draw_panel(near)
        (left, top), (wide, high) = box[:2], self.size.inset
        edge: Look = {"stroke": style.SECONDARY}
        self.sheet.add_bar(left, top + TITLE, wide, high, fill="none", stroke_width=0.8, **edge)
        self.sheet.add_bar(left, top, wide, TITLE, fill=style.PAPER, **edge)
        self.sheet.add_text(title, left + 8, top + TITLE / 2, self.size.small, **GREY, **BOLD)
        home = (self.places["role"] == "home").to_numpy()
        return self.draw_names(near, shown) | self.draw_names(over, ~shown | home, [box], [frame])

    def draw_names(
        self, view: View, named: np.ndarray, taken: Sequence[Any] = (), frame: Sequence[Any] = ()
    ) -> set[int]:
        """The marks of a panel, and labels beside the marks of the `named`; others are mere dots.

        Which have a label: all, but where it is so crowded that a name would stand on another.
        """
        at, many = view.to_pixels(self.points), len(self.places) > MANY
        seen, signs = points_within(at, view.box), self.places["sign"].where(named, "member")
        r = np.where(named, self.places["r"], 3)
        for sign in SIGNS:
            for i in np.flatnonzero(seen & (signs == sign)):
                draw_mark(self.sheet, sign, r[i], *at[i])
        ours = np.flatnonzero(seen & named)
        if many:
            ours = ours[np.sort(np.unique(at[ours] // CELL, axis=0, return_index=True)[1])]
        taken = [*taken, *np.delete(_squares(at, r), [*ours, *np.flatnonzero(~seen)], axis=0)]
        drawn = [*frame] if many else [*self.ways, *frame]  # a label may stand on thin lines
        dense = shapely.get_coordinates(shapely.segmentize(drawn, 4 * view.km))
        sizes = self.places.loc[ours, ["wide", "high"]].to_numpy()
        edge = np.add(view.box, (5, 3, -5, -3))
        boxes = place_labels(at[ours], r[ours], sizes, edge, taken, view.to_pixels(dense))
        told = ~np.isnan(boxes).any(axis=1)
        for i, box in zip(ours[told], boxes[told], strict=True):
            self.draw_label(self.places.loc[i], at[i], r[i], box)
        return set(ours[told])

    def draw_label(self, place: pd.Series, at: np.ndarray, r: float, box: np.ndarray) -> None:
        """A place's name, and what is said of it under the name, in a box."""
        big, small = self.size.big, self.size.small
        x, colours = (box[0] + box[2]) / 2, {"home": style.HOME, "former": style.FORMER}
        look = MIDDLE | BOLD | {"fill": colours.get(place["role"], style.INK)}
        self.sheet.add_text(place["label"], x, box[1] + 0.65 * big, big, **look)
        self.sheet.add_text(place["says"], x, box[1] + big + 0.85 * small, small, **GREY, **MIDDLE)
        near = np.clip(at, box[:2], box[2:])
        if (gap := np.hypot(*(near - at))) > r + 12:  # a thin line between them
            edge = at + (near - at) * r / gap
            self.sheet.add_line([edge, near], stroke=style.SECONDARY, stroke_width=0.8)

    def draw_key(self, words: Words, unnamed: int) -> None:
        """What the marks mean; only those that are there. And how many have no name."""
        most, there = self.places["members"].max(), {*self.places["sign"]}
        signs = [("home", 5.0, words["home_key"])]
        if most > 0:
            some = max(1, int(float(f"{most:.0e}")))  # a round number
            r = self.places["r"].max() * (some / most) ** 0.5
            signs.append(("member", r, f"{some} {words['members_key']}"))
        signs += [(n, 5.5, words[f"{n}_key"]) for n in ("unknown", "former") if n in there]
        if unnamed:
            signs.append(("", 0.0, f"{words['unnamed_key']}: {unnamed}"))
        start = 20, self.sheet.high - self.size.key + 1.4 * self.size.small
        spots = self.sheet.add_key([said for *_, said in signs], start, self.size.small, **GREY)
        for (sign, r, _), spot in zip(signs, spots, strict=True):
            if sign:
                draw_mark(self.sheet, sign, r, *spot)
