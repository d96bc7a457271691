"""A run says what it is: titles, captions, manifests and tables tell every change and a later start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import fakes
import numpy as np
import pandas as pd
import pytest

import ladsim
from ladsim.core.errors import UserError
from ladsim.report import figures, plots
from ladsim.report.tables import headline_table, notes
from ladsim.results.folder import write_new
from ladsim.results.run_result import RunResult
from ladsim.runs import ensemble

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"


def run(scenario: str = "panama_removal", **more: Any) -> RunResult:
    given: dict[str, Any] = {"seeds": 2, "workers": 1, "progress": False, "model": fakes.FakeModel}
    return ensemble.run(scenario, **{**given, "end": "2022-03-31", **more})


def test_a_run_as_filed_is_titled_as_its_file() -> None:
    result = run("history")
    assert result.scenario.title == ladsim.load_scenario("history").title
    assert (result.scenario.changes, result.scenario.notes) == ((), ())


def test_a_changed_run_tells_every_change() -> None:
    overrides = {"instrument.chnv_parole.terms.capacity": 123, "behavior.credibility": 0.5}
    result = run(
        "history",
        overrides=overrides,
        exclude=["mexico_visa_venezuela"],
        end="2023-03-31",
        reference="history",
    )
    assert result.scenario.changes == (
        "chnv_parole.capacity = 123",
        "without mexico_visa_venezuela",
        "behavior.credibility = 0.5",
    )
    assert "changed: chnv_parole.capacity = 123" in result.scenario.title
    assert result.reference is not None
    assert result.reference.scenario.changes == ("behavior.credibility = 0.5",)


def test_no_caption_says_a_scenario_minus_itself(tmp_path: Path) -> None:
    overrides = {"instrument.chnv_parole.terms.capacity": 123}
    result = run("history", overrides=overrides, end="2023-03-31", reference="history")
    figure = figures.difference(result)
    shown = " ".join(text.get_text() for text in figure.texts)
    assert "history (changed) minus history" in " ".join(shown.split())
    assert "changed: chnv_parole.capacity = 123" in " ".join(shown.split())
    again = ladsim.load(result.save(tmp_path / "run", figures=False))
    assert again.scenario == result.scenario
    assert "changed: chnv_parole.capacity = 123" in (tmp_path / "run" / "manifest.json").read_text()


def test_a_later_start_is_told_in_table_manifest_and_figures(tmp_path: Path) -> None:
    result = run("history", start="2022-01-01")
    (note,) = result.scenario.notes
    assert "Starts 2022-01-01, later than the scenario's own 2021-01-01" in note
    assert note in notes(result)
    shown = " ".join(text.get_text() for text in figures.against_observed(result).texts)
    assert "Starts 2022-01-01, later than" in " ".join(shown.split())
    folder = result.save(tmp_path / "run", figures=False)
    assert "Starts 2022-01-01, later" in (folder / "manifest.json").read_text()
    assert run("history", start="2021-01-01").scenario.notes == ()


def test_the_manifest_has_the_fitted_sets_and_the_data() -> None:
    manifest = run().manifest
    assert len(manifest["behavior"]["fitted.csv"]) == 64
    assert len(manifest["data"]["route_ways.csv"]) == 64


def test_the_headline_and_places_stand_in_tables(tmp_path: Path) -> None:
    result = fakes.pair(ways=("caracas__cucuta__bus",))
    folder = result.save(tmp_path / "run", figures=False)
    headline = pd.read_csv(folder / "headline.csv")
    assert headline["label"].str.contains("Darién").any()
    printed = headline_table(result)
    assert np.allclose(headline["mean"], printed["mean"], rtol=1e-5)
    places = pd.read_csv(folder / "by_nationality_and_place.csv", keep_default_na=False)
    assert {"VEN", "HTI"} <= set(places["nationality"])
    row = places.query("measure == 'irregular_entries' and place == 'PAN' and nationality == 'VEN'")
    right = result.total("irregular_entries", place="PAN", nationality="VEN")
    assert row[row["period"] == "2023"]["mean"].item() == pytest.approx(
        right[right["period"] == "2023"]["mean"].item(), rel=1e-5
    )


def test_no_interval_of_a_count_is_below_zero() -> None:
    result = fakes.pair()
    table = result.summary(by=("place", "nationality"))
    assert (table["low"].dropna() >= 0).all()
    assert (result.compare(by=("place",))["percent_low"].dropna() >= -100).all()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"config": {"behavior": {"credibility": 0.4}}}, "behavior"),
        ({"manifest": {"parameter_sets": [0, 1, 2, 3]}}, "parameter sets"),
        ({"manifest": {"behavior": {"fitted.csv": "0"}}}, "fitted files"),
    ],
)
def test_unlike_runs_are_not_compared(change: dict[str, Any], what: str) -> None:
    with pytest.raises(UserError, match=f"cannot be paired: their .*{what}"):
        fakes.result().compare(replace(fakes.result("other"), **change))


def test_runs_of_other_freeze_dates_are_not_compared() -> None:
    ours = fakes.result()
    other = replace(ours, scenario=replace(ours.scenario, freeze_on="2024-06-30"))
    with pytest.raises(UserError, match="freeze dates"):
        ours.compare(other)


def test_all_that_differs_is_listed() -> None:
    with pytest.raises(UserError, match="their seeds, scale differ"):
        fakes.result().compare(fakes.result("other", seeds=(1, 2), scale=50))


def test_runs_that_end_in_the_same_second_share_no_folder(tmp_path: Path) -> None:
    moment, result = datetime(2026, 1, 2, 3, 4, 5), fakes.result()
    folders = [write_new(result, tmp_path, moment) for _ in range(3)]
    assert [f.name for f in folders] == ["2026-01-02T030405", "2026-01-02T030405-2", "2026-01-02T030405-3"]
    named = write_new(result, tmp_path, moment, values="removals_per_day=40")
    assert named.name == "2026-01-02T030405 removals_per_day=40"
    assert all(len(ladsim.load(f).monthly) for f in [*folders, named])


def test_a_figure_that_fails_is_a_warning_and_the_results_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = plots._draw

    def broken(result: RunResult, name: str, path: Path) -> None:
        if name == "against_observed":
            raise RuntimeError("no ink")
        draw(result, name, path)

    monkeypatch.setattr(plots, "_draw", broken)
    with pytest.warns(UserWarning, match="against_observed could not be drawn: RuntimeError: no ink"):
        folder = fakes.result().save(tmp_path / "run")
    assert len(ladsim.load(folder).monthly) > 0
    drawn = {p.name for p in (folder / "figures").iterdir()}
    assert "map.png" in drawn
    assert "against_observed.png" not in drawn


def test_a_title_is_text_in_the_page_too(tmp_path: Path) -> None:
    result = fakes.result(end="2023-03-31")
    hostile = replace(result.scenario, title="<script>alert(1)</script>", question="<img src=x onerror=alert(2)>")
    page = replace(result, scenario=hostile).report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_an_instrument_that_touches_nobody_is_told_with_the_reason() -> None:
    class Same(fakes.FakeModel):
        def run(self) -> pd.DataFrame:
            return fakes.monthly_frame(self.seed % 1000, ("2022-01", "2022-02"))

    (note,) = run(end="2022-03-31").scenario.notes
    assert note.startswith("panama_removal_program touches nobody in these months: it begins on 2024-07-01")
    result = run(end="2022-03-31", model=Same)
    (note,) = result.scenario.notes
    assert note.startswith("Nothing differs from the reference")
    assert "panama_removal_program (it begins on 2024-07-01, after the last day, 2022-03-31)" in note
    assert note in notes(result)


def test_two_scenarios_that_are_the_same_differ_in_nothing_and_say_nothing() -> None:
    assert run("history", reference="history").scenario.notes == ()


def test_an_instrument_outside_the_months_is_told_where_others_act() -> None:
    class Moved(fakes.FakeModel):
        def run(self) -> pd.DataFrame:
            table = super().run()
            return table.assign(value=table["value"] + ("chnv_parole" in self.scenario.instruments))

    result = run("history", exclude=["chnv_parole", "title_42"], start="2023-06-01", end="2023-08-31", model=Moved)
    assert result.reference is None
    result = run(
        "history",
        exclude=["chnv_parole", "title_42"],
        start="2023-06-01",
        end="2023-08-31",
        reference="history",
        model=Moved,
    )
    told = [note for note in result.scenario.notes if "touches nobody" in note]
    assert told == [
        "title_42 touches nobody in these months: it ended on 2023-05-12, before the first day, 2023-06-01."
    ]
