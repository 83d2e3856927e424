"""No number is typed: each stands in `data` or `time`, a captioned table, a picture or a note."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from vanort_analysis.pages import site

from . import pages

SHOWN_AS_DATA = (
    "nav, data, time, table, .head, .cite, cite, samp, .sources, .map, svg, head, style, script"
)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("year", [2014, 2024])
def test_a_page_holds_no_digit_that_is_not_marked_as_data(year: int, language: str) -> None:
    for name in site.FILES:
        page = BeautifulSoup(pages.made(year, language, name), "html.parser")
        for tag in page.select(SHOWN_AS_DATA):
            tag.decompose()
        typed = [text for text in page.stripped_strings if re.search(r"\d", text)]
        assert typed == [], name


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_number_and_a_sentence_lead_to_a_note_and_back(language: str) -> None:
    for name in site.PAGES:
        page = BeautifulSoup(pages.made(2014, language, name), "html.parser")
        links, at = page.main.select("a.n, a.cite"), {tag["id"]: tag for tag in page.select("[id]")}
        assert len(links) > 15, name
        numbers = []
        for link in links:
            note = at[link["href"][1:]]
            numbers.append(int(link["href"][2:]))
            back = at[note.find_all("a")[-1]["href"][1:]]
            assert back["href"] == link["href"]
            assert note.cite.get_text()
            for ref in (link.get("data-ref") or "").split():
                assert f"{ref.split(':')[0]}.csv" in note.get_text()
        first = list(dict.fromkeys(numbers))
        assert first == list(range(1, len(first) + 1)), name  # in the order of the page
        assert len(page.select(".sources ol > li")) == len(first)
