"""How good the data are: what is known, how well, what is missing, where sources disagree.

Each function gives a named table, ready to print.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from . import since
from .contract import QUANTITIES
from .quantity import Quantity, exact
from .spelling import column
from .story import Story
from .tables import TABLES as CONTRACT
from .tables import dictionary as contract_dictionary

LOOSE = ("about", "at_least", "at_most", "between")


def quantities(story: Story) -> pd.DataFrame:
    """One row is a number or year known in any table: table, about, column, quantity."""
    rows = []
    for name, frame in story.known.rows.items():
        keys = [c for c in CONTRACT[name].key if CONTRACT[name].columns[c].kind not in QUANTITIES]
        for what, rule in CONTRACT[name].columns.items():
            if rule.kind not in QUANTITIES:
                continue
            for (_, row), quantity in zip(frame.iterrows(), column(frame, what), strict=True):
                about = ", ".join(story.word(str(row[key])) for key in keys if row[key])
                rows.append((name, about, what, quantity))
    return pd.DataFrame(rows, columns=["table", "about", "column", "quantity"])


def _stated(story: Story) -> pd.DataFrame:
    """The quantities without the empty years, which say nothing on their own."""
    frame = quantities(story)
    empty = [q.doubt == "unknown" and q.text == "" for q in frame["quantity"]]
    return frame[[not nothing for nothing in empty]]


def coverage(story: Story) -> pd.DataFrame:
    """How well each table is known."""
    frame = _stated(story)
    bins = {"exact": "exact", "none": "exact", "about": "about", "unknown": "unknown"}
    kinds = [bins.get(q.doubt, "bound") for q in frame["quantity"]]
    counts = (
        frame.assign(kind=kinds).groupby(["table", "kind"], sort=False).size().unstack(fill_value=0)
    )
    counts = counts.reindex(columns=["exact", "about", "bound", "unknown"], fill_value=0)
    shown = counts.map(lambda number: exact(float(number))).reset_index()
    rows = [exact(float(len(story.known.rows[name]))) for name in shown["table"]]
    shown.insert(1, "rows", rows)
    return shown.assign(table=[story.plain(f"tables.{name}") for name in shown["table"]])


def missing(story: Story) -> pd.DataFrame:
    """Every gap that a source itself names."""
    frame = _stated(story)
    gaps = frame[[q.doubt == "unknown" for q in frame["quantity"]]]
    return _described(story, gaps).assign(why=gaps["quantity"])[["about", "table", "column", "why"]]


def rounded(story: Story) -> pd.DataFrame:
    """Every value that is rounded or a bound."""
    frame = _stated(story)
    loose = frame[[q.doubt in LOOSE for q in frame["quantity"]]]
    described = _described(story, loose)
    read = [replace(q, text="") for q in loose["quantity"]]
    return described.assign(written=[q.text for q in loose["quantity"]], read=read)[
        ["about", "table", "written", "read"]
    ]


def _described(story: Story, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        table=[story.plain(f"tables.{name}") for name in frame["table"]],
        column=[story.text.column("", c) for c in frame["column"]],
    )


def derived(story: Story) -> pd.DataFrame:
    """Every computed number that sentences use, and of which place if it is of one."""
    found = {
        (q.formula, round(q.low, 6)): (name, q)
        for name, q in story.facts.items()
        if isinstance(q, Quantity) and q.formula
    }
    rows = []
    for name, quantity in found.values():
        of = story.word(name.partition(":")[2])
        said = story.plain(f"formula.{quantity.formula}")
        what = f"{of}: {said}" if of else said
        rows.append({"what": what, "value": story.text.number(quantity)})
    return pd.DataFrame(rows)


def register(story: Story) -> pd.DataFrame:
    """Where sources disagree: what is used, what the other says, from where, and why."""
    rows = [
        {
            "about": ", ".join(story.word(word) for word in case.key.split()),
            "column": story.text.column("", case.column),
            **_side(story, case, "used"),
            **_side(story, case, "other"),
            "rule": story.plain(f"rule.{case.rule}"),
            "independent": story.plain(f"yes.{str(case.independent).lower()}"),
            "note": _explained(story, case.key),
        }
        for case in story.known.register.itertuples()
    ]
    return pd.DataFrame(rows)


def _explained(story: Story, key: str) -> Markup:
    """The municipality's own explanation of a disagreement, if it gives one."""
    rows = story.known.used["statements"]
    said = rows[rows["topic"] == f"register:{key}"]
    return Markup(" ").join(story.prose(row) for _, row in said.iterrows())


def _side(story: Story, case: Any, side: str) -> dict[str, Any]:
    """What one of two disagreeing sources says, linked to its row, and which source it is."""
    ref = getattr(case, f"{side}_ref")
    said = _cell(story, case.table, case.column, ref)
    return {side: said, f"{side}_source": story.origin(story.row_of(ref).to_frame().T)}


def changes(story: Story) -> pd.DataFrame:
    """What differs from the previous report, fact by fact."""
    if story.before is None:
        return pd.DataFrame()
    changed = since.changes(story.before, story.known)
    rows = [
        {
            "about": ", ".join(story.word(word) for word in case.key.split())
            if case.column != "text_sv"
            else "",
            "table": story.plain(f"tables.{case.table}"),
            "before": _cell(story, case.table, case.column, case.before_ref),
            "now": _cell(story, case.table, case.column, case.now_ref),
            "source": story.origin(story.row_of(case.now_ref).to_frame().T),
        }
        for case in changed.itertuples()
    ]
    return pd.DataFrame(rows)


def _cell(story: Story, table: str, column_name: str, ref: str) -> Any:
    """What a cell of a raw row says, as a reader meets it."""
    if not ref:
        return ""
    row = story.row_of(ref)
    if column_name == "text_sv":
        return story.prose(row)
    if CONTRACT[table].columns[column_name].kind in QUANTITIES:
        return story.text.number(column(row.to_frame().T, column_name).iloc[0])
    return story.word(row[column_name])


def dictionary(story: Story) -> pd.DataFrame:
    """The data dictionary, from the contract."""
    frame = contract_dictionary()
    meaning = [
        story.text.meaning(*where) for where in zip(frame["table"], frame["column"], strict=True)
    ]
    return pd.DataFrame(
        {
            "column": frame["table"] + "." + frame["column"],
            "meaning": meaning,
            "kind": [story.plain(f"column_kind.{kind}") for kind in frame["kind"]],
            "required": [story.plain(f"yes.{str(flag).lower()}") for flag in frame["required"]],
            "allowed": frame["allowed"],
        }
    )


def sources(story: Story) -> pd.DataFrame:
    """Every source the report uses."""
    frame = story.known.used["sources"]
    since = [
        exact(float(year), "year", (ref,))
        for year, ref in zip(frame["known_since"], frame["ref"], strict=True)
    ]
    titles = [
        story.text.link(title, url) for title, url in zip(frame["title"], frame["url"], strict=True)
    ]
    return pd.DataFrame(
        {
            "title": titles,
            "publisher": frame["publisher"],
            "known_since": since,
            "dating": [story.plain(f"dating.{how}") for how in frame["dating"]],
            "rank": [exact(float(rank)) for rank in frame["rank"]],
        }
    )


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    function.__name__: function
    for function in (coverage, missing, rounded, derived, register, changes, dictionary, sources)
}


def measured(story: Story) -> dict[str, Quantity]:
    """The quality of the data as facts that sentences may name."""
    frame = _stated(story)
    count = max(len(frame), 1)
    unknown = sum(q.doubt == "unknown" for q in frame["quantity"])
    loose = sum(q.doubt in LOOSE for q in frame["quantity"])
    used = story.known.used["sources"]
    years = sorted(q.low for q in frame["quantity"] if q.unit == "year" and q.doubt == "exact")
    kinds = used["kind"].value_counts()
    counts = {
        "rows": count,
        "sources": len(used),
        "unknown": unknown,
        "rounded": loose,
        "disagreements": len(story.known.register),
        "on_the_web": int(used["url"].str.startswith("http").sum()),
        "official": int(kinds.reindex(["statistics", "survey", "reference data"]).sum()),
        "breaks": int((story.known.used["chain"]["event"] == "merged").sum()),
    }
    shares = {
        "unknown_share": unknown,
        "rounded_share": loose,
        "exact_share": count - unknown - loose,
    }
    return (
        {f"quality_{name}": exact(number) for name, number in counts.items()}
        | {f"quality_{name}": exact(100 * n / count, "percent") for name, n in shares.items()}
        | {
            f"quality_{name}": exact(years[at], "year")
            for name, at in (("median_year", len(years) // 2), ("newest_year", -1))
            if years
        }
    )
