"""What each chart draws: the frame of numbers and ready words, and the words of the language.

Columns are those the functions of `charts` name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from . import chain, listing, trends
from .language import Missing
from .quantity import Quantity
from .story import Story


def words(story: Story, key: str) -> dict[str, str]:
    """The words of a picture whose facts are there, and the year of the report."""
    found = {"until": str(story.known.year)}
    for word in story.text.get(key) if story.text.has(key) else ():
        try:
            found[word] = story.plain(f"{key}.{word}")
        except Missing:
            continue
    return found


def _size(story: Story) -> pd.DataFrame:
    rows = []
    for by in ("admitted", "contact"):
        for step in chain.size(story.known, by).itertuples():
            said = [story.list_of(step.joined)] if step.joined else []
            said += (
                [story.plain("chart.chain_size.leaves", place=story.list_of(step.left))]
                if step.left
                else []
            )
            rows.append((by, int(step.year.low), int(step.places.low), "; ".join(said)))
    return pd.DataFrame(rows, columns=["by", "year", "places", "label"])


def _members(story: Story) -> pd.DataFrame:
    frame = trends.membership(story.known, story.home)
    return _number(story, frame["members"], "members").assign(
        place=[story.name(town) for town in frame["town"]],
        home=(frame["town"] == story.home).tolist(),
    )


def _number(story: Story, quantities: pd.Series, name: str) -> pd.DataFrame:
    """What a chart needs of a quantity: number, bounds, how it is said."""
    rows = [(number(q), q.low, q.high, q.about, story.amount(q)) for q in quantities]
    return pd.DataFrame(rows, columns=[name, "low", "high", "about", "shown"])


def number(quantity: Quantity) -> float:
    return float("nan") if quantity.value is None else quantity.value


def _hosts(story: Story) -> pd.DataFrame:
    order = chain.hosting(story.known, story.home)["town"]
    met = chain.meetings(story.known)
    kinds = {"twin_town_meeting": "meeting", "conference": "conference"}
    rows = []
    for town in order:
        own = met[met["town"] == town]
        for meeting in own.itertuples():
            kind = kinds.get(meeting.kind, "seminar")
            rows.append((town, meeting.year.low, kind if meeting.status == "held" else "announced"))
        if not len(own):
            rows.append((town, float("nan"), "meeting"))
    frame = pd.DataFrame(rows, columns=["town", "year", "kind"])
    return frame.assign(
        place=[story.name(t) for t in frame["town"]], home=frame["town"] == story.home
    )


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
        for year, q, _ in trends.national(story.known).itertuples(index=False)
    ]
    return pd.DataFrame(
        rows, columns=["low_year", "high_year", "value", "about", "shown", "year_shown"]
    )


FRAMES: Mapping[str, Callable[[Story], pd.DataFrame]] = {
    "chain_size": _size,
    "members": _members,
    "hosts": _hosts,
    "support": _support,
    "survey_towns": _survey_towns,
    "survey_shares": _survey_shares,
    "survey_bounds": _survey_bounds,
    "national": _national,
}
TABLE_OF = {
    "chain_size": "chain_size",
    "members": "members",
    "hosts": "meetings",
    "national": "national",
}
