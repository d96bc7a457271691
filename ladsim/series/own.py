"""Observed figures of your own: in ladsim's tidy layout, CBP's public encounter file, or UNHCR's population file.

    table = ladsim.read_observed("later.csv")
    ladsim.against(run, table, freq="FY")

The tidy layout has the columns series, month and value, and may have nationality (ALL when left out) and place. CBP's
file has Fiscal Year, Month, AOR, Citizenship and Encounter Count; UNHCR's has a year, ISO codes of origin and asylum,
and numbers of persons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladsim import data
from ladsim.core.errors import UserError, close_matches
from ladsim.data import names
from ladsim.results import intervals
from ladsim.results.intervals import ALL, period_of
from ladsim.results.run_result import RunResult
from ladsim.series.panel import OTHERS, SERIES, by_seed, counterparts

COLUMNS = ("series", "month", "place", "nationality", "value")
FREQUENCIES = {"M": 1, "Q": 3, "Y": 12, "FY": 12}
"""Period -> months that it has: months, calendar quarters, calendar years, US fiscal years (October to September)."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CBP = {
    "year": ("fiscal year",),
    "month": ("month", "month abbv"),
    "aor": ("aor", "aor abbv", "area of responsibility"),
    "citizenship": ("citizenship", "citizenship grouping"),
    "count": ("encounter count",),
}
_UNHCR = {
    "year": ("year",),
    "origin": ("coo iso", "country of origin iso"),
    "asylum": ("coa iso", "country of asylum iso"),
}
_UNHCR_SERIES = {
    "unhcr_refugees": ("refugees", "refugees under unhcr s mandate"),
    "unhcr_asylum_seekers": ("asylum seekers",),
    "unhcr_others_in_need": ("oip", "other people in need of international protection"),
}
_SOUTHWEST = ("southwest land border", "southwest border")
_YEAR = re.compile(r"(?:FY ?)?(\d{4})(?:\s*\(FYTD\))?", re.IGNORECASE)


def read_observed(file: str | Path) -> pd.DataFrame:
    """Return observed figures from a file, one row a series, month, place and nationality.

    Args:
        file: CSV in one of the three layouts, told apart by the names of its columns.

    Returns:
        Columns series, month, place, nationality, value, sorted. Of CBP's file, the southwest border alone, between
        ports and at ports, with a total (ALL) and those that ladsim does not name (OTH); UNHCR's counts are of the
        end of a year, and stand in its December.

    Raises:
        UserError: the file cannot be read, or says what cannot be; the message names the line.
    """
    path = Path(file)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        expected = "a CSV file in UTF-8, with a line of column names"
        raise UserError(
            f"observed figures cannot be read: {error}", key="observed", file=path, expected=expected
        ) from None
    if table.empty:
        raise UserError("no observed figures", key="observed", file=path, expected="at least one line of figures")
    held = {names.folded(str(c)): str(c) for c in table.columns}
    if {"series", "month", "value"} <= set(held):
        made = _tidy(table.rename(columns={theirs: key for key, theirs in held.items()}), path)
    elif (cbp := _columns(held, _CBP)) is not None:
        made = _cbp(table, held, cbp, path)
    elif (unhcr := _columns(held, _UNHCR)) is not None:
        made = _unhcr(table, held, unhcr, path)
    else:
        expected = "series, month, value; or Fiscal Year, Month, AOR, Citizenship, Encounter Count; or UNHCR's columns"
        shown = ", ".join(map(str, table.columns[:12]))
        raise UserError("unknown columns", key="observed", file=path, value=shown, expected=expected)
    return made.sort_values(list(COLUMNS[:4]), kind="stable").reset_index(drop=True)


def against(run: RunResult, observed: pd.DataFrame, *, freq: str = "M") -> pd.DataFrame:
    """Return observed and simulated figures side by side, over whole periods that both cover.

    Args:
        run: what was simulated.
        observed: from read_observed, or ladsim.observed().
        freq: 'M' months, 'Q' quarters, 'Y' calendar years, 'FY' US fiscal years.

    Returns:
        Columns series, nationality, period, observed, simulated, low, high (90 percent interval over replicates), and
        percent: by how much the simulated figure is above the observed one.

    Raises:
        UserError: an unknown period, or nothing that both have.
    """
    if freq not in FREQUENCIES:
        raise UserError("unknown period", key="freq", value=freq, expected=", ".join(FREQUENCIES))
    codes = data.table("nationalities")["nationality"].tolist()
    rows: list[dict[str, Any]] = []
    for series in SERIES:
        ours = observed[(observed["series"] == series) & observed["month"].isin(run.months)]
        told = [code for code in codes if code in set(ours["nationality"])]
        for label, cell in ours.groupby("nationality", sort=False):
            if label != ALL and label != OTHERS and label not in told:
                continue
            who = None if label == ALL else [c for c in codes if c not in told] if label == OTHERS else [str(label)]
            real = cell.groupby("month")["value"].sum()
            simulated = by_seed(run, series, who).loc[real.index]
            period = pd.Index([period_of(str(month), freq) for month in real.index])
            whole = pd.Series(1, index=period).groupby(level=0).sum() == FREQUENCIES[freq]
            sums, runs = real.groupby(period).sum(), simulated.groupby(period).sum()
            for name in sums.index[whole.reindex(sums.index)]:
                mean, low, high = (float(v) for v in intervals.prediction_interval(runs.loc[name].to_numpy(float)))
                row = {"series": series, "nationality": label, "period": name, "observed": float(sums[name])}
                row |= {"simulated": mean, "low": max(low, 0.0), "high": high}
                row["percent"] = 100.0 * (mean / float(sums[name]) - 1.0) if sums[name] > 0 else float("nan")
                rows.append(row)
    if not rows:
        raise UserError(
            "the run and the observed figures have no whole period of a series in common",
            key="observed",
            value=", ".join(sorted(set(observed["series"]))[:6]),
            expected=f"{', '.join(SERIES)}, from {run.months[0]} to {run.months[-1]}",
        )
    return pd.DataFrame(rows)


def _columns(held: Mapping[str, str], wanted: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    """Return key -> the file's own column, or None where one is missing."""
    found = {key: next((held[name] for name in aliases if name in held), None) for key, aliases in wanted.items()}
    sound = {key: name for key, name in found.items() if name is not None}
    return sound if len(sound) == len(wanted) else None


def _numbers(column: pd.Series, path: Path) -> pd.Series:
    """Return counts as numbers; the first that cannot be is named with its line."""
    made = pd.to_numeric(column.str.replace(",", "").str.strip(), errors="coerce")
    bad = ~np.isfinite(made.to_numpy(float)) | (made.to_numpy(float) < 0)
    _refuse(bad, column, path, "not a count", "a number, 0 or more")
    return made.astype(float)


def _refuse(bad: Any, column: pd.Series, path: Path, message: str, expected: str) -> None:
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise UserError(
            message, file=f"{path}:{first + 2}", key=str(column.name), value=column.iloc[first], expected=expected
        )


def _tidy(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    known = sorted(set(data.table("observed")["series"]))
    unknown = next((name for name in table["series"] if name not in known), None)
    if unknown is not None:
        _refuse(
            (table["series"] == unknown).to_numpy(),
            table["series"],
            path,
            "unknown series",
            close_matches(unknown, known),
        )
    made = pd.DataFrame({"series": table["series"]})
    made["month"] = [_at(path, i, names.month, value, "month") for i, value in enumerate(table["month"])]
    made["place"] = table.get("place", "all")
    people = table["nationality"] if "nationality" in table else pd.Series(ALL, index=table.index)
    made["nationality"] = [_at(path, i, names.nationality, value) for i, value in enumerate(people)]
    made["value"] = _numbers(table["value"], path)
    twice = made.duplicated(list(COLUMNS[:4])).to_numpy()
    _refuse(
        twice, table["month"], path, "a figure that is given twice", "each series, month, place and nationality once"
    )
    return made


def _at(path: Path, row: int, read: Any, value: Any, *rest: Any) -> str:
    try:
        return str(read(value, *rest))
    except UserError as error:
        raise UserError(
            error.message, file=f"{path}:{row + 2}", key=error.key, value=error.value, expected=error.expected
        ) from None


def _cbp(table: pd.DataFrame, held: Mapping[str, str], key: Mapping[str, str], path: Path) -> pd.DataFrame:
    year = table[key["year"]].str.strip().str.extract(f"^{_YEAR.pattern}$", flags=re.IGNORECASE)[0]
    _refuse(year.isna().to_numpy(), table[key["year"]], path, "not a fiscal year", "2024, or 2025 (FYTD)")
    short = table[key["month"]].str.strip().str.lower().str[:3]
    _refuse(~short.isin(_MONTHS).to_numpy(), table[key["month"]], path, "not a month", "OCT, or October")
    number = short.map({name: i + 1 for i, name in enumerate(_MONTHS)}).astype(int)
    calendar = year.astype(int) - (number >= names.FISCAL_FIRST).astype(int)
    people = table[key["citizenship"]].map({v: _citizenship(v) for v in set(table[key["citizenship"]])})
    made = pd.DataFrame(
        {
            "series": _where_met(table, held, key["aor"]),
            "month": [f"{y:04d}-{m:02d}" for y, m in zip(calendar, number, strict=True)],
            "place": counterparts()["encounters_between_ports"].observed_place,
            "nationality": people,
            "value": _numbers(table[key["count"]], path),
        }
    )
    made = made[made["series"] != ""]
    if made.empty:
        expected = "sectors, such as " + ", ".join(list(names.short_places())[:2]) + ", and field offices"
        raise UserError("nothing of the southwest border", file=path, key=key["aor"], expected=expected)
    total = made.assign(nationality=ALL)
    return _added(pd.concat([made, total]))


def _where_met(table: pd.DataFrame, held: Mapping[str, str], aor: str) -> pd.Series:
    """Return the series of each row of CBP's file: between ports, at ports, or '' off the southwest border."""
    nodes = data.table("route_nodes")
    sectors, ports = (nodes[nodes["kind"] == kind] for kind in ("sector", "port"))
    held_by = {names.folded(v) for column in ("short", "label") for v in sectors[column]}
    offices = {names.folded(v) for v in ports["label"]}

    def met(place: str, component: str, region: str) -> str:
        if region and region not in _SOUTHWEST:
            return ""
        name = place.removesuffix(" sector")
        if component.endswith("border patrol") or (not component and name in held_by):
            return "encounters_between_ports" if name in held_by else ""
        if "field operations" in component or name.endswith("field office"):
            return "encounters_at_ports" if region or name.removesuffix(" field office") in offices else ""
        return ""

    def column(name: str) -> pd.Series:
        return table[held[name]].map(names.folded) if name in held else pd.Series("", index=table.index)

    rows = zip(table[aor].map(names.folded), column("component"), column("land border region"), strict=True)
    return pd.Series([met(*row) for row in rows], index=table.index)


def _citizenship(text: str) -> str:
    """Return the code of a citizenship as CBP writes it; those that ladsim does not name are OTH."""
    try:
        return names.nationality(text)
    except UserError:
        return OTHERS


def _unhcr(table: pd.DataFrame, held: Mapping[str, str], key: Mapping[str, str], path: Path) -> pd.DataFrame:
    year = table[key["year"]].str.strip()
    _refuse(~year.str.fullmatch(r"\d{4}").to_numpy(bool), table[key["year"]], path, "not a year", "YYYY")
    parts = []
    for series, aliases in _UNHCR_SERIES.items():
        column = next((held[name] for name in aliases if name in held), None)
        if column is None:
            continue
        counts = table[column].where(~table[column].str.strip().isin(["", "-", "*"]), "0")
        part = pd.DataFrame({"series": series, "month": year + "-12", "place": table[key["asylum"]].str.strip()})
        parts.append(part.assign(nationality=table[key["origin"]].str.strip(), value=_numbers(counts, path)))
    if not parts:
        expected = ", ".join(sorted(aliases[0] for aliases in _UNHCR_SERIES.values()))
        raise UserError("no numbers of persons", file=path, key="observed", expected=expected)
    return _added(pd.concat(parts))


def _added(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(list(COLUMNS[:4]))["value"].sum().reset_index()
