"""The report of a year beside the one before, and the way of a number back to its row."""

from pathlib import Path

from vanort_analysis import load
from vanort_analysis.data import evidence as since

from .test_evidence import add_rows, new_source


def test_the_first_report_has_none_before_it() -> None:
    report = load(2014)
    assert "ingen tidigare rapport" in report.news().plain
    assert report.table("changes").html == ""


def test_2024_tells_what_has_come_since_2018() -> None:
    report = load(2024)
    assert report.facts["since_year"].value == 2018
    assert report.facts["since_met"] == ["Ålands landkommuner", "Arsuk"]
    assert report.facts["since_merged"] == ["Holmestrand"]
    assert report.facts["since_joined"] == []


def test_a_changed_value_is_told_with_the_value_before(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", new_source(2020, kind="correction"))
    add_rows(
        data_folder / "raw" / "membership.csv",
        {"town": "husby", "year": "2013", "members": "300", "source": "invented"},
        {"town": "eidi", "year": "2020", "members": "ca 20", "source": "invented"},
    )
    report = load(2024, "sv", data_folder)
    before, now = load(2018, "sv", data_folder).known, report.known
    changed = since.changes(before, now).query("table == 'membership'").set_index("key")
    assert changed.loc["husby 2013", "what"] == "changed"
    assert changed.loc["husby 2013", "before_ref"] == "membership:10"
    assert changed.loc["eidi 2020", "what"] == "new"
    shown = report.table("changes").html.striptags()
    assert "340" in shown
    assert "300" in shown


def test_a_number_can_be_followed_to_its_row_and_the_rule_that_chose_it() -> None:
    way = load(2014).trace("members", "vanersborg")
    assert "membership.csv, rad 2" in way
    assert "members = '100'" in way
    assert "Används före runt 100 st" in way
    assert "members_total" in way


def test_the_quality_declaration_is_measured(data_folder: Path) -> None:
    before = load(2014, "sv", data_folder).facts
    membership = data_folder / "raw" / "membership.csv"
    text = membership.read_text("utf-8").replace("2013,230,", "2013,ca 230,")
    membership.write_text(text, encoding="utf-8")
    after = load(2014, "sv", data_folder).facts
    assert after["quality_rounded"].value == before["quality_rounded"].value + 1
    assert after["quality_exact_share"].value < before["quality_exact_share"].value
