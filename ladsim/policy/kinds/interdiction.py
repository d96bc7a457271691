"""Stops on the way."""

from __future__ import annotations

import numpy as np

from ladsim.policy.frame import Frame, Moment, by_nationality
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import LARGEST_RATIO, PERSONS_A_DAY, SHARE, SHARE_BY_NATIONALITY, TermSpec

TERMS = {
    "probability": SHARE_BY_NATIONALITY.saying("probability of being stopped on a way"),
    "hazard_factor": TermSpec(("ratio",), high=LARGEST_RATIO, by_nationality=True).saying(
        "multiplies the hazard of being stopped on the ways where forces stop people"
    ),
    "daily_capacity": PERSONS_A_DAY.saying("people whom forces can stop in a day"),
    "removed_share": SHARE.saying("share of those stopped who are sent to their own country"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Set how likely forces stop people on the ways where they stop people at all, and on ways that are named.

    ``probability`` replaces a way's own; ``hazard_factor`` multiplies its hazard, so that ways keep their proportions:
    1 - (1 - p) ** factor.
    """
    named = frame.named_ways(instrument)
    controlled = frame.way_mask(instrument)[:, None] & (frame.interdiction > 0.0) | named[:, None] & frame.stoppable
    probability = by_nationality(instrument, "probability", frame, now.day)
    if probability is not None:
        mask, values = probability
        chosen = controlled & mask[None, :]
        rules.interdiction[chosen] = np.broadcast_to(values, chosen.shape)[chosen]
    factor = by_nationality(instrument, "hazard_factor", frame, now.day)
    if factor is not None:
        mask, values = factor
        chosen = controlled & mask[None, :]
        with np.errstate(invalid="ignore"):
            raised = 1.0 - (1.0 - frame.interdiction) ** values[None, :]
        rules.interdiction[chosen] = raised[chosen]
    countries = list(frame.country_indices(instrument))
    if "daily_capacity" in instrument.terms:
        rules.interdiction_capacity[countries] = instrument.terms["daily_capacity"].number(now.day)
    if "removed_share" in instrument.terms:
        rules.interdiction_removed_share[countries] = instrument.terms["removed_share"].number(now.day)


KIND = Kind(
    name="interdiction",
    meaning=(
        "The probability of being stopped on a way changes, up to what forces can do in a day. Those stopped are "
        "sent back along the way, or to their own country, and may try again; others learn of it."
    ),
    terms=TERMS,
    one_of=tuple(TERMS),
    apply=apply,
    by_forces=True,
)
