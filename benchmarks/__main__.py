"""python3 run.py bench: measure, hold what was made against each other, tell it in docs/."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import tell
from .compare import Stopped
from .parts import PARTS, Size


def main() -> int:
    """Measure the parts asked for; all are told anew, with what is kept of the others."""
    asked = arguments()
    kept: dict[str, tell.Part] = {}
    for part in asked.only.split(","):
        about = tell.machine()
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            size = Size(asked.pairs, asked.reports, asked.sample)
            try:
                figures = PARTS[part](size, Path(scratch))
            except Stopped as stopped:
                sys.stderr.write(f"{part}: {stopped}\n")
                return 1
        kept[part] = {"machine": about, "figures": figures}
        if not asked.show:
            tell.write(tell.keep({part: kept[part]}))
    sys.stdout.write(tell.tables(kept))
    return int(any(figure["void"] for part in kept.values() for figure in part["figures"]))


def arguments() -> argparse.Namespace:
    told = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    told.add_argument("--only", default=",".join(PARTS), metavar="PART,PART", type=_parts)
    told.add_argument("--pairs", type=int, default=5, help="runs of each that count (5)")
    told.add_argument("--reports", type=int, default=40, help="of a batch (40)")
    told.add_argument("--sample", type=int, default=4, help="of the pool beside it (4)")
    told.add_argument("--show", action="store_true", help="write nothing into docs/")
    return told.parse_args()


def _parts(said: str) -> str:
    if unknown := set(said.split(",")) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not of {', '.join(PARTS)}")
    return said


if __name__ == "__main__":
    sys.exit(main())
