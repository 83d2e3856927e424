"""The report of 2014, computed from the tables: every figure the old report gives or implies."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from vanort_analysis import Report, load
from vanort_analysis import report as api
from vanort_analysis.analysis import chain
from vanort_analysis.analysis import chain as spans
from vanort_analysis.analysis import figures as trends

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def report() -> Report:
    return load(2014, "sv")


@pytest.fixture(scope="module")
def facts(report: Report) -> dict[str, Any]:
    return report.facts


def test_nine_places_now_and_ten_ever(facts: dict[str, Any]) -> None:
    assert facts["places_now"].value == 9
    assert facts["places_ever"].value == 10
    assert facts["former"] == ["Utajärvi"]


def test_the_size_of_the_chain(report: Report) -> None:
    steps = chain.size(report.known)
    found = {int(y.low): int(n.low) for y, n in zip(steps["year"], steps["places"], strict=True)}
    assert found == {1946: 2, 1947: 3, 1948: 4, 1949: 5, 1976: 4, 1977: 6, 1978: 7, 1989: 9}


def test_the_years_of_the_table_stand_beside_those_of_the_prose(report: Report) -> None:
    history = spans.history(report.known, "vanersborg").set_index("town")
    other = {town: [year.low for year in years] for town, years in history["entered_other"].items()}
    assert (other["arsuk"], other["husby"], other["herning"]) == ([1987], [1988], [])


def test_the_members_are_at_least_1135_from_8_of_9(facts: dict[str, Any], report: Report) -> None:
    assert report.say(facts["members_total"]).replace("\u00a0", " ") == "minst 1 135"
    assert facts["members_places"].value == 8
    assert facts["members_unknown"] == ["Eidi"]
    assert facts["members_total"].low == facts["chain_members_printed:chain"].value


def test_husby_has_30_per_cent_of_the_known(report: Report) -> None:
    shares = trends.membership(report.known, "vanersborg").set_index("town")["of_known"]
    assert report.say(shares["husby"]) == "30,0\u00a0%"
    assert sum(share.low for share in shares if share.known) == pytest.approx(100)
    assert not shares["eidi"].known


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("survey_before", "587"),
        ("survey_towns", "401"),
        ("survey_change", "−186"),
        ("survey_change_pct", "−31,7 %"),
        ("survey_nordic_share", "51,2 %"),
        ("survey_nordic_low", "45,2 %"),
        ("survey_nordic_high", "56,9 %"),
        ("survey_silent", "34"),
        ("survey_per_municipality", "3,06"),
        ("survey_active", "54 %"),
        ("survey_dormant", "ca 33 %"),
        ("survey_sporadic", "ca 13 %"),
        ("support_local:herning", "20 505 kr"),
        ("support_local:husby", "42 718 kr"),
        ("support_each:herning", "89,2 kr"),
        ("support_each:husby", "125,6 kr"),
        ("grant", "15 000 kr"),
        ("grant_each", "150 kr"),
        ("farthest_km", "3 304 km"),
    ],
)
def test_a_figure_of_the_report(
    facts: dict[str, Any], report: Report, name: str, shown: str
) -> None:
    assert report.say(facts[name]).replace("\u00a0", " ") == shown


def test_what_is_derived_says_how(facts: dict[str, Any]) -> None:
    assert facts["survey_before"].formula == "survey_before"
    assert facts["survey_towns"].formula == ""
    assert len(facts["survey_before"].refs) == 2


def test_unknown_none_and_not_mentioned_are_different_things(report: Report) -> None:
    amounts = trends.support(report.known, "vanersborg", "SEK").set_index("town")["amount"]
    said = {town: report.say(amount) for town, amount in amounts.items()}
    assert said["kangasala"] == "okänd summa"
    assert said["holmestrand"] == "inget bidrag"
    assert said["eidi"] == "nämns inte"


def test_272_of_any_country_is_never_set_beside_131(report: Report) -> None:
    assert "survey_nordic" in report.facts
    shown = [report.table(name).html for name in api.TABLES if name.startswith("survey")]
    assert len(shown) == 3
    assert all("272" not in html for html in shown)


def test_distances_agree_with_wikidata_and_a_second_source() -> None:
    oracles = pd.read_csv(HERE / "data" / "distance_oracles.csv").dropna(subset=["from_lat"])
    assert len(oracles) == 9
    for row in oracles.itertuples():
        _, _, metres = chain.GEOD.inv(row.from_lon, row.from_lat, row.to_lon, row.to_lat)
        # Wikidata computes on a sphere: up to half a per cent from the ellipsoid
        assert metres / 1000 == pytest.approx(row.distance_km, rel=0.006, abs=1)


def test_the_group_of_municipalities_has_a_point_of_its_own_and_is_counted_once(
    report: Report,
) -> None:
    places = chain.places(report.known, "vanersborg").set_index("town")
    assert places.loc["aland15", ["lat", "lon"]].tolist() == pytest.approx(
        [60.195192, 20.253327], abs=1e-5
    )
    assert places.loc["aland15", "distance_km"].doubt == "about"
    assert not any(town.startswith("aland_") for town in places.index)


def test_waiting_is_counted_from_a_known_meeting_only(report: Report) -> None:
    waited = chain.hosting(report.known, "vanersborg").set_index("town")
    assert waited.loc["arsuk", "last"].value == 1997
    assert waited.loc["aland15", "waited"].value == 1
    assert not waited.loc["eidi", "last"].known


DERIVED = {
    ("chain_members_known", "2013"): "members_total",
    ("places_with_known_members", "2013"): "members_places",
    ("share_of_known_members", "husby"): "members_largest_share",
    ("twin_towns_2007", "2007"): "survey_before",
    ("change_2007_2011", "2011"): "survey_change_pct",
    ("share_with_nordic_twin", "2011"): "survey_nordic_share",
    ("answer_rate", "2011"): "survey_answer_rate",
    ("share_with_nordic_twin_low", "2011"): "survey_nordic_low",
    ("share_with_nordic_twin_high", "2011"): "survey_nordic_high",
    ("twin_towns_per_municipality", "2011"): "survey_per_municipality",
    ("sporadic_share", "2011"): "survey_sporadic",
    ("years_of_chain", "2014"): "chain_age",
    ("support_per_member", "vanersborg"): "grant_each",
    ("support_in_sek_at_2014_rate", "herning"): "support_local:herning",
    ("support_in_sek_at_2014_rate", "husby"): "support_local:husby",
    ("support_per_member_in_sek_at_2014_rate", "herning"): "support_each:herning",
    ("support_per_member_in_sek_at_2014_rate", "husby"): "support_each:husby",
}


@pytest.mark.parametrize(("measure", "name"), DERIVED.items(), ids=str)
def test_a_derived_figure_equals_the_one_worked_out_by_hand(
    facts: dict[str, Any], measure: tuple[str, str], name: str
) -> None:
    expected = pd.read_csv(HERE / "data" / "expected_derived.csv", dtype=str)
    row = expected[(expected["measure"] == measure[0]) & (expected["about"] == measure[1])]
    stated = row["value"].iloc[0]
    decimals = len(stated.partition(".")[2])
    assert round(facts[name].value, decimals) == pytest.approx(float(stated), abs=0.1**decimals)
    assert facts[name].formula
    assert facts[name].refs
