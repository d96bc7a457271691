"""The score as a whole: its tables, its pages, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import fakes
import pandas as pd
import panels
import pytest

from ladsim.core.errors import UserError
from ladsim.results.run_result import RunResult
from ladsim.runs.options import RunOptions
from ladsim.series.months import LAST_FITTED
from ladsim.validation import facts, rivals, score, settings
from ladsim.validation.journeys import Journeys
from ladsim.validation.pages import figures as scorefigures
from ladsim.validation.pages import scoreboard
from ladsim.validation.pages import task as scorepages

SECTIONS = (
    "### What was asked, and what was reached",
    "### Where the model fails",
    "### 1. Natural experiments",
    "#### Left out of the fit",
    "### 2. Fit and forecast",
    "#### Months of the fit and of validation, run free",
    "#### The months of validation, beside rivals from the same origin",
    "#### Rolling origins, the policy calendar known",
    "#### By nationality",
    "#### Totals of a year",
    "### 3. Facts never fitted",
)


@pytest.fixture(scope="module")
def run() -> RunResult:
    made = fakes.result("history", start="2021-01-01", end="2024-08-31", seeds=(1, 2, 3), ways=())
    return replace(made, manifest={**made.manifest, "parameter_sets": [0, 1, 2]})


@pytest.fixture(scope="module")
def journeys() -> Journeys:
    days = pd.DataFrame({"month": ["2022-03", "2022-04", "2023-05"], "days": [10, 30, 20]})
    met = pd.DataFrame({"month": ["2021-07", "2022-01", "2023-01"], "encounters": [10, 20, 20], "again": [3, 2, 1]})
    return Journeys(days, met, 500)


@pytest.fixture(scope="module")
def scored(run: RunResult, journeys: Journeys) -> score.Score:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rivals.RIVALS, "ETS", rivals.last_value)
        patch.setitem(rivals.RIVALS, "ARIMA", rivals.last_value)
        patch.setattr(rivals, "remembered", lambda: rivals.forecast)
        settings = panels.settings(step_by_nationality=17)
        return score.score(run, journeys=journeys, settings=settings, refits=Path("none.csv"))


def test_the_markdown_has_every_section_and_every_bound(scored: score.Score, run: RunResult) -> None:
    text = scoreboard.as_markdown(scored, run, ["figures/score_paths.png"])
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)
    assert "3 seeds, 3 fitted parameter sets in turn, 100 persons per agent" in text
    assert "Refits without an event's months have not been made yet" in text
    assert "![score paths](figures/score_paths.png)" in text
    assert text.count("not made yet") >= 1
    assert "nan" not in text.lower().replace("finance", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    asked = re.findall(
        r"^\| (?:WAPE|Natural|The same|Coverage|Totals)[^|]* \| (at least|at most|\d+%)", text, re.MULTILINE
    )
    assert len(asked) == len(scored.settings.bounds) == 13
    assert len(rows) > 80


def test_every_bound_is_reached_or_missed_by_its_figure(scored: score.Score) -> None:
    verdict = scored.verdicts["fit.darien_entries.total"]
    line = next(x for x in scored.lines if x.series == "darien_entries" and x.is_total)
    fit = scored.settings.fit
    expected = abs(line.real(fit) - line.path(fit)).sum() / line.real(fit).sum()
    assert verdict.value == pytest.approx(expected)
    assert verdict.reached == (expected <= 0.20)
    assert not scored.verdicts["refits.size"].known
    assert not scored.verdicts["refits.size"].reached


def test_a_reason_is_printed_beside_what_is_missed(scored: score.Score, run: RunResult) -> None:
    key = next(k for k, v in scored.verdicts.items() if v.known and not v.reached)
    told = replace(
        scored, verdicts={**scored.verdicts, key: replace(scored.verdicts[key], reason="Seats are assumed.")}
    )
    assert "Seats are assumed." in scoreboard.as_markdown(told, run)


def test_the_card_says_what_intervals_cover(scored: score.Score, run: RunResult) -> None:
    text = scoreboard.card(scored, run)
    assert "2024-06 to 2024-08, not fitted" in text
    assert "not assumed terms or the model's form" in text


def test_facts_never_fitted_have_published_figures_with_sources(scored: score.Score) -> None:
    topics = {f.topic for f in scored.facts}
    assert topics == {
        "Entries by sector",
        "Encounters at ports by field office",
        "Repeats",
        "Time",
        "Within Mexico",
        "Deaths",
        "Money paid",
    }
    for fact in scored.facts:
        assert (fact.observed is None) or fact.source, fact
    sectors = [f for f in scored.facts if f.topic == "Entries by sector" and f.period == "2023"]
    assert len(sectors) == 9
    assert sum(f.simulated for f in sectors) == pytest.approx(1.0)
    assert sum(float(f.observed or 0) for f in sectors) == pytest.approx(1.0)
    offices = [f for f in scored.facts if f.topic == "Encounters at ports by field office" and f.period == "2023"]
    assert len(offices) == 4
    assert sum(f.simulated for f in offices) == pytest.approx(1.0)
    assert {f.what: f.simulated for f in offices}["San Diego"] == pytest.approx(0.4, abs=0.01)
    assert 0 < facts.distance(scored.facts, "Entries by sector", "2023") < 1
    again = next(f for f in scored.facts if f.period == "2021-07")
    assert (again.observed, again.simulated) == pytest.approx((0.27, 0.3))
    time = next(f for f in scored.facts if f.topic == "Time" and f.period == "2022")
    assert (time.low, time.simulated, time.high) == (15, 20, 25)
    paid = next(f for f in scored.facts if f.what.endswith("in all"))
    assert paid.observed == 2.2e9


def test_figures_are_small_and_the_pages_are_written_between_their_markers(
    scored: score.Score, run: RunResult, tmp_path: Path
) -> None:
    tmp_path, kept = tmp_path / "docs", tmp_path / "conf" / "behavior"
    tmp_path.mkdir()
    kept.mkdir(parents=True)
    (tmp_path / "validation.md").write_text(f"# before\n{score.BEGIN}\nold\n{score.END}\nafter\n")
    card = f"# card\n{scorepages.CARD_BEGIN}\nold\n{scorepages.CARD_END}\nafter\n"
    (tmp_path / "model-card.md").write_text(card)
    scorepages.write_pages(scored, run, tmp_path)
    page = (tmp_path / "validation.md").read_text()
    assert page.startswith("# before\n")
    assert page.endswith(f"{score.END}\nafter\n")
    assert "old" not in page.split()
    figures = re.findall(r"\]\((figures/\w+\.png)\)", page)
    assert len(figures) == 4
    for name in figures:
        assert 10_000 < (tmp_path / name).stat().st_size < 300_000
    assert "Natural experiments" in (tmp_path / "model-card.md").read_text()
    tables = {name: pd.read_csv(kept / f"score_{name}.csv") for name in ("parts", "places", "experiments")}
    assert len(tables["places"]) == 3 * (9 + 4)
    assert set(tables["experiments"]["experiment"]) == set(scored.experiments["experiment"])


def test_the_same_score_draws_the_same_bytes(scored: score.Score, run: RunResult, tmp_path: Path) -> None:
    one = scorefigures.save({"x": scorefigures.experiments(scored, run)}, tmp_path / "a")[0].read_bytes()
    two = scorefigures.save({"x": scorefigures.experiments(scored, run)}, tmp_path / "b")[0].read_bytes()
    assert one == two


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    with pytest.raises(UserError, match="missing"):
        score.write_into(page, "text")
    page.write_text("no markers")
    with pytest.raises(UserError, match="has no markers"):
        score.write_into(page, "text")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenario": "baseline"}, "only history is scored"),
        ({"scenario": "history", "end": "2023-12-31"}, "ends before what is scored"),
        ({"scenario": "history", "end": "2024-08-28"}, "ends before what is scored"),
        ({"scenario": "history", "start": "2022-01-01"}, "begins after history"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_it_is_run(
    options: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorepages, "run_options", lambda *_, **__: pytest.fail("a model was run"))
    with pytest.raises(UserError, match=message):
        scorepages.score_and_write(RunOptions.checked(**options), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_too_short_is_refused() -> None:
    with pytest.raises(UserError, match="does not cover a month that is scored"):
        score.score(fakes.result("history", start="2021-01-01", end="2024-06-30", seeds=(1, 2)))


def test_what_was_changed_is_not_written_into_the_pages(
    run: RunResult, journeys: Journeys, scored: score.Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(scorepages, "run_options", lambda *_, **__: run)
    monkeypatch.setattr(scorepages, "_journeys", lambda *_: journeys)
    monkeypatch.setattr(scorepages.scores, "score", lambda *_, **__: scored)
    monkeypatch.setattr(scorepages, "write_pages", lambda *_: written.append(1))
    monkeypatch.setattr(scorepages, "_effects", lambda _: None)
    options = RunOptions.checked(scenario="history", progress=False, seeds=scorepages.PAGES.seeds)
    folder = scorepages.score_and_write(options, tmp_path, behavior={"credibility": 0.5})
    assert written == []
    assert (folder / "score.md").is_file()
    assert (folder / "score_backtest.csv").is_file()
    assert (folder / "monthly.parquet").is_file()
    again = scorepages.score_and_write(options, tmp_path)
    assert written == [1]
    kept = scorepages._kept(again)
    assert kept is not None
    pd.testing.assert_frame_equal(kept.days, journeys.days)
    assert (kept.again_share("2021-07", "2021-07"), kept.scale) == (0.3, 500)
    scorepages.write_again(again, tmp_path)
    assert written == [1, 1]
    with pytest.raises(UserError, match="not a run of history as it is"):
        scorepages.write_again(_other(run, tmp_path), tmp_path)


def _other(run: RunResult, folder: Path) -> Path:
    return replace(run, config={**run.config, "behavior": {"credibility": 0.5}}).save(folder / "other", figures=False)


def test_figures_of_a_few_agents_are_not_called_wrong(scored: score.Score) -> None:
    from ladsim.validation.pages.failures import failures

    fact = facts.Fact("Deaths", "in the Darién", "2023", 52.0, 500.0, 0.0, 900.0, "persons", "IOM", grain=100.0)
    assert not any("Deaths" in s for s in failures(replace(scored, facts=[fact])))
    assert any("Deaths" in s for s in failures(replace(scored, facts=[replace(fact, grain=25.0)])))
    unknown = replace(fact, simulated=float("nan"), unit="share", observed=0.05)
    assert any("Deaths" in s for s in failures(replace(scored, facts=[unknown])))


def test_the_settings_keep_validation_apart(tmp_path: Path) -> None:
    read = settings.read_settings()
    assert read.fit[-1] == LAST_FITTED
    assert read.validation == ("2024-06", "2024-07", "2024-08")


SETTINGS = settings.settings_file().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[2022-01, 2024-05]", "[2022-01, 2024-06]", "fit and validation overlap"),
        ("[2022-01, 2024-05]", "[2022-01]", "not the score's settings"),
        ("[2022-01, 2024-05]", "[2024-05, 2022-01]", "not the score's settings"),
        ("[2024-06, 2024-08]", "[2024-06, 2024-12]", "months.validation"),
        ("reasons:", "reasons:\n  fit.moon: because", "a reason for no bound"),
        ("  horizons:", "  horizon:", "not the score's settings"),
        ("[1, 3, 6]", "[]", "backtest.horizons"),
        ("[1, 3, 6]", "[0, 3]", "backtest.horizons"),
        ("first_origin: 2022-12", "first_origin: 2022-01", "backtest.first_origin"),
        ("first_origin: 2022-12", "first_origin: soon", "backtest.first_origin"),
        ("step_by_nationality: 3", "step_by_nationality: 0", "backtest.step_by_nationality"),
        ("[0.5, 0.8, 0.9]", "[50, 90]", "intervals.levels"),
        ("[0.5, 0.8, 0.9]", "[0.5, 0.8]", "intervals.levels"),
        ("prior_months: 4", "prior_months: -4", "intervals.prior_months"),
        ("scale: 500", "scale: 0", "journeys.scale"),
        ("end: 2023-12-31", "end: tomorrow", "journeys.end"),
        ("factor: 1.5", "factor: 0", "factor"),
        ("[9, 12]", "[12, 9]", "bounds.experiments.size"),
        ("yearly: [6, 6]", "yearly: [6]", "not the score's settings"),
        ("months:", "months: [", "this is not YAML"),
    ],
)
def test_settings_that_cannot_be_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in SETTINGS
    file = tmp_path / "score.yaml"
    file.write_text(SETTINGS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        settings.read_settings(file)


def test_the_module_is_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    from ladsim.cli import score as command

    asked = []
    monkeypatch.setattr(command, "command", lambda argv: asked.append(argv) or 0)
    assert command.main(["seeds=2"]) == 0
    assert asked == [["task=score", "seeds=2"]]


def test_the_task_brings_its_own_defaults() -> None:
    from ladsim.cli import grammar as cli

    found = cli.parse(["task=score", "seeds=3"]).values
    assert found["scenario"] == ["history"]
    assert found["seeds"] == [3]
    assert found["reference"] == [False]
    assert found["end"] == ["2024-08-31"]
    assert cli.parse(["task=score"]).values["seeds"] == [8]


def test_a_quick_run_is_not_what_the_pages_show() -> None:
    from ladsim.runs.options import RunOptions
    from ladsim.validation.pages.task import quicker_than_pages

    assert quicker_than_pages(RunOptions(scenario="history", seeds=8, scale=100)) == []
    assert quicker_than_pages(RunOptions(scenario="history", seeds=20, scale=50)) == []
    for change in ({"scale": 1000}, {"seeds": 2}, {"root_seed": 1}, {"parameter_sets": 1}):
        given = {"scenario": "history", "seeds": 8, "scale": 100, **change}
        ((key, value),) = change.items()
        assert quicker_than_pages(RunOptions(**given)) == [f"{key}={value}"]  # type: ignore[arg-type]
