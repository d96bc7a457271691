"""After a transfer to ICE: who is removed, by nationality and half-year, and what people know of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Floats
from ladsim.behavior.values import CHILD, PAROLE, RELEASE, TRANSFER

HALF_YEAR = 6


class AfterTransfer:
    """The share of those transferred who are removed.

    The packaged table is derived from removals and transfers by scripts/fit_removals.py, by half-year to 2023; later
    days have what held in the last half-year.

    Args:
        nationalities: codes by position.
        otherwise: N, for nationalities that the table does not hold, and for all without a table.
        table: nationality, period (such as 2021H1) and share; see world.statistics.
    """

    def __init__(self, nationalities: Sequence[str], otherwise: Floats, table: pd.DataFrame | None) -> None:
        if table is None:
            table = pd.DataFrame({"nationality": [], "period": [], "share": []})
        wide = table.pivot(index="nationality", columns="period", values="share").sort_index(axis=1)
        self._periods = list(wide.columns) or [""]
        self._share = np.repeat(otherwise[:, None], len(self._periods), axis=1)
        for n, code in enumerate(nationalities):
            if code in wide.index:
                self._share[n] = wide.loc[code]

    def removed(self, day: date) -> Floats:
        """Return the share (N) removed of those who leave detention on a day."""
        period = f"{day.year}H{1 if day.month <= HALF_YEAR else 2}"
        place = sum(one <= period for one in self._periods) - 1
        found: Floats = self._share[:, max(place, 0)]
        return found

    @staticmethod
    def learned(known: Floats, share: Floats, p: Parameters) -> Floats:
        """Return what is known of it (N) a day later: it moves toward what happens with ``belief_half_life``."""
        return np.asarray(known + (1.0 - 0.5 ** (1.0 / p.belief_half_life)) * (share - known))


def arriving(outcome: Floats, removed: Floats) -> Floats:
    """Return the share of those encountered who arrive (N x P): released, paroled, or transferred and not removed.

    Args:
        outcome: N x P x O.
        removed: N, share removed after a transfer; children alone are not.
    """
    held = np.repeat(1.0 - removed[:, None], outcome.shape[1], axis=1)
    held[:, CHILD] = 1.0
    return np.asarray(outcome[..., RELEASE] + outcome[..., PAROLE] + outcome[..., TRANSFER] * held)
