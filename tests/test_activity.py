"""Which ties are alive: active, sporadic, dormant where a source says so, else without a record."""

from typing import Any

import pytest

from vanort_analysis.analysis import Year

from .chain import year


def states(level: str, at: int = 2014, **more: str) -> dict[str, str]:
    frame = year(at, **more).activity
    own = frame[frame["level"] == level]
    return dict(zip(own["town"], own["status"], strict=True))


def test_a_host_of_a_round_with_regular_meetings_is_active_at_civil_level() -> None:
    assert states("civil") == {
        "beta": "active",
        "gamma": "active",
        "delta": "sporadic",  # named as present
        "isle": "no_record",
    }


def test_dormant_is_said_by_a_source() -> None:
    assert states("municipal") == {
        "beta": "dormant",
        "gamma": "dormant",  # which the municipality only paid for: no contact
        "delta": "dormant",
        "isle": "no_record",
    }
    met = "2014,Ett möte.,alfa|gamma,took_part,done,report"
    assert states("municipal", activities=met)["gamma"] == "sporadic"


def test_who_has_no_contact_and_who_registers_one_is_told_at_the_right_level() -> None:
    silent = "2014,Tystnad.,isle,,none,report"  # between whom, the source does not say
    levels = {level: states(level, activities=silent)["isle"] for level in ("civil", "municipal")}
    assert levels == {"civil": "dormant", "municipal": "no_record"}
    visit = "2014,Ett besök.,isle,registered,done,report"
    assert states("municipal", activities=visit)["isle"] == "sporadic"
    assert states("civil", activities=visit)["isle"] == "no_record"


def test_an_agreement_of_associations_is_none_of_the_municipalities() -> None:
    ties = year(agreements="isle,association,active,2000,club,").activity
    refs = ties.set_index(["town", "level"])["refs"]["isle"]
    assert (refs["civil"], refs["municipal"]) == (["agreements:3"], [])


def test_an_agreement_is_no_news_of_contact() -> None:
    alone = year(agreements="isle,municipal,active,2009,table").activity
    assert not alone.set_index(["town", "level"])["last"]["isle", "municipal"].is_known


def test_what_is_old_says_nothing_of_today() -> None:
    assert set(states("municipal", 2020).values()) == {"no_record"}
    assert set(states("civil", 2020).values()) == {"no_record"}


def test_regular_contact_and_an_agreement_make_a_tie_active_at_municipal_level() -> None:
    journeys = "\n".join(f"{at},En resa.,delta,took_part,done,table" for at in (2010, 2011, 2012))
    agreed = "delta,municipal,active,2009,table"
    assert states("municipal", activities=journeys)["delta"] == "sporadic"
    assert states("municipal", agreements=agreed)["delta"] == "dormant"  # it is no contact
    silent = "isle,municipal,active,2009,table"
    assert states("municipal", agreements=silent)["isle"] == "no_record"
    assert states("municipal", activities=journeys, agreements=agreed)["delta"] == "active"


def test_an_agreement_is_in_force_from_its_first_year_to_its_last() -> None:
    agreed = "gamma,municipal,active,2000,table,2014\ndelta,municipal,active,2000,table,2013"
    more = f"{agreed}\nisle,municipal,active,2016,table"
    count = year(agreements=more).facts["agreements_in_force"]
    assert (count.low, count.refs) == (1, ("agreements:3",))


def test_an_agreement_is_taken_from_one_source_whole() -> None:
    renewed = "gamma,municipal,active,2000,club,2010\ngamma,municipal,active,2011,site,"
    (used,) = _agreements(year(agreements=renewed), "gamma")
    assert (used.status, used.from_year.value, used.to_year.is_known) == ("active", 2011, False)


def test_a_correction_that_there_was_no_agreement_wins() -> None:
    wrong = "gamma,municipal,active,1950,weekly,\ngamma,municipal,none_found,,mended,"
    found = year(agreements=wrong)
    assert [used.status for used in _agreements(found, "gamma")] == ["none_found"]
    assert "gamma municipal" in set(found.known.register["key"])


def test_places_with_no_agreement_found_are_told() -> None:
    club = "gamma,association,none_found,,club,"
    assert year(agreements=club).facts["agreement_none"] == ["beta"]


def test_an_agreement_to_come_is_not_in_force_and_no_sign_of_life() -> None:
    found = year(agreements="gamma,municipal,active,2016,weekly,")
    refs = found.activity.set_index(["town", "level"])["refs"]["gamma", "municipal"]
    assert not any(ref.startswith("agreements") for ref in refs)
    assert "agreements_in_force" not in found.facts


def _agreements(found: Year, town: str) -> list[Any]:
    used = found.known.used["agreements"]
    return list(used[used["town"] == town].itertuples())


def test_what_one_source_has_not_found_another_may_know() -> None:
    found = year(2020, agreements="beta,municipal,active,2019,late,")
    assert found.facts["agreement_places"] == ["beta"]
    assert "beta municipal" not in set(found.known.register["key"])


def test_the_years_with_a_meeting_are_a_lower_bound() -> None:
    met = year().facts["meeting_years"]
    assert (met.low, met.doubt, met.formula) == (4, "at_least", "meeting_years")
    every = year(meetings="2010,isle,conference,,,,held,club").facts["meeting_years"]
    assert (every.value, every.doubt) == (5, "exact")


def test_a_year_whose_meetings_were_cancelled_had_none() -> None:
    met = year(meetings="2012,gamma,twin_town_meeting,,,,cancelled,mended").facts["meeting_years"]
    assert (met.low, met.high) == (3, 4)


@pytest.mark.parametrize(("at", "bounds"), [(2014, (0, 1)), (2020, (0, 4))])
def test_a_tie_without_a_record_may_be_active(at: int, bounds: tuple[int, int]) -> None:
    active = year(at).facts["active_places"]
    assert (active.low, active.high) == bounds


def test_what_is_said_of_the_municipalities_has_the_year_of_the_newest_sign() -> None:
    facts = year(2018).facts
    names = ("active_places_year", "municipal_alive_year", "municipal_stale")
    assert [facts[name].value for name in names] == [2014, 2014, 2014]
    assert "municipal_stale" not in year().facts


def test_the_states_are_facts() -> None:
    facts = year().facts
    assert facts["status_municipal_dormant"] == ["beta", "gamma", "delta"]
    assert facts["status_civil_no_record_count"].value == 1


def test_an_agreement_that_has_run_out_is_no_sign_of_life() -> None:
    run_out = "isle,municipal,active,2010,report,2013"
    ties = year(agreements=run_out).activity.set_index(["town", "level"])
    assert ties.at[("isle", "municipal"), "status"] == "no_record"
