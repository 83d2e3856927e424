"""Kinds of input that once went through in silence, or were refused in the wrong words.

What the list of faults names already stands in `test_values` and `test_domain`.
"""

from __future__ import annotations

import json
import re

import pytest
from bs4 import BeautifulSoup

from tests import chain, pages
from tests.test_cli import run
from tests.test_golden import words
from tests.test_languages import CURES
from vanort_analysis import load
from vanort_analysis.data.evidence import unused_rows
from vanort_analysis.errors import CommandError, DataError
from vanort_analysis.language import Text
from vanort_analysis.pages import site

from .conftest import Trial, rows_of
from .folder import save, workbook

# A. Wrong numbers published without a word


def test_a_count_of_another_kind(trial: Trial) -> None:
    codes = {
        "(-5)": "D014",
        "--5": "D014",
        "２３０": "D016",
        "٢٣٠": "D016",
        "100%": "D042",
        "54 %": "D042",
        "16800 DKK": "D042",
        "2025-01-01": "D039",
        "#REF!": "D060",
        "#VÄRDEFEL!": "D060",
        "Err:502": "D060",
        "#####": "D060",
    }
    trial.refuses("membership", "members", codes, town="beta", year="2012")


def test_an_amount_of_another_kind(trial: Trial) -> None:
    codes = {
        "5000": "D043",
        "ca 5000": "D043",
        "4000–5000": "D043",
        "50 medlemmar": "D043",
        "54 %": "D042",
        "16 800 DKK SEK": "D014",
        "0": "",
        "7 kr": "",
    }
    trial.refuses("support", "amount", codes, town="beta")  # of no year, or two would disagree


def test_signs_of_swedish_statistics(trial: Trial) -> None:
    reasons = {"i.u.": "missing", "..": "missing", "x": "missing"}
    reasons |= {".": "not_applicable", "e.t.": "not_applicable"}
    for at, sign in enumerate(reasons):
        trial.add("support", town="beta", year=str(2000 + at), amount=sign)
    read = trial.read().tables["support"]["amount"][-len(reasons) :]
    assert {of.text: of.reason for of in read} == reasons
    assert not any(of.is_known for of in read)
    assert all(Text(language).format_quantity(of) for of in read for language in ("sv", "en"))


def test_a_footnote_goes_in_the_note(trial: Trial) -> None:
    for at, mark in enumerate(("*", "¹", " 1)", " [a]", " †")):
        trial.add("membership", town="beta", members=f"ca 100{mark}", year=str(2000 + at))
        trial.add("membership", town="beta", members="100", year=f"2013{mark}")
    found = trial.told("D046")
    assert len(found) == 10
    assert {fault.details["near"] for fault in found} == {"ca 100", "2013"}
    assert "note" in Text("sv").format_fault(found[0])


def test_two_numbers_of_one_source(trial: Trial) -> None:
    trial.add("membership", town="beta", year="2013", members="201", source="table", locator="b")
    (fault,) = trial.told("D025")
    assert (fault.row, fault.column, fault.details["row"]) == (8, "members", 4)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"date_to": "2013-06-27"}, "date_to"),
        ({"date_from": "1961-07-26"}, "date_from"),
        ({"date_to": "2014-06-29"}, "date_to"),
    ],
)
def test_days_that_contradict_their_row(cells: dict[str, str], column: str, trial: Trial) -> None:
    trial.put("meetings", 6, **cells)
    assert trial.errors() == {("D066", "meetings", 6, column)}
    assert column in trial.told("D066")[0].details["near"]


def test_a_day_of_an_activity_in_another_year(trial: Trial) -> None:
    trial.put("activities", 2, date="2012-09")
    assert trial.errors() == {("D066", "activities", 2, "date")}
    assert trial.told("D066")[0].details["near"] == "date, year"


def town(at: int, **cells: str) -> dict[str, str]:
    of = {"town": f"t{at}", "name": f"{at}", "area": "Sverige", "country": "SE", "kind": "town"}
    return of | cells


def test_a_country_that_is_no_code(trial: Trial) -> None:
    countries = ("Sverige", "None", "001", "se", "QX")
    rows = [trial.add("towns", **town(at, country=of)) for at, of in enumerate(countries)]
    assert [fault.row for fault in trial.told("D062")] == rows


def test_a_name_that_is_none(trial: Trial) -> None:
    codes = {"#REF!": "D060", "#N/A": "D060", "#NAMN?": "D060"}
    codes |= {"V\ufffest": "D010", "V\x7fst": "D010", "V\u202est": "D010", "V\u2067st": "D010"}
    names = enumerate(codes.items())
    rows = {trial.add("towns", **town(at, name=of)): code for at, (of, code) in names}
    assert trial.errors() == {(code, "towns", row, "name") for row, code in rows.items()}


def test_a_source_that_is_public_later_waits_for_its_report(trial: Trial) -> None:
    trial.put("sources", 7, source="late", known_since="2016")
    row = trial.add("membership", town="beta", year="2013", members="210", source="late")
    waiting = unused_rows(trial.read().tables, 2015).query("reason == 'not_public'")
    assert list(waiting[["table", "row", "detail"]].itertuples(index=False)) == [
        ("membership", row, "2016")
    ]
    assert unused_rows(trial.read().tables, 2016).query("reason == 'not_public'").empty


# C. A decision, another chain


def test_a_blank_inherits_and_the_change_log_says_so(trial: Trial) -> None:
    trial.add(
        "recommendations", recommendation="grant", decided="Ja, den 4 mars", first_made="2014"
    )
    changes = trial.read().changes
    inherited = changes[(changes["why"] == "inherited") & (changes["row"] == 5)]
    read = dict(zip(inherited["column"], inherited["read"], strict=True))
    assert (read["amount"], read["text_sv"]) == ("5 000 kr", "{association} får {grant}.")


def test_what_the_home_municipality_pays_is_no_new_cost_and_is_told_as_news() -> None:
    year = chain.year(
        *(2015, 2014),
        sources="minutes,Minutes,municipal page,2015,1,,false,published",
        support="alfa,2015,50 000 SEK,grant,minutes",
    )
    assert year.facts["grant_paid"].value == 50_000
    assert year.facts["support_highest_place"] == ["beta"]  # never itself
    assert "alfa" not in year.facts["grant_compared"]
    assert year.facts["since_support"] == ["alfa"]


def test_members_without_a_year_make_an_association_the_largest() -> None:
    year = chain.year(membership="gamma,,cirka 300,table")
    assert year.facts["members_largest"] == ["gamma"]
    assert "members_year" not in year.facts  # nobody knows which year one of them is of


def test_an_undated_source_asks_when_it_was_read(trial: Trial) -> None:
    trial.put("sources", 4, known_since="", dating="read")
    (fault,) = trial.told("D069")
    assert (fault.row, fault.column) == (4, "known_since")
    trial.put("sources", 4, known_since="2010")
    assert trial.errors() == set()


def test_a_meeting_without_year_or_without_host(trial: Trial) -> None:
    trial.add("meetings", town="alfa", kind="conference", status="held")
    trial.add("meetings", year="2008", kind="conference", status="held")
    assert trial.errors() == set()


def test_a_report_long_after_the_last_source_says_how_old_it_is(trial: Trial) -> None:
    for year, is_told in ((2014, False), (2030, True)):
        page = words(pages.html(load(year, "sv", trial.data), "index"))
        assert ("Den nyaste källan är från 2014" in page) == is_told
    with pytest.raises(CommandError) as refusal:
        load(2031, "sv", trial.data)
    assert "källorna för gamla" in Text("sv").format_fault(refusal.value.faults[0])


@pytest.mark.parametrize("year", [2014, 2030])
def test_what_there_is_none_of_is_not_counted_and_one_is_not_many(year: int, trial: Trial) -> None:
    report = load(year, "sv", trial.data)
    for name in site.PAGES:
        page = words(pages.html(report, name))
        assert not re.search(r"(?<![\d.,–-])(0 [a-zåäö]{3,}|0,0 %)", page)
        assert not re.search(r"(?<![\d.,–-])1 \w+(ar|er|or)\b(?! av)", page), name


def test_a_proposal_without_an_amount_counts_no_cost(trial: Trial) -> None:
    trial.put("recommendations", 3, amount="")
    page = words(pages.html(load(2014, "sv", trial.data), "decision_memo"))
    assert "Förslaget anger inget belopp." in page
    assert "Arbetstid" not in page


def section(trial: Trial, name: str) -> BeautifulSoup:
    """What a report of the folder shows in a section."""
    html = load(2014, "sv", trial.data).section(name).html
    return BeautifulSoup(str(html), "html.parser")


def test_a_chain_of_which_few_years_are_known_does_not_begin_with_them(trial: Trial) -> None:
    for row in (4, 5, 6, 7):  # beta, gamma
        trial.put("chain", row, year="")
    drawn = section(trial, "size").figure
    assert "1950–2014" not in drawn.get_text()
    assert "inte känt för Beta och Gamma" in drawn.figcaption.get_text()
    counted = section(trial, "size").find_all("table")[-1]
    last = counted.find_all("tr")[-1].find_all("td")[-1].get_text()
    assert last == "3"  # as many as the step of the picture
    assert last in [text.get_text() for text in drawn.svg.find_all("text", {"font-weight": "bold"})]


def test_amounts_that_nobody_knows_are_no_picture_of_hatched_boxes(trial: Trial) -> None:
    for name in ("recommendations", "checks"):
        (trial.data / "raw" / f"{name}.csv").unlink()
    assert section(trial, "support").figure
    for row in (2, 3, 4):
        trial.put("support", row, amount="okänd summa")
    assert section(trial, "support").figure is None
    assert "Delta" in section(trial, "support").table.get_text()


def test_a_legend_tells_only_of_what_is_there(trial: Trial) -> None:
    assert "ruta" in section(trial, "members").figure.get_text()
    trial.put("membership", 5, members="10")
    trial.add("membership", town="isle", year="2013", members="5", source="table")
    assert "ruta" not in section(trial, "members").figure.get_text()
    assert "Grå stapel: Omega" in section(trial, "size").figure.get_text()
    trial.write(
        "chain", [row for row in trial.table("chain") if row[0] != "omega" and "1951" not in row]
    )
    assert "stapel" not in section(trial, "size").figcaption.get_text()


def test_only_the_number_that_sources_disagree_on_has_the_sign(trial: Trial) -> None:
    """Of a meeting whose place is said to be another."""

    def guests() -> str:
        told = section(trial, "hosts").select("#t-meetings ~ tbody td")
        (cell,) = [each.get_text() for each in told if "41" in each.get_text()]
        return cell

    trial.put("meetings", 8, participants="41")
    assert "≠" not in guests()
    trial.put("meetings", 9, participants="50")
    assert "≠" in guests()


@pytest.mark.parametrize("at", [("", ""), ("56", "9")], ids=["no point", "that of its partner"])
def test_a_home_town_that_is_not_apart_has_its_maps(at: tuple[str, str], trial: Trial) -> None:
    trial.put("towns", 2, lat=at[0], lon=at[1])
    for name in ("map", "state"):
        assert "Beta" in section(trial, name).svg.get_text()
    assert '"label":"Beta"' in str(section(trial, "interactive_map"))


def test_an_only_partner_is_not_both_nearest_and_farthest(trial: Trial) -> None:
    for name in ("chain", "membership", "support"):
        rows = trial.table(name)
        trial.write(name, [row for row in rows if row[0] in ("town", "alfa", "beta")])
    lead = BeautifulSoup(str(load(2014, "sv", trial.data).page("chain_map").html), "html.parser")
    assert lead.get_text().count("Beta") == 1


def test_the_row_of_meetings_begins_with_the_first_year_of_the_round(trial: Trial) -> None:
    for name in ("hosts", "state"):
        drawn = [[text.get_text() for text in svg("text")] for svg in section(trial, name)("svg")]
        assert [said[:2] for said in drawn].count(["?", "2010"]) == 2, name  # wide and narrow


def test_members_of_different_years_have_theirs_in_the_table_of_places(trial: Trial) -> None:
    def members() -> str:
        told = section(trial, "place_table").select("#t-places ~ tbody tr")
        (row,) = [each.get_text(" ") for each in told if "Delta" in each.get_text()]
        return row

    assert "2013" not in members()
    trial.add("membership", town="beta", year="2014", members="210", source="table")
    assert "2013" in members()


def test_the_only_known_host_has_not_waited_longest(trial: Trial) -> None:
    assert "längst" in section(trial, "hosts").get_text().casefold()
    trial.write("meetings", trial.table("meetings")[:2])
    assert "längst" not in section(trial, "hosts").get_text().casefold()
    assert section(trial, "hosts").svg


def test_the_page_tells_of_what_is_odd_in_the_rows_that_it_rests_on(trial: Trial) -> None:
    """In a workbook too; and that a place has left not before a source has told of it."""
    trial.put("membership", 6, members="0")
    trial.add("membership", town="omega", year="1970", members="50", source="club")
    save(trial.data, "membership", workbook(trial.data, "membership"))

    def told(year: int) -> set[str]:
        html = load(year, "sv", trial.data).section("repaired").html
        return {*re.findall(r"\b[DM][0-9]{3}\b", str(html))}

    assert told(2014) >= {"D051", "D055"}
    assert not told(2012) & {"D051", "D055"}


# F. A second and longer trial


def test_a_whole_number_that_is_none(trial: Trial) -> None:
    written = ("²", "--2", "2014²", "1" * 20, "1_000", "２０１４", "2014.0")
    of = {"measure": "answered", "group": "b", "value": "5"}
    trial.refuses("survey", "wave", dict.fromkeys(written, "D013"), **of)
    trial.put("sources", 2, known_since="²")
    assert ("D013", "sources", 2, "known_since") in trial.errors()


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [("sources", 2, "known_since"), ("meetings", 7, "year"), ("agreements", 2, "from_year"),
     ("agreements", 2, "to_year"), ("figures", 2, "year")],
)  # fmt: skip
def test_a_year_far_ahead(table: str, row: int, column: str, trial: Trial) -> None:
    """The clock is never asked: a year is held against the sources. A plan may lie ahead."""
    trial.put(table, row, **{column: "2090"})
    assert trial.errors() == {("D065", table, row, column)}


def test_a_new_source_may_say_itself_when_it_was_published(trial: Trial) -> None:
    trial.put("sources", 2, known_since="2060", published="2060-01")
    assert trial.told("D065") == []


def test_an_agreement_that_ends_before_it_begins(trial: Trial) -> None:
    trial.put("agreements", 2, from_year="2010–2011", to_year="2009")
    assert trial.errors() == {("D049", "agreements", 2, "to_year")}


def test_a_meeting_held_after_its_source_was_public(trial: Trial) -> None:
    trial.put("meetings", 5, year="2016")
    assert trial.errors() == {("D029", "meetings", 5, "year")}
    trial.put("meetings", 5, status="planned")
    assert trial.errors() == set()


def test_a_row_with_a_comma_too_few_is_told_once(trial: Trial) -> None:
    rows = trial.table("membership")
    moved = ["beta", "2012", "late", "somewhere", ""]  # without its members
    trial.write("membership", [*rows, moved])
    assert trial.errors() == {("D008", "membership", len(rows) + 1, "")}
    trial.write("membership", [*rows, ["beta", "2012", "70", "report", "somewhere"]])
    assert [fault.level for fault in trial.told("D008")] == ["warning"]


def test_a_town_twice_is_told_once(trial: Trial) -> None:
    rows = trial.table("towns")
    trial.write("towns", [*rows, rows[2]])
    assert trial.errors() == {("D025", "towns", len(rows) + 1, "town")}
    assert {fault.code for fault in trial.faults()} == {"D025", "C017", "D057"}


def test_a_cell_that_cannot_be_read_is_not_compared(trial: Trial) -> None:
    trial.add("figures", measure="population", about="beta", year="2012", value="500")
    row = trial.add("membership", town="beta", year="2012", members="2013-05-01")
    assert trial.errors() == {("D039", "membership", row, "members")}


def test_a_cell_that_is_only_warned_of_is_compared_all_the_same(trial: Trial) -> None:
    place = {"name": "北京", "area": "Kina", "country": "CN", "kind": "town", "lat": "39.9"}
    for town in ("one", "two"):
        row = trial.add("towns", town=town, **place, lon="116.4")
    assert trial.told("D092")
    assert ("D031", "towns", row, "name") in trial.errors()


def test_a_heading_that_is_no_column_is_not_said_to_be_read_as_one(trial: Trial) -> None:
    head, *rows = trial.table("membership")
    names = {"members": "Medlemsantalx", "town": "ORT"}
    trial.write("membership", [[names.get(name, name) for name in head], *rows])
    assert [fault.value for fault in trial.told("M010")] == ["ORT → town"]


def test_the_home_town_has_left(trial: Trial) -> None:
    row = trial.add("chain", town="alfa", event="left", year="1990")
    with pytest.raises(DataError) as caught:
        load(2014, "sv", trial.data)
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.level) == ("D056", row, "error")
    save(trial.data, "chain", workbook(trial.data, "chain"))
    with pytest.raises(DataError) as caught:
        load(2014, "sv", trial.data)
    assert [fault.file for fault in caught.value.faults] == ["chain.xlsx"]


LIMIT = {"check": "odd", "about": "proposal", "fact": "members_total", "relation": "at_least"}


@pytest.mark.parametrize(("code", "table"), [("D030", "membership"), ("D095", "checks")])
def test_what_only_the_analysis_can_refuse_names_the_workbook(
    code: str, table: str, trial: Trial, capsys
) -> None:
    """Two sources of the same rank that differ; a limit in another unit than its fact."""
    if code == "D030":
        other = {"source": "other", "title": "Other", "kind": "report", "known_since": "2014"}
        trial.add("sources", **other, rank="3", dating="published", reference="false")
        trial.add("membership", town="gamma", year="2012", members="50")
        row = trial.add("membership", town="gamma", year="2012", members="51", source="other")
    else:
        row = trial.add("checks", **LIMIT, value="50 %", source="choice")
    save(trial.data, table, workbook(trial.data, table))
    with pytest.raises(DataError) as caught:
        load(2014, "sv", trial.data)
    (fault,) = caught.value.faults
    assert (fault.code, fault.file, fault.row) == (code, f"{table}.xlsx", row)
    _, out, _ = run(["check", "--data", str(trial.data), "--json"], capsys)
    told = json.loads(out)
    (wrong,) = [found for found in told if found["level"] == "error"]
    assert (wrong["code"], wrong["file"], wrong["row"]) == (code, f"{table}.xlsx", row)
    assert "C017" in [found["code"] for found in told]  # which the folder itself has


def test_a_number_of_a_place_that_a_spreadsheet_has_rewritten(trial: Trial) -> None:
    for row, written in enumerate(("2,62042E+06", "2620425.0", "2 620 425"), 2):
        trial.put("towns", row, geonameid=written)
    trial.put("towns", 5, wikidata="21178")
    assert {(code, row) for code, _, row, _ in trial.errors()} == {
        ("D047", at) for at in range(2, 6)
    }


def test_two_towns_on_one_point(trial: Trial) -> None:
    trial.put("towns", 7, lat="66", lon="-19")
    assert trial.warning("D059").row == 8


def test_an_address_that_leads_nowhere(trial: Trial) -> None:
    wrong = ["https://", "https:///a", "https://u:p@norden.se/", "javascript:alert()", "ftp://a.se"]
    right = ["https://norden.se", "https://norden.se/@vannen?a=b@c"]
    for row, address in enumerate(wrong + right, 2):
        trial.put("sources", row, url=address)
    assert [note.value for note in trial.told("D028")] == wrong


def test_one_slip_on_many_rows_is_one_fault(trial: Trial) -> None:
    for row in (2, 3, 7):
        trial.put("membership", row, town="bata")
    for row in (2, 4):
        trial.put("meetings", row, source="")
    faults = {fault.code: fault for fault in trial.faults() if fault.level == "error"}
    listed = {code: rows_of(fault) for code, fault in faults.items()}
    assert listed == {"D026": [2, 3, 7], "D024": [2, 4]}
    said = Text("sv").format_fault(faults["D026"])
    assert said.count(CURES["sv"]) == 1
    assert "2, 3, 7" in said


def test_a_flag_that_is_none_is_one_fault(trial: Trial) -> None:
    trial.put("sources", 2, reference="kanske")
    assert trial.errors() == {("D023", "sources", 2, "reference")}


# Persons

PERSONS = {
    "ring anna.berg@example.org": "D086",
    "tfn 0521-72 10 00": "D087",
    "070-123 45 67": "D087",
    "0701234567": "D087",
    "+45 12 34 56 78": "D087",
    "Tlf. 12 34 56 78": "D087",
    "811218-9876": "D088",  # Sweden
    "19811218-9876": "D088",
    "8112189876": "D088",
    "131052-308T": "D088",  # Finland
    "131052-308t": "D088",
    "211062-5629": "D088",  # Denmark
    "120174-3399": "D088",  # Iceland
    "151086 95088": "D088",  # Norway
}
NOBODY = ["2013–2014", "16 800 DKK", "58.38075, 12.3234", "2014-09-19", "811318-9875", "6453382",
          "https://timarit.is/page/8112189876", "dnr 2014/0521", "@report-2014", "28 666",
          "ISSN 0345-0112", "ISBN 91-7324-111-1", "0.54", "1946, 1947, 1948"]  # fmt: skip


def test_what_tells_of_a_person_stops_the_run_and_is_not_repeated(trial: Trial) -> None:
    codes = PERSONS | dict.fromkeys(NOBODY, "")
    notes = {f"enligt {said}, styrelsen": code for said, code in codes.items()}
    trial.refuses("membership", "note", notes, town="beta", year="2013", members="200")
    assert {fault.value for fault in trial.faults() if fault.column == "note"} == {""}


def test_a_column_about_persons_stops_the_run(trial: Trial) -> None:
    named = ("namn", "Kontaktperson", "e-post", "Telefon", "Efternamn")
    of_towns = ("Kontaktår", "Contact year")  # a place has a year of contact
    rows = trial.table("membership")
    blanks = [""] * len(named + of_towns)
    trial.write("membership", [[*rows[0], *named, *of_towns], *([*r, *blanks] for r in rows[1:])])
    trial.put("membership", 2, **dict.fromkeys(named + of_towns, "x"))
    assert {fault.column for fault in trial.told("D048")} == {*named}


def test_a_person_in_a_column_that_nobody_reads_stops_the_run(trial: Trial) -> None:
    head, first, *rest = trial.table("membership")
    told = [*first, "ring 070-123 45 67"]
    trial.write("membership", [[*head, "remark"], told, *([*row, ""] for row in rest)])
    assert trial.errors() == {("D087", "membership", 2, "remark")}


def test_a_text_that_tells_of_a_person_stops_the_run(trial: Trial) -> None:
    texts = trial.data / "raw" / "texts"
    texts.mkdir()
    (texts / "03_trends.sv.md").write_text("# Titel\n\nSkriv till anna@example.org.\n", "utf-8")
    assert trial.errors() == {("D086", "raw/texts/03_trends", 3, "")}


def test_the_contact_of_a_municipality_is_meant_to_be_public(trial: Trial) -> None:
    with (trial.data / "raw" / "municipality.toml").open("a", encoding="utf-8") as file:
        file.write('[contact]\nemail = "kommun@example.org"\nphone = "0521-72 10 00"\n')
    assert trial.errors() == set()


# D. The run


def test_what_is_wrong_in_tables_and_in_texts_is_told_at_once(trial: Trial) -> None:
    texts = trial.data / "raw" / "texts"
    texts.mkdir()
    (texts / "03_trends.sv.md").write_text("## Om {#size}\n\nDe är 12 orter.\n", "utf-8")
    trial.put("membership", 2, members="många")
    with pytest.raises(DataError) as error:
        load(2020, "sv", trial.data)
    wrong = [fault for fault in error.value.faults if fault.level == "error"]
    found = {(fault.code, fault.file.rpartition("/")[2], fault.row) for fault in wrong}
    assert found == {("D014", "membership.csv", 2), ("T003", "03_trends.sv.md", 3)}


def test_letters_that_no_typeface_on_paper_has_are_told(trial: Trial) -> None:
    trial.put("towns", 2, name="北京", local_name="Ørby Ωμέγα Žižkov Я № ½")
    trial.put("towns", 3, note="दिल्ली")
    trial.put("chain", 2, text_sv="Fest 🎉")
    texts = trial.data / "raw" / "texts"
    texts.mkdir()
    (texts / "03_trends.sv.md").write_text("## Om {#size}\n\nEn rad.\nTill 北.\n", "utf-8")
    about = trial.data / "raw" / "municipality.toml"
    about.write_text(about.read_text("utf-8").replace("[report]", 'name = "京"\n[report]'), "utf-8")
    found = [(note.file, note.row, note.column) for note in trial.told("D092")]
    assert found == [
        ("chain.csv", 2, "text_sv"),
        ("municipality.toml", 4, ""),
        ("raw/texts/03_trends.sv.md", 4, ""),
        ("towns.csv", 2, "name"),
        ("towns.csv", 3, "note"),
    ]
    assert "北京" in Text("en").format_fault(trial.told("D092")[3])
    assert {note.level for note in trial.told("D092")} == {"warning"}


def test_the_mark_that_some_editors_begin_a_file_with_is_no_letter(trial: Trial) -> None:
    about = trial.data / "raw" / "municipality.toml"
    about.write_text(about.read_text("utf-8"), "utf-8-sig")
    texts = trial.data / "raw" / "texts"
    texts.mkdir()
    (texts / "03_trends.sv.md").write_text("## Om {#size}\n\nEn rad.\n", "utf-8-sig")
    assert trial.told("D092") == []
