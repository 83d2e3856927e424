"""The memo and the whole report on paper: PDF by pandoc and Typst, Word by pandoc.

Both are made from the finished pages: what is folded is open, the map to click in is left out.
Notes are numbered in the order they come, and stand last; `notes.lua` puts their numbers at the end
of the sentences that rest on them.
"""

import json
import re
import shutil
import subprocess
import zipfile
from bisect import bisect_left
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
from ..data.clean import unprintable_letters
from ..errors import BuildError, Fault, MachineError
from ..pages.context import Context
from ..pages.memo import HEAD
from ..pages.site import FILES
from ..pictures.style import font_files
from .recipe import PAPER_TEMPLATES
from .tables import base_name

TEMPLATES = resources.files("vanort_analysis.pages") / "templates"
LEFT_OUT = "script, style, nav, noscript, .no-print, .hint, .vh, .narrow, .sources, h2#head"
LEFT_OUT += ", .map, #interactive-map, #interactive-map + p, summary"
STYLED = "p.lead, p.finding, p.what, p.note, dl.key"  # pandoc keeps a look only on a box
TITLES = ".finding, caption, figcaption"  # have the notes of what stands under them
# points of text and millimetres of a picture: from what takes most room to what takes least
LOOKS = ((10.5, 44), (10.5, 36), (10, 40), (10, 34), (9.5, 34), (9.5, 30), (9.5, 26), (9, 30))
BEFORE_APPENDIX = 2  # pages of a memo
NO_ROOM = "resource exhausted"  # as pandoc says that a disk is full
SHARP = 190  # dots an inch of a picture in Word
CAPITALS = ("viewBox", "clipPath", "patternUnits")  # HTML knows none, SVG does
CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
NOTE_LINK = re.compile(r'<w:hyperlink w:anchor="note-\d+">.*?</w:hyperlink>', re.DOTALL)
LINK_TO = re.compile(r'(#link\("[^"]*"\))')  # in Typst
ROWS = re.compile(r"\s*\(\w+\.csv, [^()]*\)")  # of a table: of use on a screen only
DATES = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_documents(context: Context, folder: Path, pages: Sequence[str]) -> None:
    """Write pages, the memo or all, as one PDF and one Word file; raises `BuildError`."""
    stem = FILES[pages[0]].removesuffix(".html") if len(pages) == 1 else base_name(context)
    try:
        with TemporaryDirectory() as aside:
            paper = Paper(context, folder, pages, Path(aside))
            pdf, word = paper.make_pdf(), paper.make_word()
    except RuntimeError as error:
        if NO_ROOM in str(error):
            raise MachineError(Fault("P003", file=str(folder), value=NO_ROOM)) from error
        raise BuildError(Fault("B014", file=stem, value=str(error)[:300])) from error
    files.write_files({folder / f"{stem}.pdf": pdf, folder / f"{stem}.docx": word})


class Paper:
    """Some pages as one document: plain HTML for pandoc, its pictures, and its notes.

    What pandoc and Typst read lies in the folder `aside`.
    """

    def __init__(self, context: Context, folder: Path, pages: Iterable[str], aside: Path) -> None:
        self.pages, self.year, self.aside = tuple(pages), context.known.year, aside
        self.is_memo = len(self.pages) == 1
        self.pictures: dict[str, str] = {}  # the name of each drawing, which several pages may have
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
        self.typefaces = self._lay_out()

    def _lay_out(self) -> typst.Fonts:
        """Put what pandoc and Typst read in its folder; gives the typefaces."""
        for name in PAPER_TEMPLATES:
            shutil.copyfile(str(TEMPLATES / name), self.aside / name)
        for svg, name in self.pictures.items():
            (self.aside / name).write_bytes(svg.encode())  # ends of lines stay as they are
        fonts = self.aside / "fonts"
        fonts.mkdir()
        for file in font_files():
            shutil.copy(file, fonts)
        return typst.Fonts(include_system_fonts=False, font_paths=[str(fonts)])

    @cached_property
    def read(self) -> str:
        """The document as pandoc reads it, its notes at the ends of sentences."""
        return run_pandoc(self.html, "html", "json", self.aside, "--lua-filter=notes.lua").decode()

    def _page(self, name: str, soup: Any) -> str:
        """What stands on a page, ready for pandoc; its pictures and notes are set aside."""
        main = soup.main
        for box in main.find_all(class_="drawings"):
            drawing = _printable(_svg(box.find("svg")))
            file = self.pictures.setdefault(drawing, f"picture-{len(self.pictures) + 1}.svg")
            box.replace_with(picture := soup.new_tag("p"))
            attributes = {"src": file, "alt": box["aria-label"], "width": "100%"}
            picture.append(soup.new_tag("img", attrs=attributes))
        self._mark_notes(soup)
        for summary in main.select(".appendix summary"):  # what is folded is open
            summary.name, summary["class"] = "p", ["finding"]
        for tag in main.select(LEFT_OUT):
            tag.extract()
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

    def make_pdf(self) -> bytes:
        """The document as a tagged PDF; a memo's text is as large as its two pages allow."""
        body = run_pandoc(self.read, "json", "typst", self.aside, "--lua-filter=paper.lua").decode()
        source = self.aside / "whole.typ"
        source.write_bytes((self.aside / "paper.typ").read_bytes() + _printable(body).encode())
        about = {key: _printable(said) for key, said in self.about.items()}

        def laid_out(size: float, tall: float) -> Any:
            given = about | {"size": str(size), "tall": str(tall)}
            return typst.Compiler(source, self.aside, self.typefaces, sys_inputs=given)

        def fits(look: tuple[float, float]) -> bool:
            pages = laid_out(*look).query("<before-appendix>", field="value")
            return bool(max(json.loads(pages), default=0) <= BEFORE_APPENDIX)

        largest = bisect_left(LOOKS[:-1], True, key=fits) if self.is_memo else 0
        day = datetime(self.year, 12, 31, tzinfo=UTC)
        return bytes(laid_out(*LOOKS[largest]).compile(pdf_standards="ua-1", timestamp=day))

    def make_word(self) -> bytes:
        """The document as a Word file in the look of `reference.docx`, the same bytes each time."""
        options, read = ["--lua-filter=paper.lua", "--reference-doc=reference.docx"], self.read
        for name, png in zip(self.pictures.values(), self._dots(), strict=False):
            file = name.replace(".svg", ".png")
            (self.aside / file).write_bytes(png)
            read = read.replace(f'"{name}"', f'"{file}"')
            # in its sandbox pandoc opens no file but those that some option names
            options.append(f"--epub-embed-font={file}")
        raw, whole = run_pandoc(read, "json", "docx", self.aside, *options), BytesIO()
        with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(whole, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith(".xml"):
                    content = self._finished(content.decode()).encode()
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                new.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return whole.getvalue()

    def _dots(self) -> list[bytes]:
        """The pictures for Word as dots, a PNG each; a blank one where there are none."""
        shown = "#pagebreak()".join(f'#image("{name}")\n' for name in self.pictures.values())
        source = f"#set page(width: auto, height: auto, margin: 0pt)\n{shown}".encode()
        compiler: Any = typst.Compiler(source, self.aside, self.typefaces)
        made = compiler.compile(format="png", ppi=SHARP)
        return made if isinstance(made, list) else [made]

    def _finished(self, xml: str) -> str:
        """What pandoc has no words for: quiet links, small text in tables, rows kept whole."""
        xml = xml.replace("{running}", escape(self.about["running"]))
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


def run_pandoc(said: str, of: str, to: str, aside: Path, *options: str) -> bytes:
    """What pandoc makes of a document; it is told names without a folder, as it cannot read an å
    in one in the C locale. The folder of this process stays, as it may be at work on two."""
    command = [pypandoc.get_pandoc_path(), f"--from={of}", f"--to={to}", "--sandbox", "--eol=lf"]
    command += ["--output=-", *options]
    done = subprocess.run(command, input=said.encode(), capture_output=True, cwd=aside, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def _printable(text: str) -> str:
    """A text with a sign for each letter that no typeface has; where links lead stays."""
    odd = dict.fromkeys(map(ord, unprintable_letters(text)), "\ufffd")
    parts = LINK_TO.split(text) if odd else [text]
    return "".join(part if at % 2 else part.translate(odd) for at, part in enumerate(parts))


def _svg(tag: Any) -> str:
    """A picture as a file of its own: HTML knows no capitals, SVG does."""
    said = str(tag)
    for name in CAPITALS:
        said = re.sub(rf"(?<=[\s</]){name}(?=[\s=>])", name, said, flags=re.IGNORECASE)
    return said
