"""What a migrant has: every column, with its dtype, default, range, unit and meaning.

The range is declared here once and checked on every write from outside; kernels write to views without the check, by
the rules of the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.core.schema import CLASSES_PER_NATIONALITY, Fate, Kind, Means, Met, Outcome, Party, State

LONGEST_LAG = 60
"""Days that news can take at most; a longer lag counts as this one."""

LAST_DAY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute of a migrant.

    Attributes:
        name: Its name.
        dtype: NumPy dtype.
        default: Value of those who come in without one; None: it must be given.
        unit: Unit of the value.
        doc: What it means.
        low: Least value.
        high: Greatest value, or the name of what it is a position in (``nationality``, ``group``, ``class``, ``node``,
            ``way``, ``pathway``), whose number the table knows.
    """

    name: str
    dtype: str
    default: float | int | bool | None
    unit: str
    doc: str
    low: float = 0
    high: float | str = math.inf


SCHEMA: tuple[Column, ...] = (
    Column("person", "int64", None, "id", "Identity of the potential migrant; see person_id"),
    Column("nationality", "int16", None, "index", "Position in the list of nationalities", high="nationality"),
    Column("group", "int16", None, "index", "Position in the list of residence groups", high="group"),
    Column(
        "traveler_class",
        "int16",
        0,
        "index",
        "schema.class_index of all that tells classes apart",
        high="class",
    ),
    Column("party", "int8", 0, "schema.Party", "Who they travel as", high=len(Party) - 1),
    Column("kind", "int8", 0, "schema.Kind", "Kind of journey, drawn with the wish", high=len(Kind) - 1),
    Column("means_class", "int8", 0, "schema.Means", "Means class", high=len(Means) - 1),
    Column("ties", "bool", False, "yes/no", "Has a sponsor or family in the US", high=1),
    Column("means", "float64", 0.0, "USD", "What they can still pay"),
    Column("risk_aversion", "float64", 1.0, "ratio", "Weight of dangers, relative to the class"),
    Column(
        "urgency",
        "float64",
        0.0,
        "utility",
        "Added to the utility of leaving irregularly, relative to the class",
        low=-math.inf,
    ),
    Column("lag", "int16", 0, "days", "Delay with which news reaches them", high=LONGEST_LAG),
    Column("regular", "bool", False, "yes/no", "Has regular status where they live", high=1),
    Column(
        "attempts",
        "int16",
        0,
        "count",
        "Attempts that failed: times stopped on the way, encountered, or refused at a port",
    ),
    Column("encounters", "int16", 0, "count", "Encounters at the US southwest border so far"),
    Column("state", "int8", int(State.CONSIDERING), "schema.State", "Where they stand", high=len(State) - 1),
    Column("node", "int16", -1, "index", "Place where they are, or from which they travel", low=-1, high="node"),
    Column(
        "way",
        "int16",
        -1,
        "index",
        "Way on which they travel, or for a seat on which they stand in line; -1 none",
        low=-1,
        high="way",
    ),
    Column(
        "goal", "int16", -1, "index", "Pathway they applied for; -1 none, -2 regular status", low=-2, high="pathway"
    ),
    Column("due", "int32", 0, "day", "Day on which something happens to them next", high=LAST_DAY),
    Column("born", "int32", 0, "day", "Day on which the wish was formed", high=LAST_DAY),
    Column("state_since", "int32", 0, "day", "Day on which the present state began", low=-LAST_DAY, high=LAST_DAY),
    Column("irregular_since", "int32", -1, "day", "Day of the first irregular entry; -1 none", low=-1, high=LAST_DAY),
    Column("last_encounter_month", "int32", -1, "month", "Month of the last encounter; -1 none", low=-1, high=LAST_DAY),
    Column("outcome", "int8", -1, "schema.Outcome", "Last disposition; -1 none", low=-1, high=len(Outcome) - 1),
    Column("wait_weeks", "int16", 0, "weeks", "Weeks waited on the way, since leaving home"),
    Column("refused", "int64", 0, "bits", "Lawful pathways that refused the person, a bit each by position"),
    Column("paid", "float64", 0.0, "USD", "Paid to smugglers so far"),
    Column("departed", "int16", -1, "year", "Year of the present departure, 0 the first; -1 not under way", low=-1),
    Column("shaken", "bool", False, "yes/no", "Whether what was met makes them think the journey over", high=1),
    Column(
        "heard", "int32", -1, "day", "Day up to which news of the way on has been weighed", low=-LAST_DAY, high=LAST_DAY
    ),
    Column("tries", "int8", 0, "count", "Attempts to cross that are left of a package paid for"),
    Column("met", "int8", 0, "schema.Met", "What was met last since leaving home", high=len(Met) - 1),
    Column("fate", "int8", -1, "schema.Fate", "How the last departure ended; -1 none", low=-1, high=len(Fate) - 1),
)
"""Every attribute that each migrant has; a model may declare more, see Population."""

COLUMNS: dict[str, Column] = {column.name: column for column in SCHEMA}

READABLE: dict[str, str] = {
    "nationality_code": "nationality",
    "group_name": "group",
    "party_name": "party",
    "means_name": "means_class",
    "state_name": "state",
    "node_name": "node",
    "way_name": "way",
    "outcome_name": "outcome",
}
"""Attributes that give in words what a column holds as an index; None where there is none (-1)."""


def check_range(column: Column, values: NDArray[Any], sizes: Mapping[str, int]) -> None:
    """Raise a ValueError for the first value that lies outside a column's range.

    Args:
        column: The column.
        values: Values that are to be written.
        sizes: How many there are of what columns point to (``node``: places, ...); what is not named is not checked.
    """
    if not values.size:
        return
    low, high = column.low, column.high
    if isinstance(high, str):
        size = sizes.get(high)
        high = math.inf if size is None else size - 1
    least, most = values.min(), values.max()
    if low <= least and most <= high and np.isfinite(least) and np.isfinite(most):
        return
    wrong = most if least >= low and np.isfinite(least) else least
    if isinstance(column.high, str):
        expected = f"{low:g} to {high:g}, a position in the list of {column.high} names"
    else:
        expected = f"{low:g} to {high:g}" if high < math.inf else f"at least {low:g}"
    raise ValueError(f"column {column.name!r} ({column.unit}) cannot be {wrong}: {expected}")


def class_sizes(n_nationalities: int, n_groups: int) -> dict[str, int]:
    """Return the sizes that follow from the number of nationalities and residence groups."""
    return {
        "nationality": n_nationalities,
        "group": n_groups,
        "class": n_nationalities * CLASSES_PER_NATIONALITY,
    }
