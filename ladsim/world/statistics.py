"""What a world's folder says beside the way and the people: consequences, removals, push, and what was observed.

The packaged world has all of these tables. In a folder of one's own some may be left out; docs/own-corridor.md says
what holds then.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.world.tables import read_table
from ladsim.world.world import World

Floats = NDArray[np.float64]
PUSH_SIGNS = {"gdp_per_capita": -1.0, "inflation": 1.0, "unemployment": 1.0, "fragility": 1.0}
FIRST_YEAR = 2021
NEEDED: dict[str, tuple[str, ...]] = {
    "transfer_removals": ("nationality", "period", "share"),
    "push": ("year", "country", "indicator", "value"),
    "observed": ("series", "month", "place", "nationality", "value"),
    "series": ("series", "label", "title", "unit", "counts", "measure", "place", "observed_place"),
}
"""Tables that may be left out, and the columns that they need."""


class Consequences(NamedTuple):
    """What follows encounters, by nationality (N each).

    Attributes:
        direct_share: share of timely consequences that come directly, without a transfer.
        removed_share: share of those transferred who are removed, where no table says more.
    """

    direct_share: Floats
    removed_share: Floats


def consequences(world: World) -> Consequences:
    """Return what follows encounters, from the table consequences.csv.

    Raises:
        UserError: a nationality has no row, or a share is out of range.
    """
    table = read_table(world.folder / "consequences.csv", ("nationality", "direct_share", "transfer_removed_share"))
    named = table.unique("nationality")
    position = {code: i for i, code in enumerate(named)}
    missing = [code for code in world.nationalities if code not in position]
    if missing:
        raise UserError(f"no row for {missing[0]}", file=table.path, key="nationality", expected="one row for each")
    order = [position[code] for code in world.nationalities]
    direct, removed = (table.numbers(c, low=0, high=1)[order] for c in ("direct_share", "transfer_removed_share"))
    return Consequences(direct, removed)


def optional(world: World, name: str) -> pd.DataFrame | None:
    """Return a table that may be left out, or None.

    Raises:
        UserError: a mistake in the table, named by file, line and column.
    """
    if world.packaged:
        return data.table(name)
    file = world.folder / f"{name}.csv"
    if not file.exists():
        return None
    kinds = {column: kind for column, kind in data.COLUMNS[name].items() if column in NEEDED[name]}
    return data.read(file, kinds)


@lru_cache(maxsize=2)
def push_index(world: World) -> dict[str, dict[int, float]]:
    """Return the push index by country and year: the mean of standardized indicators; empty without the table.

    These are income per head (negative), inflation (log), unemployment and fragility; a year without a figure keeps the
    last.
    """
    table = optional(world, "push")
    found: dict[str, dict[int, float]] = {}
    frames = []
    for indicator, sign in PUSH_SIGNS.items() if table is not None else ():
        assert table is not None
        rows = table[(table["indicator"] == indicator) & (table["year"] >= FIRST_YEAR)].copy()
        if not len(rows):
            continue
        values = rows["value"].astype(float)
        if indicator in ("inflation", "gdp_per_capita"):
            values = values.clip(lower=0.5).map(np.log)
        rows["z"] = sign * (values - values.mean()) / values.std()
        frames.append(rows.pivot_table(index="year", columns="country", values="z").ffill())
    if not frames:
        return found
    columns = sorted({str(name) for frame in frames for name in frame.columns})
    mean: pd.DataFrame = pd.concat([f.reindex(columns=columns).fillna(0.0) for f in frames])
    mean = mean.groupby(level=0).mean()
    for country in mean.columns:
        found[str(country)] = {int(str(y)): float(v) for y, v in mean[country].items()}
    return found


def encounters_before(world: World, month: str) -> Floats:
    """Return the encounters between ports (N, events a month) of the last observed month before one, or of the first.

    Without observed figures there were none.
    """
    observed = optional(world, "observed")
    none = np.zeros(len(world.nationalities))
    if observed is None:
        return none
    rows = observed[observed["series"] == "encounters_between_ports"]
    if not len(rows):
        return none
    months = sorted(set(rows["month"]))
    before = max((m for m in months if m < month), default=months[0])
    counts = rows[rows["month"] == before].set_index("nationality")["value"]
    return np.array([float(counts.get(code, 0.0)) for code in world.nationalities])
