"""`python -m ladsim task=doctor`: whether this machine can run ladsim, what killed runs left on it, and what to do."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from ladsim.core.leftovers import sweep, sweep_folder
from ladsim.core.text import one_line, plain
from ladsim.core.version import __version__

_KEPT_FREE = 500_000_000
_TRIED, _DAYS, _SCALE = "history", 30, 20_000
"""The tiny run: its scenario, how many of its days, and persons per agent."""


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: what it is.
        well: whether it is well.
        text: what was found.
        advice: what to do where it is not well.
    """

    what: str
    well: bool
    text: str
    advice: str = ""


def health() -> Iterator[Finding]:
    """Yield what was found of each thing that is looked at; the tiny run comes last."""
    from ladsim.core.paths import conf_dir, scenarios_dir
    from ladsim.policy.library import load_instruments
    from ladsim.policy.scenario import list_scenarios
    from ladsim.results.manifest import provenance

    state = provenance()
    packages = state["versions"]
    lacking = sorted(name for name, version in packages.items() if version == "not installed")
    yield Finding("ladsim", True, __version__ + (f", commit {state['git']['commit'][:10]}" if state["git"] else ""))
    old = "install Python 3.11 or later, and ladsim in it: make PYTHON=python3.12"
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0], old)
    there = ", ".join(f"{name} {version}" for name, version in packages.items() if name not in lacking)
    gone = f"not installed: {', '.join(lacking)}"
    yield Finding("packages", not lacking, gone if lacking else there, "python -m pip install -r requirements.lock")
    yield Finding("data", True, f"{len(state['data'])} files of ladsim {__version__}")
    yield Finding("instruments", True, f"{len(load_instruments())} in {conf_dir()}")
    yield Finding("scenarios", True, f"{len(list_scenarios())} in {scenarios_dir()}")
    for what, folder, advice in (
        ("cache of compiled code", Path(os.environ["NUMBA_CACHE_DIR"]), "name a folder of yours in XDG_CACHE_HOME"),
        ("temporary folder", Path(tempfile.gettempdir()), "name a folder that can be written in TMPDIR"),
        ("results go to", _results(), "change to a folder of yours, or give results_dir=FOLDER"),
    ):
        yield Finding(what, *_writable(folder), f"{advice}; free at least {_KEPT_FREE / 1e9:.1f} GB")
    yield Finding("cores", True, str(os.cpu_count()))
    swept = sweep()
    for place in (Path("results"), *sorted(Path("results").glob("*"))):
        swept += sweep_folder(place)
    yield Finding("left by killed runs", True, f"{len(swept)} removed" if swept else "nothing")
    yield _tiny_run()


def _results() -> Path:
    """Return the folder that results go to, or the present one where it is not made yet."""
    folder = Path("results").absolute()
    return folder if folder.is_dir() else folder.parent


def _tiny_run() -> Finding:
    from ladsim.policy.scenario import load_scenario
    from ladsim.runs import ensemble
    from ladsim.runs.options import RunOptions

    begun = time.monotonic()
    try:
        first = load_scenario(_TRIED).start
        asked = {"start": first, "end": first + timedelta(days=_DAYS), "scale": _SCALE, "seeds": 1, "workers": 1}
        options = RunOptions.checked(
            scenario=_TRIED, reference=False, checkpoints="off", parameter_sets=1, progress=False, **asked
        )
        rows = len(ensemble.run_options(options).monthly)
    except Exception as error:
        advice = "if the lines above are ok, report this message with the whole output"
        return Finding("a tiny run", False, one_line(f"{type(error).__name__}: {error}"), advice)
    return Finding(
        "a tiny run",
        True,
        f"{_TRIED}, {_DAYS} days: {rows} rows in {time.monotonic() - begun:.0f} s (the first compiles)",
    )


def _writable(folder: Path) -> tuple[bool, str]:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return False, f"{folder}: {error.strerror or error}"
    return free > _KEPT_FREE, f"{folder}, {free / 1e9:,.1f} GB free"


def print_health() -> None:
    """Print each thing as it is found, with what to do, and exit with 1 where something is not well."""
    wide, all_well = len("cache of compiled code"), True
    for found in health():
        print(f"{'ok ' if found.well else 'BAD'} {found.what:<{wide}}  {plain(found.text)}", flush=True)
        if not found.well:
            print(f"    {'':<{wide}}  {plain(found.advice)}", flush=True)
        all_well = all_well and found.well
    if not all_well:
        raise SystemExit(1)
