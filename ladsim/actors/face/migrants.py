"""MigrantSet: migrants as a Mesa AgentSet over the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.actors.coded import coded_column
from ladsim.actors.face.keyed import UNLIMITED, KeyedGroupBy, KeyedSet, Keys, is_idle
from ladsim.actors.migrant import Migrant
from ladsim.core import draws
from ladsim.core.errors import close_matches
from ladsim.population import READABLE, Population

_VECTORISED = {sum: np.sum, min: np.min, max: np.max, len: len}
_NAMED = {"mean": np.mean, "sum": sum, "min": min, "max": max, "median": np.median, "std": np.std, "count": len}
_VIEWS_PER_ROW = 2
"""So many views per row of the table are kept before those of people who have left it are forgotten."""


class MigrantSet(KeyedSet):
    """Migrants as a Mesa AgentSet: the whole table (live), or a fixed list of people.

    Args:
        model: The model.
        population: The table.
        persons: Person ids in order, without repeats; None for whoever is in the table.
        random: Generator for shuffles; the model's by default.
    """

    def __init__(
        self, model: Any, population: Population, persons: Keys | None = None, random: Random | None = None
    ) -> None:
        """Make a set; Mesa's constructor is not called."""
        self.model = model
        self.population = population
        self.random = model.random if random is None else random
        self._persons = None if persons is None else np.asarray(persons, dtype=np.int64)
        self._found: tuple[int, NDArray[np.intp]] | None = None

    @property
    def live(self) -> bool:  # type: ignore[override]
        """Whether the set is the whole table and follows it."""
        return self._persons is None

    @property
    def rows(self) -> Any:
        """Present rows of the members, in order: a slice for the whole table, else an index array."""
        n = self.population.n
        if self._persons is None:
            return slice(0, n)
        if self._found is None or self._found[0] != self.population.version:
            rows = self.population.locate(self._persons)
            self._persons, rows = self._persons[rows >= 0], rows[rows >= 0]
            self._found = (self.population.version, rows)
        return self._found[1]

    def column(self, name: str) -> NDArray[Any]:
        """Return a copy of a column for the members, in their order.

        Raises:
            AttributeError: If there is no such column.
        """
        if name not in self.population.schema:
            raise AttributeError(f"a migrant has no column {name!r}; columns are {', '.join(self.population.schema)}")
        return np.array(self.population.view(name)[self.rows])

    def _keys(self) -> Keys:
        return self.column("person")

    def _pairs(self, keys: Keys) -> Iterator[tuple[int, Migrant]]:
        version = self.population.version
        for person, row in zip(keys.tolist(), self.population.locate(keys).tolist(), strict=True):
            member = self._member(person, row, version)
            if member is not None:
                yield person, member

    def _member(self, person: int, row: int, version: int) -> Migrant | None:
        """Return a person whose row was found at a version of the table; None if they have left it since."""
        population = self.population
        if population.version != version:
            row = int(population.locate(person))
        elif population.is_leaving(row):
            return None
        return self._view(person, row) if row >= 0 else None

    def _view(self, person: int, row: int) -> Migrant:
        """Return the view of a person, always the same one, so that Mesa's own sets, which refer weakly, keep it."""
        views: dict[int, Migrant] = self.model.__dict__.setdefault("_migrant_views", {})
        found = views.get(person)
        if found is None or found.population is not self.population:
            if len(views) > _VIEWS_PER_ROW * self.population.capacity:
                self._forget_those_gone(views)
            found = views[person] = Migrant(self.model, self.population, person, row, self.population.version)
        return found

    def _forget_those_gone(self, views: dict[int, Migrant]) -> None:
        persons = np.fromiter(views, dtype=np.int64, count=len(views))
        for person in persons[self.population.locate(persons) < 0].tolist():
            del views[person]

    def _subset(self, keys: Keys) -> MigrantSet:
        return MigrantSet(self.model, self.population, keys, self.random)

    def _replace(self, keys: Keys) -> None:
        self._persons, self._found = keys, None

    def _of_type(self, keys: Keys, agent_type: type) -> NDArray[np.bool_]:
        return np.full(keys.shape, issubclass(Migrant, agent_type))

    def __len__(self) -> int:
        """Return the number of members who are in the table."""
        return self.population.n if self.live else len(self.rows)

    def __contains__(self, agent: object) -> bool:
        """Return whether a migrant is in the set and in the table."""
        if not isinstance(agent, Migrant) or agent.population is not self.population or not agent.present:
            return False
        return self._persons is None or bool(np.any(self._persons == agent.person))

    def __eq__(self, other: object) -> Any:
        """Return whether two sets have the same members, in any order."""
        if isinstance(other, MigrantSet):
            same = self.population is other.population
            return same and np.array_equal(np.sort(self._keys()), np.sort(other._keys()))
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def select(
        self,
        filter_func: Callable[[Migrant], bool] | None = None,
        at_most: float = UNLIMITED,
        inplace: bool = False,
        agent_type: type | None = None,
        *,
        where: NDArray[np.bool_] | Callable[[Mapping[str, NDArray[Any]]], NDArray[np.bool_]] | None = None,
    ) -> MigrantSet:
        """Return some members, as Mesa's ``select`` does.

        Args:
            filter_func: True for whom to keep; sees one view a person and is slow on a large table.
            at_most: The first so many (int), or that share of all members (float up to 1).
            inplace: Change this set; not for the live one.
            agent_type: Class that members must be of.
            where: The fast way: a mask in the order of the set, or a function that gets the columns by name and returns
                one, as in ``where=lambda c: (c["state"] == State.WAITING) & (c["means"] > 100)``.
        """
        keys = self._keys()
        if where is not None:
            mask = np.asarray(where(_Columns(self)) if callable(where) else where)
            if mask.shape != keys.shape or mask.dtype != np.bool_:
                raise ValueError(f"where must be {keys.size} booleans, found {mask.dtype} of shape {mask.shape}")
            keys = keys[mask]
        return self._select(keys, filter_func, at_most, inplace, agent_type)  # type: ignore[no-any-return]

    def sort(self, key: Callable[[Migrant], Any] | str, ascending: bool = False, inplace: bool = False) -> MigrantSet:
        """Return the members in the order of a column or function, from high to low unless ``ascending``; stable."""
        if not isinstance(key, str) or key not in self.population.schema:
            return super().sort(key, ascending, inplace)  # type: ignore[no-any-return]
        values = _widened(self.column(key))
        values = values.astype(np.int64) if values.dtype == np.bool_ else values
        order = np.argsort(values if ascending else -values, kind="stable")
        return self._result(self._keys()[order], inplace)  # type: ignore[no-any-return]

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> MigrantSet:
        """Call a method (by name) or a function for each member; ``do("remove")`` works on all at once."""
        if method == "remove":
            self.population.remove(np.arange(self.population.n)[self.rows])
        elif not is_idle(method):
            super().do(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> MigrantSet:
        """Call as :meth:`do`, in an order drawn from ``random``."""
        if not is_idle(method):
            super().shuffle_do(method, *args, **kwargs)
        return self

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return a column, or a list of several, of each member, as plain Python values."""
        names = [attr_names] if isinstance(attr_names, str) else list(attr_names)
        if not all(
            name in self.population.schema or (name in READABLE and READABLE[name] in self.population.labels)
            for name in names
        ):
            return super().get(attr_names, handle_missing, default_value)
        if handle_missing not in ("error", "default"):
            return super().get(attr_names, handle_missing, default_value)
        values = [
            self.column(name).tolist()
            if name in self.population.schema
            else self.population.readable(name, self.rows).tolist()
            for name in names
        ]
        return values[0] if isinstance(attr_names, str) else [list(row) for row in zip(*values, strict=True)]

    def set(self, attr_name: str, value: Any) -> MigrantSet:
        """Set a column to one value, or to one value a member in the order of the set."""
        schema = self.population.schema
        if attr_name not in schema or attr_name == "person":
            raise AttributeError(f"{attr_name!r} of migrants cannot be set; columns are {', '.join(schema)}")
        self.population.write(attr_name, self.rows, value)
        return self

    def agg(self, attribute: str, func: Any) -> Any:
        """Aggregate an attribute by one function or several, or by the name of a common one (mean, sum, min, max ...).

        NumPy's functions and the built-in sum, min, max and len work on the column itself; others get a list, as in
        Mesa.
        """
        if isinstance(func, str):
            if func not in _NAMED:
                raise ValueError(f"cannot aggregate by {func!r}; {close_matches(func, tuple(_NAMED))}, or a function")
            func = _NAMED[func]
        if not callable(func):
            return [self.agg(attribute, one) for one in func]
        if attribute in self.population.schema and (func in _VECTORISED or _of_numpy(func)):
            result = _VECTORISED.get(func, func)(_widened(self.column(attribute)))
            return result.item() if func in _VECTORISED and isinstance(result, np.generic) else result
        return func(self.get(attribute))

    def groupby(self, by: Callable[[Migrant], Any] | str, result_type: str = "agentset") -> KeyedGroupBy:
        """Group the members by a column, a readable name or a function, in the order in which values are met."""
        if not isinstance(by, str) or by not in self.population.schema:
            return super().groupby(by, result_type)
        keys = self._keys()
        values, first, inverse = np.unique(self.column(by), return_index=True, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        parts = np.split(keys[order], np.cumsum(np.bincount(inverse, minlength=values.size))[:-1])
        groups = {values[i].item(): parts[i] for i in np.argsort(first)}
        return self._grouped(groups, result_type)

    def first(self, n: int = 1) -> MigrantSet:
        """Return the first members in order."""
        return self._subset(self._keys()[:n])

    def sample(self, n: int) -> MigrantSet:
        """Return ``n`` members drawn from ``random`` (Mesa's), or all if there are fewer."""
        keys = self._keys()
        drawn = self.random.sample(range(keys.size), min(n, keys.size))
        return self._subset(keys[np.array(drawn, dtype=np.intp)])

    def panel(self, n: int, seed: int) -> MigrantSet:
        """Return ``n`` members by a keyed draw, in the order of person ids.

        Who has a lower draw is taken first, whatever the day: a person stays in the panel until they leave the table or
        a newcomer with a lower draw takes the place.
        """
        keys = self._keys()
        return self._subset(np.sort(keys[draws.lottery(seed, draws.Decision.PANEL, keys, 0)[:n]]))

    def add(self, agent: Migrant) -> None:
        """Add a migrant at the end of a fixed set."""
        if self._persons is None:
            raise TypeError("people enter the table by Population.add")
        if not isinstance(agent, Migrant) or agent.population is not self.population:
            raise TypeError(f"a MigrantSet holds migrants of its own population, found {agent!r}")
        if agent not in self:
            self._replace(np.append(self._persons, agent.person))

    def remove(self, agent: Migrant) -> None:
        """Take a migrant out of a fixed set.

        Raises:
            KeyError: If it is not a member.
        """
        if self._persons is None:
            raise TypeError("people leave the table by Migrant.remove or Population.compact")
        if agent not in self:
            raise KeyError(agent)
        self._replace(self._persons[self._persons != agent.person])

    def _together(self, other: Any) -> bool:
        return isinstance(other, MigrantSet) and other.population is self.population

    def __and__(self, other: Any) -> Any:
        """Return the members of both, in the order of the other."""
        if not self._together(other):
            return super().__and__(other)
        keys = other._keys()
        return self._subset(keys[np.isin(keys, self._keys())])

    def __or__(self, other: Any) -> Any:
        """Return the members of either."""
        if not self._together(other):
            return super().__or__(other)
        mine, theirs = self._keys(), other._keys()
        return self._subset(np.concatenate([mine, theirs[~np.isin(theirs, mine)]]))

    def __sub__(self, other: Any) -> Any:
        """Return the members of this set who are not in the other."""
        if not self._together(other):
            return super().__sub__(other)
        keys = self._keys()
        return self._subset(keys[~np.isin(keys, other._keys())])

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy keep."""
        persons = None if self.live else self._keys()
        return {"model": self.model, "population": self.population, "persons": persons, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`__getstate__` gave."""
        self.model, self.population, self.random = state["model"], state["population"], state["random"]
        self._persons, self._found = state["persons"], None


class _Columns(Mapping[str, NDArray[Any]]):
    """The columns of a set's members, by name."""

    def __init__(self, members: MigrantSet) -> None:
        self.members = members

    def __getitem__(self, name: str) -> NDArray[Any]:
        return coded_column(self.members.population, name, self.members.column(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.members.population.schema)

    def __len__(self) -> int:
        return len(self.members.population.schema)


def _of_numpy(func: Callable[..., Any]) -> bool:
    return isinstance(func, np.ufunc) or getattr(func, "__module__", "") == "numpy"


def _widened(values: NDArray[Any]) -> NDArray[Any]:
    """Return small integers as int64, so that sums and differences do not overflow."""
    return values.astype(np.int64) if values.dtype.kind == "i" else values
