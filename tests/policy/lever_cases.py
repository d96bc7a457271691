"""Cases of levers: read from YAML, run with common draws, and measured as paired differences over seeds.

A case compares history without any commitment of the Declaration to the same history with one lever put in, left out
or at two terms. All cases of the same days, scale and wishes share one run per seed, of history without commitments,
and go on from it on the day on which they begin to differ. A day costs about the same at any scale from 50 persons per
agent up, so a case has few seeds, a fine scale and the days of others.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from ladsim.actors.face import release
from ladsim.behavior.pathways import pathway_ids
from ladsim.core.schema import MEASURES
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.listing import commitments
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.results.intervals import mean_interval
from ladsim.sim.model import LadModel, timeline_of
from ladsim.world.world import World, load_world

FOLDER = Path(__file__).parent / "cases"
KEYS = (*("lever", "what", "days", "months", "with", "without", "moves", "terms", "why", "seeds", "scale", "wishes"),)
MOVE_KEYS = ("measure", "places", "nationalities", "sign")
SIGNS = {"more": 1, "fewer": -1}
RUN_IN_DAYS = 30
SEEDS, SCALE = 3, 100


@dataclass(frozen=True)
class Move:
    """What must move: a measure, over places and nationalities (all if empty), with its sign."""

    measure: str
    sign: str
    places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()

    def of(self, frame: pd.DataFrame, first: str, last: str) -> int:
        """Return the measure's total over months from first to last."""
        rows = frame[(frame["measure"] == self.measure) & frame["month"].between(first, last)]
        if self.places:
            rows = rows[rows["place"].isin(self.places)]
        if self.nationalities:
            rows = rows[rows["nationality"].isin(self.nationalities)]
        return int(rows["value"].sum())

    def __str__(self) -> str:
        places = f" at {', '.join(self.places)}" if self.places else ""
        people = f" of {', '.join(self.nationalities)}" if self.nationalities else ""
        return f"{self.measure}{places}{people}: {self.sign}"


@dataclass(frozen=True)
class Case:
    """A case as its file tells it; changes are those of the lever, None where it is left out.

    ``wishes`` are scaled terms of the world: the share of its nationality's wishes that a residence group forms, for
    groups of which so few set out that a run of some seeds would not tell. The other groups form the rest.
    """

    lever: str
    what: str
    days: tuple[date, date] = (date.min, date.min)
    months: tuple[str, str] = ("", "")
    with_changes: Mapping[str, Any] | None = None
    without_changes: Mapping[str, Any] | None = None
    moves: tuple[Move, ...] = ()
    terms: str = "real"
    why: str = ""
    seeds: int = SEEDS
    scale: int = SCALE
    wishes: Mapping[str, float] = field(default_factory=dict)


def read_case(file: Path) -> Case:
    """Return the case that a file tells; anything that it should not hold is an error."""
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    unknown = set(told) - set(KEYS)
    assert not unknown, f"{file.name}: unknown keys {sorted(unknown)}; known are {', '.join(KEYS)}"
    assert told["lever"] == file.stem, f"{file.name}: lever is {told['lever']}"
    terms = told.get("terms", "real")
    assert terms in ("real", "scaled"), f"{file.name}: terms are real or scaled, not {terms}"
    assert terms == "real" or told.get("why"), f"{file.name}: scaled terms need a why"
    assert terms == "scaled" or not told.get("wishes"), f"{file.name}: other wishes than the world's are scaled terms"
    return Case(
        lever=told["lever"],
        what=told["what"],
        days=(told["days"][0], told["days"][1]),
        months=(str(told["months"][0]), str(told["months"][1])),
        with_changes=_changes(told["with"], "at its terms", {}),
        without_changes=_changes(told["without"], "left out", None),
        moves=tuple(_move(m, file) for m in told["moves"]),
        terms=terms,
        why=told.get("why", ""),
        seeds=told.get("seeds", SEEDS),
        scale=told.get("scale", SCALE),
        wishes=told.get("wishes", {}),
    )


def _changes(given: Any, word: str, meant: Any) -> Any:
    assert given == word or isinstance(given, dict), f"{given!r} is neither {word!r} nor changes of the lever"
    return meant if given == word else given


def _move(told: Mapping[str, Any], file: Path) -> Move:
    unknown = set(told) - set(MOVE_KEYS)
    assert not unknown, f"{file.name}: unknown keys {sorted(unknown)} in moves"
    assert told["measure"] in MEASURES, f"{file.name}: no measure {told['measure']}"
    assert told["sign"] in SIGNS, f"{file.name}: sign is more or fewer, not {told['sign']}"
    return Move(told["measure"], told["sign"], tuple(told.get("places", ())), tuple(told.get("nationalities", ())))


def read_cases() -> dict[str, Case]:
    """Return the cases of the folder by lever."""
    return {file.stem: read_case(file) for file in sorted(FOLDER.glob("*.yaml"))}


@cache
def library() -> dict[str, Instrument]:
    """Return the instruments, loaded once."""
    return load_instruments()


@cache
def world() -> World:
    """Return the world, loaded once."""
    return load_world()


@cache
def world_of(wishes: tuple[tuple[str, float], ...]) -> World:
    """Return the world in which some residence groups form given shares of their nationality's wishes, every year."""
    if not wishes:
        return world()
    people = world().people
    split = people.split.copy()
    shares = {people.group_index[group]: share for group, share in wishes}
    for n in np.unique(people.group_nationality[list(shares)]):
        given = {g: share for g, share in shares.items() if people.group_nationality[g] == n}
        others = (people.group_nationality == n) & ~np.isin(np.arange(people.n_groups), list(given))
        split[:, others] *= (1.0 - sum(given.values())) / split[:, others].sum(axis=1, keepdims=True)
        for group, share in given.items():
            split[:, group] = share
    return replace(world(), people=replace(people, split=split))


def scenario_of(case: Case, changes: Mapping[str, Any] | None) -> Scenario:
    """Return history without the commitments, and with the case's lever unless the changes are None."""
    others = [name for name in commitments(library()) if name != case.lever]
    return load_scenario(
        "history",
        start=case.days[0],
        end=case.days[1],
        include=[case.lever] if changes is not None else [],
        exclude=[*others, case.lever] if changes is None else others,
        instrument_overrides={case.lever: dict(changes)} if changes else {},
        instruments=library(),
    )


def sides(case: Case) -> tuple[Scenario, Scenario]:
    """Return the scenarios with and without."""
    return scenario_of(case, case.with_changes), scenario_of(case, case.without_changes)


@cache
def without_commitments(days: tuple[date, date], left_out: str = "") -> Scenario:
    """Return history of some days without the commitments, and without one more instrument where it is named."""
    exclude = [*commitments(library()), *([left_out] if left_out else [])]
    return load_scenario("history", start=days[0], end=days[1], exclude=exclude, instruments=library())


@cache
def timeline_without(days: tuple[date, date], left_out: str = "") -> Timeline:
    """Return what holds in history of some days without the commitments."""
    return timeline_of(without_commitments(days, left_out), world())


def left_out_by(case: Case) -> str:
    """Return the lever if the case moves it from the first day on, so that the run without commitments must lack it."""
    plain = timeline_without(case.days)
    moved = any(plain.first_difference(timeline_of(side, world())) == 0 for side in sides(case))
    return case.lever if moved else ""


class Shared:
    """The run without any commitment of some days, scale and seed, kept on the days from which others go on.

    Args:
        case: one of the cases that share it.
        seed: of all draws.
        days_needed: counted from the first day, those from which cases go on.
        left_out: one more instrument to leave out.
    """

    def __init__(self, case: Case, seed: int, days_needed: Collection[int], left_out: str = "") -> None:
        self.scenario, self.timeline = without_commitments(case.days, left_out), timeline_without(case.days, left_out)
        model = LadModel(
            self.scenario,
            seed=seed,
            scale=case.scale,
            world=world_of(wishes_of(case)),
            parameters={"run_in_days": RUN_IN_DAYS},
            pathways=pathway_ids(library()),
            timeline=self.timeline,
        )
        self._kept: dict[int, LadModel] = {}
        for day in sorted({0, *(d + model.run_in for d in days_needed)}):
            self._kept[day] = _stepped(model, day).fork(self.scenario, self.timeline)
        self.frame = model.run()
        """The monthly table of the run without any commitment."""

    def at(self, day: int) -> LadModel:
        """Return the model on a day of the run-in and the days after it, not to be stepped."""
        if day not in self._kept:
            earlier = self._kept[max(d for d in self._kept if d <= day)]
            self._kept[day] = _stepped(earlier.fork(self.scenario, self.timeline), day)
        return self._kept[day]

    def under(self, scenario: Scenario, last: str) -> pd.DataFrame:
        """Return the monthly table under another scenario, which is run from the day they differ to a month's end."""
        timeline = timeline_of(scenario, world())
        differs = self.timeline.first_difference(timeline)
        if differs is None:
            return self.frame
        assert differs > 0, "the lever must begin after the first day, so that what is believed then is the same"
        model = self.at(differs + RUN_IN_DAYS).fork(scenario, timeline)
        while model.day < model.n_days and f"{model.date:%Y-%m}" <= last:
            model.step()
        release(model)
        return model.monthly()


def _stepped(model: LadModel, day: int) -> LadModel:
    while model.day < day:
        model.step()
    return model


def wishes_of(case: Case) -> tuple[tuple[str, float], ...]:
    """Return the wishes that a case sets, in order."""
    return tuple(sorted(case.wishes.items()))


def sharing(case: Case) -> tuple[Any, ...]:
    """Return what cases have in common that share a run."""
    return (case.days, case.scale, wishes_of(case))


def group_of(days: tuple[date, date]) -> str:
    """Return how the ids of tests of the same days end, which one process runs; see tests/scheduling.py."""
    return f"@cases_{days[0]}_{days[1]}"


@cache
def days_needed(days: tuple[date, date], scale: int, wishes: tuple[tuple[str, float], ...]) -> frozenset[int]:
    """Return the days from which the cases of the folder that share a run go on, counted from the first day."""
    alike = [case for case in read_cases().values() if sharing(case) == (days, scale, wishes)]
    if not alike:
        return frozenset()
    plain = timeline_without(days)
    found = {plain.first_difference(timeline_of(side, world())) for case in alike for side in sides(case)}
    return frozenset(day for day in found if day)


MOST_SHARED = 4
"""Shared runs that are held at once: each keeps some models of a hundred MB."""
_SHARED: dict[tuple[Any, ...], Shared] = {}


def shared(case: Case, seed: int) -> Shared:
    """Return the run that a case shares with others of its days, scale and wishes."""
    left_out = left_out_by(case)
    key = (*sharing(case), left_out, seed)
    if key not in _SHARED:
        if len(_SHARED) >= MOST_SHARED:
            _SHARED.pop(next(iter(_SHARED)))
        needed = frozenset[int]() if left_out else days_needed(*sharing(case))
        _SHARED[key] = Shared(case, seed, needed, left_out)
    return _SHARED[key]


def frames(case: Case, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the monthly tables with and without, on the same draws."""
    run = shared(case, seed)
    one, two = (run.under(side, case.months[1]) for side in sides(case))
    return one, two


@dataclass(frozen=True)
class Difference:
    """A paired difference of a move: its mean and interval, and what was there without."""

    move: Move
    mean: float
    low: float
    high: float
    without: float

    @property
    def shown(self) -> bool:
        """Whether the interval excludes zero with the sign that the case names."""
        sign = SIGNS[self.move.sign]
        return bool(min(sign * self.low, sign * self.high) > 0.0)

    def __str__(self) -> str:
        return f"{self.move}; {self.mean:+,.0f} ({self.low:+,.0f} to {self.high:+,.0f}), {self.without:,.0f} without"


def counts(case: Case) -> dict[str, np.ndarray]:
    """Return what each of a case's moves counts: seeds x (with, without), by the move's text."""
    pairs = [frames(case, seed) for seed in range(1, case.seeds + 1)]
    gc.collect()  # models hold themselves in circles, thirty MB each
    return {
        str(move): np.array([[move.of(frame, *case.months) for frame in pair] for pair in pairs], dtype=float)
        for move in case.moves
    }


def differences(case: Case) -> list[Difference]:
    """Return the paired difference of each of a case's moves over its seeds."""
    counted = counts(case)
    found = []
    for move in case.moves:
        both = counted[str(move)]
        mean, low, high = mean_interval(both[:, 0] - both[:, 1])
        found.append(Difference(move, float(mean), float(low), float(high), float(both[:, 1].mean())))
    return found
