"""The one error that a user's mistake raises: it says what is wrong, where, and what would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date


class UserError(Exception):
    """A mistake in what a user gave. The command line prints it in one message and exits with code 2.

    Args:
        message: what is wrong.
        file: the file it stands in, with ``:line`` where known.
        key: the key, column or option.
        value: the value given.
        expected: what would be right.
    """

    def __init__(
        self,
        message: str,
        *,
        file: object = None,
        key: object = None,
        value: object = None,
        expected: object = None,
    ) -> None:
        self.message = message
        self.file, self.key, self.value, self.expected = file, key, value, expected
        parts = [message]
        if file is not None:
            parts.append(f"file: {file}")
        if key is not None:
            parts.append(f"key: {key}")
        if value is not None:
            parts.append(f"value: {_shown(value)}")
        if expected is not None:
            parts.append(f"expected: {expected}")
        super().__init__("\n  ".join(parts))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (str(self), self.file, self.key, self.value, self.expected))


_LONGEST = 300
_PYTHON_DATE = re.compile(r"datetime\.date\((\d{1,4}), (\d{1,2}), (\d{1,2})\)")


def _shown(value: object) -> str:
    """Return a value as text, dates as YYYY-MM-DD, cut where it is long; what cannot be shown is named by its type."""
    try:
        text = repr(value)
    except (RecursionError, ValueError, MemoryError):
        return f"<{type(value).__name__}>"
    text = _PYTHON_DATE.sub(lambda found: date(*map(int, found.groups())).isoformat(), text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def _rebuild(text: str, file: object, key: object, value: object, expected: object) -> UserError:
    error = UserError(text)
    error.file, error.key, error.value, error.expected = file, key, value, expected
    return error


def close_matches(word: object, known: Iterable[object]) -> str:
    """Return a hint such as ``"did you mean 'VEN'?"``, or the known words if few, for an unknown word."""
    names = sorted(str(k) for k in known)
    close = difflib.get_close_matches(str(word), names, n=3, cutoff=0.5)
    if not close:
        close = [n for n in names if n.lower() == str(word).lower()]
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    if len(names) <= 24:
        return "one of " + ", ".join(names)
    return "one of " + ", ".join(names[:24]) + f", ... ({len(names)} in all)"
