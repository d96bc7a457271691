"""A process that keeps a reference run at hand, so that a change of its last months is answered in seconds.

The reference is run once, and copies of the model are kept at the first of each month. A scenario that first differs on
some day goes on from the last copy before it, which gives to the bit what a run from the first day would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions, split_overrides

DAYS_BETWEEN_NEWS = 15
MONTHS_KEPT = 14
"""Copies of the model that are kept: the last months of the run."""


@dataclass
class Reference:
    """A reference run of one seed: copies of its model, its tables, everybody's fate and diary."""

    timeline: Any
    copies: dict[int, Any] = field(default_factory=dict)
    monthly: pd.DataFrame | None = None
    persons: pd.DataFrame | None = None
    diary: Any = None


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

    def answer(
        self, asked: Mapping[str, Any], advance: Callable[[float], None] = lambda share: None
    ) -> tuple[dict[str, pd.DataFrame], list[dict[str, Any]]]:
        """Return the monthly tables of scenario and reference, who fares differently, and single journeys.

        Args:
            asked: scenario, changes, include, exclude, as the page sends them.
            advance: told about once a simulated month which share of the work is done; it may raise to end it.

        Raises:
            UserError: what is asked for cannot be.
        """
        from ladsim.explore import journeys
        from ladsim.sim.fates import changed
        from ladsim.sim.model import shared_pathways, timeline_of
        from ladsim.world.world import load_world

        options, instrument, behavior = wanted(asked, scale=self.scale, seeds=1)
        pair = load_pair(options, instrument, behavior)
        ours, theirs = pair["scenario"], pair["reference"]
        pathways = shared_pathways(ours, theirs)
        key = _key(theirs, behavior, pathways)
        first_time = self._held is None or self._held[0] != key
        reference = self._reference(key, theirs, behavior, pathways, lambda share: advance(share / 2))
        world = load_world()
        timeline = timeline_of(ours, world)
        first = next(iter(reference.copies.values()))
        differs = reference.timeline.first_difference(timeline)
        day = first.n_days if differs is None else differs + first.run_in
        usable = [d for d in reference.copies if d <= day]
        start = reference.copies[max(usable)] if usable else self._model(theirs, behavior, reference.timeline, pathways)
        while start.day < day and not usable:
            start.step()
            _tell(start, lambda share: advance(0.5 + share / 2 if first_time else share))
        model = start.fork(ours, timeline)
        since, model.diary = model.day, journeys.Diary()
        while model.day < model.n_days:
            model.step()
            _tell(model, lambda share: advance(0.5 + share / 2 if first_time else share))
        monthly, persons = model.run(), model.fates_by_person()
        assert reference.monthly is not None
        assert reference.persons is not None
        pairs = changed(reference.persons, persons, world.nationalities, self.scale)
        people = journeys.chosen(reference.persons, persons)
        whom = people["person"].to_numpy()
        before = reference.diary.of(whom)
        after = {who: [m for m in before[who] if m.day < since] for who in before}
        for who, moments in model.diary.of(whom).items():
            known = after[who][-1][1:] if after[who] else None
            after[who] += [m for i, m in enumerate(moments) if i or m[1:] != known]
        titles = {name: one.title for name, one in (theirs.instruments | ours.instruments).items()}
        told = journeys.told(people, (before, after), model, titles)
        return {"scenario": monthly, "reference": reference.monthly, "changed": pairs}, told

    def _reference(
        self,
        key: str,
        scenario: Any,
        behavior: Mapping[str, float],
        pathways: list[str],
        advance: Callable[[float], None],
    ) -> Reference:
        """Return the reference's run, the one at hand if it is the same."""
        if self._held is not None and self._held[0] == key:
            return self._held[1]
        from ladsim.explore import journeys
        from ladsim.sim.model import timeline_of
        from ladsim.world.world import load_world

        self._held = None
        made = Reference(timeline_of(scenario, load_world()))
        model = self._model(scenario, behavior, made.timeline, pathways)
        made.diary = model.diary = journeys.Diary()
        keep = _firsts_of_months(scenario.start, scenario.n_days, model.run_in)[-MONTHS_KEPT:]
        while model.day < model.n_days:
            if model.day in keep:
                made.copies[model.day] = model.fork(scenario, made.timeline)
            model.step()
            _tell(model, advance)
        made.monthly, made.persons = model.run(), model.fates_by_person()
        if not made.copies:
            made.copies[0] = self._model(scenario, behavior, made.timeline, pathways)
        self._held = (key, made)
        return made

    def _model(self, scenario: Any, behavior: Mapping[str, float], timeline: Any, pathways: list[str]) -> Any:
        from ladsim.explore.journeys import WatchedModel
        from ladsim.world.world import load_world

        made: dict[str, Any] = {"parameter_set": self._set} if self._set else {}
        return WatchedModel(
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


def _key(scenario: Any, behavior: Mapping[str, float], pathways: list[str]) -> str:
    told = {name: one.model_dump(mode="json") for name, one in scenario.instruments.items()}
    return json.dumps([str(scenario.start), str(scenario.end), told, dict(behavior), pathways], sort_keys=True)


def _tell(model: Any, advance: Callable[[float], None]) -> None:
    if model.day % DAYS_BETWEEN_NEWS == 0:
        advance(model.day / model.n_days)


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
        assumed=False,
    )
    return options, instrument, behavior
