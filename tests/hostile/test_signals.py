"""Signals, killed workers and killed parents: what ends, what is left, and what the next run sweeps up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import ladsim
from ladsim.core import leftovers

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")


def begin(folder: Path, seconds: float) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}
    environment |= {"LADSIM_FAKE_SECONDS": str(seconds), "LADSIM_FAKE_MARK": str(folder / "started")}
    words = ["scenario=history", "workers=2", "seeds=2", "start=2023-01-01", "end=2023-03-31", "figures=false"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "fake_cli.py"), *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where tests run in the background of a shell, these are ignored, and children inherit that.
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)],
    )
    wait_for(lambda: (folder / "started").exists(), 90)
    return process


def wait_for(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def children(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(place.name))
        except (OSError, ValueError):
            continue
    return found


def workers(parent: int) -> list[int]:
    return [p for p in children(parent) if b"resource_tracker" not in Path(f"/proc/{p}/cmdline").read_bytes()]


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("group", [False, True])
def test_a_signal_ends_everything(tmp_path: Path, sent: signal.Signals, code: int, group: bool) -> None:
    process = begin(tmp_path, 60)
    below = children(process.pid)
    assert len(below) >= 2
    os.killpg(process.pid, sent) if group else process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    assert out == ""
    wait_for(lambda: gone(below), 20)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["started", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_worker_costs_no_seed(tmp_path: Path) -> None:
    process = begin(tmp_path, 3)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert " are in results" in out
    (folder,) = (tmp_path / "results" / "history").iterdir()
    assert len(ladsim.load(folder).seeds) == 2


def test_workers_end_when_their_parent_is_gone(tmp_path: Path) -> None:
    process = begin(tmp_path, 60)
    below = children(process.pid)
    process.kill()
    process.communicate(timeout=30)
    wait_for(lambda: gone(below), 20)


def test_what_a_killed_group_leaves_is_swept_up_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = begin(tmp_path, 60)
    below = children(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    wait_for(lambda: gone(below), 20)
    left = list(Path("/dev/shm").glob(f"*loky-{process.pid}-*"))
    assert left, "a killed group leaves semaphores; this test would show nothing"
    monkeypatch.setattr(leftovers.tempfile, "tempdir", str(tmp_path / "tmp"))
    swept = leftovers.sweep()
    assert set(left) <= set(swept)
    assert not list(Path("/dev/shm").glob(f"*{process.pid}*"))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_only_what_belongs_to_nobody_is_swept(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine = tmp_path / (leftovers.owned_prefix("run") + "abc")
    theirs = tmp_path / mine.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-")
    elsewhere = tmp_path / theirs.name.replace(leftovers._host(), "00000000")
    foreign = tmp_path / ".run.abc"
    for folder in (mine, theirs, elsewhere, foreign):
        folder.mkdir()
        (folder / "x").touch()
    assert leftovers.sweep_folder(tmp_path) == [theirs]
    assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere, foreign])


def test_too_little_memory_is_one_message() -> None:
    from ladsim.core.errors import UserError
    from ladsim.runs.workers import spread

    with pytest.raises(UserError, match=r"not enough memory: 7 GiB[\s\S]*larger scale"):
        list(spread(_needs_too_much, [(1,), (2,)], 2))
    with pytest.raises(UserError, match="not enough memory"):
        list(spread(_needs_too_much, [(1,)], 1))


def _needs_too_much(_number: int) -> None:
    raise MemoryError("7 GiB")


INTERRUPTED_IMPORT = """
import runpy, sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "ladsim.cli.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
sys.argv = ["ladsim", "--help"]
runpy.run_module("ladsim", run_name="__main__")
"""


def test_an_interrupt_while_the_command_line_is_loaded_leaves_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr == "ladsim: stopped before anything was begun.\n"
