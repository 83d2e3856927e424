"""The texts of the pages: Markdown files that people write, read line by line, checked and filled.

A line is a sentence. It names facts as `{fact}` and, last, its sources as `[@source, place]`. A
sentence whose facts are not there, or whose source is not yet public, is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markupsafe import Markup, escape

from ..data.spelling import HIDDEN, find_damaged_lines
from ..errors import Fault, closest_word
from ..language import Text
from . import blocks
from .blocks import Block

TEXTS = Path(__file__).parent / "texts"
PAGES = ["index", "01_data_quality", "02_chain_map", "03_trends", "04_decision_memo"]
PAGES += ["05_background", "06_accessibility"]
SHOWN = {"": "paragraphs", ">": "quotations"} | dict.fromkeys("-*+", "items")  # by a line's mark
CITE = Markup('<a class="cite" data-source="{}" data-place="{}"></a>')

INLINE = MarkdownIt("zero").enable(["emphasis", "link"])  # all else stays text, for NOT_TEXT to see
NAME = re.compile(r"(\w+)(?:\.(\d{4}))?\.(\w+)\.md")
BEGINS = re.compile(r"((?:\s{2,})?(?:(?:#+|[-*+]|\d\d?[.)])(?=\s|$)|>)|)\s*(.*)")
KEY = re.compile(r"\s*\{#([a-z][a-z0-9_]*)\}\s*$")
FACT = re.compile(r"\{([?!]?)([^{}|\s?!#][^{}|\s]*)(?:\|([^{}]+))?\}")
SOURCE = r"@([^\s,;@\[\]]+)(?:,\s*((?:(?!;\s*@)[^\[\]])*))?"  # source and place
CITED = re.compile(rf"\s*\[({SOURCE}(?:;\s*{SOURCE})*)\]")
NOT_TEXT = {  # what may not stand in a sentence, and the fault it is
    "T003": re.compile(r"\d(?:[\d\s.,]*\d)?"),
    "T004": re.compile(
        r"[*`\\~<]|\]\(|\][\[:]|\[\^|^\||^[-=_]{3}|^(?:#+|[-+])(?=\s)|^>|\s#+$|&#?\w+;"
    ),
    "T008": re.compile(r"(?:\[@|[{}]).*"),  # neither a fact nor a citation
}
MARKED = re.compile(r"[*_\[]")  # most lines are not, and Markdown takes long only to escape them
MASK = "\x1a"  # stands for a fact while Markdown is read
NOT_LINK = re.compile(r'(?:!<a href="|<a href="(?!https?://(?:(?!%1A)[^"])*">))([^"]*)')


@dataclass(frozen=True)
class Line:
    """A sentence: its HTML with the facts not filled in, and what it needs to be shown.

    `kind`: the heading (h1, h2, h3) of a section, a sub-heading, or how `SHOWN` shows it.
    """

    kind: str
    paragraph: str  # the file and the row it begins on
    html: str
    needs: frozenset[str]
    excludes: frozenset[str]
    cites: tuple[tuple[str, str], ...]  # source and place


@dataclass(frozen=True, eq=False)
class Manuscript:
    """One file: a page in one language, of the package (`general`) or of a municipality.

    `sections`: lines by the key of the heading they stand under; title and lead have the key "".
    `named`: facts (T001), sources (T002) and sections (T005) it names, each with its row.
    """

    file: str
    general: bool
    page: str = ""
    language: str = ""
    year: int = 0  # the only year it is for
    content: bytes = b""
    sections: dict[str, list[Line]] = field(default_factory=lambda: {"": []})
    named: list[tuple[str, int, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add_fault(self, code: str, row: int | None, value: str = "", **details: object) -> None:
        """Note a fault of the file itself."""
        self.faults.append(Fault(code, self.file, row, value=value, details=details))

    def read(self, said: str) -> None:
        """Read the text, paragraph by paragraph."""
        key = ""
        for mark, row, written in _paragraphs(said.replace(MASK, "")):
            if mark.startswith("#"):
                key = self._heading(mark, written[0], row, key)
            elif mark in SHOWN:
                self.sections[key] += self._lines(SHOWN[mark], written, row)
            else:  # a list in a list, one with numbers
                self.add_fault("T004", row, mark.strip())
        if self.general and not any(line.kind == "h1" for line in self.sections[""]):
            self.add_fault("T012", 1)

    def _heading(self, mark: str, said: str, row: int, within: str) -> str:
        """Note a heading; gives the key of the section that it begins or stands in."""
        kind, key = f"h{len(mark)}", found[1] if (found := KEY.search(said)) else ""
        line = self._line(kind if key or kind == "h1" else "heading", KEY.sub("", said), row, row)
        if kind not in ("h2", "h3") and (kind != "h1" or within or self.sections[""]):
            self.add_fault("T004", row, mark)
        elif kind == "h2" and not key:
            self.add_fault("T011", row, said)
        elif key and key in self.sections:
            self.add_fault("T006", row, key)
        else:
            self.sections.setdefault(key or within, []).append(line)
            self.named.append(("T005", row, key))
            return key or within
        return within

    def _lines(self, kind: str, written: list[str], start: int) -> list[Line]:
        lines: list[Line] = []
        for row, said in enumerate(written, start):
            line = self._line(kind, said, row, start)
            if line.html or not lines:
                lines.append(line)
            else:  # citations on a line of their own
                lines[-1] = replace(lines[-1], cites=lines[-1].cites + line.cites)
        for place in reversed(range(len(lines) - 1)):  # it rests on what the next one rests on
            if not lines[place].cites and (cites := lines[place + 1].cites):
                lines[place] = replace(lines[place], cites=cites)
        return lines

    def _line(self, kind: str, said: str, row: int, start: int) -> Line:
        found = CITED.finditer(said) if "[@" in said else ()
        cites = [cite for each in found for cite in re.findall(SOURCE, each[1])]
        facts = list(FACT.finditer(said := CITED.sub("", said) if cites else said))
        bare = FACT.sub(lambda fact: "" if fact[1] else MASK, said)
        html = (INLINE.renderInline(bare) if MARKED.search(bare) else escapeHtml(bare)).strip()
        words = [Markup(html).striptags(), *(fact[3] for fact in facts if fact[3])]
        for code, pattern in NOT_TEXT.items():
            for odd in filter(None, map(pattern.search, words)):
                self.add_fault(code, row, odd[0])
        for link in NOT_LINK.findall(html):
            self.add_fault("T004", row, link)
        for fact in facts:
            expected = len(Text(self.language).plurals) if fact[3] else 0
            if fact[3] and (fact[1] or fact[3].count("|") + 1 != expected):
                self.add_fault("T007", row, fact[0], expected=expected)
        written = iter([str(escape(fact[0])) for fact in facts if not fact[1]])
        html = re.sub(MASK, lambda _: next(written), html)
        self.named.extend(("T001", row, fact[2]) for fact in facts)
        self.named.extend(("T002", row, source) for source, _ in cites)
        excludes = frozenset(fact[2] for fact in facts if fact[1] == "!")
        needs = frozenset(fact[2] for fact in facts if fact[1] != "!")
        return Line(kind, f"{self.file}:{start}", html, needs, excludes, tuple(cites))


def _paragraphs(said: str) -> Iterator[tuple[str, int, list[str]]]:
    """Headings, paragraphs, items and quotations: what it begins with, its first row, its lines."""
    mark, start, lines = "", 0, list[str]()
    for row, line in enumerate([*re.split(r"\r\n?|\n", said), ""], 1):
        begins, words = cast("re.Match[str]", BEGINS.fullmatch(line)).groups()
        goes_on = begins == mark == ">" or (not begins and not mark.startswith("#"))
        if lines and words and goes_on:
            lines.append(words)
            continue
        if lines:
            yield mark, start, lines
        mark, start, lines = begins, row, [words] if words or begins.startswith("#") else []


def read_manuscripts(folders: Sequence[Path], languages: Collection[str]) -> list[Manuscript]:
    """Every text of the folders, the package's own (`TEXTS`) first."""
    texts = [
        _manuscript("/".join(path.parts[-3:]), path.read_bytes(), not place, tuple(languages))
        for place, folder in enumerate(folders)
        for path in sorted(folder.glob("[!.~]*"))
        if path.is_file()
    ]
    return sorted(texts, key=lambda text: (not text.general, text.year))


@cache
def _manuscript(file: str, content: bytes, general: bool, languages: tuple[str, ...]) -> Manuscript:
    found = NAME.fullmatch(name := file.rpartition("/")[2])
    page, year, language = found.groups() if found else ("", "", "")
    text = Manuscript(file, general, page, language, int(year or 0), content)
    possible = [f"{page}.{language}.md" for page in PAGES for language in languages]
    if f"{page}.{language}.md" not in possible or (year and page != "04_decision_memo"):
        text = Manuscript(file, general)
        text.add_fault("T009", None, near=closest_word(name, possible))
        return text
    try:
        said = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        text.add_fault("T010", content.count(b"\n", 0, error.start) + 1)
        return text
    text.faults.extend(find_damaged_lines(file, said, HIDDEN))
    text.read(said)
    return text


def check_manuscripts(
    texts: Sequence[Manuscript],
    fact_names: Collection[str],
    sources: Collection[str],
    towns: Collection[str] = (),
) -> list[Fault]:
    """All that is wrong in the texts; `fact_names` are the facts that there may be.

    A municipality may write a section of its own on the background, and one a town on the map.
    """
    faults = [fault for text in texts for fault in text.faults]
    for text in texts:
        general = [page for page in texts if page.general and page.page == text.page]
        own = [text] if text.page == "05_background" or not general else []
        keys = {key for page in general + own for key in page.sections}
        keys |= {*towns} if text.page == "02_chain_map" else set()
        known = {"T001": fact_names, "T002": sources, "T005": keys}
        faults += [
            Fault(
                code, text.file, row, value=name, details={"near": closest_word(name, known[code])}
            )
            for code, row, name in dict.fromkeys(text.named)
            if name not in known[code]
        ]
    return sorted(faults, key=lambda fault: fault.sort_key)


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

    def section_keys(self, page: str) -> list[str]:
        """The sections of a page, in its order, and then a municipality's own."""
        written = (key for text in self._texts if text.page == page for key in text.sections)
        return [key for key in dict.fromkeys(written) if key]

    def heading(self, page: str, key: str = "") -> Block:
        """The heading of a section; empty if it cannot be filled in."""
        for language, line in self._lines(page, key):
            if line.kind in ("h1", "h2", "h3") and (said := self._said(line, language)):
                marked = self._in(language, said, "span")
                return blocks.make_block(
                    "heading", marked, int(line.kind[1]), key.replace("_", "-")
                )
        return Block()

    def section_with_heading(self, page: str, key: str, *shown: Block) -> Block:
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
        return html if own else blocks.render_macro("in_language", html, language, tag)

    def _body(self, lines: list[Line], language: str) -> Block:
        whole, waiting = Block(), Block()  # a sub-heading waits for something to stand under it
        for kind, same in groupby(lines, key=lambda line: line.kind):
            paragraphs = groupby(same, key=lambda line: line.paragraph)
            said = [self._paragraph(list(each), language) for _, each in paragraphs]
            said = [paragraph for paragraph in said if paragraph]
            if kind == "heading":
                waiting = blocks.make_block("heading", said[-1], 3) if said else Block()
            elif kind in SHOWN.values() and said:
                whole, waiting = whole + waiting + blocks.make_block(kind, said), Block()
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
        return Markup(voice.fill(line.html, facts, voice.value_html))


def _is_known(fact: Any) -> bool:
    return fact not in (None, "", []) and bool(getattr(fact, "is_known", True))
