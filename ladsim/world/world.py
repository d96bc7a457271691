"""The world as a run sees it: the corridor, the people and the countries, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.checks import WHAT_A_WORLD_IS
from ladsim.core.errors import UserError
from ladsim.core.schema import NodeKind
from ladsim.world.graph import Route, can_reach, country_codes, load_graph
from ladsim.world.people import People, load_people
from ladsim.world.rules_of_entry import EntryRules, at_home, entry_table, no_rules
from ladsim.world.tables import DATA, Table, read_table

OPTIONAL_COUNTRY_COLUMNS = ("endorsing", "endorsed_on", "corridor", "year_begins")
DESTINATION, NEIGHBOR = ROLES = ("destination", "neighbor")
"""What a country can be to the others: where people are bound, and its neighbor, which takes people back."""
BORDER = "border"
"""The place of what is counted at the destination's border, where the table gives its border no name."""


@dataclass(frozen=True, eq=False)
class World:
    """Everything that is out there before anybody moves.

    Attributes:
        route: places, ways and entry rules.
        people: nationalities and residence groups.
        countries: one row a country, indexed by ISO3 in the order of ``route.countries``: name, lat, lon, endorsing
            (bool), endorsed_on, corridor (bool).
        country_index: ISO3 to position.
        nationalities: codes, in order.
        at_home: C x N, where a nationality is at home or moves freely.
        interdiction: W x N, base probability of being stopped (0 for those at home in the country whose forces act).
        irregular: W x N, whether passing the way is an irregular entry for the nationality.
        folder: where its tables lie.
        destination: ISO3 of the country that people are bound for.
        neighbor: ISO3 of its neighbor by land, which takes back people whom it expels or returns; blank if none does.
        border: name of the destination's border, the place of what is counted there as a whole.
        year_begins: C, the month in which a country's year of capacity begins.
    """

    route: Route
    people: People
    countries: pd.DataFrame
    country_index: dict[str, int]
    nationalities: tuple[str, ...]
    at_home: NDArray[np.bool_]
    interdiction: NDArray[np.float64]
    irregular: NDArray[np.bool_]
    folder: Path
    destination: str
    neighbor: str
    border: str
    year_begins: tuple[int, ...]

    @property
    def own_border(self) -> NDArray[np.bool_]:
        """N, who are nationals of the neighbor: they are put back over the border, and not flown home."""
        return np.array([code == self.neighbor for code in self.nationalities])

    @classmethod
    def load(cls, folder: str | Path) -> World:
        """Read and check a world of your own; docs/own-corridor.md says what its folder holds.

        Args:
            folder: the folder of its tables.

        Raises:
            UserError: no such folder, or a mistake in a table, named by file, line and column.
        """
        place = Path(folder)
        if not place.is_dir():
            raise UserError("the world is not a folder", key="world", value=str(folder), expected=WHAT_A_WORLD_IS)
        for file in sorted(place.glob("*.yml")):
            expected = f"{file.stem}.yaml; tables of a world are read by their exact names"
            raise UserError("a file that nothing would read", file=file, value=file.name, expected=expected)
        return load_world(data=place)

    @property
    def packaged(self) -> bool:
        """Whether it is the one that ladsim brings."""
        return self.folder == DATA

    @property
    def sectors(self) -> tuple[str, ...]:
        """Labels of the stretches of the border between ports on which people cross, sorted."""
        kinds = zip(self.route.labels, self.route.kind, strict=True)
        return tuple(sorted({label for label, kind in kinds if kind == NodeKind.SECTOR}))

    def entry(self, day: date) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return W x N: who may use which way on a day before instruments, and the charge in USD."""
        return entry_table(self.route, self.route.entry_rules, day)


def load_world(
    *,
    nodes: str | Path | None = None,
    ways: str | Path | None = None,
    entry_rules: str | Path | None = None,
    data: str | Path | None = None,
) -> World:
    """Read and check a world.

    Args:
        nodes: another corridor's places; those of ``data`` by default.
        ways: another corridor's ways; those of ``data`` by default.
        entry_rules: another corridor's entry rules; those of ``data`` by default.
        data: folder of all tables; the packaged one by default.

    Raises:
        UserError: a mistake in a table, named by file, line and column.
    """
    folder = Path(data) if data is not None else DATA
    rules: str | Path | EntryRules = entry_rules or folder / "entry_rules.csv"
    if entry_rules is None and not (folder / "entry_rules.csv").exists():
        rules = no_rules()
    route = load_graph(
        nodes or folder / "route_nodes.csv",
        ways or folder / "route_ways.csv",
        rules,
        nationalities=read_table(folder / "nationalities.csv", ("nationality",)).unique("nationality"),
        countries=country_codes(folder),
        stretches=_stretches(folder, Path(ways or folder / "route_ways.csv")),
    )
    people = load_people(route, folder)
    _check_groups_reach(route, people, folder)
    free_movement = folder / "free_movement.csv"
    members = dict(zip(people.nationalities, people.members, strict=True))
    home = at_home(route.countries, members, free_movement if free_movement.exists() else None)
    acting, entered = route.interdiction_country, route.irregular_entry
    countries = _read_countries(folder / "countries.csv", route)
    by_role = {role: code for code, role in countries["role"].items() if role}
    return World(
        route=route,
        people=people,
        countries=countries,
        country_index={code: i for i, code in enumerate(route.countries)},
        nationalities=people.nationalities,
        at_home=home,
        interdiction=np.where((acting >= 0)[:, None] & home[acting], 0.0, route.interdiction[:, None]),
        irregular=(entered >= 0)[:, None] & ~home[entered],
        folder=folder,
        destination=str(by_role[DESTINATION]),
        neighbor=str(by_role.get(NEIGHBOR, "")),
        border=next(label for label, kind in zip(route.labels, route.kind, strict=True) if kind == NodeKind.DESTINATION)
        or BORDER,
        year_begins=tuple(int(month) for month in countries["year_begins"]),
    )


@lru_cache(maxsize=2)
def world_at(folder: str | None) -> World:
    """Return the world of a folder, or the packaged one; a process reads it once."""
    return load_world() if folder is None else World.load(folder)


def _stretches(folder: Path, ways: Path) -> list[str]:
    """Return the stretches that the folder lists, or those of the ways as they come."""
    file = folder / "stretches.csv"
    if file.exists():
        return read_table(file, ("stretch",)).unique("stretch")
    return list(dict.fromkeys(read_table(ways, ("stretch",)).text("stretch")))


def _read_countries(path: Path, route: Route) -> pd.DataFrame:
    """Return the countries in the route's order; a country that only the route names gets blanks and zeros."""
    table = read_table(path, ("country", "name", "lat", "lon", "role"), OPTIONAL_COUNTRY_COLUMNS)
    _check_roles(table, route)
    frame = pd.DataFrame(
        {
            "country": table.unique("country"),
            "name": table.text("name"),
            "lat": table.numbers("lat", low=-90, high=90, blank=np.nan),
            "lon": table.numbers("lon", low=-180, high=180, blank=np.nan),
            "endorsing": table.index("endorsing", ("0", "1"), blank=0).astype(bool),
            "endorsed_on": table.text("endorsed_on", blank=True),
            "corridor": table.index("corridor", ("0", "1"), blank=0).astype(bool),
            "role": table.text("role", blank=True),
            "year_begins": table.numbers("year_begins", low=1, high=12, blank=1.0).astype(int),
        }
    ).set_index("country")
    unknown = [code for code in route.countries if code not in frame.index]
    blank = {"name": unknown, "lat": np.nan, "lon": np.nan, "endorsing": False, "endorsed_on": "", "corridor": False}
    blank |= {"role": "", "year_begins": 1}
    if unknown:
        frame = pd.concat([frame, pd.DataFrame(blank, index=pd.Index(unknown, name="country"))])
    return frame.loc[list(route.countries)]


def _check_roles(table: Table, route: Route) -> None:
    """One country is the destination, the one of the places of that kind; at most one is its neighbor."""
    codes, roles = table.unique("country"), table.one_of("role", ROLES, blank=True, what="role")
    ends = {route.countries[c] for c in route.country[route.kind == NodeKind.DESTINATION]}
    if DESTINATION not in roles:
        raise UserError("no country is the destination", file=table.path, key="role", expected=f"{DESTINATION} once")
    for role in ROLES:
        rows = [i for i, given in enumerate(roles) if given == role]
        if len(rows) > 1:
            raise table.error(rows[1], "role", f"a second country is the {role}", "one country")
    row = roles.index(DESTINATION)
    if ends != {codes[row]}:
        where = ", ".join(sorted(ends))
        raise table.error(row, "role", f"the places of kind destination lie in {where}", "the same country")


def _check_groups_reach(route: Route, people: People, folder: Path) -> None:
    """Every group must have some way to the destination at some time, before any instrument."""
    usable, _ = entry_table(route, route.entry_rules, None)
    for r, group in enumerate(people.groups):
        nationality = int(people.group_nationality[r])
        if not can_reach(route, usable[:, nationality])[people.group_node[r]]:
            raise UserError(
                f"{people.nationalities[nationality]} cannot reach the destination by ways open to them",
                file=folder / "residences.csv",
                key="node",
                value=f"{group} at {route.nodes[people.group_node[r]]}",
                expected="a way by land or a free entry rule",
            )
