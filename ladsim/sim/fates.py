"""The account of departures, and each person's own fate: what pairs two scenarios person by person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.behavior.tables import Events, Ints
from ladsim.core.schema import FIRST_ABSORBING, Fate, Kind, Met, Party, State
from ladsim.population import Population

Whole = NDArray[np.integer[Any]]
COLUMNS = ("year", "nationality", "party", "kind", "fate", "met", "value")
AT_HOME = (State.CONSIDERING, State.REGULARIZED, State.GAVE_UP)


def account(
    events: Events, population: Population, nationalities: tuple[str, ...], first_year: int, scale: int
) -> pd.DataFrame:
    """Return every departure since the first day under exactly one fate.

    Returns:
        Columns year (of the departure), nationality, party, kind, fate, met (what was met last), value (persons; a
        person who leaves twice counts twice). Departures of the run-in are in no account. The values of a year and
        nationality add up to its departures.
    """
    counts = events.fates.copy()
    departed = population.view("departed")
    away = np.flatnonzero(departed >= 0)
    where = tuple(population.view(name)[away] for name in ("departed", "nationality", "party", "kind"))
    np.add.at(counts, (*where, np.full(len(away), int(Fate.STILL_ON_THE_WAY)), population.view("met")[away]), 1)
    year, nationality, party, kind, fate, met = np.nonzero(counts)
    return pd.DataFrame(
        {
            "year": (year + first_year).astype("int64"),
            "nationality": np.array(nationalities, dtype=object)[nationality],
            "party": np.array([p.name.lower() for p in Party], dtype=object)[party],
            "kind": np.array([k.name.lower() for k in Kind], dtype=object)[kind],
            "fate": np.array([f.name.lower() for f in Fate], dtype=object)[fate],
            "met": np.array([m.name.lower() for m in Met], dtype=object)[met],
            "value": counts[year, nationality, party, kind, fate, met] * scale,
        },
        columns=list(COLUMNS),
    )


def fates_of(population: Population, home: Ints) -> Ints:
    """Return the fate (Fate) of each person in the table, as things stand: the last, or still on the way, or stayed.

    Args:
        population: The table.
        home: Node of residence by residence group.
    """
    state = population.view("state")
    at_home = np.isin(state, AT_HOME)
    at_home |= (state == State.PATHWAY_QUEUE) & (population.view("node") == home[population.view("group")])
    last = population.view("fate").astype(np.int64)
    going_on = ~at_home & (state < FIRST_ABSORBING)
    found = np.where(last >= 0, last, int(Fate.STAYED))
    return np.where(going_on, int(Fate.STILL_ON_THE_WAY), found)


class FatesByPerson:
    """Each person's fate, those who have left the table included: eleven bytes per person."""

    def __init__(self) -> None:
        self._parts: list[tuple[Whole, Whole, Whole]] = []

    def keep(self, population: Population, rows: Ints, home: Ints) -> None:
        """Note the fates of people who leave the table now."""
        self._parts.append(_of(population, home, rows))

    def table(self, population: Population, home: Ints) -> pd.DataFrame:
        """Return person, nationality and fate (positions) of everybody who ever formed a wish, by person."""
        parts = [*self._parts, _of(population, home, np.arange(population.n))]
        person, nationality, fate = (np.concatenate([part[k] for part in parts]) for k in range(3))
        order = np.argsort(person, kind="stable")
        columns = {"person": person[order], "nationality": nationality[order], "fate": fate[order]}
        return pd.DataFrame(columns)


def _of(population: Population, home: Ints, rows: Ints) -> tuple[Whole, Whole, Whole]:
    fate = fates_of(population, home)[rows].astype(np.int8)
    return population.view("person")[rows].copy(), population.view("nationality")[rows].astype(np.int16), fate


def changed(
    reference: pd.DataFrame, scenario: pd.DataFrame, nationalities: tuple[str, ...], scale: int
) -> pd.DataFrame:
    """Return how many persons had which fate under the reference and under the scenario.

    Args:
        reference, scenario: What FatesByPerson.table gives of two models of one seed: the same potential migrants.
        nationalities: Codes by position.
        scale: Persons per agent.

    Returns:
        Columns nationality, reference_fate, scenario_fate, value (persons).

    Raises:
        ValueError: The two models had other people.
    """
    if not np.array_equal(reference["person"], scenario["person"]):
        raise ValueError("the two models had other potential migrants, so nobody can be paired")
    n, f = len(nationalities), len(Fate)
    index = (scenario["nationality"].to_numpy(), reference["fate"].to_numpy(), scenario["fate"].to_numpy())
    flat = np.ravel_multi_index(tuple(np.asarray(i, dtype=np.int64) for i in index), (n, f, f))
    counts = np.bincount(flat, minlength=n * f * f).reshape(n, f, f)
    nationality, before, after = np.nonzero(counts)
    names = np.array([fate.name.lower() for fate in Fate], dtype=object)
    return pd.DataFrame(
        {
            "nationality": np.array(nationalities, dtype=object)[nationality],
            "reference_fate": names[before],
            "scenario_fate": names[after],
            "value": counts[nationality, before, after] * scale,
        }
    )
