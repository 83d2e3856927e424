"""What a report was made from, and whether it still stands as it was made."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import store
from .prepare import Prepared

PACKAGES = ("pandas", "geopandas", "folium", "matplotlib", "papermill", "nbconvert")
NAME = "manifest.json"
AWAY = {"__pycache__", ".ruff_cache", ".mypy_cache"}  # of tools, no part of the program


def seal(folder: Path, recipe: Mapping[str, Any], notes: Sequence[str], fingerprint: str) -> None:
    """Write the manifest of a finished folder: inputs, outputs, versions, when, what was noted."""
    content = {
        "fingerprint": fingerprint,
        "recipe": recipe,
        "outputs": hashes(folder),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": list(notes),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    store.write({folder / NAME: text + "\n"})


def recipe_of(prepared: Prepared, year: int, language: str, notebooks: Path) -> dict[str, Any]:
    """Everything the pages depend on, so that a report can be told to be up to date."""
    package = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted([*package.rglob("*"), *notebooks.glob("*.ipynb")]):
        if path.is_file() and not AWAY.intersection(path.parts):
            code.update(path.read_bytes())
    return {
        "year": year,
        "language": language,
        "inputs": store.file_hashes(prepared.data),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "program": f"vanort_analysis {version('vanort_analysis')} {code.hexdigest()[:16]}",
    }


def stands(target: Path, recipe: Mapping[str, Any]) -> bool:
    """Whether a report stands as it was made, from this very recipe."""
    try:
        manifest = json.loads((target / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(manifest, dict):
        return False
    return manifest.get("recipe") == dict(recipe) and manifest.get("outputs") == hashes(target)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }
