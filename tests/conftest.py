"""What the tests share: the project's files, a report made once, a browser, and no silent skip."""

from __future__ import annotations

import csv
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Error, sync_playwright

from vanort_analysis.publish import engine

from . import pages

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CURE = (
    "NO BROWSER, so no page was looked at. Cure: install Chromium, Chrome or Edge "
    "(Debian and Ubuntu: apt-get install chromium) and run the tests again."
)

# another program's load is no failure
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

Reports = Callable[[int, str], Path]
Written = Callable[[int, str, str], Path]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's own folder."""
    return PROJECT


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A copy of the project's data that a test may spoil; `--data` takes it."""
    copy = tmp_path / "data"
    shutil.copytree(PROJECT / "data" / "raw", copy / "raw")
    (copy / "processed").mkdir()
    return copy


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a test run have: what one has made, the others read."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session", autouse=True)
def _shared_pages(shared: Path) -> None:
    pages.SHARED[:] = [shared / "pages"]


@pytest.fixture(scope="session")
def reports(shared: Path) -> Reports:
    """`reports(2014, "sv")` is the folder of that report's pages, made once for all workers."""

    def report(year: int, language: str) -> Path:
        out = shared / f"report-{year}-{language}"
        said = out / "said.txt"
        with FileLock(f"{out}.lock"):
            if not said.exists():
                out.mkdir(exist_ok=True)
                said.write_text(make(year, language, out), encoding="utf-8")
        pages = out / str(year) / language
        assert pages.is_dir(), f"No report was made. It said:\n{said.read_text(encoding='utf-8')}"
        return pages

    return report


@pytest.fixture(scope="session")
def written() -> Written:
    """`written(2014, "sv", "trends")` is the file of that page, made without a kernel, once."""
    return pages.file_of


def add_rows(path: Path, *rows: dict[str, str]) -> None:
    """Add rows to a table of a data folder; what they leave out is empty."""
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, "", lineterminator="\n").writerows(rows)


def new_source(known_since: int) -> dict[str, str]:
    """An invented source, known since a year."""
    return {
        "source": "invented",
        "title": "Invented for a test",
        "kind": "survey",
        "known_since": str(known_since),
        "dating": "published",
        "rank": "1",
        "reference": "false",
    }


def make(year: int, language: str, out: Path) -> str:
    """Make a report as a user would; what was said on the console, and the exit code."""
    words = ["report", "--year", str(year), "--language", language, "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "vanort_analysis", *words],
        env=os.environ | {"PYTHONUTF8": "1"},
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return f"{done.stdout}{done.stderr}exit code {done.returncode}"


@pytest.fixture
def late_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """`late_once(file)`: for the engine every job is late as soon as something stands in the file;
    until then it has the time that it needs on a busy machine."""

    def late_once(file: Path) -> None:
        def clock() -> float:
            return monotonic() + 1e6 * (file.exists() and file.stat().st_size > 0)

        monkeypatch.setattr(engine, "monotonic", clock)

    return late_once


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, Chrome or Edge, whichever the machine has."""
    found = [path for name in CHROMIUM if (path := shutil.which(name))]
    ways = [{"executable_path": path} for path in found]
    ways += [{"channel": "chrome"}, {"channel": "msedge"}]  # their usual places on each system
    with sync_playwright() as playwright:
        for way in ways:
            try:
                opened = playwright.chromium.launch(**way)
            except Error:
                continue
            yield opened
            opened.close()
            return
    pytest.skip(CURE)


LONGEST = ("browser_pages", "report", "map_browser", "machine", "browser_ways", "hostile", "batch")
LONGEST += ("languages", "inputs_that_failed", "files", "other_chains", "mutants", "benchmarks")
LONGEST += ("notebooks", "documents", "html", "setup")


def pytest_configure(config: pytest.Config) -> None:
    """Where there are no forks, each thread that has run a kernel leaves the loop of its client to
    the collector of garbage, which may find it in any test."""
    if not engine.FORK:
        for left in ("unclosed event loop", "unclosed <socket"):
            config.addinivalue_line("filterwarnings", f"ignore:{left}:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that none is left for one core when the others are done."""
    place = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def pytest_collection_finish() -> None:
    """What is imported by now stays, so the collector of garbage need not go through it again and
    again: that was a tenth of the time of all that parses pages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_xdist_auto_num_workers() -> int:
    """A worker more than cores: one of them is always waiting for a browser or a kernel."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    return fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    return fail_if_skipped((yield))


def fail_if_skipped(report: pytest.TestReport) -> pytest.TestReport:
    """In CI (VANORT_NO_SKIP=1) a skipped test has failed: there, everything can be tested."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("VANORT_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which VANORT_NO_SKIP forbids: {report.longrepr}"
    return report
