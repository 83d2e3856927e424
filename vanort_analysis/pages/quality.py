"""The page on data quality: what is missing, what sources disagree on, which claims do not hold."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import pandas as pd
from markupsafe import Markup

from ..analysis.year import Year
from ..data import evidence
from ..data.quantity import Quantity, are_known, exact
from . import blocks
from .blocks import Block
from .context import Context, section

LOOSE = ("about", "at_least", "at_most", "between")
CHOSEN = ("checks", "recommendations")  # what is decided, not what is so
NAMED_BY = {"figures": ("measure", ["about"]), "survey": ("measure", ["group", "wave"])}
DOCUMENT = ["publisher", "kind", "known_since", "url"]  # sources alike in these are parts of one


@lru_cache(maxsize=8)
def list_values(year: Year) -> pd.DataFrame:
    """One row is a number or year of a table: table, column, quantity, doubt, what, about.

    Empty cells are left out, but for a year of a place: that it is not known is a gap.
    """
    rows = []
    for ref, row in year.known.records.items():
        table = ref.partition(":")[0]
        what, about = NAMED_BY.get(table, ("event", ["town"]))
        named = " ".join(str(row.get(key, "")) for key in about)
        of_place = about == ["town"] and named
        rows += [
            (table, column, cell, cell.doubt, row.get(what, ""), named)
            for column, cell in row.items()
            if isinstance(cell, Quantity) and table not in CHOSEN
            if cell.text or (column == "year" and of_place)
        ]
    return pd.DataFrame(rows, columns=["table", "column", "quantity", "doubt", "what", "about"])


@lru_cache(maxsize=8)
def find_gaps(year: Year) -> pd.DataFrame:
    """One row is something of which no source knows anything; rates of exchange do not count."""
    frame = list_values(year)
    unknown = (frame["doubt"] == "unknown") & (frame["what"] != "exchange_rate")
    same = [frame[name] for name in ("table", "column", "what", "about")]
    return frame[unknown.groupby(same).transform("all")]


def find_changes(year: Year) -> pd.DataFrame:
    """One row is what is new since the report before (`evidence.list_changes`)."""
    return evidence.list_changes(year.before, year.known) if year.before else pd.DataFrame()


FRAMES: dict[str, Callable[[Year], pd.DataFrame]] = {
    "missing": find_gaps,
    "register": lambda year: year.known.register,
    "changes": find_changes,
}


def quality_facts(year: Year) -> dict[str, Quantity | None]:
    """The quality of the data as facts that sentences may name; what there is none of is None."""
    frame, used = list_values(year), year.known.used["sources"]
    used = used[used["kind"] != "own choice"].drop_duplicates(DOCUMENT)
    chain = year.known.used["chain"]
    years = [q.low for q in frame["quantity"] if q.unit == "year" and q.doubt == "exact"]
    counts = {
        "rows": len(frame),
        "sources": len(used),
        "unknown": len(find_gaps(year)),
        "rounded": frame["doubt"].isin(LOOSE).sum(),
        "disagreements": len(year.known.register),
        "on_the_web": used["url"].str.startswith("http").sum(),
        "official": used["kind"].isin(["statistics", "survey", "reference data"]).sum(),
        "breaks": are_known(chain.loc[chain["event"] == "merged", "year"]).sum(),
    }
    found = {f"quality_{name}": exact(count) if count else None for name, count in counts.items()}
    newest = max(
        used.loc[~used["reference"].astype("bool"), "known_since"], default=year.known.year
    )
    stale = exact(newest, "year") if newest < year.known.year - 1 else None
    newest_year = exact(max(years), "year") if years else None
    return found | {"quality_newest_year": newest_year, "sources_stale": stale}


@section("missing", find_gaps)
def show_missing(context: Context, rows: pd.DataFrame) -> Block:
    """The gaps, those of one kind and reason in one row."""
    what = [_what(context, row) for row in rows.to_dict("records")]
    about = [_words(context, each) for each in rows["about"]]
    said = rows.assign(
        what=what, about=about, why=rows["quantity"].map(context.text.format_quantity)
    )
    together = said.groupby(["what", "why"], sort=False)["about"]
    listed = together.agg(lambda about: [*dict.fromkeys(filter(None, about))]).reset_index()
    return context.table(listed[["what", "about", "why"]], "missing")


def _what(context: Context, row: dict[Hashable, Any]) -> str:
    said = context.describe_code(row["what"]) or context.plain(f"tables.{row['table']}")
    of_year = f", {context.plain('columns.year').lower()}" if row["column"] == "year" else ""
    return said[:1].upper() + said[1:] + of_year


@section("disagree", FRAMES["register"])
def show_register(context: Context, rows: pd.DataFrame) -> Block:
    """What sources disagree on: what is used, what the other says, from where, and why."""
    shown = []
    for case in rows.itertuples():
        used, other = (_side(context, case, ref) for ref in (case.used_ref, case.other_ref))
        said = {"about": _about(context, case), "used": used, "other": other}
        shown.append(said | {"rule": context.plain(f"rule.{case.rule}")})
    return context.table(pd.DataFrame(shown), "register")


def _about(context: Context, case: Any) -> str:
    table = context.plain(f"tables.{case.table}").capitalize()
    return table if case.column.startswith("text_") else f"{table}: {_words(context, case.key)}"


def _words(context: Context, key: str) -> str:
    return ", ".join(context.describe_code(word) for word in key.split())


def _side(context: Context, case: Any, ref: str) -> Markup:
    """What one of two disagreeing sources says, and which source it is."""
    title = context.cite(context.known.source(ref)["title"])
    return Markup('{}<br><span class="note">{}</span>').format(_cell(context, case, ref), title)


def _cell(context: Context, case: Any, ref: str) -> Markup | str:
    row = context.known.row(ref) if ref else {}
    if case.column.startswith("text_"):
        return context.own_sentence(row)
    cell = row.get(case.column, "")
    if isinstance(cell, Quantity):
        return context.text.quantity_html(cell)
    return (
        context.translate_venue(cell)
        if case.column == "place"
        else context.describe_code(str(cell))
    )


@section("claims", lambda year: year.checks)
def show_claims(context: Context, rows: pd.DataFrame) -> Block:
    """The claims of an earlier report that do not hold, and in a fold all others."""
    rows = rows[rows["about"] == "earlier_report"].sort_values("holds", ascending=False)
    claims, fails = _claims(context, rows), rows["holds"] == "no"
    shown = context.table(claims[fails].drop(columns="holds"), "claims")
    rest = context.table(claims[~fails], "other_claims")
    return shown + blocks.fold_blocks(context.plain("fold.other_claims"), rest)


def _claims(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Each claim with the numbers its own source states, and what is otherwise known."""
    said = []
    for row in rows.to_dict("records"):
        stated = replace(context, facts={**context.facts, **context.year.stated_by[row["source"]]})
        holds = context.plain(f"verdict.{row['holds']}")
        said.append((stated.own_sentence(row), _evidence(context, row), holds))
    return pd.DataFrame(said, rows.index, ["claim", "evidence", "holds"])


def _evidence(context: Context, row: dict[Hashable, Any]) -> Markup | str:
    """Other sources' values, or the number that the claim was held against."""
    value = row["value"]
    if not value.is_known:
        return ""
    if row["relation"] != "agrees":
        return context.first_sentence(
            context.html, "evidence", row["fact"], value=value
        ) or context.text.quantity_html(value)
    cases = context.known.register
    cases = cases[cases["key"].isin(cases.loc[cases["used_ref"].isin(value.refs), "key"])]
    others = [context.known.row(ref)["source"] != row["source"] for ref in cases["other_ref"]]
    sides = [_side(context, case, case.other_ref) for case in cases[others].itertuples()]
    return Markup("<br>").join(sides)


@section("changes", find_changes)
def show_changes(context: Context, rows: pd.DataFrame) -> Block:
    """What is new since the report before, row by row, in a fold."""
    shown = []
    for case in rows.itertuples():
        before, now = (_cell(context, case, ref) for ref in (case.before_ref, case.now_ref))
        shown.append({"about": _about(context, case), "before": before, "now": now})
    return blocks.fold_blocks(
        context.plain("fold.changes"), context.table(pd.DataFrame(shown), "changes")
    )


@section("repaired")
def show_repaired(context: Context) -> Block:
    """What was put right, and what was noted, in the rows that the report rests on, in a fold.

    A note that rests on a row of the chain too is left out until that is known.
    """
    rows = {f"{table}.csv": {None, *frame.index} for table, frame in context.known.basis.items()}
    notes = [
        note
        for note in context.notes
        if note.row in rows.get(note.file.replace(".xlsx", ".csv"), ())
        and not rows["chain.csv"].isdisjoint(cast("list[int]", note.details.get("chain", [None])))
    ]
    said = [context.text.format_fault(note).replace("\n", " ") for note in notes]
    marked = [blocks.render_macro("in_language", line, "", "samp") for line in said]
    return blocks.fold_blocks(context.plain("fold.repaired"), blocks.make_block("items", marked))
