"""Which kinds of lever there are: ladsim's own ten, those of installed packages, and those registered by a call.

A package adds a kind without a change here: it names its :class:`Kind` in an entry point of the group
``ladsim.levers``, or calls :func:`register_kind`. docs/own-lever.md shows both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import LEVER_KINDS
from ladsim.policy.rules import Rules
from ladsim.policy.terms import TermSpec

GROUP = "ladsim.levers"
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Kind:
    """A kind of lever.

    Attributes:
        name: the word under ``lever`` in an instrument's file.
        meaning: through which channel of the model it acts, in sentences.
        terms: what its terms may be, by name, each with its meaning.
        one_of: an instrument that acts has at least one of these terms.
        apply: ``apply(instrument, rules, frame, now)`` lets an instrument act on the rules of a day (policy/rules.py)
            by setting their arrays; ``frame`` holds the world's arrays, ``now`` the day (policy/frame.py).
        check: ``check(instrument)`` raises policy.dates.mistake where an instrument that acts does not fit together.
        felt: ``felt(instrument, day)`` says whether it acts on a day, where that is not just from start to end.
        changes: ``changes(instrument)`` returns further days on which its effect changes, besides start, end and the
            dates of its terms.
        foreseen: people foresee it from the announcement on, also where it announces no claim.
        keys: keys of an instrument's file that only this kind has.
        by_forces: ``target.countries`` means the ways on which these countries' forces stop people.
    """

    name: str
    meaning: str
    terms: Mapping[str, TermSpec]
    one_of: tuple[str, ...]
    apply: Callable[[Any, Rules, Any, Any], None]
    check: Callable[[Any], None] | None = None
    felt: Callable[[Any, Any], bool] | None = None
    changes: Callable[[Any], set[Any]] | None = None
    foreseen: bool = False
    keys: tuple[str, ...] = ()
    by_forces: bool = False


_KINDS: dict[str, Kind] = {}
_ADDED: dict[str, Kind] = {}
_loaded = False


def register_kind(kind: Kind) -> Kind:
    """Add a kind of lever, and return it.

    One that was registered under the same name is replaced, so that a notebook's cell can be run again; ladsim's own
    ten cannot be.

    Raises:
        UserError: the name is one of ladsim's own or not a name, a term has no meaning, or ``one_of`` is not of the
            terms.
    """
    if not NAME.fullmatch(kind.name):
        expected = "lower-case letters, digits and underscores, beginning with a letter"
        raise UserError("not the name of a kind of lever", key="name", value=kind.name, expected=expected)
    if kind.name in LEVER_KINDS:
        raise UserError("ladsim has a kind of lever of this name", key="name", value=kind.name, expected="another name")
    silent = [name for name, spec in kind.terms.items() if not spec.meaning]
    if silent:
        raise UserError("a term has no meaning", key=f"{kind.name}.terms", value=silent[0], expected="spec.saying(...)")
    unknown = [name for name in kind.one_of if name not in kind.terms]
    if unknown or not kind.one_of:
        value = unknown[0] if unknown else "()"
        raise UserError("not a term", key=f"{kind.name}.one_of", value=value, expected=", ".join(kind.terms))
    _ADDED[kind.name] = kind
    return kind


def added_kinds() -> tuple[Kind, ...]:
    """Return the kinds that were registered by a call; another process does not know them unless it is told."""
    return tuple(_ADDED.values())


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Raises:
        UserError: there is no such kind.
    """
    known = kinds()
    if name not in known:
        raise UserError("unknown kind of lever", key="lever", value=name, expected=close_matches(name, known))
    return known[name]


def kinds() -> dict[str, Kind]:
    """Return all kinds by name: ladsim's own in their order, then those of packages and those registered by a call."""
    global _loaded
    if not _loaded:
        _loaded = True
        for name in LEVER_KINDS:
            _KINDS[name] = import_module(f"ladsim.policy.kinds.{name}").KIND
        for found in sorted(entry_points(group=GROUP), key=lambda one: one.name):
            kind = found.load()
            if not isinstance(kind, Kind):
                raise UserError(
                    "the entry point is not a kind of lever", key=GROUP, value=found.value, expected="a Kind"
                )
            register_kind(kind)
    return {**_KINDS, **_ADDED}


Part = TypeVar("Part")


class _Of(Mapping[str, Part], Generic[Part]):
    """One attribute of every kind, by the kind's name; it follows what is registered later."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute

    def __getitem__(self, name: str) -> Part:
        part: Part = getattr(kinds()[name], self._attribute)
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(kinds())

    def __len__(self) -> int:
        return len(kinds())


TERMS: Mapping[str, Mapping[str, TermSpec]] = _Of("terms")
"""The terms of each kind of lever."""
ONE_OF: Mapping[str, tuple[str, ...]] = _Of("one_of")
"""An instrument that acts has at least one of these terms, by kind."""
MEANINGS: Mapping[str, str] = _Of("meaning")
"""Through which channel of the model each kind of lever acts."""
