"""Time one command with all it starts: python clock.py RESULT COMMAND [WORD ...]

RESULT becomes JSON: exit code, seconds by the clock until the command ended, processor seconds
and largest process (MB) of everything it started, and how many processes it left running.

A process counts what its children used when it waits for them, so what a fork server's children
use is lost when nobody waits for the server. On Linux this process therefore takes in every
orphan below it and waits for it too. Elsewhere such orphans are not counted, which `whole` says;
Windows tells nothing but the clock.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

TAKE_IN_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
GRACE_S = 60  # for orphans to end by themselves, on a busy machine too
SIZES = {"darwin": 1e6}  # of the unit that memory is told in; elsewhere kilobytes


def take_in_orphans() -> bool:
    """Become the parent of what loses its own; whether that is possible here."""
    if sys.platform != "linux":
        return False
    return ctypes.CDLL(None).prctl(TAKE_IN_ORPHANS, 1, 0, 0, 0) == 0


def left_running() -> bool:
    """Wait for the orphans; whether any was still running after the grace."""
    end = time.monotonic() + GRACE_S
    while os.name != "nt":
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if time.monotonic() > end:
            return True
        if not ended:
            time.sleep(0.01)
    return False


def timed(command: list[str]) -> dict[str, float | bool]:
    """What a command took, and all that it started."""
    whole, start = take_in_orphans(), time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    wall, left = time.perf_counter() - start, left_running()
    processor, memory = used()
    about = {"processor": processor, "memory": memory, "whole": whole and not left}
    return {"exit": code, "wall": wall} | about


def used() -> tuple[float, float]:
    """Processor seconds, and MB of the largest, of every process that was waited for."""
    if os.name == "nt":
        return 0, 0
    import resource

    total = resource.getrusage(resource.RUSAGE_CHILDREN)
    return total.ru_utime + total.ru_stime, total.ru_maxrss / SIZES.get(sys.platform, 1e3)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(timed(sys.argv[2:])), encoding="utf-8")
