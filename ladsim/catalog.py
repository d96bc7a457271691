"""What there is to work with, as tables: scenarios, instruments, observed series."""

from __future__ import annotations

from functools import cache

import pandas as pd

from ladsim.errors import UserError, close_matches
from ladsim.paths import data_dir


def scenarios() -> pd.DataFrame:
    """Return the scenarios: name, title, question, reference, start, end.

    Raises:
        UserError: A scenario file cannot be read.
    """
    from ladsim.levers.scenario import list_scenarios

    columns = ["name", "title", "question", "reference", "start", "end"]
    return pd.DataFrame(list_scenarios(), columns=columns)


def instruments() -> pd.DataFrame:
    """Return the instruments, one row each: id, title, pillar, lever, actors, dates, terms, units, sources.

    Raises:
        UserError: An instrument file cannot be read.
    """
    from ladsim.levers.library import as_rows, load_instruments

    return pd.DataFrame(as_rows(load_instruments()))


def observed(series: str | None = None) -> pd.DataFrame:
    """Return observed monthly figures: series, month, place, nationality, value, unit, source_id, evidence.

    Args:
        series: One series, or all of them when left out. ``encounters_between_ports`` and ``darien_entries`` are the
            ones that runs are compared with. Rows of nationality ALL are totals of the others.

    Raises:
        UserError: No such series.
    """
    table = read_table("observed")
    if series is None:
        return table.copy()
    known = sorted(table["series"].unique())
    if series not in known:
        raise UserError("no such observed series", key="series", value=series, expected=close_matches(series, known))
    return table[table["series"] == series].reset_index(drop=True)


@cache
def read_table(name: str) -> pd.DataFrame:
    """Return a packaged data table, all of it; callers must not change it."""
    path = data_dir() / f"{name}.csv"
    try:
        return pd.read_csv(path, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read data table: {error}", file=path, expected="a whole CSV table") from error


def publishers(series: str, months: tuple[str, ...]) -> str:
    """Return who published a series in these months, for the line of sources below a figure."""
    rows = observed(series)
    sources = read_table("sources").set_index("source_id")
    ids = [i for i in rows[rows["month"].isin(months)]["source_id"].unique() if i in sources.index]
    names = [str(sources.loc[i, "publisher"]) for i in ids if "ladsim" not in str(sources.loc[i, "publisher"]).lower()]
    return "; ".join(dict.fromkeys(names))
