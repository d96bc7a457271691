"""What the words of an instrument mean, in sentences for readers: pillars, kinds of lever, terms, statuses.

The listings (`python -m ladsim task=levers`, docs/levers.md) are written with them. Every key of an
instrument's file has its sentence here; what a kind of lever and its terms mean stands in its file of policy/kinds/.
"""

from __future__ import annotations

PILLARS: dict[str, str] = {
    "stability": "Stability and assistance for communities: aid, regular status, asylum where people are.",
    "lawful_pathways": "Lawful pathways: ways to arrive with permission: resettlement, work, family, parole.",
    "humane_enforcement": "Humane migration management: enforcement at borders, on the way and against smuggling.",
    "baseline": "History that the Declaration's two documents do not list, but without which no run fits the record.",
}
"""The three pillars of the Declaration, and the rest of history."""

DOCUMENTS: dict[str, str] = {
    "2022-09-26": "White House, launch of the implementation, 26 September 2022",
    "2024-09-26": "White House, fact sheet of the fourth ministerial meeting, 26 September 2024",
}
"""The two documents that list the commitments, by date."""

STATUSES: dict[str, str] = {
    "in_force": "in force; acts in every scenario that does not exclude it",
    "announced": "announced; acts only where a scenario includes it",
    "intended": "intended; acts only where a scenario includes it",
    "institutional": "institutional; has no terms and acts on nothing",
}

CHANNELS: dict[str, str] = {
    "residence": "applied for where one lives",
    "port": "an appointment at a US port of entry, asked for from central and northern Mexico",
    "transit": "applied for at an office on the way",
}
"""Where one applies for a lawful pathway."""

QUEUES: dict[str, str] = {
    "lottery": "the model draws by lot among all who wait",
    "first_come": "first come, first served",
}
EMPLOYERS = "employers choose for whom they petition (the model draws by lot among all who wait)"
"""How places of seasonal work by petition are given, which nobody draws for by lot outside the model."""

STAYS: dict[str, str] = {"lasting": "to stay", "seasonal": "for a season of work"}
"""For how long one comes by a lawful pathway."""

APPLICATIONS: dict[str, str] = {
    "petition": "by a petition with papers, of a sponsor, an employer or a school",
    "registration": "by registering oneself, at no cost",
}
"""How one applies for a lawful pathway."""

KEYS: dict[str, str] = {
    "id": "the lever's name, by which commands call it",
    "title": "what it is, in a line",
    "actors": "the countries that act",
    "pillar": "pillar of the Declaration, or baseline for history that the Declaration does not list",
    "lever": "the kind of lever: through which channel of the model it acts",
    "status": "in force, announced, intended or institutional",
    "start": "the first day in force",
    "end": "the day from which it is no longer in force; none if it stays",
    "announced": "the day on which people learn of it",
    "announces": "what people are told on the day of the announcement",
    "target": "whom and what it concerns",
    "terms": "its numbers, each with unit, dates, evidence and range",
    "parts": "parts with rules, dates or terms of their own, such as one of several offices",
    "references": "where it is published",
    "evidence": "how a value or a date is known; of a whole instrument: how it is known that there is such a policy",
    "dates": "how its dates are known: in a file, each stands with its grade and the reference that shows it",
    "note": "what a reader should know of it",
    "channel": "where one applies: where one lives, at a port of entry, or at an office on the way",
    "queue": "how the model gives places: by lot among all who wait, or first come, first served",
    "needs_ties": "whether one needs a sponsor or family in the United States",
    "bars_irregular_entry": "whether anyone who entered a country irregularly is barred",
    "barred_since": "the day from which an irregular entry bars; the start unless said",
    "present_by": (
        "the day by which one must have been in the country where one applies; its own nationals always were"
    ),
    "destination": "the country of arrival; the one that people are bound for unless said",
    "stay": "whether one comes to stay or for a season of work",
    "application": "how one applies: by a petition with papers, or by registering oneself",
    "continues": "the pathway whose queue it takes over from its start on, at its own terms",
}
"""What each key of an instrument's file, or of one of its parts, says."""

TARGETS: dict[str, str] = {
    "nationalities": "nationalities",
    "residences": "people who live in",
    "countries": "countries",
    "nodes": "places",
    "stretches": "stretches of the corridor",
    "parties": "parties",
    "rules": "ways by entry rule",
    "ways": "ways",
}
"""What an instrument can concern, as the listings name it."""
