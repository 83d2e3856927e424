"""The one door to the project: makes the environment it needs, once, and does what you ask.

    python3 run.py report --year 2014 --language sv    the yearly report
    python3 run.py check --data DIR                    looks a data folder over
    python3 run.py test                                the tests
    python3 run.py bench                               how fast it is, into docs/performance.md
    python3 run.py lab                                 JupyterLab, on the notebooks

Everything else: python3 run.py --help
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(words):
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        stop("This needs Python 3.11 to 3.14, and this is {}.{}.".format(*sys.version_info))
    if not words:
        return print(__doc__)
    os.environ.update(PYTHONUTF8="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    # on Windows, Python before 3.13 misreads how the environment notes a folder with other letters
    known = [str(HERE), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, known))
    if words[0] == "test":
        return hand_over([environment("-test"), "-m", "pytest", *words[1:]], HERE)
    if words[0] == "bench":
        return hand_over([environment("-test"), "-m", "benchmarks", *words[1:]], HERE)
    if words[0] == "lab":
        return hand_over([environment("-lab"), "-m", "jupyterlab", "notebooks", *words[1:]], HERE)
    return hand_over([environment(""), "-m", "vanort_analysis", *words])


def environment(kind):
    """The Python of .venv, .venv-test or .venv-lab, which is made anew unless it is ready."""
    folder, lock = HERE / (".venv" + kind), HERE / "requirements{}.lock".format(kind)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, recipe = folder / "stamp", made_from(lock)
    if not (python.exists() and stamp.exists() and stamp.read_bytes() == recipe):
        print("Installing what this needs (once, about a minute) ...", file=sys.stderr, flush=True)
        stamp.unlink(missing_ok=True)
        install(folder, [sys.executable, "-m", "venv", "--clear", folder])
        pip = [python, "-m", "pip", "install", "--quiet"]
        install(folder, [*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock])
        install(folder, [*pip, "--no-deps", "--no-build-isolation", "-e", HERE])
        stamp.write_bytes(recipe)  # last, so that only a whole environment has one
    return python


def made_from(lock):
    """The hash of all that decides what an environment holds: lock, project, place and Python."""
    files = [lock.read_bytes(), (HERE / "pyproject.toml").read_bytes()]
    maker = [os.fsencode(part) for part in (HERE, sys.base_prefix, sys.version)]
    return hashlib.sha256(b"\0".join(files + maker)).hexdigest().encode()


def install(folder, command):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        folder.mkdir(exist_ok=True)
        log = folder / "install.log"
        log.write_bytes(done.stdout)
        stop("The installation failed (is there a network?); the reason is in {}.".format(log))


def hand_over(command, folder=None):
    """The command's exit code. Ctrl-C reaches the command too, and we wait while it tidies up."""
    interrupted = []
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is to be ignored
        signal.signal(signal.SIGINT, lambda *_: interrupted.append(True))
    code = subprocess.Popen(command, cwd=folder).wait()
    return 130 if interrupted else code if code >= 0 else 128 - code


def stop(sentence):
    print(sentence, file=sys.stderr)
    sys.exit(5)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        stop("The environment cannot be made or used: {}.".format(error))
