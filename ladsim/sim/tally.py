"""From counts of events to rows of the monthly table; the closed list of measures is in schema.MEASURES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ladsim.behavior.tables import Events, Ints
from ladsim.core.schema import Outcome, Party

COLUMNS = ["month", "measure", "place", "nationality", "value"]


class Tally:
    """Collects a run's monthly rows.

    Args:
        nationalities: codes by index.
        countries: ISO3 by index.
        ways: way ids by index.
        nodes: node ids by index.
        areas: Border Patrol sectors, then southwest field offices.
        n_sectors: how many of the areas are sectors.
        groups: (nationality index, country ISO3) of each residence group.
        pathways: ids of the lawful pathways by index.
        scale: persons per agent.
    """

    def __init__(
        self,
        nationalities: list[str],
        countries: list[str],
        ways: list[str],
        nodes: list[str],
        areas: list[str],
        n_sectors: int,
        groups: list[tuple[int, str]],
        pathways: list[str],
        scale: int,
    ) -> None:
        self._nationalities = nationalities
        self._countries, self._ways, self._nodes = countries, ways, nodes
        self._areas, self._n_sectors = areas, n_sectors
        self._pathways, self._scale = pathways, scale
        self._group_cells = (np.array([countries.index(c) for _, c in groups]), np.array([n for n, _ in groups]))
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
        yield "unique_persons_encountered", ["southwest"], events.unique[None, :]
        for party in Party:
            yield f"encounters_{party.name.lower()}", ["southwest"], events.party_encounters[party][None, :]
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
