"""Every instrument does something: its case shows what it moves, and whom, with which sign, on common draws.

The cases are the files of tests/policy/cases; a case fails unless the 90 percent interval of the paired difference over
its seeds excludes zero with the sign that it names. Seeds are fixed, so a case that passes goes on passing until the
model or the lever changes.
"""

from __future__ import annotations

from typing import Any

import pytest
from lever_cases import Case, differences, group_of, library, read_cases, sharing

from ladsim import data
from ladsim.policy.listing import commitments
from ladsim.policy.scenario import load_scenario

CASES = read_cases()


EXPERIMENT = "a natural experiment, which the score runs with and without it"
STANDS = "acts on the first day of the record, so that no day before it can be shared with a run without it; "
WITHOUT_CASE = {
    "ecuador_visa_china": EXPERIMENT,
    "mexico_interior_enforcement_2024": EXPERIMENT,
    "mexico_visa_brazil": EXPERIMENT,
    "mexico_visa_ecuador": EXPERIMENT,
    "mexico_visa_peru": EXPERIMENT,
    "mexico_visa_venezuela": EXPERIMENT,
    "nicaragua_waiver_cuba": EXPERIMENT,
    "title_42_end_lawful_pathways_rule": EXPERIMENT,
    "title_42_venezuela_2022": EXPERIMENT,
    "mexico_asylum_2021": STANDS + "its capacity is what was applied for in a year",
    "mexico_interior_enforcement": STANDS + "its factors are derived from events and encounters",
    "port_exceptions": STANDS + "encounters at ports are compared with the record",
    "title_42": STANDS + "its shares are derived from expulsions and encounters",
    "us_processing_capacity": STANDS + "dispositions are compared with the record",
    "mpp_2019": STANDS + "26 people a day are returned for three weeks",
}
"""Instruments that have no case, and why."""


def test_every_instrument_has_its_case_or_a_reason() -> None:
    assert not set(CASES) & set(WITHOUT_CASE)
    assert set(CASES) | set(WITHOUT_CASE) == set(library())
    assert set(commitments(library())) <= set(CASES)


def test_the_reasons_hold() -> None:
    measured = set(data.table("experiments")["instrument"])
    first = load_scenario("history").start
    for name, why in WITHOUT_CASE.items():
        if why == EXPERIMENT:
            assert name in measured, name
        else:
            assert library()[name].start <= first, name


def in_groups() -> list[Any]:
    """Return the cases with those of the same days together, in one process: they share the run without any lever."""
    return [
        pytest.param(case, id=f"{case.lever}{group_of(case.days)}")
        for case in sorted(CASES.values(), key=lambda c: (repr(sharing(c)), c.lever))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("case", in_groups())
def test_the_lever_moves_what_its_case_says(case: Case) -> None:
    assert library()[case.lever].status != "institutional"
    assert case.moves
    found = differences(case)
    assert all(d.shown for d in found), f"{case.what}\n" + "\n".join(str(d) for d in found)
