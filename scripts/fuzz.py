"""Random hostile input for the doors of ladsim: YAML files, command lines, results folders, calls from Python.

    python scripts/fuzz.py --minutes 60 [--door yaml|command|folder|call] [--seed N]

Hypothesis makes the input, starting from the corpus in tests/hostile/cases, and shrinks what it finds. A finding is any
exception but ladsim's own UserError, a traceback, an exit code other than 0 and 2, a file left behind after a mistake,
or a call that takes ten seconds of the processor. It is printed with the input that shows it; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import fakes  # noqa: E402
import yaml  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import ladsim  # noqa: E402
from ladsim.cli import app  # noqa: E402
from ladsim.core.errors import UserError  # noqa: E402
from ladsim.core.strict_yaml import parse_yaml, read_yaml  # noqa: E402
from ladsim.policy.scenario import load_scenario  # noqa: E402
from ladsim.results import schema  # noqa: E402
from ladsim.runs import ensemble  # noqa: E402

SECONDS = 10
ROUND = 200
"""Inputs of a door before the next door has its turn."""

CORPUS = [read_yaml(p)[0] for p in sorted((ROOT / "tests/hostile/cases").glob("*.yaml"))]
TEXTS = [t for case in CORPUS for t in case.get("files", {}).values() if isinstance(t, str) and len(t) < 3000]
WORDS = [w for case in CORPUS for w in case.get("argv", []) if isinstance(w, str) and len(w) < 200]
SCENARIO = "scenario: {name: x, title: t, question: q, start: 2023-01-01, end: 2023-02-01}\n"
KEYS = ["scenario", "scale", "seeds", "workers", "root_seed", "start", "end", "include", "exclude", "reference"]
KEYS += ["parameter_sets", "progress", "figures", "results_dir", "task", "lever", "behavior.credibility"]
KEYS += ["instrument.chnv_parole.terms.capacity", "instrument.chnv_parole.start", "hydra.run.dir", "calibration.runs"]

words = st.text(max_size=12) | st.sampled_from(
    ["null", "true", "1e308", ".nan", "-1", "2023-02-30", "${x}", "!!int", "&a", "*a"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.dates()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@st.composite
def mangled(draw: Any, texts: list[str]) -> str:
    """Return one of the texts with pieces cut out, repeated or put in."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        piece = draw(
            st.sampled_from(["", "[", "{", "]", "}", ":", "- ", "&a ", "*a", "\n", "'", '"', "!!", "=", ","]) | words
        )
        text = text[:a] + draw(st.sampled_from([piece, piece * 50, text[a:b] * 3])) + text[b:]
    return text


def door_yaml(folder: Path, data: Any) -> None:
    """Read a mangled YAML file, and a scenario from it."""
    text = data.draw(mangled([*TEXTS, SCENARIO]) | values.map(lambda v: yaml.safe_dump({"scenario": v})))
    with contextlib.suppress(UserError):
        parse_yaml(text, "x.yaml")
    file = folder / "x.yaml"
    file.write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(UserError):
        load_scenario(str(file))


def door_command(folder: Path, data: Any) -> None:
    """Run a command line of known and mangled words in an empty folder."""
    pair = st.tuples(st.sampled_from(KEYS), words | scalars.map(str) | mangled(WORDS)).map(
        lambda kv: f"{kv[0]}={kv[1]}"
    )
    flags = st.sampled_from(["-m", "--cfg", "job", "--info", "all", "--package", "--resolve", "--run", "--multirun"])
    argv = data.draw(st.lists(pair | flags | mangled(WORDS) | words, max_size=5))
    argv = [a.replace("\0", "") for a in argv]
    argv += ["scenario=history"] * data.draw(st.booleans())
    if data.draw(st.booleans()):
        argv += ["start=2023-01-01", "end=2023-01-31", "seeds=1", "workers=1", "figures=false"]
    if any(
        "task=score" in a or "task=calib" in a or "config-dir" in a or "=/" in a or "=~" in a or ".." in a for a in argv
    ):
        return
    before = sorted(folder.rglob("*"))
    out, err = io.StringIO(), io.StringIO()
    environment = dict(os.environ)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = app.main(argv)
    finally:
        os.environ.clear()
        os.environ.update(environment)
    told = err.getvalue()
    assert code in (0, 1, 2) if "task=doctor" in " ".join(argv) else code in (0, 2), (argv, code, told)
    assert "Traceback" not in told, (argv, told)
    assert "\x1b" not in told + out.getvalue(), argv
    if code == 2 and "-m" not in argv and "--multirun" not in argv:
        assert sorted(folder.rglob("*")) == before, (argv, told)


def door_folder(folder: Path, data: Any) -> None:
    """Load a results folder with one file changed, as it is and as an edited one."""
    place = folder / "run"
    shutil.copytree(saved(), place)
    name = data.draw(st.sampled_from(sorted(p.name for p in place.iterdir())))
    file = place / name
    kind = data.draw(st.sampled_from(["bytes", "manifest", "text"]))
    if kind == "manifest":
        manifest = json.loads((place / "manifest.json").read_text())
        for _ in range(data.draw(st.integers(1, 3))):
            key = data.draw(st.sampled_from(sorted(manifest)))
            part = manifest[key]
            if isinstance(part, dict) and part and data.draw(st.booleans()):
                part[data.draw(st.sampled_from(sorted(part)))] = data.draw(values.map(_json))
            else:
                manifest[key] = data.draw(values.map(_json))
        with contextlib.suppress(ValueError):
            (place / "manifest.json").write_text(json.dumps(schema.sealed(manifest)))
    elif kind == "bytes":
        content = bytearray(file.read_bytes())
        for _ in range(data.draw(st.integers(1, 5))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        file.write_bytes(
            bytes(content[: data.draw(st.integers(0, len(content)))]) if data.draw(st.booleans()) else bytes(content)
        )
    else:
        file.write_text(data.draw(mangled([*TEXTS, "{}", "[]"])), encoding="utf-8", errors="replace")
    for edited in (False, True):
        with contextlib.suppress(UserError):
            result = ladsim.load(place, allow_edited=edited)
            result.summary()
            if result.reference is not None:
                result.compare()


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def door_call(folder: Path, data: Any) -> None:
    """Call ladsim.run with arguments of any type."""
    names = [
        "start",
        "end",
        "scale",
        "seeds",
        "root_seed",
        "overrides",
        "include",
        "exclude",
        "reference",
        "parameter_sets",
    ]
    asked = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=4))
    if isinstance(asked.get("seeds"), int) and asked["seeds"] > 3:
        asked["seeds"] = 3
    whole = {"start": "2023-01-01", "end": "2023-01-31", "seeds": 1, "workers": 1, "progress": False}
    with contextlib.suppress(UserError):
        ladsim.run(
            data.draw(st.sampled_from(["history", "baseline"]) | values), **{**whole, **asked}, model=fakes.FakeModel
        )


_saved: list[Path] = []


def saved() -> Path:
    """Return a results folder that is whole."""
    if not _saved:
        more = {"end": "2023-02-28", "seeds": (11, 22)}
        result = fakes.result("what_if", effect=-0.2, reference=fakes.result("baseline", **more), **more)
        _saved.append(result.save(Path(tempfile.mkdtemp(prefix="ladsim-fuzz-")) / "run", figures=False))
    return _saved[0]


DOORS: dict[str, Callable[[Path, Any], None]] = {
    "yaml": door_yaml,
    "command": door_command,
    "folder": door_folder,
    "call": door_call,
}


def try_door(name: str, number: int) -> None:
    """Put a round of inputs to one door."""

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def put(data: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="ladsim-fuzz-") as place:
            here = Path.cwd()
            os.chdir(place)
            begun = time.process_time()
            try:
                DOORS[name](Path(place), data)
            finally:
                os.chdir(here)
            assert time.process_time() - begun < SECONDS, "too slow"

    put()


def main() -> int:
    """Fuzz until the time is over or something is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--door", choices=sorted(DOORS))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    run_options = ensemble.run_options
    ensemble.run_options = lambda *a, **k: run_options(*a, **{**k, "model": fakes.FakeModel})  # type: ignore[assignment]
    end, number, tried = time.monotonic() + 60 * asked.minutes, asked.seed, 0
    try:
        while time.monotonic() < end:
            for name in [asked.door] if asked.door else DOORS:
                try_door(name, number)
                tried += ROUND
                if time.monotonic() > end:
                    break
            number += 1
            print(f"{tried:,} inputs, nothing found; next seed {number}", flush=True)
    finally:
        for place in _saved:
            shutil.rmtree(place.parent, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
