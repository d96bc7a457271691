"""A study under bad conditions: one message or a clean retry, and never a wrong or a half result."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.studies import bundles, plan, saved, store
from ladsim.studies.design import design, read_design
from ladsim.studies.saved import save
from ladsim.studies.store import COLUMNS, Store
from ladsim.studies.study import Study, study

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
TOLD: dict[str, Any] = {
    "name": "faults",
    "scenario": "panama_removal",
    "start": "2024-08-01",
    "end": "2024-09-30",
    "scale": 5000,
    "seeds": 2,
    "factors": {REMOVALS: [0, 90]},
}
FILE = f"""study:
  name: faults
  scenario: panama_removal
  start: 2024-08-01
  end: 2024-09-30
  scale: 5000
  seeds: 2
  factors:
    {REMOVALS}: [0, 90]
"""
ROWS = pd.DataFrame([["2024-01", "deaths", "darien", "VEN", 4]], columns=list(COLUMNS))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(design(TOLD), folder=tmp_path_factory.mktemp("whole"), workers=1)


@pytest.fixture
def made(whole: Study, tmp_path: Path) -> Path:
    """Return the folder of a finished study, which a test may spoil."""
    return Path(shutil.copytree(whole.store.folder.parent, tmp_path / "made"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*.parquet"))}


def again(folder: Path) -> Study:
    return study(design(TOLD), folder=folder, workers=1)


def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that takes the names of the replicates that are kept from now on."""
    names: list[str] = []
    own = Store.keep
    monkeypatch.setattr(Store, "keep", lambda self, key, table: (names.append(key), own(self, key, table)))
    return names


def test_a_replicate_cut_short_or_damaged_or_of_another_name_is_made_anew(
    made: Path, whole: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three, four = sorted((made / "replicates").glob("??/*.parquet"))[:4]
    before = bytes_of(made)
    one.write_bytes(one.read_bytes()[: one.stat().st_size // 2])
    damaged = bytearray(two.read_bytes())
    damaged[200] ^= 0xFF
    two.write_bytes(damaged)
    shutil.copy(four, three)
    names = kept(monkeypatch)
    found = again(made)
    assert sorted(names) == sorted(file.stem for file in (one, two, three))
    pd.testing.assert_frame_equal(found.table("M"), whole.table("M"))
    assert bytes_of(made) == before


def test_no_byte_of_a_replicate_can_change_unseen(tmp_path: Path) -> None:
    ours = Store(tmp_path)
    ours.keep("ab" * 16, ROWS)
    file = ours.file("ab" * 16)
    sound = file.read_bytes()
    wrong = []
    for place in range(0, len(sound), 13):
        changed = bytearray(sound)
        changed[place] ^= 0x01
        file.write_bytes(changed)
        table = ours.read("ab" * 16)
        if table is not None and not table.equals(ROWS):
            wrong.append(place)
    assert wrong == []


def test_replicates_of_another_version_are_not_used(made: Path, whole: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plan, bundles, store):
        monkeypatch.setattr(module, "made_from", lambda: "another version")
    names = kept(monkeypatch)
    found = again(made)
    assert len(names) == 6
    assert not {one for keys in found.keys for pair in keys for one in pair} & {
        one for keys in whole.keys for pair in keys for one in pair
    }


def test_a_full_disk_is_one_message_and_what_is_finished_is_kept(
    tmp_path: Path, whole: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, calls = store.pq.write_table, []

    def full(table: Any, path: Any, **more: Any) -> None:
        calls.append(path)
        if len(calls) == 3:
            Path(path).write_bytes(b"PAR1 half")
            raise OSError(errno.ENOSPC, "No space left on device")
        own(table, path, **more)

    monkeypatch.setattr(store.pq, "write_table", full)
    with pytest.raises(UserError, match="No space left on device"):
        again(tmp_path)
    assert len(list(tmp_path.rglob("*"))) == 1 + 2 * 2 + 1, "two replicates, their folders, and an empty one"
    found = again(tmp_path)
    assert len(calls) == 3 + 4, "only what was not finished is made"
    pd.testing.assert_frame_equal(found.table("M"), whole.table("M"))


def test_tables_that_cannot_be_written_are_one_message(
    made: Path, whole: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made / "faults").write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="tables cannot be written"):
        whole.save(made / "faults")
    where = whole.save(made / "there")
    before = bytes_of(where)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(UserError, match="No space left on device"):
        whole.save(where)
    assert bytes_of(where) == before
    assert not list(where.glob(".*"))


def test_what_a_killed_process_left_half_written_is_removed(made: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    prefix = saved.owned_prefix("ab").rpartition("-")[0].rpartition("-")[0]
    left = next((made / "replicates").glob("??")) / f"{prefix}-{ended.pid}-x"
    left.mkdir()
    (left / "half.parquet").write_bytes(b"PAR1")
    claim = made / "replicates" / "ab.claim"
    claim.touch()
    held = Store(made / "replicates")
    with held.claimed("cd", wait=False):
        again(made)
        assert (made / "replicates" / "cd.claim").exists(), "somebody holds it"
    assert not left.exists()
    assert not claim.exists()


def test_tables_written_by_several_processes_at_once_are_whole(tmp_path: Path) -> None:
    tables = {f"t{i}": pd.DataFrame({"x": range(2000)}) for i in range(3)}
    errors: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(10):
                save(tmp_path, tables)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / f"{name}.csv"), table)


def test_a_name_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    one, two = Store(tmp_path), Store(tmp_path)
    order: list[str] = []
    with one.claimed("a", wait=False) as ours:
        assert ours
        with two.claimed("a", wait=False) as theirs:
            assert not theirs
        with two.claimed("b", wait=False) as other:
            assert other

        def waiting() -> None:
            with two.claimed("a", wait=True) as held:
                order.append(f"second {held}")

        thread = threading.Thread(target=waiting)
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive(), "it waits"
        order.append("first")
    thread.join(timeout=20)
    assert order == ["first", "second True"]
    assert not list(tmp_path.iterdir())


WORKER = """
import sys
from pathlib import Path
from ladsim.studies.store import Store
from ladsim.studies.design import read_design
from ladsim.studies.study import study
own, log = Store.keep, Path(sys.argv[2])
def keep(self, key, table):
    own(self, key, table)
    with log.open("a") as file:
        print(key, file=file)
Store.keep = keep
study(read_design(sys.argv[1]), folder=sys.argv[3], workers=1).save(Path(sys.argv[3]) / "faults")
"""


@pytest.mark.slow
def test_two_processes_on_one_study_share_the_work(tmp_path: Path, whole: Study) -> None:
    file, log = tmp_path / "faults.yaml", tmp_path / "log"
    file.write_text(FILE, encoding="utf-8")
    words = [sys.executable, "-c", WORKER, str(file), str(log), str(tmp_path / "both")]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        assert err == ""
    names = log.read_text().split()
    assert sorted(names) == sorted(set(names)) == whole.store.names(), "no replicate is made twice"
    assert bytes_of(tmp_path / "both" / "replicates") == bytes_of(whole.store.folder)
    assert not list((tmp_path / "both").rglob("*.claim"))


FULL = """
set -e
mount -t tmpfs -o size=40k tmpfs "$1"
run() { "$2" -m ladsim task=study study="$3" results_dir="$1" workers=1 && echo "code 0" || echo "code $?"; }
run "$@"
mount -o remount,size=20m "$1"
run "$@"
mount -o remount,ro "$1"
run "$@"
"""


@pytest.mark.slow
def test_a_disk_that_is_full_and_then_read_only(tmp_path: Path) -> None:
    words = ["unshare", "--mount", "--map-root-user"]
    place, file = tmp_path / "disk", tmp_path / "faults.yaml"
    place.mkdir()
    probe = [*words, "mount", "-t", "tmpfs", "tmpfs", str(place)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    file.write_text(FILE, encoding="utf-8")
    done = subprocess.run(
        [*words, "sh", "-c", FULL, "sh", str(place), sys.executable, str(file)], capture_output=True, text=True
    )
    said = done.stdout.splitlines()
    assert [line for line in said if line.startswith("code")] == ["code 2", "code 0", "code 2"], done.stderr
    assert done.stderr.count("No space left on device") == 1
    assert done.stderr.count("Read-only file system") == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("ladsim:") == 2


def test_a_value_out_of_its_range_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "faults.yaml"
    for text, told in (
        (FILE.replace("[0, 90]", "[0, -1]"), "out of bounds"),
        (FILE.replace(REMOVALS, "behavior.credibility").replace("[0, 90]", "[0.5, 40]"), "outside its range"),
    ):
        file.write_text(text, encoding="utf-8")
        assert app.main(["task=study", f"study={file}", f"results_dir={tmp_path / 'r'}"]) == 2
        said = capsys.readouterr().err
        assert told in said
        assert "faults.yaml:9" in said
        assert not (tmp_path / "r").exists()


def test_what_the_command_line_gets_wrong_is_not_put_on_the_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(FILE, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_design(file, scale=-4)
    assert caught.value.file is None
