"""Divide the effect of a package of policies among its levers.

The package is what differs between a scenario and its reference. Each lever's share is its Shapley value (Shapley 1953,
A Value for n-Person Games): the mean, over all orders in which the levers could be put in place, of what the lever adds
when its turn comes. The shares add up to the effect of the whole package, replicate by replicate.

python -m ladsim task=attribute scenario=all_pillars by=pillar
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.results import intervals
from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions
from ladsim.studies.design import Design, Point
from ladsim.studies.study import study

Floats = NDArray[np.float64]

MOST_WHOLE = 6
"""Levers up to which every combination is run."""
ORDERS = 12
"""Random orders, and as many reversed ones, that are run where there are more levers."""
MOST_LEVERS = 64
FREEZE = "entry_rules_after_freeze"
"""The lever of two scenarios that differ in the day after which entry rules stay as they were."""
GROUPINGS = ("instrument", "pillar")


@dataclass(frozen=True)
class Coalitions(Design):
    """Points that each put some of a package's levers in place, over the reference.

    Attributes:
        levers: lever -> ids of its instruments.
        both: the scenario and its reference, loaded.
    """

    levers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    both: Mapping[str, Any] = field(default_factory=dict)

    def overrides_of(self, point: Point) -> tuple[dict[str, Any], dict[str, float]]:
        """Return no changes: a point says which levers are in place."""
        return {}, {}

    def pair(self, point: Point) -> dict[str, Any]:
        """Return the reference, and the reference with the point's levers put in place."""
        ours, reference = self.both["scenario"], self.both["reference"]
        acting = dict(reference.instruments)
        for name, ids in self.levers.items():
            for one in ids if point.values[name] else ():
                acting.pop(one, None)
                if one in ours.instruments:
                    acting[one] = ours.instruments[one]
        frozen = ours.freeze_on if point.values.get(FREEZE, True) else reference.freeze_on
        made = replace(ours, instruments=dict(sorted(acting.items())), freeze_on=frozen)
        return {"scenario": made, "reference": reference}


@dataclass(frozen=True)
class Attribution:
    """A package's effect by lever.

    Attributes:
        shares: a row a lever and outcome: its share of the effect, with the 90 percent interval of the mean over
            replicates (and over orders, where not all were run), alone, and last: added to all others.
        interactions: a row a pair of levers and outcome: by how much the two together do more than each by itself, over
            all states of the others (Grabisch and Roubens 1999); empty where not all combinations were run.
        effect: outcome -> the whole package's effect, with its interval.
        levers: lever -> ids of its instruments.
        combinations: how many were run.
        whole: whether that was all of them.
    """

    shares: pd.DataFrame
    interactions: pd.DataFrame
    effect: pd.DataFrame
    levers: Mapping[str, tuple[str, ...]]
    combinations: int
    whole: bool


def attribute(
    scenario: str,
    *,
    by: str = "instrument",
    folder: str | Path = "results/studies",
    workers: int | None = None,
    orders: int = ORDERS,
    **options: Any,
) -> Attribution:
    """Divide a scenario's difference from its reference among the levers in which the two differ.

    Args:
        scenario: its name.
        by: ``instrument`` takes each instrument for a lever, ``pillar`` all of one pillar of the Declaration.
        folder: where replicates are kept; what is there is not run again.
        workers: processes.
        orders: random orders that are run where there are more than six levers, each of them reversed as well.
        options: of a run: start, end, scale, seeds, root_seed, parameter_sets, reference.

    Raises:
        UserError: a scenario without a reference, or one that does not differ from it.
    """
    if by not in GROUPINGS:
        raise UserError("levers cannot be grouped so", key="by", value=by, expected=" or ".join(GROUPINGS))
    checked = RunOptions.checked(scenario=scenario, **{"assumed": False, **options})
    both = load_pair(checked, {}, {})
    levers = levers_of(both, by)
    names = tuple(levers)
    whole = len(names) <= MOST_WHOLE
    sequences = list(itertools.permutations(names)) if whole else _orders(names, orders)
    wanted = sorted({frozenset(order[:i]) for order in sequences for i in range(len(names) + 1)}, key=_rank)
    points = tuple(Point({name: name in one for name in names}) for one in wanted)
    design = Coalitions(
        f"attribute_{scenario}", checked, points, names, where="task=attribute", levers=levers, both=both
    )
    table = study(design, folder=folder, workers=workers).table()
    shares, interactions, effect = [], [], []
    for (measure, place), cell in table.groupby(["measure", "place"], sort=False):
        wide = cell.pivot_table(index="point", columns="seed", values="difference", sort=True).to_numpy(float)
        value = dict(zip(wanted, wide, strict=True))
        where = {"measure": measure, "place": place}
        effect.append(where | _told("effect", value[frozenset(names)][None, :]))
        for name in names:
            added = _added(name, names, value, sequences, whole=whole)
            alone = value.get(frozenset([name]))
            rest = value.get(frozenset(names) - {name})
            row = where | {"lever": name} | _told("share", added)
            row["alone"] = float("nan") if alone is None else float(alone.mean())
            row["last"] = float("nan") if rest is None else float((value[frozenset(names)] - rest).mean())
            shares.append(row)
        if whole:
            for one, two in itertools.combinations(names, 2):
                found = _interaction(one, two, names, value)
                interactions.append(where | {"lever": one, "other": two} | _told("interaction", found[None, :]))
    tables = pd.DataFrame(shares), pd.DataFrame(interactions), pd.DataFrame(effect)
    return Attribution(*tables, levers, len(points), whole)


def levers_of(both: Mapping[str, Any], by: str) -> dict[str, tuple[str, ...]]:
    """Return lever -> ids of the instruments in which a scenario and its reference differ."""
    ours, reference = both["scenario"], both.get("reference")
    if reference is None:
        raise UserError(
            "there is nothing to divide: the scenario has no reference",
            key="scenario",
            value=ours.name,
            expected="a scenario with a reference, or reference=NAME",
        )
    ids = sorted(
        name
        for name in {*ours.instruments, *reference.instruments}
        if ours.instruments.get(name) != reference.instruments.get(name)
    )
    found: dict[str, tuple[str, ...]] = {}
    for name in ids:
        one = ours.instruments.get(name) or reference.instruments[name]
        lever = name if by == "instrument" else one.pillar
        found[lever] = (*found.get(lever, ()), name)
    if ours.freeze_on != reference.freeze_on:
        found[FREEZE] = ()
    if not found:
        raise UserError(
            "there is nothing to divide: the scenario and its reference are the same",
            key="scenario",
            value=ours.name,
            expected="a scenario that differs from its reference",
        )
    if len(found) > MOST_LEVERS:
        expected = f"at most {MOST_LEVERS}; by=pillar groups them"
        raise UserError("too many levers", key="scenario", value=len(found), expected=expected)
    return found


def _orders(names: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Return random orders, each with its reverse, which evens out what comes early and late (Mitchell et al. 2022)."""
    rng = np.random.default_rng(len(names))
    made = [tuple(names[i] for i in rng.permutation(len(names))) for _ in range(count)]
    return [one for order in made for one in (order, order[::-1])]


def _rank(one: frozenset[str]) -> tuple[int, list[str]]:
    return len(one), sorted(one)


def _added(
    name: str,
    names: Sequence[str],
    value: Mapping[frozenset[str], Floats],
    sequences: Sequence[Sequence[str]],
    *,
    whole: bool,
) -> Floats:
    """Return what a lever adds, as orders x replicates; a single row where every combination was run."""
    if not whole:
        before = [frozenset(order[: list(order).index(name)]) for order in sequences]
        gains = np.array([value[one | {name}] - value[one] for one in before])
        both_ways: Floats = (gains[0::2] + gains[1::2]) / 2
        return both_ways
    total: Floats = np.zeros(len(value[frozenset()]))
    for others in _subsets([n for n in names if n != name]):
        weight = 1.0 / (len(names) * math.comb(len(names) - 1, len(others)))
        total += weight * (value[others | {name}] - value[others])
    return total[None, :]


def _interaction(one: str, two: str, names: Sequence[str], value: Mapping[frozenset[str], Floats]) -> Floats:
    total = np.zeros(len(value[frozenset()]))
    rest = [n for n in names if n not in (one, two)]
    for others in _subsets(rest):
        weight = 1.0 / ((len(names) - 1) * math.comb(len(rest), len(others)))
        total += weight * (value[others | {one, two}] - value[others | {one}] - value[others | {two}] + value[others])
    return total


def _subsets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(one) for size in range(len(names) + 1) for one in itertools.combinations(names, size)]


def _told(key: str, values: Floats) -> dict[str, float]:
    """Return the mean with its 90 percent interval over replicates (columns) and, if several, over orders (rows)."""
    by_seed, by_order = values.mean(axis=0), values.mean(axis=1)
    mean = float(by_seed.mean())
    variance, half = 0.0, float("nan")
    if len(by_seed) > 1:
        variance = float(by_seed.var(ddof=1)) / len(by_seed)
        variance += float(by_order.var(ddof=1)) / len(by_order) if len(by_order) > 1 else 0.0
        half = intervals.t_quantile(len(by_seed)) * math.sqrt(variance)
    return {key: mean, "low": mean - half, "high": mean + half}
