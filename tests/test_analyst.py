"""The report as an analyst meets it: frames, facts, a try, faults in words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import vanort_analysis
from vanort_analysis import load
from vanort_analysis.data.quantity import Quantity
from vanort_analysis.errors import CommandError, DataError, Fault, UserError
from vanort_analysis.language import Text
from vanort_analysis.pages.prose import TEXTS
from vanort_analysis.report import FRAMES, Report

from . import chain, pages
from .conftest import PROJECT
from .test_languages import CURES

LOAD = "import vanort_analysis\nvanort_analysis.load(2014)"


@pytest.fixture(scope="module")
def report() -> Report:
    return pages.own(2014, "sv")


def told(error: pytest.ExceptionInfo, language: str = "sv") -> str:
    """A fault as it is said."""
    return Text(language).format_fault(error.value.faults[0])


@pytest.mark.parametrize("name", [*FRAMES, "register", "membership", "meetings", "chain"])
def test_a_frame_has_names_and_numbers(report: Report, name: str) -> None:
    frame = getattr(report, name)
    assert isinstance(frame, pd.DataFrame)
    assert not {"town", "towns"} & set(frame.columns)
    assert not frame.map(lambda cell: isinstance(cell, Quantity | list)).to_numpy().any()
    assert name in dir(report)


def test_a_number_in_doubt_stands_between_its_bounds(report: Report) -> None:
    figures = report.figures.dropna(subset="value")
    assert (figures["value_low"] <= figures["value"]).all()
    assert (figures["value"] <= figures["value_high"]).all()
    assert (figures["value_low"].notna() & figures["value_high"].isna()).any()  # "over 20 000"
    assert report.members.set_index("place")["members"].to_dict()["Herning"] == 230
    assert (report.members["members"].dtype, report.support["local"].dtype) == ("Int64", "Float64")


def test_an_amount_has_its_currency_and_a_rounded_number_says_so(report: Report) -> None:
    support = report.support.set_index("place")
    assert support.loc["Herning", ["amount", "amount_unit", "local_unit"]].tolist() == [
        *(16800, "DKK", "SEK"),
    ]
    assert report.national["value_doubt"].tolist() == ["exact", "about"]
    assert report.national["year_low"].tolist() == [pd.NA, 2014]  # "2014 or earlier": no bound
    assert set(report.facts.query("fact == 'seminar_begins:husby'")["value_unit"]) == {"date"}
    assert not {"year_unit", "members_unit", "members_doubt"} & set(report.members)


def test_a_source_has_its_title_and_no_news_their_columns(report: Report) -> None:
    named = report.membership.merge(report.documents, on="source", validate="many_to_one")
    assert len(named) == len(report.membership)
    assert named["title"].str.len().all()
    assert set(report.changes) == set(pages.own(2024, "sv").changes)


def test_a_list_in_a_cell_is_one_that_can_be_parted(report: Report) -> None:
    assert report.size["joined"].iloc[0] == "Vänersborg, Herning"
    assert set(", ".join(report.activity["refs"]).split(", ")) <= set(report.context.known.records)
    assert report.places["placed_by"].map(type).eq(str).all()
    assert len(dir(report)) == len(set(dir(report)))


@pytest.mark.parametrize("language", ["en", "sv"])
def test_an_error_is_told_in_the_language_loaded_last(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserError, "language", "sv")  # as it is left for other tests
    with pytest.raises(CommandError) as refusal:
        load(3000, language)
    assert str(refusal.value) == told(refusal, language)
    assert len(str(refusal.value).splitlines()) > 2
    wrong = DataError([Fault("D024", "chain.csv", 3, "town"), Fault("D003", "survey.csv")])
    assert str(wrong) == "\n".join(map(Text(language).format_fault, wrong.faults))


def test_the_package_offers_what_it_is_for() -> None:
    assert dir(vanort_analysis) == ["Report", "load"]
    with pytest.raises(AttributeError, match="Report and load"):
        vanort_analysis.Load  # noqa: B018


def test_places_are_points_on_a_map(report: Report) -> None:
    places = report.places
    assert isinstance(places, geopandas.GeoDataFrame)
    assert places.crs == "EPSG:4326"
    assert {"Vänersborg", "Herning"} <= set(places["place"])
    home = places.set_index("place").geometry["Vänersborg"]
    assert (round(home.y), round(home.x)) == (58, 12)


def test_a_meeting_has_a_host_and_a_venue(report: Report) -> None:
    met = report.meetings.query("status == 'held'").set_index("year")
    assert met.loc[2012, "host"] == "Vänersborg"
    assert "place" in met


def test_facts_are_found_by_a_word_of_theirs(report: Report) -> None:
    found = report.find("herning").set_index("fact")
    assert found.at["members:herning", "words"] == "230"
    assert found.at["members:herning", "rows"].startswith("membership:")
    assert "members_largest" in set(report.find("Husby")["fact"])  # it stands in what is said
    assert len(report.find("no such thing")) == 0
    assert "report_year" in set(report.find(2014)["fact"])
    assert {"members:vanersborg", "members:vanersborg.year"} <= set(
        report.find("Vänersborg")["fact"]
    )
    assert "members:aland15" in set(report.find("ålands")["fact"])
    assert {"fact", "value", "words", "formula", "rows"} <= set(report.facts)


def test_two_years_are_compared_fact_by_fact(report: Report) -> None:
    changed = report.compare(2024).set_index("fact")
    assert changed.at["report_year", "then"] == "2014"
    assert changed.at["report_year", "now"] == "2024"
    assert "members:herning" not in changed.index  # nothing newer is known
    assert len(report.compare(2014)) == 0


def test_a_try_in_memory_changes_what_follows_and_writes_nothing(report: Report) -> None:
    row = {"town": "eidi", "year": "2013", "members": "40", "source": "report-2014-table"}
    tried = report.with_rows("membership", [row | {"locator": "a try"}])
    before, after = (r.facts.set_index("fact")["value"] for r in (report, tried))
    assert after["members_total"] == before["members_total"] + 40
    assert "Eidi" in tried.section("members").html
    assert "40" not in report.members["members"].astype(str).to_list()
    more = pd.DataFrame([{"town": "eidi", "year": "2014", "source": "report-2014-prose"}])
    both = tried.with_rows("support", more.assign(amount="900 DKK", relation="grant"))
    assert "Eidi" in both.facts.set_index("fact").at["support_given", "words"]
    assert both.facts.set_index("fact")["value"]["members_total"] == after["members_total"]
    one = report.with_rows("membership", row)
    assert one.members.equals(tried.members)
    changed = report.compare(one).set_index("fact")
    assert changed.loc["members:eidi"].tolist() == ["uppgift saknas", "40"]
    assert one.compare(report).set_index("fact").at["members:eidi", "now"] == "uppgift saknas"


def test_what_a_source_says_is_changed_in_a_try_by_a_correction(report: Report) -> None:
    row = {"town": "herning", "year": 2013, "members": 400}
    weak = report.with_rows("membership", row | {"source": "own-choice"})
    assert len(report.compare(weak)) == 0
    made = {"source": "a-try", "title": "A try", "kind": "correction", "dating": "inferred"}
    made |= {"known_since": "2014", "rank": "1", "reference": "false"}
    tried = report.with_rows("sources", made).with_rows("membership", row | {"source": "a-try"})
    assert report.compare(tried).set_index("fact").at["members:herning", "now"] == "400"


def test_rows_of_a_try_need_not_have_the_same_cells(report: Report) -> None:
    """A number beside an empty cell is still a whole one."""
    rows = [
        {"town": "eidi", "year": 2013, "members": 40, "source": "own-choice"},
        {"town": "arsuk", "members": 15, "source": "own-choice", "note": "undated"},
    ]
    at_once = report.with_rows("membership", rows)
    in_turn = report.with_rows("membership", rows[:1]).with_rows("membership", rows[1:])
    assert at_once.membership.equals(in_turn.membership)
    assert at_once.members.set_index("place").at["Eidi", "members"] == 40


def test_a_cell_that_must_be_filled_has_one_cure(report: Report) -> None:
    with pytest.raises(DataError) as caught:
        report.with_rows("meetings", {"town": "eidi", "year": 2013, "source": "own-choice"})
    assert "board_seminar" in told(caught)
    assert told(caught).count(CURES["sv"]) == 1


def test_each_point_among_the_news_has_its_own_amount() -> None:
    row = {"source": "vanersborg-se-2024", "first_made": "2024", "text_en": "Invented: {grant}."}
    rows = [row | {"recommendation": "try_one", "order": "1", "amount": "3 000 kr"}]
    rows += [row | {"recommendation": "try_two", "order": "2", "amount": "1 000 kr"}]
    news = str(load(2024, "en").with_rows("recommendations", rows).section("changes"))
    amounts = re.findall(r"Invented:\s+SEK\s(\S+)", news)
    assert amounts == ["3,000", "1,000"]


def test_what_is_set_on_a_report_is_not_in_the_next() -> None:
    load(2014, "sv").hosting = "mine"
    assert isinstance(load(2014, "sv").hosting, pd.DataFrame)


@pytest.mark.parametrize(
    ("table", "row", "error", "words"),
    [
        ("membership", {"members": "sjuttio"}, DataError, ("membership.csv", "sjuttio")),
        ("membership", {"town": "hernig"}, DataError, ("hernig", "herning?")),
        ("membership", {"member": "70"}, CommandError, ("member", "välj members")),
        ("memberships", {"members": "70"}, CommandError, ("välj membership.",)),
        ("membership", {"odd": "70"}, CommandError, ("odd", "members")),
    ],
)
def test_a_faulty_row_is_told_of_in_words(
    report: Report, table: str, row: dict[str, str], error: type, words: tuple[str, ...]
) -> None:
    good = {"town": "eidi", "year": "2013", "members": "40", "source": "report-2014-table"}
    with pytest.raises(error) as caught:
        report.with_rows(table, [good | row])
    said = told(caught)
    assert [word for word in words if word not in said] == []
    assert CURES["sv"] in said
    assert "C017" not in str(caught.value)  # a warning of the folder, not of the row
    assert caught.value._render_traceback_() == str(caught.value).splitlines()


def test_a_frame_that_is_not_there_is_told_of_with_the_one_that_is(report: Report) -> None:
    with pytest.raises(AttributeError, match="did you mean 'membership'"):
        report.membershp  # noqa: B018
    with pytest.raises(AttributeError, match=r"no frame 'xyzzy'$"):
        report.xyzzy  # noqa: B018
    with pytest.raises(CommandError) as caught:
        report.section("membrs")
    assert [word for word in ("C018", "membrs", "members") if word not in told(caught)] == []
    with pytest.raises(CommandError) as caught:
        report.section(5)  # type: ignore[arg-type]
    assert "C018" in told(caught)
    for piece in (report.page, report.key_figures):
        with pytest.raises(CommandError) as caught:
            piece("trendz")
        assert [word for word in ("C018", "trendz", "trends") if word not in told(caught)] == []


@pytest.mark.parametrize("year", ["2012", 2012.0])
def test_a_year_that_is_no_whole_number_is_told_to_be_none(year: Any) -> None:
    with pytest.raises(CommandError) as caught:
        load(year)
    assert "C004" in told(caught)
    assert load(2012).context.known.year == 2012


def test_no_row_is_nothing_to_draw(report: Report) -> None:
    assert report.section("place_table", report.places.iloc[:0]).html.count("<table") == 0


def test_a_section_draws_only_the_rows_of_the_frame(report: Report) -> None:
    members = report.members
    some = members[members["place"].isin(["Herning", "Husby"])].iloc[::-1]
    drawn = pages.BeautifulSoup(report.section("members", some).html, "html.parser")
    named = [cell.get_text() for cell in drawn.select("#t-members ~ tbody th")]
    assert named == ["Herning", "Husby"]
    assert "Eidi" not in drawn.figcaption.get_text()  # whose number is unknown, and is not drawn
    pictured = " ".join(text.get_text() for text in drawn.select("svg text"))
    assert "Husby" in pictured
    assert "Kangasala" not in pictured
    whole = pages.BeautifulSoup(report.section("members").html, "html.parser")
    assert len(whole.select("#t-members ~ tbody tr")) == len(members)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.dropna(subset="members").iloc[::-1].reset_index(drop=True),
        lambda frame: frame.assign(members=frame["members"] * 2),
        lambda frame: frame.set_index("place"),
        lambda frame: pd.concat([frame, frame]),
        lambda frame: frame["place"],
        lambda frame: frame.set_index([frame.index, "place"]),
        lambda frame: frame.set_axis(["a", "b", "c", "d"], axis=1),
    ],
    ids=[
        *("numbered anew", "other numbers", "named rows", "rows twice", "a column", "two indexes"),
        "other columns",
    ],
)
def test_a_frame_that_is_not_what_would_be_drawn_is_refused(report: Report, change) -> None:
    with pytest.raises(CommandError) as caught:
        report.section("members", change(report.members))
    assert "C023" in told(caught)


def test_the_frame_of_another_section_is_refused(report: Report) -> None:
    with pytest.raises(CommandError) as caught:
        report.section("members", report.support)
    assert "C023" in told(caught)


def test_no_year_anywhere_is_told_of_in_words(tmp_path: Path) -> None:
    data = chain.folder(tmp_path / "data")
    settings = data / "raw" / "municipality.toml"
    settings.write_text(settings.read_text("utf-8").replace("year = 2014\n", ""), "utf-8")
    with pytest.raises(CommandError) as caught:
        load(language="sv", data=data)
    assert "C022" in told(caught)


def test_a_piece_says_itself_where_there_is_no_page(report: Report) -> None:
    piece = report.section("members", report.members)
    assert "Herning" in str(piece)
    assert "<" not in str(report.section("mergers", None))
    shown = piece._repr_mimebundle_()
    assert "<style" in shown["text/html"]  # the style of the page comes along


@pytest.mark.slow
def test_a_changed_sentence_is_seen_by_the_next_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vanort_analysis.pages.prose.TEXTS", texts := tmp_path / "texts")
    shutil.copytree(TEXTS, texts)
    assert "Medlemmar" in load(2014, "sv").section("members").html
    page = texts / "03_trends.sv.md"
    page.write_text(page.read_text("utf-8").replace("## Medlemmar {", "## Hur många {"), "utf-8")
    assert "Hur många" in load(2014, "sv").section("members").html


def test_an_area_is_named_by_the_row_that_has_a_name_for_it(tmp_path: Path) -> None:
    data = chain.folder(tmp_path / "data")
    towns = data / "raw" / "towns.csv"
    rows = pd.read_csv(towns, dtype="str", keep_default_na=False)
    named = (
        (rows["town"] == "omega")
        .map({True: "", False: "Suomi"})
        .where(rows["area"] == "Finland", "")
    )
    rows.assign(area_en=named).to_csv(towns, index=False)
    assert "Suomi" in load(2014, "en", data).section("place_table").html


def test_a_notebook_refuses_a_parameter_it_does_not_know(tmp_path: Path) -> None:
    """Under plain papermill too, which sets anything, in one that has parameters of its own too."""
    source = PROJECT / "notebooks" / "00_explore.ipynb"
    words = [sys.executable, "-m", "papermill", str(source), "out.ipynb", "-p", "yaer", "2018"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "C005" in done.stderr
    outputs = [o for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells
               for o in cell.get("outputs", [])]  # fmt: skip
    (error,) = [o for o in outputs if o.output_type == "error"]
    assert "year" in "".join(error.traceback) + error.evalue


@pytest.mark.parametrize(
    ("key", "frame", "rows"),
    [
        ("place_table", "places", slice(0, 1)),
        ("claims", "checks", slice(30, 31)),
        ("size", "history", slice(1, None)),
        ("size", "history", slice(None, None, -1)),
    ],
)
def test_a_section_is_drawn_of_any_of_its_rows(
    report: Report, key: str, frame: str, rows: slice
) -> None:
    drawn = str(report.section(key, getattr(report, frame).iloc[rows]).html)
    assert drawn
    if key == "size":  # whose note names the places with other years
        note = pages.BeautifulSoup(drawn, "html.parser").select_one("figcaption").get_text()
        assert "Kangasala" in note
        assert "Eidi" not in note


@pytest.mark.parametrize("first", ["# Parametrar\nkommun = 1", "# Parameters\nstart = 1990"])
def test_a_notebook_of_one_s_own_may_set_what_it_likes(first: str, tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (first, "year = 2014", LOAD)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "Report of 2014" in notebook.cells[2].outputs[0].data["text/plain"]


def test_a_number_is_the_same_whatever_stands_in_other_rows(tmp_path: Path) -> None:
    """Cut out of all checks, a number may be of another kind than in the premises alone."""
    report = load(2014, "sv", chain.folder(tmp_path))
    checks = report.checks.astype({"at": "float64", "value": "float64"})
    frame = checks[checks["about"] == "proposal"]
    assert report.section("premises", frame).html == report.section("premises").html
