"""The accessibility statement has what the law asks for, and no address that nobody gave."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from vanort_analysis import load
from vanort_analysis.data.clean import prepare
from vanort_analysis.publish import site as beside

CONTACT = """
[contact]
email = "tillganglighet1@example.org"
phone = "0521-72 10 00"
page = "https://example.org/kontakt"
"""


def statement(data: Path, language: str = "sv") -> BeautifulSoup:
    html = beside.PAGES["accessibility"](load(2014, language, data))
    return BeautifulSoup(html, "html.parser").main


def warned(data: Path) -> bool:
    return "C017" in {note.code for note in prepare(data).notes}


def test_a_missing_contact_is_said_and_warned_of_not_invented(data_folder: Path) -> None:
    said = statement(data_folder)
    assert "har ännu inte lämnat någon kontaktuppgift" in said.get_text()
    assert "@" not in said.get_text()
    assert warned(data_folder)


def test_a_contact_that_is_given_stands_there(data_folder: Path) -> None:
    file = data_folder / "raw" / "municipality.toml"
    file.write_text(file.read_text("utf-8").replace("[contact]", CONTACT), encoding="utf-8")
    for language in ("sv", "en"):
        said = statement(data_folder, language)
        assert "tillganglighet1@example.org" in said.get_text()
        assert "0521-72 10 00" in said.get_text()
        assert said.find("a", href="https://example.org/kontakt")
    assert "inte lämnat" not in statement(data_folder).get_text()
    assert not warned(data_folder)


@pytest.mark.parametrize(
    ("language", "status"), [("sv", "delvis förenlig"), ("en", "complies partly")]
)
def test_what_the_law_asks_for_is_there(data_folder: Path, language: str, status: str) -> None:
    said = statement(data_folder, language)
    for asked in ("municipality", "home_genitive"):
        assert load(2014, language, data_folder).facts[asked] in said.get_text()
    assert status in said.get_text()
    assert said.find("a", href="https://www.digg.se/tdosanmalan")
    assert said.find("time", datetime=beside.measured()["assessed"].isoformat())
    assert len(said.find(id="access-shortcomings").find_next("ul").find_all("li")) >= 3
    assert len(said.find(id="access-untested").find_next("ul").find_all("li")) >= 3
    tools = said.find("table").get_text()
    for part in ("axe", "html"):
        tool = beside.measured()[part]
        assert f"{tool['tool']} {tool['version']}" in tools
