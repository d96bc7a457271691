"""Single journeys: a diary holds every change, forks lose none of it, and the words tell what happened."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ladsim.core.schema import Fate, Met, State
from ladsim.explore import journeys
from ladsim.explore.journeys import Diary, Moment, WatchedModel, Words, chosen
from ladsim.sim.follow import follow

DAYS: dict[str, Any] = {"scale": 20000, "seed": 3}


@pytest.fixture(scope="module")
def model() -> WatchedModel:
    from ladsim.policy.scenario import load_scenario

    made = WatchedModel(load_scenario("history", end="2021-02-28"), **DAYS)
    made.diary = Diary()
    made.run()
    return made


def moment(**values: int) -> Moment:
    plain = {"day": 0, "state": int(State.CONSIDERING), "node": 0, "way": -1, "goal": -1, "met": 0}
    return Moment(**{**plain, "encounters": 0, "departed": -1, "fate": -1, **values})


def test_the_diary_holds_what_follow_lists(model: WatchedModel) -> None:
    from ladsim.policy.scenario import load_scenario

    listed = follow(load_scenario("history", end="2021-02-28"), people=5, **DAYS)
    persons = listed["person"].unique()
    assert len(persons)
    assert model.diary is not None
    diary = model.diary.of(persons)
    for who, rows in listed.groupby("person"):
        told = {
            (str(model.start + pd.Timedelta(days=m.day).to_pytimedelta()), State(m.state).name.lower())
            for m in diary[int(who)]
        }
        assert set(zip(rows["date"], rows["state"], strict=True)) <= told


def test_a_fork_has_no_diary_of_its_own() -> None:
    from ladsim.policy.scenario import load_scenario

    scenario = load_scenario("history", end="2021-01-10")
    made = WatchedModel(scenario, **DAYS)
    made.diary = Diary()
    made.step()
    assert made.fork(scenario).diary is None
    assert made.diary is not None


def test_those_who_fare_otherwise_come_first_one_of_each_change() -> None:
    fates = [int(Fate.RELEASED)] * 3 + [int(Fate.TURNED_BACK), int(Fate.STAYED), int(Fate.STAYED)]
    before = pd.DataFrame({"person": np.arange(6), "nationality": 0, "fate": fates})
    after = before.assign(fate=[int(Fate.STAYED)] * 2 + [int(Fate.RELEASED), int(Fate.DEAD), int(Fate.STAYED), 1])
    assert chosen(before, after)["person"].tolist() == [0, 3, 5, 1, 2]


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        (None, {}, "considers leaving"),
        ({}, {"state": State.GAVE_UP}, "no longer considers leaving"),
        ({"state": State.TRAVELLING}, {"state": State.DEAD}, "dies"),
        ({"state": State.CUSTODY, "encounters": 1}, {"state": State.RELEASED, "encounters": 1}, "is released"),
        ({"state": State.TRAVELLING}, {"state": State.CUSTODY, "encounters": 1}, "is encountered by the Border Patrol"),
        ({"state": State.CUSTODY}, {"state": State.WAITING, "met": Met.PUT_BACK}, "is put back over the border"),
        ({"state": State.WAITING}, {"state": State.WAITING, "met": Met.ROBBED}, "is robbed"),
        ({"state": State.WAITING}, {"state": State.WAITING, "met": Met.NEWS}, "hears news"),
        ({"state": State.TRAVELLING}, {"state": State.REMOVED}, "is removed to the home country"),
    ],
)
def test_what_happened_is_told(model: WatchedModel, before: Any, now: Any, text: str) -> None:
    words = Words(model, {})
    told = words._sentence(None if before is None else moment(**before), moment(**now))
    assert text in told


def test_every_state_has_words(model: WatchedModel) -> None:
    words = Words(model, {})
    for state in State:
        way = 0 if state == State.TRAVELLING else -1
        assert words._sentence(moment(state=int(State.PATHWAY_QUEUE)), moment(state=int(state), way=way, node=1)), state


def test_journeys_of_one_world_are_alike(model: WatchedModel) -> None:
    assert model.diary is not None
    fates = model.fates_by_person()
    people = journeys.chosen(fates, fates)
    moments = model.diary.of(people["person"].to_numpy())
    for one in journeys.told(people, (moments, moments), model, {}):
        assert one["reference"] == one["scenario"]
        assert one["reference_fate"] == one["scenario_fate"]
        dates = [event["date"] for event in one["reference"]]
        assert dates == sorted(dates)
        assert dates
