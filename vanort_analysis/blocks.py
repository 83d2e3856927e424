"""The pieces a page is made of: heading, paragraph, table, figure, key figures, source list.

Each is a `Block` that shows itself alike in JupyterLab and in the page. All text is escaped here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from .quantity import Quantity

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
