"""What levers act on: the arrays of the world that they reach, and the day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import kind_of

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """The part of the world that levers act on, as arrays.

    Attributes:
        nationalities, countries, nodes, ways: names by index.
        way_rule: entry rule of each way, blank if none.
        way_stretch: index of each way's stretch in ``stretches``.
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
        stretches: names of the stretches of the corridor.
        destination: ISO3 of the country that people are bound for.
        year_begins: the month in which each country's year of capacity begins.
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
    stretches: tuple[str, ...]
    destination: str
    year_begins: tuple[int, ...]
    entry_changes: tuple[date, ...] = ()
    _masks: dict[tuple[object, ...], Bools] = field(default_factory=dict, repr=False, compare=False)

    def year_of(self, country: str | None) -> int:
        """Return the month in which the year of capacity of a country begins, of the destination's if None."""
        code = country or self.destination
        return self.year_begins[self.countries.index(code)] if code in self.countries else 1

    def nationality_mask(self, instrument: Instrument) -> Bools:
        """Return N, whom the instrument concerns."""
        named = tuple(instrument.target.nationalities)
        return self._kept(
            ("nationalities", named),
            lambda: np.array([not named or code in named for code in self.nationalities], dtype=bool),
        )

    def country_indices(self, instrument: Instrument) -> tuple[int, ...]:
        """Return the indices of the target's countries."""
        return tuple(self.countries.index(c) for c in instrument.target.countries if c in self.countries)

    def way_mask(self, instrument: Instrument) -> Bools:
        """Return W, the ways named, and those that fit all of the rules, stretches and countries given."""
        target = instrument.target
        by_forces = bool(target.countries) and kind_of(instrument.lever).by_forces
        countries = self.country_indices(instrument) if by_forces else None
        key = ("ways", tuple(target.rules), tuple(target.stretches), countries, tuple(target.ways))

        def find() -> Bools:
            mask = np.ones(len(self.ways), dtype=bool)
            if target.rules:
                mask &= np.isin(np.array(self.way_rule, dtype=str), target.rules)
            if target.stretches:
                mask &= np.isin(self.way_stretch, [self.stretches.index(s) for s in target.stretches])
            if countries is not None:
                mask &= np.isin(self.interdiction_country, countries)
            if not (target.rules or target.stretches or by_forces):
                mask[:] = False
            return mask | self.named_ways(instrument)

        return self._kept(key, find)

    def named_ways(self, instrument: Instrument) -> Bools:
        """Return W, the ways that are named one by one."""
        named = tuple(instrument.target.ways)
        return self._kept(("named", named), lambda: np.isin(np.array(self.ways, dtype=str), named))

    def residence_mask(self, instrument: Instrument) -> Bools:
        """Return G, the residence groups that the instrument concerns by where they live."""
        named = tuple(instrument.target.residences)
        return self._kept(
            ("residences", named),
            lambda: np.array(
                [
                    not named or group in named or self.countries[country] in named
                    for group, country in zip(self.groups, self.group_country, strict=True)
                ],
                dtype=bool,
            ),
        )

    def _kept(self, key: tuple[object, ...], find: Callable[[], Bools]) -> Bools:
        """Return a mask that was found before, or find it; nobody may write to it."""
        if key not in self._masks:
            mask = find()
            mask.flags.writeable = False
            self._masks[key] = mask
        return self._masks[key]


@dataclass(frozen=True)
class Moment:
    """A day, as a date and as an index from the first day of the run."""

    day: date
    start: date


def by_nationality(instrument: Instrument, name: str, frame: Frame, day: date) -> tuple[Bools, Floats] | None:
    """Return whom a term is about (N) and its values (N), or None without the term."""
    term = instrument.terms.get(name)
    if term is None:
        return None
    values = term.array(day, frame.nationalities)
    return frame.nationality_mask(instrument) & ~np.isnan(values), values


def at_least(instrument: Instrument, name: str, array: Floats, frame: Frame, day: date) -> None:
    """Raise an array by nationality to what a term says, where it is lower."""
    given = by_nationality(instrument, name, frame, day)
    if given is not None:
        mask, values = given
        array[mask] = np.maximum(array[mask], values[mask])


def number(instrument: Instrument, name: str, day: date, default: float) -> float:
    """Return a term's value on a day, or the default without the term."""
    term = instrument.terms.get(name)
    return default if term is None else term.number(day)
