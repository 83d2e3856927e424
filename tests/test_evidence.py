"""What was known when, and which source is used."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from vanort_analysis import Report, load
from vanort_analysis.errors import WrongCommand, WrongData

HERE = Path(__file__).parent


def add_rows(path: Path, *rows: dict[str, str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writerows(rows)


def new_source(known_since: int, rank: int = 1, kind: str = "survey") -> dict[str, str]:
    return {
        "source": "invented",
        "title": "Invented for a test",
        "kind": kind,
        "known_since": str(known_since),
        "dating": "published",
        "rank": str(rank),
        "reference": "false",
    }


def test_a_later_source_does_not_change_an_earlier_report(data_folder: Path) -> None:
    before = load(2014, "sv", data_folder)
    add_rows(data_folder / "raw" / "sources.csv", new_source(2025))
    add_rows(
        data_folder / "raw" / "membership.csv",
        {"town": "husby", "year": "2013", "members": "999", "source": "invented"},
    )
    after = load(2014, "sv", data_folder)
    for name, frame in before.known.basis.items():
        pd.testing.assert_frame_equal(frame, after.known.basis[name])
    assert load(2025, "sv", data_folder).facts["members:husby"].value == 999


def test_the_stronger_source_wins_and_both_values_stay(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", new_source(2014, kind="correction"))
    add_rows(
        data_folder / "raw" / "membership.csv",
        {"town": "husby", "year": "2013", "members": "341", "source": "invented"},
    )
    report = load(2014, "sv", data_folder)
    assert report.facts["members:husby"].value == 341
    case = report.known.register.query("key == 'husby 2013'").iloc[0]
    assert (case["used"], case["other"], case["rule"]) == ("341", "340", "rank")


def test_two_equally_strong_sources_that_differ_are_an_error_that_names_both_rows(
    data_folder: Path,
) -> None:
    add_rows(
        data_folder / "raw" / "sources.csv",
        new_source(2014, 2),
        {**new_source(2014, 2), "source": "invented-too"},
    )
    add_rows(
        data_folder / "raw" / "membership.csv",
        {"town": "eidi", "year": "2012", "members": "40", "source": "invented"},
        {"town": "eidi", "year": "2012", "members": "50", "source": "invented-too"},
    )
    with pytest.raises(WrongData) as refusal:
        load(2014, "sv", data_folder)
    (fault,) = refusal.value.faults
    assert (fault.code, fault.file, fault.column, fault.value) == (
        *("D030", "membership.csv", "members", "50"),
    )
    assert fault.details["row"] == fault.row - 1  # type: ignore[operator]


def test_the_entry_years_agree_with_what_each_source_says() -> None:
    used = load(2024, "sv").known.rows["chain"]
    with (HERE / "data" / "expected_entry_years.csv").open(encoding="utf-8", newline="") as file:
        stated = [r for r in csv.DictReader(file) if r["event"] in ("contact", "admitted", "left")]
    ours = set(zip(used["town"], used["event"], used["year_text"], used["source"], strict=True))
    missing = [r for r in stated if (r["town"], r["event"], r["year"], r["source"]) not in ours]
    assert stated
    assert not missing


@pytest.mark.parametrize(
    ("key", "column", "used", "other"),
    [
        ("arsuk admitted", "year", "1989", "1987"),
        ("husby admitted", "year", "1989", "1988"),
        ("holmestrand contact", "year", "1947", "1946"),
        ("aland15 admitted", "year", "1977", "1978"),
        ("kangasala admitted", "year", "1977", "1976"),
        ("siglufjordur contact", "year", "1949", "1948"),
        ("lich municipal", "from_year", "2010", "2011"),
        ("vanersborg 2013", "members", "100", "runt 100 st"),
        ("2014 husby", "kind", "planning_seminar", "board_seminar"),
        ("2014 husby", "place", "Sydslesvig", "Süderbrarup, Sydslesvig"),
    ],
)
def test_every_known_disagreement_is_in_the_register(
    key: str, column: str, used: str, other: str
) -> None:
    register = load(2024, "sv").known.register
    case = register[(register["key"] == key) & (register["column"] == column)]
    assert (used, other) in set(zip(case["used"], case["other"], strict=True))


def test_a_year_nobody_could_report_on_is_refused() -> None:
    for year in (1900, 2090):
        with pytest.raises(WrongCommand):
            load(year, "sv")


def test_a_source_that_copies_another_is_no_independent_witness() -> None:
    register = load(2014, "sv").known.register.set_index("key")
    assert not register.loc["holmestrand contact", "independent"]
    assert register.loc["kangasala admitted", "independent"]


def test_reading_leaves_the_raw_data_as_it_was(data_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "before"
    shutil.copytree(data_folder / "raw", copy)
    load(2014, "sv", data_folder)
    for path in copy.iterdir():
        assert path.read_bytes() == (data_folder / "raw" / path.name).read_bytes()


def with_members_of_husby(data: Path, year: int, members: str) -> Report:
    """The report of a year in which a new source tells the members of Husby."""
    add_rows(data / "raw" / "sources.csv", new_source(year))
    told = {"town": "husby", "year": str(year), "members": members, "source": "invented"}
    add_rows(data / "raw" / "membership.csv", told)
    return load(year, "sv", data)


def test_a_later_gap_does_not_erase_a_known_number(data_folder: Path) -> None:
    report = with_members_of_husby(data_folder, 2020, "Uppgift saknas")
    assert report.facts["members:husby"].value == 340
    assert "Husby, 2020" in report.table("missing").html


def test_numbers_of_different_years_are_said_to_be_that(data_folder: Path) -> None:
    report = with_members_of_husby(data_folder, 2025, "ca 350")
    assert "members_year" not in report.facts
    assert "från 2013 till 2025" in report.section("trend_members").plain
    assert "Husby" not in report.facts["members_stale_places"]
    # the grant of 2014 is shared among the members nearest to 2014, not those of 2025
    assert report.facts["support_each:husby"].value == pytest.approx(125.64, abs=0.01)


def test_parts_of_one_report_are_one_witness() -> None:
    register = load(2014, "sv").known.register.set_index("key")
    assert not register.loc["vanersborg 2013", "independent"]


def test_a_correction_can_take_back_that_a_meeting_was_held(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", new_source(2014, kind="correction"))
    add_rows(
        data_folder / "raw" / "meetings.csv",
        {
            "year": "2013",
            "town": "aland15",
            "kind": "twin_town_meeting",
            "status": "cancelled",
            "source": "invented",
        },
    )
    facts = load(2014, "sv", data_folder).facts
    assert facts["meeting_last_year"].value == 2012
