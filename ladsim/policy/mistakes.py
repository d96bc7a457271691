"""What a mistake in an instrument's file is called: pydantic's findings in words that a user can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from ladsim.core.errors import UserError, close_matches
from ladsim.core.strict_yaml import Where
from ladsim.policy.dates import DATED, Fact
from ladsim.policy.fields import Announces, Part, Reference, Target
from ladsim.policy.terms import Term

GRADE = "evidence: documented with its reference, derived with its arithmetic, or assumed with its range"

_LEVELS: dict[str, type[BaseModel]] = {
    "target": Target,
    "announces": Announces,
    "references": Reference,
    "terms": Term,
    "parts": Part,
}

_LACKS: dict[tuple[type[BaseModel], str], str] = {
    (Fact, "evidence"): GRADE,
    (Term, "evidence"): GRADE,
    (Term, "unit"): "the unit of its values, such as persons/month, share or days",
    (Term, "values"): "a number by date, such as {2024-01-01: 100}",
    (Announces, "claim"): "release or interdiction",
    (Announces, "value"): "a share, 0 to 1",
    (Reference, "title"): "what the document or page is called, in quotes",
    (Reference, "publisher"): "who published it, in quotes",
    (Reference, "date"): "the day of publication, YYYY-MM-DD, or text in quotes",
}
"""What a key that is missing must hold, where the name of the key does not say it."""

_OF_THE_WHOLE: dict[str, str] = {
    "id": "the name of the file, of lower-case letters, digits and underscores, beginning with a letter",
    "title": "what it is, in a line of text",
    "actors": "a list of countries by their ISO3 codes: [code, ...]",
    "pillar": "stability, lawful_pathways, humane_enforcement or baseline",
    "lever": "a kind of lever, such as removal",
    "status": "in_force, announced, intended or institutional",
    "start": "the first day in force, YYYY-MM-DD",
    "announced": "the day on which people learn of it, YYYY-MM-DD",
    "evidence": "documented, derived or assumed",
}
"""What the keys of an instrument that must be there hold."""

_BY_TYPE: dict[str, tuple[str, str]] = {
    "string_type": ("not text", "text, in quotes"),
    "string_too_short": ("no text", "at least one letter"),
    "string_pattern_mismatch": ("not a name", _OF_THE_WHOLE["id"]),
    "bool_type": ("neither true nor false", "true or false"),
    "bool_parsing": ("neither true nor false", "true or false"),
    "int_type": ("not a whole number", "a whole number, such as 1"),
    "int_from_float": ("not a whole number", "a whole number, such as 1"),
    "float_type": ("not a number", "a number"),
    "finite_number": ("not a number", "a finite number"),
    "tuple_type": ("not a list", "a list, such as [first, second]"),
    "dict_type": ("not a mapping", "key: value"),
    "invalid_key": ("a key that is not a word", "a word"),
}
"""Pydantic's types of error: what is wrong, and what would be right."""

_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


def as_user_error(error: ValidationError, whole: type[BaseModel], where: Where) -> UserError:
    """Translate the first of pydantic's findings; unknown keys first, for they explain missing ones.

    Args:
        error: what pydantic found.
        whole: the model that was validated.
        where: where the data stand.
    """
    path, value, message, expected = first_mistake(error, whole)
    return UserError(message, file=where.place(path), key=where.key(path), value=value, expected=expected)


def first_mistake(error: ValidationError, whole: type[BaseModel]) -> tuple[tuple[Any, ...], Any, str, Any]:
    """Return the first of pydantic's findings: the path of its key, the value, what is wrong and what would be right.

    Args:
        error: what pydantic found.
        whole: the model that was validated.
    """
    details = sorted(error.errors(), key=lambda e: e["type"] not in ("extra_forbidden", "mistake"))
    first = details[0]
    found: Mapping[str, Any] = first.get("ctx", {})
    path = tuple(_read_key(p) for p in first["loc"] if p != "[key]")
    if first["type"] == "mistake":
        path = (*path, *found["at"])
    path = _as_written(tuple(p for p in path if _is_key(p)))
    value = _as_given(first.get("input"))
    if first["type"] == "mistake":
        return path, _as_given(found["value"]), found["message"], found["want"]
    if first["type"] == "extra_forbidden":
        return path, path[-1], "unknown key", close_matches(path[-1], _keys(_level_of(path, whole)))
    if first["type"] == "missing" and isinstance(path[-1], int):
        return path[:-1], value, "not a range", "[lowest, highest]"
    if first["type"] == "missing":
        return path, None, *_missing(path, whole)
    if first["type"] == "literal_error":
        return path, value, "not in the closed list", close_matches(value, re.findall(r"'([^']+)'", found["expected"]))
    return path, value, *_wording(first["type"], found, path, whole)


def _missing(path: tuple[Any, ...], whole: type[BaseModel]) -> tuple[str, str]:
    level = _level_of(path, whole)
    key = str(path[-1])
    if level is Fact and key == "evidence":
        return "a date without its grade", GRADE
    return "a key is missing", _LACKS.get((level, key)) or _OF_THE_WHOLE.get(key, key)


def _wording(kind: str, found: Mapping[str, Any], path: tuple[Any, ...], whole: type[BaseModel]) -> tuple[str, str]:
    if kind == "model_type":
        keys = _keys(_level_of((*path, "..."), whole))
        return "not a mapping", "key: value, of the keys " + ", ".join(keys)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {found['ge']:g}" if "ge" in found else f"at most {found['le']:g}"
        return "out of range", bound
    if kind in ("too_long", "too_short") and path[-1] == "range":
        return "not a range", "[lowest, highest]"
    if kind in ("too_long", "too_short"):
        return "the list is empty", _OF_THE_WHOLE.get(str(path[-1]), "at least one entry")
    if kind == "tuple_type" and path[-1] == "range":
        return "not a range", "[lowest, highest]"
    if kind == "tuple_type" and path[-1] in _OF_THE_WHOLE:
        return "not a list", _OF_THE_WHOLE[str(path[-1])]
    if "reference" in path[-2:]:
        return "not the number of a reference", "a number in the list of references, counted from 1, or a list of them"
    return _BY_TYPE.get(kind, ("not what this key holds", "what docs/own-instrument.md says of the key"))


def _keys(level: type[BaseModel]) -> list[str]:
    """Return the keys of a block as they stand in a file, where what is said of a date stands with the date."""
    keys = [key for key in level.model_fields if key != "dates" or level is Term]
    return ["date", *keys] if level is Fact else keys


def _level_of(path: tuple[Any, ...], whole: type[BaseModel]) -> type[BaseModel]:
    """Return the block in which the last key of a path stands."""
    path = _as_written(path)
    if len(path) < 2:
        return whole
    if "dates" in path[:-1] or path[-2] in DATED:
        return Fact
    if path[0] == "parts" and len(path) > 3:
        return _LEVELS.get(path[2], Part)
    return _LEVELS.get(path[0], whole)


def _as_written(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the path at which what is said of a date stands in a file: with the date."""
    at = 2 if path[:1] == ("parts",) else 0
    return (*path[:at], *path[at + 1 :]) if len(path) > at + 1 and path[at] == "dates" else path


def _is_key(part: Any) -> bool:
    """Pydantic names the branch of a union in its location; those parts are not keys of the file."""
    return not (isinstance(part, str) and (part.startswith("function-") or part in ("constrained-str", "is-instance")))


def _read_key(part: Any) -> Any:
    """Return a key as it stands in a file; pydantic writes a date in its location as Python would."""
    found = _DAY.fullmatch(part) if isinstance(part, str) else None
    return date(*map(int, found.groups())) if found else part


def _as_given(value: Any) -> Any:
    """Return a value as it stands in a file, where lists are lists."""
    return [_as_given(one) for one in value] if isinstance(value, tuple) else value
