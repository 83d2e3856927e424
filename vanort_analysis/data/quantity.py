"""A number with its bounds, kind of doubt, unit and sources; arithmetic that carries the doubt.

Counts, amounts and shares are never below zero: what is not known is at least nothing, so a sum
with an unknown is "at least", and a share of a lower bound is "at most". A column of a
frame holds `Quantity` from the raw row to the page, and `+ - * /` work on it as on numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd


Doubt = Literal["exact", "about", "at_least", "at_most", "between", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number somebody has stated or we have computed, between `low` and `high`.

    `about` says that the bounds are themselves rounded ("ca 100"). `refs` are the raw rows it
    rests on ("membership:3"), `formula` names how it was computed, `reason` says why it is unknown.
    `word` is the source's own word for a bound: over, just_over, under or nearly.
    """

    low: float = 0.0
    high: float = math.inf
    about: bool = False
    unit: str = ""
    text: str = ""
    reason: str = ""
    refs: tuple[str, ...] = ()
    formula: str = ""
    word: str = ""

    @property
    def doubt(self) -> Doubt:
        """The kind of doubt, derived from the bounds."""
        if self.low == self.high:
            return "about" if self.about else ("none" if self.low == 0 else "exact")
        if self.low in (0.0, -math.inf):
            return "unknown" if self.high == math.inf else "at_most"
        return "at_least" if self.high == math.inf else "between"

    @property
    def value(self) -> float | None:
        """The one number to show; none for an interval and for what is unknown."""
        if self.doubt in ("between", "unknown"):
            return None
        return self.high if self.doubt == "at_most" else self.low

    @property
    def is_known(self) -> bool:
        """Whether anything at all is known of the number."""
        return self.doubt != "unknown"

    def __repr__(self) -> str:
        number = f"{self.low:g}–{self.high:g}" if self.value is None else f"{self.value:g}"
        said = self.reason or self.doubt if self.doubt == "unknown" else f"{self.doubt} {number}"
        return f"<{' '.join(filter(None, [said, self.unit]))}, {len(self.refs)} rows>"

    def in_unit(self, unit: str, formula: str = "") -> Quantity:
        """The same number, said to be in `unit`, and how it was computed."""
        return replace(self, unit=unit, text="", formula=formula or self.formula)

    def with_source(self, ref: str, currency: str) -> Quantity:
        """The same number, as a raw row states it; "kr" is the `currency`."""
        return replace(self, unit=currency if self.unit == "kr" else self.unit, refs=(ref,))

    def _with(self, other: Quantity | float, low: float, high: float) -> Quantity:
        other = exact(other)
        unit = self.unit if self.unit == other.unit else self.unit or other.unit
        refs = tuple(dict.fromkeys(self.refs + other.refs))
        return Quantity(low, high, self.about or other.about, unit, refs=refs)

    def __add__(self, other: Quantity | float) -> Quantity:
        other = exact(other)
        if self.unit and other.unit and self.unit != other.unit:
            raise TypeError(f"{self.unit} and {other.unit} cannot be added")
        return self._with(other, self.low + other.low, self.high + other.high)

    __radd__ = __add__

    def __sub__(self, other: Quantity | float) -> Quantity:
        other = exact(other)
        return self + replace(other, low=-other.high, high=-other.low)

    def __rsub__(self, other: float) -> Quantity:
        return exact(other) - self

    def __mul__(self, other: Quantity | float) -> Quantity:
        other = exact(other)
        pairs = product((self.low, self.high), (other.low, other.high))
        corners = [a * b if a and b else 0.0 for a, b in pairs]  # nothing of no end is nothing
        return self._with(other, min(corners), max(corners)).in_unit("")

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity:
        other = exact(other)
        if other.high == 0:
            return self._with(other, 0.0, math.inf).in_unit("")  # by nothing: nothing can be said
        low, high = (1 / bound if bound else math.inf for bound in (other.high, other.low))
        return self * replace(other, low=low, high=high)


UNKNOWN = Quantity(reason="missing")


def exact(
    number: Quantity | float, unit: str = "", refs: tuple[str, ...] = (), formula: str = ""
) -> Quantity:
    """A plain number as a quantity; a quantity as it is."""
    if isinstance(number, Quantity):
        return number
    return Quantity(float(number), float(number), unit=unit, refs=refs, formula=formula)


def total(quantities: Iterable[Quantity], unit: str = "") -> Quantity:
    """The sum; an unknown part makes it a lower bound. Nothing to add is a true zero."""
    return sum(quantities, exact(0, unit))


def share(part: Quantity, whole: Quantity) -> Quantity:
    """`part` of `whole` in per cent; never more than all of it."""
    result = (part / whole * 100).in_unit("percent")
    return replace(result, high=min(result.high, 100.0))


def to_numbers(quantities: Iterable[Quantity]) -> list[float]:
    """The one number of each quantity, NaN where there is none: to sort, to compare, to draw."""
    return [math.nan if of.value is None else of.value for of in quantities]


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts, as `to_dict("records")` gives them, in a fifth of its time."""
    names = list(frame)
    return [dict(zip(names, row, strict=True)) for row in frame.to_numpy("object").tolist()]


def group_by_key(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """The values of each key, in their order."""
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def are_known(quantities: pd.Series) -> pd.Series:
    """Whether anything is known of each quantity: to choose rows by."""
    return quantities.map(lambda of: of.is_known).astype("bool")


def are_exact(quantities: pd.Series) -> pd.Series:
    """Whether each quantity is one number without a doubt: to choose rows by."""
    return quantities.map(lambda of: of.doubt == "exact").astype("bool")


def as_columns(quantities: pd.Series, name: str) -> pd.DataFrame:
    """Quantities as columns of a file: number, bounds (empty = unbounded), doubt, unit, text."""
    import pandas as pd  # what a value is and how it is said is known without

    both = ("exact", "none", "between")
    rows = [
        (
            math.nan if of.value is None else of.value,
            # "ca 100" gets no invented width
            of.low if of.doubt in both or (of.doubt == "at_least" and not of.about) else math.nan,
            of.high if of.doubt in (*both, "at_most") else math.nan,
            *(of.doubt, of.unit, of.text),
        )
        for of in quantities
    ]
    columns = [name, *(f"{name}_{part}" for part in ("low", "high", "doubt", "unit", "text"))]
    return pd.DataFrame(rows, columns=columns, index=quantities.index)
