"""The closed lists that every part of ladsim shares: states, outcomes, parties, means, ways, measures.

Arrays all over the package are indexed by the positions in these lists; their order is fixed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class State(IntEnum):
    """Where a migrant stands. A migrant is in exactly one state at any time."""

    CONSIDERING = 0
    PATHWAY_QUEUE = 1
    REGULARIZED = 2
    TRAVELLING = 3
    WAITING = 4
    CUSTODY = 5
    ARRIVED_LAWFULLY = 6
    RELEASED = 7
    ENTERED_UNDETECTED = 8
    REMOVED = 9
    RETURNED = 10
    SETTLED = 11
    GAVE_UP = 12
    DEAD = 13
    LEFT_BY_SEA = 14


FIRST_ABSORBING = int(State.ARRIVED_LAWFULLY)
"""States from here on end a migrant's way; REGULARIZED ends it too, in the place of residence."""


class Party(IntEnum):
    """Who somebody travels as, in the categories of US border statistics."""

    SINGLE_ADULT = 0
    FAMILY_MEMBER = 1
    UNACCOMPANIED_CHILD = 2


class Kind(IntEnum):
    """Kind of journey: what somebody wants at the border. It is drawn with the wish and lasts."""

    PRESENTER = 0
    EVADER = 1


class Means(IntEnum):
    """Means class: what somebody can pay for, own savings and relatives' help together."""

    LOW = 0
    MIDDLE = 1
    HIGH = 2


class Outcome(IntEnum):
    """Disposition: what followed an encounter at the US southwest border."""

    RELEASE = 0
    TRANSFER = 1
    TITLE_8_REPATRIATION = 2
    TITLE_42_EXPULSION = 3
    RETURN_TO_MEXICO = 4
    PAROLE = 5


class Fate(IntEnum):
    """How a departure ended; each has exactly one. The last two: people still on the way, and people who never left."""

    PAROLED_AT_PORT = 0
    LAWFUL_PATHWAY = 1
    RELEASED = 2
    TRANSFERRED_AND_RELEASED = 3
    TRANSFERRED_AND_REMOVED = 4
    SENT_HOME_FROM_BORDER = 5
    ENTERED_UNDETECTED = 6
    ASYLUM_ON_THE_WAY = 7
    SETTLED_ON_THE_WAY = 8
    TURNED_BACK = 9
    REMOVED_ON_THE_WAY = 10
    LEFT_BY_SEA = 11
    DEAD = 12
    STILL_ON_THE_WAY = 13
    STAYED = 14


class Met(IntEnum):
    """What somebody met last since leaving home."""

    NOTHING = 0
    STOPPED = 1
    ROBBED = 2
    PUT_BACK = 3
    REFUSED_AT_PORT = 4
    NO_MONEY = 5
    WAITED = 6
    NEWS = 7


class NodeKind(IntEnum):
    """What a place of the route graph is."""

    RESIDENCE = 0
    TRANSIT = 1
    AIRPORT = 2
    BORDER_CITY = 3
    SECTOR = 4
    PORT = 5
    SEA_EXIT = 6
    DESTINATION = 7


class Mode(IntEnum):
    """How a way is traveled. CROSSING ends in a Border Patrol sector, PORT at a port of entry."""

    BUS = 0
    WALK = 1
    BOAT = 2
    FLIGHT_SCHEDULED = 3
    FLIGHT_CHARTER = 4
    CROSSING = 5
    PORT = 6
    ENTRY = 7


N_PARTY = len(Party)
N_KIND = len(Kind)
N_MEANS = len(Means)
N_TIES = 2
N_OUTCOME = len(Outcome)
N_FATE = len(Fate)
N_MET = len(Met)
CLASSES_PER_NATIONALITY = N_PARTY * N_KIND * N_MEANS * N_TIES


def class_index(nationality: Any, party: Any, means: Any, ties: Any, kind: Any = 0) -> Any:
    """Return the position of a traveler class, or of many: nationality, party, kind, means class, US ties."""
    return (((nationality * N_PARTY + party) * N_KIND + kind) * N_MEANS + means) * N_TIES + ties


LEVER_KINDS = (
    "lawful_pathway",
    "regularization",
    "visa_restriction",
    "interdiction",
    "removal",
    "asylum_bar",
    "asylum_access",
    "smuggling_disruption",
    "biometrics",
    "aid",
)

MEASURES: dict[str, str] = {
    "wishes_formed": "country of residence (ISO3)",
    "departures": "country of residence (ISO3)",
    "irregular_entries": "country entered (ISO3)",
    "passages": "way id",
    "encounters_between_ports": "Border Patrol sector",
    "encounters_at_ports": "field office",
    **{f"encounters_{p.name.lower()}": "the destination's border, between ports" for p in Party},
    **{f"dispositions_{o.name.lower()}": "Border Patrol sector or field office" for o in Outcome},
    "unique_persons_encountered": "the destination's border",
    "undetected_entries": "Border Patrol sector",
    "lawful_applications": "instrument id",
    "lawful_arrivals": "instrument id",
    "lawful_queue": "instrument id (stock at the month's end)",
    "regularizations": "country (ISO3)",
    "asylum_applications": "country (ISO3)",
    "interdictions": "country (ISO3)",
    "removals": "country that removes (ISO3)",
    "returns": "country of residence (ISO3)",
    "settled": "country (ISO3)",
    "stranded": "node id (stock at the month's end)",
    "deaths": "way id",
    "smuggling_payments": "way id (USD)",
}
"""The closed list of measures and what their place is; all count persons but the payments (USD)."""

STOCK_MEASURES = ("lawful_queue", "stranded")
