"""Who may enter by which way on a day: entry rules (visas and charges) and free movement.

The table of entry rules holds the facts that belong to no instrument. An instrument (say a visa of Mexico) closes,
opens or prices a rule on top of them, see :mod:`ladsim.policy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ladsim.world.tables import read_table

RULE_COLUMNS = ("rule", "nationality", "start", "end", "status", "charge_usd")


class Ruled(Protocol):
    """Ways under entry rules; world.graph.Route is one."""

    @property
    def nationalities(self) -> tuple[str, ...]:
        """Nationality codes that the rules are about."""

    @property
    def rule(self) -> NDArray[np.int64]:
        """W, position of each way's rule (-1: none)."""


@dataclass(frozen=True)
class EntryRules:
    """Dated entry rules as arrays, one element a row of the table.

    Attributes:
        names: rule names in order of first appearance; ``rule`` indexes them.
        rule, nationality: positions in ``names`` and in the nationalities.
        start, end: days as proleptic ordinals, [start, end).
        free: True for ``free``, False for ``visa``.
        charge: USD to pay on entry.
    """

    names: tuple[str, ...]
    rule: NDArray[np.int64]
    nationality: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    free: NDArray[np.bool_]
    charge: NDArray[np.float64]

    def changes(self) -> list[date]:
        """Return the days on which a rule starts or ends, in order."""
        ordinals = np.unique(np.concatenate([self.start, self.end]))
        return [date.fromordinal(int(o)) for o in ordinals if date.min.toordinal() < o < date.max.toordinal()]


def load_entry_rules(path: str | Path, nationalities: Sequence[str]) -> EntryRules:
    """Read and check a table of entry rules.

    Args:
        path: CSV with rule, nationality, start, end (blank: no end), status (free|visa) and charge_usd.
        nationalities: known nationality codes.

    Raises:
        UserError: unknown nationality or status, a bad date or charge, or periods of a rule that overlap.
    """
    table = read_table(path, RULE_COLUMNS)
    rule_names = table.text("rule")
    names = tuple(dict.fromkeys(rule_names))
    nationality = table.index("nationality", nationalities, what="nationality")
    start = [d.toordinal() for d in table.dates("start", blank=date.min)]
    end = [d.toordinal() for d in table.dates("end", blank=date.max)]
    table.require("end", lambda i: end[i] > start[i], "a period ends before it starts", "a day after start")
    status = table.one_of("status", ("free", "visa"), what="status")
    charge = table.numbers("charge_usd", low=0, blank=0.0)
    periods: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for i, name in enumerate(rule_names):
        known = periods.setdefault((name, int(nationality[i])), [])
        if any(start[i] < e and s < end[i] for s, e in known):
            raise table.error(i, "start", f"periods of rule {name} for this nationality overlap", "one row a day")
        known.append((start[i], end[i]))
    return EntryRules(
        names=names,
        rule=np.array([names.index(n) for n in rule_names], dtype=np.int64),
        nationality=nationality,
        start=np.array(start, dtype=np.int64),
        end=np.array(end, dtype=np.int64),
        free=np.array([s == "free" for s in status]),
        charge=charge,
    )


def no_rules() -> EntryRules:
    """Return the rules of a corridor without any: ways are open to all and free of charge."""
    none, nobody = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return EntryRules((), none, none, none, none, nobody, np.zeros(0))


def entry_table(route: Ruled, rules: EntryRules, day: date | None) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return who may use which way on a day, before any instrument.

    Args:
        route: the graph, whose ways name their rule.
        rules: the entry rules; a nationality without a row that day needs a visa.
        day: the day, or None for "on any day that the table knows".

    Returns:
        ``open`` (W x N bool) and ``charge`` (W x N, USD). Ways without a rule are open to all and free of charge.
    """
    n = len(route.nationalities)
    rule_open, rule_charge = np.zeros((len(rules.names) + 1, n), bool), np.zeros((len(rules.names) + 1, n))
    ordinal = day.toordinal() if day else None
    for i in range(len(rules.rule)):
        if rules.free[i] and (ordinal is None or rules.start[i] <= ordinal < rules.end[i]):
            rule_open[rules.rule[i], rules.nationality[i]] = True
            rule_charge[rules.rule[i], rules.nationality[i]] = rules.charge[i]
    rule_open[-1] = True
    return rule_open[route.rule], rule_charge[route.rule]


def at_home(
    countries: Sequence[str], members: Mapping[str, Sequence[str]], free_movement: str | Path | None
) -> NDArray[np.bool_]:
    """Return C x N: in which countries a nationality is at home or moves freely.

    Nobody enters such a country irregularly, and its forces do not stop them.

    Args:
        countries: country codes (ISO3), in the order of the route.
        members: nationality code to its ISO3 members, in order.
        free_movement: CSV with country and nationality, or None for own nationals only.
    """
    home = np.zeros((len(countries), len(members)), bool)
    codes = list(members)
    for n, group in enumerate(members.values()):
        if len(group) == 1 and group[0] in countries:
            home[list(countries).index(group[0]), n] = True
    if free_movement is not None:
        table = read_table(free_movement, ("country", "nationality"))
        nationality = table.index("nationality", codes, what="nationality")
        for i, country in enumerate(table.text("country")):
            if country in countries:
                home[list(countries).index(country), nationality[i]] = True
    return home
