"""`python -m ladsim task=doctor`: whether this machine can run ladsim, and what killed runs left on it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from ladsim.core.leftovers import sweep, sweep_folder
from ladsim.core.text import plain

_KEPT_FREE = 500_000_000


def health() -> list[tuple[str, bool, str]]:
    """Return a line for each thing that is looked at: what, whether it is well, and what was found."""
    from ladsim.core.paths import conf_dir, scenarios_dir
    from ladsim.results.manifest import versions

    found = versions()
    lacking = sorted(name for name, version in found.items() if version == "not installed")
    lines = [
        ("Python", sys.version_info >= (3, 11), sys.version.split()[0]),
        ("packages", not lacking, f"not installed: {', '.join(lacking)}" if lacking else f"{len(found)} found"),
        ("configuration", True, f"{conf_dir()}, {scenarios_dir()}"),
        ("cache of compiled code", *_writable(Path(os.environ["NUMBA_CACHE_DIR"]))),
        ("temporary folder", *_writable(Path(tempfile.gettempdir()))),
        ("present folder", *_writable(Path.cwd())),
        ("cores", True, str(os.cpu_count())),
    ]
    swept = sweep()
    for place in (Path("results"), *sorted(Path("results").glob("*"))):
        swept += sweep_folder(place)
    lines.append(("left by killed runs", True, f"{len(swept)} removed" if swept else "nothing"))
    return lines


def _writable(folder: Path) -> tuple[bool, str]:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return False, f"{folder}: {error.strerror or error}"
    return free > _KEPT_FREE, f"{folder}, {free / 1e9:,.1f} GB free"


def print_health() -> None:
    """Print what was found, and exit with 1 where something is not well."""
    lines = health()
    wide = max(len(name) for name, _, _ in lines)
    for name, well, text in lines:
        print(f"{'ok ' if well else 'BAD'} {name:<{wide}}  {plain(text)}")
    if not all(well for _, well, _ in lines):
        raise SystemExit(1)
