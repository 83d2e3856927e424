"""The tables a committee weighs: status, criteria, alternatives, what would change, money ahead."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from markupsafe import Markup

from ..analysis.legacy import activity, chain, figures
from ..analysis.legacy.frames import column
from ..analysis.legacy.proposal import alternatives as ways
from ..analysis.legacy.proposal import cost, missed, recommendations
from ..data.quantity import UNKNOWN, Quantity
from . import listing
from .context import Story
from .memo import crossing


def status_of_places(story: Story) -> pd.DataFrame:
    """Each twin town: its status at two levels beside the earlier report's, and what shows it."""
    known = story.legacy
    frame = activity.status(known, story.home).set_index(["town", "level"])
    verdicts = activity.verdicts(known)
    places = chain.places(known, story.home).query("role == 'member'")
    merged = known.used["chain"].query("event == 'merged'")
    years = column(merged, "year")
    rows = []
    for _, place in places.iterrows():
        town = place["town"]
        levels = {level: frame.loc[(town, level)] for level in activity.LEVELS}
        mergers = [years[row] for row in merged.index[merged["town"] == town]]
        rows.append(
            {
                "place": story.name(town),
                **{
                    level: _beside(story, own["status"], verdicts.get(level, ""))
                    for level, own in levels.items()
                },
                "signs": _signs(story, pd.concat([own["signs"] for own in levels.values()])),
                "last_meeting": story.facts.get(f"meeting:{town}", ""),
                "merged": [year for year in mergers if year.doubt == "exact"]
                or story.plain("memo.merged_undated") * bool(mergers),
                "distance_km": place["distance_km"],
            }
        )
    shown = pd.DataFrame(rows)
    return (
        shown if not len(shown) or shown["merged"].map(bool).any() else shown.drop(columns="merged")
    )


def _beside(story: Story, ours: str, theirs: str) -> Markup | str:
    said = story.plain(f"status.{ours}")
    if not theirs or ours == theirs:
        return said
    values = {"ours": said, "theirs": story.plain(f"status.{theirs}")}
    return Markup("<b>{}</b>").format(story.plain("memo.differs", **values))


def _signs(story: Story, signs: pd.DataFrame) -> Markup:
    """Signs of life in words: each kind with its years, or that none is known."""
    said = []
    for (level, what), group in signs.groupby(["level", "what"], sort=False):
        dated = [year for year in group["year"] if year.is_known]
        key = f"sign.{level}.{what}"
        said.append(
            story.text.html(f"{key}_years", {"years": dated}) if dated else story.text.html(key)
        )
    return Markup("; ").join(said) if said else Markup(story.plain("sign.none"))


def criteria(story: Story) -> pd.DataFrame:
    """Each criterion: the question, the value, the limit and who set it, the answer."""
    kinds = story.legacy.rows["sources"].set_index("source")["kind"]
    rows = [
        {
            "criterion": story.prose(row, "name"),
            "question": story.prose(row),
            "value": story.text.number(row["value"]),
            "limit": story.text.html(f"memo.limit.{row['direction']}", {"limit": row["limit"]}),
            "answer": story.plain(f"answer.{row['answer']}"),
            "set_by": story.plain(
                "memo.own_choice" if kinds[row["set_by"]] == "own choice" else "memo.sourced"
            ),
        }
        for _, row in story.decision.criteria.iterrows()
    ]
    return pd.DataFrame(rows)


def alternatives(story: Story) -> pd.DataFrame:
    """Each alternative in the order tried: what it takes, costs and risks, what criteria say."""
    answers = story.decision.criteria["answer"]
    chosen = story.decision.proposal.alternative
    grant = story.facts.get("grant", UNKNOWN)
    rows = []
    for name, row in ways(story.legacy).iterrows():
        paid = cost(story.legacy, str(name), answers, grant)
        rows.append(
            {
                "alternative": Markup("{}{}").format(
                    story.prose(row, "name"),
                    Markup(" <b>({})</b>").format(story.plain("memo.proposed")) * (name == chosen),
                ),
                "cost": story.plain("memo.no_cost") if paid.doubt == "none" else paid,
                "says": _says(story, row["requires"]),
                **{part: story.prose(row, part) for part in ("takes", "example")},
                "risk": story.prose(row, "risk") + " " + story.prose(row, "unknown"),
            }
        )
    return pd.DataFrame(rows)


def _says(story: Story, requires: str) -> Markup:
    """What the criteria say of an alternative: all met, or those not met or not answered."""
    if not requires:
        return Markup(story.plain("memo.no_requirement"))
    table, groups = story.decision.criteria, dict[str, list[Markup]]()
    for name in missed(requires, table["answer"]):
        kind = "unknown" if table.at[name, "answer"] == "unknown" else "not_met"
        groups.setdefault(kind, []).append(story.prose(table.loc[name], "name"))
    return Markup(" ").join(
        story.text.html(f"memo.says.{kind}", {"names": Markup("; ").join(groups[kind])})
        for kind in ("not_met", "unknown")
        if kind in groups
    ) or Markup(story.plain("memo.says.met"))


def flips(story: Story) -> pd.DataFrame:
    """Each criterion that, alone, would change the proposal: at what value, and to what."""
    table, chosen = story.decision.flips, story.decision.proposal
    names = ways(story.legacy)
    numbers = {point: str(number) for number, point in enumerate(chosen.points, start=1)}
    points = recommendations(story.legacy)
    rows = []
    for flip in table.sort_values("distance", kind="stable").itertuples():
        if flip.alternative != chosen.alternative:
            then = story.text.html(
                "memo.flip_to", {"name": story.prose(names.loc[flip.alternative], "name")}
            )
        else:
            gone = [story.plain("memo.flip_gone", number=numbers[p]) for p in flip.gone]
            new = [
                story.text.html("memo.flip_new", {"point": story.prose(points.loc[p])})
                for p in flip.new
            ]
            then = Markup("; ").join([*gone, *new])
        rows.append({"change": crossing(story, flip.criterion), "then": then})
    return pd.DataFrame(rows, columns=["change", "then"])


def grants(story: Story) -> pd.DataFrame:
    """The proposed grant beside what sources say of others; those not mentioned are left out."""
    frame = listing.support_in_full(story)
    told = [amount.reason != "not_mentioned" for amount in frame["amount"]]
    return frame[told].drop(columns="relation")


def outlook(story: Story) -> pd.DataFrame:
    """The grant in the coming years, and in all."""
    if "proposed_grant" not in story.facts:
        return pd.DataFrame()
    frame = figures.outlook(story.legacy, story.facts["proposed_grant"])
    return frame.assign(phase=[story.plain(f"phase.{phase}") for phase in frame["phase"]])


def what_if(story: Story) -> pd.DataFrame:
    """The grant a member at other amounts and numbers of members, beside the highest known."""
    grant, members = (story.facts.get(name) for name in ("grant", "members_home"))
    if not isinstance(grant, Quantity) or not isinstance(members, Quantity):
        return pd.DataFrame()
    highest = story.facts.get("support_highest_each", UNKNOWN)
    frame = figures.what_if(grant, members, highest, story.currency)
    frame["case"] = [story.plain(f"case.{case}") for case in frame["case"]]
    return frame if highest.is_known else frame.drop(columns="of_highest")


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    "status": status_of_places,
    "criteria": criteria,
    "alternatives": alternatives,
    "flips": flips,
    "grants": grants,
    "outlook": outlook,
    "what_if": what_if,
}
