"""Commands as a user types them: what is wrong is said in words, and nothing is written."""

import subprocess
import sys
from pathlib import Path

import pytest

from . import chain


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vanort_analysis", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_check_says_what_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    data = chain.folder(tmp_path / "data")
    table = data / "raw" / "membership.csv"
    table.write_text(table.read_text("utf-8").replace("200", "sjuttio"), encoding="utf-8")
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    said = run("check", "--data", str(data))
    assert said.returncode == 3
    for part in ("D014", "membership.csv", "4", "members", "sjuttio"):
        assert part in said.stderr
    assert "Traceback" not in said.stderr
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_check_on_good_data_says_so() -> None:
    said = run("check")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("report", "--yaer", "2014"), "--year"),
        (("reprot",), "report"),
        (("report", "--language", "de"), "sv"),
        (("report", "--year", "1066"), "2007"),
        (("report", "--year", "x"), ""),
        (("check", "--data", "nowhere"), "raw"),
    ],
)
def test_a_wrong_command_is_an_error_before_anything_runs(
    words: tuple[str, ...], near: str, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out")) if words[0] == "report" else ()
    said = run(*words, *out)
    assert said.returncode == 2
    assert near in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "out").exists()
