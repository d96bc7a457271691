"""Shares of the variance: right on made-up replicates whose parts are known, and silent where nothing can be told."""

from __future__ import annotations

import numpy as np
import pytest

from ladsim.results.variance import repeats, shares

SETS = [0, 1, 2, 3, 4, 0, 1, 2]


@pytest.mark.parametrize("parts", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 2.0, 3.0)])
@pytest.mark.parametrize(("sets", "again", "within"), [(SETS, 4, 0.32), ([i % 20 for i in range(80)], 40, 0.11)])
def test_known_parts_are_found(parts: tuple[float, float, float], sets: list[int], again: int, within: float) -> None:
    # Eight replicates are few: cut at zero, a part that is nothing comes out as a fifth on average.
    rng, n = np.random.default_rng(5), 1000
    by_chance, by_sets, by_terms = (np.sqrt(p) for p in parts)
    alike = by_chance * rng.standard_normal((n, len(sets)))
    alike += (by_sets * rng.standard_normal((n, max(sets) + 1)))[:, sets]
    terms, others = (by_terms * rng.standard_normal((n, k)) for k in (len(sets), again))
    found = shares(alike + terms, sets, alike[:, :again] + others)
    assert found.sum(axis=1) == pytest.approx(np.ones(n))
    assert found.mean(axis=0) == pytest.approx(np.array(parts) / sum(parts), abs=within)


def test_another_seed_tells_chance_where_no_set_has_two_replicates() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert np.isnan(shares(values, [0, 1, 2, 3], None)).all()
    assert shares(values, [0, 1, 2, 3], None, np.array([1.0, 2.0])) == pytest.approx([0.0, 1.0, 0.0])
    far = shares(values, [0, 1, 2, 3], None, np.array([11.0, -8.0]))
    assert far == pytest.approx([1.0, 0.0, 0.0])


def test_one_set_leaves_chance_and_terms() -> None:
    values = np.array([1.0, 2.0, 3.0, 6.0])
    found = shares(values, [0, 0, 0, 0], np.array([2.0, 2.0]))
    assert found[1] == 0.0
    assert found[2] == pytest.approx(0.25 / values.var(ddof=1))


def test_nothing_is_told_of_one_replicate_or_of_what_does_not_vary() -> None:
    assert np.isnan(shares(np.array([3.0]), [0], None)).all()
    assert np.isnan(shares(np.full(4, 7.0), [0, 1, 0, 1], np.full(2, 7.0))).all()


def test_repeats() -> None:
    assert repeats(SETS) == 3
    assert repeats([0, 1, 2]) == 0
