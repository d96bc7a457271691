"""Random numbers: known answers, twins, distributions, independence of order."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from ladsim.core import draws
from ladsim.core.draws import Decision

FALSE_ALARM = 1e-4
"""Chance that a statistical test here fails on a perfect generator; seeds are fixed, so it fails always or never."""

ONES = 0xFFFFFFFF
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

words32 = st.integers(0, ONES)
persons64 = st.integers(-(2**63), 2**63 - 1)
days = st.integers(-(2**31), 2**31 - 1)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_random123_known_answers(counter, key, answer):
    assert draws.philox_py(counter, key) == answer
    assert tuple(int(w) for w in draws.philox(*map(np.uint64, (*counter, *key)))) == answer


def test_address_fields_are_the_counter_and_key():
    person = 0x85A308D3 << 32 | 0x243F6A88
    signed = person - 2**64
    found = draws.words(0xA4093822, 0x299F31D0, signed, 0x13198A2E, 0x03707344)
    assert tuple(int(w) for w in found) == KNOWN_ANSWERS[2][2]


def test_decision_numbers_are_fixed():
    assert len({d.value for d in Decision}) == len(Decision.__members__), "a number is used twice"
    assert {d.name: d.value for d in Decision} == {
        "N_ARRIVALS": 1,
        "PARTY": 2,
        "MEANS_CLASS": 3,
        "MEANS": 4,
        "TIES": 5,
        "LAG": 6,
        "RISK_AVERSION": 7,
        "URGENCY": 8,
        "REGULAR_STATUS": 9,
        "FIRST_DAY": 10,
        "DEPART": 11,
        "ROUTE": 12,
        "TRAVEL_DAYS": 13,
        "PASSAGE": 14,
        "CROSSING": 15,
        "DISPOSITION": 16,
        "EXPULSION": 17,
        "CUSTODY_DAYS": 18,
        "PATHWAY_RANK": 19,
        "PATHWAY_APPROVAL": 20,
        "BOARDING": 21,
        "REMOVAL_RANK": 22,
        "SCREENING": 23,
        "APPOINTMENT_RANK": 24,
        "FADE": 25,
        "REGULARIZATION_RANK": 26,
        "ASYLUM": 27,
        "AFTER_REMOVAL": 28,
        "EARN": 29,
        "WALK_IN": 30,
        "INTERDICTION_OUTCOME": 31,
        "RECOGNITION": 32,
        "PANEL": 33,
        "PATHWAY_CHOICE": 34,
        "PRESENCE": 35,
        "KIND": 36,
        "EXIT": 37,
        "PATIENCE": 38,
        "PORT_OFFICE": 39,
        "LAWFUL_ONLY": 40,
        "LONGEST_FIRST": 41,
        "TASTE": 42,
        "TASTE_FOR_WAYS": 43,
    }


@settings(max_examples=200, deadline=None)
@given(seed=words32, decision=st.sampled_from(Decision), person=persons64, day=days, block=words32)
def test_twin_gives_the_same_bits(seed, decision, person, day, block):
    address = (seed, int(decision), person, day, block)
    first, second = draws.uniform2_py(*address)
    assert draws.uniform2(*address) == (first, second)
    assert draws.uniform(*address) == draws.uniform_py(*address) == first
    assert 0.0 <= first < 1.0
    assert 0.0 <= second < 1.0


def test_twins_of_other_distributions_agree():
    for person in range(200):
        address = (7, int(Decision.MEANS), person, 3)
        assert draws.normal(*address) == pytest.approx(draws.normal_py(*address), rel=1e-14, abs=1e-15)
        assert draws.exponential(*address) == pytest.approx(draws.exponential_py(*address), rel=1e-14)


def test_largest_uniform_is_below_one_and_its_tail_is_finite():
    assert draws._unit(np.uint64(ONES), np.uint64(ONES)) == 1.0 - 2.0**-53
    assert math.isfinite(math.log(1.0 - draws._unit(np.uint64(ONES), np.uint64(ONES))))


def test_usable_inside_a_kernel_with_a_decision_and_narrow_integers():
    @njit
    def kernel(seed, persons, day):
        total = 0.0
        for person in persons:
            total += draws.uniform(seed, Decision.DEPART, person, day)
        return total

    persons = np.arange(10, dtype=np.int64)
    expected = sum(draws.uniform_py(ONES, Decision.DEPART, p, 4) for p in range(10))
    assert kernel(ONES, persons, np.int32(4)) == pytest.approx(expected, rel=1e-15)
    assert kernel(np.uint32(ONES), persons.astype(np.int32), np.int16(4)) == kernel(ONES, persons, 4)


@settings(max_examples=50, deadline=None)
@given(st.permutations(list(range(40))), st.integers(1, 39))
def test_draws_do_not_depend_on_order_or_company(order, chunk):
    persons = np.arange(1000, 1040, dtype=np.int64)
    whole = draws.uniforms(5, Decision.ROUTE, persons, 9)
    order = np.array(order)
    assert np.array_equal(draws.uniforms(5, Decision.ROUTE, persons[order], 9), whole[order])
    parts = [
        draws.uniforms(5, Decision.ROUTE, persons[:chunk], 9),
        draws.uniforms(5, Decision.ROUTE, persons[chunk:], 9),
    ]
    assert np.array_equal(np.concatenate(parts), whole)


def test_vectors_equal_twins_for_one_day_and_many():
    persons = np.array([3, 2**40 + 1, 2**55, 7], dtype=np.int64)
    when = np.array([0, 5, 2000, 5])
    assert draws.uniforms(1, 2, persons, 5).tolist() == [draws.uniform_py(1, 2, int(p), 5) for p in persons]
    expected = [draws.uniform_py(1, 2, int(p), int(d), 6) for p, d in zip(persons, when, strict=True)]
    assert draws.uniforms(1, 2, persons, when, 6).tolist() == expected
    assert draws.normals(1, 2, persons, when).tolist() == pytest.approx(
        [draws.normal_py(1, 2, int(p), int(d)) for p, d in zip(persons, when, strict=True)]
    )
    assert draws.uniforms(1, 2, persons[:0], 5).size == 0
    with pytest.raises(ValueError, match="as long as persons"):
        draws.uniforms(1, 2, persons, when[:2])


def test_uniforms_are_uniform_and_fields_of_the_address_are_independent():
    base = np.arange(100_000, dtype=np.int64)
    samples = {
        "person": draws.uniforms(1, Decision.ROUTE, base, 0),
        "cohort": draws.uniforms(1, Decision.ROUTE, (base % 7 + 1) << 48 | base, 0),
        "day": draws.uniforms(1, Decision.ROUTE, np.full(base.size, 5), base),
        "seed": draws.uniforms(2, Decision.ROUTE, base, 0),
        "decision": draws.uniforms(1, Decision.DEPART, base, 0),
        "block": draws.uniforms(1, Decision.ROUTE, base, 0, 1),
    }
    for name, sample in samples.items():
        counts = np.bincount((sample * 256).astype(int), minlength=256)
        assert stats.chisquare(counts).pvalue > FALSE_ALARM, name
        assert stats.kstest(sample, "uniform").pvalue > FALSE_ALARM, name
        pairs = np.bincount((sample[:-1] * 16).astype(int) * 16 + (sample[1:] * 16).astype(int), minlength=256)
        assert stats.chisquare(pairs).pvalue > FALSE_ALARM, f"neighbors by {name}"
    for name, sample in samples.items():
        if name != "person":
            assert stats.pearsonr(samples["person"], sample).pvalue > FALSE_ALARM, name


def test_the_two_doubles_of_one_address_are_independent():
    pairs = np.array([draws.uniform2(3, Decision.PASSAGE, p, 1) for p in range(40_000)])
    cells = np.bincount((pairs[:, 0] * 16).astype(int) * 16 + (pairs[:, 1] * 16).astype(int), minlength=256)
    assert stats.chisquare(cells).pvalue > FALSE_ALARM


def test_normals_and_exponentials_have_their_distribution():
    persons = np.arange(100_000, dtype=np.int64)
    assert stats.kstest(draws.normals(1, Decision.MEANS, persons, 0), "norm").pvalue > FALSE_ALARM
    assert stats.kstest(draws.exponentials(1, Decision.URGENCY, persons, 0), "expon").pvalue > FALSE_ALARM


def test_lottery_keeps_the_order_of_any_two_whoever_else_takes_part():
    persons = np.arange(50, dtype=np.int64)
    drawn = persons[draws.lottery(1, Decision.PATHWAY_RANK, persons, 3)]
    some = persons[::3]
    among = some[draws.lottery(1, Decision.PATHWAY_RANK, some, 3)]
    assert [p for p in drawn if p in set(some.tolist())] == among.tolist()
    backward = persons[::-1]
    assert backward[draws.lottery(1, Decision.PATHWAY_RANK, backward, 3)].tolist() == drawn.tolist()


def test_replicate_seeds_are_distinct_known_and_spread():
    seeds = [draws.replicate_seed(20210101, i) for i in range(5000)]
    assert len(set(seeds)) == 5000
    assert all(0 <= s < 2**32 for s in seeds)
    assert seeds[:3] == REPLICATE_SEEDS
    assert draws.replicate_seed(20210102, 0) != seeds[0]
    assert stats.kstest(np.array(seeds) / 2**32, "uniform").pvalue > FALSE_ALARM
    with pytest.raises(ValueError, match="root"):
        draws.replicate_seed(-1, 0)
    with pytest.raises(ValueError, match="replicate"):
        draws.replicate_seed(1, 2**32)


REPLICATE_SEEDS = [494788623, 3422259030, 748041557]


SEARCHES = (
    *("calibration/search.py", "validation/predictive.py", "validation/rivals.py", "validation/backtest.py"),
    *("studies/attribution.py", "studies/nowcast.py", "studies/sensitivity.py", "studies/frontier.py"),
)
"""What searches parameters or resamples results draws with NumPy, from fixed seeds; nothing that is simulated does."""


def test_no_other_source_of_randomness_in_the_package():
    package = Path(draws.__file__).parents[1]
    guilty = [
        str(path.relative_to(package))
        for path in sorted(package.rglob("*.py"))
        for text in [path.read_text(encoding="utf-8")]
        if str(path.relative_to(package)) not in SEARCHES
        and ("np." + "random" in text or "numpy." + "random" in text or "\nimport random" in text)
    ]
    assert guilty == []
