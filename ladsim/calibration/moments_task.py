"""The fit by moments as a task: rounds of runs side by side, and the sets that it leaves."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from typing import Any

import pandas as pd

from ladsim.behavior.familiarity import read_familiarity
from ladsim.behavior.parameters import Parameters, load_parameters
from ladsim.calibration.moments import Moments, Point, border_states, compositions, values_of
from ladsim.calibration.options import CalibrationOptions

LAST_DAY = date(2024, 5, 31)


def run_point(point: Point, seed: int, scale: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run ``history`` to 2024-05 once; return its monthly table and its account of departures."""
    from ladsim.core.compiled import keep_compiled_kernels

    keep_compiled_kernels()
    from ladsim.policy.scenario import load_scenario
    from ladsim.sim.model import LadModel

    model = LadModel(
        load_scenario("history", end=LAST_DAY),
        seed=seed,
        scale=scale,
        parameters=load_parameters(point.parameters),
        wishes=copy.deepcopy(point.wishes),
        familiarity=point.familiarity,
        follow_fates=False,
    )
    monthly = model.run()
    return monthly, model.account()


def fit_by_moments(
    options: CalibrationOptions, fitted_names: list[str], say: Callable[[str], None] = print
) -> tuple[list[dict[tuple[str, str, str], float]], dict[str, Any]]:
    """Make the rounds; return the sets (their mean first, then the points of the last rounds) and how they were made.

    Args:
        options: ``moments`` rounds, ``sets``, ``scale``, ``seed`` and ``workers``.
        fitted_names: behavior parameters that a fitted set holds.
        say: called with the misses of each round.
    """
    from ladsim.world.wishes import read_wishes
    from ladsim.world.world import load_world

    world = load_world()
    moments = Moments(world.nationalities, world.people.parties, compositions(), border_states(), say, options.journeys)
    known = load_parameters()
    held = {name: float(getattr(known, name)) for name in fitted_names if name in Parameters._fields}
    point = Point(read_wishes(), held, read_familiarity())
    trail = [point]
    seeds = [options.seed + k for k in range(SEEDS)]
    with ProcessPoolExecutor(options.workers or SEEDS, mp_context=get_context("spawn")) as pool:
        for number in range(options.moments):
            say(f"round {number + 1} of {options.moments}")
            jobs = [pool.submit(run_point, point, seed + SEEDS * number, options.scale) for seed in seeds]
            tables = [job.result() for job in jobs]
            monthly, fates = (mean_of([t[k] for t in tables]) for k in range(2))
            point = moments.round(point, monthly, fates)
            trail.append(point)
    sets = [dict(values_of(one)) for one in reversed(trail[-options.sets :])]
    keys = set(sets[0])
    made = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": options.command(),
        "months": [options.first, options.last],
        "persons_an_agent": options.scale,
        "rounds": options.moments,
        "seeds_a_round": SEEDS,
        "sets": len(sets),
        "sets_are": "the mean of the points after the last rounds, then those points, the last one first",
    }
    whole = [{key: one.get(key, sets[0][key]) for key in keys_in_order(keys)} for one in sets]
    return with_mean_first(whole), made


def with_mean_first(sets: list[dict[tuple[str, str, str], float]]) -> list[dict[tuple[str, str, str], float]]:
    """Return the mean of some sets, and the sets: around a fixed point, rounds lie to all sides of it."""
    mean = {key: sum(one[key] for one in sets) / len(sets) for key in sets[0]}
    return [mean, *sets]


SEEDS = 2
"""Runs of a round; as many as there usually are cores."""


def keys_in_order(keys: set[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the keys of a set by kind, name and nationality."""
    return sorted(keys)


def mean_of(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the mean over runs of tables with a value; a row that a run does not have is 0."""
    keys = [c for c in tables[0].columns if c != "value"]
    total: pd.DataFrame = pd.concat(tables).groupby(keys)["value"].sum().reset_index()
    total["value"] = total["value"] / len(tables)
    return total
