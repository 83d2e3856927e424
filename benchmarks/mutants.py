"""2,000 damaged data folders: does each end in a clear error, a flag, or the values as written?

python -m benchmarks.mutants --seed 1 --count 2000 [--only KIND] [--at NUMBER]

Each damages one file of a copy of `data/raw` in one way (`damage`), reads it and builds a report.
What is accepted is held against what a second reader says is written (`second_reader`).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from vanort_analysis.data import clean
from vanort_analysis.data.clean import Dataset, read_dataset
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.data.schema import QUANTITIES, TABLES
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text
from vanort_analysis.pages.prose import read_manuscripts
from vanort_analysis.report import build_report

from . import damage, second_reader
from .damage import Damage

DATA = Path(__file__).resolve().parents[1] / "data"
SETTINGS = "municipality.toml"
PROCESSES = 2
ERRORS = ("error: cell", "error: row", "error: file", "error: names it elsewhere")
ENDS = (*ERRORS, "flagged", "mended", "the same", "as written")


@dataclass(frozen=True)
class Verdict:
    """How one mutant ended, and what is wrong with that."""

    number: int
    damage: Damage
    end: str
    wrong: tuple[str, ...] = ()
    said: str = ""


@contextmanager
def reading_once() -> Iterator[None]:
    """What is not damaged is read once a process, not once a mutant: the first file of each table
    is kept, and the table it becomes."""
    rows, clean_table = clean.read_table, clean.clean_table
    kept: dict[str, tuple[bytes, Any]] = {}
    tables: dict[tuple[int, str], Any] = {}

    def rows_once(name: str, content: bytes, contract: Any) -> Any:
        if name not in kept:
            kept[name] = content, rows(name, content, contract)
        return kept[name][1] if kept[name][0] == content else rows(name, content, contract)

    def table_once(name: str, raw: Any, currency: str) -> Any:
        if raw is not kept.get(f"{name}.csv", (b"", (None,)))[1][0]:
            return clean_table(name, raw, currency)
        key = id(raw), currency
        if key not in tables:
            tables[key] = clean_table(name, raw, currency)
        return tables[key]

    kept_rows = patch.object(clean, "read_table", rows_once)
    with kept_rows, patch.object(clean, "clean_table", table_once):
        yield


class Trial:
    """A copy of a data folder, one file of which is damaged at a time, read in `reading_once`."""

    def __init__(self, folder: Path, data: Path = DATA, every: int = 1) -> None:
        self.folder, self.every, raw = folder, every, folder / "raw"
        shutil.copytree(data / "raw", raw)
        texts = [path.relative_to(raw).as_posix() for path in sorted(raw.glob("texts/*.md"))]
        self.files = {
            **{kind: [f"{table}.csv" for table in TABLES] for kind in damage.OF_TABLES},
            **{kind: list(texts) for kind in damage.TEXT},
            **{kind: [SETTINGS] for kind in damage.SETTING},
        }
        for kind in damage.BYTES:
            self.files[kind] = [*self.files[kind], *texts, SETTINGS]
        for kind, names in self.files.items():
            self.files[kind] = [file for file in names if (raw / file).is_file()]
        self.whole = read_dataset(folder)
        self.texts = self._texts()
        self.known = {
            (name, column, cell): (held.low, held.high, held.unit)
            for name, frame in self.whole.raw.items()
            for column, rule in TABLES[name].columns.items()
            if rule.kind in QUANTITIES
            for cell, held in zip(frame[column], self.whole.tables[name][column], strict=True)
        }

    def _texts(self) -> dict[str, object]:
        texts = read_manuscripts([self.folder / "raw" / "texts"])
        return {text.file.rpartition("/")[2]: text for text in texts}

    def run(self, seed: int, number: int) -> Verdict:
        """Damage a file, read the folder, judge what is said, and mend the file again."""
        dice = random.Random(f"{seed} {number}")
        kind = damage.KINDS[number % len(damage.KINDS)]
        file = dice.choice(self.files[kind])
        path = self.folder / "raw" / file
        content = path.read_bytes()
        done = damage.damage(kind, file, content, dice)
        path.write_bytes(done.content)
        try:
            return Verdict(number, done, *self._judged(done, number))
        finally:
            path.write_bytes(content)

    def _judged(self, done: Damage, number: int) -> tuple[str, tuple[str, ...], str]:
        try:
            dataset = read_dataset(self.folder)
            of_table = done.file.endswith(".csv")
            if not of_table or (self.every and number // len(damage.KINDS) % self.every == 0):
                build_report(dataset)
        except UserError as error:
            return judge_error(error, done)
        except Exception:  # noqa: BLE001  what no user can mend is what is looked for
            said = traceback.format_exc().splitlines()
            return "traceback", (" | ".join(said[-3:]),), ""
        new = [note for note in dataset.notes if note not in self.whole.notes]
        wrong = tuple(self._silent(done, dataset))
        unclear = [of for note in new for of in unsaid(note)]
        end = self._end(done, dataset, new)
        return end, (*wrong, *unclear), "; ".join(map(_short, new))

    def _silent(self, done: Damage, dataset: Dataset) -> Iterable[str]:
        """What is held otherwise than it is written, without a word."""
        table = done.file.removesuffix(".csv")
        for name, raw in self.whole.raw.items():
            if name != table and not raw.equals(dataset.raw[name]):
                yield f"{name} has changed too"
        if table in TABLES:
            kinds = {of: rule.kind for of, rule in TABLES[table].columns.items()}
            yield from second_reader.differences(table, done.content, kinds, dataset, self.known)
        elif done.file == SETTINGS:
            yield from second_reader.other_settings(done.content, dataset.municipality)
        else:
            text = self._texts()[Path(done.file).name]
            yield from second_reader.lost_lines(done.content, text)

    def _end(self, done: Damage, dataset: Dataset, new: list[Fault]) -> str:
        if any(note.level == "warning" for note in new):
            return "flagged"
        table = done.file.removesuffix(".csv")
        if table in TABLES:
            before, now = (of.raw[table].to_numpy().tolist() for of in (self.whole, dataset))
            same = before == now
        elif done.file == SETTINGS:
            same = dataset.municipality == self.whole.municipality
        else:
            name = Path(done.file).name
            same = self._texts()[name].sections == self.texts[name].sections
        return ("mended" if new else "the same") if same else "as written"


def judge_error(error: UserError, done: Damage) -> tuple[str, tuple[str, ...], str]:
    """How near an error comes to the damage, and what is not clear about it."""
    faults = [fault for fault in error.faults if fault.level == "error"]
    name = Path(done.file).name
    ours = [fault for fault in faults if Path(fault.file).name == name]
    there = [fault for fault in ours if done.row in rows_of(fault)]
    wrong = [of for fault in faults for of in unsaid(fault)]
    if done.column and done.row and any(of.column == done.column for of in there):
        end = ERRORS[0]
    elif there:
        end = ERRORS[1]
    elif ours:
        end = ERRORS[2]
    else:
        end = ERRORS[3]
        said = "\n".join(Text("en").format_fault(fault) for fault in faults)
        if not any(word and word in said for word in (name, done.was, done.now)):
            wrong.append(f"no error names {name}, what stood there or what stands there now")
    return end, tuple(wrong), "; ".join(map(_short, faults[:6]))


def rows_of(fault: Fault) -> list[int | None]:
    """The rows that a fault names."""
    rows = str(fault.details.get("rows", "")).rstrip("…")
    return [int(row) for row in rows.split(", ")] if rows else [fault.row]


@cache
def _said(fault: Fault, language: str) -> str:
    return Text(language).format_fault(fault)


def unsaid(fault: Fault) -> Iterable[str]:
    """What is missing of a message in any language: where, what, how to mend it; and what acts."""
    for language in LANGUAGES:
        said = Text(language).format_fault(fault)
        lines = said.splitlines()
        if fault.file not in said or (fault.row and str(fault.row) not in said):
            yield f"{fault.code} in {language} does not say where"
        if len(lines) < (2 if fault.level != "error" else 3):
            yield f"{fault.code} in {language} does not say what to do"
        if not said.replace("\n", "").isprintable():
            yield f"{fault.code} in {language} would act on a terminal"


def _short(fault: Fault) -> str:
    rows = ",".join(map(str, rows_of(fault)))
    return f"{fault.code} {fault.file}:{rows} {fault.column} {fault.value[:30]!r}"


STAYS = ExitStack()  # as long as the process lives


@cache
def _trial(scratch: str, every: int, _process: int) -> Trial:
    STAYS.enter_context(reading_once())
    return Trial(Path(tempfile.mkdtemp(dir=scratch)) / "data", every=every)


def _run(job: tuple[str, int, int, int]) -> Verdict:
    scratch, every, *of = job
    return _trial(scratch, every, os.getpid()).run(*of)


def run(seed: int, numbers: Iterable[int], every: int = 1) -> Iterator[Verdict]:
    """The verdicts of mutants one after the other, from several processes."""
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as scratch,
        multiprocessing.get_context("spawn").Pool(PROCESSES) as pool,
    ):
        yield from pool.imap(_run, [(scratch, every, seed, of) for of in numbers], chunksize=4)


def table(verdicts: list[Verdict]) -> str:
    """How the mutants of each kind ended."""
    of_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        for kind in (verdict.damage.kind, "all"):
            of_kind[kind][verdict.end] += 1
            of_kind[kind]["wrong"] += bool(verdict.wrong)
            of_kind[kind]["mutants"] += 1
    head = ["kind", "mutants", *ENDS, "wrong"]
    lines = [head, ["---"] * len(head)]
    for kind in (*damage.KINDS, "all"):
        if found := of_kind.get(kind):
            lines.append([kind, *(str(found[of] or "") for of in head[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(verdicts: list[Verdict]) -> str:
    """The shares that the target names."""
    cells = [of for of in verdicts if of.damage.kind in damage.CELL and of.end in ERRORS]
    near = Counter(of.end for of in cells)
    silent = sum(bool(of.wrong) and of.end not in (*ERRORS, "traceback") for of in verdicts)
    broken = sum(of.end == "traceback" for of in verdicts)
    named = ", ".join(f"{end.removeprefix('error: ')} {near[end]}" for end in ERRORS)
    share = near[ERRORS[0]] / len(cells) if cells else 1
    return (
        f"{len(verdicts)} mutants, {broken} tracebacks, {silent} silent; errors of one damaged"
        f" cell: {len(cells)}, named {share:.1%} ({named})"
    )


def told_of(verdict: Verdict, seed: int) -> str:
    """One mutant: how to make it again, what was done, how it ended, what is wrong."""
    done = verdict.damage
    lines = [
        f"--seed {seed} --at {verdict.number}  {done.kind}",
        f"  {done.file}:{done.row or ''} {done.column}  {done.was[:60]!r} → {done.now[:60]!r}",
        f"  {verdict.end}  {verdict.said[:300]}",
        *(f"  ! {wrong}" for wrong in verdict.wrong[:4]),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table and every mutant that ended wrongly, with the words that make it again."""
    told = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--count", type=int, default=2000)
    told.add_argument("--only", default="", metavar="KIND", help="kinds that begin so")
    told.add_argument("--at", type=int, metavar="NUMBER", help="this mutant alone, and all of it")
    told.add_argument("--show", default="", metavar="END,END", help="list those that ended so, too")
    told.add_argument(
        "--every", type=int, default=1, help="a report of each nth round of kinds (1)"
    )
    told.add_argument("--minutes", type=float, default=60, help="stop after these, and tell")
    asked = told.parse_args()
    kinds = damage.KINDS
    numbers = [of for of in range(asked.count) if kinds[of % len(kinds)].startswith(asked.only)]
    start = time.perf_counter()
    verdicts, shown = [], tuple(filter(None, asked.show.split(",")))
    for verdict in run(asked.seed, numbers if asked.at is None else [asked.at], asked.every):
        verdicts.append(verdict)
        if verdict.wrong or asked.at is not None or verdict.end.startswith(shown or ("wrong",)):
            sys.stdout.write(told_of(verdict, asked.seed))
            sys.stdout.flush()
        if len(verdicts) % 100 == 0:
            sys.stderr.write(f"{len(verdicts)} of {len(numbers)}\n")
        if time.perf_counter() - start > asked.minutes * 60:
            break
    took = time.perf_counter() - start
    sys.stdout.write(f"{table(verdicts)}\n\n{summary(verdicts)}; {took:.0f} s\n")
    return int(any(of.wrong for of in verdicts))


if __name__ == "__main__":
    sys.exit(main())
