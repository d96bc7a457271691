"""A small run gives the totals that were written down; only scripts/update_baseline.py rewrites them.

The baseline depends on the calibrated parameters: run the script after a calibration, and say so in CHANGELOG.md.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "scripts" / "update_baseline.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_baseline", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_run_gives_the_totals_of_the_baseline() -> None:
    made = script()
    expected = json.loads(made.BASELINE.read_text(encoding="utf-8"))
    assert expected["run"] == made.RUN
    assert len(expected["totals"]) > 15, "a baseline of nothing would hold for any run"
    found = made.totals()
    moved = {
        f"{measure} {key}": (expected["totals"].get(measure, {}).get(key, 0), found.get(measure, {}).get(key, 0))
        for measure in sorted({*expected["totals"], *found})
        for key in sorted({*expected["totals"].get(measure, {}), *found.get(measure, {})})
        if expected["totals"].get(measure, {}).get(key, 0) != found.get(measure, {}).get(key, 0)
    }
    assert not moved, (
        f"results moved (expected, found): {dict(list(moved.items())[:8])}. If that was meant, run "
        "scripts/update_baseline.py and write into CHANGELOG.md by how much."
    )
