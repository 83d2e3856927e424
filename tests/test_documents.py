"""Paper: a tagged PDF and a Word file from a page, with head, notes in order and every picture."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import zipfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docx
import pytest
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH
from markupsafe import escape

from vanort_analysis.data.clean import unprintable_letters
from vanort_analysis.language import Text
from vanort_analysis.pages.site import FILES, PAGES
from vanort_analysis.publish.documents import PrintDocument, run_pandoc

FILTERS = ("--from=html", "--to=html", "--lua-filter=notes.lua", "--lua-filter=paper.lua")
NO_POPPLER = (
    "NO PDFINFO, so no PDF was looked into. Cure: install Poppler (Debian and Ubuntu: "
    "apt-get install poppler-utils) and run the tests again."
)
NO_OFFICE = (
    "NO LIBREOFFICE, so no Word file was opened. Cure: install it (Debian and Ubuntu: "
    "apt-get install libreoffice-writer-nogui) and run the tests again."
)
ALT = 'Två staplar: "Ankeborg" har 30 medlemmar, Gåsstad 12. #inget $att$ räkna'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewbox="0 0 300 60" width="300" height="60">'
    '<text x="10" y="30" font-family="Source Sans Pro" font-size="13">Ankeborg ≥ 30</text></svg>'
)
MEMO = f"""<!doctype html><html lang="sv"><head><title>x</title></head><body>
<header class="site"><nav><a href="index.html">Översikt</a></nav></header><main id="main">
<h1>Tjänsteskrivelse om Ankeborg</h1><p class="lead">Läget vid utgången av 2014.</p>
<h2 id="head">Uppgifter</h2>
<header class="head"><dl><div><dt>Kommun</dt><dd>Ankeborgs kommun</dd></div>
<div><dt>Förvaltning</dt><dd><span class="blank" role="img" aria-label="fylls i"></span></dd></div>
<div><dt>Handläggare</dt><dd>Kajsa A.</dd></div>
<div><dt>Datum</dt><dd>2014-12-01</dd></div>
<div><dt>Diarienummer</dt><dd>KS 2014/7</dd></div>
<div><dt>Till</dt><dd><span class="blank" role="img" aria-label="fylls i"></span></dd></div>
</dl></header>
<h2 id="state">Läget: <a class="n" href="#n1"><data>2</data></a> orter</h2>
<p>De har <a class="n" href="#n2"><data>30</data></a> och
<a class="n" href="#n3"><data>12</data></a> medlemmar. Så står det i avtalet.
<a class="cite" href="#n4">4</a>
Ingen källa säger mer.</p>
<div class="table"><table><caption>Orterna</caption><thead><tr><th scope="col">Ort</th>
<th class="num" scope="col">Antal</th></tr></thead><tbody><tr><th scope="row">Ankeborg</th>
<td class="num"><a class="n" href="#n2"><data>30</data></a></td></tr></tbody></table></div>
<figure><p class="finding">Ankeborg är störst</p><div class="drawings" role="img"
aria-label='{ALT.replace('"', "&quot;")}'><div class="wide">{SVG}</div>
<div class="narrow">{SVG}</div></div><figcaption class="note">Källa: avtalet.</figcaption></figure>
<ol class="points"><li data-point="a">Kommunen beslutar.
<span class="detail">Gäller.</span></li></ol>
<p><span lang="en">In English</span> <a href="03_trends.html#x">där</a>
<a href="https://example.org/">här</a></p>
<h2 id="questions">Frågor och svar</h2><section class="appendix"><details><summary>Varför?</summary>
<p>Därför.</p></details></section>
<section class="sources"><h2>Källor</h2><p>Om siffrorna.</p><ol>
<li id="n1"><cite>Boken</cite>: sidan ett<span class="rows"> (chain.csv, rad 2)</span>
<a href="#r1" aria-label="å">↑</a></li>
<li id="n2"><cite>Boken</cite>: sidan två (lista.csv, rad 9)<span class="rows">
(membership.csv, rader 2–3)</span> <a href="#r2">↑</a></li>
<li id="n3"><cite>Boken</cite>: sidan två (lista.csv, rad 9)<span class="rows">
(membership.csv, rad 4)</span> <a href="#r3">↑</a></li>
<li id="n4"><cite>Avtalet</cite> <a href="#r4">↑</a></li></ol></section></main>
<footer><p>Ange så här: Ankeborg.</p>
<p><a href="06_accessibility.html">Tillgänglighet</a></p></footer>
</body></html>"""


def context(language: str = "sv") -> Any:
    words = {
        "municipality": "Ankeborgs kommun",
        "home_genitive": "Ankeborgs",
        "report_year": "2014",
    }
    text = Text(language)
    return SimpleNamespace(
        text=text,
        year=SimpleNamespace(home="ankeborg"),
        fingerprint="0" * 64,
        known=SimpleNamespace(year=2014),
        plain=lambda key, **more: text.plain(key, words | more),
    )


def paper(tmp_path: Path, html: str = MEMO, pages: tuple[str, ...] = PAGES[:1]) -> PrintDocument:
    tmp_path.mkdir(exist_ok=True)
    for name in pages:
        (tmp_path / FILES[name]).write_text(html, encoding="utf-8")
    aside = tmp_path / "aside"
    aside.mkdir()
    return PrintDocument(context(), tmp_path, pages, aside)


@pytest.fixture(scope="module")
def memo(tmp_path_factory: pytest.TempPathFactory) -> PrintDocument:
    return paper(tmp_path_factory.mktemp("memo"))


@pytest.fixture
def later(memo: PrintDocument, tmp_path: Path) -> PrintDocument:
    """The same once more, at another time: a zip tells it in steps of two seconds."""
    time.sleep(max(0.0, 2 + memo.workdir.stat().st_mtime - time.time()))
    return paper(tmp_path)


def said(*words: str | Path) -> str:
    """What a program of Poppler says of a PDF."""
    if not shutil.which("pdfinfo"):
        pytest.skip(NO_POPPLER)
    done = subprocess.run(words, capture_output=True, check=True, encoding="utf-8")
    return done.stdout


# The text between page and paper


def marked(text: str) -> str:
    return re.sub(r"\[(\d+)\]", r'<span class="ref">\1</span>', text)


def on_paper(html: str, of: PrintDocument) -> str:
    """What pandoc and our filters make of a page, without its marks and on one line."""
    made = run_pandoc(*FILTERS, "--wrap=none", text=html, cwd=of.workdir)
    return re.sub(r"</?(?:sup|a|data|span)\b[^>]*>| id=\"[^\"]*\"", "", made)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>En[1] och två[2] är tre. Fyra[3].</p>", "<p>En och två är tre.1–2 Fyra.3</p>"),
        ("<p>En mening. [4] En till[1].</p>", "<p>En mening.4 En till.1</p>"),
        ("<p>Är det <em>så?</em> [2]</p>", "<p>Är det <em>så?</em>2</p>"),
        ("<p>Ca 100[1] kr i t.ex. Ankeborg</p>", "<p>Ca 100 kr i t.ex.1 Ankeborg</p>"),
        ("<h2>Nio[1] orter</h2><p>De är nio. Ja.</p>", "<h2>Nio orter</h2><p>De är nio.1 Ja.</p>"),
        ("<ul><li>En[2][2]</li><li>Två[1]</li></ul>", "<ul><li>En2</li><li>Två1</li></ul>"),
        ("<p>Inget.</p>", "<p>Inget.</p>"),
    ],
)
def test_the_notes_of_a_sentence_stand_at_its_end_and_each_once(
    memo: PrintDocument, page: str, expected: str
) -> None:
    assert on_paper(marked(page), memo).replace("\n", "") == expected


def test_notes_are_in_order_and_those_that_say_the_same_are_one(
    memo: PrintDocument, tmp_path: Path
) -> None:
    assert [re.sub("<[^>]*>", "", note) for note in memo.notes] == [
        *("Boken: sidan ett", "Boken: sidan två (lista.csv, rad 9)", "Avtalet")
    ]
    assert re.findall(r'id="note-(\d+)"', memo.html) == ["1", "2", "3"]
    text = re.sub(r"\s+", " ", on_paper(memo.html, memo))
    assert "De har 30 och 12 medlemmar.1–2 Så står det i avtalet.3 Ingen källa säger mer." in text
    assert "<caption>Orterna\u20602</caption>" in text
    assert 'href="#n1"' not in memo.html
    assert "↑" not in memo.html


def test_a_note_on_what_is_said_of_a_term_stands_at_the_term(tmp_path: Path) -> None:
    card = '<div class="cards"><dl><div><dt>Avstånd</dt><dd><a class="n" href="#n1">9</a> km</dd>'
    card += '</div></dl><p>Så <a class="n" href="#n2">är</a> det.</p></div>'
    made = paper(tmp_path, MEMO.replace('<h2 id="state">', f'{card}<h2 id="state">'))
    text = re.sub(r"\s+", " ", on_paper(made.html, made))
    assert "<dt>Avstånd1</dt> <dd> 9 km </dd>" in text
    assert "Så är det.2" in text


def test_only_links_that_lead_somewhere_are_links(memo: PrintDocument, tmp_path: Path) -> None:
    made = run_pandoc(*FILTERS, text=memo.html, cwd=memo.workdir)
    ends = re.findall(r'<a\s+href="([^"]*)"', made)
    assert {end for end in ends if not end.startswith("#note-")} == {"https://example.org/"}
    whole = paper(tmp_path, MEMO.replace("#x", "#state"), PAGES)
    made = run_pandoc(*FILTERS, text=whole.html, cwd=whole.workdir)
    assert re.search(r'<a\s+href="#trends-state"', made)
    assert 'id="trends-state"' in made


def test_what_is_only_heard_is_not_printed_and_a_number_to_come_has_room(tmp_path: Path) -> None:
    html = MEMO.replace("Ingen källa", 'Ingen<span class="vh"> (dolt)</span> källa')
    made = paper(tmp_path, html.replace("KS 2014/7", ""))
    assert "dolt" not in made.html
    assert re.search(r" · Dnr _{9,}$", made.metadata["running"])


def test_a_picture_that_stands_alone_gets_back_its_capital(memo: PrintDocument) -> None:
    (picture,) = memo.pictures
    assert 'viewBox="0 0 300 60"' in picture


# PDF


def test_the_compiler_accepts_the_memo_and_it_is_the_same_bytes_each_time(
    memo: PrintDocument, later: PrintDocument
) -> None:
    first = memo.make_pdf()  # by PDF/UA-1, which the compiler holds it against
    assert later.make_pdf() == first
    assert first.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in first
    assert b"<pdfaid:part>2" in first  # PDF/A-2a


def test_a_picture_without_alternative_text_is_refused(tmp_path: Path) -> None:
    wrong = re.sub(r"aria-label='[^']*'", "aria-label=''", MEMO, flags=re.DOTALL)
    with pytest.raises(typst.TypstError, match=r"(?i)alt"):
        paper(tmp_path, wrong).make_pdf()


def test_the_memo_is_one_page_an_appendix_and_has_what_a_paper_has(
    memo: PrintDocument, tmp_path: Path
) -> None:
    path = tmp_path / "memo.pdf"
    path.write_bytes(memo.make_pdf())
    about = said("pdfinfo", path)
    assert re.search(r"Pages: +2\n", about)
    assert re.search(r"Tagged: +yes", about)
    assert re.search(r"Page size: .*A4", about)
    assert "Tjänsteskrivelse om Ankeborg" in about
    first, second = said("pdftotext", "-layout", path, "-").split("\f")[:2]
    assert "Sida 1 av 2" in first
    assert re.search(r"Ankeborgs kommun · 2014-12-01 · Dnr KS 2014/7 +Sida 2 av 2", second)
    assert first.index("Diarienummer") < first.index("Tjänsteskrivelse")
    assert re.search(r"Kajsa A\.\s*$", first)  # who signs
    assert "Ankeborg ≥ 30" in first  # text in a picture is text
    assert second.index("Frågor och svar") < second.index("Varför?") < second.index("Källor")
    assert "Ange så här: Ankeborg." in second
    assert "Tillgänglighet" not in second


def test_the_alternative_text_is_kept_to_the_letter(memo: PrintDocument) -> None:
    written = ALT.encode("utf-16-be").hex().upper().encode()
    assert written in memo.make_pdf()


def test_words_in_another_language_keep_it_on_paper(memo: PrintDocument) -> None:
    """For who has a paper read aloud."""
    assert b"/Lang(en" in memo.make_pdf()
    with zipfile.ZipFile(BytesIO(memo.make_word())) as parts:
        assert b'<w:lang w:val="en" />' in parts.read("word/document.xml")


def test_a_memo_that_would_be_long_is_set_smaller(memo: PrintDocument, tmp_path: Path) -> None:
    long = MEMO.replace("Ingen källa säger mer.", "Ord i mängd står här. " * 560)
    path = tmp_path / "long.pdf"
    path.write_bytes(paper(tmp_path, long).make_pdf())
    assert re.search(r"Pages: +3\n", said("pdfinfo", path))
    (tmp_path / "short.pdf").write_bytes(memo.make_pdf())
    assert height_of("medlemmar.", path) < height_of("medlemmar.", tmp_path / "short.pdf")


def height_of(word: str, pdf: Path) -> float:
    """The height of a word where it first stands in a PDF."""
    told = said("pdftotext", "-bbox", pdf, "-")
    top, foot = re.search(rf'yMin="(\S+)" xMax="\S+" yMax="(\S+)">{word}', told).groups()
    return float(foot) - float(top)


def test_notes_of_several_pages_are_not_printed_on_each_other(tmp_path: Path) -> None:
    numbers = range(5, 200)
    told = "".join(f'<p>Sats.<a class="cite" href="#n{n}">{n}</a></p>' for n in numbers)
    listed = "".join(f'<li id="n{n}"><cite>Bok {n}</cite>: {"sida " * 9}</li>' for n in numbers)
    long = MEMO.replace('<h2 id="questions">', told + '<h2 id="questions">')
    long = long.replace("</ol></section></main>", f"{listed}</ol></section></main>")
    path = tmp_path / "long.pdf"
    path.write_bytes(paper(tmp_path, long.replace("<cite>Avtalet", f"<cite>{'x' * 90}")).make_pdf())
    for page in said("pdftotext", "-bbox", path, "-").split("</page>"):
        found = re.findall(r'xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">', page)
        words = sorted((round(float(y)), float(x), float(to)) for x, y, to, _ in found)
        for (line, _, end), (other, begin, _) in pairwise(words):
            assert line != other or begin > end - 1


def test_the_whole_report_has_a_cover_contents_and_every_page(tmp_path: Path) -> None:
    path = tmp_path / "whole.pdf"
    path.write_bytes(paper(tmp_path, MEMO, PAGES).make_pdf())
    cover = said("pdftotext", "-l", "1", path, "-")
    assert "Ankeborgs vänortskedja 2014" in cover
    assert cover.count("Tjänsteskrivelse om Ankeborg") == len(PAGES)
    assert said("pdftotext", path, "-").count("Därför.") == len(PAGES)


# Word


def test_the_word_file_has_head_blanks_notes_and_pictures(
    memo: PrintDocument, tmp_path: Path
) -> None:
    path = tmp_path / "memo.docx"
    path.write_bytes(memo.make_word())
    document = docx.Document(str(path))
    head = document.tables[0]
    assert [cell.text for cell in head.rows[0].cells][::2] == [
        *("Kommun\nAnkeborgs kommun", "Handläggare\nKajsa A.")
    ]
    with zipfile.ZipFile(path) as parts:
        body = parts.read("word/document.xml").decode()
        header = "".join(parts.read(n).decode() for n in parts.namelist() if "/header" in n)
    assert body.count("<w:sdt>") == body.count("[fylls i]") == 2  # to click in and fill in
    assert "Ankeborgs kommun · 2014-12-01 · Dnr KS 2014/7" in header
    (number,) = [row.cells[1] for row in document.tables[1].rows if row.cells[1].text == "30"]
    assert number.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT
    assert number.paragraphs[0].style.name == "Table Text"
    assert body.count('<w:rStyle w:val="SourceLink" />') == 4  # quiet, no blue links
    assert body.count("<w:cantSplit/>") == 3  # rows: two of the head, one below a heading
    links = re.findall(r'w:anchor="(note-\d+)"', body)
    assert links == ["note-1", "note-2", "note-3", "note-2"]
    assert set(links) <= set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]*)"', body))
    assert 'tblCaption w:val="Orterna"' in body  # without the number of its note
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == ALT
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings[-3:] == ["Frågor och svar", "Varför?", "Källor"]  # to be jumped to
    assert document.core_properties.author == "Ankeborgs kommun"


def test_a_card_and_the_key_figures_are_read_in_word_as_on_the_page(tmp_path: Path) -> None:
    terms = "<div><dt>Kom med</dt><dd>1949</dd></div><div><dt>Möten</dt><dd>2</dd></div></dl>"
    more = f'<dl class="key">{terms}<section class="card"><h3>Ort</h3><dl>{terms}</section>'
    path = tmp_path / "memo.docx"
    path.write_bytes(
        paper(tmp_path, MEMO.replace('<h2 id="state">', f'{more}<h2 id="state">')).make_word()
    )
    said = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    assert "Kom med: 1949 · Möten: 2" in said
    assert said[said.index("Ort") - 2 : said.index("Ort")] == ["1949 Kom med", "2 Möten"]


def test_each_page_but_the_first_begins_a_new_page_of_the_word_file(
    memo: PrintDocument, tmp_path: Path
) -> None:
    path = tmp_path / "whole.docx"
    path.write_bytes(paper(tmp_path, MEMO, PAGES).make_word())
    before = [
        paragraph.paragraph_format.page_break_before
        for paragraph in docx.Document(str(path)).paragraphs
        if paragraph.style.name == "Heading 1"
    ]
    assert before == [None, *[True] * len(PAGES)]  # the last are the notes
    path.write_bytes(memo.make_word())
    styles = [paragraph.style.name for paragraph in docx.Document(str(path)).paragraphs]
    assert (styles.count("Title"), styles.count("Heading 1")) == (0, 1)
    with zipfile.ZipFile(path) as parts:
        assert b"pageBreakBefore" not in parts.read("word/document.xml")


def test_the_word_file_is_the_same_bytes_each_time(
    memo: PrintDocument, later: PrintDocument
) -> None:
    assert later.make_word() == memo.make_word()


def test_a_letter_of_ours_in_a_path_and_the_c_locale_are_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Vänort å"
    made = paper(folder)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("LC_ALL", "C")
    (folder / "page.docx").write_bytes(made.make_word())
    title = docx.Document(str(folder / "page.docx")).core_properties.title
    assert title == "Tjänsteskrivelse om Ankeborg"
    assert "Läget" in "".join(p.text for p in docx.Document(str(folder / "page.docx")).paragraphs)
    assert made.make_pdf()


def test_the_folder_of_this_process_stays_as_other_threads_are_in_it(
    memo: PrintDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.chdir", lambda folder: pytest.fail(f"moved to {folder}"))
    assert run_pandoc(*FILTERS, text="<p>En rad</p>", cwd=memo.workdir).strip() == "<p>En rad</p>"


@pytest.mark.slow
def test_libreoffice_opens_the_word_file(memo: PrintDocument, tmp_path: Path) -> None:
    if not (office := shutil.which("soffice") or shutil.which("libreoffice")):
        pytest.skip(NO_OFFICE)
    (tmp_path / "memo.docx").write_bytes(memo.make_word())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [
        office,
        profile,
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        tmp_path,
    ]
    subprocess.run([*words, tmp_path / "memo.docx"], capture_output=True, check=True, timeout=600)
    text = (tmp_path / "memo.txt").read_text("utf-8-sig")
    assert text.index("Ankeborgs kommun") < text.index("Så står det") < text.index("Avtalet")


@pytest.mark.slow
def test_hostile_text_is_text_on_paper(tmp_path: Path) -> None:
    bad = "#panic(1) $x$ *b* @a &lt;note-9&gt; \\u{41} {running} &lt;script&gt;x&lt;/script&gt; = h"
    made = paper(tmp_path, MEMO.replace("Ingen källa säger mer.", bad).replace("Kajsa A.", bad))
    path = tmp_path / "hostile.docx"
    path.write_bytes(made.make_word())
    with zipfile.ZipFile(path) as parts:
        assert b"<script" not in b"".join(parts.read(name) for name in parts.namelist())
        assert b"{running}" in parts.read("word/document.xml")  # which stands for the header there
    (tmp_path / "hostile.pdf").write_bytes(made.make_pdf())
    text = re.sub(r"\s+", " ", said("pdftotext", "-layout", tmp_path / "hostile.pdf", "-"))
    assert "#panic(1) $x$ *b* @a <note-9> \\u{41} {running} <script>x</script> = h" in text


# Letters that no typeface on paper has


def test_every_letter_that_is_not_told_of_can_be_printed(tmp_path: Path) -> None:
    known = map(chr, [*range(0x20, 0xD800), *range(0xE000, 0x20000)])
    letters = "".join(letter for letter in known if not unprintable_letters(f"å{letter}"))
    assert len(letters) > 2500
    cells = "".join(f"<p>{escape(letters[at : at + 60])}</p>" for at in range(0, len(letters), 60))
    assert paper(tmp_path, MEMO.replace("<p>De har", f"{cells}<p>De har")).make_pdf()


def test_an_accent_that_is_no_part_of_a_letter_cannot_be_printed() -> None:
    assert unprintable_letters("x\u0301") == ["\u0301"]
    assert unprintable_letters("\u00e9") == []


def test_a_letter_that_cannot_be_printed_is_a_sign_and_no_box(tmp_path: Path) -> None:
    html = MEMO.replace("Gåsstad", "北京").replace("Ankeborg ≥ 30", "दिल्ली 🎉")
    html = html.replace("Ankeborgs kommun", "京").replace("om Ankeborg", "om 北")
    document = paper(tmp_path, html.replace("https://example.org/", "https://example.org/北"))
    (picture,) = document.pictures
    assert unprintable_letters(picture) == []
    file = tmp_path / "x.pdf"
    file.write_bytes(document.make_pdf())
    text = said("pdftotext", "-layout", file, "-")
    assert "om \ufffd" in text
    assert unprintable_letters(text.replace("\f", "")) == []
    assert "example.org/北" in said("pdfinfo", "-url", file)
    (tmp_path / "x.docx").write_bytes(document.make_word())
    assert "北" in "".join(part.text for part in docx.Document(tmp_path / "x.docx").paragraphs)
