"""How large and how deep a file may be that somebody hands over; checked before anything is built from it.

YAML can say a gigabyte in a kilobyte (aliases of aliases), contain itself, or nest so deep that a parser runs out of
stack. Here a file is read up to a size, and its events are counted, not built: each alias counts for as many nodes as
what it stands for. The same for JSON.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ladsim.core.errors import UserError


class Limits(NamedTuple):
    """What a file may hold.

    Attributes:
        size: Bytes.
        depth: Levels of nested lists and mappings.
        nodes: Keys, values, lists and mappings, aliases counted in full.
        aliases: Aliases.
    """

    size: int
    depth: int
    nodes: int
    aliases: int


HAND_WRITTEN = Limits(size=1_000_000, depth=32, nodes=50_000, aliases=200)
"""Scenarios, instruments and settings: the largest one that ladsim brings has some thousand nodes."""
WRITTEN_BY_US = Limits(size=16_000_000, depth=64, nodes=500_000, aliases=100_000)
"""Files of a results folder."""

MOST_BYTES = 4_000_000_000
"""Of a table in a results folder; one of a thousand replicates has far less."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_bytes(path: Path, *, expected: str = "a file of a results folder") -> bytes:
    """Return a file's bytes.

    Raises:
        UserError: It is not a regular file (a pipe or a device has no end), or is too large.
        OSError: It cannot be read.
    """
    if path.exists() and not path.is_file():
        raise UserError("cannot read the file: not a regular file", file=path, expected=expected)
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UserError("the file is too large", file=path, expected=f"at most {MOST_BYTES:,} bytes")
    return data


def read_text(path: Path, limits: Limits = HAND_WRITTEN, *, expected: str = "a UTF-8 text file") -> str:
    """Return a file's text.

    Raises:
        UserError: It cannot be read, is not a regular file, is too large, or is not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError("cannot read the file: not a regular file", file=path, expected=expected)
        with path.open("rb") as file:
            data = file.read(limits.size + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UserError("cannot read the file", file=path, value=str(error), expected=expected) from error
    if len(data) > limits.size:
        raise UserError("the file is too large", file=path, expected=f"at most {limits.size:,} bytes")
    return text


def check_yaml(text: str, name: str, limits: Limits = HAND_WRITTEN) -> None:
    """Raise a UserError for YAML that would be too much to build; broken YAML is left to whoever parses it.

    Args:
        text: The text.
        name: What messages call it.
        limits: What it may hold.

    Raises:
        UserError: Too large, too deep, too many nodes or aliases, or an alias inside what it stands for.
    """
    if len(text) > limits.size:
        raise UserError("the file is too large", file=name, expected=f"at most {limits.size:,} bytes")
    counter = _Counter(name, limits)
    loader = _Base(text)
    try:
        while loader.check_event():
            counter.take(loader.get_event())
    except yaml.YAMLError:
        return
    finally:
        loader.dispose()


class _Counter:
    """Counts what a stream of YAML events would build."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._open: list[tuple[str | None, int]] = []
        self._sizes: dict[str, int] = {}
        self._nodes = self._aliases = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._nodes += 1
            if event.anchor:
                self._sizes[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._nodes))
            self._nodes += 1
            if event.anchor:
                self._sizes.pop(event.anchor, None)
            if len(self._open) > self._limits.depth:
                self._refuse("nested too deep", event, f"at most {self._limits.depth} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            if anchor:
                self._sizes[anchor] = self._nodes - before
        if self._nodes > self._limits.nodes:
            self._refuse(
                "the file holds too much",
                event,
                f"at most {self._limits.nodes:,} keys and values, aliases in full",
            )

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if any(anchor == event.anchor for anchor, _ in self._open):
            self._refuse("an alias stands inside what it stands for", event, "no circles")
        if self._aliases > self._limits.aliases:
            self._refuse("too many aliases", event, f"at most {self._limits.aliases:,}")
        self._nodes += self._sizes.get(event.anchor, 1)

    def _refuse(self, what: str, event: Any, expected: str) -> None:
        raise UserError(what, file=self._place(event), expected=expected)

    def _place(self, event: Any) -> str:
        return f"{self._name}:{event.start_mark.line + 1}" if event.start_mark else self._name


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_json(path: Path, limits: Limits = WRITTEN_BY_US, *, expected: str = "a file that ladsim wrote") -> Any:
    """Return what a JSON file holds, strictly: no key twice, no NaN, limited in size, depth and number of values.

    Raises:
        UserError: It cannot be read or holds too much.
    """
    return parse_json(read_text(path, limits, expected=expected), path, limits, expected=expected)


def parse_json(text: str, path: object, limits: Limits = WRITTEN_BY_US, *, expected: str = "strict JSON") -> Any:
    """Return what JSON text says; see :func:`read_json`."""
    bare = _STRING.sub('""', text)
    depth = deepest = 0
    for mark in re.findall(r"[\[{\]}]", bare):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
        if deepest > limits.depth:
            raise UserError("nested too deep", file=path, expected=f"at most {limits.depth} levels")
    if bare.count(",") + bare.count(":") + bare.count("[") > limits.nodes:
        raise UserError("the file holds too much", file=path, expected=f"at most {limits.nodes:,} values")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UserError(f"this is not JSON: {error}", file=path, expected=expected) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice")
    return made


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")
