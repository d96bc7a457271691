"""Made-up lines of a panel, and settings for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ladsim.results.intervals import ALL, months_between
from ladsim.series.panel import Line
from ladsim.validation.settings import Settings, read_settings

MONTHS = months_between("2020-10", "2024-08")
SERIES = "encounters_between_ports"


def line(label: str, level: float, *, error: float = 0.0, seed: int = 1, replicates: int = 4) -> Line:
    """Return a line whose replicates lie around what was observed, off by `error` on square roots."""
    draws = np.random.default_rng(seed)
    roots = np.sqrt(level) * (1 + 0.3 * np.sin(np.arange(len(MONTHS)) / 4))
    observed = pd.Series((roots + error * draws.standard_normal(len(MONTHS))).clip(0) ** 2, index=list(MONTHS))
    runs = roots[:, None] + 0.02 * np.sqrt(level) * draws.standard_normal((len(MONTHS), replicates))
    simulated = pd.DataFrame(runs.clip(0) ** 2, index=list(MONTHS), columns=range(replicates))
    return Line(SERIES, label, observed, simulated.loc["2021-01":])


def lines(error: float = 10.0) -> list[Line]:
    """Return a total and two nationalities."""
    made = [line("VEN", 40000, error=error, seed=2), line("HTI", 9000, error=error, seed=3)]
    total = Line(SERIES, ALL, made[0].observed + made[1].observed, made[0].simulated + made[1].simulated)
    return [total, *made]


def settings(**changes: object) -> Settings:
    """Return the settings of the package, changed."""
    return replace(read_settings(), **changes)  # type: ignore[arg-type]
