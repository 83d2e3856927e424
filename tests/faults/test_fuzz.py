"""Whatever odd folder there is, nothing of it is the program's fault.

Without end: `python -m benchmarks.fuzz`.
"""

import math

from benchmarks import fuzz
from vanort_analysis.report import build_report

from .conftest import Trial

SEED, FOLDERS = 5, 8


def test_nothing_odd_is_the_fault_of_the_program() -> None:
    ends, wrong = fuzz.run(SEED, iter(range(FOLDERS)), seconds=math.inf)
    assert wrong == []
    assert ends["drawn"]


def test_a_home_town_that_is_only_renamed_is_in_no_chain(trial: Trial) -> None:
    for row in (2, 3):
        trial.put("chain", row, event="renamed", year="2007", locator=str(row))
    assert {code for code, *_ in trial.errors()} == {"C015"}


def test_there_is_a_year_for_a_report_where_all_is_reference_data(trial: Trial) -> None:
    for row in range(2, len(trial.table("sources")) + 1):
        trial.put("sources", row, reference="true")
    data = trial.read()
    assert data.years[0] == 2010
    assert build_report(data, 2014).context.known.year == 2014


def test_a_report_waits_until_a_source_tells_of_the_home_town_itself(trial: Trial) -> None:
    trial.put("towns", 2, source="report")
    trial.put("chain", 2, source="club", locator="b")
    data = trial.read()
    assert data.years[0] == 2014
    assert build_report(data, 2014).context.known.year == 2014


def test_a_place_of_which_no_source_has_told_yet_is_in_no_chain(trial: Trial) -> None:
    trial.put("towns", 3, source="late")
    report = build_report(trial.read(), 2014)
    assert "beta" not in {*report.context.year.history["town"], *report.facts["fact"]}
    assert "Beta" not in report.section("size").html


def test_members_of_a_movement_that_is_not_named_are_not_shown(trial: Trial) -> None:
    for year, value in (("2010", "90 000"), ("2013", "85 000")):
        cells = {"measure": "norden_members", "about": "sweden", "year": year, "value": value}
        trial.add("figures", **cells)
    report = build_report(trial.read(), 2014)
    assert len(report.national) == 2
    assert not report.section("national").html
