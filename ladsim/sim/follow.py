"""The whole journey of single people, day by day: where they are, what happened to them, and what is open to them.

python -c "from ladsim.sim.follow import follow, as_text; print(as_text(follow('history', people=20)))"
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.schema import Fate, Kind, Met, Party, State
from ladsim.sim.model import LadModel

WATCHED = ("state", "node", "way", "goal", "met", "encounters", "attempts", "tries", "outcome")
UNDER_WAY = (State.TRAVELLING, State.WAITING, State.PATHWAY_QUEUE, State.CUSTODY)
"""States of a journey that has no end yet; whoever left before has the fate of that journey until this one ends."""

COLUMNS = (
    "person",
    "date",
    "nationality",
    "party",
    "kind",
    "state",
    "place",
    "way",
    "met",
    "encounters",
    "means",
    "fate",
)


def follow(
    scenario: Any,
    *,
    people: int = 20,
    persons: list[int] | None = None,
    left_from: str | None = None,
    nationality: str | None = None,
    **given: Any,
) -> pd.DataFrame:
    """Run a scenario and list every change in the journeys of some people.

    Args:
        scenario: a scenario or its name.
        people: how many to follow: the first who leave home, at most one a day.
        persons: ids to follow in place of them.
        left_from: first day (YYYY-MM-DD) on which those who are followed may leave; the scenario's first by default.
        nationality: follow only people of this one.
        given: what LadModel takes (seed, scale, parameters ...).

    Returns:
        One row a person and day on which something changed: person, date, nationality, party, kind, state, place, way,
        met (what was met last), encounters, means (USD), fate.

    Raises:
        UserError: there is no such nationality.
    """
    model = LadModel(scenario, **{"scale": 1000, "seed": 1, **given})
    codes = model.world.nationalities
    if nationality is not None and nationality not in codes:
        raise UserError("unknown nationality", key="nationality", value=nationality, expected=", ".join(codes))
    first = left_from or str(model.scenario.start)
    followed = set(persons or ())
    seen: dict[int, tuple[Any, ...]] = {}
    rows: list[tuple[Any, ...]] = []

    def note() -> None:
        table = model.population
        if persons is None and len(followed) < people and str(model.date) >= first:
            new = (table.view("departed") >= 0) & (table.view("state_since") == model.day)
            new &= table.view("state") == State.TRAVELLING
            if nationality is not None:
                new &= table.view("nationality") == codes.index(nationality)
            fresh = [who for who in table.view("person")[new].tolist() if who not in followed]
            followed.update(fresh[:1])
        if not followed:
            return
        wanted = np.array(sorted(followed), dtype=np.int64)
        for who, row in zip(wanted.tolist(), table.locate(wanted).tolist(), strict=True):
            if row < 0:
                continue
            now = tuple(table.value(name, row) for name in WATCHED)
            if seen.get(who) != now:
                seen[who] = now
                rows.append(_row(model, who, row))

    closing = model.close_the_day

    def close_the_day() -> None:
        note()
        closing()

    model.close_the_day = close_the_day  # type: ignore[method-assign]
    model.run()
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["person", "date"], kind="stable", ignore_index=True)


def _row(model: LadModel, who: int, row: int) -> tuple[Any, ...]:
    table, route = model.population, model.world.route
    way, state = table.value("way", row), State(table.value("state", row))
    fate = -1 if state in UNDER_WAY else table.value("fate", row)
    return (
        who,
        str(model.start + timedelta(days=model.day)),
        model.world.nationalities[table.value("nationality", row)],
        Party(table.value("party", row)).name.lower(),
        Kind(table.value("kind", row)).name.lower(),
        state.name.lower(),
        route.nodes[table.value("node", row)],
        route.ways[way] if way >= 0 else "",
        Met(table.value("met", row)).name.lower(),
        int(table.value("encounters", row)),
        round(float(table.value("means", row))),
        Fate(fate).name.lower() if fate >= 0 else "",
    )


def as_text(journeys: pd.DataFrame) -> str:
    """Return journeys as a listing, a paragraph a person."""
    parts = []
    for who, rows in journeys.groupby("person", sort=False):
        head = rows.iloc[0]
        lines = [f"person {who}: {head['nationality']}, {head['party']}, {head['kind']}"]
        for row in rows.to_dict("records"):
            told = f"  {row['date']}  {row['state']:<20} {row['place']:<24} {row['way'] or '-':<48}"
            lines.append(f"{told} met {row['met']}, {row['means']:,} USD {row['fate']}".rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
