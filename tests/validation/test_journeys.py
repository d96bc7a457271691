"""Single people followed: what is noted, by hand and in one tiny run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ladsim.policy.scenario import load_scenario
from ladsim.validation.journeys import FollowedModel, Journeys, Notes, follow


def test_quartiles_and_shares_by_hand() -> None:
    days = pd.DataFrame({"month": ["2022-01"] * 5, "days": [10, 20, 30, 40, 50]})
    met = pd.DataFrame({"month": ["2022-01", "2022-02"], "encounters": [10, 30], "again": [1, 9]})
    made = Journeys(days, met, 1)
    assert made.days_to_border("2022-01", "2022-12") == (20, 30, 40, 5)
    assert made.again_share("2022-01", "2022-02") == 0.25
    assert made.days_to_border("2023-01", "2023-12")[3] == 0
    assert np.isnan(made.again_share("2023-01", "2023-12"))


def test_encounters_of_a_person_are_counted_once_each() -> None:
    class Bare(FollowedModel):
        def __init__(self) -> None:
            self.notes = Notes()

    model = Bare()
    person = np.array([7, 8, 9])
    model._note_encounters(person, np.array([1, 0, 2], np.int16), "2022-01")
    assert model.notes.encounters["2022-01"] == (3, 1)  # one of 7; two of 9, the second of them again
    model._note_encounters(person, np.array([1, 1, 3], np.int16), "2022-01")
    assert model.notes.encounters["2022-01"] == (5, 2)
    model._note_encounters(person, np.array([1, 1, 3], np.int16), "2022-02")
    assert model.notes.encounters["2022-02"] == (0, 0)


@pytest.mark.slow
def test_people_come_from_the_darien_to_the_border_in_a_tiny_run() -> None:
    scenario = load_scenario("history", start="2022-06-01", end="2022-10-31")
    found = follow(scenario, seed=3, scale=2000)
    assert found.scale == 2000
    assert len(found.days) > 3
    assert found.days["days"].min() > 5  # no bus goes from the Darién to the border in less
    assert (found.days["month"] >= "2022-01").all()
    assert (found.encounters["again"] <= found.encounters["encounters"]).all()
    assert found.encounters["encounters"].sum() > 100
