"""A figure's SVG made small: glyphs as outlines in whole units, what looks the same drawn as one.

Outlines are the same on every machine; the type of a reader's machine would not fit its room.

One style for every picture: sizes in CSS pixels, glyphs as paths, the same bytes each time.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from itertools import groupby
from string import ascii_letters
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

GLYPH, UNITS = "scale(0.015625)", 64  # of an outline 6400 units an em; what we keep of them
UNSAID = {("x", "0"), ("y", "0"), ("stroke-width", "1"), ("stroke-dashoffset", "0")}
LINE = re.compile(r'<g transform="translate\((.*?),(.*?)\)scale\((.*?)\)"(.*?)>(.*)</g>', re.S)
OUTLINE = re.compile(' d="(.*?)"')


def compact(svg: str, ink: str, halo: str = "") -> str:
    """The same picture in few bytes; what is filled with `ink` does not say so.

    `halo`: type stands on the same type, wide and in this colour, so that it can be read on a
    coast. Type with the gid "strong" is drawn thicker: a bold typeface would bring its outlines.
    """
    root = ET.fromstring(svg)
    for node in root.iter():
        for part in node.attrib.pop("style", "").split("; "):
            key, _, value = part.partition(": ")
            if value not in {"", "miter", "butt", "square"} and (key, value) != ("fill", ink):
                node.set(key, value)
        if node.tag == "path":
            glyph = node.attrib.pop("transform", "") == GLYPH
            node.set("d", _path_of(node.get("d", ""), UNITS / 6400 if glyph else 10, glyph))
        if node.get("id") == "strong":
            look = node[0].get("style", "")
            node[0].set(
                "style", f"{look}; {look.replace('fill', 'stroke')}; stroke-width: {UNITS / 25:.1f}"
            )
    marks = {f"#{path.get('id')}": path for path in root.iter("path")}
    for use in root.iter("use"):  # what the mark itself says need not be said again
        for key in use.attrib.keys() - {"href"}:
            use.set(key, re.sub(r"^-?\d+\.\d+$", _tenths, use.attrib[key]))
            if key in marks[use.attrib["href"]].attrib:
                del use.attrib[key]
    _set_type(root, marks, halo)
    called = re.findall(r'(?:href="|url\()#([^")]+)', ET.tostring(root, "unicode"))
    in_order = enumerate(dict.fromkeys(called))
    short = {name: ascii_letters[n % 52] * (1 + n // 52) for n, name in in_order}
    for node in root.iter():
        if (name := node.attrib.pop("id", "")) in short:
            node.set("id", short[name])
    del root.attrib["version"]
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "stroke-linejoin": "round"}
    text = _pieces(root)[0].replace("<svg", f'<svg fill="{ink}"', 1)
    return re.sub(r'((?:href="|url\()#)([^")]+)', lambda m: m[1] + short[m[2]], text)


def _set_type(root: ET.Element, marks: Mapping[str, ET.Element], halo: str) -> None:
    """Set lines of type from glyphs in whole units; a beginning that comes again is the first."""
    placed: dict[ET.Element, complex] = {}
    named: dict[tuple[str, ...], str] = {}
    lines = [g for g in root.iter("g") if "scale(" in g.get("transform", "")]
    spelled = [
        [use for use in line.findall("use") if marks[use.attrib["href"]].get("d")] for line in lines
    ]
    begun = [
        [tuple(str(u.attrib) for u in uses[: n + 1]) for n in range(len(uses))] for uses in spelled
    ]
    often = Counter(start for starts in begun for start in starts)
    longer = {start[:-1] for start, times in often.items() if often[start[:-1]] == times}
    shared = {s for s, times in often.items() if (times - 1) * (len(s) - 1) > 1} - longer
    for line, uses, starts in zip(lines, spelled, begun, strict=True):
        move, size = line.attrib["transform"].split(" scale(")
        scale = 100 / UNITS * float(size.split()[0])
        move = re.sub(r"-?\d+\.\d+", _tenths, move).replace(" ", ",")
        line.set("transform", f"{move}scale({scale:.4g})".replace("(0.", "(."))
        known = max((n for n, start in enumerate(starts) if start in named), default=-1)
        parts = [ET.Element("use", href=f"#{named[starts[known]]}")] if known >= 0 else []
        for use, start in list(zip(uses, starts, strict=True))[known + 1 :]:
            glyph = marks[use.attrib["href"]]
            x, y = map(float, re.findall(r"-?[\d.]+", use.attrib.pop("transform", "0 0")))
            at = complex(round(x * UNITS / 100), -round(y * UNITS / 100))
            if glyph in placed:
                away = at - placed[glyph]
                use.attrib |= {"x": f"{away.real:.0f}", "y": f"{away.imag:.0f}"}
            else:
                placed[glyph] = at
                _, left, up, rest = re.split(r"M(-?\d+),?(-?\d+)", glyph.attrib["d"], maxsplit=1)
                glyph.set("d", f"M{int(left) + at.real:.0f},{int(up) + at.imag:.0f}{rest}")
            parts.append(use if "x" in use.attrib else glyph)
            if start in shared or (halo and start == starts[-1]):
                named[start] = f"line_{len(named)}"
                group = ET.Element("g", id=named[start])
                group.extend(parts)
                parts = [group]
        line[:] = parts
        if halo and uses:
            look = {"stroke": halo, "stroke-width": f"{2.6 / scale:.0f}", "opacity": ".75"}
            line.insert(0, ET.Element("use", look, href=f"#{named[starts[-1]]}"))


def _pieces(node: ET.Element) -> list[str]:
    """An element without what is not seen: empty groups and paths, defaults."""
    inner = [piece for child in node for piece in _pieces(child)]
    look = dict(pair for pair in node.attrib.items() if pair not in UNSAID)
    if node.tag == "g" and not look:
        return inner
    unseen = look.get("fill") == look.get("stroke", "none") == "none" or look.get("d") == ""
    if unseen or node.tag in {"metadata", "style"} or (node.tag in {"g", "defs"} and not inner):
        return []
    said = node.tag + "".join(f' {key}="{value}"' for key, value in look.items())
    return [f"<{said}>{_joined(inner)}</{node.tag}>" if inner else f"<{said}/>"]


def _joined(pieces: list[str]) -> str:
    """Neighbours that look the same as one: paths, and lines of type of one size."""
    out = ""
    for (kind, *look), same in groupby(pieces, _look):
        found = list(same)
        if kind == "path":
            steps = "".join(OUTLINE.findall(piece)[0] for piece in found)
            found = [OUTLINE.sub(f' d="{steps}"', found[0])]
        elif kind == "line" and len(found) > 1:
            lines = [LINE.findall(piece)[0] for piece in found]
            at = [
                f"{float(x) / float(scale):.0f},{float(y) / float(scale):.0f}"
                for x, y, scale, *_ in lines
            ]
            inner = "".join(
                f'<g transform="translate({place})">{line[4]}</g>'
                for place, line in zip(at, lines, strict=True)
            )
            found = [f'<g transform="scale({look[0]})"{look[1]}>{inner}</g>']
        out += "".join(found)
    return out


def _look(piece: str) -> tuple[str, ...]:
    """What neighbours must share to be drawn as one."""
    if line := LINE.fullmatch(piece):
        return "line", line[3], line[4]
    if piece.startswith("<path") and not re.search("opacity| id=", piece):
        return "path", OUTLINE.sub("", piece)
    return ("",)


def _path_of(path: str, per: float, glyph: bool) -> str:
    """A path in short steps, each from the point before: a third of the length.

    Steps are tenths of a pixel; those of a glyph are whole units, upside down.
    """
    parts: list[tuple[str, list[complex]]] = [("", [0j])]
    for letter, said in re.findall(r"([MLQCz])([^MLQCz]*)", path):
        x = [float(number) * per for number in said.split()]
        points = [complex(x[i], -x[i + 1] if glyph else x[i + 1]) for i in range(0, len(x), 2)]
        parts.append((letter, points))
        if letter == parts[-2][0] == "Q" and (
            bend := _bend(parts[-3][1][-1], *parts[-2][1], *points)
        ):
            parts[-2:] = [("q", [bend, points[1]])]  # small: not to be made one with the next
    out, last = "", ""
    at = start = knee = 0j
    for letter, exact in parts[1:]:
        command, points = letter.lower(), [complex(round(p.real), round(p.imag)) for p in exact]
        steps = [part for point in points for part in ((point - at).real, (point - at).imag)]
        if command == "m":
            command, start = "m" if out else "M", points[0]
        elif command == "l" and 0 in steps:
            command, steps = ("v", steps[1:]) if steps[0] == 0 else ("h", steps[:1])
        elif command == "q":
            if last in {"q", "t"} and abs(2 * at - knee - points[0]) < 2:  # goes on smoothly
                command, steps, points[0] = "t", steps[2:], 2 * at - knee
            knee = points[0]
        text = ",".join(f"{step:.0f}" if glyph else _short(step) for step in steps)
        out += ("," if command == last else command) + text
        at, last = points[-1] if points else start, "l" if command == "m" else command
    return out.replace(",-", "-")


def _bend(start: complex, knee: complex, middle: complex, far: complex, end: complex) -> complex:
    """Two curves of a glyph that make one bend: its knee; 0 where the eye would see it."""
    out, back = knee - start, far - end
    turn = (out.conjugate() * back).imag
    bend = start + out * ((end - start).conjugate() * back).imag / turn if turn else 0j
    return bend if abs(start + 2 * bend + end - 4 * middle) < 5 else 0j


def _short(tenths: float) -> str:
    return f"{tenths / 10:g}".replace("0.", ".", abs(tenths) < 10)


def _tenths(number: re.Match[str]) -> str:
    return _short(round(float(number[0]) * 10))


INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME = "#0b3c5d", "#b03a00"  # places, the home town
SEA, LAND, COAST = "#e8f1f8", "#f3f0e6", "#8a8778"
FORMER, GRID, PAPER = "#6b6b6b", "#dfe3e6", "#ffffff"

PX = 1 / 72  # a figure of 960 * PX inches is 960 CSS pixels wide; font sizes are CSS pixels too
STYLE: Mapping[str, Any] = {
    "font.family": ["Source Sans Pro", "DejaVu Sans"],  # the second for other scripts
    "font.size": 13,
    "text.color": INK,
    "text.parse_math": False,  # a name with $ in it is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "vanort",
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 1,
    "xtick.color": SECONDARY,
    "ytick.color": SECONDARY,
    "xtick.bottom": False,
    "ytick.left": False,
    "lines.linewidth": 2,
    "legend.frameon": False,
}


@cache
def _typeface() -> None:
    """Make matplotlib know the typeface that the package font-source-sans-pro brings."""
    (found,) = entry_points(group="fonts_ttf", name="sourcesansttf")
    files = found.load()
    fonts = font_manager.fontManager
    for name in ("SourceSansPro", "SourceSansProIt", "SourceSansProBold"):
        fonts.addfont(files[name])
        fonts.ttflist.insert(0, fonts.ttflist.pop())  # ahead of one the machine may have


@contextmanager
def style() -> Iterator[None]:
    """Draw inside `with style():`; what was set before is set again afterwards."""
    _typeface()
    with mpl.rc_context(dict(STYLE)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # drawn as an empty box
        yield


def svg(fig: Figure, halo: bool = True) -> str:
    """The figure as compact SVG text in CSS pixels, the same each time; call it inside `style()`.

    `halo`: type has a pale edge. Type with the gid "strong" is drawn thicker.
    """
    out = io.StringIO()
    fig.savefig(out, format="svg", metadata={"Date": None})
    text = re.sub(r"<!--.*?-->| xmlns=\S+|xlink:(?=href)", "", out.getvalue(), flags=re.S)
    text = text[text.index("<svg") :].replace('pt"', '"', 2)
    return compact(text, INK, PAPER if halo else "")
