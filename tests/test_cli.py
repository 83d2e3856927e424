"""The commands: what is typed wrong is said in words, with the cure and an exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from vanort_analysis import cli, publish
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.language import Text
from vanort_analysis.publish import recipe

from . import chain
from .test_languages import CURES
from .test_run import MEMO, SHOWS, notebook

HEAVY = {"pandas", "matplotlib", "geopandas", "papermill", "babel", "typst", "nbconvert"}


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit code of a command, and what it said on both streams."""
    code = 0
    try:
        cli.main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["report", "--yaer", "2014"], 2, ["C001", "--yaer", "--year"]),
        (["reprot"], 2, ["C001", "report"]),
        (["report", "--year", "tjugo"], 2, ["C004", "tjugo"]),
        (["report", "--year=tjugo"], 2, ["C004", "tjugo"]),
        (["report", "--language"], 2, ["C021", "--language"]),
        (["report", "--language", "xx"], 2, ["C021", "xx", "sv"]),
        (["report", "--year", "1800", "--language", "sv"], 2, ["C003", "1800"]),
        (["check", "--data", "no-such-folder"], 2, ["C010", "no-such-folder"]),
        (["report", "--forms", "pdf"], 2, ["C021", "pdf", "pages"]),
        (["batch", "no-such-list.csv"], 2, ["C021", "no-such-list.csv"]),
        (["verify", "no-such-folder"], 2, ["C021", "no-such-folder"]),
        (["verify"], 2, ["C021", "verify"]),
    ],
)
def test_what_is_typed_wrong_is_said_and_nothing_is_made(
    words: list[str], code: int, said: list[str], capsys
) -> None:
    ended, out, err = run(words, capsys)
    assert ended == code
    assert [word for word in said if word not in err] == []
    assert "Traceback" not in err
    assert not out


def test_the_language_asked_for_is_spoken_in_faults_too(capsys) -> None:
    swedish = run(["report", "--year", "1800", "--language", "sv"], capsys)[2]
    english = run(["report", "--year", "1800", "--language", "en"], capsys)[2]
    assert CURES["sv"] in swedish
    assert CURES["en"] in english


@pytest.mark.parametrize(
    ("own", "asked", "spoken"),
    [("sv", [], "sv"), ("en", [], "en"), ("sv", ["--language", "en"], "en")],
)
def test_a_batch_speaks_the_language_asked_for_else_that_of_its_data(
    own: str, asked: list[str], spoken: str, tmp_path: Path, capsys
) -> None:
    settings = chain.folder(tmp_path / "data") / "raw" / "municipality.toml"
    settings.write_text(f'[municipality]\nhome = "hemma"\n[report]\nlanguage = "{own}"\n')
    (tmp_path / "list.csv").write_text("data,year,language,note\ndata,1800,en,old\n")
    words = ["batch", str(tmp_path / "list.csv"), "--out", str(tmp_path / "out"), *asked]
    code, out, err = run(words, capsys)
    assert code == 4
    assert Text(spoken).plain("fault.warning") + " D050" in err  # a column that nobody reads
    last = Text(spoken).plain("cli.batch", {"count": 1, "failed": 1})
    assert out.splitlines()[-1] == last


def test_a_report_is_made_in_each_language_then_left_alone_and_made_anew_if_forced(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    """The municipality's own language first; of one small page, and no form but the pages."""
    notebook(tmp_path / f"{MEMO}.ipynb", 'year = 0\nlanguage = ""\ndata = ""', SHOWS)
    monkeypatch.setattr(recipe, "Order", partial(recipe.Order, notebooks=tmp_path))
    data, made = chain.folder(tmp_path / "data"), tmp_path / "out" / "2014"
    words = ["report", "--data", str(data), "--out", str(tmp_path / "out"), "--forms", "pages"]
    folders = [made / language for language in ("sv", "en")]

    def told(key: str) -> list[str]:
        return [Text(of.name).plain(key, {"path": of / "index.html"}) for of in folders]

    def stamps() -> list[int]:
        return [(folder / "manifest.json").stat().st_mtime_ns for folder in folders]

    code, out, _ = run(words, capsys)
    notes = len(read_dataset(data).notes)
    assert (code, out.splitlines()) == (
        *(0, [Text("sv").plain("cli.notes", {"count": notes}), *told("cli.done")]),
    )
    assert not (made / "sv" / "data").exists()
    before = stamps()
    assert run(words, capsys)[:2] == (0, "\n".join([*told("cli.unchanged"), ""]))
    assert stamps() == before
    assert run([*words, "--force"], capsys)[1].splitlines()[1:] == told("cli.done")
    assert all(new > old for new, old in zip(stamps(), before, strict=True))


def test_a_row_that_fails_is_named_on_both_streams(tmp_path, capsys) -> None:
    (tmp_path / "list.csv").write_text("data,year,language\nnowhere,1800,sv\n")
    code, out, err = run(
        ["batch", str(tmp_path / "list.csv"), "--out", str(tmp_path / "out")], capsys
    )
    assert code == 4
    assert f"1800 sv  {tmp_path / 'nowhere'}" in out
    assert f"1800 sv  {tmp_path / 'nowhere'}" in err


@pytest.mark.parametrize(("data", "out"), [("s3://bucket/lund", "out"), ("lund", "s3://bucket")])
def test_an_address_of_a_store_needs_a_cluster(data: str, out: str, tmp_path, capsys) -> None:
    (tmp_path / "list.csv").write_text(f"data,year,language\n{data},2020,sv\n")
    code, said, err = run(["batch", str(tmp_path / "list.csv"), "--out", out], capsys)
    assert (code, said) == (2, "")
    assert "C024" in err
    assert "--dask" in err


def test_a_data_folder_is_looked_over_and_nothing_is_written(data_folder: Path, capsys) -> None:
    before = {path: path.read_bytes() for path in data_folder.rglob("*") if path.is_file()}
    code, out, err = run(["check", "--data", str(data_folder)], capsys)
    assert (code, err) == (0, "")
    assert "Inga fel" in out
    assert {p: p.read_bytes() for p in data_folder.rglob("*") if p.is_file()} == before
    membership = data_folder / "raw" / "membership.csv"
    membership.write_text(membership.read_text("utf-8").replace("340", "trehundra"), "utf-8")
    code, out, err = run(["check", "--data", str(data_folder), "--language", "en"], capsys)
    assert code == 3
    assert "membership.csv" in err
    assert "trehundra" in err


def test_what_a_check_finds_is_a_list_for_people_programs_and_excel(tmp_path, capsys) -> None:
    folder = chain.folder(tmp_path / "data")
    words = ["check", "--data", str(folder)]
    code, out, _ = run([*words, "--unused", "--strict"], capsys)
    assert code == 1  # there are warnings
    assert "membership.csv" in out
    assert tuple(re.findall(r"[0-9]+", out.splitlines()[-1]))[:2] > ("0", "1")  # by class
    membership = folder / "raw" / "membership.csv"
    text = membership.read_text("utf-8").replace("alfa,2013,100", "alfa,2013,=1+1", 1)
    membership.write_text(text, "utf-8")
    code, out, _ = run([*words, "--json"], capsys)
    (wrong,) = [fault for fault in json.loads(out) if fault["level"] == "error"]
    assert (code, wrong["file"], wrong["row"], wrong["value"]) == (3, "membership.csv", 2, "=1+1")
    assert run([*words, "--csv", str(tmp_path / "list.csv")], capsys)[0] == 3
    listed = (tmp_path / "list.csv").read_text("utf-8-sig")
    assert ";'=1+1;" in listed  # as text, in the columns of a Swedish Excel


PIPE = pytest.param(
    "pipe", marks=pytest.mark.skipif(os.name != "posix", reason="There are no pipes with a name.")
)


@pytest.mark.parametrize(
    "name", ["data/raw/membership.csv", "data/raw/new.csv", "other.csv", "folder", PIPE]
)
def test_the_list_of_a_check_never_takes_the_place_of_a_table(name: str, tmp_path, capsys) -> None:
    """Nor of what is no file: by its rename /dev/null became one."""
    raw = chain.folder(tmp_path / "data") / "raw"
    (tmp_path / "folder").mkdir()
    if name == "pipe":
        os.mkfifo(tmp_path / name)
    (tmp_path / "other.csv").write_bytes((raw / "membership.csv").read_bytes())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    words = ["check", "--data", str(raw.parent), "--csv", str(tmp_path / name)]
    code, out, err = run(words, capsys)
    assert (code, out) == (2, "")
    assert ("C025" if "raw" in name else "C026") in err
    assert name in err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_the_list_of_a_check_takes_the_place_of_an_earlier_one(tmp_path, capsys) -> None:
    data, listed = chain.folder(tmp_path / "data"), tmp_path / "list.csv"
    listed.touch()
    for language, separator in (("sv", ";"), ("en", ","), ("sv", ";")):
        words = ["check", "--data", str(data), "--csv", str(listed), "--language", language]
        assert run(words, capsys)[0] == 0
        assert listed.read_text("utf-8-sig").startswith(f"level{separator}code")


@pytest.mark.parametrize("place", ["data", "data/raw", "data/raw/below", "data/../data/raw"])
@pytest.mark.parametrize("command", ["report", "batch"])
def test_no_report_is_made_among_the_tables_it_is_made_from(
    command: str, place: str, tmp_path, capsys
) -> None:
    """Nor among those of another row of a list."""
    chain.folder(tmp_path / "data")
    (tmp_path / "list.csv").write_text("data,year,language\nelsewhere,2014,sv\ndata,2014,sv\n")
    words = {"report": ["--data", str(tmp_path / "data")], "batch": [str(tmp_path / "list.csv")]}
    before = {*tmp_path.rglob("*")}
    code, out, err = run([command, *words[command], "--out", str(tmp_path / place)], capsys)
    assert (code, out) == (2, "")
    assert "C025" in err
    assert {*tmp_path.rglob("*")} == before


def test_the_reports_of_a_list_are_not_made_in_a_data_folder_beside_it(tmp_path, capsys) -> None:
    chain.folder(tmp_path / "invented")
    (tmp_path / "list.csv").write_text("data,year,language\ninvented,2014,sv\n")
    before = {*tmp_path.rglob("*")}
    code, out, err = run(["batch", str(tmp_path / "list.csv"), "--out", str(tmp_path)], capsys)
    assert (code, out) == (2, "")
    assert "C025" in err
    assert {*tmp_path.rglob("*")} == before


def test_a_check_lists_all_it_finds_as_a_table(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    raw = chain.folder(tmp_path / "data") / "raw"
    for mended in (raw / "chain.csv", raw / "towns.csv"):
        mended.write_bytes(mended.read_bytes().replace(b"\n", b"\r\n"))
    membership = raw / "membership.csv"
    membership.write_text(membership.read_text("utf-8").replace("2013,200", "2013,tio"), "utf-8")
    code, _, err = run(["check", "--data", str(raw.parent), "--language", "en"], capsys)
    head, *rows, counts = err.splitlines()
    at = [head.index(name) for name in ("File", "Row", "Column", "Value", "What")]
    assert {line[: at[0]].strip() for line in rows} >= {"ERROR D014", "CORRECTED M013"}
    first, *others = rows
    assert [row for row in others if row.startswith("ERROR")] == []
    cells = [first[start:end].strip() for start, end in pairwise(at)]
    assert (code, cells) == (3, ["membership.csv", "4", "members", "tio"])
    assert max(map(len, rows)) <= 110
    assert re.findall("[0-9]+", counts)[0] == "1"
    assert all(number != "0" for number in re.findall("[0-9]+", counts))


@pytest.mark.parametrize(
    ("settings", "code"), [('year = 2014\nlanguage = "de"', "C013"), ("made = [2014]", "C022")]
)
def test_settings_that_give_no_report_are_refused_before_anything_is_written(
    settings: str, code: str, tmp_path: Path, capsys
) -> None:
    raw = chain.folder(tmp_path / "data") / "raw"
    about = f'[municipality]\nhome = "{chain.HOME}"\n[report]\n{settings}\n'
    (raw / "municipality.toml").write_text(about, "utf-8")
    words = ["report", "--data", str(raw.parent), "--out", str(tmp_path / "out")]
    ended, _, err = run([*words, "--forms", "pages"], capsys)
    assert (ended, code in err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_long_list_is_whole(tmp_path, capsys) -> None:
    raw = chain.folder(tmp_path / "data") / "raw"
    head, *rows = (raw / "towns.csv").read_text("utf-8").splitlines()
    names = [f"x{number}" for number in range(60)]
    lines = [",".join([head, *names]), *(row + ",-" * len(names) for row in rows)]
    (raw / "towns.csv").write_text("\n".join(lines), "utf-8")
    code, out, _ = run(["check", "--data", str(raw.parent)], capsys)
    assert code == 0
    assert set(names) <= set(out.split())


def test_a_check_finds_what_a_report_of_a_later_year_would_stop_at(tmp_path, capsys) -> None:
    raw = chain.folder(tmp_path / "data") / "raw"
    more = {"sources": "other,Other,,history,,2020,published,4,,false,,,\n"}
    more["membership"] = "gamma,2019,50,late,,\ngamma,2019,51,other,,\n"
    for table, rows in more.items():
        path = raw / f"{table}.csv"
        path.write_text(path.read_text("utf-8") + rows, "utf-8")
    code, _, err = run(["check", "--data", str(raw.parent)], capsys)
    assert (code, "D030" in err) == (3, True)


def test_a_link_to_itself_is_no_fault_of_ours(tmp_path, capfd) -> None:
    data, loop = chain.folder(tmp_path / "data"), tmp_path / "loop"
    loop.symlink_to(loop.name)
    code, _, err = run(["report", "--out", str(loop), "--data", str(data)], capfd)
    assert (code, f"P003  {loop}" in err) == (5, True)


def test_a_check_counts_the_tables_that_were_read_and_the_rows_that_wait(tmp_path, capsys) -> None:
    raw = chain.folder(tmp_path / "data") / "raw"
    for name in ("checks", "recommendations"):
        (raw / f"{name}.csv").unlink()
    membership = raw / "membership.csv"
    more = "beta,2019,210,late,,\ndelta,2019,25,late,,\n"
    membership.write_text(membership.read_text("utf-8") + more, "utf-8")
    _, out, _ = run(["check", "--data", str(raw.parent)], capsys)
    checked, waiting, _ = out.splitlines()[-3:]
    assert f": {len(list(raw.glob('*.csv')))}." in checked
    assert re.findall(r"\d+", waiting) == ["2014", "2020", "2"]


def test_a_long_cell_does_not_fill_the_console(tmp_path, capsys) -> None:
    raw = chain.folder(tmp_path / "data") / "raw"
    membership = raw / "membership.csv"
    text = membership.read_text("utf-8").replace("alfa,2013,100", f"alfa,2013,{'många ' * 900}")
    membership.write_text(text, "utf-8")
    err = run(["check", "--data", str(raw.parent)], capsys)[2]
    lines = enumerate(err.splitlines())
    first, second, *_ = (at for at, line in lines if re.search(r" [CD]\d{3} ", line))
    assert 1 < second - first <= 12


def test_a_fault_of_ours_is_one_sentence_and_a_log(capsys, monkeypatch) -> None:
    def fails(**_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(cli.commands.commands["check"], "callback", fails)
    code, _, err = run(["check"], capsys)
    assert code == 4
    assert "B012" in err
    assert "ZeroDivisionError" not in err
    log = Path(re.search("”(.*[.]log)”", err)[1])
    assert "ZeroDivisionError: oh" in log.read_text("utf-8")
    log.unlink()


def test_a_fault_of_ours_in_a_list_has_a_log_too(tmp_path, capsys, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(publish.run.recipe, "is_up_to_date", fails)
    (tmp_path / "list.csv").write_text("data,year,language\nnowhere,1800,sv\n")
    code, out, err = run(
        ["batch", str(tmp_path / "list.csv"), "--out", str(tmp_path / "out")], capsys
    )
    assert code == 4
    assert "B012" in err
    assert "ZeroDivisionError" not in out + err
    log = Path(re.search("”(.*[.]log)”", err)[1])
    said = log.read_text("utf-8")
    assert "ZeroDivisionError: oh" in said
    assert "in fails" in said
    log.unlink()


def test_an_interrupt_that_is_to_be_ignored_is_still_ignored(capsys) -> None:
    """As a shell has it of what runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run(["--help"], capsys)[0] == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"], ["report", "--yaer"]])
def test_help_answers_without_the_libraries(words: list[str]) -> None:
    script = (
        "import sys, click; from vanort_analysis import cli\n"
        f"try: cli.commands({words!r}, standalone_mode=False)\n"
        "except click.UsageError: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert HEAVY.isdisjoint(done.stdout.splitlines()[-1].split())
