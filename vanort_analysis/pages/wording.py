"""The pieces of a page that are told in words: statements, the brief, the points."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

import pandas as pd
from markupsafe import Markup

from . import blocks
from .blocks import Block
from .context import Story

PAGES = ("decision_memo", "background", "chain_map", "trends", "data_quality")
LONGEST_PARAGRAPH = 4  # sentences
FILES = {
    "index": "index.html",
    "data_quality": "01_data_quality.html",
    "chain_map": "02_chain_map.html",
    "trends": "03_trends.html",
    "decision_memo": "04_decision_memo.html",
    "background": "05_background.html",
    "accessibility": "06_accessibility.html",
}


def statements(story: Story, *topics: str, listed: bool = False) -> Block:
    """The municipality's own sentences on these topics, and under them where they come from.

    A topic may be a pattern: `chain_*` is every topic that begins so, in the order of the table.
    """
    rows = story.known.used["statements"].sort_values("order", kind="stable")
    there = story.known.used["statements"]["topic"].unique()
    named = dict.fromkeys(name for topic in topics for name in fnmatch.filter(there, topic))
    chosen = [rows[rows["topic"] == name] for name in named]
    if not chosen:
        return Block(Markup(""))
    if listed:
        said = blocks.items(told for frame in chosen for told in as_stated(story, frame))
    else:
        said = blocks.paragraphs(
            Markup(" ").join(as_stated(story, part)) for frame in chosen for part in _parts(frame)
        )
    return said + source_note(story, pd.concat(chosen))


def as_stated(story: Story, rows: pd.DataFrame) -> list[Markup]:
    """Sentences of sources, each with the numbers that its own source states, if it does."""
    stating = {
        source: replace(story, facts=story.facts | story.year.stated_by(source))
        for source in rows["source"].unique()
    }
    return [stating[row["source"]].prose(row) for _, row in rows.iterrows()]


def _parts(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Sentences a paragraph each few, all paragraphs about as long."""
    count = -(-len(rows) // LONGEST_PARAGRAPH)
    size = -(-len(rows) // count)
    return [rows.iloc[start : start + size] for start in range(0, len(rows), size)]


def source_note(story: Story, rows: pd.DataFrame) -> Block:
    """One small line: where these rows come from."""
    if not len(rows):
        return Block(Markup(""))
    since = rows["known_since"]
    label = story.plain("columns.source")
    years = Markup("–").join(
        Markup("<time>{}</time>").format(year) for year in sorted({since.min(), since.max()})
    )
    note = blocks.paragraphs(
        [Markup("{} ({}): {}").format(label, years, story.origin(rows))], "note"
    )
    if since.min() >= story.known.year - 1:
        return note
    return blocks.paragraphs([story.text.html("prose.old", {"years": years})], "note") + note


def declaration(story: Story) -> Block:
    """A line for each of Statistics Sweden's components of quality, from what is measured."""
    lines = [
        Markup("<b>{}.</b> {}").format(part["name"], story.text.html_of(part["text"], story.facts))
        for part in story.text.get("declaration")
    ]
    return blocks.items(lines)


def news(story: Story) -> Block:
    """What differs from the previous report, in a few lines; or that there is none."""
    if story.year.before is None:
        return blocks.paragraphs([story.plain("news.first")])
    return blocks.items(story.text.paragraphs("news.since", story.facts))


def mended(story: Story) -> Block:
    """What was put right while reading, and what was noted, in the rows the report rests on."""
    rows = {f"{table}.csv": frame.index for table, frame in story.known.basis.items()}
    of_data = [note for note in story.notes if note.file in rows]
    notes = [note for note in of_data if note.row is None or note.row in rows[note.file]]
    if not notes:
        return blocks.paragraphs([story.plain("section.quality_mended.none")])
    said = (story.text.fault(note).replace("\n", " ") for note in notes)
    return blocks.items(Markup("<samp>{}</samp>").format(note) for note in said)
