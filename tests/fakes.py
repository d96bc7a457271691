"""A stand-in for LadModel that makes monthly frames of the right shape at once, for tests of what comes after it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ladsim.data import table
from ladsim.results.intervals import months_between
from ladsim.results.run_result import RunResult, tidy
from ladsim.results.scenario_info import ScenarioInfo

NATIONALITIES = table("nationalities")["nationality"].tolist()
SECTORS = (
    "San Diego",
    "El Centro",
    "Yuma",
    "Tucson",
    "El Paso",
    "Big Bend",
    "Del Rio",
    "Laredo",
    "Rio Grande Valley",
)
OFFICES = ("San Diego Field Office", "Tucson Field Office", "El Paso Field Office", "Laredo Field Office")


def monthly_frame(
    seed: int,
    months: tuple[str, ...],
    *,
    scale: int = 100,
    effect: float = 0.0,
    since: str = "0000-00",
    ways: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the monthly frame of one seed; `effect` raises everything after the month `since` by that share."""
    shared = np.random.default_rng(seed)
    own = np.random.default_rng([seed, int(abs(effect) * 1000)])
    rows = []
    for i, month in enumerate(months):
        season = 1 + 0.35 * np.sin(i / 5)
        factor = 1.0 + (effect if month > since else 0.0)
        for j, nationality in enumerate(NATIONALITIES):
            size = 30000 / (1 + j) ** 1.1 * season * shared.lognormal(0, 0.15)
            changed = size * factor * (own.lognormal(0, 0.03) if factor != 1 else 1)
            add = _adder(rows, month, nationality, scale)
            add("wishes_formed", "VEN", size * 3)
            add("departures", "VEN", changed * 1.2)
            add("irregular_entries", "PAN", changed * (0.8 if j in (0, 1, 4) else 0.05))
            add("irregular_entries", "MEX", changed)
            for k, sector in enumerate(SECTORS):
                add("encounters_between_ports", sector, changed * (9 - k) / 45)
            for k, office in enumerate(OFFICES):
                add("encounters_at_ports", office, size * 0.2 * (4 - k) / 10 * (2 - factor))
            add("undetected_entries", "Tucson", changed * 0.15)
            add("lawful_arrivals", "chnv_parole", size * 0.2 * (2 - factor))
            add("lawful_queue", "chnv_parole", size * 5)
            add("stranded", "tapachula", changed * 0.4)
            add("removals", "PAN", size * 0.01 * (1 if factor == 1 else 8))
            add("deaths", "darien", changed * 0.0006)
            for k, way in enumerate(ways):
                add("passages", way, changed / (1 + k % 17) ** 1.5)
    return pd.DataFrame(rows, columns=["month", "measure", "place", "nationality", "value"])


def _adder(rows: list[Any], month: str, nationality: str, scale: int) -> Any:
    def add(measure: str, place: str, value: float) -> None:
        rows.append((month, measure, place, nationality, round(value / scale) * scale))

    return add


def info(name: str = "what_if", *, start: str = "2023-01-01", end: str = "2024-12-31", **more: Any) -> ScenarioInfo:
    """Return information on a scenario that does not exist."""
    given: dict[str, Any] = {"title": name.replace("_", " ").capitalize(), "question": f"What does {name} do?"}
    given |= {"reference": None} | more
    return ScenarioInfo(name, start=start, end=end, **given)


def result(
    name: str = "what_if",
    *,
    seeds: tuple[int, ...] = (11, 22, 33, 44),
    scale: int = 100,
    effect: float = 0.0,
    since: str = "2023-06",
    start: str = "2023-01-01",
    end: str = "2024-12-31",
    reference: RunResult | None = None,
    ways: tuple[str, ...] = (),
) -> RunResult:
    """Return a result of invented numbers."""
    months = months_between(start, end)
    frames = {s: monthly_frame(s, months, scale=scale, effect=effect, since=since, ways=ways) for s in seeds}
    return RunResult(
        info(name, start=start, end=end, reference=reference.scenario.name if reference else None),
        tidy(frames, name),
        seeds,
        scale,
        manifest={"created": "2026-01-01T00:00:00+00:00"},
        config={"scale": scale, "seeds": len(seeds)},
        instruments={"chnv_parole": {"start": "2023-01-05"}},
        reference=reference,
    )


def pair(*, effect: float = -0.25, **more: Any) -> RunResult:
    """Return a result with its reference, over all ways of the packaged route."""
    more = {"ways": tuple(table("route_ways")["way"]), **more}
    return result("panama_removal", effect=effect, reference=result("baseline", **more), **more)


class FakeModel:
    """What the ensemble runs instead of LadModel."""

    def __init__(
        self,
        scenario: Any,
        *,
        seed: int,
        scale: int,
        parameters: dict[str, float] | None = None,
        parameter_set: int = 0,
    ) -> None:
        self.parameter_set = parameter_set
        self.scenario, self.seed, self.scale, self.parameters = scenario, seed, scale, parameters or {}

    def run(self) -> pd.DataFrame:
        """Return a monthly frame that depends on seed, scenario and dates alone."""
        first, last = (d.isoformat() if isinstance(d, date) else d for d in (self.scenario.start, self.scenario.end))
        effect = -0.2 if self.scenario.reference else 0.0
        return monthly_frame(self.seed % 1000, months_between(first, last), scale=self.scale, effect=effect)
