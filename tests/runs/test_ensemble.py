"""Seeds, pairing, workers, and what is refused before anything runs."""

from __future__ import annotations

from typing import Any

import fakes
import pandas as pd
import pytest

import ladsim
from ladsim.core.draws import replicate_seed
from ladsim.core.errors import UserError
from ladsim.results.run_result import RunResult
from ladsim.runs import ensemble
from ladsim.runs.options import RunOptions, split_overrides

DATES = {"start": "2023-01-01", "end": "2023-03-31"}


def run(**more: Any) -> RunResult:
    given: dict[str, Any] = {"seeds": 3, "workers": 1, "progress": False, "model": fakes.FakeModel, **DATES, **more}
    return ensemble.run(given.pop("scenario", "panama_removal"), **given)


def test_scenario_and_reference_have_the_same_seeds() -> None:
    result = run()
    assert result.reference is not None
    assert result.reference.scenario.name == "baseline"
    assert result.seeds == result.reference.seeds == tuple(replicate_seed(RunOptions().root_seed, i) for i in range(3))
    assert (result.scenario.start, result.reference.scenario.end) == ("2023-01-01", "2023-03-31")
    assert set(result.monthly["seed"]) == set(result.seeds)


def test_replicates_take_the_parameter_sets_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    class Noting(fakes.FakeModel):
        def __init__(self, scenario: Any, *, parameter_set: int = 0, **more: Any) -> None:
            super().__init__(scenario, **more)
            taken.append(parameter_set)

    monkeypatch.setattr(ensemble, "n_sets", lambda: 2)
    found = run(reference=False, assumed=False, model=Noting)
    assert found.manifest["parameter_sets"] == taken == [0, 1, 0]
    assert run(reference=False, parameter_sets=1, model=Noting).n_parameter_sets == 1
    assert run(reference=False, parameter_sets=9, model=Noting).n_parameter_sets == 2


def test_workers_do_not_change_the_result() -> None:
    one, two = run(workers=1), run(workers=2)
    pd.testing.assert_frame_equal(one.monthly, two.monthly)
    pd.testing.assert_frame_equal(one.compare(), two.compare())


def test_more_seeds_keep_the_first_ones() -> None:
    few, many = run(seeds=2), run(seeds=3)
    assert many.seeds[:2] == few.seeds
    kept = many.monthly[many.monthly["seed"].isin(few.seeds)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, few.monthly)


def test_another_root_gives_other_seeds() -> None:
    assert set(run(root_seed=1).seeds).isdisjoint(run(root_seed=2).seeds)


def test_no_reference_and_another_reference() -> None:
    assert run(reference=False).reference is None
    other = run(reference="history").reference
    assert other is not None
    assert other.scenario.name == "history"
    assert run(scenario="history").reference is None


def test_the_manifest_says_what_it_takes_to_run_it_again() -> None:
    result = run(overrides={"instrument.panama_removal_program.terms.removals_per_day": 40})
    assert result.manifest["versions"]["ladsim"] == ladsim.__version__
    assert len(result.manifest["data"]["observed.csv"]) == 64
    assert "panama_removal_program.yaml" in result.manifest["instruments"]
    assert result.manifest["wall_seconds"] > 0
    assert result.config["instrument"] == {"panama_removal_program": {"terms": {"removals_per_day": 40}}}
    assert result.config["seeds"] == 3


def test_overrides_change_the_scenario_alone() -> None:
    changed = run(overrides={"instrument": {"chnv_parole": {"terms": {"capacity": 123}}}})
    assert changed.reference is not None
    assert list(changed.instruments["chnv_parole"]["terms"]["capacity"]["values"].values()) == [123]
    assert 123 not in changed.reference.instruments["chnv_parole"]["terms"]["capacity"]["values"].values()


def test_excluded_instruments_stay_in_the_reference() -> None:
    result = run(exclude=["chnv_parole"])
    assert result.reference is not None
    assert "chnv_parole" not in result.instruments
    assert "chnv_parole" in result.reference.instruments


def test_behavior_reaches_every_model() -> None:
    seen = []

    class Spy(fakes.FakeModel):
        def run(self) -> pd.DataFrame:
            seen.append(self.parameters)
            return super().run()

    run(seeds=1, overrides={"behavior.credibility": 0.5}, model=Spy)
    assert seen == [{"credibility": 0.5}] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 0}, r"seeds is out of range[\s\S]*1 to 100,000"),
        ({"seeds": 2.0}, "seeds is not a whole number"),
        ({"seeds": True}, "seeds is not a whole number"),
        ({"scale": 0}, "scale is out of range"),
        ({"scale": -5}, "scale is out of range"),
        ({"workers": 0}, "workers is out of range"),
        ({"parameter_sets": 0}, "parameter_sets is out of range"),
        ({"parameter_sets": "all"}, "parameter_sets is not a whole number"),
        ({"root_seed": -1}, "root_seed is out of range"),
        ({"start": "2023-02-30"}, r"start is not a date[\s\S]*YYYY-MM-DD"),
        ({"start": "2023-06-01", "end": "2023-05-01"}, "end lies before the start"),
        ({"scenario": "panama_remval"}, r"no such scenario[\s\S]*did you mean 'panama_removal'"),
        ({"reference": "histroy"}, r"no such scenario[\s\S]*'history'"),
        ({"include": ["chnv_parol"]}, r"unknown instrument[\s\S]*'chnv_parole'"),
        ({"exclude": "chnv_parole"}, "exclude is not a list"),
        ({"progress": "yes"}, "progress is not true, false or null"),
        ({"overrides": {"instruments.chnv_parole.start": "2023-01-01"}}, "unknown override"),
        ({"overrides": {"instrument.chnv_parol.start": "2023-01-01"}}, "unknown instrument"),
        ({"overrides": {"instrument.chnv_parole.terms.capacity": -1}}, "out of bounds"),
        ({"overrides": {"behavior.credibilty": 0.4}}, r"unknown behavior[\s\S]*'credibility'"),
        ({"overrides": {"behavior.credibility": 40}}, "outside its range"),
    ],
)
def test_mistakes_are_named_before_anything_runs(options: dict[str, Any], message: str) -> None:
    class Never(fakes.FakeModel):
        def run(self) -> pd.DataFrame:
            raise AssertionError("a model was run")

    with pytest.raises(UserError, match=message):
        run(model=Never, **options)


def test_an_override_given_in_two_ways_is_refused() -> None:
    twice = {"instrument.chnv_parole.start": "2023-01-01", "instrument": {"chnv_parole": {"start": "2023-02-01"}}}
    with pytest.raises(UserError, match="twice"):
        split_overrides(twice)


def test_terms_by_date_stay_whole() -> None:
    by_date = {"2023-01-01": 5, "2024-01-01": {"VEN": 1, "default": 2}}
    instrument, _ = split_overrides({"instrument.x.terms.capacity": by_date})
    assert instrument == {"x": {"terms": {"capacity": by_date}}}


def test_a_failing_worker_is_heard() -> None:
    class Broken(fakes.FakeModel):
        def run(self) -> pd.DataFrame:
            raise ZeroDivisionError("in the model")

    with pytest.raises(ZeroDivisionError):
        run(model=Broken, workers=2)
