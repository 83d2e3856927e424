"""F74–F77: what is typed wrong is said, with exit code 2, and nothing typed becomes a path or code;
F78, the settings, is in `test_settings.py`."""

from pathlib import Path

import nbformat
import pytest
from papermill.parameterize import parameterize_notebook

from tests import chain
from tests.test_cli import run
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import BuildError, CommandError, UserError
from vanort_analysis.language import escape_control
from vanort_analysis.publish.recipe import Order
from vanort_analysis.publish.run import execute_notebook, read_list

STRANGE = (
    "../../evil",
    "/etc",
    "CON",
    "a/b",
    "a:b*",
    "x.",
    "x" * 300,
    "x" * 5000,
    "🙂",
    "~nouser/x",
)
HOSTILE = "\x1b[31m\x07"


def test_F74_a_misspelt_parameter_is_asked_about(capsys, tmp_path: Path) -> None:
    code, _, err = run(["report", "--yaer", "2014"], capsys)
    assert code == 2
    assert "--year" in err
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("year = 2014")])
    notebook.cells[0].metadata["tags"] = ["parameters"]
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "P"}
    nbformat.write(notebook, tmp_path / "x.ipynb")
    with pytest.raises(BuildError):
        execute_notebook(tmp_path / "x.ipynb", {"yaer": 2014})


@pytest.mark.parametrize("year", ["-5", "0", "2014.5", "2²"])
def test_F75_a_year_is_a_number(year: str, data: Path, capsys) -> None:
    code, _, err = run(["report", "--year", year, "--data", str(data)], capsys)
    assert code == 2
    assert "C004" in err


@pytest.mark.parametrize("year", ["1800", "2031", "99999"])
def test_F75_a_year_nobody_could_know_of_names_those_there_are(
    year: str, data: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    words = ["report", "--year", year, "--data", str(data), "--out", str(out)]
    code, _, err = run(words, capsys)
    years = read_dataset(data).years
    assert code == 2
    assert f"{years[0]}–{years[-1]}" in err
    assert not out.exists()


@pytest.mark.parametrize("name", STRANGE)
def test_F76_what_is_typed_never_becomes_a_path(name: str, tmp_path: Path, capsys) -> None:
    out = tmp_path / "below" / "out"
    for option in ("--language", "--data"):
        code, _, err = run(["report", option, name, "--out", str(out)], capsys)
        assert code == 2, err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--data", "--out", "--language"])
def test_F76_an_option_that_is_given_empty_is_not_left_out(option: str, capsys) -> None:
    code, _, err = run(["report", option, ""], capsys)
    assert (code, "C021" in err) == (2, True)


@pytest.mark.parametrize("language", [".", "..", "sv/en", "sv/../..", "xx"])
def test_F76_a_language_of_a_list_never_becomes_a_path(
    language: str, data: Path, tmp_path: Path, capsys
) -> None:
    """`.` once emptied the whole folder of reports."""
    kept = tmp_path / "out" / "data" / "2014" / "sv" / "kept.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("kept")
    path = tmp_path / "list.csv"
    path.write_text(f"data,year,language\n{data},2014,sv\n{data},2014,{language}\n")
    code, out, err = run(["batch", str(path), "--out", str(tmp_path / "out")], capsys)
    assert (code, out) == (3, "")
    assert "D023  list.csv, rad 3, kolumn ”language”" in err
    assert f"”{language}”" in err
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == [kept]
    with pytest.raises(CommandError):
        Order(data, 2014, language, tmp_path / "out")


def test_F76_no_folder_of_a_list_and_no_home_lies_outside(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("data,year,language\ns3://bucket/..,2020,sv\ns3://bucket/a:b*,2020,sv\n")
    assert not {row.name for row in read_list(path)[0]} & {"", ".", "..", "a:b*"}
    folder = chain.folder(tmp_path / "data")
    settings = folder / "raw" / "municipality.toml"
    settings.write_text(settings.read_text("utf-8").replace('"alfa"', '"../alfa"'), "utf-8")
    with pytest.raises(UserError) as refused:
        read_dataset(folder)
    assert "C014" in [fault.code for fault in refused.value.faults]


@pytest.mark.parametrize("value", ["'; import os #", '"""', "\\", "a\nb", "${x}", "{year}"])
def test_F77_a_parameter_is_data_and_never_code(value: str) -> None:
    cell = nbformat.v4.new_code_cell('data = ""', metadata={"tags": ["parameters"]})
    about = {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=about | {"papermill": {}})
    found: dict[str, object] = {}
    for cell in parameterize_notebook(notebook, {"data": value}).cells:
        exec(cell.source, found)  # as the notebook does
    assert found["data"] == value
    assert "os" not in found


def test_nothing_that_acts_reaches_a_terminal(tmp_path: Path, capsys) -> None:
    folder = chain.folder(tmp_path / f"data{HOSTILE}")
    commands = [["check", "--data", str(folder)]]
    commands += [[*words, HOSTILE] for words in (["check", "--data"], ["report", "--language"])]
    commands += [["verify", HOSTILE], ["batch", HOSTILE], [HOSTILE], ["check", f"--{HOSTILE}"]]
    for words in commands:
        _, out, err = run(words, capsys)
        assert escape_control(HOSTILE, 60) in out + err, words
        assert not set(out + err) & set(HOSTILE[:1] + HOSTILE[-1:])
    membership = folder / "raw" / "membership.csv"
    text = membership.read_text("utf-8").replace("members", f"members{HOSTILE}", 1)
    membership.write_text(text.replace("100", f"100{HOSTILE}", 1), "utf-8")
    (folder / "raw" / f"x{HOSTILE}").touch()
    for words in (["check"], ["check", "--json"]):
        code, out, err = run([*words, "--data", str(folder)], capsys)
        assert code == 3
        assert not set(out + err) & set(HOSTILE[:1] + HOSTILE[-1:])
