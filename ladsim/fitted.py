"""What calibration found: the fitted set that is the default, and the sets that fit about equally well.

conf/behavior/default.yaml, wish.yaml and familiarity.yaml hold what is assumed before a fit. conf/behavior/fitted.csv
holds what a fit made of it, one column a set; the first is the best one and the default.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from ladsim.errors import UserError
from ladsim.paths import conf_dir

KINDS = ("parameter", "home_value", "lawful_prospect", "wish_level", "season", "familiarity")
HEAD = ("kind", "name", "nationality")


def fitted_file() -> Path:
    """Return the file of fitted sets."""
    return conf_dir() / "behavior" / "fitted.csv"


def n_sets() -> int:
    """Return how many parameter sets there are: 1 where nothing has been fitted."""
    return max(1, len(read_sets(fitted_file())))


def fitted_set(number: int = 0) -> dict[tuple[str, str, str], float]:
    """Return a fitted set: (kind, name, nationality) -> value; empty where nothing has been fitted.

    Args:
        number: 0 for the best one.

    Raises:
        UserError: there is no such set, or the file cannot be read.
    """
    sets = read_sets(fitted_file())
    if not sets and number == 0:
        return {}
    if not 0 <= number < len(sets):
        raise UserError("no such parameter set", file=fitted_file(), value=number, expected=f"0 to {len(sets) - 1}")
    return sets[number]


def write_sets(path: Path, sets: Sequence[Mapping[tuple[str, str, str], float]]) -> None:
    """Write sets with the same keys as columns of a table, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow([*HEAD, *(f"set_{i:02d}" for i in range(len(sets)))])
        for key in sets[0]:
            rows.writerow([*key, *(f"{one[key]:.6g}" for one in sets)])
    part.replace(path)


@lru_cache(maxsize=8)
def read_sets(path: Path) -> tuple[dict[tuple[str, str, str], float], ...]:
    """Return the sets of a table, none if it is not there.

    Raises:
        UserError: a row that is no row of such a table.
    """
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    if not rows or tuple(rows[0][:3]) != HEAD or len(rows[0]) < 4:
        raise UserError("not a table of fitted sets", file=path, expected=",".join((*HEAD, "set_00", "...")))
    sets: list[dict[tuple[str, str, str], float]] = [{} for _ in rows[0][3:]]
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]) or row[0] not in KINDS:
            expected = f"{len(rows[0])} columns, kind one of {', '.join(KINDS)}"
            raise UserError("broken row of fitted sets", file=path, key=f"row {line}", value=row[:3], expected=expected)
        for one, text in zip(sets, row[3:], strict=True):
            one[row[0], row[1], row[2]] = _number(text, path, line)
    return tuple(sets)


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError("not a number", file=path, key=f"row {line}", value=text, expected="a finite number")
    return value
