"""Charts and maps as blocks of a page: the frame each draws, its words, its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from markupsafe import Markup

from . import blocks, chain, charts, listing, maps, trends, webmap
from .blocks import Block
from .language import Missing
from .quantity import Quantity
from .story import Story


def chart(story: Story, name: str) -> Block:
    """A named chart in two drawings, with the same numbers as a table one click away."""
    frame = FRAMES[name](story)
    if not len(frame):
        return Block(Markup(""))
    key = f"chart.{name}"
    words = _words(story, f"{key}.words")
    draw = getattr(charts, name)
    picture = _figure(story, key, lambda narrow: draw(frame, words, narrow=narrow))
    table = TABLE_OF.get(name)
    if table is None:
        return picture
    shown = blocks.titled(listing.TABLES[table](story), table, story.text, story.facts)
    fold = Markup("<details><summary>{}</summary>{}</details>").format(
        story.plain(f"{key}.data"), shown.html
    )
    return picture + Block(fold)


def _figure(story: Story, key: str, draw: Callable[[bool], str]) -> Block:
    return blocks.figure(
        draw(False),
        draw(True),
        _first(story.plain, story, key, "alt_former", "alt"),
        title=_first(story.html, story, key, "finding", "finding_plain"),
        what=story.html(f"{key}.what"),
        note=story.html(f"{key}.note"),
    )


def _first(say: Callable[[str], str], story: Story, key: str, *variants: str) -> str:
    """The first wording whose facts are there."""
    for variant in variants:
        if story.text.has(f"{key}.{variant}"):
            try:
                return say(f"{key}.{variant}")
            except Missing:
                continue
    raise Missing(key)


def _words(story: Story, key: str) -> dict[str, str]:
    if not story.text.has(key):
        return {"until": str(story.known.year)}
    words = {"until": str(story.known.year)}
    for word in story.text.get(key):
        try:
            words[word] = story.plain(f"{key}.{word}")
        except Missing:
            continue
    return words


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
    rows = [(_float(q), q.low, q.high, q.about, story.amount(q)) for q in quantities]
    return pd.DataFrame(rows, columns=[name, "low", "high", "about", "shown"])


def _float(quantity: Quantity) -> float:
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
        name: [_float(q) if m else float("nan") for q, m in zip(frame[of], money, strict=True)]
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
    words = _words(story, "chart.survey_bounds.words")
    interval = story.plain(
        "quantity.between", low=story.text.amount(low, unit=False), high=story.amount(high)
    )
    rows = [
        (words["of_answered"], of.value, of.value, of.value, story.amount(of)),
        (words["of_all"], low.value, high.value, float("nan"), interval),
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


def _places(story: Story) -> pd.DataFrame:
    """The places as the maps want them: everything to be printed is said here."""
    frame = chain.places(story.known, story.home).dropna(subset=["lat", "lon"])
    rows = []
    for _, place in frame.iterrows():
        area, distance = story.area(place), story.amount(place["distance_km"])
        entered = story.amount(place["admitted"])
        left = {"left": story.amount(place["left"])} if place["role"] == "former" else {}
        lines = [
            story.plain("map.line.role", area=area, role=story.plain(f"role.{place['role']}")),
            story.plain(f"map.line.entered{'_left' * bool(left)}", admitted=entered, **left),
        ]
        if not left:
            lines.append(story.plain("map.line.members", members=story.amount(place["members"])))
        if place["role"] != "home":
            lines.append(story.plain("map.line.distance", distance=distance))
        rows.append(
            {
                **{name: place[name] for name in ("town", "lat", "lon", "role", "kind")},
                "label": story.name(place["town"]),
                "area": area,
                "members": _float(place["members"]),
                "members_text": story.amount(place["members"]),
                "distance_km": _float(place["distance_km"]),
                "distance_text": distance,
                "year": int(place["admitted"].low) if place["admitted"].doubt == "exact" else 0,
                "lines": lines,
            }
        )
    return pd.DataFrame(rows)


def static_map(story: Story) -> Block:
    """The chain on one equal-area picture."""
    places = _places(story)
    words = _words(story, "map.words")
    return _figure(story, "map", lambda narrow: maps.static_map(places, words, narrow=narrow))


def interactive_map(story: Story) -> Block:
    """The chain on a map to click in."""
    fragment = webmap.interactive_map(_places(story), _words(story, "map.words"), key="chain")
    return blocks.scripted(f'<div class="map">{fragment}</div>', story.plain("map.words.label"))
