"""What a table and a column may be; the tables and kinds of column stand in `schema.toml`.

What a column means is said per language in `column.<table>.<column>`. The check (`clean`), the
data dictionary, the files for other programs and the tests all read this module; none repeats it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

QUANTITIES = ("count", "quantity", "year")
YEARS = (1900, 2100)


@dataclass(frozen=True)
class Column:
    """One column: its kind, and what its cells may hold."""

    kind: str = "text"
    required: bool = False
    allowed: Sequence[str] = ()
    refers: str = ""
    unit: str = ""
    between: Sequence[float] = ()
    dated: bool = False  # may be a day
    form: str = ""  # a regular expression that the whole cell must fit
    steady: Sequence[str] = ()  # of one of these, it is like in the year before
    default: str | None = None  # a column with a default may be left out of the file


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, its key, and which columns sources may disagree about.

    `compared`: columns judged by `evidence`. `repeatable`: codes of the key's last column that may
    happen many times, so that their year belongs to the key. `furthest_wins`: a column whose
    furthest value wins, whatever the rank (announced → held). `may_be_future`: rows may lie after
    the report year. `amended`: a later row about the same thing says only what is new.
    """

    columns: dict[str, Column]
    key: Sequence[str]
    compared: Sequence[str] = ()
    repeatable: Sequence[str] = ()
    furthest_wins: str = ""
    may_be_future: bool = False
    amended: bool = False
    required: bool = False

    @property
    def inherited(self) -> list[str]:
        """Of a table that is amended the columns that a blank takes from an earlier row."""
        kept = (*self.key, *ORIGIN, "first_made")
        return [column for column in self.columns if column not in kept]


TEXT, YEAR, QUANTITY = Column(), Column("year"), Column("quantity")
ORIGIN = {"source": Column("ref", True, refers="sources"), "locator": TEXT, "note": TEXT}


def _tables() -> Iterator[tuple[str, Table]]:
    """The tables of `schema.toml`, by name; every other row says which source it is from."""
    written = Path(__file__).with_name("schema.toml").read_text("utf-8")
    for name, table in tomllib.loads(written).items():
        columns = {
            column: Column(said) if isinstance(said, str) else Column(**said)
            for column, said in table.pop("columns").items()
        }
        yield name, Table(columns | (ORIGIN if name != "sources" else {}), **table)


TABLES: dict[str, Table] = dict(_tables())
