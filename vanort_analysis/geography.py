"""Places in the plane: outlines, projection, great circles, the crowd, and where labels can stand.

Pure geometry for the maps, nothing is drawn here. Degrees are WGS 84; the plane is an equal-area
projection in km; panels and labels are in CSS pixels, upwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod, Transformer

Box = Sequence[float]  # left, bottom, right, top
AWAY = (4, 8, 14, 22, 32, 44, 60, 80)  # pixels between a mark and its label, and 16 directions
ON_LINE, ON_COAST, AMISS = 5.0, 0.3, 60.0  # crossing a point of either; misleading


@cache
def outlines() -> gpd.GeoDataFrame:
    """Countries of the shipped window: id (ISO numeric), name, polygons in degrees."""
    with as_file(files(__package__) / "basemap" / "nordic.geojson") as path:
        return gpd.read_file(path)


def projection(places: pd.DataFrame) -> CRS:
    """Lambert equal-area in km: the Nordic view if it holds every place, else centred on them."""
    west, south, east, north = outlines().total_bounds
    inside = places["lon"].between(west, east) & places["lat"].between(south, north)
    middle = (places[["lat", "lon"]].min() + places[["lat", "lon"]].max()).div(2).round(1)
    lat, lon = (62, -14) if inside.all() else middle
    return CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=km")


def project(places: pd.DataFrame, crs: CRS) -> np.ndarray:
    """The points (columns lat, lon, degrees) in the plane: x, y in km, one row each."""
    to = Transformer.from_crs(4326, crs, always_xy=True)
    return np.column_stack(to.transform(places["lon"].to_numpy(), places["lat"].to_numpy()))


def great_circles(places: pd.DataFrame, crs: CRS, points: int = 30) -> list[np.ndarray]:
    """The shortest way over the globe from the home town to each other place: points in km."""
    globe = Geod(ellps="WGS84")
    home = places.loc[places["role"] == "home", ["lon", "lat"]].iloc[0].tolist()
    ways = []
    for end in places.loc[places["role"] != "home", ["lon", "lat"]].to_numpy().tolist():
        way = [home, *globe.npts(home[0], home[1], end[0], end[1], points - 2), end]
        ways.append(project(pd.DataFrame(way, columns=["lon", "lat"]), crs))
    return ways


def land(
    crs: CRS, tolerance: float, view: Box | np.ndarray | None = None
) -> list[list[np.ndarray]]:
    """Rings of land and lines of its borders: km, simplified by `tolerance`, cut to `view`."""
    flat = outlines().to_crs(crs).simplify_coverage(tolerance).make_valid()
    flat = flat if view is None else flat.clip_by_rect(*view).make_valid()
    whole = flat.union_all()
    borders = flat.boundary.union_all().difference(whole.boundary.buffer(tolerance / 100))
    rings = shapely.get_rings([p for p in shapely.get_parts(whole) if p.geom_type == "Polygon"])
    merged = shapely.get_parts(shapely.line_merge(borders))
    return [[shapely.get_coordinates(line) for line in lines] for lines in (rings, merged)]


def dotted(line: np.ndarray, step: float) -> np.ndarray:
    """Points along a line, one every `step`."""
    way = shapely.LineString(line)
    return shapely.get_coordinates(way.interpolate(np.arange(0, way.length, step)))


def crowd(points: np.ndarray, near: float) -> np.ndarray:
    """Which points are in the largest group where each has a neighbour within `near`; 3 or none."""
    apart = np.hypot(*(points[:, None] - points[None]).T)
    group = np.arange(len(points))
    for one, other in np.argwhere(apart < near):
        group[group == group[other]] = group[one]
    sizes = (group[:, None] == group[None]).sum(axis=1)
    return (group == group[sizes.argmax()]) & (sizes >= 3)


@dataclass(frozen=True)
class Panel:
    """A piece of the plane (`view`, km) shown in a piece of the picture (`at`, pixels)."""

    view: Box
    at: Box

    @property
    def scale(self) -> float:
        """Pixels to a km."""
        return (self.at[2] - self.at[0]) / (self.view[2] - self.view[0])

    def px(self, km: np.ndarray) -> np.ndarray:
        """Points of the plane as points of the picture."""
        return (km - np.array(self.view[:2])) * self.scale + self.at[:2]

    def holds(self, km: np.ndarray) -> np.ndarray:
        """Which points of the plane lie within the view."""
        low, high = np.array(self.view[:2]), np.array(self.view[2:])
        return np.all((km > low) & (km < high), axis=1)


def look_at(points: np.ndarray, at: Box, pad: Box, window: Box | None = None) -> Panel:
    """The panel that shows the points with `pad` pixels around; a `window` it should not leave.

    The points stand in the middle from side to side; spare height lies south of them.
    """
    size = np.subtract(at[2:], at[:2])
    span = np.maximum(np.ptp(points, axis=0), 300.0)
    low = (points.min(axis=0) + points.max(axis=0) - span) / 2
    scale = min((size - pad[:2] - pad[2:]) / span)
    room = size / scale
    left = low[0] - pad[0] / scale - (room[0] - span[0] - (pad[0] + pad[2]) / scale) / 2
    bottom = low[1] + span[1] + pad[3] / scale - room[1]
    if window is not None:
        left = max(window[0], min(left, window[2] - room[0]))
        bottom = max(window[1], min(bottom, window[3] - room[1]))
    return Panel((left, bottom, left + room[0], bottom + room[1]), at)


def place_labels(
    anchors: np.ndarray,
    radii: np.ndarray,
    sizes: np.ndarray,
    bounds: Box | np.ndarray,
    taken: Sequence[Box] = (),
    lines: Sequence[np.ndarray] = (),
    coast: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """A box for each label: beside its own mark, on no mark, no other label and nothing `taken`.

    All in pixels. Near places are tried first, then farther ones; the points of lines and of the
    coast are avoided, not forbidden. A label that fits nowhere gets the least bad place.
    """
    marks = np.hstack([anchors - radii[:, None], anchors + radii[:, None]])
    fixed = np.vstack([marks, np.reshape(taken, (-1, 4))])
    x, y = np.vstack([np.empty((0, 2)), *lines, *coast]).T
    weight = np.where(np.arange(len(x)) < sum(map(len, lines)), ON_LINE, ON_COAST)
    away, turn = (grid.ravel() for grid in np.meshgrid(AWAY, range(16)))
    side = np.column_stack([np.cos(turn * np.pi / 8), np.sin(turn * np.pi / 8)])
    boxes = np.full((len(anchors), 4), np.nan)
    for i in [*range(len(anchors))] * 4:
        half = sizes[i] / 2
        middle = anchors[i] + side * (radii[i] + away)[:, None] + half * np.clip(1.6 * side, -1, 1)
        tried = np.hstack([middle - half, middle + half])
        rest = np.vstack([fixed, np.delete(boxes, i, axis=0)])
        low = np.maximum(tried[:, None, :2], rest[:, :2])
        shared = np.clip(np.minimum(tried[:, None, 2:], rest[:, 2:]) - low, 0, None)
        hit = np.nansum(shared.prod(axis=2), axis=1)
        beyond = np.hstack([bounds[:2] - tried[:, :2], tried[:, 2:] - bounds[2:]])
        out = np.clip(beyond, 0, None).sum(axis=1)
        left, bottom, right, top = tried.T[:, :, None]
        crossed = ((x > left) & (x < right) & (y > bottom) & (y < top)) @ weight
        away_from = np.clip(anchors, tried[:, None, :2], tried[:, None, 2:]) - anchors
        gaps = np.hypot(away_from[..., 0], away_from[..., 1]) - radii
        amiss = AMISS * (gaps < gaps[:, [i]]).any(axis=1)  # would be read as another mark's name
        cost = (
            1e3 * hit + 1e5 * out + crossed + amiss + 1.5 * away + np.minimum(turn, 16 - turn) / 4
        )
        boxes[i] = tried[cost.argmin()]
    return boxes
