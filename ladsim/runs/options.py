"""What can be asked of a run, checked once for the command line and the library alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from ladsim.core.errors import UserError, close_matches

TASKS = ("run", "show", "score", "calibrate", "levers", "scenarios")
LISTINGS = ("levers", "scenarios")
"""Tasks that only list what there is and need no scenario."""


@dataclass(frozen=True)
class RunOptions:
    """Options of a run; the defaults are those of conf/config.yaml.

    Attributes:
        scenario: Name of the scenario.
        start: First day, or None for the scenario's own.
        end: Last day, or None for the scenario's own.
        scale: Persons per agent.
        seeds: Number of replicates.
        workers: Processes, or None for as many as there are cores.
        root_seed: Names the list of seeds.
        include: Instruments put into the scenario over those of its file.
        exclude: Instruments left out of it.
        reference: Whether the scenario's reference is run too, or the name of another one.
        parameter_sets: How many of the fitted parameter sets the replicates take in turn, or None for all.
        progress: Progress bar, or None for one on a terminal only.
    """

    scenario: str = ""
    start: date | None = None
    end: date | None = None
    scale: int = 100
    seeds: int = 4
    workers: int | None = None
    root_seed: int = 20220610
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    reference: bool | str = True
    parameter_sets: int | None = None
    progress: bool | None = None

    @classmethod
    def checked(cls, **given: Any) -> RunOptions:
        """Return options from values of any type.

        Raises:
            UserError: A wrong type, date or range; it names the option, the value and what would be right.
        """
        known = [f.name for f in fields(cls)]
        for key, value in given.items():
            if key not in known:
                raise UserError("unknown option", key=key, value=value, expected=close_matches(key, known))
        values = {key: _CHECKS[key](key, value) for key, value in given.items()}
        options = cls(**values)
        if options.start and options.end and options.end < options.start:
            raise UserError(
                "the end lies before the start",
                key="end",
                value=options.end.isoformat(),
                expected=f"a date from {options.start.isoformat()} on",
            )
        return options

    def plain(self) -> dict[str, Any]:
        """Return the options as text and numbers."""
        return {
            k: v.isoformat() if isinstance(v, date) else list(v) if isinstance(v, tuple) else v
            for k, v in asdict(self).items()
        }


def whole_number(key: str, value: Any, *, low: int = 1, high: int | None = None) -> int:
    """Return a whole number of at least `low`; True and 1.0 are none."""
    expected = f"a whole number of {low} or more" + (f", at most {high:,}" if high is not None else "")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise UserError(f"{key} is not a whole number", key=key, value=value, expected=expected)
    number = value.__index__()
    if number < low or (high is not None and number > high):
        raise UserError(f"{key} is out of range", key=key, value=number, expected=expected)
    return int(number)


def day(key: str, value: Any) -> date | None:
    """Return a date from a date or from YYYY-MM-DD; None stays None."""
    if value is None or type(value) is date:
        return value
    try:
        if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise UserError(f"{key} is not a date", key=key, value=value, expected="YYYY-MM-DD") from None


def _maybe_workers(key: str, value: Any) -> int | None:
    return None if value is None else whole_number(key, value)


def _name(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UserError(f"{key} is not a name", key=key, value=value, expected="a name")
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UserError(f"{key} is not a list", key=key, value=value, expected="a list of instrument ids: [id, ...]")
    return tuple(_name(key, v) for v in value)


def _yes_no_name(key: str, value: Any) -> bool | str:
    if value is None:
        return False
    return value if isinstance(value, bool) else _name(key, value)


def _maybe_bool(key: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise UserError(f"{key} is not true, false or null", key=key, value=value, expected="true, false or null")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "scenario": _name,
    "start": day,
    "end": day,
    "scale": whole_number,
    "seeds": lambda key, value: whole_number(key, value, high=100_000),
    "workers": _maybe_workers,
    "parameter_sets": _maybe_workers,
    "root_seed": lambda key, value: whole_number(key, value, low=0, high=2**63 - 1),
    "include": _names,
    "exclude": _names,
    "reference": _yes_no_name,
    "progress": _maybe_bool,
}


def split_overrides(overrides: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the overrides of instruments (nested) and of behavior (by name), from nested or dotted keys.

    Raises:
        UserError: A key that is neither, or a key given twice.
    """
    flat: dict[tuple[str, ...], Any] = {}
    _flatten(overrides, (), flat)
    instruments: dict[str, Any] = {}
    behavior: dict[str, float] = {}
    for path, value in flat.items():
        key = ".".join(path)
        if path[0] == "behavior" and len(path) == 2:
            behavior[path[1]] = value
        elif path[0] == "instrument" and len(path) >= 3:
            place = instruments
            for part in path[1:-1]:
                place = place.setdefault(part, {})
                if not isinstance(place, dict):
                    raise UserError("override given twice", key=key, value=value, expected="each key once")
            if path[-1] in place:
                raise UserError("override given twice", key=key, value=value, expected="each key once")
            place[path[-1]] = value
        else:
            raise UserError(
                "unknown override",
                key=key,
                value=value,
                expected="instrument.<id>.terms.<term>, instrument.<id>.start or .end, or behavior.<name>",
            )
    return instruments, behavior


def _flatten(value: Any, path: tuple[str, ...], flat: dict[tuple[str, ...], Any]) -> None:
    # A term may itself be a mapping (by date or nationality): it is one value, not a deeper path.
    depth = 4 if len(path) > 4 and path[2] == "parts" else 2
    is_term = len(path) >= depth + 2 and path[0] == "instrument" and path[depth] == "terms"
    if isinstance(value, Mapping) and not is_term:
        for key, inner in value.items():
            _flatten(inner, (*path, *str(key).split(".")), flat)
        return
    if path in flat:
        raise UserError("override given twice", key=".".join(path), value=value, expected="each key once")
    flat[path] = value
