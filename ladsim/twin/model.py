"""The reference model: LadModel's day with agents in place of columns.

What is not about single people is inherited: the order of the day, rules, environment, actors, the monthly table. Each
phase in which people take part is done anew, and the table of columns stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mesa.agent import AgentSet

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Ints
from ladsim.core.schema import State
from ladsim.policy.scenario import Scenario
from ladsim.sim.model import LadModel
from ladsim.twin.arrivals import people_form_the_wish
from ladsim.twin.choice import Draws
from ladsim.twin.lines import Lines
from ladsim.twin.migrant import ReferenceMigrant
from ladsim.twin.surroundings import Surroundings
from ladsim.world.world import World


class ReferenceModel(LadModel):
    """The corridor under a scenario, every migrant a plain Mesa agent.

    Args:
        scenario: a scenario or its name.
        seed: 32-bit seed of every draw.
        scale: persons that one agent stands for.
        parameters: behavior parameters, or overrides of them by name.
        world: the world; the packaged one by default.
        wishes: wish levels and season; the packaged ones by default.
        parameter_set: which fitted set to take what is not given from.
        draws: the draws; those in plain Python by default.

    Attributes:
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
        parameter_set: int = 0,
        draws: Draws | None = None,
    ) -> None:
        super().__init__(
            scenario,
            seed=seed,
            scale=scale,
            parameters=parameters,
            world=world,
            wishes=wishes,
            parameter_set=parameter_set,
        )
        people = self.world.people
        self.draws = draws or Draws(int(seed))
        self.around = Surroundings(self.environment, self._risk, people.group_node)
        self.queues = self.lines = Lines(self.scale, int(seed))
        self.us: int = self.world.country_index[self.world.destination]
        self.ended = np.zeros((len(State), people.n_nationalities, people.n_groups), dtype=np.int64)

    @property
    def month(self) -> int:
        """The month that is simulated, counted from the year 0."""
        return int(self.date.year * 12 + self.date.month)

    @property
    def migrants(self) -> AgentSet:
        """Those whose way has not ended, in the order in which they formed the wish."""
        return self.agents_by_type.get(ReferenceMigrant, AgentSet([], random=self.random))

    def apply_instruments(self) -> None:
        """Take over today's rules, and let people look at them."""
        super().apply_instruments()
        self.around.begin_day(self.day)

    def people_form_the_wish(self) -> None:
        """Add those who start to consider leaving today."""
        people_form_the_wish(self)

    def journeys_end(self) -> None:
        """Resolve the ways, custodies and lawful journeys whose last day is today."""
        self.migrants.do("end_journey")

    def people_decide(self) -> None:
        """Let everybody who has something to decide today decide."""
        self.migrants.do("step")

    def seats_are_filled(self) -> None:
        """Give the seats of boats, flights and charters to those in line, by a keyed draw; the rest try tomorrow."""
        self.lines.fill_seats(self)

    def note_end(self, migrant: ReferenceMigrant) -> None:
        """Count a migrant whose way ends."""
        self.ended[migrant.state, migrant.nationality, migrant.group] += 1

    def counts(self) -> Ints:
        """Return people by state, nationality and group, those on the way and those whose way has ended."""
        counts = self.ended.copy()
        for a in self.migrants:
            counts[a.state, a.nationality, a.group] += 1
        return counts

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
