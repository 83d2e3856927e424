"""The prose of background, map, data quality, index and accessibility, as it stands in files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vanort_analysis.pages.prose import PAGES

ROOT = Path(__file__).parents[1]
FOLDERS = ROOT / "vanort_analysis/pages/texts", ROOT / "data/raw/texts"
KEY = re.compile(r"\{#(\w+)\}")
HELD = {  # what the report of the first year holds and no page may lose, in both languages
    "05_background": "Vacklid minutes_first minutes_second Christianslyst Blåsut Omaruru "
    "partner_agreement:lich statement_of_intent band_visit_first seminar_begins Süderbrarup "
    "support_since:eu twinning.org regimes_fell Namibia {left:utajarvi} norden_libraries",
    "02_chain_map": "members_counted:arsuk sponsored:utajarvi Fjallabyggð syfo-2019",
    "01_data_quality": "minutes_first Norrköping",
}
ONCE_SAID = ("i dag", "nu ", "för närvarande", "hittills", "just nu")  # true then, not later


def _files(page: str, language: str) -> list[Path]:
    found = [folder / f"{page}.{language}.md" for folder in FOLDERS]
    return [path for path in found if path.exists()]


def _text(page: str, language: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in _files(page, language))


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("page", HELD)
def test_nothing_of_the_report_is_lost(page: str, language: str) -> None:
    text = _text(page, language)
    assert [word for word in HELD[page].split() if word not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_sections_facts_and_sources(page: str) -> None:
    swedish, english = _text(page, "sv"), _text(page, "en")
    for pattern in (KEY, re.compile(r"\{[?!]?([^{}|#?!]+)[|}]"), re.compile(r"@([\w-]+),")):
        assert set(pattern.findall(swedish)) == set(pattern.findall(english))
    assert len(re.findall(r"(?m)^#", swedish)) == len(re.findall(r"(?m)^#", english))


def test_a_sentence_stands_on_one_page_only() -> None:
    where: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for path in folder.glob("*.md"):
            for line in path.read_text("utf-8").splitlines():
                said = re.sub(r"\[@.*|\{[^}]*\}", "", line).strip()
                if len(said) > 60 and not line.startswith("#"):
                    where.setdefault(said, set()).add(path.name.split(".")[0])
    assert {said: pages for said, pages in where.items() if len(pages) > 1} == {}


def test_past_is_past() -> None:
    text = _text("05_background", "sv").lower()
    assert [word for word in ONCE_SAID if re.search(rf"\b{word}\b", text)] == []
