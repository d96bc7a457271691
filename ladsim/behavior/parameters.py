"""Behavior parameters: how strongly people respond, each with value, range, unit, source and evidence grade."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ladsim.core.checks import is_number
from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.data.fitted import fitted_file, fitted_set


class Parameters(NamedTuple):
    """The values, by name; meaning, unit, range and source stand in conf/behavior/default.yaml."""

    arrival_value: float
    lawful_value: float
    ties_value: float
    removed_value: float
    regular_status_value: float
    regularization_value: float
    aid_value: float
    push_value: float
    route_scale: float
    hub_scale: float
    pathway_scale: float
    money: float
    time: float
    discount: float
    risk_death: float
    risk_robbery: float
    hardship_walk: float
    irregular_border: float
    flight_barrier: float
    wait_cost: float
    halt_cost: float
    queue_cost: float
    home_queue_cost: float
    first_wait: float
    apply_cost: float
    turn_back_cost: float
    turn_back_day: float
    asylum_value: float
    settle_value: float
    expulsion_cost: float
    own_border_ease: float
    repatriation_cost: float
    fatigue: float
    weariness: float
    interdiction_cost: float
    urgency_spread: float
    risk_spread: float
    means_spread: float
    information_lag: float
    belief_half_life: float
    wait_half_life: float
    belief_evidence: float
    credibility: float
    disappointment: float
    foresight: float
    foresight_days: float
    familiarity_growth: float
    familiarity_decay: float
    familiarity_weight: float
    fade_days: float
    taste_days: float
    leave_constant: float
    reconsider_share: float
    reconsider_days: float
    weekly_earnings: float
    relatives_help: float
    robbery_loss: float
    fee_elasticity: float
    capacity_half_life: float
    seat_growth: float
    seat_limit: float
    congestion_floor: float
    congestion_memory: float
    appointment_cost: float
    sea_value: float
    detour: float
    custody_days: float
    detention_days: float
    put_back_days: float
    stopped_days: float
    queue_review_days: float
    run_in_days: float
    elsewhere_value: float
    seasonal_share: float
    residence_years: float
    exit_scale: float
    patience: float
    regret: float
    hope_half_life: float
    debt_weight: float
    kind_switch: float
    package_tries: float
    credit_weight: float
    city_weight: float
    city_half_life: float
    place_weight: float
    place_half_life: float


def read_parameter_file(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return name -> {value, range, unit, evidence, source, note} of a behavior file."""
    path = path or conf_dir() / "behavior" / "default.yaml"
    return read_mapping(path, "behavior parameters")


def load_parameters(
    overrides: Mapping[str, float] | None = None, path: Path | None = None, parameter_set: int = 0
) -> Parameters:
    """Return the parameters, with overrides by name.

    Args:
        overrides: values that replace others.
        path: a file of parameters to use as it stands; the packaged one with the fitted values by default.
        parameter_set: which of the fitted sets.

    Raises:
        UserError: unknown or missing name, no number, or a value outside its range.
    """
    entries = read_parameter_file(path)
    where = path or conf_dir() / "behavior" / "default.yaml"
    for name in entries:
        if name not in Parameters._fields:
            raise UserError("unknown behavior parameter", file=where, key=name, expected=close_matches(name, entries))
    values: dict[str, float] = {}
    for name in Parameters._fields:
        if name not in entries:
            raise UserError("behavior parameter is missing", file=where, key=name)
        lacking = [key for key in ("value", "range", "unit") if key not in entries[name]]
        if lacking:
            raise UserError("a behavior parameter is missing a key", file=where, key=f"{name}.{lacking[0]}")
        values[name] = _checked(name, entries[name]["value"], entries[name], where)
    for (kind, name, _), value in fitted_set(parameter_set).items() if path is None else ():
        if kind == "parameter" and name in values:
            values[name] = _checked(name, value, entries[name], fitted_file())
    for name, value in (overrides or {}).items():
        if name not in Parameters._fields:
            expected = close_matches(name, Parameters._fields)
            raise UserError("unknown behavior parameter", key=f"behavior.{name}", value=value, expected=expected)
        values[name] = _checked(name, value, entries[name], "override")
    return Parameters(**values)


def _checked(name: str, value: Any, entry: Mapping[str, Any], where: object) -> float:
    low, high = entry["range"]
    key = f"behavior.{name}" if where == "override" else name
    if not is_number(value):
        raise UserError(
            "a behavior parameter is not a number", file=where, key=key, value=value, expected=entry["unit"]
        )
    if not low <= value <= high:
        raise UserError(
            "behavior parameter outside its range",
            file=where,
            key=key,
            value=value,
            expected=f"{low} to {high} ({entry['unit']})",
        )
    return float(value)
