"""Bad input ends in a clear fault: file, row, column, value and cure, all of them at once."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.errors import CommandError, Fault, UserError
from vanort_analysis.language import Text

from . import chain

Spoil = Callable[[Path], None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The invented chain in a folder that a test may spoil."""
    return chain.folder(tmp_path / "data")


def cell(table: str, row: int, column: str, value: str) -> Spoil:
    """Put a value into a cell; `row` is the number a spreadsheet shows."""

    def spoil(raw: Path) -> None:
        path = raw / f"{table}.csv"
        rows = list(csv.reader(path.read_text("utf-8").splitlines()))
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


def swapped(table: str, old: str, new: str) -> Spoil:
    return text(table, lambda content: content.replace(old, new, 1))


def again(table: str, row: int) -> Spoil:
    return text(table, lambda content: content + content.splitlines()[row - 1] + "\n")


def faults_of(data: Path) -> list[Fault]:
    try:
        return read_dataset(data).notes
    except UserError as error:
        return error.faults


WRONG: dict[str, tuple[Spoil, str, str, int | None, str]] = {
    "an unknown town": (cell("membership", 4, "town", "bata"), "D026", "membership", 4, "town"),
    "an unknown source": (cell("chain", 4, "source", "reprt"), "D026", "chain", 4, "source"),
    "an unknown premise": (
        cell("recommendations", 2, "premises", "meets|sise"),
        *("D026", "recommendations", 2, "premises"),
    ),
    "an unknown event": (cell("chain", 4, "event", "joined"), "D023", "chain", 4, "event"),
    "a missing name": (cell("towns", 3, "name", ""), "D024", "towns", 3, "name"),
    "no flag": (cell("sources", 3, "reference", ""), "D024", "sources", 3, "reference"),
    "a wrong flag": (cell("recommendations", 2, "own", "ja"), "D023", "recommendations", 2, "own"),
    "off the globe": (cell("towns", 3, "lat", "156.1"), "D021", "towns", 3, "lat"),
    "more than answered": (cell("survey", 3, "value", "201"), "D040", "survey", 3, "value"),
    "a part of itself": (cell("towns", 6, "part_of", "isle"), "D102", "towns", 6, "part_of"),
    "a part of a town": (cell("towns", 7, "part_of", "beta"), "D102", "towns", 7, "part_of"),
    "a group in a group": (
        text("towns", lambda said: said.replace("IS,,,group,", "IS,,,group,isle_one")
             .replace("-21,town,", "-21,group,")),
        *("D102", "towns", 6, "part_of"),
    ),
    "a check of nothing": (cell("checks", 2, "relation", ""), "D024", "checks", 2, "relation"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_names_its_place_and_its_cure(name: str, data: Path) -> None:
    spoil, code, table, row, column = WRONG[name]
    spoil(data / "raw")
    everything = faults_of(data)
    found = [fault for fault in everything if fault.level == "error" and fault.code == code]
    assert found, f"found {everything}"
    assert (found[0].file, found[0].column) == (f"{table}.csv", column)
    assert row is None or found[0].row == row
    for language in LANGUAGES:
        assert f"{table}.csv" in Text(language).format_fault(found[0])


def test_all_faults_are_told_at_once(data: Path) -> None:
    for row, value in ((2, "sjuttio"), (3, "l00"), (4, "3,5")):
        cell("membership", row, "members", value)(data / "raw")
    cell("towns", 3, "lat", "north")(data / "raw")
    found = [(fault.file, fault.row) for fault in faults_of(data) if fault.level == "error"]
    assert found == [*(("membership.csv", row) for row in (2, 3, 4)), ("towns.csv", 3)]


def test_a_home_town_outside_the_chain_is_a_clear_fault(data: Path) -> None:
    text("chain", lambda t: "\n".join(row for row in t.splitlines() if "alfa" not in row))(
        data / "raw"
    )
    assert ("C015", "chain.csv") in [(fault.code, fault.file) for fault in faults_of(data)]


def test_a_line_separator_inside_a_cell_is_no_new_row(data: Path) -> None:
    swapped("towns", "Beta", "Be\u2028ta")(data / "raw")
    assert "Be ta" in set(read_dataset(data).tables["towns"]["name"])


def test_a_folder_is_read_once_until_it_changes(data: Path) -> None:
    first = read_dataset(data)
    assert read_dataset(data) is first
    cell("membership", 4, "members", "201")(data / "raw")
    assert read_dataset(data).tables["membership"].at[4, "members"].value == 201


def test_rows_can_be_tried_in_memory(data: Path) -> None:
    more = {"membership": [{"town": "isle", "year": "2013", "members": "7", "source": "report"}]}
    tried = read_dataset(data, more).tables["membership"]
    assert (tried["ref"].iloc[-1], tried["members"].iloc[-1].value) == ("membership:8", 7)
    assert len(read_dataset(data).tables["membership"]) == len(tried) - 1
    with pytest.raises(CommandError) as refusal:
        read_dataset(data, {"members": more["membership"]})
    assert refusal.value.faults[0].details["near"] == "membership"
    with pytest.raises(CommandError):
        read_dataset(data, {"membership": [{"twon": "isle"}]})
