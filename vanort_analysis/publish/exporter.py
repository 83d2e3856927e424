"""Our pages for nbconvert: `jupyter nbconvert --to vanort-report out.ipynb`."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode

from . import page


class ReportExporter(Exporter):
    """Writes an executed report notebook as a page that opens anywhere and asks for nothing."""

    file_extension = ".html"
    output_mimetype = "text/html"
    export_from_notebook = "Twin-town report"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """The page of an executed notebook; raises `NotBuilt` where it may not be published."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        name = str((resources or {}).get("metadata", {}).get("name", ""))
        return page.build(*page.gather(nb, name), name=name), resources
