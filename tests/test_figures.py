"""Figures in time: conversions, shares and bounds, each with the rows it rests on."""

import pytest

from vanort_analysis.analysis.figures import amount_per_inhabitant, national_members
from vanort_analysis.data.quantity import exact

from .chain import year


def test_a_sum_is_converted_at_the_rate_of_its_own_year() -> None:
    rows = year().support.set_index("town")
    assert rows.at["beta", "local"].value == pytest.approx(12_000)
    assert rows.at["beta", "rate"].value == 1.2
    rows = year(2020, support="beta,2019,20 000 DKK,grant,late").support.set_index("town")
    assert not rows.at["beta", "local"].is_known


def test_unknown_none_and_not_mentioned_are_different_things() -> None:
    amounts = year().support.set_index("town")["amount"]
    assert amounts["delta"].reason == "unknown_sum"
    assert amounts["gamma"].doubt == "none"
    assert amounts["isle"].reason == "not_mentioned"


def test_support_per_member_takes_the_members_nearest_in_time() -> None:
    later = year(2020, membership="beta,2020,1000,late").support.set_index("town")
    assert later.at["beta", "per_member"].value == pytest.approx(60)


def test_the_survey_bounds_what_the_silent_may_have() -> None:
    found = year().facts
    assert found["survey_nordic_share"].value == 50
    assert (found["survey_nordic_low"].value, found["survey_nordic_high"].value) == (40, 60)
    assert (found["survey_nordic_all"].low, found["survey_nordic_all"].high) == (100, 150)
    assert (found["survey_before"].value, found["survey_change_pct"].value) == (400, -25)
    assert "survey_nordic_share" not in year(2010).facts


def test_figures_of_another_country_are_not_those_of_the_home_country() -> None:
    """Denmark's municipalities were the whole of a Swedish survey."""
    abroad = "norden_members,denmark,2010,5 000,stats\nmunicipalities,denmark,2011,98,stats"
    found = year(figures=f"{abroad}\nnorden_members,sweden,2010,8 000,stats")
    assert found.facts["survey_municipalities"].value == 250
    assert [members.value for members in national_members(found)["value"]] == [8000]


def test_a_survey_with_more_answers_than_the_country_has_municipalities_bounds_nothing() -> None:
    """As one of another country: minus 102 were silent, and the share was 100 to -27 per cent."""
    found = year(figures="municipalities,sweden,2011,98,mended").facts
    assert found["survey_municipalities"].value == 98
    assert {"survey_silent", "survey_nordic_high"}.isdisjoint(found)


def test_of_an_unknown_whole_no_share_and_no_silent_are_known() -> None:
    alone = "2010,answered,all,80,club\n2010,municipalities_with_twin_towns,nordic,40,club"
    found = year(2013, survey=alone).facts
    assert found["survey_nordic_share"].value == 50
    assert not {"survey_silent", "survey_answer_rate", "survey_nordic_low"} & found.keys()


def test_shares_of_the_known_members_make_a_whole() -> None:
    rows = year().members
    known = [of for of in rows["of_known"] if of.is_known]
    assert sum(of.low for of in known) == pytest.approx(100)
    assert list(rows["town"])[:3] == ["beta", "alfa", "delta"]


def test_an_interval_stands_where_its_lower_bound_is_and_the_unknown_last() -> None:
    rows = year(2020, membership="delta,2020,500–600,late\nalfa,2020,0,late").members
    assert list(rows["town"])[:3] == ["delta", "beta", "alfa"]


def test_inhabitants_are_used_only_near_in_time() -> None:
    found = year(figures="population,beta,2013,1 000,stats")  # not said to be of a municipality
    assert not amount_per_inhabitant(found, "beta", exact(100), 2013).is_known


def test_support_per_member_says_by_how_many_members_it_is_divided() -> None:
    rows = year(2020, membership="beta,2019,50,late").support.set_index("town")
    assert (rows.at["beta", "counted"].value, rows.at["beta", "per_member"].value) == (200, 60)
