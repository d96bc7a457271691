"""What the page shows of a run: charts with record and misses, the corridor, sectors that the score finds far off."""

from __future__ import annotations

import fakes
import pytest

from ladsim import data
from ladsim.explore import details
from ladsim.report import scored
from ladsim.results.run_result import RunResult


@pytest.fixture(scope="module")
def result() -> RunResult:
    ways = data.table("route_ways").query("mode == 'bus'")["way"].head(30).tolist()
    return fakes.pair(ways=tuple(ways))


def test_charts_hold_both_worlds_their_difference_and_the_record(result: RunResult) -> None:
    assert result.reference is not None
    found = {c["title"].split(" (")[0]: c for c in details.details(result)["charts"]}
    assert len(found) == len(details.CHARTS)
    darien = found["Darién crossings"]
    ours = result.total("irregular_entries", place="PAN", freq="M")["mean"].tolist()
    theirs = result.reference.total("irregular_entries", place="PAN", freq="M")["mean"].tolist()
    assert darien["scenario"]["mean"] == [round(v) for v in ours]
    assert darien["difference"]["mean"] == pytest.approx([a - b for a, b in zip(ours, theirs, strict=True)], abs=1)
    paired = result.compare(measure="irregular_entries", place="PAN", freq="M")
    assert darien["difference"]["low"][-1] == pytest.approx(paired["low"].iloc[-1], abs=1)
    at = result.months.index("2024-01")
    record = data.observed("darien_entries", place="PAN", nationality="ALL").set_index("month")["value"]
    assert darien["record"][at] == record["2024-01"]
    assert darien["record"][-1] is None
    assert "miss the record by" in darien["miss"]
    assert found["Lawful arrivals, all programs"]["record"] is None
    assert sum(found["Deaths at the US border"]["scenario"]["mean"]) == 0


def test_a_sector_fails_when_its_share_is_off_by_a_factor_of_two() -> None:
    found = scored.sectors()
    table = scored._table("places")
    for row in table[table["topic"] == scored.SECTORS].to_dict("records"):
        off = not 0.5 <= row["simulated"] / row["observed"] <= 2
        assert off == (f"{row['period']}:" in found[row["what"]]), row


def test_every_experiment_has_what_the_model_made_of_it() -> None:
    assert set(scored.experiments()) == set(data.table("experiments")["experiment"])


def test_queues_are_the_longest_of_the_last_month(result: RunResult) -> None:
    (queue,) = details.queues(result)
    assert queue["id"] == "chnv_parole"
    assert queue["scenario"] > 0


def test_a_slim_table_gives_the_same_page(result: RunResult) -> None:
    from dataclasses import replace

    from ladsim.results.run_result import tidy

    def slimmed(run: RunResult) -> RunResult:
        parts = dict(iter(run.monthly.groupby("seed")))
        frames = {int(seed): details.slim(part.drop(columns=["scenario", "seed"])) for seed, part in parts.items()}
        return replace(run, monthly=tidy(frames, run.scenario.name))

    assert result.reference is not None
    thin = replace(slimmed(result), reference=slimmed(result.reference))
    assert len(thin.monthly) < len(result.monthly) / 2
    assert details.told(thin, "panama_removal") == details.told(result, "panama_removal")
