"""Many reports from a list: one that fails stops no other, one that stands is left alone, and a
worker of a cluster that dies costs its report's time only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vanort_analysis.errors import WrongData
from vanort_analysis.publish.batch import Row, make_here, make_on_cluster, rows_of

DATA = Path(__file__).parent / "data"
BUCKET = "s3://invented"


def listed(path: Path, *rows: str) -> list[Row]:
    path.write_text("\n".join(("data,year,language", *rows)), encoding="utf-8")
    return rows_of(path)


def test_a_list_is_read_from_where_it_lies(tmp_path: Path) -> None:
    rows = listed(tmp_path / "list.csv", "lund/data,2024,sv", "s3://bucket/husby/,2023,en")
    assert rows == [
        Row(str(tmp_path / "lund" / "data"), 2024, "sv", "lund"),
        Row("s3://bucket/husby", 2023, "en", "husby"),
    ]


@pytest.mark.parametrize(
    ("row", "code"), [("lund,förra,sv", "D013"), ("lund/data,2024,sv", "C020"), ("lund", "D008")]
)
def test_a_row_that_asks_for_nothing_new_or_nothing_clear_is_refused(
    row: str, code: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongData) as stopped:
        listed(tmp_path / "list.csv", "lund,2024,sv", row)
    assert [(fault.code, fault.row) for fault in stopped.value.faults] == [(code, 3)]


@pytest.mark.slow
def test_one_that_fails_stops_no_other_and_nothing_is_made_twice(tmp_path: Path) -> None:
    small = DATA / "invented_bare_chain"
    rows = listed(tmp_path / "list.csv", f"{small},1800,sv", f"{small},2020,sv", "nowhere,2020,sv")
    outcomes = {outcome.row: outcome for outcome in make_here(rows, tmp_path, forms=False)}
    assert [outcomes[row].kind for row in rows] == ["failed", "made", "failed"]
    assert "1800" in outcomes[rows[0]].said
    assert (tmp_path / small.name / "2020" / "sv" / "04_decision_memo.html").is_file()
    again = {outcome.row: outcome.kind for outcome in make_here(rows, tmp_path, forms=False)}
    assert again[rows[1]] == "unchanged"


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
def cluster(store: None, tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own: the address, and the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [shutil.which("dask", path=str(Path(sys.executable).parent)) or "dask"]
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [*dask, "scheduler", *place, "--port", address.rpartition(":")[2]]
    worker = [*dask, "worker", address, *place, "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", str(tmp_path)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": dict(os.environ)}
    started = [subprocess.Popen(command, **quiet) for command in (scheduler, worker, worker)]
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_cluster_makes_what_is_made_here_though_a_worker_is_killed(cluster, tmp_path) -> None:
    import fsspec

    address, workers = cluster
    files = fsspec.filesystem("s3")
    files.mkdir(BUCKET)
    files.put(str(DATA / "invented_bare_chain" / "raw"), f"{BUCKET}/bare/raw", recursive=True)
    rows = listed(tmp_path / "list.csv", *(f"{BUCKET}/bare,{year},sv" for year in (2020, 2021)))
    out = f"{BUCKET}/reports"
    making = make_on_cluster(rows, out, forms=False, address=address)
    ended = iter(making)
    workers[0].kill()
    outcomes = {outcome.row: outcome for outcome in ended}
    assert [(outcomes[row].kind, outcomes[row].said) for row in rows] == [("made", "")] * 2
    (there,) = make_here(
        [Row(str(DATA / "invented_bare_chain"), 2020, "sv", "bare")], tmp_path, False
    )
    assert there.kind == "made"
    page = "bare/2020/sv/04_decision_memo.html"
    assert files.cat(f"{out}/{page}") == (tmp_path / page).read_bytes()
    again = {o.row: o.kind for o in make_on_cluster(rows[:1], out, False, address)}
    assert again == {rows[0]: "unchanged"}
