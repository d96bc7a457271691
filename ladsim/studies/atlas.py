"""The atlas: every scenario against its reference, every commitment switched alone and doubled, as pages show them.

Each case is written as it ends, so that a study that is stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ladsim.core.version import __version__
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.listing import commitments, doubled
from ladsim.policy.scenario import ACT_ONLY_IF_INCLUDED, list_scenarios
from ladsim.report.brief import numbers
from ladsim.report.headlines import AT_PORTS, BETWEEN_PORTS, BY_MEASURE, CROSSINGS, HEADLINES
from ladsim.report.passages import by_year
from ladsim.results.fates import changes
from ladsim.results.intervals import prediction_interval
from ladsim.results.manifest import provenance
from ladsim.results.run_result import RunResult
from ladsim.runs.ensemble import run_options
from ladsim.runs.options import RunOptions

HOST = "history"
MOST_FLOWS, MOST_NATIONALITIES = 16, 12
OTHERS = tuple(
    headline
    for headline in HEADLINES
    if headline.measure in ("encounters_at_ports", "removals", "regularizations", "undetected_entries")
)
"""Headlines that are told after the first five."""
SERIES = (BETWEEN_PORTS, AT_PORTS, CROSSINGS, BY_MEASURE["lawful_arrivals"])


@dataclass(frozen=True)
class Case:
    """One comparison of the atlas.

    Attributes:
        kind: ``scenario``, or ``lever`` for a commitment switched alone.
        name: Name of the scenario, or id of the instrument.
        how: For a lever: ``off`` (left out of history), ``on`` (put into it) or ``doubled``.
        term: The term that is doubled.
    """

    kind: str
    name: str
    how: str = ""
    term: str = ""

    @property
    def key(self) -> str:
        """A name for files."""
        return f"{self.kind}-{self.name}" + (f"-{self.how}" if self.term else "")

    def options(self, scale: int, seeds: int, workers: int | None) -> RunOptions:
        """Return the options of its run."""
        common: dict[str, Any] = {
            "scale": scale,
            "seeds": seeds,
            "workers": workers,
            "progress": False,
            "assumed": False,
        }
        if self.kind == "scenario":
            return RunOptions.checked(scenario=self.name, **common)
        if self.how == "off":
            common["exclude"] = [self.name]
        elif load_instruments()[self.name].status in ACT_ONLY_IF_INCLUDED:
            common["include"] = [self.name]
        return RunOptions.checked(scenario=HOST, reference=HOST, **common)

    def changes(self) -> dict[str, Any]:
        """Return the changes of instruments of its run."""
        if not self.term:
            return {}
        return {self.name: {"terms": {self.term: _twice(load_instruments()[self.name], self.term)}}}


def cases() -> list[Case]:
    """Return every scenario with a reference, then every commitment."""
    found = [Case("scenario", s["name"]) for s in list_scenarios() if s["reference"]]
    for name, instrument in commitments(load_instruments()).items():
        if instrument.status != "institutional":
            found.append(Case("lever", name, "on" if instrument.status in ACT_ONLY_IF_INCLUDED else "off"))
            term = next((term for term in instrument.terms if _twice(instrument, term)), None)
            if term is not None:
                found.append(Case("lever", name, "doubled", term))
    return found


def _twice(instrument: Instrument, name: str) -> dict[str, Any]:
    """Return the values by day that double a term of an instrument; none where that changes nothing."""
    term = instrument.terms[name]
    values = doubled(instrument, instrument.lever, ("terms", name), term)
    return {} if values == dict(term.values) else {day.isoformat(): value for day, value in values.items()}


def told(result: RunResult, case: Case) -> dict[str, Any]:
    """Return what pages show of a run: numbers, months, fates, nationalities; counts are persons or events."""
    reference = result.reference
    assert reference is not None, "every case has a reference"
    return {
        "kind": case.kind,
        "name": case.name,
        "how": case.how,
        "term": case.term,
        "title": result.scenario.title,
        "question": " ".join(result.scenario.question.split()),
        "start": result.scenario.start,
        "end": result.scenario.end,
        "reference": {"name": reference.scenario.name, "title": reference.scenario.title},
        "numbers": [_rounded(row) for row in [*numbers(result), *_others(result)]],
        "months": list(result.months),
        "series": {_key(h): _series(result, reference, h) for h in SERIES} if case.kind == "scenario" else {},
        "flows": _flows(result),
        "nationalities": _nationalities(result),
    }


def _key(headline: Any) -> str:
    return str(headline.measure)


def _others(result: RunResult) -> list[dict[str, Any]]:
    keys = {"reference": "reference", "difference": "difference", "difference_low": "low", "difference_high": "high"}
    found = []
    for headline in OTHERS:
        row = result.total(headline.measure, place=headline.place, freq="all").iloc[0]
        paired = result.compare(measure=headline.measure, place=headline.place, freq="all")
        line: dict[str, Any] = {"label": headline.label, "unit": headline.unit}
        line |= {key: float(row[key]) for key in ("mean", "low", "high")}
        for key, column in {**keys, "percent": "percent"}.items():
            line[key] = float(paired.iloc[0][column]) if len(paired) else 0.0
        found.append(line)
    return found


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    def short(value: Any) -> Any:
        if not isinstance(value, float):
            return value
        return round(value, 1) if np.isfinite(value) else None

    return {key: short(value) for key, value in row.items()}


def _series(result: RunResult, reference: RunResult, headline: Any) -> dict[str, list[int | None]]:
    ours, theirs = (r.totals(measure=headline.measure, place=headline.place, freq="M") for r in (result, reference))
    order = [(headline.measure, month) for month in result.months]
    a, b = (w.reindex(order, fill_value=0.0).to_numpy(float) for w in (ours, theirs))
    mean, low, high = prediction_interval(a)
    other, other_low, other_high = prediction_interval(b)
    columns = {"mean": mean, "low": np.maximum(low, 0), "high": high}
    columns |= {"reference": other, "reference_low": np.maximum(other_low, 0), "reference_high": other_high}
    return {key: [round(v) if np.isfinite(v) else None for v in values] for key, values in columns.items()}


def _flows(result: RunResult) -> list[dict[str, Any]]:
    if result.changed_fates is None:
        return []
    table = changes(result.changed_fates).head(MOST_FLOWS)
    names = {"reference_fate": "from", "scenario_fate": "to", "mean": "mean", "low": "low", "high": "high"}
    rows = table.rename(columns=names)[list(names.values())].to_dict("records")
    return [_rounded({str(k): v for k, v in row.items()}) for row in rows if row["mean"] > 0]


def _nationalities(result: RunResult) -> list[dict[str, Any]]:
    table = result.compare(by=("nationality",), freq="all", measure="encounters_between_ports")
    table = table.reindex(table["difference"].abs().sort_values(ascending=False).index).head(MOST_NATIONALITIES)
    keep = ["nationality", "scenario", "reference", "difference", "low", "high"]
    return [_rounded({str(k): v for k, v in row.items()}) for row in table[keep].to_dict("records")]


def run(
    folder: Path, *, scale: int, seeds: int, workers: int | None, only: Sequence[str] = ()
) -> Iterator[tuple[Case, dict[str, Any]]]:
    """Yield every case with what pages show of it; those that lie in the folder already are read.

    Args:
        folder: Where each case is kept, under a name made from what it depends on.
        scale, seeds, workers: As for a run.
        only: Names of scenarios and ids of instruments; all when none is named.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_from = _digest(scale, seeds)
    for case in cases():
        if only and case.name not in only:
            continue
        file = folder / f"{case.key}-{made_from}.json"
        if file.exists():
            yield case, json.loads(file.read_text(encoding="utf-8"))
            continue
        result = run_options(case.options(scale, seeds, workers), instrument=case.changes())
        found = told(result, case)
        if case.kind == "scenario":
            found["map"] = by_year(result)
        hidden = file.with_suffix(".part")
        hidden.write_text(json.dumps(found), encoding="utf-8")
        os.replace(hidden, file)
        yield case, found


def _digest(scale: int, seeds: int) -> str:
    state = provenance()
    kept = {key: state[key] for key in ("data", "instruments", "behavior", "scenarios")}
    kept["data"] = {name: digest for name, digest in kept["data"].items() if not name.startswith("atlas")}
    package = Path(__file__).resolve().parents[1]
    parts = ("behavior", "sim", "world", "policy", "actors", "core")
    code = [p for part in parts for p in sorted((package / part).rglob("*.py"))]
    digest = hashlib.sha256(json.dumps([kept, scale, seeds], sort_keys=True).encode())
    for file in code:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def write(
    target: Path,
    folder: Path,
    *,
    scale: int,
    seeds: int,
    workers: int | None,
    only: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> None:
    """Run the atlas, or some of its cases, and write it as one JSON file, with how it was made."""
    entries = []
    for case, found in run(folder, scale=scale, seeds=seeds, workers=workers, only=only):
        entries.append(found)
        say(case.key)
    made = {"version": __version__, "scale": scale, "seeds": seeds, "made_from": _digest(scale, seeds)}
    text = json.dumps({"made": made, "cases": entries}, separators=(",", ":"), ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")
