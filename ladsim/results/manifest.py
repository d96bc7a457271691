"""Where a result comes from: versions, platform, git state, and hashes of the data and instruments that it used."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ladsim.core.version import __version__

PACKAGES = (
    "mesa",
    "numpy",
    "numba",
    "scipy",
    "networkx",
    "pandas",
    "pyarrow",
    "matplotlib",
    "hydra-core",
    "omegaconf",
    "joblib",
    "pydantic",
    "rich",
    "PyYAML",
)
_GIT_SECONDS = 5
_BEHAVIOR = ("*.yaml", "*.csv", "*.json")
SIMULATING = ("actors", "behavior", "core", "data", "policy", "sim", "world")
"""Rooms of the package on which what is simulated depends."""
LOOSE = ("columns.py", "population.py")


def versions() -> dict[str, str]:
    """Return package -> version of ladsim and of everything that it computes with."""
    found = {"ladsim": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(root: Path, patterns: Iterable[str] = ("*.csv", "*.json", "*.yaml")) -> dict[str, str]:
    """Return relative path -> SHA-256 of the files below a folder that match, in order of path."""
    files = {p for pattern in patterns for p in root.rglob(pattern) if p.is_file()}
    return {p.relative_to(root).as_posix(): sha256(p) for p in sorted(files)}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and whether files were changed since, or None where there is no git repository."""
    try:
        inside = _git(folder, "rev-parse", "--show-toplevel")
        commit = _git(folder, "rev-parse", "HEAD")
        changed = bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None
    # A wheel installed below somebody else's repository does not belong to it.
    if not (Path(inside) / "ladsim" / "core" / "schema.py").is_file():
        return None
    return {"commit": commit, "changed": changed}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=_GIT_SECONDS
    )
    return done.stdout.strip()


def provenance(world: str | Path | None = None) -> dict[str, Any]:
    """Return what the manifest says about program, machine and inputs, apart from the run itself.

    Args:
        world: folder of a world of the user's own, or None.
    """
    from ladsim.core.paths import PACKAGE, conf_dir, scenarios_dir

    package = PACKAGE
    own = (
        {}
        if world is None
        else {"world": {"folder": str(world), "files": hashes(Path(world), ("*.csv", "*.yaml", "*.yml"))}}
    )
    return {
        "versions": versions(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "machine": platform.machine(),
        "git": git_state(package),
        "data": hashes(package / "data"),
        "instruments": hashes(conf_dir() / "instrument", ("*.yaml",)),
        "behavior": hashes(conf_dir() / "behavior", _BEHAVIOR),
        "scenarios": hashes(scenarios_dir(), ("*.yaml",)),
        **own,
    }


@cache
def made_from() -> str:
    """Return a digest of code, data and fitted behavior: another version makes other replicates."""
    from ladsim.core.paths import PACKAGE, conf_dir

    package = PACKAGE
    files = [p for part in SIMULATING for p in sorted((package / part).rglob("*.py"))]
    digest = hashlib.sha256()
    for file in [*files, *(package / name for name in LOOSE)]:
        digest.update(file.read_bytes())
    state = {"data": hashes(package / "data"), "behavior": hashes(conf_dir() / "behavior", _BEHAVIOR)}
    digest.update(json.dumps(state, sort_keys=True).encode())
    return digest.hexdigest()
