"""A migrant as a Mesa agent: a view of one row of the columns, made when somebody looks.

A view holds no data of its own. It finds its person wherever the row has moved, refuses attributes that are not columns
(declare a column instead: ``LadModel(columns=...)``), and says so when the person has left the table.
"""

from __future__ import annotations

from typing import Any, NoReturn

import mesa

from ladsim.actors.coded import coded
from ladsim.population import COLUMNS, READABLE, Column, Population


class _ColumnAttribute:
    """Reads a column for one person, as a plain Python value."""

    def __init__(self, column: Column) -> None:
        self.name = column.name
        self.__doc__ = f"{column.doc} ({column.unit})."

    def __get__(self, migrant: Migrant | None, owner: type | None = None) -> Any:
        if migrant is None:
            return self
        return coded(migrant.population, self.name, migrant.population.value(self.name, migrant.row))


class _ReadableAttribute:
    """Reads in words what a column holds as an index."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.__doc__ = f"{COLUMNS[READABLE[name]].doc}, in words; None where there is none."

    def __get__(self, migrant: Migrant | None, owner: type | None = None) -> Any:
        if migrant is None:
            return self
        column = READABLE[self.name]
        labels = migrant.population.labels.get(column)
        if labels is None:
            raise AttributeError(f"{self.name!r}: the population was given no names for {column!r}")
        index = migrant.population.value(column, migrant.row)
        return None if index < 0 else labels[index]


class Migrant(mesa.Agent):  # type: ignore[misc]
    """A person on the way, as Mesa sees an agent.

    The attributes are the columns of :data:`ladsim.population.SCHEMA` and the readable names of
    :data:`ladsim.population.READABLE`. Columns other than ``person`` may be set. Two views are equal if they show the
    same person of the same population.

    Attributes:
        model: The model.
        population: The table.
        person: Identity of the person; ``unique_id`` is the same.
    """

    model: Any
    population: Population
    person: int

    def __init__(self, model: Any, population: Population, person: int, row: int, version: int) -> None:
        """Make a view; it is not registered with the model. People enter by ``Population.add``."""
        self.__dict__.update(model=model, population=population, person=person, _row=row, _version=version)

    @property
    def row(self) -> int:
        """Present row of the person.

        Raises:
            LookupError: If the person has left the table.
        """
        state = self.__dict__
        population = state["population"]
        population.settle()
        if state["_version"] != population.version:
            state["_row"] = int(population.locate(state["person"]))
            state["_version"] = population.version
        row: int = state["_row"]
        if row < 0:
            raise LookupError(f"person {self.person} has left the table")
        return row

    @property
    def present(self) -> bool:
        """Whether the person is still in the table."""
        return bool(self.population.locate(self.person) >= 0)

    @property
    def unique_id(self) -> int:
        """Identity of the person; never that of a plain agent."""
        return self.person

    @property
    def pos(self) -> int:
        """The place, as Mesa's drawing code names it: the same as ``node``."""
        return int(self.population.value("node", self.row))

    def remove(self) -> None:
        """Take the person out of the table; they stay counted under their state."""
        row = int(self.population.locate(self.person))
        if row >= 0:
            self.population.remove_one(row)

    @classmethod
    def create_agents(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: people enter by ``Population.add``."""
        raise TypeError("migrants are added as columns, by Population.add")

    def __getattr__(self, name: str) -> Any:
        """Read a column that the model declared itself."""
        population = self.__dict__.get("population")
        if name in READABLE:
            raise AttributeError(f"{name!r}: the population was given no names for {READABLE[name]!r}")
        if population is None or name not in population.schema:
            columns = ", ".join(population.schema if population is not None else COLUMNS)
            raise AttributeError(f"a migrant has no attribute {name!r}; its columns are {columns}")
        return population.value(name, self.row)

    def __setattr__(self, name: str, value: Any) -> None:
        """Write a column; refuse everything else."""
        if name in self.population.schema and name != "person":
            self.population.write(name, slice(self.row, self.row + 1), value)
        elif hasattr(type(self), name) or name in self.__dict__:
            raise AttributeError(f"{name!r} of a migrant cannot be set")
        else:
            raise AttributeError(
                f"a migrant has no attribute {name!r}; its columns are {', '.join(self.population.schema)}"
            )

    def __eq__(self, other: object) -> bool:
        """Return whether both show the same person of the same population."""
        if not isinstance(other, Migrant):
            return NotImplemented
        return self.person == other.person and self.population is other.population

    def __hash__(self) -> int:
        """Return the hash of the person's identity."""
        return hash(self.__dict__.get("person"))

    def __repr__(self) -> str:
        """Return the person and, if still in the table, the state."""
        if not self.present:
            return f"<Migrant {self.person}, has left the table>"
        return f"<Migrant {self.person}, {self.state_name}>"


for _column in COLUMNS.values():
    if _column.name != "person":
        setattr(Migrant, _column.name, _ColumnAttribute(_column))
for _name in READABLE:
    setattr(Migrant, _name, _ReadableAttribute(_name))
