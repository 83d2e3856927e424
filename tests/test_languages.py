"""A language is one file: the same keys in each, words for all that is said, and no other; no
sentence is built in code, and no page speaks two languages at once."""

from __future__ import annotations

import ast
import csv
import errno
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from hypothesis import given
from hypothesis import strategies as st

from vanort_analysis import language as language_module
from vanort_analysis import load, report
from vanort_analysis.data.files import LANGUAGES
from vanort_analysis.data.quantity import Quantity, exact
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import Fault
from vanort_analysis.language import PLACEHOLDER as NAMED
from vanort_analysis.language import Text, plural_categories
from vanort_analysis.pages import site
from vanort_analysis.pages.prose import TEXTS

from . import pages
from .conftest import PROJECT

PACKAGE = PROJECT / "vanort_analysis"
CURES = {"sv": "Gör så här: ", "en": "What to do: "}
PLACEHOLDER = re.compile(r"\{[^{}\s|]*(?:\|[^{}]*)?\}")
BENT = re.compile(r"\{([^{}\s|]*)\|([^{}]*)\}")  # {number|one|other}: a word after a number
CODE = re.compile(r"[A-Z]\d{3}")
OF_DATA = {"unit", "word", "population"}  # sections whose keys are what stands in the data
PIECED = {"former_key", "unknown_key"}  # keys that are put together of two words
ALWAYS_NEAR = {"C002", "C003", "C005", "C018", "D016", "D023"}  # these faults always name it
ALWAYS_NEAR |= {"D027", "D029", "D034", "D040", "D041", "D046", "D049", "D054", "D055", "D058"}
ALWAYS_NEAR |= {"D066", "D067", "D068", "D085", "D089", "D090", "D096", "D097", "D098", "D099"}
FRAMES = {"facts", "answers"}  # columns of files that are no table of the data
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_other = pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "sv"])


@cache
def tree(language: str) -> dict[str, Any]:
    return tomllib.loads((PACKAGE / "languages" / f"{language}.toml").read_text("utf-8"))


def leaves(of: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each sentence under its dotted path, items of a list by their number; empty lists too."""
    inner = enumerate(of) if isinstance(of, list) else of.items() if isinstance(of, dict) else ()
    found = [leaf for key, value in inner for leaf in leaves(value, f"{path}.{key}".lstrip("."))]
    yield from found or [(path, of)]


@cache
def sentences(language: str) -> dict[str, Any]:
    return dict(leaves(tree(language)))


def bare(sentence: object) -> str:
    return PLACEHOLDER.sub("", str(sentence))


@cache
def literals() -> tuple[set[str], set[str]]:
    """What the package's source says outside docstrings: strings, and f-strings with `*`."""
    plain, filled = set(), set()
    for path in PACKAGE.rglob("*.py"):
        parsed = ast.parse(path.read_text("utf-8"))
        told = {id(n.value) for n in ast.walk(parsed) if isinstance(n, ast.Expr)}
        told |= {id(v) for n in ast.walk(parsed) if isinstance(n, ast.JoinedStr) for v in n.values}
        for node in ast.walk(parsed):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain |= {node.value} if id(node) not in told else set()
            if isinstance(node, ast.JoinedStr):
                parts = [v.value if isinstance(v, ast.Constant) else "*" for v in node.values]
                filled.add("".join(map(str, parts)))
    return plain, filled


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+(?:_[^\W\d_]+)*", text))


# One file beside the other


@every_other
def test_every_file_has_the_same_keys_and_placeholders(language: str) -> None:
    ours, theirs = sentences("sv"), sentences(language)
    assert {path: type(value) for path, value in ours.items()} == {
        path: type(value) for path, value in theirs.items()
    }
    unbent = [{p: set(NAMED.findall(BENT.sub("", str(s)))) for p, s in f.items()} for f in
              (ours, theirs)]  # fmt: skip
    assert {p: (ours[p], theirs[p]) for p in ours if unbent[0][p] != unbent[1][p]} == {}


@every_other
def test_every_sentence_is_translated(language: str) -> None:
    ours, theirs = sentences("sv"), sentences(language)
    assert [p for p in ours if ours[p] == theirs[p] and len(words(bare(ours[p]))) > 2] == []


@every_language
def test_a_sentence_is_whole_and_types_no_number(language: str) -> None:
    said = sentences(language)
    assert len(said) > 400
    assert {p: s for p, s in said.items() if re.search(r"[\d{}]", bare(s))} == {}
    untidy = re.compile(r"^ | $|  ")
    assert {p: s for p, s in said.items() if isinstance(s, str) and untidy.search(s)} == {}


# Words for all that is said, and no other


def test_every_key_that_the_code_names_is_there() -> None:
    keys, (plain, filled) = set(sentences("sv")), literals()
    keys |= {key.rsplit(".", n)[0] for key in keys for n in range(1, key.count(".") + 1)}
    sections = set(tree("sv"))
    named = {key for key in plain if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", key)}
    named = {key for key in named if key.split(".")[0] in sections}
    assert {
        "site.chain",
        "memo.members",
        "section.sources.rows",
    } <= named  # it looks where they are
    assert named - keys == set()
    shapes = {shape for shape in filled if shape.split(".")[0] in sections and "." in shape}
    found = [re.escape(shape).replace(r"\*", ".+") for shape in shapes]
    assert [shape for shape in found if not any(re.fullmatch(shape, key) for key in keys)] == []


@every_language
def test_every_key_is_one_that_the_code_names(language: str) -> None:
    plain, filled = literals()
    known = {word for said in plain | filled for word in re.findall(r"\w+", said)} | PIECED
    known |= {f"{name}_{of}" for name in ("text", "conditions") for of in LANGUAGES}
    known |= {*errno.errorcode.values()}
    for kind in ("*.j2", "*.html", "*.js", "data/*.toml"):
        for path in PACKAGE.rglob(kind):
            known |= set(re.findall(r"\w+", path.read_text("utf-8")))
    # what a municipality may count, and the general texts name
    cells = set(
        re.findall(r"\w+", (PACKAGE / "analysis" / "computed_facts.txt").read_text("utf-8"))
    )
    for path in (PROJECT / "data" / "raw").glob("*.csv"):
        cells |= set(re.split(r"[,|\n\"]", path.read_text("utf-8")))
    prefixes = [shape.rstrip("*").rpartition(".")[2] for shape in filled if shape.endswith("*")]
    unused = {}
    for path in sentences(language):
        section, *rest = re.sub(r"\.\d+\b", "", path).split(".")
        for part in rest:
            ours = known | cells if section in OF_DATA else known
            pieced = any(p and part.startswith(p) and part[len(p) :] in known for p in prefixes)
            if part not in ours and not pieced:
                unused[path] = part
    assert unused == {}


def codes() -> set[str]:
    """Every fault code in the package's source."""
    return {said for said in literals()[0] if CODE.fullmatch(said)}


@every_language
def test_every_fault_has_words_and_every_word_a_fault(language: str) -> None:
    assert set(tree(language)["error"]) == codes()
    assert {"D014", "D032", "D038", "B004", "C002", "M001", "P004", "T001"} <= codes()


@every_language
@pytest.mark.parametrize("code", sorted(tree("sv")["error"]))
def test_a_fault_says_where_it_is_what_is_wrong_and_what_to_do(language: str, code: str) -> None:
    details = dict.fromkeys(("near", "found", "expected", "table", "row"), "between")
    for given_details in (details, details | {"near": ""}):
        fault = Fault(code, "chain.csv", 7, "year", "omkring", details=given_details)
        head, *lines = Text(language).format_fault(fault).splitlines()
        assert all(part in head for part in (code, "chain.csv", "7", "year", "omkring"))
        assert not re.search(r"[{}]", "".join(lines))
        if given_details["near"] or code not in ALWAYS_NEAR:
            assert lines[0].strip()
            assert not lines[0].strip().startswith(CURES[language])
            assert code[0] == "M" or lines[-1].strip().startswith(CURES[language])


@every_language
def test_every_column_and_every_code_of_the_tables_has_words(language: str) -> None:
    text, told = Text(language), tree(language)
    columns = {(name, column) for name, table in TABLES.items() for column in table.columns}
    assert [at for at in columns if not text.describe_column(*at).endswith(".")] == []
    meant = {(name, c) for name, of in told["column"].items() for c in of if name != "any"}
    assert {at for at in meant if at[0] not in FRAMES} <= columns
    assert set(told["column"]["any"]) == {column for name, column in columns - meant}
    assert set(told["tables"]) == set(TABLES) | FRAMES
    shown = {"meetings.kind": "kind", "activities.status": "status", "support.relation": "relation"}
    shown |= {"agreements.level": "agreement", "agreements.status": "agreement"}
    shown |= {"meetings.status": "status", "activities.municipal_role": "municipal_role"}
    for at, section in shown.items():
        table, column = at.split(".")
        assert set(TABLES[table].columns[column].allowed) <= set(told[section]), at


def test_every_formula_of_a_fact_has_words() -> None:
    facts = [
        fact
        for year in (2014, 2018, 2024)
        for fact in pages.own(year, "sv").context.facts.values()
        if isinstance(fact, Quantity)
    ]
    used = {fact.formula for fact in facts} - {""}
    for path in (PACKAGE / "analysis").glob("*.py"):  # also of tables that are not here
        calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
        units = (call for call in calls if getattr(call.func, "attr", "") == "in_unit")
        used |= {
            said.value for call in units for said in call.args[1:] if isinstance(said, ast.Constant)
        }
    assert len(used) > 25
    assert used <= set(tree("sv")["formula"]) <= literals()[0]


# Numbers, dates and words after a number


@every_language
def test_a_word_after_a_number_has_every_plural_of_the_language(language: str) -> None:
    bent = {p: forms for p, s in sentences(language).items() for _, forms in BENT.findall(str(s))}
    assert len(bent) > 10
    plurals = plural_categories(language)
    assert {p: f for p, f in bent.items() if len(f.split("|")) != len(plurals)} == {}


@given(st.integers(0, 3), st.sampled_from(["sv", "en"]))
def test_no_noun_stands_in_the_plural_after_one(count: int, language: str) -> None:
    """In every sentence that bends a word, all its numbers being the same."""
    text, next_to = Text(language), re.compile(r"\{(\w+)\} \{\1\|([^|}]+)\|([^}]+)\}")
    bending = [said for said in map(str, sentences(language).values()) if next_to.search(said)]
    assert len(bending) > 15
    for sentence in bending:
        said = text.fill(sentence, dict.fromkeys(NAMED.findall(sentence), count), str)
        for _, one, other in next_to.findall(sentence):
            right = f"{count} {one if count == 1 else other}"
            assert re.search(rf"(?<!\d){re.escape(right)}(?!\w)", said), said


@pytest.mark.parametrize(
    ("number", "swedish", "english"),
    [
        (exact(1135), "1 135", "1,135"),
        (Quantity(1135.0), "minst 1 135", "at least 1,135"),
        (Quantity(100.0, about=True), "minst ca 100", "at least about 100"),
        (Quantity(7.0, 7.0, about=True, unit="percent"), "ca 7 %", "about 7%"),
        (exact(1, "DKK"), "1 dansk krona", "DKK 1"),
        (Quantity(1.0, 2.0, unit="DKK"), "1–2 danska kronor", "DKK 1–2"),
        (exact(15000, "SEK"), "15 000 kr", "SEK 15,000"),
        (exact(-186), "−186", "−186"),
        (exact(0.0262, "SEK_each"), "0,026 kr", "SEK 0.026"),
        (Quantity(0.0, 126.4, unit="SEK_each"), "högst 126,4 kr", "at most SEK 126.4"),
        (exact(1_000_000), "1 miljon", "1 million"),
        (exact(1_234_567), "1 234 567", "1,234,567"),
        (exact(2_750_000_000), "2 750 000 000", "2,750,000,000"),
        (exact(3.06, "ratio"), "3,06", "3.06"),
        (exact(2014, "year"), "2014", "2014"),
        (exact(735600.0, "date"), "2 januari 2015", "2 January 2015"),
        (Quantity(unit="year"), "år saknas", "year not known"),
    ],
)
def test_a_number_is_written_as_its_language_writes_it(
    number: Quantity, swedish: str, english: str
) -> None:
    said = [
        Text(language).format_quantity(number).replace("\xa0", " ") for language in ("sv", "en")
    ]
    assert said == [swedish, english]


def test_numbers_of_the_same_rows_lead_to_the_same_note() -> None:
    rows = ("membership:2", "membership:10")
    one, other = (replace(exact(7), refs=refs) for refs in (rows, rows[::-1]))
    assert Text("sv").quantity_html(one) == Text("sv").quantity_html(other)


def test_a_long_value_is_cut_where_a_fault_is_told() -> None:
    (head, *_) = Text("sv").format_fault(Fault("D014", "a.csv", 2, "b", "x" * 500)).splitlines()
    assert 50 < head.count("x") <= 60


@every_language
def test_a_word_with_too_few_forms_takes_the_last_it_has(language: str) -> None:
    """As a file of the package may, in a language with more of them."""
    for count in (1, 2):
        fact = {"places_now": exact(count)}
        assert Text(language).fill("{places_now|orter}", fact, str) == "orter"


# No sentence is built in code

ALPHABET = str.maketrans("aeiouyåäöAEIOUYÅÄÖ", "áéíóúýâãõÁÉÍÓÚÝÂÃÕ")
OURS = "⟦⟧"  # around every sentence of the language file and of the texts
THEIRS = "⟪⟫"  # around every name and sentence of the data
NOT_PROSE = {"locale", "fact", "by"}
NAMES = {"name", "name_en", "local_name", "area", "area_en", "place", "title", "publisher"}
NAMES |= {"decided", "done", "evaluated", "locator", "account"}
BY_BABEL = {"och", "miljoner", "miljon"}  # lists, large numbers and countries, as CLDR has them
BY_BABEL |= set(Text("sv").locale.territories.values())
ASIDE = ("alt", "aria-label", "title", "content", "placeholder", "label", "aria-valuetext")


def marked(value: Any, key: str = "") -> Any:
    """A part of a language file with brackets around what a reader sees."""
    if isinstance(value, dict):
        return {name: marked(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [marked(part, key) for part in value]
    seen = re.sub(r"\{[^{}|]*\|?", "", str(value))  # of a word that bends, its forms
    return f"⟦{value}⟧" if words(seen) and key not in NOT_PROSE else value


def marked_line(line: str) -> str:
    """A line of a text with brackets around its sentence."""
    found = re.fullmatch(r"(\s*(?:#+ |- |> )?)(.*?)((?:\s*\[@[^\]]*\])*(?:\s*\{#\w+\})?\s*)", line)
    before, said, after = found.groups()
    after = re.sub(r", ([^;\]]+)", r", ⟪\1⟫", after)
    return f"{before}⟦{said}⟧{after}" if said else line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables and texts with brackets in them."""
    folder = tmp_path_factory.mktemp("bracketed")
    raw = shutil.copytree(PROJECT / "data" / "raw", folder / "data" / "raw")
    texts = shutil.copytree(TEXTS, folder / "texts")
    for path in [*texts.glob("*.md"), *(raw / "texts").glob("*.md")]:
        lines = path.read_text("utf-8").splitlines()
        path.write_text("\n".join(map(marked_line, lines)) + "\n", encoding="utf-8")
    for path in raw.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        ours = {c for c in rows[0] if c in NAMES or c.endswith(("_sv", "_en"))}
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows({c: f"⟪{v}⟫" if c in ours and v else v for c, v in row.items()}
                             for row in rows)  # fmt: skip
    about = raw / "municipality.toml"
    head, report_part = about.read_text("utf-8").split("[report]")
    given = r'((?:sv|en|office|officer|diary_number|to) = |^  )"([^"]+)"'
    head = re.sub(given, r'\1"⟪\2⟫"', head, flags=re.M)
    about.write_text(head + "[report]" + report_part, encoding="utf-8")
    return folder


@pytest.fixture
def bracketed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That data folder, while the language file and the package's texts have brackets too."""
    trees = {f"languages/{each}.toml": marked(tree(each)) for each in LANGUAGES}
    monkeypatch.setattr(language_module, "read_toml", trees.__getitem__)
    monkeypatch.setattr(report.prose, "TEXTS", folder / "texts")
    return folder / "data"


def outside(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside the brackets, and how deep in them it ends."""
    left = ""
    for sign in text:
        depth += sign in "⟦⟪"
        left += sign if depth == 0 else " "
        depth -= sign in "⟧⟫"
    return left, depth


def shown(page: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """Every piece of text that a reader meets, seen or read aloud, and its element."""
    for node in page.find_all(string=True):
        if node.parent.name not in {"script", "style", "title"} and type(node) is NavigableString:
            yield node.parent, str(node)
    for tag in page.find_all(True):
        if tag.name != "meta" or tag.get("name") == "description":
            yield from ((tag, str(tag[name])) for name in ASIDE if tag.get(name))


def own(page: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """What a page says in its own language, without titles, days, file names and codes."""
    for tag, said in shown(page):
        around = [tag, *tag.parents]
        if not any(t.name in {"time", "cite"} or t.get("lang") for t in around[:-2]):
            yield tag, re.sub(r"\w+\.(csv|toml)|\b[A-Z]\d{3}\b", "", said)


@pytest.mark.parametrize(
    ("year", "name"), [*((2014, name) for name in site.FILES), (2024, "decision_memo")]
)
def test_a_page_says_nothing_that_is_not_in_the_language_file_the_texts_or_the_data(
    bracketed: Path, year: int, name: str
) -> None:
    page = pages.soup(load(year, "sv", bracketed), name)
    leaks, depth, seen = [], 0, 0
    for tag, said in own(page):
        left, depth = outside(said, depth)
        seen += "⟦" in said
        of_data = tag.find_parent(["table", "section", "samp"])
        left = re.sub(r"\S*[:/]\S*", "", left) if of_data else left  # addresses, names of rows
        if (wrong := words(left) - BY_BABEL) and not (
            of_data and wrong <= cells(bracketed / "raw")
        ):
            leaks.append((wrong, said.strip()[:90]))
    assert seen > 20
    assert leaks == []


@cache
def cells(raw: Path) -> set[str]:
    """What the tables hold beside names and sentences: codes, numbers as a source has them."""
    found = [path.read_text("utf-8") for path in sorted(raw.glob("*.csv"))]
    found.append((PACKAGE / "pages" / "accessibility.toml").read_text("utf-8"))
    return words(outside("\n".join(found))[0])


# No page speaks two languages

ENGLISH = re.compile(
    r"\b(the|of|and|was|were|been|has|have|had|from|by|with|without|this|that|these|those|not|which|"
    r"who|when|where|there|their|its|an|than|then|years?|towns?|chain|rows?|sources|column|meetings?|"
    r"known|unknown|must|should|such|requires|error|value)\b"
)
SWEDISH = re.compile(
    r"\b(och|är|hade|som|inte|det|ett|på|av|för|till|från|med|utan|eller|när|där|deras|sin|sitt|år|"
    r"ort|orter|kedjan|fel|källa|källor|rad|rader|kolumn|värde|möten?|medlemmar|saknas)\b"
)
CODES = {
    word
    for name, table in TABLES.items()
    for column, rule in table.columns.items()
    for word in (name, column, *rule.allowed)
}
ALIKE = {"definition", "status", "text", "wikidata", "own"}  # codes that are words as well
FOREIGN = ("twin town", "CC BY")  # what a Swedish sentence says that it quotes


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("year", [2014, 2024])
def test_a_page_has_no_word_of_the_other_language(year: int, language: str) -> None:
    found, foreign = {}, SWEDISH if language == "en" else ENGLISH
    codes = CODES - ALIKE if language == "sv" else set()
    with (PROJECT / "data" / "raw" / "sources.csv").open(encoding="utf-8", newline="") as file:
        names = {name for row in csv.DictReader(file) for name in (row["title"], row["publisher"])}
    proper = re.compile("|".join(map(re.escape, [*sorted(names, key=len)[::-1], *FOREIGN])))
    for name in site.FILES:
        for _, said in own(BeautifulSoup(pages.made(year, language, name), "html.parser")):
            left = proper.sub("", said).lower()
            if wrong := {*foreign.findall(left), *(words(left) & codes)}:
                found[name, said.strip()[:90]] = wrong
    assert found == {}


@every_language
@pytest.mark.parametrize("places", [1, 2])
def test_a_small_chain_is_told_in_the_right_number(
    tmp_path: Path, language: str, places: int
) -> None:
    """No page of a chain of one or two has the plural of a counted word after a one."""
    raw = shutil.copytree(
        PROJECT / "tests" / "data" / "invented_small_chain" / "raw", tmp_path / "data" / "raw"
    )
    lines = (raw / "chain.csv").read_text("utf-8").splitlines()
    (raw / "chain.csv").write_text("\n".join(lines[: places + 1]) + "\n", encoding="utf-8")
    prose = " ".join(path.read_text("utf-8") for path in TEXTS.glob(f"*.{language}.md"))
    forms = [
        forms for _, forms in BENT.findall(prose + " ".join(map(str, sentences(language).values())))
    ]
    plurals = {f.split("|")[1] for f in forms if f.split("|")[0] != f.split("|")[1]}
    wrong = re.compile(rf"(?<![\d.,\xa0–-])1 (?:{'|'.join(map(re.escape, plurals))})\b")
    made = load(2020, language, raw.parent)
    for name in ("index", "trends", "decision_memo"):
        page = pages.soup(made, name)
        for block in page.find_all(["dt", "dd", "th", "td"]):
            block.append(" ¶ ")
        assert not wrong.search(" ".join(page.get_text().split())), name
