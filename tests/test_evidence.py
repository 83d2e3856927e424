"""What was known when, which source is used, and what really disagrees."""

from math import inf

import pandas as pd
import pytest

from vanort_analysis.data.evidence import NEWS, NO_NEWS, differs, list_changes, unused_rows
from vanort_analysis.data.schema import TABLES
from vanort_analysis.data.spelling import parse_quantity
from vanort_analysis.pages.quality import quality_facts

from .chain import tables, year


def register(at: int = 2014, **more: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    cases = year(at, **more).known.register.itertuples()
    return {(case.key, case.column): (case.used, case.other, case.rule) for case in cases}


def test_a_later_source_does_not_change_an_earlier_report() -> None:
    more = {"membership": "beta,2013,999,late"}
    before, after = year().known.basis, year(**more).known.basis
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])
    assert year(2020, membership="beta,2014,999,late").facts["members:beta"].value == 999


def test_the_stronger_source_wins_and_both_values_stay() -> None:
    more = {"membership": "beta,2013,201,mended"}
    assert year(**more).facts["members:beta"].value == 201
    assert register(**more)["beta 2013", "members"] == ("201", "200", "correction")


def test_a_correction_wins_over_a_stronger_source() -> None:
    more = {"membership": "beta,2013,201,weak",
            "sources": "weak,Weak,correction,2014,5,,false,published"}  # fmt: skip
    assert year(**more).facts["members:beta"].value == 201
    assert register(**more)["beta 2013", "members"] == ("201", "200", "correction")


def test_of_two_as_strong_the_later_wins() -> None:
    more = {"chain": "delta,contact,1968,club\ndelta,contact,1969,late"}
    assert register(2020, **more)["delta contact", "year"] == ("1969", "1968", "later")


def test_only_what_really_differs_is_a_disagreement() -> None:
    assert register() == {
        ("beta admitted", "year"): ("1950", "1951", "rank"),
        ("2014 beta", "place"): ("Beta by, the inn", "Elsewhere", "rank"),  # "Beta by" says less
    }


@pytest.mark.parametrize(("told", "differs"), [("ca 21", False), ("ca 30", True), ("21", True)])
def test_a_rounded_number_agrees_with_one_that_is_close(told: str, differs: bool) -> None:
    disputed = register(membership=f"delta,2013,{told},weekly")
    assert (("delta 2013", "members") in disputed) == differs


def test_years_among_figures_do_not_agree_by_a_lifetime() -> None:
    told = {"definition": "year", "ref": "figures:2", "value": parse_quantity("ca 1939")}
    other = told | {"ref": "figures:3", "value": parse_quantity("1846")}
    assert differs(other, told, "value")
    members = told | {"definition": ""}
    assert not differs(other | {"definition": ""}, members, "value")


def test_how_far_a_thing_has_come_wins_and_a_correction_takes_back() -> None:
    assert "meeting:beta" in year().facts
    held = year().meetings.set_index("town")["status"]
    assert held["beta"].iloc[-1] == "held"
    back = year(meetings="2013,alfa,twin_town_meeting,,,,cancelled,mended")
    assert "hosted_home" not in back.facts
    meeting = "2015,alfa,twin_town_meeting,,,"
    off = year(2020, meetings=f"{meeting},announced,site\n{meeting},cancelled,late")
    assert "cancelled" in set(off.meetings["status"])


def test_a_later_gap_does_not_erase_a_known_number() -> None:
    assert year(2020, membership="beta,2020,Uppgift saknas,late").facts["members:beta"].value == 200


def test_a_later_gap_does_not_hide_a_figure() -> None:
    facts = year(2020, figures="twinnings,europe,2019,Uppgift saknas,late").facts
    assert (facts["twinnings:europe"].low, facts["twinnings:europe.year"].value) == (100, 2014)


def test_a_row_of_an_interval_is_as_new_as_its_first_year() -> None:
    more = "beta,2015–2018,300,late\ndelta,2014–2016,22,late\ndelta,2015,25,late"
    facts = year(2020, membership=more).facts
    assert (facts["members:beta"].value, facts["members:delta"].value) == (300, 25)


def test_an_open_year_told_by_its_first_is_that_year() -> None:
    more = "beta,2014–,300,table\ndelta,2013–,22,table"
    for at, highs in ((2014, [2014, inf]), (2020, [inf, inf])):
        used = year(at, membership=more).known.used["membership"]
        assert [cell.high for cell in used["year"] if cell.text.endswith("–")] == highs
    later = year(2020, membership="beta,2014–,300,late").at(2014).known.used["membership"]
    assert later["year"].iloc[-1].high == inf  # told in 2020: it may be of any year since


def test_what_ended_by_a_year_is_no_newer_than_what_is_of_a_year() -> None:
    assert year(membership="beta,–2014,300,table").facts["members:beta"].value == 200


def test_meetings_of_a_year_without_a_host_are_one_only_in_one_place() -> None:
    meeting = "2012,,twin_town_meeting"
    more = f"{meeting},Ön,,,held,site\n{meeting},Ön,,,held,weekly\n{meeting},In town,,,held,site"
    more += "\n2012,,conference,,,,held,site\n2012,,board_seminar,,,,held,site"
    used = year(meetings=more).known.used["meetings"]
    met = used[(used["town"] == "") & used["year"].map(lambda cell: cell.low == 2012)]
    assert [*met["place"]] == ["Ön", "In town", "", ""]
    assert [*met["kind"][-2:]] == ["conference", "board_seminar"]


def test_a_row_of_a_later_year_is_not_known_yet() -> None:
    assert "members:beta" not in year(2012).facts
    assert year(2012).facts["members:delta"].value == 30


def test_what_is_new_since_the_report_before_is_told() -> None:
    more = {"membership": "beta,2013,190,mended\ngamma,2019,40,late"}
    found = year(2020, 2012, **more)
    rows = list_changes(found.before, found.known).set_index(["table", "key"])
    assert rows.at[("membership", "gamma 2019"), "what"] == "new"
    again = year(2020, 2014, membership="beta,2013,190,late2",
                 sources="late2,Later,correction,2020,1,,false,published")  # fmt: skip
    rows = list_changes(again.before, again.known).set_index(["table", "key"])
    assert rows.at[("membership", "beta 2013"), "what"] == "changed"
    assert rows.at[("membership", "beta 2013"), "before_ref"] == "membership:4"
    assert again.facts["since_members"] == ["beta"]
    assert (again.facts["since_year"].value, again.facts["since_changed"].value) == (2014, 1)
    assert again.facts["since_met"] == []


def test_an_earlier_year_is_seen_by_what_is_known_today() -> None:
    found = year(2020, chain="delta,left,2019,late")
    assert found.at(2014).known.year == 2014
    assert found.at(2014) is found.at(2014)
    assert found.at(2030) is found
    assert "delta" in found.at(2014).partners
    assert "delta" not in found.partners


def test_what_is_new_is_told_by_what_came_about() -> None:
    more = {"chain": "delta,left,2019,late\nisle,admitted,2018,late",
            "meetings": "2019,beta,twin_town_meeting,,,,held,late"}  # fmt: skip
    found = year(2020, 2014, **more).facts
    assert (found["since_joined"], found["since_left"], found["since_met"]) == (
        *([], ["delta"], ["beta"]),
    )
    assert found["since_new"].value == 2
    assert "since_changed" not in found


def test_of_every_table_about_towns_it_is_told_which_have_news() -> None:
    of_towns = {name for name, table in TABLES.items() if "town" in table.columns}
    assert of_towns - {"chain", *NO_NEWS} <= {*NEWS.values()}


def test_a_meeting_that_was_announced_and_held_is_news() -> None:
    meeting = "2015,beta,twin_town_meeting,,,"
    more = {"sources": "later,Later,report,2021,3,,false,published"}
    more["meetings"] = f"{meeting},announced,late\n{meeting},held,later"
    found = year(2021, 2020, **more)
    (change,) = list_changes(found.before, found.known).itertuples()
    assert (change.what, change.column) == ("changed", "status")
    assert found.known.records[change.before_ref]["status"] == "announced"
    assert found.known.records[change.now_ref]["status"] == "held"
    assert found.facts["since_met"] == ["beta"]


def test_the_newest_year_of_the_data_is_no_year_to_come() -> None:
    planned = "2016,isle,twin_town_meeting,,,,announced,weekly"
    assert quality_facts(year(meetings=planned))["quality_newest_year"].value == 2014


def test_a_place_whose_entry_is_corrected_has_not_joined_anew() -> None:
    facts = year(2020, 2014, chain="beta,admitted,1949,mended2",
                 sources="mended2,Mended,correction,2020,1,,false,published").facts  # fmt: skip
    assert (facts["since_changed"].value, facts["since_joined"]) == (1, [])


def test_a_row_that_is_not_used_says_why() -> None:
    found, _ = tables(membership="beta,2019,5,report\nbeta,2012,6,late")
    assert unused_rows(found, 2014).to_dict("split")["data"] == [
        ["sources", 6, "not_cited", ""],
        ["sources", 7, "not_cited", ""],
        *(["chain", row, "outranked", f"chain:{row - 1}"] for row in (3, 5, 7)),
        ["membership", 3, "outranked", "membership:2"],
        ["membership", 8, "later", "2019"],
        ["membership", 9, "not_public", "2020"],
    ]
    assert unused_rows(found, 2020).columns.tolist() == ["table", "row", "reason", "detail"]
    assert unused_rows(found, 2020)["row"].tolist() == [6, 3, 5, 7, 3]


@pytest.mark.parametrize(("source", "value"), [("table", 100), ("report", 100)])
def test_a_source_has_its_own_numbers(source: str, value: int) -> None:
    assert year().stated[source]["members:alfa"].value == value
    assert "members:beta" not in year().stated["report"]


def test_a_number_that_a_correction_takes_back_is_unknown_and_the_old_one_stays_visible() -> None:
    found = year(membership="beta,2013,Uppgift saknas,mended")
    assert not found.facts["members:beta"].is_known
    (case,) = [case for case in found.known.register.itertuples() if case.key == "beta 2013"]
    assert (case.used, case.other, case.rule) == ("Uppgift saknas", "200", "correction")


def test_a_meeting_that_a_correction_cancels_is_a_disagreement() -> None:
    found = register(meetings="2013,alfa,twin_town_meeting,,,,cancelled,mended")
    assert found["2013 alfa", "status"] == ("cancelled", "held", "correction")


def test_a_meeting_rests_on_the_row_that_says_it_was_held() -> None:
    """Three rows tell of the seminar of 2014; the report was written before it."""
    seminar = year().meetings.set_index("town").loc["beta"].iloc[-1]
    assert (seminar["status"], seminar["year"].refs) == ("held", ("meetings:9",))
    assert year().meeting_years.refs[-1] == "meetings:9"


def test_a_bound_ends_with_the_year_of_the_report_but_not_a_period() -> None:
    late = "twinnings,asia,–2018,5,report\ntwinnings,africa,2012–2018,6,report"
    years = {at: year(at, figures=late).facts for at in (2014, 2020)}
    assert years[2014]["twinnings:asia.year"].high == 2014
    assert years[2020]["twinnings:asia.year"].high == 2018
    assert years[2014]["twinnings:africa.year"].high == 2018


@pytest.mark.parametrize(
    ("kind", "rank", "expected"),
    [
        ("municipal page", 1, []),  # so it was before
        ("newspaper", 5, [("status", "ended", "rank"), ("to_year", "2016", "rank")]),
        ("correction", 1, [("status", "active", "correction"), ("to_year", "2018", "correction")]),
    ],
)
def test_an_earlier_state_disputes_no_later_one_unless_that_corrects_it(
    kind: str, rank: int, expected: list[tuple[str, str, str]]
) -> None:
    """A later one that is outranked is not silenced."""
    states = "isle,municipal,active,2012,report,2018\nisle,municipal,ended,2012,told,2016"
    told = f"told,Told,{kind},2018,{rank},,false,published"
    cases = year(2020, agreements=states, sources=told).known.register.itertuples()
    found = [(case.column, case.other, case.rule) for case in cases if case.table == "agreements"]
    assert found == expected


def test_a_correction_that_says_a_meeting_was_held_does_not_deny_that_it_was_announced() -> None:
    told = "2012,isle,twin_town_meeting,,,,announced,report\n2012,isle,twin_town_meeting,,,,"
    assert ("2012 isle", "status") not in register(meetings=f"{told}held,mended")
    assert ("2012 isle", "status") not in register(meetings=f"{told}cancelled,mended")


@pytest.mark.parametrize(
    ("place", "day", "disputed"),
    [("Isle-Harbour", "2012-06-01", []), ("Isle", "2012-06-02", [("date_from", "2012-06-02")])],
)
def test_who_says_the_same_with_a_word_joined_on_does_not_disagree(
    place: str, day: str, disputed: list[tuple[str, str]]
) -> None:
    """But a date is one word."""
    told = "2012,isle,twin_town_meeting,Isle,2012-06-01,,held,report\n"
    told += f"2012,isle,twin_town_meeting,{place},{day},,held,weekly"
    found = year(meetings=told).known.register.itertuples()
    assert [(case.column, case.other) for case in found if case.key == "2012 isle"] == disputed
