"""Names and dates as people write them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.data import names


@pytest.mark.parametrize("given", ["VEN", "ven", "Venezuela", "venezuela", "VENEZUELA"])
def test_a_nationality_is_known_by_code_and_name(given: str) -> None:
    assert names.nationality(given) == "VEN"


@pytest.mark.parametrize(
    ("given", "found"),
    [("RGV", "Rio Grande Valley"), ("rio grande valley", "Rio Grande Valley"), ("Panama", "PAN"), ("pan", "PAN")],
)
def test_a_place_is_known_by_name_country_and_abbreviation(given: str, found: str) -> None:
    assert names.place(given, names.places_of_results()) == found


def test_accents_do_not_matter() -> None:
    assert names.folded("Panamá") == names.folded("PANAMA")


@pytest.mark.parametrize("given", ["Venezuelia", "VENN", "", 7])
def test_an_unknown_nationality_is_refused(given: object) -> None:
    with pytest.raises(UserError) as caught:
        names.nationality(given)
    assert caught.value.key == "nationality"


def test_an_unknown_place_is_refused_with_close_matches() -> None:
    with pytest.raises(UserError) as caught:
        names.place("Rio Grand Valley", names.places_of_results())
    assert "Rio Grande Valley" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2024-05", "2024-05", "2024-05"),
        ("2024-05-31", "2024-05", "2024-05"),
        (date(2024, 5, 1), "2024-05", "2024-05"),
        (pd.Timestamp("2024-05-01 10:00"), "2024-05", "2024-05"),
        (np.datetime64("2024-05-01"), "2024-05", "2024-05"),
        ("2024", "2024-01", "2024-12"),
        (2024, "2024-01", "2024-12"),
        (np.int64(2024), "2024-01", "2024-12"),
        ("FY2024", "2023-10", "2024-09"),
        ("fy24", "2023-10", "2024-09"),
    ],
)
def test_months_of_whatever_is_given(given: object, first: str, last: str) -> None:
    assert names.month(given, "start") == first
    assert names.month(given, "end", last=True) == last


@pytest.mark.parametrize(
    "given", ["May 2024", "2024-13", "2024-02-30", "", None, 5, "0001-01", date(9999, 12, 31), "1900", pd.NaT]
)
def test_what_is_no_month_is_refused(given: object) -> None:
    with pytest.raises(UserError) as caught:
        names.month(given, "start")
    assert caught.value.key == "start"


def test_observed_figures_of_one_month_and_of_none() -> None:
    one = data.observed("darien_entries", start="2024-05", end="2024-05")
    assert set(one["month"]) == {"2024-05"}
    with pytest.raises(UserError, match="ends before it starts"):
        data.observed("darien_entries", start="2024-06", end="2024-05")


def test_observed_figures_by_any_name_and_date() -> None:
    series = "encounters_between_ports"
    plain = data.observed(series, nationality="VEN", start="2023-10", end="2024-09")
    assert len(plain)
    for code, start, end in (("Venezuela", "FY2024", "FY2024"), ("ven", date(2023, 10, 5), pd.Timestamp("2024-09-30"))):
        pd.testing.assert_frame_equal(data.observed(series, nationality=code, start=start, end=end), plain)
    may = data.observed(series, start="2024-05-01", end="2024-05-31")
    assert set(may["month"]) == {"2024-05"}
