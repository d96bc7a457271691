"""Single people followed through a run: days from the Darién to the border, and who is encountered again.

The monthly table counts events and forgets who they happened to. Here the columns of a small run are read at the end of
every day, before those whose way has ended leave them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.core.schema import NodeKind
from ladsim.series.record import named
from ladsim.sim.model import LadModel

BORDER = (NodeKind.BORDER_CITY, NodeKind.SECTOR, NodeKind.PORT, NodeKind.DESTINATION)


@dataclass
class Notes:
    """What was noted of single people.

    Attributes:
        left_darien: person -> last day on a way of the Darién.
        reached: (month in which the Darién was left behind, days from there to a city at the border) of each who came.
        encounters: month -> (encounters, of them of people encountered before).
        seen: person -> encounters so far.
    """

    left_darien: dict[int, int] = field(default_factory=dict)
    reached: list[tuple[str, int]] = field(default_factory=list)
    encounters: dict[str, tuple[int, int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)


class FollowedModel(LadModel):
    """The model, with notes on who passes the Darién, who comes to the border, and who is encountered."""

    def __init__(self, scenario: Any, **more: Any) -> None:
        super().__init__(scenario, **more)
        route = self.world.route
        self.notes = Notes()
        self._darien = np.asarray(route.stretch) == route.stretches.index(named().crossing_stretch)
        self._at_border = np.isin(np.asarray(route.kind), [int(k) for k in BORDER])

    def close_the_day(self) -> None:
        """Take notes, then close the day."""
        self._note()
        super().close_the_day()

    def _note(self) -> None:
        person, way, node, met = self.population.arrays("person", "way", "node", "encounters")
        month = f"{self.date:%Y-%m}"
        inside = (way >= 0) & self._darien[np.maximum(way, 0)]
        self.notes.left_darien.update(dict.fromkeys(person[inside].tolist(), self.day))
        at_border = ~inside & (node >= 0) & self._at_border[np.maximum(node, 0)]
        for who in person[at_border].tolist():
            day = self.notes.left_darien.pop(who, None)
            if day is not None and self.day > day:
                left = self.date - timedelta(days=self.day - day)
                self.notes.reached.append((f"{left:%Y-%m}", self.day - day))
        self._note_encounters(person, met, month)

    def _note_encounters(self, person: NDArray[np.int64], met: NDArray[np.int16], month: str) -> None:
        total, again = self.notes.encounters.get(month, (0, 0))
        for who, now in zip(person[met > 0].tolist(), met[met > 0].tolist(), strict=True):
            before = self.notes.seen.get(who, 0)
            if now > before:
                total += now - before
                again += now - before - (1 if before == 0 else 0)
                self.notes.seen[who] = now
        self.notes.encounters[month] = (total, again)


@dataclass(frozen=True)
class Journeys:
    """What single people show.

    Attributes:
        days: month in which the Darién was left behind, days from there to the border; one row a person.
        encounters: month, encounters, again (of people encountered before); in persons per agent.
        scale: persons per agent.
    """

    days: pd.DataFrame
    encounters: pd.DataFrame
    scale: int

    def again_share(self, first: str, last: str) -> float:
        """Return the share of encounters, in these months, of people encountered before."""
        rows = self.encounters[self.encounters["month"].between(first, last)]
        total = rows["encounters"].sum()
        return float(rows["again"].sum() / total) if total else float("nan")

    def days_to_border(self, first: str, last: str) -> tuple[float, float, float, int]:
        """Return quartiles of the days from the Darién to the border, and how many people they rest on."""
        days = self.days[self.days["month"].between(first, last)]["days"].to_numpy(float)
        if not len(days):
            return float("nan"), float("nan"), float("nan"), 0
        low, middle, high = (float(v) for v in np.quantile(days, [0.25, 0.5, 0.75]))
        return low, middle, high, len(days)


def follow(scenario: Any, *, seed: int, scale: int, parameters: dict[str, float] | None = None) -> Journeys:
    """Run a scenario once, following single people.

    Args:
        scenario: a loaded scenario or its name.
        seed: of the run.
        scale: persons per agent.
        parameters: overrides of behavior by name.

    Raises:
        UserError: nobody was encountered in the run, so that there is nothing to tell.
    """
    model = FollowedModel(scenario, seed=seed, scale=scale, parameters=parameters)
    model.run()
    notes = model.notes
    encounters = pd.DataFrame([(m, *n) for m, n in notes.encounters.items()], columns=["month", "encounters", "again"])
    if not encounters["encounters"].sum():
        raise UserError("nobody was encountered in the run", key="scale", value=scale, expected="a smaller one")
    return Journeys(pd.DataFrame(notes.reached, columns=["month", "days"]), encounters, scale)
