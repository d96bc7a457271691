"""Agent sets that store keys instead of agents.

Mesa's own AgentSet holds weak references, so one made of views would be empty at once. A *live* set follows its model
(``model.agents``, ``model.agents_by_type[Migrant]``); every set made from it is a *fixed* list of members, of whom
those who leave the table drop out.

Private to Mesa and overridden here: ``AgentSet._agents``, ``AgentSet._update``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any, ClassVar

import mesa.agent
import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from ladsim.actors.coded import plain_key
from ladsim.actors.migrant import Migrant
from ladsim.population import Population

# GroupBy moved to its own module in Mesa 3.5.
_home_of_groupby = mesa.agent if hasattr(mesa.agent, "GroupBy") else importlib.import_module("mesa.agentset")

Keys = NDArray[np.int64]
UNLIMITED = float("inf")
_IDLE_METHODS = ("step", "advance")


def is_idle(method: str | Callable[..., Any]) -> bool:
    """Return whether a method of migrants is one of Mesa's that do nothing."""
    if not isinstance(method, str) or method not in _IDLE_METHODS:
        return False
    return getattr(Migrant, method, None) is getattr(mesa.Agent, method, None)


class KeyedGroupBy(_home_of_groupby.GroupBy):  # type: ignore[misc, name-defined]
    """Mesa's GroupBy, aggregating groups by their columns."""

    def agg(self, attr_name: str, func: Callable[..., Any]) -> dict[Any, Any]:
        """Return the aggregate of an attribute in each group."""
        return {
            name: group.agg(attr_name, func)
            if isinstance(group, AgentSet)
            else func([getattr(a, attr_name) for a in group])
            for name, group in self.groups.items()
        }


class KeyedSet(AgentSet):  # type: ignore[misc]
    """What MigrantSet and Everybody share: an ordered set of members known by integer keys.

    A migrant's key is the person id, a plain agent's is negative and refers to a list of the set.

    Attributes:
        unite: makes a fixed set of agents in their order, as Everybody.of does; everybody.py sets it, which knows both.
    """

    unite: ClassVar[Callable[..., AgentSet]]
    model: Any
    population: Population
    random: Random
    live: bool

    def _keys(self) -> Keys:
        """Return the keys of the members who are present, in order."""
        raise NotImplementedError

    def _pairs(self, keys: Keys) -> Iterator[tuple[int, Any]]:
        """Return keys with their agents one by one, leaving out those who are gone when their turn comes."""
        raise NotImplementedError

    def _members(self, keys: Keys) -> Iterator[Any]:
        for _, member in self._pairs(keys):
            yield member

    def _subset(self, keys: Keys) -> AgentSet:
        """Return a fixed set of some members in a new order."""
        raise NotImplementedError

    def _replace(self, keys: Keys) -> None:
        """Make these the members of this fixed set."""
        raise NotImplementedError

    def _of_type(self, keys: Keys, agent_type: type) -> NDArray[np.bool_]:
        """Return which keys are agents of a type."""
        raise NotImplementedError

    @property
    def _agents(self) -> Any:
        """A path of Mesa's that this class does not cover would come here: fail loudly."""
        raise NotImplementedError(f"{type(self).__name__} keeps no agents; a method of Mesa's AgentSet is not covered")

    def _update(self, agents: Iterable[Any]) -> KeyedSet:
        raise NotImplementedError(f"{type(self).__name__} keeps no agents; a method of Mesa's AgentSet is not covered")

    def _result(self, keys: Keys, inplace: bool) -> Any:
        if not inplace:
            return self._subset(keys)
        if self.live:
            raise TypeError("this set follows the model and cannot be changed in place; work on what select() returns")
        self._replace(keys)
        return self

    def __len__(self) -> int:
        """Return the number of members who are present."""
        return int(self._keys().size)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the members who were present at the start and still are."""
        return self._members(self._keys())

    def to_list(self) -> list[Any]:
        """Return the members as a list."""
        return list(self)

    def __getitem__(self, item: Any) -> Any:
        """Return a member; a list of members for a slice; a set of them for a mask or a list of positions.

        Raises:
            IndexError: A mask of another length.
        """
        keys = self._keys()
        if not isinstance(item, int | np.integer | slice):
            item = np.asarray(item)
            if item.dtype == np.bool_ and item.shape != keys.shape:
                raise IndexError(f"a mask needs {keys.size} values, found {item.shape}")
            return self._subset(keys[item])
        chosen = keys[item]
        members = list(self._members(np.atleast_1d(chosen)))
        return members if isinstance(item, slice) else members[0]

    def __reversed__(self) -> Iterator[Any]:
        """Iterate over the members from the last to the first."""
        return self._members(self._keys()[::-1])

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a member, as a list does."""
        members = self.to_list()
        return members.index(value, start, len(members) if stop is None else stop)

    def copy(self) -> Any:
        """Return a fixed set of the present members."""
        return self._subset(self._keys())

    __copy__ = copy

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: float = UNLIMITED,
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Any:
        """Return those for whom ``filter_func`` is true, who are of a type, and at most so many (or that share)."""
        return self._select(self._keys(), filter_func, at_most, inplace, agent_type)

    def _select(
        self,
        keys: Keys,
        filter_func: Callable[[Any], bool] | None,
        at_most: float,
        inplace: bool,
        agent_type: type | None,
    ) -> Any:
        limit = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        if agent_type is not None:
            keys = keys[self._of_type(keys, agent_type)]
        if filter_func is not None:
            chosen: list[int] = []
            for key, member in self._pairs(keys):
                if len(chosen) >= limit:
                    break
                if filter_func(member):
                    chosen.append(key)
            keys = np.array(chosen, dtype=np.int64)
        return self._result(keys if limit >= keys.size else keys[: int(limit)], inplace)

    def _shuffled(self) -> Keys:
        keys = self._keys()
        order = list(range(keys.size))
        self.random.shuffle(order)
        return keys[np.array(order, dtype=np.intp)]

    def shuffle(self, inplace: bool = False) -> Any:
        """Return the members in an order drawn from ``random`` (Mesa's; not a keyed draw)."""
        return self._result(self._shuffled(), inplace)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Any:
        """Return the members in the order of an attribute or function, from high to low unless ``ascending``."""
        keys = self._keys()
        values = self.get(key) if isinstance(key, str) else self.map(key)
        order = sorted(range(keys.size), key=values.__getitem__, reverse=not ascending)
        return self._result(keys[np.array(order, dtype=np.intp)], inplace)

    def _call(self, keys: Keys, method: str | Callable[..., Any], args: Any, kwargs: Any) -> Iterator[Any]:
        for member in self._members(keys):
            yield (
                getattr(member, method)(*args, **kwargs) if isinstance(method, str) else method(member, *args, **kwargs)
            )

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method (by name) or a function for each member."""
        for _ in self._call(self._keys(), method, args, kwargs):
            pass
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call as :meth:`do`, in an order drawn from ``random``."""
        for _ in self._call(self._shuffled(), method, args, kwargs):
            pass
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call as :meth:`do` and return the results."""
        return list(self._call(self._keys(), method, args, kwargs))

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return an attribute, or a list of several, of each member."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        fallback = (default_value,) if handle_missing == "default" else ()
        if isinstance(attr_names, str):
            return [getattr(member, attr_names, *fallback) for member in self]
        return [[getattr(member, name, *fallback) for name in attr_names] for member in self]

    def set(self, attr_name: str, value: Any) -> Any:
        """Set an attribute of every member to a value."""
        for member in self:
            setattr(member, attr_name, value)
        return self

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> KeyedGroupBy:
        """Group the members by an attribute or function, in the order in which its values are met."""
        keys = self._keys()
        values = self.get(by) if isinstance(by, str) else [plain_key(value) for value in self.map(by)]
        groups: dict[Any, list[int]] = {}
        for key, value in zip(keys.tolist(), values, strict=True):
            groups.setdefault(value, []).append(key)
        return self._grouped({value: np.array(group, dtype=np.int64) for value, group in groups.items()}, result_type)

    def _grouped(self, groups: Mapping[Any, Keys], result_type: str) -> KeyedGroupBy:
        make = self._subset if result_type == "agentset" else lambda keys: list(self._members(keys))
        return KeyedGroupBy({value: make(keys) for value, keys in groups.items()})

    def add(self, agent: Any) -> None:
        """Add an agent at the end, unless it is a member already."""
        raise NotImplementedError

    def discard(self, agent: Any) -> None:
        """Take an agent out, if it is a member."""
        if agent in self:
            self.remove(agent)

    def remove(self, agent: Any) -> None:
        """Take an agent out.

        Raises:
            KeyError: If it is not a member.
        """
        raise NotImplementedError

    def _united(self, agents: Iterable[Any]) -> Any:
        return KeyedSet.unite(self.model, self.population, agents, self.random)

    # Order as in collections.abc.Set.
    def __and__(self, other: Any) -> Any:
        """Return the members of both."""
        return self._united(agent for agent in other if agent in self)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        """Return the members of either."""
        return self._united([*self, *other])

    def __ror__(self, other: Any) -> Any:
        """Return the members of either."""
        return self._united([*other, *self])

    def __sub__(self, other: Any) -> Any:
        """Return the members of this set who are not in the other."""
        return self._united(agent for agent in self if agent not in other)

    def __rsub__(self, other: Any) -> Any:
        """Return the members of the other set who are not in this one."""
        return self._united(agent for agent in other if agent not in self)

    def __xor__(self, other: Any) -> Any:
        """Return the members of one of the two only."""
        return (self - other) | (other - self)

    __rxor__ = __xor__

    def __eq__(self, other: object) -> Any:
        """Return whether two sets have the same members, in any order; nothing else equals a set of agents."""
        if not isinstance(other, AgentSet):
            return NotImplemented
        return len(self) == len(other) and all(agent in self for agent in other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return what the set is and how many are in it."""
        return f"<{'live ' if self.live else ''}{type(self).__name__} of {len(self):,}>"
