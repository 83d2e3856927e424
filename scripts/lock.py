"""Makes the three locks anew from pyproject.toml. Needs uv, and words such as --upgrade go to it.

    python3 scripts/lock.py                             only what pyproject.toml now demands
    python3 scripts/lock.py --upgrade                   everything as new as it may be
    python3 scripts/lock.py --upgrade-package pandas    this one only

Each package must have a wheel for every platform we promise, or the script stops and says so.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
COMPILE = "uv pip compile --quiet --only-binary :all:".split()
LOCK = "--universal --python-version 3.11 --generate-hashes --no-header --no-annotate".split()
REPORT = "requirements.lock"
TEST, LAB = "requirements-test.lock", "requirements-lab.lock"
PLATFORMS = "x86_64-unknown-linux-gnu windows aarch64-apple-darwin x86_64-apple-darwin".split()
MACOS = {"MACOSX_DEPLOYMENT_TARGET": "14.0"}


def main() -> None:
    project = [*LOCK, *sys.argv[1:], "pyproject.toml", "--extra", "build"]
    uv(*project, "-o", REPORT)
    uv(*project, "--extra", "test", "--extra", "cluster", "-c", REPORT, "-o", TEST)
    uv(*project, "--extra", "lab", "-c", REPORT, "-o", LAB)
    for lock in (TEST, LAB):  # each holds the report's
        for platform in PLATFORMS:
            for python in ("3.11", "3.14"):
                uv(lock, "--python-platform", platform, "--python-version", python)


def uv(*words: str) -> None:
    print("uv", *words)
    environment = {**os.environ, **MACOS}
    quiet = subprocess.DEVNULL
    subprocess.run([*COMPILE, *words], cwd=HERE, env=environment, stdout=quiet, check=True)


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit("This needs uv: python3 -m pip install uv")
    except subprocess.CalledProcessError:
        sys.exit("The locks are not to be used: uv says why, above.")
