"""How a place and its line look: the same in the printed map and in the one to click in."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .drawing import ACCENT, FORMER, HOME, PAPER

BORDER, LINE = "#d3cdba", "#0b5c8a"
MANY = 200  # more places than these are small, their lines thin, and not every one has a name
COLOUR = {"home": HOME, "former": FORMER}  # of a mark; every other place has the accent
WAY = {"fill": False, "edgecolor": LINE, "linewidth": 1.3}
GONE = WAY | {"edgecolor": FORMER, "linewidth": 1, "linestyle": (0, (3, 3))}


def radius(members: Any, most: float, largest: float) -> Any:
    """The radius of a mark whose area stands for the members; a set one where they are unknown."""
    area = np.divide(np.asarray(members, float), most or 1)
    return np.where(np.isnan(area), 5.5, np.maximum(largest * np.sqrt(area), 2.5))


def mark(
    ax: Axes, role: str, r: Any, label: str = "", at: Any = (np.nan, np.nan), known: bool = True
) -> Any:
    """A disc; the home town a square; unknown members an open ring; former a dashed ring."""
    colour, home = COLOUR.get(role, ACCENT), role == "home"
    look = {"facecolor": colour, "edgecolor": PAPER, "linewidth": 0.8}
    if role == "former" or not (known or home):
        look = {"facecolor": PAPER, "edgecolor": colour, "linewidth": 1.8}
    if role == "former":
        look |= {"linewidth": 1.5, "linestyle": (0, (2, 1.5))}
    shape = {"marker": "s" if home else "o", "s": (np.pi if home else 4) * r**2}  # of equal area
    return ax.scatter(*at, label=label, zorder=4 + home, **shape, **look)
