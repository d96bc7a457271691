"""Before the first run: what is compiled is found out, said, and compiled at the same time in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ladsim.behavior import kernels, values
from ladsim.runs import first_compile


class Compiler:
    """Stands in for a process that compiles a kernel into the cache."""

    running = 0
    most = 0

    def __init__(self, command: list[str], **given: Any) -> None:
        self.name = command[-1]
        type(self).running += 1
        type(self).most = max(self.most, self.running)

    def wait(self) -> int:
        type(self).running -= 1
        folder = Path(first_compile.os.environ["NUMBA_CACHE_DIR"]) / "behavior_1"
        folder.mkdir(exist_ok=True)
        (folder / f"kernels.{self.name}-25.py311.1.nbc").write_bytes(b"")
        return 0

    def poll(self) -> int:
        return 0


def test_both_large_kernels_are_compiled_at_once_and_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(first_compile.subprocess, "Popen", Compiler)
    said: list[str] = []
    assert first_compile.lacking() == list(first_compile.LARGE)
    first_compile.compile_first(said.append)
    assert Compiler.most == len(first_compile.LARGE)
    assert [line.split(" ")[1] for line in said] == ["compiling", "compiled"]
    assert all(name in said[0] for name in first_compile.LARGE)
    assert first_compile.lacking() == []
    assert first_compile.compile_first(said.append) == 0.0
    assert len(said) == 2


def test_kernels_that_call_the_large_ones_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (tmp_path / f"kernels.{first_compile.LARGE[0]}_lawfully-40.py311.1.nbc").write_bytes(b"")
    assert first_compile.lacking() == list(first_compile.LARGE)


def test_without_further_processes_the_run_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: Any, **more: Any) -> None:
        raise OSError("no process")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(first_compile.subprocess, "Popen", refused)
    assert first_compile.compile_first(lambda line: None) == 0.0


def test_what_is_replaced_in_the_other_process_is_there() -> None:
    assert all(hasattr(kernels, name) for name in first_compile.LARGE)
    assert hasattr(values, first_compile.SOLVER)


@pytest.mark.slow
@pytest.mark.parametrize("name", first_compile.LARGE)
def test_a_process_runs_to_its_end(name: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ladsim.runs.first_compile", name], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
