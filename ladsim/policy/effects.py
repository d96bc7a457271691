"""What each of the ten kinds of lever does to the rules of a day.

One function a kind; each sets the primitives of its kind and nothing else. Instruments act in the order of their start,
then id: where two set the same thing the later one holds, factors multiply, and what adds up adds up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ladsim.core import schema
from ladsim.policy.frame import Frame, Moment
from ladsim.policy.instrument import Instrument
from ladsim.policy.rules import AsylumBar, NodeRemoval, Pathway, Regularization, Rules

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
DECAY_STEP = 7
"""Days after which the recovery of a smuggling network is reckoned anew."""

FISCAL_YEAR = {"USA": 10}
"""The month in which a year of capacity begins, where it is not January: the US fiscal year begins in October."""
SMALLEST_PULSE = 0.005
"""A smuggling network's lost capacity below this share counts as recovered."""


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
        expulsion_capacity=np.full(n, np.inf),
        expulsion_pool=np.arange(n),
        return_to_mexico_per_day=0.0,
        consequence_per_day=0.0,
        consequence_ease=np.zeros((n, schema.N_PARTY)),
        walk_in_per_day=np.zeros(n),
        walk_in_parole_share=np.ones(n),
        asylum_capacity=np.zeros(c),
        asylum_recognition=np.zeros(c),
        asylum_days=np.zeros(c),
        smuggling_cut=np.zeros(len(schema.STRETCHES)),
        aid_per_person=np.zeros((c, n, schema.N_PARTY)),
    )


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Let an instrument act on the rules of a day."""
    _EFFECTS[instrument.lever](instrument, rules, frame, now)


def _by_nationality(instrument: Instrument, name: str, frame: Frame, day: date) -> tuple[Bools, Floats] | None:
    """Return whom a term is about (N) and its values (N), or None without the term."""
    term = instrument.terms.get(name)
    if term is None:
        return None
    values = term.array(day, frame.nationalities)
    return frame.nationality_mask(instrument) & ~np.isnan(values), values


def _number(instrument: Instrument, name: str, day: date, default: float) -> float:
    term = instrument.terms.get(name)
    return default if term is None else term.number(day)


def _lawful_pathway(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    walk_in = _by_nationality(instrument, "walk_in_per_day", frame, now.day)
    if walk_in is not None:
        mask, values = walk_in
        rules.walk_in_per_day[mask] += values[mask]
    paroled = _by_nationality(instrument, "walk_in_parole_share", frame, now.day)
    if paroled is not None:
        mask, values = paroled
        rules.walk_in_parole_share[mask] = values[mask]
    if "capacity" not in instrument.terms:
        return
    capacity = instrument.terms["capacity"].per_day(now.day)
    residences = instrument.target.residences
    lives_there = np.array(
        [
            not residences or group in residences or frame.countries[country] in residences
            for group, country in zip(frame.groups, frame.group_country, strict=True)
        ],
        dtype=bool,
    )
    term = instrument.terms["capacity"]
    name = instrument.continues or instrument.id
    rules.pathways[:] = [path for path in rules.pathways if path.id != name]
    rules.pathways.append(
        Pathway(
            id=name,
            channel=instrument.channel or "residence",
            open=capacity > 0.0,
            capacity_per_day=capacity,
            processing_days=_number(instrument, "processing_days", now.day, 0.0),
            approval_rate=_number(instrument, "approval_rate", now.day, 1.0),
            needs_ties=instrument.needs_ties,
            bars_irregular_entry=instrument.bars_irregular_entry,
            first_come=instrument.queue == "first_come",
            eligible=frame.nationality_mask(instrument)[:, None] & lives_there[None, :],
            office_countries=frame.country_indices(instrument),
            destination=instrument.destination,
            since_day=((instrument.barred_since or instrument.start) - now.start).days,
            window=term.unit.removeprefix("persons/"),
            year_begins=FISCAL_YEAR.get(instrument.destination, 1),
            total_places=_number(instrument, "places", now.day, math.inf),
            seasonal=instrument.stay == "seasonal",
            registration=instrument.application == "registration",
            present_by=None if instrument.present_by is None else (instrument.present_by - now.start).days,
        )
    )


def _regularization(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    countries = frame.country_indices(instrument)
    nationalities = frame.nationality_mask(instrument)
    concerned = nationalities[frame.group_nationality]
    persons = np.array([frame.group_irregular[concerned & (frame.group_country == c)].sum() for c in countries])
    shares = persons / persons.sum() if persons.sum() > 0.0 else np.full(len(countries), 1.0 / max(len(countries), 1))
    capacity = instrument.terms["capacity"].per_day(now.day)
    places = _number(instrument, "places", now.day, math.inf)
    outside = _by_nationality(instrument, "outside_stock", frame, now.day)
    stock = None if outside is None else np.where(outside[0], np.nan_to_num(outside[1]), 0.0)
    for country, share in zip(countries, shares, strict=True):
        if share > 0.0:
            rules.regularizations.append(
                Regularization(
                    id=instrument.id,
                    country=country,
                    capacity_per_day=float(capacity * share),
                    total_places=float(places * share),
                    nationalities=nationalities,
                    outside_stock=None if stock is None else stock * share,
                    renewal_share=_number(instrument, "renewal_share", now.day, 0.0),
                )
            )


def _visa_restriction(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    ways = frame.way_mask(instrument)
    closed = _by_nationality(instrument, "closed", frame, now.day)
    if closed is not None:
        mask, values = closed
        rules.way_open[np.ix_(ways, mask)] = values[mask] < 0.5
    charge = _by_nationality(instrument, "charge_usd", frame, now.day)
    if charge is not None:
        mask, values = charge
        rules.way_charge[np.ix_(ways, mask)] = values[mask]
    rules.way_fare_factor[ways] *= _number(instrument, "fare_factor", now.day, 1.0)
    rules.way_capacity_factor[ways] *= _number(instrument, "capacity_factor", now.day, 1.0)


def _interdiction(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Set how likely forces stop people on the ways where they stop people at all, and on ways that are named.

    ``probability`` replaces a way's own; ``hazard_factor`` multiplies its hazard, so that ways keep their proportions:
    1 - (1 - p) ** factor.
    """
    named = np.isin(np.array(frame.ways, dtype=str), instrument.target.ways)
    controlled = frame.way_mask(instrument)[:, None] & (frame.interdiction > 0.0) | named[:, None] & frame.stoppable
    probability = _by_nationality(instrument, "probability", frame, now.day)
    if probability is not None:
        mask, values = probability
        chosen = controlled & mask[None, :]
        rules.interdiction[chosen] = np.broadcast_to(values, chosen.shape)[chosen]
    factor = _by_nationality(instrument, "hazard_factor", frame, now.day)
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


def _removal(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    if "removals_per_day" in instrument.terms:
        nodes = np.array([frame.nodes.index(n) for n in instrument.target.nodes if n in frame.nodes], dtype=np.int64)
        countries = frame.country_indices(instrument)
        rules.removals.append(
            NodeRemoval(
                id=instrument.id,
                country=countries[0] if countries else int(frame.node_country[nodes[0]]),
                nodes=nodes,
                removals_per_day=instrument.terms["removals_per_day"].number(now.day),
                screened_in_share=_number(instrument, "screened_in_share", now.day, 0.0),
                nationalities=frame.nationality_mask(instrument),
            )
        )
    rules.consequence_per_day += _number(instrument, "consequences_per_day", now.day, 0.0)
    ease = _by_nationality(instrument, "consequence_ease", frame, now.day)
    if ease is not None:
        mask, values = ease
        rules.consequence_ease[mask] += values[mask][:, None]
    concerned = frame.nationality_mask(instrument)
    for party in schema.Party:
        rules.consequence_ease[concerned, party] += _number(
            instrument, f"consequence_ease_{party.name.lower()}", now.day, 0.0
        )


def _asylum_bar(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    for party in schema.Party:
        share = _by_nationality(instrument, f"expulsion_share_{party.name.lower()}", frame, now.day)
        if share is not None:
            mask, values = share
            rules.expulsion_share[mask, party] = values[mask]
    for name, array in (
        ("expulsion_air_share", rules.expulsion_air_share),
        ("expulsion_capacity", rules.expulsion_capacity),
    ):
        given = _by_nationality(instrument, name, frame, now.day)
        if given is not None:
            mask, values = given
            array[mask] = values[mask]
    capacity = instrument.terms.get("expulsion_capacity")
    if capacity is not None:
        mask = frame.nationality_mask(instrument)
        shared = not isinstance(capacity.at(now.day), dict)
        rules.expulsion_pool[mask] = np.flatnonzero(mask)[0] if shared else np.flatnonzero(mask)
    rules.return_to_mexico_per_day += _number(instrument, "return_to_mexico_per_day", now.day, 0.0)
    removed = _by_nationality(instrument, "removed_after_transfer", frame, now.day)
    if removed is not None:
        mask, values = removed
        rules.removed_after_transfer[mask] = np.maximum(rules.removed_after_transfer[mask], values[mask])
    terms = instrument.terms
    if "ease_shift" in terms or "processing_factor" in terms:
        watches = "threshold_on" in terms
        rules.asylum_bars.append(
            AsylumBar(
                id=instrument.id,
                threshold_on=terms["threshold_on"].number(now.day) if watches else None,
                threshold_off=terms["threshold_off"].number(now.day) if watches else None,
                window_days=round(_number(instrument, "window_days", now.day, 1.0)),
                quiet_days=round(_number(instrument, "quiet_days", now.day, 0.0)),
                ease_shift=_number(instrument, "ease_shift", now.day, 0.0),
                processing_factor=_number(instrument, "processing_factor", now.day, 1.0),
                nationalities=frame.nationality_mask(instrument),
            )
        )


def _asylum_access(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    countries = list(frame.country_indices(instrument))
    if "capacity" in instrument.terms:
        rules.asylum_capacity[countries] += instrument.terms["capacity"].per_day(now.day)
    if "recognition" in instrument.terms:
        rules.asylum_recognition[countries] = instrument.terms["recognition"].number(now.day)
    if "decision_days" in instrument.terms:
        rules.asylum_days[countries] = instrument.terms["decision_days"].number(now.day)


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
    half_life = max(_number(instrument, "recovery_half_life", day, 1.0) for day in blows(instrument))
    days = half_life * math.log2(size / SMALLEST_PULSE) if size > SMALLEST_PULSE else 0.0
    return date.fromordinal(last.toordinal() + math.ceil(days))


def _smuggling_disruption(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    named = instrument.target.stretches or schema.STRETCHES
    cut = smuggling_cut(instrument, now.day)
    for stretch in named:
        i = schema.STRETCHES.index(stretch)
        rules.smuggling_cut[i] = 1.0 - (1.0 - rules.smuggling_cut[i]) * (1.0 - cut)


def _biometrics(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    added = _number(instrument, "detection", now.day, 0.0)
    ways, mask = frame.way_mask(instrument), frame.nationality_mask(instrument)
    chosen = ways[:, None] & mask[None, :] & frame.stoppable
    rules.interdiction[chosen] = 1.0 - (1.0 - rules.interdiction[chosen]) * (1.0 - added)
    recognized = _number(instrument, "recognition", now.day, 0.0)
    rules.recognition = 1.0 - (1.0 - rules.recognition) * (1.0 - recognized)


def _aid(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Add aid per displaced person; nationals of a country get it only where the target names them."""
    usd = instrument.terms["usd_per_year"].number(now.day)
    persons = instrument.terms["displaced_persons"].number(now.day)
    named = instrument.target.nationalities
    named_parties = instrument.target.parties
    parties = np.array([not named_parties or p.name.lower() in named_parties for p in schema.Party], dtype=bool)
    for country in frame.country_indices(instrument):
        code = frame.countries[country]
        reached = np.array([n in named or (not named and n != code) for n in frame.nationalities], dtype=bool)
        rules.aid_per_person[country][np.ix_(reached, parties)] += usd / persons


_EFFECTS: dict[str, Callable[[Instrument, Rules, Frame, Moment], None]] = {
    "lawful_pathway": _lawful_pathway,
    "regularization": _regularization,
    "visa_restriction": _visa_restriction,
    "interdiction": _interdiction,
    "removal": _removal,
    "asylum_bar": _asylum_bar,
    "asylum_access": _asylum_access,
    "smuggling_disruption": _smuggling_disruption,
    "biometrics": _biometrics,
    "aid": _aid,
}
