"""What people see of a day, as plain lists: the graph, the rules, the lawful pathways, and what ways are worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from ladsim.sim.environment import Environment


def plain(table: Any) -> Any:
    """Return a named tuple of arrays as the same named tuple of (nested) lists and numbers."""
    return table._make(part.tolist() if isinstance(part, np.ndarray) else part for part in table)


class Surroundings:
    """The world as a person looks at it, one number at a time.

    Attributes:
        graph: the route graph (tables.Graph of lists).
        today: what holds today (tables.Today of lists).
        paths: lawful pathways today (tables.Paths of lists).
        ways_out: the ways out of each node.
        risk: disutility of the hazards of each way.
        home: node of residence by group.
    """

    def __init__(self, environment: Environment, risk: np.ndarray, home: np.ndarray) -> None:
        self._environment = environment
        self.graph = plain(environment.graph)
        first, out = self.graph.out_start, self.graph.out
        self.ways_out: list[list[int]] = [out[first[i] : first[i + 1]] for i in range(len(first) - 1)]
        self.risk: list[float] = risk.tolist()
        self.home: list[int] = home.tolist()
        self.today: Any = None
        self.paths: Any = None
        self._slots: list[int] = []

    def begin_day(self, day: int) -> None:
        """Look at the environment after it has begun a day."""
        self.today = plain(self._environment.today)
        self.paths = plain(self._environment.paths)
        self._slots = self._environment.valuation.slots(day).tolist()

    def way_value(self, lag: int, traveler_class: int, way: int) -> float:
        """Return what a way and all that follows was worth to a class, as it was known ``lag`` days ago."""
        slot = self._slots[min(lag, len(self._slots) - 1)]
        return float(self._environment.valuation.values.way.item(slot, traveler_class, way))

    def news(self, lag: int, traveler_class: int, node: int) -> int:
        """Return the last day on which being at a node fell short of expectations, as it was known ``lag`` days ago."""
        slot = self._slots[min(lag, len(self._slots) - 1)]
        return int(self._environment.valuation.values.news.item(slot, traveler_class, node))

    def stay_value(self, lag: int, traveler_class: int, node: int, option: int) -> float:
        """Return what waiting, turning back, asylum or settling at a node was worth ``lag`` days ago."""
        slot = self._slots[min(lag, len(self._slots) - 1)]
        return float(self._environment.valuation.values.stay.item(slot, traveler_class, node, option))
