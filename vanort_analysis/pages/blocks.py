"""The building blocks of a page; the macros of `templates/blocks.html.j2` render and escape them.

In JupyterLab a block brings the page's style along; the exporter takes its HTML alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..language import Text
from ..pictures.style import load_typeface

PAGE_MIME = "application/vnd.vanort.page+json"
MOST_ROWS = 200  # a longer table shows only its first rows, so that the page stays usable
Inline = Markup | str  # text of a page: HTML, or plain text still to be escaped
EMPTY = Markup("")
NO_WORDS = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)  # for a console


@dataclass(frozen=True)
class Block:
    """A piece of a page: its HTML, and metadata for the exporter."""

    html: Markup = EMPTY
    page: dict[str, Any] | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        typeface = load_typeface().css if 'class="picture' in self.html else ""
        return {
            "text/html": str(render_macro("lab", self.html, typeface)),
            "text/plain": str(self),
            PAGE_MIME: {"html": str(self.html)} | (self.page or {}),
        }

    def __str__(self) -> str:
        words = Markup(NO_WORDS.sub(" ", self.html)).unescape()
        lines = (" ".join(line.split()) for line in words.splitlines())
        return "\n".join(filter(None, lines))

    def __add__(self, other: Block) -> Block:
        return Block(self.html + other.html, self.page or other.page)


@cache
def load_templates() -> Any:
    """The Jinja environment, loaded with the first block: checking data does without Jinja."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    options: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    options["auto_reload"] = False  # or every macro would look whether its file has changed
    loader = PackageLoader("vanort_analysis.pages")
    return Environment(loader=loader, undefined=StrictUndefined, **options)


def render_macro(macro: str, *values: Any) -> Markup:
    """The HTML that a macro makes of the values: "link", "state", "in_language" and so on."""
    module = load_templates().get_template("blocks.html.j2").module
    return Markup(getattr(module, macro)(*values).strip())


def make_block(macro: str, *values: Any) -> Block:
    """The same as a block: "heading", "paragraphs", "items" and so on."""
    return Block(render_macro(macro, *values))


def mark_language(html: Markup, language: str, page_language: str, tag: str = "span") -> Markup:
    """The HTML in a tag with its language, unless it is empty or in the language of the page."""
    if language == page_language:
        return html
    return render_macro("in_language", html, language, tag)


def wrap_blocks(macro: str, label: Inline, *blocks: Block) -> Block:
    """Blocks in a "fold" that opens at a click on the label, or in a section "framed" with a look
    of its own: "answer" (the memo's box), "appendix". Empty if there is nothing inside."""
    inside = sum(blocks, Block())
    return Block(render_macro(macro, label, inside.html), inside.page)


def make_table(frame: pd.DataFrame, name: str, text: Text, facts: Mapping[str, Any]) -> Block:
    """A table with the caption, notes and headings that the language file has for its name.

    Cells are `Quantity`, text, lists of text or `Markup`. The first column names each row. Numbers
    other than years are aligned right, a column without any value is left out, and a note may
    explain the empty cells of a column (`gap`).
    """
    if frame.empty:
        return Block()
    first, *others = frame.columns
    filled = [column for column in others if any(map(has_content, frame[column]))]
    shown = frame[[first, *filled]].head(MOST_ROWS)
    rows = shown.map(lambda value: _render_cell(value, text)).to_numpy().tolist()
    labels = [text.heading(name, column, facts) for column in shown]
    numeric = [all(map(_is_aligned_right, shown[column])) for column in shown]
    caption = text.plain(f"table.{name}.caption", facts)
    gaps = [column for column in shown if not all(map(has_content, shown[column]))]
    note_keys = [f"table.{name}.about.{column}" for column in shown]
    note_keys += [f"table.{name}.note", *(f"table.{name}.gap.{column}" for column in gaps)]
    notes = [*dict.fromkeys(text.html(key, facts) for key in note_keys if text.has(key))]
    if len(shown) < len(frame):
        counts = {"shown": exact(len(shown)), "rows": exact(len(frame))}
        notes.append(text.html("cut.table", counts))
    return make_block("table", name, caption, notes, labels, numeric, rows)


def _is_aligned_right(value: Any) -> bool:
    """Years are not: they are all equally wide, and compared with the words beside them."""
    return value.unit != "year" if isinstance(value, Quantity) else value == ""


def is_known(value: Any) -> bool:
    """Whether a fact says anything: a known quantity, words, or a list with something in it."""
    return value.is_known if isinstance(value, Quantity) else bool(value)


def has_content(value: Any) -> bool:
    """Whether a cell says anything: also that there is an unknown sum or year of leaving."""
    return is_known(value) or getattr(value, "reason", "") in ("unknown_sum", "left")


def _render_cell(value: Any, text: Text) -> Markup:
    if not isinstance(value, Quantity):
        return text.value_html(value)
    html = text.quantity_html(value, in_table=True)
    return html if value.is_known else render_macro("unknown", html)


def script_hash(script: str) -> str:
    """The hash by which a Content-Security-Policy admits a script (SHA-256, Base64)."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def make_scripted(html: str) -> Block:
    """HTML with scripts that the package itself has made; a page accepts no other scripts."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    return Block(Markup(html), {"scripts": [script_hash(script) for script in scripts]})
