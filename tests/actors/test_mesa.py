"""Mesa's own tests, of the installed version, on a LadModel; what is refused is named in mesa_tests.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mesa_adapter
import pytest
from mesa_adapter import ACCOUNT, AGENTS, adapted, fixed_set, module, own_tests, sources

from ladsim.actors.face import Everybody, MigrantSet

TESTS: dict[str, dict[str, dict[str, str]]] = ACCOUNT["tests"]
ROOT = Path(__file__).parents[2]
EACH = [(file, name, kind) for file, tests in TESTS.items() for name in tests for kind in AGENTS]


@pytest.mark.parametrize(("file", "name", "kind"), EACH, ids=["-".join(e) for e in EACH])
def test_mesas_own(file: str, name: str, kind: str) -> None:
    """A test passes on at least one model, or does not for the reason that is named."""
    run = own_tests(module(file, kind))[name]
    refused = TESTS[file][name].get(kind)
    with adapted(name) as models:
        if refused is None:
            run()
            assert models, "the test made no model, so that it says nothing of ladsim"
        elif refused == "no_model":
            run()
            assert not models
        else:
            with pytest.raises((AssertionError, AttributeError, KeyError, TypeError, pytest.fail.Exception)):
                run()


def test_every_test_of_mesa_is_in_the_account() -> None:
    others = {file for files in ACCOUNT["not_run"].values() for file in files}
    assert set(sources()) == set(TESTS) | others
    assert not set(TESTS) & others
    for file, tests in TESTS.items():
        assert list(own_tests(module(file, "actors"))) == list(tests), file


def test_reasons_are_named_and_used() -> None:
    used = {reason for tests in TESTS.values() for refused in tests.values() for reason in refused.values()}
    assert used == set(ACCOUNT["reasons"])
    assert all(set(refused) <= set(AGENTS) for tests in TESTS.values() for refused in tests.values())


def test_the_page_for_mesa_users_names_what_is_refused() -> None:
    page = (ROOT / "docs" / "mesa.md").read_text(encoding="utf-8")
    for file, tests in TESTS.items():
        assert f"`{file}`" in page
        for name, refused in tests.items():
            assert (f"`{name.split('.')[-1]}`" in page) == bool(refused), name
    runs = [refused.get(kind) for tests in TESTS.values() for refused in tests.values() for kind in AGENTS]
    assert f"{runs.count(None)} of {len(runs)} runs" in page


def test_the_pinned_version_is_that_of_the_lock() -> None:
    assert f"\nmesa=={ACCOUNT['version']} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", AGENTS)
def test_sets_of_the_adapter_are_sets_of_the_face(kind: str) -> None:
    with adapted():
        model = mesa_adapter.AdaptedModel(seed=1)
        made = fixed_set(AGENTS[kind](model) for _ in range(6))
        kinds: dict[str, Any] = {"actors": Everybody, "migrants": MigrantSet, "mixed": Everybody}
        assert type(made) is kinds[kind]
        assert type(model.agents) is Everybody
        assert len(model.population) == {"actors": 0, "migrants": 6, "mixed": 4}[kind]
        assert made.get("unique_id") == [1, 2, 3, 4, 5, 6]
