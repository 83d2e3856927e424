"""What lies beside the pages of a report, as a list of links: the same in other forms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from . import blocks, wording
from .blocks import Block
from .quantity import exact
from .text import Text

FORMS = {  # what may lie beside the pages, in the order it is listed
    "pdf": "*.pdf",
    "word": "*.docx",
    "workbook": "data/*.xlsx",
    "package": "data/datapackage.json",
    "geojson": "data/*.geojson",
}


def beside(text: Text, facts: Mapping[str, Any], folder: Path) -> Block:
    """What lies beside the pages: each file with its kind and size."""
    names = {Path(file).stem: f"page.{page}.nav" for page, file in wording.FILES.items()}
    order = {Path(wording.FILES[page]).stem: place for place, page in enumerate(wording.PAGES)}
    links = []
    for kind, pattern in FORMS.items():
        for path in sorted(folder.glob(pattern), key=lambda path: order.get(path.stem, 0)):
            said = {
                "what": text.plain(names.get(path.stem, f"forms.{kind}"), facts),
                "kind": text.plain(f"forms.kind.{kind}"),
                "size": exact(max(1, round(path.stat().st_size / 1000)), "kB"),
            }
            link = Markup('<a href="{}">{}</a>').format(
                path.relative_to(folder).as_posix(), text.html("forms.link", said)
            )
            links.append(link)
    if not links:
        return Block(Markup(""))
    head = blocks.heading(text.plain("forms.heading"), 2, "forms")
    lead = blocks.paragraphs(text.paragraphs("forms.text", facts))
    return head + lead + blocks.items(links, css="forms")
