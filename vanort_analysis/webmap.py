"""The chain on a map that can be moved: folium, with Leaflet inside the page and no request.

`places` and its columns are those of `maps`. `words` used here: label (of the map), help (how to
use it), skip, noscript, zoom_in, zoom_out, close, home_key, size_key, unknown_key, former_key.
Names are data: they reach the page as escaped text or by textContent, never as markup or script.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
from branca.element import Element, MacroElement
from folium.template import Template

from .cartography import BORDER, LINE, radius
from .drawing import ACCENT, COAST, FORMER, HOME, INK, LAND, PAPER, SEA
from .geography import great_circles, land, project, projection

UNIT = 10  # km to a unit of the map, so that its zoom levels are small numbers
TOLERANCE = 4  # km, of the outlines
LEAFLET = "xstatic/pkg/leaflet/data/leaflet"


def interactive_map(places: pd.DataFrame, words: Mapping[str, str], *, key: str) -> str:
    """An HTML fragment (style, box, scripts) that needs nothing from outside and no other CSS.

    `key` is an ASCII identifier: every id of the fragment begins with it, so that a page can hold
    several maps. Nothing but `words["noscript"]` is seen until the script runs, or in print.
    """
    if not (key.isascii() and key.isidentifier()):
        raise ValueError(f"key must be an ASCII identifier: {key!r}")
    crs, places = projection(places), places.reset_index(drop=True)
    points = project(places, crs) / UNIT
    low, high = points.min(axis=0), points.max(axis=0)
    spread = np.maximum(high - low, 40)
    world = _OfflineMap(
        list((low + high)[::-1] / 2),
        crs="Simple",
        minZoom=-4,
        maxZoom=4,
        zoomSnap=0.05,
        scrollWheelZoom=False,
        zoomAnimation=False,  # calm, and names are set where they will stay
        fadeAnimation=False,
        dragging=folium.JsCode("!L.Browser.mobile"),
        maxBounds=[(low - 2 * spread)[::-1].tolist(), (high + 2 * spread)[::-1].tolist()],
    )
    _Outline(*([r / UNIT for r in part] for part in land(crs, TOLERANCE))).add_to(world)
    others = places.query("role != 'home'")["role"]
    for line, role in zip(great_circles(places, crs), others, strict=True):
        gone = {"color": FORMER, "weight": 1.2, "dash_array": "4 4"}
        look = gone if role == "former" else {"color": LINE, "weight": 1.6}
        folium.PolyLine((line[:, ::-1] / UNIT).round(2).tolist(), opacity=1, **look).add_to(world)
    radii = np.maximum(radius(places["members"], places["members"].max(), 15), 4)
    for i, place in places.iterrows():
        _Place(place, points[i], float(radii[i])).add_to(world)
    bounds = [(low - 2)[::-1].tolist(), (high + 2)[::-1].tolist()]
    _Manners(words, bounds).add_to(world)
    return _fragment(world, places, words, key)


def _fragment(world: folium.Map, places: pd.DataFrame, words: Mapping[str, str], key: str) -> str:
    root: Any = world.get_root()
    for i, element in enumerate(_walk(root)):
        element._id = f"{key}{i}"  # else random: same input, same bytes
    root.render()
    (css, js), (own_css, own_js) = leaflet(), _own()
    signs = [("home", words["home_key"]), ("member", words["size_key"])]
    former = places["role"] == "former"
    signs += [("unknown", words["unknown_key"])] * bool(places["members"][~former].isna().any())
    signs += [("former", words["former_key"])] * bool(former.any())
    legend = "".join(
        f'<li><span class="vm-mark vm-{sign}" aria-hidden="true"></span>{escape(text)}</li>'
        for sign, text in signs
    )
    return (
        f"<style>{css}{own_css}</style>"
        f"<noscript><p>{escape(words['noscript'])}</p></noscript>"
        f'<div class="vm" id="{key}-box" hidden>'
        f'<p id="{key}-help">{escape(words["help"])}</p>'
        f'<div class="vm-frame"><a class="vm-skip" href="#{key}-end">{escape(words["skip"])}</a>'
        f'<div class="vm-map" id="{world.get_name()}" role="group" '
        f'aria-label="{escape(words["label"])}" aria-describedby="{key}-help"></div></div>'
        f'<ul class="vm-key" id="{key}-end" tabindex="-1">{legend}</ul></div>'
        f"<script>{js}</script>"
        f'<script>(() => {{document.getElementById("{key}-box").hidden = false;'
        f"{own_js}{root.script.render()}}})();</script>"
    )


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _walk(child)


@cache
def leaflet() -> tuple[str, str]:
    """Leaflet's CSS, without rules for old browsers or that point at pictures, and its script."""
    package = distribution("XStatic-Leaflet")
    css, js = (
        Path(str(package.locate_file(f"{LEAFLET}.{kind}"))).read_text("utf-8")
        for kind in ("css", "js")
    )
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"[^{}]*\{[^{}]*(?:url\(|behavior|progid)[^{}]*\}", "", css)
    return re.sub(r"\s+", " ", css), re.sub(r"\n?//# sourceMappingURL=.*", "", js)


@cache
def _own() -> tuple[str, str]:
    """Our CSS, with the colours of every other picture, and our script, without comments."""
    colours = {"sea": SEA, "coast": COAST, "ink": INK, "paper": PAPER, "accent": ACCENT}
    colours |= {"home": HOME, "former": FORMER}
    css, js = ((files(__package__) / f"webmap.{kind}").read_text("utf-8") for kind in ("css", "js"))
    named = ";".join(f"--{name}:{colour}" for name, colour in colours.items())
    return f".vm{{{named}}}{css}", re.sub(r"(?m)^\s*//.*\n", "", js)


class _OfflineMap(folium.Map):
    """A map that links to nothing and brings no tiles."""

    default_js: list = []  # noqa: RUF012 as folium has them
    default_css: list = []  # noqa: RUF012

    def __init__(self, location: list[float], **options: Any) -> None:
        super().__init__(
            location, tiles=None, zoom_control=False, attribution_control=False, **options
        )


class _Outline(MacroElement):
    """Land and borders as one GeoJSON layer; the coordinates are those of the plane."""

    _template = Template("""{% macro script(this, kwargs) %}
    L.geoJSON({{ this.shapes|tojson }}, {interactive: false, style: f => f.properties})
      .addTo({{ this._parent.get_name() }});
    {% endmacro %}""")

    def __init__(self, rings: list[np.ndarray], borders: list[np.ndarray]) -> None:
        super().__init__()
        look = {"color": COAST, "weight": 0.7, "fillColor": LAND, "fillOpacity": 1}
        self.shapes = [
            _feature("MultiPolygon", [[r.round(1).tolist()] for r in rings], look),
            _feature(
                "MultiLineString",
                [r.round(1).tolist() for r in borders],
                {"color": BORDER, "weight": 0.8},
            ),
        ]


def _feature(kind: str, coordinates: list, look: dict) -> dict:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": look, "geometry": geometry}


def _js(*values: object) -> str:
    """Values without dicts as arguments of a script. No character is left that HTML, a template
    literal or Jinja would read: branca takes the rendered script for a template once more."""
    text = json.dumps(values)[1:-1]
    return re.sub("[<>&'`${}]", lambda found: f"\\u{ord(found[0]):04x}", text)


class _Place(folium.Marker):
    """A marker born with its own mark (no picture is ever asked for) and a pop-up of plain text."""

    _template = Template("""{% macro script(this, kwargs) %}
    vmPlace({{ this._parent.get_name() }}, {{ this.arguments }});
    {% endmacro %}""")

    def __init__(self, place: pd.Series, at: np.ndarray, r: float) -> None:
        super().__init__(at[::-1].round(2).tolist())
        sign = "unknown" if pd.isna(place["members"]) else "member"
        sign = place["role"] if place["role"] in ("home", "former") else sign
        half = round(r * (np.pi**0.5 / 2 if sign == "home" else 1), 1)  # a square of the same area
        size = max(28, round(2 * r))  # a finger needs room, also on a small mark
        said = [str(place["label"]), str(place["area"]), [str(line) for line in place["lines"]]]
        self.arguments = _js(self.location, size, half, sign, *said)


class _Manners(MacroElement):
    """What Leaflet lacks: words of the page's language, the keyboard's way, names apart."""

    _template = Template("""{% macro script(this, kwargs) %}
    vmManners({{ this._parent.get_name() }}, {{ this.arguments }});
    {% endmacro %}""")

    def __init__(self, words: Mapping[str, str], bounds: list[list[float]]) -> None:
        super().__init__()
        self.arguments = _js(bounds, words["close"], words["zoom_in"], words["zoom_out"])
