"""The registry of sources, the countries and the natural experiments: hand-kept tables, checked here."""

from __future__ import annotations

import pandas as pd

from .common import FIRST_MONTH, HERE, LAST_MONTH, Raw, Tables, reference

ROUTE_SOURCES = HERE.parent / "route_tables" / "sources_route.csv"


def sources() -> pd.DataFrame:
    """Return the registry: ours and that of the route tables, with the original publishers' addresses.

    Where a text was read at a site that reprints it, reference/original_hosts.csv gives the publisher's own site.
    """
    table = reference("sources")
    if ROUTE_SOURCES.exists():
        route = pd.read_csv(ROUTE_SOURCES, dtype=str, keep_default_na=False)
        table = pd.concat([table, route[table.columns]], ignore_index=True)
    for row in reference("original_hosts").itertuples():
        table.loc[table["address"].str.contains(str(row.host), regex=False), "address"] = row.address
    table.loc[(table["publisher"] == "ladsim") & (table["address"] == ""), "address"] = "docs/data.md"
    twice = table[table["source_id"].duplicated()]["source_id"].tolist()
    if twice:
        raise SystemExit(f"source_id registered twice: {twice}")
    return table.fillna("")


def countries() -> pd.DataFrame:
    """Return the countries: the 22 that endorse the declaration, the others of the corridor and the pools."""
    table = reference("countries")
    if (table["endorsing"] == "1").sum() != 22:
        raise SystemExit("countries.csv must name 22 endorsing countries")
    return table


def experiments() -> pd.DataFrame:
    """Return the natural experiments of the record."""
    table = reference("experiments")
    for column in ("month_before", "month_after", "rebound_month"):
        given = table.loc[table[column] != "", column]
        if not given.between(FIRST_MONTH, LAST_MONTH).all():
            raise SystemExit(f"experiments.csv: {column} outside the record")
    return table.assign(source_id="LADSIM_EXPERIMENTS")


def build(raw: Raw) -> Tables:
    """Return the hand-kept tables."""
    return {
        "sources": sources(),
        "countries": countries(),
        "experiments": experiments(),
        "series": reference("series"),
    }
