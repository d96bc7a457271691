"""Asylum in countries on the way."""

from __future__ import annotations

from ladsim.policy.frame import Frame, Moment
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import DAYS, FLOW, SHARE

TERMS = {
    "capacity": FLOW.saying("asylum cases that the country can process"),
    "recognition": SHARE.saying("share of decided cases that are recognized"),
    "decision_days": DAYS.saying("days to a decision"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Set capacity, recognition and the days to a decision of asylum in the target's countries."""
    countries = list(frame.country_indices(instrument))
    if "capacity" in instrument.terms:
        rules.asylum_capacity[countries] += instrument.terms["capacity"].per_day(now.day)
    if "recognition" in instrument.terms:
        rules.asylum_recognition[countries] = instrument.terms["recognition"].number(now.day)
    if "decision_days" in instrument.terms:
        rules.asylum_days[countries] = instrument.terms["decision_days"].number(now.day)


KIND = Kind(
    name="asylum_access",
    meaning=(
        "A country on the way takes asylum claims: capacity, recognition and the days to a decision set what "
        "asking for asylum there is worth against going on."
    ),
    terms=TERMS,
    one_of=(
        "capacity",
        "recognition",
        "decision_days",
    ),
    apply=apply,
)
