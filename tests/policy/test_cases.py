"""Every commitment of the Declaration does something: its case shows what, with which sign, on common draws.

The cases are the files of tests/policy/cases; a case fails unless the 90 percent interval of the paired difference over
its seeds excludes zero with the sign that it names. Seeds are fixed, so a case that passes goes on passing until the
model or the lever changes.
"""

from __future__ import annotations

import pytest
from lever_cases import Case, differences, library, read_cases

from ladsim.policy.listing import commitments

CASES = read_cases()


def test_every_commitment_has_its_case() -> None:
    assert set(commitments(library())) <= set(CASES)
    assert set(CASES) <= set(library())


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.institutional], ids=lambda c: c.lever)
def test_an_institutional_commitment_has_no_terms_and_says_why(case: Case) -> None:
    instrument = library()[case.lever]
    assert instrument.status == "institutional"
    assert not instrument.terms
    assert len((instrument.note or "").split()) >= 8
    assert len(case.why.split()) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in CASES.values() if not c.institutional], ids=lambda c: c.lever)
def test_the_lever_moves_what_its_case_says(case: Case) -> None:
    assert library()[case.lever].status != "institutional"
    assert case.moves
    found = differences(case)
    assert all(d.shown for d in found), f"{case.what}\n" + "\n".join(str(d) for d in found)
