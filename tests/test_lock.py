"""The pins carry hashes, the bill of materials lists them all, and what is published runs from an empty folder."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
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
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], "hatchling", *(r for e in ("test", "docs", "office") for r in extras[e])]
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


PROBE = """
import os, re, sys
from importlib.metadata import packages_distributions
pinned = {*os.environ["PINNED"].split(), "ladsim", "setuptools"}
for module, names in packages_distributions().items():
    if not pinned & {re.sub("[-_.]+", "-", name).lower() for name in names}:
        sys.modules[module] = None
from ladsim.cli.app import main
sys.exit(main(sys.argv[1:]))
"""
"""Runs the main job where only pinned distributions can be imported."""


@pytest.mark.slow
def test_what_is_published_runs_the_main_job_from_an_empty_folder(tmp_path: Path) -> None:
    """A sdist, the wheel built from it, a fresh environment, an empty folder.

    The dependencies are those of this environment, found through a .pth file; those that are not
    pinned cannot be imported.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"NUMBA_OPT": "1"}
    environment["PINNED"] = " ".join(n for n, _, _ in script("sbom").pins((ROOT / "requirements.lock").read_text()))

    def call(*command: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=900, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path / "dist", cwd=ROOT)
    (sdist,) = (tmp_path / "dist").glob("ladsim-*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", cwd=source)
    (wheel,) = (tmp_path / "dist").glob("ladsim-*.whl")

    venv.create(tmp_path / "fresh", symlinks=True)
    python = tmp_path / "fresh" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    call(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    empty = tmp_path / "empty"
    empty.mkdir()
    words = ("scenario=panama_removal", "start=2023-01-01", "end=2023-01-31", "scale=50000", "seeds=1", "workers=1")
    printed = call(python, "-c", PROBE, *words, "figures=false", cwd=empty)
    assert " are in results" in printed
    (folder,) = (empty / "results" / "panama_removal").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"]["monthly.parquet"] > 0
    assert manifest["git"] is None
