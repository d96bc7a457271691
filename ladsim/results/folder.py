"""The results folder: written whole or not at all, and read back.

Everything is written to a hidden folder beside the target, which one rename puts in place. An error or Ctrl-C before
that removes the hidden folder; there is no moment at which a half-written results folder bears its name.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ladsim.core.errors import UserError
from ladsim.core.hooks import hook
from ladsim.results.run_result import COLUMNS, RunResult, ScenarioInfo

MONTHLY = "monthly.parquet"
REFERENCE = "reference_monthly.parquet"
SUMMARY = "summary.csv"
COMPARISON = "comparison.csv"
MANIFEST = "manifest.json"
CONFIG = "config.yaml"
INSTRUMENTS = "scenario.yaml"
FIGURES = "figures"

_DECIMALS = "%.6g"


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Yield a hidden folder to fill; at the end it becomes `target`, after an error it is gone.

    Raises:
        UserError: The target exists and is not an empty folder, or cannot be written.
    """
    target = target.absolute()
    check_writable(target.parent, key="folder")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError("results folder exists already", key="folder", value=str(target), expected="a new folder")
    made = _make_parents(target.parent)
    hidden = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield hidden
        hidden.chmod(0o777 & ~_umask())
        os.replace(hidden, target)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        for parent in reversed(made):
            _remove_if_empty(parent)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _make_parents(folder: Path) -> list[Path]:
    missing = [p for p in (folder, *folder.parents) if not p.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def check_writable(folder: Path, *, key: str) -> None:
    """Raise a UserError when a folder could not be made or written in; makes nothing."""
    folder = folder.absolute()
    nearest = next(p for p in (folder, *folder.parents) if p.exists() or p.is_symlink())
    if not nearest.is_dir():
        raise UserError("not a folder", key=key, value=str(nearest), expected="a folder that can be written")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"folder cannot be written: {reason}", key=key, value=str(nearest), expected="a folder that can be written"
        ) from None


def new_folder(results: Path, scenario: str, moment: datetime) -> Path:
    """Return results/<scenario>/<YYYY-mm-ddTHHMMSS>, with a number behind it where that exists already."""
    stem = moment.strftime("%Y-%m-%dT%H%M%S")
    folder, n = results / scenario / stem, 1
    while folder.exists():
        n += 1
        folder = results / scenario / f"{stem}-{n}"
    return folder


def write(result: RunResult, target: Path, *, figures: bool = True, workers: int = 1) -> Path:
    """Write a result to a folder; see :meth:`ladsim.RunResult.save`."""
    try:
        return _write(result, target, figures=figures, workers=workers)
    except OSError as error:
        raise UserError(f"results cannot be written: {error}", key="folder", value=str(target)) from error


def _write(result: RunResult, target: Path, *, figures: bool, workers: int) -> Path:
    with whole(target) as folder:
        _write_table(result.monthly, folder / MONTHLY)
        _write_csv(result.summary(), folder / SUMMARY)
        if result.reference is not None:
            _write_table(result.reference.monthly, folder / REFERENCE)
            _write_csv(comparison(result), folder / COMPARISON)
        _write_yaml(result.config, folder / CONFIG)
        _write_yaml(_scenario_page(result), folder / INSTRUMENTS)
        (folder / MANIFEST).write_text(json.dumps(_manifest(result), indent=2) + "\n", encoding="utf-8")
        if figures:
            hook("result.figures")(result, folder / FIGURES, workers)
    return target.absolute()


def comparison(result: RunResult) -> pd.DataFrame:
    """Return the paired differences by measure: months, years, and the whole period, one below the other."""
    parts = [result.compare(freq=freq).assign(frequency=freq) for freq in ("all", "Y", "M")]
    return pd.concat(parts, ignore_index=True)


def _manifest(result: RunResult) -> dict[str, Any]:
    reference = result.reference
    files = {MONTHLY: len(result.monthly)} | ({REFERENCE: len(reference.monthly)} if reference else {})
    return {
        **result.manifest,
        "scenario": asdict(result.scenario),
        "reference": asdict(reference.scenario) if reference else None,
        "seeds": list(result.seeds),
        "scale": result.scale,
        "rows": files,
    }


def _scenario_page(result: RunResult) -> dict[str, Any]:
    page: dict[str, Any] = {"scenario": asdict(result.scenario), "instrument": result.instruments}
    if result.reference is not None:
        other = result.reference
        page["reference"] = {"scenario": asdict(other.scenario), "instrument": other.instruments}
    return page


def _write_table(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, engine="pyarrow", compression="zstd", index=False)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format=_DECIMALS, lineterminator="\n")


def _write_yaml(value: Any, path: Path) -> None:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the fast one where it is there
    text = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8")


def load(folder: str | Path) -> RunResult:
    """Return the result that lies in a results folder, with its reference if it has one.

    Raises:
        UserError: No such folder, or it is not (or no longer) a whole results folder.
    """
    return read(Path(folder))


def read(folder: Path) -> RunResult:
    """Read a results folder; see :func:`ladsim.load`."""
    if not folder.is_dir():
        raise UserError("no such results folder", value=str(folder), expected="results/<scenario>/<time>")
    manifest = _read_manifest(folder)
    page = _read_yaml(folder / INSTRUMENTS)
    result = _result(manifest, "scenario", folder, MONTHLY, page.get("instrument") or {})
    result = replace(result, config=_read_yaml(folder / CONFIG), folder=folder.absolute())
    if manifest.get("reference"):
        instruments = (page.get("reference") or {}).get("instrument") or {}
        result = replace(result, reference=_result(manifest, "reference", folder, REFERENCE, instruments))
    return result


def _result(manifest: dict[str, Any], role: str, folder: Path, name: str, instruments: dict[str, Any]) -> RunResult:
    try:
        info = ScenarioInfo(**manifest[role])
        seeds, scale = tuple(int(s) for s in manifest["seeds"]), int(manifest["scale"])
        rows = int(manifest["rows"][name])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"manifest is not whole ({error})", file=folder / MANIFEST) from error
    monthly = _read_table(folder / name)
    if len(monthly) != rows:
        raise UserError("table is not whole", file=folder / name, value=len(monthly), expected=f"{rows} rows")
    kept = {k: v for k, v in manifest.items() if k not in ("scenario", "reference", "seeds", "scale", "rows")}
    return RunResult(info, monthly, seeds, scale, manifest=kept, instruments=instruments)


def _read_table(path: Path) -> pd.DataFrame:
    from ladsim.results.run_result import _typed

    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read table: {error}", file=path, expected="a whole parquet file") from error
    if list(table.columns) != list(COLUMNS):
        raise UserError("table has other columns", file=path, value=list(table.columns), expected=", ".join(COLUMNS))
    return _typed(table)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        expected = "a results folder that ladsim wrote (results/<scenario>/<time>)"
        raise UserError(f"cannot read manifest: {error}", file=path, expected=expected) from error
    if not isinstance(manifest, dict):
        raise UserError("manifest is not a mapping", file=path)
    return manifest


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"cannot read: {error}", file=path, expected="a whole results folder") from error
    return loaded if isinstance(loaded, dict) else {}
