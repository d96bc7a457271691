"""The results folder, written whole or not at all; results/reading.py reads it back as strictly.

Everything is written to a hidden folder beside the target, which one rename puts in place. An error or Ctrl-C before
that removes the hidden folder; there is no moment at which a half-written results folder bears its name. Figures are
drawn after the tables are in place, so that nothing that happens to a figure can lose a finished run.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ladsim.core.errors import UserError
from ladsim.core.hooks import hook
from ladsim.core.leftovers import owned_prefix, sweep_folder
from ladsim.core.text import file_name, one_line
from ladsim.results import fates, schema, variance
from ladsim.results.run_result import RunResult

MONTHLY = "monthly.parquet"
REFERENCE = "reference_monthly.parquet"
SUMMARY = "summary.csv"
COMPARISON = "comparison.csv"
HEADLINE = "headline.csv"
BY_PLACE = "by_nationality_and_place.csv"
FATES = "fates.parquet"
REFERENCE_FATES = "reference_fates.parquet"
CHANGED = "changed_fates.parquet"
AGAIN = {
    (kind, role): f"again_{kind}{'' if role == 'scenario' else '_reference'}.parquet"
    for kind in (variance.TERMS, variance.CHANCE)
    for role in ("scenario", "reference")
}
"""Files of the replicates that were run again, by kind and role."""
FATES_TABLE = "fates.csv"
CHANGED_TABLE = "fates_changed.csv"
MANIFEST = "manifest.json"
CONFIG = "config.yaml"
INSTRUMENTS = "scenario.yaml"
FIGURES = "figures"
REPORT = "report.html"

READ_BACK = (MONTHLY, REFERENCE, FATES, REFERENCE_FATES, CHANGED, CONFIG, INSTRUMENTS, *AGAIN.values())
"""Files that results/reading.py reads; the manifest holds a digest of each."""
_NOT_BY_PLACE = ("passages",)
"""Measures with hundreds of places, which stand in the monthly table alone."""
_DECIMALS = "%.6g"
_TRIES = 1000


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Yield a hidden folder to fill; at the end it becomes `target`, after an error it is gone.

    Raises:
        UserError: The target exists and is not an empty folder, or cannot be written.
    """
    target = _absolute(target)
    check_writable(target.parent, key="folder")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError("results folder exists already", key="folder", value=str(target), expected="a new folder")
    with _hidden(target) as hidden:
        yield hidden
        # A rename onto a folder that is not empty fails, so that nothing is ever replaced.
        hidden.rename(target)


@contextmanager
def _hidden(target: Path) -> Iterator[Path]:
    """Yield a hidden folder beside a target; what is still there after an error is removed."""
    made = _make_parents(target.parent)
    sweep_folder(target.parent)
    hidden = Path(tempfile.mkdtemp(prefix=owned_prefix(target.name[:80]), dir=target.parent))
    try:
        hidden.chmod(0o777 & ~_umask())
        yield hidden
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        for parent in reversed(made):
            _remove_if_empty(parent)
        raise


def _absolute(folder: Path) -> Path:
    try:
        return folder.absolute()
    except OSError as error:
        raise UserError(f"the current folder is gone: {error.strerror}", key="folder", value=str(folder)) from None


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
    expected = "a folder that can be written"
    try:
        folder = _absolute(folder)
        for part in folder.parts:
            if len(os.fsencode(part)) > _LONGEST_NAME:
                raise UserError("a name is too long", key=key, value=part, expected=f"at most {_LONGEST_NAME} bytes")
        nearest = next(p for p in (folder, *folder.parents) if p.exists() or p.is_symlink())
        if not nearest.is_dir():
            raise UserError("not a folder", key=key, value=str(nearest), expected=expected)
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"folder cannot be written: {reason}", key=key, value=str(folder), expected=expected) from None


_LONGEST_NAME = 255


def new_folders(results: Path, scenario: str, moment: datetime, values: str = "") -> Iterator[Path]:
    """Yield results/<scenario>/<YYYY-mm-ddTHHMMSS>, with the values of a sweep and then a number behind it.

    Args:
        results: Where results go.
        scenario: The scenario's name.
        moment: When the run was begun.
        values: What tells a job of a sweep from the others, such as ``removals_per_day=40``.
    """
    stem = moment.strftime("%Y-%m-%dT%H%M%S") + (f" {values}" if values else "")
    stem, place = file_name(stem, 120), results / file_name(scenario)
    yield place / stem
    for n in range(2, _TRIES):
        yield place / f"{stem}-{n}"
    raise UserError("no free name for the results", key="folder", value=str(place / stem), expected="a new folder")


def new_folder(results: Path, scenario: str, moment: datetime, values: str = "") -> Path:
    """Return the first name of :func:`new_folders` that is free."""
    return next(f for f in new_folders(results, scenario, moment, values) if not f.exists())


def write_new(result: RunResult, results: Path, moment: datetime, *, kind: str | None = None, values: str = "") -> Path:
    """Write a result's tables to a new folder below `results`, whatever else is written there at the same time.

    Args:
        result: The result.
        results: Where results go.
        moment: When the run was begun.
        kind: The folder below `results`; the scenario's name by default.
        values: What tells a job of a sweep from the others.

    Returns:
        The folder, one of :func:`new_folders`.
    """
    names = (_absolute(f) for f in new_folders(results, kind or result.scenario.name, moment, values))
    target = next(names)
    check_writable(target.parent, key="results_dir")
    try:
        with _hidden(target) as hidden:
            _fill(result, hidden)
            # Of two processes that want one name, the second finds it taken and tries the next.
            while target.exists() or not _renamed(hidden, target):
                target = next(names)
            return target
    except OSError as error:
        raise UserError(f"results cannot be written: {error}", key="folder", value=str(results)) from error


def _renamed(folder: Path, target: Path) -> bool:
    try:
        folder.rename(target)
    except OSError:
        if target.exists():
            return False
        raise
    return True


def write(result: RunResult, target: Path, *, figures: bool = True, workers: int = 1) -> Path:
    """Write a result to a folder; see :meth:`ladsim.RunResult.save`."""
    try:
        with whole(target) as folder:
            _fill(result, folder)
    except OSError as error:
        raise UserError(f"results cannot be written: {error}", key="folder", value=str(target)) from error
    if figures:
        for text in draw(result, target, workers=workers):
            warnings.warn(text, stacklevel=3)
    return _absolute(target)


def draw(result: RunResult, folder: Path, *, workers: int = 1) -> list[str]:
    """Draw the figures of a results folder that is in place already, and write its report; return what went wrong."""
    hidden = Path(tempfile.mkdtemp(prefix=owned_prefix(FIGURES), dir=folder))
    try:
        failed: Sequence[str] = hook("result.figures")(result, hidden / FIGURES, workers)
        if any((hidden / FIGURES).iterdir()):
            (hidden / FIGURES).rename(folder / FIGURES)
        return [*failed, *_report(result, folder)]
    except Exception as error:
        return [f"the figures could not be drawn: {one_line(error)}"]
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _report(result: RunResult, folder: Path) -> list[str]:
    try:
        hook("result.report")(replace(result, folder=folder), folder / REPORT)
    except Exception as error:
        return [f"the report could not be written: {one_line(error)}"]
    return []


def _fill(result: RunResult, folder: Path) -> None:
    tables = {MONTHLY: result}
    if result.reference is not None:
        tables[REFERENCE] = result.reference
    for kind, run in result.again.items():
        tables[AGAIN[kind, "scenario"]] = run
        if run.reference is not None:
            tables[AGAIN[kind, "reference"]] = run.reference
    for name, run in tables.items():
        made = schema.as_arrow(run.monthly, folder / name)
        schema.check_table(made, run.scenario, run.seeds, folder / name)
        _write_table(run.monthly, folder / name)
    _write_fates(result, folder)
    _write_yaml(result.config, folder / CONFIG)
    _write_yaml(_scenario_page(result), folder / INSTRUMENTS)
    digests = {n: schema.digest((folder / n).read_bytes()) for n in READ_BACK if (folder / n).exists()}
    manifest = json.loads(json.dumps(schema.sealed(_manifest(result) | {"digests": digests})))
    schema.check_manifest(manifest, folder / MANIFEST)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    _write_csv(result.summary(), folder / SUMMARY)
    _write_csv(by_place(result), folder / BY_PLACE)
    _write_csv(hook("result.headline")(result), folder / HEADLINE)
    if result.reference is not None:
        _write_csv(comparison(result), folder / COMPARISON)


def by_place(result: RunResult) -> pd.DataFrame:
    """Return means and intervals by place and nationality, by year and for the whole period, without passages."""
    table = result.summary(by=("place", "nationality"))
    return table[~table["measure"].isin(_NOT_BY_PLACE)]


def comparison(result: RunResult) -> pd.DataFrame:
    """Return the paired differences by measure: months, years, and the whole period, one below the other."""
    parts = [result.compare(freq=freq).assign(frequency=freq) for freq in ("all", "Y", "M")]
    return pd.concat(parts, ignore_index=True)


def _manifest(result: RunResult) -> dict[str, Any]:
    reference = result.reference
    files = {MONTHLY: len(result.monthly)} | ({REFERENCE: len(reference.monthly)} if reference else {})
    for kind, run in result.again.items():
        files[AGAIN[kind, "scenario"]] = len(run.monthly)
        if run.reference is not None:
            files[AGAIN[kind, "reference"]] = len(run.reference.monthly)
    return {
        **result.manifest,
        "format": schema.FORMAT,
        "scenario": asdict(result.scenario),
        "reference": asdict(reference.scenario) if reference else None,
        "seeds": list(result.seeds),
        "scale": result.scale,
        "run_again": {kind: list(run.seeds) for kind, run in result.again.items()},
        "rows": files,
    }


def _scenario_page(result: RunResult) -> dict[str, Any]:
    page: dict[str, Any] = {"scenario": asdict(result.scenario), "instrument": result.instruments}
    if result.reference is not None:
        other = result.reference
        page["reference"] = {"scenario": asdict(other.scenario), "instrument": other.instruments}
    return page


def _write_fates(result: RunResult, folder: Path) -> None:
    other = result.reference
    for name, table in (
        (FATES, result.fates),
        (REFERENCE_FATES, other.fates if other is not None else None),
        (CHANGED, result.changed_fates),
    ):
        if table is not None:
            fates.check(table, result.seeds, folder / name)
            _write_table(table, folder / name)
    if result.fates is not None:
        _write_csv(fates.shares(result.fates, by=("year", "nationality")), folder / FATES_TABLE)
    if result.changed_fates is not None:
        _write_csv(fates.changes(result.changed_fates, by=("nationality",)), folder / CHANGED_TABLE)


def _write_table(table: pd.DataFrame, path: Path) -> None:
    # By a file of Python's own, which takes every name that the system takes; Arrow's takes UTF-8 alone.
    with path.open("wb") as file:
        table.to_parquet(file, engine="pyarrow", compression="zstd", index=False)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format=_DECIMALS, lineterminator="\n")


def _write_yaml(value: Any, path: Path) -> None:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the fast one where it is there
    text = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8")
