"""Annotated files to start from: an instrument of any kind, and a scenario. Both are valid as they stand."""

from __future__ import annotations

import math
import re
from pathlib import Path
from textwrap import wrap

from ladsim.core.errors import UserError, close_matches
from ladsim.policy import meanings
from ladsim.policy.terms import ONE_OF, TERMS, TermSpec

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
START = "2024-01-01"
WIDTH = 110
EXAMPLE = {
    "lawful_pathway": {"capacity": "1000", "processing_days": "90", "approval_rate": "0.5"},
    "regularization": {"capacity": "2000", "places": "50000"},
    "visa_restriction": {"closed": "1"},
    "interdiction": {"hazard_factor": "1.5"},
    "removal": {"removals_per_day": "10", "screened_in_share": "0.1"},
    "asylum_bar": {"ease_shift": "0.5"},
    "asylum_access": {"capacity": "20000", "recognition": "0.5", "decision_days": "180"},
    "smuggling_disruption": {"capacity_cut": "0.1", "recovery_half_life": "90"},
    "biometrics": {"detection": "0.05"},
    "aid": {"usd_per_year": "50000000", "displaced_persons": "500000"},
}
TARGET = {
    "lawful_pathway": ["nationalities: [VEN, COL]", "residences: [VEN_COL, COL_COL]"],
    "regularization": ["nationalities: [VEN]", "countries: [COL]"],
    "visa_restriction": ["nationalities: [COL]", "rules: [MEX_air]"],
    "interdiction": ["nationalities: [VEN, COL]", "countries: [MEX]"],
    "removal": ["nationalities: [COL, ECU]", "countries: [PAN]", "nodes: [lajas_blancas, meteti]"],
    "asylum_bar": ["nationalities: [VEN, COL]"],
    "asylum_access": ["countries: [MEX]"],
    "smuggling_disruption": ["stretches: [darien, mexico]"],
    "biometrics": ["countries: [PAN]"],
    "aid": ["nationalities: [VEN]", "countries: [COL]"],
}
EXTRA = {
    "lawful_pathway": ["channel: residence   # residence, transit (an office on the way) or port", "destination: USA"]
}


def instrument(name: str, kind: str) -> str:
    """Return an annotated instrument file of a kind of lever.

    Raises:
        UserError: no such kind, or a name that cannot be.
    """
    _check_name("instrument", name)
    if kind not in TERMS:
        raise UserError("unknown kind of lever", key="lever", value=kind, expected=close_matches(kind, TERMS))
    lines = [f"# An instrument of the kind {kind}.", *_comment(meanings.LEVERS[kind])]
    lines += [
        "# docs/own-instrument.md explains every key; `python -m ladsim task=levers` shows those that ladsim brings."
    ]
    lines += [f"id: {name}                  # the name of this file", f'title: "{name.replace("_", " ").capitalize()}"']
    lines += ["actors: [USA]              # who acts: ISO3 codes of countries"]
    lines += ["pillar: baseline           # stability, lawful_pathways, humane_enforcement; baseline: none of them"]
    lines += [f"lever: {kind}", "status: in_force           # in_force, announced, intended, institutional"]
    lines += [
        f"announced: {START}",
        f"start: {START}          # in force from this day",
        "end: null                  # until the day before; null: it stays",
    ]
    lines += EXTRA.get(kind, [])
    lines += ["target:                    # whom and what it concerns; a list that is left out does not restrict"]
    lines += [f"  {line}" for line in TARGET[kind]]
    lines += ["terms:"]
    example = EXAMPLE[kind]
    for term in [*example, *(t for t in TERMS[kind] if t not in example)]:
        lines += _term(kind, term, TERMS[kind][term], example.get(term))
    lines += [
        "references:",
        '  - title: "Where this is published"',
        '    publisher: "Who published it"',
        f"    date: {START}",
        '    address: "https://example.org/"',
        "evidence: assumed          # documented, derived or assumed",
        'note: "What a reader should know."',
    ]
    return "\n".join(lines) + "\n"


def _term(kind: str, name: str, spec: TermSpec, value: str | None) -> list[str]:
    must = " (one of these is needed)" if name in ONE_OF[kind] else ""
    high = "" if math.isinf(spec.high) else f" to {spec.high:g}"
    allowed = f"{spec.low:g}{high}" if high else f"{spec.low:g} or more"
    more = "; or by nationality: {VEN: ..., default: ...}" if spec.by_nationality else ""
    said = _comment(f"{name}: {meanings.TERMS[kind][name]} In {' or '.join(spec.units)}, {allowed}{more}.{must}", "  ")
    body = [f"  {name}:", f"    unit: {spec.units[0]}", "    values:"]
    body += [
        f"      {START}: {value if value is not None else f'{spec.low:g}'}   # from this day on; add later days below"
    ]
    body += [
        "    evidence: assumed",
        f"    range: [{_low(value, spec)}, {_high(value, spec)}]",
        '    note: "why this value"',
    ]
    return [
        *said,
        *(
            body
            if value is not None
            else [f"  # {line.strip() if i == 0 else line[2:]}" for i, line in enumerate(body)]
        ),
    ]


def _low(value: str | None, spec: TermSpec) -> str:
    return _plain(max(spec.low, float(value or 0) / 2))


def _high(value: str | None, spec: TermSpec) -> str:
    return _plain(min(spec.high, float(value or 1) * 2))


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:.6g}"


def _comment(text: str, indent: str = "") -> list[str]:
    return [f"{indent}# {line}" for line in wrap(text, WIDTH - len(indent) - 2)]


def scenario(name: str) -> str:
    """Return an annotated scenario file.

    Raises:
        UserError: a name that cannot be.
    """
    _check_name("scenario", name)
    return f"""# A scenario: which instruments act, and what it is compared with. Run it by its path:
#   python -m ladsim scenario={name}.yaml
scenario:
  name: {name}                 # the name of this file
  title: {name.replace("_", " ").capitalize()}
  question: >-
    What would have been different if the parole processes had had half as many places?
  reference: history           # the scenario that it is compared with: same people, same chance
  start: 2021-01-01
  end: 2024-12-31
  # freeze_on: 2024-06-30      # what is in force on this day stays in force; nothing later starts or ends
  include: []                  # ids put in though they are only announced, or begin after the freeze
  exclude: []                  # ids left out
instrument:
  chnv_parole:                 # changes of an instrument that ladsim brings, by id
    terms: {{capacity: 15000}}
  # my_own_program:            # or a whole instrument of your own, as task=new instrument=... writes it
  #   lever: regularization
  #   ...
"""


def _check_name(key: str, name: object) -> None:
    if not isinstance(name, str) or not NAME.match(name):
        expected = "a name of lower-case letters, digits and underscores, beginning with a letter"
        raise UserError(f"{key} is not a name", key=key, value=name, expected=expected)


def write(name: str, text: str, folder: Path) -> Path:
    """Write a file that is not there yet and return its path.

    Raises:
        UserError: there is one already, or it cannot be written.
    """
    file = folder / f"{name}.yaml"
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise UserError("there is such a file already", file=file, value=name, expected="another name") from None
    except OSError as error:
        raise UserError(f"the file cannot be written: {error.strerror}", file=file) from None
    return file
