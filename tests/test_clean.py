"""What a cell holds, or the code of what is wrong with it, and how near a message comes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from vanort_analysis.data.clean import (
    YEARS_AHEAD,
    check_free_text,
    clean_table,
    find_personal_data,
    read_dataset,
    unprintable_letters,
)
from vanort_analysis.data.schema import TABLES

from . import chain
from .faults.test_inputs_that_failed import NOBODY, PERSONS

GOOD = {  # a cell that may be there, for each column that must hold something
    **dict.fromkeys(("source", "title", "kind"), "report"),
    **dict.fromkeys(("town", "name", "area", "measure", "check", "recommendation"), "alfa"),
    **dict.fromkeys(("known_since", "wave"), "2014"),
    "rank": "1",
    "dating": "published",
    "reference": "false",
    "country": "SE",
    "event": "admitted",
    "status": "held",
    "level": "municipal",
    "about": "proposal",
}
OF_KIND = {("towns", "kind"): "town", ("meetings", "kind"): "conference"}
OF_KIND |= {("agreements", "status"): "active", ("activities", "status"): "done"}


def read(table: str, column: str, *cells: str) -> tuple[list[object], list[tuple[str, str]]]:
    """What cells of a column become, and the code of each fault with what may be meant."""
    columns = TABLES[table].columns
    row = {of: OF_KIND.get((table, of), GOOD.get(of, "")) * rule.required
           for of, rule in columns.items()}  # fmt: skip
    raw = pd.DataFrame([row | {column: cell} for cell in cells], range(2, len(cells) + 2))
    frame, faults = clean_table(table, raw, "SEK")
    assert {(of.file, of.column) for of in faults} <= {(f"{table}.csv", column)}
    assert [(of.row, of.value) for of in faults] == [
        (row, cells[row - 2]) for row in sorted(of.row or 0 for of in faults)
    ]
    assert frame["ref"].tolist() == [f"{table}:{row}" for row in raw.index]
    return frame[column].tolist(), [(of.code, of.details["near"]) for of in faults]


REFUSED = {
    ("towns", "name"): {"": "D024", "A\x1bb": "D010", "#N/A": "D060", "Err:502": "D060"},
    ("sources", "note"): {"2,62042E+06": "D047", "####": "D060"},
    ("towns", "geonameid"): {"0123": "D047", "2.62E05": "D047"},
    ("towns", "wikidata"): {"q1": "D047", "Q0": "D047"},
    ("towns", "town"): {"Alfa": "D022", "al fa": "D022", "-a": "D022", "": "D024"},
    ("towns", "lat"): {"91": "D021", "-90,5": "D021", "1e1": "D021", "58 N": "D021"},
    ("sources", "known_since"): {"": "D069", "1899": "D021", "2101": "D021", "2 014": "D013"},
    ("sources", "rank"): {"0": "D021", "6": "D021", "1_0": "D013", "ett": "D013", "٣": "D013"},
    ("sources", "published"): {"2014-13": "D020", "2014-W01-1": "D020", "20140101": "D020"}
    | dict.fromkeys(("2014-", "2014-0", "2014-05-", "2014-05-0"), "D020"),
    ("meetings", "date_from"): {"2014-02-30": "D020", "2014-01": "D020", "i maj": "D020"},
    ("survey", "measure"): {"2.62E+05": "D047", "2.62E05": "D022"},
    ("chain", "year"): {"omkring": "D019", "1,5": "D019"},
    ("membership", "members"): {"3,5": "D017", "-5": "D018", "7 %": "D042", "5 kr": "D042"}
    | {"52,5–60": "D017", "52–60,5": "D017"}
    | dict.fromkeys(("-0", "\u22120", "(0)"), "D018")
    | dict.fromkeys(("7 kommuner", "230 år", "5 ORTER"), "D042"),
    ("meetings", "participants"): {"7 orter": "D042", "12 responses": "D042"},
    ("support", "amount"): {"5000": "D043", "-5 kr": "D018", "5 %": "D042"},
    ("survey", "value"): {"2014-05-01": "D039", "1.234": "D015", "många": "D014"},
    ("checks", "value"): {"2014-05-01": "D039"},
}


@pytest.mark.parametrize(("table", "column"), REFUSED)
def test_a_cell_that_cannot_be_used_is_refused_by_its_code(table: str, column: str) -> None:
    codes = REFUSED[table, column]
    found = read(table, column, *codes)[1]
    assert [code for code, _ in found] == list(codes.values())


READ = {
    ("towns", "name"): ({"#1 Alfa": "#1 Alfa", "2E5": "2E5", "Ett E3": "Ett E3"}),
    ("towns", "geonameid"): ({"123": "123", "": ""}),
    ("towns", "lat"): ({"58.5": 58.5, "-58,25": -58.25, "90": 90, "-90": -90}),
    ("sources", "known_since"): ({"1900": 1900, "2100": 2100}),
    ("sources", "rank"): ({"1": 1, "5": 5}),
    ("sources", "reference"): ({"TRUE": True, "false": False}),
    ("sources", "published"): ({"2014": "2014", "2014-02": "2014-02", "2014-02-03": "2014-02-03"}),
    ("meetings", "date_from"): ({"2014-02-28": "2014-02-28", "": ""}),
}


@pytest.mark.parametrize(("table", "column"), READ)
def test_a_cell_is_read_as_its_column_has_it(table: str, column: str) -> None:
    cells = READ[table, column]
    assert read(table, column, *cells) == (list(cells.values()), [])


def test_a_number_knows_its_row_its_unit_and_how_it_was_written() -> None:
    (sum_, none, zero), faults = read("support", "amount", "5 000 kr", "", "inget bidrag")
    assert faults == []
    assert (sum_.value, sum_.unit, sum_.refs) == (5000, "SEK", ("support:2",))
    assert (none.is_known, none.refs, zero.value) == (False, ("support:3",), 0)
    assert read("membership", "members", "0", "20–30")[0][1].doubt == "between"
    assert read("figures", "value", "2014-05-01", "-5")[1] == []  # it may be a day, or a change
    assert read("survey", "value", "-5", "3,5", "7 %", "7 orter", "25 år")[1] == []
    assert read("meetings", "participants", "45 personer", "ca 50 deltagare", "7 st")[1] == []


def test_what_is_no_number_is_none_but_no_degrees_are_not_the_same_as_wrong_ones() -> None:
    assert read("membership", "members", "många")[0][0].refs == ("membership:2",)
    (empty, wrong), _ = read("towns", "lat", "", "norrut")
    assert math.isnan(empty)
    assert wrong == math.inf
    assert read("recommendations", "order", "två")[0] == [pd.NA]
    assert read("towns", "name", "A\x1bb")[0] == [""]


def test_a_message_says_what_may_be_meant() -> None:
    listed = ("D023", "contact, admitted, left, merged, renamed")
    assert read("chain", "event", "admited", "x")[1] == [listed, listed]
    # the nearest word may be the opposite
    assert read("agreements", "status", "inactive")[1] == [
        ("D023", "active, dormant, ended, none_found")
    ]
    assert read("sources", "rank", "7")[1] == [("D021", "1–5")]
    assert read("sources", "reference", "kanske")[1] == [("D023", "true, false")]
    assert read("towns", "name", "")[1] == [("D024", "")]


LENT = {  # a number lent to a visitor, of Sweden and Norway; the first and last day there is
    "2512781131": "D088",  # Iceland, without its mark
    **dict.fromkeys(("811278-9873", "551086 95071", "010174-3399", "310174-3399"), "D088"),
    **dict.fromkeys(("320193-3399", "931093-3399", "121374-3399", "120074-3399"), ""),
}


@pytest.mark.parametrize(("said", "code"), [*PERSONS.items(), *LENT.items()])
def test_what_tells_of_a_person_is_known_by_its_kind(said: str, code: str) -> None:
    assert find_personal_data(f"enligt {said}, styrelsen") == code
    assert find_personal_data(f"{'ord ' * 30}{said}{' ord' * 30}") == code
    assert find_personal_data(said) == code


def test_what_is_counted_measured_or_registered_is_nobody() -> None:
    assert {said: find_personal_data(said) for said in NOBODY} == dict.fromkeys(NOBODY, "")
    assert find_personal_data(" ".join(NOBODY)) == ""


def test_letters_that_are_on_no_typeface_are_told_each_once() -> None:
    assert unprintable_letters("Ørby Ωμέγα Žižkov Я № ½ – ”x” … €") == []
    assert unprintable_letters("北京北 å \u0378\ue000") == ["\u0378", "京", "北", "\ue000"]
    assert unprintable_letters("plain") == []
    macos = {"a.md": "Va\u0308nersborg"}  # two pieces of one letter
    assert check_free_text({}, macos) == []
    assert unprintable_letters("a\u0336b") == ["\u0336"]  # a mark over a letter


def test_cells_and_lines_that_tell_of_a_person_or_cannot_be_printed_are_told() -> None:
    cells = ["京 070-123 45 67", ""]
    raw = {"towns": pd.DataFrame(dict.fromkeys(("name", "remark", "kind"), cells), [2, 3])}
    texts = {"a.md": "x\n京 a.b@example.org\n", "municipality.toml": "a.b@example.org\n京"}
    found = [(of.code, of.file, of.row, of.column, of.value) for of in check_free_text(raw, texts)]
    assert found == [
        ("D086", "a.md", 2, "", ""),  # what is told of a person is not repeated
        ("D092", "a.md", 2, "", "京 a.b@example.org"),
        ("D092", "municipality.toml", 2, "", "京"),  # its contact is meant to be public
        ("D087", "towns.csv", 2, "name", ""),
        ("D092", "towns.csv", 2, "name", cells[0]),
        ("D087", "towns.csv", 2, "remark", ""),  # nobody reads it, and it is not printed
    ]
    odd = [of for of in check_free_text(raw, texts) if of.code == "D092"]
    assert {(of.level, of.details["found"]) for of in odd} == {("warning", "京")}


SUPPORT = [
    {"town": "alfa", "year": "2013", "amount": "5 tkr", "source": "report"},
    {"town": "alfa", "year": "2012", "amount": "6000 kr", "source": "report"},
]
DECIDED = [
    {"recommendation": "grant", "done": "Betalt", "note": "x", "source": "late"},
    {"recommendation": "grant", "decided": "Ja", "amount": "7 EUR", "source": "mended"},
]


def test_a_folder_says_what_it_has_read_otherwise_than_written(tmp_path: Path) -> None:
    data = chain.folder(tmp_path / "data")
    spent = {"measure": "spent", "about": "alfa", "year": "2013", "value": "9 kr"}
    more = {
        "support": SUPPORT,
        "recommendations": DECIDED,
        "figures": [spent | {"source": "report"}],
    }
    read = read_dataset(data, more)
    assert (read.folder, read.currency, read.municipality.home) == (data, "SEK", "alfa")
    assert [(of.code, of.level, of.column) for of in read.notes if of.code == "C017"] == [
        ("C017", "warning", "contact"),
    ]
    assert list(read.changes) == ["file", "row", "column", "raw", "read", "why"]
    kronor = read.changes[read.changes["why"] == "currency"]
    assert kronor.to_dict("split")["data"] == [
        ["support.csv", 5, "amount", "5 tkr", "5 tkr (SEK)", "currency"],
        ["support.csv", 6, "amount", "6000 kr", "6000 kr (SEK)", "currency"],
        ["figures.csv", 5, "value", "9 kr", "9 kr (SEK)", "currency"],
        ["recommendations.csv", 3, "amount", "5 000 kr", "5 000 kr (SEK)", "currency"],
    ]
    filled = read.changes[read.changes["why"] == "inherited"]
    assert {(row, of): cell for _, row, of, _, cell, _ in filled.itertuples(index=False)} == {
        **dict.fromkeys([(5, "order"), (6, "order")], "1"),
        **dict.fromkeys([(5, "text_sv"), (6, "text_sv")], "{association} får {grant}."),
        **dict.fromkeys([(5, "premises"), (6, "premises")], "meets|size"),
        (5, "decided"): "Ja",  # the row below is of a source that was public before
        (5, "amount"): "7 EUR",
    }


def test_there_is_a_report_from_what_is_first_known_of_the_home_town_to_years_after_the_last(
    tmp_path: Path,
) -> None:
    read = read_dataset(chain.folder(tmp_path / "data"))
    assert read.years == range(2010, 2021 + YEARS_AHEAD)  # statistics of 2026 are of no year
    sources = read.tables["sources"]
    only = replace(read, tables=read.tables | {"sources": sources.assign(reference=True)})
    assert only.years == range(2010, 2011 + YEARS_AHEAD)  # where there is nothing else
    late = sources.assign(known_since=sources["known_since"].where(sources["rank"] > 4, 2030))
    first = replace(read, tables=read.tables | {"sources": late})
    assert first.years == range(2030, 2031 + YEARS_AHEAD)
