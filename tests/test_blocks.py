"""A piece of a page says what it is given, escaped, and nothing where there is nothing."""

import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup

from vanort_analysis.data.quantity import UNKNOWN, exact
from vanort_analysis.language import Text
from vanort_analysis.pages import blocks
from vanort_analysis.pages.blocks import PAGE_MIME, Block

SAID = "<script>alert(1)</script>"
ALT = "En bild som bara finns för provet"
TEXT = Text("sv")
PLACES = pd.DataFrame(
    {
        "place": ["Husby", "Eidi", SAID],
        "members": [exact(340), UNKNOWN, exact(25)],
        "year": [UNKNOWN, UNKNOWN, UNKNOWN],
        "area": ["Sydslesvig", "", "x" * 61],
        "status": ["", "", ""],
    },
    index=["husby", "eidi", "hostile"],
)
DRAWINGS = Markup("<svg id='a'/>"), Markup("<svg id='b'/>")
EVERY = {
    "heading": blocks.make_block("heading", SAID, 2, "a"),
    "paragraphs": blocks.make_block("paragraphs", [SAID], "lead"),
    "items": blocks.make_block("items", [SAID], "ol"),
    "points": blocks.make_block(
        "points", [{"recommendation": SAID, "holds": "no", "sentence": SAID, "details": [SAID]}]
    ),
    "key figures": blocks.make_block("key_figures", [(SAID, SAID)]),
    "head": blocks.make_block("head", [(SAID, SAID), (SAID, "")], SAID),
    "cards": blocks.make_block(
        "cards",
        [{"name": SAID, "css": SAID, "where": SAID, "pairs": [(SAID, SAID)]}
         | {"text": SAID, "note": SAID}]
    ),
    "fold": blocks.wrap_blocks("fold", SAID, blocks.make_block("paragraphs", [SAID])),
    "figure": blocks.make_block("figure", *DRAWINGS, ALT + SAID, SAID, SAID, SAID),
    "table": blocks.make_table(PLACES, "members", TEXT, {}),
    "contents": blocks.make_block("contents", SAID, [(SAID, SAID)]),
}  # fmt: skip


def soup(block: Block) -> BeautifulSoup:
    return BeautifulSoup(block.html, "html.parser")


@pytest.mark.parametrize("name", EVERY)
def test_text_from_data_is_never_markup(name: str) -> None:
    assert not soup(EVERY[name]).find("script")
    assert SAID in EVERY[name].html.unescape()


def test_ready_markup_is_kept() -> None:
    said = Markup("<em>{}</em>").format("<")
    assert blocks.make_block("paragraphs", [said, "b"]).html == "<p><em>&lt;</em></p>\n<p>b</p>"


@pytest.mark.parametrize(
    "nothing",
    [
        blocks.make_block("items", []),
        blocks.make_block("points", []),
        blocks.make_block("key_figures", []),
        blocks.make_block("cards", []),
        blocks.wrap_blocks("fold", "Visa", blocks.make_block("items", [])),
        blocks.make_table(PLACES.iloc[:0], "members", TEXT, {}),
    ],
)
def test_nothing_to_say_is_no_block(nothing: Block) -> None:
    assert nothing.html == ""


def test_a_point_says_whether_its_premises_hold() -> None:
    row = soup(EVERY["points"]).li
    assert (row["data-point"], row["data-holds"]) == (SAID, "no")
    assert row.find(class_="detail")


def test_what_nobody_has_filled_in_is_a_blank_with_a_name() -> None:
    head = soup(
        blocks.make_block("head", [("Datum", "1 maj"), ("Diarienummer", "")], "att fylla i")
    )
    assert [dd.get_text() for dd in head.find_all("dd")] == ["1 maj", ""]
    assert head.find(class_="blank")["aria-label"] == "att fylla i"


def test_a_picture_in_two_drawings_is_heard_once() -> None:
    picture = soup(blocks.make_block("figure", *DRAWINGS, ALT))
    assert [svg["id"] for svg in picture.select(".wide svg, .narrow svg")] == ["a", "b"]
    (heard,) = picture.find_all(attrs={"role": "img"})
    assert heard["aria-label"] == ALT
    assert len(heard.find_all("svg")) == 2
    assert not picture.find_all(class_=["finding", "what", "note"])


def test_a_column_without_a_value_is_left_out() -> None:
    headings = [th.get_text() for th in soup(EVERY["table"]).thead.find_all("th")]
    assert headings == ["Ort", "Medlemmar", "Land eller område"]


def test_a_long_table_shows_its_first_rows_and_says_where_all_are() -> None:
    rows = blocks.MOST_ROWS + 1
    long = pd.DataFrame({"place": [f"Ort {at}" for at in range(rows)]})
    shown = soup(blocks.make_table(long, "members", TEXT, {}))
    assert len(shown.tbody.find_all("tr")) == blocks.MOST_ROWS
    said = shown.select_one("p.note").get_text()
    assert {str(rows), str(blocks.MOST_ROWS), "data"} <= set(re.findall(r"\w+", said))
    assert shown.find("data")["value"] == str(blocks.MOST_ROWS)


def test_the_first_column_stays_and_names_its_rows() -> None:
    unnamed = PLACES.assign(place="")
    assert (
        len(soup(blocks.make_table(unnamed, "members", TEXT, {})).find_all("th", scope="row")) == 3
    )


def test_numbers_stand_to_the_right_and_long_words_get_room() -> None:
    heads = soup(EVERY["table"]).thead.find_all("th", scope="col")
    assert [th.get("class") for th in heads] == [None, ["num"], ["long"]]
    numbers = soup(EVERY["table"]).select("td.num")
    assert [td.get_text() for td in numbers] == ["340", TEXT.format_quantity(UNKNOWN), "25"]
    assert numbers[1].find(class_="unknown")


def test_a_broad_table_says_what_each_cell_is_when_it_is_a_card() -> None:
    broad = soup(EVERY["table"])
    assert "stack" in broad.div["class"]
    assert {td["data-label"] for td in broad.find_all("td")} == {"Medlemmar", "Land eller område"}
    slim = soup(blocks.make_table(PLACES[["place", "members"]], "members", TEXT, {}))
    assert "stack" not in slim.div["class"]
    assert not slim.find_all(attrs={"data-label": True})


def test_a_heading_has_room_for_its_words_on_two_lines() -> None:
    style = {th.get_text(): th["style"] for th in soup(EVERY["table"]).find_all("th", scope="col")}
    assert style["Land eller område"] == "min-width:10ch"  # Land eller|område
    assert style["Ort"] == "min-width:3ch"


def test_a_piece_has_the_page_s_style_in_the_lab_and_none_in_the_page() -> None:
    shown = blocks.make_block("heading", "Ord", 2, "a")._repr_mimebundle_()
    assert shown[PAGE_MIME] == {"html": '<h2 id="a">Ord</h2>'}
    assert shown["text/plain"] == "Ord"
    assert shown["text/html"].startswith('<div class="vanort"><style>')
    assert shown["text/html"].endswith('<h2 id="a">Ord</h2></div>')
    assert "&amp;" not in shown["text/html"]
    assert "--ink:" in shown["text/html"]


def test_pieces_join_and_keep_what_they_know_of_the_page() -> None:
    script = blocks.make_scripted("<p>Karta</p><script>1</script>")
    joined = blocks.wrap_blocks(
        "fold", "Visa", blocks.make_block("paragraphs", ["a"]), script
    ) + blocks.make_block("paragraphs", ["b"])
    assert joined.page == script.page
    assert str(joined).split() == ["Visa", "a", "Karta", "b"]


def test_a_table_says_what_an_empty_cell_means_only_where_one_is():
    met = pd.DataFrame({"year": ["A", "B"], "host": ["Husby", ""], "place": ["Husby", "Flensburg"]})
    said = TEXT.plain("table.meetings.gap.host")
    assert said in blocks.make_table(met, "meetings", TEXT, {}).html
    assert said not in blocks.make_table(met.head(1), "meetings", TEXT, {}).html


def test_one_note_explains_the_empty_cells_of_several_columns() -> None:
    met = pd.DataFrame({"year": ["A", "B"], "host": ["Husby", ""], "place": ["Husby", ""]})
    said = TEXT.plain("table.meetings.gap.place")
    assert blocks.make_table(met, "meetings", TEXT, {}).html.count(said) == 1
    met["host"] = "Husby"
    assert blocks.make_table(met, "meetings", TEXT, {}).html.count(said) == 1
