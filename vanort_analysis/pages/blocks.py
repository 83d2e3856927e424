"""The pieces a page is made of: heading, paragraph, table, figure, key figures, source list.

Each is a `Block` that shows itself alike in JupyterLab and in the page. All text is escaped here.

A frame as a table of a page: caption, `scope`, room for long cells, cards on a narrow screen.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup, escape

from ..data.quantity import Quantity
from ..language import Text, is_currency

SHORTEST_ALT = 20
PAGE_MIME = "application/vnd.vanort.page+json"


@dataclass(frozen=True)
class Block:
    """A piece of a page: its HTML, what to print where there is none, and facts of the page."""

    html: Markup
    plain: str = ""
    page: Mapping[str, Any] | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/html": str(self.html), "text/plain": self.plain}
        return bundle | ({PAGE_MIME: dict(self.page)} if self.page else {})

    def __add__(self, other: Block) -> Block:
        return Block(
            self.html + other.html, f"{self.plain}\n{other.plain}", self.page or other.page
        )


@dataclass
class Citations:
    """The numbers of one page and the raw rows they lead to, in the order they were first shown."""

    entries: dict[tuple[tuple[str, ...], str], list[Quantity]] = field(default_factory=dict)

    def cite(self, of: Quantity) -> tuple[int, int]:
        """The number of its entry in the source list, and which of its places this is."""
        rests_on = (tuple(sorted(of.refs)), of.formula)  # in whatever order they were added up
        shown = self.entries.setdefault(rests_on, [])
        shown.append(of)
        return list(self.entries).index(rests_on) + 1, len(shown)


def heading(said: Markup | str, level: int = 2, anchor: str = "") -> Block:
    """A heading; `anchor` is where links to it lead."""
    mark = Markup(' id="{}"').format(anchor) if anchor else Markup("")
    html = Markup("<h{}{}>{}</h{}>").format(level, mark, said, level)
    return Block(html, html.striptags())


def paragraphs(sentences: Iterable[Markup | str], css: str = "") -> Block:
    """Sentences, a paragraph each."""
    mark = Markup(' class="{}"').format(css) if css else Markup("")
    kept = [escape(sentence) for sentence in sentences]
    html = Markup("\n").join(Markup("<p{}>{}</p>").format(mark, sentence) for sentence in kept)
    return Block(html, "\n".join(sentence.striptags() for sentence in kept))


def items(sentences: Iterable[Markup | str], ordered: bool = False, css: str = "") -> Block:
    """Sentences as a list."""
    tag = "ol" if ordered else "ul"
    mark = Markup(' class="{}"').format(css) if css else Markup("")
    kept = [escape(sentence) for sentence in sentences]
    if not kept:
        return Block(Markup(""))
    inner = Markup("\n").join(Markup("<li>{}</li>").format(sentence) for sentence in kept)
    html = Markup("<{}{}>\n{}\n</{}>").format(Markup(tag), mark, inner, Markup(tag))
    return Block(html, "\n".join(f"- {sentence.striptags()}" for sentence in kept))


def key_figures(shown: Sequence[tuple[Markup, str]]) -> Block:
    """Three to five large figures, each with what it is a figure of."""
    each = Markup("\n").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(what, figure) for figure, what in shown
    )
    plain = "\n".join(f"{figure.striptags()} {what}" for figure, what in shown)
    return Block(Markup('<dl class="key">\n{}\n</dl>').format(each), plain)


def figure(wide: str, narrow: str, alt: str, **said: Markup | str) -> Block:
    """A picture in two drawings, wide and narrow; `alt` says it to who cannot see it.

    `said`: title (the finding), what (is shown), note.
    """
    if len(alt.strip()) < SHORTEST_ALT:
        raise ValueError(f"an alternative text that says so little: {alt!r}")
    html = Markup(
        '<figure><p class="finding">{title}</p><p class="what">{what}</p><picture>'
        '<source media="(max-width: 34rem)" srcset="{narrow}"><img src="{wide}" alt="{alt}">'
        '</picture><figcaption class="note">{note}</figcaption></figure>'
    ).format(narrow=_data(narrow), wide=_data(wide), alt=alt, **said)
    return Block(html, alt)


def _data(svg: str) -> Markup:
    """The picture as an address, for `src` and `srcset` alike: shorter than base64."""
    return Markup("data:image/svg+xml," + quote(svg.replace('"', "'"), safe="/:=,;()-.'"))


def css_string(text: str) -> Markup:
    """A text as CSS writes it, so that it can hold nothing but text."""
    return Markup('"' + re.sub(r"[^\w .,:()–]", lambda sign: f"\\{ord(sign[0]):x} ", text) + '"')


def script_hash(script: str) -> str:
    """What a Content-Security-Policy knows a script by."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def scripted(html: str, plain: str) -> Block:
    """HTML with scripts that the package itself has made; a page accepts no other scripts."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    return Block(Markup(html), plain, {"scripts": [script_hash(script) for script in scripts]})


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
        return shown if value.is_known else Markup('<span class="unknown">{}</span>').format(shown)
    return text.marked(value)
