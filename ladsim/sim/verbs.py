"""What a rule of your own may do to people: verbs that keep counts, fates and persons right.

Rows are positions in the table today, such as ``np.flatnonzero(mask)`` over ``model.population.view(...)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ladsim.behavior.tables import Ints
from ladsim.core.schema import FIRST_ABSORBING, Fate, State

_ON_THE_WAY = (State.TRAVELLING, State.WAITING, State.CUSTODY, State.PATHWAY_QUEUE)


def on_the_way(model: Any) -> Ints:
    """Return the rows of everybody who has left home and whose way has not ended."""
    p = model.population
    state, node = p.view("state"), p.view("node")
    away = node != model.world.people.group_node[p.view("group")]
    moving = (state == State.TRAVELLING) | (state == State.CUSTODY)
    return np.flatnonzero(np.isin(state, _ON_THE_WAY) & (away | moving))


def turn_back(model: Any, rows: ArrayLike) -> int:
    """Let people on the way turn back; return how many agents.

    Raises:
        ValueError: somebody is not on the way.
    """
    chosen = _checked(model, rows)
    np.add.at(model.events.returns, model.population.view("group")[chosen], 1)
    _end(model, chosen, State.RETURNED, Fate.TURNED_BACK)
    return len(chosen)


def settle(model: Any, rows: ArrayLike) -> int:
    """Let people on the way stay where they are, without papers; return how many agents.

    Raises:
        ValueError: somebody is not on the way.
    """
    chosen = _checked(model, rows)
    p = model.population
    country = model.environment.graph.node_country[p.view("node")[chosen]]
    np.add.at(model.events.settled, (country, p.view("nationality")[chosen]), 1)
    _end(model, chosen, State.SETTLED, Fate.SETTLED_ON_THE_WAY)
    return len(chosen)


def hold(model: Any, rows: ArrayLike, days: int) -> int:
    """Keep people who wait at a place on the way from deciding for some days; return how many agents.

    Raises:
        ValueError: somebody does not wait at a place, or the days are below one.
    """
    chosen = _checked(model, rows)
    p = model.population
    if days < 1 or (p.view("state")[chosen] != State.WAITING).any():
        raise ValueError("only people who wait at a place can be held, for one day or more")
    p.view("due")[chosen] = np.maximum(p.view("due")[chosen], model.day + int(days))
    return len(chosen)


def give_status(model: Any, rows: ArrayLike) -> int:
    """Give regular status to people who consider leaving; return how many agents.

    Raises:
        ValueError: somebody does not consider leaving.
    """
    p = model.population
    chosen = np.unique(np.asarray(rows, dtype=np.intp))
    if (p.view("state")[chosen] != State.CONSIDERING).any():
        raise ValueError("only people who consider leaving can be given status")
    country = model.world.people.group_country[p.view("group")[chosen]]
    np.add.at(model.events.regularizations, (country, p.view("nationality")[chosen]), 1)
    p.view("state")[chosen] = State.REGULARIZED
    p.view("regular")[chosen] = True
    p.view("state_since")[chosen] = model.day
    return len(chosen)


def _checked(model: Any, rows: ArrayLike) -> Ints:
    chosen = np.unique(np.asarray(rows, dtype=np.intp))
    state = model.population.view("state")[chosen]
    wrong = ~np.isin(state, _ON_THE_WAY) | ~np.isin(chosen, on_the_way(model))
    if wrong.any():
        person = model.population.view("person")[chosen[wrong][0]]
        raise ValueError(f"{int(wrong.sum())} of {len(chosen)} are not on the way, first: person {person}")
    return chosen


def _end(model: Any, rows: Ints, state: State, fate: Fate) -> None:
    assert state >= FIRST_ABSORBING, "only states that end the way"
    p = model.population
    departed = p.view("departed")[rows]
    counted = rows[departed >= 0]
    where = tuple(p.view(name)[counted] for name in ("departed", "nationality", "party", "kind"))
    np.add.at(model.events.fates, (*where, np.full(len(counted), int(fate)), p.view("met")[counted]), 1)
    for name, value in (("state", state), ("state_since", model.day), ("fate", fate), ("departed", -1), ("way", -1)):
        p.view(name)[rows] = int(value)
