"""Mixes of levers of which none is better than another in everything: fewer deaths, fewer encounters, more arrivals.

Optuna's NSGA-II (Deb et al. 2002) proposes mixes within the ranges of a study's factors, generation by generation; each
is run over the same seeds and kept. What a mix costs is the sum over its levers of value times cost per unit; costs are
stated as ranges, and a mix's cost is one too.

python -m ladsim task=frontier study=examples/study/frontier.yaml trials=48
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.core.extras import needed
from ladsim.data.fitted import n_sets
from ladsim.studies.design import Design, Point, as_design
from ladsim.studies.sensitivity import means, ranges_of
from ladsim.studies.study import study

Floats = NDArray[np.float64]

OBJECTIVES = {"deaths": 1.0, "encounters_between_ports": 1.0, "lawful_arrivals": -1.0}
"""Outcome -> 1 where less of it is better, -1 where more is."""
TRIALS, GENERATION = 48, 12
"""Mixes that are tried, and how many at a time."""


@dataclass(frozen=True)
class Frontier:
    """The mixes that were tried.

    Attributes:
        tried: a row a mix: its levers, its outcomes, cost_low and cost_high, whether it is on the frontier, and its
            regret: how far, in the parameter set that is worst for it, it falls short of the best mix of that set, in
            the objective in which it falls short most, as a share of that objective's range over the mixes.
        front: those of the frontier, by regret.
    """

    tried: pd.DataFrame

    @property
    def front(self) -> pd.DataFrame:
        """The mixes of the frontier, least regret first."""
        found = self.tried[self.tried["on_frontier"]].sort_values("regret", kind="stable")
        return found.drop(columns="on_frontier").reset_index(drop=True)


def frontier(
    design: Design,
    *,
    trials: int = TRIALS,
    folder: str | Path = "results/studies",
    workers: int | None = None,
) -> Frontier:
    """Search a study's ranges for mixes that none other beats in every objective.

    Args:
        design: its factors have a lowest and a highest number; its costs, per unit of a factor, count as well.
        trials: mixes that are tried.
        folder: where replicates are kept; the same search again runs nothing twice.
        workers: processes.

    Raises:
        UserError: factors without ranges, or too few trials.
    """
    if trials < 2:
        raise UserError("too few trials", key="trials", value=trials, expected="2 or more")
    needed("optuna", "studies")
    import optuna

    as_design(design).checked()
    ranges = ranges_of(design)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.NSGAIISampler(seed=1, population_size=GENERATION)
    search = optuna.create_study(directions=["minimize"] * (len(OBJECTIVES) + bool(design.costs)), sampler=sampler)
    mixes: list[dict[str, float]] = []
    tables: list[pd.DataFrame] = []
    while len(mixes) < trials:
        asked = [search.ask() for _ in range(min(GENERATION, trials - len(mixes)))]
        proposed = [{f: float(f"{trial.suggest_float(f, *ends):.6g}") for f, ends in ranges.items()} for trial in asked]
        points = tuple(Point(mix) for mix in proposed)
        made = study(replace(design, points=points, factors=tuple(ranges)), folder=folder, workers=workers)
        table = made.table()
        found = means(table)
        for i, (trial, mix) in enumerate(zip(asked, proposed, strict=True)):
            values = [sign * float(found.iloc[i][name]) for name, sign in OBJECTIVES.items()]
            search.tell(trial, [*values, *([sum(cost(design.costs, mix)) / 2] if design.costs else [])])
        tables.append(table.assign(point=table["point"] + len(mixes)))
        mixes += proposed
    return Frontier(_told(design, mixes, pd.concat(tables, ignore_index=True)))


def cost(costs: Mapping[str, tuple[float, float]], mix: Mapping[str, float]) -> tuple[float, float]:
    """Return the lowest and highest cost of a mix: value times cost per unit, over its factors with a cost."""
    ends = [sum(mix[name] * pair[side] for name, pair in costs.items()) for side in (0, 1)]
    return min(ends), max(ends)


def dominated(values: Floats) -> NDArray[np.bool_]:
    """Return which rows another row beats: nowhere worse (more), somewhere better (less)."""
    no_worse = np.all(values[None, :, :] <= values[:, None, :], axis=2)
    better = np.any(values[None, :, :] < values[:, None, :], axis=2)
    return np.asarray(np.any(np.logical_and(no_worse, better), axis=1))


def regrets(values: Floats) -> Floats:
    """Return each mix's greatest shortfall, of sets x mixes x objectives, less being better."""
    best, worst = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    width = np.where(worst > best, worst - best, 1.0)
    found: Floats = ((values - best) / width).max(axis=(0, 2))
    return found


def _told(design: Design, mixes: list[dict[str, float]], table: pd.DataFrame) -> pd.DataFrame:
    outcomes = means(table)[list(OBJECTIVES)]
    tried = pd.concat([pd.DataFrame(mixes), outcomes], axis=1)
    signs = np.array(list(OBJECTIVES.values()))
    judged = outcomes.to_numpy(float) * signs
    if design.costs:
        ends = np.array([cost(design.costs, mix) for mix in mixes])
        tried["cost_low"], tried["cost_high"] = ends[:, 0], ends[:, 1]
        judged = np.column_stack([judged, ends.mean(axis=1)])
    tried["on_frontier"] = ~dominated(judged)
    seeds = list(dict.fromkeys(table["seed"]))
    sets = min(design.options.parameter_sets or n_sets(), n_sets(), len(seeds))
    by_set: list[Any] = []
    for number in range(sets):
        theirs = table[table["seed"].isin(seeds[number::sets])]
        by_set.append(means(theirs)[list(OBJECTIVES)].to_numpy(float) * signs)
    tried["regret"] = regrets(np.array(by_set))
    return tried
