"""Small graphs, people and beliefs made by hand, for tests that know the exact answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ladsim.behavior.border import Processing
from ladsim.behavior.graph_order import node_orders
from ladsim.behavior.parameters import Parameters, load_parameters
from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_WALK_IN,
    N_OPTIONS,
    Events,
    Graph,
    Paths,
    People,
    Today,
    Values,
    new_events,
)
from ladsim.behavior.values import Perceived, solve_values
from ladsim.core.person_ids import person_id
from ladsim.core.schema import CLASSES_PER_NATIONALITY, N_KIND, N_MEANS, N_OUTCOME, N_PARTY, Mode, Outcome, class_index
from ladsim.population import Population

NEVER = 1e7
"""A disutility with which an option is never taken."""


def parameters(**changes: float) -> Parameters:
    """Return the loaded parameters with some replaced, whatever their range; a test says all that it depends on."""
    return _loaded()._replace(**{name: float(value) for name, value in changes.items()})


@cache
def _loaded() -> Parameters:
    return load_parameters()


def lonely(**changes: float) -> Parameters:
    """Return parameters under which waiting, turning back and settling are never chosen."""
    return parameters(**{"wait_cost": NEVER, "turn_back_cost": NEVER, "settle_value": -NEVER, **changes})


class Way(NamedTuple):
    """A way of a small graph; see Graph."""

    start: int
    end: int
    mode: int = int(Mode.BUS)
    days: float = 1.0
    days_spread: float = 0.0
    death: float = 0.0
    robbery: float = 0.0
    stop_country: int = -1
    stop_to: int = -1
    entry_country: int = -1
    irregular: bool = False
    detection: float = 0.0
    limited: bool = False
    onward: bool = True


def graph(
    ways: Sequence[Way], n_nodes: int, *, sea_exits: Sequence[int] = (), nationalities: int = 1, **more: Any
) -> Graph:
    """Return a graph; nodes are all in country 0 and no place is a port zone unless said so in ``more``."""
    column = {name: np.array([getattr(w, name) for w in ways]) for name in Way._fields}
    start, end = column["start"].astype(np.int64), column["end"].astype(np.int64)
    mode, stop_to = column["mode"].astype(np.int64), column["stop_to"].astype(np.int64)
    exits = np.zeros(n_nodes, dtype=np.bool_)
    exits[list(sea_exits)] = True
    sectors = end[mode == int(Mode.CROSSING)]
    area = np.full(n_nodes, -1, dtype=np.int64)
    area[sectors] = 0
    given = {
        "out_start": np.concatenate([[0], np.cumsum(np.bincount(start, minlength=n_nodes))]).astype(np.int64),
        "out": np.argsort(start, kind="stable").astype(np.int64),
        "start": start,
        "end": end,
        "mode": mode,
        "guided": np.zeros(len(ways), dtype=np.int64),
        "days": column["days"].astype(float),
        "days_spread": column["days_spread"].astype(float),
        "death": column["death"].astype(float),
        "robbery": column["robbery"].astype(float),
        "stop_country": column["stop_country"].astype(np.int64),
        "stop_to": stop_to,
        "back_to": np.where(mode == int(Mode.CROSSING), start, np.maximum(stop_to, 0)).astype(np.int64),
        "onward": column["onward"].astype(np.bool_),
        "entry_country": column["entry_country"].astype(np.int64),
        "irregular": np.repeat(column["irregular"].astype(np.bool_)[:, None], nationalities, axis=1),
        "detection": column["detection"].astype(float),
        "limited": column["limited"].astype(np.bool_),
        "node_country": np.zeros(n_nodes, dtype=np.int64),
        "border_area": area,
        "port_area": np.zeros(n_nodes, dtype=np.int64),
        "sea_exit": exits,
        "return_days": np.zeros((nationalities, n_nodes)),
        "port_zone": np.zeros(n_nodes, dtype=np.bool_),
        "walk_in_zone": np.zeros(n_nodes, dtype=np.bool_),
        "at_border": np.isin(np.arange(n_nodes), start[mode >= int(Mode.CROSSING)]),
        "hub": np.zeros(n_nodes, dtype=np.bool_),
        **more,
    }
    return Graph(**given)


def perceived(g: Graph, **more: Any) -> Perceived:
    """Return beliefs: nobody is stopped, every encounter ends in a release; homes are worth 0, country 1 is home."""
    n = g.irregular.shape[1]
    countries = int(max(g.node_country.max(), g.stop_country.max(), g.entry_country.max(), 0)) + 1
    return Perceived(
        **{
            "stop": np.zeros(g.irregular.shape),
            "stop_removed": np.zeros(countries),
            "node_removal": np.zeros((len(g.node_country), n)),
            "outcome": outcomes(n, release=1.0),
            "expulsion_air": np.zeros(n),
            "transfer_removed": np.zeros(n),
            "undetected_value": np.ones(n),
            "own_border": np.zeros(n, dtype=np.bool_),
            "taken_back": np.zeros(n),
            "own_country": np.full(n, -2, dtype=np.int64),
            "interior_removal": np.zeros(n),
            "asylum_value": np.full(countries, -np.inf),
            "home_value": np.zeros(n),
            **more,
        }
    )


def outcomes(nationalities: int = 1, **shares: float) -> np.ndarray:
    """Return shares of outcomes (N x P x O), the same for all, given by the outcomes' names in lower case."""
    out = np.zeros((nationalities, N_PARTY, N_OUTCOME))
    for name, share in shares.items():
        out[..., Outcome[name.upper()]] = share
    return out


def paths(n: int = 1, groups: int = 1, k: int = 1, countries: int = 1, **more: Any) -> Paths:
    """Return pathways that are all closed, the last one walking in."""
    return Paths(
        **{
            "channel": np.full(k, CHANNEL_WALK_IN, dtype=np.int64),
            "open": np.zeros(k, dtype=np.bool_),
            "needs_ties": np.zeros(k, dtype=np.bool_),
            "bars_since": np.full(k, -1, dtype=np.int64),
            "eligible": np.ones((k, n, groups), dtype=np.bool_),
            "office": np.zeros((k, countries), dtype=np.bool_),
            "present_by": np.full((k, groups), ANY_DAY, dtype=np.int64),
            "present_here": np.full(k, ANY_DAY, dtype=np.int64),
            "value": np.full((k, n), -1e9),
            "apply_cost": np.zeros(k),
            "to_us": np.ones(k, dtype=np.bool_),
            **more,
        }
    )


class Solved(NamedTuple):
    """Values by class: V (C x I), utilities of ways (C x W) and of other options (C x I x 4)."""

    values: np.ndarray
    way: np.ndarray
    stay: np.ndarray
    residual: float


def solve(
    g: Graph,
    p: Parameters,
    utility: Sequence[float],
    beliefs: Perceived | None = None,
    lawful: Paths | None = None,
    tolerance: float = 1e-12,
) -> Solved:
    """Solve the values of a graph whose people live at node 0; ``utility`` is that of each way by itself."""
    n = g.irregular.shape[1]
    nodes, ways = len(g.node_country), len(g.start)
    classes = n * CLASSES_PER_NATIONALITY
    values, way = np.zeros((classes, nodes)), np.full((classes, ways), -np.inf)
    stay = np.zeros((classes, nodes, N_OPTIONS))
    given = np.broadcast_to(np.asarray(utility, dtype=float), (n, N_KIND, N_MEANS, ways)).copy()
    order = node_orders(g, [np.array([0])] * n)
    residual = solve_values(
        np.ones(classes, dtype=np.bool_),
        given,
        g,
        order,
        beliefs or perceived(g),
        lawful or paths(n, countries=int(g.node_country.max()) + 1),
        p,
        tolerance,
        100_000,
        values,
        way,
        stay,
    )
    return Solved(values, way, stay, residual)


def soft_max(utilities: Sequence[float], mu: float) -> float:
    """Return mu * log(sum(exp(u / mu))), by itself."""
    u = np.array(utilities, dtype=float)
    top = u.max()
    return float(top + mu * np.log(np.exp((u - top) / mu).sum()))


def shares(utilities: Sequence[float], mu: float) -> np.ndarray:
    """Return the logit shares of options of a scale, by itself."""
    u = np.array(utilities, dtype=float) / mu
    weight = np.exp(u - u.max())
    return np.asarray(weight / weight.sum())


def processing(n: int, **more: Any) -> Processing:
    """Return a border without expulsion or return, for n nationalities of equal ease who are all foreign."""
    return Processing(
        **{
            "expulsion_share": np.zeros((n, N_PARTY)),
            "expulsion_capacity": np.full(n, np.inf),
            "expulsion_pool": np.arange(n),
            "return_to_mexico_per_day": 0.0,
            "taken_back_share": np.zeros(n),
            "taken_back_per_day": np.full(n, np.inf),
            "taken_back_pool": np.arange(n),
            "consequence_per_day": 100.0,
            "ease": np.zeros((n, N_PARTY)),
            "direct_share": np.full(n, 0.5),
            "own_border": np.zeros(n, dtype=np.bool_),
            "congestion_floor": 1e-3,
            "held_share": np.zeros(n),
            **more,
        }
    )


def today(g: Graph, **more: Any) -> Today:
    """Return a day on which every way is open and free, nobody is stopped and every encounter ends in a release."""
    n, ways = g.irregular.shape[1], len(g.start)
    countries = int(max(g.node_country.max(), g.stop_country.max(), g.entry_country.max(), 0)) + 1
    given = {
        "way_open": np.ones((ways, n), dtype=np.bool_),
        "cost": np.zeros((ways, n)),
        "smuggler_cost": np.zeros(ways),
        "stop": np.zeros((ways, n)),
        "stop_removed": np.zeros(countries),
        "outcome_share": outcomes(n, release=1.0),
        "expulsion_air": np.zeros(n),
        "recognition": 0.0,
        "transfer_removed": np.zeros(n),
        "own_border": np.zeros(n, dtype=np.bool_),
        "taken_back": np.zeros(n, dtype=np.bool_),
        "walk_in_parole": np.ones(n),
        "aid": np.zeros((countries, n, N_PARTY)),
        "home_value": np.zeros(n),
        "regularization_open": np.zeros((countries, n), dtype=np.bool_),
        "year": 0,
        "city_news": np.zeros((len(g.node_country), n, N_PARTY)),
        "office_reach": np.zeros(1),
        "first_office": 0,
        **more,
    }
    return Today(**given)


def values(way: np.ndarray, stay: np.ndarray, *, slots: int = 1) -> Values:
    """Return a history of values that stays as it is: way C x W, stay C x I x 4."""
    return Values(
        way=np.repeat(way[None].astype(np.float32), slots, axis=0),
        stay=np.repeat(stay[None].astype(np.float32), slots, axis=0),
        news=np.full((slots, *stay.shape[:2]), -1, dtype=np.int32),
        slot=np.zeros(1, dtype=np.int64),
    )


def same_for_all(way: Sequence[float], stay: Sequence[Sequence[float]]) -> Values:
    """Return values that are the same for every class of one nationality: way W, stay I x 4."""
    c = CLASSES_PER_NATIONALITY
    return values(np.tile(np.array(way, float), (c, 1)), np.tile(np.array(stay, float), (c, 1, 1)))


def population(count: int, *, party: int = 0, means_class: int = 1, ties: bool = False, **columns: Any) -> Population:
    """Return people of one nationality and one group at node 0."""
    made = Population(1, 1)
    made.add(
        {
            "person": person_id(np.zeros(count, dtype=np.int64), 7, np.arange(count)),
            "nationality": 0,
            "group": 0,
            "traveler_class": class_index(0, party, means_class, int(ties)),
            "party": party,
            "means_class": means_class,
            "ties": ties,
            "means": 1e6,
            "risk_aversion": 1.0,
            "urgency": 0.0,
            "node": 0,
            **columns,
        }
    )
    return made


def people(made: Population) -> People:
    """Return the columns that kernels read and write."""
    return People(*made.arrays(*People._fields))


def events(g: Graph, *, pathways: int = 1, groups: int = 1, countries: int = 8) -> Events:
    """Return counters at zero for a graph with one border area."""
    return new_events(len(g.start), g.irregular.shape[1], N_PARTY, groups, countries, pathways, 1)
