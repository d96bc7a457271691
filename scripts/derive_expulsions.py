"""Derive the share of people met between ports whom the public-health order expelled, by nationality and party.

    python scripts/derive_expulsions.py

Four nationalities are counted by party (CBP, Border Patrol): expulsions over encounters. The others are counted by
nationality alone (book-outs): expulsions over all encounters less those at ports, s. It is split between parties by a
ratio r of the share of family members to that of single adults, which the arithmetic names: s = a x (p + q r), where a
is the share of single adults, a r that of family members, and p and q are the shares of the two parties among the
nationality (ladsim/data/parties.csv); nobody expels children alone. What the tables do not hold is named in the
arithmetic as given, ``BRA=0.4``, and told in the note. Prints the values that conf/instrument/title_42.yaml holds;
``check_facts.py`` calls ``derive``.
"""

from __future__ import annotations

from functools import cache

import pandas as pd
from fact_arithmetic import table

from ladsim import data
from ladsim.policy.library import load_instruments

INSTRUMENT = "title_42"
PARTIES = {"expulsion_share_single_adult": "single_adult", "expulsion_share_family_member": "family_unit_individual"}
DECIMALS = dict.fromkeys(PARTIES, 2)
"""Terms that are derived here, and to how many decimals the file states them."""

BY_PARTY = ("MEX", "GTM", "HND", "SLV")
ELSEWHERE = ("ALL", "VEN")
"""Rows that are no nationality of this instrument: the sum, and those whom an instrument of their own expels."""

OTHERS, OURS = "OTH", "default"
"""The code of other nationalities in tables, and in the instrument."""


@cache
def counted() -> pd.DataFrame:
    """Return encounters between ports by month, nationality, party and title, of those counted by party."""
    rows = table("us/swb_encounters_by_demographic_monthly")
    rows = rows[(rows["component"] == "USBP") & rows["nationality"].isin(BY_PARTY)]
    return rows.assign(encounters=rows["encounters"].astype(float))


@cache
def booked_out() -> pd.DataFrame:
    """Return expulsions (``expelled``) and encounters between ports (``met``) by month and nationality."""
    outcomes, observed = data.table("dispositions"), data.table("observed")
    outcomes = outcomes[(outcomes["component"] == "CBP") & (outcomes["party"] == "ALL")]
    wide = outcomes.pivot_table(index=["month", "nationality"], columns="outcome", values="value", aggfunc="sum")
    ports = observed[observed["series"] == "encounters_at_ports"].set_index(["month", "nationality"])["value"]
    met = wide["encounters"] - ports.reindex(wide.index).fillna(0.0)
    return pd.DataFrame({"expelled": wide["title_42_expulsion"].fillna(0.0), "met": met}).reset_index()


@cache
def parties() -> pd.DataFrame:
    """Return the shares of parties by nationality; others have the mean of those whom no book-out tells apart."""
    told = data.table("parties").set_index("nationality")[["single_adult", "family_member"]]
    among_others = told.drop(index=[code for code in told.index if code in set(booked_out()["nationality"])])
    return pd.concat([told, among_others.mean().to_frame(OTHERS).T])


def derive(term: str, period: str, ratio: str, *given: str) -> dict[str, float]:
    """Return the values of a term by nationality.

    Args:
        term: the share of single adults or of family members.
        period: the first and the last month, ``2021-01..2021-03``.
        ratio: the share of family members over that of single adults, where nobody counts both.
        given: values that no table holds, such as ``BRA=0.4``.
    """
    first, last = period.split("..")
    rows = counted()[counted()["month"].between(first, last) & (counted()["demographic"] == PARTIES[term])]
    sums = rows.pivot_table(index="nationality", columns="title", values="encounters", aggfunc="sum").fillna(0.0)
    found = {str(code): float(one["T42"] / (one["T42"] + one["T8"])) for code, one in sums.iterrows()}
    rows = booked_out()[booked_out()["month"].between(first, last)]
    for code, one in rows.groupby("nationality")[["expelled", "met"]].sum().iterrows():
        if code in BY_PARTY or code in ELSEWHERE:
            continue
        shares = parties().loc[code]
        adults = one["expelled"] / one["met"] / (shares["single_adult"] + shares["family_member"] * float(ratio))
        share = adults if PARTIES[term] == "single_adult" else adults * float(ratio)
        found[OURS if code == OTHERS else str(code)] = min(1.0, float(share))
    return {**found, **{code: float(value) for code, value in (one.split("=") for one in given)}}


def main() -> int:
    """Print the values of each period; return the exit code."""
    terms = load_instruments()[INSTRUMENT].terms
    for name in PARTIES:
        print(f"{name}:")
        for day, said in dict(terms[name].arithmetic or {}).items():
            exact = derive(name, *said.split()[1:])
            told = ", ".join(f"{code}: {round(value, DECIMALS[name]):g}" for code, value in exact.items())
            print(f"  {day}: {{{told}}}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
