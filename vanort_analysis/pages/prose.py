"""The texts of a year's pages in one language, with their facts filled in.

A sentence whose facts are not there, or whose source is not yet public, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup

from ..language import Text
from . import blocks
from .blocks import Block
from .manuscript import Line, Manuscript

CITE = Markup('<a class="cite" data-source="{}" data-place="{}"></a>')
SHOWN = {"paragraph": "paragraphs", "bullet_list": "items", "blockquote": "quotations"}


class Prose:
    """What the pages of one year say in one language; a page's own title and lead have no key.

    `stated_by` gives the facts as one source states them, `is_public` whether it is known yet.
    """

    def __init__(
        self,
        texts: Iterable[Manuscript],
        year: int,
        text: Text,
        facts: Mapping[str, Any],
        stated_by: Callable[[str], Mapping[str, Any]],
        is_public: Callable[[str], bool],
    ) -> None:
        self._texts = [each for each in texts if each.page and each.year in (0, year)]
        self._facts, self._stated_by, self._is_public = facts, stated_by, is_public
        others = {each.language for each in self._texts}
        self._voices = {other: Text(other, text.disputed) for other in others}
        self.language = text.language
        self.own = [each.content for each in self._texts if not each.general]

    def page_of(self, key: str) -> str:
        """The page that has the section; raises `LookupError` for a key of none."""
        for text in self._texts:
            if key in text.sections:
                return text.page
        raise LookupError(key)

    def keys(self, page: str) -> list[str]:
        """The sections of a page, in its order, and then a municipality's own."""
        written = (key for text in self._texts if text.page == page for key in text.sections)
        return [key for key in dict.fromkeys(written) if key]

    def heading(self, page: str, key: str = "") -> Block:
        """The heading of a section; empty if it cannot be filled in."""
        for language, line in self._lines(page, key):
            if line.kind in ("h1", "h2", "h3") and (said := self._said(line, language)):
                marked = self._in(language, said, "span")
                return blocks.piece("heading", marked, int(line.kind[1]), key.replace("_", "-"))
        return Block()

    def titled(self, page: str, key: str, *shown: Block) -> Block:
        """A section with its heading and what is shown under its text; nothing has no heading."""
        body = sum(shown, self.section(page, key))
        return self.heading(page, key) + body if body.html else body

    def section(self, page: str, key: str = "") -> Block:
        """The text under a heading: the general one, then the municipality's own."""
        whole = Block()
        for language, lines in groupby(self._lines(page, key), key=lambda found: found[0]):
            body = self._body([line for _, line in lines], language)
            whole += Block(self._in(language, body.html, "div"), body.plain)
        return whole

    def _lines(self, page: str, key: str) -> Iterator[tuple[str, Line]]:
        """The lines of each text on it, in the page's language or else the first it is in."""
        written = (text for text in self._texts if text.page == page and key in text.sections)
        for _, same in groupby(written, key=lambda text: (text.general, text.year)):
            found = {text.language: text.sections[key] for text in same}
            language = self.language if self.language in found else next(iter(found))
            yield from ((language, line) for line in found[language])

    def _in(self, language: str, html: Markup, tag: str) -> Markup:
        own = language == self.language or not html
        return html if own else blocks.markup("in_language", html, language, tag)

    def _body(self, lines: list[Line], language: str) -> Block:
        whole, waiting = Block(), Block()  # a sub-heading waits for something to stand under it
        for kind, same in groupby(lines, key=lambda line: line.kind):
            paragraphs = groupby(same, key=lambda line: line.paragraph)
            said = [self._paragraph(list(each), language) for _, each in paragraphs]
            said = [paragraph for paragraph in said if paragraph]
            if kind == "heading":
                waiting = blocks.piece("heading", said[-1], 3) if said else Block()
            elif kind in SHOWN and said:
                whole, waiting = whole + waiting + blocks.piece(SHOWN[kind], said), Block()
        return whole

    def _paragraph(self, lines: list[Line], language: str) -> Markup:
        """The sentences that can be said, citations after the last that rests on them."""
        said = [(words, line.cites) for line in lines if (words := self._said(line, language))]
        for place, (words, cites) in enumerate(said):
            if cites not in [following for _, following in said[place + 1 : place + 2]]:
                marks = Markup("").join(CITE.format(*cite) for cite in cites)
                said[place] = (words + marks, cites)
        return Markup(" ").join(words for words, _ in said)

    def _said(self, line: Line, language: str) -> Markup:
        """A sentence with its facts; empty where it has to be left out."""
        sources = {source for source, _ in line.cites}
        if not all(map(self._is_public, sources)):
            return Markup("")
        stated = self._stated_by(*sources) if len(sources) == 1 else {}
        facts, voice = {**self._facts, **stated}, self._voices[language]
        there = {name for name in line.needs | line.excludes if _is_known(facts.get(name))}
        if there != line.needs:
            return Markup("")
        return Markup(voice.fill(line.html, facts, voice.marked))


def _is_known(fact: Any) -> bool:
    return fact not in (None, "", []) and bool(getattr(fact, "is_known", True))
