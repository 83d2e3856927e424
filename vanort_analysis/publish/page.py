"""Turns an executed notebook into one HTML file that needs no other, and checks it.

The pieces of a page only name the rows they rest on. Once it is whole, these are numbered in
reading order, and each gets a note from the `catalogue` that the page brings along.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup, escape
from nbformat import NotebookNode
from selectolax.lexbor import LexborHTMLParser

from ..data.files import LANGUAGES
from ..data.quantity import group_by_key
from ..errors import BuildError, Fault
from ..language import Text, format_row_runs
from ..pages import blocks
from ..pictures.style import load_typeface

REFUSED_TAGS = {"iframe", "frame", "object", "embed", "base", "form", "link", "portal", "applet"}
REFUSED_TAGS |= {"template"}  # what is in one is no part of the tree that is searched
HIDDEN_NODES = ("-comment", None)  # a comment, an instruction: nothing of ours has one
POLICY = "Content-Security-Policy"  # the only command to a browser
REMOTE_STYLE = re.compile(
    r"@import|url\(\s*['\"]?(?!data:)|image-set\(|expression\(|behavior\s*:", re.IGNORECASE
)
LOADING = {"src", "srcset", "poster", "data", "background", "ping", "srcdoc", "formaction"}
LOCAL = r"(\.\./)*[\w-][\w./-]*(#[\w-]+)?$"  # a file beside the page or in a folder beside it
ROWS = Markup('<span class="rows"> ({})</span>')  # of a table, in a note: for a screen only
SHORTEST_ALT = 20
NO_ALT = "No description has been provided for this image"  # nbconvert's own
Piece = Mapping[str, Any]  # the `html` of a cell, and what it says of the page


def page_pieces(nb: NotebookNode, name: str = "") -> list[Piece]:
    """What the cells of an executed notebook have for the page, in order; raises `BuildError`."""
    if nb.metadata.get("papermill", {}).get("exception"):
        raise BuildError(Fault("B001", file=name))
    pieces = []
    for cell in nb.cells:
        if "analyst" in cell.metadata.get("tags", []):
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                message = f"{output.ename}: {output.evalue}"
                raise BuildError(Fault("B001", name, None, cell_name(cell.source), message))
            pieces.append(output.get("data", {}).get(blocks.PAGE_MIME, {}))
    if not any("title" in piece for piece in pieces):
        raise BuildError(Fault("B002", file=name))
    return pieces


def cell_name(source: str) -> str:
    """The first line of a cell, by which a person finds it."""
    return source.strip().partition("\n")[0]


def build_page(pieces: Collection[Piece], name: str = "") -> str:
    """Build a page from its pieces, with numbered notes, contents and Content-Security-Policy;
    raises `BuildError` if it contains anything that `find_faults` refuses."""
    page: dict[str, Any] = {}
    for piece in pieces:
        page |= piece
    scripts = [script for piece in pieces for script in piece.get("scripts", [])]
    body = Markup("\n".join(piece["html"] for piece in pieces if piece.get("html")))
    if "<svg" in body:
        body += Markup("<style>{}</style>").format(Markup(load_typeface().css))
    text = Text(page["language"])
    languages = map(Text, LANGUAGES)
    template = blocks.load_templates().get_template("report.html.j2")
    html = template.render(page=page, text=text, languages=languages, body=body, scripts=scripts)
    tree: Any = LexborHTMLParser(html)
    for style in tree.body.css("style"):
        tree.head.insert_child(style, move=True)
    number_notes(tree, text, page)
    main = tree.css_first("main")
    entries = [(heading.id, heading.text()) for heading in main.css("h2[id]")]
    if len(entries) >= 3:  # a short page needs no contents
        contents = blocks.render_macro("contents", text.plain("site.contents"), entries)
        main.insert_before(parse_element(contents))
    finished = str(tree.html)
    faults = find_faults(LexborHTMLParser(finished), scripts)  # as a browser will read it
    if faults:
        raise BuildError([Fault(code, file=name, value=value) for code, value in faults])
    return finished


def parse_element(html: str) -> Any:
    """The element that is written as `html`, to be put into a page."""
    return LexborHTMLParser(html.strip(), is_fragment=True).root


def number_notes(tree: Any, text: Text, page: Mapping[str, Any]) -> None:
    """Number the links to sources in the order of the page, and write the notes; links to the same
    rows or place share one. On a page without a section for notes the links are removed."""
    section = tree.css_first("section.sources")
    links = tree.css("main a:is(.n, .cite)")
    if not section:
        for link in links:
            link.decompose() if link.css_matches(".cite") else link.unwrap()
        return
    if not links:
        section.decompose()
        return
    catalogue = json.loads(page["catalogue"])
    numbers: dict[tuple[str, ...], int] = {}
    notes: list[Markup] = []
    for link in links:
        names = ("data-source", "data-place", "data-ref", "data-how")
        source, place, refs, formula = (link.attributes.get(name) or "" for name in names)
        number = numbers.setdefault((source, place, refs, formula), len(notes) + 1)
        link.attrs["href"], link.attrs["data-note"] = f"#n{number}", str(number)
        if link.css_matches(".cite"):  # two notes must not read as one number
            follows = link.prev and link.prev.css_matches(".cite")
            link.inner_html = f", {number}" if follows else str(number)
            link.attrs["aria-label"] = text.plain("section.sources.spoken", {"number": number})
        if number > len(notes):
            link.attrs["id"] = f"r{number}"
            notes.append(_render_note(text, catalogue, source, place, refs, formula))
    html = blocks.render_macro("notes", notes, text.plain("section.sources.back"))
    section.insert_child(parse_element(html))


def _render_note(
    text: Text, catalogue: Mapping[str, Any], source: str, place: str, refs: str, formula: str
) -> Markup:
    """A note on a sentence: its source and the place in it. Or on a number, with raw rows as `refs`
    ("chain:20 chain:21"): its sources with places and rows, and how it was computed."""
    if source:
        return _cite_place(catalogue, source, place)
    rows = catalogue["rows"]
    by_row = sorted(refs.split(), key=lambda ref: int(ref.partition(":")[2]))
    groups = group_by_key(((ref.partition(":")[0], rows[ref][0]), ref) for ref in by_row)
    parts = [escape(text.plain(f"formula.{formula}"))] if formula else []
    for (table, origin), group in sorted(groups.items()):
        places = dict.fromkeys(rows[ref][1] for ref in group if not formula)
        numbers = [int(ref.partition(":")[2]) for ref in group]
        values = {"file": f"{table}.csv", "rows": format_row_runs(numbers), "count": len(numbers)}
        citation = _cite_place(catalogue, origin, "; ".join(filter(None, places)))
        parts.append(citation + ROWS.format(text.plain("section.sources.rows", values)))
    if len(by_row) == 1 and not formula:
        parts += [Markup(rival) for rival in rows[by_row[0]][2:]]
    return Markup(" · ").join(parts)


def _cite_place(catalogue: Mapping[str, Any], source: str, place: str) -> Markup:
    title = Markup(catalogue["titles"][source])
    if not place:
        return title
    return title + ": " + blocks.mark_language(escape(place), catalogue["lang"], "")


def find_faults(tree: Any, own_scripts: Collection[str]) -> list[tuple[str, str]]:
    """What a page may not have, as code and example: anything loaded from elsewhere, foreign
    scripts, pictures without a description, broken links. `own_scripts` are hashes."""
    tags = [(tag.tag, tag.attributes) for tag in tree.css("*")]
    faults = [("B003", name) for name, _ in tags if name in REFUSED_TAGS]
    faults += [("B003", "meta refresh") for _, of in tags if of.get("http-equiv", POLICY) != POLICY]
    nodes = tree.root.parent.traverse(include_text=True)  # of the document: before <html> too
    faults += [("B003", node.html[:40]) for node in nodes if node.tag in HIDDEN_NODES]
    for script in tree.css("script"):
        if script.attributes or blocks.script_hash(script.text()) not in own_scripts:
            faults.append(("B004", (script.text() or script.html)[:60]))
    for style in tree.css("style"):
        faults += [("B005", match[0]) for match in REMOTE_STYLE.finditer(style.text())]
    for name, attributes in tags:
        faults += _find_attribute_faults(name, attributes)
        alt = attributes.get("alt") or attributes.get("aria-label") or ""
        is_picture = name == "img" or attributes.get("class") == "drawings"
        if is_picture and (len(alt.strip()) < SHORTEST_ALT or NO_ALT in alt):
            faults.append(("B006", alt))
    ids = Counter(attributes["id"] or "" for _, attributes in tags if "id" in attributes)
    faults += [("B007", name) for name in sorted(ids) if ids[name] > 1]
    targets = (attributes.get("href") or "" for name, attributes in tags if name == "a")
    linked = {target[1:] for target in targets if re.match("#.", target)}
    return faults + [("B008", name) for name in sorted(linked - set(ids))]


def _find_attribute_faults(tag: str, attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    faults = []
    for name, value in attributes.items():
        text = value or ""
        is_link = name in ("href", "xlink:href")
        is_embedded = text.startswith("data:image/") and not re.search(r"\s", text)
        if name.startswith("on") or (name == "style" and REMOTE_STYLE.search(text)):
            faults.append(("B004", f"{tag} {name}"))
        elif (name in LOADING and not is_embedded) or (is_link and tag != "a" and text[:1] != "#"):
            faults.append(("B003", f"{tag} {name}={text[:40]}"))
        elif is_link and not re.match(rf"https?://|#|{LOCAL}", text):
            faults.append(("B009", text[:60]))
    return faults


def __getattr__(name: str) -> Any:
    """`ReportExporter`, made on first use: no report needs nbconvert, which is slow to import."""
    if name != "ReportExporter":
        raise AttributeError(name)
    from nbconvert.exporters import Exporter

    class ReportExporter(Exporter):
        """Our pages for nbconvert: `jupyter nbconvert --to vanort-report out.ipynb`."""

        file_extension = ".html"
        output_mimetype = "text/html"
        export_from_notebook = "Twin-town report"

        def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
            nb, resources = super().from_notebook_node(nb, resources, **kw)
            name = str(resources["metadata"].get("name", ""))
            return build_page(page_pieces(nb, name), name), resources

    return ReportExporter
