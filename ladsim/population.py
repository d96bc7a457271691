"""The migrants as columns: one NumPy array an attribute, one row a person.

Rows are dense and in the order of arrival. Somebody whose way has ended is counted in ``tally`` and leaves the table,
so that work follows those who are still on the way, while people considered = sum over states holds at any time.

A view of a column is valid until the next :meth:`Population.add`, :meth:`Population.compact` or
:meth:`Population.restore`; a row number likewise. A person's id is what lasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ladsim.columns import COLUMNS, LONGEST_LAG, READABLE, SCHEMA, Column, check_range, class_sizes
from ladsim.core.schema import Means, Outcome, Party, State

__all__ = ["COLUMNS", "LONGEST_LAG", "READABLE", "SCHEMA", "Column", "Population"]

_GROWTH = 1.5
_SMALLEST_CAPACITY = 1024


class Population:
    """Migrants as columns, with a tally of those who have left the table.

    Attributes:
        considered: People ever added.
        tally: People who have left the table, shape (state, nationality, group).
        labels: What the indices of a column stand for, for the eyes of a reader.
        version: Counts the changes after which row numbers may mean somebody else.
        schema: The columns by name, the user's own among them.
        sizes: How many there are of what columns point to.
        written: Whether something was written from outside since this was last set to False.
    """

    def __init__(
        self,
        n_nationalities: int,
        n_groups: int,
        capacity: int = 0,
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
        sizes: Mapping[str, int] | None = None,
        more: Sequence[Column] = (),
    ) -> None:
        """Make an empty table.

        Args:
            n_nationalities: Number of nationalities.
            n_groups: Number of residence groups.
            capacity: Rows for which to hold memory from the start.
            labels: Names for the indices of ``nationality``, ``group``, ``node`` and ``way``, each in index order.
            sizes: How many places, ways and pathways there are, for the ranges of columns that point to one; those that
                have labels are known.
            more: Columns of the user's own beside those of every migrant; they need a default.

        Raises:
            ValueError: An own column has no default or the name of another.
        """
        self.schema = {**COLUMNS, **{column.name: column for column in more}}
        if len(self.schema) != len(COLUMNS) + len(more) or any(column.default is None for column in more):
            raise ValueError("a column of your own needs a name of its own and a default")
        self._n = 0
        self._leaving: set[int] = set()
        self.considered = 0
        self.version = 0
        self.tally = np.zeros((len(State), n_nationalities, n_groups), dtype=np.int64)
        self.labels: dict[str, tuple[str, ...]] = {
            "party": _lower_names(Party),
            "means_class": _lower_names(Means),
            "state": _lower_names(State),
            "outcome": _lower_names(Outcome),
            **{name: tuple(words) for name, words in (labels or {}).items()},
        }
        self.sizes: dict[str, int] = {
            **class_sizes(n_nationalities, n_groups),
            **{name: len(self.labels[name]) for name in ("node", "way") if name in self.labels},
            **(sizes or {}),
        }
        rows = max(capacity, _SMALLEST_CAPACITY)
        self._columns = {c.name: np.empty(rows, dtype=c.dtype) for c in self.schema.values()}
        self.written = False
        self._index: tuple[tuple[int, int], NDArray[np.intp], NDArray[np.int64]] | None = None

    @property
    def n(self) -> int:
        """People in the table."""
        if self._leaving:
            self.settle()
        return self._n

    def __len__(self) -> int:
        """Return the number of people in the table."""
        return self.n

    def __repr__(self) -> str:
        """Return how many are in the table and how many were ever added."""
        return f"<Population of {self.n:,}; considered so far {self.considered:,}>"

    @property
    def capacity(self) -> int:
        """Rows for which memory is held."""
        return len(self._columns["person"])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the schema."""
        return tuple(self._columns)

    def view(self, name: str) -> NDArray[Any]:
        """Return the live slice of a column; writing to it changes the people.

        Raises:
            KeyError: If there is no such column.
        """
        return self._columns[name][: self.n]

    __getitem__ = view

    def value(self, name: str, row: int) -> Any:
        """Return what a column holds in one row, as a plain Python value."""
        return self._columns[name].item(row)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the columns."""
        return iter(self._columns)

    def arrays(self, *names: str) -> tuple[NDArray[Any], ...]:
        """Return live slices of several columns, for a kernel; of all columns in the schema's order without names."""
        n, columns = self.n, self._columns
        return tuple([columns[name][:n] for name in names or columns])

    def write(self, name: str, rows: Any, value: Any) -> None:
        """Set a column for some rows, after checking that the value fits; kernels write to views without the check.

        Raises:
            KeyError: If there is no such column.
            ValueError: If the length or a value does not fit.
            TypeError: If the kind of value does not fit.
        """
        target = self.view(name)
        fitted = _fit(self.schema[name], value, np.size(target[rows]))
        check_range(self.schema[name], fitted, self.sizes)
        target[rows] = fitted
        self.written = True

    def readable(self, name: str, rows: Any = slice(None)) -> NDArray[np.object_]:
        """Return in words what some rows hold, by one of the names in ``READABLE``.

        Raises:
            KeyError: If there is no such name, or the table was given no labels for it.
        """
        column = READABLE[name]
        words = np.array((*self.labels[column], None), dtype=object)
        found: NDArray[np.object_] = words[self.view(column)[rows]]
        return found

    def add(self, columns: Mapping[str, Any]) -> slice:
        """Append people; the only way in.

        Args:
            columns: For each column an array of one length or a scalar; ``person`` must be an array, columns that are
                left out get their default.

        Returns:
            The rows of the new people.

        Raises:
            KeyError: If a column does not exist or one without default is missing.
            ValueError: If lengths differ or a value does not fit the column.
            TypeError: If a kind of value does not fit the column (a fraction for a count).
        """
        return self.append(self.fit(columns))

    def fit(self, columns: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Return every column of people who are to be added, checked and in its own type; see :meth:`add`."""
        schema = self.schema
        unknown = sorted(set(columns) - set(schema))
        missing = sorted(c.name for c in SCHEMA if c.default is None and c.name not in columns)
        if unknown or missing:
            raise KeyError(f"a migrant has no columns {unknown} and needs {missing}")
        count = np.atleast_1d(np.asarray(columns["person"])).shape[0]
        fitted = {name: _fit(column, columns.get(name, column.default), count) for name, column in schema.items()}
        for name in columns:
            check_range(schema[name], fitted[name], self.sizes)
        return fitted

    def append(self, fitted: Mapping[str, NDArray[Any]], some: slice = slice(None)) -> slice:
        """Append people whose columns were checked by :meth:`fit`, all of them or some, and return their rows."""
        count = len(fitted["person"][some])
        rows = slice(self.n, self.n + count)
        self._reserve(rows.stop)
        for name, values in fitted.items():
            self._columns[name][rows] = values[some] if values.ndim else values
        self._n = rows.stop
        self.considered += count
        return rows

    def compact(self, keep: NDArray[np.bool_]) -> int:
        """Count those not kept in the tally, under the state they are in, and close the gaps; order is kept.

        The cost follows the size of the table and not how many leave, so it pays to wait until a tenth of it has.

        Args:
            keep: Shape (n,), False for those who leave the table.

        Returns:
            How many left.
        """
        keep = np.asarray(keep, dtype=np.bool_)
        if keep.shape != (self.n,):
            raise ValueError(f"keep must have one value a person, {self.n}; found shape {keep.shape}")
        leaving = np.flatnonzero(~keep)
        if not leaving.size:
            return 0
        self.tally += self._count(leaving)
        first = int(leaving[0])
        staying = np.flatnonzero(keep[first:]) + first
        end = first + staying.size
        for values in self._columns.values():
            values[first:end] = values[staying]
        self._n = end
        self.version += 1
        return int(leaving.size)

    def remove(self, rows: ArrayLike) -> int:
        """Count the people of these rows in the tally and take them out; see :meth:`compact`."""
        keep = np.ones(self.n, dtype=np.bool_)
        keep[np.asarray(rows, dtype=np.intp)] = False
        return self.compact(keep)

    def remove_one(self, row: int) -> None:
        """Take one person out when the table is next looked at: many in a row cost one pass.

        Until then the rows of the others stay what they are, and the person is no longer found.
        """
        self._leaving.add(int(row))

    def is_leaving(self, row: int) -> bool:
        """Return whether :meth:`remove_one` took out the person of a row whose gap is not closed yet."""
        return row in self._leaving

    def settle(self) -> None:
        """Close the gaps of those taken out by :meth:`remove_one`."""
        if self._leaving:
            rows, self._leaving = sorted(self._leaving), set()
            self.remove(rows)

    def counts(self) -> NDArray[np.int64]:
        """Return people by state, nationality and group, those in the table and those who have left it."""
        return self.tally + self._count(slice(None))

    def counts_by_state(self) -> NDArray[np.int64]:
        """Return people by state, shape (number of states,); they add up to ``considered``."""
        counts: NDArray[np.int64] = self.tally.sum(axis=(1, 2))
        counts += np.bincount(self.view("state"), minlength=counts.size)
        return counts

    def check(self) -> None:
        """Raise AssertionError unless everybody ever considered is counted once."""
        counted = int(self.counts().sum())
        if counted != self.considered:
            raise AssertionError(f"{self.considered} people were considered, but {counted} are counted")
        if np.unique(self.view("person")).size != self.n:
            raise AssertionError("a person is in the table twice")

    def locate(self, persons: ArrayLike) -> NDArray[np.intp]:
        """Return the present row of each person, -1 for those who are not in the table."""
        wanted = np.asarray(persons, dtype=np.int64)
        state = (self.version, self.considered)
        if self._index is None or self._index[0] != state:
            persons = self._columns["person"][: self._n]
            order = np.argsort(persons, kind="stable")
            self._index = (state, order, persons[order])
        _, order, ranked = self._index
        if not len(ranked):
            return np.full(wanted.shape, -1, dtype=np.intp)
        spot = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
        rows = np.where(ranked[spot] == wanted, order[spot], -1)
        if self._leaving:
            rows[np.isin(rows, list(self._leaving))] = -1
        return rows

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything, to be given to :meth:`restore`."""
        return {
            "considered": self.considered,
            "tally": self.tally.copy(),
            "columns": {name: self.view(name).copy() for name in self._columns},
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Put the people of a snapshot in place of those in the table.

        Raises:
            ValueError: If the snapshot has other columns or other nationalities and groups.
        """
        columns = snapshot["columns"]
        if set(columns) != set(self._columns) or snapshot["tally"].shape != self.tally.shape:
            raise ValueError("the snapshot was taken of another schema, or of other nationalities and groups")
        count = len(columns["person"])
        self._n = 0
        self._leaving.clear()
        self._reserve(count)
        for name, values in columns.items():
            self._columns[name][:count] = values
        self._n = count
        self.considered = int(snapshot["considered"])
        self.tally = snapshot["tally"].copy()
        self.version += 1

    def _reserve(self, rows: int) -> None:
        if rows <= self.capacity:
            return
        capacity = max(rows, int(self.capacity * _GROWTH) + 1)
        for name, old in self._columns.items():
            self._columns[name] = np.empty(capacity, dtype=old.dtype)
            self._columns[name][: self.n] = old[: self.n]

    def _count(self, rows: Any) -> NDArray[np.int64]:
        index = (self.view("state")[rows], self.view("nationality")[rows], self.view("group")[rows])
        flat = np.ravel_multi_index(index, self.tally.shape)
        return np.bincount(flat, minlength=self.tally.size).reshape(self.tally.shape)


def _lower_names(kinds: type[IntEnum]) -> tuple[str, ...]:
    return tuple(kind.name.lower() for kind in kinds)


def _fit(column: Column, value: Any, count: int) -> NDArray[Any]:
    """Return the value in the column's dtype, or say why it does not fit."""
    values = np.asarray(value)
    if values.ndim > 1 or (values.ndim == 1 and values.shape[0] != count):
        raise ValueError(f"column {column.name!r} must be a scalar or have length {count}, found {values.shape}")
    dtype = np.dtype(column.dtype)
    if values.dtype == dtype:
        return values
    if not np.can_cast(values.dtype, dtype, casting="same_kind"):
        raise TypeError(f"column {column.name!r} holds {dtype}, found {values.dtype}")
    if dtype.kind == "i" and values.size:
        limits = np.iinfo(dtype)
        if values.min() < limits.min or values.max() > limits.max:
            raise ValueError(f"column {column.name!r} holds {limits.min} to {limits.max}, found a value beyond")
    return values.astype(dtype)
