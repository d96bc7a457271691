"""The lawful pathways of a day, as arrays: who may apply where, and what applying seems to be worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_PORT,
    CHANNEL_RESIDENCE,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    Bools,
    Floats,
    Paths,
)
from ladsim.policy.instrument import Instrument
from ladsim.policy.rules import Pathway, Rules
from ladsim.world.world import World

CHANNELS = {"residence": CHANNEL_RESIDENCE, "port": CHANNEL_PORT, "transit": CHANNEL_TRANSIT}
CLOSED = -1e9


class PathwayTables:
    """Makes the tables of each day.

    Args:
        world: the world.
        ids: of the pathways, the last one being walking in at a port.
        parameters: behavior parameters.
        lawful_prospect: N, what a lawful arrival in the United States is worth beside lawful_value.
        run_in: days before the first day of the scenario.
    """

    def __init__(
        self, world: World, ids: Sequence[str], parameters: Parameters, lawful_prospect: Floats, run_in: int
    ) -> None:
        self._world, self._ids, self._p = world, list(ids), parameters
        self._lawful_prospect, self._run_in = lawful_prospect, run_in
        self._channel = np.zeros(len(self._ids), dtype=np.int64)
        self._made: tuple[Rules, frozenset[str], Paths, list[tuple[int, float, float, Floats, Bools]]] | None = None

    def today(self, rules: Rules, wait: Floats, full: frozenset[str]) -> Paths:
        """Return the pathways of a day.

        Args:
            rules: what holds that day.
            wait: K x N, days until a place that people expect.
            full: ids of those whose places are all taken.
        """
        if self._made is None or self._made[0] is not rules or self._made[1] != full:
            self._made = (rules, full, self._tables(rules, full), [self._queue(path) for path in rules.pathways])
        tables, p = self._made[2], self._p
        value = np.full((len(self._ids), self._world.people.n_nationalities), CLOSED)
        for i, days, cost, worth_of_place, eligible in self._made[3]:
            total = wait[i] + days
            worth = worth_of_place * p.discount**total - cost * total
            np.copyto(value[i], worth, where=eligible)
        walk, admitted = len(self._ids) - 1, rules.walk_in_per_day > 0.0
        queue = wait[walk]
        arrival = p.lawful_value + self._lawful_prospect
        worth = rules.walk_in_parole_share * arrival * p.discount**queue - p.queue_cost * queue
        value[walk, admitted] = worth[admitted]
        return tables._replace(value=value)

    def _queue(self, path: Pathway) -> tuple[int, float, float, Floats, Bools]:
        """Return position, days of processing, cost of a day, worth of a place and who is eligible (N, both)."""
        cost = self._p.queue_cost if path.channel == "port" else self._p.home_queue_cost
        worth = path.approval_rate * self._arrival(path)
        return self._ids.index(path.id), path.processing_days, cost, worth, np.asarray(path.eligible.any(axis=1))

    def _leads_there(self, path: Pathway) -> bool:
        """Return whether a pathway leads to the country that people are bound for."""
        return path.destination in ("", self._world.destination)

    def _arrival(self, path: Pathway) -> Floats:
        """Return what an arrival by a pathway is worth (N)."""
        p = self._p
        there = p.lawful_value + self._lawful_prospect
        arrival = there if self._leads_there(path) else np.full(len(there), p.elsewhere_value)
        return np.asarray(arrival * (p.seasonal_share if path.seasonal else 1.0))

    def _can_ask_at_home(self, path: Pathway) -> Bools:
        """Return the residence groups whose people can apply where they live (R): at an office only in its country."""
        country = self._world.people.group_country
        if path.channel != "transit":
            return np.ones(len(country), dtype=np.bool_)
        return np.isin(country, path.office_countries)

    def _tables(self, rules: Rules, full: frozenset[str]) -> Paths:
        """Return all of the pathways that does not depend on waits; ``value`` is left closed."""
        people = self._world.people
        k, n, g = len(self._ids), people.n_nationalities, people.n_groups
        paths = Paths(
            channel=self._channel.copy(),
            open=np.zeros(k, dtype=np.bool_),
            needs_ties=np.zeros(k, dtype=np.bool_),
            bars_since=np.full(k, -1, dtype=np.int64),
            eligible=np.zeros((k, n, g), dtype=np.bool_),
            office=np.zeros((k, len(self._world.route.countries)), dtype=np.bool_),
            present_by=np.full((k, g), ANY_DAY, dtype=np.int64),
            present_here=np.full(k, ANY_DAY, dtype=np.int64),
            value=np.full((k, n), CLOSED),
            apply_cost=np.full(k, self._p.apply_cost),
            to_us=np.ones(k, dtype=np.bool_),
        )
        for path in rules.pathways:
            i = self._ids.index(path.id)
            paths.channel[i] = self._channel[i] = CHANNELS[path.channel]
            paths.open[i] = path.open and path.id not in full
            paths.needs_ties[i] = path.needs_ties
            paths.bars_since[i] = max(0, path.since_day + self._run_in) if path.bars_irregular_entry else -1
            paths.eligible[i] = path.eligible & self._can_ask_at_home(path)
            paths.office[i, list(path.office_countries)] = True
            if path.present_by is not None:
                paths.present_by[i, ~people.at_origin] = path.present_by + self._run_in
                paths.present_here[i] = path.present_by + self._run_in
            paths.to_us[i] = self._leads_there(path)
            if path.channel == "port" or path.registration:
                paths.apply_cost[i] = self._p.appointment_cost
        walk = len(self._ids) - 1
        paths.channel[walk] = CHANNEL_WALK_IN
        paths.open[walk] = bool((rules.walk_in_per_day > 0.0).any())
        paths.apply_cost[walk] = self._p.appointment_cost
        return paths


def open_pathways(rules: Rules) -> set[str]:
    """Return the ids of the pathways that are open."""
    return {path.id for path in rules.pathways if path.open}


def pathway_ids(instruments: Mapping[str, Instrument]) -> list[str]:
    """Return the ids of the lawful pathways, and last the instrument under which people walk in at ports."""
    acting = [part for instrument in instruments.values() for part in instrument.expanded()]
    lawful = [part for part in acting if part.lever == "lawful_pathway"]
    walk_in = sorted(part.id for part in lawful if "walk_in_per_day" in part.terms)
    queues = sorted({part.continues or part.id for part in lawful if "capacity" in part.terms})
    return [*queues, walk_in[0] if walk_in else "walk_in"]
