"""A language is one file and no sentence is built in code; no page speaks two languages at once.

A third language is made here: every value of the Swedish file in ⟦⟧, its vowels changed, and every
name and sentence of the data in ⟪⟫. What a page shows outside both was typed in the code.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from hypothesis import given
from hypothesis import strategies as st

from vanort_analysis.cli import main
from vanort_analysis.data import schema as tables
from vanort_analysis.data.quantity import Quantity, exact
from vanort_analysis.language import PLACEHOLDER, Text

from .conftest import PROJECT
from .test_other_chains import pages

PAGES = (
    *("index", "01_data_quality", "02_chain_map", "03_trends"),
    *("04_decision_memo", "05_background"),
)
SAID_ASIDE = ("alt", "aria-label", "title", "content", "placeholder", "label", "aria-valuetext")
NOT_PROSE = {"locale", "alphabet", "fact", "by", "id"}  # keys whose values no reader sees
ACCENTS = str.maketrans("aeiouyåäöAEIOUYÅÄÖ", "áéíóúýâãõÁÉÍÓÚÝÂÃÕ")
OF_THE_DATA = (
    *("name", "name_en", "local_name", "area", "area_en", "place", "title", "publisher"),
    *(c for table in tables.TABLES.values() for c in table.columns if c.endswith(("_sv", "_en"))),
    *("decided", "done", "evaluated"),
    "locator",
)
BY_BABEL = {"och", "miljoner", "miljon"}  # lists and large numbers, as CLDR has them
CODES = {
    word
    for name, table in tables.TABLES.items()
    for column, rule in table.columns.items()
    for word in (name, column, *rule.allowed)
}
ENGLISH = {
    *("the", "of", "and", "was", "were", "been", "has", "have", "had", "from", "by", "with"),
    *("without", "this", "that", "these", "those", "not", "which", "who", "when", "where", "there"),
    *("their", "its", "an", "than", "then", "year", "years", "town", "towns", "chain", "row"),
    *("sources", "rows", "column", "meeting", "meetings", "known", "unknown", "must", "should"),
    *("usage", "options", "argument", "invalid", "missing", "such", "requires", "error", "value"),
}
SWEDISH = {
    *("och", "är", "hade", "som", "inte", "det", "ett", "på", "av", "för", "till", "från", "med"),
    *("utan", "eller", "när", "där", "deras", "sin", "sitt", "år", "ort", "orter", "kedjan", "fel"),
    *("källa", "källor", "rad", "rader", "kolumn", "värde", "möte", "möten", "medlemmar", "saknas"),
}


ALIKE = {"definition", "status", "text", "wikidata"}  # a code that is a Swedish word as well
FOREIGN = ("twin town", "CC BY")  # what a Swedish sentence says that it quotes


def strange(value: str) -> str:
    """A sentence of the third language; what is between braces stays."""
    if not re.search(r"[^\W\d_]", re.sub(r"\{[^{}|]*\}|\\u\w{4}", "", value)):
        return value
    parts = re.split(r"(\{[^{}|]*|\}|\||\\.)", value)
    said = "".join(p if p[:1] in {"{", "}", "|", "\\"} else p.translate(ACCENTS) for p in parts)
    return f"⟦{said}⟧"


def third_language(swedish: str) -> str:
    """The Swedish file with every value a reader sees made strange."""
    lines = []
    for line in swedish.splitlines():
        key, equals, value = line.partition(" = ") if re.match(r'^["\w]', line) else ("", "", line)
        if not line.startswith(("[", "#")) and key not in NOT_PROSE:
            value = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda m: f'"{strange(m[1])}"', value)
        lines.append(f"{key}{equals}{value}")
    return "\n".join(lines)


def marked_data(raw: Path) -> None:
    """Bracket every name and sentence of the data."""
    for path in raw.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.update({c: f"⟪{row[c]}⟫" for c in OF_THE_DATA if row.get(c)})
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    about = raw / "municipality.toml"
    head, names, rest = re.split(r"(?m)^(?=name = |\[report\])", about.read_text("utf-8"))
    names = re.sub(r'(s?v|en) = "([^"]*)"', r'\1 = "⟪\2⟫"', names)
    about.write_text(head + names + rest, encoding="utf-8")


def outside(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside the brackets of language file and data; how deep it ends in them."""
    left = ""
    for sign in text:
        depth += sign in "⟦⟪"
        left += sign if depth == 0 else " "
        depth -= sign in "⟧⟫"
    return left, depth


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+(?:_[^\W\d_]+)*", text))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a third language file and marked data."""
    copy = tmp_path_factory.mktemp("third") / "project"
    leave = shutil.ignore_patterns(".*", "reports", "tests", "*.pyc", "__pycache__")
    shutil.copytree(PROJECT, copy, ignore=leave)
    files = copy / "vanort_analysis" / "languages"
    said = third_language((files / "sv.toml").read_text("utf-8"))
    (files / "xx.toml").write_text(said, encoding="utf-8")
    marked_data(copy / "data" / "raw")
    return copy


def in_it(project: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": str(project)},
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(soup: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """Every piece of text a reader meets, seen or read aloud, and the element it stands in."""
    for node in soup.find_all(string=True):
        if node.parent.name not in {"script", "style"} and type(node) is NavigableString:
            yield node.parent, str(node)
    for tag in soup.find_all(True):
        if tag.name == "meta" and tag.get("name") != "description":
            continue
        yield from ((tag, str(tag[name])) for name in SAID_ASIDE if tag.get(name))


@pytest.mark.slow
def test_a_page_says_nothing_that_is_not_in_the_language_file_or_the_data(elsewhere: Path) -> None:
    in_it(elsewhere, "-m", "vanort_analysis", "report", "--language", "xx", "--out", "made")
    pages = sorted((elsewhere / "made" / "2014" / "xx").glob("*.html"))
    assert len(pages) >= len(PAGES)
    assert {page.name: found for page in pages if (found := leaks(page, stated(elsewhere)))} == {}


def stated(project: Path) -> set[str]:
    """What the tables hold beside names and sentences: codes, and numbers as a source has them."""
    cells = [path.read_text("utf-8") for path in (project / "data" / "raw").glob("*.csv")]
    cells.append((project / "vanort_analysis" / "accessibility.toml").read_text("utf-8"))
    return words(outside("".join(cells))[0])


def own(page: Path) -> Iterator[tuple[Tag, str]]:
    """What a page says in its own language, without titles, days, files and the codes of tables."""
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    dictionary = soup.find(id="t-dictionary")
    for tag, said in shown(soup):
        around = [tag, *tag.parents]
        other = any(t.name in {"time", "cite"} or t.get("lang") for t in around[:-2])
        if not other and (dictionary is None or dictionary.parent not in around):
            yield tag, re.sub(r"\w+\.(csv|toml)|\b[A-Z]\d{3}\b", "", said)


def leaks(page: Path, of_the_data: set[str]) -> list[tuple[set[str], str]]:
    """The words of a page that stand in no bracket, each with where it stands."""
    found, depth = [], 0
    for tag, said in own(page):
        left, depth = outside(said, depth)
        data = tag.find_parent(["table", "section"])
        if wrong := words(left) - BY_BABEL - (of_the_data if data else set()):
            found.append((wrong, said.strip()[:90]))
    return found


def test_a_picture_says_nothing_that_is_not_in_the_language_file_or_the_data(
    elsewhere: Path,
) -> None:
    listing = """
from matplotlib.text import Text
from vanort_analysis.pictures import charts as bars
from vanort_analysis.pages import frames
from vanort_analysis import load
from vanort_analysis.pictures import map as maps
found = []
def spy(finish):
    def finished(figure, *more, **look):
        found.extend(text.get_text() for text in figure.findobj(Text))
        return finish(figure, *more, **look)
    return finished
bars.svg, maps.svg = spy(bars.svg), spy(maps.svg)
report = load(2024, "xx")
for name in frames.FRAMES:
    report.chart(name)
report.map()
print("\\0".join(found))
"""
    said = in_it(elsewhere, "-c", listing).replace("…", "⟧⟧").split("\0")
    assert len(said) > 100
    assert [text for text in said if words(outside(text)[0]) - BY_BABEL] == []


@pytest.mark.slow
@pytest.mark.parametrize("year", [2014, 2024])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_page_has_no_word_of_the_other_language(
    reports: Callable[[int, str], Path], project: Path, year: int, language: str
) -> None:
    found, foreign = {}, SWEDISH if language == "en" else ENGLISH | CODES - ALIKE
    with (project / "data" / "raw" / "sources.csv").open(encoding="utf-8", newline="") as file:
        names = {name for row in csv.DictReader(file) for name in (row["title"], row["publisher"])}
    proper = re.compile("|".join(map(re.escape, [*sorted(names, key=len)[::-1], *FOREIGN])))
    for page in sorted(reports(year, language).glob("*.html")):
        for _, said in own(page):
            if wrong := words(proper.sub("", said).lower()) & foreign:
                found[page.name, said.strip()[:90]] = wrong
    assert found == {}


@pytest.mark.parametrize(
    "command",
    [
        *("reprot", "report --yaer 2014", "report --year", "report --year abc", "report 2014"),
        *("report --year 1800", "report --language xy", "check --data nowhere", "check"),
    ],
)
def test_the_console_speaks_one_language(capsys, command: str) -> None:
    with pytest.raises(SystemExit) if command != "check" else nullcontext():
        main(command.split())
    said = capsys.readouterr()
    shown = said.err + said.out
    assert len(shown) > 20
    assert words(re.sub(r"--\w+", "", shown.replace(command, "")).lower()) & ENGLISH == set()


def test_a_word_bends_after_its_number() -> None:
    said = {
        language: [
            Text(language).plain("chart.history.finding_plain", {"places_now": n}) for n in range(3)
        ]
        for language in ("sv", "en")
    }
    assert said == {
        "sv": ["Kedjan har 0 orter", "Kedjan har 1 ort", "Kedjan har 2 orter"],
        "en": ["The chain has 0 places", "The chain has 1 place", "The chain has 2 places"],
    }


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (exact(1, "DKK"), "1\xa0dansk\xa0krona"),
        (exact(2, "DKK"), "2\xa0danska\xa0kronor"),
        (Quantity(1.0, unit="DKK"), "minst 1\xa0dansk\xa0krona"),
        (Quantity(1.0, 2.0, unit="DKK"), "1–2\xa0danska\xa0kronor"),
        (Quantity(1.0, 1.0, about=True, unit="DKK"), "ca 1\xa0dansk\xa0krona"),
    ],
)
def test_money_bends_too(number: Quantity, said: str) -> None:
    assert Text("sv").amount(number) == said


@given(st.integers(0, 3), st.sampled_from(["sv", "en"]))
def test_no_noun_of_a_sentence_stands_in_the_plural_after_one(count: int, language: str) -> None:
    """In every sentence that bends a word, all its numbers being the same."""
    text = Text(language)
    file = PROJECT / "vanort_analysis" / "languages" / f"{language}.toml"
    bent = re.compile(r"\{(\w+)\} \{\1\|([^|}]+)\|([^}]+)\}")
    sentences = [line for line in file.read_text("utf-8").splitlines() if bent.search(line)]
    assert len(sentences) > 20
    for sentence in sentences:
        numbers = dict.fromkeys(PLACEHOLDER.findall(sentence), count)
        said = text.fill(sentence, numbers, str)
        for _, one, other in bent.findall(sentence):
            right = f"{count} {one if count == 1 else other}"
            assert re.search(rf"(?<!\d){re.escape(right)}(?!\w)", said), said


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_chain_of_one_or_two_is_told_in_the_right_number(tmp_path: Path, language: str) -> None:
    """No page of a small chain has the plural of a counted word after a one."""
    raw = tmp_path / "data" / "raw"
    shutil.copytree(PROJECT / "tests" / "data" / "invented_small_chain" / "raw", raw)
    chain = raw / "chain.csv"
    lines = chain.read_text("utf-8").splitlines()
    file = PROJECT / "vanort_analysis" / "languages" / f"{language}.toml"
    plurals = set(re.findall(r"\{\w+\|[^|}]+\|([^}]+)\}", file.read_text("utf-8")))
    wrong = re.compile(rf"(?<![\d.,\xa0–-])1 (?:{'|'.join(map(re.escape, plurals))})\b")
    for places in (1, 2, 3):
        chain.write_text("\n".join(lines[: places + 1]) + "\n", encoding="utf-8")
        for html in pages(tmp_path / "data", 2020, language).values():
            soup = BeautifulSoup(html, "html.parser")
            for block in soup.find_all(["dt", "dd", "th", "td"]):
                block.append(" ¶ ")
            said = " ".join(soup.get_text().split())
            assert not wrong.search(said), wrong.search(said)


def test_names_stand_in_the_order_of_the_languages_alphabet() -> None:
    names = ["Öckerö", "Zürich", "Ålesund", "Ærø", "Østfold", "Eiði", "Eidi", "Äppelbo", "2 orter"]
    swedish = "2 orter, Eidi, Eiði, Zürich, Ålesund, Äppelbo, Ærø, Öckerö, Østfold"
    english = "2 orter, Ålesund, Äppelbo, Ærø, Eidi, Eiði, Öckerö, Østfold, Zürich"
    assert ", ".join(sorted(names, key=Text("sv").order)) == swedish
    assert ", ".join(sorted(names, key=Text("en").order)) == english
