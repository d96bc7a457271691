"""A rule of your own: a shelter in Necoclí whose guests wait a week more, and of whom some turn back.

python examples/rule/shelter.py
"""

from __future__ import annotations

import numpy as np

import ladsim
from ladsim.core import draws
from ladsim.core.schema import State
from ladsim.sim import verbs

PLACE = "necocli"
SHARE_TURNING_BACK = 0.2
"""Share of those who come to the shelter who turn back there (assumed, for the example)."""


class WithShelter(ladsim.LadModel):
    """LadModel with one more phase: after journeys have ended for the day, before people decide."""

    def journeys_end(self) -> None:
        """Let journeys end as ever; then the shelter takes in who has come to its place today."""
        super().journeys_end()
        p = self.population
        here = p.view("node") == self.world.route.nodes.index(PLACE)
        came = here & (p.view("state") == State.WAITING) & (p.view("state_since") == self.day)
        rows = np.flatnonzero(came)
        # A keyed draw: the same persons whatever else happens, so that scenarios stay paired.
        draw = draws.uniforms(self.draw_seed, draws.Decision.PANEL, p.view("person")[rows], self.day)
        verbs.turn_back(self, rows[draw < SHARE_TURNING_BACK])
        verbs.hold(self, rows[draw >= SHARE_TURNING_BACK], days=7)


def main() -> None:
    """Compare a year with the shelter and without it."""
    given = {"scale": 2000, "seeds": 2, "workers": 1, "start": "2023-01-01", "end": "2023-03-31", "reference": False}
    without = ladsim.run("history", **given)
    with_it = ladsim.run("history", model=WithShelter, **given)
    for name, result in (("without", without), ("with", with_it)):
        total = result.total("irregular_entries", place="PAN", freq="all")["mean"].iloc[0]
        print(f"Darién crossings {name} the shelter: {total:,.0f}")


if __name__ == "__main__":
    main()
