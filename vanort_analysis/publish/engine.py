"""The papermill engine that runs a notebook's cells in the process it is called in.

The shell is a kernel's own, and what it sends is put into the cells by a kernel's own client; they
only meet without a wire between them.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from typing import Any

import pandas as pd
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from nbclient import NotebookClient
from nbformat import NotebookNode
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
                wire.send_written()
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
        self.send_written()
        message = msg_or_type if about == () else self.msg(msg_or_type, *about)
        self.client.process_message(message, *self.cell)

    def send_written(self) -> None:
        """What was written to standard output, and to that of errors, since it was last sent."""
        for name, file in self.written.items():
            getattr(sys, name).flush()
            file.seek(0)
            if said := file.read().decode(errors="replace"):
                message = self.msg("stream", {"name": name, "text": said})
                self.client.process_message(message, *self.cell)
            file.truncate(0)
            file.seek(0)
