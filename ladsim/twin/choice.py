"""Keyed draws and logit choices, one person at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from ladsim.core import draws

NEGLIGIBLE = 30.0
"""Options that are worth less than the best one by more than this, in units of the scale, are never chosen."""

IMPOSSIBLE = -math.inf


class Draws:
    """The draws of a run: pure functions of a decision, a person and a day.

    Args:
        seed: seed of the replicate.
        uniform, uniform2, normal: functions of (seed, decision, person, day); the plain ones of ladsim.core.draws
            unless a benchmark asks what the compiled ones, which give the same numbers, would change.

    Attributes:
        uniform: (decision, person, day) -> a double in [0, 1).
        uniform2: (decision, person, day) -> two of them.
        normal: (decision, person, day) -> a standard normal double.
    """

    def __init__(
        self,
        seed: int,
        uniform: Callable[..., float] = draws.uniform_py,
        uniform2: Callable[..., tuple[float, float]] = draws.uniform2_py,
        normal: Callable[..., float] = draws.normal_py,
    ) -> None:
        self.uniform = partial(uniform, seed)
        self.uniform2 = partial(uniform2, seed)
        self.normal = partial(normal, seed)


def draw_option(utilities: Sequence[float], scale: float, u: float) -> tuple[int, float]:
    """Return the option that the uniform number ``u`` picks from a logit, and the logsum.

    Args:
        utilities: what each option is worth; minus infinity where it is impossible.
        scale: scale of the logit, in units of utility.
        u: a uniform number in [0, 1).

    Returns:
        The position of the option and the logsum; -1 and minus infinity where every option is impossible.
    """
    best = max(utilities, default=IMPOSSIBLE)
    if best == IMPOSSIBLE:
        return -1, IMPOSSIBLE
    floor = best - NEGLIGIBLE * scale
    weights = [math.exp((worth - best) / scale) if worth > floor else 0.0 for worth in utilities]
    total = 0.0
    for weight in weights:
        total += weight
    reach = u * total
    chosen, passed = -1, 0.0
    for option, weight in enumerate(weights):
        if utilities[option] > floor:
            chosen = option
            passed += weight
            if reach < passed:
                break
    return chosen, best + scale * math.log(total)
