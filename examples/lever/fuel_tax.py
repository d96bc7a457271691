"""A kind of lever of one's own: a tax on fuel makes the roads of a stretch dearer and takes seats from them."""

from __future__ import annotations

import numpy as np

from ladsim.policy.dates import mistake
from ladsim.policy.frame import Frame, Moment, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind, register_kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import RATIO, SHARE


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Raise fares and take seats on the ways of the target."""
    ways = np.flatnonzero(frame.way_mask(instrument))
    rules.way_fare_factor[ways] *= number(instrument, "fare_factor", now.day, 1.0)
    rules.way_capacity_factor[ways] *= 1.0 - number(instrument, "seats_lost", now.day, 0.0)


def check(instrument: Instrument) -> None:
    """Refuse a tax that is on no way."""
    if not (instrument.target.stretches or instrument.target.ways):
        raise mistake("a tax on no way", at=("target",), expected="stretches or ways")


KIND = register_kind(
    Kind(
        name="fuel_tax",
        meaning="Fares rise and seats are lost on the ways of a stretch, so that people wait, go another way, or stay.",
        terms={
            "fare_factor": RATIO.saying("multiplies the fare"),
            "seats_lost": SHARE.saying("share of the seats that are lost"),
        },
        one_of=("fare_factor", "seats_lost"),
        apply=apply,
        check=check,
    )
)
