"""Bad input ends in a clear fault: file, row, column, value and cure; nothing is written."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vanort_analysis.data.clean import prepare
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text, languages

Spoil = Callable[[Path], None]


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def cell(table: str, row: int, column: str, value: str) -> Spoil:
    """Put a value into a cell; `row` is the number a spreadsheet shows."""

    def spoil(raw: Path) -> None:
        path = raw / f"{table}.csv"
        rows = _rows(path)
        rows[row - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    return spoil


def text(table: str, change: Callable[[str], str], encoding: str = "utf-8") -> Spoil:
    """Change the text of a file."""

    def spoil(raw: Path) -> None:
        path = raw / f"{table}.csv"
        path.write_bytes(change(path.read_text("utf-8")).encode(encoding))

    return spoil


def again(table: str, row: int) -> Spoil:
    return text(table, lambda content: content + content.splitlines()[row - 1] + "\n")


WRONG: dict[str, tuple[Spoil, str, str, int | None, str]] = {
    "a word for a number": (
        cell("membership", 7, "members", "sjuttio"),
        "D014",
        "membership.csv",
        7,
        "members",
    ),
    "letters like digits": (
        cell("membership", 7, "members", "7O"),
        "D016",
        "membership.csv",
        7,
        "members",
    ),
    "an ambiguous number": (
        cell("membership", 7, "members", "1.234"),
        "D015",
        "membership.csv",
        7,
        "members",
    ),
    "half a member": (
        cell("membership", 7, "members", "3,5"),
        "D017",
        "membership.csv",
        7,
        "members",
    ),
    "fewer than none": (
        cell("membership", 7, "members", "-5"),
        "D018",
        "membership.csv",
        7,
        "members",
    ),
    "a date for a number": (
        cell("membership", 7, "members", "2025-01-01"),
        *("D039", "membership.csv", 7, "members"),
    ),
    "more with a twin town than answered": (
        cell("survey", 4, "value", "331"),
        *("D040", "survey.csv", 4, "value"),
    ),
    "a formula's error": (
        cell("membership", 7, "members", "#REF!"),
        "D014",
        "membership.csv",
        7,
        "members",
    ),
    "more members than inhabitants": (
        cell("membership", 9, "members", "1000000"),
        "D034",
        "membership.csv",
        9,
        "members",
    ),
    "no year": (cell("membership", 3, "year", "nov 1946"), "D019", "membership.csv", 3, "year"),
    "a year after its source": (
        cell("membership", 3, "year", "2090"),
        "D029",
        "membership.csv",
        3,
        "year",
    ),
    "an unknown town": (
        cell("membership", 3, "town", "hernig"),
        "D026",
        "membership.csv",
        3,
        "town",
    ),
    "an unknown source": (
        cell("membership", 3, "source", "report"),
        "D026",
        "membership.csv",
        3,
        "source",
    ),
    "an unknown event": (cell("chain", 4, "event", "joined"), "D023", "chain.csv", 4, "event"),
    "a missing name": (cell("towns", 3, "name", ""), "D024", "towns.csv", 3, "name"),
    "a date of another kind": (
        cell("meetings", 2, "date_from", "26/7/1951"),
        "D020",
        "meetings.csv",
        2,
        "date_from",
    ),
    "a day that is not": (
        cell("meetings", 2, "date_from", "1951-02-30"),
        "D020",
        "meetings.csv",
        2,
        "date_from",
    ),
    "a latitude off the globe": (cell("towns", 3, "lat", "156.1"), "D021", "towns.csv", 3, "lat"),
    "the same row twice": (again("membership", 3), "D025", "membership.csv", 16, "town"),
    "an alias of another town": (
        cell("towns", 3, "aliases", "Holmestrand"),
        "D031",
        "towns.csv",
        4,
        "name",
    ),
    "one field too many": (
        text("support", lambda t: t.replace("grant,", "grant,,", 1)),
        "D008",
        "support.csv",
        2,
        "",
    ),
    "an open quote": (
        text("support", lambda t: t.replace('"', "", 1)),
        "D009",
        "support.csv",
        2,
        "",
    ),
    "a column misspelled": (
        text("membership", lambda t: t.replace("members", "medlemmar", 1)),
        "D006",
        "membership.csv",
        1,
        "members",
    ),
    "a column twice": (
        text("membership", lambda t: t.replace("town,year", "town,town", 1)),
        "D007",
        "membership.csv",
        1,
        "town",
    ),
    "an empty file": (text("towns", lambda t: ""), "D002", "towns.csv", None, ""),
    "a header alone": (
        text("towns", lambda t: t.splitlines()[0] + "\n"),
        "D003",
        "towns.csv",
        None,
        "",
    ),
    "a page instead of a table": (
        text("towns", lambda t: "<html>" + t),
        "D005",
        "towns.csv",
        None,
        "",
    ),
    "letters gone wrong": (cell("towns", 2, "name", "VÃ¤nersborg"), "D011", "towns.csv", 2, "name"),
    "letters lost": (cell("towns", 2, "name", "V\ufffdnersborg"), "D012", "towns.csv", 2, "name"),
    "a control character": (cell("towns", 2, "name", "V\x00nersborg"), "D010", "towns.csv", 2, ""),
    "an unknown encoding": (
        text("towns", lambda t: t, "mac_roman_or_utf8"),
        "D004",
        "towns.csv",
        None,
        "",
    ),
    "left before it came": (cell("chain", 42, "year", "1940"), "D027", "chain.csv", None, "year"),
}


def spoil_mac(raw: Path) -> None:
    path = raw / "towns.csv"
    path.write_bytes("town,name\nx,Vänersborg å ö é\n".encode("mac_roman"))


def faults_of(data: Path) -> list[Fault]:
    try:
        return prepare(data).notes
    except UserError as error:
        return error.faults


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_names_its_place_and_its_cure(name: str, data_folder: Path) -> None:
    spoil, code, file, row, column = WRONG[name]
    if name == "an unknown encoding":
        spoil = spoil_mac
    if name == "left before it came":
        rows = _rows(data_folder / "raw" / "chain.csv")
        left = next(i for i, r in enumerate(rows, 1) if r[:2] == ["utajarvi", "left"])
        spoil = cell("chain", left, "year", "1940")
    spoil(data_folder / "raw")
    found = [f for f in faults_of(data_folder) if f.level == "error" and f.code == code]
    assert found, f"found {faults_of(data_folder)}"
    fault = found[0]
    assert (fault.file, fault.column) == (file, column)
    assert row is None or fault.row == row
    for language in languages():
        said = Text(language).fault(fault)
        assert file in said
        assert ("Gör så här" if language == "sv" else "What to do") in said


@pytest.mark.parametrize(
    ("name", "spoil", "code"),
    [
        ("a byte-order mark", text("towns", lambda t: "\ufeff" + t), "M001"),
        ("UTF-16", text("membership", lambda t: t, "utf-16"), "M002"),
        ("semicolons", text("membership", lambda t: t.replace(",", ";").replace('"', "")), "M004"),
        ("empty rows", text("membership", lambda t: t + ",,,,,\n\n"), "M006"),
        (
            "blanks around a word",
            text("membership", lambda t: t.replace("husby,", " husby ,")),
            "M007",
        ),
    ],
)
def test_what_loses_nothing_is_mended_and_told(
    name: str, spoil: Spoil, code: str, data_folder: Path
) -> None:
    before = prepare(data_folder).tables
    if name == "semicolons":
        path = data_folder / "raw" / "membership.csv"
        rows = _rows(path)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)
    else:
        spoil(data_folder / "raw")
    after = prepare(data_folder)
    assert code in [note.code for note in after.notes]
    for table, frame in before.items():
        assert frame.equals(after.tables[table])


def test_windows_1252_is_read_and_its_words_are_shown_to_check(data_folder: Path) -> None:
    text("activities", lambda t: t.replace("–", "-").replace("…", "..."), "cp1252")(
        data_folder / "raw"
    )
    notes = {note.code: note for note in prepare(data_folder).notes}
    assert "M003" in notes
    assert "ä" in notes["D053"].value or "å" in notes["D053"].value or "ö" in notes["D053"].value


def test_all_faults_are_told_at_once(data_folder: Path) -> None:
    for row, value in ((3, "sjuttio"), (5, "l00"), (8, "3,5")):
        cell("membership", row, "members", value)(data_folder / "raw")
    cell("towns", 3, "lat", "north")(data_folder / "raw")
    found = [f for f in faults_of(data_folder) if f.level == "error"]
    assert [(f.file, f.row) for f in found] == [
        *[("membership.csv", row) for row in (3, 5, 8)],
        ("towns.csv", 3),
    ]


@pytest.mark.parametrize("country", ["NA", "NO", "None"])
def test_a_country_code_stays_text(country: str, data_folder: Path) -> None:
    cell("towns", 3, "country", country)(data_folder / "raw")
    towns = prepare(data_folder).tables["towns"].set_index("town")
    assert towns.at["herning", "country"] == country


def test_a_total_unknown_is_never_zero(data_folder: Path) -> None:
    for row in range(2, 11):
        cell("membership", row, "members", "Uppgift saknas")(data_folder / "raw")
    members = prepare(data_folder).tables["membership"]
    assert members.loc[2:10, "members"].isna().all()


def test_a_table_saved_as_a_workbook_is_named(data_folder: Path) -> None:
    csv_file = data_folder / "raw" / "membership.csv"
    csv_file.rename(csv_file.with_suffix(".xlsx"))
    (fault,) = faults_of(data_folder)
    assert (fault.code, fault.details["near"]) == ("D041", "membership.xlsx")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vanort_analysis", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_check_says_what_is_wrong_and_writes_nothing(data_folder: Path) -> None:
    cell("membership", 7, "members", "sjuttio")(data_folder / "raw")
    before = {p: p.read_bytes() for p in data_folder.rglob("*") if p.is_file()}
    said = run("check", "--data", str(data_folder))
    assert said.returncode == 3
    for part in ("FEL D014", "membership.csv", "rad 7", "members", "sjuttio", "Gör så här"):
        assert part in said.stderr
    assert "Traceback" not in said.stderr
    assert {p: p.read_bytes() for p in data_folder.rglob("*") if p.is_file()} == before


def test_check_on_good_data_says_so() -> None:
    said = run("check")
    assert said.returncode == 0, said.stderr
    assert "Inga fel" in said.stdout
    assert said.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "near"),
    [
        (("report", "--yaer", "2014"), 2, "--year"),
        (("reprot",), 2, "report"),
        (("report", "--language", "de"), 2, "sv"),
        (("report", "--year", "1066"), 2, "2007"),
        (("report", "--year", "x"), 2, ""),
        (("check", "--data", "nowhere"), 2, "raw"),
    ],
)
def test_a_wrong_command_is_an_error_before_anything_runs(
    words: tuple[str, ...], code: int, near: str, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out")) if words[0] == "report" else ()
    said = run(*words, *out)
    assert said.returncode == code
    assert near in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_home_town_outside_the_chain_is_a_clear_fault(data_folder: Path) -> None:
    path = data_folder / "raw" / "chain.csv"
    rows = [row for row in _rows(path) if row[0] != "vanersborg"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    said = run("check", "--data", str(data_folder))
    assert said.returncode == 3
    assert "FEL C015  chain.csv" in said.stderr


def test_a_misspelled_placeholder_in_a_claim_is_named(data_folder: Path) -> None:
    text("claims", lambda t: t.replace("{chain_places_stated:chain}", "{chain_place:chain}"))(
        data_folder / "raw"
    )
    said = run("check", "--data", str(data_folder))
    assert said.returncode == 3
    assert "D032" in said.stderr
    assert "chain_places_stated:chain" in said.stderr


def test_a_line_separator_inside_a_cell_is_no_new_row(data_folder: Path) -> None:
    towns = data_folder / "raw" / "towns.csv"
    text = towns.read_text("utf-8")
    towns.write_text(text.replace("Herning,", "Her\u2028ning,", 1), encoding="utf-8")
    names = prepare(data_folder).tables["towns"]["name"]
    assert "Her ning" in set(names)
