"""Lawful pathways: places that people may apply for instead of leaving, and walking in at ports."""

from __future__ import annotations

import math

from ladsim.policy.dates import mistake
from ladsim.policy.frame import Frame, Moment, by_nationality, number
from ladsim.policy.instrument import CHANNELS, PATHWAY_KEYS, Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Pathway, Rules
from ladsim.policy.terms import DAYS, FLOW, PERSONS, PERSONS_A_DAY_BY_NATIONALITY, SHARE, SHARE_BY_NATIONALITY

TERMS = {
    "capacity": FLOW.saying("places that can be granted"),
    "processing_days": DAYS.saying("days from the grant of a place to the arrival"),
    "approval_rate": SHARE.saying("share of applications that can be approved"),
    "longest_first_share": SHARE.saying("of a queue by lot: share of places for those who have waited longest"),
    "places": PERSONS.saying("places that can be granted in all"),
    "walk_in_per_day": PERSONS_A_DAY_BY_NATIONALITY.saying("people processed at ports of entry without an appointment"),
    "walk_in_parole_share": SHARE_BY_NATIONALITY.saying("share of them who are paroled or get a notice to appear"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Open places that can be applied for, and set who walks in at ports and what becomes of them."""
    walk_in = by_nationality(instrument, "walk_in_per_day", frame, now.day)
    if walk_in is not None:
        mask, values = walk_in
        rules.walk_in_per_day[mask] += values[mask]
    paroled = by_nationality(instrument, "walk_in_parole_share", frame, now.day)
    if paroled is not None:
        mask, values = paroled
        rules.walk_in_parole_share[mask] = values[mask]
    if "capacity" not in instrument.terms:
        return
    capacity = instrument.terms["capacity"].per_day(now.day)
    term = instrument.terms["capacity"]
    name = instrument.continues or instrument.id
    rules.pathways[:] = [path for path in rules.pathways if path.id != name]
    rules.pathways.append(
        Pathway(
            id=name,
            channel=instrument.channel or "residence",
            open=capacity > 0.0,
            capacity_per_day=capacity,
            processing_days=number(instrument, "processing_days", now.day, 0.0),
            approval_rate=number(instrument, "approval_rate", now.day, 1.0),
            needs_ties=instrument.needs_ties,
            bars_irregular_entry=instrument.bars_irregular_entry,
            longest_first=_longest_first(instrument, now),
            eligible=frame.nationality_mask(instrument)[:, None] & frame.residence_mask(instrument)[None, :],
            office_countries=frame.country_indices(instrument),
            destination=instrument.destination or frame.destination,
            since_day=((instrument.barred_since or instrument.start) - now.start).days,
            window=term.unit.removeprefix("persons/"),
            year_begins=frame.year_of(instrument.destination),
            total_places=number(instrument, "places", now.day, math.inf),
            seasonal=instrument.stay == "seasonal",
            registration=instrument.application == "registration",
            present_by=None if instrument.present_by is None else (instrument.present_by - now.start).days,
        )
    )


def _longest_first(instrument: Instrument, now: Moment) -> float:
    """Return the share of today's places that goes by length of the wait; the rest goes by lot."""
    if instrument.queue == "first_come":
        return 1.0
    return number(instrument, "longest_first_share", now.day, 0.0)


def _check(instrument: Instrument) -> None:
    if instrument.channel is None:
        raise mistake("no channel", at=("channel",), expected="one of " + ", ".join(CHANNELS))
    if instrument.queue == "first_come" and "longest_first_share" in instrument.terms:
        expected = "queue: lottery, or no such term: all places of a queue in order go to those who have waited longest"
        raise mistake("not of a queue in order", at=("terms", "longest_first_share"), expected=expected)


KIND = Kind(
    name="lawful_pathway",
    meaning=(
        "People who are eligible may apply instead of leaving. A place is worth its chance of approval times the "
        "value of arriving, less the wait; places are limited, so people queue, and leave the queue if it grows "
        "too long."
    ),
    terms=TERMS,
    one_of=(
        "capacity",
        "walk_in_per_day",
    ),
    apply=apply,
    check=_check,
    keys=PATHWAY_KEYS,
)
