"""The map: what flows where, and labels that do not lie on each other."""

from __future__ import annotations

import fakes
import pytest

from ladsim.report import map as corridor_map
from ladsim.results.run_result import RunResult, tidy

WAY = "caracas__cucuta__bus"


@pytest.fixture(scope="module")
def pair() -> RunResult:
    return fakes.pair(start="2023-01-01", end="2023-06-30")


def test_flows_are_monthly_means_over_seeds() -> None:
    import pandas as pd

    def frame(value: int) -> pd.DataFrame:
        columns = ["month", "measure", "place", "nationality", "value"]
        return pd.DataFrame([("2023-01", "passages", WAY, "VEN", value)], columns=columns)

    table = tidy({1: frame(100), 2: frame(300)}, "a")
    result = RunResult(fakes.info("a", start="2023-01-01", end="2023-02-28"), table, (1, 2), 1)
    assert corridor_map.flows(result) == [("caracas", "cucuta", "land", 100.0)]


def test_every_way_has_a_kind_or_is_the_last_step() -> None:
    from ladsim.data import table

    assert set(table("route_ways")["mode"]) - set(corridor_map.GROUP) == {"entry"}


def test_labels_do_not_lie_on_each_other(pair: RunResult) -> None:
    figure = pair.plot.map()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for axes in figure.axes:
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in axes.texts if t.get_text()]
        assert len(boxes) >= 8
        for i, (name, box) in enumerate(boxes):
            for other, second in boxes[i + 1 :]:
                assert not box.overlaps(second), (name, other)


def test_windows_keep_their_shape_and_do_not_overlap(pair: RunResult) -> None:
    figure = pair.plot.map()
    width, height = figure.get_size_inches()
    boxes = [axes.get_position() for axes in figure.axes]
    windows = (corridor_map.SOUTH, corridor_map.NORTH, corridor_map.ISTHMUS)
    for box, window in zip(boxes, windows, strict=True):
        assert box.height * height / (box.width * width) == pytest.approx(corridor_map._shape(window))
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


@pytest.mark.parametrize(("value", "nice"), [(123456, 100000), (20000, 20000), (7.2, 5), (0.2, 1)])
def test_nice_numbers(value: float, nice: float) -> None:
    assert corridor_map._nice(value) == nice
