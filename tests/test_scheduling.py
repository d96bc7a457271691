"""Groups of tests that share a run stay together, and each named file is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist")
import scheduling

ROOT = Path(__file__).parents[1]


def test_a_test_is_in_the_group_that_its_id_names_or_in_that_of_its_file() -> None:
    assert (
        scheduling.group_of("tests/policy/test_cases.py::test_a[chnv_parole@cases_2022-08-15]") == "@cases_2022-08-15"
    )
    assert scheduling.group_of("tests/policy/test_substitution.py::test_b[@cases_2022-08-15]") == "@cases_2022-08-15"
    for name in ("test_c", "test_c[a::b]", "test_c[a@b.org]", "TestC::test_d[cases_1]"):
        assert scheduling.group_of(f"tests/x/test_c.py::{name}") == "tests/x/test_c.py"


def test_what_takes_long_is_there_and_comes_first() -> None:
    assert [file for file in scheduling.SECONDS if not (ROOT / file).is_file()] == []
    assert scheduling.seconds_of("tests/test_pages.py", 1) > scheduling.seconds_of("@cases_1", 5)
    assert scheduling.seconds_of("@cases_1", 5) > scheduling.seconds_of("tests/x/test_c.py", 5)


def test_groups_are_given_out_whole(tmp_path: Path) -> None:
    """Three tests in each of two files, two of them of a group of the other file: every group is run by one process."""
    (tmp_path / "conftest.py").write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r})\n"
        "from scheduling import LongestFirst\n"
        "def pytest_xdist_make_scheduler(config, log): return LongestFirst(config, log)\n"
    )
    for file in ("test_one", "test_two"):
        (tmp_path / f"{file}.py").write_text(
            "import os, pathlib, pytest\n"
            "@pytest.mark.parametrize('x', ['1@cases_a', '2@cases_b', 'other'])\n"
            "def test_x(x):\n"
            f"    pathlib.Path(__file__).with_name('{file} ' + x).write_text(os.environ['PYTEST_XDIST_WORKER'])\n"
        )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    words = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadscope", "-p", "no:cacheprovider", "."]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert "6 passed" in done.stdout, done.stdout
    for name in ("1@cases_a", "2@cases_b"):
        assert len({(tmp_path / f"{file} {name}").read_text() for file in ("test_one", "test_two")}) == 1
