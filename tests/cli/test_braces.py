"""A key that stands twice in one mapping of a value is found, whatever stands around it."""

from __future__ import annotations

import pytest

from ladsim.cli.braces import key_given_twice


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{a: 1, a: 2}", "a"),
        ("{2023-02-01:1,2023-02-01:2}", "2023-02-01"),
        ("{a: {b: 1, b: 2}}", "b"),
        ("{'a': 1, a: 2}", "a"),
        ("[{a: 1}, {a: 1, a: 3}]", "a"),
        ("{a: {b: 1}, c: [1, 2], a: 5}", "a"),
        ("{a: 1, b: 2}", None),
        ("{a: {a: 1}}", None),
        ("[{a: 1}, {a: 1}]", None),
        ("{a: 'a: 1, a: 2'}", None),
        ("{a: \"it\\\"s, a: 1\", b: 2}", None),
        ("[a, a]", None),
        ("a:b,a:b", None),
        ("{}", None),
    ],
)  # fmt: skip
def test_a_key_that_stands_twice(text: str, key: str | None) -> None:
    assert key_given_twice(text) == key
