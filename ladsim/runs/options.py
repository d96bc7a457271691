"""What can be asked of a run, checked once for the command line and the library alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from ladsim.core.checks import WHAT_A_WORLD_IS, day, in_range, plain_value, whole_number
from ladsim.core.errors import UserError, close_matches

STUDIES = ("study", "compare", "attribute", "sensitivity", "frontier", "nowcast")
"""Tasks of several runs, which a module of their own does."""
TASKS = ("run", "show", "score", "calibrate", *STUDIES, "levers", "scenarios", "doctor", "site", "new")
LISTINGS = (*STUDIES, *TASKS[-5:])
"""Tasks that are done without Hydra."""


__all__ = ["LISTINGS", "STUDIES", "TASKS", "RunOptions", "day", "split_overrides", "whole_number"]


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
        instruments_dir: Folder of instruments of the user's own, or None.
        world: Folder of a world of the user's own (docs/own-corridor.md), or None for the packaged one.
        checkpoints: Folder of stored states of references, ``off``, or None for one in the user's cache; no result
            depends on it.
        assumed: Whether assumed terms are drawn within their ranges.
    """

    scenario: str = ""
    start: date | None = None
    end: date | None = None
    scale: int = 100
    seeds: int = 8
    workers: int | None = None
    root_seed: int = 20220610
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    reference: bool | str = True
    parameter_sets: int | None = None
    progress: bool | None = None
    instruments_dir: str | None = None
    world: str | None = None
    checkpoints: str | None = None
    assumed: bool = True

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
        """Return the options that a result may depend on as text and numbers."""
        return {
            k: v.isoformat() if isinstance(v, date) else list(v) if isinstance(v, tuple) else v
            for k, v in asdict(self).items()
            if k != "checkpoints"
        }


def _maybe_number(key: str, value: Any) -> int | None:
    return None if value is None else in_range(key, value)


def _name(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UserError(f"{key} is not a name", key=key, value=value, expected="a name")
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UserError(f"{key} is not a list", key=key, value=value, expected="a list of instrument ids: [id, ...]")
    return tuple(_name(key, v) for v in value)


def _yes_no_name(key: str, value: Any) -> bool | str:
    value = plain_value(value)
    if value is None:
        return False
    return value if isinstance(value, bool) else _name(key, value)


def _maybe_bool(key: str, value: Any) -> bool | None:
    value = plain_value(value)
    if value is None or isinstance(value, bool):
        return value
    raise UserError(f"{key} is not true, false or null", key=key, value=value, expected="true, false or null")


def _yes_no(key: str, value: Any) -> bool:
    value = plain_value(value)
    if isinstance(value, bool):
        return value
    raise UserError(f"{key} is not true or false", key=key, value=value, expected="true or false")


def _maybe_text(key: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str | Path) and str(value)):
        return None if value is None else str(value)
    raise UserError(f"{key} is not a folder", key=key, value=value, expected="a folder, or off")


def _maybe_folder(key: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str | Path) or not Path(value).is_dir():
        expected = "a folder with one YAML file for each instrument; task=new writes one"
        raise UserError(f"{key} is not a folder", key=key, value=str(value), expected=expected)
    return str(value)


def _maybe_world(key: str, value: Any) -> str | None:
    if value is None:
        return None
    folder = getattr(value, "folder", value)
    if not isinstance(folder, str | Path) or not Path(folder).is_dir():
        raise UserError("the world is not a folder", key=key, value=str(folder), expected=WHAT_A_WORLD_IS)
    return None if getattr(value, "packaged", False) else str(Path(folder).absolute())


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "scenario": _name,
    "start": day,
    "end": day,
    "scale": in_range,
    "seeds": in_range,
    "workers": _maybe_number,
    "parameter_sets": _maybe_number,
    "root_seed": in_range,
    "include": _names,
    "exclude": _names,
    "reference": _yes_no_name,
    "progress": _maybe_bool,
    "instruments_dir": _maybe_folder,
    "world": _maybe_world,
    "checkpoints": _maybe_text,
    "assumed": _yes_no,
}


def split_overrides(overrides: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the overrides of instruments (nested) and of behavior (by name), from nested or dotted keys.

    Raises:
        UserError: A key that is neither, or a key given twice.
    """
    if not isinstance(overrides, Mapping):
        expected = "a mapping, such as {'behavior.credibility': 0.5}"
        raise UserError("overrides are not a mapping", key="overrides", value=overrides, expected=expected)
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


_DEEPEST = 12


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value with NumPy's scalars made plain, in mappings and lists too."""
    if depth > _DEEPEST:
        raise UserError("a value is nested too deep", key="overrides", expected=f"at most {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {plain_value(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    return plain_value(value)


def _flatten(value: Any, path: tuple[str, ...], flat: dict[tuple[str, ...], Any]) -> None:
    # A term may itself be a mapping (by date or nationality): it is one value, not a deeper path.
    depth = 4 if len(path) > 4 and path[2] == "parts" else 2
    is_term = len(path) >= depth + 2 and path[0] == "instrument" and path[depth] == "terms"
    if isinstance(value, Mapping) and not value and path and not is_term:
        raise UserError("an empty mapping changes nothing", key=".".join(path), value=value, expected="key: value")
    if isinstance(value, Mapping) and not is_term and len(path) <= _DEEPEST:
        for key, inner in value.items():
            _flatten(inner, (*path, *str(key).split(".")), flat)
        return
    if len(path) > _DEEPEST:
        raise UserError("override nested too deep", key=".".join(path[:4]), expected=f"at most {_DEEPEST} levels")
    value = _plain(value)
    if path in flat:
        raise UserError("override given twice", key=".".join(path), value=value, expected="each key once")
    flat[path] = value
