"""What each chart draws: the frame of numbers and ready words, and the words of the language.

Columns are those the functions of `charts` name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd

from ..analysis import chain
from ..data.quantity import Quantity
from ..language import Missing
from . import listing
from .context import Story


def words(story: Story, key: str) -> dict[str, str]:
    """The words of a picture whose facts are there, and the year of the report."""
    found = {"until": str(story.known.year)}
    for word in story.text.get(key) if story.text.has(key) else ():
        try:
            found[word] = story.plain(f"{key}.{word}")
        except Missing:
            continue
    return found


def _history(story: Story) -> pd.DataFrame:
    rows: list[tuple[str, str, float, str]] = []
    for place in story.year.history.itertuples():
        for kind, year, others in (
            ("entered", place.entered, place.entered_other),
            ("left", place.left, place.left_other),
        ):
            if year is not chain.NO_YEAR or kind == "entered":
                said = [story.amount(each) for each in (year, *others)]
                words = {"year": said[0], "other": ", ".join(said[1:])}
                said_as = story.plain(f"chart.history.{kind}{'_or' * bool(others)}", **words)
                *more, at = _ends(year) or [float("nan")]
                rows.append((place.town, kind, at, said_as))
                more += [end for other in others for end in _ends(other)]
                rows += [(place.town, f"{kind}_or", end, "") for end in more]
        years = story.text.shown(place.merged)
        rows += [
            (place.town, "merged", year.low, story.plain("chart.history.merged", years=years))
            for year in place.merged
        ]
    frame = pd.DataFrame(rows, columns=["town", "kind", "year", "said"])
    return _placed(story, frame)


def _ends(year: Quantity) -> list[float]:
    """The years a year lies between, or the one it is; none where there is no bound."""
    return sorted({end for end in (year.low, year.high) if math.isfinite(end)})


def _placed(story: Story, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a drawing by town get its name, and whether it is the home town."""
    return frame.assign(
        place=[story.name(town) for town in frame["town"]], home=frame["town"] == story.home
    )


def _members(story: Story) -> pd.DataFrame:
    frame = story.year.members
    numbers = _number(story, frame["members"], "members")
    return _placed(story, numbers.assign(town=list(frame["town"])))


def _number(story: Story, quantities: pd.Series, name: str) -> pd.DataFrame:
    """What a chart needs of a quantity: number, bounds, how it is said."""
    rows = [(number(q), q.low, q.high, q.about, story.amount(q)) for q in quantities]
    return pd.DataFrame(rows, columns=[name, "low", "high", "about", "shown"])


def number(quantity: Quantity) -> float:
    return float("nan") if quantity.value is None else quantity.value


def _hosts(story: Story) -> pd.DataFrame:
    order = story.year.hosting["town"]
    met = story.year.meetings
    kinds = {"twin_town_meeting": "meeting", "conference": "conference"}
    rows = []
    for town in order:
        own = met[met["town"] == town]
        for meeting in own.itertuples():
            kind = kinds.get(meeting.kind, "seminar")
            rows.append((town, meeting.year.low, kind if meeting.status == "held" else "announced"))
        if not len(own):
            rows.append((town, float("nan"), "meeting"))
    return _placed(story, pd.DataFrame(rows, columns=["town", "year", "kind"]))


def _support(story: Story) -> pd.DataFrame:
    frame = listing.support(story)
    proposal = frame["relation"] == story.plain("relation.proposed")
    money = [isinstance(number, Quantity) for number in frame["local"]]
    shown = {
        name: [story.amount(q) if m else "" for q, m in zip(frame[of], money, strict=True)]
        for name, of in (("shown_local", "local"), ("shown_each", "per_member"))
    }
    numbers = {
        name: [number(q) if m else float("nan") for q, m in zip(frame[of], money, strict=True)]
        for name, of in (("local", "local"), ("each", "per_member"))
    }
    why = ["" if m else story.amount(q) for q, m in zip(frame["amount"], money, strict=True)]
    zero = [q.doubt == "none" for q in frame["amount"]]
    home = story.name(story.home)
    place = frame["place"].where(~proposal, home)
    drawn = pd.DataFrame(
        {"place": place, "proposed": proposal, "why": why, "zero": zero} | numbers | shown
    )
    return drawn[~((drawn["place"] == home) & ~drawn["proposed"])] if proposal.any() else drawn


def _survey_towns(story: Story) -> pd.DataFrame:
    facts = story.facts
    if "survey_before" not in facts or "survey_towns" not in facts:
        return pd.DataFrame()
    before, now = facts["survey_before"], facts["survey_towns"]
    waves = (story.plain("chart.survey_towns.words.before"), story.amount(facts["survey_year"]))
    rows = [
        (wave, q.value, story.amount(q), bool(q.formula))
        for wave, q in zip(waves, (before, now), strict=True)
    ]
    return pd.DataFrame(rows, columns=["wave", "value", "shown", "derived"])


def _survey_shares(story: Story) -> pd.DataFrame:
    rows = [
        (
            story.plain(f"chart.survey_shares.words.{name}"),
            q.value,
            story.amount(q),
            q.about,
            bool(q.formula),
        )
        for name in ("active", "sporadic", "dormant")
        if (q := story.facts.get(f"survey_{name}"))
    ]
    return pd.DataFrame(rows, columns=["group", "share", "shown", "about", "derived"])


def _survey_bounds(story: Story) -> pd.DataFrame:
    facts = story.facts
    if "survey_nordic_share" not in facts:
        return pd.DataFrame()
    of, low, high = (facts[f"survey_nordic_{x}"] for x in ("share", "low", "high"))
    said = words(story, "chart.survey_bounds.words")
    interval = story.plain(
        "quantity.between", low=story.text.amount(low, unit=False), high=story.amount(high)
    )
    rows = [
        (said["of_answered"], of.value, of.value, of.value, story.amount(of)),
        (said["of_all"], low.value, high.value, float("nan"), interval),
    ]
    return pd.DataFrame(rows, columns=["label", "low", "high", "value", "shown"])


def _national(story: Story) -> pd.DataFrame:
    rows = [
        (year.low, year.high, q.value, q.about, story.amount(q), story.amount(year))
        for year, q, _ in story.year.national.itertuples(index=False)
    ]
    return pd.DataFrame(
        rows, columns=["low_year", "high_year", "value", "about", "shown", "year_shown"]
    )


FRAMES: Mapping[str, Callable[[Story], pd.DataFrame]] = {
    "history": _history,
    "members": _members,
    "hosts": _hosts,
    "support": _support,
    "survey_towns": _survey_towns,
    "survey_shares": _survey_shares,
    "survey_bounds": _survey_bounds,
    "national": _national,
}
TABLES_OF: Mapping[str, tuple[str, ...]] = {  # any other chart has the one of its own name
    "history": ("history", "chain_size"),
    "hosts": ("hosting", "meetings"),
}
