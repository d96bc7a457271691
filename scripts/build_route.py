"""Write the route tables of ladsim/data from scripts/route_tables and data-raw/route.

    python scripts/build_route.py             write the tables
    python scripts/build_route.py --check     fail if the packaged tables differ from what would be written

Inputs, all in scripts/route_tables: ``nodes_extra.csv`` (places; the column ``collected`` names the row of
data-raw/route/route_nodes.csv.gz from which country and position are taken), ``profiles.csv`` (values by kind of
way), ``ways.csv`` (one row a way; what is given there stands, the rest follows from the profile and the distance),
``entry_rules.csv`` (one row a rule and list of nationalities), ``free_movement.csv``, ``stretches.csv`` and
``sources_route.csv``.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "scripts" / "route_tables"
DATA = ROOT / "ladsim" / "data"
COLLECTED = ROOT / "data-raw" / "route" / "route_nodes.csv.gz"
NATIONALITIES = [
    "VEN",
    "HTI",
    "CUB",
    "NIC",
    "ECU",
    "COL",
    "PER",
    "BRA",
    "GTM",
    "HND",
    "SLV",
    "MEX",
    "DOM",
    "CHN",
    "IND",
    "TUR",
    "XWA",
    "XCS",
    "XXO",
]
NODE_COLUMNS = [
    "node",
    "name",
    "country",
    "lat",
    "lon",
    "kind",
    "label",
    "short",
    "appointments",
    "source_id",
    "evidence",
]
WAY_COLUMNS = [
    "way",
    "from",
    "to",
    "mode",
    "guided",
    "stretch",
    "distance_km",
    "days",
    "days_sd",
    "cost_usd",
    "smuggler_share",
    "death_per_100k",
    "robbery",
    "interdiction",
    "interdiction_country",
    "interdiction_to",
    "detection",
    "capacity_per_day",
    "entry_rule",
    "irregular_entry",
    "family",
    "attraction",
    "source_id",
    "evidence",
    "note",
]
RULE_COLUMNS = ["rule", "nationality", "start", "end", "status", "charge_usd", "source_id", "evidence"]


def read(name: str) -> pd.DataFrame:
    """Return a hand-kept table with every cell as text."""
    return pd.read_csv(TABLES / name, dtype=str, keep_default_na=False)


def distance_km(a: pd.Series, b: pd.Series) -> float:
    """Return the great-circle distance of two places (haversine formula, mean earth radius)."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(float(v)) for v in (a["lat"], a["lon"], b["lat"], b["lon"]))
    h = math.sin((lat_b - lat_a) / 2) ** 2
    h += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def build_nodes() -> pd.DataFrame:
    """Return the table of places."""
    nodes = read("nodes_extra.csv")
    collected = pd.read_csv(COLLECTED, dtype=str, keep_default_na=False).set_index("node")
    taken = nodes["collected"] != ""
    for column in ("country", "lat", "lon"):
        nodes.loc[taken, column] = collected.loc[nodes.loc[taken, "collected"], column].to_numpy()
    nodes["source_id"] = "route_geo"
    nodes["evidence"] = "derived"
    return nodes[NODE_COLUMNS]


def value(row: pd.Series, column: str, otherwise: float, digits: int) -> str:
    """Return what the row gives, or the profile's value rounded."""
    if row[column] != "":
        return str(row[column])
    text = f"{otherwise:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_km(profile: pd.Series, column: str, km: float) -> float:
    """Return the probability of an event with a constant hazard a kilometer."""
    return 1 - math.exp(-float(profile[column]) * km / 1000)


def build_way(row: pd.Series, profile: pd.Series, start: pd.Series, end: pd.Series) -> dict[str, str]:
    """Return one way: what the row gives, else what the profile and the distance give."""
    km = distance_km(start, end) * float(profile["road_factor"])
    km = float(row["distance_km"]) if row["distance_km"] else max(km, 1.0)
    days = max(1.0, km / float(profile["km_per_day"]) + float(profile["extra_days"]))
    days = float(row["days"] or f"{days:.1f}")
    cost = 5 * round((float(profile["usd_fixed"]) + float(profile["usd_per_km"]) * km) / 5)
    own = any(row[c] for c in ("days", "cost_usd", "death_per_100k", "robbery", "interdiction", "capacity_per_day"))
    source = ("route_assumed", "assumed") if own else (profile["source_id"], profile["evidence"])
    source = (row["source_id"], row["evidence"]) if row["source_id"] else source
    note = row["note"] or profile["note"]
    interdiction = value(row, "interdiction", per_km(profile, "interdiction_per_1000km", km), 4)
    by = row["interdiction_country"] or profile["interdiction_country"]
    sent_to = row["interdiction_to"] or profile["interdiction_to"] or "home"
    return {
        "way": "",
        "from": row["from"],
        "to": row["to"],
        "mode": row["mode"] or profile["mode"],
        "guided": profile["guided"],
        "stretch": row["stretch"] or profile["stretch"],
        "distance_km": f"{km:.0f}",
        "days": f"{days:g}",
        "days_sd": value(row, "days_sd", days * float(profile["days_sd_share"]), 2),
        "cost_usd": value(row, "cost_usd", cost, 0),
        "smuggler_share": value(row, "smuggler_share", float(profile["smuggler_share"]), 2),
        "death_per_100k": value(row, "death_per_100k", float(profile["death_per_100k_per_1000km"]) * km / 1000, 2),
        "robbery": value(row, "robbery", per_km(profile, "robbery_per_1000km", km), 4),
        "interdiction": interdiction,
        "interdiction_country": by or (end["country"] if float(interdiction) else ""),
        "interdiction_to": row["from"] if sent_to == "start" else sent_to,
        "detection": row["detection"],
        "capacity_per_day": row["capacity_per_day"],
        "entry_rule": row["entry_rule"],
        "irregular_entry": row["irregular_entry"],
        "family": row["family"],
        "attraction": row["attraction"] or "0",
        "source_id": source[0],
        "evidence": source[1],
        "note": note,
    }


def build_ways(nodes: pd.DataFrame) -> pd.DataFrame:
    """Return the table of ways, each with an id made of its ends, mode and guidance."""
    places, profiles = nodes.set_index("node"), read("profiles.csv").set_index("profile")
    rows = [
        build_way(row, profiles.loc[row["profile"]], places.loc[row["from"]], places.loc[row["to"]])
        for _, row in read("ways.csv").iterrows()
    ]
    ways = pd.DataFrame(rows)[WAY_COLUMNS]
    short = ways["mode"].str.replace("flight_scheduled", "flight").str.replace("flight_charter", "charter")
    guided = ways["guided"].map({"0": "", "1": "_guided"})
    ways["way"] = ways["from"] + "__" + ways["to"] + "__" + short + guided
    if ways["way"].duplicated().any():
        raise SystemExit(f"ways given twice: {sorted(ways.loc[ways['way'].duplicated(), 'way'])}")
    return ways


def build_rules() -> pd.DataFrame:
    """Return the entry rules, one row a rule, nationality and period."""
    rows = []
    for _, row in read("entry_rules.csv").iterrows():
        named = NATIONALITIES if row["nationalities"] == "ALL" else row["nationalities"].split(";")
        rows += [{**row.to_dict(), "nationality": code} for code in named]
    rules = pd.DataFrame(rows)
    order = {code: i for i, code in enumerate(NATIONALITIES)}
    rules["order"] = rules["nationality"].map(order)
    if rules["order"].isna().any():
        raise SystemExit(f"unknown nationality: {set(rules['nationality']) - set(order)}")
    return rules.sort_values(["rule", "order", "start"], kind="stable")[RULE_COLUMNS]


def build() -> dict[str, str]:
    """Return the text of every table by file name."""
    nodes = build_nodes()
    frames = {
        "route_nodes.csv": nodes,
        "route_ways.csv": build_ways(nodes),
        "entry_rules.csv": build_rules(),
        "free_movement.csv": read("free_movement.csv"),
        "stretches.csv": read("stretches.csv"),
    }
    texts = {}
    for name, frame in frames.items():
        buffer = io.StringIO()
        frame.to_csv(buffer, index=False, lineterminator="\n")
        texts[name] = buffer.getvalue()
    return texts


def main() -> int:
    """Write the tables, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table is out of date")
    check = parser.parse_args().check
    stale = []
    for name, text in build().items():
        path = DATA / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif not check:
            path.write_text(text, encoding="utf-8")
            print(f"{name}: {len(text.splitlines()) - 1} rows")
    if stale:
        print("out of date: " + ", ".join(stale) + " (run scripts/build_route.py)", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
