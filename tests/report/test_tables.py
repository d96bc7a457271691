"""Numbers as text, and the table that a run prints."""

from __future__ import annotations

import io

import fakes
import pytest
from rich.console import Console

import ladsim
from ladsim.report import tables

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12.34, "12.3"), (1234567, "1,235,000"), (99999, "100,000"), (NAN, "-"), (-1234567, "-1,235,000")],
)
def test_number(value: float, text: str) -> None:
    assert tables.number(value) == text


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (1226431.0, 12711.0, "1,226,000 ± 13,000"),
        (8033.3, 0.04, "8,033 ± 0"),
        (54.26, 3.14, "54.3 ± 3.1"),
        (0.0, 0.0, "0"),
        (1234567.0, NAN, "1,235,000"),
        (19480.0, 19275.0, "19,500 ± 19,300"),
        (-19500.0, 19275.0, "-20,000 ± 19,000"),
        (-19000.0, 19275.0, "-19,000 ± 19,000"),
    ],
)
def test_plus_minus_rounds_to_the_second_digit_of_the_width(mean: float, half: float, text: str) -> None:
    assert tables.plus_minus(mean, mean - half, mean + half) == text


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (-0.0068, 0.0042, "-0.007 ± 0.004"),
        (-0.043, 0.021, "-0.04 ± 0.02"),
        (-4.31, 0.62, "-4.3 ± 0.6"),
        (0.0001, 0.00002, "0.0 ± 0.0"),
        (-0.0001, 0.4, "0.0 ± 0.4"),
    ],
)
def test_a_small_percentage_is_not_shown_as_none(mean: float, half: float, text: str) -> None:
    assert tables.plus_minus(mean, mean - half, mean + half, sign=True, text=tables._percent) == text


def test_zero_has_no_sign_and_small_percentages_keep_theirs() -> None:
    assert tables.plus_minus(0.01, -0.2, 0.22, sign=True) == "0.0 ± 0.2"
    shown = [tables.percent(v) for v in (0.0, 0.0002, -0.007, 0.04, -4.26, 140.2)]
    assert shown == ["0.0", "0.0", "-0.007", "+0.04", "-4.3", "+140"]


def printed(result: ladsim.RunResult, width: int = 200) -> str:
    out = io.StringIO()
    tables.print_report(result, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_table_holds_means_differences_and_notes() -> None:
    text = printed(fakes.pair(ways=()))
    for part in (
        "Panama removal (2023-01-01 to 2024-12-31)",
        "What does panama_removal do?",
        "Encounters between ports (events)",
        "Darién crossings (entries)",
        "whole period",
        "Means over 4 seeds at 100 persons per agent.",
        "it covers chance, not fitted sets, assumed terms or the model's form",
        "one person can be encountered more than once",
        "panama_removal minus baseline",
    ):
        assert part in text
    assert "…" not in text


def test_a_narrow_terminal_cuts_nothing() -> None:
    assert "…" not in printed(fakes.pair(ways=()), width=40)


def test_partial_years_are_marked() -> None:
    assert "2022, 6 mo." in printed(fakes.result(start="2022-07-01"))


def test_one_seed_says_that_there_is_no_interval() -> None:
    text = printed(fakes.result(seeds=(1,)))
    assert "One seed gives no interval" in text
    assert "±" not in text.split("Means over")[0].split("interval", 1)[1]


def test_show_names_terms_units_and_differences() -> None:
    out = io.StringIO()
    scenario = ladsim.load_scenario("panama_removal")
    pair = {"scenario": scenario, "reference": scenario.load_reference()}
    tables.print_scenario(pair, Console(file=out, width=200, highlight=False))
    assert "removals_per_day" in out.getvalue()
    assert "panama_removal_program (removal)" in out.getvalue()
    assert "not in the reference" in out.getvalue()
