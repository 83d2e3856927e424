"""A small invented chain, built in memory: raw rows → tables → what is known → a year.

Five places and one that left; every state, doubt and disagreement that the analysis knows stands
in it once. `year(2014, membership="beta,2010,80,club")` adds rows in the columns written here.
"""

import io
from functools import cache
from pathlib import Path

import pandas as pd

from vanort_analysis.analysis import Year
from vanort_analysis.data.clean import clean_table
from vanort_analysis.data.consistency import check_consistency
from vanort_analysis.data.evidence import as_of
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import Fault

HOME, CURRENCY = "alfa", "SEK"
RAW = {
    "sources": """source,title,kind,known_since,rank,same_origin_as,reference,dating
report,Report,report,2014,3,,false,published
table,Table,report,2014,2,report,false,published
club,Club,association page,2010,4,,false,published
paper,Paper,newspaper,2010,5,,false,published
mended,Correction,correction,2014,1,,false,published
late,Late,history,2020,4,,false,published
choice,Own choice,own choice,2014,5,,false,published
stats,Statistics,reference data,2026,1,,true,published
site,Site,association page,2013,4,,false,published
weekly,Weekly,newspaper,2014,5,,false,published
""",
    "towns": """town,name,area,country,lat,lon,kind,part_of,source,area_en
alfa,Alfa,Sverige,SE,58,12,town,,stats,Sweden
beta,Beta,Danmark,DK,56,9,town,,stats,Denmark
gamma,Gamma,Norge,NO,59,10,town,,stats
delta,Delta,Finland,FI,61,24,town,,stats
isle,Isle,Island,IS,,,group,,club
isle_one,Isle one,Island,IS,64,-21,town,isle,stats
isle_two,Isle two,Island,IS,66,-19,town,isle,stats
omega,Omega,Finland,FI,64,26,town,,stats
""",
    "chain": """town,event,year,source
alfa,admitted,1950,report
alfa,admitted,1950,club
beta,admitted,1950,report
beta,admitted,1951,club
gamma,admitted,1955,report
gamma,admitted,1955,club
omega,admitted,1956,report
omega,left,1965,report
delta,admitted,1970,report
isle,admitted,1971,report
beta,merged,2007,report
""",
    "membership": """town,year,members,source
alfa,2013,100,table
alfa,2013,runt 100,report
beta,2013,200,table
gamma,2013,Uppgift saknas,table
delta,2013,20,table
delta,2005,30,club
""",
    "meetings": """year,town,kind,place,date_from,represented,status,source,locator
2009,delta,twin_town_meeting,,,,held,report
2011,beta,twin_town_meeting,,,,held,report
2012,gamma,twin_town_meeting,,,,held,report
2013,alfa,twin_town_meeting,,,,held,report
2013,alfa,twin_town_meeting,,2013-06-28,,held,site
2014,beta,planning_seminar,Beta by,,,planned,report,one
2014,beta,planning_seminar,"Beta by, the inn",,,planned,report,two
2014,beta,planning_seminar,Elsewhere,,gamma|delta,held,weekly
,,twin_town_meeting,an island,,,held,paper
""",
    "activities": """year,text_sv,towns,municipal_role,status,source
2014,En resa.,alfa|gamma,funded,done,report
2014,En fråga.,alfa|delta,,waiting,report
2014,Ingen kontakt.,beta|gamma|delta,none_recorded,none,report
""",
    "agreements": """town,level,status,from_year,source,to_year
beta,municipal,none_found,,report
""",
    "support": """town,year,amount,relation,source
beta,2014,10 000 DKK,grant,report
gamma,2014,inget bidrag,dormant_agreement,report
delta,2014,okänd summa,grant,report
""",
    "survey": """wave,measure,group,value,source
2011,answered,all,200,report
2011,municipalities_with_twin_towns,nordic,100,report
2011,twin_towns,all,300,report
2011,change_since_previous,all,-100,report
""",
    "figures": """measure,about,year,value,source
exchange_rate,DKK/SEK,2014,1.2,stats
municipalities,sweden,2011,250,stats
twinnings,europe,2014,mer än 100,report
""",
    "checks": """check,about,fact,relation,value,source
meets,proposal,meeting_rate,at_least,50 %,choice
size,proposal,members_home,at_least,30,choice
asked,proposal,requests_waiting,at_least,1,report
members_claim,earlier_report,members_total,equals,320,report
""",
    "recommendations": """\
recommendation,order,text_sv,premises,amount,first_made,decided,source,done
agreement,2,Kommunen sluter avtal.,meets,,2014,,report
grant,1,{association} får {grant}.,meets|size,5 000 kr,2014,,report
school,3,Kommunen svarar.,asked,,2014,,report
""",
}


def tables(**more: str) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """The tables with more rows (lines in the columns of `RAW`), and every fault in them."""
    read = {name: _table(name, more.get(name, "")) for name in TABLES}
    cleaned = {name: frame for name, (frame, _) in read.items()}
    return cleaned, [f for _, found in read.values() for f in found] + check_consistency(
        cleaned, HOME
    )


@cache
def _table(name: str, more: str) -> tuple[pd.DataFrame, list[Fault]]:
    """A table and the faults in it, read once for all tests: nobody writes into its frame."""
    columns = list(TABLES[name].columns)
    text = RAW.get(name, ",".join(columns) + "\n") + more + "\n"
    raw = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    raw = raw.reindex(columns=columns, fill_value="")
    raw.index = pd.RangeIndex(2, len(raw) + 2)
    return clean_table(name, raw, CURRENCY)


@cache
def year(at: int = 2014, before: int = 0, **more: str) -> Year:
    """What a report of a year knows of the chain, with more rows; made once for all tests."""
    cleaned, faults = tables(**more)
    assert [fault for fault in faults if fault.level == "error"] == []
    earlier = as_of(cleaned, before) if before else None
    return Year(as_of(cleaned, at), HOME, CURRENCY, earlier)


@cache
def _files() -> dict[str, str]:
    """The same chain as files, by name."""
    files = {}
    for name, text in RAW.items():
        rows = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
        rows = rows.reindex(columns=list(TABLES[name].columns), fill_value="")
        files[f"{name}.csv"] = rows.to_csv(index=False, lineterminator="\n")
    about = f'[municipality]\nassociation = "Föreningen"\nhome = "{HOME}"\n[report]\n'
    about += "year = 2014\nmade = [2014]\n"
    return files | {"municipality.toml": about}


def folder(at: Path) -> Path:
    """The same chain as a data folder, its tables in `raw/`."""
    raw = at / "raw"
    raw.mkdir(parents=True)
    for name, text in _files().items():
        (raw / name).write_text(text, encoding="utf-8", newline="\n")
    return at
