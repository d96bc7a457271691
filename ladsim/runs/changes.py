"""What was changed of a scenario as its file has it, in words: titles, captions and manifests tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ladsim.core.text import one_line
from ladsim.runs.options import RunOptions

_LONGEST = 60


def changes_of(
    options: RunOptions, instrument: Mapping[str, Any], behavior: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Return for the scenario and for its reference what was changed, a line each.

    Instruments are changed in the scenario alone, behavior in both.

    Args:
        options: The run's options.
        instrument: Overrides of instruments, nested.
        behavior: Overrides of behavior, by name.
    """
    felt = [f"behavior.{name} = {_shown(value)}" for name, value in sorted(behavior.items())]
    own = [line for name in sorted(instrument) for line in _flat(name, instrument[name])]
    own += [f"with {name}" for name in options.include] + [f"without {name}" for name in options.exclude]
    if options.instruments_dir is not None:
        own.append(f"instruments of {one_line(options.instruments_dir, 80)}")
    return {"scenario": (*own, *felt), "reference": tuple(felt)}


def notes_of(options: RunOptions, filed_start: Any) -> tuple[str, ...]:
    """Return what a reader must know of a run whose first day is not the scenario's own."""
    if options.start is None or filed_start is None or options.start <= filed_start:
        return ()
    return (
        f"Starts {options.start.isoformat()}, later than the scenario's own {filed_start.isoformat()}: queues, people "
        "on their way and beliefs have built up only since then, so levels and effects differ from those of a run from "
        "the scenario's own start. Compare only with runs of the same start.",
    )


def _flat(path: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and not path.rpartition(".")[0].endswith("terms"):
        return [line for key, inner in value.items() for line in _flat(f"{path}.{key}", inner)]
    return [f"{path.replace('.terms.', '.')} = {_shown(value)}"]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {inner}" for key, inner in value.items()) + "}"
    else:
        text = str(value)
    return one_line(text, _LONGEST)
