"""The account of departures is closed, in the model and in the twin, and persons can be paired by their fates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ladsim
from ladsim.core.schema import Fate, Met
from ladsim.policy.scenario import load_scenario
from ladsim.sim.model import LadModel
from ladsim.twin import ReferenceModel

GIVEN = {"run_in_days": 20.0}
SORTED = ["year", "nationality", "party", "kind", "fate", "met"]


@pytest.fixture(scope="module")
def model() -> LadModel:
    scenario = load_scenario("history", start="2022-11-01", end="2023-02-28")
    made = LadModel(scenario, seed=3, scale=1000, parameters=GIVEN)
    made.run()
    return made


def test_each_departure_has_exactly_one_fate(model: LadModel) -> None:
    account, monthly = model.account(), model.monthly()
    left = monthly[monthly["measure"] == "departures"].assign(year=lambda t: t["month"].str[:4].astype(int))
    expected = left.groupby(["year", "nationality"])["value"].sum()
    found = account.groupby(["year", "nationality"])["value"].sum()
    pd.testing.assert_series_equal(found, expected[expected > 0], check_names=False)
    assert set(account["year"]) == {2022, 2023}


def test_fates_agree_with_what_is_counted(model: LadModel) -> None:
    account, monthly = model.account(), model.monthly()
    ended = account.groupby("fate")["value"].sum()
    total = monthly.groupby("measure")["value"].sum()
    # People who left during the run-in are in the measures and in no account.
    for fate, measure in (("turned_back", "returns"), ("entered_undetected", "undetected_entries"), ("dead", "deaths")):
        assert 0 <= ended.get(fate, 0) <= total.get(measure, 0)
    assert ended["turned_back"] > 0
    assert ended["still_on_the_way"] > 0
    assert set(account["fate"]) <= {f.name.lower() for f in Fate} - {"stayed"}
    assert set(account["met"]) <= {m.name.lower() for m in Met}


def test_everybody_who_formed_a_wish_has_a_fate(model: LadModel) -> None:
    table = model.fates_by_person()
    assert len(table) == model.population.considered
    assert table["person"].is_unique
    assert table["fate"].between(0, len(Fate) - 1).all()
    assert (table["fate"] == Fate.STAYED).any()


def test_the_twin_keeps_the_same_account() -> None:
    scenario = load_scenario("history", start="2023-05-01", end="2023-05-31")
    kernels = LadModel(scenario, seed=5, scale=3000, parameters=GIVEN)
    plain = ReferenceModel(scenario, seed=5, scale=3000, parameters=GIVEN)
    while kernels.day < kernels.n_days:
        kernels.step()
        plain.step()
    np.testing.assert_array_equal(kernels.events.fates, plain.events.fates)
    assert kernels.events.fates.sum() > 0


def test_nobody_is_followed_where_that_was_not_asked_for() -> None:
    scenario = load_scenario("history", start="2023-05-01", end="2023-05-03")
    made = LadModel(scenario, seed=5, scale=3000, parameters=GIVEN, follow_fates=False)
    with pytest.raises(RuntimeError, match="follow_fates"):
        made.fates_by_person()


@pytest.mark.usefixtures("short_run_in")
def test_a_run_pairs_its_persons() -> None:
    result = ladsim.run("no_chnv", scale=2000, seeds=2, workers=1, start="2023-01-01", end="2023-03-31", progress=False)
    assert result.fates is not None
    assert result.changed_fates is not None
    assert result.reference is not None
    paired = result.changed_fates
    for seed in result.seeds:
        of = paired[paired["seed"] == seed]
        wishes = result.reference.totals(measure="wishes_formed", freq="all")[seed].sum()
        assert of["value"].sum() >= wishes  # those of the run-in are persons too
    other = paired[paired["reference_fate"] != paired["scenario_fate"]]
    assert other.loc[other["reference_fate"] == "lawful_pathway", "value"].sum() > 0
    assert paired.groupby("seed")["value"].sum().nunique() <= 2
