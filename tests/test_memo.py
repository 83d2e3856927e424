"""The decision memo: people write the points, the program says what still holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup

from vanort_analysis.data.quantity import exact
from vanort_analysis.report import Report

from . import pages

MAIN = ["summary", "proposal", "matter", "state", "peers", "assessment", "economy"]
MAIN += ["premises", "follow_up", "recipients"]
MOST_WORDS, MOST_POINTS, QUESTIONS = 1300, 6, 14


def soup(report: Report, *keys: str) -> Any:
    """Sections of the memo as a reader meets them, without the drawings."""
    found = BeautifulSoup(str(report.sections(*keys).html), "html.parser")
    for drawing in found("svg"):
        drawing.decompose()
    return found


def holds(report: Report) -> dict[str, str]:
    """What the premises of each point say."""
    points = soup(report, "proposal").select("[data-point]")
    return {point["data-point"]: point["data-holds"] for point in points}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_memo_is_short_and_has_few_points(language: str) -> None:
    report = pages.own(2014, language)
    said = soup(report, *MAIN).get_text(" ")
    assert len(said.split()) <= MOST_WORDS
    assert 0 < len(holds(report)) <= MOST_POINTS
    assert len(soup(report, "questions")("details")) >= QUESTIONS


def test_before_any_points_the_support_is_told_without_a_grant() -> None:
    page = soup(pages.own(2010, "sv"), "support")
    told = [row.get_text() for row in page.select("tbody tr")]
    assert told
    assert [row for row in told if "Vänersborg" in row] == []


def test_a_grant_of_an_earlier_year_was_proposed_then() -> None:
    report = pages.own(2024, "sv")
    words = report.context.plain("relation.proposed_then", year=exact(2014, "year"))
    (told,) = [
        row.get_text()
        for row in soup(report, "support").select("#t-support ~ tbody tr")
        if "Vänersborg" in row.get_text()
    ]
    assert words in told


@pytest.mark.parametrize(("key", "said"), [("economy", "förslag"), ("support", "föreslås")])
def test_the_bar_of_the_grant_says_that_it_is_proposed(key: str, said: str) -> None:
    drawn = BeautifulSoup(str(pages.own(2014, "sv").section(key).html), "html.parser")
    bars = [text.get_text().replace("\xa0", " ") for text in drawn.select(".wide svg text")]
    assert [text.partition(said)[0] for text in bars if said in text] == ["15 000 kr (", "150 kr ("]


@pytest.mark.parametrize(("year", "language"), [(2018, "sv"), (2024, "sv"), (2024, "en")])
def test_a_year_without_points_proposes_nothing_and_says_what_to_ask(
    year: int, language: str
) -> None:
    report = pages.own(year, language)
    assert not holds(report)
    assert soup(report, "proposal")("li")
    assert not soup(report, "recipients").get_text()
    answer = soup(report, "summary")
    assert {"2014", str(year)} <= {time.get_text() for time in answer.find_all("time")}
    assert report.context.facts["grant"].value == 15000  # of 2014: it is no cost of this year
    assert 'value="15000"' not in str(soup(report, "summary", "economy"))


def test_what_the_other_municipalities_want_is_told_once_they_have_answered() -> None:
    report = pages.own(2024, "sv")
    asked = soup(report, "proposal").get_text()
    unknown = soup(report, "q_others").get_text()
    row = {"about": "chain", "year": "2024", "source": "vanersborg-se-2024"}
    answers = {"municipalities_answered": "6", "municipalities_willing": "5"}
    rows = [row | {"measure": name, "value": value} for name, value in answers.items()]
    tried = report.with_rows("figures", rows)
    known = soup(tried, "q_others").get_text()
    assert "inte känt" in unknown
    assert "inte känt" not in known
    assert {"sex", "fem"} <= {data.get_text() for data in soup(tried, "q_others").find_all("data")}
    assert "Ingen källa" not in soup(tried, "q_end").get_text()
    assert "inte har svarat" in soup(tried, "proposal").get_text()  # only they are asked again
    assert "inte har svarat" not in asked
    for tables, answer in ((report, "unknown"), (tried, "yes")):
        assert tables.checks.set_index("check").at["counterpart_will", "holds"] == answer


def test_earlier_points_are_told_with_their_year_in_the_order_they_were_made() -> None:
    row = {"source": "vanersborg-se-2024"}
    fresh = row | {"recommendation": "fresh", "order": "1", "first_made": "2023"}
    rows = [fresh | {"text_sv": "Ett nytt förslag.", "decided": "KS 2024-02-01"}]
    rows += [row | {"recommendation": "yearly_grant", "decided": "KS 2015-02-11"}]
    follow_up = soup(pages.own(2024, "sv").with_rows("recommendations", rows), "follow_up")
    years = [item.find("time").get_text() for item in follow_up("ul")[0]("li")]
    assert years == ["2014", "2023"]
    assert len(follow_up("ol")) == 0  # the points that are left keep no number of their own


@pytest.mark.parametrize("year", [2014, 2024])
def test_what_is_drawn_is_told_to_who_does_not_see_it(year: int) -> None:
    report = pages.own(year, "sv")
    for key in ("state", "economy"):
        *_, drawn = BeautifulSoup(str(report.section(key).html), "html.parser").select(".drawings")
        told = drawn["aria-label"]
        words = [text.get_text() for text in drawn.select(".wide svg text")]
        numbers = {n for word in words for n in re.findall(r"\d[\d,\xa0]*", word)}
        assert numbers
        assert {number for number in numbers if number.strip("\xa0,") not in told} == set()


def test_a_known_zero_and_a_limit_in_another_currency_stand_in_the_picture_of_money() -> None:
    """The one that got nothing was left out; "högst" was drawn as crowns in the home currency."""
    row = {"town": "eidi", "year": "2014", "amount": "högst 3 000 DKK", "relation": "grant"}
    tried = pages.own(2014, "en").with_rows("support", row | {"source": "report-2014-prose"})
    page = BeautifulSoup(str(tried.section("economy").html), "html.parser")
    said = [text.get_text() for text in page.select(".wide svg text")]
    assert {"at most SEK\xa03,662", "no grant", "unknown sum"} <= {*said}


def test_what_the_municipality_pays_already_is_told_with_the_cost() -> None:
    row = {"town": "vanersborg", "year": "2013", "amount": "7 000 kr", "relation": "grant"}
    tried = pages.own(2014, "en").with_rows("support", row | {"source": "report-2014-prose"})
    assert "gave the association SEK\xa07,000 in 2013" in soup(tried, "economy").get_text()


def test_a_limit_on_the_grant_is_of_the_year_of_its_proposal() -> None:
    assert pages.own(2018, "sv").context.facts["grant_year"].value == 2014


def test_support_of_more_than_one_year_is_told_by_year() -> None:
    row = {"town": "herning", "year": "2024", "amount": "12 000 DKK", "relation": "grant"}
    tried = pages.own(2024, "sv").with_rows("support", row | {"source": "vanersborg-se-2024"})
    table = soup(tried, "support").select("#t-support_earlier ~ tbody tr")
    assert [cells[-1].get_text() for cells in (row("td") for row in table)] == ["2014", "2024"]
