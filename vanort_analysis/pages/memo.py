"""The memo in words: the brief, the points to adopt, the follow-up, the questions asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis.legacy.frames import column
from ..analysis.legacy.proposal import (
    earlier,
    nearest,
    recommended,
    requirements,
    rests_on,
    stoppers,
)
from ..data.quantity import Quantity, exact
from . import blocks
from .blocks import Block
from .context import Story
from .wording import as_stated

REASONS, DOUBTS = 3, 2


def brief(story: Story) -> Block:
    """The memo in a few lines: the proposal, the reasons, the cost, the main doubt."""
    known, decision = story.legacy, story.decision
    proposal, answers = decision.proposal, decision.criteria["answer"]
    if not proposal.alternative:
        return Block(Markup(""))
    alternatives = known.used["alternatives"].set_index("alternative")
    resting = rests_on(known, proposal)
    stopped = stoppers(known, proposal, answers)
    deciding = list(dict.fromkeys(resting + stopped))
    open_questions = [name for name in deciding if answers[name] == "unknown"]
    changing = [name for name in open_questions if name in set(decision.flips["criterion"])]
    told = [name for name in deciding if answers[name] != "unknown"]
    lines = [_sentence(story, name) for name in (changing or open_questions)[:DOUBTS]]
    then = decision.flips.set_index("criterion")["alternative"]
    if changing and then[changing[0]] != proposal.alternative:
        name = story.prose(alternatives.loc[then[changing[0]]], "name")
        lines[0] += " " + story.text.html("brief.would_change", {"name": name})
    parts = [
        Markup('<p class="proposal">{}</p>').format(
            story.prose(alternatives.loc[proposal.alternative])
        ),
        _labelled(story, "brief.reasons", [_sentence(story, name) for name in told[:REASONS]]),
        Markup("<p><b>{}:</b> {}</p>").format(
            story.plain("brief.cost_label"),
            Markup(" ").join(story.text.paragraphs("brief.cost", story.facts)),
        ),
        _labelled(story, "brief.doubt", lines),
    ]
    if (before := recommended(known)) not in ("", proposal.alternative):
        values = story.facts | {"name": story.prose(alternatives.loc[before], "name")}
        parts.append(Markup("<p>{}</p>").format(story.text.html("brief.before", values)))
    return Block(Markup('<div class="brief">{}</div>').format(Markup("\n").join(parts)))


def _sentence(story: Story, criterion: str) -> Markup:
    """What the data say of a criterion, in the municipality's words."""
    row = story.decision.criteria.loc[criterion]
    return story.prose(row, row["answer"])


def _labelled(story: Story, key: str, sentences: list[Markup]) -> Markup:
    if not sentences:
        return Markup("")
    label = story.plain(key)
    if len(sentences) == 1:
        return Markup("<p><b>{}:</b> {}</p>").format(label, sentences[0])
    return Markup("<p><b>{}:</b></p>{}").format(label, blocks.items(sentences).html)


def points(story: Story) -> Block:
    """The numbered points a committee can adopt: conditions, what each rests on, what takes it."""
    proposal, flips = story.decision.proposal, story.decision.flips
    rows = story.legacy.used["recommendations"].set_index("recommendation")
    rows = rows.loc[list(proposal.points)]
    if not len(rows):
        return Block(Markup(""))
    common = rests_on(story.legacy, proposal)
    said: list[Markup] = []
    turned: dict[str, list[Quantity]] = {}  # criterion the whole proposal rests on → points
    for number, (name, row) in enumerate(rows.iterrows(), start=1):
        own = [each for each in rests_on(story.legacy, proposal, str(name)) if each not in common]
        absent = {each for each, must in requirements(row["requires"]) if not must}
        turn = nearest(flips, str(name))
        if turn not in own:
            turned.setdefault(turn, []).append(exact(number))
        details = [
            _detail(story, "memo.conditions", story.prose(row, "conditions")),
            _detail(story, "memo.rests_on_too", _names(story, [e for e in own if e not in absent])),
            _detail(story, "memo.rests_on_not", _names(story, [e for e in own if e in absent])),
            _detail(story, "memo.falls_if", crossing(story, turn) if turn in own else Markup("")),
        ]
        said.append(story.prose(row) + Markup("").join(details))
    after = [story.text.html("memo.all_rest_on", {"names": _names(story, common)})]
    for turn, numbers in turned.items():
        key = f"memo.points_{'turn' if turn else 'stay'}"
        after.append(story.text.html(key, {"points": numbers, "turn": crossing(story, turn)}))
    listed = blocks.items(said, ordered=True, css="points")
    listed += blocks.paragraphs([Markup(" ").join(after[not common :])])
    origin = story.plain("columns.source"), story.origin(rows, located=False)
    return listed + blocks.paragraphs([Markup("{}: {}").format(*origin)], "note")


def _detail(story: Story, key: str, what: Markup) -> Markup:
    if not what:
        return Markup("")
    return Markup('<span class="condition">{}: {}</span>').format(story.plain(key), what)


def _names(story: Story, criteria: list[str]) -> Markup:
    table = story.decision.criteria
    return Markup("; ").join(story.prose(table.loc[name], "name") for name in criteria)


def crossing(story: Story, criterion: str) -> Markup:
    """The value at which a criterion gets another answer, and the value now."""
    if not criterion:
        return Markup("")
    row = story.decision.criteria.loc[criterion]
    to_yes = row["answer"] != "yes"
    key = (
        row["direction"] if to_yes else {"at_least": "below", "at_most": "above"}[row["direction"]]
    )
    values: dict[str, Any] = {"limit": row["limit"], "now": row["value"]}
    values["name"] = story.prose(row, "name")
    return story.text.html(f"memo.crossing.{key}", values)


def follow_up(story: Story) -> Block:
    """What came of earlier recommendations; of a grant also its account, report and use."""
    rows = earlier(story.legacy)
    if not len(rows):
        return blocks.paragraphs([story.plain("memo.follow_none")])
    unknown = story.plain("memo.unknown")
    as_made = story.facts | {
        "grant": story.facts.get("grant_recommended", story.facts.get("grant"))
    }
    then = replace(story, facts=as_made)
    shown: dict[str, list[object]] = {
        "recommendation": [then.prose(row) for _, row in rows.iterrows()],
        "first_made": list(column(rows, "first_made")),
    }
    stages = [stage for stage in ("decided", "done", "evaluated") if (rows[stage] != "").any()]
    shown |= {stage: [said or unknown for said in rows[stage]] for stage in stages}
    if not stages:
        shown["outcome"] = [story.plain("memo.follow_unknown")] * len(rows)
    table = blocks.titled(pd.DataFrame(shown), "follow_up", story.text, story.facts)
    grants = rows[rows["amount_text"] != ""]
    lines = []
    for place, row in grants.iterrows():
        used = column(grants, "used")[place]
        values = {name: row[name] or unknown for name in ("account", "report")}
        values |= {
            "used": used if used.is_known else unknown,
            "grant": column(grants, "amount")[place],
        }
        lines += story.text.paragraphs("memo.grant_follow", values)
    return table + blocks.paragraphs(lines)


def questions(story: Story) -> Block:
    """Questions politicians ask, with answers from the facts and the municipality's own words."""
    rows = story.legacy.used["statements"].sort_values("order", kind="stable")
    whole = Block(Markup(""))
    for asked in story.text.get("question"):
        own = rows[rows["topic"] == f"question:{asked['id']}"]
        answer = as_stated(story, own)
        if len(own):
            answer.append(Markup("({})").format(story.origin(own, located=False)))
        answer += story.text.paragraphs_of(asked["answer"], story.facts)
        if answer:
            whole += blocks.heading(asked["question"], 3) + blocks.paragraphs(
                [Markup(" ").join(answer)]
            )
    return whole
