"""Values nobody can use, and values that only look so: F39 to F61 of the list of faults."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from benchmarks.many_ties import data_folder as many_ties
from tests import chain
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.quantity import exact
from vanort_analysis.pages.quality import quality_facts

from .conftest import Trial, rows_of

ROWS = range(2, 8)  # of membership: alfa twice, beta, gamma, delta twice
UNKNOWN = ("Uppgift saknas", "-", "–", "okänd", "?", "")


def members(trial: Trial, *written: str) -> None:
    for row, cell in zip(ROWS, written, strict=False):
        trial.put("membership", row, members=cell)


def test_F39_an_unknown_is_never_zero_and_makes_a_sum_at_least(trial: Trial) -> None:
    members(trial, *UNKNOWN)
    read = trial.read().tables["membership"]["members"]
    assert [of.text for of in read] == list(UNKNOWN)
    assert {(of.doubt, of.reason) for of in read} == {("unknown", "missing")}
    whole = sum(read, exact(5))
    assert (whole.doubt, whole.value) == ("at_least", 5)


def test_F40_doubt_is_how_people_know_things_and_is_kept_without_a_warning(trial: Trial) -> None:
    written = ("ca 110", "runt 110", "ungefär 210", ">100", "mer än 20", "20–30")
    members(trial, *written)
    data = trial.read()
    read = data.tables["membership"]["members"]
    assert [of.text for of in read] == list(written)
    assert [of.doubt for of in read] == [*["about"] * 3, *["at_least"] * 2, "between"]
    assert [note for note in data.notes if note.row in ROWS] == []
    years = chain.year(), chain.year(membership="beta,2010,ca 190,club")
    loose = [quality_facts(year)["quality_rounded"].value for year in years]
    assert loose[1] == loose[0] + 1


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f", "\u2009"])
def test_F41_a_blank_between_thousands_is_read_and_told(blank: str, trial: Trial) -> None:
    members(trial, f"1{blank}100")
    data = trial.read()
    assert data.tables["membership"].at[2, "members"].value == 1100
    mended = [note for note in data.notes if note.level == "repaired"]
    assert len(mended) == (blank != " ")


def test_F42_a_point_or_comma_that_may_be_either_is_refused(trial: Trial) -> None:
    members(trial, "1.234,5", "1,234.5", "1.234", "1,234")
    assert trial.errors() == {("D015", "membership", row, "members") for row in (2, 3, 4, 5)}


def test_F43_a_count_is_whole(trial: Trial) -> None:
    members(trial, "3,5")
    assert trial.errors() == {("D017", "membership", 2, "members")}


def test_F44_an_amount_has_its_currency_and_is_never_added_to_another(trial: Trial) -> None:
    written = ("16 800 DKK", "15 000 kr", "35 tkr", "€500")
    for cell in written:
        trial.add("support", town="alfa", amount=cell, locator=cell)
    read = trial.read().tables["support"]["amount"][-4:]
    assert [(of.value, of.unit) for of in read] == [
        *((16800, "DKK"), (15000, "SEK"), (35000, "SEK"), (500, "EUR"))
    ]
    with pytest.raises(TypeError):
        sum(read)


def test_F44_a_grant_in_another_currency_is_asked_about(trial: Trial) -> None:
    row = trial.add("recommendations", recommendation="grant", amount="5000 DKK", decided="Ja")
    (fault,) = trial.told("D090")
    assert (fault.file, fault.row, fault.level) == ("recommendations.csv", row, "warning")
    assert (fault.details["found"], fault.details["near"]) == ("DKK", "SEK")


def test_F44_a_currency_of_another_country_is_asked_about(trial: Trial) -> None:
    asked = {
        ("beta", "5000 kr"): "D054",  # Danish
        ("gamma", "5 tkr"): "D054",  # Norwegian
        ("isle", "5000 kronor"): "D054",  # Icelandic
        ("beta", "5000 NOK"): "D090",
        ("alfa", "5000 DKK"): "D090",
        ("alfa", "5000 kr"): "",  # the home town's own crowns
        ("beta", "5000 DKK"): "",
    }
    rows = {
        trial.add("support", town=town, year=str(at), amount=amount, locator=amount): code
        for at, ((town, amount), code) in enumerate(asked.items(), 2005)
    }
    found = {note.row: note.code for note in trial.read().notes if note.file == "support.csv"}
    assert {row: found.get(row, "") for row in rows} == rows


def test_F44_crowns_of_a_minority_are_whose(trial: Trial) -> None:
    """A Danish one in Germany, invented: "kr" was read as the home town's."""
    of = {"country": "DE", "area": "DE", "lat": "54.78", "lon": "9.43"}
    trial.add("towns", town="minor", name="Minor", kind="minority", **of)
    trial.add("chain", town="minor", event="admitted", year="2000")
    row = trial.add("support", town="minor", year="2012", amount="35 000 kr", locator="one")
    trial.add("support", town="minor", year="2013", amount="35 000 DKK", locator="two")
    assert [(fault.row, fault.value) for fault in trial.told("D054")] == [(row, "35 000 kr")]


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        ("recommendations", {"recommendation": "grant", "amount": "3 000 kr"}),
        ("support", {"town": "omega", "year": "2014", "amount": "3 tkr"}),
        ("support", {"town": "beta", "year": "2013", "amount": "3 000 kr"}),
        ("figures", {"measure": "cost", "about": "omega", "year": "2014", "value": "3 mkr"}),
        ("checks", {"check": "cheap", "about": "proposal", "value": "3 000 kronor"}),
    ],
)
def test_F44_kr_is_no_euro(table: str, cells: dict[str, str], trial: Trial) -> None:
    """An invented home in Finland, which has no crowns."""
    path = trial.data / "raw" / "municipality.toml"
    path.write_text(path.read_text("utf-8").replace('"alfa"', '"omega"'), "utf-8")
    trial.put("recommendations", 3, amount="5 000 EUR")
    row = trial.add(table, **cells)
    column = "amount" if "amount" in cells else "value"
    assert trial.errors() == {("D054", table, row, column)}
    assert {fault.details["near"] for fault in trial.told("D054")} == {"EUR"}


@pytest.mark.parametrize(
    ("year", "amount", "code", "why"),
    [
        ("2010", "7 EUR", "D097", {"found": "EUR/SEK"}),
        ("2013", "7 EUR", "", {}),
        ("", "7 EUR", "D097", {"undated": "–"}),
        ("2010–2012", "7 EUR", "D097", {"undated": "2010–2012"}),
        ("2012", "7 SEK", "D090", {"found": "SEK"}),
        ("2011", "inget bidrag", "", {}),
    ],
)
def test_F44_an_amount_without_a_rate_is_told_as_it_is_in_no_chart(
    year: str, amount: str, code: str, why: dict[str, str], trial: Trial
) -> None:
    of = {"measure": "exchange_rate", "source": "stats"}
    trial.add("figures", **of, about="SEK/EUR", year="2013", value="0,1")  # the other way round
    row = trial.add("support", town="delta", year=year, amount=amount)
    told = [note for note in trial.read().notes if (note.file, note.row) == ("support.csv", row)]
    assert [(note.code, why.items() <= note.details.items()) for note in told] == (
        [(code, True)] if code else []
    )


def test_F44_an_older_amount_that_nobody_draws_is_not_told(trial: Trial) -> None:
    trial.add("support", town="delta", year="2009", amount="7 EUR")
    trial.add("support", town="delta", year="2011", amount="inget bidrag")
    assert not trial.told("D097")


def test_a_rate_the_other_way_round_is_turned() -> None:
    paid = "delta,2013,7 EUR,grant,report"
    rate = "exchange_rate,SEK/EUR,2013,0.125,stats\nexchange_rate,SEK/DKK,2014,0.5,stats"
    row = chain.year(support=paid, figures=rate).support.set_index("town").loc["delta"]
    assert (row["local"].value, row["local"].unit, row["rate"].value) == (56, "SEK", 8)
    assert row["local"].refs == ("support:5", "figures:5")
    beta = chain.year(figures=rate).support.set_index("town").loc["beta"]
    assert beta["rate"].value == 1.2  # a stated rate comes first


def test_a_rate_is_of_two_currencies_and_has_no_unit(trial: Trial) -> None:
    of = {"measure": "exchange_rate", "year": "2013", "value": "1,2"}
    near = {"DKK-SEK": "DKK/SEK", "nok/sek": "NOK/SEK", "DKR/SEK": "", "kronor": "", "": ""}
    near["SEK per DKK"] = near["DKK i SEK"] = ""  # which of them is first is not to be guessed
    rows = [trial.add("figures", **of, about=about) for about in near]
    assert {fault.row: fault.details["near"] for fault in trial.told("D100")} == dict(
        zip(rows, near.values(), strict=True)
    )
    wrong = {("D100", "figures", row, "about") for row in rows}
    for value, code in {"1,2 %": "D042", "1,2 SEK": "D042", "0": "D021"}.items():
        year = str(2000 + len(wrong))
        row = trial.add("figures", **of | {"value": value, "year": year}, about="NOK/SEK")
        wrong.add((code, "figures", row, "value"))
    assert trial.errors() == wrong


def test_F48_a_rate_leaps_too(trial: Trial) -> None:
    of = {"about": "DKK/SEK", "source": "stats"}
    row = trial.add("figures", **of, measure="exchange_rate", year="2013", value="122.06")
    for year, value in (("2013", "5"), ("2014", "500")):
        trial.add("figures", **of, measure="net_migration_rate", year=year, value=value)
    assert (trial.warning("D067").row, trial.warning("D067").details["near"]) == (2, "122.06")
    trial.put("figures", row, year="2015")
    assert trial.warning("D067").row == row


def test_inhabitants_are_those_of_a_town_if_its_name_is_near(trial: Trial) -> None:
    of = {"measure": "population", "year": "2012", "value": "9 900"}
    row = trial.add("figures", **of, about="Gama")
    for other in ("the_whole_archipelago", "gamma_stad", "isle_one_b"):  # need not be a town
        trial.add("figures", **of, about=other)
    assert trial.errors() == {("D026", "figures", row, "about")}
    assert trial.told("D026")[0].details["near"] == "gamma"


def test_F45_F46_less_than_nothing_is_refused_however_it_is_written(trial: Trial) -> None:
    members(trial, "\u22125", "(5)", "-5")
    trial.put("support", 2, amount="-5 000 DKK")
    expected = {("D018", "membership", row, "members") for row in (2, 3, 4)}
    assert trial.errors() == expected | {("D018", "support", 2, "amount")}


def test_F45_a_survey_or_a_figure_is_below_nothing_only_if_it_is_a_change(trial: Trial) -> None:
    wrong = {("survey", "value", trial.add("survey", wave="2012", measure="answered", value="-5"))}
    trial.add("survey", wave="2012", measure="change_since_previous", value="-5")
    row = trial.add("figures", measure="twinnings", about="europe", year="2012", value="\u22125")
    wrong.add(("figures", "value", row))
    trial.add("figures", measure="population_change", about="beta", year="2012", value="-5")
    trial.put("checks", 3, value="-30")
    wrong.add(("checks", "value", 3))
    rate = trial.add(
        "figures", measure="exchange_rate", about="DKK/SEK", year="2011", value="(1.2)"
    )
    wrong.add(("figures", "value", rate))
    expected = {("D018", table, row, column) for table, column, row in wrong}
    assert trial.errors() == expected


def test_inhabitants_are_no_money(trial: Trial) -> None:
    """A number without a unit that gets one is a column that has slipped."""
    row = trial.add("figures", measure="population", about="beta", year="2011", value="9 900 tkr")
    assert trial.errors() == {("D042", "figures", row, "value")}


def test_F47_no_members_is_asked_about_but_not_where_words_say_so(trial: Trial) -> None:
    members(trial, "0", "inga medlemmar", "+0", "ca 0")
    assert [fault.row for fault in trial.told("D051")] == [2, 4, 5]


def test_F47_a_zero_is_asked_about_where_it_may_stand_for_an_unknown_sum(trial: Trial) -> None:
    of = {"town": "beta", "year": "2012"}
    asked = [trial.add("support", **of, amount=zero, locator=zero) for zero in ("0", "0 kr")]
    trial.add("support", **of, amount="inget bidrag", locator="told")
    assert [(fault.file, fault.row) for fault in trial.told("D051")] == [
        ("support.csv", row) for row in asked
    ]


def test_F47_a_number_that_no_source_can_mean_is_refused(trial: Trial) -> None:
    """It passed the check and stopped the notebook that was to write it out."""
    members(trial, "9" * 25, "1000000000000 mkr")
    assert trial.errors() == {("D014", "membership", row, "members") for row in (2, 3)}


def test_F60_a_day_among_figures_says_that_it_is_one(trial: Trial) -> None:
    """A cell that still has the format of a date turned 290 into 16 October 1900."""
    of = {"measure": "municipalities", "about": "sweden", "year": "2011"}
    row = trial.add("figures", **of, value="1900-10-16")
    trial.add("figures", measure="founded", about="beta", value="1938-06-27", definition="date")
    assert trial.errors() == {("D039", "figures", row, "value")}


@pytest.mark.parametrize(
    ("before", "now"), [("230", "2 300"), ("2 300", "230"), ("225", "ca 2000")]
)
def test_F48_a_leap_is_asked_about_with_the_value_before(
    before: str, now: str, trial: Trial
) -> None:
    """Not only a tenfold one: an association grows or shrinks between slip and slip."""
    trial.add("membership", town="gamma", year="2002", members=before)
    row = trial.add("membership", town="gamma", year="2003", members=now)
    note = trial.warning("D067")
    assert (note.row, note.details["near"]) == (row, before)


def test_F48_the_way_back_from_a_slip_is_not_another(trial: Trial) -> None:
    for year, of in (("2001", "210"), ("2002", "2100"), ("2003", "215")):
        trial.add("membership", town="beta", year=year, members=of)
    assert trial.warning("D067").value == "2100"


def test_F49_a_word_is_no_number_and_a_lookalike_is_pointed_out(trial: Trial) -> None:
    members(trial, "sjuttio", "l00", "1O0")
    found = {fault.row: fault for fault in trial.faults()}
    assert [found[row].code for row in (2, 3, 4)] == ["D014", "D016", "D016"]
    assert [found[row].details["near"] for row in (3, 4)] == ["100", "100"]


def test_F50_what_a_library_takes_for_missing_is_text(trial: Trial) -> None:
    names = ("None", "Null", "Nan", "NA")
    for row, name in enumerate(names, 2):
        trial.put("towns", row, name=name)
    trial.add("towns", town="omaruru", name="Omaruru", area="Namibia", country="NA", kind="town",
              lat="-21.4", lon="15.9")  # fmt: skip
    towns = trial.read().tables["towns"]
    assert towns["name"][:4].to_list() == list(names)
    assert towns["country"].iloc[-1] == "NA"


def test_F51_norway_is_no_truth(trial: Trial) -> None:
    assert trial.read().tables["towns"].at[4, "country"] == "NO"


def test_F52_text_is_never_made_a_number(trial: Trial) -> None:
    trial.put("membership", 2, locator="0010", note="1e3")
    trial.put("sources", 11, source="1e3")
    trial.put("meetings", 9, source="1e3")
    tables = trial.read().tables
    assert tables["membership"].loc[2, ["locator", "note"]].to_list() == ["0010", "1e3"]
    assert tables["meetings"].at[9, "source"] == tables["sources"].at[11, "source"] == "1e3"


def test_F53_a_year_is_a_year_or_an_interval(trial: Trial) -> None:
    near = {"13": "", "2013.0": "2013", "nov 1946": "1946", "41640": "", "0000": ""}
    near |= {"2018–2014": "", "före 1950": "", "ca 1947": "", "1946–48": "", "1947?": "1947"}
    near |= {"mitten av 1940-talet": "", "2014-09-19": "2014", "19 sept. 2014": "2014"}
    for written in near:
        trial.add("membership", town="beta", year=written, members="210")
    assert {fault.value: fault.details["near"] for fault in trial.told("D019")} == near


def test_F53_a_decade_is_ten_years(trial: Trial) -> None:
    trial.add("chain", town="gamma", event="contact", year="1940-talet")
    year = trial.read().tables["chain"]["year"].iloc[-1]
    assert (year.low, year.high) == (1940, 1949)


def test_F54_a_year_is_not_later_than_who_tells_of_it(trial: Trial) -> None:
    trial.put("membership", 4, year="2090")
    trial.put("chain", 5, year="2016")
    trial.put("survey", 2, wave="2016")
    assert trial.errors() == {
        ("D029", "membership", 4, "year"),
        ("D029", "chain", 5, "year"),
        ("D029", "survey", 2, "wave"),
    }


def test_F54_an_entry_before_the_first_twin_towns_is_asked_about(trial: Trial) -> None:
    trial.put("chain", 6, year="1938")
    trial.put("membership", 7, year="1938")
    assert trial.warning("D052").row == 6


def test_F54_what_was_held_agreed_or_paid_before_the_first_twin_towns_is_asked_about(
    trial: Trial,
) -> None:
    of = {"town": "beta", "kind": "conference"}
    asked = {
        ("meetings", trial.add("meetings", year="1913", status="held", **of)),
        ("support", trial.add("support", town="alfa", year="1914", amount="5 kr")),
        ("agreements", trial.add("agreements", town="gamma", level="municipal", status="ended",
                                 from_year="1914")),
    }  # fmt: skip
    trial.add("meetings", year="1912", status="cancelled", **of)
    trial.add("membership", town="gamma", year="1920", members="20")  # the associations are older
    assert {(fault.file.split(".")[0], fault.row) for fault in trial.told("D052")} == asked
    assert trial.errors() == set()


def test_a_day_needs_its_year(trial: Trial) -> None:
    """Else a meeting of 2033 stood in the report of 2014."""
    trial.put("meetings", 6, year="", date_from="2033-06-28")
    trial.put("activities", 2, year="", date="2013-06")
    assert trial.errors() == {("D024", "meetings", 6, "year"), ("D024", "activities", 2, "year")}
    assert [fault.details["found"] for fault in trial.told("D024")] == ["2013", "2033"]


def test_F54_a_plan_may_lie_after_its_source(trial: Trial) -> None:
    of = {"text_sv": "En resa.", "year": "2015"}
    trial.add("activities", status="planned", **of)
    row = trial.add("activities", status="done", locator="b", **of)
    assert trial.errors() == {("D029", "activities", row, "year")}


def test_F54_a_source_is_known_in_the_year_it_was_published(trial: Trial) -> None:
    published = {"2014": "", "2014-05": "", "2013-12": "D094", "2015-01-02": "D094"}
    for written, code in published.items():
        trial.put("sources", 2, published=written)
        assert trial.errors() == ({(code, "sources", 2, "known_since")} if code else set())
    for dating in ("inferred", "read"):  # it may be known later, but not before it was published
        trial.put("sources", 2, dating=dating)
        assert trial.errors() == {("D094", "sources", 2, "known_since")}
    trial.put("sources", 2, published="2013-12")
    assert trial.errors() == set()


def test_F54_what_lies_after_the_report_year_is_not_used() -> None:
    used = chain.year(2013, membership="beta,2014,210,table").known.used["membership"]
    assert [of.low for of in used["year"] if of.low > 2013] == []


def test_F55_nobody_leaves_before_coming(trial: Trial) -> None:
    trial.put("chain", 9, year="1940–1945")  # omega, admitted 1956
    assert trial.errors() == {("D027", "chain", 9, "year")}


@pytest.mark.parametrize("event", ["admitted", "contact"])
def test_F55_who_comes_back_comes_under_a_new_name(event: str, trial: Trial) -> None:
    row = trial.add("chain", town="omega", event=event, year="1975", source="table")
    (fault,) = trial.told("D027")  # omega left 1965
    assert (fault.row, fault.column, fault.details["near"]) == (row, "year", "1965")
    assert fault.level == "warning"  # a weaker source may only have another year


def test_F56_a_date_is_iso_or_refused(trial: Trial) -> None:
    wrong = ("03/04/2013", "31.9.2013", "2013-99-99", "2013-W26-5", "nov-13", "2013-6")
    dates = dict.fromkeys(wrong, "D020") | {"2013-06-28": ""}
    of = {"town": "delta", "kind": "conference", "status": "held", "year": "2013"}
    trial.refuses("meetings", "date_from", dates | {"2013": "D020"}, **of)
    of = {"text_sv": "En resa.", "status": "done", "year": "2013"}
    trial.refuses("activities", "date", dates | {"2013": "", "2013-06": ""}, **of)


def test_F57_a_decimal_comma_is_read(trial: Trial) -> None:
    trial.put("towns", 2, lat="58,5", lon="12,25")
    data = trial.read()
    assert data.tables["towns"].loc[2, ["lat", "lon"]].to_list() == [58.5, 12.25]
    read = data.changes.query("file == 'towns.csv'")[["column", "raw", "read", "why"]].itertuples(
        index=False, name=None
    )
    comma = "decimal comma"
    assert list(read) == [("lat", "58,5", "58.5", comma), ("lon", "12,25", "12.25", comma)]


def test_F57_a_point_lies_in_its_country(trial: Trial) -> None:
    """Also where no other place is near: the boxes of countries tell, not the neighbours."""
    points = {
        ("12", "58"): "D064",
        ("0", "0"): "D063",
        ("", "12"): "D063",
        ("58", ""): "D063",
        ("58", "-12"): "D089",  # a sign too many: outside the country
        ("58°22′", "12"): "D021",
        ("nan", "12"): "D021",
        ("５８", "12"): "D021",
        ("1_0", "12"): "D021",
        ("158", "12"): "D021",
        ("58.1", "12.1"): "",
    }
    rows = {}
    for at, ((lat, lon), code) in enumerate(points.items()):
        of = {"town": f"t{at}", "name": f"{at}", "area": "Sverige", "country": "SE", "kind": "town"}
        rows[trial.add("towns", **of, lat=lat, lon=lon)] = code
    wrong = [fault for fault in trial.faults() if fault.file == "towns.csv"]
    wrong = [fault for fault in wrong if fault.code != "D092"]  # nor can wide digits be printed
    found = {row: of.code for of in wrong for row in rows_of(of)}
    assert {row: found.get(row, "") for row in rows} == rows


def test_F57_a_point_that_is_swapped_only_beside_its_neighbours_is_believed(
    tmp_path: Path, trial: Trial
) -> None:
    """Kartung in Gambia and Mysore in India lie so that, swapped, they would be near the others."""
    notes = read_dataset(many_ties(tmp_path / "ties")).notes
    assert [note for note in notes if note.level == "error"] == []
    real = {"kartung": ("GM", "13.1", "-16.767"), "mysore": ("IN", "12.303", "76.643")}
    for town, (country, lat, lon) in real.items():
        of = {"town": town, "name": town, "area": country, "kind": "town"}
        trial.add("towns", **of, country=country, lat=lat, lon=lon)
    assert not {"D064", "D089"} & {note.code for note in trial.read().notes}


def test_F58_a_share_is_a_part_of_all_in_per_cent(trial: Trial) -> None:
    shares = [
        ("activity_share", "-5 %", "D044"),
        ("activity_share", "154 %", "D044"),
        ("activity_share", "95–105 %", "D044"),
        ("activity_share", "minst 101 %", "D044"),
        ("activity_share", "0.54", "D045"),
        ("activity", "0.55", "D045"),  # other rows of it are in per cent
        ("activity_share", "54 %", ""),
        ("activity_share", "minst 54 %", ""),
        ("activity_share", "Uppgift saknas", ""),
        ("activity_share", "ingen", ""),
        ("change_since_previous", "-5 %", ""),
    ]
    expected = {}
    for at, (measure, written, code) in enumerate(shares):
        of = {"measure": measure, "value": written, "group": "a", "wave": str(2000 + at)}
        expected[trial.add("survey", **of)] = code
    trial.add("survey", wave="2011", measure="activity", group="b", value="10 %")
    found = {fault.row: fault.code for fault in trial.faults() if fault.level == "error"}
    assert {row: found.get(row, "") for row in expected} == expected


def test_F58_a_share_among_figures_is_in_per_cent_too(trial: Trial) -> None:
    codes = {"0,62": "D045", "62": "D045", "62 %": "", "ca 62 %": "", "ingen": ""}
    trial.refuses("figures", "value", codes, measure="plan_share", about="sweden")


@pytest.mark.parametrize(
    ("shares", "wrong"), [(("60 %", "50 %"), True), (("34 %", "34 %", "33 %"), False)]
)
def test_F58_shares_are_not_more_than_the_whole_but_for_rounding(
    shares: tuple[str, ...], wrong: bool, trial: Trial
) -> None:
    for group, share in enumerate(shares):
        trial.add("survey", wave="2011", measure="share", group=f"g{group}", value=share)
    assert bool(trial.told("D033")) == wrong


def test_F59_what_cannot_be_seen_makes_no_other_key(trial: Trial) -> None:
    signs = (" ", "\u00ad", "\u200b", "\u200d", "\u2060", "\u200e", "\ufeff")
    rows = [
        trial.add("membership", town=f"{sign}beta{sign}", year=str(2000 + at), members="210")
        for at, sign in enumerate(signs)
    ]
    data = trial.read()
    assert set(data.tables["membership"].loc[rows, "town"]) == {"beta"}
    mended = [note for note in data.notes if note.level == "repaired"]
    assert {row for note in mended for row in rows_of(note)} == set(rows)
    changes = data.changes.set_index("row")
    assert changes.loc[rows, "raw"].to_list() == [f"{sign}beta{sign}" for sign in signs]
    assert set(changes.loc[rows, "read"]) == {"beta"}
    assert set(changes.loc[rows, "why"]) == {"blanks, invisible signs or form of letters"}


def test_F60_letters_in_two_pieces_are_the_same_letters(trial: Trial) -> None:
    trial.put("towns", 2, name=unicodedata.normalize("NFD", "Vänersborg"))
    data = trial.read()
    assert data.tables["towns"].at[2, "name"] == "Vänersborg"
    assert [note.level for note in data.notes if note.code == "M007"] == ["repaired"]


def test_F61_a_very_long_text_is_refused(trial: Trial) -> None:
    trial.put("towns", 2, note="lång " * 20_000)
    assert trial.errors() == {("D036", "towns", 2, "note")}
