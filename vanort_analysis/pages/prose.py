"""The texts of the pages: Markdown files written by people, parsed line by line and filled in.

A line is a sentence. It names facts as `{fact}` and, last, its sources as `[@source, place]`. A
sentence is left out if a fact it needs is unknown or a source of it not yet public.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, cast

import pandas as pd
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markupsafe import Markup, escape

from ..data.files import LANGUAGES, UNSEEN
from ..data.quantity import exact, group_by_key
from ..data.spelling import HIDDEN, find_damaged_lines
from ..errors import Fault, Findings, closest_word, refuse_unknown
from ..language import PLACEHOLDER, Text, plural_categories
from .blocks import Block, is_known, make_block, mark_language

Names = Collection[str]
Frames = Mapping[str, pd.DataFrame]  # by table
TEXTS = Path(__file__).parent / "texts"
PAGES = ["index", "01_data_quality", "02_chain_map", "03_trends", "04_decision_memo"]
PAGES += ["05_background", "06_accessibility"]
MACROS = {"": "paragraphs", ">": "quotations"} | dict.fromkeys("-*+", "items")  # by a line's mark
CITE = Markup('<a class="cite" data-source="{}" data-place="{}"></a>')

INLINE = MarkdownIt("zero").enable(["emphasis", "link"])  # all else stays text, for NOT_TEXT to see
FILE_NAME = re.compile(r"(\w+)(?:\.(\d{4}))?\.(\w+)\.md")
MARK = re.compile(r"((?:\s{2,})?(?:(?:#+|[-*+]|\d\d?[.)])(?=\s|$)|>)|)\s*(.*)")
# possessive, and after no blank: else what has no end is tried in every way there is
KEY = re.compile(r"(?<!\s)\s*+\{#([a-z0-9][a-z0-9_-]*)\}\s*$")
FACT = re.compile(r"\{(?P<only>[?!]?)(?P<name>[^{}|\s?!#][^{}|\s]*)(?:\|(?P<forms>[^{}]+))?\}")
SOURCE = r"@([^\s,;@\[\]{}]++)(?:,\s*+((?:(?!;\s*@)[^@\[\]{}])*+))?"  # source and place
CITATION = re.compile(rf"(?<!\s)\s*+\[({SOURCE}(?:;\s*+{SOURCE})*+)\]")
NOT_TEXT = {  # what a sentence may not contain, by the code of the fault
    "T003": re.compile(r"[\d¼-¾Ⅰ-ↈ①-⓿](?:[\d\s.,]*\d)?"),
    "T004": re.compile(
        r"[*`\\~<]|\]\(|\][\[:]|\[\^|^\||^[-=_]{3}|^(?:#+|[-+])(?=\s)|^>|\s#+$|&#?\w+;"
        r"|^(?:[-–—•·▪◦]|\w\)\s)|\s\|\s"  # lists and tables as other programs make them
    ),
    "T008": re.compile(r"(?:\[\s*@|[{}]|\[[a-z]+_[a-z_]+\]).*"),  # neither a fact nor a citation
}
# what most sentences are: to escape one, or to search it for all of `NOT_TEXT`, takes long
PLAIN = re.compile(r"(?!\w\))(?=\w)[^\d¼-¾Ⅰ-ↈ①-⓿*`\\~<>\[\]|=_#&{}]*")
OWN = re.compile("^own:")  # begins a fact: whether a municipality has written in a section
MASK = "\x1a"  # stands for a fact while Markdown is parsed
NOT_LINK = re.compile(r'(?:!<a href="|<a href="(?!https?://(?:(?!%1A)[^"])*">))([^"]*)')


@dataclass(frozen=True)
class Line:
    """A sentence: its HTML with the facts not filled in, and what it needs to be shown.

    `kind`: h1, h2 or h3 for the heading of a section, "heading" for a sub-heading, else a macro.
    """

    kind: str
    language: str
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
    faults: Findings
    general: bool
    page: str
    language: str
    year: int  # the only year it is for, or 0
    content: bytes
    sections: dict[str, list[Line]] = field(default_factory=lambda: {"": []})
    named: list[tuple[str, int, str]] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Parse the text into `sections`, `named` and `faults`."""
        key = ""
        for mark, row, lines in _split_paragraphs(text.replace(MASK, "")):
            if mark.startswith("#"):
                key = self._read_heading(mark, lines[0], row, key)
            elif mark in MACROS:
                self.sections[key] += self._read_lines(MACROS[mark], lines, row)
            else:  # a nested or numbered list
                self.faults.add("T004", row, value=mark.strip())
        if self.general and not any(line.kind == "h1" for line in self.sections[""]):
            self.faults.add("T012", 1)

    def _read_heading(self, mark: str, heading: str, row: int, section: str) -> str:
        """Add a heading; return the key of the section that it begins or, if none, stands in."""
        level = f"h{len(mark)}"
        key_match = KEY.search(heading)
        key = key_match[1] if key_match else ""
        kind = level if key or level == "h1" else "heading"
        line = self._read_line(kind, KEY.sub("", heading), row, row)
        if level not in ("h2", "h3") and (level != "h1" or section or self.sections[""]):
            self.faults.add("T004", row, value=mark)
        elif level == "h2" and not key:
            self.faults.add("T011", row, value=heading)
        elif key and key in self.sections:
            self.faults.add("T006", row, value=key)
        else:
            section = key or section
            self.sections.setdefault(section, []).append(line)
            self.named.append(("T005", row, key))
        return section

    def _read_lines(self, kind: str, texts: list[str], start: int) -> list[Line]:
        """The sentences of a paragraph; one without citations rests on those of the next."""
        lines = [self._read_line(kind, text, row, start) for row, text in enumerate(texts, start)]
        cites: tuple[tuple[str, str], ...] = ()
        for i in reversed(range(len(lines))):
            cites = lines[i].cites or cites
            lines[i] = replace(lines[i], cites=cites)
        return lines

    def _read_line(self, kind: str, text: str, row: int, start: int) -> Line:
        citations = CITATION.finditer(text) if "[@" in text else ()  # to search takes long
        cites = [cite for match in citations for cite in re.findall(SOURCE, match[1])]
        text = CITATION.sub("", text) if cites else text
        facts = list(FACT.finditer(text))
        masked = FACT.sub(lambda fact: "" if fact["only"] else MASK, text)
        is_marked = re.search(r"[*_\[]", masked)
        html = (INLINE.renderInline(masked) if is_marked else escapeHtml(masked)).strip()
        if cites and not html:  # there is no sentence that it is a source of
            self.faults.add("T008", row, value=f"[@{cites[0][0]}")
        words = Markup(html).striptags() if is_marked else masked
        parts = [words, *(fact["forms"] for fact in facts if fact["forms"])]
        parts = [part for part in parts if not PLAIN.fullmatch(part)]
        for code, pattern in NOT_TEXT.items():
            for match in filter(None, map(pattern.search, parts)):
                self.faults.add(code, row, value=match[0].replace(MASK, "{…}"))
        for link in NOT_LINK.findall(html):
            self.faults.add("T004", row, value=link)
        for value, expected in _find_wrong_forms(facts, self.language):
            self.faults.add("T007", row, value=value, expected=expected)
        placeholders = iter([str(escape(fact[0])) for fact in facts if not fact["only"]])
        html = re.sub(MASK, lambda _: next(placeholders), html)
        self.named.extend(("T001", row, fact["name"]) for fact in facts)
        self.named.extend(("T002", row, source) for source, _ in cites)
        excludes = frozenset(fact["name"] for fact in facts if fact["only"] == "!")
        needs = frozenset(fact["name"] for fact in facts if fact["only"] != "!")
        paragraph = f"{self.file}:{start}"
        return Line(kind, self.language, paragraph, html, needs, excludes, tuple(cites))


def _find_wrong_forms(facts: Iterable[re.Match[str]], language: str) -> Iterator[tuple[str, int]]:
    """Yield each fact with another number of forms than the language has, and that number."""
    expected = len(plural_categories(language))
    for fact in facts:
        if fact["forms"] and (fact["only"] or fact["forms"].count("|") + 1 != expected):
            yield fact[0], expected


def _split_paragraphs(text: str) -> Iterator[tuple[str, int, list[str]]]:
    """Headings, paragraphs, items and quotations, each as its mark, first row and lines."""
    mark, start, lines = "", 0, list[str]()
    for row, line in enumerate([*re.split(r"\r\n?|\n", text), ""], 1):
        next_mark, words = cast("re.Match[str]", MARK.fullmatch(line)).groups()
        continues = next_mark == mark == ">" or (not next_mark and not mark.startswith("#"))
        if lines and words and continues:
            lines.append(words)
            continue
        if lines:
            yield mark, start, lines
        mark, start = next_mark, row
        lines = [words] if words or mark.startswith("#") else []


def read_manuscripts(folders: Sequence[Path], language: str = "*") -> tuple[Manuscript, ...]:
    """Every text of the folders, first the package's own (`TEXTS`) in a language; each of them says
    the same, and to read them takes long."""
    texts = []
    for folder in folders:
        general = folder == folders[0]
        for path in sorted(folder.glob(f"*.{language}.md" if general else "*")):
            if path.is_file() and not UNSEEN.search(path.name):
                # line ends, which an editor may change, are no reason for another fingerprint
                content = path.read_bytes().replace(b"\r\n", b"\n")
                texts.append(_read_file("/".join(path.parts[-3:]), content, general))
    return tuple(sorted(texts, key=lambda text: (not text.general, text.year)))


@cache
def _read_file(file: str, content: bytes, general: bool) -> Manuscript:
    name = file.rpartition("/")[2]
    name_match = FILE_NAME.fullmatch(name)
    page, year, language = name_match.groups() if name_match else ("", "", "")
    faults = Findings(file)
    manuscript = Manuscript(file, faults, general, page, language, int(year or 0), content)
    possible = [f"{page}.{code}.md" for page in PAGES for code in LANGUAGES]
    if f"{page}.{language}.md" not in possible or (year and page != "04_decision_memo"):
        faults.add("T009", near=closest_word(name, possible))
        return manuscript
    try:
        text = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        faults.add("T010", content.count(b"\n", 0, error.start) + 1)
    else:
        faults += find_damaged_lines(file, text, HIDDEN)
        manuscript.read(text)
    return manuscript


def check_texts(texts: Sequence[Manuscript], names: Names, tables: Frames) -> list[Fault]:
    """All faults of the texts and of the sentences in tables; `names` are the facts they may name.
    A municipality may add a section for each town to the map."""
    faults = [fault for text in texts for fault in text.faults]
    sources, towns = {*tables["sources"]["source"]}, {*tables["towns"]["town"]}
    for table, frame in tables.items():
        faults += _check_sentences(table, frame, names)
    for text in texts:
        general = [other for other in texts if other.general and other.page == text.page]
        keys = {key for other in general for key in other.sections}
        if text.page == "02_chain_map":
            keys |= towns
        facts = {*names, *(f"own:{key}" for key in keys)}
        allowed = {"T001": facts, "T002": sources, "T005": keys}
        for code, row, name in dict.fromkeys(text.named):
            if name not in allowed[code]:
                details = {"near": closest_word(name, allowed[code])}
                faults.append(Fault(code, text.file, row, value=name, details=details))
    return sorted(faults, key=lambda fault: fault.sort_key)


def _check_sentences(table: str, frame: pd.DataFrame, names: Names) -> list[Fault]:
    """The faults of the sentences in a table, which name facts but are no Markdown."""
    faults = Findings(f"{table}.csv")
    for column in frame.filter(regex="^(text|conditions)_"):
        for row, sentence in frame[column][frame[column].str.contains("{", regex=False)].items():
            for name in sorted(set(PLACEHOLDER.findall(sentence)).difference(names)):
                faults.add("D032", row, column, name, near=closest_word(name, names))
            for brace in re.finditer(r"\{\s*([^\s{}|]+)", PLACEHOLDER.sub("", sentence)):
                if brace[1] in names:  # else it is text
                    faults.add("T008", row, column, brace[0])
            known = [fact for fact in FACT.finditer(sentence) if fact["name"] in names]
            for value, expected in _find_wrong_forms(known, column.rpartition("_")[2]):
                faults.add("T007", row, column, value, expected=expected)
    return faults


@dataclass(eq=False)
class Prose:
    """What the pages of one year say in one language; a page's own title and lead have no key.

    `stated`: the facts as each source states them; `public`: the sources that are known yet. A
    general sentence that needs or excludes `own:<section>` gives way to the municipality's own text
    there, if any of that can be shown.
    """

    texts: Sequence[Manuscript]
    year: int
    text: Text
    facts: Mapping[str, Any]
    stated: Mapping[str, Mapping[str, Any]]
    public: Collection[str]

    def __post_init__(self) -> None:
        self.texts = [text for text in self.texts if text.year in (0, self.year)]
        self.municipal_files = [text.content for text in self.texts if not text.general]
        languages = {text.language for text in self.texts}
        self._text_in = {code: Text(code, self.text.disputed) for code in languages}
        pairs = ((code, name) for text in self.texts for code, _, name in text.named)
        named = group_by_key(dict.fromkeys(pairs))
        self.cited_sources = {*named.get("T002", ())}.intersection(self.public)  # that are known
        own_texts = [text for text in self.texts if not text.general]
        own_texts.sort(key=lambda text: text.language != self.text.language)  # the first may do
        for name in filter(OWN.match, named.get("T001", ())):
            lines = (text.sections.get(OWN.sub("", name), []) for text in own_texts)
            if any(self._fill(line) for line in chain(*lines) if line.kind in MACROS.values()):
                self.facts = {**self.facts, name: exact(1)}

    def page_of(self, key: str) -> str:
        """The page that has the section; raises `CommandError` if none has."""
        pages = {name: text.page for text in reversed(self.texts) for name in text.sections if name}
        refuse_unknown([key], pages)
        return pages[key]

    def section_keys(self, page: str) -> list[str]:
        """The sections of a page in its order, then those a municipality has added for towns."""
        keys = (key for text in self.texts if text.page == page for key in text.sections)
        return [key for key in dict.fromkeys(keys) if key]

    def heading(self, page: str, key: str = "") -> Block:
        """The heading of a section; empty if it cannot be filled in."""
        for line in self._lines(page, key):
            if line.kind in ("h1", "h2", "h3") and (html := self._fill(line)):
                html = mark_language(html, line.language, self.text.language)
                return make_block("heading", html, int(line.kind[1]), key.replace("_", "-"))
        return Block()

    def section_with_heading(self, page: str, key: str, shown: Block) -> Block:
        """A section, its heading, and what is shown under its text; no heading if that is empty."""
        body = self.section(page, key) + shown
        return self.heading(page, key) + body if body.html else body

    def section(self, page: str, key: str = "") -> Block:
        """The text under a heading: the general one, then the municipality's own."""
        section = Block()
        for language, lines in groupby(self._lines(page, key), attrgetter("language")):
            html = self._make_body(lines).html
            section += Block(mark_language(html, language, self.text.language, "div"))
        return section

    def _lines(self, page: str, key: str) -> Iterator[Line]:
        """The lines of each text, in the language of the page or else the first it is in."""
        texts = (text for text in self.texts if text.page == page and key in text.sections)
        for _, versions in groupby(texts, attrgetter("general", "year")):
            lines = {text.language: text.sections[key] for text in versions}
            yield from lines.get(self.text.language, next(iter(lines.values())))

    def _make_body(self, lines: Iterable[Line]) -> Block:
        body = Block()
        heading = Block()  # a sub-heading is shown only with something under it
        lead_in = True  # whether the sentence before, if it ends in a colon, is shown
        for kind, same_kind in groupby(lines, attrgetter("kind")):
            group_lines = list(same_kind)
            if kind in (MACROS["-"], MACROS[">"]) and not lead_in:
                continue
            last = group_lines[-1]
            is_lead_in = Markup(last.html).striptags().endswith(":")
            lead_in = not is_lead_in or bool(self._fill(last))
            groups = groupby(group_lines, attrgetter("paragraph"))
            paragraphs = [*filter(None, (self._fill_paragraph(group) for _, group in groups))]
            if kind == "heading":
                heading = make_block("heading", paragraphs[-1], 3) if paragraphs else Block()
            elif kind in MACROS.values() and paragraphs:
                body += heading + make_block(kind, paragraphs)
                heading = Block()
        return body

    def _fill_paragraph(self, lines: Iterable[Line]) -> Markup:
        """The sentences that can be filled in; citations after the last that rests on them."""
        filled = [(line.cites, html) for line in lines if (html := self._fill(line))]
        parts = []
        for cites, group in groupby(filled, itemgetter(0)):
            marks = Markup("").join(CITE.format(source, place) for source, place in cites)
            parts.append(Markup(" ").join(html for _, html in group) + marks)
        return Markup(" ").join(parts)

    def _fill(self, line: Line) -> Markup:
        """A sentence with its facts filled in; empty if it has to be left out."""
        sources = {source for source, _ in line.cites}
        facts = self.facts
        if len(sources) == 1:
            (source,) = sources
            facts = {**facts, **self.stated[source]}
        known = {name for name in line.needs | line.excludes if is_known(facts.get(name))}
        if known != line.needs or not sources.issubset(self.public):
            return Markup("")
        return self._text_in[line.language].fill_prose(line.html, facts)
