"""The listings of `task=levers` and `task=scenarios`, as plain text of a hundred columns, or narrower on a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable

from ladsim.policy import meanings
from ladsim.policy.kinds.registry import MEANINGS
from ladsim.policy.listing import LeverRow, PartRow, TermRow
from ladsim.policy.scenario_listing import ScenarioRow

WIDTH = 100
NARROWEST = 60
LABEL = 13


def width() -> int:
    """Return the columns of a line: a hundred, or those of a narrower terminal."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))


def levers_text(rows: list[LeverRow], columns: int = WIDTH) -> str:
    """Return the levers as text, by pillar."""
    blocks: list[str] = []
    pillar = None
    for row in rows:
        if row.instrument.pillar != pillar and len(rows) > 1:
            pillar = row.instrument.pillar
            blocks.append("\n".join([pillar.upper(), *textwrap.wrap(meanings.PILLARS[pillar], columns)]))
        blocks.append("\n".join(_lever(row, columns)))
    if len(rows) > 1:
        blocks.append("\n".join(["WORDS of an instrument's file", *_words(columns)]))
        blocks.append(
            "\n".join(
                textwrap.wrap(
                    f"{len(rows)} instruments. One alone: python -m ladsim task=levers lever=chnv_parole. A number "
                    "before the first date of a term holds from the start; the commands double a term's effect.",
                    columns,
                )
            )
        )
    return "\n\n".join(blocks)


def _words(columns: int) -> Iterable[str]:
    for key, said in meanings.KEYS.items():
        yield from _wrapped(f"{key}: {said}", columns, "    ", "  ")


def scenarios_text(rows: list[ScenarioRow], columns: int = WIDTH) -> str:
    """Return the scenarios as text."""
    return "\n\n".join("\n".join(_scenario(row, columns)) for row in rows)


def _lever(row: LeverRow, columns: int) -> list[str]:
    i = row.instrument
    lines = [i.id, *_wrapped(i.title, columns, "  ")]
    lines += _field(
        "pillar", f"{i.pillar}; {meanings.DOCUMENTS.get(row.document, 'not in the two documents')}", columns
    )
    lines += _field("actors", ", ".join(row.actors), columns)
    lines += _field("status", meanings.STATUSES[i.status], columns)
    dates = [f"{what} {day}" for what, day in row.dates]
    lines += _field("dates", "; ".join([*dates, *([] if i.end else ["no end"])]), columns)
    for n, (label, names) in enumerate(row.concerns):
        lines += _field("concerns" if n == 0 else "", f"{label}: {names}", columns)
    lines += _field("acts by", f"{i.lever}: {MEANINGS[i.lever]}", columns)
    if row.rules:
        lines += _field("rules", "; ".join(row.rules), columns)
    if row.told:
        lines += _field("told", row.told, columns)
    for term in row.terms:
        lines += _term(term, columns)
    for part in row.parts:
        lines += _part(part, row, columns)
    if not row.all_terms():
        lines += _field("terms", "none", columns)
    if i.note:
        lines += _field("note", i.note, columns)
    for n, reference in enumerate(row.references, 1):
        lines += _field(f"source {n}", reference, columns)
    if row.switch:
        lines += _shell("switch", row.switch, columns)
    return lines


def _part(part: PartRow, row: LeverRow, columns: int) -> list[str]:
    acting, whole = part.acting, row.instrument
    lines = _field("part", f"{part.name}: {acting.title}", columns)
    said = [f"{label}: {names}" for label, names in part.concerns]
    if acting.lever != whole.lever:
        said.append(f"acts by {acting.lever}: {MEANINGS[acting.lever]}")
    if (acting.start, acting.end) != (whole.start, whole.end):
        said.append("; ".join(f"{what} {day}" for what, day in part.dates))
    for text in (*said, "; ".join(part.rules), part.note):
        if text:
            lines += _field("", text, columns, deeper="  ")
    for term in part.terms:
        lines += _term(term, columns)
    return lines


def _term(term: TermRow, columns: int) -> list[str]:
    steps = "; ".join(
        (value if n == 0 and len(term.values) == 1 else f"{value} from {day}") + (f" ({known})" if known else "")
        for n, ((day, value), known) in enumerate(zip(term.values, term.days, strict=True))
    )
    known = term.known + (f", range {term.range}" if term.range else "")
    lines = _field("term", f"{term.name} = {steps} {term.unit} ({known})", columns)
    more = ". ".join(part.rstrip(".") for part in (term.meaning, term.note) if part)
    if more:
        lines += _field("", more, columns, deeper="  ")
    if term.plain:
        lines += _field("", "The command sets one number for everybody and all dates:", columns, deeper="  ")
    return lines + _shell("", term.command, columns, deeper="  ")


def _scenario(row: ScenarioRow, columns: int) -> list[str]:
    s = row.scenario
    lines = [s.name, *_wrapped(s.title, columns, "  ")]
    lines += _field("question", s.question.strip(), columns)
    if s.supposes:
        lines += _field("supposes", s.supposes, columns)
    lines += _field("reference", s.reference or "none", columns)
    frozen = f"; what was in force on {s.freeze_on} stays" if s.freeze_on else ""
    lines += _field("dates", f"{s.start} to {s.end}{frozen}", columns)
    for label, names in (("adds", row.added), ("leaves out", row.left_out)):
        if names:
            lines += _field(label, ", ".join(names), columns)
    for n, (name, what) in enumerate(row.changed):
        lines += _field("changes" if n == 0 else "", f"{name}: {what}", columns)
    return lines + _shell("run", row.command, columns)


def _field(label: str, text: str, columns: int, deeper: str = "") -> list[str]:
    first = f"  {label:<{LABEL - 2}}{deeper}"
    return _wrapped(text, columns, " " * LABEL + deeper, first)


def _shell(label: str, command: str, columns: int, deeper: str = "") -> list[str]:
    """Return a command over several lines, as a shell takes it."""
    lines = _field(label, command, columns - 2, deeper)
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _wrapped(text: str, columns: int, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        columns,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def print_levers(rows: Iterable[LeverRow]) -> None:
    """Print the levers on standard output."""
    print(levers_text(list(rows), width()))


def print_scenarios(rows: Iterable[ScenarioRow]) -> None:
    """Print the scenarios on standard output."""
    print(scenarios_text(list(rows), width()))
