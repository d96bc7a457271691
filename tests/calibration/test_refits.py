"""Refits without an event: what is left out, what is noted, and how it is judged."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ladsim.calibration.refits import Refitted, event_named, note_refit, refitted, rows_of, without_event
from ladsim.calibration.targets import Targets
from ladsim.core.errors import UserError
from ladsim.data import table
from ladsim.validation.experiments import log_ratios

CODES = tuple(table("nationalities")["nationality"])
TARGETS = Targets(CODES)


@pytest.mark.parametrize("name", ["chn_parole", "mex_visa_ven_darien", "title_42_end"])
def test_an_event_is_taken_out_of_all_series(name: str) -> None:
    figures = event_named(name)
    assert figures[0]["experiment"] == name
    targets = Targets(CODES, without=without_event(figures))
    for event in figures:
        whose = event["nationalities"].split(";")
        for target in targets.targets:
            if whose == ["ALL"] or target.label in (*whose, "ALL"):
                left = {targets.months[m] for m in target.months}
                assert not left & {event["month_before"], event["month_after"]}
    assert sum(len(t.months) for t in targets.targets) < sum(len(t.months) for t in TARGETS.targets)
    assert name in {t.label for t in TARGETS.targets}
    assert name not in {t.label for t in targets.targets}
    assert any("2022-06" in {targets.months[m] for m in t.months} for t in targets.targets if t.label == "GTM")


def test_an_event_with_two_figures_is_left_out_with_both() -> None:
    figures = event_named("mex_visa_ven_encounters")
    assert [f["experiment"] for f in figures] == ["mex_visa_ven_encounters", "mex_visa_ven_darien"]
    spans = {(first, last) for _, _, first, last in without_event(figures)}
    assert spans == {("2022-01", "2022-04"), ("2022-01", "2022-03"), ("2022-10", "2022-12")}
    targets = Targets(CODES, without=without_event(figures))
    assert not {t.label for t in targets.targets} & {"mex_visa_ven_encounters", "mex_visa_ven_darien"}
    assert [f["experiment"] for f in event_named("mex_visa_ecu")] == ["mex_visa_ecu"]


@pytest.mark.parametrize("name", ["june_rule", "panama_removals", "no_such_event"])
def test_only_events_of_the_fit_can_be_left_out(name: str) -> None:
    with pytest.raises(UserError, match="natural experiment") as told:
        event_named(name)
    assert name in str(told.value)


def test_refits_are_noted_one_row_a_figure(tmp_path: Path) -> None:
    file = tmp_path / "refits.csv"
    left_out = without_event(event_named("mex_visa_ecu"))
    note_refit(file, [Refitted("mex_visa_ecu", 100.0, 20.0, -1.6)], left_out, "first")
    note_refit(file, [Refitted("chn_parole", 5.0, 1.0, -0.1)], left_out, "other")
    note_refit(file, [Refitted("mex_visa_ecu", 100.0, 30.0, -1.2)], left_out, "second")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(r["experiment"], r["simulated_after"]) for r in rows] == [("chn_parole", "1"), ("mex_visa_ecu", "30")]
    assert rows[1]["simulated_log"] == "-1.2000"
    assert "2021-08 to 2021-12" in rows[1]["left_out"]


def test_what_a_refit_says_is_taken_as_the_score_takes_it() -> None:
    (event,) = event_named("mex_visa_ecu")
    counts = np.zeros(TARGETS.shape)
    n = CODES.index("ECU")
    counts[0, TARGETS.months.index("2021-08"), n] = 400.0
    counts[0, TARGETS.months.index("2021-10"), n] = 40.0
    found = refitted(event, TARGETS, [counts, 2.0 * counts], scale=100)
    assert (found.before, found.after) == (600.0, 60.0)
    assert found.log_ratio == pytest.approx(log_ratios(np.array([400.0, 800.0]), np.array([40.0, 80.0]), 100).mean())
    assert found.log_ratio == pytest.approx(0.5 * (np.log(90 / 450) + np.log(130 / 850)))


def test_another_table_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "refits.csv"
    assert rows_of(file) == {}
    file.write_text("kind,name,nationality,set_00\n")
    with pytest.raises(UserError, match="not a table of refits"):
        note_refit(file, [Refitted("mex_visa_ecu", 1.0, 1.0, 0.0)], [], "again")
    assert file.read_text() == "kind,name,nationality,set_00\n"
