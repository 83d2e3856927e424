"""The commands: what to type, what is said back, and the exit codes."""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import click
from tqdm import tqdm

from .data.clean import Dataset, read_dataset
from .data.files import PROJECT
from .errors import Fault, NotBuilt, UserError, WrongCommand, meant
from .language import Text, languages
from .pages.wording import FILES
from .publish import run
from .publish.run import publish
from .report import build_report, check_language, check_year

OWN_REPORTS = PROJECT / "reports"
MOST_SHOWN = 50


@click.group()
def commands() -> None:
    """A yearly report on a twin-town chain, regenerated from tables."""


@commands.command()
@click.option("--year", type=int, default=0, help="The report stands at 31 December of this year.")
@click.option("--language", default="", help="sv or en; without it, every language.")
@click.option("--data", default="", help="A data folder (with raw/ in it).")
@click.option("--out", type=Path, default=OWN_REPORTS, help="Where the reports are collected.")
@click.option("--force", is_flag=True, help="Make it anew even if nothing has changed.")
def report(year: int, language: str, data: str, out: Path, force: bool) -> None:
    """Make the pages of a year in a language."""
    dataset = read_dataset(data)
    year = year or dataset.municipality.year
    own = dataset.municipality.language
    check_language(language or own)
    check_year(dataset, year)
    wanted = [language] if language else sorted(languages(), key=lambda other: other != own)
    build_report(
        dataset, year, wanted[0]
    )  # every fault of the data comes to light before anything runs
    told: list[Fault] = []
    also = run.possible(told)
    for each in wanted:
        _make(dataset, year, each, out.resolve(), force, also)
    for fault in dict.fromkeys(told):
        click.echo(Text(wanted[0]).fault(fault))


def _make(
    dataset: Dataset,
    year: int,
    language: str,
    out: Path,
    force: bool,
    also: Mapping[str, run.Form],
) -> None:
    text = Text(language)
    with tqdm(total=len(FILES), desc=text.plain("cli.working"), leave=False, unit="") as bar:

        def step(name: str) -> None:
            bar.set_postfix_str(text.plain(f"step.{name}"))
            bar.update()

        target = publish(dataset, year, language, out, step, force, also)
    if dataset.notes:
        values = {"count": len(dataset.notes), "file": FILES["data_quality"]}
        click.echo(text.plain("cli.notes", values))
    click.echo(text.plain("cli.done", {"path": str(target / FILES["index"])}))


@commands.command()
@click.option("--data", default="", help="A data folder (with raw/ in it).")
@click.option("--language", default="", help="sv or en.")
def check(data: str, language: str) -> None:
    """Look a data folder over; nothing is written."""
    dataset = read_dataset(data)
    language = language or dataset.municipality.language
    check_language(language)
    build_report(dataset, dataset.years[-1], language)  # the newest year knows every row
    text = Text(language)
    for note in dataset.notes:
        click.echo(text.fault(note))
    rows = sum(len(frame) for frame in dataset.tables.values())
    values = {"path": str(dataset.folder), "tables": len(dataset.tables), "rows": rows}
    click.echo(text.plain("cli.checked", values))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command; every error a user can mend ends in words and an exit code, no traceback."""
    words = list(sys.argv[1:] if words is None else words)
    text = Text(_language(words))
    try:
        commands(words, prog_name="vanort", standalone_mode=False)
    except UserError as error:
        sys.exit(_tell(error, text))
    except click.NoSuchOption as error:
        sys.exit(_tell(_unknown(error.option_name, error.possibilities or []), text))
    except click.BadParameter:
        sys.exit(_tell(WrongCommand(Fault("C004", value=_given(words, "--year"))), text))
    except click.BadOptionUsage as error:
        sys.exit(_tell(WrongCommand(Fault("C006", value=error.option_name)), text))
    except click.UsageError:
        sys.exit(_tell(_unknown(" ".join(words), list(commands.commands)), text))
    except (KeyboardInterrupt, click.Abort):
        click.echo(text.plain("cli.interrupted"), err=True)
        sys.exit(130)
    except Exception:  # noqa: BLE001  a fault of ours: the user gets a sentence, we the traceback
        with tempfile.NamedTemporaryFile("w", suffix=".log", delete=False, encoding="utf-8") as log:
            traceback.print_exc(file=log)
        sys.exit(_tell(NotBuilt(Fault("B012", value=log.name)), text))


def _unknown(option: str, possible: Sequence[str]) -> WrongCommand:
    typed = option.partition(" ")[0]
    near = meant(typed, possible)
    return WrongCommand(Fault("C001", value=option, details={"near": near * (near != typed)}))


def _language(words: Sequence[str]) -> str:
    """The language to speak: the one asked for, if there is such a one, else the first there is."""
    asked = _given(words, "--language")
    return asked if asked in languages() else "sv"


def _given(words: Sequence[str], option: str) -> str:
    """What was typed after an option."""
    split = [part for word in words for part in word.split("=")]
    return dict(pairwise(split)).get(option, "")


def _tell(error: UserError, text: Text) -> int:
    for fault in error.faults[:MOST_SHOWN]:
        click.echo(text.fault(fault), err=True)
    count = sum(fault.level == "error" for fault in error.faults)
    if len(error.faults) > MOST_SHOWN:
        with tempfile.NamedTemporaryFile(
            "w", suffix=".txt", delete=False, encoding="utf-8"
        ) as rest:
            rest.write("\n".join(text.fault(fault) for fault in error.faults))
        values = {"count": len(error.faults) - MOST_SHOWN, "path": rest.name}
        click.echo(text.plain("cli.more", values), err=True)
    click.echo(text.plain("cli.faults", {"count": count}), err=True)
    return error.exit_code
