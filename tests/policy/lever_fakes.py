"""Instruments made from text or bare terms, for the tests of levers."""

from __future__ import annotations

from datetime import date
from typing import Any

from ladsim.core.strict_yaml import Where, parse_yaml
from ladsim.policy.instrument import Instrument, build_instrument

REMOVAL = """\
id: removal_test
title: A removal program
actors: [PAN]
pillar: baseline
lever: removal
status: in_force
announced: 2022-01-01
start: 2022-02-01
end: 2022-06-01
target:
  nationalities: [VEN]
  countries: [PAN]
  nodes: [lajas_blancas]
terms:
  removals_per_day:
    unit: persons/day
    values:
      2022-02-01: 10
      2022-04-01: 20
    evidence: assumed
    range: [5, 40]
references:
  - title: A paper
    publisher: A publisher
    date: 2022-01-01
evidence: documented
"""


def read(text: str) -> Instrument:
    """Return the instrument that a YAML text says."""
    data, where = parse_yaml(text, "text")
    return build_instrument(data, where)


def make(lever: str, terms: dict[str, Any], **more: Any) -> Instrument:
    """Return an instrument in force from 2022-02-01 with bare terms."""
    data: dict[str, Any] = {
        "id": f"{lever}_test",
        "title": lever,
        "actors": ["USA"],
        "pillar": "baseline",
        "lever": lever,
        "status": "in_force",
        "start": date(2022, 2, 1),
        "terms": terms,
        "evidence": "assumed",
        **more,
    }
    return build_instrument(data, Where("test"))
