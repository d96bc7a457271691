"""People enter the table: the potential migrants whose wish is formed today, with attributes that no policy moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ladsim.actors.country import Country
from ladsim.behavior.kinds import evader_shares, party_shares
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Events, Floats
from ladsim.core.draws import Decision, exponentials, normals, uniforms
from ladsim.core.person_ids import person_id
from ladsim.core.schema import class_index
from ladsim.population import Population
from ladsim.world.wishes import read_wishes, wishes_per_day
from ladsim.world.world import World

if TYPE_CHECKING:
    from ladsim.sim.environment import Environment

REVIEW_DAYS = 7


class Arrivals:
    """The stream of wishes.

    Attributes:
        expected: n_days x groups, persons a day who form the wish.
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
        wishes = wishes or read_wishes()
        self.expected = wishes_per_day(start, n_days, world.people, parameters.push_value, wishes)
        self.home_value = np.array([float(wishes["home_value"][code]) for code in world.nationalities])
        self.lawful_prospect = np.array([float(wishes["lawful_prospect"][code]) for code in world.nationalities])
        self.parties = party_shares(wishes, world.nationalities, world.people.parties)
        self.evaders = evader_shares(wishes, world.nationalities)
        self.places = wishes.get("places", {})
        self.by_nationality = np.zeros((n_days, world.people.n_nationalities))
        np.add.at(self.by_nationality.T, world.people.group_nationality, self.expected.T)
        self._first_day = start.toordinal()

    def arrive(
        self,
        day: int,
        population: Population,
        events: Events,
        environment: Environment,
        countries: Mapping[str, Country],
    ) -> None:
        """Add today's people: as many as expected, the fraction left over decided by a keyed draw a group."""
        w = self._world
        groups = np.arange(w.people.n_groups)
        calendar = self._first_day + day
        mean = self.expected[day] / self._scale
        extra = uniforms(self._seed, Decision.N_ARRIVALS, person_id(groups, calendar, 0), day=0)
        counts = np.floor(mean + extra).astype(np.int64)
        events.wishes[...] += counts
        group = np.repeat(groups, counts)
        if not len(group):
            return
        number = np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)
        person = np.asarray(person_id(group, calendar, number))
        nationality = w.people.group_nationality[group]
        party = self._pick(Decision.PARTY, person, self.parties[nationality])
        kind = (self._u(Decision.KIND, person) < self.evaders[nationality, party]).astype(np.int64)
        means_class = self._pick(Decision.MEANS_CLASS, person, w.people.means[nationality])
        ties = self._u(Decision.TIES, person) < w.people.ties[nationality]
        irregular = self._irregular_share(group, countries)
        p = self._p
        median = w.people.means_usd[means_class]
        population.add(
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
                "urgency": p.urgency_spread * self._z(Decision.URGENCY, person),
                "lag": np.minimum(
                    environment.longest_lag,
                    p.information_lag * exponentials(self._seed, Decision.LAG, person, 0),
                ).astype(np.int16),
                "regular": self._u(Decision.REGULAR_STATUS, person) >= irregular,
                "node": w.people.group_node[group],
                "due": day + (REVIEW_DAYS * self._u(Decision.FIRST_DAY, person)).astype(np.int32),
                "born": np.full(len(person), day, dtype=np.int32),
                "state_since": np.full(len(person), day, dtype=np.int32),
            }
        )

    def _u(self, decision: Decision, person: NDArray[np.int64]) -> Floats:
        return uniforms(self._seed, decision, person, 0)

    def _z(self, decision: Decision, person: NDArray[np.int64]) -> Floats:
        return normals(self._seed, decision, person, 0)

    def _pick(self, decision: Decision, person: NDArray[np.int64], shares: Floats) -> NDArray[np.int64]:
        below = np.cumsum(shares, axis=1)[:, :-1]
        return np.asarray((self._u(decision, person)[:, None] >= below).sum(axis=1), dtype=np.int64)

    def _irregular_share(self, group: NDArray[np.int64], countries: Mapping[str, Country]) -> Floats:
        w = self._world
        share = np.zeros(w.people.n_groups)
        for g in range(w.people.n_groups):
            if w.people.irregular_share[g] > 0.0:
                country = countries[w.route.countries[w.people.group_country[g]]]
                share[g] = country.irregular_stock[w.people.group_nationality[g]] / w.people.persons[g]
        return share[group]
