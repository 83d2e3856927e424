"""Charts of the chain: frame and words to SVG text, in a wide drawing and one for phones.

`picture` makes the frames; every word in a chart comes from its frame or from `words`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .bars import SURE, UNKNOWN, bars, cut, drawn, name_rows, pale, ranged, say, sheet
from .drawing import ACCENT, FORMER, HOME, INK, PAPER, SECONDARY

Words = Mapping[str, str]
SHAPES = {"meeting": "o", "seminar": "D", "conference": "s", "announced": "o"}


@drawn
def members(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Members of each place."""
    fig, (ax,) = sheet(34 * len(frame) + 8, narrow)
    bars(ax, frame.assign(value=frame["members"]), "place", narrow)
    return fig


@drawn
def support(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Support a year, as a whole and for each member, beside what is proposed."""
    panels = {"nrows": 2} if narrow else {"ncols": 2}
    fig, axes = sheet((34 * len(frame) + 36) * (1 + narrow), narrow, **panels)
    for ax, column, title in zip(axes, ("local", "each"), ("sum", "each"), strict=True):
        shown = frame[f"shown_{column}"].astype(str)
        shown = shown.where(~frame["proposed"], shown + f" ({words['proposed']})")
        shown = shown.where(frame[column].notna(), frame["why"])
        rows = frame.assign(value=frame[column], shown=shown, home=frame["proposed"])
        bars(ax, rows, "place", narrow)
        ax.set_title(cut(words[title], 40), loc="left", fontsize=13, color=SECONDARY, gid="strong")
    axes[1].tick_params(labelleft=narrow)
    return fig


@drawn
def survey_towns(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Two waves as two values and a difference."""
    fig, (ax,) = sheet(34 * len(frame) + 56, narrow)
    bars(ax, frame, "wave", narrow, derived=words["derived"])
    if len(frame) == 2 and frame["value"].notna().all():
        before, now = frame["value"]
        ax.set_ylim(2.4, -0.5)
        ax.vlines([before, now], [0.3, 1.3], 1.8, color=SECONDARY, lw=1, linestyle=(0, (2, 2)))
        ax.plot([before, now], [1.75, 1.75], color=INK, lw=1)
        ax.plot(now, 1.75, marker=">" if now > before else "<", ms=5, color=INK)
        say(ax, words["change"], ((before + now) / 2, 1.8), (0, -6), va="top", gid="strong")
    return fig


@drawn
def survey_shares(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Shares of one whole."""
    fig, (ax,) = sheet(34 * len(frame) + 8, narrow)
    rows = frame.assign(value=frame["share"])
    bars(ax, rows, "group", narrow, 100, words["derived"])
    return fig


@drawn
def survey_bounds(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """A share as a point, or between two bounds."""
    fig, (ax,) = sheet(58 * len(frame) + 34, narrow)
    name_rows(ax, frame["label"], narrow)
    ax.set(xlim=(0, 100), xticks=range(0, 101, 25))
    ax.xaxis.set_major_formatter(lambda tick, _: cut(words["percent"], 9).format(f"{tick:.0f}"))
    ax.grid(axis="x")
    for i, row in enumerate(frame.itertuples()):
        ends = (row.low, row.high) if pd.isna(row.value) else (row.value, row.value)
        ends, look = (ends, pale(ACCENT, "-")) if ends[0] <= ends[1] else ((0, 0), UNKNOWN)
        ranged(ax, i + 0.15, ends, 0.22, SURE if ends[0] == ends[1] > 0 else look)
        ha = "left" if look is UNKNOWN else "center"
        say(ax, row.shown, (sum(ends) / 2, i + 0.15), (0, 15), ha=ha, gid="strong")
    return fig


@drawn
def national(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Stated figures: at a year, over the years they may be of; a ring is an unknown one."""
    fig, (ax,) = sheet(420 if narrow else 360, narrow)
    years = frame[["low_year", "high_year"]].to_numpy(float)
    finite = [*years[np.isfinite(years)], float(words["until"])]
    more, most = max(2.0, np.ptp(finite) * 0.2), max(1.0, *frame["value"].fillna(0))
    last = max(finite) + (more if np.isposinf(years).any() else 0.5)
    ax.set(xlim=(min(finite) - more, last), ylim=(0, most * 1.04))
    _years(ax, finite, 4 if narrow else 7)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    gap = words.get("thousands", "\u00a0")[:1]
    ax.yaxis.set_major_formatter(lambda tick, _: f"{tick:,.0f}".replace(",", gap))
    ax.grid(axis="y")
    ax.axhline(0, color=INK, linewidth=1)
    for row in frame.drop_duplicates().itertuples():
        known, ends = pd.notna(row.value), (row.low_year, row.high_year)
        y = row.value if known else most * 0.03
        look = UNKNOWN if not known else pale(ACCENT) if row.about else SURE
        ranged(ax, y, ends, most * 0.025, look)
        closed = [year for year in ends if np.isfinite(year)] or [last]
        at, ha = (np.mean(closed), y), "right" if ends[0] == -np.inf else "left"
        look = {"ha": "center" if len(closed) == 2 else ha, "va": "baseline"}
        up = ends[0] != ends[1] or y < most / 4  # a year's words stand under those of a range
        say(ax, row.shown, at, (0, 27 if up else -21), gid="strong", **look)
        say(ax, row.year_shown, at, (0, 12 if up else -36), color=SECONDARY, **look)
    return fig


def _years(ax: Axes, years: Sequence[float], most: int) -> None:
    """Ticks at whole years, none of them outside."""
    ticks = MaxNLocator(most, integer=True).tick_values(min(years), max(years))
    ax.set_xticks([tick for tick in ticks if min(years) <= tick <= max(years)])
    ax.xaxis.set_major_formatter("{x:.0f}")


@drawn
def hosts(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """Who has hosted when; lines run from the last known meeting to the report year."""
    frame, until = frame.drop_duplicates(["place", "year", "kind"]), float(words["until"])
    years, places = [until, *frame["year"].dropna()], frame.groupby("place", sort=False)
    fig, (ax,) = sheet(40 * len(places) + (110 if narrow else 64), narrow)
    name_rows(ax, places.groups, narrow, places["home"].any())
    pad = max(1.0, np.ptp(years) * 0.03)
    ax.set_xlim(min(years) - pad, max(years) + pad)
    _years(ax, years, 4 if narrow else 6)
    ax.grid()
    key = {}
    for y, (_, own) in enumerate(places):
        colour, said = HOME if own["home"].any() else ACCENT, np.inf
        held = own["year"][own["kind"] == "meeting"].max()
        if words.get("since") and held < until:
            key[words["since"]] = ax.plot((held, until), (y, y), color=colour, alpha=0.45)[0]
        if own["year"].isna().all():
            ax.plot(min(years), y, "o", ms=9, mfc=PAPER, mec=FORMER, mew=1.6)
            beside = {"ha": "left", "va": "center", "backgroundcolor": PAPER}
            say(ax, words["never"], (min(years), y), (10, 0), color=SECONDARY, **beside)
        for year, kinds in reversed(list(own.groupby("year")["kind"])):
            for i, kind in enumerate(kinds):
                look = {"ms": 8, "mec": colour, "mfc": PAPER if kind == "announced" else colour}
                (mark,) = ax.plot(year, y + i * 0.3, SHAPES[kind], mew=1.6, **look)
                key = {words[kind]: mark} | key
            if said - year > np.ptp(years) / (6 if narrow else 17):  # what its words take
                said = year
                say(ax, f"{year:.0f}", (year, y), (0, 7), fontsize=12)
    names = [cut(word, 20 if narrow else 36, 2) for word in key]
    columns = 2 if narrow else 5 if len("".join(names)) < 110 else 3
    look = {"handlelength": 1, "borderaxespad": 0, "borderpad": 0, "ncols": columns}
    fig.legend(key.values(), names, loc="outside upper left", **look)
    return fig


@drawn
def chain_size(frame: pd.DataFrame, words: Words, narrow: bool) -> Figure:
    """How many places there were; dashed by contact years, where these differ."""
    until = int(words["until"])
    steps = frame[frame["year"] <= until].sort_values("year", kind="stable")
    main, other = (steps[steps["by"] == by] for by in ("admitted", "contact"))
    main, other = (main, other) if len(main) else (other, main)
    fig, (ax,) = sheet(430 if narrow else 400, narrow)
    ax.axhline(0, color=INK, linewidth=1)
    thin = {"color": SECONDARY, "linewidth": 1.4, "linestyle": (0, (4, 2.5))}
    for rows, look in ((other, thin), (main, {"color": ACCENT, "linewidth": 2.6})):
        x = [*rows["year"].head(1), *rows["year"], until]
        y = [0, *rows["places"], *rows["places"].tail(1)]
        steps_of = {"drawstyle": "steps-post", "estimator": None, "sort": False}
        sns.lineplot(x=x[-len(y) :], y=y, ax=ax, **steps_of, **look)
    first = min(until, until - 1, *main["year"])
    _years(ax, (first, until), 4 if narrow else 6)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.grid(axis="y")
    ax.set(xlim=(first - 0.5, until), ylim=(0, max([1, *main["places"]]) * 1.06))
    for step, change in zip(main.itertuples(), main["places"].diff().fillna(1), strict=True):
        look = {"mfc": PAPER, "mec": FORMER} if change < 0 else {"mfc": ACCENT, "mec": PAPER}
        ax.plot(step.year, step.places, "o", ms=8, **look)
        early = change < 0 or 2 * (step.year - first) < until - first  # room at the right, below
        ha, va, *away = ("left", "top", 8, -4) if early else ("right", "bottom", -12, -2)
        look = {"ha": ha, "va": va, "color": FORMER if change < 0 else INK}
        at, said = (step.year, step.places), f"{step.year} {step.label}"
        say(ax, said, at, away, wide=24 if narrow else 40, **look)
    for total in main["places"].tail(1):
        look = {"ha": "left", "va": "center", "color": ACCENT, "fontsize": 17}
        say(ax, total, (until, total), (8, 0), **look)
    aside = other[~other["year"].isin(main["year"])]
    for step in aside.head(1).itertuples():
        said = ", ".join(aside["year"].astype(str) + " " + aside["label"])
        look = {"ha": "right", "va": "center", "color": SECONDARY, "wide": 24}
        say(ax, f"{words['contact_label']}: {said}", (step.year, step.places), (-8, 0), **look)
    return fig
