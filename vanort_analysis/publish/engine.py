"""How notebooks run: each in a fresh fork of this process, which has imported the libraries and
read the data once; without fork, each in a kernel. What a job leaves behind ends with it.

papermill stays in charge: `SameProcess` is an engine of it that runs the cells where it is called.
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
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from threading import Thread
from time import monotonic
from typing import Any

import pandas as pd
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode, v4
from papermill.engines import Engine, papermill_engines

from ..errors import Fault, NotBuilt, UserError, WrongPlace
from .page import cell_name
from .recipe import Order

FORK = sys.platform == "linux"  # macOS has it too, but its libraries do not survive one
SLOWEST_S = 120  # a job that takes longer hangs
INLINE = "module://matplotlib_inline.backend_inline"
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
        return "ended", NotBuilt(Fault("B010", file=worker.job.part, column=worker.at))
    try:
        return worker.end.recv()
    except EOFError:  # it died without a word
        return "ended", NotBuilt(Fault("B013", file=worker.job.part, column=worker.at))


def _work(job: Job, end: Connection) -> None:
    try:
        result = job.work(lambda at: end.send(("at", at)))
    except UserError as error:
        result = error
    except OSError as error:
        where = str(error.filename or job.order.building)
        result = WrongPlace(Fault("P003", file=where, value=error.strerror or ""))
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
    if job.order.aside.is_dir():
        tempfile.tempdir = str(job.order.aside)  # is cleared away with it, even after a power cut
    _work(job, end)


class SameProcess(Engine):
    """Runs a notebook's cells in the process it is called in: one that ends with the notebook."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells, and stop at the first that fails; `tell` hears of each before it runs."""
        shell = Shell.instance(ipython_dir=tempfile.mkdtemp())
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
                error = shell.run(cell)
                if error and "raises-exception" not in cell.metadata.get("tags", []):
                    nb_man.cell_exception(cell, cell_index=index, exception=error)
                    return
            nb_man.cell_complete(cell, cell_index=index)


papermill_engines.register("same-process", SameProcess)


class Result(DisplayHook):
    """What the last line of a cell gave."""

    shell: Any

    def write_output_prompt(self) -> None:
        """No prompt in a notebook."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Keep it as an output of the cell."""
        about = {"metadata": md_dict or {}, "execution_count": self.prompt_count}
        self.shell.keep("execute_result", data=format_dict, **about)

    def finish_displayhook(self) -> None:
        """No end of a line in a notebook."""


class Display(DisplayPublisher):
    """What a cell displays on its way."""

    shell: Any

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Keep it as an output of the cell, or in place of the one it updates."""
        name = (transient or {}).get("display_id")
        if update:
            for output in self.shell.named.get(name, ()):
                output.data, output.metadata = data, metadata or {}
            return
        output = self.shell.keep("display_data", data=data, metadata=metadata or {})
        self.shell.named.setdefault(name, []).append(output)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has put out."""
        self.shell.keep_written()
        self.shell.outputs.clear()


class Shell(InteractiveShell):
    """IPython whose outputs become those of notebook cells."""

    def __init__(self, **options: Any) -> None:
        self.outputs: list[NotebookNode] = []
        self.named: dict[str, list[NotebookNode]] = {}
        self.written: dict[str, Any] = {}
        for number, name in enumerate(("stdout", "stderr"), 1):
            self.written[name] = file = tempfile.TemporaryFile()  # noqa: SIM115  until the end
            os.dup2(file.fileno(), number)  # what C code writes comes there too
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        super().__init__(displayhook_class=Result, display_pub_class=Display, **options)

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window."""

    def run(self, cell: NotebookNode) -> BaseException | None:
        """Run a code cell, put its outputs in it, and give the error it ended with, if any."""
        self.outputs = []
        done = self.run_cell(cell.source, store_history=True)
        self.keep_written()
        cell.outputs, cell.execution_count = self.outputs, done.execution_count
        return done.error_before_exec or done.error_in_exec

    def keep(self, kind: str, **about: Any) -> NotebookNode:
        """One more output of the cell, after what was written before it."""
        self.keep_written()
        self.outputs.append(output := v4.new_output(kind, **about))
        return output

    def keep_written(self) -> None:
        """What was written to standard output, and to that of errors, as outputs of the cell."""
        for name, file in self.written.items():
            getattr(sys, name).flush()
            file.seek(0)
            if said := file.read().decode(errors="replace"):
                self.outputs.append(v4.new_output("stream", name=name, text=said))
            file.truncate(0)
            file.seek(0)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.keep("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)
