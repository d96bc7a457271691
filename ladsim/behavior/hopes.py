"""What people on the way reckon with, and the news that it will not be so.

Somebody who is under way thinks an end of the journey over when they learn that the way on has come to be worth much
less than it was when they set out: a visa, a closed border, an announcement that is believed. It is an event that
nobody foresees, so it is no part of what ways are worth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Floats

NEVER = -1


class Hopes:
    """What being at each node is reckoned to be worth by those on the way, by traveler class.

    Attributes:
        worth: C x I, an average of past values with the half-life ``hope_half_life``, since those on the way set out on
            different days.
        news: C x I, the last day on which the value fell short of it by more than ``regret``; NEVER before that.
    """

    def __init__(self, n_classes: int, n_nodes: int, parameters: Parameters) -> None:
        self.worth: Floats = np.full((n_classes, n_nodes), np.nan)
        self.news: NDArray[np.int32] = np.full((n_classes, n_nodes), NEVER, dtype=np.int32)
        self._day = 0
        self._p = parameters

    def compare(self, values: Floats, day: int) -> NDArray[np.int32]:
        """Compare the values of nodes (C x I) on a day with what was reckoned with, and reckon with them from now on.

        Returns:
            The last day with news at each node, C x I.
        """
        if day == 0 or np.isnan(self.worth).all():
            self.worth = values.copy()
        reachable = np.isfinite(values) & np.isfinite(self.worth)
        fell = reachable & (values < self.worth - self._p.regret)
        self.news[fell] = day
        step = 1.0 - 0.5 ** ((day - self._day) / self._p.hope_half_life)
        self._day = day
        change = np.subtract(values, self.worth, out=np.zeros_like(values), where=reachable & ~fell)
        self.worth = np.where(reachable & ~fell, self.worth + step * change, values)
        return self.news
