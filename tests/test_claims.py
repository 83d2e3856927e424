"""The earlier report's claims: every verdict is computed, so other data give other verdicts."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from vanort_analysis.analysis.claims import CHECKS, unknown_checks, verdicts

from vanort_analysis import load
from vanort_analysis.errors import WrongData
from vanort_analysis.language import Text, languages
from vanort_analysis.pages import differences

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "vanort_analysis"
CODES = {
    "holds": "holds",
    "holds as a bound": "holds_as_bound",
    "cannot be checked": "not_checkable",
    "contradicted": "contradicted",
}

Change = Callable[[pd.DataFrame], pd.DataFrame]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


EXPECTED = {
    row["claim"]: CODES[row["verdict"]] for row in rows_of(HERE / "data" / "expected_verdicts.csv")
}


def found(year: int = 2024, data: str | Path = "") -> pd.DataFrame:
    report = load(year, "en", data)
    return verdicts(report.known, report.facts, report.home).set_index("claim")


@pytest.fixture(scope="module")
def now() -> pd.DataFrame:
    return found()


def change(data: Path, table: str, changed: Change) -> None:
    path = data / "raw" / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    changed(frame).to_csv(path, index=False)


def cell(column: str, value: str, **where: str) -> Change:
    """Write a value where the other columns hold what is said; somewhere they must."""

    def changed(frame: pd.DataFrame) -> pd.DataFrame:
        at = (frame[list(where)] == pd.Series(where)).all(axis=1)
        assert at.any()
        frame.loc[at, column] = value
        return frame

    return changed


def without(**where: str) -> Change:
    def changed(frame: pd.DataFrame) -> pd.DataFrame:
        at = (frame[list(where)] == pd.Series(where)).all(axis=1)
        assert at.any()
        return frame[~at]

    return changed


def more(**row: str) -> Change:
    return lambda frame: pd.concat([frame, pd.DataFrame([row])]).fillna("")


def new_source(known_since: int, rank: int, kind: str = "history") -> Change:
    return more(
        source="invented",
        title="Invented for a test",
        kind=kind,
        known_since=str(known_since),
        dating="published",
        rank=str(rank),
        reference="false",
    )


LEFT = more(town="arsuk", event="left", year="2010", source="report-2014-prose")


def test_the_list_of_the_expert_and_the_table_name_the_same_claims(now: pd.DataFrame) -> None:
    assert set(now.index) == set(EXPECTED)


@pytest.mark.parametrize("claim", EXPECTED)
def test_every_verdict_of_2024_is_that_of_the_expert(now: pd.DataFrame, claim: str) -> None:
    assert now.at[claim, "verdict"] == EXPECTED[claim]


@pytest.mark.parametrize("year", [2014, 2018])
def test_the_same_sources_gave_the_same_verdicts_earlier(year: int) -> None:
    assert found(year)["verdict"].to_dict() == EXPECTED


@pytest.mark.parametrize(
    ("table", "changed", "claim", "verdict"),
    [
        # the missing number becomes known: the printed sum is no longer the sum
        ("membership", cell("members", "20", town="eidi"), "members_sum_1135", "contradicted"),
        ("membership", cell("members", "20", town="eidi"), "members_over_1100", "holds"),
        ("membership", cell("members", "3", town="herning"), "members_over_1100", "not_checkable"),
        # a second exact year of the home association
        (
            "membership",
            more(town="vanersborg", year="2010", members="80", source="report-2014-table"),
            *("members_rising", "holds"),
        ),
        (
            "membership",
            more(town="vanersborg", year="2010", members="130", source="report-2014-table"),
            *("members_rising", "contradicted"),
        ),
        (
            "membership",
            cell("members", "ca 80", town="vanersborg", source="vanersborg-se"),
            *("about_100_members", "contradicted"),
        ),
        # the only source that differs is not there, or says the same
        (
            "chain",
            without(town="holmestrand", source="norden-herning"),
            *("holmestrand_1947", "holds"),
        ),
        (
            "chain",
            cell("year", "1975", town="utajarvi", source="venskabsby-historie"),
            *("utajarvi_left_1976", "contradicted"),
        ),
        (
            "chain",
            without(town="utajarvi", source="venskabsby-historie"),
            *("utajarvi_left_1976", "not_checkable"),
        ),
        ("chain", cell("year", "1980", town="eidi"), "three_in_1970s", "contradicted"),
        (
            "chain",
            cell("year", "1980", town="eidi", source="norden-herning"),
            *("three_in_1970s", "holds_as_bound"),
        ),
        ("chain", cell("year", "1950", town="siglufjordur"), "five_countries_1949", "holds"),
        (
            "chain",
            cell("year", "1950", town="utajarvi", event="admitted"),
            *("five_countries_1949", "contradicted"),
        ),
        ("chain", LEFT, "nine_places", "contradicted"),
        ("chain", LEFT, "whole_norden", "contradicted"),
        # what confirms a meeting, and who has hosted
        (
            "meetings",
            without(source="norden-aland-2013"),
            *("meeting_2013_aland", "not_checkable"),
        ),
        (
            "meetings",
            cell("town", "herning", year="2013"),
            *("meeting_2013_aland", "contradicted"),
        ),
        ("meetings", cell("town", "husby", year="2012"), "yearly_rotation", "contradicted"),
        ("meetings", without(year="2013"), "active_civil", "holds_as_bound"),
        ("meetings", without(source="nyan-2014"), "seminar_2014", "holds_as_bound"),
        ("meetings", cell("date_to", "2014-09-22", year="2014"), "seminar_2014", "contradicted"),
        # money
        (
            "activities",
            cell("municipal_role", "", municipal_role="funded"),
            *("dormant_municipal", "holds_as_bound"),
        ),
        (
            "support",
            lambda frame: cell("relation", "grant", town="holmestrand")(
                cell("amount", "5 000 NOK", town="holmestrand")(frame)
            ),
            *("three_grants", "contradicted"),
        ),
        (
            "recommendations",
            cell("amount", "12 000 kr per år", recommendation="yearly_grant"),
            *("small_grant", "holds_as_bound"),
        ),
        (
            "recommendations",
            cell("amount", "5 000 kr per år", recommendation="yearly_grant"),
            *("small_grant", "holds"),
        ),
        (
            "recommendations",
            cell("amount", "50 000 kr per år", recommendation="yearly_grant"),
            *("small_grant", "contradicted"),
        ),
        # the survey and other figures
        ("survey", cell("value", "290", measure="answered"), "survey_131", "holds"),
        (
            "survey",
            cell("value", "12", measure="change_since_previous"),
            *("interest_falls", "contradicted"),
        ),
        (
            "survey",
            more(wave="2007", measure="twin_towns", group="all", value="587", source="skr-2024"),
            *("survey_186_fewer", "holds"),
        ),
        (
            "survey",
            more(wave="2007", measure="twin_towns", group="all", value="500", source="skr-2024"),
            *("survey_186_fewer", "contradicted"),
        ),
        (
            "survey",
            cell("base", "answered", measure="activity_share"),
            *("survey_shares", "holds_as_bound"),
        ),
        (
            "figures",
            without(source="thisted-dk", measure="nordic_first_twinning"),
            *("first_twinning_1939", "not_checkable"),
        ),
        ("figures", without(source="twinning-org-en"), "europe_20000", "holds"),
        (
            "figures",
            without(source="twinning-org-ro", measure="twinnings"),
            *("europe_20000", "contradicted"),
        ),
    ],
)
def test_other_data_give_another_verdict(
    data_folder: Path, table: str, changed: Change, claim: str, verdict: str
) -> None:
    change(data_folder, table, changed)
    assert found(data=data_folder).at[claim, "verdict"] == verdict


def test_a_later_source_changes_only_later_reports(data_folder: Path) -> None:
    change(data_folder, "sources", new_source(2020, 4))
    change(
        data_folder, "chain", more(town="utajarvi", event="left", year="1975", source="invented")
    )
    assert found(2018, data_folder).at["utajarvi_left_1976", "verdict"] == "holds"
    assert found(2024, data_folder).at["utajarvi_left_1976", "verdict"] == "contradicted"


def test_what_happens_after_the_report_does_not_change_what_it_said(data_folder: Path) -> None:
    change(data_folder, "sources", new_source(2022, 4))
    change(data_folder, "chain", more(town="eidi", event="left", year="2021", source="invented"))
    change(
        data_folder,
        "membership",
        more(town="husby", year="2021", members="10", source="invented"),
    )
    after = found(2024, data_folder)
    assert after["verdict"].to_dict() == EXPECTED


def test_a_claim_keeps_its_own_value_when_a_stronger_source_wins(data_folder: Path) -> None:
    change(data_folder, "sources", new_source(2020, 1, "correction"))
    change(
        data_folder, "chain", more(town="husby", event="admitted", year="1988", source="invented")
    )
    report = load(2024, "sv", data_folder)
    assert report.facts["admitted:husby"].value == 1988
    row = found(2024, data_folder).loc["admitted_1989"]
    assert row["said"]["admitted:husby"].value == 1989
    assert row["verdict"] == "contradicted"
    shown = differences.claims(report)["claim"]
    assert any("1989" in said.striptags() and "Husby" in said for said in shown)


def test_every_check_the_table_names_is_there_and_none_is_idle() -> None:
    named = {row["check"] for row in rows_of(PACKAGE.parent / "data" / "raw" / "claims.csv")}
    assert named == set(CHECKS)


def test_an_unknown_check_is_named_with_its_row_and_the_nearest(data_folder: Path) -> None:
    change(data_folder, "claims", cell("check", "count_place", claim="nine_places"))
    with pytest.raises(WrongData) as refusal:
        found(data=data_folder)
    (fault,) = refusal.value.faults
    assert (fault.code, fault.file, fault.row, fault.column, fault.value) == (
        *("D038", "claims.csv", 4, "check", "count_place"),
    )
    assert fault.details == {"near": "count_places"}
    assert "count_places" in Text("en").fault(fault)


def test_the_projects_own_table_names_no_unknown_check() -> None:
    assert unknown_checks(load(2024, "sv").known.rows["claims"]) == []


def test_without_claims_there_is_an_empty_table(data_folder: Path) -> None:
    change(data_folder, "sources", new_source(2024, 5))
    change(data_folder, "claims", lambda frame: frame.head(1).assign(source="invented"))
    assert not len(differences.claims(load(2018, "sv", data_folder)))
    assert len(found(2024, data_folder)) == 1


def test_where_the_tables_are_empty_nothing_but_the_chain_is_checked() -> None:
    report = load(2024, "sv")
    kept = ("sources", "towns", "chain", "claims")
    used, rows = (
        {name: frame if name in kept else frame.head(0) for name, frame in frames.items()}
        for frames in (report.known.used, report.known.rows)
    )
    bare = replace(report.known, used=used, rows=rows, register=report.known.register.head(0))
    shown = verdicts(bare, {}, report.home).set_index("claim")["verdict"]
    checked = set(shown.index[shown != "not_checkable"])
    about_years = {claim for claim in EXPECTED if re.search(r"_(19|20)\d\d$", claim)}
    assert checked <= about_years | {"whole_norden"}
    assert shown["holmestrand_1947"] == "contradicted"


def test_the_evidence_names_rows_that_are_known(now: pd.DataFrame) -> None:
    known = {ref for frame in load(2024, "en").known.rows.values() for ref in frame["ref"]}
    assert {ref for refs in now["refs"] for ref in refs} <= known
    silent = now[[not refs for refs in now["refs"]]]
    assert set(silent["verdict"]) <= {"not_checkable"}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("year", [2014, 2024])
def test_the_table_says_why_for_every_claim(language: str, year: int) -> None:
    report = load(year, language)
    shown = differences.claims(report)
    assert list(shown["verdict"]) == [
        report.text.get(f"verdict.{code}") for code in found(year)["verdict"]
    ]
    assert all(len(said.striptags()) > 15 for said in (*shown["claim"], *shown["evidence"]))
    assert "{" not in re.sub("<style>.*?</style>", "", report.table("claims").html)


@pytest.mark.parametrize("language", languages())
def test_every_evidence_and_verdict_has_a_wording_and_every_wording_a_use(language: str) -> None:
    modules = ("claims", "witness", "chain_checks", "figure_checks")
    source = "".join((PACKAGE / f"{module}.py").read_text("utf-8") for module in modules)
    worded = Text(language).get("evidence").keys() - {"title"}
    assert not [key for key in worded if f'"{key}"' not in source]
    assert set(Text(language).get("verdict")) == set(CODES.values())
