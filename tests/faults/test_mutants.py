"""Each kind of damage done once to the project's own data: nothing wrong is taken in silence.

All of it, with reports built: `python -m benchmarks.mutants`.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import damage
from benchmarks.mutants import DATA, ENDS, Trial, reading_once
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.errors import UserError
from vanort_analysis.report import build_report

SEED = 12


def test_no_damage_is_taken_in_silence(tmp_path: Path) -> None:
    with reading_once():
        trial = Trial(tmp_path / "data", every=0)
        verdicts = [trial.run(SEED, number) for number in range(len(damage.KINDS))]
    assert [verdict for verdict in verdicts if verdict.wrong] == []
    assert {verdict.end for verdict in verdicts} <= {*ENDS}
    damaged = [of for of in verdicts if of.damage.kind in damage.CELL and "error" in of.end]
    assert [of for of in damaged if of.end not in ("error: cell", "error: row")] == []


def test_a_text_that_was_edited_is_searched_again_for_persons(tmp_path: Path) -> None:
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    read_dataset(data)
    text = data / "raw/texts/05_background.sv.md"
    text.write_text(text.read_text("utf-8") + "Skriv till anna.test@a.example.\n", "utf-8")
    with pytest.raises(UserError, match="D086"):
        read_dataset(data)


def test_a_year_of_the_settings_names_them(data: Path) -> None:
    read = read_dataset(data)
    late = replace(read, municipality=replace(read.municipality, year=1950))
    # a command passes the year of the settings on: it is theirs all the same
    for year, file in ((0, "municipality.toml"), (1950, "municipality.toml"), (1951, "")):
        with pytest.raises(UserError) as refusal:
            build_report(late, year)
        assert refusal.value.faults[0].file == file
