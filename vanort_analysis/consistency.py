"""What no single table shows: whether the tables fit together. Pure; gives faults."""

from __future__ import annotations

import pandas as pd

from .clean import key_columns
from .errors import Fault, meant
from .tables import TABLES

FIRST_TWINNING = 1939  # the first Nordic twin towns, Thisted and Uddevalla


def across(tables: dict[str, pd.DataFrame], home: str) -> list[Fault]:
    """Unknown names, the same thing twice, impossible orders in time, implausible numbers."""
    faults = _references(tables) + _twice(tables) + _aliases(tables["towns"])
    faults += _times(tables) + _plausible(tables)
    if home not in set(tables["towns"]["town"]):
        faults.append(Fault("C014", "municipality.toml", column="home", value=home))
    elif home not in set(tables["chain"]["town"]):
        faults.append(Fault("C015", "chain.csv", column="town", value=home))
    return faults


def _references(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        for column, rule in TABLES[name].columns.items():
            if not rule.refers:
                continue
            known = set(tables[rule.refers][TABLES[rule.refers].key[0]])
            for row, cell in frame[column].items():
                items = cell.replace("!", "").split("|") if rule.kind == "refs" else [cell]
                for item in filter(None, items):
                    if item not in known:
                        details = {"near": meant(item, known), "table": rule.refers}
                        where = (f"{name}.csv", int(str(row)), column, item)
                        faults.append(Fault("D026", *where, details=details))
    return faults


def _twice(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        key = key_columns(name, frame)
        if name not in ("sources", "towns"):
            key = key.assign(source=frame["source"], locator=frame["locator"])
        for row in frame.index[key.duplicated()]:
            first = frame.index[(key == key.loc[row]).all(axis=1)][0]
            shown = " ".join(str(cell) for cell in key.loc[row, list(TABLES[name].key)])
            where = (f"{name}.csv", int(row), TABLES[name].key[0], shown)
            faults.append(Fault("D025", *where, details={"row": int(first)}))
    return faults


def _aliases(towns: pd.DataFrame) -> list[Fault]:
    spelt = (towns["name"] + "|" + towns["local_name"] + "|" + towns["aliases"]).str.split("|")
    faults: list[Fault] = []
    seen: dict[str, object] = {}
    for row, name in spelt.explode().items():
        first = seen.setdefault(str(name).casefold(), row) if name else row
        if first != row:
            where = ("towns.csv", int(str(row)), "name", str(name))
            faults.append(Fault("D031", *where, details={"row": int(str(first))}))
    return faults


def _times(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    known_since = tables["sources"].set_index("source")["known_since"]
    exempt = set(tables["sources"].query("reference")["source"])
    for name, frame in tables.items():
        if "year" not in frame or "source" not in frame or TABLES[name].ahead:
            continue
        earliest = frame["year_low"]
        late = earliest > frame["source"].map(known_since).astype("float64")
        for row in frame.index[late & ~frame["source"].isin(exempt)]:
            where = (f"{name}.csv", int(row), "year", frame.at[row, "year_text"])
            details = {"near": int(known_since[frame.at[row, "source"]])}
            faults.append(Fault("D029", *where, details=details))
    chain = tables["chain"]
    entered = chain[chain["event"].isin(["contact", "admitted"])].groupby("town")["year"].min()
    left = chain[chain["event"] == "left"]
    for row in left.index[left["year"] < left["town"].map(entered)]:
        where = ("chain.csv", int(row), "year", chain.at[row, "year_text"])
        details = {"near": int(entered[chain.at[row, "town"]])}
        faults.append(Fault("D027", *where, details=details))
    entry = chain[chain["event"].isin(["contact", "admitted"])]
    for row in entry.index[entry["year"] < FIRST_TWINNING]:
        where = ("chain.csv", int(row), "year", chain.at[row, "year_text"])
        faults.append(Fault("D052", *where, level="warning"))
    return faults


def _plausible(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    faults: list[Fault] = []
    sources = tables["sources"]
    for row in sources.index[~sources["url"].str.match(r"https?://|$")]:
        where = ("sources.csv", int(row), "url", sources.at[row, "url"])
        faults.append(Fault("D028", *where, level="warning"))
    members = tables["membership"]
    for row in members.index[members["members"] == 0]:
        faults.append(Fault("D051", "membership.csv", int(row), "members", "0", "warning"))
    for row in members.index[~members["town"].isin(tables["chain"]["town"])]:
        faults.append(Fault("D037", "membership.csv", int(row), "town", members.at[row, "town"]))
    figures = tables["figures"].query("measure == 'population'")
    most = members["town"].map(figures.groupby("about")["value"].max())
    for row in members.index[members["members"] > most]:
        where = ("membership.csv", int(row), "members", members.at[row, "members_text"])
        faults.append(Fault("D034", *where, details={"near": int(most[row])}))
    waves = tables["survey"].set_index(["wave", "measure", "group"])["value"]
    for row, case in tables["survey"].iterrows():
        answered = waves.get((case["wave"], "answered", "all"), float("inf"))
        most = answered.max() if isinstance(answered, pd.Series) else answered
        if case["measure"] == "municipalities_with_twin_towns" and case["value"] > most:
            where = ("survey.csv", int(str(row)), "value", case["value_text"])
            faults.append(Fault("D040", *where, details={"near": int(most)}))
    shares = tables["survey"].query("value_unit == 'percent'")
    over = shares.groupby(["wave", "measure"])["value"].sum() > 100
    for key in over[over].index:
        row = shares.groupby(["wave", "measure"]).groups[key][-1]
        faults.append(Fault("D033", "survey.csv", int(row), "value", shares.at[row, "value_text"]))
    return faults
