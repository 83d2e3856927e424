"""Each page as a Word file, by pandoc from the finished page: for the municipality's diary.

What is folded on the page is open here; the map to click in is left out, as the printed map and
the table say the same. A number leads to the list of sources, as on the page.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup
from markupsafe import escape

from ..data import files
from ..errors import Fault, WrongPlace
from ..pages.context import Story
from ..pages.wording import FILES, PAGES
from . import tables
from .pdf import for_paper
from .tables import PROPERTIES, rewritten

NEEDED = ("pypandoc", "resvg_py")  # the extra `word`
LEFT_OUT = "script, style, nav, noscript, summary, source, .vh"
OPENED = "details, picture, figure, figcaption, section, .table, .cards, .brief"
STYLES = {".lead": "Lead", ".proposal": "Proposal", ".finding": "Finding", ".what": "What",
          ".note": "Note", "figcaption": "Note"}  # fmt: skip
SHARP, WIDTH = 2, "16.5cm"  # a picture's pixels to those of the page; its width on paper
LETTER, LONGEST = 1.25, 60  # per cent of the width for a letter; a text this long wraps anyway
# What pandoc has no words for: a link to the source list is quiet, a row stays on its page, the
# first column heads its row, text in a table is smaller.
SOURCE_LINK = re.compile(r'<w:hyperlink w:anchor="k[\d-]+">.*?</w:hyperlink>', re.DOTALL)
CELL = re.compile(r"<w:tc>.*?</w:tc>", re.DOTALL)
LOOK = re.compile(r"<w:tblLook [^>]*>")
HEADED = '<w:tblLook w:firstRow="1" w:firstColumn="1" w:noVBand="1" w:val="04A0"/>'


def possible() -> bool:
    """Whether the extra `word` is installed."""
    return all(find_spec(package) for package in NEEDED)


def write(story: Story, folder: Path) -> None:
    """Write every page of the report as a Word file; raises `WrongPlace` where pandoc fails."""
    language = str(story.text.get("locale")).replace("_", "-")
    for name in PAGES:
        page = folder / FILES[name]
        soup: Any = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        about = {"title": soup.title.get_text(), "creator": tables.localised(story, "forms.by")}
        try:
            raw = _converted(simple(soup), language)
        except (OSError, RuntimeError, ValueError) as error:
            raise WrongPlace(
                Fault("P006", file=page.name, value="pandoc", level="warning")
            ) from error
        edits: dict[str, Callable[[str], str]] = {
            "word/document.xml": _document,
            "word/header1.xml": partial(_headed, about["title"]),
            PROPERTIES: partial(_properties, about),
        }
        whole = rewritten(raw, story.known.year, edits)
        files.write({page.with_suffix(".docx"): whole})


def simple(soup: Any) -> str:
    """The page as plain HTML that pandoc can turn into headings, tables, lists and pictures."""
    for_paper(soup)
    main = soup.main
    main.append(soup.footer)
    soup.footer.unwrap()
    for tag in main.select(LEFT_OUT):
        tag.decompose()
    for tag in main.select(".sources li[id], a.n[id]"):  # a bookmark's name begins with a letter
        tag["id"] = f"k{tag['id']}"
    for tag in main.select("a[href^='#']"):
        tag["href"] = re.sub(r"#(?=\d)", "#k", tag["href"])
    for tag in main.select("li[id], a[id]"):  # where links lead: pandoc keeps it on a span
        tag.insert(0, soup.new_tag("span", attrs={"id": tag.attrs.pop("id")}))
    for tag in main.select("img"):
        tag["src"], tag["width"] = _png(tag["src"]), WIDTH
        tag.wrap(soup.new_tag("p"))
    for selector, style in STYLES.items():
        for tag in main.select(selector):
            tag.wrap(soup.new_tag("div", attrs={"data-custom-style": style}))
    _listed(soup, main.select("dl.key"), "dd", "dt")
    _listed(soup, main.select(".card dl"), "dt", "dd")
    for tag in main.select(".num"):
        tag["style"] = "text-align: right"
    for tag in main.select(".condition"):
        tag.insert_before(soup.new_tag("br"))
    for table in main.select("table"):
        table.insert(1, BeautifulSoup(_widths(table), "html.parser"))
    for tag in main.select(OPENED):
        tag.unwrap()
    return str(main.decode_contents())


def _listed(soup: Any, pairs: list[Any], *order: str) -> None:
    """Terms and their values as a list, what comes first in bold: "9 places in the chain"."""
    for old in pairs:
        new = soup.new_tag("ul")
        for first, second in zip(*(old.select(tag) for tag in order), strict=True):
            first.name, second.name = "b", "span"
            item = soup.new_tag("li")
            item.extend([first, " ", second])
            new.append(item)
        old.replace_with(new)


def _widths(table: Any) -> str:
    """The columns' shares of the width: room for the longest word, the rest by what they hold."""
    rows = [
        [cell.get_text().strip() for cell in row.select("th, td")] for row in table.select("tr")
    ]
    if len({len(row) for row in rows}) != 1:
        return ""  # a cell over several columns: as wide as pandoc makes them
    columns = list(zip(*rows, strict=True))
    least = [LETTER * (2 + max(map(len, " ".join(c).split()), default=0)) for c in columns]
    longest = [1 + min(LONGEST, max(map(len, column))) for column in columns]
    spare = max(0.0, 100 - sum(least))
    shares = [word + spare * text / sum(longest) for word, text in zip(least, longest, strict=True)]
    each = "".join(f'<col style="width: {100 * share / sum(shares):.1f}%">' for share in shares)
    return f"<colgroup>{each}</colgroup>"


def _png(source: str) -> str:
    from resvg_py import svg_to_bytes

    svg = unquote(source.partition(",")[2])
    picture = bytes(svg_to_bytes(svg_string=svg, zoom=SHARP, skip_system_fonts=True))
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def _converted(html: str, language: str) -> bytes:
    import pypandoc

    template = resources.files("vanort_analysis.pages") / "templates" / "reference.docx"
    with TemporaryDirectory() as aside:
        Path(aside, template.name).write_bytes(template.read_bytes())
        pypandoc.convert_text(
            html,
            "docx",
            format="html",
            outputfile="page.docx",
            cworkdir=aside,  # names without a folder: in the C locale pandoc cannot read an å in it
            sandbox=True,
            extra_args=[f"--reference-doc={template.name}", f"--metadata=lang:{language}"],
        )
        return Path(aside, "page.docx").read_bytes()


def _document(xml: str) -> str:
    xml = SOURCE_LINK.sub(lambda link: link[0].replace('"Hyperlink"', '"SourceLink"'), xml)
    xml = CELL.sub(lambda cell: cell[0].replace('"Compact"', '"TableText"'), xml)
    xml = xml.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>")
    return LOOK.sub(HEADED, xml)


def _headed(title: str, xml: str) -> str:
    return xml.replace("{title}", escape(title))


def _properties(about: Mapping[str, str], xml: str) -> str:
    for name, told in about.items():
        xml = xml.replace(f"<dc:{name}></dc:{name}>", f"<dc:{name}>{escape(told)}</dc:{name}>")
    return xml
