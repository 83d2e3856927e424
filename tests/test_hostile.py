"""Text of a data folder is text: nothing in it runs, and it is shown as it was written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from vanort_analysis.data.schema import TABLES

from .test_browser_pages import elsewhere, visit
from .test_other_chains import pages

HOSTILE = (
    "<script>hacked = 1</script>",
    "<img src=x onerror=hacked=1>",
    "${hacked = 1}",
    "`+(hacked = 1)+`",
    "</script><svg onload=hacked=1>",
    "\"'><b onclick=hacked=1>",
    "--><!--><i>\\u003ci",
    "\u202egnorw\u202c",
    "$x^2$ & &amp; \\frac{1 }{2 }",
)
NAMES = {"claims": {"check"}}  # text columns that name a function: refused where it is unknown


@pytest.fixture
def poisoned(data_folder: Path) -> Path:
    """The project's data with one of the nine after every text, in every row of every table."""
    count = 0
    for table, contract in TABLES.items():
        path = data_folder / "raw" / f"{table}.csv"
        if not path.exists():
            continue
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column, rule in contract.columns.items():
            spared = {*contract.key, *NAMES.get(table, ())}
            if rule.kind != "text" or column not in frame or column in spared:
                continue
            frame[column] = [
                f"{text} {HOSTILE[(count + row) % len(HOSTILE)]}" if text else ""
                for row, text in enumerate(frame[column])
            ]
            count += 1
        frame.to_csv(path, index=False, lineterminator="\n")
    assert count > 30
    return data_folder


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("year", "language"), [(2014, "sv"), (2024, "en")])
def test_nothing_runs_and_all_is_shown_as_written(
    poisoned: Path, browser: Browser, tmp_path: Path, year: int, language: str
) -> None:
    made = pages(poisoned, year, language)
    for name, html in made.items():
        file = tmp_path / f"{name}.html"
        # without the policy too: what would run is seen to be no mark-up, not just held back
        file.write_text(html.replace("Content-Security-Policy", "x-none"), encoding="utf-8")
        with visit(browser, file) as seen:
            for mark in seen.page.locator(".leaflet-marker-icon").all():
                mark.press("Enter")
                seen.page.keyboard.press("Escape")
            assert seen.page.evaluate("typeof hacked") == "undefined"
            assert seen.page.locator("main :is(b[onclick], i, img:not([alt]))").count() == 0
            assert elsewhere(seen, file) == []
            assert seen.console == []
    said = {name: BeautifulSoup(html, "html.parser").main.get_text() for name, html in made.items()}
    for text in HOSTILE:
        assert [name for name, words in said.items() if text in words], text
    for name in ("01_data_quality", "02_chain_map", "04_decision_memo"):
        assert sum(text in said[name] for text in HOSTILE) >= 5, name
