"""Every chart, wide and narrow: the unknown is drawn, texts keep apart, names are harmless."""

import re
import xml.etree.ElementTree as ET
from functools import cache
from io import StringIO

import pandas as pd
import pytest
import shapely

from vanort_analysis.pictures import charts
from vanort_analysis.pictures.style import (
    ACCENT,
    DARK,
    FONT_FILES,
    FORMER,
    HOME,
    PAPER,
    load_typeface,
    text_width,
)

YEARS = ("entered", "left", "merged")  # lists
NAN, SVG = float("nan"), "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "$x$ & $\\frac{1}{2}$",
    "--><svg onload=alert(1)><script>alert(1)</script>",
    '${x}`\'" id="m1" url(#x)',
    "\u202eabc\u202c\x00\x1b",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "En ort med ett mycket långt namn som aldrig vill ta slut och ändå fortsätter en bit till",
    "中文 עברית",
    "",
]
FRAMES = {
    "history": """place,entered,left,merged,gone,parts,home
        Vänersborg,1946,,,False,1946,True
        Utajärvi,1948,1976 1975,,True,"1948, lämnade 1976 eller 1975",False
        Arsuk,1989 1987,,,False,1989 eller 1987,False
        Herning,1946,,2007,False,"1946, sammanslagen 2007",False""",
    "members": """panel,place,low,high,shown,home,about
        ,Husby,340,340,340 st,False,False
        ,Herning,200,230,200–230,False,False
        ,Vänersborg,100,100,ca 100,True,True
        ,Holmestrand,100,inf,minst 100,False,False
        ,Eidi,0,inf,uppgift saknas,False,False""",
    "hosts": """place,year,kind,home
        Siglufjördur,1951,meeting,False
        Siglufjördur,1986,announced,False
        Vänersborg,2012,conference,True
        Vänersborg,2012,meeting,True
        Eidi,,meeting,False""",
    "support": """panel,place,low,high,shown,home,about
        sum,Herning,20505,20505,20 505 kr,False,False
        sum,Holmestrand,0,0,inget bidrag,False,False
        sum,Eidi,0,inf,nämns inte,False,False
        sum,Vänersborg,15000,15000,15 000 kr,True,False
        each,Herning,89.2,89.2,"89,2 kr",False,False
        each,Holmestrand,0,0,,False,False
        each,Eidi,0,inf,,False,False
        each,Vänersborg,150,150,150 kr,True,False""",
    "meeting_row": """year,host,kind,home
        2007,Kangasala,meeting,False
        2008,Siglufjördur,announced,False
        2009,,unknown,False
        2010,Vänersborg,conference,True
        2011,Husby,seminar,False
        2012,,unknown,False""",
}
SAID = (
    "until=2014;count=Antal orter;meeting=möte;seminar=seminarium;unknown=ingen uppgift;"
    "never=inget känt möte;conference=konferens;announced=aviserat;"
    "sum=Kronor;each=Per medlem"
)
WORDS = dict(word.split("=") for word in SAID.split(";"))
MEANT = ("kind", "year", "panel")  # columns that are no text of the chart
DRAW = {"members": charts.draw_amounts, "support": charts.draw_amounts, "hosts": charts.draw_hosts}
DRAW |= {"meeting_row": charts.draw_meeting_row}
COUNTS = pd.Series([2, 3, 2, 3], [1946.0, 1948.0, 1976.0, 1989.0])
CHART = pytest.mark.parametrize("narrow", [False, True])
EACH = pytest.mark.parametrize("name", FRAMES)


def _hostile(frame):
    texts = [c for c in frame if isinstance(frame[c].iloc[0], str) and c not in MEANT]
    return frame.assign(**{c: HOSTILE[: len(frame)] for c in texts})


def _unknown(frame):
    bounds = {"low": 0.0, "high": float("inf")} if "low" in frame else {}
    bare = {of: [[] for _ in frame.index] for of in YEARS if of in frame}
    dated = {"year": NAN} if {"place", "year"} <= {*frame} else {}
    return frame.assign(**bounds, **bare, **dated)


CASES = {"sample": lambda frame: frame, "one": lambda frame: frame.tail(1).set_axis([7])}
CASES |= {"unknown": _unknown, "hostile": _hostile}


@cache
def drawn(name, case, narrow, time=1):
    """A chart of a case: its SVG and its texts with the boxes they fill."""
    words_in = dict.fromkeys(("shown", "host", "parts", "panel", *YEARS), "str")
    frame = pd.read_csv(StringIO(FRAMES[name].replace(" " * 8, "")), dtype=words_in)
    frame = frame.fillna(dict.fromkeys({*words_in} & {*frame}, ""))
    for of in {*YEARS} & {*frame}:
        frame[of] = [list(map(float, years.split())) for years in frame[of]]
    frame = CASES[case](frame)
    if "parts" in frame:
        frame["parts"] = frame["parts"].str.split(", ")
    spoilt = {key: f"{HOSTILE[5]} {key}" for key in WORDS} | {"until": "2014"}
    words = spoilt if case == "hostile" else WORDS

    before = frame.copy()
    if name == "history":
        counts = COUNTS[:0] if case == "unknown" else COUNTS
        svg = charts.draw_history(frame, words, narrow=narrow, counts=counts)
    else:
        svg = DRAW[name](frame, words, narrow=narrow)
    pd.testing.assert_frame_equal(frame, before)
    return {"svg": svg, "texts": boxes_of(svg)}


def boxes_of(svg):
    """The texts of a picture with the boxes they fill."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        size, x, foot = (float(text.get(key, 13)) for key in ("font-size", "x", "y"))
        wide = text_width(text.text, text.get("font-weight", "normal"), size)
        left = x - wide * {"middle": 0.5, "end": 1}.get(text.get("text-anchor"), 0)
        found.append(
            (text.text, shapely.box(left, foot - 0.75 * size, left + wide, foot + 0.2 * size))
        )
    return found


def written(svg):
    return [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]


@EACH
@CHART
@pytest.mark.parametrize("case", CASES)
def test_well_formed_harmless_and_within(name, narrow, case):
    seen = drawn(name, case, narrow)
    root = ET.fromstring(seen["svg"])
    wide, high = map(float, root.get("viewBox").split()[2:])
    assert wide == (340 if narrow else 800)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "rect", "circle", "text"}
    keys = {key for element in root.iter() for key in element.attrib}
    assert not [key for key in keys if key.startswith(("on", "{")) or key == "style"]
    assert not {"width", "height"} & {*root.attrib}  # the page's style sheet says how wide
    assert re.findall("<(?:svg|script)", seen["svg"]) == ["<svg"]
    for text, box in seen["texts"]:
        assert shapely.box(-1, -1, wide + 1, high + 1).contains(box), text


@EACH
@CHART
@pytest.mark.parametrize("case", ["sample", "unknown"])
def test_no_text_stands_on_another(name, narrow, case):
    texts = drawn(name, case, narrow)["texts"]
    for i, (text, box) in enumerate(texts):
        hit = [other for other, area in texts[:i] if box.intersection(area).area > 4]
        assert not hit, (text, hit)


@EACH
@CHART
def test_same_bytes_and_few(name, narrow):
    first, again = (drawn(name, "sample", narrow, time)["svg"] for time in (1, 2))
    assert first == again
    assert len(first) < 9_000


@CHART
def test_the_unknown_is_drawn_and_said(narrow):
    for name, said in (
        ("members", "uppgift saknas"),
        ("support", "nämns inte"),
        ("hosts", "inget känt möte"),
        ("meeting_row", "ingen uppgift"),
    ):
        assert said in written(drawn(name, "sample", narrow)["svg"])
    for name in ("members", "support"):
        assert re.search(
            f'fill="none"[^>]* stroke="{FORMER}"', drawn(name, "sample", narrow)["svg"]
        )
    row = written(drawn("meeting_row", "sample", narrow)["svg"])
    assert row.count("?") == len([2009, 2012])
    assert {str(year) for year in range(2007, 2013)} <= set(row)


@EACH
@CHART
def test_the_home_town_has_a_colour_of_its_own(name, narrow):
    shapes = ET.fromstring(drawn(name, "sample", narrow)["svg"]).iter()
    assert HOME in [shape.get("fill") for shape in shapes if shape.tag != f"{SVG}text"]


@CHART
def test_a_meeting_that_was_not_held_is_a_ring(narrow):
    marks = {
        year: {mark.get("fill") for mark in ET.fromstring(row).iter(f"{SVG}circle")}
        for year, row in ((kind, _one_meeting(kind, narrow)) for kind in ("meeting", "announced"))
    }
    assert PAPER in marks["announced"]
    assert PAPER not in marks["meeting"]


def _one_meeting(kind, narrow):
    rows = pd.DataFrame({"place": ["A"], "year": [2010.0], "kind": [kind], "home": [False]})
    return charts.draw_hosts(rows, WORDS, narrow=narrow)


@CHART
def test_a_merger_of_before_a_place_came_is_not_drawn(narrow):
    row = {"place": "Herning", "home": False, "gone": False, "entered": [1970.0], "left": []}
    rows = [row | {"merged": [year], "parts": ["1970"]} for year in (1960.0, 1990.0)]
    drawn = (
        charts.draw_history(pd.DataFrame([each]), WORDS, narrow=narrow, counts=COUNTS)
        for each in rows
    )
    assert [svg.count("<circle") for svg in drawn] == [0, 1]


@CHART
def test_no_bar_stands_on_a_name_that_one_panel_alone_has(narrow):
    rows = pd.read_csv(StringIO(FRAMES["support"].replace(" " * 8, "")), keep_default_na=False)
    rows = rows.replace({"place": {"Holmestrand": "Långtnamnskommun"}})
    svg = charts.draw_amounts(rows, WORDS, narrow=narrow)
    bars = [float(bar.get("x")) for bar in ET.fromstring(svg).iter(f"{SVG}rect")]
    (name,) = (box for text, box in boxes_of(svg) if text == "Långtnamnskommun")
    assert min(bars) > name.bounds[2]


@CHART
def test_a_label_leaves_out_whole_parts_before_it_is_cut(narrow):
    parts = ["1952 eller 1953", *(f"sammanslagen {year} och sedan igen" for year in range(60, 70))]
    row = {"place": "Herning", "home": False, "gone": False, "entered": [1952.0], "parts": parts}
    rows = pd.DataFrame([row | {"left": [], "merged": []}])
    said = written(charts.draw_history(rows, WORDS, narrow=narrow, counts=COUNTS))
    (label,) = (text for text in said if "1952" in text)
    assert label in [", ".join(parts[:n]) for n in range(1, 10)]


@CHART
def test_no_word_stands_on_the_dot_of_a_merger(narrow):
    merged = 1990.0 if narrow else 1968.0
    parts = ["1949 eller 1948", f"sammanslagen {merged:.0f}"]
    row = {"place": "Siglufjördur", "home": False, "gone": False, "entered": [1949.0, 1948.0]}
    rows = pd.DataFrame([row | {"left": [], "merged": [merged], "parts": parts}])
    svg = charts.draw_history(rows, WORDS, narrow=narrow, counts=COUNTS)
    (dot,) = ET.fromstring(svg).iter(f"{SVG}circle")
    spot = shapely.Point(float(dot.get("cx")), float(dot.get("cy"))).buffer(3)
    assert [text for text, box in boxes_of(svg) if box.intersects(spot)] == []


@CHART
def test_who_left_first_and_came_nobody_knows_when_has_a_pale_bar(narrow):
    row = {"place": "Arsuk", "home": False, "gone": True, "entered": [], "left": [1946.0]}
    rows = pd.DataFrame([row | {"merged": [], "parts": ["lämnade 1946"]}])
    svg = charts.draw_history(rows, WORDS, narrow=narrow, counts=COUNTS)
    assert f'stroke="{FORMER}" stroke-dasharray="3 2"' in svg


@CHART
def test_who_joined_in_the_year_of_the_report_has_a_bar_and_is_counted(narrow):
    row = {"place": "Lich", "home": False, "gone": False, "entered": [2014.0], "left": []}
    rows = pd.DataFrame([row | {"merged": [], "parts": ["2014"]}])
    counts = pd.concat([COUNTS, pd.Series([4], [2014.0])])
    svg = charts.draw_history(rows, WORDS | {"until": "2014"}, narrow=narrow, counts=counts)
    solid = [bar for bar in ET.fromstring(svg).iter(f"{SVG}rect") if bar.get("fill") == ACCENT]
    assert len(solid) == 1
    assert "4" in written(svg)


@CHART
@pytest.mark.parametrize("first", range(1930, 2014, 3))
def test_the_axis_of_meetings_ends_with_the_year_of_the_report(narrow, first):
    rows = pd.DataFrame({"place": ["A"], "year": [first], "kind": ["meeting"], "home": [False]})
    said = written(charts.draw_hosts(rows.astype({"year": float}), WORDS, narrow=narrow))
    years = [int(text) for text in said if text.isdigit()]
    assert len(years) > 1
    assert max(years) <= 2014


@CHART
def test_the_last_meeting_held_has_its_year_before_one_that_is_announced(narrow):
    rows = pd.DataFrame({"place": "A", "year": [1930.0, 2011, 2013], "home": False})
    rows["kind"] = ["meeting", "meeting", "announced"]
    said = written(charts.draw_hosts(rows, WORDS | {"until": "2014"}, narrow=narrow))
    assert "2011" in said
    assert "2013" not in said  # there is no room for both


@EACH
@CHART
def test_hostile_names_are_printed_literally(name, narrow):
    assert HOSTILE[0] in " ".join(written(drawn(name, "hostile", narrow)["svg"]))


def test_pictures_on_a_page_share_no_id():
    pictures = [drawn(name, "sample", narrow)["svg"] for name in FRAMES for narrow in (0, 1)]
    assert not [mark for picture in pictures for mark in re.findall(r" id=|href=|url\(", picture)]


def test_the_typeface_is_small_and_every_colour_has_a_night():
    css = load_typeface().css
    assert len(css) < 60_000
    assert css.count("data:font/woff;base64,") == len(FONT_FILES) == 2
    assert "http" not in css
    for name in FRAMES:
        colours = set(re.findall('(?:fill|stroke)="(#.*?)"', drawn(name, "sample", False)["svg"]))
        assert not [colour for colour in colours if f'="{colour}"]' not in css]


def contrast(one, other):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05

    low, high = sorted((light(one), light(other)))
    return high / low


def test_text_and_marks_can_be_told_from_the_paper_day_and_night():
    for theme in ({c: c for c in DARK}, DARK):
        day = dict(zip(DARK, theme.values(), strict=True))
        ink, soft, accent, home, sea, land = list(day.values())[:6]
        former, paper = day["#6b6b6b"], day[PAPER]
        for ground in (paper, sea, land):
            assert all(contrast(text, ground) >= 4.5 for text in (ink, soft, home, former)), ground
            assert contrast(accent, ground) >= 3
