"""The pins carry hashes, the bill of materials lists them all, and a built wheel runs from an empty folder."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-test.lock")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_its_hashes(name: str) -> None:
    found = script("sbom").pins((ROOT / name).read_text())
    assert len(found) > 10
    for package, version, hashes in found:
        assert version, package
        assert hashes, package
        assert len(set(hashes)) == len(hashes), package


def test_the_locks_pin_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {name: version for lock in LOCKS for name, version, _ in script("sbom").pins((ROOT / lock).read_text())}
    wanted = [*project["dependencies"], "hatchling", *project["optional-dependencies"]["test"]]
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not pinned: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_make_installs_nothing_without_a_hash() -> None:
    for line in (ROOT / "Makefile").read_text().splitlines():
        if "pip install" in line and ".lock" in line:
            assert "--require-hashes" in line


def test_a_package_without_hashes_is_refused() -> None:
    lock = script("lock")
    whole = "a==1 \\\n    --hash=sha256:" + 64 * "0" + "\n"
    assert lock.text_of({"a": "1"}, lambda plain: whole).endswith(whole)
    with pytest.raises(SystemExit, match="no hash was found for b==2"):
        lock.text_of({"a": "1", "b": "2"}, lambda plain: whole + "b==2\n")


def test_the_bill_of_materials_lists_every_pin() -> None:
    made = script("sbom").bill(ROOT / "requirements.lock", "1")
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    pinned = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert [(c["name"], c["version"]) for c in made["components"]] == pinned
    numpy = next(c for c in made["components"] if c["name"] == "numpy")
    assert numpy["purl"].startswith("pkg:pypi/numpy@")
    assert all(len(h["content"]) == 64 for h in numpy["externalReferences"][0]["hashes"])
    assert json.dumps(made) == json.dumps(script("sbom").bill(ROOT / "requirements.lock", "1"))


@pytest.mark.slow
def test_a_built_wheel_runs_the_main_job_from_an_empty_folder(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"NUMBA_OPT": "1"}

    def call(*command: str, cwd: Path = tmp_path, **more: str) -> str:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=900, env={**environment, **more}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path / "dist"), str(ROOT))
    (wheel,) = (tmp_path / "dist").glob("ladsim-*.whl")
    call(*pip, "install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel))
    empty = tmp_path / "empty"
    empty.mkdir()
    words = ("scenario=panama_removal", "start=2023-01-01", "end=2023-01-31", "scale=50000", "seeds=1", "workers=1")
    printed = call(
        sys.executable, "-m", "ladsim", *words, "figures=false", cwd=empty, PYTHONPATH=str(tmp_path / "site")
    )
    assert " are in results" in printed
    (folder,) = (empty / "results" / "panama_removal").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"]["monthly.parquet"] > 0
    assert manifest["git"] is None
