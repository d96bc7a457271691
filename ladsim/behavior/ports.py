"""At which port of entry people are processed: places are shared out among field offices as in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from ladsim import data
from ladsim.behavior.after_transfer import HALF_YEAR
from ladsim.behavior.tables import Floats


class PortShares:
    """The share of those processed at ports whom each field office processes, by half-year.

    They are derived from the record by scripts/derive_ports.py to May 2024; later days have what held then. People
    with an appointment travel to the port that has a place for them; lists of those without one were kept by city,
    which the model's one line for a nationality does not tell apart.

    Args:
        offices: names of the field offices by position.
    """

    def __init__(self, offices: Sequence[str]) -> None:
        table = data.table("port_shares")
        wide = table.pivot(index="period", columns="place", values="share").sort_index()
        self._periods = list(wide.index)
        shares = wide.reindex(columns=list(offices)).fillna(0.0).to_numpy(float)
        total = shares.sum(axis=1, keepdims=True)
        self._reach: Floats = np.cumsum(shares, axis=1) / np.where(total > 0.0, total, 1.0)

    def reach(self, day: date) -> Floats:
        """Return the cumulative shares of the offices (F) on a day, the last being 1; zeros where none is known."""
        period = f"{day.year}H{1 if day.month <= HALF_YEAR else 2}"
        place = sum(one <= period for one in self._periods) - 1
        found: Floats = self._reach[max(place, 0)]
        return found
