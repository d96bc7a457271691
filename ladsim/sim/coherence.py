"""Whether what somebody wrote to migrants from outside fits together; the loops over people rely on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ladsim.core.schema import FIRST_ABSORBING, State
from ladsim.population import Population

SHOWN = 3


def check_coherence(population: Population) -> None:
    """Raise a ValueError for people whose columns contradict one another; ``written`` becomes False.

    Args:
        population: The table after writes from outside.
    """
    state, way, node, goal = (population.view(name) for name in ("state", "way", "node", "goal"))
    going_on = (state < FIRST_ABSORBING) & (state != State.REGULARIZED)
    _refuse(population, going_on & (node < 0), "need a place (node)")
    _refuse(population, (state == State.TRAVELLING) & (way < 0), "travel, but on no way")
    _refuse(population, (state == State.PATHWAY_QUEUE) & (goal < 0), "wait for a lawful pathway, but for none (goal)")
    _refuse(
        population, (state == State.CUSTODY) & (population.view("outcome") < 0), "are in custody without an outcome"
    )
    population.written = False


def _refuse(population: Population, wrong: NDArray[np.bool_], what: str) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        who = ", ".join(str(p) for p in population.view("person")[rows[:SHOWN]])
        raise ValueError(f"{rows.size} migrants {what}: {who}{' ...' if rows.size > SHOWN else ''}")
