"""The texts of the pages, as people write them: Markdown files read line by line, and checked.

A line is a sentence. It names facts as `{fact}` and, last, its sources as `[@source, place]`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup, escape

from ..data.sheets import HIDDEN, spoilt_lines
from ..errors import Fault, meant
from ..language import Text

TEXTS = Path(__file__).parent / "texts"
PAGES = ["index", "01_data_quality", "02_chain_map", "03_trends", "04_decision_memo"]
PAGES += ["05_background", "06_accessibility"]

# what is not enabled stays text, so that no line goes away without a trace, and `NOT_TEXT` sees it
BLOCKS = MarkdownIt("zero").enable(["heading", "list", "blockquote"]).disable("inline")
LINES = MarkdownIt("zero").enable(["emphasis", "link"])
NAME = re.compile(r"(\w+)(?:\.(\d{4}))?\.(\w+)\.md")
KEY = re.compile(r"\s*\{#([a-z][a-z0-9_]*)\}\s*$")
FACT = re.compile(r"\{([?!]?)([^{}|\s?!#][^{}|\s]*)(?:\|([^{}]+))?\}")
SOURCE = r"@([^\s,;@\[\]]+)(?:,\s*((?:(?!;\s*@)[^\[\]])*))?"  # source and place
CITED = re.compile(rf"\s*\[({SOURCE}(?:;\s*{SOURCE})*)\]")
NOT_TEXT = {  # what may not stand in a sentence, and the fault it is
    "T003": re.compile(r"\d(?:[\d\s.,]*\d)?"),
    "T004": re.compile(r"[*`\\~<]|\]\(|\][\[:]|\[\^|^\||^[-=_]{3}|^#+ |&#?\w+;"),
    "T008": re.compile(r"(?:\[@|[{}]).*"),  # neither a fact nor a citation
}
SIGNS = re.compile(r"[\d*`\\~<\[\]{}&]|^[-|=_#]")  # without one of these, none of those
MARKED = re.compile(r"[*_\[\]\0\r]")
MASK = "\x1a"  # stands for a fact while Markdown is read
NOT_LINK = re.compile(r'(?:!<a href="|<a href="(?!https?://(?:(?!%1A)[^"])*">))([^"]*)')


@dataclass(frozen=True)
class Line:
    """A sentence: its HTML with the facts not filled in, and what it needs to be shown.

    `kind`: the heading (h1, h2, h3) of a section, a sub-heading, paragraph, list or quotation.
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

    def wrong(self, code: str, row: int | None, value: str = "", **details: object) -> None:
        """Note a fault of the file itself."""
        self.faults.append(Fault(code, self.file, row, value=value, details=details))

    def read(self, said: str) -> None:
        """Read the text, block by block."""
        key = ""
        for block in SyntaxTreeNode(BLOCKS.parse(said.replace(MASK, ""))).children:
            if block.type == "heading":
                key = self._heading(block, key)
                continue
            for node in block.children if block.type != "paragraph" else [block]:
                for place, part in enumerate(node.children if node.type == "list_item" else [node]):
                    if part.type == "paragraph" and not place and block.type != "ordered_list":
                        self.sections[key] += self._lines(block.type, part)
                    else:  # a list in a list, a heading in a quotation
                        self.wrong("T004", _row(part), part.markup or block.type)
        if self.general and not any(line.kind == "h1" for line in self.sections[""]):
            self.wrong("T012", 1)

    def _heading(self, node: SyntaxTreeNode, within: str) -> str:
        said, row, kind = node.children[0].content, _row(node), node.tag
        key = found[1] if (found := KEY.search(said)) else ""
        line = self._line(kind if key or kind == "h1" else "heading", KEY.sub("", said), row, row)
        if kind not in ("h2", "h3") and (kind != "h1" or within or self.sections[""]):
            self.wrong("T004", row, node.markup)
        elif kind == "h2" and not key:
            self.wrong("T011", row, said)
        elif key and key in self.sections:
            self.wrong("T006", row, key)
        else:
            self.sections.setdefault(key or within, []).append(line)
            self.named.append(("T005", row, key))
            return key or within
        return within

    def _lines(self, kind: str, paragraph: SyntaxTreeNode) -> list[Line]:
        start = _row(paragraph)
        lines: list[Line] = []
        for row, said in enumerate(paragraph.children[0].content.split("\n"), start):
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
        plain = not MARKED.search(bare)  # most lines; Markdown would only escape them
        html = escapeHtml(bare).strip() if plain else LINES.renderInline(bare).strip()
        words = [" ".join(bare.split()) if plain else Markup(html).striptags()]
        words = [*filter(SIGNS.search, words + [fact[3] for fact in facts if fact[3]])]
        for code, pattern in NOT_TEXT.items() if words else ():
            for odd in filter(None, map(pattern.search, words)):
                self.wrong(code, row, odd[0])
        for link in [] if plain else NOT_LINK.findall(html):
            self.wrong("T004", row, link)
        for fact in facts:
            expected = _plural_forms(self.language) if fact[3] else 0
            if fact[3] and (fact[1] or fact[3].count("|") + 1 != expected):
                self.wrong("T007", row, fact[0], expected=expected)
        written = iter([str(escape(fact[0])) for fact in facts if not fact[1]])
        html = re.sub(MASK, lambda _: next(written), html)
        self.named.extend(("T001", row, fact[2]) for fact in facts)
        self.named.extend(("T002", row, source) for source, _ in cites)
        excludes = frozenset(fact[2] for fact in facts if fact[1] == "!")
        needs = frozenset(fact[2] for fact in facts if fact[1] != "!")
        return Line(kind, f"{self.file}:{start}", html, needs, excludes, tuple(cites))


def read_texts(folders: Sequence[Path], languages: Collection[str]) -> list[Manuscript]:
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
        text.wrong("T009", None, near=meant(name, possible))
        return text
    try:
        said = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        text.wrong("T010", content.count(b"\n", 0, error.start) + 1)
        return text
    text.faults.extend(spoilt_lines(file, said, HIDDEN))
    text.read(said)
    return text


def check_texts(
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
            Fault(code, text.file, row, value=name, details={"near": meant(name, known[code])})
            for code, row, name in dict.fromkeys(text.named)
            if name not in known[code]
        ]
    return sorted(faults, key=lambda fault: fault.place)


@cache
def _plural_forms(language: str) -> int:
    return len(Text(language).plurals)


def _row(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 1
