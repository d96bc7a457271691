"""What of a design is missing, put together into bundles of replicates that are run together."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ladsim.data.fitted import n_sets
from ladsim.results.manifest import made_from
from ladsim.runs.assumed import drawn_of, pair_of
from ladsim.runs.checkpoints import folder_of
from ladsim.studies.bundles import Bundle, Wanted
from ladsim.studies.design import Design
from ladsim.studies.store import Store, key_of

ON_A_CLUSTER = 8
"""Points of a bundle on a cluster, whose workers are many; each bundle runs the days before its points differ anew."""

Keys = tuple[tuple[tuple[str, str | None], ...], ...]
"""For each point, the name of its scenario's and of its reference's replicate by seed."""


@dataclass(frozen=True)
class Group:
    """Points that share a reference and behavior, so that they can be run together.

    Attributes:
        points: their numbers in the design.
        scenarios: of the points.
        told: what each scenario is, as a digest.
        reference: and its digest; None where points have none.
        behavior: what is changed of it.
        pathways: lawful pathways that the models hold, those of all scenarios.
    """

    points: tuple[int, ...]
    scenarios: tuple[Any, ...]
    told: tuple[str, ...]
    reference: tuple[Any, str] | None
    behavior: Mapping[str, float]
    pathways: tuple[str, ...]


def plan(
    design: Design,
    pairs: Sequence[Mapping[str, Any]],
    store: Store,
    seeds: Sequence[int],
    *,
    processes: int | None,
) -> tuple[Keys, list[Bundle]]:
    """Return the names of all replicates of a design, and what is missing of them.

    A seed's points that share a reference are one bundle, or several where there would be fewer than processes.

    Args:
        design: the design.
        pairs: scenario and reference of each point.
        store: where replicates are kept.
        seeds: of the replicates.
        processes: how many there are, or None on a cluster.
    """
    groups = _groups(design, pairs)
    drawn = [drawn_of(pair) if design.options.assumed else () for pair in pairs]
    sets = min(design.options.parameter_sets or n_sets(), n_sets())
    pieces = 1 if processes is None else math.ceil(processes / (len(groups) * len(seeds)))
    keys: list[list[tuple[str, str | None]]] = [[] for _ in pairs]
    lacking: list[Bundle] = []
    there: dict[str, bool] = {}
    stored = folder_of(design.options.checkpoints)

    def lacks(one: Wanted) -> bool:
        if one.key not in there:
            there[one.key] = store.has(one.key)
        return not there[one.key]

    for i, seed in enumerate(seeds):
        made: dict[str, Any] = {"seed": seed, "scale": design.options.scale}
        if any(drawn):
            root = design.options.root_seed
            groups = _groups(design, [pair_of(*one, root, i) for one in zip(pairs, drawn, strict=True)])
        for group in groups:
            of = {**made, "set": i % sets, "behavior": group.behavior, "pathways": group.pathways}
            found = [Wanted(key_of(told, **of), s) for told, s in zip(group.told, group.scenarios, strict=True)]
            other = group.reference and Wanted(key_of(group.reference[1], **of), group.reference[0])
            for number, one in zip(group.points, found, strict=True):
                keys[number].append((one.key, other.key if other else None))
            arguments = {**made, "parameters": group.behavior} | ({"parameter_set": i % sets} if i % sets else {})
            longest = ON_A_CLUSTER if processes is None else math.ceil(len(found) / pieces)
            for first in range(0, len(found), longest):
                piece = found[first : first + longest]
                points = tuple(one for one in piece if lacks(one))
                if not points and (other is None or first or not lacks(other)):
                    continue
                name = _digest([other.key if other else "", *(one.key for one in piece)])
                bundle = Bundle(store.folder, name, other, points, group.pathways, arguments, stored, made_from())
                lacking.append(bundle)
    return tuple(map(tuple, keys)), lacking


def _groups(design: Design, pairs: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Return which points can be run together: the same reference and the same behavior."""
    from ladsim.behavior.pathways import pathway_ids
    from ladsim.sim.checkpoint import described

    found: dict[str, list[int]] = {}
    references: list[tuple[Any, str] | None] = []
    behaviors = [design.overrides_of(point)[1] for point in design.points]
    for number, (behavior, pair) in enumerate(zip(behaviors, pairs, strict=True)):
        reference = pair.get("reference")
        references.append(None if reference is None else (reference, _digest(described(reference))))
        last = references[-1]
        shared = number if last is None else last[1]
        found.setdefault(repr((shared, sorted(behavior.items()))), []).append(number)
    groups = []
    for numbers in found.values():
        scenarios = tuple(pairs[number]["scenario"] for number in numbers)
        reference = references[numbers[0]]
        ids = [pathway_ids(s.instruments) for s in [*scenarios, *([reference[0]] if reference else [])]]
        pathways = (*sorted({name for one in ids for name in one[:-1]}), max(one[-1] for one in ids))
        told = tuple(_digest(described(scenario)) for scenario in scenarios)
        groups.append(Group(tuple(numbers), scenarios, told, reference, behaviors[numbers[0]], pathways))
    return groups


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
