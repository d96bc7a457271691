"""A study on a Dask cluster of this machine: a real scheduler and two worker processes, the same bits as here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ladsim.core.errors import UserError
from ladsim.runs import cluster
from ladsim.runs.cluster import spread_on
from ladsim.studies.bundles import Bundle, run_bundle
from ladsim.studies.design import design
from ladsim.studies.study import study

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
TOLD: dict[str, Any] = {
    "name": "quick",
    "scenario": "panama_removal",
    "start": "2024-08-01",
    "end": "2024-09-30",
    "scale": 5000,
    "seeds": 2,
    "factors": {REMOVALS: [0, 90]},
}
SECONDS = 120.0


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and two workers, and end them afterwards."""
    with running(tmp_path_factory.mktemp("cluster"), workers=2) as (address, _):
        yield address


@contextmanager
def running(folder: Path, *, workers: int, memory: str = "0") -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers, yield its address and all processes, and end them afterwards."""
    told = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    begun = [
        subprocess.Popen(
            [*words, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)],
            **quiet,  # type: ignore[call-overload]
        )
    ]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(told)]
    options = ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder)]
    options += ["--memory-limit", memory]
    begun += [subprocess.Popen([*worker, *options], **quiet) for _ in range(workers)]  # type: ignore[call-overload]
    try:
        yield _address(told, begun, workers), begun
    finally:
        for process in reversed(begun):
            process.terminate()
        for process in begun:
            process.wait(timeout=30)


def _address(told: Path, begun: list[subprocess.Popen[bytes]], workers: int) -> str:
    from distributed import Client

    end = time.monotonic() + SECONDS
    while not told.is_file():
        assert begun[0].poll() is None, "the scheduler has ended"
        assert time.monotonic() < end, "the scheduler does not start"
        time.sleep(0.1)
    with Client(scheduler_file=str(told), timeout=SECONDS, set_as_default=False) as client:
        if workers:
            client.wait_for_workers(workers, timeout=SECONDS)
        return str(client.scheduler.address)


SRUN = """#!/bin/sh
# Stands in for SLURM's: one task, on this machine.
test "$1" = "--ntasks=1" || { echo "srun: not one task: $1" >&2; exit 1; }
shift
exec "$@"
"""
STUDY = """study:
  name: quick
  scenario: panama_removal
  start: 2024-08-01
  end: 2024-08-31
  scale: 5000
  seeds: 1
  factors:
    instrument.panama_removal_program.terms.removals_per_day: [0, 90]
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path(sys.prefix, "bin", "activate").is_file(), reason="not run from a virtual environment")
def test_the_script_for_slurm_runs_a_study_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The job's own script, with a stand-in for ``srun``."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(SRUN, encoding="utf-8")
    srun.chmod(0o755)
    script = Path(__file__).resolve().parents[2] / "examples" / "study" / "slurm.sh"
    job = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "PATH": f"{srun.parent}{os.pathsep}{os.environ['PATH']}"}
    told = tmp_path / "told"
    with told.open("wb") as stream:  # not a pipe, which whatever is left behind would hold open
        done = subprocess.run(
            ["sh", str(script), "study.yaml"],
            cwd=tmp_path,
            env=os.environ | job,
            stdout=stream,
            stderr=stream,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, told.read_text(encoding="utf-8")[-2000:]
    assert len(pd.read_csv(tmp_path / "results" / "studies" / "quick" / "points.csv")) == 2
    assert not (tmp_path / "scheduler-7.json").exists()
    end = time.monotonic() + SECONDS
    while left := _of_folder(tmp_path):
        assert time.monotonic() < end, f"left behind: {left}"
        time.sleep(0.2)


def _of_folder(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.slow
def test_calls_are_made_on_both_workers(scheduler: str) -> None:
    def where(x: int) -> tuple[int, int]:
        # A function within a function goes to the workers whole; they do not have this file.
        time.sleep(0.3)
        return x, os.getpid()

    found = dict(spread_on(scheduler, where, ((x,) for x in range(8))))
    assert set(found) == set(range(8))
    assert len(set(found.values())) == 2
    assert os.getpid() not in found.values()


@pytest.mark.slow
def test_a_study_on_a_cluster_gives_the_same_bits(scheduler: str, tmp_path: Path) -> None:
    here = study(design(TOLD), folder=tmp_path / "here", workers=1).table()
    there = study(design(TOLD), folder=tmp_path / "there", scheduler=scheduler).table()
    pd.testing.assert_frame_equal(here, there)


@pytest.mark.slow
def test_a_call_whose_worker_is_killed_is_made_again(scheduler: str, tmp_path: Path) -> None:
    def once(x: int, folder: str) -> int:
        mark = Path(folder) / str(x)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    calls = [(0, str(tmp_path)), (1, str(tmp_path))]
    assert sorted(spread_on(scheduler, once, calls)) == [0, 1]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_call_that_wants_more_memory_than_there_is_is_one_message(tmp_path: Path) -> None:
    def too_much() -> int:
        held = []
        for _ in range(60):
            held.append(bytearray(os.urandom(1 << 20)) * 32)
            time.sleep(0.1)
        return len(held)

    def refused() -> int:
        raise MemoryError("unable to allocate")

    with running(tmp_path, workers=1, memory="500MiB") as (address, _):
        with pytest.raises(UserError, match="too little memory for one replicate"):
            list(spread_on(address, refused, [()]))
        with pytest.raises(UserError, match="died again and again over one replicate"):
            list(spread_on(address, too_much, [()]))
        assert list(spread_on(address, abs, [(-1,)])) == [1], "the cluster goes on"


@pytest.mark.slow
def test_a_scheduler_without_workers_and_one_that_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "WORKERS_SECONDS", 1)
    with running(tmp_path, workers=0) as (address, _):
        with pytest.raises(UserError, match="has no workers"):
            list(spread_on(address, abs, [(-1,)]))
        assert "has no workers yet; waiting" in capsys.readouterr().err
    (tmp_path / "two").mkdir()
    with running(tmp_path / "two", workers=1) as (address, begun):
        found = spread_on(address, time.sleep, [(0.1,), (600.0,)])
        next(found)
        begun[1].kill()
        with pytest.raises(UserError, match="has no workers"):
            next(found)
    (tmp_path / "three").mkdir()
    with running(tmp_path / "three", workers=1) as (address, begun):
        found = spread_on(address, time.sleep, [(0.1,), (600.0,)])
        next(found)
        begun[0].kill()
        with pytest.raises(UserError, match="gone away"):
            next(found)


def test_a_scheduler_that_does_not_answer_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(UserError, match="scheduler does not answer"):
            list(spread_on(address, abs, [(1,)]))


def test_a_worker_of_another_version_refuses(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="another version"):
        run_bundle(Bundle(tmp_path, "a", None, (), (), made_from="another"))
