"""What a chain of many ties costs: python -m benchmarks.growth DATA YEAR MAP.html

Loads the data folder and makes its map page, writes the page, and prints as JSON what each took:
seconds by the clock and of the processor.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .loading import timed


def main(data: str, year: int, page: Path) -> None:
    from tests.pages import html
    from vanort_analysis import load

    made: list[Any] = []
    took = {"load": timed(lambda: made.append(load(year, "sv", data)))}
    took["map page"] = timed(lambda: made.append(html(made[0], "chain_map")))
    page.write_text(made[1], encoding="utf-8", newline="\n")
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
