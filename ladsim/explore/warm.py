"""A process that keeps a reference run at hand, so that a change of its last months is answered in seconds.

The reference is run once, and copies of the model are kept at the first of each month. A scenario that first differs on
some day goes on from the last copy before it, which gives to the bit what a run from the first day would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions, split_overrides

MONTHS_KEPT = 14
"""Copies of the model that are kept: the last months of the run."""


@dataclass
class Reference:
    """A reference run of one seed: copies of its model, its tables, and whom it followed."""

    timeline: Any
    copies: dict[int, Any] = field(default_factory=dict)
    monthly: pd.DataFrame | None = None
    persons: pd.DataFrame | None = None


class Warm:
    """Answers requests for one seed.

    Args:
        seed: of the replicate.
        scale: persons per agent.
        parameter_set: which of the fitted sets, as in a run of so many replicates.
    """

    def __init__(self, seed: int, scale: int, parameter_set: int = 0) -> None:
        self.seed, self.scale, self._set = seed, scale, parameter_set
        self._held: tuple[str, Reference] | None = None

    def answer(self, asked: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
        """Return the monthly tables of scenario and reference, and who fares otherwise.

        Args:
            asked: scenario, changes, include, exclude, as the page sends them.

        Raises:
            UserError: what is asked for cannot be.
        """
        from ladsim.sim.fates import changed
        from ladsim.sim.model import shared_pathways, timeline_of
        from ladsim.world.world import load_world

        options, instrument, behavior = wanted(asked, scale=self.scale, seeds=1)
        pair = load_pair(options, instrument, behavior)
        ours, theirs = pair["scenario"], pair["reference"]
        pathways = shared_pathways(ours, theirs)
        reference = self._reference(theirs, behavior, pathways)
        world = load_world()
        timeline = timeline_of(ours, world)
        first = next(iter(reference.copies.values()))
        differs = reference.timeline.first_difference(timeline)
        day = first.n_days if differs is None else differs + first.run_in
        usable = [d for d in reference.copies if d <= day]
        start = reference.copies[max(usable)] if usable else self._model(theirs, behavior, reference.timeline, pathways)
        while start.day < day and not usable:
            start.step()
        model = start.fork(ours, timeline)
        monthly = model.run()
        assert reference.monthly is not None
        assert reference.persons is not None
        pairs = changed(reference.persons, model.fates_by_person(), world.nationalities, self.scale)
        return {"scenario": monthly, "reference": reference.monthly, "changed": pairs}

    def _reference(self, scenario: Any, behavior: Mapping[str, float], pathways: list[str]) -> Reference:
        """Return the reference's run, the one at hand if it is the same."""
        told = {name: one.model_dump(mode="json") for name, one in scenario.instruments.items()}
        key = json.dumps([str(scenario.start), str(scenario.end), told, dict(behavior), pathways], sort_keys=True)
        if self._held is not None and self._held[0] == key:
            return self._held[1]
        from ladsim.sim.model import timeline_of
        from ladsim.world.world import load_world

        self._held = None
        made = Reference(timeline_of(scenario, load_world()))
        model = self._model(scenario, behavior, made.timeline, pathways)
        keep = _firsts_of_months(scenario.start, scenario.n_days, model.run_in)[-MONTHS_KEPT:]
        while model.day < model.n_days:
            if model.day in keep:
                made.copies[model.day] = model.fork(scenario, made.timeline)
            model.step()
        made.monthly, made.persons = model.run(), model.fates_by_person()
        if not made.copies:
            made.copies[0] = self._model(scenario, behavior, made.timeline, pathways)
        self._held = (key, made)
        return made

    def _model(self, scenario: Any, behavior: Mapping[str, float], timeline: Any, pathways: list[str]) -> Any:
        from ladsim.sim.model import LadModel
        from ladsim.world.world import load_world

        made: dict[str, Any] = {"parameter_set": self._set} if self._set else {}
        return LadModel(
            scenario,
            seed=self.seed,
            scale=self.scale,
            parameters=dict(behavior),
            world=load_world(),
            timeline=timeline,
            pathways=pathways,
            follow_fates=True,
            **made,
        )


def _firsts_of_months(start: date, n_days: int, run_in: int) -> list[int]:
    """Return the model's days that are firsts of months."""
    days = range(n_days)
    return [day + run_in for day in days if date.fromordinal(start.toordinal() + day).day == 1]


def wanted(asked: Mapping[str, Any], *, scale: int, seeds: int) -> tuple[RunOptions, dict[str, Any], dict[str, float]]:
    """Return the options and changes that a request of the page asks for.

    Raises:
        UserError: a name or value that cannot be.
    """
    instrument, behavior = split_overrides(asked.get("changes") or {})
    options = RunOptions.checked(
        scenario=asked.get("scenario"),
        include=asked.get("include") or (),
        exclude=asked.get("exclude") or (),
        reference=asked.get("reference") or True,
        scale=scale,
        seeds=seeds,
        progress=False,
    )
    return options, instrument, behavior
