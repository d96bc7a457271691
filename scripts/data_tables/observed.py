"""The observed monthly series: encounters, Darién, Mexico, parole, appointments, expulsions, refugees, deaths."""

from __future__ import annotations

import pandas as pd

from .common import FIRST_MONTH, LAST_MONTH, Raw, Tables, by_order, codes, months, to_codes

COLUMNS = ["series", "month", "place", "nationality", "value", "unit", "source_id", "evidence"]
OHSS, KHSM = "OHSS_IELP_AUG2024", "OHSS_KHSM_NOV2024"
OHSS_TEN = ["MEX", "VEN", "GTM", "HND", "CUB", "COL", "ECU", "HTI", "SLV", "CHN"]
PANAMA_POOL = {"CHL": "HTI", "BRA": "HTI"}
"""Panama's footnote: rows of Chile and Brazil are largely children of Haitians."""


def rows(
    frame: pd.DataFrame, *, series: str, place: str, unit: str, source: str | None = None, evidence: str = "documented"
) -> pd.DataFrame:
    """Give month, nationality, value rows the constant columns of the observed table."""
    out = frame.copy()
    out["series"], out["unit"] = series, unit
    if "place" not in out:
        out["place"] = place
    if "source_id" not in out:
        out["source_id"] = source
    if "evidence" not in out:
        out["evidence"] = evidence
    return out[COLUMNS]


def totals(raw: Raw, component: str, title: str = "ALL") -> pd.DataFrame:
    """Return the exact monthly totals of CBP for a component and a title."""
    frame = raw.monthly("us/swb_totals_monthly.csv", value="encounters")
    frame = frame[(frame["component"] == component) & (frame["title"] == title)]
    return frame.rename(columns={"encounters": "value"}).assign(nationality="ALL")[
        ["month", "nationality", "value", "source_id"]
    ]


def with_residual(parts: pd.DataFrame, total: pd.DataFrame, rest: str) -> pd.DataFrame:
    """Add the total rows and put what the parts leave of it into ``rest``, so that parts add up to ALL."""
    parts = parts[parts["nationality"] != rest]
    missing = total.set_index("month")["value"] - parts.groupby("month")["value"].sum().reindex(
        total["month"], fill_value=0
    )
    if (missing < 0).any():
        raise SystemExit(f"parts exceed their total in {missing[missing < 0].to_dict()}")
    residual = missing.rename("value").rename_axis("month").reset_index()
    residual = residual.assign(nationality=rest, source_id="LADSIM_DERIVED", evidence="derived")
    return pd.concat([total, parts, residual], ignore_index=True).fillna({"evidence": "documented"})


def complete(frame: pd.DataFrame, wanted: list[str], source: str) -> pd.DataFrame:
    """Give every month a row of every wanted code; a code without a row in the publisher's table is 0."""
    index = pd.MultiIndex.from_product([sorted(frame["month"].unique()), wanted], names=["month", "nationality"])
    out = frame.groupby(["month", "nationality"])["value"].sum().reindex(index, fill_value=0).reset_index()
    return out.assign(source_id=source)


def between_ports(raw: Raw) -> list[pd.DataFrame]:
    """Border Patrol encounters: by nationality to the exact total, and by sector."""
    frame = raw.monthly("us/swb_encounters_monthly.csv", value="encounters").rename(columns={"encounters": "value"})
    frame = frame[(frame["source_id"] == KHSM) & (frame["nationality"] != "ALL")]
    frame["nationality"] = to_codes(frame["nationality"])
    parts = complete(frame, codes(), KHSM)
    nat = with_residual(parts, totals(raw, "USBP"), "XXO")
    sectors = areas(raw, "usbp_sector")
    return [
        rows(nat, series="encounters_between_ports", place="southwest", unit="encounters"),
        rows(sectors, series="encounters_between_ports_sector", place="", unit="encounters"),
    ]


def areas(raw: Raw, area_type: str) -> pd.DataFrame:
    """Return encounters by sector or field office, as published (rounded to tens)."""
    frame = raw.monthly("us/swb_encounters_by_sector_monthly.csv", value="encounters")
    frame = frame[(frame["area_type"] == area_type) & (frame["source_id"] == OHSS)]
    frame = frame.rename(columns={"encounters": "value", "area": "place"}).assign(nationality="ALL")
    return frame[["month", "place", "nationality", "value", "source_id"]]


def at_ports(raw: Raw) -> list[pd.DataFrame]:
    """Encounters at ports: the ten nationalities that OHSS lists, the others together, and field offices."""
    frame = raw.monthly("us/swb_encounters_monthly.csv", value="encounters").rename(columns={"encounters": "value"})
    ten = frame[(frame["source_id"] == OHSS) & (frame["component"] == "OFO") & frame["nationality"].isin(OHSS_TEN)]
    nat = with_residual(complete(ten, OHSS_TEN, OHSS), totals(raw, "OFO"), "OTH")
    offices = areas(raw, "ofo_field_office")
    offices = offices.assign(place=offices["place"] + " Field Office")
    return [
        rows(nat, series="encounters_at_ports", place="southwest", unit="encounters"),
        rows(others_at_ports(frame), series="encounters_at_ports_others", place="southwest", unit="encounters"),
        rows(offices, series="encounters_at_ports_field_office", place="", unit="encounters"),
    ]


def others_at_ports(frame: pd.DataFrame) -> pd.DataFrame:
    """Derive NIC, PER, BRA, IND, TUR at ports: both components (exact) less Border Patrol (rounded to tens)."""
    named = ["NIC", "PER", "BRA", "IND", "TUR"]
    frame = frame[frame["nationality"].isin(named)]
    both = frame[frame["source_id"] == "CBP_NATSTATE_FY22_25MAY"].groupby(["month", "nationality"])["value"].sum()
    patrol = frame[frame["source_id"] == KHSM].groupby(["month", "nationality"])["value"].sum()
    rest = (both - patrol.reindex(both.index, fill_value=0)).clip(lower=0).rename("value").reset_index()
    return rest.assign(source_id="LADSIM_DERIVED", evidence="derived")


def parties(raw: Raw) -> list[pd.DataFrame]:
    """Encounters between ports by party kind, for Mexico and northern Central America and all others together."""
    frame = raw.monthly("us/swb_encounters_by_demographic_monthly.csv", value="encounters")
    frame = frame[frame["component"] == "USBP"].rename(columns={"encounters": "value"})
    out = []
    kinds = {
        "single_adult": "single_adult",
        "family_unit_individual": "family_member",
        "unaccompanied_child": "unaccompanied_child",
    }
    for published, party in kinds.items():
        part = frame[frame["demographic"] == published]
        part = part.groupby(["month", "nationality"], as_index=False).agg(
            value=("value", "sum"), source_id=("source_id", "first")
        )
        series = f"encounters_{party}"
        out.append(rows(part, series=series, place="southwest", unit="encounters"))
    return out


def states(raw: Raw) -> pd.DataFrame:
    """Encounters, at ports and between them, by border state and nationality."""
    frame = raw.monthly("us/swb_encounters_by_state_nationality_monthly.csv", value="encounters")
    frame = frame.rename(columns={"encounters": "value", "us_state": "place"})
    frame["nationality"] = frame["nationality"].where(frame["nationality"].isin(codes()), "OTH")
    part = frame.groupby(["month", "place", "nationality"], as_index=False).agg(
        value=("value", "sum"), source_id=("source_id", "first")
    )
    return rows(part, series="encounters_by_border_state", place="", unit="encounters")


def darien(raw: Raw) -> pd.DataFrame:
    """Irregular entries over the Darién by nationality."""
    frame = raw.monthly("route/darien_crossings_monthly.csv")
    return irregular(frame, "darien_irregular_transits", "darien_entries", "PAN", "persons", "SNM_DARIEN", PANAMA_POOL)


def mexico(raw: Raw) -> pd.DataFrame:
    """Events of persons in an irregular situation in Mexico by nationality."""
    frame = raw.monthly("route/mexico_irregular_events.csv")
    name = "mexico_irregular_events"
    return irregular(frame, name, name, "MEX", "events", "UPMRIP_EVENTS", {})


def irregular(
    frame: pd.DataFrame, published: str, series: str, place: str, unit: str, source: str, pool: dict[str, str]
) -> pd.DataFrame:
    """Map a table with TOTAL and nationality rows to the codes; its rows must add up to its total.

    What is pooled, and what it is pooled with, is derived.
    """
    frame = frame[frame["series"] == published]
    total = frame[frame["nationality"] == "TOTAL"].assign(nationality="ALL", source_id=source)
    parts = frame[frame["nationality"] != "TOTAL"].copy()
    parts["nationality"] = to_codes(parts["nationality"], pool=pool)
    parts = complete(parts, codes(), source)
    pooled = parts["nationality"].isin([*pool, *pool.values()])
    parts["evidence"] = pooled.map({True: "derived", False: "documented"})
    total = total.assign(evidence="documented")[["month", "nationality", "value", "source_id", "evidence"]]
    both = pd.concat([total, parts], ignore_index=True)
    return rows(both, series=series, place=place, unit=unit)


def parole(raw: Raw) -> list[pd.DataFrame]:
    """CHNV arrivals and travel authorizations; ALL is the sum of the four nationalities."""
    frame = raw.monthly("us/chnv_arrivals_monthly.csv")
    frame = frame[(frame["source_id"] == OHSS) & (frame["nationality"] != "ALL")]
    out = []
    for published, series in (
        ("arrival_paroled", "chnv_arrivals"),
        ("advance_travel_authorization", "chnv_travel_authorizations"),
    ):
        part = complete(frame[frame["series"] == published], ["VEN", "CUB", "HTI", "NIC"], OHSS)
        total = part.groupby("month", as_index=False)["value"].sum()
        total = total.assign(nationality="ALL", source_id="LADSIM_DERIVED", evidence="derived")
        both = pd.concat([total, part], ignore_index=True).fillna({"evidence": "documented"})
        out.append(rows(both, series=series, place="USA", unit="persons"))
    return out


def appointments(raw: Raw) -> pd.DataFrame:
    """Appointments processed at southwest ports; Russians and all not listed are OTH."""
    frame = raw.monthly("us/cbp_one_monthly.csv")
    frame = frame[(frame["series"] == "appointments_processed") & (frame["source_id"] == OHSS)]
    total = frame[frame["nationality"] == "ALL"][["month", "nationality", "value", "source_id"]]
    parts = complete(frame, [c for c in OHSS_TEN if c != "CHN"], OHSS)
    both = with_residual(parts, total, "OTH")
    return rows(both, series="port_appointments", place="southwest", unit="appointments")


def expulsions(raw: Raw) -> list[pd.DataFrame]:
    """Title 42 expulsions, exact: between ports and at ports."""
    return [
        rows(totals(raw, "USBP", "T42"), series="title_42_expulsions", place="southwest", unit="encounters"),
        rows(totals(raw, "OFO", "T42"), series="title_42_expulsions_at_ports", place="southwest", unit="encounters"),
    ]


def refugees(raw: Raw) -> pd.DataFrame:
    """Refugees admitted from Latin America and the Caribbean by month (2021-04 has no total row: nobody came)."""
    frame = raw.read("us/refugee_admissions.csv", value="admissions")
    frame = frame[(frame["frequency"] == "month") & (frame["region"] == "LAC")]
    frame = frame[frame["period"].between(FIRST_MONTH, LAST_MONTH)]
    frame = frame.rename(columns={"period": "month", "admissions": "value"})
    parts = frame[frame["nationality"] != "ALL"].copy()
    parts["nationality"] = to_codes(parts["nationality"])
    parts = complete(parts, codes(), "PRM_ADMISSIONS_31DEC2024")
    total = complete(frame[frame["nationality"] == "ALL"], ["ALL"], "PRM_ADMISSIONS_31DEC2024")
    unpublished = sorted(set(parts["month"]) - set(total["month"]))
    zero = pd.DataFrame({"month": unpublished, "nationality": "ALL", "value": 0, "source_id": "LADSIM_DERIVED"})
    both = with_residual(parts, pd.concat([total, zero], ignore_index=True), "XXO")
    return rows(both, series="refugee_admissions", place="USA", unit="persons")


def deaths(raw: Raw) -> pd.DataFrame:
    """Dead and missing by month; a month without a recorded incident is 0."""
    frame = raw.read("route/hazards.csv").rename(columns={"period": "month"})
    frame = frame[frame["series"] == "dead_or_missing_monthly"]
    out = []
    for leg, place in (("darien", "darien"), ("us_mexico_border", "southwest")):
        value = frame[frame["leg"] == leg].set_index("month")["value"].reindex(months(), fill_value=0)
        part = value.rename_axis("month").reset_index().assign(nationality="ALL", place=place)
        out.append(rows(part, series="deaths", place=place, unit="persons", source="IOM_MMP"))
    return pd.concat(out, ignore_index=True)


def build(raw: Raw) -> Tables:
    """Return the observed table."""
    parts = [
        *between_ports(raw),
        *at_ports(raw),
        *parties(raw),
        states(raw),
        darien(raw),
        mexico(raw),
        *parole(raw),
        appointments(raw),
        *expulsions(raw),
        refugees(raw),
        deaths(raw),
    ]
    table = pd.concat(parts, ignore_index=True)
    return {"observed": by_order(table, ["series", "month", "place", "nationality"])[COLUMNS]}
