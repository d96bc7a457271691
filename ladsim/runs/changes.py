"""What was changed of a scenario as its file has it, in words: titles, captions and manifests tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

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


def idle_notes(pair: Mapping[str, Any], tables: Mapping[str, Mapping[int, pd.DataFrame]]) -> tuple[str, ...]:
    """Return what a reader must know of instruments that touch nobody in the months of the run.

    An instrument that differs from the reference but acts outside the run's days is named with its own days. Where
    nothing at all differs between the two runs, all instruments that differ are named.

    Args:
        pair: The loaded scenario and its reference, by role.
        tables: The monthly tables by role and seed.
    """
    if "reference" not in pair:
        return ()
    ours, theirs = pair["scenario"], pair["reference"]
    names = dict.fromkeys([*ours.instruments, *theirs.instruments])
    held = {name: (ours.instruments.get(name), theirs.instruments.get(name)) for name in names}
    differing = {name: both for name, both in held.items() if both[0] != both[1]}
    outside = {name: why for name, both in differing.items() if (why := _outside(both, ours.start, ours.end))}
    same = all(tables["scenario"][seed].equals(tables["reference"][seed]) for seed in tables["scenario"])
    if differing and same:
        told = "; ".join(f"{name}{f' ({outside[name]})' if name in outside else ''}" for name in differing)
        return (
            f"Nothing differs from the reference: in these months nobody is touched by {told}. An instrument touches "
            "people only if some of those it names come within its reach while it acts; a smaller scale finds more.",
        )
    return tuple(f"{name} touches nobody in these months: {why}." for name, why in outside.items())


def _outside(both: tuple[Any, Any], first: Any, last: Any) -> str:
    """Return why an instrument cannot act in the days of a run, in either of its two versions, or nothing."""
    told = ""
    for instrument in both:
        if instrument is None:
            continue
        begins = min(instrument.announced, instrument.start)
        if begins > last:
            told = f"it begins on {instrument.start}, after the last day, {last}"
        elif instrument.end is not None and instrument.end <= first:
            told = f"it ended on {instrument.end}, before the first day, {first}"
        else:
            return ""
    return told


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
