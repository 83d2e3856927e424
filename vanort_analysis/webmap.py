"""The chain on a map that can be moved: folium, with Leaflet inside the page and no request.

`places` and its columns are those of `maps`. `words` used here: label (of the map), help (how to
use it), skip, noscript, zoom_in, zoom_out, close, home_key, size_key, unknown_key, former_key.
Names are data: they reach the page as escaped text or by textContent, never as markup or script.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import jinja2
import numpy as np
import pandas as pd
from branca.element import MacroElement
from folium.template import Template
from markupsafe import Markup

from . import geography
from .drawing import ACCENT, COAST, FORMER, HOME, INK, LAND, PAPER, SEA
from .maps import BORDER, LINE, radius

LEAFLET = "xstatic/pkg/leaflet/data/leaflet.js"
COLOURS = {"sea": SEA, "land": LAND, "coast": COAST, "border": BORDER, "ink": INK, "paper": PAPER}
COLOURS |= {"accent": ACCENT, "home": HOME, "former": FORMER}


def interactive_map(places: pd.DataFrame, words: Mapping[str, str], *, key: str) -> str:
    """An HTML fragment (style, box, scripts) that needs nothing from outside and no other CSS.

    `key` is an ASCII identifier: every id of the fragment begins with it, so that a page can hold
    several maps. Nothing but `words["noscript"]` is seen until the script runs, or in print.
    """
    if not (key.isascii() and key.isidentifier()):
        raise ValueError(f"key must be an ASCII identifier: {key!r}")
    crs, places = geography.projection(places), places.reset_index(drop=True)
    points, roles = geography.project(places, crs), places["role"]
    world = folium.Map([0, 0], crs="Simple", tiles=None, zoom_control=False)  # a unit is a km
    shore, borders = geography.land(crs, 4)  # simplified by 4 km
    _Call("vmLand", [_yx(ring) for ring in shore], [_yx(line) for line in borders]).add_to(world)
    for i, way in geography.great_circles(places, crs).simplify(1).items():
        gone = {"color": FORMER, "weight": 1.2, "dash_array": "4 4"}
        look = gone if roles[i] == "former" else {"color": LINE, "weight": 1.6}
        folium.PolyLine(_yx(way.coords), opacity=1, **look).add_to(world)
    signs = roles.where(places["members"].notna() | (roles != "member"), "unknown")
    radii = np.maximum(radius(places["members"], places["members"].max(), 15), 4)
    for i, place in places.iterrows():
        half = radii[i] * (np.pi**0.5 / 2 if signs[i] == "home" else 1)  # a square of the same area
        size = max(28, round(2 * radii[i]))  # a finger needs room, also on a small mark
        said = [str(place["label"]), str(place["area"]), [str(line) for line in place["lines"]]]
        _Call("vmPlace", _yx(points[i]), size, round(half, 1), signs[i], *said).add_to(world)
    close = geography.crowd(points, np.ptp(points, axis=0).max() / 5 + 1)
    views = (points, 20), (points[close | ~close.any()], 20), (np.vstack([points, *shore]), -8)
    boxes = [_yx([at.min(axis=0) - more, at.max(axis=0) + more]) for at, more in views]
    _Call("vmManners", *boxes, words["close"], words["zoom_in"], words["zoom_out"]).add_to(world)
    root: Any = world.get_root()
    for i, element in enumerate([root, world, *world._children.values()]):
        element._id = f"{key}{i}"  # else random: same input, same bytes
    root.render()
    about = {"key": key, "name": world.get_name(), "words": words, "signs": {"member", *signs}}
    frame, parts = _frame()
    # Of what folium makes, only the script is taken: its header links to other hosts.
    return frame.render(about | parts, calls=Markup(root.script.render()))


@cache
def leaflet() -> tuple[str, str]:
    """Leaflet's CSS, without rules for old browsers or that point at pictures, and its script."""
    place = Path(str(distribution("XStatic-Leaflet").locate_file(LEAFLET)))
    css, js = (place.with_suffix(kind).read_text("utf-8") for kind in (".css", ".js"))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"[^{}]*\{[^{}]*(?:url\(|behavior|progid)[^{}]*\}", "", css)
    return re.sub(r"\s+", " ", css), re.sub(r"\n?//# sourceMappingURL=.*", "", js)


@cache
def _frame() -> tuple[jinja2.Template, dict[str, Markup]]:
    """The fragment's template and what is the same in every map: styles, colours, scripts."""
    place = files(__package__)
    css, js, html = ((place / f"webmap.{x}").read_text("utf-8") for x in ("css", "js", "html"))
    css = f".vm{{{';'.join(f'--{name}:{colour}' for name, colour in COLOURS.items())}}}{css}"
    styles, library = leaflet()
    parts = {"leaflet": library, "css": styles + css, "js": re.sub(r"(?m)^\s*//.*\n", "", js)}
    return jinja2.Template(html, autoescape=True), {k: Markup(text) for k, text in parts.items()}


def _yx(points: Any) -> list:
    """Points of the plane, or one, as Leaflet wants them: north before east, in whole km."""
    return np.asarray(points)[..., ::-1].round().astype(int).tolist()


class _Call(MacroElement):
    """A call of a function in webmap.js with the map and values. No character is left that HTML, a
    template literal or Jinja would read: branca takes the rendered script for a template again."""

    _template = Template("""{% macro script(this, kwargs) %}
    {{ this.function }}({{ this._parent.get_name() }}, {{ this.arguments }});
    {% endmacro %}""")

    def __init__(self, function: str, *values: object) -> None:
        super().__init__()
        self.function, text = function, json.dumps(values, separators=(",", ":"))[1:-1]
        self.arguments = re.sub("[<>&'`${}]", lambda found: f"\\u{ord(found[0]):04x}", text)
