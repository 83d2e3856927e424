"""Bad input ends in a clear fault: file, row, column, value and cure, all of them at once."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import Fault, UserError, WrongCommand
from vanort_analysis.language import Text, languages

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
    "a word": (cell("membership", 4, "members", "sjuttio"), "D014", "membership", 4, "members"),
    "lookalikes": (cell("membership", 4, "members", "7O"), "D016", "membership", 4, "members"),
    "ambiguous": (cell("membership", 4, "members", "1.234"), "D015", "membership", 4, "members"),
    "half a member": (cell("membership", 4, "members", "3,5"), "D017", "membership", 4, "members"),
    "below none": (cell("membership", 4, "members", "-5"), "D018", "membership", 4, "members"),
    "a day": (cell("membership", 4, "members", "2025-01-01"), "D039", "membership", 4, "members"),
    "a formula": (cell("membership", 4, "members", "#REF!"), "D014", "membership", 4, "members"),
    "outside": (cell("membership", 4, "town", "isle_one"), "D037", "membership", 4, "town"),
    "no year": (cell("membership", 4, "year", "nov 1946"), "D019", "membership", 4, "year"),
    "too early": (cell("membership", 4, "year", "2090"), "D029", "membership", 4, "year"),
    "an unknown town": (cell("membership", 4, "town", "bata"), "D026", "membership", 4, "town"),
    "an unknown source": (cell("chain", 4, "source", "reprt"), "D026", "chain", 4, "source"),
    "an unknown premise": (
        cell("recommendations", 2, "premises", "meets|sise"),
        *("D026", "recommendations", 2, "premises"),
    ),
    "an unknown event": (cell("chain", 4, "event", "joined"), "D023", "chain", 4, "event"),
    "left before it came": (cell("chain", 9, "year", "1940"), "D027", "chain", 9, "year"),
    "a missing name": (cell("towns", 3, "name", ""), "D024", "towns", 3, "name"),
    "no flag": (cell("sources", 3, "reference", ""), "D024", "sources", 3, "reference"),
    "a wrong flag": (cell("recommendations", 2, "own", "ja"), "D023", "recommendations", 2, "own"),
    "a date": (cell("meetings", 6, "date_from", "28/6/2013"), "D020", "meetings", 6, "date_from"),
    "no day": (cell("meetings", 6, "date_from", "2013-02-30"), "D020", "meetings", 6, "date_from"),
    "off the globe": (cell("towns", 3, "lat", "156.1"), "D021", "towns", 3, "lat"),
    "the same row twice": (again("membership", 4), "D025", "membership", 8, "town"),
    "an alias": (cell("towns", 3, "aliases", "Gamma"), "D031", "towns", 4, "name"),
    "shares above all": (
        text("survey", lambda t: t + "2011,share,a,60 %,,report,,\n2011,share,b,50 %,,report,,\n"),
        *("D033", "survey", 7, "value"),
    ),
    "more than answered": (cell("survey", 3, "value", "201"), "D040", "survey", 3, "value"),
    "one field too many": (swapped("support", "grant,", "grant,,"), "D008", "support", 2, ""),
    "an open quote": (swapped("meetings", 'inn"', "inn"), "D009", "meetings", 8, ""),
    "misspelt": (swapped("membership", "members", "medlemmar"), "D006", "membership", 1, "members"),
    "twice": (swapped("membership", "town,year", "town,town"), "D007", "membership", 1, "town"),
    "an empty file": (text("towns", lambda t: ""), "D002", "towns", None, ""),
    "a header alone": (text("towns", lambda t: t.split("\n")[0]), "D003", "towns", None, ""),
    "a page": (text("towns", lambda t: "<html>" + t), "D005", "towns", None, ""),
    "letters gone wrong": (cell("towns", 2, "name", "VÃ¤st"), "D011", "towns", 2, "name"),
    "letters lost": (cell("towns", 2, "name", "V\ufffdst"), "D012", "towns", 2, "name"),
    "a control character": (cell("towns", 2, "name", "V\x00st"), "D010", "towns", 2, ""),
    "an old Mac": (
        text("towns", lambda t: "town,name\nx,Väst å é\n", "mac_roman"),
        *("D004", "towns", None, ""),
    ),
    "swapped degrees": (
        text("towns", lambda t: t.replace("SE,58,12", "SE,12,58")),
        *("D064", "towns", 2, "lat"),
    ),
    "nowhere": (text("towns", lambda t: t.replace(",56,9,", ",0,0,")), "D063", "towns", 3, "lat"),
    "half a point": (cell("towns", 3, "lon", ""), "D063", "towns", 3, "lat"),
    "half a point, north": (cell("towns", 3, "lat", ""), "D063", "towns", 3, "lat"),
    "a country's name": (cell("towns", 2, "country", "Sverige"), "D062", "towns", 2, "country"),
    "no country": (cell("towns", 2, "country", "None"), "D062", "towns", 2, "country"),
    "a union": (cell("towns", 2, "country", "001"), "D062", "towns", 2, "country"),
    "nearly a name": (cell("towns", 4, "name", "Omeg"), "D061", "towns", 9, "name"),
    "nearly an alias": (
        text("towns", lambda t: t.replace("Alfa,,,", "Alfa,,,Husby").replace("Beta", "Hysby")),
        *("D061", "towns", 3, "name"),
    ),
    "a broken formula": (cell("towns", 2, "name", "#REF!"), "D060", "towns", 2, "name"),
    "no value": (cell("towns", 2, "name", "#N/A"), "D060", "towns", 2, "name"),
    "an unknown function": (cell("meetings", 2, "note", "#NAMN?"), "D060", "meetings", 2, "note"),
    "a wrong value": (cell("meetings", 2, "note", "#VALUE!"), "D060", "meetings", 2, "note"),
    "a delete sign": (cell("towns", 2, "name", "V\x7fst"), "D010", "towns", 2, "name"),
    "a turned line": (cell("towns", 2, "name", "V\u202est"), "D010", "towns", 2, "name"),
    "an isolated line": (cell("towns", 2, "note", "V\u2067st"), "D010", "towns", 2, "note"),
    "an escape": (cell("towns", 2, "name", "V\x1b[1mst"), "D010", "towns", 2, ""),
    "left in years before": (cell("chain", 9, "year", "1940–1945"), "D027", "chain", 9, "year"),
    "left twice": (
        text("chain", lambda t: t + "omega,left,1966,,,report,elsewhere,\n"),
        *("D025", "chain", 13, "year"),
    ),
    "two numbers of a source": (
        text("membership", lambda t: t + "beta,2013,201,table,elsewhere,\n"),
        *("D025", "membership", 8, "members"),
    ),
    "an end before": (
        cell("meetings", 6, "date_to", "2013-06-27"),
        *("D066", "meetings", 6, "date_to"),
    ),
    "another year": (
        cell("meetings", 6, "date_from", "2003-06-28"),
        *("D066", "meetings", 6, "date_from"),
    ),
    "a week": (cell("meetings", 6, "date_from", "2013-W26-5"), "D020", "meetings", 6, "date_from"),
    "a month": (cell("meetings", 6, "date_from", "nov-13"), "D020", "meetings", 6, "date_from"),
    "more than asked": (cell("survey", 2, "value", "251"), "D068", "survey", 2, "value"),
    "a year to come": (cell("meetings", 2, "year", "2090"), "D065", "meetings", 2, "year"),
    "known too late": (
        cell("sources", 2, "known_since", "2090"),
        *("D065", "sources", 2, "known_since"),
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
    for language in languages():
        assert f"{table}.csv" in Text(language).fault(found[0])


@pytest.mark.parametrize(
    ("table", "column", "written", "code"),
    [
        ("membership", "members", "(-5)", "D014"),
        ("membership", "members", "--5", "D014"),
        ("membership", "members", "--2", "D014"),
        ("membership", "members", "(5)", "D018"),
        ("membership", "members", "２３０", "D016"),
        ("membership", "members", "٢٣٠", "D016"),
        ("membership", "members", "100%", "D042"),
        ("membership", "members", "54 %", "D042"),
        ("membership", "members", "16800 DKK", "D042"),
        ("support", "amount", "-5 000 kr", "D018"),
        ("support", "amount", "54 %", "D042"),
        ("support", "amount", "5000", "D043"),
        ("support", "amount", "ca 5000", "D043"),
        ("support", "amount", "4000–5000", "D043"),
        ("support", "amount", "50 medlemmar", "D043"),
        ("support", "amount", "16 800 DKK SEK", "D014"),
        ("recommendations", "amount", "5000", "D043"),
    ],
)
def test_a_number_of_another_kind_is_no_count_and_no_amount(
    table: str, column: str, written: str, code: str, data: Path
) -> None:
    cell(table, 2, column, written)(data / "raw")
    assert code in [fault.code for fault in faults_of(data) if fault.level == "error"]


@pytest.mark.parametrize(
    ("written", "known"),
    [("i.u.", False), (".", False), ("x", False), ("e.t.", False), ("0", True), ("7 kr", True)],
)
def test_an_amount_that_is_unknown_or_nothing_needs_no_currency(
    written: str, known: bool, data: Path
) -> None:
    cell("support", 2, "amount", written)(data / "raw")
    assert read_dataset(data).tables["support"].at[2, "amount"].is_known == known


@pytest.mark.parametrize(
    ("town", "written", "warned"),
    [
        ("beta", "5000 kr", True),  # Danish
        ("gamma", "5 tkr", True),  # Norwegian
        ("isle", "5000 kronor", True),  # Icelandic
        ("alfa", "5000 kr", False),  # the home town's own crowns
        ("beta", "5000 SEK", False),
        ("beta", "5000 DKK", False),
    ],
)
def test_crowns_of_another_country_ask_for_the_code(
    town: str, written: str, warned: bool, data: Path
) -> None:
    cell("support", 2, "town", town)(data / "raw")
    cell("support", 2, "year", "2013")(data / "raw")
    cell("support", 2, "amount", written)(data / "raw")
    assert ("D054" in [note.code for note in read_dataset(data).notes]) == warned


@pytest.mark.parametrize(
    ("measure", "written", "code"),
    [
        ("activity_share", "-5 %", "D044"),
        ("activity_share", "154 %", "D044"),
        ("activity_share", "0.54", "D045"),
        ("activity", "0.54", "D045"),  # its other rows are in per cent
        ("activity_share", "54 %", ""),
        ("activity_share", "Uppgift saknas", ""),
        ("activity_share", "ingen", ""),
        ("change_since_previous", "-5 %", ""),
    ],
)
def test_a_share_is_a_part_of_all_in_per_cent(
    measure: str, written: str, code: str, data: Path
) -> None:
    rows = f"2011,{measure},a,{written},,report,,\n2011,activity,b,10 %,,report,,\n"
    text("survey", lambda t: t + rows)(data / "raw")
    wrong = {fault.code for fault in faults_of(data) if fault.level == "error"}
    assert code in wrong if code else not wrong


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (text("towns", lambda t: "\ufeff" + t), "M001"),
        (text("membership", lambda t: t, "utf-16"), "M002"),
        (text("membership", lambda t: t.replace(",", ";")), "M004"),
        (text("membership", lambda t: t + ",,,,,\n\n"), "M006"),
        (text("membership", lambda t: t.replace("beta,", " beta ,")), "M007"),
    ],
)
def test_what_loses_nothing_is_mended_and_told(spoil: Spoil, code: str, data: Path) -> None:
    before = read_dataset(data).tables
    spoil(data / "raw")
    after = read_dataset(data)
    assert code in [note.code for note in after.notes]
    for table, frame in before.items():
        assert frame.equals(after.tables[table])


def test_windows_1252_is_read_and_its_words_are_shown_to_check(data: Path) -> None:
    text("activities", lambda t: t, "cp1252")(data / "raw")
    notes = {note.code: note for note in read_dataset(data).notes}
    assert "M003" in notes
    assert "fråga" in notes["D053"].value


def test_ten_times_another_year_is_asked_about(data: Path) -> None:
    cell("membership", 7, "members", "2")(data / "raw")
    (note,) = [note for note in read_dataset(data).notes if note.code == "D067"]
    assert (note.level, note.row, note.details["near"]) == ("warning", 6, 2)


def test_two_real_towns_may_have_nearly_one_name(data: Path) -> None:
    for row, name in ((2, "Hamar"), (3, "Hamra")):
        cell("towns", row, "name", name)(data / "raw")
        cell("towns", row, "geonameid", str(row))(data / "raw")
    assert [note.code for note in read_dataset(data).notes] == ["C017"]


def test_all_faults_are_told_at_once(data: Path) -> None:
    for row, value in ((2, "sjuttio"), (3, "l00"), (4, "3,5")):
        cell("membership", row, "members", value)(data / "raw")
    cell("towns", 3, "lat", "north")(data / "raw")
    found = [(fault.file, fault.row) for fault in faults_of(data) if fault.level == "error"]
    assert found == [*(("membership.csv", row) for row in (2, 3, 4)), ("towns.csv", 3)]


@pytest.mark.parametrize("country", ["NA", "NO"])
def test_a_country_code_stays_text(country: str, data: Path) -> None:
    cell("towns", 3, "country", country)(data / "raw")
    assert read_dataset(data).tables["towns"].at[3, "country"] == country


def test_an_unknown_is_never_zero(data: Path) -> None:
    for row in range(2, 8):
        cell("membership", row, "members", "Uppgift saknas")(data / "raw")
    assert {of.doubt for of in read_dataset(data).tables["membership"]["members"]} == {"unknown"}


def test_a_table_saved_as_a_workbook_is_named(data: Path) -> None:
    file = data / "raw" / "membership.csv"
    file.rename(file.with_suffix(".xlsx"))
    (fault,) = faults_of(data)
    assert (fault.code, fault.details["near"]) == ("D041", "membership.xlsx")


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
    with pytest.raises(WrongCommand) as refusal:
        read_dataset(data, {"members": more["membership"]})
    assert refusal.value.faults[0].details["near"] == "membership"
    with pytest.raises(WrongCommand):
        read_dataset(data, {"membership": [{"twon": "isle"}]})


def test_reading_leaves_the_raw_data_as_it_was(data: Path) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    read_dataset(data)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before
