"""The few lines that a reader looks at first, in plain neutral words: what they count and where."""

from __future__ import annotations

from typing import NamedTuple

from ladsim.series.panel import counterparts


class Headline(NamedTuple):
    """A line of the report.

    Attributes:
        label: What it counts.
        unit: Events or persons.
        measure: The measure.
        place: The place, or None for all of them.
        observed: The observed series that counts the same, or None.
        observed_place: The place of that series.
    """

    label: str
    unit: str
    measure: str
    place: str | None = None
    observed: str | None = None
    observed_place: str | None = None


UNSEEN = (
    Headline("Irregular entries", "entries", "irregular_entries"),
    Headline("Encounters between ports", "events", "encounters_between_ports"),
    Headline("Encounters at ports", "events", "encounters_at_ports"),
)
"""Lines of a world in which the same things are not observed."""


def headlines(world: str | None = None) -> tuple[Headline, ...]:
    """Return the lines of a world, in their order.

    Args:
        world: folder of a world of one's own, None for the packaged one.
    """
    seen = {one.measure: one for one in reversed(counterparts(world).values())}
    compared = (
        Headline(one.label, one.unit, one.measure, one.place, one.series, one.observed_place)
        if (one := seen.get(line.measure)) is not None
        else line
        for line in UNSEEN
    )
    return (
        Headline("Wishes formed", "persons", "wishes_formed"),
        Headline("Departures, irregular", "persons", "departures"),
        *compared,
        Headline("Undetected entries", "persons", "undetected_entries"),
        Headline("Lawful arrivals", "persons", "lawful_arrivals"),
        Headline("Regularizations", "persons", "regularizations"),
        Headline("Interdictions on the way", "events", "interdictions"),
        Headline("Removals", "persons", "removals"),
        Headline("Returns", "persons", "returns"),
        Headline("Settled on the way", "persons", "settled"),
        Headline("Stranded on the way", "persons, mean stock", "stranded"),
        Headline("Deaths", "persons", "deaths"),
    )


def compared(world: str | None = None) -> tuple[Headline, Headline, Headline]:
    """Return the lines of encounters between ports, at ports, and of crossings on the way."""
    _, _, crossings, between, at, *_ = headlines(world)
    return between, at, crossings


HEADLINES = headlines()
BY_MEASURE = {h.measure: h for h in HEADLINES}
BETWEEN_PORTS, AT_PORTS, CROSSINGS = compared()
DIFFERENCES = (
    "irregular_entries",
    "encounters_between_ports",
    "encounters_at_ports",
    "undetected_entries",
    "lawful_arrivals",
    "removals",
)
"""Measures whose differences are drawn."""
CROSSINGS_PICTURE = f"by_nationality_{str(CROSSINGS.observed).removesuffix('_entries')}"
"""Name of the figure of crossings by nationality."""
