"""Who may wish to leave: nationalities, party kinds, means, and the groups by place of residence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.core.read_only import ReadOnlyArrays
from ladsim.core.schema import Means, NodeKind, Party
from ladsim.world.graph import Route
from ladsim.world.tables import DATA, Table, read_table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SPLIT_COLUMNS = ("nationality", "country", "year", "share")
FIRST_YEAR = 2000
"""The year of a split that holds at all times, where every nationality has one residence group alone."""
PARTIES = tuple(p.name.lower() for p in Party)
MEANS = tuple(m.name.lower() for m in Means)
ROUNDING = 0.002
"""By how much published shares may miss a sum of one; they are divided by their sum."""


@dataclass(frozen=True, eq=False)
class People(ReadOnlyArrays):
    """The people of the corridor; index letters: N nationalities, R residence groups, P parties, M means classes.

    Attributes:
        nationalities, names: codes and display names, N.
        members: ISO3 members of each code, N.
        parties: N x P, shares of party kinds.
        means: N x M, shares of means classes.
        ties: N, share with a US sponsor or family.
        undetected_value: N, value of an undetected entry relative to a release (0..1).
        means_usd, means_low_usd, means_high_usd: M, the median and the limits of what a class can pay (USD).
        groups, group_index: ids of the residence groups, such as ``VEN_COL``, and their positions.
        group_nationality, group_country, group_node: R, positions in the nationalities, the route's countries and
            its places.
        group_country_code: R, ISO3.
        persons: R, population or host stock.
        irregular_share: R, share of the stock without regular status (0 in one's own country).
        at_origin: R, True for people in their own country.
        split_years: years that the split of wishes is given for, in order.
        split: years x R, share of a nationality's wishes that are formed in the group; sums to 1 by nationality.
    """

    nationalities: tuple[str, ...]
    names: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    parties: Floats
    means: Floats
    ties: Floats
    undetected_value: Floats
    means_usd: Floats
    means_low_usd: Floats
    means_high_usd: Floats
    groups: tuple[str, ...]
    group_index: dict[str, int]
    group_nationality: Ints
    group_country: Ints
    group_node: Ints
    group_country_code: tuple[str, ...]
    persons: Floats
    irregular_share: Floats
    at_origin: NDArray[np.bool_]
    split_years: tuple[int, ...]
    split: Floats

    @property
    def n_nationalities(self) -> int:
        """Number of nationalities."""
        return len(self.nationalities)

    @property
    def n_groups(self) -> int:
        """Number of residence groups."""
        return len(self.groups)

    def wish_share(self, year: int) -> Floats:
        """Return R: the share of its nationality's wishes formed in each group in a year.

        A year before the first or after the last takes that one; a year in a gap takes the one before.
        """
        place = int(np.searchsorted(self.split_years, year, side="right")) - 1
        share: Floats = self.split[max(place, 0)]
        return share


def load_people(route: Route, data: str | Path | None = None) -> People:
    """Read and check the tables of people.

    Args:
        route: the corridor; groups must live at its places of residence.
        data: folder with nationalities.csv, parties.csv, means.csv, residences.csv and, as far as they are needed,
            means_classes.csv (else the packaged one) and residence_split.csv; the packaged tables by default.

    Raises:
        UserError: an unknown nationality, place or country, shares out of range or not adding to 1, missing rows.
    """
    folder = Path(data) if data is not None else DATA
    table = read_table(folder / "nationalities.csv", ("nationality", "name", "members"))
    codes = table.unique("nationality")
    _same_nationalities(table, codes, route)
    means = _by_nationality(folder / "means.csv", codes, (*MEANS, "ties_share", "undetected_value"))
    parties = _by_nationality(folder / "parties.csv", codes, PARTIES)
    of_classes = folder / "means_classes.csv"
    classes = read_table(
        of_classes if of_classes.exists() else DATA / of_classes.name, ("means", "median_usd", "low_usd", "high_usd")
    )
    order = np.argsort(_complete(classes, "means", MEANS))
    groups = _read_groups(folder / "residences.csv", codes, route)
    years, split = _read_split(folder / "residence_split.csv", codes, groups)
    return People(
        nationalities=tuple(codes),
        names=tuple(table.text("name")),
        members=tuple(tuple(m.split(";")) for m in table.text("members")),
        parties=parties / parties.sum(axis=1, keepdims=True),
        means=means[:, :3] / means[:, :3].sum(axis=1, keepdims=True),
        ties=means[:, 3],
        undetected_value=means[:, 4],
        means_usd=classes.numbers("median_usd", above=0)[order],
        means_low_usd=classes.numbers("low_usd", low=0)[order],
        means_high_usd=classes.numbers("high_usd", low=0)[order],
        split_years=years,
        split=split,
        **groups,
    )


def _same_nationalities(table: Table, codes: list[str], route: Route) -> None:
    if tuple(codes) != route.nationalities:
        raise UserError(
            "the nationalities differ from those that the corridor was read with",
            file=table.path,
            key="nationality",
            value=",".join(codes),
            expected=",".join(route.nationalities),
        )


def _complete(table: Table, column: str, known: list[str] | tuple[str, ...]) -> Ints:
    """Return the position of each row's word; every known word must have exactly one row."""
    words = table.unique(column)
    positions = table.index(column, known, what=column)
    missing = [word for word in known if word not in words]
    if missing:
        raise UserError(f"no row for {missing[0]}", file=table.path, key=column, expected="one row for each")
    return positions


def _by_nationality(path: Path, codes: list[str], columns: tuple[str, ...]) -> Floats:
    """Return N x columns of shares; the first three columns must add to 1."""
    table = read_table(path, ("nationality", *columns))
    positions = _complete(table, "nationality", codes)
    values = np.stack([table.numbers(c, low=0, high=1) for c in columns], axis=1)
    sums = values[:, :3].sum(axis=1)
    table.require(
        columns[0],
        lambda i: abs(sums[i] - 1) <= ROUNDING,
        "shares do not add to 1",
        f"{', '.join(columns[:3])} that add to 1",
    )
    result = np.empty_like(values)
    result[positions] = values
    return result


def _read_groups(path: Path, codes: list[str], route: Route) -> dict[str, Any]:
    table = read_table(path, ("group", "nationality", "country", "node", "persons", "irregular_share"))
    ids = tuple(table.unique("group"))
    nationality = table.index("nationality", codes, what="nationality")
    country = table.index("country", route.countries, what="country")
    node = table.index("node", route.nodes, what="place")
    table.require(
        "node",
        lambda i: route.kind[node[i]] == NodeKind.RESIDENCE,
        "people live at a place that is not a residence",
        "a place of kind residence",
    )
    own = np.array([row["nationality"] == row["country"] for row in table.rows])
    return {
        "groups": ids,
        "group_index": {name: i for i, name in enumerate(ids)},
        "group_nationality": nationality,
        "group_country": country,
        "group_node": node,
        "group_country_code": tuple(table.text("country")),
        "persons": table.numbers("persons", low=0),
        "irregular_share": table.numbers("irregular_share", low=0, high=1),
        "at_origin": own,
    }


def _read_split(path: Path, codes: list[str], groups: dict[str, Any]) -> tuple[tuple[int, ...], Floats]:
    table = read_table(path, SPLIT_COLUMNS) if path.exists() else Table(path, [], [])
    nationality = table.index("nationality", codes, what="nationality")
    year = table.numbers("year", low=1900, high=2200).astype(int)
    share = table.numbers("share", low=0, high=1)
    pairs = list(zip(groups["group_nationality"].tolist(), groups["group_country_code"], strict=True))
    place = {pair: r for r, pair in enumerate(pairs)}
    countries = table.text("country")
    table.require(
        "country",
        lambda i: (int(nationality[i]), countries[i]) in place,
        "no residence group of this nationality in this country",
        "a nationality and country of residences.csv",
    )
    years = tuple(sorted(set(year.tolist()))) or (FIRST_YEAR,)
    split = np.full((len(years), len(pairs)), np.nan)
    for i in range(len(table)):
        y, r = years.index(year[i]), place[int(nationality[i]), countries[i]]
        if not np.isnan(split[y, r]):
            raise table.error(i, "share", "nationality, country and year stand twice", "one row each")
        split[y, r] = share[i]
    return years, _fill_split(table, codes, groups["group_nationality"], years, split)


def _fill_split(table: Table, codes: list[str], nationality: Ints, years: tuple[int, ...], split: Floats) -> Floats:
    """Fill what the table leaves out: one group takes all; a year without rows takes the year before (or after)."""
    for n, code in enumerate(codes):
        members = np.flatnonzero(nationality == n)
        if len(members) == 0:
            continue
        given = ~np.isnan(split[:, members]).all(axis=1)
        if not given.any() and len(members) > 1:
            raise UserError(f"no split of wishes for {code}", file=table.path, key="nationality", expected="its rows")
        if not given.any():
            split[:, members] = 1.0
            continue
        for y in np.flatnonzero(given):
            row = np.nan_to_num(split[y, members])
            if abs(row.sum() - 1) > ROUNDING:
                message = f"shares of {code} in {years[y]} add to {row.sum():.4f}"
                raise UserError(message, file=table.path, key="share", expected="shares that add to 1")
            split[y, members] = row / row.sum()
        known = np.flatnonzero(given)
        before = np.maximum(np.searchsorted(known, np.arange(len(years)), side="right") - 1, 0)
        split[:, members] = split[np.ix_(known[before], members)]
    return split
