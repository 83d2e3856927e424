"""Arithmetic with doubt: bounds are never lost, and nothing unknown becomes zero."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanort_analysis.data.quantity import (
    UNKNOWN,
    Quantity,
    are_known,
    exact,
    share,
    to_numbers,
)
from vanort_analysis.data.spelling import parse_quantity
from vanort_analysis.language import Text
from vanort_analysis.publish.tables import as_columns

wholes = st.integers(min_value=1, max_value=10**6).map(float)
truths = st.tuples(wholes, st.sampled_from(["exact", "at_least", "at_most", "between", "unknown"]))


def known_of(truth: float, doubt: str) -> Quantity:
    """What one may know of a true number."""
    return {
        "exact": Quantity(truth, truth),
        "at_least": Quantity(truth / 2, math.inf),
        "at_most": Quantity(0, truth * 2),
        "between": Quantity(truth / 2, truth * 2),
        "unknown": UNKNOWN,
    }[doubt]


def holds(quantity: Quantity, truth: float) -> bool:
    slack = 1e-9 * max(1.0, abs(truth))
    return quantity.low - slack <= truth <= quantity.high + slack


@given(st.lists(truths, min_size=1, max_size=8))
def test_a_sum_never_loses_the_truth(parts: list[tuple[float, str]]) -> None:
    whole = sum(known_of(truth, doubt) for truth, doubt in parts)
    assert holds(whole, sum(truth for truth, _ in parts))


@given(truths, truths)
def test_a_ratio_and_a_product_never_lose_the_truth(
    a: tuple[float, str], b: tuple[float, str]
) -> None:
    (x, _), (y, _) = a, b
    assert holds(known_of(*a) / known_of(*b), x / y)
    assert holds(known_of(*a) * known_of(*b), x * y)


@given(st.lists(truths, min_size=1, max_size=8), st.integers(min_value=0, max_value=7))
def test_a_share_never_loses_the_truth(parts: list[tuple[float, str]], which: int) -> None:
    truth, doubt = parts[which % len(parts)]
    whole = sum(known_of(t, d) for t, d in parts)
    assert holds(share(known_of(truth, doubt), whole), 100 * truth / sum(t for t, _ in parts))


@given(st.lists(wholes, min_size=1, max_size=8))
def test_a_sum_with_an_unknown_is_at_least_the_known(parts: list[float]) -> None:
    whole = sum(map(exact, parts), UNKNOWN)
    assert whole.doubt == "at_least"
    assert whole.value == pytest.approx(sum(parts))


@given(wholes, wholes)
def test_a_share_of_a_lower_bound_is_at_most(part: float, rest: float) -> None:
    of = share(exact(part), exact(part + rest) + UNKNOWN)
    assert of.doubt == "at_most"
    assert of.high == pytest.approx(100 * part / (part + rest))


@given(wholes, wholes)
def test_a_ratio_of_an_about_is_about(a: float, b: float) -> None:
    assert (Quantity(a, a, about=True) / exact(b)).doubt == "about"
    assert (exact(a) / Quantity(b, b, about=True)).doubt == "about"


@given(wholes)
def test_nothing_unknown_becomes_zero(number: float) -> None:
    for result in (UNKNOWN + UNKNOWN, UNKNOWN * exact(number), UNKNOWN / exact(number)):
        assert result.doubt == "unknown"
        assert result.value is None


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["sv", "en"]), st.data())
def test_what_is_shown_means_what_was_read(number: int, language: str, data: st.DataObject) -> None:
    written = data.draw(
        st.sampled_from([f"{number}", f"ca {number}", f"minst {number}", f"högst {number + 1}"])
    )
    read = parse_quantity(written)
    shown = (
        Text(language).format_quantity(read).replace(",", " ")
        if language == "en"
        else Text(language).format_quantity(read)
    )
    again = parse_quantity(shown)
    if number < 10**6:  # larger numbers are shown in words, rounded
        assert (again.low, again.high, again.doubt) == (read.low, read.high, read.doubt)


def test_a_true_zero_is_a_number_and_not_a_gap() -> None:
    nothing = parse_quantity("inget ekonomiskt bidrag")
    assert (nothing.doubt, nothing.value) == ("none", 0)
    assert (nothing + exact(5)).value == 5


def test_currencies_are_never_added_up() -> None:
    with pytest.raises(TypeError):
        parse_quantity("100 DKK") + parse_quantity("100 SEK")


def test_a_result_remembers_the_rows_it_rests_on() -> None:
    a, b = exact(1, refs=("membership:2",)), exact(2, refs=("membership:3",))
    assert sum([a, b]).refs == ("membership:2", "membership:3")
    assert share(a, a + b).refs == ("membership:2", "membership:3")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1 250 000 SEK", "1 250 000 kr"),
        ("ca 60–80", "ca 60–80"),
        ("minst ca 100", "minst ca 100"),
    ],
)
def test_nothing_is_rounded_or_sharpened_in_showing(written: str, shown: str) -> None:
    assert Text("sv").format_quantity(parse_quantity(written)).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("written", "word", "doubt"),
    [
        ("minst 100", "", "at_least"),
        ("mer än 100", "over", "at_least"),
        ("drygt 100", "just_over", "at_least"),
        ("högst 100", "", "at_most"),
        ("färre än 100", "under", "at_most"),
        ("nearly 80 %", "nearly", "at_most"),
        ("ca 100", "", "about"),
    ],
)
def test_a_bound_keeps_the_word_of_its_source_until_it_is_reckoned_with(
    written: str, word: str, doubt: str
) -> None:
    read = parse_quantity(written)
    assert (read.word, read.doubt) == (word, doubt)
    assert read.in_unit("persons").word == word
    assert (read + 1).word == ""


def test_a_column_is_asked_what_is_known_of_it() -> None:
    assert are_known(pd.Series([exact(1), UNKNOWN], index=[4, 7])).to_dict() == {4: True, 7: False}
    assert are_known(pd.Series([], dtype=object)).dtype == bool


ROUND, OPEN = Quantity(9, 9, about=True), Quantity(3, math.inf)
COLUMN = pd.Series([exact(5), exact(0), Quantity(2, 4), Quantity(0, 7), ROUND, OPEN, UNKNOWN])


def test_a_column_is_chosen_from_and_drawn_by_what_is_sure_of_it() -> None:
    assert to_numbers(COLUMN) == pytest.approx([5, 0, math.nan, 7, 9, 3, math.nan], nan_ok=True)


def test_a_file_gets_no_bound_that_nobody_stated() -> None:
    column = pd.Series([*COLUMN, Quantity(100, math.inf, about=True)], index=range(2, 10))
    made = as_columns(column, "x")
    assert list(made) == ["x", "x_low", "x_high", "x_doubt", "x_unit", "x_text"]
    assert list(made.index) == list(column.index)
    bounds = made[["x", "x_low", "x_high"]].astype(object).where(made.notna(), None).to_numpy()
    assert bounds.tolist() == [
        [5, 5, 5],
        [0, 0, 0],
        [None, 2, 4],
        [7, None, 7],
        [9, None, None],
        [3, 3, None],
        [None, None, None],
        [100, None, None],
    ]
    said = as_columns(pd.Series([parse_quantity("ca 7 DKK")]), "x").loc[
        0, ["x_doubt", "x_unit", "x_text"]
    ]
    assert said.tolist() == ["about", "DKK", "ca 7 DKK"]


def test_by_nothing_nothing_can_be_said() -> None:
    assert (exact(15000, "SEK") / exact(0)).doubt == "unknown"
    assert (exact(15000, "SEK") / exact(0)).unit == ""
    assert (exact(15000) / Quantity(0, 5)).doubt == "at_least"


def test_the_bounds_of_a_difference_are_the_farthest_apart() -> None:
    left = 10 - Quantity(2, 4, unit="persons")
    assert (left.low, left.high, left.unit) == (6, 8, "persons")
    left = Quantity(5, 9) - Quantity(2, 4)
    assert (left.low, left.high, left.doubt) == (1, 7, "between")
    assert (Quantity(0, 5) - UNKNOWN).doubt == "at_most"


def test_nothing_times_what_nobody_knows_is_nothing() -> None:
    assert (exact(0) * UNKNOWN).doubt == (UNKNOWN * exact(0)).doubt == "none"
    assert (exact(0) * (exact(5) - UNKNOWN)).doubt == "none"


def test_a_part_is_never_more_than_the_whole() -> None:
    of = share(Quantity(0, 300), exact(200))
    assert (of.low, of.high, of.unit) == (0, 100, "percent")


@pytest.mark.parametrize("part", [exact(5), Quantity(5, 9), Quantity(5, math.inf)])
def test_a_part_that_is_larger_than_the_whole_is_all_of_it(part: Quantity) -> None:
    of = share(part, exact(4))
    assert (of.low, of.high) == (100, 100)


def test_a_share_of_what_nobody_knows_is_unknown() -> None:
    for of in (share(exact(5), UNKNOWN), share(UNKNOWN, exact(4))):
        assert (of.doubt, of.unit, of.high) == ("unknown", "percent", math.inf)


def test_a_result_has_the_unit_that_its_parts_name() -> None:
    assert [(exact(5, "SEK") + 3).unit, (3 + exact(5, "SEK")).unit] == ["SEK", "SEK"]
    assert (exact(5, "SEK") * exact(2, "DKK")).unit == ""
    assert sum([exact(1)], exact(0, "SEK")).unit == "SEK"


def test_a_row_gives_its_number_the_currency_and_itself() -> None:
    paid, counted = (parse_quantity(of).with_source("support:2", "DKK") for of in ("7 kr", "7 SEK"))
    assert (paid.unit, paid.refs, paid.text) == ("DKK", ("support:2",), "7 kr")
    assert counted.unit == "SEK"


def test_a_number_in_another_unit_is_no_longer_in_its_words() -> None:
    of = parse_quantity("ca 7 kr").in_unit("SEK", "grant")
    assert (of.text, of.formula, of.about) == ("", "grant", True)
    assert of.in_unit("EUR").formula == "grant"


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (exact(5, "SEK"), ("exact", "5", "SEK")),
        (Quantity(2, 4, refs=("a:1", "a:2")), ("between", "2", "4", "2 rows")),
        (Quantity(0, 7), ("at_most", "7", "0 rows")),
        (UNKNOWN, ("missing",)),
        (Quantity(), ("unknown",)),
    ],
)
def test_an_analyst_sees_number_doubt_unit_and_rows(of: Quantity, said: tuple[str, ...]) -> None:
    assert all(word in repr(of) for word in said)
