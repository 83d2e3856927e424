"""The pieces a page is made of, each by a macro of `templates/blocks.html.j2`, which escapes text.

In JupyterLab a piece brings the page's style along; the exporter takes its HTML without.
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
from ..language import Text, is_currency
from ..pictures.style import load_typeface

PAGE_MIME = "application/vnd.vanort.page+json"
SHORTEST_ALT = 20
MOST_ROWS = 200  # of a longer table the first are shown, for a page to stay usable
Said = Markup | str
NOTHING = Markup("")


@dataclass(frozen=True)
class Block:
    """A piece of a page: its HTML, what to print where there is none, and facts of the page."""

    html: Markup = NOTHING
    plain: str = ""
    page: dict[str, Any] | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        page = {"html": str(self.html)} | (self.page or {})
        lab = render_macro(
            "lab", self.html, load_typeface().css if 'class="picture' in self.html else ""
        )
        return {"text/html": str(lab), "text/plain": str(self), PAGE_MIME: page}

    def __str__(self) -> str:
        lines = (Markup(line).striptags() for line in self.html.splitlines())
        return self.plain or "\n".join(filter(None, lines))

    def __add__(self, other: Block) -> Block:
        plain = "\n".join(filter(None, [str(self), str(other)]))
        return Block(self.html + other.html, plain, self.page or other.page)


@cache
def load_templates() -> Any:
    """What HTML is made with, read when the first piece is: to look data over needs none."""
    import jinja2

    loader = jinja2.PackageLoader("vanort_analysis.pages", "templates")
    of = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, loader=loader)
    of.trim_blocks = of.lstrip_blocks = True
    return of


def render_macro(macro: str, *values: Any) -> Markup:
    """What a macro makes of the values: "link", "state", "in_language" and so on."""
    module = load_templates().get_template("blocks.html.j2").module
    return Markup(getattr(module, macro)(*values).strip())


def make_block(macro: str, *values: Any) -> Block:
    """The same as a piece of its own: "heading", "paragraphs", "items" and so on."""
    return Block(render_macro(macro, *values))


def fold_blocks(summary: Said, *blocks: Block) -> Block:
    """Blocks that open at a click; nothing to open is no fold."""
    inside = sum(blocks, Block())
    plain = inside.plain and f"{summary}\n{inside.plain}"
    return Block(render_macro("fold", summary, inside.html), plain, inside.page)


def frame_blocks(css: str, *blocks: Block) -> Block:
    """Blocks in a section of its own look: "answer" (the memo's box), "appendix"."""
    inside = sum(blocks, Block())
    return Block(render_macro("framed", css, inside.html), inside.plain, inside.page)


def make_figure(
    wide: str, narrow: str, alt: str, title: Said = "", what: Said = "", note: Said = ""
) -> Block:
    """A picture in two drawings (SVG); `title` is its finding, `alt` says it to who cannot see."""
    if len(alt.strip()) < SHORTEST_ALT:
        raise ValueError(f"an alternative text that says so little: {alt!r}")
    return Block(render_macro("figure", Markup(wide), Markup(narrow), alt, title, what, note), alt)


def make_table(frame: pd.DataFrame, name: str, text: Text, facts: Mapping[str, Any]) -> Block:
    """A table with the caption, note and headings that the language file has for its name.

    Cells are `Quantity`, text, lists of text or `Markup`. The first column names each row, numbers
    but years stand to the right, a column without a value is left out; what it means that only
    some of its cells have none may be said (`gap`).
    """
    if frame.empty:
        return Block()
    first, *rest = frame.columns
    shown = frame[[first, *(column for column in rest if any(map(has_content, frame[column])))]]
    shown = shown.head(MOST_ROWS)
    cells = shown.map(lambda value: _cell(value, text))
    labels = [text.heading(name, column, facts) for column in shown]
    numeric = [all(map(_to_the_right, shown[column])) for column in shown]
    letters = [max(len(cell.striptags()) for cell in cells[column]) for column in shown]
    columns = list(zip(labels, numeric, letters, strict=True))
    caption = text.plain(f"table.{name}.caption", facts)
    about = [f"table.{name}.note"]
    about += [f"table.{name}.gap.{of}" for of in shown if not all(map(has_content, shown[of]))]
    notes = [text.html(note, facts) for note in about if text.has(note)]
    if len(shown) < len(frame):
        counts = {"shown": exact(len(shown)), "rows": exact(len(frame))}
        notes.append(text.html("cut.table", counts))
    html = render_macro("table", name, caption, Markup(" ").join(notes), columns, cells.to_numpy())
    plain = cells.map(Markup.striptags).set_axis(labels, axis="columns")
    return Block(html, f"{caption}\n{plain.to_string(index=False)}")


def _to_the_right(value: Any) -> bool:
    """Years do not: they are compared with the words beside them, and all are as wide."""
    return value.unit != "year" if isinstance(value, Quantity) else value == ""


def has_content(value: Any) -> bool:
    """Whether anything is known; that a sum is unknown says that there is one."""
    if isinstance(value, Quantity):
        return value.is_known or value.reason == "unknown_sum"
    return bool(value)


def _cell(value: Any, text: Text) -> Markup:
    if not isinstance(value, Quantity):
        return text.value_html(value)
    shown = text.quantity_html(value, unit=is_currency(value.unit))
    return shown if value.is_known else render_macro("unknown", shown)


def script_hash(script: str) -> str:
    """What a Content-Security-Policy knows a script by."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def make_scripted(html: str, plain: str) -> Block:
    """HTML with scripts that the package itself has made; a page accepts no other scripts."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    return Block(Markup(html), plain, {"scripts": [script_hash(script) for script in scripts]})
