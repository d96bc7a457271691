"""The tidy table, its totals and comparisons, and the results folder."""

from __future__ import annotations

import json
from pathlib import Path

import fakes
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import ladsim
from ladsim.core.errors import UserError
from ladsim.results import folder, intervals, schema
from ladsim.results.reading import load
from ladsim.results.run_result import RunResult, tidy
from ladsim.results.scenario_info import ScenarioInfo

MONTHS = ("2023-01", "2023-02", "2023-03")


def frame(rows: list[tuple[str, str, str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["month", "measure", "place", "nationality", "value"])


def small(values: dict[int, list[tuple[str, str, str, str, int]]], name: str = "a", scale: int = 1) -> RunResult:
    table = tidy({seed: frame(rows) for seed, rows in values.items()}, name)
    return RunResult(fakes.info(name, start="2023-01-01", end="2023-03-31"), table, tuple(values), scale)


@pytest.fixture(scope="module")
def pair() -> RunResult:
    return fakes.pair(ways=("caracas__cucuta__bus",))


def test_tidy_sorts_types_and_drops_zeros() -> None:
    rows = [
        ("2023-02", "deaths", "w", "VEN", 1),
        ("2023-01", "deaths", "w", "VEN", 0),
        ("2023-01", "deaths", "v", "HTI", 2),
    ]
    table = tidy({7: frame(rows), 3: frame(rows[::-1])}, "a")
    assert table["seed"].tolist() == [3, 3, 7, 7]
    assert table["month"].tolist() == ["2023-01", "2023-02"] * 2
    assert str(table["value"].dtype) == "int64"
    assert list(table.columns) == ["scenario", "seed", "month", "measure", "place", "nationality", "value"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("2023-01", "deaths", "w", "VEN", 1), ("2023-01", "deaths", "w", "VEN", 2)], "twice"),
        ([("2023-01", "sightings", "w", "VEN", 1)], "unknown measures"),
        ([("2023-01", "deaths", "w", "VEN", 1.5)], "whole numbers"),
    ],
)
def test_tidy_refuses(rows: list[tuple[str, str, str, str, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tidy({1: frame(rows)}, "a")


def test_flows_are_added_and_stocks_averaged_over_all_months() -> None:
    result = small(
        {
            1: [
                ("2023-01", "departures", "VEN", "VEN", 10),
                ("2023-03", "departures", "COL", "VEN", 5),
                ("2023-01", "stranded", "tapachula", "VEN", 30),
                ("2023-02", "stranded", "tapachula", "VEN", 60),
            ],
        }
    )
    assert result.total("departures")["mean"].tolist() == [15.0]
    assert result.total("stranded")["mean"].tolist() == [30.0]  # a month without a row counts as zero
    assert result.total("departures", place="COL", freq="M")["mean"].tolist() == [0.0, 0.0, 5.0]
    assert result.total("deaths")["mean"].tolist() == [0.0]


def test_a_seed_in_which_nothing_happened_counts() -> None:
    result = small({1: [("2023-01", "deaths", "w", "VEN", 4)], 2: [("2023-01", "departures", "VEN", "VEN", 4)]})
    assert result.total("deaths")["mean"].tolist() == [2.0]


def test_interval_is_that_of_student() -> None:
    values = np.array([[3.0, 5.0, 10.0, 2.0]])
    mean, low, high = intervals.mean_interval(values)
    expected = stats.t.interval(0.90, 3, loc=5.0, scale=stats.sem(values[0]))
    assert mean[0] == 5.0
    assert (low[0], high[0]) == pytest.approx(expected)


def test_interval_covers_the_mean_in_nine_of_ten() -> None:
    # 2,000 samples: the count that covers is binomial, and 86.5..93.5 percent spans five standard deviations.
    draws = np.random.default_rng(5).normal(10, 3, (2000, 5))
    _, low, high = intervals.mean_interval(draws)
    assert 0.865 < ((low < 10) & (high > 10)).mean() < 0.935


def test_results_carry_the_interval_in_which_another_replicate_would_lie() -> None:
    rows = {s: [("2023-01", "departures", "VEN", "VEN", v)] for s, v in zip((1, 2, 3, 4), (3, 5, 10, 2), strict=True)}
    row = small(rows).total("departures", freq="all").iloc[0]
    sd = np.std([3, 5, 10, 2], ddof=1)
    half = stats.t.ppf(0.95, 3) * sd * np.sqrt(1 + 1 / 4)
    assert (row["mean"], row["high"]) == pytest.approx((5.0, 5.0 + half))
    assert row["low"] == max(0.0, 5.0 - half)
    paired = small(rows).compare(small({s: [("2023-01", "deaths", "w", "VEN", 1)] for s in rows}, "b"), freq="all")
    row = paired.set_index("measure").loc["departures"]
    assert (row["low"], row["high"]) == pytest.approx((5.0 - half, 5.0 + half))


def test_prediction_interval_covers_another_draw_in_nine_of_ten() -> None:
    # 2,000 samples: the count that covers is binomial, and 86.5..93.5 percent spans five standard deviations.
    draws = np.random.default_rng(6).normal(10, 3, (2000, 6))
    _, low, high = intervals.prediction_interval(draws[:, :5])
    assert 0.865 < ((low < draws[:, 5]) & (high > draws[:, 5])).mean() < 0.935


@pytest.mark.parametrize(
    ("sets", "drawn", "said"),
    [
        ([0, 1, 2], [], "covers chance and fitted sets, not assumed terms or the model's form"),
        ([0, 1, 2], [{}], "covers chance, fitted sets and assumed terms, not the model's form"),
        ([0, 0, 0], [], "covers chance, not fitted sets, assumed terms or the model's form"),
    ],
)
def test_the_note_says_what_an_interval_covers(sets: list[int], drawn: list[dict[str, str]], said: str) -> None:
    from dataclasses import replace

    from ladsim.report import style, tables

    result = fakes.result(seeds=(1, 2, 3), start="2023-01-01", end="2023-03-31")
    result = replace(result, manifest={**result.manifest, "parameter_sets": sets, "assumed": drawn})
    assert result.n_parameter_sets == len(set(sets))
    assert said in style.runs_line(result)
    assert said in "\n".join(tables.notes(result))


def test_one_seed_has_no_interval() -> None:
    row = small({1: [("2023-01", "deaths", "w", "VEN", 4)]}).total("deaths").iloc[0]
    assert row["mean"] == 4
    assert np.isnan(row["low"])
    assert np.isnan(row["high"])


def test_ratio_of_a_fixed_share_has_no_width() -> None:
    base = np.array([[100.0, 220.0, 160.0]])
    ratio, low, high = intervals.ratio_interval(-0.25 * base, base)
    assert (ratio[0], low[0], high[0]) == pytest.approx((-25, -25, -25))


def test_summary_has_years_and_the_whole_period_with_units(pair: RunResult) -> None:
    summary = pair.summary()
    rows = summary[summary["measure"] == "encounters_between_ports"]
    assert rows["period"].tolist() == ["2023", "2024", "2023-01..2024-12"]
    assert rows["mean"].iloc[2] == pytest.approx(rows["mean"].iloc[:2].sum())
    assert set(rows["unit"]) == {"events"}
    assert (summary["low"] >= 0).all()
    stock = summary[summary["measure"] == "stranded"]
    assert stock["mean"].iloc[2] == pytest.approx(stock["mean"].iloc[:2].mean())


def test_totals_agree_with_pandas(pair: RunResult) -> None:
    ours = pair.totals(by=("nationality",), freq="M", measure="departures")
    table = pair.monthly[pair.monthly["measure"] == "departures"]
    theirs = table.pivot_table(index=["nationality", "month"], columns="seed", values="value", aggfunc="sum")
    ours.index = ours.index.droplevel("measure")
    ours = ours[ours.sum(axis=1) > 0].sort_index()
    assert np.array_equal(ours.to_numpy(), theirs.sort_index().fillna(0).to_numpy())


def test_compare_pairs_by_seed() -> None:
    base = {s: [("2023-01", "departures", "VEN", "VEN", 100 * s)] for s in (1, 2, 3)}
    less = {s: [("2023-01", "departures", "VEN", "VEN", 100 * s - 10)] for s in (1, 2, 3)}
    row = small(less, "less").compare(small(base, "base"), freq="all").iloc[0]
    assert (row["scenario"], row["reference"], row["difference"]) == (190, 200, -10)
    assert (row["low"], row["high"]) == (-10, -10)
    assert row["percent"] == -5
    assert row["same_sign"] == 1
    assert row["seeds"] == 3


def test_compare_knows_what_only_one_side_has() -> None:
    ours = small({1: [("2023-01", "removals", "PAN", "VEN", 7)], 2: [("2023-01", "removals", "PAN", "VEN", 5)]})
    theirs = small({s: [("2023-01", "deaths", "w", "VEN", 1)] for s in (1, 2)}, "b")
    table = ours.compare(theirs, freq="all").set_index("measure")
    assert table.loc["removals", "difference"] == 6
    assert np.isnan(table.loc["removals", "percent"])
    assert table.loc["deaths", "difference"] == -1


def test_same_run_differs_nowhere(pair: RunResult) -> None:
    table = pair.compare(pair, by=("place", "nationality"), freq="M")
    assert (table["difference"] == 0).all()
    assert table["same_sign"].isna().all()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"seeds": (11, 22, 33, 55)}, "seeds"),
        ({"scale": 50}, "scale"),
        ({"start": "2023-02-01"}, "start"),
        ({"end": "2024-11-30"}, "end"),
    ],
)
def test_compare_refuses_what_cannot_be_paired(pair: RunResult, change: dict[str, object], key: str) -> None:
    with pytest.raises(UserError, match=f"their {key} differ"):
        pair.compare(fakes.result("other", **change))  # type: ignore[arg-type]


def test_compare_without_a_reference() -> None:
    with pytest.raises(UserError, match="without a reference"):
        fakes.result().compare()


@pytest.mark.parametrize("options", [{"by": ("sector",)}, {"freq": "W"}, {"measure": "departure"}])
def test_totals_refuse_unknown_names(pair: RunResult, options: dict[str, object]) -> None:
    with pytest.raises(UserError, match="unknown"):
        pair.totals(**options)  # type: ignore[arg-type]


def test_saved_is_loaded_again(pair: RunResult, tmp_path: Path) -> None:
    place = pair.save(tmp_path / "new" / "run", figures=False)
    again = load(place)
    assert again.monthly.equals(pair.monthly)
    assert again.monthly.dtypes.equals(pair.monthly.dtypes)
    assert (again.seeds, again.scale, again.scenario) == (pair.seeds, pair.scale, pair.scenario)
    assert again.instruments == pair.instruments
    assert again.config == pair.config
    assert again.reference is not None
    assert again.reference.monthly.equals(pair.reference.monthly)  # type: ignore[union-attr]
    assert again.compare().equals(pair.compare())
    assert ladsim.load is load
    assert sorted(p.name for p in place.iterdir()) == [
        "by_nationality_and_place.csv",
        "comparison.csv",
        "config.yaml",
        "headline.csv",
        "manifest.json",
        "monthly.parquet",
        "reference_monthly.parquet",
        "scenario.yaml",
        "summary.csv",
    ]


def test_saving_twice_gives_the_same_bytes(pair: RunResult, tmp_path: Path) -> None:
    first, second = (pair.save(tmp_path / name, figures=False) for name in ("a", "b"))
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_nothing(
    pair: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(folder, "_manifest", broken)
    with pytest.raises(error):
        pair.save(tmp_path / "results" / "run", figures=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_kept(pair: RunResult, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        pair.save(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_no_folder(pair: RunResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="not a folder"):
        pair.save(tmp_path / "file" / "run")


def test_load_refuses_what_is_not_whole(pair: RunResult, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such results folder"):
        load(tmp_path / "nothing")
    with pytest.raises(UserError, match="cannot read manifest"):
        load(tmp_path)
    place = pair.save(tmp_path / "run", figures=False)
    whole = (place / "monthly.parquet").read_bytes()
    (place / "monthly.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"changed after it was written[\s\S]*monthly.parquet"):
        load(place)
    with pytest.raises(UserError, match=r"cannot read table[\s\S]*monthly.parquet"):
        load(place, allow_edited=True)
    (place / "monthly.parquet").write_bytes(whole)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["rows"]["monthly.parquet"] += 1
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="manifest was changed"):
        load(place)
    (place / "manifest.json").write_text(json.dumps(schema.sealed(manifest)))
    with pytest.raises(UserError, match="table is not whole"):
        load(place)


def test_new_folders_never_collide(tmp_path: Path) -> None:
    from datetime import datetime

    moment = datetime(2026, 1, 2, 3, 4, 5)
    first = folder.new_folder(tmp_path, "a", moment)
    first.mkdir(parents=True)
    assert first == tmp_path / "a" / "2026-01-02T030405"
    assert folder.new_folder(tmp_path, "a", moment).name == "2026-01-02T030405-2"


def test_months_of_partial_periods() -> None:
    assert intervals.months_between("2023-11-15", "2024-01-01") == ("2023-11", "2023-12", "2024-01")


def test_scenario_info_takes_dates() -> None:
    scenario = ladsim.load_scenario("panama_removal")
    info = ScenarioInfo.of(scenario)
    assert (info.name, info.start) == ("panama_removal", scenario.start.isoformat())
