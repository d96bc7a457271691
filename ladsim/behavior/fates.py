"""The account of departures: each ends in exactly one fate, with what was met last before it."""

from __future__ import annotations

from ladsim.core.compiling import kernel
from ladsim.core.schema import Met

NOTHING = int(Met.NOTHING)


@kernel
def set_out(a, day, year, people):  # type: ignore[no-untyped-def]
    """Person a leaves home in a year of the scenario, counted from 0; -1 during the run-in, which is in no account.

    They know the news up to their information lag ago.
    """
    people.departed[a] = year
    people.met[a] = NOTHING
    people.shaken[a] = False
    people.tries[a] = 0
    people.heard[a] = day - people.lag[a]


@kernel
def end_departure(a, fate, people, events):  # type: ignore[no-untyped-def]
    """The departure of person a ends in a fate."""
    people.fate[a] = fate
    year = people.departed[a]
    if year >= 0:
        events.fates[year, people.nationality[a], people.party[a], people.kind[a], fate, people.met[a]] += 1
    people.departed[a] = -1
