"""Another municipality is another folder: the pages say only what it knows, however little."""

import ast
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from vanort_analysis import load
from vanort_analysis.analysis import chain
from vanort_analysis.analysis import chain as spans
from vanort_analysis.pages import picture
from vanort_analysis.pages.blocks import PAGE_MIME
from vanort_analysis.publish import page
from vanort_analysis.publish import site as beside

HERE = Path(__file__).parent
NOTEBOOKS = sorted((HERE.parent / "notebooks").glob("0[1-5]*.ipynb"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A copy of an invented chain of three places, one with no year."""
    shutil.copytree(HERE / "data" / "invented_small_chain", tmp_path / "data")
    return tmp_path / "data"


def shown(source: str, names: dict[str, object]) -> Any:
    """What a cell shows: the value of its last expression."""
    cell = ast.parse(source)
    last = cell.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(cell, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def page_of(data: Path, year: int, language: str, name: str) -> str:
    """A page of a data folder, its notebook's cells run one by one."""
    names: dict[str, object] = {"year": year, "language": language, "data": str(data)}
    names["grant_sek"] = 0
    pieces, about = [], {"scripts": []}
    for cell in nbformat.read(NOTEBOOKS[0].with_name(f"{name}.ipynb"), 4).cells:
        if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", []):
            continue
        bundle = shown(cell.source, names)._repr_mimebundle_()
        facts = dict(bundle.get(PAGE_MIME, {}))
        about["scripts"] += facts.pop("scripts", [])
        about |= facts
        pieces.append(bundle["text/html"])
    return page.build([piece for piece in pieces if piece], about)


def pages(data: Path, year: int, language: str) -> dict[str, str]:
    """The pages of a data folder."""
    made = {path.stem: page_of(data, year, language, path.stem) for path in NOTEBOOKS}
    report = load(year, language, data)
    return made | {name: show(report) for name, show in beside.PAGES.items()}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_chain_with_hardly_any_facts_has_pages_and_no_empty_heading(
    small: Path, language: str
) -> None:
    made = pages(small, 2020, language)
    assert "Borgå" in made["02_chain_map"]
    assert "Vänersborg" not in "".join(made.values())
    for html in made.values():
        assert "</h2><h2" not in html.replace("\n", "")


def test_a_chain_of_one_is_no_error(small: Path) -> None:
    chain = small / "raw" / "chain.csv"
    chain.write_text("\n".join(chain.read_text("utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    report = load(2020, "sv", small)
    assert report.facts["places_now"].value == 1
    assert "farthest" not in report.facts
    assert all("Lund" in html for html in pages(small, 2020, "sv").values())


def test_a_place_without_a_year_is_always_on_the_map_and_said_not_to_be_counted(
    small: Path,
) -> None:
    soup = BeautifulSoup(page_of(small, 2020, "sv", "02_chain_map"), "html.parser")
    slider = soup.select_one("input[type=range]")
    assert (slider["min"], slider["max"], slider["value"]) == ("1940", "2020", "2020")
    assert soup.output.text == "2020: ingen ändring. 2\u00a0orter."
    assert (
        "1940: kedjan börjar med Lund och Borgå. 2\u00a0orter." in soup.find_all("script")[1].text
    )
    assert [note.text for note in soup.select(".vm-note")] == [
        "Årtal saknas för Viborg. Den som saknar årtal syns alla år men räknas inte."
    ]


def test_the_map_counts_as_the_table_of_the_chain_does() -> None:
    report = load(2024, "sv")
    steps = spans.year_by_year(picture.places(report), 2024).set_index("year")
    changes = chain.size(report.known)
    assert len(changes) > 5
    for change in changes.itertuples():
        step = steps.loc[int(change.year.low)]
        assert step["places"] == change.places.low
        assert (set(step["joined"]), step["left"]) == (set(change.joined), change.left)
    quiet = steps.drop([int(change.year.low) for change in changes.itertuples()])
    assert not quiet["joined"].sum() + quiet["left"].sum()


@pytest.mark.parametrize(
    ("written", "since"), [("1950", 1950), ("1950–", 1950), ("1948–1951", 1948), ("–1951", 1951)]
)
def test_a_year_in_doubt_counts_from_its_earliest(small: Path, written: str, since: int) -> None:
    file = small / "raw" / "chain.csv"
    file.write_text(file.read_text("utf-8").replace("admitted,,", f"admitted,{written},"), "utf-8")
    frame = picture.places(load(2020, "sv", small)).set_index("town")
    assert frame.at["viborg", "since"] == since


def test_what_is_not_known_is_not_a_fact(small: Path) -> None:
    facts = load(2020, "sv", small).facts
    assert "members_total" not in facts
    assert "grant" not in facts
