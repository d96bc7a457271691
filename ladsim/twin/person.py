"""A person on the way as a Mesa agent: attributes, and what happens to them, whatever they decide."""

from __future__ import annotations

from typing import Any, Protocol

import mesa

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Events
from ladsim.core.schema import FIRST_ABSORBING, Fate, Met, State
from ladsim.twin.choice import Draws
from ladsim.twin.surroundings import Surroundings

NONE = -1


class Corridor(Protocol):
    """The model as a person on the way sees it; twin.model.ReferenceModel is one."""

    @property
    def day(self) -> int:
        """Index of today."""

    @property
    def month(self) -> int:
        """The month, counted from the year 0."""

    @property
    def us(self) -> int:
        """Position of the country that people are bound for."""

    @property
    def parameters(self) -> Parameters:
        """Behavior parameters."""

    @property
    def events(self) -> Events:
        """Counters."""

    @property
    def draws(self) -> Draws:
        """Random numbers by their address."""

    @property
    def around(self) -> Surroundings:
        """What people see of today."""

    @property
    def lines(self) -> Any:
        """Who waits for limited places."""

    def note_end(self, migrant: Any) -> None:
        """Count a person whose way ends."""


class Person(mesa.Agent):  # type: ignore[misc]
    """A person on the way.

    The attributes are those of ladsim.population.SCHEMA, under the same names and in the same units.
    """

    model: Corridor

    def __init__(
        self,
        model: Any,
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
        self.heard = NONE
        self.tries = 0
        self.departed = NONE
        self.met = Met.NOTHING
        self.fate = NONE

    @property
    def home(self) -> int:
        """The place of residence."""
        return self.model.around.home[self.group]

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
        self.heard = self.model.day - self.lag

    def end_departure(self, fate: Fate) -> None:
        """End the present departure in a fate."""
        self.fate = fate
        if self.departed >= 0:
            self.model.events.fates[self.departed, self.nationality, self.party, self.kind, fate, self.met] += 1
        self.departed = NONE

    def wait_until(self, days: float) -> None:
        """Decide again after whole days."""
        self.due = self.model.day + int(days)
