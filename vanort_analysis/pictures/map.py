"""The printed map: equal-area, with lines from the home town and a label beside each mark.

`places` has one row per place: label, detail (text under it), lat, lon (degrees, WGS 84), role
(home, member, former; one place is home), sign (of `SIGNS`), members (number, NaN if unknown).
Names are data: they are drawn as they are written. The plane is in km with y to the north; a
drawing is in CSS pixels with y downwards. A box is the least x and y, then the greatest.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod

from . import style
from .style import BOLD, GREY, MIDDLE, Drawing, Look

Array = np.ndarray
Box = Sequence[float] | Array
EVERYWHERE = (-1e5, -1e5, 1e5, 1e5)  # km
MANY = 200  # more places have small marks, thin lines and few labels
CELL = 60, 30  # pixels: of many places, only the first in each such cell may have a label
# The positions tried for a label: pixels from its mark, in 16 directions; the best cost least.
TURNS, DISTANCES = np.array([*product(range(16), (4, 8, 14, 22, 32, 44, 60, 80))]).T
DIRECTIONS = np.column_stack([np.cos(TURNS * np.pi / 8), -np.sin(TURNS * np.pi / 8)])
POSITION_COSTS = 1.5 * DISTANCES + np.minimum(TURNS, 16 - TURNS) / 4
LINE_COST, AMBIGUOUS_COST = 5, 60  # each point of a line below; nearer to another mark
FEW, NEAR = 60, 14  # more labels than that are placed within so many pixels or not at all

ROUTE: Look = {"stroke": style.LINE, "stroke_width": 1.3}
FORMER_ROUTE: Look = {"stroke": style.FORMER, "stroke_dasharray": "3 3"}
SHORE: Look = {"fill": style.LAND, "stroke": style.COAST, "stroke_width": 0.6}
BORDER: Look = {"stroke": style.BORDER}
FRAME: Look = {"stroke": style.SECONDARY}
DISC: Look = {"fill": style.ACCENT, "stroke": style.PAPER, "stroke_width": 0.8}
RING: Look = {"fill": style.PAPER, "stroke": style.ACCENT, "stroke_width": 1.8}
DASHED = RING | {"stroke": style.FORMER, "stroke_width": 1.5, "stroke_dasharray": "3 2.3"}
SIGNS = {"unknown": RING, "former": DASHED, "member": DISC, "active": DISC, "sporadic": RING}
SIGNS |= {"dormant": RING, "no_record": DASHED, "home": DISC | {"fill": style.HOME}}
SIGNS["dot"] = {"fill": style.FORMER}  # of a place that another part of the map shows
HALF_SIDE = np.pi**0.5 / 2  # of a square with the area of a disc, as a share of its radius


class Size(NamedTuple):
    """The measures of a map in CSS pixels."""

    area: tuple[int, int]  # of the map of the whole chain
    margins: Box  # around its places
    label: int  # type size
    text: int  # type size
    largest: int  # radius of the mark with most members
    key: int = 0  # height
    inset: Box = ()  # with its title, below the map; only where the labels would lack room


WIDE = Size((960, 440), (64, 40, 104, 50), label=16, text=14, largest=13, key=40)
NARROW = Size((340, 170), (34, 26, 34, 34), label=13, text=12, largest=9, key=54)
NARROW = NARROW._replace(inset=(0, 182, 340, 590))
SMALL = Size((800, 270), (64, 50, 100, 30), label=18, text=16, largest=8)
SMALL_NARROW = NARROW._replace(inset=(0, 182, 340, 546), key=0, largest=7)
INSET_TITLE, INSET_GAP = 24, 12  # height of the title; below the inset
INSET_MARGINS = (96, 30, 96, 34)  # around the places of an inset
ENLARGEMENT = 1.5  # times at least, else an inset shows no more than the map
CROWDING = 60  # pixels: how near to each other the places of an inset are on the map


@cache
def load_outlines() -> gpd.GeoSeries:
    """The shipped outlines in degrees: the polygons of each country and, last, their borders."""
    return gpd.read_file(files(__package__) / "basemap" / "nordic.geojson").geometry


def choose_projection(places: pd.DataFrame) -> CRS:
    """Lambert equal-area in km: the Nordic view if it holds every place, else centred on them."""
    points = places[["lon", "lat"]].to_numpy()
    lon, lat = np.round((points.min(axis=0) + points.max(axis=0)) / 2, 1)
    if points_within(points, load_outlines().total_bounds).all():
        lon, lat = -14, 62
    return CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=km")


@cache
def project_land(crs: CRS) -> tuple[Array, Any]:
    """The shipped land in the plane, for all panels: its islands, and the borders between."""
    outlines = load_outlines().to_crs(crs)
    return shapely.get_parts(outlines[:-1].union_all(method="coverage")), outlines.iloc[-1]


@cache
def simplify_land(crs: CRS, tolerance: float, view: tuple = EVERYWHERE) -> tuple[Any, Any]:
    """The shores as rings and the borders as lines, in km: clipped to `view` and simplified,
    without islands smaller than the square of the tolerance (km)."""
    islands, borders = project_land(crs)
    visible = shapely.clip_by_rect(islands[shapely.area(islands) > tolerance**2], *view)
    shores = shapely.get_rings(shapely.get_parts(visible))
    borders = shapely.clip_by_rect(shapely.simplify(borders, tolerance), *view)
    shores = shapely.simplify(shores, tolerance, preserve_topology=False)  # only drawn
    return shores, shapely.get_parts(borders)


def project_points(places: pd.DataFrame, crs: CRS) -> Array:
    """The points (columns lat, lon, degrees) in the plane: x, y in km, one row each."""
    points = gpd.points_from_xy(places["lon"], places["lat"], crs=4326)
    return shapely.get_coordinates(points.to_crs(crs))


def great_circles(places: pd.DataFrame, crs: CRS) -> gpd.GeoSeries:
    """The shortest route over the globe from the home town to each other place, in the plane."""
    globe = Geod(ellps="WGS84")
    is_home = places["role"] == "home"
    homes = places.loc[is_home, ["lon", "lat"]].to_numpy()  # none if it has no point
    others = places.loc[~is_home & is_home.any(), ["lon", "lat"]]
    steps = 62 if len(places) <= MANY else 14
    routes = [
        shapely.LineString(globe.npts(lon, lat, x, y, steps, initial_idx=0, terminus_idx=0))
        for (lon, lat), (x, y) in product(homes, others.to_numpy())
    ]
    return gpd.GeoSeries(routes, index=others.index, crs=4326).to_crs(crs)


def find_crowd(points: Array, distance: float) -> Array:
    """Which points are in the largest group of neighbours within `distance`; none if under 3."""
    dots = shapely.points(points)
    groups = shapely.get_parts(shapely.union_all(shapely.buffer(dots, distance / 2)))
    members = shapely.contains(groups[:, None], dots)
    largest = members[members.sum(axis=1).argmax()]
    return largest if largest.sum() >= 3 else np.zeros_like(largest)


class View(NamedTuple):
    """A part of the plane (km) and the box where a drawing shows it (pixels)."""

    box: Array
    part: Array
    km: float  # per pixel

    def to_pixels(self, points: Array) -> Array:
        return (points - self.part[[0, 3]]) * (1, -1) / self.km + self.box[:2]


def fit_view(points: Array, box: Box, margins: Box, end: float = np.inf) -> View:
    """The view of the points in a box, with margins in pixels around them.

    The points are centred between the sides, but the view goes no further east than `end` (km),
    where the land is cut off, if they have room; spare height lies south of them.
    """
    width, height = np.subtract(box[2:], box[:2])
    west, south, east, north = margins
    extent = np.ptp(points, axis=0)
    middle = extent / 2 + points.min(axis=0)
    extent = np.maximum(extent, 300)
    km = max(extent / (width - west - east, height - south - north))
    left = middle[0] - (width + west - east) / 2 * km
    farthest = points[:, 0].max() - (width - east) * km
    left = min(left, max(end - width * km, farthest))
    top = middle[1] + extent[1] / 2 + north * km
    part = np.array([left, top - height * km, left + width * km, top])
    return View(np.asarray(box), part, km)


def points_within(points: Array, box: Box) -> Array:
    """Which points lie in the box; for an array of boxes, a row for each."""
    left, bottom, right, top = np.asarray(box).T[..., None]
    x, y = points.T
    return (x > left) & (x < right) & (y > bottom) & (y < top)


def place_labels(
    anchors: Array, radii: Array, sizes: Array, bounds: Box, taken: Any, avoid: Any, tries: int = 4
) -> Array:
    """A box for each label: beside its mark, on no mark, no other label and no `taken` box.

    All in pixels. Points to `avoid` (of lines) may be covered at a cost; near positions are better
    than far ones. The first labels have priority; of a few, one without a possible position comes
    first in the next of the `tries`. In the first of those that place most, the others are NaN.
    """
    labels = np.full((len(anchors), 4), np.nan)
    fixed = np.vstack([_surround(anchors, radii), np.reshape(taken, (-1, 4))])
    covered = np.reshape(avoid, (-1, 2))
    near = (DISTANCES <= NEAR) | (len(anchors) <= FEW)
    for i, half in enumerate(sizes / 2):
        tried = near | (i == 0)  # the first, the home town, may be far from its mark
        sides = DIRECTIONS[tried]
        middle = anchors[i] + sides * (radii[i] + DISTANCES[tried])[:, None]
        middle = middle + half * np.clip(1.6 * sides, -1, 1)
        boxes = np.hstack([middle - half, middle + half])
        apart = np.clip(anchors, boxes[:, None, :2], boxes[:, None, 2:]) - anchors
        gaps = np.hypot(*apart.T).T - radii
        cost = np.where((gaps < gaps[:, [i]]).any(axis=1), AMBIGUOUS_COST, 0.0)
        cost += POSITION_COSTS[tried] + LINE_COST * points_within(covered, boxes).sum(axis=1)
        cost[_lack_room(boxes, np.vstack([fixed, labels[:i]]), bounds)] = np.inf
        if np.isfinite(cost).any():
            labels[i] = boxes[cost.argmin()]
    missing = np.isnan(labels).any(axis=1)
    if missing.any() and len(anchors) <= FEW and tries > 1:
        order = np.argsort(~missing, kind="stable")
        again = np.empty_like(labels)
        again[order] = place_labels(
            anchors[order], radii[order], sizes[order], bounds, taken, avoid, tries - 1
        )
        labels = min(labels, again, key=lambda placed: np.isnan(placed).sum())
    return labels


def _lack_room(boxes: Array, others: Array, bounds: Box) -> Array:
    """Which boxes reach out of the bounds or overlap another; a box of NaN is nowhere."""
    outside = np.hstack([bounds[:2] - boxes[:, :2], boxes[:, 2:] - bounds[2:]]).max(axis=1) > 0
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    near = others[((others[:, 2:] > low) & (others[:, :2] < high)).all(axis=1)]
    overlaps = (boxes[:, None, :2] < near[:, 2:]) & (near[:, :2] < boxes[:, None, 2:])
    return outside | overlaps.all(axis=-1).any(axis=-1)


def _surround(middles: Array, radii: Array) -> Array:
    """The square box around each mark."""
    return np.hstack([middles - radii[:, None], middles + radii[:, None]])


def mark_radius(members: pd.Series, largest: float) -> Array:
    """The radii of marks whose areas are in proportion to the members; fixed where unknown."""
    shares = members.to_numpy(float) / (members.max() or 1)
    return np.where(np.isnan(shares), 5.5, np.maximum(largest * np.sqrt(shares), 2.5))


def draw_mark(drawing: Drawing, sign: str, radius: float, x: float, y: float) -> None:
    """A disc; home: a square; sporadic: half a disc; unknown or dormant: a ring; former: a dashed
    ring; no_record: a dashed ring with a question mark."""
    look = SIGNS[sign]
    if sign == "home":
        drawing.add_mark(x, y, radius * HALF_SIDE, "square", **look)
        return
    drawing.add_mark(x, y, radius, **look)
    if sign == "sporadic":
        drawing.add_mark(x, y, radius, "half", **look | {"fill": style.ACCENT})
    if sign == "no_record":
        drawing.add_text("?", x, y, 12, fill=style.FORMER, **MIDDLE, **BOLD)


def draw_map(
    places: pd.DataFrame, words: Mapping[str, str], *, narrow: bool = False, small: bool = False
) -> str:
    """The map as SVG text: 960 CSS pixels wide (small: 800), or narrow with 340 for phones.

    If narrow, an inset below the map shows the largest crowd. `words`: inset_title and, for the key
    that a small map lacks, home_key, members_key, unknown_key, former_key, unnamed_key.
    """
    wide_size, narrow_size = (SMALL, SMALL_NARROW) if small else (WIDE, NARROW)
    size = narrow_size if narrow else wide_size
    radii = mark_radius(places["members"], size.largest)
    labels = [style.text_width(label, "bold", size.label) for label in places["label"]]
    texts = [style.text_width(text, size=size.text) for text in places["detail"]]
    places = places.reset_index(drop=True).assign(
        radius=radii / (2 if len(places) > MANY else 1),
        width=np.maximum(labels, texts) + 5,
        height=size.label + 1.5 * size.text,
    )
    crs = choose_projection(places)
    points = project_points(places, crs)
    end = shapely.total_bounds(project_land(crs)[0])[2]
    whole = fit_view(points, (0, 0, *size.area), size.margins, end)
    inset = find_inset(points, whole, size) if len(places) <= MANY else None
    height = inset.box[3] + INSET_GAP if inset else size.area[1]
    drawing = Drawing(size.area[0], height + size.key, halo=True)
    drawing.add_bar(0, 0, drawing.width, drawing.height, fill=style.PAPER)
    painter = MapPainter(drawing, size, places, points, great_circles(places, crs))
    painter.draw_panel(whole)
    if inset:
        labelled = painter.draw_inset(whole, inset, words["inset_title"])
    else:
        labelled = painter.draw_places(whole, np.ones(len(places), bool))
    if size.key:
        painter.draw_key(words, len(places) - len(labelled))
    return drawing.to_svg()


def find_inset(points: Array, whole: View, size: Size) -> View | None:
    """The view of the largest crowd; none where there is no crowd or no inset, or where the view
    would show it hardly larger than the map does."""
    crowd = find_crowd(points, CROWDING * whole.km)
    if not size.inset or not crowd.any():
        return None
    near = fit_view(points[crowd], np.add(size.inset, (0, INSET_TITLE, 0, 0)), INSET_MARGINS)
    return near if ENLARGEMENT * near.km <= whole.km else None


class MapPainter(NamedTuple):
    """What the panels of one map share."""

    drawing: Drawing
    size: Size
    places: pd.DataFrame
    points: Array  # km
    routes: gpd.GeoSeries  # from the home town to each other place

    def draw_panel(self, view: View) -> None:
        """Sea, land, borders and routes of a part of the plane."""
        window = self.drawing.add_window(*view.box)
        window.add_bar(0, 0, window.width, window.height, fill=style.SEA)
        part = tuple(view.part + np.multiply(view.km, (-4, -4, 4, 4)))  # cut edges are not seen
        many = len(self.places) > MANY
        routes = self.routes.simplify(view.km if many else view.km / 5)
        routes = shapely.clip_by_rect(routes, *part)
        former = self.places.loc[self.routes.index, "role"].eq("former").to_numpy()
        land = simplify_land(self.routes.crs, 1.2 * view.km, part)
        thin = {"stroke_width": 0.8, "stroke_opacity": "0.35"} if many else {}
        looks = (SHORE, BORDER, ROUTE | thin, FORMER_ROUTE | thin)
        for shapes, look in zip([*land, routes[~former], routes[former]], looks, strict=True):
            lines = map(shapely.get_coordinates, shapely.get_parts(shapes))
            visible = [view.to_pixels(line) for line in lines if len(line)]
            if visible:
                window.add_line(*visible, **look)

    def draw_inset(self, whole: View, near: View, title: str) -> set[int]:
        """The crowd enlarged, then the labels outside it; returns the places with a label."""
        outline = shapely.box(*near.part).exterior
        self.drawing.add_line(whole.to_pixels(shapely.get_coordinates(outline)), **FRAME)
        self.draw_panel(near)
        left, top, right, bottom = near.box
        text_size = self.size.text
        edge = {"fill": "none", "stroke_width": 0.8} | FRAME
        self.drawing.add_bar(left, top, right - left, bottom - top, **edge)
        self.drawing.add_text(title, left + 8, top - INSET_TITLE / 2, text_size, **GREY, **BOLD)
        shown = points_within(self.points, near.part)
        outside = ~shown | (self.places["role"] == "home").to_numpy()
        return self.draw_places(near, shown) | self.draw_places(whole, outside, [outline])

    def draw_places(self, view: View, labelled: Array, avoid: Sequence[Any] = ()) -> set[int]:
        """Draw the marks in a view; the `labelled` get labels, away from the lines to `avoid` (km).
        Returns the places that have a label: where it is crowded, some have none."""
        many = len(self.places) > MANY
        spots = view.to_pixels(self.points)
        visible = points_within(spots, view.box)
        signs = self.places["sign"].where(labelled, "dot")
        radii = np.where(labelled, self.places["radius"], 3)
        for sign in SIGNS:
            for i in np.flatnonzero(visible & (signs == sign)):
                draw_mark(self.drawing, sign, radii[i], *spots[i])
        wanted = np.flatnonzero(visible & labelled)
        if many:  # labels may cover the routes, which are thin
            _, firsts = np.unique(spots[wanted] // CELL, axis=0, return_index=True)
            wanted = wanted[np.sort(firsts)]
        else:
            avoid = [*self.routes[self.routes.length > 0], *avoid]
        visible[wanted] = False
        taken = _surround(spots, radii)[visible]
        lines = view.to_pixels(shapely.get_coordinates(shapely.segmentize(avoid, 4 * view.km)))
        sizes = self.places.loc[wanted, ["width", "height"]].to_numpy()
        bounds = np.add(view.box, (5, 3, -5, -3))
        boxes = place_labels(spots[wanted], radii[wanted], sizes, bounds, taken, lines)
        placed = ~np.isnan(boxes).any(axis=1)
        for i, box in zip(wanted[placed], boxes[placed], strict=True):
            self.draw_label(self.places.loc[i], spots[i], radii[i], box)
        return set(wanted[placed])

    def draw_label(self, place: pd.Series, spot: Array, radius: float, box: Box) -> None:
        """A place's name with its text below, centred in a box."""
        label_size, text_size = self.size.label, self.size.text
        x = (box[0] + box[2]) / 2
        colours = {"home": style.HOME, "former": style.FORMER}
        look = MIDDLE | BOLD | {"fill": colours.get(place["role"], style.INK)}
        self.drawing.add_text(place["label"], x, box[1] + 0.65 * label_size, label_size, **look)
        y = box[1] + label_size + 0.85 * text_size
        self.drawing.add_text(place["detail"], x, y, text_size, **GREY, **MIDDLE)
        below = box[1] + 1.2 * label_size
        label_half = style.text_width(place["label"], "bold", label_size) / 2
        detail_half = style.text_width(place["detail"], size=text_size) / 2
        texts = (label_half, box[1], below), (detail_half, below, box[3])
        ends = [np.clip(spot, (x - half, top), (x + half, low)) for half, top, low in texts]
        nearest = min(ends, key=lambda end: np.hypot(*(end - spot)))
        gap = np.hypot(*(nearest - spot))
        if gap > radius + 7:  # too far to be read as its label without a line
            edge = spot + (nearest - spot) * radius / gap
            self.drawing.add_line([edge, nearest], **FRAME, stroke_width=0.8)

    def draw_key(self, words: Mapping[str, str], unlabelled: int) -> None:
        """What the signs on this map mean, and how many places have no label."""
        size = self.size
        most = self.places["members"].max()
        entries = [("home", 5.0, words["home_key"])]
        if most > 0:
            example = max(1, int(float(f"{most:.0e}")))  # a round number
            radius = self.places["radius"].max() * (example / most) ** 0.5
            entries.append(("member", radius, f"{words['members_key']}: {example}"))
        signs = [sign for sign in ("unknown", "former") if self.places["sign"].eq(sign).any()]
        entries += [(sign, 5.5, words[f"{sign}_key"]) for sign in signs]
        labels = [label for *_, label in entries]
        if unlabelled:
            labels.append(f"{words['unnamed_key']}: {unlabelled}")
        start = 20, self.drawing.height - size.key + 1.4 * size.text
        spots = self.drawing.add_key(labels, start, size.text, **GREY)
        for (sign, radius, _), spot in zip(entries, spots, strict=False):
            draw_mark(self.drawing, sign, radius, *spot)
