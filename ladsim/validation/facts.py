"""Facts that nothing was fitted to: where people cross, who comes again, how long it takes, who stays, dies, and pays.

Each fact sets a published figure beside what the model makes of the same thing, with how far the two can be compared.
Where nothing is published in the packaged tables, the model's figure stands alone and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.results.intervals import prediction_interval
from ladsim.results.run_result import RunResult
from ladsim.series.record import named
from ladsim.validation.journeys import Journeys

Floats = NDArray[np.float64]

PERIODS = {"2022": ("2022-01", "2022-12"), "2023": ("2023-01", "2023-12"), "2024-01 to 2024-08": ("2024-01", "2024-08")}
PLACED = {
    "Entries by sector": ("encounters_between_ports", "encounters_between_ports_sector"),
    "Encounters at ports by field office": ("encounters_at_ports", "encounters_at_ports_field_office"),
}
"""Topic -> measure and observed series of shares by place that add up to one."""


@dataclass(frozen=True)
class Fact:
    """One figure, published and simulated.

    Attributes:
        topic: what it is about.
        what: what is counted.
        period: when.
        observed: published figure, or None if the packaged tables hold none.
        simulated: mean over replicates, or the figure of the one run in which people are followed.
        low, high: 90 percent over replicates; NaN without.
        unit: of all of them: 'share', 'days', 'persons', 'USD'.
        source: publisher of the observed figure.
        note: how far the two can be compared.
        grain: what a single agent of a single replicate adds to the mean; figures of a few grains are noise.
    """

    topic: str
    what: str
    period: str
    observed: float | None
    simulated: float
    low: float
    high: float
    unit: str
    source: str = ""
    note: str = ""
    grain: float = 0.0


def facts(result: RunResult, journeys: Journeys | None) -> list[Fact]:
    """Return all facts that a run of ``history`` can be held against.

    Args:
        result: the run.
        journeys: single people followed, or None if that was not done.
    """
    found = [*by_area(result), *within_month(result)]
    if journeys is not None:
        found += [*again(journeys), *darien_to_border(journeys)]
    return [*found, *staying_in_mexico(result), *deaths(result), *payments(result)]


def by_area(result: RunResult) -> list[Fact]:
    """Return the shares of Border Patrol sectors in encounters between ports, and of field offices at ports."""
    found = []
    for topic, (measure, series) in PLACED.items():
        real = data.observed(series)
        for period, (first, last) in PERIODS.items():
            rows = real[real["month"].between(first, last)].groupby("place")["value"].sum()
            places = [str(place) for place in rows.index]
            counts = {place: _counts(result, measure, first, last, places=[place]) for place in places}
            total = np.sum(list(counts.values()), axis=0)
            source = _publisher(real)
            for place, value in zip(places, rows, strict=True):
                share, made = float(value / rows.sum()), _ratio(counts[place], total)
                found.append(_fact(topic, place.removesuffix(" Field Office"), period, share, made, "share", source))
    return found


def distance(found: Sequence[Fact], topic: str, period: str) -> float:
    """Return the share that would have to be elsewhere for the simulated shares to be the observed ones."""
    rows = [f for f in found if f.topic == topic and f.period == period and f.observed is not None]
    return 0.5 * sum(abs(f.simulated - float(f.observed or 0.0)) for f in rows)


def within_month(result: RunResult) -> list[Fact]:
    """Return the share of encounters beyond the first of a person in a month."""
    found = []
    for period, (first, last) in PERIODS.items():
        events = _counts(result, "encounters_between_ports", first, last)
        events = events + _counts(result, "encounters_at_ports", first, last)
        unique = _counts(result, "unique_persons_encountered", first, last)
        values = _ratio(events - unique, events)
        note = "no published figure of this definition in the packaged tables"
        found.append(
            _fact(
                "Repeats",
                "encounters after the first of a person in the month",
                period,
                None,
                values,
                "share",
                note=note,
            )
        )
    return found


def again(journeys: Journeys) -> list[Fact]:
    """Return the share of encounters of people encountered before, from the run in which they are followed."""
    note = (
        "published: an encounter in the 12 months before, by fingerprint; simulated: in the same attempt to migrate, "
        "not after a return home, and from 2021-01 on only"
    )
    found = []
    rates = _hazard(named().border_stretch, "recidivism_rate")
    for period, first, last in (("FY2021", "2021-01", "2021-09"), ("2021-07", "2021-07", "2021-07")):
        rate = rates[rates["period"] == period].iloc[0]
        value = np.array([journeys.again_share(first, last)])
        what = "encounters of people encountered before"
        real = float(rate["value"]) / 100
        found.append(_fact("Repeats", what, period, real, value, "share", _source(rate["source_id"]), note))
    for year in ("2022", "2023"):
        value = np.array([journeys.again_share(f"{year}-01", f"{year}-12")])
        found.append(
            _fact(
                "Repeats",
                "encounters of people encountered before",
                year,
                None,
                value,
                "share",
                note="no published figure",
            )
        )
    return found


def darien_to_border(journeys: Journeys) -> list[Fact]:
    """Return the days from the end of the Darién to a city at the US border: quartiles over those who came."""
    found = []
    for year in ("2022", "2023"):
        low, middle, high, n = journeys.days_to_border(f"{year}-01", f"{year}-12")
        if n:
            note = f"median of {n:,} agents, in brackets the middle half of them; no published figure"
            found.append(
                Fact("Time", "days from the Darién to the border", year, None, middle, low, high, "days", "", note)
            )
    return found


def staying_in_mexico(result: RunResult) -> list[Fact]:
    """Return who stays in Mexico: asylum applications there, and their share of those who enter."""
    asylum = data.table("yearly")
    there = named().asylum_country
    asylum = asylum[(asylum["series"] == "asylum_applications") & (asylum["place"] == there)]
    survey = data.table("surveys")
    asked_for, source = f"destination_{there}", f"UNHCR_{there}_2023"
    meant = survey[(survey["series"] == asked_for) & (survey["source_id"] == source)].iloc[0]
    found = []
    for year in ("2022", "2023"):
        first, last = PERIODS[year]
        asked = _counts(result, "asylum_applications", first, last, places=[there])
        settled = _counts(result, "settled", first, last, places=[there])
        entered = _counts(result, "irregular_entries", first, last, places=[there])
        real = float(asylum[asylum["period"] == year]["value"].sum())
        what = "asylum applications in Mexico"
        note = "published: all applicants, also those who came by air or lived in Mexico"
        found.append(_fact("Within Mexico", what, year, real, asked, "persons", _source("UNHCR_RPSD"), note))
        moving = 1.0 - _ratio(settled + asked, entered)
        with_survey = 1.0 - float(meant["value"]) / 100 if year == str(meant["period"]) else None
        note = "published: named another destination in a survey, an intention; simulated: neither settled nor applied"
        source = _source(str(meant["source_id"])) if with_survey is not None else ""
        found.append(
            _fact(
                "Within Mexico",
                "moving on, of those who enter Mexico irregularly",
                year,
                with_survey,
                moving,
                "share",
                source,
                note,
            )
        )
    return found


def deaths(result: RunResult) -> list[Fact]:
    """Return deaths in the Darién and at the border, by year."""
    ways = data.table("route_ways")
    real = data.observed("deaths")
    note = "published: recorded deaths, a lower bound; rates by way were set with an eye on these records, flows not"
    found = []
    for stretch, place, what in named().deaths:
        chosen = ways[ways["stretch"] == stretch]["way"].tolist()
        for period, (first, last) in PERIODS.items():
            months = real[(real["place"] == place) & real["month"].between(first, last)]
            values = _counts(result, "deaths", first, last, places=chosen)
            source = _publisher(real)
            fact = _fact("Deaths", what, period, float(months["value"].sum()), values, "persons", source, note)
            found.append(replace(fact, grain=result.scale / len(result.seeds)))
    return found


def payments(result: RunResult) -> list[Fact]:
    """Return money paid to smugglers: by Central Americans in a year, as published, and by everybody."""
    said = data.table("surveys")
    row = said[said["series"] == "paid_in_a_year"].iloc[0]
    fees = data.table("fees")
    fee = float(fees[fees["item"] == "average_with_smuggler_all_in"]["low_usd"].iloc[0])
    who = str(row["population"]).split("/")
    first, last = f"{row['period']}-01", f"{row['period']}-12"
    paid = _counts(result, "smuggling_payments", first, last, nationalities=who)
    left = _counts(result, "departures", first, last, nationalities=who)
    note = "published: from a survey, food and travel included, some unsuccessful"
    source = _source(str(row["source_id"]))
    names = ", ".join(who)
    period = str(row["period"])
    found = [
        _fact("Money paid", f"to smugglers by {names}, in all", period, float(row["value"]), paid, "USD", source, note),
        _fact(
            "Money paid",
            f"to smugglers by {names}, for each departure",
            period,
            fee,
            _ratio(paid, left),
            "USD",
            source,
            "published: for each who traveled with a smuggler; simulated: for each departure, with or without",
        ),
    ]
    for year in ("2022", "2023"):
        values = _counts(result, "smuggling_payments", *PERIODS[year])
        found.append(
            _fact("Money paid", "to smugglers by everybody", year, None, values, "USD", note="no published figure")
        )
    return found


def _counts(
    result: RunResult,
    measure: str,
    first: str,
    last: str,
    *,
    places: Sequence[str] | None = None,
    nationalities: Sequence[str] | None = None,
) -> Floats:
    """Return the sum over months, places and nationalities, one value a replicate."""
    rows = result.monthly[result.monthly["measure"] == measure]
    rows = rows[rows["month"].between(first, last)]
    if places is not None:
        rows = rows[rows["place"].isin(list(places))]
    if nationalities is not None:
        rows = rows[rows["nationality"].isin(list(nationalities))]
    sums: Floats = rows.groupby("seed")["value"].sum().reindex(list(result.seeds)).fillna(0.0).to_numpy(float)
    return sums


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))


def _fact(
    topic: str,
    what: str,
    period: str,
    observed: float | None,
    values: Floats,
    unit: str,
    source: str = "",
    note: str = "",
) -> Fact:
    mean, low, high = (float(v[0]) for v in prediction_interval(values[None, :]))
    return Fact(
        topic, what, period, observed, mean, max(low, 0.0) if np.isfinite(low) else low, high, unit, source, note
    )


def _hazard(stretch: str, series: str) -> pd.DataFrame:
    table = data.table("hazards")
    return table[(table["stretch"] == stretch) & (table["series"] == series)]


def _source(source_id: str) -> str:
    sources = data.table("sources").set_index("source_id")
    row = sources.loc[str(source_id).split(";")[0]]
    return f"{row['publisher']}, {row['date']}"


def _publisher(rows: pd.DataFrame) -> str:
    ids = [i for i in dict.fromkeys(rows["source_id"]) if not str(i).startswith("LADSIM")]
    sources = data.table("sources").set_index("source_id")
    return "; ".join(dict.fromkeys(str(sources.loc[i, "publisher"]) for i in ids))
