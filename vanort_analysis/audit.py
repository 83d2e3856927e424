"""The claims of the earlier report as a table: what it said, what the data say, the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from .claims import verdicts
from .story import Story


def claims(story: Story) -> pd.DataFrame:
    """Every claim as its source made it, and what is known of it today."""
    rows = []
    for found in verdicts(story.known, story.facts, story.home).itertuples():
        key, values = found.evidence
        values = {name: _worded(story, value) for name, value in values.items()}
        as_made = replace(story, facts=story.facts | found.said)
        rows.append(
            {
                "claim": as_made.prose(found.row),
                "evidence": Markup(" ").join(story.text.paragraphs(f"evidence.{key}", values)),
                "verdict": story.plain(f"verdict.{found.verdict}"),
            }
        )
    return pd.DataFrame(rows, columns=["claim", "evidence", "verdict"])


def _worded(story: Story, value: Any) -> Any:
    """Ids and codes of places, sources and countries as words; numbers as they are."""
    if not isinstance(value, list):
        return value
    return [_word(story, item) if isinstance(item, str) else item for item in value]


def _word(story: Story, code: str) -> Markup | str:
    sources = story.known.rows["sources"].set_index("source")["title"]
    if code in sources:
        title = story.plain("evidence.title", title=sources[code])
        own = story.municipality.language
        mark = Markup("{}") if own == story.text.language else Markup('<span lang="{1}">{0}</span>')
        return mark.format(title, own)
    return str(story.text.locale.territories.get(code, story.word(code)))


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {claims.__name__: claims}
