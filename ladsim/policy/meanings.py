"""What the words of an instrument mean, in sentences for readers: pillars, kinds of lever, terms, statuses.

The listings (`python -m ladsim task=levers`, docs/levers.md) are written with them. Every kind and every term of
`ladsim.policy.terms.TERMS` has its sentence here, and so has every key of an instrument's file.
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

LEVERS: dict[str, str] = {
    "lawful_pathway": (
        "People who are eligible may apply instead of leaving. A place is worth its chance of approval times the value "
        "of arriving, less the wait; places are limited, so people queue, and leave the queue if it grows too long."
    ),
    "regularization": (
        "People without regular status get it where they live, as far as places go. Regular status raises the value of "
        "staying, so fewer of them set out."
    ),
    "visa_restriction": (
        "Ways open or close for a nationality, or cost more, or lose seats. Values of all ways follow, so the decision "
        "to leave and the choice of the way change from the place of residence on."
    ),
    "interdiction": (
        "The probability of being stopped on a way changes, up to what forces can do in a day. Those stopped are sent "
        "back along the way, or to their own country, and may try again; others learn of it."
    ),
    "removal": (
        "People are sent to their own country after screening, up to a daily capacity: from places on the way, or "
        "after an encounter at the US border. What happens to some is news to others."
    ),
    "asylum_bar": (
        "After an encounter between ports fewer can be released: people are expelled, returned, or processed more "
        "quickly. With thresholds it goes on and off with the number of encounters."
    ),
    "asylum_access": (
        "A country on the way takes asylum claims: capacity, recognition and the days to a decision set what asking "
        "for asylum there is worth against going on."
    ),
    "smuggling_disruption": (
        "Smuggling networks of a stretch lose a share of their capacity; they ask higher fees while it is scarce, and "
        "recover by a half-life. People who cannot pay wait, go another way, or stay."
    ),
    "biometrics": (
        "More passengers are stopped at airports, and more repeat attempts are recognized at the US border and not "
        "followed by a release."
    ),
    "aid": (
        "Aid a displaced person and year raises the value of staying in the countries that get it, and pays regular "
        "life there; fewer set out."
    ),
}
"""Through which channel of the model each kind of lever acts."""

TERMS: dict[str, dict[str, str]] = {
    "lawful_pathway": {
        "capacity": "places that can be granted",
        "processing_days": "days from the grant of a place to the arrival",
        "approval_rate": "share of applications that can be approved",
        "places": "places that can be granted in all",
        "walk_in_per_day": "people processed at ports of entry without an appointment",
        "walk_in_parole_share": "share of them who are paroled or get a notice to appear",
    },
    "regularization": {
        "capacity": "people who can be given regular status",
        "places": "people who can be given regular status in all",
        "outside_stock": "people without status whom the table of residences does not hold, and who form no wish",
        "renewal_share": "share of places that go to people who have a status already, or came after the table's year",
    },
    "visa_restriction": {
        "closed": "1 closes the ways to those concerned, 0 opens them",
        "charge_usd": "charge, fine or permit paid on the way",
        "fare_factor": "multiplies the fare",
        "capacity_factor": "multiplies the seats a day",
    },
    "interdiction": {
        "probability": "probability of being stopped on a way",
        "hazard_factor": "multiplies the hazard of being stopped on the ways where forces stop people",
        "daily_capacity": "people whom forces can stop in a day",
        "removed_share": "share of those stopped who are sent to their own country",
    },
    "removal": {
        "removals_per_day": "people who can be removed in a day",
        "screened_in_share": "share whom the protection screening exempts",
        "consequences_per_day": "people for whom the United States can deliver a timely consequence in a day",
        "consequence_ease": "how easily a case ends in a timely consequence",
        "consequence_ease_single_adult": "the same, for single adults",
        "consequence_ease_family_member": "the same, for members of families",
        "consequence_ease_unaccompanied_child": "the same, for unaccompanied children",
    },
    "asylum_bar": {
        "expulsion_share_single_adult": "share of encountered single adults who can be expelled",
        "expulsion_share_family_member": "share of encountered members of families who can be expelled",
        "expulsion_share_unaccompanied_child": "share of encountered unaccompanied children who can be expelled",
        "expulsion_air_share": "share of expulsions that go by air to the own country",
        "expulsion_capacity": "people a day whom Mexico takes back under the order",
        "return_to_mexico_per_day": "people a day who are returned to wait in Mexico",
        "threshold_on": "average encounters above which the bar goes on",
        "threshold_off": "average encounters below which it can go off",
        "window_days": "days over which encounters are averaged",
        "quiet_days": "days below the lower threshold until it goes off",
        "ease_shift": "added to how easily a case ends in a timely consequence while the bar is on",
        "processing_factor": "multiplies the cases a day that can be processed while the bar is on",
        "removed_after_transfer": "least share of those transferred to ICE who are removed",
    },
    "asylum_access": {
        "capacity": "asylum cases that the country can process",
        "recognition": "share of decided cases that are recognized",
        "decision_days": "days to a decision",
    },
    "smuggling_disruption": {
        "capacity_cut": "share of the networks' capacity that is taken out",
        "recovery_half_life": "days in which half of the loss is made good; without it the loss stays",
    },
    "biometrics": {
        "detection": "added probability that a passenger is stopped",
        "recognition": "share of repeat attempts that are recognized at the US border",
    },
    "aid": {
        "usd_per_year": "money a year",
        "displaced_persons": "people whom the money is for",
    },
}
"""What each term means, by kind of lever."""

CHANNELS: dict[str, str] = {
    "residence": "applied for where one lives",
    "port": "an appointment at a US port of entry, asked for from central and northern Mexico",
    "transit": "applied for at an office on the way",
}
"""Where one applies for a lawful pathway."""

QUEUES: dict[str, str] = {"lottery": "places by lot among all who wait", "first_come": "first come, first served"}

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
    "evidence": "how a value or a date is known",
    "note": "what a reader should know of it",
    "channel": "where one applies: where one lives, at a port of entry, or at an office on the way",
    "queue": "how places are given: by lot or first come, first served",
    "needs_ties": "whether one needs a sponsor or family in the United States",
    "bars_irregular_entry": "whether who entered a country irregularly is barred",
    "barred_since": "the day from which an irregular entry bars; the start unless said",
    "present_by": (
        "the day by which one must have been in the country where one applies; its own nationals always were"
    ),
    "destination": "the country of arrival; the United States unless said",
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
