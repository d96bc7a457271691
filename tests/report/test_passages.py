"""Passages and sectors as pages draw them: months and years of both worlds, and sectors that are not to be trusted."""

from __future__ import annotations

import fakes
import pytest

from ladsim import data
from ladsim.report import passages, scored
from ladsim.results.run_result import RunResult


@pytest.fixture(scope="module")
def result() -> RunResult:
    ways = data.table("route_ways").query("mode == 'bus'")["way"].head(30).tolist()
    return fakes.pair(ways=tuple(ways))


def test_the_corridor_adds_up_to_the_passages(result: RunResult) -> None:
    found = passages.corridor(result)
    total = result.total("passages", freq="M")["mean"]
    for month, value in enumerate(total):
        assert sum(pair[month] for pair in found["scenario"]) == pytest.approx(value, abs=len(found["pairs"]))
    assert len(found["pairs"]) == len(found["reference"]) > 20
    assert all(len(place) == 4 for place in found["places"])


def test_sectors_are_judged_by_the_score(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scored, "sectors", lambda: {"Laredo": "", "Yuma": "2022: far off"})
    found = {s["name"]: s for s in passages.sectors(result)}
    assert len(found) == 9
    assert found["Laredo"]["fails"] == ""
    assert found["Yuma"]["fails"] == "2022: far off"
    assert found["Tucson"]["fails"] == "not scored"
    assert found["Yuma"]["scenario"][0] > 0


def test_a_year_is_the_mean_of_its_months(result: RunResult) -> None:
    months, years = passages.corridor(result), passages.by_year(result)
    assert years["periods"] == sorted({month[:4] for month in result.months})
    of_first = [i for i, month in enumerate(result.months) if month.startswith(years["periods"][0])]

    def named(found: dict[str, list[list[int]]], i: int) -> tuple[str, str, str]:
        a, b, group = found["pairs"][i]
        return str(found["places"][a][0]), str(found["places"][b][0]), str(group)

    by_name = {named(months, i): i for i in range(len(months["pairs"]))}
    found = years["corridor"]
    assert 0 < len(found["pairs"]) <= len(months["pairs"])
    for i in range(len(found["pairs"])):
        whole = months["scenario"][by_name[named(found, i)]]
        assert found["scenario"][i][0] == round(sum(whole[k] for k in of_first) / len(of_first))
    assert all(len(sector["reference"]) == len(years["periods"]) for sector in years["sectors"])
