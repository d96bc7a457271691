"""Yearly and single figures: push indicators, hazards of the way, fees, and yearly counts."""

from __future__ import annotations

import re

import pandas as pd

from .common import LAST_FULL_YEAR, LAST_MONTH, Raw, Tables, codes, reference, to_codes

FIRST_PUSH_YEAR = "2018"
PUSH = {
    "gdp_per_capita_ppp_const2021": ("gdp_per_capita", "WB_WDI"),
    "inflation_cpi": ("inflation", "WB_WDI"),
    "unemployment_rate": ("unemployment", "WB_WDI"),
    "remittances_received": ("remittances", "WB_WDI"),
    "fragile_states_index_total": ("fragility", "FFP_FSI"),
    "wgi_political_stability": ("political_stability", "WB_WGI"),
    "homicide_rate": ("homicide_rate", "INSIGHT_HOMICIDE"),
    "population_midyear": ("population", "WB_WDI"),
}
ADDITIVE = {"remittances", "population"}
STRETCH_OF = {
    "darien": "darien",
    "us_mexico_border": "border",
    "mexico_transit": "mexico",
    "caribbean": "caribbean_sea",
    "americas_all": "all",
}
FEE_STRETCH = {
    "necocli__acandi": "darien",
    "darien_trek": "darien",
    "necocli__capurgana": "darien",
    "san_andres__nicaragua": "caribbean_sea",
    "meteti__paso_canoas": "central_america",
    "paso_canoas__penas_blancas": "central_america",
    "penas_blancas__managua": "central_america",
    "managua_airport": "air_charter",
    "honduras_entry": "central_america",
    "san_salvador_airport": "air_charter",
    "havana__managua": "air_charter",
    "managua__us_border": "mexico",
    "managua__mexico_city": "mexico",
    "havana__tapachula": "air_charter",
    "managua__tapachula": "central_america",
    "port_au_prince__managua": "air_charter",
    "mexico_transit": "mexico",
    "origin__us": "all",
}
REGULARIZATION_SOURCE = {
    "colombia_migration_registered_venezuelans": "MIGCOL_2023_08",
    "colombia_ppt_held_or_in_process": "MIGCOL_2023_08",
    "colombia_venezuelans_irregular": "MIGCOL_2023_08",
    "colombia_ppt_approved": "MIGCOL_ETPV_2022",
    "colombia_etpv_registered": "MIGCOL_ETPV_2022",
    "belize_amnesty_applications": "MIRPS_BLZ_2023",
    "costa_rica_cet_applications": "DGME_CET_2024",
    "costa_rica_cet_approved": "DGME_CET_2024",
    "ecuador_irregular_venezuelans_estimate": "ECU_MREMH_2022",
}


def push(raw: Raw) -> pd.DataFrame:
    """Return push indicators by year and country, and population-weighted means for the pools XWA and XCS."""
    frame = raw.read("route/origin_indicators.csv")
    frame = frame[frame["series"].isin(PUSH) & (frame["year"] >= FIRST_PUSH_YEAR)]
    frame["indicator"] = frame["series"].map(lambda s: PUSH[s][0])
    frame["source_id"] = frame["series"].map(lambda s: PUSH[s][1])
    frame = frame[["year", "country", "indicator", "value", "source_id"]]
    table = pd.concat([frame, pools(frame)], ignore_index=True)
    table["value"] = table["value"].round(4)
    return table.sort_values(["indicator", "country", "year"]).reset_index(drop=True)


def pools(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the pools' indicators from their members with a figure: sums of counts, weighted means of rates."""
    people = frame[frame["indicator"] == "population"].set_index(["year", "country"])["value"]
    members = frame.assign(pool=to_codes(frame["country"]))
    members = members[members["pool"].isin(["XWA", "XCS"])]
    out = []
    for (pool, indicator, year), part in members.groupby(["pool", "indicator", "year"]):
        weight = people.reindex(pd.MultiIndex.from_arrays([part["year"], part["country"]])).to_numpy()
        if indicator in ADDITIVE:
            value = part["value"].sum()
        else:
            value = float((part["value"].to_numpy() * weight).sum() / weight.sum())
        out.append((year, pool, indicator, value, "LADSIM_DERIVED"))
    return pd.DataFrame(out, columns=["year", "country", "indicator", "value", "source_id"])


def source_ids(texts: pd.Series, file: str) -> pd.Series:
    """Map the collected tables' source texts to registered sources; an unmapped text is an error."""
    rules = reference("source_map")
    rules = rules[rules["file"] == file]

    def match(text: object) -> str:
        if not isinstance(text, str):
            return ""
        for rule in rules.itertuples():
            if str(rule.contains) in text:
                return str(rule.source_id)
        raise SystemExit(f"source_map.csv names no source for {file}: {text!r}")

    return texts.map(match)


def last_month(period: pd.Series) -> pd.Series:
    """Return the last YYYY-MM or year that a period text names, for cutting at LAST_MONTH."""
    return period.str.extract(r"(\d{4}(?:-\d{2})?)(?!.*\d{4})", expand=False).fillna("")


def hazards(raw: Raw) -> pd.DataFrame:
    """Return deaths, violence, gotaways, apprehension and repeat rates by stretch (not the monthly deaths)."""
    frame = raw.read("route/hazards.csv")
    frame = frame[frame["leg"].isin(STRETCH_OF) & (frame["series"] != "dead_or_missing_monthly")]
    last = last_month(frame["period"])
    frame = frame[(last <= LAST_MONTH) & ~((last.str.len() == 4) & (last > str(LAST_FULL_YEAR)))]
    frame["stretch"] = frame["leg"].map(STRETCH_OF)
    frame["source_id"] = source_ids(frame["source"], "hazards")
    counted = frame["source_id"] == "CBP_SBO_FY22_25AUG"
    frame.loc[counted & (frame["period"] == "FY2018"), "source_id"] = "CBP_SWB_FY2018"
    frame.loc[counted & frame["period"].isin([f"FY{y}" for y in range(2019, 2022)]), "source_id"] = "CBP_SBO_FY19_22"
    frame["evidence"] = frame["quality"].map({"derived": "derived"}).fillna("documented")
    return frame[["stretch", "period", "series", "value", "unit", "source_id", "evidence", "note"]].reset_index(
        drop=True
    )


def fees(raw: Raw) -> pd.DataFrame:
    """Return reported fees, fares and fines by stretch and leg; an empty high means 'or more'."""
    frame = raw.read("route/smuggler_fees.csv")
    frame = frame[frame["leg"].isin(FEE_STRETCH)].copy()
    begins = frame["period"].str.extract(r"(\d{4}(?:-\d{2})?)", expand=False).fillna("")
    frame = frame[begins <= LAST_MONTH]
    frame["period"] = frame["period"].str.replace(r"-20(?:2[5-9]|3\d)$|/$", "", regex=True)
    frame["stretch"] = frame["leg"].map(FEE_STRETCH)
    agency = frame["source"].map({"AFP": "AFP_CHARTERS_2023", "AP": "AP_2014"}).fillna("")
    agency = agency.mask(agency.eq("AFP_CHARTERS_2023") & frame["leg"].eq("darien_trek"), "AFP_DARIEN_2023")
    frame["source_id"] = agency.mask(agency.eq(""), source_ids(frame["source"].where(agency.eq("")), "fees"))
    for column, name in (("value_low", "low_usd"), ("value_high", "high_usd")):
        frame[name] = pd.to_numeric(frame[column], errors="coerce")
    frame = frame.rename(columns={"series": "item"}).assign(evidence="documented")
    columns = [
        "stretch",
        "leg",
        "nationality",
        "period",
        "item",
        "low_usd",
        "high_usd",
        "source_id",
        "evidence",
        "note",
    ]
    return frame[columns].reset_index(drop=True)


def yearly(raw: Raw) -> pd.DataFrame:
    """Return yearly counts: H-2 visas by fiscal year, asylum applications, Venezuelan and other stocks."""
    last = str(LAST_FULL_YEAR)
    visas = raw.read("us/h2_visas.csv")
    visas = visas[(visas["frequency"] == "fiscal_year") & (visas["period"] >= "FY2019")]
    visas = visas.assign(series=visas["visa_class"].map({"H2A": "h2a_visas", "H2B": "h2b_visas"}), place="USA")
    visas["nationality"] = visas["nationality"].where(visas["nationality"].isin([*codes(), "ALL"]), "OTH")
    asylum = raw.read("route/comar_asylum.csv")
    asylum = asylum[asylum["series"].isin(["asylum_applications_MEX", "asylum_applications_CRI"])]
    asylum = asylum[asylum["period"].between("2019", last) & (asylum["nationality"] != "TOTAL")]
    asylum = asylum[asylum["nationality"] != "ALL"]
    asylum = asylum.assign(series="asylum_applications", place=asylum["series"].str[-3:], source_id="UNHCR_RPSD")
    asylum["nationality"] = to_codes(asylum["nationality"])
    stocks = raw.read("route/stocks.csv")
    un = stocks[stocks["series"].str.startswith("unhcr_") & stocks["period"].between("2019", last)]
    un = un[un["nationality"].isin(["VEN", "HTI", "NIC", "CUB"])].assign(source_id="UNHCR_RPSD")
    programs = stocks[stocks["series"].isin(REGULARIZATION_SOURCE) & (stocks["period"] <= LAST_MONTH)].copy()
    programs = programs[programs["period"] != last]
    programs["source_id"] = programs["series"].map(REGULARIZATION_SOURCE)
    held = pd.concat([un, programs], ignore_index=True).rename(columns={"host": "place"})
    table = pd.concat([visas, asylum, held], ignore_index=True)
    table["unit"] = table["series"].map(lambda s: "visas" if s.startswith("h2") else "persons")
    keys = ["series", "period", "place", "nationality", "unit", "source_id"]
    table = table.groupby(keys, as_index=False)["value"].sum()
    return table.assign(evidence="documented")[[*keys[:4], "value", *keys[4:], "evidence"]]


def surveys(raw: Raw) -> pd.DataFrame:
    """Return what people on the way told in surveys, and what Central Americans paid in a year; not used in any fit."""
    frame = raw.read("route/transit_surveys.csv")
    last = last_month(frame["period"])
    frame = frame[(last <= LAST_MONTH) & ~((last.str.len() == 4) & (last > str(LAST_FULL_YEAR)))].copy()
    frame["source_id"] = source_ids(frame["source"], "surveys")
    columns = ["period", "population", "series", "value", "unit", "source_id", "evidence", "note"]
    return pd.concat([frame.assign(evidence="documented")[columns], paid(raw)], ignore_index=True)


def paid(raw: Raw) -> pd.DataFrame:
    """Return what people of three nationalities paid in a year, which stands in the note of a reported fee."""
    fees = raw.read("route/smuggler_fees.csv")
    row = fees[fees["source"].str.contains("MPI/WFP/MIT")].iloc[0]
    found = re.search(r"total ([\d.]+) billion USD per year", row["note"])
    if found is None:
        raise SystemExit("smuggler_fees.csv: the note on the total paid in a year is missing")
    value = {"value": float(found[1]) * 1e9, "unit": "USD", "source_id": "MPI_WFP_MIT_2021", "evidence": "documented"}
    said = {"period": row["period"], "population": row["nationality"], "series": "paid_in_a_year", "note": row["note"]}
    return pd.DataFrame([{**said, **value}])


def build(raw: Raw) -> Tables:
    """Return the yearly and single figures."""
    return {
        "push": push(raw),
        "hazards": hazards(raw),
        "fees": fees(raw),
        "yearly": yearly(raw),
        "surveys": surveys(raw),
    }
