"""Removals from places on the way, and the capacity to deliver consequences at the border."""

from __future__ import annotations

import numpy as np

from ladsim.core.schema import Party
from ladsim.policy.frame import Frame, Moment, at_least, by_nationality, number
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import Kind
from ladsim.policy.rules import NodeRemoval, Rules
from ladsim.policy.terms import LOG_ODDS, PERSONS_A_DAY, SHARE, SHARE_BY_NATIONALITY, TermSpec

TERMS = {
    "removals_per_day": PERSONS_A_DAY.saying("people who can be removed in a day"),
    "screened_in_share": SHARE.saying("share whom the protection screening exempts"),
    "consequences_per_day": PERSONS_A_DAY.saying(
        "people for whom the United States can deliver a timely consequence in a day"
    ),
    "consequence_ease": TermSpec(("log-odds",), -20.0, 20.0, by_nationality=True).saying(
        "how easily a case ends in a timely consequence"
    ),
    "consequence_ease_single_adult": LOG_ODDS.saying("the same, for single adults"),
    "consequence_ease_family_member": LOG_ODDS.saying("the same, for members of families"),
    "consequence_ease_unaccompanied_child": LOG_ODDS.saying("the same, for unaccompanied children"),
    "interior_removal_share": SHARE_BY_NATIONALITY.saying(
        "share of those who enter who must reckon with being removed from inside the country"
    ),
}


def apply(instrument: Instrument, rules: Rules, frame: Frame, now: Moment) -> None:
    """Remove from the target's places, and add to the capacity and the ease of consequences at the border."""
    if "removals_per_day" in instrument.terms:
        nodes = np.array([frame.nodes.index(n) for n in instrument.target.nodes if n in frame.nodes], dtype=np.int64)
        countries = frame.country_indices(instrument)
        rules.removals.append(
            NodeRemoval(
                id=instrument.id,
                country=countries[0] if countries else int(frame.node_country[nodes[0]]),
                nodes=nodes,
                removals_per_day=instrument.terms["removals_per_day"].number(now.day),
                screened_in_share=number(instrument, "screened_in_share", now.day, 0.0),
                nationalities=frame.nationality_mask(instrument),
            )
        )
    rules.consequence_per_day += number(instrument, "consequences_per_day", now.day, 0.0)
    ease = by_nationality(instrument, "consequence_ease", frame, now.day)
    if ease is not None:
        mask, values = ease
        rules.consequence_ease[mask] += values[mask][:, None]
    concerned = frame.nationality_mask(instrument)
    for party in Party:
        rules.consequence_ease[concerned, party] += number(
            instrument, f"consequence_ease_{party.name.lower()}", now.day, 0.0
        )
    at_least(instrument, "interior_removal_share", rules.interior_removal_share, frame, now.day)


KIND = Kind(
    name="removal",
    meaning=(
        "People are sent to their own country after screening, up to a daily capacity: from places on the way, or "
        "after an encounter at the US border. What happens to some is news to others."
    ),
    terms=TERMS,
    one_of=tuple(name for name in TERMS if name != "screened_in_share"),
    apply=apply,
)
