"""A migrant as an ordinary Mesa agent: attributes, and what a day brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from ladsim.core.schema import FIRST_ABSORBING, Fate, Met, Outcome, State
from ladsim.twin import decision, journey

if TYPE_CHECKING:
    from ladsim.twin.model import ReferenceModel

NONE = -1


class ReferenceMigrant(mesa.Agent):  # type: ignore[misc]
    """A person on the way.

    The attributes are those of ladsim.population.SCHEMA, under the same names and in the same units.
    """

    model: ReferenceModel

    def __init__(
        self,
        model: ReferenceModel,
        *,
        person: int,
        nationality: int,
        group: int,
        traveler_class: int,
        party: int,
        kind: int,
        means_class: int,
        ties: bool,
        means: float,
        risk_aversion: float,
        urgency: float,
        lag: int,
        regular: bool,
        node: int,
        due: int,
    ) -> None:
        super().__init__(model)
        self.person = person
        self.nationality = nationality
        self.group = group
        self.traveler_class = traveler_class
        self.party = party
        self.kind = kind
        self.means_class = means_class
        self.ties = ties
        self.means = means
        self.risk_aversion = risk_aversion
        self.urgency = urgency
        self.lag = lag
        self.regular = regular
        self.attempts = 0
        self.encounters = 0
        self.state = State.CONSIDERING
        self.node = node
        self.way = NONE
        self.goal = NONE
        self.due = due
        self.born = model.day
        self.state_since = model.day
        self.irregular_since = NONE
        self.last_encounter_month = NONE
        self.outcome = NONE
        self.wait_weeks = 0
        self.refused = 0
        self.paid = 0.0
        self.shaken = False
        self.tries = 0
        self.departed = NONE
        self.met = Met.NOTHING
        self.fate = NONE

    @property
    def home(self) -> int:
        """The place of residence."""
        return self.model.around.home[self.group]

    def end_journey(self) -> None:
        """Resolve what was under way and ends today: a way, custody, a journey by a lawful pathway."""
        if self.due > self.model.day:
            return
        if self.state == State.TRAVELLING:
            journey.complete_way(self)
        elif self.state == State.CUSTODY:
            journey.leave_custody(self)
        elif self.state == State.PATHWAY_QUEUE and self.outcome == Outcome.PAROLE:
            journey.use_pathway(self)

    def step(self) -> None:
        """Decide, if there is something to decide today."""
        if self.due > self.model.day:
            return
        if self.state == State.CONSIDERING:
            decision.choose_departure(self)
        elif self.state == State.PATHWAY_QUEUE:
            if self.node == self.home:
                decision.choose_departure(self)
            else:
                decision.choose_way(self)
        elif self.state == State.WAITING:
            decision.choose_way(self)

    def enter(self, state: State) -> None:
        """Enter a state today; a state that ends the way takes the migrant out of the model."""
        self.state = state
        self.state_since = self.model.day
        if state >= FIRST_ABSORBING or state == State.REGULARIZED:
            self.model.note_end(self)
            self.remove()

    def set_out(self) -> None:
        """Leave home; the run-in (year -1) is in no account."""
        self.departed = self.model.around.today.year
        self.met = Met.NOTHING
        self.shaken = False
        self.tries = 0

    def end_departure(self, fate: Fate) -> None:
        """End the present departure in a fate."""
        self.fate = fate
        if self.departed >= 0:
            self.model.events.fates[self.departed, self.nationality, self.party, self.kind, fate, self.met] += 1
        self.departed = NONE

    def wait_until(self, days: float) -> None:
        """Decide again after whole days."""
        self.due = self.model.day + int(days)
