"""The memo and the whole report on paper: PDF by pandoc and Typst, Word by pandoc.

Both are made from the finished pages: what is folded is open, the map to click in is left out.
Notes are numbered in the order they come, and stand last; `notes.lua` puts their numbers at the end
of the sentences that rest on them.
"""

import base64
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypandoc
import typst
from bs4 import BeautifulSoup
from markupsafe import escape

from ..data import files
from ..data.clean import unprinted
from ..errors import Fault, NotBuilt, WrongPlace
from ..pages.context import Context
from ..pages.memo import HEAD
from ..pages.site import FILES
from ..pictures.style import font_files
from .tables import base_name

TEMPLATES = resources.files("vanort_analysis.pages") / "templates"
LEFT_OUT = "script, style, nav, noscript, .no-print, .hint, .vh, .narrow, .sources, h2#head"
LEFT_OUT += ", .map, #interactive-map, #interactive-map + p, summary"
STYLED = "p.lead, p.finding, p.what, p.note, dl.key"  # pandoc keeps a look only on a box
TITLES = ".finding, caption, figcaption"  # have the notes of what stands under them
# points of text, and millimetres of a picture
TRIES = ((10.5, 44), (10.5, 36), (10, 40), (10, 34), (9.5, 34), (9.5, 30), (9.5, 26), (9, 30))
BEFORE_APPENDIX = 2  # pages of a memo
NO_ROOM = "resource exhausted"  # as pandoc says that a disk is full
SHARP = 190  # dots an inch of a picture in Word
CAPITALS = ("viewBox", "clipPath", "patternUnits")  # HTML knows none, SVG does
CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
NOTE_LINK = re.compile(r'<w:hyperlink w:anchor="note-\d+">.*?</w:hyperlink>', re.DOTALL)
LINK_TO = re.compile(r'(#link\("[^"]*"\))')  # in Typst
ROWS = re.compile(r"\s*\(\w+\.csv, [^()]*\)")  # of a table: of use on a screen only
DOTS = re.compile(r' descr="data:[^"]*"')
DATES = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write(context: Context, folder: Path, pages: Sequence[str]) -> None:
    """Write pages, the memo or all, as one PDF and one Word file; raises `NotBuilt`."""
    paper = Paper(context, folder, pages)
    stem = FILES[pages[0]].removesuffix(".html") if paper.is_memo else base_name(context)
    try:
        made = {".pdf": paper.pdf(), ".docx": paper.word()}
    except RuntimeError as error:
        if NO_ROOM in str(error):
            raise WrongPlace(Fault("P003", file=str(folder), value=NO_ROOM)) from error
        raise NotBuilt(Fault("B014", file=stem, value=str(error)[:300])) from error
    files.write({folder / f"{stem}{kind}": content for kind, content in made.items()})


class Paper:
    """Some pages as one document: plain HTML for pandoc, its pictures, and its notes."""

    def __init__(self, context: Context, folder: Path, pages: Iterable[str]) -> None:
        self.pages, self.year = tuple(pages), context.known.year
        self.is_memo = len(self.pages) == 1
        self.pictures: dict[str, str] = {}
        self.notes: dict[str, int] = {}
        written = [(folder / FILES[name]).read_text("utf-8") for name in self.pages]
        soups: list[Any] = [BeautifulSoup(page, "html.parser") for page in written]
        cells = [cell.get_text().strip() for cell in soups[0].select(".head dd")]
        head = dict.fromkeys(HEAD, "") | dict(zip(HEAD, cells, strict=False))
        self.officer, self.sources = head["officer"], context.plain("section.sources.heading")
        by, title = context.plain("forms.by"), context.plain("forms.title")
        running = [by, title]
        if self.is_memo:
            title = soups[0].h1.get_text()
            number = context.plain("forms.diary", number=head["diary_number"] or "_" * 12)
            running = [by, head["date"], number]
        self.language, _, region = str(context.text.get("locale")).partition("_")
        self.about = {
            "title": title,
            "by": by,
            "language": self.language,
            "region": region,
            "year": str(self.year),
            "kind": "memo" if self.is_memo else "report",
            "running": " · ".join(filter(None, running)),
            "page": context.plain("forms.page"),
            "contents": context.plain("site.contents"),
        }
        cover = f'<div class="cover"><p>{escape(by)}</p></div>' * (not self.is_memo)
        body = cover + "".join(map(self._page, self.pages, soups)) + self._end(soups[0])
        # what it is called is in its head, as pandoc cannot read an å in an option in the C locale
        top = f'<html lang="{self.language}-{region}"><head><title>{escape(title)}</title></head>'
        self.html = f"{top}<body>{body}</body></html>"

    @cached_property
    def read(self) -> str:
        """The document as pandoc reads it, its notes at the ends of sentences."""
        return _converted(self.html, "html", "json", "--lua-filter=notes.lua").decode()

    def _page(self, name: str, soup: Any) -> str:
        """What stands on a page, ready for pandoc; its pictures and notes are set aside."""
        main = soup.main
        self._mark_notes(soup)
        for summary in main.select(".appendix summary"):  # what is folded is open
            summary.name, summary["class"] = "p", ["finding"]
        for tag in main.select(LEFT_OUT):
            tag.extract()
        for box in main.select(".drawings"):
            file = f"picture-{len(self.pictures) + 1}.svg"
            self.pictures[file] = _printable(_svg(box.find("svg")))
            box.replace_with(picture := soup.new_tag("p"))
            attributes = {"src": file, "alt": box["aria-label"], "width": "100%"}
            picture.append(soup.new_tag("img", attrs=attributes))
        for tag in main.select(STYLED):
            tag.wrap(soup.new_tag("div", attrs={"class": tag["class"]}))
        parts = main.select(".appendix")
        if self.is_memo and parts:
            signature = f'<div class="signature"><p>{escape(self.officer)}&nbsp;</p></div>'
            first = parts[0].find_previous_sibling("h2") or parts[0]
            first.insert_before(BeautifulSoup(signature, "html.parser"))
            appendix = first.wrap(soup.new_tag("section", attrs={"class": "appendix"}))
            appendix.extend(appendix.find_next_siblings())
        for part in parts:
            part.unwrap()
        head = main.select_one(".head")
        if self.is_memo and head:
            main.insert(0, head.extract())
        _name_ends(main, name)
        return str(main.decode_contents())

    def _mark_notes(self, soup: Any) -> None:
        """A mark beside all that has a note, or at the title of a picture, a table or a number."""
        notes = {note["id"]: note for note in soup.select(".sources li[id]")}
        for back in soup.select('.sources li > a[href^="#"]'):
            back.extract()
        for link in soup.main.find_all("a", class_=["n", "cite"]):
            note = notes[link["href"][1:]]
            said = ROWS.sub("", note.decode_contents()).strip()
            number = self.notes.setdefault(said, len(self.notes) + 1)
            mark = soup.new_tag("span", attrs={"class": "ref"}, string=str(number))
            box = link.find_parent(["figure", "table", "dd"])
            if title := box and (box.find_previous_sibling("dt") or box.select_one(TITLES)):
                title.append(mark)
            else:
                link.insert_after(mark)
            link.decompose() if "cite" in link["class"] else link.unwrap()

    def _end(self, soup: Any) -> str:
        """The notes, and how to cite the report."""
        head, said = ("h2" if self.is_memo else "h1"), ""
        if self.notes:
            listed = [f'<li><div id="note-{n}">{note}</div></li>' for note, n in self.notes.items()]
            said = f"<{head}>{self.sources}</{head}>"
            said += f'<div class="notes"><ol>{"".join(listed)}</ol></div>'
        lines = [line for line in soup.select("footer p") if not line.find("a", recursive=False)]
        return f'{said}<div class="imprint">{"".join(map(str, lines))}</div>'

    def pdf(self) -> bytes:
        """The document as a tagged PDF; a memo's text is as large as its two pages allow."""
        body = _converted(self.read, "json", "typst", "--lua-filter=paper.lua").decode()
        about = {key: _printable(said) for key, said in self.about.items()}
        with TemporaryDirectory() as aside:
            source = Path(aside, "paper.typ")
            contents: dict[str, Any] = self.pictures | {
                source.name: (TEMPLATES / source.name).read_text("utf-8") + _printable(body),
                **{f"fonts/{file.name}": file.read_bytes() for file in font_files()},
            }
            files.write({Path(aside, name): content for name, content in contents.items()})
            options: dict[str, Any] = {"ignore_system_fonts": True}
            options["font_paths"] = [str(Path(aside, "fonts"))]
            for size, tall in TRIES:
                options["sys_inputs"] = about | {"size": str(size), "tall": str(tall)}
                if not self.is_memo:
                    break
                pages = typst.query(str(source), "<before-appendix>", field="value", **options)
                if max(json.loads(pages), default=0) <= BEFORE_APPENDIX:
                    break
            day = datetime(self.year, 12, 31, tzinfo=UTC)
            return bytes(typst.compile(str(source), pdf_standards="ua-1", timestamp=day, **options))

    def word(self) -> bytes:
        """The document as a Word file in the look of `reference.docx`, the same bytes each time."""
        read, whole = self.read, BytesIO()
        for name, svg in self.pictures.items():
            address = f"data:image/png;base64,{base64.b64encode(_png(svg)).decode()}"
            read = read.replace(f'"{name}"', f'"{address}"')
        more = "--lua-filter=paper.lua", "--reference-doc=reference.docx"
        raw = _converted(read, "json", "docx", *more)
        with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(whole, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith(".xml"):
                    content = self._finished(content.decode()).encode()
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                new.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return whole.getvalue()

    def _finished(self, xml: str) -> str:
        """What pandoc has no words for: quiet links, small text in tables, rows kept whole; and
        without what it says too much, the dots of a picture in words."""
        xml = DOTS.sub("", xml).replace("{running}", escape(self.about["running"]))
        by = escape(self.about["by"])
        xml = xml.replace("<dc:creator></dc:creator>", f"<dc:creator>{by}</dc:creator>")
        xml = DATES.sub(rf"\g<1>{self.year}-12-31T00:00:00Z", xml)
        xml = NOTE_LINK.sub(lambda link: link[0].replace('"Hyperlink"', '"SourceLink"'), xml)
        xml = CELL.sub(lambda cell: cell[0].replace('"Compact"', '"TableText"'), xml)
        return xml.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>")


def _name_ends(main: Any, name: str) -> None:
    """Where links lead, named by page, and links between pages led there."""
    main.h1["id"] = "top"
    for tag in main.find_all(id=True):
        tag["id"] = f"{name}-{tag['id']}"
    page_of = {file: page for page, file in FILES.items()} | {"": name}
    for link in main.select("a[href]"):
        file, _, part = link["href"].partition("#")
        if file in page_of:
            link["href"] = f"#{page_of[file]}-{part or 'top'}"


def _converted(said: str, of: str, to: str, *options: str) -> bytes:
    """What pandoc makes of a document; it is told names without a folder, as it cannot read an å
    in one in the C locale."""
    with TemporaryDirectory() as aside:
        for name in ("notes.lua", "paper.lua", "reference.docx"):
            Path(aside, name).write_bytes((TEMPLATES / name).read_bytes())
        about: dict[str, Any] = {"format": of, "outputfile": "made", "cworkdir": aside}
        pypandoc.convert_text(said, to, extra_args=options, sandbox=True, **about)
        return Path(aside, "made").read_bytes()


def _printable(text: str) -> str:
    """A text with a sign for each letter that no typeface has; where links lead stays."""
    odd = dict.fromkeys(map(ord, unprinted(text)), "\ufffd")
    parts = LINK_TO.split(text) if odd else [text]
    return "".join(part if at % 2 else part.translate(odd) for at, part in enumerate(parts))


def _svg(tag: Any) -> str:
    """A picture as a file of its own: HTML knows no capitals, SVG does."""
    said = str(tag)
    for name in CAPITALS:
        said = re.sub(rf"(?<=[\s</]){name}(?=[\s=>])", name, said, flags=re.IGNORECASE)
    return said


def _png(svg: str) -> bytes:
    """A picture for Word as dots."""
    with TemporaryDirectory() as aside:
        page = '#set page(width: auto, height: auto, margin: 0pt)\n#image("p.svg")'
        files.write({Path(aside, "p.svg"): svg, Path(aside, "p.typ"): page})
        options: dict[str, Any] = {"ignore_system_fonts": True, "ppi": SHARP}
        options["font_paths"] = [str(font_files()[0].parent)]
        return bytes(typst.compile(str(Path(aside, "p.typ")), format="png", **options))
