"""Every fact has a name that is known beforehand; what is not known is not there."""

import pytest

from vanort_analysis.analysis.facts import fact_names
from vanort_analysis.data.quantity import Quantity

from .chain import tables, year


@pytest.mark.parametrize(("at", "before"), [(2010, 0), (2014, 2010), (2020, 2014)])
def test_every_fact_has_a_name_that_is_known_beforehand(at: int, before: int) -> None:
    facts = year(at, before).facts
    assert facts.keys() <= fact_names(tables()[0])
    assert all(isinstance(fact, Quantity | list) for fact in facts.values())


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("members_total", True),
        ("members_totl", False),
        ("twinnings:europe", True),
        ("twinnings:asia", False),
        ("members:beta", True),
        ("members:omega.year", True),
        ("members:nowhere", False),
        ("joined_in:1970", True),
        ("holds:meets", True),
        ("undecided:nothing", False),
    ],
)
def test_a_name_is_known_or_not(name: str, there: bool) -> None:
    assert (name in fact_names(tables()[0])) is there


def test_members() -> None:
    facts = year().facts
    assert (facts["members_total"].low, facts["members_total"].doubt) == (320, "at_least")
    assert facts["members_unknown"] == ["gamma", "isle"]
    assert facts["members_largest"] == ["beta"]
    assert facts["members_year"].value == 2013
    assert (facts["members_before:delta"].value, facts["members_before:delta.year"].value) == (
        30,
        2005,
    )
    assert "members_home_change" not in facts
    grown = year(membership="alfa,2010,80,club").facts
    assert grown["members_home_change"].value == 20
    rough = year(membership="alfa,2010,ca 80,club").facts
    assert "members_home_change" not in rough  # nobody knows by how many
    within = year(membership="delta,2007–2009,25,club").facts
    assert within["members_before:delta"].value == 30  # of a year that is known


def test_numbers_of_different_years_are_said_to_be_that() -> None:
    facts = year(2020, membership="beta,2020,210,late").facts
    assert "members_year" not in facts
    assert (facts["members_oldest"].value, facts["members_newest"].value) == (2013, 2020)


def test_the_chain() -> None:
    facts = year().facts
    assert (facts["places_now"].value, facts["places_ever"].value) == (5, 6)
    assert facts["former"] == ["omega"]
    assert facts["founders"] == ["alfa", "beta"]
    assert facts["all_nordic_year"].value == 1971
    assert facts["joined_in:1950"].value == 4
    assert facts["last_joined"] == facts["later_joined"] == ["isle"]
    of_the_first_year = year().at(int(facts["first_year"].low)).facts
    assert (of_the_first_year["last_joined"], of_the_first_year["later_joined"]) == (
        ["alfa", "beta"],
        [],
    )
    assert facts["merged_places"] == ["beta"]
    assert facts["nearest"] == ["gamma"]
    assert facts["approximate"] == ["isle"]


def test_the_home_town_is_the_first_of_the_places_whenever_it_came() -> None:
    assert list(year(chain="isle_one,admitted,1945,report").places["town"])[:2] == [
        *("alfa", "isle_one")
    ]


def test_of_several_hosts_who_have_waited_as_long_all_are_told() -> None:
    assert year().facts["waited_longest"] == ["delta"]
    facts = year(meetings="2009,isle,conference,,,,held,report").facts
    assert facts["waited_longest"] == ["delta", "isle"]


def test_of_one_other_place_none_is_the_nearest() -> None:
    facts = year().at(1950).facts
    assert ("nearest" in facts, facts["farthest"]) == (False, ["beta"])


def test_a_place_without_a_year_is_said_to_be_one() -> None:
    found = year(chain="isle_one,admitted,,report")
    assert found.facts["undated_places"] == ["isle_one"]
    assert found.facts["first_year"].value == 1950


def test_a_place_that_is_only_known_to_have_left_has_been_there() -> None:
    found = year(chain="isle_two,left,1990,report")
    assert set(found.facts["former"]) == {"omega", "isle_two"}
    assert found.facts["places_ever"].value == 7
    assert "chain:13" in found.facts["places_ever"].refs
    assert found.facts["undated_places"] == ["isle_two"]
    assert found.size["places"].iloc[-1].value == year().size["places"].iloc[-1].value


def test_the_last_meeting_is_old_whoever_hosted_it() -> None:
    assert "meeting_stale" not in year().facts
    facts = year(2020, meetings="2016,,twin_town_meeting,,,,held,late").facts
    assert (facts["meeting_last_year"].value, facts["meeting_stale"].value) == (2014, 2016)


def test_a_seminar_is_a_meeting_everywhere() -> None:
    found = year()
    hosting = found.hosting.set_index("town")
    assert hosting.at["beta", "last"].value == found.facts["meeting:beta"].value == 2014
    assert found.facts["meeting_last"] == ["beta"]
    assert found.facts["any_meeting_last_year"].value == 2014
    assert hosting.at["beta", "hosted"].value == 2
    assert found.facts["never_hosted"] == ["isle"]


def test_a_meeting_of_a_decade_is_not_the_last_one() -> None:
    facts = year(meetings="1980-talet,isle,conference,,,,held,club").facts
    assert facts["any_meeting_last_year"].value == 2014


def test_a_seminar_that_is_cancelled_is_not_counted() -> None:
    assert year().facts["planning_meetings"].low == 1
    gone = "2014,beta,planning_seminar,Beta by,,,cancelled,mended"
    assert "planning_meetings" not in year(meetings=gone).facts


def test_a_seminar_of_the_year_of_the_proposal_is_not_unknown_in_later_years() -> None:
    later = year(2020)
    assert later.points_year == 2014
    assert later.facts["planning_meetings"].low == 1
    assert later.facts["planning_meetings_year"].value == 2014


def test_of_several_mergers_the_latest_is_told_whatever_the_order_of_the_rows() -> None:
    for first, last in ((2010, 1990), (1990, 2010)):
        rows = f"gamma,merged,{first},report\ngamma,merged,{last},report"
        assert year(chain=rows).facts["merged:gamma"].value == 2010


def test_a_meeting_without_year_or_host_is_a_row_all_the_same() -> None:
    meetings = year().meetings
    assert (meetings["town"] == "").sum() == 1
    assert "" not in set(year().activity["town"])


def test_a_grant_is_compared_with_the_highest_support_and_its_own_members() -> None:
    facts = year(support="delta,2014,6 000 SEK,grant,table").facts  # more for each member
    assert facts["support_highest_place"] == ["beta"]
    assert facts["support_highest_each"].value == pytest.approx(60)


def test_what_was_paid_before_the_points_is_not_what_they_propose() -> None:
    assert "grant_paid" not in year(support="alfa,2009,5 000 kr,grant,club").facts
    assert "grant_paid" not in year(support="alfa,2014,5 000 kr,grant,report").facts
    assert year(support="alfa,2014,5 000 kr,grant,late", at=2020).facts["grant_paid"].value == 5000


def test_of_several_largest_associations_all_are_told() -> None:
    facts = year(membership="delta,2014,200,report\nbeta,2014,200,report").facts
    assert facts["members_largest"] == ["beta", "delta"]


def test_a_place_that_joined_in_some_year_of_a_decade_may_be_the_first() -> None:
    assert year(chain="isle_one,admitted,1940-talet,report").facts["undated_places"] == ["isle_one"]


def test_only_the_point_of_the_grant_says_what_was_decided_of_it() -> None:
    journey = "journey,4,En resa.,,3 000 kr,2014,,report\njourney,,,,,,2019-03-01,late"
    assert "grant_decided" not in year(2020, recommendations=journey).facts


def test_of_amounts_that_have_no_rate_none_is_the_highest() -> None:
    facts = year(support="gamma,2014,90 000 NOK,grant,table").facts
    assert not {"support_highest", "grant_share"} & facts.keys()


def test_a_grant_is_not_smaller_than_amounts_that_have_no_rate() -> None:
    more = {"support": "gamma,2014,90 NOK,grant,table\nbeta,2014,90 000 DKK,grant,table"}
    facts = year(membership="beta,2014,30000,table", **more).facts
    assert facts["support_unconverted"] == ["gamma"]
    assert not facts["grant_compared"]


def test_what_has_been_paid_has_the_year_it_was_last_paid() -> None:
    more = "alfa,2015,5 000 kr,grant,late\nalfa,2016,6 000 kr,grant,late"
    facts = year(2020, support=more).facts
    assert (facts["grant_paid"].value, facts["grant_paid_year"].value) == (6000, 2016)


def test_a_grant_that_is_paid_stays_so_when_other_points_are_made() -> None:
    more = {"support": "alfa,2016,6 000 kr,grant,late"}
    facts = year(2020, recommendations="fresh,1,Nytt.,,,2019,,late", **more).facts
    assert (facts["points_year"].value, facts["grant_paid"].value) == (2019, 6000)
    assert "outcomes_known" not in facts
    decided = "fresh,1,Nytt.,,,2019,,late\nschool,,,,,,2019-03-01,late"
    assert year(2020, recommendations=decided).facts["outcomes_known"].value == 1


def test_an_agreement_with_the_own_association_is_told_apart() -> None:
    facts = year(agreements="alfa,association,active,2013,report,").facts
    assert facts["agreement_home"] == ["alfa"]
    assert facts["agreement_places"] == []


def test_a_host_of_an_unknown_year_is_a_host() -> None:
    assert year(meetings=",isle,twin_town_meeting,,,,held,club").facts["never_hosted"] == []


def test_the_total_of_members_has_the_year_of_its_numbers() -> None:
    facts = year(membership="delta,2013,30,late").facts
    assert facts["members_total_year"].value == facts["members_year"].value == 2013


@pytest.mark.parametrize("status", ["announced", "planned"])
def test_a_meeting_of_next_year_is_to_come(status: str) -> None:
    facts = year(meetings=f"2016,isle,twin_town_meeting,,,,{status},weekly").facts
    assert [date.value for date in facts["meetings_coming"]] == [2016]
    assert facts["meetings_coming_hosts"] == ["isle"]
    assert facts["hosting_home"] == []
    own = year(meetings=f"2016,alfa,twin_town_meeting,,,,{status},weekly").facts
    assert [date.value for date in own["hosting_home"]] == [2016]


def test_a_sum_of_what_is_proposed_leaves_no_point_out() -> None:
    unknown = year(recommendations="hosting,4,Ett möte.,,okänd summa,2014,,report").facts
    assert (unknown["grant_total"].low, unknown["grant_total"].doubt) == (5000, "at_least")
    other = year(recommendations="hosting,4,Ett möte.,,900 DKK,2014,,report").facts
    assert "grant_total" not in other


def test_support_and_grant() -> None:
    facts = year().facts
    assert facts["support_local:beta"].value == pytest.approx(12_000)
    assert facts["support_each:beta"].value == pytest.approx(60)
    assert facts["support_given"] == ["beta", "delta"]
    assert facts["support_silent"] == ["alfa", "isle"]
    assert facts["support_highest_place"] == ["beta"]
    assert (facts["grant"].value, facts["grant_each"].value) == (5000, 50)
    assert facts["grant_share"].value == pytest.approx(41.67, abs=0.01)
    assert facts["grant_compared"] == ["beta"] * (facts["grant_each"].low > 60)
    assert "grant_paid" not in facts


def test_a_known_sum_without_a_relation_is_given_but_no_money_is_not() -> None:
    more = {"support": "isle,2014,3 000 kr,,report\nalfa,2014,inget bidrag,,report"}
    assert year(**more).facts["support_given"] == ["beta", "delta", "isle"]


def test_what_is_asked_is_a_lower_bound() -> None:
    facts = year().facts
    assert (facts["requests_waiting"].low, facts["requests_waiting"].doubt) == (1, "at_least")
    assert "requests_waiting" not in year(2020).facts


def test_what_was_known_before_the_home_town_came_is_a_year_too() -> None:
    now = year(2020)
    home = now.places.set_index("town").at["alfa", "admitted"]
    before = now.at(int(home.low) - 1)
    assert "members_home" not in before.facts


def test_a_grant_in_another_currency_is_not_compared() -> None:
    abroad = year(recommendations="fresh,0,{association}.,,900 EUR,2014,,report").facts
    told = {name for name in abroad if name.startswith("grant")}
    assert (abroad["grant"].unit, told) == ("EUR", {"grant", "grant_year"})


def test_of_earlier_points_those_of_the_latest_proposal_are_counted() -> None:
    facts = year(2021, recommendations="fresh,1,Nytt.,,,2019,,late").facts
    assert facts["outcome_unknown_count"].value == 1


def test_answers_and_points_are_counted() -> None:
    facts = year().facts
    assert facts["claims_unknown"].value == 1
    assert "claims_tried" not in facts  # none is nothing to tell
    assert facts["points_now"].value == 2014
    assert "holds:meets" in facts
    later = year(2020).facts
    assert ("points_now" in later, later["points_old"].value) == (False, 2014)
    assert ("undecided:meets" in later, "holds:size" in later) == (True, True)
    assert later["outcome_unknown_count"].value == 3
    assert "outcome_known_count" not in later


@pytest.mark.parametrize(("oldest", "has_sum"), [(2010, True), (2009, False)])
def test_members_of_three_years_have_a_sum_and_of_more_none(oldest: int, has_sum: bool) -> None:
    found = year(2013, membership=f"beta,2013,60,site\nalfa,{oldest},50,site")
    assert ("members_total" in found.facts) is has_sum
    assert [share.is_known for share in found.members["of_known"]] == [has_sum, has_sum, False]


def test_three_years_of_members_are_enough_for_a_line() -> None:
    assert "members_in_line" not in year().facts  # two, of delta
    assert year(membership="delta,2009,25,club").facts["members_in_line"] == ["delta"]


def test_where_the_first_year_of_a_number_is_open_no_year_is_told_of_all() -> None:
    facts = year(membership="gamma,–2013,25,report").facts
    assert facts["members_total"].low == 345
    assert not facts.keys() & {"members_year", "members_oldest", "members_stale"}


def test_members_of_times_far_apart_have_no_sum_and_no_shares() -> None:
    old = year(2012, membership="beta,1938,61,club\nalfa,2005,50,club")
    assert "members_total" not in old.facts
    assert [old.facts[f"members_{end}"].value for end in ("oldest", "newest")] == [1938, 2005]
    assert not any(share.is_known for share in old.members["of_known"])


def test_support_of_different_years_is_told_with_the_first_and_the_last() -> None:
    later = {"support": "beta,2019,9 000 DKK,grant,late\ndelta,2013,400 EUR,grant,report"}
    facts = year(2020, **later).facts
    assert (facts["support_oldest"].value, facts["support_newest"].value) == (2013, 2019)
    assert (facts["support_stale"].value, "support_year" in facts) == (2013, False)
    assert year().facts["support_year"].value == 2014


def test_the_years_of_support_are_those_of_every_place_that_is_named() -> None:
    own = year(2020, support="alfa,2018,5 000 kr,grant,late").facts
    assert (own["support_oldest"].value, own["support_newest"].value) == (2014, 2018)
    longer = year(2020, support="isle,2014–2016,900 EUR,grant,late").facts
    assert (longer["support_newest"].high, "support_year" in longer) == (2016, False)
    undated = year(2020, support="isle,,900 EUR,grant,late").facts
    assert undated["support_given"] == ["beta", "delta", "isle"]
    assert not undated.keys() & {"support_year", "support_oldest", "support_stale"}


def test_an_old_grant_keeps_the_members_and_the_support_of_its_year() -> None:
    more = {"membership": "alfa,2019,50,late", "support": "beta,2019,90 000 DKK,grant,late"}
    now, then = year(2020, **more).facts, year().facts
    for name in ("grant_each", "grant_members", "grant_members_year", "grant_share"):
        assert (now[name].low, now[name].refs) == (then[name].low, then[name].refs), name
    assert now["members_home"].value == 50


def test_of_several_amounts_the_grant_is_that_of_the_point_that_names_the_association() -> None:
    more = "travel,0,Resor.,,30 000 kr,2014,,report\n"
    more += "support,4,{association} får stöd.,,7 000 kr,2014,,report"
    facts = year(recommendations=more).facts
    assert (facts["grant"].value, facts["grant_total"].value) == (5000, 42000)
    assert facts["points_with_amount"].value == 3
    alone = year(2020, recommendations="travel,0,Resor.,,30 000 kr,2020,,late").facts
    assert (alone["grant_total"].value, "grant" in alone) == (30_000, False)


def test_of_a_survey_without_its_answers_no_bound_is_told() -> None:
    facts = year(2020, survey="2019,municipalities_with_twin_towns,nordic,98,late").facts
    assert facts["survey_year"].value == 2019
    assert not facts.keys() & {"survey_silent", "survey_nordic_high"}


def test_all_nordic_countries_are_there_since_a_year_only_if_every_year_is_known() -> None:
    assert year().facts["all_nordic_year"].value == 1971
    assert "all_nordic_year" not in year(chain="isle_one,left,2000,report").facts


def test_a_length_to_a_group_rests_on_the_places_it_is_made_of() -> None:
    places = year().places.set_index("town")
    assert set(places.at["isle", "distance_km"].refs) == {"towns:2", "towns:7", "towns:8"}
    assert "towns:6" in year().facts["areas_now"].refs


def test_a_year_of_contact_that_another_source_denies_is_in_doubt_everywhere() -> None:
    """As the memo says, where both events are of one year."""
    contact = "beta,contact,1950,report\nbeta,contact,1949,club"
    beta = year(chain=contact).presence.set_index("town").loc["beta"]
    assert [other.value for other in beta["entered_other"]] == [1951, 1949]


@pytest.mark.parametrize("paid_in", [2014, 2016])
def test_a_grant_that_has_been_paid_stays_so_when_none_is_given_later(paid_in: int) -> None:
    rows = f"alfa,{paid_in},5 000 kr,grant,late\nalfa,2019,inget bidrag,,late"
    facts = year(2020, support=rows).facts
    assert (facts["grant_paid"].value, facts["grant_paid"].refs) == (5000, ("support:5",))
    assert "alfa" not in facts["support_given"]


def test_a_year_of_contact_long_before_says_nothing_of_the_year_of_entry() -> None:
    contact = "gamma,contact,1940,report\ngamma,contact,1941,club"
    gamma = year(chain=contact).presence.set_index("town").loc["gamma"]
    assert (gamma["entered"].value, gamma["entered_other"]) == (1955, [])


def test_places_and_meetings_stand_in_the_order_of_their_years() -> None:
    """Places without a year are last; meetings without one are first: their table is reversed."""
    more = "isle_one,admitted,,report\nisle_two,admitted,1953,report"
    found = year(chain=more)
    entered = [date.value for date in found.history["entered"]]
    assert entered == [1950, 1950, 1953, 1955, 1956, 1970, 1971, None]
    met = [date.value for date in found.meetings["year"]]
    assert met == [None, 2009, 2011, 2012, 2013, 2014]


def test_a_merger_of_some_year_between_two_is_drawn_in_none() -> None:
    found = year(chain="gamma,merged,2010–2012,report")
    assert found.history.set_index("town").at["gamma", "merged"] == []
    assert "gamma" in found.facts["merged_places"]


def test_a_group_with_a_point_of_its_own_keeps_it() -> None:
    towns = "own,Own,Island,IS,63,-19,group,,club\npart,Part,Island,IS,65,-20,town,own,stats"
    places = year(chain="own,admitted,1980,report", towns=towns).places.set_index("town")
    assert (places.at["own", "lat"], places.at["own", "approximate"]) == (63, False)


def test_a_group_of_places_without_a_point_has_no_rough_one() -> None:
    """And a part without a point has no say in where its group is."""
    more = {"towns": "none,None,Island,IS,,,group,,club\nfar,Far,Island,IS,,,town,none,stats"}
    more["towns"] += "\nisle_three,Isle three,Island,IS,,,town,isle,stats"
    found = year(chain="none,admitted,1980,report", **more)
    assert (found.facts["approximate"], found.facts["unplaced"]) == (["isle"], ["none"])
    assert found.places.set_index("town").at["isle", "placed_by"] == ("towns:7", "towns:8")
