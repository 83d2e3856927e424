"""F78: a broken or wrong-typed `municipality.toml`: exit code 2, and the line."""

from pathlib import Path

import pytest

from vanort_analysis.data import files
from vanort_analysis.data.clean import read_dataset

from .folder import only, place, put, refused

TOML = """[municipality]
home = "alfa"
[report]
year = 2014
made = [2014]
"""


@pytest.mark.parametrize(
    ("content", "row", "line"),
    [
        (TOML.replace('"alfa"', "alfa"), 2, "home = alfa"),
        (TOML + "year = = 3\n", 6, "year = = 3"),
        (TOML + "made = [2015]\n", 6, "made = [2015]"),  # a second time
        (TOML + 'x = "no end', 6, 'x = "no end'),
        (TOML + "x = " + "[" * 10_000, 6, "x = [[["),
        (TOML.replace("[2014]", "'[2014]"), 5, "made = '[2014]"),
    ],
)
def test_F78_what_cannot_be_read_names_its_line(
    data: Path, content: str, row: int, line: str
) -> None:
    put(data, "municipality.toml", content)
    fault = only(data, 2)
    assert place(fault) == ("C012", "municipality.toml", row, "")
    assert fault.value.startswith(line)


def test_F78_letters_that_are_broken_name_their_line(data: Path) -> None:
    put(data, "municipality.toml", TOML.replace("[report]", 'name = "\ufffd"\n[report]'))
    assert place(only(data, 2)) == ("D012", "municipality.toml", 3, "")


WRONG = {
    "a year in words": ("year = 2014", 'year = "2014"', 4, "report.year"),
    "a year before years": ("year = 2014", "year = -1", 4, "report.year"),
    "a year beyond years": ("year = 2014", "year = 99999", 4, "report.year"),
    "a flag as a year": ("year = 2014", "year = true", 4, "report.year"),
    "no list": ("made = [2014]", "made = 2014", 5, "report.made"),
    "a list of words": ("made = [2014]", 'made = ["2014"]', 5, "report.made"),
    "a list with no year": ("made = [2014]", "made = [2014, 0]", 5, "report.made"),
    "a language as a list": ("year = 2014", 'language = ["sv"]', 4, "report.language"),
    "a home town as a table": ('home = "alfa"', 'home = { sv = "alfa" }', 2, "municipality.home"),
    "a name as a list": ("[report]", 'name = ["Alfa"]\n[report]', 3, "municipality.name"),
    "a name as a number": ("[report]", "name = 5\n[report]", 3, "municipality.name"),
    "an empty name": ("[report]", 'name = " "\n[report]', 3, "municipality.name"),
    "a name with no text": ("[report]", 'name = { sv = "" }\n[report]', 3, "municipality.name"),
    "a name in no language": ("[report]", "name = {}\n[report]", 3, "municipality.name"),
    "a name turned around": ("[report]", 'name = "Al\\u202efa"\n[report]', 3, "municipality.name"),
    "a name that rings": ("[report]", 'name = "Al\\u0007fa"\n[report]', 3, "municipality.name"),
    "a table in a name": (
        "[report]",
        'name = { sv = { en = "x" } }\n[report]',
        *(3, "municipality.name"),
    ),
    "an endless name": (
        "[report]",
        f'name = "{"x" * 1_000_000}"\n[report]',
        3,
        "municipality.name",
    ),
    "contact as a number": ("[report]", "[contact]\nphone = 5\n[report]", 4, "contact.phone"),
    "the office as a list": ("[report]", '[memo]\noffice = ["x"]\n[report]', 4, "memo.office"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_F78_settings_of_a_wrong_kind(data: Path, kind: str) -> None:
    old, new, row, column = WRONG[kind]
    put(data, "municipality.toml", TOML.replace(old, new, 1))
    assert place(only(data, 2)) == ("C013", "municipality.toml", row, column)


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ('municipality = "x"', "municipality"),
        ('memo = "x"\n' + TOML, "memo"),
        ("", "municipality.home"),
        ("[municipality]\n", "municipality.home"),
    ],
)
def test_F78_sections_that_are_none_and_no_home(data: Path, content: str, column: str) -> None:
    put(data, "municipality.toml", content)
    assert ("C013", column) in [(fault.code, fault.column) for fault in refused(data, 2)]


@pytest.mark.parametrize(
    ("more", "row", "column", "near"),
    [
        ("grand_sek = 5", 6, "report.grand_sek", ""),
        ("yaer = 2014", 6, "report.yaer", "year"),
        ("[reprot]\nx = 1", 6, "reprot", "report"),
        ("[memo]\noficer = 1", 7, "memo.oficer", "officer"),
        ('[parameters]\nx = "x"', 6, "parameters", ""),
    ],
)
def test_F78_settings_that_nobody_reads(
    data: Path, more: str, row: int, column: str, near: str
) -> None:
    put(data, "municipality.toml", TOML + more)
    fault = only(data, 2)
    assert place(fault) == ("C016", "municipality.toml", row, column)
    assert fault.details["near"] == near


def test_F78_the_mark_of_utf_8_is_nothing_to_tell_of(data: Path) -> None:
    put(data, "municipality.toml", "\ufeff" + TOML)
    assert [note.code for note in read_dataset(data).notes if note.code == "D092"] == []


def test_F78_a_text_is_no_list_of_texts(data: Path) -> None:
    put(data, "municipality.toml", TOML + '[memo]\ncopies_to = "Kommunstyrelsen"\n')
    assert [fault.column for fault in refused(data, 2)] == ["memo.copies_to"]


def test_F78_parameters_before_the_sections(data: Path) -> None:
    put(data, "municipality.toml", 'parameters = "x"\n' + TOML)
    assert place(only(data, 2)) == ("C016", "municipality.toml", 1, "parameters")


def test_F78_every_setting_is_told_at_once(data: Path) -> None:
    put(data, "municipality.toml", TOML.replace("2014", '"x"').replace("home", "hme"))
    assert [fault.column for fault in refused(data, 2)] == [
        *("municipality.hme", "report.year", "report.made"),
    ]


def test_F78_saved_in_another_encoding(data: Path) -> None:
    put(data, "municipality.toml", (TOML + '[memo]\nto = "Nämnden"').encode("cp1252"))
    assert place(only(data, 2)) == ("T010", "municipality.toml", None, "")


def test_F78_what_is_right_is_read(data: Path) -> None:
    """A name may be left out: it is then the name in towns.csv. It may be one text, or one for
    each language."""
    right = 'name = "Alfa by"\ngenitive = { sv = "Alfas", en = "Alfa’s" }\n'
    memo = '[memo]\noffice = ""\ncopies_to = ["A", { sv = "B", en = "C" }]\n'
    put(data, "municipality.toml", "\ufeff" + TOML.replace("[report]", right + "[report]") + memo)
    read = files.read_municipality(data)
    assert read.names == {"name": "Alfa by", "genitive": {"sv": "Alfas", "en": "Alfa’s"}}
    assert (read.year, read.made, read.memo["office"]) == (2014, (2014,), "")
