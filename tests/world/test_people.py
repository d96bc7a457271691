"""The tables of people: shares add up, groups live at residences, mistakes are named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ladsim.core.errors import UserError
from ladsim.core.schema import NodeKind
from ladsim.world.graph import can_reach
from ladsim.world.rules_of_entry import entry_table
from ladsim.world.tables import DATA
from ladsim.world.world import World, load_world

Spoil = Callable[[Path, int, str, str], None]


@pytest.fixture(scope="module")
def world() -> World:
    """Return the packaged world."""
    return load_world()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the packaged tables."""
    for path in DATA.glob("*.csv"):
        if path.stat().st_size < 1_000_000:
            shutil.copy(path, tmp_path / path.name)
    return tmp_path


def test_shares_add_to_one(world: World) -> None:
    people = world.people
    assert people.parties.sum(axis=1) == pytest.approx(1)
    assert people.means.sum(axis=1) == pytest.approx(1)
    for year in (2010, *people.split_years, 2050):
        share = people.wish_share(year)
        sums = np.bincount(people.group_nationality, weights=share, minlength=people.n_nationalities)
        assert sums == pytest.approx(1)


def test_means_rise_by_class(world: World) -> None:
    assert (np.diff(world.people.means_usd) > 0).all()
    assert (world.people.means_low_usd <= world.people.means_usd).all()
    assert (world.people.means_usd <= world.people.means_high_usd).all()


def test_groups_live_at_residences(world: World) -> None:
    people, route = world.people, world.route
    assert (route.kind[people.group_node] == NodeKind.RESIDENCE).all()
    assert set(people.group_nationality.tolist()) == set(range(people.n_nationalities))
    assert (people.irregular_share[people.at_origin] == 0).all()
    assert people.group_country_code[people.group_index["VEN_COL"]] == "COL"


def test_every_group_has_a_way_by_base_rules(world: World) -> None:
    usable, _ = entry_table(world.route, world.route.entry_rules, None)
    for r, n in enumerate(world.people.group_nationality):
        assert can_reach(world.route, usable[:, n])[world.people.group_node[r]], world.people.groups[r]


def test_countries_stand_in_the_routes_order(world: World) -> None:
    assert tuple(world.countries.index) == world.route.countries
    assert all(world.countries.index[i] == code for code, i in world.country_index.items())
    assert world.countries["endorsing"].sum() == 22


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "hint"),
    [
        ("parties.csv", 2, "single_adult", "0.9", "add to 1"),
        ("parties.csv", 2, "nationality", "VEM", "did you mean"),
        ("means.csv", 3, "low", "-0.1", "at least 0"),
        ("means.csv", 3, "ties_share", "2", "at most 1"),
        ("means_classes.csv", 2, "means", "lowest", "did you mean"),
        ("residences.csv", 2, "node", "caracass", "did you mean 'caracas'"),
        ("residences.csv", 2, "node", "cucuta", "kind residence"),
        ("residences.csv", 2, "persons", "many", "a number"),
        ("residences.csv", 3, "group", "VEN_VEN", "unique"),
        ("residences.csv", 3, "irregular_share", "1.5", "at most 1"),
        ("residence_split.csv", 2, "country", "BOL", "residences.csv"),
        ("residence_split.csv", 2, "share", "1.5", "at most 1"),
        ("countries.csv", 2, "endorsing", "yes", "one of 0, 1"),
    ],
)
def test_a_wrong_cell_is_named(
    folder: Path, spoil: Spoil, file: str, line: int, column: str, value: str, hint: str
) -> None:
    spoil(folder / file, line, column, value)
    with pytest.raises(UserError) as caught:
        load_world(data=folder)
    assert str(caught.value.file) == f"{folder / file}:{line}"
    assert caught.value.key == column
    assert hint in str(caught.value.expected)


def test_a_nationality_without_parties_is_named(folder: Path) -> None:
    path = folder / "parties.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(UserError, match="no row for XXO"):
        load_world(data=folder)


def test_splits_that_do_not_add_up_are_named(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "residence_split.csv", 2, "share", "0.01")
    with pytest.raises(UserError, match="shares of VEN in 2021 add to"):
        load_world(data=folder)


def test_a_group_that_no_rule_lets_out_is_named(folder: Path) -> None:
    path = folder / "entry_rules.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if ",CHN," not in line), encoding="utf-8")
    with pytest.raises(UserError, match="CHN cannot reach the destination"):
        load_world(data=folder)


def test_a_year_without_rows_takes_the_year_before(folder: Path) -> None:
    path = folder / "residence_split.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("NIC,") or ",2023," not in line))
    people = load_world(data=folder).people
    abroad = people.group_index["NIC_CRI"]
    assert people.wish_share(2023)[abroad] == people.wish_share(2022)[abroad]
