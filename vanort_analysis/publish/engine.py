"""Runs notebooks and other jobs side by side, each in a fresh fork of this process or in a thread.

A fork has all that this process has imported and read, and what it leaves behind ends with it.
There a papermill engine of ours runs the cells of a notebook in the fork itself: with the shell of
a kernel, whose messages a kernel's client turns into outputs, without a network between the two.
Where forks are not safe, a thread has papermill start a kernel.
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
from contextlib import contextmanager, nullcontext, suppress
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

from ..errors import INTERRUPTED, BuildError, Fault, UserError, write_failure
from .page import cell_name
from .recipe import Order

FORK = sys.platform == "linux"  # macOS has it too, but its libraries do not survive one
CORES = os.cpu_count() or 1
TIMEOUT_S = 120  # a job that takes longer hangs
POLL_S = 1  # how often to look for jobs that hang
PR_SET_PDEATHSIG = 1  # of prctl(2): the signal a process gets when its parent dies
NAME = "same-process"  # of our engine, in papermill
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"
NO_HISTORY = Config({"HistoryManager": {"enabled": False}})


@dataclass(frozen=True, eq=False)
class Job:
    """A part of an order, which `work` makes once the jobs in `after` have ended; it is given a
    function to call with the name of each step it begins, such as a cell."""

    order: Order
    part: str
    work: Callable[[Callable[[str], None]], Any]
    after: Collection[Job] = ()


class Worker:
    """A process or thread that runs one job."""

    def __init__(self, job: Job, forked: bool, timeout_s: float) -> None:
        self.job = job
        self.step = ""  # that the job began last
        self.deadline = monotonic() + timeout_s if forked else math.inf  # a kernel has its own
        self.connection, sender = Pipe(duplex=False)
        self.process: Any = None
        if forked:
            self.process = get_context("fork").Process(target=_run_in_fork, args=(job, sender))
            self.process.start()
            sender.close()
        else:
            Thread(target=_run_job, args=(job, sender), daemon=True).start()

    def receive(self) -> tuple[bool, Any]:
        """Whether the job has ended; if so its result or error, otherwise the step it begins."""
        code = "B010"  # the job is late
        if self.connection.poll():
            code = "B013"  # its process died without a message
            with suppress(EOFError):
                return self.connection.recv()
        part, pages = self.job.part, self.job.order.pages
        file = f"{part}.ipynb" if part in pages else part
        return True, BuildError(Fault(code, file=file, column=self.step))

    def stop(self) -> None:
        """Kill a process and all that it started; a thread and its kernel end with this process."""
        if self.process:
            with suppress(ProcessLookupError):  # it has no group yet, or all have ended
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.join()


def run_jobs(
    jobs: Iterable[Job], at_once: int = CORES, forked: bool = FORK, timeout_s: float = TIMEOUT_S
) -> Generator[tuple[Job, Any]]:
    """Run jobs side by side; yield each as it ends, with its result or the error it met. Closing
    the generator stops the jobs that are still running."""
    waiting = list(jobs)
    workers: dict[Any, Worker] = {}  # by connection
    try:
        while waiting or workers:
            if INTERRUPTED:
                raise KeyboardInterrupt
            unfinished = {*waiting, *(worker.job for worker in workers.values())}
            ready = [job for job in waiting if unfinished.isdisjoint(job.after)]
            for job in ready[: at_once - len(workers)]:
                waiting.remove(job)
                with _signals_deferred() if forked else nullcontext():
                    worker = Worker(job, forked, timeout_s)
                    workers[worker.connection] = worker
            now = monotonic()
            late = [connection for connection, worker in workers.items() if worker.deadline <= now]
            for connection in wait([*workers], timeout=0 if late else POLL_S) or late:
                worker = workers[connection]
                ended, message = worker.receive()
                if not ended:
                    worker.step = message
                    continue
                del workers[connection]
                worker.stop()
                yield worker.job, message
    finally:
        for worker in workers.values():
            worker.stop()


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """An interrupt amidst a fork would be lost, and one right after it would leave it running."""
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)


def _run_job(job: Job, connection: Connection) -> None:
    """Run a job; send its steps as `(False, name)`, and at last `(True, result or error)`."""
    try:
        result = job.work(lambda step: connection.send((False, step)))
    except UserError as error:
        result = error
    except OSError as error:
        result = write_failure(error, job.order.draft)
    except Exception:  # noqa: BLE001  raised in the parent, which writes the log
        result = RuntimeError(traceback.format_exc())
    connection.send((True, result))
    connection.close()


def _run_in_fork(job: Job, connection: Connection) -> None:
    """Run a job in a process that leads a group of its own and dies with its parent."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
    _run_job(job, connection)


class SameProcess(Engine):
    """Runs the cells of a notebook in the calling process, which must end with the notebook."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells up to the first that fails; calls `on_cell` with the name of each."""
        session = OutputSession(nb_man.nb)
        shell: Any = ZMQInteractiveShell.instance(config=NO_HISTORY, ipython_dir=tempfile.mkdtemp())
        shell.display_pub.session = shell.displayhook.session = session
        shell.enable_gui = lambda gui=None: None  # there is no window
        os.environ["MPLBACKEND"] = INLINE_BACKEND  # for a cell that imports matplotlib
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rcParams["backend"] = INLINE_BACKEND
        pd.set_option("display.max_columns", 20)  # as where a notebook itself imports pandas
        version = platform.python_version()
        nb_man.nb.metadata["language_info"] = {"name": "python", "version": version}
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code" and cell.source.strip():
                options["on_cell"](cell_name(cell.source))
                session.cell, session.cell_index = cell, index
                result = shell.run_cell(cell.source, store_history=True)
                session.send_streams()
                cell.execution_count = result.execution_count
                if not result.success and "raises-exception" not in cell.metadata.get("tags", []):
                    nb_man.cell_exception(cell, cell_index=index)
                    return
            nb_man.cell_complete(cell, cell_index=index)


papermill_engines.register(NAME, SameProcess)


class OutputSession(Session):
    """Turns the messages of a shell, and all that is written meanwhile, into outputs of a cell."""

    cell: NotebookNode  # that is running
    cell_index: int

    def __init__(self, nb: NotebookNode) -> None:
        super().__init__()
        self.client = NotebookClient(nb)
        self.client.reset_execution_trackers()
        self.client.clear_before_next_output = False
        self.streams: dict[str, Any] = {}
        for descriptor, name in enumerate(("stdout", "stderr"), 1):
            self.streams[name] = tempfile.TemporaryFile()  # noqa: SIM115  open until the process ends
            os.dup2(self.streams[name].fileno(), descriptor)  # so that it gets what C code writes
            stream = open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)

    def send(self, stream: Any, msg_or_type: Any, *content: Any, **unused: Any) -> None:
        """Add a message to the outputs, after what was written before it."""
        self.send_streams()
        message = self.msg(msg_or_type, *content) if content else msg_or_type
        self.client.process_message(message, self.cell, self.cell_index)

    def send_streams(self) -> None:
        """Add what was written to stdout and stderr since the last time."""
        for name, file in self.streams.items():
            getattr(sys, name).flush()
            file.seek(0)
            text = file.read().decode(errors="replace")
            file.truncate(0)
            file.seek(0)
            if text:
                message = self.msg("stream", {"name": name, "text": text})
                self.client.process_message(message, self.cell, self.cell_index)
