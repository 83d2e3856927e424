"""No number is typed: each stands in `data` or `time`, in a captioned table or the source list."""

import re
import tomllib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

PACKAGE = Path(__file__).resolve().parent.parent / "vanort_analysis"
PAGES = (
    *("index", "01_data_quality", "02_chain_map", "03_trends", "04_decision_memo"),
    *("05_background", "06_accessibility"),
)
SHOWN_AS_DATA = (
    *("data", "time", "table", "cite", "samp", ".sources", ".map"),
    *("head", "style", "script"),
)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("year", [2014, 2024])
def test_a_page_holds_no_digit_that_is_not_marked_as_data(
    reports, year: int, language: str
) -> None:
    for page in PAGES:
        html = (reports(year, language) / f"{page}.html").read_text("utf-8")
        soup = BeautifulSoup(html, "html.parser")
        for tag in soup.select(", ".join(SHOWN_AS_DATA)):
            tag.decompose()
        typed = [text for text in soup.stripped_strings if re.search(r"\d", text)]
        assert typed == [], page


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "languages").glob("*.toml")), ids=lambda p: p.stem
)
def test_a_language_file_holds_no_digit_outside_placeholders(path: Path) -> None:
    def sentences(node: object) -> list[str]:
        if isinstance(node, dict):
            return [text for value in node.values() for text in sentences(value)]
        if isinstance(node, list):
            return [text for value in node for text in sentences(value)]
        return [str(node)]

    said = sentences(tomllib.loads(path.read_text("utf-8")))
    assert len(said) > 400
    assert [s for s in said if re.search(r"\d", re.sub(r"\{[^{}\s]+\}", "", s))] == []
