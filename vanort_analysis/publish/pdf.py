"""Each page as a PDF, printed by the Chromium, Chrome or Edge that the machine has.

The browser's own print: tagged, with an outline of the headings and the language of the page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bs4 import BeautifulSoup

from ..data import files
from ..errors import Fault, WrongPlace
from ..pages.context import Story
from ..pages.wording import FILES, PAGES

OWN = "VANORT_BROWSER"  # names the browser to use, where none or the wrong one is found
COMMANDS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
WINDOWS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")
FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline"),
)
SLOWEST_S = 90
DATE = re.compile(rb"\(D:\d{14}[^)]*\)")


def browser() -> str:
    """The path of the browser to print with; empty where there is none."""
    return next((place for place in _places() if place and Path(place).is_file()), "")


def _places() -> Iterator[str]:
    if OWN in os.environ:
        yield shutil.which(os.environ[OWN]) or ""
        return
    yield from (shutil.which(command) or "" for command in COMMANDS)
    for folder in filter(None, map(os.environ.get, WINDOWS)):
        yield from (str(Path(folder, program)) for program in PROGRAMS)
    for root in ("/", Path.home()):
        for name in APPLICATIONS:
            yield str(Path(root, "Applications", f"{name}.app", "Contents", "MacOS", name))


def write(story: Story, folder: Path) -> None:
    """Print every page of the report; raises `WrongPlace` where the browser does not."""
    found = browser()
    for name in PAGES:
        page = folder / FILES[name]
        with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
            copy = Path(own, page.name)
            soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
            for_paper(soup)
            copy.write_text(str(soup), encoding="utf-8")
            content = _printed(found, copy)
        settled = DATE.sub(lambda hit: _same_length(hit[0], story.known.year), content)
        files.write({page.with_suffix(".pdf"): settled})


def for_paper(soup: Any) -> None:
    """Open what is folded, and leave out what paper has no use for: the map to click in with its
    heading, and links to neighbouring pages, which would name a folder of this machine."""
    for summary in soup.select("details > summary"):
        summary.parent.name = "div"
        summary.extract()
    for box in soup.select(".map"):
        lead = list(takewhile(lambda tag: tag.name == "p", box.find_previous_siblings()))
        head = [box, *lead][-1].find_previous_sibling()
        for tag in [box, *lead, head] if head and head.name == "h2" else [box]:
            tag.extract()
    for link in soup.find_all("a", href=re.compile(r"^(?!#|https?://)")):
        link.unwrap()


def _printed(found: str, page: Path) -> bytes:
    target = page.with_suffix(".pdf")
    words = [found, *FLAGS, f"--user-data-dir={page.parent / 'profile'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--no-sandbox")  # Chromium refuses to run as root with it
    try:
        subprocess.run(
            [*words, f"--print-to-pdf={target}", page.as_uri()],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SLOWEST_S,
        )
        return target.read_bytes()
    except (OSError, subprocess.SubprocessError) as error:
        raise WrongPlace(Fault("P006", file=page.name, value=found, level="warning")) from error


def _same_length(date: bytes, year: int) -> bytes:
    """The end of the report's year in place of the day of printing: the same bytes each time."""
    return b"(D:%d1231000000" % year + date[len("(D:20141231000000") :]
