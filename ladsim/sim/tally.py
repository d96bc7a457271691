"""From counts of events to rows of the monthly table; the closed list of measures is in schema.MEASURES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ladsim.behavior.tables import Events, Ints
from ladsim.core.schema import Outcome, Party, State
from ladsim.population import Population
from ladsim.world.world import World

COLUMNS = ["month", "measure", "place", "nationality", "value"]


class Tally:
    """Collects a run's monthly rows.

    Args:
        world: the world.
        areas: Border Patrol sectors, then field offices.
        n_sectors: how many of the areas are sectors.
        pathways: ids of the lawful pathways by index.
        scale: persons per agent.
    """

    def __init__(self, world: World, areas: list[str], n_sectors: int, pathways: list[str], scale: int) -> None:
        self._nationalities = list(world.nationalities)
        self._countries = list(world.route.countries)
        self._ways, self._nodes = list(world.route.ways), list(world.route.nodes)
        self._areas, self._n_sectors = areas, n_sectors
        self._pathways, self._scale, self._border = pathways, scale, world.border
        self._group_cells = (np.array(world.people.group_country), np.array(world.people.group_nationality))
        self._closed: list[tuple[str, str, list[str], Ints, Ints, Ints]] = []

    def close_month(self, month: str, events: Events, stranded: Ints, queue: Ints) -> None:
        """Add a month's rows: its events, and the stocks at its end (stranded I x N, queue K x N); zero the events."""
        for measure, places, counts in self._tables(events):
            self._add(month, measure, places, counts * self._scale)
        self._add_group_rows(month, "wishes_formed", events.wishes)
        self._add_group_rows(month, "departures", events.departures)
        self._add_group_rows(month, "returns", events.returns)
        self._add(month, "smuggling_payments", self._ways, np.rint(events.payments * self._scale).astype(np.int64))
        self._add(month, "stranded", self._nodes, stranded * self._scale)
        self._add(month, "lawful_queue", self._pathways, queue * self._scale)
        self.forget(events)

    def forget(self, events: Events) -> None:
        """Set the counters to zero, but for the account of departures, which is of the whole run."""
        for name, counts in zip(Events._fields, events, strict=True):
            if name != "fates":
                counts[...] = 0

    def frame(self) -> pd.DataFrame:
        """Return the monthly table: month, measure, place, nationality, value (int64)."""
        codes = np.array(self._nationalities, dtype=object)
        columns: list[list[Any]] = [[] for _ in COLUMNS]
        for month, measure, places, place, nationality, value in self._closed:
            cells = ([month] * len(value), [measure] * len(value), np.array(places, dtype=object)[place])
            parts: tuple[Any, ...] = (*cells, codes[nationality], value)
            for column, added in zip(columns, parts, strict=True):
                column.extend(added)
        frame = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
        frame["value"] = frame["value"].astype("int64")
        return frame.sort_values(COLUMNS[:4], kind="stable").reset_index(drop=True)

    def _tables(self, events: Events) -> Iterator[tuple[str, list[str], Ints]]:
        s = self._n_sectors
        yield "irregular_entries", self._countries, events.entries
        yield "passages", self._ways, events.passages
        yield "encounters_between_ports", self._areas[:s], events.encounters[:s]
        yield "encounters_at_ports", self._areas[s:], events.encounters[s:]
        for outcome in Outcome:
            yield f"dispositions_{outcome.name.lower()}", self._areas, events.dispositions[outcome]
        yield "unique_persons_encountered", [self._border], events.unique[None, :]
        for party in Party:
            yield f"encounters_{party.name.lower()}", [self._border], events.party_encounters[party][None, :]
        yield "undetected_entries", self._areas, events.undetected
        yield "lawful_applications", self._pathways, events.applications
        yield "lawful_arrivals", self._pathways, events.arrivals
        yield "regularizations", self._countries, events.regularizations
        yield "asylum_applications", self._countries, events.asylum
        yield "interdictions", self._countries, events.interdictions
        yield "removals", self._countries, events.removals
        yield "settled", self._countries, events.settled
        yield "deaths", self._ways, events.deaths

    def _add(self, month: str, measure: str, places: list[str], counts: Ints) -> None:
        place, nationality = np.nonzero(counts)
        self._closed.append((month, measure, places, place, nationality, counts[place, nationality].astype(np.int64)))

    def _add_group_rows(self, month: str, measure: str, counts: Ints) -> None:
        totals = np.zeros((len(self._countries), len(self._nationalities)), dtype=np.int64)
        np.add.at(totals, self._group_cells, counts)
        self._add(month, measure, self._countries, totals * self._scale)


def count_stocks(population: Population, nodes: int, nationalities: int, pathways: int) -> tuple[Ints, Ints]:
    """Return agents waiting at each node (I x N), and those in the queue of each lawful pathway (K x N)."""
    nationality, state = population.view("nationality"), population.view("state")
    stranded = np.zeros((nodes, nationalities), dtype=np.int64)
    waiting = state == State.WAITING
    np.add.at(stranded, (population.view("node")[waiting], nationality[waiting]), 1)
    queue = np.zeros((pathways, nationalities), dtype=np.int64)
    queued = (state == State.PATHWAY_QUEUE) & (population.view("outcome") < 0)
    np.add.at(queue, (population.view("goal")[queued], nationality[queued]), 1)
    return stranded, queue
