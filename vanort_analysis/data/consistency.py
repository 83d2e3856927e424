"""What no single cell shows: unknown names, the same thing twice, impossible orders in time and
space, implausible numbers."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from babel import Locale
from babel.numbers import get_territory_currencies

from ..errors import Fault, closest_word, level_of
from .quantity import Quantity, group_by_key, to_records
from .schema import TABLES
from .spelling import parse_quantity

Row = dict[str, Any]  # the cells of a row, and what `keyed` says of it
Rows = dict[str, list[Row]]
ENTRIES = ("contact", "admitted")  # events by which a place is in the chain
FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla
AHEAD = 20  # years that a plan or an agreement may lie after the source that tells of it
LEAP = 7  # times: a digit too many makes ten, what has changed meanwhile somewhat more or less
EDGE, APART = 0.3, 1.0  # degrees: from the box of a country; between two places of one name
LANGUAGES = ("sv", "da", "nb", "fi", "is", "de", "en")  # a country may be named in
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?")  # no user before the host
LETTERS = str.maketrans({"ð": "d", "þ": "t", "ø": "o", "æ": "a", "œ": "o", "ß": "s", "ł": "l"})
NUMBERS = ("geonameid", "wikidata")  # each of one place in the world
ONE_NUMBER = {"chain": "year", "membership": "members"}  # that one source can say of one thing
DATED = ("year", "wave", "first_made", "from_year", "to_year")
DAYS = ("date_from", "date_to", "date")
PARTS = {"active", "sporadic", "dormant"}  # groups that are the whole together
NO_COUNTS = ("percent", "per_mille", "year", "date")  # units of what may leap


def check_consistency(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """Every fault between the cells of tables that are read already."""
    rows = {name: keyed_rows(name, frame) for name, frame in tables.items()}
    checks = (
        _check_references,
        _check_duplicates,
        _check_names,
        _check_points,
        _check_sources,
        _check_days,
        _check_chain,
    )
    more = (
        _check_members,
        _check_leaps,
        _check_currencies,
        _check_survey,
        _check_shares,
        _check_values,
    )
    faults = [fault for check in (*checks, *more) for fault in check(rows)]
    if home not in {town["town"] for town in rows["towns"]}:
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif home not in {row["town"] for row in rows["chain"] if row["event"] in ENTRIES}:
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    left = (row for row in rows["chain"] if row["event"] == "left" and row["town"] == home)
    return [*faults, *(_cell_fault("D056", row, "town") for row in left)]


def row_keys(name: str, frame: pd.DataFrame) -> list[str]:
    """The key of each row as text; a code that may repeat takes its year into the key."""
    contract = TABLES[name]
    parts = [_key_part(frame[column]) for column in contract.key]
    if contract.repeatable:
        years = _key_part(frame["year"])
        again = frame[contract.key[-1]].isin(contract.repeatable)
        parts.append([year if twice else "" for year, twice in zip(years, again, strict=True)])
    return [" ".join(words).strip() for words in zip(*parts, strict=True)]


def keyed_rows(name: str, frame: pd.DataFrame) -> list[Row]:
    """The rows as dicts, each with its `table`, `row`, its number in the file, and its `key`."""
    return to_records(frame.assign(table=name, row=frame.index, key=row_keys(name, frame)))


def _key_part(cells: pd.Series) -> list[str]:
    return [
        re.sub(r"\s*[-—]\s*", "–", cell.text) if isinstance(cell, Quantity) else str(cell)
        for cell in cells
    ]


def currency_of_country(country: str) -> str:
    """The currency of a country; "kr" where no code says which."""
    return str((get_territory_currencies(country) or ["kr"])[0])


def _cell_fault(code: str, at: Row, column: str, near: object = "", **details: object) -> Fault:
    """A fault in a cell of the row `at`; `near` is the number or word that it should keep to."""
    details["near"] = f"{near:.0f}" if isinstance(near, float) else str(near)
    value = getattr(at[column], "text", str(at[column]))
    return Fault(code, f"{at['table']}.csv", at["row"], column, value, level_of(code), details)


def _repeated_rows(rows: list[Row], columns: tuple[str, ...]) -> Iterator[tuple[Row, Row]]:
    """Each row with the cells that a row before it has in these columns, and the first of them."""
    seen: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if (first := seen.setdefault(tuple(row[of] for of in columns), row)) is not row:
            yield row, first


def _highest_values(rows: list[Row], by: str, **cells: str) -> dict[Any, float]:
    """By year or name the highest value of the rows with these cells; no end if none is known."""
    known = [row for row in rows if row["value"].is_known and cells.items() <= row.items()]
    values = group_by_key((getattr(row[by], "low", row[by]), row["value"].high) for row in known)
    return defaultdict(lambda: math.inf, {of: max(highs) for of, highs in values.items()})


def _first_years(rows: Rows, event: str) -> dict[str, float]:
    """By place the earliest year of an event."""
    dated = [row for row in rows["chain"] if row["event"] == event and row["year"].is_known]
    lows = group_by_key((row["town"], row["year"].low) for row in dated)
    return {town: min(years) for town, years in lows.items()}


def _check_references(rows: Rows) -> Iterator[Fault]:
    """Names of what no row of the other table is about."""
    columns = [(t, c, rule) for t in rows for c, rule in TABLES[t].columns.items() if rule.refers]
    for table, column, rule in columns:
        known = {row[TABLES[rule.refers].key[0]] for row in rows[rule.refers]}
        named = [(row, of) for row in rows[table] for of in row[column].split("|") if of]
        near = {of: closest_word(of, known) for _, of in named if of not in known}
        for row, of in named if near else ():
            if of in near:
                yield _cell_fault("D026", row | {column: of}, column, near[of], table=rule.refers)


def _check_duplicates(rows: Rows) -> Iterator[Fault]:
    """The same thing twice in a table, or, where sources may differ, in one place of a source; two
    numbers for it from one source, which cannot both be what it says."""
    for name in (name for name, contract in TABLES.items() if not contract.amended):
        key = TABLES[name].key[0]
        place = ("key", "source", "locator") if name not in ("sources", "towns") else ("key",)
        told = {row["row"]: (row, first) for row, first in _repeated_rows(rows[name], place)}
        for row, first in told.values():
            yield _cell_fault("D025", row | {key: row["key"]}, key, row=first["row"])
        if number := ONE_NUMBER.get(name):
            known = (row for row in rows[name] if row["year"].is_known and row["row"] not in told)
            stated = [row for row in known if row[number].value is not None]
            for row, first in _repeated_rows(stated, ("key", "source")):
                if first[number].value != row[number].value:
                    yield _cell_fault("D025", row, number, row=first["row"])


def _check_names(rows: Rows) -> Iterator[Fault]:
    """One place twice: by its number, by a name that is spelled alike, or by a slip of the pen.

    A name one letter from another is an error where both may be one place (one country, near each
    other or without a point), else a warning; where both rows have numbers of their own, nothing.
    """
    told = set()
    for column in NUMBERS:
        for town, first in _repeated_rows(
            [town for town in rows["towns"] if town[column]], (column,)
        ):
            told.add((town["row"], first["row"]))
            yield _cell_fault("D091", town, column, row=first["row"])
    seen: dict[str, tuple[Row, str]] = {}
    for town in rows["towns"]:
        for name, folded, spelling in _spellings(town):
            before, other = seen.setdefault(spelling, (town, folded))
            is_same, pair = other == folded, (town["row"], before["row"])
            distinct = all(any(of[column] for column in NUMBERS) for of in (town, before))
            if before is town or pair in told or (distinct and not is_same):
                continue
            told.add(pair)
            near = not max(abs(town[axis] - before[axis]) for axis in ("lat", "lon")) > APART
            may_be_one = is_same or (near and town["country"] == before["country"])
            fault = _cell_fault("D031" if is_same else "D061", town, "name", row=before["row"])
            yield replace(fault, value=name, level="error" if may_be_one else "warning")


def _spellings(town: Row) -> Iterator[tuple[str, str, str]]:
    """The names of a town, folded, and then with one letter left out."""
    names = f"{town['name']}|{town['local_name']}|{town['aliases']}".split("|")
    for name in filter(None, names):
        folded = fold_name(name)
        yield name, folded, folded
        if len(folded) > 4 and not any(map(str.isdigit, folded)):  # numbers are meant to differ
            yield from ((name, folded, folded[:at] + folded[at + 1 :]) for at in range(len(folded)))


def fold_name(name: str) -> str:
    """A name without what is only another way to spell it: case, blanks, accents, ð and ø."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    return "".join(filter(str.isalnum, plain)) or name


@cache  # to read all names takes long
def _country_codes() -> dict[str, str]:
    """The codes of countries, by themselves and by their names, in small letters."""
    named = [of for language in LANGUAGES for of in Locale(language).territories.items()]
    countries = [(code, name) for code, name in named if re.fullmatch("[A-Z]{2}", code)]
    return {said.casefold(): code for code, name in countries for said in (name, code)}


@cache
def _country_boxes() -> dict[str, list[tuple[float, ...]]]:
    """By country the boxes it lies in, mainland and islands (made by `scripts/make_basemap.py`)."""
    with Path(__file__).with_name("countries.csv").open(encoding="utf-8") as file:
        return group_by_key(
            (of, tuple(map(float, edges))) for of, *edges in list(csv.reader(file))[1:]
        )


def _lies_in(country: str, lat: float, lon: float) -> bool:
    """Whether a point may be in a country; one that has no box may be anywhere."""
    return country not in _country_boxes() or any(
        south - EDGE <= lat <= north + EDGE and west - EDGE <= lon <= east + EDGE
        for south, west, north, east in _country_boxes()[country]
    )


def _check_points(rows: Rows) -> Iterator[Fault]:
    """Countries that no code stands for; points that are half, nowhere, outside their country, or
    those of another place."""
    whole = []
    for town in rows["towns"]:
        country, lat, lon = town["country"], town["lat"], town["lon"]
        is_code = country.isupper() and get_territory_currencies(country)
        if (
            country
            and not is_code
            and (near := _country_codes().get(country.casefold(), "")) != country
        ):
            yield _cell_fault("D062", town, "country", near)
        if math.isnan(lat) != math.isnan(lon) or lat == lon == 0:
            yield _cell_fault("D063", town, "lon" if math.isnan(lon) else "lat")
        elif math.isfinite(lat) and math.isfinite(lon):
            whole.append(town)
            if not _lies_in(country, lat, lon):
                code = "D064" if _lies_in(country, lon, lat) else "D089"
                yield _cell_fault(code, town, "lat", country)
    for town, first in _repeated_rows(whole, ("lat", "lon")):
        yield _cell_fault("D059", town, "lat", row=first["row"])


def _check_sources(rows: Rows) -> Iterator[Fault]:
    """Addresses that lead nowhere; sources much later than the others (the clock is not asked),
    unless they say when they were published. Years after the source that tells of them was public;
    of a plan or an agreement, very long after; of reference data, after the newest source."""
    since = {of["source"]: _year(of["known_since"]) for of in rows["sources"]}
    years = sorted(year for year in since.values() if math.isfinite(year))
    latest = years[len(years) // 2] + 2 * AHEAD if years else math.inf
    for row in rows["sources"]:
        if row["url"] and not WEB_ADDRESS.fullmatch(row["url"]):
            yield _cell_fault("D028", row, "url")
        is_late = since[row["source"]] > latest
        if is_late and not row["published"].startswith(str(row["known_since"])):
            yield _cell_fault("D065", row, "known_since")
    reference = {row["source"] for row in rows["sources"] if row["reference"] is True}
    for name, contract in TABLES.items():
        columns = [of for of in DATED if of in contract.columns]
        for row in rows[name] if columns else ():
            code, limit = "D029", since.get(row["source"], math.inf)
            if name == "agreements" or (contract.may_be_future and row["status"] != "held"):
                code, limit = "D065", limit + AHEAD
            elif row["source"] in reference:
                code, limit = "D065", (years[-1] if years else math.inf) + 1
            limit = limit if limit > -math.inf else math.inf  # nobody knows
            for column in columns:
                if _year(row[column]) > limit:
                    yield _cell_fault(code, row, column, limit)


def _year(cell: Any) -> float:
    """The first year of a cell, without end where none is known."""
    return -math.inf if cell is pd.NA else float(getattr(cell, "low", cell))


def _check_days(rows: Rows) -> Iterator[Fault]:
    """Days and years that contradict another of their row."""
    for row in rows["agreements"]:
        if row["to_year"].high < row["from_year"].low:
            yield _cell_fault("D049", row, "to_year", row["from_year"].low)
    for row in rows["meetings"]:
        if row["date_to"][:4].isdecimal() and row["date_to"] < row["date_from"]:
            yield _cell_fault("D066", row, "date_to")
    for row in rows["meetings"] + rows["activities"]:
        for column in (of for of in DAYS if of in row):
            year, day = row["year"], row[column][:4]
            if day.isdecimal() and not year.low <= int(day) <= year.high:
                yield _cell_fault("D066", row, column)


def _check_chain(rows: Rows) -> Iterator[Fault]:
    """Places that left before they came, or came before there were twin towns."""
    entered = _first_years(rows, "contact") | _first_years(rows, "admitted")
    for row in rows["chain"]:
        since = entered.get(row["town"], -math.inf)
        if row["event"] == "left" and row["year"].high < since:
            yield _cell_fault("D027", row, "year", since)
        if row["event"] in ENTRIES and row["year"].high < FIRST_TWINNING:
            yield _cell_fault("D052", row, "year")


def _check_members(rows: Rows) -> Iterator[Fault]:
    """Members or support of a place outside the chain; associations of nobody, of more than live
    there, or of a place that has left; places of the chain of whose members no row tells."""
    people, left = (
        _highest_values(rows["figures"], "about", measure="population"),
        _first_years(rows, "left"),
    )
    leaving = group_by_key(
        (row["town"], row["row"]) for row in rows["chain"] if row["event"] == "left"
    )
    for row in rows["membership"]:
        members, town = row["members"], row["town"]
        if members.high == 0 and members.text[:1].isdigit():
            yield _cell_fault("D051", row, "members")
        if members.low > people[town]:
            yield _cell_fault("D034", row, "members", people[town])
        if row["year"].low > left.get(town, math.inf):
            yield _cell_fault("D055", row, "year", left[town], chain=leaving[town])
    chain = dict.fromkeys(row["town"] for row in rows["chain"])
    outside = {row["town"] for row in rows["towns"]} - chain.keys()
    for row in rows["membership"] + rows["support"]:
        if row["town"] in outside:
            yield _cell_fault("D037", row, "town")
    told = {row["town"] for row in rows["membership"]}
    if told and (without := [town for town in chain if town and town not in told | left.keys()]):
        yield Fault("D057", "membership.csv", None, "town", ", ".join(without), "warning")


def _check_leaps(rows: Rows) -> Iterator[Fault]:
    """Numbers many times those of the year before, or a small part of them: a slip of a digit?

    After a number that is told, the way back is not.
    """
    columns = [(name, of, rule) for name in rows for of, rule in TABLES[name].columns.items()]
    for table, column, rule in (of for of in columns if of[2].steady):
        series = group_by_key(
            ((*(row[of] for of in rule.steady), row[column].unit), row)
            for row in (of | {"at": _year(of.get("year", of.get("wave")))} for of in rows[table])
            if row[column].is_known and row[column].unit not in NO_COUNTS and row[column].high > 0
            if math.isfinite(row["at"]) and not re.search("change|rate", row.get("measure", ""))
        )
        for of_one in series.values():
            told = False
            for before, row in pairwise(sorted(of_one, key=lambda row: row["at"])):
                last, value = before[column], row[column]
                up, down = value.low >= LEAP * last.high, value.high * LEAP <= last.low
                if up or (down and not told):
                    yield _cell_fault("D067", row, column, last.text)
                told = up


def _check_currencies(rows: Rows) -> Iterator[Fault]:
    """Amounts in "kr" for places whose own currency is another than the home town's; amounts in a
    currency that is neither's. A minority may be paid by the country it looks to."""
    towns = [row for row in rows["towns"] if row["kind"] != "minority"]
    currencies = {row["town"]: currency_of_country(row["country"]) for row in towns}
    for row in rows["support"]:
        unit, own = row["amount"].unit, currencies.get(row["town"], "kr")
        if unit and own not in ("kr", unit):
            code = "D054" if parse_quantity(row["amount"].text).unit == "kr" else "D090"
            yield _cell_fault(code, row, "amount", own, found=unit)


def _check_survey(rows: Rows) -> Iterator[Fault]:
    """More municipalities with twin towns than answered, or that answered than there are."""
    there_are = _highest_values(rows["figures"], "year", measure="municipalities")
    answered = _highest_values(rows["survey"], "wave", measure="answered", group="all")
    for row in rows["survey"]:
        low, wave = row["value"].low, row["wave"]
        if (row["measure"], row["group"]) == ("answered", "all") and low > there_are[wave]:
            yield _cell_fault("D068", row, "value", there_are[wave])
        if row["measure"] == "municipalities_with_twin_towns" and low > answered[wave]:
            yield _cell_fault("D040", row, "value", answered[wave])


def _check_shares(rows: Rows) -> Iterator[Fault]:
    """Shares that are no parts of a whole, or that are not the whole together."""
    known = [row for row in rows["survey"] if row["value"].is_known]
    known = [row for row in known if not row["measure"].startswith("change")]  # may be below 0
    shares = {row["measure"] for row in known if _is_share(row)}
    for row in known:
        low, high = row["value"].low, row["value"].high
        if _is_share(row) and (low < 0 or low > 100 or 100 < high < math.inf):
            yield _cell_fault("D044", row, "value")
        named = row["measure"] in shares or row["measure"].endswith("_share")
        if named and not _is_share(row) and high > 0:  # none is none in any unit
            yield _cell_fault("D045", row, "value")
    for group in group_by_key(((row["wave"], row["measure"]), row) for row in known).values():
        percent = all(map(_is_share, group))
        parts = group if percent else [row for row in group if row["group"] in PARTS]
        of_all = [row["value"].high for row in group if row["group"] == "all"]
        whole = 100.0 if percent else max(of_all, default=math.nan)
        slack = len(parts) / 2 * percent  # each may be rounded
        low, high = (sum(getattr(row["value"], of) for row in parts) for of in ("low", "high"))
        if len(parts) > 1 and low > whole + slack:
            yield _cell_fault("D033", parts[-1], "value")
        elif {row["group"] for row in parts} >= PARTS and high < whole - slack:
            yield _cell_fault("D058", parts[-1], "value", whole, found=f"{high:g}")


def _is_share(row: Row) -> bool:
    return bool(row["value"].unit == "percent")


def _check_values(rows: Rows) -> Iterator[Fault]:
    """Numbers below nothing of what is no change (a share has a fault of its own); checks of a fact
    that do not say what it is held against."""
    for row in rows["survey"] + rows["figures"] + rows["checks"]:
        about = row.get("measure") or row.get("fact", "")
        share = row["table"] == "survey" and _is_share(row)
        if row["value"].low < 0 and "change" not in about and not share:
            yield _cell_fault("D018", row, "value")
    for row in (row for row in rows["checks"] if row["fact"]):
        if not row["relation"]:
            yield _cell_fault("D024", row, "relation")
        elif row["relation"] != "agrees" and not row["value"].is_known:
            yield _cell_fault("D024", row, "value")
