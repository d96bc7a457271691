"""The reference model: the day of LadModel with agents in place of columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from ladsim.actors import face
from ladsim.actors.country import Country
from ladsim.actors.smuggling import SmugglingNetwork
from ladsim.arrivals import Arrivals
from ladsim.behavior.environment import Environment, pathway_ids
from ladsim.behavior.parameters import Parameters, load_parameters
from ladsim.behavior.tables import Ints, new_events
from ladsim.behavior.values import risk_disutility
from ladsim.levers.scenario import Scenario, load_scenario
from ladsim.levers.timeline import Timeline
from ladsim.reference.arrivals import people_form_the_wish
from ladsim.reference.choice import Draws
from ladsim.reference.lines import Lines
from ladsim.reference.migrant import ReferenceMigrant
from ladsim.reference.surroundings import Surroundings
from ladsim.schema import N_PARTY, STRETCHES, State
from ladsim.tally import Tally
from ladsim.world.world import World, load_world


class ReferenceModel(mesa.Model):  # type: ignore[misc]
    """The corridor under a scenario, every migrant a plain Mesa agent.

    Args:
        scenario: a scenario or its name.
        seed: 32-bit seed of every draw.
        scale: persons an agent stands for.
        parameters: behavior parameters, or overrides of them by name.
        world: the world; the packaged one by default.
        wishes: wish levels and season; the packaged ones by default.
        draws: the draws; those in plain Python by default.

    Attributes:
        day: index of the day that is simulated next.
        around: what people see of today.
        lines: who waits for limited places.
        ended: people whose way has ended, by state, nationality and residence group.
    """

    def __init__(
        self,
        scenario: Scenario | str,
        *,
        seed: int = 0,
        scale: int = 100,
        parameters: Parameters | Mapping[str, float] | None = None,
        world: World | None = None,
        wishes: Mapping[str, Any] | None = None,
        draws: Draws | None = None,
    ) -> None:
        super().__init__(seed=seed)
        self.scenario = load_scenario(scenario) if isinstance(scenario, str) else scenario
        self.scale = int(scale)
        self.parameters = parameters if isinstance(parameters, Parameters) else load_parameters(parameters)
        self.world = world or load_world()
        self.start, self.n_days, self.day = self.scenario.start, self.scenario.n_days, 0
        self.draws = draws or Draws(int(seed))
        w, instruments = self.world, self.scenario.instruments
        timeline = Timeline(instruments, w, self.start, self.n_days, freeze_on=self.scenario.freeze_on)
        self._add_actors()
        self.arrivals = Arrivals(w, self.start, self.n_days, self.scale, int(seed), self.parameters, wishes)
        self.environment = env = Environment(
            w,
            timeline,
            pathway_ids(instruments),
            self.parameters,
            self.arrivals.by_nationality,
            self.arrivals.home_value,
        )
        risk = risk_disutility(env.graph, self.parameters)
        self.around = Surroundings(env, risk, w.people.group_node)
        self.lines = Lines(self.scale, int(seed))
        self.us = w.country_index["USA"]
        n, groups, countries = w.people.n_nationalities, w.people.n_groups, list(w.route.countries)
        self.events = new_events(w.route.n_ways, n, N_PARTY, groups, len(countries), env.n_pathways, len(env.areas))
        self.ended = np.zeros((len(State), n, groups), dtype=np.int64)
        group_places = [
            (int(nationality), countries[country])
            for nationality, country in zip(w.people.group_nationality, w.people.group_country, strict=True)
        ]
        self.tally = Tally(
            list(w.nationalities),
            countries,
            list(w.route.ways),
            list(w.route.nodes),
            env.areas,
            env.n_sectors,
            group_places,
            env.pathway_ids,
            self.scale,
        )

    @property
    def date(self) -> date:
        """The date of the day that is simulated next."""
        return self.start + timedelta(days=self.day)

    @property
    def month(self) -> int:
        """The month of that day, counted from the year 0."""
        return self.date.year * 12 + self.date.month

    @property
    def migrants(self) -> AgentSet:
        """Those whose way has not ended, in the order in which they formed the wish."""
        return self.agents_by_type.get(ReferenceMigrant, AgentSet([], random=self.random))

    def step(self) -> None:
        """Simulate one day."""
        self.environment.begin_day(self.day, self.countries, self.networks)
        self.around.begin_day(self.day)
        people_form_the_wish(self)
        self.migrants.do("end_journey")
        self.lines.remove_from_the_way(self)
        self.migrants.do("step")
        self.lines.fill_seats(self)
        self.lines.grant_pathways(self)
        self.lines.regularize(self)
        self.environment.end_day(self.events, self.lines, self.countries, self.networks, self.scale)
        self.close_the_day()

    def run(self) -> pd.DataFrame:
        """Simulate to the end and return the monthly table; frees the model's place in Mesa's registry."""
        while self.day < self.n_days:
            self.step()
        face.release(self)
        return self.monthly()

    def monthly(self) -> pd.DataFrame:
        """Return the rows of the months closed so far: month, measure, place, nationality, value."""
        return self.tally.frame()

    def close_the_day(self) -> None:
        """Write the month's rows on its last day."""
        tomorrow = self.date + timedelta(days=1)
        if tomorrow.month != self.date.month or self.day == self.n_days - 1:
            self.tally.close_month(f"{self.date:%Y-%m}", self.events, *self._stocks())
        self.day += 1

    def note_end(self, migrant: ReferenceMigrant) -> None:
        """Count a migrant whose way ends."""
        self.ended[migrant.state, migrant.nationality, migrant.group] += 1

    def counts(self) -> Ints:
        """Return people by state, nationality and group, those on the way and those whose way has ended."""
        counts = self.ended.copy()
        for a in self.migrants:
            counts[a.state, a.nationality, a.group] += 1
        return counts

    def _add_actors(self) -> None:
        people, countries = self.world.people, self.world.route.countries
        model = cast(Any, self)
        self.countries = {
            code: Country(
                model,
                code,
                self.world.country_index[code],
                bool(self.world.countries.loc[code, "endorsing"]),
                people.n_nationalities,
            )
            for code in countries
        }
        self.networks = {stretch: SmugglingNetwork(model, stretch) for stretch in STRETCHES}
        for g in range(people.n_groups):
            stock = self.countries[countries[people.group_country[g]]].irregular_stock
            stock[people.group_nationality[g]] += people.persons[g] * people.irregular_share[g]

    def _stocks(self) -> tuple[Ints, Ints]:
        n = self.world.people.n_nationalities
        stranded = np.zeros((self.world.route.n_nodes, n), dtype=np.int64)
        queue = np.zeros((self.environment.n_pathways, n), dtype=np.int64)
        for a in self.migrants:
            if a.state == State.WAITING:
                stranded[a.node, a.nationality] += 1
            elif a.state == State.PATHWAY_QUEUE and a.outcome < 0:
                queue[a.goal, a.nationality] += 1
        return stranded, queue
