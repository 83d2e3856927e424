"""Every chart, wide and narrow, on the report's figures, on hostile and on empty-handed rows."""

import xml.etree.ElementTree as ET
from functools import cache
from io import StringIO

import pandas as pd
import pytest

from vanort_analysis.pictures import charts
from vanort_analysis.pictures import charts as bars
from vanort_analysis.pictures import charts as timelines

NAN = float("nan")
FIXED = ("until", "percent", "thousands")
NUMBERS = ("year", "members", "low", "high", "local", "each", "value", "share")
HOSTILE = [
    "$x$ & $\\frac{1}{2}$",
    "--><svg onload=alert(1)><script>alert(1)</script>",
    "${x}`'\"",
    "\u202eabc\u202c\x00\x1b",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "En ort med ett mycket långt namn som aldrig vill ta slut och ändå fortsätter en bit till",
    "中文 עברית",
    "",
]
FRAMES = {
    "history": """place,kind,year,said,home
        Vänersborg,entered,1946,1946,True
        Utajärvi,entered,1948,1948,False
        Utajärvi,left,1976,lämnade 1976 eller 1975,False
        Utajärvi,left_or,1975,,False
        Arsuk,entered,1989,1989 eller 1987,False
        Arsuk,entered_or,1987,,False
        Herning,entered,1946,1946,False
        Herning,merged,2007,sammanslagen 2007,False""",
    "members": """place,members,low,high,shown,home,about
        Husby,340,340,340,340 st,False,False
        Herning,,200,230,200–230,False,False
        Vänersborg,100,100,100,ca 100,True,True
        Holmestrand,100,100,inf,minst 100,False,False
        Eidi,,0,inf,uppgift saknas,False,False""",
    "hosts": """place,year,kind,home
        Siglufjördur,1951,meeting,False
        Siglufjördur,1986,announced,False
        Vänersborg,2012,conference,True
        Vänersborg,2012,meeting,True
        Eidi,,meeting,False""",
    "support": """place,local,each,shown_local,shown_each,why,proposed,zero
        Vänersborg,15000,150,15 000 kr,150 kr,,True,False
        Holmestrand,,,,,inget bidrag,False,True
        Eidi,,,,,nämns inte,False,False""",
    "survey_towns": "wave,value,shown,derived\nförra,587,587 st,True\n2011 års,401,401 st,False",
    "survey_shares": """group,share,shown,about,derived
        aktiva,54,54 %,False,False
        vilande,13,ca 13 %,True,True""",
    "survey_bounds": """label,low,high,value,shown
        av de 256,,,51.2,"51,2 %"
        av alla,45.2,56.9,,"45,2–56,9 %\"""",
    "national": """low_year,high_year,value,about,shown,year_shown
        -inf,2014,17000,False,17 000 st,före 2014
        2014,2018,13000,True,ca 13 000,mellan 2014 och 2018
        2018,2018,,False,uppgift saknas,år 2018
        2020,inf,7500,True,ca 7 500,2020 eller senare""",
}
SAID = (
    "until=2014;percent={} %;thousands=\u00a0;count=Antal orter;meeting=möte;derived=härlett;"
    "never=inget känt möte;conference=konferens;announced=aviserat;"
    "change=−186;sum=Kronor;each=Per medlem;proposed=förslag"
)
WORDS = dict(word.split("=") for word in SAID.split(";"))


def _hostile(frame):
    said = [c for c in frame if isinstance(frame[c].iloc[0], str) and c not in ("by", "kind")]
    return frame.assign(**{c: HOSTILE[: len(frame)] for c in said})


CASES = {
    "sample": lambda frame: frame,
    "one": lambda frame: frame.tail(1).set_axis([7]),
    "unknown": lambda frame: frame.assign(**{c: NAN for c in NUMBERS if c in frame}),
    "hostile": _hostile,
}
EACH = [pytest.param(n, w, id=f"{n}-{'narrow' * w or 'wide'}") for n in FRAMES for w in (0, 1)]
CHART = pytest.mark.parametrize(("name", "narrow"), EACH)


@cache
def drawn(name, case, narrow, time=1):
    """A chart of a case: its SVG, its texts with their boxes, its hatched patches."""
    seen, finish = {}, bars.svg
    frame = pd.read_csv(StringIO(FRAMES[name].replace(" " * 8, "")))
    frame = CASES[case](frame.fillna({"shown_local": "", "shown_each": "", "why": ""}))
    words = {
        k: f"{HOSTILE[5]} {k}" if case == "hostile" and k not in FIXED else w
        for k, w in WORDS.items()
    }

    def spy(figure, **look):
        text = finish(figure, **look)
        written = [t for key in figure.legends for t in key.get_texts()]
        for ax in figure.axes:
            (low, high), names = sorted(ax.get_ylim()), ax.get_yticklabels()
            written += [t for t in names if low <= t.get_position()[1] <= high] + list(ax.texts)
        seen["texts"] = [
            (t.get_text(), t.get_window_extent().extents) for t in written if t.get_text()
        ]
        seen["hatched"] = [p for ax in figure.axes for p in ax.patches if p.get_hatch()]
        return text

    before = frame.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bars, "svg", spy)
        seen["svg"] = getattr(timelines if hasattr(timelines, name) else charts, name)(
            frame, words, narrow=bool(narrow)
        )
    pd.testing.assert_frame_equal(frame, before)
    return seen


@CHART
@pytest.mark.parametrize("case", CASES)
def test_well_formed_harmless_and_within(name, case, narrow):
    seen = drawn(name, case, narrow)
    root = ET.fromstring(seen["svg"])
    wide, high = float(root.get("width")), float(root.get("height"))
    assert wide == (340 if narrow else 800)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "use", "defs", "pattern", "rect"}
    assert not [k for element in root.iter() for k in element.attrib if k.startswith("on")]
    for text, (left, bottom, right, top) in seen["texts"]:
        assert min(left, bottom, wide - right, high - top) >= -1, text


@CHART
def test_same_bytes_and_few(name, narrow):
    seen = drawn(name, "sample", narrow)
    assert seen["svg"] == drawn(name, "sample", narrow, time=2)["svg"]
    assert len(seen["svg"]) < 12_000


@pytest.mark.parametrize(
    ("name", "case", "hatched"),
    [("members", "sample", 1), ("members", "unknown", 5), ("support", "sample", 1)],
)
def test_unknown_and_derived_are_hatched(name, case, hatched):
    assert len(drawn(name, case, 1)["hatched"]) == hatched


@CHART
def test_names_and_unknowns_are_printed_literally(name, narrow):
    unknown, hostile = (drawn(name, case, narrow)["texts"] for case in ("unknown", "hostile"))
    if name in ("members", "national", "survey_shares", "hosts"):
        said = {"hosts": "inget känt möte", "survey_shares": "ca 13 %"}.get(name, "uppgift saknas")
        assert said in [text for text, _ in unknown]
    assert [text for text, _ in hostile if HOSTILE[0] in text.replace("\n", " ")]
