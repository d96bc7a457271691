"""The packaged corridor is sound, and every mistake in a user's own is named by file, line and column."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ladsim.core.errors import UserError
from ladsim.core.schema import Mode, NodeKind
from ladsim.world.graph import (
    NODE_COLUMNS,
    OPTIONAL_NODE_COLUMNS,
    OPTIONAL_WAY_COLUMNS,
    WAY_COLUMNS,
    Route,
    can_reach,
    load_graph,
)
from ladsim.world.tables import DATA

Spoil = Callable[[Path, int, str, str], None]
CODES = ("COL", "ECU", "MEX")
SECTORS = ["San Diego", "El Centro", "Yuma", "Tucson", "El Paso", "Big Bend", "Del Rio", "Laredo", "Rio Grande Valley"]
ROOT = Path(__file__).parents[2]


def load(corridor: dict[str, Path]) -> Route:
    """Load the small corridor."""
    return load_graph(**corridor, nationalities=CODES, countries=["USA", "MEX"])


@pytest.fixture(scope="module")
def route() -> Route:
    """Return the packaged corridor."""
    return load_graph()


# --- the packaged corridor ---------------------------------------------------------------------------------------


def test_packaged_corridor_is_large_enough(route: Route) -> None:
    assert route.n_nodes >= 60
    assert route.n_ways >= 150
    assert route.graph.number_of_nodes() == route.n_nodes
    assert route.graph.number_of_edges() == route.n_ways


def test_sectors_and_ports_carry_the_publishers_names(route: Route) -> None:
    sectors = [route.labels[i] for i in route.nodes_of_kind(NodeKind.SECTOR)]
    assert sorted(sectors) == sorted(SECTORS)
    ports = {route.labels[i] for i in route.nodes_of_kind(NodeKind.PORT)}
    assert ports == {"San Diego", "Tucson", "El Paso", "Laredo"}


def test_every_place_leads_on(route: Route) -> None:
    assert can_reach(route).all()


def test_ways_out_are_those_that_start_here(route: Route) -> None:
    assert sorted(route.out_ways) == list(range(route.n_ways))
    for i in range(route.n_nodes):
        out = route.out_ways[route.out_start[i] : route.out_start[i + 1]]
        assert (route.source[out] == i).all()
        assert len(out) == route.graph.out_degree(route.nodes[i])


def test_each_border_city_has_both_crossings(route: Route) -> None:
    for city in route.nodes_of_kind(NodeKind.BORDER_CITY):
        out = (route.source == city) & (route.mode == Mode.CROSSING)
        reached = {(int(t), bool(g)) for t, g in zip(route.target[out], route.guided[out], strict=True)}
        assert reached
        assert {(t, not g) for t, g in reached} == reached
        assert (route.detection[out & ~route.guided] == 0.98).all()
        evaded = route.detection[out & route.guided]
        assert ((evaded >= 0.5) & (evaded <= 0.65)).all()


def test_the_darien_is_counted_once(route: Route) -> None:
    """No way that enters Panama irregularly can follow another."""
    panama = route.irregular_entry == route.countries.index("PAN")
    assert panama.sum() >= 3
    entered = set(route.target[panama].tolist())
    frontier = set(entered)
    while frontier:
        after = {int(t) for s, t in zip(route.source, route.target, strict=True) if int(s) in frontier}
        frontier = after - entered
        entered |= after
    assert not entered & set(route.source[panama].tolist())


def test_irregular_entries_end_in_the_country_entered(route: Route) -> None:
    entered = route.irregular_entry >= 0
    assert (route.country[route.target[entered]] == route.irregular_entry[entered]).all()
    assert (route.country[route.source[entered]] != route.irregular_entry[entered]).all()


def test_by_land_into_transit_countries_is_irregular(route: Route) -> None:
    """Each way by land or boat over the border of a transit country counts as an entry, so that nobody is missed."""
    transit = [route.countries.index(c) for c in ("PAN", "CRI", "NIC", "HND", "GTM", "MEX")]
    source, target = route.country[route.source], route.country[route.target]
    over = (source != target) & np.isin(target, transit) & np.isin(route.mode, (Mode.BUS, Mode.WALK, Mode.BOAT))
    assert (route.irregular_entry[over] == target[over]).all()


def test_numbers_are_plausible(route: Route) -> None:
    assert (route.days >= 1).all()
    assert (route.days <= 15).all()
    assert (route.death[route.mode != Mode.BOAT] < 0.002).all()
    assert set(route.stretch.tolist()) == set(range(len(route.stretches)))
    flights = np.isin(route.mode, (Mode.FLIGHT_SCHEDULED, Mode.FLIGHT_CHARTER))
    assert np.isfinite(route.capacity[flights]).all()


def test_robbery_over_mexico_agrees_with_the_survey(route: Route) -> None:
    """27 percent of those interviewed in northern Mexico in 2023 had been robbed (UNHCR)."""
    legs = ("tecun_uman", "tapachula", "san_pedro_tapanatepec", "oaxaca", "mexico_city", "celaya", "torreon")
    ways = [f"{a}__{b}__bus" for a, b in zip(legs, (*legs[1:], "piedras_negras"), strict=True)]
    safe = np.prod([1 - route.robbery[route.way_index[w]] for w in ways])
    assert 1 - safe == pytest.approx(0.27, abs=0.05)


@pytest.mark.parametrize("name", ["route_nodes", "route_ways", "entry_rules", "free_movement"])
def test_every_row_has_a_source_and_a_grade(name: str) -> None:
    with (ROOT / "scripts/route_tables/sources_route.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["source_id"] for row in csv.DictReader(stream)}
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["source_id"] for row in rows} <= known
    assert {row["evidence"] for row in rows} <= {"documented", "derived", "assumed"}


def test_tables_are_what_the_script_writes() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/build_route.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- a corridor of one's own ---------------------------------------------------------------------------------------


def test_small_corridor_as_arrays(corridor: dict[str, Path]) -> None:
    route = load(corridor)
    assert route.countries == ("USA", "MEX", "COL")
    walk, fly, cross = (route.way_index[w] for w in ("walk", "fly", "cross"))
    assert route.death[walk] == pytest.approx(40e-5)
    assert route.capacity[fly] == 100
    assert np.isinf(route.capacity[walk])
    assert route.detection[cross] == 0.98
    assert np.isnan(route.detection[walk])
    assert route.interdiction_to[walk] == -1
    assert route.interdiction_to[route.way_index["bus"]] == route.node_index["airport"]
    assert route.entry_rules.names[route.rule[fly]] == "AIR"
    assert route.graph["village"]["city"]["walk"]["days"] == 40
    with pytest.raises(ValueError, match="read-only"):
        route.cost[0] = 1


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "hint"),
    [
        ("ways", 2, "to", "cyty", "did you mean 'city'"),
        ("ways", 3, "from", "nowhere", "one of"),
        ("ways", 4, "days", "0", "above 0"),
        ("ways", 4, "days", "-1", "above 0"),
        ("ways", 4, "days", "two", "a number"),
        ("ways", 4, "days", "nan", "finite"),
        ("ways", 4, "days_sd", "-1", "at least 0"),
        ("ways", 4, "cost_usd", "-5", "at least 0"),
        ("ways", 4, "cost_usd", "", "a number"),
        ("ways", 2, "robbery", "1.2", "at most 1"),
        ("ways", 2, "interdiction", "-0.1", "at least 0"),
        ("ways", 2, "death_per_100k", "100001", "at most 100000"),
        ("ways", 2, "smuggler_share", "50", "at most 1"),
        ("ways", 5, "detection", "1.5", "at most 1"),
        ("ways", 5, "detection", "", "crossing"),
        ("ways", 2, "detection", "0.5", "crossing"),
        ("ways", 3, "capacity_per_day", "0", "above 0"),
        ("ways", 4, "mode", "buss", "did you mean 'bus'"),
        ("ways", 4, "stretch", "mexiko", "did you mean 'mexico'"),
        ("ways", 4, "guided", "yes", "one of 0, 1"),
        ("ways", 4, "way", "fly", "unique"),
        ("ways", 2, "interdiction_country", "MEXX", "did you mean 'MEX'"),
        ("ways", 2, "interdiction_country", "", "whose forces"),
        ("ways", 2, "interdiction_to", "airprt", "did you mean 'airport'"),
        ("ways", 2, "irregular_entry", "XYZ", "one of"),
        ("ways", 3, "entry_rule", "AIRR", "did you mean 'AIR'"),
        ("ways", 4, "to", "airport", "another place"),
        ("ways", 5, "mode", "walk", "mode crossing"),
        ("nodes", 3, "kind", "airpot", "did you mean 'airport'"),
        ("nodes", 3, "node", "village", "unique"),
        ("nodes", 4, "node", "", "a value"),
        ("nodes", 3, "node", "home", "another id"),
        ("nodes", 2, "country", "Colombia", "ISO 3166"),
        ("nodes", 2, "lat", "95", "at most 90"),
        ("nodes", 2, "lon", "west", "a number"),
        ("nodes", 5, "label", "", "its name"),
        ("entry_rules", 2, "nationality", "KOL", "did you mean 'COL'"),
        ("entry_rules", 2, "start", "2021-13-01", "a date"),
        ("entry_rules", 2, "end", "2020-01-01", "after start"),
        ("entry_rules", 2, "status", "fre", "did you mean 'free'"),
        ("entry_rules", 2, "charge_usd", "-1", "at least 0"),
        ("entry_rules", 3, "start", "2021-12-01", "one row a day"),
    ],
)
def test_a_wrong_cell_is_named(
    corridor: dict[str, Path], spoil: Spoil, file: str, line: int, column: str, value: str, hint: str
) -> None:
    spoil(corridor[file], line, column, value)
    with pytest.raises(UserError) as caught:
        load(corridor)
    error = caught.value
    assert str(error.file) == f"{corridor[file]}:{line}"
    assert error.key == column
    assert hint in str(error.expected)


def test_the_line_is_counted_over_quoted_line_breaks_and_blank_lines(corridor: dict[str, Path]) -> None:
    path = corridor["nodes"]
    text = path.read_text(encoding="utf-8").replace("Airport", '"Air\nport"').replace("city,City", "\ncity,City")
    path.write_text(text.replace("31.7", "131.7"), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load(corridor)
    assert str(caught.value.file) == f"{path}:6"


@pytest.mark.parametrize(("file", "columns"), [("nodes", NODE_COLUMNS), ("ways", WAY_COLUMNS)])
def test_a_missing_column_is_named(corridor: dict[str, Path], file: str, columns: tuple[str, ...]) -> None:
    text = corridor[file].read_text(encoding="utf-8")
    for column in columns:
        if column in (*OPTIONAL_NODE_COLUMNS, *OPTIONAL_WAY_COLUMNS):
            continue
        corridor[file].write_text(text.replace(",".join(columns), ",".join(columns).replace(column, "x", 1), 1))
        with pytest.raises(UserError, match="column") as caught:
            load(corridor)
        assert str(caught.value.file) == f"{corridor[file]}:1"


def test_columns_that_may_be_left_out(corridor: dict[str, Path]) -> None:
    assert load(corridor).appointments.any()
    text = corridor["nodes"].read_text(encoding="utf-8")
    corridor["nodes"].write_text(text.replace(",short,appointments", ",x,y", 1), encoding="utf-8")
    text = corridor["ways"].read_text(encoding="utf-8")
    corridor["ways"].write_text(text.replace(",family,attraction", ",x,y", 1), encoding="utf-8")
    route = load(corridor)
    assert not route.appointments.any()
    assert set(route.family) == {""}
    assert (route.attraction == 0.0).all()


@pytest.mark.parametrize("file", ["nodes", "ways", "entry_rules"])
def test_broken_files_are_named(corridor: dict[str, Path], file: str) -> None:
    path = corridor[file]
    whole = path.read_bytes()
    for content, message in [
        (b"", "empty"),
        (whole.splitlines(keepends=True)[0], "no rows"),
        (whole.rstrip()[:-12].rsplit(b",", 1)[0], "wrong number of cells"),
        (whole + b"one,more\n", "wrong number of cells"),
        (whole + b'"never closed\n', "cannot be read|wrong number"),
        (b"\xff\xfe" + whole, "UTF-8"),
    ]:
        path.write_bytes(content)
        with pytest.raises(UserError, match=message) as caught:
            load(corridor)
        assert str(caught.value.file).startswith(str(path))
    path.unlink()
    with pytest.raises(UserError, match="not there"):
        load(corridor)


def test_a_residence_without_a_way_on_is_named(corridor: dict[str, Path]) -> None:
    lines = corridor["ways"].read_text(encoding="utf-8").splitlines()
    corridor["ways"].write_text("\n".join(line for line in lines if not line.startswith(("walk", "fly"))))
    with pytest.raises(UserError, match="cannot be reached from this residence") as caught:
        load(corridor)
    assert str(caught.value.file) == f"{corridor['nodes']}:2"
    assert caught.value.value == "village"


def test_a_dead_end_is_named(corridor: dict[str, Path]) -> None:
    lines = corridor["ways"].read_text(encoding="utf-8").splitlines()
    corridor["ways"].write_text("\n".join(line for line in lines if not line.startswith("bus")))
    with pytest.raises(UserError, match="cannot be reached from this airport"):
        load(corridor)


@pytest.mark.parametrize("kind", ["residence", "destination"])
def test_a_corridor_needs_a_start_and_an_end(corridor: dict[str, Path], spoil: Spoil, kind: str) -> None:
    spoil(corridor["nodes"], 2 if kind == "residence" else 7, "kind", "transit")
    with pytest.raises(UserError, match=f"no {kind}"):
        load(corridor)
