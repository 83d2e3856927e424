"""Executed notebook → one checked, self-contained HTML file, and what may not be in one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bs4 import BeautifulSoup, Doctype
from bs4.dammit import EntitySubstitution
from bs4.element import PreformattedString
from bs4.formatter import HTMLFormatter
from markupsafe import Markup
from nbformat import NotebookNode

from ..errors import BuildError, Fault
from ..pages import sources
from ..pages.blocks import PAGE_MIME, SHORTEST_ALT, load_templates, render_macro, script_hash
from ..pictures.style import load_typeface

REFUSED_TAGS = ("iframe", "frame", "object", "embed", "base", "form", "link", "portal", "applet")
REMOTE_STYLE = re.compile(
    r"@import|url\(\s*['\"]?(?!data:)|image-set\(|expression\(|behavior\s*:", re.IGNORECASE
)
LOADING = {"src", "srcset", "poster", "data", "background", "ping", "srcdoc", "formaction"}
LOCAL = r"(\.\./)*[\w-][\w./-]*(#[\w-]+)?$"  # a file beside the page or in a folder beside it
_PLAIN = HTMLFormatter(EntitySubstitution.substitute_xml, void_element_close_prefix="")
NO_ALT = "No description has been provided for this image"
Piece = Mapping[str, Any]  # its `html`, and what it says of the page


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
                where, said = cell_name(cell.source), f"{output.ename}: {output.evalue}"
                raise BuildError(Fault("B001", file=name, column=where, value=said))
            pieces.append(output.get("data", {}).get(PAGE_MIME, {}))
    if not any("title" in piece for piece in pieces):
        raise BuildError(Fault("B002", file=name))
    return pieces


def cell_name(source: str) -> str:
    """A cell as a person finds it: by its first line."""
    return source.strip().partition("\n")[0]


def build_page(pieces: Collection[Piece], name: str = "") -> str:
    """One page from its pieces: shell, notes, contents list, checks, Content-Security-Policy.

    Raises `BuildError` where something in it may not be.
    """
    page: dict[str, Any] = {}
    for piece in pieces:
        page |= piece
    scripts = [script for piece in pieces for script in piece.get("scripts", [])]
    body = Markup("\n".join(piece["html"] for piece in pieces if piece.get("html")))
    if "<svg" in body:
        body += Markup("<style>{}</style>").format(Markup(load_typeface().css))
    html = load_templates().get_template("report.html.j2").render(page=page, body=body)
    soup: Any = BeautifulSoup(html, "html.parser")
    for style in soup.body.find_all("style"):
        soup.head.append(style.extract())
    _bare_headings(soup)
    sources.number_notes(soup, page)
    _contents(soup, str(page.get("contents", "")))
    if wrong := find_faults(soup, scripts):
        raise BuildError([Fault(code, file=name, value=value) for code, value in wrong])
    _policy(soup)
    return str(soup.decode(formatter=_PLAIN))


def _bare_headings(soup: Any) -> None:
    """Leave out a heading with nothing under it; the last first, as a part may be all there is."""
    for head in reversed(soup.main.find_all(["h2", "h3"])):
        after = head.find_next_sibling()
        if after is None or (after.name in ("h2", "h3") and after.name <= head.name):
            head.decompose()


def _contents(soup: Any, label: str) -> None:
    """The list of contents, before the text; a short page needs none."""
    headings = soup.main.find_all("h2", id=True)
    if label and len(headings) >= 3:
        links = render_macro(
            "contents", label, [(head["id"], head.get_text()) for head in headings]
        )
        soup.main.insert_before(BeautifulSoup(links, "html.parser"))


def find_faults(soup: Any, own_scripts: Iterable[str]) -> list[tuple[str, str]]:
    """What may not be in a page, as code and example: nothing from outside, nothing unsaid."""
    wrong = [("B003", tag.name) for tag in soup.find_all(REFUSED_TAGS)]
    wrong += [("B003", "meta refresh") for _ in soup.find_all("meta", attrs={"http-equiv": True})]
    # a comment may end sooner to a browser than to us, and what follows would go unseen
    hidden = [text for text in soup.find_all(string=True) if isinstance(text, PreformattedString)]
    wrong += [("B003", text[:40]) for text in hidden if type(text) is not Doctype]
    own = set(own_scripts)
    for script in soup.find_all("script"):
        if script.attrs or script_hash(script.string or "") not in own:
            wrong.append(("B004", (script.string or str(script))[:60]))
    for style in soup.find_all("style"):
        wrong += [("B005", hit[0]) for hit in REMOTE_STYLE.finditer(style.string or "")]
    for tag in soup.find_all(True):
        wrong += _attribute_faults(tag.name, tag.attrs)
        if tag.name == "img" and (len(tag.get("alt", "")) < SHORTEST_ALT or NO_ALT in tag["alt"]):
            wrong.append(("B006", str(tag.get("alt", ""))))
    ids = Counter(tag["id"] for tag in soup.find_all(id=True))
    wrong += [("B007", name) for name in sorted(ids) if ids[name] > 1]
    linked = {a["href"][1:] for a in soup.find_all("a", href=re.compile("^#."))}
    return wrong + [("B008", name) for name in sorted(linked - set(ids))]


def _attribute_faults(tag: str, attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    wrong = []
    for name, value in attributes.items():
        text = " ".join(value) if isinstance(value, list) else str(value)
        links = name in ("href", "xlink:href")
        carried = text.startswith("data:image/") and not re.search(r"\s", text)
        if name.startswith("on") or (name == "style" and REMOTE_STYLE.search(text)):
            wrong.append(("B004", f"{tag} {name}"))
        elif (name in LOADING and not carried) or (links and tag != "a" and text[:1] != "#"):
            wrong.append(("B003", f"{tag} {name}={text[:40]}"))
        elif links and not re.match(rf"https?://|#|{LOCAL}", text):
            wrong.append(("B009", text[:60]))
    return wrong


def _policy(soup: Any) -> None:
    hashes = [f"'sha256-{script_hash(s.string or '')}'" for s in soup.find_all("script")]
    scripts = " ".join(hashes) or "'none'"
    policy = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
    policy += f"script-src {scripts}; base-uri 'none'; form-action 'none'"
    meta = soup.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": policy})
    soup.head.meta.insert_after(meta)


def __getattr__(name: str) -> Any:
    """`ReportExporter`, when asked for: no report needs nbconvert, which is slow to import."""
    if name != "ReportExporter":
        raise AttributeError(name)
    from nbconvert.exporters import Exporter

    class ReportExporter(Exporter):
        """Our pages for nbconvert: `jupyter nbconvert --to vanort-report out.ipynb`."""

        file_extension, output_mimetype = ".html", "text/html"
        export_from_notebook = "Twin-town report"

        def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
            nb, resources = super().from_notebook_node(nb, resources, **kw)
            name = str(resources["metadata"].get("name", ""))
            return build_page(page_pieces(nb, name), name), resources

    return ReportExporter
