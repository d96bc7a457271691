"""Random overrides of terms: each loads and holds together in little time, or is refused with a message."""

from __future__ import annotations

import math
import time
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ladsim.core.errors import UserError
from ladsim.core.strict_yaml import Where
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import TERMS
from ladsim.policy.library import check_names, load_instruments, packaged_vocabulary
from ladsim.policy.overrides import override
from ladsim.policy.scenario import load_scenario
from ladsim.policy.terms import TermSpec
from ladsim.sim.model import LadModel
from ladsim.world.world import World, load_world

LIBRARY = load_instruments()
NAMES = packaged_vocabulary()
FIRST, LAST = date(2021, 1, 1), date(2025, 12, 31)
LARGEST = {"persons": 1e7, "USD": 1e10, "USD/year": 1e10, "ratio": 50.0, "days": 4000.0}
LONGEST_SECONDS = 2.0
LEVERS: list[tuple[str, str | None, str, TermSpec]] = [
    (name, part, term, TERMS[acting.lever][term])
    for name, instrument in LIBRARY.items()
    for part, acting in (
        [(i.id.partition(".")[2], i) for i in instrument.expanded()] if instrument.parts else [(None, instrument)]
    )
    for term in (instrument.parts[part].terms if part else instrument.terms)
]
"""Every term that there is: instrument, part if it has parts, term, what it may be."""


def numbers(spec: TermSpec, unit: str) -> st.SearchStrategy[float]:
    """Return legal numbers, and now and then one that is just not."""
    high = min(spec.high, LARGEST.get(unit, 1e6))
    if unit == "0|1":
        return st.sampled_from([0, 1, 0.5])
    legal = st.floats(spec.low, high, allow_nan=False) | st.sampled_from([spec.low, high]) | st.integers(0, 40)
    return st.one_of(*[legal] * 19, st.sampled_from([spec.low - 1.0, math.nan, math.inf]))


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return an instrument and changes of some of its terms and perhaps of its dates."""
    name, part, term, spec = draw(st.sampled_from(LEVERS))
    instrument = LIBRARY[name]
    unit = (instrument.parts[part] if part else instrument).terms[term].unit
    value: st.SearchStrategy[Any] = numbers(spec, unit)
    if spec.by_nationality:
        codes = st.sampled_from([*sorted(NAMES.nationalities), "default"])
        value = value | st.dictionaries(codes, numbers(spec, unit), min_size=1, max_size=4)
    days = st.dates(FIRST, LAST).map(date.isoformat)
    value = value | st.dictionaries(days, value, min_size=1, max_size=4)
    block: dict[str, Any] = {"terms": {term: draw(value)}}
    if draw(st.integers(0, 4)) == 0:
        block["start"] = draw(days)
    if draw(st.integers(0, 4)) == 0:
        block["end"] = draw(days)
    return name, {"parts": {part: block}} if part else block


def _try(name: str, change: dict[str, Any]) -> tuple[Instrument | None, UserError | None]:
    try:
        made = override(LIBRARY[name], change)
        check_names(made, NAMES, Where("override"))
    except UserError as error:
        return None, error
    return made, None


@pytest.mark.slow
@settings(max_examples=3_000, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes())
def test_an_override_holds_together_or_is_refused_with_a_message(chosen: tuple[str, dict[str, Any]]) -> None:
    name, change = chosen
    begun = time.process_time()
    made, refused = _try(name, change)
    if refused is not None:
        assert refused.key is not None
        assert refused.expected is not None
    for acting in made.expanded() if made is not None else ():
        assert acting.start <= (acting.end or date.max)
        for term in acting.terms.values():
            for day in (FIRST, acting.start, LAST):
                term.at(day)
    assert time.process_time() - begun < LONGEST_SECONDS


def test_an_override_is_refused_where_it_stands() -> None:
    with pytest.raises(UserError, match="at least 0") as caught:
        override(LIBRARY["safe_mobility_offices"], {"parts": {"colombia": {"terms": {"capacity": -1}}}})
    assert "colombia" in str(caught.value.key)
    assert "capacity" in str(caught.value.key)


# -- a sample is run ---------------------------------------------------------------------------------------------------

SAMPLE, AT_ONCE, SCALE, RUN_IN = 6, 8, 5000, 7
WINDOW = ("2024-06-01", "2024-06-30")


@cache
def world() -> World:
    return load_world()


def legal_overrides(seed: int) -> dict[str, dict[str, Any]]:
    """Return legal changes of some instruments that act in history, drawn by a seed."""
    rng = Random(seed)
    found: dict[str, dict[str, Any]] = {}
    acting = [lever for lever in LEVERS if _acts(LIBRARY[lever[0]])]
    while len(found) < AT_ONCE:
        name, part, term, spec = rng.choice(acting)
        unit = (LIBRARY[name].parts[part] if part else LIBRARY[name]).terms[term].unit
        high = min(spec.high, LARGEST.get(unit, 1e4))
        value: float = rng.randint(0, 1) if unit == "0|1" else rng.uniform(spec.low, high)
        change: dict[str, Any] = {"terms": {term: value}}
        change = {"parts": {part: change}} if part else change
        try:
            override(LIBRARY[name], change)
        except UserError:
            continue
        found.setdefault(name, change)
    return found


def _acts(instrument: Instrument) -> bool:
    return instrument.status == "in_force" and instrument.in_force(date.fromisoformat(WINDOW[0]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SAMPLE))
def test_a_model_with_random_terms_keeps_everybody(seed: int) -> None:
    changed = legal_overrides(seed)
    scenario = load_scenario(
        "history", start=WINDOW[0], end=WINDOW[1], instrument_overrides=changed, instruments=LIBRARY
    )
    model = LadModel(scenario, seed=seed, scale=SCALE, world=world(), parameters={"run_in_days": RUN_IN})
    while model.day < model.n_days:
        model.step()
        model.population.check()
        assert int(model.population.counts_by_state().sum()) == model.population.considered, changed
    assert model.date == date.fromisoformat(WINDOW[1]) + timedelta(days=1)
    frame = model.monthly()
    assert (frame["value"] > 0).all()
    assert model.population.considered > 0


@pytest.mark.parametrize("empty", [[], ()])
def test_an_empty_list_is_refused_and_does_not_mean_everybody(empty: object) -> None:
    chnv = load_instruments()["chnv_parole"]
    with pytest.raises(UserError, match="empty list") as caught:
        override(chnv, {"target": {"nationalities": empty}})
    assert "target.nationalities" in str(caught.value.key)


@pytest.mark.parametrize(
    ("term", "value"), [("capacity", 1e308), ("capacity", 1e10), ("processing_days", 1e300), ("approval_rate", 1.01)]
)
def test_numbers_out_of_the_world_are_refused(term: str, value: float) -> None:
    with pytest.raises(UserError) as caught:
        override(load_instruments()["chnv_parole"], {"terms": {term: value}})
    assert term in str(caught.value.key)
    assert "at most" in str(caught.value.expected)


def test_a_step_on_a_day_that_does_not_exist_says_so(removal: Instrument) -> None:
    with pytest.raises(UserError, match="February 2022 has 28 days"):
        override(removal, {"terms": {"removals_per_day": {"2022-02-30": 5}}})
    with pytest.raises(UserError, match="a number by date"):
        override(removal, {"terms": {"removals_per_day": {"VEN": 5}}})
