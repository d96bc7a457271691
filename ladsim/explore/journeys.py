"""One person in two worlds: what happened to them day by day under the scenario and under the reference, in words.

A person keeps the same identity and the same address of random numbers in both (ladsim/core/draws.py), so that the two
journeys differ only where a policy made them differ.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.schema import Fate, Met, State
from ladsim.data import table as data_table
from ladsim.report.map import places
from ladsim.results.fates import LABELS, ORDER
from ladsim.sim.model import LadModel

WATCHED = ("state", "node", "way", "goal", "met", "encounters", "departed", "fate")
MOST_CHANGED, MOST_SAME = 24, 6
"""People of a replicate whose journeys are kept: with other fates in the two worlds, and with the same."""
MODES = {
    "bus": "goes by bus",
    "walk": "walks",
    "boat": "goes by boat",
    "flight_scheduled": "flies",
    "flight_charter": "flies by charter",
    "crossing": "sets out to cross the border between ports of entry",
    "port": "goes to the port of entry",
    "entry": "goes on",
}


class Moment(NamedTuple):
    """What was true of a person from a day on; numbers are those of the columns (ladsim.population.SCHEMA)."""

    day: int
    state: int
    node: int
    way: int
    goal: int
    met: int
    encounters: int
    departed: int
    fate: int


class Diary:
    """Every change in everybody's journey, kept as the model goes on; a copy of a model has none."""

    def __init__(self) -> None:
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._now: NDArray[np.int64] = np.empty((0, len(WATCHED)), np.int64)
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def __deepcopy__(self, memo: Any) -> None:
        """Give copies of a model no diary."""

    def note(self, model: LadModel) -> None:
        """Note what changed since yesterday."""
        people = model.population
        order = np.argsort(people.view("person"))
        ids = people.view("person")[order].astype(np.int64)
        now = np.stack([people.view(name)[order].astype(np.int64) for name in WATCHED], axis=1)
        fresh = np.ones(len(ids), bool)
        if len(self._ids):
            at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            known = self._ids[at] == ids
            fresh = ~known | (now != self._now[at]).any(axis=1)
        self._ids, self._now = ids, now
        if fresh.any():
            days = np.full((int(fresh.sum()), 1), model.day, np.int64)
            self._parts.append((ids[fresh], np.hstack([days, now[fresh]])))

    def of(self, persons: NDArray[np.int64]) -> dict[int, list[Moment]]:
        """Return the moments of some people, in order."""
        wanted = np.sort(persons)
        found: dict[int, list[Moment]] = {int(who): [] for who in wanted}
        for ids, rows in self._parts:
            hit = np.isin(ids, wanted)
            for who, row in zip(ids[hit].tolist(), rows[hit].tolist(), strict=True):
                found[who].append(Moment(*row))
        return found


class WatchedModel(LadModel):
    """A model that keeps a diary where it is given one."""

    diary: Diary | None = None

    def close_the_day(self) -> None:
        """Note the day before those whose way has ended leave the table."""
        if self.diary is not None:
            self.diary.note(self)
        super().close_the_day()


def chosen(reference: pd.DataFrame, scenario: pd.DataFrame) -> pd.DataFrame:
    """Return the people whose journeys are worth reading: the largest changes of fate first, one of each in turn.

    Args:
        reference, scenario: person, nationality and fate of everybody, as LadModel.fates_by_person() gives them.

    Returns:
        Columns person, nationality, before, after (positions of fates).
    """
    both = reference.assign(before=reference["fate"], after=scenario["fate"].to_numpy()).drop(columns="fate")
    both = both[(both["before"] != int(Fate.STAYED)) | (both["after"] != int(Fate.STAYED))]
    differs = both["before"] != both["after"]
    return pd.concat([_in_turn(both[differs], MOST_CHANGED), _in_turn(both[~differs], MOST_SAME)], ignore_index=True)


def _in_turn(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    groups = rows.groupby(["before", "after"])
    size = groups["person"].transform("size")
    return (
        rows.assign(turn=groups.cumcount(), size=-size)
        .sort_values(["turn", "size", "person"])
        .head(most)[["person", "nationality", "before", "after"]]
    )


def told(
    people: pd.DataFrame,
    worlds: tuple[dict[int, list[Moment]], dict[int, list[Moment]]],
    model: LadModel,
    titles: dict[str, str],
) -> list[dict[str, Any]]:
    """Return the journeys of some people under reference and scenario.

    Args:
        people: as :func:`chosen` gives them.
        worlds: their moments under the reference and under the scenario.
        model: of either world; it gives names to places, ways and programs.
        titles: titles of programs by id.
    """
    words = Words(model, titles)
    names = data_table("nationalities").set_index("nationality")["name"].to_dict()
    found = []
    for row in people.to_dict("records"):
        who = int(row["person"])
        lines = [words.journey(world[who]) for world in worlds]
        code = model.world.nationalities[int(row["nationality"])]
        found.append(
            {
                "person": str(who),
                "nationality": str(names.get(code, code)),
                "reference": lines[0],
                "scenario": lines[1],
                "reference_fate": LABELS[ORDER[int(row["before"])]],
                "scenario_fate": LABELS[ORDER[int(row["after"])]],
            }
        )
    return found


class Words:
    """Turns moments into dated sentences."""

    def __init__(self, model: LadModel, titles: dict[str, str]) -> None:
        route = model.world.route
        nodes = self._nodes = places()
        short = {name: place.name.split(" (")[0] for name, place in nodes.items()}
        self._start = model.start
        self._places = [short.get(str(n), str(n).replace("_", " ")) for n in route.nodes]
        ways = data_table("route_ways").set_index("way")[["from", "to", "mode", "guided"]].to_dict("index")
        self._ways = [ways[str(w)] for w in route.ways]
        self._end = {str(n): i for i, n in enumerate(route.nodes)}
        self._short = short
        self._programs = [titles.get(name.split(".")[0], name) for name in model.environment.pathway_ids]

    def journey(self, moments: list[Moment]) -> list[dict[str, str]]:
        """Return a journey as dates and sentences."""
        found: list[dict[str, str]] = []
        for before, now in zip([None, *moments[:-1]], moments, strict=True):
            text = self._sentence(before, now)
            if text:
                day: date = self._start + timedelta(days=now.day)
                found.append({"date": day.isoformat(), "text": text[0].upper() + text[1:] + "."})
        return found

    def _sentence(self, before: Moment | None, now: Moment) -> str:
        here = self._places[now.node]
        parts = [*self._met(before, now), *self._went(before, now, here)]
        return "; ".join(part for part in parts if part)

    def _met(self, before: Moment | None, now: Moment) -> list[str]:
        if before is None:
            return []
        parts = []
        if now.encounters > before.encounters:
            parts.append(f"is encountered by the Border Patrol{self._sector(before)}")
        if now.met == before.met:
            return parts
        said = {
            Met.ROBBED: "is robbed",
            Met.REFUSED_AT_PORT: "is turned away at the port of entry",
            Met.NO_MONEY: "has no money for a way on",
            Met.WAITED: "has waited for weeks",
            Met.NEWS: "hears news that makes them think the journey over",
        }
        return [*parts, said.get(Met(now.met), "")]

    def _went(self, before: Moment | None, now: Moment, here: str) -> list[str]:
        state, old = State(now.state), None if before is None else State(before.state)
        if state == State.TRAVELLING:
            left = old in (None, State.CONSIDERING) or (before is not None and before.departed < 0 <= now.departed)
            return (
                [f"leaves {here}" if left else "", self._by(now.way)]
                if before is None or self._new(before, now)
                else []
            )
        if before is not None and state == old and now.node == before.node and now.goal == before.goal:
            return []
        if state == State.WAITING:
            return [self._waits(before, now, here)]
        if state == State.PATHWAY_QUEUE:
            return [f"joins the line for {self._program(now.goal)} in {here}"]
        if state == State.CONSIDERING:
            again = before is not None and now.fate >= 0
            return [f"is sent back to {here} and considers leaving again" if again else f"considers leaving {here}"]
        if state == State.REMOVED:
            stopped = now.met == Met.STOPPED and now.fate == Fate.REMOVED_ON_THE_WAY
            return ["is stopped and removed to the home country" if stopped else "is removed to the home country"]
        return [self._ends(state, before, now, here)]

    def _ends(self, state: State, before: Moment | None, now: Moment, here: str) -> str:
        asked = now.fate == Fate.ASYLUM_ON_THE_WAY
        return {
            State.CUSTODY: "is taken into custody",
            State.REGULARIZED: f"gets regular status in {here}",
            State.ARRIVED_LAWFULLY: f"arrives by {self._program(now.goal)}",
            State.RELEASED: "is released into the United States",
            State.ENTERED_UNDETECTED: f"enters the United States undetected{self._sector(now)}",
            State.RETURNED: "turns back and returns home",
            State.SETTLED: f"asks for asylum and stays in {here}" if asked else f"stays in {here}",
            State.GAVE_UP: "no longer considers leaving",
            State.DEAD: f"dies {self._on(before)}",
            State.LEFT_BY_SEA: "leaves by sea",
        }[state]

    def _new(self, before: Moment, now: Moment) -> bool:
        return (before.state, before.way) != (now.state, now.way)

    def _waits(self, before: Moment | None, now: Moment, here: str) -> str:
        if before is None or before.state != State.TRAVELLING or before.way < 0:
            put_back = now.met == Met.PUT_BACK and before is not None and before.state == State.CUSTODY
            return f"is put back over the border to {here}" if put_back else f"waits in {here}"
        if now.met == Met.PUT_BACK:
            return f"is put back over the border to {here}"
        if now.node != self._end[str(self._ways[before.way]["to"])] and now.met == Met.STOPPED:
            return f"is stopped and sent back to {here}"
        return f"waits in {here}"

    def _by(self, way: int) -> str:
        row = self._ways[way]
        guide = " with a guide" if str(row["guided"]) == "1" else ""
        if row["mode"] == "crossing":
            return MODES["crossing"] + guide
        return f"{MODES[str(row['mode'])]} to {self._short[str(row['to'])]}{guide}"

    def _on(self, before: Moment | None) -> str:
        if before is None or before.way < 0:
            return "on the way"
        row = self._ways[before.way]
        return f"between {self._short[str(row['from'])]} and {self._short[str(row['to'])]}"

    def _sector(self, moment: Moment) -> str:
        if moment.way < 0 or self._ways[moment.way]["mode"] != "crossing":
            return ""
        return f" ({self._nodes[str(self._ways[moment.way]['to'])].label} sector)"

    def _program(self, goal: int) -> str:
        return f"“{self._programs[goal]}”" if 0 <= goal < len(self._programs) else "a lawful pathway"
