"""Entry rules: what holds on a day, and who is at home where."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ladsim.world.graph import load_graph
from ladsim.world.rules_of_entry import at_home, entry_table
from ladsim.world.world import World, load_world


@pytest.fixture(scope="module")
def world() -> World:
    """Return the packaged world."""
    return load_world()


def test_rules_hold_from_start_to_the_day_before_end(corridor: dict[str, Path]) -> None:
    route = load_graph(**corridor, nationalities=("COL", "ECU", "MEX"), countries=())
    fly, walk = route.way_index["fly"], route.way_index["walk"]
    for day, free, charge in [
        (date(2020, 12, 31), (False, False, False), (0, 0, 0)),
        (date(2021, 1, 1), (True, False, False), (20, 0, 0)),
        (date(2021, 12, 31), (True, True, False), (20, 30, 0)),
        (date(2022, 1, 1), (False, True, False), (0, 30, 0)),
        (None, (True, True, False), (20, 30, 0)),
    ]:
        is_open, usd = entry_table(route, route.entry_rules, day)
        assert tuple(is_open[fly]) == free
        assert tuple(usd[fly]) == charge
        assert is_open[walk].all()
        assert not usd[walk].any()
    assert route.entry_rules.changes() == [date(2021, 1, 1), date(2021, 6, 1), date(2022, 1, 1)]


@pytest.mark.parametrize(
    ("way", "nationality", "day", "free"),
    [
        ("caracas__mexico_city_airport__flight", "VEN", date(2021, 10, 1), True),
        ("quito__mexico_city_airport__flight", "ECU", date(2021, 8, 1), True),
        ("lima__mexico_city_airport__flight", "PER", date(2024, 1, 1), True),
        ("havana__managua_airport__charter", "CUB", date(2021, 10, 1), False),
        ("fujian__quito_airport__flight", "CHN", date(2024, 1, 1), True),
        ("port_au_prince__managua_airport__charter", "HTI", date(2023, 7, 31), False),
        ("port_au_prince__managua_airport__charter", "HTI", date(2023, 10, 1), True),
        ("acandi__bajo_chiquito__walk", "VEN", date(2022, 1, 1), True),
    ],
)
def test_base_facts(world: World, way: str, nationality: str, day: date, free: bool) -> None:
    is_open, _ = world.entry(day)
    assert is_open[world.route.way_index[way], world.nationalities.index(nationality)] == free


def test_charges_by_land_spare_the_free_movement_area(world: World) -> None:
    """Honduras' fine and Nicaragua's safe-conduct; the amnesty of 2022 is an instrument."""
    _, charge = world.entry(date(2022, 8, 3))
    cuban, nicaraguan = world.nationalities.index("CUB"), world.nationalities.index("NIC")
    for way, usd in (("ocotal__danli__bus", 210), ("paso_canoas__penas_blancas__bus", 150)):
        assert charge[world.route.way_index[way], cuban] == usd
        assert charge[world.route.way_index[way], nicaraguan] == 0


def test_nobody_is_stopped_or_irregular_at_home(world: World) -> None:
    route = world.route
    into_guatemala = route.way_index["san_salvador__guatemala_city__bus"]
    mexico = route.way_index["michoacan__tijuana__bus"]
    codes = world.nationalities
    assert not world.irregular[into_guatemala, codes.index("SLV")]
    assert world.irregular[into_guatemala, codes.index("VEN")]
    assert world.interdiction[mexico, codes.index("MEX")] == 0
    assert world.interdiction[mexico, codes.index("VEN")] == pytest.approx(route.interdiction[mexico])


def test_groups_of_countries_are_at_home_nowhere_as_a_whole() -> None:
    home = at_home(("COL", "SEN"), {"COL": ("COL",), "XWA": ("SEN", "GHA")}, None)
    assert home.tolist() == [[True, False], [False, False]]
