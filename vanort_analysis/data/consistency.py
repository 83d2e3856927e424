"""Checks between cells: names, duplicates, order in time, points, implausible numbers."""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter
from typing import Any

import pandas as pd
from babel.numbers import get_territory_currencies, is_currency

from ..errors import Fault, closest_word
from .evidence import differs
from .quantity import group_by_key
from .schema import FILE_WORDS, TABLES, Row, keyed_rows, read_toml
from .spelling import parse_quantity

Rows = dict[str, list[Row]]
ENTRIES = ("contact", "admitted")  # events that bring a place into the chain
FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla
AHEAD = 20  # years that a plan or an agreement may lie after its source
LEAP = 7  # times: a digit too many makes ten, less what has really changed meanwhile
BOXES = read_toml("data/countries.toml")
BOX_MARGIN = 0.3  # degrees around the box of a country
NAMESAKE_DISTANCE = 1.0  # degrees, at least, between two places of one name
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?")  # no user before the host
LETTERS = str.maketrans({"ð": "d", "þ": "t", "ø": "o", "æ": "a", "œ": "o", "ß": "s", "ł": "l"})
IDENTIFIERS = ("geonameid", "wikidata")  # each names one place in the world
YEAR_COLUMNS = ("year", "wave", "first_made", "from_year", "to_year")
PLANNED = ("announced", "planned", "cancelled")  # not held or done, at least not yet
DAY_COLUMNS = ("date_from", "date_to", "date")
DATED = FILE_WORDS["figure"]  # what a figure that is defined as a year or a day may be
PARTS = {"active", "sporadic", "dormant"}  # groups that make up the whole
RATE = "exchange_rate"  # the measure of one currency in another, about "DKK/SEK"
UNITS_THAT_LEAP = ("percent", "per_mille", "year", "date")


def check_consistency(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """Return every fault between the cells of tables that `clean` has read."""
    rows = {name: keyed_rows(name, frame) for name, frame in tables.items()}
    checks = [_check_references, _check_names, _check_points, _check_sources, _check_order]
    checks += [_check_membership, _check_leaps, _check_survey, _check_shares, _check_values]
    checks += [_check_figures, _check_points_made]
    faults = list(_check_duplicates(rows))
    # a town that is there twice has its name and its point twice too
    rows["towns"] = list({town["town"]: town for town in rows["towns"][::-1]}.values())[::-1]
    faults += [fault for check in checks for fault in check(rows)]
    faults += _check_currencies(rows, home)
    if home not in {town["town"] for town in rows["towns"]}:
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif not any(row["town"] == home and row["event"] in ENTRIES for row in rows["chain"]):
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    return faults


def currency_of_country(country: str) -> str:
    """The currency of a country; "kr" for a code without one."""
    return str((get_territory_currencies(country) or ["kr"])[0])


def _cell_fault(code: str, row: Row, column: str, near: object = "", /, **details: object) -> Fault:
    """A fault in a cell of `row`; `near` is the number or word that the cell should agree with."""
    details["near"] = f"{near:.0f}" if isinstance(near, float) else str(near)
    value = getattr(row[column], "text", "" if pd.isna(row[column]) else str(row[column]))
    return Fault(code, f"{row['table']}.csv", row["row"], column, value, details)


def _repeated_rows(rows: list[Row], columns: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Yield each row whose cells in these columns an earlier row has, with the first such row."""
    firsts: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        first = firsts.setdefault(tuple(row[column] for column in columns), row)
        if first is not row:
            yield row, first


def _highest_values(rows: list[Row], by: str, **cells: str) -> dict[Any, float]:
    """The highest value, by year or name, of the rows with these cells; infinity if unknown."""
    known = [row for row in rows if row["value"].is_known and cells.items() <= row.items()]
    values = group_by_key((getattr(row[by], "low", row[by]), row["value"].high) for row in known)
    return defaultdict(lambda: math.inf, {key: max(highs) for key, highs in values.items()})


def _first_years(rows: Rows, event: str, bound: str = "low") -> dict[str, float]:
    """The earliest year of an event, by town; of an interval the `bound`."""
    dated = [row for row in rows["chain"] if row["event"] == event and row["year"].is_known]
    years = group_by_key((row["town"], getattr(row["year"], bound)) for row in dated)
    return {town: min(lows) for town, lows in years.items()}


def _check_references(rows: Rows) -> Iterator[Fault]:
    """Names of rows that the other table does not have; parts of no group, or of a part of one."""
    for table, contract in TABLES.items():
        for column, rule in contract.columns.items():
            if not rule.refers:
                continue
            known = {"", *(row[TABLES[rule.refers].key[0]] for row in rows[rule.refers])}
            bar = "|" if rule.kind == "refs" else ""  # between names
            cells = ((row[column].split("|") if bar else [row[column]], row) for row in rows[table])
            named = ((name, row) for names, row in cells for name in names)
            unknown = group_by_key((name, row) for name, row in named if name not in known)
            for name, naming in unknown.items():
                near = closest_word(name, known)  # once for all rows, as it takes long
                said = {"table": rule.refers, "several": bar, "single": "|" if "|" in name else ""}
                for row in naming:
                    yield _cell_fault("D026", row | {column: name}, column, near, **said)
    wholes = {row["town"]: row["kind"] == "group" and not row["part_of"] for row in rows["towns"]}
    parts = [row for row in rows["towns"] if not wholes.get(row["part_of"], True)]
    yield from (_cell_fault("D102", row, "part_of") for row in parts)


def _check_duplicates(rows: Rows) -> Iterator[Fault]:
    """The same thing twice in a table, or, where sources may differ, in one place of a source; two
    numbers for it (of a meeting, days) from one source, which cannot both be right."""
    for table, contract in TABLES.items():
        if contract.amended:
            continue
        key = contract.key[0]
        value = "date_from" if table == "meetings" else next(iter(contract.compared), "")
        place = ["key"] if table in ("sources", "towns") else ["key", "source", "locator"]
        others = {row["ref"]: row for row in rows[table] if value}
        for row, first in _repeated_rows(rows[table], place):
            others.pop(row["ref"], None)
            yield _cell_fault("D025", row | {key: row["key"]}, key, row=first["row"])
        dated = [row for row in others.values() if getattr(row.get("year"), "is_known", True)]
        values = ((row, getattr(row[value], "value", row[value])) for row in dated)
        stated = [row for row, cell in values if cell not in (None, "")]
        for row, first in _repeated_rows(stated, ["key", "source"]):
            if differs(row, first, value):
                yield _cell_fault("D025", row, value, row=first["row"])


def _check_names(rows: Rows) -> Iterator[Fault]:
    """One place twice: by its identifier, by another spelling of its name, or by a slip of the pen:
    a name one letter from another is an error where both may be one place (one country, near each
    other or without a point), else a warning; where both rows have identifiers, nothing."""
    reported = set()
    for column in IDENTIFIERS:
        identified = [town for town in rows["towns"] if town[column]]
        for town, first in _repeated_rows(identified, [column]):
            reported.add((town["row"], first["row"]))
            yield _cell_fault("D091", town, column, row=first["row"])
    firsts: dict[str, tuple[Row, str]] = {}
    for town in rows["towns"]:
        for name, folded, spelling in _spellings(town):
            first, first_folded = firsts.setdefault(spelling, (town, folded))
            is_same = folded == first_folded
            pair = (town["row"], first["row"])
            both_identified = all(any(map(row.get, IDENTIFIERS)) for row in (town, first))
            if first is town or pair in reported or (both_identified and not is_same):
                continue
            reported.add(pair)
            distance = max(abs(town[axis] - first[axis]) for axis in ("lat", "lon"))
            is_far = distance > NAMESAKE_DISTANCE or town["country"] != first["country"]
            fault = _cell_fault("D031" if is_same else "D061", town, "name", row=first["row"])
            yield replace(fault, value=name, level="warning" if is_far and not is_same else "error")


def _spellings(town: Row) -> Iterator[tuple[str, str, str]]:
    """Yield each name of a town, the name folded, and the folded name whole and with each letter
    left out in turn. Folding drops what is only another spelling: case, blanks, accents, ð, ø."""
    for name in filter(None, f"{town['name']}|{town['local_name']}|{town['aliases']}".split("|")):
        plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
        folded = "".join(filter(str.isalnum, plain)) or name
        yield name, folded, folded
        # numbers are meant to differ, and no name is that long
        if 4 < len(folded) < 100 and not any(map(str.isdigit, folded)):
            for i in range(len(folded)):
                yield name, folded, folded[:i] + folded[i + 1 :]


def _lies_in(country: str, lat: float, lon: float) -> bool:
    """Whether a point may be in a country; true for a country without a box."""
    return country not in BOXES or any(
        south - BOX_MARGIN <= lat <= north + BOX_MARGIN
        and west - BOX_MARGIN <= lon <= east + BOX_MARGIN
        for south, west, north, east in BOXES[country]
    )


def _check_points(rows: Rows) -> Iterator[Fault]:
    """Countries without a code; points that are half, nowhere, abroad or those of another place."""
    located = []
    for town in rows["towns"]:
        country, lat, lon = town["country"], town["lat"], town["lon"]
        if not (country.isupper() and get_territory_currencies(country)):
            yield _cell_fault("D062", town, "country")
        if math.isnan(lat) != math.isnan(lon) or lat == lon == 0:
            yield _cell_fault("D063", town, "lon" if math.isnan(lon) else "lat")
        elif math.isfinite(lat) and math.isfinite(lon):
            located.append(town)
            if not _lies_in(country, lat, lon):
                code = "D064" if _lies_in(country, lon, lat) else "D089"
                yield _cell_fault(code, town, "lat", country)
    for town, first in _repeated_rows(located, ["lat", "lon"]):
        yield _cell_fault("D059", town, "lat", row=first["row"])


def _check_sources(rows: Rows) -> Iterator[Fault]:
    """Faulty addresses; sources much later than the others (the clock is not asked), unless their
    date of publication agrees; years after their source was public, a plan or an agreement by more
    than `AHEAD` years, reference data by more than a year after the newest."""
    since = {row["source"]: _first_year(row["known_since"]) for row in rows["sources"]}
    years = sorted(filter(math.isfinite, since.values())) or [math.inf]
    median, newest = years[len(years) // 2], years[-1]
    for row in rows["sources"]:
        if row["url"] and not WEB_ADDRESS.fullmatch(row["url"]):
            yield _cell_fault("D028", row, "url")
        agrees = row["published"][:4] == str(row["known_since"])
        is_later = row["published"][:4] > str(row["known_since"])
        if row["published"] and not agrees and (row["dating"] == "published" or is_later):
            yield _cell_fault("D094", row, "known_since")
        if since[row["source"]] > median + 2 * AHEAD and not agrees:
            yield _cell_fault("D065", row, "known_since")
    reference = {row["source"] for row in rows["sources"] if row["reference"] is True}
    for table, contract in TABLES.items():
        columns = [column for column in YEAR_COLUMNS if column in contract.columns]
        for row in rows[table]:
            code, limit = "D029", since.get(row["source"], math.inf)
            if table == "agreements" or row.get("status") in PLANNED:
                code, limit = "D065", limit + AHEAD
            elif row["source"] in reference:
                code, limit = "D065", newest + 1
            for column in columns:
                if _first_year(row[column]) > limit:
                    yield _cell_fault(code, row, column, limit)


def _first_year(cell: Any) -> float:
    """The first year of a cell; not finite where it is unknown."""
    return math.nan if cell is pd.NA else float(getattr(cell, "low", cell))


def _check_order(rows: Rows) -> Iterator[Fault]:
    """Days and years that contradict their row; places that left, or came, before they could."""
    for row in rows["agreements"]:
        if row["to_year"].high < row["from_year"].low:
            yield _cell_fault("D049", row, "to_year", row["from_year"].low)
    for row in rows["meetings"] + rows["activities"]:
        days = {name: row[name] for name in DAY_COLUMNS if row.get(name, "")[:4].isdecimal()}
        for column, day in days.items():
            is_within = row["year"].low <= int(day[:4]) <= row["year"].high
            if not is_within or day < days.get("date_from", ""):
                yield _cell_fault("D066", row, column, ", ".join([*days, "year"]))
        if days and row["year"].reason:
            yield _cell_fault("D024", row, "year", found=min(days.values())[:4])
    entered = _first_years(rows, "contact") | _first_years(rows, "admitted")
    left = _first_years(rows, "left", "high")
    for row in rows["chain"]:
        since = entered.get(row["town"], -math.inf)
        if row["event"] == "left" and row["year"].high < since:
            yield _cell_fault("D027", row, "year", since)
        last = left.get(row["town"], math.inf)
        if row["event"] in ENTRIES and since <= last < row["year"].low:
            yield replace(_cell_fault("D027", row, "year", last), level="warning")
    dated = [row for row in rows["chain"] if row["event"] in ENTRIES]
    dated += [row for row in rows["meetings"] if row["status"] == "held"]
    for row in dated + rows["support"] + rows["agreements"]:  # associations may be older
        column = "year" if "year" in row else "from_year"
        if row[column].high < FIRST_TWINNING:
            yield _cell_fault("D052", row, column)


def _check_membership(rows: Rows) -> Iterator[Fault]:
    """Members or support of a place outside the chain; members of a place that has left, or more
    than live there; places of the chain without a row."""
    population = _highest_values(rows["figures"], "about", measure="population")
    left = _first_years(rows, "left", "high")
    gone = group_by_key((of["town"], of["row"]) for of in rows["chain"] if of["event"] == "left")
    for row in rows["membership"]:
        members, town = row["members"], row["town"]
        if members.low > population[town]:
            yield _cell_fault("D034", row, "members", population[town])
        if row["year"].low > left.get(town, math.inf):
            yield _cell_fault("D055", row, "year", left[town], chain=gone[town])
    chain = dict.fromkeys(row["town"] for row in rows["chain"])
    towns = {"", *(row["town"] for row in rows["towns"])}
    outside = towns - chain.keys() if chain.keys() <= towns else set()  # else a name is misspelt
    counted = rows["membership"] + rows["support"]
    yield from (_cell_fault("D037", row, "town") for row in counted if row["town"] in outside)
    covered = {row["town"] for row in rows["membership"]}
    missing = ", ".join(town for town in chain if town and town not in covered | left.keys())
    if covered and missing and covered | chain.keys() <= towns - {""}:
        yield Fault("D057", "membership.csv", None, "town", missing, {"chain": []})  # on no page


def _check_leaps(rows: Rows) -> Iterator[Fault]:
    """Numbers many times, or a small part of, those before; no fall back after a reported rise;
    zeros that may stand for what is not known."""
    for table, contract in TABLES.items():
        for column, rule in contract.columns.items():
            series = defaultdict(list)
            for row in rows[table] if rule.steady or rule.kind == "count" else ():
                value = row[column]
                year = _first_year(row.get("year", row.get("wave")))
                is_change = re.search("(^|_)change|(?<!^exchange_)rate", row.get("measure", ""))
                is_amount = value.is_known and value.unit not in UNITS_THAT_LEAP and not is_change
                is_zero = value.high == 0 and re.search("[0-9]", value.text)
                if is_amount and is_zero and row.get("measure") != RATE:
                    yield _cell_fault("D051", row, column)
                elif is_amount and value.high > 0 and rule.steady and math.isfinite(year):
                    series[*(row[name] for name in rule.steady), value.unit].append((year, row))
            for dated in series.values():
                has_risen = False
                for (_, before), (_, row) in pairwise(sorted(dated, key=itemgetter(0))):
                    last, value = before[column], row[column]
                    rises = value.low >= LEAP * last.high
                    falls = value.high * LEAP <= last.low
                    if rises or (falls and not has_risen):
                        yield _cell_fault("D067", row, column, last.text)
                    has_risen = rises


def _check_currencies(rows: Rows, home: str) -> Iterator[Fault]:
    """Amounts in "kr" for places whose own currency is another than the home town's; amounts in a
    currency that is neither's, or has no rate for its year. A minority may be paid by the country
    it looks to; the home town pays for the points."""
    minorities = {row["town"] for row in rows["towns"] if row["kind"] == "minority"}
    currencies = {row["town"]: currency_of_country(row["country"]) for row in rows["towns"]}
    own = currencies.get(home, "kr")
    stated = [row for row in rows["figures"] if row["measure"] == RATE and row["value"].is_known]
    rates = {(re.sub(r"\W+", "/", row["about"].upper()), row["year"].value) for row in stated}
    known = [row for row in rows["support"] if row["amount"].is_known]
    newest = {row["town"]: row for row in sorted(known, key=lambda row: row["year"].low)}
    for row in rows["support"] + rows["recommendations"]:
        unit = row["amount"].unit
        currency = currencies.get(row.get("town", home), "kr")
        if not unit or row["amount"].high == 0:
            continue
        is_bare = parse_quantity(row["amount"].text).unit == "kr"
        if currency not in ("kr", unit) and (is_bare or row.get("town") not in minorities):
            yield _cell_fault("D054" if is_bare else "D090", row, "amount", currency, found=unit)
        elif row is newest.get(row.get("town")) and own not in ("kr", unit):
            if (year := row["year"].value) is None:
                yield _cell_fault("D097", row, "amount", own, undated=row["year"].text or "–")
            elif rates.isdisjoint({(f"{unit}/{own}", year), (f"{own}/{unit}", year)}):
                yield _cell_fault("D097", row, "amount", own, found=f"{unit}/{own}")


def _check_survey(rows: Rows) -> Iterator[Fault]:
    """More municipalities with twin towns than answered, or more answers than municipalities."""
    municipalities = _highest_values(rows["figures"], "year", measure="municipalities")
    answered = _highest_values(rows["survey"], "wave", measure="answered", group="all")
    for row in rows["survey"]:
        low, wave = row["value"].low, row["wave"]
        if (row["measure"], row["group"]) == ("answered", "all") and low > municipalities[wave]:
            yield _cell_fault("D068", row, "value", municipalities[wave])
        if row["measure"] == "municipalities_with_twin_towns" and low > answered[wave]:
            yield _cell_fault("D040", row, "value", answered[wave])


def _check_shares(rows: Rows) -> Iterator[Fault]:
    """Shares that are no parts of a whole, or that do not make up the whole."""
    known = [row for row in rows["survey"] if row["value"].is_known]
    known = [row for row in known if not row["measure"].startswith("change")]  # may be below 0
    counts = {row["measure"] for row in known if not row["value"].unit and row["value"].low > 100}
    shares = {row["measure"] for row in known if row["value"].unit == "percent"} - counts
    for row in known:
        low, high, unit = row["value"].low, row["value"].high, row["value"].unit
        if unit == "percent" and (low < 0 or low > 100 or 100 < high < math.inf):
            yield _cell_fault("D044", row, "value")
        is_named_share = row["measure"] in shares or row["measure"].endswith("_share")
        if is_named_share and unit != "percent" and high > 0:  # zero is zero in any unit
            yield _cell_fault("D045", row, "value")
        elif unit == "percent" and not is_named_share:  # what other rows count
            yield _cell_fault("D042", row, "value")
    for group in group_by_key(((row["wave"], row["measure"]), row) for row in known).values():
        if all(row["value"].unit == "percent" for row in group):
            parts, whole = group, 100.0
            slack = len(parts) / 2  # each may be rounded
        else:
            parts = [row for row in group if row["group"] in PARTS]
            of_all = [row["value"].high for row in group if row["group"] == "all"]
            whole, slack = max(of_all, default=math.nan), 0.0
        low = sum(row["value"].low for row in parts)
        high = sum(row["value"].high for row in parts)
        if len(parts) > 1 and low > whole + slack:
            yield _cell_fault("D033", parts[-1], "value")
        elif {row["group"] for row in parts} >= PARTS and high < whole - slack:
            yield _cell_fault("D058", parts[-1], "value", whole, found=f"{high:g}")


def _check_values(rows: Rows) -> Iterator[Fault]:
    """Numbers below zero that are no changes; checks that compare a fact with nothing."""
    for row in rows["survey"] + rows["figures"] + rows["checks"]:
        measure = row.get("measure") or row.get("fact", "")
        is_share = row["value"].unit == "percent" and "wave" in row
        if row["value"].low < 0 and not is_share and not re.search("(^|_)change", measure):
            yield _cell_fault("D018", row, "value")
    for row in rows["checks"]:
        if row["fact"] and not row["relation"]:
            yield _cell_fault("D024", row, "relation")
        elif row["fact"] and row["relation"] != "agrees" and not row["value"].is_known:
            yield _cell_fault("D024", row, "value")


def _check_figures(rows: Rows) -> Iterator[Fault]:
    """Inhabitants, rates, shares in another unit, or of nothing known; days not said to be one."""
    towns = {row["town"] for row in rows["towns"]}
    for row in rows["figures"]:
        about, measure, value = row["about"], row["measure"], row["value"]
        if measure in ("population", RATE) and value.unit and value.low >= 0:
            yield _cell_fault("D042", row, "value")
        elif measure == RATE and value.high == 0:
            yield _cell_fault("D021", row, "value")
        elif value.unit == "date" and not row["definition"].startswith("date"):
            yield _cell_fault("D039", row, "value", day="date")
        elif value.is_known and not re.fullmatch(DATED.get(row["definition"], ".*"), value.text):
            yield _cell_fault("D019" if row["definition"] == "year" else "D020", row, "value")
        elif measure.endswith("_share") and value.unit != "percent" and (value.value or 0) > 0:
            yield _cell_fault("D045", row, "value")
        if measure == RATE:
            pair = re.fullmatch(r"([A-Z]{3})\W*([A-Z]{3})", about.upper())  # else which is first?
            near = "/".join(pair.groups()) if pair and all(map(is_currency, pair.groups())) else ""
            if about != near or not near:
                yield _cell_fault("D100", row, "about", near)
        is_unknown = measure == "population" and about not in towns
        near = closest_word(about, towns, 0.8) if is_unknown else ""
        if near and not about.startswith(f"{near}_"):  # an area or a part of a town is no town
            yield _cell_fault("D026", row, "about", near, table="towns")


def _check_points_made(rows: Rows) -> Iterator[Fault]:
    """Rows about a point that no earlier row, or the row itself, has proposed: without its words or
    the year it was made, such as a decision whose name is misspelt or whose source is older; points
    that are made anew under an old name."""
    since = {row["source"]: _first_year(row["known_since"]) for row in rows["sources"]}
    points = sorted(rows["recommendations"], key=lambda row: not row["first_made"].is_known)
    points.sort(key=lambda row: since.get(row["source"], math.inf))
    firsts = {row["recommendation"]: row for row in reversed(points)}
    for name, row in firsts.items():
        if not row["first_made"].is_known or not (row["text_sv"] or row["text_en"]):
            near = closest_word(name, firsts.keys() - {name})
            yield _cell_fault("D093", row, "recommendation", near)
    for row in points:
        made = firsts[row["recommendation"]]["first_made"]
        if row["first_made"].is_known and made.is_known and row["first_made"].low != made.low:
            yield _cell_fault("D096", row, "first_made", made.text)
