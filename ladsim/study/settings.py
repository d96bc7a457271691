"""What the score compares and what was asked of it: conf/score.yaml, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ladsim.errors import UserError
from ladsim.intervals import months_between
from ladsim.paths import conf_dir
from ladsim.study.targets import LAST_MONTH as LAST_FITTED


@dataclass(frozen=True)
class Settings:
    """Settings of the score.

    Attributes:
        fit: months of the fit that are scored.
        validation: months never fitted.
        horizons: months ahead of a backtest.
        first_origin: first month from which a backtest looks ahead.
        step_by_nationality: months between the origins of a single nationality.
        levels: shares that intervals are to hold.
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
    journeys_end: str
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
    try:
        page = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"cannot read the score's settings: {error}", file=file) from None
    try:
        made = _settings(page)
    except (KeyError, TypeError, ValueError) as error:
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
    unknown = sorted(set(made.reasons) - set(made.bounds))
    if unknown:
        raise UserError("a reason for no bound", file=file, key="reasons", value=unknown[0], expected="a key of bounds")
    return made


def _settings(page: Any) -> Settings:
    months, backtest, intervals, journeys = (page[k] for k in ("months", "backtest", "intervals", "journeys"))
    return Settings(
        fit=months_between(str(months["fit"][0]), str(months["fit"][1])),
        validation=months_between(str(months["validation"][0]), str(months["validation"][1])),
        horizons=tuple(int(h) for h in backtest["horizons"]),
        first_origin=str(backtest["first_origin"]),
        step_by_nationality=int(backtest["step_by_nationality"]),
        levels=tuple(float(v) for v in intervals["levels"]),
        prior_months=float(intervals["prior_months"]),
        journeys_scale=int(journeys["scale"]),
        journeys_end=str(journeys["end"]),
        yearly_within=float(page["yearly_within"]),
        factor=float(page["factor"]),
        factor_left_out=float(page["factor_left_out"]),
        bounds={str(k): (float(v[0]), float(v[1])) for k, v in page["bounds"].items()},
        reasons={str(k): str(v) for k, v in (page.get("reasons") or {}).items()},
    )
