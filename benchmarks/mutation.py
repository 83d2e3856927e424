"""How many small faults in the code do the tests see? python -m benchmarks.mutation MODULE ...

Each mutant is a copy of a function with one fault, as mutmut's operators put it; it counts as
killed if a test fails. mutmut itself leaves out what has a decorator, which here is the heart
(`parse`, `Quantity.doubt`), so only its operators are used. The tests are collected once; each
mutant is a fork, in which the code of its module's functions is exchanged. Of the tests that reach
its line those run first that are quick and have found other faults, until one fails or they have
taken --seconds.

It needs what the project does not: pip install --target DIR mutmut coverage; PYTHONPATH=DIR.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import gc
import importlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import types
import warnings
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import libcst
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

UNCHANGED = ("len", "isinstance")  # as mutmut does: without them there is only noise
MEMORY, MOST_WALL = 8 << 30, 600
GUARD = re.compile(r",\s*(?:strict=\w*)?(?=\))")  # of a zip: what is zipped is always as long
RESTS_ON = {"tests.chain._table": "vanort_analysis.data.clean"}  # a cache, and all that fills it
BROKEN = 101  # the exit code of a fork that neither a test nor a limit has ended
Codes = dict[str, types.CodeType]


@dataclass(frozen=True)
class Mutant:
    """One fault in one module: where, what differs, and the code of every function."""

    module: str
    lines: range
    change: list[str]
    codes: Codes


class Faults(libcst.CSTVisitor):
    """Every fault that may be put into the body of a function."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[libcst.CSTNode, libcst.CSTNode, range]] = []
        self.inside = 0

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.Annotation | libcst.Decorator | libcst.Parameters):
            return False
        called = node.func if isinstance(node, libcst.Call) else None
        if isinstance(called, libcst.Name) and called.value in UNCHANGED:
            return False
        self.inside += isinstance(node, libcst.FunctionDef)
        place = self.get_metadata(PositionProvider, node, None) if self.inside else None
        for kind, operator in mutation_operators if place else ():
            if isinstance(node, kind):
                lines = range(place.start.line, place.end.line + 1)
                self.found += [(node, changed, lines) for changed in operator(node)]
        return True

    def on_leave(self, original_node: libcst.CSTNode) -> None:
        self.inside -= isinstance(original_node, libcst.FunctionDef)


def codes(source: str, name: str) -> Codes:
    """The code of every function of a module, by its qualified name."""
    found: Codes = {}
    waiting = [compile(source, name, "exec")]
    while waiting:
        inner = [of for of in waiting.pop().co_consts if isinstance(of, types.CodeType)]
        found |= {of.co_qualname: of for of in inner if "<locals>" not in of.co_qualname}
        waiting += inner
    return found


def functions(module: types.ModuleType) -> dict[str, types.FunctionType]:
    """Every function of a module, behind whatever decorator, by its qualified name."""
    kept = [of for of in vars(module).values() if getattr(of, "__module__", "") == module.__name__]
    kept += [of for kind in kept if isinstance(kind, type) for of in vars(kind).values()]
    ways = ("__wrapped__", "fget", "func", "__func__")
    bare = [next((getattr(of, way) for way in ways if hasattr(of, way)), of) for of in kept]
    return {of.__qualname__: of for of in bare if isinstance(of, types.FunctionType)}


def mutants(name: str, most: int, seed: int) -> tuple[int, list[Mutant]]:
    """How many faults a module may have, and a seeded sample of them."""
    module = importlib.import_module(name)
    source = Path(str(module.__file__)).read_text("utf-8")
    whole = MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True)
    faults = Faults()
    whole.visit(faults)
    sample = random.Random(seed).sample(faults.found, len(faults.found))
    made: list[Mutant] = []
    usable, known = functions(module), codes(source, str(module.__file__))
    for old, new, lines in sample:
        if len(made) == most:
            break
        text = whole.module.deep_replace(old, new).code
        try:
            changed = codes(text, str(module.__file__))
        except SyntaxError:
            continue
        changed = {of: code for of, code in changed.items() if code != known[of] and of in usable}
        if changed and all(
            usable[f].__code__.co_freevars == c.co_freevars for f, c in changed.items()
        ):
            pair = difflib.unified_diff(source.splitlines(), text.splitlines(), n=0, lineterm="")
            made.append(Mutant(name, lines, list(pair)[2:], changed))
    return len(faults.found), made


def forget(changed: Collection[str]) -> None:
    """Empty the caches that rest on modules: a value that is kept hides the fault in them."""
    for kept, modules in _caches():
        if not modules.isdisjoint(changed):
            kept.cache_clear()


@functools.cache
def _caches() -> list[tuple[Any, set[str]]]:
    ours = ("tests", "vanort_analysis.data", "vanort_analysis.analysis")
    kinds = [of for of in gc.get_objects() if isinstance(of, functools._lru_cache_wrapper)]
    kept = [of for of in kinds if str(of.__module__).startswith(ours)]
    return [
        (of, rests_on(RESTS_ON.get(f"{of.__module__}.{of.__qualname__}", of.__module__)))
        for of in kept
    ]


def rests_on(name: str) -> set[str]:
    """A module, and those of ours that it imports from, directly or not."""
    found, waiting = set[str](), [name]
    while waiting:
        module = sys.modules[waiting.pop()]
        found.add(module.__name__)
        held = [getattr(of, "__module__", None) or getattr(of, "__name__", "")
                for of in vars(module).values()]  # fmt: skip
        names = {str(of) for of in held if str(of).startswith(("tests", "vanort_analysis"))}
        waiting += [of for of in names - found if of in sys.modules]
    return found


class Tester:
    """Runs in place of pytest's loop over the tests that were collected."""

    def __init__(self, asked: argparse.Namespace, scratch: Path) -> None:
        self.asked, self.scratch = asked, scratch
        self.found = Counter[str]()  # how many faults each test has found

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        _caches()
        gc.freeze()  # a fork copies what the collector touches
        self.config = session.config
        survey = self.scratch / "survey.json"
        if os.fork() == 0:
            self._quietly(lambda: self._survey(survey))
        if os.wait()[1]:
            raise pytest.UsageError("a test fails without any fault put in")
        self.reach, self.took = json.loads(survey.read_text("utf-8"))
        work = []
        for name in self.asked.modules:
            everything, chosen = mutants(name, self.asked.most, self.asked.seed)
            self.asked.possible[name] = everything
            work += chosen
        if self.asked.again:
            left = [one["change"] for one in read(self.asked.again) if one["verdict"] != "killed"]
            work = [mutant for mutant in work if mutant.change in left]
        random.Random(self.asked.seed).shuffle(work)  # a run that is cut short is a sample too
        self._test(work)
        return True

    def _survey(self, target: Path) -> int:
        """Which tests reach each line, and how long each takes; all have to pass."""
        names = [importlib.import_module(name).__file__ for name in self.asked.modules]
        seen = coverage.Coverage(data_file=None, include=names, config_file=False)
        seen.start()
        took, failed = [], 0
        for number, item in enumerate(self.items):
            forget(self.asked.modules)
            seen.switch_context(str(number))
            start = time.process_time()
            failed += self._fails(item, None)
            took.append(time.process_time() - start)
        seen.stop()
        data = seen.get_data()
        reach = {name: data.contexts_by_lineno(name) for name in names}
        target.write_text(json.dumps([reach, took]), encoding="utf-8")
        return failed

    def _fails(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        reports = runtestprotocol(item, log=False, nextitem=following)
        return any(report.failed for report in reports)

    def _quietly(self, task: Any) -> None:
        """Do a task in this fork, which then ends with its number."""
        code = BROKEN
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            own = self.scratch / str(os.getpid())
            own.mkdir()
            self.config._tmp_path_factory._basetemp = own
            code = min(task(), BROKEN - 1)
        finally:
            os._exit(code)

    def _chosen(self, mutant: Mutant) -> list[pytest.Item]:
        """The tests that reach a mutant, the likely and quick first, of a shared fixture all."""
        reach = self.reach[sys.modules[mutant.module].__file__]
        numbers = {int(of) for line in mutant.lines for of in reach.get(str(line), []) if of}
        shared = {self.items[of].path for of in numbers if _shares(self.items[of])}
        numbers |= {at for at, item in enumerate(self.items) if item.path in shared}
        found = self.found
        first = {at: self.took[at] / (1 + found[self.items[at].nodeid]) for at in numbers}
        return [self.items[at] for at in sorted(first, key=first.__getitem__)]

    def _kill(self, mutant: Mutant, chosen: list[pytest.Item]) -> int:
        """0 if no test fails; else 1, the test that did so written beside."""
        resource.setrlimit(resource.RLIMIT_CPU, (int(3 * self.asked.seconds + 20),) * 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(MOST_WALL)
        forget([mutant.module])
        usable = functions(sys.modules[mutant.module])
        for name, code in mutant.codes.items():
            usable[name].__code__ = code
        until = time.process_time() + self.asked.seconds
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            if self._fails(item, following):
                (self.scratch / f"{os.getpid()}.txt").write_text(item.nodeid, encoding="utf-8")
                return 1
            if time.process_time() > until:
                break
        return 0

    def _test(self, work: list[Mutant]) -> None:
        running: dict[int, Mutant] = {}
        self.until = time.monotonic() + self.asked.minutes * 60
        for mutant in [*work, *[None] * self.asked.at_once]:
            if len(running) == self.asked.at_once or (mutant is None and running):
                self._told(*os.wait(), running)
            if time.monotonic() > self.until:
                continue
            if mutant is None:
                continue
            if is_guard(mutant.change):
                self._note(mutant, "guard", "")
                continue
            chosen = self._chosen(mutant)
            pid = os.fork() if chosen else 0
            if pid == 0 and chosen:
                self._quietly(functools.partial(self._kill, mutant, chosen))
            if chosen:
                running[pid] = mutant
            else:
                self._note(mutant, "no test", "")

    def _told(self, pid: int, status: int, running: dict[int, Mutant]) -> None:
        code = os.waitstatus_to_exitcode(status)
        by = self.scratch / f"{pid}.txt"
        verdict = {0: "survived", 1: "killed", BROKEN: "broken"}.get(code, "stopped")
        self._note(running.pop(pid), verdict, by.read_text("utf-8") if by.exists() else str(code))
        shutil.rmtree(self.scratch / str(pid), ignore_errors=True)

    def _note(self, mutant: Mutant, verdict: str, by: str) -> None:
        self.found[by] += verdict == "killed"
        told = {"module": mutant.module, "verdict": verdict, "by": by, "change": mutant.change}
        with Path(self.asked.out).open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _shares(item: Any) -> bool:
    """Whether a test uses what a fixture made for the whole file."""
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return any(of[-1].scope == "module" for of in fixtures)


def is_guard(change: list[str]) -> bool:
    """Whether only `strict=` of a `zip` differs, which nobody sees while its parts are as long."""
    lines = {GUARD.sub("", line[1:]) for line in change if line[:2] != "@@"}
    return len(lines) == 1


def read(name: str) -> list[dict[str, Any]]:
    """What a run has written."""
    return [json.loads(line) for line in Path(name).read_text("utf-8").splitlines()]


def scores(told: list[dict[str, Any]], possible: dict[str, int]) -> Iterator[str]:
    """One row of a Markdown table a module."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in told:
        counts[one["module"]][one["verdict"]] += 1
    yield "| module | possible | tried | killed | guards | survived | score | without guards |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for module, of in counts.items():
        tried, killed, guards = sum(of.values()), of["killed"] + of["stopped"], of["guard"]
        yield (
            f"| {module.split('.', 1)[1]} | {possible.get(module, 0)} | {tried} | {killed} |"
            f" {guards} | {tried - killed - guards} | {100 * killed / tried:.0f} % |"
            f" {100 * killed / max(tried - guards, 1):.0f} % |"
        )


def main() -> None:
    """Try mutants of the modules asked for, and tell the score of each."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("modules", nargs="+", type="vanort_analysis.{}".format)
    told.add_argument("--most", type=int, default=150, help="mutants of a module (150)")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--seconds", type=float, default=15, help="of tests for a mutant (15)")
    told.add_argument("--minutes", type=float, default=60, help="stop after these, and tell (60)")
    told.add_argument("--at-once", type=int, default=2, help="processes (2)")
    told.add_argument("--tests", nargs="+", required=True, help="test files or folders")
    told.add_argument("--again", help="what another run wrote: only what it did not kill")
    told.add_argument("--out", default="mutants.jsonl")
    asked = told.parse_args(namespace=argparse.Namespace(possible={}))
    Path(asked.out).unlink(missing_ok=True)
    warnings.simplefilter("ignore")
    phases = (Phase.explicit, Phase.generate)  # no search for the smallest failure
    same = {"derandomize": True, "database": None, "deadline": None, "max_examples": 25}
    settings.register_profile("mutation", phases=phases, **same)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        options = ["-n", "0", "-p", "no:cacheprovider", "--hypothesis-profile", "mutation"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is here already
        pytest.main([*options, *asked.tests], plugins=[Tester(asked, Path(scratch))])
    sys.stdout.write("\n".join(scores(read(asked.out), asked.possible)) + "\n")


if __name__ == "__main__":
    main()
