"""Recognition of passengers and of repeat attempts."""

from __future__ import annotations

from ladsim.policy.frame import Frame, Moment, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import SHARE

TERMS = {
    "detection": SHARE.saying("added probability that a passenger is stopped"),
    "recognition": SHARE.saying("share of repeat attempts that are recognized at the US border"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Add to the risk of being stopped, and to the share of repeat attempts that are recognized."""
    added = number(instrument, "detection", now.day, 0.0)
    ways, mask = frame.way_mask(instrument), frame.nationality_mask(instrument)
    chosen = ways[:, None] & mask[None, :] & frame.stoppable
    rules.interdiction[chosen] = 1.0 - (1.0 - rules.interdiction[chosen]) * (1.0 - added)
    recognized = number(instrument, "recognition", now.day, 0.0)
    rules.recognition = 1.0 - (1.0 - rules.recognition) * (1.0 - recognized)


KIND = Kind(
    name="biometrics",
    meaning=(
        "More passengers are stopped at airports, and more repeat attempts are recognized at the US border and not "
        "followed by a release."
    ),
    terms=TERMS,
    one_of=(
        "detection",
        "recognition",
    ),
    apply=apply,
)
