"""The first run of a version on a machine: its two large kernels compiled at the same time, in two processes.

python -m ladsim.runs.first_compile arrive        # what one of the two does

Compiled code lies in the user's cache; later runs find it. Where a process fails, the run compiles what it lacks.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

LARGE = ("arrive", "decide")
"""The two kernels that call nearly all others."""
SOLVER = "solve_classes"
"""What the first of the two compiles besides."""
_COARSE = 2000
"""Persons per agent: what is compiled does not depend on it."""
_DAYS = 2


def lacking() -> list[str]:
    """Return the large kernels of which the cache holds no compiled code; none where Numba is told not to compile."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if not folder or os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return []
    with suppress(OSError):
        return [name for name in LARGE if not any(Path(folder).rglob(f"kernels.{name}-*.nbc"))]
    return []


def compile_first(say: Callable[[str], None] | None = None) -> float:
    """Compile the large kernels if they are not there, and return the seconds that it took.

    Args:
        say: takes a line on what is compiled, and one on how long it took; standard error when left out.
    """
    names = lacking()
    if not names:
        return 0.0
    say = say or _to_terminal
    say(
        f"ladsim: compiling for this machine, once for this version: {' and '.join(names)}, at the same time; "
        "half a minute to two minutes"
    )
    begun = time.monotonic()
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started: list[subprocess.Popen[bytes]] = []
    try:
        command = [sys.executable, "-m", "ladsim.runs.first_compile"]
        started.extend(subprocess.Popen([*command, name], **quiet) for name in names)
        for process in started:
            process.wait()
    except OSError:
        return 0.0  # no process can be started here: the run compiles by itself
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
    seconds = time.monotonic() - begun
    say(f"ladsim: compiled in {seconds:.0f} s")
    return seconds


def _to_terminal(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def compile_one(name: str) -> None:
    """Simulate a day or two, coarsely, in which no other large kernel is called; nothing of it is kept but the code."""
    from ladsim.behavior import kernels, values
    from ladsim.policy.scenario import list_scenarios, load_scenario
    from ladsim.sim.model import LadModel

    for other in LARGE:
        if other != name:
            setattr(kernels, other, lambda *given: None)
    if name != LARGE[0]:
        setattr(values, SOLVER, lambda *given: 0.0)
    filed = load_scenario(list_scenarios()[0]["name"])
    last = filed.start + timedelta(days=_DAYS - 1)
    scenario = load_scenario(filed.name, end=last)
    LadModel(scenario, seed=1, scale=_COARSE, parameters={"run_in_days": 1}, follow_fates=False).run()


if __name__ == "__main__":
    compile_one(sys.argv[1])
