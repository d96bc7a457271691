"""What the score compares and what was asked of it: conf/score.yaml, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.results.intervals import months_between
from ladsim.runs.options import day
from ladsim.series.months import LAST_FITTED

CANNOT_BE = "an invalid setting of the score"

JUDGED = 0.9
"""The interval whose coverage is judged."""

MONTHS_BEFORE = 11
"""Months of the fit before the first from which a backtest looks ahead: with it, a year of misses."""


@dataclass(frozen=True)
class Settings:
    """Settings of the score.

    Attributes:
        fit: months of the fit that are scored.
        validation: months never fitted.
        horizons: months ahead of a backtest.
        first_origin: first month from which a backtest looks ahead.
        step_by_nationality: months between the origins of a single nationality.
        levels: shares of outcomes that intervals should cover.
        prior_months: weight of the other nationalities' misses, in independent months.
        journeys_scale: persons per agent of the run in which single people are followed.
        journeys_end: its last day.
        yearly_within: largest relative error of a year's total.
        factor: largest factor between simulated and observed size of a natural experiment.
        factor_left_out: the same where the event was left out of the fit.
        bounds: figure -> (at least, at most).
        reasons: figure -> why it is missed.
    """

    fit: tuple[str, ...]
    validation: tuple[str, ...]
    horizons: tuple[int, ...]
    first_origin: str
    step_by_nationality: int
    levels: tuple[float, ...]
    prior_months: float
    journeys_scale: int
    journeys_end: date
    yearly_within: float
    factor: float
    factor_left_out: float
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def months(self) -> tuple[str, ...]:
        """All months that are scored."""
        return self.fit + self.validation


def settings_file() -> Path:
    """Return the file of settings."""
    return conf_dir() / "score.yaml"


def read_settings(path: Path | None = None) -> Settings:
    """Read the settings.

    Raises:
        UserError: the file cannot be read, lacks a key, or calls months fitted that are for validation.
    """
    file = path or settings_file()
    page = read_mapping(file, "the score's settings")
    try:
        made = _settings(page)
    except UserError as error:
        raise UserError(CANNOT_BE, file=file, key=error.key, value=error.value, expected=error.expected) from None
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(
            f"not the score's settings: {error!r}", file=file, expected="the keys of conf/score.yaml"
        ) from None
    if made.fit[-1] > LAST_FITTED or made.validation[0] <= LAST_FITTED:
        raise UserError(
            "fit and validation overlap with what may be fitted",
            file=file,
            key="months",
            value=f"fit to {made.fit[-1]}, validation from {made.validation[0]}",
            expected=f"fit up to {LAST_FITTED}, validation after it",
        )
    _check(made, file)
    unknown = sorted(set(made.reasons) - set(made.bounds))
    if unknown:
        raise UserError("a reason for no bound", file=file, key="reasons", value=unknown[0], expected="a key of bounds")
    return made


def _check(made: Settings, file: Path) -> None:
    """Raise a UserError for the first setting that could not be scored by."""
    last = max(data.table("observed")["month"])
    earliest = made.fit[MONTHS_BEFORE] if len(made.fit) > MONTHS_BEFORE else None
    bad_bound = next((k for k, (low, high) in made.bounds.items() if not low <= high), None)
    rules = (
        ("months.validation", made.validation[-1], made.validation[-1] <= last, f"at most {last}, the last observed"),
        ("backtest.horizons", made.horizons, made.horizons and min(made.horizons) >= 1, "months, 1 or more"),
        (
            "backtest.first_origin",
            made.first_origin,
            earliest is not None and earliest <= made.first_origin <= made.fit[-1] and made.first_origin in made.fit,
            f"a month of the fit with a year of misses before it, {earliest} to {made.fit[-1]}",
        ),
        ("backtest.step_by_nationality", made.step_by_nationality, made.step_by_nationality >= 1, "1 or more"),
        (
            "intervals.levels",
            made.levels,
            all(0.0 < v < 1.0 for v in made.levels) and JUDGED in made.levels,
            f"shares between 0 and 1, {JUDGED:g} among them",
        ),
        ("intervals.prior_months", made.prior_months, made.prior_months >= 0.0, "0 or more"),
        ("journeys.scale", made.journeys_scale, made.journeys_scale >= 1, "1 or more"),
        ("yearly_within", made.yearly_within, made.yearly_within > 0.0, "above 0"),
        ("factor", made.factor, made.factor > 1.0, "above 1"),
        ("factor_left_out", made.factor_left_out, made.factor_left_out > 1.0, "above 1"),
        (f"bounds.{bad_bound}", made.bounds.get(bad_bound or ""), bad_bound is None, "[at least, at most]"),
    )
    for key, value, right, expected in rules:
        if not right:
            shown = list(value) if isinstance(value, tuple) else value
            raise UserError(CANNOT_BE, file=file, key=key, value=shown, expected=expected)


def _day(key: str, value: Any) -> date:
    found = day(key, value)
    if found is None:
        raise UserError(f"{key} is missing", key=key, expected="YYYY-MM-DD")
    return found


def _months(first: Any, last: Any) -> tuple[str, ...]:
    found = months_between(str(first), str(last))
    if not found:
        raise ValueError(f"no month from {first} to {last}")
    return found


def _settings(page: Any) -> Settings:
    months, backtest, intervals, journeys = (page[k] for k in ("months", "backtest", "intervals", "journeys"))
    return Settings(
        fit=_months(*months["fit"]),
        validation=_months(*months["validation"]),
        horizons=tuple(int(h) for h in backtest["horizons"]),
        first_origin=str(backtest["first_origin"]),
        step_by_nationality=int(backtest["step_by_nationality"]),
        levels=tuple(float(v) for v in intervals["levels"]),
        prior_months=float(intervals["prior_months"]),
        journeys_scale=int(journeys["scale"]),
        journeys_end=_day("journeys.end", journeys["end"]),
        yearly_within=float(page["yearly_within"]),
        factor=float(page["factor"]),
        factor_left_out=float(page["factor_left_out"]),
        bounds={str(k): (float(v[0]), float(v[1])) for k, v in page["bounds"].items()},
        reasons={str(k): str(v) for k, v in (page.get("reasons") or {}).items()},
    )
