"""What followed an encounter, and who was sent back: dispositions and repatriations by month."""

from __future__ import annotations

import pandas as pd

from .common import Raw, Tables, assumed, by_order, codes, range_of, to_codes

OUTCOME_OF = {
    "usbp_release": "release",
    "transfer_to_ice": "transfer",
    "transfer_to_hhs": "transfer",
    "t8_repatriations": "title_8_repatriation",
    "t42_expulsions": "title_42_expulsion",
    "mpp": "return_to_mexico",
    "ofo_parole": "parole",
    "other": "other",
    "total_encounters": "encounters",
}
PARTY_OF = {
    "ALL": "ALL",
    "single_adult": "single_adult",
    "family_unit_individual": "family_member",
    "unaccompanied_child_or_single_minor": "unaccompanied_child",
}
REPATRIATIONS = (
    "dhs_removals",
    "dhs_enforcement_returns",
    "ice_ero_removals_and_returns",
    "dhs_expedited_removals",
    "dhs_reinstatements_of_removal_orders",
    "dhs_voluntary_returns",
    "dhs_title_42_expulsions",
    "dhs_total_removals",
    "dhs_total_repatriations",
    "dhs_total_title_8_repatriations",
)


CONSEQUENCE_MONTHS = ("2023-06", "2024-05")
TAKEN_BACK, BEFORE_TAKEN_BACK = ("VEN", "HTI", "CUB", "NIC"), ("2021-10", "2023-04")
"""The months under Title 8 alone whose book-outs give the share of direct repatriations."""


def dispositions(raw: Raw) -> pd.DataFrame:
    """Return book-outs by encounter month: CBP by nationality and by party, USBP and OFO for all."""
    frame = raw.monthly("us/swb_bookouts_monthly.csv")
    frame["party"] = frame["family_status"].map(PARTY_OF)
    frame["outcome"] = frame["outcome"].map(OUTCOME_OF)
    keys = ["month", "component", "nationality", "party", "outcome", "source_id"]
    table = frame.groupby(keys, as_index=False)["value"].sum()
    table = by_order(table, ["month", "component", "nationality", "party", "outcome"])
    return table[["month", "component", "nationality", "party", "outcome", "value", "source_id"]]


def repatriations(raw: Raw) -> pd.DataFrame:
    """Return removals and returns by the US, by Mexico and to Guatemala, by month."""
    keys = ["series", "month", "nationality", "unit", "source_id"]
    us = raw.monthly("us/repatriations_monthly.csv")
    us = us[us["series"].isin(REPATRIATIONS)]
    us["unit"] = "events"
    us["nationality"] = us["nationality"].where(us["nationality"].isin([*codes(), "ALL"]), "OTH")
    mexico = raw.monthly("route/mexico_irregular_events.csv")
    mexico = mexico[mexico["series"] == "mexico_returns_all"].assign(source_id="UPMRIP_RETURNS")
    mexico["series"] = "mexico_returns"
    mexico["nationality"] = to_codes(mexico["nationality"])
    guatemala = raw.monthly("route/guatemala_returns.csv").assign(source_id="IGM_RETURNS")
    table = pd.concat([us, mexico, guatemala], ignore_index=True).groupby(keys, as_index=False)["value"].sum()
    table = by_order(table, ["series", "month", "nationality"])
    return table[["series", "month", "nationality", "value", "unit", "source_id"]]


def direct_shares(raw: Raw) -> pd.DataFrame:
    """Return the share of consequences that are repatriations straight from custody, with its lowest and highest month.

    A consequence is a repatriation by CBP or a transfer to ICE; children's transfers to the health department are none.
    The book-outs of CBP, both components, by nationality; nationalities that they do not separate take those of OTH.
    Of nationalities whom Mexico takes back since Title 42 ended the months before are used: what the agreement adds is
    a term of its instrument.
    """
    frame = raw.monthly("us/swb_bookouts_monthly.csv")
    frame = frame[(frame["component"] == "CBP") & (frame["family_status"] == "ALL")]
    late, early = (
        _direct(frame[frame["month"].between(*months)]) for months in (CONSEQUENCE_MONTHS, BEFORE_TAKEN_BACK)
    )
    rows = [(early if code in TAKEN_BACK else late).loc[code if code in late.index else "OTH"] for code in codes()]
    return pd.DataFrame(rows).set_axis(codes())


def _direct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return share, low and high by nationality of some months of book-outs."""
    wide = frame.pivot_table(index=["nationality", "month"], columns="outcome", values="value", aggfunc="sum")
    wide = wide[["t8_repatriations", "transfer_to_ice"]].fillna(0.0)
    monthly = (wide["t8_repatriations"] / wide.sum(axis=1)).groupby("nationality")
    total = wide.groupby("nationality").sum()
    found = {"share": total["t8_repatriations"] / total.sum(axis=1), "low": monthly.min(), "high": monthly.max()}
    return pd.DataFrame(found).round(3)


def consequences(raw: Raw) -> pd.DataFrame:
    """Return what a consequence of an encounter is, by nationality: repatriation at once, or transfer and removal."""
    direct = direct_shares(raw)
    removed = assumed("consequences").set_index("key").loc[codes()]
    bounds = [
        f"direct_share {range_of(low, high)} (derived: lowest and highest month); "
        f"transfer_removed_share {range_of(r.low, r.high)} (assumed)"
        for low, high, r in zip(direct["low"], direct["high"], removed.itertuples(), strict=True)
    ]
    table = pd.DataFrame({"direct_share": direct["share"], "transfer_removed_share": removed["value"]})
    table = table.assign(source_id="OHSS_IELP_AUG2024;LADSIM_ASSUMED", evidence="assumed", range=bounds)
    return table.rename_axis("nationality").reset_index()


def build(raw: Raw) -> Tables:
    """Return the tables of outcomes."""
    return {
        "dispositions": dispositions(raw),
        "consequences": consequences(raw),
        "repatriations": repatriations(raw),
    }
