"""The first minute: locks, run.py, and what may not stand in a committed file."""

from __future__ import annotations

import ast
import itertools
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent.parent
LOCKS = tuple(f"requirements{kind}.lock" for kind in ("", "-test", "-lab"))
PLATFORMS = {
    "linux": {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
    "macos": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
    "windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
}
CPYTHON = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
VERSIONS = ("3.11.0", "3.11.7", "3.12.1", "3.13.0", "3.14.0")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w|\b[A-Z]:\\\\?Users\b")
REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|npmjs|anaconda|debian)\.(?:org|com)\b|index-url\s*=|--(?:extra-)?index-url",
    re.IGNORECASE,
)


def requirements(lock: str) -> list[Requirement]:
    text = (HERE / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [Requirement(line.split(" --hash")[0]) for line in text.splitlines() if line]


def pins(lock: str, platform: str, version: str) -> dict[str, str]:
    """What a lock installs on one platform and Python: name → version."""
    machine = PLATFORMS[platform] | CPYTHON
    machine |= {"python_full_version": version, "python_version": version.rpartition(".")[0]}
    return {
        wanted.name: str(wanted.specifier)
        for wanted in requirements(lock)
        if wanted.marker is None or wanted.marker.evaluate(machine)
    }


def committed() -> list[Path]:
    """The files that are in the repository, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HERE,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    files = [HERE / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


# The locks


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_option(lock):
    text = (HERE / lock).read_text(encoding="ascii")
    assert "://" not in text
    assert not re.findall(r"^\s*(?:#|-(?!-hash=sha256:)).*", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_hashes(lock):
    text = (HERE / lock).read_text(encoding="ascii").replace("\\\n", " ")
    lines = text.splitlines()
    assert len(lines) > 90
    wrong = [
        line
        for line in lines
        if not re.fullmatch(
            r"[a-z0-9-]+==[\w.]+(?: ; [^\\]+?)? (?: +--hash=sha256:[0-9a-f]{64})+", line
        )
    ]
    assert not wrong


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_the_other_locks_hold_the_whole_of_the_reports_lock(lock):
    for platform, version in itertools.product(PLATFORMS, VERSIONS):
        report = pins(LOCKS[0], platform, version)
        assert {"pandas", "folium", "hatchling", "editables"} <= report.keys()
        assert report.items() <= pins(lock, platform, version).items(), (platform, version)


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        (LOCKS[0], ["build"]),
        (LOCKS[1], ["build", "test"]),
        (LOCKS[2], ["build", "lab"]),
    ],
)
def test_a_lock_holds_what_pyproject_asks_for(lock, extras):
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    locked = pins(lock, "linux", "3.11.7")
    for requirement in map(Requirement, wanted):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in locked, f"{name} is not in {lock}: run scripts/lock.py"
        assert requirement.specifier.contains(locked[name].removeprefix("==")), name


def test_the_report_is_made_without_jupyterlab_and_pytest():
    report = pins(LOCKS[0], "linux", "3.14.0").keys()
    assert not report & {"jupyterlab", "pytest", "playwright", "ruff", "moto"}
    assert report >= {"typst", "pypandoc-binary", "xlsxwriter"}  # paper needs nothing more


# run.py

STUB = """
import os, sys, time
from pathlib import Path
if "sleep" in sys.argv:
    try:
        Path(sys.argv[-1]).touch()
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(1)  # longer than subprocess itself would have waited
        print("tidied up", flush=True)
        sys.exit(130)
print(ascii([os.getcwd(), sys.flags.utf8_mode, *sys.argv[1:]]))
sys.exit(7)
"""


INTERRUPTED = """
import os, runpy, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Started(subprocess.Popen):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        os.kill(os.getpid(), signal.SIGINT)
subprocess.Popen = Started
code = runpy.run_path("run.py")["hand_over"]([sys.executable, "-c", "open('tidy', 'w').close()"])
print(code, os.path.exists("tidy"))
"""


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone whose environment is ready without an installation, with a program that echoes."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # or the program itself could come first
    clone = tmp_path / "vänort kopia"
    clone.mkdir()
    for name in ("run.py", "pyproject.toml", *LOCKS):
        shutil.copy(HERE / name, clone)
    venv.create(clone / ".venv", symlinks=os.name != "nt")
    packages = next((clone / ".venv").rglob("site-packages"))
    (packages / "vanort_analysis").mkdir()
    (packages / "vanort_analysis" / "__init__.py").touch()
    (packages / "vanort_analysis" / "__main__.py").write_text(STUB)
    (clone / ".venv" / "stamp").write_bytes(door(clone)["made_from"](clone / LOCKS[0]))
    return clone


def door(clone):
    return runpy.run_path(str(clone / "run.py"))


def run(clone, *words, **environment):
    return subprocess.run(
        [sys.executable, clone / "run.py", *words],
        cwd=clone.parent,
        env=os.environ | {"PIP_NO_INDEX": "1"} | environment,  # no test installs anything
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_an_old_python_can_read_run_py():
    source = (HERE / "run.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 7))
    assert not re.search(r'\bf["\']', source)


@pytest.mark.parametrize(("version", "stops"), [((3, 10, 9), True), ((3, 15, 0), True)])
def test_another_python_is_refused_in_one_sentence(clone, version, stops):
    script = (
        f"import runpy, sys; sys.version_info = {version}; sys.argv = ['run.py', 'report']; "
        f"runpy.run_path({str(clone / 'run.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    short = ".".join(map(str, version[:2]))
    assert done.returncode == 5
    assert done.stderr == f"This needs Python 3.11 to 3.14, and this is {short}.\n"
    assert not done.stdout


def test_without_words_it_says_what_it_can_do(clone):
    shutil.rmtree(clone / ".venv")
    done = run(clone)
    assert done.returncode == 0
    assert "report --year 2014 --language sv" in done.stdout
    assert not (clone / ".venv").exists()


def test_a_ready_environment_is_used_and_the_words_are_handed_on(clone):
    done = run(clone, "report", "--language", "på svenska")
    words = [str(clone.parent), 1, "report", "--language", "på svenska"]
    assert done.stdout.strip() == ascii(words)
    assert not done.stderr
    assert done.returncode == 7


def test_a_folder_with_letters_of_its_own_is_found_however_the_environment_notes_it(clone):
    """Python 3.11 and 3.12 on Windows read the note, which is UTF-8, as another encoding."""
    packages = next((clone / ".venv").rglob("site-packages"))
    (packages / "vanort_analysis").rename(clone / "vanort_analysis")
    (packages / "note.pth").write_bytes(str(clone).encode().decode("cp1252").encode())
    done = run(clone, "report", PYTHONPATH=str(clone.parent), LC_ALL="C.UTF-8")
    assert (done.returncode, done.stderr) == (7, "")


def _rewrite(path):
    path.write_bytes(path.read_bytes() + b"\n")


SPOILT = {
    "no stamp": lambda clone: (clone / ".venv" / "stamp").unlink(),
    "half a stamp": lambda clone: (clone / ".venv" / "stamp").write_bytes(b"\xff\x00"),
    "another lock": lambda clone: _rewrite(clone / "requirements.lock"),
    "another project": lambda clone: _rewrite(clone / "pyproject.toml"),
    "no python": lambda clone: shutil.rmtree(
        clone / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_an_environment_that_is_not_whole_is_made_anew(clone, spoil, monkeypatch):
    spoil(clone)
    steps = []
    made = door(clone)["environment"]
    monkeypatch.setitem(made.__globals__, "install", lambda folder, step: steps.append(step))
    made("")
    assert steps[0][1:4] == ["-m", "venv", "--clear"]
    assert "--require-hashes" in steps[1]
    assert steps[2][-2:] == ["-e", clone]
    assert (clone / ".venv" / "stamp").read_bytes() == door(clone)["made_from"](clone / LOCKS[0])


def test_another_folder_or_python_is_another_environment(clone, monkeypatch):
    made_from = door(clone)["made_from"]
    here = made_from(clone / LOCKS[0])
    monkeypatch.setattr(sys, "version", "3.12.99")
    assert made_from(clone / LOCKS[0]) != here
    monkeypatch.undo()
    moved = clone.rename(clone.parent / "flyttad")
    assert door(moved)["made_from"](moved / LOCKS[0]) != here


def test_a_failed_installation_is_one_sentence_and_leaves_no_stamp(clone):
    _rewrite(clone / "requirements.lock")
    (clone.parent / "venv.py").touch()  # makes no environment, so the one there is has no pip yet
    done = run(clone, "report")
    assert done.returncode == 5
    installing, sentence = done.stderr.splitlines()
    assert installing.startswith("Installing")
    assert sentence.startswith("The installation failed")
    assert not done.stdout
    assert not (clone / ".venv" / "stamp").exists()  # so that the next run tries again
    assert "No module named pip" in (clone / ".venv" / "install.log").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="a test cannot press Ctrl-C on Windows")
def test_ctrl_c_lets_the_program_tidy_up(clone):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # CI may have us ignore it
    started = clone / "started"
    with subprocess.Popen(
        [sys.executable, clone / "run.py", "sleep", started],
        cwd=clone.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        while not started.exists() and running.poll() is None:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=600)
    assert (running.returncode, out, err) == (130, "tidied up\n", "")


@pytest.mark.skipif(os.name == "nt", reason="a test cannot press Ctrl-C on Windows")
def test_ctrl_c_right_after_the_start_is_waited_for_as_well(clone):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=clone, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("130 True\n", "")


# The repository


@pytest.mark.parametrize(
    ("pattern", "wrong", "right"),
    [
        (MACHINE_PATH, 'open("/' + 'work/main/a.csv")', "https://ourtown.se/home/news"),
        (MACHINE_PATH, "C:\\" + "Users\\Eva", "users may"),
        (REGISTRY, "https://py" + "pi.org/simple", "PyPI"),
        (REGISTRY, "pip install --index" + "-url x", "an index, url"),
    ],
)
def test_the_patterns_below_find_what_they_look_for(pattern, wrong, right):
    assert pattern.search(wrong)
    assert not pattern.search(right)


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_committed_file_names_a_machine_or_a_registry(pattern):
    files = committed()
    assert HERE / "pyproject.toml" in files
    assert Path(__file__) in files
    found = []
    for file in files:
        text = file.read_bytes().decode("utf-8", errors="replace")
        found += [f"{file.relative_to(HERE)}: {hit.group()}" for hit in pattern.finditer(text)]
    assert not found


def test_what_is_made_is_not_committed():
    made = [".venv/x", ".venv-test/x", "reports/2014/sv/index.html", "data/processed/towns.csv"]
    kept = ["reports/README.md", "data/processed/README.md", "data/raw/towns.csv"]
    ignored = subprocess.run(
        ["git", "check-ignore", *made, *kept],
        cwd=HERE,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert ignored.stdout.splitlines() == made


@pytest.mark.slow
def test_an_installed_package_brings_notebooks_languages_and_outlines(project, tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for part in (
        *("notebooks/04_decision_memo.ipynb", "languages/sv.toml", "languages/en.toml"),
        *("pages/texts/04_decision_memo.sv.md", "pictures/basemap/nordic.geojson"),
        *(f"pages/templates/{name}" for name in ("report.html.j2", "report.css", "paper.typ")),
        *("pages/templates/paper.lua", "pages/templates/reference.docx"),
        *("data/vocabulary.toml", "pages/accessibility.toml", "requirements.lock"),
    ):
        assert f"vanort_analysis/{part}" in held, part
