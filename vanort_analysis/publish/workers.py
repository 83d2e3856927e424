"""Jobs side by side, each in a fresh fork of this process; where there is no fork, in a thread.

A fork has all that this process has imported and read; what it leaves behind ends with it.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from threading import Thread
from time import monotonic
from typing import Any

from ..errors import Fault, NotBuilt, UserError, unwritten
from .recipe import Order

FORK = sys.platform == "linux"  # macOS has it too, but its libraries do not survive one
SLOWEST_S = 120  # a job that takes longer hangs
LOOK_S = 1  # how often to look for those that hang
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True, eq=False)
class Job:
    """A part of an order to be made, after other jobs; `work` is given a function to tell what it
    is at."""

    order: Order
    part: str
    work: Callable[[Callable[[str], None]], Any]
    after: Collection[Job] = ()

    @property
    def file(self) -> str:
        """The notebook it runs, or what else it makes."""
        return f"{self.part}.ipynb" if self.part in self.order.pages else self.part


class Worker:
    """A job at work, in a process or a thread of its own."""

    def __init__(self, job: Job, forked: bool, slowest_s: float) -> None:
        self.job, self.at = job, ""
        self.until = monotonic() + slowest_s if forked else math.inf  # a kernel ends a slow cell
        self.end, theirs = Pipe(duplex=False)
        self.process: Any = None
        if forked:
            self.process = get_context("fork").Process(target=_work_alone, args=(job, theirs))
            self.process.start()
            theirs.close()
        else:
            Thread(target=_work, args=(job, theirs), daemon=True).start()

    def heard(self) -> tuple[bool, Any]:
        """Whether it has ended, and what it gave, or the error it met; else what it is at."""
        if not self.end.poll():
            return True, NotBuilt(Fault("B010", file=self.job.file, column=self.at))
        try:
            return self.end.recv()
        except EOFError:  # it died without a word
            return True, NotBuilt(Fault("B013", file=self.job.file, column=self.at))

    def stop(self) -> None:
        """End a process and all that it started; a thread, and its kernel, end with this one."""
        if self.process:
            with suppress(ProcessLookupError):  # it has no group yet, or all have ended
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.join()


def run(
    jobs: Iterable[Job], at_once: int, forked: bool = FORK, slowest_s: float = SLOWEST_S
) -> Generator[tuple[Job, Any]]:
    """Do jobs side by side and give each, when it ends, with what it gave or the error it met.

    Who stops asking stops the jobs that are still at work.
    """
    waiting, working = list(jobs), dict[Any, Worker]()
    try:
        while waiting or working:
            undone = {*waiting, *(worker.job for worker in working.values())}
            ready = [job for job in waiting if undone.isdisjoint(job.after)]
            for job in ready[: at_once - len(working)]:
                waiting.remove(job)
                with _uninterrupted():
                    worker = Worker(job, forked, slowest_s)
                    working[worker.end] = worker
            late = [end for end, worker in working.items() if worker.until <= monotonic()]
            for end in wait([*working], timeout=0 if late else LOOK_S) or late:
                worker = working[end]
                ended, said = worker.heard()
                if not ended:
                    worker.at = said
                    continue
                del working[end]
                worker.stop()
                yield worker.job, said
    finally:
        for worker in working.values():
            worker.stop()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interrupt amidst a fork would be lost, and one right after it would leave it at work."""
    if FORK:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    yield
    if FORK:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(job: Job, end: Connection) -> None:
    try:
        result = job.work(lambda at: end.send((False, at)))
    except UserError as error:
        result = error
    except OSError as error:
        result = unwritten(error, job.order.building)
    except Exception:  # noqa: BLE001  told to the parent, which has the log
        result = RuntimeError(traceback.format_exc())
    end.send((True, result))
    end.close()


def _work_alone(job: Job, end: Connection) -> None:
    """In a process that leads a group of its own and ends when its parent does."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    _work(job, end)
