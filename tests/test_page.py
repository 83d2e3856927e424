"""The exporter refuses what may not reach a reader."""

import json
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from vanort_analysis.errors import BuildError
from vanort_analysis.language import Text
from vanort_analysis.pages import blocks
from vanort_analysis.publish import page

ABOUT = {
    "language": "sv",
    "name": "test",
    "title": "Prov",
    "description": "Prov",
    "site": "Prov",
    "pages": [],
    "footer": [],
}
ALT = "En bild som bara finns för provet"


def built(html: str, **more: Any) -> str:
    return page.build_page([ABOUT, {"html": html, **more}])


def test_a_plain_page_is_built_and_locked() -> None:
    html = built("<h1>Prov</h1>")
    assert '<html lang="sv">' in html
    assert "default-src 'none'" in html
    assert "script-src 'none'" in html


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        ("<iframe></iframe>", "B003"),
        ('<iframe srcdoc="&lt;p&gt;x"></iframe>', "B003"),
        ('<object data="data:image/png;base64,x"></object>', "B003"),
        ('<embed src="data:image/png;base64,x">', "B003"),
        ('<base href="https://x.org/">', "B003"),
        ('<link rel="preconnect" href="https://x.org">', "B003"),
        ('<META HTTP-EQUIV="Refresh" content="0;url=data:text/html,x">', "B003"),
        ('<a href="https://x.org" ping="https://x.org">x</a>', "B003"),
        ('<table background="https://x.org/a.png"></table>', "B003"),
        ('<svg><image href="https://x.org/a.png"/></svg>', "B003"),
        ('<svg><use xlink:href="https://x.org/a.svg#b"/></svg>', "B003"),
        ('<video poster="https://x.org/a.png"></video>', "B003"),
        (f'<img src="data:text/html,x" alt="{ALT}">', "B003"),
        (f'<img src="a.png" alt="{ALT}">', "B003"),
        (
            '<picture><source srcset="data:image/png;base64,x 1x, https://x.org/a.png 2x">'
            f'<img src="data:image/png;base64,x" alt="{ALT}"></picture>',
            "B003",
        ),
        ("<!--><img src=x onerror=alert(1)>-->", "B003"),
        ("<![CDATA[<script>alert(1)</script>]]>", "B003"),
        ("<?xml-stylesheet href='https://x.org/a.css'?>", "B003"),
        ("<template><img src=x onerror=alert(1)></template>", "B003"),
        ("<svg><script>alert(1)</script></svg>", "B004"),
        ('<svg onload="alert(1)"></svg>', "B004"),
        ('<script type="module">let a = 1</script>', "B004"),
        ('<p style="background:url(https://x.org/a.png)">x</p>', "B004"),
        ("<p style=\"background:image-set('https://x.org/a.png' 1x)\">x</p>", "B004"),
        ('<link rel="stylesheet" href="https://x.org/a.css">', "B003"),
        ('<meta http-equiv="refresh" content="0;url=https://x.org">', "B003"),
        ('<form action="https://x.org"></form>', "B003"),
        (f'<img src="https://x.org/a.png" alt="{ALT}">', "B003"),
        (f'<img src="data:image/png;base64,x" srcset="https://x.org/a.png" alt="{ALT}">', "B003"),
        ('<script src="https://x.org/a.js"></script>', "B004"),
        ("<script>alert(1)</script>", "B004"),
        ('<p onclick="alert(1)">x</p>', "B004"),
        ("<style>@import 'https://x.org/a.css';</style>", "B005"),
        ("<style>p{background:url(https://x.org/a.png)}</style>", "B005"),
        ('<img src="data:image/png;base64,x">', "B006"),
        ('<img src="data:image/png;base64,x" alt="">', "B006"),
        (
            '<img src="data:image/png;base64,x" '
            'alt="No description has been provided for this image">',
            "B006",
        ),
        ('<div class="drawings" role="img"><svg></svg></div>', "B006"),
        ('<div class="drawings" role="img" aria-label="Karta"><svg></svg></div>', "B006"),
        ('<p id="a">x</p><p id="a">y</p>', "B007"),
        ('<a href="#nowhere">x</a>', "B008"),
        ('<a href="javascript:alert(1)">x</a>', "B009"),
        ('<a href=" java&#10;script:alert(1)">x</a>', "B009"),
        ('<a href="data:text/html,x">x</a>', "B009"),
        ('<a href="vbscript:x">x</a>', "B009"),
        ('<a href="//x.org/a">x</a>', "B009"),
        ('<a href="/etc/passwd">x</a>', "B009"),
        ('<a href="file:///etc/passwd">x</a>', "B009"),
    ],
)
def test_what_is_not_ours_or_not_said_is_refused(piece: str, code: str) -> None:
    with pytest.raises(BuildError) as refusal:
        built(f"<h1>Prov</h1>{piece}")
    assert code in [fault.code for fault in refusal.value.faults]


@pytest.mark.parametrize(
    "href", ["https://x.org/a?b=c#d", "#main", "02_chain_map.html", "../en/index.html", "a.html#b"]
)
def test_a_link_to_the_web_or_to_a_page_beside_is_kept(href: str) -> None:
    assert f'href="{href}"' in built(f'<h1>x</h1><a href="{href}">x</a>')


def test_a_script_of_the_package_is_let_through_and_nothing_else() -> None:
    block = blocks.make_scripted("<script>let a = 1</script>")
    html = built(block.html, **block.page)
    assert "script-src 'sha256-" in html
    with pytest.raises(BuildError):
        built(f"{block.html}<script>let a = 2</script>", **block.page)


CATALOGUE = {
    "lang": "",
    "titles": {"letter": "<cite>Ett påhittat brev</cite>"},
    "rows": {"membership:2": ["letter", "sidan ett"], "membership:3": ["letter", ""]}
    | {"membership:4": ["letter", "", "andra säger fem"]},
}
NOTES = '<section class="sources"><h2 id="sources">Källor</h2></section>'


def noted(body: str) -> BeautifulSoup:
    html = built(f"<h1>Prov</h1><p>{body}</p>{NOTES}", catalogue=json.dumps(CATALOGUE))
    return BeautifulSoup(html, "html.parser")


def test_notes_are_numbered_in_the_order_of_the_page_and_shared_by_the_same_rows() -> None:
    number = '<a class="n" data-ref="membership:{}">x</a>'
    cited = '<a class="cite" data-source="letter" data-place="slutet"></a>'
    soup = noted(number.format(3) + cited + number.format(2) + number.format(3))
    assert [link["href"] for link in soup.main.find_all("a", class_=["n", "cite"])] == [
        *("#n1", "#n2", "#n3", "#n1")
    ]
    assert soup.find("a", class_="cite").get_text() == "2"
    first, second, third = soup.find("section", class_="sources").find_all("li")
    assert "membership.csv" in first.get_text()
    assert "slutet" in second.get_text()
    assert "sidan ett" in third.get_text()
    assert soup.find(id=first.find("a")["href"][1:])["href"] == "#n1"


def test_a_note_on_one_number_says_what_another_source_says_instead() -> None:
    number = '<a class="n" data-ref="{}"{}>x</a>'
    links = [number.format("membership:4", ""), number.format("membership:3 membership:4", "")]
    links.append(number.format("membership:4", ' data-how="per_member"'))
    notes = noted("".join(links)).find("section", class_="sources").find_all("li")
    assert ["andra säger fem" in note.get_text() for note in notes] == [True, False, False]
    assert notes[2].get_text().startswith(Text("sv").plain("formula.per_member"))


def test_two_sources_of_a_sentence_do_not_read_as_one_number() -> None:
    cited = '<a class="cite" data-source="letter" data-place="{}"></a>'
    shown = noted(f"Ett.{cited.format('a')}{cited.format('b')} Två.{cited.format('a')}").main.p
    assert shown.get_text() == "Ett.1, 2 Två.1"


@pytest.mark.parametrize(("count", "is_there"), [(2, False), (3, True)])
def test_a_page_of_three_parts_or_more_has_contents(count: int, is_there: bool) -> None:
    parts = "".join(f'<h2 id="p{n}">Del</h2>' for n in range(count))
    links = BeautifulSoup(built(f"<h1>Prov</h1>{parts}"), "html.parser").select(".contents a")
    assert [link["href"] for link in links] == ["#p0", "#p1", "#p2"] * is_there


def test_a_page_on_which_nothing_is_cited_has_no_list_of_sources() -> None:
    assert noted("x").find("section", class_="sources") is None


def test_a_notebook_that_failed_is_never_a_page() -> None:
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("1/0")
    cell.outputs = [
        nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
    ]
    notebook.cells = [cell]
    with pytest.raises(BuildError):
        page.ReportExporter().from_notebook_node(notebook)


@pytest.mark.parametrize(
    ("about", "code"), [({"papermill": {"exception": True}}, "B001"), ({}, "B002")]
)
def test_a_notebook_papermill_marked_as_failed_or_without_a_title_is_never_a_page(
    about: dict[str, Any], code: str
) -> None:
    with pytest.raises(BuildError) as refusal:
        page.ReportExporter().from_notebook_node(nbformat.v4.new_notebook(metadata=about))
    assert [fault.code for fault in refusal.value.faults] == [code]
