"""The interactive map: made with folium, with Leaflet inside the page and no network request.

`places` has the columns of the printed map and those of a pop-up: area, lines and sources (lists of
str), since and until (the years a place is shown, NaN for no limit). `words`: label (of the map),
help (how to use it), skip, noscript, zoom_in, zoom_out, close, year, find, find_help, show,
sources, cited_in (the language of their titles), home_key, size_key, unknown_key, former_key.
Names are data: they reach the page as escaped text or by textContent, never as markup or script.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import folium
import jinja2
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from . import map as geography
from . import style

FOLDER = Path(__file__).parent
LEAFLET = "xstatic/pkg/leaflet/data/leaflet.js"
MARK_COLUMNS = ["label", "area", "lines", "sources", "since", "until", "point", "way"]


def draw_interactive_map(
    places: pd.DataFrame, words: Mapping[str, str], years: Mapping[int, str], notes: Iterable[str]
) -> str:
    """An HTML fragment (style, box, scripts) that needs no other file and no other CSS.

    Until the script runs, and in print, only `words["noscript"]` is seen. `years`: what changed in
    each year, oldest first; a slider goes through them. `notes` stand under it.
    """
    many = len(places) > geography.MANY
    crs = geography.choose_projection(places)
    points = geography.project_points(places, crs)
    extent = np.ptp(points, axis=0).max()  # km
    routes = geography.great_circles(places, crs).simplify(extent / 500 if many else 1)
    lines = routes.map(lambda route: _to_leaflet(route.coords))
    marks = _list_marks(places.assign(point=[_to_leaflet(point) for point in points], way=lines))
    shores, borders = geography.simplify_land(crs, 4)
    land = [[_to_leaflet(line.coords) for line in shapes] for shapes in (shores, borders)]
    crowd = geography.find_crowd(points, extent / 5 + 1)
    close = points[crowd] if crowd.any() else points
    whole = np.vstack([points, shapely.get_coordinates(shores)])
    views = [(points, 20), (close, 20), (whole, -8)]  # and how far around them, in km
    boxes = [_to_leaflet([part.min(axis=0) - km, part.max(axis=0) + km]) for part, km in views]
    labels = [words[of] for of in ("sources", "cited_in", "close", "zoom_in", "zoom_out")]
    data = [land, marks, many, boxes, labels, list(years.values())]
    signs = {mark["sign"] for mark in marks} | {"former" for mark in marks if "until" in mark}
    variables = {"years": years, "notes": [*notes], "many": many, "words": words}
    return _load_template().render(variables, data=data, signs=signs)


def _list_marks(places: pd.DataFrame) -> list[dict[str, Any]]:
    """For each place what its mark, its route and its pop-up need, without what is unknown."""
    is_home = places["role"] == "home"
    gone = (places["role"] == "former") & places["until"].isna()  # nobody knows since when
    cases = [is_home, gone, places["members"].isna()]
    signs = np.select(cases, ["home", "former", "unknown"], "member")
    radii = np.maximum(geography.mark_radius(places["members"], 15), 3)
    radii = np.where(is_home, radii * geography.HALF_SIDE, radii)
    marks = places[MARK_COLUMNS].assign(sign=signs, r=radii.round(1)).astype("object")
    rows = marks.where(marks.notna(), None).to_dict("records")
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def load_leaflet() -> tuple[str, str]:
    """Leaflet's CSS, without rules for old browsers or with links to images, and its script."""
    script = Path(str(distribution("XStatic-Leaflet").locate_file(LEAFLET)))
    css = re.sub(r"/\*.*?\*/", "", script.with_suffix(".css").read_text("utf-8"), flags=re.S)
    css = re.sub(r"[^{}]*\{[^{}]*(?:url\(|behavior|progid)[^{}]*\}", "", css)
    js = script.read_text("utf-8")
    return re.sub(r"\s+", " ", css), re.sub(r"\n?//# sourceMappingURL=.*", "", js)


@cache
def _load_template() -> jinja2.Template:
    """The fragment's template, which knows what is the same in every map. Of folium's page, of an
    empty map in km, only the script is used, as its header links to other hosts."""
    empty = folium.Map([0, 0], crs="Simple", tiles=None, zoom_control=False)
    root: Any = empty.get_root()
    empty._id = root._id = "chain"  # otherwise random: equal input must give equal bytes
    root.render()
    js = re.sub(r"(?m)^\s*//.*\n", "", (FOLDER / "webmap.js").read_text("utf-8"))
    constants: dict[str, Any] = {"js": Markup(js), "style": style}
    constants["map"] = Markup(root.script.render())
    constants["leaflet_css"], constants["leaflet"] = map(Markup, load_leaflet())
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment.get_template("webmap.html", globals=constants)


def _to_leaflet(points: Any) -> list:
    """Points of the plane, or one, as Leaflet wants them: north before east, in whole km."""
    return np.asarray(points)[..., ::-1].round().astype(int).tolist()
