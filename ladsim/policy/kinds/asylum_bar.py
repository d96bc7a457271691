"""Bars on asylum after an encounter between ports, expulsion and return."""

from __future__ import annotations

import math

import numpy as np

from ladsim.core.schema import Party
from ladsim.policy.dates import mistake
from ladsim.policy.frame import Frame, Moment, at_least, by_nationality, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import AsylumBar, Rules
from ladsim.policy.terms import (
    DAYS,
    ENCOUNTERS,
    LOG_ODDS,
    LONGEST_DAYS,
    PERSONS_A_DAY,
    PERSONS_A_DAY_BY_NATIONALITY,
    RATIO,
    SHARE_BY_NATIONALITY,
    TermSpec,
)

TERMS = {
    "expulsion_share_single_adult": SHARE_BY_NATIONALITY.saying(
        "share of encountered single adults who can be expelled"
    ),
    "expulsion_share_family_member": SHARE_BY_NATIONALITY.saying(
        "share of encountered members of families who can be expelled"
    ),
    "expulsion_share_unaccompanied_child": SHARE_BY_NATIONALITY.saying(
        "share of encountered unaccompanied children who can be expelled"
    ),
    "expulsion_air_share": SHARE_BY_NATIONALITY.saying("share of expulsions that go by air to people's own country"),
    "expulsion_capacity": PERSONS_A_DAY_BY_NATIONALITY.saying("people a day whom Mexico takes back under the order"),
    "return_to_mexico_per_day": PERSONS_A_DAY.saying("people a day who are returned to wait in Mexico"),
    "taken_back_share": SHARE_BY_NATIONALITY.saying(
        "share of timely consequences that are returns to Mexico under Title 8"
    ),
    "taken_back_per_day": PERSONS_A_DAY.saying("people a day whom Mexico takes back under Title 8"),
    "threshold_on": ENCOUNTERS.saying("average encounters above which the bar goes on"),
    "threshold_off": ENCOUNTERS.saying("average encounters below which it can go off"),
    "window_days": TermSpec(("days",), 1.0, LONGEST_DAYS).saying("days over which encounters are averaged"),
    "counted_share_unaccompanied_child": SHARE_BY_NATIONALITY.saying(
        "share of encountered unaccompanied children who count in the average (all, if it is not given)"
    ),
    "quiet_days": DAYS.saying("days below the lower threshold until it goes off"),
    "ease_shift": LOG_ODDS.saying("added to how easily a case ends in a timely consequence while the bar is on"),
    "processing_factor": RATIO.saying("multiplies the cases a day that can be processed while the bar is on"),
    "removed_after_transfer": SHARE_BY_NATIONALITY.saying("least share of those transferred to ICE who are removed"),
    "removed_after_transfer_at_most": SHARE_BY_NATIONALITY.saying(
        "largest share of them, where their own country refuses flights"
    ),
    "held_share": SHARE_BY_NATIONALITY.saying(
        "share of adults and families who would otherwise be released who are sent back at once or held"
    ),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Set who can be expelled, how often and to where, and the bars that watch the number of encounters."""
    for party in Party:
        share = by_nationality(instrument, f"expulsion_share_{party.name.lower()}", frame, now.day)
        if share is not None:
            mask, values = share
            rules.expulsion_share[mask, party] = values[mask]
    for name, array in (
        ("expulsion_air_share", rules.expulsion_air_share),
        ("expulsion_capacity", rules.expulsion_capacity),
    ):
        given = by_nationality(instrument, name, frame, now.day)
        if given is not None:
            mask, values = given
            array[mask] = values[mask]
    capacity = instrument.terms.get("expulsion_capacity")
    if capacity is not None:
        mask = frame.nationality_mask(instrument)
        shared = not isinstance(capacity.at(now.day), dict)
        rules.expulsion_pool[mask] = np.flatnonzero(mask)[0] if shared else np.flatnonzero(mask)
    rules.return_to_mexico_per_day += number(instrument, "return_to_mexico_per_day", now.day, 0.0)
    taken_back = by_nationality(instrument, "taken_back_share", frame, now.day)
    if taken_back is not None:
        mask, values = taken_back
        rules.taken_back_share[mask] = values[mask]
        rules.taken_back_per_day[mask] = number(instrument, "taken_back_per_day", now.day, math.inf)
        rules.taken_back_pool[mask] = np.flatnonzero(mask)[0]
    at_most = by_nationality(instrument, "removed_after_transfer_at_most", frame, now.day)
    if at_most is not None:
        mask, values = at_most
        rules.removed_after_transfer_at_most[mask] = np.minimum(
            rules.removed_after_transfer_at_most[mask], values[mask]
        )
    at_least(instrument, "removed_after_transfer", rules.removed_after_transfer, frame, now.day)
    at_least(instrument, "held_share", rules.held_share, frame, now.day)
    terms = instrument.terms
    if "ease_shift" in terms or "processing_factor" in terms:
        watches = "threshold_on" in terms
        counted = np.ones(len(frame.nationalities))
        children = by_nationality(instrument, "counted_share_unaccompanied_child", frame, now.day)
        if children is not None:
            mask, values = children
            counted[mask] = values[mask]
        rules.asylum_bars.append(
            AsylumBar(
                id=instrument.id,
                threshold_on=terms["threshold_on"].number(now.day) if watches else None,
                threshold_off=terms["threshold_off"].number(now.day) if watches else None,
                window_days=round(number(instrument, "window_days", now.day, 1.0)),
                quiet_days=round(number(instrument, "quiet_days", now.day, 0.0)),
                ease_shift=number(instrument, "ease_shift", now.day, 0.0),
                processing_factor=number(instrument, "processing_factor", now.day, 1.0),
                nationalities=frame.nationality_mask(instrument),
                counted_children=counted,
            )
        )


def _check(instrument: Instrument) -> None:
    terms = instrument.terms
    on, off = terms.get("threshold_on"), terms.get("threshold_off")
    if (on is None) != (off is None):
        raise mistake("one threshold only", at=("terms",), value=list(terms), expected="both thresholds")
    if on is not None and off is not None:
        for day in {*on.values, *off.values}:
            if off.number(day) > on.number(day):
                at = ("terms", "threshold_off")
                raise mistake("above threshold_on", at=at, value=off.number(day), expected="not above threshold_on")


KIND = Kind(
    name="asylum_bar",
    meaning=(
        "After an encounter between ports fewer can be released: people are expelled, returned, or processed more "
        "quickly. With thresholds it goes on and off with the number of encounters."
    ),
    terms=TERMS,
    one_of=(
        "expulsion_share_single_adult",
        "expulsion_share_family_member",
        "expulsion_share_unaccompanied_child",
        "return_to_mexico_per_day",
        "taken_back_share",
        "ease_shift",
        "processing_factor",
        "removed_after_transfer",
        "removed_after_transfer_at_most",
        "held_share",
    ),
    apply=apply,
    check=_check,
)
