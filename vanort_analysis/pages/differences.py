"""Where sources disagree, what differs from the previous report, and how a report's claims hold.

Each function gives a named table, ready to print.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis.legacy.claims import verdicts
from ..data import evidence
from ..data.schema import QUANTITIES
from ..data.schema import TABLES as CONTRACT
from .context import Story


def register(story: Story) -> pd.DataFrame:
    """Where sources disagree: what is used, what the other says, from where, and why."""
    rows = [
        {
            "about": ", ".join(story.word(word) for word in case.key.split()),
            "column": story.text.column("", case.column),
            "used": _side(story, case, "used"),
            "other": _side(story, case, "other"),
            "rule": _why(story, case),
        }
        for case in story.known.register.itertuples()
    ]
    return pd.DataFrame(rows)


def _why(story: Story, case: Any) -> Markup:
    """Why one value is used, whether the sources are independent, what the municipality says."""
    rows = story.known.used["statements"]
    said = rows[rows["topic"] == f"register:{case.key}"]
    rule = story.plain(f"rule.{case.rule}")
    independent = story.plain(f"register.{str(case.independent).lower()}")
    explained = Markup(" ").join(story.prose(row) for _, row in said.iterrows())
    return Markup("{}; {}. {}").format(rule, independent, explained)


def _side(story: Story, case: Any, side: str) -> Markup:
    """What one of two disagreeing sources says, linked to its row, and which source it is."""
    ref = getattr(case, f"{side}_ref")
    said = _cell(story, case.table, case.column, ref)
    source = story.origin([story.known.row(ref)])
    return Markup('{}<br><span class="note">{}</span>').format(said, source)


def changes(story: Story) -> pd.DataFrame:
    """What differs from the previous report, fact by fact."""
    if story.year.before is None:
        return pd.DataFrame()
    changed = evidence.changes(story.year.before, story.known)
    if not len(changed):
        return pd.DataFrame()
    rows = [
        {
            "about": ", ".join(story.word(word) for word in case.key.split())
            if case.column != "text_sv"
            else "",
            "table": story.plain(f"tables.{case.table}"),
            "before": _cell(story, case.table, case.column, case.before_ref),
            "now": _cell(story, case.table, case.column, case.now_ref),
            "source": story.origin([story.known.row(case.now_ref)]),
        }
        for case in changed.itertuples()
    ]
    frame = pd.DataFrame(rows)
    return frame if any(frame["before"]) else frame.drop(columns="before")


def _cell(story: Story, table: str, column_name: str, ref: str) -> Any:
    """What a cell of a raw row says, as a reader meets it."""
    if not ref:
        return ""
    row = story.known.row(ref)
    if column_name == "text_sv":
        return story.prose(row)
    if CONTRACT[table].columns[column_name].kind in QUANTITIES:
        return story.text.number(row[column_name])
    return story.word(row[column_name])


def claims(story: Story) -> pd.DataFrame:
    """Every claim as its source made it, and what is known of it today."""
    rows = []
    for found in verdicts(story.legacy, story.facts, story.home).itertuples():
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


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    function.__name__: function for function in (register, changes, claims)
}
