"""Columns that hold positions in a list, compared with the names in that list.

``migrant.nationality`` is a number; somebody who writes ``migrant.nationality == "VEN"`` means the name. Both work, and
a name that is not in the list is an error, not a comparison that is never true. What looks by hash, a set or a dict,
cannot do both and is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.core.errors import close_matches
from ladsim.population import Population

Labels = tuple[str, ...]


def _position(labels: Labels, name: str, column: str) -> int:
    if name not in labels:
        raise ValueError(f"no {column} is called {name!r}; {close_matches(name, labels)}")
    return labels.index(name)


class Coded(int):
    """A position in a list that can be compared with the names in it."""

    labels: Labels
    column: str

    def __new__(cls, value: int, labels: Labels, column: str) -> Coded:
        """Make a position in a list."""
        made = super().__new__(cls, value)
        made.labels, made.column = labels, column
        return made

    def __eq__(self, other: object) -> bool:
        """Compare with a number, or with a name of the list."""
        if isinstance(other, str):
            return int(self) == _position(self.labels, other, self.column)
        return int(self) == other

    def __ne__(self, other: object) -> bool:
        """Return whether it is another number or name."""
        return not self == other

    def __hash__(self) -> int:
        """Refuse: a set or a dict looks by hash, which cannot be that of the number and that of the name.

        Raises:
            TypeError: always; the message says what to write instead.
        """
        raise TypeError(
            f"a {self.column} equals its number and its name, so sets and dicts would miss one of them; compare with "
            f"a tuple, such as {self.column} in {self.labels[:2]}, or take int({self.column})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a plain number."""
        return (int, (int(self),))


class CodedColumn(np.ndarray):  # type: ignore[type-arg]
    """A column of positions that can be compared with the names of the list."""

    labels: Labels
    column: str

    def __array_finalize__(self, source: Any) -> None:
        """Keep the names in slices and masks."""
        self.labels = getattr(source, "labels", ())
        self.column = getattr(source, "column", "")

    def __eq__(self, other: object) -> Any:
        """Compare with numbers, or with a name of the list."""
        if isinstance(other, str):
            other = _position(self.labels, other, self.column)
        return np.asarray(self) == other

    def __ne__(self, other: object) -> Any:
        """Return where it is another number or name."""
        return ~(self == other)

    __hash__ = None  # type: ignore[assignment]

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Let ``np.isin(column, names)`` look for the names; NumPy alone would find none of them."""
        if func is np.isin and len(args) > 1 and isinstance(args[0], CodedColumn):
            looked_for = np.asarray(args[1])
            if looked_for.dtype.kind == "U":
                positions = [_position(self.labels, name, self.column) for name in looked_for.ravel().tolist()]
                args = (np.asarray(args[0]), np.array(positions, dtype=np.int64), *args[2:])
        return super().__array_function__(func, types, args, kwargs)


def plain_key(value: Any) -> Any:
    """Return a value as a key of a dict: a position as a plain number, anything else as it is."""
    return int(value) if isinstance(value, Coded) else value


def coded(population: Population, name: str, value: Any) -> Any:
    """Return a value of a column, comparable with names where the column points to a list of them."""
    labels = population.labels.get(name)
    return value if labels is None else Coded(value, labels, name)


def coded_column(population: Population, name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return values of a column, comparable with names where the column points to a list of them."""
    labels = population.labels.get(name)
    if labels is None:
        return values
    found = values.view(CodedColumn)
    found.labels, found.column = labels, name
    return found
