"""Countries: their capacities, their queues, and the rules that watch the state of the system."""

from __future__ import annotations

from collections import deque

import mesa
import numpy as np

from ladsim.behavior.tables import Floats
from ladsim.policy.rules import AsylumBar, Regularization, Rules


class Country(mesa.Agent):
    """A country of the corridor, endorsing or not.

    Attributes:
        code: ISO3.
        endorsing: whether it endorsed the Declaration.
        instruments: ids of the instruments in whose actors it is.
        irregular_stock: N, persons living there without regular status.
        stop_load: smoothed number of people a day its forces would stop at the stated probability.
    """

    def __init__(self, model: mesa.Model, code: str, index: int, endorsing: bool, n_nationalities: int) -> None:
        super().__init__(model)
        self.code = code
        self.index = index
        self.endorsing = endorsing
        self.instruments: list[str] = []
        self.irregular_stock = np.zeros(n_nationalities)
        self.stop_load = 0.0
        self.asylum_queue = 0.0
        self._credit: dict[str, float] = {}
        self._granted: dict[str, float] = {}
        self._renewals: dict[str, float] = {}
        self._outside: dict[str, Floats | float] = {}
        self._bars: dict[str, BarState] = {}
        self._encounters: deque[float] = deque(maxlen=366)
        self._children: deque[Floats] = deque(maxlen=366)

    def stop_factor(self, capacity: float) -> float:
        """Return the part of those met whom its forces have the capacity to stop (0..1)."""
        if not np.isfinite(capacity) or self.stop_load <= capacity:
            return 1.0
        return capacity / self.stop_load

    def note_stops(self, wanted: float, keep: float) -> None:
        """Update the load with the number of people whom it would have stopped today."""
        self.stop_load = keep * self.stop_load + (1.0 - keep) * wanted

    def note_asylum(self, filed: float, decided: float) -> None:
        """Let today's applications join the queue and the cases that can be decided in a day leave it (persons)."""
        self.asylum_queue = max(0.0, self.asylum_queue + filed - decided)

    def asylum_wait(self, rules: Rules) -> float:
        """Return the days until a case filed today is decided."""
        capacity = float(rules.asylum_capacity[self.index])
        queue = self.asylum_queue / capacity if capacity > 0.0 else 0.0
        return float(rules.asylum_days[self.index]) + queue

    def places(self, program: Regularization, scale: int) -> int:
        """Return the number of agents who can get regular status under a program today; fractions carry over."""
        granted = self._granted.get(program.id, 0.0)
        left = max(0.0, program.total_places - granted)
        credit = self._credit.get(program.id, 0.0) + program.capacity_per_day / scale
        credit = min(credit, left / scale)
        whole = int(credit)
        self._credit[program.id] = credit - whole
        self._granted[program.id] = granted + whole * scale
        return whole

    def give_back(self, program: Regularization, agents: int, scale: int) -> None:
        """Take back places that nobody used; those of a day are not carried over, but count for the total."""
        self._granted[program.id] = self._granted.get(program.id, 0.0) - agents * scale

    def has_places(self, program: Regularization, scale: int) -> bool:
        """Tell whether a program has places in all for one more agent."""
        return self._granted.get(program.id, 0.0) + scale <= program.total_places

    def renewals(self, program: Regularization, places: int) -> int:
        """Return how many of some places renew a status; fractions carry over."""
        due = self._renewals.get(program.id, 0.0) + places * program.renewal_share
        whole = min(places, int(due + 1e-9))
        self._renewals[program.id] = due - whole
        return whole

    def outside_left(self, program: Regularization) -> Floats:
        """Return those without status whom no table of residences holds and a program has not reached yet (N)."""
        if program.outside_stock is None:
            return np.zeros(len(self.irregular_stock))
        reached = self._outside.get(program.id, 0.0)
        return np.asarray(np.maximum(0.0, program.outside_stock - reached))

    def note_outside(self, program: Regularization, persons: Floats) -> None:
        """Note whom a program reached of them (N, persons)."""
        if program.outside_stock is not None:
            self._outside[program.id] = self._outside.get(program.id, 0.0) + persons

    def note_encounters(self, persons: float, children: Floats) -> None:
        """Remember today's encounters between ports: of all (persons) and of unaccompanied children (N)."""
        self._encounters.append(persons)
        self._children.append(children)

    def average_encounters(self, days: int, counted_children: Floats) -> float:
        """Return the mean of the last days' encounters a day with the children who count, or 0 before the first."""
        recent = list(self._encounters)[-days:]
        if not recent:
            return 0.0
        left_out = np.mean(list(self._children)[-days:], axis=0) @ (1.0 - counted_children)
        return float(np.mean(recent) - left_out)

    def bar_is_on(self, bar: AsylumBar) -> bool:
        """Tell whether an asylum bar is on today; see AsylumBar for when it goes on and off. Call once a day."""
        if bar.threshold_on is None or bar.threshold_off is None:
            return True
        state = self._bars.setdefault(bar.id, BarState())
        average = self.average_encounters(bar.window_days, bar.counted_children)
        if state.on:
            state.quiet = state.quiet + 1 if average < bar.threshold_off else 0
            if state.quiet >= bar.quiet_days:
                state.on, state.quiet = False, 0
        elif average > bar.threshold_on:
            state.on, state.quiet = True, 0
        return state.on


class BarState:
    """Whether a state-triggered bar is on, and for how many days the average has been below the lower threshold."""

    def __init__(self) -> None:
        self.on = False
        self.quiet = 0


def smoothed(previous: Floats, today: Floats, mean_age_days: float) -> Floats:
    """Return an exponentially weighted average whose observations have the mean age given (days)."""
    keep = mean_age_days / (mean_age_days + 1.0)
    return keep * previous + (1.0 - keep) * today
