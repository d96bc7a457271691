"""Read a results folder back, as strictly as it was written."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ladsim.core.errors import UserError
from ladsim.core.limits import WRITTEN_BY_US, read_bytes, read_json
from ladsim.core.plain_yaml import read_mapping
from ladsim.results import fates, schema
from ladsim.results.folder import (
    AGAIN,
    CHANGED,
    CONFIG,
    FATES,
    INSTRUMENTS,
    MANIFEST,
    MONTHLY,
    REFERENCE,
    REFERENCE_FATES,
)
from ladsim.results.run_result import RunResult
from ladsim.results.scenario_info import ScenarioInfo


def load(folder: str | Path, *, allow_edited: bool = False) -> RunResult:
    """Return the result that lies in a results folder, with its reference if it has one.

    Args:
        folder: The folder.
        allow_edited: Take tables that were changed by hand after they were written, and folders of an earlier ladsim
            without digests; what is in them is checked all the same.

    Raises:
        UserError: No such folder, it is not (or no longer) a whole results folder, or it was changed.
    """
    return read(Path(folder), allow_edited=allow_edited)


def read(folder: Path, *, allow_edited: bool = False) -> RunResult:
    """Read a results folder; see :func:`ladsim.load`."""
    try:
        return _read(folder, allow_edited=allow_edited)
    except (OSError, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise UserError(
            f"cannot read the results: {error}", file=folder, expected="a results folder that ladsim wrote"
        ) from error


def _read(folder: Path, *, allow_edited: bool) -> RunResult:
    if not folder.is_dir():
        raise UserError("no such results folder", value=str(folder), expected="results/<scenario>/<time>")
    path = folder / MANIFEST
    try:
        manifest = read_json(path, expected="a results folder that ladsim wrote (results/<scenario>/<time>)")
    except UserError as error:
        raise UserError(f"cannot read manifest: {str(error).splitlines()[0]}", file=path, value=error.value) from error
    schema.check_manifest(manifest, path)
    if not allow_edited:
        schema.check_seal(manifest, path)
    page = _read_yaml(INSTRUMENTS, manifest, folder, allow_edited)
    config = _read_yaml(CONFIG, manifest, folder, allow_edited)
    result = _result(manifest, "scenario", folder, MONTHLY, _instruments(page), allow_edited)
    result = replace(
        result,
        config=config,
        folder=folder.absolute(),
        fates=_read_fates(FATES, manifest, folder, result.seeds, allow_edited),
        changed_fates=_read_fates(CHANGED, manifest, folder, result.seeds, allow_edited),
    )
    if manifest.get("reference"):
        instruments = _instruments(page.get("reference") or {})
        reference = _result(manifest, "reference", folder, REFERENCE, instruments, allow_edited)
        others = _read_fates(REFERENCE_FATES, manifest, folder, result.seeds, allow_edited)
        result = replace(result, reference=replace(reference, config=config, fates=others))
    return replace(result, again=_read_again(result, manifest, folder, allow_edited))


def _read_again(result: RunResult, manifest: dict[str, Any], folder: Path, allow_edited: bool) -> dict[str, RunResult]:
    """Return the replicates that were run again, by kind; none in a folder of an earlier ladsim."""
    found = {}
    for kind, seeds in (manifest.get("run_again") or {}).items():
        runs = {"scenario": result} | ({"reference": result.reference} if result.reference else {})
        parts = {}
        for role, run in runs.items():
            name = AGAIN[kind, role]
            table = _table(manifest, folder, name, run.scenario, tuple(seeds), allow_edited)
            parts[role] = replace(run, monthly=table, seeds=tuple(seeds), fates=None, changed_fates=None)
        found[kind] = replace(parts["scenario"], reference=parts.get("reference"))
    return found


def _instruments(page: Any) -> dict[str, Any]:
    held = page.get("instrument") if isinstance(page, dict) else None
    return held if isinstance(held, dict) else {}


_NOT_KEPT = ("scenario", "reference", "seeds", "scale", "run_again", "rows", "format", "digests", "digest")


def _result(
    manifest: dict[str, Any],
    role: str,
    folder: Path,
    name: str,
    instruments: dict[str, Any],
    allow_edited: bool,
) -> RunResult:
    info = ScenarioInfo.from_plain(manifest[role])
    seeds, scale = tuple(manifest["seeds"]), manifest["scale"]
    table = _table(manifest, folder, name, info, seeds, allow_edited)
    kept = {k: v for k, v in manifest.items() if k not in _NOT_KEPT}
    return RunResult(info, table, seeds, scale, manifest=kept, instruments=instruments)


def _table(
    manifest: dict[str, Any],
    folder: Path,
    name: str,
    info: ScenarioInfo,
    seeds: tuple[int, ...],
    allow_edited: bool,
) -> pd.DataFrame:
    rows = manifest["rows"].get(name)
    if rows is None:
        raise UserError("manifest is not whole", file=folder / MANIFEST, key=f"rows.{name}", expected="its rows")
    data = read_bytes(folder / name)
    if not allow_edited:
        schema.check_digest(name, data, manifest, folder)
    table = schema.read_arrow(folder / name, None if allow_edited else rows, data)
    schema.check_table(table, info, seeds, folder / name)
    found: pd.DataFrame = schema.as_pandas(table)
    return found


def _read_yaml(name: str, manifest: dict[str, Any], folder: Path, allow_edited: bool) -> dict[str, Any]:
    path = folder / name
    if not allow_edited and path.is_file():
        schema.check_digest(name, read_bytes(path), manifest, folder)
    return read_mapping(path, "a whole results folder", limits=WRITTEN_BY_US)


def _read_fates(
    name: str, manifest: dict[str, Any], folder: Path, seeds: tuple[int, ...], allow_edited: bool
) -> pd.DataFrame | None:
    path = folder / name
    if name not in manifest["digests"]:
        return None
    data = read_bytes(path)
    if not allow_edited:
        schema.check_digest(name, data, manifest, folder)
    schema.check_size(pq.ParquetFile(pa.BufferReader(data)).metadata, path)
    table = pd.read_parquet(io.BytesIO(data), engine="pyarrow")
    fates.check(table, seeds, path)
    return table
