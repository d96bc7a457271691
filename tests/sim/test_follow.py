"""Single people can be followed from home to their fate."""

from __future__ import annotations

import pytest

from ladsim.core.errors import UserError
from ladsim.policy.scenario import load_scenario
from ladsim.sim.follow import as_text, follow

SHORT = {"parameters": {"run_in_days": 10.0}, "scale": 2000, "seed": 4}


def test_a_journey_is_listed_from_departure_on_and_reads_the_same_again() -> None:
    scenario = load_scenario("history", start="2023-05-01", end="2023-06-15")
    table = follow(scenario, people=5, nationality="GTM", **SHORT)
    assert table["person"].nunique() == 5
    assert set(table["nationality"]) == {"GTM"}
    first = table.groupby("person").head(1)
    assert set(first["state"]) == {"travelling"}
    assert (first["date"] >= "2023-05-01").all()
    one = int(table["person"].iloc[0])
    again = follow(scenario, persons=[one], **SHORT)
    assert set(again["person"]) == {one}
    tail = again[again["date"] >= table.loc[table["person"] == one, "date"].iloc[0]]
    assert tail["state"].tolist() == table.loc[table["person"] == one, "state"].tolist()
    assert f"person {one}: GTM" in as_text(table)


def test_who_sets_out_again_has_no_fate_until_the_new_journey_ends() -> None:
    """Among the people followed some were sent back, considered leaving again and left; their old fate is not shown."""
    scenario = load_scenario("history", start="2023-05-01", end="2023-11-30")
    table = follow(scenario, people=60, nationality="HND", parameters={"run_in_days": 10.0}, scale=2000, seed=4)
    under_way = table["state"].isin(["travelling", "waiting", "pathway_queue", "custody"])
    assert set(table.loc[under_way, "fate"]) == {""}
    ended = table[table["fate"] != ""].groupby("person")["date"].min()
    later = table[under_way & (table["date"] > table["person"].map(ended))]
    assert len(later) > 0, "nobody set out again, so nothing was tested"


def test_an_unknown_nationality_is_refused() -> None:
    with pytest.raises(UserError, match="unknown nationality"):
        follow("history", nationality="ABC", **SHORT)
