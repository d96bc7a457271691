"""Write requirements.lock and requirements-test.lock: exact pins, with hashes, of what pyproject.toml needs.

The versions are those that are installed here.

Run it in the environment whose versions are to be pinned: ``make lock``. The hashes are those of every file that PyPI
offers for a version, so that one lock holds for every system; ``pip install --require-hashes`` takes nothing else.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BUILD = ["hatchling", "editables"]
"""What installs ladsim itself, so that `pip install --no-build-isolation` needs nothing else."""
HEAD = "# Exact pins with hashes, written by scripts/lock.py from pyproject.toml; do not edit.\n"


def closure(wanted: list[str]) -> dict[str, str]:
    """Return name -> version of the requirements and of everything that they need here.

    Args:
        wanted: Requirements as in pyproject.toml.

    Raises:
        SystemExit: One of them is not installed.
    """
    found: dict[str, str] = {}
    stack = [(Requirement(text), "") for text in wanted]
    seen: set[tuple[str, str]] = set()
    while stack:
        requirement, extra = stack.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name == "ladsim":
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is not installed here; install it first") from None
        found[name] = installed.version
        for wanted_extra in ("", *requirement.extras):
            if (name, wanted_extra) in seen:
                continue
            seen.add((name, wanted_extra))
            stack += [(Requirement(text), wanted_extra) for text in installed.requires or []]
    return found


def text_of(pins: dict[str, str], compiled: Callable[[str], str] | None = None) -> str:
    """Return one lock file: a pin with its hashes for each package, in order of names.

    Args:
        pins: Name -> version.
        compiled: What adds the hashes to plain pins; uv by default.

    Raises:
        SystemExit: A package is left without hashes.
    """
    plain = "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
    text = (compiled or with_hashes)(plain)
    for name, version in pins.items():
        if not re.search(rf"^{re.escape(name)}=={re.escape(version)} \\\n    --hash=sha256:[0-9a-f]{{64}}", text, re.M):
            raise SystemExit(f"no hash was found for {name}=={version}")
    return HEAD + text


def with_hashes(plain: str) -> str:
    """Return pins with the hashes of every file that PyPI offers for them, asked for by uv.

    Raises:
        SystemExit: uv is not installed, or cannot reach PyPI.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "pins.in"
        wanted.write_text(plain, encoding="utf-8")
        command = ["uv", "pip", "compile", "--quiet", "--no-deps", "--generate-hashes", "--no-header", "--no-annotate"]
        try:
            done = subprocess.run([*command, str(wanted)], capture_output=True, text=True, check=True)
        except FileNotFoundError:
            raise SystemExit("uv is not installed here: pip install 'ladsim[lock]'") from None
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"uv cannot find the hashes: {error.stderr.strip()}") from None
    return done.stdout


def main() -> None:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = closure([*project["dependencies"], *BUILD])
    extras = project["optional-dependencies"]
    test = closure([text for name in ("test", "notebooks", "docs", "office") for text in extras[name]])
    write(ROOT / "requirements.lock", run)
    write(ROOT / "requirements-test.lock", {name: v for name, v in test.items() if name not in run})


def write(path: Path, pins: dict[str, str]) -> None:
    """Write one file of pins."""
    path.write_text(text_of(pins), encoding="utf-8")
    print(f"{path.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
