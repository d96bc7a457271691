"""Figures: that each can be drawn, says what it must, and draws the numbers of the run."""

from __future__ import annotations

from pathlib import Path

import fakes
import numpy as np
import pytest
from matplotlib.figure import Figure

from ladsim.core.errors import UserError
from ladsim.report import figures, style
from ladsim.report.headlines import BETWEEN_PORTS
from ladsim.results.run_result import RunResult


@pytest.fixture(scope="module")
def pair() -> RunResult:
    return fakes.pair(start="2023-07-15", end="2024-06-30", since="2023-12")


def texts(figure: Figure) -> str:
    return "\n".join(t.get_text() for t in figure.texts)


def test_every_figure_says_seeds_scale_and_interval(pair: RunResult) -> None:
    for figure in (pair.plot.against_observed(), pair.plot.by_nationality(), pair.plot.difference()):
        said = texts(figure).replace("\n", " ")
        assert "mean of 4 seeds, 100 persons per agent" in said
        assert "90 percent t interval" in said
        assert "it covers chance, not fitted sets, assumed terms or the model's form" in said
    assert "4 seeds, 100 persons per agent" in texts(pair.plot.map())


def test_the_observed_are_named_with_their_publisher(pair: RunResult) -> None:
    said = texts(pair.plot.against_observed()).replace("\n", " ")
    assert "US Customs and Border Protection" in said
    assert "Servicio Nacional de Migración" in said


def test_months_covered_in_part_are_not_drawn(pair: RunResult) -> None:
    assert figures.whole_months(pair)[0] == "2023-08"
    assert figures.whole_months(pair)[-1] == "2024-06"
    assert "covers in part" in texts(pair.plot.against_observed())


def test_the_line_is_the_mean_and_the_dots_the_record(pair: RunResult) -> None:
    axes = pair.plot.against_observed(reference=False).axes[0]
    simulated, observed = (line.get_ydata() for line in axes.lines[:2])
    wanted = figures.monthly(pair, BETWEEN_PORTS)["mean"]
    assert np.array_equal(np.asarray(simulated), wanted.to_numpy())
    record = figures.record(pair, BETWEEN_PORTS, figures.whole_months(pair))
    assert record is not None
    assert np.array_equal(np.asarray(observed), record.to_numpy())
    assert record["2023-12"] > 200_000  # the highest month on record


def test_cumulated_ends_at_the_total(pair: RunResult) -> None:
    axes = pair.plot.difference().axes
    total = pair.compare(measure="irregular_entries", place="PAN", freq="all")["difference"].iloc[0]
    assert np.asarray(axes[1].lines[0].get_ydata())[-1] == pytest.approx(total)


def test_one_panel_a_nationality_largest_first(pair: RunResult) -> None:
    visible = [a for a in pair.plot.by_nationality(most=5).axes if a.get_visible()]
    assert len(visible) == 5
    assert visible[0].get_title("left") == "Venezuela"


def test_unknown_measure_and_missing_reference() -> None:
    alone = fakes.result(ways=())
    with pytest.raises(UserError, match="unknown measure"):
        alone.plot.by_nationality("encounter")
    with pytest.raises(UserError, match="without a reference"):
        alone.plot.difference()
    with pytest.raises(UserError, match="nothing to draw"):
        alone.plot.by_nationality("regularizations")


@pytest.mark.parametrize(
    "change", [{"seeds": (1,)}, {"start": "2023-03-01", "end": "2023-03-31"}, {"end": "2023-01-10"}]
)
def test_small_runs_can_be_drawn(change: dict[str, object], tmp_path: Path) -> None:
    result = fakes.pair(**{"start": "2023-01-01", "end": "2023-06-30", **change})  # type: ignore[arg-type]
    folder = result.save(tmp_path / "run")
    names = sorted(p.name for p in (folder / "figures").iterdir())
    assert names == [
        "against_observed.png",
        "by_nationality_darien.png",
        "by_nationality_encounters.png",
        "difference.png",
        "map.png",
        "map_of_differences.png",
    ]
    for path in (folder / "figures").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_run_in_which_nothing_happened_can_be_drawn(tmp_path: Path) -> None:
    result = fakes.pair(start="2023-01-01", end="2023-02-28", scale=10**9)
    assert len(result.monthly) == 0
    assert (result.save(tmp_path / "run") / "figures" / "map.png").exists()


def test_no_text_leaves_the_page(pair: RunResult) -> None:
    for figure in (
        pair.plot.against_observed(),
        pair.plot.by_nationality(),
        pair.plot.difference(),
        pair.plot.map(),
    ):
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        page = figure.bbox
        labels = [t for a in figure.axes for t in (a.yaxis.label, a.title, a._left_title)]  # type: ignore[attr-defined]
        for text in [*figure.texts, *labels]:
            if text.get_text():
                box = text.get_window_extent(renderer)
                assert box.x0 >= 0, text.get_text()
                assert box.x1 <= page.x1, text.get_text()
                assert box.y0 >= 0, text.get_text()
                assert box.y1 <= page.y1, text.get_text()


def test_the_callers_settings_are_left_alone(pair: RunResult) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 31.0}):
        pair.plot.difference()
        assert mpl.rcParams["font.size"] == 31.0


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1500, "1.5k"), (2_000_000, "2M"), (-4000, "\N{MINUS SIGN}4k")])
def test_short_numbers(value: float, text: str) -> None:
    assert style.short(value) == text


def test_a_notebook_can_show_it(pair: RunResult) -> None:
    assert pair.plot.difference()._repr_png_().startswith(b"\x89PNG")


def test_months_before_the_first_change_are_cut() -> None:
    result = fakes.pair(start="2021-10-01", end="2024-12-31", since="2024-06")
    figure = figures.difference(result)
    panel = figure.axes[0]
    assert len(panel.lines[0].get_xdata()) == 9
    assert "Before 2024-04 nothing differs." in " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
