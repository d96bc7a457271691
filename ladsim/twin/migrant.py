"""A migrant as an ordinary Mesa agent: what a day brings."""

from __future__ import annotations

from ladsim.core.schema import Outcome, State
from ladsim.twin import decision, journey
from ladsim.twin.person import Person


class ReferenceMigrant(Person):
    """A person on the way, who decides and travels."""

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
