"""Cases of levers: read from YAML, run with common draws, and measured as paired differences over seeds.

A case compares history without any commitment of the Declaration to the same history with one lever put in (or with
that lever at two terms). All cases of the same days and scale share one run per seed up to the day on which they begin
to differ, and the run without any lever.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from ladsim.results.intervals import mean_interval
from ladsim.sim.model import LadModel, timeline_of
from ladsim.world.world import World, load_world

FOLDER = Path(__file__).parent / "cases"
KEYS = (
    *("lever", "what", "days", "months", "with", "without", "moves", "terms", "why", "seeds", "scale", "base"),
    "wishes",
)
INSTITUTIONAL_KEYS = ("lever", "institutional", "why")
MOVE_KEYS = ("measure", "places", "nationalities", "sign")
SIGNS = {"more": 1, "fewer": -1}
RUN_IN_DAYS = 30
SEEDS, SCALE = 4, 500


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
    institutional: bool = False
    days: tuple[date, date] = (date.min, date.min)
    months: tuple[str, str] = ("", "")
    with_changes: Mapping[str, Any] | None = None
    without_changes: Mapping[str, Any] | None = None
    moves: tuple[Move, ...] = ()
    terms: str = "real"
    why: str = ""
    seeds: int = SEEDS
    scale: int = SCALE
    base: Mapping[str, Any] = field(default_factory=dict)
    wishes: Mapping[str, float] = field(default_factory=dict)


def read_case(file: Path) -> Case:
    """Return the case that a file tells; anything that it should not hold is an error."""
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    keys = INSTITUTIONAL_KEYS if told.get("institutional") else KEYS
    unknown = set(told) - set(keys)
    assert not unknown, f"{file.name}: unknown keys {sorted(unknown)}; known are {', '.join(keys)}"
    assert told["lever"] == file.stem, f"{file.name}: lever is {told['lever']}"
    if told.get("institutional"):
        return Case(told["lever"], "", institutional=True, why=told["why"])
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
        base=told.get("base", {}),
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
    others = [name for name in commitments(library()) if name != case.lever or changes is None]
    excluded = [*dict.fromkeys([*others, *case.base.get("exclude", ())])]
    if changes is None and case.lever not in excluded:
        excluded.append(case.lever)
    overrides = {**case.base.get("instrument", {}), **({case.lever: dict(changes)} if changes else {})}
    return load_scenario(
        "history",
        start=case.days[0],
        end=case.days[1],
        include=[case.lever] if changes is not None else [],
        exclude=excluded,
        instrument_overrides=overrides,
        instruments=library(),
    )


class Shared:
    """The run without any lever of some days, scale and seed, kept at the days from which others go on."""

    def __init__(self, scenario: Scenario, scale: int, seed: int, of: World) -> None:
        self.model = LadModel(
            scenario,
            seed=seed,
            scale=scale,
            world=of,
            parameters={"run_in_days": RUN_IN_DAYS},
            pathways=pathway_ids(library()),
        )
        self._kept: dict[int, LadModel] = {0: self.model}
        self._frame: pd.DataFrame | None = None

    def at(self, day: int) -> LadModel:
        """Return the model on a day, not to be stepped."""
        if day not in self._kept:
            earlier = max(d for d in self._kept if d <= day)
            model = self._kept[earlier].fork(self.model.scenario)
            while model.day < day:
                model.step()
            self._kept[day] = model
        return self._kept[day]

    def frame(self) -> pd.DataFrame:
        """Return the monthly table of the run without any lever."""
        if self._frame is None:
            latest = self.at(max(self._kept))
            self._frame = latest.fork(self.model.scenario).run()
        return self._frame

    def under(self, scenario: Scenario, last: str) -> pd.DataFrame:
        """Return the monthly table under another scenario, which is run from the day they differ to a month's end."""
        differs = self.model.timeline.first_difference(timeline_of(scenario, world()))
        if differs is None:
            return self.frame()
        assert differs > 0, "the lever must begin after the first day, so that what is believed then is the same"
        model = self.at(differs + self.model.run_in).fork(scenario)
        while model.day < model.n_days and f"{model.date:%Y-%m}" <= last:
            model.step()
        release(model)
        return model.monthly()


MOST_SHARED = 4
"""Shared runs that are held at once: each keeps some models of a hundred MB."""
_SHARED: dict[tuple[Any, ...], Shared] = {}


def shared(case: Case, seed: int) -> Shared:
    """Return the run that a case shares with others of its days and scale."""
    without = scenario_of(case, None)
    wishes = tuple(sorted(case.wishes.items()))
    key = (case.days, case.scale, tuple(without.instruments), repr(case.base), wishes, seed)
    if key not in _SHARED:
        if len(_SHARED) >= MOST_SHARED:
            _SHARED.pop(next(iter(_SHARED)))
        _SHARED[key] = Shared(without, case.scale, seed, world_of(wishes))
    return _SHARED[key]


def frames(case: Case, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the monthly tables with and without, on the same draws."""
    run = shared(case, seed)
    one, two = (
        run.frame() if changes is None else run.under(scenario_of(case, changes), case.months[1])
        for changes in (case.with_changes, case.without_changes)
    )
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
