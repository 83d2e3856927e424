"""The language files: the same sentences in each, a wording for all that is said, and no other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from vanort_analysis.pages.wording import FILES

from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import Fault
from vanort_analysis.language import Text, languages

PACKAGE = Path(__file__).resolve().parent.parent / "vanort_analysis"
LANGUAGES = languages()
PLACEHOLDER = re.compile(r"\{[^{}\s|]*(?:\|[^{}]*)?\}")  # "{}" too: a chart fills it in itself
BENT = re.compile(r"\{[^{}\s|]*\|([^{}]*)\}")  # {number|one|other}: a word after a number
CODE = re.compile(r"[A-Z]\d{3}")
SAYING = {"plain", "html", "paragraphs", "get"}
COLUMNS = [(table, column) for table, contract in TABLES.items() for column in contract.columns]
MAYBE_NO_GUESS = (  # faults that come with something near only where there is something near
    *("C001", "D001", "D006", "D014", "D015", "D016", "D019", "D020", "D021", "D022", "D023"),
    *("D024", "D026", "T001", "T002", "T005", "T009"),
)
SHOWN_CODES = {  # the coded columns that pages show, and the section their words stand in
    ("meetings", "kind"): "kind",
    ("meetings", "status"): "status",
    ("activities", "status"): "status",
    ("activities", "municipal_role"): "municipal_role",
    ("agreements", "level"): "agreement",
    ("agreements", "status"): "agreement",
    ("support", "relation"): "relation",
    ("sources", "dating"): "dating",
}

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


def bare(sentence: str) -> str:
    return PLACEHOLDER.sub("", sentence)


@cache
def nodes() -> list[ast.AST]:
    """The package's own source, as syntax."""
    sources = [path.read_text("utf-8") for path in sorted(PACKAGE.glob("*.py"))]
    return [node for source in sources for node in ast.walk(ast.parse(source))]


def said(node: ast.AST | None) -> str:
    """The text of a literal, else nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def codes() -> set[str]:
    """Every fault code in the package's source."""
    return {said(node) for node in nodes() if CODE.fullmatch(said(node))}


def formulas() -> set[str]:
    """Every name of a formula: the second argument of `.to`, or `formula=`."""
    names = set()
    for call in nodes():
        if not isinstance(call, ast.Call):
            continue
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        names.add(said(named.get("formula")))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "to":
            names |= {said(argument) for argument in call.args[1:2]}
    return names - {""}


def keys() -> set[str]:
    """Every dotted key that the package asks a `Text` or a `Story` for by name."""
    calls = [n for n in nodes() if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    asked = {said(call.args[0]) for call in calls if call.func.attr in SAYING and call.args}
    return {key for key in asked if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", key)}


def drawn() -> set[str]:
    """Every word that a drawing takes by name out of its `words`."""
    asked = set()
    for node in nodes():
        owner, taken = None, None
        if isinstance(node, ast.Subscript):
            owner, taken = node.value, node.slice
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get":
            owner, taken = node.func.value, node.args[0]
        if isinstance(owner, ast.Name) and owner.id == "words":
            asked.add(said(taken))
    return asked - {""}


# One file beside the other


def test_swedish_and_english_are_there():
    assert {"sv", "en"} <= set(LANGUAGES)


@every_other
def test_every_file_has_the_same_keys(language):
    ours, theirs = sentences("sv"), sentences(language)
    assert ours.keys() == theirs.keys()
    assert {path: type(value) for path, value in ours.items()} == {
        path: type(value) for path, value in theirs.items()
    }


@every_other
def test_every_sentence_has_the_same_placeholders(language):
    ours, theirs = sentences("sv"), sentences(language)
    differing = {
        path: (ours[path], theirs[path])
        for path in ours.keys() & theirs.keys()
        if isinstance(ours[path], str)
        and set(PLACEHOLDER.findall(BENT.sub("", ours[path])))
        != set(PLACEHOLDER.findall(BENT.sub("", theirs[path])))
    }
    assert not differing


@every_language
def test_a_word_after_a_number_has_every_plural_of_the_language(language):
    bent = {p: forms for p, s in sentences(language).items() for forms in BENT.findall(str(s))}
    assert len(bent) > 10
    plurals = Text(language).plurals
    assert {p: f for p, f in bent.items() if len(f.split("|")) != len(plurals)} == {}


@every_other
def test_every_sentence_is_translated(language):
    ours, theirs = sentences("sv"), sentences(language)
    left = [
        path
        for path in ours.keys() & theirs.keys()
        if ours[path] == theirs[path] and len(re.findall(r"[^\W\d]+", bare(str(ours[path])))) > 2
    ]
    assert not left


@every_language
def test_a_number_stands_only_where_a_placeholder_is_filled_in(language):
    wrong = {p: s for p, s in sentences(language).items() if re.search(r"[\d{}]", bare(str(s)))}
    assert not wrong


@every_language
def test_no_sentence_is_empty_or_has_space_to_spare(language):
    wrong = {
        path: sentence
        for path, sentence in sentences(language).items()
        if isinstance(sentence, str) and re.search(r"^$|^ | $|  ", sentence)
    }
    assert not wrong


# A wording for all that is said


def test_what_is_looked_for_in_the_source_is_found():
    assert {"D014", "D024", "B004", "C002", "M001", "P004"} <= codes()  # also those in no Fault()
    assert {"distance", "chain_size", "per_member"} <= formulas()
    assert {"site.name", "card.unknown", "cli.done"} <= keys()
    assert {"count", "inset_title", "percent"} <= drawn()


@every_language
def test_every_fault_code_has_a_wording_and_every_wording_a_use(language):
    assert set(tree(language)["error"]) == codes()


@every_language
@pytest.mark.parametrize("code", sorted(codes()))
def test_a_fault_says_where_it_is_and_what_is_wrong(language, code):
    details = dict.fromkeys(("near", "found", "expected", "table"), "between")
    fault = Fault(code, "chain.csv", 3, "year", "omkring", details=details)
    head, *lines = Text(language).fault(fault).splitlines()
    assert code in head
    assert "chain.csv" in head
    assert "omkring" in head
    assert lines
    assert not re.search(r"[{}]", "".join(lines))


@every_language
@pytest.mark.parametrize("code", MAYBE_NO_GUESS)
def test_what_is_wrong_is_said_also_where_nothing_is_near(language, code):
    given = {"near": "between", "found": "town", "table": "towns"}
    full, short = (
        Text(language).fault(Fault(code, "chain.csv", 3, "year", "?", details=details)).splitlines()
        for details in (given, given | {"near": ""})
    )
    assert short[:2] == full[:2]
    assert "between" not in "".join(short)


@every_language
@pytest.mark.parametrize("code", ["D025", "D030", "D031"])
def test_a_fault_between_two_rows_names_both(language, code):
    fault = Fault(code, "chain.csv", 7, "year", "omkring", details={"row": 3})
    head, first, *_ = Text(language).fault(fault).splitlines()
    assert "7" in head
    assert "3" in first


@every_language
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_has_a_meaning(language, table, column):
    assert Text(language).meaning(table, column).endswith(".")


@every_language
def test_every_meaning_has_a_column(language):
    meant = {
        (table, column)
        for table, columns in tree(language)["column"].items()
        if table != "any"
        for column in columns
    }
    assert meant <= set(COLUMNS)
    falls_back = {column for table, column in COLUMNS if (table, column) not in meant}
    assert set(tree(language)["column"]["any"]) == falls_back


@every_language
def test_every_formula_has_a_wording_and_every_wording_a_use(language):
    assert set(tree(language)["formula"]) == formulas()


@every_language
def test_every_key_the_package_names_is_there(language):
    text = Text(language)
    assert not [key for key in sorted(keys()) if not text.has(key)]


@every_language
def test_every_word_a_drawing_takes_is_there(language):
    parts = [tree(language)["map"], *tree(language)["chart"].values()]
    words = {word for part in parts if isinstance(part, dict) for word in part.get("words", {})}
    assert drawn() - {"until"} <= words  # `until` is the year of the report


@every_language
@pytest.mark.parametrize("where", SHOWN_CODES, ids=".".join)
def test_every_code_that_pages_show_has_a_word(language, where):
    table, column = where
    allowed = TABLES[table].columns[column].allowed
    assert allowed
    assert set(allowed) <= set(tree(language)[SHOWN_CODES[where]])


@every_language
def test_the_contract_can_be_shown_as_a_dictionary(language):
    assert set(tree(language)["tables"]) == set(TABLES)


@every_language
def test_every_unknown_has_its_own_word(language):
    vocabulary = tomllib.loads((PACKAGE / "vocabulary.toml").read_text("utf-8"))
    words = tree(language)["quantity"]["unknown"]
    assert set(vocabulary["unknown"]) <= set(words)
    assert len(set(words.values())) == len(words)


@every_language
def test_every_step_of_a_run_is_named(language):
    assert set(FILES) <= set(tree(language)["step"])
