"""The pages are HTML as the standard has it: the Nu Html Checker finds no error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from vanort_analysis.pages.site import MEASURES

from .browser import LOOKED_AT

CURE = (
    "NO HTML CHECKER, so no page was validated. Cure: install Java and the npm package vnu-jar "
    f"{MEASURES['html']['version']}, and set VNU_JAR to the file vnu.jar in it."
)

pytestmark = pytest.mark.slow


def check(*files: Path) -> tuple[str, list[str]]:
    """The checker's version, and its errors as file, line and what is wrong."""
    java, jar = shutil.which("java"), os.environ.get("VNU_JAR", "")
    if not java or not Path(jar).is_file():
        pytest.skip(CURE)
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss16m"]  # half the work
    command = [java, *quick, "-jar", jar, "--errors-only", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    said = json.loads(done.stderr)
    errors = [m for m in said["messages"] if m["type"] != "info"]
    return said["version"], [
        f"{Path(error['url']).name}:{error.get('lastLine')}: {error['message']}" for error in errors
    ]


def test_every_page_is_without_an_error_and_an_error_is_seen(written, tmp_path: Path) -> None:
    """All in one go, as the checker takes longer to start than to read."""
    wrong = tmp_path / "wrong.html"
    start = '<!doctype html><html lang="sv"><head><title>Prov</title></head><body>'
    wrong.write_text(f"{start}<p id=a><div id=a></div></p>", encoding="utf-8")
    version, errors = check(*(written(*page) for page in LOOKED_AT), wrong)
    assert version.split()[0] == MEASURES["html"]["version"]
    assert any("Duplicate ID" in error for error in errors if error.startswith(wrong.name))
    found = [error for error in errors if not error.startswith(wrong.name)]
    assert len(found) == MEASURES["findings"], found
