"""The rules of a day: those without any instrument, and how instruments act on them by their kind of lever.

Each kind sets the primitives of its own (policy/kinds/). Instruments act in the order of their start, then id: where
two set the same thing the later one holds, factors multiply, and what adds up adds up.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ladsim.core import schema
from ladsim.policy.frame import Frame, Moment
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import kind_of
from ladsim.policy.rules import Rules


def base_rules(frame: Frame, day: date) -> Rules:
    """Return the rules of a day on which no instrument is in force."""
    w, n, c = len(frame.ways), len(frame.nationalities), len(frame.countries)
    way_open, way_charge = frame.entry(day)
    return Rules(
        way_open=np.array(way_open, dtype=bool),
        way_charge=np.array(way_charge, dtype=float),
        way_fare_factor=np.ones(w),
        way_capacity_factor=np.ones(w),
        interdiction=np.array(frame.interdiction, dtype=float),
        interdiction_capacity=np.full(c, np.inf),
        interdiction_removed_share=np.zeros(c),
        recognition=0.0,
        expulsion_share=np.zeros((n, schema.N_PARTY)),
        expulsion_air_share=np.zeros(n),
        removed_after_transfer=np.zeros(n),
        held_share=np.zeros(n),
        interior_removal_share=np.zeros(n),
        removed_after_transfer_at_most=np.ones(n),
        expulsion_capacity=np.full(n, np.inf),
        expulsion_pool=np.arange(n),
        return_to_mexico_per_day=0.0,
        taken_back_share=np.zeros(n),
        taken_back_per_day=np.full(n, np.inf),
        taken_back_pool=np.arange(n),
        consequence_per_day=0.0,
        consequence_ease=np.zeros((n, schema.N_PARTY)),
        walk_in_per_day=np.zeros(n),
        walk_in_parole_share=np.ones(n),
        asylum_capacity=np.zeros(c),
        asylum_recognition=np.zeros(c),
        asylum_days=np.zeros(c),
        smuggling_cut=np.zeros(len(frame.stretches)),
        aid_per_person=np.zeros((c, n, schema.N_PARTY)),
    )


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Let an instrument act on the rules of a day."""
    kind_of(instrument.lever).apply(instrument, rules, frame, now)


def acts_on(instrument: Instrument, day: date) -> bool:
    """Return whether an instrument acts on a day: from start to end, unless its kind says otherwise."""
    felt = kind_of(instrument.lever).felt
    return instrument.in_force(day) if felt is None else felt(instrument, day)


def changes_of(instrument: Instrument) -> set[date]:
    """Return the days on which an instrument's effect may change."""
    more = kind_of(instrument.lever).changes
    end = instrument.end or date.max
    found = {instrument.start, *([instrument.end] if instrument.end else [])}
    for term in instrument.terms.values():
        found |= {day for day in term.values if instrument.start < day < end}
    return found | (set() if more is None else more(instrument))
