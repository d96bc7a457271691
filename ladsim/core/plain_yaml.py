"""Reading the project's own YAML files that are plain mappings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ladsim.core.errors import UserError
from ladsim.core.limits import HAND_WRITTEN, Limits, check_yaml, read_text
from ladsim.core.strict_yaml import UNBUILDABLE


def read_mapping(path: Path, what: str, keys: Sequence[str] = (), *, limits: Limits = HAND_WRITTEN) -> dict[str, Any]:
    """Return a YAML file as a mapping.

    Args:
        path: the file.
        what: what stands in it, for messages.
        keys: keys that must be there.
        limits: how large it may be.

    Raises:
        UserError: the file cannot be read, is no mapping, or lacks a key.
    """
    try:
        text = read_text(path, limits)
        check_yaml(text, str(path), limits)
        loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except UserError:
        raise
    except (yaml.YAMLError, *UNBUILDABLE) as error:
        raise UserError(f"cannot read {what}: {error}", file=path) from error
    if not isinstance(loaded, dict):
        raise UserError(f"{what}: not a mapping", file=path, expected="key: value")
    for key in keys:
        if key not in loaded:
            raise UserError(f"{what}: a key is lacking", file=path, key=key)
    return loaded
