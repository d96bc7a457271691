"""What the score says of places and natural experiments, as task=score left it for reports and pages."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ladsim.core.paths import conf_dir

SECTORS = "Entries by sector"
FAR = 2.0
"""Factor by which a place's share is off, in any period that is scored, from which it is not shown as a result."""
FAR_TOTAL = 0.2
"""WAPE of a total in the months of the fit from which a reader is warned."""
EXPERIMENT_COLUMNS = (
    "experiment",
    "simulated_before",
    "simulated_after",
    "observed_log",
    "simulated_log",
    "low",
    "high",
    "sign_right",
    "size_right",
)
"""Columns of score_experiments.csv that pages read."""


def sectors() -> dict[str, str]:
    """Return Border Patrol sectors and, of those that the score finds far off, a sentence; empty for the others."""
    table = _table("places")
    if not len(table):
        return {}
    found: dict[str, str] = {}
    for name, rows in table[table["topic"] == SECTORS].groupby("what"):
        bad = [row for row in rows.to_dict("records") if not _near(row["observed"], row["simulated"])]
        found[str(name)] = "; ".join(
            f"{row['period']}: {100 * row['simulated']:.1f} percent of the simulated encounters, "
            f"{100 * row['observed']:.1f} percent of those recorded"
            for row in bad
        )
    return found


def experiments() -> dict[str, dict[str, Any]]:
    """Return what the model made of each natural experiment when it was last scored, by the experiment's id."""
    table = _table("experiments")
    return {str(row["experiment"]): {str(k): v for k, v in row.items()} for row in table.to_dict("records")}


def totals() -> dict[str, dict[str, float]]:
    """Return WAPE of the totals of each series in the months of the fit and of validation, as shares."""
    table = _table("parts")
    if not len(table):
        return {}
    found: dict[str, dict[str, float]] = {}
    for row in table[table["of"] == "total"].to_dict("records"):
        found.setdefault(str(row["series"]), {})[str(row["part"])] = float(row["wape"])
    return found


def _near(observed: float, simulated: float) -> bool:
    return observed <= 0 or 1 / FAR <= simulated / observed <= FAR


def _table(name: str) -> pd.DataFrame:
    file = conf_dir() / "behavior" / f"score_{name}.csv"
    return pd.read_csv(file) if file.is_file() else pd.DataFrame()
