"""Finished replicates on disk, each under a name made from everything that it depends on.

A file is written beside and renamed, so that it is there whole or not at all; a second process that makes the same
replicate writes the same bytes. A file that cannot be read (cut short, not ours) counts as not there and is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow.lib import ArrowException

from ladsim.core.errors import UserError
from ladsim.results.manifest import provenance

SIMULATING = ("actors", "behavior", "core", "data", "policy", "sim", "world")
"""Rooms of the package on which what is simulated depends."""
LOOSE = ("columns.py", "population.py")
COLUMNS = ("month", "measure", "place", "nationality", "value")


@cache
def made_from() -> str:
    """Return a digest of code, data and fitted behavior: another version makes other replicates."""
    package = Path(__file__).resolve().parents[1]
    files = [p for part in SIMULATING for p in sorted((package / part).rglob("*.py"))]
    digest = hashlib.sha256()
    for file in [*files, *(package / name for name in LOOSE)]:
        digest.update(file.read_bytes())
    state = provenance()
    digest.update(json.dumps({key: state[key] for key in ("data", "behavior")}, sort_keys=True).encode())
    return digest.hexdigest()


def key_of(scenario: Mapping[str, Any], **rest: Any) -> str:
    """Return the name of a replicate.

    Args:
        scenario: what acts on which days, as plain data.
        rest: seed, scale, parameter set, changed behavior, pathways held.
    """
    text = json.dumps({"scenario": scenario, "made_from": made_from(), **rest}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Store:
    """A folder of finished replicates.

    Args:
        folder: made if it is not there.

    Raises:
        UserError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise UserError(
                f"the study cannot be kept here: {error.strerror}",
                key="results_dir",
                value=str(folder),
                expected="a folder that can be written",
            ) from None

    def file(self, key: str) -> Path:
        """Return where a replicate lies."""
        return self.folder / key[:2] / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Return whether a replicate is there and can be read."""
        return self.read(key) is not None

    def read(self, key: str) -> pd.DataFrame | None:
        """Return the monthly table of a replicate, or None where it is not there, cut short or not ours."""
        file = self.file(key)
        if not file.is_file():
            return None
        try:
            table = pd.read_parquet(file)
        except (OSError, ValueError, KeyError, ArrowException):
            return None
        sound = tuple(table.columns) == COLUMNS and not table.isna().any().any()
        return table if sound else None

    def keep(self, key: str, monthly: pd.DataFrame) -> None:
        """Write a replicate, whole or not at all."""
        file = self.file(key)
        file.parent.mkdir(exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        try:
            monthly[list(COLUMNS)].to_parquet(part, index=False)
            os.replace(part, file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UserError(
                f"a finished replicate cannot be written: {error.strerror}",
                key="results_dir",
                value=str(self.folder),
                expected="free space; what is finished is kept, and the same command goes on",
            ) from None
