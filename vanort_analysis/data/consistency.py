"""What no single cell shows: unknown names, the same thing twice, impossible orders in time and
space, implausible numbers."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from babel import Locale
from babel.numbers import get_territory_currencies

from ..errors import Fault, Level, meant
from .quantity import Quantity
from .schema import TABLES
from .spelling import parse

Row = dict[str, Any]  # the cells of a row, and "row", its number in the file
Rows = dict[str, list[Row]]
FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla
AHEAD = 20  # years that a plan or an agreement may lie after the source that tells of it
LEAP = 7  # times: a digit too many makes ten, what has changed meanwhile somewhat more or less
EDGE, APART = 0.3, 1.0  # degrees: from the box of a country; between two places of one name
WARNINGS = (
    *("D028", "D051", "D052", "D054", "D055", "D056"),
    *("D058", "D059", "D067", "D089", "D090"),
)
LANGUAGES = ("sv", "da", "nb", "fi", "is", "de", "en")  # a country may be named in
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?")  # no user before the host
LETTERS = str.maketrans({"ð": "d", "þ": "t", "ø": "o", "æ": "a", "œ": "o", "ß": "s", "ł": "l"})
ISO = re.compile("[0-9]{4}-")
PARTS = {"active", "sporadic", "dormant"}  # groups that are the whole together
LIKE_LAST_YEAR = {  # which number is held against that of the year before, of what
    "membership.members": ["town"],
    "support.amount": ["town"],
    "survey.value": ["measure", "group", "base"],
    "figures.value": ["measure", "about", "base", "definition"],
}


def check_across(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """Every fault between the cells of tables that are read already."""
    rows: Rows = {
        name: [
            dict(zip(["row", *frame], cells, strict=True))
            for cells in zip(frame.index.tolist(), *(frame[c].tolist() for c in frame), strict=True)
        ]
        for name, frame in tables.items()
    }
    one = (_names, _countries, _points, _sources, _years, _agreements, _days, _members)
    more = (_leaps, _currencies, _survey, _shares, _held_against)
    faults = [fault for check in (*one, *more) for fault in check(rows)]
    faults += [*_unknown(rows), *_twice(rows, tables), *_chain(rows["chain"], home)]
    if home not in {town["town"] for town in rows["towns"]}:
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif home not in {event["town"] for event in rows["chain"]}:
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    return faults


def key_of(name: str, frame: pd.DataFrame) -> list[str]:
    """The key of each row as text; a code that may repeat takes its year into the key."""
    contract = TABLES[name]
    parts = [_key_part(frame[column]) for column in contract.key]
    if contract.repeatable:
        years = _key_part(frame["year"])
        again = frame[contract.key[-1]].isin(contract.repeatable)
        parts.append([year if twice else "" for year, twice in zip(years, again, strict=True)])
    return [" ".join(words).strip() for words in zip(*parts, strict=True)]


def _key_part(cells: pd.Series) -> list[str]:
    return [
        re.sub(r"\s*[-—]\s*", "–", cell.text) if isinstance(cell, Quantity) else str(cell)
        for cell in cells
    ]


def currency_of(country: str) -> str:
    """The currency of a country; "kr" where no code says which."""
    return str((get_territory_currencies(country) or ["kr"])[0])


def _wrong(code: str, place: str, at: Row, near: object = "", **details: object) -> Fault:
    """A fault in a cell of the row `at`; `near` is the number or word that it should keep to."""
    table, column = place.split(".")
    value = at[column].text if isinstance(at[column], Quantity) else str(at[column])
    level: Level = "warning" if code in WARNINGS else "error"
    details |= {"near": f"{near:.0f}" if isinstance(near, float) else str(near)}
    return Fault(code, f"{table}.csv", at["row"], column, value, level, details)


def _unknown(rows: Rows) -> Iterator[Fault]:
    columns = [(t, c, rule) for t in rows for c, rule in TABLES[t].columns.items() if rule.refers]
    for table, column, rule in columns:
        known = {row[TABLES[rule.refers].key[0]] for row in rows[rule.refers]}
        near = cache(lambda item, known=known: meant(item, known))
        for row in rows[table]:
            for item in filter(None, row[column].split("|")):
                if item not in known:
                    place, cell = f"{table}.{column}", row | {column: item}
                    yield _wrong("D026", place, cell, near(item), table=rule.refers)


def _twice(rows: Rows, tables: dict[str, pd.DataFrame]) -> Iterator[Fault]:
    """The same thing twice in a table, or, where sources may differ, in one place of a source; two
    numbers for it from one source, which cannot both be what it says."""
    for name, contract in TABLES.items():
        seen: dict[tuple[str, ...], Row] = {}
        testimony = ("source", "locator") if name not in ("sources", "towns") else ()
        counted = {"chain": "year", "membership": "members"}.get(name, "")
        keys = key_of(name, tables[name]) if not contract.amended else []
        for row, key in zip(rows[name], keys, strict=not contract.amended):
            first = seen.setdefault((key, *(row[column] for column in testimony)), row)
            if first is not row:
                place, cell = f"{name}.{contract.key[0]}", row | {contract.key[0]: key}
                yield _wrong("D025", place, cell, row=first["row"])
            elif counted and row["year"].is_known and row[counted].value is not None:
                first = seen.setdefault((key, row["source"]), row)
                if first[counted].value != row[counted].value:
                    yield _wrong("D025", f"{name}.{counted}", row, row=first["row"])


def _names(rows: Rows) -> Iterator[Fault]:
    """One place twice: by its number, by a name that is spelled alike, or by a slip of the pen.

    A name one letter from another is an error where both may be one place (one country, near each
    other or without a point), else a warning; where both rows have numbers of their own, nothing.
    """
    seen: dict[str, tuple[Row, str]] = {}
    told = set()
    for town in rows["towns"]:
        for column in ("geonameid", "wikidata"):
            before, _ = seen.setdefault(f"{column} {town[column]}", (town, ""))
            if before is not town and town[column]:
                told.add((town["row"], before["row"]))
                yield _wrong("D091", f"towns.{column}", town, row=before["row"])
        for name in filter(
            None, f"{town['name']}|{town['local_name']}|{town['aliases']}".split("|")
        ):
            folded = folding(name)
            slips = [folded[:at] + folded[at + 1 :] for at in range(len(folded))]
            counted = any(map(str.isdigit, folded))  # numbered names are meant to differ
            for spelling in [folded, *(slips if len(folded) > 4 and not counted else [])]:
                before, other = seen.setdefault(spelling, (town, folded))
                distinct, pair = _numbered(town) and _numbered(before), (town["row"], before["row"])
                if before is town or pair in told or (distinct and other != folded):
                    continue
                told.add(pair)
                code = "D031" if other == folded else "D061"
                level: Level = "error" if code == "D031" or _may_be_one(town, before) else "warning"
                details = {"row": before["row"]}
                yield Fault(code, "towns.csv", town["row"], "name", name, level, details)


def folding(name: str) -> str:
    """A name without what is only another way to spell it: case, blanks, accents, ð and ø."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    return "".join(filter(str.isalnum, plain)) or name


def _numbered(town: Row) -> bool:
    return bool(town["geonameid"] or town["wikidata"])


def _may_be_one(town: Row, other: Row) -> bool:
    apart = max(abs(town[axis] - other[axis]) for axis in ("lat", "lon"))
    return town["country"] == other["country"] and not apart > APART


def _countries(rows: Rows) -> Iterator[Fault]:
    """Countries that no code stands for."""
    for town in rows["towns"]:
        country = town["country"]
        paid = country.isupper() and get_territory_currencies(country)
        if not country or paid:  # to read all names takes long
            continue
        codes = {of for of in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", of)}
        if country not in codes:
            names = (Locale(language).territories.items() for language in LANGUAGES)
            meanings = {name.casefold(): code for language in names for code, name in language}
            near = country.upper() if country.upper() in codes else ""
            yield _wrong(
                "D062", "towns.country", town, near or meanings.get(country.casefold(), "")
            )


@cache
def _boxes() -> dict[str, list[tuple[float, ...]]]:
    """By country the boxes it lies in, mainland and islands (made by `scripts/make_basemap.py`)."""
    found = defaultdict(list)
    with Path(__file__).with_name("countries.csv").open(encoding="utf-8") as file:
        for country, *edges in list(csv.reader(file))[1:]:
            found[country].append(tuple(map(float, edges)))
    return found


def _points(rows: Rows) -> Iterator[Fault]:
    """Points that are half, nowhere, outside their country, or those of another place."""
    seen: dict[tuple[float, float], Row] = {}
    for town in rows["towns"]:
        lat, lon = town["lat"], town["lon"]
        if math.isnan(lat) != math.isnan(lon) or lat == lon == 0:
            yield _wrong("D063", "towns.lat", town)
        elif math.isfinite(lat) and math.isfinite(lon):
            if not _lies_in(town["country"], lat, lon):
                code = "D064" if _lies_in(town["country"], lon, lat) else "D089"
                yield _wrong(code, "towns.lat", town, town["country"])
            if (first := seen.setdefault((lat, lon), town)) is not town:
                yield _wrong("D059", "towns.lat", town, row=first["row"])


def _lies_in(country: str, lat: float, lon: float) -> bool:
    """Whether a point may be in a country; one that has no box may be anywhere."""
    return country not in _boxes() or any(
        south - EDGE <= lat <= north + EDGE and west - EDGE <= lon <= east + EDGE
        for south, west, north, east in _boxes()[country]
    )


def _sources(rows: Rows) -> Iterator[Fault]:
    """Addresses that lead nowhere; a year much later than those of the other sources (the clock is
    not asked), unless the source says itself when it was published."""
    years = sorted(since for since, _ in _since(rows).values())
    latest = years[len(years) // 2] + 2 * AHEAD if years else 0
    for row in rows["sources"]:
        if row["url"] and not WEB_ADDRESS.fullmatch(row["url"]):
            yield _wrong("D028", "sources.url", row)
        since = row["known_since"]
        stated = row["published"].startswith(str(since))
        if since is not pd.NA and since > latest and not stated:
            yield _wrong("D065", "sources.known_since", row)


def _since(rows: Rows) -> dict[str, tuple[float, bool]]:
    """Of each source: since when it was public, and whether it is reference data."""
    dated = [row for row in rows["sources"] if row["known_since"] is not pd.NA]
    return {row["source"]: (row["known_since"], row["reference"] is True) for row in dated}


def _years(rows: Rows) -> Iterator[Fault]:
    """Years after the source that tells of them was public; of a plan, very long after.

    Reference data tell of any year up to that after the newest source.
    """
    since = _since(rows)
    newest = max((float(year) for year, _ in since.values()), default=math.inf)
    for name, contract in TABLES.items():
        columns = [of for of in ("year", "wave", "first_made") if of in contract.columns]
        for row in rows[name] if columns else ():
            public, reference = since.get(row["source"], (math.inf, False))
            planned = contract.may_be_future and row["status"] != "held"
            for column in columns:
                year = _year(row[column])
                if (reference and year > newest + 1) or (planned and year > public + AHEAD):
                    yield _wrong("D065", f"{name}.{column}", row)
                elif year > public and not (reference or planned):
                    yield _wrong("D029", f"{name}.{column}", row, public)


def _year(cell: Any) -> float:
    """The first year of a cell, without end where none is known."""
    return -math.inf if cell is pd.NA else float(getattr(cell, "low", cell))


def _agreements(rows: Rows) -> Iterator[Fault]:
    """Agreements that end before they begin, or lie far ahead."""
    since = _since(rows)
    for row in rows["agreements"]:
        if row["to_year"].high < row["from_year"].low:
            yield _wrong("D049", "agreements.to_year", row, row["from_year"].low)
        for column in ("from_year", "to_year"):
            if row[column].low > since.get(row["source"], (math.inf, True))[0] + AHEAD:
                yield _wrong("D065", f"agreements.{column}", row)


def _days(rows: Rows) -> Iterator[Fault]:
    """Days that contradict the other day or the year of their row."""
    for row in rows["meetings"]:
        if ISO.match(row["date_to"]) and row["date_to"] < row["date_from"]:
            yield _wrong("D066", "meetings.date_to", row)
    for place in ("meetings.date_from", "meetings.date_to", "activities.date"):
        table, column = place.split(".")
        for row in rows[table]:
            year, day = row["year"], row[column][:4]
            if day.isdecimal() and not year.low <= int(day) <= year.high:
                yield _wrong("D066", place, row)


def _first(chain: list[Row], event: str) -> dict[str, float]:
    """By place the earliest year of an event."""
    found: dict[str, float] = {}
    for row in chain:
        if row["event"] == event and row["year"].is_known:
            found[row["town"]] = min(found.get(row["town"], math.inf), row["year"].low)
    return found


def _chain(chain: list[Row], home: str) -> Iterator[Fault]:
    """Places that left before they came, or came before there were twin towns; a home that left."""
    entered = _first(chain, "contact") | _first(chain, "admitted")
    for row in chain:
        since = entered.get(row["town"], -math.inf)
        if row["event"] == "left" and row["year"].high < since:
            yield _wrong("D027", "chain.year", row, since)
        if row["event"] == "left" and row["town"] == home:
            yield _wrong("D056", "chain.town", row)
        if row["event"] in ("contact", "admitted") and row["year"].high < FIRST_TWINNING:
            yield _wrong("D052", "chain.year", row)


def _members(rows: Rows) -> Iterator[Fault]:
    """Members or support of a place outside the chain; associations of nobody, of more than live
    there, or of a place that has left; places of the chain of whose members no row tells."""
    chain, most = dict.fromkeys(row["town"] for row in rows["chain"]), defaultdict(list)
    left = _first(rows["chain"], "left")
    for row in rows["figures"]:
        if row["measure"] == "population" and row["value"].is_known:
            most[row["about"]].append(row["value"].high)
    for row in rows["membership"]:
        members, town = row["members"], row["town"]
        if members.is_known and members.high == 0 and members.text[:1].isdigit():
            yield _wrong("D051", "membership.members", row)
        if members.is_known and members.low > max(most.get(town, [math.inf])):
            yield _wrong("D034", "membership.members", row, max(most[town]))
        if row["year"].low > left.get(town, math.inf):
            yield _wrong("D055", "membership.year", row, left[town])
    known = {row["town"] for row in rows["towns"]}
    for table in ("membership", "support"):
        for row in rows[table]:
            if row["town"] in known and row["town"] not in chain:
                yield _wrong("D037", f"{table}.town", row)
    told = {row["town"] for row in rows["membership"]}
    if told and (without := [town for town in chain if town and not {town} & {*told, *left}]):
        yield Fault("D057", "membership.csv", None, "town", ", ".join(without), "warning")


def _leaps(rows: Rows) -> Iterator[Fault]:
    """Numbers many times those of the year before, or a small part of them: a slip of a digit?

    After a number that is told, the way back is not.
    """
    for place, by in LIKE_LAST_YEAR.items():
        table, column = place.split(".")
        groups = defaultdict(list)
        for row in rows[table]:
            value, year = row[column], _year(row.get("year", row.get("wave")))
            changing = re.search("change|rate", row.get("measure", ""))
            share = value.unit in ("percent", "per_mille", "year", "date")
            if (
                value.is_known
                and value.high > 0
                and math.isfinite(year)
                and not (changing or share)
            ):
                groups[tuple(row[of] for of in by), value.unit].append((year, row))
        for series in groups.values():
            series.sort(key=lambda of: of[0])
            told = False
            for (_, before), (_, row) in pairwise(series):
                last, value = before[column], row[column]
                up, down = value.low >= LEAP * last.high, value.high * LEAP <= last.low
                if up or (down and not told):
                    yield _wrong("D067", place, row, last.text)
                told = up


def _currencies(rows: Rows) -> Iterator[Fault]:
    """Amounts in "kr" for places whose own currency is another than the home town's; amounts in a
    currency that is neither's. A minority may be paid by the country it looks to."""
    towns = {row["town"]: row for row in rows["towns"] if row["kind"] != "minority"}
    for row in rows["support"]:
        unit, written = row["amount"].unit, parse(row["amount"].text).unit
        own = currency_of(towns[row["town"]]["country"]) if row["town"] in towns else "kr"
        if unit and own not in ("kr", unit):
            code = "D054" if written == "kr" else "D090"
            yield _wrong(code, "support.amount", row, own, found=unit)


def _survey(rows: Rows) -> Iterator[Fault]:
    """More municipalities with twin towns than answered, or that answered than there are."""
    most, there_are = defaultdict(list), defaultdict(list)
    for row in rows["figures"]:
        if row["measure"] == "municipalities" and row["value"].is_known:
            there_are[row["year"].low].append(row["value"].high)
    for row in rows["survey"]:
        if (row["measure"], row["group"]) == ("answered", "all") and row["value"].is_known:
            most[row["wave"]].append(row["value"].high)
            if row["value"].low > max(there_are.get(row["wave"], [math.inf])):
                yield _wrong("D068", "survey.value", row, max(there_are[row["wave"]]))
    for row in rows["survey"]:
        limit = max(most.get(row["wave"], [math.inf]))
        known = row["measure"] == "municipalities_with_twin_towns" and row["value"].is_known
        if known and row["value"].low > limit:
            yield _wrong("D040", "survey.value", row, limit)


def _shares(rows: Rows) -> Iterator[Fault]:
    """Shares that are no parts of a whole, or that are not the whole together."""
    groups = defaultdict(list)
    for row in rows["survey"]:
        if not row["measure"].startswith("change"):  # a change may be below 0
            groups[row["wave"], row["measure"]].append(row)
    shares = {row["measure"] for of in groups.values() for row in of if _is_share(row)}
    for group in groups.values():
        known = [row for row in group if row["value"].is_known]
        for row in known:
            low, high = row["value"].low, row["value"].high
            if _is_share(row) and (low < 0 or low > 100 or 100 < high < math.inf):
                yield _wrong("D044", "survey.value", row)
            named = row["measure"] in shares or row["measure"].endswith("_share")
            if named and not _is_share(row) and high > 0:  # none is none in any unit
                yield _wrong("D045", "survey.value", row)
        percent = all(map(_is_share, known))
        parts = known if percent else [row for row in known if row["group"] in PARTS]
        of_all = [row["value"].high for row in known if row["group"] == "all"]
        whole = 100.0 if percent else max(of_all, default=math.nan)
        slack = len(parts) / 2 * percent  # each may be rounded
        low, high = (sum(getattr(row["value"], of) for row in parts) for of in ("low", "high"))
        if len(parts) > 1 and low > whole + slack:
            yield _wrong("D033", "survey.value", parts[-1])
        elif {row["group"] for row in parts} >= PARTS and high < whole - slack:
            yield _wrong("D058", "survey.value", parts[-1], whole, found=f"{high:g}")


def _is_share(row: Row) -> bool:
    return bool(row["value"].unit == "percent")


def _held_against(rows: Rows) -> Iterator[Fault]:
    """Checks of a fact that do not say what it is held against."""
    for row in rows["checks"]:
        if row["fact"] and not row["relation"]:
            yield _wrong("D024", "checks.relation", row)
        elif row["fact"] and row["relation"] != "agrees" and not row["value"].is_known:
            yield _wrong("D024", "checks.value", row)
