"""What all tests share: finished models are collected now and then, since large arrays do not hurry gc."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator

import pytest

_TESTS = itertools.count(1)
EVERY = 15
"""Tests between two collections."""


@pytest.fixture(autouse=True)
def free_models() -> Iterator[None]:
    """Collect what the last tests have left behind."""
    yield
    if next(_TESTS) % EVERY == 0:
        gc.collect()
