"""What a part of ladsim offers to parts above it: a name there, the function that answers to it below.

Results can draw themselves and write their figures, although drawing is far below them in the house. They ask for a
hook by its name; the top of the package says once which function that is (``module:name``), and it is imported when
first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOOKS: dict[str, str] = {}


def register(name: str, target: str) -> None:
    """Say what answers to a name.

    Args:
        name: The hook's name, such as ``result.plot``.
        target: ``module:attribute``, imported when the hook is first asked for.
    """
    _HOOKS[name] = target


def hook(name: str) -> Any:
    """Return what answers to a name.

    Raises:
        LookupError: Nothing was registered under the name; ``import ladsim`` registers ladsim's own.
    """
    if name not in _HOOKS:
        raise LookupError(f"nothing answers to {name!r}; known: {', '.join(sorted(_HOOKS)) or 'none'}")
    module, _, attribute = _HOOKS[name].partition(":")
    return getattr(import_module(module), attribute)
