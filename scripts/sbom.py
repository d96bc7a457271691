"""Write a software bill of materials (CycloneDX 1.5, JSON) of what requirements.lock pins: ``make sbom``.

It lists every package with its version, its package URL, its license as its own metadata tell it where it is installed
here, and the SHA-256 of the files that the lock takes. Two runs over one lock give the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<hash>[0-9a-f]{64})")


def pins(text: str) -> list[tuple[str, str, list[str]]]:
    """Return (name, version, hashes) for each package of a lock file's text."""
    found: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        if pin := _PIN.match(line):
            found.append((pin["name"], pin["version"], []))
        if found:
            found[-1][2].extend(_HASH.findall(line))
    return found


def license_of(name: str) -> str:
    """Return the license that an installed package names, or a blank."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    return str(told.get("License-Expression") or (told.get("License") or "").split("\n")[0])[:100]


def component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    """Return a package as CycloneDX tells it."""
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
    }
    if told := license_of(name):
        made["licenses"] = [{"license": {"name": told}}]
    if hashes:
        made["externalReferences"] = [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{name}/{version}/#files",
                "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
            }
        ]
    return made


def bill(lock: Path, version: str) -> dict[str, Any]:
    """Return the bill of materials of a lock file."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "ladsim", "version": version}},
        "components": [component(*pin) for pin in pins(lock.read_text(encoding="utf-8"))],
    }


def main() -> None:
    """Print the bill of requirements.lock, or write it to the file that is named."""
    told = (ROOT / "ladsim" / "core" / "version.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "(.*)"', told)
    assert version is not None
    text = json.dumps(bill(ROOT / "requirements.lock", version[1]), indent=2) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
