"""task=doctor: what it looks at, a tiny run, and what to do about a fault."""

from __future__ import annotations

import functools
from pathlib import Path

import fakes
import pytest

from ladsim.cli import doctor
from ladsim.core.errors import UserError
from ladsim.runs import ensemble


@pytest.fixture(autouse=True)
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    fake = functools.partial(ensemble.run_options, model=fakes.FakeModel)
    monkeypatch.setattr(ensemble, "run_options", fake)
    return tmp_path


def test_a_machine_that_is_well(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    doctor.print_health()
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    said = {line[4:26].strip(): line[28:] for line in lines}
    assert list(said)[-1] == "a tiny run"
    assert "numpy" in said["packages"]
    assert int(said["instruments"].split()[0]) > 60
    assert str(place) in said["results go to"]
    assert int(said["data"].split()[0]) > 20
    assert list(place.iterdir()) == []


def test_each_fault_says_what_to_do(
    capsys: pytest.CaptureFixture[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/nosuch")

    def broken(options: object) -> None:
        raise UserError("there is no world")

    monkeypatch.setattr(ensemble, "run_options", broken)
    with pytest.raises(SystemExit) as ended:
        doctor.print_health()
    assert ended.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    bad = [i for i, line in enumerate(lines) if line.startswith("BAD ")]
    assert [lines[i][4:26].strip() for i in bad] == ["cache of compiled code", "a tiny run"]
    assert "XDG_CACHE_HOME" in lines[bad[0] + 1]
    assert "there is no world" in lines[bad[1]]
    assert "report this message" in lines[bad[1] + 1]
