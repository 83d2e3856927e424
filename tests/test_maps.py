"""The maps without a browser: outlines, projection, labels that keep apart, the same bytes."""

import base64
import hashlib
import json
import re
from functools import partial
from importlib.metadata import distribution
from importlib.resources import files
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from vanort_analysis.pictures import map as geography
from vanort_analysis.pictures.map import SMALL, MapPainter, draw_map
from vanort_analysis.pictures.style import ACCENT, FORMER, HOME, SECONDARY, Drawing
from vanort_analysis.pictures.webmap import LEAFLET, draw_interactive_map, load_leaflet

from .test_charts import SVG, boxes_of, written

HOSTILE = [
    "</script><script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "${document.title='ran'}",
    "`+alert(1)+`",
    "\"quoted\" & 'so'",
    "\u202egnaw\u202c",
    "$\\frac{1}{2}$",
    "{{ 7*7 }}{% x %}",
    "\\u003cb\\n\u2028x",
]
NEEDED = """inset_title label help find_help skip noscript zoom_in zoom_out close year find show
sources home_key members_key size_key unknown_key former_key unnamed_key
active sporadic dormant no_record"""
WORDS = {name: name.replace("_", " ") for name in NEEDED.split()} | {"cited_in": "sv"}


def chain() -> pd.DataFrame:
    rows = [
        ("Vänersborg", "Sverige", 58.38075, 12.3234, "home", 100, 0, 1946),
        ("Herning", "Danmark", 56.13615, 8.97662, "member", 230, 321, 1946),
        ("Holmestrand", "Norge", 59.48761, 10.31761, "member", 100, 169, 1947),
        ("Siglufjörður", "Island", 66.15198, -18.90815, "member", 30, 1812, 1949),
        ("Kangasala", "Finland", 61.46383, 24.07602, "member", 70, 740, 1977),
        ("Ålands kommuner", "Åland", 60.195, 20.2533, "member", 250, 495, 1977),
        ("Eiði", "Färöarna", 62.2993, -7.09245, "member", None, 1152, 1978),
        ("Arsuk", "Grönland", 61.174444, -48.450556, "member", 15, 3304, 1989),
        ("Husby", "Sydslesvig", 54.76667, 9.58333, "member", 340, 436, None),
        ("Utajärvi", "Finland", 64.7625, 26.41944, "former", None, 1029, 1948),
    ]
    columns = ["label", "area", "lat", "lon", "role", "members", "distance_text", "since"]
    places = pd.DataFrame(rows, columns=columns).astype({"members": float, "distance_text": str})
    said = places[["area", "distance_text"]].to_numpy().tolist()
    until = np.where(places["role"] == "former", 1976, np.nan)
    places["status"] = ["", *["active", "sporadic", "active", "dormant", "active"] * 2][:10]
    places.loc[7, "status"] = "no_record"
    silent = places["members"].isna() & (places["role"] == "member")
    places["sign"] = places["role"].mask(silent, "unknown")
    places["detail"] = places["area"] + " · " + places["distance_text"]
    return places.assign(until=until, lines=said, sources=places[["area"]].to_numpy().tolist())


def small_map(places: pd.DataFrame, words: dict[str, str], *, narrow: bool = False) -> str:
    """The map of the ties, as the memo has it."""
    ties = places[places["role"] != "former"].reset_index(drop=True)
    ties["sign"] = ties["status"].where(ties["role"] != "home", "home")
    ties["detail"] = ties["sign"].map({"home": "home key"} | words)
    return draw_map(ties.assign(members=1.0), words, narrow=narrow, small=True)


def hostile() -> pd.DataFrame:
    return chain()[:9].assign(
        label=HOSTILE,
        area=HOSTILE[::-1],
        lines=[[name] for name in HOSTILE],
        sources=[[name] for name in HOSTILE],
    )


def test_the_outlines_are_what_their_provenance_says_and_hold_every_place() -> None:
    folder = files("vanort_analysis.pictures") / "basemap"
    about = json.loads((folder / "provenance.json").read_text("utf-8"))
    shipped = (folder / "nordic.geojson").read_bytes()
    assert hashlib.sha256(shipped).hexdigest() == about["sha256"]
    ids = {feature["properties"]["id"] for feature in json.loads(shipped)["features"]}
    assert ids >= {"208", "234", "246", "248", "276", "304", "352", "578", "752"}
    land, borders = geography.load_outlines()[:-1], geography.load_outlines().iloc[-1]
    assert shapely.coverage_is_valid(land)  # no gap, no overlap, no torn ring
    inland = shapely.difference(land.boundary.union_all(), land.union_all().boundary)
    assert borders.equals(inland)  # every line that two countries share, and no coast
    crs, single = geography.choose_projection(chain()), chain().query("area != 'Åland'")  # a group
    points = shapely.points(geography.project_points(single, crs))
    assert shapely.dwithin(land.to_crs(crs).union_all(), points, 1).all()  # km


def test_the_line_to_arsuk_is_the_shortest_way() -> None:
    (way,) = geography.great_circles(chain().iloc[[0, 7]], geography.choose_projection(chain()))
    assert way.length == pytest.approx(3304, rel=0.02)  # an equal-area map stretches a little


@pytest.mark.parametrize("seed", range(8))
def test_labels_stand_on_no_mark_and_no_label(seed: int) -> None:
    chance = np.random.default_rng(seed)
    marks = chance.uniform((60, 30), (900, 500), (14, 2))
    radii = chance.uniform(3, 6, 14)
    sizes = np.tile((90, 34), (14, 1))
    labels = geography.place_labels(marks, radii, sizes, (0, 0, 960, 540), [], [])
    boxes, discs = shapely.box(*labels.T), shapely.buffer(shapely.points(marks), radii - 0.5)
    assert shapely.union_all(boxes).area == pytest.approx(shapely.area(boxes).sum())
    assert not shapely.intersects(boxes[:, None], discs).any()
    assert shapely.contains(shapely.box(0, 0, 960, 540), boxes).all()


@pytest.mark.parametrize("seed", [1, 5, 7, 8])
def test_a_label_without_room_is_placed_before_the_others(seed: int) -> None:
    chance = np.random.default_rng(seed)
    marks, radii = chance.uniform((30, 20), (230, 110), (5, 2)), np.full(5, 5.0)
    sizes = np.column_stack([chance.uniform(40, 120, 5), np.full(5, 30.0)])
    place = partial(geography.place_labels, marks, radii, sizes, (0, 0, 260, 130), [], [])
    assert np.isnan(place(tries=1)).any()
    assert not np.isnan(place()).any()


@pytest.mark.parametrize("seed", [125, 265])
def test_another_try_never_takes_a_label_away(seed: int) -> None:
    chance = np.random.default_rng(seed)
    marks, radii = chance.uniform(20, 280, (14, 2)), np.full(14, 6.0)
    sizes = np.column_stack([chance.uniform(40, 120, 14), np.full(14, 24.0)])
    place = partial(geography.place_labels, marks, radii, sizes, (0, 0, 300, 300), [], [])
    first = place(tries=1)
    assert np.isnan(first).any()
    assert np.isnan(place()).sum() <= np.isnan(first).sum()


DRAW = {"whole": draw_map, "small": small_map}
EACH = pytest.mark.parametrize("name", DRAW)
NARROW = pytest.mark.parametrize("narrow", [False, True])


def marks_of(picture: str) -> list[ElementTree.Element]:
    """The marks of the picture, those of its key included."""
    shapes = ElementTree.fromstring(picture).iter()
    return [
        each
        for each in shapes
        if each.tag == f"{SVG}circle" or (each.tag == f"{SVG}rect" and each.get("fill") == HOME)
    ]


def box_of(mark: ElementTree.Element) -> shapely.Geometry:
    """The disc, or the home town's square, that a mark fills."""
    keys = ("cx", "cy", "r", "x", "y", "width", "height")
    cx, cy, r, x, y, wide, high = (float(mark.get(key, 0)) for key in keys)
    return shapely.Point(cx, cy).buffer(r) if r else shapely.box(x, y, x + wide, y + high)


def crossings(picture: str) -> list[str]:
    """The labels that touch another label, a mark, the inset's title or the edge."""
    texts = [each for each in boxes_of(picture) if each[0] != "?"]
    whole = shapely.box(
        0, 0, *map(float, ElementTree.fromstring(picture).get("viewBox").split()[2:])
    )
    marks = [box_of(mark) for mark in marks_of(picture)]
    wrong = [f"{text} is cut" for text, box in texts if not whole.contains(box)]
    for i, (text, box) in enumerate(texts):
        others = [other for n, (_, other) in enumerate(texts) if n != i]
        hit = [thing for thing in [*others, *marks] if box.intersection(thing).area > 4]
        wrong += [f"{text} is touched"] * bool(hit)
    return wrong


@EACH
@NARROW
@pytest.mark.parametrize("rows", [10, 9, 4, 2])
def test_labels_keep_apart(name: str, narrow: bool, rows: int) -> None:
    picture = DRAW[name](chain()[:rows], WORDS, narrow=narrow)
    assert crossings(picture) == []
    there = chain()[:rows].query("role != 'former'") if name == "small" else chain()[:rows]
    assert {*written(picture)} >= set(there["label"])


@NARROW
def test_of_hundreds_of_places_as_many_are_named_as_fit(narrow: bool) -> None:
    chance, home = np.random.default_rng(1), chain().iloc[[0] * 251].reset_index(drop=True)
    places = home.assign(
        lat=chance.uniform(55, 68, 251),
        lon=chance.uniform(-20, 25, 251),
        role=["home"] + ["member"] * 250,
        sign=["home"] + ["member"] * 250,
        label=["Hemort", *(f"Ort {n}" for n in range(250))],
    )
    picture = draw_map(places, WORDS, narrow=narrow)
    assert crossings(picture) == []
    named = {*written(picture)} & set(places["label"])
    assert "Hemort" in named
    told = f"{WORDS['unnamed_key']}: {251 - len(named)}"
    assert told in written(picture)


@EACH
@NARROW
def test_the_picture_is_small_and_its_names_can_be_searched(name: str, narrow: bool) -> None:
    picture = DRAW[name](chain(), WORDS, narrow=narrow)
    root = ElementTree.fromstring(picture)
    assert root.get("viewBox").split()[2] == str(340 if narrow else 960 if name == "whole" else 800)
    assert len(picture.encode()) <= 80_000
    texts = root.findall(".//{*}text")
    assert {"Vänersborg", "Siglufjörður", "Ålands kommuner"} <= {text.text for text in texts}
    assert all(text.get("paint-order") == "stroke" for text in texts)
    assert not re.search(r" id=|href=|url\(", picture)  # it can stand beside any other
    spoilt = ElementTree.fromstring(DRAW[name](hostile(), WORDS, narrow=narrow))
    assert narrow or set(HOSTILE) <= {text.text for text in spoilt.findall(".//{*}text")}


def test_a_line_leads_to_the_words_of_a_label_not_to_its_empty_corner() -> None:
    drawing, spot, box = Drawing(400, 200), np.array([300.0, 100.0]), (95.0, 50.0, 295.0, 90.0)
    painter = MapPainter(drawing, SMALL, chain(), np.zeros((0, 2)), gpd.GeoSeries())
    place = pd.Series({"label": "Ålands landkommuner", "detail": "x", "role": "member"})
    painter.draw_label(place, spot, 5, box)
    picture = drawing.to_svg()
    (line,) = ElementTree.fromstring(picture).findall(f".//{{*}}path[@stroke='{SECONDARY}']")
    ends = np.reshape(re.findall(r"[\d.]+", line.get("d")), (2, 2)).astype(float)
    (name, _) = (box for _, box in boxes_of(picture))
    assert name.distance(shapely.Point(ends[1])) < 6
    assert name.bounds[2] < 295  # the box is wider than its words


def test_each_tie_has_its_state_as_a_sign_and_in_a_word() -> None:
    picture = small_map(chain(), WORDS)
    said = [text.text for text in ElementTree.fromstring(picture).findall(".//{*}text")]
    assert said.count("active") == 5
    assert said.count("no record") == said.count("?") == 1
    assert said.count("sporadic") == said.count("dormant") == 1
    assert "Utajärvi" not in said  # has left
    looks = {
        (mark.tag, mark.get("fill"), mark.get("stroke-dasharray")) for mark in marks_of(picture)
    }
    assert len(looks) == 4  # home, active, dormant, no record
    halves = ElementTree.fromstring(picture).findall(f".//{{*}}path[@fill='{ACCENT}']")
    assert len(halves) == 1  # of a disc: sporadic


def test_a_place_that_the_inset_shows_is_only_a_dot_in_the_map_above() -> None:
    """It had the sign of a member, or of an active tie, whatever it was."""
    marks = marks_of(draw_map(chain(), WORDS, narrow=True))
    dots = [mark for mark in marks if mark.get("fill") == FORMER]
    assert len(dots) >= 3
    assert {dot.get("r") for dot in dots} == {"3"}


def test_hostile_names_are_only_text_to_the_script() -> None:
    fragment = draw_interactive_map(hostile(), WORDS, {}, ())
    assert fragment.count("<script") == fragment.count("</script") == 2
    assert not [word for word in ("<img", 'onerror="') if word in fragment]
    _, places, *_ = json.loads(re.search(r"vmShow\(\w+, \.\.\.(.*)\);\n", fragment)[1])
    assert [place["label"] for place in places] == HOSTILE  # nothing has read them on the way


@pytest.mark.parametrize("rows", [[0], [7, 0], [0, 1, 2, 8]])
@pytest.mark.parametrize("away", [0, 120])
def test_a_short_chain_and_one_elsewhere_have_a_map(rows: list[int], away: int) -> None:
    places = chain().iloc[rows].assign(lon=lambda frame: frame["lon"] + away)
    for narrow in (False, True):
        ElementTree.fromstring(draw_map(places, WORDS, narrow=narrow))
    assert 'id="chain-box"' in draw_interactive_map(places, WORDS, {}, ())


def test_an_inset_shows_its_places_larger_or_is_not_there() -> None:
    assert WORDS["inset_title"] in draw_map(chain(), WORDS, narrow=True)
    together = chain().iloc[[0, 1, 2, 8]]  # its crowd is the whole chain
    assert WORDS["inset_title"] not in draw_map(together, WORDS, narrow=True)


def test_a_map_ends_with_the_land_if_its_places_have_room() -> None:
    points, box, margins = np.array([[-600, 0], [1000, 900]]), (0, 0, 800, 270), (60, 30, 80, 30)
    free = geography.fit_view(points, box, margins).part
    east = free[2] - 100
    ended = geography.fit_view(points, box, margins, east).part
    assert ended[2] == pytest.approx(east)
    assert np.ptp(ended[[0, 2]]) == pytest.approx(np.ptp(free[[0, 2]]))  # moved, not cut
    crowded = geography.fit_view(points, box, margins, points[1, 0])
    assert (crowded.part[2] - points[1, 0]) / crowded.km == pytest.approx(margins[2])


def test_leaflet_is_the_known_one_and_points_nowhere() -> None:
    script = distribution("XStatic-Leaflet").locate_file(LEAFLET).read_bytes()
    known = "WBkoXOwTeyKclOHuWtc+i2uENFpDZ9YPdf5Hf+D7ewM="
    assert base64.b64encode(hashlib.sha256(script).digest()).decode() == known
    assert not re.search("url\\(|behavior|progid|@import", load_leaflet()[0])


def test_the_fragment_asks_for_nothing() -> None:
    fragment = draw_interactive_map(chain(), WORDS, {}, ())
    assert len(fragment.encode()) <= 300_000
    assert not re.search('src=|href="[^#]', fragment.split("<script>")[0])
