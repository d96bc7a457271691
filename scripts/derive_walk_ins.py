"""Derive how many people are processed at ports without an appointment, and what share of them is paroled.

    python scripts/derive_walk_ins.py

Month by month, by nationality: encounters at southwest ports less appointments processed, and paroles there less the
same appointments, each at least zero, since counts are rounded to ten and a case is not always booked out in the month
of its appointment. Walk-ins a day are the first over the days of the period; the share paroled is the second over the
first. Appointments of Russians are among the others. Prints the values that conf/instrument/port_exceptions.yaml
holds; ``check_facts.py`` calls ``derive``. Months up to 2024-05 only.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from ladsim import data
from ladsim.policy.library import load_instruments

INSTRUMENT = "port_exceptions"
DECIMALS = {"walk_in_per_day": 1, "walk_in_parole_share": 2}
"""Terms that are derived here, and to how many decimals the file states them."""

OTHERS, OURS = "OTH", "XXO"
"""The code of other nationalities in tables, and in the instrument."""


@cache
def monthly() -> dict[str, pd.DataFrame]:
    """Return encounters, appointments and paroles at ports: months by nationalities."""
    observed, outcomes = data.table("observed"), data.table("dispositions")
    paroles = outcomes[
        (outcomes["outcome"] == "parole") & (outcomes["component"] == "CBP") & (outcomes["party"] == "ALL")
    ]
    tables = {
        "encounters": observed[observed["series"] == "encounters_at_ports"],
        "appointments": observed[observed["series"] == "port_appointments"],
        "paroles": paroles,
    }
    return {
        name: rows.pivot_table(index="month", columns="nationality", values="value", aggfunc="sum")
        for name, rows in tables.items()
    }


def derive(term: str, period: str) -> dict[str, float]:
    """Return the values of a term by nationality.

    Args:
        term: ``walk_in_per_day`` (persons a day) or ``walk_in_parole_share``.
        period: the first and the last month, ``2021-01..2021-04``.
    """
    first, last = period.split("..")
    months = [str(month) for month in pd.period_range(first, last, freq="M")]
    seen = {name: table.reindex(index=months).fillna(0.0) for name, table in monthly().items()}
    codes = [code for code in seen["encounters"] if code != "ALL"]
    days = sum(pd.Period(month).days_in_month for month in months)
    found = {}
    for code in codes:
        booked = seen["appointments"].get(code, 0.0)
        came = (seen["encounters"][code] - booked).clip(lower=0.0).sum()
        paroled = (seen["paroles"][code] - booked).clip(lower=0.0).sum()
        share = paroled / came if came else 0.0
        found[OURS if code == OTHERS else str(code)] = came / days if term == "walk_in_per_day" else share
    return found


def main() -> int:
    """Print the values of each period; return the exit code."""
    for name, term in load_instruments()[INSTRUMENT].terms.items():
        print(f"{name}:")
        for day, said in dict(term.arithmetic or {}).items():
            period = said.split()[1]
            exact = derive(name, period)
            told = ", ".join(f"{code}: {round(value, DECIMALS[name]):g}" for code, value in exact.items())
            print(f"  {day}: {{{told}}}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
