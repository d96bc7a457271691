"""What an announcement does and what the program itself does, apart: the same scenario with one of the two left out."""

from __future__ import annotations

from dataclasses import replace

from ladsim.core.errors import UserError, close_matches
from ladsim.policy.instrument import Instrument
from ladsim.policy.scenario import Scenario

IDLE = {"removal": ("removals_per_day", 0.0)}
"""By lever, the term that says how much is done, and its value where nothing is."""


def deeds_alone(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario in which an instrument acts as it does, but people are told nothing of it.

    Raises:
        UserError: The scenario has no such instrument, or it announces nothing.
    """
    return _with(scenario, _told(scenario, name).model_copy(update={"announces": None}))


def claims_alone(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario in which people are told of an instrument that then does nothing.

    Raises:
        UserError: The scenario has no such instrument, it announces nothing, or its lever has no amount that can be 0.
    """
    instrument = _told(scenario, name)
    if instrument.lever not in IDLE:
        raise UserError(
            "the deeds of this lever cannot be left out", key=name, value=instrument.lever, expected=", ".join(IDLE)
        )
    term, nothing = IDLE[instrument.lever]
    was = instrument.terms[term]
    idle = was.model_copy(update={"values": dict.fromkeys(was.values, nothing)})
    return _with(scenario, instrument.model_copy(update={"terms": {**instrument.terms, term: idle}}))


def _told(scenario: Scenario, name: str) -> Instrument:
    instrument = scenario.instruments.get(name)
    if instrument is None:
        expected = close_matches(name, scenario.instruments)
        raise UserError("the scenario has no such instrument", key="instrument", value=name, expected=expected)
    if instrument.announces is None:
        telling = sorted(k for k, i in scenario.instruments.items() if i.announces is not None)
        raise UserError("the instrument announces nothing", key=name, expected=", ".join(telling))
    return instrument


def _with(scenario: Scenario, instrument: Instrument) -> Scenario:
    return replace(scenario, instruments={**scenario.instruments, instrument.id: instrument})
