"""F25–F38: headers, rows and cells that are not where they should be; and Excel as it is."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.formula import ArrayFormula

from vanort_analysis.data import clean
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import DataError, Fault, merge_faults
from vanort_analysis.language import Text

from ..conftest import PROJECT
from .folder import change, noted, only, place, put, refused, save, swap, tables, workbook

HEAD = "town,year,members,source,locator,note"


@pytest.mark.parametrize("written", ["medlemsantal", "membrs", "medlemmarna"])
def test_F25_missing_column(data: Path, written: str) -> None:
    """One message: the misspelt column is not told once more as one that nobody reads."""
    swap(data, "membership", "members", written)
    fault = only(data)
    assert place(fault) == ("D006", "membership.csv", 1, "members")
    assert fault.details["near"] == written
    assert fault.details["found"] == HEAD.replace("members", written).replace(",", ", ")
    with pytest.raises(DataError) as refusal:
        read_dataset(data)
    assert "D050" not in [fault.code for fault in refusal.value.faults]


def test_F26_unknown_extra_column(data: Path) -> None:
    change(
        data, "membership", lambda text: text.replace("\n", ",x\n").replace("note,x", "note,Färg")
    )
    note = noted(data)["D050"]
    assert (place(note), note.level) == (("D050", "membership.csv", 1, "Färg"), "warning")


@pytest.mark.parametrize("other", ["members", "Members", "medlemmar"])
def test_F27_duplicate_column(data: Path, other: str) -> None:
    swap(data, "membership", "locator", other)
    assert ("D007", "membership.csv", 1, "members") in map(place, refused(data))


@pytest.mark.parametrize("row", [2, 5])
def test_F28_F29_a_row_too_long(data: Path, row: int) -> None:
    lines = (data / "raw" / "membership.csv").read_text("utf-8").splitlines()
    lines[row - 1] += ",och mer"
    put(data, "membership.csv", "\n".join(lines))
    fault = only(data)
    assert place(fault) == ("D008", "membership.csv", row, "")
    assert fault.value == "och mer"
    assert fault.details == {"found": 7, "expected": 6}


def test_F30_a_row_too_short(data: Path) -> None:
    swap(data, "membership", "beta,2013,200,table,,", "beta,2013,200")
    assert place(only(data)) == ("D008", "membership.csv", 4, "")


def test_F30_a_row_without_its_last_optional_cells(data: Path) -> None:
    swap(data, "membership", "beta,2013,200,table,,", "beta,2013,200,table")
    note = noted(data)["D008"]
    assert (place(note), note.level) == (("D008", "membership.csv", 4, ""), "warning")
    assert tables(data)["membership"].at[4, "members"] == "200"


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("alfa,2013,runt 100", 'alfa,2013,"runt 100', 3),
        ("beta,2013,200,table,,\n", 'beta,2013,200,table,,"\n', 4),  # to the end of the file
    ],
)
def test_F31_unclosed_quote(data: Path, old: str, new: str, row: int) -> None:
    swap(data, "membership", old, new)
    assert place(only(data)) == ("D009", "membership.csv", row, "")


def test_F31_a_quote_that_swallows_whole_rows(data: Path) -> None:
    """Two quotes too many make a proper file of fewer rows: the rows inside the cell show it."""
    swap(data, "membership", "alfa,2013,runt 100,report,,", 'alfa,2013,runt 100,report,,"')
    swap(
        data,
        "membership",
        "gamma,2013,Uppgift saknas,table,,",
        'gamma,2013,Uppgift saknas,table,,"',
    )
    assert place(only(data)) == ("D009", "membership.csv", 3, "")


def test_F31_prose_of_several_lines_is_no_row(data: Path) -> None:
    note = "one, two\nthree, four, five, six, seven, eight, nine"
    swap(data, "membership", "beta,2013,200,table,,", f'beta,2013,200,table,,"{note}"')
    assert tables(data)["membership"].at[5, "town"] == "gamma"


def test_F32_blank_rows(data: Path) -> None:
    swap(data, "membership", "beta,", "\n,,,,,\nbeta,")
    assert noted(data)["M006"].value == "2"
    assert tables(data)["membership"].at[6, "town"] == "beta"


TOTALS = {"Summa,,650,,,": True, ",,650,,,": True, "Totalt,,651,,,": False, "I alt,,650": True}
TOTALS |= {"Summa,2013,650,,,": True, "Totalt antal,,650,,,": True, "Σ,,650": True}


@pytest.mark.parametrize("total", TOTALS)
def test_F33_total_row(data: Path, total: str) -> None:
    """Nothing is counted twice, and the sum is held against the rows (100+100+200+20+230)."""
    before = tables(data)["membership"]
    swap(data, "membership", "delta,2005,30,", "delta,2005,230,")
    change(data, "membership", lambda text: f"{text}{total}\n")
    assert list(tables(data)["membership"]["town"]) == list(before["town"])
    notes = noted(data)
    assert (notes["M012"].row, notes["M012"].level) == (8, "repaired")
    assert ("D085" not in notes) == TOTALS[total]
    if not TOTALS[total]:
        assert (place(notes["D085"]), notes["D085"].level) == (
            ("D085", "membership.csv", 8, "members"),
            "warning",
        )
        assert notes["D085"].details["near"] == "650"


def test_F33_a_total_of_fractions_is_their_sum(data: Path) -> None:
    rows = ("town,year,amount,source", "beta,2014,0.1 kr,report", "delta,2014,0.2 kr,report")
    put(data, "support.csv", "\n".join([*rows, "Summa,,0.3 kr,"]))
    notes = noted(data)
    assert (notes["M012"].value, "D085" in notes) == ("0.3 kr", False)


def test_F33_a_town_without_its_source_is_no_total(data: Path) -> None:
    change(data, "membership", lambda text: text + "isle,2013,50,,,\n")
    assert place(only(data)) == ("D024", "membership.csv", 8, "source")


def test_F33_a_year_without_its_town_is_no_total(data: Path) -> None:
    change(data, "membership", lambda text: text + ",2013,650,table,,\n")
    assert place(only(data)) == ("D024", "membership.csv", 8, "town")


@pytest.mark.parametrize(
    "title",
    ["Medlemmar i föreningarna,,,,,", "Medlemmar 2013\n\nur årsberättelsen", "Källa: SCB,,"],
)
def test_F34_titles_above_the_table(data: Path, title: str) -> None:
    before = tables(data)["membership"]
    change(data, "membership", lambda text: f"{title}\n{text}")
    after = tables(data)["membership"]
    assert after.index[0] == before.index[0] + title.count("\n") + 1
    assert after.reset_index(drop=True).equals(before.reset_index(drop=True))
    note = noted(data)["M011"]
    assert note.level == "repaired"
    assert title.split(",", maxsplit=1)[0].split("\n", maxsplit=1)[0] in note.value


@pytest.mark.parametrize(
    "foot", ["Källa: SCB", "* uppskattat,,,,,", "\n\nUppgifter från 2013\nNot: ca"]
)
def test_F34_notes_below_the_table(data: Path, foot: str) -> None:
    before = tables(data)["membership"]
    change(data, "membership", lambda text: f"{text}{foot}\n")
    assert tables(data)["membership"].equals(before)
    assert noted(data)["M011"].level == "repaired"


def test_F34_a_row_begun_and_not_finished_is_no_note(data: Path) -> None:
    change(data, "membership", lambda text: text + "isle,,,,,\n")
    assert {place(fault)[:3] for fault in refused(data)} == {("D024", "membership.csv", 8)}


def test_F34_no_header_at_all(data: Path) -> None:
    change(data, "membership", lambda text: text.partition("\n")[2])
    fault = only(data)
    assert place(fault) == ("D084", "membership.csv", 1, "")
    assert fault.details["expected"] == HEAD


def test_F35_merged_cells_in_the_data(data: Path) -> None:
    book = workbook(data, "membership")
    book.active.merge_cells("A2:A3")
    save(data, "membership", book)
    fault = only(data)
    assert (place(fault), fault.value) == (("D076", "membership.xlsx", 2, ""), "A2:A3")


def test_F35_a_merged_title_is_none_of_the_data(data: Path) -> None:
    book = workbook(data, "membership")
    book.active.insert_rows(1)
    book.active["A1"] = "Medlemmar"
    book.active.merge_cells("A1:F1")
    save(data, "membership", book)
    assert noted(data)["M011"].value == "Medlemmar"
    assert tables(data)["membership"].index[0] == 3


def test_F35_hidden_rows_and_columns(data: Path) -> None:
    before = tables(data)["membership"]
    book = workbook(data, "membership")
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["E"].hidden = True
    save(data, "membership", book)
    note = noted(data)["D078"]
    assert (note.level, note.value) == ("warning", "3, E")
    assert tables(data)["membership"].equals(before)


def test_F35_a_hidden_row_that_is_empty_hides_nothing(data: Path) -> None:
    book = workbook(data, "membership")
    book.active.insert_rows(4)
    book.active.row_dimensions[4].hidden = True
    save(data, "membership", book)
    assert set(noted(data)) == {"M006"}


def test_F35_several_sheets(data: Path) -> None:
    book = workbook(data, "membership")
    book.create_sheet("old", 0).append(["town", "year"])
    save(data, "membership", book)
    assert noted(data)["D079"].value == "old"
    book["membership"].title = "Blad1"
    save(data, "membership", book)
    fault = only(data)
    assert (place(fault), fault.details["found"]) == (
        ("D071", "membership.xlsx", None, ""),
        "old, Blad1",
    )


def test_F35_the_only_sheet_may_have_any_name(data: Path) -> None:
    book = workbook(data, "membership")
    book.active.title = "Blad1"
    save(data, "membership", book)
    assert noted(data) == {}


def test_F36_formula_without_stored_value(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["C3"] = "=50+50"
    save(data, "membership", book)
    fault = only(data)
    assert (place(fault), fault.value) == (("D077", "membership.xlsx", 3, "C"), "=50+50")


def test_F36_an_array_formula_without_stored_value_is_told_as_it_is_written(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["C3"] = ArrayFormula("C3", "=SUM(C4:C5*2)")
    save(data, "membership", book)
    fault = only(data)
    assert place(fault) == ("D077", "membership.xlsx", 3, "C")
    assert fault.value == "=SUM(C4:C5*2)"


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"]
)
def test_F37_error_cells(data: Path, error: str) -> None:
    book = workbook(data, "membership")
    book.active["C3"] = error
    save(data, "membership", book)
    fault = only(data)
    assert (place(fault), fault.value) == (("D060", "membership.xlsx", 3, "members"), error)


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#SAKNAS!", "#VÄRDEFEL!", "#DIVISION/0!", "#NAMN?"]
)
def test_F37_error_cells_in_csv(data: Path, error: str) -> None:
    swap(data, "membership", "beta,2013,200", f"beta,2013,{error}")
    assert place(only(data)) == ("D060", "membership.csv", 4, "members")


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("members", "Members"),
        ("members", " MEMBERS "),
        ("members", "Medlemmar"),
        ("members", "Antal medlemmar"),
        ("source", "Källa"),
        ("town", "Ort:"),
        ("note", "Anm."),
    ],
)
def test_F38_header_in_capitals_or_another_language(data: Path, column: str, written: str) -> None:
    before = tables(data)["membership"]
    swap(data, "membership", column, written)
    assert tables(data)["membership"].equals(before)
    note = noted(data)["M010"]
    assert (note.value, note.level) == (f"{written.strip()} → {column}", "repaired")


def test_decimal_commas_are_told(data: Path) -> None:
    swap(data, "towns", ",56,9,", ',"56,5","9,25",')
    assert noted(data)["M014"].value == "2"
    town = read_dataset(data).tables["towns"].loc[3]
    assert (town["lat"], town["lon"]) == (56.5, 9.25)


# A CSV file that a Swedish Excel has opened and saved


def test_whole_rows_in_one_column(data: Path) -> None:
    """Refused, though the rows can often be read: cells that began with a quote lost it."""
    swap(data, "membership", "beta,2013,200,table,,", 'beta,2013,200,table,,"a, b"')

    def saved(text: str) -> str:
        quoted = [
            '"' + line.replace('"', '""') + '"' if '"' in line else line
            for line in text.split("\n")
        ]
        return "\r\n".join(quoted)

    change(data, "membership", saved, "cp1252")
    assert place(only(data)) == ("D070", "membership.csv", 4, "")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_whole_rows_in_one_column_all_quoted(data: Path, encoding: str) -> None:
    change(
        data,
        "activities",
        lambda text: "\n".join(f'"{line}"' for line in text.split("\n")),
        encoding,
    )
    assert place(only(data)) == ("D070", "activities.csv", 1, "")


def test_blanks_between_several_names_are_removed_and_told(data: Path) -> None:
    before = tables(data)["meetings"]
    swap(data, "meetings", "gamma|delta", "gamma | delta")
    assert tables(data)["meetings"].equals(before)
    assert noted(data)["M007"].file == "meetings.csv"


def test_true_and_false_of_another_language_are_mended(data: Path) -> None:
    """Not refused: nothing is lost, and Excel writes them so each time the file is saved."""
    before = tables(data)["sources"]
    change(data, "sources", lambda text: text.replace("false", "FALSKT").replace("true", "Sant"))
    assert tables(data)["sources"].equals(before)
    assert noted(data)["M015"].value == str(len(before))


def test_letters_broken_throughout_are_one_fault(data: Path) -> None:
    change(
        data, "activities", lambda text: text.replace("resa", "rÃ¤sa").replace("fråga", "frÃ¥ga")
    )
    fault = only(data)
    assert place(fault) == ("D011", "activities.csv", 2, "text_sv")
    assert fault.details["rows"] == "2, 3"


def test_numbers_made_dates_are_one_fault(data: Path) -> None:
    change(
        data,
        "membership",
        lambda text: text.replace(",200,", ",2025-02-01,").replace(",20,", ",2025-03-05,"),
    )
    fault = only(data)
    assert place(fault) == ("D039", "membership.csv", 4, "members")
    assert fault.details["rows"] == "4, 6"


@pytest.mark.parametrize("length", [6_000, 200_000])
def test_a_very_long_cell(data: Path, length: int) -> None:
    swap(data, "membership", "beta,2013,200,table,,", f"beta,2013,200,table,,{'x' * length}")
    assert place(only(data)) == ("D036", "membership.csv", 4, "note")


def test_a_header_cannot_act_on_the_terminal(data: Path) -> None:
    change(
        data,
        "membership",
        lambda text: text.replace("\n", ",\n").replace("note,", "note,\x1b[31mx\x07"),
    )
    said = Text("sv").format_fault(noted(data)["D050"])
    assert "\\x1b[31mx\\x07" in said
    assert not {"\x1b", "\x07"} & set(said)


# Excel


def test_every_table_is_the_same_from_excel_and_from_csv(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    for name in TABLES:
        book = openpyxl.Workbook()
        text = (PROJECT / "data" / "raw" / f"{name}.csv").read_text("utf-8")
        for row in csv.reader(io.StringIO(text, newline="")):
            book.active.append(row)
        book.save(raw / f"{name}.xlsx")
    ours, notes = clean.read_tables(PROJECT / "data")
    theirs, others = clean.read_tables(raw.parent)
    assert [note.code for note in others] == [note.code for note in notes]
    for name, frame in ours.items():
        assert theirs[name].equals(frame), name
        assert list(theirs[name].index) == list(frame.index), name


CELLS: list[tuple[object, str, str]] = [
    (2014.0, "General", "2014"),
    (3.5, "General", "3.5"),
    (0.1 + 0.2, "General", "0.3"),
    (41640, "General", "41640"),
    (41640, "yyyy-mm-dd", "2014-01-01"),
    (date(2014, 6, 28), "d/m/yyyy", "2014-06-28"),
    (date(1946, 11, 1), "mmm-yy", "1946-11"),
    (date(1946, 1, 1), "yyyy", "1946"),
    (datetime(2014, 6, 28, 15), "yyyy-mm-dd hh:mm", "2014-06-28 15:00:00"),  # noqa: DTZ001  a cell has none
    (0.54, "0%", "54 %"),
    (0.125, "0.0%", "12.5 %"),
    (16800, '#,##0 "kr"', "16800 kr"),
    (500, "[$DKK] #,##0", "500 DKK"),
    (1.234, "General", "1.2340"),  # no thousands
    (12345678901, "General", "12345678901"),
    (True, "General", "true"),
    ("007", "General", "007"),
    ("rad ett\nrad två", "General", "rad ett rad två"),
]


ACCOUNTS = '_-* #,##0_-;\\-* #,##0_-;_-* "-"??_-;_-@_-'  # "-" is what it shows for nothing
CELLS += [
    (500, ACCOUNTS, "500"),
    (15000, '#,##0, "tkr"', "15 tkr"),
    (2_500_000, '0.0,,"Mkr"', "2.5 Mkr"),
    (1_250_000, "#,##0,;-#,##0,", "1250"),
    (500, '[>=1000]0.0,"tkr";0', "500"),  # which of the two it shows depends on the number
]


CELLS += [
    (54, '0"%"', "54 %"),  # a sign that is only shown
    (54, r"0\%", "54 %"),
    (0.54, r"0\ %", "54 %"),
    (5, "0_%", "5"),  # as wide as the sign
    (16800, r'#\ ##0\ "kr"', "16800 kr"),
    ("rad ett_x000D_\nrad två", "General", "rad ett rad två"),
]


@pytest.mark.parametrize(("value", "form", "said"), CELLS)
def test_a_cell_is_read_as_it_is_shown(data: Path, value: object, form: str, said: str) -> None:
    book = workbook(data, "membership")
    cell = book.active["F3"]
    cell.value, cell.number_format = value, form
    save(data, "membership", book)
    assert tables(data)["membership"].at[3, "note"] == said


def test_numbers_and_blank_rows_of_a_workbook_keep_their_places(data: Path) -> None:
    book = workbook(data, "membership")
    for row in book.active.iter_rows(min_row=2, max_col=3):
        for cell in row[1:]:
            cell.value = int(cell.value) if str(cell.value).isdigit() else cell.value
    book.active.insert_rows(4)
    save(data, "membership", book)
    assert noted(data)["M006"].value == "1"
    frame = tables(data)["membership"]
    assert (frame.at[5, "town"], frame.at[5, "members"]) == ("beta", "200")


def test_a_fault_in_a_workbook_names_the_workbook(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["C4"] = "sjuttio"
    save(data, "membership", book)
    assert place(only(data)) == ("D014", "membership.xlsx", 4, "members")


def rewrite_sheet(path: Path, old: str, new: str) -> None:
    """Put XML that openpyxl does not write into the sheet of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old.encode() in parts[sheet]
    parts[sheet] = parts[sheet].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


MANY_AREAS = [f"A{row}:GR{row + 999}" for row in range(1000, 11_000, 1000)]


@pytest.mark.parametrize("areas", [["A30:J1048576"], ["$A$30:$GR$9000"], MANY_AREAS])
def test_large_areas_of_merged_cells_are_refused_before_they_are_filled(
    data: Path, areas: list[str]
) -> None:
    """A workbook of 6 kB took 5 GB."""
    path = save(data, "membership", workbook(data, "membership"))
    merged = "".join(f"<mergeCell ref='{area}'/>" for area in areas)
    rewrite_sheet(path, "</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>")
    fault = only(data)
    assert (fault.code, fault.value) == ("D076", areas[0])


def test_an_empty_column_shifts_no_cell_of_a_row_that_is_too_short(data: Path) -> None:
    rows = "town,year,members,source,,locator,note\nalfa,2013,100,report,,page 7\n"
    put(data, "membership.csv", rows)
    frame = clean.read_tables(data)[0]["membership"]
    assert frame.loc[2, ["source", "locator", "note"]].to_list() == ["report", "page 7", ""]


def test_a_formula_whose_value_is_no_text_has_a_value(data: Path) -> None:
    """Excel stores nothing between its tags, and to save once more mends nothing."""
    book = workbook(data, "membership")
    book.active["F2"] = '=IF(C2="","okänt","")'
    path = save(data, "membership", book)
    rewrite_sheet(path, '<c r="F2">', '<c r="F2" t="str">')
    assert tables(data)["membership"].at[2, "note"] == ""
    assert "D077" not in noted(data)


def test_a_stray_cell_is_one_fault_and_not_one_for_each_empty_column(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["M3"] = "12"
    save(data, "membership", book)
    unread = [note for note in clean.read_tables(data)[1] if note.code == "D050"]
    assert [place(note) for note in unread] == [("D050", "membership.xlsx", 1, "M")]


def test_a_number_too_large_for_a_workbook_is_refused(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["C2"] = 10**40
    save(data, "membership", book)
    assert place(only(data)) == ("D014", "membership.xlsx", 2, "members")


def test_half_of_a_character_that_a_workbook_spells_out_is_a_lost_letter(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["F3"], book.active["F4"] = "ett halvt _xD83D_", "ett helt _xD83D__xDE00_"
    save(data, "membership", book)
    fault = only(data)
    assert (*place(fault), fault.value) == (
        "D012",
        "membership.xlsx",
        3,
        "note",
        "ett halvt \ufffd",
    )


RAISED, STRUCK = InlineFont(vertAlign="superscript"), InlineFont(strike=True)


@pytest.mark.parametrize(
    ("cell", "near"),
    [
        (CellRichText("230", TextBlock(RAISED, "1")), "230"),  # a footnote, not 2301
        (CellRichText("230", TextBlock(InlineFont(vertAlign="subscript"), "1")), "230"),
        (CellRichText(TextBlock(STRUCK, "23"), " 250"), "250"),
        (CellRichText(TextBlock(InlineFont(b=True), "2"), "50"), "250"),
        (CellRichText(TextBlock(STRUCK, "250")), None),  # all of it is taken back
        (CellRichText("10 m", TextBlock(RAISED, "2")), "10 m2"),  # a text, not a number
    ],
)
def test_letters_that_are_raised_or_struck_out_are_refused_in_a_number(
    data: Path, cell: CellRichText, near: str | None
) -> None:
    is_text = str(cell) == near and "m" in near
    book = workbook(data, "membership")
    columns = [head.value for head in book.active[1]]
    book.active.cell(4, columns.index("note" if is_text else "members") + 1, cell)
    save(data, "membership", book)
    if str(cell) == near:
        assert near in tables(data)["membership"].loc[4].tolist()
    else:
        fault = only(data)
        assert place(fault) == ("D098", "membership.xlsx", 4, "members")
        assert fault.details["near"] == (near or "")


def test_a_cell_struck_out_with_one_click_is_taken_back(data: Path) -> None:
    book = workbook(data, "membership")
    columns = [head.value for head in book.active[1]]
    book.active.cell(4, columns.index("members") + 1).font = Font(strike=True)
    save(data, "membership", book)
    assert place(only(data)) == ("D098", "membership.xlsx", 4, "members")


def test_a_day_that_shows_no_year_was_typed_as_something_else(data: Path) -> None:
    """ "5-6" becomes 5 June of the year in which it was typed."""
    book = workbook(data, "membership")
    for cell in ("C4", "E5"):
        book.active[cell] = date(2026, 6, 5)
        book.active[cell].number_format = "d-mmm"
    save(data, "membership", book)
    rows = [(4, "members"), (5, "locator")]
    assert [place(fault)[0] for fault in refused(data)] == ["D039"]  # of the whole file
    assert only(data).details["rows"] == ", ".join(str(row) for row, _ in rows)


def test_a_day_without_its_year_may_stand_among_days(data: Path) -> None:
    book = workbook(data, "meetings")
    book.active["B6"] = date(2013, 6, 28)
    book.active["B6"].number_format = "d mmmm"
    save(data, "meetings", book)
    assert tables(data)["meetings"].at[6, "date_from"] == "2013-06-28"


def test_a_comment_is_told_without_its_words(data: Path) -> None:
    book = workbook(data, "membership")
    book.active["C4"].comment = Comment("Anna: fel, ska vara 320", "Anna")
    save(data, "membership", book)
    note = noted(data)["D101"]
    assert (place(note), note.level) == (("D101", "membership.xlsx", 4, "C"), "warning")
    assert "Anna" not in Text("sv").format_fault(note)


@pytest.mark.parametrize(("blanks", "letter"), [(1, "G"), (3, "I"), (22, "AB")])
def test_text_beside_the_table_is_named_by_the_letter_of_its_column(
    data: Path, blanks: int, letter: str
) -> None:
    lines = (data / "raw" / "membership.csv").read_text("utf-8").splitlines()
    lines = [line + "," * blanks for line in lines]
    lines[3] += "obs"
    put(data, "membership.csv", "\n".join(lines))
    assert noted(data)["D050"].column == letter


def test_whole_files_alike_list_no_rows(data: Path) -> None:
    merged = merge_faults([Fault("D079", "a.xlsx", value="b"), Fault("D079", "a.xlsx", value="b")])
    assert "None" not in Text("sv").format_fault(merged[0])
