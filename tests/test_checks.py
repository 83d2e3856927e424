"""Premises and claims: yes, no, or unknown where what is known decides nothing."""

import math

import pytest

from vanort_analysis.analysis import Year
from vanort_analysis.analysis.checks import answer_check
from vanort_analysis.analysis.facts import fact_names
from vanort_analysis.data.evidence import as_of
from vanort_analysis.data.quantity import UNKNOWN, Quantity, exact
from vanort_analysis.errors import DataError

from .chain import CURRENCY, HOME, tables, year

ABOUT_100, AT_LEAST_100 = Quantity(100, 100, about=True), Quantity(100, math.inf)
AT_MOST_100, BETWEEN = Quantity(0, 100), Quantity(90, 110)


@pytest.mark.parametrize(
    ("found", "relation", "value", "answer"),
    [
        (exact(100), "at_least", 100, "yes"),
        (exact(99), "at_least", 100, "no"),
        (AT_LEAST_100, "at_least", 90, "yes"),
        (AT_LEAST_100, "at_least", 110, "unknown"),
        (AT_LEAST_100, "at_most", 90, "no"),
        (AT_MOST_100, "at_least", 110, "no"),
        (AT_MOST_100, "at_least", 100, "unknown"),
        (AT_MOST_100, "at_most", 100, "yes"),
        (AT_MOST_100, "at_most", 50, "unknown"),
        (BETWEEN, "at_least", 90, "yes"),
        (BETWEEN, "at_most", 100, "unknown"),
        (exact(100), "equals", 100, "yes"),
        (exact(101), "equals", 100, "no"),
        (AT_LEAST_100, "equals", 100, "unknown"),
        (AT_LEAST_100, "equals", 99, "no"),
        (ABOUT_100, "equals", 100, "unknown"),
        (ABOUT_100, "at_least", 90, "yes"),
        (ABOUT_100, "at_most", 100, "unknown"),
        (ABOUT_100, "at_most", 90, "no"),
        (exact(0), "at_most", 0, "yes"),
        (UNKNOWN, "at_least", 1, "unknown"),
        (UNKNOWN, "equals", 1, "unknown"),
        (None, "at_least", 1, "unknown"),
        (["beta"], "at_least", 1, "unknown"),
    ],
)
def test_the_bounds_decide_and_nothing_is_guessed(
    found: object, relation: str, value: float, answer: str
) -> None:
    assert answer_check(found, relation, exact(value), year().known) == answer


def answer_to(fact: str, relation: str, value: str = "", at: int = 2014, **more: str) -> str:
    """What a claim of the report of 2014 is answered in the report of a year."""
    claim = f"claimed,earlier_report,{fact},{relation},{value},report"
    rows = year(at, **{**more, "checks": claim}).checks.set_index("check")
    return str(rows.at["claimed", "holds"])


@pytest.mark.parametrize(
    ("fact", "more", "answer"),
    [
        ("admitted:gamma", {}, "yes"),  # two sources say the same
        ("admitted:beta", {}, "no"),  # two differ
        ("admitted:delta", {}, "unknown"),  # only one says it
        ("admitted:delta", {"chain": "delta,admitted,1972,club"}, "no"),
        ("admitted:delta", {"chain": "delta,admitted,1970,club"}, "yes"),
        ("members:alfa", {}, "yes"),  # 100 and about 100 are no disagreement
        ("meeting:alfa", {}, "yes"),
        ("meeting:beta", {}, "no"),  # another place
        ("members:beta", {"membership": "beta,2013,Uppgift saknas,report"}, "unknown"),
        ("founders", {}, "unknown"),  # no number
    ],
)
def test_agrees_asks_the_other_sources(fact: str, more: dict[str, str], answer: str) -> None:
    assert answer_to(fact, "agrees", **more) == answer


def test_a_claim_is_held_against_what_is_dated_up_to_its_report() -> None:
    later = {"chain": "delta,left,2019,late", "membership": "beta,2019,5,late"}
    assert answer_to("places_now", "equals", "5", at=2020, **later) == "yes"
    assert answer_to("members:beta", "at_least", "200", at=2020, **later) == "yes"
    assert year(2020, **later).facts["places_now"].value == 4


@pytest.mark.parametrize(
    ("fact", "value", "later"),
    [
        ("survey_answered", "200", {"survey": "2018,answered,all,220,late\n"
                                    "2018,municipalities_with_twin_towns,nordic,90,late"}),
        ("grant", "5 000 kr", {"recommendations": "fresh,1,Nytt.,,9 000 kr,2019,,late"}),
    ],
)  # fmt: skip
def test_a_claim_is_not_held_against_a_later_survey_or_proposal(
    fact: str, value: str, later: dict[str, str]
) -> None:
    assert answer_to(fact, "equals", value, at=2020, **later) == "yes"
    assert answer_to(fact, "equals", value, at=2014, **later) == "yes"


def test_a_source_that_comes_later_changes_later_reports_only() -> None:
    more = {"chain": "gamma,admitted,1954,late"}
    assert answer_to("admitted:gamma", "agrees", **more) == "yes"
    assert answer_to("admitted:gamma", "agrees", at=2020, **more) == "no"


def test_a_premise_is_held_against_the_year_of_the_report_and_tells_how_old_its_value_is() -> None:
    now, later = (year(at).checks.set_index("check") for at in (2014, 2020))
    assert list(now["holds"]) == ["yes", "yes", "yes", "unknown"]
    assert list(later["holds"]) == ["unknown", "yes", "unknown", "unknown"]
    assert later.at["size", "at"].value == 2013
    assert not later.at["meets", "at"].is_known
    assert now.at["size", "value"].refs == ("membership:2",)


def test_a_check_holds_its_limit_and_what_was_found_with_its_year() -> None:
    more = "figure,proposal,municipalities:sweden,at_least,200,choice\n"
    found = year(checks=f"{more}names,proposal,founders,at_least,1,choice").checks
    found = found.set_index("check")
    assert found.at["figure", "at"].value == 2011
    assert [found.at[name, "threshold"].value for name in ("figure", "size")] == [200, 30]
    assert found.at["names", "value"] == UNKNOWN  # names are no number


def test_a_bound_too_small_fails_a_premise_and_a_gap_does_not() -> None:
    small = year(membership="alfa,2014,20,mended").points.set_index("recommendation")
    assert small.at["grant", "holds"] == "no"
    assert small.at["agreement", "holds"] == "yes"
    unmet = {"meetings": "\n".join(f"{at},{t},twin_town_meeting,,,,cancelled,mended" for at, t in
             ((2011, "beta"), (2012, "gamma"), (2013, "alfa"), (2014, "beta")))}  # fmt: skip
    assert set(year(**unmet).points["holds"]) == {"no", "yes"}
    assert year(2020).points["holds"].tolist() == ["unknown"] * 3


def test_a_premise_that_is_not_known_yet_is_no_premise_that_holds() -> None:
    check = "later,proposal,members_home,at_least,1,late"
    added = "new,4,Nytt.,later,,2014,,report\nbare,5,Utan villkor.,,,2014,,report"
    points = year(checks=check, recommendations=added).points.set_index("recommendation")
    assert points.loc[["new", "bare"], "holds"].tolist() == ["unknown", "yes"]
    assert points.loc[["new", "bare"], "premises"].tolist() == [["later"], []]


def test_the_points_are_those_of_the_newest_year_in_their_order() -> None:
    first = year()
    assert (first.points_year, len(first.follow_up)) == (2014, 0)
    assert list(first.points["recommendation"]) == ["grant", "agreement", "school"]
    assert not first.points["own"].any()
    assert first.points.at[0, "premises"] == ["meets", "size"]
    new = year(2020, recommendations="other,1,Annat.,,,2020,,late")
    assert (new.points_year, list(new.points["recommendation"])) == (2020, ["other"])
    assert year(2012).points_year is None
    assert not len(year(2012).points)


def test_a_decision_is_one_row_that_inherits_what_it_does_not_say() -> None:
    decided = year(2020, recommendations="grant,,,,4 000 kr,,2019-03-01,late")
    point = decided.points.set_index("recommendation").loc["grant"]
    assert (point["decided"], point["decided_ref"]) == ("2019-03-01", "recommendations:5")
    assert (point["amount"].value, point["amount"].refs) == (4000, ("recommendations:5",))
    assert (point["text_sv"], point["source"]) == ("{association} får {grant}.", "report")
    states = dict(zip(decided.follow_up["recommendation"], decided.follow_up["state"], strict=True))
    assert states == {"grant": "decided", "agreement": "unknown", "school": "unknown"}
    assert decided.facts["grant_decided"].value == 4000
    assert "grant_paid" not in decided.facts
    assert decided.facts["outcome_known_count"].value == 1


def test_only_of_the_newest_earlier_points_it_is_counted_what_became_of_them() -> None:
    more = "grant,,,,,,2019-03-01,late\nother,1,Annat.,,,2020,,late"
    facts = year(2021, recommendations=more).facts
    assert facts["outcome_unknown_count"].value == 1
    assert "outcome_known_count" not in facts


def test_the_last_that_became_of_a_point_is_told_in_the_order_of_the_points() -> None:
    more = "school,,,,,,2019-03-01,late"
    found, _ = tables(recommendations=more)
    told = found["recommendations"].copy()
    told.loc[told["source"] == "late", ["done", "evaluated"]] = ["2019-06", "2020-01"]
    told.loc[told["recommendation"] == "agreement", "own"] = True
    known = as_of(found | {"recommendations": told}, 2020)
    rows = Year(known, HOME, CURRENCY, None).follow_up
    assert rows["recommendation"].to_dict() == {0: "grant", 1: "agreement", 2: "school"}
    assert rows["state"].tolist() == ["unknown", "unknown", "evaluated"]
    points = Year(known, HOME, CURRENCY, None).points
    assert points["own"].tolist() == [False, True, False]


@pytest.mark.parametrize("outcome", ["2019-03-01,late", ",late,2019-06"])
def test_without_an_amount_no_grant_is_decided_or_paid(outcome: str) -> None:
    """What became of the point may be a refusal."""
    facts = year(2020, recommendations=f"grant,,,,,,{outcome}").facts
    assert not {"grant_decided", "grant_paid"} & facts.keys()
    assert facts["outcome_known_count"].value == 1


def test_a_grant_that_is_refused_is_none() -> None:
    refused = year(2020, recommendations="grant,,,,inget bidrag,,2019-03-01,late")
    assert not {"grant_decided", "grant_paid"} & refused.facts.keys()
    assert refused.facts["grant"].value == 5000  # what was asked for


def test_no_row_changes_when_a_point_was_first_made() -> None:
    _, faults = tables(recommendations="grant,1,Nytt.,,,2019,,late")
    (wrong,) = (fault for fault in faults if fault.level == "error")
    assert (wrong.code, wrong.row, wrong.column) == ("D096", 5, "first_made")
    assert wrong.details["near"] == "2014"
    again = year(2020, recommendations="grant,,,,,2014,2019-03-01,late")
    assert again.points_year == 2014
    assert "grant" in set(again.points["recommendation"])


def test_a_decision_is_news() -> None:
    told = year(2020, 2014, recommendations="grant,,,,,,2019-03-01,late")
    assert told.facts["since_changed"].value == 1


def test_what_is_decided_does_not_change_what_was_proposed() -> None:
    decided = year(2020, recommendations="grant,,,,4 000 kr,,2019-03-01,late")
    (at, *_), (state, *_) = decided.points.to_dict("records"), decided.follow_up.to_dict("records")
    for row in (at, state):
        assert (row["amount"].value, row["proposed"].value) == (4000, 5000)
    facts = decided.facts
    assert (facts["grant"].value, facts["grant_each"].value) == (5000, 50)
    paid = year(2020, recommendations="grant,,,,4 000 kr,,2019-03-01,late,2019-06").facts
    assert (paid["grant"].value, paid["grant_paid"].value) == (5000, 4000)


def test_a_grant_that_is_decided_may_be_a_bound() -> None:
    bounded = year(2020, recommendations="grant,,,,högst 10 000 kr,,2019-03-01,late").facts
    assert (bounded["grant"].value, bounded["grant_decided"].high) == (5000, 10_000)


def test_the_grant_is_that_of_the_point_it_is_in_and_its_total_that_of_all() -> None:
    more = "other,0,Annat till {association}.,,7 000 kr,2014,,report"
    facts = year(recommendations=more).facts
    assert (facts["grant"].value, facts["grant_total"].value) == (7000, 12_000)
    assert facts["grant_total"].refs == ("recommendations:5", "recommendations:3")
    assert year().facts["grant_total"].value == 5000


@pytest.mark.parametrize(
    ("row", "near"),
    [
        ("grnat,,,,4 000 kr,,2019-03-01,late", "grant"),  # a name misspelt
        ("grant,,,,4 000 kr,,2009-03-01,club", ""),  # before it was proposed
        ("new,4,,,5 000 kr,2014,,report", ""),  # without its words
        ("new,4,Nytt.,,5 000 kr,,,report", ""),  # without the year it was made
    ],
)
def test_a_decision_is_about_a_point_that_was_made_before(row: str, near: str) -> None:
    (wrong,) = (fault for fault in tables(recommendations=row)[1] if fault.level == "error")
    assert (wrong.code, wrong.file, wrong.row) == ("D093", "recommendations.csv", 5)
    assert (wrong.column, wrong.details["near"]) == ("recommendation", near)


def test_of_one_year_the_proposal_comes_first_whatever_the_order_of_the_rows() -> None:
    rows = ["new,,,,4 000 kr,,2014-03-01,table", "new,4,Nytt.,,5 000 kr,2014,,report"]
    for order in (rows, rows[::-1]):
        point = year(recommendations="\n".join(order)).points.set_index("recommendation").loc["new"]
        assert (point["proposed"].value, point["amount"].value) == (5000, 4000)
        assert (point["text_sv"], point["decided"]) == ("Nytt.", "2014-03-01")


def test_a_fact_about_any_town_may_be_checked() -> None:
    found, _ = tables(checks="fine,proposal,members:omega,at_least,3,choice")
    assert {*found["checks"]["fact"]} <= fact_names(found)
    assert "members_hoem" not in fact_names(found)


@pytest.mark.parametrize(
    ("row", "column"),
    [("odd,proposal,places_now,,3,choice", "relation"),
     ("odd,proposal,places_now,at_least,,choice", "value")],
)  # fmt: skip
def test_a_check_says_what_its_fact_is_held_against(row: str, column: str) -> None:
    _, faults = tables(checks=row)
    wrong = [fault for fault in faults if fault.level == "error"]
    assert [(fault.code, fault.column) for fault in wrong] == [("D024", column)]


@pytest.mark.parametrize(
    ("fact", "limit"),
    [
        ("members_total", "50 %"),
        ("members_total", "5 kr"),
        ("support_local:beta", "50 %"),
        ("support_local:beta", "5000"),
        ("meeting_rate", "0.5"),
    ],
)
def test_a_limit_in_another_unit_than_its_fact_ends_it(fact: str, limit: str) -> None:
    with pytest.raises(DataError) as refusal:
        year(checks=f"odd,proposal,{fact},at_least,{limit},choice").checks  # noqa: B018
    (fault,) = refusal.value.faults
    assert (fault.code, fault.file, fault.row) == ("D095", "checks.csv", 6)
    assert (fault.column, fault.value) == ("value", limit)


def test_two_equally_strong_sources_that_differ_end_it() -> None:
    with pytest.raises(DataError) as refusal:
        year(2020, membership="gamma,2012,40,late\ngamma,2012,50,other",
             sources="other,Other,history,2020,4,,false,published")  # fmt: skip
    (fault,) = refusal.value.faults
    assert (fault.code, fault.file, fault.column, fault.value) == (
        *("D030", "membership.csv", "members", "50"),
    )
