"""What hundreds of ties do to the map page: its size, and the time until the map can be used.

PYTHONPATH=. python benchmarks/many_ties.py [NUMBER]   (in the test environment; opens Chromium)

The ties are Wikidata's of 2017 (CC0); that they all belong to one town, and their years, are
invented: see tests/data/invented_years_wikidata_p190_2017/README.md.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from vanort_analysis.data.schema import TABLES

TIES = Path(__file__).parent.parent / "tests/data/invented_years_wikidata_p190_2017/ties.tsv"
LAST = 2017
HOME = ("home", "Hemort", "Sweden", "58.381", "12.323")


def data_folder(folder: Path, number: int = 0) -> Path:
    """Make a data folder of so many ties, beginning anew after the last; without a number, of each
    once."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    with TIES.open(encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file, delimiter="\t"))
    ties = list(islice(cycle(known), number or len(known)))
    places = [HOME]
    for n, tie in enumerate(ties, start=1):
        name = f"{tie['place']} – {tie['origin']} {n}"
        places.append((f"tie{n}", name, tie["country"], tie["lat"], tie["lon"]))
    origin = {"source": "ties", "note": "invented"}
    keys = ("town", "name", "area", "lat", "lon")
    towns = [dict(zip(keys, p, strict=True)) | {"country": "SE", "kind": "town"} for p in places]
    chain = [
        {"town": town, "event": "admitted", "year": LAST - n * 70 // len(places)}
        for n, (town, *_) in enumerate(reversed(places))
    ]
    source = {"source": "ties", "title": "Wikidata P190", "kind": "reference data", "rank": 2}
    source |= {"known_since": LAST, "dating": "published", "reference": "false"}
    for name, rows in {"towns": towns, "chain": chain, "sources": [source]}.items():
        with (raw / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, TABLES[name].columns, restval="")
            table.writeheader()
            table.writerows(row | (origin if name != "sources" else {}) for row in rows)
    about = f'[municipality]\nhome = "home"\n[report]\nyear = {LAST}\n'
    (raw / "municipality.toml").write_text(about, encoding="utf-8")
    (folder / "processed").mkdir()
    return folder


def main() -> None:
    """Make the map page of so many ties, open it, and say what it cost."""
    from playwright.sync_api import sync_playwright

    from tests.pages import html as page_of
    from vanort_analysis import load

    number = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as scratch:
        data = data_folder(Path(scratch) / "data", number)
        start = time.perf_counter()
        html = page_of(load(LAST, "sv", data), "chain_map")
        made = time.perf_counter() - start
        file = Path(scratch) / "map.html"
        file.write_text(html, encoding="utf-8")
        shutil.copy(file, Path(tempfile.gettempdir()) / "many_ties.html")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            requests: list[str] = []
            page.on("request", lambda request: requests.append(request.url))
            page.goto(file.as_uri())
            ready = page.evaluate(
                "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
            )
            slide = page.evaluate("""() => {
              const slider = document.querySelector('.vm input'), before = performance.now();
              slider.value = slider.min;
              slider.dispatchEvent(new Event('input'));
              document.body.offsetHeight;
              return performance.now() - before;
            }""")
            browser.close()
    outside = [url for url in requests if not url.startswith(("file:", "data:"))]
    sys.stdout.write(
        f"ties: {number or 'all'}\nmade: {made:.1f} s\nsize: {len(html.encode()):,} bytes\n"
        f"ready: {ready:.0f} ms\na step of the slider: {slide:.0f} ms\nrequests: {len(outside)}\n"
    )


if __name__ == "__main__":
    main()
