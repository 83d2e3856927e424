"""The commands: their options, what they print, and their exit codes.

Heavy libraries are imported when a command runs, so that help and a wrong option answer at once.
"""

from __future__ import annotations

import errno
import gc
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data import files
from .errors import BuildError, CommandError, Fault, MachineError, UserError, end_run, write_failure

if TYPE_CHECKING:
    from .data.clean import Dataset
    from .language import Text

MAX_WRAPPED = 12  # lines of a cell on the console
LINE_WIDTH, MIN_LINE_WIDTH, MAX_CELL_WIDTH = 120, 100, 18  # of the table of faults
GAP = "  "  # between its columns
MAX_LENGTH = 4000  # of a printed value, such as a path
COLUMNS = ("level", "code", "file", "row", "column", "value", "message")  # of the list of faults
LEVELS = ("error", "warning", "repaired")


def _refuse_empty(_: click.Context, option: click.Parameter, value: str | None) -> str:
    """An empty value is a mistake, not the same as leaving the option out."""
    if value == "":
        raise click.BadParameter("", param=option)
    return value or ""


_option = partial(click.option, callback=_refuse_empty)
DATA = _option("--data", help="A data folder, with raw/ in it; else the project's own.")
LANGUAGE = _option("--language", type=click.Choice(files.LANGUAGES), help="Of the messages.")
OUT = _option("--out", default=str(files.PROJECT / "reports"), help="The folder of the reports.")
FORMS = _option("--forms", default="all", type=click.Choice(["all", "pages"]), help="What to make.")
YEAR = "What was known on 31 December of this year; else the year in municipality.toml."


@click.group()
def commands() -> None:
    """A yearly report on a twin-town chain, regenerated from tables."""


@commands.command()
@click.option("--year", type=click.IntRange(1), help=YEAR)
@_option("--language", type=click.Choice(files.LANGUAGES), help="One language; else each.")
@DATA
@OUT
@FORMS
@_option("--engine", type=click.Choice(["fork", "kernel"]), help="How notebooks are run.")
@click.option("--force", is_flag=True, help="Make it anew even if nothing has changed.")
def report(
    year: int | None, language: str, data: str, out: str, forms: str, engine: str, force: bool
) -> None:
    """Make the report of a year, in every language or one: pages, PDF, Word, tables."""
    from .language import Text
    from .publish.recipe import Order, is_up_to_date

    folder = files.find_folder(data)
    files.refuse_place(Path(out), folder)
    municipality = files.read_municipality(folder)
    # the municipality's own first
    languages = sorted(files.LANGUAGES, key=lambda name: name != municipality.language)
    orders = [
        Order(folder, year or municipality.year, name, Path(out).resolve(), forms == "all")
        for name in ([language] if language else languages)
    ]
    outdated = [order for order in orders if force or not is_up_to_date(order)]
    for order in orders:
        if order not in outdated:
            _print(Text(order.language), "cli.unchanged", path=order.target / "index.html")
    if not outdated:
        return
    gc.set_threshold(100_000)  # what is imported and read is kept: to collect it only takes time
    from .publish.engine import FORK
    from .publish.run import publish_reports

    text = Text(outdated[0].language)
    forked = FORK and engine != "kernel"
    count = sum(len(order.parts) - 1 for order in outdated)  # the index is no step of its own
    with _progress_bar(text, count) as bar:
        reports = publish_reports(outdated, lambda _: bar.update(1), force, forked)
    if notes := reports[outdated[0]].context.notes:
        _print(text, "cli.notes", count=len(notes))
    for order in outdated:
        _print(Text(order.language), "cli.done", path=order.target / "index.html")


def _progress_bar(text: Text, length: int, steps: Iterable[Any] | None = None) -> Any:
    """Click's progress bar on a terminal; nothing in a log."""
    label, in_log = text.plain("cli.working"), not sys.stderr.isatty()
    options: Any = {"show_eta": False, "file": sys.stderr, "hidden": in_log}
    return click.progressbar(steps, length, label, **options)


@commands.command()
@click.argument("list_", metavar="LIST", type=click.Path(exists=True, dir_okay=False))
@OUT
@FORMS
@_option("--dask", help="The address of a Dask cluster's scheduler.")
@LANGUAGE
def batch(list_: str, out: str, forms: str, dask: str, language: str) -> int:
    """Make many reports: LIST is a CSV file with data, year and language in each row."""
    from .publish.run import make_here, make_on_cluster, read_list

    rows, notes = read_list(Path(list_))
    text = _choose_text(language, rows[0].data)
    UserError.language = text.language  # of what is said of a report that fails
    for note in notes:
        click.echo(text.format_fault(note), err=True)
    for row in rows:
        for place in (out, f"{out}/{row.name}"):
            files.refuse_place(Path(place), Path(row.data))
    out = out if "://" in out else str(Path(out).resolve())
    if dask:
        results = make_on_cluster(rows, out, forms == "all", dask)
    elif far := [place for place in (out, *(row.data for row in rows)) if "://" in place]:
        raise CommandError(Fault("C024", value=far[0]))
    else:
        results = make_here(rows, Path(out), forms == "all")
    with _progress_bar(text, len(rows), results) as bar:
        outcomes = dict(bar)
    for row in rows:
        kind, failure = outcomes[row]
        message = str(_as_user_error(failure, ()) if isinstance(failure, Exception) else failure)
        place = f"{row.year} {row.language}  {row.data}"
        click.echo(_escape(f"{text.plain(f'cli.outcome.{kind}'):10}  {place}"))
        for line in [place, *message.splitlines()] if message else []:
            click.echo(_escape(line), err=True)
    failed = sum(kind == "failed" for kind, _ in outcomes.values())
    _print(text, "cli.batch", count=len(outcomes), failed=failed)
    return BuildError.exit_code if failed else 0


@commands.command()
@click.argument("report", type=click.Path(exists=True, file_okay=False))
@DATA
def verify(report: str, data: str) -> int:
    """Rebuild a report in a temporary folder and compare every file, and what it was made from."""
    from .language import Text
    from .publish.run import compare_rebuilt

    language, changed, different = compare_rebuilt(Path(report).resolve(), files.find_folder(data))
    text = Text(language)
    for name in changed:
        _print(text, "cli.changed", file=name)
    for name in different:
        _print(text, "cli.different", file=name)
    _print(text, "cli.differs" if different else "cli.same")
    return int(bool(different))


@commands.command()
@DATA
@LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@_option("--csv", help="A file for the list, to work through in Excel.")
@click.option("--unused", is_flag=True, help="Also the rows not used in the default year, and why.")
@click.option("--strict", is_flag=True, help="Exit code 1 where there are warnings.")
def check(data: str, language: str, as_json: bool, csv: str, unused: bool, strict: bool) -> int:
    """Look a data folder over; nothing is written but what is asked for."""
    from .data.evidence import as_of
    from .report import build_report, read_folder

    if csv:
        files.refuse_place(Path(csv), files.find_folder(data), "level,code", "level;code")
    text = _choose_text(language, data)
    code = 0
    dataset = None
    faults: list[Fault] = []
    try:
        dataset = read_folder(data)
        faults = dataset.notes
        for made in (dataset.years[-1], *dataset.municipality.made):  # the last knows all rows
            as_of(dataset.tables, made)  # raises where two sources tie
        build_report(dataset, dataset.municipality.year or dataset.years[-1], language)
    except UserError as error:
        code = error.exit_code
        found = files.name_workbooks(error.faults, dataset.folder) if dataset else error.faults
        faults = [*dict.fromkeys([*found, *faults])]
    faults = sorted(faults, key=lambda fault: LEVELS.index(fault.level))
    records = [_make_record(text, fault) for fault in faults]
    if csv:
        files.write_files({Path(csv): _format_csv(text, records)})
    levels = [str(fault.level) for fault in faults]
    if as_json:
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    else:
        for lines in _format_table(text, records):
            click.echo(lines, err=bool(code))
        if dataset and not code:
            _print_usage(text, dataset, unused)
        _print(text, "cli.counts", bool(code), **{level: levels.count(level) for level in LEVELS})
    return code or int(strict and "warning" in levels)


def _print_usage(text: Text, dataset: Dataset, unused: bool) -> None:
    """Print how much was read, how many rows wait for a later report and, if asked, all unused."""
    from .data.evidence import unused_rows

    sizes = [len(table) for table in dataset.tables.values() if len(table)]
    _print(text, "cli.checked", path=dataset.folder, tables=len(sizes), rows=sum(sizes))
    year = dataset.municipality.year or dataset.years[-1]
    rows = unused_rows(dataset.tables, year).replace("", "-").assign(year=year)
    waiting = rows.loc[rows["reason"] == "not_public", "detail"].value_counts().sort_index()
    if len(waiting):
        listed = ", ".join(f"{since}: {count}" for since, count in waiting.items())
        _print(text, "cli.waiting", year=year, rows=listed)
    for why in rows.to_dict("records") if unused else ():
        click.echo(text.plain(f"cli.unused.{why['reason']}", why))


def _make_record(text: Text, fault: Fault) -> dict[str, object]:
    rows = fault.details.get("rows", fault.row or "")
    sentences = text.format_fault(fault).splitlines()[1:]  # after the place
    message = " ".join(map(str.strip, sentences))
    record = fault.level, fault.code, fault.file, rows, fault.column, fault.value, message
    return dict(zip(COLUMNS, map(_escape, record), strict=True))


def _format_table(text: Text, records: Sequence[dict[str, object]]) -> Iterator[str]:
    """The faults as a table for people: a heading and a row for each, long text wrapped."""
    if not records:
        return
    rows = [text.get("fault.head")]
    for record in records:
        level = text.plain(f"fault.{record['level']}")
        cells = [str(record[column]) for column in COLUMNS[2:]]
        rows.append([f"{level} {record['code']}", *cells])
    *columns, _ = zip(*rows, strict=True)
    widths = [min(max(map(len, cells)), MAX_CELL_WIDTH) for cells in columns]
    line_width = max(shutil.get_terminal_size((LINE_WIDTH, 0)).columns, MIN_LINE_WIDTH)
    widths.append(line_width - sum(widths) - len(GAP) * len(widths))
    wrap = partial(textwrap.wrap, max_lines=MAX_WRAPPED, placeholder="…")
    for *cells, message in rows:
        wrapped = [*map(wrap, cells, widths), textwrap.wrap(message, widths[-1])]
        lines = zip_longest(*wrapped, fillvalue="")
        yield "\n".join(GAP.join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _format_csv(text: Text, records: Sequence[dict[str, object]]) -> str:
    """The faults as Excel opens a CSV file in this language, with no cell taken for a formula."""
    import pandas as pd

    frame = pd.DataFrame(records, columns=COLUMNS, dtype="str")
    frame = frame.replace(r"^(?=[=+@-])", "'", regex=True)
    separator = ";" if text.locale.number_symbols["latn"]["decimal"] == "," else ","
    return "\ufeff" + str(frame.to_csv(index=False, sep=separator, lineterminator="\r\n"))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and exit; every error ends in sentences and an exit code, not a traceback."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a fork keeps no threads
    # what libraries warn of, such as a home folder they may not write into, helps nobody here
    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
    signal.signal(signal.SIGTERM, end_run)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is to be ignored
        signal.signal(signal.SIGINT, end_run)
    # a program without a console has neither stream
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _run_command(sys.argv[1:] if words is None else words)
    except OSError:  # the console takes no more
        code = MachineError.exit_code
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would fail to flush once more
    sys.exit(code)


def _run_command(words: Sequence[str]) -> int:
    """Run a command, print the error it may end with, and return the exit code."""
    language, data = _find_value("--language", words), _find_value("--data", words)
    try:
        with commands.make_context("vanort", list(words) or ["--help"]) as context:
            code = commands.invoke(context)
            sys.stdout.flush()
        return code or 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # we are ending already
        key = "cli.interrupted_batch" if "batch" in words[:1] else "cli.interrupted"
        _print(_choose_text(language, data), key, err=True)
        return 130
    except BrokenPipeError:  # whoever read what is printed has had enough
        raise
    except Exception as error:  # noqa: BLE001  each becomes a sentence
        user_error = _as_user_error(error, words)
    text = _choose_text(language, data)
    faults = [fault for fault in user_error.faults if fault.level != "repaired"]
    for fault in faults:
        click.echo(text.format_fault(fault), err=True)
    _print(text, "cli.faults", err=True, count=sum(fault.level == "error" for fault in faults))
    return user_error.exit_code


def _as_user_error(error: Exception, words: Sequence[str]) -> UserError:
    """Convert an error to one that can be printed; the traceback of a bug goes to a log file."""
    match error:
        case UserError():
            return error
        case OSError():
            return write_failure(error, sys.stdout.name)
        case RuntimeError(__context__=OSError(errno=errno.ELOOP) as loop):  # before Python 3.13
            return write_failure(loop, sys.stdout.name)
        case (
            click.NoSuchOption(option_name=name, possibilities=near)
            | click.NoSuchCommand(command_name=name, possibilities=near)
        ):
            fault = Fault("C001", value=name, details={"near": (near or [""])[0]})
        case click.BadParameter(param=click.Option(name="year")):
            fault = Fault("C004", value=_find_value("--year", words))
        case click.UsageError():  # missing, too much, no choice of an option, or no such path
            parameter = getattr(error, "param", None)
            choices = ", ".join(getattr(parameter and parameter.type, "choices", ()))
            fault = Fault("C021", value=" ".join(words), details={"near": choices})
        case _:
            return BuildError(Fault("B012", value=_write_log(error)))
    return CommandError(fault)


def _find_value(option: str, words: Sequence[str]) -> str:
    """The value typed after an option, with a blank or = between; empty if there is none."""
    parts = [part for word in words for part in word.split("=", 1)]
    return next((value for name, value in pairwise(parts) if name == option), "")


def _choose_text(language: str, data: str) -> Text:
    """Sentences in the language asked for, else in that of the data, else in Swedish."""
    from .language import Text

    with suppress(Exception):  # which the command itself will meet
        language = language or files.read_municipality(files.find_folder(data)).language
    return Text(language if language in files.LANGUAGES else "sv")


def _print(text: Text, key: str, err: bool = False, **values: object) -> None:
    escaped = {name: _escape(value) for name, value in values.items()}
    click.echo(text.plain(key, escaped), err=err)


def _escape(value: object) -> object:
    """A value, or a number as it is, that cannot act on a terminal when it is printed."""
    from .language import escape_control

    return value if isinstance(value, int) else escape_control(value, MAX_LENGTH)


def _write_log(error: Exception) -> str:
    """Write a traceback to a temporary file; returns its path, empty if there is no room."""
    with suppress(OSError):
        with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as file:
            file.write("".join(traceback.format_exception(error)).encode())
        return file.name
    return ""
