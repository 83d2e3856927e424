"""Where labels may stand, so that none stands on a mark or on another label. Pixels; pure."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

Box = tuple[float, float, float, float]  # left, bottom, right, top
# Where a label may stand, by compass: the point of the mark's box it hangs on (0 to 1), the point
# of its own box that comes there, and the way to step aside.
SIDES: Mapping[str, tuple[float, ...]] = {
    "N": (0.5, 1, 0.5, 0, 0, 1),
    "S": (0.5, 0, 0.5, 1, 0, -1),
    "E": (1, 0.5, 0, 0.5, 1, 0),
    "W": (0, 0.5, 1, 0.5, -1, 0),
    "NE": (0, 1, 0, 0, 0, 1),  # over the mark, running on to the right
    "NW": (1, 1, 1, 0, 0, 1),
    "SE": (0, 0, 0, 1, 0, -1),
    "SW": (1, 0, 1, 1, 0, -1),
}


def place(
    marks: Sequence[Box],
    sizes: Sequence[tuple[float, float]],
    sides: Sequence[str],
    within: Box,
    lines: np.ndarray,
) -> list[Box]:
    """A box for each label, near its mark: off all marks, other labels and the points of `lines`.

    Each label has its `sides`, the best first ("NE W"). What fits nowhere gets the least bad place;
    the order of the marks is the order of choice.
    """
    taken, out = [*marks], []
    for mark, (wide, high), own in zip(marks, sizes, sides, strict=True):
        best, least = mark, np.inf
        for n, (away, side) in enumerate(product((6, 16, 30, 46, 64, 84, 110, 140), own.split())):
            on_x, on_y, own_x, own_y, right, up = SIDES[side]
            x = mark[0] + on_x * (mark[2] - mark[0]) - own_x * wide + right * away
            y = mark[1] + on_y * (mark[3] - mark[1]) - own_y * high + up * away
            box = (x, y, x + wide, y + high)
            cost = n + 1e5 * sum(max(0, over) for over in _beyond(box, within))
            cost += 10 * sum(shared(box, other) for other in taken)
            on = (lines > (x - 3, y - 2)) & (lines < (x + wide + 3, y + high + 2))
            cost += 40 * int(on.all(axis=1).sum())
            if cost < least:
                best, least = box, cost
        taken.append(best)
        out.append(best)
    return out


def _beyond(box: Box, within: Box) -> Box:
    return within[0] - box[0], within[1] - box[1], box[2] - within[2], box[3] - within[3]


def shared(a: Box, b: Box) -> float:
    """How many pixels two boxes have in common."""
    across, up = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return across * up if across > 0 and up > 0 else 0.0


def apart(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Middles as near as can be to where they are wanted, from the top down, none on another."""
    out: list[float] = []
    edge = high
    for y, tall in zip(wanted, heights, strict=True):
        out.append(min(y, edge - tall / 2))
        edge = out[-1] - tall / 2
    edge = low
    for i in reversed(range(len(out))):
        out[i] = max(out[i], edge + heights[i] / 2)
        edge = out[i] + heights[i] / 2
    return out
