"""The commands: what to type, what is said back, and the exit codes.

What a command needs is imported when it runs: help and a wrong option answer at once.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import BuildError, CommandError, Fault, Level, MachineError, UserError, write_failure

if TYPE_CHECKING:
    from .data.clean import Dataset
    from .language import Text
    from .publish.recipe import Order

OWN_REPORTS = Path(__file__).resolve().parent.parent / "reports"
MOST_SHOWN = 50
MOST_WIDE, LEAST_WIDE, MOST_IN_CELL, GAP = 120, 100, 18, "  "  # of the table of what was found
BAR = 20  # signs: with its words it fits 80 columns
LONGEST = 4000  # what a path may be
RECORD = ("level", "code", "file", "row", "column", "value", "said")
LEVELS: tuple[Level, ...] = ("error", "warning", "repaired")


def _given(_: click.Context, option: click.Parameter, value: str | None) -> str:
    """What an option is given; nothing at all is a mistake, not the same as leaving it out."""
    if value == "":
        raise click.BadOptionUsage(option.opts[0], "")
    return value or ""


def _option(name: str, about: str, default: str = "", of: click.ParamType | None = None) -> Any:
    return click.option(name, default=default or None, type=of, callback=_given, help=about)


DATA = _option("--data", "A data folder (with raw/ in it).")
LANGUAGE = _option("--language", "sv or en; without it, report makes every one.")
OUT = _option("--out", "Where the reports are collected.", str(OWN_REPORTS))
FORMS = _option("--forms", "What to make.", "all", click.Choice(["all", "pages"]))
ENGINE = _option("--engine", "How notebooks are run.", of=click.Choice(["fork", "kernel"]))
YEAR = "The report stands at 31 December of this year."


@click.group()
def commands() -> None:
    """A yearly report on a twin-town chain, regenerated from tables."""


@commands.command()
@click.option("--year", type=click.IntRange(1), help=YEAR)
@LANGUAGE
@DATA
@OUT
@FORMS
@ENGINE
@click.option("--force", is_flag=True, help="Make it anew even if nothing has changed.")
def report(
    year: int | None, language: str, data: str, out: str, forms: str, engine: str, force: bool
) -> None:
    """Make the report of a year in a language: pages, PDF, Word, tables."""
    from .data import files
    from .language import Text, available_languages, check_language
    from .publish.recipe import Order, is_up_to_date

    check_language(language or available_languages()[0])
    folder = files.find_folder(data)
    about = files.read_municipality(folder)
    wanted = (
        [language]
        if language
        else sorted(available_languages(), key=lambda of: of != about.language)
    )
    year = year or about.year
    orders = [Order(folder, year, one, Path(out).resolve(), forms == "all") for one in wanted]
    left = [order for order in orders if force or not is_up_to_date(order)]
    for order in orders:
        if order not in left:
            _say(Text(order.language), "cli.unchanged", path=order.target / "index.html")
    if left:
        _make(left, force, engine)


def _make(orders: Sequence[Order], force: bool, how: str) -> None:
    gc.disable()  # what is imported and read now stays
    try:
        from .publish import engine, run
        from .report import load

        reports = {order: load(order.year, order.language, order.data) for order in orders}
    finally:
        gc.enable()
    context = reports[orders[0]].context
    text, notes = context.text, context.notes
    parts = sum(len(order.parts) - 1 for order in orders)  # the index comes last
    with _bar(text, parts, lambda part: part and text.plain(f"step.{part}")) as bar:
        forked = how == "fork" if how else engine.FORK
        run.publish_reports(reports, partial(bar.update, 1), force, forked)
    if notes:
        _say(text, "cli.notes", count=len(notes), file="01_data_quality.html")
    for order, made in reports.items():
        _say(made.context.text, "cli.done", path=order.target / "index.html")


def _bar(text: Text, length: int, said: Callable[[Any], str | None] | None = None) -> Any:
    """A bar that fills as the work is done, on a terminal; in a log there is none."""
    label, log = text.plain("cli.working"), not sys.stderr.isatty()
    look: dict[str, Any] = {"width": BAR, "show_eta": False, "file": sys.stderr}
    return click.progressbar(length=length, label=label, hidden=log, item_show_func=said, **look)


@commands.command()
@click.argument("list_", metavar="LIST", type=click.Path(exists=True, dir_okay=False))
@OUT
@FORMS
@_option("--dask", "The address of a Dask cluster's scheduler.")
@_option("--language", "sv or en, to speak; without it, that of the first data.")
def batch(list_: str, out: str, forms: str, dask: str, language: str) -> None:
    """Make many reports: LIST is a CSV file with data, year and language in each row."""
    from .language import check_language
    from .publish import batch as many

    check_language(language or "sv")
    rows = many.read_list(Path(list_))
    text, outcomes = _text(language, rows[0].data), []
    if dask:
        made = many.make_on_cluster(rows, out, forms == "all", dask)
    else:
        made = many.make_here(rows, Path(out).resolve(), forms == "all")
    with _bar(text, len(rows)) as bar:
        for outcome in made:
            outcomes.append(outcome)
            bar.update(1)
    outcomes.sort(key=lambda of: rows.index(of.row))
    for of in outcomes:
        row, kind = of.row, text.plain(f"cli.outcome.{of.kind}")
        click.echo(_shown(f"{kind:10} {of.seconds:6.1f} s  {row.year} {row.language}  {row.data}"))
        for line in of.message.splitlines():
            click.echo(_shown(line), err=True)
    failed = sum(of.kind == "failed" for of in outcomes)
    _say(text, "cli.batch", count=len(outcomes), failed=failed)
    if failed:
        sys.exit(BuildError.exit_code)


@commands.command()
@click.argument("report", type=click.Path(exists=True, file_okay=False))
@DATA
def verify(report: str, data: str) -> None:
    """Make a report again, aside, and compare: every file, and what it was made from."""
    from .data import files
    from .language import Text
    from .publish.run import compare_rebuilt

    language, changed, different = compare_rebuilt(Path(report).resolve(), files.find_folder(data))
    text = Text(language)
    for name in changed:
        _say(text, "cli.changed", file=name)
    for name in different:
        _say(text, "cli.different", file=name)
    _say(text, "cli.differs" if different else "cli.same")
    if different:
        sys.exit(1)


@commands.command()
@DATA
@LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@_option("--csv", "A file for the list, to work through in Excel.")
@click.option("--unused", is_flag=True, help="Also the rows that the report does not use, and why.")
@click.option("--strict", is_flag=True, help="Exit code 1 where there are warnings.")
def check(data: str, language: str, as_json: bool, csv: str, unused: bool, strict: bool) -> None:
    """Look a data folder over; nothing is written but what is asked for."""
    from .data import files
    from .language import check_language
    from .report import build_report, read_folder

    check_language(language or "sv")
    code, dataset, faults = 0, None, list[Fault]()
    try:
        dataset = read_folder(data)
        faults = dataset.notes
        # in the last year all rows are known
        text = build_report(dataset, dataset.years[-1], language).context.text
    except UserError as error:
        text, code = _text(language, data), error.exit_code
        faults = [*dict.fromkeys([*error.faults, *faults])]
    faults = sorted(faults, key=lambda fault: LEVELS.index(fault.level))
    levels = [fault.level for fault in faults]
    if csv:
        files.write_files({Path(csv): _as_table(text, faults)})
    if as_json:
        records = [dict(zip(RECORD, _record(text, fault), strict=True)) for fault in faults]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    else:
        _list(text, _aligned(text, faults), err=bool(code))
        if dataset and not code:
            rows = list(map(len, dataset.tables.values()))
            _say(text, "cli.checked", path=dataset.folder, tables=len(rows), rows=sum(rows))
            if unused:
                _list(text, _unused(text, dataset))
        _say(text, "cli.counts", bool(code), **{of: levels.count(of) for of in LEVELS})
    sys.exit(code or int(strict and "warning" in levels))


def _unused(text: Text, dataset: Dataset) -> Iterator[str]:
    """The rows that the report of the year does not use, in words."""
    from .data.evidence import unused_rows

    year = dataset.municipality.year or dataset.years[-1]
    for row in unused_rows(dataset.tables, year).itertuples():
        where = {"file": f"{row.table}.csv", "row": row.row}
        about = {"year": year, "detail": row.detail or "-"}
        yield text.plain(f"cli.unused.{row.reason}", where | about)


def _record(text: Text, fault: Fault) -> list[object]:
    """A fault as a row of a table: class, code, place, and what is said of it."""
    row = fault.details.get("rows", fault.row or "")
    said = " ".join(map(str.strip, text.format_fault(fault).splitlines()[1:]))
    place = fault.level, fault.code, fault.file, row, fault.column, fault.value, said
    return list(map(_shown, place))


def _aligned(text: Text, faults: list[Fault]) -> Iterator[str]:
    """The list as a table for people: under its heading a row for each fault, long text wrapped."""
    rows = [text.get("fault.head")] if faults else []
    for level, code, *record in (_record(text, fault) for fault in faults):
        rows.append([f"{text.plain(f'fault.{level}')} {code}", *map(str, record)])
    widths = [min(max(map(len, cells)), MOST_IN_CELL) for cells in zip(*rows, strict=True)][:-1]
    line = max(shutil.get_terminal_size((MOST_WIDE, 0)).columns, LEAST_WIDE)
    widths.append(line - sum(widths) - len(GAP) * len(widths))
    for row in rows:
        wrapped = [textwrap.wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        lines = zip_longest(*wrapped, fillvalue="")
        yield "\n".join(GAP.join(map(str.ljust, of, widths)).rstrip() for of in lines)


def _as_table(text: Text, faults: Iterable[Fault]) -> str:
    """The list as Excel opens it in this language: nothing in a cell is a formula."""
    import pandas as pd

    rows = [_record(text, fault) for fault in faults]
    frame = pd.DataFrame(rows, columns=RECORD, dtype="str")
    frame = frame.replace(r"^(?=[=+@-])", "'", regex=True)
    separator = ";" if text.locale.number_symbols["latn"]["decimal"] == "," else ","
    return "\ufeff" + str(frame.to_csv(index=False, sep=separator, lineterminator="\r\n"))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command; every error a user can mend ends in words and an exit code, no traceback."""
    words = list(sys.argv[1:] if words is None else words)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a fork keeps no threads
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries have to say, such as
    if not sys.warnoptions:  # that they may not write into the home folder, helps nobody
        warnings.simplefilter("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who asks us to end hears it too
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _ended(words)
    except OSError:  # nobody hears us
        code = MachineError.exit_code
    with suppress(OSError):
        sys.stdout.flush()
        sys.exit(code)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to say goes there
    sys.exit(code)


def _ended(words: list[str]) -> int:
    """Run a command, tell how it ended, and give the exit code."""
    speaking = partial(_text, _after("--language", words), _after("--data", words))
    try:
        with commands.make_context("vanort", list(words)) as context:
            commands.invoke(context)
            sys.stdout.flush()
        return 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, click.Abort):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # we are at it
        _say(speaking(), "cli.interrupted", err=True)
        return 130
    except Exception as error:  # noqa: BLE001  told in words, whatever it is
        return _tell(_in_words(error, words), speaking())


def _in_words(error: Exception, words: Sequence[str]) -> UserError:
    """What there is to tell the user of an error; one of ours is in a log."""
    match error:
        case UserError():
            return error
        case OSError():
            return write_failure(error, sys.stdout.name)
        case (
            click.NoSuchOption(option_name=typed, possibilities=near)
            | click.NoSuchCommand(command_name=typed, possibilities=near)
        ):
            fault = Fault("C001", value=typed, details={"near": (near or [""])[0]})
        case click.BadOptionUsage(option_name=option):
            fault = Fault("C006", value=option)
        case click.BadParameter(param=click.Option(name="year")):
            fault = Fault("C004", value=_after("--year", words))
        case click.BadParameter(param=of):  # missing, or none of an option's, or a path to nothing
            choices = ", ".join(getattr(of and of.type, "choices", ()))
            fault = Fault("C021", value=" ".join(words), details={"near": choices})
        case click.UsageError():
            fault = Fault("C001", value=" ".join(words))
        case _:  # the user gets a sentence, we the traceback
            log = _aside("".join(traceback.format_exception(error)), ".log")
            return BuildError(Fault("B012", value=log))
    return CommandError(fault)


def _after(option: str, words: Sequence[str]) -> str:
    """What was typed after an option, with a blank or = between."""
    typed = [part for word in words for part in word.split("=", 1)]
    return (typed[typed.index(option) + 1 :] or [""])[0] if option in typed else ""


def _text(asked: str, data: str) -> Text:
    """What speaks the language asked for, if there is such a one, else that of the data."""
    from .data import files
    from .language import Text, available_languages

    with suppress(UserError):
        asked = asked or files.read_municipality(files.find_folder(data)).language
    return Text(asked if asked in available_languages() else "sv")


def _tell(error: UserError, text: Text) -> int:
    _list(
        text,
        (text.format_fault(fault) for fault in error.faults if fault.level != "repaired"),
        err=True,
    )
    count = sum(fault.level == "error" for fault in error.faults)
    _say(text, "cli.faults", err=True, count=count)
    return error.exit_code


def _list(text: Text, lines: Iterable[str], err: bool = False) -> None:
    """The first of a long list, and where the whole of it is."""
    lines = list(lines)
    for line in lines[:MOST_SHOWN]:
        click.echo(line, err=err)
    if more := len(lines[MOST_SHOWN:]):
        path = _aside("\n".join(lines), ".txt")
        _say(text, "cli.more", err, count=more, path=path)


def _say(text: Text, key: str, err: bool = False, **values: object) -> None:
    """Say a sentence on the console."""
    click.echo(text.plain(key, {of: _shown(said) for of, said in values.items()}), err=err)


def _shown(value: object) -> object:
    """What is filled in or printed as it is: nothing in it can act on a terminal."""
    from .language import escape_control

    return value if isinstance(value, int) else escape_control(value, LONGEST)


def _aside(content: str, kind: str) -> str:
    """A file with what is too long to be said; gives its path, if there is room."""
    with suppress(OSError):
        with tempfile.NamedTemporaryFile("w", suffix=kind, delete=False, encoding="utf-8") as file:
            file.write(content)
        return file.name
    return ""
