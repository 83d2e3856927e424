"""A frame as a table of a page: caption, `scope`, room for long cells, cards on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from .blocks import Block, css_string
from .language import is_currency
from .quantity import Quantity
from .text import Text

MOST_COLUMNS = 2  # that a phone can show beside each other; a broader table is stacked there
LONG = 60  # characters: a column with such cells gets room


def titled(frame: pd.DataFrame, name: str, text: Text, facts: Mapping[str, Any]) -> Block:
    """A table with the caption, note and headings that the language file has for its name.

    Cells are `Quantity`, text, lists of text or ready `Markup`; numbers stand to the right, and
    the first column names each row.
    """
    key = f"table.{name}"
    caption = text.plain(f"{key}.caption", facts)
    note = text.plain(f"{key}.note", facts) if text.has(f"{key}.note") else ""
    stacked = len(frame.columns) > MOST_COLUMNS
    numeric = {
        column
        for column in frame
        if all(isinstance(value, Quantity) or value == "" for value in frame[column])
    }
    labels = {c: text.column(name, c, facts) for c in frame}
    cells = [{c: _cell(row[c], text) for c in frame} for _, row in frame.iterrows()]
    broad = {
        c for c in frame if c not in numeric and any(len(r[c].striptags()) > LONG for r in cells)
    }
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(
            Markup(' class="long"') if c in broad else _right(c in numeric), labels[c]
        )
        for c in frame
    )
    marks = {c: _right(c in numeric) for c in frame}
    first, *rest = frame.columns
    body = []
    for row in cells:
        shown = [Markup('<th scope="row">{}</th>').format(row[first])]
        shown += [Markup("<td{}>{}</td>").format(marks[c], row[c]) for c in rest]
        body.append(Markup("<tr>{}</tr>").format(Markup("").join(shown)))
    foot = Markup('<p class="note">{}</p>').format(note) if note else Markup("")
    html = _card_labels(name, labels.values()) if stacked else Markup("")
    html += Markup(
        '<div class="table{stack}" role="region" tabindex="0" aria-labelledby="t-{name}">'
        '<table><caption id="t-{name}">{caption}</caption>\n<thead><tr>{head}</tr></thead>\n'
        "<tbody>\n{body}\n</tbody></table></div>{foot}"
    ).format(
        stack=" stack" * stacked,
        name=name,
        caption=caption,
        head=head,
        body=Markup("\n").join(body),
        foot=foot,
    )
    return Block(html, f"{caption}\n{frame.to_string(index=False)}")


def _card_labels(name: str, labels: Iterable[str]) -> Markup:
    """What stands before each cell where a broad table is shown as cards: a rule a column."""
    rules = (
        Markup("[aria-labelledby=t-{}] td:nth-child({}){{--label:{}}}").format(
            name, place, css_string(f"{label}: ")
        )
        for place, label in enumerate(labels, start=1)
        if place > 1
    )
    return Markup("<style>{}</style>").format(Markup("").join(rules))


def _right(numeric: bool) -> Markup:
    return Markup(' class="num"') if numeric else Markup("")


def _cell(value: Any, text: Text) -> Markup:
    if isinstance(value, Quantity):
        shown = text.number(value, unit=is_currency(value.unit))
        return shown if value.known else Markup('<span class="unknown">{}</span>').format(shown)
    return text.marked(value)
