"""Values as people write them: each spelling is read as it is meant, or refused."""

import csv
import math
from pathlib import Path

import pytest

from vanort_analysis.data.spelling import Unreadable, normalise, parse_quantity, parse_year

CASES = Path(__file__).parent / "data" / "spellings.csv"


def test_each_real_spelling_is_read_as_it_is_meant() -> None:
    wrong = []
    with CASES.open(encoding="utf-8", newline="") as file:
        for case in csv.DictReader(file):
            read = parse_quantity(case["written"].replace("⍽", "\u00a0").replace("⎵", "\u202f"))
            low, high = float(case["low"] or 0), float(case["high"] or math.inf)
            if (read.doubt, read.unit) != (case["doubt"], case["unit"]) or (
                read.low != pytest.approx(low) or read.high != pytest.approx(high)
            ):
                wrong.append((case["written"], read))
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("sjuttio", "D014"),
        ("l00", "D016"),
        ("1O0", "D016"),
        ("1.234", "D015"),
        ("17,000", "D015"),
        ("1.234,5", "D015"),
        ("1,234.5", "D015"),
        ("70 80", "D014"),
        ("80–70", "D014"),
        ("1e3", "D014"),
        ("2013-13-01", "D014"),
        ("=1+1", "D014"),
        ("100 elefanter", "D014"),
        ("#N/A", "D014"),
        ("<b>100</b>", "D014"),
        ("ca", "D014"),
        ("nan", "D014"),
        ("None", "D014"),
        ("--5", "D014"),
        ("-+5", "D014"),
        ("+-5", "D014"),
        ("(-5)", "D014"),
        ("(En tredjedel)", "D014"),  # as "(5)" is -5
        ("till 80", "D014"),
        ("16 800 DKK SEK", "D014"),
        ("2 miljoner tkr", "D014"),
        ("högst minst 5", "D014"),
        ("högst 100+", "D014"),
        ("-5–3", "D014"),
        ("-5 till -3", "D014"),
        ("hälften 50", "D014"),
        ("hälften kr", "D014"),
        ("100 %–2449", "D014"),
        ("5 kr till 7 %", "D014"),
        ("5 tkr–7000 kr", "D014"),
        ("mellan 5", "D014"),
        ("10 och 20", "D014"),
        ("10 and 20", "D014"),
        ("15 000 kr och 16 000 kr", "D014"),
        ("högst -5", "D014"),
        ("under -5", "D014"),
        ("nästan -5", "D014"),
        ("２３０", "D016"),
        ("٢٣٠", "D016"),
        ("10-15 000 kr", "D099"),
        ("5-6000", "D099"),
        ("mellan 5 och 6 000", "D099"),
    ],
)
def test_what_would_need_a_guess_is_refused(written: str, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_quantity(written)
    assert refusal.value.code == why


def test_a_first_number_that_may_be_shortened_is_asked_about() -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_quantity("10-15 000 kr")
    assert refusal.value.hint == "10 000–15 000"
    with pytest.raises(Unreadable) as refusal:
        parse_quantity("1–2 000 000 kr")
    assert refusal.value.hint == "1 000 000–2 000 000"
    whole = {
        "2–2000": 2,
        "70–80": 70,
        "800–1200": 800,
        "0–5000": 0,
        "5 kr–6000 kr": 5,
        "10–15 tusen": 10_000,
    }
    assert {written: parse_quantity(written).low for written in whole} == whole


@pytest.mark.parametrize("written", ["1O0", "１００", "١٠٠"])
def test_a_lookalike_is_pointed_out(written: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_quantity(written)
    assert refusal.value.hint == "100"


@pytest.mark.parametrize(
    ("written", "code", "meant"),
    [
        ("1OO st", "D016", "100 st"),
        ("ca l00", "D016", "ca 100"),
        ("70 st*", "D046", "70 st"),
        ("16 800 DKK*", "D046", "16 800 DKK"),
        ("70 medlemmar (1)", "D046", "70 medlemmar"),
        ("70 m²", "D014", ""),  # no footnote
        ("lO elefanter", "D014", ""),
    ],
)
def test_a_slip_is_named_beside_a_word_too(written: str, code: str, meant: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_quantity(written)
    assert (refusal.value.code, refusal.value.hint) == (code, meant)
    assert not meant or parse_quantity(meant).is_known


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("minst ca 100", 100, math.inf),
        ("högst ca 100", 0, 100),
        ("ca 350+", 350, math.inf),
        ("ca 60–80", 60, 80),
        ("ca 2–3 tusen", 2000, 3000),
        ("runt 80–80", 80, 80),
    ],
)
def test_two_words_of_doubt_both_count(written: str, low: float, high: float) -> None:
    read = parse_quantity(written)
    assert (read.low, read.high, read.about) == (low, high, True)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2014", 2014, 2014),
        ("2014–2018", 2014, 2018),
        ("2014-2018", 2014, 2018),
        ("2014 — 2014", 2014, 2014),
        ("2020–", 2020, math.inf),
        ("–2014", -math.inf, 2014),
        ("1940-talet", 1940, 1949),
        ("1990–talet", 1990, 1999),
        ("1990-TALET", 1990, 1999),
        ("1800", 1800, 1800),
        ("", -math.inf, math.inf),
    ],
)
def test_a_year_is_a_year_an_interval_a_decade_or_open(
    written: str, low: float, high: float
) -> None:
    read = parse_year(written)
    assert (read.low, read.high) == (low, high)
    assert (read.unit, read.text, read.reason) == ("year", written, "" if written else "missing")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2013.0", "2013"),
        ("nov 1946", "1946"),
        ("41640", ""),
        ("13", ""),
        ("–", ""),
        ("1900-talet", ""),  # a hundred years, not the first of them
        ("2018–2014", ""),
        ("före 1950", ""),
        ("2010-12", ""),  # a month, or to 2012
        ("19 september 2014", "2014"),
        ("maj 2014", "2014"),
        ("2014-09-19", "2014"),
        ("２０１３", "2013"),
        ("1013", ""),  # a slip of the pen
        ("1799", ""),
        ("1010-talet", ""),
    ],
)
def test_anything_else_is_no_year_and_the_likely_one_is_named(written: str, meant: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_year(written)
    assert refusal.value.hint == meant


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Va\u0308nersborg", "Vänersborg"),
        (" 16\u00a0800\u2009\u00ad DKK\n", "16 800 DKK"),
        ("Väners\u00adborg\u200b", "Vänersborg"),
    ],
)
def test_a_text_is_as_one_would_type_it(written: str, same: str) -> None:
    assert normalise(written) == same
    assert parse_quantity("\u2212186").text == "-186"
