"""Makes the README's picture from the finished memo; run in the test environment.

.venv-test/bin/python scripts/pictures.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent.parent
MEMO = HERE / "reports" / "2014" / "sv" / "04_decision_memo.html"
BROWSERS = ("chromium", "google-chrome", "chrome", "msedge")


def main() -> None:
    """Open the memo as a reader would and keep what the first screen shows."""
    found = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 780})
        page.goto(MEMO.as_uri())
        page.screenshot(path=HERE / "docs" / "memo.png")
        browser.close()


if __name__ == "__main__":
    main()
