"""What all tests share: kernels are compiled once for all processes, finished models are collected now and then."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from ladsim.behavior import parameters
from ladsim.core.compiled import keep_compiled_kernels
from ladsim.runs.first_compile import compile_first

# Runs of one test must not start from what another one stored; tests of stored states name a folder.
os.environ["LADSIM_CHECKPOINTS"] = "off"

# The same examples in every run, and no test that fails on a slow machine; scripts/fuzz.py looks for new ones.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.load_profile("suite")

_TESTS = itertools.count(1)
EVERY = 15
"""Tests between two collections."""
FEW_DAYS = 10
"""Days of the run-in where what is tested does not depend on it; 90 by default, which can be most of a short run."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let tests that share a run be in one process; see tests/scheduling.py."""
    from scheduling import LongestFirst

    return LongestFirst(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the large kernels before several processes would each compile them."""
    if getattr(session.config.option, "numprocesses", None):
        keep_compiled_kernels()
        compile_first()


@pytest.fixture(scope="session")
def states_of_commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of stored states for all commands of README and docs, many of which have the same reference."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "states_of_commands"


@pytest.fixture(scope="module")
def short_run_in() -> Iterator[None]:
    """Let runs of this process put people on their way for ten days only, unless a test says otherwise."""
    read = parameters.read_parameter_file

    def shortened(path: Path | None = None) -> dict[str, dict[str, Any]]:
        entries = read(path)
        return {**entries, "run_in_days": {**entries["run_in_days"], "value": float(FEW_DAYS)}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, "read_parameter_file", shortened)
        yield


@pytest.fixture(autouse=True)
def free_models() -> Iterator[None]:
    """Collect what the last tests have left behind."""
    yield
    if next(_TESTS) % EVERY == 0:
        gc.collect()
