"""What levers act on: the arrays of the world that they reach, and the day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ladsim.core import schema
from ladsim.policy.instrument import Instrument

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """The part of the world that levers act on, as arrays.

    Attributes:
        nationalities, countries, nodes, ways: names by index.
        way_rule: entry rule of each way, blank if none.
        way_stretch: index of each way's stretch in `ladsim.core.schema.STRETCHES`.
        interdiction: W x N, base probability of being stopped.
        stoppable: W x N, whether some country's forces can stop the nationality on the way at all (they do not stop
            those who are at home).
        interdiction_country: index of the country that may stop people on the way, -1 if none.
        groups: names of the residence groups.
        group_nationality: index of their nationality.
        group_country: index of their country.
        group_irregular: persons without regular status.
        node_country: index of each node's country, -1 if none.
        entry: (way_open W x N, way_charge W x N) on a date, before any instrument.
        entry_changes: dates on which base entry rules change.
    """

    nationalities: tuple[str, ...]
    countries: tuple[str, ...]
    nodes: tuple[str, ...]
    ways: tuple[str, ...]
    way_rule: tuple[str, ...]
    way_stretch: NDArray[np.int64]
    interdiction: Floats
    stoppable: Bools
    interdiction_country: NDArray[np.int64]
    groups: tuple[str, ...]
    group_nationality: NDArray[np.int64]
    group_country: NDArray[np.int64]
    group_irregular: Floats
    node_country: NDArray[np.int64]
    entry: Callable[[date], tuple[Bools, Floats]]
    entry_changes: tuple[date, ...] = ()

    def nationality_mask(self, instrument: Instrument) -> Bools:
        """Return N, whom the instrument concerns."""
        named = instrument.target.nationalities
        return np.array([not named or code in named for code in self.nationalities], dtype=bool)

    def country_indices(self, instrument: Instrument) -> tuple[int, ...]:
        """Return the indices of the target's countries."""
        return tuple(self.countries.index(c) for c in instrument.target.countries if c in self.countries)

    def way_mask(self, instrument: Instrument) -> Bools:
        """Return W, the ways named, and those that fit all of the rules, stretches and countries given."""
        target = instrument.target
        mask = np.ones(len(self.ways), dtype=bool)
        if target.rules:
            mask &= np.isin(np.array(self.way_rule, dtype=str), target.rules)
        if target.stretches:
            mask &= np.isin(self.way_stretch, [schema.STRETCHES.index(s) for s in target.stretches])
        if instrument.lever == "interdiction" and target.countries:
            mask &= np.isin(self.interdiction_country, self.country_indices(instrument))
        if not (target.rules or target.stretches or (instrument.lever == "interdiction" and target.countries)):
            mask[:] = False
        return mask | np.isin(np.array(self.ways, dtype=str), target.ways)


@dataclass(frozen=True)
class Moment:
    """A day, as a date and as an index from the first day of the run."""

    day: date
    start: date
