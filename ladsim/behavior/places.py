"""Where people cross: conditions of the border, nationalities' corridors, and where compatriots crossed lately.

The share of a nationality's crossings in a sector is a weighted average with half-life ``place_half_life``. What is not
known of a nationality that few belong to is taken from all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Bools, Floats, Graph, Ints
from ladsim.behavior.values import WAY_CROSSING

LITTLE_KNOWN = 5.0
"""Crossings a day of all others that count beside those of the own nationality."""

LEAST_SHARE = 0.002


class Places:
    """The worth of crossing in each sector.

    Args:
        graph: the route graph.
        sectors: names of the Border Patrol sectors, by position.
        nationalities: codes by position.
        given: ``places`` of the wishes: ``states`` (sector -> group of states), ``years`` (sector -> year -> utility),
            ``nationalities`` (code -> group of states -> utility).
        p: behavior parameters.

    Attributes:
        flow: S x N, crossings a day, smoothed.
    """

    def __init__(
        self,
        graph: Graph,
        sectors: Sequence[str],
        nationalities: Sequence[str],
        given: Mapping[str, Any],
        p: Parameters,
    ) -> None:
        self._p = p
        self._ways = np.flatnonzero(graph.mode == WAY_CROSSING)
        self._sector = graph.border_area[graph.end[self._ways]]
        self._in_sector = (self._sector == np.arange(len(sectors))[:, None]).astype(np.float64)
        self._n_ways = len(graph.mode)
        many, codes = len(sectors), len(nationalities)
        self.flow = np.ones((many, codes))
        years = given.get("years", {})
        self._years = {sector: years[sector] for sector in sectors if years.get(sector)}
        self._sectors = list(sectors)
        states = given.get("states", {})
        own = given.get("nationalities", {})
        self._own = np.array(
            [[float(own.get(code, {}).get(states.get(s, ""), 0.0)) for code in nationalities] for s in sectors]
        )

    def utilities(self, day: date) -> Floats:
        """Return what the place adds to the utility of each way (W x N); 0 but for crossings."""
        total = self.flow.sum(axis=0)
        everybody = self.flow.sum(axis=1) / self.flow.sum()
        share = (self.flow + LITTLE_KNOWN * everybody[:, None]) / (total + LITTLE_KNOWN)
        worth = self._p.place_weight * np.log(share + LEAST_SHARE) + self._own + self._conditions(day)[:, None]
        out = np.zeros((self._n_ways, self.flow.shape[1]))
        out[self._ways] = worth[self._sector]
        return out

    def _conditions(self, day: date) -> Floats:
        """Return the utility of each sector on a day (S): yearly values at the middles of years, flat beyond."""
        found = np.zeros(len(self._sectors))
        for s, sector in enumerate(self._sectors):
            values = self._years.get(sector)
            if values:
                years = sorted(int(y) for y in values)
                days = [date(y, 7, 1).toordinal() for y in years]
                found[s] = np.interp(day.toordinal(), days, [float(values[y]) for y in years])
        return found

    def note(self, boarded: NDArray[np.floating[Any]]) -> None:
        """Take note of who set out today on which way (W x N, persons)."""
        today = self._in_sector @ boarded[self._ways]
        self.flow += (1.0 - 0.5 ** (1.0 / self._p.place_half_life)) * (today - self.flow)


def border_cities(graph: Graph) -> Ints:
    """Return the ways on which people cross without a guide, from border cities (positions)."""
    return np.flatnonzero((graph.mode == WAY_CROSSING) & (graph.guided == 0))


class CityNews:
    """What people at the border have just seen happen to others who crossed from the same city.

    Those under the same rule count: whom the public-health order lets expel look at others it lets expel. The share
    who arrived is a weighted average with half-life ``city_half_life``. Beside what the own nationality is known to
    meet, it moves what crossing without a guide is worth by ``city_weight`` of the difference.
    """

    def __init__(self, graph: Graph, nationalities: int, parties: int, p: Parameters) -> None:
        self._p, self._graph = p, graph
        self._ways = border_cities(graph)
        self._city = graph.start[self._ways]
        self._detection = np.zeros(len(graph.node_country))
        self._detection[self._city] = graph.detection[self._ways]
        shape = (len(graph.node_country), 2, parties)
        self._arrived, self._crossed = np.zeros(shape), np.zeros(shape)

    def note(self, boarded: NDArray[np.floating[Any]], arrived: Floats, expelled: Floats, own_border: Bools) -> None:
        """Take note of a day.

        Args:
            boarded: W x N, persons who set out.
            arrived: N x P, share of those encountered who arrive.
            expelled: N x P, share whom an order lets expel.
            own_border: N, who would be put back into their own country; their neighbors learn nothing from them.
        """
        step = 1.0 - 0.5 ** (1.0 / self._p.city_half_life)
        crossed = np.zeros((len(self._arrived), boarded.shape[1]))
        np.add.at(crossed, self._city, boarded[self._ways])
        crossed[:, own_border] = 0.0
        for rule in (0, 1):
            under = (expelled > 0.5) == bool(rule)
            self._crossed[:, rule] += step * (crossed @ under - self._crossed[:, rule])
            self._arrived[:, rule] += step * (crossed @ (under * arrived) - self._arrived[:, rule])

    def utilities(self, arrived: Floats, expelled: Floats, own_border: Bools) -> Floats:
        """Return what the news of each place adds to crossing there without a guide (I x N x P).

        Args:
            arrived: N x P, share that each nationality believes to arrive.
            expelled, own_border: as in note.
        """
        weight = self._crossed / (self._crossed + LITTLE_KNOWN)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = np.where(self._crossed > 0.0, self._arrived / self._crossed, 0.0)
        rule = (expelled > 0.5).astype(np.int64)
        party = np.arange(arrived.shape[1])
        weight, seen = weight[:, rule, party], seen[:, rule, party]
        worth = self._p.city_weight * self._p.arrival_value * self._detection[:, None, None] * weight * (seen - arrived)
        worth[:, own_border] = 0.0
        return np.asarray(worth)
