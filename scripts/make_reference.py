"""Makes `vanort_analysis/pages/templates/reference.docx`: how the Word files look.

.venv-test/bin/python scripts/make_reference.py
"""

from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "vanort_analysis" / "pages" / "templates" / "reference.docx"
FONT = "Calibri"
INK, SOFT, ACCENT = (
    RGBColor(0x1B, 0x2A, 0x36),
    RGBColor(0x4A, 0x55, 0x60),
    RGBColor(0x0B, 0x3C, 0x5D),
)
# style: based on, points, bold, colour, points before and after, kept with the next
STYLES = {
    "Body Text": ("Normal", 10.5, False, INK, 0, 4, False),
    "First Paragraph": ("Body Text", 10.5, False, INK, 0, 4, False),
    "Compact": ("Body Text", 10.5, False, INK, 0, 2, False),
    "Heading 1": ("Normal", 20, True, INK, 12, 6, True),
    "Heading 2": ("Normal", 14, True, INK, 12, 3, True),
    "Heading 3": ("Normal", 11.5, True, INK, 9, 2, True),
    "Block Text": ("Body Text", 10.5, False, SOFT, 2, 6, False),
    "Lead": ("Body Text", 12, False, INK, 0, 8, False),
    "Answer": ("Body Text", 10.5, False, INK, 2, 3, False),
    "Finding": ("Body Text", 11, True, INK, 8, 0, True),
    "What": ("Body Text", 9.5, False, SOFT, 0, 4, True),
    "Note": ("Body Text", 9, False, SOFT, 2, 8, False),
    "Officer": ("Body Text", 9, False, SOFT, 34, 8, False),
    "Table Caption": ("Normal", 10, True, INK, 8, 3, True),
    "Table Text": ("Normal", 9, None, INK, 1, 1, False),
    "Definition Term": ("Normal", 9.5, False, SOFT, 3, 0, True),
    "Definition": ("Normal", 10.5, False, INK, 0, 2, False),
}  # fmt: skip
LINE = f"""<w:pBdr {nsdecls("w")}>
<w:top w:val="single" w:sz="4" w:space="4" w:color="1B2A36"/></w:pBdr>"""
TABLE = f"""<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="Table">
<w:name w:val="Table"/><w:qFormat/>
<w:pPr><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/></w:pPr>
<w:rPr><w:sz w:val="18"/></w:rPr>
<w:tblPr><w:tblBorders>
<w:bottom w:val="single" w:sz="4" w:color="8A949C"/>
<w:insideH w:val="single" w:sz="4" w:color="D5DADE"/>
</w:tblBorders><w:tblCellMar>
<w:left w:w="0" w:type="dxa"/><w:right w:w="140" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
<w:bottom w:val="single" w:sz="8" w:color="4A5560"/></w:tcBorders><w:vAlign w:val="bottom"/>
</w:tcPr>
</w:tblStylePr></w:style>"""


def main() -> None:
    """Page, styles, header with room for what runs at the top and the page number."""
    document = Document()
    _drop_unused(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = Mm(25)
    section.bottom_margin = Mm(20)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size, normal.font.color.rgb = FONT, Pt(10.5), INK
    for name, look in STYLES.items():
        _style(document, name, *look)
    document.styles["Block Text"].paragraph_format.left_indent = Mm(8)
    officer = document.styles["Officer"]  # under a line to sign on
    officer.paragraph_format.right_indent = Mm(90)
    officer.element.get_or_add_pPr().insert_element_before(
        parse_xml(LINE), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc"
    )
    link = document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb, link.font.underline = ACCENT, True
    document.styles.add_style("Source Link", WD_STYLE_TYPE.CHARACTER)  # a number and its source
    detail = document.styles.add_style("Detail", WD_STYLE_TYPE.CHARACTER)  # what a point is not
    detail.font.size, detail.font.color.rgb = Pt(9), SOFT
    document.styles.element.append(parse_xml(TABLE))
    head = section.header.paragraphs[0]
    stops = head.paragraph_format.tab_stops
    for stop in list(head.style.paragraph_format.tab_stops):
        stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
    stops.add_tab_stop(Mm(160), WD_TAB_ALIGNMENT.RIGHT)
    head.add_run("{running}\t")  # whose paper, of what day and number; filled in for each file
    _field(head, "PAGE")
    head.add_run(" (")
    _field(head, "NUMPAGES")
    head.add_run(")")
    for run in head.runs:
        run.font.size, run.font.color.rgb = Pt(8.5), SOFT
    document.save(str(TARGET))


def _drop_unused(document) -> None:  # type: ignore[no-untyped-def]
    """Leave out a hundred looks of tables, and them a second time: pandoc reads them all."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table":
            style.delete()
    relations = document.part.rels
    for key in [key for key, each in relations.items() if "stylesWithEffects" in each.reltype]:
        del relations[key]


def _style(document, name, base, size, bold, colour, before, after, kept) -> None:  # type: ignore[no-untyped-def]
    there = [style.name for style in document.styles]
    style = (
        document.styles[name]
        if name in there
        else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    )
    style.base_style = document.styles[base]
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = colour
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)  # else the theme's typeface wins
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.05
    style.paragraph_format.keep_with_next = kept


def _field(paragraph, code: str) -> None:  # type: ignore[no-untyped-def]
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = paragraph.add_run("1")
    field.append(run._r)
    paragraph._p.append(field)


if __name__ == "__main__":
    main()
