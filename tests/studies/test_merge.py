"""Replicates of several folders put together, and what is not the same refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ladsim.core.errors import UserError
from ladsim.studies.merge import merge
from ladsim.studies.store import COLUMNS, Store


def monthly(value: int) -> pd.DataFrame:
    return pd.DataFrame([["2024-01", "deaths", "darien", "VEN", value]], columns=list(COLUMNS))


def folder(path: Path, held: dict[str, int]) -> Path:
    store = Store(path / "replicates")
    for key, value in held.items():
        store.keep(key * 32, monthly(value))
    return path


def test_replicates_of_all_folders_are_in_one(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "one", {"a": 1, "b": 2}), folder(tmp_path / "two", {"b": 2, "c": 3})
    assert merge([one, two], tmp_path / "all") == 3
    store = Store(tmp_path / "all" / "replicates")
    assert store.names() == ["a" * 32, "b" * 32, "c" * 32]
    assert store.file("c" * 32).read_bytes() == Store(two / "replicates").file("c" * 32).read_bytes()
    assert merge([one, two], tmp_path / "all") == 0, "a second time there is nothing new"


def test_a_replicate_cut_short_is_left_out(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", {"a": 1, "b": 2})
    file = Store(one / "replicates").file("a" * 32)
    file.write_bytes(file.read_bytes()[:50])
    assert merge([one], tmp_path / "all") == 1


def test_replicates_of_one_name_that_differ_are_refused(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "one", {"a": 1}), folder(tmp_path / "two", {"a": 2})
    with pytest.raises(UserError, match="not the same"):
        merge([one, two], tmp_path / "all")


def test_a_folder_without_replicates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no study to merge"):
        merge([tmp_path], tmp_path / "all")
    assert not list(tmp_path.rglob("*.part"))
