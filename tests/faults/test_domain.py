"""What no single cell shows, and what the report makes of it: F62 to F73 of the list of faults."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import chain
from vanort_analysis.analysis import build_year
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.evidence import as_of
from vanort_analysis.errors import DataError

from .conftest import Trial, rows_of

SMALL = Path(__file__).parents[1] / "data" / "invented_small_chain"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eidi", "Eiði"),
        ("Siglufjördur", "Siglufjørður"),
        ("Sankt Olof", "SANKT  OLOF"),
        ("Malmö", "Malmø"),
    ],
)
def test_F62_one_place_in_two_spellings_is_an_error(one: str, other: str, trial: Trial) -> None:
    trial.put("towns", 3, name=one)
    trial.put("towns", 4, name=other)
    (fault,) = trial.told("D031")
    assert (fault.level, fault.row, fault.details["row"]) == ("error", 4, 3)


def test_F62_a_slip_of_the_pen_is_an_error_where_both_may_be_one_place(trial: Trial) -> None:
    """Husby and Hysby in one country, near each other. Sund and Lund far apart are only asked
    about: two real towns may have nearly one name, and a report must not wait for that."""
    trial.put("towns", 6, aliases="Husby")
    trial.put("towns", 7, name="Hysby")
    assert trial.errors() == {("D061", "towns", 7, "name")}
    trial.put("towns", 7, name="Isle one")
    trial.put("towns", 4, name="Hysby")
    assert (trial.warning("D061").row, trial.warning("D061").details["row"]) == (6, 4)


def test_F62_two_towns_with_numbers_of_their_own_may_have_nearly_one_name(trial: Trial) -> None:
    for row, name in ((2, "Hamar"), (3, "Hamra")):
        trial.put("towns", row, name=name, geonameid=str(row))
    assert trial.told("D061") == []
    trial.put("towns", 3, name="Hamar", geonameid="2")
    assert {code for code, *_ in trial.errors()} == {"D091"}  # one message for one fault


def test_F62_the_same_from_the_same_source_twice_is_an_error(trial: Trial) -> None:
    trial.add("membership", town="beta", year="2013", members="200", source="table")
    trial.add("sources", source="report", title="Report", kind="report", known_since="2014",
              rank="3", reference="false", dating="published")  # fmt: skip
    trial.add("chain", town="omega", event="left", year="1966", locator="elsewhere")
    assert {(code, table, row) for code, table, row, _ in trial.errors()} == {
        *(("D025", "membership", 8), ("D025", "sources", 12), ("D025", "chain", 13))
    }


def test_F63_where_sources_disagree_the_stronger_wins_and_a_tie_stops() -> None:
    (case,) = chain.year().known.register.query("key == 'beta admitted'").itertuples()
    assert (case.used, case.other, case.rule) == ("1950", "1951", "rank")
    tied, _ = chain.tables(
        sources="other,Other,report,2014,3,,false,published",
        membership="gamma,2012,50,report\ngamma,2012,51,other",
    )
    with pytest.raises(DataError) as refusal:
        as_of(tied, 2014)
    assert [fault.code for fault in refusal.value.faults] == ["D030"]


def test_F64_members_of_a_place_outside_the_chain_and_a_place_without(trial: Trial) -> None:
    assert trial.warning("D057").value == "isle"  # of the chain, and no row tells of its members
    rows = trial.table("membership")
    trial.write("membership", rows[:1])
    assert trial.told("D057") == []  # of nobody's members is told
    trial.write("membership", rows)
    trial.put("membership", 4, town="isle_one")
    trial.put("support", 2, town="isle_two")
    outside = {("D037", "membership", 4, "town"), ("D037", "support", 2, "town")}
    assert trial.errors() == outside


def test_F65_a_town_that_left_is_not_counted_later(trial: Trial) -> None:
    row = trial.add("membership", town="omega", year="1970", members="50")
    assert (trial.warning("D055").row, trial.warning("D055").details["near"]) == (row, "1965")
    year = build_year(trial.read(), 2014)
    assert "omega" not in set(year.members["town"])
    assert year.facts["members_total"].value == chain.year().facts["members_total"].value


def test_F65_who_left_by_a_year_may_have_been_there_until_then(trial: Trial) -> None:
    trial.add("chain", town="delta", event="left", year="–1980")
    trial.add("membership", town="delta", year="1975", members="25")
    row = trial.add("membership", town="delta", year="1985", members="20")
    told = {of: note.details["near"] for note in trial.told("D055") for of in rows_of(note)}
    assert told == dict.fromkeys((6, 7, row), "1980")


def test_F66_a_group_is_one_place_and_its_point_is_marked() -> None:
    places = chain.year().places.set_index("town")
    assert places.at["isle", "approximate"]
    assert not places.drop("isle")["approximate"].any()
    assert {"isle_one", "isle_two"} & set(places.index) == set()


def test_F67_a_chain_of_one_has_facts_and_none_of_them_is_a_share_of_nothing(
    tmp_path: Path,
) -> None:
    data = shutil.copytree(SMALL, tmp_path / "data")
    path = data / "raw" / "chain.csv"
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[:2]) + "\n", "utf-8")
    year = build_year(read_dataset(data), 2020)
    assert (len(year.places), year.partners) == (1, [])
    assert year.facts["places_now"].value == 1
    assert year.support["local"].map(lambda of: of.is_known).sum() == 0


def test_F68_a_year_without_data_is_a_gap() -> None:
    """Of delta 2005 and 2013 are known: a year between shows what is older, with its year."""
    members = chain.year().at(2010).members.set_index("town")
    assert (members.at["delta", "members"].value, members.at["delta", "year"].value) == (30, 2005)
    assert not members.at["beta", "members"].is_known


def test_F69_more_answers_than_were_asked_is_an_error(trial: Trial) -> None:
    trial.put("survey", 2, value="251")
    (fault,) = trial.told("D068")
    assert (fault.level, fault.row, fault.details["near"]) == ("error", 2, "250")


@pytest.mark.parametrize(
    ("parts", "whole", "found"),
    [
        (("54 %", "20 %", "16 %"), "", "90"),
        (("54 %", "34 %", "13 %"), "", None),  # each is rounded
        (("54 %", "20 %", "Övriga"), "", None),
        (("100", "150", "40"), "300", "290"),
        (("100", "160", "40"), "300", None),
    ],
)
def test_F69_parts_that_are_not_the_whole_are_told_with_what_they_make(
    parts: tuple[str, ...], whole: str, found: str | None, trial: Trial
) -> None:
    for group, value in zip(("active", "sporadic", "dormant"), parts, strict=True):
        trial.add("survey", wave="2012", measure="state", group=group, value=value)
    if whole:
        trial.add("survey", wave="2012", measure="state", group="all", value=whole)
    assert [note.details["found"] for note in trial.told("D058")] == ([found] if found else [])


def test_F70_a_derived_figure_says_how_and_from_what() -> None:
    before = chain.year().facts["survey_before"]
    assert (before.value, before.formula, len(before.refs)) == (400, "survey_before", 2)
    assert chain.year().facts["survey_towns"].formula == ""


def test_F71_a_share_is_of_those_who_answered_and_bounded_for_all() -> None:
    facts = chain.year().facts
    assert (facts["survey_answered"].value, facts["survey_municipalities"].value) == (200, 250)
    assert (facts["survey_nordic_low"].value, facts["survey_nordic_high"].value) == (40, 60)


@pytest.mark.parametrize("members", ["1 001", "minst 1 001", "1 001–1 100"])
def test_F72_no_association_has_more_members_than_people_live_there(
    members: str, trial: Trial
) -> None:
    trial.add("figures", measure="population", about="beta", year="2013", value="1 000")
    trial.put("membership", 4, members=members)
    (fault,) = trial.told("D034")
    assert (fault.level, fault.row, fault.details["near"]) == ("error", 4, "1000")


def test_F72_each_place_is_told_with_its_own_population(trial: Trial) -> None:
    for town, people in (("beta", "1 000"), ("delta", "900")):
        trial.add("figures", measure="population", about=town, year="2013", value=people)
    trial.put("membership", 4, members="2 000")
    trial.put("membership", 6, members="2 000")
    found = {fault.row: fault.details["near"] for fault in trial.told("D034")}
    assert found == {4: "1000", 6: "900"}


def test_F73_a_merger_is_an_event_and_a_new_key_for_a_place_is_asked_about(trial: Trial) -> None:
    """A merger is a row of the chain. A place under a new key lies where the old one lay."""
    merged = chain.year().history.set_index("town").at["beta", "merged"]
    assert [year.low for year in merged] == [2007]
    trial.add("towns", town="beta_new", name="Nyby", area="Danmark", country="DK", lat="56",
              lon="9", kind="town")  # fmt: skip
    assert trial.warning("D059").details["row"] == 3
