"""A tiny world's frame, and a way to write instrument files, for the tests of levers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lever_fakes import REMOVAL, read

from ladsim.policy.frame import Frame
from ladsim.policy.instrument import Instrument


@pytest.fixture
def frame() -> Frame:
    """Three ways (Darien walk, flight to Mexico, Mexican bus), two nationalities, three countries, two groups."""
    n_ways, n_nationalities = 3, 2

    def entry(day: date) -> tuple[np.ndarray, np.ndarray]:
        way_open = np.ones((n_ways, n_nationalities), dtype=bool)
        way_open[1, 1] = False
        return way_open, np.zeros((n_ways, n_nationalities))

    base = np.array([[0.0, 0.0], [0.05, 0.05], [0.2, 0.2]])
    return Frame(
        nationalities=("VEN", "CUB"),
        countries=("PAN", "MEX", "COL"),
        nodes=("bogota", "lajas_blancas", "tapachula"),
        ways=("darien__walk", "bogota__mexico__flight", "tapachula__tijuana__bus"),
        way_rule=("", "MEX_air", ""),
        way_stretch=np.array([0, 2, 1]),
        interdiction=base,
        stoppable=np.ones((n_ways, n_nationalities), dtype=bool),
        interdiction_country=np.array([0, 1, 1]),
        groups=("VEN_VEN", "VEN_COL"),
        group_nationality=np.array([0, 0]),
        group_country=np.array([2, 2]),
        group_irregular=np.array([0.0, 1000.0]),
        node_country=np.array([2, 0, 1]),
        entry=entry,
        stretches=("darien", "mexico", "air_charter"),
        destination="USA",
        year_begins=(1, 1, 1),
    )


@pytest.fixture
def removal() -> Instrument:
    """A removal program with two steps."""
    return read(REMOVAL)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the removal program's file with some text replaced."""

    def _write(*changes: tuple[str, str], name: str = "removal_test", text: str = REMOVAL) -> Path:
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return _write
