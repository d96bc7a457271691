"""Finished replicates on disk, each under a name made from everything that it depends on.

A file is written beside and renamed, so that it is there whole or not at all; a second process that makes the same
replicate writes the same bytes. Each page of a file carries a checksum, and the file the name under which it was kept:
one that is cut short, damaged, or was put under another name counts as not there and is made anew.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ladsim.core.errors import UserError
from ladsim.core.leftovers import sweep_folder
from ladsim.results.manifest import made_from
from ladsim.studies.saved import put

COLUMNS = ("month", "measure", "place", "nationality", "value")
_NAME = b"ladsim.replicate"
"""Key of a file's metadata under which its name stands."""


def key_of(scenario: str, **rest: Any) -> str:
    """Return the name of a replicate.

    Args:
        scenario: digest of what acts on which days.
        rest: seed, scale, parameter set, changed behavior, pathways held.
    """
    text = json.dumps({"scenario": scenario, "made_from": made_from(), **rest}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Store:
    """A folder of finished replicates.

    Args:
        folder: made if it is not there.
        write: False for a folder that is only read.

    Raises:
        UserError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, write: bool = True) -> None:
        self.folder = folder
        if not write:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise UserError(
                f"the study cannot be kept here: {error.strerror}",
                key="results_dir",
                value=str(folder),
                expected="a folder that can be written",
            ) from None

    def sweep(self) -> None:
        """Remove what killed processes left half-written, and names that nobody holds."""
        for folder in self.folder.glob("??"):
            sweep_folder(folder)
        for file in self.folder.glob("*.claim"):
            with self.claimed(file.stem, wait=False):
                pass

    def names(self) -> list[str]:
        """Return the names of the replicates that are there."""
        return sorted(file.stem for file in self.folder.glob("??/*.parquet"))

    def file(self, key: str) -> Path:
        """Return where a replicate lies."""
        return self.folder / key[:2] / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Return whether a replicate is there and can be read."""
        return self.read(key) is not None

    def read(self, key: str) -> pd.DataFrame | None:
        """Return the monthly table of a replicate, or None where it is not there, not whole, or another's."""
        file = self.file(key)
        if not file.is_file():
            return None
        try:
            held = pq.read_table(file, page_checksum_verification=True)
            named = (held.schema.metadata or {}).get(_NAME)
            table: pd.DataFrame = held.to_pandas()
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        sound = named == key.encode() and tuple(table.columns) == COLUMNS and not table.isna().any().any()
        return table if sound else None

    def keep(self, key: str, monthly: pd.DataFrame) -> None:
        """Write a replicate, whole or not at all.

        Raises:
            UserError: it cannot be written, for want of space say.
        """
        made = pa.Table.from_pandas(monthly[list(COLUMNS)], preserve_index=False)
        made = made.replace_schema_metadata({**(made.schema.metadata or {}), _NAME: key.encode()})
        file = self.file(key)
        try:
            file.parent.mkdir(exist_ok=True)
            put(file, lambda part: pq.write_table(made, part, write_page_checksum=True))
        except OSError as error:
            raise UserError(
                f"a finished replicate cannot be written: {error.strerror or error}",
                key="results_dir",
                value=str(self.folder),
                expected="free space; what is finished is kept, and the same command goes on",
            ) from None

    @contextmanager
    def claimed(self, name: str, *, wait: bool) -> Iterator[bool]:
        """Hold a name among all processes that use this folder, and yield whether it is held.

        A process that dies lets go of it. Where the file system knows no locks, everybody holds everything: two
        processes then do the same work, and write the same bytes.

        Args:
            name: what is held.
            wait: wait until it is free; otherwise yield False where it is not.
        """
        file = self.folder / f"{name}.claim"
        try:
            stream = _locked(file, wait=wait)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            if stream is not None:
                with suppress(OSError):
                    file.unlink(missing_ok=True)
                stream.close()


def _locked(file: Path, *, wait: bool) -> IO[bytes] | None:
    """Return the open file that holds a lock, or None where there are no locks.

    Raises:
        BlockingIOError: another process holds it, and nobody wants to wait.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        stream = file.open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        raise
    except OSError:
        stream.close()
        return None
    except BaseException:
        stream.close()
        raise
    return stream
