"""The words of the pages as they stand today, so that a change is seen and meant.

Renew the files with `python -m tests.test_golden`, and read the difference before it is committed.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from vanort_analysis.pages import site

from . import pages

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("index", "decision_memo", "background", "chain_map", "trends", "data_quality")
PAGES = [(2014, language, name) for language in ("sv", "en") for name in NAMES]
PAGES += [(2024, "sv", "decision_memo")]
LINES = "h1 h2 h3 p li dt dd tr caption figcaption summary text blockquote div".split()  # noqa: SIM905


def words(html: str) -> str:
    """What a reader sees of a page, a line each; of a picture, its words in the wide drawing.

    The notes are left out: they name rows, and every new row would change them.
    """
    main = BeautifulSoup(html, "html.parser").main
    for unseen in main.select("script, style, .narrow, .map, .cite, .sources"):
        unseen.decompose()
    for cell in main.select("td, th"):
        cell.append(" | ")
    for drawn in main.select("text"):
        drawn.insert(0, "  ")
    for line in main.find_all(LINES):
        line.insert(0, "\n")
        line.append("\n")
    for head in main.find_all(["h1", "h2", "h3"]):
        head.insert(1, f"\n{'#' * int(head.name[1])} ")
    lines = [re.sub(r"\s+", " ", line).strip(" |") for line in main.get_text().split("\n")]
    return "\n".join(filter(None, lines)) + "\n"


def file_of(year: int, language: str, name: str) -> Path:
    return GOLDEN / f"{year}.{language}.{site.STEMS[name]}.txt"


@pytest.mark.parametrize(("year", "language", "name"), PAGES)
def test_a_page_says_what_it_said(year: int, language: str, name: str) -> None:
    file, now = file_of(year, language, name), words(pages.made(year, language, name))
    then = file.read_text("utf-8")
    changed = difflib.unified_diff(
        then.splitlines(), now.splitlines(), "then", "now", "", "", 0, ""
    )
    assert now == then, "\n".join(
        [f"{file.name}: other words. If they are meant: python -m tests.test_golden", *changed]
    )


def renew() -> None:
    """Write what the pages say today."""
    GOLDEN.mkdir(exist_ok=True)
    for page in PAGES:
        file_of(*page).write_text(words(pages.made(*page)), encoding="utf-8")


if __name__ == "__main__":
    renew()
