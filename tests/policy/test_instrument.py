"""Terms are step functions, periods are [start, end), overrides replace what they name and nothing else."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladsim.core.errors import UserError
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import TERMS
from ladsim.policy.library import load_instruments
from ladsim.policy.overrides import override
from ladsim.policy.scenario import load_scenario
from ladsim.policy.terms import Term

LIBRARY = load_instruments()


def test_a_term_is_a_step_function(removal: Instrument) -> None:
    term = removal.terms["removals_per_day"]
    steps = {"2021-01-01": 10, "2022-02-01": 10, "2022-03-31": 10, "2022-04-01": 20, "2030-01-01": 20}
    assert {day: term.number(date.fromisoformat(day)) for day in steps} == steps


def test_a_month_is_a_twelfth_of_a_year() -> None:
    day = date(2022, 1, 1)
    for unit, value in (("persons/day", 100.0), ("persons/month", 36525 / 12), ("persons/year", 36525.0)):
        assert Term(unit=unit, values={day: value}, evidence="assumed").per_day(day) == pytest.approx(100.0)


def test_by_nationality_with_and_without_default() -> None:
    day = date(2022, 1, 1)
    with_default = Term(unit="share", values={day: {"VEN": 0.5, "default": 0.1}}, evidence="assumed")
    without = Term(unit="share", values={day: {"VEN": 0.5}}, evidence="assumed")
    np.testing.assert_array_equal(with_default.array(day, ["CUB", "VEN"]), [0.1, 0.5])
    np.testing.assert_array_equal(without.array(day, ["CUB", "VEN"]), [np.nan, 0.5])


def test_in_force_from_start_until_the_day_before_end(removal: Instrument) -> None:
    days = (date(2022, 1, 31), date(2022, 2, 1), date(2022, 5, 31), date(2022, 6, 1))
    assert [removal.in_force(day) for day in days] == [False, True, True, False]


def test_freeze_keeps_the_terms_of_the_day(removal: Instrument) -> None:
    kept = removal.frozen(date(2022, 3, 1))
    assert kept is not None
    assert kept.end is None
    assert kept.terms["removals_per_day"].number(date(2023, 1, 1)) == 10
    assert removal.frozen(date(2022, 1, 31)) is None
    assert removal.frozen(date(2022, 6, 1)) is removal
    last = removal.frozen(date(2022, 5, 31))
    assert last is not None
    assert last.end is None
    assert last.terms["removals_per_day"].number(date(2024, 1, 1)) == 20


def test_a_bare_number_replaces_all_dates(removal: Instrument) -> None:
    changed = override(removal, {"terms": {"removals_per_day": 40}})
    assert changed.terms["removals_per_day"].values == {removal.start: 40.0}
    assert changed.model_copy(update={"terms": removal.terms}) == removal


def test_dated_numbers_and_new_terms_can_be_given(removal: Instrument) -> None:
    dated = {"removals_per_day": {"2022-03-01": 7}, "screened_in_share": 0.2}
    changed = override(removal, {"terms": dated})
    assert changed.terms["removals_per_day"].values == {date(2022, 2, 1): 10.0, date(2022, 3, 1): 7.0}
    assert changed.terms["screened_in_share"].unit == "share"


def test_a_new_start_takes_the_announcement_along(removal: Instrument) -> None:
    changed = override(removal, {"start": "2022-03-01"})
    assert (changed.start, changed.announced) == (date(2022, 3, 1), date(2022, 1, 29))


@pytest.mark.parametrize(
    "given",
    [
        date(2022, 3, 1),
        "2022-03-01",
        datetime(2022, 3, 1),
        pd.Timestamp("2022-03-01"),
        np.datetime64("2022-03-01"),
        np.datetime64("2022-03-01", "ns"),
        np.array("2022-03-01", dtype="datetime64[s]"),
    ],
    ids=repr,
)
def test_a_day_in_any_form(removal: Instrument, given: object) -> None:
    changed = override(removal, {"start": given})
    assert (changed.start, changed.announced) == (date(2022, 3, 1), date(2022, 1, 29))
    scenario = load_scenario("panama_removal", start=given, end="2022-04-30")  # type: ignore[arg-type]
    assert scenario.start == date(2022, 3, 1)


def test_a_day_with_an_hour_is_refused(removal: Instrument) -> None:
    for moment in (datetime(2022, 3, 1, 12), pd.Timestamp("2022-03-01 00:01"), pd.NaT):
        with pytest.raises(UserError, match="not a date"):
            override(removal, {"start": moment})


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"trems": {}}, "instrument.removal_test.trems"),
        ({"terms": {"removal_per_day": 4}}, "instrument.removal_test.terms.removal_per_day"),
        ({"terms": {"removals_per_day": -4}}, "instrument.removal_test.terms.removals_per_day"),
        ({"terms": {"removals_per_day": "forty"}}, "instrument.removal_test.terms.removals_per_day"),
        ({"terms": 4}, "instrument.removal_test.terms"),
        ({"start": "2023-01-01"}, "instrument.removal_test.end"),
        ({"end": "tomorrow"}, "instrument.removal_test.end"),
        ({"end": "9999-12-31"}, "instrument.removal_test.end"),
        ({"start": "1900-01-01"}, "instrument.removal_test.start"),
        ({"start": date(1, 1, 1)}, "instrument.removal_test.start"),
        ({"announced": "1949-12-31"}, "instrument.removal_test.announced"),
        ({"terms": {"removals_per_day": {"1900-01-01": 4}}}, "instrument.removal_test.terms.removals_per_day"),
        ({"lever": "aid"}, "instrument.removal_test.lever"),
    ],
)
def test_a_wrong_override_is_named(removal: Instrument, changes: dict, key: str) -> None:
    with pytest.raises(UserError) as caught:
        override(removal, changes)
    assert str(caught.value.key).startswith(key)
    assert caught.value.expected


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-5, 10**6) | st.sampled_from(["x", None, True])
DAYS = st.dates(date(2019, 1, 1), date(2026, 1, 1)).map(lambda d: d.isoformat())
CODES = st.sampled_from(["VEN", "CUB", "default"])
VALUES = NUMBERS | st.dictionaries(DAYS, NUMBERS, max_size=3) | st.dictionaries(CODES, NUMBERS, max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_override_loads_or_raises_a_user_error(data: st.DataObject) -> None:
    instrument = LIBRARY[data.draw(st.sampled_from(sorted(LIBRARY)))]
    names = st.sampled_from([*TERMS[instrument.lever], "nonsense"])
    changes: dict = {"terms": data.draw(st.dictionaries(names, VALUES, max_size=3))}
    if data.draw(st.booleans()):
        changes["start"] = data.draw(DAYS)
    try:
        changed = override(instrument, changes)
    except UserError as error:
        text = str(error)
        assert "key: " in text
        assert "expected: " in text
    else:
        for name, term in changed.terms.items():
            spec = TERMS[instrument.lever][name]
            for day in (changed.start - timedelta(days=1), changed.start, date(2030, 1, 1)):
                values = term.array(day, ["VEN", "CUB"])
                assert ((values >= spec.low) & (values <= spec.high) | np.isnan(values)).all()
