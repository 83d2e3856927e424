"""The figures as a table and a picture in `docs/performance.md`, between its two marks."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .peers import PROJECT

DOCS = PROJECT / "docs"
KEPT, PICTURE, PAGE = DOCS / "benchmark.json", DOCS / "benchmark.svg", DOCS / "performance.md"
MARKS = "<!-- figures of `run.py bench` -->", "<!-- end of the figures -->"
PACKAGES = ("pandas", "matplotlib", "folium", "papermill", "nbclient", "ipykernel", "nbconvert")
SMALLER = {"s": "ms", "MB": "kB"}
Part = dict[str, Any]  # "machine" and "figures"


def machine() -> str:
    """Where and when, and with what, something is measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lab = "with" if find_spec("jupyterlab") else "without"
    busy = f"; load before: {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}; {_processor()}, {os.cpu_count()} cores"
        f"{busy}; {platform.system()}, Python {platform.python_version()}, {packages}, "
        f"{lab} JupyterLab in the environment"
    )


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + " with changes" * bool(git("status", "--short"))


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text("utf-8").splitlines() if about.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def keep(parts: dict[str, Part]) -> dict[str, Part]:
    """Put what was measured among what is kept, and give all of it."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    kept |= parts
    text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
    KEPT.write_text(text, encoding="utf-8", newline="\n")
    return kept


def write(kept: dict[str, Part]) -> None:
    """Write the tables and the picture."""
    draw(kept, PICTURE)
    page = put_between(PAGE.read_text("utf-8"), tables(kept))
    PAGE.write_text(page, encoding="utf-8", newline="\n")


def put_between(page: str, told: str) -> str:
    """A page with something new between its two marks; raises `ValueError` where it lacks them."""
    before, start, rest = page.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not (start and end):
        raise ValueError(f"{PAGE.name} has no {' … '.join(MARKS)}")
    return f"{before}{start}\n\n{told}\n{end}{after}"


def tables(kept: dict[str, Part]) -> str:
    """What was measured where, the ratios with their bounds, and the times behind them."""
    lines = [f"![Seconds for each report, and growth with the ties]({PICTURE.name})", ""]
    for part, about in kept.items():
        lines.append(f"- `{part}`: {about['machine']}.")
    lines += ["", "| | | ratio by the clock | of the processor | at least | aim | alike |"]
    lines.append("|---|---|---|---|---|---|---|")
    figures = [figure for about in kept.values() for figure in about["figures"]]
    lines += [row_of_ratio(figure) for figure in figures]
    lines += ["", "| | | for each | by the clock, or weight | processor | largest process | runs |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines += rows_of_times(kept)
    return "\n".join(lines) + "\n"


def row_of_ratio(figure: dict[str, Any]) -> str:
    """A ratio, whether it is within its bounds, and what was found alike in the runs timed."""
    over, under = figure["over"], figure["under"]
    found = ratios(over["wall"], under["wall"])
    own = ratios(over["processor"], under["processor"])
    said = [spread(found), spread(own), *(met(found, figure[b]) for b in ("wanted", "aim"))]
    alike = f"{figure['files']} files, {figure['pictures']} pictures" if figure["files"] else "–"
    if figure["void"]:
        said, alike = ["**void**", "", figure["wanted"], figure["aim"]], figure["void"]
    cells = [figure["what"], f"{over['name']} / {under['name']}", *said, alike]
    return f"| {' | '.join(cells)} |"


def rows_of_times(kept: dict[str, Part]) -> list[str]:
    """Each way once in each part, with all its runs."""
    rows = []
    for part, about in kept.items():
        seen: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for figure in about["figures"]:
            for side in (figure["over"], figure["under"]):
                seen.setdefault((figure["what"], figure["unit"], side["name"]), []).append(side)
        for (what, unit, name), sides in seen.items():
            each = {"growth": "tie", "startup": "start"}.get(part, "report")
            wall, processor, memory = (
                [value for side in _once(sides) for value in side[key]]
                for key in ("wall", "processor", "memory")
            )
            taken = [amount(wall, unit), amount(processor, unit), f"{max(memory)} MB"]
            rows.append(f"| {' | '.join([what, name, each, *taken, str(len(wall))])} |")
    return rows


def _once(sides: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sides without those that are there twice, as the same runs stand in two ratios."""
    return [side for n, side in enumerate(sides) if side not in sides[:n]]


def ratios(over: Sequence[float | None], under: Sequence[float | None]) -> list[float]:
    """The ratio of each pair; none where a number is not known."""
    both = zip(over, under, strict=True)
    return [a / b for a, b in both if a is not None and b is not None]


def met(found: Sequence[float], bound: str) -> str:
    """A bound ("≥ 5"), and whether the middle of what was found keeps it."""
    if not bound:
        return ""
    sign, _, limit = bound.partition(" ")
    keeps = median(found) >= float(limit) if sign == "≥" else median(found) <= float(limit)
    return f"{bound}: {'yes' if keeps else '**no**'}"


def spread(numbers: Sequence[float]) -> str:
    """The median, and the least and the most."""
    if not numbers:
        return "not known"
    low, middle, high = (f"{n:.3g}" for n in (min(numbers), median(numbers), max(numbers)))
    return f"{middle} [{low}–{high}]"


def amount(numbers: Sequence[float | None], unit: str) -> str:
    """A median with its spread, in the unit or its thousandth."""
    known = [number for number in numbers if number is not None]
    if known and median(known) < 0.1:
        known, unit = [number * 1000 for number in known], SMALLER[unit]
    return f"{spread(known)} {unit}" if known else "not known"


def draw(kept: dict[str, Part], to: Path) -> None:
    """Seconds for each report, way by way, and how a chain's load and map grow with its ties."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    settings = {"svg.fonttype": "none", "svg.hashsalt": "benchmark", "font.size": 9}
    with pyplot.rc_context(settings):
        drawing, (bars, lines) = pyplot.subplots(1, 2, figsize=(10, 3.4), width_ratios=(3, 2))
        _bars(bars, kept)
        _lines(lines, kept.get("growth", {}).get("figures", []))
        drawing.tight_layout()
        drawing.savefig(to, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(drawing)


def _bars(axes: Any, kept: dict[str, Part]) -> None:
    times: dict[str, list[float]] = {}
    for part in ("single", "batch"):
        for figure in kept.get(part, {}).get("figures", []):
            for side in () if figure["void"] else (figure["over"], figure["under"]):
                times.setdefault(f"{side['name']} ({part})", []).extend(side["wall"])
    ranked = sorted(times.items(), key=lambda way: -median(way[1]))
    names, middles = [name for name, _ in ranked], [median(runs) for _, runs in ranked]
    beyond = [
        [median(runs) - min(runs) for _, runs in ranked],
        [max(runs) - median(runs) for _, runs in ranked],
    ]
    colours = ["#0B4F7A" if name.startswith("ours") else "#A9B4BC" for name in names]
    axes.barh(names, middles, xerr=beyond, color=colours, ecolor="#333333", capsize=2)
    axes.invert_yaxis()
    axes.set_xlabel("seconds for each report: median, least and most")
    axes.spines[["top", "right"]].set_visible(False)


def _lines(axes: Any, figures: list[dict[str, Any]]) -> None:
    grown: dict[str, dict[int, float]] = {}
    for figure in figures:
        for side in () if figure["void"] else (figure["over"], figure["under"]):
            what = f"{figure['what'].partition(',')[0]}, {figure['unit']}"
            whole = median(side["wall"]) * side["reports"]
            grown.setdefault(what, {})[side["reports"]] = whole
    for (what, found), mark in zip(grown.items(), "os^", strict=False):
        axes.loglog(*zip(*sorted(found.items()), strict=True), marker=mark, label=what)
    axes.set_xlabel("ties of a chain")
    axes.spines[["top", "right"]].set_visible(False)
    if grown:
        axes.legend(frameon=False)
