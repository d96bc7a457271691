"""Tables of a study on disk, each there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.leftovers import owned_prefix, sweep_folder

_TRIES = 2


def save(
    folder: Path, tables: Mapping[str, pd.DataFrame], *, parquet: Mapping[str, pd.DataFrame] | None = None
) -> Path:
    """Write tables into a folder and return it; several processes may do so at once.

    Args:
        folder: made if it is not there.
        tables: by name; each becomes a CSV file.
        parquet: by name; each becomes a Parquet file.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep_folder(folder)
        for name, table in tables.items():
            put(folder / f"{name}.csv", partial(_write, table))
        for name, table in (parquet or {}).items():
            put(folder / f"{name}.parquet", partial(_write, table))
    except OSError as error:
        raise UserError(
            f"tables cannot be written: {error.strerror or error}",
            key="results_dir",
            value=str(folder),
            expected="a folder that can be written, with free space; the same command goes on",
        ) from None
    return folder


def put(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file, whole or not at all: in a hidden folder beside it, from which it is renamed.

    What a killed process leaves of it is such a folder, which `sweep_folder` removes.

    Args:
        file: where it goes; its folder is there.
        write: called with the path at which to write.

    Raises:
        OSError: it cannot be written.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with tempfile.TemporaryDirectory(prefix=owned_prefix(file.stem), dir=file.parent) as hidden:
                part = Path(hidden) / file.name
                write(part)
                os.replace(part, file)
            return
        except FileNotFoundError:
            # Another machine of the same name took the folder for a dead process's.
            if attempt == _TRIES:
                raise


def _write(table: pd.DataFrame, file: Path) -> None:
    if file.suffix == ".csv":
        table.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
    else:
        _of_one_type(table).to_parquet(file, index=False)


def _of_one_type(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of several types (numbers and text, say) are text."""
    mixed = [c for c in table.columns if pd.api.types.infer_dtype(table[c], skipna=True).startswith("mixed")]
    return table.assign(**{c: table[c].map(lambda v: None if v is None else str(v)) for c in mixed})
