"""The memo and the whole report for print: PDF by pandoc and Typst, Word by pandoc.

Both are made from the finished pages: what is folded is open, the interactive map is left out.
Notes are numbered in the order they come, and listed at the end; `notes.lua` puts their numbers at
the end of the sentences that rest on them.
"""

import errno
import json
import re
import shutil
import subprocess
import zipfile
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypandoc
import typst
from markupsafe import Markup, escape
from selectolax.lexbor import LexborHTMLParser

from ..data import files
from ..data.clean import unprintable_letters
from ..errors import BuildError, Fault, write_failure
from ..pages.blocks import load_templates
from ..pages.context import Context
from ..pages.memo import HEAD
from ..pages.site import FILES
from ..pictures.style import FONT_FILES
from .page import parse_element
from .recipe import PAPER_TEMPLATES
from .tables import base_name

LEFT_OUT = "script, style, nav, noscript, .no-print, .hint, .vh, .narrow, .sources, h2#head"
LEFT_OUT += ", .map, #interactive-map, #interactive-map + p, summary"
STYLED = "p.lead, p.finding, p.what, p.note, dl.key"  # pandoc keeps a class only on a div
TITLE_END = "\u2060"  # unseen; what follows is no part of the title
IMAGE = Markup('<p><img src="{}" alt="{}" width="100%"></p>')
TITLES = "dt, .finding, caption, figcaption"  # get the notes of what they belong to
BEFORE_APPENDIX = "h2:not(.appendix ~ h2):has(~ .appendix)"
# text in points and height of a picture in millimetres, from the roomiest to the tightest
LAYOUTS = [(10.5, 44), (10.5, 36), (10, 40), (10, 34), (9.5, 34), (9.5, 28)]
LAYOUTS += [(9, 55), (9, 42), (9, 36), (9, 30)]
PAGES_BEFORE_APPENDIX = 2  # that a memo may have
DISK_FULL = re.compile("No space left on device|resource exhausted")  # as Lua, pandoc say it
STANDARDS = ["a-2a", "ua-1"]  # PDF/A, for the archive, and PDF/UA, for a screen reader
PICTURE_DPI = 190  # in Word
PANDOC = str(next(Path(pypandoc.__file__).parent.glob("files/pandoc*")))  # no other, of R say
HEAP = ("+RTS", "-A64m", "-RTS")  # of pandoc, which spends a tenth less on its garbage
WORD_CAPTION = re.compile(rf'(<w:tblCaption w:val="[^"{TITLE_END}]*){TITLE_END}[^"]*')
WORD_CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
WORD_HEADING, WORD_BREAK = '<w:pStyle w:val="Heading1" />', "<w:pageBreakBefore/>"
WORD_DATE = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_documents(context: Context, folder: Path, pages: Sequence[str]) -> None:
    """Write pages, the memo or all, as one PDF and one Word file; raises `UserError`."""
    stem = FILES[pages[0]].removesuffix(".html") if len(pages) == 1 else base_name(context)
    try:
        with TemporaryDirectory(ignore_cleanup_errors=True) as workdir:
            document = PrintDocument(context, folder, pages, Path(workdir))
            pdf = document.make_pdf()
            word = document.make_word()
    except RuntimeError as error:
        if full := DISK_FULL.search(str(error)):
            raise write_failure(OSError(errno.ENOSPC, full[0]), folder) from error
        raise BuildError(Fault("B014", file=stem, value=str(error)[:300])) from error
    files.write_files({folder / f"{stem}.pdf": pdf, folder / f"{stem}.docx": word})


class PrintDocument:
    """The memo, or all pages, as one document: plain HTML for pandoc, its pictures and its notes,
    and `workdir`, the folder that pandoc and Typst read from."""

    def __init__(self, context: Context, folder: Path, pages: Sequence[str], workdir: Path) -> None:
        self.is_memo = len(pages) == 1
        self.year = context.known.year
        self.workdir = workdir
        self.pictures: dict[str, str] = {}  # SVG to file name; pages may share a picture
        self.notes: dict[str, int] = {}  # HTML to number
        sources = [(folder / FILES[name]).read_text("utf-8") for name in pages]
        trees: list[Any] = [LexborHTMLParser(source) for source in sources]
        cells = [cell.text().strip() for cell in trees[0].css(".head dd")]
        head = dict.fromkeys(HEAD, "") | dict(zip(HEAD, cells, strict=False))
        self.officer = head["officer"] or context.plain("memo.head.officer")
        self.metadata = self._describe(context, trees[0].css_first("h1").text(), head)
        imprint = trees[0].css("footer p:not(:has(> a))")  # without the links of a screen
        template = load_templates().get_template("paper.html.j2")
        self.html = template.render(
            self.metadata,
            pages="".join(map(self._convert_page, pages, trees)),
            sources=context.plain("section.sources.heading"),
            notes=self.notes,
            imprint="".join(line.html for line in imprint),
        )
        for file in [*(files.PACKAGE / name for name in PAPER_TEMPLATES), *FONT_FILES]:
            shutil.copy(file, workdir)
        self.fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(workdir)])
        self._draw_pictures()
        run_pandoc("lua", "papers.lua", text=self.html, cwd=workdir)  # writes both papers' bodies

    def _describe(self, context: Context, heading: str, head: Mapping[str, str]) -> dict[str, str]:
        """What `paper.typ` reads beside the text, for a memo from its heading and its head."""
        author = context.plain("forms.by")
        title = context.plain("forms.title")
        running = [author, title]
        if self.is_memo:
            title = heading
            number = context.plain("forms.diary", number=head["diary_number"] or "_" * 12)
            running = [author, head["date"], number]
        language, _, region = str(context.text.get("locale")).partition("_")
        return {
            "title": title,
            "by": author,
            "language": language,
            "region": region,
            "year": str(self.year),
            "kind": "memo" if self.is_memo else "report",
            "running": " · ".join(filter(None, running)),
            "page": context.plain("forms.page"),
            "contents": context.plain("site.contents"),
        }

    def _convert_page(self, name: str, tree: Any) -> str:
        """The content of a page as HTML for pandoc; collects its pictures and notes."""
        main = tree.css_first("main")
        for box in main.css(".drawings"):
            svg = box.css_first("svg").html.replace("&nbsp;", "\u00a0")  # XML knows no other name
            svg = svg.translate(dict.fromkeys(map(ord, unprintable_letters(svg)), "\ufffd"))
            file = self.pictures.setdefault(svg, f"picture-{len(self.pictures) + 1}.svg")
            box.replace_with(parse_element(IMAGE.format(file, box.attributes["aria-label"])))
        self._number_notes(tree)
        for summary in main.css(".appendix summary"):  # what is folded is open
            opened = f"<h3>{summary.inner_html}</h3>"
            summary.replace_with(parse_element(opened))
        main.strip_tags([LEFT_OUT])
        for tag in main.css(STYLED):
            wrapped = f'<div class="{tag.attributes["class"]}">{tag.html}</div>'
            tag.replace_with(parse_element(wrapped))
        appendices = main.css(".appendix")
        if self.is_memo and appendices:
            signature = f'<div class="signature"><p>{escape(self.officer)}</p></div>'
            headings = main.css(BEFORE_APPENDIX)
            first = headings[-1] if headings else appendices[0]
            first.insert_before(parse_element(signature))
            first.insert_before(parse_element('<section class="appendix"></section>'))
            section = first.prev
            while rest := section.next:
                section.insert_child(rest, move=True)
        for appendix in appendices:
            appendix.unwrap()
        head = main.css_first(".head")
        if self.is_memo and head:
            main.first_child.insert_before(head, move=True)
        _prefix_anchors(main, name)
        return str(main.inner_html)

    def _number_notes(self, tree: Any) -> None:
        """Replace the links to notes by numbers; of a picture, table or key figure at its title."""
        notes = {}
        for note in tree.css(".sources li[id]"):
            note.strip_tags(["a[href^='#']", ".rows"])
            notes[note.id] = note.inner_html.replace("&nbsp;", "\u00a0").strip()
        for link in tree.css("main a:is(.n, .cite)"):
            note = notes[link.attributes["href"][1:]]
            number = self.notes.setdefault(note, len(self.notes) + 1)
            mark = parse_element(f'<span class="ref">{number}</span>')
            box = link.parent
            while box and box.tag not in ("figure", "table", "dd"):
                box = box.parent
            entry = box.parent if box and box.tag == "dd" else box
            title = entry.css_first(TITLES) if entry else None
            if title:
                if title.tag == "caption" and not title.css_first(".ref"):
                    title.insert_child(TITLE_END)
                title.insert_child(mark)
            else:
                link.insert_after(mark)
            if link.css_matches(".cite"):
                link.decompose()
            else:
                link.unwrap()

    def make_pdf(self) -> bytes:
        """The document as a tagged PDF; a memo in the roomiest layout that fits its pages."""
        template = (self.workdir / "paper.typ").read_text("utf-8")
        body = (self.workdir / "body.typ").read_text("utf-8")
        source = self.workdir / "whole.typ"
        source.write_bytes((template + body).encode())
        letters = unprintable_letters(body + "".join(self.metadata.values()))
        metadata = self.metadata | {"unprintable": "|".join(letters)}

        def compiler(layout: tuple[float, float]) -> Any:
            inputs = metadata | {"size": str(layout[0]), "tall": str(layout[1])}
            return typst.Compiler(source, self.workdir, self.fonts, sys_inputs=inputs)

        def fits(layout: tuple[float, float]) -> bool:
            pages = compiler(layout).query("<before-appendix>", field="value")
            return bool(max(json.loads(pages), default=0) <= PAGES_BEFORE_APPENDIX)

        roomiest = bisect_left(LAYOUTS[:-1], True, key=fits) if self.is_memo else 0
        day = datetime(self.year, 12, 31, tzinfo=UTC)
        return bytes(compiler(LAYOUTS[roomiest]).compile(pdf_standards=STANDARDS, timestamp=day))

    def make_word(self) -> bytes:
        """The document as a Word file in the look of `reference.docx`, the same bytes each time."""
        finished = BytesIO()
        body = self.workdir / "body.docx"
        with zipfile.ZipFile(body) as old, zipfile.ZipFile(finished, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith(".xml"):
                    content = self._finish_xml(content.decode(), "header" in name).encode()
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3  # of whatever system it is made on
                new.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return finished.getvalue()

    def _draw_pictures(self) -> None:
        """Write the pictures, and for Word as PNG too, one a page of Typst."""
        for svg, name in self.pictures.items():
            (self.workdir / name).write_bytes(svg.encode())  # line ends stay as they are
        images = "#pagebreak()".join(f'#image("{name}")\n' for name in self.pictures.values())
        source = f"#set page(width: auto, height: auto, margin: 0pt)\n{images}".encode()
        compiler: Any = typst.Compiler(source, self.workdir, self.fonts)
        pages = compiler.compile(format="png", ppi=PICTURE_DPI)
        drawn = pages if isinstance(pages, list) else [pages]
        # without pictures Typst makes one blank page
        for name, png in zip(self.pictures.values(), drawn, strict=False):
            (self.workdir / name).with_suffix(".png").write_bytes(png)

    def _finish_xml(self, xml: str, is_header: bool) -> str:
        """Add to Word's XML what pandoc cannot express."""
        if is_header:
            xml = xml.replace("{running}", escape(self.metadata["running"]))
        xml = WORD_DATE.sub(rf"\g<1>{self.year}-12-31T00:00:00Z", xml)
        xml = WORD_CAPTION.sub(r"\1", xml)
        xml = WORD_CELL.sub(lambda cell: cell[0].replace('"Compact"', '"TableText"'), xml)
        start, heading, rest = xml.partition(WORD_HEADING)  # a memo has no other
        xml = start + heading + rest.replace(WORD_HEADING, WORD_HEADING + WORD_BREAK)
        return xml.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>")


def _prefix_anchors(main: Any, page: str) -> None:
    """Prefix ids with the name of their page, and lead links between pages to them."""
    main.css_first("h1").attrs["id"] = "top"
    for tag in main.css("[id]"):
        tag.attrs["id"] = f"{page}-{tag.id}"
    page_of = {file: name for name, file in FILES.items()} | {"": page}
    for link in main.css("a[href]"):
        file, _, anchor = link.attributes["href"].partition("#")
        if file in page_of:
            link.attrs["href"] = f"#{page_of[file]}-{anchor or 'top'}"


def run_pandoc(*arguments: str, text: str, cwd: Path) -> str:
    """Run pandoc on a text and return what it prints; raises `RuntimeError`. Files go by name
    alone, in `cwd`, as pandoc cannot read an å in a path in the C locale; this process keeps its
    own folder, which other threads may depend on."""
    command = [PANDOC, *HEAP, *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=cwd, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout.decode()
