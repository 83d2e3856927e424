"""Many reports from a list: one that fails stops no other, one that stands is left alone, and a
worker of a cluster that dies costs its report's time only."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vanort_analysis.errors import DataError, MachineError
from vanort_analysis.publish import run
from vanort_analysis.publish.run import (
    Row,
    make_elsewhere,
    make_here,
    make_on_cluster,
    read_list,
)

DATA = Path(__file__).parent / "data"
HANGS_S = 600  # what has not come up by then on any machine, never does
BUCKET = "s3://invented"
SMALL = DATA / "invented_bare_chain"
PAGE = f"{SMALL.name}/2020/sv/04_decision_memo.html"


def listed(path: Path, *rows: str) -> list[Row]:
    text = "\n".join(("data,year,language", *rows))
    path.write_text(text, encoding="utf-8", newline="\n")
    return read_list(path)[0]


def test_a_list_is_read_from_where_it_lies(tmp_path: Path) -> None:
    lines = ("lund/data,2024,sv", "s3://bucket/husby/,2023,en", "/data,2023,en")
    assert listed(tmp_path / "list.csv", *lines) == [
        Row(str(tmp_path / "lund" / "data"), 2024, "sv", "lund"),
        Row("s3://bucket/husby", 2023, "en", "husby"),
        Row("/data", 2023, "en", "-"),
    ]


def test_a_column_that_nobody_reads_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    text = "note,data,year,language\nfirst,/data,2024,sv\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    rows, notes = read_list(path)
    assert rows == [Row("/data", 2024, "sv", "-")]
    assert [note.code for note in notes] == ["D050"]  # but it is told


def test_a_folder_of_windows_has_a_name_too(tmp_path: Path) -> None:
    (row,) = listed(tmp_path / "list.csv", r"C:\kommun\lund\data,2024,sv")
    assert row.name == "lund"


@pytest.mark.parametrize("data", ["min mapp/lund", "s3://bucket/lund", "lund *"])
def test_the_last_row_is_never_taken_for_a_note(data: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as stopped:
        listed(tmp_path / "list.csv", "lund,2024,sv", f"{data},,")
    faults = {(fault.code, fault.row, fault.column) for fault in stopped.value.faults}
    assert faults == {("D024", 3, "year"), ("D024", 3, "language")}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("lund,förra,sv", "D013"),
        ("lund,0,sv", "D021"),
        (f"lund,{'9' * 5000},sv", "D013"),
        ("lund,2023,", "D024"),
        (",2023,sv", "D024"),
        ("lund,2023,.", "D023"),
        ("lund,2023,sv/en", "D023"),
        ("lund,2023,SV", "D023"),
        ("lund/data,2024,sv", "C020"),
        ("annan/LUND,2024,sv", "C020"),  # the same place on a disk that sees no capitals
        ("lund", "D008"),
    ],
)
def test_a_row_that_asks_for_nothing_new_or_nothing_clear_is_refused(
    row: str, code: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as stopped:
        listed(tmp_path / "list.csv", "lund,2024,sv", row)
    assert [(fault.code, fault.row) for fault in stopped.value.faults] == [(code, 3)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Row, tuple[str, str]]]:
    """Three reports asked for, of which one can be made: the folder, and what became of each."""
    folder = tmp_path_factory.mktemp("here")
    rows = (f"{SMALL},1800,sv", f"{SMALL},2020,sv", "nowhere,2020,sv")
    asked = listed(folder / "list.csv", *rows)
    return folder, dict(make_here(asked, folder, forms=False))


@pytest.mark.slow
def test_one_that_fails_stops_no_other_and_nothing_is_made_twice(here) -> None:
    folder, became = here
    rows, _ = read_list(folder / "list.csv")
    assert [became[row][0] for row in rows] == ["failed", "made", "failed"]
    assert "1800" in str(became[rows[0]][1])
    assert (folder / PAGE).is_file()
    assert dict(make_here(rows, folder, forms=False))[rows[1]][0] == "unchanged"


@pytest.mark.slow
def test_in_another_place_the_report_is_whole_and_nothing_of_an_old_one_is_left(
    tmp_path: Path,
) -> None:
    """A place on disk, whose folders are not there yet; then a page that only the report before
    had, and two files that somebody else put there."""
    row, out = Row(str(SMALL), 2020, "sv", SMALL.name), tmp_path / "not" / "there"
    assert make_elsewhere(row, str(out), False) == ("made", "")
    page = out / PAGE
    old, *others = (page.with_name(name) for name in ("old.html", "minutes.pdf", ".keep"))
    for path in (old, *others):
        shutil.copy(page, path)
    manifest = page.with_name("manifest.json")
    content = json.loads(manifest.read_text("utf-8"))
    content["outputs"][old.name] = ""
    manifest.write_text(json.dumps(content), "utf-8")
    page.unlink()
    assert make_elsewhere(row, f"file://{out}", False) == ("made", "")
    assert page.is_file()
    assert not old.exists()
    assert all(path.is_file() for path in others)
    assert make_elsewhere(row, str(out), False) == ("unchanged", "")


def refused(address: str) -> str:
    """The address that is named when a cluster cannot be used."""
    with pytest.raises(MachineError) as stopped:
        list(make_on_cluster([Row(str(SMALL), 2020, "sv", "-")], "out", False, address))
    (fault,) = stopped.value.faults
    assert fault.code == "P006"
    del stopped
    gc.collect()  # a client that did not come up: collected as the next comes up, it would block it
    return fault.file


@pytest.mark.parametrize("address", ["foo", "http://foo:1", "tcp://foo:bar", "tcp://127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_named(address: str, monkeypatch) -> None:
    monkeypatch.setattr(run, "CONNECT_S", 0.1)
    assert refused(address) == address


def test_what_a_cluster_needs_may_be_absent(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused("tcp://127.0.0.1:1")


def test_a_cluster_without_workers_is_not_waited_for(monkeypatch) -> None:
    from distributed import LocalCluster, default_client

    monkeypatch.setattr(run, "PATIENCE_S", 0.1)
    # the port that it takes if none is named may be taken, and the warning is an error
    quiet = {"processes": False, "dashboard_address": "127.0.0.1:0", "silence_logs": False}
    with LocalCluster(n_workers=0, **quiet) as cluster:
        assert refused(cluster.scheduler_address) == cluster.scheduler_address
        with pytest.raises(ValueError, match="No clients found"):  # none is left open
            default_client()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An object store on this machine, with the data of an invented chain in it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield
    server.stop()


@pytest.fixture
def cluster(store: None, tmp_path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """A scheduler and two workers: the address, and each one's process. What a worker is making
    lies in a folder of its name."""
    from distributed import Client

    dask = [shutil.which("dask", path=str(Path(sys.executable).parent)) or "dask"]
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    place += ["--scheduler-file", str(tmp_path / "scheduler.json")]  # it takes a port and tells it
    scheduler = [*dask, "scheduler", *place, "--port", "0"]
    worker = [*dask, "worker", *place, "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", str(tmp_path)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = {"scheduler": subprocess.Popen(scheduler, **quiet)}
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            env = os.environ | {"TMPDIR": str(tmp_path / name)}
            started[name] = subprocess.Popen(worker, env=env, **quiet)
        with Client(scheduler_file=str(tmp_path / "scheduler.json"), timeout=HANGS_S) as client:
            client.wait_for_workers(2, timeout=HANGS_S)
            address = client.scheduler_info()["address"]
        yield address, started
    finally:
        for process in started.values():
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_cluster_makes_what_is_made_here_though_a_worker_is_killed(
    cluster, here, tmp_path
) -> None:
    """One is killed at its work: the report is made by the other. One that fails stops none."""
    import fsspec

    address, started = cluster
    files = fsspec.filesystem("s3")
    files.mkdir(BUCKET)
    files.put(str(SMALL / "raw"), f"{BUCKET}/{SMALL.name}/raw", recursive=True)
    rows = listed(tmp_path / "list.csv", f"{BUCKET}/{SMALL.name},2020,sv")
    lost = Row(f"{BUCKET}/nowhere", 2020, "sv", "nowhere")
    out = f"{BUCKET}/reports"
    with ThreadPoolExecutor() as aside:
        making = aside.submit(dict, make_on_cluster([*rows, lost], out, False, address))
        while not (at_work := list(tmp_path.glob("*/tmp*/data/raw"))) and not making.done():
            time.sleep(0.01)
        started[at_work[0].relative_to(tmp_path).parts[0]].kill()
        became = making.result()
    assert became[rows[0]] == ("made", "")
    assert became[lost][0] == "failed"
    assert f"P007  {lost.data}" in str(became[lost][1])
    assert files.cat(f"{out}/{PAGE}") == (here[0] / PAGE).read_bytes()
    again = dict(make_on_cluster(rows, out, False, address))
    assert again == {rows[0]: ("unchanged", "")}


@pytest.mark.slow
def test_reports_that_a_lost_cluster_has_not_made_are_named(cluster, tmp_path: Path) -> None:
    address, started = cluster
    rows = listed(tmp_path / "list.csv", f"{SMALL},2020,sv")
    with ThreadPoolExecutor() as aside:
        making = aside.submit(dict, make_on_cluster(rows, str(tmp_path), False, address))
        while not list(tmp_path.glob("*/tmp*/data/raw")) and not making.done():
            time.sleep(0.01)
        started["scheduler"].kill()
        ((kind, message),) = making.result().values()
    assert kind == "failed"
    assert "P006" in str(message)
    assert address in str(message)
