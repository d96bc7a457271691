"""How much of an effect rests on what was announced, and how much on what is done.

from ladsim.runs.claims import claims_and_deeds
print(claims_and_deeds("panama_removal", "panama_removal_program"))
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ladsim.core.errors import UserError
from ladsim.policy.claims import claims_alone, deeds_alone
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.series.panel import SERIES

_, CROSSED = SERIES["darien_entries"]
MEASURES = (
    ("irregular_entries", CROSSED),
    ("encounters_between_ports", None),
    ("departures", None),
    ("removals", CROSSED),
)


def claims_and_deeds(name: str, instrument: str, *, seeds: Sequence[int] = (1, 2), scale: int = 200) -> pd.DataFrame:
    """Return what an instrument changes as a whole, by its announcement alone, and by its deeds alone.

    Args:
        name: a scenario with a reference.
        instrument: id of an instrument that announces something.
        seeds: seeds over which changes are averaged.
        scale: persons per agent.

    Returns:
        Columns measure, place, reference, whole, claim_alone, deeds_alone: persons over the whole run; the last three
        are changes against the reference.

    Raises:
        UserError: the scenario has no reference, or the two cannot be told apart.
    """
    whole = load_scenario(name)
    if whole.reference is None:
        raise UserError("the scenario has no reference to change", key="scenario", value=name)
    reference = load_scenario(whole.reference, start=whole.start, end=whole.end)
    variants = {
        "whole": whole,
        "claim_alone": claims_alone(whole, instrument),
        "deeds_alone": deeds_alone(whole, instrument),
    }
    base = _totals(reference, seeds, scale)
    made = {label: _totals(scenario, seeds, scale) for label, scenario in variants.items()}
    rows = [
        {
            "measure": measure,
            "place": place or "all",
            "reference": base[k],
            **{label: made[label][k] - base[k] for label in variants},
        }
        for k, (measure, place) in enumerate(MEASURES)
    ]
    return pd.DataFrame(rows)


def _totals(scenario: Scenario, seeds: Sequence[int], scale: int) -> list[float]:
    from ladsim.sim.model import LadModel

    found = [0.0] * len(MEASURES)
    for seed in seeds:
        monthly = LadModel(scenario, seed=seed, scale=scale, follow_fates=False).run()
        for k, (measure, place) in enumerate(MEASURES):
            own = monthly[monthly["measure"] == measure]
            found[k] += float((own if place is None else own[own["place"] == place])["value"].sum()) / len(seeds)
    return found
