"""The natural experiments: sizes, verdicts, rebounds, and refits that leave an event out."""

from __future__ import annotations

import math
from pathlib import Path

import fakes
import pandas as pd
import pytest

from ladsim.core.errors import UserError
from ladsim.results.run_result import RunResult, tidy
from ladsim.series.panel import SERIES, by_seed, observed
from ladsim.validation import experiments

REFITS = ",".join(experiments.REFIT_COLUMNS) + "\n"
FACTOR = 1.5


def as_observed(power: float = 1.0, seeds: tuple[int, ...] = (1, 2)) -> RunResult:
    """Return a run whose counts are those of the record, to a power: log ratios are so many times the observed ones."""
    from ladsim.data import table

    rows = []
    real = table("observed")
    for series, (measure, place) in SERIES.items():
        part = real[(real["series"] == series) & ~real["nationality"].isin(["ALL", "OTH"])]
        part = part[part["month"] >= "2021-01"]
        for month, nationality, value in zip(part["month"], part["nationality"], part["value"], strict=True):
            rows.append((month, measure, place or "Tucson", nationality, round(float(value) ** power)))
    frame = pd.DataFrame(rows, columns=["month", "measure", "place", "nationality", "value"])
    return RunResult(
        fakes.info("history", start="2021-01-01", end="2024-08-31"),
        tidy(dict.fromkeys(seeds, frame), "history"),
        seeds,
        1,
    )


def test_a_model_that_is_the_record_has_every_size_right() -> None:
    found = experiments.experiments(as_observed(), FACTOR)
    assert experiments.n_events(found) == 12
    assert len(found) == 13
    for verdict in ("sign_right", "size_right", "ratio_right"):
        assert experiments.count(found, verdict) == 12
    assert found["error"].abs().max() < 0.05
    back = found[found["rebound"] != ""]
    assert back["rebound"].tolist() == ["2023-09"]
    assert back["observed_rebound"].iloc[0] == pytest.approx(math.log(218763 / 99538), abs=0.01)
    assert back["rebound_right"].tolist() == [True]


def test_a_weak_response_has_the_sign_and_not_the_size() -> None:
    found = experiments.experiments(as_observed(power=0.5), FACTOR)
    alone = found[found["experiment"] == "mex_visa_ecu"].iloc[0]
    assert alone["size"] == pytest.approx(0.5, abs=0.02)
    assert alone["sign_right"]
    assert not alone["size_right"]


@pytest.mark.parametrize(
    ("truth", "size", "sign", "right", "ratio"),
    [
        (-1.0, -1.5, True, True, False),
        (-1.0, -0.66, True, False, True),
        (-1.0, -0.67, True, True, True),
        (-4.0, -3.0, True, True, False),
        (0.5, -0.1, False, False, False),
        (-0.5, 0.0, False, False, False),
    ],
)
def test_verdicts(truth: float, size: float, sign: bool, right: bool, ratio: bool) -> None:
    made = experiments.judged(truth, size, FACTOR)
    assert (made["sign_right"], made["size_right"], made["ratio_right"]) == (sign, right, ratio)


def test_an_event_with_two_figures_needs_both() -> None:
    table = pd.DataFrame({"instrument": ["a", "a", "b"], "sign_right": [True, False, True]})
    assert experiments.count(table, "sign_right") == 1
    assert experiments.n_events(table) == 2


def test_no_refits_are_no_refits(tmp_path: Path) -> None:
    assert experiments.refits(experiments.experiments(as_observed(), FACTOR), 2.0, tmp_path / "none.csv") is None


def test_refits_are_judged_by_the_wider_factor(tmp_path: Path) -> None:
    file = tmp_path / "refits.csv"
    file.write_text(
        "experiment,simulated_before,simulated_after,simulated_log,left_out,source\n"
        "mex_visa_ecu,17580,3000,-1.77,ECU 2021-08 to 2021-11,make refit\n"
        "mex_enforcement,200000,190000,-0.05,all 2023-12 to 2024-02,make refit\n"
    )
    found = experiments.refits(experiments.experiments(as_observed(), FACTOR), 2.0, file)
    assert found is not None
    assert found["size_right"].tolist() == [True, False]
    assert found["simulated_log"].iloc[0] == -1.77


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("experiment,after\nmex_visa_ecu,3\n", "not a table of refits"),
        (f"{REFITS}moon,1,2,0.7,x,y\n", "no such experiment"),
        (f"{REFITS}mex_visa_ecu,1,-2,0.7,x,y\n", "not a number"),
        (f"{REFITS}mex_visa_ecu,1,2,nan,x,y\n", "not a number"),
        (f"{REFITS}mex_visa_ven_encounters,9,2,-1.5,x,y\n", "a figure of an event is missing"),
    ],
)
def test_broken_refits_are_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "refits.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=message):
        experiments.refits(experiments.experiments(as_observed(), FACTOR), 2.0, file)


def test_yearly_totals_and_their_bound() -> None:
    run = as_observed()
    found = experiments.yearly(run, ["darien_entries"], 0.3, ("2022",)).iloc[0]
    assert found["observed"] == 248284
    assert found["ratio"] == pytest.approx(1.0, abs=1e-3)
    assert found["within"]
    with pytest.raises(UserError, match="does not cover a year"):
        experiments.yearly(run, ["darien_entries"], 0.3, ("2024",))


def test_series_are_summed_over_those_asked_for() -> None:
    run = as_observed(seeds=(1,))
    both = by_seed(run, "darien_entries", ["VEN", "HTI"]).loc["2022-10", 1]
    assert both == observed("darien_entries", ["VEN", "HTI"])["2022-10"]
