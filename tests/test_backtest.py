"""The report of 2014 from the real tables: every figure it gives or implies, found as before."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from pyproj import Geod

from vanort_analysis import load
from vanort_analysis.analysis import Year
from vanort_analysis.analysis.facts import fact_names
from vanort_analysis.data.clean import Dataset, read_dataset
from vanort_analysis.data.evidence import as_of
from vanort_analysis.pages.prose import PAGES

HERE = Path(__file__).parent / "data"
FIGURES = {
    "places_now": 9,
    "places_ever": 10,
    "members_places": 8,
    "members_total": 1135,
    "chain_members_printed:chain": 1135,
    "members_largest_count": 340,
    "survey_before": 587,
    "survey_towns": 401,
    "survey_change": -186,
    "survey_change_pct": -31.7,
    "survey_answer_rate": 88.3,
    "survey_nordic_share": 51.2,
    "survey_nordic_low": 45.2,
    "survey_nordic_high": 56.9,
    "survey_silent": 34,
    "survey_active": 54,
    "survey_dormant": 33.3,
    "support_local:herning": 20504.6,
    "support_local:husby": 42717.9,
    "support_each:herning": 89.15,
    "support_each:husby": 125.64,
    "grant": 15000,
    "grant_each": 150,
    "grant_share": 35.1,
    "farthest_km": 3304,
    "nearest_km": 169,
    "meeting_years": 8,
    "round_years": 9,
    "all_nordic_year": 1949,
    "members_before:arsuk": 25,
    "members:arsuk": 15,
}
CLAIMS = {  # what the expert's list says of the claims of 2014, but for three: a grant is no
    # contact (dormant_municipal), fewer twin towns are not less interest (interest_falls), and a
    # number is no proof of itself (europe_20000)
    "yes": "members_over_1100 nine_places whole_norden start_1946 five_countries_1949"
    " utajarvi_left_1976 three_in_1970s two_in_1980s about_100_members meeting_2013_aland"
    " active_civil first_twinning_1939 three_grants small_grant dormant_municipal",
    "no": "holmestrand_1947 admitted_1989 seminar_2014",
    # a bound that decides nothing, one source only, or nothing that could be held against it
    "unknown": "members_sum_1135 survey_131 largest_chain members_rising grows_most"
    " yearly_rotation herning_handed_over no_agreements no_contact_decades survey_186_fewer"
    " survey_shares survey_mergers interest_falls europe_20000",
}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return read_dataset()


@cache
def of(dataset: Dataset, year: int) -> Year:
    return Year(as_of(dataset.tables, year), dataset.municipality.home, dataset.currency)


@pytest.fixture(scope="module")
def report(dataset: Dataset) -> Year:
    return of(dataset, 2014)


def test_every_figure_of_the_report_is_found(report: Year) -> None:
    for name, value in FIGURES.items():
        near = 0.05 if value % 1 else 0.5
        assert report.facts[name].low == pytest.approx(value, abs=near), name
    assert report.facts["members_total"].doubt == "at_least"
    assert report.facts["members_unknown"] == ["eidi"]
    assert report.facts["former"] == ["utajarvi"]


def test_the_size_of_the_chain(report: Year) -> None:
    pairs = zip(report.size["year"], report.size["places"], strict=True)
    assert {int(at.low): int(count.low) for at, count in pairs} == {
        1946: 2,
        1947: 3,
        1948: 4,
        1949: 5,
        1976: 4,
        1977: 6,
        1978: 7,
        1989: 9,
    }


def test_the_expert_answers_the_claims_the_same_in_every_later_year(dataset: Dataset) -> None:
    expected = {name: answer for answer, names in CLAIMS.items() for name in names.split()}
    for year in (2014, 2018, 2024):
        rows = of(dataset, year).checks
        claims = rows[rows["about"] == "earlier_report"]
        assert dict(zip(claims["check"], claims["holds"], strict=True)) == expected


def test_no_premise_fails_in_2014_and_no_point_can_be_told_ten_years_on(dataset: Dataset) -> None:
    now, later = of(dataset, 2014), of(dataset, 2024)
    answers = now.checks[now.checks["about"] == "proposal"].set_index("check")["holds"]
    assert answers.pop("counterpart_will") == "unknown"  # nobody has asked
    assert set(answers) == {"yes"}
    assert not (now.points["holds"] == "no").any()
    assert set(later.points["holds"]) == {"unknown"}
    assert later.points_year == 2014
    assert set(later.follow_up["state"]) == {"unknown"}


def test_the_states_of_2014_and_of_2024(dataset: Dataset) -> None:
    facts, later = of(dataset, 2014).facts, of(dataset, 2024).facts
    assert facts["status_municipal_sporadic"] == []
    assert len(facts["status_municipal_dormant"]) == 8
    assert facts["status_civil_sporadic"] == ["arsuk"]
    assert facts["status_civil_no_record"] == ["eidi"]
    assert later["status_civil_sporadic"] == ["aland15"]
    assert len(later["status_municipal_no_record"]) == 8


def test_every_known_disagreement_is_in_the_register_and_no_other(dataset: Dataset) -> None:
    rows = of(dataset, 2024).known.register
    assert set(zip(rows["key"], rows["column"], rows["used"], rows["other"], strict=True)) == {
        ("arsuk admitted", "year", "1989", "1987"),
        ("husby admitted", "year", "1989", "1988"),
        ("holmestrand contact", "year", "1947", "1946"),
        ("aland15 admitted", "year", "1977", "1978"),
        ("kangasala admitted", "year", "1977", "1976"),
        ("siglufjordur contact", "year", "1949", "1948"),
        ("siglufjordur 1938", "members", "61", "50"),
        ("lich municipal", "from_year", "2010", "2011"),
        ("2014 husby", "kind", "planning_seminar", "board_seminar"),
        ("2014 husby", "place", "Husby (Sydslesvig)", "Süderbrarup, Sydslesvig"),
    }


def test_the_entry_years_agree_with_what_each_source_says(dataset: Dataset) -> None:
    rows = dataset.tables["chain"]
    ours = {(row.town, row.event, row.year.text, row.source) for row in rows.itertuples()}
    stated = pd.read_csv(HERE / "expected_entry_years.csv", dtype=str, keep_default_na=False)
    stated = stated[stated["event"].isin(["contact", "admitted", "left"])]
    assert set(zip(*(stated[c] for c in ("town", "event", "year", "source")), strict=True)) <= ours


def test_every_place_counts_as_soon_as_its_tie_is_known(dataset: Dataset) -> None:
    for year in range(dataset.years[0], 2014):
        known = as_of(dataset.tables, year)
        assert set(known.used["chain"]["town"]) <= set(known.used["towns"]["town"]), year


def test_every_fact_has_a_name_known_beforehand(dataset: Dataset) -> None:
    names = fact_names(dataset.tables)
    for year in (dataset.years[0], 2014, 2024):
        assert of(dataset, year).facts.keys() <= names
    assert {*dataset.tables["checks"]["fact"]} - {""} <= names


def test_what_is_computed_has_its_rows(report: Year) -> None:
    for name, fact in report.facts.items():
        if name in FIGURES and name not in ("round_years",):
            assert fact.refs, name


def test_distances_agree_with_wikidata_and_a_second_source() -> None:
    oracles = pd.read_csv(HERE / "distance_oracles.csv").dropna(subset=["from_lat"])
    assert len(oracles) == 9
    for row in oracles.itertuples():
        _, _, metres = Geod(ellps="WGS84").inv(row.from_lon, row.from_lat, row.to_lon, row.to_lat)
        # Wikidata computes on a sphere: up to half a per cent from the ellipsoid
        assert metres / 1000 == pytest.approx(row.distance_km, rel=0.006, abs=1)


def test_the_group_has_a_point_of_its_own_and_is_counted_once(report: Year) -> None:
    places = report.places.set_index("town")
    assert places.loc["aland15", ["lat", "lon"]].tolist() == pytest.approx(
        [60.195, 20.253], abs=1e-3
    )
    assert places.at["aland15", "distance_km"].doubt == "about"
    assert not any(town.startswith("aland_") for town in places.index)


@pytest.mark.parametrize(("language", "report"), [("sv", "rapporten "), ("en", "the report ")])
def test_before_the_report_of_2014_no_text_speaks_of_it(language: str, report: str) -> None:
    found = load(2010, language)
    prose = found.context.prose
    shown = [prose.section(page, key) for page in PAGES[1:-1] for key in prose.section_keys(page)]
    assert [block.html for block in shown if report in block.html.lower()] == []
