"""The world as a run sees it: the corridor, the people and the countries, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.world.graph import Route, can_reach, country_codes, load_graph
from ladsim.world.people import People, load_people
from ladsim.world.rules_of_entry import at_home, entry_table
from ladsim.world.tables import DATA, read_table


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
    """

    route: Route
    people: People
    countries: pd.DataFrame
    country_index: dict[str, int]
    nationalities: tuple[str, ...]
    at_home: NDArray[np.bool_]
    interdiction: NDArray[np.float64]
    irregular: NDArray[np.bool_]

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
    route = load_graph(
        nodes or folder / "route_nodes.csv",
        ways or folder / "route_ways.csv",
        entry_rules or folder / "entry_rules.csv",
        nationalities=read_table(folder / "nationalities.csv", ("nationality",)).unique("nationality"),
        countries=country_codes(folder),
    )
    people = load_people(route, folder)
    _check_groups_reach(route, people, folder)
    free_movement = folder / "free_movement.csv"
    members = dict(zip(people.nationalities, people.members, strict=True))
    home = at_home(route.countries, members, free_movement if free_movement.exists() else None)
    acting, entered = route.interdiction_country, route.irregular_entry
    return World(
        route=route,
        people=people,
        countries=_read_countries(folder / "countries.csv", route),
        country_index={code: i for i, code in enumerate(route.countries)},
        nationalities=people.nationalities,
        at_home=home,
        interdiction=np.where((acting >= 0)[:, None] & home[acting], 0.0, route.interdiction[:, None]),
        irregular=(entered >= 0)[:, None] & ~home[entered],
    )


def _read_countries(path: Path, route: Route) -> pd.DataFrame:
    """Return the countries in the route's order; a country that only the route names gets blanks and zeros."""
    table = read_table(path, ("country", "name", "lat", "lon", "endorsing", "endorsed_on", "corridor"))
    frame = pd.DataFrame(
        {
            "country": table.unique("country"),
            "name": table.text("name"),
            "lat": table.numbers("lat", low=-90, high=90, blank=np.nan),
            "lon": table.numbers("lon", low=-180, high=180, blank=np.nan),
            "endorsing": table.index("endorsing", ("0", "1")).astype(bool),
            "endorsed_on": table.text("endorsed_on", blank=True),
            "corridor": table.index("corridor", ("0", "1")).astype(bool),
        }
    ).set_index("country")
    unknown = [code for code in route.countries if code not in frame.index]
    blank = {"name": unknown, "lat": np.nan, "lon": np.nan, "endorsing": False, "endorsed_on": "", "corridor": False}
    if unknown:
        frame = pd.concat([frame, pd.DataFrame(blank, index=pd.Index(unknown, name="country"))])
    return frame.loc[list(route.countries)]


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
