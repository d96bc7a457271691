"""The model as a whole: people are conserved, draws are shared, levers move what they should, nothing depends on how.

Windows are short and scales coarse; statistical tests fix their seeds and state their false-alarm rate.
"""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from numba.core.dispatcher import Dispatcher

from ladsim.actors.migrant import Migrant
from ladsim.columns import Column
from ladsim.core.schema import FIRST_ABSORBING, MEASURES, Outcome, Party, State
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.runs import ensemble, replicate
from ladsim.sim.collect import draw_seed
from ladsim.sim.model import LadModel
from ladsim.world.world import World, load_world

KEY = ["month", "measure", "place", "nationality"]
RELEASE = int(Outcome.RELEASE)


@cache
def world() -> World:
    return load_world()


@cache
def scenario(name: str, start: str, end: str, **more: Any) -> Scenario:
    return load_scenario(name, start=start, end=end, **more)


def changed(name: str, start: str, end: str, overrides: Mapping[str, Any]) -> Scenario:
    return load_scenario(name, start=start, end=end, instrument_overrides=overrides)


def model(of: Scenario, *, seed: int = 1, scale: int = 500, run_in: int = 14, **more: Any) -> LadModel:
    gc.collect()  # models hold themselves in circles, and large arrays do not hurry Python's collector
    parameters = {"run_in_days": run_in, **more.pop("parameters", {})}
    return LadModel(of, seed=seed, scale=scale, world=world(), parameters=parameters, **more)


def total(frame: pd.DataFrame, measure: str, place: str | None = None, nationality: str | None = None) -> int:
    rows = frame[frame["measure"] == measure]
    if place is not None:
        rows = rows[rows["place"] == place]
    if nationality is not None:
        rows = rows[rows["nationality"] == nationality]
    return int(rows["value"].sum())


# -- conservation ------------------------------------------------------------------------------------------------------

FLOWS = {
    State.DEAD: ("deaths",),
    State.ENTERED_UNDETECTED: ("undetected_entries",),
    State.RETURNED: ("returns",),
    State.SETTLED: ("asylum_applications", "settled"),
    State.ARRIVED_LAWFULLY: ("lawful_arrivals",),
}
"""States that people reach by one kind of event only, and the measures that count it."""


@pytest.fixture(scope="module")
def watched() -> dict[str, Any]:
    """Run five months day by day and note what must hold each day."""
    made = model(scenario("history", "2022-10-01", "2023-02-28"), scale=250)
    absorbing = np.arange(FIRST_ABSORBING, len(State))
    states, considered, recorded = [], [], []
    while made.day < made.n_days:
        first = made.date == made.scenario.start
        if first:
            recorded.append(made.population.counts_by_state())
        made.step()
        made.population.check()
        states.append(made.population.counts_by_state())
        considered.append(made.population.considered)
    return {
        "states": np.array(states),
        "considered": np.array(considered),
        "absorbing": absorbing,
        "at_start": recorded[0],
        "frame": made.monthly(),
        "model": made,
    }


def test_everybody_ever_considered_is_in_one_state_every_day(watched: dict[str, Any]) -> None:
    assert np.array_equal(watched["states"].sum(axis=1), watched["considered"])
    assert (np.diff(watched["considered"]) >= 0).all()
    assert watched["considered"][-1] > 5000


def test_nobody_comes_back_from_the_end_of_a_way(watched: dict[str, Any]) -> None:
    ended = watched["states"][:, watched["absorbing"]]
    assert (np.diff(ended, axis=0) >= 0).all()
    assert (ended[-1] > 0).sum() >= 8, "most ends happen to somebody"


def test_stocks_are_sums_of_flows(watched: dict[str, Any]) -> None:
    """Whoever is in a final state at the end came there by an event that the table counts, to the person."""
    scale, frame = watched["model"].scale, watched["frame"]
    gained = (watched["states"][-1] - watched["at_start"]) * scale
    for state, measures in FLOWS.items():
        assert gained[state] == sum(total(frame, m) for m in measures), state.name


def test_wishes_in_the_table_are_the_people_considered(watched: dict[str, Any]) -> None:
    made = watched["model"]
    before = int(watched["considered"][made.run_in - 1]) if made.run_in else 0
    assert total(watched["frame"], "wishes_formed") == (made.population.considered - before) * made.scale


def test_every_encounter_has_one_disposition(watched: dict[str, Any]) -> None:
    frame = watched["frame"]
    met = frame[frame["measure"].isin(["encounters_between_ports", "encounters_at_ports"])]
    followed = frame[frame["measure"].str.startswith("dispositions_")]
    sums = [t.groupby(["month", "place", "nationality"])["value"].sum() for t in (met, followed)]
    pd.testing.assert_series_equal(*sums)


def test_the_table_is_tidy(watched: dict[str, Any]) -> None:
    frame = watched["frame"]
    assert list(frame.columns) == [*KEY, "value"]
    assert set(frame["measure"]) <= set(MEASURES)
    assert not frame.duplicated(KEY).any()
    assert str(frame["value"].dtype) == "int64"
    assert (frame["value"] > 0).all()
    counted = frame[frame["measure"] != "smuggling_payments"]
    assert (counted["value"] % watched["model"].scale == 0).all()
    assert sorted(set(frame["month"])) == ["2022-10", "2022-11", "2022-12", "2023-01", "2023-02"]


def test_stocks_at_the_months_end_are_those_of_the_people(watched: dict[str, Any]) -> None:
    frame, made = watched["frame"], watched["model"]
    last = frame[frame["month"] == "2023-02"]
    assert total(last, "stranded") == watched["states"][-1][State.WAITING] * made.scale
    assert total(last, "lawful_queue") <= watched["states"][-1][State.PATHWAY_QUEUE] * made.scale


def test_perceived_and_true_shares_stay_shares(watched: dict[str, Any]) -> None:
    env = watched["model"].environment
    assert env.beliefs is not None
    for shares in (env.beliefs.outcome, env.today.outcome_share):
        assert shares.sum(axis=-1) == pytest.approx(np.ones(shares.shape[:2]))
        assert shares.min() >= 0.0
    assert env.beliefs.stop.min() >= 0.0
    assert env.beliefs.stop.max() <= 1.0
    assert env.valuation.residual < 0.01, "values have converged"


def test_a_rule_is_believed_as_far_as_what_was_announced_before_it_came_about() -> None:
    made = model(scenario("history", "2024-05-20", "2024-06-10"), scale=2000, parameters={"disappointment": 1.0})
    while made.n_days - made.day > 6:  # to the evening of 4 June, before the rule of that year
        made.step()
    beliefs, n, adult = made.environment.beliefs, world().nationalities.index("ECU"), int(Party.SINGLE_ADULT)
    assert beliefs is not None
    before, kept = beliefs.outcome[n, adult, RELEASE], beliefs.reputation["release"].kept[n, adult]
    assert 0.2 < kept < 0.9, "the rule of May 2023 claimed that few would be released"
    made.apply_instruments()
    claim = made.scenario.instruments["asylum_bar_june_2024"].announces
    assert claim is not None
    believed = made.parameters.credibility * kept
    assert beliefs.outcome[n, adult, RELEASE] == pytest.approx(before + believed * (claim.value - before))


# -- the same again ----------------------------------------------------------------------------------------------------

SHORT = ("history", "2023-01-01", "2023-02-28")


def test_the_same_seed_gives_the_same_run_to_the_bit() -> None:
    one, two = (model(scenario(*SHORT)) for _ in range(2))
    pd.testing.assert_frame_equal(one.run(), two.run())
    for name in one.population.names:
        if name == "refused":
            continue  # bits by position of the pathway, which differs between models with other pathways
        assert np.array_equal(one.population.view(name), two.population.view(name)), name
    assert np.array_equal(one.environment.beliefs.outcome, two.environment.beliefs.outcome)  # type: ignore[union-attr]


def test_another_seed_gives_another_run() -> None:
    assert not model(scenario(*SHORT), seed=1).run().equals(model(scenario(*SHORT), seed=2).run())


def test_restart_is_the_whole() -> None:
    """A copy taken midway goes on as the run does; what never changes is shared, so that kernels fit both."""
    whole = model(scenario(*SHORT))
    half = model(scenario(*SHORT))
    while half.day < half.n_days - 29:
        half.step()
    resumed = copy.deepcopy(half, {id(part): part for part in (half.world, half.environment.graph)})
    expected = whole.run()
    pd.testing.assert_frame_equal(resumed.run(), expected)
    pd.testing.assert_frame_equal(half.run(), expected)


def test_a_fork_needs_no_other_kernels() -> None:
    made = model(scenario(*SHORT), scale=5000)
    forked = made.fork(scenario(*SHORT))
    for name, ours, theirs in zip(
        made.environment.graph._fields, made.environment.graph, forked.environment.graph, strict=True
    ):
        assert ours.flags.writeable == theirs.flags.writeable, name


@pytest.mark.slow
def test_the_number_of_workers_does_not_matter() -> None:
    given = {"start": "2023-01-01", "end": "2023-01-31", "scale": 1000, "seeds": 2, "progress": False}
    one, two = (ensemble.run("no_chnv", workers=w, **given) for w in (1, 2))
    pd.testing.assert_frame_equal(one.monthly, two.monthly)
    assert one.reference is not None
    assert two.reference is not None
    pd.testing.assert_frame_equal(one.reference.monthly, two.reference.monthly)


# -- scenario and reference --------------------------------------------------------------------------------------------

BEFORE_PAROLE = ("2022-10-15", "2023-01-31")
PAIRS = [
    ("no_chnv", *BEFORE_PAROLE),
    ("no_june_2024_rule", "2024-05-01", "2024-06-30"),
]


@pytest.mark.parametrize(("name", "start", "end"), PAIRS)
def test_nothing_differs_before_the_timelines_do(name: str, start: str, end: str) -> None:
    ours = scenario(name, start, end)
    theirs = ours.load_reference()
    assert theirs is not None
    one, two = model(ours, scale=200), model(theirs, scale=200)
    differs = one.timeline.first_difference(two.timeline)
    assert differs is not None
    assert 0 < differs < one.n_days - one.run_in
    same = [name for name in one.population.names if name != "goal"]
    while one.day < one.run_in + differs:
        one.step()
        two.step()
        assert one.population.considered == two.population.considered
    for name in same:
        if name == "refused":
            continue  # bits by position of the pathway, which differs between models with other pathways
        assert np.array_equal(one.population.view(name), two.population.view(name)), name
    first_month = f"{one.timeline.day(differs):%Y-%m}"
    frames = [m.run() for m in (one, two)]
    early = [f[f["month"] < first_month].reset_index(drop=True) for f in frames]
    assert len(early[0]) > 100
    pd.testing.assert_frame_equal(*early)
    assert not frames[0].equals(frames[1]), "after that day they differ"


@pytest.mark.parametrize(("name", "start", "end"), PAIRS)
def test_a_fork_goes_on_as_a_run_of_its_own(name: str, start: str, end: str) -> None:
    ours = scenario(name, start, end)
    pair = {"scenario": ours, "reference": ours.load_reference()}
    tables, changed_fates, _ = replicate.run_together(replicate.Task(pair, 3, 500, {"run_in_days": 14}))
    assert changed_fates is not None
    pd.testing.assert_frame_equal(tables["scenario"].monthly, model(ours, seed=3).run())
    pd.testing.assert_frame_equal(tables["reference"].monthly, model(ours.load_reference(), seed=3).run())  # type: ignore[arg-type]


def test_the_same_terms_given_as_overrides_change_nothing() -> None:
    plain = scenario("history", "2024-06-15", "2024-09-30")
    terms = plain.instruments["panama_removal_program"].terms["removals_per_day"]
    assert len(terms.values) > 1
    again = {d.isoformat(): v for d, v in terms.values.items()}
    override = {"panama_removal_program": {"terms": {"removals_per_day": again}}}
    null = changed("history", "2024-06-15", "2024-09-30", override)
    pd.testing.assert_frame_equal(model(plain).run(), model(null).run())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("smuggling_sanctions", {"terms": {"capacity_cut": 0.0}}),
        ("biometric_sharing", {"terms": {"recognition": 0.0}}),
        ("ecuador_regularization_2022", {"terms": {"capacity": 0.0}}),
        (
            "venezuela_humanitarian_aid_2022",
            {"parts": {part: {"terms": {"usd_per_year": 0.0}} for part in ("hosts", "venezuela")}},
        ),
    ],
)
def test_a_lever_at_zero_is_as_if_it_were_not_there(name: str, changes: dict[str, Any]) -> None:
    """A null lever changes no bit of the table."""
    window = ("2023-08-01", "2023-09-30")
    zero = changed("history", *window, {name: changes})
    assert name in zero.instruments
    without = load_scenario("history", start=window[0], end=window[1], exclude=[name])
    assert name not in without.instruments
    pd.testing.assert_frame_equal(model(zero, scale=1000).run(), model(without, scale=1000).run())


# -- levers with a known sign, common draws ----------------------------------------------------------------------------


def test_more_removals_per_day_remove_more_from_panama() -> None:
    """Aimed at the nationalities that come through the Darien in the autumn of 2022, whatever the calibration."""
    removed, days, scale = [], 76, 100
    for per_day in (0, 10, 40):
        override = {
            "panama_removal_program": {
                "start": "2022-09-01",
                "target": {"nationalities": ["VEN", "HTI", "ECU", "CUB"]},
                "terms": {"removals_per_day": per_day, "screened_in_share": 0.0},
            }
        }
        frame = model(changed("history", "2022-09-01", "2022-11-15", override), scale=scale).run()
        removed.append(total(frame, "removals", "PAN"))
    assert removed[0] == 0
    assert removed[0] < removed[1] < removed[2]
    for count, per_day in zip(removed, (0, 10, 40), strict=True):
        assert count <= per_day * days + scale, "no more than the capacity"


def test_twice_the_parole_places_let_more_arrive_lawfully() -> None:
    arrivals = []
    for capacity in (2000, 4000):
        override = {"chnv_parole": {"terms": {"capacity": capacity}}}
        frame = model(changed("history", "2023-01-01", "2023-04-15", override), scale=200).run()
        arrivals.append(total(frame, "lawful_arrivals", "chnv_parole"))
    assert arrivals[0] > 0
    assert arrivals[1] > 1.5 * arrivals[0], "places are scarce, so arrivals follow them"


# -- scale -------------------------------------------------------------------------------------------------------------


def test_people_at_a_coarse_scale_are_among_those_at_a_fine_one() -> None:
    coarse, fine = (model(scenario("history", "2023-01-01", "2023-01-10"), scale=s) for s in (400, 200))
    for made in (coarse, fine):
        made.run()
    assert 1.9 < fine.population.considered / coarse.population.considered < 2.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "place"),
    [
        ("encounters_between_ports", None),
        ("departures", None),
        ("lawful_arrivals", None),
        ("irregular_entries", "PAN"),
    ],
)
def test_the_scale_does_not_move_the_mean(measure: str, place: str | None) -> None:
    """Means at 50 and 200 persons per agent agree within 4 standard errors (false alarm 0.3 percent each)."""
    at = {scale: np.array([total(f, measure, place) for f in by_scale(scale)], dtype=float) for scale in (50, 200)}
    error = np.sqrt(sum(x.var(ddof=1) / len(x) for x in at.values()))
    assert at[50].mean() > 0
    assert abs(at[50].mean() - at[200].mean()) < 4.0 * error


@cache
def by_scale(scale: int) -> list[pd.DataFrame]:
    of = scenario("history", "2022-03-01", "2022-03-31")
    return [model(of, seed=seed, scale=scale, run_in=30).run() for seed in range(6)]


# -- days --------------------------------------------------------------------------------------------------------------


def test_a_day_is_a_date() -> None:
    made = model(scenario(*SHORT), scale=5000)
    assert made.date + (date(2023, 1, 1) - made.date) == date(2023, 1, 1)
    while made.date < date(2023, 1, 1):
        made.step()
    assert made.day == made.run_in


# -- what Mesa's users expect ------------------------------------------------------------------------------------------


def short(days: int = 15, **more: Any) -> LadModel:
    return model(scenario("history", "2023-06-01", f"2023-06-{days:02d}"), scale=2000, run_in=5, **more)


def test_a_model_ends_with_its_scenario() -> None:
    made = short()
    made.run_model()
    assert not made.running
    assert made.day == made.n_days == 20
    with pytest.raises(RuntimeError, match="has ended"):
        made.step()


def test_the_data_collector_notes_every_day_and_conserves_persons() -> None:
    made = short()
    made.run_model()
    table = made.datacollector.get_model_vars_dataframe()
    assert len(table) == 20
    persons = table.drop(columns="date").sum(axis=1)
    assert persons.iloc[-1] == made.population.considered * made.scale
    assert persons.is_monotonic_increasing


def test_a_seed_is_taken_in_any_of_mesas_forms() -> None:
    assert draw_seed(7, None) == draw_seed(None, 7) == draw_seed(np.int64(7), None) == 7
    assert len({draw_seed(None, None) for _ in range(5)}) == 5
    assert draw_seed(None, np.random.default_rng(1)) == draw_seed(None, np.random.default_rng(1))
    with pytest.raises(ValueError, match="not both"):
        draw_seed(1, 1)
    for beyond in (-1, 2**32):
        with pytest.raises(ValueError, match="from 0 to"):
            draw_seed(beyond, None)
    for wrong in ("x", 1.5, True):
        with pytest.raises(TypeError, match="whole number"):
            draw_seed(wrong, None)


def test_iterations_of_a_batch_run_differ() -> None:
    of = scenario("history", "2023-06-01", "2023-06-10")
    rows = mesa.batch_run(
        LadModel,
        {"scenario": of, "scale": 200, "world": world(), "parameters": [{"run_in_days": 5}]},
        iterations=2,
        max_steps=10,
        data_collection_period=-1,
        display_progress=False,
    )
    assert len(rows) == 2
    # The seeds are drawn by Mesa, so one count may well be the same twice: all counts at once may not.
    told = {"RunId", "iteration", "seed"}
    first, second = ({k: v for k, v in row.items() if k not in told} for row in rows)
    assert first.keys() == second.keys() and first != second


def signatures() -> dict[str, int]:
    """Return for how many kinds of arguments each kernel is compiled."""
    kernels = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    return {f"{one.py_func.__module__}.{one.py_func.__qualname__}": len(one.signatures) for one in kernels}


def test_a_pickled_model_goes_on_as_the_model_itself() -> None:
    """No kernel is compiled anew for it, which would take a minute."""
    made = short()
    for _ in range(8):
        made.step()
    before = signatures()
    again = pickle.loads(pickle.dumps(made))
    again.step()
    made.step()
    assert before == {name: count for name, count in signatures().items() if name in before}
    assert again.day == made.day == again.steps == 9
    for other in (made, again):
        other.run()
    pd.testing.assert_frame_equal(again.monthly(), made.monthly())
    pd.testing.assert_frame_equal(
        again.datacollector.get_model_vars_dataframe(), made.datacollector.get_model_vars_dataframe()
    )
    assert again.account().equals(made.account())


def test_what_is_written_from_outside_must_fit_together() -> None:
    made = short()
    for _ in range(10):
        made.step()
    made.agents_by_type[Migrant].select(lambda a: a.state == "travelling").set("way", -1)
    with pytest.raises(ValueError, match="travel, but on no way"):
        made.step()


def test_an_own_column_comes_with_every_migrant() -> None:
    made = short(columns=[Column("trips", "int16", 0, "count", "Trips so far")])
    for _ in range(8):
        made.step()
    migrants = made.agents_by_type[Migrant]
    migrants.set("trips", 3)
    assert migrants.agg("trips", "sum") == 3 * len(migrants)


def test_models_that_nobody_keeps_are_freed() -> None:
    refs = []
    for seed in range(3):
        made = short(seed=seed)
        made.step()
        refs.append(weakref.ref(made))
    del made
    gc.collect()
    assert [ref() for ref in refs] == [None] * 3
