"""People enter the table: the potential migrants whose wish is formed today, with attributes that no policy moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ladsim.actors.country import Country
from ladsim.behavior.kinds import evader_shares, party_shares
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Events, Floats, Ints
from ladsim.columns import LONGEST_LAG
from ladsim.core.draws import Decision, exponentials, normals, uniforms
from ladsim.core.person_ids import person_id
from ladsim.core.schema import class_index
from ladsim.population import Population
from ladsim.world.statistics import push_index
from ladsim.world.wishes import lawful_only_per_day, wishes_of, wishes_per_day
from ladsim.world.world import World

REVIEW_DAYS = 7
TINY = 1e-300
BLOCK = 5_000
"""People who are drawn at once, about: enough that a call costs little beside them."""

NEVER_IRREGULARLY = -100.0
"""Urgency of those who would leave only by a lawful pathway: leaving irregularly is worth so much less to them that its
probability is zero to the last digit."""


class Drawn(NamedTuple):
    """The people of some days, drawn at once.

    Attributes:
        first: the first of the days.
        counts: days x groups, how many form the wish.
        begin: days + 1, the first person of each day.
        columns: of the people, as the table holds them; regular status is found on the day.
        luck: their draw for it.
    """

    first: int
    counts: Ints
    begin: Ints
    columns: dict[str, NDArray[Any]]
    luck: Floats


class Arrivals:
    """The stream of wishes.

    Attributes:
        expected: n_days x groups, persons a day who form the wish.
        lawful_only: n_days x groups, share of them who would leave only by a lawful pathway.
        by_nationality: n_days x nationalities, the same.
        home_value: N, what staying at home is worth.
        lawful_prospect: N, what a lawful arrival is worth beside lawful_value.
        parties: N x P, party kinds of those who form the wish.
        evaders: N x P, share of them who are evaders.
        places: where people cross; see behavior.places.
    """

    def __init__(
        self,
        world: World,
        start: date,
        n_days: int,
        scale: int,
        seed: int,
        parameters: Parameters,
        wishes: Mapping[str, Any] | None = None,
    ) -> None:
        self._world, self._scale, self._seed, self._p = world, scale, seed, parameters
        wishes = wishes or wishes_of(world)
        would_leave = wishes_per_day(start, n_days, world.people, parameters.push_value, wishes, push_index(world))
        would_apply = lawful_only_per_day(start, n_days, world.people, wishes)
        self.expected = would_leave + would_apply
        self.lawful_only = would_apply / np.maximum(self.expected, TINY)
        self.home_value = np.array([float(wishes["home_value"][code]) for code in world.nationalities])
        self.lawful_prospect = np.array([float(wishes["lawful_prospect"][code]) for code in world.nationalities])
        self.parties = party_shares(wishes, world.nationalities, world.people.parties)
        self.evaders = evader_shares(wishes, world.nationalities)
        self.places = wishes.get("places", {})
        self.by_nationality = np.zeros((n_days, world.people.n_nationalities))
        np.add.at(self.by_nationality.T, world.people.group_nationality, self.expected.T)
        self._first_day = start.toordinal()
        self._irregular_groups = np.flatnonzero(world.people.irregular_share > 0.0).tolist()
        self._drawn: Drawn | None = None

    def arrive(
        self,
        day: int,
        population: Population,
        events: Events,
        countries: Mapping[str, Country],
    ) -> None:
        """Add today's people: as many as expected, the fraction left over decided by a keyed draw a group."""
        if self._drawn is None or not self._drawn.first <= day < self._drawn.first + len(self._drawn.counts):
            self._drawn = self._draw(day, population)
        drawn, k = self._drawn, day - self._drawn.first
        events.wishes[...] += drawn.counts[k]
        some = slice(int(drawn.begin[k]), int(drawn.begin[k + 1]))
        if some.start == some.stop:
            return
        irregular = self._irregular_share(countries)[drawn.columns["group"][some]]
        rows = population.append(drawn.columns, some)
        population.view("regular")[rows] = drawn.luck[some] >= irregular

    def _draw(self, day: int, population: Population) -> Drawn:
        """Draw the people of the coming days, some BLOCK of them or those of one day.

        Only their status where they live depends on what happens until then. Each draw has an address of its own, so
        that nothing depends on how many days are drawn at once.
        """
        w, p = self._world, self._p
        groups = np.arange(w.people.n_groups)
        a_day = self.by_nationality[day].sum() / self._scale
        n_days = min(len(self.expected) - day, max(1, int(BLOCK / max(a_day, 1.0))))
        days = np.arange(day, day + n_days)
        cell_group, cell_day = np.tile(groups, n_days), np.repeat(days, len(groups))
        mean = self.expected[days] / self._scale
        address = np.asarray(person_id(cell_group, self._first_day + cell_day, 0))
        extra = uniforms(self._seed, Decision.N_ARRIVALS, address, day=0).reshape(mean.shape)
        counts = np.floor(mean + extra).astype(np.int64)
        flat = counts.ravel()
        begin = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        group, born = np.repeat(cell_group, flat), np.repeat(cell_day, flat)
        number = np.arange(len(group)) - np.repeat(np.cumsum(flat) - flat, flat)
        person = np.asarray(person_id(group, self._first_day + born, number))
        if not len(person):
            return Drawn(day, counts, begin, {}, np.zeros(0))
        nationality = w.people.group_nationality[group]
        party = self._pick(Decision.PARTY, person, self.parties[nationality])
        kind = (self._u(Decision.KIND, person) < self.evaders[nationality, party]).astype(np.int64)
        means_class = self._pick(Decision.MEANS_CLASS, person, w.people.means[nationality])
        ties = self._u(Decision.TIES, person) < w.people.ties[nationality]
        lawful_only = self._u(Decision.LAWFUL_ONLY, person) < self.lawful_only[born, group]
        median = w.people.means_usd[means_class]
        urgency = np.where(lawful_only, NEVER_IRREGULARLY, p.urgency_spread * self._z(Decision.URGENCY, person))
        lag = np.minimum(LONGEST_LAG, p.information_lag * exponentials(self._seed, Decision.LAG, person, 0))
        columns = population.fit(
            {
                "person": person,
                "nationality": nationality,
                "group": group,
                "traveler_class": class_index(nationality, party, means_class, ties, kind),
                "party": party,
                "kind": kind,
                "means_class": means_class,
                "ties": ties,
                "means": median * np.exp(p.means_spread * self._z(Decision.MEANS, person)),
                "risk_aversion": np.exp(p.risk_spread * self._z(Decision.RISK_AVERSION, person)),
                "urgency": urgency,
                "lag": lag.astype(np.int16),
                "regular": np.zeros(len(person), dtype=np.bool_),
                "node": w.people.group_node[group],
                "due": (born + (REVIEW_DAYS * self._u(Decision.FIRST_DAY, person)).astype(np.int32)).astype(np.int32),
                "born": born.astype(np.int32),
                "state_since": born.astype(np.int32),
            }
        )
        return Drawn(day, counts, begin, columns, self._u(Decision.REGULAR_STATUS, person))

    def _u(self, decision: Decision, person: NDArray[np.int64]) -> Floats:
        return uniforms(self._seed, decision, person, 0)

    def _z(self, decision: Decision, person: NDArray[np.int64]) -> Floats:
        return normals(self._seed, decision, person, 0)

    def _pick(self, decision: Decision, person: NDArray[np.int64], shares: Floats) -> NDArray[np.int64]:
        below = np.cumsum(shares, axis=1)[:, :-1]
        return np.asarray((self._u(decision, person)[:, None] >= below).sum(axis=1), dtype=np.int64)

    def _irregular_share(self, countries: Mapping[str, Country]) -> Floats:
        w = self._world
        share = np.zeros(w.people.n_groups)
        for g in self._irregular_groups:
            country = countries[w.route.countries[w.people.group_country[g]]]
            share[g] = country.irregular_stock[w.people.group_nationality[g]] / w.people.persons[g]
        return share
