"""The route graph: places and ways, from two CSV files to networkx and to arrays.

A user brings another corridor as another pair of files; every mistake in them is a
:class:`~ladsim.core.errors.UserError` that names file, line and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.core.read_only import ReadOnlyArrays
from ladsim.core.schema import Mode, NodeKind
from ladsim.world.rules_of_entry import EntryRules, load_entry_rules
from ladsim.world.tables import DATA, Table, read_table

if TYPE_CHECKING:
    import networkx as nx

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NODE_COLUMNS = ("node", "name", "country", "lat", "lon", "kind", "label", "short", "appointments")
OPTIONAL_NODE_COLUMNS = ("short", "appointments")
WAY_COLUMNS = (
    "way",
    "from",
    "to",
    "mode",
    "guided",
    "stretch",
    "distance_km",
    "days",
    "days_sd",
    "cost_usd",
    "smuggler_share",
    "death_per_100k",
    "robbery",
    "interdiction",
    "interdiction_country",
    "interdiction_to",
    "detection",
    "capacity_per_day",
    "entry_rule",
    "irregular_entry",
    "family",
    "attraction",
)
OPTIONAL_WAY_COLUMNS = ("family", "attraction", "entry_rule", "capacity_per_day")
NUMBERS = {
    "lat",
    "lon",
    "appointments",
    "guided",
    "distance_km",
    "days",
    "days_sd",
    "cost_usd",
    "smuggler_share",
    "death_per_100k",
    "robbery",
    "interdiction",
    "detection",
    "capacity_per_day",
    "attraction",
}
KINDS = tuple(k.name.lower() for k in NodeKind)
MODES = tuple(m.name.lower() for m in Mode)
HOME = "home"
ENDS = {Mode.CROSSING: NodeKind.SECTOR, Mode.PORT: NodeKind.PORT, Mode.ENTRY: NodeKind.DESTINATION}
"""Modes that must end in one kind of place, and this kind of place can be entered by no other mode."""


@dataclass(frozen=True, eq=False)
class Route(ReadOnlyArrays):
    """The corridor as arrays; index letters: V places, W ways, C countries.

    Attributes:
        tables: the tables of places and ways as they were read.
        nationalities: nationality codes that the entry rules are about.
        countries: ISO3 codes; country arrays index them.
        nodes, node_index: place ids and their positions.
        node_names, labels: display name; Border Patrol sector or field office (at the destination the name of its
            border, else empty), V each.
        appointments: V, whether a port appointment can be asked for from there.
        kind, country, lat, lon: V; kind is a NodeKind.
        stretches: names of the stretches; each has one SmugglingNetwork.
        ways, way_index: way ids and their positions.
        source, target: W, positions of the ends.
        mode, guided, stretch: W; Mode, bool, position in ``stretches``.
        distance_km, days, days_sd, cost, smuggler_share: W; USD and the share of it that smugglers get.
        death, robbery, interdiction: W, probabilities on one passage (before instruments).
        interdiction_country, interdiction_to: W, whose forces stop people (-1: none); where to (-1: home).
        detection: W, probability that a crossing is encountered; NaN on other ways.
        capacity: W, persons a day (inf: no limit).
        attraction: W, utility constant.
        irregular_entry: W, country entered irregularly (-1: none).
        family: W, name of the family of ways that people must get to know; blank for the way's entry rule, if it is
            flown or sailed.
        rule: W, position in ``entry_rules.names`` (-1: none).
        out_start, out_ways: the ways out of place i are ``out_ways[out_start[i]:out_start[i + 1]]``.
        entry_rules: the dated entry rules.
    """

    tables: tuple[Table, Table]
    nationalities: tuple[str, ...]
    countries: tuple[str, ...]
    nodes: tuple[str, ...]
    node_index: dict[str, int]
    node_names: tuple[str, ...]
    labels: tuple[str, ...]
    appointments: NDArray[np.bool_]
    kind: Ints
    country: Ints
    lat: Floats
    lon: Floats
    stretches: tuple[str, ...]
    ways: tuple[str, ...]
    way_index: dict[str, int]
    source: Ints
    target: Ints
    mode: Ints
    guided: NDArray[np.bool_]
    stretch: Ints
    distance_km: Floats
    days: Floats
    days_sd: Floats
    cost: Floats
    smuggler_share: Floats
    death: Floats
    robbery: Floats
    interdiction: Floats
    interdiction_country: Ints
    interdiction_to: Ints
    detection: Floats
    capacity: Floats
    attraction: Floats
    irregular_entry: Ints
    family: tuple[str, ...]
    rule: Ints
    out_start: Ints
    out_ways: Ints
    entry_rules: EntryRules

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The same as a networkx multigraph: attributes are the tables' columns; edge key: way id."""
        return _network(*self.tables)

    @property
    def n_nodes(self) -> int:
        """Number of places."""
        return len(self.nodes)

    @property
    def n_ways(self) -> int:
        """Number of ways."""
        return len(self.ways)

    def nodes_of_kind(self, kind: NodeKind) -> Ints:
        """Return the positions of all places of a kind."""
        return np.flatnonzero(self.kind == int(kind))


def load_graph(
    nodes: str | Path | None = None,
    ways: str | Path | None = None,
    entry_rules: str | Path | EntryRules | None = None,
    *,
    nationalities: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    stretches: Sequence[str] | None = None,
) -> Route:
    """Read and check a corridor.

    Args:
        nodes: CSV file of places; the packaged one by default.
        ways: CSV file of ways; the packaged one by default.
        entry_rules: CSV file of entry rules, or what was read of one; the packaged one by default.
        nationalities: codes that entry rules may name; the packaged ones by default.
        countries: codes that come first in ``Route.countries``; the packaged ones by default. Other countries of the
            nodes follow.
        stretches: names of the stretches, in order; the packaged ones by default.

    Raises:
        UserError: an unknown place, kind, mode, stretch, country, rule or nationality; ids given twice; a number that
            is none or out of range; a place from which the destination cannot be reached; a missing column or a
            broken file. File, line and column are named.
    """
    if nationalities is None:
        nationalities = read_table(DATA / "nationalities.csv", ("nationality",)).unique("nationality")
    if countries is None:
        countries = country_codes(DATA)
    if stretches is None:
        stretches = read_table(DATA / "stretches.csv", ("stretch",)).unique("stretch")
    places = read_table(
        nodes or DATA / "route_nodes.csv",
        [c for c in NODE_COLUMNS if c not in OPTIONAL_NODE_COLUMNS],
        OPTIONAL_NODE_COLUMNS,
    )
    legs = read_table(
        ways or DATA / "route_ways.csv",
        [c for c in WAY_COLUMNS if c not in OPTIONAL_WAY_COLUMNS],
        OPTIONAL_WAY_COLUMNS,
    )
    rules = (
        entry_rules
        if isinstance(entry_rules, EntryRules)
        else load_entry_rules(entry_rules or DATA / "entry_rules.csv", nationalities)
    )
    node_columns = _read_nodes(places, countries)
    way_columns = _read_ways(legs, node_columns, rules, stretches)
    _check_ends(legs, node_columns["kind"], way_columns)
    out_ways = np.argsort(way_columns["source"], kind="stable").astype(np.int64)
    counts = np.bincount(way_columns["source"], minlength=len(places))
    route = Route(
        tables=(places, legs),
        nationalities=tuple(nationalities),
        entry_rules=rules,
        out_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        out_ways=out_ways,
        **node_columns,
        **way_columns,
    )
    _check_reachable(places, route)
    return route


def country_codes(folder: Path) -> list[str]:
    """Return the country codes of a data folder: those of countries.csv, then other countries of residence."""
    codes: list[str] = []
    for name in ("countries.csv", "residences.csv"):
        if (folder / name).exists():
            codes += read_table(folder / name, ("country",)).text("country")
    return list(dict.fromkeys(codes))


def can_reach(route: Route, way_open: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Return V: from which places the destination, or an exit by sea, can be reached.

    Args:
        route: the graph.
        way_open: W, the ways that count; all by default.
    """
    used = np.ones(route.n_ways, bool) if way_open is None else way_open
    good = np.isin(route.kind, (int(NodeKind.DESTINATION), int(NodeKind.SEA_EXIT)))
    while True:
        new = good.copy()
        new[route.source[used & good[route.target]]] = True
        if (new == good).all():
            return good
        good = new


def _read_nodes(table: Table, known_countries: Sequence[str]) -> dict[str, Any]:
    ids = tuple(table.unique("node"))
    table.require("node", lambda i: ids[i] != HOME, f"{HOME!r} is reserved", "another id")
    codes = table.text("country")
    table.require(
        "country",
        lambda i: len(codes[i]) == 3 and codes[i].isalpha() and codes[i].isupper(),
        "not a country code",
        "three capital letters (ISO 3166)",
    )
    countries = tuple(dict.fromkeys([*known_countries, *codes]))
    kind = table.index("kind", KINDS, what="kind of place")
    labels = table.text("label", blank=True)
    labeled = (NodeKind.SECTOR, NodeKind.PORT)
    table.require(
        "label", lambda i: kind[i] not in labeled or labels[i] != "", "a sector or port has no label", "its name"
    )
    for needed in (NodeKind.RESIDENCE, NodeKind.DESTINATION):
        if needed not in kind:
            raise UserError(
                f"no {needed.name.lower()} among the places", file=table.path, key="kind", expected="at least one"
            )
    return {
        "nodes": ids,
        "node_index": {name: i for i, name in enumerate(ids)},
        "node_names": tuple(table.text("name")),
        "labels": tuple(labels),
        "appointments": table.index("appointments", ("0", "1"), blank=0).astype(bool),
        "kind": kind,
        "countries": countries,
        "country": np.array([countries.index(c) for c in codes], dtype=np.int64),
        "lat": table.numbers("lat", low=-90, high=90),
        "lon": table.numbers("lon", low=-180, high=180),
    }


def _read_ways(table: Table, nodes: dict[str, Any], rules: EntryRules, stretches: Sequence[str]) -> dict[str, Any]:
    ids = tuple(table.unique("way"))
    places, countries = nodes["nodes"], nodes["countries"]
    sent_to = table.one_of("interdiction_to", {*places, HOME}, blank=True, what="place")
    return {
        "ways": ids,
        "way_index": {name: i for i, name in enumerate(ids)},
        "source": table.index("from", places, what="place"),
        "target": table.index("to", places, what="place"),
        "mode": table.index("mode", MODES, what="mode"),
        "guided": table.index("guided", ("0", "1")).astype(bool),
        "stretches": tuple(stretches),
        "stretch": table.index("stretch", stretches, what="stretch"),
        "distance_km": table.numbers("distance_km", low=0),
        "days": table.numbers("days", above=0),
        "days_sd": table.numbers("days_sd", low=0),
        "cost": table.numbers("cost_usd", low=0),
        "smuggler_share": table.numbers("smuggler_share", low=0, high=1),
        "death": table.numbers("death_per_100k", low=0, high=100_000) / 100_000,
        "robbery": table.numbers("robbery", low=0, high=1),
        "interdiction": table.numbers("interdiction", low=0, high=1),
        "interdiction_country": table.index("interdiction_country", countries, blank=-1, what="country"),
        "interdiction_to": np.array([nodes["node_index"].get(name, -1) for name in sent_to], dtype=np.int64),
        "detection": table.numbers("detection", low=0, high=1, blank=np.nan),
        "capacity": table.numbers("capacity_per_day", above=0, blank=np.inf),
        "attraction": table.numbers("attraction", blank=0.0),
        "irregular_entry": table.index("irregular_entry", countries, blank=-1, what="country"),
        "family": tuple(table.text("family", blank=True)),
        "rule": table.index("entry_rule", rules.names, blank=-1, what="entry rule"),
    }


def _check_ends(table: Table, kind: Ints, ways: dict[str, Any]) -> None:
    source, target, mode = ways["source"], ways["target"], ways["mode"]
    table.require("to", lambda i: source[i] != target[i], "a way leads back to its own start", "another place")
    for way_mode, end in ENDS.items():
        table.require(
            "mode",
            partial(_both_or_none, mode == way_mode, kind[target] == end),
            f"a way of mode {way_mode.name.lower()} and a place of kind {end.name.lower()} belong together",
            f"mode {way_mode.name.lower()} on every way that ends in a {end.name.lower()}, and on no other",
        )
    crossing, known = mode == Mode.CROSSING, np.isfinite(ways["detection"])
    table.require(
        "detection",
        lambda i: bool(crossing[i] == known[i]),
        "detection belongs to crossings, and to them only",
        "a share from 0 to 1 on ways of mode crossing, else blank",
    )
    table.require(
        "interdiction_country",
        lambda i: ways["interdiction"][i] == 0 or ways["interdiction_country"][i] >= 0,
        "people are stopped, but by whom is not said",
        "the country whose forces stop them",
    )


def _both_or_none(one: NDArray[np.bool_], other: NDArray[np.bool_], i: int) -> bool:
    return bool(one[i] == other[i])


def _attribute(column: str, cell: str) -> str | float:
    return float(cell) if cell and column in NUMBERS else cell


def _network(places: Table, legs: Table) -> nx.MultiDiGraph[str]:
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for row in places.rows:
        graph.add_node(row["node"], **{k: _attribute(k, v) for k, v in row.items() if k != "node"})
    for row in legs.rows:
        attributes = {k: _attribute(k, v) for k, v in row.items() if k != "way"}
        graph.add_edge(row["from"], row["to"], key=row["way"], **attributes)
    return graph


def _check_reachable(table: Table, route: Route) -> None:
    good = can_reach(route)
    first = np.argsort(route.kind, kind="stable")
    for i in first[~good[first]]:
        raise table.error(
            int(i),
            "node",
            f"the destination cannot be reached from this {KINDS[route.kind[i]]}",
            "ways that lead on to a destination (or an exit by sea)",
        )
