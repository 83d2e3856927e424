"""The texts of the pages: what of them is shown, and what is refused with its place and cure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.data.quantity import Quantity, exact
from vanort_analysis.errors import CommandError, Fault
from vanort_analysis.language import Text
from vanort_analysis.pages.prose import (
    TEXTS,
    Manuscript,
    Prose,
    check_texts,
    read_manuscripts,
)

PAGE = "03_trends"
FACTS = {
    "home": "Å & Ö",
    "places_now": exact(9, "places"),
    "members:dal": exact(120, "members"),
    "joined": ["Dal", "<b>Ås</b>"],
    "nobody": [],
    "lost": Quantity(unit="members"),  # unknown
}
SOURCES = {"a_b-c": 2014, "late": 2020, "old": 2000}
STATED = {"a_b-c": {"members:dal": exact(100, "members")}, "old": {"members:dal": Quantity()}}
ALL = {**FACTS, "absent": None, "members:ed": None}


def texts(folder: Path, **files: str | bytes) -> tuple[Manuscript, ...]:
    """Texts written as `general_…` or `own_…`, `__` standing for the points of a name."""
    for name, said in files.items():
        kind, _, file = name.partition("_")
        path = folder / kind / "texts" / f"{file.replace('__', '.')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said if isinstance(said, bytes) else said.encode())
    return read_manuscripts([folder / kind / "texts" for kind in ("general", "own")])


def faults_of(found: tuple[Manuscript, ...], towns: Collection[str] = ()) -> list[Fault]:
    columns = {"sources": {"source": [*SOURCES]}, "towns": {"town": [*towns]}}
    return check_texts(found, ALL, {name: pd.DataFrame(of) for name, of in columns.items()})


def prose(found: tuple[Manuscript, ...], language: str = "sv", year: int = 2014) -> Prose:
    return Prose(
        found,
        year,
        Text(language),
        FACTS,
        defaultdict(dict, STATED),
        {source for source, since in SOURCES.items() if since <= year},
    )


def shown(folder: Path, body: str, year: int = 2014) -> BeautifulSoup:
    """A general section as it stands in a page."""
    found = texts(folder, general_03_trends__sv=f"# Titel\n\n## Om {{#a}}\n\n{body}\n")
    assert faults_of(found) == []
    return BeautifulSoup(str(prose(found, year=year).section(PAGE, "a").html), "html.parser")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{home} har {places_now} {places_now|ort|orter}.", "Å & Ö har nio orter."),
        ("{places_now} är många.", "9 är många."),  # a number that begins a sentence
        ("Se. **{places_now}** är många.", "Se. 9 är många."),
        ("De är *{joined}*, {joined|den ena|båda}.", "De är Dal och <b>Ås</b>, båda."),
        ("Finns.\n{absent} saknas.\n{nobody} med.\n{lost} också.", "Finns."),
        ("{?home} Känt.\n{?absent} Inte.\n{?lost} Inte.", "Känt."),
        ("{!absent} Okänt.\n{!lost} Okänt.\n{!home} Inte.", "Okänt. Okänt."),
        ('{members:dal|en|flera}, a_b_c, r&d och "så"', 'flera, a_b_c, r&d och "så"'),
        ("Rad ett\noch två", "Rad ett och två"),
        ("Källan [@a_b-c, s. 3].", "Källan."),
    ],
)
def test_a_sentence_is_filled_in_or_left_out(tmp_path, written, said):
    assert shown(tmp_path, written).get_text().strip() == said


def test_text_and_facts_stay_text_and_only_plain_mark_up_is_kept(tmp_path):
    page = shown(tmp_path, "{joined} är *två* av **{home}** på [nätet](https://x.se/1?a=b&c=d).")
    assert page.b is None
    assert (page.em.string, page.strong.string) == ("två", "Å & Ö")
    assert page.a["href"] == "https://x.se/1?a=b&c=d"


def test_what_is_empty_vanishes_with_its_heading(tmp_path):
    body = "{absent}.\n\n- {home}\n- {absent}\n\n### Tomt\n\n{absent}.\n\n- {absent}\n\n"
    page = shown(tmp_path, f"{body}### Fullt\n\n> {{home}}\n\n> {{absent}}\n\n### Sist")
    assert [li.get_text() for li in page.ul.find_all("li")] == ["Å & Ö"]
    assert [h3.get_text() for h3 in page.find_all("h3")] == ["Fullt"]
    assert [q.get_text() for q in page.find_all("blockquote")] == ["Å & Ö"]
    assert page.find_all("p") == page.blockquote.find_all("p")
    assert prose(texts(tmp_path)).section(PAGE, "none").html == ""


@pytest.mark.parametrize("lead_in", ["Så sägs:", "**Så sägs:**"])
@pytest.mark.parametrize("mark", ["-", ">"])
@pytest.mark.parametrize(("year", "items"), [(2014, []), (2020, ["ett", "två"])])
def test_a_list_falls_with_the_sentence_that_introduces_it(tmp_path, year, items, mark, lead_in):
    body = f"Känt.\n\n{lead_in} [@late, s]\n\n{mark} ett\n\n{mark} två\n\nSlut."
    page = shown(tmp_path, body, year)
    assert [item.get_text() for item in page.find_all(["li", "blockquote"])] == items
    assert "Slut." in page.get_text()


@pytest.mark.parametrize(
    ("body", "year", "html"),
    [
        ("Ett.\nTvå [@old, s. 3].", 2014, "Ett. Två.<old s. 3>"),  # one for both
        ("Ett [@old, s].\nTvå [@old, s].\nTre.", 2014, "Ett. Två.<old s> Tre."),
        ("Ett [@old, s].\nTvå [@old, t].", 2014, "Ett.<old s> Två.<old t>"),
        ("Ett.\n{absent} [@old, s].", 2014, "Ett.<old s>"),  # the one that names it is left out
        ("Ett [@old, s; t; @late].", 2020, "Ett.<old s; t><late >"),
        ("Ett [@old, s; @late, t].", 2020, "Ett.<old s><late t>"),
        ("Ett [@old, s; @late].\nTvå.", 2014, "Två."),
        ("Ett.\nTvå [@late, s].\nTre [@old].", 2014, "Tre.<old >"),
        ("Dal har {members:dal}.", 2014, "Dal har 120."),
        ("Dal har {members:dal} [@a_b-c].", 2014, "Dal har 100.<a_b-c >"),  # as it states
        ("Dal har {members:dal} [@a_b-c; @old].", 2014, "Dal har 120.<a_b-c ><old >"),
        ("Dal har {members:dal} [@old].\n{!members:dal} Oklart [@old].", 2014, "Oklart.<old >"),
    ],
)
def test_a_sentence_rests_on_its_sources(tmp_path, body, year, html):
    page = shown(tmp_path, body, year)
    for cite in page.find_all("a", "cite"):
        cite.string = f"<{cite['data-source']} {cite['data-place']}>"
    assert page.get_text() == html


def test_a_page_is_the_general_text_and_then_the_municipalitys(tmp_path):
    page = "# {home}\n\nAllmänt.\n\n## Om {#om_orten}\n\nHär.\n"
    own = "# Nej\n\nEget.\n\n## Nej {#om_orten}\n\nDär.\n\n- Ja\n"
    told = prose(texts(tmp_path, general_03_trends__sv=page, own_03_trends__sv=own))
    assert told.heading(PAGE).html == "<h1>Å &amp; Ö</h1>"
    assert told.section_keys(PAGE) == ["om_orten"]
    assert told.page_of("om_orten") == PAGE
    with pytest.raises(CommandError, match="none"):
        told.page_of("none")
    assert told.heading(PAGE, "om_orten").html == '<h2 id="om-orten">Om</h2>'
    assert told.section(PAGE).html.striptags() == "Allmänt.Eget."
    assert str(told.section(PAGE, "om_orten")).split() == ["Här.", "Där.", "Ja"]
    assert told.section(PAGE, "om_orten").html.count("<p>") == 2


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("Ett svar.", "Ett svar."),
        ("Ett svar, {lost}.", "Inget är känt."),  # which cannot be shown
        ("Ett svar. [@late, s]", "Inget är känt."),  # nor can this, yet
        ("", "Inget är känt."),
    ],
)
def test_a_general_sentence_gives_way_to_an_answer_of_the_municipality(tmp_path, own, said):
    found = texts(
        tmp_path,
        general_03_trends__sv="# Titel\n\n## Om {#a}\n\n{!own:a}Inget är känt.\n",
        own_03_trends__sv=f"## Om {{#a}}\n\n{own}\n",
    )
    assert faults_of(found) == []
    assert str(prose(found).section(PAGE, "a")) == said


def test_a_memo_of_one_year_is_in_that_report_only(tmp_path):
    page = "# Memo\n\n## Om {#a}\n\n"
    found = texts(
        tmp_path,
        general_04_decision_memo__sv=page,
        own_04_decision_memo__2014__sv="## Om {#a}\n\nI år.",
        own_04_decision_memo__sv="## Om {#a}\n\nAlltid.",
    )
    told = [str(prose(found, year=year).section("04_decision_memo", "a")) for year in (2014, 2015)]
    assert told == ["Alltid. I år.", "Alltid."]


def test_what_is_in_another_language_only_is_marked_so(tmp_path):
    swedish = "# Titel\n\n## Om {#a}\n\nEn {joined|ort|orter}.\n\n## Bara {#b}\n\nSvenska.\n"
    english = "# Title\n\n## About {#a}\n\nGeneral.\n"
    own = "## Om {#a}\n\n{joined}.\n"
    found = texts(
        tmp_path,
        general_03_trends__sv=swedish,
        general_03_trends__en=english,
        own_03_trends__sv=own,
    )
    told = prose(found, "en")
    both, only = (BeautifulSoup(str(told.section(PAGE, key).html), "html.parser") for key in "ab")
    assert both.p.get_text() == "General."
    assert both.find(lang="sv").get_text() == "Dal och <b>Ås</b>."  # as Swedish writes a list
    assert only.find(lang="sv").get_text() == "Svenska."
    assert 'lang="sv"' in told.heading(PAGE, "b").html
    assert "lang" not in told.heading(PAGE, "a").html
    assert "lang" not in prose(found, "sv").section(PAGE, "a").html


@pytest.mark.parametrize(
    "body",
    [
        "Ord [" + "; ".join(["@old, Avtal"] * 3000) + ".",
        "Ord [@old, x]" + " " * 100_000 + "b.",
        "### Ord" + " " * 100_000 + "b",
    ],
)
def test_a_bracket_that_nobody_closes_ends(tmp_path, body: str) -> None:
    """It took twice the time for each source in it: hours for thirty."""
    found = texts(tmp_path, general_03_trends__sv=f"# T\n\n## Om {{#a}}\n\n{body}\n")
    assert {text.page for text in found} == {"03_trends"}


@pytest.mark.parametrize(
    ("body", "code", "row", "value"),
    [
        ("Ett.\nTvå {plases_now}.", "T001", 6, "plases_now"),
        ("- ett\n- {!home2}", "T001", 6, "home2"),
        ("Ett.\nTvå [@old; @a_b].", "T002", 6, "a_b"),
        ("> Sedan 1946.", "T003", 5, "1946"),
        ("{joined|1 ort|orter}", "T003", 5, "1"),
        ("Sedan &#49;.", "T004", 5, "&#49;"),
        ("Ett <b>.", "T004", 5, "<"),
        ("<script>x</script>", "T004", 5, "<"),
        ("![x](https://x.se/x.png)", "T004", 5, "https://x.se/x.png"),
        ("[x](javascript:x)", "T004", 5, "]("),
        ("en \u202edar", "D010", 5, "en \u202edar"),
        ("en \x1b[31m rad", "D010", 5, "en \x1b[31m rad"),
        ("en \x0b rad", "D010", 5, "en \x0b rad"),  # as Word breaks a line
        ("[x](sida.html)", "T004", 5, "sida.html"),
        ("[x](https://x.se/{home})", "T004", 5, "]("),
        ("[x](<https://x.se/{home}>)", "T004", 5, "https://x.se/%1A"),
        ('[x](https://x.se "en titel")', "T004", 5, "https://x.se"),
        ("[x]: https://x.se", "T004", 5, "]:"),
        ("`kod`", "T004", 5, "`"),
        ("```\nkod\n```", "T004", 5, "`"),
        ("| a | b |", "T004", 5, "|"),
        ("Ett\n---", "T004", 6, "---"),
        ("***", "T004", 5, "*"),
        ("1. ett\n2. två", "T004", 6, "2."),
        ("- ett\n- > två", "T004", 6, ">"),
        ("### Ett ###", "T004", 5, " ###"),
        ("*ett\ntvå*", "T004", 5, "*"),
        ("i. ett\n\n#### Fyra", "T004", 7, "####"),
        ("- ett\n  - två", "T004", 6, "-"),
        ("> # ett", "T004", 5, "#"),
        ("# Titel igen", "T004", 5, "#"),
        ("## Igen {#a}", "T006", 5, "a"),
        ("Ett {places_now|ort}.", "T007", 5, "{places_now|ort}"),
        ("Ett {?home|ort|orter}.", "T007", 5, "{?home|ort|orter}"),
        ("– ett\n– två", "T004", 5, "–"),  # lists and tables as Word makes them
        ("•ett", "T004", 5, "•"),
        ("a) ett", "T004", 5, "a) "),
        ("-ett", "T004", 5, "-"),
        ("ett | två", "T004", 5, " | "),
        ("Ett och ½.", "T003", 5, "½"),
        ("Del Ⅻ.", "T003", 5, "Ⅻ"),
        ("Ett {places_now.", "T008", 5, "{places_now."),
        ("Ett [ @old, s].", "T008", 5, "[ @old, s]."),
        ("Det är [places_now].", "T008", 5, "[places_now]."),
        ("Det är {a}.", "T001", 5, "a"),  # a section of the page, but no fact
        ("{?own:b}Ett.", "T001", 5, "own:b"),
        ("Ett {places now}.", "T008", 5, "{places now}."),
        ("Ett [@old, s{dan].", "T008", 5, "[@old, s{dan]."),
        ("Ett [@old", "T008", 5, "[@old"),
        ("Ett [@old; late].", "T008", 5, "[@old; late]."),
        ("Ett.\n[@old, s]", "T008", 6, "[@old"),  # on a line of its own
        ("Ett [@old, s, @late, t].", "T008", 5, "[@old, s, @late, t]."),
        ("## Ingen", "T011", 5, "Ingen"),
        ("Ett ## två.\n\n## ## Tre {#b}", "T004", 7, "##"),
        ("Ett.\nTv\ufffd.", "D012", 6, "Tv\ufffd."),
        ("FÃ¶r.", "D011", 5, "FÃ¶r."),
    ],
)
def test_a_faulty_text_is_refused_with_its_line(tmp_path, body, code, row, value):
    found = texts(tmp_path, general_03_trends__sv=f"# Titel\n\n## Om {{#a}}\n\n{body}\n")
    faults = faults_of(found)
    assert (code, row) in [(fault.code, fault.row) for fault in faults]
    fault = next(fault for fault in faults if (fault.code, fault.row) == (code, row))
    assert fault.file == "general/texts/03_trends.sv.md"
    assert fault.value == value
    for language in LANGUAGES:
        assert not re.search(r"\{(near|expected|value)", Text(language).format_fault(fault))


@pytest.mark.parametrize(("name", "near"), [("members:dla", "members:dal"), ("xyzzy", "")])
def test_the_nearest_name_is_offered(tmp_path, name, near):
    found = texts(tmp_path, general_03_trends__sv=f"# Titel {{{name}}}\n")
    (fault,) = faults_of(found)
    assert (fault.row, fault.details["near"]) == (1, near)


def test_a_section_that_no_page_has_is_refused_not_lost(tmp_path):
    general, own = "# Titel\n\n## Om {#om}\n", "\n## Om {#omm}\n\n### Ny {#ny}\n\n## Om {#om}\n"
    found = texts(
        tmp_path,
        general_03_trends__sv=general,
        own_03_trends__sv=own,
        general_05_background__sv=general,
        own_05_background__sv=own,
    )
    faults = faults_of(found)
    assert [(f.code, f.file, f.row, f.details["near"]) for f in faults] == [
        (code, f"own/texts/{page}.sv.md", row, near)
        for page in ("03_trends", "05_background")
        for code, row, near in (("T005", 2, "om"), ("T005", 4, ""))
    ]


def test_a_municipality_may_write_of_each_town_on_the_map(tmp_path):
    own = "## Dal {#1-dal}\n\nEtt.\n\n## Ed {#ed}\n\nTvå.\n"
    found = texts(tmp_path, general_02_chain_map__sv="# Titel\n", own_02_chain_map__sv=own)
    assert [f.value for f in faults_of(found, {"1-dal"})] == ["ed"]
    assert prose(found).section_keys("02_chain_map") == ["1-dal", "ed"]


@pytest.mark.parametrize(
    ("name", "content", "code", "row"),
    [
        ("own_03_trend__sv", "", "T009", None),
        ("own_03_trends__de", "", "T009", None),
        ("own_03_trends", "", "T009", None),
        ("own_03_trends__2014__sv", "", "T009", None),
        ("own_03_trends__sv", "Ett.\n\nTvå å".encode("cp1252"), "T010", 3),
        ("general_03_trends__sv", "## Om {#om}\n", "T012", 1),
    ],
)
def test_a_faulty_file_is_refused(tmp_path, name, content, code, row):
    found = texts(tmp_path, **{name: content})
    assert [(f.code, f.row) for f in faults_of(found)] == [(code, row)]


def test_files_of_the_system_are_no_texts(tmp_path):
    (tmp_path / "own" / "texts").mkdir(parents=True)
    for name in (".DS_Store", "._03_trends.sv.md", "~$x.md", "desktop.ini", "Thumbs.db"):
        (tmp_path / "own" / "texts" / name).write_bytes(b"\xff")
    bom = "\ufeff# Titel\r\n\r\nEtt.\r\nTv\u0061\u030a.\r\n"  # as some editors on some systems save
    found = texts(tmp_path, general_03_trends__sv=bom)
    assert faults_of(found) == []
    assert str(prose(found).section(PAGE)) == "Ett. Två."


def test_a_long_hostile_line_is_read_at_once(tmp_path):
    line = "[@a,;" * 2000 + "\n" + "{a|" * 2000 + "\n" + "*a **" * 1000
    assert faults_of(texts(tmp_path, own_03_trends__sv=line))


def test_the_packages_texts_are_read_in_each_language():
    """A report reads those of its language alone, so each has every section."""
    sections = [
        {(text.page, key) for text in read_manuscripts([TEXTS], language) for key in text.sections}
        for language in LANGUAGES
    ]
    assert len(sections[0]) > 1
    assert all(found == sections[0] for found in sections)
