"""Makes the README's pictures from the finished pages; run in the test environment.

.venv-test/bin/python scripts/pictures.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent.parent
PAGES = HERE / "reports" / "2014" / "sv"
BROWSERS = ("chromium", "google-chrome", "chrome", "msedge")
PICTURES = {  # the page, the window, and the part of the page to keep (nothing: the window)
    "memo": ("04_decision_memo", (1280, 900), ""),
    "map": ("02_chain_map", (1280, 900), "figure"),
    "phone": ("03_trends", (390, 780), ""),
}


def main() -> None:
    """Open each page as a reader would and keep what is seen."""
    found = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, (file, (width, height), part) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((PAGES / f"{file}.html").as_uri())
            page.evaluate("document.fonts.ready")
            kept = page.locator(part).first if part else page
            kept.screenshot(path=HERE / "docs" / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
