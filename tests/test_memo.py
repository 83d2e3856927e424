"""The decision memo: people write the points, the program says what still holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from vanort_analysis import load
from vanort_analysis.report import Report

MAIN = ["head", "summary", "proposal", "matter", "state", "peers", "assessment", "economy"]
MAIN += ["premises", "follow_up", "recipients"]
MOST_WORDS, MOST_POINTS, QUESTIONS = 1300, 6, 14
MACHINE_TALK = (  # reading.md 3, the left column
    "Ändras först vid|Vilar också på|Närmast att ändra|Föreslås eftersom|såvitt vi|är känd för att"
    "|Kända tecken|stämmer som gräns|prövoår|nollställdes|not reckoned|At rest|put on a level"
)


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


def rewrite(folder: Path, table: str, change: Callable[[list[dict[str, str]]], Any]) -> None:
    """Change the rows of a table of a data folder."""
    path = folder / "raw" / f"{table}.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    columns = list(rows[0])
    rows = change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_memo_is_short_and_has_few_points(language: str) -> None:
    report = load(2014, language)
    said = soup(report, *MAIN).get_text(" ")
    assert len(said.split()) <= MOST_WORDS
    assert 0 < len(holds(report)) <= MOST_POINTS
    whole = said + soup(report, "questions", "places").get_text(" ")
    assert not re.search(MACHINE_TALK, whole)
    assert len(soup(report, "questions")("details")) >= QUESTIONS


def test_a_premise_that_fails_is_said_at_the_point_and_at_the_top(data_folder: Path) -> None:
    def fifth(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        kept = [row for row in rows if row["members"].isdigit()]
        return [row | {"members": str(int(row["members"]) // 5)} for row in kept]

    rewrite(data_folder, "membership", fifth)
    rewrite(data_folder, "meetings", lambda rows: [r for r in rows if r["year"] <= "2007"])
    report = load(2014, "sv", data_folder)
    assert holds(report)["yearly_grant"] == "no"
    assert holds(report)["formal_agreement"] == "unknown"  # not known is not a decision
    premise = "Föreningen har tillräckligt många medlemmar."
    assert premise in soup(report, "summary").select_one(".answer").get_text()
    assert premise in soup(report, "proposal").select_one("[data-point=yearly_grant]").get_text()
    assert holds(load(2014, "sv"))["yearly_grant"] == "yes"


@pytest.mark.parametrize("year", [2018, 2024])
def test_a_year_without_points_proposes_nothing_and_says_what_to_ask(year: int) -> None:
    report = load(year, "sv")
    assert not holds(report)
    assert len(soup(report, "proposal")("li")) == 4
    assert "mycket litet känt" in soup(report, "summary").get_text()
    assert "15 000" not in soup(report, "summary", "economy").get_text().replace("\xa0", " ")


def test_a_decision_is_followed_up_and_what_is_paid_is_no_new_cost() -> None:
    row = {"recommendation": "yearly_grant", "decided": "beslut i nämnden", "done": "betalt"}
    row |= {"source": "vanersborg-se-international", "amount": "15 000 kr per år"}
    report = load(2015, "sv").with_rows("recommendations", [row])
    assert "beslut i nämnden" in soup(report, "follow_up").get_text()
    said = soup(report, "economy").get_text().replace("\xa0", " ")
    assert "15 000 kr, är redan betalt" in said
    assert "Förslag" not in said
