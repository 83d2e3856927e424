"""Odd data folders without end: is anything in them ever the program's fault (B012)?

python -m benchmarks.fuzz --seed 1 --minutes 5 [--at NUMBER]

Each is a copy of a whole folder with a few oddities: rows and tables left out, cells of a kind that
may be but hardly are, settings of every kind, and the damages of `damage`. Where it is not refused
in words, the report of any year is drawn, every section in a language. What raises anything but a
`UserError` is told with the words that make it again.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests import pages
from vanort_analysis.data.clean import read_dataset
from vanort_analysis.data.evidence import unused_rows
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.data.schema import TABLES, Column
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text
from vanort_analysis.pages import site
from vanort_analysis.report import build_report

from . import damage
from .damage import written

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = [ROOT / "data", *sorted((ROOT / "tests" / "data").glob("*/raw/.."))]
ODD: dict[str, list[str]] = {  # cells that may be, by the kind of their column
    "count": [
        "0",
        "ca 1",
        "minst 5",
        "högst 9",
        "5–90",
        "1 000 000 000 000",
        "?",
        "Ingen",
        "drygt 3",
    ],
    "quantity": ["0", "ca 1 kr", "minst 5 %", "högst 9 DKK", "0,5", "okänd summa", "nämns inte"],
    "year": ["", "1950", "2014", "–2014", "1950–", "1940-talet", "1950–2014", "2100", "1900"],
    "text": [
        "",
        "x",
        "{places_now}",
        "{year}",
        "{members_total|a|b}",
        "a|b",
        "å " * 2000,
        "=1",
        "#",
    ],
    "when": ["", "2014", "2014-02", "2014-02-28", "1900-01-01", "2100"],
    "date": ["", "2014-02-28", "1900-01-01"],
    "degrees": ["", "0", "90", "-180", "58,5", "-90"],
    "flag": ["true", "false", ""],
    "whole": ["1900", "2014", "2100", "1", "5", "0", ""],
    "id": ["a", "x_1", "2014", "home"],
}
VALUES: list[Any] = [
    '""',
    "0",
    "-1",
    "2014",
    "1e999",
    "nan",
    "[]",
    "{}",
    "true",
    '"x"',
    "[2014, 2014]",
]
VALUES += [
    "[2014, 2014]",
    "1979-05-27",
    "[[]]",
    f'"{"å" * 300}"',
    f'"{"å" * 301}"',
    '["a", 1]',
    '{ sv = "" }',
]
VALUES += ['{ xx = "x" }', "{ sv = [] }", '"\\u0000"', '"../.."', "[1900, 2100]", "9" * 400, '"sv"']


def odd_cell(dice: random.Random, rule: Column, ids: dict[str, list[str]]) -> str:
    """What may stand in a column, and hardly ever does."""
    if rule.allowed:
        return dice.choice([*rule.allowed, ""])
    if rule.refers:
        some = dice.sample(ids[rule.refers], min(len(ids[rule.refers]), dice.randrange(3)))
        return "|".join(some) if rule.kind == "refs" else (some or [""])[0]
    return dice.choice(ODD[rule.kind])


def spoil_table(dice: random.Random, path: Path, ids: dict[str, list[str]]) -> None:
    """Leave out rows of a table, or the whole, or make some of its cells odd."""
    head, *rows = csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))
    rules = TABLES[path.stem].columns
    how = dice.random()
    if how < 0.1:
        path.unlink()
        return
    if how < 0.4:
        rows = [row for row in rows if dice.random() < dice.choice((0.1, 0.5, 0.95))]
    for _ in range(dice.choice((0, 1, 3, 30)) if rows else 0):
        at = dice.randrange(len(head))
        row = dice.choice(rows)
        if head[at] in rules and at < len(row):
            row[at] = odd_cell(dice, rules[head[at]], ids)
    path.write_text(written([head, *rows]), encoding="utf-8")


def spoil_settings(dice: random.Random, path: Path) -> None:
    """Another value for a setting, a setting or a section less, one more, or all of it something
    else."""
    text = path.read_text("utf-8")
    keys = re.findall(r"^#? ?(\w+) *=", text, re.MULTILINE)
    key, value = dice.choice([*keys, "odd"]), dice.choice(VALUES)
    line = re.compile(rf"^#? ?{key} *=.*(?:\n .*|\n\])*", re.MULTILINE)
    ways: list[Callable[[], str]] = [
        lambda: line.sub(lambda _: f"{key} = {value}", text, count=1),
        lambda: line.sub("", text, count=1),
        lambda: re.sub(r"^\[\w+\]", dice.choice(["", "[odd]", "[[report]]"]), text, count=1),
        lambda: text + f"\n[{key}]\n{key} = {value}\n",
        lambda: dice.choice(["", "[municipality]", "home = 1", "=", "[" * 2000, "\0"]),
    ]
    path.write_text(dice.choice([ways[0], *ways])(), encoding="utf-8")


def spoil(dice: random.Random, raw: Path) -> list[str]:
    """A few oddities in a folder; gives what was done."""
    tables = {path.stem: path for path in sorted(raw.glob("*.csv")) if path.stem in TABLES}
    ids = {name: [] for name in TABLES}
    for name, path in tables.items():
        rows = csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))
        ids[name] = [row[0] for row in rows][1:]
    whats = [dice.choice(("table", "table", "settings")) for _ in range(dice.choice((1, 2, 4, 8)))]
    done = []
    for what in [*whats, *(["damage"] if dice.random() < 0.2 else [])]:
        path = dice.choice(list(tables.values())) if what == "table" else raw / "municipality.toml"
        if what == "damage":
            path = dice.choice(sorted(raw.rglob("*.*")))
            kind = dice.choice([*(damage.TEXT if path.suffix == ".md" else damage.BYTES)])
            if path.stat().st_size:
                named = damage.damage(kind, path.name, path.read_bytes(), dice)
                path.write_bytes(named.content)
        elif what == "table" and path.exists():
            spoil_table(dice, path, ids)
        elif what == "settings" and dice.random() < 0.3:
            spoil_settings(dice, path)
        done.append(f"{what} {path.name}")
    return done


def end_of(dice: random.Random, data: Path, tries: int = 12) -> str:
    """How a folder ends: read and drawn, or refused, if need be after rows that are wrong were left
    out; raises what is the program's fault."""
    try:
        dataset = read_dataset(data)
        for fault in dataset.notes:
            Text("sv").format_fault(fault)
        year = dice.choice([0, *dataset.years])
        report = build_report(dataset, year, dice.choice(LANGUAGES))
        unused_rows(dataset.tables, report.context.known.year)
        dataset.changes  # noqa: B018
        for name in (dice.choice([*site.FILES]), *(pages.BESIDE if dice.random() < 0.2 else ())):
            list(pages.shown(report, name))
    except UserError as error:
        said = [Text(language).format_fault(of) for language in LANGUAGES for of in error.faults]
        assert all(len(told.splitlines()) > 1 for told in said), f"no word of what to do: {said}"
        if tries and left_out(data / "raw", error.faults):
            return end_of(dice, data, tries - 1)
        return f"refused with exit code {error.exit_code}"
    return "drawn"


def left_out(raw: Path, faults: list[Fault]) -> bool:
    """Leave out the rows of tables that errors name; tells whether there were any."""
    wrong: dict[str, set[str]] = {}
    for fault in faults:
        if fault.level == "error" and fault.row and fault.file.endswith(".csv"):
            rows = str(fault.details.get("rows", fault.row)).rstrip("…").split(", ")
            wrong.setdefault(fault.file, set()).update(rows)
    for file, rows in wrong.items():
        text = (raw / file).read_text("utf-8", "replace")
        kept = [
            cells
            for row, cells in enumerate(csv.reader(io.StringIO(text, newline="")), 1)
            if row == 1 or str(row) not in rows
        ]
        (raw / file).write_text(written(kept), encoding="utf-8")
    return bool(wrong)


def tried(seed: int, number: int, aside: Path) -> tuple[str, str]:
    """One folder: how it ended, and, if that is the program's fault, all there is to say of it."""
    dice, data = random.Random(f"{seed} {number}"), aside / str(number)
    shutil.copytree(dice.choice(FOLDERS) / "raw", data / "raw")
    done: list[str] = []
    try:
        done = spoil(dice, data / "raw")
        return end_of(dice, data), ""
    except Exception:  # noqa: BLE001  what is looked for
        told = f"--seed {seed} --at {number}: {', '.join(done)}\n{traceback.format_exc()}"
        return "the program's fault", told
    finally:
        shutil.rmtree(data)


def run(seed: int, numbers: Iterator[int], seconds: float) -> tuple[Counter[str], list[str]]:
    """How folders ended until the time is out, and what was the program's fault."""
    ends, wrong, until = Counter[str](), list[str](), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="fuzz-") as aside:
        for number in numbers:
            end, said = tried(seed, number, Path(aside))
            ends[end] += 1
            wrong += [said] if said else []
            if time.monotonic() > until:
                break
    return ends, wrong


def main() -> int:
    """Print how the folders ended, and every fault of the program."""
    told = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--minutes", type=float, default=5)
    told.add_argument("--at", type=int, metavar="NUMBER", help="this folder alone")
    asked = told.parse_args()
    numbers = iter(range(10**9)) if asked.at is None else iter([asked.at])
    ends, wrong = run(asked.seed, numbers, asked.minutes * 60)
    sys.stdout.write("\n".join([*wrong, *(f"{end}: {many}" for end, many in ends.items())]) + "\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
