"""What people on the way reckon with, and when it is news that it will not be so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import parameters

from ladsim.behavior.hopes import NEVER, Hopes

CLASSES, NODES = 2, 3


def worth(value: float) -> np.ndarray:
    return np.full((CLASSES, NODES), value)


def test_a_fall_at_once_is_news_and_is_reckoned_with_afterwards() -> None:
    hopes = Hopes(CLASSES, NODES, parameters(regret=1.0, hope_half_life=30.0))
    assert (hopes.compare(worth(8.0), 0) == NEVER).all()
    fallen = worth(8.0)
    fallen[1, 2] = 6.9
    news = hopes.compare(fallen, 14)
    assert news[1, 2] == 14
    assert (np.delete(news.ravel(), 5) == NEVER).all()
    assert hopes.compare(fallen, 28)[1, 2] == 14, "what is known is no news"


@pytest.mark.parametrize(("half_life", "is_news"), [(7.0, False), (120.0, True)])
def test_a_decline_is_news_where_it_outruns_what_people_reckon_with(half_life: float, is_news: bool) -> None:
    hopes = Hopes(CLASSES, NODES, parameters(regret=1.0, hope_half_life=half_life))
    for week in range(20):
        news = hopes.compare(worth(8.0 - 0.08 * week), 7 * week)
    assert (news > NEVER).all() == is_news


@given(st.lists(st.floats(-20.0, 20.0), min_size=2, max_size=12))
def test_what_is_reckoned_with_lies_within_what_was(values: list[float]) -> None:
    hopes = Hopes(CLASSES, NODES, parameters())
    for day, value in enumerate(values):
        hopes.compare(worth(value), 7 * day)
    assert min(values) - 1e-9 <= hopes.worth[0, 0] <= max(values) + 1e-9


def test_what_nobody_can_reach_is_no_news() -> None:
    hopes = Hopes(CLASSES, NODES, parameters())
    for day, value in enumerate((-np.inf, -np.inf, 3.0, 3.0, 0.0)):
        news = hopes.compare(worth(value), 7 * day)
    assert (news == 28).all()
