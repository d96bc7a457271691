"""The route graph as the arrays that kernels read."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from ladsim.behavior.graph_order import length_to_border
from ladsim.behavior.tables import Graph, Ints
from ladsim.behavior.values import flies_abroad
from ladsim.core.schema import Mode, NodeKind
from ladsim.world.world import World

UNREACHABLE = 1e6


def border_areas(world: World) -> tuple[list[str], int]:
    """Return the border areas, Border Patrol sectors first and then field offices, and how many are sectors.

    Field offices bear their full names, since four of them share a city with a sector.
    """
    kind, label = world.route.kind, world.route.labels
    sectors = sorted({label[i] for i in np.flatnonzero(kind == int(NodeKind.SECTOR))})
    offices = sorted({f"{label[i]} Field Office" for i in np.flatnonzero(kind == int(NodeKind.PORT))})
    return [*sectors, *offices], len(sectors)


def way_families(world: World) -> tuple[list[str], Ints]:
    """Return the families of ways that people must get to know, and the family of each way (-1: known to all).

    A family is one that the table of ways names, such as a jungle that is crossed on foot, or all flights and boats
    under one entry rule.
    """
    route = world.route
    named = list(dict.fromkeys(name for name in route.family if name))
    families: list[str] = [*named, *route.entry_rules.names]
    carried = np.isin(route.mode, [int(Mode.FLIGHT_SCHEDULED), int(Mode.FLIGHT_CHARTER), int(Mode.BOAT)])
    of_way = np.where((route.rule >= 0) & carried, route.rule + len(named), -1).astype(np.int64)
    for w, name in enumerate(route.family):
        if name:
            of_way[w] = named.index(name)
    return families, of_way


def graph_tables(world: World) -> Graph:
    """Return the route graph as arrays for kernels."""
    route = world.route
    areas, n_sectors = border_areas(world)
    border_area = np.full(world.route.n_nodes, -1, dtype=np.int64)
    port_area = np.full(world.route.n_nodes, -1, dtype=np.int64)
    for i in np.flatnonzero(route.kind == int(NodeKind.SECTOR)):
        border_area[i] = areas[:n_sectors].index(route.labels[i])
    for w in np.flatnonzero(route.mode == int(Mode.PORT)):
        port_area[route.source[w]] = n_sectors + areas[n_sectors:].index(
            f"{route.labels[route.target[w]]} Field Office"
        )
    sea_exit = route.kind == int(NodeKind.SEA_EXIT)
    flown = np.isin(route.mode, [int(Mode.FLIGHT_SCHEDULED), int(Mode.FLIGHT_CHARTER)])
    by_land = np.where(flown, UNREACHABLE, route.distance_km)
    distance = length_to_border(route.source, route.target, by_land, route.mode.astype(np.int64), sea_exit)
    walk_in = port_area >= 0
    zone = route.appointments.copy()
    _nearest_port(world, port_area, zone)
    hub = np.zeros(route.n_nodes, dtype=np.bool_)
    graph = Graph(
        out_start=route.out_start,
        out=route.out_ways,
        start=route.source,
        end=route.target,
        mode=route.mode.astype(np.int64),
        guided=route.guided.astype(np.int64),
        days=route.days,
        days_spread=route.days_sd,
        death=route.death,
        robbery=route.robbery,
        stop_country=route.interdiction_country,
        stop_to=route.interdiction_to,
        back_to=np.where(route.mode == int(Mode.CROSSING), route.source, np.maximum(route.interdiction_to, 0)).astype(
            np.int64
        ),
        onward=flown | (route.mode >= int(Mode.CROSSING)) | (distance[route.target] < distance[route.source]),
        entry_country=route.irregular_entry,
        irregular=world.irregular,
        detection=np.nan_to_num(route.detection),
        limited=np.isfinite(route.capacity),
        node_country=route.country,
        border_area=border_area,
        port_area=port_area,
        sea_exit=sea_exit,
        return_days=_return_days(world),
        port_zone=zone,
        walk_in_zone=walk_in,
        at_border=_at_border(world),
        hub=hub,
    )
    hub[graph.start[flies_abroad(graph)]] = True
    return graph


def _at_border(world: World) -> np.ndarray:
    """Return the nodes from which a crossing or a port of entry is the next way."""
    route = world.route
    found = np.zeros(route.n_nodes, dtype=np.bool_)
    found[route.source[route.mode >= int(Mode.CROSSING)]] = True
    return found


def _nearest_port(world: World, port_area: Ints, zone: np.ndarray) -> None:
    route = world.route
    ports = np.flatnonzero(port_area >= 0)
    for i in np.flatnonzero(zone & (port_area < 0)):
        distance = np.hypot(route.lat[ports] - route.lat[i], route.lon[ports] - route.lon[i])
        port_area[i] = port_area[ports[np.argmin(distance)]]


def _return_days(world: World) -> np.ndarray:
    """Return N x I, days of the shortest way back to where a nationality lives, its residences by share of the wish."""
    route = world.route
    overland = route.mode < int(Mode.CROSSING)
    shortest: dict[tuple[int, int], float] = {}
    for i, j, d in zip(route.source[overland], route.target[overland], route.days[overland], strict=True):
        shortest[int(i), int(j)] = min(float(d), shortest.get((int(i), int(j)), np.inf))
    ends = np.array(list(shortest), dtype=np.int64)
    days = csr_matrix(
        (list(shortest.values()), (ends[:, 0], ends[:, 1])), shape=(world.route.n_nodes, world.route.n_nodes)
    )
    out = np.zeros((world.people.n_nationalities, world.route.n_nodes))
    for n in range(world.people.n_nationalities):
        own = np.flatnonzero(world.people.group_nationality == n)
        weight = world.people.split[:, own].mean(axis=0)
        distance = weight @ dijkstra(days, directed=False, indices=world.people.group_node[own]) / weight.sum()
        reach = np.isfinite(distance)
        out[n] = np.where(reach, distance, distance[reach].max())
    return out
