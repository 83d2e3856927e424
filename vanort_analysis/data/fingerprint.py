"""One short word for all a report rests on: its rows, its parameters, the lock and our version.

The same in every language. Another fingerprint means that the pages may differ; a row that the
report may not use does not change it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version

from . import files
from .evidence import Known
from .files import Municipality

LOCK = "requirements.lock"
SHORT = 12  # signs: enough to tell two reports apart by eye


def fingerprint(known: Known, municipality: Municipality) -> str:
    """SHA-256 over what a report rests on, in hexadecimal."""
    earlier = [year for year in municipality.made if year < known.year]
    parameters = asdict(municipality) | {"year": known.year, "made": earlier}
    parts = [
        version("vanort_analysis"),
        _lock(),
        json.dumps(parameters, sort_keys=True, default=str),
        *(f"{name}\n{files.as_csv(frame)}" for name, frame in sorted(known.basis.items())),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _lock() -> str:
    """What the program was installed from; an installed package brings it, a bare copy may not."""
    paths = (files.PACKAGE / LOCK, files.PROJECT / LOCK)
    return next((path.read_text("utf-8") for path in paths if path.is_file()), "")
