"""Write the regression baseline anew: the yearly totals of one small run of history.

Run it only after a change that is meant to move results, and say so in CHANGELOG.md:

    .venv/bin/python scripts/update_baseline.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "tests" / "regression" / "baseline.json"
RUN = {"scenario": "history", "start": "2022-07-01", "end": "2022-12-31", "scale": 1000, "seed": 1}


def totals() -> dict[str, dict[str, int]]:
    """Return totals by measure, and year and nationality, of the run (persons, USD for payments)."""
    from ladsim.policy.scenario import load_scenario
    from ladsim.sim.model import LadModel

    scenario = load_scenario(str(RUN["scenario"]), start=str(RUN["start"]), end=str(RUN["end"]))
    frame = LadModel(scenario, seed=int(RUN["seed"]), scale=int(RUN["scale"])).run()
    frame["year"] = frame["month"].str[:4]
    sums = frame.groupby(["measure", "year", "nationality"])["value"].sum()
    found: dict[str, dict[str, int]] = {}
    for (measure, year, nationality), value in sums.items():
        found.setdefault(measure, {})[f"{year} {nationality}"] = int(value)
    return found


def write() -> None:
    """Write the baseline."""
    text = json.dumps({"run": RUN, "totals": totals()}, indent=1, sort_keys=True)
    BASELINE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    write()
    print(f"wrote {BASELINE.relative_to(ROOT)}")
