"""What a model is given from Python is of the right kind, or the model is not made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ladsim.core.errors import UserError


def check_given(*, wishes: Any, familiarity: Any, pathways: Any, follow_fates: Any) -> None:
    """Raise a UserError for an argument of LadModel that is of another kind than its docstring says."""
    for key, value in (("wishes", wishes), ("familiarity", familiarity)):
        if value is not None and not isinstance(value, Mapping):
            raise UserError(
                "not a mapping", key=key, value=value, expected=f"a mapping like the world's {key}, or None"
            )
    named = (
        isinstance(pathways, Sequence) and not isinstance(pathways, str) and all(isinstance(p, str) for p in pathways)
    )
    if pathways is not None and not named:
        expected = "a list of ids of lawful pathways, such as ['chnv_parole'], or None"
        raise UserError("not a list of pathways", key="pathways", value=pathways, expected=expected)
    if follow_fates is not None and not isinstance(follow_fates, bool):
        raise UserError("neither yes nor no", key="follow_fates", value=follow_fates, expected="True, False or None")
