"""Reading the project's own YAML files that are plain mappings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ladsim.core.errors import UserError, close_matches
from ladsim.core.limits import HAND_WRITTEN, Limits, read_text
from ladsim.core.strict_yaml import Where, parse_yaml


def read_mapping(path: Path, what: str, keys: Sequence[str] = (), *, limits: Limits = HAND_WRITTEN) -> dict[str, Any]:
    """Return a YAML file as a mapping, read as strictly as a scenario.

    Args:
        path: The file.
        what: What the file holds, for messages.
        keys: Keys that must be there.
        limits: How large it may be.

    Raises:
        UserError: The file cannot be read, is not a mapping, gives a key twice, or lacks a key.
    """
    return read_mapping_at(path, what, keys, limits=limits)[0]


def read_mapping_at(
    path: Path, what: str, keys: Sequence[str] = (), *, limits: Limits = HAND_WRITTEN
) -> tuple[dict[str, Any], Where]:
    """Return a YAML file as a mapping, and where each of its keys stands; otherwise as `read_mapping`."""
    parsed, where = parse_yaml(read_text(path, limits), str(path), limits)
    loaded: dict[str, Any] = {str(key): value for key, value in parsed.items()}
    if not loaded:
        raise UserError(f"{what}: the file is empty", file=path, expected="key: value")
    for key in keys:
        if key not in loaded:
            raise UserError(f"{what}: a key is missing", file=path, key=key, expected=close_matches(key, loaded))
    return loaded, where
