"""Regular status for people who live in a country without it."""

from __future__ import annotations

import math

import numpy as np

from ladsim.policy.frame import Frame, Moment, by_nationality, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Regularization, Rules
from ladsim.policy.terms import FLOW, MOST_PERSONS, PERSONS, SHARE, TermSpec

TERMS = {
    "capacity": FLOW.saying("people who can be given regular status"),
    "places": PERSONS.saying("people who can be given regular status in all"),
    "outside_stock": TermSpec(("persons",), high=MOST_PERSONS, by_nationality=True).saying(
        "people without status whom the table of residences does not hold, and who form no wish"
    ),
    "renewal_share": SHARE.saying(
        "share of places that go to people who have a status already, or came after the table's year"
    ),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Share the places of a program among its countries by the people without status who live there."""
    countries = frame.country_indices(instrument)
    nationalities = frame.nationality_mask(instrument)
    concerned = nationalities[frame.group_nationality]
    persons = np.array([frame.group_irregular[concerned & (frame.group_country == c)].sum() for c in countries])
    shares = persons / persons.sum() if persons.sum() > 0.0 else np.full(len(countries), 1.0 / max(len(countries), 1))
    capacity = instrument.terms["capacity"].per_day(now.day)
    places = number(instrument, "places", now.day, math.inf)
    outside = by_nationality(instrument, "outside_stock", frame, now.day)
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
                    renewal_share=number(instrument, "renewal_share", now.day, 0.0),
                )
            )


KIND = Kind(
    name="regularization",
    meaning=(
        "People without regular status get it where they live, as far as places go. Regular status raises the "
        "value of staying, so fewer of them set out."
    ),
    terms=TERMS,
    one_of=("capacity",),
    apply=apply,
)
