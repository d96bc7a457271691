"""What a scenario is called and asks, as a result, its tables and its manifest tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ladsim.core.text import one_line, plain

_TOLD = 3
"""Changes that a title tells; the manifest tells all."""


@dataclass(frozen=True)
class ScenarioInfo:
    """What a scenario is called and asks.

    Attributes:
        name: Name of its file.
        title: Title.
        question: The question it answers.
        reference: Name of the scenario that it is compared with, or None.
        start: First day, ISO date.
        end: Last day, ISO date, included.
        changes: What was changed of the scenario as its file has it, a line each; the title tells them too.
        notes: What a reader must know of the run besides, a line each.
        freeze_on: The day whose policies stay in force, ISO date, or None.
    """

    name: str
    title: str
    question: str
    reference: str | None
    start: str
    end: str
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    freeze_on: str | None = None

    @classmethod
    def of(cls, scenario: Any, *, changes: Sequence[str] = (), notes: Sequence[str] = ()) -> ScenarioInfo:
        """Return the information on a loaded Scenario.

        Args:
            scenario: The scenario.
            changes: What was changed of it; a changed scenario is titled so.
            notes: What a reader must know of the run besides.
        """
        first, last = (d.isoformat() if isinstance(d, date) else str(d) for d in (scenario.start, scenario.end))
        title = one_line(scenario.title)
        if changes:
            more = f"; {len(changes) - _TOLD} more" if len(changes) > _TOLD else ""
            title = f"{title}, changed: {'; '.join(changes[:_TOLD])}{more}"
        question = plain(scenario.question)
        frozen = getattr(scenario, "freeze_on", None)
        return cls(
            scenario.name,
            title,
            question,
            scenario.reference,
            first,
            last,
            tuple(changes),
            tuple(notes),
            frozen.isoformat() if isinstance(frozen, date) else frozen,
        )

    @classmethod
    def from_plain(cls, given: Mapping[str, Any]) -> ScenarioInfo:
        """Return the information from what a manifest says."""
        lists = {key: tuple(given.get(key) or ()) for key in ("changes", "notes")}
        return cls(**{**given, **lists, "title": plain(given["title"]), "question": plain(given["question"])})

    @property
    def label(self) -> str:
        """The name, with the remark that it was changed where it was: what captions and legends call the run."""
        return f"{self.name} (changed)" if self.changes else self.name
