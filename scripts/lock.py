"""Write requirements.lock and requirements-test.lock: exact pins of what pyproject.toml needs, as installed here.

Run it in the environment whose versions are to be pinned: ``.venv/bin/python scripts/lock.py``.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BUILD = ["hatchling", "editables"]
"""What installs ladsim itself, so that `pip install --no-build-isolation` needs nothing else."""
HEAD = "# Exact pins, written by scripts/lock.py from pyproject.toml; do not edit.\n"


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


def main() -> None:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = closure([*project["dependencies"], *BUILD])
    extras = project["optional-dependencies"]
    test = closure([text for name in ("test", "notebooks") for text in extras[name]])
    write(ROOT / "requirements.lock", run)
    write(ROOT / "requirements-test.lock", {name: v for name, v in test.items() if name not in run})


def write(path: Path, pins: dict[str, str]) -> None:
    """Write one file of pins."""
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"{path.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
