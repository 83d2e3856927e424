"""Everything the pages of a year are told from, put together: facts, decision, names, words."""

from __future__ import annotations

from . import claims, criteria, facts, findings, proposal, quality, since, status
from .blocks import Citations
from .errors import WrongData
from .evidence import Known
from .fingerprint import fingerprint
from .prepare import Prepared
from .quantity import Quantity, exact
from .story import Story
from .text import Text


def story_of(
    prepared: Prepared,
    what: Known,
    before: Known | None,
    language: str,
    grant: Quantity | None = None,
) -> Story:
    """The story of what is known in a year; raises `WrongData` for prose that names no fact."""
    if wrong := criteria.unknown_indicators(what.rows["criteria"]):
        raise WrongData(wrong)
    home, currency = prepared.municipality.home, prepared.currency
    towns = what.used["towns"].set_index("town")
    translated = towns.get(f"name_{language}", towns["name"])
    names = dict(translated.where(translated != "", towns["name"]))
    found = facts.stated(what) | findings.computed(what, home, currency, grant)
    found |= status.named(what, home)
    decision = proposal.decide(what, home, found)
    found |= proposal.named(what, decision, found)
    found |= since.news(before, what) if before else {}
    said = facts.named(found, names, language, prepared.municipality)
    register, citations = what.register, Citations()
    disputed = zip(register["used_ref"], register["column"].str.endswith("year"), strict=True)
    text = Text(language, citations.cite, frozenset(disputed))
    about = (prepared.municipality, currency, citations, prepared.notes, decision)
    mark = fingerprint(what, prepared.municipality, grant)
    story = Story(what, said, names, text, *about, before, mark)
    said |= quality.measured(story)
    if wrong := facts.unnamed(what.rows, said) + claims.unknown_checks(what.rows["claims"]):
        raise WrongData(wrong)
    tried = claims.verdicts(what, said, home)["verdict"] if len(what.used["claims"]) else []
    if len(tried):
        said["claims_tried"] = exact(len(tried))
        said["claims_contradicted"] = exact(sum(verdict == "contradicted" for verdict in tried))
    return story
