"""Who may wish to leave: nationalities, parties, means, residence groups and the split of wishes by residence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .common import Raw, Tables, assumed, codes, range_of, reference, to_codes

PARTY_MONTHS = ("2022-01", "2024-05")
NAMED = ["MEX", "GTM", "HND", "SLV"]
PARTY_OF = {
    "single_adult": "single_adult",
    "family_unit_individual": "family_member",
    "accompanied_minor": "family_member",
    "unaccompanied_child": "unaccompanied_child",
}
PARTIES = ["single_adult", "family_member", "unaccompanied_child"]
NODE_OF = {
    "VEN_VEN": "caracas", "VEN_COL": "bogota", "VEN_PER": "lima", "VEN_ECU": "quito", "VEN_CHL": "santiago",
    "VEN_BRA": "boa_vista", "HTI_HTI": "port_au_prince", "HTI_CHL": "santiago", "HTI_BRA": "sao_paulo",
    "HTI_DOM": "santo_domingo", "CUB_CUB": "havana", "NIC_NIC": "managua", "NIC_CRI": "san_jose",
    "ECU_ECU": "guayaquil", "COL_COL": "medellin", "PER_PER": "lima", "BRA_BRA": "governador_valadares",
    "GTM_GTM": "quetzaltenango", "HND_HND": "san_pedro_sula", "SLV_SLV": "san_salvador", "MEX_MEX": "michoacan",
    "DOM_DOM": "santo_domingo", "CHN_CHN": "fujian", "IND_IND": "delhi", "TUR_TUR": "istanbul",
    "XWA_XWA": "dakar", "XCS_XCS": "tashkent", "XXO_XXO": "madrid", "VEN_ARG": "buenos_aires",
    "VEN_PAN": "panama_city", "VEN_URY": "montevideo", "CUB_URY": "montevideo", "GTM_BLZ": "belmopan",
    "HND_BLZ": "belmopan", "SLV_BLZ": "belmopan",
}  # fmt: skip
STOCKS = {
    "VEN_COL": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_PER": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_ECU": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_CHL": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_BRA": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "HTI_CHL": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
    "HTI_DOM": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
    "NIC_CRI": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
    "VEN_ARG": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_PAN": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "VEN_URY": ("r4v_venezuelan_refugees_and_migrants", "2021-11", "R4V_2021_11"),
    "CUB_URY": ("unhcr_asylum_seekers", "2023", "UNHCR_RPSD"),
    "GTM_BLZ": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
    "HND_BLZ": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
    "SLV_BLZ": ("undesa_migrant_stock", "2020", "UNDESA_STOCK_2024"),
}
"""Series, period and source of the stock; groups that came later stand last, so that others keep their draws."""
POPULATION_YEAR = "2021"


def encounters_by_party(raw: Raw) -> pd.DataFrame:
    """Return encounters of MEX, GTM, HND, SLV and OTH by party kind, both components, over PARTY_MONTHS."""
    frame = raw.monthly("us/swb_encounters_by_demographic_monthly.csv", value="encounters")
    frame = frame[frame["month"].between(*PARTY_MONTHS)]
    frame["party"] = frame["demographic"].map(PARTY_OF)
    return frame.pivot_table(index="nationality", columns="party", values="encounters", aggfunc="sum")[PARTIES]


def others_by_party(raw: Raw, target: pd.Series) -> pd.DataFrame:
    """Scale the assumed shares so that, weighted by encounters between ports, they give OTH's observed shares.

    One factor on the odds of being a family member and one on those of being an unaccompanied child, for all
    nationalities alike, found by iteration.
    """
    guess = assumed("parties").pivot(index="key", columns="field", values="value")
    frame = raw.monthly("us/swb_encounters_monthly.csv", value="encounters")
    frame = frame[(frame["source_id"] == "OHSS_KHSM_NOV2024") & frame["month"].between(*PARTY_MONTHS)]
    frame = frame[frame["nationality"] != "ALL"]
    weight = frame.groupby(to_codes(frame["nationality"]))["encounters"].sum().reindex(guess.index)
    weight = weight / weight.sum()
    single = 1 - guess["family_member"] - guess["unaccompanied_child"]
    factor = {"family_member": 1.0, "unaccompanied_child": 1.0}
    for _ in range(200):
        odds = pd.DataFrame({"single_adult": single, **{k: guess[k] * f for k, f in factor.items()}})
        shares = odds.div(odds.sum(axis=1), axis=0)
        got = shares.mul(weight, axis=0).sum()
        factor = {k: f * float(target[k] / got[k]) for k, f in factor.items()}
    return shares[PARTIES]


def parties(raw: Raw) -> pd.DataFrame:
    """Return the shares of party kinds by nationality."""
    counts = encounters_by_party(raw)
    observed = counts.div(counts.sum(axis=1), axis=0)
    others = others_by_party(raw, observed.loc["OTH"])
    table = pd.concat([observed.loc[NAMED], others]).reindex(codes()).round(4)
    table["single_adult"] = (1 - table["family_member"] - table["unaccompanied_child"]).round(4)
    table["source_id"] = np.where(table.index.isin(NAMED), "CBP_SBO_FY22_25AUG", "LADSIM_ASSUMED")
    table["evidence"] = np.where(table.index.isin(NAMED), "derived", "assumed")
    return table.rename_axis("nationality").reset_index()


def means() -> pd.DataFrame:
    """Return the shares of means classes, of US ties and the value of an undetected entry."""
    frame = assumed("means")
    table = frame.pivot(index="key", columns="field", values="value").reindex(codes())
    table = table[["low", "middle", "high", "ties_share", "undetected_value"]]
    frame["text"] = [f"{r.field} {range_of(r.low, r.high)}" for r in frame.itertuples()]
    ranges = frame.groupby("key", sort=False)["text"].agg("; ".join).reindex(codes())
    table = table.assign(source_id="LADSIM_ASSUMED", evidence="assumed", range=ranges)
    return table.rename_axis("nationality").reset_index()


def means_classes() -> pd.DataFrame:
    """Return the median USD of each means class with its range."""
    frame = assumed("means_classes")
    table = frame.rename(columns={"key": "means", "value": "median_usd", "low": "low_usd", "high": "high_usd"})
    table = table[["means", "median_usd", "low_usd", "high_usd"]]
    return table.assign(source_id="LADSIM_ASSUMED", evidence="assumed")


def population(raw: Raw) -> pd.Series:
    """Return mid-year population by country in POPULATION_YEAR."""
    frame = raw.read("route/origin_indicators.csv")
    frame = frame[(frame["series"] == "population_midyear") & (frame["year"] == POPULATION_YEAR)]
    return frame.set_index("country")["value"].round()


def persons_of(raw: Raw) -> dict[str, tuple[float, str, str, str]]:
    """Return persons, year, source and evidence by residence group."""
    people, stocks = population(raw), raw.read("route/stocks.csv")
    guess = assumed("residences").set_index(["key", "field"])["value"]
    out: dict[str, tuple[float, str, str, str]] = {}
    for group in NODE_OF:
        nationality, country = group.split("_")
        if group in STOCKS:
            series, period, source = STOCKS[group]
            row = stocks[
                (stocks["series"] == series)
                & (stocks["period"] == period)
                & (stocks["nationality"] == nationality)
                & (stocks["host"] == country)
            ]
            out[group] = (float(row["value"].iloc[0]), period[:4], source, "documented")
        elif (group, "persons") in guess.index:
            out[group] = (float(guess[(group, "persons")]), POPULATION_YEAR, "LADSIM_ASSUMED", "assumed")
        elif (group, "other_members") in guess.index:
            members = reference("nationalities").set_index("nationality").loc[nationality, "members"].split(";")
            known = float(people.reindex(members).sum())
            total = round(known + float(guess[(group, "other_members")]), -5)
            out[group] = (total, POPULATION_YEAR, "LADSIM_ASSUMED", "assumed")
        else:
            out[group] = (float(people[country]), POPULATION_YEAR, "WB_WDI", "documented")
    return out


def irregular_shares(raw: Raw) -> dict[str, tuple[float, str, str]]:
    """Return share without regular status, range and evidence, where not zero."""
    stocks = raw.read("route/stocks.csv").set_index(["series", "period"])["value"]
    stocks = stocks[~stocks.index.duplicated()]
    frame = assumed("residences")
    frame = frame[frame["field"] == "irregular_share"]
    bounds = {r.key: range_of(r.low, r.high) for r in frame.itertuples()}
    out = {r.key: (r.value, bounds[r.key], r.evidence) for r in frame.itertuples()}
    registered, approved = stocks[("colombia_etpv_registered", "2022-05")], stocks[("colombia_ppt_approved", "2022-05")]
    out["VEN_COL"] = (round(1 - approved / registered, 2), bounds["VEN_COL"], "derived")
    irregular = stocks[("ecuador_irregular_venezuelans_estimate", "2022-06")]
    out["VEN_ECU"] = (round(irregular / persons_of(raw)["VEN_ECU"][0], 2), bounds["VEN_ECU"], "derived")
    return out


def residences(raw: Raw) -> pd.DataFrame:
    """Return one row a residence group."""
    persons, irregular = persons_of(raw), irregular_shares(raw)
    guess = assumed("residences")
    bounds = {r.key: range_of(r.low, r.high) for r in guess[guess["field"] != "irregular_share"].itertuples()}
    out = []
    for group, node in NODE_OF.items():
        nationality, country = group.split("_")
        count, year, source, evidence = persons[group]
        share, share_range, share_evidence = irregular.get(group, (0.0, "", "documented"))
        ranges = []
        if group in bounds:
            what = "persons of members without a figure" if group in ("XWA_XWA", "XCS_XCS") else "persons"
            ranges.append(f"{what} {bounds[group]}")
        if share_range:
            ranges.append(f"irregular_share {share_range} ({share_evidence})")
        out.append((group, nationality, country, node, count, year, share, source, evidence, "; ".join(ranges)))
    columns = ["group", "nationality", "country", "node", "persons", "year", "irregular_share", "source_id"]
    return pd.DataFrame(out, columns=[*columns, "evidence", "range"])


def residence_split() -> pd.DataFrame:
    """Return the share of each nationality's wishes by country of residence and year."""
    frame = assumed("residence_split")
    frame[["nationality", "country"]] = frame["key"].str.split("_", expand=True)
    frame["year"] = frame["field"].astype(int)
    frame["range"] = [range_of(r.low, r.high) for r in frame.itertuples()]
    survey = {2023: "UNHCR_DARIEN_2023_04", 2024: "UNHCR_DARIEN_2024"}
    documented = frame["evidence"] == "documented"
    frame["source_id"] = np.where(documented, frame["year"].map(survey), "LADSIM_ASSUMED")
    years = sorted(frame["year"].unique())
    alone = [c for c in codes() if c not in set(frame["nationality"])]
    single = pd.DataFrame([(c, c, y) for c in alone for y in years], columns=["nationality", "country", "year"])
    single = single.assign(value=1.0, source_id="LADSIM_DERIVED", evidence="derived", range="")
    table = pd.concat([frame, single], ignore_index=True).rename(columns={"value": "share"})
    order = {c: i for i, c in enumerate(codes())}
    table = table.sort_values(
        ["nationality", "year"], key=lambda s: s.map(order) if s.name == "nationality" else s, kind="stable"
    )
    return table[["nationality", "country", "year", "share", "source_id", "evidence", "range"]]


def build(raw: Raw) -> Tables:
    """Return the tables about people."""
    return {
        "nationalities": reference("nationalities"),
        "parties": parties(raw),
        "means": means(),
        "means_classes": means_classes(),
        "residences": residences(raw),
        "residence_split": residence_split(),
    }
