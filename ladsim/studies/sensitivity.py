"""Which factors matter: Morris and Sobol over the ranges of a study's factors, and where outcomes are extreme.

A study file whose factors have two numbers each gives the ranges, lowest and highest value. SALib (Iwanaga et al. 2022)
draws the sample and analyzes it; every point is run over the same seeds and kept like those of any study.

python -m ladsim task=sensitivity study=examples/study/sensitivity.yaml method=morris
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.core.extras import needed
from ladsim.studies.design import SCENARIO, Design, Point, as_design
from ladsim.studies.study import study

Floats = NDArray[np.float64]

METHODS = ("morris", "sobol")
SAMPLES = {"morris": 8, "sobol": 32}
"""Trajectories of Morris, and base points of Sobol (a power of 2)."""
RESAMPLES = 200
CONFIDENCE = 0.90
EXTREME = 0.75
"""Quantile of an outcome above which PRIM looks for a box."""
PEEL = 0.1
"""Share of points that PRIM takes off at a time (Friedman and Fisher 1999)."""
FEWEST_INSIDE = 0.1
"""Share of points that a box keeps at least."""


@dataclass(frozen=True)
class Sensitivity:
    """What a sample over ranges says.

    Attributes:
        indices: a row a factor and outcome: Morris's mu_star and sigma, or Sobol's S1 and ST, with intervals.
        boxes: a row a factor and outcome that PRIM limits: within low to high, the outcome is in its highest quarter
            with the density given, holding the share of all such points given as coverage.
        sample: a row a point: the factors and the mean of each outcome over seeds.
        method: morris or sobol.
    """

    indices: pd.DataFrame
    boxes: pd.DataFrame
    sample: pd.DataFrame
    method: str


def sensitivity(
    design: Design,
    *,
    method: str = "morris",
    samples: int | None = None,
    folder: str | Path = "results/studies",
    workers: int | None = None,
) -> Sensitivity:
    """Sample a study's ranges, run the sample, and return how much each factor moves each outcome.

    Args:
        design: its factors have numbers, of which the lowest and the highest are taken.
        method: ``morris`` screens with few runs, ``sobol`` divides the variance with many.
        samples: trajectories, or base points; 8 and 32 when left out.
        folder: where replicates are kept.
        workers: processes.

    Raises:
        UserError: an unknown method, factors without ranges, a value within a range that cannot be.
    """
    if method not in METHODS:
        raise UserError("unknown method", key="method", value=method, expected=" or ".join(METHODS))
    needed("SALib", "studies")
    as_design(design).checked()
    ranges = ranges_of(design)
    count = SAMPLES[method] if samples is None else samples
    if count < 2 or (method == "sobol" and count & (count - 1)):
        expected = "2 or more; of Sobol a power of 2"
        raise UserError("a sample that cannot be", key="samples", value=count, expected=expected)
    problem = {"num_vars": len(ranges), "names": list(ranges), "bounds": [list(ends) for ends in ranges.values()]}
    drawn = _rounded(_draw(method, problem, count))
    outcomes = evaluate(design, drawn, tuple(ranges), folder=folder, workers=workers)
    rows: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for name in outcomes:
        values = outcomes[name].to_numpy(float)
        rows += _analyzed(method, problem, drawn, values, str(name))
        boxes += [{"outcome": name, **row} for row in box(drawn, values, tuple(ranges))]
    sample = pd.concat([pd.DataFrame(drawn, columns=list(ranges)), outcomes], axis=1)
    return Sensitivity(pd.DataFrame(rows), pd.DataFrame(boxes), sample, method)


def ranges_of(design: Design) -> dict[str, tuple[float, float]]:
    """Return factor -> lowest and highest value of a design's points.

    Raises:
        UserError: a factor whose values are not numbers or are all the same, or no factor at all.
    """
    found: dict[str, tuple[float, float]] = {}
    for factor in design.factors:
        values = [point.values[factor] for point in design.points if factor in point.values]
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) < len(values) or min(numbers) == max(numbers):
            expected = "a lowest and a highest number: [low, high]"
            shown = values[0] if factor == SCENARIO else values
            raise UserError(
                "no range", file=design.where, key=f"study.factors.{factor}", value=shown, expected=expected
            )
        found[factor] = min(numbers), max(numbers)
    return found


def evaluate(
    design: Design, drawn: Floats, factors: Sequence[str], *, folder: str | Path, workers: int | None
) -> pd.DataFrame:
    """Return the mean of each outcome over seeds for points (rows) of factors (columns), as a study."""
    points = tuple(Point({factor: float(v) for factor, v in zip(factors, row, strict=True)}) for row in drawn)
    made = study(replace(design, points=points, factors=tuple(factors)), folder=folder, workers=workers)
    return means(made.table())


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Return points x outcomes of a study's table: means over seeds; an outcome at a place is ``measure at place``."""
    named = table["measure"].where(table["place"] == "all", table["measure"] + " at " + table["place"].astype(str))
    wide = table.assign(outcome=named).pivot_table(index="point", columns="outcome", values="value", sort=False)
    return wide.sort_index().reset_index(drop=True).rename_axis(columns=None)


def box(drawn: Floats, values: Floats, factors: Sequence[str]) -> list[dict[str, Any]]:
    """Return the limits within which an outcome is in its highest quarter most often, by peeling (PRIM).

    From the whole sample, that tenth is taken off at one end of one factor whose loss raises the share of extreme
    points most, as long as that share rises and a tenth of the sample is left. Only factors that are limited are named.
    """
    extreme = values >= np.quantile(values, EXTREME)
    if not extreme.any() or extreme.all():
        return []
    inside = np.ones(len(values), dtype=bool)
    while True:
        best, density = None, float(extreme[inside].mean())
        for column in range(drawn.shape[1]):
            low, high = np.quantile(drawn[inside, column], [PEEL, 1 - PEEL])
            for kept in (inside & (drawn[:, column] > low), inside & (drawn[:, column] < high)):
                if kept.sum() >= max(FEWEST_INSIDE * len(values), 2) and extreme[kept].mean() > density:
                    best, density = kept, float(extreme[kept].mean())
        if best is None:
            break
        inside = best
    rows = []
    for column, factor in enumerate(factors):
        low, high = float(drawn[inside, column].min()), float(drawn[inside, column].max())
        if low > drawn[:, column].min() or high < drawn[:, column].max():
            row = {"factor": factor, "low": low, "high": high, "density": float(extreme[inside].mean())}
            rows.append(row | {"coverage": float(extreme[inside].sum() / extreme.sum()), "points": int(inside.sum())})
    return rows


def _draw(method: str, problem: Mapping[str, Any], count: int) -> Floats:
    if method == "morris":
        from SALib.sample.morris import sample as morris

        found: Floats = morris(problem, count, seed=1)
        return found
    from SALib.sample.sobol import sample as sobol

    drawn: Floats = sobol(problem, count, calc_second_order=False, seed=1)
    return drawn


def _rounded(drawn: Floats) -> Floats:
    return np.array([[float(f"{v:.6g}") for v in row] for row in drawn])


def _analyzed(
    method: str, problem: Mapping[str, Any], drawn: Floats, values: Floats, name: str
) -> list[dict[str, Any]]:
    if np.ptp(values) == 0.0:
        keys = ("mu_star", "sigma") if method == "morris" else ("S1", "ST")
        return [{"outcome": name, "factor": factor, **dict.fromkeys(keys, 0.0)} for factor in problem["names"]]
    common = {"num_resamples": RESAMPLES, "conf_level": CONFIDENCE, "seed": 1}
    if method == "morris":
        from SALib.analyze.morris import analyze as morris

        found = morris(problem, drawn, values, **common)
        told = {"mu_star": "mu_star", "mu_star_half": "mu_star_conf", "mu": "mu", "sigma": "sigma"}
    else:
        from SALib.analyze.sobol import analyze as sobol

        found = sobol(problem, values, calc_second_order=False, **common)
        told = {"S1": "S1", "S1_half": "S1_conf", "ST": "ST", "ST_half": "ST_conf"}
    return [
        {"outcome": name, "factor": factor, **{key: float(found[theirs][i]) for key, theirs in told.items()}}
        for i, factor in enumerate(problem["names"])
    ]
