"""The model: one day, phase by phase.

Each phase's rule stands in one file: instruments in policy/timeline.py, the wish in world/wishes.py, the departure in
behavior/departure.py, the way on in behavior/route.py, what happens under way in behavior/passage.py, the border in
behavior/border.py, queues in sim/queues.py, beliefs in behavior/beliefs.py, the values of ways in sim/valuation.py.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd

from ladsim.actors import face
from ladsim.actors.country import Country
from ladsim.actors.smuggling import SmugglingNetwork
from ladsim.behavior import kernels
from ladsim.behavior.familiarity import familiarity_of
from ladsim.behavior.parameters import Parameters, load_parameters
from ladsim.behavior.pathways import pathway_ids
from ladsim.behavior.tables import LARGEST_CHOICE, People, new_events
from ladsim.behavior.values import risk_disutility
from ladsim.columns import Column
from ladsim.core.checks import in_range
from ladsim.core.schema import FIRST_ABSORBING, N_PARTY, State
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.population import Population
from ladsim.sim.arrivals import Arrivals
from ladsim.sim.coherence import check_coherence
from ladsim.sim.collect import draw_seed, reporters
from ladsim.sim.environment import Environment
from ladsim.sim.fates import FatesByPerson, account
from ladsim.sim.given import check_given
from ladsim.sim.queues import Queues
from ladsim.sim.tally import Tally, count_stocks
from ladsim.world.wishes import wishes_of
from ladsim.world.world import World, load_world

COMPACT_SHARE = 0.25
FEW = 10
"""From so many persons per agent on, each person's fate is kept."""
PANEL = 200
"""Migrants in an agent table of the data collector."""


class LadModel(mesa.Model):
    """The corridor, its people, countries and smuggling networks, under a scenario.

    Args:
        scenario: a scenario or its name.
        seed: 32-bit seed of every draw; None takes one from the operating system, found in ``draw_seed`` afterwards,
            so that models made without a seed differ, as in Mesa.
        rng: In place of a seed, as in Mesa: a whole number, or a NumPy Generator from which the seed is drawn.
        scale: persons that one agent stands for.
        parameters: behavior parameters, or overrides of them by name.
        world: the world, or the folder of its tables (docs/own-corridor.md); the packaged one by default.
        wishes: wish levels, home values and season; those of the world by default.
        familiarity: shares who know a family of ways on the first day; those of the world by default.
        parameter_set: which fitted set to take what is not given from; 0 is the best one.
        pathways: ids of lawful pathways beside the scenario's own, for a model that is to be forked into another.
        timeline: that of the scenario in the world, if it is there already; see timeline_of.
        columns: attributes of migrants beside those of every migrant; each needs a default.
        follow_fates: whether each person's fate is kept, for fates_by_person; by default from 10 persons per agent on.

    The scenario's first day is preceded by a run-in under the rules of that day, which puts people on their way; its
    months are not recorded.

    Attributes:
        day: index of the day that is simulated next, counted from the beginning of the run-in.
        date: its date.
        population: the migrants as columns.
        countries: Country agents by ISO3.
        networks: SmugglingNetwork agents by stretch.
        environment: rules, beliefs and values of today.
    """

    def __init__(
        self,
        scenario: Scenario | str,
        *,
        seed: int | None = None,
        rng: Any = None,
        scale: int = 100,
        parameters: Parameters | Mapping[str, float] | None = None,
        world: World | str | Path | None = None,
        wishes: Mapping[str, Any] | None = None,
        familiarity: Mapping[str, Mapping[str, float]] | None = None,
        parameter_set: int = 0,
        pathways: Sequence[str] | None = None,
        timeline: Timeline | None = None,
        columns: Sequence[Column] = (),
        follow_fates: bool | None = None,
    ) -> None:
        check_given(wishes=wishes, familiarity=familiarity, pathways=pathways, follow_fates=follow_fates)
        self.draw_seed = draw_seed(seed, rng)
        super().__init__(seed=self.draw_seed)
        self.world = world if isinstance(world, World) else load_world() if world is None else World.load(world)
        self.scenario = load_scenario(scenario, world=self.world) if isinstance(scenario, str) else scenario
        self.scale = in_range("scale", scale)
        if not isinstance(parameters, Parameters):
            parameters = load_parameters(parameters, parameter_set=parameter_set)
        self.parameters = parameters
        wishes = wishes or wishes_of(self.world, parameter_set)
        familiarity = familiarity_of(self.world, parameter_set) if familiarity is None else familiarity
        self.run_in = int(self.parameters.run_in_days)
        self.start = self.scenario.start - timedelta(days=self.run_in)
        self.n_days = self.scenario.n_days + self.run_in
        self.day = 0
        self.timeline = timeline or timeline_of(self.scenario, self.world)
        w = self.world
        ids = list(pathways) if pathways is not None else pathway_ids(self.scenario.instruments)
        sizes = {"pathway": len(ids)}
        n, groups = w.people.n_nationalities, w.people.n_groups
        self.population = Population(n, groups, labels=_labels(w), sizes=sizes, more=columns)
        self._install_actors()
        self.arrivals = Arrivals(w, self.start, self.n_days, self.scale, self.draw_seed, self.parameters, wishes)
        self.environment = Environment(
            w,
            self.timeline,
            ids,
            self.parameters,
            self.arrivals,
            self.run_in,
            familiarity,
        )
        self.queues = Queues(self.scale, self.draw_seed)
        env = self.environment
        self.events = new_events(
            w.route.n_ways,
            w.people.n_nationalities,
            N_PARTY,
            w.people.n_groups,
            len(w.route.countries),
            env.n_pathways,
            len(env.areas),
            self.scenario.end.year - self.scenario.start.year + 1,
        )
        self.tally = Tally(w, env.areas, env.n_sectors, env.pathway_ids, self.scale)
        self._risk = risk_disutility(env.graph, self.parameters)
        self._us = w.country_index[w.destination]
        self._scratch = np.empty(LARGEST_CHOICE)
        self._fates = FatesByPerson() if (self.scale >= FEW if follow_fates is None else follow_fates) else None
        self.datacollector = face.PanelCollector(panel=PANEL, seed=self.draw_seed, model_reporters=reporters())

    @property
    def date(self) -> date:
        """The date of the day that is simulated next."""
        return self.start + timedelta(days=self.day)

    def step(self) -> None:
        """Simulate one day; on the last one ``running`` becomes False.

        Raises:
            RuntimeError: The days of the scenario are over.
            ValueError: What was written to migrants from outside does not fit together.
        """
        if self.day >= self.n_days:
            last = self.start + timedelta(days=self.n_days - 1)
            raise RuntimeError(f"the scenario {self.scenario.name!r} has ended with {last}; there is no day after it")
        if self.population.written:
            check_coherence(self.population)
        self.apply_instruments()
        self.people_form_the_wish()
        self.journeys_end()
        self.remove_from_the_way()
        self.people_decide()
        self.seats_are_filled()
        self.queues_move()
        self.beliefs_follow()
        self.close_the_day()

    def run(self) -> pd.DataFrame:
        """Simulate to the end and return the monthly table; frees the model's place in Mesa's registry."""
        while self.day < self.n_days:
            self.step()
        face.release(self)
        self.environment.valuation.forget_history()
        return self.monthly()

    def fork(self, scenario: Scenario, timeline: Timeline | None = None) -> LadModel:
        """Return a copy of the model as it stands that goes on under another scenario.

        It is what a run of the other scenario from its first day would be, if until now nothing differed between the
        two; see Timeline.first_difference. The world and its tables are shared.

        Args:
            scenario: the other scenario.
            timeline: what holds on its days, if it is there already; see timeline_of.

        Raises:
            ValueError: the other scenario begins or ends on another day, differs on an earlier day, or has pathways
                that this model does not hold.
        """
        timeline = timeline or timeline_of(scenario, self.world)
        differs = self.timeline.first_difference(timeline)
        if (timeline.start, timeline.n_days) != (self.timeline.start, self.timeline.n_days):
            raise ValueError("a model can only be forked into a scenario of the same days")
        if differs is not None and differs + self.run_in < self.day:
            raise ValueError(f"the scenarios differ since day {differs} of their days, before {self.date}")
        lacking = set(pathway_ids(scenario.instruments)) - set(self.environment.pathway_ids)
        if lacking:
            raise ValueError(f"the model holds no pathway {sorted(lacking)}")
        other = copy.deepcopy(self, {id(part): part for part in self.shared_parts().values()})
        other.scenario, other.timeline, other.environment.timeline = scenario, timeline, timeline
        other._assign_instruments()
        return other

    def shared_parts(self) -> dict[str, Any]:
        """Return the parts that nothing changes, by name: forks share them, and a checkpoint only names them."""
        return {
            "world": self.world,
            "parameters": self.parameters,
            "timeline": self.timeline,
            "graph": self.environment.graph,
            "arrivals": self.arrivals,
        }

    @property
    def follows_fates(self) -> bool:
        """Whether each person's fate is kept."""
        return self._fates is not None

    def monthly(self) -> pd.DataFrame:
        """Return the rows of the months closed so far: month, measure, place, nationality, value."""
        return self.tally.frame()

    def account(self) -> pd.DataFrame:
        """Return every departure since the first day under exactly one fate; see sim.fates.account."""
        w, first = self.world, self.scenario.start.year
        return account(self.events, self.population, w.nationalities, first, self.scale)

    def fates_by_person(self) -> pd.DataFrame:
        """Return person, nationality and fate (positions) of everybody who formed a wish, as things stand.

        Raises:
            RuntimeError: The model was made without following fates.
        """
        if self._fates is None:
            raise RuntimeError("this model follows nobody's fate; make it with follow_fates=True")
        return self._fates.table(self.population, self.world.people.group_node)

    # -- phases ------------------------------------------------------------------------------------------------------

    def apply_instruments(self) -> None:
        """Take over today's rules, hear today's announcements, and value the ways anew where that is due."""
        self.environment.begin_day(self.day, self.countries, self.networks)

    def people_form_the_wish(self) -> None:
        """Add those who start to consider leaving today."""
        self.arrivals.arrive(self.day, self.population, self.events, self.countries)

    def journeys_end(self) -> None:
        """Resolve the ways, custodies and lawful journeys whose last day is today."""
        env = self.environment
        due = np.flatnonzero(self.population.view("due") <= self.day)
        month = self.date.year * 12 + self.date.month
        kernels.arrive(
            self._alive(due),
            self.day,
            month,
            self._us,
            self.draw_seed,
            self._people(),
            env.graph,
            env.today,
            env.paths,
            self.world.people.group_node,
            self.parameters,
            self.events,
        )

    def remove_from_the_way(self) -> None:
        """Remove people who arrive at places from which a country removes."""
        self.queues.remove_from_the_way(self)

    def people_decide(self) -> None:
        """Let everybody who has something to decide today decide."""
        env = self.environment
        population = self.population
        self._pending = np.full(population.n, -1, dtype=np.int64)
        due = self._alive(np.flatnonzero(population.view("due") <= self.day))
        kernels.decide(
            due,
            self.day,
            self.draw_seed,
            env.valuation.slots(self.day),
            self._people(),
            env.graph,
            env.today,
            env.paths,
            env.valuation.values,
            self._risk,
            self.world.people.group_node,
            self.parameters,
            self.events,
            self._pending,
            self._scratch,
        )

    def seats_are_filled(self) -> None:
        """Give the seats of boats, flights and charters to those in line, by a keyed draw; the rest try tomorrow."""
        self.queues.fill_seats(self, self._pending)

    def queues_move(self) -> None:
        """Grant places in lawful pathways and programs of regular status, as far as today's capacity goes."""
        self.queues.grant_pathways(self)
        self.queues.regularize(self)

    def beliefs_follow(self) -> None:
        """Let countries, networks and beliefs take note of what happened today."""
        self.environment.end_day(self.events, self.queues, self.countries, self.networks, self.scale)

    def close_the_day(self) -> None:
        """Write the month's rows on its last day, and let those leave the table whose way has ended."""
        today = self.date
        tomorrow = today + timedelta(days=1)
        if tomorrow == self.scenario.start:
            self.tally.forget(self.events)
        elif today >= self.scenario.start and (tomorrow.month != today.month or self.day == self.n_days - 1):
            self.tally.close_month(f"{today:%Y-%m}", self.events, *self._stocks())
        state = self.population.view("state")
        ended = (state >= FIRST_ABSORBING) | (state == State.REGULARIZED)
        if ended.sum() > COMPACT_SHARE * self.population.n or self.day == self.n_days - 1:
            if self._fates is not None:
                self._fates.keep(self.population, np.flatnonzero(ended), self.world.people.group_node)
            self.population.compact(~ended)
        self.day += 1
        self.running = self.day < self.n_days
        self.datacollector.collect(self)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _install_actors(self) -> None:
        w = self.world
        self.countries = {
            code: Country(
                self, code, w.country_index[code], bool(w.countries.loc[code, "endorsing"]), w.people.n_nationalities
            )
            for code in w.route.countries
        }
        self.networks = {stretch: SmugglingNetwork(self, stretch) for stretch in w.route.stretches}
        self._assign_instruments()
        stock = w.people.persons * w.people.irregular_share
        for g in range(w.people.n_groups):
            country = self.countries[w.people.group_country_code[g]]
            country.irregular_stock[w.people.group_nationality[g]] += stock[g]
        face.install(self, self.population)

    def _assign_instruments(self) -> None:
        for country in self.countries.values():
            country.instruments = [i.id for i in self.scenario.instruments.values() if country.code in i.actors]

    def _people(self) -> People:
        return People(*self.population.arrays(*People._fields))

    def _alive(self, rows: np.ndarray) -> np.ndarray:
        state = self.population.view("state")[rows]
        alive: np.ndarray = rows[(state < FIRST_ABSORBING) & (state != State.REGULARIZED)]
        return alive

    def _stocks(self) -> tuple[np.ndarray, np.ndarray]:
        w = self.world
        return count_stocks(self.population, w.route.n_nodes, w.people.n_nationalities, self.environment.n_pathways)


def timeline_of(scenario: Scenario, world: World) -> Timeline:
    """Return what holds on each day of a scenario."""
    return Timeline(scenario.instruments, world, scenario.start, scenario.n_days, freeze_on=scenario.freeze_on)


def shared_pathways(one: Scenario, other: Scenario) -> list[str]:
    """Return the pathways that a model must hold to be run under one scenario and forked into the other."""
    ids = [pathway_ids(one.instruments), pathway_ids(other.instruments)]
    return [*sorted({*ids[0][:-1], *ids[1][:-1]}), max(i[-1] for i in ids)]


def _labels(world: World) -> dict[str, tuple[str, ...]]:
    return {
        "nationality": world.nationalities,
        "group": world.people.groups,
        "node": world.route.nodes,
        "way": world.route.ways,
    }
