"""Every chart, wide and narrow, on the report's figures, on hostile and on empty-handed rows."""

import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from vanort_analysis import charts, sheet
from vanort_analysis.labels import shared

NAN, INF = np.nan, np.inf
HOSTILE = [
    "$x$ & $\\frac{1}{2}$",
    "<script>alert(1)</script>",
    "--><svg onload=alert(1)>",
    "${x}`'\"",
    "\u202eabc\u202c\x00\x1b",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "En ort med ett mycket långt namn som aldrig vill ta slut och ändå fortsätter en bit till",
    "中文 עברית",
    "",
]
SPACE = "\u00a0"


def _frame(columns: str, *rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


ORDER = ["Eidi", "Arsuk", "Kangasala", "Herning", "Siglufjördur", "Holmestrand"]
ORDER += ["Vänersborg", "Husby"]
HELD = [
    ("Siglufjördur", 1951, "meeting"),
    ("Siglufjördur", 1986, "announced"),
    ("Husby", 1992, "conference"),
    ("Arsuk", 1997, "meeting"),
    ("Siglufjördur", 2000, "meeting"),
    ("Herning", 2001, "announced"),
    ("Kangasala", 2007, "meeting"),
    ("Husby", 2008, "meeting"),
    ("Herning", 2009, "meeting"),
    ("Siglufjördur", 2010, "meeting"),
    ("Holmestrand", 2011, "meeting"),
    ("Vänersborg", 2012, "meeting"),
    ("Husby", 2014, "seminar"),
    ("Husby", 2018, "announced"),
    ("Arsuk", 2024, "announced"),
    ("Eidi", NAN, "meeting"),
]
HOST_WORDS = {
    "meeting": "vänortsmöte",
    "seminar": "seminarium",
    "conference": "konferens",
    "announced": "aviserat",
    "never": "inget känt möte",
    "since": "tid sedan senaste kända möte",
}
CHAIN = [
    (1946, 2, "Herning och Vänersborg"),
    (1947, 3, "Holmestrand"),
    (1948, 4, "Utajärvi"),
    (1949, 5, "Siglufjördur"),
    (1976, 4, "Utajärvi lämnar"),
    (1977, 6, "Kangasala och Ålands landkommuner"),
    (1978, 7, "Eidi"),
]
SAMPLE: dict[str, tuple[pd.DataFrame, dict[str, str]]] = {
    "chain_size": (
        _frame(
            "by year places label",
            *(("admitted", *step) for step in [*CHAIN, (1989, 9, "Arsuk och Husby")]),
            *(("contact", *step) for step in [*CHAIN, (1987, 8, "Arsuk"), (1988, 9, "Husby")]),
        ),
        {"until": "2014", "contact_label": "efter kontaktår"},
    ),
    "members": (
        _frame(
            "place members low high shown home about",
            ("Husby", 340.0, 340.0, 340.0, "340", False, False),
            ("Ålands landkommuner", 250.0, 250.0, 250.0, "250", False, False),
            ("Herning", NAN, 200.0, 230.0, "200–230", False, False),
            ("Vänersborg", 100.0, 100.0, 100.0, "ca 100", True, True),
            ("Holmestrand", 100.0, 100.0, INF, "minst 100", False, False),
            ("Arsuk", 15.0, 0.0, 15.0, "högst 15", False, False),
            ("Eidi", NAN, 0.0, INF, "uppgift saknas", False, False),
        ),
        {},
    ),
    "hosts": (
        _frame(
            "place year kind home",
            *((p, y, k, p == "Vänersborg") for town in ORDER for p, y, k in HELD if p == town),
        ),
        {"until": "2024", **HOST_WORDS},
    ),
    "support": (
        _frame(
            "place local each shown_local shown_each why proposed zero",
            ("Vänersborg", 15000.0, 150.0, f"15{SPACE}000 kr", "150,0 kr", "", True, False),
            ("Herning", 20505.0, 89.2, f"20{SPACE}505 kr", "89,2 kr", "", False, False),
            ("Husby", 42718.0, 125.6, f"42{SPACE}718 kr", "125,6 kr", "", False, False),
            ("Kangasala", NAN, NAN, "", "", "okänd summa", False, False),
            ("Holmestrand", NAN, NAN, "", "", "inget bidrag", False, True),
            ("Eidi", NAN, NAN, "", "", "nämns inte", False, False),
        ),
        {"sum": "Kronor per år", "each": "Kronor per medlem", "proposed": "förslag"},
    ),
    "survey_towns": (
        _frame(
            "wave value shown derived", ("2007", 587.0, "587", True), ("2011", 401.0, "401", False)
        ),
        {"change": "−186, −31,7 %", "derived": "härlett"},
    ),
    "survey_shares": (
        _frame(
            "group share shown about derived",
            ("aktiva", 54.0, "54 %", False, False),
            ("vilande", 33.0, "ca 33 %", True, False),
            ("sporadiska", 13.0, "ca 13 %", True, True),
        ),
        {"derived": "härlett"},
    ),
    "survey_bounds": (
        _frame(
            "label low high value shown",
            ("av de 256 som svarade", NAN, NAN, 51.2, "51,2 %"),
            ("av alla 290", 45.2, 56.9, NAN, "mellan 45,2 och 56,9 %"),
        ),
        {"percent": "{} %"},
    ),
    "national": (
        _frame(
            "low_year high_year value about shown year_shown",
            (-INF, 2014.0, 17000.0, False, "17 000", "före 2014"),
            (2014.0, 2014.0, 13000.0, True, "ca 13 000", "2014"),
            (2014.0, 2018.0, 13000.0, True, "ungefär 13 000", "mellan 2014 och 2018"),
            (2018.0, 2018.0, 10000.0, True, "ca 10 000", "2018"),
            (2018.0, 2019.0, 10000.0, True, "ungefär 10 000", "2018–2019"),
            (2020.0, INF, 7500.0, True, "ungefär 7 500", "2020 eller senare"),
        ),
        {"until": "2024", "thousands": SPACE},
    ),
}
NUMBERS = ["members", "low", "high", "local", "each", "value", "share"]


def _unknown(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{c: NAN for c in NUMBERS if c in frame}, **_no_year(frame))


def _no_year(frame: pd.DataFrame) -> dict[str, float]:
    return {"year": NAN} if "kind" in frame else {}


def _hostile(frame: pd.DataFrame) -> pd.DataFrame:
    said = [c for c in frame if isinstance(frame[c].iloc[0], str) and c not in ("by", "kind")]
    bad = [HOSTILE[i % len(HOSTILE)] for i in range(len(frame))]
    return frame.assign(**dict.fromkeys(said, bad))


CASES = {
    "sample": lambda frame, words: (frame, words),
    "one": lambda frame, words: (frame.head(1), words),
    "last": lambda frame, words: (frame.tail(1).set_axis([7]), words),
    "unknown": lambda frame, words: (_unknown(frame), words),
    "hostile": lambda frame, words: (_hostile(frame), words),
    "hostile_words": lambda frame, words: (
        frame,
        {key: word if key in ("until", "percent") else HOSTILE[6] for key, word in words.items()},
    ),
}
NARROW = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
CHART = pytest.mark.parametrize("name", SAMPLE)
CASE = pytest.mark.parametrize("case", CASES)


@cache
def drawn(name: str, case: str, narrow: bool, time: int = 1) -> dict:
    """A chart of a case: its SVG, its texts with their boxes, its hatched patches."""
    seen = {}
    finish = sheet.svg

    def spy(figure):
        ruler = figure.canvas.get_renderer()
        texts = [t for ax in figure.axes for t in ax.texts if t.get_text().strip()]
        seen["texts"] = [(t.get_text(), t.get_window_extent(ruler).extents) for t in texts]
        seen["hatched"] = [p for ax in figure.axes for p in ax.patches if p.get_hatch()]
        seen["size"] = figure.get_size_inches() * 72
        return finish(figure)

    frame, words = CASES[case](*SAMPLE[name])
    before = frame.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "svg", spy)
        seen["svg"] = getattr(charts, name)(frame, words, narrow=narrow)
    pd.testing.assert_frame_equal(frame, before)
    return seen


@CHART
@CASE
@NARROW
def test_well_formed_and_harmless(name, case, narrow):
    root = ET.fromstring(drawn(name, case, narrow)["svg"])
    assert root.get("width") == ("340" if narrow else "800")
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert not tags & {"script", "text", "image", "foreignObject", "a"}
    assert not [k for element in root.iter() for k in element.attrib if k.startswith("on")]


@CHART
@NARROW
def test_same_bytes(name, narrow):
    assert drawn(name, "sample", narrow)["svg"] == drawn(name, "sample", narrow, time=2)["svg"]


@CHART
@CASE
@NARROW
def test_no_text_outside(name, case, narrow):
    seen = drawn(name, case, narrow)
    wide, high = seen["size"]
    for text, (left, bottom, right, top) in seen["texts"]:
        assert left >= -1, text
        assert bottom >= -1, text
        assert right <= wide + 1, text
        assert top <= high + 1, text


@CHART
@NARROW
@pytest.mark.parametrize("case", ["sample", "one", "unknown"])
def test_no_text_on_another(name, case, narrow):
    for (a, box_a), (b, box_b) in combinations(drawn(name, case, narrow)["texts"], 2):
        assert shared(np.add(box_a, (1, 2, -1, -2)), np.add(box_b, (1, 2, -1, -2))) == 0, (a, b)


@NARROW
@pytest.mark.parametrize(
    ("name", "hatched"), [("members", 1), ("support", 4), ("survey_towns", 1), ("survey_shares", 1)]
)
def test_unknown_and_derived_are_hatched(name, hatched, narrow):
    assert len(drawn(name, "sample", narrow)["hatched"]) == hatched


@NARROW
def test_all_unknown_rows_are_drawn(narrow):
    assert len(drawn("members", "unknown", narrow)["hatched"]) == 7


@NARROW
@CHART
def test_what_unknown_rows_say_is_printed(name, narrow):
    if name == "support":
        return  # there `why` says it, tested by the sample
    frame, words = CASES["unknown"](*SAMPLE[name])
    printed = " ".join(text for text, _ in drawn(name, "unknown", narrow)["texts"])
    for said in frame["shown"] if "shown" in frame else [words.get("never", "")]:
        assert all(word in printed for word in said.split())
