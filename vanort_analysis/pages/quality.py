"""How good the data are: what is known, how well, what is missing, where sources disagree.

Each function gives a named table, ready to print.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from markupsafe import Markup

from ..data.quantity import Quantity, exact
from ..data.schema import QUANTITIES
from ..data.schema import TABLES as CONTRACT
from .context import Story

ABOUT = {  # the place that a computed number is about
    "farthest_km": "farthest",
    "nearest_km": "nearest",
    "members_largest_share": "members_largest",
    "waited_longest_years": "waited_longest",
    "support_highest": "support_highest_place",
    "support_highest_each": "support_highest_each_place",
    "grant_each": "association",
}
LOOSE = ("about", "at_least", "at_most", "between")
OURS = ("criteria", "alternatives")  # chosen to decide by: no facts


def quantities(story: Story) -> pd.DataFrame:
    """One row is a number or year of any table: table, about, column, quantity.

    Empty years are left out: they say nothing on their own.
    """
    rows = []
    for name, frame in story.known.rows.items():
        if name in OURS:
            continue
        keys = [c for c in CONTRACT[name].key if CONTRACT[name].columns[c].kind not in QUANTITIES]
        for what, rule in CONTRACT[name].columns.items():
            if rule.kind not in QUANTITIES:
                continue
            for row in frame.to_dict("records"):
                quantity = row[what]
                said = [
                    story.prose(row) if key.startswith("text_") else story.word(str(row[key]))
                    for key in keys
                ]
                about = Markup(", ").join(
                    filter(None, [*said, row["year"].text if "year" in row else ""])
                )
                if quantity.is_known or quantity.text:
                    rows.append((name, about, what, quantity))
    return pd.DataFrame(rows, columns=["table", "about", "column", "quantity"])


def coverage(story: Story) -> pd.DataFrame:
    """How well each table is known."""
    frame = quantities(story)
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
    frame = quantities(story)
    gaps = frame[[q.doubt == "unknown" for q in frame["quantity"]]]
    return _described(story, gaps).assign(why=gaps["quantity"])[["about", "table", "column", "why"]]


def rounded(story: Story) -> pd.DataFrame:
    """Every value that is rounded or a bound."""
    frame = quantities(story)
    loose = frame[[q.doubt in LOOSE for q in frame["quantity"]]]
    described = _described(story, loose)
    return described.assign(
        written=[story.cited(q.text) for q in loose["quantity"]], read=loose["quantity"]
    )[["about", "table", "written", "read"]]


def _described(story: Story, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        table=[story.plain(f"tables.{name}") for name in frame["table"]],
        column=[story.text.column("", c) for c in frame["column"]],
    )


def derived(story: Story) -> pd.DataFrame:
    """Every computed number that sentences use, and of which place if it is of one."""
    found: dict[tuple[str, float], tuple[str, Quantity]] = {}
    for name, quantity in story.facts.items():
        if isinstance(quantity, Quantity) and quantity.formula:
            found.setdefault((quantity.formula, round(quantity.low, 6)), (name, quantity))
    rows = []
    for name, quantity in found.values():
        of = story.names.get(name.partition(":")[2]) or story.facts.get(ABOUT.get(name, ""))
        said = story.plain(f"formula.{quantity.formula}")
        what = f"{story.text.shown(of)}: {said}" if of else said
        rows.append({"what": what, "value": story.text.number(quantity)})
    return pd.DataFrame(rows)


def dictionary(story: Story) -> pd.DataFrame:
    """The data dictionary, from the contract: one row is a column of a table."""
    rows = [
        {
            "column": f"{table}.{name}",
            "meaning": story.text.meaning(table, name),
            "kind": story.plain(f"column_kind.{column.kind}"),
            "required": story.plain(f"yes.{str(column.required).lower()}"),
            "allowed": ", ".join(column.allowed),
        }
        for table, contract in CONTRACT.items()
        for name, column in contract.columns.items()
    ]
    return pd.DataFrame(rows)


def sources(story: Story) -> pd.DataFrame:
    """Every source the report uses."""
    frame = story.known.used["sources"].sort_values(
        "title", key=lambda titles: titles.map(story.text.order), kind="stable"
    )
    since = [
        exact(float(year), "year", (ref,))
        for year, ref in zip(frame["known_since"], frame["ref"], strict=True)
    ]
    titles = [
        story.cited(story.text.link(title, url))
        for title, url in zip(frame["title"], frame["url"], strict=True)
    ]
    return pd.DataFrame(
        {
            "title": titles,
            "publisher": [story.cited(name) for name in frame["publisher"]],
            "known_since": since,
            "dating": [story.plain(f"dating.{how}") for how in frame["dating"]],
            "rank": [exact(float(rank)) for rank in frame["rank"]],
        }
    )


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    function.__name__: function
    for function in (coverage, missing, rounded, derived, dictionary, sources)
}


def measured(story: Story) -> dict[str, Quantity]:
    """The quality of the data as facts that sentences may name."""
    frame = quantities(story)
    count = max(len(frame), 1)
    unknown = sum(q.doubt == "unknown" for q in frame["quantity"])
    loose = sum(q.doubt in LOOSE for q in frame["quantity"])
    used = story.known.used["sources"]
    years = sorted(q.low for q in frame["quantity"] if q.unit == "year" and q.doubt == "exact")
    kinds = used["kind"].value_counts()
    merged = story.known.used["chain"].query("event == 'merged'").set_index("town")
    undated = set(merged.index) - set(
        merged.index[merged["year"].map(lambda year: year.value is not None)]
    )
    counts = {
        "rows": count,
        "sources": len(used),
        "unknown": unknown,
        "rounded": loose,
        "disagreements": len(story.known.register),
        "on_the_web": int(used["url"].str.startswith("http").sum()),
        "official": int(kinds.reindex(["statistics", "survey", "reference data"]).sum()),
        "breaks": int(merged["year"].map(lambda year: year.value is not None).sum()) + len(undated),
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
