"""The pen of the static map: land, lines, marks, labels and key of one picture, in CSS pixels.

`places` has the columns that `maps` describes. Names are drawn as they are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path
from pyproj import CRS

from .drawing import ACCENT, COAST, FORMER, HOME, INK, LAND, PAPER, SEA, SECONDARY
from .geography import Panel, dotted, land, place_labels

BORDER, LINE = "#d3cdba", "#0b5c8a"
COLOUR = {"home": HOME, "former": FORMER}  # of a mark; every other place has the accent
TITLE = 24  # height of the inset's title, pixels


def radius(members: Any, most: float, largest: float) -> np.ndarray:
    """The radius of a mark whose area stands for the members; a set one where they are unknown."""
    area = np.divide(np.asarray(members, float), most or 1)
    return np.where(np.isnan(area), 5.5, np.maximum(largest * np.sqrt(area), 2.5))


@dataclass(frozen=True)
class Pen:
    """What the panels of one picture share."""

    ax: Axes
    ruler: RendererAgg  # measures type
    places: pd.DataFrame
    points: np.ndarray  # km
    lines: Sequence[np.ndarray]  # km, from the home town to each other place
    crs: CRS
    big: float  # sizes of type
    small: float
    largest: float  # radius of the mark with most members

    def panel(
        self, panel: Panel, named: np.ndarray, dots: np.ndarray, inset: Panel | None = None
    ) -> None:
        """Sea, land, lines, marks and labels of the `named`; `dots` are named in the inset."""
        frame = self.box(panel.at, facecolor=SEA, edgecolor="none")
        view = panel.view + 4 / panel.scale * np.array([-1, -1, 1, 1])
        rings, borders = ([panel.px(r) for r in p] for p in land(self.crs, 0.8 / panel.scale, view))
        self.outline(rings, frame, facecolor=LAND, edgecolor=COAST, linewidth=0.6)
        self.outline(borders, frame, facecolor="none", edgecolor=BORDER, linewidth=0.8)
        roles, ways = self.places["role"], [panel.px(line) for line in self.lines]
        for path, role in zip(ways, roles[roles != "home"], strict=True):
            gone = {"color": FORMER, "linewidth": 1, "linestyle": (0, (3, 3))}
            look = gone if role == "former" else {"color": LINE, "linewidth": 1.3}
            self.ax.plot(*path.T, **look)[0].set_clip_path(frame)
        at, seen = panel.px(self.points), np.flatnonzero(panel.holds(self.points))
        members = self.places["members"]
        r = np.where(dots, 3, radius(members, members.max(), self.largest))
        taken = [(*(at[i] - r[i]), *(at[i] + r[i])) for i in seen if not named[i]]
        if inset is not None:
            small = (*panel.px(np.array(inset.view[:2])), *panel.px(np.array(inset.view[2:])))
            self.box(small, fill=False, edgecolor=SECONDARY, linewidth=1).set_clip_path(frame)
            ways.append(np.array(shapely.box(*small).exterior.coords))
            taken.append((*inset.at[:3], inset.at[3] + TITLE))
        for i in seen:
            self.mark(
                at[i][0], at[i][1], r[i], roles[i], known=bool(pd.notna(members[i]) or dots[i])
            )
        labels = [i for i in seen if named[i]]
        sizes = np.array([self.label(i, keep=False) for i in labels]).reshape(-1, 2)
        edge, dotted_ways = np.add(panel.at, (5, 3, -5, -3)), [dotted(way, 4) for way in ways]
        boxes = place_labels(
            at[labels], r[labels], sizes, edge, taken, dotted_ways, [*rings, *borders]
        )
        for i, box in zip(labels, boxes, strict=True):
            self.leader(at[i], r[i], box)
            middle = (box[0] + box[2]) / 2
            side = 0 if abs(middle - at[i][0]) < 12 else np.sign(middle - at[i][0])
            align = {0: "center", 1: "left", -1: "right"}[side]
            self.label(i, middle - side * ((box[2] - box[0]) / 2 - 3), box[3], align)

    def leader(self, mark: np.ndarray, r: float, box: np.ndarray) -> None:
        """A thin line from a mark to its label where they stand apart."""
        near = np.clip(mark, box[:2], box[2:])
        gap = np.hypot(*(near - mark))
        if gap > r + 12:
            ends = np.array([mark + (near - mark) * r / gap, near])
            self.ax.plot(*ends.T, color=SECONDARY, linewidth=0.8)

    def box(self, box: Sequence[float], **look: Any) -> Rectangle:
        sides = box[2] - box[0], box[3] - box[1]
        return self.ax.add_patch(Rectangle(box[:2], *sides, **look))

    def outline(self, lines: list[np.ndarray], frame: Rectangle, **look: Any) -> None:
        """Many rings or lines as one path, cut at the frame."""
        if lines:
            codes = [[Path.MOVETO] + [Path.LINETO] * (len(line) - 1) for line in lines]
            path = Path(np.vstack(lines), np.concatenate(codes))
            self.ax.add_patch(PathPatch(path, **look)).set_clip_path(frame)

    def mark(self, x: float, y: float, r: float, role: str, *, known: bool) -> None:
        """A disc; the home town a square; unknown members an open ring; former a dashed ring."""
        colour = COLOUR.get(role, ACCENT)
        look = {"facecolor": colour, "edgecolor": PAPER, "linewidth": 0.8, "zorder": 4}
        if not known or role == "former":
            look |= {"facecolor": PAPER, "edgecolor": colour, "linewidth": 1.8}
        if role == "former":
            look |= {"linestyle": (0, (2, 1.5)), "linewidth": 1.5}
        if role == "home":
            r *= np.pi**0.5 / 2  # a square of the same area
            self.box((x - r, y - r, x + r, y + r), **look)
        else:
            self.ax.add_patch(Circle((x, y), r, **look))

    def write(self, x: float, y: float, words: str, **look: Any) -> float:
        """One line of type; tells how wide it became."""
        look = {"fontsize": self.small, "color": SECONDARY, "zorder": 6} | look
        return float(self.ax.text(x, y, words, **look).get_window_extent(self.ruler).width)

    def label(
        self, i: Any, x: float = 0, y: float = 0, align: str = "left", *, keep: bool = True
    ) -> tuple[float, float]:
        """The name over area and distance, down from y; returns width and height."""
        place = self.places.loc[i]
        second = [place["area"]] + [place["distance_text"]] * (place["role"] != "home")
        name = {"fontsize": self.big, "weight": "bold", "color": COLOUR.get(place["role"], INK)}
        wide = self.write(x, y - self.big, place["label"], ha=align, **name)
        under = y - self.big - 1.2 * self.small
        wide = max(wide, self.write(x, under, " · ".join(filter(None, second)), ha=align))
        if not keep:
            for text in self.ax.texts[-2:]:
                text.remove()
        return wide + 6, self.big + 1.5 * self.small

    def title(self, inset: Panel, words: str) -> None:
        """The inset's title on a bar of its own, and the frame around both."""
        left, bottom, right, top = inset.at
        self.box((left, top, right, top + TITLE), facecolor=PAPER, edgecolor="none")
        self.box((left, bottom, right, top + TITLE), fill=False, edgecolor=SECONDARY, zorder=5)
        self.write(left + 8, top + 7, words, weight="bold")

    def key(self, words: Mapping[str, str], y: float) -> None:
        """Under the map: what the marks mean; only those that are there."""
        members, roles = self.places["members"], self.places["role"]
        most, x = members.max(), 4.0
        entries: list[tuple[str, str, float, bool]] = [(words["home_key"], "home", 5, True)]
        if most > 0:
            large, little = _first_digit(most), _first_digit(most / 6)
            text = f"{large} {words['members_key']}"
            if little < large:
                entries += [
                    (f"{little}", "member", float(radius(little, most, self.largest)), True)
                ]
            entries += [(text, "member", float(radius(large, most, self.largest)), True)]
        if members[roles != "former"].isna().any():
            entries.append((words["unknown_key"], "member", 5.5, False))
        if (roles == "former").any():
            entries.append((words["former_key"], "former", 5.5, True))
        for text, role, r, known in entries:
            wide = self.write(x + 2 * r + 6, y, text, va="center_baseline")
            if x + 2 * r + 6 + wide > self.ax.get_xlim()[1]:
                self.ax.texts[-1].remove()
                x, y = 4.0, y - 22
                self.write(x + 2 * r + 6, y, text, va="center_baseline")
            self.mark(x + r, y, r, role, known=known)
            x += 2 * r + wide + 24


def _first_digit(value: float) -> int:
    """Cut to its first digit: 340 gives 300."""
    unit = 10 ** int(np.log10(max(value, 1)))
    return max(1, int(value // unit * unit))
