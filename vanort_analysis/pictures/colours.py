"""The colours of every picture, by day and in a dark scheme: text 4.5:1, marks 3:1."""

INK, SECONDARY = "#1b2a36", "#4a5560"
ACCENT, HOME = "#0b3c5d", "#b03a00"  # places, the home town
SEA, LAND, COAST, BORDER, LINE = "#e8f1f8", "#f3f0e6", "#8a8778", "#d3cdba", "#0b5c8a"
FORMER, GRID, TRACK, PAPER = "#6b6b6b", "#dfe3e6", "#edf0f2", "#ffffff"
DARK = {INK: "#e6ebef", SECONDARY: "#b3bdc6", ACCENT: "#9fcdf0", HOME: "#ffb088"}
DARK |= {SEA: "#16232d", LAND: "#2a3138", COAST: "#7d8a95", BORDER: "#4a555e", LINE: "#6db4e6"}
DARK |= {FORMER: "#a3abb2", GRID: "#37424c", TRACK: "#222d36", PAPER: "#12191f"}
PALE, HALF = 0.22, 0.45  # how much of a colour is left in a tint


def tint(colour: str, share: float, paper: str = PAPER) -> str:
    """A paler colour without transparency: so much of it, the rest paper."""
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * one + (1 - share) * other):02x}" for one, other in pairs)


TINTS = {
    tint(each, share): tint(DARK[each], share, DARK[PAPER])
    for each in (ACCENT, HOME, FORMER)
    for share in (PALE, HALF)
}
