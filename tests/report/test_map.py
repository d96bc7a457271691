"""The map: what flows where, and labels that do not lie on each other."""

from __future__ import annotations

import fakes
import matplotlib.colors
import pytest
from matplotlib.collections import PathCollection

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


def test_sectors_that_the_score_finds_far_off_are_gray_and_named(
    pair: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"San Diego": "2022: 3.0 percent of the simulated encounters, 8.0 percent of those recorded", "Tucson": ""}
    monkeypatch.setattr(corridor_map.scored, "sectors", lambda: found)
    figure = pair.plot.map()
    said = " ".join(t.get_text() for t in figure.texts)
    assert "Gray: not to be read as a result" in said
    assert "San Diego (2022: 3.0 percent" in said
    assert "Tucson (" not in said
    gray = matplotlib.colors.to_rgb(corridor_map.NOT_A_RESULT)
    circles = [c for axes in figure.axes for c in axes.collections if isinstance(c, PathCollection)]
    assert sum(tuple(c.get_facecolor()[0][:3]) == gray for c in circles) == 1
    legends = [t.get_text() for axes in figure.axes if axes.get_legend() for t in axes.get_legend().get_texts()]
    assert "a sector far off in the score" in legends
    labels = [t.get_text() for axes in figure.axes for t in axes.texts]
    assert "San Diego" in labels
    assert any(label.startswith("Tucson ") for label in labels)


def test_no_sector_is_gray_where_the_score_finds_none(pair: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corridor_map.scored, "sectors", dict)
    assert "Gray" not in " ".join(t.get_text() for t in pair.plot.map().texts)


def test_changed_flows_are_paired_way_by_way() -> None:
    import pandas as pd

    def run(value: int, other: int) -> RunResult:
        columns = ["month", "measure", "place", "nationality", "value"]
        rows = [
            ("2023-01", "passages", WAY, "VEN", value),
            ("2023-01", "passages", "cucuta__bogota__bus", "VEN", other),
        ]
        table = tidy({1: pd.DataFrame(rows, columns=columns)}, "a")
        return RunResult(fakes.info("a", start="2023-01-01", end="2023-01-31"), table, (1,), 1)

    found = corridor_map.changed_flows(run(100, 50), run(250, 50))
    assert found == [("caracas", "cucuta", "land", -150.0)]


def test_the_map_of_differences_has_both_colors_and_says_so(pair: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [corridor_map.Flow("cali", "quito", "land", 50.0), corridor_map.Flow("caracas", "cucuta", "land", -150.0)]
    monkeypatch.setattr(corridor_map, "changed_flows", lambda result, reference: made)
    figure = pair.plot.map_of_differences()
    used = [matplotlib.colors.to_hex(patch.get_edgecolor()) for patch in figure.axes[0].patches]
    more, fewer = (matplotlib.colors.to_hex(color) for color in (corridor_map.MORE, corridor_map.LESS))
    assert used[:2] == [more, fewer]
    assert "where more and fewer people pass" in "\n".join(text.get_text() for text in figure.texts)
    legend = figure.axes[0].get_legend()
    assert {"more", "fewer"} <= {text.get_text() for text in legend.get_texts()}
