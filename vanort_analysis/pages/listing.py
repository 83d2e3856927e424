"""The named tables on chain, trends and memo: which rows and columns each shows, ready to print."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from ..analysis import chain
from .context import Story

SURVEY_ROWS = {
    "bounds": ("answered", "nordic", "nordic_share", "nordic_low", "nordic_high"),
    "towns": ("towns", "before", "change", "change_pct", "per_municipality"),
    "shares": ("active", "dormant", "sporadic"),
}


def places(story: Story) -> pd.DataFrame:
    """Every place that is or was in the chain."""
    frame = story.year.places
    shown = pd.DataFrame(
        {
            "place": _names(story, frame),
            "area": [story.area(place) for _, place in frame.iterrows()],
            "admitted": frame["admitted"],
            "contact": [year if year.doubt == "exact" else "" for year in frame["contact"]],
            "members": frame["members"].where(frame["role"] != "former", ""),
            "distance_km": frame["distance_km"].where(frame["role"] != "home", ""),
        }
    )
    if (frame["role"] == "former").any():
        left = [year if year is not chain.NO_YEAR else "" for year in frame["left"]]
        shown.insert(4, "left", left)
    return shown


def _names(story: Story, frame: pd.DataFrame) -> list[str]:
    return [story.name(town) for town in frame["town"]]


def history(story: Story) -> pd.DataFrame:
    """Each place's time in the chain, with the years that other sources give."""
    frame = story.year.history
    shown = frame[["entered", "entered_other", "left", "left_other", "merged"]]
    shown.insert(0, "place", _names(story, frame))
    shown["left"] = [year if year is not chain.NO_YEAR else "" for year in frame["left"]]
    said = [name for name in shown if any(value not in ("", []) for value in shown[name])]
    return shown[said]


def chain_size(story: Story) -> pd.DataFrame:
    """Each change of the chain."""
    steps = story.year.size
    towns = {way: [story.list_of(them) for them in steps[way]] for way in ("joined", "left")}
    return steps.assign(**towns)


def members(story: Story) -> pd.DataFrame:
    """Members of each association and its share of the known."""
    frame = story.year.members
    return frame.assign(place=_names(story, frame))[["place", "members", "year", "of_known"]]


def hosting(story: Story) -> pd.DataFrame:
    """How long since each present place hosted a known meeting."""
    frame = story.year.hosting
    frame["waited"] = [years if years is not chain.NO_YEAR else "" for years in frame["waited"]]
    return frame.assign(place=_names(story, frame))[["place", "hosted", "last", "waited"]]


def support(story: Story) -> pd.DataFrame:
    """Support from each municipality; the grant that is proposed stands beside it."""
    shown = ["place", "amount", "rate", "local", "per_member", "relation"]
    return support_in_full(story)[shown]


def support_in_full(story: Story) -> pd.DataFrame:
    """The same with the year, the span at other years' rates and the sum per inhabitant."""
    frame = story.year.support.copy()
    frame["relation"] = [story.plain(f"relation.{code or 'none'}") for code in frame["relation"]]
    frame["place"] = _names(story, frame)
    computed_columns = ("rate", "year", "local", "span", "per_member", "per_inhabitant")
    for computed in computed_columns:
        frame[computed] = [number if number.is_known else "" for number in frame[computed]]
    if "grant" in story.facts:
        said = "proposal_for" if "proposed_grant" in story.facts else "recommended_for"
        proposal = {
            "place": story.plain(f"relation.{said}", place=story.name(story.home)),
            "amount": story.facts["grant"],
            **dict.fromkeys(computed_columns, ""),
            "local": story.facts["grant"],
            "per_member": story.facts.get("grant_each", ""),
            "per_inhabitant": story.facts.get("grant_per_inhabitant", ""),
            "relation": story.plain("relation.proposed"),
        }
        frame = pd.concat([frame, pd.DataFrame([proposal])])
    known_first = (
        frame["amount"].map(lambda amount: amount.is_known and amount.low > 0).astype("bool")
    )
    frame = pd.concat([frame[known_first], frame[~known_first]])
    shown = frame[["place", "amount", *computed_columns, "relation"]]
    return shown[
        [c for c in shown if c not in ("span", "per_inhabitant") or (shown[c] != "").any()]
    ]


def survey(story: Story, part: str) -> pd.DataFrame:
    """What the newest wave says, what follows from it, and what each number is a number of."""
    rows = [
        {
            "what": story.plain(f"survey.{name}"),
            "value": story.facts[f"survey_{name}"],
            "base": story.plain(f"survey_base.{name}"),
            "how": story.plain(
                "survey.derived" if story.facts[f"survey_{name}"].formula else "survey.stated"
            ),
        }
        for name in SURVEY_ROWS[part]
        if f"survey_{name}" in story.facts
    ]
    return pd.DataFrame(rows)


def national(story: Story) -> pd.DataFrame:
    """The stated national membership."""
    frame = story.year.national
    sources = [story.origin([story.known.row(ref)]) for ref in frame["ref"]]
    return frame[["year", "value"]].assign(source=sources)


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    function.__name__: function
    for function in (places, history, chain_size, members, hosting, support, national)
} | {f"survey_{part}": partial(survey, part=part) for part in SURVEY_ROWS}
