"""Standard output and standard error that never end a run: closed, full, a pipe that nobody reads, a narrow code page.

What cannot be written is dropped, and remembered, so that the command can say at its end where the results are.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ladsim.core.text import NARROW


class Forgiving:
    """A text stream that drops what cannot be written.

    Attributes:
        failed: The first error, or None.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.failed: Exception | None = None

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        if self.failed is None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._give_up(error)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write lines, or drop them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write out what is held back, or drop it."""
        if self.failed is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(error)

    @property
    def gone(self) -> bool:
        """Whether the reader has gone (``| head``), which is not a mistake."""
        return isinstance(self.failed, OSError) and self.failed.errno in (errno.EPIPE, errno.ESHUTDOWN)

    def _give_up(self, error: Exception) -> None:
        self.failed = error
        # What Python still holds back would fail once more when the process ends, with a traceback and exit code 120.
        with suppress(OSError, ValueError, AttributeError):
            number = self._stream.fileno()
            if number in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def forgiving() -> Iterator[tuple[Forgiving, Forgiving]]:
    """Put forgiving streams in the place of standard output and standard error; yield both."""
    _open_missing()
    before = sys.stdout, sys.stderr
    for stream in before:
        with suppress(AttributeError, OSError, ValueError):
            # Names of files may hold bytes that no code page can say, so that this is needed with UTF-8 too.
            stream.reconfigure(errors=NARROW)  # type: ignore[union-attr]
    out, err = Forgiving(before[0]), Forgiving(before[1])
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _open_missing() -> None:
    """Open the null device where a standard stream is closed, for us and for the processes that we start.

    So no file of ours takes its number, and a worker has somewhere to write.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
