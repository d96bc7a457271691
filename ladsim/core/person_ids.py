"""Who somebody is: residence group, day of the wish and number within that day, in one whole number."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

GROUP_BITS = 8
DAY_BITS = 20
NUMBER_BITS = 28


@overload
def person_id(group: int, day: int, number: int) -> int: ...
@overload
def person_id(group: ArrayLike, day: ArrayLike, number: ArrayLike) -> NDArray[np.int64]: ...
def person_id(group: Any, day: Any, number: Any) -> Any:
    """Return the identity of a potential migrant: residence group, day the wish is formed, number within that day.

    The group is counted from one, so that no person shares a number with a plain Mesa agent (1, 2, 3, ...).

    Args:
        group: Position of the residence group, 0 to 254.
        day: Day index of the cohort, 20 bits.
        number: Number within group and day, 28 bits.

    Returns:
        An int, or int64 array if any argument is an array; never negative.

    Raises:
        ValueError: If a part does not fit into its bits.
    """
    limits = ((1 << GROUP_BITS) - 2, (1 << DAY_BITS) - 1, (1 << NUMBER_BITS) - 1)
    for name, value, limit in zip(("group", "day", "number"), (group, day, number), limits, strict=True):
        part = np.asarray(value)
        if part.dtype.kind not in "iu":
            raise ValueError(f"{name} of a person id must be an integer, found {part.dtype}")
        if part.size and (part.min() < 0 or int(part.max()) > limit):
            raise ValueError(f"{name} of a person id must be from 0 to {limit}, found {part.min()} to {part.max()}")
    identity = (
        (np.asarray(group, dtype=np.int64) + 1) << (DAY_BITS + NUMBER_BITS)
        | np.asarray(day, dtype=np.int64) << NUMBER_BITS
        | np.asarray(number, dtype=np.int64)
    )
    return int(identity) if identity.ndim == 0 else identity


@overload
def person_parts(person: int) -> tuple[int, int, int]: ...
@overload
def person_parts(person: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
def person_parts(person: Any) -> Any:
    """Return group, day and number of a person id; the inverse of :func:`person_id`."""
    return (
        (person >> (DAY_BITS + NUMBER_BITS)) - 1,
        (person >> NUMBER_BITS) & ((1 << DAY_BITS) - 1),
        person & ((1 << NUMBER_BITS) - 1),
    )
