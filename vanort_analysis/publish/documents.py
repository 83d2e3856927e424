"""The memo and the whole report on paper: PDF by pandoc and Typst, Word by pandoc.

Both are made from the finished pages: what is folded is open, the map to click in is left out. A
sentence that rests on a source ends with the number of its note; under a picture or a table a line
names its notes. Notes are numbered in the order they come, and stand last.
"""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Iterable
from importlib import resources
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypandoc
import typst
from bs4 import BeautifulSoup
from markupsafe import escape

from ..data import files
from ..errors import Fault, NotBuilt
from ..language import runs
from ..pages.context import Context
from ..pages.site import FILES, PAGES
from ..pictures.style import font_files

TEMPLATES = resources.files("vanort_analysis.pages") / "templates"
LEFT_OUT = "script, style, nav, noscript, .no-print, .map, .vh, .narrow, .sources"
BOXES = "section, header, figure, figcaption, details"
STYLED = "p.lead, p.finding, p.what, p.note, figcaption, dl[class]"  # each with a look of its own
HEADINGS = ["h1", "h2", "h3", "h4"]
HELD = ["figure", "table", "dl"]  # their notes stand in a line under them
IN_HEAD = {"by": 0, "officer": 2, "date": 3, "diary_number": 4}  # where a memo's head says it
TRIES = ((10.5, 62), (10.5, 50), (10, 46), (9.5, 42), (9, 38))  # points of text, mm of a picture
BEFORE_APPENDIX = 2  # pages of a memo
SHARP = 190  # dots an inch of a picture in Word

INLINE = "a|b|i|em|strong|span|cite|data|time|sup|sub|br|samp|code|q|small"
BLOCK_TAG = re.compile(rf"(<(?!/?(?:{INLINE})\b)[^>]*>)")
MARK = re.compile("\ue000(\\d+)\ue001")  # the number of a note, before it has found its place
LATE_MARKS = re.compile(f"([.!?…][\"”’»)]*)((?:\\s*{MARK.pattern})+)")
SENTENCE_END = re.compile(
    r"[.!?…][\"”’»)]*(?:</\w+>)*(?=\s+(?:<\w[^>]*>)*[\"”»(]?(?![a-zåäöæøðþ])\w|\s*$)"
)
CAPITALS = "viewBox preserveAspectRatio clipPath clipPathUnits textLength gradientUnits".split()
CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
NOTE_LINK = re.compile(r'<w:hyperlink w:anchor="note-\d+">.*?</w:hyperlink>', re.DOTALL)
DATES = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write(context: Context, folder: Path) -> None:
    """Write the memo and the whole report as PDF and as Word; raises `NotBuilt`."""
    memo = FILES["decision_memo"].removesuffix(".html")
    for stem, pages in {memo: PAGES[:1], f"{context.home}-{context.known.year}": PAGES}.items():
        paper = Paper(context, folder, pages)
        try:
            made = {".pdf": paper.pdf(), ".docx": paper.word()}
        except (RuntimeError, OSError) as error:
            raise NotBuilt(Fault("B014", file=stem, value=str(error)[:300])) from error
        files.write({folder / f"{stem}{kind}": content for kind, content in made.items()})


class Paper:
    """Some pages as one document: plain HTML for pandoc, its pictures, and its notes."""

    def __init__(self, context: Context, folder: Path, pages: Iterable[str]) -> None:
        self.context, self.pages = context, tuple(pages)
        self.is_memo = len(self.pages) == 1
        self.pictures: dict[str, str] = {}
        self.notes: dict[str, int] = {}
        soups: list[Any] = []
        for name in self.pages:
            html = (folder / FILES[name]).read_text("utf-8").translate({0xE000: None})
            soups.append(BeautifulSoup(html, "html.parser"))
        self.head = [cell.get_text().strip() for cell in soups[0].select(".head dd")]
        self.by = context.plain("forms.by")
        self.title = soups[0].h1.get_text() if self.is_memo else context.plain("forms.title")
        self.sources = context.plain("section.sources.heading")
        main = "".join(map(self._page, self.pages, soups))
        if not self.is_memo:
            main = f'<div class="cover"><p>{escape(self.by)}</p></div>{main}'
        self.html = _linked(main + self._end(soups[0]))

    def _page(self, name: str, soup: Any) -> str:
        """A page's content in tags that pandoc knows; its pictures and notes are set aside."""
        main = soup.main
        self._mark_notes(soup)
        for box in main.select(".map"):  # with its heading, if that has nothing else
            lead = [*takewhile(lambda tag: tag.name == "p", box.find_previous_siblings())]
            head = [box, *lead][-1].find_previous_sibling()
            for tag in [*lead, head] if head and head.name in HEADINGS[1:] else []:
                tag.extract()
        for tag in main.select(LEFT_OUT):
            tag.extract()
        for summary in main.select("summary"):
            if summary.find(HEADINGS):
                summary.unwrap()
            elif summary.find_parent(class_="appendix"):
                summary.name, summary["class"] = "p", ["finding"]
            else:
                summary.extract()
        for box in main.select(".picture"):
            file = f"picture-{len(self.pictures) + 1}.svg"
            self.pictures[file] = _svg(box.find("svg"))
            box.replace_with(picture := soup.new_tag("p"))
            picture.append(soup.new_tag("img", attrs={"src": file, "alt": box["aria-label"]}))
        for tag in main.select("dl > div"):
            tag.unwrap()
        for tag in main.select(STYLED):
            tag.wrap(soup.new_tag("div", attrs={"class": tag.get("class", [])}))
        for tag in main.select(".blank"):
            tag.string = tag.get("aria-label", "")
        for tag in main.select(".num"):
            tag["style"] = "text-align: right"
        if self.is_memo and (appendix := main.select_one(".appendix")):
            appendix.insert_before(signature := soup.new_tag("div", attrs={"class": "signature"}))
            signature.append(soup.new_tag("p", string=self._in_head("officer") or "\u00a0"))
        for tag in main.select(BOXES):
            tag["class"], tag.name = [*tag.get("class", []), tag.name], "div"
        main.h1["id"] = "top"
        for tag in main.find_all(id=True):
            tag["id"] = f"{name}-{tag['id']}"
        page_of = {file: page for page, file in FILES.items()} | {"": name}
        for link in main.select("a[href]"):
            file, _, part = link["href"].partition("#")
            if file in page_of:
                link["href"] = f"#{page_of[file]}-{part or 'top'}"
        return _cited(str(main.decode_contents()))

    def _mark_notes(self, soup: Any) -> None:
        """A mark beside all that has a note; a line with the notes of a picture or table."""
        held: dict[int, tuple[Any, set[int]]] = {}
        for link in soup.main.find_all("a", class_=["n", "cite"]):
            note = soup.find(id=link["href"][1:])
            said = "".join(str(part) for part in note if not _leads_back(part)).strip()
            number = self.notes.setdefault(said, len(self.notes) + 1)
            if box := link.find_parent("figure") or link.find_parent(HELD):
                held.setdefault(id(box), (box, set()))[1].add(number)
            else:
                link.insert_after(f"\ue000{number}\ue001")
            link.decompose() if "cite" in link["class"] else link.unwrap()
        for box, numbers in held.values():
            line = f'<div class="origin"><p>{escape(self.sources)}: {_links(numbers)}</p></div>'
            place = box.append if box.name == "figure" else box.insert_after
            place(BeautifulSoup(line, "html.parser"))

    def _end(self, soup: Any) -> str:
        """The notes, and how to cite the report."""
        listed = "".join(
            f'<li><div id="note-{number}">{said}</div></li>' for said, number in self.notes.items()
        )
        level = 2 if self.is_memo else 1
        head = f'<h{level}>{escape(self.sources)}</h{level}><div class="notes"><ol>{listed}</ol></div>'
        said = [line for line in soup.select("footer p") if not line.find("a", recursive=False)]
        return f'{head * bool(listed)}<div class="imprint">{"".join(map(str, said))}</div>'

    def _in_head(self, part: str) -> str:
        return "".join(self.head[IN_HEAD[part] : IN_HEAD[part] + 1])

    def running(self) -> str:
        """What stands at the top of each page: whose paper it is, of what day and number."""
        if not self.is_memo:
            return f"{self.by} · {self.title}"
        number = self._in_head("diary_number")
        told = [self._in_head("by") or self.by, self._in_head("date")]
        told.append(self.context.plain("forms.diary", number=number or "_" * 12))
        return " · ".join(filter(None, told))

    def pdf(self) -> bytes:
        """The document as a tagged PDF; a memo's text is as large as its two pages allow."""
        said = {
            "title": self.title,
            "by": self.by,
            "language": self.context.text.language,
            "region": str(self.context.text.get("locale")).partition("_")[2],
            "year": str(self.context.known.year),
            "running": self.running(),
            "page": self.context.plain("forms.page"),
            "contents": self.context.plain("site.contents"),
            "kind": "memo" if self.is_memo else "report",
        }
        with TemporaryDirectory() as aside:
            body = self._converted("typst", aside, self.html)
            look = (TEMPLATES / "paper.typ").read_text("utf-8")
            written = {Path(aside, file): svg for file, svg in self.pictures.items()}
            source = Path(aside, "paper.typ")
            files.write(written | {source: look + body.decode()})
            fonts = {Path(aside, "fonts", file.name): file.read_bytes() for file in font_files()}
            files.write(fonts)
            options: dict[str, Any] = {
                "font_paths": [str(Path(aside, "fonts"))],
                "ignore_system_fonts": True,
            }
            for size, tall in TRIES if self.is_memo else TRIES[:1]:
                options["sys_inputs"] = said | {"size": str(size), "tall": str(tall)}
                where = typst.query(str(source), "<before-appendix>", field="value", **options)
                if max(json.loads(where), default=0) <= BEFORE_APPENDIX:
                    break
            return bytes(typst.compile(str(source), pdf_standards="ua-1", timestamp=0, **options))

    def word(self) -> bytes:
        """The document as a Word file, in the look of `reference.docx`."""
        html = self.html
        for file, svg in self.pictures.items():
            html = html.replace(f'src="{file}"', f'src="{_png(svg)}" width="100%"')
        with TemporaryDirectory() as aside:
            raw = self._converted("docx", aside, html, "--reference-doc=reference.docx")
        running, year = escape(self.running()), self.context.known.year
        whole = BytesIO()
        with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(whole, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.startswith("word/header"):
                    content = content.replace(b"{running}", running.encode())
                elif name == "word/document.xml":
                    content = _look(content.decode()).encode()
                elif name == "docProps/core.xml":  # the same bytes each time
                    said = DATES.sub(rf"\g<1>{year}-12-31T00:00:00Z", content.decode())
                    content = said.encode()
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                new.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return whole.getvalue()

    def _converted(self, to: str, aside: str, html: str, *options: str) -> bytes:
        """What pandoc makes of the document. Names without a folder: in the C locale it cannot
        read an å in one."""
        for name in ("paper.lua", "reference.docx"):
            Path(aside, name).write_bytes((TEMPLATES / name).read_bytes())
        language = str(self.context.text.get("locale")).replace("_", "-")
        about = {"lang": language, "title": self.title, "author": self.by} if to == "docx" else {}
        told = [f"--metadata={key}:{said}" for key, said in about.items()]
        pypandoc.convert_text(
            html,
            to,
            format="html",
            outputfile="made",
            cworkdir=aside,
            sandbox=True,
            extra_args=["--lua-filter=paper.lua", *told, *options],
        )
        return Path(aside, "made").read_bytes()


def _leads_back(part: Any) -> bool:
    """Whether a part of a note is the arrow back to the text, or a list of other notes."""
    return part.name == "a" and part["href"].startswith("#")


def _links(numbers: Iterable[int]) -> str:
    """Numbers of notes, each a link."""
    return re.sub(r"\d+", r'<a href="#note-\g<0>">\g<0></a>', runs(numbers))


def _cited(html: str) -> str:
    """The numbers of notes as marks at the end of their sentences; a heading's come after it."""
    done, waiting, tag = [], set[int](), ""
    for piece in BLOCK_TAG.split(html):
        if piece.startswith("<") and BLOCK_TAG.fullmatch(piece):
            tag = piece
            done.append(piece)
            continue
        said, start = LATE_MARKS.sub(r"\2\1", piece), 0
        ends = [end.end() for end in SENTENCE_END.finditer(MARK.sub(_blank, said))]
        for end in [*ends, len(said)]:
            sentence, start = said[start:end], end
            waiting |= {int(number) for number in MARK.findall(sentence)}
            done.append(MARK.sub("", sentence))
            if waiting and sentence.strip() and not re.match(r"<h\d", tag):
                done.append(f"<sup>{_links(waiting)}</sup>")
                waiting = set()
    return "".join(done)


def _blank(mark: re.Match[str]) -> str:
    return "\ue000" * len(mark[0])


def _linked(html: str) -> str:
    """Links within the document whose end is there; an end that nothing leads to is no anchor."""
    soup: Any = BeautifulSoup(html, "html.parser")
    ends = {tag["id"] for tag in soup.find_all(["div", *HEADINGS], id=True)}
    for link in soup.select("a[href]"):
        if link["href"][1:] not in ends and not link["href"].startswith(("http://", "https://")):
            link.unwrap()
    return str(soup)


def _svg(tag: Any) -> str:
    """A picture as a file of its own: HTML knows no capitals, SVG does."""
    said = str(tag)
    for name in CAPITALS:
        said = re.sub(rf"(?<=[\s</]){name}(?=[\s=>])", name, said, flags=re.IGNORECASE)
    return said


def _png(svg: str) -> str:
    """A picture for Word, which wants dots."""
    with TemporaryDirectory() as aside:
        Path(aside, "picture.svg").write_text(svg, "utf-8")
        source = Path(aside, "picture.typ")
        source.write_text('#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")')
        fonts = [str(font_files()[0].parent)]
        made = typst.compile(str(source), format="png", ppi=SHARP, font_paths=fonts)
    return f"data:image/png;base64,{base64.b64encode(bytes(made)).decode()}"


def _look(xml: str) -> str:
    """What pandoc has no words for in Word: quiet links, small text in tables, rows kept whole."""
    xml = NOTE_LINK.sub(lambda link: link[0].replace('"Hyperlink"', '"SourceLink"'), xml)
    xml = CELL.sub(lambda cell: cell[0].replace('"Compact"', '"TableText"'), xml)
    return xml.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>")
