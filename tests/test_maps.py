"""The maps without a browser: outlines, projection, labels that keep apart, the same bytes."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from importlib.resources import files
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from vanort_analysis.geography import (
    crowd,
    great_circles,
    outlines,
    place_labels,
    project,
    projection,
)
from vanort_analysis.maps import static_map
from vanort_analysis.webmap import interactive_map, leaflet

NINE = {"208", "234", "246", "248", "276", "304", "352", "578", "752"}
HOSTILE = [
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "${document.title='ran'}",
    "`+alert(1)+`",
    "</script><b>x",
    "\"quoted\" & 'so'",
    "\u202egnaw\u202c",
    "$\\frac{1}{2}$",
    "{{ 7*7 }}{% x %}",
]
NEEDED = (
    "inset_title home_key members_key size_key unknown_key former_key "
    "label help skip noscript zoom_in zoom_out close"
)
WORDS = {name: name.replace("_", " ") for name in NEEDED.split(" ")}


def chain() -> pd.DataFrame:
    rows = [
        ("vanersborg", "Vänersborg", "Sverige", 58.38075, 12.3234, "home", "town", 100, 1946),
        ("herning", "Herning", "Danmark", 56.13615, 8.97662, "member", "town", 230, 1946),
        ("holmestrand", "Holmestrand", "Norge", 59.48761, 10.31761, "member", "town", 100, 1947),
        ("siglufjordur", "Siglufjörður", "Island", 66.15198, -18.90815, "member", "town", 30, 1978),
        ("kangasala", "Kangasala", "Finland", 61.46383, 24.07602, "member", "town", 70, 1977),
        ("aland15", "Ålands kommuner", "Åland", 60.195, 20.2533, "member", "group", 250, 1977),
        ("eidi", "Eiði", "Färöarna", 62.2993, -7.09245, "member", "town", None, 1987),
        ("arsuk", "Arsuk", "Grönland", 61.174444, -48.450556, "member", "town", 15, 1988),
        ("husby", "Husby", "Sydslesvig", 54.76667, 9.58333, "member", "minority", 340, 1988),
        ("utajarvi", "Utajärvi", "Finland", 64.7625, 26.41944, "former", "town", None, 1948),
    ]
    columns = ["town", "label", "area", "lat", "lon", "role", "kind", "members", "year"]
    places = pd.DataFrame(rows, columns=columns).astype({"members": float})
    home, globe = places.iloc[0], Geod(ellps="WGS84")
    away = [globe.inv(home.lon, home.lat, p.lon, p.lat)[2] / 1000 for p in places.itertuples()]
    places["distance_km"] = away
    places["distance_text"] = [f"{km:.0f} km" for km in away]
    places["members_text"] = places["members"].astype("str")
    places["lines"] = [[f"{p.area} {p.year}", p.distance_text] for p in places.itertuples()]
    return places


def hostile() -> pd.DataFrame:
    places = chain().head(len(HOSTILE))
    return places.assign(label=HOSTILE, area=HOSTILE[::-1], lines=[[name] for name in HOSTILE])


def test_the_outlines_hold_the_nine_countries_and_are_what_their_provenance_says() -> None:
    folder = files("vanort_analysis") / "basemap"
    data = (folder / "nordic.geojson").read_bytes()
    about = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert len(data) <= 300_000
    assert hashlib.sha256(data).hexdigest() == about["sha256"]
    assert set(outlines()["id"]) >= NINE
    assert outlines().is_valid.all()
    flat = outlines().to_crs(about["parameters"]["crs"])
    assert flat.area.sum() - flat.union_all().area < 1e8  # no torn ring lies over its neighbours


def test_every_place_is_within_a_kilometre_of_land() -> None:
    crs = projection(chain())
    land = outlines().to_crs(crs).union_all()
    single = chain().query("kind != 'group'")  # a group's mean point may lie at sea
    for point in project(single, crs):
        assert land.distance(shapely.Point(point)) < 1


def test_the_projection_keeps_areas() -> None:
    crs, squares = projection(chain()), []
    for lon, lat in [(-48, 61), (-14, 62), (24, 64), (9, 54)]:
        squares.append(shapely.segmentize(shapely.box(lon, lat, lon + 1, lat + 1), 0.02))
    flat = gpd.GeoSeries(squares, crs=4326).to_crs(crs).area
    true = [abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) / 1e6 for s in squares]
    assert flat.to_numpy() == pytest.approx(true, rel=1e-4)


def test_the_line_to_arsuk_is_the_shortest_way() -> None:
    places = chain()
    pair = places[places["town"].isin(["vanersborg", "arsuk"])]
    assert pair["distance_km"].max() == pytest.approx(3304, abs=1)
    (line,) = great_circles(pair, projection(pair), 200)
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    assert length == pytest.approx(3304, rel=0.02)  # an equal-area map stretches a little


def overlaps(boxes: np.ndarray) -> int:
    shapes = [shapely.box(*box) for box in boxes]
    return sum(a.intersection(b).area > 0 for i, a in enumerate(shapes) for b in shapes[i + 1 :])


@pytest.mark.parametrize("seed", range(8))
def test_labels_stand_on_no_mark_and_no_label(seed: int) -> None:
    chance = np.random.default_rng(seed)
    marks = chance.uniform((60, 30), (900, 500), (14, 2))
    radii = chance.uniform(3, 6, 14)
    boxes = place_labels(marks, radii, np.tile((90, 34), (14, 1)), (0, 0, 960, 540))
    assert overlaps(boxes) == 0
    for box in boxes:
        assert box[0] >= 0
        assert box[3] <= 540
        for mark, r in zip(marks, radii, strict=True):
            assert not shapely.box(*box).intersects(shapely.Point(mark).buffer(r - 0.5))


def test_the_crowd_is_the_largest_group_and_needs_three() -> None:
    row = np.array([[0, 0], [1, 0], [2, 0], [9, 0], [10, 0]], float)
    assert crowd(row, 1.5).tolist() == [True, True, True, False, False]
    assert not crowd(row[3:], 1.5).any()


@pytest.mark.parametrize("narrow", [False, True])
def test_the_picture_is_well_formed_small_and_of_its_width(narrow: bool) -> None:
    text = static_map(chain(), WORDS, narrow=narrow)
    picture = ElementTree.fromstring(text)
    assert float(picture.attrib["width"]) == (340 if narrow else 960)
    assert len(text.encode()) <= (120_000 if narrow else 200_000)
    assert "<text" not in text  # glyphs are paths: the same on every device


def test_hostile_names_stay_out_of_the_picture_and_the_script() -> None:
    for narrow in (False, True):
        ElementTree.fromstring(static_map(hostile(), WORDS, narrow=narrow))
    fragment = interactive_map(hostile(), WORDS, key="m")
    ours = interactive_map(chain(), WORDS, key="m")
    assert fragment.count("<script") == ours.count("<script") == 2
    assert fragment.count("</script") == 2
    assert "<img" not in fragment
    assert 'onerror="' not in fragment


@pytest.mark.parametrize("rows", [[0], [0, 7], [0, 1, 2, 8]])
def test_a_short_chain_has_a_map(rows: list[int]) -> None:
    places = chain().iloc[rows]
    for narrow in (False, True):
        ElementTree.fromstring(static_map(places, WORDS, narrow=narrow))
    assert 'id="m-box"' in interactive_map(places, WORDS, key="m")


def test_a_chain_elsewhere_lies_in_the_sea_but_has_a_map() -> None:
    places = chain().head(4).assign(lat=[35.0, 36, -33, 40], lon=[135.0, 140, 151, -74])
    ElementTree.fromstring(static_map(places, WORDS))
    assert 'id="m-box"' in interactive_map(places, WORDS, key="m")


def test_leaflet_is_the_known_one_and_points_nowhere() -> None:
    script = distribution("XStatic-Leaflet").locate_file("xstatic/pkg/leaflet/data/leaflet.js")
    known = base64.b64encode(hashlib.sha256(script.read_bytes()).digest()).decode()
    assert known == "WBkoXOwTeyKclOHuWtc+i2uENFpDZ9YPdf5Hf+D7ewM="
    css, _ = leaflet()
    assert not [word for word in ("url(", "behavior", "progid", "@import") if word in css]
    assert css.count("{") == css.count("}")


def test_the_fragment_asks_for_nothing_and_keeps_to_its_key() -> None:
    fragment = interactive_map(chain(), WORDS, key="chain")
    assert len(fragment.encode()) <= 350_000
    assert "src=" not in fragment.split("<script>")[0]
    assert "href=" not in fragment.split("<script>")[0].replace('href="#', "")
    other = interactive_map(chain(), WORDS, key="other")
    assert 'id="other-box"' in other
    assert "chain" not in other
    with pytest.raises(ValueError, match="identifier"):
        interactive_map(chain(), WORDS, key="a b")


def test_two_processes_give_the_same_bytes() -> None:
    say = (
        "import sys, hashlib; sys.path.insert(0, 'tests'); from test_maps import *\n"
        "made = static_map(chain(), WORDS) + interactive_map(chain(), WORDS, key='m')\n"
        "sys.stdout.write(hashlib.sha256(made.encode()).hexdigest())"
    )
    made = set()
    for seed in ("1", "2"):
        run = [sys.executable, "-c", say]
        env = os.environ | {"PYTHONHASHSEED": seed}
        made.add(subprocess.run(run, env=env, capture_output=True, check=True).stdout)
    assert len(made) == 1
