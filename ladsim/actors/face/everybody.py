"""Everybody: plain actors and migrants together as a Mesa AgentSet."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from ladsim.actors.face.keyed import KeyedGroupBy, KeyedSet, Keys, is_idle
from ladsim.actors.face.migrants import MigrantSet
from ladsim.actors.migrant import Migrant
from ladsim.population import Population


class Everybody(KeyedSet):
    """Plain actors and migrants together: ``model.agents`` (live), or what is selected from it.

    Args:
        migrants: All migrants.
        registered: Mesa's own set of plain agents, for the live set; None for a fixed one.
        actors: Plain agents of a fixed set; key -1 is the first, -2 the second.
        keys: Members of a fixed set in order.
    """

    def __init__(
        self,
        migrants: MigrantSet,
        registered: Any = None,
        actors: Sequence[Any] = (),
        keys: Keys | None = None,
    ) -> None:
        """Make a set; Mesa's constructor is not called."""
        self.migrants = migrants
        self.live = registered is not None
        self._registered = registered
        self._refs: list[Callable[[], Any]] = [weakref.ref(agent) for agent in actors]
        self._fixed = np.empty(0, dtype=np.int64) if keys is None else keys

    @property
    def model(self) -> Any:  # type: ignore[override]
        """The model."""
        return self.migrants.model

    @property
    def population(self) -> Population:  # type: ignore[override]
        """The table of migrants."""
        return self.migrants.population

    @property
    def random(self) -> Random:  # type: ignore[override]
        """Generator for shuffles."""
        return self.migrants.random

    @classmethod
    def of(cls, model: Any, population: Population, agents: Iterable[Any], random: Random | None = None) -> AgentSet:
        """Return a fixed set of agents in their order: a MigrantSet, plain AgentSet or Everybody as they require."""
        members = list(dict.fromkeys(agents))
        actors = [agent for agent in members if not isinstance(agent, Migrant)]
        places = {id(agent): -1 - i for i, agent in enumerate(actors)}
        keys = np.array([places.get(id(agent), agent.unique_id) for agent in members], dtype=np.int64)
        return cls(MigrantSet(model, population, None, random), actors=actors)._subset(keys)

    def _references(self) -> list[Callable[[], Any]]:
        return [weakref.ref(agent) for agent in self._registered] if self.live else self._refs

    def _keys(self) -> Keys:
        refs = self._references()
        if self.live:
            return np.concatenate([-1 - np.arange(len(refs), dtype=np.int64), self.migrants._keys()])
        gone = np.array([-1 - i for i, ref in enumerate(refs) if ref() is None], dtype=np.int64)
        people = self._fixed >= 0
        present = ~np.isin(self._fixed, gone)
        present[people] = self.population.locate(self._fixed[people]) >= 0
        return self._fixed[present]

    def _pairs(self, keys: Keys) -> Iterator[tuple[int, Any]]:
        refs, version = self._references(), self.population.version
        rows = self.population.locate(keys).tolist()  # -1 for actors, whose keys no person has
        for key, row in zip(keys.tolist(), rows, strict=True):
            member = refs[-1 - key]() if key < 0 else self.migrants._member(key, row, version)
            if member is not None:
                yield key, member

    def _subset(self, keys: Keys) -> AgentSet:
        chosen = keys < 0
        if not chosen.any():
            return self.migrants._subset(keys)
        actors = list(self._members(keys[chosen]))
        if chosen.all():
            return AgentSet(actors, random=self.random)
        fixed = keys.copy()
        fixed[chosen] = -1 - np.arange(len(actors), dtype=np.int64)
        return Everybody(self.migrants, actors=actors, keys=fixed)

    def _replace(self, keys: Keys) -> None:
        self._fixed = keys

    def _of_type(self, keys: Keys, agent_type: type) -> NDArray[np.bool_]:
        right = np.full(keys.shape, issubclass(Migrant, agent_type))
        actors = np.flatnonzero(keys < 0)
        right[actors] = [isinstance(agent, agent_type) for agent in self._members(keys[actors])]
        return right

    def __len__(self) -> int:
        """Return the number of members who are present."""
        return len(self._registered) + len(self.migrants) if self.live else int(self._keys().size)

    def __contains__(self, agent: object) -> bool:
        """Return whether an agent is a member."""
        if self.live:
            return agent in self.migrants or (not isinstance(agent, Migrant) and agent in self._registered)
        return any(agent == member for member in self)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Everybody:
        """Call a method (by name) or a function for each actor, then for each migrant."""
        if not self.live:
            return super().do(method, *args, **kwargs)  # type: ignore[no-any-return]
        self._registered.do(method, *args, **kwargs)
        self.migrants.do(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Everybody:
        """Call as :meth:`do`, in an order drawn from ``random``."""
        keys = self._shuffled()
        for _ in self._call(keys[keys < 0] if is_idle(method) else keys, method, args, kwargs):
            pass
        return self

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return an attribute, or a list of several, of each member."""
        if not self.live:
            return super().get(attr_names, handle_missing, default_value)
        return [
            *self._registered.get(attr_names, handle_missing, default_value),
            *self.migrants.get(attr_names, handle_missing, default_value),
        ]

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> KeyedGroupBy:
        """Group the members by an attribute or function, in the order in which its values are met."""
        if by is not type:
            return super().groupby(by, result_type)
        keys = self._keys()
        kinds = [type(agent) for agent in self._members(keys[keys < 0])]
        groups = {kind: keys[keys < 0][[i for i, k in enumerate(kinds) if k is kind]] for kind in dict.fromkeys(kinds)}
        people = keys[keys >= 0]
        return self._grouped({**groups, Migrant: people} if people.size else groups, result_type)

    def add(self, agent: Any) -> None:
        """Register a plain agent (Mesa calls this on the live set), or add an agent to a fixed set."""
        if self.live:
            if isinstance(agent, Migrant):
                raise TypeError("people enter the table by Population.add")
            self._registered.add(agent)
        elif agent not in self:
            if isinstance(agent, Migrant):
                key = agent.person
            else:
                self._refs.append(weakref.ref(agent))
                key = -len(self._refs)
            self._fixed = np.append(self._fixed, key)

    def remove(self, agent: Any) -> None:
        """Deregister a plain agent (Mesa calls this on the live set), or take an agent out of a fixed set.

        Raises:
            KeyError: If it is not a member.
        """
        if self.live:
            if isinstance(agent, Migrant):
                raise TypeError("people leave the table by Migrant.remove or Population.compact")
            self._registered.remove(agent)
            return
        left = [key for key, member in self._pairs(self._keys()) if member != agent]
        if len(left) == len(self):
            raise KeyError(agent)
        self._fixed = np.array(left, dtype=np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy keep."""
        return {
            "migrants": self.migrants,
            "registered": self._registered,
            "actors": None if self.live else [ref() for ref in self._refs],
            "keys": self._fixed if self.live else self._keys(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`__getstate__` gave."""
        self.migrants = state["migrants"]
        self.live = state["actors"] is None
        self._registered, self._fixed = state["registered"], state["keys"]
        self._refs = [] if self.live else [_gone if actor is None else weakref.ref(actor) for actor in state["actors"]]


def _gone() -> None:
    """Stand for a weak reference to an agent who is no more."""


KeyedSet.unite = Everybody.of
