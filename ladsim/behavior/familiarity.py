"""Who knows which ways on the first day: shares by nationality and family of ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ladsim.behavior.tables import Floats
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping, read_mapping_at
from ladsim.data.fitted import fitted_set
from ladsim.world.wish_checks import check_familiarity
from ladsim.world.world import World


def read_familiarity(path: Path | None = None, parameter_set: int = 0) -> dict[str, dict[str, float]]:
    """Return the shares of nationalities (or ``default``) who know a family of ways on 2021-01-01, by family.

    Args:
        path: a file to use as it stands; the packaged one with the fitted shares by default.
        parameter_set: which of the fitted sets.
    """
    fitted = fitted_set(parameter_set) if path is None else {}
    path = path or conf_dir() / "behavior" / "familiarity.yaml"
    shares: dict[str, dict[str, float]] = read_mapping(path, "familiarity", ("shares",))["shares"]
    for (kind, family, code), value in fitted.items():
        if kind == "familiarity":
            shares[family][code] = value
    return shares


def familiarity_of(world: World, parameter_set: int = 0) -> dict[str, dict[str, float]]:
    """Return who knows which ways of a world: as fitted for the packaged one, or as its folder's familiarity.yaml says.

    Without that file everybody knows every way.
    """
    if world.packaged:
        return read_familiarity(parameter_set=parameter_set)
    file = world.folder / "familiarity.yaml"
    if not file.exists():
        return {}
    return _checked(file, world)["shares"]  # type: ignore[no-any-return]


def check_packaged_familiarity(world: World) -> None:
    """Raise a UserError for the first mistake in conf/behavior/familiarity.yaml."""
    _checked(conf_dir() / "behavior" / "familiarity.yaml", world)


def _checked(file: Path, world: World) -> dict[str, Any]:
    told, where = read_mapping_at(file, "familiarity", ("shares",))
    families = {*world.route.family, *world.route.entry_rules.names} - {""}
    check_familiarity(told, where, world.nationalities, sorted(families))
    return told


def familiarity_table(
    shares: Mapping[str, Mapping[str, float]], families: Sequence[str], nationalities: Sequence[str]
) -> Floats:
    """Return the shares as a table, families x N; a family that is not listed is known to all."""
    out = np.ones((len(families), len(nationalities)))
    for f, family in enumerate(families):
        row = shares.get(family, {"default": 1.0})
        for n, code in enumerate(nationalities):
            out[f, n] = float(row.get(code, row["default"]))
    return out
