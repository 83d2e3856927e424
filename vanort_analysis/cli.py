"""The commands: what to type, what is said back, and the exit codes.

What a command needs is imported when it runs: help and a wrong option answer at once.
"""

from __future__ import annotations

import os
import signal
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
    from .publish.recipe import Order

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
@click.option("--forms", type=click.Choice(["all", "pages"]), default="all", help="What to make.")
@click.option("--engine", type=click.Choice(["fork", "kernel"]), help="How notebooks are run.")
def report(
    year: int, language: str, data: str, out: Path, force: bool, forms: str, engine: str | None
) -> None:
    """Make the report of a year in a language: pages, PDF, Word, tables."""
    from .data import files
    from .language import Text, check_language, languages
    from .publish.recipe import Order, stands

    check_language(language or languages()[0])
    folder = files.folder(data)
    about = files.municipality(folder)
    wanted = [language] if language else sorted(languages(), key=lambda of: of != about.language)
    asked = year or about.year, out.resolve(), forms == "all"
    orders = [Order(folder, asked[0], one, *asked[1:]) for one in wanted]
    left = [order for order in orders if force or not stands(order)]
    for order in orders:
        if order not in left:
            said = {"path": str(order.target / "index.html")}
            click.echo(Text(order.language).plain("cli.unchanged", said))
    if left:
        _make(left, force, engine)


def _make(orders: Sequence[Order], force: bool, engine: str | None) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a fork keeps no threads
    from tqdm import tqdm

    from .data.clean import read_dataset
    from .publish.engine import FORK
    from .publish.run import publish
    from .report import build_report

    dataset = read_dataset(orders[0].data)
    # every fault of the data comes to light before anything runs
    reports = {order: build_report(dataset, order.year, order.language) for order in orders}
    text = next(iter(reports.values())).context.text
    tqdm.monitor_interval = 0  # it would be a thread
    parts = sum(len(order.parts) - 1 for order in orders)  # the index comes last
    with tqdm(total=parts, desc=text.plain("cli.working"), leave=False, unit="") as bar:

        def step(part: str) -> None:
            bar.set_postfix_str(text.plain(f"step.{part}"))
            bar.update()

        publish(reports, step, force, FORK if engine is None else engine == "fork")
    if dataset.notes:
        said = {"count": len(dataset.notes), "file": "01_data_quality.html"}
        click.echo(text.plain("cli.notes", said))
    for order, made in reports.items():
        said = {"path": str(order.target / "index.html")}
        click.echo(made.context.text.plain("cli.done", said))


@commands.command()
@click.argument(
    "list_", metavar="LIST", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--out", default=str(OWN_REPORTS), help="Where the reports are collected.")
@click.option("--forms", type=click.Choice(["all", "pages"]), default="all", help="What to make.")
@click.option("--dask", default="", help="The address of a Dask cluster's scheduler.")
def batch(list_: Path, out: str, forms: str, dask: str) -> None:
    """Make many reports: LIST is a CSV file with data, year and language in each row."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a fork keeps no threads
    from tqdm import tqdm

    from .language import Text
    from .publish import batch as many

    text, rows = Text("sv"), many.rows_of(list_)
    tqdm.monitor_interval = 0  # it would be a thread
    if dask:
        made = many.make_on_cluster(rows, out, forms == "all", dask)
    else:
        made = many.make_here(rows, Path(out).resolve(), forms == "all")
    bar = tqdm(made, text.plain("cli.working"), len(rows), leave=False, unit="")
    outcomes = sorted(bar, key=lambda of: rows.index(of.row))
    for of in outcomes:
        kind = text.plain(f"cli.outcome.{of.kind}")
        row = of.row
        click.echo(f"{kind:10} {of.seconds:6.1f} s  {row.year} {row.language}  {row.data}")
        if of.said:
            click.echo(of.said, err=True)
    failed = sum(of.kind == "failed" for of in outcomes)
    click.echo(text.plain("cli.batch", {"count": len(outcomes), "failed": failed}))
    if failed:
        sys.exit(NotBuilt.exit_code)


@commands.command()
@click.argument("report", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--data", default="", help="A data folder (with raw/ in it).")
def verify(report: Path, data: str) -> None:
    """Make a report again, aside, and compare: every file, and what it was made from."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a fork keeps no threads
    from .data import files
    from .language import Text
    from .publish.run import differences

    language, changed, different = differences(report.resolve(), files.folder(data))
    text = Text(language)
    for name in changed:
        click.echo(text.plain("cli.changed", {"file": name}))
    for name in different:
        click.echo(text.plain("cli.different", {"file": name}))
    click.echo(text.plain("cli.differs" if different else "cli.same"))
    if different:
        sys.exit(1)


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who asks us to end hears it too
    try:
        commands(words, prog_name="vanort", standalone_mode=False)
    except UserError as error:
        sys.exit(_tell(error, words))
    except click.NoSuchOption as error:
        sys.exit(_tell(_unknown(error.option_name, error.possibilities or []), words))
    except click.BadParameter as error:
        sys.exit(_tell(_wrong_value(error.param, words), words))
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


def _wrong_value(of: click.Parameter | None, words: Sequence[str]) -> WrongCommand:
    """A value that is missing, or none of an option's, or a path to nothing."""
    if of and of.name == "year":
        return WrongCommand(Fault("C004", value=_after(words, "--year")))
    near = ", ".join(getattr(of and of.type, "choices", ()))
    return WrongCommand(Fault("C021", value=" ".join(words), details={"near": near}))


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
