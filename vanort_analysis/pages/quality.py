"""The page on data quality: what is missing, what sources disagree on, which claims do not hold."""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..analysis import Year
from ..data.quantity import Quantity, are_known, exact
from ..data.spelling import Unreadable, parse_year
from .blocks import Block, Inline, make_block, render_macro, wrap_blocks
from .context import Context, Row, section

LOOSE = ("about", "at_least", "at_most", "between")
CHOSEN = ("checks", "recommendations")  # tables of decisions, not of facts
SUBJECTS = ("town", "about", "group", "wave")  # columns that say what a row is about
DOCUMENT = ["publisher", "kind", "known_since", "url"]  # the same for all parts of one document


@lru_cache(maxsize=8)
def list_values(year: Year) -> pd.DataFrame:
    """One row is a number or year of a table: table, column, quantity, doubt, what, about; no empty
    cell, except for the year of an event of a place, which is a gap."""
    rows = []
    for row in year.known.records.values():
        if row["table"] in CHOSEN:
            continue
        what = row.get("measure") or row.get("event", "")
        about = " ".join(str(row[key]) for key in SUBJECTS if row.get(key))
        rows += [
            (row["table"], column, cell, cell.doubt, what, about)
            for column, cell in row.items()
            if isinstance(cell, Quantity) and (cell.text or (column == "year" and row.get("town")))
        ]
    return pd.DataFrame(rows, columns=["table", "column", "quantity", "doubt", "what", "about"])


@lru_cache(maxsize=8)
def find_gaps(year: Year) -> pd.DataFrame:
    """The newest rows of `list_values` on what no source knows; exchange rates do not count."""
    values = list_values(year)
    unknown = (values["doubt"] == "unknown") & (values["what"] != "exchange_rate")
    subject = ["table", "column", "what", "about"]
    gaps = values[unknown.groupby([values[name] for name in subject]).transform("all")]
    return gaps.drop_duplicates(subject, keep="last")


def quality_facts(year: Year) -> dict[str, Quantity | None]:
    """The quality of the data as facts that sentences may name; None where a count is zero."""
    values = list_values(year)
    sources = year.known.used["sources"]
    sources = sources[sources["kind"] != "own choice"].drop_duplicates(DOCUMENT)
    chain = year.known.used["chain"]
    counts = {
        "rows": (values["doubt"] != "unknown").sum(),
        "sources": len(sources),
        "unknown": len(find_gaps(year)),
        "rounded": values["doubt"].isin(LOOSE).sum(),
        "disagreements": len(year.known.register),
        "on_the_web": sources["url"].str.startswith("http").sum(),
        "official": sources["kind"].isin(["statistics", "survey", "reference data"]).sum(),
        "breaks": are_known(chain.loc[chain["event"] == "merged", "year"]).sum(),
    }
    facts = {f"quality_{name}": exact(count) if count else None for name, count in counts.items()}
    dates = [date.low for date in values["quantity"] if date.unit == "year"]
    years = [date for date in dates if -math.inf < date <= year.known.year]
    facts["quality_newest_year"] = exact(max(years), "year") if years else None
    published = sources.loc[~sources["reference"].astype("bool"), "known_since"]
    newest = max(published, default=year.known.year)
    facts["sources_stale"] = exact(newest, "year") if newest < year.known.year - 1 else None
    return facts


@section("missing", find_gaps)
def show_missing(context: Context, rows: pd.DataFrame) -> Block:
    """The gaps, those of one kind and reason in one row."""
    gaps = rows.assign(
        what=[_name_gap(context, row) for row in rows.to_dict("records")],
        about=[_describe_codes(context, about) for about in rows["about"]],
        why=rows["quantity"].map(context.text.format_quantity),
    )
    groups = gaps.groupby(["what", "why"], sort=False)["about"]
    listed = groups.agg(lambda about: [*dict.fromkeys(filter(None, about))]).reset_index()
    return context.table(listed[["what", "about", "why"]], "missing")


def _name_gap(context: Context, row: Row) -> str:
    name = context.describe_code(row["what"]) or context.plain(f"tables.{row['table']}")
    if row["column"] == "year":
        name += f", {context.plain('columns.year').lower()}"
    return name[:1].upper() + name[1:]


@section("disagree", lambda year: year.known.register)
def show_register(context: Context, rows: pd.DataFrame) -> Block:
    """What sources disagree on: what is used, what the other says, from where, and why."""
    cases = []
    for case in rows.itertuples():
        used = _render_side(context, case.column, case.used_ref)
        other = _render_side(context, case.column, case.other_ref)
        cases.append((_name_case(context, case), used, other, context.plain(f"rule.{case.rule}")))
    frame = pd.DataFrame(cases, columns=["about", "used", "other", "rule"])
    return context.table(frame, "register")


def _name_case(context: Context, case: Any) -> str:
    table = context.plain(f"tables.{case.table}").capitalize()
    if case.column.startswith("text_"):
        return table
    return f"{table}: {_describe_codes(context, case.key)}"


def _describe_codes(context: Context, codes: str) -> str:
    words = []
    for code in codes.split():
        try:  # the key of a row may hold its year
            words.append(context.text.format_quantity(parse_year(code)))
        except Unreadable:
            words.append(context.describe_code(code))
    return ", ".join(words)


def _render_side(context: Context, column: str, ref: str) -> Markup:
    """What one of two disagreeing sources says, and which source it is."""
    title = context.source_title(context.known.source(ref))
    cell = _render_cell(context, column, ref)
    return Markup('{}<br><span class="note">{}</span>').format(cell, title)


def _render_cell(context: Context, column: str, ref: str) -> Inline:
    """A cell of a raw row in words; empty for no row."""
    row = context.known.records[ref] if ref else {}
    if column.startswith("text_"):
        return context.render_row_text(row)
    cell = row.get(column, "")
    if isinstance(cell, Quantity):
        is_year = row.get("definition") == "year"
        return context.text.quantity_html(cell.in_unit("year") if is_year else cell)
    return context.describe_cell(row, column) if row else ""


@section("claims", lambda year: year.checks)
def show_claims(context: Context, rows: pd.DataFrame) -> Block:
    """The claims of an earlier report that fail, and in a fold the others, by their own numbers."""
    rows = rows[rows["about"] == "earlier_report"].sort_values("holds", ascending=False)
    described = []
    for row in rows.to_dict("records"):
        stated = {**context.facts, **context.year.stated[row["source"]]}
        claim = replace(context, facts=stated).render_row_text(row)
        verdict = context.plain(f"verdict.{row['holds']}")
        described.append((claim, _render_evidence(context, row), verdict))
    claims = pd.DataFrame(described, rows.index, ["claim", "evidence", "holds"])
    fails = rows["holds"] == "no"
    failed = context.table(claims[fails].drop(columns="holds"), "claims")
    others = context.table(claims[~fails], "other_claims")
    return failed + wrap_blocks("fold", context.plain("fold.other_claims"), others)


def _render_evidence(context: Context, row: Row) -> Inline:
    """The values of other sources, or the number that the claim was checked against."""
    if not (value := row["value"]).is_known:
        return ""
    if row["relation"] != "agrees":
        sentence = context.choose_sentence(context.html, f"evidence.{row['fact']}", value=value)
        return sentence or context.text.quantity_html(value)
    cases = context.known.register
    about = cases[["used_ref", "other_ref"]].isin(value.refs).any(axis="columns")
    cases = cases[cases["key"].isin(cases.loc[about, "key"])]
    sides = [
        _render_side(context, case.column, case.other_ref)
        for case in cases.itertuples()
        if context.known.records[case.other_ref]["source"] != row["source"]
    ]
    return Markup("<br>").join(sides)


@section("changes", lambda year: year.changes)
def show_changes(context: Context, rows: pd.DataFrame) -> Block:
    """What is new since the report before, row by row, in a fold."""
    changes = []
    for case in rows.itertuples():
        before = _render_cell(context, case.column, case.before_ref)
        now = _render_cell(context, case.column, case.now_ref)
        status = context.known.records[case.now_ref].get("status", "")
        if case.table == "meetings" and case.what == "new" and status != "held":
            now = f"{now}, {context.plain(f'status.{status}')}"
        changes.append((_name_case(context, case), before, now))
    table = context.table(pd.DataFrame(changes, columns=["about", "before", "now"]), "changes")
    return wrap_blocks("fold", context.plain("fold.changes"), table)


@section("repaired")
def show_repaired(context: Context) -> Block:
    """The repairs and notes on the rows that the report rests on, in a fold; one that also rests on
    a row of the chain is left out until that row is known."""
    rows = {f"{table}.csv": {None, *frame.index} for table, frame in context.known.basis.items()}
    notes = [
        note
        for note in context.notes
        if note.row in rows.get(note.file.replace(".xlsx", ".csv"), ())
        and not rows["chain.csv"].isdisjoint(note.details.get("chain", [None]))
    ]
    lines = [context.text.format_fault(note).replace("\n", " ") for note in notes]
    items = [render_macro("in_language", line, "", "samp") for line in lines]
    return wrap_blocks("fold", context.plain("fold.repaired"), make_block("items", items))
