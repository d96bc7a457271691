"""What is spread over processes comes back whole, with one worker and with two, and an error in a worker is raised."""

from __future__ import annotations

import math
import os
import signal

import pytest

from ladsim.core.errors import UserError
from ladsim.runs.workers import spread


def _killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_every_call_is_made_once(workers: int) -> None:
    found = list(spread(math.gcd, [(12, n) for n in range(1, 13)], workers))
    assert sorted(found) == sorted(math.gcd(12, n) for n in range(1, 13))


def test_one_worker_keeps_the_order_and_starts_a_call_when_it_is_asked_for() -> None:
    calls: list[int] = []
    results = spread(calls.append, [(n,) for n in range(3)], 1)
    assert calls == []
    next(results)
    assert calls == [0]
    list(results)
    assert calls == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_call_is_raised_here(workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread(divmod, [(1, 1), (1, 0)], workers))


def test_workers_that_are_killed_again_and_again_are_one_message() -> None:
    with pytest.raises(UserError, match=r"worker processes were killed 3 times[\s\S]*a larger scale"):
        list(spread(_killed, [(1,), (2,)], 2))
    assert sorted(spread(math.gcd, [(4, 6), (9, 6)], 2)) == [2, 3], "the next calls have new workers"
