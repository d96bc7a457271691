"""Disruption of smuggling networks, and their recovery."""

from __future__ import annotations

import math
from datetime import date

from ladsim.policy.frame import Frame, Moment, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import LONGEST_DAYS, SHARE, TermSpec

DECAY_STEP = 7
"""Days after which the recovery of a smuggling network is reckoned anew."""
SMALLEST_PULSE = 0.005
"""A smuggling network's lost capacity below this share counts as recovered."""

TERMS = {
    "capacity_cut": SHARE.saying("share of the networks' capacity that is taken out"),
    "recovery_half_life": TermSpec(("days",), 1.0, LONGEST_DAYS).saying(
        "days in which half of the loss is made good; without it the loss stays"
    ),
}


def smuggling_cut(instrument: Instrument, day: date) -> float:
    """Return the share of capacity that an instrument has taken out of the networks, as it stands on a day.

    With a half-life each dated value is a blow on its date, of which half is recovered in that time; several combine as
    independent losses. Recovery is reckoned in whole weeks. Without a half-life the value is a continuing loss while
    the instrument is in force.
    """
    cut = instrument.terms["capacity_cut"]
    if "recovery_half_life" not in instrument.terms:
        return cut.number(day) if instrument.in_force(day) else 0.0
    left = 1.0
    for blow in blows(instrument):
        if blow <= day:
            half_life = instrument.terms["recovery_half_life"].number(blow)
            weeks_in_days = DECAY_STEP * ((day - blow).days // DECAY_STEP)
            left *= 1.0 - cut.number(blow) * 0.5 ** (weeks_in_days / half_life)
    return 1.0 - left


def blows(instrument: Instrument) -> list[date]:
    """Return the dates on which a smuggling disruption strikes: its start, and later values before its end."""
    later = [d for d in instrument.terms["capacity_cut"].values if d > instrument.start]
    return [instrument.start, *(d for d in later if instrument.end is None or d < instrument.end)]


def recovered_on(instrument: Instrument) -> date:
    """Return the date from which a smuggling disruption with a half-life is spent."""
    last = blows(instrument)[-1]
    size = smuggling_cut(instrument, last)
    half_life = max(number(instrument, "recovery_half_life", day, 1.0) for day in blows(instrument))
    days = half_life * math.log2(size / SMALLEST_PULSE) if size > SMALLEST_PULSE else 0.0
    return date.fromordinal(last.toordinal() + math.ceil(days))


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Take out a share of the capacity of the networks of the target's stretches, or of all."""
    named = instrument.target.stretches or frame.stretches
    cut = smuggling_cut(instrument, now.day)
    for stretch in named:
        i = frame.stretches.index(stretch)
        rules.smuggling_cut[i] = 1.0 - (1.0 - rules.smuggling_cut[i]) * (1.0 - cut)


def _decays(instrument: Instrument) -> bool:
    return "recovery_half_life" in instrument.terms


def _felt(instrument: Instrument, day: date) -> bool:
    """A network that was hit recovers by its half-life, also after the campaign that hit it has ended."""
    if not _decays(instrument):
        return instrument.in_force(day)
    return instrument.start <= day < recovered_on(instrument)


def _changes(instrument: Instrument) -> set[date]:
    """Return the days on which the recovery from a blow is reckoned anew, and the last one."""
    if not _decays(instrument):
        return set()
    last = recovered_on(instrument)
    found = {last}
    for blow in blows(instrument):
        found |= {date.fromordinal(d) for d in range(blow.toordinal(), last.toordinal(), DECAY_STEP)}
    return found


KIND = Kind(
    name="smuggling_disruption",
    meaning=(
        "Smuggling networks of a stretch lose a share of their capacity; they ask higher fees while it is scarce, "
        "and recover by a half-life. People who cannot pay wait, go another way, or stay."
    ),
    terms=TERMS,
    one_of=("capacity_cut",),
    apply=apply,
    felt=_felt,
    changes=_changes,
)
