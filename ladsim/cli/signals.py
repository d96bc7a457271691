"""Signals that end a run: each becomes an exception, so that half-written folders and workers go with it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDING = {"SIGTERM": 143, "SIGHUP": 129, "SIGQUIT": 131}
"""Signal -> exit code, 128 and its number; Ctrl-C (130) is Python's own KeyboardInterrupt."""


@contextmanager
def handled() -> Iterator[None]:
    """Let signals end what runs here in order; one that was ignored (``nohup``) stays ignored."""
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in ENDING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _end(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)
