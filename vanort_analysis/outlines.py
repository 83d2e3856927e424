"""The outline of a shape or a glyph as the shortest text of a path."""

import re


def path_of(path: str, per: float, glyph: bool) -> str:
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
        text = ",".join(f"{step:.0f}" if glyph else short(step) for step in steps)
        out += ("," if command == last else command) + text
        at, last = points[-1] if points else start, "l" if command == "m" else command
    return out.replace(",-", "-")


def _bend(start: complex, knee: complex, middle: complex, far: complex, end: complex) -> complex:
    """Two curves of a glyph that make one bend: its knee; 0 where the eye would see it."""
    out, back = knee - start, far - end
    turn = (out.conjugate() * back).imag
    bend = start + out * ((end - start).conjugate() * back).imag / turn if turn else 0j
    return bend if abs(start + 2 * bend + end - 4 * middle) < 5 else 0j


def short(tenths: float) -> str:
    return f"{tenths / 10:g}".replace("0.", ".", abs(tenths) < 10)


def tenths(number: re.Match[str]) -> str:
    return short(round(float(number[0]) * 10))
