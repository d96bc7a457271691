"""Text of users is shown letter by letter, and every name becomes the name of a file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from rich.console import Console

from ladsim.cli.grammar import literal_values, quoted
from ladsim.core.text import NARROW, file_name, markup, one_line, plain

anything = st.text(max_size=40)
odd = st.text(alphabet="\\${}'\"[]ab:/ \x1b\u202e", max_size=14)


@given(anything | odd)
def test_nothing_that_is_shown_acts_on_a_terminal(text: str) -> None:
    made = plain(text)
    assert all(c in "\n\t" or c.isprintable() or c.isspace() for c in made)
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in made)
    assert "\x1b" not in made
    assert plain(made) == made
    assert "\n" not in one_line(text)
    assert len(one_line(text * 50)) <= 400


@given(odd)
def test_markup_is_shown_and_not_taken(text: str) -> None:
    console = Console(file=io.StringIO(), width=400, emoji=False, highlight=False)
    console.print(f"[bold]{markup(text)}[/bold]", end="")
    assert console.file.getvalue() == plain(text)  # type: ignore[attr-defined]


@given(anything | odd)
def test_every_name_is_that_of_a_file_in_its_folder(text: str) -> None:
    made = file_name(text)
    assert made
    assert "/" not in made
    assert not made.startswith(".")
    assert len(made.encode()) <= 100


def test_long_names_stay_apart() -> None:
    assert file_name("a" * 300) != file_name("a" * 301)


@given(anything)
def test_a_narrow_code_page_takes_everything(text: str) -> None:
    text.encode("ascii", errors=NARROW).decode("ascii")


def test_what_a_narrow_code_page_makes_of_signs() -> None:
    assert "3 ± 1 Darién, 5 − 2".encode("ascii", errors=NARROW) == b"3 +/- 1 Darien, 5 - 2"


@given(odd)
def test_a_quoted_value_means_itself_to_hydra(text: str) -> None:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    text = text.replace("\x1b", "x").replace("\u202e", "x")
    value = OverridesParser.create().parse_override(f"results_dir={quoted(text)}").value()
    assert OmegaConf.to_container(OmegaConf.create({"a": value}), resolve=True) == {"a": text}


@given(odd)
def test_text_of_a_scenario_file_is_not_interpolated(text: str) -> None:
    node = OmegaConf.create(literal_values({"title": text, "list": [text]}))
    assert OmegaConf.to_container(node, resolve=True) == {"title": text, "list": [text]}


@pytest.mark.parametrize("text", ["${oc.env:HOME}", "\\${x}", "\\\\${x}", "a\\"])
def test_interpolations_are_text(text: str) -> None:
    node = OmegaConf.create(literal_values({"title": text}))
    assert OmegaConf.to_container(node, resolve=True) == {"title": text}
