"""Reading the project's own YAML files that are plain mappings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ladsim.core.errors import UserError


def read_mapping(path: Path, what: str, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return a YAML file as a mapping.

    Args:
        path: the file.
        what: what stands in it, for messages.
        keys: keys that must be there.

    Raises:
        UserError: the file cannot be read, is no mapping, or lacks a key.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"cannot read {what}: {error}", file=path) from error
    if not isinstance(loaded, dict):
        raise UserError(f"{what}: not a mapping", file=path, expected="key: value")
    for key in keys:
        if key not in loaded:
            raise UserError(f"{what}: a key is lacking", file=path, key=key)
    return loaded
