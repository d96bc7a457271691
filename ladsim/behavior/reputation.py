"""How far announcements came about: who was told something that did not may believe the next one less.

How much less is said by ``behavior.disappointment``. At 0 a claim can be made any number of times and is believed as at
first each time.
"""

from __future__ import annotations

import numpy as np

from ladsim.behavior.tables import Bools, Floats


class Reputation:
    """How far what was announced came about, by cell (a nationality and party, a way and nationality, ...).

    Attributes:
        claims: whether anything was ever claimed.
        kept: share of what was claimed that came about, as it is remembered, 0 to 1; 1 where nothing was claimed yet.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.kept = np.ones(shape)
        self._claimed = np.full(shape, np.nan)
        self._end = np.full(shape, np.inf)
        self.claims = False

    def copy(self) -> Reputation:
        """Return a copy that shares nothing."""
        made = Reputation(self.kept.shape)
        made.kept, made._claimed, made._end = self.kept.copy(), self._claimed.copy(), self._end.copy()
        made.claims = self.claims
        return made

    def note(self, cell: Bools, value: float, end: float) -> None:
        """Remember a claim from now on, until the day on which it holds no longer or another one is made."""
        self.claims = True
        self._claimed[cell] = value
        self._end[cell] = end

    def claimed(self, day: float) -> Floats:
        """Return what is claimed on a day; NaN where nothing is."""
        return np.where(day < self._end, self._claimed, np.nan)

    def learn(self, happens: Floats, claimed: Floats, step: Floats | float) -> None:
        """Move toward the share of what is claimed (NaN: nothing is) that happens today, a part of the way."""
        shown = np.divide(happens, claimed, out=np.ones(self.kept.shape), where=happens < claimed)
        told = ~np.isnan(claimed)
        self.kept += np.where(told, step * (shown - self.kept), 0.0)
