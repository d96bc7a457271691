"""Aid to displaced people."""

from __future__ import annotations

import numpy as np

from ladsim.core.schema import Party
from ladsim.policy.dates import mistake
from ladsim.policy.frame import Frame, Moment
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import Rules
from ladsim.policy.terms import MOST_PERSONS, MOST_USD, TermSpec

TERMS = {
    "usd_per_year": TermSpec(("USD/year", "USD"), high=MOST_USD).saying("money a year"),
    "displaced_persons": TermSpec(("persons",), 1.0, MOST_PERSONS).saying("people whom the money is for"),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Add aid per displaced person; nationals of a country get it only where the target names them."""
    usd = instrument.terms["usd_per_year"].number(now.day)
    persons = instrument.terms["displaced_persons"].number(now.day)
    named = instrument.target.nationalities
    named_parties = instrument.target.parties
    parties = np.array([not named_parties or p.name.lower() in named_parties for p in Party], dtype=bool)
    for country in frame.country_indices(instrument):
        code = frame.countries[country]
        reached = np.array([n in named or (not named and n != code) for n in frame.nationalities], dtype=bool)
        rules.aid_per_person[country][np.ix_(reached, parties)] += usd / persons


def _check(instrument: Instrument) -> None:
    if "displaced_persons" not in instrument.terms:
        raise mistake("no displaced_persons", at=("terms",), expected="the persons whom the aid is for")


KIND = Kind(
    name="aid",
    meaning=(
        "Aid a displaced person and year raises the value of staying in the countries that get it, and pays "
        "regular life there; fewer set out."
    ),
    terms=TERMS,
    one_of=("usd_per_year",),
    apply=apply,
    check=_check,
)
