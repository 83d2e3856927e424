"""The chain on a map that can be moved: folium, with Leaflet inside the page and no request.

`places` and its columns are those of `maps`, and what a pop-up says: area, lines and sources (lists
of str), since and until (the years a place is shown, NaN for always). `words` used here: label (of
the map), help (how to use it), skip, noscript, zoom_in, zoom_out, close, year, find, find_help,
show, sources, home_key, size_key, unknown_key, former_key.
Names are data: they reach the page as escaped text or by textContent, never as markup or script.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import jinja2
import numpy as np
import pandas as pd
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from . import map as geography
from . import style
from .map import MANY, mark_radius

COMPACT: Any = {"ensure_ascii": False, "separators": (",", ":")}
LEAFLET = "xstatic/pkg/leaflet/data/leaflet.js"
SAID = ["label", "area", "lines", "sources", "since", "until", "point", "way"]
COLOURS = ("sea", "land", "coast", "border", "ink", "paper", "accent", "home", "former", "line")


def draw_interactive_map(
    places: pd.DataFrame,
    words: Mapping[str, str],
    *,
    key: str,
    years: Mapping[int, str] | None = None,
    notes: Iterable[str] = (),
    cited_in: str = "",
) -> str:
    """An HTML fragment (style, box, scripts) that needs nothing from outside and no other CSS.

    `key` is an ASCII identifier: every id of the fragment begins with it, so that a page can hold
    several maps. Nothing but `words["noscript"]` is seen until the script runs, or in print.
    `years`: what changed in each year, oldest first; a slider goes through them. `notes` stand
    under it. `cited_in` is the language of the sources' titles.
    """
    if not (key.isascii() and key.isidentifier()):
        raise ValueError(f"key must be an ASCII identifier: {key!r}")
    crs, places = geography.choose_projection(places), places.reset_index(drop=True)
    many, years = len(places) > MANY, years or {}
    points = geography.project_points(places, crs)
    wide = np.ptp(points, axis=0).max()  # km
    ways = geography.great_circles(places, crs).simplify(wide / 500 if many else 1)
    marks = _marks(
        places.assign(point=[*map(_yx, points)], way=ways.map(lambda way: _yx(way.coords)))
    )
    shore, borders = geography.simplify_land(crs, 4)  # simplified by 4 km
    land = [_yx(ring) for ring in shore], [_yx(line) for line in borders]
    close = geography.find_crowd(points, wide / 5 + 1)
    views = (points, 20), (points[close | ~close.any()], 20), (np.vstack([points, *shore]), -8)
    boxes = [_yx([at.min(axis=0) - more, at.max(axis=0) + more]) for at, more in views]
    spoken = [words["sources"], cited_in, words["close"], words["zoom_in"], words["zoom_out"]]
    said = land, marks, many, boxes, spoken, list(years.values())
    signs = {mark["sign"] for mark in marks} | {"former" for mark in marks if "until" in mark}
    frame, parts = _load_frame()
    own = _empty_map(key) | {"said": htmlsafe_json_dumps(said, **COMPACT), "signs": signs}
    return frame.render(parts | own, key=key, words=words, years=years, notes=[*notes], many=many)


def _empty_map(key: str) -> dict[str, Markup]:
    """The name and the script of an empty map, whose unit is a km.

    Of what folium makes, only the script is taken: its header links to other hosts.
    """
    world = folium.Map([0, 0], crs="Simple", tiles=None, zoom_control=False)
    root: Any = world.get_root()
    world._id = root._id = key  # else random: same input, same bytes
    root.render()
    return {"name": Markup(world.get_name()), "map": Markup(root.script.render())}


def _marks(places: pd.DataFrame) -> list[dict[str, Any]]:
    """Of each place: what its mark and its line need, and what the mark says."""
    gone = (places["role"] == "former") & places["until"].isna()  # nobody knows since when
    signs = places["role"].where((places["role"] == "home") | gone, "member")
    signs = signs.where(places["members"].notna() | (signs != "member"), "unknown")
    r = np.maximum(mark_radius(places["members"], places["members"].max(), 15), 4)
    r = np.where(signs == "home", r * np.pi**0.5 / 2, r).round(1)  # a square of the same area
    marks = places[SAID].assign(sign=signs, r=r).astype("object")
    known = marks.where(marks.notna(), None).to_dict("records")
    return [{name: of for name, of in mark.items() if of is not None} for mark in known]


@cache
def load_leaflet() -> tuple[str, str]:
    """Leaflet's CSS, without rules for old browsers or that point at pictures, and its script."""
    place = Path(str(distribution("XStatic-Leaflet").locate_file(LEAFLET)))
    css, js = (place.with_suffix(kind).read_text("utf-8") for kind in (".css", ".js"))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"[^{}]*\{[^{}]*(?:url\(|behavior|progid)[^{}]*\}", "", css)
    return re.sub(r"\s+", " ", css), re.sub(r"\n?//# sourceMappingURL=.*", "", js)


@cache
def _load_frame() -> tuple[jinja2.Template, dict[str, Markup]]:
    """The fragment's template and what is the same in every map: styles, colours, scripts."""
    place = files(__package__)
    css, js, html = ((place / f"webmap.{x}").read_text("utf-8") for x in ("css", "js", "html"))
    day = {f"--{name}": getattr(style, name.upper()) for name in (*COLOURS, "secondary")}
    night = {name: style.DARK[colour] for name, colour in day.items()}
    by_day, by_night = (";".join(map(":".join, each.items())) for each in (day, night))
    dark = "@media (prefers-color-scheme:dark) and (forced-colors:none)"
    css = f".vm{{{by_day}}}{dark}{{.vm{{{by_night}}}}}{css}"
    styles, library = load_leaflet()
    parts = {"leaflet": library, "css": styles + css, "js": re.sub(r"(?m)^\s*//.*\n", "", js)}
    return jinja2.Template(html, autoescape=True), {k: Markup(text) for k, text in parts.items()}


def _yx(points: Any) -> list:
    """Points of the plane, or one, as Leaflet wants them: north before east, in whole km."""
    return np.asarray(points)[..., ::-1].round().astype(int).tolist()
