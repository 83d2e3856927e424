"""What a table and a column may be; the tables are in `schema.toml`, the kinds in `kinds.toml`.

What a column means is said per language in `column.<table>.<column>`. The check (`clean`), the
data dictionary, the files for other programs and the tests all read this module; none repeats it.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from .quantity import Quantity, to_records

Row = dict[str, Any]  # the cells of a row, and what `keyed_rows` adds
QUANTITIES = ("count", "quantity", "year")
YEARS = (1900, 2100)


@cache
def read_toml(path: str) -> dict[str, Any]:
    """The content of a TOML file of the package, by its path there."""
    return tomllib.loads((Path(__file__).parents[1] / path).read_text("utf-8"))


FILE_WORDS = read_toml("data/file_words.toml")
KINDS: dict[str, dict[str, str]] = read_toml("data/kinds.toml")


@dataclass(frozen=True)
class Column:
    """One column: its kind, and what its cells may hold."""

    kind: str = "text"
    required: bool = False
    allowed: Sequence[str] = ()
    refers: str = ""
    money: bool = False  # in a currency, that of the home town where none is written
    between: Sequence[float] = ()
    dated: bool = False  # may be a day
    form: str = ""  # a regular expression that the whole cell must match
    steady: Sequence[str] = ()  # within one of these, close to the value of the year before
    default: str | None = None  # a column with a default may be missing from the file


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, its key, and which columns sources may disagree about.

    `compared`: columns judged by `evidence`; `together` if all are taken from one row. `states`:
    those of them that change in time, so that a later source need not contradict an earlier one.
    `repeatable`: codes of the key's last column that may happen many times, so that their year
    belongs to the key. `stand_in`: columns of which the first filled one stands in the key for its
    last column where that is empty. `furthest_wins`: a column whose furthest value wins, whatever
    the rank (announced → held). `may_be_future`: rows may be dated after the report year.
    `amended`: a later row about the same thing has only what is new. `annotated`: notes may stand
    under the rows.
    """

    columns: dict[str, Column]
    key: Sequence[str]
    compared: Sequence[str] = ()
    together: bool = False
    states: Sequence[str] = ()
    repeatable: Sequence[str] = ()
    stand_in: Sequence[str] = ()
    furthest_wins: str = ""
    may_be_future: bool = False
    amended: bool = False
    required: bool = False
    annotated: bool = True

    @property
    def inherited(self) -> list[str]:
        """In an amended table, the columns in which a blank takes the value of an earlier row."""
        return [name for name in self.columns if name not in (*self.key, *ORIGIN, "first_made")]

    @cached_property
    def header_names(self) -> dict[str, str]:
        """The columns, by every name that the header of a file may give them."""
        synonyms = FILE_WORDS["column"]
        names = {name: column for column in self.columns for name in synonyms.get(column, ())}
        return names | {column: column for column in self.columns}


TEXT = Column()
ORIGIN = {"source": Column("ref", True, refers="sources"), "locator": TEXT, "note": TEXT}


def _make_table(name: str, table: dict[str, Any]) -> Table:
    """A table of `schema.toml`; all rows but the sources have their `ORIGIN`."""
    columns = {
        column: Column(rule) if isinstance(rule, str) else Column(**rule)
        for column, rule in table["columns"].items()
    }
    return Table(**table | {"columns": columns | (ORIGIN if name != "sources" else {})})


TABLES = {name: _make_table(name, table) for name, table in read_toml("data/schema.toml").items()}


def keyed_rows(name: str, frame: Any) -> list[Row]:
    """The rows as dicts, each with its `table`, `row` (its number in the file) and `key` as text; a
    code that may repeat takes its year into the key."""
    contract = TABLES[name]
    columns = [frame[column] for column in contract.key]
    for column in contract.stand_in:  # one word, as a key is read by its words
        columns[-1] = columns[-1].where(columns[-1] != "", frame[column].str.replace(" ", "_"))
    if contract.repeatable:
        columns.append(frame["year"].where(columns[-1].isin(contract.repeatable), ""))
    keys = (" ".join(map(_key_word, cells)).strip() for cells in zip(*columns, strict=True))
    numbered = zip(to_records(frame), frame.index, keys, strict=True)
    return [cells | {"table": name, "row": row, "key": key} for cells, row, key in numbered]


def _key_word(cell: object) -> str:
    return re.sub(r"\s*[-—]\s*", "–", cell.text) if isinstance(cell, Quantity) else str(cell)
