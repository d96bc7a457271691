"""Flags beside numbers: what the record and the score say against them."""

from __future__ import annotations

import fakes
import pandas as pd
import pytest

from ladsim import data
from ladsim.report import flags, scored
from ladsim.report.headlines import BETWEEN_PORTS, BY_MEASURE
from ladsim.results.run_result import RunResult, tidy

MONTHS = ("2023-01", "2023-02", "2023-03", "2023-04", "2023-05", "2023-06")


def run_of(name: str, share: float) -> RunResult:
    """Return a run in which Venezuelans are a share of the record, and Mexicans exactly the record."""
    real = data.observed("encounters_between_ports", place="southwest", nationality=["VEN", "MEX"])
    rows = [
        (row["month"], "encounters_between_ports", "Tucson", row["nationality"],
         round(row["value"] * (share if row["nationality"] == "VEN" else 1.0)))
        for row in real[real["month"].isin(MONTHS)].to_dict("records")
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["month", "measure", "place", "nationality", "value"])
    return RunResult(fakes.info(name, start="2023-01-01", end="2023-06-30"), tidy({1: table}, name), (1,), 1)


@pytest.mark.parametrize(("share", "flagged"), [(0.5, {"VEN"}), (0.8, set()), (1.2, set()), (1.7, {"VEN"})])
def test_a_nationality_far_off_the_record_is_flagged(share: float, flagged: set[str]) -> None:
    found = flags.nationalities(run_of("history", share), BETWEEN_PORTS)
    assert set(found) == flagged
    for text in found.values():
        assert f"{100 * share:.0f} percent of the record up to 2023-06" in text


def test_a_world_that_never_was_is_not_held_against_the_record() -> None:
    assert flags.nationalities(run_of("no_declaration", 0.1), BETWEEN_PORTS) == {}
    assert flags.nationalities(run_of("history", 0.1), BY_MEASURE["departures"]) == {}


def test_a_level_is_flagged_by_the_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scored, "totals", lambda: {"encounters_between_ports": {"fit": 0.31}})
    assert flags.level(BETWEEN_PORTS) == "level off by 31 percent in the months of the fit"
    monkeypatch.setattr(scored, "totals", lambda: {"encounters_between_ports": {"fit": 0.19}})
    assert flags.level(BETWEEN_PORTS) == ""


def test_a_lever_says_how_its_experiment_went(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(sign: bool, size: bool) -> None:
        one = {"sign_right": sign, "size_right": size, "simulated_log": -0.3, "observed_log": -0.6}
        monkeypatch.setattr(scored, "experiments", lambda: {"panama_removals": one})

    judged(False, False)
    assert flags.lever("panama_removal_program").endswith("the model has the wrong direction")
    judged(True, False)
    assert flags.lever("panama_removal_program").endswith("the model has 50 percent of the observed size")
    judged(True, True)
    assert flags.lever("panama_removal_program").endswith("about right")
    assert flags.lever("chnv_parole") == ""
