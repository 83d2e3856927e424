"""Another municipality is another folder: the pages say only what it knows, however little."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from vanort_analysis import load
from vanort_analysis.errors import DataError
from vanort_analysis.language import Text
from vanort_analysis.pages import site, trends
from vanort_analysis.report import Report

from . import chain as small_chain
from . import pages
from .conftest import PROJECT, add_rows

DATA = Path(__file__).parent / "data"
CHAINS = {  # folder, year of the report, rows left of its chain
    "lund": ("lund", 2026, None),  # real: four web pages tell of it
    "small": ("invented_small_chain", 2020, None),  # one of three places has no year
    "bare": ("invented_bare_chain", 2020, None),  # two names and nothing else
    "one": ("invented_small_chain", 2020, 1),
}
NEVER_MET = ("ängst sedan", "Det senaste kända mötet", "ongest since", "The latest known meeting")
every_chain = pytest.mark.parametrize("chain", CHAINS)
every_language = pytest.mark.parametrize("language", ["sv", "en"])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., BeautifulSoup]:
    """`page("lund", "sv", "index")` is a page of a chain, made once."""
    folder = tmp_path_factory.mktemp("chains")

    @cache
    def report(chain: str, language: str) -> Report:
        source, year, rows = CHAINS[chain]
        data = folder / chain / language
        shutil.copytree(DATA / source, data)
        if rows:
            table = data / "raw" / "chain.csv"
            lines = table.read_text("utf-8").splitlines()
            table.write_text("\n".join(lines[: rows + 1]) + "\n", encoding="utf-8")
        return load(year, language, data)

    return cache(lambda chain, language, name: pages.soup(report(chain, language), name))


def follows(head: Tag) -> str:
    """The words under a heading, up to the next as large."""
    said = ""
    for after in head.find_next_siblings():
        if after.name in ("h1", "h2", "h3") and after.name <= head.name:
            break
        said += after.get_text() if after.name not in ("h2", "h3") else ""
    return said.strip()


def words(page: BeautifulSoup) -> str:
    """What a reader meets: seen, read aloud or drawn, without scripts and styles."""
    said = [str(t) for t in page.find_all(string=True) if t.parent.name not in ("script", "style")]
    said += [str(v) for t in page.find_all(True) for v in (t.get("alt"), t.get("aria-label")) if v]
    return re.sub(r"\s+", " ", " ".join(said))


@every_language
@every_chain
def test_nothing_is_empty(page: Callable[..., BeautifulSoup], chain: str, language: str) -> None:
    for name in site.FILES:
        main = page(chain, language, name).main
        assert page(chain, language, name).h1.get_text(strip=True)
        assert [h.get_text() for h in main.find_all(["h2", "h3"]) if not follows(h)] == [], name
        for fold in main.find_all("details"):
            assert len(fold.get_text()) > len(fold.summary.get_text()), name
        for said in main.find_all("p"):
            if said.get_text(strip=True).endswith(":"):  # what it promises is there
                assert said.find_next_sibling().name in ("ul", "ol", "blockquote"), said
        for table in main.find_all("table"):
            unknown = table.find_all(class_="unknown")
            for hollow in unknown:
                hollow.clear()
            columns = zip(*([c.get_text(strip=True) for c in row.find_all(["td", "th"])]
                            for row in table.tbody.find_all("tr")), strict=True)  # fmt: skip
            assert all(map(any, columns)), f"{name}: {table.caption.get_text()}"


@every_language
@every_chain
def test_nothing_is_said_that_nobody_knows(
    page: Callable[..., BeautifulSoup], chain: str, language: str
) -> None:
    for name in site.FILES:
        said = words(page(chain, language, name))
        assert re.findall(r"\b(?:None|nan|NaN|NaT|inf)\b|[{}]", said) == [], name
        assert "Vänersborg" not in said
        assert "Herning" not in said
        if name != "accessibility":  # where a test found no fault
            assert page(chain, language, name).find_all("data", value="0") == [], name
            assert re.findall(r"(?<![\d,.:\xa0 –-])0 \w+", said) == [], name
        assert [phrase for phrase in NEVER_MET if phrase in said] == [], name


@every_language
@every_chain
def test_a_memo_without_points_proposes_nothing(
    page: Callable[..., BeautifulSoup], chain: str, language: str
) -> None:
    memo = page(chain, language, "decision_memo")
    assert memo.select("[data-point]") == []
    answer = memo.select_one(".answer").get_text()
    assert {"sv": "Inget beslut föreslås", "en": "No decision is proposed"}[language] in answer
    assert memo.find(id="premises") is None


def test_where_there_is_no_tie_none_is_drawn_and_none_is_in_a_table(
    page: Callable[..., BeautifulSoup],
) -> None:
    memos = {name: page(name, "sv", "decision_memo") for name in ("one", "small")}
    assert [len(memo.select("#t-ties")) for memo in memos.values()] == [0, 1]
    heads = [head.get_text() for head in memos["small"].select("#t-ties ~ thead th")]
    assert Text("sv").heading("ties", "admitted") in heads  # no year of contact stands beside it
    assert page("one", "sv", "decision_memo").select("#state ~ figure") == []


def test_the_first_page_has_the_answer_and_no_heading_of_forms_that_are_not_there(
    page: Callable[..., BeautifulSoup],
) -> None:
    index, memo = (page("small", "sv", name) for name in ("index", "decision_memo"))
    assert index.select_one(".answer").get_text() == memo.select_one(".answer").get_text()
    assert index.find(id="forms") is None


def test_a_number_without_a_year_counts(page: Callable[..., BeautifulSoup]) -> None:
    """Lund's page says how many its members are and not when."""
    said = words(page("lund", "sv", "trends"))
    assert "ca 300" in said
    assert "källorna anger inte alltid vilket år" in said


def test_a_place_without_a_year_is_always_on_the_map_and_said_not_to_be_counted(
    page: Callable[..., BeautifulSoup],
) -> None:
    shown = page("small", "sv", "chain_map")
    slider = shown.select_one("input[type=range]")
    assert (slider["min"], slider["max"], slider["value"]) == ("1940", "2020", "2020")
    assert shown.output.text == "2020: 2 orter på kartan har känt år."
    assert [note.text for note in shown.select(".vm-note")] == [
        "Inträdesår saknas för Viborg, som visas från början men inte räknas."
    ]
    assert [sign["data-sign"] for sign in shown.select(".vm-key li")] == ["home", "unknown"]


@pytest.mark.parametrize(
    ("name", "language", "genitive"),
    [("Lund", "sv", "Lunds"), ("Husnäs", "sv", "Husnäs"), ("Husnäs", "en", "Husnäs’")],
)
def test_a_name_has_a_genitive_though_nobody_gave_it(
    page: Callable[..., BeautifulSoup], name: str, language: str, genitive: str
) -> None:
    chain = {"Lund": "small", "Husnäs": "bare"}[name]
    assert f"{genitive} " in page(chain, language, "index").h1.get_text()


@pytest.mark.parametrize(("name", "genitive"), [("Metz", "Metz"), ("Halmstad", "Halmstads")])
def test_a_name_on_a_sibilant_is_its_own_genitive(tmp_path: Path, name: str, genitive: str) -> None:
    data = small_chain.folder(tmp_path / "data")
    settings = data / "raw" / "municipality.toml"
    named = settings.read_text("utf-8").replace("[report]", f'name = "{name}"\n[report]')
    settings.write_text(named, "utf-8")
    assert load(2014, "sv", data).context.facts["home_genitive"] == genitive


@pytest.mark.parametrize(
    ("written", "since"), [("1950", 1950), ("1950–", 1950), ("1948–1951", 1948), ("–1951", 1951)]
)
def test_a_year_in_doubt_counts_from_its_earliest(tmp_path: Path, written: str, since: int) -> None:
    raw = shutil.copytree(DATA / "invented_small_chain", tmp_path / "data") / "raw"
    rewrite(raw / "chain.csv", lambda row: row | {"year": row["year"] or written})
    frame = load(2020, "sv", tmp_path / "data").context.year.presence.set_index("town")
    assert frame.at["viborg", "since"] == since


# The municipality's own data, changed


def rewrite(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Every row of a table anew; a row that becomes None goes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(filter(None, map(change, rows)))


def test_premises_that_no_longer_hold_are_said_at_the_top_and_at_the_points(
    data_folder: Path,
) -> None:
    raw = data_folder / "raw"

    def fewer(row: dict[str, str]) -> dict[str, str]:
        number = row["members"]
        return row | {"members": str(int(number) // 5) if number.isdigit() else "Uppgift saknas"}

    rewrite(raw / "membership.csv", fewer)
    rewrite(raw / "meetings.csv", lambda row: row if row["year"][:4] < "2007" else None)
    report = load(2014, "sv", data_folder)
    memo = BeautifulSoup(str(report.sections("summary", "proposal").html), "html.parser")
    failing = report.checks.query("about == 'proposal' and holds == 'no'")
    assert {"association_size"} <= set(failing["check"])
    tops = [page.select_one(".answer").get_text() for page in (memo, pages.soup(report, "index"))]
    for said in failing.merge(used(report), on="check")["said"]:
        assert all(said in top for top in tops)
    held = {point["data-point"]: point for point in memo.select("[data-point]")}
    assert len(held) == len(report.points)
    for point in report.points.itertuples():
        assert held[point.recommendation]["data-holds"] == point.holds
    assert held["yearly_grant"]["data-holds"] == "no"
    assert held["formal_agreement"]["data-holds"] == "unknown"  # not known is not a decision
    before = pages.own(2014, "sv").points.set_index("recommendation")["holds"]
    assert before["yearly_grant"] == "yes"
    size = used(report).set_index("check").at["association_size", "said"]
    assert size in held["yearly_grant"].get_text()


def used(report: Report):
    """The premises, each with its first words as a page says them."""
    context, checks = report.context, report.context.year.checks
    said = [context.render_row_text(row).striptags() for row in checks.to_dict("records")]
    return checks[["check"]].assign(said=said)


DECIDED = {
    "recommendation": "yearly_grant",
    "first_made": "2014",
    "decided": "Kommunstyrelsen den 4 mars",
    "done": "15 000 kr betalades den 1 april",
    "amount": "15 000 kr",
    "source": "minutes",
}
MINUTES = {
    "source": "minutes",
    "title": "Protokoll",
    "kind": "municipal page",
    "known_since": "2015",
    "dating": "published",
    "rank": "1",
    "reference": "false",
}


@every_language
def test_what_was_decided_is_followed_up_and_not_compared_with_itself(
    data_folder: Path, language: str
) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES)
    add_rows(data_folder / "raw" / "recommendations.csv", DECIDED)
    report = load(2015, language, data_folder)
    parts = report.sections("proposal", "follow_up", "economy").html
    memo = BeautifulSoup(str(parts), "html.parser")
    assert memo.select("[data-point]") == []
    assert "grant_paid" in report.facts["fact"].to_list()
    followed = under(memo, "follow-up")
    assert DECIDED["decided"] in followed
    assert DECIDED["done"] in followed
    economy = under(memo, "economy")
    assert any(amount in economy for amount in ("15\xa0000", "15,000"))
    paid = {"sv": ("betal", "föreslå"), "en": ("paid", "is proposed")}[language]
    assert paid[0] in economy
    said = [s for s in re.split(r"(?<=\.)\s", economy) if re.search("15[\xa0,]000", s)]
    assert not [s for s in said if paid[1] in s]
    drawn = memo.select("#economy ~ figure")[:1]
    names = [text.get_text() for figure in drawn for text in figure.select("svg text")]
    assert not [name for name in names if "Vänersborg" in name]


ANOTHER = {
    "recommendation": "hosting",
    "order": "7",
    "text_sv": "Mötet får {grant}.",
    "text_en": "The meeting gets {grant}.",
    "premises": "network",
    "amount": "40 000 kr",
    "first_made": "2014",
    "source": "report-2014-prose",
}


def drawn(report: Report, *keys: str) -> BeautifulSoup:
    return BeautifulSoup(str(report.sections(*keys).html), "html.parser")


def test_each_point_has_its_own_amount_and_the_cost_is_their_sum(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "recommendations.csv", ANOTHER)
    memo = drawn(load(2014, "sv", data_folder), "proposal", "questions")
    points = {point["data-point"]: point.get_text() for point in memo.select("[data-point]")}
    amounts = {name: re.findall(r"[\d\xa0]+\xa0kr", said) for name, said in points.items()}
    assert amounts["yearly_grant"] == ["15\xa0000\xa0kr"]
    assert amounts["hosting"] == ["40\xa0000\xa0kr"]
    assert "55\xa0000\xa0kr" in memo.select_one(".appendix").get_text()


@pytest.mark.parametrize("outcome", ["decided", "done"])
def test_what_was_proposed_is_still_told_where_another_amount_was_decided(
    data_folder: Path, outcome: str
) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES)
    decided = {"recommendation": "yearly_grant", "amount": "10 000 kr", "source": "minutes"}
    add_rows(data_folder / "raw" / "recommendations.csv", decided | {outcome: DECIDED[outcome]})
    page = drawn(load(2015, "sv", data_folder), "follow_up", "support")
    assert "15\xa0000\xa0kr" in under(page, "follow-up")
    proposed = page.select("#t-support ~ tbody tr")[-1].get_text()
    assert "15\xa0000" in proposed
    assert "2014" in proposed


def test_new_points_have_their_own_premises_and_year(data_folder: Path) -> None:
    new = ANOTHER | {"first_made": "2016", "source": "minutes"}
    new["text_sv"] = "{association} får {grant} till mötet."
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2016"})
    add_rows(data_folder / "raw" / "recommendations.csv", new)
    page = drawn(load(2017, "sv", data_folder), "premises", "support")
    assert len(page.select("#t-premises ~ tbody tr")) == 1
    proposed = page.select("#t-support ~ tbody tr")[-1].get_text()
    assert "40\xa0000" in proposed
    assert "2016" in proposed


def test_an_amount_for_somebody_else_is_no_grant_to_the_association(data_folder: Path) -> None:
    """Even if it is the only one."""
    add_rows(data_folder / "raw" / "sources.csv", MINUTES)
    new = ANOTHER | {"first_made": "2015", "source": "minutes"}
    add_rows(data_folder / "raw" / "recommendations.csv", new)
    page = drawn(load(2015, "sv", data_folder), "support", "economy").get_text()
    assert "Förslagets kostnad: 40\xa0000\xa0kr." in page
    assert "Bidraget är" not in page


def test_an_old_point_keeps_the_numbers_of_its_year(data_folder: Path) -> None:
    next_trial = {"measure": "trial_year", "about": "vanersborg", "definition": "year"}
    next_trial |= {"year": "2016", "value": "2017", "source": "minutes"}
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2016"})
    add_rows(data_folder / "raw" / "figures.csv", next_trial)
    followed = under(drawn(load(2016, "sv", data_folder), "follow_up"), "follow-up")
    assert "2015" in followed
    assert "2017" not in followed


def test_a_point_made_some_year_up_to_another_is_followed_up(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2013"})
    point = ANOTHER | {"first_made": "–2013", "source": "minutes", "decided": "ja"}
    add_rows(data_folder / "raw" / "recommendations.csv", point)
    assert drawn(load(2014, "sv", data_folder), "follow_up").find(string=re.compile("ja"))


def test_the_amount_of_a_point_that_does_not_name_it_is_said_with_its_account(
    data_folder: Path,
) -> None:
    new = ANOTHER | {"first_made": "2016", "source": "minutes", "text_sv": "Mer.", "text_en": ""}
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2016"})
    add_rows(data_folder / "raw" / "recommendations.csv", new | {"account": "kontot <b>X"})
    said = under(drawn(load(2016, "sv", data_folder), "proposal"), "proposal")
    assert "40\xa0000" in said
    assert "kontot <b>X" in said
    new |= {"recommendation": "another", "text_sv": "{grant}.", "text_en": "Fifteen."}
    add_rows(data_folder / "raw" / "recommendations.csv", new | {"amount": "7 000 kr"})
    english = under(drawn(load(2016, "en", data_folder), "proposal"), "proposal")
    assert "7,000" in english


def test_a_point_for_an_association_without_a_name_asks_for_it(data_folder: Path) -> None:
    about = data_folder / "raw" / "municipality.toml"
    named = about.read_text("utf-8")
    about.write_text(re.sub(r"(?m)^association = .*$", "", named), "utf-8")
    with pytest.raises(DataError) as caught:
        load(2014, "sv", data_folder)
    faults = [(fault.code, fault.file, fault.column) for fault in caught.value.faults]
    assert ("C013", "municipality.toml", "municipality.association") in faults


def test_what_became_of_old_points_is_asked_under_their_own_year(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES)
    new = ANOTHER | {"first_made": "2015", "source": "minutes"}
    add_rows(data_folder / "raw" / "recommendations.csv", new)
    followed = under(drawn(load(2015, "sv", data_folder), "follow_up"), "follow-up")
    assert "för 2014 är inte känt" in followed
    assert "2015 är inte känt" not in followed


def test_another_own_choice_is_cited_in_the_language_of_the_page(data_folder: Path) -> None:
    choice = MINUTES | {"source": "choice", "kind": "own choice", "known_since": "2014"}
    row = {"measure": "trial_year", "about": "vanersborg", "definition": "year", "year": "2014"}
    add_rows(data_folder / "raw" / "sources.csv", choice | {"rank": "4"})
    add_rows(data_folder / "raw" / "figures.csv", row | {"value": "2016", "source": "choice"})
    context = load(2014, "en", data_folder).context
    own, used = context.plain("section.sources.own"), context.facts["trial_year:vanersborg"]
    (rival,) = site.source_catalogue(context)["rows"][used.refs[0]][2:]
    assert own in rival


def test_a_note_names_the_publisher_of_a_source_and_links_to_its_page(data_folder: Path) -> None:
    link = {"source": "page", "publisher": "Föreningen <b>", "url": 'https://example.org/"a"?b&c'}
    script = {"source": "script", "kind": "report", "url": "javascript:alert(1)"}
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | link)
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | script)
    context = load(2015, "sv", data_folder).context
    titles = [context.source_title(context.known.sources[name]) for name in ("page", "script")]
    page, report = (BeautifulSoup(title, "html.parser") for title in titles)
    assert page.a["href"] == 'https://example.org/"a"?b&c'
    assert page.get_text() == f"Föreningen <b>, {MINUTES['title']}"
    assert report.a is None
    assert report.get_text() == MINUTES["title"]


def test_a_cancelled_meeting_and_an_agreement_that_has_ended_are_said_to_be_so(
    data_folder: Path,
) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES)
    meeting = {"year": "2015", "town": "herning", "kind": "twin_town_meeting"}
    meeting |= {"status": "cancelled", "source": "minutes"}
    agreement = {"town": "herning", "level": "municipal", "status": "active"}
    agreement |= {"from_year": "2010", "to_year": "2014", "source": "minutes"}
    add_rows(data_folder / "raw" / "meetings.csv", meeting)
    add_rows(data_folder / "raw" / "agreements.csv", agreement)
    report = load(2015, "sv", data_folder)
    page, words = drawn(report, "hosts", "agreements"), report.context.plain
    assert page.find("text", string=re.compile(words("chart.meeting_row.words.cancelled")))
    assert words("agreement.ended") in under(page, "agreements")


def under(page: BeautifulSoup, anchor: str) -> str:
    return follows(page.find(id=anchor))


@pytest.mark.parametrize("name", ["04_decision_memo.2014.sv.md", "04_decision_memo.sv.md"])
def test_a_sentence_that_an_analyst_changes_stands_in_the_page_once(
    data_folder: Path, name: str
) -> None:
    path = data_folder / "raw" / "texts" / name
    text = path.read_text("utf-8")
    sentence = next(
        line for line in text.splitlines() if len(line) > 60 and "{" not in line and "[@" in line
    )
    changed = sentence[: sentence.index(" [@")]
    path.write_text(text.replace(changed, "Det här är analytikerns egen mening."), encoding="utf-8")
    said = words(pages.soup(load(2014, "sv", data_folder), "decision_memo"))
    assert said.count("Det här är analytikerns egen mening.") == 1
    assert changed not in said


def test_the_project_says_where_real_data_of_another_town_is_from() -> None:
    """Lund's rows are real, and each names its source."""
    with (DATA / "lund" / "raw" / "sources.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["url"].startswith("https://") for row in csv.DictReader(file))
    assert PROJECT.joinpath("tests", "data", "lund", "raw", "municipality.toml").is_file()


def test_a_decision_of_the_year_of_the_proposal_is_told_at_the_point(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2014"})
    refused = {"amount": "inget bidrag", "decided": DECIDED["decided"]}
    point = {"recommendation": "yearly_grant", "source": "minutes"}
    add_rows(data_folder / "raw" / "recommendations.csv", point | refused)
    memo = drawn(load(2014, "sv", data_folder), "proposal")
    said = memo.select_one("[data-point=yearly_grant]").get_text()
    assert DECIDED["decided"] in said
    assert "Belopp: inget bidrag." in said
    assert DECIDED["decided"] not in memo.select_one("[data-point=formal_agreement]").get_text()


def test_a_point_that_is_the_officers_own_is_said_to_be_so(data_folder: Path) -> None:
    add_rows(data_folder / "raw" / "recommendations.csv", ANOTHER | {"own": "true"})
    report = load(2014, "sv", data_folder)
    said = report.context.plain("memo.own")
    points = drawn(report, "proposal").select("[data-point]")
    assert [point["data-point"] for point in points if said in point.get_text()] == ["hosting"]


def test_a_point_of_unknown_cost_says_so_and_a_gift_to_come_is_not_told_as_given(
    data_folder: Path,
) -> None:
    point = ANOTHER | {"text_sv": "Mötet får stöd.", "text_en": "", "amount": "okänd summa"}
    add_rows(data_folder / "raw" / "recommendations.csv", point)
    trip = {"year": "2014", "text_sv": "En resa.", "towns": "vanersborg|eidi", "status": "planned"}
    trip |= {"municipal_role": "funded", "source": "report-2014-prose"}
    add_rows(data_folder / "raw" / "activities.csv", trip)
    report = load(2014, "sv", data_folder)
    assert "Belopp: okänd summa." in drawn(report, "proposal").get_text()
    row = drawn(report, "activities").find(string="En resa.").find_parent("tr")
    assert "gav pengar" not in row.get_text()


def test_what_the_officer_added_to_an_old_point_is_not_told_as_the_reports() -> None:
    followed = drawn(load(2019, "sv"), "follow_up").get_text()
    assert "Valet av år och konto är handläggarens." in followed


def test_a_new_name_is_told_on_the_page(data_folder: Path) -> None:
    renamed = {"town": "siglufjordur", "event": "renamed", "year": "2014"}
    renamed |= {"text_sv": "Orten bytte namn.", "source": "report-2014-prose"}
    add_rows(data_folder / "raw" / "chain.csv", renamed)
    assert "Orten bytte namn." in str(load(2014, "sv", data_folder).section("mergers").html)


def test_a_place_that_left_in_an_unknown_year_has_left(data_folder: Path) -> None:
    left = {"town": "eidi", "event": "left", "source": "report-2014-prose"}
    add_rows(data_folder / "raw" / "chain.csv", left)
    report = load(2014, "sv", data_folder)
    assert "Lämnade kedjan: år saknas." in drawn(report, "places").get_text()
    for table in drawn(report, "place_table", "size")("table")[:2]:  # with other years, and alone
        row = table.find("th", string="Eidi").parent
        assert "år saknas" in row.get_text()
    assert [at.low for at in report.context.year.size["places"]][-1] == 8
    note = drawn(report, "interactive_map").select(".vm-note")[-1].text
    assert note == "När Eidi lämnade kedjan är inte känt; orten visas kvar men räknas inte."


def test_a_later_survey_leaves_what_was_said_of_the_earlier_one(data_folder: Path) -> None:
    rows = [{"measure": "municipalities_with_twin_towns", "group": "nordic", "value": "98"}]
    rows += [{"measure": "answered", "group": "all", "value": "231"}]
    add_rows(data_folder / "raw" / "sources.csv", MINUTES | {"known_since": "2019"})
    added = [row | {"wave": "2019", "source": "minutes"} for row in rows]
    add_rows(data_folder / "raw" / "survey.csv", *added)
    peers = drawn(load(2019, "sv", data_folder), "peers").get_text()
    assert "Våren 2011" in peers
    assert "minskat med 186" in peers


@pytest.mark.parametrize("year", ["", "2014"])
def test_support_of_long_ago_or_of_no_year_is_not_told_as_todays(tmp_path: Path, year: str) -> None:
    data = small_chain.folder(tmp_path / "data")
    given = {"town": "isle", "year": year, "amount": "900 EUR", "source": "report"}
    add_rows(data / "raw" / "support.csv", given)
    told = drawn(load(2020, "sv", data), "support").get_text()
    since = "från 2014" if year else "som inte alltid har år"
    assert f"Enligt de senast kända uppgifterna, {since}, fick tre föreningar bidrag" in told
    assert "Enligt källorna" not in told


def test_a_note_says_in_words_what_another_source_says(tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "data")
    took_back = {"year": "2012", "town": "gamma", "kind": "twin_town_meeting"}
    took_back |= {"status": "cancelled", "represented": "beta", "source": "mended"}
    other = took_back | {"status": "held", "represented": "delta|alfa", "source": "weekly"}
    add_rows(data / "raw" / "meetings.csv", took_back, other)
    context = load(2014, "sv", data).context
    used = context.year.meetings.set_index("town").loc["gamma", "status_ref"]
    said = " ".join(site.source_catalogue(context)["rows"][used])
    assert "källorna skiljer sig: har hållits (" in said
    assert "källorna skiljer sig: Delta och Alfa (" in said


def test_of_several_meetings_in_a_year_the_row_has_the_weightiest(tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "data")
    meeting = {"year": "2014", "town": "isle", "kind": "twin_town_meeting", "status": "held"}
    add_rows(data / "raw" / "meetings.csv", meeting | {"source": "report"})
    row = trends.yearly_meetings(load(2014, "sv", data).context).iloc[-1]
    assert row[["year", "host", "kind"]].tolist() == [2014, "Isle", "meeting"]


def test_a_long_chain_has_a_row_of_meetings_that_can_be_read(tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "data")
    for number in range(10):
        town = {"town": f"place_{number}", "name": "Ort " + "abcdefghij"[number] * 6}
        town |= {"area": "Island", "country": "IS", "lat": "64.5", "lon": f"-{20 + number / 10}"}
        add_rows(data / "raw" / "towns.csv", town | {"kind": "town", "source": "stats"})
        entry = {"town": f"place_{number}", "event": "admitted", "year": "1980"}
        add_rows(data / "raw" / "chain.csv", entry | {"source": "report"})
    report = load(2014, "sv", data)
    assert len(report.context.year.round) == 15
    assert list(trends.yearly_meetings(report.context)["year"]) == list(range(2003, 2015))
    told = str(report.section("interactive_map").html)
    (joined,) = re.findall(r'"(1980: [^"]*)"', told)
    assert "Ort" not in joined  # too many to name


def test_a_place_without_a_point_is_not_counted_on_the_map(tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "data")
    town = {"town": "nowhere", "name": "Nowhere", "area": "Island", "country": "IS"}
    add_rows(data / "raw" / "towns.csv", town | {"kind": "group", "source": "club"})
    entry = {"town": "nowhere", "event": "admitted", "year": "1980", "source": "report"}
    add_rows(data / "raw" / "chain.csv", entry)
    report = load(2014, "sv", data)
    said = drawn(report, "interactive_map").output.text
    assert re.match(r"2014: (\d+)", said)[1] == "5"
    assert report.context.facts["places_now"].value == 6


def test_a_new_meeting_that_was_not_held_is_told_with_its_state(tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "data")
    meeting = {"town": "beta", "kind": "twin_town_meeting", "source": "late"}
    add_rows(data / "raw" / "meetings.csv", meeting | {"year": "2021", "status": "announced"})
    add_rows(data / "raw" / "meetings.csv", meeting | {"year": "2019", "status": "held"})
    report = load(2020, "sv", data)
    rows = [row.get_text(" ") for row in drawn(report, "changes").select("tbody tr")]
    said = [report.context.plain(f"status.{state}") for state in ("announced", "held")]
    assert {
        year: [state in row for state in said for row in rows if year in row]
        for year in ("2021", "2019")
    } == {"2021": [True, False], "2019": [False, False]}


def test_a_card_tells_of_a_contact_as_one_and_counts_no_members_of_who_has_left(
    tmp_path: Path,
) -> None:
    data = small_chain.folder(tmp_path / "data")
    row = {"town": "isle_one", "event": "contact", "year": "1980", "source": "report"}
    add_rows(data / "raw" / "chain.csv", row)
    members = {"town": "omega", "year": "1960", "members": "77", "source": "report"}
    add_rows(data / "raw" / "membership.csv", members)
    report = load(2014, "sv", data)
    cards = {card.h3.get_text(): card for card in drawn(report, "cards").select(".card")}
    labels = [report.context.plain(f"card.{event}") for event in ("contact", "admitted")]
    terms = {name: [dt.get_text() for dt in cards[name]("dt")] for name in ("Isle one", "Gamma")}
    assert [[label in terms[name] for label in labels] for name in terms] == [
        *([True, False], [False, True])
    ]
    assert "77" not in cards["Omega"].get_text()


@every_language
def test_the_law_of_sweden_is_told_in_sweden_only(language: str, tmp_path: Path) -> None:
    data = small_chain.folder(tmp_path / "invented")
    settings = data / "raw" / "municipality.toml"
    for home, is_told in (("alfa", True), ("beta", False)):  # in Denmark
        settings.write_text(settings.read_text("utf-8").replace('"alfa"', f'"{home}"'), "utf-8")
        said = pages.soup(load(2014, language, data), "accessibility").get_text()
        assert ("digg.se" in said, "Digg" in said) == (is_told, is_told)
