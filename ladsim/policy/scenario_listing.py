"""The scenarios as rows for readers: what `task=scenarios` and its page in docs/ show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.listing import value_text
from ladsim.policy.scenario import Scenario, list_scenarios, load_scenario
from ladsim.policy.terms import Term


@dataclass(frozen=True)
class ScenarioRow:
    """A scenario as a reader sees it.

    Attributes:
        scenario: the scenario with its instruments.
        added: ids that act in it and not in its reference.
        left_out: ids that act in its reference and not in it.
        changed: (id, what differs) for ids that act in both, at other dates or terms.
        command: a command that runs it.
    """

    scenario: Scenario
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    command: str


def scenario_rows(only: str | None = None) -> list[ScenarioRow]:
    """Return the scenarios in the order of their names, each with what differs from its reference.

    Raises:
        UserError: no such scenario, or a mistake in a file.
    """
    library = load_instruments()
    names = [only] if only is not None else [str(row["name"]) for row in list_scenarios()]
    return [_scenario(load_scenario(name, instruments=library), library) for name in names]


def _scenario(scenario: Scenario, library: Mapping[str, Instrument]) -> ScenarioRow:
    command = f"python -m ladsim scenario={scenario.name}"
    if scenario.reference is None:
        return ScenarioRow(scenario, (), (), (), command)
    reference = load_scenario(scenario.reference, start=scenario.start, end=scenario.end, instruments=library)
    ours, theirs = _acting(scenario), _acting(reference)
    both = [name for name in ours if name in theirs and ours[name] != theirs[name]]
    return ScenarioRow(
        scenario=scenario,
        added=tuple(n for n in ours if n not in theirs),
        left_out=tuple(n for n in theirs if n not in ours),
        changed=tuple((n, "; ".join(_differences(theirs[n], ours[n]))) for n in both),
        command=command,
    )


def _acting(scenario: Scenario) -> dict[str, Instrument]:
    return {name: i for name, i in scenario.instruments.items() if i.status != "institutional"}


def _differences(before: Instrument, after: Instrument) -> Iterable[str]:
    for key in ("start", "end", "announced"):
        one, two = getattr(before, key), getattr(after, key)
        if one != two:
            yield f"{key} {two or 'open'} instead of {one or 'open'}"
    mine, theirs = _every_term(after), _every_term(before)
    for name in dict.fromkeys([*theirs, *mine]):
        one, two = theirs.get(name), mine.get(name)
        if one is not None and two is not None and (one.unit, one.values) == (two.unit, two.values):
            continue
        yield f"{name} {_steps(two)} instead of {_steps(one)}"
    if before.target != after.target:
        yield "another target"


def _every_term(instrument: Instrument) -> dict[str, Term]:
    of_parts = {f"{part} {name}": t for part, said in instrument.parts.items() for name, t in said.terms.items()}
    return {**instrument.terms, **of_parts}


def _steps(term: Term | None) -> str:
    if term is None:
        return "none"
    if len(term.values) == 1:
        return f"{value_text(next(iter(term.values.values())))} {term.unit}"
    return ", ".join(f"{value_text(v)} from {day}" for day, v in term.values.items()) + f" {term.unit}"
