"""The few lines that a reader looks at first, in plain neutral words: what they count and where."""

from __future__ import annotations

from typing import NamedTuple


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


DARIEN = "PAN"

HEADLINES = (
    Headline("Wishes formed", "persons", "wishes_formed"),
    Headline("Departures, irregular", "persons", "departures"),
    Headline("Darién crossings", "entries", "irregular_entries", DARIEN, "darien_entries", "PAN"),
    Headline(
        "Encounters between ports",
        "events",
        "encounters_between_ports",
        None,
        "encounters_between_ports",
        "southwest",
    ),
    Headline("Encounters at ports", "events", "encounters_at_ports", None, "encounters_at_ports", "southwest"),
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

BY_MEASURE = {h.measure: h for h in HEADLINES}
CROSSINGS, BETWEEN_PORTS, AT_PORTS = HEADLINES[2], HEADLINES[3], HEADLINES[4]
DIFFERENCES = tuple(
    h
    for h in HEADLINES
    if h.measure
    in (
        "irregular_entries",
        "encounters_between_ports",
        "encounters_at_ports",
        "undetected_entries",
        "lawful_arrivals",
        "removals",
    )
)
