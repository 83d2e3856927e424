"""Hostile text through every sink of a report: python -m benchmarks.hostile [--strings 1000]

Generated strings are written after the texts of the project's own tables and after the names of its
municipality, in a folder with a hostile name. Those that are refused must be refused in words, by
their place; with the others the report is made by its command in every form. Then: nothing runs,
wherever a string is met it is whole, cells of the workbook are text, and no file has a new name.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, sync_playwright

from vanort_analysis import load
from vanort_analysis.data.clean import unprintable_letters
from vanort_analysis.data.files import OWN_DATA
from vanort_analysis.data.schema import TABLES
from vanort_analysis.errors import Fault, UserError
from vanort_analysis.language import Text

ASKED = ((2024, "sv"),)  # in turn
TOGETHER, FEW = 4, 100  # strings in a cell; so few get a cell each, to know which is refused
LONGEST_NAME = 200
AROUND = 1500  # signs on paper: where a word is broken, those of other columns stand between
KNOWN = (("checks", "fact"), ("towns", "country"))  # must be one there is
RUNS = ("hacked=1", "alert(1)", "fetch('http://evil.example/')", "location='//evil.example'")
ATTACKS: dict[str, tuple[str, ...]] = {  # RUN is one of those
    "script": ("<script>RUN</script>", "</script><script>RUN</script>", "<ScRiPt src=//e.vil>"),
    "img": ("<img src=x onerror=RUN>", "<img/src/onerror=RUN>", "<video><source onerror=RUN>"),
    "svg": ("<svg onload=RUN>", "</svg><svg><a xlink:href='javascript:RUN'>", "]]></text><g/>"),
    "template": ("${RUN}", "${(()=>{RUN})()}", "$\\{RUN}", "`${RUN}`"),
    "backtick": ("`+(RUN)+`", "\\`", "```{=html}\n<b>\n```"),
    "quote": ('"onmouseover=RUN x="', "';RUN;//", "\"'><b onclick=RUN>", '\\";RUN;\\"'),
    "link": ("javascript:RUN", "[x](javascript:RUN)", "<a href=' javascript:RUN'>", "file:///x"),
    "entity": ("&lt;b&gt;", "&#60;script&#62;", "&amp;amp;", "&nbsp;&shy;", "\\u003cb\\u003e"),
    "markdown": ("**x** _y_ `z`", "![x](x)", "# x", "[^1] [@x]", "| a | b |", "~~x~~ ---"),
    "latex": ("$x^2$", "\\frac{1}{2}", "\\input{/etc/passwd}", "$$\\alpha$$"),
    "typst": ('#import "x"', "#panic()", "@label <label>", "*x* _y_ // z", "#raw(`x`)", "\\u{41}"),
    "formula": ("=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("//e.vil")', "\t=1", "\r=1"),
    "path": ("../../etc/passwd", "C:\\CON", "~root", "/dev/null", "%2e%2e%2f", "a\\..\\b"),
    "format": ("{0}", "%s%n", "{facts}", "%(x)s", "{0.__class__}", "{x!r}", "%"),
    "jinja": ("{{ 7*7 }}", "{% raw %}", "{# x", "{{ self }}", "{%- endmacro %}"),
    "comment": ("--><!--", "<!--><i>", "<!DOCTYPE x>", "<?xml ?>", "</style><style>*{}", "/*"),
    "terminal": ("\x1b[31m", "\x1b]0;x\x07", "\x08\x08", "\x9b31m"),
    "bidi": ("\u202ex", "\u2066x\u2069", "\u200fאב"),
    "zero width": ("a\u200bb", "a\u2060b", "\ufeffx", "a\u00adb"),
    "null": ("a\x00b", "\x00"),
    "line": ("a\u2028b", "a\u2029b", "a\x85b", "a\nb", "a\r\nb"),
    "script of others": (
        "北京",
        "हिन्दी",
        "🎉",
        "مرحبا",
        "z\u0302\u0321\u0330",
        "\ue000",
        "\U000e0041",
    ),
    "long": ("x" * 900, "<b>" * 300, "{" * 500, "ä " * 450, "x" * 6000),
}
REFUSED = {  # what may be refused, and why
    *("D010", "D011", "D012", "D036", "D047"),  # control and broken signs, too long, a number
    *("D032", "C012", "C013"),  # a fact that never is; a name that TOML cannot hold, or too long
}
UNSEEN = dict.fromkeys([0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF])
MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])  # pdftotext adds them
QUOTED = re.compile(r"värde\s*”[^”]*”")
Place = tuple[str, int, str]  # file, row, column
Ask = tuple[int, str]  # year, language
Met = tuple[set[str], list[str]]  # strings that are there, and what is wrong
Found = tuple[dict[str, str], dict[str, set[str]], list[str]]  # refused, met by form, wrong


def strings(seed: int, number: int) -> list[str]:
    """So many strings, of each kind in turn, each with a mark by which it is found again."""
    luck, kinds, found = random.Random(seed), list(ATTACKS), []
    for at in range(number):
        parts = [luck.choice(ATTACKS[kinds[at % len(kinds)]])]
        if luck.random() < 0.3:
            parts.append(luck.choice(ATTACKS[luck.choice(kinds[:16])]))
        parts.insert(luck.randrange(len(parts) + 1), f"zq{at:04}zq")
        said = luck.choice((" ", "")).join(parts)
        found.append(re.sub("RUN", lambda _: luck.choice(RUNS), said))
    return found


def plain(text: str) -> str:
    """A text as it is to be shown: composed, without what nobody sees, blanks alike."""
    return " ".join(unicodedata.normalize("NFC", text).translate(UNSEEN).split())


def bare(text: str) -> str:
    """A text as it is found again in a PDF: letters that are printed, no blanks, and no hyphens,
    which pdftotext drops at the end of a line and Typst makes a minus before a digit."""
    text = unicodedata.normalize("NFC", text)
    printed = text.translate(dict.fromkeys(map(ord, unprintable_letters(text)), "\ufffd"))
    return re.sub(r"[\s\u2212-]+", "", printed.translate(MARKS | UNSEEN))


class Trial:
    """A data folder with hostile strings in its cells, some in each, and in its names.

    They come first where the text is `seen` on a page. `refused` are strings by the code of their
    fault; `kept` those that are read.
    """

    def __init__(self, data: Path, said: list[str], luck: random.Random, seen: str) -> None:
        self.data, self.refused = data, dict[str, str]()
        shutil.copytree(OWN_DATA / "raw", data / "raw")
        self.tables = {name: self._read(name) for name in TABLES}
        places = [place for place in self._places() if self._cell(place)]
        luck.shuffle(places)
        places.sort(key=lambda place: plain(self._cell(place)) not in seen)
        together = TOGETHER if len(said) > FEW else 1
        groups = zip(*[iter([*said, *[""] * (together - 1)])] * together, strict=False)
        self.at = {
            place: [*filter(None, some)] for place, some in zip(places, groups, strict=False)
        }
        self.was = {place: self._cell(place) for place in self.at}
        self.write()

    @property
    def kept(self) -> list[str]:
        return [one for said in self.at.values() for one in said]

    def _read(self, name: str) -> list[list[str]]:
        with (self.data / "raw" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def _places(self) -> Iterator[Place]:
        for name, contract in TABLES.items():
            head, *rows = self.tables[name]
            for column, rule in contract.columns.items():
                free = rule.kind == "text" and not rule.form and column not in contract.key
                if free and column in head and (name, column) not in KNOWN:
                    yield from ((f"{name}.csv", row, column) for row in range(2, len(rows) + 2))

    def _cell(self, place: Place, said: str | None = None) -> str:
        file, row, column = place
        rows = self.tables[file.removesuffix(".csv")]
        cells, at = rows[row - 1], rows[0].index(column)
        if said is not None:
            cells[at] = said
        return cells[at]

    _put = _cell

    def write(self) -> None:
        """Write the tables as they are to be."""
        for place, said in self.at.items():
            self._put(place, " ".join([self.was[place], *said]))
        for name, rows in self.tables.items():
            path = self.data / "raw" / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)

    def sort_out(self, ask: Ask) -> list[str]:
        """Take out what is refused until the rest is read; gives what was not said in words."""
        wrong: list[str] = []
        while faults := self._faults(ask):
            taken = 0
            for fault in faults:
                said = Text(ask[1]).format_fault(fault)
                if not all(c.isprintable() or c == "\n" for c in said) or "\n" not in said:
                    wrong.append(f"{fault.code}: said with signs that act, or without a cure")
                rows = re.findall(r"\d+", str(fault.details.get("rows", fault.row)))
                for place in [(fault.file, int(row), fault.column) for row in rows]:
                    if self.at.get(place) and fault.code in REFUSED:
                        one = self.at[place].pop()  # with another, it may be the other
                        self.refused |= {} if self.at[place] else {one: fault.code}
                        taken += 1
            if not taken:
                return wrong + [f"{f.code} {f.file} {f.row} {f.column}: {f.value}" for f in faults]
            self.write()
        return wrong

    def _faults(self, ask: Ask) -> list[Fault]:
        try:
            load(*ask, self.data)
        except UserError as error:
            return [fault for fault in error.faults if fault.level == "error"]
        return []

    def name(self) -> None:
        """Write strings that are read after the names of the municipality."""
        about = self.data / "raw" / "municipality.toml"
        head, rest = about.read_text("utf-8").split("[report]")
        names = [one for one in self.kept if len(one) < LONGEST_NAME and one.isprintable()]
        short = cycle(names or [""])

        def after(found: re.Match[str]) -> str:
            return found[1] + json.dumps(f"{found[2]} {next(short)}", ensure_ascii=False)

        head = re.sub(r'((?:sv|en) = |^  )"([^"]+)"', after, head, flags=re.MULTILINE)
        about.write_text(f"{head}[report]{rest}", encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that is on the machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(path for name in names if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path)
        yield opened
        opened.close()


def look_at_pages(folder: Path, said: list[str], browser: Browser) -> Met:
    """Open every page, with its policy and without, and every pop-up."""
    wrong: list[str] = []
    texts: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: wrong.append(f"request {request.url[:80]}"))
    page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(f"error {str(error)[:200]}"))
    page.on("console", lambda told: wrong.append(f"console {told.text[:200]}"))
    for file in sorted(folder.glob("*.html")):
        html = file.read_text("utf-8")
        texts += [BeautifulSoup(html, "html.parser").get_text()]
        for at, policy in enumerate(("Content-Security-Policy", "x-none")):
            shown = file.with_name(f"looked-at-{at}.html")
            shown.write_text(html.replace("Content-Security-Policy", policy), encoding="utf-8")
            page.goto(shown.as_uri())
            for mark in page.locator(".leaflet-marker-icon").all():
                mark.press("Enter")
                texts.append(page.locator(".leaflet-popup-content").last.inner_text())
                page.keyboard.press("Escape")
            texts.append(page.locator("body").inner_text())
            if page.evaluate("typeof hacked") != "undefined":
                wrong.append(f"{file.name}: ran")
            shown.unlink()
        texts += page.locator("svg text").all_text_contents()
        texts += page.locator("[aria-label]").evaluate_all(
            "all => all.map(e => e.getAttribute('aria-label'))"
        )
    page.close()
    own = [each for each in wrong if not re.match(r"request file:\S+looked-at-\d\.html$", each)]
    return met(said, map(plain, texts), plain, own, "page"), own


def met(
    said: Iterable[str],
    texts: Iterable[str],
    how: Callable[[str], str],
    wrong: list[str],
    where: str,
    mixed: bool = False,
) -> set[str]:
    """The strings whose mark is in the texts; the whole of it must be in them too, if columns are
    `mixed` with other signs between its own. What a warning quotes of a cell is cut, and not
    looked at."""
    found, whole = set(), QUOTED.sub("", "\n".join(texts))
    for one in said:
        mark = re.findall(r"zq\d{4}zq", one)[0]
        if mark in whole:
            found.add(one)
            at = whole.index(mark)
            if how(one) not in whole and not (mixed and in_order(how(one), whole, at)):
                shown = whole[max(0, at - 60) : at + 80]
                wrong.append(f"{where}: not as written: {how(one)[:120]!r} in {shown!r}")
    return found


def in_order(said: str, text: str, at: int) -> bool:
    """Whether every sign of a string stands around a place, each after the one before it."""
    found = max(0, at - AROUND)
    for sign in said:
        found = text.find(sign, found, at + AROUND) + 1
        if not found:
            return False
    return True


def look_at_paper(folder: Path, said: list[str], _: Any = None) -> Met:
    """What PDF and Word say."""
    wrong: list[str] = []
    found: set[str] = set()
    for path in folder.glob("*.pdf"):
        told = [printed(path, "-raw"), printed(path)]
        short = [one for one in said if len(one) < LONGEST_NAME]  # others go over two pages
        found |= met(short, told, lambda of: bare(plain(of)), wrong, path.name, mixed=True)
    for path in folder.glob("*.docx"):
        root = ET.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
        told = "\n".join("".join(p.itertext()) for p in root.iter() if p.tag.endswith("}p"))
        loose = re.sub(r"\s+", "", plain(told))
        found |= met(said, [loose], lambda of: re.sub(r"\s+", "", plain(of)), wrong, path.name)
    return found, wrong


def printed(path: Path, *how: str) -> str:
    """The text of a PDF, bare."""
    command = ["pdftotext", "-nopgbrk", *how, str(path), "-"]
    return bare(subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout)


def look_at_tables(folder: Path, said: list[str], _: Any = None) -> Met:
    """What the files for other programs hold: CSV, JSON, GeoJSON and the workbook."""
    wrong: list[str] = []
    cells: list[str] = []
    for path in folder.glob("data/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    found = met(said, map(plain, cells), plain, wrong, "CSV")
    for path in (*folder.glob("data/*json"), folder / "manifest.json"):
        told = plain(json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False))
        escaped: Callable[[str], str] = lambda of: json.dumps(plain(of), ensure_ascii=False)[1:-1]  # noqa: E731
        if path.name != "manifest.json":  # which cuts what it tells of
            found |= met(said, [told], escaped, wrong, path.name)
    for path in folder.glob("data/*.xlsx"):
        book, values = openpyxl.load_workbook(path), []
        for sheet in book:
            for cell in (cell for row in sheet for cell in row if cell.value is not None):
                values.append(str(cell.value))
                if cell.data_type == "f":
                    wrong.append(f"formula {sheet.title} {cell.coordinate}")
        found |= met(said, map(plain, values), plain, wrong, path.name)
    return found, wrong


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def texts_of(folder: Path) -> str:
    """What the pages of a report say."""
    pages = [path.read_text("utf-8") for path in sorted(folder.glob("*.html"))]
    return plain(" ".join(BeautifulSoup(page, "html.parser").get_text() for page in pages))


def make(data: Path, out: Path, ask: Ask) -> tuple[Path, list[str]]:
    """Make the report by its command; what is wrong with what it says."""
    words = ["report", "--year", str(ask[0]), "--language", ask[1]]
    command = [sys.executable, "-m", "vanort_analysis", *words, f"--data={data}", f"--out={out}"]
    env = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=False)
    told, wrong = done.stdout + done.stderr, []
    if done.returncode or "Traceback" in told:
        wrong.append(f"exit {done.returncode}: {told[-600:]}")
    if odd := {c for c in told if not (c.isprintable() or c in "\n\r")}:
        wrong.append(f"console: {odd!r}")
    return out / str(ask[0]) / ask[1], wrong


def one_report(at: int, said: list[str], browser: Browser, aside: Path, shown: str) -> Found:
    """One report with these strings in it."""
    luck, ask = random.Random(at), ASKED[at % len(ASKED)]
    names = [re.sub("[/\0]", "", plain(of))[:60].strip() for of in said if len(of) < 60]
    trial = Trial(aside / f"{at} {luck.choice(names)} å", said, luck, shown)
    wrong = trial.sort_out(ask)
    trial.name()
    folder, told = make(trial.data, aside / f"out-{at}", ask)
    wrong, seen, kept = wrong + told, dict[str, set[str]](), trial.kept
    for form, look in LOOKS.items() if not told else ():
        seen[form], faults = look(folder, kept, browser)
        wrong += faults
    wrong += [f"name {name}" for name in files_of(folder) if "zq" in name or not name.isascii()]
    return trial.refused, seen, wrong


LOOKS = {"pages": look_at_pages, "paper": look_at_paper, "tables": look_at_tables}


def main() -> int:
    """Every string in reports until it was refused or met in each form."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--strings", type=int, default=1000)
    told.add_argument("--each", type=int, default=260, help="in a report (260)")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--minutes", type=float, default=60, help="stop after these, and tell")
    told.add_argument("--tries", type=int, default=4, help="until met in each form (4)")
    asked = told.parse_args()
    queue, met_in = strings(asked.seed, asked.strings), {form: set[str]() for form in LOOKS}
    refused, wrong, reports, tries = dict[str, str](), list[str](), 0, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="hostile-") as aside, chromium() as browser:
        shown = " ".join(texts_of(make(OWN_DATA, Path(aside, "own"), ask)[0]) for ask in ASKED)
        until = time.monotonic() + asked.minutes * 60
        while queue and time.monotonic() < until:
            said, queue = queue[: asked.each], queue[asked.each :]
            codes, seen, faults = one_report(reports, said, browser, Path(aside), shown)
            reports, refused, wrong = reports + 1, refused | codes, wrong + faults
            sys.stderr.writelines(f"{fault}\n" for fault in faults)
            for form, found in seen.items():
                met_in[form] |= found
            left = set(said) - set.intersection(*met_in.values()) - set(refused)
            tries.update(left)
            queue += [one for one in said if one in left and tries[one] < asked.tries]
            counts = {form: len(found) for form, found in met_in.items()}
            print(reports, counts, len(refused), len(wrong), file=sys.stderr, flush=True)  # noqa: T201
    codes = Counter(refused.values())
    whole = {"strings": asked.strings, "reports": reports, "refused": codes, **counts}
    everywhere = set.intersection(*met_in.values())
    whole |= {"in every form": len(everywhere), "left": len(queue)}
    print(json.dumps(whole | {"wrong": len(wrong)}, indent=1))  # noqa: T201
    print("\n".join(dict.fromkeys(wrong)))  # noqa: T201
    for form, found in met_in.items():
        missing = set(strings(asked.seed, asked.strings)) - found - set(refused)
        print(form, "never met:", *sorted(map(repr, missing)), sep="\n")  # noqa: T201
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
