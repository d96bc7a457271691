"""Whatever is wrong in an instrument's file, the message is in our words: file and line, key, what would be right."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml

from ladsim.core.errors import UserError
from ladsim.core.strict_yaml import parse_yaml
from ladsim.policy.grades import check_grades, check_ranges
from ladsim.policy.instrument import build_instrument
from ladsim.policy.library import check_names, packaged_vocabulary

FILE = """
id: mine
title: Mine
actors: [USA]
pillar: baseline
lever: lawful_pathway
status: in_force
announced: 2024-01-01
start: {date: 2024-01-01, evidence: documented, reference: 1, note: shown}
end: null
target: {nationalities: [VEN]}
announces: {claim: release, value: 0.2, unit: share, evidence: assumed, range: [0.1, 0.3], note: told}
terms:
  capacity:
    unit: persons/month
    values: {2024-01-01: 5}
    evidence: assumed
    range: [1, 10]
    dates: {2024-01-01: {evidence: assumed, range: [2023-01-01, 2024-02-01]}}
    note: a guess
references: [{title: A, publisher: B, date: 2024-01-01, locator: page 1, address: "https://example.org/"}]
evidence: assumed
channel: residence
queue: lottery
needs_ties: true
bars_irregular_entry: false
barred_since: 2024-01-01
present_by: 2024-01-01
destination: USA
stay: lasting
application: petition
note: a note
parts:
  one: {title: One, start: 2024-02-01, queue: lottery, needs_ties: true, terms: {capacity: 3}}
"""
WRONG: list[Any] = [
    5, -1, 1.5, "text", "", True, [], [1], ["a"], [None], {}, {"a": 1}, {1: 2}, date(2024, 1, 1), "2024-02-30",
    10**30, float("nan"), [1, 2, 3], [5, 3], {date(2024, 1, 1): "x"}, [{"title": "x"}],
]  # fmt: skip
RAW = re.compile(r"Input should|valid |Field required|should have|Keys should|[Tt]uple|datetime\.|validation|pydantic")
"""How pydantic and Python speak."""


def paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from paths(value, (*at, key))


def changed(at: tuple[Any, ...], value: Any, *, left_out: bool = False) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(FILE)
    node: Any = data
    for key in at[:-1]:
        node = node[key]
    if left_out:
        del node[at[-1]]
    else:
        node[at[-1]] = copy.deepcopy(value)
    return data


def refusal(data: dict[str, Any]) -> str | None:
    written, where = parse_yaml(yaml.safe_dump(data, sort_keys=False), "mine.yaml")
    try:
        found = build_instrument(written, where)
        check_names(found, packaged_vocabulary(), where)
        check_grades(found, where, complete=False)
        check_ranges(found, where)
    except UserError as error:
        return str(error)
    return None


PLACES = [at for at in paths(yaml.safe_load(FILE)) if at]


@pytest.mark.parametrize("at", PLACES, ids=lambda at: ".".join(map(str, at)))
def test_any_wrong_value_is_told_in_our_words(at: tuple[Any, ...]) -> None:
    told = [refusal(changed(at, value)) for value in WRONG]
    told.append(refusal(changed(at, None, left_out=True)))
    refused = [message for message in told if message is not None]
    assert len(refused) >= 4  # a note takes any text, a list of names several
    for message in refused:
        assert not RAW.search(message), message
        assert "mine.yaml" in message
        assert "key: " in message
        assert "expected: " in message


@pytest.mark.parametrize(
    ("at", "value", "message", "expected"),
    [
        (("title",), 5, "not text", "text, in quotes"),
        (("title",), "", "no text", "at least one letter"),
        (("start", "reference"), "first", "not the number of a reference", "counted from 1"),
        (("references", 0, "title"), 5, "not text", "text, in quotes"),
        (("references",), "a page", "not a list", "[first, second]"),
        (("actors",), "USA", "not a list", "ISO3 codes"),
        (("needs_ties",), "no", "neither true nor false", "true or false"),
        (("terms", "capacity", "range"), [1], "not a range", "[lowest, highest]"),
        (("target",), "VEN", "not a mapping", "nationalities"),
        (("announces", "value"), 2, "out of range", "at most 1"),
        (("start", "date"), "2024-02-30", "not a date", "February 2024 has 29 days"),
        (("lever",), ["removal"], "unknown kind of lever", "removal"),
        (("parts", "one", "terms"), 5, "not a mapping", "by term"),
        (("parts", "one", "title"), 5, "not text", "text, in quotes"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_what_is_wrong_and_what_would_be_right(at: tuple[Any, ...], value: Any, message: str, expected: str) -> None:
    told = refusal(changed(at, value)) or ""
    assert told.startswith(message)
    assert re.search(r"file: mine\.yaml:\d+", told)
    assert expected in told


@pytest.mark.parametrize(
    ("at", "message", "expected"),
    [
        (("start", "evidence"), "a date without its grade", "documented with its reference"),
        (("references", 0, "title"), "a key is missing", "what the document or page is called"),
        (("terms", "capacity", "unit"), "a key is missing", "persons/month"),
        (("title",), "a key is missing", "what it is, in a line"),
    ],
)
def test_what_a_missing_key_must_hold(at: tuple[Any, ...], message: str, expected: str) -> None:
    told = refusal(changed(at, None, left_out=True)) or ""
    assert told.startswith(message)
    assert expected in told
