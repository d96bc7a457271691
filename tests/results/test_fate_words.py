"""Every fate has a name and a meaning."""

from __future__ import annotations

from ladsim.results.fates import LABELS, MEANINGS, ORDER


def test_every_fate_is_named_and_explained() -> None:
    assert list(LABELS) == list(MEANINGS) == list(ORDER)
    assert len(set(MEANINGS.values())) == len(ORDER)
