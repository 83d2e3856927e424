"""What an auditor tried: one thing told as another, advice that led nowhere or to the opposite.

Where a message says what to do, the test does it, and the folder is read.
"""

from __future__ import annotations

import pytest
from openpyxl.styles import Font

from tests import chain
from tests.test_cli import run
from vanort_analysis.analysis import build_year
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import UserError

from .conftest import Trial, rows_of
from .folder import save, workbook

OTHER = {"source": "other", "title": "Other", "kind": "report", "known_since": "2014", "rank": "3"}
OTHER |= {"reference": "false", "dating": "published"}
COMING = OTHER | {
    "source": "coming",
    "title": "Coming",
    "kind": "correction",
    "known_since": "2020",
}


# One name, and what one source says twice


@pytest.mark.parametrize(
    ("table", "row", "column", "names"),
    [
        ("membership", 4, "town", "beta|gamma"),
        ("membership", 4, "source", "table|report"),
        ("sources", 3, "same_origin_as", "report|club"),
        ("towns", 7, "part_of", "isle|omega"),
    ],
)
def test_a_cell_for_one_name_takes_no_second(
    table: str, row: int, column: str, names: str, trial: Trial
) -> None:
    """It was split and each half was known, so the row counted for no place at all."""
    trial.put(table, row, **{column: names})
    assert ("D026", table, row, column) in trial.errors()
    (fault,) = trial.told("D026")
    assert (fault.value, bool(fault.details["several"])) == (names, False)


def test_a_cell_for_several_names_says_how_they_are_written(trial: Trial) -> None:
    trial.put("activities", 2, towns="alfa|gama")
    (fault,) = trial.told("D026")
    assert (fault.value, bool(fault.details["several"])) == ("gama", True)


TWICE = {
    "support": ({"town": "beta", "year": "2014", "amount": "900 DKK"}, "amount", 2),
    "survey": ({"wave": "2011", "measure": "answered", "group": "all", "value": "199"}, "value", 2),
    "figures": (
        {"measure": "municipalities", "about": "sweden", "year": "2011", "value": "249"},
        *("value", 3),
    ),
    "agreements": ({"town": "beta", "level": "municipal", "status": "dormant"}, "status", 2),
}


@pytest.mark.parametrize("table", TWICE)
def test_two_numbers_of_one_source_for_one_thing_are_an_error(table: str, trial: Trial) -> None:
    """The first was used, and the other showed only in the register."""
    cells, column, first = TWICE[table]
    source = "stats" if table == "figures" else "report"
    row = trial.add(table, **cells, locator="elsewhere", source=source)
    assert trial.errors() == {("D025", table, row, column)}
    assert trial.told("D025")[0].details["row"] == first
    trial.put(table, row, source="paper")
    assert trial.told("D025") == []  # sources may disagree


def test_numbers_of_two_years_of_no_year_or_of_two_groups_are_different_things(
    trial: Trial,
) -> None:
    for at, year in enumerate(("2012", "2013", "", "")):
        trial.add("support", town="beta", year=year, amount=f"{at + 1} DKK", locator=str(at))
    cells = TWICE["survey"][0] | {"group": "small"}
    trial.add("survey", **cells, locator="elsewhere")
    assert trial.errors() == set()


MET = {"town": "delta", "kind": "twin_town_meeting", "status": "held", "year": "2006"}


def test_two_meetings_of_a_host_in_a_year_are_both_kept_once_one_names_its_place(
    trial: Trial,
) -> None:
    trial.add("meetings", **MET, date_from="2006-05-02", locator="one")
    row = trial.add("meetings", **MET, date_from="2006-09-02", locator="two")
    assert trial.errors() == {("D025", "meetings", row, "date_from")}
    trial.put("meetings", row, town="", place="Delta by")
    assert trial.errors() == set()
    met = build_year(trial.read(), 2014).meetings
    assert {"2006-05-02", "2006-09-02"} <= {*met["date_from"]}


def test_activities_told_only_in_english_or_of_other_places_are_all_kept(trial: Trial) -> None:
    of = {"year": "2013", "status": "done", "municipal_role": "funded"}
    for at, (text, towns) in enumerate((("A", "alfa"), ("B", "alfa"), ("A", "alfa|beta"))):
        trial.add("activities", **of, text_en=f"{text} choir.", towns=towns, locator=str(at))
    used = build_year(trial.read(), 2014).known.used["activities"]
    assert len(used) == len(chain.year().known.used["activities"]) + 3


# Years, days and rates


def test_a_figure_that_is_a_year_or_a_day_is_one(trial: Trial) -> None:
    years = {"15": "D019", "20155": "D019", "2015,5": "D019", "2015 SEK": "D019"}
    years |= {"2015": "", "ca 1939": "", "2014–2018": "", "Uppgift saknas": ""}
    days = {"2015": "D020", "15": "D020", "2015-05-01": ""}
    for definition, codes in {"year": years, "date": days}.items():
        for at, (value, code) in enumerate(codes.items()):
            of = {"measure": f"m{at}", "about": "alfa", "definition": definition}
            row = trial.add("figures", **of, year="2014", value=value)
            codes_there = {fault[0] for fault in trial.errors() if fault[2] == row}
            assert codes_there == ({code} if code else set()), value


def test_a_zero_is_asked_about_wherever_things_are_counted(trial: Trial) -> None:
    asked = [
        ("meetings.csv", trial.add("meetings", **MET, participants="0")),
        ("survey.csv", trial.add("survey", wave="2011", measure="towns", value="0")),
        ("figures.csv", trial.add("figures", measure="population", about="beta", value="0")),
    ]
    trial.add("survey", wave="2011", measure="change_since", value="0")
    trial.add("survey", wave="2011", measure="towns_share", value="0 %")
    trial.add("figures", measure="population", about="gamma", value="inga")
    told = {(fault.file, row) for fault in trial.told("D051") for row in rows_of(fault)}
    assert told == {*asked}


# What a message says to do


def test_a_tie_of_a_year_with_a_report_is_found_though_a_later_source_corrects_it(
    trial: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest year has the correction; the report of 2014 could not be made again."""
    settings = trial.data / "raw" / "municipality.toml"
    text = settings.read_text("utf-8")
    assert "\nyear = 2014\nmade = [2014]" in text
    text = text.replace("\nyear = 2014\nmade = [2014]", "\nyear = 2021\nmade = [2014, 2020]")
    settings.write_text(text, "utf-8")
    trial.add("sources", **OTHER)
    trial.add("sources", **COMING)
    cells = {"town": "gamma", "year": "2012"}
    trial.add("membership", **cells, members="50")
    trial.add("membership", **cells, members="51", source="other")
    trial.add("membership", **cells, members="50", source="coming")
    words = ["check", "--data", str(trial.data)]
    code, _, err = run(words, capsys)
    assert (code, "D030" in err) == (3, True)
    trial.put("sources", len(trial.table("sources")) - 1, rank="4")
    assert run(words, capsys)[0] == 0


def test_a_place_that_came_back_has_a_row_of_its_own_with_its_name_alone(trial: Trial) -> None:
    trial.put("towns", 9, local_name="Omeqa", geonameid="7")
    trial.add("chain", town="omega", event="admitted", year="1975")
    assert trial.told("D027")
    back = dict(zip(*trial.table("towns")[::8], strict=True))
    back |= dict.fromkeys(("aliases", "local_name", "lat", "lon", "geonameid", "wikidata"), "")
    trial.add("towns", **back | {"town": "omega_back", "name": "Omega 1975"})
    trial.put("chain", 13, town="omega_back")
    assert {fault.code for fault in trial.faults()} <= {"C017", "D057"}


def test_an_agreement_that_runs_on_has_no_last_year(trial: Trial) -> None:
    cells = {"town": "delta", "level": "municipal", "status": "active", "from_year": "2014"}
    row = trial.add("agreements", **cells, to_year="2060")
    assert trial.errors() == {("D065", "agreements", row, "to_year")}
    trial.put("agreements", row, to_year="", note="2060")
    assert trial.errors() == set()


def test_a_share_among_counts_is_to_blame_and_not_the_counts(trial: Trial) -> None:
    cells = {"wave": "2011", "measure": "twin_towns", "group": "small"}  # of all there are 300
    row = trial.add("survey", **cells, value="54 %")
    assert trial.errors() == {("D042", "survey", row, "value")}
    trial.put("survey", row, value="54")
    assert trial.errors() == set()
    trial.put("survey", row, value="54 %", measure="twin_towns_share")
    assert trial.errors() == set()


def test_a_rate_whose_currencies_are_badly_written_is_a_rate(trial: Trial) -> None:
    trial.put("figures", 2, about="dkk - sek")
    assert {fault.code for fault in trial.faults()} == {"D100", "C017", "D057"}


def test_half_a_point_shows_the_cell_as_it_is(trial: Trial) -> None:
    trial.put("towns", 3, lon="")
    (fault,) = trial.told("D063")
    assert (fault.column, fault.value) == ("lon", "")


def test_a_misspelt_place_is_not_also_one_without_members_or_outside_the_chain(
    trial: Trial,
) -> None:
    trial.add("membership", town="isle", year="2013", members="5")
    trial.put("membership", 4, town="bata")
    assert {fault.code for fault in trial.faults()} == {"D026", "C017"}
    trial.put("membership", 4, town="beta")
    trial.put("chain", 10, town="dleta")
    assert {code for code, *_ in trial.errors()} == {"D026"}


def test_a_setting_is_blamed_by_its_file_and_key(trial: Trial, capsys) -> None:
    settings = trial.data / "raw" / "municipality.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("2014", "1950"), "utf-8")
    for words in (["check"], ["report", "--out", str(trial.data.parent / "out")]):
        code, _, err = run([*words, "--data", str(trial.data)], capsys)
        assert (code, "C003" in err, "municipality.toml" in err) == (2, True, True)
    settings.write_text(f"{text}\nlanguage = 'de'\n", "utf-8")
    with pytest.raises(UserError) as refusal:
        read_dataset(trial.data)
    (fault,) = refusal.value.faults
    assert (fault.file, fault.column, bool(fault.row)) == (
        *("municipality.toml", "report.language", True),
    )


# Workbooks


def test_a_text_that_is_struck_out_is_taken_back(trial: Trial) -> None:
    book = workbook(trial.data, "towns")
    book.active["B4"].font = Font(strike=True)
    book.active["I6"].font = Font(strike=True)  # an empty cell among degrees
    save(trial.data, "towns", book)
    assert trial.errors() == {("D098", "towns", 4, "name")}


def test_rows_that_are_struck_out_are_told_once_as_rows(trial: Trial) -> None:
    book = workbook(trial.data, "membership")
    for row in (4, 6):
        for cell in book.active[row]:
            cell.font = Font(strike=True)
    save(trial.data, "membership", book)
    (fault,) = [fault for fault in trial.faults() if fault.level == "error"]
    assert (fault.code, rows_of(fault), fault.column) == ("D098", [4, 6], "")
    book.active.delete_rows(6)
    book.active.delete_rows(4)
    save(trial.data, "membership", book)
    assert trial.errors() == set()
