"""Smuggling networks, one a stretch of the corridor: fees follow demand, capacity and enforcement pressure."""

from __future__ import annotations

import mesa

from ladsim.behavior.parameters import Parameters


class SmugglingNetwork(mesa.Agent):
    """The networks of one stretch.

    Attributes:
        stretch: name of the stretch.
        demand: smoothed number of people a day who pay for guided ways on it.
        capacity: people a day whom the networks are set up to take, at the base fee.
        cut: share of that capacity taken out by arrests, sanctions and dismantling.
        fee: multiplier of the base fee.
    """

    def __init__(self, model: mesa.Model, stretch: str) -> None:
        super().__init__(model)
        self.stretch = stretch
        self.demand = 0.0
        self.capacity = 0.0
        self.days = 0
        self._average = 0.0
        self._kept = 1.0
        self.cut = 0.0
        self.fee = 1.0

    def set_fee(self, paying_today: float, cut: float, pressure: float, p: Parameters) -> None:
        """Set the fee for tomorrow.

        In the run-in networks are set up for the demand that there is; later their capacity follows it slowly.

        Args:
            paying_today: people who took a way of the stretch with a fee today.
            cut: share of capacity taken out.
            pressure: mean probability of being stopped on the stretch (0..1); it is paid for.
            p: behavior parameters.
        """
        keep = 0.5 ** (1.0 / (p.capacity_half_life / 4.0))
        adapt = 1.0 - 0.5 ** (1.0 / p.capacity_half_life)
        self._kept *= keep
        self._average = keep * self._average + (1.0 - keep) * paying_today
        self.demand = self._average / (1.0 - self._kept)
        self.days += 1
        if self.days <= p.run_in_days:
            self.capacity = self.demand
        else:
            self.capacity += adapt * (self.demand - self.capacity)
        self.cut = cut
        left = max(self.capacity * (1.0 - cut), 1e-9)
        tension = self.demand / left if self.demand > 0.0 else 1.0
        self.fee = float(min(4.0, max(0.5, tension**p.fee_elasticity * (1.0 + pressure))))
