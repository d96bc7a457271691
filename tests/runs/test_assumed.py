"""Assumed terms drawn within their ranges: which, how, and the same in a scenario and its reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import ladsim
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.runs import assumed, ensemble
from ladsim.runs.options import RunOptions
from ladsim.runs.replicate import run_together
from ladsim.series.months import LAST_FITTED
from ladsim.sim.model import LadModel, shared_pathways


def pair_named(name: str, **changes: Any) -> dict[str, Scenario]:
    ours = load_scenario(name, **changes)
    theirs = ours.load_reference()
    return {"scenario": ours} | ({"reference": theirs} if theirs is not None else {})


def keys(pair: dict[str, Scenario]) -> set[str]:
    return {drawn.key for drawn in assumed.drawn_of(pair)}


def test_terms_are_drawn_of_what_differs_and_claims_of_what_is_later_than_the_fit() -> None:
    pair = pair_named("panama_removal")
    found = assumed.drawn_of(pair)
    instruments = pair["scenario"].instruments
    [added] = set(instruments) - set(pair["reference"].instruments)
    assert {one.path for one in found if one.instrument == added} == {("screened_in_share",), (assumed.CLAIM,)}
    others = [one for one in found if one.instrument != added]
    assert others
    assert all(one.path == (assumed.CLAIM,) for one in others)
    assert all(instruments[one.instrument].announced.isoformat()[:7] > LAST_FITTED for one in others)


def test_a_term_that_somebody_sets_is_drawn_neither_there_nor_in_the_reference() -> None:
    pair = pair_named("no_chnv")
    assert "instrument.chnv_parole.terms.processing_days" in keys(pair)
    changed = {
        "scenario": load_scenario("history", instrument_overrides={"chnv_parole": {"terms": {"processing_days": 60}}})
    }
    changed["reference"] = load_scenario("history")
    assert "instrument.chnv_parole.terms.processing_days" not in keys(changed)


def test_quantiles_fill_each_eighth_once_and_do_not_hang_on_the_number_of_seeds() -> None:
    [first, *_] = assumed.drawn_of(pair_named("panama_removal"))
    for block in range(3):
        found = [first.quantile(1, i) for i in range(8 * block, 8 * block + 8)]
        assert sorted(int(8 * q) for q in found) == list(range(8))
    assert first.quantile(1, 3) != first.quantile(2, 3)
    assert first.quantile(1, 3) != first.quantile(1, 3, other=True)
    known = assumed.told((first,), 1, 8)[0]["quantiles"]
    assert known == assumed.told((first,), 1, 16)[0]["quantiles"][:8]


@pytest.mark.parametrize(("quantile", "value"), [(0.0, 0.05), (0.25, 0.175), (0.5, 0.3), (0.75, 0.45), (1.0, 0.6)])
def test_the_filed_value_is_the_median(quantile: float, value: float) -> None:
    assert assumed.within(0.3, 0.05, 0.6, quantile) == pytest.approx(value)
    assert assumed.within(0.0, 0.05, 0.6, quantile) == 0.0


def test_scenario_and_reference_have_the_same_draw() -> None:
    pair = pair_named("declaration_ends")
    drawn = assumed.drawn_of(pair)
    made = assumed.pair_of(pair, drawn, 7, 2)
    shared = set(pair["scenario"].instruments) & set(pair["reference"].instruments)
    both = [one for one in drawn if one.instrument in shared]
    assert both
    for one in both:
        told = [dict(assumed._open(made[role].instruments[one.instrument])) for role in ("scenario", "reference")]
        assert told[0][one.path] == told[1][one.path] == (one.low, one.high)
        ours, theirs = (
            value_of(made[role].instruments[one.instrument], one.path) for role in ("scenario", "reference")
        )
        was, were = (value_of(pair[role].instruments[one.instrument], one.path) for role in ("scenario", "reference"))
        assert (ours == theirs) == (was == were)


def value_of(instrument: Instrument, path: tuple[str, ...]) -> Any:
    if path == (assumed.CLAIM,):
        assert instrument.announces is not None
        return instrument.announces.value
    *parts, name = path
    return (instrument.parts[parts[0]] if parts else instrument).terms[name].values


@pytest.mark.parametrize("quantile", [0.0, 1.0])
def test_every_instrument_is_valid_at_both_ends_of_its_ranges(quantile: float) -> None:
    moved = 0
    for name, instrument in load_instruments().items():
        ends = dict(assumed._open(instrument))
        quantiles = {assumed.Drawn(name, path, *range_): quantile for path, range_ in ends.items()}
        scenario = replace(load_scenario("baseline"), instruments={name: instrument})
        changed = assumed.at_quantiles(scenario, quantiles).instruments[name]
        Instrument.model_validate(changed.model_dump()).expanded()
        moved += changed != instrument
    assert moved > 50


SHORT: dict[str, Any] = {"start": "2024-06-01", "end": "2024-07-31", "scale": 1000, "checkpoints": "off"}


@pytest.mark.slow
def test_the_second_draw_is_to_the_bit_a_run_of_its_own() -> None:
    options = RunOptions.checked(scenario="panama_removal", seeds=2, **SHORT)
    pair = ensemble.load_pair(options, {}, {})
    seeds = ensemble.seeds_of(options)
    [task, *_] = ensemble._tasks(options, pair, seeds, {"run_in_days": 14}, None)
    tables, _, others = run_together(task)
    pathways = shared_pathways(task.others["scenario"], task.others["reference"])
    for role, scenario in task.others.items():
        alone = LadModel(scenario, seed=task.seed, scale=1000, parameters={"run_in_days": 14}, pathways=pathways)
        assert alone.run().equals(others[role])
        assert not tables[role].monthly.equals(others[role])


@pytest.mark.slow
def test_a_run_tells_what_was_drawn_and_whose_the_variance_is() -> None:
    given = {"seeds": 3, "workers": 1, "progress": False, **SHORT}
    result = ladsim.run("panama_removal", overrides={"behavior.run_in_days": 14}, parameter_sets=2, **given)
    assert {one["key"] for one in result.manifest["assumed"]} == keys(pair_named("panama_removal"))
    assert {kind: len(run.seeds) for kind, run in result.again.items()} == {"terms": 3, "chance": 1}
    shares = result.shares(measure="irregular_entries", freq="all", difference=True)
    assert shares[["chance", "sets", "terms"]].to_numpy().sum() == pytest.approx(1.0)
    assert "assumed terms" in result.interval_note
    plain = ladsim.run(
        "panama_removal", overrides={"behavior.run_in_days": 14}, parameter_sets=2, assumed=False, **given
    )
    assert plain.again == {}
    assert "assumed" not in plain.manifest
    assert np.any(plain.monthly["value"].to_numpy()[:50] > 0)
    with pytest.raises(ladsim.UserError, match="draws of assumed terms"):
        result.compare(plain)
