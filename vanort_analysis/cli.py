"""The commands: what to type, what is said back, and the exit codes.

What a command needs is imported when it runs: help and a wrong option answer at once.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import Fault, NotBuilt, UserError, WrongCommand, meant

if TYPE_CHECKING:
    from .language import Text
    from .report import Report

OWN_REPORTS = Path(__file__).resolve().parent.parent / "reports"
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
    """Make the report of a year in a language: pages, PDF, Word, tables."""
    from .data.clean import read_dataset
    from .language import languages
    from .report import build_report, check_language

    check_language(language or languages()[0])
    dataset = read_dataset(data)
    own = dataset.municipality.language
    wanted = [language] if language else sorted(languages(), key=lambda other: other != own)
    # every fault of the data comes to light before anything runs
    for each in [build_report(dataset, year, one) for one in wanted]:
        _make(each, out.resolve(), force)


def _make(made: Report, out: Path, force: bool) -> None:
    from tqdm import tqdm

    from .pages.site import FILES
    from .publish.run import publish

    text = made.context.text
    with tqdm(total=len(FILES), desc=text.plain("cli.working"), leave=False, unit="") as bar:

        def step(name: str) -> None:
            bar.set_postfix_str(text.plain(f"step.{name}"))
            bar.update()

        target = publish(made, out, step, force)
    if notes := made.dataset.notes:
        said = {"count": len(notes), "file": FILES["data_quality"]}
        click.echo(text.plain("cli.notes", said))
    click.echo(text.plain("cli.done", {"path": str(target / FILES["index"])}))


@commands.command()
@click.option("--data", default="", help="A data folder (with raw/ in it).")
@click.option("--language", default="", help="sv or en.")
def check(data: str, language: str) -> None:
    """Look a data folder over; nothing is written."""
    from .data.clean import read_dataset
    from .report import build_report

    dataset = read_dataset(data)
    text = build_report(dataset, dataset.years[-1], language).context.text  # all rows are known
    for note in dataset.notes:
        click.echo(text.fault(note))
    rows = sum(len(frame) for frame in dataset.tables.values())
    values = {"path": str(dataset.folder), "tables": len(dataset.tables), "rows": rows}
    click.echo(text.plain("cli.checked", values))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command; every error a user can mend ends in words and an exit code, no traceback."""
    words = list(sys.argv[1:] if words is None else words)
    try:
        commands(words, prog_name="vanort", standalone_mode=False)
    except UserError as error:
        sys.exit(_tell(error, words))
    except click.NoSuchOption as error:
        sys.exit(_tell(_unknown(error.option_name, error.possibilities or []), words))
    except click.BadParameter:
        sys.exit(_tell(WrongCommand(Fault("C004", value=_after(words, "--year"))), words))
    except click.BadOptionUsage as error:
        sys.exit(_tell(WrongCommand(Fault("C006", value=error.option_name)), words))
    except click.UsageError:
        sys.exit(_tell(_unknown(" ".join(words), list(commands.commands)), words))
    except (KeyboardInterrupt, click.Abort):
        click.echo(_text(words).plain("cli.interrupted"), err=True)
        sys.exit(130)
    except Exception:  # noqa: BLE001  a fault of ours: the user gets a sentence, we the traceback
        log = _aside(traceback.format_exc(), ".log")
        sys.exit(_tell(NotBuilt(Fault("B012", value=log)), words))


def _unknown(option: str, possible: Sequence[str]) -> WrongCommand:
    typed = option.partition(" ")[0]
    near = meant(typed, possible)
    return WrongCommand(Fault("C001", value=option, details={"near": near * (near != typed)}))


def _after(words: Sequence[str], option: str) -> str:
    """What was typed after an option, with a blank or = between."""
    typed = [part for word in words for part in word.split("=", 1)]
    return (typed[typed.index(option) + 1 :] or [""])[0] if option in typed else ""


def _text(words: Sequence[str]) -> Text:
    """The language to speak: the one asked for, if there is such a one, else Swedish."""
    from .language import Text, languages

    asked = _after(words, "--language")
    return Text(asked if asked in languages() else "sv")


def _tell(error: UserError, words: Sequence[str]) -> int:
    text = _text(words)
    for fault in error.faults[:MOST_SHOWN]:
        click.echo(text.fault(fault), err=True)
    if more := len(error.faults[MOST_SHOWN:]):
        path = _aside("\n".join(map(text.fault, error.faults)), ".txt")
        click.echo(text.plain("cli.more", {"count": more, "path": path}), err=True)
    count = sum(fault.level == "error" for fault in error.faults)
    click.echo(text.plain("cli.faults", {"count": count}), err=True)
    return error.exit_code


def _aside(content: str, kind: str) -> str:
    """A file with what is too long to be said; gives its path."""
    with tempfile.NamedTemporaryFile("w", suffix=kind, delete=False, encoding="utf-8") as file:
        file.write(content)
    return file.name
