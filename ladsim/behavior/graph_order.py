"""How far places are from the border, and the order in which their values are solved."""

from __future__ import annotations

import numpy as np

from ladsim.behavior.tables import Bools, Floats, Graph, Ints
from ladsim.core.schema import Mode

WAY_CROSSING = int(Mode.CROSSING)


def length_to_border(start: Ints, end: Ints, length: Floats, mode: Ints, sea_exit: Bools) -> Floats:
    """Return the length (days, km) of the shortest way from each node to a crossing or the exit by sea."""
    crossing = mode >= WAY_CROSSING
    distance = np.full(sea_exit.shape[0], np.inf)
    distance[start[crossing]] = 0.0
    distance[sea_exit] = 0.0
    while True:
        through = np.where(crossing, np.inf, distance[end] + length)
        updated = distance.copy()
        np.minimum.at(updated, start, through)
        if np.array_equal(updated, distance):
            return distance
        distance = updated


def node_orders(graph: Graph, homes: list[Ints]) -> list[Ints]:
    """Return the nodes with ways out that each nationality can come to, those nearest to the border first.

    Args:
        graph: the route graph.
        homes: nodes of residence by nationality.
    """
    distance = length_to_border(graph.start, graph.end, graph.days, graph.mode, graph.sea_exit)
    has_ways = np.diff(graph.out_start) > 0
    nearest_first = np.argsort(distance, kind="stable")
    orders = []
    for nodes in homes:
        seen = np.zeros(distance.shape[0], dtype=np.bool_)
        seen[nodes] = True
        while True:
            grown = seen.copy()
            out = seen[graph.start]
            grown[graph.end[out]] = True
            grown[graph.back_to[out]] = True
            if np.array_equal(grown, seen):
                break
            seen = grown
        keep = seen & has_ways & np.isfinite(distance)
        orders.append(nearest_first[keep[nearest_first]].astype(np.int64))
    return orders
