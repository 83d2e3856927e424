"""The other forms of a report that can be made on this machine, and why the rest cannot.

The tables always can. PDF needs a browser and Word the extra `word`: where one is missing or fails,
the report is made all the same, and the user is told once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from . import exchange, geojson, pdf, store, word, workbook
from .errors import Fault, WrongPlace
from .story import Story

Form = Callable[[Story, Path], None]


def possible(told: list[Fault]) -> dict[str, Form]:
    """What makes each form in a report's folder, by name; `told` gets what the user should know."""
    forms: dict[str, Form] = {"tables": exchange.write, "workbook": workbook.write}
    forms["places"] = geojson.write
    if pdf.browser():
        forms["pdf"] = _tried(pdf.write, told)
    else:
        told.append(Fault("P005", level="warning", details={"near": pdf.OWN}))
    if word.possible():
        forms["word"] = _tried(word.write, told)
    else:
        told.append(Fault("P007", level="warning", details={"near": _install()}))
    return forms


def _tried(make: Form, told: list[Fault]) -> Form:
    def attempt(story: Story, folder: Path) -> None:
        try:
            make(story, folder)
        except WrongPlace as error:
            told.extend(error.faults)

    return attempt


def _install() -> str:
    if not (store.PROJECT / "run.py").is_file():
        return 'pip install "vanort_analysis[word]"'
    return f"{'python' if os.name == 'nt' else 'python3'} run.py word"
