"""Visas, charges, fares and seats of ways."""

from __future__ import annotations

import numpy as np

from ladsim.policy.frame import Frame, Moment, by_nationality, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import MOST_USD, RATIO, TermSpec

TERMS = {
    "closed": TermSpec(("0|1",), high=1.0, by_nationality=True).saying(
        "1 closes the ways to those concerned, 0 opens them"
    ),
    "charge_usd": TermSpec(("USD",), high=MOST_USD, by_nationality=True).saying(
        "charge, fine or permit paid on the way"
    ),
    "fare_factor": RATIO.saying("multiplies the fare"),
    "capacity_factor": RATIO.saying("multiplies the seats a day"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Close or open ways, charge for them, and change their fares and seats."""
    ways = frame.way_mask(instrument)
    closed = by_nationality(instrument, "closed", frame, now.day)
    if closed is not None:
        mask, values = closed
        rules.way_open[np.ix_(ways, mask)] = values[mask] < 0.5
    charge = by_nationality(instrument, "charge_usd", frame, now.day)
    if charge is not None:
        mask, values = charge
        rules.way_charge[np.ix_(ways, mask)] = values[mask]
    rules.way_fare_factor[ways] *= number(instrument, "fare_factor", now.day, 1.0)
    rules.way_capacity_factor[ways] *= number(instrument, "capacity_factor", now.day, 1.0)


KIND = Kind(
    name="visa_restriction",
    meaning=(
        "Ways open or close for a nationality, or cost more, or lose seats. Values of all ways follow, so the "
        "decision to leave and the choice of the way change from the place of residence on."
    ),
    terms=TERMS,
    one_of=tuple(TERMS),
    apply=apply,
    foreseen=True,
)
