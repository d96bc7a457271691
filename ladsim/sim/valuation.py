"""What people take the ways on to be worth: today's values, and those of earlier days for people who hear late."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from ladsim.behavior.beliefs import Beliefs
from ladsim.behavior.foresight import look_ahead
from ladsim.behavior.graph_order import node_orders
from ladsim.behavior.hopes import NEVER, Hopes
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import N_OPTIONS, Floats, Graph, Ints, Paths, Values
from ladsim.behavior.values import Perceived, kind_utilities, solve_values, way_utilities
from ladsim.columns import LONGEST_LAG
from ladsim.core.schema import CLASSES_PER_NATIONALITY, N_KIND, N_MEANS, N_PARTY, N_TIES
from ladsim.policy.rules import Rules
from ladsim.sim.arrivals import Arrivals
from ladsim.world.world import World

FIRST_SLOTS = LONGEST_LAG + 2
"""Valuations that the history holds at first; it grows where more are needed."""
TOLERANCE = 1e-2
SWEEPS = 60


class Outlook(NamedTuple):
    """What people reckon with when they value the ways.

    Attributes:
        rules: the rules in force.
        beliefs: what people believe.
        fare: W x N, today's cost of each way in USD.
        cost: W x N, the same with the charges under these rules.
        familiarity: W x N, share of a nationality who know the way.
        places: W x N, what the place adds to the utility of each way.
        asylum_wait: days until an asylum claim is decided, by country.
        transfer_removed: N, share of those transferred who are removed, as far as people know.
        paths: lawful pathways.
    """

    rules: Rules
    beliefs: Beliefs
    fare: Floats
    cost: Floats
    familiarity: Floats
    places: Floats
    asylum_wait: Floats
    transfer_removed: Floats
    paths: Paths


class Valuation:
    """Values of ways and nodes by traveler class, and their history.

    Args:
        world: the world.
        graph: its route graph as arrays.
        parameters: behavior parameters.
        arrivals: who forms the wish: home values, and the shares of parties and of evaders.
        n_days: days of the run, the run-in included.

    Attributes:
        values: the history. A day's slot in it is ``values.slot[day]``.
        residual: largest change of a value in the last sweep of the last solution.
    """

    def __init__(self, world: World, graph: Graph, parameters: Parameters, arrivals: Arrivals, n_days: int) -> None:
        self._world, self._graph, self._p = world, graph, parameters
        self._home_value = arrivals.home_value
        n = world.people.n_nationalities
        homes = [np.unique(world.people.group_node[world.people.group_nationality == k]) for k in range(n)]
        self._order = node_orders(graph, homes)
        self._own_country = np.array([world.country_index.get(c, -2) for c in world.nationalities])
        self._active = _active_classes(world, arrivals)
        n_classes, nodes, ways = n * CLASSES_PER_NATIONALITY, world.route.n_nodes, world.route.n_ways
        self._nodes = np.zeros((n_classes, nodes))
        self._ways = np.full((n_classes, ways), -np.inf)
        self._stay = np.zeros((n_classes, nodes, N_OPTIONS))
        self._then = (self._nodes.copy(), self._ways.copy(), self._stay.copy())
        self.values = Values(
            way=np.zeros((FIRST_SLOTS, n_classes, ways), dtype=np.float32),
            stay=np.zeros((FIRST_SLOTS, n_classes, nodes, N_OPTIONS), dtype=np.float32),
            news=np.zeros((FIRST_SLOTS, n_classes, nodes), dtype=np.int32),
            slot=np.zeros(n_days, dtype=np.int64),
        )
        self._hopes = Hopes(n_classes, nodes, parameters)
        self._slot = -1
        self._day = 0
        self.residual = 0.0

    def update(self, day: int, now: Outlook, later: Outlook | None, days: int) -> None:
        """Value the ways anew and add the values to the history.

        Args:
            day: index of today, counted from the beginning of the run-in.
            now: what people reckon with today.
            later: what they know to come, None for nothing.
            days: days until then.
        """
        found = (self._nodes, self._ways, self._stay)
        self.residual = self._solve(now, found)
        if later is not None:
            then = self._then
            then[0][...] = self._nodes
            self._solve(later, then)
            look_ahead(self._graph, np.flatnonzero(self._active), days, self._p.foresight, found, then)
        self._slot = self._free_slot(day)
        self.values.way[self._slot] = self._ways
        self.values.stay[self._slot] = self._stay
        self.values.news[self._slot] = self._hopes.compare(self._nodes, day)

    def keep(self, day: int) -> None:
        """Note that the last values are those of a day."""
        self.values.slot[day] = self._slot
        self._day = day

    def __deepcopy__(self, memo: dict[int, Any]) -> Valuation:
        """Return a copy for a fork; of the history, tens of MB, only what somebody may still look at is copied."""
        made = copy.copy(self)
        memo[id(self)] = made
        for name, value in vars(self).items():
            if name != "values":
                setattr(made, name, copy.deepcopy(value, memo))
        held = self.values
        needed = np.unique(self.slots(self._day)) if len(held.way) else np.zeros(0, dtype=np.int64)
        tables = {name: np.zeros(table.shape, table.dtype) for name, table in held._asdict().items()}
        for name, table in tables.items():
            rows = slice(None) if name == "slot" else needed
            table[rows] = getattr(held, name)[rows]
        made.values = Values(**tables)
        return made

    def slots(self, day: int) -> Ints:
        """Return the slot of the history that was current 0, 1, ... days ago."""
        lags = np.arange(LONGEST_LAG + 1)
        return self.values.slot[np.maximum(day - lags, 0)]

    def forget_history(self) -> None:
        """Let the history go, tens of MB; nobody decides any more."""
        self.values = Values(
            way=np.zeros((0, 0, 0), dtype=np.float32),
            stay=np.zeros((0, 0, 0, 0), dtype=np.float32),
            news=np.zeros((0, 0, 0), dtype=np.int32),
            slot=self.values.slot,
        )

    def _free_slot(self, day: int) -> int:
        """Return a slot of the history that nobody needs any more; the history grows where there is none."""
        needed = self.values.slot[max(day - LONGEST_LAG, 0) : day]
        n_slots = len(self.values.way)
        free = np.setdiff1d(np.arange(n_slots), needed, assume_unique=False)
        if len(free):
            return int(free[0])
        self.values = self.values._replace(
            way=np.concatenate([self.values.way, np.zeros_like(self.values.way)]),
            stay=np.concatenate([self.values.stay, np.zeros_like(self.values.stay)]),
            news=np.concatenate([self.values.news, np.full_like(self.values.news, NEVER)]),
        )
        return n_slots

    def _solve(self, outlook: Outlook, found: tuple[Floats, Floats, Floats]) -> float:
        """Solve for the values of nodes, ways and other options; return what is left over."""
        p, people, rules, beliefs = self._p, self._world.people, outlook.rules, outlook.beliefs
        utilities = way_utilities(
            self._graph,
            outlook.cost,
            rules.way_open,
            outlook.familiarity,
            self._world.route.attraction,
            beliefs.boarding_wait,
            people.means_usd,
            p,
        )
        utilities = utilities + outlook.places.T[:, None, :]
        utilities = kind_utilities(self._graph, utilities, outlook.fare, people.means_usd, p)
        asylum = np.where(
            rules.asylum_capacity > 0.0,
            p.asylum_value
            + p.regular_status_value * rules.asylum_recognition
            - p.home_queue_cost * outlook.asylum_wait,
            -np.inf,
        )
        perceived = Perceived(
            stop=beliefs.stop,
            stop_removed=rules.interdiction_removed_share,
            node_removal=beliefs.node_removal,
            outcome=beliefs.outcome,
            expulsion_air=rules.expulsion_air_share,
            transfer_removed=outlook.transfer_removed,
            undetected_value=people.undetected_value,
            own_border=self._world.own_border,
            taken_back=rules.taken_back_share,
            own_country=self._own_country,
            interior_removal=rules.interior_removal_share,
            asylum_value=asylum,
            home_value=self._home_value,
        )
        return solve_values(
            self._active,
            utilities,
            self._graph,
            self._order,
            perceived,
            outlook.paths,
            p,
            TOLERANCE,
            SWEEPS,
            *found,
        )


def _active_classes(world: World, arrivals: Arrivals) -> np.ndarray:
    """Return which traveler classes hold anybody."""
    kinds = np.stack([1.0 - arrivals.evaders, arrivals.evaders], axis=-1) * arrivals.parties[..., None]
    share = kinds[..., None, None] * world.people.means[:, None, None, :, None] * np.ones(N_TIES)
    assert share.shape == (world.people.n_nationalities, N_PARTY, N_KIND, N_MEANS, N_TIES)
    return np.asarray((share > 0.0).ravel())
