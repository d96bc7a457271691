"""What is told and what is done can be left out apart."""

from __future__ import annotations

import pytest

from ladsim.core.errors import UserError
from ladsim.policy.claims import claims_alone, deeds_alone
from ladsim.policy.scenario import load_scenario

PROGRAM = "panama_removal_program"


def test_deeds_alone_are_told_to_nobody_and_done_all_the_same() -> None:
    whole = load_scenario("panama_removal")
    silent = deeds_alone(whole, PROGRAM)
    assert whole.instruments[PROGRAM].announces is not None
    assert silent.instruments[PROGRAM].announces is None
    assert silent.instruments[PROGRAM].terms == whole.instruments[PROGRAM].terms
    others = set(whole.instruments) - {PROGRAM}
    assert all(silent.instruments[name] is whole.instruments[name] for name in others)


def test_a_claim_alone_is_told_and_nothing_is_done() -> None:
    whole = load_scenario("panama_removal")
    idle = claims_alone(whole, PROGRAM).instruments[PROGRAM]
    assert idle.announces == whole.instruments[PROGRAM].announces
    assert set(idle.terms["removals_per_day"].values.values()) == {0.0}
    assert max(whole.instruments[PROGRAM].terms["removals_per_day"].values.values()) > 0.0


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (deeds_alone, "nothing_such", "no such instrument"),
        (deeds_alone, "chnv_parole", "announces nothing"),
        (claims_alone, "title_42_end_lawful_pathways_rule", "cannot be left out"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(make: object, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make(load_scenario("history"), name)  # type: ignore[operator]
