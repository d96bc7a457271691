"""The timeline: what holds on each day of a run, and what people are told when."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ladsim.policy.effects import acts_on, apply, base_rules, changes_of
from ladsim.policy.frame import Frame, Moment
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import kind_of
from ladsim.policy.rules import Announcement, Rules

if TYPE_CHECKING:
    from ladsim.world.world import World


class Timeline:
    """The rules of every day, from a scenario's instruments.

    Rules change only on breakpoints; between two of them `rules` returns the same object, which nobody may change.

    Args:
        instruments: the instruments that apply, by id; institutional ones act on nothing.
        world: the world, or the frame of arrays that levers act on.
        start: the first day.
        n_days: how many days.
        freeze_on: if given, base entry rules stay as they were that day.

    Attributes:
        start: the first day.
        n_days: how many days.
        breakpoints: the day indices on which something may change, in order; the first is 0.
        all_announcements: every announcement of the run, in order of its day.
        standing_announcements: those made before the run that still hold on its first day, in order of their day.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        world: World | Frame,
        start: date,
        n_days: int,
        *,
        freeze_on: date | None = None,
    ) -> None:
        self.start, self.n_days = start, n_days
        self._frame = world if isinstance(world, Frame) else frame_of(world)
        self._freeze_on = freeze_on
        acting = [i for i in instruments.values() if i.status != "institutional"]
        self._told = sorted(acting, key=lambda i: i.id)
        self._instruments = sorted((part for i in acting for part in i.expanded()), key=lambda i: (i.start, i.id))
        self._spans = [
            (
                i,
                i.start.toordinal(),
                math.inf if i.end is None else i.end.toordinal(),
                kind_of(i.lever).felt is not None,
            )
            for i in self._instruments
        ]
        self.breakpoints: list[int] = sorted({0, *(self._index(d) for d in self._changes() if self._within(d))})
        everything = self._announcements()
        self.all_announcements: list[Announcement] = [a for a in everything if a.day >= 0]
        self.standing_announcements: list[Announcement] = [a for a in everything if a.day < 0 < a.end]
        self._ahead: list[tuple[str, int, int]] = self._known_ahead()
        self._ahead_cache: dict[tuple[int, tuple[str, ...]], Rules] = {}
        self._cache: dict[int, Rules] = {}

    def day(self, index: int) -> date:
        """Return the date of a day index."""
        return self.start + timedelta(days=index)

    def rules(self, index: int) -> Rules:
        """Return what holds on a day, given as an index from the first day."""
        if not 0 <= index < self.n_days:
            raise IndexError(f"day {index} is not in 0..{self.n_days - 1}")
        since = self.breakpoints[bisect_right(self.breakpoints, index) - 1]
        if since not in self._cache:
            self._cache[since] = self._make(self.day(since))
        return self._cache[since]

    def rules_ahead(self, index: int, today: int) -> Rules:
        """Return what people know today to hold on a later day, which may lie beyond the last one.

        That is what holds today and goes on, and what is foreseen by then.
        """
        named = {name for name, known, start in self._ahead if known <= today and start <= index}
        day, now = self.day(index), self.day(today)
        acting = [i for i in self._acting(day) if i.start <= now or i.id in named]
        key = (index, tuple(i.id for i in acting))
        if key not in self._ahead_cache:
            self._ahead_cache[key] = self._make(day, acting)
        return self._ahead_cache[key]

    def announcements_ahead(self, index: int, today: int) -> list[Announcement]:
        """Return what people know today that they will be told to hold from a later day on."""
        return [a for a in self.announcements(index) if a.known <= today]

    def announcements(self, index: int) -> list[Announcement]:
        """Return what people are told to hold from a day on."""
        return [a for a in self.all_announcements if a.day == index]

    def foreseen(self, index: int, days: int) -> int | None:
        """Return the index of the next day, at most ``days`` ahead, from which something holds that is known already.

        What can be foreseen are visas and what people are told of (announcements), from the day of their announcement
        to the day before their start.
        """
        starts = [start for _, known, start in self._ahead if known <= index < start <= index + days]
        return min(starts, default=None)

    def first_difference(self, other: Timeline) -> int | None:
        """Return the first day index on which two timelines of the same world and start differ, or None.

        Days that only one of them has count as different.
        """
        if self.start != other.start or not _same(self.standing_announcements, other.standing_announcements):
            return 0
        last = min(self.n_days, other.n_days)
        points = {*self.breakpoints, *other.breakpoints}
        days = [p for p in sorted(points) if p < last]
        common = self._common(other)
        rules = next((d for d in days if not self._acts_as(other, d, common) and not self._equal(other, d)), None)
        told = next(
            (
                d
                for d in sorted({a.day for a in (*self.all_announcements, *other.all_announcements)})
                if d < last and not _same(self.announcements(d), other.announcements(d))
            ),
            None,
        )
        ahead = [
            max(known, 0)
            for timeline in (self, other)
            for name, known, start in timeline._ahead
            if start > 0 and known < last and not self._begins_as(other, name)
        ]
        found = [d for d in (rules, told, *ahead) if d is not None]
        if self.n_days != other.n_days:
            found.append(last)
        return min(found) if found else None

    def _make(self, day: date, acting: list[Instrument] | None = None) -> Rules:
        rules = base_rules(self._frame, self._entry_day(day))
        now = Moment(day, self.start)
        for instrument in self._acting(day) if acting is None else acting:
            apply(instrument, rules, self._frame, now)
        return rules

    def _entry_day(self, day: date) -> date:
        return day if self._freeze_on is None else min(day, self._freeze_on)

    def _acting(self, day: date) -> list[Instrument]:
        """Return the instruments that act on a day; of most of them that is from start to end, see acts_on."""
        now = day.toordinal()
        return [i for i, first, end, asked in self._spans if (acts_on(i, day) if asked else first <= now < end)]

    def _common(self, other: Timeline) -> set[str]:
        """Return the ids of the instruments that are alike in both."""
        theirs = {i.id: i for i in other._instruments}
        return {i.id for i in self._instruments if i == theirs.get(i.id)}

    def _acts_as(self, other: Timeline, index: int, common: set[str]) -> bool:
        """Return whether the same instruments act on a day in both; the rules are the same then, and need no look."""
        day = self.day(index)
        ours, theirs = ([i.id for i in timeline._acting(day)] for timeline in (self, other))
        return ours == theirs and common.issuperset(ours) and self._entry_day(day) == other._entry_day(day)

    def _begins_as(self, other: Timeline, name: str) -> bool:
        """Return whether an instrument is alike in both, whenever it ends."""
        ours, theirs = (
            [i.model_copy(update={"end": None, "dates": {}}) for i in timeline._instruments if i.id == name]
            for timeline in (self, other)
        )
        return ours == theirs

    def _equal(self, other: Timeline, index: int) -> bool:
        return _same(self.rules(index), other.rules(index))

    def _changes(self) -> set[date]:
        found: set[date] = set(self._frame.entry_changes)
        if self._freeze_on is not None:
            found = {d for d in found if d <= self._freeze_on}
        return found.union(*(changes_of(instrument) for instrument in self._instruments))

    def _announcements(self) -> list[Announcement]:
        found = []
        for instrument in self._told:
            told = instrument.announces
            if told is None:
                continue
            found.append(
                Announcement(
                    id=instrument.id,
                    day=self._index(instrument.start),
                    known=self._index(instrument.announced),
                    end=math.inf if instrument.end is None else self._index(instrument.end),
                    claim=told.claim,
                    value=told.value,
                    nationalities=self._frame.nationality_mask(instrument),
                    countries=self._frame.country_indices(instrument),
                )
            )
        return sorted(found, key=lambda a: (a.day, a.id))

    def _known_ahead(self) -> list[tuple[str, int, int]]:
        """Return the instruments that are known before they start: id, day of the announcement, first day."""
        claims = {instrument.id for instrument in self._told if instrument.announces is not None}
        return [
            (i.id, self._index(i.announced), self._index(i.start))
            for i in self._instruments
            if i.announced < i.start and (kind_of(i.lever).foreseen or i.id.partition(".")[0] in claims)
        ]

    def _index(self, day: date) -> int:
        return (day - self.start).days

    def _within(self, day: date) -> bool:
        return 0 <= self._index(day) < self.n_days


def frame_of(world: World) -> Frame:
    """Return the arrays of a world that levers act on."""
    route, people = world.route, world.people
    acting = route.interdiction_country
    names = (*route.entry_rules.names, "")
    return Frame(
        nationalities=tuple(world.nationalities),
        countries=tuple(route.countries),
        nodes=tuple(route.nodes),
        ways=tuple(route.ways),
        way_rule=tuple(names[i] for i in route.rule),
        way_stretch=route.stretch,
        interdiction=world.interdiction,
        stoppable=(acting >= 0)[:, None] & ~world.at_home[acting],
        interdiction_country=acting,
        groups=tuple(people.groups),
        group_nationality=people.group_nationality,
        group_country=people.group_country,
        group_irregular=people.persons * people.irregular_share,
        node_country=route.country,
        entry=world.entry,
        stretches=route.stretches,
        destination=world.destination,
        year_begins=world.year_begins,
        entry_changes=tuple(route.entry_rules.changes()),
    )


def _same(one: Any, two: Any) -> bool:
    if is_dataclass(one) and type(one) is type(two):
        return all(_same(getattr(one, f.name), getattr(two, f.name)) for f in fields(one) if f.compare)
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        return bool(np.array_equal(one, two))
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(_same(a, b) for a, b in zip(one, two, strict=True))
    return bool(one == two)
