"""The scripts that derive numbers of instruments run, and print what the instruments hold."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import derive_expulsions
import derive_walk_ins
import fit_dispositions


def test_walk_ins_are_printed_by_period(capsys: pytest.CaptureFixture[str]) -> None:
    assert derive_walk_ins.main() == 0
    text = capsys.readouterr().out
    assert "walk_in_per_day:\n  2021-01-01: {CHN: 0.2, COL: 1," in text
    assert text.count("2023-06-01: {") == 2


def test_expulsions_are_printed_by_period(capsys: pytest.CaptureFixture[str]) -> None:
    assert derive_expulsions.main() == 0
    text = capsys.readouterr().out
    assert "MEX: 0.96" in text
    assert "BRA: 0.4" in text
    assert "VEN" not in text


def test_a_share_of_families_is_the_ratio_of_that_of_adults() -> None:
    adults, families = (derive_expulsions.derive(t, "2021-07..2021-09", "0.35") for t in derive_expulsions.PARTIES)
    for code in ("HTI", "COL", "default"):
        assert families[code] == pytest.approx(0.35 * adults[code])
    assert set(derive_expulsions.BY_PARTY) < set(adults)


def test_the_fit_of_dispositions_runs() -> None:
    book = fit_dispositions.Book()
    zeros = np.zeros(len(book.codes))
    released = book.predicted(zeros, zeros, "2022-03")
    assert released.shape == (len(book.codes),)
    assert np.isfinite(released).all()
    assert (released >= 0.0).all()
    assert released.sum() > 0.0
