"""Annotated files to start from: an instrument of any kind, and a scenario. Both are valid as they stand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin

from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.policy.dates import DATED
from ladsim.policy.fields import Announces, Part, Target
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import MEANINGS, ONE_OF, TERMS, kind_of, kinds
from ladsim.policy.meanings import KEYS, TARGETS
from ladsim.policy.terms import Term, TermSpec

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
START = "2024-01-01"
WIDTH, COLUMN = 110, 36
EXAMPLES = ("actors", "nationality", "targets", "keys", "kinds")


@cache
def examples() -> dict[str, Any]:
    """Return conf/templates.yaml: what a new file of each kind of lever begins with."""
    return read_mapping(conf_dir() / "templates.yaml", "what new files begin with", EXAMPLES)


def instrument(name: str, kind: str) -> str:
    """Return an annotated instrument file of a kind of lever.

    Raises:
        UserError: no such kind, or a name that cannot be.
    """
    _check_name("instrument", name)
    if kind not in TERMS:
        raise UserError("unknown kind of lever", key="lever", value=kind, expected=close_matches(kind, TERMS))
    lines = [f"# An instrument of the kind {kind}.", *_comment(MEANINGS[kind])]
    lines += [
        "# docs/own-instrument.md explains every key; `python -m ladsim task=levers` shows those that ladsim brings."
    ]
    lines += [f"{f'id: {name}':<26} # the name of this file", f'title: "{name.replace("_", " ").capitalize()}"']
    begun = examples()
    actors, shown = begun["actors"], begun["kinds"].get(kind, {})
    lines += [f"actors: {actors}              # who acts: ISO3 codes of countries"]
    lines += ["pillar: baseline           # stability, lawful_pathways, humane_enforcement; baseline: none of them"]
    lines += [f"lever: {kind}", "status: in_force           # in_force, announced, intended, institutional"]
    lines += [
        "# A date can carry its grade: {date: 2024-01-01, evidence: documented, reference: 1}; derived needs its",
        "# arithmetic, assumed its range [earliest, latest]. A bare date is taken as assumed.",
        f"announced: {START}",
        f"start: {START}          # in force from this day",
        "end: null                  # until the day before; null: it stays",
    ]
    of_kind = kind_of(kind).keys
    for key in of_kind:
        lines += _key(key, shown.get("keys", {}).get(key))
    lines += _target(shown.get("target", []))
    lines += _announces()
    said = "Its numbers. A term takes " + ", ".join(Term.model_fields) + ". One that is documented names its reference "
    said += "(1 is the first below), one that is derived its arithmetic, one that is assumed its range; dates tells "
    said += "how the days are known from which its values hold."
    lines += [*_comment(said), "terms:"]
    needed = ONE_OF[kind][0]
    example = shown.get("terms") or {needed: f"{TERMS[kind][needed].low:g}"}
    for term in [*example, *(t for t in TERMS[kind] if t not in example)]:
        lines += _term(kind, term, TERMS[kind][term], example.get(term))
    lines += _parts(of_kind, example)
    lines += [
        "references:",
        '  - title: "Where this is published"',
        '    publisher: "Who published it"',
        f"    date: {START}",
        '    address: "https://example.org/"',
        '    # locator: "page 3"       # the place in a document; a fact that is documented needs it or an address',
        "evidence: assumed          # documented, derived or assumed",
        'note: "What a reader should know."',
    ]
    return "\n".join(lines) + "\n"


def _key(key: str, value: str | None) -> list[str]:
    """Return the lines of a key that only some kinds have; without a value of its own it is a comment."""
    field = Instrument.model_fields[key]
    choices = _choices(field.annotation)
    said = KEYS[key] + (f" ({', '.join(choices)})" if choices else "")
    said += f"; {_word(field.default)} unless said" if field.default is not None else ""
    line = f"{key}: {value}" if value else f"# {key}: {_example(key, field.default, choices)}"
    first, *others = wrap(said, WIDTH - COLUMN - 3)
    return [f"{line:<{COLUMN}} # {first}", *(f"{'':<{COLUMN}} # {part}" for part in others)]


def _choices(annotation: Any) -> tuple[str, ...]:
    """Return the words of a closed list, or nothing for any other type."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _choices(part))), ())


def _example(key: str, default: Any, choices: tuple[str, ...]) -> str:
    if key in DATED:
        return START
    if choices:
        return next((word for word in choices if word != default), choices[0])
    return "true" if isinstance(default, bool) else str(examples()["keys"][key])


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _target(given: list[str]) -> list[str]:
    begins = "target:  " if given else "target: {}"
    lines = [f"{begins:<{COLUMN}} # {KEYS['target']}; a list that is left out does not restrict"]
    lines += [f"  {line}" for line in given]
    named = {line.partition(":")[0] for line in given}
    for key in Target.model_fields:
        if key not in named:
            line = f"  # {key}: {examples()['targets'][key]}"
            lines.append(f"{line:<{COLUMN}} # {TARGETS[key]}")
    return lines


def _announces() -> list[str]:
    fields = Announces.model_fields
    claims = " or ".join(_choices(fields["claim"].annotation))
    said = f"What people are told on the day of the announcement: a claim ({claims}) and its value, a share. "
    said += f"It takes {', '.join(fields)}."
    return [*_comment(said), "# announces: {claim: release, value: 0.2, evidence: assumed, range: [0.1, 0.4]}"]


def _parts(of_kind: tuple[str, ...], terms: Mapping[str, str]) -> list[str]:
    others = {key for kind in kinds().values() for key in kind.keys} - set(of_kind)
    keys = [key for key in Part.model_fields if key not in others and key != "dates"]
    said = f"{KEYS['parts'].capitalize()}. A part takes {', '.join(keys)}; what it does not say is as above."
    name, value = next(iter(terms.items()))
    return [*_comment(said), f"# parts: {{first: {{title: The first, terms: {{{name}: {value}}}}}}}"]


def _term(kind: str, name: str, spec: TermSpec, value: str | None) -> list[str]:
    must = " One of the terms marked so is needed." if name in ONE_OF[kind] else ""
    allowed = f"{spec.low:,g} or more" if math.isinf(spec.high) else f"{_plain(spec.low)} to {_plain(spec.high)}"
    code = examples()["nationality"]
    more = f"; or by nationality: {{{code}: ..., default: ...}}" if spec.by_nationality else ""
    unit = f"Unit: {' or '.join(spec.units)}, {allowed}{more}."
    said = _comment(f"{name}: {spec.meaning.rstrip('.')}. {unit}{must}", "  ")
    written = value if value is not None else _plain(max(spec.low, 0.0))
    low, high = _range(float(written), spec)
    body = [
        f"{name}:",
        f"  unit: {spec.units[0]}",
        "  values:",
        f"    {START}: {written}   # from this day on; add later days below",
        "  evidence: assumed",
        f"  range: [{_plain(low)}, {_plain(high)}]",
        '  note: "why this value"',
    ]
    return [*said, *(f"  {line}" if value is not None else f"  # {line}" for line in body)]


def _range(value: float, spec: TermSpec) -> tuple[float, float]:
    """Return bounds for a value that is assumed: half and double of it, or from -1 to 1 about 0, where allowed."""
    low, high = (value / 2, value * 2) if value > 0 else (-1.0, 1.0)
    return max(spec.low, low), min(spec.high, high)


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
