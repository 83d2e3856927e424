"""The papermill engine that runs a notebook's cells in the process it is called in."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from typing import Any

import pandas as pd
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode, from_dict, v4
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from .page import cell_name

NAME = "same-process"  # to papermill
INLINE = "module://matplotlib_inline.backend_inline"
NO_HISTORY = Config({"HistoryManager": {"enabled": False}})


class SameProcess(Engine):
    """Runs a notebook's cells in the process it is called in: one that ends with the notebook."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells, and stop at the first that fails; `tell` hears of each before it runs."""
        shell = Shell.instance(config=NO_HISTORY, ipython_dir=tempfile.mkdtemp())
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


papermill_engines.register(NAME, SameProcess)


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
        output = from_dict({"output_type": kind, **about})  # is valid: looked at with the whole
        self.outputs.append(output)
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
