"""What there is to work with, as tables: scenarios, instruments, observed series."""

from __future__ import annotations

import pandas as pd

from ladsim.data import observed, table_of

__all__ = ["instruments", "observed", "publishers", "scenarios"]


def scenarios() -> pd.DataFrame:
    """Return the scenarios: name, title, question, reference, start, end.

    Raises:
        UserError: A scenario file cannot be read.
    """
    from ladsim.policy.scenario import list_scenarios

    columns = ["name", "title", "question", "reference", "start", "end"]
    return pd.DataFrame(list_scenarios(), columns=columns)


def instruments() -> pd.DataFrame:
    """Return the instruments, one row each: id, title, pillar, lever, actors, dates, terms, units, sources.

    Raises:
        UserError: An instrument file cannot be read.
    """
    from ladsim.policy.library import as_rows, load_instruments

    return pd.DataFrame(as_rows(load_instruments()))


def publishers(series: str, months: tuple[str, ...], world: str | None = None) -> str:
    """Return who published a series in these months, for the line of sources below a figure."""
    rows = table_of(world, "observed")
    rows = rows[rows["series"] == series]
    sources = table_of(world, "sources").set_index("source_id")
    ids = [i for i in rows[rows["month"].isin(months)]["source_id"].unique() if i in sources.index]
    names = [str(sources.loc[i, "publisher"]) for i in ids if "ladsim" not in str(sources.loc[i, "publisher"]).lower()]
    return "; ".join(dict.fromkeys(names))
