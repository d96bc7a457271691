"""Fates in results: the account of departures of every replicate, and fates paired person by person, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import Fate
from ladsim.results.intervals import prediction_interval

ORDER = tuple(fate.name.lower() for fate in Fate)
LABELS = {
    "paroled_at_port": "Paroled at a port",
    "lawful_pathway": "Lawful pathway",
    "released": "Released between ports",
    "transferred_and_released": "Transferred, then released",
    "transferred_and_removed": "Transferred, then removed",
    "sent_home_from_border": "Sent home from the border",
    "entered_undetected": "Entered undetected",
    "asylum_on_the_way": "Asylum on the way",
    "settled_on_the_way": "Settled on the way",
    "turned_back": "Turned back",
    "removed_on_the_way": "Removed on the way",
    "left_by_sea": "Left by sea",
    "dead": "Died",
    "still_on_the_way": "Still on the way",
    "stayed": "Stayed",
}
"""What a fate is called in tables and figures."""
MEANINGS = {
    "paroled_at_port": "let in at a port of entry, to pursue the case in the country of destination",
    "lawful_pathway": "arrived by a lawful program, such as parole, a visa or resettlement",
    "released": "stopped after the border and released into the country to await proceedings",
    "transferred_and_released": "stopped after the border, held in detention, then released into the country",
    "transferred_and_removed": "stopped after the border, held in detention, then removed to the home country",
    "sent_home_from_border": "stopped after the border and sent straight to the home country",
    "entered_undetected": "entered the country of destination between ports without an encounter",
    "asylum_on_the_way": "asked for asylum in a country on the way and stayed there",
    "settled_on_the_way": "stayed in a country on the way",
    "turned_back": "gave up on the way and went home",
    "removed_on_the_way": "removed to the home country by a country on the way",
    "left_by_sea": "left the corridor by sea, where the model follows nobody",
    "dead": "died on the way",
    "still_on_the_way": "on the way, waiting or in custody on the last day",
    "stayed": "had not left by the last day, with or without regular status there",
}
"""What a fate means, for readers of pages and reports."""


def joined(frames: Mapping[int, pd.DataFrame], scenario: str) -> pd.DataFrame | None:
    """Return the tables of all replicates as one, with scenario and seed; None where a model gives none."""
    if not frames:
        return None
    parts = [frame.assign(scenario=scenario, seed=seed) for seed, frame in sorted(frames.items())]
    table = pd.concat(parts, ignore_index=True)
    return table[["scenario", "seed", *[c for c in table.columns if c not in ("scenario", "seed")]]]


ACCOUNT = ("scenario", "seed", "year", "nationality", "party", "kind", "fate", "met", "value")
PAIRED = ("scenario", "seed", "nationality", "reference_fate", "scenario_fate", "value")


def check(table: pd.DataFrame, seeds: Sequence[int], path: Path) -> None:
    """Raise a UserError for a table of fates that cannot be.

    Args:
        table: The account, or paired fates.
        seeds: Seeds of the run.
        path: Where it stands, for the message.
    """

    def refuse(key: str, value: object, expected: str) -> None:
        raise UserError("a table of fates is not whole", file=path, key=key, value=value, expected=expected)

    columns = tuple(table.columns)
    if columns not in (ACCOUNT, PAIRED):
        refuse("columns", columns, f"{', '.join(ACCOUNT)}, or {', '.join(PAIRED)}")
    if not pd.api.types.is_integer_dtype(table["value"]) or (table["value"] <= 0).any():
        refuse("value", table["value"].min(), "whole numbers above zero")
    unknown = set(table["seed"]) - set(seeds)
    if unknown:
        refuse("seed", sorted(unknown)[0], "a seed of the run")
    for column in set(columns) & {"fate", "reference_fate", "scenario_fate"}:
        wrong = set(table[column]) - set(ORDER)
        if wrong:
            refuse(column, sorted(map(str, wrong))[0], close_matches(sorted(map(str, wrong))[0], ORDER))
    if table.duplicated(list(columns[:-1])).any():
        refuse("rows", "a row given twice", "each row once")


def shares(fates: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how departures ended: mean persons and interval over replicates, and percent of all departures.

    Args:
        fates: The account, as ``RunResult.fates``.
        by: Further groups, out of year, nationality, party, met.
    """
    keys = [*by, "fate"]
    wide = fates.groupby([*keys, "seed"], observed=True)["value"].sum().unstack("seed", fill_value=0)
    mean, low, high = prediction_interval(wide.to_numpy(float))
    out = wide.index.to_frame(index=False)
    out["mean"], out["low"], out["high"] = mean, np.maximum(low, 0.0), high
    total = out.groupby(list(by))["mean"].transform("sum") if by else out["mean"].sum()
    out["percent"] = 100.0 * out["mean"] / total
    rank = out["fate"].map({name: i for i, name in enumerate(ORDER)})
    return out.assign(_rank=rank).sort_values([*by, "_rank"]).drop(columns="_rank").reset_index(drop=True)


def changes(changed: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return who fared differently: persons by fate under the reference and under the scenario, with intervals.

    Only people whose fates differ are in the table. Because the same persons are followed in both, chance that both
    share cancels.

    Args:
        changed: Paired fates, as ``RunResult.changed_fates``.
        by: ``("nationality",)`` for a table by nationality.
    """
    other = changed[changed["reference_fate"] != changed["scenario_fate"]]
    seeds = sorted(changed["seed"].unique())
    keys = [*by, "reference_fate", "scenario_fate"]
    wide = other.groupby([*keys, "seed"], observed=True)["value"].sum().unstack("seed", fill_value=0)
    wide = wide.reindex(columns=seeds, fill_value=0)
    mean, low, high = prediction_interval(wide.to_numpy(float))
    out = wide.index.to_frame(index=False)
    out["mean"], out["low"], out["high"] = mean, np.maximum(low, 0.0), high
    return out.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)
