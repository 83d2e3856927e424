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
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
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
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class Job:
    """A part of an order to be made after other parts of it; `work` is given a function to tell
    what it is at."""

    order: Order
    part: str
    work: Callable[[Callable[[str], None]], Any]
    after: Collection[str] = ()

    def waits_for(self, others: Iterable[Job]) -> bool:
        """Whether one of these has to be done before."""
        return any(job.order == self.order and job.part in self.after for job in others)

    @property
    def file(self) -> str:
        """The notebook it runs, or what else it makes."""
        return f"{self.part}.ipynb" if self.part in self.order.pages else self.part


@dataclass
class Worker:
    """A job at work, in a process or a thread of its own."""

    job: Job
    end: Connection
    task: Any
    until: float
    at: str = ""

    def stop(self) -> None:
        """End a process and all that it started; a thread, and its kernel, end with this one."""
        if isinstance(self.task, Thread):
            return
        with suppress(ProcessLookupError):  # it has no group yet, or all have ended
            os.killpg(self.task.pid, signal.SIGKILL)
        self.task.kill()
        self.task.join()


def run(
    jobs: Iterable[Job], at_once: int, forked: bool = FORK, slowest_s: float = SLOWEST_S
) -> Generator[tuple[Job, Any]]:
    """Do jobs side by side and give each, when it ends, with what it gave or the error it met.

    Who stops asking stops the jobs that are still at work.
    """
    waiting, working = list(jobs), dict[Any, Worker]()
    try:
        while waiting or working:
            undone = [*waiting, *(worker.job for worker in working.values())]
            ready = [job for job in waiting if not job.waits_for(undone)]
            for job in ready[: at_once - len(working)]:
                waiting.remove(job)
                with _uninterrupted():
                    worker = _start(job, forked, monotonic() + slowest_s)
                    working[worker.end] = worker
            for end in _ready(working):
                worker = working[end]
                kind, said = _heard(worker)
                if kind == "at":
                    worker.at = said
                    continue
                del working[end]
                worker.stop()
                yield worker.job, said
    finally:
        for worker in working.values():
            worker.stop()


def begin(job: Job) -> Callable[[], Any]:
    """Set one job to work now, where there is a fork; gives what waits for its result, and raises
    the error it met."""
    if not FORK:
        return lambda: job.work(lambda _: None)
    with _uninterrupted():
        worker = _start(job, True, monotonic() + SLOWEST_S)

    def result() -> Any:
        _ready({worker.end: worker})
        _, said = _heard(worker)
        worker.stop()
        if isinstance(said, Exception):
            raise said
        return said

    return result


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interrupt amidst a fork would be lost, and one right after it would leave it at work."""
    if FORK:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    yield
    if FORK:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(job: Job, forked: bool, until: float) -> Worker:
    ours, theirs = Pipe(duplex=False)
    if not forked:
        task: Any = Thread(target=_work, args=(job, theirs), daemon=True)
        task.start()
        return Worker(job, ours, task, math.inf)  # a kernel ends a slow cell itself
    task = get_context("fork").Process(target=_work_alone, args=(job, theirs))
    task.start()
    theirs.close()
    return Worker(job, ours, task, until)


def _ready(working: Mapping[Any, Worker]) -> list[Any]:
    """The workers that have something to say, or are late."""
    soonest = min(worker.until for worker in working.values())
    left = None if math.isinf(soonest) else max(soonest - monotonic(), 0)
    ready = wait(list(working), timeout=left)
    return ready or [end for end, worker in working.items() if worker.until <= monotonic()]


def _heard(worker: Worker) -> tuple[str, Any]:
    if not worker.end.poll():
        return "ended", NotBuilt(Fault("B010", file=worker.job.file, column=worker.at))
    try:
        return worker.end.recv()
    except EOFError:  # it died without a word
        return "ended", NotBuilt(Fault("B013", file=worker.job.file, column=worker.at))


def _work(job: Job, end: Connection) -> None:
    try:
        result = job.work(lambda at: end.send(("at", at)))
    except UserError as error:
        result = error
    except OSError as error:
        result = unwritten(error, job.order.building)
    except Exception:  # noqa: BLE001  told to the parent, which has the log
        result = RuntimeError(traceback.format_exc())
    end.send(("ended", result))
    end.close()


def _work_alone(job: Job, end: Connection) -> None:
    """In a process that leads a group of its own and ends when its parent does."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    _work(job, end)
