"""Places in the plane: outlines, projection, great circles, the crowd, and where labels can stand.

Pure geometry for the maps, nothing is drawn here. Degrees are WGS 84; the plane is an equal-area
projection in km; labels are in CSS pixels, upwards. A box is left, bottom, right, top.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod

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
    few = len(anchors) <= FEW
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
    if not few:
        cost[1:, away > NEAR] = FORBIDDEN  # but the first, the home town, may stand far away
    boxes = tried[range(len(anchors)), cost.argmin(axis=1)]
    for i in [*range(len(anchors))] * (3 * few):
        others = np.delete(boxes, i, axis=0)
        boxes[i] = tried[i, (cost[i] + 1e3 * _shared(tried[i], others)).argmin()]
    for i in range(len(anchors)):
        stand, later = boxes[:i][~np.isnan(boxes[:i, 0])], boxes[i + 1 :] if few else boxes[:0]
        total = (
            cost[i] + 1e3 * _shared(tried[i], later) + FORBIDDEN * (_shared(tried[i], stand) > 0)
        )
        boxes[i] = tried[i, total.argmin()] if total.min() < FORBIDDEN else np.nan
    return boxes


def _shared(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area that each box has in common with the others."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    return (np.minimum(boxes[:, None, 2:], others[:, 2:]) - low).clip(0).prod(axis=2).sum(axis=1)
