"""Titles in any script are drawn, or written as codes; matplotlib has nothing to warn about."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import fakes
import pytest
from matplotlib.text import Text

from ladsim.report import letters, style
from ladsim.results.run_result import RunResult

TITLES = {
    "Chinese": "如果边境墙关闭会怎样",
    "Arabic": "ماذا لو أغلقت الحدود",
    "emoji": "What if 🧱 were 🚧 built?",
    "Hindi": "अगर सीमा बंद हो",
    "Amharic": "ድንበሩ ቢዘጋ",
    "musical": "𝄞 and 𐍈 and \U000e0041",
}


def titled(title: str) -> RunResult:
    result = fakes.pair(start="2023-07-01", end="2023-12-31", since="2023-10")
    return replace(result, scenario=replace(result.scenario, title=title))


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_no_figure_warns_and_no_letter_is_lost(title: str, tmp_path: Path) -> None:
    result = titled(title)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i, draw in enumerate((result.plot.against_observed, result.plot.difference, result.plot.map)):
            figure = draw()
            figure.savefig(tmp_path / f"{i}.png")
            figure.savefig(tmp_path / f"{i}.svg")
    shown = "".join(t.get_text() for t in figure.findobj(Text)).replace("\n", "").replace(" ", "")
    assert letters.drawable(title.replace(" ", "")) in shown or "\\U000e0041" in shown


def test_letters_of_the_house_stay_as_they_are() -> None:
    for text in ("Darién: 5 ± 3 × 2 → “quoted” …", "Ελλάδα", "Привет", "Ünïcødé ñ ł ş ğ"):
        assert letters.drawable(text) == text
        assert letters.families_for(text) == [letters.FAMILY]


def test_a_letter_that_no_font_has_is_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_family_of", lambda letter: letters.FAMILY if letter < "\u3000" else "")
    assert letters.drawable("wall 墙 🧱") == "wall \\u5899 \\U0001f9f1"


def test_a_word_wider_than_the_figure_is_broken() -> None:
    lines = style.wrap("x" * 400, 5.0, size=12.5, weight="bold")
    assert len(lines) > 5
    assert "".join(lines) == "x" * 400
    assert max(map(len, lines)) < 80
