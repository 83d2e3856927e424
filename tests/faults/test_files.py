"""F1–F24: files that are missing, broken, of another kind or of another encoding."""

import ctypes
import os
import shutil
import tomllib
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vanort_analysis.cli import main
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.files import to_json, write_files
from vanort_analysis.errors import CommandError, DataError
from vanort_analysis.publish.recipe import MANIFEST, hash_files, read_manifest
from vanort_analysis.report import build_report

from .folder import change, noted, only, place, put, refused, save, swap, tables, workbook

GARBLED = {"utf-8 as cp1252": "VÃ¤st", "twice": "VÃƒÂ¤st", "utf-8 as Mac": "V√§st"}
GARBLED |= {"utf-8 as CP850": "V├ñst", "CP850 as cp1252": "V„st", "Mac as cp1252": "VŠst"}
GARBLED |= {"with a dash": "Vest â€“ by", "a thorn": "Vest Ãžor", "in part": "Åre VÃ¤st"}


def test_F01_missing_file(data: Path) -> None:
    (data / "raw" / "towns.csv").rename(data / "raw" / "tonws.csv")
    fault = only(data)
    assert place(fault) == ("D001", "towns.csv", None, "")
    assert fault.details == {"near": "tonws.csv", "found": str(data / "raw")}


@pytest.mark.parametrize(
    "name",
    ["membership (1).csv", "memberships.csv", "membership.csv.txt", "Kopia av membership.csv"],
)
def test_F01_an_optional_table_under_nearly_its_name_is_asked_about(data: Path, name: str) -> None:
    """Refused, though the table may be missing: else all of it would be left out in silence."""
    (data / "raw" / "membership.csv").rename(data / "raw" / name)
    fault = only(data)
    assert (place(fault), fault.details["near"]) == (("D001", "membership.csv", None, ""), name)


@pytest.mark.parametrize("name", ["membership (1).csv", "memberships.xlsx", "anteckningar.docx"])
def test_F01_a_file_that_nobody_reads_is_named(data: Path, name: str) -> None:
    put(data, name, "x")
    note = noted(data)["D081"]
    near = "" if name.startswith("a") else "membership.csv"
    assert (note.file, note.level, note.details["near"]) == (name, "warning", near)


@pytest.mark.parametrize("line", [f"year = 0x{'F' * 5000}", f"{'a.' * 2000}a = 1"])
def test_F08_a_setting_that_python_itself_cannot_write_out(data: Path, line: str, capsys) -> None:
    """It ended as a traceback: the message about it read the settings once more."""
    put(data, "municipality.toml", f'{line}\n[municipality]\nhome = "alfa"\n')
    try:
        tomllib.loads(line)
        code = "C016"
    except tomllib.TOMLDecodeError:  # Python 3.14 cannot read so many parts at all
        code = "C012"
    with pytest.raises(SystemExit) as end:
        main(["check", "--data", str(data)])
    assert end.value.code == 2
    assert code in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[municipality]\nhome = 3 # ours = here\n", "3"),
        ("municipality = {home = 3}\n", "3"),
        ('[municipality]\nhome = [\n  "alfa",\n  4\n]\n', "['alfa', 4]"),
    ],
)
def test_F08_a_setting_is_told_as_it_is_read(data: Path, text: str, value: str) -> None:
    put(data, "municipality.toml", text)
    fault = only(data, 2)
    assert (fault.code, fault.column, fault.value) == ("C013", "municipality.home", value)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names.")
def test_F01_a_name_that_is_not_utf_8_is_named_and_stands_in_the_manifest(data: Path) -> None:
    """As an old archive unpacks "café.txt": it ended as the program's fault when the report was
    whole and its manifest was to be written."""
    odd = os.fsdecode(b"caf\xe9.txt")
    (data / "raw" / odd).write_text("x", "utf-8")
    assert noted(data)["D081"].file == odd
    inputs = hash_files(data / "raw")
    write_files({data / MANIFEST: to_json({"outputs": inputs})})
    assert odd in inputs
    assert read_manifest(data)["outputs"] == inputs


def test_F01_tables_that_are_missing_are_named(data: Path) -> None:
    for table in ("survey", "agreements"):
        (data / "raw" / f"{table}.csv").unlink()
    assert noted(data)["D082"].value == "survey.csv, agreements.csv"


@pytest.mark.parametrize("table", ["checks", "figures"])
def test_F01_a_missing_table_that_a_row_or_a_sentence_needs_is_named(
    data_folder: Path, table: str
) -> None:
    (data_folder / "raw" / f"{table}.csv").unlink()
    with pytest.raises(DataError) as refusal:
        build_report(read_dataset(data_folder))
    codes = {fault.code: fault.value for fault in refusal.value.faults}
    assert codes["D082"] == f"{table}.csv"
    assert any(fault.level == "error" for fault in refusal.value.faults)


@pytest.mark.parametrize("rows", [None, 1])
def test_F01_a_table_whose_facts_the_texts_name_is_one_fault(
    data_folder: Path, rows: int | None
) -> None:
    """Missing, or with only its header: dozens of names were each told with another fact's name;
    a name that no table would state is still told where it stands."""
    path = data_folder / "raw" / "figures.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:rows]), "utf-8") if rows else path.unlink()
    with pytest.raises(DataError) as refusal:
        build_report(read_dataset(data_folder))
    (fault,) = [fault for fault in refusal.value.faults if fault.level == "error"]
    assert (fault.code, fault.value) == ("D082", "figures.csv")
    names = fault.details["names"].split(", ")
    assert len(names) == len({*names}) > 5
    assert "twinnings:europe" in names
    text = data_folder / "raw" / "texts" / "03_trends.sv.md"
    text.write_text(f"{text.read_text('utf-8')}\nI {{members:betta}} {{places_nwo}}.\n", "utf-8")
    with pytest.raises(DataError) as refusal:
        build_report(read_dataset(data_folder))
    errors = [fault for fault in refusal.value.faults if fault.level == "error"]
    assert [fault.code for fault in errors] == ["D082", "T001", "T001"]
    assert {fault.value for fault in errors[1:]} == {"members:betta", "places_nwo"}


@pytest.mark.parametrize("name", ["municipality.toml.txt", "Municipality.toml", "municipality.tml"])
def test_F01_municipality_toml_under_another_name_is_asked_about(data: Path, name: str) -> None:
    raw = data / "raw"
    (raw / "municipality.toml").rename(raw / "aside")
    (raw / "aside").rename(raw / name)
    fault = only(data, 2)
    assert (fault.code, fault.details["near"]) == ("C011", name)


def test_F02_folder_instead_of_file(data: Path) -> None:
    path = data / "raw" / "membership.csv"
    path.unlink()
    path.mkdir()
    assert place(only(data, 5)) == ("P001", "membership.csv", None, "")


def test_F02_a_pipe_is_no_file(data: Path) -> None:
    path = data / "raw" / "membership.csv"
    path.unlink()
    os.mkfifo(path)
    assert place(only(data, 5)) == ("P001", "membership.csv", None, "")


def test_F02_what_excel_and_the_system_leave_is_ignored(data: Path) -> None:
    for name in ("~$membership.xlsx", ".~lock.towns.csv#", ".DS_Store", "Thumbs.db", "README.md"):
        put(data, name, "x")
    assert noted(data) == {}


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b",,,\n,,,\n"])
def test_F03_empty_file(data: Path, content: bytes) -> None:
    """There is no blank form to link to: the header row itself is said."""
    put(data, "towns.csv", content)
    fault = only(data)
    assert place(fault) == ("D002", "towns.csv", None, "")
    assert str(fault.details["expected"]).startswith("town,name,")


@pytest.mark.parametrize(("table", "level"), [("towns", "error"), ("membership", "warning")])
def test_F04_header_only(data: Path, table: str, level: str) -> None:
    change(data, table, lambda text: text.split("\n")[0])
    found = refused(data)[0] if level == "error" else noted(data)["D003"]
    assert (place(found), found.level) == (("D003", f"{table}.csv", None, ""), level)


@pytest.mark.parametrize(
    ("encoding", "code"),
    [("utf-8-sig", "M001"), ("utf-16", "M002"), ("utf-16-le", "M002"), ("utf-16-be", "M002")],
)
def test_F05_F06_marked_and_unmarked_unicode(data: Path, encoding: str, code: str) -> None:
    before = tables(data)["activities"]
    change(data, "activities", str, encoding)
    assert tables(data)["activities"].equals(before)
    assert noted(data)[code].level == "repaired"


def test_F07_windows_1252(data: Path) -> None:
    before = tables(data)["activities"]
    change(data, "activities", str, "cp1252")
    assert tables(data)["activities"].equals(before)
    notes = noted(data)
    assert notes["M003"].level == "repaired"
    assert (notes["D053"].level, notes["D053"].value) == ("warning", "fråga.")


@pytest.mark.parametrize("sign", [*"ß´•×²ñç«»Šžïë–…€°", "”ord”", "Vests’"])
def test_F07_ordinary_signs_of_windows_1252(data: Path, sign: str) -> None:
    swap(data, "activities", "En fråga.", f"En fråga {sign} om Straße: a{sign.strip('”')}e.")
    change(data, "activities", str, "cp1252")
    assert sign in tables(data)["activities"].at[3, "text_sv"]


def test_F07_thousands_with_a_blank_of_windows_1252(data: Path) -> None:
    swap(data, "support", "10 000", "10\u00a0000")
    change(data, "support", str, "cp1252")
    assert tables(data)["support"].at[2, "amount"] == "10 000 DKK"
    assert set(noted(data)) == {"M003", "D053", "M007"}


@pytest.mark.parametrize(("encoding", "name"), [("mac_roman", "Mac Roman"), ("cp850", "CP850")])
@pytest.mark.parametrize(
    "word", ["Växjö", "Malmö", "Åmål", "Grönland", "Tórshavn, Færøerne", "ÖREBRO"]
)
def test_F08_mac_roman_and_cp850(data: Path, encoding: str, name: str, word: str) -> None:
    swap(data, "towns", ",Beta,", f',"{word}",')
    change(data, "towns", str, encoding)
    fault = only(data)
    assert (place(fault), fault.details["near"]) == (("D004", "towns.csv", None, ""), name)


def test_a_letter_of_another_encoding_is_named_by_its_row(data: Path) -> None:
    path = data / "raw" / "activities.csv"
    content = path.read_bytes().replace(b"Ingen kontakt.", "Ingen på bes\u00f6k.".encode())
    path.write_bytes(content.replace("fråga".encode(), "fråga, f\u00f6rr".encode("cp1252"))
                     .replace(b"fr\xe5ga", "fråga".encode()))  # fmt: skip
    fault = only(data)
    assert place(fault) == ("D004", "activities.csv", 3, "")
    assert "near" not in fault.details


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\0", "D004"),
        ("town,event\n".encode("utf-16-le")[:-1], "D004"),
        (b'town,event\n"a,b\rc",\n', "D070"),
    ],
)
def test_a_file_cut_off_or_with_a_stray_line_end_is_refused(
    data: Path, content: bytes, code: str
) -> None:
    (data / "raw" / "chain.csv").write_bytes(content)
    assert only(data).code == code


@pytest.mark.parametrize("kind", GARBLED)
def test_F09_double_encoded(data: Path, kind: str) -> None:
    swap(data, "towns", "Beta", GARBLED[kind])
    fault = only(data)
    assert place(fault) == ("D011", "towns.csv", 3, "name")
    assert fault.details["near"] in ("Väst", "Vest – by", "Vest Þor", "Åre Väst")


@pytest.mark.parametrize(
    "word",
    ["BORGÅ–HERNING", "”Å”", "Ä – Ö", "Šibenik", "Niš", "10 °C", "é»", "Åre’s", "Ærø", "Þórshöfn"],
)
def test_F09_letters_that_are_meant_are_left_alone(data: Path, word: str) -> None:
    swap(data, "towns", "Beta", word)
    assert tables(data)["towns"].at[3, "name"] == word


def test_F10_letters_lost(data: Path) -> None:
    swap(data, "towns", "Beta", "B\ufffdta")
    assert place(only(data)) == ("D012", "towns.csv", 3, "name")


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b"])
def test_F11_control_characters(data: Path, sign: str) -> None:
    swap(data, "towns", "Beta", f"B{sign}ta")
    assert place(only(data)) == ("D010", "towns.csv", 3, "name")


@pytest.mark.parametrize(("end", "said"), [("\r\n", "CRLF"), ("\r", "CR")])
def test_F12_line_ends(data: Path, end: str, said: str) -> None:
    before = tables(data)["towns"]
    change(data, "towns", lambda text: text.replace("\n", end))
    assert tables(data)["towns"].equals(before)
    assert (noted(data)["M013"].value, noted(data)["M013"].level) == (said, "repaired")


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_F13_other_separators(data: Path, mark: str) -> None:
    before = tables(data)["membership"]
    change(data, "membership", lambda text: text.replace(",", mark))
    assert tables(data)["membership"].equals(before)
    assert noted(data)["M004"].value == ("tab" if mark == "\t" else mark)


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
def test_F14_a_row_that_names_the_separator(data: Path, first: str) -> None:
    change(data, "membership", lambda text: f"{first}\r\n" + text.replace(",", ";"))
    assert {"M004", "M005"} <= set(noted(data))
    assert tables(data)["membership"].index[0] == 3  # as a spreadsheet shows it


def test_F14_a_quoted_row_that_names_the_comma(data: Path) -> None:
    change(data, "membership", lambda text: f'"sep=,"\n{text}')
    assert set(noted(data)) == {"M005"}


@pytest.mark.parametrize("zeros", [101, 102])
def test_F15_a_file_that_a_power_cut_left_half_empty(data: Path, zeros: int) -> None:
    change(data, "membership", lambda text: text[:99] + "åäö" + "\0" * zeros)
    assert place(only(data)) == ("D072", "membership.csv", None, "")


@pytest.mark.parametrize("rows", [50_001, 900_000])
def test_F15_too_large(data: Path, rows: int) -> None:
    """There is no option that lifts the limit: no table of a chain is near it."""
    change(data, "membership", lambda text: text + "beta,2013,200,table,,\n" * rows)
    fault = only(data)
    assert place(fault) == ("D035", "membership.csv", None, "")
    assert fault.details["near"]


@pytest.mark.parametrize("cell", ["A1000000", "XFD3"])
def test_F15_a_cell_far_from_the_table(data: Path, cell: str) -> None:
    book = workbook(data, "membership")
    book.active[cell] = "-"
    save(data, "membership", book)
    fault = only(data)
    assert place(fault) == ("D035", "membership.xlsx", None, "")
    assert fault.value == {"A1000000": "A1:F1000000", "XFD3": "A1:XFD7"}[cell]


def _packed(data: Path, part: str, content: bytes) -> None:
    """A workbook one part of which is something else."""
    made = save(data, "membership", workbook(data, "membership"))
    with zipfile.ZipFile(made) as old:
        parts = {name: old.read(name) for name in old.namelist()} | {part: content}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name, said in parts.items():
            new.writestr(name, said)


@pytest.mark.parametrize("megabytes", [5, 60])
def test_F16_a_bomb(data: Path, megabytes: int) -> None:
    _packed(data, "xl/media/image1.xml", b" " * megabytes * 1_000_000)
    fault = only(data)
    assert place(fault) == ("D074", "membership.xlsx", None, "")
    assert fault.details["found"] == f"{megabytes} MB"


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods", "numbers", "xlsm"])
def test_F17_other_spreadsheets(data: Path, kind: str) -> None:
    (data / "raw" / "membership.csv").rename(data / "raw" / f"membership.{kind}")
    fault = only(data)
    assert place(fault) == ("D041", "membership.csv", None, "")
    assert fault.details["near"] == f"membership.{kind}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><table>", "HTML"),
        (b"\n<?xml version='1.0'?>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b'[{"town": "beta"}]', "JSON"),
        (b'{"town": "beta"}', "JSON"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "Excel (.xls)"),
    ],
)
@pytest.mark.parametrize("name", ["membership.csv", "membership.xlsx"])
def test_F18_of_another_kind(data: Path, content: bytes, kind: str, name: str) -> None:
    (data / "raw" / "membership.csv").unlink()
    put(data, name, content)
    fault = only(data)
    assert (place(fault), fault.value) == (("D005", name, None, ""), kind)


def test_F18_a_workbook_called_csv(data: Path) -> None:
    save(data, "membership", workbook(data, "membership")).rename(data / "raw" / "membership.csv")
    assert (only(data).code, only(data).value) == ("D005", "Excel (.xlsx)")


def test_F18_a_csv_file_called_xlsx(data: Path) -> None:
    (data / "raw" / "membership.csv").rename(data / "raw" / "membership.xlsx")
    fault = only(data)
    assert (place(fault), fault.value) == (("D005", "membership.xlsx", None, ""), "CSV")


@pytest.mark.parametrize("part", ["content.xml", "xl/workbook.bin", "Index/Document.iwa"])
def test_F18_another_spreadsheet_called_xlsx(data: Path, part: str) -> None:
    (data / "raw" / "membership.csv").unlink()
    with zipfile.ZipFile(data / "raw" / "membership.xlsx", "w") as book:
        book.writestr(part, "x")
    assert only(data).code == "D005"


def test_F19_protected_by_a_password(data: Path) -> None:
    (data / "raw" / "membership.csv").unlink()
    inside = "EncryptedPackage".encode("utf-16-le")
    put(data, "membership.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + inside)
    assert place(only(data)) == ("D073", "membership.xlsx", None, "")


@pytest.mark.parametrize("kept", [4, 100, 2000, -30])
def test_F20_cut_off(data: Path, kept: int) -> None:
    path = save(data, "membership", workbook(data, "membership"))
    path.write_bytes(path.read_bytes()[:kept])
    assert place(only(data)) == ("D072", "membership.xlsx", None, "")


def test_F20_a_zip_whose_parts_are_no_workbook(data: Path) -> None:
    _packed(data, "xl/workbook.xml", b"<workbook>")
    assert place(only(data)) == ("D072", "membership.xlsx", None, "")


@pytest.mark.parametrize("other", ["membership.xlsx", "membership.ods", "Membership.CSV"])
def test_F21_two_files_for_one_table(data: Path, other: str) -> None:
    put(data, other, (data / "raw" / "membership.csv").read_bytes())
    fault = only(data)
    assert fault.code == "D080"
    assert fault.details["found"] == ", ".join(sorted([other, "membership.csv"]))


@pytest.mark.parametrize("name", ["Membership.CSV", "MEMBERSHIP.csv"])
def test_F22_the_case_of_a_file_name(data: Path, name: str) -> None:
    """Read, and not asked about: on Windows and a Mac it is the same file."""
    before = tables(data)["membership"]
    (data / "raw" / "membership.csv").rename(data / "raw" / name)
    assert tables(data)["membership"].equals(before)
    note = noted(data)["M016"]
    assert (note.file, note.level) == (name, "repaired")


def test_F22_a_folder_whose_name_is_decomposed(data: Path) -> None:
    there = data.rename(data.with_name(unicodedata.normalize("NFD", "Vänersborg")))
    assert noted(there) == {}


@pytest.mark.parametrize("name", ["membership.csv", "municipality.toml"])
@pytest.mark.parametrize("to", ["outside", "nowhere", "itself"])
def test_F23_links_out_of_the_folder(data: Path, tmp_path: Path, name: str, to: str) -> None:
    """Always refused: a copy of the file costs nothing, and an option that lets a shared folder
    point anywhere on the disk would be used by habit."""
    path = data / "raw" / name
    outside = shutil.move(path, tmp_path / "outside")
    path.symlink_to({"outside": outside, "nowhere": tmp_path / "none", "itself": path}[to])
    assert place(only(data)) == ("D083", name, None, "")


def test_F23_links_within_the_folder_and_to_it(data: Path, tmp_path: Path) -> None:
    raw = data / "raw"
    shutil.move(raw / "membership.csv", raw / ".kept.csv")
    (raw / "membership.csv").symlink_to(raw / ".kept.csv")
    (tmp_path / "link").symlink_to(data)
    assert noted(tmp_path / "link") == {}


@contextmanager
def _rights_hold() -> Iterator[None]:
    """Rights hold back nobody who is root, unless it gives up what lets it pass over them."""
    if os.geteuid():
        yield
        return
    libc, version = ctypes.CDLL(None), 0x20080522  # of capset(2)
    head, own = (ctypes.c_uint32 * 2)(version, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, own) == 0
    less = (ctypes.c_uint32 * 6)(own[0] & ~0b110, *own[1:])  # CAP_DAC_OVERRIDE and _READ_SEARCH
    assert libc.capset(head, less) == 0
    try:
        yield
    finally:
        libc.capset(head, own)


def _refuses_without_right(data: Path, name: str) -> bool:
    """Whether data in which a file or folder may not be read are refused."""
    (data / "raw" / name).chmod(0)
    try:
        with _rights_hold():
            return place(only(data, 5)) == ("P002", name or "raw", None, "")
    finally:
        (data / "raw" / name).chmod(0o755)


@pytest.mark.parametrize("name", ["membership.csv", "municipality.toml", ""])
def test_F24_no_right_to_read(data: Path, name: str) -> None:
    assert _refuses_without_right(data, name)


@pytest.mark.parametrize("name", ["texts", "texts/05_background.sv.md"])
def test_F24_no_right_to_read_a_text(name: str, data_folder: Path) -> None:
    assert _refuses_without_right(data_folder, name)


@pytest.mark.parametrize("name", ["05_background.sv.md", "membership.csv"])
def test_F02_a_folder_among_the_texts_is_no_text(data: Path, name: str) -> None:
    (data / "raw" / "texts" / name).mkdir(parents=True)
    assert place(only(data, 5)) == ("P001", f"texts/{name}", None, "")


def test_F02_an_archive_among_the_texts_is_not_read_and_told(data: Path) -> None:
    (data / "raw" / "texts" / "2013").mkdir(parents=True)
    notes = {(note.code, note.file) for note in read_dataset(data).notes}
    assert ("D081", "raw/texts/2013") in notes


@pytest.mark.parametrize("data", ["x" * 5000, "~nobody-of-that-name/x", "a\0b"])
def test_F24_a_folder_that_there_cannot_be(data: str) -> None:
    with pytest.raises(CommandError) as refusal:
        read_dataset(data)
    assert refusal.value.faults[0].code == "C010"


def test_the_files_are_read_and_never_written(data: Path) -> None:
    change(data, "activities", str, "cp1252")
    save(data, "membership", workbook(data, "membership"))
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    read_dataset(data)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_every_file_is_told_of_at_once(data: Path) -> None:
    put(data, "towns.csv", b"")
    put(data, "membership.csv", b"%PDF")
    (data / "raw" / "chain.csv").unlink()
    with pytest.raises(DataError) as refusal:
        read_dataset(data)
    codes = [fault.code for fault in refusal.value.faults]
    assert codes == ["D001", "D005", "C017", "D002"]


def test_what_is_wrong_hides_nothing_else_of_the_folder(data: Path) -> None:
    """Errors of files and of cells, warnings and repairs: whoever mends one sees all the others."""
    put(data, "chain.csv", b"%PDF")
    put(data, "notes.docx", b"x")
    swap(data, "membership", "beta,2013,200", "beta,2013,sjuttio")
    change(data, "activities", lambda text: text.replace("\n", "\r\n"))
    with pytest.raises(DataError) as refusal:
        read_dataset(data)
    told = {(fault.level, fault.code, fault.file) for fault in refusal.value.faults}
    assert told == {
        *(("error", "D005", "chain.csv"), ("error", "D014", "membership.csv")),
        *(("warning", "D081", "notes.docx"), ("warning", "C017", "municipality.toml")),
        ("repaired", "M013", "activities.csv"),
    }
