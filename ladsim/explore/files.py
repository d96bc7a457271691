"""What can be fetched of a run on the live page: its scenario as a file of one's own, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ladsim.core.paths import scenarios_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.explore.details import table
from ladsim.results.run_result import RunResult
from ladsim.runs.options import split_overrides

TABLE, WORKBOOK = "table.csv", "tables.xlsx"


def scenario_file(asked: Mapping[str, Any]) -> str:
    """Return what a page asks for as a scenario file, which ``python -m ladsim scenario=FILE`` runs.

    Args:
        asked: scenario, changes, include, exclude, reference, as checked by the server.
    """
    base = read_mapping(scenarios_dir() / f"{asked['scenario']}.yaml", "scenario")
    told: dict[str, Any] = dict(base["scenario"])
    if isinstance(asked.get("reference"), str):
        told["reference"] = asked["reference"]
    told["name"] = f"{told['name']}_changed"
    told["title"] = f"{told['title']}, as changed on the live page"
    for key in ("include", "exclude"):
        both = [*(told.get(key) or []), *(asked.get(key) or [])]
        if both:
            told[key] = list(dict.fromkeys(both))
    instruments: dict[str, Any] = {name: dict(change) for name, change in (base.get("instrument") or {}).items()}
    changes, behavior = split_overrides(asked.get("changes") or {})
    for name, change in changes.items():
        held = instruments.setdefault(name, {})
        for key, value in change.items():
            both_are_maps = isinstance(value, Mapping) and isinstance(held.get(key), Mapping)
            held[key] = {**held[key], **value} if both_are_maps else value
    out: dict[str, Any] = {"scenario": told}
    if instruments:
        out["instrument"] = _dated(instruments)
    text = "# @package _global_\n" + yaml.safe_dump(out, sort_keys=False, allow_unicode=True, width=110)
    return text + "".join(f"# run it with behavior.{name}={value:g}\n" for name, value in behavior.items())


def _dated(value: Any) -> Any:
    """Return nested values with days in place of their texts."""
    if isinstance(value, Mapping):
        return {_dated(k): _dated(v) for k, v in value.items()}
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def write_tables(result: RunResult, folder: Path) -> None:
    """Write the months of both worlds as CSV, and the workbook for Excel where openpyxl is installed.

    The workbook is named last, so that a folder that has it is whole.
    """
    from importlib.util import find_spec

    from ladsim.report import office

    table(result).to_csv(folder / TABLE, index=False, float_format="%.6g", lineterminator="\n")
    if find_spec(office.NEEDED["xlsx"]) is not None:
        hidden = folder / f"{WORKBOOK}.part"
        hidden.write_bytes(office.workbook(result))
        hidden.replace(folder / WORKBOOK)
