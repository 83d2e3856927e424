"""Notebooks and other jobs side by side, each in a fresh fork of this process, or in a thread.

A fork has all that this process has imported and read; what it leaves behind ends with it. There a
papermill engine runs the cells of a notebook in the fork itself: the shell is that of a kernel, and
what it sends is put into the cells by a kernel's client, without a wire between them. Where there
is no fork, a thread has papermill start a kernel.
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from threading import Thread
from time import monotonic
from typing import Any

import pandas as pd
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from nbclient import NotebookClient
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from ..errors import BuildError, Fault, UserError, write_failure
from .page import cell_name
from .recipe import Order

FORK = sys.platform == "linux"  # macOS has it too, but its libraries do not survive one
SLOWEST_S = 120  # a job that takes longer hangs
LOOK_S = 1  # how often to look for those that hang
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
NAME = "same-process"  # to papermill
INLINE = "module://matplotlib_inline.backend_inline"
NO_HISTORY = Config({"HistoryManager": {"enabled": False}})


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

    def receive(self) -> tuple[bool, Any]:
        """Whether it has ended, and what it gave, or the error it met; else what it is at."""
        if not self.end.poll():
            return True, BuildError(Fault("B010", file=self.job.file, column=self.at))
        try:
            return self.end.recv()
        except EOFError:  # it died without a word
            return True, BuildError(Fault("B013", file=self.job.file, column=self.at))

    def stop(self) -> None:
        """End a process and all that it started; a thread, and its kernel, end with this one."""
        if self.process:
            with suppress(ProcessLookupError):  # it has no group yet, or all have ended
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.join()


def run_jobs(
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
                ended, said = worker.receive()
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
        result = write_failure(error, job.order.building)
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


class SameProcess(Engine):
    """Runs a notebook's cells in the process it is called in: one that ends with the notebook."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells, and stop at the first that fails; `tell` hears of each before it runs."""
        wire = Wire(nb_man.nb)
        shell: Any = ZMQInteractiveShell.instance(config=NO_HISTORY, ipython_dir=tempfile.mkdtemp())
        shell.display_pub.session = shell.displayhook.session = wire
        shell.enable_gui = lambda gui=None: None  # there is no window
        os.environ["MPLBACKEND"] = INLINE  # for a cell that draws with it
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rcParams["backend"] = INLINE
        pd.set_option("display.max_columns", 20)  # as pandas has it where a notebook imports it
        version = platform.python_version()
        nb_man.nb.metadata["language_info"] = {"name": "python", "version": version}
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code" and cell.source.strip():
                options["tell"](cell_name(cell.source))
                wire.cell = cell, index
                done = shell.run_cell(cell.source, store_history=True)
                wire.send_streams()
                cell.execution_count = done.execution_count
                if not done.success and "raises-exception" not in cell.metadata.get("tags", []):
                    nb_man.cell_exception(cell, cell_index=index)
                    return
            nb_man.cell_complete(cell, cell_index=index)


papermill_engines.register(NAME, SameProcess)


class Wire(Session):
    """Hands what a shell sends, and what is written meanwhile, to who puts it into the cell."""

    cell: tuple[NotebookNode, int]  # that is run, and its index

    def __init__(self, nb: NotebookNode) -> None:
        super().__init__()
        self.client = NotebookClient(nb)
        self.client.reset_execution_trackers()
        self.client.clear_before_next_output = False
        self.written: dict[str, Any] = {}
        for number, name in enumerate(("stdout", "stderr"), 1):
            self.written[name] = file = tempfile.TemporaryFile()  # noqa: SIM115  until the end
            os.dup2(file.fileno(), number)  # what C code writes comes there too
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115

    def send(self, stream: Any, msg_or_type: Any, *about: Any, **more: Any) -> None:
        """What was written before it comes first."""
        self.send_streams()
        message = msg_or_type if about == () else self.msg(msg_or_type, *about)
        self.client.process_message(message, *self.cell)

    def send_streams(self) -> None:
        """What was written to standard output, and to that of errors, since it was last sent."""
        for name, file in self.written.items():
            getattr(sys, name).flush()
            file.seek(0)
            if said := file.read().decode(errors="replace"):
                message = self.msg("stream", {"name": name, "text": said})
                self.client.process_message(message, *self.cell)
            file.truncate(0)
            file.seek(0)
