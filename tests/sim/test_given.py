"""Arguments of LadModel that are of another kind than its docstring says."""

from __future__ import annotations

from typing import Any

import pytest

from ladsim import LadModel
from ladsim.core.errors import UserError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pathways", "chnv_parole"),
        ("pathways", [1]),
        ("pathways", 5),
        ("familiarity", 5),
        ("wishes", [1, 2]),
        ("follow_fates", 7),
        ("follow_fates", "no"),
    ],
)
def test_another_kind_is_refused(key: str, value: Any) -> None:
    with pytest.raises(UserError) as caught:
        LadModel("history", seed=1, scale=5000, **{key: value})
    assert caught.value.key == key
    assert caught.value.expected
