"""What Mesa's users expect of a model: a seed in any of Mesa's forms, and a data collector with something in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from ladsim.core.schema import State

LARGEST_SEED = 2**32 - 1


def draw_seed(seed: Any, rng: Any) -> int:
    """Return the 32-bit seed of a model's draws.

    Args:
        seed: A whole number from 0 to 2**32 - 1; None takes one from the operating system.
        rng: In place of a seed: such a number, or an object with NumPy's ``integers`` method.

    Raises:
        ValueError: Both are given, or the seed is out of range.
        TypeError: A seed that is not a whole number.
    """
    if seed is not None and rng is not None:
        raise ValueError("give seed or rng, not both")
    if rng is not None and hasattr(rng, "integers"):
        return int(rng.integers(LARGEST_SEED + 1))
    seed = rng if seed is None else seed
    if seed is None:
        return int.from_bytes(os.urandom(4), "little")
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"a seed is a whole number, found {seed!r}")
    number = int(seed)
    if not 0 <= number <= LARGEST_SEED:
        raise ValueError(f"a seed is from 0 to {LARGEST_SEED}, found {number}")
    return number


def reporters() -> dict[str, Callable[[Any], Any]]:
    """Return what a model's data collector notes at the end of each day: the date and the persons in each state.

    The date comes first, and with it everybody is counted once for all states, those who have left the table included.
    Each is a function of this module with part of its arguments, so that a model can be pickled.
    """
    counted: dict[int, int] = {}
    return {
        "date": partial(_count, counted),
        **{state.name.lower(): partial(_persons_in, counted, int(state)) for state in State},
    }


def _count(counted: dict[int, int], model: Any) -> date:
    counts = model.population.counts_by_state() * int(model.scale)
    counted.update(enumerate(counts.tolist()))
    day: date = model.date
    return day


def _persons_in(counted: dict[int, int], state: int, model: Any) -> int:
    return counted[state]
