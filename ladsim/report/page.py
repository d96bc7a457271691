"""A run as one self-contained HTML page: no network, no script, for a screen, a phone and paper."""

from __future__ import annotations

import base64
import io
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.core.text import one_line
from ladsim.data import table_of
from ladsim.report import flags, scored
from ladsim.report.brief import FIRST_FIVE, first_five
from ladsim.report.headlines import CROSSINGS_PICTURE, HEADLINES, Headline, compared, headlines
from ladsim.report.tables import headline_shares, number, percent, plus_minus, shares_text
from ladsim.results.fates import LABELS, MEANINGS, changes, shares
from ladsim.results.run_result import RunResult
from ladsim.results.variance import KINDS, WORDS

if TYPE_CHECKING:
    from ladsim.report.style import ReportFigure

MOST_FATES, MOST_NATIONALITIES = 12, 12
PICTURES = (
    ("fates", "Who fares differently"),
    ("difference", "What changes, month by month"),
    ("against_observed", "Against the record"),
    ("by_nationality_encounters", "Encounters between ports by nationality"),
    (CROSSINGS_PICTURE, "{crossings} by nationality"),
    ("map_of_differences", "Where more and fewer people pass"),
    ("map", "Ways through the corridor"),
)
"""Pictures of a results folder in the order of the page, with what is said above each."""
PICTURE_DPI = 110
OWN_WORLD = (
    "The world is one of your own: the behavior in it was fitted to another one, and nothing says how far its figures "
    "are from what happens."
)
COLORS = 96
"""Colors of a picture in the page."""


def write(result: RunResult, file: Path) -> Path:
    """Write the page and return its path.

    Raises:
        UserError: The file cannot be written.
    """
    text = html(result)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"the report cannot be written: {error}", key="report", value=str(file)) from error
    return file


def html(result: RunResult) -> str:
    """Return the page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("ladsim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("report.html").render(**content(result))


def content(result: RunResult) -> dict[str, Any]:
    """Return what the page says, by the names that the template uses."""
    reference = result.reference
    return {
        "scenario": result.scenario,
        "reference": reference.scenario if reference is not None else None,
        "seeds": len(result.seeds),
        "scale": result.scale,
        "far": f"{flags.FACTOR:g}",
        "interval": result.interval_note if len(result.seeds) > 1 else "one seed gives no interval",
        "numbers": [line for headline in first_five(result.world) if (line := _line(result, headline)) is not None],
        "rest": [line for headline in _others(result) if (line := _line(result, headline)) is not None],
        "levers": levers(result),
        "fates": _fates(result),
        "changed": _changed(result),
        "nationalities": by_nationality(result),
        "pictures": [{"title": t, "data": data} for name, t in _pictures(result) if (data := _picture(result, name))],
        "warnings": warnings_for(result),
        "command": command(result),
        "versions": result.manifest.get("versions", {}),
        "commit": (result.manifest.get("git") or {}).get("commit", ""),
        "created": result.manifest.get("created", ""),
    }


def _pictures(result: RunResult) -> list[tuple[str, str]]:
    *_, crossings = compared(result.world)
    return [(name, title.format(crossings=crossings.label)) for name, title in PICTURES]


def _others(result: RunResult) -> list[Headline]:
    return [h for h in headlines(result.world) if h.measure not in FIRST_FIVE]


def _line(result: RunResult, headline: Headline) -> dict[str, str] | None:
    rows = result.total(headline.measure, place=headline.place, freq="all")
    if not len(rows):
        return None
    row = rows.iloc[0]
    mean, high = float(row["mean"]), float(row["high"])
    line = {
        "label": headline.label,
        "unit": headline.unit,
        "mean": plus_minus(mean, 2 * mean - high, high),
        "reference": "",
        "difference": "",
        "percent": "",
        "told": "",
        "shares": "-",
        "flag": flags.level(headline) if result.world is None else "",
    }
    for shared in headline_shares(result, headline, "all").to_dict("records"):
        text = shares_text(shared, difference=result.reference is not None)
        if text != "-":
            parts = zip(text.split("/"), KINDS, strict=True)
            line["shares"] = ", ".join(f"{WORDS[kind]} {share} percent" for share, kind in parts)
    if result.reference is not None:
        paired = result.compare(measure=headline.measure, place=headline.place, freq="all")
        if len(paired):
            pair = paired.iloc[0]
            line["reference"] = number(float(pair["reference"]))
            line["difference"] = plus_minus(
                float(pair["difference"]), float(pair["low"]), float(pair["high"]), sign=True
            )
            line["percent"] = percent(float(pair["percent"]))
            line["told"] = "yes" if float(pair["low"]) > 0 or float(pair["high"]) < 0 else ""
    return line


def levers(result: RunResult) -> list[dict[str, str]]:
    """Return the instruments in which the run differs from its reference: who promised what, and from when to when."""
    if result.reference is None:
        return []
    ours, theirs = result.instruments, result.reference.instruments
    countries = table_of(result.world, "countries").set_index("country")["name"].to_dict()
    found = []
    for name in sorted(set(ours) | set(theirs)):
        if ours.get(name) == theirs.get(name):
            continue
        held = ours.get(name) or theirs[name]
        how = "left out" if name not in ours else "added" if name not in theirs else "other terms"
        source = next((r for r in held.get("references") or [] if isinstance(r, Mapping)), {})
        found.append(
            {
                "id": name,
                "title": one_line(held.get("title", name)),
                "how": how,
                "actors": ", ".join(countries.get(code, code) for code in held.get("actors") or []),
                "flag": flags.lever(name) if result.world is None else "",
                "status": str(held.get("status", "")).replace("_", " "),
                "dates": f"{held.get('start')} to {held.get('end') or 'open end'}",
                "source": one_line(source.get("publisher", "")),
                "document": one_line(source.get("title", "")),
                "address": str(source.get("address") or ""),
            }
        )
    return found


def _fates(result: RunResult) -> list[dict[str, str]]:
    if result.fates is None or not len(result.fates):
        return []
    ours = shares(result.fates).set_index("fate")
    other = result.reference.fates if result.reference is not None else None
    theirs = shares(other).set_index("fate") if other is not None and len(other) else None
    rows = []
    for name in LABELS:
        if name not in ours.index and (theirs is None or name not in theirs.index):
            continue
        mean, high = (float(ours[column].get(name, 0.0)) for column in ("mean", "high"))
        line = {
            "fate": LABELS[name],
            "meaning": MEANINGS[name],
            "mean": plus_minus(mean, 2 * mean - high, high),
            "percent": f"{float(ours['percent'].get(name, 0.0)):.1f}",
        }
        line["reference"] = number(float(theirs["mean"].get(name, 0.0))) if theirs is not None else ""
        rows.append(line)
    return rows


def _changed(result: RunResult) -> list[dict[str, str]]:
    if result.changed_fates is None or not len(result.changed_fates):
        return []
    table = changes(result.changed_fates).head(MOST_FATES)
    return [
        {
            "before": LABELS[row["reference_fate"]],
            "after": LABELS[row["scenario_fate"]],
            "mean": plus_minus(row["mean"], 2 * row["mean"] - row["high"], row["high"]),
        }
        for row in table.to_dict("records")
        if row["mean"] > 0
    ]


def by_nationality(result: RunResult) -> list[dict[str, str]]:
    """Return encounters between ports by nationality, with the paired difference, the largest first."""
    names = table_of(result.world, "nationalities").set_index("nationality")["name"].to_dict()
    table = result.summary(by=("nationality",), freq="all")
    table = table[table["measure"] == "encounters_between_ports"].sort_values("mean", ascending=False)
    paired = pd.DataFrame()
    if result.reference is not None:
        paired = result.compare(by=("nationality",), freq="all", measure="encounters_between_ports")
        paired = paired.set_index("nationality")
    between, *_ = compared(result.world)
    flagged = flags.nationalities(result, between)
    rows = []
    for row in table.head(MOST_NATIONALITIES).to_dict("records"):
        code = row["nationality"]
        line = {
            "name": str(names.get(code, code)),
            "mean": plus_minus(row["mean"], 2 * row["mean"] - row["high"], row["high"]),
            "reference": "",
            "difference": "",
            "percent": "",
            "flag": flagged.get(code, ""),
        }
        if code in paired.index:
            pair = paired.loc[code]
            line["reference"] = number(float(pair["reference"]))
            line["difference"] = plus_minus(
                float(pair["difference"]), float(pair["low"]), float(pair["high"]), sign=True
            )
            line["percent"] = percent(float(pair["percent"]))
        rows.append(line)
    return rows


def warnings_for(result: RunResult) -> list[str]:
    """Return what a reader must not use this comparison for, and why."""
    said = [
        "These are scenarios under stated policies, not forecasts, and encounters are events, not persons.",
        *(misses() if result.world is None else [OWN_WORLD]),
        "Small cells (a few hundred persons in a month and nationality) are noise.",
    ]
    if len(result.seeds) < 4:
        said.append(f"{len(result.seeds)} replicates are too few for an interval to be trusted; use four or more.")
    if result.scale > 200:
        said.append(f"One agent stands for {result.scale:,} persons here: for a first look only.")
    untold = [] if result.reference is None else _untold(result)
    return [
        *said,
        *([f"These differences cannot be told apart from zero: {', '.join(untold)}."] if untold else []),
        *result.scenario.notes,
    ]


def misses() -> list[str]:
    """Return which series the score says are far off in the months of the fit, a sentence each."""
    file = conf_dir() / "behavior" / "score_parts.csv"
    if not file.is_file():
        return []
    table = pd.read_csv(file)
    table = table[(table["part"] == "fit") & (table["of"] == "total") & (table["wape"] > scored.FAR_TOTAL)]
    named = {headline.observed: headline.label for headline in HEADLINES if headline.observed}
    said = [
        f"{named[row['series']]}: simulated months are {100 * row['wape']:.0f} percent off in the months that the "
        "model was fitted to; do not use their level, and read effects on them with great care."
        for row in table.to_dict("records")
        if row["series"] in named
    ]
    return [
        *said,
        "The field office through which people enter is drawn from the record's own shares, so it is not a result.",
    ]


def _untold(result: RunResult) -> list[str]:
    names = []
    for headline in first_five(result.world):
        paired = result.compare(measure=headline.measure, place=headline.place, freq="all")
        if len(paired) and float(paired.iloc[0]["low"]) <= 0 <= float(paired.iloc[0]["high"]):
            names.append(headline.label if headline.place else headline.label.lower())
    return names


def command(result: RunResult) -> str:
    """Return the command that runs this again."""
    config = result.config
    words = [f"scenario={config.get('scenario', result.scenario.name)}"]
    words += [f"{key}={config[key]}" for key in ("scale", "seeds", "start", "end") if config.get(key) is not None]
    words += ["assumed=false"] if config.get("assumed") is False else []
    words += [f"world={result.world}"] if result.world is not None else []
    for key in ("include", "exclude"):
        if config.get(key):
            words.append(f"{key}=[{','.join(config[key])}]")
    words += [f"behavior.{name}={value}" for name, value in (config.get("behavior") or {}).items()]
    words += [f"instrument.{key}={value}" for key, value in _flat(config.get("instrument") or {})]
    return "python -m ladsim " + " ".join(shlex.quote(one_line(word)) for word in words)


def _flat(nested: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in nested.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and not prefix.endswith(".terms"):
            found += _flat(value, name)
        else:
            found.append((name, value))
    return found


def _picture(result: RunResult, name: str) -> str:
    """Return a picture as a data address: the one of the results folder where there is one, else drawn now."""
    if result.folder is not None and (file := result.folder / "figures" / f"{name}.png").is_file():
        return _address(file.read_bytes())
    if (name == "fates" and result.changed_fates is None) or (
        name in ("difference", "map_of_differences") and result.reference is None
    ):
        return ""
    try:
        return _address(_drawn(result, name))
    except UserError:
        return ""


def _drawn(result: RunResult, name: str) -> bytes:
    from ladsim.report.plots import by_nationality_figures

    of = {key: (measure, place) for key, measure, place in by_nationality_figures(result.world)}
    measure, place = of.get(name, ("", None))
    figure: ReportFigure = result.plot.by_nationality(measure, place=place) if measure else getattr(result.plot, name)()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PICTURE_DPI, metadata={"Software": None})
    return buffer.getvalue()


def _address(data: bytes) -> str:
    """Return a picture as a data address, its colors reduced so that the page stays small."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").quantize(colors=COLORS).save(buffer, format="PNG", optimize=True)
    data = buffer.getvalue()
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
